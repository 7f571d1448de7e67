//! The one thread that writes. It takes what has gathered, decides where each push stands in its chain, writes everything in one
//! transaction, and only then lets anybody know.

use crate::error::OfficeError;
use crate::faults::{Fault, Faults};
use crate::gather::{Gathered, Gathering};
use crate::held::Finding;
use crate::ingest::{Gist, Ready, ReadyHold, ReadySegment, Reviewed};
use crate::keys::Keys;
use crate::ledger::{Batch, BranchNo, DocumentRow, HeldRaw, Ledger, LineRow, PushRow, SegmentRow, Table};
use crate::office::{Nudge, WorkerRecord};
use crate::phone::Phone;
use crate::slot::InHands;
use crate::state::{Doc, Line, NewDoc, State, Stored, StoredPush, day_of, load_push};
use holdfast_model::id::{BranchId, ChainEpoch, DeviceId, Digest, DocumentId};
use holdfast_model::port::{Clock, Random};
use holdfast_model::time::Millis;
use holdfast_model::wire::{ClockSample, Parcel};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, oneshot};

/// How long what may be lost (how phones are, what they were served) stays in memory only.
const FLUSH_EVERY: Duration = Duration::from_secs(5);

/// What one push came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is durable: the stretch, and where its chain stands now.
    Durable {
        /// Last sequence number of the line that is durable.
        have_to: u64,
    },
    /// Something before it is missing; nothing of it was stored.
    Gap {
        /// Last sequence number that is durable.
        have_to: u64,
    },
}

/// Work for the writer.
pub enum Job {
    /// Pushes that belong together, and what goes with them. Answered when durable.
    Store(Box<Store>),
    /// Write out what is in memory only; answered when done.
    Flush(oneshot::Sender<Result<(), OfficeError>>),
    /// No more work.
    Stop,
}

/// Pushes that belong together: of one request, or of one import.
pub struct Store {
    /// In order.
    pub pushes: Vec<Ready>,
    /// New or changed workers.
    pub workers: Vec<WorkerRecord>,
    /// Branches that are new.
    pub branches: Vec<BranchId>,
    /// Rows of any kind that go with them.
    pub with: Batch,
    /// Told when it is durable, or that it is not.
    pub done: oneshot::Sender<Result<Vec<Outcome>, OfficeError>>,
}

/// The writer's things.
pub struct Writer {
    /// What is in hand.
    pub state: Arc<RwLock<State>>,
    /// Keys.
    pub keys: Arc<Keys>,
    /// What is durable.
    pub ledger: Arc<dyn Ledger>,
    /// For seals.
    pub random: Arc<dyn Random>,
    /// For the day.
    pub clock: Arc<dyn Clock>,
    /// Tells whoever listens.
    pub nudges: broadcast::Sender<Nudge>,
    /// Clock samples that are not durable yet.
    pub samples: Arc<Mutex<Vec<(DeviceId, ClockSample)>>>,
    /// What else is on its way.
    pub in_hands: InHands,
    /// For tests of tests.
    pub faults: Faults,
}

/// A device's chain.
pub type ChainKey = (DeviceId, ChainEpoch);

/// Where a push stands in its chain.
enum Place {
    /// At the end of a line, or as the first of a new one.
    Append { line: u32, gap: bool, fork: bool },
    /// All of it is here.
    Known { have_to: u64 },
    /// Up to `have_to` it is here.
    Partly { line: u32, have_to: u64 },
    /// Something before it is missing.
    Gap { have_to: u64 },
}

/// What a transaction will do, beside its rows.
#[derive(Default)]
struct Plan {
    batch: Batch,
    chains: HashMap<ChainKey, Vec<Line>>,
    seqs: BTreeMap<BranchNo, u64>,
    last_push: i64,
    new_docs: HashMap<DocumentId, NewDoc>,
    stored: Vec<(DocumentId, Arc<Stored>, Gist)>,
    new_branches: Vec<(BranchNo, BranchId)>,
    workers: Vec<WorkerRecord>,
    counted: Vec<(DeviceId, u64, u32, bool)>,
    parcels: Vec<(i64, Parcel)>,
    days: HashMap<DocumentId, i64>,
}

/// A job whose pushes have been planned.
struct Planned {
    outcomes: Vec<Outcome>,
    done: oneshot::Sender<Result<Vec<Outcome>, OfficeError>>,
}

