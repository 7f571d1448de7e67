//! The entries of one subject as an Automerge document, and the gate in front of it.
//!
//! **One operation is the whole profile**: put a text at a new key of the map `entries`, no predecessors. The key is
//! the entry's id, the value its canonical text. The first change of every document is the same constant *genesis*,
//! which makes that map; it is compiled in and never sent.
//!
//! **The gate**: bytes from the network never reach Automerge's decoder. The wire carries plain [`Segment`]s; the
//! receiver rebuilds each change with Automerge's own encoder ([`rebuild`]) and compares digests.

mod author;
mod chunk;
mod genesis;
mod materialise;
mod packed;
mod rebuild;
mod segment;

pub use author::author;
pub use genesis::{ENTRIES, genesis_bytes, genesis_hash};
pub use materialise::{LeftOut, Materialised, Refused};
pub use packed::{decode_change, encode_change};
pub use rebuild::{check_texts, rebuild, rebuild_changes};
pub use segment::segments;

use crate::entry::Text;
use crate::id::{ActorId, Digest};
use crate::wire::SegmentHead;

/// A run of changes of one document by one actor, each having seen the one before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// What the wire says of it first.
    pub head: SegmentHead,
    /// The canonical text of each entry, in order.
    pub texts: Vec<Text>,
}

/// One change, as plain facts: everything Automerge needs to build it again.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeRecord {
    /// The actor.
    pub actor: ActorId,
    /// Its sequence within the actor, from 1.
    pub actor_seq: u64,
    /// Its operation counter.
    pub start_op: u64,
    /// What its author had seen, sorted.
    pub deps: Vec<Digest>,
    /// The entry's canonical text.
    pub text: Text,
}

/// Where a document stands: all an author needs to add a change, without loading the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    /// Hashes of the changes that no other change has seen, sorted.
    pub heads: Vec<Digest>,
    /// Highest operation counter so far.
    pub max_op: u64,
}

/// An actor at work on one document: random at every load, gone with the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hand {
    /// The actor id.
    pub actor: ActorId,
    /// Sequence of its last change; 0 before the first.
    pub seq: u64,
    /// Hash of its last change.
    pub last: Option<Digest>,
}

/// Why a segment is not what its author made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// Outside the profile's bounds: which one.
    #[error("outside the profile: {0}")]
    Profile(&'static str),
    /// The texts are not those that were signed.
    #[error("the texts are not those that were signed")]
    Texts,
    /// The push's header does not list the segment: nobody signed for what its entries had seen.
    #[error("the signed header does not list the segment")]
    Unlisted,
    /// The rebuilt changes are not those that the author's encoder made.
    #[error("the changes do not rebuild to the author's")]
    Changes,
}

impl GateError {
    /// The stable code, as the office's list of what is withheld carries it.
    pub fn code(&self) -> &'static str {
        match self {
            GateError::Profile(_) => "segment_profile",
            GateError::Texts => "segment_texts",
            GateError::Unlisted => "segment_unlisted",
            GateError::Changes => "segment_changes",
        }
    }
}
