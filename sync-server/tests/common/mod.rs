//! A phone made of the model and the vault alone, for tests of the office: it records, pushes, and believes nothing unsigned.
#![allow(dead_code, clippy::unwrap_used)]

pub mod wire;

use holdfast_host::{ManualClock, SeededRandom, SystemRandom, VirtualTime};
use holdfast_model::document::{ChangeRecord, Hand, Segment, Tail, author, segments};
use holdfast_model::entry::{
    Arrived, Assigned, Author, Body, Entry, Evidence, Left, Method, Mono, Note, NoteType, PersonDetails, Read, Recorded,
};
use holdfast_model::id::{
    BranchId, ChainEpoch, DeviceId, Digest, DocumentId, EntryId, PersonId, ProviderId, ServerEpoch, VisitId, WorkerId,
};
use holdfast_model::port::{Answer, Ask, Clock, Random};
use holdfast_model::time::{HOUR, MINUTE, Millis};
use holdfast_model::wire::{
    self as travel, ClockSample, DEVICE_HEADER, EnrolReply, EnrolRequest, Heartbeat, Push, Receipt, Refusal, Role, SIGNATURE_HEADER,
    SyncReply, SyncRequest, decode_reply, encode_request, push_header,
};
use holdfast_sync_server::faults::{Fault, Faults};
use holdfast_sync_server::office::{Statement, WorkerRecord};
use holdfast_sync_server::{Office, OfficeConfig};
use holdfast_vault::{MasterKey, PublicKey, Secret32, SigningKey};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// 3 November 2026, 09:00 in London.
pub const NINE: Millis = Millis(1_793_696_400_000);

pub fn branch() -> BranchId {
    BranchId::new("NQ").unwrap()
}
pub fn worker(n: &str) -> WorkerId {
    WorkerId::new(n).unwrap()
}
pub fn visit(n: &str) -> DocumentId {
    DocumentId::Visit(VisitId::new(n).unwrap())
}
pub fn person(n: &str) -> DocumentId {
    DocumentId::Person(PersonId::new(n).unwrap())
}

fn assigned(person_no: &str, workers: &[&str], start: Millis) -> Body {
    Body::Assigned(Assigned {
        person: PersonId::new(person_no).unwrap(),
        name: "Edith Marlow".into(),
        run: None,
        workers: workers.iter().map(|w| worker(w)).collect(),
        start,
        end: start.plus(30 * MINUTE),
        priority: Default::default(),
        flags: vec![],
        tasks: vec![],
        doses: vec![],
        rota: "R7".into(),
    })
}

/// An office in a directory, on virtual time.
pub struct World {
    pub office: Office,
    pub time: VirtualTime,
    /// The office's machine goes on when the office is started anew.
    pub clock: ManualClock,
    pub dir: tempfile::TempDir,
}

pub fn config(data: &Path, clock: &ManualClock, faults: &[Fault]) -> OfficeConfig {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let mut config = OfficeConfig::new(data, MasterKey::from_secret(Secret32::new([7; 32])), clock, Arc::new(SystemRandom::new()));
    config.provider = ProviderId::new("northquay").unwrap();
    config.branch = branch();
    config.faults = Faults::of(faults);
    config
}

