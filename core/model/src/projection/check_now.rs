//! *Check now*: what cannot wait, why, and whom to ring.

use super::{Attention, AttentionItem, BoardRow, Care, Rules, Stage};
use crate::entry::{DoseEnd, Flag, IncidentType, Priority, Report};
use crate::id::{EntryId, MedicineId, PersonId, RunId, VisitId, WorkerId};
use crate::time::{MINUTE, Millis};
use serde::Serialize;

/// One visit that cannot wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckNow {
    /// Which visit.
    pub visit: VisitId,
    /// Whom.
    pub person: Option<PersonId>,
    /// The person's name.
    pub name: String,
    /// The run.
    pub run: Option<RunId>,
    /// Planned start.
    pub start: Option<Millis>,
    /// The weightiest reason.
    pub why: CheckReason,
    /// Further reasons, weightiest first.
    pub also: Vec<CheckReason>,
    /// Whom to ring, the first first.
    pub ring: Vec<Ring>,
}

/// Why a visit cannot wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum CheckReason {
    /// An incident, and the person is not safe.
    NotSafe {
        /// What it was.
        what: IncidentType,
        /// When.
        at: Millis,
        /// The entry to deal with.
        entry: Option<EntryId>,
    },
    /// A dose is due, and nobody is known to be there.
    DoseWindow {
        /// Which.
        medicine: MedicineId,
        /// Name and strength.
        name: String,
        /// When it is due.
        due: Millis,
        /// Last moment at which it is on time.
        closes: Millis,
        /// Minutes left; negative when the window has closed.
        left_min: i64,
        /// True when being late can hurt.
        time_critical: bool,
        /// Minutes past the planned start without a word; absent before the start, and when somebody is on the way.
        no_word_min: Option<i64>,
    },
    /// A visit for two, and somebody has not been heard from.
    SecondWorker {
        /// Who has not been heard from.
        missing: Vec<WorkerId>,
        /// Who has: tell them not to hoist alone.
        heard: Vec<WorkerId>,
        /// True when a hoist is used.
        hoist: bool,
        /// Planned start.
        at: Millis,
    },
    /// No word, and nobody else is in the house.
    LivesAlone {
        /// Minutes past the planned start.
        no_word_min: i64,
    },
    /// Somebody says that nobody came.
    NobodyCame {
        /// Name or relation.
        who: String,
        /// When they said so.
        at: Millis,
        /// The entry.
        entry: EntryId,
    },
    /// A dose was not had, and nobody has dealt with it.
    DoseNotHad {
        /// Which.
        medicine: MedicineId,
        /// Name and strength.
        name: String,
        /// How it ended.
        outcome: DoseEnd,
        /// Why, in the worker's words.
        reason: String,
        /// When.
        at: Millis,
        /// True when being late can hurt.
        time_critical: bool,
        /// The entry to deal with.
        entry: Option<EntryId>,
    },
    /// The visit is over, or by a phone call should be, and nobody has said what became of a dose.
    DoseUnknown {
        /// Which.
        medicine: MedicineId,
        /// Name and strength.
        name: String,
        /// When it was due.
        due: Millis,
        /// True when being late can hurt.
        time_critical: bool,
        /// The entry to deal with.
        entry: Option<EntryId>,
    },
    /// A dose may have been had twice.
    DoseTwice {
        /// Name and strength.
        name: String,
        /// The entries.
        entries: Vec<EntryId>,
    },
    /// An incident that nobody has dealt with.
    Incident {
        /// What it was.
        what: IncidentType,
        /// When.
        at: Millis,
        /// The entry to deal with.
        entry: Option<EntryId>,
    },
    /// No word about a visit that must be on time.
    TimeCritical {
        /// Minutes past the planned start.
        no_word_min: i64,
    },
    /// Nobody opened, or the worker was sent away, and nobody has been told.
    NobodyTold {
        /// When.
        at: Millis,
        /// The entry to deal with.
        entry: Option<EntryId>,
    },
}

/// Whom to ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Ring {
    /// A worker.
    Worker {
        /// Who.
        worker: WorkerId,
    },
    /// The person supported.
    Person,
    /// The person's doctor.
    Gp,
    /// The manager on call.
    OnCall,
}

