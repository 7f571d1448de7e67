//! Trouble that is rare, each with its code: what was saved before stays, and goes on its way.

mod common;

use common::*;
use holdfast_engine::port::KeyCustodian;
use holdfast_engine::{Engine, EngineError, Intent, LinuxDisk, Phone, Problem};
use holdfast_host::SystemRandom;
use holdfast_model::entry::{Arrived, Body, Evidence, Method};
use holdfast_model::limits;
use holdfast_vault::{Custody, CustodyFault, FileCustodian, PublicKey, Secret};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The code of what must fail.
fn code<T>(result: Result<T, EngineError>) -> String {
    result.err().map_or_else(|| "it worked".into(), |e| e.code().to_owned())
}

/// A phone on a real disk, with V-1 on its run and `entries` of its own that wait.
struct Home {
    dir: tempfile::TempDir,
    world: World,
}

impl Home {
    fn new(entries: usize) -> Home {
        let home = Home { dir: tempfile::tempdir().expect("a directory"), world: World::new() };
        home.world.office.plans("V-1", noon());
        home.world.office.plans("V-2", noon());
        let mut phone = home.open().expect("opens");
        phone.enrol(enrol()).expect("enrolled");
        phone.sync().expect("the pack");
        for i in 0..entries {
            phone.record(&visit("V-1"), Intent::now(note(&format!("number {i}")))).expect("saved");
        }
        home
    }
    fn open(&self) -> Result<Phone, EngineError> {
        let disk = Arc::new(LinuxDisk::new(self.dir.path().join("phone")).expect("made"));
        Phone::open(self.world.ports_on(disk), settings())
    }
    fn database(&self) -> PathBuf {
        self.dir.path().join("phone/store/holdfast.db")
    }
}

#[test]
fn a_new_lock_waits_until_the_office_has_everything() {
    let world = World::new();
    let mut phone = world.ready();
    phone.record(&visit("V-1"), Intent::now(note("not there yet"))).expect("saved");
    phone.lock();
    world.office.mood(|m| {
        m.no_receipts = true;
        m.claims_have_to = Some(0);
    });
    let how = enrol();
    assert_eq!(code(phone.enrol_again(how.clone())), "unsent_first");
    assert_eq!(phone.status().expect("always").counts.waiting, 1, "it is here still");
    phone.unlock(PIN).expect("and the old PIN is");
    phone.lock();
    world.office.mood(|m| {
        m.no_receipts = false;
        m.claims_have_to = None;
    });
    phone.enrol_again(how).expect("with the same code");
    assert_eq!(world.office.texts().len(), 1, "it arrived first");
}

#[test]
fn several_problems_have_one_code_and_a_list() {
    let world = World::new();
    let mut phone = world.ready();
    let long = note(&"x".repeat(limits::NOTE_BYTES + 1));
    let at = world.time.now().plus(2 * holdfast_model::time::HOUR);
    let refused = phone.record(&visit("V-1"), Intent::at(long, at)).expect_err("twice wrong");
    assert_eq!(refused.code(), "not_recorded");
    let EngineError::NotRecorded(problems) = refused else { panic!("{refused:?}") };
    assert_eq!(problems.iter().map(Problem::code).collect::<Vec<_>>(), ["future_time", "text_too_long"]);
    assert_eq!(phone.status().expect("always").recorded, 0);
}

#[test]
fn a_position_that_is_nowhere_on_earth_is_refused() {
    let world = World::new();
    let mut phone = world.ready();
    let at = |lat_e6, lon_e6| {
        let evidence = Evidence { lat_e6: Some(lat_e6), lon_e6: Some(lon_e6), ..Evidence::default() };
        Intent::now(Body::Arrived(Arrived { method: Method::Position, evidence, reason: String::new() }))
    };
    assert_eq!(code(phone.record(&visit("V-1"), at(90_000_001, 0))), "bad_position");
    assert_eq!(code(phone.record(&visit("V-1"), at(0, -180_000_001))), "bad_position");
    phone.record(&visit("V-1"), at(54_000_000, -1_200_000)).expect("a street in England");
    assert_eq!(phone.status().expect("always").recorded, 1);
}

