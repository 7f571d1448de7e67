//! A whole life of contact, played: under any schedule of loss, repetition, delay, restart, refusal and restoration, everything a
//! device recorded ends up at the office exactly once, and nobody asks in a circle.

mod common;

use common::Numbers;
use holdfast_model::id::ServerEpoch;
use holdfast_model::session::{Answered, Failure, Next, Pace, Plan, Session, Start};
use proptest::prelude::*;

/// The office, as far as contact goes: one list, kept by sequence number.
struct Office {
    life: u8,
    held: Vec<u64>,
    most_entries: u64,
}

impl Office {
    fn take(&mut self, plan: &Plan) -> Result<Answered, Failure> {
        if let Some(push) = &plan.push {
            if push.seqs.end() - push.seqs.start() + 1 > self.most_entries {
                return Err(Failure::TooLarge);
            }
            let next = self.held.last().map_or(1, |last| last + 1);
            if *push.seqs.start() <= next {
                self.held.extend(next..=*push.seqs.end());
            }
        }
        Ok(self.says())
    }
    fn says(&self) -> Answered {
        let have_to = self.held.last().copied().unwrap_or(0);
        Answered { server_epoch: ServerEpoch([self.life; 8]), have_to, more: false, slot_ms: 0 }
    }
}

/// The device, as far as contact goes: what is durable on it, and the session of this process.
struct Device {
    recorded_to: u64,
    stored: Start,
    session: Session,
}

impl Device {
    fn restart(&mut self, now: i64) {
        self.stored.recorded_to = self.recorded_to;
        self.session = Session::new(&self.stored, Pace::default(), now);
    }
    fn believes(&mut self, plan: &Plan, facts: &Answered, now: i64, random: u64) {
        self.session.answered(plan.ticket, facts, now, random);
        (self.stored.have_to, self.stored.server_epoch) = (self.session.have_to(), Some(facts.server_epoch));
    }
}

/// Plays the session until it has nothing to do at this moment: asks what is due, and lets the office answer.
fn perfect_contact(device: &mut Device, office: &mut Office, now: &mut i64, n: &mut Numbers) {
    let mut requests = 0;
    while !device.session.quiet() {
        match device.session.next(*now) {
            Next::Ask(plan) => {
                requests += 1;
                assert!(requests < 50 + 2 * device.recorded_to.div_ceil(office.most_entries), "it asks in a circle");
                match office.take(&plan) {
                    Ok(facts) => device.believes(&plan, &facts, *now, n.next()),
                    Err(failure) => device.session.failed(plan.ticket, failure, *now, n.next()),
                }
            }
            Next::WaitUntil(until) => *now = until.max(*now + 1),
            Next::Asking => panic!("nothing is under way"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn everything_arrives_exactly_once(seed in any::<u64>(), steps in prop::collection::vec(0u8..12, 1..120)) {
        let mut n = Numbers(seed);
        let mut now = 0;
        let mut office = Office { life: 1, held: Vec::new(), most_entries: u64::MAX };
        let stored = Start { recorded_to: 0, retained_from: 1, have_to: 0, server_epoch: None };
        let mut device = Device { recorded_to: 0, session: Session::new(&stored, Pace::default(), now), stored };
        let mut late: Vec<(Plan, Answered)> = Vec::new();
        for step in steps {
            now += n.below(40_000) as i64;
            match step {
                0..=3 => for _ in 0..=n.below(40) {
                    device.recorded_to += 1;
                    device.session.recorded(device.recorded_to, n.below(20) == 0);
                },
                4 => device.restart(now),
                5 => device.session.nudged(),
                6 => device.session.reachable(now),
                7 => {
                    // The office is restored from a backup: a new life, and an older past.
                    office.life = office.life.wrapping_add(1);
                    let kept = n.below(office.held.len() as u64 + 1) as usize;
                    office.held.truncate(kept);
                }
                8 => office.most_entries = 1 + n.below(30),
                9 => if let Some((plan, facts)) = late.pop() {
                    device.session.answered(plan.ticket, &facts, now, n.next());
                },
                _ => if let Next::Ask(plan) = device.session.next(now) {
                    match n.below(5) {
                        0 => device.session.failed(plan.ticket, Failure::Unreachable, now, n.next()),
                        1 => device.session.failed(plan.ticket, Failure::Busy(Some(n.below(90_000) as u32)), now, n.next()),
                        2 => {
                            // It arrived, perhaps twice; the answer is lost, or comes when another request has gone.
                            let facts = office.take(&plan);
                            let _ = office.take(&plan);
                            device.session.failed(plan.ticket, Failure::Cut, now, n.next());
                            late.extend(facts.ok().map(|facts| (plan, facts)));
                        }
                        3 => device.restart(now),
                        _ => match office.take(&plan) {
                            Ok(facts) => device.believes(&plan, &facts, now, n.next()),
                            Err(failure) => device.session.failed(plan.ticket, failure, now, n.next()),
                        },
                    }
                },
            }
            prop_assert!(device.session.have_to() <= device.recorded_to);
        }
        device.session.nudged();
        perfect_contact(&mut device, &mut office, &mut now, &mut n);
        prop_assert_eq!(&office.held, &(1..=device.recorded_to).collect::<Vec<_>>());
        prop_assert_eq!(device.session.waiting(), 0);
    }

    /// What the session believes is never more than the office told.
    #[test]
    fn nothing_counts_as_received_without_an_answer(seed in any::<u64>(), failures in 1usize..30) {
        let mut n = Numbers(seed);
        let start = Start { recorded_to: 50, retained_from: 1, have_to: 0, server_epoch: None };
        let mut session = Session::new(&start, Pace::default(), 0);
        let mut now = 0;
        for _ in 0..failures {
            match session.next(now) {
                Next::Ask(plan) => {
                    let all = [Failure::Unreachable, Failure::Cut, Failure::TooLarge, Failure::Refused, Failure::BadAnswer, Failure::Busy(None)];
                    session.failed(plan.ticket, all[n.below(6) as usize], now, n.next());
                }
                Next::WaitUntil(until) => now = until,
                Next::Asking => unreachable!("every request failed"),
            }
            prop_assert_eq!((session.have_to(), session.waiting()), (0, 50));
        }
    }
}

/// A fleet that lost contact at one moment does not come back at one moment.
#[test]
fn pauses_spread_a_fleet() {
    let mut moments: Vec<i64> = (0..1_000u64)
        .map(|seed| {
            let mut n = Numbers(seed);
            let start = Start { recorded_to: 1, retained_from: 1, have_to: 0, server_epoch: None };
            let mut session = Session::new(&start, Pace::default(), 0);
            let mut now = 0;
            let mut failed = 0;
            while failed < 8 {
                match session.next(now) {
                    Next::Ask(plan) => {
                        failed += 1;
                        session.failed(plan.ticket, Failure::Unreachable, now, n.next());
                    }
                    Next::WaitUntil(until) => now = until,
                    Next::Asking => unreachable!("every request failed"),
                }
            }
            match session.next(now) {
                Next::WaitUntil(until) => until - now,
                _ => 0,
            }
        })
        .collect();
    moments.sort_unstable();
    assert!(moments[900] - moments[100] > 30_000, "a tenth to nine tenths span {} ms", moments[900] - moments[100]);
}
