//! What the office has in hand: branches, documents that matter now, phones, chains. Rebuilt from the ledger at the start.
//!
//! Documents hold the very segments that were stored. What they add up to is computed when somebody asks, never on the way
//! of an acknowledgement.

use crate::clock_log::ClockLog;
use crate::error::OfficeError;
use crate::ingest::Gist;
use crate::keys::Keys;
use crate::ledger::{BranchNo, DAY_ALWAYS, DocumentKey, DocumentRow, Ledger, LineRow, PushRow, SegmentRow};
use crate::office::WorkerRecord;
use crate::parcels::Parcels;
use crate::phone::Phone;
use holdfast_model::chronology::Clocks;
use holdfast_model::document::{Segment, Tail, rebuild};
use holdfast_model::entry::Read;
use holdfast_model::id::{BootId, BranchId, ChainEpoch, DeviceId, Digest, DocumentId, PersonId, WorkerId};
use holdfast_model::projection::{BoardRow, Held, Incoming, Standing};
use holdfast_model::time::{DAY, Millis};
use holdfast_model::wire::{ClockSample, Packed, PushHeader, SegmentHead};
use holdfast_vault::DataKey;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Days before today that a visit stays in hand.
pub const DAYS_IN_HAND: i64 = 3;

/// A push as it was stored.
#[derive(Debug)]
pub struct StoredPush {
    /// Its number.
    pub id: i64,
    /// Its signed header.
    pub header: PushHeader,
    /// When it arrived.
    pub received: Millis,
}

/// A segment as it was stored.
#[derive(Debug)]
pub struct Stored {
    /// What its branch's counter said.
    pub seq: u64,
    /// The push it came in.
    pub push: Arc<StoredPush>,
    /// Head and texts.
    pub segment: Segment,
    /// Hashes of its changes, in order; empty when they do not rebuild.
    pub changes: Vec<Digest>,
    /// Why it is not handed on.
    pub withheld: Option<String>,
    /// Somebody looked at it and took it in.
    pub reviewed: bool,
}

/// Where a visit stands in plans: what scopes are made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Whom.
    pub person: Option<PersonId>,
    /// When.
    pub start: Option<Millis>,
    /// Whose it is, or who wrote about being there.
    pub workers: BTreeSet<WorkerId>,
}

/// A document in hand.
pub struct Doc {
    /// Which.
    pub id: DocumentId,
    /// Its name in the ledger.
    pub key: DocumentKey,
    /// Where.
    pub branch: BranchNo,
    /// Under which key it is sealed.
    pub subject: Arc<DataKey>,
    /// Day on which it matters.
    pub day: i64,
    /// Its segments, by counter.
    pub segments: Vec<Arc<Stored>>,
    /// Where it stands, for an author.
    pub tail: Tail,
    /// A visit's place in plans.
    pub plan: Plan,
    /// Phones that wrote in it.
    pub devices: Vec<DeviceId>,
    /// The counter from which nothing of it is handed on.
    pub withheld_from: Option<u64>,
    /// What the entries add up to, as of `version`.
    pub row: Option<Arc<BoardRow>>,
    /// When the row last changed, in the branch's count of changes.
    pub version: u64,
}

/// A branch in hand.
pub struct Branch {
    /// Its number.
    pub no: BranchNo,
    /// Its name.
    pub name: BranchId,
    /// Its counter.
    pub seq: u64,
    /// Its last segments, by counter, without gaps up to now.
    pub ring: VecDeque<Arc<Stored>>,
    /// Visits by worker.
    pub by_worker: HashMap<WorkerId, BTreeSet<DocumentId>>,
    /// Moves whenever a scope may have changed.
    pub plans: u64,
    /// Visits whose rows are to be made anew.
    pub dirty: HashSet<DocumentId>,
    /// Rows by when they last changed.
    pub changed: BTreeMap<u64, DocumentId>,
    /// Counts changes of rows.
    pub version: u64,
}

impl Branch {
    /// A branch of which nothing is in hand yet.
    pub fn new(no: BranchNo, name: BranchId, seq: u64) -> Branch {
        Branch {
            no,
            name,
            seq,
            ring: VecDeque::new(),
            by_worker: HashMap::new(),
            plans: 1,
            dirty: HashSet::new(),
            changed: BTreeMap::new(),
            version: 0,
        }
    }
}

/// One history of one chain epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Its place in the ledger.
    pub row: LineRow,
    /// Head of the chain after its last entry.
    pub head: Digest,
}

