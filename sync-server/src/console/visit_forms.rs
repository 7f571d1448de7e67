//! What the office can do about a visit: each form becomes one entry, or comes back with everything that is wrong with it.

use super::board::row::visit_href;
use super::form::Form;
use super::guard::{Desk, again};
use super::page::see_other;
use super::visit::{draw, read_id};
use super::{Console, blocking};
use crate::error::OfficeError;
use axum::Form as Sent;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use chrono::NaiveTime;
use holdfast_model::entry::{Body, Cancelled, CoverSent, DealtWith, PhoneCall, Report, Speaker};
use holdfast_model::id::{DocumentId, EntryId, VisitId, WorkerId};
use holdfast_model::limits::NOTE_BYTES;
use holdfast_model::time::{LocalTrouble, Millis, from_london};
use std::collections::HashMap;

type Values = HashMap<String, String>;

/// Longest name, reason or relation in a form, in bytes.
const SHORT: usize = 200;

pub(super) const SPEAKERS: [(&str, Speaker); 4] =
    [("worker", Speaker::Worker), ("person", Speaker::Person), ("family", Speaker::Family), ("other", Speaker::Other)];

pub(super) const REPORTS: [(&str, Report); 6] = [
    ("on_the_way", Report::OnTheWay),
    ("there", Report::There),
    ("finished", Report::Finished),
    ("nobody_came", Report::NobodyCame),
    ("no_answer", Report::NoAnswer),
    ("not_asked", Report::NotAsked),
];

/// A time as it is typed, of the screen's day: "09:30", "9.30", "0930". In the night when clocks go back it may carry
/// "+01:00" or "+00:00".
pub(super) fn typed_time(text: &str, now: Millis) -> Result<Millis, &'static str> {
    const SHAPE: &str = "Type a time like 09:30";
    let (clock, offset) = match text.find(['+', '-']) {
        Some(at) => (text[..at].trim(), Some(&text[at..])),
        None => (text.trim(), None),
    };
    let plain: String = clock.replace('.', ":");
    let padded =
        if plain.len() == 4 && plain.chars().all(|c| c.is_ascii_digit()) { format!("{}:{}", &plain[..2], &plain[2..]) } else { plain };
    let time = NaiveTime::parse_from_str(&padded, "%H:%M").map_err(|_| SHAPE)?;
    let day = now.london_day().ok_or(SHAPE)?;
    if let Some(offset) = offset {
        return Millis::parse_rfc3339(&format!("{day}T{}:00{offset}", time.format("%H:%M"))).ok_or(SHAPE);
    }
    from_london(day.and_time(time)).map_err(|trouble| match trouble {
        LocalTrouble::Skipped => "This time does not exist today: the clocks go forward over it",
        LocalTrouble::Twice => "This time exists twice today: add +01:00 for summer time or +00:00 for winter time",
    })
}

/// A typed time that is not to come; empty is allowed and means "not said".
pub(super) fn past_time(form: &mut Form, field: &'static str, now: Millis) -> Option<Millis> {
    let text = form.value(field).to_owned();
    if text.is_empty() {
        return None;
    }
    match typed_time(&text, now) {
        Ok(at) if at.since(now) > holdfast_model::time::MINUTE => {
            form.refuse(field, "Type a time that is past: this one is still to come");
            None
        }
        Ok(at) => Some(at),
        Err(text) => {
            form.refuse(field, text);
            None
        }
    }
}

fn chosen<T: Copy>(form: &mut Form, field: &'static str, all: &[(&str, T)], ask: &str) -> Option<T> {
    let found = all.iter().find(|(word, _)| form.is(field, word)).map(|(_, t)| *t);
    if found.is_none() {
        form.refuse(field, ask);
    }
    found
}

fn worker_of(form: &mut Form, field: &'static str, console: &Console) -> Option<WorkerId> {
    let id = WorkerId::new(form.value(field)).ok().filter(|w| console.office().workers().iter().any(|k| k.id == *w));
    if id.is_none() {
        form.refuse(field, "Choose a care worker from the list");
    }
    id
}

/// Makes an entry of a form, or shows the form again with everything that is wrong with it.
async fn record(
    console: Console,
    desk: Desk,
    visit: String,
    values: Values,
    done: &'static str,
    read: impl FnOnce(&mut Form, &Console, Millis) -> Option<Body> + Send + 'static,
) -> Response {
    blocking(move || {
        let id = match read_id(&visit) {
            Ok(id) => id,
            Err(trouble) => return trouble.into_response(),
        };
        let mut form = Form::sent(values);
        let now = console.office().now();
        if let Some(body) = read(&mut form, &console, now).filter(|_| form.good()) {
            match console.office().record(&desk.session.account.worker, DocumentId::Visit(id.clone()), body) {
                Ok(_) => return see_other(&format!("{}?said={done}", visit_href(&id))),
                Err(error) => refused(&mut form, &error),
            }
        }
        match draw(&console, &desk, &visit, form) {
            Ok(page) => again(&page),
            Err(trouble) => trouble.into_response(),
        }
    })
    .await
}

