//! What the office has had for thirty days is let go, once no screen shows it; until then it is offered again to an office that was
//! restored from a backup. What the office does not have is never let go. All of it holds for each of those who share a phone.

mod common;

use common::*;
use holdfast_engine::{Enrol, Intent, Newcomer, Phone};
use holdfast_model::id::*;
use holdfast_model::time::{DAY, HOUR, MINUTE, Millis};
use proptest::prelude::*;
use std::collections::BTreeSet;

const BENS_PIN: &str = "830264";

fn ben() -> WorkerId {
    WorkerId::new("W-02").expect("a literal")
}

/// A phone that Ben shares with Asha; she is reading.
fn shared(world: &World) -> Phone {
    let mut phone = world.ready();
    world.office.mood(|m| m.enrols = Some((ben(), "Ben Okafor".into())));
    phone.enrol(Enrol { pin: BENS_PIN.into(), ..enrol() }).expect("a vault of his own");
    phone.sync().expect("his pack");
    turn_to(&mut phone, &worker());
    phone
}

/// Hands the phone over.
fn turn_to(phone: &mut Phone, who: &WorkerId) {
    phone.unlock_as(who, if *who == ben() { BENS_PIN } else { PIN }).expect("the PIN");
}

/// Every text that this phone can still give whoever reads.
fn on_board(phone: &mut Phone) -> String {
    let export = phone.export().expect("export");
    let (_, lines) = export.files.into_iter().find(|(name, _)| name == "entries.jsonl").expect("entries");
    String::from_utf8(lines).expect("text")
}

/// The office is put back to what it had after `kept` entries of each stretch.
fn restored(world: &World, life: u8, kept: usize) {
    let mut state = world.office.state();
    state.server_epoch = ServerEpoch([life; 8]);
    state.ledger.values_mut().for_each(|chain| chain.truncate(kept));
    state.mood.takes_gaps = true;
}

/// The visit leaves the phone's scope.
fn dropped(world: &World, phone: &mut Phone, name: &str) {
    world.office.mood(|m| m.dropped = vec![doc(name)]);
    after(world, phone, 10 * MINUTE);
    world.office.mood(|m| m.dropped.clear());
}

fn after(world: &World, phone: &mut Phone, ms: i64) {
    world.time.advance(ms);
    phone.nudged();
    phone.sync().expect("answered");
}

fn write(phone: &mut Phone, name: &str, text: &str) -> u64 {
    phone.record(&visit(name), Intent::now(note(text))).expect("saved").seq
}

#[test]
fn after_thirty_days_what_the_office_has_goes_and_nothing_else() {
    let world = World::new();
    let mut phone = world.ready();
    write(&mut phone, "V-1", "old one");
    write(&mut phone, "V-1", "old two");
    phone.sync().expect("received");
    dropped(&world, &mut phone, "V-1");
    world.office.plans("V-2", noon().plus(29 * DAY));
    after(&world, &mut phone, 29 * DAY);
    assert!(on_board(&mut phone).contains("old one"), "twenty-nine days are not thirty");
    write(&mut phone, "V-2", "still on the list");
    write(&mut phone, "V-2", "and the last");
    phone.sync().expect("received");
    after(&world, &mut phone, 2 * DAY);
    let text = on_board(&mut phone);
    assert!(!text.contains("old one") && !text.contains("old two") && text.contains("still on the list"));
    after(&world, &mut phone, 40 * DAY);
    assert!(on_board(&mut phone).contains("still on the list"), "what a screen can show stays");

    let mut phone = world.reopen(phone);
    assert_eq!(write(&mut phone, "V-2", "the chain goes on"), 5);
    phone.sync().expect("received");
    assert_eq!((world.office.texts().len(), phone.status().expect("status").counts.waiting), (5, 0));
    restored(&world, 2, 0);
    after(&world, &mut phone, MINUTE);
    after(&world, &mut phone, MINUTE);
    let texts = world.office.texts().concat();
    assert!(texts.contains("still on the list") && texts.contains("the chain goes on"), "offered again from where it still can");
    assert_eq!(phone.status().expect("status").counts.waiting, 0, "what is gone is not waited for");
}

#[test]
fn what_was_never_received_stays_for_ever() {
    let world = World::new();
    let mut phone = world.ready();
    write(&mut phone, "V-1", "received");
    phone.sync().expect("received");
    dropped(&world, &mut phone, "V-1");
    world.office.plans("V-2", noon());
    phone.nudged();
    phone.sync().expect("pulled");
    world.office.mood(|m| m.no_receipts = true);
    write(&mut phone, "V-2", "there, and nobody signed for it");
    write(&mut phone, "V-2", "the last");
    for _ in 0..3 {
        after(&world, &mut phone, 40 * DAY);
    }
    let text = on_board(&mut phone);
    assert!(!text.contains("\"received\"") && text.contains("nobody signed for it") && text.contains("the last"));
}

