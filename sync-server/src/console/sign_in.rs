//! Signing in and out, the first account, and choosing a password.

use super::Console;
use super::form::Form;
use super::guard::{Desk, again, cookie};
use super::page::{Chrome, Trouble, html, see_other};
use crate::accounts::password::{self, Weak};
use crate::accounts::throttle::{PER_ADDRESS, PER_NAME};
use crate::accounts::{AccountsError, LinkFor, NewAccount};
use askama::Template;
use axum::Form as Sent;
use axum::extract::{ConnectInfo, Path, Query, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use holdfast_model::id::WorkerId;
use holdfast_model::wire::Role;
use std::collections::HashMap;
use std::net::SocketAddr;

type Values = HashMap<String, String>;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    chrome: Chrome,
    form: Form,
}

#[derive(Template)]
#[template(path = "first.html")]
struct FirstPage {
    chrome: Chrome,
    form: Form,
    first: bool,
    token: String,
}

/// `GET /console/sign-in`
pub async fn page(State(console): State<Console>, Query(query): Query<Values>, headers: HeaderMap) -> Response {
    if signed_in(&console, &headers) {
        return see_other(back(query.get("next").map_or("", String::as_str)));
    }
    let form = Form::with(&[("next", query.get("next").map_or("", String::as_str))]);
    html(&SignInPage { chrome: console.bare("Sign in"), form })
}

fn signed_in(console: &Console, headers: &HeaderMap) -> bool {
    let token = cookie(headers, console.cookie_name());
    token.is_some_and(|t| console.accounts().session(&t, console.real_now_s()).is_ok_and(|s| s.is_some()))
}

/// Where to go after signing in: a page of the console and nowhere else.
fn back(next: &str) -> &str {
    let ours = next.starts_with("/console/") && !next.contains(['\\', '\r', '\n']) && !next.starts_with("/console/sign-");
    if ours { next } else { "/console/board" }
}

/// `POST /console/sign-in`
pub async fn sign_in(State(console): State<Console>, extensions: Extensions, Sent(values): Sent<Values>) -> Response {
    let mut form = Form::sent(values);
    form.safe = "You are not signed in.".into();
    let name = form.need("sign_in", 64, "Type your sign-in name");
    let password = form.need("password", password::LONGEST, "Type your password");
    if let (Some(name), Some(password)) = (name, password) {
        let now = console.real_now_s();
        let address = extensions.get::<ConnectInfo<SocketAddr>>().map_or_else(|| "?".into(), |ConnectInfo(a)| a.ip().to_string());
        let name_key = format!("name {}", name.to_lowercase());
        let throttle = console.throttle();
        let wait = throttle.take(&name_key, PER_NAME, now).and_then(|()| throttle.take(&format!("from {address}"), PER_ADDRESS, now));
        match wait {
            Err(seconds) => {
                let text = format!("Too many tries. Wait {} min, or ask an administrator for a new link", seconds.div_ceil(60));
                form.refuse_all("too_many_tries", text);
            }
            Ok(()) => {
                let (asked, checker) = ((name, password), console.clone());
                let checked = console.slow(move || checker.accounts().check(&asked.0, &asked.1)).await;
                match checked {
                    Ok(Some(id)) => {
                        throttle.forget(&name_key);
                        let to = back(form.value("next")).to_owned();
                        return start(&console, id, &to);
                    }
                    Ok(None) => form.refuse_all("sign_in_wrong", "This name and this password don’t belong together"),
                    Err(error) => return Trouble::ours(&error).into_response(),
                }
            }
        }
    }
    form.forget("password");
    again(&SignInPage { chrome: console.bare("Sign in"), form })
}

/// Starts a session and goes on.
fn start(console: &Console, account: i64, to: &str) -> Response {
    match console.accounts().start(account, console.real_now_s()) {
        Ok(token) => with_cookie(console, see_other(to), &token, crate::accounts::store::LIFE_S),
        Err(error) => Trouble::ours(&error).into_response(),
    }
}

