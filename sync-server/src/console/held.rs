//! Held for checking: what reached the office, is kept, and must be looked at by a person; and what was decided about it.

use super::board::row::{in_path, visit_href};
use super::form::Form;
use super::guard::{Desk, again};
use super::page::{Chrome, Part, Trouble, html, see_other};
use super::say::Say;
use super::visit::person_href;
use super::{Console, blocking};
use crate::accounts::{Action, Resource, authorize};
use crate::office::{HeldItem, HeldPiece, HeldRow, Review, ReviewError, TakeIn, Verdict, WHY_BYTES};
use askama::Template;
use axum::Form as Sent;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use holdfast_model::entry::Read;
use holdfast_model::id::DocumentId;
use holdfast_words::Words;
use std::collections::HashMap;

type Values = HashMap<String, String>;

/// Most pieces of one hold that its page shows.
const PIECES: usize = 200;
/// Most characters of a text that is no entry.
const RAW: usize = 2_000;

/// A hold as the list and its own page head it.
struct HeldLine {
    href: String,
    phone: String,
    place: String,
    at: String,
    why: String,
    then: String,
    code: String,
    about: String,
    about_href: String,
    decided: Vec<String>,
}

/// One piece of what is held.
struct PieceLine {
    what: String,
    from: String,
    about: String,
    about_href: String,
}

#[derive(Template)]
#[template(path = "held.html")]
struct HeldPage {
    chrome: Chrome,
    items: Vec<HeldLine>,
    decided: Vec<HeldLine>,
}

#[derive(Template)]
#[template(path = "held_item.html")]
struct ItemPage {
    chrome: Chrome,
    form: Form,
    item: HeldLine,
    pieces: Vec<PieceLine>,
    more: String,
    nothing: String,
    open: bool,
    aside: bool,
    may: bool,
    can_take: bool,
    take_says: String,
    gap: bool,
}

/// `GET /console/held`
pub async fn page(State(console): State<Console>, desk: Desk) -> Response {
    blocking(move || {
        let office = console.office();
        let rows = office.held_for_checking(&desk.branch).and_then(|open| Ok((open, office.held_decided(&desk.branch)?)));
        let (open, decided) = match rows {
            Ok(rows) => rows,
            Err(error) => return Trouble::ours(&error).into_response(),
        };
        let workers = console.worker_names();
        let say = console.say(&workers, desk.session.names_hidden);
        html(&HeldPage {
            chrome: console.chrome(&desk, Part::Held, "Held for checking"),
            items: open.iter().map(|h| line(h, &say)).collect(),
            decided: decided.iter().map(|h| line(h, &say)).collect(),
        })
    })
    .await
}

fn line(h: &HeldRow, say: &Say<'_>) -> HeldLine {
    let w = say.words;
    let error = w.error(&h.code, &[("code", h.code.as_str().into())]);
    let (about, about_href) = about(h.document.as_ref(), w);
    HeldLine {
        href: item_href(h.id),
        phone: match (&h.worker_name, &h.label) {
            (Some(name), Some(label)) => format!("{name}, {label}"),
            (Some(name), None) => name.clone(),
            (None, Some(label)) => label.clone(),
            (None, None) => h.device.to_string(),
        },
        place: w.say("held-entries", &[("n", h.entries.into())]),
        at: say.time(h.at),
        why: error.what,
        then: error.then,
        code: h.code.clone(),
        about,
        about_href,
        decided: h.reviews.iter().map(|r| decision(r, say)).collect(),
    }
}

fn item_href(id: i64) -> String {
    format!("/console/held/{id}")
}

fn about(doc: Option<&DocumentId>, w: &Words) -> (String, String) {
    match doc {
        Some(DocumentId::Visit(id)) => (w.say("visit-number", &[("visit", id.as_str().into())]), visit_href(id)),
        Some(DocumentId::Person(id)) => (id.to_string(), person_href(id)),
        Some(other) => (other.to_string(), String::new()),
        None => (w.say("held-about-unknown", &[]), String::new()),
    }
}

/// "Taken in by Hugh Irwin, 10:45: “rang Asha”."
fn decision(review: &Review, say: &Say<'_>) -> String {
    let key = match review.verdict {
        Verdict::TakenIn => "held-taken-in",
        Verdict::SetAside => "held-set-aside",
        Verdict::PutBack => "held-put-back",
    };
    let args = [("worker", say.worker(&review.by).into()), ("time", say.time(review.at).into()), ("why", say.quoted(&review.why).into())];
    say.words.say(key, &args)
}

/// `GET /console/held/{hold}`
pub async fn item(State(console): State<Console>, desk: Desk, Path(hold): Path<i64>) -> Response {
    blocking(move || match draw(&console, &desk, hold, Form::default()) {
        Ok(page) => html(&page),
        Err(trouble) => trouble.into_response(),
    })
    .await
}

