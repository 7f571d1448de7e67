//! What is confirmed is on the disk: after a kill, after a restore, under many pushes at once.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use holdfast_host::SystemRandom;
use holdfast_sync_server::Office;
use holdfast_sync_server::admin::{back_up, restore, verify, verify_with};
use holdfast_sync_server::faults::Fault;
use holdfast_vault::{MasterKey, Secret32};
use std::collections::BTreeSet;
use std::path::Path;

fn master() -> MasterKey {
    MasterKey::from_secret(Secret32::new([7; 32]))
}

/// Copies a store as it lies there now: what a power cut leaves.
fn as_after_a_kill(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in ["ledger.db", "ledger.db-wal"] {
        if from.join(file).exists() {
            std::fs::copy(from.join(file), to.join(file)).unwrap();
        }
    }
}

/// Named by the mutation test: every entry with a receipt is in the store as it lies on the disk at that moment.
pub fn what_has_a_receipt_is_on_the_disk(faults: &[Fault]) -> bool {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-1"]);
    let mut asha = world.phone("W-1");
    world.office.close();
    let (clock, dir) = (world.clock.clone(), world.dir);
    drop(world.office);
    let data = dir.path().join("data");
    let office = Office::open(config(&data, &clock, faults)).unwrap();
    for n in 0..3 {
        asha.note(visit("V-1"), &format!("note {n}"));
        asha.leave(visit("V-2"));
    }
    let receipted = asha.sync(&office).is_ok_and(|reply| reply.have_to == 6 && reply.receipts.len() == 1);
    let copy = dir.path().join("copy");
    as_after_a_kill(&data, &copy);
    let mut texts = BTreeSet::new();
    let found = verify_with(&copy, master(), &SystemRandom::new(), &mut |_, text| {
        texts.insert(text.to_owned());
    });
    receipted && found.is_ok_and(|f| f.wrong.is_empty()) && asha.texts().is_subset(&texts)
}

#[test]
fn a_receipt_means_that_it_is_on_the_disk() {
    assert!(what_has_a_receipt_is_on_the_disk(&[]));
    assert!(!what_has_a_receipt_is_on_the_disk(&[Fault::AckBeforeCommit]), "this test can fail");
    assert!(!what_has_a_receipt_is_on_the_disk(&[Fault::DropOneEntry]), "this test can fail");
}

#[test]
fn verify_counts_what_is_there_and_finds_what_was_changed() {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-1"]);
    let mut asha = world.phone("W-1");
    asha.note(visit("V-1"), "one");
    asha.note(visit("V-1"), "two");
    asha.sync(&world.office).unwrap();
    let data = world.dir.path().join("data");
    let found = verify(&data, master(), &SystemRandom::new()).unwrap();
    assert_eq!((found.entries, found.wrong.len(), found.chains, found.gaps), (3, 0, 2, 0));
    let of = |text: &str| u64::from_be_bytes(*holdfast_model::id::Digest::of(text.as_bytes()).0.first_chunk().unwrap());
    let mut sum = 0u64;
    verify_with(&data, master(), &SystemRandom::new(), &mut |_, text| sum = sum.wrapping_add(of(text))).unwrap();
    assert_eq!(found.checksum, format!("{sum:016x}"));
    world.office.close();
    let db = rusqlite::Connection::open(data.join("ledger.db")).unwrap();
    let mut sealed: Vec<u8> = db.query_row("SELECT sealed FROM segment ORDER BY id DESC", [], |r| r.get(0)).unwrap();
    sealed[60] ^= 1;
    let changes: [(&str, &str, Option<Vec<u8>>); 4] = [
        ("segment_sealed", "UPDATE segment SET sealed = ?1 WHERE id = (SELECT max(id) FROM segment)", Some(sealed)),
        ("push_chain", "UPDATE push SET digests = ?1 WHERE id = 2", Some(vec![0; 64])),
        ("counter_end", "UPDATE branch SET seq = seq + 1", None),
        ("counter_gap", "DELETE FROM segment WHERE id = (SELECT min(id) FROM segment)", None),
    ];
    for (code, sql, value) in changes {
        assert!(db.execute(sql, rusqlite::params_from_iter(value)).unwrap() > 0);
        let copy = world.dir.path().join(code);
        std::fs::create_dir_all(&copy).unwrap();
        back_up(&data, &copy.join("ledger.db")).unwrap();
        let found = verify(&copy, master(), &SystemRandom::new()).unwrap();
        assert!(found.wrong.iter().any(|(c, _)| *c == code), "{code}: {:?}", found.wrong);
    }
}

