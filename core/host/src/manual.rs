//! Clocks of a simulated world: one true time, and as many wrong clocks as there are devices.

use crate::system::boot_named;
use holdfast_model::id::BootId;
use holdfast_model::port::Clock;
use holdfast_model::time::{ClockReading, Millis};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The true time of a simulated world. Clones share it.
#[derive(Debug, Clone)]
pub struct VirtualTime(Arc<AtomicI64>);

impl VirtualTime {
    /// A world that begins at an instant.
    pub fn starting(at: Millis) -> VirtualTime {
        VirtualTime(Arc::new(AtomicI64::new(at.0)))
    }

    /// The true time now.
    pub fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }

    /// Moves on to an instant. Time does not run backwards: an instant already past changes nothing.
    pub fn advance_to(&self, at: Millis) {
        self.0.fetch_max(at.0, Ordering::SeqCst);
    }

    /// Moves on by some milliseconds; negative ones change nothing.
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms.max(0), Ordering::SeqCst);
    }
}

/// One device's clocks in a simulated world: they follow the true time, with an error of the wall clock that its owner sets.
#[derive(Debug, Clone)]
pub struct ManualClock {
    time: VirtualTime,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    name: String,
    boots: u64,
    boot: BootId,
    booted: Millis,
    wall_error: i64,
}

impl ManualClock {
    /// Clocks of the device `name`, freshly started, whose wall clock is right. The name makes its boots differ from other devices'.
    pub fn new(time: &VirtualTime, name: &str) -> ManualClock {
        let state =
            State { name: name.to_owned(), boots: 0, boot: boot_named(&format!("virtual {name} 0")), booted: time.now(), wall_error: 0 };
        ManualClock { time: time.clone(), state: Arc::new(Mutex::new(state)) }
    }

    /// Clocks alone in their world, beginning at an instant: for a test of one device.
    pub fn alone(at: Millis) -> ManualClock {
        ManualClock::new(&VirtualTime::starting(at), "alone")
    }

    /// The true time these clocks follow.
    pub fn time(&self) -> &VirtualTime {
        &self.time
    }

    /// Sets how far the wall clock is wrong: `47 * MINUTE` is 47 minutes fast. The boot-anchored clock does not notice.
    pub fn set_wall_error(&self, ms: i64) {
        self.state().wall_error = ms;
    }

    /// Sets the wall clock as somebody does in the settings: to show `wall` now.
    pub fn set_wall(&self, wall: Millis) {
        let now = self.time.now();
        self.state().wall_error = wall.since(now);
    }

    /// Moves the whole world on by some milliseconds.
    pub fn advance(&self, ms: i64) {
        self.time.advance(ms);
    }

    /// Restarts the device: a new boot, whose clock begins at zero.
    pub fn reboot(&self) {
        let now = self.time.now();
        let mut state = self.state();
        state.boots += 1;
        state.boot = boot_named(&format!("virtual {} {}", state.name, state.boots));
        state.booted = now;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn read(&self) -> ClockReading {
        let now = self.time.now();
        let state = self.state();
        let wall = now.plus(state.wall_error);
        ClockReading { wall, offset_min: wall.london_offset_min(), boot: state.boot, mono_ms: now.since(state.booted) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::time::{HOUR, MINUTE};

    #[test]
    fn devices_share_the_time_but_not_the_error() {
        let time = VirtualTime::starting(Millis(1_793_700_000_000));
        let (a, b) = (ManualClock::new(&time, "a"), ManualClock::new(&time, "b"));
        b.set_wall_error(47 * MINUTE);
        a.advance(HOUR);
        assert_eq!(b.read().wall.since(a.read().wall), 47 * MINUTE);
        assert_eq!(a.read().mono_ms, HOUR);
        assert_eq!(b.read().mono_ms, HOUR);
        assert_ne!(a.read().boot, b.read().boot);
    }

    #[test]
    fn a_restart_begins_a_new_boot_at_zero() {
        let clock = ManualClock::alone(Millis(1_793_700_000_000));
        clock.advance(HOUR);
        let before = clock.read();
        clock.reboot();
        clock.advance(MINUTE);
        let after = clock.read();
        assert_ne!(before.boot, after.boot);
        assert_eq!(after.mono_ms, MINUTE);
        assert_eq!(after.wall.since(before.wall), MINUTE);
    }

    #[test]
    fn setting_the_wall_moves_nothing_else_and_time_never_runs_back() {
        let clock = ManualClock::alone(Millis(1_793_700_000_000));
        clock.set_wall(Millis(0));
        assert_eq!(clock.read().wall, Millis(0));
        assert_eq!(clock.read().mono_ms, 0);
        clock.time().advance_to(Millis(5));
        clock.advance(-5);
        assert_eq!(clock.time().now(), Millis(1_793_700_000_000));
    }
}
