//! The store: versions, damage, two processes, and what an export gives.

mod common;

use common::*;
use holdfast_engine::port::Disk;
use holdfast_engine::{EngineError, Export, Intent, LinuxDisk, Phone};
use holdfast_model::id::{DeviceId, ServerEpoch};
use holdfast_model::time::{DAY, MINUTE};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

struct Home {
    _dir: tempfile::TempDir,
    disk: Arc<LinuxDisk>,
}

impl Home {
    fn new() -> Home {
        let dir = tempfile::tempdir().expect("a directory");
        let disk = Arc::new(LinuxDisk::new(dir.path().join("phone")).expect("made"));
        Home { _dir: dir, disk }
    }
    fn database(&self) -> PathBuf {
        self.disk.home().join("store/holdfast.db")
    }
    fn open(&self, world: &World) -> Result<Phone, EngineError> {
        Phone::open(world.ports_on(self.disk.clone()), settings())
    }
    /// An enrolled phone in this directory with V-1 and some entries that wait.
    fn ready(&self, world: &World, entries: usize) -> Phone {
        world.office.plans("V-1", noon());
        let mut phone = self.open(world).expect("opens");
        phone.enrol(enrol()).expect("enrolled");
        phone.sync().expect("the pack");
        for i in 0..entries {
            phone.record(&visit("V-1"), Intent::now(note(&format!("number {i}")))).expect("saved");
        }
        phone
    }
}

#[test]
fn two_processes_on_one_store_are_refused() {
    let (world, home) = (World::new(), Home::new());
    let phone = home.ready(&world, 1);
    assert_eq!(home.open(&world).map(|_| ()), Err(EngineError::StoreInUse));
    drop(phone);
    assert!(home.open(&world).is_ok());
}

#[test]
fn a_store_from_a_newer_version_is_left_untouched() {
    let (world, home) = (World::new(), Home::new());
    drop(home.ready(&world, 2));
    let conn = rusqlite::Connection::open(home.database()).expect("opens");
    conn.execute_batch("PRAGMA user_version = 99; PRAGMA journal_mode = DELETE").expect("set");
    drop(conn);
    let before = fs::read(home.database()).expect("read");
    let refused = home.open(&world).map(|_| ()).expect_err("refused");
    assert!(matches!(refused, EngineError::StoreNewer { found: 99, .. }), "{refused:?}");
    assert_eq!(fs::read(home.database()).expect("read"), before);
}

/// Puts a store back into the shape that schema 3 had: no count of how long the office has had something, and copies went with their receipts.
fn as_schema_3(database: &Path) {
    let conn = rusqlite::Connection::open(database).expect("opens");
    conn.execute_batch(
        "ALTER TABLE receipts DROP COLUMN age; DELETE FROM meta WHERE key IN ('let_go', 'looked') OR key LIKE 'unseen/%';
         UPDATE own SET outbox = NULL WHERE seq <= (SELECT acked FROM epochs AS e WHERE e.epoch = own.epoch);
         PRAGMA user_version = 3",
    )
    .expect("set");
    let enrolment: Vec<u8> = conn.query_row("SELECT value FROM meta WHERE key = 'enrolment'", [], |r| r.get(0)).expect("there");
    let mut record: serde_json::Value = serde_json::from_slice(&enrolment).expect("JSON");
    record.as_object_mut().expect("an object").remove("age").expect("it counts");
    conn.execute("UPDATE meta SET value = ?1 WHERE key = 'enrolment'", [serde_json::to_vec(&record).expect("written")]).expect("set");
}

/// Puts a store back into the shape that schema 2 had: nothing of other phones' clocks, and no row says who wrote.
fn as_schema_2(database: &Path) {
    as_schema_3(database);
    let conn = rusqlite::Connection::open(database).expect("opens");
    conn.execute_batch("DROP TABLE clocks; DELETE FROM meta WHERE key LIKE 'better_known/%'; PRAGMA user_version = 2").expect("set");
}

/// Puts a store back into the shape that schema 1 had: one worker, nothing of a row says whose it is.
fn as_schema_1(database: &Path) {
    as_schema_2(database);
    let conn = rusqlite::Connection::open(database).expect("opens");
    let enrolment: Vec<u8> = conn.query_row("SELECT value FROM meta WHERE key = 'enrolment'", [], |r| r.get(0)).expect("there");
    let mut record: serde_json::Value = serde_json::from_slice(&enrolment).expect("JSON");
    let members = record.as_object_mut().expect("an object");
    let mut vault = members["vaults"][0].as_object().expect("one vault").clone();
    for name in ["vaults", "next_vault", "forgotten"] {
        members.remove(name);
    }
    vault.remove("number");
    members.extend(vault);
    members.insert("v".into(), 1.into());
    conn.execute("UPDATE meta SET value = ?1 WHERE key = 'enrolment'", [serde_json::to_vec(&record).expect("written")]).expect("set");
    conn.execute("DELETE FROM meta WHERE key LIKE 'reader/%'", []).expect("an office of that time gave none");
    conn.execute("UPDATE meta SET key = substr(key, 1, length(key) - 2) WHERE key LIKE '%/1'", []).expect("renamed");
    for table in ["own", "docs", "days", "pulled", "withheld"] {
        conn.execute_batch(&format!("ALTER TABLE {table} DROP COLUMN vault")).expect("dropped");
    }
    conn.execute_batch("PRAGMA user_version = 1").expect("set");
}

