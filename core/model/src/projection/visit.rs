//! One visit: plan against what happened.

use super::answers::tasks;
use super::dose::{Answered, doses};
use super::presence::{Presence, presence};
use super::record::{Record, Statement};
use super::{
    BoardRow, CallView, EntryView, Held, Incoming, Know, NotDone, RowNow, Rules, Stage, Standing, TaskFact, TaskState, Unfinished,
};
use super::{attention, attention::of_visit};
use crate::chronology::Clocks;
use crate::entry::{Assigned, Body, Cancelled, Unplanned};
use crate::id::{EntryId, VisitId, WorkerId};
use crate::time::Millis;
use serde::Serialize;

/// A visit as its page shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VisitView {
    /// The facts, as every list has them.
    pub facts: BoardRow,
    /// What they mean now.
    pub now: RowNow,
    /// The assignments that stand: more than one means that their authors had not seen each other's.
    pub planned: Vec<Planned>,
    /// For a visit that no rota knows: who says so and why.
    pub unplanned: Option<Unplanned>,
    /// Called off: by whom, why.
    pub cancelled: Option<(WorkerId, Cancelled)>,
    /// Tasks, in the plan's order, then others.
    pub tasks: Vec<TaskFact>,
    /// Phone calls, first to last.
    pub calls: Vec<CallView>,
    /// Every entry, in the one order.
    pub entries: Vec<EntryView>,
}

/// An assignment that stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Planned {
    /// The entry.
    pub entry: EntryId,
    /// Who planned.
    pub by: WorkerId,
    /// When.
    pub at: Millis,
    /// What.
    pub assigned: Assigned,
}

/// The facts of a visit. `incoming` says what of its workers' phones' records is still on the way, when that is known.
pub fn row(visit: &VisitId, held: &[Held], clocks: &Clocks, incoming: Option<Incoming>) -> BoardRow {
    Gathered::of(visit, held, clocks, incoming).row
}

/// The visit's page as of `now`.
pub fn visit(visit: &VisitId, held: &[Held], clocks: &Clocks, incoming: Option<Incoming>, now: Millis, rules: &Rules) -> VisitView {
    let Gathered { record, plans, unplanned, cancelled, tasks, calls, row, .. } = Gathered::of(visit, held, clocks, incoming);
    let planned = plans.iter().map(|(s, assigned)| Planned {
        entry: record.id(s.by),
        by: record.author(s.by).clone(),
        at: record.written(s.by),
        assigned: (*assigned).clone(),
    });
    VisitView {
        planned: planned.collect(),
        unplanned: unplanned.cloned(),
        cancelled: cancelled.and_then(|s| match s.body {
            Body::Cancelled(c) => Some((record.author(s.root).clone(), c.clone())),
            _ => None,
        }),
        tasks,
        calls,
        entries: record.views(&attention::contradictions(&record, &row.attention)),
        now: row.at(now, rules),
        facts: row,
    }
}

/// Everything that the row and the page are made of.
pub(super) struct Gathered<'a> {
    pub record: Record<'a>,
    pub plans: Vec<(Statement<'a>, &'a Assigned)>,
    pub unplanned: Option<&'a Unplanned>,
    pub cancelled: Option<Statement<'a>>,
    pub tasks: Vec<TaskFact>,
    pub calls: Vec<CallView>,
    pub held_for_checking: u32,
    pub row: BoardRow,
}

impl<'a> Gathered<'a> {
    pub fn of(visit: &VisitId, held: &'a [Held], clocks: &Clocks, incoming: Option<Incoming>) -> Gathered<'a> {
        let record = Record::of(held, clocks);
        let statements = record.statements();
        let plans = plans(&record, &statements);
        let plan = plans.last().map(|(_, p)| *p);
        let cancelled = cancelled(&record, &statements, &plans);
        let assigned = assigned(&record, &statements, plans.last());
        let mut found = presence(&record, &statements, plan, &assigned, cancelled, incoming);
        let doses = doses(&record, &statements, plan);
        let tasks = tasks(&record, &statements, plan);
        let attention = of_visit(&record, &statements, &doses, &tasks, &found, &plans);
        let unplanned = statements.iter().find_map(|s| match s.body {
            Body::Unplanned(u) => Some(u),
            _ => None,
        });
        let calls = std::mem::take(&mut found.calls);
        let count = |standing: &[Standing]| (0..record.len()).filter(|at| standing.contains(&record.held(*at).standing)).count() as u32;
        let held_for_checking = count(&[Standing::HeldForChecking]);
        let on_this_phone = count(&[Standing::OnThisPhone, Standing::Sent]);
        let unfinished = unfinished(&record, &found, &doses, &tasks, incoming, held_for_checking);
        let row = BoardRow {
            visit: visit.clone(),
            person: plan.map(|p| p.person.clone()).or_else(|| unplanned.and_then(|u| u.person.clone())),
            name: plan.map(|p| p.name.clone()).or_else(|| unplanned.map(|u| u.name.clone())).unwrap_or_default(),
            run: plan.and_then(|p| p.run.clone()),
            planned: plan.is_some(),
            start: plan.map(|p| p.start),
            end: plan.map(|p| p.end),
            priority: plan.map(|p| p.priority).unwrap_or_default(),
            flags: plan.map(|p| p.flags.clone()).unwrap_or_default(),
            rota: plan.map(|p| p.rota.clone()).unwrap_or_default(),
            tasks: tasks.iter().filter(|t| t.planned).count() as u32,
            tasks_answered: tasks.iter().filter(|t| t.planned && t.state != TaskState::Unanswered).count() as u32,
            tasks_done: tasks.iter().filter(|t| t.planned && is_done(t)).count() as u32,
            doses: doses.into_iter().map(|d| d.fact).collect(),
            complete: unfinished.is_empty() && matches!(found.know, Know::WorkersPhone { .. } | Know::Office { .. }),
            unfinished,
            workers: found.workers,
            stage: found.stage,
            know: found.know,
            call: calls.iter().rev().find(|c| c.says_something()).cloned(),
            late: found.late,
            attention,
            plan: (0..record.len()).rev().find_map(|at| record.entry(at)?.plan.clone()),
            entries: record.len() as u32,
            on_this_phone,
            received: (0..record.len()).filter_map(|at| record.held(at).received).max(),
        };
        Gathered { plans, unplanned, cancelled, tasks, calls, held_for_checking, row, record }
    }
}

fn is_done(task: &TaskFact) -> bool {
    matches!(task.state, TaskState::Ended { outcome: crate::entry::TaskEnd::Done, .. })
}

/// The assignments that stand: those that no other assignment's author had seen.
fn plans<'a>(record: &Record<'a>, statements: &[Statement<'a>]) -> Vec<(Statement<'a>, &'a Assigned)> {
    let all: Vec<&Statement<'a>> = statements.iter().filter(|s| matches!(s.body, Body::Assigned(_))).collect();
    let planned = |s: &&Statement<'a>| match s.body {
        Body::Assigned(a) => Some((**s, a)),
        _ => None,
    };
    record.heads(&all).iter().filter_map(planned).collect()
}

