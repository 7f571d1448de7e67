//! A real phone that cannot read what it holds, and a real office: what was recorded arrives all the same, once, and nothing else moves.
#![allow(clippy::unwrap_used)]

mod common;

use common::wire::Wire;
use common::{World, visit, worker};
use holdfast_engine::port::{Disk, Ports, ServerAddress};
use holdfast_engine::{EngineError, Enrol, Intent, MemoryCustodian, MemoryDisk, Phone, Settings};
use holdfast_host::{ManualClock, SystemRandom};
use holdfast_model::entry::{Body, Note, NoteType};
use holdfast_model::id::{DeviceId, DocumentId, VisitId};
use holdfast_model::projection::Standing;
use holdfast_model::time::{DAY, HOUR, MINUTE};
use holdfast_model::wire::{Refusal, decode_request};
use holdfast_sync_server::Office;
use holdfast_vault::Cost;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

const PIN: &str = "274951";
const NEW_PIN: &str = "830264";
const CANARY: &str = "canary in the note";

struct Case {
    world: World,
    wire: Arc<Wire>,
    disk: Arc<MemoryDisk>,
    phone: Phone,
}

fn doc() -> DocumentId {
    visit("V-1")
}
fn note(text: &str) -> Intent {
    Intent::now(Body::Note(Note { about: NoteType::General, text: text.into() }))
}

/// Notes that an office has of the visit, in the order of their chain.
fn notes(office: &Office) -> Vec<String> {
    let mut all = office.entries(&doc()).unwrap();
    all.sort_by_key(|read| read.place().2);
    let text = |read: &holdfast_model::entry::Read| match read.known().map(|e| e.body.clone()) {
        Some(Body::Note(note)) => Some(note.text),
        _ => None,
    };
    all.iter().filter_map(text).collect()
}

impl Case {
    /// A phone of W-1 with one visit on it and nothing to send.
    fn new() -> Case {
        let world = World::new();
        world.person("P-1", "Edith Marlow");
        world.plan("V-1", "P-1", &["W-1"]);
        let wire = Wire::to(&world.office);
        let disk = Arc::new(MemoryDisk::new());
        let custodian = Arc::new(MemoryCustodian::new(Arc::new(SystemRandom::new())));
        let ports = Ports {
            clock: Arc::new(ManualClock::new(&world.time, "phone")),
            random: Arc::new(SystemRandom::new()),
            network: wire.clone(),
            disk: disk.clone(),
            custodian,
        };
        let phone = Phone::open(ports, Settings { pin_cost: Cost::SIMULATION, ..Settings::default() }).unwrap();
        let mut case = Case { world, wire, disk, phone };
        let how = case.code(PIN);
        case.phone.enrol(how).unwrap();
        assert_eq!(case.phone.sync().unwrap().waiting, 0);
        case
    }
    fn code(&self, pin: &str) -> Enrol {
        Enrol {
            code: self.world.office.enrol_code(&worker("W-1"), HOUR).unwrap().code,
            servers: vec![ServerAddress::parse("http://127.0.0.1:1").unwrap()],
            label: "D-03, blue case".into(),
            pin: pin.into(),
        }
    }
    fn record(&mut self, texts: &[&str]) {
        for text in texts {
            self.phone.record(&VisitId::new("V-1").unwrap(), note(text)).unwrap();
        }
    }
    fn notes(&self) -> Vec<String> {
        notes(&self.world.office)
    }
    fn held(&self) -> Vec<(String, u32)> {
        self.world.office.held_for_checking(&common::branch()).unwrap().into_iter().map(|h| (h.code, h.entries)).collect()
    }
    fn database(&self) -> rusqlite::Connection {
        self.disk.open().unwrap()
    }
    fn lock_out(&mut self) {
        self.phone.lock();
        for _ in 0..10 {
            self.world.time.advance(HOUR);
            assert!(self.phone.unlock("999163").is_err());
        }
        assert_eq!(self.phone.unlock(PIN), Err(EngineError::LockedOut));
    }
    /// Standing of each own note, by the phone.
    fn standings(&mut self) -> Vec<Standing> {
        let screen = self.phone.visit(&VisitId::new("V-1").unwrap()).unwrap();
        screen.visit.entries.iter().filter(|e| e.device.as_str() != "office").map(|e| e.standing).collect()
    }
}

