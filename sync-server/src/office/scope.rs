//! What a phone may see, and the part of it that it does not have yet.
//!
//! A care worker's phone gets the visits of its worker and the people they are to; a shift lead's also the people whom the branch
//! visits today; the office's own terminals the whole branch. Where a phone is, its cursor says: up to which count of the branch it
//! has everything in its scope, and what that scope was. A document that comes into scope is served whole, one that leaves it is named
//! as dropped.

use super::{Office, locked};
use crate::clock_log::Told;
use crate::error::OfficeError;
use crate::faults::Fault;
use crate::ledger::BranchNo;
use crate::office::sync::refusal;
use crate::parcels::Parcels;
use crate::phone::Phone;
use crate::state::{Branch, State, Stored, StoredPush, day_of, load_push, load_segment};
use holdfast_model::id::{ChainEpoch, DeviceId, DocumentId, PersonId, ServerEpoch, WorkerId};
use holdfast_model::port::Answer;
use holdfast_model::time::{HOUR, Millis};
use holdfast_model::wire::{ClockSample, Parcel, Push, Role};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

/// How far ahead a phone is given visits, and how far back.
const AHEAD_MS: i64 = 48 * HOUR;
const BACK_MS: i64 = 48 * HOUR;
/// Most bytes of entries' text in one reply: half of what a reply may inflate to.
const PAGE_BYTES: usize = 8 * 1024 * 1024;
/// Segments read from the ledger at a time.
const READ_AT_ONCE: usize = 256;

/// Where a phone is. It travels opaque, protected, bound to the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Which life of the ledger it counts in.
    pub server: ServerEpoch,
    /// The phone's chain epoch when it was given.
    pub chain: ChainEpoch,
    /// Last sequence number of that epoch that it was told is durable.
    pub have_to: u64,
    /// Up to which count of the branch it has everything in its scope.
    pub seq: u64,
    /// Which scope that was.
    pub generation: u64,
    /// What it was told of other phones' clocks.
    pub told: Told,
}

const CURSOR_BYTES: usize = 1 + 8 + 8 + 8 + 8 + 8 + 8 + 8;
/// A cursor of version 1 says nothing of clocks.
const CURSOR_BYTES_V1: usize = CURSOR_BYTES - 16;

impl Cursor {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![2];
        bytes.extend(self.server.0);
        bytes.extend(self.chain.0);
        bytes.extend(self.have_to.to_be_bytes());
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.generation.to_be_bytes());
        bytes.extend(self.told.run.to_be_bytes());
        bytes.extend(self.told.count.to_be_bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Cursor> {
        let told = match (bytes.first(), bytes.len()) {
            (Some(1), CURSOR_BYTES_V1) => false,
            (Some(2), CURSOR_BYTES) => true,
            _ => return None,
        };
        let part = |i: usize| -> [u8; 8] { bytes[1 + 8 * i..9 + 8 * i].try_into().expect("eight bytes, within the length just looked at") };
        let number = |i: usize| u64::from_be_bytes(part(i));
        Some(Cursor {
            server: ServerEpoch(part(0)),
            chain: ChainEpoch(part(1)),
            have_to: number(2),
            seq: number(3),
            generation: number(4),
            told: if told { Told { run: number(5), count: number(6) } } else { Told::default() },
        })
    }
}

/// What a reply carries beside receipts.
#[derive(Default)]
pub(crate) struct Page {
    /// Parts of pushes.
    pub pushes: Vec<Push>,
    /// Whole ones, as they came.
    pub parcels: Vec<Parcel>,
    /// When each of them reached the office: first those in parts, then the whole ones.
    pub arrived: Vec<Millis>,
    pub clocks: Vec<(DeviceId, ClockSample)>,
    pub cursor: String,
    pub more: bool,
    pub dropped: Vec<DocumentId>,
    pub revoked: bool,
}

/// What a phone may see.
pub(crate) enum Sees {
    /// Everything of its branch.
    Branch,
    /// These documents.
    Documents(BTreeSet<DocumentId>),
}

impl Sees {
    /// Whether a phone is to hold this person's plan. An office's terminal is no phone that anybody takes to a door.
    pub fn person(&self, person: &PersonId) -> bool {
        match self {
            Sees::Branch => false,
            Sees::Documents(docs) => docs.contains(&DocumentId::Person(person.clone())),
        }
    }
}

