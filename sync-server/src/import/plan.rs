//! From what the files say and what the office holds to the entries that are to be recorded.

use super::doses::{Plans, Spans, give_doses, plan_at};
use super::known::Known;
use super::problem::{Code, Problem};
use super::rows::{At, PlanRow, VisitRow};
use super::{Parsed, Piece, Reading};
use crate::office::{Statement, WorkerRecord};
use holdfast_model::entry::{Assigned, Body, Flag, PersonDetails, PlanVersion};
use holdfast_model::id::{BranchId, DocumentId, PersonId, VisitId};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Longest canonical text that a body of an import may have: what an entry may hold, less its head.
const BODY_BYTES: usize = holdfast_model::limits::ENTRY_BYTES - 2_048;

/// What an import would record.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// New or changed workers.
    pub workers: Vec<WorkerRecord>,
    /// Entries, people before plans before visits.
    pub statements: Vec<Statement>,
    /// How many of what.
    pub counts: Counts,
}

impl Changes {
    /// True when everything is here already.
    pub fn is_empty(&self) -> bool {
        self.workers.is_empty() && self.statements.is_empty()
    }
}

/// How many of what an import brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Workers, new or changed.
    pub workers: usize,
    /// People, new or changed.
    pub people: usize,
    /// Plan versions.
    pub plans: usize,
    /// Visits, new or changed by the rota.
    pub visits: usize,
    /// Visits still to come whose doses or name change because a plan or a person did.
    pub visits_following: usize,
    /// Rows that say what is known already.
    pub unchanged: usize,
}

/// Works out what is to be recorded, and finds what only shows beside what is known. Pure. The changes are complete only when no
/// problem is among what was found.
pub fn plan(reading: Reading, known: &Known, branch: &BranchId) -> (Changes, Vec<Problem>) {
    let Reading { parsed, found } = reading;
    let planned_people = parsed.named.plans.iter().map(|(person, _)| person.as_str()).collect();
    let mut work = Work { parsed: &parsed, known, branch, found, changes: Changes::default(), planned_people };
    work.workers();
    let people = work.people();
    let plans = work.plans();
    work.visits(&people, &plans);
    let Work { mut found, changes, .. } = work;
    let place = |p: &Problem| parsed.place_of(&p.file);
    found.sort_by(|a, b| {
        (a.code.is_notice(), place(a), a.row, &a.column, a.code, &a.what).cmp(&(
            b.code.is_notice(),
            place(b),
            b.row,
            &b.column,
            b.code,
            &b.what,
        ))
    });
    found.dedup();
    (changes, found)
}

impl Parsed {
    /// The order in which files are told of: the one in which they lean on each other.
    fn place_of(&self, file: &str) -> usize {
        let lower = file.to_lowercase();
        let order = ["workers.csv", "people.csv", "plans.csv", "essentials.csv", "medicines.csv", "contacts.csv", "rota.csv"];
        order.iter().position(|name| *name == lower).unwrap_or(order.len())
    }
}

struct Work<'a> {
    parsed: &'a Parsed,
    known: &'a Known,
    branch: &'a BranchId,
    found: Vec<Problem>,
    changes: Changes,
    /// People whom plans.csv names, also in rows with a problem.
    planned_people: BTreeSet<&'a str>,
}

