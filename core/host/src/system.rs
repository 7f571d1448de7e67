//! The clocks of a Linux machine.

use holdfast_model::id::{BootId, Digest};
use holdfast_model::port::Clock;
use holdfast_model::time::{ClockReading, Millis};
use rustix::time::{ClockId, clock_gettime};

/// Where Linux names the current boot.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// The machine's own clocks: the wall clock, and `CLOCK_BOOTTIME`, which counts through suspend.
#[derive(Debug, Clone)]
pub struct SystemClock {
    boot: BootId,
}

impl SystemClock {
    /// Learns which boot this is.
    ///
    /// Where the kernel does not say (a container without `/proc`), the boot is named after the moment it began as far as both clocks
    /// tell: a name that changes too often costs precision, one that stays the same over a restart would let two unrelated
    /// monotonic clocks be compared.
    pub fn new() -> SystemClock {
        let named = std::fs::read_to_string(BOOT_ID).ok().filter(|t| !t.trim().is_empty());
        let name = named.unwrap_or_else(|| {
            let began = wall_ms().saturating_sub(boottime_ms());
            format!("boot of unknown name at {began}, process {}", std::process::id())
        });
        SystemClock { boot: boot_named(name.trim()) }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        SystemClock::new()
    }
}

impl Clock for SystemClock {
    fn read(&self) -> ClockReading {
        let wall = Millis(wall_ms());
        ClockReading { wall, offset_min: wall.london_offset_min(), boot: self.boot, mono_ms: boottime_ms() }
    }
}

/// The first eight bytes of the SHA-256 of a boot's name: the kernel's own id would tell this machine from others.
pub(crate) fn boot_named(name: &str) -> BootId {
    let digest = Digest::of_parts(&[b"holdfast/boot/v1\0", name.as_bytes()]);
    let mut id = [0; 8];
    id.copy_from_slice(&digest.0[..8]);
    BootId(id)
}

/// Milliseconds since 1970, right or wrong.
fn wall_ms() -> i64 {
    in_ms(ClockId::Realtime)
}

/// Milliseconds since boot, sleep included.
pub(crate) fn boottime_ms() -> i64 {
    in_ms(ClockId::Boottime)
}

fn in_ms(clock: ClockId) -> i64 {
    let t = clock_gettime(clock);
    t.tv_sec.saturating_mul(1000).saturating_add(t.tv_nsec / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_clocks_of_one_boot() {
        let clock = SystemClock::new();
        let (a, b) = (clock.read(), SystemClock::new().read());
        assert_eq!(a.boot, b.boot, "the boot's name does not depend on the process");
        assert!(b.mono_ms >= a.mono_ms && a.mono_ms > 0);
        assert!(a.wall > Millis(1_700_000_000_000));
    }

    #[test]
    fn boots_of_different_names_differ() {
        assert_ne!(boot_named("one"), boot_named("two"));
    }
}