impl Writer {
    /// Works until told to stop, or until nobody can bring work any more.
    pub fn run(self, jobs: &Receiver<Job>) {
        let mut gathering = Gathering::new(jobs, self.in_hands.clone());
        let mut flushed = Instant::now();
        loop {
            let Gathered { group, flush, end } = gathering.next(FLUSH_EVERY.saturating_sub(flushed.elapsed()));
            let told = !group.is_empty() && self.store(group);
            if told || end || !flush.is_empty() || flushed.elapsed() >= FLUSH_EVERY {
                let written = self.flush();
                flushed = Instant::now();
                if let Err(e) = &written {
                    tracing::error!(code = e.code(), "how phones are could not be written; it will be tried again");
                }
                for done in flush {
                    let _ = done.send(written.clone());
                }
            }
            if end {
                return;
            }
        }
    }

    /// Stores what belongs into one transaction. True when a phone's own row should not wait: something of it is held for checking.
    fn store(&self, group: Vec<Store>) -> bool {
        let mut plan = Plan { last_push: self.state.read().unwrap_or_else(PoisonError::into_inner).last_push, ..Plan::default() };
        let mut planned: Vec<Planned> = Vec::with_capacity(group.len());
        let mut failed = None;
        for store in group {
            if failed.is_none() {
                match self.plan(&mut plan, store.pushes, store.workers, &store.branches, store.with) {
                    Ok(outcomes) => planned.push(Planned { outcomes, done: store.done }),
                    Err(e) => {
                        failed = Some(e);
                        planned.push(Planned { outcomes: Vec::new(), done: store.done });
                    }
                }
            } else {
                planned.push(Planned { outcomes: Vec::new(), done: store.done });
            }
        }
        if let Some(e) = failed {
            tell_all(planned, &e);
            return false;
        }
        self.count(&mut plan);
        if self.faults.on(Fault::AckBeforeCommit) {
            for p in planned {
                let _ = p.done.send(Ok(p.outcomes));
            }
            return false;
        }
        // A sample says when what it came with happened: it is durable with it.
        let samples = std::mem::take(&mut *self.samples.lock().unwrap_or_else(PoisonError::into_inner));
        plan.batch.samples.extend(samples.iter().cloned());
        if !plan.batch.is_empty()
            && let Err(e) = self.ledger.write(&plan.batch)
        {
            tracing::error!(code = e.code(), "a transaction failed; nothing of it was confirmed");
            self.not_written(samples, &[]);
            tell_all(planned, &e);
            return false;
        }
        let told = plan.counted.iter().any(|(_, _, held, fork)| *held > 0 || *fork);
        let nudges = self.apply(plan);
        for p in planned {
            // Whoever asked may be gone; what they brought is durable all the same.
            let _ = p.done.send(Ok(p.outcomes));
        }
        for nudge in nudges {
            let _ = self.nudges.send(nudge);
        }
        told
    }

    /// Writes phones and clock samples that are in memory only.
    fn flush(&self) -> Result<(), OfficeError> {
        let mut batch = Batch::default();
        let phones = self.with_phones(&mut batch);
        let samples = std::mem::take(&mut *self.samples.lock().unwrap_or_else(PoisonError::into_inner));
        batch.samples.extend(samples.iter().cloned());
        if batch.is_empty() {
            return Ok(());
        }
        self.ledger.write(&batch).inspect_err(|_| self.not_written(samples, &phones))
    }

