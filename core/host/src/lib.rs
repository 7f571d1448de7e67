//! The machine Holdfast runs on: its clocks, its randomness, and the clocks of drills and tests.
//!
//! The model and the engine take time and randomness through ports (`holdfast_model::port`). This crate holds the adapters that the
//! terminal, the server and the tests plug in:
//!
//! - [`SystemClock`], [`SystemRandom`]: the real ones.
//! - [`ClockSpec`]: what `--clock` takes, so that a drill or a test can run at another time; it opens as a [`HostClock`].
//! - [`VirtualTime`], [`ManualClock`], [`SeededRandom`]: a world in one process whose time and chance its owner decides.
#![forbid(unsafe_code)]

mod manual;
mod random;
mod spec;
mod system;

pub use manual::{ManualClock, VirtualTime};
pub use random::{SeededRandom, SystemRandom};
pub use spec::{ClockError, ClockSpec, HostClock};
pub use system::SystemClock;
