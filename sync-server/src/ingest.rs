//! From bytes to rows: everything about a push that can be decided without looking at any other push. Runs on the thread of
//! the request, so that many run at once; what follows is one thread's work, and short.

use crate::error::OfficeError;
use crate::faults::{Fault, Faults};
use crate::held::{HeldPlace, REVOKED, TAKEN_OFF};
use crate::keys::{Keys, Subject};
use crate::ledger::{BranchNo, DAY_ALWAYS, Ledger, SealedRow};
use crate::ready::{Gist, Ready, ReadyHold, ReadySegment};
use crate::state::{Kept, NewDoc, State, day_of, segment_bytes};
use holdfast_model::document::{GateError, Segment};
use holdfast_model::entry::{Body, Read};
use holdfast_model::id::{BranchId, Digest, DocumentId, PersonId, WorkerId};
use holdfast_model::port::Random;
use holdfast_model::time::Millis;
use holdfast_model::wire::{Hold, Inspected, Packed, PushError, PushHeader, Unopened, Unsealed, inspect_unsealed};
use holdfast_vault::PublicKey;
use std::collections::{BTreeSet, HashMap};
use std::sync::RwLock;

/// Why a push is not taken. The phone keeps what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Its signature is not the device's.
    Signature,
    /// It is not what its header says.
    Push(PushError),
    /// The office cannot take anything now.
    Office(OfficeError),
}

impl From<OfficeError> for Refused {
    fn from(e: OfficeError) -> Self {
        Refused::Office(e)
    }
}

/// Who is shut out of a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShutOut {
    /// These of its workers; usually none.
    Workers(BTreeSet<WorkerId>),
    /// The phone: all that it brings is held for checking.
    Phone,
}

impl ShutOut {
    /// Nobody.
    pub const NOBODY: ShutOut = ShutOut::Workers(BTreeSet::new());
}

/// The segments of a push in which one of these workers wrote, by their places. Empty where there are none to look for.
fn written_by(workers: &BTreeSet<WorkerId>, push: &Inspected, count: usize) -> Vec<bool> {
    if workers.is_empty() {
        return Vec::new();
    }
    let mut out = vec![false; count];
    for entry in &push.entries {
        if entry.read.as_ref().is_ok_and(|read| workers.contains(&read.author().worker))
            && let Some(segment) = out.get_mut(entry.segment as usize)
        {
            *segment = true;
        }
    }
    out
}

/// What preparing needs of the office.
pub struct Desk<'a> {
    /// What is in hand.
    pub state: &'a RwLock<State>,
    /// Keys.
    pub keys: &'a Keys,
    /// What is durable.
    pub ledger: &'a dyn Ledger,
    /// Where salts and keys come from.
    pub random: &'a dyn Random,
    /// For tests of tests.
    pub faults: &'a Faults,
}

impl Desk<'_> {
    /// Checks a push against its signature and its own header, reads its entries, rebuilds its changes, seals its segments.
    ///
    /// `shut_out`: what these wrote is held for checking.
    pub fn ready(
        &self,
        arrived: impl Into<Unsealed>,
        key: &PublicKey,
        branch: &BranchId,
        received: Millis,
        shut_out: &ShutOut,
    ) -> Result<Ready, Refused> {
        let mut arrived: Unsealed = arrived.into();
        let header = &arrived.push.header;
        let signed = key.verify_text(&header.signed_bytes(), &header.sig);
        if signed.is_err() && !self.faults.on(Fault::SkipSignature) {
            return Err(Refused::Signature);
        }
        let inspected = inspect_unsealed(&mut arrived).map_err(Refused::Push)?;
        let ready = Ready::of(&arrived.push.header, &inspected, received)?;
        let mut making = Making { desk: self, home: self.branch_no(branch)?, ready, known: HashMap::new() };
        match shut_out {
            ShutOut::Phone => making.hold_all(&arrived),
            ShutOut::Workers(off) => making.take_all(arrived, inspected, off)?,
        }
        Ok(making.ready)
    }

    /// Tells where entries stand in their devices' boots and sequences.
    fn place_in_time<'r>(&self, reads: impl Iterator<Item = &'r Read>, received: Millis) {
        let mut state = self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for read in reads {
            state.clocks.entry(read, Some(received));
        }
    }

    fn branch_no(&self, branch: &BranchId) -> Result<BranchNo, OfficeError> {
        let state = self.state.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.branch_named(branch).map(|b| b.no).ok_or_else(|| OfficeError::UnknownBranch(branch.to_string()))
    }

    /// Where a document belongs: in hand, in the ledger, or new with this push.
    fn document(
        &self,
        id: &DocumentId,
        reads: &[Read],
        home: BranchNo,
        received: Millis,
        keys: &mut Vec<SealedRow>,
    ) -> Result<NewDoc, OfficeError> {
        {
            let state = self.state.read().unwrap_or_else(std::sync::PoisonError::into_inner);
            if let Some(doc) = state.docs.get(id) {
                return Ok(NewDoc {
                    id: id.clone(),
                    key: doc.key,
                    branch: doc.branch,
                    subject: doc.subject.clone(),
                    day: doc.day,
                    stored: true,
                });
            }
        }
        let key = self.keys.document(id);
        if let Some(row) = self.ledger.document(&key)? {
            return Ok(NewDoc {
                id: id.clone(),
                key,
                branch: row.branch,
                subject: self.keys.key_of(&row.sealed)?,
                day: row.day,
                stored: true,
            });
        }
        let subject = match person_of(id, reads) {
            Some(person) => Subject::Person(person),
            None => {
                let state = self.state.read().unwrap_or_else(std::sync::PoisonError::into_inner);
                let branch = state.branch(home).ok_or_else(|| OfficeError::UnknownBranch(home.to_string()))?;
                Subject::Branch(branch.name.clone())
            }
        };
        let (subject, row) = self.keys.subject(&subject, self.random);
        keys.extend(row);
        let day = match id {
            DocumentId::Visit(_) => day_of(received),
            DocumentId::Person(_) | DocumentId::Outage(_) => DAY_ALWAYS,
        };
        Ok(NewDoc { id: id.clone(), key, branch: home, subject, day, stored: false })
    }
}

