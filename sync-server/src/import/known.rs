//! What the office holds already, as far as an import leans on it.

use super::Parsed;
use crate::error::OfficeError;
use crate::office::{Office, WorkerRecord};
use holdfast_model::entry::{Assigned, Body, PersonDetails, PlanVersion, Read};
use holdfast_model::id::{BranchId, DocumentId, EntryId, PersonId, VisitId, WorkerId};
use holdfast_model::time::{DAY, Millis};
use std::collections::{BTreeMap, BTreeSet};

/// What the office holds already.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Known {
    /// Everybody who works for the provider.
    pub workers: BTreeMap<WorkerId, WorkerRecord>,
    /// The details last recorded of each person of the branch.
    pub people: BTreeMap<PersonId, PersonDetails>,
    /// Plan versions, by person and number; two texts may carry one number.
    pub plans: BTreeMap<PersonId, BTreeMap<u32, Vec<PlanVersion>>>,
    /// What the rota last said of each visit that matters here: those of the files, those of the same people around the same days
    /// (a dose falls to one visit only), and those of the last day and still to come of people whose plan or details the files carry.
    pub visits: BTreeMap<VisitId, Assigned>,
    /// Those of them that the office called off.
    pub cancelled: BTreeSet<VisitId>,
    /// Visits of the branch with their planned start: to say which ones an export leaves out.
    pub starts: BTreeMap<VisitId, Millis>,
    /// Documents that belong to another branch.
    pub elsewhere: BTreeSet<DocumentId>,
    /// Now, by the office's clock.
    pub now: Millis,
}

impl Known {
    /// Asks the office for all that `parsed` leans on.
    pub fn of(office: &Office, branch: &BranchId, parsed: &Parsed) -> Result<Known, OfficeError> {
        let mut known = Known { now: office.now(), ..Known::default() };
        known.workers = office.workers().into_iter().map(|w| (w.id.clone(), w)).collect();
        let mut changed: BTreeSet<PersonId> = parsed.plans.rows.iter().map(|r| r.is.person.clone()).collect();
        changed.extend(parsed.people.rows.iter().map(|r| r.is.id.clone()));
        let mut visits = parsed.visits_named();
        let named = parsed.people_named();
        let around = parsed.rota.rows.iter().map(|r| r.is.start).min().map(|t| t.plus(-DAY))
            ..=parsed.rota.rows.iter().map(|r| r.is.end).max().map(|t| t.plus(DAY));
        for row in office.rows_since(branch, 0).1 {
            let Some(start) = row.start else { continue };
            known.starts.insert(row.visit.clone(), start);
            // Those that follow a change, and, since a dose goes to the nearest visit, those just gone by that may have had it.
            let follows = start > known.now.plus(-DAY) && row.person.as_ref().is_some_and(|p| changed.contains(p));
            let beside = around.contains(&Some(start)) && row.person.as_ref().is_some_and(|p| named.contains(p));
            if follows || beside {
                visits.insert(row.visit.clone());
            }
        }
        let mut people = named;
        people.extend(office.people(branch));
        for person in people {
            let doc = DocumentId::Person(person.clone());
            if known.is_elsewhere(office, branch, &doc) {
                continue;
            }
            for body in standing(&office.entries(&doc)?) {
                match body {
                    Body::Person(details) => {
                        known.people.insert(person.clone(), details);
                    }
                    Body::PlanVersion(plan) => {
                        known.plans.entry(person.clone()).or_default().entry(plan.version).or_default().push(plan);
                    }
                    _ => {}
                }
            }
        }
        for visit in visits {
            let doc = DocumentId::Visit(visit.clone());
            if known.is_elsewhere(office, branch, &doc) {
                continue;
            }
            for body in standing(&office.entries(&doc)?) {
                match body {
                    Body::Assigned(assigned) => {
                        known.cancelled.remove(&visit);
                        // An assignment without a rota is the coordinator's own: a rota that still says the same must not undo it.
                        if !assigned.rota.is_empty() {
                            known.visits.insert(visit.clone(), assigned);
                        }
                    }
                    Body::Cancelled(_) => {
                        known.cancelled.insert(visit.clone());
                    }
                    _ => {}
                }
            }
        }
        Ok(known)
    }

    fn is_elsewhere(&mut self, office: &Office, branch: &BranchId, doc: &DocumentId) -> bool {
        let elsewhere = office.branch_of(doc).is_some_and(|other| other != *branch);
        if elsewhere {
            self.elsewhere.insert(doc.clone());
        }
        elsewhere
    }

    /// Every version of a person's plan.
    pub(super) fn versions(&self, person: &PersonId) -> impl Iterator<Item = &PlanVersion> {
        self.plans.get(person).into_iter().flat_map(|all| all.values().flatten())
    }
}

/// What stands of a document's statements, in the order of arrival: amended ones as they were put right, withdrawn ones not.
fn standing(entries: &[Read]) -> Vec<Body> {
    let mut bodies: Vec<(EntryId, Option<Body>)> = Vec::new();
    for entry in entries.iter().filter_map(Read::known) {
        let place = |id: &EntryId, all: &[(EntryId, Option<Body>)]| all.iter().position(|(other, _)| other == id);
        match &entry.body {
            Body::Amended(amended) => {
                if let Some(at) = place(&amended.entry, &bodies) {
                    bodies[at].1 = Some((*amended.with).clone());
                }
            }
            Body::Withdrawn(withdrawn) => {
                if let Some(at) = place(&withdrawn.entry, &bodies) {
                    bodies[at].1 = None;
                }
            }
            body => bodies.push((entry.id, Some(body.clone()))),
        }
    }
    bodies.into_iter().filter_map(|(_, body)| body).collect()
}
