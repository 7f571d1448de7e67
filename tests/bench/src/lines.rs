//! Roles speak JSON lines: events out, commands in. The end of standard input ends a role.

use serde_json::Value;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;

/// Milliseconds since 1970 with a fraction: the same clock in every process of a run.
pub fn now_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_nanos() as f64 / 1e6)
}

/// Prints one event.
pub fn emit(event: &Value) {
    let mut out = std::io::stdout().lock();
    // A parent that is gone ends the role through standard input; there is nobody to tell here.
    let _ = writeln!(out, "{event}").and_then(|()| out.flush());
}

/// Commands, one a line; the channel closes when the parent does.
pub fn commands() -> mpsc::UnboundedReceiver<String> {
    let (tx, rx) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if tx.send(line.trim().to_owned()).is_err() {
                return;
            }
        }
    });
    rx
}