#[test]
fn a_locked_phone_hands_over_everything_and_pulls_nothing() {
    let mut case = Case::new();
    case.record(&[CANARY, "two", "three"]);
    case.phone.lock();
    case.world.plan("V-2", "P-1", &["W-1"]);
    case.wire.bodies.lock().unwrap().clear();
    let outcome = case.phone.sync().unwrap();
    assert_eq!((outcome.received, outcome.held_for_checking, outcome.pulled, outcome.waiting), (3, 0, 0, 0));
    assert_eq!(case.notes(), [CANARY, "two", "three"]);
    assert_eq!(case.held(), []);
    let bodies = case.wire.bodies.lock().unwrap().clone();
    for body in &bodies {
        let request = decode_request(body).unwrap();
        assert_eq!((request.head.want_bytes, request.pushes.len()), (0, 0), "push only, and no text");
    }
    assert_eq!(bodies.iter().map(|b| decode_request(b).unwrap().sealed.len()).sum::<usize>(), 1);
    case.phone.unlock(PIN).unwrap();
    assert!(case.standings().iter().all(|s| *s == Standing::Received));
    assert!(case.phone.sync().unwrap().pulled > 0, "what was left out while locked");
    assert!(case.phone.visit(&VisitId::new("V-2").unwrap()).is_ok());
}

#[test]
fn other_phones_are_handed_what_came_sealed() {
    let mut case = Case::new();
    case.world.plan("V-1", "P-1", &["W-1", "W-2"]);
    case.record(&["one", "two"]);
    case.phone.lock();
    case.phone.sync().unwrap();
    let mut other = case.world.phone("W-2");
    other.sync(&case.world.office).unwrap();
    let pulled: String = other.pulled[&doc()].iter().cloned().collect();
    assert!(pulled.contains("\"one\"") && pulled.contains("\"two\""));
}

#[test]
fn past_its_lease_and_locked_it_still_delivers() {
    let mut case = Case::new();
    case.record(&["one"]);
    case.phone.lock();
    case.world.time.advance(20 * DAY);
    assert_eq!(case.phone.sync().unwrap().received, 1);
    assert_eq!(case.notes(), ["one"]);
}

#[test]
fn shut_out_and_locked_what_it_brings_is_held_and_nothing_is_lost() {
    let mut case = Case::new();
    case.record(&["one", "two"]);
    case.world.office.revoke(case.phone.device().unwrap(), &worker("W-90"), "it is lost").unwrap();
    case.phone.lock();
    let outcome = case.phone.sync().unwrap();
    assert!(outcome.revoked);
    assert_eq!((outcome.received, outcome.held_for_checking, outcome.waiting), (2, 2, 0));
    assert_eq!(case.notes(), Vec::<String>::new());
    assert_eq!(case.held(), [("device_revoked".to_owned(), 1), ("device_revoked".to_owned(), 1)]);
    let all = case.world.office.held_for_checking(&common::branch()).unwrap();
    let texts: Vec<String> =
        all.iter().map(|h| String::from_utf8(case.world.office.held_bytes(h.id).unwrap().unwrap().to_vec()).unwrap()).collect();
    assert!(texts.iter().any(|t| t.contains("\"one\"")) && texts.iter().any(|t| t.contains("\"two\"")), "each opens in its own place");
    let how = case.code(NEW_PIN);
    assert_eq!(case.phone.enrol_again(how), Err(EngineError::Revoked));
}

