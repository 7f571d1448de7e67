//! Holdfast's figures, each beside what it is compared with, in one run. `./dev bench` runs them all.
//!
//! ```text
//! holdfast-bench [all]                 every figure below, as tables
//! holdfast-bench append                durable append beside a raw SQLite insert
//! holdfast-bench open                  today's list with a year on the phone
//! holdfast-bench idle                  a contact with nothing new over 10,000 documents
//! holdfast-bench storm SIZE [RUNS]     the restoration storm beside the floor; SIZE is S, M, L or DxV
//! holdfast-bench role PEER ROLE …      one process of a storm, speaking JSON lines
//! ```
//!
//! The storm runs in a network namespace of its own when this process may make one: then the counters of loopback are
//! exactly the bytes of the run.

mod append;
mod client;
mod desk;
mod floor;
mod idle;
mod lines;
mod map;
mod measure;
mod observer;
mod office;
mod open;
mod phones;
mod provider;
mod storm;
mod workload;

use client::Failure;
use holdfast_model::time::Millis;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    // One cryptography provider for every TLS client of the process; a second call would only say that it is there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("bench: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<(), Failure> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["role", peer, role, ..] => return role_of(peer, role, args),
        ["storm", ..] if alone_on_loopback(args)? => return Ok(()),
        _ => {}
    }
    let scratch = tempfile::tempdir()?;
    match words.as_slice() {
        [] | ["all"] => {
            append::table(scratch.path())?;
            open::table(&scratch.path().join("year"), 9)?;
            idle::table(&scratch.path().join("idle"))?;
            for size in ["S", "M"] {
                let storm = ["storm".to_owned(), size.to_owned()];
                if !alone_on_loopback(&storm)? {
                    storm::table(size, 3)?;
                }
            }
            Ok(())
        }
        ["append"] => append::table(scratch.path()),
        ["open"] => open::table(scratch.path(), 9),
        ["idle"] => idle::table(scratch.path()),
        ["storm", size] => Ok(storm::table(size, 3)?),
        ["storm", size, runs] => Ok(storm::table(size, runs.parse()?)?),
        _ => Err("usage: holdfast-bench [all | append | open | idle | storm SIZE [RUNS]]".into()),
    }
}

/// Starts this program again in a network namespace of its own; false when that is done or cannot be.
fn alone_on_loopback(args: &[String]) -> Result<bool, Failure> {
    const MARK: &str = "HOLDFAST_BENCH_ALONE";
    let possible = std::process::Command::new("unshare").args(["-n", "true"]).stderr(std::process::Stdio::null()).status();
    if std::env::var_os(MARK).is_some() || !possible.is_ok_and(|s| s.success()) {
        return Ok(false);
    }
    let done = std::process::Command::new("unshare")
        .args(["-n", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"])
        .arg(std::env::current_exe()?)
        .args(args)
        .env(MARK, "1")
        .status()?;
    if done.success() { Ok(true) } else { Err("the storm failed".into()) }
}

fn role_of(peer: &str, role: &str, args: &[String]) -> Result<(), Failure> {
    let value = |name: &str| args.iter().position(|a| a == name).and_then(|i| args.get(i + 1)).cloned();
    let data = PathBuf::from(value("--data").unwrap_or_default());
    let port: u16 = value("--port").and_then(|p| p.parse().ok()).unwrap_or(0);
    let size = value("--size").unwrap_or_default();
    match (peer, role) {
        ("phone", "open") => return open::once(&data, Millis(value("--at").ok_or("--at")?.parse()?)),
        ("floor", "verify") => return floor::verify(&data),
        ("holdfast", "plans") => return office::plans(&data, &size),
        ("holdfast", "verify") => return office::verify(&data),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        match (peer, role) {
            ("floor", "server") => floor::server(port, &data).await,
            ("floor", "observer") => floor::observer(port, &size).await,
            ("floor", "devices") => floor::devices(port, &size).await,
            ("holdfast", "server") => office::server(port, &data, &size).await,
            ("holdfast", "observer") => observer::observer(port, &size, &data).await,
            ("holdfast", "devices") => phones::devices(port, &size, &data).await,
            _ => Err(format!("no role {role} of {peer}").into()),
        }
    })
}
