//! Bad input: each gets a stable code, and nothing is lost.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use holdfast_model::id::DeviceId;
use holdfast_model::limits;
use holdfast_model::port::{Answer, Ask};
use holdfast_model::wire::{self, DEVICE_HEADER, Refusal, SIGNATURE_HEADER};
use holdfast_sync_server::faults::Fault;
use holdfast_sync_server::office::ShutOutError;
use holdfast_sync_server::{Office, OfficeError};
use holdfast_vault::SigningKey;

fn refused(answer: &Answer) -> (u16, String) {
    let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("a refusal, not {}", answer.status));
    assert!(refusal.says.ends_with('.') && refusal.says.len() > 30, "words for a person: {}", refusal.says);
    (answer.status, refusal.code)
}

/// Nothing of Asha's is here; and it arrives as soon as the request is right.
fn nothing_lost(world: &World, asha: &mut TestPhone) {
    assert_eq!(held(&world.office, &visit("V-1")).len(), 1, "nothing was taken");
    asha.cursor = None;
    assert_eq!(asha.sync(&world.office).unwrap().have_to, asha.seq);
    assert_eq!(held(&world.office, &visit("V-1")).len() as u64, 1 + asha.seq);
}

/// Named by the mutation test: with signatures unchecked, it fails.
pub fn a_forged_request_is_refused(faults: &[Fault]) -> bool {
    let world = World::with(faults);
    let mut asha = world.phone("W-1");
    asha.note(visit("V-1"), "Had a good breakfast.");
    let push = asha.push(1, 1);
    let mut ask = asha.request(&[push], 0);
    ask.headers[1].1 = SigningKey::generate().0.sign_text(&wire::request_signed_bytes(&ask.body));
    world.office.answer(ask).status == 401 && held(&world.office, &visit("V-1")).is_empty()
}

#[test]
fn a_bad_signature_is_refused() {
    assert!(a_forged_request_is_refused(&[]));
    assert!(!a_forged_request_is_refused(&[Fault::SkipSignature]), "this test can fail");
    let (world, mut asha) = one_note();
    let push = asha.push(1, 1);
    let mut ask = asha.request(std::slice::from_ref(&push), 0);
    *ask.body.last_mut().unwrap() ^= 1;
    assert_eq!(refused(&world.office.answer(ask)), (401, "bad_signature".into()));
    let mut unsigned = asha.request(std::slice::from_ref(&push), 0);
    unsigned.headers.retain(|(n, _)| n != SIGNATURE_HEADER);
    assert_eq!(refused(&world.office.answer(unsigned)), (401, "bad_signature".into()));
    // The request is signed, but not what it brings.
    let mut forged = push;
    forged.header.sig = SigningKey::generate().0.sign_text(&forged.header.signed_bytes());
    let ask = asha.request(&[forged], 0);
    assert_eq!(refused(&world.office.answer(ask)), (422, "bad_push_signature".into()));
    nothing_lost(&world, &mut asha);
}

#[test]
fn a_request_that_was_answered_before_is_refused_and_its_entries_are_there() {
    let (world, mut asha) = one_note();
    let push = asha.push(1, 1);
    let ask = asha.request(&[push], 1 << 20);
    let answer = world.office.answer(ask.clone());
    assert_eq!(answer.status, 200);
    assert_eq!(refused(&world.office.answer(ask.clone())), (409, "replayed".into()));
    asha.take(&ask, answer).unwrap();
    assert_eq!(held(&world.office, &visit("V-1")).len(), 2);
    // Numbers outlive a restart.
    world.office.flush().unwrap();
    let world = world.reopened();
    assert_eq!(refused(&world.office.answer(ask)), (409, "replayed".into()));
}

#[test]
fn what_is_too_large_or_not_readable_is_refused() {
    let (world, mut asha) = one_note();
    let huge = asha.ask(&vec![7; limits::BODY_BYTES + 1]);
    assert_eq!(refused(&world.office.answer(huge)), (413, "body_too_large".into()));
    for rubbish in [&b""[..], b"{}", b"\x28\xb5\x2f\xfd rubbish"] {
        let (status, _) = refused(&world.office.answer(asha.ask(rubbish)));
        assert_eq!(status, 400);
    }
    let push = asha.push(1, 1);
    let ask = asha.request(&[push], 0);
    for cut in [1, ask.body.len() / 2, ask.body.len() - 1] {
        assert_eq!(refused(&world.office.answer(asha.ask(&ask.body[..cut]))).0, 400);
    }
    nothing_lost(&world, &mut asha);
}

#[test]
fn a_push_that_is_not_what_its_header_says_is_refused() {
    let (world, mut asha) = one_note();
    asha.note(visit("V-1"), "And a walk.");
    let mut short = asha.push(1, 2);
    short.segments[0].texts.pop();
    short.segments[0].head.n = 1;
    let ask = asha.request(&[short], 0);
    assert_eq!(refused(&world.office.answer(ask)), (422, "push_incomplete".into()));
    let mut other = asha.push(1, 2);
    let text = other.segments[0].texts[1].replace("walk", "fall");
    other.segments[0].texts[1] = text.into();
    let ask = asha.request(&[other], 0);
    assert_eq!(refused(&world.office.answer(ask)), (422, "chain_mismatch".into()));
    nothing_lost(&world, &mut asha);
}

