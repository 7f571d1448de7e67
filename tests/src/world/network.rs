//! The network of the world: letters under way, each with its fate drawn when it leaves.

use super::TIMEOUT_MS;
use crate::scenario::Weather;
use holdfast_engine::port::{Answer, Ask, NetworkFault};
use holdfast_host::SeededRandom;
use holdfast_model::id::WorkerId;
use holdfast_model::port::Random;
use holdfast_model::time::Millis;
use holdfast_sync_server::office::Begun;
use holdfast_sync_server::slot::InHand;
use std::collections::BTreeMap;

/// Quickest way of a message, in milliseconds.
const LEAST_MS: i64 = 20;
/// Longest way on a good day.
const USUAL_MS: i64 = 200;

/// Something under way.
pub(super) enum Letter {
    /// A request.
    ToOffice {
        worker: WorkerId,
        flight: u64,
        ask: Ask,
        /// Milliseconds that the answer will take; nothing when nobody will hear it.
        reply: Option<i64>,
    },
    /// A request that the office works on: it is answered when its turn is over.
    InHand { worker: WorkerId, flight: u64, begun: Begun, reply: Option<i64>, here: InHand },
    /// An answer, or that there is none.
    ToPhone { worker: WorkerId, flight: u64, answer: Result<Answer, NetworkFault> },
}

/// Letters by the moment of their arrival.
pub(super) struct Network {
    pub(super) weather: Weather,
    random: SeededRandom,
    letters: BTreeMap<(Millis, u64), Letter>,
    count: u64,
}

impl Network {
    pub(super) fn new(random: SeededRandom) -> Network {
        Network { weather: Weather::default(), random, letters: BTreeMap::new(), count: 0 }
    }

    pub(super) fn next_at(&self) -> Option<Millis> {
        self.letters.keys().next().map(|(at, _)| *at)
    }

    /// The next letter that is there by now.
    pub(super) fn arrived(&mut self, now: Millis) -> Option<Letter> {
        let first = self.letters.first_entry().filter(|e| e.key().0 <= now)?;
        Some(first.remove())
    }

    /// A request leaves a phone that has signal.
    pub(super) fn send(&mut self, now: Millis, worker: &WorkerId, flight: u64, ask: Ask) {
        let (lost, cut, doubled) = (self.happens(self.weather.lost), self.happens(self.weather.cut), self.happens(self.weather.doubled));
        let (there, back) = (self.way(), self.way());
        // Whatever happens, the phone stops waiting one day. An answer before that makes this letter one too many.
        self.fail(now.plus(TIMEOUT_MS), worker, flight, NetworkFault::TimedOut);
        if !lost {
            let reply = (!cut).then_some(back);
            self.put(now.plus(there), Letter::ToOffice { worker: worker.clone(), flight, ask: ask.clone(), reply });
        }
        if doubled {
            // The copy may come seconds later, after the phone's next request.
            let late = there + self.draw(10 * USUAL_MS);
            self.put(now.plus(late), Letter::ToOffice { worker: worker.clone(), flight, ask, reply: None });
        }
    }

    pub(super) fn answer(&mut self, at: Millis, worker: &WorkerId, flight: u64, answer: Result<Answer, NetworkFault>) {
        self.put(at, Letter::ToPhone { worker: worker.clone(), flight, answer });
    }

    pub(super) fn fail(&mut self, at: Millis, worker: &WorkerId, flight: u64, fault: NetworkFault) {
        self.answer(at, worker, flight, Err(fault));
    }

    /// The office works on something until then.
    pub(super) fn hold(&mut self, until: Millis, letter: Letter) {
        self.put(until, letter);
    }

    /// Forgets what the office works on.
    pub(super) fn drop_in_hand(&mut self) {
        self.letters.retain(|_, letter| !matches!(letter, Letter::InHand { .. }));
    }

    /// Forgets the letters of a flight that is over.
    pub(super) fn over(&mut self, over: u64) {
        self.letters.retain(|_, letter| !matches!(letter, Letter::ToPhone { flight, .. } if *flight == over));
    }

    fn put(&mut self, at: Millis, letter: Letter) {
        self.count += 1;
        self.letters.insert((at, self.count), letter);
    }

    fn way(&mut self) -> i64 {
        LEAST_MS + self.draw(self.weather.delay_ms.max(USUAL_MS))
    }

    fn happens(&mut self, in_a_hundred: u8) -> bool {
        in_a_hundred > 0 && self.draw(100) < i64::from(in_a_hundred)
    }

    /// A number from 0 up to, not including, `below`.
    fn draw(&mut self, below: i64) -> i64 {
        let mut bytes = [0; 8];
        self.random.fill(&mut bytes);
        (u64::from_be_bytes(bytes) % below.max(1) as u64) as i64
    }
}
