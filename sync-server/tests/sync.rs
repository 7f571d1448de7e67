//! The way of a push: from a phone's chain into the ledger, and on to whoever may see it.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use holdfast_model::entry::{Body, Unplanned};
use holdfast_model::id::{BootId, ChainEpoch, Digest};
use holdfast_model::limits;
use holdfast_model::projection::{Filter, Standing};
use holdfast_model::time::{DAY, HOUR, MINUTE};
use holdfast_model::wire::{ClockSample, SyncReply, Truth, decode_reply};

#[test]
fn what_a_phone_recorded_offline_is_received_shown_and_handed_on() {
    let world = World::new();
    world.person("P-101", "Edith Marlow");
    world.plan("V-1", "P-101", &["W-1", "W-2"]);
    let mut asha = world.phone("W-1");
    let mut ben = world.phone("W-2");
    let reply = asha.sync(&world.office).unwrap();
    assert!(!reply.more);
    assert_eq!(asha.pulled.keys().cloned().collect::<Vec<_>>(), [visit("V-1"), person("P-101")], "the pack: the run and the person");
    ben.sync(&world.office).unwrap();

    world.time.advance(HOUR);
    asha.arrive(visit("V-1"));
    asha.note(visit("V-1"), "Had a good breakfast.");
    world.time.advance(20 * MINUTE);
    asha.leave(visit("V-1"));
    let reply = asha.sync(&world.office).unwrap();
    assert_eq!((reply.have_to, reply.receipts.len()), (3, 1));
    assert!(reply.receipts[0].held.is_empty());

    let view = world.office.visit(&holdfast_model::id::VisitId::new("V-1").unwrap()).unwrap().unwrap();
    assert_eq!(view.entries.len(), 4, "the assignment and three of Asha's");
    ben.sync(&world.office).unwrap();
    let got: Vec<_> = ben.pulled[&visit("V-1")].iter().filter(|t| asha.texts().contains(*t)).collect();
    assert_eq!(got.len(), 3, "Ben's phone has what Asha wrote");
    let (tally, quiet) = world.office.board(&branch(), &Filter::default(), |b| (b.tally, b.quiet.len()));
    assert_eq!((tally.visits, tally.by_workers_phone, quiet), (1, 1, 0));
    assert!(held(&world.office, &visit("V-1")).len() == 4 && Standing::Received > Standing::Sent);
}

#[test]
fn a_visit_made_up_on_the_spot_is_on_the_board_under_its_workers_name() {
    let world = World::new();
    let mut asha = world.phone("W-1");
    let unplanned = Unplanned { person: None, name: "Mr Lamb".into(), reason: "Farah asked by phone".into() };
    asha.record(visit("U-1"), Body::Unplanned(unplanned));
    asha.sync(&world.office).unwrap();
    let rows = world.office.board(&branch(), &Filter { worker: Some(worker("W-1")), ..Filter::default() }, |b| {
        b.sections.iter().flat_map(|s| &s.rows).map(|r| (r.row.visit.clone(), r.row.workers.clone())).collect::<Vec<_>>()
    });
    assert!(matches!(&rows[..], [(id, parts)] if id.as_str() == "U-1" && parts[0].assigned), "{rows:?}");
    let mut other = world.phone("W-1");
    other.sync(&world.office).unwrap();
    assert!(other.pulled.contains_key(&visit("U-1")), "her other phone has it too");
}

#[test]
fn a_persons_page_shows_what_came_in_a_moment_ago() {
    let world = World::new();
    world.person("P-101", "Edith Marlow");
    world.plan("V-1", "P-101", &["W-1"]);
    let mut asha = world.phone("W-1");
    asha.arrive(visit("V-1"));
    asha.sync(&world.office).unwrap();
    world.time.advance(2 * HOUR);
    let edith = holdfast_model::id::PersonId::new("P-101").unwrap();
    let view = world.office.person(&edith).unwrap().unwrap();
    assert_eq!((view.details[0].what.name.as_str(), view.last_visits.len()), ("Edith Marlow", 1));
    assert!(world.office.person(&holdfast_model::id::PersonId::new("P-0").unwrap()).unwrap().is_none());
    assert_eq!(world.office.plan_versions(&branch()).unwrap().len(), 1);
    assert_eq!(world.office.people(&branch()), [edith]);
}

