//! Everybody comes back at one moment: what phones bring is taken as it comes, what they only want is spread, and what is urgent waits for
//! nothing.

use crate::{folder, s3};
use holdfast_model::entry::{Body, Incident, IncidentType, Note, NoteType};
use holdfast_model::id::{EntryId, VisitId, WorkerId};
use holdfast_model::time::{HOUR, MINUTE};
use holdfast_sync_server::slot::Spread;
use holdfast_tests::play::{How, entries, set_up};
use holdfast_tests::scenario::PhoneEvent;
use holdfast_tests::world::World;
use std::collections::BTreeSet;

/// What one request takes the office of this test.
const EFFORT_MS: i64 = 400;
/// Slots long enough that nothing else can be meant.
const SPREAD: Spread = Spread { calm: 2, each_ms: 4_000, most_ms: 30_000 };

fn note(text: String) -> Body {
    Body::Note(Note { about: NoteType::General, text })
}

fn there(world: &World) -> BTreeSet<EntryId> {
    entries(world).expect("entries").iter().map(|e| e.id()).collect()
}

/// A world of which every phone was without signal, has something to hand over, and comes back now; with what each wrote.
fn storm(folder: &std::path::Path) -> (World, Vec<(WorkerId, VisitId)>, Vec<EntryId>) {
    let scenario = s3();
    let mut world = set_up(&scenario, &How::default(), folder).expect("a world");
    assert!(world.run_until_quiet());
    let mut phones: Vec<(WorkerId, VisitId)> = Vec::new();
    for phone in &scenario.phones {
        let visit = scenario.cast.visits.iter().find(|v| v.workers.contains(&phone.worker)).expect("everybody has a visit");
        phones.push((phone.worker.clone(), visit.id.clone()));
    }
    world.strain(EFFORT_MS, SPREAD).expect("an office that is slow");
    for (worker, _) in &phones {
        world.befall(worker, PhoneEvent::Signal(false)).expect("dark");
    }
    let mut written = Vec::new();
    for (worker, visit) in &phones {
        written.push(world.tap(worker, visit, note(format!("{worker} in the dark"))).expect("saved").entry);
    }
    world.run_until(world.time.now().plus(20 * MINUTE));
    for (worker, _) in &phones {
        world.befall(worker, PhoneEvent::Signal(true)).expect("light");
    }
    (world, phones, written)
}

/// Milliseconds until this phone asks by itself.
fn asks_in(world: &mut World, worker: &WorkerId) -> i64 {
    world.phone(worker).phone().sync_in_ms().unwrap_or(0)
}

#[test]
fn what_is_brought_is_taken_at_once_and_what_is_wanted_is_spread() {
    let folder = folder();
    let (mut world, phones, written) = storm(folder.path());
    // The way there takes a fifth of a second at most; the office works on the answers for some seconds more.
    world.run_until(world.time.now().plus(300));
    // Nobody has an answer yet, and a phone that had just failed waits out a pause of its own.
    let there_now = there(&world);
    let taken = written.iter().filter(|entry| there_now.contains(entry)).count();
    assert!(taken > phones.len() / 2, "no push waits for a slot, or for another's answer: {taken}");
    world.run_until(world.time.now().plus(phones.len() as i64 * EFFORT_MS + 500));
    let waits: Vec<i64> = phones.iter().map(|(worker, _)| asks_in(&mut world, worker)).collect();
    let spread: BTreeSet<i64> = waits.iter().copied().filter(|ms| (500..=30_000).contains(ms)).collect();
    assert!(spread.len() > phones.len() / 4, "slots of their own: {waits:?}");
    assert!(world.run_until_quiet());
    let there_now = there(&world);
    assert!(written.iter().all(|entry| there_now.contains(entry)));
    world.run_until(world.time.now().plus(HOUR));
    for (worker, visit) in &phones {
        let office = world.office().visit(visit).expect("read").expect("there").entries.len();
        let shown = world.phone(worker).phone().visit(visit).expect("a visit").visit.entries.len();
        assert_eq!(shown, office, "{worker} has pulled what was new in {visit}");
    }
}

#[test]
fn what_is_urgent_goes_past_its_slot_and_nothing_else_does() {
    let folder = folder();
    let (mut world, phones, _) = storm(folder.path());
    world.run_until(world.time.now().plus(phones.len() as i64 * EFFORT_MS + 1_000));
    let slotted: Vec<(WorkerId, VisitId)> =
        phones.iter().filter(|(worker, _)| (5_000..=30_000).contains(&asks_in(&mut world, worker))).cloned().collect();
    let [(calm, calm_visit), (hurried, hurried_visit), ..] = &slotted[..] else { panic!("two phones in slots: {slotted:?}") };
    let ordinary = world.tap(calm, calm_visit, note("it can wait".into())).expect("saved").entry;
    let fall = Body::Incident(Incident {
        immediate_safety: "999 rung, stayed with her".into(),
        safe_now: false,
        what: IncidentType::Fall,
        text: "on the floor when I came".into(),
        told: vec![],
    });
    let urgent = world.tap(hurried, hurried_visit, fall).expect("saved").entry;
    world.run_until(world.time.now().plus(1_000));
    let there_now = there(&world);
    assert!(there_now.contains(&urgent), "an incident waits for no slot");
    assert!(!there_now.contains(&ordinary), "what is ordinary does");
    assert!(world.run_until_quiet());
    assert!(there(&world).contains(&ordinary), "and arrives in its own");
}
