//! Who asks, and may they: in front of every route.

use super::Console;
use super::origin::same_site;
use super::page::{Trouble, html_with, protect, see_other};
use crate::accounts::{Action, Resource, Session, authorize, policy};
use axum::extract::{FromRequestParts, Query, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use holdfast_model::id::{BranchId, DeviceId, DocumentId, OutageId, PersonId, VisitId};
use std::collections::HashMap;

/// What a route is about: how the guard finds the branch it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Nothing of a branch.
    Own,
    /// The branch that the address names, else the one that this person's screens show.
    Branch,
    /// The visit of the path.
    Visit,
    /// The person of the path.
    Person,
    /// The phone of the path.
    Phone,
    /// The outage of the path.
    Outage,
    /// What is held for checking, of the path.
    Held,
}

/// What the guard found out about a request that it let through. A handler can have a branch from nowhere else.
#[derive(Clone)]
pub struct Desk {
    /// Who asks.
    pub session: Session,
    /// The branch that the guard allowed.
    pub branch: BranchId,
    /// This page's address.
    pub here: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Desk {
    type Rejection = Trouble;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Desk, Trouble> {
        parts.extensions.get::<Desk>().cloned().ok_or_else(|| Trouble::ours(&"a route without a guard"))
    }
}

/// The guard of one route.
#[derive(Clone)]
pub struct Guarded {
    /// The console.
    pub console: Console,
    /// What the route does.
    pub action: Action,
    /// To what.
    pub about: About,
}

/// Lets a request through when somebody is signed in who may do this there.
pub async fn guard(State(guarded): State<Guarded>, params: RawPathParams, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(&guarded, &params, &parts) {
        Ok(desk) => {
            parts.extensions.insert(desk);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(answer) => *answer,
    }
}

fn admit(guarded: &Guarded, params: &RawPathParams, parts: &Parts) -> Result<Desk, Box<Response>> {
    let console = &guarded.console;
    let trouble = |t: Trouble| Box::new(t.into_response());
    let session = match cookie(&parts.headers, console.cookie_name()) {
        Some(token) => console.accounts().session(&token, console.real_now_s()).map_err(|e| trouble(Trouble::ours(&e)))?,
        None => None,
    };
    let Some(session) = session else { return Err(Box::new(sign_in_first(&parts.method, &parts.uri, &parts.headers))) };
    // The role first: who may never do this must not learn from the answer what there is.
    policy::role_may(session.account.actor.role, guarded.action).map_err(|denied| trouble(Trouble::denied(denied)))?;
    let resource = resource(guarded, &session, params, &parts.uri).map_err(trouble)?;
    authorize(&session.account.actor, guarded.action, &resource).map_err(|denied| trouble(Trouble::denied(denied)))?;
    let branch = match resource {
        Resource::Branch(branch) => branch,
        Resource::Own => console.branch_shown(&session).ok_or_else(|| trouble(no_branch()))?,
    };
    // Chosen in one place, shown on every page. An open board's stream belongs to the page, and chooses nothing.
    if guarded.about == About::Branch && parts.uri.path() != "/console/live" && console.branch_shown(&session).as_ref() != Some(&branch) {
        console.accounts().show_branch(&session.token, &branch).map_err(|e| trouble(Trouble::ours(&e)))?;
    }
    let here = parts.uri.path_and_query().map_or("/console/board", |p| p.as_str()).to_owned();
    Ok(Desk { session, branch, here })
}

/// Nobody is signed in: a page that is looked at leads to sign-in and back; a form does not, for what it held is gone.
fn sign_in_first(method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
    let stream = headers.get(header::ACCEPT).is_some_and(|a| a.as_bytes().starts_with(b"text/event-stream"));
    if *method == Method::GET && !stream {
        let next = uri.path_and_query().map_or("", |p| p.as_str());
        return see_other(&format!("/console/sign-in?next={}", super::board::row::in_path(next)));
    }
    let says = "Nothing was saved. Sign in again, go back, and send the form once more.";
    Trouble::new(StatusCode::UNAUTHORIZED, "signed_out", "You are signed out", says).into_response()
}

fn no_branch() -> Trouble {
    let says = "Your account has no branch on this server. An administrator can make an account that has one.";
    Trouble::new(StatusCode::FORBIDDEN, "no_branch", "There is nothing here for your account", says)
}

/// The branch that a route's subject belongs to.
fn resource(guarded: &Guarded, session: &Session, params: &RawPathParams, uri: &Uri) -> Result<Resource, Trouble> {
    let console = &guarded.console;
    let param = |name: &str| params.iter().find(|(n, _)| *n == name).map_or("", |(_, v)| v);
    let of = |doc: DocumentId, what: &str| console.office().branch_of(&doc).map(Resource::Branch).ok_or_else(|| Trouble::not_found(what));
    match guarded.about {
        About::Own => Ok(Resource::Own),
        About::Branch => named_branch(console, session, uri),
        About::Visit => {
            let id = VisitId::new(param("visit")).map_err(|_| Trouble::not_found("This visit"))?;
            of(DocumentId::Visit(id), "This visit")
        }
        About::Person => {
            let id = PersonId::new(param("person")).map_err(|_| Trouble::not_found("This person"))?;
            of(DocumentId::Person(id), "This person")
        }
        About::Outage => {
            let id = OutageId::new(param("outage")).map_err(|_| Trouble::not_found("This outage"))?;
            of(DocumentId::Outage(id), "This outage")
        }
        About::Phone => {
            let id = DeviceId::new(param("device")).map_err(|_| Trouble::not_found("This phone"))?;
            console.branch_of_phone(&id).map(Resource::Branch).ok_or_else(|| Trouble::not_found("This phone"))
        }
        About::Held => {
            let nowhere = || Trouble::not_found("This");
            let id: i64 = param("hold").parse().map_err(|_| nowhere())?;
            match console.office().held_branch(id).map_err(|e| Trouble::ours(&e))?.ok_or_else(nowhere)? {
                Some(branch) => Ok(Resource::Branch(branch)),
                // Of a phone that nobody knows: every branch may be the one that does.
                None => named_branch(console, session, uri),
            }
        }
    }
}

/// The branch that the address names, else the one that this person's screens show.
fn named_branch(console: &Console, session: &Session, uri: &Uri) -> Result<Resource, Trouble> {
    let asked = Query::<HashMap<String, String>>::try_from_uri(uri).ok().and_then(|q| q.get("branch").cloned());
    match asked.filter(|b| !b.is_empty()) {
        Some(named) => BranchId::new(named).map(Resource::Branch).map_err(|_| Trouble::not_found("This branch")),
        None => console.branch_shown(session).map(Resource::Branch).ok_or_else(no_branch),
    }
}

/// In front of everything: forged forms are refused, and every answer carries the headers that protect it.
pub async fn shell(State(console): State<Console>, request: Request, next: Next) -> Response {
    let mut response = if same_site(request.method(), request.headers()) {
        next.run(request).await
    } else {
        let says = "Nothing was changed. Open the console in this browser and try from there.";
        Trouble::new(StatusCode::FORBIDDEN, "form_from_elsewhere", "This form does not come from the console", says).into_response()
    };
    // Refusals of the framework itself (a body too large, a wrong method) are for people too.
    if response.status().is_client_error()
        && response.headers().get(header::CONTENT_TYPE).is_none_or(|t| !t.as_bytes().starts_with(b"text/html"))
    {
        response = plain_refusal(response.status()).into_response();
    }
    protect(response.headers_mut(), console.tls());
    response
}

fn plain_refusal(status: StatusCode) -> Trouble {
    match status {
        StatusCode::NOT_FOUND => {
            Trouble::new(status, "not_found", "This page is not here", "It may have been mistyped. Nothing was changed.")
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            Trouble::new(status, "not_a_form", "This address can’t be used like that", "Nothing was changed. Go back to the board.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            let says = "Nothing was saved. Send less at once: an import takes up to 32 MB.";
            Trouble::new(status, "upload_too_large", "That is too large", says)
        }
        _ => {
            let says = "Nothing was saved. Go back and try again.";
            Trouble::new(status, "bad_request", "The browser sent something this page can’t read", says)
        }
    }
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';')).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name && !value.is_empty()).then(|| value.to_owned())
    })
}

/// A page with a status, for handlers that send a form back.
pub fn again(template: &impl askama::Template) -> Response {
    html_with(StatusCode::UNPROCESSABLE_ENTITY, template)
}
