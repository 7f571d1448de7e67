//! What a phone hands over that cannot read what it holds: locked, expired, shut out, or with its read path destroyed.
//!
//! The header is an ordinary one, signed like any other, over segments of one entry each. In the place of texts travel the copies that were
//! sealed for the office as the entries were recorded, each with the digest of its text, so that the chain holds whatever opens.

use super::codec::WireError;
use super::pack::{Source, Streams};
use super::{Arrived, Packed, Push, PushHeader};
use crate::document::{self, Segment};
use crate::entry::Read;
use crate::id::{ChainEpoch, DeviceId, Digest};
use crate::limits;
use serde::{Deserialize, Serialize};

/// The version of the section that this code writes.
const VERSION: u32 = 1;

/// A stretch of a chain, sealed for the office alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPush {
    /// The signed head. Its segments have one entry each, in the order of the chain.
    pub header: PushHeader,
    /// The entries, in the order of the chain.
    pub entries: Vec<SealedEntry>,
}

/// One entry, sealed for the office alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedEntry {
    /// Digest of its text: what the chain runs over.
    pub text: Digest,
    /// The change, sealed (`docs/storage-format.md`, section 3).
    pub sealed: Vec<u8>,
}

/// What a sealed push comes to once the office has tried its key on it.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsealed {
    /// The header, and a segment for each entry that opened and is the one that was signed.
    pub push: Push,
    /// For each segment its place in the header's list.
    pub places: Vec<u32>,
    /// For each segment its entries as they came; none where they came otherwise.
    pub packed: Vec<Packed>,
    /// For each segment what its entries say; none, or none of one, where that has to be read from its text.
    pub reads: Vec<Vec<Option<Read>>>,
    /// The others, to be held for checking.
    pub unopened: Vec<Unopened>,
}

/// An entry that did not open, or is not the one that its device signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unopened {
    /// Its place in the chain.
    pub seq: u64,
    /// Digest of its text, as the chain has it.
    pub text: Digest,
    /// The bytes, as they came.
    pub sealed: Vec<u8>,
}

impl SealedPush {
    /// Opens what opens. `open` is given an entry's sequence number and its sealed bytes, and gives the change as
    /// [`document::encode_change`] wrote it.
    ///
    /// An entry whose text has another digest than the signed chain, or more than one line, counts as one that did not open; one whose
    /// causality is not the signed one does open, and is withheld from its document by the gate, as in any push.
    pub fn unseal(self, mut open: impl FnMut(u64, &[u8]) -> Option<Vec<u8>>) -> Unsealed {
        let (mut segments, mut places, mut unopened) = (Vec::new(), Vec::new(), Vec::new());
        for (i, entry) in self.entries.into_iter().enumerate() {
            let seq = self.header.first.saturating_add(i as u64);
            let change = open(seq, &entry.sealed).and_then(|bytes| document::decode_change(&bytes));
            match change.filter(|(_, record, _)| record.text.digest() == entry.text && is_one_line(&record.text)) {
                Some(change) => {
                    segments.extend(document::segments(&[change]));
                    places.push(i as u32);
                }
                None => unopened.push(Unopened { seq, text: entry.text, sealed: entry.sealed }),
            }
        }
        Unsealed { push: Push { header: self.header, segments }, places, packed: Vec::new(), reads: Vec::new(), unopened }
    }
}

impl From<Push> for Unsealed {
    /// A push whose texts travelled as they are: all of it is open.
    fn from(push: Push) -> Unsealed {
        let places = (0..push.segments.len() as u32).collect();
        Unsealed { push, places, packed: Vec::new(), reads: Vec::new(), unopened: Vec::new() }
    }
}

impl From<Arrived> for Unsealed {
    /// As it came.
    fn from(arrived: Arrived) -> Unsealed {
        Unsealed { packed: arrived.packed, reads: arrived.reads, ..Unsealed::from(arrived.push) }
    }
}

/// True for a text that can stand on a line, as texts do wherever they travel or are kept. An author writes no other: JSON escapes these.
fn is_one_line(text: &str) -> bool {
    !text.bytes().any(|b| b < b' ')
}

/// What a phone keeps readable of an own entry, so that it can hand it over while locked: the digest of its text and the digest of the
/// head of the segment that holds it alone. Neither says anything about its text: a text has 80 random bits in it.
pub fn proof(change: &(crate::id::DocumentId, document::ChangeRecord, Digest)) -> [Digest; 2] {
    let alone: Vec<Segment> = document::segments(std::slice::from_ref(change));
    let head = alone.first().map_or(Digest::ZERO, |segment| segment.head.digest());
    [change.1.text.digest(), head]
}

/// The line of a sealed push.
#[derive(Serialize, Deserialize)]
struct SealedLine {
    v: u32,
    device: DeviceId,
    epoch: ChainEpoch,
    first: u64,
    count: u32,
    prev: Digest,
    head: Digest,
    sig: String,
}

pub(super) fn encode(to: &mut Streams, push: &SealedPush) {
    let header = &push.header;
    let line = SealedLine {
        v: VERSION,
        device: header.device.clone(),
        epoch: header.epoch,
        first: header.first,
        count: header.count,
        prev: header.prev,
        head: header.head,
        sig: header.sig.clone(),
    };
    to.line(&serde_json::to_string(&line).expect("a line has string keys only"));
    for (segment, entry) in header.segments.iter().zip(&push.entries) {
        to.random.extend_from_slice(&segment.0);
        to.random.extend_from_slice(&entry.text.0);
        to.number(entry.sealed.len() as u64);
        to.random.extend_from_slice(&entry.sealed);
    }
}

pub(super) fn decode(from: &mut Source<'_>) -> Result<SealedPush, WireError> {
    const WANTED: &str = "a sealed push within bounds";
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    let line = from.line(WANTED)?;
    if line.len() > limits::HEAD_BYTES {
        return Err(from.bad(WANTED));
    }
    let version: Version = serde_json::from_str(line).map_err(|_| from.bad(WANTED))?;
    if version.v > VERSION {
        return Err(WireError::Newer(version.v));
    }
    let line: SealedLine = serde_json::from_str(line).map_err(|_| from.bad(WANTED))?;
    if line.count as usize > limits::PUSH_ENTRIES {
        return Err(WireError::TooLarge);
    }
    let (mut segments, mut entries) = (Vec::new(), Vec::new());
    for _ in 0..line.count {
        segments.push(Digest(from.random()?));
        let text = Digest(from.random()?);
        let length = usize::try_from(from.number()?).ok().filter(|n| *n <= limits::SEALED_BYTES).ok_or(from.bad(WANTED))?;
        entries.push(SealedEntry { text, sealed: from.bytes(length)?.to_vec() });
    }
    let header = PushHeader {
        device: line.device,
        epoch: line.epoch,
        first: line.first,
        count: line.count,
        prev: line.prev,
        head: line.head,
        segments,
        sig: line.sig,
    };
    Ok(SealedPush { header, entries })
}
