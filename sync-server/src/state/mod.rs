//! What the office has in hand: branches, documents that matter now, phones, chains. Rebuilt from the ledger at the start.
//!
//! Documents hold the very segments that were stored. What they add up to is computed when somebody asks, never on the way
//! of an acknowledgement.
//!
//! | File | What it holds |
//! |---|---|
//! | `doc` | one document |
//! | `stored` | pushes and segments, and reading them from the ledger |
//! | `samples` | which clock samples are worth keeping |

mod doc;
mod samples;
mod stored;

pub use doc::{Doc, NewDoc};
pub use samples::Samples;
pub use stored::{Kept, Stored, StoredPush, header_of, load_push, load_segment, open_segment, segment_bytes};

use crate::clock_log::ClockLog;
use crate::ledger::{BranchNo, LineRow};
use crate::office::WorkerRecord;
use crate::parcels::Parcels;
use crate::phone::Phone;
use crate::ready::Gist;
use holdfast_model::chronology::Clocks;
use holdfast_model::entry::Body;
use holdfast_model::id::{BranchId, ChainEpoch, DeviceId, Digest, DocumentId, WorkerId};
use holdfast_model::projection::{BoardRow, Incoming};
use holdfast_model::time::{DAY, Millis};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Days before today that a visit stays in hand.
pub const DAYS_IN_HAND: i64 = 3;

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
                let mut row = holdfast_model::projection::row(visit, &doc.held(), &self.clocks, incoming);
                self.name(&mut row);
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

    /// Names the person of a visit that no rota knows, where its entries give the number alone: the office knows the name.
    pub fn name(&self, row: &mut BoardRow) {
        let Some(person) = row.person.clone().filter(|_| row.name.is_empty()) else { return };
        let details = self.docs.get(&DocumentId::Person(person)).map(|doc| doc.held()).unwrap_or_default();
        let mut names = details.iter().rev().filter_map(|held| match &held.read.known()?.body {
            Body::Person(details) => Some(&details.name),
            _ => None,
        });
        row.name = names.next().cloned().unwrap_or_default();
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
