//! The ledger: what is durable. Append-only, a row a segment, sealed before it comes here.
//!
//! The trait speaks of plain rows, so that another database can stand behind it; [`conformance`] is what each must pass.
//! Everything that belongs together goes into one [`Batch`], and one batch is one transaction: a receipt, a branch's counter
//! and the segments it counts are never apart.

pub mod conformance;
mod migrate;
mod sqlite;

pub use migrate::SCHEMA;
pub use sqlite::{SqliteLedger, backup, restore};

use crate::error::OfficeError;
use holdfast_model::id::{ChainEpoch, DeviceId};
use holdfast_model::time::Millis;
use holdfast_model::wire::ClockSample;

/// A document's name in the ledger: a keyed hash of its id.
pub type DocumentKey = [u8; 16];
/// A branch's number in the ledger, from 1.
pub type BranchNo = u16;

/// A stretch of a device's chain, as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushRow {
    /// Its number, counting upwards.
    pub id: i64,
    /// Whose chain.
    pub device: DeviceId,
    /// Which stretch of it.
    pub epoch: ChainEpoch,
    /// 0 for the first history that carries this epoch, 1 and on for forks of it.
    pub line: u32,
    /// First sequence number.
    pub first: u64,
    /// Last sequence number.
    pub last: u64,
    /// When it arrived.
    pub received: Millis,
    /// The signed header, as JSON.
    pub header: Vec<u8>,
    /// SHA-256 of each entry's text, 32 bytes each, in the order of the chain.
    pub digests: Vec<u8>,
    /// Its segments.
    pub segments: Vec<SegmentRow>,
}

/// One document's changes in one push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRow {
    /// Which branch's counter.
    pub branch: BranchNo,
    /// What the counter said: from 1, without gaps.
    pub seq: u64,
    /// Its place in the push's list.
    pub place: u32,
    /// Which document.
    pub document: DocumentKey,
    /// How many entries.
    pub entries: u32,
    /// Why it is not handed on, as a stable code, if it is not.
    pub withheld: Option<String>,
    /// True when somebody looked at it and took it in: it was held for checking, or is withheld, and stands in the record all the same.
    pub reviewed: bool,
    /// Head and texts, sealed under the subject's key.
    pub sealed: Vec<u8>,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRow {
    /// Its name here.
    pub key: DocumentKey,
    /// Which branch it belongs to.
    pub branch: BranchNo,
    /// Days since 1970 (London) on which it matters: a visit's day; [`DAY_ALWAYS`] for what always matters.
    pub day: i64,
    /// Its id, sealed under the subject's key.
    pub sealed: Vec<u8>,
}

/// The day of documents that always matter: people and outages.
pub const DAY_ALWAYS: i64 = i64::MAX;

/// A row of a small table of sealed values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRow {
    /// Its name: a keyed hash or an id that says nothing.
    pub row: Vec<u8>,
    /// The value.
    pub sealed: Vec<u8>,
}

/// Small tables of sealed values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Table {
    /// Keys: subjects' and the office's own.
    Key,
    /// Phones.
    Device,
    /// Workers.
    Worker,
}

impl Table {
    /// Its name, in the database and in what seals are bound to.
    pub fn name(self) -> &'static str {
        match self {
            Table::Key => "key",
            Table::Device => "device",
            Table::Worker => "worker",
        }
    }
}

/// A code that enrols a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeRow {
    /// A keyed hash of the code.
    pub row: Vec<u8>,
    /// Until when it works.
    pub expires: Millis,
    /// The phone that used it.
    pub used_by: Option<DeviceId>,
    /// For whom, sealed.
    pub sealed: Vec<u8>,
}

/// Something held for checking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRaw {
    /// Its number; given by the ledger.
    pub id: i64,
    /// When it arrived.
    pub at: Millis,
    /// From which phone, as it said.
    pub device: DeviceId,
    /// Where; absent when the phone is unknown.
    pub branch: Option<BranchNo>,
    /// Why, as a stable code.
    pub code: String,
    /// How many entries.
    pub entries: u32,
    /// Which document, when that is known.
    pub document: Option<DocumentKey>,
    /// The bytes, sealed; empty in a list.
    pub sealed: Vec<u8>,
}

/// What somebody decided about something held for checking. Rows are only ever added: the latest one stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewRow {
    /// Its number, counting upwards; given by the ledger.
    pub id: i64,
    /// About which hold.
    pub held: i64,
    /// When it was decided.
    pub at: Millis,
    /// What was decided, as a stable word.
    pub verdict: String,
    /// Who decided and why, sealed.
    pub sealed: Vec<u8>,
}