#[test]
fn a_clock_that_is_set_lets_nothing_go() {
    let world = World::new();
    let mut phone = world.ready();
    write(&mut phone, "V-1", "yesterday");
    phone.sync().expect("received");
    dropped(&world, &mut phone, "V-1");
    world.office.plans("V-2", noon());
    after(&world, &mut phone, DAY);
    write(&mut phone, "V-2", "today");
    world.clock.set_wall_error(400 * DAY);
    after(&world, &mut phone, DAY);
    world.clock.reboot();
    let mut phone = world.reopen(phone);
    after(&world, &mut phone, DAY);
    assert!(on_board(&mut phone).contains("yesterday"));
}

#[test]
fn a_locked_phone_offers_again_what_a_restored_office_lacks() {
    let world = World::new();
    let mut phone = world.ready();
    for n in 0..5 {
        write(&mut phone, "V-1", &format!("number {n}"));
    }
    phone.sync().expect("received");
    phone.lock();
    restored(&world, 2, 2);
    world.time.advance(10 * MINUTE);
    phone.sync().expect("answered, and handed over");
    assert_eq!(world.office.texts().len(), 5, "without anybody's PIN");
    assert_eq!(phone.status().expect("status").counts.waiting, 0);
    assert_eq!(phone.export().expect("export").waiting, 0);
    phone.unlock(PIN).expect("the PIN");
    assert_eq!(phone.visit(&visit("V-1")).expect("a visit").visit.facts.on_this_phone, 0);
}

#[test]
fn a_shared_phone_lets_go_only_of_what_is_on_nobodys_screen() {
    let world = World::new();
    let mut phone = shared(&world);
    write(&mut phone, "V-1", "Asha's first");
    turn_to(&mut phone, &ben());
    write(&mut phone, "V-1", "Ben's only one");
    turn_to(&mut phone, &worker());
    write(&mut phone, "V-1", "Asha's second");
    phone.sync().expect("received");
    dropped(&world, &mut phone, "V-1");
    world.office.plans("V-2", noon().plus(29 * DAY));
    after(&world, &mut phone, 31 * DAY);
    write(&mut phone, "V-2", "Asha's last");
    after(&world, &mut phone, 2 * DAY);
    let text = on_board(&mut phone);
    assert!(!text.contains("Asha's first"), "the office has it, and no screen shows it");
    assert!(text.contains("Asha's second"), "behind what Ben's list shows");

    turn_to(&mut phone, &ben());
    assert!(on_board(&mut phone).contains("Ben's only one"), "while Asha read, nobody could tell what he sees");
    dropped(&world, &mut phone, "V-1");
    after(&world, &mut phone, 2 * DAY);
    assert!(!on_board(&mut phone).contains("Ben's only one"));
    turn_to(&mut phone, &worker());
    let text = on_board(&mut phone);
    assert!(!text.contains("Asha's second") && text.contains("Asha's last"));
    phone.sync().expect("received");
    assert_eq!((world.office.texts().len(), phone.status().expect("status").counts.waiting), (4, 0));
}

#[test]
fn a_locked_shared_phone_offers_again_what_all_of_them_wrote() {
    let world = World::new();
    let mut phone = shared(&world);
    write(&mut phone, "V-1", "Asha's");
    turn_to(&mut phone, &ben());
    write(&mut phone, "V-1", "Ben's");
    phone.lock();
    let cat = Newcomer { worker: WorkerId::new("W-77").expect("a literal"), name: "Cat Dale".into() };
    phone.record_as_newcomer(&cat, &visit("V-1"), Intent::now(note("Cat's"))).expect("saved");
    phone.sync().expect("received");
    assert_eq!(world.office.texts().len(), 3);
    for life in 2..4 {
        restored(&world, life, 0);
        world.time.advance(10 * MINUTE);
        phone.sync().expect("answered, and handed over");
        assert_eq!(world.office.texts().len(), 3, "without anybody's PIN");
    }
    assert_eq!((phone.status().expect("status").counts.waiting, phone.export().expect("export").waiting), (0, 0));
    for who in [ben(), worker()] {
        turn_to(&mut phone, &who);
        dropped(&world, &mut phone, "V-1");
    }
    world.office.plans("V-2", noon().plus(31 * DAY));
    after(&world, &mut phone, 31 * DAY);
    write(&mut phone, "V-2", "the last one");
    turn_to(&mut phone, &ben());
    phone.sync().expect("received");
    phone.lock();
    world.time.advance(2 * DAY);
    phone.sync().expect("all have looked: it goes, with what no vault could ever read");
    restored(&world, 4, 0);
    for _ in 0..2 {
        world.time.advance(10 * MINUTE);
        phone.sync().expect("offered again");
    }
    let texts = world.office.texts();
    assert!(texts[..3].iter().all(|text| text == "gone for good") && texts[3].contains("the last one"), "{texts:?}");
}

