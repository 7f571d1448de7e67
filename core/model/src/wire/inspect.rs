//! What a push turns out to be: which entries are what their device signed, and what has to be held for checking.

use super::sealed::{Unopened, Unsealed};
use super::{Push, PushHeader};
use crate::chain;
use crate::document::{GateError, Segment, check_texts, rebuild_changes};
use crate::entry::{Malformed, Read};
use crate::id::{ChainEpoch, DeviceId, Digest, EntryId};
use crate::limits;

/// The unsigned header of a push. `texts` are the digests of the entries' texts in the order of their sequence, from
/// `first`; `segments` hold exactly these entries, grouped as [`crate::document::segments`] does.
pub fn push_header(device: &DeviceId, epoch: ChainEpoch, first: u64, prev: Digest, texts: &[Digest], segments: &[Segment]) -> PushHeader {
    PushHeader {
        device: device.clone(),
        epoch,
        first,
        count: texts.len() as u32,
        prev,
        head: chain::extend(prev, texts.iter().copied()),
        segments: segments.iter().map(|s| s.head.digest()).collect(),
        sig: String::new(),
    }
}

/// Why a push as a whole is not what its device signed. Nothing of it is taken; the device keeps it and tries again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// Nothing in it, or more than a push may hold, or sequence numbers out of all bounds.
    #[error("the push is empty or larger than a push may be")]
    Bounds,
    /// Not as many entries as the header counts.
    #[error("the push does not hold the entries that its header counts")]
    Incomplete,
    /// The entries do not lead from the chain's head before the push to the one after it.
    #[error("the entries are not those of the signed chain")]
    Chain,
}

impl PushError {
    /// The stable code of the refusal.
    pub fn code(self) -> &'static str {
        match self {
            PushError::Bounds => "push_bounds",
            PushError::Incomplete => "push_incomplete",
            PushError::Chain => "chain_mismatch",
        }
    }
}

/// Why an entry that its device signed is held for checking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hold {
    /// Longer than an entry may be.
    EntryTooLong,
    /// Not the shape of an entry.
    EntryMalformed,
    /// Its text names another device than the push.
    WrongDevice,
    /// Its text names another stretch of the chain than the push.
    WrongEpoch,
    /// Its text names another place in the chain than the one it has, or one that another entry of the push has too.
    WrongSequence,
    /// Its text names another document than its segment.
    WrongDocument,
    /// It came sealed, and did not open to what its device signed.
    Unopened,
}

impl Hold {
    /// The stable code, as receipts and the office's list carry it.
    pub fn code(self) -> &'static str {
        match self {
            Hold::EntryTooLong => "entry_too_long",
            Hold::EntryMalformed => "entry_malformed",
            Hold::WrongDevice => "entry_wrong_device",
            Hold::WrongEpoch => "entry_wrong_epoch",
            Hold::WrongSequence => "entry_wrong_sequence",
            Hold::WrongDocument => "entry_wrong_document",
            Hold::Unopened => "entry_unopened",
        }
    }
}

/// A push whose texts are those of the signed chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// Every entry, in the order of its sequence.
    pub entries: Vec<InspectedEntry>,
    /// For each segment of the push whether the header lists it: an unlisted one has signed texts, but unsigned causality.
    pub listed: Vec<bool>,
    /// For each segment the place in `entries` of each of its texts.
    places: Vec<Vec<u32>>,
}

/// One entry of a push.
#[derive(Debug, Clone, PartialEq)]
pub struct InspectedEntry {
    /// Its place in the device's chain.
    pub seq: u64,
    /// Which segment of the push it stands in. For one that did not open: none, the highest number there is.
    pub segment: u32,
    /// Which text of that segment it is; for one that did not open, which of these.
    pub index: u32,
    /// Digest of its text.
    pub text: Digest,
    /// Head of the chain after it.
    pub head: Digest,
    /// What it says, or why it is held for checking.
    pub read: Result<Read, Hold>,
}

/// Compares a push with its header: as many entries as counted, one at each place of the chain, the chain leading from
/// the head before to the head after. The header's signature is the caller's to check, before or after.
///
/// An entry that is no entry, or that claims another place than it has, is held alone; the others go on. Where such an entry
/// stands in the chain is concluded from the places the others leave free.
pub fn inspect(push: &Push) -> Result<Inspected, PushError> {
    inspect_around(push, &[], Vec::new())
}

/// As [`inspect`], for a push some of whose entries came sealed and did not open: these are held, the others go on.
///
/// What of its entries has been read is taken out of it.
pub fn inspect_unsealed(unsealed: &mut Unsealed) -> Result<Inspected, PushError> {
    let reads = std::mem::take(&mut unsealed.reads);
    inspect_around(&unsealed.push, &unsealed.unopened, reads)
}

