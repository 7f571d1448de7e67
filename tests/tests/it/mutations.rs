//! Proof that the tests can fail: each deliberate fault turns a named check red.
//!
//! | Fault | The check that turns red |
//! |---|---|
//! | acknowledgement before commit | here, and `a_receipt_means_that_it_is_on_the_disk` (sync-server) |
//! | one dropped entry | here |
//! | an unchecked signature | here, and `a_bad_signature_is_refused` (sync-server) |
//! | an open gate | `the_gate_withholds_the_document_and_never_the_entry` (sync-server) |
//! | silence read as missed | here |
//! | order by wall clock | `a_phone_47_minutes_fast_is_put_right_and_what_it_said_is_kept` (model) |
//! | a stored and reused actor id | here, and in the engine's `tap` tests |

use crate::{folder, s3};
use holdfast_model::document::{ChangeRecord, Materialised, rebuild};
use holdfast_model::entry::{Body, Note, NoteType};
use holdfast_model::id::{VisitId, WorkerId};
use holdfast_model::projection::Rules;
use holdfast_model::time::HOUR;
use holdfast_model::wire::{SIGNATURE_HEADER, decode_request};
use holdfast_sync_server::faults::{Fault, Faults};
use holdfast_tests::chance::another_day;
use holdfast_tests::play::{How, Played, entries, play, set_up};
use holdfast_tests::scenario::PhoneEvent;

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

#[test]
fn silence_is_not_missed() {
    let scenario = s3();
    let mut rules = Rules::default();
    rules.silence_is_missed();
    let folder = folder();
    let played = play(&scenario, &How { rules, ..How::default() }, folder.path()).expect("a play");
    let red: Vec<&str> = played.shortfalls.iter().map(|s| s.said.as_str()).collect();
    assert!(red.iter().any(|said| said.contains("no word")), "every_scenario_passes would not have noticed: {red:?}");
}

/// True when nothing comes in from a phone whose signatures somebody breaks on the way.
fn a_broken_signature_brings_nothing_in(faults: Faults) -> bool {
    let folder = folder();
    let mut scenario = s3();
    scenario.phones.truncate(1);
    let mut world = set_up(&scenario, &How { faults, ..How::default() }, folder.path()).expect("a world");
    assert!(world.run_until_quiet());
    world.tamper(Some(|ask| {
        for (name, value) in &mut ask.headers {
            if name == SIGNATURE_HEADER {
                let flipped = if value.starts_with('A') { "B" } else { "A" };
                value.replace_range(..1, flipped);
            }
        }
    }));
    let (asha, visit) = (scenario.phones[0].worker.clone(), VisitId::new("V-104-0900").expect("an id"));
    let note = Body::Note(Note { about: NoteType::General, text: "who says so?".into() });
    let saved = world.tap(&asha, &visit, note).expect("saved");
    world.run_until(world.time.now().plus(HOUR));
    entries(&world).expect("entries").iter().all(|e| e.id() != saved.entry) && world.phone(&asha).waiting() == 1
}

#[test]
fn a_broken_signature_is_noticed() {
    assert!(a_broken_signature_brings_nothing_in(Faults::default()));
    assert!(!a_broken_signature_brings_nothing_in(Faults::of(&[Fault::SkipSignature])), "this test can fail");
}

/// True when no actor writes one of its sequence numbers twice, although the app is killed between two entries: what
/// keeps a document from being wedged for good.
fn no_actor_comes_back(reuse_actors: bool) -> bool {
    let folder = folder();
    let mut scenario = s3();
    scenario.phones.truncate(1);
    let mut world = set_up(&scenario, &How::default(), folder.path()).expect("a world");
    let (asha, visit): (WorkerId, _) = (scenario.phones[0].worker.clone(), VisitId::new("V-104-0900").expect("an id"));
    if reuse_actors {
        world.phone(&asha).reuse_actors();
    }
    world.overhear();
    for text in ["before the kill", "after it"] {
        let note = Body::Note(Note { about: NoteType::General, text: text.into() });
        world.tap(&asha, &visit, note).expect("saved");
        assert!(world.run_until_quiet());
        world.befall(&asha, PhoneEvent::Kill).expect("killed");
    }
    let mut changes: Vec<ChangeRecord> = Vec::new();
    for ask in world.overheard() {
        let brought = decode_request(&ask.body).expect("a request").pushes;
        for segment in brought.iter().flat_map(|arrived| &arrived.push.segments) {
            changes.extend(rebuild(segment).expect("an honest segment").into_iter().map(|(record, _)| record));
        }
    }
    assert_eq!(changes.len(), 2, "both were pushed, once");
    Materialised::from_records(&changes).expect("a document").left_out().reused.is_empty()
}

#[test]
fn a_reused_actor_is_noticed() {
    assert!(no_actor_comes_back(false));
    assert!(!no_actor_comes_back(true), "this test can fail");
}
