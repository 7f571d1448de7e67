//! What is known of every device's clocks.

use super::cone::{Cones, Known};
use super::timing::{Doubt, RIGHT_WITHIN_MS, Timing};
use crate::entry::Read;
use crate::id::{BootId, ChainEpoch, DeviceId};
use crate::time::{ClockReading, Millis};
use crate::wire::{ClockSample, Truth};
use std::collections::HashMap;

/// A phone gives a request up after this long, so a request that arrived left no earlier than this before.
pub const GIVEN_UP_AFTER_MS: i64 = 60_000;

/// What is known of every device's clocks: samples, arrivals, and where in the device's sequence each boot stands.
///
/// It is a set: the order in which things are told makes no difference, nor does telling them twice.
#[derive(Debug, Clone, Default)]
pub struct Clocks {
    devices: HashMap<DeviceId, HashMap<BootId, Session>>,
    pub(super) by_wall_clock: bool,
}

/// One stretch of a device between two restarts.
#[derive(Debug, Clone, Default)]
struct Session {
    truths: Cones,
    /// Wall clock less true time at the latest sample that has both: reading, milliseconds.
    wall_fast: Option<(i64, i64)>,
    /// Whatever was read at this reading reached the office by then: the tightest such pair.
    arrival: Option<(i64, Millis)>,
    /// Where the session stands in the device's sequence.
    spans: Vec<Span>,
}

/// The part of a chain epoch that fell into a session.
#[derive(Debug, Clone, Copy)]
struct Span {
    epoch: ChainEpoch,
    /// Twice the sequence number of an entry; one more for what was read after it.
    first: (u64, i64),
    last: (u64, i64),
}

/// A reading and a true time it cannot lie before, or after.
type Bound = Option<(i64, Millis)>;

impl Clocks {
    /// Tells a sample of a device.
    pub fn sample(&mut self, device: &DeviceId, sample: ClockSample) {
        let session = self.session(device, sample.boot);
        if let Some(Truth { at, err_ms }) = sample.truth {
            let mono = sample.mono_ms;
            session.truths.add(Known { mono, offset: at.0.saturating_sub(mono), err: i64::from(err_ms) });
            session.wall_fast = session.wall_fast.max(Some((mono, sample.wall.since(at))));
        }
    }

    /// Tells that an entry exists, and when it reached the office: it cannot have been recorded after that.
    pub fn entry(&mut self, entry: &Read, received: Option<Millis>) {
        let (device, epoch, seq) = entry.place();
        let mono = entry.clocks().1;
        let session = self.session(device, mono.boot);
        session.stretch(epoch, (seq.saturating_mul(2), mono.ms));
        if let Some(at) = received {
            session.arrived(mono.ms, at);
        }
    }

    /// Tells what a device's boot-anchored clock read when it had recorded `seq` entries. A restart without any entry
    /// has no other place in the sequence, and bounds nothing.
    pub fn stood_at(&mut self, device: &DeviceId, epoch: ChainEpoch, seq: u64, boot: BootId, mono_ms: i64) {
        self.session(device, boot).stretch(epoch, (seq.saturating_mul(2).saturating_add(1), mono_ms));
    }

    fn session(&mut self, device: &DeviceId, boot: BootId) -> &mut Session {
        if !self.devices.contains_key(device) {
            self.devices.insert(device.clone(), HashMap::new());
        }
        self.devices.get_mut(device).expect("put in just now").entry(boot).or_default()
    }

    /// When an entry was recorded.
    pub fn timing(&self, entry: &Read, received: Option<Millis>) -> Timing {
        let (recorded, mono) = entry.clocks();
        self.place(entry.place().0, mono.boot, mono.ms, recorded.at, received)
    }

    /// What a device's clocks mean in true time, now: a phone asks this before it says "26 minutes past start".
    pub fn now(&self, device: &DeviceId, clock: ClockReading) -> Timing {
        self.place(device, clock.boot, clock.mono_ms, clock.wall, None)
    }

    fn place(&self, device: &DeviceId, boot: BootId, mono: i64, wall: Millis, received: Option<Millis>) -> Timing {
        let mut timing = Timing { earliest: None, latest: None, best: wall, doubt: Doubt::NoSample { wall_fits: false } };
        let sessions = self.devices.get(device);
        let session = sessions.and_then(|s| s.get(&boot));
        let sampled = session.and_then(|s| s.truths.at(mono));
        if let Some((low, up)) = sampled {
            (timing.earliest, timing.latest) = (Some(Millis(low)), Some(Millis(up)));
            // The middle of what the samples say: a receipt narrows the interval, but does not move what is shown, so that a
            // phone that waits for its receipt and the office that gave it say the same.
            timing.best = timing.middle().expect("it has two ends");
        }
        timing = timing.bounded(None, received);
        let mut wall_fast = 0;
        if let (Some(sessions), Some(session)) = (sessions, session) {
            let (not_before, not_after, fast) = neighbours(sessions, session);
            let not_before = not_before.map(|(at, since)| since.plus(stretched(mono.saturating_sub(at))));
            let by = |bound: Bound| bound.map(|(at, by)| by.plus(stretched_late(mono.saturating_sub(at))));
            timing = timing.bounded(None, by(session.arrival)).bounded(not_before, by(not_after));
            wall_fast = fast;
        }
        if sampled.is_some() {
            timing.doubt = doubt(&timing, wall);
            return timing;
        }
        let hint = wall.plus(wall_fast.saturating_neg());
        let bounded = timing.earliest.is_some() || timing.latest.is_some();
        let wall_fits = timing.admits(hint);
        timing.best = if wall_fits { hint } else { timing.middle().unwrap_or(hint) };
        timing.doubt = Doubt::NoSample { wall_fits: wall_fits && bounded };
        timing
    }
}

