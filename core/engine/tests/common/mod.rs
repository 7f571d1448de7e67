//! An office whose every answer a test decides: real keys, real signatures, the real wire. What it must never do in the field (forge,
//! forget, answer for somebody else) it does here on request. The real office is tried in the workspace's own tests.
#![allow(dead_code)] // each test file uses its part

use holdfast_engine::port::{Answer, Ask, Disk, Network, NetworkFault, Ports, ServerAddress};
use holdfast_engine::{Enrol, MemoryCustodian, MemoryDisk, Phone, Settings};
use holdfast_host::{ManualClock, SeededRandom, SystemRandom, VirtualTime};
use holdfast_model::document::{Hand, Tail, author, segments};
use holdfast_model::entry::*;
use holdfast_model::id::*;
use holdfast_model::port::{Clock, Random};
use holdfast_model::time::{HOUR, MINUTE, Millis};
use holdfast_model::wire::{
    self, ClockSample, EnrolReply, EnrolRequest, Push, Receipt, Refusal, Role, SyncReply, SyncRequest, Truth, push_header,
};
use holdfast_model::{chain, limits};
use holdfast_vault::code::OneTimeCode;
use holdfast_vault::{Cost, KeyCustodian, OutboxOpener, OutboxPlace, ProviderKeys, PublicKey, SigningKey};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

pub const PIN: &str = "274951";

pub fn noon() -> Millis {
    Millis::parse_rfc3339("2026-11-03T12:00:00Z").expect("a literal")
}
pub fn visit(n: &str) -> VisitId {
    VisitId::new(n).expect("a literal")
}
pub fn doc(n: &str) -> DocumentId {
    DocumentId::Visit(visit(n))
}
pub fn person() -> PersonId {
    PersonId::new("P-101").expect("a literal")
}
pub fn worker() -> WorkerId {
    WorkerId::new("W-01").expect("a literal")
}

/// What the office does to its next answers.
#[derive(Default, Clone)]
pub struct Mood {
    pub fault: Option<NetworkFault>,
    /// The request arrives and is taken in, its answer does not come back.
    pub lose_answer: bool,
    pub refuse: Option<(u16, String, Option<u32>)>,
    pub spoil_reply_signature: bool,
    pub answer_of_before: bool,
    pub spoil_receipt: bool,
    pub foreign_head: bool,
    pub no_receipts: bool,
    pub hold: Option<String>,
    pub spoil_text: bool,
    pub spoil_changes: bool,
    pub unlisted: bool,
    pub garbage: bool,
    pub revoked: bool,
    pub dropped: Vec<DocumentId>,
    pub claims_have_to: Option<u64>,
    pub slot_ms: u32,
    /// A stretch that does not go on from what is there is taken once the phone was told where that ends; else it is a fault of the test.
    pub takes_gaps: bool,
    /// When what it hands out reached it, if not just now.
    pub arrived: Option<Millis>,
    /// Whom the next code is for, by number and name; else the first worker.
    pub enrols: Option<(WorkerId, String)>,
}

pub struct State {
    pub mood: Mood,
    pub server_epoch: ServerEpoch,
    pub device_key: Option<PublicKey>,
    /// Texts by chain epoch and sequence.
    pub ledger: HashMap<ChainEpoch, Vec<String>>,
    pub requests: Vec<SyncRequest>,
    /// What the next reply that hands something out tells of other phones' clocks.
    pub clocks: Vec<(DeviceId, ClockSample)>,
    /// What phones can pull, in order; the cursor counts them.
    pub out: Vec<Push>,
    pub enrolled: Option<(String, EnrolReply)>,
    /// Actors of the segments that arrived, as they came.
    pub actors: Vec<ActorId>,
    told: Option<(ServerEpoch, u64)>,
    last_reply: Option<Answer>,
    tails: HashMap<DocumentId, (Tail, Hand)>,
    head: Digest,
    seq: u64,
}

pub struct Office {
    pub key: SigningKey,
    pub provider_key: String,
    opener: OutboxOpener,
    pub state: Mutex<State>,
    clock: ManualClock,
}

