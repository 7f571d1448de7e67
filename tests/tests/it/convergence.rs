//! All replicas come to say the same, whatever the order in which things arrived.

use crate::{folder, s3};
use holdfast_model::chronology::{Doubt, Timing};
use holdfast_model::projection::{EntryView, VisitView};
use holdfast_model::time::HOUR;
use holdfast_tests::chance::another_day;
use holdfast_tests::play::{How, Played, play};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

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

/// What two devices may differ by in placing an entry: each has its own exchanges with the office, as good as the network then was.
fn slack_ms(here: &Timing, there: &Timing) -> i64 {
    let half = |timing: &Timing| timing.give_or_take_ms().unwrap_or(0);
    500 + half(here) + half(there)
}

/// True when the clocks of the phone that wrote it are known. Of one that was restarted before it ever reached the office nobody knows more
/// than what came before and after.
fn placed(entry: &EntryView) -> bool {
    !matches!(entry.times.written.doubt, Doubt::NoSample { .. })
}

/// Panics where the two place an entry at different times, or in another order than those that stand at about the same time may have.
fn same_times(place: &str, here: &VisitView, there: &VisitView) -> usize {
    let by_id: BTreeMap<_, _> = there.entries.iter().enumerate().map(|(n, e)| ((e.id, e.text_digest), (n, e))).collect();
    let pairs: Vec<_> = here.entries.iter().map(|e| (e, by_id[&(e.id, e.text_digest)])).filter(|(_, (_, t))| placed(t)).collect();
    for (e, (_, t)) in &pairs {
        assert!(placed(e), "{place} {}: the office knows the clocks of {}, this phone does not", e.id, e.device);
        let (here, there) = (&e.times.written, &t.times.written);
        let apart = here.best.since(there.best).abs();
        assert!(apart <= slack_ms(here, there), "{place} {}: {apart} ms apart: {here:?} and {there:?}", e.id);
    }
    for (i, (e, (n, t))) in pairs.iter().enumerate() {
        for (later, (m, _)) in pairs[i + 1..].iter().filter(|(_, (m, _))| m < n) {
            let apart = later.times.written.best.since(e.times.written.best).abs();
            let slack = slack_ms(&e.times.written, &t.times.written) + slack_ms(&later.times.written, &later.times.written);
            assert!(apart <= slack, "{place}: {} and {} change places ({n} and {m}), {apart} ms apart", e.id, later.id);
        }
    }
    pairs.len()
}

/// Clocks wrong by days, set in mid-visit, restarted; a network that is slow one way: what is there is the same, and so is when.
#[test]
fn they_say_the_same_after_days_that_nobody_wrote() {
    let (mut compared, mut wild) = (0, 0);
    for seed in crate::durability::seeds(2) {
        let scenario = another_day(s3(), seed, 200);
        let folder = folder();
        let played = play(&scenario, &How { seed, ..How::default() }, folder.path());
        let mut played = played.unwrap_or_else(|e| panic!("replay with HOLDFAST_SEED={seed}: {e}"));
        each(&mut played, |place, here, there| {
            let ids = |view: &VisitView| view.entries.iter().map(|e| (e.id, e.text_digest)).collect::<BTreeSet<_>>();
            assert_eq!(ids(here), ids(there), "{place}, replay with HOLDFAST_SEED={seed}");
            compared += same_times(&format!("{place}, replay with HOLDFAST_SEED={seed}"), here, there);
            let far = |e: &&EntryView| e.times.recorded.at.since(e.times.written.best).abs() > HOUR;
            wild += here.entries.iter().filter(far).count();
            let tasks = |view: &VisitView| (view.facts.tasks, view.facts.tasks_answered, view.facts.entries);
            assert_eq!(tasks(here), tasks(there), "{place}, replay with HOLDFAST_SEED={seed}");
        });
    }
    assert!(compared > 100 && wild > 10, "{compared} times compared, {wild} of them put right by more than an hour");
}
