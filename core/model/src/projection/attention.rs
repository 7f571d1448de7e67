//! What needs action, and whether somebody dealt with it.

use crate::entry::{DoseEnd, IncidentType, VisitEnd};
use crate::id::{EntryId, MedicineId, TaskId, WorkerId};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// One thing that needs action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionItem {
    /// What it is.
    pub what: Attention,
    /// The entry to name when dealing with it. For something unanswered: the entry that ended the visit.
    pub entry: Option<EntryId>,
    /// Since when it is known.
    pub since: Millis,
    /// Who dealt with it, having seen all that is said about it.
    pub dealt_with: Option<Dealt>,
}

impl AttentionItem {
    /// True until somebody deals with it.
    pub fn open(&self) -> bool {
        self.dealt_with.is_none()
    }
}

/// What needs action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Attention {
    /// A dose that the person did not have, or not all of, or nobody saw it taken.
    DoseNotHad {
        /// Which.
        medicine: MedicineId,
        /// Name and strength.
        name: String,
        /// When it was due.
        due: Option<Millis>,
        /// How it ended.
        outcome: DoseEnd,
        /// Why, in the worker's words.
        reason: String,
        /// True when being late can hurt.
        time_critical: bool,
    },
    /// The visit is over, and a dose has no answer. A phone call never gives one.
    DoseUnanswered {
        /// Which.
        medicine: MedicineId,
        /// Name and strength.
        name: String,
        /// When it was due.
        due: Millis,
        /// True when being late can hurt.
        time_critical: bool,
    },
    /// One dose was recorded as had more than once: a possible double dose.
    DoseTwice {
        /// Which.
        medicine: MedicineId,
        /// Name and strength.
        name: String,
        /// When it was due.
        due: Option<Millis>,
        /// The entries.
        entries: Vec<EntryId>,
    },
    /// The visit is over, and a task has no answer.
    TaskUnanswered {
        /// Which.
        task: TaskId,
        /// Its words.
        title: String,
    },
    /// An incident.
    Incident {
        /// What it was.
        what: IncidentType,
        /// True when the person is safe now.
        safe_now: bool,
    },
    /// Something noticed that somebody should look at today.
    Concern {
        /// "skin", "mood".
        about: String,
    },
    /// The visit did not take place, and nobody has been told.
    NobodyTold {
        /// How it ended.
        outcome: VisitEnd,
    },
    /// Somebody said that nobody came.
    NobodyCame {
        /// Name or relation: "daughter".
        who: String,
    },
    /// Entries that say different things, none of whose authors had seen the other.
    Contradiction {
        /// About what.
        about: Subject,
        /// The entries.
        entries: Vec<EntryId>,
    },
    /// Two entries carry one name.
    SameIdTwice,
    /// This version cannot read it yet.
    Unreadable,
    /// The office holds it for checking.
    HeldForChecking,
    /// Written by name and staff number only: nobody proved to be that worker.
    AuthorUnconfirmed {
        /// As given.
        worker: WorkerId,
    },
}

/// What entries can contradict each other about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Subject {
    /// Two amendments of one entry.
    Amendment {
        /// The entry they amend.
        of: EntryId,
    },
    /// Two assignments.
    Assignment,
    /// How a dose ended.
    Dose {
        /// Which.
        medicine: MedicineId,
        /// When it was due.
        due: Option<Millis>,
    },
    /// How a task ended.
    Task {
        /// Which.
        task: TaskId,
    },
    /// How the visit ended.
    Outcome,
    /// Whether somebody came: a worker's phone says so, a phone call made later says nobody did; or the visit was
    /// called off and took place.
    Presence,
    /// Two plan versions on one base, or two texts under one number.
    Plan,
}

/// Who dealt with something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dealt {
    /// The entry that says so.
    pub entry: EntryId,
    /// Who.
    pub by: WorkerId,
    /// When.
    pub at: Millis,
    /// What was done.
    pub how: String,
}
