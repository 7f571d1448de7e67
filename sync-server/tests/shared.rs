//! A real phone that several workers share, and a real office: each reads what is theirs behind a PIN of their own, and what any of them wrote
//! arrives whoever is reading, or nobody.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/shared_phone.rs"]
mod shared_phone;

use common::{World, visit, worker};
use holdfast_engine::port::Disk;
use holdfast_engine::{EngineError, Enrol, Intent, Newcomer};
use holdfast_model::entry::{Body, Unplanned};
use holdfast_model::id::WorkerId;
use holdfast_model::port::Ask;
use holdfast_model::projection::{EntryView, Standing};
use holdfast_model::time::{DAY, HOUR};
use holdfast_model::wire::{
    EnrolReply, EnrolRequest, Refusal, SIGNATURE_HEADER, decode_reply, decode_request, encode_request, request_signed_bytes,
};
use holdfast_sync_server::admin::back_up;
use shared_phone::*;

fn by(who: &WorkerId, text: &str) -> (String, String) {
    (who.to_string(), text.to_owned())
}

#[test]
fn each_reads_what_is_theirs_and_nothing_of_the_other() {
    let mut case = Case::shared();
    assert_eq!(case.phone.workers(), [&asha(), &ben()]);
    assert_eq!(case.phone.worker(), Some(&ben()));
    assert!(case.reads("V-2") && !case.reads("V-1"));
    let today = case.phone.run(None).unwrap();
    assert_eq!((today.worker_name.as_str(), today.run.visits.len()), ("Ben Carr", 1));
    case.turn_to(&asha());
    case.phone.sync().unwrap();
    assert!(case.reads("V-1") && !case.reads("V-2"));
    case.restart();
    assert_eq!(case.phone.worker(), None, "while locked it is nobody's in particular");
    assert_eq!(case.phone.unlock(ASHAS_PIN), Err(EngineError::WorkerNeeded));
    assert_eq!(case.phone.unlock_as(&worker("W-3"), ASHAS_PIN), Err(EngineError::WorkerNotHere));
    assert!(matches!(case.phone.unlock_as(&asha(), BENS_PIN), Err(EngineError::WrongPin { left: 9, .. })));
    case.turn_to(&asha());
    assert!(case.reads("V-1") && !case.reads("V-2"));
    let phones = case.world.office.phones(&common::branch());
    assert_eq!(phones.len(), 1, "one device, whoever shares it");
    assert_eq!((phones[0].worker.clone(), phones[0].shared_with.clone()), (asha(), vec![(ben(), "Ben Carr".into())]));
}

#[test]
fn what_one_left_unsent_arrives_whoever_reads_or_nobody() {
    for next in ["ben", "nobody"] {
        let mut case = Case::shared();
        case.turn_to(&asha());
        case.phone.record(&name("V-1"), note("asha, unsent")).unwrap();
        if next == "ben" {
            case.turn_to(&ben());
            case.phone.record(&name("V-2"), note("ben, after her")).unwrap();
        } else {
            case.phone.lock();
        }
        let outcome = case.phone.sync().unwrap();
        assert_eq!((outcome.waiting, outcome.held_for_checking), (0, 0), "{next}");
        assert_eq!(case.notes("V-1"), [by(&asha(), "asha, unsent")]);
        assert_eq!(case.notes("V-2").len(), usize::from(next == "ben"));
        assert_eq!(case.held(), 0);
        // Her own page says so, though the receipt came while she was not reading.
        case.turn_to(&asha());
        let page = case.phone.visit(&name("V-1")).unwrap();
        let own: Vec<Standing> = page.visit.entries.iter().filter(|e| e.device.as_str() != "office").map(|e| e.standing).collect();
        assert_eq!(own, [Standing::Received]);
        assert_eq!(page.visit.facts.on_this_phone, 0);
    }
}

#[test]
fn an_answer_that_comes_after_the_phone_changed_hands_is_nobody_elses() {
    let mut case = Case::shared();
    case.turn_to(&asha());
    case.phone.sync().unwrap();
    case.world.plan("V-3", "P-1", &["W-1"]);
    case.phone.nudged();
    case.phone.reachable();
    let ask = case.phone.sync_ask().unwrap().expect("she asks");
    case.turn_to(&ben());
    let answer = case.world.office.answer(ask);
    case.phone.sync_answer(Ok(answer)).unwrap();
    assert!(!case.reads("V-3"), "what was for her is not filed in his vault");
    case.phone.sync().unwrap();
    assert!(!case.reads("V-3"));
    case.turn_to(&asha());
    case.phone.sync().unwrap();
    assert!(case.reads("V-3"), "and she is not left without it");
}

