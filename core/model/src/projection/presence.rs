//! Who was on the way, there, gone: from workers' phones and from phone calls.

use super::record::{Record, Statement};
use super::{Incoming, Know, Late, NotDone, Stage};
use crate::entry::{Assigned, Body, Method, PhoneCall, Report, Speaker};
use crate::id::{DeviceId, EntryId, WorkerId};
use crate::time::{MINUTE, Millis};
use serde::{Deserialize, Serialize};

/// One worker's part in a visit, from their own entries only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerPart {
    /// Who.
    pub worker: WorkerId,
    /// True when the visit is theirs, by the rota or as cover.
    pub assigned: bool,
    /// The phone they last wrote on.
    pub device: Option<DeviceId>,
    /// On the way since.
    pub on_the_way: Option<Millis>,
    /// Arrived at.
    pub arrived: Option<Millis>,
    /// How presence was shown.
    pub arrived_by: Option<Method>,
    /// Left at.
    pub left: Option<Millis>,
    /// How leaving was shown.
    pub left_by: Option<Method>,
    /// Their last entry about this visit, in true time; that they make a visit up on the spot is their first word about it.
    pub last_word: Option<Millis>,
    /// What a phone call last said of them, when it named them or they spoke themselves.
    pub phoned: Option<Report>,
}

/// A phone call about the visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallView {
    /// The entry.
    pub entry: EntryId,
    /// Who spoke.
    pub who: String,
    /// Whose words these are.
    pub speaker: Speaker,
    /// When the call was.
    pub at: Millis,
    /// What it says.
    pub report: Report,
    /// When that was, as said.
    pub report_at: Option<Millis>,
    /// Of whom.
    pub worker: Option<WorkerId>,
    /// The words themselves.
    pub words: String,
    /// Who logged it.
    pub logged_by: WorkerId,
    /// When it was logged.
    pub logged_at: Millis,
}

impl CallView {
    /// True when it says something about the visit: not for a phone call that nobody answered, or that did not ask.
    pub fn says_something(&self) -> bool {
        !matches!(self.report, Report::NoAnswer | Report::NotAsked)
    }
}

/// What presence adds up to.
pub(super) struct Presence {
    pub workers: Vec<WorkerPart>,
    pub calls: Vec<CallView>,
    pub stage: Stage,
    pub know: Know,
    pub late: Option<Late>,
    /// The entry that ended the visit, when it is over.
    pub ended_by: Option<usize>,
    /// True when only a phone call says that it is over.
    pub ended_by_call: bool,
    /// Somebody said that nobody came, and nothing later says otherwise.
    pub nobody_came: Option<usize>,
    /// Entries that contradict each other about presence, and about the outcome.
    pub contradictions: Vec<(super::Subject, Vec<usize>)>,
}

/// How far one piece of evidence says the visit has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    OnTheWay,
    There,
    Finished,
}

struct Evidence<'a> {
    step: Step,
    at: Millis,
    worker: Option<&'a WorkerId>,
    by: usize,
    call: bool,
}