/// A push being made ready.
struct Making<'a> {
    desk: &'a Desk<'a>,
    /// The branch of the phone.
    home: BranchNo,
    ready: Ready,
    /// Documents that were looked up for it.
    known: HashMap<DocumentId, NewDoc>,
}

/// What was found out about one segment.
struct Facts {
    /// Its entries, those that are some.
    reads: Vec<Read>,
    /// Highest sequence number in it.
    last: u64,
    /// Hashes of its changes, if they rebuild.
    changes: Result<Vec<Digest>, GateError>,
}

impl Making<'_> {
    /// Everything is held: the phone is shut out.
    fn hold_all(&mut self, arrived: &Unsealed) {
        arrived.push.segments.iter().for_each(|segment| self.hold_whole(segment, REVOKED));
        arrived.unopened.iter().for_each(|unopened| self.hold_unopened(unopened));
        let header = &arrived.push.header;
        self.ready.shut_out = (header.first..=header.last()).map(|seq| (seq, REVOKED)).collect();
    }

    /// Takes every segment, but holds those in which one of `off` wrote.
    fn take_all(&mut self, arrived: Unsealed, inspected: Inspected, off: &BTreeSet<WorkerId>) -> Result<(), OfficeError> {
        let off = written_by(off, &inspected, arrived.push.segments.len());
        let facts = self.sort(&arrived, inspected, &off);
        // Clocks are a set, so what is told early, or never becomes durable, does no harm.
        self.desk.place_in_time(facts.iter().flat_map(|facts| &facts.reads), self.ready.received);
        let Unsealed { push, places, packed, .. } = arrived;
        let mut packed = packed.into_iter();
        for (s, ((segment, facts), place)) in push.segments.into_iter().zip(facts).zip(places).enumerate() {
            let packed = packed.next();
            if off.get(s) == Some(&true) {
                self.hold_whole(&segment, TAKEN_OFF);
            } else {
                self.take(segment, packed, facts, place)?;
            }
        }
        Ok(())
    }

    /// Sorts the entries into their segments, and holds each that is none.
    fn sort(&mut self, arrived: &Unsealed, inspected: Inspected, off: &[bool]) -> Vec<Facts> {
        let push = &arrived.push;
        let facts = |(s, segment): (usize, &Segment)| Facts {
            reads: Vec::with_capacity(segment.texts.len()),
            last: 0,
            changes: inspected.rebuild(push, s),
        };
        let mut all: Vec<Facts> = push.segments.iter().enumerate().map(facts).collect();
        for entry in inspected.entries {
            let (s, index) = (entry.segment as usize, entry.index as usize);
            let (Some(segment), Some(facts)) = (push.segments.get(s), all.get_mut(s)) else {
                arrived.unopened.get(index).into_iter().for_each(|unopened| self.hold_unopened(unopened));
                continue;
            };
            facts.last = facts.last.max(entry.seq);
            if off.get(s) == Some(&true) {
                self.ready.shut_out.push((entry.seq, TAKEN_OFF));
                continue;
            }
            match entry.read {
                Ok(read) => facts.reads.push(read),
                Err(hold) => {
                    self.hold(Some(entry.seq), hold.code(), Some(&segment.head.doc), 1, self.home, segment.texts[index].as_bytes())
                }
            }
        }
        all
    }

    /// Takes one segment: its document looked up, its bytes sealed.
    fn take(&mut self, segment: Segment, packed: Option<Packed>, facts: Facts, place: u32) -> Result<(), OfficeError> {
        let (desk, received) = (self.desk, self.ready.received);
        let Facts { reads, last, changes } = facts;
        let doc = self.document(&segment.head.doc, &reads)?;
        let (changes, withheld) = match changes {
            Ok(changes) => (changes, None),
            Err(e) => (Vec::new(), Some(e.code())),
        };
        let digest = self.ready.header.segments.get(place as usize).copied().unwrap_or_else(|| segment.head.digest());
        let plain = segment_bytes(&segment, packed.as_ref());
        let sealed = desk.keys.seal_segment(&doc.subject, &digest.0, &doc.key, &plain, desk.random);
        if let Some(code) = withheld {
            // The entries stand and are counted; what is held back is the document, from other phones.
            self.hold(None, code, Some(&doc.id), segment.head.n, doc.branch, &[]);
        }
        let (gist, day) = (Gist::of(&reads), day_for(&reads, received));
        let kept = Kept::of(segment, packed, reads.iter().any(opens_glass));
        self.ready.segments.push(ReadySegment { doc, kept, sealed, place, changes, withheld, gist, last, day });
        Ok(())
    }

    fn document(&mut self, id: &DocumentId, reads: &[Read]) -> Result<NewDoc, OfficeError> {
        if let Some(doc) = self.known.get(id) {
            return Ok(doc.clone());
        }
        let doc = self.desk.document(id, reads, self.home, self.ready.received, &mut self.ready.keys)?;
        self.known.insert(id.clone(), doc.clone());
        Ok(doc)
    }

    /// A segment with everything in it, held because somebody is shut out.
    fn hold_whole(&mut self, segment: &Segment, code: &'static str) {
        self.hold(None, code, Some(&segment.head.doc), segment.head.n, self.home, &segment_bytes(segment, None));
    }

    /// An entry that came sealed and did not open to what its device signed: kept as it came.
    fn hold_unopened(&mut self, unopened: &Unopened) {
        self.hold(Some(unopened.seq), Hold::Unopened.code(), None, 1, self.home, &unopened.sealed);
    }

    /// Holds bytes for checking, sealed into a place of their own.
    fn hold(&mut self, seq: Option<u64>, code: &'static str, doc: Option<&DocumentId>, entries: u32, branch: BranchNo, bytes: &[u8]) {
        let place = place(&self.ready.header, self.ready.received, code, self.ready.holds.len() as u32);
        let sealed = place.seal(self.desk.keys, bytes, self.desk.random);
        self.ready.holds.push(ReadyHold { seq, code, doc: doc.cloned(), entries, branch, sealed });
    }
}