#[test]
fn a_spoilt_copy_is_held_alone_and_stops_nobody() {
    let mut case = Case::new();
    case.record(&["one", "two", "three", "four"]);
    case.phone.lock();
    case.database()
        .execute(
            "UPDATE own SET outbox = CAST(substr(outbox, 1, length(outbox) - 1)
             || CASE substr(outbox, -1) WHEN x'00' THEN x'01' ELSE x'00' END AS BLOB) WHERE seq = 2",
            [],
        )
        .unwrap();
    let outcome = case.phone.sync().unwrap();
    assert_eq!((outcome.received, outcome.held_for_checking, outcome.waiting), (4, 1, 0));
    assert_eq!(case.notes(), ["one", "three", "four"]);
    let held = case.world.office.held_for_checking(&common::branch()).unwrap();
    let found = held.iter().find(|h| h.code == "entry_unopened").expect("held for checking");
    assert!(case.world.office.held_bytes(found.id).unwrap().unwrap().len() > 200, "the bytes are kept as they came");
    case.phone.unlock(PIN).unwrap();
    case.record(&["five"]);
    case.phone.sync().unwrap();
    assert_eq!(case.notes(), ["one", "three", "four", "five"]);
    let Case { world, wire, phone, .. } = case;
    drop((phone, wire));
    let world = world.reopened();
    assert_eq!(notes(&world.office), ["one", "three", "four", "five"], "and so after a restart of the office");
}

#[test]
fn a_row_that_does_not_open_goes_by_its_sealed_copy() {
    let mut case = Case::new();
    case.record(&["one", "two", "three"]);
    case.database().execute("UPDATE own SET sealed = x'01' WHERE seq = 2", []).unwrap();
    let outcome = case.phone.sync();
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(case.notes(), ["one", "two", "three"]);
    assert_eq!(case.held(), []);
}

#[test]
fn what_comes_both_ways_counts_once() {
    for locked_first in [true, false] {
        let mut case = Case::new();
        case.record(&["one", "two"]);
        if locked_first {
            case.phone.lock();
        }
        *case.wire.lose.lock().unwrap() = true;
        assert!(case.phone.sync().is_err(), "the answer got lost");
        if locked_first {
            case.phone.unlock(PIN).unwrap();
        } else {
            case.phone.lock();
        }
        let outcome = case.phone.sync().unwrap();
        assert_eq!((outcome.received, outcome.waiting), (2, 0));
        assert_eq!(case.notes(), ["one", "two"]);
        assert_eq!(case.held(), [], "no fork, no gap");
    }
}

#[test]
fn after_ten_wrong_pins_a_new_code_gives_a_new_lock_and_nothing_is_lost() {
    let mut case = Case::new();
    case.record(&["one", "two"]);
    let device: DeviceId = case.phone.device().unwrap().clone();
    case.lock_out();
    let how = case.code(NEW_PIN);

    *case.wire.cut.lock().unwrap() = true;
    assert_eq!(case.phone.enrol(how.clone()), Err(EngineError::Unreachable), "it takes a connection");
    assert_eq!(case.phone.unlock(NEW_PIN), Err(EngineError::LockedOut), "nothing was forgiven");
    assert_eq!(case.notes(), Vec::<String>::new());
    *case.wire.cut.lock().unwrap() = false;
    let wrong = Enrol { code: case.world.office.enrol_code(&worker("W-2"), HOUR).unwrap().code, ..how.clone() };
    assert_eq!(case.phone.enrol(wrong.clone()), Err(EngineError::CodeForAnother));
    assert!(case.world.office.phones(&common::branch())[0].shared_with.is_empty(), "and nobody came to read here by it");
    assert_eq!(case.notes(), ["one", "two"], "what waited went first, whatever came of the code");

    let enrolled = case.phone.enrol(how).unwrap();
    assert_eq!(enrolled.device, device, "it stays the phone it was");
    assert!(case.phone.is_unlocked());
    case.phone.sync().unwrap();
    assert_eq!(case.standings(), [Standing::Received, Standing::Received], "own entries came back from the office");
    case.record(&["three"]);
    case.phone.lock();
    assert!(matches!(case.phone.unlock(PIN), Err(EngineError::WrongPin { left: 9, .. })), "the old PIN ended, the count began anew");
    case.phone.unlock(NEW_PIN).unwrap();
    case.phone.sync().unwrap();
    let mut notes = case.notes();
    notes.sort();
    assert_eq!(notes, ["one", "three", "two"]);
    assert_eq!(case.held(), []);
    let own: i64 = case.database().query_row("SELECT count(*) FROM own", [], |r| r.get(0)).unwrap();
    assert_eq!(own, 3, "own entries are never deleted");
}