/// What the statements say about who came. `assigned` are the workers whose visit it is; `cancelled` is the entry that
/// called the visit off, if one stands.
pub(super) fn presence<'a>(
    record: &Record<'a>,
    statements: &[Statement<'a>],
    plan: Option<&Assigned>,
    assigned: &[WorkerId],
    cancelled: Option<Statement<'a>>,
    incoming: Option<Incoming>,
) -> Presence {
    let mut workers = parts(record, statements, assigned);
    let calls = calls(record, statements);
    for (_, call) in &calls {
        if let Some(part) = call.worker.as_ref().and_then(|w| workers.iter_mut().find(|p| p.worker == *w)) {
            part.phoned = Some(call.report);
        }
    }
    let mut evidence = from_phones(record, statements, &workers);
    // A phone call made before a worker's own arrival spoke of something else, or was mistaken.
    let arrived = evidence.iter().filter(|e| e.step >= Step::There).map(|e| e.at).max();
    evidence.extend(from_calls(&calls).filter(|e| arrived.is_none_or(|at| at <= e.at)));
    let mut contradictions = Vec::new();
    let outcomes: Vec<&Statement<'a>> = statements.iter().filter(|s| matches!(s.body, Body::VisitOutcome(_))).collect();
    let outcomes = record.heads(&outcomes);
    let end_of = |s: &Statement<'_>| match s.body {
        Body::VisitOutcome(o) => Some(o.outcome),
        _ => None,
    };
    if outcomes.iter().any(|o| end_of(o) != end_of(outcomes[0])) {
        contradictions.push((super::Subject::Outcome, outcomes.iter().map(|o| o.by).collect()));
    }
    let not_done = outcomes.iter().filter_map(|s| Some((*s, NotDone::of(end_of(s)?)?))).min_by_key(|(s, _)| record.author(s.root));
    let nobody_came = nobody_came(&calls, &mut evidence, &mut contradictions);
    let strongest = evidence.iter().min_by_key(|e| (std::cmp::Reverse(e.step), e.call, e.call.then_some(e.at)));
    if let (Some(off), Some(e)) = (cancelled, strongest.filter(|e| e.step >= Step::There)) {
        contradictions.push((super::Subject::Presence, vec![off.by, e.by]));
    }
    let mut found = Presence {
        late: late(statements, plan, &workers, &evidence),
        stage: Stage::Nothing,
        know: Know::Nothing,
        ended_by: None,
        ended_by_call: false,
        nobody_came: nobody_came.map(|(at, _)| at),
        contradictions,
        calls: Vec::new(),
        workers,
    };
    let phone = |by: usize| from_phone(record, by, incoming);
    let call = |by: usize| calls.iter().find(|(at, _)| *at == by).map_or(Know::Nothing, |(_, c)| from_call(c));
    if let Some((s, why)) = not_done {
        found.stage = Stage::NotDone { why, at: s.at };
        found.know = phone(s.root);
        found.ended_by = Some(s.by);
    } else if let Some(off) = cancelled.filter(|_| strongest.is_none_or(|e| e.step < Step::There)) {
        found.stage = Stage::NotDone { why: NotDone::Cancelled, at: off.at };
        found.know = Know::Office { by: record.author(off.root).clone(), at: off.at };
        found.ended_by = Some(off.by);
    } else if let Some(e) = strongest {
        let worker = e.worker.cloned();
        found.stage = match e.step {
            Step::OnTheWay => Stage::OnTheWay { worker, since: e.at },
            Step::There => Stage::There { worker, since: e.at },
            Step::Finished => Stage::Finished { at: e.at },
        };
        found.know = if e.call { call(e.by) } else { phone(e.by) };
        if e.step == Step::Finished {
            (found.ended_by, found.ended_by_call) = (Some(e.by), e.call);
        }
    } else if let Some((by, said)) = nobody_came {
        found.know = call(by);
        if plan.is_none_or(|p| p.end <= said) {
            found.stage = Stage::NobodyCame { at: said, evidence: record.id(by) };
        }
    }
    found.calls = calls.into_iter().map(|(_, c)| c).collect();
    found
}

