//! Tasks: planned, answered, and what the answers add up to.

use crate::entry::TaskEnd;
use crate::id::{EntryId, TaskId, WorkerId};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// One task of a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskFact {
    /// Its number in the plan.
    pub task: TaskId,
    /// Its words.
    pub title: String,
    /// True when the visit's plan names it.
    pub planned: bool,
    /// What the answers add up to.
    pub state: TaskState,
}

/// What the answers about a task add up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum TaskState {
    /// Nobody has said.
    Unanswered,
    /// It ended.
    Ended {
        /// How.
        outcome: TaskEnd,
        /// Why, when not done.
        reason: String,
        /// Who says so.
        by: WorkerId,
        /// When.
        at: Millis,
        /// The entry; of an amended one, the amendment.
        entry: EntryId,
    },
    /// The answers say different things, and none of the authors had seen the other's.
    Disputed {
        /// The entries.
        entries: Vec<EntryId>,
    },
}
