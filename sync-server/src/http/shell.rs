//! Addresses.

use super::listen::Stop;
use super::openapi;
use crate::office::{Begun, Office, refusal};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use futures_util::{Stream, StreamExt};
use holdfast_model::limits;
use holdfast_model::port::{Answer, Ask};
use holdfast_model::wire::{DEVICE_HEADER, SIGNATURE_HEADER};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, broadcast};

/// Requests in hand at once: each holds its body, inflated, until it is durable. The others wait their turn.
const IN_HAND: usize = 32;
/// A body up to this length is read where it arrived, which takes a millisecond or two: handing it to another thread costs as much again.
const AT_ONCE: usize = 32 * 1024;
/// A line that says nothing keeps a stream open through whatever stands between.
const STREAM_ALIVE: Duration = Duration::from_secs(20);

#[derive(Clone)]
struct Shell {
    office: Office,
    in_hand: Arc<Semaphore>,
    cores: Arc<Semaphore>,
    stop: Stop,
}

/// The routes of the office. `stop` ends streams that would otherwise never end.
pub fn router(office: Office, stop: Stop) -> Router {
    let cores = std::thread::available_parallelism().map_or(2, |n| n.get());
    let shell = Shell { office, in_hand: Arc::new(Semaphore::new(IN_HAND)), cores: Arc::new(Semaphore::new(cores)), stop };
    Router::new()
        .route("/v1/sync", post(answer))
        .route("/v1/enrol", post(answer))
        .route("/v1/live", get(live))
        .route("/v1/{*rest}", any(nowhere))
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(document))
        .with_state(shell)
}

async fn answer(State(shell): State<Shell>, request: Request) -> Response {
    // Whoever waits for a turn is load already.
    let _here = shell.office.arrives();
    // Closing this semaphore is nobody's business, so it gives a permit sooner or later.
    let _in_hand = shell.in_hand.acquire().await;
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, limits::BODY_BYTES).await else {
        return reply(crate::office::too_large());
    };
    let ask = Ask { path: parts.uri.path().to_owned(), headers: headers(&parts.headers), body: body.into() };
    let caller = shell.office.caller(&ask);
    let begun = if ask.body.len() <= AT_ONCE && caller.is_some() {
        at_once(|| shell.office.begin_for(ask, caller))
    } else {
        // On a thread that may wait, for the writer or the disk.
        let _core = shell.cores.acquire().await;
        let office = shell.office.clone();
        tokio::task::spawn_blocking(move || office.begin_for(ask, caller)).await.map_err(|_| BrokeOff)
    };
    let answered = match begun {
        Ok(Begun::Done(answer)) => Ok(answer),
        Ok(Begun::Pending(mut pending)) => {
            let stored = match pending.stored.take() {
                Some(stored) => Some(stored.await.unwrap_or(Err(crate::OfficeError::Stopping))),
                None => None,
            };
            let office = shell.office.clone();
            if office.finishes_at_once(&pending) {
                at_once(|| office.finish(*pending, stored))
            } else {
                let _core = shell.cores.acquire().await;
                tokio::task::spawn_blocking(move || office.finish(*pending, stored)).await.map_err(|_| BrokeOff)
            }
        }
        Err(e) => Err(e),
    };
    answered.map_or_else(|_| reply(broken()), reply)
}

/// Works where the request arrived, as on a thread of its own: what breaks off is said to have, and takes no connection with it.
fn at_once<T>(work: impl FnOnce() -> T) -> Result<T, BrokeOff> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).map_err(|_| BrokeOff)
}

/// What phones ask for and is not there is said to them, not to somebody at a browser.
async fn nowhere() -> Response {
    reply(crate::office::no_such_path())
}

/// The work on a request ended in the middle: a mistake of ours, never of the request.
struct BrokeOff;

/// What a request gets whose work broke off: nothing is lost, since nothing is confirmed before it is durable.
fn broken() -> Answer {
    tracing::error!(code = "office_fault", "a request broke off; the phone keeps what it brought and sends it again");
    let says = "The office could not finish this. What is on this phone stays there and is sent again by itself.";
    refusal(500, "office_fault", says, Some(60_000))
}

/// The headers that the office reads.
fn headers(all: &HeaderMap) -> Vec<(String, String)> {
    let wanted = [DEVICE_HEADER, SIGNATURE_HEADER];
    wanted.iter().filter_map(|name| Some(((*name).to_owned(), all.get(*name)?.to_str().ok()?.to_owned()))).collect()
}

fn reply(answer: Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Tells a phone that something of its branch is new. It carries no content, only a count.
async fn live(State(shell): State<Shell>, headers: HeaderMap) -> Response {
    let named = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let Some(branch) = shell.office.listens(&named(DEVICE_HEADER), &named(SIGNATURE_HEADER)) else {
        let says =
            "The office could not tell that this came from a phone it knows. Nothing is lost; the phone asks by itself from time to time.";
        return reply(refusal(401, "bad_signature", says, None));
    };
    let nudges = shell.office.subscribe();
    let first = shell.office.seq(&branch);
    let office = shell.office.clone();
    let later = futures_util::stream::unfold((nudges, branch.clone()), move |(mut nudges, branch)| {
        let office = office.clone();
        async move {
            loop {
                match nudges.recv().await {
                    Ok(nudge) if nudge.branch == branch => return Some((nudge.seq, (nudges, branch))),
                    Ok(_) => {}
                    // It fell behind: the latest count says it all.
                    Err(broadcast::error::RecvError::Lagged(_)) => return Some((office.seq(&branch), (nudges, branch))),
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        }
    });
    let stream = futures_util::stream::once(async move { first }).chain(later).map(move |seq| event(&branch, seq));
    let stream = stream.take_until(shell.stop.stopped());
    Sse::new(boxed(stream)).keep_alive(KeepAlive::new().interval(STREAM_ALIVE)).into_response()
}

fn boxed(
    stream: impl Stream<Item = Result<Event, Infallible>> + Send + 'static,
) -> std::pin::Pin<Box<dyn Stream<Item = Result<Event, Infallible>> + Send>> {
    Box::pin(stream)
}

fn event(branch: &holdfast_model::id::BranchId, seq: u64) -> Result<Event, Infallible> {
    let nudge = crate::office::Nudge { branch: branch.clone(), seq };
    Ok(Event::default().event("nudge").data(serde_json::to_string(&nudge).expect("a nudge has string keys only")))
}

async fn health(State(shell): State<Shell>) -> Response {
    let healthy = tokio::task::spawn_blocking(move || shell.office.flush()).await;
    match healthy {
        Ok(Ok(())) => (StatusCode::OK, [(header::CACHE_CONTROL, "no-store")], "ok\n").into_response(),
        Ok(Err(e)) => (StatusCode::SERVICE_UNAVAILABLE, [(header::CACHE_CONTROL, "no-store")], format!("{}\n", e.code())).into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "office_fault\n").into_response(),
    }
}

async fn metrics(State(shell): State<Shell>) -> Response {
    let text = shell.office.metrics().text(&shell.office.gauges());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], openapi::document().to_string()).into_response()
}