#[test]
fn colleagues_on_one_phone_read_each_others_words_on_a_visit_they_share() {
    let mut case = Case::shared();
    case.world.plan("V-4", "P-1", &["W-1", "W-2"]);
    case.phone.sync().unwrap();
    case.phone.record(&name("V-4"), note("ben was first")).unwrap();
    case.phone.sync().unwrap();
    case.turn_to(&asha());
    case.phone.sync().unwrap();
    let page = case.phone.visit(&name("V-4")).unwrap();
    assert!(page.visit.entries.iter().any(|e| e.author.worker == ben()), "through the office, not through his vault");
    case.phone.record(&name("V-4"), note("then asha")).unwrap();
    case.phone.sync().unwrap();
    case.turn_to(&ben());
    case.phone.sync().unwrap();
    let page = case.phone.visit(&name("V-4")).unwrap();
    assert_eq!(page.visit.entries.iter().filter(|e| e.device.as_str() != "office").count(), 2, "each once");
    assert_eq!(case.notes("V-4"), [by(&ben(), "ben was first"), by(&asha(), "then asha")]);
}

#[test]
fn wrong_pins_count_for_one_and_shut_out_one() {
    let mut case = Case::shared();
    case.turn_to(&asha());
    case.phone.record(&name("V-1"), note("asha's")).unwrap();
    case.phone.lock();
    for _ in 0..10 {
        case.world.time.advance(HOUR);
        assert!(case.phone.unlock_as(&ben(), WRONG).is_err());
    }
    assert_eq!(case.phone.unlock_as(&ben(), BENS_PIN), Err(EngineError::LockedOut));
    case.turn_to(&asha());
    assert!(case.reads("V-1"), "she is not touched by it");
    let status = case.phone.status().unwrap();
    assert_eq!(status.workers.iter().map(|w| (w.locked_out, w.unlocked)).collect::<Vec<_>>(), [(false, true), (true, false)]);
    // A new code gives him a new lock, and leaves her vault as it is.
    let how = case.code("W-2", "518263");
    case.phone.enrol(how).unwrap();
    case.phone.sync().unwrap();
    assert!(case.reads("V-2"));
    case.turn_to(&asha());
    assert!(case.reads("V-1"));
    assert_eq!(case.notes("V-1"), [by(&asha(), "asha's")]);
}

#[test]
fn a_forgotten_pin_is_one_workers_business() {
    let mut case = Case::shared();
    case.phone.record(&name("V-2"), note("ben's")).unwrap();
    case.phone.lock();
    let how = case.code("W-2", "518263");
    assert_eq!(case.phone.enrol_again(how.clone()), Err(EngineError::WorkerNeeded));
    assert_eq!(case.phone.enrol_again_as(&asha(), how.clone()), Err(EngineError::CodeForAnother));
    case.phone.enrol_again_as(&ben(), how).unwrap();
    case.phone.sync().unwrap();
    assert_eq!(case.notes("V-2"), [by(&ben(), "ben's")]);
    assert!(case.reads("V-2"));
    assert!(matches!(case.phone.unlock_as(&ben(), "518263"), Ok(())));
    case.turn_to(&asha());
    assert!(case.reads("V-1"), "her vault is as it was");
}

#[test]
fn each_has_a_lease_of_their_own() {
    let mut case = Case::shared();
    case.turn_to(&asha());
    case.phone.sync().unwrap();
    case.world.time.advance(2 * DAY);
    case.turn_to(&ben());
    case.phone.sync().unwrap();
    case.world.time.advance(2 * DAY);
    let left: Vec<i64> = case.phone.status().unwrap().workers.iter().map(|w| w.lease_left_ms).collect();
    assert_eq!(left, [0, DAY], "his contact says nothing about her");
}

