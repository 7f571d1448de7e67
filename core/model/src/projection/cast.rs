//! The cast of the scenarios, for tests: phones that write entries about one subject, each having seen what it has seen.

use super::{Held, Standing};
use crate::chronology::Clocks;
use crate::entry::*;
use crate::id::*;
use crate::time::Millis;
use crate::wire::{ClockSample, Truth};
use std::collections::BTreeSet;

/// Tuesday 3 November 2026 in London: `at("09:31")`.
pub fn at(hhmm: &str) -> Millis {
    Millis::parse_rfc3339(&format!("2026-11-03T{hhmm}:00+00:00")).expect("hours and minutes")
}

pub fn worker(name: &str) -> WorkerId {
    WorkerId::new(name).expect("a name")
}

pub fn text(words: &str) -> String {
    words.to_owned()
}

/// A phone, or the office's own device.
#[derive(Debug, Clone)]
pub struct Phone {
    pub worker: WorkerId,
    pub device: DeviceId,
    pub epoch: ChainEpoch,
    pub boot: BootId,
    /// True time at reading 0.
    pub booted: Millis,
    /// By how much the wall clock is fast, in milliseconds.
    pub fast: i64,
    pub seq: u64,
    heads: BTreeSet<Digest>,
    pub plan: Option<PlanRef>,
    pub unconfirmed: bool,
}

impl Phone {
    pub fn of(name: &str) -> Phone {
        let tag = Digest::of(name.as_bytes());
        let eight = |from: usize| <[u8; 8]>::try_from(&tag.0[from..from + 8]).expect("eight bytes");
        Phone {
            worker: worker(name),
            device: DeviceId::new(format!("phone-{name}")).expect("a name"),
            epoch: ChainEpoch(eight(0)),
            boot: BootId(eight(8)),
            booted: at("05:00"),
            fast: 0,
            seq: 0,
            heads: BTreeSet::new(),
            plan: None,
            unconfirmed: false,
        }
    }

    /// Switched off and on again: the boot-anchored clock begins anew.
    pub fn reboots(&mut self, when: Millis) {
        self.boot = BootId(Digest::of(&self.boot.0).0[..8].try_into().expect("eight bytes"));
        self.booted = when;
    }

    pub fn mono(&self, when: Millis) -> i64 {
        when.since(self.booted)
    }

    /// An exchange with the office, true to within `err_ms`.
    pub fn sample(&self, when: Millis, err_ms: u32) -> ClockSample {
        let truth = Some(Truth { at: when, err_ms });
        ClockSample { boot: self.boot, mono_ms: self.mono(when), wall: when.plus(self.fast), truth }
    }
}

/// All that is said about one subject.
#[derive(Debug, Clone)]
pub struct Room {
    pub doc: DocumentId,
    pub held: Vec<Held>,
    pub clocks: Clocks,
}

impl Room {
    pub fn visit(id: &str) -> Room {
        Room { doc: DocumentId::Visit(VisitId::new(id).expect("a name")), held: Vec::new(), clocks: Clocks::default() }
    }

    pub fn person(id: &str) -> Room {
        Room { doc: DocumentId::Person(PersonId::new(id).expect("a name")), held: Vec::new(), clocks: Clocks::default() }
    }

    /// Writes an entry on a phone at a true time; the phone has seen what it has seen.
    pub fn write(&mut self, phone: &mut Phone, when: Millis, body: Body) -> EntryId {
        self.write_of(phone, when, None, body)
    }

    /// The same, about something that happened at another time.
    pub fn write_of(&mut self, phone: &mut Phone, when: Millis, happened: Option<Millis>, body: Body) -> EntryId {
        phone.seq += 1;
        let tag = Digest::of_parts(&[phone.device.as_str().as_bytes(), &phone.epoch.0, &phone.seq.to_be_bytes()]);
        let id = EntryId::make(when.0 + phone.fast, tag.0[..10].try_into().expect("ten bytes"));
        let entry = Entry {
            v: VERSION,
            id,
            doc: self.doc.clone(),
            author: Author { worker: phone.worker.clone(), unconfirmed: phone.unconfirmed, name: String::new() },
            device: phone.device.clone(),
            epoch: phone.epoch,
            seq: phone.seq,
            happened: happened.map(|at| Happened { at, give_or_take_min: 0, basis: Basis::Seen }),
            recorded: Recorded { at: when.plus(phone.fast), offset_min: 0 },
            mono: Mono { boot: phone.boot, ms: phone.mono(when) },
            plan: phone.plan.clone(),
            reference: None,
            body,
        };
        self.put(phone, Read::Known(Box::new(entry.clone())), &entry.text());
        id
    }

