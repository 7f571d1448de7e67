//! Counts of what the office does, in the text format of Prometheus. No person, phone or worker is in any of them.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// The counts. They begin at nothing with each start.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: AtomicU64,
    refusals: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    entries: AtomicU64,
}

impl Metrics {
    pub(crate) fn asked(&self, bytes: usize) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }
    pub(crate) fn refused(&self) {
        self.refusals.fetch_add(1, Ordering::Relaxed);
    }
    pub(crate) fn answered(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }
    pub(crate) fn brought(&self, entries: u64) {
        self.entries.fetch_add(entries, Ordering::Relaxed);
    }

    /// The counts as text. `gauges` are further lines: name, meaning, value.
    pub fn text(&self, gauges: &[(&str, &str, u64)]) -> String {
        let counts = [
            ("holdfast_sync_requests_total", "Requests to synchronise.", &self.requests),
            ("holdfast_refusals_total", "Requests that were refused.", &self.refusals),
            ("holdfast_sync_bytes_in_total", "Bytes of requests' bodies.", &self.bytes_in),
            ("holdfast_sync_bytes_out_total", "Bytes of replies' bodies.", &self.bytes_out),
            ("holdfast_entries_brought_total", "Entries that phones brought, those that were here already included.", &self.entries),
        ];
        let mut text = String::new();
        for (name, help, count) in counts {
            let value = count.load(Ordering::Relaxed);
            // Writing to a text does not fail.
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}\n");
        }
        for (name, help, value) in gauges {
            let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
        }
        text
    }
}
