//! What holds for any devices with clocks that drift by less than 100 parts per million, whatever their wall clocks say.

use super::*;
use crate::id::{Digest, EntryId};
use crate::projection::cast::*;
use crate::time::{HOUR, MINUTE, Millis};
use crate::wire::{ClockSample, Truth};
use proptest::prelude::*;
use std::collections::HashMap;

/// One thing that happens on one of three phones.
#[derive(Debug, Clone)]
enum Step {
    /// The phone writes an entry.
    Write,
    /// The phone pulls what the others wrote, so its next entry has seen it.
    Pull,
    /// An exchange with the office: how far off its truth is, within its bound.
    Sample { off: i64, err: u32 },
    /// Everything written so far reaches the office, without an answer that could sample the clock.
    Deliver,
    /// Switched off and on.
    Reboot,
    /// Somebody sets the wall clock.
    SetClock { fast: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Write),
        2 => Just(Step::Pull),
        2 => (2u32..5_000).prop_flat_map(|err| (-(i64::from(err) - 2)..=i64::from(err) - 2, Just(err)))
            .prop_map(|(off, err)| Step::Sample { off, err }),
        1 => Just(Step::Deliver),
        1 => Just(Step::Reboot),
        1 => (-50 * 365 * 24 * HOUR..20 * HOUR).prop_map(|fast| Step::SetClock { fast }),
    ]
}

/// Steps of three phones, each so many milliseconds after the one before, and how their quartzes run.
fn days() -> impl Strategy<Value = (Vec<(usize, i64, Step)>, [i64; 3])> {
    let steps = proptest::collection::vec((0usize..3, 1i64..3 * HOUR, step()), 1..40);
    (steps, [-99i64..=99, -99i64..=99, -99i64..=99])
}

/// What was played: the entries, the true times, and everything that can be told to [`Clocks`].
struct Played {
    room: Room,
    truth: HashMap<EntryId, Millis>,
    samples: Vec<(Phone, ClockSample)>,
}

/// A reading of a quartz that runs `ppm` fast, rounded down as a machine does.
fn reading(phone: &Phone, ppm: i64, now: Millis) -> i64 {
    let passed = i128::from(now.since(phone.booted));
    (passed + passed * i128::from(ppm) / 1_000_000) as i64
}

fn play(steps: &[(usize, i64, Step)], ppm: [i64; 3]) -> Played {
    let mut played = Played { room: Room::visit("V-1"), truth: HashMap::new(), samples: Vec::new() };
    let mut phones = ["asha", "ben", "dana"].map(Phone::of);
    let mut now = at("06:00");
    for (who, after, step) in steps {
        now = now.plus(*after);
        let (phone, ppm) = (&mut phones[*who], ppm[*who]);
        match step {
            Step::Write => {
                // The phone reads its own quartz, not true time.
                let drift = reading(phone, ppm, now) - phone.mono(now);
                phone.booted = phone.booted.plus(-drift);
                let id = played.room.write(phone, now, note("x"));
                phone.booted = phone.booted.plus(drift);
                played.truth.insert(id, now);
            }
            Step::Pull => {
                let clocks = std::mem::take(&mut played.room.clocks);
                let before = played.room.held.clone();
                played.room.sync(phone, now);
                (played.room.held, played.room.clocks) = (before, clocks);
            }
            Step::Sample { off, err } => {
                let truth = Some(Truth { at: now.plus(*off), err_ms: *err });
                let sample = ClockSample { boot: phone.boot, mono_ms: reading(phone, ppm, now), wall: now.plus(phone.fast), truth };
                played.samples.push((phone.clone(), sample));
            }
            Step::Deliver => {
                for held in played.room.held.iter_mut().filter(|h| h.read.place().0 == &phone.device && h.received.is_none()) {
                    held.received = Some(now);
                }
            }
            Step::Reboot => phone.reboots(now),
            Step::SetClock { fast } => phone.fast = *fast,
        }
    }
    played.room.clocks = Clocks::default();
    for held in &played.room.held {
        played.room.clocks.entry(&held.read, held.received);
    }
    for (phone, sample) in &played.samples {
        played.room.clocks.sample(&phone.device, *sample);
        played.room.clocks.stood_at(&phone.device, phone.epoch, phone.seq, phone.boot, sample.mono_ms);
    }
    played
}

fn items(room: &Room) -> Vec<Item<'_>> {
    room.held.iter().map(|h| Item { read: &h.read, text: h.text_digest, change: h.change, deps: &h.deps, received: h.received }).collect()
}

fn order(room: &Room) -> Vec<(EntryId, Timing, bool)> {
    let items = items(room);
    Timeline::of(&items, &room.clocks).placed().iter().map(|p| (items[p.item].read.id(), p.timing, p.same_time_as_above)).collect()
}

