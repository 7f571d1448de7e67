//! Phones: when each was last heard from, what waits on it, how its clock stands; enrolling, shutting out, taking one worker off.

use super::board::row::{in_path, page_id};
use super::form::{Choice, Form};
use super::guard::{Desk, again};
use super::page::{Chrome, Part, Trouble, html, see_other};
use super::say::Say;
use super::visit_forms::refused;
use super::{Console, blocking};
use crate::accounts::{Action, authorize, policy::Resource};
use crate::office::{GlassRow, PhoneRow, ShutOutError, TakenOffRow};
use askama::Template;
use axum::Form as Sent;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use holdfast_model::id::{DeviceId, WorkerId};
use holdfast_model::time::{HOUR, MINUTE};
use holdfast_words::Words;
use std::collections::HashMap;

/// How long a code works: long enough for a worker to come by the office.
const CODE_MS: i64 = 24 * HOUR;
/// The forms of this page that ask for a reason.
const SHUT_OUT: &str = "revoke";
const TAKE_OFF: &str = "take-off";
/// A phone whose clock is off by more than this is pointed out.
const CLOCK_OFF_MS: i64 = 2 * MINUTE;

struct PhoneLine {
    id: String,
    device: String,
    name: String,
    label: String,
    heard: String,
    silent: bool,
    waiting: String,
    clock: String,
    clock_wrong: bool,
    plans: String,
    battery: String,
    revoked: bool,
    revoked_says: String,
    /// Past its lease, of late: who, when, why.
    glass: String,
    /// Who was taken off it, a sentence each.
    off: Vec<String>,
    /// Whom somebody may be about to take off: nobody where only one reads.
    readers: Vec<Choice>,
    /// Which of its two forms comes back to this phone, if one does.
    shutting: bool,
    taking: bool,
    why: String,
}

struct Code {
    for_whom: String,
    code: String,
    until: String,
}

#[derive(Template)]
#[template(path = "phones.html")]
struct PhonesPage {
    chrome: Chrome,
    form: Form,
    code: Option<Code>,
    phones: Vec<PhoneLine>,
    may_revoke: bool,
    may_enrol: bool,
    workers: Vec<Choice>,
}

/// `GET /console/phones`
pub async fn page(State(console): State<Console>, desk: Desk) -> Response {
    blocking(move || html(&draw(&console, &desk, Form::default(), None))).await
}

fn draw(console: &Console, desk: &Desk, form: Form, code: Option<Code>) -> PhonesPage {
    let office = console.office();
    let workers = console.worker_names();
    let say = console.say(&workers, desk.session.names_hidden);
    let quiet_ms = i64::from(office.rules().phone_quiet_after_min) * MINUTE;
    let mut rows = office.phones(&desk.branch);
    // "Not heard from" ahead of "all is well": the longest silence first, those shut out last.
    rows.sort_by_key(|p| (p.revoked.is_some(), p.last_heard, p.device.clone()));
    let here = Resource::Branch(desk.branch.clone());
    let may = |action| authorize(&desk.session.account.actor, action, &here).is_ok();
    let mut pick: Vec<_> =
        office.workers().into_iter().filter(|w| w.branch == desk.branch).map(|w| Choice::new(w.id.as_str(), w.name)).collect();
    pick.sort_by(|a, b| a.text.cmp(&b.text));
    PhonesPage {
        chrome: console.chrome(desk, Part::Phones, "Phones"),
        code,
        phones: rows.iter().map(|p| line(p, quiet_ms, &form, &say)).collect(),
        may_revoke: may(Action::RevokePhone),
        may_enrol: may(Action::EnrolPhone),
        workers: pick,
        form,
    }
}

fn line(p: &PhoneRow, quiet_ms: i64, form: &Form, say: &Say<'_>) -> PhoneLine {
    let w = say.words;
    let silent = p.last_heard.is_none_or(|at| say.now.since(at) > quiet_ms);
    let clock_wrong = p.clock_error_ms.is_some_and(|ms| ms.abs() > CLOCK_OFF_MS);
    let waiting = match (p.waiting, p.oldest_waiting) {
        (0, _) => w.say("phones-nothing-waiting", &[]),
        (n, Some(at)) => w.say("phones-waiting-since", &[("n", n.into()), ("time", say.time(at).into())]),
        (n, None) => w.say("phones-waiting", &[("n", n.into())]),
    };
    let mut label = vec![p.label.clone(), p.device.to_string(), w.say("phones-received", &[("n", p.received.into())])];
    if p.held > 0 {
        label.push(w.say("phones-held", &[("n", p.held.into())]));
    }
    if p.forked {
        label.push(w.say("phones-forked", &[]));
    }
    label.dedup();
    let open = form.is("device", p.device.as_str());
    let mut readers = Vec::new();
    if !p.shared_with.is_empty() && p.revoked.is_none() {
        let first = (&p.worker, &p.worker_name);
        let all = std::iter::once(first).chain(p.shared_with.iter().map(|(id, name)| (id, name)));
        readers = all.map(|(id, name)| Choice::new(id.as_str(), name.as_str())).collect();
    }
    PhoneLine {
        id: page_id("d", p.device.as_str()),
        device: in_path(p.device.as_str()),
        name: std::iter::once(&p.worker_name).chain(p.shared_with.iter().map(|(_, name)| name)).cloned().collect::<Vec<_>>().join(", "),
        label: label.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" · "),
        heard: if silent { w.no_word_since(say.now, p.last_heard) } else { p.last_heard.map(|at| say.time(at)).unwrap_or_default() },
        silent,
        waiting,
        clock: p.clock_error_ms.map_or_else(|| w.say("phones-clock-unknown", &[]), |ms| w.clock_error(ms)),
        clock_wrong,
        plans: p.plans_checked.map_or_else(|| w.say("plans-never", &[]), |at| say.time(at)),
        battery: p.battery.map(|b| w.say("phones-battery", &[("n", b.into())])).unwrap_or_default(),
        revoked: p.revoked.is_some(),
        glass: p.glass.as_ref().map(|g| glass(g, say)).unwrap_or_default(),
        off: p.taken_off.iter().map(|off| taken_off(off, say)).collect(),
        readers,
        why: if open { form.value("why").to_owned() } else { String::new() },
        shutting: open && form.is("form", SHUT_OUT),
        taking: open && form.is("form", TAKE_OFF),
        revoked_says: revoked(p, say),
    }
}

