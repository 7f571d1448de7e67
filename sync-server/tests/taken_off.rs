//! One worker is taken off a phone that others go on using: they are served nothing more, what of theirs still comes is held for checking, and
//! the others notice nothing.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/shared_phone.rs"]
mod shared_phone;

use common::{branch, visit, worker};
use holdfast_host::SystemRandom;
use holdfast_model::id::{DeviceId, WorkerId};
use holdfast_model::projection::Standing;
use holdfast_model::time::HOUR;
use holdfast_sync_server::OfficeError;
use holdfast_sync_server::admin::verify;
use holdfast_sync_server::office::{HeldPiece, HeldRow, ShutOutError, TakeIn, WHY_BYTES};
use holdfast_vault::{MasterKey, Secret32};
use shared_phone::*;

fn by(who: &WorkerId, text: &str) -> (String, String) {
    (who.to_string(), text.to_owned())
}

/// Asha and Ben share a phone, and a visit, V-5, beside their own. Each has written, and nothing of it is sent.
fn both_wrote() -> Case {
    let mut case = Case::shared();
    case.world.plan("V-5", "P-1", &["W-1", "W-2"]);
    case.phone.sync().unwrap();
    for (doc, text) in [("V-2", "ben, of his own visit"), ("V-5", "ben, of both")] {
        case.phone.record(&name(doc), note(text)).unwrap();
    }
    case.turn_to(&asha());
    case.world.time.advance(HOUR);
    case.wire.bodies.lock().unwrap().clear();
    *case.wire.cut.lock().unwrap() = true;
    assert!(case.phone.sync().is_err());
    *case.wire.cut.lock().unwrap() = false;
    case.phone.record(&name("V-1"), note("asha, of her own visit")).unwrap();
    case
}

impl Case {
    fn take_off(&self, who: &WorkerId) {
        let device = self.phone.device().unwrap();
        self.world.office.take_off(device, who, &worker("C-1"), " works for nobody here any more ").unwrap();
    }
    fn of_ben(&self) -> Vec<HeldRow> {
        self.world.office.held_for_checking(&branch()).unwrap().into_iter().filter(|h| h.code == "worker_taken_off").collect()
    }
    fn sound(&self) {
        let key = MasterKey::from_secret(Secret32::new([7; 32]));
        assert_eq!(verify(&self.world.dir.path().join("data"), key, &SystemRandom::new()).unwrap().wrong, []);
    }
}

#[test]
fn one_worker_is_taken_off_and_the_others_carry_on() {
    let mut case = both_wrote();
    case.take_off(&ben());
    case.world.plan("V-3", "P-2", &["W-2"]);
    case.world.plan("V-4", "P-2", &["W-1"]);
    // Asha reads, and the phone brings what both wrote in one push.
    let outcome = case.phone.sync().unwrap();
    assert_eq!((outcome.waiting, outcome.held_for_checking, outcome.revoked), (0, 2, false));
    assert_eq!(case.notes("V-1"), [by(&asha(), "asha, of her own visit")]);
    assert!(case.reads("V-4"), "she is served what is new");
    assert_eq!((case.notes("V-2"), case.notes("V-5")), (vec![], vec![]), "what he wrote has no place yet");
    let held = case.of_ben();
    let kept: Vec<_> = held.iter().map(|h| (h.code.as_str(), h.entries)).collect();
    assert_eq!(kept, [("worker_taken_off", 1); 2], "and is kept");
    // Ben reads: nothing new, and he is told that he is no reader here. What he writes is taken, and held.
    case.turn_to(&ben());
    case.phone.record(&name("V-2"), note("ben, later")).unwrap();
    case.world.time.advance(HOUR);
    let outcome = case.phone.sync().unwrap();
    assert_eq!((outcome.waiting, outcome.held_for_checking), (0, 1));
    assert!(case.phone.status().unwrap().contact.not_a_reader);
    assert!(!case.reads("V-3") && case.reads("V-2"), "nothing new");
    case.turn_to(&asha());
    case.phone.sync().unwrap();
    assert!(!case.phone.status().unwrap().contact.not_a_reader, "it is not about her");
    case.sound();
}

