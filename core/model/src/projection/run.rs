//! A worker's run on the phone: today's list, what is next, what is still to finish.

use super::{BoardRow, Owed, PersonCard, RowNow, Rules, TaskFact};
use crate::id::{VisitId, WorkerId};
use crate::time::Millis;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What a phone's store keeps of a visit: the facts, and the tasks that its worker answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRow {
    /// The facts.
    pub facts: BoardRow,
    /// Tasks, in the plan's order, then others.
    pub tasks: Vec<TaskFact>,
    /// Entries held for checking.
    pub held_for_checking: u32,
}

/// A worker's day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunView {
    /// Whose.
    pub worker: WorkerId,
    /// As of.
    pub now: Millis,
    /// The day in London, when the calendar has one.
    pub day: Option<NaiveDate>,
    /// The visits, by start.
    pub visits: Vec<RunVisit>,
    /// The one to open: the visit the worker is at, else the first that is not over.
    pub next: Option<VisitId>,
    /// How many this worker has finished.
    pub finished: u32,
    /// Still to finish.
    pub owed: Owed,
}

/// A visit of the run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunVisit {
    /// The facts.
    pub facts: BoardRow,
    /// What they mean now.
    pub now: RowNow,
    /// Who is supported, as far as this phone holds it.
    pub person: Option<PersonCard>,
    /// Who goes too.
    pub with: Vec<WorkerId>,
    /// How many doses and tasks are left to answer.
    pub left_to_answer: u32,
    /// The next dose without an answer: when it is due, and until when it is on time.
    pub dose: Option<(Millis, Millis)>,
}

/// The run of `worker` as of `now`. `cards` are the persons that this phone holds.
pub fn run(worker: &WorkerId, rows: &[RunRow], cards: &[PersonCard], now: Millis, rules: &Rules) -> RunView {
    let _ = (worker, rows, cards, now, rules);
    unimplemented!()
}

impl RunRow {
    /// The row of a visit.
    pub fn of(
        visit: &VisitId,
        held: &[super::Held],
        clocks: &crate::chronology::Clocks,
        incoming: Option<super::Incoming>,
    ) -> RunRow {
        let _ = (visit, held, clocks, incoming);
        unimplemented!()
    }
}
