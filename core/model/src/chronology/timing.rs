//! What is known of the moment at which an entry was recorded.

use crate::time::{MINUTE, Millis};
use serde::{Deserialize, Serialize};

/// Wall clocks that are wrong by less than this read as right: times are shown to the minute.
pub(super) const RIGHT_WITHIN_MS: i64 = MINUTE;

/// When an entry was recorded, in true time, with the doubt as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Not before this; absent when no evidence bounds it.
    pub earliest: Option<Millis>,
    /// Not after this; absent when no evidence bounds it.
    pub latest: Option<Millis>,
    /// The best guess: the middle of the interval; without any sample, the wall clock where the evidence allows it.
    pub best: Millis,
    /// What a reader must know before relying on it.
    pub doubt: Doubt,
}

/// What a reader must know before relying on a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Doubt {
    /// The phone's clock was right to within a minute, and so is the interval.
    Exact,
    /// The phone's clock was fast. The times shown are put right; what it said is kept beside them.
    WallFastBy {
        /// By how much, in milliseconds.
        ms: i64,
    },
    /// The phone's clock was slow (one set to 1970 is slow by half a century).
    WallSlowBy {
        /// By how much, in milliseconds.
        ms: i64,
    },
    /// Somebody set the phone's clock between the entry before it in this document and this one.
    WallChangedMeanwhile {
        /// How fast it was before, in milliseconds; negative for slow.
        fast_before_ms: i64,
        /// How fast it is now.
        fast_now_ms: i64,
    },
    /// The last exchange with the office is long past, or was slow.
    GiveOrTake {
        /// Half the interval, in milliseconds.
        ms: i64,
    },
    /// The phone had not reached the office since it was switched on: the time is bounded by what came before and after.
    NoSample {
        /// True when its wall clock, put right by what is known of it, lies within the bounds and is shown.
        wall_fits: bool,
    },
}

impl Timing {
    /// Half the interval in milliseconds, when it has two ends.
    pub fn give_or_take_ms(&self) -> Option<i64> {
        Some(self.latest?.since(self.earliest?) / 2)
    }

    /// True when both could be the same moment. For display only: this is no equality and no order.
    pub fn overlaps(&self, other: &Timing) -> bool {
        let before = |a: Option<Millis>, b: Option<Millis>| a.zip(b).is_some_and(|(a, b)| a < b);
        !before(self.latest, other.earliest) && !before(other.latest, self.earliest)
    }

    /// True when `at` may be the true time.
    pub fn admits(&self, at: Millis) -> bool {
        self.earliest.is_none_or(|e| e <= at) && self.latest.is_none_or(|l| at <= l)
    }

    /// The same evidence with one more bound on either side. A bound that contradicts what is known is left out:
    /// the interval never becomes empty.
    pub(super) fn bounded(mut self, earliest: Option<Millis>, latest: Option<Millis>) -> Timing {
        if let Some(e) = earliest
            && self.earliest.is_none_or(|own| own < e)
            && self.latest.is_none_or(|l| e <= l)
        {
            self.earliest = Some(e);
        }
        if let Some(l) = latest
            && self.latest.is_none_or(|own| own > l)
            && self.earliest.is_none_or(|e| e <= l)
        {
            self.latest = Some(l);
        }
        self.best = self.clamp(self.best);
        self
    }

    /// `at`, or the nearest moment that the evidence allows.
    pub(super) fn clamp(&self, at: Millis) -> Millis {
        let at = self.earliest.map_or(at, |e| at.max(e));
        self.latest.map_or(at, |l| at.min(l))
    }

    /// The middle of the interval, or the one end that is known.
    pub(super) fn middle(&self) -> Option<Millis> {
        match (self.earliest, self.latest) {
            (Some(e), Some(l)) => Some(e.plus(l.since(e) / 2)),
            (one, other) => one.or(other),
        }
    }
}
