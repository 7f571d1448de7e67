//! From bytes to rows: everything about a push that can be decided without looking at any other push. Runs on the thread of
//! the request, so that many run at once; what follows is one thread's work, and short.

use crate::error::OfficeError;
use crate::faults::{Fault, Faults};
use crate::held::{HeldPlace, REVOKED, TAKEN_OFF};
use crate::keys::{Keys, Subject};
use crate::ledger::{BranchNo, DAY_ALWAYS, Ledger, SealedRow};
use crate::state::{Kept, NewDoc, State, day_of, segment_bytes};
use holdfast_model::document::Segment;
use holdfast_model::entry::{Body, Read};
use holdfast_model::id::{BranchId, Digest, DocumentId, PersonId, WorkerId};
use holdfast_model::port::Random;
use holdfast_model::time::Millis;
use holdfast_model::wire::{Hold, Inspected, Parcel, PushError, PushHeader, Unopened, Unsealed, inspect_unsealed};
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

/// A segment, ready to be stored.
pub struct ReadySegment {
    /// Its document.
    pub doc: NewDoc,
    /// Head and entries.
    pub kept: Kept,
    /// The same, sealed.
    pub sealed: Vec<u8>,
    /// Its place in the push.
    pub place: u32,
    /// Hashes of its changes; empty when they do not rebuild.
    pub changes: Vec<Digest>,
    /// Why it is not handed on.
    pub withheld: Option<&'static str>,
    /// What of its entries matters to what is in hand.
    pub gist: Gist,
    /// Highest sequence number in it.
    pub last: u64,
    /// Days on which its document matters because of it.
    pub day: i64,
}

/// Something of a push that is held for checking.
pub struct ReadyHold {
    /// Sequence number, for an entry.
    pub seq: Option<u64>,
    /// Why.
    pub code: &'static str,
    /// Its document, as far as the segment says.
    pub doc: Option<DocumentId>,
    /// How many entries.
    pub entries: u32,
    /// Where it belongs.
    pub branch: BranchNo,
    /// The bytes, sealed.
    pub sealed: Vec<u8>,
}