#[test]
fn a_store_of_schema_1_opens_and_everything_on_it_is_the_first_workers() {
    let (world, home) = (World::new(), Home::new());
    let mut phone = home.ready(&world, 2);
    phone.lock();
    assert!(matches!(phone.unlock("830617"), Err(EngineError::WrongPin { left: 9, .. })));
    let epoch = phone.chain_epoch();
    drop(phone);
    as_schema_1(&home.database());
    let mut phone = home.open(&world).expect("opens, and is brought forward");
    assert_eq!((phone.chain_epoch(), phone.worker()), (epoch, Some(&worker())));
    assert!(matches!(phone.unlock("830617"), Err(EngineError::WrongPin { left: 8, .. })), "the count goes on");
    phone.unlock(PIN).expect("the PIN of before");
    let page = phone.visit(&visit("V-1")).expect("what it held");
    assert_eq!((page.counts.waiting, page.visit.entries.len()), (2, 3));
    phone.record(&visit("V-1"), Intent::now(note("number 2"))).expect("saved");
    phone.sync().expect("answered");
    assert_eq!(world.office.texts().len(), 3);
    drop(phone);
    let found: i64 = rusqlite::Connection::open(home.database())
        .and_then(|conn| conn.query_row("PRAGMA user_version", [], |r| r.get(0)))
        .expect("a number");
    assert!(found > 1);
}

#[test]
fn a_store_of_schema_2_opens_and_learns_of_other_phones_clocks() {
    let (world, home) = (World::new(), Home::new());
    let sample = world.office.wrong_by(-47 * MINUTE);
    let truth = sample.truth.expect("a sample").at;
    let mut phone = home.ready(&world, 2);
    phone.sync().expect("received");
    phone.record(&visit("V-1"), Intent::now(note("number 2"))).expect("saved");
    drop(phone);
    as_schema_2(&home.database());
    let mut phone = home.open(&world).expect("opens, and is brought forward");
    phone.unlock(PIN).expect("the PIN");
    world.office.state().clocks.push((DeviceId::new("OFFICE").expect("a name"), sample));
    phone.sync().expect("told");
    let page = phone.visit(&visit("V-1")).expect("what it held");
    assert_eq!((page.counts.waiting, page.visit.entries.len(), world.office.texts().len()), (0, 4, 3));
    let planned = page.visit.entries.iter().find(|e| e.device.as_str() == "OFFICE").expect("the office's");
    assert_eq!(planned.times.written.best, truth, "where the office places it");
}

#[test]
fn a_store_of_schema_3_opens_and_keeps_what_it_has_for_thirty_days_more() {
    let (world, home) = (World::new(), Home::new());
    let mut phone = home.ready(&world, 2);
    phone.sync().expect("received");
    phone.record(&visit("V-1"), Intent::now(note("number 2"))).expect("saved");
    drop(phone);
    as_schema_3(&home.database());
    let mut phone = home.open(&world).expect("opens, and is brought forward");
    phone.unlock(PIN).expect("the PIN");
    let page = phone.visit(&visit("V-1")).expect("what it held");
    assert_eq!((page.counts.waiting, page.visit.entries.len()), (1, 4));
    phone.sync().expect("received");
    world.office.mood(|m| m.dropped = vec![doc("V-1")]);
    let later = |phone: &mut Phone, days: i64| {
        world.time.advance(days * DAY);
        phone.nudged();
        phone.sync().expect("answered");
        phone.export().expect("export").entries
    };
    assert_eq!(later(&mut phone, 0), 3);
    assert_eq!(later(&mut phone, 29), 3, "nobody counted before");
    assert_eq!(later(&mut phone, 2), 1, "the last entry stays");
}

