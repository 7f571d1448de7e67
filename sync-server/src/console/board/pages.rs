//! The board's page and its stream.

use super::super::form::Choice;
use super::super::guard::Desk;
use super::super::page::{Chrome, Part, html};
use super::super::say::Say;
use super::super::{Console, Drawing, blocking};
use super::check::{CheckView, Directory, Number, check, weightiest};
use super::filters::Filters;
use super::live::{Page, Remembered};
use super::view::{Drawn, May, Picks, SectionView, SilentPhone, TallyView, draw};
use crate::http::Stop;
use crate::office::Office;
use askama::Template;
use axum::Extension;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use holdfast_model::id::{PersonId, WorkerId};
use holdfast_model::projection::Ring;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, mpsc};
use tokio_stream::wrappers::ReceiverStream;

/// No page hears more often than this: four times a second.
const THROTTLE: Duration = Duration::from_millis(250);
/// A page hears at least this often, so that it knows that it is live; it says otherwise after five seconds.
const BEAT: Duration = Duration::from_secs(1);
/// Without news, the board is looked at again this often: phones' heartbeats and the time move it too.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

#[derive(Template)]
#[template(path = "board/board.html")]
struct BoardPage {
    chrome: Chrome,
    heading: String,
    live: String,
    filters: Filters,
    runs_to_pick: Vec<Choice>,
    care_to_pick: Vec<Choice>,
    know_to_pick: Vec<Choice>,
    when_to_pick: Vec<Choice>,
    tally: TallyView,
    sections: Vec<SectionView>,
    check: CheckView,
    silent: Vec<SilentPhone>,
    nothing: String,
}

#[derive(Template)]
#[template(path = "board/band.html")]
struct BandPart<'a> {
    outage: &'a Option<super::super::page::OutageBand>,
}

/// Numbers to ring, from the office's own records.
struct Numbers<'a> {
    office: &'a Office,
}

impl Directory for Numbers<'_> {
    fn find(&self, person: Option<&PersonId>, ring: &Ring) -> Option<Number> {
        let known = |name: String, number: String| (!number.is_empty()).then_some(Number { name, number });
        let view = || person.and_then(|p| self.office.person(p).ok().flatten());
        let by_role = |wanted: &[&str]| {
            let view = view()?;
            let matches = |role: &str| wanted.iter().any(|w| role.to_lowercase().replace('-', " ").contains(w));
            let contact = view.contacts.into_iter().find(|c| matches(&c.role))?;
            known(contact.name, contact.phone)
        };
        match ring {
            Ring::Worker { worker } => {
                let record = self.office.workers().into_iter().find(|w| w.id == *worker)?;
                known(record.name, record.phone)
            }
            Ring::Person => {
                let details = view()?.details.into_iter().next_back()?.what;
                known(details.name, details.phone)
            }
            Ring::Gp => by_role(&["gp", "surgery", "doctor"]),
            Ring::OnCall => by_role(&["on call"]),
        }
    }
}

/// A board as it was drawn at one moment.
struct Picture {
    drawn: Drawn,
    band: String,
    seq: u64,
    as_of: String,
    runs: Vec<Choice>,
}

fn picture(console: &Console, drawing: &Drawing) -> Picture {
    let office = console.office();
    let workers = console.worker_names();
    let say = console.say(&workers, drawing.hidden);
    // Read before the board: news that comes in between is then looked at again, never passed over.
    let seq = office.seq(&drawing.branch);
    let filter = drawing.filters.filter(say.now);
    // Nothing in here may ask the office again: it holds its rows meanwhile, and a writer may be waiting for them.
    let (mut drawn, checks, runs) = office.board(&drawing.branch, &filter, |view| {
        let mut cache = console.inner.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let drawn = draw(view, &drawing.filters, &mut cache, &say);
        let runs = view.sections.iter().filter_map(|s| run_choice(s.run.as_ref()?.as_str(), s.worker.as_ref(), &say)).collect();
        (drawn, weightiest(view), runs)
    });
    drawn.check.items = checks.iter().map(|c| check(c, drawing.may, &Numbers { office }, &say)).collect();
    let band = BandPart { outage: &console.board_band(&drawing.branch) }.render().unwrap_or_default();
    Picture { drawn, band, seq, as_of: console.as_of(), runs }
}