impl Office {
    pub fn new(time: &VirtualTime) -> Arc<Office> {
        let state = State {
            mood: Mood::default(),
            server_epoch: ServerEpoch([1; 8]),
            device_key: None,
            ledger: HashMap::new(),
            requests: Vec::new(),
            clocks: Vec::new(),
            out: Vec::new(),
            enrolled: None,
            actors: Vec::new(),
            told: None,
            last_reply: None,
            tails: HashMap::new(),
            head: Digest::ZERO,
            seq: 0,
        };
        let provider_keys = ProviderKeys::generate(&SystemRandom::new());
        Arc::new(Office {
            key: SigningKey::generate().0,
            provider_key: provider_keys.public().to_owned(),
            opener: provider_keys.opener(),
            state: Mutex::new(state),
            clock: ManualClock::new(time, "office"),
        })
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds this")
    }
    pub fn mood(&self, change: impl FnOnce(&mut Mood)) {
        change(&mut self.state().mood);
    }
    pub fn texts(&self) -> Vec<String> {
        self.state().ledger.values().flatten().cloned().collect()
    }

    /// The office says something; phones pull it.
    pub fn says(&self, doc: &DocumentId, body: Body) -> EntryId {
        let clock = self.clock.read();
        let mut state = self.state();
        let state = &mut *state;
        state.seq += 1;
        let id = EntryId::make(clock.wall.0, Digest::of(&state.seq.to_be_bytes()).0[..10].try_into().expect("ten"));
        let entry = Entry {
            v: VERSION,
            id,
            doc: doc.clone(),
            author: Author::proven(WorkerId::new("hugh").expect("a literal")),
            device: DeviceId::new("OFFICE").expect("a literal"),
            epoch: ChainEpoch([9; 8]),
            seq: state.seq,
            happened: None,
            recorded: Recorded { at: clock.wall, offset_min: 0 },
            mono: Mono { boot: clock.boot, ms: clock.mono_ms },
            plan: None,
            reference: None,
            body,
        };
        let text = entry.text();
        let (tail, hand) = state
            .tails
            .entry(doc.clone())
            .or_insert_with(|| (Tail::genesis(), Hand::new(Digest::of(text.as_bytes()).0[..16].try_into().expect("16"))));
        let (record, hash) = author(tail, hand, id, &text);
        let segments = segments(&[(doc.clone(), record, hash)]);
        let digest = Digest::of(text.as_bytes());
        let mut header = push_header(&entry.device, entry.epoch, state.seq, state.head, &[digest], &segments);
        header.sig = self.key.sign_text(&header.signed_bytes());
        state.head = chain::next(state.head, digest);
        state.out.push(Push { header, segments });
        id
    }

    /// Sets how wrong the clock is of whoever says something; gives a sample of it.
    pub fn wrong_by(&self, ms: i64) -> ClockSample {
        self.clock.set_wall_error(0);
        let truth = Some(Truth { at: self.clock.read().wall, err_ms: 20 });
        self.clock.set_wall_error(ms);
        let now = self.clock.read();
        ClockSample { boot: now.boot, mono_ms: now.mono_ms, wall: now.wall, truth }
    }

    /// A visit at `start`, with a task and a time-critical dose, and its person's plan.
    pub fn plans(&self, name: &str, start: Millis) {
        self.says(&doc(name), assigned(start));
    }

