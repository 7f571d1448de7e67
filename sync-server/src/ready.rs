//! What a push becomes before the writer sees it: checked, read, rebuilt and sealed, with everything that its rows need.

use crate::error::OfficeError;
use crate::ledger::{BranchNo, SealedRow};
use crate::state::{Kept, NewDoc};
use holdfast_model::entry::{Body, Read};
use holdfast_model::id::{Digest, DocumentId, WorkerId};
use holdfast_model::time::Millis;
use holdfast_model::wire::{Inspected, Parcel, PushHeader};
use std::collections::BTreeSet;

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

impl Ready {
    /// One without segments yet.
    pub fn of(header: &PushHeader, inspected: &Inspected, received: Millis) -> Result<Ready, OfficeError> {
        Ok(Ready {
            header_bytes: serde_json::to_vec(header).map_err(|_| OfficeError::Damaged("a header".into()))?,
            header: header.clone(),
            parcel: None,
            received,
            digests: inspected.entries.iter().flat_map(|entry| entry.text.0).collect(),
            segments: Vec::with_capacity(header.segments.len()),
            holds: Vec::new(),
            keys: Vec::new(),
            told: None,
            own: false,
            shut_out: Vec::new(),
            reviewed: None,
        })
    }
}

/// What was held for checking and is taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reviewed {
    /// A push that is new to its chain.
    Whole,
    /// Segments of this push, which is in its chain already.
    OfPush(i64),
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
    /// The gist of these.
    pub fn of(reads: &[Read]) -> Gist {
        let mut gist = Gist { plan: reads.iter().any(is_plan), authors: BTreeSet::new() };
        for read in reads {
            if !gist.authors.contains(&read.author().worker) {
                gist.authors.insert(read.author().worker.clone());
            }
        }
        gist
    }
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
