//! Tasks: planned, answered, and what the answers add up to.

use super::record::{Record, Statement};
use crate::entry::{Assigned, Body, TaskEnd};
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

/// The visit's tasks in the plan's order, then those that only an answer names.
pub(super) fn tasks(record: &Record<'_>, statements: &[Statement<'_>], plan: Option<&Assigned>) -> Vec<TaskFact> {
    let planned = plan.map_or(&[][..], |p| &p.tasks);
    let mut answers: Vec<Vec<&Statement<'_>>> = vec![Vec::new(); planned.len()];
    let mut others: Vec<(TaskId, String, Vec<&Statement<'_>>)> = Vec::new();
    for statement in statements {
        let Body::Task(t) = statement.body else { continue };
        let by_index = t.index.map(|i| i as usize).filter(|i| planned.get(*i).is_some_and(|p| p.id == t.task));
        match by_index.or_else(|| planned.iter().position(|p| p.id == t.task)) {
            Some(i) => answers[i].push(statement),
            None => match others.iter_mut().find(|(id, ..)| *id == t.task) {
                Some((.., known)) => known.push(statement),
                None => others.push((t.task.clone(), t.title.clone(), vec![statement])),
            },
        }
    }
    let of_plan = planned.iter().zip(&answers).map(|(p, given)| fact(record, p.id.clone(), p.title.clone(), true, given));
    let of_nobody = others.into_iter().map(|(id, title, given)| fact(record, id, title, false, &given));
    of_plan.chain(of_nobody).collect()
}

fn fact(record: &Record<'_>, task: TaskId, title: String, planned: bool, given: &[&Statement<'_>]) -> TaskFact {
    let heads = record.heads(given);
    let outcome = |s: &Statement<'_>| match s.body {
        Body::Task(t) => Some((t.outcome, t.reason.clone())),
        _ => None,
    };
    // Of several who say the same the first by number is named: a matter of clocks it is not.
    let state = match heads.iter().min_by_key(|h| record.author(h.root)) {
        None => TaskState::Unanswered,
        Some(last) if heads.iter().all(|h| outcome(h).map(|o| o.0) == outcome(last).map(|o| o.0)) => match outcome(last) {
            Some((end, reason)) => {
                TaskState::Ended { outcome: end, reason, by: record.author(last.root).clone(), at: last.at, entry: record.id(last.by) }
            }
            None => TaskState::Unanswered,
        },
        Some(_) => TaskState::Disputed { entries: heads.iter().map(|h| record.id(h.by)).collect() },
    };
    TaskFact { task, title, planned, state }
}
