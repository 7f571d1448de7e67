//! Still to finish.

use crate::id::{MedicineId, PersonId, TaskId, VisitId};
use crate::time::Millis;
use serde::Serialize;

/// What a worker has still to finish, and what has still to leave the phone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Owed {
    /// Things to answer or record, oldest first.
    pub items: Vec<OwedItem>,
    /// Entries that are only on this phone.
    pub on_this_phone: u32,
    /// Entries that the office holds for checking.
    pub held_for_checking: u32,
}

/// One thing still to finish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum OwedItem {
    /// Arrived, and not left.
    OpenVisit {
        /// Which.
        visit: VisitId,
        /// Whom.
        person: Option<PersonId>,
        /// The person's name.
        name: String,
        /// Arrived at.
        since: Millis,
    },
    /// A dose without an answer.
    Dose {
        /// Of which visit.
        visit: VisitId,
        /// The person's name.
        name: String,
        /// Which.
        medicine: MedicineId,
        /// Name and strength.
        title: String,
        /// When it was due.
        due: Millis,
    },
    /// A task without an answer.
    Task {
        /// Of which visit.
        visit: VisitId,
        /// The person's name.
        name: String,
        /// Which.
        task: TaskId,
        /// Its words.
        title: String,
    },
    /// Its time has passed, and this phone holds nothing about it. It may have been recorded elsewhere.
    NothingRecorded {
        /// Which.
        visit: VisitId,
        /// Whom.
        person: Option<PersonId>,
        /// The person's name.
        name: String,
        /// Planned start.
        start: Millis,
    },
}