impl World {
    pub fn new() -> World {
        World::with(&[])
    }
    pub fn with(faults: &[Fault]) -> World {
        let dir = tempfile::tempdir().unwrap();
        let time = VirtualTime::starting(NINE);
        let clock = ManualClock::new(&time, "office");
        let office = Office::open(config(&dir.path().join("data"), &clock, faults)).unwrap();
        let workers: Vec<WorkerRecord> = [
            ("W-1", "Asha Bello", Role::Worker),
            ("W-2", "Ben Carr", Role::Worker),
            ("W-3", "Dana Ellis", Role::Worker),
            ("L-1", "Farah Gill", Role::Lead),
            ("C-1", "Hugh Irwin", Role::Coordinator),
        ]
        .iter()
        .map(|(id, name, role)| WorkerRecord { id: worker(id), name: (*name).into(), role: *role, branch: branch(), phone: String::new() })
        .collect();
        office.record_many(&worker("C-1"), &branch(), &workers, Vec::new()).unwrap();
        World { office, time, clock, dir }
    }
    /// The same store in a fresh office.
    pub fn reopened(self) -> World {
        self.office.close();
        let World { office, time, clock, dir } = self;
        drop(office);
        let office = Office::open(config(&dir.path().join("data"), &clock, &[])).unwrap();
        World { office, time, clock, dir }
    }
    /// Plans a visit, an hour from nine.
    pub fn plan(&self, visit_no: &str, person_no: &str, workers: &[&str]) {
        self.plan_at(visit_no, person_no, workers, NINE.plus(HOUR));
    }
    pub fn plan_at(&self, visit_no: &str, person_no: &str, workers: &[&str], start: Millis) {
        self.office.record(&worker("C-1"), visit(visit_no), assigned(person_no, workers, start)).unwrap();
    }
    /// Plans visits of W-1, each to a person, all at once.
    pub fn plan_many(&self, visits: impl Iterator<Item = (String, String)>) {
        let statement = |(v, p): (String, String)| Statement { doc: visit(&v), body: assigned(&p, &["W-1"], NINE.plus(HOUR)) };
        self.office.record_many(&worker("C-1"), &branch(), &[], visits.map(statement).collect()).unwrap();
    }
    pub fn person(&self, person_no: &str, name: &str) {
        let details = PersonDetails {
            name: name.into(),
            known_as: String::new(),
            address: String::new(),
            phone: String::new(),
            access: String::new(),
            flags: vec![],
        };
        self.office.record(&worker("C-1"), person(person_no), Body::Person(details)).unwrap();
    }
    pub fn phone(&self, of: &str) -> TestPhone {
        let code = self.office.enrol_code(&worker(of), HOUR).unwrap();
        TestPhone::enrol(&self.office, &self.time, &code.code).unwrap()
    }
}

/// A phone of the test.
pub struct TestPhone {
    pub device: DeviceId,
    pub worker: WorkerId,
    pub key: SigningKey,
    pub office_key: PublicKey,
    pub epoch: ChainEpoch,
    pub server: ServerEpoch,
    clock: ManualClock,
    pub seq: u64,
    pub head: Digest,
    pub number: u64,
    pub cursor: Option<String>,
    /// Everything it recorded: document, change, hash, digest of the text.
    pub log: Vec<(DocumentId, ChangeRecord, Digest, Digest)>,
    pub have_to: u64,
    /// Clock samples that go with its next request.
    pub samples: Vec<ClockSample>,
    tails: BTreeMap<DocumentId, (Tail, Hand)>,
    /// Texts it pulled, by document.
    pub pulled: BTreeMap<DocumentId, BTreeSet<String>>,
    pub last: Option<SyncReply>,
}

impl TestPhone {
    pub fn enrol(office: &Office, time: &VirtualTime, code: &str) -> Result<TestPhone, Refusal> {
        TestPhone::enrol_by(&mut |ask| office.answer(ask), time, code)
    }

    /// Enrols over whatever carries requests.
    pub fn enrol_by(carry: &mut dyn FnMut(Ask) -> Answer, time: &VirtualTime, code: &str) -> Result<TestPhone, Refusal> {
        let (key, _) = SigningKey::generate();
        let mut epoch = [0; 8];
        SystemRandom::new().fill(&mut epoch);
        let epoch = ChainEpoch(epoch);
        let request = EnrolRequest {
            v: 1,
            code: code.into(),
            device_key: key.public_key().to_string(),
            label: "D-03, blue case".into(),
            epoch,
            device: None,
            worker: None,
        };
        let ask = Ask { path: "/v1/enrol".into(), headers: vec![], body: serde_json::to_vec(&request).unwrap() };
        let answer = carry(ask);
        if answer.status != 200 {
            return Err(serde_json::from_slice(&answer.body).unwrap());
        }
        let reply: EnrolReply = serde_json::from_slice(&answer.body).unwrap();
        Ok(TestPhone {
            device: reply.device,
            worker: reply.worker,
            key,
            office_key: PublicKey::parse(&reply.office_key).unwrap(),
            epoch,
            server: reply.server_epoch,
            clock: ManualClock::new(time, "phone"),
            seq: 0,
            head: Digest::ZERO,
            number: 0,
            cursor: None,
            log: vec![],
            have_to: 0,
            samples: vec![],
            tails: BTreeMap::new(),
            pulled: BTreeMap::new(),
            last: None,
        })
    }

    /// Sets how wrong its wall clock is from now on.
    pub fn wrong_by(&self, ms: i64) {
        self.clock.set_wall_error(ms);
    }

