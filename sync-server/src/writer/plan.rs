//! Which rows a push comes to.

use super::place::Place;
use super::{ChainKey, Outcome, Writer};
use crate::error::OfficeError;
use crate::faults::Fault;
use crate::held::Finding;
use crate::ledger::{Batch, BranchNo, DocumentRow, HeldRaw, LineRow, PushRow, SegmentRow, Table};
use crate::office::WorkerRecord;
use crate::ready::{Gist, Ready, ReadyHold, ReadySegment, Reviewed};
use crate::state::{Line, NewDoc, Stored, StoredPush, load_push};
use holdfast_model::id::{BranchId, DeviceId, DocumentId};
use holdfast_model::time::Millis;
use holdfast_model::wire::Parcel;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError};

/// What a transaction will do, beside its rows.
#[derive(Default)]
pub(super) struct Plan {
    pub batch: Batch,
    pub chains: HashMap<ChainKey, Vec<Line>>,
    pub seqs: BTreeMap<BranchNo, u64>,
    pub last_push: i64,
    pub new_docs: HashMap<DocumentId, NewDoc>,
    pub stored: Vec<(DocumentId, Arc<Stored>, Gist)>,
    pub new_branches: Vec<(BranchNo, BranchId)>,
    pub workers: Vec<WorkerRecord>,
    pub counted: Vec<(DeviceId, u64, u32, bool)>,
    pub parcels: Vec<(i64, Parcel)>,
    pub days: HashMap<DocumentId, i64>,
}

impl Writer {
    /// Plans what belongs together, after what the transaction holds already.
    pub(super) fn plan(
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
    pub(super) fn lines<'p>(&self, plan: &'p mut Plan, key: &ChainKey) -> &'p mut Vec<Line> {
        plan.chains.entry(key.clone()).or_insert_with(|| {
            let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
            state.chains.get(key).cloned().unwrap_or_default()
        })
    }

    /// Says what the counters stand at after this transaction.
    pub(super) fn count(&self, plan: &mut Plan) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        for (no, seq) in &plan.seqs {
            if let Some(branch) = state.branch(*no) {
                plan.batch.branches.push((*no, branch.name.to_string(), *seq));
            }
        }
    }
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
