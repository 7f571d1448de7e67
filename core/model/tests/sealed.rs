//! What a locked phone hands over: bounds, and what becomes of an entry that does not open.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, Numbers, push, request, turned, visit};
use holdfast_model::entry::Read;
use holdfast_model::id::Digest;
use holdfast_model::limits;
use holdfast_model::wire::{Hold, PushError, Request, SealedPush, WireError, decode_request, encode_request, inspect, inspect_unsealed};

/// A push of so many entries, as its phone sends it while locked.
fn sealed(seed: u64, count: u64) -> SealedPush {
    common::sealed(push(seed, count))
}

#[test]
fn a_sealed_push_travels_whole_and_says_what_the_open_one_says() {
    let sealed = sealed(5, 40);
    let body = encode_request(&request(&push(5, 1)), &[], std::slice::from_ref(&sealed));
    let Request { pushes, sealed: arrived, .. } = decode_request(&body).unwrap();
    assert_eq!((pushes.len(), &arrived[0]), (0, &sealed));
    let open = push(5, 40);
    let there = inspect(&open).unwrap();
    let mut unsealed = sealed.unseal(turned);
    let here = inspect_unsealed(&mut unsealed).unwrap();
    let facts = |i: &holdfast_model::wire::Inspected| i.entries.iter().map(|e| (e.seq, e.text, e.head, e.read.is_ok())).collect::<Vec<_>>();
    assert_eq!(facts(&here), facts(&there));
    assert!((0..40).all(|s| here.rebuild(&unsealed.push, s).is_ok()));
}

#[test]
fn what_does_not_open_is_held_alone() {
    for broken in [0, 3, 7] {
        let mut sealed = sealed(9, 8);
        let last = sealed.entries[broken].sealed.len() - 1;
        sealed.entries[broken].sealed[last] ^= 1;
        let mut unsealed = sealed.unseal(turned);
        let inspected = inspect_unsealed(&mut unsealed).unwrap();
        let held: Vec<_> = inspected.entries.iter().filter_map(|e| e.read.as_ref().err().map(|h| (e.seq, *h))).collect();
        assert_eq!(held, [(broken as u64 + 1, Hold::Unopened)]);
        assert_eq!(Hold::Unopened.code(), "entry_unopened");
        assert_eq!(unsealed.unopened[0].seq, broken as u64 + 1);
        assert!((0..7).all(|s| inspected.rebuild(&unsealed.push, s).is_ok()), "the others pass the gate");
    }
    let mut none = sealed(9, 8).unseal(|_, _| None);
    assert_eq!(inspect_unsealed(&mut none).unwrap().entries.len(), 8);
}

/// JSON may have line breaks between its members, and sealed bytes travel as they are; but texts are kept and handed on a line each.
#[test]
fn a_text_of_more_than_one_line_is_held_though_it_reads() {
    let mut n = Numbers(4);
    let mut device = Device::new(1, &mut n);
    for broken in [false, true, false] {
        let entry = device.entry(&visit(1), &mut n);
        let text = if broken { entry.text().replacen(",\"body\":", ",\n\"body\":", 1) } else { entry.text() };
        assert!(Read::parse(&text).is_ok());
        device.write(&visit(1), entry.id, &text);
    }
    let mut unsealed = common::sealed(device.push()).unseal(turned);
    let inspected = inspect_unsealed(&mut unsealed).unwrap();
    let held: Vec<_> = inspected.entries.iter().filter_map(|e| e.read.as_ref().err().map(|h| (e.seq, *h))).collect();
    assert_eq!(held, [(2, Hold::Unopened)]);
}

#[test]
fn another_causality_than_the_signed_one_is_withheld_not_held() {
    let mut sealed = sealed(9, 8);
    // A bit of the actor: the text is the signed one.
    sealed.entries[3].sealed[20] ^= 1;
    let mut unsealed = sealed.unseal(turned);
    let inspected = inspect_unsealed(&mut unsealed).unwrap();
    assert!(inspected.entries.iter().all(|e| e.read.is_ok()), "the statement stands");
    let gate: Vec<bool> = (0..8).map(|s| inspected.rebuild(&unsealed.push, s).is_ok()).collect();
    assert_eq!(gate, [true, true, true, false, true, true, true, true]);
}

#[test]
fn the_chain_holds_whatever_opens() {
    let mut sealed = sealed(9, 8);
    // Another text's digest, whether its entry opens or not: the signed chain does not lead through it.
    sealed.entries[3].text = Digest([7; 32]);
    assert_eq!(inspect_unsealed(&mut sealed.clone().unseal(turned)), Err(PushError::Chain));
    sealed.entries.pop();
    assert_eq!(inspect_unsealed(&mut sealed.unseal(turned)), Err(PushError::Incomplete));
}

#[test]
fn bounds_are_kept_before_memory_is_taken() {
    let mut one = sealed(2, 1);
    one.entries[0].sealed = vec![0; limits::SEALED_BYTES];
    let body = |push: &SealedPush| encode_request(&request(&common::push(2, 1)), &[], std::slice::from_ref(push));
    assert!(decode_request(&body(&one)).is_ok());
    one.entries[0].sealed.push(0);
    assert!(matches!(decode_request(&body(&one)), Err(WireError::Line { .. })));
    let mut many = sealed(2, 1);
    many.header.count = limits::PUSH_ENTRIES as u32 + 1;
    // So that a phone sends fewer at a time.
    assert_eq!(decode_request(&body(&many)), Err(WireError::TooLarge));
    let whole = body(&sealed(2, 3));
    for end in 0..whole.len() {
        assert!(decode_request(&whole[..end]).is_err(), "cut at {end}");
    }
}
