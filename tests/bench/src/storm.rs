//! The restoration storm: all phones come back at once. Server, observer and devices are processes of their own on
//! loopback, started by this one; afterwards the server is killed and a fresh process reads its store.

use crate::lines::now_ms;
use crate::measure::{cpu_seconds, loopback_bytes, median, memory, reset_peak};
use crate::workload;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Who is measured: ourselves, and the least that any server with a durable store must do.
pub const PEERS: [&str; 2] = ["floor", "holdfast"];

/// What one run showed.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Until the observer held every entry, seconds.
    pub observer_s: f64,
    /// Server CPU until then, seconds.
    pub server_cpu_at_observer_s: f64,
    /// Until the last durable write, seconds.
    pub quiet_s: f64,
    /// Server CPU until then, seconds.
    pub server_cpu_s: f64,
    /// CPU of all phones and of the observer until it held every entry, seconds.
    pub devices_cpu_s: f64,
    /// See `devices_cpu_s`.
    pub observer_cpu_s: f64,
    /// Bytes on the wire, both directions, TCP/IP headers included.
    pub wire: u64,
    /// Peak memory of the server.
    pub peak: u64,
}

struct Role {
    child: Child,
    stdin: ChildStdin,
    events: Receiver<Value>,
}

impl Role {
    fn start(peer: &str, role: &str, args: &[String]) -> Result<Role, String> {
        let exe = std::env::current_exe().map_err(|e| e.to_string())?;
        let mut child = Command::new(exe)
            .args(["role", peer, role])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{role} does not start: {e}"))?;
        let stdin = child.stdin.take().ok_or("no standard input")?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let (tx, events) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Ok(event) = serde_json::from_str(&line)
                    && tx.send(event).is_err()
                {
                    return;
                }
            }
        });
        Ok(Role { child, stdin, events })
    }
    fn say(&mut self, command: &str) -> Result<(), String> {
        writeln!(self.stdin, "{command}").map_err(|e| format!("a role is gone: {e}"))
    }
    fn wait(&self, event: &str, seconds: u64) -> Result<Value, String> {
        let until = Instant::now() + Duration::from_secs(seconds);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let got = self.events.recv_timeout(left).map_err(|_| format!("no '{event}' within {seconds} s"))?;
            if got["ev"] == event {
                return Ok(got);
            }
        }
    }
    fn ask(&mut self, command: &str, event: &str) -> Result<Value, String> {
        self.say(command)?;
        self.wait(event, 120)
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        // Both fail only when the process is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the storm once against one peer, and checks what arrived and what survived the kill.
pub fn run(peer: &str, size: &str, scratch: &Path) -> Result<Figures, String> {
    let (d, v) = workload::size(size).ok_or_else(|| format!("no size {size}"))?;
    let expected = workload::checksum(&workload::generate(d, v));
    let data = scratch.join(peer);
    std::fs::create_dir_all(&data).map_err(|e| e.to_string())?;
    let port = free_port()?;
    let args: Vec<String> =
        ["--port", &port.to_string(), "--data", &data.to_string_lossy(), "--size", size].iter().map(|s| (*s).to_owned()).collect();
    let mut server = Role::start(peer, "server", &args)?;
    server.wait("ready", 300)?;
    let mut observer = Role::start(peer, "observer", &args)?;
    observer.wait("ready", 300)?;
    let mut devices = Role::start(peer, "devices", &args)?;
    devices.wait("ready", 600)?;
    std::thread::sleep(Duration::from_millis(1000));

    let pid = server.child.id();
    reset_peak(pid);
    let clients = [devices.child.id(), observer.child.id()];
    let clients0 = clients.map(cpu_seconds);
    let (cpu0, wire0, t0) = (cpu_seconds(pid), loopback_bytes(), now_ms());
    devices.say("go")?;
    let complete = observer.wait("complete", 300)?;
    let cpu_at_observer = cpu_seconds(pid) - cpu0;
    let [devices_cpu_s, observer_cpu_s] = [0, 1].map(|i| cpu_seconds(clients[i]) - clients0[i]);
    devices.wait("pushed", 300)?;
    let last_durable = quiet(&mut server)?;
    let server_cpu = cpu_seconds(pid) - cpu0;
    let wire = loopback_bytes() - wire0;
    let peak = memory(pid, "VmHWM");

    same("the observer", &observer.ask("verify", "checksum")?, expected)?;
    drop((observer, devices));
    drop(server); // SIGKILL
    let reader = Role::start(peer, "verify", &args)?;
    same("the killed server's store", &reader.wait("checksum", 300)?, expected)?;
    let t = complete["t"].as_f64().unwrap_or(f64::NAN);
    Ok(Figures {
        observer_s: (t - t0) / 1e3,
        server_cpu_at_observer_s: cpu_at_observer,
        quiet_s: (last_durable.max(t) - t0) / 1e3,
        server_cpu_s: server_cpu,
        devices_cpu_s,
        observer_cpu_s,
        wire,
        peak,
    })
}

/// Waits until the server has written nothing for half a second; the time of its last durable write.
fn quiet(server: &mut Role) -> Result<f64, String> {
    let mut last = f64::NAN;
    let mut since = Instant::now();
    while since.elapsed() < Duration::from_millis(500) {
        std::thread::sleep(Duration::from_millis(50));
        let stat = server.ask("stat", "stat")?;
        let t = stat["lastDurable"].as_f64().unwrap_or(f64::NAN);
        if t.total_cmp(&last).is_ne() || stat["pending"].as_u64().unwrap_or(0) > 0 {
            last = t;
            since = Instant::now();
        }
    }
    Ok(last)
}

fn same(who: &str, got: &Value, expected: workload::Checksum) -> Result<(), String> {
    if got["count"].as_u64() == Some(expected.count) && got["sum"].as_str() == Some(&expected.hex()) {
        Ok(())
    } else {
        Err(format!("{who} has {got}, not {} entries with checksum {}", expected.count, expected.hex()))
    }
}

fn free_port() -> Result<u16, String> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).map_err(|e| e.to_string())?;
    listener.local_addr().map(|a| a.port()).map_err(|e| e.to_string())
}

