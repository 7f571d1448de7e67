//! One visit: plan against what happened.

use super::{BoardRow, CallView, EntryView, Held, Incoming, RowNow, Rules, TaskFact};
use crate::chronology::Clocks;
use crate::entry::{Assigned, Cancelled, Unplanned};
use crate::id::{EntryId, VisitId, WorkerId};
use crate::time::Millis;
use serde::Serialize;

/// A visit as its page shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VisitView {
    /// The facts, as every list has them.
    pub facts: BoardRow,
    /// What they mean now.
    pub now: RowNow,
    /// The assignments that stand: more than one means that their authors had not seen each other's.
    pub planned: Vec<Planned>,
    /// For a visit that no rota knows: who says so and why.
    pub unplanned: Option<Unplanned>,
    /// Called off: by whom, why.
    pub cancelled: Option<(WorkerId, Cancelled)>,
    /// Tasks, in the plan's order, then others.
    pub tasks: Vec<TaskFact>,
    /// Phone calls, first to last.
    pub calls: Vec<CallView>,
    /// Every entry, in the one order.
    pub entries: Vec<EntryView>,
}

/// An assignment that stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Planned {
    /// The entry.
    pub entry: EntryId,
    /// Who planned.
    pub by: WorkerId,
    /// When.
    pub at: Millis,
    /// What.
    pub assigned: Assigned,
}

/// The facts of a visit. `incoming` says what of its workers' phones' records is still on the way, when that is known.
pub fn row(visit: &VisitId, held: &[Held], clocks: &Clocks, incoming: Option<Incoming>) -> BoardRow {
    let _ = (visit, held, clocks, incoming);
    unimplemented!()
}

/// The visit's page as of `now`.
pub fn visit(visit: &VisitId, held: &[Held], clocks: &Clocks, incoming: Option<Incoming>, now: Millis, rules: &Rules) -> VisitView {
    let _ = (visit, held, clocks, incoming, now, rules);
    unimplemented!()
}
