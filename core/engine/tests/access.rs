//! Enrolment, PINs, leases, revocation: who may read, and that recording and handing over go on.

mod common;

use common::*;
use holdfast_engine::port::NetworkFault;
use holdfast_engine::{EngineError, Intent, Phone};
use holdfast_model::entry::{Body, BreakGlass, Unplanned};
use holdfast_model::id::*;
use holdfast_model::time::{DAY, HOUR, MINUTE};

const WRONG: &str = "830617";

#[test]
fn an_enrolment_needs_a_code_a_pin_and_the_office() {
    let world = World::new();
    let mut phone = world.open();
    let try_with = |phone: &mut Phone, change: &dyn Fn(&mut holdfast_engine::Enrol)| {
        let mut how = enrol();
        change(&mut how);
        phone.enrol(how).expect_err("refused").code().to_owned()
    };
    assert_eq!(phone.run(None).expect_err("refused").code(), "not_enrolled");
    assert_eq!(phone.sync().expect_err("refused").code(), "not_enrolled");
    assert!(!phone.status().expect("always").enrolled);
    assert_eq!(
        try_with(&mut phone, &|how| how.code.replace_range(0..1, if how.code.starts_with('7') { "8" } else { "7" })),
        "code_mistyped"
    );
    assert_eq!(try_with(&mut phone, &|how| how.code = "7KQ2".into()), "code_mistyped");
    for (pin, code) in [("1234", "pin_too_short"), ("123456", "pin_too_plain"), ("040763", "pin_is_a_date"), ("pass12", "pin_not_digits")] {
        assert_eq!(try_with(&mut phone, &|how| how.pin = pin.into()), code);
    }
    assert_eq!(try_with(&mut phone, &|how| how.servers.clear()), "bad_address");
    for code in ["code_unknown", "code_used", "code_expired", "code_mistyped"] {
        world.office.mood(|m| m.refuse = Some((403, code.into(), None)));
        assert_eq!(try_with(&mut phone, &|_| ()), code);
    }
    world.office.mood(|m| m.refuse = Some((429, "enrol_throttled".into(), Some(60_000))));
    assert_eq!(try_with(&mut phone, &|_| ()), "enrol_throttled");
    world.office.mood(|m| m.refuse = None);
    for (fault, code) in [(NetworkFault::Unreachable, "unreachable"), (NetworkFault::ClockSuspect, "clock_trouble")] {
        world.office.mood(|m| m.fault = Some(fault));
        assert_eq!(try_with(&mut phone, &|_| ()), code);
    }
    world.office.mood(|m| m.fault = None);
    assert!(!phone.is_enrolled());
    phone.enrol(enrol()).expect("enrolled");
    assert_eq!(try_with(&mut phone, &|_| ()), "already_enrolled");
}

#[test]
fn an_enrolment_whose_answer_was_lost_is_simply_tried_again() {
    let world = World::new();
    let mut phone = world.open();
    world.office.mood(|m| m.lose_answer = true);
    let how = enrol();
    assert_eq!(phone.enrol(how.clone()).map(|_| ()), Err(EngineError::TimedOut));
    drop(phone);
    world.office.mood(|m| m.lose_answer = false);
    let mut phone = world.open();
    phone.enrol(how).expect("the office knows the phone again");
    let epoch = phone.chain_epoch();
    let phone = world.reopen(phone);
    assert_eq!(phone.chain_epoch(), epoch);
}

#[test]
fn a_locked_phone_shows_nothing_and_says_how_it_is() {
    let world = World::new();
    let mut phone = world.ready();
    phone.record(&visit("V-1"), Intent::now(arrived())).expect("saved");
    phone.lock();
    let locked = Err(EngineError::Locked);
    assert_eq!(phone.run(None).map(|_| ()), locked);
    assert_eq!(phone.visit(&visit("V-1")).map(|_| ()), locked);
    assert_eq!(phone.person(&person()).map(|_| ()), locked);
    assert_eq!(phone.owed().map(|_| ()), locked);
    assert_eq!(phone.record(&visit("V-1"), Intent::now(left())).map(|_| ()), locked);
    let status = phone.status().expect("always");
    assert_eq!((status.unlocked, status.worker_name, status.counts.waiting), (false, None, 1));
}

#[test]
fn a_locked_phone_still_hands_over_what_waits() {
    let world = World::new();
    let mut phone = world.ready();
    for text in ["one", "two", "three"] {
        phone.record(&visit("V-1"), Intent::now(note(text))).expect("saved");
    }
    phone.lock();
    let outcome = phone.sync().expect("answered");
    assert_eq!((outcome.received, outcome.waiting, outcome.pulled), (3, 0, 0));
    assert_eq!(world.office.texts().len(), 3);
    phone.unlock(PIN).expect("the PIN");
    assert_eq!(phone.visit(&visit("V-1")).expect("a visit").visit.facts.on_this_phone, 0);
    assert_eq!(phone.run(None).expect("today").run.visits[0].facts.on_this_phone, 0);
}

