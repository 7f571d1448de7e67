//! What is held for checking, looked at and decided about: it finds its place once, or is kept aside, and every decision stays.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use holdfast_host::SystemRandom;
use holdfast_model::entry::{Body, Read};
use holdfast_model::id::{Digest, VisitId};
use holdfast_model::port::Ask;
use holdfast_model::projection::Standing;
use holdfast_model::time::HOUR;
use holdfast_model::wire::{DEVICE_HEADER, EnrolReply, EnrolRequest};
use holdfast_sync_server::admin::verify;
use holdfast_sync_server::office::{HeldPiece, HeldRow, ReviewError, TakeIn, Verdict, WHY_BYTES};
use holdfast_sync_server::{Office, OfficeError};
use holdfast_vault::{MasterKey, Secret32};

const WHY: &str = "rang Asha, she wrote these before she left";

fn open(office: &Office) -> Vec<HeldRow> {
    office.held_for_checking(&branch()).unwrap()
}
fn by() -> holdfast_model::id::WorkerId {
    worker("C-1")
}
/// Notes in the record of a visit, with where each stands.
fn notes(office: &Office, visit_no: &str) -> Vec<(String, Standing)> {
    let view = office.visit(&VisitId::new(visit_no).unwrap()).unwrap().unwrap();
    let texts = office.entries(&visit(visit_no)).unwrap();
    let text = |id| texts.iter().find(|r: &&Read| r.id() == id).and_then(|r| r.known()).map(|e| e.body.clone());
    let note = |e: &holdfast_model::projection::EntryView| match text(e.id) {
        Some(Body::Note(n)) => Some((n.text, e.standing)),
        _ => None,
    };
    view.entries.iter().filter_map(note).collect()
}
fn held_count(office: &Office, phone: &TestPhone) -> u32 {
    office.phones(&branch()).iter().find(|p| p.device == phone.device).unwrap().held
}
fn verified(world: &World) -> holdfast_sync_server::admin::Verified {
    world.office.flush().unwrap();
    let found = verify(&world.dir.path().join("data"), MasterKey::from_secret(Secret32::new([7; 32])), &SystemRandom::new()).unwrap();
    assert_eq!(found.wrong, [], "the store keeps its own rules");
    found
}

/// Asha's phone is shut out, and brings three notes about two visits.
fn shut_out() -> (World, TestPhone) {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-1"]);
    world.plan("V-2", "P-102", &["W-1"]);
    let mut asha = world.phone("W-1");
    asha.note(visit("V-1"), "before");
    asha.sync(&world.office).unwrap();
    world.office.revoke(&asha.device, &worker("W-90"), "it is lost").unwrap();
    for (v, text) in [("V-1", "one"), ("V-2", "two"), ("V-1", "three")] {
        asha.note(visit(v), text);
    }
    asha.sync(&world.office).unwrap();
    (world, asha)
}

#[test]
fn what_a_shut_out_phone_brought_is_taken_in_by_decision_once_and_marked() {
    let (world, asha) = shut_out();
    let office = &world.office;
    let rows = open(office);
    assert_eq!(rows.len(), 2, "one for each visit");
    assert_eq!(held_count(office, &asha), 3);
    let first = rows.iter().find(|h| h.document == Some(visit("V-1"))).unwrap().id;
    let item = office.held_item(first).unwrap().unwrap();
    assert_eq!((item.take_in, item.pieces.len()), (TakeIn::Can, 2));
    assert!(item.pieces.iter().all(|p| matches!(p, HeldPiece::Entry(read) if *read.doc() == visit("V-1"))));
    assert_eq!(notes(office, "V-1"), [("before".into(), Standing::Received)]);

    assert_eq!(office.take_in(first, &by(), WHY, false), Ok(2));
    let then = [("before".into(), Standing::Received), ("one".into(), Standing::Reviewed), ("three".into(), Standing::Reviewed)];
    assert_eq!(notes(office, "V-1"), then);
    assert_eq!(held_count(office, &asha), 1);
    assert_eq!(open(office).len(), 1);
    let decided = office.held_decided(&branch()).unwrap();
    let review = &decided[0].reviews[0];
    assert_eq!((review.verdict, &review.by, review.why.as_str()), (Verdict::TakenIn, &by(), WHY));
    for again in
        [office.take_in(first, &by(), WHY, false).map(|_| ()), office.set_aside(first, &by(), WHY), office.put_back(first, &by(), WHY)]
    {
        assert_eq!(again, Err(ReviewError::Decided), "taken in is taken in");
    }
    // Colleagues are handed what was taken in, as what its own phone signed.
    let mut hugh = world.phone("C-1");
    hugh.sync(office).unwrap();
    assert!(hugh.pulled[&visit("V-1")].iter().any(|t| t.contains("\"one\"")));
    assert!(!hugh.pulled[&visit("V-2")].iter().any(|t| t.contains("\"two\"")), "the other is still held");
    verified(&world);
    let world = world.reopened();
    assert_eq!(notes(&world.office, "V-1"), then, "durable");
    assert_eq!(world.office.held_decided(&branch()).unwrap(), decided, "and so is the decision");
    assert_eq!(held_count(&world.office, &asha), 1);
    assert_eq!(asha.seq, 4);
}