    fn enrol(&self, request: &EnrolRequest) -> Answer {
        let refuse = self.state().mood.refuse.clone();
        if let Some((status, code, retry_ms)) = refuse {
            return refusal(status, &code, retry_ms);
        }
        let mut state = self.state();
        if let Some((key, reply)) = &state.enrolled {
            return match *key == request.device_key {
                true => {
                    let (worker, worker_name) = state.mood.enrols.clone().unwrap_or((reply.worker.clone(), reply.worker_name.clone()));
                    json(200, &EnrolReply { worker, worker_name, ..reply.clone() })
                }
                false => refusal(403, "code_used", None),
            };
        }
        let reply = EnrolReply {
            v: wire::VERSION,
            provider: ProviderId::new("northquay").expect("a literal"),
            branch: BranchId::new("north").expect("a literal"),
            device: DeviceId::new("D-01").expect("a literal"),
            worker: worker(),
            worker_name: "Asha Patel".into(),
            role: Role::Worker,
            server_epoch: state.server_epoch,
            office_key: self.key.public_key().to_string(),
            provider_key: self.provider_key.clone(),
            lease_ms: 72 * HOUR,
            reader: None,
        };
        state.device_key = PublicKey::parse(&request.device_key);
        state.enrolled = Some((request.device_key.clone(), reply.clone()));
        json(200, &reply)
    }

    fn sync(&self, ask: &Ask) -> Answer {
        let now = self.clock.read().wall;
        let mut state = self.state();
        let state = &mut *state;
        let mood = state.mood.clone();
        let key = state.device_key.expect("enrolled");
        let header = |name: &str| ask.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).expect("a header");
        key.verify_text(&wire::request_signed_bytes(&ask.body), &header(wire::SIGNATURE_HEADER)).expect("signed by the phone");
        let wire::Request { head: request, pushes: open, sealed } = wire::decode_request(&ask.body).expect("a request");
        let provider = ProviderId::new("northquay").expect("a literal");
        let mut pushes: Vec<wire::Unsealed> = open.into_iter().map(wire::Unsealed::from).collect();
        for push in sealed {
            let (device, epoch) = (push.header.device.clone(), push.header.epoch);
            pushes.push(push.unseal(|seq, bytes| {
                let place = OutboxPlace { provider: &provider, device: &device, epoch, seq };
                self.opener.open(&place, bytes).ok().map(|opened| opened.to_vec())
            }));
        }
        assert!(state.requests.iter().all(|r| r.number != request.number || r.epoch != request.epoch), "no number twice");
        state.requests.push(request.clone());
        if let Some((status, code, retry_ms)) = mood.refuse {
            return refusal(status, &code, retry_ms);
        }
        let mut receipts = Vec::new();
        for unsealed in &mut pushes {
            assert!(unsealed.unopened.is_empty(), "sealed for this office");
            let push = unsealed.push.clone();
            key.verify_text(&push.header.signed_bytes(), &push.header.sig).expect("a signed header");
            state.actors.extend(push.segments.iter().map(|s| s.head.actor));
            let inspected = wire::inspect_unsealed(unsealed).expect("whole");
            let chain = state.ledger.entry(push.header.epoch).or_default();
            if mood.takes_gaps && chain.len() + 1 < push.header.first as usize {
                if state.told != Some((state.server_epoch, chain.len() as u64)) {
                    // Not before the phone was told from where to offer.
                    continue;
                }
                chain.resize(push.header.first as usize - 1, "gone for good".into());
            }
            assert!(push.header.first as usize <= chain.len() + 1, "no gap");
            for entry in &inspected.entries {
                let text = push.segments[entry.segment as usize].texts[entry.index as usize].to_string();
                assert_eq!(inspected.rebuild(&push, entry.segment as usize).err(), None, "an honest push");
                match chain.get(entry.seq as usize - 1) {
                    Some(known) => assert_eq!(*known, text, "one text under one number"),
                    None => chain.push(text),
                }
            }
            let mut receipt = Receipt {
                server_epoch: state.server_epoch,
                device: request.device.clone(),
                epoch: push.header.epoch,
                first: push.header.first,
                last: push.header.last(),
                head: if mood.foreign_head { Digest::of(b"another") } else { push.header.head },
                held: mood.hold.iter().map(|code| (push.header.last(), code.clone())).collect(),
                at: now,
                sig: String::new(),
            };
            receipt.sig = self.key.sign_text(&receipt.signed_bytes());
            if mood.spoil_receipt {
                receipt.last += 1;
            }
            receipts.push(receipt);
        }
        if mood.no_receipts {
            receipts.clear();
        }
        let from: usize = request.cursor.as_deref().and_then(|c| c.parse().ok()).unwrap_or(0);
        let most = if request.want_bytes == 0 || mood.revoked { 0 } else { 40 };
        let mut out: Vec<Push> = state.out.iter().skip(from).take(most).cloned().collect();
        let to = from + out.len();
        if let Some(push) = out.last_mut() {
            if mood.spoil_text {
                let text = push.segments[0].texts[0].replace("Edith", "Agnes");
                push.segments[0].texts[0] = text.into();
            }
            if mood.spoil_changes {
                push.segments[0].head.changes = Digest::of(b"forged");
                push.header.segments = vec![push.segments[0].head.digest()];
            }
            if mood.unlisted {
                push.header.segments = vec![Digest::ZERO];
            }
        }
        let have_to = state.ledger.get(&request.epoch).map_or(0, |c| c.len() as u64);
        state.told = Some((state.server_epoch, have_to));
        let reply = SyncReply {
            v: wire::VERSION,
            server_epoch: state.server_epoch,
            t1: now,
            t2: now,
            receipts,
            have_to: mood.claims_have_to.unwrap_or(have_to),
            cursor: to.to_string(),
            more: most > 0 && to < state.out.len(),
            slot_ms: mood.slot_ms,
            want_plans: false,
            dropped: mood.dropped.clone(),
            revoked: mood.revoked,
            lease_ms: 72 * HOUR,
            clocks: if most > 0 { std::mem::take(&mut state.clocks) } else { Vec::new() },
            arrived: out.iter().map(|_| mood.arrived.unwrap_or(now)).collect(),
            not_a_reader: false,
        };
        let mut body = wire::encode_reply(&reply, &out, &[]);
        if mood.garbage {
            body = b"no reply at all".to_vec();
        }
        let mut signature = self.key.sign_text(&wire::reply_signed_bytes(&ask.body, &body));
        if mood.spoil_reply_signature {
            signature = SigningKey::generate().0.sign_text(&wire::reply_signed_bytes(&ask.body, &body));
        }
        let answer = Answer { status: 200, headers: vec![(wire::SIGNATURE_HEADER.into(), signature)], body };
        let before = state.last_reply.replace(answer.clone());
        if mood.answer_of_before { before.expect("there was one") } else { answer }
    }
}