#[test]
fn wrong_pins_wait_and_the_tenth_ends_reading_but_not_handing_over() {
    let world = World::new();
    let mut phone = world.ready();
    phone.record(&visit("V-1"), Intent::now(note("safe"))).expect("saved");
    phone.lock();
    assert_eq!(phone.unlock("12").expect_err("no PIN").code(), "pin_too_short");
    for n in 1..=9u32 {
        loop {
            match phone.unlock(WRONG).expect_err("wrong") {
                EngineError::WrongPin { left, .. } => {
                    assert_eq!(left, 10 - n);
                    break;
                }
                EngineError::PinTooSoon { wait_ms } => world.time.advance(wait_ms),
                other => panic!("{other:?}"),
            }
        }
        if n == 6 {
            // Ending the process forgets nothing.
            drop(phone);
            phone = world.open();
            assert!(matches!(phone.unlock(PIN), Err(EngineError::PinTooSoon { .. })), "not even for the right one");
        }
    }
    world.time.advance(HOUR);
    assert_eq!(phone.unlock(WRONG), Err(EngineError::LockedOut));
    assert_eq!(phone.unlock(PIN), Err(EngineError::LockedOut));
    drop(phone);
    let mut phone = world.open();
    assert_eq!(phone.unlock(PIN), Err(EngineError::LockedOut));
    assert_eq!(phone.export().expect("always").waiting, 1);
    phone.sync().expect("answered");
    assert_eq!(world.office.texts().len(), 1);
}

#[test]
fn putting_the_store_back_buys_no_tries() {
    let world = World::new();
    drop(world.ready());
    let before = world.disk.image().expect("an image");
    let mut phone = world.open();
    for _ in 0..5 {
        assert!(matches!(phone.unlock(WRONG), Err(EngineError::WrongPin { .. })));
    }
    drop(phone);
    world.disk.roll_back_store(&before).expect("put back");
    let mut phone = world.open();
    assert!(matches!(phone.unlock(WRONG), Err(EngineError::PinTooSoon { .. } | EngineError::WrongPin { left: 4, .. })));
}

#[test]
fn a_pin_is_changed_at_once_or_not_at_all() {
    let world = World::new();
    let mut phone = world.ready();
    let new = "918273645";
    assert!(matches!(phone.change_pin(WRONG, new), Err(EngineError::WrongPin { .. })));
    assert_eq!(phone.change_pin(PIN, "111111").expect_err("plain").code(), "pin_too_plain");
    phone.change_pin(PIN, new).expect("changed");
    phone.lock();
    assert!(matches!(phone.unlock(PIN), Err(EngineError::WrongPin { .. })));
    phone.unlock(new).expect("the new one");
    assert!(phone.visit(&visit("V-1")).is_ok());
}

#[test]
fn past_the_lease_today_opens_for_a_reason_that_is_written_down() {
    let world = World::new();
    let mut phone = world.ready();
    world.office.plans("V-2", noon().plus(4 * DAY));
    phone.sync().expect("pulled");
    assert_eq!(phone.break_glass("just so"), Err(EngineError::GlassNotNeeded));
    world.time.advance(4 * DAY);
    let locked_away = Err(EngineError::GlassNeeded);
    assert_eq!(phone.run(None).map(|_| ()), locked_away);
    assert_eq!(phone.visit(&visit("V-2")).map(|_| ()), locked_away);
    assert_eq!(phone.person(&person()).map(|_| ()), locked_away);
    assert_eq!(phone.owed().map(|_| ()), locked_away);
    phone.record(&visit("V-2"), Intent::now(arrived())).expect("recording asks nobody");
    assert_eq!(phone.break_glass("  ").expect_err("no reason").code(), "reason_needed");
    assert_eq!(phone.break_glass(&"x".repeat(70_000)).expect_err("too long").code(), "text_too_long");
    let broken = phone.break_glass("at Edith's door, no signal since Tuesday").expect("opened");
    let docs: Vec<String> = broken.entries.iter().map(|e| e.doc.to_string()).collect();
    assert_eq!(docs, ["visit:V-2", "person:P-101"]);
    assert_eq!(phone.run(None).expect("today").run.visits.len(), 1);
    assert!(phone.visit(&visit("V-2")).is_ok() && phone.person(&person()).is_ok());
    assert_eq!(phone.visit(&visit("V-1")).map(|_| ()), Err(EngineError::LeaseExpired), "other days stay closed");
    // Across locks and restarts until the day ends, asked once.
    let mut phone = world.reopen(phone);
    assert!(phone.run(None).is_ok());
    assert_eq!(phone.break_glass("again").expect("open already").entries, []);
    world.time.advance(DAY);
    assert_eq!(phone.run(None).map(|_| ()), locked_away, "another day, another reason");
    phone.sync().expect("answered");
    let told: Vec<String> = world.office.texts().into_iter().filter(|t| t.contains("\"kind\":\"break_glass\"")).collect();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|t| t.contains("no signal since Tuesday") && t.contains("\"contact\":")));
    assert!(phone.run(None).is_ok(), "contact opens the phone again");
    let body = Body::BreakGlass(BreakGlass { reason: "by hand".into(), contact: None });
    assert_eq!(phone.record(&visit("V-2"), Intent::now(body)).expect_err("has a verb of its own").code(), "not_for_phones");
}

