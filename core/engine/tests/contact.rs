//! Contact with the office: nothing believed without a signature, nothing lost by a cut, every fork kept.

mod common;

use common::*;
use holdfast_engine::port::NetworkFault;
use holdfast_engine::{EngineError, Intent, MemoryDisk, Phone};
use holdfast_model::chronology::Doubt;
use holdfast_model::id::*;
use holdfast_model::limits;
use holdfast_model::projection::{PlanState, Standing};
use holdfast_model::time::{DAY, HOUR, MINUTE};
use std::sync::Arc;

fn standing(phone: &mut Phone, entry: EntryId) -> Standing {
    let screen = phone.visit(&visit("V-1")).expect("a visit").visit;
    screen.entries.iter().find(|e| e.id == entry).expect("there").standing
}

#[test]
fn what_is_recorded_arrives_and_reads_received_only_with_a_receipt() {
    let world = World::new();
    let mut phone = world.ready();
    let one = phone.record(&visit("V-1"), Intent::now(arrived())).expect("saved").entry;
    assert_eq!(standing(&mut phone, one), Standing::OnThisPhone);
    world.office.mood(|m| m.no_receipts = true);
    phone.sync().expect("answered");
    assert_eq!(world.office.texts().len(), 1, "the office has it");
    assert_eq!(standing(&mut phone, one), Standing::OnThisPhone, "but nobody has signed for it");
    world.office.mood(|m| m.no_receipts = false);
    world.time.advance(2 * MINUTE);
    let outcome = phone.sync().expect("answered");
    assert_eq!((outcome.received, outcome.waiting), (1, 0));
    assert_eq!(standing(&mut phone, one), Standing::Received);
    let screen = phone.visit(&visit("V-1")).expect("a visit").visit;
    assert_eq!(screen.entries.last().and_then(|e| e.times.received), Some(world.time.now()));
    assert_eq!(screen.facts.on_this_phone, 0);
    let mut phone = world.reopen(phone);
    assert_eq!(standing(&mut phone, one), Standing::Received, "a receipt is kept");
    assert_eq!(phone.run(None).expect("today").run.visits[0].facts.on_this_phone, 0);
}

#[test]
fn a_colleagues_entries_stand_where_the_office_places_them() {
    let world = World::new();
    let mut phone = world.ready();
    let truth = world.time.now();
    let sample = world.office.wrong_by(-47 * MINUTE);
    world.office.plans("V-2", noon());
    world.office.says(&doc("V-2"), arrived());
    world.office.wrong_by(0);
    world.time.advance(10 * MINUTE);
    world.office.mood(|m| m.arrived = Some(truth.plus(MINUTE)));
    phone.sync().expect("pulled");
    let placed = |phone: &mut Phone| {
        let entry = phone.visit(&visit("V-2")).expect("a visit").visit.entries.pop().expect("an entry");
        let rows = phone.run(None).expect("today").run.visits;
        let row = rows.into_iter().find(|row| row.facts.visit == visit("V-2")).expect("listed").facts;
        (entry.times.written, entry.times.received, row.workers.into_iter().find_map(|part| part.arrived))
    };
    let (written, received, _) = placed(&mut phone);
    assert!(matches!(written.doubt, Doubt::NoSample { .. }), "only what the wall clock said: {written:?}");
    assert_eq!((written.best, received), (truth.plus(-47 * MINUTE), Some(truth.plus(MINUTE))), "and when it reached the office");

    world.office.state().clocks.push((DeviceId::new("OFFICE").expect("a name"), sample));
    phone.nudged();
    phone.sync().expect("told");
    let told = placed(&mut phone);
    assert_eq!((told.0.best, told.2), (truth, Some(truth)), "on the visit's page, and on the list");
    assert!(matches!(told.0.doubt, Doubt::WallSlowBy { ms } if ms == 47 * MINUTE));
    let mut phone = world.reopen(phone);
    let kept = placed(&mut phone);
    assert_eq!((kept.0.best, kept.0.doubt, kept.2), (told.0.best, told.0.doubt, told.2), "and it is kept");
}

