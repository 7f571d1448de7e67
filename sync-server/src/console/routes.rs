//! Every address of the console, with the one action it needs and what it is about. The router is made from this list and
//! from nothing else, so a route without an action does not exist; a test walks over route × role × branch.

use super::guard::{About, Guarded, guard, shell};
use super::{Console, accounts_page, assets, board, held, help, import_page, outages, person, phones, plans, sign_in, visit, visit_forms};
use crate::accounts::Action;
use crate::http::Stop;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};

/// Most bytes of an ordinary form.
const FORM_BYTES: usize = 128 * 1024;

/// A guarded route.
struct Route {
    method: Method,
    path: &'static str,
    action: Action,
    about: About,
    handler: MethodRouter<Console>,
}

fn guarded() -> Vec<Route> {
    use About::{Branch, Held, Outage, Own, Person, Phone, Visit};
    use Action::*;
    let read = |path, action, about, handler| Route { method: Method::GET, path, action, about, handler };
    let write = |path, action, about, handler| Route { method: Method::POST, path, action, about, handler };
    vec![
        read("/console/board", ReadCare, Branch, get(board::pages::page)),
        read("/console/live", ReadCare, Branch, get(board::pages::live)),
        read("/console/visits/{visit}", ReadCare, Visit, get(visit::page)),
        write("/console/visits/{visit}/call", LogPhoneCall, Visit, post(visit_forms::call)),
        write("/console/visits/{visit}/cover", SendCover, Visit, post(visit_forms::cover)),
        write("/console/visits/{visit}/deal", DealWith, Visit, post(visit_forms::deal)),
        write("/console/visits/{visit}/cancel", CancelVisit, Visit, post(visit_forms::cancel)),
        read("/console/people/{person}", ReadCare, Person, get(person::page)),
        read("/console/plans", ReadPlans, Branch, get(plans::page)),
        read("/console/phones", ReadPhones, Branch, get(phones::page)),
        write("/console/phones/enrol", EnrolPhone, Branch, post(phones::enrol)),
        write("/console/phones/{device}/revoke", RevokePhone, Phone, post(phones::revoke)),
        write("/console/phones/{device}/take-off", RevokePhone, Phone, post(phones::take_off)),
        read("/console/held", ReadHeld, Branch, get(held::page)),
        read("/console/held/{hold}", ReadHeld, Held, get(held::item)),
        write("/console/held/{hold}/take", DecideHeld, Held, post(held::take)),
        write("/console/held/{hold}/aside", DecideHeld, Held, post(held::aside)),
        write("/console/held/{hold}/back", DecideHeld, Held, post(held::back)),
        read("/console/outages", ReadOutages, Branch, get(outages::page)),
        write("/console/outages/open", ManageOutage, Branch, post(outages::open)),
        write("/console/outages/{outage}/close", ManageOutage, Outage, post(outages::close)),
        read("/console/import", Import, Branch, get(import_page::page)),
        write("/console/import", Import, Branch, post(import_page::upload).layer(DefaultBodyLimit::max(import_page::UPLOAD_BYTES))),
        read("/console/import/{job}", Import, Branch, get(import_page::job)),
        write("/console/import/{job}/apply", Import, Branch, post(import_page::apply)),
        read("/console/accounts", ManageAccounts, Branch, get(accounts_page::page)),
        write("/console/accounts", ManageAccounts, Branch, post(accounts_page::add)),
        write("/console/accounts/{account}/link", ManageAccounts, Branch, post(accounts_page::link)),
        write("/console/accounts/{account}/close", ManageAccounts, Branch, post(accounts_page::close)),
        read("/console/help", UseConsole, Own, get(help::page)),
        write("/console/names", UseConsole, Own, post(sign_in::names)),
        write("/console/sign-out", UseConsole, Own, post(sign_in::sign_out)),
    ]
}

/// The console's router. `stop` ends streams that would otherwise never end.
pub fn router(console: Console, stop: Stop) -> Router {
    // What nobody needs to be signed in for: signing in, one-time links, and files that say nothing about anybody.
    let mut router = Router::new()
        .route("/", get(sign_in::home))
        .route("/console", get(sign_in::home))
        .route("/console/", get(sign_in::home))
        .route("/console/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/console/first/{token}", get(sign_in::link).post(sign_in::use_link))
        .route("/console/assets/{version}/{name}", get(assets::serve));
    for route in guarded() {
        debug_assert!(matches!(route.method, Method::GET | Method::POST));
        let state = Guarded { console: console.clone(), action: route.action, about: route.about };
        router = router.route(route.path, route.handler.layer(from_fn_with_state(state, guard)));
    }
    router
        .route("/console/{*rest}", get(nothing_here))
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(from_fn_with_state(console.clone(), shell))
        .layer(Extension(stop))
        .with_state(console)
}

async fn nothing_here() -> super::page::Trouble {
    super::page::Trouble::not_found("This page")
}

#[cfg(test)]
mod tests;