/// Readings are cut to the millisecond, twice.
const ROUNDING_MS: i64 = 2;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_interval_holds_the_truth((steps, ppm) in days()) {
        let played = play(&steps, ppm);
        for (id, timing, _) in order(&played.room) {
            let truth = played.truth[&id];
            prop_assert!(timing.earliest.is_none_or(|e| e <= truth.plus(ROUNDING_MS)), "{truth:?} {timing:?}");
            prop_assert!(timing.latest.is_none_or(|l| truth.plus(-ROUNDING_MS) <= l), "{truth:?} {timing:?}");
            prop_assert!(timing.admits(timing.best) , "{timing:?}");
        }
    }

    #[test]
    fn the_order_is_total_and_the_same_for_any_order_of_arrival((steps, ppm) in days(), seed in any::<u64>()) {
        let played = play(&steps, ppm);
        let whole = order(&played.room);
        prop_assert_eq!(whole.len(), played.truth.len(), "no entry is ever dropped");
        let mut other = played.room.clone();
        other.held.sort_by_key(|h| Digest::of_parts(&[&seed.to_be_bytes(), &h.change.0]));
        let mut samples = played.samples.clone();
        samples.reverse();
        other.clocks = Clocks::default();
        for (phone, sample) in &samples {
            other.clocks.sample(&phone.device, *sample);
            other.clocks.stood_at(&phone.device, phone.epoch, phone.seq, phone.boot, sample.mono_ms);
        }
        for held in other.held.iter().chain(&other.held) {
            other.clocks.entry(&held.read, held.received);
        }
        prop_assert_eq!(order(&other), whole);
    }

    #[test]
    fn the_order_respects_causality_and_each_devices_sequence((steps, ppm) in days()) {
        let played = play(&steps, ppm);
        let items = items(&played.room);
        let timeline = Timeline::of(&items, &played.room.clocks);
        let placed = timeline.placed();
        for (i, later) in placed.iter().enumerate() {
            for earlier in &placed[i + 1..] {
                prop_assert!(!timeline.saw(later.item, earlier.item), "what was seen comes first");
                let (a, b) = (items[later.item].read.place(), items[earlier.item].read.place());
                prop_assert!(a.0 != b.0 || a.2 < b.2, "one device's entries are in sequence");
            }
        }
    }

    #[test]
    fn a_late_sample_only_narrows((steps, ppm) in days()) {
        let played = play(&steps, ppm);
        let mut fewer = played.room.clone();
        fewer.clocks = Clocks::default();
        for held in &fewer.held {
            fewer.clocks.entry(&held.read, held.received);
        }
        let mut widths: HashMap<EntryId, Timing> = order(&fewer).into_iter().map(|(id, t, _)| (id, t)).collect();
        for (phone, sample) in &played.samples {
            fewer.clocks.sample(&phone.device, *sample);
            fewer.clocks.stood_at(&phone.device, phone.epoch, phone.seq, phone.boot, sample.mono_ms);
            let now = order(&fewer);
            prop_assert_eq!(now.len(), widths.len());
            for (id, timing, _) in now {
                let before = widths[&id];
                prop_assert!(before.earliest.is_none_or(|b| timing.earliest.is_some_and(|n| b <= n.plus(ROUNDING_MS))), "{before:?} {timing:?}");
                prop_assert!(before.latest.is_none_or(|b| timing.latest.is_some_and(|n| n.plus(-ROUNDING_MS) <= b)), "{before:?} {timing:?}");
                widths.insert(id, timing);
            }
        }
    }

    #[test]
    fn sampled_phones_are_ordered_by_truth_whatever_their_walls_say(
        fast in [-30 * 24 * HOUR..30 * 24 * HOUR, -30 * 24 * HOUR..30 * 24 * HOUR, -30 * 24 * HOUR..30 * 24 * HOUR],
        steps in proptest::collection::vec((0usize..3, MINUTE..HOUR), 1..20),
    ) {
        let mut room = Room::visit("V-1");
        let mut phones = ["asha", "ben", "dana"].map(Phone::of);
        phones.iter_mut().zip(fast).for_each(|(p, f)| p.fast = f);
        let mut now = at("06:00");
        let mut written = Vec::new();
        for (who, after) in steps {
            now = now.plus(after);
            written.push(room.write(&mut phones[who], now, note("x")));
        }
        for phone in &mut phones {
            room.sync(phone, now.plus(MINUTE));
        }
        prop_assert_eq!(order(&room).into_iter().map(|(id, ..)| id).collect::<Vec<_>>(), written);
    }
}
