//! Doses: planned, answered, and what the answers add up to.

use super::record::{Record, Statement};
use crate::entry::{Assigned, Body, DoseEnd, MedicineOutcome, PlannedDose};
use crate::id::{EntryId, MedicineId, WorkerId};
use crate::time::{MINUTE, Millis};
use serde::{Deserialize, Serialize};

/// One dose of a visit: planned, or given when needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoseFact {
    /// Which medicine of the person's plan.
    pub medicine: MedicineId,
    /// Name and strength.
    pub name: String,
    /// "1 tablet", as planned.
    pub dose: String,
    /// When it was due; absent for one taken when needed.
    pub due: Option<Millis>,
    /// Minutes before and after in which it may be given.
    pub window_min: u32,
    /// True when being late can hurt.
    pub time_critical: bool,
    /// True when the worker gives it, and the visit therefore owes an answer.
    pub given_by_worker: bool,
    /// True when the visit's plan names it.
    pub planned: bool,
    /// What the answers add up to.
    pub state: DoseState,
    /// Every answer that stands, first to last.
    pub answers: Vec<DoseAnswer>,
}

impl DoseFact {
    /// First moment at which it may be given.
    pub fn opens(&self) -> Option<Millis> {
        self.due.map(|d| d.plus(-i64::from(self.window_min) * MINUTE))
    }
    /// Last moment at which it is on time.
    pub fn closes(&self) -> Option<Millis> {
        self.due.map(|d| d.plus(i64::from(self.window_min) * MINUTE))
    }
    /// True while the visit owes an answer.
    pub fn unanswered(&self) -> bool {
        self.planned && self.given_by_worker && self.state == DoseState::Unanswered
    }
}

/// What the answers about a dose add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoseState {
    /// Nobody has said. A phone call never does.
    Unanswered,
    /// The person had it.
    Had,
    /// The person did not have it, or not all of it, or nobody saw.
    NotHad,
    /// The answers say different things, or say twice that it was had.
    Disputed,
}

/// One answer about a dose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoseAnswer {
    /// The entry; of an amended one, the amendment.
    pub entry: EntryId,
    /// Who.
    pub by: WorkerId,
    /// When it happened, by the author's words, else when it was written.
    pub at: Millis,
    /// How it ended.
    pub outcome: DoseEnd,
    /// How much, as a decimal.
    pub amount: Option<String>,
    /// "tablet", "ml".
    pub unit: String,
    /// Why.
    pub reason: String,
    /// Minutes outside the window: positive late, negative early, absent when inside or without a window.
    pub outside_min: Option<i64>,
}

/// A dose with the positions of the entries that answer it.
pub(super) struct Answered<'a> {
    pub fact: DoseFact,
    /// All that stand.
    pub given: Vec<Statement<'a>>,
    /// Those that no other's author had seen.
    pub heads: Vec<Statement<'a>>,
}

impl Answered<'_> {
    /// True when more than one entry says that the person had it.
    pub fn twice(&self) -> bool {
        self.given.iter().filter(|s| outcome(s).is_some_and(|m| m.outcome.had_it())).count() > 1
    }
}