#[test]
fn the_list_follows_a_clock_that_is_better_known_though_nobody_opened_the_visit() {
    let world = World::new();
    let mut phone = world.ready();
    let sample = world.office.wrong_by(-47 * MINUTE);
    let truth = sample.truth.expect("a sample").at;
    world.office.plans("V-2", noon());
    world.office.says(&doc("V-2"), arrived());
    world.office.wrong_by(0);
    phone.sync().expect("pulled");
    let listed = |phone: &mut Phone| {
        let rows = phone.run(None).expect("today").run.visits;
        let row = rows.into_iter().find(|row| row.facts.visit == visit("V-2")).expect("listed").facts;
        row.workers.into_iter().find_map(|part| part.arrived)
    };
    let mut phone = world.reopen(phone);
    assert_eq!(listed(&mut phone), Some(truth.plus(-47 * MINUTE)));
    world.office.state().clocks.push((DeviceId::new("OFFICE").expect("a name"), sample));
    phone.sync().expect("told");
    let mut phone = world.reopen(phone);
    assert_eq!(listed(&mut phone), Some(truth), "also when the phone was closed in between");
}

#[test]
fn forged_answers_change_nothing() {
    type Spoil = fn(&mut Mood);
    let forgeries: [(&str, Spoil, EngineError); 5] = [
        ("signature of a reply", |m| m.spoil_reply_signature = true, EngineError::ReplyUnverified),
        ("signature of a receipt", |m| m.spoil_receipt = true, EngineError::ReplyUnverified),
        ("an older answer", |m| m.answer_of_before = true, EngineError::ReplyUnverified),
        ("no reply at all", |m| m.garbage = true, EngineError::ReplyUnreadable),
        ("an answer without body", |m| m.refuse = Some((500, "broken".into(), None)), {
            EngineError::Refused { code: "broken".into(), says: "in the office's words".into(), retry_ms: None }
        }),
    ];
    for (what, spoil, error) in forgeries {
        let world = World::new();
        let mut phone = world.ready();
        let one = phone.record(&visit("V-1"), Intent::now(arrived())).expect("saved").entry;
        world.office.plans("V-2", noon());
        world.office.mood(spoil);
        assert_eq!(phone.sync().map(|_| ()), Err(error), "{what}");
        assert_eq!(standing(&mut phone, one), Standing::OnThisPhone, "{what}");
        assert_eq!(phone.visit(&visit("V-2")).map(|_| ()), Err(EngineError::UnknownVisit), "{what}");
        world.office.mood(|m| *m = Mood::default());
        phone.sync().expect(what);
        assert_eq!(standing(&mut phone, one), Standing::Received, "{what}");
        assert!(phone.visit(&visit("V-2")).is_ok(), "{what}");
    }
}

#[test]
fn a_receipt_over_another_head_covers_nothing() {
    let world = World::new();
    let mut phone = world.ready();
    let one = phone.record(&visit("V-1"), Intent::now(arrived())).expect("saved").entry;
    world.office.mood(|m| m.foreign_head = true);
    phone.sync().expect("answered");
    assert_eq!(standing(&mut phone, one), Standing::OnThisPhone);
}

#[test]
fn the_gate_withholds_a_segment_and_nothing_else() {
    type Spoil = fn(&mut Mood);
    let spoils: [(&str, Spoil); 3] =
        [("text", |m| m.spoil_text = true), ("changes", |m| m.spoil_changes = true), ("list", |m| m.unlisted = true)];
    for (what, spoil) in spoils {
        let world = World::new();
        let mut phone = world.ready();
        world.office.plans("V-2", noon());
        world.office.plans("V-3", noon());
        world.office.mood(spoil);
        let outcome = phone.sync().expect("answered");
        assert_eq!((outcome.pulled, outcome.withheld), (1, 1), "{what}");
        assert!(phone.visit(&visit("V-2")).is_ok(), "{what}");
        assert!(phone.run(None).expect("today").run.visits.iter().all(|v| v.facts.visit != visit("V-3")), "{what}");
        let status = phone.status().expect("status");
        assert_eq!(status.counts.withheld, 1, "reported: {what}");
    }
}

#[test]
fn a_cut_at_any_moment_resumes_and_nothing_arrives_twice() {
    let world = World::new();
    let mut phone = world.ready();
    for i in 0..5 {
        phone.record(&visit("V-1"), Intent::now(note(&format!("{i}")))).expect("saved");
        world.office.mood(|m| m.lose_answer = true);
        assert_eq!(phone.sync().map(|_| ()), Err(EngineError::TimedOut));
        if i % 2 == 0 {
            phone = world.reopen(phone);
        }
        world.time.advance(2 * MINUTE);
    }
    world.office.mood(|m| m.lose_answer = false);
    phone.sync().expect("answered");
    assert_eq!(world.office.texts().len(), 5);
    assert!(phone.is_quiet());
}

