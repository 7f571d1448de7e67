//! The part of a phone's scope that it does not have yet, a page at a time.
//!
//! A document that comes into scope is served whole, one that leaves it is named as dropped.

use super::cursor::Cursor;
use super::scope::{Sees, sees};
use super::{Office, locked};
use crate::clock_log::Told;
use crate::error::OfficeError;
use crate::faults::Fault;
use crate::ledger::BranchNo;
use crate::parcels::Parcels;
use crate::phone::Phone;
use crate::state::{Branch, State, Stored, StoredPush, load_push, load_segment};
use holdfast_model::id::{ChainEpoch, DeviceId, DocumentId, WorkerId};
use holdfast_model::time::Millis;
use holdfast_model::wire::{ClockSample, Parcel, Push};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

/// Most bytes of entries' text in one reply: half of what a reply may inflate to.
const PAGE_BYTES: usize = 8 * 1024 * 1024;
/// Segments read from the ledger at a time.
const READ_AT_ONCE: usize = 256;

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