fn inspect_around(push: &Push, unopened: &[Unopened], reads: Vec<Vec<Option<Read>>>) -> Result<Inspected, PushError> {
    let header = &push.header;
    let count = header.count as usize;
    if count == 0 || count > limits::PUSH_ENTRIES || header.first == 0 || header.first > u64::MAX >> 1 {
        return Err(PushError::Bounds);
    }
    if push.segments.iter().map(|s| s.texts.len()).sum::<usize>() + unopened.len() != count {
        return Err(PushError::Incomplete);
    }
    let mut slots: Vec<Option<InspectedEntry>> = (0..count).map(|_| None).collect();
    let mut places: Vec<Vec<u32>> = push.segments.iter().map(|s| vec![0; s.texts.len()]).collect();
    let mut displaced: Vec<InspectedEntry> = Vec::new();
    // First those whose place is known from outside: no claim of a text may take it.
    for (i, u) in unopened.iter().enumerate() {
        let offset = u.seq.checked_sub(header.first).and_then(|o| usize::try_from(o).ok()).unwrap_or(usize::MAX);
        let Some(slot @ None) = slots.get_mut(offset) else { return Err(PushError::Incomplete) };
        let read = Err(Hold::Unopened);
        *slot = Some(InspectedEntry { seq: u.seq, segment: u32::MAX, index: i as u32, text: u.text, head: Digest::ZERO, read });
    }
    let mut reads = reads.into_iter();
    for (s, segment) in push.segments.iter().enumerate() {
        let mut reads = reads.next().unwrap_or_default().into_iter();
        for (i, text) in segment.texts.iter().enumerate() {
            let (claimed, read) = judge(header, segment, text, reads.next().flatten());
            let seq = claimed.unwrap_or_default();
            let entry = InspectedEntry { seq, segment: s as u32, index: i as u32, text: text.digest(), head: Digest::ZERO, read };
            let offset = seq.checked_sub(header.first).map_or(usize::MAX, |o| usize::try_from(o).unwrap_or(usize::MAX));
            match slots.get_mut(offset) {
                Some(slot @ None) => *slot = Some(entry),
                _ => displaced.push(InspectedEntry { read: entry.read.and(Err(Hold::WrongSequence)), ..entry }),
            }
        }
    }
    let mut head = header.prev;
    let mut displaced = displaced.into_iter();
    let mut entries = Vec::with_capacity(count);
    for (offset, slot) in slots.into_iter().enumerate() {
        let Some(mut entry) = slot.or_else(|| displaced.next()) else { return Err(PushError::Incomplete) };
        entry.seq = header.first + offset as u64;
        head = chain::next(head, entry.text);
        entry.head = head;
        if let Some(place) = places.get_mut(entry.segment as usize).and_then(|p| p.get_mut(entry.index as usize)) {
            *place = offset as u32;
        }
        entries.push(entry);
    }
    if head != header.head {
        return Err(PushError::Chain);
    }
    let listed = push.segments.iter().map(|s| header.segments.contains(&s.head.digest())).collect();
    Ok(Inspected { entries, listed, places })
}

/// The place that a text claims in this push's chain, and what it says or why it has to be held. `read`: what it says, where that is known.
fn judge(header: &PushHeader, segment: &Segment, text: &str, read: Option<Read>) -> (Option<u64>, Result<Read, Hold>) {
    let read = match read.map_or_else(|| Read::parse(text), Ok) {
        Ok(read) => read,
        Err(Malformed::TooLong) => return (None, Err(Hold::EntryTooLong)),
        Err(Malformed::Shape { .. }) => return (None, Err(Hold::EntryMalformed)),
    };
    let (device, epoch, seq) = read.place();
    if *device != header.device {
        return (None, Err(Hold::WrongDevice));
    }
    if epoch != header.epoch {
        return (None, Err(Hold::WrongEpoch));
    }
    if *read.doc() != segment.head.doc {
        return (Some(seq), Err(Hold::WrongDocument));
    }
    (Some(seq), Ok(read))
}

impl Inspected {
    /// The gate for one segment of the push that was inspected, without reading any entry again. Gives the hashes of its changes.
    ///
    /// A failure withholds the segment from its document; its entries stand as they are.
    pub fn rebuild(&self, push: &Push, segment: usize) -> Result<Vec<Digest>, GateError> {
        let (Some(one), Some(places), Some(listed)) = (push.segments.get(segment), self.places.get(segment), self.listed.get(segment))
        else {
            return Err(GateError::Profile("number of segments"));
        };
        if !listed {
            return Err(GateError::Unlisted);
        }
        check_texts(one)?;
        let keys: Option<Vec<EntryId>> = places.iter().map(|p| self.entries[*p as usize].read.as_ref().ok().map(Read::id)).collect();
        rebuild_changes(one, &keys.ok_or(GateError::Profile("shape of an entry"))?)
    }

    /// Entries of one segment, in the segment's order.
    pub fn of_segment(&self, segment: usize) -> impl Iterator<Item = &InspectedEntry> {
        self.places.get(segment).into_iter().flatten().map(|p| &self.entries[*p as usize])
    }
}
