//! Documents as the phone keeps them: one sealed row each, that says what the document adds up to, where its tail is, and which
//! rows of the store belong to it. Opening one reads those rows and nothing else, so nothing scales with history.

use super::keys::Keys;
use crate::error::EngineError;
use crate::store::{EpochRow, Sealed, Store};
use holdfast_model::chronology::Clocks;
use holdfast_model::document::{ChangeRecord, Hand, Segment, Tail, decode_change, rebuild};
use holdfast_model::entry::{Read, Text};
use holdfast_model::id::{DeviceId, Digest, DocumentId, PersonId, VisitId, WorkerId};
use holdfast_model::projection::{Held, PersonCard, RunRow, Standing};
use holdfast_model::time::Millis;
use holdfast_model::wire::{Receipt, SegmentHead};
use holdfast_vault::Opened;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// The version of a document's row that this code writes.
const VERSION: u32 = 1;
/// How many of a person's last visits are kept in reach.
pub(super) const LAST_VISITS: usize = 16;

/// A document's row, before it is sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct DocRow {
    v: u32,
    /// Which document.
    pub(super) doc: DocumentId,
    /// Its heads, sorted.
    heads: Vec<Digest>,
    /// Its highest operation counter.
    max_op: u64,
    /// Own entries: stretches of row numbers, both ends included.
    #[serde(default)]
    own: Vec<(i64, i64)>,
    /// Segments of others.
    #[serde(default)]
    pub(super) pulled: Vec<i64>,
    /// Segments that did not pass the gate.
    #[serde(default)]
    pub(super) withheld: Vec<i64>,
    /// Phones that wrote in it.
    #[serde(default)]
    pub(super) devices: Vec<DeviceId>,
    /// The day under which a visit is listed.
    #[serde(default)]
    pub(super) day: Option<chrono::NaiveDate>,
    /// What it adds up to.
    #[serde(default)]
    pub(super) visit: Option<RunRow>,
    /// What it adds up to.
    #[serde(default)]
    pub(super) person: Option<PersonCard>,
    /// A person's last visits, latest first.
    #[serde(default)]
    pub(super) visits: Vec<(Millis, VisitId)>,
}

/// A document that is open: its row and everything said in it.
#[derive(Debug)]
pub(super) struct OpenDoc {
    /// The name of its row.
    pub(super) key: i64,
    /// Its row.
    pub(super) row: DocRow,
    /// Where it stands.
    pub(super) tail: Tail,
    /// This process's hand in it, from the first entry on.
    pub(super) hand: Option<Hand>,
    /// Everything said in it.
    pub(super) held: Vec<Held>,
    /// For each entry the place of the change, in the same order: the tail is made anew from these.
    ops: Vec<u64>,
    /// When it was last used: a count that only grows.
    pub(super) used: u64,
}

/// A segment of another device as it is kept.
#[derive(Serialize, Deserialize)]
struct PulledHead {
    v: u32,
    /// When it reached the office; what did not pass the gate: when it reached this phone, in office time.
    at: Millis,
    head: SegmentHead,
}

/// Name of a document's row.
pub(super) fn key_of(keys: &Keys, doc: &DocumentId) -> i64 {
    keys.row("docs", &doc.to_string())
}

/// Name of a day's row, for one worker.
pub(super) fn day_key(keys: &Keys, worker: &WorkerId, day: chrono::NaiveDate) -> i64 {
    keys.row("days", &format!("{worker}/{day}"))
}

impl DocRow {
    fn empty(doc: DocumentId) -> DocRow {
        let tail = Tail::genesis();
        DocRow {
            v: VERSION,
            doc,
            heads: tail.heads,
            max_op: tail.max_op,
            own: Vec::new(),
            pulled: Vec::new(),
            withheld: Vec::new(),
            devices: Vec::new(),
            day: None,
            visit: None,
            person: None,
            visits: Vec::new(),
        }
    }

    /// Reads a document's row; `None` when there is none.
    pub(super) fn load(store: &Store, keys: &Keys, doc: &DocumentId) -> Result<Option<DocRow>, EngineError> {
        DocRow::load_by_key(store, keys, key_of(keys, doc))
    }

    /// Reads the row of this name.
    pub(super) fn load_by_key(store: &Store, keys: &Keys, key: i64) -> Result<Option<DocRow>, EngineError> {
        let Some(sealed) = store.sealed(Sealed::Docs, key)? else { return Ok(None) };
        let bytes = keys.open("docs", key, &sealed)?;
        let row: DocRow = serde_json::from_slice(&bytes).map_err(|_| EngineError::SealBroken)?;
        Ok(Some(row))
    }

