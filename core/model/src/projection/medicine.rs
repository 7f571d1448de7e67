//! A person's medicines: last known dose, limits of those taken when needed, and what is not known here.

use crate::entry::{DoseEnd, PlanMedicine};
use crate::id::{EntryId, VisitId, WorkerId};
use crate::time::Millis;
use serde::Serialize;

/// A medicine of the plan that holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MedicineView {
    /// The plan's words.
    pub medicine: PlanMedicine,
    /// The last dose known here, had or not.
    pub last: Option<LastDose>,
    /// The last dose known here that the person had.
    pub last_had: Option<LastDose>,
    /// For one taken when needed: gap and most in 24 hours against what is known here.
    pub when_needed: Option<WhenNeededView>,
}

/// A dose known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastDose {
    /// When.
    pub at: Millis,
    /// Who.
    pub by: WorkerId,
    /// How it ended.
    pub outcome: DoseEnd,
    /// How much, as a decimal.
    pub amount: Option<String>,
    /// "tablet".
    pub unit: String,
    /// At which visit.
    pub visit: VisitId,
    /// The entry.
    pub entry: EntryId,
}

/// Limits of a medicine taken when needed, against what is known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhenNeededView {
    /// The earliest next dose by the gap, when one is known to have been had.
    pub not_before: Option<Millis>,
    /// Had in the last 24 hours, as a decimal in the medicine's unit.
    pub had_in_24h: String,
    /// Left of the most in 24 hours, as a decimal; absent when an amount or the limit is not a number.
    pub left_in_24h: Option<String>,
    /// Doses of the last 24 hours whose amount is not known: the sum is then too small.
    pub amounts_unknown: u32,
    /// Visits to this person in the last 24 hours of which this replica does not hold everything.
    pub cannot_see: Vec<Unseen>,
}

/// A visit of which this replica does not hold everything: a dose may have been given there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unseen {
    /// Which.
    pub visit: VisitId,
    /// Planned start.
    pub start: Option<Millis>,
    /// Who was to go.
    pub workers: Vec<WorkerId>,
}
