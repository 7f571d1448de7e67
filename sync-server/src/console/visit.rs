//! One visit: the plan against what happened, and everything said about it. What the office can do about it is in `visit_forms`.

use super::board::check::tel;
use super::board::row::{dose_words, in_path, late, marks, page_id, span, visit_href};
use super::board::view::May;
use super::entry::Card;
use super::form::{Choice, Form};
use super::guard::Desk;
use super::page::{Chrome, Part, Trouble, html};
use super::say::{Chip, Mark, Say};
use super::visit_forms::{REPORTS, SPEAKERS};
use super::{Console, blocking};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use holdfast_model::entry::TaskEnd;
use holdfast_model::id::{DeviceId, EntryId, PersonId, VisitId, WorkerId};
use holdfast_model::projection::{Attention, DoseState, TaskState, Unfinished, VisitView};
use holdfast_model::time::Millis;
use std::collections::{BTreeMap, BTreeSet};

/// A line of the plan against what happened.
struct Line {
    planned: String,
    hint: String,
    state: Chip,
    detail: String,
    know: String,
}

/// Somebody to ring.
pub(super) struct RingLine {
    pub(super) name: String,
    pub(super) role: String,
    pub(super) number: String,
    pub(super) href: String,
}

#[derive(Template)]
#[template(path = "visit/visit.html")]
pub(super) struct VisitPage {
    chrome: Chrome,
    form: Form,
    may: May,
    href: String,
    name: String,
    time: String,
    state: Chip,
    late: String,
    check_now: bool,
    sub: String,
    flags: Vec<Mark>,
    person_href: String,
    person_says: String,
    open: Vec<String>,
    lines: Vec<Line>,
    entries: Vec<Card>,
    contacts: Vec<RingLine>,
    speakers: Vec<Choice>,
    reports: Vec<Choice>,
    workers: Vec<Choice>,
    workers_or_none: Vec<Choice>,
    instead: Vec<Choice>,
    to_deal: Vec<Choice>,
}

/// `GET /console/visits/{visit}`
pub async fn page(State(console): State<Console>, desk: Desk, Path(visit): Path<String>) -> Response {
    blocking(move || match draw(&console, &desk, &visit, Form::default()) {
        Ok(page) => html(&page),
        Err(trouble) => trouble.into_response(),
    })
    .await
}

pub(super) fn read_id(text: &str) -> Result<VisitId, Trouble> {
    VisitId::new(text).map_err(|_| Trouble::not_found("This visit"))
}

pub(super) fn draw(console: &Console, desk: &Desk, visit: &str, mut form: Form) -> Result<VisitPage, Trouble> {
    let id = read_id(visit)?;
    let office = console.office();
    let view = office.visit(&id).map_err(|e| Trouble::ours(&e))?.ok_or_else(|| Trouble::not_found("This visit"))?;
    let workers = console.worker_names();
    let say = console.say(&workers, desk.session.names_hidden);
    let facts = &view.facts;
    let phones: BTreeMap<_, _> = office.phones(&desk.branch).into_iter().map(|p| (p.device, p.label)).collect();
    let may = May::of(&desk.session.account.actor, &desk.branch);
    let name = say.person(&facts.name, facts.person.as_ref());
    form.fill("instead", "yes");
    let (pick, or_none) = pick_workers(console, &view, &say);
    Ok(VisitPage {
        chrome: console.chrome(desk, Part::Board, &format!("{name}, {}", span(facts, &say))),
        form,
        may,
        href: visit_href(&id),
        time: span(facts, &say),
        state: say.care(&view.now, &facts.know),
        late: late(facts, &view.now, &say),
        check_now: holdfast_model::projection::check_now(facts, say.now, &office.rules()).is_some(),
        sub: sub(&view, &say),
        flags: marks(facts, &say),
        person_href: facts.person.as_ref().map_or_else(|| "/console/board".into(), person_href),
        person_says: name.clone(),
        name,
        open: open(&view, &say),
        lines: lines(&view, &say),
        entries: view.entries.iter().map(|e| Card::of(e, &phones, &say)).collect(),
        contacts: contacts(console, facts.person.as_ref(), &say),
        speakers: speakers(&say),
        reports: reports(&say),
        workers: pick,
        workers_or_none: or_none,
        instead: vec![Choice::new("yes", say.plain("cover-instead")), Choice::new("no", say.plain("cover-too"))],
        to_deal: to_deal(&view, &say),
    })
}

/// The page of a person.
pub fn person_href(person: &PersonId) -> String {
    format!("/console/people/{}", in_path(person.as_str()))
}