    /// Adds the rows of phones whose state moved, and says which these are.
    fn with_phones(&self, batch: &mut Batch) -> Vec<Arc<Mutex<Phone>>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let mut moved = Vec::new();
        for shared in state.phones.values() {
            let mut phone = shared.lock().unwrap_or_else(PoisonError::into_inner);
            if std::mem::take(&mut phone.dirty) {
                batch.sealed.push((Table::Device, phone_row(&phone, &self.keys, &*self.random)));
                moved.push(shared.clone());
            }
        }
        moved
    }

    /// What a transaction did not make durable is brought again with the next.
    fn not_written(&self, samples: Vec<(DeviceId, ClockSample)>, phones: &[Arc<Mutex<Phone>>]) {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner).extend(samples);
        for phone in phones {
            phone.lock().unwrap_or_else(PoisonError::into_inner).dirty = true;
        }
    }

    fn plan(
        &self,
        plan: &mut Plan,
        pushes: Vec<Ready>,
        workers: Vec<WorkerRecord>,
        branches: &[BranchId],
        with: Batch,
    ) -> Result<Vec<Outcome>, OfficeError> {
        for name in branches {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            if state.branch_named(name).is_none() && !plan.new_branches.iter().any(|(_, n)| n == name) {
                let no = (state.branches.len() + plan.new_branches.len() + 1) as BranchNo;
                plan.new_branches.push((no, name.clone()));
                plan.batch.branches.push((no, name.to_string(), 0));
            }
        }
        for worker in workers {
            let json = serde_json::to_vec(&worker).map_err(|_| OfficeError::Damaged("a worker".into()))?;
            plan.batch.sealed.push((Table::Worker, self.keys.seal_row(Table::Worker, worker.id.as_str(), &json, &*self.random)));
            plan.workers.push(worker);
        }
        merge(&mut plan.batch, with);
        pushes.into_iter().map(|push| self.plan_push(plan, push)).collect()
    }

    fn plan_push(&self, plan: &mut Plan, ready: Ready) -> Result<Outcome, OfficeError> {
        if let Some(Reviewed::OfPush(push)) = ready.reviewed {
            return self.plan_taken(plan, push, ready);
        }
        let key = (ready.header.device.clone(), ready.header.epoch);
        let (line, have_to, gap, fork) = match self.place(plan, &key, &ready)? {
            Place::Known { have_to } => return Ok(Outcome::Durable { have_to }),
            Place::Gap { have_to } => return Ok(Outcome::Gap { have_to }),
            Place::Partly { line, have_to } => (line, have_to, false, false),
            Place::Append { line, gap, fork } => (line, 0, gap, fork),
        };
        plan.batch.sealed.extend(ready.keys.into_iter().map(|row| (Table::Key, row)));
        plan.parcels.extend(ready.parcel.map(|parcel| (plan.last_push + 1, parcel)));
        let header = &ready.header;
        let last = header.last();
        let new = last - have_to.max(header.first - 1);
        plan.last_push += 1;
        let id = plan.last_push;
        let stored_push = Arc::new(StoredPush { id, header: header.clone(), received: ready.received });
        let mut row = PushRow {
            id,
            device: key.0.clone(),
            epoch: key.1,
            line,
            first: header.first,
            last,
            received: ready.received,
            header: ready.header_bytes,
            digests: ready.digests,
            segments: Vec::with_capacity(ready.segments.len()),
        };
        let kept = ready.segments.len().saturating_sub(usize::from(self.faults.on(Fault::DropOneEntry) && !ready.own));
        for segment in ready.segments.into_iter().take(kept) {
            // What lies wholly within what is here already was stored with an earlier push.
            if segment.last > have_to {
                row.segments.push(self.plan_segment(plan, &stored_push, segment, ready.reviewed.is_some())?);
            }
        }
        let held = self.plan_holds(plan, &key.0, ready.received, ready.holds);
        for (found, finding) in [(gap, Finding::Gap), (fork, Finding::Fork)] {
            if found {
                plan.batch.held.push(HeldRaw {
                    id: 0,
                    at: ready.received,
                    device: key.0.clone(),
                    branch: self.home(&key.0),
                    code: finding.code().to_owned(),
                    entries: 0,
                    document: None,
                    sealed: crate::ingest::place(header, ready.received, finding.code(), finding.number()).seal(
                        &self.keys,
                        &[],
                        &*self.random,
                    ),
                });
            }
        }
        let lines = self.lines(plan, &key);
        let moved = Line { row: LineRow { line, first: header.first, last }, head: header.head };
        match lines.iter_mut().find(|l| l.row.line == line) {
            Some(known) => *known = Line { row: LineRow { first: known.row.first, ..moved.row }, head: moved.head },
            None => lines.push(moved),
        }
        plan.counted.push((key.0, new, held, fork));
        plan.batch.pushes.push(row);
        Ok(Outcome::Durable { have_to: last })
    }

    /// Segments of a push that is in the ledger already, and was held for checking: they get their place now.
    fn plan_taken(&self, plan: &mut Plan, push: i64, ready: Ready) -> Result<Outcome, OfficeError> {
        plan.batch.sealed.extend(ready.keys.into_iter().map(|row| (Table::Key, row)));
        let stored_push = load_push(push, &*self.ledger)?;
        for segment in ready.segments {
            let row = self.plan_segment(plan, &stored_push, segment, true)?;
            plan.batch.taken.push((push, row));
        }
        self.plan_holds(plan, &ready.header.device, ready.received, ready.holds);
        Ok(Outcome::Durable { have_to: ready.header.last() })
    }

    /// What of a push is held for checking; gives how many entries that is.
    fn plan_holds(&self, plan: &mut Plan, device: &DeviceId, at: Millis, holds: Vec<ReadyHold>) -> u32 {
        let mut held = 0;
        for hold in holds {
            held += u32::from(hold.seq.is_some() || crate::held::of_shut_out(hold.code)) * hold.entries;
            plan.batch.held.push(HeldRaw {
                id: 0,
                at,
                device: device.clone(),
                branch: Some(hold.branch),
                code: hold.code.to_owned(),
                entries: hold.entries,
                document: hold.doc.map(|d| self.keys.document(&d)),
                sealed: hold.sealed,
            });
        }
        held
    }

    fn plan_segment(
        &self,
        plan: &mut Plan,
        push: &Arc<StoredPush>,
        ready: ReadySegment,
        reviewed: bool,
    ) -> Result<SegmentRow, OfficeError> {
        let doc = ready.doc;
        let branch = doc.branch;
        let seq = match plan.seqs.get(&branch) {
            Some(seq) => seq + 1,
            None => self.state.read().unwrap_or_else(PoisonError::into_inner).branch(branch).map_or(0, |b| b.seq) + 1,
        };
        plan.seqs.insert(branch, seq);
        let (in_hand, day) = {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            let known = state.docs.get(&doc.id);
            (known.is_some(), plan.days.get(&doc.id).copied().or(known.map(|d| d.day)).unwrap_or(doc.day))
        };
        let later = NewDoc::later(day, ready.day);
        let first = !in_hand && !plan.new_docs.contains_key(&doc.id);
        if first || later != day {
            let sealed = self.keys.seal_document(&doc.subject, &doc.key, &doc.id, &*self.random);
            plan.batch.documents.push(DocumentRow { key: doc.key, branch, day: later, sealed });
            plan.days.insert(doc.id.clone(), later);
        }
        if first {
            plan.new_docs.insert(doc.id.clone(), NewDoc { day: later, ..doc.clone() });
        }
        let withheld = ready.withheld.map(str::to_owned);
        let entries = ready.kept.head.n;
        let row = SegmentRow {
            branch,
            seq,
            place: ready.place,
            document: doc.key,
            entries,
            withheld: withheld.clone(),
            reviewed,
            sealed: ready.sealed,
        };
        let stored = Stored { seq, push: push.clone(), kept: ready.kept, changes: ready.changes, withheld, reviewed };
        plan.stored.push((doc.id, Arc::new(stored), ready.gist));
        Ok(row)
    }

    fn home(&self, device: &DeviceId) -> Option<BranchNo> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let phone = state.phones.get(device)?.lock().unwrap_or_else(PoisonError::into_inner);
        state.branch_named(&phone.branch).map(|b| b.no)
    }

    /// The lines of a chain, as this transaction leaves them so far.
    fn lines<'p>(&self, plan: &'p mut Plan, key: &ChainKey) -> &'p mut Vec<Line> {
        plan.chains.entry(key.clone()).or_insert_with(|| {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            state.chains.get(key).cloned().unwrap_or_default()
        })
    }

    /// Says what the counters stand at after this transaction.
    fn count(&self, plan: &mut Plan) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        for (no, seq) in &plan.seqs {
            if let Some(branch) = state.branch(*no) {
                plan.batch.branches.push((*no, branch.name.to_string(), *seq));
            }
        }
    }

    /// Decides where a push stands. Both histories of a fork are kept; a stretch that is here already is not stored twice.
    fn place(&self, plan: &mut Plan, key: &ChainKey, ready: &Ready) -> Result<Place, OfficeError> {
        let header = &ready.header;
        let lines = self.lines(plan, key).clone();
        let next_line = lines.iter().map(|l| l.row.line + 1).max().unwrap_or(0);
        if let Some(line) = lines.iter().find(|l| l.row.last + 1 == header.first && l.head == header.prev) {
            return Ok(Place::Append { line: line.row.line, gap: false, fork: false });
        }
        if lines.is_empty() {
            return Ok(match (header.first, header.prev == Digest::ZERO, ready.told) {
                (1, true, _) => Place::Append { line: 0, gap: false, fork: false },
                // It was told that nothing is here, and begins later all the same: what is before is gone from it.
                (_, _, Some(0)) => Place::Append { line: 0, gap: true, fork: false },
                _ => Place::Gap { have_to: 0 },
            });
        }
        let mut overlaps = false;
        for line in lines.iter().filter(|l| header.first <= l.row.last) {
            overlaps = true;
            if self.agrees(plan, key, line, ready)? {
                return Ok(if header.last() <= line.row.last {
                    Place::Known { have_to: line.row.last }
                } else {
                    Place::Partly { line: line.row.line, have_to: line.row.last }
                });
            }
        }
        let furthest = lines.iter().map(|l| l.row.last).max().unwrap_or(0);
        if overlaps || lines.iter().any(|l| l.row.last + 1 == header.first) {
            return Ok(Place::Append { line: next_line, gap: false, fork: true });
        }
        Ok(match ready.told {
            Some(told) if told == furthest => Place::Append { line: 0, gap: true, fork: false },
            _ => Place::Gap { have_to: furthest },
        })
    }

    /// True when a line holds the same texts wherever it and a push overlap.
    fn agrees(&self, plan: &Plan, key: &ChainKey, line: &Line, ready: &Ready) -> Result<bool, OfficeError> {
        let header = &ready.header;
        let stored = self.ledger.pushes(&key.0, key.1, line.row.line, header.first)?;
        let staged = plan.batch.pushes.iter().filter(|p| p.device == key.0 && p.epoch == key.1 && p.line == line.row.line);
        let mut compared = false;
        for push in stored.iter().chain(staged) {
            let from = push.first.max(header.first);
            let to = push.last.min(header.last());
            for seq in from..=to {
                let at = |first: u64, digests: &[u8]| {
                    let offset = (seq - first) as usize * 32;
                    digests.get(offset..offset + 32).map(<[u8]>::to_vec)
                };
                compared = true;
                if at(push.first, &push.digests) != at(header.first, &ready.digests) {
                    return Ok(false);
                }
            }
        }
        Ok(compared)
    }

    /// Takes what has become durable into what is in hand.
    fn apply(&self, plan: Plan) -> Vec<Nudge> {
        self.keys.durable(plan.batch.sealed.iter().filter(|(t, _)| *t == Table::Key).map(|(_, r)| r.row.as_slice()));
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.sweep(day_of(self.clock.read().wall));
        state.last_push = plan.last_push;
        for (push, parcel) in plan.parcels {
            state.parcels.keep(push, parcel);
        }
        for (no, name) in plan.new_branches {
            state.branches.push(crate::state::Branch::new(no, name, 0));
        }
        for worker in plan.workers {
            state.workers.insert(worker.id.clone(), worker);
        }
        state.chains.extend(plan.chains);
        for (device, new, held, fork) in plan.counted {
            if let Some(phone) = state.phones.get(&device) {
                let mut phone = phone.lock().unwrap_or_else(PoisonError::into_inner);
                phone.received += new;
                phone.held += held;
                phone.forked |= fork;
                phone.dirty = true;
            }
        }
        let mut loaded: HashSet<DocumentId> = HashSet::new();
        for doc in plan.new_docs.values() {
            if !doc.stored {
                state.insert(Doc::new(doc));
                continue;
            }
            // A visit of days gone by: everything of it is in the ledger, what was just written included.
            let whole = self.ledger.document(&doc.key).and_then(|row| {
                let row = row.ok_or_else(|| OfficeError::Damaged("a document is missing".into()))?;
                Doc::load(&row, &self.keys, &*self.ledger, &mut state.clocks)
            });
            match whole {
                Ok(whole) => {
                    loaded.insert(doc.id.clone());
                    state.insert(whole);
                }
                Err(e) => tracing::error!(code = e.code(), "a document could not be read back; it is left out of the board"),
            }
        }
        for (id, stored, gist) in plan.stored {
            let Some(no) = state.docs.get(&id).map(|d| d.branch) else { continue };
            if let Some(branch) = state.branch_mut(no) {
                branch.ring.push_back(stored.clone());
            }
            if !loaded.contains(&id) {
                state.take(&id, stored, &gist);
            }
        }
        for (id, day) in plan.days {
            if let Some(doc) = state.docs.get_mut(&id) {
                doc.day = day;
            }
        }
        let mut nudges = Vec::new();
        for (no, seq) in plan.seqs {
            if let Some(branch) = state.branch_mut(no) {
                branch.seq = seq;
                nudges.push(Nudge { branch: branch.name.clone(), seq });
            }
        }
        nudges
    }
}

/// A phone's row.
pub fn phone_row(phone: &Phone, keys: &Keys, random: &dyn Random) -> crate::ledger::SealedRow {
    let json = serde_json::to_vec(phone).expect("a phone has string keys only");
    keys.seal_row(Table::Device, phone.device.as_str(), &json, random)
}

fn merge(batch: &mut Batch, with: Batch) {
    batch.pushes.extend(with.pushes);
    batch.documents.extend(with.documents);
    batch.branches.extend(with.branches);
    batch.sealed.extend(with.sealed);
    batch.codes.extend(with.codes);
    batch.used.extend(with.used);
    batch.held.extend(with.held);
    batch.taken.extend(with.taken);
    batch.reviews.extend(with.reviews);
    batch.released.extend(with.released);
    batch.samples.extend(with.samples);
    batch.meta.extend(with.meta);
}

fn tell_all(planned: Vec<Planned>, e: &OfficeError) {
    for p in planned {
        let _ = p.done.send(Err(e.clone()));
    }
}
