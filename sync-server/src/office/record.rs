//! What the office itself says. Everything is an entry: it goes through a device that signs, a chain, and the same checks as a phone's
//! push.

use super::{Office, Recorded, Statement, WorkerRecord, locked, wait};
use crate::error::OfficeError;
use crate::faults::Fault;
use crate::ingest::{Refused, ShutOut};
use crate::keys::own_device;
use crate::ledger::Batch;
use crate::ready::Ready;
use crate::state::{Doc, State};
use holdfast_model::document::{ChangeRecord, Hand, Tail, author, segments};
use holdfast_model::entry::{Author, Body, Entry, Mono, Recorded as At};
use holdfast_model::id::{BranchId, ChainEpoch, Digest, DocumentId, EntryId, WorkerId};
use holdfast_model::limits;
use holdfast_model::time::ClockReading;
use holdfast_model::wire::{ClockSample, Push, Truth, push_header};
use std::collections::HashMap;

/// Entries of one push of the office: its header lists every segment, and travels with each of them.
const PUSH: usize = 64;

/// Where the office's own chain stands.
#[derive(Debug, Clone)]
pub(crate) struct Own {
    epoch: ChainEpoch,
    seq: u64,
    head: Digest,
}

impl Own {
    pub fn new(epoch: ChainEpoch, state: &State) -> Own {
        let line = state.chains.get(&(own_device(), epoch)).and_then(|lines| lines.first());
        Own { epoch, seq: line.map_or(0, |l| l.row.last), head: line.map_or(Digest::ZERO, |l| l.head) }
    }
}

impl Office {
    /// Records what somebody in the office says, through the office's own device and chain. Returns when it is durable.
    ///
    /// A document that is new belongs to the branch of its author.
    pub fn record(&self, author: &WorkerId, doc: DocumentId, body: Body) -> Result<EntryId, OfficeError> {
        let branch = {
            let state = self.state();
            let known = state.workers.get(author).map(|w| w.branch.clone());
            known
                .or_else(|| state.branches.first().map(|b| b.name.clone()))
                .ok_or_else(|| OfficeError::UnknownWorker(author.to_string()))?
        };
        let recorded = self.record_many(author, &branch, &[], vec![Statement { doc, body }])?;
        recorded.entries.first().copied().ok_or(OfficeError::Stopping)
    }

    /// Records all or nothing, in one transaction: what an import does. New or changed workers, and their branches, go with it.
    pub fn record_many(
        &self,
        by: &WorkerId,
        branch: &BranchId,
        workers: &[WorkerRecord],
        statements: Vec<Statement>,
    ) -> Result<Recorded, OfficeError> {
        self.found_branches(workers.iter().map(|w| &w.branch).chain([branch]))?;
        // One at a time: the office has one chain.
        let mut own = locked(&self.inner.own);
        let now = self.inner.clock.read();
        let mut next = own.clone();
        let mut recorded = Recorded::default();
        let mut ready = Vec::with_capacity(statements.len().div_ceil(PUSH));
        let mut tails: HashMap<DocumentId, (Tail, Hand)> = HashMap::new();
        let actor = self.actor();
        let mut statements = statements.into_iter().peekable();
        while statements.peek().is_some() {
            let mut records = Vec::with_capacity(PUSH);
            for statement in statements.by_ref().take(PUSH) {
                next.seq += 1;
                let entry = self.entry(by, &next, &now, statement);
                let text = entry.text();
                if text.len() > limits::ENTRY_BYTES {
                    return Err(OfficeError::TooLong);
                }
                if !tails.contains_key(&entry.doc) {
                    tails.insert(entry.doc.clone(), (self.tail(&entry.doc)?, Hand::new(actor)));
                }
                let (tail, hand) = tails.get_mut(&entry.doc).expect("put in just now");
                let (record, hash): (ChangeRecord, Digest) = author(tail, hand, entry.id, &text);
                recorded.entries.push(entry.id);
                records.push((entry.doc, record, hash));
            }
            let push = self.signed(&mut next, &records);
            ready.push(self.checked(push, branch, &now)?);
        }
        // The office's clock is what true time means here: its own entries stand exactly where they were written.
        let truth = Some(Truth { at: now.wall, err_ms: 0 });
        self.sampled(&own_device(), &[(ClockSample { boot: now.boot, mono_ms: now.mono_ms, wall: now.wall, truth }, true)]);
        let stored = self.store(ready, workers.to_vec(), Vec::new(), Batch::default())?;
        wait(stored)?;
        *own = next;
        Ok(recorded)
    }

    /// Makes branches known before anything is written in them.
    fn found_branches<'a>(&self, names: impl Iterator<Item = &'a BranchId>) -> Result<(), OfficeError> {
        let mut new: Vec<BranchId> = {
            let state = self.state();
            names.filter(|n| state.branch_named(n).is_none()).cloned().collect()
        };
        new.sort();
        new.dedup();
        if new.is_empty() {
            return Ok(());
        }
        wait(self.store(Vec::new(), Vec::new(), new, Batch::default())?).map(|_| ())
    }

    /// A fresh actor: one that wrote before this process started is never taken up again.
    fn actor(&self) -> [u8; 16] {
        let mut actor = [0; 16];
        self.inner.random.fill(&mut actor);
        actor
    }

    fn entry(&self, by: &WorkerId, at: &Own, now: &ClockReading, statement: Statement) -> Entry {
        let mut random = [0; 10];
        self.inner.random.fill(&mut random);
        Entry {
            v: holdfast_model::entry::VERSION,
            id: EntryId::make(now.wall.0, random),
            doc: statement.doc,
            author: Author::proven(by.clone()),
            device: own_device(),
            epoch: at.epoch,
            seq: at.seq,
            happened: None,
            recorded: At { at: now.wall, offset_min: now.wall.london_offset_min() },
            mono: Mono { boot: now.boot, ms: now.mono_ms },
            plan: None,
            reference: None,
            body: statement.body,
        }
    }

    /// Where a document stands, in hand or in the ledger.
    fn tail(&self, id: &DocumentId) -> Result<Tail, OfficeError> {
        if let Some(doc) = self.state().docs.get(id) {
            return Ok(doc.tail.clone());
        }
        let inner = &self.inner;
        match inner.ledger.document(&inner.keys.document(id))? {
            None => Ok(Tail::genesis()),
            Some(row) => Ok(Doc::load(&row, &inner.keys, &*inner.ledger, &mut Default::default())?.tail),
        }
    }

    fn signed(&self, own: &mut Own, records: &[(DocumentId, ChangeRecord, Digest)]) -> Push {
        let segments = segments(records);
        let texts: Vec<Digest> = records.iter().map(|(_, record, _)| record.text.digest()).collect();
        let first = own.seq + 1 - records.len() as u64;
        let mut header = push_header(&own_device(), own.epoch, first, own.head, &texts, &segments);
        header.sig = self.inner.keys.own_device.sign_text(&header.signed_bytes());
        own.head = header.head;
        Push { header, segments }
    }

    fn checked(&self, push: Push, branch: &BranchId, now: &ClockReading) -> Result<Ready, OfficeError> {
        let key = self.inner.keys.own_device.public_key();
        let ready = self.desk().ready(push, &key, branch, now.wall, &ShutOut::NOBODY).map_err(|e| match e {
            Refused::Office(e) => e,
            // The office made and signed it a moment ago.
            Refused::Signature | Refused::Push(_) => OfficeError::Damaged("the office's own push".into()),
        })?;
        debug_assert!(ready.holds.is_empty() || self.inner.faults.on(Fault::SkipSignature));
        Ok(Ready { own: true, ..ready })
    }
}
