//! What wrong PINs cost: five tries are free, then each waits, and the tenth destroys the read path. Never the outbox.
//!
//! A try is counted *before* the PIN is checked, so that switching the phone off in between buys nothing:
//!
//! 1. [`Lockout::attempt`]; store what it leaves; only then try the PIN
//! 2. it was right: [`Lockout::succeeded`]; it was wrong: [`Lockout::verdict`]; store again
//!
//! The state is kept in two places (the store and beside it); [`Lockout::stricter`] of the two counts, so putting one back gains nothing.

use holdfast_model::id::BootId;
use holdfast_model::time::{ClockReading, MINUTE};
use serde::{Deserialize, Serialize};

/// Tries that cost nothing.
pub const FREE: u8 = 5;
/// The wrong try that destroys the worker's key on this phone.
pub const LAST: u8 = 10;

/// How many tries in a row were wrong, and when the latest was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Lockout {
    /// Tries since the last right one.
    wrong: u8,
    /// Where the waiting began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Since>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Since {
    boot: BootId,
    mono_ms: i64,
}

/// How it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Verdict {
    /// A PIN may be tried. `left` tries remain until the key is destroyed.
    Open {
        /// Tries that remain, this one included.
        left: u8,
    },
    /// Wait first.
    Wait {
        /// For so long, in milliseconds.
        ms: i64,
        /// Tries that remain.
        left: u8,
    },
    /// Ten were wrong. The caller destroys the worker's key in the custodian (again, if it did before): reading needs the office now.
    Destroyed,
}

/// How long to wait before another try, after so many wrong ones.
fn delay_ms(wrong: u8) -> i64 {
    match wrong {
        0..FREE => 0,
        5 => MINUTE / 2,
        6 => 2 * MINUTE,
        7 => 10 * MINUTE,
        _ => 30 * MINUTE,
    }
}

impl Lockout {
    /// Reads a stored record. None is none; one that cannot be read counts as eight wrong tries, so that spoiling it buys no tries and still
    /// destroys nothing by itself.
    pub fn read(stored: Option<&[u8]>) -> Lockout {
        let Some(bytes) = stored else { return Lockout::default() };
        serde_json::from_slice(bytes).unwrap_or(Lockout { wrong: LAST - 2, since: Some(Since { boot: BootId([0; 8]), mono_ms: 0 }) })
    }

    /// The record to be stored.
    pub fn to_bytes(self) -> Vec<u8> {
        serde_json::to_vec(&self).expect("a count has string keys only")
    }

    /// How it stands now. Waiting is measured by the clock that nobody can set; after a restart of the phone it begins anew.
    pub fn verdict(&self, now: &ClockReading) -> Verdict {
        if self.wrong >= LAST {
            return Verdict::Destroyed;
        }
        let left = LAST - self.wrong;
        let waited = match self.since {
            Some(since) if since.boot == now.boot => now.mono_ms.saturating_sub(since.mono_ms).max(0),
            // A restart: of that boot only this one's own time is sure to have passed.
            Some(_) => now.mono_ms.max(0),
            None => i64::MAX,
        };
        match delay_ms(self.wrong).saturating_sub(waited) {
            ms if ms > 0 => Verdict::Wait { ms, left },
            _ => Verdict::Open { left },
        }
    }

    /// Counts a try, if one may be made. The result must be durable before the PIN is tried.
    pub fn attempt(&mut self, now: &ClockReading) -> Verdict {
        let verdict = self.verdict(now);
        if let Verdict::Open { .. } = verdict {
            self.wrong += 1;
            self.since = Some(Since { boot: now.boot, mono_ms: now.mono_ms });
        }
        verdict
    }

    /// The PIN was right: all is forgotten.
    pub fn succeeded(&mut self) {
        *self = Lockout::default();
    }

    /// Of two records of the same tries, the one with more of them; of equal ones, `self`.
    pub fn stricter(self, other: Lockout) -> Lockout {
        if other.wrong > self.wrong { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::time::{HOUR, Millis};
    use proptest::prelude::*;

    fn at(boot: u8, mono_ms: i64) -> ClockReading {
        ClockReading { wall: Millis(0), offset_min: 0, boot: BootId([boot; 8]), mono_ms }
    }

    #[test]
    fn five_are_free_then_each_waits_and_the_tenth_destroys() {
        let mut lockout = Lockout::default();
        let mut now = at(1, HOUR);
        for n in 0..FREE {
            assert_eq!(lockout.attempt(&now), Verdict::Open { left: LAST - n });
        }
        for (n, wait) in [(5, MINUTE / 2), (6, 2 * MINUTE), (7, 10 * MINUTE), (8, 30 * MINUTE), (9, 30 * MINUTE)] {
            assert_eq!(lockout.attempt(&now), Verdict::Wait { ms: wait, left: LAST - n });
            now.mono_ms += wait - 1;
            assert_eq!(lockout.attempt(&now), Verdict::Wait { ms: 1, left: LAST - n }, "asking again does not count");
            now.mono_ms += 1;
            assert_eq!(lockout.attempt(&now), Verdict::Open { left: LAST - n });
        }
        assert_eq!(lockout.verdict(&now), Verdict::Destroyed);
        now.mono_ms += 1000 * HOUR;
        assert_eq!(lockout.attempt(&now), Verdict::Destroyed, "for good");
    }

    #[test]
    fn a_right_one_forgets_and_the_stricter_record_counts() {
        let mut lockout = Lockout::default();
        let now = at(1, HOUR);
        lockout.attempt(&now);
        let older = lockout;
        lockout.attempt(&now);
        assert_eq!(older.stricter(lockout), lockout);
        assert_eq!(lockout.stricter(older), lockout);
        lockout.succeeded();
        assert_eq!(lockout, Lockout::default());
    }

    #[test]
    fn it_is_stored_and_read_back() {
        let mut lockout = Lockout::default();
        lockout.attempt(&at(1, 5));
        assert_eq!(Lockout::read(Some(&lockout.to_bytes())), lockout);
        assert_eq!(Lockout::read(Some(br#"{"wrong":0}"#)), Lockout::default());
        assert_eq!(Lockout::read(None), Lockout::default());
    }

    #[test]
    fn a_spoilt_record_buys_no_tries() {
        for spoilt in [b"".as_slice(), b"{", b"\0\0\0\0", b"[]"] {
            let lockout = Lockout::read(Some(spoilt));
            assert_eq!(lockout.verdict(&at(1, MINUTE)), Verdict::Wait { ms: 29 * MINUTE, left: 2 });
            assert_eq!(Lockout::default().stricter(lockout), lockout);
        }
    }

    proptest! {
        /// Whatever restarts and wrong clocks do: no more than ten tries, and never sooner than the waits add up to.
        #[test]
        fn restarts_never_shorten_the_wait(steps in prop::collection::vec((any::<bool>(), 0i64..40 * MINUTE), 0..200)) {
            let (mut lockout, mut boot, mut mono, mut passed) = (Lockout::default(), 1u8, 0i64, 0i64);
            let mut allowed = 0;
            let mut last_allowed_at = 0;
            for (reboot, ms) in steps {
                passed += ms;
                if reboot {
                    boot = boot.wrapping_add(1);
                    mono = 0;
                } else {
                    mono += ms;
                }
                let wrong = allowed;
                if let Verdict::Open { .. } = lockout.attempt(&at(boot, mono)) {
                    prop_assert!(passed - last_allowed_at >= delay_ms(wrong));
                    allowed += 1;
                    last_allowed_at = passed;
                }
            }
            prop_assert!(allowed <= LAST);
        }
    }
}
