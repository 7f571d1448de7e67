//! Phones that were copied or put back, a server that was put back, phones that were shut out: nothing is lost, nothing
//! is there twice, and nobody who was shut out reads anything new.

use crate::{folder, s3};
use holdfast_host::SystemRandom;
use holdfast_model::entry::{Body, Note, NoteType};
use holdfast_model::id::{DocumentId, EntryId, VisitId, WorkerId};
use holdfast_model::time::HOUR;
use holdfast_sync_server::admin::{back_up, restore};
use holdfast_tests::play::{How, entries, set_up};
use holdfast_tests::scenario::PhoneEvent;
use holdfast_tests::world::{Trouble, World};
use std::collections::BTreeMap;
use std::path::Path;

fn id(text: &str) -> WorkerId {
    WorkerId::new(text).expect("an id")
}

/// A world with the phones of Asha and Ben, their packs taken.
fn two_phones(folder: &Path) -> World {
    let mut scenario = s3();
    scenario.phones.truncate(2);
    let mut world = set_up(&scenario, &How::default(), folder).expect("a world");
    assert!(world.run_until_quiet());
    world
}

fn note(world: &mut World, worker: &str, visit: &str, text: &str) -> EntryId {
    let body = Body::Note(Note { about: NoteType::General, text: text.into() });
    world.tap(&id(worker), &VisitId::new(visit).expect("an id"), body).expect("saved").entry
}

/// How often each entry is in the office.
fn there(world: &World) -> BTreeMap<EntryId, usize> {
    let mut counts = BTreeMap::new();
    for entry in entries(world).expect("entries") {
        *counts.entry(entry.id()).or_default() += 1;
    }
    counts
}

fn once_each(world: &World, wanted: &[EntryId]) {
    let there = there(world);
    for entry in wanted {
        assert_eq!(there.get(entry), Some(&1), "{entry}");
    }
}

#[test]
fn a_copied_phone_and_its_original_both_arrive_whole() {
    let folder = folder();
    let mut world = two_phones(folder.path());
    let mut wanted = vec![note(&mut world, "W-01", "V-104-0900", "before the copy")];
    assert!(world.run_until_quiet());
    wanted.push(note(&mut world, "W-01", "V-104-0900", "not yet sent when it was copied"));
    world.copy_phone(&id("W-01"), &id("copy")).expect("a copy");
    for n in 0..3 {
        wanted.push(note(&mut world, "W-01", "V-104-0900", &format!("original {n}")));
        wanted.push(note(&mut world, "copy", "V-104-0900", &format!("copy {n}")));
        world.run_until(world.time.now().plus(60_000));
    }
    assert!(world.run_until_quiet());
    once_each(&world, &wanted);
    let epoch = |world: &mut World, who: &str| world.phone(&id(who)).phone().chain_epoch();
    assert_ne!(epoch(&mut world, "W-01"), epoch(&mut world, "copy"), "the copy goes on in a chain of its own");
}

#[test]
fn a_phone_put_back_to_yesterday_goes_on_and_nothing_is_there_twice() {
    let folder = folder();
    let mut world = two_phones(folder.path());
    let mut wanted = vec![note(&mut world, "W-01", "V-104-0900", "before")];
    assert!(world.run_until_quiet());
    let disk = world.phone(&id("W-01")).memory.clone().expect("in memory");
    let image = disk.image().expect("an image");
    wanted.push(note(&mut world, "W-01", "V-104-0900", "after the image, sent"));
    assert!(world.run_until_quiet());
    world.phone(&id("W-01")).while_closed(|_| disk.roll_back_store(&image).expect("put back")).expect("opened again");
    wanted.push(note(&mut world, "W-01", "V-104-0900", "after it was put back"));
    assert!(world.run_until_quiet());
    once_each(&world, &wanted);
}

#[test]
fn a_server_put_back_from_a_backup_is_given_everything_again() {
    let folder = folder();
    let mut world = two_phones(folder.path());
    let mut wanted = vec![note(&mut world, "W-01", "V-104-0900", "before the backup")];
    assert!(world.run_until_quiet());
    let backup = folder.path().join("backup");
    back_up(&world.office_folder(), &backup).expect("a backup");
    let life = world.office().server_epoch();
    wanted.push(note(&mut world, "W-01", "V-104-0900", "after the backup"));
    wanted.push(note(&mut world, "W-02", "V-103-0915", "after the backup too"));
    assert!(world.run_until_quiet());
    let put_back = |data: &Path| restore(data, &backup, &SystemRandom::new()).map(|_| ()).map_err(|e| Trouble(e.to_string()));
    world.while_office_is_down(put_back).expect("restored");
    assert_ne!(world.office().server_epoch(), life, "a new life of the ledger");
    assert!(there(&world).len() < wanted.len() + 1_000);
    assert!(!there(&world).contains_key(&wanted[1]), "the backup lacks it");
    world.run_until(world.time.now().plus(HOUR));
    assert!(world.run_until_quiet());
    once_each(&world, &wanted);
}

#[test]
fn a_phone_that_was_shut_out_delivers_and_reads_nothing_new() {
    let folder = folder();
    let mut world = two_phones(folder.path());
    let ben = id("W-02");
    world.befall(&ben, PhoneEvent::Signal(false)).expect("dark");
    let unsent = note(&mut world, "W-02", "V-103-0915", "written before he was shut out");
    let device = world.phone(&ben).phone().device().expect("enrolled").clone();
    world.office().revoke(&device, &id("W-20"), "he left").expect("shut out");
    let visit = VisitId::new("V-103-0915").expect("an id");
    let news = Body::Note(Note { about: NoteType::General, text: "news for the visit's worker".into() });
    let news = world.log(&id("W-20"), DocumentId::Visit(visit.clone()), news).expect("logged");
    world.befall(&ben, PhoneEvent::Signal(true)).expect("light");
    world.run_until(world.time.now().plus(HOUR));
    let held = world.office().held_for_checking(&world.branch()).expect("held");
    let arrived = there(&world).contains_key(&unsent) || held.iter().any(|row| row.entries > 0);
    assert!(arrived && !held.is_empty(), "it arrived and is held for checking: {held:?}");
    let view = world.phone(&ben).phone().visit(&visit).expect("his own visit");
    assert!(view.visit.entries.iter().all(|e| e.id != news), "nothing new is served to a phone that was shut out");
}