    pub fn entry(&self, doc: DocumentId, body: Body) -> Entry {
        let now = self.clock.read();
        let mut random = [0; 10];
        SystemRandom::new().fill(&mut random);
        Entry {
            v: 1,
            id: EntryId::make(now.wall.0, random),
            doc,
            author: Author::proven(self.worker.clone()),
            device: self.device.clone(),
            epoch: self.epoch,
            seq: self.seq + 1,
            happened: None,
            recorded: Recorded { at: now.wall, offset_min: now.offset_min },
            mono: Mono { boot: now.boot, ms: now.mono_ms },
            plan: None,
            reference: None,
            body,
        }
    }

    pub fn record(&mut self, doc: DocumentId, body: Body) {
        let entry = self.entry(doc, body);
        let (doc, id, text) = (entry.doc.clone(), entry.id, entry.text());
        self.record_text(doc, id, &text);
    }

    pub fn record_text(&mut self, doc: DocumentId, id: EntryId, text: &str) {
        let mut actor = [0; 16];
        SystemRandom::new().fill(&mut actor);
        let (tail, hand) = self.tails.entry(doc.clone()).or_insert_with(|| (Tail::genesis(), Hand::new(actor)));
        let (record, hash) = author(tail, hand, id, text);
        self.log.push((doc, record, hash, Digest::of(text.as_bytes())));
        self.seq += 1;
    }

    pub fn note(&mut self, doc: DocumentId, text: &str) {
        self.record(doc, Body::Note(Note { about: NoteType::General, text: text.into() }));
    }
    pub fn arrive(&mut self, doc: DocumentId) {
        self.record(doc, Body::Arrived(Arrived { method: Method::Tag, evidence: Evidence::default(), reason: String::new() }));
    }
    pub fn leave(&mut self, doc: DocumentId) {
        let left = Left { method: Method::Tag, evidence: Evidence::default(), reason: String::new(), mileage_tenths: None };
        self.record(doc, Body::Left(left));
    }

    /// Head of the chain after `seq` entries.
    pub fn head_at(&self, seq: u64) -> Digest {
        holdfast_model::chain::extend(Digest::ZERO, self.log[..seq as usize].iter().map(|l| l.3))
    }

    /// A signed push of a stretch.
    pub fn push(&self, first: u64, last: u64) -> Push {
        let records: Vec<_> = self.log[first as usize - 1..last as usize].iter().map(|(d, c, h, _)| (d.clone(), c.clone(), *h)).collect();
        self.push_of(first, &segments(&records))
    }
    pub fn push_of(&self, first: u64, segments: &[Segment]) -> Push {
        let count: usize = segments.iter().map(|s| s.texts.len()).sum();
        let texts: Vec<Digest> = self.log[first as usize - 1..first as usize - 1 + count].iter().map(|l| l.3).collect();
        let mut header = push_header(&self.device, self.epoch, first, self.head_at(first - 1), &texts, segments);
        header.sig = self.key.sign_text(&header.signed_bytes());
        Push { header, segments: segments.to_vec() }
    }

    pub fn request(&mut self, pushes: &[Push], want_bytes: u32) -> Ask {
        self.number += 1;
        let head = SyncRequest {
            v: travel::VERSION,
            device: self.device.clone(),
            epoch: self.epoch,
            number: self.number,
            clock: self.clock.read(),
            samples: std::mem::take(&mut self.samples),
            cursor: self.cursor.clone(),
            want_bytes,
            reader: None,
            heartbeat: Heartbeat { app: "test".into(), waiting: (self.seq - self.have_to) as u32, ..Heartbeat::default() },
        };
        self.ask(&encode_request(&head, pushes, &[]))
    }

    /// Signs and addresses a body.
    pub fn ask(&self, body: &[u8]) -> Ask {
        let signature = self.key.sign_text(&travel::request_signed_bytes(body));
        Ask {
            path: "/v1/sync".into(),
            headers: vec![(DEVICE_HEADER.into(), self.device.to_string()), (SIGNATURE_HEADER.into(), signature)],
            body: body.to_vec(),
        }
    }

    /// Sends everything that no receipt covers, and pulls.
    pub fn sync(&mut self, office: &Office) -> Result<SyncReply, Refusal> {
        let pushes = if self.seq > self.have_to { vec![self.push(self.have_to + 1, self.seq)] } else { vec![] };
        let ask = self.request(&pushes, 4 << 20);
        self.take(&ask, office.answer(ask.clone()))
    }