#[test]
fn everything_is_there_after_a_restart_and_nothing_twice() {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-1"]);
    let mut asha = world.phone("W-1");
    for n in 0..5 {
        asha.note(visit("V-1"), &format!("note {n}"));
    }
    asha.sync(&world.office).unwrap();
    let before = held(&world.office, &visit("V-1"));
    let world = world.reopened();
    assert_eq!(held(&world.office, &visit("V-1")), before);
    // The phone never got the answer, and offers all of it again, grouped otherwise.
    asha.have_to = 2;
    let again = asha.sync(&world.office).unwrap();
    assert_eq!(again.have_to, 5);
    asha.note(visit("V-1"), "one more");
    asha.have_to = 3;
    assert_eq!(asha.sync(&world.office).unwrap().have_to, 6, "partly known, partly new");
    assert_eq!(held(&world.office, &visit("V-1")).into_iter().collect::<std::collections::BTreeSet<_>>().len(), 7);
    let view = world.office.visit(&holdfast_model::id::VisitId::new("V-1").unwrap()).unwrap().unwrap();
    assert_eq!(view.entries.len(), 7, "nothing shows twice");
}

#[test]
fn a_gap_is_asked_for_and_a_loss_is_taken_once_it_was_asked_for() {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-1"]);
    let mut asha = world.phone("W-1");
    for n in 0..6 {
        asha.note(visit("V-1"), &format!("note {n}"));
    }
    let two = asha.push(1, 2);
    let ask = asha.request(&[two], 1 << 20);
    let answer = world.office.answer(ask.clone());
    asha.take(&ask, answer).unwrap();
    asha.cursor = None;
    let push = asha.push(5, 6);
    let ask = asha.request(&[push], 1 << 20);
    let answer = world.office.answer(ask.clone());
    let reply = asha.take(&ask, answer).unwrap();
    assert_eq!((reply.have_to, reply.receipts.len()), (2, 0), "what lies between is asked for");
    // It was told, and still goes on from five: three and four are gone from it.
    let push = asha.push(5, 6);
    let ask = asha.request(&[push], 1 << 20);
    let answer = world.office.answer(ask.clone());
    let reply = asha.take(&ask, answer).unwrap();
    assert_eq!((reply.have_to, reply.receipts.len()), (6, 1));
    assert!(world.office.held_for_checking(&branch()).unwrap().iter().any(|h| h.code == "chain_gap"), "and the office knows");
}

#[test]
fn a_loss_in_an_earlier_epoch_is_taken_too_and_says_nothing_of_the_current_one() {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-1"]);
    let mut asha = world.phone("W-1");
    for n in 0..6 {
        asha.note(visit("V-1"), &format!("note {n}"));
    }
    // One to four it let go when an office had them that is no more; then it went on in another epoch.
    let older = asha.push(5, 6);
    (asha.epoch, asha.seq, asha.number) = (ChainEpoch([8; 8]), 0, 0);
    asha.log.clear();
    asha.note(visit("V-1"), "note of today");
    let push = asha.push(1, 1);
    let ask = asha.request(&[older.clone(), push], 0);
    let answer = world.office.answer(ask.clone());
    let reply = asha.take(&ask, answer).unwrap();
    assert_eq!((reply.have_to, reply.receipts.len()), (1, 1), "before it heard from this office nothing of a gap is taken");
    let ask = asha.request(&[older], 0);
    let (reply, _) = decode_reply(&world.office.answer(ask).body).unwrap();
    let covered: Vec<_> = reply.receipts.iter().map(|r| (r.first, r.last, r.epoch == asha.epoch)).collect();
    assert_eq!((reply.have_to, covered), (1, vec![(5, 6, false)]));
    assert_eq!(held(&world.office, &visit("V-1")).len(), 4, "the plan, and three of seven");
    assert!(world.office.held_for_checking(&branch()).unwrap().iter().any(|h| h.code == "chain_gap"), "and the office knows");
}

