//! Which doses fall to which visit.

use holdfast_model::entry::{Assigned, PlanMedicine, PlanVersion, PlannedDose, Support};
use holdfast_model::id::{PersonId, VisitId};
use holdfast_model::time::{HOUR, LocalTrouble, MINUTE, Millis, from_london};
use std::collections::BTreeMap;

/// All versions of a plan, known and new, by person.
pub(super) type Plans = BTreeMap<PersonId, Vec<PlanVersion>>;

/// The version that holds at a moment: the one that took effect last; of several at once, the highest number.
pub(super) fn plan_at(plans: &[PlanVersion], at: Millis) -> Option<&PlanVersion> {
    plans.iter().filter(|plan| plan.effective <= at).max_by_key(|plan| (plan.effective, plan.version))
}

/// From when to when each person is visited.
pub(super) type Spans = BTreeMap<PersonId, BTreeMap<VisitId, (Millis, Millis)>>;

/// Gives a visit the doses that fall to it: those of the plan in effect at its start whose window touches the visit.
/// A dose that could fall to several visits goes to the one it lies in, else to the nearest one: nobody is given it twice because
/// two visits lie close together.
pub(super) fn give_doses(visit: &VisitId, assigned: &mut Assigned, spans: &Spans, plans: &Plans) {
    let Some(plan) = plans.get(&assigned.person).and_then(|all| plan_at(all, assigned.start)) else { return };
    let neighbours = spans.get(&assigned.person);
    let mut doses: Vec<PlannedDose> = Vec::new();
    for medicine in &plan.medicines {
        for due in due_times(medicine, assigned.start, assigned.end) {
            let nearest = neighbours.into_iter().flatten().min_by_key(|(id, span)| (distance(due, **span), span.0, (*id).clone()));
            if nearest.is_none_or(|(id, _)| id == visit) {
                doses.push(dose(medicine, due));
            }
        }
    }
    doses.sort_by(|a, b| (a.due, &a.medicine).cmp(&(b.due, &b.medicine)));
    assigned.doses = doses;
}

fn dose(medicine: &PlanMedicine, due: Millis) -> PlannedDose {
    PlannedDose {
        medicine: medicine.id.clone(),
        name: medicine.name.clone(),
        dose: medicine.dose.clone(),
        due,
        window_min: medicine.window_min,
        time_critical: medicine.time_critical,
        given_by_worker: medicine.support == Support::WorkerGives,
    }
}

/// When a medicine is due so that its window touches the visit. What the person or somebody else sees to is no dose of the visit.
fn due_times(medicine: &PlanMedicine, start: Millis, end: Millis) -> Vec<Millis> {
    if !matches!(medicine.support, Support::WorkerGives | Support::WorkerPrompts) {
        return Vec::new();
    }
    let window = i64::from(medicine.window_min) * MINUTE;
    let (Some(first), Some(last)) = (start.plus(-window).london_day(), end.plus(window).london_day()) else { return Vec::new() };
    let days = first.iter_days().take_while(|day| *day <= last);
    days.flat_map(|day| medicine.times.iter().map(move |time| day.and_time(*time)))
        .filter_map(|local| match from_london(local) {
            Ok(at) => Some(at),
            // The clocks go forward over it: due as long after midnight as on any day, which the wall calls an hour later.
            Err(LocalTrouble::Skipped) => from_london(local + chrono::Duration::hours(1)).ok(),
            // The clocks go back over it: due the first time.
            Err(LocalTrouble::Twice) => from_london(local - chrono::Duration::hours(2)).ok().map(|at| at.plus(2 * HOUR)),
        })
        .filter(|due| due.plus(window) >= start && due.plus(-window) <= end)
        .collect()
}

/// How far a moment lies outside a span; 0 within it.
fn distance(at: Millis, (start, end): (Millis, Millis)) -> i64 {
    start.since(at).max(at.since(end)).max(0)
}