/// Everything in hand.
#[derive(Default)]
pub struct State {
    /// By number, from 1.
    pub branches: Vec<Branch>,
    /// Documents that matter now.
    pub docs: HashMap<DocumentId, Doc>,
    /// Phones.
    pub phones: HashMap<DeviceId, Arc<Mutex<Phone>>>,
    /// Workers.
    pub workers: BTreeMap<WorkerId, WorkerRecord>,
    /// Chains.
    pub chains: HashMap<(DeviceId, ChainEpoch), Vec<Line>>,
    /// What is known of everybody's clocks.
    pub clocks: Clocks,
    /// Documents in which a phone wrote: a new sample of its clocks may move their entries.
    pub by_device: HashMap<DeviceId, BTreeSet<DocumentId>>,
    /// What phones are told of each other's clocks.
    pub clock_log: ClockLog,
    /// Which clock samples were kept.
    pub samples: Samples,
    /// Documents that could not be read from the ledger.
    pub damaged: u64,
    /// Number of the last push.
    pub last_push: i64,
    /// The bytes of the latest ones.
    pub parcels: Parcels,
    /// The day for which documents are in hand.
    pub day: i64,
}

/// The last clock sample that was kept of each boot of each device.
#[derive(Debug, Default)]
pub struct Samples(HashMap<(DeviceId, BootId), ClockSample>);

impl Samples {
    /// True for a sample worth keeping, which is then the last: the first of a boot, one some time after the last, or one much surer.
    pub fn worth(&mut self, device: &DeviceId, sample: &ClockSample, every_ms: i64) -> bool {
        let key = (device.clone(), sample.boot);
        let err = |s: &ClockSample| s.truth.map_or(u32::MAX, |t| t.err_ms);
        let worth = self.0.get(&key).is_none_or(|last| {
            let apart = sample.mono_ms.saturating_sub(last.mono_ms).saturating_abs();
            // A wall clock that was set is news at once.
            let set = sample.wall.since(last.wall).saturating_sub(sample.mono_ms.saturating_sub(last.mono_ms)).saturating_abs();
            apart >= every_ms || err(sample) < err(last) / 2 || set > 1_000
        });
        if worth {
            self.0.insert(key, *sample);
        }
        worth
    }
}

/// Days since 1970 in London.
pub fn day_of(at: Millis) -> i64 {
    at.london_day().map_or(at.0.div_euclid(DAY), |d| d.signed_duration_since(chrono::NaiveDate::default()).num_days())
}

impl State {
    /// A branch by its number.
    pub fn branch(&self, no: BranchNo) -> Option<&Branch> {
        self.branches.get(usize::from(no).wrapping_sub(1))
    }
    /// A branch by its number, to be changed.
    pub fn branch_mut(&mut self, no: BranchNo) -> Option<&mut Branch> {
        self.branches.get_mut(usize::from(no).wrapping_sub(1))
    }
    /// A branch by its name.
    pub fn branch_named(&self, name: &BranchId) -> Option<&Branch> {
        self.branches.iter().find(|b| b.name == *name)
    }

    /// Puts a document in hand.
    pub fn insert(&mut self, doc: Doc) {
        let (id, branch) = (doc.id.clone(), doc.branch);
        for device in &doc.devices {
            self.by_device.entry(device.clone()).or_default().insert(id.clone());
        }
        let workers = doc.plan.workers.clone();
        self.docs.insert(id.clone(), doc);
        if let Some(branch) = self.branch_mut(branch) {
            for worker in workers {
                branch.by_worker.entry(worker).or_default().insert(id.clone());
            }
            branch.plans += 1;
            if matches!(id, DocumentId::Visit(_)) {
                branch.dirty.insert(id);
            }
        }
    }