fn run_choice(run: &str, worker: Option<&WorkerId>, say: &Say<'_>) -> Option<Choice> {
    let text = worker.map_or_else(|| run.to_owned(), |w| format!("{run}, {}", say.worker(w)));
    Some(Choice::new(run, text))
}

/// `GET /console/board`
pub async fn page(State(console): State<Console>, desk: Desk, Query(filters): Query<Filters>) -> Response {
    blocking(move || show(&console, &desk, filters.tidy())).await
}

fn show(console: &Console, desk: &Desk, filters: Filters) -> Response {
    let drawing = Drawing {
        session: desk.session.token,
        branch: desk.branch.clone(),
        filters,
        hidden: desk.session.names_hidden,
        may: May::of(&desk.session.account.actor, &desk.branch),
    };
    let mut picture = picture(console, &drawing);
    let mut chrome = console.chrome(desk, Part::Board, &format!("Board · {}", desk.branch));
    chrome.outage = console.board_band(&desk.branch);
    let token = console.token();
    console.inner.pages.keep(token.clone(), drawing.clone(), Page::of(&picture.drawn, &picture.band));

    let workers = console.worker_names();
    let say = console.say(&workers, drawing.hidden);
    let filters = drawing.filters;
    let picks = Picks::of(&filters, &say);
    if !filters.run.is_empty() && !picture.runs.iter().any(|c| c.value == filters.run) {
        picture.runs.push(Choice::new(&filters.run, &filters.run));
    }
    picture.runs.sort_by(|a, b| a.value.cmp(&b.value));
    let nothing = say.plain(if filters.any { "board-nothing-found" } else { "board-nothing" });
    html(&BoardPage {
        heading: heading(&filters, &say),
        live: format!("/console/live?page={token}&branch={}", super::row::in_path(desk.branch.as_str())),
        runs_to_pick: picture.runs,
        care_to_pick: picks.care,
        know_to_pick: picks.know,
        when_to_pick: picks.when,
        tally: picture.drawn.tally,
        sections: picture.drawn.sections,
        check: picture.drawn.check,
        silent: picture.drawn.silent,
        filters,
        chrome,
        nothing,
    })
}

fn heading(filters: &Filters, say: &Say<'_>) -> String {
    let (from, to) = filters.window(say.now);
    match filters.when.as_str() {
        "day" => say.words.say("board-heading-day", &[("day", say.words.day(say.now).into())]),
        _ => say.words.say("board-heading-window", &[("from", say.time(from).into()), ("to", to.hhmm().into())]),
    }
}

/// The stream's address.
#[derive(Debug, Deserialize)]
pub struct Asked {
    page: String,
}

type Feed = mpsc::Sender<Result<Event, Infallible>>;

/// `GET /console/live`: what of an open board changes.
pub async fn live(
    State(console): State<Console>,
    Extension(stop): Extension<Stop>,
    desk: Desk,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let (feed, events) = mpsc::channel(4);
    let remembered = console.inner.pages.find(&asked.page);
    // The page's stream shows what the page was drawn for, to the session that opened it, and nothing else.
    let ours = remembered
        .filter(|r| r.key.session == desk.session.token && r.key.branch == desk.branch && r.key.hidden == desk.session.names_hidden);
    let got = headers.get("last-event-id").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok()).unwrap_or(0);
    let resumed = ours.and_then(|r| {
        let mut state = r.state.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = state.0.resume(got);
        state.1 += 1;
        let turn = state.1;
        drop(state);
        fits.then_some((r, turn))
    });
    match resumed {
        Some((page, turn)) => {
            let cookie = super::super::guard::cookie(&headers, console.cookie_name()).unwrap_or_default();
            tokio::spawn(async move {
                tokio::select! {
                    () = stop.stopped() => {}
                    () = follow(console, page, turn, cookie, feed) => {}
                }
            });
        }
        None => {
            let _ = feed.send(Ok(Event::default().event("again").data("{}"))).await;
        }
    }
    let mut response = Sse::new(ReceiverStream::new(events)).into_response();
    // A proxy in front must not gather messages before it passes them on.
    response.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    response
}