/// A code for a further worker, used by a phone of the test.
fn join(world: &World, phone: &common::TestPhone, who: &str, signed: bool) -> holdfast_model::port::Answer {
    let request = EnrolRequest {
        v: 1,
        code: world.office.enrol_code(&worker(who), HOUR).unwrap().code,
        device_key: phone.key.public_key().to_string(),
        label: String::new(),
        epoch: phone.epoch,
        device: Some(phone.device.clone()),
        worker: None,
    };
    let body = serde_json::to_vec(&request).unwrap();
    let signature = phone.key.sign_text(&request_signed_bytes(&body));
    let headers = if signed { vec![(SIGNATURE_HEADER.to_owned(), signature)] } else { vec![] };
    world.office.answer(Ask { path: "/v1/enrol".into(), headers, body })
}

/// What the office serves this phone when it proves to be read by the holder of `proof`.
fn served(world: &World, phone: &mut common::TestPhone, proof: Option<String>) -> (bool, usize) {
    let mut head = decode_request(&phone.request(&[], 4096).body).unwrap().head;
    head.reader = proof;
    let answer = world.office.answer(phone.ask(&encode_request(&head, &[], &[])));
    let (reply, pushes) = decode_reply(&answer.body).unwrap();
    (reply.not_a_reader, pushes.len())
}

#[test]
fn nobody_is_served_without_a_proof_of_who_reads() {
    let world = World::new();
    world.plan("V-1", "P-1", &["W-1"]);
    world.plan("V-2", "P-2", &["W-2"]);
    let mut phone = world.phone("W-1");
    let joined: EnrolReply = serde_json::from_slice(&join(&world, &phone, "W-2", true).body).unwrap();
    assert_eq!((joined.worker.clone(), &joined.device), (ben(), &phone.device));
    assert_eq!(served(&world, &mut phone, None), (true, 0), "the device's key, which both share, is nobody's proof");
    let mut other = world.phone("W-3");
    assert_eq!(served(&world, &mut other, joined.reader.clone()), (true, 0), "a proof is bound to its phone");
    let mut spoilt = joined.reader.clone().unwrap();
    spoilt.replace_range(0..1, if spoilt.starts_with('A') { "B" } else { "A" });
    assert_eq!(served(&world, &mut phone, Some(spoilt)), (true, 0));
    assert_eq!(served(&world, &mut phone, joined.reader), (false, 1), "his visit, and not hers");
}

#[test]
fn a_phone_stays_in_its_branch() {
    let world = World::new();
    let other = holdfast_model::id::BranchId::new("SQ").unwrap();
    let record = holdfast_sync_server::office::WorkerRecord {
        id: worker("S-1"),
        name: "Sol Quinn".into(),
        role: holdfast_model::wire::Role::Worker,
        branch: other.clone(),
        phone: String::new(),
    };
    world.office.record_many(&worker("C-1"), &other, &[record], Vec::new()).unwrap();
    let phone = world.phone("W-1");
    let refused = join(&world, &phone, "S-1", true);
    assert_eq!((refused.status, code_of(&refused).as_str()), (403, "worker_other_branch"));
}

#[test]
fn a_locked_phone_that_several_share_pulls_nothing_for_anybody() {
    let mut case = Case::shared();
    case.phone.lock();
    case.world.plan("V-5", "P-1", &["W-1", "W-2"]);
    case.wire.bodies.lock().unwrap().clear();
    assert_eq!(case.phone.sync().unwrap().pulled, 0);
    for body in case.wire.bodies.lock().unwrap().iter() {
        let asked = decode_request(body).unwrap();
        assert_eq!((asked.head.want_bytes, asked.head.reader, asked.pushes.len()), (0, None, 0));
    }
    for who in [asha(), ben()] {
        case.turn_to(&who);
        case.phone.sync().unwrap();
        assert!(case.reads("V-5"));
    }
}

#[test]
fn a_code_that_cannot_be_used_here_changes_nothing() {
    let mut case = Case::shared();
    let again = case.code("W-2", BENS_PIN);
    assert_eq!(case.phone.enrol(again), Err(EngineError::AlreadyEnrolled), "whoever has a vault needs no other");
    assert!(case.reads("V-2"));
    let plain = Enrol { pin: "123456".into(), ..case.code("W-3", BENS_PIN) };
    assert_eq!(case.phone.enrol(plain).unwrap_err().code(), "pin_too_plain");
    *case.wire.cut.lock().unwrap() = true;
    let how = case.code("W-3", "518263");
    assert_eq!(case.phone.enrol(how.clone()), Err(EngineError::Unreachable));
    *case.wire.cut.lock().unwrap() = false;
    *case.wire.lose.lock().unwrap() = true;
    assert_eq!(case.phone.enrol(how.clone()), Err(EngineError::TimedOut));
    assert_eq!(case.phone.workers().len(), 2);
    assert_eq!(case.phone.enrol(how).unwrap().worker, worker("W-3"), "tried again with the same code");
    case.world.office.revoke(case.phone.device().unwrap(), &worker("W-90"), "it is lost").unwrap();
    let late = case.code("L-1", "640917");
    assert_eq!(case.phone.enrol(late), Err(EngineError::Revoked));
}