    fn put(&mut self, phone: &mut Phone, read: Read, text: &str) {
        let text_digest = Digest::of(text.as_bytes());
        let deps: Vec<Digest> = phone.heads.iter().copied().collect();
        let change = Digest::of_parts(&[b"change", &text_digest.0]);
        phone.heads = BTreeSet::from([change]);
        let held = Held { read, text_digest, change, deps, received: None, standing: Standing::OnThisPhone };
        self.clocks.entry(&held.read, None);
        self.held.push(held);
    }

    /// An entry of a version that is not written yet.
    pub fn write_unreadable(&mut self, phone: &mut Phone, when: Millis) {
        let id = self.write(phone, when, note("from the future"));
        let last = self.held.last_mut().expect("just written");
        let e = last.read.known().expect("known so far").clone();
        last.read = Read::Unreadable(Unreadable {
            v: 99,
            id,
            doc: e.doc,
            author: e.author,
            device: e.device,
            epoch: e.epoch,
            seq: e.seq,
            recorded: e.recorded,
            mono: e.mono,
        });
    }

    /// The phone pulls everything that is said here, and everything it wrote is received.
    pub fn sync(&mut self, phone: &mut Phone, when: Millis) {
        let seen: BTreeSet<Digest> = self.held.iter().flat_map(|h| h.deps.iter().copied()).collect();
        phone.heads = self.held.iter().map(|h| h.change).filter(|c| !seen.contains(c)).collect();
        for held in self.held.iter_mut().filter(|h| h.read.place().0 == &phone.device && h.received.is_none()) {
            (held.received, held.standing) = (Some(when), Standing::Received);
            self.clocks.entry(&held.read, Some(when));
        }
        self.clocks.sample(&phone.device, phone.sample(when, 40));
    }

    pub fn visit_id(&self) -> VisitId {
        match &self.doc {
            DocumentId::Visit(id) => id.clone(),
            other => panic!("{other} is no visit"),
        }
    }

    pub fn row(&self) -> super::BoardRow {
        super::row(&self.visit_id(), &self.held, &self.clocks, None)
    }

    pub fn view(&self, now: Millis) -> super::VisitView {
        super::visit(&self.visit_id(), &self.held, &self.clocks, None, now, &super::Rules::default())
    }
}

pub fn note(words: &str) -> Body {
    Body::Note(Note { about: NoteType::General, text: text(words) })
}

pub fn on_the_way() -> Body {
    Body::OnTheWay(OnTheWay::default())
}

pub fn arrived() -> Body {
    Body::Arrived(Arrived { method: Method::Tag, evidence: Evidence::default(), reason: String::new() })
}

pub fn left() -> Body {
    Body::Left(Left { method: Method::Tag, evidence: Evidence::default(), reason: String::new(), mileage_tenths: None })
}

pub fn task(id: &str, outcome: TaskEnd) -> Body {
    Body::Task(TaskOutcome { task: TaskId::new(id).expect("a name"), title: text(id), index: None, outcome, reason: String::new() })
}

pub fn dose(id: &str, due: Option<Millis>, outcome: DoseEnd) -> Body {
    Body::Medicine(MedicineOutcome {
        medicine: MedicineId::new(id).expect("a name"),
        name: text(id),
        due,
        outcome,
        amount: Some(text("1")),
        unit: text("tablet"),
        route: text("oral"),
        reason: if outcome.needs_action() { text("feels sick") } else { String::new() },
        witness: String::new(),
        stock_left: None,
        told: None,
    })
}

pub fn ended(outcome: VisitEnd, told: Option<Told>) -> Body {
    Body::VisitOutcome(VisitOutcome { outcome, tried: String::new(), told, reason: String::new() })
}

