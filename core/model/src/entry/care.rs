//! What a care worker records at a person's door. Outcomes are stored as meanings, never as a chart's letters
//! (NICE SC1 and NG67: a record says what was given, refused or omitted, and why).

use super::Body;
use crate::id::{EntryId, MedicineId, PersonId, TaskId};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// The worker is on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct OnTheWay {
    /// Minutes late the worker expects to be, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late_min: Option<u32>,
    /// Why, in the worker's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// How presence at the door was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A tag at the door was read.
    Tag,
    /// The phone's position.
    Position,
    /// The person's own telephone was used.
    HomePhone,
    /// By hand, with a reason.
    ByHand,
}

/// What backs an arrival or a departure up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Evidence {
    /// Number of the tag that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Latitude in millionths of a degree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lat_e6: Option<i32>,
    /// Longitude in millionths of a degree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lon_e6: Option<i32>,
}

/// The worker arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrived {
    /// How presence was shown.
    pub method: Method,
    /// What backs it up.
    #[serde(default, skip_serializing_if = "is_default")]
    pub evidence: Evidence,
    /// Why by hand, or why late.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// The worker left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// How presence was shown.
    pub method: Method,
    /// What backs it up.
    #[serde(default, skip_serializing_if = "is_default")]
    pub evidence: Evidence,
    /// Why by hand, or why with something unanswered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Miles driven to this visit, in tenths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mileage_tenths: Option<u32>,
}

/// True for the value that need not be written.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// How a visit as a whole ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VisitEnd {
    /// It took place.
    Done,
    /// Nobody opened.
    NoReply,
    /// The person did not want it.
    Declined,
    /// The person is in hospital.
    InHospital,
    /// It ended early.
    CutShort,
    /// The worker was sent away.
    SentAway,
}

/// Who was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum Told {
    /// Somebody, by name or role.
    Somebody {
        /// "on-call manager", "daughter", "111".
        name: String,
        /// When, if said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Millis>,
    },
    /// Nobody yet: there was no signal.
    NobodyNoSignal,
    /// Nobody needed to be told.
    NobodyNeeded,
}

/// How the visit as a whole ended, what was tried, who was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitOutcome {
    /// The end.
    pub outcome: VisitEnd,
    /// What was tried: "rang twice, looked through the window".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tried: String,
    /// Who was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// Anything else about why.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskEnd {
    /// It was done.
    Done,
    /// The person did not want it.
    Declined,
    /// It could not be done.
    CouldNot,
    /// It was not needed this time.
    NotNeeded,
}

/// How a task ended, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskOutcome {
    /// Which task of the visit.
    pub task: TaskId,
    /// Its words as they were on the screen.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Its place in the visit's list, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// The end.
    pub outcome: TaskEnd,
    /// Why, when not done.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// How a dose ended: a meaning, never a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoseEnd {
    /// Given by the worker, whole.
    Given,
    /// Given, but not all of it.
    Partly,
    /// The person was reminded and took it.
    Prompted,
    /// The person did not want it.
    Refused,
    /// Not given for a reason, which is stated.
    Omitted,
    /// Left to be taken, or taken out of sight.
    NotObserved,
    /// Somebody had given it before.
    AlreadyTaken,
    /// It was not in the house.
    NotAvailable,
    /// The person was not there.
    Absent,
}

impl DoseEnd {
    /// True when the person is known to have had the dose, or all that was due of it.
    pub fn had_it(self) -> bool {
        matches!(self, DoseEnd::Given | DoseEnd::Prompted | DoseEnd::AlreadyTaken)
    }
    /// True when somebody has to do something about it: every end but those where the dose was had.
    pub fn needs_action(self) -> bool {
        !self.had_it()
    }
}

/// How a dose ended. The strength is written out, so that the line can be read without the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MedicineOutcome {
    /// Which medicine of the person's plan.
    pub medicine: MedicineId,
    /// Name and strength as they were on the screen: "Co-careldopa 25 mg/100 mg".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// When it was due; absent for a medicine taken when needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Millis>,
    /// The end.
    pub outcome: DoseEnd,
    /// How much, in the medicine's unit, as a decimal: "1", "2.5".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// "tablet", "ml", "capsule".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// "oral", "topical".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub route: String,
    /// Why not, or why as needed. Required for every end where the dose was not had.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Who watched, if somebody did.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub witness: String,
    /// How many are left, in the medicine's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock_left: Option<u32>,
    /// Who was told that it was not had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
}

/// What I noticed: a measure, or words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// "mood", "skin", "temperature", "fluids".
    pub about: String,
    /// The measured value as a decimal, when one was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Its unit.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// In words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// True when somebody should look at it today.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub concern: bool,
}

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteType {
    /// Washing, dressing, continence.
    PersonalCare,
    /// Company, outings, what the day was like.
    Activity,
    /// Health and wellbeing.
    Health,
    /// Food and drink.
    Nutrition,
    /// Behaviour.
    Behaviour,
    /// For the next worker.
    Handover,
    /// Anything else.
    General,
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What it is about.
    #[serde(rename = "type")]
    pub about: NoteType,
    /// The words, at most [`crate::limits::NOTE_BYTES`].
    pub text: String,
}

/// What an incident was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentType {
    /// A fall.
    Fall,
    /// A hurt of another origin.
    Injury,
    /// Something about a medicine.
    Medicine,
    /// A person may be being harmed or neglected.
    Safeguarding,
    /// Behaviour that hurt or could hurt.
    Behaviour,
    /// Suddenly unwell.
    Illness,
    /// Something broken or unsafe in the house.
    Environment,
    /// Anything else.
    Other,
}

/// An incident. Immediate safety is asked first, before what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// What was done at once to keep the person safe: "999 called 18:44, stayed with her".
    pub immediate_safety: String,
    /// True when the person is safe now.
    pub safe_now: bool,
    /// What it was.
    #[serde(rename = "type")]
    pub what: IncidentType,
    /// What happened, in the worker's words.
    pub text: String,
    /// Who was told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<Told>,
}

/// A visit to someone who is not on the run: the first entry of a visit that no rota knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unplanned {
    /// Whom; absent when the person is not on this phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The person's name as far as known, when `person` is absent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Why: "Farah asked by phone".
    pub reason: String,
}

/// An earlier entry, put right: the new statement, whole. The first one stays beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Amended {
    /// Which entry.
    pub entry: EntryId,
    /// Why.
    pub reason: String,
    /// What it should have said. Never itself an amendment or a withdrawal.
    pub with: Box<Body>,
}

/// An earlier entry, taken back. It stays in the record, marked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// Which entry.
    pub entry: EntryId,
    /// Why.
    pub reason: String,
}

/// Today's run was opened on a phone that had been without the office for longer than its lease. It stands in each visit that became
/// readable by it, and with each person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakGlass {
    /// Why it was needed, in the worker's words.
    pub reason: String,
    /// Office time of the phone's last contact before, as far as it knew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Millis>,
}
