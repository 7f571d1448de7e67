//! All replicas come to say the same, whatever the order in which things arrived.

use crate::{folder, s3};
use holdfast_model::projection::VisitView;
use holdfast_model::time::HOUR;
use holdfast_tests::chance::another_day;
use holdfast_tests::play::{How, Played, play};
use serde_json::Value;
use std::collections::BTreeSet;

/// What only one side can know: when something reached whom.
const ONE_SIDED: [&str; 5] = ["received", "incoming", "on_this_phone", "standing", "reached"];

/// Panics at the first thing that two views do not say alike. Moments may differ by `slack_ms`: each side has measured
/// the phone's clock by itself.
fn alike(path: &str, here: &Value, there: &Value, slack_ms: i64) {
    match (here, there) {
        (Value::Object(a), Value::Object(b)) => {
            for (name, value) in a.iter().filter(|(name, _)| !ONE_SIDED.contains(&name.as_str())) {
                alike(&format!("{path}.{name}"), value, b.get(name).unwrap_or(&Value::Null), slack_ms);
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{path}: {here} and {there}");
            for (i, (x, y)) in a.iter().zip(b).enumerate() {
                alike(&format!("{path}[{i}]"), x, y, slack_ms);
            }
        }
        (Value::Number(a), Value::Number(b)) if a.as_i64().is_some_and(|n| n > 1_000_000_000_000) => {
            let apart = a.as_i64().zip(b.as_i64()).map_or(i64::MAX, |(x, y)| (x - y).abs());
            assert!(apart <= slack_ms, "{path}: {apart} ms apart");
        }
        _ => assert_eq!(here, there, "{path}"),
    }
}

/// Walks over each visit that a phone shows, with what phone and office say of it; says how many there were.
fn each(played: &mut Played, mut look: impl FnMut(&str, &VisitView, &VisitView)) -> usize {
    // Phones ask when they have something to say, and now and then; by then each has what the others said.
    played.world.run_until(played.world.time.now().plus(HOUR));
    let office = played.world.office().clone();
    let mut compared = 0;
    for (worker, device) in &mut played.world.phones {
        let phone = device.phone();
        let run = phone.run(None).unwrap_or_else(|e| panic!("{worker}'s run: {e}"));
        for visit in run.run.visits {
            let id = &visit.facts.visit;
            let here = phone.visit(id).expect("a visit of the run").visit;
            let there = office.visit(id).expect("the office reads it").expect("the office has it");
            look(&format!("{worker} {id}"), &here, &there);
            compared += 1;
        }
    }
    compared
}

#[test]
fn a_phone_and_the_office_say_the_same_of_every_visit() {
    let scenario = s3();
    let folder = folder();
    let mut played = play(&scenario, &How::default(), folder.path()).expect("a play");
    let compared = each(&mut played, |place, here, there| {
        let json = |view: &VisitView| serde_json::to_value(&view.facts).expect("JSON");
        alike(place, &json(here), &json(there), 500);
        let ids = |view: &VisitView| view.entries.iter().map(|e| (e.id, e.text_digest)).collect::<Vec<_>>();
        assert_eq!(ids(here), ids(there), "{place}: the same entries in the same order");
    });
    assert!(compared >= scenario.cast.visits.len(), "{compared} visits compared");
}

/// With clocks wrong by days only the office knows by how much each phone's was: *when* may differ there, *what* may not.
#[test]
fn they_hold_the_same_after_days_that_nobody_wrote() {
    for seed in crate::durability::seeds(2) {
        let scenario = another_day(s3(), seed, 200);
        let folder = folder();
        let played = play(&scenario, &How { seed, ..How::default() }, folder.path());
        let mut played = played.unwrap_or_else(|e| panic!("replay with HOLDFAST_SEED={seed}: {e}"));
        each(&mut played, |place, here, there| {
            let ids = |view: &VisitView| view.entries.iter().map(|e| (e.id, e.text_digest)).collect::<BTreeSet<_>>();
            assert_eq!(ids(here), ids(there), "{place}, replay with HOLDFAST_SEED={seed}");
            let tasks = |view: &VisitView| (view.facts.tasks, view.facts.tasks_answered, view.facts.entries);
            assert_eq!(tasks(here), tasks(there), "{place}, replay with HOLDFAST_SEED={seed}");
        });
    }
}