#[test]
fn another_phones_cursor_name_or_records_are_refused() {
    let (world, mut asha) = one_note();
    let mut ben = world.phone("W-2");
    ben.note(visit("V-1"), "Ben was here.");
    ben.sync(&world.office).unwrap();
    asha.cursor = ben.cursor.clone();
    let ask = asha.request(&[], 1 << 20);
    assert_eq!(refused(&world.office.answer(ask)), (400, "cursor_foreign".into()));
    asha.cursor = Some("rubbish".into());
    let ask = asha.request(&[], 1 << 20);
    assert_eq!(refused(&world.office.answer(ask)), (400, "cursor_foreign".into()));
    asha.cursor = None;
    let theirs = ben.push(1, 1);
    let ask = asha.request(&[theirs], 0);
    assert_eq!(refused(&world.office.answer(ask)), (400, "push_other_device".into()));
    // Ben's request under Asha's name and signature.
    let ben_asks = ben.request(&[], 0);
    assert_eq!(refused(&world.office.answer(asha.ask(&ben_asks.body))), (400, "device_mismatch".into()));
    let nameless = Ask { headers: vec![], ..asha.request(&[], 0) };
    assert_eq!(refused(&world.office.answer(nameless)), (400, "device_missing".into()));
    assert_eq!(held(&world.office, &visit("V-1")).len(), 2);
    assert_eq!(asha.sync(&world.office).unwrap().have_to, 1);
}

#[test]
fn a_phone_nobody_knows_is_served_nothing_and_what_it_brings_is_kept() {
    let (world, mut asha) = one_note();
    let stranger = DeviceId::new("D-STRANGER").unwrap();
    for n in 0..9 {
        let push = asha.push(1, 1);
        let mut ask = asha.request(&[push], 1 << 20);
        ask.headers.iter_mut().find(|(n, _)| n == DEVICE_HEADER).unwrap().1 = stranger.to_string();
        let expected = if n < 4 { (403, "device_unknown".into()) } else { (429, "device_unknown_full".into()) };
        assert_eq!(refused(&world.office.answer(ask)), expected, "request {n}");
    }
    let kept = world.office.held_for_checking(&branch()).unwrap();
    assert_eq!(kept.iter().filter(|h| h.device == stranger && h.code == "device_unknown").count(), 4, "a few, not without end");
    asha.number += 20;
    nothing_lost(&world, &mut asha);
}

#[test]
fn a_revoked_phone_is_served_nothing_new_and_what_it_brings_is_kept_for_checking() {
    let (world, mut asha) = one_note();
    asha.sync(&world.office).unwrap();
    world.office.revoke(&asha.device, &worker("W-90"), "it is lost").unwrap();
    world.plan("V-2", "P-101", &["W-1"]);
    asha.note(visit("V-1"), "Written after I left.");
    let reply = asha.sync(&world.office).unwrap();
    assert!(reply.revoked);
    assert_eq!((reply.have_to, reply.lease_ms), (2, 0), "its lease is not renewed");
    assert_eq!(reply.receipts[0].held, [(2, "device_revoked".to_owned())], "durable, and held");
    assert!(!asha.pulled.contains_key(&visit("V-2")), "nothing new");
    assert_eq!(held(&world.office, &visit("V-1")).len(), 2, "not in the record");
    let rows = world.office.held_for_checking(&branch()).unwrap();
    assert!(rows.iter().any(|h| h.code == "device_revoked" && h.document == Some(visit("V-1")) && h.entries == 1));
    let world = world.reopened();
    assert!(asha.sync(&world.office).unwrap().revoked, "for good");
    let nowhere = DeviceId::new("D-0").unwrap();
    let unknown = ShutOutError::Office(OfficeError::UnknownDevice("D-0".into()));
    assert_eq!(world.office.revoke(&nowhere, &worker("W-90"), "it is lost"), Err(unknown));
    assert_eq!(world.office.revoke(&asha.device, &worker("W-90"), " "), Err(ShutOutError::Reason));
    // What was decided first stands.
    world.office.revoke(&asha.device, &worker("W-91"), "again").unwrap();
    let row = world.office.phones(&branch()).into_iter().find(|p| p.device == asha.device).unwrap();
    assert_eq!(row.revoked_for, Some((worker("W-90"), "it is lost".into())));
}