fn glass(g: &GlassRow, say: &Say<'_>) -> String {
    let args = [("worker", say.author(&g.author).into()), ("time", say.time(g.at).into()), ("why", say.quoted(&g.reason).into())];
    say.words.say("phones-glass", &args)
}

fn revoked(p: &PhoneRow, say: &Say<'_>) -> String {
    let Some(at) = p.revoked else { return String::new() };
    let mut args = vec![("time", say.time(at).into())];
    let Some((by, why)) = &p.revoked_for else { return say.words.say("phones-revoked-before", &args) };
    args.extend([("by", say.worker(by).into()), ("why", say.quoted(why).into())]);
    say.words.say("phones-revoked", &args)
}

fn taken_off(off: &TakenOffRow, say: &Say<'_>) -> String {
    let mut args = vec![
        ("worker", off.worker_name.as_str().into()),
        ("time", say.time(off.at).into()),
        ("by", say.worker(&off.by).into()),
        ("why", say.quoted(&off.why).into()),
    ];
    let key = match off.back {
        Some(back) => {
            args.push(("back", say.time(back).into()));
            "phones-let-in-again"
        }
        None => "phones-taken-off",
    };
    say.words.say(key, &args)
}

/// `POST /console/phones/enrol`: the code is shown once, on the answer itself; reloading it asks the browser first.
pub async fn enrol(State(console): State<Console>, desk: Desk, Sent(values): Sent<HashMap<String, String>>) -> Response {
    blocking(move || {
        let mut form = Form::sent(values);
        let office = console.office();
        let record = WorkerId::new(form.value("worker"))
            .ok()
            .and_then(|id| office.workers().into_iter().find(|w| w.id == id && w.branch == desk.branch));
        match record {
            None => form.refuse("worker", "Choose whose phone it is"),
            Some(worker) => match office.enrol_code(&worker.id, CODE_MS) {
                Ok(code) => {
                    let until = Words::english().time_of(office.now(), code.expires);
                    let code = Code { for_whom: worker.name, code: code.code, until };
                    return html(&draw(&console, &desk, Form::default(), Some(code)));
                }
                Err(error) => refused(&mut form, &error),
            },
        }
        again(&draw(&console, &desk, form, None))
    })
    .await
}

/// `POST /console/phones/{device}/revoke`: the whole phone, for a reason.
pub async fn revoke(
    State(console): State<Console>,
    desk: Desk,
    Path(device): Path<String>,
    Sent(values): Sent<HashMap<String, String>>,
) -> Response {
    blocking(move || {
        shut_out(&console, &desk, device, SHUT_OUT, values, "revoked", |id, by, form| console.office().revoke(id, by, form.value("why")))
    })
    .await
}

/// `POST /console/phones/{device}/take-off`: one worker of several, for a reason.
pub async fn take_off(
    State(console): State<Console>,
    desk: Desk,
    Path(device): Path<String>,
    Sent(values): Sent<HashMap<String, String>>,
) -> Response {
    blocking(move || {
        shut_out(&console, &desk, device, TAKE_OFF, values, "taken-off", |id, by, form| match WorkerId::new(form.value("worker")) {
            Ok(worker) => console.office().take_off(id, &worker, by, form.value("why")),
            Err(_) => Err(ShutOutError::NotOnPhone),
        })
    })
    .await
}

/// Decides about a phone of this branch; what was typed comes back with what is wrong with it.
fn shut_out(
    console: &Console,
    desk: &Desk,
    device: String,
    which: &str,
    values: HashMap<String, String>,
    said: &str,
    decide: impl FnOnce(&DeviceId, &WorkerId, &Form) -> Result<(), ShutOutError>,
) -> Response {
    let ours = |id: &DeviceId| console.office().phones(&desk.branch).iter().any(|p| p.device == *id);
    let Some(id) = DeviceId::new(device).ok().filter(ours) else { return Trouble::not_found("This phone").into_response() };
    let mut form = Form::sent(values);
    form.fill("device", id.as_str());
    form.fill("form", which);
    match decide(&id, &desk.session.account.worker, &form) {
        Ok(()) => see_other(&format!("/console/phones?branch={}&said={said}", in_path(desk.branch.as_str()))),
        Err(error) => {
            let text = Words::english().error(error.code(), &[]);
            form.safe = format!("{} What you typed is still here.", text.safe);
            form.refuse_all(error.code(), format!("{} {}", text.what, text.then));
            again(&draw(console, desk, form, None))
        }
    }
}