/// The visit's doses in the plan's order, then those that only an answer names.
pub(super) fn doses<'a>(record: &Record<'a>, statements: &[Statement<'a>], plan: Option<&Assigned>) -> Vec<Answered<'a>> {
    let planned = plan.map_or(&[][..], |p| &p.doses);
    let mut answers: Vec<Vec<Statement<'a>>> = vec![Vec::new(); planned.len()];
    let mut others: Vec<(&'a MedicineOutcome, Vec<Statement<'a>>)> = Vec::new();
    for statement in statements {
        let Some(m) = outcome(statement) else { continue };
        if let Some(i) = planned_for(planned, m) {
            answers[i].push(*statement);
        } else if let Some((_, known)) = others.iter_mut().find(|(o, _)| m.due.is_some() && (&o.medicine, o.due) == (&m.medicine, m.due)) {
            known.push(*statement);
        } else {
            match others.iter_mut().find(|(_, known)| known[0].root == statement.root) {
                // Amendments side by side of one dose taken when needed.
                Some((_, known)) => known.push(*statement),
                None => others.push((m, vec![*statement])),
            }
        }
    }
    let of_plan = planned.iter().zip(answers).map(|(p, given)| {
        let blank = DoseFact {
            medicine: p.medicine.clone(),
            name: p.name.clone(),
            dose: p.dose.clone(),
            due: Some(p.due),
            window_min: p.window_min,
            time_critical: p.time_critical,
            given_by_worker: p.given_by_worker,
            planned: true,
            state: DoseState::Unanswered,
            answers: Vec::new(),
        };
        answered(record, blank, given)
    });
    let of_nobody = others.into_iter().map(|(m, given)| {
        let blank = DoseFact {
            medicine: m.medicine.clone(),
            name: m.name.clone(),
            dose: String::new(),
            due: m.due,
            window_min: 0,
            time_critical: false,
            given_by_worker: true,
            planned: false,
            state: DoseState::Unanswered,
            answers: Vec::new(),
        };
        answered(record, blank, given)
    });
    of_plan.chain(of_nobody).collect()
}

/// The planned dose that an answer means: of that medicine and time; failing that, the only one of that medicine
/// (the phone may hold a plan whose time was moved since). One taken when needed has no time, and may be the plan's own.
fn planned_for(planned: &[PlannedDose], m: &MedicineOutcome) -> Option<usize> {
    let of_medicine = || planned.iter().enumerate().filter(|(_, p)| p.medicine == m.medicine);
    let exact = of_medicine().find(|(_, p)| Some(p.due) == m.due);
    exact.or_else(|| of_medicine().next().filter(|_| of_medicine().count() == 1)).map(|(i, _)| i)
}

pub(super) fn outcome<'a>(statement: &Statement<'a>) -> Option<&'a MedicineOutcome> {
    match statement.body {
        Body::Medicine(m) => Some(m),
        _ => None,
    }
}

fn answered<'a>(record: &Record<'a>, mut fact: DoseFact, given: Vec<Statement<'a>>) -> Answered<'a> {
    let window = fact.opens().zip(fact.closes()).filter(|_| fact.window_min > 0);
    fact.answers = given
        .iter()
        .filter_map(|s| {
            let m = outcome(s)?;
            Some(DoseAnswer {
                entry: record.id(s.by),
                by: record.author(s.root).clone(),
                at: s.at,
                outcome: m.outcome,
                amount: m.amount.clone(),
                unit: m.unit.clone(),
                reason: m.reason.clone(),
                outside_min: window.and_then(|(opens, closes)| outside(s.at, opens, closes)),
            })
        })
        .collect();
    let all: Vec<&Statement<'a>> = given.iter().collect();
    let heads: Vec<Statement<'a>> = record.heads(&all).into_iter().copied().collect();
    let mut answered = Answered { fact, given, heads };
    let ends = || answered.heads.iter().filter_map(outcome).map(|m| m.outcome);
    answered.fact.state = if ends().next().is_none() {
        DoseState::Unanswered
    } else if answered.twice() || (ends().any(DoseEnd::had_it) && ends().any(DoseEnd::needs_action)) {
        DoseState::Disputed
    } else if ends().all(DoseEnd::had_it) {
        DoseState::Had
    } else {
        DoseState::NotHad
    };
    answered
}

/// Whole minutes late (positive) or early (negative), when outside.
fn outside(at: Millis, opens: Millis, closes: Millis) -> Option<i64> {
    if at > closes {
        Some(at.since(closes) / MINUTE).filter(|m| *m > 0)
    } else if at < opens {
        Some(-(opens.since(at) / MINUTE)).filter(|m| *m < 0)
    } else {
        None
    }
}
