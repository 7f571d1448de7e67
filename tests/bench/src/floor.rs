//! The floor: the least that any server with a durable store must do. It keeps each phone's compressed batch as one
//! row, commits before it answers, and passes batches on as they are. No signatures, no seals, no documents.

use crate::client::Failure;
use crate::lines::{commands, emit, now_ms};
use crate::workload::{self, Checksum};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::routing::{get, post};
use futures_util::stream::{self, StreamExt};
use rusqlite::Connection;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use tokio::sync::{broadcast, oneshot};

type Job = (Bytes, oneshot::Sender<()>);

#[derive(Clone)]
struct App {
    jobs: Sender<Job>,
    relay: broadcast::Sender<Bytes>,
}

fn open(data: &Path) -> rusqlite::Result<Connection> {
    let c = Connection::open(data.join("floor.db"))?;
    c.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS batch(seq INTEGER PRIMARY KEY, body BLOB);",
    )?;
    Ok(c)
}

fn writer(mut c: Connection, jobs: &Receiver<Job>, relay: &broadcast::Sender<Bytes>, last: &Mutex<f64>) -> rusqlite::Result<()> {
    while let Ok(first) = jobs.recv() {
        let batch: Vec<Job> = std::iter::once(first).chain(jobs.try_iter().take(63)).collect();
        let tx = c.transaction()?;
        for (body, _) in &batch {
            tx.prepare_cached("INSERT INTO batch(body) VALUES (?)")?.execute([&body[..]])?;
        }
        tx.commit()?;
        *last.lock().expect("no panic while held") = now_ms();
        for (body, done) in batch {
            // Nobody subscribed, or the phone hung up: the batch is durable all the same.
            let _ = relay.send(body);
            let _ = done.send(());
        }
    }
    Ok(())
}

/// The server role.
pub async fn server(port: u16, data: &Path) -> Result<(), Failure> {
    let c = open(data)?;
    let (jobs, work) = channel();
    let relay = broadcast::channel(65_536).0;
    let last = Arc::new(Mutex::new(0.0));
    let app = App { jobs, relay: relay.clone() };
    let seen = last.clone();
    std::thread::spawn(move || writer(c, &work, &relay, &seen).expect("the floor's store works"));
    let router = Router::new()
        .route("/batch", post(take))
        .route("/stream", get(pass_on))
        .layer(axum::extract::DefaultBodyLimit::max(64 << 20))
        .with_state(app);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    emit(&json!({"ev": "ready"}));
    let mut lines = commands();
    while let Some(line) = lines.recv().await {
        if line == "stat" {
            emit(&json!({"ev": "stat", "lastDurable": *last.lock().expect("no panic while held"), "pending": 0, "writes": 0}));
        } else if line == "quit" {
            break;
        }
    }
    Ok(())
}

async fn take(State(app): State<App>, body: Bytes) -> &'static str {
    let (done, wait) = oneshot::channel();
    if app.jobs.send((body, done)).is_ok() && wait.await.is_ok() { "ok" } else { "gone" }
}

async fn pass_on(State(app): State<App>) -> Body {
    let hello = stream::once(async { Ok::<_, std::io::Error>(Bytes::from_static(&[0; 4])) });
    let batches = stream::unfold(app.relay.subscribe(), |mut rx| async move {
        let body = rx.recv().await.ok()?;
        let framed: Bytes = [&(body.len() as u32).to_be_bytes()[..], &body].concat().into();
        Some((Ok(framed), rx))
    });
    Body::from_stream(hello.chain(batches))
}

/// The observer role.
pub async fn observer(port: u16, size: &str) -> Result<(), Failure> {
    let (d, v) = workload::size(size).ok_or("no such size")?;
    let expected = workload::checksum(&workload::generate(d, v)).count as usize;
    let mut reply = crate::client::http()?.get(format!("http://127.0.0.1:{port}/stream")).send().await?;
    let (mut buffer, mut entries): (Vec<u8>, Vec<Map<String, Value>>) = (Vec::new(), Vec::new());
    let mut lines = commands();
    let mut said = (false, false);
    loop {
        tokio::select! {
            chunk = reply.chunk() => {
                buffer.extend_from_slice(&chunk?.ok_or("the stream ended")?);
                while let Some(n) = buffer.first_chunk::<4>().map(|n| u32::from_be_bytes(*n) as usize) {
                    if buffer.len() < 4 + n { break }
                    if n > 0 {
                        for line in zstd::decode_all(&buffer[4..4 + n])?.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
                            entries.push(serde_json::from_slice(line)?);
                        }
                    }
                    buffer.drain(..4 + n);
                }
                if !said.0 { said.0 = true; emit(&json!({"ev": "ready"})); }
                if entries.len() >= expected && !said.1 { said.1 = true; emit(&json!({"ev": "complete", "t": now_ms(), "n": entries.len()})); }
            }
            line = lines.recv() => match line.as_deref() {
                Some("progress") => emit(&json!({"ev": "progress", "n": entries.len()})),
                Some("verify") => say_checksum(entries.iter()),
                Some("quit") | None => return Ok(()),
                _ => {}
            }
        }
    }
}

/// Prints the checksum event over entries.
pub fn say_checksum<'a>(entries: impl Iterator<Item = &'a Map<String, Value>>) {
    let mut sum = Checksum::default();
    entries.for_each(|e| sum.add(e));
    emit(&json!({"ev": "checksum", "count": sum.count, "sum": sum.hex()}));
}

/// The devices role.
pub async fn devices(port: u16, size: &str) -> Result<(), Failure> {
    let (d, v) = workload::size(size).ok_or("no such size")?;
    let mut raw = vec![Vec::new(); d];
    for visit in workload::generate(d, v) {
        for (who, entries) in [(Some(visit.device), &visit.entries), (visit.second, &visit.extra)] {
            for (who, e) in who.into_iter().flat_map(|w| entries.iter().map(move |e| (w, e))) {
                serde_json::to_writer(&mut raw[who], e)?;
                raw[who].push(b'\n');
            }
        }
    }
    // A phone has its client before it has a network; the connection is opened in the storm.
    let mut clients = raw.iter().map(|_| crate::client::http()).collect::<Result<Vec<_>, _>>()?;
    emit(&json!({"ev": "ready"}));
    let mut lines = commands();
    while let Some(line) = lines.recv().await {
        match line.as_str() {
            "go" => {
                let batches = raw.drain(..).zip(clients.drain(..));
                let pushes: Vec<_> = batches.map(|(batch, client)| tokio::spawn(push(port, client, batch))).collect();
                for p in pushes {
                    p.await??;
                }
                emit(&json!({"ev": "pushed", "t": now_ms()}));
            }
            "quit" => break,
            _ => {}
        }
    }
    Ok(())
}

async fn push(port: u16, client: reqwest::Client, batch: Vec<u8>) -> Result<(), Failure> {
    let body = zstd::encode_all(&batch[..], 3)?;
    let reply = client.post(format!("http://127.0.0.1:{port}/batch")).body(body).send().await?;
    reply.error_for_status()?.bytes().await?;
    Ok(())
}

/// Reads a killed server's store.
pub fn verify(data: &Path) -> Result<(), Failure> {
    let c = open(data)?;
    let mut entries: Vec<Map<String, Value>> = Vec::new();
    let mut statement = c.prepare("SELECT body FROM batch")?;
    for body in statement.query_map([], |r| r.get::<_, Vec<u8>>(0))? {
        for line in zstd::decode_all(&body?[..])?.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            entries.push(serde_json::from_slice(line)?);
        }
    }
    say_checksum(entries.iter());
    Ok(())
}