/// What a phone asks for, and from where it goes on.
pub(crate) struct Wanted<'a> {
    /// Who reads.
    pub reader: Option<&'a WorkerId>,
    /// The phone's chain epoch.
    pub epoch: ChainEpoch,
    /// Most bytes of text; 0 for none.
    pub want_bytes: u32,
    /// Where the last page left off.
    pub cursor: Option<&'a Cursor>,
    /// Last sequence number of the epoch that is durable here.
    pub have_to: u64,
}

/// A page being filled: never left empty, never much larger than asked for.
struct Filling<'a> {
    office: &'a Office,
    state: &'a State,
    branch: &'a Branch,
    /// Whose page: its own records of its current epoch are not news to it. Absent for a phone that several workers share: what one of them
    /// wrote is news to the others.
    own: Option<(DeviceId, ChainEpoch)>,
    to: &'a mut Cursor,
    left: usize,
    /// The phone that asks.
    asking: DeviceId,
    segments: Vec<Arc<Stored>>,
    clocks: Vec<(DeviceId, ClockSample)>,
    more: bool,
}

impl Office {
    /// Reads a cursor. Another phone's, or one that was changed, is refused; one from before a restore begins anew.
    pub(crate) fn cursor(&self, device: &DeviceId, text: Option<&str>) -> Result<Option<Cursor>, Answer> {
        let Some(text) = text else { return Ok(None) };
        let bytes = self.inner.keys.cursors.check(device.as_str().as_bytes(), text);
        let Some(cursor) = bytes.and_then(|b| Cursor::read(&b)) else {
            let says = "This is not the place where this phone left off. Nothing was taken; it stays on this phone, which begins anew.";
            return Err(refusal(400, "cursor_foreign", says, None));
        };
        Ok((cursor.server == self.inner.server_epoch).then_some(cursor))
    }

    /// True for a reader who sees the whole branch: somebody in the office sits there.
    pub(crate) fn follows_branch(&self, reader: Option<&WorkerId>) -> bool {
        reader.is_some_and(|reader| sees_branch(role(&self.state(), reader)))
    }

    /// The next page for a phone.
    pub(crate) fn page(&self, phone: &Arc<Mutex<Phone>>, wanted: &Wanted<'_>, now: Millis) -> Page {
        let Wanted { reader, epoch, want_bytes, cursor, have_to } = *wanted;
        let mut to = Cursor {
            server: self.inner.server_epoch,
            chain: epoch,
            have_to,
            seq: cursor.map_or(0, |c| c.seq),
            generation: cursor.map_or(0, |c| c.generation),
            told: cursor.map_or_else(Told::default, |c| c.told),
        };
        let mut page = Page::default();
        // The writer takes these two in this order, and so does everybody.
        let state = self.state();
        let mut phone = locked(phone);
        page.revoked = phone.revoked.is_some();
        if let Some(branch) = state.branch_named(&phone.branch)
            && let Some(reader) = reader
            && !page.revoked
            && want_bytes > 0
        {
            let mut filling = Filling {
                office: self,
                state: &state,
                branch,
                own: (!phone.shared()).then(|| (phone.device.clone(), epoch)),
                asking: phone.device.clone(),
                to: &mut to,
                left: (want_bytes as usize).min(PAGE_BYTES),
                segments: Vec::new(),
                clocks: Vec::new(),
                more: false,
            };
            match sees(&state, reader, branch.no, now) {
                Sees::Branch => filling.whole_branch(),
                Sees::Documents(docs) => page.dropped = filling.documents(&docs, &mut phone, reader),
            }
            page.more = filling.more;
            (page.pushes, page.parcels, page.arrived) = by_push(&filling.segments, &state.parcels);
            page.clocks = filling.clocks;
        }
        page.cursor = self.inner.keys.cursors.protect(phone.device.as_str().as_bytes(), &to.bytes());
        page
    }

    /// True when a segment may be handed on: its document rebuilds.
    fn hands_on(&self, state: &State, stored: &Stored) -> bool {
        if self.inner.faults.on(Fault::OpenGate) {
            return true;
        }
        let withheld_from = state.docs.get(&stored.kept.head.doc).and_then(|d| d.withheld_from);
        stored.withheld.is_none() && withheld_from.is_none_or(|from| stored.seq < from)
    }

