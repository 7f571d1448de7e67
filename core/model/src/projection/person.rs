//! One person: details, plan versions, contacts, medicines, last visits.

use super::{AttentionItem, BoardRow, Care, EntryView, Held, Know, MedicineView, PlanState, PlanVersionView, Rules};
use crate::chronology::Clocks;
use crate::entry::{Contact, Flag, PersonDetails};
use crate::id::{Digest, EntryId, PersonId, VisitId, WorkerId};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// A person as their page shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonView {
    /// Who.
    pub person: PersonId,
    /// Details that stand; more than one means that their authors had not seen each other's.
    pub details: Vec<Stated<PersonDetails>>,
    /// Which plan version holds.
    pub plan: PlanState,
    /// Every version, newest first.
    pub versions: Vec<PlanVersionView>,
    /// Whom to ring, from the plan that holds.
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
    let _ = (person, held, clocks, visits, checked, now, rules);
    unimplemented!()
}

impl PersonCard {
    /// The card of a person as of `now`.
    pub fn of(view: &PersonView) -> PersonCard {
        let _ = view;
        unimplemented!()
    }
}
