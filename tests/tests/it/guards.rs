//! Single guarantees, each with the check that its deliberate fault must turn red ([`crate::mutations`]).

use crate::{folder, path, s3};
use holdfast_model::document::{ChangeRecord, Materialised, rebuild};
use holdfast_model::entry::{Body, Note, NoteType};
use holdfast_model::id::{VisitId, WorkerId};
use holdfast_model::projection::Said;
use holdfast_model::time::HOUR;
use holdfast_model::wire::{SIGNATURE_HEADER, decode_request};
use holdfast_sync_server::faults::Faults;
use holdfast_tests::play::{How, entries, play, set_up};
use holdfast_tests::scenario::{PhoneEvent, parse};

fn note(text: &str) -> Body {
    Body::Note(Note { about: NoteType::General, text: text.into() })
}

/// What a phone sends comes in only with the phone's signature: on the way, somebody breaks it.
pub fn nothing_comes_in_unsigned(faults: Faults) -> Result<(), String> {
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
    let saved = world.tap(&asha, &visit, note("who says so?")).expect("saved");
    world.run_until(world.time.now().plus(HOUR));
    if entries(&world).expect("entries").iter().any(|e| e.id() == saved.entry) {
        return Err("an entry came in with a broken signature".into());
    }
    match world.phone(&asha).waiting() {
        1 => Ok(()),
        waiting => Err(format!("one entry was saved on the phone, and {waiting} wait")),
    }
}

#[test]
fn nothing_with_a_broken_signature_comes_in() {
    nothing_comes_in_unsigned(Faults::default()).unwrap_or_else(|wrong| panic!("{wrong}"));
}

/// No actor writes one of its sequence numbers twice, although the app is killed between two entries: what keeps a document
/// from being wedged for good.
pub fn no_actor_comes_back(stored_and_reused: bool) -> Result<(), String> {
    let folder = folder();
    let mut scenario = s3();
    scenario.phones.truncate(1);
    let mut world = set_up(&scenario, &How::default(), folder.path()).expect("a world");
    let (asha, visit): (WorkerId, _) = (scenario.phones[0].worker.clone(), VisitId::new("V-104-0900").expect("an id"));
    if stored_and_reused {
        world.phone(&asha).reuse_actors();
    }
    world.overhear();
    for text in ["before the kill", "after it"] {
        world.tap(&asha, &visit, note(text)).expect("saved");
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
    match Materialised::from_records(&changes).expect("a document").left_out().reused.len() {
        0 => Ok(()),
        reused => Err(format!("{reused} changes carry an actor and a number that were used before")),
    }
}

#[test]
fn every_load_writes_with_an_actor_of_its_own() {
    no_actor_comes_back(false).unwrap_or_else(|wrong| panic!("{wrong}"));
}

/// Ben's phone is 47 minutes fast: it writes 10:03 for 09:16. At 09:40 the office writes what a daughter said.
const FAST: &str = r#"Two at one door

Provider: ../../sample/northquay
Day: 2026-11-03
Begins: 06:40
Ends: 11:30

Phones:
  Ben Carr, 47 minutes fast

09:16 Ben arrives at Grace Otis by tag
09:40 Hugh logs a phone call from Grace Otis's daughter: there at 09:30, "The carer came at half nine"
"#;

/// Entries stand in the order in which they were written, whatever the clocks said.
pub fn the_order_is_the_true_one(faults: Faults) -> Result<(), String> {
    let scenario = parse(FAST, &path("tests/scenarios")).unwrap_or_else(|troubles| panic!("{troubles}"));
    let visit = scenario.acts.iter().find_map(|act| match &act.deed {
        holdfast_tests::scenario::Deed::Tap { visit, .. } => Some(visit.clone()),
        _ => None,
    });
    let folder = folder();
    let played = play(&scenario, &How { faults, ..How::default() }, folder.path()).expect("a play");
    let view = played.world.office().visit(&visit.expect("Ben's")).expect("readable").expect("planned");
    let kinds: Vec<&str> =
        view.entries.iter().filter_map(|e| if let Said::Known { body } = &e.said { Some(body.kind()) } else { None }).collect();
    let place = |kind: &str| kinds.iter().position(|k| *k == kind).unwrap_or_else(|| panic!("no {kind} among {kinds:?}"));
    if place("arrived") < place("phone_call") { Ok(()) } else { Err(format!("what was written later stands first: {kinds:?}")) }
}

#[test]
fn a_phone_47_minutes_fast_stands_where_it_belongs() {
    the_order_is_the_true_one(Faults::default()).unwrap_or_else(|wrong| panic!("{wrong}"));
}
