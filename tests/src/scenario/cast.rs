//! Everybody and every visit that a scenario may name, as the provider's own files say.

use super::phrase::distance;
use holdfast_model::entry::{Body, PlannedDose, PlannedTask};
use holdfast_model::id::{DocumentId, MedicineId, PersonId, VisitId, WorkerId};
use holdfast_model::time::Millis;

/// The provider's people, workers and visits.
#[derive(Debug, Default)]
pub struct Cast {
    /// Care workers and office workers.
    pub workers: Vec<Worker>,
    /// The people supported.
    pub people: Vec<Person>,
    /// Planned visits.
    pub visits: Vec<Visit>,
    /// Everything that the import writes into the office's store, by document.
    pub planned: Vec<(DocumentId, Body)>,
}

/// Somebody who works for the provider.
#[derive(Debug, Clone)]
pub struct Worker {
    /// Their number.
    pub id: WorkerId,
    /// "Asha Bello".
    pub name: String,
}

/// Somebody supported.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their number.
    pub id: PersonId,
    /// "Edith Marlow".
    pub name: String,
}

/// A planned visit.
#[derive(Debug, Clone)]
pub struct Visit {
    /// Its number.
    pub id: VisitId,
    /// Whom.
    pub person: PersonId,
    /// Who goes.
    pub workers: Vec<WorkerId>,
    /// From.
    pub start: Millis,
    /// To.
    pub end: Millis,
    /// What is to be done.
    pub tasks: Vec<PlannedTask>,
    /// What is to be given.
    pub doses: Vec<PlannedDose>,
    /// How each of the person's medicines is taken, as the plan says.
    pub routes: Vec<(MedicineId, String)>,
}

impl Visit {
    /// How a dose is taken: "oral".
    pub fn route(&self, dose: &PlannedDose) -> &str {
        self.routes.iter().find(|(id, _)| *id == dose.medicine).map_or("", |(_, route)| route)
    }

    /// Milliseconds between a moment and the planned stretch; 0 within it.
    fn away_from(&self, at: Millis) -> i64 {
        self.start.since(at).max(at.since(self.end)).max(0)
    }
}

impl Cast {
    /// The worker of this number, full name, or first name if nobody else has it.
    pub fn worker(&self, name: &str) -> Result<WorkerId, String> {
        let names = self.workers.iter().map(|w| (w.id.as_str(), w.name.as_str()));
        find("who works here", names, name).map(|i| self.workers[i].id.clone())
    }

    /// A worker's name as it is said.
    pub fn worker_name(&self, id: &WorkerId) -> String {
        self.workers.iter().find(|w| w.id == *id).map_or_else(|| id.to_string(), |w| w.name.clone())
    }

    /// The person of this number, full name, or first name if nobody else has it.
    pub fn person(&self, name: &str) -> Result<&Person, String> {
        let names = self.people.iter().map(|p| (p.id.as_str(), p.name.as_str()));
        find("who is supported here", names, name).map(|i| &self.people[i])
    }

    /// The visit that a text means at a moment: "Harold Pike" is his visit nearest in time (of this worker, if one is
    /// given), "Harold Pike's 10:45 visit" the one that begins then.
    pub fn visit(&self, text: &str, worker: Option<&WorkerId>, at: Millis) -> Result<&Visit, String> {
        let (name, start) = match text.strip_suffix(" visit").and_then(|t| t.rsplit_once("'s ")) {
            Some((name, start)) => (name, Some(super::read::clock_time(at, start)?)),
            None => (text, None),
        };
        let person = self.person(name)?;
        let of_person = || self.visits.iter().filter(|v| v.person == person.id);
        let fits = |v: &&Visit| worker.is_none_or(|w| v.workers.contains(w)) && start.is_none_or(|s| v.start == s);
        of_person().filter(fits).min_by_key(|v| (v.away_from(at), v.start)).ok_or_else(|| {
            let known: Vec<String> = of_person().map(|v| v.start.hhmm()).collect();
            let whose = worker.map_or_else(String::new, |w| format!(" of {}", self.worker_name(w)));
            format!("No such visit{whose} to {} on the rota. Their visits begin at: {}.", person.name, known.join(", "))
        })
    }

    /// The visit that a worker should be at, or nearest to it in time.
    pub fn visit_of_worker(&self, worker: &WorkerId, at: Millis) -> Result<&Visit, String> {
        let theirs = self.visits.iter().filter(|v| v.workers.contains(worker));
        theirs.min_by_key(|v| (v.away_from(at), v.start)).ok_or_else(|| format!("{} has no visit on the rota.", self.worker_name(worker)))
    }
}

/// The place of the one whose number, name or first name this is.
fn find<'a>(what: &str, names: impl Iterator<Item = (&'a str, &'a str)> + Clone, wanted: &str) -> Result<usize, String> {
    let is = |own: &str| own.eq_ignore_ascii_case(wanted);
    if let Some(i) = names.clone().position(|(id, name)| is(id) || is(name)) {
        return Ok(i);
    }
    let by_first = names.clone().enumerate().filter(|(_, (_, name))| name.split(' ').next().is_some_and(is));
    match by_first.map(|(i, (_, name))| (i, name)).collect::<Vec<_>>()[..] {
        [(i, _)] => Ok(i),
        [] => {
            let nearest = names.min_by_key(|(_, name)| {
                let first = name.split(' ').next().unwrap_or(name);
                distance(name, wanted).min(distance(first, wanted))
            });
            let hint = nearest.map_or_else(String::new, |(_, name)| format!(" Did you mean {name}?"));
            Err(format!("“{wanted}” is nobody {what}.{hint}"))
        }
        ref several => {
            let names: Vec<&str> = several.iter().map(|(_, name)| *name).collect();
            Err(format!("“{wanted}” could be {}. Write the whole name.", names.join(" or ")))
        }
    }
}
