//! Screens as data: whole states with facts, enums and numbers, never sentences. A shell shows the one it was last given and never
//! patches it. Care and plans come from the model's projections, the very ones the office runs.

use holdfast_model::chronology::Timing;
use holdfast_model::id::{BranchId, ChainEpoch, DeviceId, ProviderId, ServerEpoch, WorkerId};
use holdfast_model::projection::{Owed, PersonCard, PersonView, RunView, VisitView};
use holdfast_model::time::Millis;
use holdfast_model::wire::Role;
use serde::Serialize;

/// How many entries of this phone stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// No receipt covers them: on this phone, or sent and not answered yet.
    pub waiting: u32,
    /// Of those, how many were sent less than thirty seconds ago. Known in memory only.
    pub sent: u32,
    /// The office has them and holds them for checking.
    pub held_for_checking: u32,
    /// Segments of others that did not pass the gate.
    pub withheld: u32,
}

/// What every screen says about contact with the office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Contact {
    /// Office time of the last answer.
    pub last: Option<Millis>,
    /// Office time when this phone last held all it may hold: "plan last checked with the office".
    pub checked: Option<Millis>,
    /// Requests in a row that were not answered.
    pub failures: u32,
    /// True when the time without contact is over: only today's run can be read.
    pub lease_over: bool,
    /// True when the office has revoked this phone.
    pub revoked: bool,
    /// True when the office does not know this phone any more: a new code makes it known again, and nothing that waits is lost.
    pub forgotten: bool,
    /// True when the office does not know whoever reads as a reader of this phone: nothing comes until they enrol with a new code.
    pub not_a_reader: bool,
}

/// A worker's day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunScreen {
    /// The worker's name as it is said.
    pub worker_name: String,
    /// The day, by the projection.
    pub run: RunView,
    /// Entries.
    pub counts: Counts,
    /// The office.
    pub contact: Contact,
}

/// One visit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VisitScreen {
    /// Plan against what happened, by the projection.
    pub visit: VisitView,
    /// The person, as far as this phone holds them.
    pub person: Option<PersonCard>,
    /// Entries.
    pub counts: Counts,
    /// The office.
    pub contact: Contact,
}

/// One person: plan essentials with version, effective time and when last checked; medicines; last visits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonScreen {
    /// As of.
    pub now: Millis,
    /// By the projection.
    pub person: PersonView,
    /// The office.
    pub contact: Contact,
}

/// Still to finish.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OwedScreen {
    /// As of.
    pub now: Millis,
    /// By the projection, over today and yesterday.
    pub owed: Owed,
    /// Entries.
    pub counts: Counts,
    /// The office.
    pub contact: Contact,
}

/// One of those who share a phone, as far as is known while their vault is locked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reader {
    /// Who.
    pub worker: WorkerId,
    /// What they may do.
    pub role: Role,
    /// True while it is their PIN that has opened the phone.
    pub unlocked: bool,
    /// True once too many wrong PINs have destroyed their key here: the office gives them a new lock.
    pub locked_out: bool,
    /// Office time when their vault last held all that it may hold.
    pub checked: Option<Millis>,
    /// Milliseconds that they may read without contact.
    pub lease_left_ms: i64,
}

/// How the phone is. The only screen that a locked phone has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatusScreen {
    /// True once enrolled; all that follows is empty before.
    pub enrolled: bool,
    /// True while a PIN has opened it.
    pub unlocked: bool,
    /// Provider.
    pub provider: Option<ProviderId>,
    /// Branch.
    pub branch: Option<BranchId>,
    /// This device.
    pub device: Option<DeviceId>,
    /// Who is reading; while locked the only worker, absent where several share the phone.
    pub worker: Option<WorkerId>,
    /// Their name, while unlocked.
    pub worker_name: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
    /// True time now, with the doubt about it.
    pub now: Timing,
    /// What the wall clock says.
    pub wall: Millis,
    /// Entries.
    pub counts: Counts,
    /// Entries ever recorded in the current chain epoch.
    pub recorded: u64,
    /// Stretches of the chain: more than one means that this phone was restored or copied.
    pub epochs: u32,
    /// The current stretch.
    pub epoch: Option<ChainEpoch>,
    /// Which life of the office's ledger last answered.
    pub server_epoch: Option<ServerEpoch>,
    /// The office.
    pub contact: Contact,
    /// Milliseconds that the phone may be read without contact, by that worker.
    pub lease_left_ms: i64,
    /// Everybody who can read on this phone, each behind a PIN of their own.
    pub workers: Vec<Reader>,
    /// Milliseconds until the next contact; `None` while one is under way.
    pub next_contact_ms: Option<i64>,
    /// What guards the keys.
    pub custody: holdfast_vault::Custody,
    /// Plan versions on board, while unlocked.
    pub plans: Vec<holdfast_model::entry::PlanRef>,
    /// The software.
    pub app: &'static str,
}
