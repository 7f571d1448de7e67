//! Which clock samples are worth keeping.

use holdfast_model::id::{BootId, DeviceId};
use holdfast_model::wire::ClockSample;
use std::collections::HashMap;

/// The last clock sample that was kept of each boot of each device.
#[derive(Debug, Default)]
pub struct Samples(HashMap<(DeviceId, BootId), ClockSample>);

impl Samples {
    /// True for a sample worth keeping, which is then the last: the first of a boot, one some time after the last, or one much surer.
    pub fn worth(&mut self, device: &DeviceId, sample: &ClockSample, every_ms: i64) -> bool {
        let key = (device.clone(), sample.boot);
        let err = |s: &ClockSample| s.truth.map_or(u32::MAX, |t| t.err_ms);
        let worth = self.0.get(&key).is_none_or(|last| {
            let apart = sample.mono_ms.saturating_sub(last.mono_ms).saturating_abs();
            // A wall clock that was set is news at once.
            let set = sample.wall.since(last.wall).saturating_sub(sample.mono_ms.saturating_sub(last.mono_ms)).saturating_abs();
            apart >= every_ms || err(sample) < err(last) / 2 || set > 1_000
        });
        if worth {
            self.0.insert(key, *sample);
        }
        worth
    }
}
