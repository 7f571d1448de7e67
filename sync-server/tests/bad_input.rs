//! What is wrong with a request, sent to the real program over a socket: each gets its status, its stable code and words for a person; the
//! program goes on; nothing is lost; the store verifies.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/program.rs"]
mod program;

use common::*;
use holdfast_model::id::DeviceId;
use holdfast_model::limits;
use holdfast_model::port::{Answer, Ask};
use holdfast_model::wire::{DEVICE_HEADER, Push, Refusal, SIGNATURE_HEADER, decode_request, encode_request, request_signed_bytes};
use holdfast_vault::SigningKey;
use program::*;
use serde_json::Value;
use std::path::PathBuf;

/// A served store, and a phone of Asha's whose note waits.
struct Case {
    server: Server,
    data: PathBuf,
    _dir: tempfile::TempDir,
    asha: TestPhone,
}

impl Case {
    fn new() -> Case {
        let (dir, data) = founded();
        let server = Server::start(&data);
        let mut asha = phone(&server, &data, "W-1");
        asha.note(visit("V-1"), "Had a good breakfast.");
        Case { server, data, _dir: dir, asha }
    }

    fn waiting(&self) -> Push {
        self.asha.push(self.asha.have_to + 1, self.asha.seq)
    }

    /// Status and code of what a request gets; its words say what of it was taken.
    fn refused(&self, ask: &Ask) -> (u16, String) {
        refused(&self.server.post(ask))
    }

    fn verified(&self) -> Value {
        let verified = once(&self.data, &["verify"]);
        assert_eq!(verified.status.code(), Some(0), "the store is sound");
        serde_json::from_slice(&verified.stdout).unwrap()
    }

    /// So many of Asha's entries are here, and all of them once she asks as she should.
    fn nothing_lost(mut self, before: u64) {
        assert_eq!(self.verified()["entries"].as_u64(), Some(before));
        self.asha.cursor = None;
        assert_eq!(sync(&self.server, &mut self.asha).have_to, self.asha.seq);
        let found = self.verified();
        assert_eq!((found["entries"].as_u64(), found["gaps"].as_u64(), found["forks"].as_u64()), (Some(self.asha.seq), Some(0), Some(0)));
    }
}

fn refused(answer: &Answer) -> (u16, String) {
    let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("a refusal, not {}", answer.status));
    assert!(refusal.says.ends_with('.') && refusal.says.len() > 30, "words for a person: {}", refusal.says);
    (answer.status, refusal.code)
}

/// What comes from an unknown phone waits for the writer, which the thread that it arrives on must not.
#[test]
fn an_unknown_phone_is_told_so_and_what_it_brings_is_kept() {
    let mut case = Case::new();
    let stranger = DeviceId::new("D-STRANGER").unwrap();
    for n in 0..5 {
        let push = case.waiting();
        let mut ask = case.asha.request(&[push], 1 << 20);
        ask.headers.iter_mut().find(|(n, _)| n == DEVICE_HEADER).unwrap().1 = stranger.to_string();
        let expected = if n < 4 { (403, "device_unknown") } else { (429, "device_unknown_full") };
        assert_eq!(case.refused(&ask), (expected.0, expected.1.to_owned()), "request {n}");
    }
    assert_eq!(case.verified()["unknown"], 4, "kept for checking, a few and not without end");
    let nameless = Ask { headers: vec![], ..case.asha.request(&[], 0) };
    assert_eq!(case.refused(&nameless), (400, "device_missing".into()));
    case.nothing_lost(0);
}

#[test]
fn a_signature_that_does_not_hold() {
    let mut case = Case::new();
    let push = case.waiting();
    let mut ask = case.asha.request(std::slice::from_ref(&push), 0);
    ask.headers.iter_mut().find(|(n, _)| n == SIGNATURE_HEADER).unwrap().1 =
        SigningKey::generate().0.sign_text(&request_signed_bytes(&ask.body));
    assert_eq!(case.refused(&ask), (401, "bad_signature".into()));
    ask.headers.retain(|(n, _)| n != SIGNATURE_HEADER);
    assert_eq!(case.refused(&ask), (401, "bad_signature".into()), "none at all");
    let mut forged = push;
    forged.header.sig = SigningKey::generate().0.sign_text(&forged.header.signed_bytes());
    let ask = case.asha.request(&[forged], 0);
    assert_eq!(case.refused(&ask), (422, "bad_push_signature".into()), "a sound request with records that somebody else signed");
    case.nothing_lost(0);
}

