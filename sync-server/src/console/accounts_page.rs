//! Accounts: who may sign in. Links are shown once and handed over by a person, never sent.

use super::form::{Choice, Form};
use super::guard::{Desk, again};
use super::page::{Chrome, Part, Trouble, html, role_words, see_other};
use super::{Console, blocking};
use crate::accounts::store::{role_from, role_text};
use crate::accounts::{Account, AccountsError, NewAccount};
use askama::Template;
use axum::Form as Sent;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use holdfast_model::id::{BranchId, WorkerId};
use holdfast_model::wire::Role;
use std::collections::HashMap;

struct AccountLine {
    id: i64,
    name: String,
    sign_in: String,
    worker: String,
    role: &'static str,
    branches: String,
    open: bool,
    has_password: bool,
}

struct Link {
    name: String,
    path: String,
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    chrome: Chrome,
    form: Form,
    link: Option<Link>,
    accounts: Vec<AccountLine>,
    roles: Vec<Choice>,
    branches: Vec<Choice>,
}

/// Roles that have any use for the console.
const ROLES: [Role; 4] = [Role::Lead, Role::Coordinator, Role::Manager, Role::Administrator];

/// `GET /console/accounts`
pub async fn page(State(console): State<Console>, desk: Desk) -> Response {
    blocking(move || match draw(&console, &desk, Form::default(), None) {
        Ok(page) => html(&page),
        Err(trouble) => trouble.into_response(),
    })
    .await
}

/// Accounts that an administrator of these branches may see and change: those that are for none but these branches.
fn ours(console: &Console, desk: &Desk) -> Result<Vec<Account>, Trouble> {
    let mine = &desk.session.account.actor.branches;
    let all = console.accounts().all().map_err(|e| Trouble::ours(&e))?;
    Ok(all.into_iter().filter(|a| a.actor.branches.iter().all(|b| mine.contains(b))).collect())
}

fn draw(console: &Console, desk: &Desk, form: Form, link: Option<Link>) -> Result<AccountsPage, Trouble> {
    let accounts = ours(console, desk)?.into_iter().map(|a| AccountLine {
        id: a.id,
        name: a.name,
        sign_in: a.sign_in,
        worker: a.worker.to_string(),
        role: role_words(a.actor.role),
        branches: a.actor.branches.iter().map(BranchId::as_str).collect::<Vec<_>>().join(", "),
        open: a.open,
        has_password: a.has_password,
    });
    let branches = desk.session.account.actor.branches.iter().map(|b| Choice::new(b.as_str(), b.as_str()));
    Ok(AccountsPage {
        accounts: accounts.collect(),
        chrome: console.chrome(desk, Part::Accounts, "Accounts"),
        form,
        link,
        roles: ROLES.into_iter().map(|r| Choice::new(role_text(r), role_words(r))).collect(),
        branches: branches.collect(),
    })
}

/// `POST /console/accounts`
pub async fn add(State(console): State<Console>, desk: Desk, Sent(values): Sent<HashMap<String, String>>) -> Response {
    blocking(move || {
        let mut form = Form::sent(values);
        let name = form.need("name", 80, "Type their name");
        let worker = form
            .need("worker", 64, "Type their staff number")
            .and_then(|w| WorkerId::new(w).inspect_err(|e| form.refuse("worker", format!("This can’t be a staff number: {e}"))).ok());
        let sign_in = form.need("sign_in", 64, "Choose a name to sign in with");
        let role = role_from(form.value("role")).filter(|r| ROLES.contains(r));
        if role.is_none() {
            form.refuse("role", "Choose a role");
        }
        let branch = BranchId::new(form.value("branch_of")).ok().filter(|b| desk.session.account.actor.branches.contains(b));
        if branch.is_none() {
            form.refuse("branch_of", "Choose a branch");
        }
        if let (true, Some(name), Some(worker), Some(sign_in), Some(role), Some(branch)) =
            (form.good(), name, worker, sign_in, role, branch)
        {
            let new = NewAccount { sign_in, name: name.clone(), worker, role, branches: vec![branch] };
            match console.accounts().add(&new, console.real_now_s()) {
                Ok((_, token)) => return with_link(&console, &desk, name, &token),
                Err(AccountsError::Taken) => form.refuse("sign_in", "This name is taken: choose another"),
                Err(error) => return Trouble::ours(&error).into_response(),
            }
        }
        match draw(&console, &desk, form, None) {
            Ok(page) => again(&page),
            Err(trouble) => trouble.into_response(),
        }
    })
    .await
}

fn with_link(console: &Console, desk: &Desk, name: String, token: &str) -> Response {
    match draw(console, desk, Form::default(), Some(Link { name, path: format!("/console/first/{token}") })) {
        Ok(page) => html(&page),
        Err(trouble) => trouble.into_response(),
    }
}

fn find(console: &Console, desk: &Desk, id: &str) -> Result<Account, Trouble> {
    let id: Option<i64> = id.parse().ok();
    ours(console, desk)?.into_iter().find(|a| Some(a.id) == id).ok_or_else(|| Trouble::not_found("This account"))
}

/// `POST /console/accounts/{account}/link`
pub async fn link(State(console): State<Console>, desk: Desk, Path(account): Path<String>) -> Response {
    blocking(move || {
        let account = match find(&console, &desk, &account) {
            Ok(account) => account,
            Err(trouble) => return trouble.into_response(),
        };
        match console.accounts().relink(account.id, console.real_now_s()) {
            Ok(token) => with_link(&console, &desk, account.name, &token),
            Err(error) => Trouble::ours(&error).into_response(),
        }
    })
    .await
}

/// `POST /console/accounts/{account}/close`
pub async fn close(State(console): State<Console>, desk: Desk, Path(account): Path<String>) -> Response {
    blocking(move || {
        let account = match find(&console, &desk, &account) {
            Ok(account) => account,
            Err(trouble) => return trouble.into_response(),
        };
        match console.accounts().close(account.id, console.real_now_s()) {
            Ok(()) => see_other("/console/accounts?said=account"),
            Err(error @ AccountsError::LastAdministrator) => {
                let mut form = Form::default();
                form.safe = "Nothing was changed.".into();
                form.refuse_all(error.code(), "Nobody else could make accounts then. Make another administrator first.");
                match draw(&console, &desk, form, None) {
                    Ok(page) => again(&page),
                    Err(trouble) => trouble.into_response(),
                }
            }
            Err(error) => Trouble::ours(&error).into_response(),
        }
    })
    .await
}
