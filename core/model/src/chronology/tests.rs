//! Clocks as they are in the field, and what is said about them.

use super::*;
use crate::entry::*;
use crate::id::{BootId, EntryId};
use crate::projection::cast::*;
use crate::time::{ClockReading, DAY, HOUR, MINUTE, Millis};
use crate::wire::{ClockSample, Truth};

fn items(room: &Room) -> Vec<Item<'_>> {
    room.held.iter().map(|h| Item { read: &h.read, text: h.text_digest, change: h.change, deps: &h.deps, received: h.received }).collect()
}

/// The entries in order, with their timing.
fn placed(room: &Room) -> Vec<(EntryId, Timing)> {
    let items = items(room);
    Timeline::of(&items, &room.clocks).placed().iter().map(|p| (items[p.item].read.id(), p.timing)).collect()
}

fn timing(room: &Room, id: EntryId) -> Timing {
    placed(room).into_iter().find(|(known, _)| *known == id).expect("no entry is ever dropped").1
}

#[test]
fn a_phone_47_minutes_fast_is_put_right_and_what_it_said_is_kept() {
    let mut room = Room::visit("V-1");
    let (mut ben, mut dana) = (Phone::of("ben"), Phone::of("dana"));
    ben.fast = 47 * MINUTE;
    let first = room.write(&mut ben, at("10:00"), arrived());
    let second = room.write(&mut dana, at("10:20"), arrived());
    room.sync(&mut ben, at("11:00"));
    room.sync(&mut dana, at("11:00"));
    let order: Vec<EntryId> = placed(&room).into_iter().map(|(id, _)| id).collect();
    assert_eq!(order, [first, second], "his clock said 10:47");
    assert_eq!(timing(&room, first).best, at("10:00"));
    assert_eq!(timing(&room, first).doubt, Doubt::WallFastBy { ms: 47 * MINUTE });
    assert_eq!(timing(&room, second).doubt, Doubt::Exact);
    room.clocks.order_by_wall_clock();
    let order: Vec<EntryId> = placed(&room).into_iter().map(|(id, _)| id).collect();
    assert_eq!(order, [second, first], "the fault shows, so the test can fail");
}

#[test]
fn a_phone_set_to_1970_loses_nothing() {
    let mut room = Room::visit("V-1");
    let mut ben = Phone::of("ben");
    ben.fast = -at("08:00").0;
    let id = room.write(&mut ben, at("10:00"), arrived());
    room.sync(&mut ben, at("11:00"));
    assert_eq!(timing(&room, id).best, at("10:00"));
    assert!(matches!(timing(&room, id).doubt, Doubt::WallSlowBy { ms } if ms == at("08:00").0));
}

#[test]
fn a_clock_changed_in_mid_visit_shows_as_a_step_and_moves_nothing() {
    let mut room = Room::visit("V-1");
    let mut ben = Phone::of("ben");
    let before = room.write(&mut ben, at("10:00"), arrived());
    ben.fast = -2 * HOUR;
    let after = room.write(&mut ben, at("10:30"), note("set the clock to see whether the alarm works"));
    let later = room.write(&mut ben, at("10:45"), left());
    room.sync(&mut ben, at("11:00"));
    assert_eq!(placed(&room).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [before, after, later]);
    assert_eq!(timing(&room, before).doubt, Doubt::Exact);
    assert_eq!(timing(&room, after).doubt, Doubt::WallChangedMeanwhile { fast_before_ms: 0, fast_now_ms: -2 * HOUR });
    assert_eq!(timing(&room, after).best, at("10:30"));
    assert_eq!(timing(&room, later).doubt, Doubt::WallSlowBy { ms: 2 * HOUR });
}

/// Morning with contact; battery out; an afternoon without any; switched on again in the evening, and delivered.
fn reboot_without_contact(fast_after: i64) -> (Room, EntryId, EntryId) {
    let mut room = Room::visit("V-1");
    let mut ben = Phone::of("ben");
    room.write(&mut ben, at("08:00"), note("before"));
    room.sync(&mut ben, at("08:05"));
    ben.reboots(at("09:00"));
    ben.fast = fast_after;
    let dark = room.write(&mut ben, at("10:00"), arrived());
    let darker = room.write(&mut ben, at("10:40"), left());
    ben.reboots(at("11:00"));
    ben.fast = 0;
    room.write(&mut ben, at("11:01"), note("after"));
    room.sync(&mut ben, at("11:02"));
    (room, dark, darker)
}

