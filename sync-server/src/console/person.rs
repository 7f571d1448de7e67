//! One person: the plan that holds, medicines, visits, and every phone call about them.

use super::board::row::{span, visit_href};
use super::entry::Card;
use super::guard::Desk;
use super::page::{Chrome, Part, Trouble, html};
use super::say::{Chip, Say};
use super::visit::{RingLine, contacts, phone_names, plans_id};
use super::{Console, blocking};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use holdfast_model::entry::Body;
use holdfast_model::id::PersonId;
use holdfast_model::projection::{Filter, PersonView, PlanState, Said, VersionState};

/// A name and a text.
struct Pair {
    name: String,
    text: String,
}

struct MedicineLine {
    name: String,
    dose: String,
    when: String,
    support: String,
}

struct VisitLine {
    href: String,
    time: String,
    state: Chip,
    know: String,
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    chrome: Chrome,
    name: String,
    number: String,
    sub: String,
    contested: String,
    plan_title: String,
    allergies: String,
    essentials: Vec<Pair>,
    medicines: Vec<MedicineLine>,
    visits: Vec<VisitLine>,
    calls: Vec<Card>,
    opened: Vec<Card>,
    contacts: Vec<RingLine>,
    versions: Vec<String>,
    plans_id: String,
}

/// `GET /console/people/{person}`
pub async fn page(State(console): State<Console>, desk: Desk, Path(person): Path<String>) -> Response {
    blocking(move || match draw(&console, &desk, &person) {
        Ok(page) => html(&page),
        Err(trouble) => trouble.into_response(),
    })
    .await
}

fn draw(console: &Console, desk: &Desk, person: &str) -> Result<PersonPage, Trouble> {
    let missing = || Trouble::not_found("This person");
    let id = PersonId::new(person).map_err(|_| missing())?;
    let office = console.office();
    let view = office.person(&id).map_err(|e| Trouble::ours(&e))?.ok_or_else(missing)?;
    let workers = console.worker_names();
    let say = console.say(&workers, desk.session.names_hidden);
    let w = say.words;
    let details = view.details.last().map(|d| &d.what);
    let name = say.person(details.map_or("", |d| d.name.as_str()), Some(&id));
    let holds = view.versions.iter().find(|v| v.state == VersionState::Current);
    let sub = match details {
        Some(d) if !say.hidden => {
            let flags = d.flags.iter().map(|f| w.flag(*f));
            let known = (!d.known_as.is_empty()).then(|| w.say("person-known-as", &[("name", d.known_as.as_str().into())]));
            known
                .into_iter()
                .chain([d.address.clone(), d.access.clone()])
                .filter(|t| !t.is_empty())
                .chain(flags)
                .collect::<Vec<_>>()
                .join(" · ")
        }
        _ => String::new(),
    };
    let (visits, calls) = visits(console, desk, &id, &say)?;
    let phones = phone_names(console, desk);
    let on_a_phone = view.entries.iter().rev().filter(|e| matches!(&e.said, Said::Known { body: Body::BreakGlass(_) }));
    let opened = on_a_phone.map(|e| Card::of(e, &phones, &say)).collect();
    Ok(PersonPage {
        chrome: console.chrome(desk, Part::Board, &name),
        number: id.to_string(),
        sub,
        contested: if matches!(view.plan, PlanState::Contested { .. }) { w.plan_state(say.now, &view.plan) } else { String::new() },
        plan_title: plan_title(&view, &say),
        allergies: holds.filter(|_| !say.hidden).map_or_else(String::new, |v| w.allergies(&v.plan.allergies)),
        essentials: holds
            .map(|v| v.plan.essentials.iter().map(|e| Pair { name: e.title.clone(), text: say.free(&e.text) }).collect())
            .unwrap_or_default(),
        medicines: view
            .medicines
            .iter()
            .map(|m| MedicineLine {
                name: m.medicine.name.clone(),
                dose: m.medicine.dose.clone(),
                when: m.medicine.when_needed.as_ref().map_or_else(|| w.medicine_times(&m.medicine), |n| w.when_needed(n)),
                support: w.support(m.medicine.support),
            })
            .collect(),
        visits,
        calls,
        opened,
        contacts: contacts(console, Some(&id), &say),
        versions: versions(&view, &say),
        plans_id: plans_id(&id),
        name,
    })
}

fn plan_title(view: &PersonView, say: &Say<'_>) -> String {
    let plan = super::entry::capital(&say.words.plan_state(say.now, &view.plan));
    let effective = view.versions.iter().find(|v| v.state == VersionState::Current).map(|v| v.plan.effective);
    match effective {
        Some(at) => say.words.say("person-plan-effective", &[("plan", plan.into()), ("time", say.time(at).into())]),
        None => plan,
    }
}

/// Each version with who wrote it and whether it holds. "In the office" never reads as "on a phone".
fn versions(view: &PersonView, say: &Say<'_>) -> Vec<String> {
    view.versions
        .iter()
        .map(|v| {
            let args = [
                ("version", v.plan.version.into()),
                ("state", say.words.version_state(v.state).into()),
                ("worker", say.worker(&v.by).into()),
                ("time", say.time(v.at).into()),
            ];
            let line = say.words.say("person-version", &args);
            if v.plan.changed.is_empty() { line } else { format!("{line} {}", say.quoted(&v.plan.changed)) }
        })
        .collect()
}

/// Today's visits, and the phone calls about any visit that the office has in hand, latest first.
fn visits(console: &Console, desk: &Desk, person: &PersonId, say: &Say<'_>) -> Result<(Vec<VisitLine>, Vec<Card>), Trouble> {
    let office = console.office();
    let phones = phone_names(console, desk);
    let filter = Filter { person: Some(person.clone()), ..Filter::default() };
    let (lines, ids) = office.board(&desk.branch, &filter, |board| {
        let mut rows: Vec<_> = board.sections.iter().flat_map(|s| &s.rows).collect();
        rows.sort_by_key(|r| std::cmp::Reverse(r.row.start));
        let lines = rows.iter().map(|r| VisitLine {
            href: visit_href(&r.row.visit),
            time: match r.row.start {
                Some(at) => format!("{}, {}", say.words.short_day(at), span(r.row, say)),
                None => span(r.row, say),
            },
            state: say.care(&r.now, &r.row.know),
            know: say.know(&r.row.know, &r.now.care).head,
        });
        let ids: Vec<_> = rows.iter().filter(|r| r.row.call.is_some()).map(|r| r.row.visit.clone()).collect();
        (lines.take(50).collect(), ids)
    });
    let mut calls = Vec::new();
    for id in ids.iter().take(20) {
        let Some(view) = office.visit(id).map_err(|e| Trouble::ours(&e))? else { continue };
        let about = view.entries.iter().filter(|e| matches!(&e.said, Said::Known { body: Body::PhoneCall(_) }));
        calls.extend(about.map(|e| (e.times.best(), Card::of(e, &phones, say))));
    }
    calls.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    Ok((lines, calls.into_iter().map(|(_, card)| card).collect()))
}