fn sub(view: &VisitView, say: &Say<'_>) -> String {
    let facts = &view.facts;
    let mut parts = vec![say.words.say("visit-number", &[("visit", facts.visit.as_str().into())])];
    parts.extend(facts.start.map(|at| say.words.day(at)));
    parts.extend(facts.person.as_ref().map(ToString::to_string));
    let who: Vec<_> = facts.workers.iter().filter(|w| w.assigned).map(|w| say.worker(&w.worker)).collect();
    if !who.is_empty() {
        parts.push(who.join(", "));
    }
    parts.extend(facts.run.as_ref().map(|r| say.words.say("run-title-run", &[("run", r.as_str().into())])));
    if !facts.rota.is_empty() {
        parts.push(say.words.say("visit-rota", &[("rota", facts.rota.as_str().into())]));
    }
    if !facts.planned {
        let reason = view.unplanned.as_ref().map(|u| say.quoted(&u.reason)).unwrap_or_default();
        parts.push(say.words.say("visit-unplanned", &[("reason", reason.into())]));
    }
    if let Some((by, cancelled)) = &view.cancelled {
        let args = [
            ("who", say.free(&cancelled.asked_by).into()),
            ("worker", say.worker(by).into()),
            ("reason", say.quoted(&cancelled.reason).into()),
        ];
        parts.push(say.words.say("visit-called-off", &args));
    }
    parts.join(" · ")
}

/// What nobody has dealt with, and why the visit is not complete.
fn open(view: &VisitView, say: &Say<'_>) -> Vec<String> {
    let attention = view.facts.attention.iter().filter(|a| a.open());
    let mut list: Vec<String> = attention
        .map(|a| say.words.say("visit-open-since", &[("what", say.attention(&a.what).into()), ("time", say.time(a.since).into())]))
        .collect();
    // Once the visit is over, each task and dose without an answer stands there by name: no need to count them as well.
    let named = |u: &Unfinished| match u {
        Unfinished::Tasks { .. } => attention_has(view, |a| matches!(a, Attention::TaskUnanswered { .. })),
        Unfinished::Doses { .. } => attention_has(view, |a| matches!(a, Attention::DoseUnanswered { .. })),
        _ => false,
    };
    list.extend(view.facts.unfinished.iter().filter(|u| !named(u)).map(|u| say.unfinished(u)));
    list
}

fn attention_has(view: &VisitView, what: impl Fn(&Attention) -> bool) -> bool {
    view.facts.attention.iter().any(|a| a.open() && what(&a.what))
}

fn lines(view: &VisitView, say: &Say<'_>) -> Vec<Line> {
    let facts = &view.facts;
    let w = say.words;
    let mut lines = Vec::new();
    let unproven: BTreeSet<EntryId> = view.entries.iter().filter(|e| e.author.unconfirmed).map(|e| e.id).collect();
    let doubted = |worker: &WorkerId| attention_has(view, |a| matches!(a, Attention::AuthorUnconfirmed { worker: w } if w == worker));
    for part in facts.workers.iter() {
        let name = say.by(&part.worker, doubted(&part.worker));
        let first = w.phone_of(&part.worker, &|id: &WorkerId| say.workers.get(id).cloned());
        let planned = |key: &str| {
            let key = if part.assigned { key.to_owned() } else { format!("{key}-extra") };
            w.say(&key, &[("worker", name.as_str().into())])
        };
        let at = |time: Option<Millis>, method: Option<_>, done: &str| match time {
            Some(t) => {
                (Chip::new("done", "done", w.say(done, &[("time", say.time(t).into())])), method.map(|m| w.method(m)).unwrap_or_default())
            }
            None => (Chip::new("unknown", "unknown", w.say("line-nothing", &[])), String::new()),
        };
        let phoned = |none: bool| match part.phoned {
            Some(report) if none => w.say("line-phoned", &[("report", w.report(report).into())]),
            _ if none => w.say("know-nothing", &[]),
            _ => first.clone(),
        };
        let (state, detail) = at(part.arrived, part.arrived_by, "line-came");
        let due = facts.start.map(|s| w.say("line-at", &[("time", s.hhmm().into())])).unwrap_or_default();
        lines.push(Line { planned: planned("line-arrive"), hint: due, state, detail, know: phoned(part.arrived.is_none()) });
        let (state, detail) = at(part.left, part.left_by, "line-went");
        let due = facts.end.map(|s| w.say("line-at", &[("time", s.hhmm().into())])).unwrap_or_default();
        lines.push(Line { planned: planned("line-leave"), hint: due, state, detail, know: phoned(part.left.is_none()) });
    }
    for dose in &facts.doses {
        let (state, detail, know) = match (dose.state, dose.answers.last()) {
            (DoseState::Disputed, _) => {
                let all: Vec<_> = dose
                    .answers
                    .iter()
                    .map(|a| {
                        format!(
                            "{} ({})",
                            w.dose_end(a.outcome),
                            match unproven.contains(&a.entry) {
                                true => say.by(&a.by, true),
                                false => say.first(&a.by),
                            }
                        )
                    })
                    .collect();
                (Chip::new("act", "act", w.say("line-disputed", &[])), all.join(" / "), String::new())
            }
            (_, Some(a)) => {
                let chip = if a.outcome.had_it() { ("done", "done") } else { ("act", "act") };
                let mut detail = vec![say.time(a.at)];
                detail.extend(a.outside_min.map(|m| w.outside_window(m)));
                detail.extend(Some(say.quoted(&a.reason)).filter(|r| !r.is_empty()));
                (Chip::new(chip.0, chip.1, w.dose_end(a.outcome)), detail.join(" · "), say.by(&a.by, unproven.contains(&a.entry)))
            }
            (_, None) if !dose.given_by_worker => (Chip::new("due", "", w.say("line-not-ours", &[])), String::new(), String::new()),
            // Whatever was said over the phone: a dose without a record stays open.
            (_, None) => (Chip::new("unknown", "unknown", w.say("line-no-answer", &[])), String::new(), w.say("know-nothing", &[])),
        };
        lines.push(Line { planned: dose_words(dose, say), hint: String::new(), state, detail, know });
    }
    for task in &view.tasks {
        let (state, detail, know) = match &task.state {
            TaskState::Unanswered => {
                (Chip::new("unknown", "unknown", w.say("line-no-answer", &[])), String::new(), w.say("know-nothing", &[]))
            }
            TaskState::Ended { outcome, reason, by, at, entry } => {
                let chip = match outcome {
                    TaskEnd::Done => ("done", "done"),
                    TaskEnd::NotNeeded => ("due", ""),
                    TaskEnd::Declined | TaskEnd::CouldNot => ("late", "not"),
                };
                let detail: Vec<_> = [say.time(*at), say.quoted(reason)].into_iter().filter(|t| !t.is_empty()).collect();
                (Chip::new(chip.0, chip.1, w.task_end(*outcome)), detail.join(" · "), say.by(by, unproven.contains(entry)))
            }
            TaskState::Disputed { .. } => (Chip::new("act", "act", w.say("line-disputed", &[])), String::new(), String::new()),
        };
        let hint = if task.planned { String::new() } else { w.say("line-extra", &[]) };
        lines.push(Line { planned: task.title.clone(), hint, state, detail, know });
    }
    lines
}

