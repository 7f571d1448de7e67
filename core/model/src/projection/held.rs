//! An entry as a replica holds it.

use crate::chronology::Item;
use crate::entry::Read;
use crate::id::Digest;
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// An entry, and what the replica that holds it knows about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The entry.
    pub read: Read,
    /// SHA-256 of its text.
    pub text_digest: Digest,
    /// Hash of the change that carries it.
    pub change: Digest,
    /// Hashes of the changes that its author had seen.
    pub deps: Vec<Digest>,
    /// When the office received it: its own time on the server, the receipt's on a phone.
    pub received: Option<Millis>,
    /// How far it has come.
    pub standing: Standing,
}

impl Held {
    pub(super) fn item(&self) -> Item<'_> {
        Item { read: &self.read, text: self.text_digest, change: self.change, deps: &self.deps, received: self.received }
    }
}

/// How far an entry has come (DESIGN section 2, "State of an entry").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Saved here and nowhere else, as far as this phone can prove.
    OnThisPhone,
    /// On its way: no longer than thirty seconds, and only in memory.
    Sent,
    /// Durable at the office, which signed for it.
    Received,
    /// Durable at the office, and being looked at. It counts, and needs action.
    HeldForChecking,
    /// Durable at the office; it was held for checking, and somebody there took it in. It counts like any other.
    Reviewed,
}
