//! Doses: planned, answered, and what the answers add up to.

use crate::entry::DoseEnd;
use crate::id::{EntryId, MedicineId, WorkerId};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// One dose of a visit: planned, or given when needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoseFact {
    /// Which medicine of the person's plan.
    pub medicine: MedicineId,
    /// Name and strength.
    pub name: String,
    /// "1 tablet", as planned.
    pub dose: String,
    /// When it was due; absent for one taken when needed.
    pub due: Option<Millis>,
    /// Minutes before and after in which it may be given.
    pub window_min: u32,
    /// True when being late can hurt.
    pub time_critical: bool,
    /// True when the worker gives it, and the visit therefore owes an answer.
    pub given_by_worker: bool,
    /// True when the visit's plan names it.
    pub planned: bool,
    /// What the answers add up to.
    pub state: DoseState,
    /// Every answer that stands, first to last.
    pub answers: Vec<DoseAnswer>,
}

impl DoseFact {
    /// First moment at which it may be given.
    pub fn opens(&self) -> Option<Millis> {
        self.due.map(|d| d.plus(-i64::from(self.window_min) * crate::time::MINUTE))
    }
    /// Last moment at which it is on time.
    pub fn closes(&self) -> Option<Millis> {
        self.due.map(|d| d.plus(i64::from(self.window_min) * crate::time::MINUTE))
    }
    /// True while the visit owes an answer.
    pub fn unanswered(&self) -> bool {
        self.planned && self.given_by_worker && self.state == DoseState::Unanswered
    }
}

/// What the answers about a dose add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoseState {
    /// Nobody has said. A phone call never does.
    Unanswered,
    /// The person had it.
    Had,
    /// The person did not have it, or not all of it, or nobody saw.
    NotHad,
    /// The answers say different things, or say twice that it was had.
    Disputed,
}

/// One answer about a dose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoseAnswer {
    /// The entry; of an amended one, the amendment.
    pub entry: EntryId,
    /// Who.
    pub by: WorkerId,
    /// When it happened, by the author's words, else when it was written.
    pub at: Millis,
    /// How it ended.
    pub outcome: DoseEnd,
    /// How much, as a decimal.
    pub amount: Option<String>,
    /// "tablet", "ml".
    pub unit: String,
    /// Why.
    pub reason: String,
    /// Minutes outside the window: positive late, negative early, absent when inside or without a window.
    pub outside_min: Option<i64>,
}