#[test]
fn two_histories_of_one_epoch_are_both_kept_and_found() {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-1"]);
    let mut asha = world.phone("W-1");
    asha.note(visit("V-1"), "before the copy");
    asha.sync(&world.office).unwrap();
    // A copy of the phone goes on by itself, then the phone does.
    let (log, number) = (asha.log.clone(), asha.number);
    asha.note(visit("V-1"), "the copy's");
    asha.sync(&world.office).unwrap();
    asha.log = log;
    asha.seq = 1;
    asha.have_to = 1;
    asha.number = number + 10;
    asha.note(visit("V-1"), "the phone's own");
    assert_eq!(asha.sync(&world.office).unwrap().have_to, 2);
    asha.note(visit("V-1"), "and on");
    assert_eq!(asha.sync(&world.office).unwrap().have_to, 3, "each goes on in its own line");
    assert_eq!(held(&world.office, &visit("V-1")).len(), 1 + 4);
    assert!(world.office.phones(&branch())[0].forked);
    assert!(world.office.held_for_checking(&branch()).unwrap().iter().any(|h| h.code == "chain_fork"));
    let world = world.reopened();
    assert_eq!(held(&world.office, &visit("V-1")).len(), 1 + 4);
}

#[test]
fn scope_follows_the_rota() {
    let world = World::new();
    for p in ["P-101", "P-102", "P-103"] {
        world.person(p, "Somebody");
    }
    world.plan("V-1", "P-101", &["W-1"]);
    world.plan("V-2", "P-102", &["W-2"]);
    world.plan_at("V-9", "P-103", &["W-1"], NINE.plus(5 * DAY));
    let mut asha = world.phone("W-1");
    asha.sync(&world.office).unwrap();
    assert!(asha.pulled.contains_key(&visit("V-1")) && !asha.pulled.contains_key(&visit("V-2")), "only their own");
    assert!(!asha.pulled.contains_key(&visit("V-9")), "not what lies days ahead");
    // The office moves V-1 to Ben: it leaves Asha's phone and comes to Ben's.
    world.plan("V-1", "P-101", &["W-2"]);
    let reply = asha.sync(&world.office).unwrap();
    assert_eq!(reply.dropped, [visit("V-1"), person("P-101")]);
    let mut ben = world.phone("W-2");
    ben.sync(&world.office).unwrap();
    assert!(ben.pulled.contains_key(&visit("V-1")) && ben.pulled.contains_key(&person("P-101")));
    // Given back, it comes whole again.
    world.plan("V-1", "P-101", &["W-1"]);
    asha.sync(&world.office).unwrap();
    assert_eq!(asha.pulled[&visit("V-1")].len(), 3);
    let mut farah = world.phone("L-1");
    farah.sync(&world.office).unwrap();
    assert_eq!(farah.pulled.keys().cloned().collect::<Vec<_>>(), [person("P-101"), person("P-102")], "plans of today's people");
    let mut hugh = world.phone("C-1");
    hugh.sync(&world.office).unwrap();
    assert_eq!(hugh.pulled.len(), 6, "the whole branch");
}

#[test]
fn the_office_takes_every_clock_sample_that_one_request_may_bring() {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-1", "W-2"]);
    let (mut asha, mut ben) = (world.phone("W-1"), world.phone("W-2"));
    let now = world.time.now();
    // Of as many restarts: none makes another pointless.
    let truth = Some(Truth { at: now, err_ms: 20 });
    let sample = |n: usize| ClockSample { boot: BootId([n as u8; 8]), mono_ms: 1_000, wall: now, truth };
    let brought: Vec<ClockSample> = (0..limits::REQUEST_SAMPLES).map(sample).collect();
    asha.note(visit("V-1"), "Had a good breakfast.");
    asha.samples.clone_from(&brought);
    asha.sync(&world.office).unwrap();
    let reply = ben.sync(&world.office).unwrap();
    let told = |sample: &ClockSample| reply.clocks.iter().any(|(device, told)| *device == asha.device && told == sample);
    assert!(brought.iter().all(told), "{} of {} were told", brought.iter().filter(|s| told(s)).count(), brought.len());
}