#[test]
fn after_a_restore_phones_offer_again_what_the_backup_lacks() {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-1", "W-2"]);
    let mut asha = world.phone("W-1");
    let mut ben = world.phone("W-2");
    asha.note(visit("V-1"), "before the backup");
    asha.sync(&world.office).unwrap();
    let data = world.dir.path().join("data");
    let file = world.dir.path().join("backup.db");
    back_up(&data, &file).unwrap();
    asha.note(visit("V-1"), "after the backup");
    asha.sync(&world.office).unwrap();
    let late = world.office.enrol_code(&worker("W-3"), 3_600_000).unwrap().code;
    TestPhone::enrol(&world.office, &world.time, &late).unwrap();
    world.office.revoke(&ben.device, &worker("W-90"), "it is lost").unwrap();
    world.plan("V-3", "P-101", &["W-1"]);
    world.office.close();
    let (clock, time, dir) = (world.clock.clone(), world.time.clone(), world.dir);
    drop(world.office);
    let epoch = restore(&data, &file, &SystemRandom::new()).unwrap();
    assert_ne!(epoch, asha.server);
    let office = Office::open(config(&data, &clock, &[])).unwrap();
    assert_eq!(held(&office, &visit("V-1")).len(), 2, "as of the backup");
    // The phone goes on, hears how far the office is, and offers the rest again.
    asha.note(visit("V-1"), "after the restore");
    let reply = asha.sync(&office).unwrap();
    assert_eq!((reply.server_epoch, reply.have_to, reply.receipts.len()), (epoch, 1, 0));
    let reply = asha.sync(&office).unwrap();
    assert_eq!((reply.have_to, reply.receipts.len()), (3, 1));
    assert_eq!(held(&office, &visit("V-1")).len(), 4);
    assert!(ben.sync(&office).unwrap().revoked, "a restore lets nobody in again");
    // The office goes on in a chain of its own: what it wrote after the backup may be out there.
    let world = World { office, time, clock, dir };
    world.plan("V-4", "P-101", &["W-1"]);
    asha.sync(&world.office).unwrap();
    assert!(asha.pulled.contains_key(&visit("V-4")));
    let found = verify(&data, master(), &SystemRandom::new()).unwrap();
    assert_eq!((found.wrong.len(), found.forks), (0, 0));
    assert!(data.join("ledger.before-restore-1.db").exists(), "what was there is kept");
}

#[test]
fn many_phones_at_once_lose_nothing_and_double_nothing() {
    let world = World::new();
    for n in 0..24 {
        world.plan(&format!("V-{n}"), "P-101", &["W-1"]);
    }
    let office = &world.office;
    let phones: Vec<TestPhone> = (0..12).map(|_| world.phone("W-1")).collect();
    let texts: Vec<BTreeSet<String>> = std::thread::scope(|scope| {
        let working: Vec<_> = phones
            .into_iter()
            .enumerate()
            .map(|(p, mut phone)| {
                scope.spawn(move || {
                    for round in 0..6 {
                        for n in 0..7 {
                            phone.note(visit(&format!("V-{}", (p + n) % 24)), &format!("phone {p} round {round} note {n}"));
                        }
                        phone.sync(office).unwrap();
                        if round % 2 == 1 {
                            // An answer gets lost: all of it comes again, once more from the start.
                            phone.have_to = 0;
                        }
                    }
                    phone.have_to = 0;
                    assert_eq!(phone.sync(office).unwrap().have_to, 42);
                    phone.texts()
                })
            })
            .collect();
        working.into_iter().map(|w| w.join().unwrap()).collect()
    });
    let written: BTreeSet<String> = texts.into_iter().flatten().collect();
    let mut hugh = world.phone("C-1");
    while hugh.sync(&world.office).unwrap().more {}
    let pulled: BTreeSet<String> = hugh.pulled.values().flatten().filter(|t| t.contains("round")).cloned().collect();
    assert_eq!(pulled, written, "an observer of the branch holds every entry");
    let found = verify(&world.dir.path().join("data"), master(), &SystemRandom::new()).unwrap();
    assert_eq!((found.entries, found.wrong.len(), found.forks), (24 + 12 * 42, 0, 0));
    let world = world.reopened();
    let count: usize = (0..24).map(|n| held(&world.office, &visit(&format!("V-{n}"))).into_iter().collect::<BTreeSet<_>>().len()).sum();
    assert_eq!(count, 24 + 12 * 42);
}

#[test]
fn no_text_of_a_person_lies_readable_on_the_disk() {
    let canary = "CANARY-9f3b";
    let world = World::new();
    world.person("P-CANARY-9f3b", &format!("Edith {canary}"));
    world.plan("V-CANARY-9f3b", "P-CANARY-9f3b", &["W-1"]);
    let mut asha = world.phone("W-1");
    asha.note(visit("V-CANARY-9f3b"), canary);
    asha.sync(&world.office).unwrap();
    world.office.flush().unwrap();
    let mut searched = 0;
    for entry in std::fs::read_dir(world.dir.path().join("data")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        searched += bytes.len();
        assert!(!bytes.windows(canary.len()).any(|w| w == canary.as_bytes()));
    }
    assert!(searched > 50_000, "there was something to search");
    let mut found = 0;
    verify_with(&world.dir.path().join("data"), master(), &SystemRandom::new(), &mut |_, t| found += usize::from(t.contains(canary)))
        .unwrap();
    assert_eq!(found, 3, "with the keys it is there");
}