    /// Takes a stored segment into its document, which is in hand.
    pub fn take(&mut self, id: &DocumentId, stored: Arc<Stored>, gist: &Gist) {
        let State { docs, branches, by_device, clocks, .. } = self;
        let Some(doc) = docs.get_mut(id) else { return };
        let known = !stored.changes.is_empty() && doc.segments.iter().any(|s| s.changes.first() == stored.changes.first());
        let device = stored.push.header.device.clone();
        if !doc.devices.contains(&device) {
            by_device.entry(device.clone()).or_default().insert(id.clone());
            doc.devices.push(device);
        }
        let Some(branch) = branches.get_mut(usize::from(doc.branch).wrapping_sub(1)) else { return };
        if matches!(id, DocumentId::Visit(_)) {
            branch.dirty.insert(id.clone());
        }
        if !known {
            doc.advance(&stored);
        }
        doc.segments.push(stored);
        if gist.plan {
            let before = std::mem::take(&mut doc.plan);
            doc.plan = doc.planned(clocks);
            if before != doc.plan {
                branch.plans += 1;
                for worker in before.workers.difference(&doc.plan.workers) {
                    if let Some(visits) = branch.by_worker.get_mut(worker) {
                        visits.remove(id);
                    }
                }
            }
        } else if matches!(id, DocumentId::Visit(_)) {
            for author in &gist.authors {
                if !doc.plan.workers.contains(author) {
                    doc.plan.workers.insert(author.clone());
                    branch.plans += 1;
                }
            }
        }
        for worker in &doc.plan.workers {
            if !branch.by_worker.get(worker).is_some_and(|v| v.contains(id)) {
                branch.by_worker.entry(worker.clone()).or_default().insert(id.clone());
            }
        }
    }

    /// A phone's clocks are better known now: its entries may stand elsewhere in time.
    pub fn clocks_moved(&mut self, device: &DeviceId) {
        let Some(docs) = self.by_device.get(device) else { return };
        for id in docs {
            if let (DocumentId::Visit(_), Some(doc)) = (id, self.docs.get(id))
                && let Some(branch) = self.branches.get_mut(usize::from(doc.branch).wrapping_sub(1))
            {
                branch.dirty.insert(id.clone());
            }
        }
    }

    /// A phone's count of waiting records changed: its worker's visits say so.
    pub fn waiting_moved(&mut self, worker: &WorkerId) {
        for branch in &mut self.branches {
            if let Some(visits) = branch.by_worker.get(worker) {
                branch.dirty.extend(visits.iter().cloned());
            }
        }
    }

    /// Makes the rows of a branch anew where something changed.
    pub fn refresh(&mut self, no: BranchNo) {
        let Some(branch) = self.branch_mut(no) else { return };
        if branch.dirty.is_empty() {
            return;
        }
        let dirty = std::mem::take(&mut branch.dirty);
        let on_the_way = self.on_the_way();
        let mut made = Vec::with_capacity(dirty.len());
        for id in dirty {
            let DocumentId::Visit(visit) = &id else { continue };
            if let Some(doc) = self.docs.get(&id) {
                let incoming = incoming(doc, &on_the_way);
                let row = holdfast_model::projection::row(visit, &doc.held(), &self.clocks, incoming);
                if doc.row.as_deref() != Some(&row) {
                    made.push((id, row));
                }
            }
        }
        for (id, row) in made {
            let Some(branch) = self.branches.get_mut(usize::from(no).wrapping_sub(1)) else { continue };
            branch.version += 1;
            let version = branch.version;
            if let Some(doc) = self.docs.get_mut(&id) {
                branch.changed.remove(&doc.version);
                branch.changed.insert(version, id);
                doc.version = version;
                doc.row = Some(Arc::new(row));
            }
        }
    }

    /// What each worker's phones said they still hold, beside what is here.
    pub fn on_the_way(&self) -> HashMap<WorkerId, Incoming> {
        let mut all: HashMap<WorkerId, Incoming> = HashMap::new();
        for phone in self.phones.values() {
            let phone = phone.lock().unwrap_or_else(PoisonError::into_inner);
            if phone.waiting > 0 && phone.revoked.is_none() {
                // Whose they are only the phone knows: of a shared one they count for each who reads on it.
                for worker in phone.readers() {
                    let sum = all.entry(worker.clone()).or_insert(Incoming { have: 0, of: 0 });
                    sum.have += phone.received;
                    sum.of += phone.received + u64::from(phone.waiting);
                }
            }
        }
        all
    }

    /// Lets go of visits of days gone by, and of segments that belong to none in hand.
    pub fn sweep(&mut self, today: i64) {
        if self.day == today {
            return;
        }
        self.day = today;
        self.clock_log.sweep(Millis((today - DAYS_IN_HAND - 1) * DAY));
        let State { docs, branches, by_device, .. } = self;
        docs.retain(|id, doc| {
            let stays = doc.day >= today - DAYS_IN_HAND;
            if !stays && let Some(branch) = branches.get_mut(usize::from(doc.branch).wrapping_sub(1)) {
                branch.changed.remove(&doc.version);
                branch.dirty.remove(id);
                for worker in &doc.plan.workers {
                    if let Some(visits) = branch.by_worker.get_mut(worker) {
                        visits.remove(id);
                    }
                }
                for device in &doc.devices {
                    if let Some(visits) = by_device.get_mut(device) {
                        visits.remove(id);
                    }
                }
            }
            stays
        });
        for branch in branches {
            // What a phone still lacks of these is read from the ledger.
            branch.ring.clear();
            branch.ring.shrink_to_fit();
        }
    }
}