#[test]
fn only_the_phone_itself_is_given_another_worker() {
    let world = World::new();
    let phone = world.phone("W-1");
    let refused = join(&world, &phone, "W-2", false);
    assert_eq!((refused.status, code_of(&refused).as_str()), (401, "enrol_unsigned"));
    assert!(world.office.phones(&common::branch())[0].shared_with.is_empty());
    assert_eq!(join(&world, &phone, "W-2", true).status, 200);
}

fn code_of(answer: &holdfast_model::port::Answer) -> String {
    serde_json::from_slice::<Refusal>(&answer.body).unwrap().code
}

#[test]
fn a_newcomer_writes_on_a_locked_phone_and_the_office_sees_that_nobody_proved_who() {
    let mut case = Case::new();
    case.phone.record(&name("V-1"), note("before")).unwrap();
    case.phone.lock();
    let dee = Newcomer { worker: worker("W-77"), name: "Dee Fox".into() };
    case.phone.record_as_newcomer(&dee, &name("V-1"), note("canary of dee")).unwrap();
    let who = Unplanned { person: None, name: "Mr Lamb".into(), reason: "the office rang".into() };
    let made_up = case.phone.unplanned_as_newcomer(&dee, who, None).unwrap();
    case.phone.record_as_newcomer(&dee, made_up.visit().unwrap(), note("he is well")).unwrap();
    assert!(!case.phone.is_unlocked());
    assert_eq!(case.phone.visit(&name("V-1")).map(|_| ()), Err(EngineError::Locked), "she reads nothing");
    for bytes in case.disk.all_bytes().unwrap() {
        assert!(!bytes.windows(13).any(|w| w == b"canary of dee") && !bytes.windows(7).any(|w| w == b"Dee Fox"));
    }
    let withdraw = Intent::now(Body::Withdrawn(holdfast_model::entry::Withdrawn { entry: made_up.entry, reason: "x".into() }));
    let nameless = Newcomer { name: "  ".into(), ..dee.clone() };
    let refused = |result: Result<holdfast_engine::Saved, EngineError>| result.unwrap_err().code().to_owned();
    assert_eq!(refused(case.phone.record_as_newcomer(&dee, &name("V-1"), withdraw)), "not_for_phones");
    assert_eq!(refused(case.phone.record_as_newcomer(&nameless, &name("V-1"), note("x"))), "text_missing");
    let long = Newcomer { name: "x".repeat(121), ..dee.clone() };
    assert_eq!(refused(case.phone.record_as_newcomer(&long, &name("V-1"), note("x"))), "text_too_long");

    case.phone.unlock(ASHAS_PIN).unwrap();
    case.phone.record(&name("V-1"), note("after")).unwrap();
    let outcome = case.phone.sync().unwrap();
    assert_eq!((outcome.waiting, outcome.held_for_checking), (0, 0));
    assert_eq!(case.notes("V-1"), [by(&asha(), "before"), by(&dee.worker, "canary of dee"), by(&asha(), "after")]);
    let view = case.world.office.visit(&name("V-1")).unwrap().unwrap();
    let hers = view.entries.iter().find(|e| e.author.worker == dee.worker).unwrap();
    assert_eq!((hers.author.unconfirmed, hers.author.name.as_str()), (true, "Dee Fox"));
    assert!(view.entries.iter().filter(|e| e.author.worker != dee.worker).all(|e| !e.author.unconfirmed));
    // The phone's own worker gets it back from the office, marked.
    case.phone.sync().unwrap();
    let page = case.phone.visit(&name("V-1")).unwrap();
    let seen: Vec<bool> = page.visit.entries.iter().filter(|e| e.device.as_str() != "office").map(|e| e.author.unconfirmed).collect();
    assert_eq!(seen.iter().filter(|u| **u).count(), 1);
    assert_eq!(seen.len(), 3);
}