#[test]
fn what_a_worker_wrote_who_was_taken_off_is_taken_in_by_decision_each_visit_for_itself() {
    let mut case = both_wrote();
    case.take_off(&ben());
    case.phone.sync().unwrap();
    let of_both = case.of_ben().into_iter().find(|h| h.document == Some(visit("V-5"))).unwrap();
    let item = case.world.office.held_item(of_both.id).unwrap().unwrap();
    assert_eq!(item.take_in, TakeIn::Can);
    assert!(matches!(&item.pieces[..], [HeldPiece::Entry(read)] if read.author().worker == ben()), "{:?}", item.pieces);
    assert_eq!(case.world.office.take_in(of_both.id, &worker("C-1"), "asked Ben", false), Ok(1));
    assert_eq!(case.notes("V-5"), [by(&ben(), "ben, of both")]);
    let view = case.world.office.visit(&name("V-5")).unwrap().unwrap();
    assert!(view.entries.iter().any(|e| e.standing == Standing::Reviewed), "and it says that somebody looked at it");
    assert_eq!((case.notes("V-2"), case.of_ben().len()), (vec![], 1), "the other waits for its own decision");
    case.turn_to(&asha());
    case.world.time.advance(HOUR);
    case.phone.sync().unwrap();
    case.sound();
}

#[test]
fn a_locked_phone_hands_over_and_what_he_wrote_is_held_all_the_same() {
    let mut case = both_wrote();
    case.take_off(&ben());
    case.phone.lock();
    let outcome = case.phone.sync().unwrap();
    assert_eq!((outcome.waiting, case.of_ben().len()), (0, 2));
    assert_eq!(case.notes("V-1"), [by(&asha(), "asha, of her own visit")]);
    let own = case.of_ben().into_iter().find(|h| h.document == Some(visit("V-2"))).unwrap();
    assert_eq!(case.world.office.take_in(own.id, &worker("C-1"), "asked Ben", false), Ok(1));
    assert_eq!(case.notes("V-2"), [by(&ben(), "ben, of his own visit")]);
    case.sound();
}

#[test]
fn who_when_and_why_outlive_a_restart_and_a_new_code_lets_them_back() {
    let mut case = Case::shared();
    case.take_off(&ben());
    case.restart_office();
    let row = case.world.office.phones(&branch()).remove(0);
    assert_eq!((&row.worker, row.shared_with.len()), (&asha(), 0), "she reads on it");
    let [off] = &row.taken_off[..] else { panic!("one: {:?}", row.taken_off) };
    assert_eq!((&off.worker, off.by.as_str(), off.why.as_str(), off.back), (&ben(), "C-1", "works for nobody here any more", None));
    assert!(off.at >= row.enrolled);
    case.world.plan("V-3", "P-2", &["W-2"]);
    case.phone.sync().unwrap();
    assert!(!case.reads("V-3") && case.phone.status().unwrap().contact.not_a_reader);
    let again = case.code("W-2", BENS_PIN);
    case.phone.enrol(again).unwrap();
    case.phone.sync().unwrap();
    assert!(case.reads("V-3"));
    case.phone.record(&name("V-3"), note("back again")).unwrap();
    case.world.time.advance(HOUR);
    assert_eq!(case.phone.sync().unwrap().held_for_checking, 0);
    assert_eq!(case.notes("V-3"), [by(&ben(), "back again")]);
    let row = case.world.office.phones(&branch()).remove(0);
    assert!(row.taken_off.len() == 1 && row.taken_off[0].back.is_some(), "that he was off stays written: {:?}", row.taken_off);
}

#[test]
fn nobody_is_taken_off_by_mistake() {
    let case = Case::shared();
    let (office, device) = (&case.world.office, case.phone.device().unwrap());
    let tried = |device: &DeviceId, who: &WorkerId, why: &str| office.take_off(device, who, &worker("C-1"), why);
    assert_eq!(tried(device, &ben(), " "), Err(ShutOutError::Reason));
    assert_eq!(tried(device, &ben(), &"x".repeat(WHY_BYTES + 1)), Err(ShutOutError::Reason));
    assert_eq!(tried(device, &worker("W-3"), "why").unwrap_err().code(), "worker_not_on_phone");
    let nowhere = DeviceId::new("D-0").unwrap();
    assert_eq!(tried(&nowhere, &ben(), "why"), Err(ShutOutError::Office(OfficeError::UnknownDevice("D-0".into()))));
    assert_eq!(office.phones(&branch())[0].taken_off, []);
    tried(device, &asha(), "why").unwrap();
    assert_eq!(tried(device, &asha(), "twice"), Err(ShutOutError::NotOnPhone));
    assert_eq!(tried(device, &ben(), "why").unwrap_err().code(), "worker_alone_on_phone");
    assert_eq!(office.phones(&branch())[0].worker, ben(), "he has it to himself");
}