/// True for an entry that says that a phone was opened past its lease.
fn opens_glass(read: &Read) -> bool {
    read.known().is_some_and(|e| matches!(e.body, Body::BreakGlass(_)))
}

/// Whose record a new document is.
fn person_of(id: &DocumentId, reads: &[Read]) -> Option<PersonId> {
    match id {
        DocumentId::Person(person) => Some(person.clone()),
        DocumentId::Outage(_) => None,
        DocumentId::Visit(_) => reads.iter().filter_map(Read::known).find_map(|e| match &e.body {
            Body::Assigned(a) => Some(a.person.clone()),
            Body::Unplanned(u) => u.person.clone(),
            _ => None,
        }),
    }
}

/// The latest day on which these entries matter: the day they arrive, or the day they plan for.
fn day_for(reads: &[Read], received: Millis) -> i64 {
    let planned = reads.iter().filter_map(Read::known).filter_map(|e| match &e.body {
        Body::Assigned(a) => Some(day_of(a.end)),
        _ => None,
    });
    planned.chain([day_of(received)]).max().unwrap_or(0)
}

/// The place that what is held for checking of a push is sealed into: one for each hold.
pub fn place<'a>(header: &'a PushHeader, received: Millis, code: &'a str, number: u32) -> HeldPlace<'a> {
    HeldPlace { device: &header.device, at: received, code, epoch: header.epoch, first: header.first, number }
}