#[test]
fn a_phone_the_office_forgot_is_known_again_under_its_name_and_loses_nothing() {
    let mut case = Case::new();
    let name_before = case.phone.device().unwrap().clone();
    case.phone.record(&name("V-1"), note("one")).unwrap();
    case.phone.sync().unwrap();
    case.phone.record(&name("V-1"), note("two, unsent")).unwrap();
    case.office_goes_back();
    assert_eq!(case.phone.sync().unwrap_err().code(), "device_unknown");
    assert!(case.phone.status().unwrap().contact.forgotten);
    let how = case.code("W-1", "518263");
    let enrolled = case.phone.enrol(how).unwrap();
    assert_eq!(enrolled.device, name_before);
    assert!(case.phone.is_unlocked(), "her vault and her PIN are as they were");
    case.world.time.advance(HOUR);
    let outcome = case.phone.sync().unwrap();
    assert_eq!((outcome.waiting, outcome.held_for_checking), (0, 0));
    assert_eq!(case.notes("V-1"), [by(&asha(), "one"), by(&asha(), "two, unsent")]);
    assert!(!case.phone.status().unwrap().contact.forgotten);
    case.phone.lock();
    case.phone.unlock(ASHAS_PIN).unwrap();
}

#[test]
fn a_reader_the_office_forgot_is_told_so_and_let_in_again_by_a_code() {
    let mut case = Case::new();
    let early = case.world.dir.path().join(EARLY);
    std::fs::remove_file(&early).unwrap();
    back_up(&case.world.dir.path().join("data"), &early).unwrap();
    let how = case.code("W-2", BENS_PIN);
    case.phone.enrol(how).unwrap();
    case.phone.sync().unwrap();
    case.phone.record(&name("V-2"), note("ben, unsent")).unwrap();
    case.office_goes_back();
    case.phone.sync().unwrap();
    assert_eq!(case.notes("V-2"), [by(&ben(), "ben, unsent")], "what he wrote is taken all the same");
    assert!(case.phone.status().unwrap().contact.not_a_reader);
    let again = case.code("W-2", "518263");
    case.phone.enrol(again).unwrap();
    case.phone.sync().unwrap();
    assert!(!case.phone.status().unwrap().contact.not_a_reader);
    case.phone.lock();
    case.turn_to(&ben());
    assert!(case.reads("V-2"), "with the PIN he had");
    case.turn_to(&asha());
    case.phone.sync().unwrap();
    assert!(case.reads("V-1"));
}

#[test]
fn no_word_of_anybody_lies_readable_on_a_shared_phone() {
    let mut case = Case::shared();
    case.phone.record(&name("V-2"), note("canary of ben")).unwrap();
    case.turn_to(&asha());
    case.phone.record(&name("V-1"), note("canary of asha")).unwrap();
    case.phone.lock();
    for bytes in case.disk.all_bytes().unwrap() {
        for word in ["canary of", "Edith", "Walter", "Asha", "Ben Carr", "visit:V-", "person:P-"] {
            assert!(!bytes.windows(word.len()).any(|w| w == word.as_bytes()), "{word}");
        }
    }
    let vaults: i64 = case.disk.open().unwrap().query_row("SELECT count(DISTINCT vault) FROM docs", [], |r| r.get(0)).unwrap();
    assert_eq!(vaults, 2);
}

#[test]
fn each_who_shares_a_phone_is_told_of_a_colleagues_clock() {
    let mut case = Case::shared();
    case.world.plan("V-3", "P-1", &["W-1", "W-2", "W-3"]);
    let mut dana = case.world.phone("W-3");
    dana.wrong_by(-5 * HOUR);
    dana.note(visit("V-3"), "Sat up for lunch.");
    dana.sync(&case.world.office).unwrap();
    let placed = |entries: Vec<EntryView>| {
        let theirs = entries.into_iter().find(|e| e.device == dana.device).unwrap().times;
        (theirs.recorded.at, theirs.written.best, theirs.received)
    };
    let office = placed(case.world.office.visit(&name("V-3")).unwrap().unwrap().entries);
    assert!(office.1.since(office.0) > 4 * HOUR, "the office knows that the clock is slow");
    for who in [ben(), asha(), ben()] {
        case.turn_to(&who);
        case.phone.sync().unwrap();
        case.restart();
        case.turn_to(&who);
        assert_eq!(placed(case.phone.visit(&name("V-3")).unwrap().visit.entries), office, "{who}'s page");
    }
}