/// Everything that becomes durable together.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Stretches of chains with their segments.
    pub pushes: Vec<PushRow>,
    /// New or changed documents.
    pub documents: Vec<DocumentRow>,
    /// Branches and their counters: number, name, counter.
    pub branches: Vec<(BranchNo, String, u64)>,
    /// New or changed sealed rows.
    pub sealed: Vec<(Table, SealedRow)>,
    /// New codes.
    pub codes: Vec<CodeRow>,
    /// Codes that were used: row, by which phone.
    pub used: Vec<(Vec<u8>, DeviceId)>,
    /// What is held for checking.
    pub held: Vec<HeldRaw>,
    /// Segments taken in later than the push they came with, each with its push's number.
    pub taken: Vec<(i64, SegmentRow)>,
    /// What was decided about what is held.
    pub reviews: Vec<ReviewRow>,
    /// Segments that are there already and stand as reviewed from now on: branch, counter.
    pub released: Vec<(BranchNo, u64)>,
    /// Clock samples.
    pub samples: Vec<(DeviceId, ClockSample)>,
    /// Facts about the store as a whole.
    pub meta: Vec<(&'static str, Vec<u8>)>,
}

impl Batch {
    /// True when there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.pushes.is_empty()
            && self.documents.is_empty()
            && self.branches.is_empty()
            && self.sealed.is_empty()
            && self.codes.is_empty()
            && self.used.is_empty()
            && self.held.is_empty()
            && self.taken.is_empty()
            && self.reviews.is_empty()
            && self.released.is_empty()
            && self.samples.is_empty()
            && self.meta.is_empty()
    }
}

/// A line of a chain: one history of one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRow {
    /// Its number within the epoch.
    pub line: u32,
    /// First sequence number of its first push.
    pub first: u64,
    /// Last sequence number of its last.
    pub last: u64,
}

/// What a database must do to be the ledger.
pub trait Ledger: Send + Sync {
    /// Makes a batch durable: all or nothing, on the disk when this returns.
    fn write(&self, batch: &Batch) -> Result<(), OfficeError>;
    /// Does what is better done while nobody waits: a log is folded into its file, so that the next storm writes over it from the start.
    fn fold(&self) -> Result<(), OfficeError>;
    /// A fact about the store.
    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, OfficeError>;
    /// Branches with their counters, by number.
    fn branches(&self) -> Result<Vec<(BranchNo, String, u64)>, OfficeError>;
    /// Rows of a small table.
    fn sealed(&self, table: Table) -> Result<Vec<SealedRow>, OfficeError>;
    /// A code.
    fn code(&self, row: &[u8]) -> Result<Option<CodeRow>, OfficeError>;
    /// A document.
    fn document(&self, key: &DocumentKey) -> Result<Option<DocumentRow>, OfficeError>;
    /// Documents whose day is this one or later, those that always matter included.
    fn documents_from(&self, day: i64) -> Result<Vec<DocumentRow>, OfficeError>;
    /// The lines of every chain.
    fn lines(&self) -> Result<Vec<(DeviceId, ChainEpoch, LineRow)>, OfficeError>;
    /// The pushes of one line that reach to `from` or beyond, in order, without their segments.
    fn pushes(&self, device: &DeviceId, epoch: ChainEpoch, line: u32, from: u64) -> Result<Vec<PushRow>, OfficeError>;
    /// A push, without its segments.
    fn push(&self, id: i64) -> Result<Option<PushRow>, OfficeError>;
    /// The highest push number; 0 for none.
    fn last_push(&self) -> Result<i64, OfficeError>;
    /// Segments of a document, by counter, each with its push's number.
    fn segments_of(&self, document: &DocumentKey) -> Result<Vec<(i64, SegmentRow)>, OfficeError>;
    /// Segments of a branch after `seq`, by counter, at most `limit`, each with its push's number.
    fn segments_after(&self, branch: BranchNo, seq: u64, limit: usize) -> Result<Vec<(i64, SegmentRow)>, OfficeError>;
    /// What is held for checking, latest first, each without its bytes: strangers can leave many of them, and every page asks for the list.
    fn held(&self) -> Result<Vec<HeldRaw>, OfficeError>;
    /// One thing that is held, with its bytes.
    fn held_whole(&self, id: i64) -> Result<Option<HeldRaw>, OfficeError>;
    /// What was decided about what is held, in the order of the decisions.
    fn reviews(&self) -> Result<Vec<ReviewRow>, OfficeError>;
    /// Clock samples.
    fn samples(&self) -> Result<Vec<(DeviceId, ClockSample)>, OfficeError>;
    /// Compares the whole store with its own rules (pages, indices). Slow.
    fn integrity(&self) -> Result<(), OfficeError>;
}
