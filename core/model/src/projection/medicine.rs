//! A person's medicines: last known dose, limits of those taken when needed, and what is not known here.

use super::{BoardRow, DoseAnswer, Unfinished};
use crate::entry::{DoseEnd, PlanMedicine, WhenNeeded};
use crate::id::{EntryId, MedicineId, VisitId, WorkerId};
use crate::time::{DAY, MINUTE, Millis};
use serde::Serialize;

/// A medicine of the plan that holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MedicineView {
    /// Number of the plan version these words are from: two plans that stand side by side each list their medicines.
    pub version: u32,
    /// The plan's words.
    pub medicine: PlanMedicine,
    /// The last dose known here, had or not.
    pub last: Option<LastDose>,
    /// The last dose known here that the person had.
    pub last_had: Option<LastDose>,
    /// For one taken when needed: gap and most in 24 hours against what is known here.
    pub when_needed: Option<WhenNeededView>,
}

/// A dose known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastDose {
    /// When.
    pub at: Millis,
    /// Who.
    pub by: WorkerId,
    /// How it ended.
    pub outcome: DoseEnd,
    /// How much, as a decimal.
    pub amount: Option<String>,
    /// "tablet".
    pub unit: String,
    /// At which visit.
    pub visit: VisitId,
    /// The entry.
    pub entry: EntryId,
}

/// Limits of a medicine taken when needed, against what is known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhenNeededView {
    /// The earliest next dose by the gap, when one is known to have been had.
    pub not_before: Option<Millis>,
    /// Had in the last 24 hours, as a decimal in the medicine's unit.
    pub had_in_24h: String,
    /// Left of the most in 24 hours, as a decimal; absent when an amount or the limit is not a number.
    pub left_in_24h: Option<String>,
    /// Doses of the last 24 hours whose amount is not known: the sum is then too small.
    pub amounts_unknown: u32,
    /// Visits to this person in the last 24 hours of which this replica does not hold everything.
    pub cannot_see: Vec<Unseen>,
}

/// A visit of which this replica does not hold everything: a dose may have been given there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unseen {
    /// Which.
    pub visit: VisitId,
    /// Planned start.
    pub start: Option<Millis>,
    /// Who was to go.
    pub workers: Vec<WorkerId>,
}

/// A medicine against the doses that these visits know of.
pub(super) fn medicine(version: u32, medicine: &PlanMedicine, visits: &[&BoardRow], now: Millis) -> MedicineView {
    let doses = doses_of(&medicine.id, visits);
    let last = |keep: fn(DoseEnd) -> bool| {
        doses.iter().filter(|(_, a)| keep(a.outcome)).max_by_key(|(_, a)| (a.at, a.entry)).map(|(row, a)| LastDose {
            at: a.at,
            by: a.by.clone(),
            outcome: a.outcome,
            amount: a.amount.clone(),
            unit: a.unit.clone(),
            visit: row.visit.clone(),
            entry: a.entry,
        })
    };
    MedicineView {
        version,
        last: last(|_| true),
        last_had: last(DoseEnd::had_it),
        when_needed: medicine.when_needed.as_ref().map(|w| when_needed(w, &doses, visits, now)),
        medicine: medicine.clone(),
    }
}

fn doses_of<'r>(id: &MedicineId, visits: &[&'r BoardRow]) -> Vec<(&'r BoardRow, &'r DoseAnswer)> {
    let of_row =
        |row: &'r BoardRow| row.doses.iter().filter(|d| d.medicine == *id).flat_map(move |d| d.answers.iter().map(move |a| (row, a)));
    visits.iter().flat_map(|row| of_row(row)).collect()
}

/// Whatever may have been swallowed counts towards a limit: also a part, also what nobody saw.
fn may_count(end: DoseEnd) -> bool {
    end.had_it() || matches!(end, DoseEnd::Partly | DoseEnd::NotObserved)
}

fn when_needed(limits: &WhenNeeded, doses: &[(&BoardRow, &DoseAnswer)], visits: &[&BoardRow], now: Millis) -> WhenNeededView {
    let counted = || doses.iter().map(|(_, a)| *a).filter(|a| may_count(a.outcome));
    let day: Vec<&DoseAnswer> = counted().filter(|a| a.at > now.plus(-DAY)).collect();
    let amounts: Vec<Option<i64>> = day.iter().map(|a| a.amount.as_deref().and_then(thousandths)).collect();
    let sum = amounts.iter().flatten().fold(0i64, |sum, n| sum.saturating_add(*n));
    let amounts_unknown = amounts.iter().filter(|a| a.is_none()).count() as u32;
    let most = thousandths(&limits.most_in_24h).filter(|_| amounts_unknown == 0);
    WhenNeededView {
        not_before: counted().map(|a| a.at).max().map(|at| at.plus(i64::from(limits.gap_min) * MINUTE)),
        had_in_24h: decimal(sum),
        left_in_24h: most.map(|m| decimal(m.saturating_sub(sum).max(0))),
        amounts_unknown,
        cannot_see: visits.iter().filter(|row| not_all_here(row, now)).map(|row| unseen(row)).collect(),
    }
}

/// True for a visit of the last 24 hours of whose workers' entries some may not be here.
fn not_all_here(row: &BoardRow, now: Millis) -> bool {
    let recent = row.begins().is_some_and(|at| now.plus(-DAY) < at && at <= now);
    let silent = |worker: &WorkerId| row.workers.iter().any(|p| p.worker == *worker && p.last_word.is_none());
    recent
        && row.unfinished.iter().any(|u| match u {
            Unfinished::NotLeft { worker } => silent(worker),
            Unfinished::NobodyYet | Unfinished::ComingIn | Unfinished::Unreadable { .. } => true,
            Unfinished::Tasks { .. } | Unfinished::Doses { .. } | Unfinished::HeldForChecking { .. } => false,
        })
}

fn unseen(row: &BoardRow) -> Unseen {
    Unseen { visit: row.visit.clone(), start: row.start, workers: row.workers.iter().map(|p| p.worker.clone()).collect() }
}

/// A decimal of up to three places, exactly, in thousandths. No floating point comes near a dose.
fn thousandths(text: &str) -> Option<i64> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || part.len() > 3 || !digits(whole) || !digits(part) {
        return None;
    }
    let part: i64 = format!("{part:0<3}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(1_000)?.checked_add(part)
}

/// Thousandths as a decimal without trailing zeros.
fn decimal(thousandths: i64) -> String {
    let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