/// Each worker's part: those whose visit it is, then whoever wrote about being there.
fn parts(record: &Record<'_>, statements: &[Statement<'_>], assigned: &[WorkerId]) -> Vec<WorkerPart> {
    let blank = |worker: &WorkerId, assigned: bool| WorkerPart {
        worker: worker.clone(),
        assigned,
        device: None,
        on_the_way: None,
        arrived: None,
        arrived_by: None,
        left: None,
        left_by: None,
        last_word: None,
        phoned: None,
    };
    let mut parts: Vec<WorkerPart> = assigned.iter().map(|w| blank(w, true)).collect();
    for s in statements.iter().filter(|s| is_care(s.body) || matches!(s.body, Body::Unplanned(_))) {
        let worker = record.author(s.root);
        let i = parts.iter().position(|p| p.worker == *worker).unwrap_or_else(|| {
            parts.push(blank(worker, false));
            parts.len() - 1
        });
        let part = &mut parts[i];
        match s.body {
            Body::OnTheWay(_) => part.on_the_way = Some(s.at),
            Body::Arrived(a) => {
                // Came back: there again, since the first time.
                if part.arrived.is_none() {
                    (part.arrived, part.arrived_by) = (Some(s.at), Some(a.method));
                }
                (part.left, part.left_by) = (None, None);
            }
            Body::Left(l) => (part.left, part.left_by) = (Some(s.at), Some(l.method)),
            _ => {}
        }
        part.last_word = part.last_word.max(Some(record.written(s.by)));
        part.device = Some(record.held(s.root).read.place().0.clone());
    }
    parts[assigned.len()..].sort_by(|a, b| a.worker.cmp(&b.worker));
    parts
}

/// True for what only somebody at the door, or on the way there, records.
fn is_care(body: &Body) -> bool {
    use Body::{Arrived, Left, Medicine, OnTheWay, Task, VisitOutcome};
    matches!(body, OnTheWay(_) | Arrived(_) | Left(_) | VisitOutcome(_) | Task(_) | Medicine(_))
}

/// Phone calls with their positions, by the time of the call.
fn calls(record: &Record<'_>, statements: &[Statement<'_>]) -> Vec<(usize, CallView)> {
    let view = |s: &Statement<'_>, c: &PhoneCall| CallView {
        entry: record.id(s.by),
        who: c.who.clone(),
        speaker: c.speaker,
        at: c.at,
        report: c.report,
        report_at: c.report_at,
        worker: c.worker.clone(),
        words: c.words.clone(),
        logged_by: record.author(s.root).clone(),
        logged_at: record.written(s.root),
    };
    let mut calls: Vec<(usize, CallView)> = statements
        .iter()
        .filter_map(|s| match s.body {
            Body::PhoneCall(c) => Some((s.by, view(s, c))),
            _ => None,
        })
        .collect();
    calls.sort_by_key(|(by, c)| (c.at, *by));
    calls
}

/// One piece of evidence per worker, from their own entries. Who answered a task or gave a dose was there.
fn from_phones<'a>(record: &Record<'a>, statements: &[Statement<'a>], workers: &[WorkerPart]) -> Vec<Evidence<'a>> {
    let mut evidence: Vec<Evidence<'a>> = Vec::new();
    for part in workers {
        let own = |s: &&Statement<'a>| is_care(s.body) && *record.author(s.root) == part.worker;
        let last = |step: fn(&Body) -> bool| statements.iter().rev().filter(own).find(|s| step(s.body));
        let first_inside = statements.iter().filter(own).find(|s| !matches!(s.body, Body::OnTheWay(_) | Body::VisitOutcome(_)));
        let left = last(|b| matches!(b, Body::Left(_))).filter(|_| part.left.is_some());
        let (step, s) = match (left, first_inside, last(|b| matches!(b, Body::OnTheWay(_)))) {
            (Some(left), ..) => (Step::Finished, left),
            (None, Some(inside), _) => (Step::There, inside),
            (None, None, Some(way)) => (Step::OnTheWay, way),
            (None, None, None) => continue,
        };
        evidence.push(Evidence { step, at: s.at, worker: Some(record.author(s.root)), by: s.root, call: false });
    }
    // Whoever is there counts before whoever has left: the visit goes on. Of equals the first named speaks, not the first in
    // time: phones know each other's clocks less well than the office does, and must all name the same worker.
    if let Some(there) = evidence.iter().position(|e| e.step == Step::There) {
        let there = evidence.swap_remove(there);
        evidence.retain(|e| e.step == Step::OnTheWay);
        evidence.push(there);
    } else if let Some(at) = evidence.iter().filter(|e| e.step == Step::Finished).map(|e| e.at).max() {
        evidence.iter_mut().filter(|e| e.step == Step::Finished).for_each(|e| e.at = at);
    }
    evidence
}

/// What phone calls say, each worth less than a worker's own phone at the same step.
fn from_calls<'c>(calls: &'c [(usize, CallView)]) -> impl Iterator<Item = Evidence<'c>> {
    calls.iter().filter_map(|(by, c)| {
        let step = match c.report {
            Report::OnTheWay => Step::OnTheWay,
            Report::There => Step::There,
            Report::Finished => Step::Finished,
            Report::NobodyCame | Report::NoAnswer | Report::NotAsked => return None,
        };
        Some(Evidence { step, at: c.report_at.unwrap_or(c.at), worker: c.worker.as_ref(), by: *by, call: true })
    })
}