impl Work<'_> {
    fn workers(&mut self) {
        for At { row, is } in &self.parsed.workers.rows {
            let record = WorkerRecord {
                id: is.id.clone(),
                name: is.name.clone(),
                role: is.role,
                branch: self.branch.clone(),
                phone: is.telephone.clone(),
            };
            match self.known.workers.get(&is.id) {
                Some(old) if old.branch != *self.branch => {
                    let args = [("value", is.id.to_string().into())];
                    self.found.push(Problem::new(&self.parsed.workers.file, Some(*row), Some("worker"), Code::BranchOther, &args));
                }
                Some(old) if *old == record => self.changes.counts.unchanged += 1,
                _ => {
                    self.changes.counts.workers += 1;
                    self.changes.workers.push(record);
                }
            }
        }
        if !self.parsed.workers.rows.is_empty() && !self.parsed.named.workers_unread {
            let missing: Vec<String> = self
                .known
                .workers
                .values()
                .filter(|w| w.branch == *self.branch && !self.parsed.named.workers.contains(w.id.as_str()))
                .map(|w| w.id.to_string())
                .collect();
            self.not_in_export(self.parsed.workers.file.clone(), "worker", &missing);
        }
    }

    /// Says in one notice what an export leaves out: a list of hundreds of lines would hide the problems.
    fn not_in_export(&mut self, file: String, column: &'static str, missing: &[String]) {
        const LISTED: usize = 30;
        if missing.is_empty() {
            return;
        }
        let listed = missing.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
        let rest = missing.len().saturating_sub(LISTED);
        let list = match rest {
            0 => listed,
            n => holdfast_words::Words::english().say("import-and-more", &[("list", listed.into()), ("n", n.into())]),
        };
        let args = [("n", missing.len().into()), ("value", list.into())];
        self.found.push(Problem::new(&file, None, Some(column), Code::NotInExport, &args));
    }

    /// Records new and changed details; answers with everybody's details as they then are.
    fn people(&mut self) -> BTreeMap<PersonId, PersonDetails> {
        let mut people = self.known.people.clone();
        for At { row, is } in &self.parsed.people.rows {
            let doc = DocumentId::Person(is.id.clone());
            if self.known.elsewhere.contains(&doc) {
                let args = [("value", is.id.to_string().into())];
                self.found.push(Problem::new(&self.parsed.people.file, Some(*row), Some("person"), Code::BranchOther, &args));
                continue;
            }
            if people.get(&is.id) == Some(&is.details) {
                self.changes.counts.unchanged += 1;
                continue;
            }
            people.insert(is.id.clone(), is.details.clone());
            self.changes.counts.people += 1;
            self.changes.statements.push(Statement { doc, body: Body::Person(is.details.clone()) });
        }
        if !self.parsed.people.rows.is_empty() {
            let missing: Vec<String> =
                self.known.people.keys().filter(|id| !self.parsed.named.people.contains(id.as_str())).map(ToString::to_string).collect();
            self.not_in_export(self.parsed.people.file.clone(), "person", &missing);
        }
        people
    }

    /// Records new plan versions; answers with every version there then is.
    fn plans(&mut self) -> Plans {
        let parsed = self.parsed;
        let mut essentials = self.pieces(&parsed.essentials);
        let mut medicines = self.pieces(&parsed.medicines);
        let mut contacts = self.pieces(&parsed.contacts);
        let mut plans: Plans = self.known.plans.keys().map(|p| (p.clone(), self.known.versions(p).cloned().collect())).collect();
        let mut rows: Vec<&At<PlanRow>> = parsed.plans.rows.iter().collect();
        rows.sort_by_key(|r| (r.is.person.clone(), r.is.version));
        for At { row, is } in rows {
            let key = (is.person.clone(), is.version);
            let plan = PlanVersion {
                person: is.person.clone(),
                version: is.version,
                replaces: is.replaces,
                effective: is.effective,
                allergies: is.allergies.clone(),
                essentials: essentials.remove(&key).unwrap_or_default(),
                medicines: medicines.remove(&key).unwrap_or_default(),
                contacts: contacts.remove(&key).unwrap_or_default(),
                changed: is.changed.clone(),
            };
            if let Some((column, code, args)) = self.plan_problem(is, &plan, plans.get(&is.person)) {
                self.found.push(Problem::new(&parsed.plans.file, Some(*row), Some(column), code, &args));
                continue;
            }
            let all = plans.entry(is.person.clone()).or_default();
            if all.iter().any(|other| other.digest() == plan.digest()) {
                self.changes.counts.unchanged += 1;
                continue;
            }
            all.push(plan.clone());
            self.changes.counts.plans += 1;
            self.changes.statements.push(Statement { doc: DocumentId::Person(is.person.clone()), body: Body::PlanVersion(plan) });
        }
        plans
    }

    #[allow(clippy::type_complexity)]
    fn plan_problem(
        &self,
        row: &PlanRow,
        plan: &PlanVersion,
        all: Option<&Vec<PlanVersion>>,
    ) -> Option<(&'static str, Code, Vec<(&'static str, holdfast_words::Arg<'static>)>)> {
        let value = || ("value", holdfast_words::Arg::from(row.person.to_string()));
        let version = || ("version", holdfast_words::Arg::from(row.version));
        let all = all.map_or(&[][..], Vec::as_slice);
        if self.known.elsewhere.contains(&DocumentId::Person(row.person.clone())) {
            return Some(("person", Code::BranchOther, vec![value()]));
        }
        if !self.known.people.contains_key(&row.person) && !self.parsed.names_person(&row.person) {
            return Some(("person", Code::PersonUnknown, vec![value()]));
        }
        if text_bytes(plan) > BODY_BYTES {
            return Some(("version", Code::TooMuch, vec![value()]));
        }
        let same_number: Vec<&PlanVersion> = all.iter().filter(|other| other.version == row.version).collect();
        if same_number.iter().any(|other| other.digest() == plan.digest()) {
            return None;
        }
        if !same_number.is_empty() {
            return Some(("version", Code::PlanVersionChanged, vec![value(), version()]));
        }
        if row.replaces.is_none()
            && let Some(newest) = all.iter().map(|other| other.version).max()
        {
            return Some(("replaces", Code::ReplacesMissing, vec![value(), version(), ("newest", newest.into())]));
        }
        None
    }

    /// Groups a table's pieces by plan version, in order; reports those that belong to none.
    fn pieces<T: Clone>(&mut self, table: &super::Table<Piece<T>>) -> BTreeMap<(PersonId, u32), Vec<T>> {
        let mut groups: BTreeMap<(PersonId, u32), Vec<(u32, T)>> = BTreeMap::new();
        for At { row, is } in &table.rows {
            let named = &self.parsed.named;
            if !named.plans_unread && !named.plans.contains(&(is.person.to_string(), is.version.to_string())) {
                let args = [("value", is.person.to_string().into()), ("version", is.version.into())];
                self.found.push(Problem::new(&table.file, Some(*row), Some("version"), Code::PlanRowUnknown, &args));
                continue;
            }
            groups.entry((is.person.clone(), is.version)).or_default().push((is.order, is.is.clone()));
        }
        let ordered = |mut pieces: Vec<(u32, T)>| {
            pieces.sort_by_key(|(order, _)| *order);
            pieces.into_iter().map(|(_, piece)| piece).collect()
        };
        groups.into_iter().map(|(key, pieces)| (key, ordered(pieces))).collect()
    }

    fn visits(&mut self, people: &BTreeMap<PersonId, PersonDetails>, plans: &Plans) {
        // Whose doses may change: every dose goes to one visit, so visits of one person are looked at together.
        let mut planned: BTreeMap<VisitId, Assigned> = BTreeMap::new();
        let mut order: Vec<&VisitId> = Vec::new();
        for At { row, is } in &self.parsed.rota.rows {
            if let Some(assigned) = self.visit(*row, is, people, plans) {
                planned.insert(is.visit.clone(), assigned);
                order.push(&is.visit);
            }
        }
        let mut following: BTreeMap<VisitId, Assigned> = BTreeMap::new();
        for (visit, assigned) in &self.known.visits {
            if !planned.contains_key(visit) && assigned.start > self.known.now && !self.known.cancelled.contains(visit) {
                let mut assigned = assigned.clone();
                if let Some(details) = people.get(&assigned.person) {
                    assigned.name.clone_from(&details.name);
                }
                following.insert(visit.clone(), assigned);
            }
        }
        // What the office called off stays off while the rota says nothing new about it.
        let off = |visit: &VisitId, assigned: &Assigned| {
            let same = |known: &Assigned| Assigned { doses: Vec::new(), ..known.clone() } == *assigned;
            self.known.cancelled.contains(visit) && self.known.visits.get(visit).is_some_and(same)
        };
        let stay: BTreeSet<VisitId> = planned.iter().filter(|(visit, a)| off(visit, a)).map(|(visit, _)| visit.clone()).collect();
        self.changes.counts.unchanged += stay.len();
        planned.retain(|visit, _| !stay.contains(visit));
        // Later ones replace earlier ones: what is planned now counts, not what was known of it.
        let mut spans = Spans::new();
        let beside = self.known.visits.iter().filter(|(visit, _)| !self.known.cancelled.contains(*visit));
        for (visit, a) in beside.chain(&following).chain(&planned) {
            spans.entry(a.person.clone()).or_default().insert(visit.clone(), (a.start, a.end));
        }
        for (visit, assigned) in planned.iter_mut().chain(following.iter_mut()) {
            give_doses(visit, assigned, &spans, plans);
        }
        for visit in order {
            let Some(assigned) = planned.remove(visit) else { continue };
            if self.known.visits.get(visit) == Some(&assigned) && !self.known.cancelled.contains(visit) {
                self.changes.counts.unchanged += 1;
                continue;
            }
            self.changes.counts.visits += 1;
            self.changes.statements.push(Statement { doc: DocumentId::Visit(visit.clone()), body: Body::Assigned(assigned) });
        }
        for (visit, assigned) in following {
            if self.known.visits.get(&visit) != Some(&assigned) {
                self.changes.counts.visits_following += 1;
                self.changes.statements.push(Statement { doc: DocumentId::Visit(visit), body: Body::Assigned(assigned) });
            }
        }
        self.visits_not_in_export();
    }

    /// One row of the rota, without doses; `None` after writing down why not.
    fn visit(&mut self, row: u32, is: &VisitRow, people: &BTreeMap<PersonId, PersonDetails>, plans: &Plans) -> Option<Assigned> {
        let file = self.parsed.rota.file.clone();
        let mut wrong = Vec::new();
        let mut say = |column: &'static str, code: Code, value: String| {
            wrong.push(Problem::new(&file, Some(row), Some(column), code, &[("value", value.into())]));
        };
        if self.known.elsewhere.contains(&DocumentId::Visit(is.visit.clone())) {
            say("visit", Code::BranchOther, is.visit.to_string());
        }
        for worker in &is.workers {
            if !self.known.workers.contains_key(worker) && !self.parsed.names_worker(worker) {
                say("workers", Code::WorkerUnknown, worker.to_string());
            }
        }
        let details = people.get(&is.person);
        if self.known.elsewhere.contains(&DocumentId::Person(is.person.clone())) {
            say("person", Code::BranchOther, is.person.to_string());
        } else if details.is_none() && !self.parsed.names_person(&is.person) {
            say("person", Code::PersonUnknown, is.person.to_string());
        } else {
            let leans_on_a_bad_row = self.parsed.named.plans_unread || self.planned_people.contains(is.person.as_str());
            match plans.get(&is.person) {
                None if leans_on_a_bad_row => {}
                None => say("person", Code::PlanMissing, is.person.to_string()),
                Some(all) if plan_at(all, is.start).is_none() => say("date", Code::PlanStartsLater, is.person.to_string()),
                Some(_) => {}
            }
        }
        let mut flags: BTreeSet<Flag> = is.flags.iter().copied().collect();
        flags.extend(details.into_iter().flat_map(|d| d.flags.iter().copied()));
        if is.workers.is_empty() {
            say("workers", Code::VisitWithoutWorker, is.visit.to_string());
        } else if flags.contains(&Flag::DoubleUp) && is.workers.len() < 2 {
            say("workers", Code::SecondWorkerMissing, is.visit.to_string());
        }
        let stop = wrong.iter().any(|p| !p.code.is_notice());
        self.found.append(&mut wrong);
        let details = details.filter(|_| !stop)?;
        let assigned = Assigned {
            person: is.person.clone(),
            name: details.name.clone(),
            run: is.run.clone(),
            workers: is.workers.clone(),
            start: is.start,
            end: is.end,
            priority: is.priority,
            flags: flags.into_iter().collect(),
            tasks: is.tasks.clone(),
            doses: Vec::new(),
            rota: is.rota.clone(),
        };
        if text_bytes(&assigned) > BODY_BYTES / 2 {
            let args = [("value", is.visit.to_string().into())];
            self.found.push(Problem::new(&file, Some(row), Some("tasks"), Code::TooMuch, &args));
            return None;
        }
        Some(assigned)
    }

    /// Says which visits of the days that the export covers it leaves out. Nothing follows from that.
    fn visits_not_in_export(&mut self) {
        let days: BTreeSet<_> = self.parsed.rota.rows.iter().filter_map(|r| r.is.start.london_day()).collect();
        let named = self.parsed.visits_named();
        let missing: Vec<String> = self
            .known
            .starts
            .iter()
            .filter(|(visit, start)| start.london_day().is_some_and(|day| days.contains(&day)) && !named.contains(*visit))
            .map(|(visit, _)| visit.to_string())
            .collect();
        self.not_in_export(self.parsed.rota.file.clone(), "visit", &missing);
    }
}

fn text_bytes<T: Serialize>(body: &T) -> usize {
    // What cannot be counted counts as too much.
    serde_json::to_string(body).map_or(usize::MAX, |text| text.len())
}
