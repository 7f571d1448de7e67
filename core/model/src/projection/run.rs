//! A worker's run on the phone: today's list, what is next, what is still to finish.

use super::owed::owed;
use super::visit::Gathered;
use super::{BoardRow, Held, Incoming, Owed, PersonCard, RowNow, Rules, Stage, TaskFact, TaskState};
use crate::chronology::Clocks;
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

impl RunRow {
    /// The row of a visit.
    pub fn of(visit: &VisitId, held: &[Held], clocks: &Clocks, incoming: Option<Incoming>) -> RunRow {
        let gathered = Gathered::of(visit, held, clocks, incoming);
        RunRow { facts: gathered.row, tasks: gathered.tasks, held_for_checking: gathered.held_for_checking }
    }

    /// How many doses and tasks are left to answer.
    pub fn left_to_answer(&self) -> u32 {
        let doses = self.facts.doses.iter().filter(|d| d.unanswered()).count();
        let tasks = self.tasks.iter().filter(|t| t.planned && t.state == TaskState::Unanswered).count();
        (doses + tasks) as u32
    }

    /// True for a visit that this worker is assigned to, or wrote about.
    fn concerns(&self, worker: &WorkerId) -> bool {
        self.facts.workers.iter().any(|p| p.worker == *worker)
    }

    /// True when this worker has nothing more to do there: left, or the visit is not done, or called off.
    fn over_for(&self, worker: &WorkerId) -> bool {
        let left = self.facts.workers.iter().any(|p| p.worker == *worker && p.left.is_some());
        left || matches!(self.facts.stage, Stage::NotDone { .. } | Stage::NobodyCame { .. })
    }
}

/// The run of `worker` as of `now`: those of `rows` that are theirs. `cards` are the persons that this phone holds.
pub fn run(worker: &WorkerId, rows: &[RunRow], cards: &[PersonCard], now: Millis, rules: &Rules) -> RunView {
    let mut own: Vec<&RunRow> = rows.iter().filter(|r| r.concerns(worker)).collect();
    own.sort_by(|a, b| (a.facts.begins(), &a.facts.visit).cmp(&(b.facts.begins(), &b.facts.visit)));
    let there = own
        .iter()
        .find(|r| r.facts.workers.iter().any(|p| p.worker == *worker && p.arrived.is_some() && p.left.is_none()) && !r.over_for(worker));
    let next = there.or_else(|| own.iter().find(|r| !r.over_for(worker)));
    let visits = own.iter().map(|r| RunVisit {
        now: r.facts.at(now, rules),
        person: r.facts.person.as_ref().and_then(|p| cards.iter().find(|c| c.person == *p)).cloned(),
        with: r.facts.workers.iter().filter(|p| p.assigned && p.worker != *worker).map(|p| p.worker.clone()).collect(),
        left_to_answer: r.left_to_answer(),
        dose: r.facts.doses.iter().filter(|d| d.unanswered()).filter_map(|d| d.due.zip(d.closes())).min(),
        facts: r.facts.clone(),
    });
    RunView {
        worker: worker.clone(),
        now,
        day: now.london_day(),
        visits: visits.collect(),
        next: next.map(|r| r.facts.visit.clone()),
        finished: own.iter().filter(|r| r.over_for(worker)).count() as u32,
        owed: owed(worker, &own, now),
    }
}
