//! Still to finish.

use super::{RunRow, Stage, TaskState};
use crate::id::{MedicineId, PersonId, TaskId, VisitId, WorkerId};
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

/// What `worker` has still to finish of these visits, which are theirs and stand in order.
pub(super) fn owed(worker: &WorkerId, rows: &[&RunRow], now: Millis) -> Owed {
    let mut owed = Owed::default();
    for row in rows {
        let facts = &row.facts;
        owed.on_this_phone += facts.on_this_phone;
        owed.held_for_checking += row.held_for_checking;
        let own = facts.workers.iter().find(|p| p.worker == *worker);
        let over = matches!(facts.stage, Stage::NotDone { .. });
        if let Some(since) = own.filter(|p| p.left.is_none() && !over).and_then(|p| p.arrived) {
            let (visit, person, name) = (facts.visit.clone(), facts.person.clone(), facts.name.clone());
            owed.items.push(OwedItem::OpenVisit { visit, person, name, since });
        }
        if own.is_some_and(|p| p.last_word.is_some()) && !over {
            owed.items.extend(unanswered(row));
        }
        // Nothing of anybody's is held here: it may have been recorded on another phone, and is not said to be missed.
        let nothing = facts.workers.iter().all(|p| p.last_word.is_none()) && facts.stage == Stage::Nothing;
        if let Some(start) = facts.start.filter(|_| nothing && facts.end.is_some_and(|e| e <= now)) {
            let (visit, person, name) = (facts.visit.clone(), facts.person.clone(), facts.name.clone());
            owed.items.push(OwedItem::NothingRecorded { visit, person, name, start });
        }
    }
    owed
}

fn unanswered(row: &RunRow) -> impl Iterator<Item = OwedItem> {
    let facts = &row.facts;
    let doses = facts.doses.iter().filter(|d| d.unanswered()).map(|d| OwedItem::Dose {
        visit: facts.visit.clone(),
        name: facts.name.clone(),
        medicine: d.medicine.clone(),
        title: d.name.clone(),
        due: d.due.unwrap_or_default(),
    });
    let tasks = row.tasks.iter().filter(|t| t.planned && t.state == TaskState::Unanswered).map(|t| OwedItem::Task {
        visit: facts.visit.clone(),
        name: facts.name.clone(),
        task: t.task.clone(),
        title: t.title.clone(),
    });
    doses.chain(tasks)
}