#[test]
fn a_session_without_a_sample_is_bounded_by_what_came_before_and_after() {
    let (room, dark, darker) = reboot_without_contact(0);
    let (a, b) = (timing(&room, dark), timing(&room, darker));
    assert_eq!(a.doubt, Doubt::NoSample { wall_fits: true });
    assert_eq!((a.best, b.best), (at("10:00"), at("10:40")), "the wall clock is a hint that the evidence allows");
    let (earliest, latest) = (a.earliest.expect("bounded"), a.latest.expect("bounded"));
    assert!(at("08:00") <= earliest.plus(1_000) && earliest <= at("10:00"));
    assert!(latest >= at("10:00") && latest <= at("10:23"), "forty minutes before 11:01, which is {}", latest.hhmmss());
}

#[test]
fn a_wall_clock_that_the_evidence_rules_out_is_not_believed() {
    let (room, dark, darker) = reboot_without_contact(-30 * DAY);
    let (a, b) = (timing(&room, dark), timing(&room, darker));
    assert_eq!(a.doubt, Doubt::NoSample { wall_fits: false });
    assert!(a.admits(a.best) && a.admits(at("10:00")) && a.best < b.best);
    let middle = a.earliest.expect("bounded").plus(a.latest.expect("bounded").since(a.earliest.expect("bounded")) / 2);
    assert_eq!(a.best, middle);
}

#[test]
fn a_clock_known_to_be_fast_before_a_restart_is_put_right_after_it() {
    let mut room = Room::visit("V-1");
    let mut ben = Phone::of("ben");
    ben.fast = 47 * MINUTE;
    room.write(&mut ben, at("08:00"), note("before"));
    room.sync(&mut ben, at("08:05"));
    ben.reboots(at("09:00"));
    let id = room.write(&mut ben, at("10:00"), arrived());
    assert_eq!(timing(&room, id).best, at("10:00"));
    assert_eq!(timing(&room, id).doubt, Doubt::NoSample { wall_fits: true });
}

#[test]
fn arrival_alone_bounds_an_entry_from_above() {
    let mut room = Room::visit("V-1");
    let mut ben = Phone::of("ben");
    ben.fast = 3 * DAY;
    let id = room.write(&mut ben, at("10:00"), arrived());
    let last = room.held.last_mut().expect("an entry");
    last.received = Some(at("10:30"));
    let t = timing(&room, id);
    assert_eq!((t.latest, t.best), (Some(at("10:30")), at("10:30")), "it cannot have been written after it came");
    assert_eq!(t.doubt, Doubt::NoSample { wall_fits: false });
}

#[test]
fn a_restart_without_an_entry_has_its_place_by_what_the_clock_read() {
    let mut room = Room::visit("V-1");
    let mut ben = Phone::of("ben");
    // Contact at 08:05 with nothing recorded yet; then a restart, and an entry without contact.
    room.clocks.sample(&ben.device, ben.sample(at("08:05"), 40));
    room.clocks.stood_at(&ben.device, ben.epoch, 0, ben.boot, ben.mono(at("08:05")));
    ben.reboots(at("09:00"));
    ben.fast = -DAY;
    let id = room.write(&mut ben, at("10:00"), arrived());
    let t = timing(&room, id);
    assert!(t.earliest.is_some_and(|e| at("08:04") < e && e <= at("08:05")));
}

#[test]
fn a_late_sample_projects_again_and_only_narrows() {
    let mut room = Room::visit("V-1");
    let mut ben = Phone::of("ben");
    let id = room.write(&mut ben, at("10:00"), arrived());
    let reading = ClockReading { wall: at("10:10"), offset_min: 0, boot: ben.boot, mono_ms: ben.mono(at("10:10")) };
    assert_eq!(timing(&room, id).give_or_take_ms(), None);
    room.clocks.sample(&ben.device, weak_truth(reading, at("10:10").plus(20_000)));
    let weak = timing(&room, id);
    assert!(weak.admits(at("10:00")) && weak.give_or_take_ms().is_some_and(|ms| ms <= 31_000));
    room.clocks.sample(&ben.device, ben.sample(at("12:00"), 40));
    let strong = timing(&room, id);
    assert!(strong.admits(at("10:00")) && strong.earliest >= weak.earliest && strong.latest <= weak.latest);
    assert!(strong.give_or_take_ms().is_some_and(|ms| ms < 1_000));
}

#[test]
fn the_night_when_the_clocks_go_back_keeps_its_order() {
    let mut room = Room::visit("V-1");
    let mut ben = Phone::of("ben");
    let utc = |text: &str| Millis::parse_rfc3339(text).expect("a literal");
    let first = room.write(&mut ben, utc("2026-10-25T00:30:00Z"), arrived());
    let second = room.write(&mut ben, utc("2026-10-25T01:30:00Z"), left());
    room.sync(&mut ben, utc("2026-10-25T06:00:00Z"));
    let seen = placed(&room);
    assert_eq!(seen.iter().map(|(_, t)| t.best.hhmm()).collect::<Vec<_>>(), ["01:30", "01:30"], "twice on the wall");
    assert_eq!(seen.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [first, second]);
    assert_eq!(seen[1].1.best.since(seen[0].1.best), HOUR);
}