/// The last phone call that says that nobody came, unless somebody is known to have come, or to have set out, since.
/// What was on the way before is not any more; who was there before contradicts it, and stands.
fn nobody_came<'c>(
    calls: &[(usize, CallView)],
    evidence: &mut Vec<Evidence<'c>>,
    contradictions: &mut Vec<(super::Subject, Vec<usize>)>,
) -> Option<(usize, Millis)> {
    let (by, call) = calls.iter().rev().find(|(_, c)| c.report == Report::NobodyCame)?;
    let came: Vec<&Evidence<'c>> = evidence.iter().filter(|e| e.step >= Step::There).collect();
    if let Some(before) = came.iter().find(|e| e.at <= call.at) {
        contradictions.push((super::Subject::Presence, vec![*by, before.by]));
    }
    if !came.is_empty() || evidence.iter().any(|e| e.at > call.at) {
        return None;
    }
    evidence.retain(|e| e.at > call.at);
    Some((*by, call.at))
}

fn late(statements: &[Statement<'_>], plan: Option<&Assigned>, workers: &[WorkerPart], evidence: &[Evidence<'_>]) -> Option<Late> {
    let start = plan?.start;
    let minutes = |at: Millis| at.since(start).div_euclid(MINUTE);
    let way = || statements.iter().rev().filter_map(|s| if let Body::OnTheWay(w) = s.body { Some((s, w)) } else { None });
    let reason = || way().map(|(_, w)| &w.reason).find(|r| !r.is_empty()).cloned();
    if let Some(at) = workers.iter().filter_map(|p| p.arrived).min() {
        let at_the_door = || {
            statements.iter().find_map(|s| match s.body {
                Body::Arrived(a) if !a.reason.is_empty() => Some(a.reason.clone()),
                _ => None,
            })
        };
        return Some(Late { minutes: minutes(at), arrived: true, reason: reason().or_else(at_the_door).unwrap_or_default() });
    }
    if let Some(there) = evidence.iter().find(|e| e.step == Step::There) {
        return Some(Late { minutes: minutes(there.at), arrived: true, reason: reason().unwrap_or_default() });
    }
    let (_, said) = way().find(|(_, w)| w.late_min.is_some())?;
    Some(Late { minutes: said.late_min.map(i64::from)?, arrived: false, reason: said.reason.clone() })
}

/// The phone of the worker who made this entry, and their latest entry about the visit.
fn from_phone(record: &Record<'_>, by: usize, incoming: Option<Incoming>) -> Know {
    let worker = record.author(by);
    let latest = (0..record.len()).rev().find(|at| record.author(*at) == worker && !record.withdrawn(*at)).unwrap_or(by);
    Know::WorkersPhone {
        worker: worker.clone(),
        device: record.held(latest).read.place().0.clone(),
        written: record.written(latest),
        received: record.held(latest).received,
        incoming: incoming.filter(|i| !i.whole()),
    }
}

fn from_call(call: &CallView) -> Know {
    Know::PhoneCall {
        speaker: call.speaker,
        who: call.who.clone(),
        report: call.report,
        at: call.at,
        logged_by: call.logged_by.clone(),
        logged_at: call.logged_at,
    }
}