    fn older(&self, no: BranchNo, seq: u64) -> Result<Vec<Arc<Stored>>, OfficeError> {
        let mut pushes: HashMap<i64, Arc<StoredPush>> = HashMap::new();
        let mut all = Vec::new();
        for (push, row) in self.inner.ledger.segments_after(no, seq, READ_AT_ONCE)? {
            let push = match pushes.get(&push) {
                Some(push) => push.clone(),
                None => {
                    let loaded = load_push(push, &*self.inner.ledger)?;
                    pushes.insert(push, loaded.clone());
                    loaded
                }
            };
            all.push(Arc::new(load_segment(row, push, &self.inner.keys)?));
        }
        Ok(all)
    }
}

impl Filling<'_> {
    /// True for a segment that is news to the phone, and may be handed on.
    fn news(&self, stored: &Stored) -> bool {
        let header = &stored.push.header;
        let own = self.own.as_ref().is_some_and(|(device, epoch)| header.device == *device && header.epoch == *epoch);
        // What a newcomer wrote on it for the office alone no vault on it can read.
        (!own || stored.kept.unconfirmed) && self.office.hands_on(self.state, stored)
    }

    /// Puts a segment on the page; false when the page is full.
    fn take(&mut self, stored: &Arc<Stored>) -> bool {
        let bytes = stored.kept.text_bytes;
        if bytes > self.left && !self.segments.is_empty() {
            self.more = true;
            return false;
        }
        self.left = self.left.saturating_sub(bytes);
        self.segments.push(stored.clone());
        true
    }

    /// Takes what comes next by the branch's count; false when the page is full.
    fn next(&mut self, stored: &Arc<Stored>) -> bool {
        let fits = !self.news(stored) || self.take(stored);
        if fits {
            self.to.seq = stored.seq;
        }
        fits
    }

    fn whole_branch(&mut self) {
        let branch = self.branch;
        while branch.ring.front().map_or(branch.seq, |s| s.seq - 1) > self.to.seq {
            // Older than what is in hand.
            let older = match self.office.older(branch.no, self.to.seq) {
                Ok(older) => older,
                Err(e) => {
                    tracing::error!(code = e.code(), "a page could not be read from the store; the phone asks again");
                    self.more = true;
                    return;
                }
            };
            if older.is_empty() {
                break;
            }
            if !older.iter().all(|stored| self.next(stored)) {
                return;
            }
        }
        let from = branch.ring.partition_point(|s| s.seq <= self.to.seq);
        if branch.ring.range(from..).all(|stored| self.next(stored)) {
            self.to.seq = branch.seq;
        }
        let log = &self.state.clock_log;
        if self.to.told != log.now() {
            self.tell(log.devices().map(|device| (device, true)));
        }
    }

    /// Tells what is new of the clocks of these phones.
    fn tell<'d>(&mut self, devices: impl IntoIterator<Item = (&'d DeviceId, bool)>) {
        let log = &self.state.clock_log;
        self.clocks = log.news(&self.asking, Some(self.to.told), devices);
        self.to.told = log.now();
    }

    /// Tells of the clocks of whoever wrote in the documents that the phone was served: all of them where a phone is new to it.
    fn tell_of(&mut self, served: &BTreeSet<DocumentId>, had: &BTreeSet<DocumentId>, since: u64) {
        let state = self.state;
        if self.to.told == state.clock_log.now() && self.segments.is_empty() && served == had {
            return;
        }
        let mut wrote: BTreeMap<&DeviceId, bool> = BTreeMap::new();
        for doc in served.iter().filter_map(|id| state.docs.get(id)) {
            let known = had.contains(&doc.id);
            for stored in &doc.segments {
                *wrote.entry(&stored.push.header.device).or_default() |= known && stored.seq <= since;
            }
        }
        self.tell(wrote);
    }

    /// Gives the documents that left the phone's scope.
    fn documents(&mut self, docs: &BTreeSet<DocumentId>, phone: &mut Phone, reader: &WorkerId) -> Vec<DocumentId> {
        let had = phone.served(reader, self.to.generation).map(|s| s.docs.clone());
        if had.is_none() {
            // Where it was is not known here any more: it gets everything in its scope again, and skips what it has.
            self.to.seq = 0;
        }
        let before = had.clone().or_else(|| phone.latest(reader).map(|s| s.docs.clone())).unwrap_or_default();
        let dropped = before.difference(docs).cloned().collect();
        let had = had.unwrap_or_default();
        let mut serves: BTreeSet<DocumentId> = had.intersection(docs).cloned().collect();
        // First what is new of what it has: that is what somebody waits for.
        let state = self.state;
        let since = self.to.seq;
        let mut tail: Vec<&Arc<Stored>> = serves
            .iter()
            .filter_map(|id| state.docs.get(id))
            .flat_map(|doc| doc.segments.iter().rev().take_while(|s| s.seq > since))
            .collect();
        tail.sort_by_key(|s| s.seq);
        if tail.into_iter().all(|stored| self.next(stored)) {
            self.to.seq = self.branch.seq;
            for id in docs.difference(&had) {
                let Some(doc) = state.docs.get(id) else { continue };
                let whole: Vec<&Arc<Stored>> = doc.segments.iter().filter(|s| self.office.hands_on(state, s)).collect();
                let bytes: usize = whole.iter().map(|s| s.kept.text_bytes).sum();
                if bytes > self.left && !self.segments.is_empty() {
                    self.more = true;
                    break;
                }
                // Whole or not at all: half a document is not in anybody's scope.
                self.left = self.left.saturating_sub(bytes);
                self.segments.extend(whole.into_iter().cloned());
                serves.insert(id.clone());
            }
        }
        self.tell_of(&serves, &had, since);
        self.to.generation = phone.serve(reader, serves);
        dropped
    }
}