#[test]
fn what_is_set_aside_is_kept_and_can_be_put_back_and_taken_in() {
    let (world, _) = shut_out();
    let office = &world.office;
    let id = open(office)[0].id;
    let before = office.held_bytes(id).unwrap().unwrap().to_vec();
    for why in ["", "  ", &"x".repeat(WHY_BYTES + 1)] {
        assert_eq!(office.set_aside(id, &by(), why), Err(ReviewError::Reason));
    }
    assert_eq!(office.put_back(id, &by(), WHY), Err(ReviewError::Decided), "nothing to put back");
    assert_eq!(office.set_aside(999, &by(), WHY), Err(ReviewError::Unknown));
    office.set_aside(id, &by(), "somebody else's phone").unwrap();
    assert_eq!(open(office).len(), 1);
    assert_eq!(office.set_aside(id, &by(), WHY), Err(ReviewError::Decided));
    assert_eq!(office.held_bytes(id).unwrap().unwrap().to_vec(), before, "kept as it came");
    office.put_back(id, &by(), "it was hers after all").unwrap();
    assert_eq!(open(office).len(), 2);
    assert!(office.take_in(id, &by(), WHY, false).unwrap() > 0);
    let row = office.held_decided(&branch()).unwrap().remove(0);
    assert_eq!(row.reviews.iter().map(|r| r.verdict).collect::<Vec<_>>(), [Verdict::SetAside, Verdict::PutBack, Verdict::TakenIn]);
    verified(&world);
}

#[test]
fn overlapping_pushes_of_a_shut_out_phone_give_every_entry_one_place_in_any_order() {
    for order in [[0, 1], [1, 0]] {
        let world = World::new();
        world.plan("V-1", "P-101", &["W-1"]);
        let mut asha = world.phone("W-1");
        world.office.revoke(&asha.device, &worker("W-90"), "it is lost").unwrap();
        asha.note(visit("V-1"), "one");
        asha.note(visit("V-1"), "two");
        let push = asha.push(1, 2);
        let ask = asha.request(&[push], 0);
        assert_eq!(world.office.answer(ask).status, 200);
        // The answer got lost: the phone regroups, and brings all of it again with what is new.
        asha.note(visit("V-1"), "three");
        let push = asha.push(1, 3);
        let ask = asha.request(&[push], 0);
        assert_eq!(world.office.answer(ask).status, 200);
        let rows = open(&world.office);
        assert_eq!(rows.len(), 2);
        let new: u64 = order.iter().map(|i| world.office.take_in(rows[*i].id, &by(), WHY, false).unwrap()).sum();
        assert_eq!(new, 3);
        assert_eq!(world.office.entries(&visit("V-1")).unwrap().len(), 4, "the plan, and each note once");
        assert_eq!(notes(&world.office, "V-1").len(), 3);
        let found = verified(&world);
        let world = world.reopened();
        assert_eq!(world.office.entries(&visit("V-1")).unwrap().len(), 4);
        assert_eq!(found.entries, verified(&world).entries);
    }
}

/// A phone that this office does not know: enrolled after the backup that was restored.
fn stranger(world: &World) -> TestPhone {
    let other = World::new();
    let mut ben = TestPhone::enrol(&other.office, &world.time, &other.office.enrol_code(&worker("W-2"), HOUR).unwrap().code).unwrap();
    for text in ["one", "two", "three"] {
        ben.note(visit("V-1"), text);
    }
    ben
}

