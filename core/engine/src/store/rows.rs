//! What the store's rows are to the rest of the phone.

use holdfast_model::id::{ChainEpoch, Digest};

/// One entry of this phone, as the store keeps it: its sealed bytes owned, or where they lie while the row is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRow<Bytes = Vec<u8>> {
    /// Row number: grows by one with every entry of this phone, across epochs.
    pub n: i64,
    /// Stretch of the chain.
    pub epoch: ChainEpoch,
    /// Place in it.
    pub seq: u64,
    /// Head of the chain after it.
    pub head: Digest,
    /// The change, sealed for reading on this phone.
    pub sealed: Bytes,
    /// Digest of the entry's text, and digest of the segment that holds it alone: what the device signs for when it hands [`Store::outbox`]
    /// over without being able to read. Neither says anything about the text.
    pub proof: [Digest; 2],
    /// Number of the vault whose key opens `sealed`; [`NOBODYS`] when there is none, and `sealed` is empty.
    pub vault: i64,
}

impl OwnRow<&[u8]> {
    /// The same, to be kept.
    pub fn kept(self) -> OwnRow {
        let OwnRow { n, epoch, seq, head, sealed, proof, vault } = self;
        OwnRow { n, epoch, seq, head, sealed: sealed.to_vec(), proof, vault }
    }
}

/// How far the office is with one stretch of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EpochRow {
    /// The stretch.
    pub epoch: ChainEpoch,
    /// Row number of its first entry.
    pub first_n: i64,
    /// Last sequence number that a verified receipt covers; 0 for none.
    pub acked: u64,
}

/// Where this phone's chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainHead {
    /// Highest row number so far; 0 for none.
    pub last_n: i64,
    /// Last sequence number of the current epoch.
    pub seq: u64,
    /// Head of the chain.
    pub head: Digest,
}

/// How far own entries were let go, from the oldest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LetGo {
    /// The last row that is gone; 0 for none.
    pub n: i64,
    /// Head of the chain after it: what the next entry goes on from.
    pub head: Digest,
}

impl LetGo {
    /// The sequence number of a stretch that rows are gone up to: beyond its end when all of it is gone.
    pub fn of(&self, epoch: &EpochRow) -> u64 {
        u64::try_from(self.n - epoch.first_n + 1).unwrap_or(0)
    }
}

/// Tables whose rows are one number and sealed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// A document: what it adds up to, its tail, which rows belong to it.
    Docs,
    /// A day: the visits of this phone's worker.
    Days,
    /// A segment that another device made.
    Pulled,
    /// A segment that did not pass the gate, raw.
    Withheld,
    /// A phone: what the office told of its clocks.
    Clocks,
}

/// A proof as it is kept.
pub(super) fn split(bytes: [u8; 64]) -> [Digest; 2] {
    let (text, segment) = bytes.split_at(32);
    [text, segment].map(|half| Digest(half.try_into().expect("half of 64 bytes")))
}

/// A proof to be kept.
pub(super) fn joined(proof: &[Digest; 2]) -> Vec<u8> {
    [proof[0].0, proof[1].0].concat()
}
