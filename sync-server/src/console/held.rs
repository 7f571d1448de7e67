//! Held for checking: what reached the office, is kept, and must be looked at by a person.

use super::board::row::visit_href;
use super::guard::Desk;
use super::page::{Chrome, Part, Trouble, html};
use super::visit::person_href;
use super::{Console, blocking};
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use holdfast_model::id::DocumentId;

struct HeldLine {
    phone: String,
    place: String,
    at: String,
    why: String,
    code: String,
    href: String,
    about: String,
}

#[derive(Template)]
#[template(path = "held.html")]
struct HeldPage {
    chrome: Chrome,
    items: Vec<HeldLine>,
}

/// `GET /console/held`
pub async fn page(State(console): State<Console>, desk: Desk) -> Response {
    blocking(move || {
        let rows = match console.office().held_for_checking(&desk.branch) {
            Ok(rows) => rows,
            Err(error) => return Trouble::ours(&error).into_response(),
        };
        let workers = console.worker_names();
        let say = console.say(&workers, desk.session.names_hidden);
        let w = say.words;
        let items = rows
            .into_iter()
            .map(|h| HeldLine {
                phone: match (&h.worker_name, &h.label) {
                    (Some(name), Some(label)) => format!("{name}, {label}"),
                    (Some(name), None) => name.clone(),
                    (None, Some(label)) => label.clone(),
                    (None, None) => h.device.to_string(),
                },
                place: w.say("held-entries", &[("n", h.entries.into())]),
                at: say.time(h.at),
                why: w.error(&h.code, &[("code", h.code.as_str().into())]).what,
                href: match &h.document {
                    Some(DocumentId::Visit(id)) => visit_href(id),
                    Some(DocumentId::Person(id)) => person_href(id),
                    _ => String::new(),
                },
                about: h.document.map_or_else(|| w.say("held-about-unknown", &[]), |d| d.to_string()),
                code: h.code,
            })
            .collect();
        html(&HeldPage { chrome: console.chrome(&desk, Part::Held, "Held for checking"), items })
    })
    .await
}
