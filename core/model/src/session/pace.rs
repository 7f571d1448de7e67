//! How fast a device asks, and how much at once.

use crate::limits;
use std::ops::RangeInclusive;

/// The tempo of a session. The default is what a phone in the field keeps to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// Milliseconds between two requests when there is nothing to say: the heartbeat.
    pub idle_ms: i64,
    /// Bound of the first pause after a failure, in milliseconds; it doubles with each further one.
    pub pause_ms: i64,
    /// Largest bound of a pause, in milliseconds.
    pub pause_cap_ms: i64,
    /// Most entries of one push.
    pub push_entries: u64,
    /// Most bytes of entries' text in one push.
    pub push_bytes: usize,
    /// Most bytes of entries' text in one pull.
    pub pull_bytes: u32,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace {
            idle_ms: 5 * 60_000,
            pause_ms: 1_000,
            pause_cap_ms: 60_000,
            push_entries: 1_024,
            push_bytes: 1024 * 1024,
            pull_bytes: 4 * 1024 * 1024,
        }
    }
}

impl Pace {
    /// A pause after this many failures in a row: evenly spread from nothing to a bound that doubles up to the cap.
    pub(super) fn after_failures(&self, failures: u32, random: u64) -> i64 {
        let doubled = self.pause_ms.max(1).saturating_mul(1i64 << failures.saturating_sub(1).min(32));
        let bound = doubled.min(self.pause_cap_ms.max(1));
        (random % (bound as u64 + 1)) as i64
    }

    /// The number of failures from which the bound of a pause is the cap.
    pub(super) fn failures_at_cap(&self) -> u32 {
        (0..32).find(|n| self.pause_ms.max(1) << n >= self.pause_cap_ms).unwrap_or(32)
    }
}

/// How much goes into one request: halved when that was too much, doubled when it went well.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    entries: u64,
    /// What the office took at most, until all is handed over.
    most: u64,
    bytes: usize,
    pull_bytes: u32,
}

/// Below this many bytes a pull is not halved further: some entry has to fit.
const LEAST_PULL: u32 = 64 * 1024;

impl Batch {
    pub(super) fn new(pace: &Pace) -> Batch {
        let most = pace.push_entries.clamp(1, limits::PUSH_ENTRIES as u64);
        Batch { entries: most, most, bytes: pace.push_bytes.clamp(1, limits::SEGMENT_BYTES), pull_bytes: pace.pull_bytes }
    }

    pub(super) fn entries(&self) -> u64 {
        self.entries
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn pull_bytes(&self) -> u32 {
        self.pull_bytes
    }

    /// Halves what was sent, or what may be pulled; false when a single entry was sent already.
    pub(super) fn shrink(&mut self, sent: Option<&RangeInclusive<u64>>) -> bool {
        self.pull_bytes = (self.pull_bytes / 2).max(LEAST_PULL.min(self.pull_bytes));
        let Some(sent) = sent else { return false };
        let count = (sent.end() - sent.start() + 1).min(self.entries);
        self.entries = (count / 2).max(1);
        self.bytes = (self.bytes / 2).max(1);
        count > 1
    }

    /// The office said that twice as much is too large: that need not be tried again and again.
    pub(super) fn stay_below(&mut self) {
        self.most = self.entries;
    }

    /// Doubles the batch after a success; forgets every bound but the pace's own once all is handed over.
    pub(super) fn grow(&mut self, pace: &Pace, all_handed_over: bool) {
        let whole = Batch::new(pace);
        if all_handed_over {
            *self = whole;
            return;
        }
        self.entries = self.entries.saturating_mul(2).min(self.most);
        self.bytes = self.bytes.saturating_mul(2).min(whole.bytes);
        self.pull_bytes = self.pull_bytes.saturating_mul(2).min(whole.pull_bytes);
    }
}