#[test]
fn sent_is_known_in_memory_for_thirty_seconds_only() {
    let world = World::new();
    let mut phone = world.ready();
    let one = phone.record(&visit("V-1"), Intent::now(arrived())).expect("saved").entry;
    phone.reachable();
    let ask = phone.sync_ask().expect("asks").expect("at once");
    assert_eq!(standing(&mut phone, one), Standing::Sent);
    assert_eq!(phone.status().expect("status").counts.sent, 1);
    world.time.advance(31_000);
    assert_eq!(standing(&mut phone, one), Standing::OnThisPhone);
    assert_eq!(phone.sync_ask().expect("asks"), None, "one request at a time");
    drop(ask);
    let mut phone = world.reopen(phone);
    assert_eq!(standing(&mut phone, one), Standing::OnThisPhone);
}

#[test]
fn what_the_office_holds_for_checking_is_received_and_says_so() {
    let world = World::new();
    let mut phone = world.ready();
    let one = phone.record(&visit("V-1"), Intent::now(arrived())).expect("saved").entry;
    world.office.mood(|m| m.hold = Some("author_unknown".into()));
    let outcome = phone.sync().expect("answered");
    assert_eq!((outcome.received, outcome.held_for_checking), (1, 1));
    assert_eq!(standing(&mut phone, one), Standing::HeldForChecking);
    assert_eq!(phone.status().expect("status").counts.held_for_checking, 1);
}

#[test]
fn an_office_restored_from_a_backup_is_offered_what_it_lacks() {
    let world = World::new();
    let mut phone = world.ready();
    let mut entries = Vec::new();
    for i in 0..6 {
        entries.push(phone.record(&visit("V-1"), Intent::now(note(&format!("{i}")))).expect("saved").entry);
    }
    phone.sync().expect("answered");
    {
        let mut state = world.office.state();
        state.server_epoch = ServerEpoch([2; 8]);
        state.ledger.values_mut().for_each(|chain| chain.truncate(2));
    }
    world.time.advance(HOUR);
    let outcome = phone.sync().expect("answered");
    assert!(outcome.offers_again);
    phone.sync().expect("answered");
    assert_eq!(world.office.texts().len(), 6, "nothing is lost, nothing is there twice");
    assert!(entries.iter().all(|e| standing(&mut phone, *e) == Standing::Received));
}

#[test]
fn a_clone_and_its_original_go_on_in_epochs_of_their_own() {
    let world = World::new();
    let mut phone = world.ready();
    phone.record(&visit("V-1"), Intent::now(note("before"))).expect("saved");
    let epoch = phone.chain_epoch();
    drop(phone);
    let copy = Arc::new(MemoryDisk::from_image(&world.disk.image().expect("an image")).expect("a copy"));
    let mut original = world.open();
    original.unlock(PIN).expect("the PIN");
    let mut clone = Phone::open(world.ports_on(copy), settings()).expect("opens");
    clone.unlock(PIN).expect("the PIN");
    assert_eq!(original.chain_epoch(), epoch, "a restart is no clone");
    assert_ne!(clone.chain_epoch(), epoch);
    original.record(&visit("V-1"), Intent::now(note("from the original"))).expect("saved");
    let from_clone = clone.record(&visit("V-1"), Intent::now(note("from the clone"))).expect("saved");
    assert_eq!(from_clone.seq, 1);
    original.sync().expect("answered");
    clone.sync().expect("answered: what was recorded before the copy, and after it");
    let mut texts = world.office.texts();
    texts.sort();
    assert_eq!(texts.len(), 3, "both forks are kept");
}

#[test]
fn a_store_put_back_goes_on_in_a_new_epoch_and_what_it_forgot_stays_at_the_office() {
    let world = World::new();
    let mut phone = world.ready();
    phone.record(&visit("V-1"), Intent::now(note("kept"))).expect("saved");
    drop(phone);
    let backup = world.disk.image().expect("an image");
    let mut phone = world.open();
    phone.unlock(PIN).expect("the PIN");
    let epoch = phone.chain_epoch();
    phone.record(&visit("V-1"), Intent::now(note("after the backup"))).expect("saved");
    phone.sync().expect("answered");
    drop(phone);
    world.disk.roll_back_store(&backup).expect("put back");
    let mut phone = world.open();
    phone.unlock(PIN).expect("the PIN");
    assert_ne!(phone.chain_epoch(), epoch);
    phone.record(&visit("V-1"), Intent::now(note("in the new epoch"))).expect("saved");
    phone.sync().expect("answered");
    phone.sync().expect("answered");
    assert_eq!(world.office.texts().len(), 3);
    assert_eq!(phone.status().expect("status").epochs, 2);
    assert_eq!(phone.status().expect("status").counts.waiting, 0);
}