#[test]
fn a_malformed_entry_is_held_alone_and_the_others_stand() {
    let (world, mut asha) = one_note();
    let entry = asha.entry(visit("V-2"), holdfast_model::entry::Body::OnTheWay(Default::default()));
    let broken = entry.text().replace("\"kind\":\"on_the_way\"", "\"kind\":\"note\"");
    asha.record_text(visit("V-2"), entry.id, &broken);
    asha.note(visit("V-1"), "Third.");
    let reply = asha.sync(&world.office).unwrap();
    assert_eq!(reply.have_to, 3);
    assert_eq!(reply.receipts[0].held, [(2, "entry_malformed".to_owned())]);
    assert_eq!(held(&world.office, &visit("V-1")).len(), 3);
    assert!(world.office.held_for_checking(&branch()).unwrap().iter().any(|h| h.code == "entry_malformed"));
    let mut hugh = world.phone("C-1");
    hugh.sync(&world.office).unwrap();
    assert!(hugh.pulled.contains_key(&visit("V-1")) && !hugh.pulled.contains_key(&visit("V-2")), "what is broken is not handed on");
    let world = world.reopened();
    assert_eq!(held(&world.office, &visit("V-1")).len(), 3, "a store with something held opens");
}

#[test]
fn the_gate_withholds_the_document_and_never_the_entry() {
    nothing_is_handed_on_that_does_not_rebuild(&[]).unwrap_or_else(|wrong| panic!("{wrong}"));
}

#[test]
fn codes_are_for_one_phone_once() {
    let world = World::new();
    let code_of = |text: &str| TestPhone::enrol(&world.office, &world.time, text).err().map(|r| r.code);
    assert_eq!(code_of("nonsense"), Some("code_shape".into()));
    let code = world.office.enrol_code(&worker("W-1"), 60_000).unwrap();
    let mut typed: Vec<char> = code.code.chars().collect();
    typed[0] = if typed[0] == 'A' { 'B' } else { 'A' };
    assert_eq!(code_of(&typed.iter().collect::<String>()), Some("code_mistyped".into()));
    assert_eq!(code_of(&code.code.to_lowercase().replace('-', " ")), None, "as people type");
    assert_eq!(code_of(&code.code), Some("code_used".into()), "by another phone");
    let late = world.office.enrol_code(&worker("W-1"), 60_000).unwrap();
    world.time.advance(60_001);
    assert_eq!(code_of(&late.code), Some("code_expired".into()));
    let other = World::new().office.enrol_code(&worker("W-1"), 60_000).unwrap();
    assert_eq!(code_of(&other.code), Some("code_unknown".into()));
    assert_eq!(world.office.enrol_code(&worker("W-0"), 1).unwrap_err().code(), "worker_unknown");
    for _ in 0..20 {
        code_of(&other.code);
    }
    let good = world.office.enrol_code(&worker("W-1"), 3_600_000).unwrap();
    assert_eq!(code_of(&good.code), Some("enrol_throttled".into()));
    world.time.advance(11 * 60_000);
    assert_eq!(code_of(&good.code), None, "after a while");
}

#[test]
fn a_lost_answer_to_an_enrolment_is_given_again_to_the_same_phone() {
    let world = World::new();
    let code = world.office.enrol_code(&worker("W-1"), 60_000).unwrap().code;
    let key = SigningKey::generate().0.public_key().to_string();
    let body = |key: &str| format!(r#"{{"v":1,"code":"{code}","device_key":"{key}","label":"D-03","epoch":"0102030405060708"}}"#);
    let ask = |key: &str| Ask { path: "/v1/enrol".into(), headers: vec![], body: body(key).into_bytes() };
    let first = world.office.answer(ask(&key));
    assert_eq!((first.status, world.office.answer(ask(&key)).body), (200, first.body));
    assert_eq!(world.office.phones(&branch()).len(), 1);
}

#[test]
fn a_second_process_a_wrong_key_and_a_newer_store_are_told_apart() {
    let world = World::new();
    let data = world.dir.path().join("data");
    assert_eq!(Office::open(config(&data, &world.clock, &[])).err(), Some(OfficeError::InUse));
    world.office.close();
    let (clock, dir) = (world.clock.clone(), world.dir);
    drop(world.office);
    let mut wrong = config(&data, &clock, &[]);
    wrong.master_key = holdfast_vault::MasterKey::from_secret(holdfast_vault::Secret32::new([8; 32]));
    assert_eq!(Office::open(wrong).err(), Some(OfficeError::WrongKey));
    assert!(Office::open(config(&data, &clock, &[])).is_ok(), "and nothing was changed");
    drop(dir);
}

#[test]
fn an_entry_of_the_office_that_is_too_long_is_refused_whole() {
    let world = World::new();
    let body = holdfast_model::entry::Body::Note(holdfast_model::entry::Note {
        about: holdfast_model::entry::NoteType::General,
        text: "x".repeat(limits::ENTRY_BYTES),
    });
    assert_eq!(world.office.record(&worker("C-1"), visit("V-1"), body), Err(OfficeError::TooLong));
    world.plan("V-1", "P-101", &["W-1"]);
    assert_eq!(held(&world.office, &visit("V-1")).len(), 1, "the chain goes on");
}