    /// Believes an answer only if the office signed it for this request.
    pub fn take(&mut self, ask: &Ask, answer: Answer) -> Result<SyncReply, Refusal> {
        if answer.status != 200 {
            return Err(serde_json::from_slice(&answer.body).unwrap());
        }
        let signature = answer.header(SIGNATURE_HEADER).expect("a signed reply");
        self.office_key.verify_text(&travel::reply_signed_bytes(&ask.body, &answer.body), signature).expect("the office's signature");
        let (reply, pushes) = decode_reply(&answer.body).unwrap();
        for receipt in &reply.receipts {
            self.check(receipt);
        }
        for push in pushes {
            for segment in push.segments {
                let doc = segment.head.doc.clone();
                for (record, hash) in holdfast_model::document::rebuild(&segment).expect("the office hands on only what rebuilds") {
                    let mut actor = [0; 16];
                    SystemRandom::new().fill(&mut actor);
                    let (tail, _) = self.tails.entry(doc.clone()).or_insert_with(|| (Tail::genesis(), Hand::new(actor)));
                    if self.pulled.entry(doc.clone()).or_default().insert(record.text.to_string()) {
                        tail.after(hash, &record.deps, record.start_op);
                    }
                }
            }
        }
        for doc in &reply.dropped {
            self.pulled.remove(doc);
        }
        self.have_to = reply.have_to;
        self.cursor = Some(reply.cursor.clone());
        self.last = Some(reply.clone());
        Ok(reply)
    }

    fn check(&self, receipt: &Receipt) {
        self.office_key.verify_text(&receipt.signed_bytes(), &receipt.sig).expect("a signed receipt");
        assert_eq!(receipt.device, self.device);
        assert_eq!(receipt.head, self.head_at(receipt.last), "a receipt over what this phone wrote");
    }

    pub fn texts(&self) -> BTreeSet<String> {
        self.log.iter().map(|l| l.1.text.to_string()).collect()
    }
}

/// The texts that an office has of a document.
pub fn held(office: &Office, doc: &DocumentId) -> Vec<EntryId> {
    office.entries(doc).unwrap().iter().map(Read::id).collect()
}

pub fn code(result: Result<SyncReply, Refusal>) -> String {
    result.map_or_else(|r| r.code, |_| "taken".into())
}

pub fn seeded(n: u64) -> SeededRandom {
    SeededRandom::new(n)
}

/// A phone signs for a segment whose changes are not those that its entries rebuild to: the entry stands and is noticed, the document is
/// handed on to nobody. Named by the table of deliberate faults.
pub fn nothing_is_handed_on_that_does_not_rebuild(faults: &[Fault]) -> Result<(), String> {
    let world = World::with(faults);
    world.plan("V-1", "P-101", &["W-1"]);
    let mut asha = world.phone("W-1");
    asha.note(visit("V-1"), "Had a good breakfast.");
    let mut push = asha.push(1, 1);
    push.segments[0].head.changes = Digest::of(b"something else");
    let push = asha.push_of(1, &push.segments);
    let ask = asha.request(&[push], 0);
    assert_eq!(world.office.answer(ask).status, 200);
    let view = world.office.visit(&VisitId::new("V-1").unwrap()).unwrap().unwrap();
    if held(&world.office, &visit("V-1")).len() != 2 || view.entries.len() != 2 {
        return Err("the entry was not taken".into());
    }
    let mut hugh = world.phone("C-1");
    let ask = hugh.request(&[], 4 << 20);
    let answer = world.office.answer(ask);
    let (_, pushes) = decode_reply(&answer.body).unwrap();
    if pushes.iter().flat_map(|p| &p.segments).any(|s| s.texts.iter().any(|t| t.contains("breakfast"))) {
        return Err("what does not rebuild was handed on".into());
    }
    match world.office.held_for_checking(&branch()).unwrap().iter().any(|h| h.code == "segment_changes") {
        true => Ok(()),
        false => Err("nobody was told".into()),
    }
}

/// An office with a planned visit, and a phone with a note about it that waits.
pub fn one_note() -> (World, TestPhone) {
    let world = World::new();
    world.plan("V-1", "P-101", &["W-1"]);
    let mut asha = world.phone("W-1");
    asha.note(visit("V-1"), "Had a good breakfast.");
    (world, asha)
}