pub(super) fn contacts(console: &Console, person: Option<&PersonId>, say: &Say<'_>) -> Vec<RingLine> {
    let Some(view) = person.and_then(|p| console.office().person(p).ok().flatten()) else { return Vec::new() };
    let details = view.details.last().map(|d| (d.what.name.clone(), say.plain("contact-person"), d.what.phone.clone()));
    let all = details.into_iter().chain(view.contacts.into_iter().map(|c| (c.name, c.role, c.phone)));
    all.filter(|(_, _, number)| !number.is_empty())
        .map(|(name, role, number)| RingLine {
            href: tel(&number),
            name: if say.hidden { say.plain("screen-somebody") } else { name },
            role,
            number,
        })
        .collect()
}

/// Everybody of the branch, those of the visit first; and the same after "not said".
fn pick_workers(console: &Console, view: &VisitView, say: &Say<'_>) -> (Vec<Choice>, Vec<Choice>) {
    let ours: Vec<_> = view.facts.workers.iter().map(|w| w.worker.clone()).collect();
    let mut all: Vec<_> = console.office().workers().into_iter().map(|w| w.id).collect();
    all.sort_by_key(|w| (!ours.contains(w), say.worker(w)));
    let pick: Vec<_> = all.iter().map(|w| Choice::new(w.as_str(), say.worker(w))).collect();
    let none = Choice::new("", say.plain("pick-not-said"));
    (pick.clone(), std::iter::once(none).chain(pick).collect())
}

fn speakers(say: &Say<'_>) -> Vec<Choice> {
    SPEAKERS.iter().map(|(word, s)| Choice::new(*word, say.words.speaker(*s))).collect()
}

fn reports(say: &Say<'_>) -> Vec<Choice> {
    REPORTS.iter().map(|(word, r)| Choice::new(*word, say.words.report(*r))).collect()
}

/// What can be dealt with: everything open that an entry said.
fn to_deal(view: &VisitView, say: &Say<'_>) -> Vec<Choice> {
    let items = view.facts.attention.iter().filter(|a| a.open());
    items.filter_map(|a| Some(Choice::new(a.entry?.to_string(), say.attention(&a.what)))).collect()
}

/// The names of phones, for cards.
pub(super) fn phone_names(console: &Console, desk: &Desk) -> BTreeMap<DeviceId, String> {
    console.office().phones(&desk.branch).into_iter().map(|p| (p.device, p.label)).collect()
}

/// The id of a person's part of the page of plan versions.
pub(super) fn plans_id(person: &PersonId) -> String {
    page_id("p", person.as_str())
}
