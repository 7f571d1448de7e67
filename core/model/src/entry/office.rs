//! What the office plans, does and hears. These are entries like any other, signed by the office's own device.

use super::care::is_default;
use crate::id::{EntryId, MedicineId, OutageId, PersonId, RunId, TaskId, WorkerId};
use crate::time::Millis;
use chrono::NaiveTime;
use serde::{Deserialize, Serialize};

/// How much it matters that a visit happens on time. In words, because it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// Can wait.
    Routine,
    /// Should be on time.
    #[default]
    Usual,
    /// Must be on time.
    TimeCritical,
}

/// A task of a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTask {
    /// Its number in the plan.
    pub id: TaskId,
    /// Its words.
    pub title: String,
}

/// A dose due at a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedDose {
    /// Which medicine of the plan.
    pub medicine: MedicineId,
    /// Name and strength: "Co-careldopa 25 mg/100 mg".
    pub name: String,
    /// "1 tablet".
    pub dose: String,
    /// When.
    pub due: Millis,
    /// Minutes before and after `due` in which it may be given.
    pub window_min: u32,
    /// True when being late can hurt (Parkinson's, insulin: NICE NG67 1.6).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub time_critical: bool,
    /// True when the worker gives it; false when the person is only prompted or someone else gives it.
    pub given_by_worker: bool,
}

/// What makes a visit one that cannot wait, or that needs two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Two workers.
    DoubleUp,
    /// A hoist is used: never alone.
    Hoist,
    /// Nobody else is in the house.
    LivesAlone,
    /// A district nurse gives the insulin.
    InsulinByNurse,
}

/// The office plans a visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// Whom.
    pub person: PersonId,
    /// The person's name as it is said: "Edith Marlow".
    pub name: String,
    /// The run, if it belongs to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// Who goes; each of them must leave before the visit is complete.
    pub workers: Vec<WorkerId>,
    /// From.
    pub start: Millis,
    /// To.
    pub end: Millis,
    /// How much time matters.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: Priority,
    /// What makes it one that cannot wait.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    /// What is to be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<PlannedTask>,
    /// What is to be given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doses: Vec<PlannedDose>,
    /// Rota it came from: "R7".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rota: String,
}

/// The office calls a visit off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    /// Who asked for it: "family", "hospital".
    pub asked_by: String,
    /// Why.
    pub reason: String,
}

/// The office sends somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverSent {
    /// Who is sent.
    pub worker: WorkerId,
    /// True when they go instead of those assigned; false when they go as well.
    pub instead: bool,
    /// Why.
    pub reason: String,
}

/// Somebody dealt with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DealtWith {
    /// The entry that needed action.
    pub entry: EntryId,
    /// What was done: "GP says leave it, next dose 13:00".
    pub how: String,
}

/// Whose words a phone call carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// The care worker.
    Worker,
    /// The person supported.
    Person,
    /// Family or a friend.
    Family,
    /// A neighbour, a warden, a nurse on site.
    Other,
}

/// What the phone call says about a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// The worker is on the way.
    OnTheWay,
    /// The worker is there.
    There,
    /// The worker has been and gone.
    Finished,
    /// Nobody came.
    NobodyCame,
    /// Nobody answered the office's call.
    NoAnswer,
    /// It was not asked.
    NotAsked,
}

/// A phone call, logged by the office. It never closes a medicine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneCall {
    /// Who spoke: name, or relation: "daughter".
    pub who: String,
    /// Whose words these are.
    pub speaker: Speaker,
    /// When the call was.
    pub at: Millis,
    /// What it says about the visit.
    pub report: Report,
    /// When that was, as said: "the carer came at half nine".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_at: Option<Millis>,
    /// Which worker it speaks of, when said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<WorkerId>,
    /// The words themselves.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub words: String,
}

/// Who a person is and what matters at their door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonDetails {
    /// As it is said: "Edith Marlow".
    pub name: String,
    /// What they like to be called, if different.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub known_as: String,
    /// "Flat 2, Tern House".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub address: String,
    /// Their telephone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
    /// How to get in, without the code.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub access: String,
    /// What never changes from visit to visit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
}

/// A medicine of a care plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanMedicine {
    /// Its number in the plan.
    pub id: MedicineId,
    /// Name and strength: "Co-careldopa 25 mg/100 mg".
    pub name: String,
    /// "1 tablet".
    pub dose: String,
    /// "oral".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub route: String,
    /// Clock times in London; empty for a medicine taken when needed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<NaiveTime>,
    /// Minutes before and after in which it may be given.
    #[serde(default, skip_serializing_if = "is_default")]
    pub window_min: u32,
    /// True when being late can hurt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub time_critical: bool,
    /// "you give it", "remind her", "district nurse gives it".
    pub support: Support,
    /// For a medicine taken when needed: what for, gap, most in 24 hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_needed: Option<WhenNeeded>,
}

/// Who does what about a medicine (CQC: levels of support).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// The worker gives it.
    WorkerGives,
    /// The worker reminds.
    WorkerPrompts,
    /// The person sees to it.
    OwnHands,
    /// Somebody else gives it: family, district nurse.
    SomebodyElse,
}

/// Limits of a medicine taken when needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhenNeeded {
    /// What it is for.
    pub reason: String,
    /// Least minutes between two doses.
    pub gap_min: u32,
    /// Most in 24 hours, in the medicine's unit, as a decimal.
    pub most_in_24h: String,
}

/// Somebody to ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Name.
    pub name: String,
    /// "daughter", "GP", "on-call".
    pub role: String,
    /// Telephone.
    pub phone: String,
}

/// A care plan version: whole, numbered, naming the version it replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanVersion {
    /// Whose.
    pub person: PersonId,
    /// Its number.
    pub version: u32,
    /// The version it replaces; absent for the first that Holdfast saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<u32>,
    /// From when it holds.
    pub effective: Millis,
    /// "Penicillin". Empty means none known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allergies: Vec<String>,
    /// What must be known at the door, in order of weight: title and text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub essentials: Vec<Essential>,
    /// Medicines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub medicines: Vec<PlanMedicine>,
    /// Whom to ring, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// What changed and why, in the office's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub changed: String,
}

impl PlanVersion {
    /// Digest of the whole version: two plans with one number differ here.
    pub fn digest(&self) -> crate::id::Digest {
        let text = serde_json::to_value(self).map(|v| v.to_string()).expect("a plan has string keys only");
        crate::id::Digest::of(text.as_bytes())
    }
}

/// A piece of a plan's essentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Essential {
    /// "Transfers", "Communication", "Eating and drinking".
    pub title: String,
    /// The words.
    pub text: String,
}

/// An outage begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutageOpened {
    /// Its number.
    pub outage: OutageId,
    /// "Rota system".
    pub what: String,
    /// Since when.
    pub since: Millis,
    /// The rota worked from, and when it was frozen: "R7", 06:15.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rota: String,
    /// When that rota was frozen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rota_frozen: Option<Millis>,
    /// True for a drill.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drill: bool,
}

/// An outage ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutageClosed {
    /// When.
    pub at: Millis,
    /// What was found to be wrong.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub cause: String,
}