#[test]
fn a_store_put_back_unnoticed_is_found_out_by_the_offices_mark() {
    let world = World::new();
    let mut phone = world.ready();
    let epoch = phone.chain_epoch();
    world.office.mood(|m| m.claims_have_to = Some(9));
    world.time.advance(MINUTE);
    let outcome = phone.sync().expect("answered");
    assert!(outcome.new_chain_epoch);
    let next = phone.chain_epoch();
    assert_ne!(next, epoch);
    world.office.mood(|m| m.claims_have_to = None);
    phone.record(&visit("V-1"), Intent::now(note("goes on"))).expect("saved");
    phone.sync().expect("answered");
    assert_eq!((phone.chain_epoch(), world.office.texts().len()), (next, 1));
}

#[test]
fn a_visit_that_moves_changes_days_and_one_that_leaves_the_scope_goes() {
    let world = World::new();
    let mut phone = world.ready();
    assert_eq!(phone.run(None).expect("today").run.visits.len(), 1);
    world.office.says(&doc("V-1"), assigned(noon().plus(DAY)));
    phone.sync().expect("answered");
    assert_eq!(phone.run(None).expect("today").run.visits.len(), 0);
    let tomorrow = noon().plus(DAY).london_day();
    assert_eq!(phone.run(tomorrow).expect("tomorrow").run.visits.len(), 1);
    phone.record(&visit("V-1"), Intent::now(note("rang to say so"))).expect("saved");
    world.office.mood(|m| {
        m.dropped = vec![doc("V-1")];
        m.no_receipts = true;
    });
    phone.sync().expect("answered");
    assert!(phone.visit(&visit("V-1")).is_ok(), "not while an entry of it waits");
    world.office.mood(|m| {
        m.dropped.clear();
        m.no_receipts = false;
    });
    world.time.advance(2 * MINUTE);
    phone.sync().expect("answered");
    assert_eq!(phone.visit(&visit("V-1")).map(|_| ()), Err(EngineError::UnknownVisit));
    assert!(phone.run(tomorrow).expect("tomorrow").run.visits.is_empty());
    assert_eq!(world.office.texts().len(), 1);
}

#[test]
fn the_pack_says_which_plan_and_since_when_it_was_checked() {
    let world = World::new();
    let mut phone = world.ready();
    let run = phone.run(None).expect("today");
    let card = run.run.visits[0].person.as_ref().expect("a person");
    assert!(matches!(card.plan, PlanState::Current { version: 14, .. }));
    assert_eq!(run.contact.checked, Some(noon()));
    world.time.advance(16 * HOUR);
    world.office.mood(|m| m.fault = Some(NetworkFault::Unreachable));
    assert_eq!(phone.sync().map(|_| ()), Err(EngineError::Unreachable));
    let screen = phone.person(&person()).expect("a person");
    assert_eq!((screen.person.checked, screen.person.old), (Some(noon()), true));
    let told = world.office.state().requests.iter().rev().find_map(|r| r.heartbeat.plans_held.clone());
    assert!(told.is_none_or(|plans| plans.is_empty()), "the list travels with the request after the pull");
    world.office.mood(|m| m.fault = None);
    phone.sync().expect("answered");
    let told = world.office.state().requests.iter().rev().find_map(|r| r.heartbeat.plans_held.clone()).expect("a list");
    assert_eq!(told.iter().map(|p| p.version).collect::<Vec<_>>(), [14]);
}

#[test]
fn every_network_trouble_has_its_own_words() {
    let faults = [
        (NetworkFault::Unreachable, "unreachable"),
        (NetworkFault::TimedOut, "timed_out"),
        (NetworkFault::NotTrusted, "not_trusted"),
        (NetworkFault::ClockSuspect, "clock_trouble"),
        (NetworkFault::Address, "bad_address"),
        (NetworkFault::TooLarge, "reply_unreadable"),
    ];
    for (fault, code) in faults {
        let world = World::new();
        let mut phone = world.ready();
        phone.record(&visit("V-1"), Intent::now(arrived())).expect("saved");
        world.office.mood(|m| m.fault = Some(fault));
        assert_eq!(phone.sync().expect_err("a fault").code(), code);
        world.office.mood(|m| m.fault = None);
        phone.sync().expect("and then it works");
        assert_eq!(world.office.texts().len(), 1);
    }
}

