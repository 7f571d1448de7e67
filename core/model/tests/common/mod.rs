//! Devices that write honest entries about made-up visits, from numbers that proptest draws.
#![allow(dead_code, clippy::unwrap_used)]

use holdfast_model::document::{ChangeRecord, Hand, Segment, Tail, author, encode_change, rebuild, segments};
use holdfast_model::entry::{
    Amended, Author, Basis, Body, Entry, Happened, Mono, Note, NoteType, PlanRef, Recorded, TaskEnd, TaskOutcome, Withdrawn,
};
use holdfast_model::id::{BootId, ChainEpoch, DeviceId, Digest, DocumentId, EntryId, PersonId, TaskId, WorkerId};
use holdfast_model::time::Millis;
use holdfast_model::wire::{
    Heartbeat, Push, SealedEntry, SealedPush, SyncReply, SyncRequest, WireError, decode_request, encode_request, proof, push_header,
};
use holdfast_model::{chain, time::ClockReading};
use std::collections::HashMap;

/// A source of numbers for ids and actors: splitmix64, so that one seed is one story.
#[derive(Debug, Clone)]
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| (self.next() >> 32) as u8)
    }
    pub fn shuffle<T>(&mut self, all: &mut [T]) {
        for i in (1..all.len()).rev() {
            all.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

pub fn visit(n: u64) -> DocumentId {
    DocumentId::parse(&format!("visit:V-{n}")).unwrap()
}

/// One statement, drawn.
pub fn body(n: &mut Numbers) -> Body {
    let words = ["gave tea", "quote \" and \\ backslash", "ünïcode – café", "line\nfeed\ttab", "", r#","device":"D-0","doc":"x""#];
    let text = words[n.below(words.len() as u64) as usize].repeat(1 + n.below(3) as usize);
    match n.below(4) {
        0 => Body::Note(Note { about: NoteType::General, text }),
        1 => Body::Task(TaskOutcome {
            task: TaskId::new("T-1").unwrap(),
            title: text,
            index: Some(n.below(9) as u32),
            outcome: TaskEnd::Declined,
            reason: String::new(),
        }),
        2 => Body::Withdrawn(Withdrawn { entry: EntryId::make(5, n.bytes()), reason: text }),
        _ => Body::Note(Note { about: NoteType::General, text: "x".repeat(n.below(400) as usize) }),
    }
}

/// A phone, as far as the model knows one.
pub struct Device {
    pub id: DeviceId,
    pub epoch: ChainEpoch,
    pub boot: BootId,
    pub seq: u64,
    pub head: Digest,
    pub actor: [u8; 16],
    pub wall: i64,
    pub hands: HashMap<DocumentId, Hand>,
    pub tails: HashMap<DocumentId, Tail>,
    /// Head of the chain before `unsent`.
    pub sent_head: Digest,
    pub unsent: Vec<(DocumentId, ChangeRecord, Digest)>,
}

impl Device {
    pub fn new(name: u64, n: &mut Numbers) -> Device {
        Device {
            id: DeviceId::new(format!("D-{name}")).unwrap(),
            epoch: ChainEpoch(n.bytes()),
            boot: BootId(n.bytes()),
            seq: 0,
            head: Digest::ZERO,
            actor: n.bytes(),
            wall: 1_793_700_000_000 + n.below(1 << 30) as i64,
            hands: HashMap::new(),
            tails: HashMap::new(),
            sent_head: Digest::ZERO,
            unsent: Vec::new(),
        }
    }

    /// The next entry, not yet written down.
    pub fn entry(&mut self, doc: &DocumentId, n: &mut Numbers) -> Entry {
        self.wall += n.below(100_000) as i64;
        Entry {
            v: 1,
            id: EntryId::make(self.wall - n.below(2) as i64, n.bytes()),
            doc: doc.clone(),
            author: Author {
                worker: WorkerId::new(format!("W-{}", n.below(3))).unwrap(),
                unconfirmed: n.below(9) == 0,
                name: String::new(),
            },
            device: self.id.clone(),
            epoch: self.epoch,
            seq: self.seq + 1,
            happened: (n.below(4) == 0).then(|| Happened { at: Millis(self.wall - 5), give_or_take_min: 5, basis: Basis::Recalled }),
            recorded: Recorded { at: Millis(self.wall), offset_min: (n.below(2) * 60) as i16 },
            mono: Mono { boot: self.boot, ms: self.wall - 1_793_000_000_000 },
            plan: (n.below(2) == 0).then(|| PlanRef {
                person: PersonId::new("P-1").unwrap(),
                version: n.below(3) as u32,
                digest: Digest::of(&[1]),
            }),
            reference: match n.below(4) {
                0 => Some("JA5J6D6V9MHM3RJGSGRAG8MSDA".into()),
                1 => Some("rota \"7\" / é".into()),
                _ => None,
            },
            body: body(n),
        }
    }

    /// Writes an entry's text as the next of the chain and of its document.
    pub fn write(&mut self, doc: &DocumentId, id: EntryId, text: &str) -> (ChangeRecord, Digest) {
        self.seq += 1;
        self.head = chain::next(self.head, Digest::of(text.as_bytes()));
        let tail = self.tails.entry(doc.clone()).or_insert_with(Tail::genesis);
        let hand = self.hands.entry(doc.clone()).or_insert_with(|| Hand::new(self.actor));
        let (record, hash) = author(tail, hand, id, text);
        self.unsent.push((doc.clone(), record.clone(), hash));
        (record, hash)
    }

    /// Records something drawn.
    pub fn record(&mut self, doc: &DocumentId, n: &mut Numbers) -> (ChangeRecord, Digest) {
        let entry = self.entry(doc, n);
        self.write(doc, entry.id, &entry.text())
    }

    /// Takes in a change of somebody else.
    pub fn take_in(&mut self, doc: &DocumentId, record: &ChangeRecord, hash: Digest) {
        self.tails.entry(doc.clone()).or_insert_with(Tail::genesis).after(hash, &record.deps, record.start_op);
    }

    /// The process ends and starts again: hands are fresh, as every load from disk demands.
    pub fn restart(&mut self, n: &mut Numbers) {
        self.actor = n.bytes();
        self.hands.clear();
    }

    /// Everything unsent as one push, with a made-up signature.
    pub fn push(&mut self) -> Push {
        let records = std::mem::take(&mut self.unsent);
        let texts: Vec<Digest> = records.iter().map(|(_, r, _)| Digest::of(r.text.as_bytes())).collect();
        let segments = segments(&records);
        let first = self.seq + 1 - records.len() as u64;
        let mut header = push_header(&self.id, self.epoch, first, self.sent_head, &texts, &segments);
        header.sig = "c2lnbmF0dXJl".into();
        self.sent_head = self.head;
        Push { header, segments }
    }
}

/// A push of `count` drawn entries over a few visits.
pub fn push(seed: u64, count: u64) -> Push {
    let mut n = Numbers(seed);
    let mut device = Device::new(n.below(100), &mut n);
    for _ in 0..count {
        if n.below(6) == 0 {
            device.restart(&mut n);
        }
        let doc = visit(n.below(3));
        device.record(&doc, &mut n);
    }
    device.push()
}

pub fn request(push: &Push) -> SyncRequest {
    SyncRequest {
        v: 1,
        device: push.header.device.clone(),
        epoch: push.header.epoch,
        number: 7,
        clock: ClockReading { wall: Millis(1), offset_min: 0, boot: BootId([3; 8]), mono_ms: 5 },
        samples: vec![],
        cursor: Some("opaque".into()),
        want_bytes: 4096,
        reader: None,
        heartbeat: Heartbeat { app: "0.1.0".into(), waiting: 3, ..Heartbeat::default() },
    }
}

pub fn reply() -> SyncReply {
    SyncReply {
        v: 1,
        server_epoch: holdfast_model::id::ServerEpoch([9; 8]),
        t1: Millis(1),
        t2: Millis(2),
        receipts: vec![],
        have_to: 4,
        cursor: "next".into(),
        more: false,
        slot_ms: 0,
        want_plans: false,
        dropped: vec![],
        revoked: false,
        lease_ms: 1,
        not_a_reader: false,
        clocks: vec![],
        arrived: vec![],
    }
}

/// A push as the same phone hands it over while it is locked: no text, one segment an entry. "Sealing" turns every bit: what counts here is
/// that it has to be undone; the vault has vectors of its own.
pub fn sealed(open: Push) -> SealedPush {
    let mut changes: Vec<_> =
        open.segments.iter().flat_map(|s| rebuild(s).unwrap().into_iter().map(|(r, h)| (s.head.doc.clone(), r, h))).collect();
    changes.sort_by_key(|(_, record, _)| holdfast_model::entry::Read::parse(&record.text).unwrap().place().2);
    let proofs: Vec<_> = changes.iter().map(proof).collect();
    let mut header = open.header;
    header.segments = proofs.iter().map(|[_, segment]| *segment).collect();
    let entries = changes.iter().zip(&proofs).map(|((doc, record, hash), [text, _])| SealedEntry {
        text: *text,
        sealed: encode_change(doc, record, *hash).iter().map(|b| !b).collect(),
    });
    SealedPush { entries: entries.collect(), header }
}

/// Opens what [`sealed`] sealed.
pub fn turned(_: u64, sealed: &[u8]) -> Option<Vec<u8>> {
    Some(sealed.iter().map(|b| !b).collect())
}

/// An amendment of an amendment: bodies inside bodies.
pub fn nested(inner: Body) -> Body {
    Body::Amended(Amended { entry: EntryId::make(9, [1; 10]), reason: "typed wrong".into(), with: Box::new(inner) })
}

/// All segments' texts.
pub fn texts(segments: &[Segment]) -> Vec<String> {
    segments.iter().flat_map(|s| s.texts.iter().map(|t| t.to_string())).collect()
}

/// A request that brings these pushes, as it travels.
pub fn ask(head: &SyncRequest, pushes: &[Push]) -> Vec<u8> {
    encode_request(head, pushes, &[])
}

/// What a request brings.
pub fn asked(body: &[u8]) -> Result<(SyncRequest, Vec<Push>), WireError> {
    decode_request(body).map(|request| (request.head, request.pushes.into_iter().map(|arrived| arrived.push).collect()))
}