#[test]
fn a_forgotten_pin_needs_the_office_too() {
    let mut case = Case::new();
    case.record(&["one"]);
    let how = case.code(NEW_PIN);
    assert_eq!(case.phone.enrol_again(how.clone()), Err(EngineError::AlreadyEnrolled), "whoever knows the PIN changes it");
    case.phone.lock();
    assert_eq!(case.phone.enrol(how.clone()), Err(EngineError::AlreadyEnrolled), "only on purpose");
    case.phone.enrol_again(how).unwrap();
    case.phone.sync().unwrap();
    assert_eq!(case.notes(), ["one"]);
    assert_eq!(case.standings(), [Standing::Received]);
}

#[test]
fn no_name_and_no_text_lies_readable_on_the_disk() {
    let mut case = Case::new();
    case.record(&[CANARY]);
    case.phone.lock();
    case.phone.sync().unwrap();
    case.phone.unlock(PIN).unwrap();
    // Days later the visit leaves the scope, and what was pulled of it is purged.
    case.world.time.advance(4 * DAY);
    case.phone.sync().unwrap();
    for bytes in case.disk.all_bytes().unwrap() {
        for name in [b"visit:V-1".as_slice(), b"person:P-1", CANARY.as_bytes()] {
            assert!(!bytes.windows(name.len()).any(|w| w == name), "{}", String::from_utf8_lossy(name));
        }
    }
}

#[test]
fn strangers_leave_a_little_an_hour_and_displace_nobody() {
    let world = World::new();
    let mut phone = world.phone("W-1");
    phone.note(doc(), "one");
    let stranger = |n: usize, phone: &mut common::TestPhone| {
        let push = phone.push(1, 1);
        let mut ask = phone.request(&[push], 0);
        ask.headers[0].1 = format!("D-STRANGER{n}");
        let answer = world.office.answer(ask);
        (answer.status, serde_json::from_slice::<Refusal>(&answer.body).unwrap().code)
    };
    for _ in 0..4 {
        assert_eq!(stranger(0, &mut phone), (403, "device_unknown".into()));
    }
    assert_eq!(stranger(0, &mut phone), (429, "device_unknown_full".into()), "of one phone");
    for n in 1..=60 {
        assert_eq!(stranger(n, &mut phone).0, 403);
    }
    assert_eq!(stranger(61, &mut phone), (429, "device_unknown_full".into()), "in all");
    world.time.advance(HOUR + MINUTE);
    assert_eq!(stranger(0, &mut phone).0, 403, "another hour");
    assert_eq!(world.office.held_for_checking(&common::branch()).unwrap().len(), 65, "what was kept is kept");
}

#[test]
fn nobody_else_on_the_machine_reads_the_store() {
    let world = World::new();
    world.plan("V-1", "P-1", &["W-1"]);
    let data = world.dir.path().join("data");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for file in std::fs::read_dir(&data).unwrap() {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    let to = world.dir.path().join("backup.db");
    holdfast_sync_server::admin::back_up(&data, &to).unwrap();
    assert_eq!(mode(&to), 0o600);
}