#[test]
fn a_full_record_takes_no_more_and_keeps_what_it_has() {
    let world = World::new();
    let mut phone = world.ready();
    // The office's assignment is the first; what colleagues and the office wrote fills the rest but one.
    for n in 2..limits::DOCUMENT_ENTRIES {
        world.office.says(&doc("V-1"), note(&format!("number {n}")));
    }
    while phone.sync().expect("pulled").more {}
    phone.record(&visit("V-1"), Intent::now(note("the last one"))).expect("there is room for one");
    assert_eq!(code(phone.record(&visit("V-1"), Intent::now(note("one too many")))), "document_full");
    assert_eq!(phone.visit(&visit("V-1")).expect("readable").visit.entries.len(), limits::DOCUMENT_ENTRIES);
    phone.sync().expect("and the last one goes on its way");
    assert_eq!(world.office.texts().len(), 1);
}

#[test]
fn a_record_that_does_not_open_is_kept_and_the_others_are_read() {
    let home = Home::new(1);
    let mut phone = home.open().expect("opens");
    phone.unlock(PIN).expect("the PIN");
    let records = |of: &str| {
        let db = rusqlite::Connection::open(home.database()).expect("opens");
        db.query_row("SELECT sealed FROM own WHERE n = 1", [], |r| r.get::<_, Vec<u8>>(0)).map_err(|e| format!("{of}: {e}"))
    };
    drop(phone);
    // One byte of the one entry's own seal; what is sealed for the office stays whole.
    let mut spoilt = records("before").expect("there");
    *spoilt.last_mut().expect("bytes") ^= 1;
    let db = rusqlite::Connection::open(home.database()).expect("opens");
    assert_eq!(db.execute("UPDATE own SET sealed = ?1 WHERE n = 1", [&spoilt]).expect("spoilt"), 1);
    drop(db);
    let mut phone = home.open().expect("opens");
    phone.unlock(PIN).expect("the PIN");
    assert_eq!(code(phone.visit(&visit("V-1"))), "seal_broken");
    phone.visit(&visit("V-2")).expect("others are not touched");
    drop(phone);
    assert_eq!(records("after"), Ok(spoilt), "kept as it is");
    let mut phone = home.open().expect("opens");
    phone.sync().expect("locked, the phone hands over what it sealed for the office");
    assert!(home.world.office.texts().iter().any(|text| text.contains("number 0")), "nothing lost");
}

#[test]
fn a_damaged_sealing_key_from_the_office_enrols_nobody() {
    let mut world = World::new();
    Arc::get_mut(&mut world.office).expect("nobody else has it yet").provider_key = "not a key".into();
    let mut phone = world.open();
    assert_eq!(code(phone.enrol(enrol())), "provider_key_damaged");
    assert!(!phone.is_enrolled(), "and nothing is half-enrolled");
}

#[test]
fn a_store_that_does_not_open_is_no_empty_one() {
    let home = Home::new(2);
    let (there, away) = (home.database(), home.dir.path().join("away.db"));
    fs::rename(&there, &away).expect("moved");
    fs::create_dir(&there).expect("made");
    assert_eq!(code(home.open()), "storage");
    fs::remove_dir(&there).expect("removed");
    fs::rename(&away, &there).expect("moved back");
    let mut phone = home.open().expect("opens");
    phone.sync().expect("handed over");
    assert_eq!(home.world.office.texts().len(), 2, "nothing lost");
}