fn with_cookie(console: &Console, mut response: Response, token: &str, keep_s: u64) -> Response {
    let secure = if console.tls() { "; Secure" } else { "" };
    let text = format!("{}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={keep_s}{secure}", console.cookie_name());
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// `POST /console/sign-out`
pub async fn sign_out(State(console): State<Console>, desk: Desk) -> Response {
    if let Err(error) = console.accounts().end(&desk.session.token) {
        return Trouble::ours(&error).into_response();
    }
    with_cookie(&console, see_other("/console/sign-in"), "", 0)
}

/// `POST /console/names`: hides or shows names on this person's screens.
pub async fn names(State(console): State<Console>, desk: Desk, Sent(values): Sent<Values>) -> Response {
    let form = Form::sent(values);
    match console.accounts().hide_names(&desk.session.token, form.is("hide", "yes")) {
        Ok(()) => see_other(back(form.value("back"))),
        Err(error) => Trouble::ours(&error).into_response(),
    }
}

fn spent() -> Response {
    let says = "Each link works once, for a day. Ask an administrator for a new one; for the very first account, start the server again: \
                it prints a new link as long as nobody can sign in.";
    Trouble::new(axum::http::StatusCode::GONE, AccountsError::Link.code(), "This link does not work any more", says).into_response()
}

/// `GET /console/first/{token}`: looking at it spends nothing.
pub async fn link(State(console): State<Console>, Path(token): Path<String>) -> Response {
    match console.accounts().look_at_link(&token, console.real_now_s()) {
        Ok(what) => {
            let first = what == LinkFor::First;
            html(&FirstPage { chrome: console.bare(title(first)), form: Form::default(), first, token: super::board::row::in_path(&token) })
        }
        Err(AccountsError::Link) => spent(),
        Err(error) => Trouble::ours(&error).into_response(),
    }
}

fn title(first: bool) -> &'static str {
    if first { "Make the first account" } else { "Choose your password" }
}

/// `POST /console/first/{token}`
pub async fn use_link(State(console): State<Console>, Path(token): Path<String>, Sent(values): Sent<Values>) -> Response {
    let what = match console.accounts().look_at_link(&token, console.real_now_s()) {
        Ok(what) => what,
        Err(AccountsError::Link) => return spent(),
        Err(error) => return Trouble::ours(&error).into_response(),
    };
    let first = what == LinkFor::First;
    let mut form = Form::sent(values);
    let new = if first { new_account(&mut form, &console) } else { None };
    let sign_in = form.value("sign_in").to_owned();
    let password = form.raw("password").to_owned();
    match password::check(&password, &sign_in) {
        Err(Weak::TooShort) => form.refuse("password", "Choose a password of at least 12 characters"),
        Err(Weak::TooLong) => form.refuse("password", "Choose a shorter password"),
        Err(Weak::TooPlain) => form.refuse("password", "Choose a password that is harder to guess"),
        Ok(()) if form.raw("again") != password => form.refuse("again", "Type the same password twice"),
        Ok(()) => {}
    }
    if form.good() {
        let (spender, link) = (console.clone(), token.clone());
        let done = console
            .slow(move || match new {
                Some(new) => spender.accounts().spend_first(&link, &new, &password, spender.real_now_s()),
                None => spender.accounts().spend_password(&link, &password, spender.real_now_s()),
            })
            .await;
        match done {
            Ok(id) => return start(&console, id, "/console/board?said=welcome"),
            Err(AccountsError::Link) => return spent(),
            Err(AccountsError::Taken) => form.refuse("sign_in", "This name is taken: choose another"),
            Err(error) => return Trouble::ours(&error).into_response(),
        }
    }
    form.forget("password");
    form.forget("again");
    again(&FirstPage { chrome: console.bare(title(first)), form, first, token: super::board::row::in_path(&token) })
}

/// The first administrator's account, for every branch there is.
fn new_account(form: &mut Form, console: &Console) -> Option<NewAccount> {
    let name = form.need("name", 80, "Type your name");
    let worker = form
        .need("worker", 64, "Type your staff number")
        .and_then(|w| WorkerId::new(w).inspect_err(|e| form.refuse("worker", format!("This can’t be a staff number: {e}"))).ok());
    let sign_in = form.need("sign_in", 64, "Choose a name to sign in with");
    let branches = console.office().branches();
    Some(NewAccount { sign_in: sign_in?, name: name?, worker: worker?, role: Role::Administrator, branches })
}

/// `GET /` and `GET /console`
pub async fn home(_: Request) -> Response {
    see_other("/console/board")
}

#[cfg(test)]
mod tests {
    use super::back;

    #[test]
    fn after_signing_in_nobody_is_sent_elsewhere() {
        assert_eq!(back("/console/visits/V-1"), "/console/visits/V-1");
        for next in
            ["", "//evil.example/console/", "https://evil.example/", "/console/sign-in?next=x", "/\\evil", "/console/\\..", "/other"]
        {
            assert_eq!(back(next), "/console/board", "{next}");
        }
    }
}
