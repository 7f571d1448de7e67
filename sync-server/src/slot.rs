//! Storm control: when many phones come back at once, the office takes what they bring as it comes, and spreads what they only want.
//!
//! A push that is here is never delayed. Under load the page of what is new for its phone waits for the next request instead: the reply has
//! the receipts, says that there is more, and after how many milliseconds to ask. Each phone gets a slot of its own in a window that is as
//! long as the work in hand. A request that brings nothing has waited for its slot already, and is answered in full; so is whoever follows
//! the whole branch, in the office.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What the office has in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    /// Requests that have arrived and are not answered.
    pub requests: u32,
    /// Pushes that wait for the writer.
    pub jobs: u32,
}

/// How the office spreads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// Requests in hand up to which nothing is spread.
    pub calm: u32,
    /// Milliseconds of window for each one above.
    pub each_ms: u32,
    /// Longest window, in milliseconds: the longest that anybody waits for what is new.
    pub most_ms: u32,
}

impl Default for Spread {
    /// A page costs a few milliseconds of one core; windows leave room for pushes between them. Nobody waits longer than half a minute.
    fn default() -> Spread {
        Spread { calm: 24, each_ms: 20, most_ms: 30_000 }
    }
}

/// Milliseconds after which a phone is to ask for what it only wants; 0 for at once. `place` is any number of the phone's own: slots are
/// spread evenly over the window.
pub fn slot_ms(load: Load, place: u64, spread: &Spread) -> u32 {
    let above = load.requests.max(load.jobs).saturating_sub(spread.calm);
    let window = above.saturating_mul(spread.each_ms).min(spread.most_ms);
    if window == 0 { 0 } else { 1 + (place % u64::from(window)) as u32 }
}

/// Milliseconds after which to try an office again that cannot store anything: from half a minute to a minute, so that a fleet that failed at
/// one moment does not come back at one moment.
pub fn retry_ms(place: u64) -> u32 {
    30_000 + (place % 30_000) as u32
}

/// What the office has in hand, counted as it comes and goes.
#[derive(Debug, Clone, Default)]
pub struct Gauge(Arc<AtomicU32>);

/// What the office has in hand, for all who count or ask.
#[derive(Debug, Clone, Default)]
pub struct InHands {
    /// Requests that have arrived and are not answered.
    pub requests: Gauge,
    /// Those of them that wait for the writer, or for the answer that follows.
    pub jobs: Gauge,
}

impl InHands {
    /// How much it is now.
    pub fn load(&self) -> Load {
        Load { requests: self.requests.read(), jobs: self.jobs.read() }
    }
}

/// One thing in hand, as long as it is held.
#[derive(Debug)]
pub struct InHand(Arc<AtomicU32>);

impl Gauge {
    /// Counts one thing as long as what this gives is held.
    pub fn one(&self) -> InHand {
        self.0.fetch_add(1, Ordering::Relaxed);
        InHand(self.0.clone())
    }

    /// How many are in hand.
    pub fn read(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_calm_office_spreads_nothing() {
        let spread = Spread::default();
        assert_eq!(slot_ms(Load { requests: spread.calm, jobs: 3 }, 99, &spread), 0);
        assert!(slot_ms(Load { requests: spread.calm + 1, jobs: 0 }, 99, &spread) > 0);
        assert!(slot_ms(Load { requests: 0, jobs: spread.calm + 1 }, 99, &spread) > 0);
        let off = Spread { each_ms: 0, ..spread };
        assert_eq!(slot_ms(Load { requests: u32::MAX, jobs: u32::MAX }, u64::MAX, &off), 0);
    }

    #[test]
    fn what_is_in_hand_is_counted_until_it_is_dropped() {
        let gauge = Gauge::default();
        let (one, other) = (gauge.one(), gauge.one());
        assert_eq!(gauge.read(), 2);
        drop(one);
        assert_eq!(gauge.clone().read(), 1);
        drop(other);
        assert_eq!(gauge.read(), 0);
    }

    proptest! {
        /// Nobody waits longer than the longest window, nor longer than the work in hand is worth; more load never shortens the window.
        #[test]
        fn slots_lie_within_the_window(requests: u32, jobs: u32, place: u64, calm in 0u32..100, each_ms in 1u32..1_000) {
            let spread = Spread { calm, each_ms, most_ms: 30_000 };
            let slot = slot_ms(Load { requests, jobs }, place, &spread);
            let worth = u64::from(requests.max(jobs).saturating_sub(calm)) * u64::from(each_ms);
            prop_assert!(u64::from(slot) <= worth.min(30_000));
            prop_assert_eq!(slot == 0, worth == 0);
            prop_assert!((30_000..60_000).contains(&retry_ms(place)));
        }

        /// A fleet that comes at once is spread evenly: no tenth of the window gets twice its share.
        #[test]
        fn a_fleet_is_spread_evenly(seed: u64) {
            let spread = Spread::default();
            let load = Load { requests: 1_000, jobs: 0 };
            let window = (1_000 - spread.calm) * spread.each_ms;
            let mut tenths = [0u32; 10];
            for phone in 0..1_000u64 {
                // What a digest's first bytes are: numbers without any pattern.
                let place = (seed ^ phone).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 8;
                tenths[((slot_ms(load, place, &spread) - 1) * 10 / window) as usize] += 1;
            }
            prop_assert!(tenths.iter().all(|n| *n < 200), "{:?}", tenths);
        }
    }
}
