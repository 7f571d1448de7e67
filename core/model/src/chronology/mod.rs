//! When things happened, and how surely we know.
//!
//! A phone's wall clock may be wrong, may be changed in mid-visit, may stand at 1970. So every entry also carries a
//! reading of the device's boot-anchored clock, which only ever counts, and the device's exchanges with the office
//! ([`crate::wire::ClockSample`]) say what the true time was at some of its readings. From both, [`Clocks`] gives each
//! entry an interval that holds the true time of its recording, a best guess within it, and the doubt as a fact.
//! [`Timeline`] puts entries into one total order: what an author had seen comes first; then the best guess, device,
//! sequence, id. Intervals that overlap are *shown* as "about the same time", and never compared: overlap is not transitive.
//!
//! Samples that come late re-project. They never rewrite, and no clock is ever a reason to refuse or to lose an entry.

mod clocks;
mod cone;
mod order;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod timing;

pub use clocks::{Clocks, GIVEN_UP_AFTER_MS, exchange, weak_truth};
pub use order::{Item, Placed, Timeline};
pub use timing::{Doubt, Timing};

/// Faults for the tests that prove the tests: never switched on in a running phone or office.
#[doc(hidden)]
pub mod faults {
    impl super::Clocks {
        /// Orders entries by the wall clock of the device they were written on, as most software does.
        pub fn order_by_wall_clock(&mut self) {
            self.by_wall_clock = true;
        }
    }
}