fn json(status: u16, value: &impl serde::Serialize) -> Answer {
    Answer { status, headers: Vec::new(), body: serde_json::to_vec(value).expect("json") }
}
pub fn refusal(status: u16, code: &str, retry_ms: Option<u32>) -> Answer {
    json(status, &Refusal { code: code.into(), says: "in the office's words".into(), retry_ms })
}

pub fn assigned(start: Millis) -> Body {
    Body::Assigned(Assigned {
        person: person(),
        name: "Edith Marlow".into(),
        run: RunId::new("R-1").ok(),
        workers: vec![worker()],
        start,
        end: start.plus(30 * MINUTE),
        priority: Priority::TimeCritical,
        flags: vec![Flag::LivesAlone],
        tasks: vec![PlannedTask { id: TaskId::new("T-1").expect("a literal"), title: "Breakfast".into() }],
        doses: vec![PlannedDose {
            medicine: MedicineId::new("M-1").expect("a literal"),
            name: "Co-careldopa 25 mg/100 mg".into(),
            dose: "1 tablet".into(),
            due: start.plus(15 * MINUTE),
            window_min: 30,
            time_critical: true,
            given_by_worker: true,
        }],
        rota: "R7".into(),
    })
}

pub fn plan(version: u32, effective: Millis) -> Body {
    Body::PlanVersion(PlanVersion {
        person: person(),
        version,
        replaces: (version > 1).then(|| version - 1),
        effective,
        allergies: vec!["Penicillin".into()],
        essentials: vec![Essential { title: "Transfers".into(), text: format!("with the hoist, as of version {version}") }],
        medicines: Vec::new(),
        contacts: vec![Contact { name: "Jean Marlow".into(), role: "daughter".into(), phone: "01632 960100".into() }],
        changed: String::new(),
    })
}

