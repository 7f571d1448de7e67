//! The server of the storm: the office itself, behind its own HTTP, on its own store, with every check and seal on.

use crate::client::Failure;
use crate::lines::{commands, emit, now_ms};
use crate::workload::{self, Checksum};
use crate::{desk, map, provider};
use holdfast_host::{HostClock, ManualClock};
use holdfast_model::entry::Read;
use holdfast_model::id::DocumentId;
use holdfast_model::time::{HOUR, Millis};
use holdfast_sync_server::Office;
use holdfast_sync_server::http::{Stop, router, serve};
use serde_json::json;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast::error::RecvError;

/// The server role: has every visit planned and a code made for every phone, then serves.
pub async fn server(port: u16, data: &Path, size: &str) -> Result<(), Failure> {
    // The plans lie on the server's disk before it starts: what their making took is not the server's.
    let made = tokio::process::Command::new(std::env::current_exe()?)
        .args(["role", "holdfast", "plans", "--size", size, "--data"])
        .arg(data)
        .status()
        .await?;
    if !made.success() {
        return Err("the plans could not be made".into());
    }
    let clock: HostClock = format!("file:{}", data.join("clock").display()).parse::<holdfast_host::ClockSpec>()?.open()?;
    let office = desk::office(&data.join("office"), Arc::new(clock))?;
    let last_durable = watch_commits(&office);
    let stop = Stop::default();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    tokio::spawn(serve(listener, router(office, stop.clone()), None, stop));
    emit(&json!({"ev": "ready"}));
    let mut lines = commands();
    while let Some(line) = lines.recv().await {
        if line == "stat" {
            let at = *last_durable.lock().unwrap_or_else(PoisonError::into_inner);
            emit(&json!({"ev": "stat", "lastDurable": at, "pending": 0, "writes": 0}));
        } else if line == "quit" {
            break;
        }
    }
    Ok(())
}

/// The time of the last commit that held records, in milliseconds since 1970: the office nudges whoever listens once they are durable. When phones
/// were heard is written later, and is nobody's record.
fn watch_commits(office: &Office) -> Arc<Mutex<f64>> {
    let last = Arc::new(Mutex::new(0.0));
    let (mut nudges, seen) = (office.subscribe(), last.clone());
    tokio::spawn(async move {
        while !matches!(nudges.recv().await, Err(RecvError::Closed)) {
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = now_ms();
        }
    });
    last
}

/// The plans role: plans every visit, makes a code for every phone.
pub fn plans(data: &Path, size: &str) -> Result<(), Failure> {
    let (d, v) = workload::size(size).ok_or("no such size")?;
    let visits = workload::generate(d, v);
    let clock = data.join("clock");
    std::fs::write(&clock, (visits[0].plan["start"].as_i64().ok_or("no start")? - 600_000).to_string())?;
    let clock: HostClock = format!("file:{}", clock.display()).parse::<holdfast_host::ClockSpec>()?.open()?;
    let office = desk::office(&data.join("office"), Arc::new(clock))?;
    office.record_many(&provider::coordinator(), &provider::branch(), &provider::workers(d), provider::plans(&visits))?;
    let workers = (0..d).map(provider::worker).chain([provider::coordinator()]);
    let codes: Vec<String> = workers.map(|w| Ok(office.enrol_code(&w, 12 * HOUR)?.code)).collect::<Result<_, Failure>>()?;
    std::fs::write(data.join("codes.json"), serde_json::to_vec(&codes)?)?;
    office.close();
    Ok(())
}

/// The verify role: a fresh process opens a killed server's store and sums what came from the workload.
pub fn verify(data: &Path) -> Result<(), Failure> {
    let at = std::fs::read_to_string(data.join("clock"))?.trim().parse()?;
    let office = desk::office(&data.join("office"), Arc::new(ManualClock::alone(Millis(at))))?;
    let mut sum = Checksum::default();
    for visit in office.visit_ids(&provider::branch()) {
        for read in office.entries(&DocumentId::Visit(visit))? {
            if let Read::Known(entry) = read
                && let Some(original) = map::original(&entry)
            {
                sum.add(&original);
            }
        }
    }
    emit(&json!({"ev": "checksum", "count": sum.count, "sum": sum.hex()}));
    Ok(())
}
