//! Plan versions: which phone last confirmed which version of whose plan. What is saved here is not yet on a phone, and
//! never reads as if it were.

use super::guard::Desk;
use super::page::{Chrome, Part, Trouble, html};
use super::say::Say;
use super::visit::{person_href, plans_id};
use super::{Console, blocking};
use crate::office::{PlanRow, PlanStanding};
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};

struct Holder {
    phone: String,
    version: String,
    class: &'static str,
    icon: &'static str,
    when: String,
}

struct PersonPlans {
    id: String,
    href: String,
    name: String,
    says: String,
    contested: String,
    holders: Vec<Holder>,
}

#[derive(Template)]
#[template(path = "plans.html")]
struct PlansPage {
    chrome: Chrome,
    people: Vec<PersonPlans>,
}

/// `GET /console/plans`
pub async fn page(State(console): State<Console>, desk: Desk) -> Response {
    blocking(move || {
        let rows = match console.office().plan_versions(&desk.branch) {
            Ok(rows) => rows,
            Err(error) => return Trouble::ours(&error).into_response(),
        };
        let workers = console.worker_names();
        let say = console.say(&workers, desk.session.names_hidden);
        // What somebody must look at stands first; within that, as the provider numbers them.
        let mut people: Vec<_> = rows.iter().map(|row| (behind(row), person(row, &say))).collect();
        people.sort_by_key(|(behind, _)| !behind);
        let people = people.into_iter().map(|(_, p)| p).collect();
        html(&PlansPage { chrome: console.chrome(&desk, Part::Plans, "Plan versions"), people })
    })
    .await
}

fn behind(row: &PlanRow) -> bool {
    row.contested || row.phones.iter().any(|p| matches!(p.standing, PlanStanding::Older | PlanStanding::Other))
}

fn person(row: &PlanRow, say: &Say<'_>) -> PersonPlans {
    let w = say.words;
    let says = match (&row.current, row.effective) {
        (Some(plan), Some(at)) => w.say("plans-in-office-effective", &[("version", plan.version.into()), ("time", say.time(at).into())]),
        (Some(plan), None) => w.say("plans-in-office", &[("version", plan.version.into())]),
        (None, _) => w.say("plan-nothing", &[]),
    };
    let holders = row.phones.iter().map(|p| {
        let version = p.held.as_ref().map(|h| w.version(h.version)).unwrap_or_default();
        let (class, icon, version) = match p.standing {
            PlanStanding::Same => ("ok", "done", w.say("plans-same", &[("version", version.into())])),
            PlanStanding::Older => ("old", "late", w.say("plans-older", &[("version", version.into())])),
            PlanStanding::Other => ("old", "act", w.say("plans-other", &[("version", version.into())])),
            PlanStanding::NotHeld => ("none", "unknown", w.say("plans-none", &[])),
        };
        let when = p.confirmed.map_or_else(|| w.say("plans-never", &[]), |at| say.time(at));
        Holder { phone: format!("{}, {}", p.worker_name, p.label), version, class, icon, when }
    });
    PersonPlans {
        id: plans_id(&row.person),
        href: person_href(&row.person),
        name: say.person(&row.name, Some(&row.person)),
        says,
        contested: if row.contested { w.say("plans-contested", &[]) } else { String::new() },
        holders: holders.collect(),
    }
}