#[derive(Debug, Clone)]
enum Step {
    /// Records so many entries.
    Write(usize),
    /// Reaches the office, or only believes so.
    Sync { receipts: bool },
    /// Hours pass.
    Pass(i64),
    /// The phone changes hands, where two share it.
    Turn,
    /// Restarts, with a wall clock that is wrong by days from then on.
    Restart(i64),
    /// What is on the list leaves the scope, and another visit comes.
    NextVisit,
    /// The office is put back to so many entries.
    Restore(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1usize..4).prop_map(Step::Write),
        4 => prop::bool::weighted(0.8).prop_map(|receipts| Step::Sync { receipts }),
        4 => (1i64..20 * 24).prop_map(Step::Pass),
        2 => Just(Step::Turn),
        1 => (-3i64..3).prop_map(Step::Restart),
        3 => Just(Step::NextVisit),
        1 => (0usize..12).prop_map(Step::Restore),
    ]
}

/// An entry, and since when the office has it: true time, and restarts until then.
struct Kept {
    text: String,
    received: Option<(Millis, i64)>,
}

impl Kept {
    /// True while the phone must still have it. A restart counts a day at most, whatever has passed.
    fn stays(&self, now: Millis, restarts: i64) -> bool {
        self.received.is_none_or(|(at, before)| now.since(at) + (restarts - before) * DAY < 30 * DAY)
    }
}

/// Notes what the phone has receipts for by now.
fn note_received(world: &World, phone: &mut Phone, kept: &mut [Kept], restarts: i64) {
    if phone.status().expect("status").counts.waiting == 0 {
        let (there, now) = (world.office.texts().concat(), world.time.now());
        let fresh = kept.iter_mut().filter(|k| k.received.is_none() && there.contains(&k.text));
        fresh.for_each(|k| k.received = Some((now, restarts)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happened: what no receipt covers is there, and what was received less than thirty days ago is offered again.
    #[test]
    fn nothing_unsent_goes_and_nothing_of_the_last_thirty_days(both in any::<bool>(), steps in prop::collection::vec(step(), 1..40)) {
        let world = World::new();
        let mut phone = if both { shared(&world) } else { world.ready() };
        let mut hands = vec![worker()];
        hands.extend(both.then(ben));
        let (mut kept, mut visits, mut restarts, mut life): (Vec<Kept>, usize, i64, u8) = (Vec::new(), 1, 0, 1);
        for step in steps {
            match step {
                Step::Write(n) => for _ in 0..n {
                    let text = format!("entry {:04} of this phone", kept.len());
                    write(&mut phone, &format!("V-{visits}"), &text);
                    kept.push(Kept { text, received: None });
                },
                Step::Sync { receipts } => {
                    world.office.mood(|m| m.no_receipts = !receipts);
                    after(&world, &mut phone, 10 * MINUTE);
                    world.office.mood(|m| m.no_receipts = false);
                    note_received(&world, &mut phone, &mut kept, restarts);
                }
                Step::Pass(hours) => world.time.advance(hours * HOUR),
                Step::Turn => {
                    hands.rotate_left(1);
                    turn_to(&mut phone, &hands[0]);
                    after(&world, &mut phone, 10 * MINUTE);
                    note_received(&world, &mut phone, &mut kept, restarts);
                }
                Step::Restart(days) => {
                    world.clock.reboot();
                    world.clock.set_wall_error(days * DAY);
                    drop(phone);
                    phone = world.open();
                    turn_to(&mut phone, &hands[0]);
                    restarts += 1;
                }
                Step::NextVisit => {
                    for _ in 0..hands.len() {
                        hands.rotate_left(1);
                        turn_to(&mut phone, &hands[0]);
                        dropped(&world, &mut phone, &format!("V-{visits}"));
                        note_received(&world, &mut phone, &mut kept, restarts);
                    }
                    visits += 1;
                    world.office.plans(&format!("V-{visits}"), world.time.now());
                    after(&world, &mut phone, 10 * MINUTE);
                }
                Step::Restore(entries) => {
                    life += 1;
                    restored(&world, life, entries);
                    // What it lost and the phone still has is to be received anew.
                    let (there, now) = (world.office.texts().concat(), world.time.now());
                    let lost = kept.iter_mut().filter(|k| k.stays(now, restarts) && !there.contains(&k.text));
                    lost.for_each(|k| k.received = None);
                }
            }
        }
        // The office loses everything; whatever the phone still has comes again.
        let now = world.time.now();
        restored(&world, life + 1, 0);
        for _ in 0..4 {
            after(&world, &mut phone, 10 * MINUTE);
        }
        let there: BTreeSet<String> = world.office.texts().into_iter().collect();
        for k in &kept {
            let found = there.iter().any(|text| text.contains(&k.text));
            prop_assert!(found || !k.stays(now, restarts), "{} is gone, received {:?}", k.text, k.received);
        }
        prop_assert_eq!(phone.status().expect("status").counts.waiting, 0);
    }
}
