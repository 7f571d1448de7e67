//! *Check now*: what cannot wait, why, and whom to ring.

use super::{BoardRow, Rules};
use crate::entry::{DoseEnd, IncidentType};
use crate::id::{EntryId, MedicineId, PersonId, RunId, VisitId, WorkerId};
use crate::time::Millis;
use serde::Serialize;

/// One visit that cannot wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckNow {
    /// Which visit.
    pub visit: VisitId,
    /// Whom.
    pub person: Option<PersonId>,
    /// The person's name.
    pub name: String,
    /// The run.
    pub run: Option<RunId>,
    /// Planned start.
    pub start: Option<Millis>,
    /// The weightiest reason.
    pub why: CheckReason,
    /// Further reasons, weightiest first.
    pub also: Vec<CheckReason>,
    /// Whom to ring, the first first.
    pub ring: Vec<Ring>,
}

/// Why a visit cannot wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum CheckReason {
    /// An incident, and the person is not safe.
    NotSafe {
        /// What it was.
        what: IncidentType,
        /// When.
        at: Millis,
        /// The entry to deal with.
        entry: Option<EntryId>,
    },
    /// A dose is due, and nobody is known to be there.
    DoseWindow {
        /// Which.
        medicine: MedicineId,
        /// Name and strength.
        name: String,
        /// When it is due.
        due: Millis,
        /// Last moment at which it is on time.
        closes: Millis,
        /// Minutes left; negative when the window has closed.
        left_min: i64,
        /// True when being late can hurt.
        time_critical: bool,
        /// Minutes past the planned start without a word; absent when somebody is on the way.
        no_word_min: Option<i64>,
    },
    /// A visit for two, and somebody has not been heard from.
    SecondWorker {
        /// Who has not been heard from.
        missing: Vec<WorkerId>,
        /// Who has: tell them not to hoist alone.
        heard: Vec<WorkerId>,
        /// True when a hoist is used.
        hoist: bool,
        /// Planned start.
        at: Millis,
    },
    /// No word, and nobody else is in the house.
    LivesAlone {
        /// Minutes past the planned start.
        no_word_min: i64,
    },
    /// Somebody says that nobody came.
    NobodyCame {
        /// Name or relation.
        who: String,
        /// When they said so.
        at: Millis,
        /// The entry.
        entry: EntryId,
    },
    /// A dose was not had, and nobody has dealt with it.
    DoseNotHad {
        /// Which.
        medicine: MedicineId,
        /// Name and strength.
        name: String,
        /// How it ended.
        outcome: DoseEnd,
        /// Why, in the worker's words.
        reason: String,
        /// When.
        at: Millis,
        /// True when being late can hurt.
        time_critical: bool,
        /// The entry to deal with.
        entry: Option<EntryId>,
    },
    /// The visit is over, and nobody has said what became of a dose.
    DoseUnknown {
        /// Which.
        medicine: MedicineId,
        /// Name and strength.
        name: String,
        /// When it was due.
        due: Millis,
        /// True when being late can hurt.
        time_critical: bool,
        /// The entry to deal with.
        entry: Option<EntryId>,
    },
    /// A dose may have been had twice.
    DoseTwice {
        /// Name and strength.
        name: String,
        /// The entries.
        entries: Vec<EntryId>,
    },
    /// An incident that nobody has dealt with.
    Incident {
        /// What it was.
        what: IncidentType,
        /// When.
        at: Millis,
        /// The entry to deal with.
        entry: Option<EntryId>,
    },
    /// No word about a visit that must be on time.
    TimeCritical {
        /// Minutes past the planned start.
        no_word_min: i64,
    },
    /// Nobody opened, or the worker was sent away, and nobody has been told.
    NobodyTold {
        /// When.
        at: Millis,
        /// The entry to deal with.
        entry: Option<EntryId>,
    },
}

/// Whom to ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Ring {
    /// A worker.
    Worker {
        /// Who.
        worker: WorkerId,
    },
    /// The person supported.
    Person,
    /// The person's doctor.
    Gp,
    /// The manager on call.
    OnCall,
}

/// What of a row cannot wait at `now`, if anything.
pub fn check_now(row: &BoardRow, now: Millis, rules: &Rules) -> Option<CheckNow> {
    let _ = (row, now, rules);
    unimplemented!()
}