#[test]
fn a_busy_office_is_left_alone_until_it_said() {
    let world = World::new();
    let mut phone = world.ready();
    phone.record(&visit("V-1"), Intent::now(arrived())).expect("saved");
    phone.reachable();
    world.office.mood(|m| m.refuse = Some((503, "busy".into(), Some(90_000))));
    assert_eq!(phone.sync().expect_err("busy").code(), "busy");
    assert_eq!(phone.sync_in_ms(), Some(90_000));
    world.office.mood(|m| m.refuse = None);
    world.time.advance(90_000);
    phone.sync().expect("answered");
    assert_eq!(world.office.texts().len(), 1);
}

#[test]
fn a_cursor_that_is_not_this_phones_makes_it_pull_from_the_start() {
    let world = World::new();
    let mut phone = world.ready();
    world.office.mood(|m| m.refuse = Some((400, "cursor_foreign".into(), None)));
    world.time.advance(MINUTE);
    phone.nudged();
    let ask = phone.sync_ask().expect("asks").expect("at once");
    phone.sync_answer(Ok(refusal(400, "cursor_foreign", None))).expect("mended");
    drop(ask);
    world.office.mood(|m| m.refuse = None);
    phone.sync().expect("answered");
    let requests = world.office.state().requests.clone();
    assert_eq!(requests.last().map(|r| r.cursor.clone()), Some(None));
}

#[test]
fn opening_and_looking_writes_no_mark_and_still_tells_a_restart_from_a_copy() {
    let world = World::new();
    let mut phone = world.ready();
    phone.record(&visit("V-1"), Intent::now(note("first"))).expect("saved");
    let epoch = phone.chain_epoch();
    for _ in 0..12 {
        phone = world.reopen(phone);
        phone.run(None).expect("a look");
        // Killed: no farewell, nothing settled.
    }
    assert_eq!(phone.chain_epoch(), epoch);
    assert!(phone.record(&visit("V-1"), Intent::now(note("second"))).is_ok_and(|saved| saved.seq == 2));
}

#[test]
fn a_wall_clock_set_in_mid_visit_leaves_a_sample_before_the_entry() {
    let world = World::new();
    let mut phone = world.ready();
    phone.record(&visit("V-1"), Intent::now(arrived())).expect("saved");
    world.clock.set_wall_error(47 * MINUTE);
    world.time.advance(MINUTE);
    phone.record(&visit("V-1"), Intent::now(left())).expect("saved");
    phone.sync().expect("answered");
    let samples = world.office.state().requests.last().expect("asked").samples.clone();
    assert!(samples.iter().any(|s| s.wall == world.time.now().plus(47 * MINUTE)), "{samples:?}");
}

#[test]
fn clock_samples_travel_in_portions_and_each_once() {
    let world = World::new();
    let mut phone = world.ready();
    world.office.mood(|m| m.fault = Some(NetworkFault::Unreachable));
    let most = limits::REQUEST_SAMPLES;
    for n in 0..2 * most as i64 + 10 {
        // A hand on the settings each time.
        world.clock.set_wall_error((n % 2) * HOUR);
        phone.record(&visit("V-1"), Intent::now(note("on the way"))).expect("saved");
    }
    world.office.mood(|m| (m.fault, m.lose_answer) = (None, true));
    phone.sync().expect_err("the answer was lost");
    world.office.mood(|m| m.lose_answer = false);
    let before = world.office.state().requests.len();
    for _ in 0..5 {
        world.time.advance(10 * MINUTE);
        phone.nudged();
        phone.sync().expect("answered");
    }
    let requests = world.office.state().requests.split_off(before);
    let taken: Vec<_> = requests.iter().flat_map(|r| r.samples.clone()).filter(|s| s.truth.is_none()).collect();
    assert!(requests.iter().all(|r| r.samples.len() <= most), "no more than the office takes");
    assert!(taken.len() > 2 * most, "{} of them", taken.len());
    assert!(taken.windows(2).all(|two| two[0].mono_ms <= two[1].mono_ms && two[0] != two[1]), "in order, and each once");
    assert!(requests.last().is_some_and(|r| r.samples.len() <= 1), "none is left");
}