impl Session {
    fn stretch(&mut self, epoch: ChainEpoch, place: (u64, i64)) {
        match self.spans.iter_mut().find(|s| s.epoch == epoch) {
            Some(span) => {
                span.first = span.first.min(place);
                span.last = span.last.max(place);
            }
            None => self.spans.push(Span { epoch, first: place, last: place }),
        }
    }

    fn arrived(&mut self, mono: i64, at: Millis) {
        let tightness = |(mono, at): (i64, Millis)| (at.0.saturating_sub(mono), mono);
        if self.arrival.is_none_or(|known| tightness((mono, at)) < tightness(known)) {
            self.arrival = Some((mono, at));
        }
    }

    /// The latest true time at which a reading of this session can have been.
    fn latest(&self, mono: i64) -> Option<Millis> {
        let sampled = self.truths.at(mono).map(|(_, up)| Millis(up));
        let arrived = self.arrival.map(|(at, by)| by.plus(stretched_late(mono.saturating_sub(at))));
        sampled.into_iter().chain(arrived).min()
    }
}

/// A session without a sample lies between the last sampled session before it and whatever came after it.
/// The last number is what the device's wall clock was fast by when that was last known: a clock chip outlives a restart.
fn neighbours(sessions: &HashMap<BootId, Session>, session: &Session) -> (Bound, Bound, i64) {
    let (mut not_before, mut not_after): (Bound, Bound) = (None, None);
    let mut fast: Option<((u64, i64), i64)> = None;
    let mut fast_after: Option<((u64, i64), i64)> = None;
    for span in &session.spans {
        for other in sessions.values() {
            for theirs in other.spans.iter().filter(|s| s.epoch == span.epoch) {
                if theirs.last.0 < span.first.0 {
                    if let Some((low, _)) = other.truths.at(theirs.last.1) {
                        let bound = Some((span.first.1, Millis(low)));
                        not_before = not_before.max_by_time(bound);
                    }
                    if let Some((_, ms)) = other.wall_fast {
                        fast = fast.max(Some((theirs.last, ms)));
                    }
                } else if theirs.first.0 > span.last.0 {
                    let bound = other.latest(theirs.first.1).map(|by| (span.last.1, by));
                    not_after = not_after.min_by_time(bound);
                    if let Some((_, ms)) = other.wall_fast {
                        fast_after = fast_after.into_iter().chain([(theirs.first, ms)]).min();
                    }
                }
            }
        }
    }
    (not_before, not_after, fast.or(fast_after).map_or(0, |(_, ms)| ms))
}

trait Tighter {
    fn max_by_time(self, other: Self) -> Self;
    fn min_by_time(self, other: Self) -> Self;
}

impl Tighter for Bound {
    fn max_by_time(self, other: Bound) -> Bound {
        self.into_iter().chain(other).max_by_key(|(mono, at)| (*at, *mono))
    }
    fn min_by_time(self, other: Bound) -> Bound {
        self.into_iter().chain(other).min_by_key(|(mono, at)| (*at, *mono))
    }
}

/// The least true time that can pass while the clock counts this much; a negative count counts back, at most so far.
fn stretched(ms: i64) -> i64 {
    ms.saturating_sub(margin(ms))
}

/// The most true time that can pass while the clock counts this much.
fn stretched_late(ms: i64) -> i64 {
    ms.saturating_add(margin(ms))
}

/// 100 parts per million, rounded up.
fn margin(ms: i64) -> i64 {
    i64::try_from(ms.unsigned_abs().div_ceil(10_000)).unwrap_or(i64::MAX)
}

/// The doubt about an entry of a session that has a sample.
fn doubt(timing: &Timing, wall: Millis) -> Doubt {
    let fast = wall.since(timing.best);
    let half = timing.give_or_take_ms().unwrap_or(0);
    if fast >= RIGHT_WITHIN_MS.max(half) {
        Doubt::WallFastBy { ms: fast }
    } else if fast <= -RIGHT_WITHIN_MS.max(half) {
        Doubt::WallSlowBy { ms: fast.saturating_neg() }
    } else if half > RIGHT_WITHIN_MS {
        Doubt::GiveOrTake { ms: half }
    } else {
        Doubt::Exact
    }
}

/// The sample that one exchange with the office gives: sent at `sent`, there at `t1`, answered at `t2`, back at `back`.
/// Its error is half the time that the exchange spent on the way. `None` when the device restarted in between, or when
/// the office's two times are not in order.
pub fn exchange(sent: ClockReading, t1: Millis, t2: Millis, back: ClockReading) -> Option<ClockSample> {
    let (there, away) = (t2.since(t1), back.mono_ms.checked_sub(sent.mono_ms)?);
    if sent.boot != back.boot || there < 0 || away < there {
        return None;
    }
    // On the way for `away − there`, divided unknowably between both directions; one up for halves.
    let err_ms = u32::try_from((away - there) / 2 + 1).ok()?;
    let at = t2.plus((away - there) / 2);
    Some(ClockSample { boot: back.boot, mono_ms: back.mono_ms, wall: back.wall, truth: Some(Truth { at, err_ms }) })
}

/// What the arrival of a request alone says about the clock reading it carries: a phone gives a request up after
/// [`GIVEN_UP_AFTER_MS`], so it was read at most that long before.
pub fn weak_truth(clock: ClockReading, received: Millis) -> ClockSample {
    let half = GIVEN_UP_AFTER_MS / 2;
    let truth = Truth { at: received.plus(-half), err_ms: half as u32 };
    ClockSample { boot: clock.boot, mono_ms: clock.mono_ms, wall: clock.wall, truth: Some(truth) }
}