/// Enrols a phone with the key it has had all along.
fn enrol_again(world: &World, phone: &TestPhone) -> EnrolReply {
    let request = EnrolRequest {
        v: 1,
        code: world.office.enrol_code(&worker("W-2"), HOUR).unwrap().code,
        device_key: phone.key.public_key().to_string(),
        label: "D-07".into(),
        epoch: phone.epoch,
        device: None,
        worker: None,
    };
    let ask = Ask { path: "/v1/enrol".into(), headers: vec![], body: serde_json::to_vec(&request).unwrap() };
    let answer = world.office.answer(ask);
    assert_eq!(answer.status, 200);
    serde_json::from_slice(&answer.body).unwrap()
}

#[test]
fn an_unknown_phones_requests_are_taken_in_once_it_is_known_under_the_name_it_had() {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-2"]);
    let mut ben = stranger(&world);
    for last in [2, 3] {
        let push = ben.push(1, last);
        let ask = ben.request(&[push], 0);
        assert_eq!(world.office.answer(ask).status, 403);
    }
    let rows = open(&world.office);
    assert_eq!(rows.iter().map(|h| h.code.as_str()).collect::<Vec<_>>(), ["device_unknown"; 2]);
    let item = world.office.held_item(rows[0].id).unwrap().unwrap();
    assert_eq!((item.take_in, item.pieces.len()), (TakeIn::OncePhoneIsKnown, 1));
    assert!(matches!(item.pieces[0], HeldPiece::Bytes(_)), "whose it is nobody can tell: nothing of it is shown");
    assert_eq!(world.office.take_in(rows[0].id, &by(), WHY, false), Err(ReviewError::PhoneUnknown));

    let reply = enrol_again(&world, &ben);
    assert_eq!(reply.device, ben.device, "its name is its own");
    let item = world.office.held_item(rows[0].id).unwrap().unwrap();
    assert_eq!((item.take_in, item.row.branch, item.pieces.len()), (TakeIn::Can, Some(branch()), 3));
    assert_eq!(world.office.take_in(rows[0].id, &by(), WHY, false), Ok(3));
    assert_eq!(world.office.take_in(rows[1].id, &by(), WHY, false), Ok(0), "it was the beginning of the same");
    assert_eq!(notes(&world.office, "V-1").len(), 3);
    assert!(notes(&world.office, "V-1").iter().all(|(_, s)| *s == Standing::Reviewed));
    // The phone itself brings all of it again, and it is here already.
    (ben.server, ben.office_key) = (reply.server_epoch, holdfast_vault::PublicKey::parse(&reply.office_key).unwrap());
    assert_eq!(ben.sync(&world.office).unwrap().have_to, 3);
    assert_eq!(notes(&world.office, "V-1").len(), 3);
    assert_eq!(verified(&world).forks, 0);
}

#[test]
fn a_strangers_claim_to_a_name_gives_it_to_nobody_else() {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-2"]);
    let mut ben = stranger(&world);
    let push = ben.push(1, 3);
    let mut ask = ben.request(&[push], 0);
    // Somebody claims the office's own name with it.
    let mine = ask.clone();
    ask.headers.iter_mut().find(|(n, _)| n == DEVICE_HEADER).unwrap().1 = "office".into();
    assert_eq!(world.office.answer(ask).status, 403);
    assert_ne!(enrol_again(&world, &ben).device.as_str(), "office");
    assert_eq!(world.office.answer(mine).status, 403, "still unknown under its old name");
    let other = world.phone("W-1");
    assert_ne!(other.device, ben.device, "another key is another phone");
}

#[test]
fn what_begins_in_mid_chain_is_taken_in_only_when_somebody_says_so_and_the_gap_is_a_finding() {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-2"]);
    let mut ben = stranger(&world);
    let push = ben.push(2, 3);
    let ask = ben.request(&[push], 0);
    assert_eq!(world.office.answer(ask).status, 403);
    enrol_again(&world, &ben);
    let id = open(&world.office)[0].id;
    assert_eq!(world.office.take_in(id, &by(), WHY, false), Err(ReviewError::Gap));
    assert_eq!(open(&world.office).len(), 1, "nothing was decided");
    assert_eq!(world.office.take_in(id, &by(), WHY, true), Ok(2));
    let found = open(&world.office);
    assert_eq!(found.iter().map(|h| h.code.as_str()).collect::<Vec<_>>(), ["chain_gap"]);
    let item = world.office.held_item(found[0].id).unwrap().unwrap();
    assert_eq!((item.take_in, item.pieces), (TakeIn::Never, vec![]));
    assert_eq!(world.office.take_in(found[0].id, &by(), WHY, false), Err(ReviewError::NotTakeable));
    world.office.set_aside(found[0].id, &by(), "asked Ben: he noted nothing before").unwrap();
    assert!(open(&world.office).is_empty());
}

