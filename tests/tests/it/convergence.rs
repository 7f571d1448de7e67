//! All replicas come to say the same, whatever the order in which things arrived.

use crate::{folder, s3};
use holdfast_model::projection::{BoardRow, Know};
use holdfast_tests::chance::another_day;
use holdfast_tests::play::{How, Played, play};

/// A row's facts without what only one side can know: when it reached whom.
fn facts(mut row: BoardRow) -> BoardRow {
    row.received = None;
    row.on_this_phone = 0;
    if let Know::WorkersPhone { received, incoming, .. } = &mut row.know {
        (*received, *incoming) = (None, None);
    }
    row
}

/// Compares each phone's visits with the office's; says how many there were.
fn compare(played: &mut Played) -> usize {
    let office = played.world.office().clone();
    let mut compared = 0;
    for (worker, device) in &mut played.world.phones {
        let phone = device.phone();
        let run = phone.run(None).unwrap_or_else(|e| panic!("{worker}'s run: {e}"));
        for visit in run.run.visits {
            let id = &visit.facts.visit;
            let here = phone.visit(id).expect("a visit of the run").visit;
            let there = office.visit(id).expect("the office reads it").expect("the office has it");
            assert_eq!(facts(here.facts), facts(there.facts), "{worker}, {id}");
            let ids = |view: &[holdfast_model::projection::EntryView]| view.iter().map(|e| (e.id, e.text_digest)).collect::<Vec<_>>();
            assert_eq!(ids(&here.entries), ids(&there.entries), "{worker}, {id}: the same entries in the same order");
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
    let compared = compare(&mut played);
    assert!(compared >= scenario.cast.visits.len(), "{compared} visits compared");
}

#[test]
fn they_do_after_days_that_nobody_wrote() {
    for seed in crate::durability::seeds(3) {
        let scenario = another_day(s3(), seed, 300);
        let folder = folder();
        let mut played = play(&scenario, &How { seed, ..How::default() }, folder.path()).unwrap_or_else(|e| panic!("HOLDFAST_SEED={seed}: {e}"));
        assert!(played.passed(), "HOLDFAST_SEED={seed}\n{played}");
        compare(&mut played);
    }
}
