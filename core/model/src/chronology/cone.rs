//! Bounds on a clock's offset, as they widen with distance.
//!
//! A sample says: at reading `m`, true time minus reading is `o ± e`. A quartz clock drifts, so at another reading the
//! same holds with a wider margin: a cone. What many samples say together is the intersection of their cones, and the
//! edge of it at any reading is found with two look-ups: among the samples before, the best is the one with the least
//! `o + e − drift × m`; among those after, the one with the least `o + e + drift × m`; likewise for the lower edge.

/// Most that a phone's clock gains or loses: 100 parts per million, 26 seconds in three days.
const DRIFT_PARTS: i128 = 10_000;

/// One reading whose offset is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Known {
    /// The boot-anchored clock's reading.
    pub mono: i64,
    /// True time less the reading.
    pub offset: i64,
    /// Its error, either way.
    pub err: i64,
}

/// The intersection of the cones of many samples. Numbers are offsets times [`DRIFT_PARTS`], so that drift is exact.
#[derive(Debug, Clone, Default)]
pub(super) struct Cones {
    known: Vec<Known>,
    /// For the first `i + 1` samples: least upper and greatest lower edge, as they look from further on.
    before: Vec<(i128, i128)>,
    /// For the samples from `i` on: the same, as they look from further back.
    after: Vec<(i128, i128)>,
}

impl Cones {
    /// Adds a sample. The same sample twice is one.
    pub fn add(&mut self, sample: Known) {
        if let Err(at) = self.known.binary_search(&sample) {
            self.known.insert(at, sample);
            self.rebuild();
        }
    }

    fn rebuild(&mut self) {
        let edges = |k: &Known| {
            let (o, e) = (i128::from(k.offset), i128::from(k.err));
            ((o + e) * DRIFT_PARTS, (o - e) * DRIFT_PARTS)
        };
        self.before.clear();
        let mut best = (i128::MAX, i128::MIN);
        for k in &self.known {
            let (up, low) = edges(k);
            best = (best.0.min(up - i128::from(k.mono)), best.1.max(low + i128::from(k.mono)));
            self.before.push(best);
        }
        self.after.clear();
        let mut best = (i128::MAX, i128::MIN);
        for k in self.known.iter().rev() {
            let (up, low) = edges(k);
            best = (best.0.min(up + i128::from(k.mono)), best.1.max(low - i128::from(k.mono)));
            self.after.push(best);
        }
        self.after.reverse();
    }

    /// Lower and upper edge of true time at a reading, in milliseconds, rounded outwards; `None` without a sample.
    ///
    /// When the cones do not meet (a clock that stood still in sleep, a sample that lies), the nearest sample alone speaks.
    pub fn at(&self, mono: i64) -> Option<(i64, i64)> {
        let m = i128::from(mono);
        let split = self.known.partition_point(|k| k.mono <= mono);
        let (mut up, mut low) = (i128::MAX, i128::MIN);
        if let Some((u, l)) = split.checked_sub(1).map(|i| self.before[i]) {
            (up, low) = (u + m, l - m);
        }
        if let Some((u, l)) = self.after.get(split) {
            (up, low) = (up.min(u - m), low.max(l + m));
        }
        if self.known.is_empty() {
            return None;
        }
        if low > up {
            let nearest = self.nearest(mono)?;
            let wide = i128::from(mono.abs_diff(nearest.mono));
            let (o, e) = (i128::from(nearest.offset), i128::from(nearest.err));
            (low, up) = ((o - e) * DRIFT_PARTS - wide, (o + e) * DRIFT_PARTS + wide);
        }
        Some((clip(low.div_euclid(DRIFT_PARTS) + m), clip(-(-up).div_euclid(DRIFT_PARTS) + m)))
    }

    fn nearest(&self, mono: i64) -> Option<&Known> {
        self.known.iter().min_by_key(|k| (k.mono.abs_diff(mono), k.err, **k))
    }
}

/// Into the range of an instant.
fn clip(ms: i128) -> i64 {
    i64::try_from(ms).unwrap_or(if ms < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_widens_by_a_tenth_of_a_second_in_a_thousand() {
        let mut cones = Cones::default();
        assert_eq!(cones.at(0), None);
        cones.add(Known { mono: 1_000_000, offset: 5_000, err: 40 });
        assert_eq!(cones.at(1_000_000), Some((1_004_960, 1_005_040)));
        assert_eq!(cones.at(2_000_000), Some((2_004_860, 2_005_140)));
        assert_eq!(cones.at(0), Some((4_860, 5_140)));
    }

    #[test]
    fn many_samples_together_are_as_narrow_as_looking_at_each() {
        let all: Vec<Known> = [(0, 0, 900), (50_000_000, 3_000, 60), (90_000_000, 2_500, 400), (90_000_000, 2_400, 30)]
            .map(|(mono, offset, err)| Known { mono, offset, err })
            .to_vec();
        let mut cones = Cones::default();
        all.iter().rev().for_each(|k| cones.add(*k));
        for mono in (-10_000_000i64..120_000_000).step_by(1_234_567) {
            let edge = |sign: i128| {
                all.iter().map(move |k| {
                    let wide = i128::from(mono.abs_diff(k.mono));
                    i128::from(k.offset) * DRIFT_PARTS + sign * (i128::from(k.err) * DRIFT_PARTS + wide)
                })
            };
            let low = edge(-1).max().expect("samples").div_euclid(DRIFT_PARTS);
            let up = -(-edge(1).min().expect("samples")).div_euclid(DRIFT_PARTS);
            assert_eq!(cones.at(mono), Some((clip(low + i128::from(mono)), clip(up + i128::from(mono)))), "at {mono}");
        }
    }

    #[test]
    fn samples_that_contradict_each_other_leave_the_nearest_one() {
        let mut cones = Cones::default();
        cones.add(Known { mono: 0, offset: 0, err: 10 });
        cones.add(Known { mono: 1_000, offset: 60_000, err: 10 });
        assert_eq!(cones.at(0), Some((-10, 10)));
        assert_eq!(cones.at(990), Some((60_979, 61_001)));
    }
}
