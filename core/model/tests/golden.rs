//! What version 1 wrote is read for ever, and what is signed is composed as `docs/protocol.md` says. These bytes never change.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, Numbers, asked, reply, request, sealed, turned, visit};
use holdfast_model::chain;
use holdfast_model::document::{check_texts, rebuild};
use holdfast_model::id::{BootId, ChainEpoch, DeviceId, Digest, ServerEpoch};
use holdfast_model::time::Millis;
use holdfast_model::wire::{
    Push, PushHeader, Receipt, Request, SealedPush, decode_reply, decode_request, encode_reply, encode_request, inspect_unsealed,
    reply_signed_bytes, request_signed_bytes,
};

/// A phone whose every number is drawn from one seed: its push is the same for ever.
fn push() -> Push {
    let mut n = Numbers(2026);
    let mut device = Device::new(3, &mut n);
    device.boot = BootId([0x42; 8]);
    for i in 0..12 {
        if i == 8 {
            device.restart(&mut n);
        }
        device.record(&visit(i % 2), &mut n);
    }
    device.push()
}

/// The same, from the phone while it is locked: no text, one segment an entry. The seals are made up; the vault has vectors of its own.
fn sealed_push() -> SealedPush {
    sealed(push())
}

const SEALED: &str = include_str!("golden/request-sealed-v1.hex");

#[test]
fn a_request_from_a_locked_phone_of_version_1_is_read_for_ever() {
    let Request { head, pushes, sealed } = decode_request(&bytes(SEALED)).unwrap();
    assert_eq!((head, pushes.len(), &sealed), (request(&push()), 0, &vec![sealed_push()]));
    let header = &sealed[0].header;
    assert_eq!(chain::extend(header.prev, sealed[0].entries.iter().map(|e| e.text)), header.head, "the chain is the open push's");
    let mut unsealed = sealed[0].clone().unseal(turned);
    let inspected = inspect_unsealed(&mut unsealed).unwrap();
    assert!(unsealed.unopened.is_empty() && inspected.listed.iter().all(|listed| *listed));
    assert!((0..12).all(|s| inspected.rebuild(&unsealed.push, s).is_ok()));
}

const REQUEST: &str = include_str!("golden/request-v1.hex");
const REPLY: &str = include_str!("golden/reply-v1.hex");

fn bytes(hex: &str) -> Vec<u8> {
    data_encoding::HEXLOWER.decode(hex.trim().as_bytes()).unwrap()
}

#[test]
fn a_request_of_version_1_is_read_for_ever() {
    let (head, pushes) = asked(&bytes(REQUEST)).unwrap();
    assert_eq!((head, pushes), (request(&push()), vec![push()]));
}

#[test]
fn a_reply_of_version_1_is_read_for_ever() {
    let (head, pushes) = decode_reply(&bytes(REPLY)).unwrap();
    assert_eq!((head.cursor, pushes), (reply().cursor, vec![push()]));
}

/// Segments of version 1 rebuild for ever: an Automerge that encodes differently would withhold every document.
#[test]
fn changes_of_version_1_rebuild_for_ever() {
    let (_, pushes) = asked(&bytes(REQUEST)).unwrap();
    let changes: Vec<Digest> = pushes[0].segments.iter().flat_map(|s| rebuild(s).unwrap()).map(|(_, hash)| hash).collect();
    assert_eq!(changes.len(), 12);
    assert_eq!(
        Digest::of_parts(&changes.iter().map(|c| c.0.as_slice()).collect::<Vec<_>>()).to_string(),
        "c09553739077a4f62dcebb0e56f7c0fa73d06203249dac98f6e2bfed6cc90376"
    );
    assert!(pushes[0].segments.iter().all(|s| check_texts(s).is_ok()));
}