/// Runs every peer in turn, `runs` times, and prints medians with ratios to the floor.
pub fn table(size: &str, runs: usize) -> Result<(), String> {
    let mut all: Vec<(&str, Vec<Figures>)> = PEERS.iter().map(|p| (*p, Vec::new())).collect();
    for _ in 0..runs {
        for (peer, figures) in &mut all {
            let scratch = tempfile::tempdir().map_err(|e| e.to_string())?;
            figures.push(run(peer, size, scratch.path())?);
        }
    }
    let (d, v) = workload::size(size).ok_or("no such size")?;
    println!("\n### Restoration storm {size}: {d} devices × {v} visits, median of {runs}\n");
    println!(
        "| | observer complete s | × floor | server CPU by then s | quiet s | server CPU in all s | phones' CPU s | observer's CPU s | wire MB | peak MB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let mid = |f: &[Figures], get: fn(&Figures) -> f64| median(&mut f.iter().map(get).collect::<Vec<_>>());
    let floor = mid(&all[0].1, |f| f.observer_s);
    for (peer, f) in &all {
        println!(
            "| {peer} | {:.3} | {:.2} | {:.3} | {:.3} | {:.3} | {:.3} | {:.3} | {:.2} | {:.0} |",
            mid(f, |f| f.observer_s),
            mid(f, |f| f.observer_s) / floor,
            mid(f, |f| f.server_cpu_at_observer_s),
            mid(f, |f| f.quiet_s),
            mid(f, |f| f.server_cpu_s),
            mid(f, |f| f.devices_cpu_s),
            mid(f, |f| f.observer_cpu_s),
            mid(f, |f| f.wire as f64) / 1e6,
            mid(f, |f| f.peak as f64) / 1e6,
        );
    }
    Ok(())
}