fn draw(console: &Console, desk: &Desk, hold: i64, form: Form) -> Result<ItemPage, Trouble> {
    let found = console.office().held_item(hold).map_err(|e| Trouble::ours(&e))?;
    let item = found.ok_or_else(|| Trouble::not_found("This"))?;
    let workers = console.worker_names();
    let say = console.say(&workers, desk.session.names_hidden);
    let w = say.words;
    let last = item.row.reviews.last().map(|r| r.verdict);
    let here = Resource::Branch(desk.branch.clone());
    let left = item.pieces.len().saturating_sub(PIECES);
    Ok(ItemPage {
        chrome: console.chrome(desk, Part::Held, "Held for checking"),
        item: line(&item.row, &say),
        pieces: item.pieces.iter().take(PIECES).map(|p| piece(p, &say)).collect(),
        more: if left > 0 { w.say("held-more", &[("n", left.into())]) } else { String::new() },
        nothing: if item.pieces.is_empty() { nothing(&item, w) } else { String::new() },
        open: matches!(last, None | Some(Verdict::PutBack)),
        aside: last == Some(Verdict::SetAside),
        may: authorize(&desk.session.account.actor, Action::DecideHeld, &here).is_ok(),
        can_take: item.take_in == TakeIn::Can,
        take_says: take_says(&item, w),
        gap: form.problems.iter().any(|p| p.code == ReviewError::Gap.code()),
        form,
    })
}

/// Why there is nothing to read.
fn nothing(item: &HeldItem, w: &Words) -> String {
    let in_record = item.take_in == TakeIn::Can && item.row.document.is_some();
    w.say(if in_record { "held-in-record" } else { "held-finding" }, &[])
}

/// What taking it in does, or why that is not possible.
fn take_says(item: &HeldItem, w: &Words) -> String {
    let key = match (item.take_in, item.row.code.as_str()) {
        (TakeIn::OncePhoneIsKnown, _) => "held-take-once-known",
        (TakeIn::Never, _) => "held-take-never",
        (TakeIn::Can, "device_revoked" | "worker_taken_off" | "device_unknown") => "held-take-entries",
        (TakeIn::Can, _) => "held-take-document",
    };
    w.say(key, &[])
}

fn piece(piece: &HeldPiece, say: &Say<'_>) -> PieceLine {
    let w = say.words;
    match piece {
        HeldPiece::Entry(read) => {
            let what = match &**read {
                Read::Known(entry) => say.statement(&entry.body),
                Read::Unreadable(u) => w.say("cannot-be-read-here-yet", &[("version", u.v.into())]),
            };
            let (about, about_href) = about(Some(read.doc()), w);
            let args = [("worker", say.author(read.author()).into()), ("time", say.time(read.clocks().0.at).into())];
            PieceLine { what: super::entry::capital(&what), from: w.say("held-written", &args), about, about_href }
        }
        HeldPiece::Text(text) => {
            let short: String = text.chars().filter(|c| !c.is_control() || *c == '\n').take(RAW).collect();
            PieceLine { what: say.quoted(&short), from: w.say("held-no-entry", &[]), about: String::new(), about_href: String::new() }
        }
        HeldPiece::Bytes(n) => {
            let what = w.say("held-bytes", &[("n", (*n).into())]);
            PieceLine { what, from: String::new(), about: String::new(), about_href: String::new() }
        }
    }
}

/// `POST /console/held/{hold}/take`
pub async fn take(State(console): State<Console>, desk: Desk, Path(hold): Path<i64>, Sent(values): Sent<Values>) -> Response {
    decide(
        console,
        desk,
        hold,
        values,
        "take",
        "Say why it may be taken in: whom you asked, what they said",
        |console, desk, hold, form, why| {
            let past_gap = form.is("past_gap", "yes");
            console.office().take_in(hold, &desk.session.account.worker, why, past_gap).map(|_| ())
        },
    )
    .await
}

/// `POST /console/held/{hold}/aside`
pub async fn aside(State(console): State<Console>, desk: Desk, Path(hold): Path<i64>, Sent(values): Sent<Values>) -> Response {
    decide(
        console,
        desk,
        hold,
        values,
        "aside",
        "Say why nobody has to wait for it: whom you asked, what they said",
        |console, desk, hold, _, why| console.office().set_aside(hold, &desk.session.account.worker, why),
    )
    .await
}

/// `POST /console/held/{hold}/back`
pub async fn back(State(console): State<Console>, desk: Desk, Path(hold): Path<i64>, Sent(values): Sent<Values>) -> Response {
    decide(console, desk, hold, values, "back", "Say why it is to be looked at again", |console, desk, hold, _, why| {
        console.office().put_back(hold, &desk.session.account.worker, why)
    })
    .await
}

/// Carries out what a form says, or shows it again with what is wrong.
async fn decide(
    console: Console,
    desk: Desk,
    hold: i64,
    values: Values,
    field: &'static str,
    ask: &'static str,
    act: impl FnOnce(&Console, &Desk, i64, &Form, &str) -> Result<(), ReviewError> + Send + 'static,
) -> Response {
    blocking(move || {
        let mut form = Form::sent(values);
        if let Some(why) = form.need(field, WHY_BYTES, ask) {
            match act(&console, &desk, hold, &form, &why) {
                Ok(()) => return see_other(&format!("/console/held?branch={}&said=held-{field}", in_path(desk.branch.as_str()))),
                Err(error) => {
                    let text = Words::english().error(error.code(), &[]);
                    form.safe = text.safe;
                    form.refuse_all(error.code(), format!("{} {}", text.what, text.then));
                }
            }
        }
        match draw(&console, &desk, hold, form) {
            Ok(page) => again(&page),
            Err(trouble) => trouble.into_response(),
        }
    })
    .await
}