impl CheckReason {
    /// How much it weighs: 0 is the heaviest. Harm that is happening, then harm that a clock decides, then what cannot
    /// be seen, then what only needs somebody to decide.
    pub fn weight(&self) -> u8 {
        match self {
            CheckReason::NotSafe { .. } => 0,
            CheckReason::DoseWindow { time_critical: true, .. } => 1,
            CheckReason::DoseNotHad { time_critical: true, .. } | CheckReason::DoseUnknown { time_critical: true, .. } => 2,
            CheckReason::SecondWorker { hoist: true, .. } => 3,
            CheckReason::NobodyCame { .. } => 4,
            CheckReason::Incident { .. } | CheckReason::DoseTwice { .. } => 5,
            CheckReason::LivesAlone { .. } => 6,
            CheckReason::TimeCritical { .. } => 7,
            CheckReason::DoseWindow { .. } => 8,
            CheckReason::SecondWorker { .. } => 9,
            CheckReason::DoseNotHad { .. } => 10,
            CheckReason::DoseUnknown { .. } => 11,
            CheckReason::NobodyTold { .. } => 12,
        }
    }

    /// By when something must be done, or since when it waits.
    fn moment(&self) -> Option<Millis> {
        match self {
            CheckReason::DoseWindow { closes, .. } => Some(*closes),
            CheckReason::DoseUnknown { due, .. } => Some(*due),
            CheckReason::SecondWorker { at, .. }
            | CheckReason::NotSafe { at, .. }
            | CheckReason::NobodyCame { at, .. }
            | CheckReason::DoseNotHad { at, .. }
            | CheckReason::Incident { at, .. }
            | CheckReason::NobodyTold { at, .. } => Some(*at),
            CheckReason::LivesAlone { .. } | CheckReason::TimeCritical { .. } | CheckReason::DoseTwice { .. } => None,
        }
    }
}

impl CheckNow {
    /// Weightiest first; then by the moment, by the planned start, by the visit's name.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        let last = Millis(i64::MAX);
        (self.why.weight(), self.why.moment().or(self.start).unwrap_or(last), self.start.unwrap_or(last), self.visit.clone())
    }
}

/// What of a row by itself cannot wait at `now`, if anything. [`super::board`] also knows which phones are silent.
pub fn check_now(row: &BoardRow, now: Millis, rules: &Rules) -> Option<CheckNow> {
    weigh(row, false, now, rules)
}

/// The same. `quiet` says that no phone of its workers is heard from: nothing will come by itself, so a time-critical dose is
/// taken up before its window opens.
pub(super) fn weigh(row: &BoardRow, quiet: bool, now: Millis, rules: &Rules) -> Option<CheckNow> {
    let care = row.at(now, rules).care;
    let mut reasons: Vec<CheckReason> = row.attention.iter().filter(|i| i.open()).filter_map(matter).collect();
    reasons.extend(dose(row, &care, quiet, now, rules));
    reasons.extend(second_worker(row, now, rules));
    if let Care::NoWord { past_start_min: no_word_min } = care {
        if row.flags.contains(&Flag::LivesAlone) {
            reasons.push(CheckReason::LivesAlone { no_word_min });
        }
        if row.priority == Priority::TimeCritical {
            reasons.push(CheckReason::TimeCritical { no_word_min });
        }
    }
    reasons.sort_by_key(|r| (r.weight(), r.moment()));
    let mut reasons = reasons.into_iter();
    let why = reasons.next()?;
    Some(CheckNow {
        visit: row.visit.clone(),
        person: row.person.clone(),
        name: row.name.clone(),
        run: row.run.clone(),
        start: row.start,
        ring: ring(row, &why, &care),
        why,
        also: reasons.collect(),
    })
}

/// What is on the attention list and cannot wait. Contradictions and unreadable entries can: they are found on the visit's page.
fn matter(item: &AttentionItem) -> Option<CheckReason> {
    let (at, entry) = (item.since, item.entry);
    Some(match item.what.clone() {
        Attention::Incident { what, safe_now: false } => CheckReason::NotSafe { what, at, entry },
        Attention::Incident { what, .. } => CheckReason::Incident { what, at, entry },
        Attention::DoseNotHad { medicine, name, outcome, reason, time_critical, .. } => {
            CheckReason::DoseNotHad { medicine, name, outcome, reason, at, time_critical, entry }
        }
        Attention::DoseUnanswered { medicine, name, due, time_critical } => {
            CheckReason::DoseUnknown { medicine, name, due, time_critical, entry }
        }
        Attention::DoseTwice { name, entries, .. } => CheckReason::DoseTwice { name, entries },
        Attention::NobodyTold { .. } => CheckReason::NobodyTold { at, entry },
        Attention::NobodyCame { who } => CheckReason::NobodyCame { who, at, entry: entry? },
        Attention::TaskUnanswered { .. }
        | Attention::Concern { .. }
        | Attention::Contradiction { .. }
        | Attention::SameIdTwice
        | Attention::Unreadable
        | Attention::HeldForChecking
        | Attention::AuthorUnconfirmed { .. } => return None,
    })
}