/// What called the visit off, unless somebody planned it again having seen that.
fn cancelled<'a>(record: &Record<'a>, statements: &[Statement<'a>], plans: &[(Statement<'a>, &Assigned)]) -> Option<Statement<'a>> {
    let planned_again = |s: &Statement<'_>| plans.iter().any(|(p, _)| record.saw(p.by, s.root));
    statements.iter().rev().find(|s| matches!(s.body, Body::Cancelled(_)) && !planned_again(s)).copied()
}

/// Whose visit it is: as planned, else of whoever says that they made it up on the spot; then as cover was sent since.
fn assigned(record: &Record<'_>, statements: &[Statement<'_>], plan: Option<&(Statement<'_>, &Assigned)>) -> Vec<WorkerId> {
    let mut workers = plan.map_or_else(|| made_up_by(record, statements), |(_, p)| p.workers.clone());
    for s in statements {
        let Body::CoverSent(cover) = s.body else { continue };
        if plan.is_some_and(|(p, _)| record.saw(p.by, s.root)) {
            continue;
        }
        if cover.instead {
            workers.clear();
        }
        if !workers.contains(&cover.worker) {
            workers.push(cover.worker.clone());
        }
    }
    workers
}

/// Who says that they made the visit up on the spot, first to last.
fn made_up_by(record: &Record<'_>, statements: &[Statement<'_>]) -> Vec<WorkerId> {
    let mut workers = Vec::new();
    for s in statements.iter().filter(|s| matches!(s.body, Body::Unplanned(_))) {
        let worker = record.author(s.root);
        if !workers.contains(worker) {
            workers.push(worker.clone());
        }
    }
    workers
}

/// Why the visit is not complete.
fn unfinished(
    record: &Record<'_>,
    presence: &Presence,
    doses: &[Answered<'_>],
    tasks: &[TaskFact],
    incoming: Option<Incoming>,
    held_for_checking: u32,
) -> Vec<Unfinished> {
    let mut list = Vec::new();
    let why = match presence.stage {
        Stage::NotDone { why, .. } => Some(why),
        _ => None,
    };
    let took_place = matches!(why, None | Some(NotDone::CutShort));
    for part in presence.workers.iter().filter(|p| p.left.is_none()) {
        // Who stood at a closed door has not to leave; who went in has. Who was called off has not to come.
        if part.arrived.is_some() || (took_place && (part.assigned || part.last_word.is_some())) {
            list.push(Unfinished::NotLeft { worker: part.worker.clone() });
        }
    }
    if took_place && presence.workers.is_empty() {
        list.push(Unfinished::NobodyYet);
    }
    let open_doses = doses.iter().filter(|d| d.fact.unanswered()).count() as u32;
    let open_tasks = tasks.iter().filter(|t| t.planned && t.state == TaskState::Unanswered).count() as u32;
    if took_place && open_tasks > 0 {
        list.push(Unfinished::Tasks { n: open_tasks });
    }
    if took_place && open_doses > 0 {
        list.push(Unfinished::Doses { n: open_doses });
    }
    if incoming.is_some_and(|i| !i.whole()) {
        list.push(Unfinished::ComingIn);
    }
    let unreadable = (0..record.len()).filter(|at| record.entry(*at).is_none()).count() as u32;
    if unreadable > 0 {
        list.push(Unfinished::Unreadable { n: unreadable });
    }
    if held_for_checking > 0 {
        list.push(Unfinished::HeldForChecking { n: held_for_checking });
    }
    list
}