/// A push, ready to be stored.
pub struct Ready {
    /// Its signed header.
    pub header: PushHeader,
    /// The header's JSON.
    pub header_bytes: Vec<u8>,
    /// The bytes it came as; absent for one that came sealed, and for an office's own.
    pub parcel: Option<Parcel>,
    /// When it arrived.
    pub received: Millis,
    /// Digest of each text, in the order of the chain.
    pub digests: Vec<u8>,
    /// Its segments.
    pub segments: Vec<ReadySegment>,
    /// What of it is held for checking.
    pub holds: Vec<ReadyHold>,
    /// Keys drawn on the way, until they are durable.
    pub keys: Vec<SealedRow>,
    /// The sequence number up to which the device was told that it is durable here; it goes on from there on purpose.
    pub told: Option<u64>,
    /// True for an office's own push.
    pub own: bool,
    /// Entries that are held for checking with the whole segment they stand in, and why: their device or their worker is shut out.
    pub shut_out: Vec<(u64, &'static str)>,
    /// Set when somebody looked at it and took it in.
    pub reviewed: Option<Reviewed>,
}

/// What was held for checking and is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reviewed {
    /// A push that is new to its chain.
    Whole,
    /// Segments of this push, which is in its chain already.
    OfPush(i64),
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
        let arrived = arrived.into();
        let push = &arrived.push;
        let signed = key.verify_text(&push.header.signed_bytes(), &push.header.sig);
        if signed.is_err() && !self.faults.on(Fault::SkipSignature) {
            return Err(Refused::Signature);
        }
        let inspected = inspect_unsealed(&arrived).map_err(Refused::Push)?;
        let home = self.branch_no(branch)?;
        let mut digests = Vec::with_capacity(inspected.entries.len() * 32);
        for entry in &inspected.entries {
            digests.extend_from_slice(&entry.text.0);
        }
        let header_bytes = serde_json::to_vec(&push.header).map_err(|_| OfficeError::Damaged("a header".into()))?;
        let mut ready = Ready {
            header_bytes,
            parcel: None,
            received,
            digests,
            segments: Vec::with_capacity(push.segments.len()),
            holds: Vec::new(),
            keys: Vec::new(),
            told: None,
            own: false,
            shut_out: Vec::new(),
            reviewed: None,
            header: push.header.clone(),
        };
        let out = match shut_out {
            ShutOut::Phone => {
                ready.holds = self.review(&arrived, home, received);
                ready.shut_out = (push.header.first..=push.header.last()).map(|seq| (seq, REVOKED)).collect();
                return Ok(ready);
            }
            ShutOut::Workers(workers) => written_by(workers, &inspected, push.segments.len()),
        };
        let mut known: HashMap<DocumentId, NewDoc> = HashMap::new();
        let mut rebuilt = Vec::with_capacity(push.segments.len());
        for s in 0..push.segments.len() {
            rebuilt.push(inspected.rebuild(push, s).map(|all| all.into_iter().map(|(_, hash)| hash).collect::<Vec<_>>()));
        }
        let mut reads: Vec<Vec<Read>> = push.segments.iter().map(|s| Vec::with_capacity(s.texts.len())).collect();
        let mut last: Vec<u64> = vec![0; push.segments.len()];
        for entry in inspected.entries {
            let s = entry.segment as usize;
            let Some(segment) = push.segments.get(s) else {
                let number = ready.holds.len() as u32;
                ready
                    .holds
                    .extend(arrived.unopened.get(entry.index as usize).map(|u| self.unopened(&push.header, u, home, received, number)));
                continue;
            };
            last[s] = last[s].max(entry.seq);
            if out.get(s) == Some(&true) {
                ready.shut_out.push((entry.seq, TAKEN_OFF));
                continue;
            }
            match entry.read {
                Ok(read) => reads[s].push(read),
                Err(hold) => {
                    let text = &segment.texts[entry.index as usize];
                    let place = place(&push.header, received, hold.code(), ready.holds.len() as u32);
                    ready.holds.push(ReadyHold {
                        seq: Some(entry.seq),
                        code: hold.code(),
                        doc: Some(segment.head.doc.clone()),
                        entries: 1,
                        branch: home,
                        sealed: place.seal(self.keys, text.as_bytes(), self.random),
                    });
                }
            }
        }
        let Unsealed { push, places, packed, .. } = arrived;
        let mut packed = packed.into_iter();
        let all = push.segments.into_iter().zip(reads).zip(rebuilt.into_iter().zip(last)).zip(places);
        for (s, (((segment, reads), (changes, last)), listed_at)) in all.enumerate() {
            let packed = packed.next();
            if out.get(s) == Some(&true) {
                let number = ready.holds.len() as u32;
                ready.holds.push(self.held_whole(&push.header, &segment, TAKEN_OFF, home, received, number));
                continue;
            }
            let doc = match known.get(&segment.head.doc) {
                Some(doc) => doc.clone(),
                None => {
                    let doc = self.document(&segment.head.doc, &reads, home, received, &mut ready.keys)?;
                    known.insert(doc.id.clone(), doc.clone());
                    doc
                }
            };
            let (changes, withheld) = match changes {
                Ok(changes) => (changes, None),
                Err(e) => (Vec::new(), Some(e.code())),
            };
            let digest = push.header.segments.get(listed_at as usize).copied().unwrap_or_else(|| segment.head.digest());
            let plain = segment_bytes(&segment, packed.as_ref());
            let sealed = self.keys.seal_segment(&doc.subject, &digest.0, &doc.key, &plain, self.random);
            if let Some(code) = withheld {
                // The entries stand and are counted; what is held back is the document, from other phones.
                let place = place(&push.header, received, code, ready.holds.len() as u32);
                ready.holds.push(ReadyHold {
                    seq: None,
                    code,
                    doc: Some(doc.id.clone()),
                    entries: segment.head.n,
                    branch: doc.branch,
                    sealed: place.seal(self.keys, &[], self.random),
                });
            }
            let day = day_for(&reads, received);
            let gist = Gist::of(&reads);
            // Clocks are a set, so what is told early, or never becomes durable, does no harm.
            self.place_in_time(&reads, received);
            ready.segments.push(ReadySegment {
                doc,
                kept: Kept::of(segment, packed, reads.iter().any(opens_glass)),
                sealed,
                place: listed_at,
                changes,
                withheld,
                gist,
                last,
                day,
            });
        }
        Ok(ready)
    }

    /// An entry that came sealed and did not open to what its device signed: kept as it came.
    fn unopened(&self, header: &PushHeader, unopened: &Unopened, home: BranchNo, received: Millis, number: u32) -> ReadyHold {
        let code = Hold::Unopened.code();
        ReadyHold {
            seq: Some(unopened.seq),
            code,
            doc: None,
            entries: 1,
            branch: home,
            sealed: place(header, received, code, number).seal(self.keys, &unopened.sealed, self.random),
        }
    }

    /// A shut-out device's push: one hold for each segment, with everything in it.
    fn review(&self, arrived: &Unsealed, home: BranchNo, received: Millis) -> Vec<ReadyHold> {
        let push = &arrived.push;
        let hold = |(number, segment): (usize, &Segment)| self.held_whole(&push.header, segment, REVOKED, home, received, number as u32);
        let mut holds: Vec<ReadyHold> = push.segments.iter().enumerate().map(hold).collect();
        for unopened in &arrived.unopened {
            holds.push(self.unopened(&push.header, unopened, home, received, holds.len() as u32));
        }
        holds
    }

    /// A segment with everything in it, held because somebody is shut out.
    fn held_whole(
        &self,
        header: &PushHeader,
        segment: &Segment,
        code: &'static str,
        home: BranchNo,
        received: Millis,
        number: u32,
    ) -> ReadyHold {
        let place = place(header, received, code, number);
        ReadyHold {
            seq: None,
            code,
            doc: Some(segment.head.doc.clone()),
            entries: segment.head.n,
            branch: home,
            sealed: place.seal(self.keys, &segment_bytes(segment, None), self.random),
        }
    }

    /// Tells where entries stand in their devices' boots and sequences.
    fn place_in_time(&self, reads: &[Read], received: Millis) {
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

/// What of a segment's entries matters to what is in hand, beside their texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gist {
    /// One of them may change whose visit it is, or when.
    pub plan: bool,
    /// Who wrote them.
    pub authors: BTreeSet<WorkerId>,
}

impl Gist {
    fn of(reads: &[Read]) -> Gist {
        let mut gist = Gist { plan: reads.iter().any(is_plan), authors: BTreeSet::new() };
        for read in reads {
            if !gist.authors.contains(&read.author().worker) {
                gist.authors.insert(read.author().worker.clone());
            }
        }
        gist
    }
}

/// True for an entry that says that a phone was opened past its lease.
fn opens_glass(read: &Read) -> bool {
    read.known().is_some_and(|e| matches!(e.body, Body::BreakGlass(_)))
}

/// True for an entry that may change whose visit it is, or when.
fn is_plan(read: &Read) -> bool {
    read.known().is_some_and(|e| {
        matches!(
            e.body,
            Body::Assigned(_) | Body::Cancelled(_) | Body::CoverSent(_) | Body::Unplanned(_) | Body::Amended(_) | Body::Withdrawn(_)
        )
    })
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
