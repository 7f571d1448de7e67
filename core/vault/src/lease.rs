//! How long a phone may be read without hearing from the office.
//!
//! The office grants a lease with every reply. It is used up by the time that passes ([`Moment`]): a wrong clock neither ends a lease at once nor
//! stretches it without end.
//!
//! A lease never stops anybody recording: losing a word at a door is the greater harm. It never hides today's run either, only asks for
//! a reason, which is itself recorded.

use holdfast_model::time::{ClockReading, DAY, HOUR, Moment};
use serde::{Deserialize, Serialize};

/// What the office grants unless it is set otherwise: over a bank-holiday weekend.
pub const DEFAULT_MS: i64 = 72 * HOUR;
/// Shortest and longest that the office may grant.
pub const RANGE_MS: std::ops::RangeInclusive<i64> = 12 * HOUR..=14 * DAY;

/// A lease, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// How much was granted, in milliseconds.
    granted_ms: i64,
    /// How much was used up until `at`.
    used_ms: i64,
    at: Moment,
}

/// What somebody wants to do with the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Write down what happened.
    Record,
    /// Read today's run and what belongs to it.
    TodaysRun,
    /// Read anything else: earlier visits, people not on today's run.
    Else,
}

/// Whether they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Permit {
    /// Yes.
    Yes,
    /// After giving a reason, which is recorded and reaches the office.
    WithReason,
    /// Not before the phone has reached the office.
    No,
}

impl Lease {
    /// A lease granted by a reply that arrives now. What the office grants is kept within [`RANGE_MS`].
    pub fn grant(ms: i64, now: &ClockReading) -> Lease {
        Lease { granted_ms: ms.clamp(*RANGE_MS.start(), *RANGE_MS.end()), used_ms: 0, at: Moment::of(now) }
    }

    /// Counts the time passed. To be called, and stored, at every start and every now and then: a restart forgets
    /// what was not counted before it, up to the wall clock's difference.
    pub fn tick(&mut self, now: &ClockReading) {
        self.used_ms = self.used(now);
        self.at = Moment::of(now);
    }

    fn used(&self, now: &ClockReading) -> i64 {
        self.used_ms.saturating_add(self.at.passed(now))
    }

    /// Milliseconds left; 0 when used up.
    pub fn left_ms(&self, now: &ClockReading) -> i64 {
        self.granted_ms.saturating_sub(self.used(now)).max(0)
    }

    /// Whether somebody may.
    pub fn permits(&self, access: Access, now: &ClockReading) -> Permit {
        match access {
            Access::Record => Permit::Yes,
            _ if self.left_ms(now) > 0 => Permit::Yes,
            Access::TodaysRun => Permit::WithReason,
            Access::Else => Permit::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::id::BootId;
    use holdfast_model::time::Millis;
    use proptest::prelude::*;

    fn at(boot: u8, mono_ms: i64, wall: i64) -> ClockReading {
        ClockReading { wall: Millis(wall), offset_min: 0, boot: BootId([boot; 8]), mono_ms }
    }

    #[test]
    fn it_runs_out_by_the_clock_nobody_can_set() {
        let lease = Lease::grant(DEFAULT_MS, &at(1, 0, 0));
        let set_back = at(1, DEFAULT_MS - 1, -100 * DAY);
        assert_eq!(lease.left_ms(&set_back), 1);
        assert_eq!(lease.permits(Access::Else, &set_back), Permit::Yes);
        let over = at(1, DEFAULT_MS, -100 * DAY);
        assert_eq!(lease.permits(Access::Else, &over), Permit::No);
        assert_eq!(lease.permits(Access::TodaysRun, &over), Permit::WithReason);
        assert_eq!(lease.permits(Access::Record, &over), Permit::Yes);
    }

    #[test]
    fn a_restart_counts_the_wall_within_a_day() {
        let lease = Lease::grant(DEFAULT_MS, &at(1, 50 * HOUR, 0));
        for (wall, used) in [(5 * HOUR, 5 * HOUR), (-HOUR, 0), (400 * DAY, DAY)] {
            let mut lease = lease;
            lease.tick(&at(2, 10, wall));
            assert_eq!(DEFAULT_MS - lease.left_ms(&at(2, 10, wall)), used);
            assert_eq!(DEFAULT_MS - lease.left_ms(&at(2, 10 + HOUR, 0)), used + HOUR);
        }
    }

    #[test]
    fn an_absurd_grant_is_kept_within_bounds() {
        let now = at(1, 0, 0);
        assert_eq!(Lease::grant(i64::MAX, &now).left_ms(&now), *RANGE_MS.end());
        assert_eq!(Lease::grant(-1, &now).left_ms(&now), *RANGE_MS.start());
        assert_eq!(Lease::grant(DEFAULT_MS, &at(1, i64::MIN, i64::MAX)).left_ms(&at(1, i64::MAX, i64::MIN)), 0);
    }

    proptest! {
        /// Whatever the wall clock does, and however often the phone restarts: what is left never grows beyond what was last counted, nor at
        /// all within a boot; recording is never refused; and without restarts it is exactly the time that truly passed.
        #[test]
        fn what_is_left_never_grows(steps in prop::collection::vec((0u8..10, 0i64..2 * DAY, -400 * DAY..400 * DAY, any::<bool>()), 0..60)) {
            let (mut boot, mut mono, mut passed) = (0u8, 0i64, 0i64);
            let mut lease = Lease::grant(DEFAULT_MS, &at(0, 0, 0));
            let (mut left, mut counted) = (DEFAULT_MS, DEFAULT_MS);
            for (die, ms, wall, tick) in steps {
                passed += ms;
                if die == 0 {
                    boot += 1;
                    mono = 0;
                    // What a start does.
                    lease.tick(&at(boot, mono, wall));
                    left = lease.left_ms(&at(boot, mono, wall));
                    prop_assert!(left <= counted);
                    counted = left;
                }
                mono += ms;
                let now = at(boot, mono, wall);
                prop_assert_eq!(lease.left_ms(&now), (left - ms).max(0));
                left = lease.left_ms(&now);
                if tick {
                    lease.tick(&now);
                    prop_assert_eq!(lease.left_ms(&now), left, "counting changes nothing by itself");
                    counted = left;
                }
                if boot == 0 {
                    prop_assert_eq!(left, (DEFAULT_MS - passed).max(0));
                }
                prop_assert_eq!(lease.permits(Access::Record, &now), Permit::Yes);
                prop_assert_ne!(lease.permits(Access::TodaysRun, &now), Permit::No);
            }
        }
    }
}