/// What the office itself refused, in words, with its code.
pub(super) fn refused(form: &mut Form, error: &OfficeError) {
    let text = holdfast_words::Words::english().error(error.code(), &[]);
    form.safe = text.safe;
    form.refuse_all(error.code(), format!("{} {}", text.what, text.then));
}

/// `POST /console/visits/{visit}/call`
pub async fn call(State(console): State<Console>, desk: Desk, Path(visit): Path<String>, Sent(values): Sent<Values>) -> Response {
    record(console, desk, visit, values, "call", |form, console, now| {
        let speaker = chosen(form, "speaker", &SPEAKERS, "Say whose words these are");
        let who = form.need("who", SHORT, "Say who spoke");
        let report = chosen(form, "report", &REPORTS, "Say what they said of the visit");
        let report_at = past_time(form, "report_at", now);
        let at = past_time(form, "at", now).unwrap_or(now);
        let words = form.may("words", NOTE_BYTES);
        let worker = if form.value("worker").is_empty() { None } else { Some(worker_of(form, "worker", console)?) };
        Some(Body::PhoneCall(PhoneCall { who: who?, speaker: speaker?, at, report: report?, report_at, worker, words: words? }))
    })
    .await
}

/// `POST /console/visits/{visit}/cover`
pub async fn cover(State(console): State<Console>, desk: Desk, Path(visit): Path<String>, Sent(values): Sent<Values>) -> Response {
    record(console, desk, visit, values, "cover", |form, console, _| {
        let worker = worker_of(form, "cover_worker", console);
        let instead = chosen(form, "instead", &[("yes", true), ("no", false)], "Say whether they go instead, or as well");
        let reason = form.need("cover_reason", SHORT, "Say why cover is sent");
        Some(Body::CoverSent(CoverSent { worker: worker?, instead: instead?, reason: reason? }))
    })
    .await
}

/// `POST /console/visits/{visit}/deal`
pub async fn deal(State(console): State<Console>, desk: Desk, Path(visit): Path<String>, Sent(values): Sent<Values>) -> Response {
    let known = visit.clone();
    record(console, desk, visit, values, "deal", move |form, console, _| {
        let entry = EntryId::parse(form.value("entry")).ok().filter(|id| {
            let view = VisitId::new(known.as_str()).ok().and_then(|v| console.office().visit(&v).ok().flatten());
            view.is_some_and(|v| v.entries.iter().any(|e| e.id == *id))
        });
        if entry.is_none() {
            form.refuse("entry", "Choose what was dealt with");
        }
        let how = form.need("how", NOTE_BYTES, "Say what was done, and who decided");
        Some(Body::DealtWith(DealtWith { entry: entry?, how: how? }))
    })
    .await
}

/// `POST /console/visits/{visit}/cancel`
pub async fn cancel(State(console): State<Console>, desk: Desk, Path(visit): Path<String>, Sent(values): Sent<Values>) -> Response {
    record(console, desk, visit, values, "cancel", |form, _, _| {
        let asked_by = form.need("asked_by", SHORT, "Say who asked for it");
        let reason = form.need("cancel_reason", SHORT, "Say why");
        Some(Body::Cancelled(Cancelled { asked_by: asked_by?, reason: reason? }))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Millis {
        Millis::parse_rfc3339(text).expect("a literal")
    }

    #[test]
    fn times_are_read_as_people_type_them() {
        let now = at("2026-11-03T10:00:00Z");
        for text in ["09:30", "9:30", "9.30", "0930", " 09:30 "] {
            assert_eq!(typed_time(text, now), Ok(at("2026-11-03T09:30:00Z")), "{text}");
        }
        for text in ["half nine", "25:00", "9", "", "09:30:15"] {
            assert!(typed_time(text, now).is_err(), "{text}");
        }
    }

    #[test]
    fn the_hour_that_comes_twice_must_say_which() {
        let now = at("2026-10-25T12:00:00Z");
        assert!(typed_time("01:30", now).is_err_and(|t| t.contains("twice")));
        assert_eq!(typed_time("01:30 +01:00", now), Ok(at("2026-10-25T00:30:00Z")));
        assert_eq!(typed_time("01:30+00:00", now), Ok(at("2026-10-25T01:30:00Z")));
        assert!(typed_time("01:30", at("2026-03-29T12:00:00Z")).is_err_and(|t| t.contains("does not exist")));
    }
}