/// The dose that presses most, while nobody is known to be there to give it, or only a phone call says that somebody is.
fn dose(row: &BoardRow, care: &Care, quiet: bool, now: Millis, rules: &Rules) -> Option<CheckReason> {
    let dose = row.doses.iter().filter(|d| d.unanswered()).min_by_key(|d| (!d.time_critical, d.closes()))?;
    let (opens, due, closes) = (dose.opens()?, dose.due?, dose.closes()?);
    let (medicine, name, time_critical) = (dose.medicine.clone(), dose.name.clone(), dose.time_critical);
    let ahead = i64::from(rules.dose_ahead_min) * MINUTE;
    let presses = time_critical || closes.plus(-ahead) <= now;
    let no_word_min = match care {
        Care::NoWord { past_start_min } if presses => Some(*past_start_min),
        Care::Missed { .. } => row.start.map(|s| now.since(s).div_euclid(MINUTE)),
        // On the way, but late for a dose that must be on time, or the time has come.
        Care::OnTheWay { past_start_min, .. } if due <= now || (time_critical && past_start_min.is_some()) => None,
        Care::Due { .. } if quiet && time_critical && opens.plus(-ahead) <= now => None,
        // Somebody heard that the worker was there; by now the visit should be over, and a phone call answers no dose.
        Care::ThereNow { .. } if !row.known() && row.end.is_some_and(|end| end <= now) => {
            return Some(CheckReason::DoseUnknown { medicine, name, due, time_critical, entry: None });
        }
        _ => return None,
    };
    let left_min = closes.since(now).div_euclid(MINUTE);
    Some(CheckReason::DoseWindow { medicine, name, due, closes, left_min, time_critical, no_word_min })
}

/// A visit for two of which one has not been heard from: at the start at the latest, a little before it when the other
/// is already on the way or there, and might hoist alone.
fn second_worker(row: &BoardRow, now: Millis, rules: &Rules) -> Option<CheckReason> {
    let hoist = row.flags.contains(&Flag::Hoist);
    let for_two = hoist || row.flags.contains(&Flag::DoubleUp);
    let over = matches!(row.stage, Stage::Finished { .. } | Stage::NotDone { .. });
    let at = row.start.filter(|_| for_two && !over)?;
    let heard_from =
        |p: &&super::WorkerPart| p.last_word.is_some() || matches!(p.phoned, Some(Report::OnTheWay | Report::There | Report::Finished));
    let (heard, missing): (Vec<_>, Vec<_>) = row.workers.iter().filter(|p| p.assigned).partition(heard_from);
    let ahead = if heard.is_empty() { 0 } else { i64::from(rules.look_ahead_min) * MINUTE };
    let names = |parts: Vec<&super::WorkerPart>| parts.into_iter().map(|p| p.worker.clone()).collect::<Vec<_>>();
    (!missing.is_empty() && at.plus(-ahead) <= now).then(|| CheckReason::SecondWorker {
        missing: names(missing),
        heard: names(heard),
        hoist,
        at,
    })
}

/// Whom to ring. For a hoist never the person, who may be in it: the worker who is missing.
fn ring(row: &BoardRow, why: &CheckReason, care: &Care) -> Vec<Ring> {
    let worker = |w: &WorkerId| Ring::Worker { worker: w.clone() };
    let workers = || row.workers.iter().filter(|p| p.assigned || p.last_word.is_some()).map(|p| worker(&p.worker));
    let person = (!row.flags.contains(&Flag::Hoist) && row.person.is_some()).then_some(Ring::Person);
    match why {
        CheckReason::NotSafe { .. } | CheckReason::Incident { .. } => workers().chain(person).chain([Ring::OnCall]).collect(),
        CheckReason::DoseWindow { .. } if matches!(care, Care::OnTheWay { .. }) => workers().chain(person).collect(),
        CheckReason::DoseWindow { .. } | CheckReason::LivesAlone { .. } => person.into_iter().chain(workers()).collect(),
        CheckReason::SecondWorker { missing, heard, .. } => missing.iter().chain(heard).map(worker).collect(),
        CheckReason::NobodyCame { .. } | CheckReason::TimeCritical { .. } | CheckReason::DoseUnknown { .. } => {
            workers().chain(person).collect()
        }
        CheckReason::DoseNotHad { .. } | CheckReason::DoseTwice { .. } => [Ring::Gp].into_iter().chain(workers()).collect(),
        CheckReason::NobodyTold { .. } => [Ring::OnCall].into_iter().chain(workers()).collect(),
    }
}