#[test]
fn an_address_that_is_none() {
    let mut case = Case::new();
    for path in ["/v1/sink", "/v1/sync/more"] {
        let ask = Ask { path: path.into(), ..case.asha.request(&[], 0) };
        assert_eq!(case.refused(&ask), (404, "no_such_path".into()), "{path}");
    }
    case.nothing_lost(0);
}

#[test]
fn a_request_that_was_answered_before() {
    let mut case = Case::new();
    let push = case.waiting();
    let ask = case.asha.request(&[push], 0);
    assert_eq!(case.server.post(&ask).status, 200);
    assert_eq!(case.refused(&ask), (409, "replayed".into()));
    case.nothing_lost(1);
}

#[test]
fn more_than_one_request_or_one_push_may_hold() {
    let mut case = Case::new();
    let large = case.asha.ask(&vec![7; limits::BODY_BYTES + 1]);
    assert_eq!(case.refused(&large), (413, "body_too_large".into()), "bytes");
    for n in 0..limits::PUSH_ENTRIES {
        case.asha.note(visit(&format!("V-{}", n % 400)), "Ate well.");
    }
    let whole = case.waiting();
    assert_eq!(whole.header.count as usize, limits::PUSH_ENTRIES + 1);
    let ask = case.asha.request(&[whole], 0);
    assert_eq!(case.refused(&ask), (413, "body_too_large".into()), "entries");
    // In two parts, as a phone sends them that was told so.
    let (first, last) = (case.asha.push(1, 1_000), case.asha.push(1_001, case.asha.seq));
    let ask = case.asha.request(&[first, last], 0);
    let answer = case.server.post(&ask);
    assert_eq!(case.asha.take(&ask, answer).unwrap().have_to, case.asha.seq);
    let there = case.asha.seq;
    case.asha.note(visit("V-1"), &"x".repeat(limits::INFLATED_BYTES + 1));
    let swollen = case.waiting();
    let ask = case.asha.request(&[swollen], 0);
    assert!(ask.body.len() < limits::BODY_BYTES, "small while it travels");
    assert_eq!(case.refused(&ask), (413, "body_too_large".into()), "bytes, once inflated");
    assert_eq!(case.verified()["entries"].as_u64(), Some(there));
}

#[test]
fn a_cursor_records_or_a_name_that_are_another_phones() {
    let mut case = Case::new();
    let mut hugh = phone(&case.server, &case.data, "C-1");
    sync(&case.server, &mut hugh);
    hugh.note(visit("V-1"), "Rang.");
    case.asha.cursor = hugh.cursor.clone();
    let push = case.waiting();
    let ask = case.asha.request(&[push], 1 << 20);
    assert_eq!(case.refused(&ask), (400, "cursor_foreign".into()));
    case.asha.cursor = None;
    let ask = case.asha.request(&[hugh.push(1, 1)], 0);
    assert_eq!(case.refused(&ask), (400, "push_other_device".into()));
    let ask = case.asha.ask(&hugh.request(&[], 0).body);
    assert_eq!(case.refused(&ask), (400, "device_mismatch".into()));
    case.nothing_lost(0);
}

/// Whose scope it is, a proof says. Without a sound one nothing is served; what is brought is taken all the same.
#[test]
fn a_scope_that_is_nobodys_here() {
    let mut case = Case::new();
    let push = case.waiting();
    let mut head = decode_request(&case.asha.request(&[], 1 << 20).body).unwrap().head;
    head.reader = Some("bm9ib2R5".into());
    let ask = case.asha.ask(&encode_request(&head, &[push], &[]));
    let answer = case.server.post(&ask);
    let reply = case.asha.take(&ask, answer).unwrap();
    assert!(reply.not_a_reader, "the phone is told, and says so to whoever reads");
    assert_eq!((reply.have_to, case.asha.pulled.len()), (1, 0));
    case.nothing_lost(1);
}
