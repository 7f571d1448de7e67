//! What stands around every page, and how a page or a refusal leaves the house.

use super::assets::{ADDRESSES, Addresses};
use crate::accounts::{Action, Session, authorize, policy::Resource};
use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use holdfast_model::id::BranchId;
use holdfast_model::wire::Role;

/// Which part of the console a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The board, visits and people.
    Board,
    /// Outages.
    Outages,
    /// Held for checking.
    Held,
    /// Plan versions.
    Plans,
    /// Phones.
    Phones,
    /// Import.
    Import,
    /// Accounts.
    Accounts,
    /// Anything else.
    Other,
}

/// A link of the main navigation.
#[derive(Debug, Clone)]
pub struct NavLink {
    /// Where to.
    pub href: &'static str,
    /// What it says.
    pub text: &'static str,
    /// How many things wait there; 0 shows nothing.
    pub badge: usize,
    /// What the number means, for who cannot see it.
    pub badge_says: &'static str,
    /// This is the part the page belongs to.
    pub current: bool,
}

/// The band that says that an outage is open.
#[derive(Debug, Clone, Default)]
pub struct OutageBand {
    /// "Rota system down since 09:00."
    pub head: String,
    /// What goes on nevertheless.
    pub rest: String,
    /// "38 of 38 known, 0 missed, 3 late (longest 22 min)": of the visits due meanwhile.
    pub summary: String,
    /// It has ended.
    pub over: bool,
    /// The outage's page.
    pub href: String,
}

/// What stands around every page.
#[derive(Debug)]
pub struct Chrome {
    /// Title of the window.
    pub title: String,
    /// Where files are.
    pub assets: &'static Addresses,
    /// Who is signed in: "Hugh Irwin, coordinator".
    pub who: Option<String>,
    /// The branch's name.
    pub branch_name: String,
    /// The branches to choose among; fewer than two: nothing to choose.
    pub branches: Vec<String>,
    /// The branch as forms name it in their addresses.
    pub branch_param: String,
    /// The main navigation.
    pub links: Vec<NavLink>,
    /// Set when the clock is not the machine's own.
    pub drill: Option<String>,
    /// Set while an outage is open.
    pub outage: Option<OutageBand>,
    /// What was just done.
    pub said: Option<String>,
    /// Names are hidden on this screen.
    pub names_hidden: bool,
    /// This page's address, to come back to.
    pub here: String,
    /// Office time, to the second.
    pub as_of: String,
    /// Version of the software.
    pub version: &'static str,
}

impl Chrome {
    /// A page for nobody in particular: sign-in, errors.
    pub fn bare(title: impl Into<String>, as_of: String) -> Chrome {
        Chrome {
            title: title.into(),
            assets: &ADDRESSES,
            who: None,
            branch_name: String::new(),
            branches: Vec::new(),
            branch_param: String::new(),
            links: Vec::new(),
            drill: None,
            outage: None,
            said: None,
            names_hidden: false,
            here: String::new(),
            as_of,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// The navigation of somebody: only what they may open.
pub fn links(session: &Session, branch: &BranchId, part: Part, held: usize, outages: usize) -> Vec<NavLink> {
    let all = [
        (Part::Board, "/console/board", "Board", Action::ReadCare, 0, ""),
        (Part::Outages, "/console/outages", "Outage", Action::ReadOutages, outages, "open"),
        (Part::Held, "/console/held", "Held for checking", Action::ReadHeld, held, "held"),
        (Part::Plans, "/console/plans", "Plan versions", Action::ReadPlans, 0, ""),
        (Part::Phones, "/console/phones", "Phones", Action::ReadPhones, 0, ""),
        (Part::Import, "/console/import", "Import", Action::Import, 0, ""),
        (Part::Accounts, "/console/accounts", "Accounts", Action::ManageAccounts, 0, ""),
    ];
    let here = Resource::Branch(branch.clone());
    all.into_iter()
        .filter(|(_, _, _, action, _, _)| authorize(&session.account.actor, *action, &here).is_ok())
        .map(|(p, href, text, _, badge, badge_says)| NavLink { href, text, badge, badge_says, current: p == part })
        .collect()
}

/// A role as it is said.
pub fn role_words(role: Role) -> &'static str {
    match role {
        Role::Worker => "care worker",
        Role::Lead => "shift lead",
        Role::Coordinator => "coordinator",
        Role::Manager => "manager",
        Role::Administrator => "administrator",
    }
}

/// Renders a page. A template that cannot be rendered is a fault of ours, and says so.
pub fn html(template: &impl Template) -> Response {
    html_with(StatusCode::OK, template)
}

/// Renders a page with a status.
pub fn html_with(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// After a form: to a page that can be reloaded without sending the form again.
pub fn see_other(to: &str) -> Response {
    Redirect::to(to).into_response()
}

/// Why a page cannot be shown: code, what happened, what is safe, what to do.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code}")]
pub struct Trouble {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code, listed in `docs/errors.md`.
    pub code: String,
    /// What happened.
    pub title: String,
    /// What is safe, and what to do.
    pub says: String,
}

impl Trouble {
    /// A refusal.
    pub fn new(status: StatusCode, code: &str, title: impl Into<String>, says: impl Into<String>) -> Trouble {
        Trouble { status, code: code.into(), title: title.into(), says: says.into() }
    }
    /// There is no such page or thing.
    pub fn not_found(what: &str) -> Trouble {
        let says =
            "It may have been mistyped, or belong to another server. Nothing was changed. Go back to the board and look for it there.";
        Trouble::new(StatusCode::NOT_FOUND, "not_found", format!("{what} is not here"), says)
    }
    /// Signed in, but not for this.
    pub fn denied(why: crate::accounts::Denied) -> Trouble {
        let says = match why {
            crate::accounts::Denied::Role => {
                "Your account is not one that may do this. Nothing was changed. An administrator can say who may."
            }
            crate::accounts::Denied::Branch => "It belongs to a branch that your account is not for. Nothing was changed.",
        };
        Trouble::new(StatusCode::FORBIDDEN, "not_allowed", "You can’t do this here", says)
    }
    /// The server itself failed.
    pub fn ours(error: &dyn std::fmt::Display) -> Trouble {
        tracing::error!(%error, "a page failed");
        let says = "What was received stays received. Try again; if it happens again, tell your administrator the code below.";
        Trouble::new(StatusCode::INTERNAL_SERVER_ERROR, "server_fault", "Something went wrong here", says)
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    chrome: Chrome,
    trouble: &'a Trouble,
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let now = holdfast_model::time::Millis::default();
        let mut chrome = Chrome::bare(self.title.clone(), now.hhmmss());
        chrome.as_of = String::new();
        html_with(self.status, &ErrorPage { chrome, trouble: &self })
    }
}

/// Everything a page may load or talk to: this server. Nothing inline, nothing from elsewhere, in no frame.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The headers that every answer of the console carries.
pub fn protect(headers: &mut HeaderMap, tls: bool) {
    let mut set = |name: header::HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    // Not `no-referrer`: browsers then send `Origin: null` with forms, and the check against forged forms needs it.
    set(header::REFERRER_POLICY, "same-origin");
    set(header::CACHE_CONTROL, "no-store");
    set(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(header::HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    if tls {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
