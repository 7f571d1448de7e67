//! Outages of the provider's own system: opened and closed here, each an entry with its author.

use super::board::row::page_id;
use super::form::Form;
use super::guard::{Desk, again};
use super::page::{Chrome, Part, Trouble, html, see_other};
use super::say::Say;
use super::visit_forms::{past_time, refused};
use super::{Console, blocking};
use crate::accounts::{Action, authorize, policy::Resource};
use crate::error::OfficeError;
use crate::office::{OutageRow, Statement};
use askama::Template;
use axum::Form as Sent;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use holdfast_model::entry::{Body, OutageClosed, OutageOpened};
use holdfast_model::id::{DocumentId, OutageId};
use std::collections::HashMap;

struct Fact {
    name: String,
    text: String,
}

struct OutageCard {
    id: String,
    outage: String,
    title: String,
    open: bool,
    drill: bool,
    facts: Vec<Fact>,
}

#[derive(Template)]
#[template(path = "outages.html")]
struct OutagesPage {
    chrome: Chrome,
    form: Form,
    outages: Vec<OutageCard>,
    may_manage: bool,
}

/// `GET /console/outages`
pub async fn page(State(console): State<Console>, desk: Desk) -> Response {
    blocking(move || shown(&console, &desk, Form::default(), false)).await
}

fn shown(console: &Console, desk: &Desk, form: Form, wrong: bool) -> Response {
    let rows = match console.office().outages(&desk.branch) {
        Ok(rows) => rows,
        Err(error) => return Trouble::ours(&error).into_response(),
    };
    let workers = console.worker_names();
    let say = console.say(&workers, desk.session.names_hidden);
    let here = Resource::Branch(desk.branch.clone());
    let page = OutagesPage {
        chrome: console.chrome(desk, Part::Outages, "Outages"),
        form,
        outages: rows.iter().map(|o| card(o, console, desk, &say)).collect(),
        may_manage: authorize(&desk.session.account.actor, Action::ManageOutage, &here).is_ok(),
    };
    if wrong { again(&page) } else { html(&page) }
}

fn card(o: &OutageRow, console: &Console, desk: &Desk, say: &Say<'_>) -> OutageCard {
    let w = say.words;
    let opened = &o.opened;
    let fact = |key: &str, text: String| Fact { name: w.say(key, &[]), text };
    let mut facts = vec![fact("outage-fact-since", say.time(opened.since)), fact("outage-fact-opened-by", say.worker(&o.opened_by))];
    if !opened.rota.is_empty() {
        let frozen = opened.rota_frozen.map(|at| w.say("outage-fact-frozen", &[("time", say.time(at).into())]));
        facts.push(fact("outage-fact-rota", [Some(opened.rota.clone()), frozen].into_iter().flatten().collect::<Vec<_>>().join(", ")));
    }
    facts.push(fact("outage-fact-visits", console.known_meanwhile(&desk.branch, o)));
    if let Some((by, closed)) = &o.closed {
        facts.push(fact("outage-fact-ended", say.time(closed.at)));
        facts.push(fact("outage-fact-lasted", w.duration(closed.at.since(opened.since))));
        facts.push(fact("outage-fact-closed-by", say.worker(by)));
        if !closed.cause.is_empty() {
            facts.push(fact("outage-fact-cause", say.free(&closed.cause)));
        }
    }
    OutageCard {
        id: page_id("o", o.outage.as_str()),
        outage: super::board::row::in_path(o.outage.as_str()),
        title: opened.what.clone(),
        open: o.closed.is_none(),
        drill: opened.drill,
        facts,
    }
}

/// `POST /console/outages/open`
pub async fn open(State(console): State<Console>, desk: Desk, Sent(values): Sent<HashMap<String, String>>) -> Response {
    blocking(move || {
        let mut form = Form::sent(values);
        let office = console.office();
        let now = office.now();
        let what = form.need("what", 120, "Say what is down");
        let since = past_time(&mut form, "since", now).unwrap_or(now);
        let rota = form.may("rota", 64);
        let rota_frozen = past_time(&mut form, "frozen", now);
        if let (true, Some(what), Some(rota)) = (form.good(), what, rota) {
            let drill = form.is("drill", "yes") || office.drill();
            match new_id(&console) {
                Ok(outage) => {
                    let body = Body::OutageOpened(OutageOpened { outage: outage.clone(), what, since, rota, rota_frozen, drill });
                    // Through `record_many`, which knows the branch: nothing else of this document is in the ledger yet.
                    let statement = Statement { doc: DocumentId::Outage(outage), body };
                    match office.record_many(&desk.session.account.worker, &desk.branch, &[], vec![statement]) {
                        Ok(_) => return see_other("/console/outages?said=opened"),
                        Err(error) => refused(&mut form, &error),
                    }
                }
                Err(error) => refused(&mut form, &error),
            }
        }
        shown(&console, &desk, form, true)
    })
    .await
}

/// A number for a new outage: the day, and the next free count within it.
fn new_id(console: &Console) -> Result<OutageId, OfficeError> {
    let office = console.office();
    let day = office.now().london_day().map_or_else(|| "O".into(), |d| d.format("O-%Y%m%d").to_string());
    let mut taken = Vec::new();
    for branch in office.branches() {
        taken.extend(office.outages(&branch)?.into_iter().map(|o| o.outage));
    }
    let free = (1..10_000).find_map(|n| OutageId::new(format!("{day}-{n}")).ok().filter(|id| !taken.contains(id)));
    free.ok_or(OfficeError::TooLong)
}

/// `POST /console/outages/{outage}/close`
pub async fn close(
    State(console): State<Console>,
    desk: Desk,
    Path(outage): Path<String>,
    Sent(values): Sent<HashMap<String, String>>,
) -> Response {
    blocking(move || {
        let Ok(outage) = OutageId::new(outage) else { return Trouble::not_found("This outage").into_response() };
        let mut form = Form::sent(values);
        let office = console.office();
        let now = office.now();
        let at = past_time(&mut form, "ended", now).unwrap_or(now);
        let cause = form.may("cause", 500);
        if let (true, Some(cause)) = (form.good(), cause) {
            let body = Body::OutageClosed(OutageClosed { at, cause });
            match office.record(&desk.session.account.worker, DocumentId::Outage(outage), body) {
                Ok(_) => return see_other("/console/outages?said=closed"),
                Err(error) => refused(&mut form, &error),
            }
        }
        shown(&console, &desk, form, true)
    })
    .await
}
