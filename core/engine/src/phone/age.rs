//! How much time has passed on this phone since it was enrolled, counted from moment to moment ([`Moment`]): whatever its wall clock says, what is
//! kept for thirty days is kept thirty days, or longer.

use holdfast_model::time::{ClockReading, Moment};
use serde::{Deserialize, Serialize};

/// Time passed, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Age {
    /// Milliseconds counted up to the moment below.
    ms: i64,
    #[serde(flatten)]
    at: Moment,
}

impl Age {
    /// Counts from now on.
    pub(super) fn from(now: &ClockReading) -> Age {
        Age { ms: 0, at: Moment::of(now) }
    }

    /// Milliseconds passed by now.
    pub(super) fn at(&self, now: &ClockReading) -> i64 {
        self.ms.saturating_add(self.at.passed(now))
    }

    /// The same count, as of now. To be stored at every start and with every contact.
    pub(super) fn counted(&self, now: &ClockReading) -> Age {
        Age { ms: self.at(now), at: Moment::of(now) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::id::BootId;
    use holdfast_model::time::{DAY, MOST_PER_RESTART, Millis};
    use proptest::prelude::*;

    fn at(boot: u8, mono_ms: i64, wall: i64) -> ClockReading {
        ClockReading { wall: Millis(wall), offset_min: 0, boot: BootId([boot; 8]), mono_ms }
    }

    #[test]
    fn a_wall_clock_that_is_set_counts_nothing_and_a_restart_a_day_at_most() {
        let age = Age::from(&at(1, 0, 0));
        assert_eq!(age.at(&at(1, 5 * DAY, 400 * DAY)), 5 * DAY);
        assert_eq!(age.at(&at(1, 5 * DAY, -400 * DAY)), 5 * DAY);
        assert_eq!(age.at(&at(2, 0, 400 * DAY)), DAY);
        assert_eq!(age.at(&at(2, 0, -400 * DAY)), 0);
        let age = age.counted(&at(2, 0, 400 * DAY));
        assert_eq!(age.at(&at(2, DAY, 0)), 2 * DAY);
    }

    proptest! {
        /// Never backwards; within a boot exactly the time that passed, whatever the wall clock says.
        #[test]
        fn it_only_grows(steps in prop::collection::vec((any::<bool>(), 0i64..3 * DAY, -400 * DAY..400 * DAY), 0..40)) {
            let (mut boot, mut mono, mut age) = (0u8, 0, Age::from(&at(0, 0, 0)));
            for (restart, ms, wall) in steps {
                let before = age.ms;
                if restart {
                    boot += 1;
                    mono = 0;
                    age = age.counted(&at(boot, mono, wall));
                    prop_assert!((before..=before + MOST_PER_RESTART).contains(&age.ms));
                } else {
                    mono += ms;
                    age = age.counted(&at(boot, mono, wall));
                    prop_assert_eq!(age.ms, before + ms);
                }
            }
        }
    }
}
