//! What a phone may see.
//!
//! A care worker's phone gets the visits of its worker and the people they are to; a shift lead's also the people whom the branch
//! visits today; the office's own terminals the whole branch.

use super::Office;
use crate::ledger::BranchNo;
use crate::state::{State, day_of};
use holdfast_model::id::{DocumentId, PersonId, WorkerId};
use holdfast_model::time::{HOUR, Millis};
use holdfast_model::wire::Role;
use std::collections::BTreeSet;

/// How far ahead a phone is given visits, and how far back.
const AHEAD_MS: i64 = 48 * HOUR;
const BACK_MS: i64 = 48 * HOUR;

/// What a phone may see.
pub(crate) enum Sees {
    /// Everything of its branch.
    Branch,
    /// These documents.
    Documents(BTreeSet<DocumentId>),
}

impl Sees {
    /// Whether a phone is to hold this person's plan. An office's terminal is no phone that anybody takes to a door.
    pub fn person(&self, person: &PersonId) -> bool {
        match self {
            Sees::Branch => false,
            Sees::Documents(docs) => docs.contains(&DocumentId::Person(person.clone())),
        }
    }
}

impl Office {
    /// True for a reader who sees the whole branch: somebody in the office sits there.
    pub(crate) fn follows_branch(&self, reader: Option<&WorkerId>) -> bool {
        reader.is_some_and(|reader| sees_branch(role(&self.state(), reader)))
    }
}

fn role(state: &State, reader: &WorkerId) -> Role {
    state.workers.get(reader).map_or(Role::Worker, |w| w.role)
}

fn sees_branch(role: Role) -> bool {
    matches!(role, Role::Coordinator | Role::Manager | Role::Administrator)
}

/// What a worker may see on a phone now.
pub(crate) fn sees(state: &State, reader: &WorkerId, no: BranchNo, now: Millis) -> Sees {
    let mut docs = BTreeSet::new();
    match role(state, reader) {
        role if sees_branch(role) => return Sees::Branch,
        Role::Lead => {
            let today = day_of(now);
            for doc in state.docs.values().filter(|d| d.branch == no) {
                if let (Some(person), Some(start)) = (&doc.plan.person, doc.plan.start)
                    && day_of(start) == today
                {
                    docs.insert(DocumentId::Person(person.clone()));
                }
            }
        }
        _ => {}
    }
    let Some(branch) = state.branch(no) else { return Sees::Documents(docs) };
    for id in branch.by_worker.get(reader).into_iter().flatten() {
        let Some(doc) = state.docs.get(id) else { continue };
        // A visit without a planned start is one that nobody planned: it counts from the day it was written.
        let near = doc.plan.start.is_none_or(|start| start >= now.plus(-BACK_MS) && start <= now.plus(AHEAD_MS));
        if near {
            docs.insert(id.clone());
            if let Some(person) = &doc.plan.person {
                docs.insert(DocumentId::Person(person.clone()));
            }
        }
    }
    Sees::Documents(docs)
}
