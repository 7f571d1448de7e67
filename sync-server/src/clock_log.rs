//! What phones are told of each other's clocks, so that every device places an entry at the same moment as the office does.
//!
//! The office keeps clock samples of every phone; a phone needs those of the phones whose entries it holds. Each kept sample has a number,
//! and a phone's cursor says up to which one it was told. The numbers count within one run of the office: after a restart everybody
//! is told again what matters, which changes nothing where it is known, since samples are a set.

use holdfast_model::id::DeviceId;
use holdfast_model::limits;
use holdfast_model::time::Millis;
use holdfast_model::wire::ClockSample;
use std::collections::BTreeMap;

/// Where a phone stands in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// The run of the office that counted.
    pub run: u64,
    /// Number of the last sample that it was told, if it concerns it.
    pub count: u64,
}

/// A sample, as it was kept.
#[derive(Debug, Clone, Copy)]
struct Kept {
    count: u64,
    /// True for one that the phone took itself: it need not be told.
    own: bool,
    sample: ClockSample,
}

/// The samples of the last days, by phone.
#[derive(Debug, Default)]
pub struct ClockLog {
    now: Told,
    by_device: BTreeMap<DeviceId, Vec<Kept>>,
}

impl ClockLog {
    /// Begins a run of the office with what is kept from before, as far as it is not older than `since`. `run` is any number that no earlier
    /// run had.
    pub fn begin(&mut self, run: u64, since: Millis) {
        self.now.run = run;
        self.sweep(since);
    }

    /// Takes a sample in, if it says what the true time was. `own`: its phone took it itself, and knows it.
    pub fn keep(&mut self, device: &DeviceId, sample: ClockSample, own: bool) {
        if sample.truth.is_none() {
            return;
        }
        self.now.count += 1;
        let kept = Kept { count: self.now.count, own, sample };
        match self.by_device.get_mut(device) {
            Some(all) => all.push(kept),
            None => {
                self.by_device.insert(device.clone(), vec![kept]);
            }
        }
    }

    /// Where somebody stands who was told everything.
    pub fn now(&self) -> Told {
        self.now
    }

    /// Lets go of samples from before a moment: nobody holds entries of those days any more who does not hold the samples too.
    pub fn sweep(&mut self, before: Millis) {
        self.by_device.retain(|_, all| {
            all.retain(|kept| kept.sample.truth.is_some_and(|t| t.at >= before));
            !all.is_empty()
        });
    }

    /// Every phone in the log.
    pub fn devices(&self) -> impl Iterator<Item = &DeviceId> {
        self.by_device.keys()
    }

    /// What a phone that stands at `told` lacks of the clocks of some phones, each with whether it was told of that phone before. At most
    /// [`limits::REPLY_CLOCKS`], the latest: what is left out widens an interval, and loses nothing.
    pub fn news<'a>(
        &self,
        asking: &DeviceId,
        told: Option<Told>,
        of: impl IntoIterator<Item = (&'a DeviceId, bool)>,
    ) -> Vec<(DeviceId, ClockSample)> {
        let up_to = told.filter(|told| told.run == self.now.run).map_or(0, |told| told.count);
        let mut news: Vec<(u64, &DeviceId, ClockSample)> = Vec::new();
        for (device, before) in of {
            let Some(all) = self.by_device.get(device) else { continue };
            let from = if before { all.partition_point(|kept| kept.count <= up_to) } else { 0 };
            let knows = |kept: &&Kept| kept.own && device == asking;
            news.extend(all[from..].iter().filter(|kept| !knows(kept)).map(|kept| (kept.count, device, kept.sample)));
        }
        news.sort_unstable_by_key(|(count, ..)| *count);
        let surplus = news.len().saturating_sub(limits::REPLY_CLOCKS);
        news.drain(..surplus);
        news.into_iter().map(|(_, device, sample)| (device.clone(), sample)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::id::BootId;
    use holdfast_model::wire::Truth;

    fn device(name: &str) -> DeviceId {
        DeviceId::new(name).expect("a name")
    }

    fn sample(at: i64) -> ClockSample {
        let truth = Some(Truth { at: Millis(at), err_ms: 40 });
        ClockSample { boot: BootId([1; 8]), mono_ms: at, wall: Millis(at), truth }
    }

    fn moments(news: &[(DeviceId, ClockSample)]) -> Vec<(&str, i64)> {
        news.iter().map(|(d, s)| (d.as_str(), s.mono_ms)).collect()
    }

    #[test]
    fn a_phone_is_told_what_is_new_and_all_of_whom_it_meets() {
        let (a, b, c) = (device("A"), device("B"), device("C"));
        let mut log = ClockLog::default();
        log.begin(7, Millis(0));
        log.keep(&a, sample(1), false);
        log.keep(&b, sample(2), true);
        log.keep(&a, sample(3), true);
        log.keep(&c, ClockSample { truth: None, ..sample(4) }, true);
        assert_eq!(moments(&log.news(&a, None, [(&a, false), (&b, false), (&c, false)])), [("A", 1), ("B", 2)], "its own it took itself");
        assert_eq!(moments(&log.news(&b, None, [(&a, false)])), [("A", 1), ("A", 3)]);
        let told = log.now();
        assert!(log.news(&b, Some(told), [(&a, true)]).is_empty());
        log.keep(&c, sample(5), true);
        assert_eq!(moments(&log.news(&b, Some(told), [(&a, true), (&c, true)])), [("C", 5)]);
        assert_eq!(moments(&log.news(&b, Some(told), [(&a, false)])), [("A", 1), ("A", 3)], "whom it has not met before");
        let of_before = Some(Told { run: 6, count: 99 });
        assert_eq!(log.news(&b, of_before, [(&a, true), (&c, true)]).len(), 3, "another run counted otherwise");
        log.sweep(Millis(4));
        assert_eq!(moments(&log.news(&b, None, [(&a, false), (&c, false)])), [("C", 5)]);
    }

    #[test]
    fn of_too_many_the_latest_are_told() {
        let (a, b) = (device("A"), device("B"));
        let mut log = ClockLog::default();
        let most = limits::REPLY_CLOCKS as i64;
        (0..most + 10).for_each(|at| log.keep(&a, sample(at), true));
        let news = log.news(&b, None, [(&a, false)]);
        assert_eq!((news.len() as i64, news[0].1.mono_ms), (most, 10));
    }
}