pub fn amends(entry: EntryId, with: Body) -> Body {
    Body::Amended(Amended { entry, reason: text("tapped the wrong one"), with: Box::new(with) })
}

pub fn withdraws(entry: EntryId) -> Body {
    Body::Withdrawn(Withdrawn { entry, reason: text("wrong person") })
}

pub fn deals_with(entry: EntryId) -> Body {
    Body::DealtWith(DealtWith { entry, how: text("GP says leave it, next dose 13:00") })
}

pub fn call(report: Report, speaker: Speaker, who: &str, when: Millis, of: Option<&str>) -> Body {
    Body::PhoneCall(PhoneCall { who: text(who), speaker, at: when, report, report_at: None, worker: of.map(worker), words: String::new() })
}

pub fn visit_plan(person: &str, name: &str, from: &str, to: &str, workers: &[&str]) -> Assigned {
    Assigned {
        person: PersonId::new(person).expect("a name"),
        name: text(name),
        run: Some(RunId::new("run-3").expect("a name")),
        workers: workers.iter().map(|w| worker(w)).collect(),
        start: at(from),
        end: at(to),
        priority: Priority::Usual,
        flags: Vec::new(),
        tasks: Vec::new(),
        doses: Vec::new(),
        rota: text("R7"),
    }
}

/// Edith Marlow, 10:15 to 10:45 with Ben: co-careldopa at 11:00, and lunch.
pub fn edith() -> Assigned {
    Assigned {
        priority: Priority::TimeCritical,
        tasks: vec![PlannedTask { id: TaskId::new("lunch").expect("a name"), title: text("Lunch: soup, IDDSI level 6") }],
        doses: vec![co_careldopa()],
        ..visit_plan("P-101", "Edith Marlow", "10:15", "10:45", &["ben"])
    }
}

pub fn co_careldopa() -> PlannedDose {
    PlannedDose {
        medicine: MedicineId::new("co-careldopa").expect("a name"),
        name: text("Co-careldopa 25 mg/100 mg"),
        dose: text("1 tablet"),
        due: at("11:00"),
        window_min: 30,
        time_critical: true,
        given_by_worker: true,
    }
}

/// Frank Nolan, 10:50 to 11:20 with Ben and Dana: a hoist.
pub fn frank() -> Assigned {
    Assigned { flags: vec![Flag::DoubleUp, Flag::Hoist], ..visit_plan("P-102", "Frank Nolan", "10:50", "11:20", &["ben", "dana"]) }
}

/// Grace Otis, 09:30 to 10:00 with Ben: lives alone, a district nurse gives the insulin.
pub fn grace() -> Assigned {
    let insulin = PlannedDose {
        medicine: MedicineId::new("insulin").expect("a name"),
        name: text("Insulin"),
        given_by_worker: false,
        due: at("09:30"),
        ..co_careldopa()
    };
    Assigned {
        flags: vec![Flag::LivesAlone, Flag::InsulinByNurse],
        doses: vec![insulin],
        ..visit_plan("P-103", "Grace Otis", "09:30", "10:00", &["ben"])
    }
}

/// The office planned it at 06:15.
pub fn planned(id: &str, plan: Assigned) -> (Room, Phone) {
    let (mut room, mut office) = (Room::visit(id), Phone::of("hugh"));
    room.clocks.sample(&office.device, office.sample(at("05:00"), 0));
    room.write(&mut office, at("06:15"), Body::Assigned(plan));
    room.sync(&mut office, at("06:15"));
    (room, office)
}

/// A worker's phone that took the pack at 06:40.
pub fn with_pack(room: &mut Room, name: &str) -> Phone {
    let mut phone = Phone::of(name);
    room.sync(&mut phone, at("06:40"));
    phone
}

/// Every order of the same set: rotations and reversals are enough to catch what depends on arrival.
pub fn shuffles(held: &[Held]) -> Vec<Vec<Held>> {
    let n = held.len().max(1);
    (0..n)
        .flat_map(|k| {
            let mut turned = held.to_vec();
            turned.rotate_left(k % n);
            let mut back = turned.clone();
            back.reverse();
            [turned, back]
        })
        .collect()
}