#[test]
fn a_locked_phone_of_schema_3_waits_with_what_it_cannot_hand_over() {
    let (world, home) = (World::new(), Home::new());
    let mut phone = home.ready(&world, 2);
    phone.sync().expect("received");
    drop(phone);
    as_schema_3(&home.database());
    {
        let mut state = world.office.state();
        state.server_epoch = ServerEpoch([2; 8]);
        state.ledger.clear();
    }
    let mut phone = home.open(&world).expect("opens, and is brought forward");
    phone.sync().expect("answered");
    assert_eq!((world.office.texts().len(), phone.status().expect("status").counts.waiting), (0, 2), "its copies went with their receipts");
    phone.unlock(PIN).expect("the PIN");
    world.time.advance(10 * MINUTE);
    phone.sync().expect("answered");
    assert_eq!((world.office.texts().len(), phone.status().expect("status").counts.waiting), (2, 0));
}

fn only_aside(home: &Path) -> String {
    let mut names = fs::read_dir(home.join("store")).expect("listed").flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    names.find(|n| n.starts_with("damaged-")).expect("one was set aside")
}

#[test]
fn a_file_that_is_no_database_is_set_aside_whole() {
    let (world, home) = (World::new(), Home::new());
    drop(home.ready(&world, 2));
    let size = fs::metadata(home.database()).expect("there").len() as usize;
    fs::write(home.database(), vec![0x5a; size]).expect("spoilt");
    let refused = home.open(&world).map(|_| ()).expect_err("refused");
    let EngineError::StoreDamaged { aside } = refused else { panic!("{refused:?}") };
    assert_eq!(only_aside(home.disk.home()), aside);
    let kept = fs::read(home.disk.home().join("store").join(&aside).join("holdfast.db")).expect("kept");
    assert_eq!(kept, vec![0x5a; size]);
    assert!(!home.open(&world).expect("opens").is_enrolled(), "the phone can be enrolled again");
}

#[test]
fn damage_found_in_use_is_set_aside_and_what_waits_is_saved_from_it() {
    let (world, home) = (World::new(), Home::new());
    drop(home.ready(&world, 40));
    // Pages in the middle: the header and the schema are whole.
    let mut bytes = fs::read(home.database()).expect("read");
    let pages = bytes.len() / 4096;
    assert!(pages > 20, "{pages}");
    for page in (pages / 2)..(pages / 2 + 3) {
        bytes[page * 4096..(page + 1) * 4096].fill(0xa5);
    }
    fs::write(home.database(), &bytes).expect("spoilt");
    let trouble = match home.open(&world) {
        Err(e) => e,
        Ok(mut phone) => match phone.unlock(PIN).and_then(|()| phone.export().map(|_| ())) {
            Err(e) => e,
            Ok(()) => panic!("the damage was not found"),
        },
    };
    let EngineError::StoreDamaged { aside } = trouble else { panic!("{trouble:?}") };
    let saved = Export::of_damaged(home.disk.as_ref(), &aside).expect("what can be read");
    assert!(saved.waiting > 20, "{} of 40 saved, {} rows lost", saved.waiting, saved.lost);
    assert!(saved.waiting < 40 || saved.lost == 0);
    assert!(home.disk.open_aside("damaged-never").is_err());
    assert!(home.disk.open_aside("../store").is_err());
}

#[test]
fn an_export_holds_every_entry_and_documents_that_any_automerge_opens() {
    let (world, home) = (World::new(), Home::new());
    let mut phone = home.ready(&world, 3);
    let export = phone.export().expect("export");
    assert_eq!((export.waiting, export.entries, export.lost), (3, 4, 0));
    let names: Vec<&str> = export.files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["waiting.jsonl", "entries.jsonl", "documents/visit_V-1.automerge"]);
    phone.lock();
    let locked = phone.export().expect("export");
    assert_eq!((locked.waiting, locked.entries, locked.files.len()), (3, 0, 1));
    let text = String::from_utf8(locked.files[0].1.clone()).expect("lines");
    assert!(text.lines().count() == 3 && !text.contains("number 1"), "sealed for the office alone");
}

#[test]
fn pausing_closes_the_store_and_resuming_opens_it_locked() {
    let (world, home) = (World::new(), Home::new());
    let mut phone = home.ready(&world, 1);
    phone.pause();
    assert!(home.disk.lock().is_ok(), "the system may suspend the app now: nothing is held");
    phone.resume().expect("open again");
    assert_eq!(phone.run(None).map(|_| ()), Err(EngineError::Locked));
    phone.unlock(PIN).expect("the PIN");
    assert_eq!(phone.visit(&visit("V-1")).expect("a visit").visit.entries.len(), 2);
}

#[test]
fn a_long_history_costs_todays_list_nothing() {
    let world = World::new();
    let mut phone = world.ready();
    for i in 0..120 {
        world.office.plans(&format!("old-{i}"), noon().plus(-holdfast_model::time::DAY * (1 + i / 4)));
    }
    phone.sync().expect("pulled");
    assert_eq!(phone.run(None).expect("today").run.visits.len(), 1);
    let last = phone.person(&person()).expect("a person").person.last_visits;
    assert!(last.len() <= 16, "a person's page reads the last visits, not all");
}
