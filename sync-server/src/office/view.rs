//! What the console asks for, besides the projections of the model: facts, never sentences.

use holdfast_model::entry::{Author, OutageClosed, OutageOpened, PlanRef};
use holdfast_model::id::{BranchId, DeviceId, DocumentId, EntryId, OutageId, PersonId, WorkerId};
use holdfast_model::time::Millis;
use holdfast_model::wire::Role;
use serde::{Deserialize, Serialize};

/// Somebody who works for the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerRecord {
    /// Their number at the provider.
    pub id: WorkerId,
    /// Their name as it is said: "Asha Bello".
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Where.
    pub branch: BranchId,
    /// Their telephone; empty when unknown.
    #[serde(default)]
    pub phone: String,
}

/// A phone, as the page of phones shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneRow {
    /// The name the office gave it.
    pub device: DeviceId,
    /// What people call it: "D-03, blue case".
    pub label: String,
    /// Who reads on it: the first of them.
    pub worker: WorkerId,
    /// Their name.
    pub worker_name: String,
    /// Further workers who read on it, with their names.
    pub shared_with: Vec<(WorkerId, String)>,
    /// Who was taken off it, in the order of the decisions.
    pub taken_off: Vec<TakenOffRow>,
    /// When it was last opened past its lease, of late.
    pub glass: Option<GlassRow>,
    /// The first one's telephone; empty when unknown.
    pub worker_phone: String,
    /// Where.
    pub branch: BranchId,
    /// Since when it is known.
    pub enrolled: Millis,
    /// When it was shut out, if it was.
    pub revoked: Option<Millis>,
    /// Who decided that, and why, as far as somebody said.
    pub revoked_for: Option<(WorkerId, String)>,
    /// When it last reached the office.
    pub last_heard: Option<Millis>,
    /// Entries that it held then and the office had not confirmed.
    pub waiting: u32,
    /// When, by its own wall clock, the oldest of them was recorded.
    pub oldest_waiting: Option<Millis>,
    /// Battery then, per cent.
    pub battery: Option<u8>,
    /// Version of its software.
    pub app: String,
    /// Its wall clock against the office's, in milliseconds: positive is fast. Includes the way of one request.
    pub clock_error_ms: Option<i64>,
    /// When it last confirmed which plan versions it holds.
    pub plans_checked: Option<Millis>,
    /// The versions it confirmed, by person.
    pub plans_held: Vec<PlanRef>,
    /// Entries of it that are durable here.
    pub received: u64,
    /// Entries of it that are held for checking.
    pub held: u32,
    /// True when two different histories carry one of its chain epochs: a clone or a restored copy. A finding.
    pub forked: bool,
}

/// A worker who was taken off a phone that others go on using.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenOffRow {
    /// Who.
    pub worker: WorkerId,
    /// Their name.
    pub worker_name: String,
    /// When.
    pub at: Millis,
    /// Who decided it.
    pub by: WorkerId,
    /// Why.
    pub why: String,
    /// When a new code let them read on it again.
    pub back: Option<Millis>,
}

/// A phone that was opened past its lease, for a reason: it had had no contact with the office for too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlassRow {
    /// Who opened it.
    pub author: Author,
    /// When, by the phone's wall clock.
    pub at: Millis,
    /// Why.
    pub reason: String,
}

/// What a phone shows of one person's plan, against the office's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlanStanding {
    /// The version that is current in the office.
    Same,
    /// A version that the current one replaced, directly or not.
    Older,
    /// A version that the office does not know, or one of two that stand side by side.
    Other,
    /// None of this person.
    NotHeld,
}

/// One phone and one person's plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanOnPhone {
    /// Which phone.
    pub device: DeviceId,
    /// What people call it.
    pub label: String,
    /// Whose it is.
    pub worker_name: String,
    /// What it confirmed.
    pub held: Option<PlanRef>,
    /// When it confirmed that; absent: never.
    pub confirmed: Option<Millis>,
    /// Against the office's current version.
    pub standing: PlanStanding,
}

/// One person's plan, and who holds which version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// Whose.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// The current version; the highest when two stand side by side.
    pub current: Option<PlanRef>,
    /// From when the current one holds.
    pub effective: Option<Millis>,
    /// True when two versions stand side by side and nobody has settled it.
    pub contested: bool,
    /// The phones that are to hold it, and those that do.
    pub phones: Vec<PlanOnPhone>,
}

/// Something that is durable, but held for checking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRow {
    /// Its number here.
    pub id: i64,
    /// When it arrived.
    pub at: Millis,
    /// From which phone, as it said.
    pub device: DeviceId,
    /// What people call that phone, when it is known.
    pub label: Option<String>,
    /// Whose phone it is, when it is known.
    pub worker_name: Option<String>,
    /// Where; absent when the phone is unknown.
    pub branch: Option<BranchId>,
    /// Why, as a stable code.
    pub code: String,
    /// About what, as far as it can be read.
    pub document: Option<DocumentId>,
    /// How many entries, as far as that is known.
    pub entries: u32,
    /// What was decided about it, in the order of the decisions; the last one stands.
    pub reviews: Vec<super::Review>,
}

/// An outage, as far as the office's entries tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutageRow {
    /// Its number.
    pub outage: OutageId,
    /// Where.
    pub branch: BranchId,
    /// Who opened it.
    pub opened_by: WorkerId,
    /// How it began.
    pub opened: OutageOpened,
    /// Who closed it, and how; absent while it lasts.
    pub closed: Option<(WorkerId, OutageClosed)>,
}

/// A code that enrols one phone once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EnrolCode {
    /// As it is to be typed: three groups of four.
    pub code: String,
    /// For whom.
    pub worker: WorkerId,
    /// Until when.
    pub expires: Millis,
}

/// Something the office says, to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// Which document it belongs to.
    pub doc: DocumentId,
    /// What it says.
    pub body: holdfast_model::entry::Body,
}

/// What many statements at once came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recorded {
    /// The new entries, in the order of the statements.
    pub entries: Vec<EntryId>,
}

/// Counts over the whole ledger: what a fresh process compares after a kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Tally {
    /// Distinct entries.
    pub entries: u64,
    /// Sum, modulo 2^64, of the first eight bytes (big-endian) of the SHA-256 of each distinct entry's text.
    pub checksum: u64,
    /// Entries held for checking.
    pub held: u64,
}