fn role(state: &State, reader: &WorkerId) -> Role {
    state.workers.get(reader).map_or(Role::Worker, |w| w.role)
}

fn sees_branch(role: Role) -> bool {
    matches!(role, Role::Coordinator | Role::Manager | Role::Administrator)
}

/// What a worker may see on a phone now.
pub(crate) fn sees(state: &State, reader: &WorkerId, no: BranchNo, now: Millis) -> Sees {
    let mut docs = BTreeSet::new();
    match role(state, reader) {
        role if sees_branch(role) => return Sees::Branch,
        Role::Lead => {
            let today = day_of(now);
            for doc in state.docs.values().filter(|d| d.branch == no) {
                if let (Some(person), Some(start)) = (&doc.plan.person, doc.plan.start)
                    && day_of(start) == today
                {
                    docs.insert(DocumentId::Person(person.clone()));
                }
            }
        }
        _ => {}
    }
    let Some(branch) = state.branch(no) else { return Sees::Documents(docs) };
    for id in branch.by_worker.get(reader).into_iter().flatten() {
        let Some(doc) = state.docs.get(id) else { continue };
        // A visit without a planned start is one that nobody planned: it counts from the day it was written.
        let near = doc.plan.start.is_none_or(|start| start >= now.plus(-BACK_MS) && start <= now.plus(AHEAD_MS));
        if near {
            docs.insert(id.clone());
            if let Some(person) = &doc.plan.person {
                docs.insert(DocumentId::Person(person.clone()));
            }
        }
    }
    Sees::Documents(docs)
}

/// Segments as they travel: under the signed header that each came with, or as the very bytes they came as, where all of a push is here;
/// with when each reached the office.
fn by_push(segments: &[Arc<Stored>], parcels: &Parcels) -> (Vec<Push>, Vec<Parcel>, Vec<Millis>) {
    let mut pushes: BTreeMap<i64, Vec<&Arc<Stored>>> = BTreeMap::new();
    for stored in segments {
        pushes.entry(stored.push.id).or_default().push(stored);
    }
    let (mut parts, mut whole, mut came, mut came_whole) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (id, segments) in pushes {
        let (header, at) = (&segments[0].push.header, segments[0].push.received);
        let entries: u32 = segments.iter().map(|s| s.kept.head.n).sum();
        let all = segments.len() == header.segments.len() && entries == header.count;
        match parcels.get(id).filter(|_| all) {
            Some(parcel) => {
                whole.push(parcel.clone());
                came_whole.push(at);
            }
            None => {
                parts.push(Push { header: header.clone(), segments: segments.iter().map(|s| s.segment()).collect() });
                came.push(at);
            }
        }
    }
    came.append(&mut came_whole);
    (parts, whole, came)
}
