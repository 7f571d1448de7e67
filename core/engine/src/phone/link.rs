//! Contact with the office as a driver sees it: when to ask, what came of it, and the blocking loop for drivers that own no network.

use super::Phone;
use crate::error::EngineError;
use holdfast_model::session::{Next, Session, Start};
use holdfast_model::time::ClockReading;
use std::time::Duration;

/// How long one exchange may take. A phone gives a request up after this long, and chronology relies on it.
const TIMEOUT: Duration = Duration::from_millis(holdfast_model::chronology::GIVEN_UP_AFTER_MS as u64);

/// What one answer, or several in a row, brought.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct SyncOutcome {
    /// Requests that were answered.
    pub requests: u32,
    /// Own entries that a verified receipt covers now and did not before.
    pub received: u32,
    /// Of those, how many the office holds for checking.
    pub held_for_checking: u32,
    /// Entries of others that are new on this phone.
    pub pulled: u32,
    /// Segments that did not pass the gate: kept raw, shown to nobody, reported.
    pub withheld: u32,
    /// Own entries that wait for a receipt still.
    pub waiting: u32,
    /// True when the office has more at once.
    pub more: bool,
    /// True when the office began a new life, and entries that it lacks are offered again.
    pub offers_again: bool,
    /// True when this phone went on in a new chain epoch: its store is an older self or a copy.
    pub new_chain_epoch: bool,
    /// True when the office has revoked this phone.
    pub revoked: bool,
}

impl SyncOutcome {
    fn add(&mut self, next: SyncOutcome) {
        self.requests += next.requests;
        self.received += next.received;
        self.held_for_checking += next.held_for_checking;
        self.pulled += next.pulled;
        self.withheld += next.withheld;
        self.waiting = next.waiting;
        self.more = next.more;
        self.offers_again |= next.offers_again;
        self.new_chain_epoch |= next.new_chain_epoch;
        self.revoked |= next.revoked;
    }
}

impl Phone {
    /// Exchanges with the office over the network port until there is nothing to say at once. Somebody asked for it now, so a pause
    /// after failures ends; a slot that the office gave after a storm does not.
    pub fn sync(&mut self) -> Result<SyncOutcome, EngineError> {
        let now = self.ports.clock.read();
        if let Some(session) = &mut self.session {
            session.reachable(now.mono_ms);
            session.nudged();
        }
        let mut all = SyncOutcome::default();
        // More rounds than a phone that was away for months needs: a bound, so that no office can keep a phone busy for ever.
        for _ in 0..10_000 {
            let Some(ask) = self.sync_ask()? else { break };
            let answer = self.ports.network.exchange(ask, TIMEOUT);
            all.add(self.sync_answer(answer)?);
            if all.new_chain_epoch {
                // Once is a restore; an office that says so again and again would have this phone begin epochs without end.
                break;
            }
        }
        all.waiting = self.store()?.waiting()?;
        Ok(all)
    }

    /// The office has something new, as its live stream says.
    pub fn nudged(&mut self) {
        if let Some(session) = &mut self.session {
            session.nudged();
        }
    }

    /// The network came back.
    pub fn reachable(&mut self) {
        let now = self.ports.clock.read().mono_ms;
        if let Some(session) = &mut self.session {
            session.reachable(now);
        }
    }

    /// Milliseconds until [`Phone::sync_ask`] has something to ask, if nothing happens before; `None` while a request is under way, or before
    /// enrolment. Asking is a peek: nothing begins by it.
    pub fn sync_in_ms(&self) -> Option<i64> {
        let now = self.ports.clock.read().mono_ms;
        match self.session.clone()?.next(now) {
            Next::Ask(_) => Some(0),
            Next::WaitUntil(at) => Some((at - now).max(0)),
            Next::Asking => None,
        }
    }

    /// True when nothing waits to be pushed or pulled, and nothing is under way.
    pub fn is_quiet(&self) -> bool {
        self.session.as_ref().is_none_or(Session::quiet)
    }

    pub(super) fn start_session(&mut self, clock: ClockReading) -> Result<(), EngineError> {
        let store = self.store()?;
        let acked = store.epochs()?.iter().find(|e| e.epoch == self.chain.epoch).map_or(0, |e| e.acked);
        let start = Start {
            recorded_to: self.chain.at.seq,
            retained_from: self.retained_from()?,
            have_to: acked,
            server_epoch: Some(self.enrolment()?.server_epoch),
        };
        self.session = Some(Session::new(&start, self.settings.pace.clone(), clock.mono_ms));
        self.flight = None;
        Ok(())
    }
}