#[test]
fn who_comes_onto_an_opened_run_is_not_opened_with_it() {
    let world = World::new();
    let mut phone = world.ready();
    world.time.advance(4 * DAY);
    assert_eq!(phone.break_glass("what is today?").expect("opened").entries, [], "nothing on it: nothing to write into");
    let who = Unplanned { person: Some(person()), name: String::new(), reason: "she rang".into() };
    let begun = phone.unplanned(who, None).expect("recording asks nobody");
    assert_eq!(phone.person(&person()).map(|_| ()), Err(EngineError::GlassNeeded), "Edith was not on the run when it was opened");
    assert_eq!(phone.run(None).map(|_| ()), Err(EngineError::GlassNeeded));
    let broken = phone.break_glass("Edith rang, she fell").expect("opened");
    let docs: Vec<String> = broken.entries.iter().map(|e| e.doc.to_string()).collect();
    assert_eq!(docs, [begun.doc.to_string(), "person:P-101".to_owned()]);
    assert!(phone.person(&person()).is_ok() && phone.visit(begun.visit().expect("a visit")).is_ok());
}

#[test]
fn without_contact_reading_ends_but_for_today_and_recording_never() {
    let world = World::new();
    let mut phone = world.ready();
    world.office.plans("V-2", noon().plus(4 * DAY));
    phone.sync().expect("pulled");
    world.time.advance(73 * HOUR);
    assert_eq!(phone.visit(&visit("V-1")).map(|_| ()), Err(EngineError::LeaseExpired));
    let four_days = noon().plus(4 * DAY).london_day();
    assert_eq!(phone.run(four_days).map(|_| ()), Err(EngineError::LeaseExpired));
    phone.break_glass("no signal").expect("today, always");
    assert!(phone.run(None).expect("today").contact.lease_over);
    phone.record(&visit("V-2"), Intent::now(note("came early"))).expect("recording never ends");
    world.time.advance(23 * HOUR);
    phone.break_glass("still no signal").expect("today, always");
    assert_eq!(phone.run(None).expect("today").run.visits.len(), 1);
    assert!(phone.visit(&visit("V-2")).is_ok(), "a visit of today");
    phone.sync().expect("answered");
    assert!(phone.visit(&visit("V-1")).is_ok());
}

#[test]
fn a_revoked_phone_delivers_and_is_served_nothing() {
    let world = World::new();
    let mut phone = world.ready();
    phone.record(&visit("V-1"), Intent::now(note("before"))).expect("saved");
    world.office.plans("V-2", noon());
    world.office.mood(|m| m.revoked = true);
    let outcome = phone.sync().expect("answered");
    assert!(outcome.revoked);
    assert_eq!((outcome.received, outcome.pulled), (1, 0));
    assert!(phone.status().expect("status").contact.revoked);
    phone.record(&visit("V-1"), Intent::now(note("after"))).expect("saved");
    world.time.advance(MINUTE);
    phone.sync().expect("answered");
    assert_eq!(world.office.texts().len(), 2);
    assert_eq!(phone.visit(&visit("V-2")).map(|_| ()), Err(EngineError::UnknownVisit));
}

#[test]
fn a_refusal_keeps_the_offices_code() {
    let world = World::new();
    let mut phone = world.ready();
    for (status, code, expected) in
        [(403, "device_unknown", "device_unknown"), (403, "device_revoked", "revoked"), (400, "protocol_newer", "protocol_newer")]
    {
        world.office.mood(|m| m.refuse = Some((status, code.into(), None)));
        world.time.advance(2 * MINUTE);
        assert_eq!(phone.sync().expect_err("refused").code(), expected);
    }
}

#[test]
fn no_word_of_a_person_lies_readable_on_the_disk() {
    let world = World::new();
    let mut phone = world.ready();
    phone.record(&visit("V-1"), Intent::now(note("canary-note"))).expect("saved");
    phone.sync().expect("answered");
    phone.record(&visit("V-1"), Intent::now(note("canary-unsent"))).expect("saved");
    let words = ["canary-note", "canary-unsent", "Edith", "Marlow", "Penicillin", "hoist", "Breakfast", "Asha", "V-1", "P-101", "01632"];
    for bytes in world.disk.all_bytes().expect("all of it") {
        for word in words {
            assert!(!bytes.windows(word.len()).any(|w| w == word.as_bytes()), "{word}");
        }
    }
    let shown = phone.export().expect("export");
    let text = String::from_utf8_lossy(&shown.files.iter().find(|(n, _)| n == "entries.jsonl").expect("entries").1).into_owned();
    for word in &words[..7] {
        assert!(text.contains(word), "{word}: the same search finds it once the keys are there");
    }
    assert_eq!(WorkerId::new("W-01").ok().as_ref(), phone.worker());
}