#[test]
fn an_app_that_stopped_inside_says_so_and_has_what_it_saved() {
    let world = World::new();
    drop(world.ready());
    let engine = Engine::start(world.ports(), settings()).expect("starts");
    let wait = |work: std::pin::Pin<Box<dyn Future<Output = Result<(), EngineError>> + '_>>| {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(work)
    };
    wait(Box::pin(engine.unlock(PIN.into()))).expect("the PIN");
    wait(Box::pin(async { engine.record(visit("V-1"), Intent::now(note("before"))).await.map(|_| ()) })).expect("saved");
    // A shell's own mistake, on the engine's thread.
    let _watching = engine.watch_status(|_| panic!("the screen could not be drawn")).expect("taken");
    assert_eq!(code(wait(Box::pin(async { engine.status().await.map(|_| ()) }))), "stopped");
    assert_eq!(code(engine.watch_status(|_| ())), "stopped");
    drop(engine);
    let mut phone = world.open();
    assert_eq!(phone.status().expect("always").counts.waiting, 1);
    phone.sync().expect("handed over");
    assert_eq!(world.office.texts().len(), 1);
}

#[test]
fn keys_that_cannot_be_reached_lock_nothing_away_for_good() {
    let keys = tempfile::tempdir().expect("a directory");
    let mut world = World::new();
    world.custodian = Arc::new(FileCustodian::open(keys.path().join("keys"), Arc::new(SystemRandom::new())).expect("made"));
    let mut phone = world.ready();
    phone.record(&visit("V-1"), Intent::now(note("safe"))).expect("saved");
    phone.lock();
    let holder: Vec<PathBuf> = fs::read_dir(keys.path().join("keys"))
        .expect("listed")
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.file_name().is_some_and(|name| name.to_string_lossy().starts_with("holder-")))
        .collect();
    assert_eq!(holder.len(), 1, "one worker's key: {holder:?}");
    let away = keys.path().join("away");
    fs::rename(&holder[0], &away).expect("moved");
    fs::create_dir(&holder[0]).expect("made");
    assert_eq!(code(phone.unlock(PIN)), "device_key_unreachable");
    fs::remove_dir(&holder[0]).expect("removed");
    fs::rename(&away, &holder[0]).expect("moved back");
    phone.unlock(PIN).expect("the same PIN");
    phone.sync().expect("handed over");
    assert_eq!(world.office.texts().len(), 1);
}

/// A key store that asks its owner, who says no while `no` is set.
struct Asking {
    keys: Arc<dyn KeyCustodian>,
    no: AtomicBool,
}

impl KeyCustodian for Asking {
    fn wrap(&self, holder: &str, secret: &Secret) -> Result<Vec<u8>, CustodyFault> {
        self.keys.wrap(holder, secret)
    }
    fn unwrap(&self, holder: &str, wrapped: &[u8]) -> Result<Secret, CustodyFault> {
        if self.no.load(Ordering::SeqCst) { Err(CustodyFault::Refused) } else { self.keys.unwrap(holder, wrapped) }
    }
    fn destroy(&self, holder: &str) -> Result<(), CustodyFault> {
        self.keys.destroy(holder)
    }
    fn sign(&self, bytes: &[u8]) -> Result<[u8; 64], CustodyFault> {
        self.keys.sign(bytes)
    }
    fn public_key(&self) -> Result<PublicKey, CustodyFault> {
        self.keys.public_key()
    }
    fn describe(&self) -> Custody {
        self.keys.describe()
    }
}

#[test]
fn a_finger_that_was_not_given_is_no_wrong_pin() {
    let mut world = World::new();
    let asking = Arc::new(Asking { keys: world.custodian.clone(), no: AtomicBool::new(false) });
    world.custodian = asking.clone();
    let mut phone = world.ready();
    phone.lock();
    asking.no.store(true, Ordering::SeqCst);
    for _ in 0..12 {
        assert_eq!(code(phone.unlock(PIN)), "device_key_refused");
    }
    asking.no.store(false, Ordering::SeqCst);
    phone.unlock(PIN).expect("none of these counted as a try");
}
