//! One person: details, plan versions, contacts, medicines, last visits.

use super::attention;
use super::medicine::medicine;
use super::plan::versions;
use super::record::{Record, Statement};
use super::{AttentionItem, BoardRow, Care, EntryView, Held, Know, MedicineView, PlanState, PlanVersionView, Rules, Subject, VersionState};
use crate::chronology::Clocks;
use crate::entry::{Body, Contact, Flag, PersonDetails};
use crate::id::{Digest, EntryId, PersonId, VisitId, WorkerId};
use crate::time::{MINUTE, Millis};
use serde::{Deserialize, Serialize};

/// A person as their page shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonView {
    /// Who.
    pub person: PersonId,
    /// As of.
    pub now: Millis,
    /// Details that stand; more than one means that their authors had not seen each other's.
    pub details: Vec<Stated<PersonDetails>>,
    /// Which plan version holds.
    pub plan: PlanState,
    /// Every version, newest first.
    pub versions: Vec<PlanVersionView>,
    /// Whom to ring, from the plan that holds; from all that stand side by side.
    pub contacts: Vec<Contact>,
    /// Medicines of the plan that holds.
    pub medicines: Vec<MedicineView>,
    /// The last visits, latest first.
    pub last_visits: Vec<LastVisit>,
    /// When this replica last checked the plan with the office; absent in the office itself.
    pub checked: Option<Millis>,
    /// True when that is longer ago than the provider's limit: the plan then comes with an instruction.
    pub old: bool,
    /// What needs action.
    pub attention: Vec<AttentionItem>,
    /// Every entry of the person's document, in the one order.
    pub entries: Vec<EntryView>,
}

/// A statement, by whom and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated<T> {
    /// The entry.
    pub entry: EntryId,
    /// Who.
    pub by: WorkerId,
    /// When.
    pub at: Millis,
    /// What.
    pub what: T,
}

/// A visit that took place, or should have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LastVisit {
    /// Which.
    pub visit: VisitId,
    /// Planned start.
    pub start: Option<Millis>,
    /// Who was to go, or went.
    pub workers: Vec<WorkerId>,
    /// What happened at the door.
    pub care: Care,
    /// How we know.
    pub know: Know,
    /// What needs action.
    pub attention: Vec<AttentionItem>,
}

/// The little of a person that a list shows. A phone's store keeps it (sealed), and makes it again when [`PersonCard::until`] has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonCard {
    /// Who.
    pub person: PersonId,
    /// As it is said.
    pub name: String,
    /// What they like to be called, if different.
    pub known_as: String,
    /// Where.
    pub address: String,
    /// Telephone.
    pub phone: String,
    /// What never changes from visit to visit.
    pub flags: Vec<Flag>,
    /// Which plan version held when the card was made.
    pub plan: PlanState,
    /// Allergies of the plan that holds.
    pub allergies: Vec<String>,
    /// Effective time of the plan that holds.
    pub effective: Option<Millis>,
    /// Digest of the plan that holds.
    pub digest: Option<Digest>,
    /// When the next version comes into effect, if one is known.
    pub until: Option<Millis>,
}

/// How many of the last visits a person's page shows.
const LAST_VISITS: usize = 10;

/// The person's page as of `now`. `visits` are the rows of the person's visits that this replica holds; `checked` is when it
/// last checked the plan with the office.
pub fn person(
    person: &PersonId,
    held: &[Held],
    clocks: &Clocks,
    visits: &[&BoardRow],
    checked: Option<Millis>,
    now: Millis,
    rules: &Rules,
) -> PersonView {
    let record = Record::of(held, clocks);
    let statements = record.statements();
    let (versions, plan) = versions(&record, &statements, now);
    let told: Vec<&Statement<'_>> = statements.iter().filter(|s| matches!(s.body, Body::Person(_))).collect();
    let told = record.heads(&told);
    let details = told.iter().filter_map(|s| match s.body {
        Body::Person(what) => {
            Some(Stated { entry: record.id(s.by), by: record.author(s.by).clone(), at: record.written(s.by), what: what.clone() })
        }
        _ => None,
    });
    let holding = || versions.iter().filter(|v| matches!(v.state, VersionState::Current | VersionState::Contested));
    let contested: Vec<EntryId> = holding().map(|v| v.entry).collect();
    let rivals = [
        (Subject::Plan, (0..record.len()).filter(|at| contested.contains(&record.id(*at))).collect()),
        (Subject::Details, told.iter().map(|s| s.by).collect()),
    ];
    let attention = attention::of_entries(&record, &rivals);
    let mut contacts: Vec<Contact> = Vec::new();
    for contact in holding().flat_map(|v| &v.plan.contacts) {
        if !contacts.contains(contact) {
            contacts.push(contact.clone());
        }
    }
    let limit = i64::from(rules.plan_old_after_min) * MINUTE;
    PersonView {
        person: person.clone(),
        now,
        details: details.collect(),
        medicines: holding().flat_map(|v| v.plan.medicines.iter().map(|m| medicine(v.plan.version, m, visits, now))).collect(),
        contacts,
        last_visits: last_visits(visits, now, rules),
        checked,
        old: checked.is_some_and(|at| now.since(at) > limit),
        entries: record.views(&attention::contradictions(&record, &attention)),
        attention,
        plan,
        versions,
    }
}

fn last_visits(visits: &[&BoardRow], now: Millis, rules: &Rules) -> Vec<LastVisit> {
    let mut past: Vec<&&BoardRow> = visits.iter().filter(|row| row.begins().is_some_and(|at| at <= now)).collect();
    past.sort_by(|a, b| (b.begins(), &b.visit).cmp(&(a.begins(), &a.visit)));
    let view = |row: &&BoardRow| LastVisit {
        visit: row.visit.clone(),
        start: row.start,
        workers: row.workers.iter().map(|p| p.worker.clone()).collect(),
        care: row.at(now, rules).care,
        know: row.know.clone(),
        attention: row.attention.clone(),
    };
    past.into_iter().take(LAST_VISITS).map(view).collect()
}

impl PersonCard {
    /// The card of a person, as of the view's time. Of details that stand side by side it shows the last in the one order.
    pub fn of(view: &PersonView) -> PersonCard {
        let details = view.details.last().map(|d| &d.what);
        let text = |get: fn(&PersonDetails) -> &String| details.map(get).cloned().unwrap_or_default();
        let holding: Vec<&PlanVersionView> =
            view.versions.iter().filter(|v| matches!(v.state, VersionState::Current | VersionState::Contested)).collect();
        let mut allergies: Vec<String> = Vec::new();
        for allergy in holding.iter().flat_map(|v| &v.plan.allergies) {
            if !allergies.contains(allergy) {
                allergies.push(allergy.clone());
            }
        }
        PersonCard {
            person: view.person.clone(),
            name: text(|d| &d.name),
            known_as: text(|d| &d.known_as),
            address: text(|d| &d.address),
            phone: text(|d| &d.phone),
            flags: details.map(|d| d.flags.clone()).unwrap_or_default(),
            plan: view.plan.clone(),
            allergies,
            effective: holding.first().map(|v| v.plan.effective),
            digest: holding.first().map(|v| v.digest),
            until: view.versions.iter().filter(|v| v.state == VersionState::Future).map(|v| v.plan.effective).min(),
        }
    }
}