#[test]
fn a_document_that_is_withheld_stands_and_goes_on_once_somebody_took_it_in() {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-1", "W-2"]);
    let mut asha = world.phone("W-1");
    let mut ben = world.phone("W-2");
    ben.sync(&world.office).unwrap();
    asha.note(visit("V-1"), "does not rebuild");
    let mut push = asha.push(1, 1);
    push.segments[0].head.changes = Digest::of(b"something else");
    let push = asha.push_of(1, &push.segments);
    let ask = asha.request(&[push], 0);
    assert_eq!(world.office.answer(ask).status, 200);
    asha.have_to = 1;
    asha.note(visit("V-1"), "comes after");
    asha.sync(&world.office).unwrap();
    ben.sync(&world.office).unwrap();
    let pulled = |ben: &TestPhone, text: &str| ben.pulled[&visit("V-1")].iter().any(|t| t.contains(text));
    assert!(!pulled(&ben, "comes after"));
    assert_eq!(notes(&world.office, "V-1")[0].1, Standing::HeldForChecking);

    let id = open(&world.office)[0].id;
    assert_eq!(world.office.take_in(id, &by(), WHY, false), Ok(0), "its entries have their place already");
    assert_eq!(notes(&world.office, "V-1")[0], ("does not rebuild".into(), Standing::Reviewed));
    ben.sync(&world.office).unwrap();
    assert!(pulled(&ben, "comes after"), "what came after it is handed on again");
    assert!(!pulled(&ben, "does not rebuild"), "what no phone could check is not");
    let world = world.reopened();
    assert_eq!(notes(&world.office, "V-1")[0].1, Standing::Reviewed);
    assert!(open(&world.office).is_empty());
}

#[test]
fn what_cannot_be_read_even_by_a_person_can_only_be_set_aside() {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-1"]);
    let mut asha = world.phone("W-1");
    let entry = asha
        .entry(visit("V-1"), Body::Note(holdfast_model::entry::Note { about: holdfast_model::entry::NoteType::General, text: "x".into() }));
    asha.record_text(visit("V-1"), entry.id, "no entry at all");
    asha.sync(&world.office).unwrap();
    let rows = open(&world.office);
    let row = rows.iter().find(|h| h.code == "entry_malformed").unwrap();
    let item = world.office.held_item(row.id).unwrap().unwrap();
    assert_eq!((item.take_in, item.pieces), (TakeIn::Never, vec![HeldPiece::Text("no entry at all".into())]));
    assert_eq!(world.office.take_in(row.id, &by(), WHY, false), Err(ReviewError::NotTakeable));
    world.office.set_aside(row.id, &by(), "a test phone").unwrap();
    assert_eq!(world.office.held_item(999), Ok(None));
    assert_eq!(ReviewError::from(OfficeError::Stopping).code(), "office_stopping");
}

#[test]
fn what_somebody_else_signed_is_not_taken_in() {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-2"]);
    let mut ben = stranger(&world);
    let mut push = ben.push(1, 3);
    push.header.sig = holdfast_vault::SigningKey::generate().0.sign_text(&push.header.signed_bytes());
    let ask = ben.request(&[push], 0);
    assert_eq!(world.office.answer(ask).status, 403);
    let push = ben.push(1, 3);
    let ask = ben.request(&[push], 0);
    assert_eq!(world.office.answer(ask).status, 403);
    enrol_again(&world, &ben);
    let mut rows = open(&world.office);
    rows.sort_by_key(|r| r.id);
    assert_eq!(world.office.take_in(rows[0].id, &by(), WHY, false), Err(ReviewError::NotSigned));
    assert_eq!(world.office.take_in(rows[1].id, &by(), WHY, false), Ok(3));
}