pub fn note(text: &str) -> Body {
    Body::Note(Note { about: NoteType::General, text: text.into() })
}
pub fn arrived() -> Body {
    Body::Arrived(Arrived { method: Method::ByHand, evidence: Evidence::default(), reason: "no tag at the door".into() })
}
pub fn left() -> Body {
    Body::Left(Left { method: Method::ByHand, evidence: Evidence::default(), reason: "no tag at the door".into(), mileage_tenths: None })
}
pub fn dose(outcome: DoseEnd, reason: &str) -> Body {
    Body::Medicine(MedicineOutcome {
        medicine: MedicineId::new("M-1").expect("a literal"),
        name: String::new(),
        due: None,
        outcome,
        amount: None,
        unit: String::new(),
        route: String::new(),
        reason: reason.into(),
        witness: String::new(),
        stock_left: None,
        told: None,
    })
}

impl Network for Office {
    fn exchange(&self, ask: Ask, _: Duration) -> Result<Answer, NetworkFault> {
        assert!(ask.body.len() <= limits::BODY_BYTES);
        let (fault, lose) = {
            let mood = &self.state().mood;
            (mood.fault, mood.lose_answer)
        };
        if let Some(fault) = fault {
            return Err(fault);
        }
        let answer = match ask.path.as_str() {
            "/v1/enrol" => self.enrol(&serde_json::from_slice(&ask.body).expect("a request")),
            "/v1/sync" => self.sync(&ask),
            other => panic!("{other}"),
        };
        if lose { Err(NetworkFault::TimedOut) } else { Ok(answer) }
    }
}

/// One phone in a world of its own.
pub struct World {
    pub time: VirtualTime,
    pub clock: ManualClock,
    pub office: Arc<Office>,
    pub disk: Arc<MemoryDisk>,
    pub custodian: Arc<dyn KeyCustodian>,
    pub random: Arc<dyn Random>,
}

impl World {
    pub fn new() -> World {
        let time = VirtualTime::starting(noon());
        let random: Arc<dyn Random> = Arc::new(SeededRandom::new(7));
        World {
            clock: ManualClock::new(&time, "phone"),
            office: Office::new(&time),
            disk: Arc::new(MemoryDisk::new()),
            custodian: Arc::new(MemoryCustodian::new(random.clone())),
            random,
            time,
        }
    }

    pub fn ports(&self) -> Ports {
        self.ports_on(self.disk.clone())
    }
    pub fn ports_on(&self, disk: Arc<dyn Disk>) -> Ports {
        Ports {
            clock: Arc::new(self.clock.clone()),
            random: self.random.clone(),
            network: self.office.clone(),
            disk,
            custodian: self.custodian.clone(),
        }
    }

    pub fn open(&self) -> Phone {
        Phone::open(self.ports(), settings()).expect("opens")
    }
    pub fn reopen(&self, phone: Phone) -> Phone {
        drop(phone);
        let mut phone = self.open();
        phone.unlock(PIN).expect("the PIN");
        phone
    }

    /// An enrolled phone with nothing on it.
    pub fn enrolled(&self) -> Phone {
        let mut phone = self.open();
        phone.enrol(enrol()).expect("enrolled");
        phone
    }

    /// An enrolled phone that holds today's visit V-1 and its person.
    pub fn ready(&self) -> Phone {
        self.office.says(&DocumentId::Person(person()), plan(14, noon().plus(-24 * HOUR)));
        self.office.plans("V-1", noon());
        let mut phone = self.enrolled();
        phone.sync().expect("the pack");
        phone
    }
}

pub fn settings() -> Settings {
    Settings { pin_cost: Cost::SIMULATION, ..Settings::default() }
}

pub fn enrol() -> Enrol {
    Enrol {
        code: OneTimeCode::generate(&SystemRandom::new()).to_string(),
        servers: vec![ServerAddress { url: "https://office.invalid".into(), pin: None }],
        label: "D-01, blue case".into(),
        pin: PIN.into(),
    }
}