/// What of the records of a visit's workers' phones is still on the way.
pub fn incoming(doc: &Doc, on_the_way: &HashMap<WorkerId, Incoming>) -> Option<Incoming> {
    if on_the_way.is_empty() {
        return None;
    }
    let theirs = doc.plan.workers.iter().filter_map(|w| on_the_way.get(w));
    theirs.fold(None, |sum: Option<Incoming>, one| {
        let sum = sum.unwrap_or(Incoming { have: 0, of: 0 });
        Some(Incoming { have: sum.have + one.have, of: sum.of + one.of })
    })
}

impl Doc {
    /// A document that holds nothing yet.
    pub fn new(row: &NewDoc) -> Doc {
        Doc {
            id: row.id.clone(),
            key: row.key,
            branch: row.branch,
            subject: row.subject.clone(),
            day: row.day,
            segments: Vec::new(),
            tail: Tail::genesis(),
            plan: Plan::default(),
            devices: Vec::new(),
            withheld_from: None,
            row: None,
            version: 0,
        }
    }

    /// Reads a whole document from the ledger.
    pub fn load(row: &DocumentRow, keys: &Keys, ledger: &dyn Ledger, clocks: &mut Clocks) -> Result<Doc, OfficeError> {
        let id = keys.open_document(&row.key, &row.sealed)?;
        let new = NewDoc { id, key: row.key, branch: row.branch, subject: keys.key_of(&row.sealed)?, day: row.day, stored: true };
        let mut doc = Doc::new(&new);
        let mut pushes: HashMap<i64, Arc<StoredPush>> = HashMap::new();
        for (push, segment) in ledger.segments_of(&row.key)? {
            let push = match pushes.get(&push) {
                Some(known) => known.clone(),
                None => {
                    let loaded = load_push(push, ledger)?;
                    pushes.insert(push, loaded.clone());
                    loaded
                }
            };
            let stored = Arc::new(load_segment(segment, push, keys)?);
            for read in stored.segment.texts.iter().filter_map(|t| Read::parse(t).ok()) {
                clocks.entry(&read, Some(stored.push.received));
            }
            if !doc.devices.contains(&stored.push.header.device) {
                doc.devices.push(stored.push.header.device.clone());
            }
            doc.advance(&stored);
            doc.segments.push(stored);
        }
        doc.plan = doc.planned(clocks);
        Ok(doc)
    }

    fn advance(&mut self, stored: &Stored) {
        if stored.withheld.is_some() && !stored.reviewed {
            self.withheld_from = Some(self.withheld_from.map_or(stored.seq, |s| s.min(stored.seq)));
        }
        let head = &stored.segment.head;
        let mut before: Option<Digest> = None;
        for (i, change) in stored.changes.iter().enumerate() {
            let deps = before.as_ref().map_or(head.deps.as_slice(), std::slice::from_ref);
            self.tail.after(*change, deps, head.start_op + i as u64);
            before = Some(*change);
        }
    }

    /// Its place in plans, by what its entries add up to.
    fn planned(&self, clocks: &Clocks) -> Plan {
        match &self.id {
            DocumentId::Visit(visit) => {
                let row = holdfast_model::projection::row(visit, &self.held(), clocks, None);
                Plan { person: row.person, start: row.start, workers: row.workers.into_iter().map(|w| w.worker).collect() }
            }
            DocumentId::Person(person) => Plan { person: Some(person.clone()), ..Plan::default() },
            DocumentId::Outage(_) => Plan::default(),
        }
    }

    /// Its entries, as projections take them.
    pub fn held(&self) -> Vec<Held> {
        let mut all = Vec::new();
        for stored in &self.segments {
            all.extend(stored.held());
        }
        all
    }
}

impl Stored {
    /// Its entries, as projections take them. A text that is no entry is left out: it is held for checking.
    pub fn held(&self) -> impl Iterator<Item = Held> + '_ {
        let head = &self.segment.head;
        let standing = match (self.reviewed, &self.withheld) {
            (true, _) => Standing::Reviewed,
            (false, Some(_)) => Standing::HeldForChecking,
            (false, None) => Standing::Received,
        };
        self.segment.texts.iter().enumerate().filter_map(move |(i, text)| {
            let read = Read::parse(text).ok()?;
            let text_digest = Digest::of(text.as_bytes());
            // A change that does not rebuild has no hash that anybody agrees on; its text's digest keeps it apart from others.
            let change = |i: usize| self.changes.get(i).copied().unwrap_or(text_digest);
            let deps = if i == 0 { head.deps.clone() } else { self.changes.get(i - 1).map_or_else(Vec::new, |d| vec![*d]) };
            Some(Held { read, text_digest, change: change(i), deps, received: Some(self.push.received), standing })
        })
    }
}