    /// The row as it is kept.
    pub(super) fn seal(&self, keys: &Keys, key: i64) -> Vec<u8> {
        let bytes = serde_json::to_vec(self).expect("a row has string keys only");
        keys.seal("docs", key, &bytes)
    }

    /// Notes that own entry `n` belongs here.
    pub(super) fn add_own(&mut self, n: i64) {
        match self.own.last_mut() {
            Some((_, end)) if *end + 1 == n => *end = n,
            _ => self.own.push((n, n)),
        }
    }

    /// True when own entry `n` belongs here.
    pub(super) fn lists(&self, n: i64) -> bool {
        self.own.iter().any(|(from, to)| (*from..=*to).contains(&n))
    }

    /// Notes that a person was, or will be, visited.
    pub(super) fn add_visit(&mut self, start: Millis, visit: &VisitId) {
        self.visits.retain(|(_, v)| v != visit);
        self.visits.push((start, visit.clone()));
        self.visits.sort_by(|a, b| b.cmp(a));
        self.visits.truncate(LAST_VISITS);
    }
}

impl OpenDoc {
    /// Opens a document, or an empty one when this phone holds nothing of it.
    pub(super) fn load(store: &Store, keys: &Keys, standings: &mut Standings, doc: &DocumentId) -> Result<OpenDoc, EngineError> {
        let key = key_of(keys, doc);
        let row = DocRow::load_by_key(store, keys, key)?.unwrap_or_else(|| DocRow::empty(doc.clone()));
        let tail = Tail { heads: row.heads.clone(), max_op: row.max_op };
        let mut open = OpenDoc { key, row, tail, hand: None, held: Vec::new(), ops: Vec::new(), used: 0 };
        for n in open.row.pulled.clone() {
            let Some(sealed) = store.sealed(Sealed::Pulled, n)? else { continue };
            let (at, segment) = decode_pulled(&keys.open("pulled", n, &sealed)?).ok_or(EngineError::SealBroken)?;
            // It passed the gate before it was kept; building it again gives the hashes.
            let changes = rebuild(&segment).map_err(|_| EngineError::SealBroken)?;
            open.take_pulled(changes, at)?;
        }
        let mut room = Opened::default();
        for (from, to) in open.row.own.clone() {
            store.each_own(from, to, |own| {
                let (_, record, hash) = decode_own(keys, own.n, own.sealed, &mut room)?;
                let (standing, received) = standings.of_place(store, own.epoch, own.seq)?;
                open.hold(&record, hash, standing, received)?;
                Ok(ControlFlow::Continue(()))
            })?;
        }
        Ok(open)
    }

    /// True when nothing at all is known of it.
    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.row.withheld.is_empty()
    }

    /// Takes in changes of others, leaving out what is held already, and says how many were new.
    pub(super) fn take_pulled(&mut self, changes: Vec<(ChangeRecord, Digest)>, at: Millis) -> Result<usize, EngineError> {
        let mut new = 0;
        for (record, hash) in changes {
            if !self.held.iter().any(|h| h.change == hash) {
                self.hold(&record, hash, Standing::Received, Some(at))?;
                new += 1;
            }
        }
        Ok(new)
    }

    /// Takes in one change.
    pub(super) fn hold(
        &mut self,
        record: &ChangeRecord,
        hash: Digest,
        standing: Standing,
        received: Option<Millis>,
    ) -> Result<(), EngineError> {
        let read = Read::parse(&record.text).map_err(|_| EngineError::SealBroken)?;
        self.held.push(Held { read, text_digest: record.text.digest(), change: hash, deps: record.deps.clone(), received, standing });
        self.ops.push(record.start_op);
        Ok(())
    }

    /// Makes the tail anew from everything held: right for any order of arrival.
    pub(super) fn find_tail(&mut self) {
        let mut tail = Tail::genesis();
        let seen: std::collections::HashSet<Digest> = self.held.iter().flat_map(|h| h.deps.iter().copied()).collect();
        tail.heads.retain(|genesis| !seen.contains(genesis));
        tail.heads.extend(self.held.iter().map(|h| h.change).filter(|hash| !seen.contains(hash)));
        tail.heads.sort_unstable();
        tail.heads.dedup();
        tail.max_op = self.ops.iter().copied().fold(tail.max_op, u64::max);
        self.tail = tail;
    }

    /// Writes down in the row what the document adds up to now.
    pub(super) fn sum_up(&mut self, clocks: &Clocks, now: Millis, rules: &holdfast_model::projection::Rules) {
        self.row.heads.clone_from(&self.tail.heads);
        self.row.max_op = self.tail.max_op;
        let devices: BTreeSet<&DeviceId> = self.held.iter().map(|h| h.read.place().0).collect();
        self.row.devices = devices.into_iter().cloned().collect();
        match &self.row.doc {
            DocumentId::Visit(visit) => {
                let row = RunRow::of(visit, &self.held, clocks, None);
                let start = row.facts.start.or_else(|| self.held.iter().map(|h| claimed(&h.read)).min());
                self.row.day = start.and_then(Millis::london_day);
                self.row.visit = Some(row);
            }
            DocumentId::Person(person) => self.row.person = Some(card(person, &self.held, clocks, now, rules)),
            DocumentId::Outage(_) => {}
        }
    }

    /// Sets the standing of own entries anew, after receipts came or the office lost some.
    pub(super) fn set_standings(
        &mut self,
        store: &Store,
        standings: &mut Standings,
        device: &holdfast_model::id::DeviceId,
    ) -> Result<(), EngineError> {
        for held in &mut self.held {
            let (of, epoch, seq) = held.read.place();
            if of == device && standings.knows(epoch) {
                (held.standing, held.received) = standings.of_place(store, epoch, seq)?;
            }
        }
        Ok(())
    }
}

