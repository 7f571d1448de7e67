//! A provider's files: read for what a scenario may name, and imported into an office.

use crate::scenario::cast::{Cast, Person, Visit, Worker};
use crate::world::Trouble;
use holdfast_model::entry::Body;
use holdfast_model::id::{BranchId, DocumentId, MedicineId, PersonId, WorkerId};
use holdfast_model::time::Millis;
use holdfast_sync_server::Office;
use holdfast_sync_server::import::{self, Changes, Known, Problem, Upload};
use std::path::Path;

/// Reads a folder of CSV files as an import into an empty office would.
pub fn cast(folder: &Path) -> Result<Cast, String> {
    let branch = BranchId::new(crate::world::BRANCH).map_err(|e| e.to_string())?;
    let files = Upload::folder(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    if files.is_empty() {
        return Err(format!("{} holds no CSV files", folder.display()));
    }
    let (changes, found) = import::plan(import::read(&files), &Known::default(), &branch);
    match found.iter().find(|p| !p.code.is_notice()) {
        Some(problem) => Err(format!("{} can't be imported: {}", folder.display(), place(problem))),
        None => Ok(of(changes)),
    }
}

fn place(problem: &Problem) -> String {
    format!("{}, {}", problem.place(), problem.code.as_str())
}

fn of(changes: Changes) -> Cast {
    let workers = changes.workers.into_iter().map(|w| Worker { id: w.id, name: w.name }).collect();
    let mut cast = Cast { workers, ..Cast::default() };
    for statement in changes.statements {
        match (&statement.doc, &statement.body) {
            (DocumentId::Person(id), Body::Person(details)) => cast.people.push(Person { id: id.clone(), name: details.name.clone() }),
            (DocumentId::Visit(id), Body::Assigned(a)) => cast.visits.push(Visit {
                id: id.clone(),
                person: a.person.clone(),
                workers: a.workers.clone(),
                start: a.start,
                end: a.end,
                tasks: a.tasks.clone(),
                doses: a.doses.clone(),
                routes: routes(&cast.planned, &a.person, a.start),
            }),
            _ => {}
        }
        cast.planned.push((statement.doc, statement.body));
    }
    cast
}

/// How each medicine of the plan that holds at a moment is taken.
fn routes(planned: &[(DocumentId, Body)], person: &PersonId, at: Millis) -> Vec<(MedicineId, String)> {
    let plans = planned.iter().filter_map(|(_, body)| match body {
        Body::PlanVersion(plan) if plan.person == *person && plan.effective <= at => Some(plan),
        _ => None,
    });
    let current = plans.max_by_key(|plan| plan.effective);
    current.into_iter().flat_map(|plan| &plan.medicines).map(|m| (m.id.clone(), m.route.clone())).collect()
}

/// Imports a folder into an office, as its administrator.
pub fn import(office: &Office, branch: &BranchId, folder: &Path) -> Result<(), Trouble> {
    let say = |e: &dyn std::fmt::Display| Trouble(format!("importing {}: {e}", folder.display()));
    let files = Upload::folder(folder).map_err(|e| say(&e))?;
    let author = WorkerId::new("import").map_err(|e| say(&e))?;
    import::import(office, branch, &author, &files, &mut |_| {}).map_err(|e| say(&e))?;
    Ok(())
}