/// Sends what changes until the page closes, signs out, or another stream of the same page takes over.
async fn follow(console: Console, page: Arc<Remembered<Drawing>>, turn: u64, cookie: String, feed: Feed) {
    let mut nudges = console.office().subscribe();
    let mut seq = None;
    let mut looked = Instant::now();
    let mut minute = String::new();
    loop {
        page.touch();
        let now = console.as_of();
        let news = seq != Some(console.office().seq(&page.key.branch)) || !now.starts_with(&minute) || looked.elapsed() >= LOOK_AGAIN;
        let event = if news {
            let session = console.accounts().session(&cookie, console.real_now_s()).ok().flatten();
            if session.is_none_or(|s| s.token != page.key.session || s.names_hidden != page.key.hidden) {
                let _ = feed.send(Ok(Event::default().event("again").data("{}"))).await;
                return;
            }
            let (drawer, open) = (console.clone(), page.clone());
            let drawn = blocking(move || change(&drawer, &open, turn)).await;
            let Some((event, at)) = drawn else { return };
            seq = Some(at);
            looked = Instant::now();
            minute = now.get(..5).unwrap_or_default().to_owned();
            event
        } else {
            beat(&now)
        };
        let Some(event) = event else { return };
        if feed.send(Ok(event)).await.is_err() {
            return;
        }
        let sent = Instant::now();
        if !wait(&mut nudges, &page, &feed).await {
            return;
        }
        tokio::time::sleep(THROTTLE.saturating_sub(sent.elapsed())).await;
    }
}

/// Waits for news of the page's branch, or for the next heartbeat. False when there is nobody to wait for.
async fn wait(nudges: &mut broadcast::Receiver<crate::office::Nudge>, page: &Remembered<Drawing>, feed: &Feed) -> bool {
    let until = tokio::time::Instant::now() + BEAT;
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(until) => return true,
            () = feed.closed() => return false,
            nudge = nudges.recv() => match nudge {
                Ok(n) if n.branch == page.key.branch => return true,
                Ok(_) => {}
                // So much news that some was dropped: look at once.
                Err(broadcast::error::RecvError::Lagged(_)) => return true,
                // The office is closing.
                Err(broadcast::error::RecvError::Closed) => return false,
            },
        }
    }
}

/// Draws the board anew and says what changed for this page; `None` when another stream feeds the page now.
fn change(console: &Console, page: &Remembered<Drawing>, turn: u64) -> Option<(Option<Event>, u64)> {
    let picture = picture(console, &page.key);
    let mut state = page.state.lock().unwrap_or_else(PoisonError::into_inner);
    if state.1 != turn {
        return None;
    }
    let mut patch = state.0.patch(&picture.drawn, &picture.band);
    if patch.is_empty() {
        return Some((beat(&picture.as_of), picture.seq));
    }
    patch.asof = picture.as_of;
    let event = Event::default().event("patch").id(state.0.number().to_string()).json_data(&patch);
    Some((event.inspect_err(|error| tracing::error!(%error, "a change could not be written")).ok(), picture.seq))
}

fn beat(as_of: &str) -> Option<Event> {
    Event::default().event("beat").json_data(serde_json::json!({ "asof": as_of })).ok()
}