#[test]
fn the_chain_is_composed_as_written() {
    let text = Digest::of(b"text");
    let by_hand = Digest::of(&[b"holdfast chain v1\n".as_slice(), &[0; 32], &text.0].concat());
    assert_eq!(chain::extend(Digest::ZERO, [text]), by_hand);
    assert_ne!(chain::extend(by_hand, [text, Digest::ZERO]), chain::extend(by_hand, [Digest::ZERO, text]), "order is in it");
    assert_eq!(chain::extend(by_hand, []), by_hand);
}

#[test]
fn what_is_signed_is_composed_as_written() {
    let digest = |n: u8| Digest([n; 32]);
    let header = PushHeader {
        device: DeviceId::new("D-3").unwrap(),
        epoch: ChainEpoch([1; 8]),
        first: 7,
        count: 2,
        prev: digest(2),
        head: digest(3),
        segments: vec![digest(4)],
        sig: "anything".into(),
    };
    let d = |n: u8| format!("{n:02x}").repeat(32);
    let written = format!(
        "holdfast push v1\n{{\"device\":\"D-3\",\"epoch\":\"0101010101010101\",\"first\":7,\"count\":2,\"prev\":\"{}\",\"head\":\"{}\",\"segments\":[\"{}\"],\"sig\":\"\"}}",
        d(2),
        d(3),
        d(4)
    );
    assert_eq!(String::from_utf8(header.signed_bytes()).unwrap(), written);

    let receipt = Receipt {
        server_epoch: ServerEpoch([9; 8]),
        device: header.device.clone(),
        epoch: header.epoch,
        first: 7,
        last: 8,
        head: digest(3),
        held: vec![(8, "entry_malformed".into())],
        at: Millis(5),
        sig: "anything".into(),
    };
    let written = format!(
        "holdfast receipt v1\n{{\"server_epoch\":\"0909090909090909\",\"device\":\"D-3\",\"epoch\":\"0101010101010101\",\"first\":7,\"last\":8,\"head\":\"{}\",\"held\":[[8,\"entry_malformed\"]],\"at\":5,\"sig\":\"\"}}",
        d(3)
    );
    assert_eq!(String::from_utf8(receipt.signed_bytes()).unwrap(), written);

    assert_eq!(request_signed_bytes(b"body"), [b"holdfast request v1\n".as_slice(), &Digest::of(b"body").0].concat());
    assert_eq!(
        reply_signed_bytes(b"ask", b"answer"),
        [b"holdfast reply v1\n".as_slice(), &Digest::of(b"ask").0, &Digest::of(b"answer").0].concat()
    );

    let mut segment = push().segments.remove(0).head;
    (segment.deps, segment.texts, segment.changes) = (vec![digest(5)], digest(6), digest(7));
    let written = format!(
        "{{\"doc\":\"{}\",\"actor\":\"{}\",\"actor_seq\":1,\"start_op\":2,\"deps\":[\"{}\"],\"n\":{},\"texts\":\"{}\",\"changes\":\"{}\"}}",
        segment.doc,
        segment.actor,
        d(5),
        segment.n,
        d(6),
        d(7)
    );
    assert_eq!(segment.digest(), Digest::of(format!("holdfast segment v1\n{written}").as_bytes()));
}

/// Writes the golden files anew. Only ever for a new version of the protocol, under new names.
#[test]
#[ignore = "rewrites golden files"]
fn write_golden_files() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    std::fs::create_dir_all(dir).unwrap();
    let hex = |body: &[u8]| data_encoding::HEXLOWER.encode(body) + "\n";
    std::fs::write(format!("{dir}/request-v1.hex"), hex(&encode_request(&request(&push()), &[push()], &[]))).unwrap();
    std::fs::write(format!("{dir}/reply-v1.hex"), hex(&encode_reply(&reply(), &[push()], &[]))).unwrap();
}

/// Writes the golden file of the sealed section. Only ever for a new version of it, under a new name.
#[test]
#[ignore = "rewrites a golden file"]
fn write_golden_sealed_file() {
    let body = encode_request(&request(&push()), &[], &[sealed_push()]);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/request-sealed-v1.hex");
    std::fs::write(file, data_encoding::HEXLOWER.encode(&body) + "\n").unwrap();
}