/// What the person's list entry shows now.
pub(super) fn card(
    person: &PersonId,
    held: &[Held],
    clocks: &Clocks,
    now: Millis,
    rules: &holdfast_model::projection::Rules,
) -> PersonCard {
    PersonCard::of(&holdfast_model::projection::person(person, held, clocks, &[], None, now, rules))
}

/// The moment by the author's own words, else the wall clock.
fn claimed(read: &Read) -> Millis {
    read.known().map_or_else(|| read.clocks().0.at, holdfast_model::entry::Entry::claimed)
}

/// Opens own entry `n`, in memory that is used for one after the other.
pub(super) fn decode_own(keys: &Keys, n: i64, sealed: &[u8], room: &mut Opened) -> Result<(DocumentId, ChangeRecord, Digest), EngineError> {
    decode_change(keys.open_in("own", n, sealed, room)?).ok_or(EngineError::SealBroken)
}

/// A segment of another device as it is kept, before it is sealed.
pub(super) fn encode_pulled(segment: &Segment, at: Millis) -> Vec<u8> {
    let head = PulledHead { v: VERSION, at, head: segment.head.clone() };
    let mut bytes = serde_json::to_vec(&head).expect("a head has string keys only");
    for text in &segment.texts {
        bytes.push(b'\n');
        bytes.extend_from_slice(text.as_bytes());
    }
    bytes
}

/// Reads a kept segment.
pub(super) fn decode_pulled(bytes: &[u8]) -> Option<(Millis, Segment)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines = text.split('\n');
    let head: PulledHead = serde_json::from_str(lines.next()?).ok()?;
    let texts = lines.map(Text::from).collect();
    (head.v == VERSION).then_some((head.at, Segment { head: head.head, texts }))
}

/// How far the phone's own entries have come: by verified receipts only.
#[derive(Debug, Default)]
pub(super) struct Standings {
    epochs: Vec<EpochRow>,
    /// The receipt that was asked for last: entries of one visit mostly share one.
    last: Option<Receipt>,
}

impl Standings {
    /// Reads how far the office is.
    pub(super) fn load(store: &Store) -> Result<Standings, EngineError> {
        Ok(Standings { epochs: store.epochs()?, last: None })
    }

    /// True for a stretch of this phone's own chain.
    pub(super) fn knows(&self, epoch: holdfast_model::id::ChainEpoch) -> bool {
        self.epochs.iter().any(|e| e.epoch == epoch)
    }

    fn of_place(
        &mut self,
        store: &Store,
        epoch: holdfast_model::id::ChainEpoch,
        seq: u64,
    ) -> Result<(Standing, Option<Millis>), EngineError> {
        let acked = self.epochs.iter().find(|e| e.epoch == epoch).map_or(0, |e| e.acked);
        if seq > acked {
            return Ok((Standing::OnThisPhone, None));
        }
        let covers = |r: &Receipt| r.epoch == epoch && r.first <= seq && seq <= r.last;
        if !self.last.as_ref().is_some_and(covers) {
            self.last = store.receipt(epoch, seq)?;
        }
        Ok(match &self.last {
            Some(receipt) if receipt.held.iter().any(|(s, _)| *s == seq) => (Standing::HeldForChecking, Some(receipt.at)),
            Some(receipt) => (Standing::Received, Some(receipt.at)),
            // Covered by the high-water mark alone cannot be: the mark only moves with a kept receipt.
            None => (Standing::OnThisPhone, None),
        })
    }
}