#[test]
fn what_an_author_had_seen_comes_first_whatever_the_clocks_say() {
    let mut room = Room::visit("V-1");
    let (mut ben, mut dana) = (Phone::of("ben"), Phone::of("dana"));
    ben.fast = 5 * HOUR;
    let question = room.write(&mut ben, at("10:00"), note("did she eat?"));
    // Dana's phone has seen it. Neither phone has ever been sampled.
    room.sync(&mut dana, at("10:05"));
    room.clocks = Clocks::default();
    let answer = room.write(&mut dana, at("10:06"), note("all of it"));
    assert_eq!(placed(&room).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [question, answer]);
}

#[test]
fn entries_that_cannot_be_told_apart_are_shown_as_about_the_same_time() {
    let mut room = Room::visit("V-1");
    let (mut ben, mut dana) = (Phone::of("ben"), Phone::of("dana"));
    room.write(&mut ben, at("10:00"), arrived());
    room.write(&mut dana, at("10:00").plus(60), arrived());
    room.write(&mut dana, at("10:00").plus(61), note("her own entries are in sequence"));
    room.write(&mut ben, at("10:20"), left());
    room.sync(&mut ben, at("10:21"));
    room.sync(&mut dana, at("10:21"));
    let items = items(&room);
    let seen: Vec<bool> = Timeline::of(&items, &room.clocks).placed().iter().map(|p| p.same_time_as_above).collect();
    assert_eq!(seen, [false, true, false, false]);
}

#[test]
fn one_devices_sequence_orders_what_causality_does_not() {
    let mut room = Room::visit("V-1");
    let mut ben = Phone::of("ben");
    ben.fast = 3 * HOUR;
    let first = room.write(&mut ben, at("10:00"), note("before the restart"));
    ben.reboots(at("10:10"));
    ben.fast = -3 * HOUR;
    let second = room.write(&mut ben, at("10:20"), note("after it"));
    // The change that links the two is not here (yet), and neither session was ever sampled.
    room.held.iter_mut().for_each(|h| h.deps.clear());
    assert_eq!(placed(&room).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [first, second]);
}

#[test]
fn a_sequence_that_contradicts_causality_is_put_up_with() {
    let mut room = Room::visit("V-1");
    let mut ben = Phone::of("ben");
    ben.seq = 9;
    let first = room.write(&mut ben, at("10:00"), note("sequence 10"));
    ben.seq = 4;
    let second = room.write(&mut ben, at("10:01"), note("sequence 5, and saw 10"));
    assert_eq!(placed(&room).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [first, second]);
}

#[test]
fn an_exchange_gives_the_time_to_within_half_the_way() {
    let boot = BootId([1; 8]);
    let reading = |mono_ms: i64| ClockReading { wall: Millis(7), offset_min: 0, boot, mono_ms };
    let sample = exchange(reading(1_000), Millis(50_300), Millis(50_500), reading(2_000)).expect("in order");
    assert_eq!(sample.truth, Some(Truth { at: Millis(50_900), err_ms: 401 }));
    assert_eq!(sample.mono_ms, 2_000);
    assert_eq!(exchange(reading(1_000), Millis(50_300), Millis(50_200), reading(2_000)), None, "answered before it was asked");
    assert_eq!(exchange(reading(1_000), Millis(50_300), Millis(52_000), reading(2_000)), None, "longer there than away");
    let other = ClockReading { boot: BootId([2; 8]), ..reading(2_000) };
    assert_eq!(exchange(reading(1_000), Millis(50_300), Millis(50_400), other), None, "restarted in between");
}

#[test]
fn no_clock_reading_however_wild_makes_anything_fail() {
    let wild = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
    for mono in wild {
        for wall in wild {
            let mut room = Room::visit("V-1");
            let mut ben = Phone::of("ben");
            let id = room.write(&mut ben, at("10:00"), arrived());
            let last = room.held.last_mut().expect("an entry");
            let Read::Known(entry) = &mut last.read else { panic!("written as known") };
            entry.mono = Mono { boot: BootId([9; 8]), ms: mono };
            entry.recorded = Recorded { at: Millis(wall), offset_min: i16::MIN };
            last.received = Some(Millis(wall.saturating_neg()));
            let read = last.read.clone();
            room.clocks.entry(&read, Some(Millis(wall)));
            for at in wild {
                let truth = Some(Truth { at: Millis(at), err_ms: u32::MAX });
                room.clocks.sample(&ben.device, ClockSample { boot: BootId([9; 8]), mono_ms: wall, wall: Millis(mono), truth });
                room.clocks.stood_at(&ben.device, ben.epoch, u64::MAX, BootId([8; 8]), at);
            }
            room.write(&mut ben, at("10:01"), note("and on it goes"));
            assert_eq!(placed(&room).len(), 2);
            timing(&room, id);
        }
    }
}