#[test]
fn a_phone_is_told_the_clocks_of_whoever_wrote_in_its_scope_and_once() {
    let mut world = World::new();
    world.person("P-101", "Edith Marlow");
    world.plan("V-1", "P-101", &["W-1", "W-2"]);
    world.plan("V-2", "P-101", &["W-3"]);
    let [mut asha, mut ben, mut cat] = ["W-1", "W-2", "W-3"].map(|w| world.phone(w));
    ben.sync(&world.office).unwrap();
    world.time.advance(MINUTE);
    let arrived = world.time.now();
    asha.note(visit("V-1"), "Had a good breakfast.");
    asha.sync(&world.office).unwrap();
    world.time.advance(HOUR);
    let told = |reply: &SyncReply, of: &TestPhone| reply.clocks.iter().filter(|(d, _)| *d == of.device).count();
    let reply = ben.sync(&world.office).unwrap();
    assert!(told(&reply, &asha) > 0 && told(&reply, &cat) == 0, "{:?}", reply.clocks);
    assert_eq!(reply.arrived, [arrived], "with when the push reached the office");
    let reply = ben.sync(&world.office).unwrap();
    assert_eq!((told(&reply, &asha), reply.arrived.len()), (0, 0), "once");
    let reply = cat.sync(&world.office).unwrap();
    assert_eq!(told(&reply, &asha), 0, "nobody else's");
    asha.sync(&world.office).unwrap();
    world.time.advance(HOUR);
    let own = asha.sync(&world.office).unwrap();
    assert!(told(&own, &asha) > 0, "what the office found out about its own clock too");
    assert_eq!(told(&ben.sync(&world.office).unwrap(), &asha), 2, "what is new since");

    world.office.flush().unwrap();
    world = world.reopened();
    assert!(told(&ben.sync(&world.office).unwrap(), &asha) > 1, "another run of the office tells it again");
    assert_eq!(told(&ben.sync(&world.office).unwrap(), &asha), 0);
}

#[test]
fn pages_are_as_large_as_asked_for_and_nothing_falls_between_them() {
    let world = World::new();
    for n in 0..30 {
        world.plan(&format!("V-{n}"), &format!("P-{n}"), &["W-1"]);
    }
    for who in ["W-1", "C-1"] {
        let mut phone = world.phone(who);
        let mut pages = 0;
        loop {
            let ask = phone.request(&[], 2_000);
            let answer = world.office.answer(ask.clone());
            let more = phone.take(&ask, answer).unwrap().more;
            pages += 1;
            if !more {
                break;
            }
        }
        assert_eq!(phone.pulled.len(), 30, "{who}");
        assert!(pages > 3, "{who} in {pages} pages");
        let ask = phone.request(&[], 2_000);
        let answer = world.office.answer(ask.clone());
        let (reply, pushes) = holdfast_model::wire::decode_reply(&answer.body).unwrap();
        assert!(reply.dropped.is_empty() && !reply.more && pushes.is_empty(), "{who}: nothing new");
    }
}

#[test]
fn nothing_new_over_ten_thousand_documents_is_one_small_request() {
    let world = World::new();
    world.plan_many((0..10_000).map(|n| (format!("V-{n}"), format!("P-{}", n % 100))));
    for who in ["W-1", "C-1"] {
        let mut phone = world.phone(who);
        while phone.sync(&world.office).unwrap().more {}
        assert_eq!(phone.pulled.len(), 10_000);
        let ask = phone.request(&[], 4 << 20);
        let answer = world.office.answer(ask.clone());
        assert!(ask.body.len() <= 1024 && answer.body.len() <= 1024, "{} up, {} down", ask.body.len(), answer.body.len());
        phone.take(&ask, answer).unwrap();
    }
}

#[test]
fn chains_are_checked_over_texts() {
    let world = World::new();
    let mut asha = world.phone("W-1");
    asha.note(visit("V-1"), "one");
    asha.sync(&world.office).unwrap();
    assert_ne!(asha.head_at(1), Digest::ZERO);
    assert_eq!(asha.last.unwrap().receipts[0].last, 1);
}
