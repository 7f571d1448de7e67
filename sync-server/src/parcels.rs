//! The bytes of the latest pushes as they came. Handing a whole push on costs nothing while they are here; later it is packed anew.

use holdfast_model::wire::Parcel;
use std::collections::VecDeque;

/// Most bytes of them in hand: a storm of a few hundred phones.
const IN_HAND: usize = 6 << 20;

/// The latest pushes, as they came.
#[derive(Debug, Default)]
pub struct Parcels {
    /// By number of the push, upwards.
    latest: VecDeque<(i64, Parcel)>,
    bytes: usize,
}

impl Parcels {
    /// Keeps one. `push` is a higher number than any before.
    pub fn keep(&mut self, push: i64, parcel: Parcel) {
        self.bytes += parcel.size();
        self.latest.push_back((push, parcel));
        while self.bytes > IN_HAND
            && let Some((_, oldest)) = self.latest.pop_front()
        {
            self.bytes -= oldest.size();
        }
    }

    /// The bytes of a push, if they are here still.
    pub fn get(&self, push: i64) -> Option<&Parcel> {
        let at = self.latest.binary_search_by_key(&push, |(id, _)| *id).ok()?;
        Some(&self.latest[at].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::id::{ChainEpoch, DeviceId, Digest};
    use holdfast_model::wire::{Push, PushHeader};

    /// A parcel of something like `kib` KiB that does not compress.
    fn parcel(n: u64, kib: usize) -> Parcel {
        let segments = (0..kib * 32).map(|i| Digest::of(&[n.to_le_bytes(), (i as u64).to_le_bytes()].concat())).collect();
        let (device, epoch) = (DeviceId::new("D-1").expect("a name"), ChainEpoch([0; 8]));
        let header = PushHeader { device, epoch, first: 1, count: 1, prev: Digest::ZERO, head: Digest::ZERO, segments, sig: String::new() };
        Parcel::of(&Push { header, segments: Vec::new() })
    }

    #[test]
    fn the_latest_stay_within_the_bound() {
        let mut parcels = Parcels::default();
        for n in 1..=100 {
            parcels.keep(n, parcel(n as u64, 128));
            assert!(parcels.bytes <= IN_HAND);
            assert!(parcels.get(n).is_some());
        }
        assert_eq!(parcels.bytes, parcels.latest.iter().map(|(_, p)| p.size()).sum::<usize>());
        assert!(parcels.get(1).is_none() && parcels.get(60).is_some() && parcels.get(101).is_none());
    }
}