/// A document that the ledger does not have yet, or as it has it.
#[derive(Clone)]
pub struct NewDoc {
    /// Which.
    pub id: DocumentId,
    /// Its name in the ledger.
    pub key: DocumentKey,
    /// Where.
    pub branch: BranchNo,
    /// Under which key it is sealed.
    pub subject: Arc<DataKey>,
    /// Day on which it matters.
    pub day: i64,
    /// True when the ledger holds segments of it already.
    pub stored: bool,
}

impl NewDoc {
    /// Days that always matter stay; others move to the later one.
    pub fn later(day: i64, other: i64) -> i64 {
        if day == DAY_ALWAYS { day } else { day.max(other) }
    }
}

/// A push's header from the ledger.
pub fn load_push(id: i64, ledger: &dyn Ledger) -> Result<Arc<StoredPush>, OfficeError> {
    let row = ledger.push(id)?.ok_or_else(|| OfficeError::Damaged("a push is missing".into()))?;
    Ok(Arc::new(StoredPush { id, header: header_of(&row)?, received: row.received }))
}

/// The header of a push's row.
pub fn header_of(row: &PushRow) -> Result<PushHeader, OfficeError> {
    serde_json::from_slice(&row.header).map_err(|_| OfficeError::Damaged("the header of a push".into()))
}

/// A segment from the ledger, its changes rebuilt.
pub fn load_segment(row: SegmentRow, push: Arc<StoredPush>, keys: &Keys) -> Result<Stored, OfficeError> {
    let segment = open_segment(&row, &push.header, keys)?;
    let changes = match &row.withheld {
        Some(_) => Vec::new(),
        None => rebuild(&segment)
            .map(|all| all.into_iter().map(|(_, hash)| hash).collect())
            .map_err(|_| OfficeError::Damaged("a segment does not rebuild".into()))?,
    };
    Ok(Stored { seq: row.seq, push, segment, changes, withheld: row.withheld, reviewed: row.reviewed })
}

/// Stands where the first text would: entries follow as they travelled. No text begins so, for a text is printable.
const PACKED: u8 = 1;

/// Opens a segment's row: a head, and entries as they travelled or as many texts, one a line.
pub fn open_segment(row: &SegmentRow, header: &PushHeader, keys: &Keys) -> Result<Segment, OfficeError> {
    let damaged = |what: &str| OfficeError::Damaged(format!("a segment: {what}"));
    let digest = header.segments.get(row.place as usize).ok_or_else(|| damaged("its push does not list it"))?;
    let plain = keys.open_segment(&digest.0, &row.document, &row.sealed)?;
    let end = plain.iter().position(|b| *b == b'\n').ok_or_else(|| damaged("its head"))?;
    let head: SegmentHead = serde_json::from_slice(&plain[..end]).map_err(|_| damaged("its head"))?;
    let texts = match &plain[end + 1..] {
        [PACKED, packed @ ..] => {
            Packed::unpack(packed, &header.device, header.epoch, &head.doc, head.n).map_err(|_| damaged("its entries"))?
        }
        lines => std::str::from_utf8(lines).map_err(|_| damaged("its text"))?.split_terminator('\n').map(Arc::from).collect(),
    };
    Ok(Segment { head, texts })
}

/// The plain form of a segment: what [`open_segment`] reads.
pub fn segment_bytes(segment: &Segment, packed: Option<&Packed>) -> Vec<u8> {
    let entries = packed.map_or_else(|| segment.text_bytes() + segment.texts.len(), |p| p.as_bytes().len() + 1);
    let mut plain = Vec::with_capacity(512 + entries);
    serde_json::to_writer(&mut plain, &segment.head).expect("a segment head has string keys only, and memory does not fail");
    plain.push(b'\n');
    if let Some(packed) = packed {
        plain.push(PACKED);
        plain.extend_from_slice(packed.as_bytes());
        return plain;
    }
    for text in &segment.texts {
        plain.extend_from_slice(text.as_bytes());
        plain.push(b'\n');
    }
    plain
}
