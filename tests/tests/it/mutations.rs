//! Proof that the tests can fail: each deliberate fault turns a named check red.

use crate::{folder, s3};
use holdfast_sync_server::faults::{Fault, Faults};
use holdfast_tests::chance::another_day;
use holdfast_tests::play::{How, Played, play};

fn with(fault: Fault, seed: u64) -> Played {
    let scenario = another_day(s3(), seed, 200);
    let folder = folder();
    play(&scenario, &How { seed, faults: Faults::of(&[fault]), ..How::default() }, folder.path()).expect("a play")
}

#[test]
fn acknowledgement_before_commit_loses_entries() {
    let played = with(Fault::AckBeforeCommit, 5);
    assert!(!played.verdict.missing.is_empty(), "days_that_nobody_wrote_arrive_whole would not have noticed\n{played}");
}

#[test]
fn a_dropped_entry_is_missed() {
    let played = with(Fault::DropOneEntry, 5);
    assert!(!played.verdict.missing.is_empty(), "days_that_nobody_wrote_arrive_whole would not have noticed\n{played}");
}
