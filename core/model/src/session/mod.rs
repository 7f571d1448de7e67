//! The state of a device's contact with the office, without any input or output of its own.
//!
//! A driver tells it what happened (an entry was recorded, an answer came, the network came back) and asks what to do
//! [next](Session::next): ask the office now, with which stretch of the chain and how much to pull; or wait, until when.
//! Time and randomness are arguments, so a whole fleet can be played in a moment.
//!
//! | Event | What the session does |
//! |---|---|
//! | entries were recorded | pushes them, and pulls in the same request once all fit |
//! | an urgent entry was recorded | pushes everything now, past its slot and past a pause after failures |
//! | the office answers with a slot | waits with what it only wants; what it has to hand over goes on |
//! | the office is busy (503) | waits as long as it was told |
//! | too large, or cut off under way | halves the batch, down to a single entry |
//! | no contact | waits a random time below a bound that doubles ([full jitter]) |
//! | the office has less than believed, or a new life | offers again what it still holds |
//!
//! Every request may be repeated blindly: the office skips what it has.
//!
//! [full jitter]: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

mod pace;

pub use pace::Pace;

use crate::id::ServerEpoch;
use std::ops::RangeInclusive;

/// What a device remembers of its contact when it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Last sequence number recorded in the current chain epoch; 0 for none.
    pub recorded_to: u64,
    /// Lowest sequence number of the epoch that the device still holds; entries below it were received and let go.
    /// `recorded_to + 1` when it holds none.
    pub retained_from: u64,
    /// Last sequence number that a verified receipt covers; 0 for none.
    pub have_to: u64,
    /// The life of the ledger that the receipts came from, if there was contact.
    pub server_epoch: Option<ServerEpoch>,
}

/// One request to make. The driver hands [`Plan::ticket`] back with the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Tells this request's answer from a late one.
    pub ticket: u64,
    /// What to push, when there is something.
    pub push: Option<PushPlan>,
    /// Most bytes of entries' text to pull; 0 for none.
    pub want_bytes: u32,
}

/// The stretch of the chain to push: as many entries from the first on as the bounds allow, and never none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushPlan {
    /// First and last sequence number.
    pub seqs: RangeInclusive<u64>,
    /// Most bytes of entries' text. The first entry goes even if it alone is larger.
    pub max_bytes: usize,
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Make this request.
    Ask(Plan),
    /// Nothing until this moment of the monotonic clock, in milliseconds, unless something happens.
    WaitUntil(i64),
    /// A request is under way: wait for its answer.
    Asking,
}

/// The facts of an answer whose signature, receipts and lines were verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Which life of the ledger answered.
    pub server_epoch: ServerEpoch,
    /// Last sequence number of the device's epoch that is durable there; 0 for none.
    pub have_to: u64,
    /// True when there is more to pull.
    pub more: bool,
    /// Milliseconds to wait before the next request without need.
    pub slot_ms: u32,
}

/// What an answer changed, beyond progress.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Learned {
    /// The ledger began a new life: it was restored from a backup.
    pub new_server_epoch: bool,
    /// Entries that were thought received are offered again, from this sequence number.
    pub offers_again_from: Option<u64>,
    /// Sequence numbers that the office lacks and this device no longer holds. Other phones may still have them.
    pub lost_here: Option<RangeInclusive<u64>>,
    /// The office holds this many entries of the epoch, more than the device ever recorded in it: the device's store is
    /// older than the device's past (a restore, a clone). It has to go on in a new chain epoch.
    pub office_is_ahead: Option<u64>,
}

/// Why a request brought no answer to work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No connection.
    Unreachable,
    /// Cut off or timed out under way: the office may have taken it or not.
    Cut,
    /// The office is busy (503, 429), and says how many milliseconds to wait, or not.
    Busy(Option<u32>),
    /// The office found the request too large (413).
    TooLarge,
    /// The office refused the request for a reason that trying again at once does not mend (400, 401, 403, 409 …).
    Refused,
    /// The answer was not the office's, or not readable.
    BadAnswer,
}

/// A request under way.
#[derive(Debug, Clone, PartialEq, Eq)]
struct InFlight {
    ticket: u64,
    pushed: Option<RangeInclusive<u64>>,
    pulled: bool,
}

/// The contact of one device with the office. See the module's text.
#[derive(Debug, Clone)]
pub struct Session {
    pace: Pace,
    recorded_to: u64,
    retained_from: u64,
    have_to: u64,
    server_epoch: Option<ServerEpoch>,
    /// Entries up to here go past every slot and pause.
    urgent_to: u64,
    /// Something to pull: at the start, after a nudge, when the office has more.
    to_pull: bool,
    batch: pace::Batch,
    in_flight: Option<InFlight>,
    tickets: u64,
    /// Failures in a row.
    failures: u32,
    /// After failures: nothing goes before this moment, except what is urgent and has not been tried since.
    pause_until: i64,
    /// The office's slot: what is only wanted waits for this moment.
    slot_until: i64,
    /// Next contact without any need.
    idle_until: i64,
    /// An urgent entry arrived that no request has tried to carry yet.
    hurry: bool,
    /// The last answer took entries and more are waiting: handing over goes on, whatever the slot.
    handing_over: bool,
}

impl Session {
    /// A session at the start of a process, at a moment of the monotonic clock. Its first request goes at once.
    pub fn new(start: &Start, pace: Pace, now: i64) -> Session {
        Session {
            recorded_to: start.recorded_to,
            retained_from: start.retained_from,
            have_to: start.have_to.min(start.recorded_to),
            server_epoch: start.server_epoch,
            urgent_to: 0,
            to_pull: true,
            batch: pace::Batch::new(&pace),
            in_flight: None,
            tickets: 0,
            failures: 0,
            pause_until: now,
            slot_until: now,
            idle_until: now,
            hurry: false,
            handing_over: false,
            pace,
        }
    }

    /// An entry was recorded and is durable on the device.
    pub fn recorded(&mut self, seq: u64, urgent: bool) {
        self.recorded_to = self.recorded_to.max(seq);
        if urgent {
            self.urgent_to = self.urgent_to.max(seq);
            self.hurry = true;
        }
    }

    /// The chain went on in a new epoch (after a restore or a clone): its sequence starts anew.
    pub fn new_chain_epoch(&mut self, recorded_to: u64) {
        self.recorded_to = recorded_to;
        self.retained_from = 1;
        self.have_to = 0;
        self.urgent_to = 0;
        self.in_flight = None;
    }

    /// The device let go of received entries below this sequence number.
    pub fn retained_from(&mut self, seq: u64) {
        self.retained_from = self.retained_from.max(seq);
    }

    /// The office has something new, as its live stream says.
    pub fn nudged(&mut self) {
        self.to_pull = true;
    }

    /// The network came back, or the person asked to try now: a pause after failures ends, a slot does not.
    pub fn reachable(&mut self, now: i64) {
        self.failures = 0;
        self.pause_until = self.pause_until.min(now);
    }

    /// What to do at this moment. Asking counts as begun when it is returned.
    pub fn next(&mut self, now: i64) -> Next {
        if self.in_flight.is_some() {
            return Next::Asking;
        }
        let due = self.due();
        if now < due {
            return Next::WaitUntil(due);
        }
        let push = (self.have_to < self.recorded_to).then(|| {
            let first = self.next_to_push();
            let last = first.saturating_add(self.batch.entries() - 1).min(self.recorded_to);
            PushPlan { seqs: first..=last, max_bytes: self.batch.bytes() }
        });
        // Push before pull: pulling joins only the request that hands the last entry over, and waits for the slot.
        let last_of_all = push.as_ref().is_none_or(|p| *p.seqs.end() == self.recorded_to);
        let pulls = last_of_all && self.slot_until <= now;
        self.tickets += 1;
        self.hurry = false;
        if pulls {
            // A nudge that comes while the request is under way must ask again.
            self.to_pull = false;
        }
        self.in_flight = Some(InFlight { ticket: self.tickets, pushed: push.as_ref().map(|p| p.seqs.clone()), pulled: pulls });
        Next::Ask(Plan { ticket: self.tickets, push, want_bytes: if pulls { self.batch.pull_bytes() } else { 0 } })
    }

    /// The request was answered.
    pub fn answered(&mut self, ticket: u64, facts: &Answered, now: i64, random: u64) -> Learned {
        let Some(asked) = self.in_flight.take_if(|f| f.ticket == ticket) else {
            // Late: another request went since. Its own answer tells the same and more.
            return Learned::default();
        };
        let before = self.have_to;
        let new_server_epoch = self.server_epoch.is_some_and(|e| e != facts.server_epoch);
        self.server_epoch = Some(facts.server_epoch);
        // The office's own high-water mark rules in both directions: it grows with every push, and falls with a restore.
        self.have_to = facts.have_to.min(self.recorded_to);
        self.to_pull |= facts.more;
        self.idle_until = now.saturating_add(self.pace.idle_ms);
        self.slot_until = now.saturating_add(i64::from(facts.slot_ms));
        let offered_in_vain = asked.pushed.is_some() && self.have_to == before && !new_server_epoch;
        if offered_in_vain {
            // It answered and took nothing. Asking the same at once would never end.
            self.batch.shrink(asked.pushed.as_ref());
            self.pause(now, random);
        } else {
            self.failures = 0;
            self.pause_until = now;
            self.batch.grow(&self.pace, self.waiting() == 0);
        }
        self.handing_over = asked.pushed.is_some() && self.have_to > before && self.waiting() > 0;
        let again = self.have_to < before;
        let lost = again && self.have_to + 1 < self.retained_from;
        Learned {
            new_server_epoch,
            offers_again_from: again.then(|| self.next_to_push()),
            lost_here: lost.then(|| self.have_to + 1..=(self.retained_from - 1).min(self.recorded_to)),
            office_is_ahead: (facts.have_to > self.recorded_to).then_some(facts.have_to),
        }
    }

    /// The request brought nothing. `random` is any number; it spreads a fleet that failed at one moment.
    pub fn failed(&mut self, ticket: u64, failure: Failure, now: i64, random: u64) {
        let Some(asked) = self.in_flight.take_if(|f| f.ticket == ticket) else { return };
        self.to_pull |= asked.pulled;
        match failure {
            // What is urgent waits no longer than after any other failure.
            Failure::Busy(Some(ms)) if self.urgent_to <= self.have_to => {
                self.pause_until = now.saturating_add(i64::from(ms));
                self.slot_until = self.pause_until;
            }
            Failure::TooLarge if self.batch.shrink(asked.pushed.as_ref()) => {
                self.batch.stay_below();
                self.pause_until = now;
            }
            Failure::Cut => {
                self.batch.shrink(asked.pushed.as_ref());
                self.pause(now, random);
            }
            Failure::Refused => {
                // One entry may be to blame: smaller batches let the others through.
                self.batch.shrink(asked.pushed.as_ref());
                self.failures = self.failures.max(self.pace.failures_at_cap());
                self.pause(now, random);
            }
            Failure::TooLarge | Failure::Busy(_) | Failure::Unreachable | Failure::BadAnswer => self.pause(now, random),
        }
    }

    /// Entries that no receipt covers.
    pub fn waiting(&self) -> u64 {
        self.recorded_to - self.have_to
    }

    /// Last sequence number that the office has, as far as verified answers say.
    pub fn have_to(&self) -> u64 {
        self.have_to
    }

    /// Sequence numbers that are on their way at this moment. "Sent" is in memory only: a restart reads *on this phone*.
    pub fn on_the_way(&self) -> Option<RangeInclusive<u64>> {
        self.in_flight.as_ref().and_then(|f| f.pushed.clone())
    }

    /// Failures since the last answer.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// True when nothing waits to be pushed or pulled, and nothing is under way.
    pub fn quiet(&self) -> bool {
        self.in_flight.is_none() && self.waiting() == 0 && !self.to_pull
    }

    fn next_to_push(&self) -> u64 {
        (self.have_to + 1).max(self.retained_from).min(self.recorded_to.max(1))
    }

    /// The moment from which a request may go.
    fn due(&self) -> i64 {
        let urgent = self.have_to < self.urgent_to;
        if urgent && self.hurry {
            return i64::MIN;
        }
        let wish = if self.waiting() > 0 {
            if urgent || self.handing_over { i64::MIN } else { self.slot_until }
        } else if self.to_pull {
            self.slot_until
        } else {
            self.idle_until.max(self.slot_until)
        };
        wish.max(self.pause_until)
    }

    fn pause(&mut self, now: i64, random: u64) {
        self.failures = self.failures.saturating_add(1);
        self.pause_until = now.saturating_add(self.pace.after_failures(self.failures, random));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: ServerEpoch = ServerEpoch([1; 8]);

    fn start(recorded_to: u64, have_to: u64) -> Start {
        Start { recorded_to, retained_from: 1, have_to, server_epoch: Some(LIFE) }
    }
    fn session(recorded_to: u64, have_to: u64) -> Session {
        Session::new(&start(recorded_to, have_to), Pace::default(), 0)
    }
    fn ask(s: &mut Session, now: i64) -> Plan {
        match s.next(now) {
            Next::Ask(plan) => plan,
            other => panic!("expected a request, got {other:?}"),
        }
    }
    fn has(have_to: u64) -> Answered {
        Answered { server_epoch: LIFE, have_to, more: false, slot_ms: 0 }
    }

    #[test]
    fn one_request_pushes_and_pulls_when_everything_fits() {
        let mut s = session(3, 0);
        let plan = ask(&mut s, 0);
        assert_eq!(plan.push.as_ref().map(|p| p.seqs.clone()), Some(1..=3));
        assert!(plan.want_bytes > 0);
        assert_eq!((s.next(0), s.on_the_way()), (Next::Asking, Some(1..=3)));
        assert_eq!(s.answered(plan.ticket, &has(3), 50, 0), Learned::default());
        assert!(s.quiet());
        assert_eq!(s.next(50), Next::WaitUntil(50 + Pace::default().idle_ms));
    }

    #[test]
    fn pulling_waits_until_the_last_entry_is_handed_over() {
        let mut s = session(2_000, 0);
        let first = ask(&mut s, 0);
        assert_eq!((first.push.map(|p| p.seqs), first.want_bytes), (Some(1..=1_024), 0));
        s.answered(first.ticket, &Answered { slot_ms: 60_000, ..has(1_024) }, 10, 0);
        let second = ask(&mut s, 10);
        assert_eq!((second.push.map(|p| p.seqs), second.want_bytes), (Some(1_025..=2_000), 0), "handing over ignores the slot");
        s.answered(second.ticket, &Answered { slot_ms: 60_000, ..has(2_000) }, 20, 0);
        assert_eq!(s.next(20), Next::WaitUntil(60_020), "pulling keeps to it");
        assert!(ask(&mut s, 60_020).want_bytes > 0);
    }

    #[test]
    fn an_urgent_entry_goes_past_its_slot_and_past_a_pause() {
        let mut s = session(0, 0);
        let plan = ask(&mut s, 0);
        s.answered(plan.ticket, &Answered { slot_ms: 600_000, ..has(0) }, 0, 0);
        s.recorded(1, false);
        assert_eq!(s.next(1), Next::WaitUntil(600_000));
        s.recorded(2, true);
        let plan = ask(&mut s, 1);
        assert_eq!(plan.push.map(|p| p.seqs), Some(1..=2), "everything goes with it");
        s.failed(plan.ticket, Failure::Busy(Some(600_000)), 1, 700);
        assert_eq!(s.next(1), Next::WaitUntil(701), "not the ten minutes that others are told");
        s.recorded(3, true);
        assert_eq!(ask(&mut s, 2).push.map(|p| p.seqs), Some(1..=3));
    }

    #[test]
    fn a_busy_office_is_left_alone_as_long_as_it_says() {
        let mut s = session(1, 0);
        let plan = ask(&mut s, 0);
        s.failed(plan.ticket, Failure::Busy(Some(42_000)), 100, 0);
        assert_eq!(s.next(100), Next::WaitUntil(42_100));
    }

    #[test]
    fn too_large_halves_down_to_one_entry_and_then_pauses() {
        let mut s = session(5, 0);
        let mut sizes = Vec::new();
        for _ in 0..3 {
            let plan = ask(&mut s, 0);
            sizes.push(plan.push.map(|p| p.seqs));
            s.failed(plan.ticket, Failure::TooLarge, 0, 500);
        }
        assert_eq!(sizes, [Some(1..=5), Some(1..=2), Some(1..=1)]);
        assert_eq!(s.next(0), Next::WaitUntil(500));
    }

    #[test]
    fn pauses_double_to_a_cap_and_end_when_the_network_returns() {
        let mut s = session(1, 0);
        let mut now = 0;
        let mut pauses = Vec::new();
        for _ in 0..9 {
            let plan = ask(&mut s, now);
            s.failed(plan.ticket, Failure::Unreachable, now, 59_999);
            let Next::WaitUntil(until) = s.next(now) else { panic!("a pause") };
            pauses.push(until - now);
            now = until;
        }
        assert!(pauses.iter().all(|p| *p <= 60_000), "{pauses:?}");
        let plan = ask(&mut s, now);
        s.failed(plan.ticket, Failure::Unreachable, now, 60_000);
        assert_eq!(s.next(now), Next::WaitUntil(now + 60_000));
        s.reachable(now + 5);
        ask(&mut s, now + 5);
    }

    #[test]
    fn a_restored_office_is_offered_what_it_lacks() {
        let mut s = Session::new(&Start { retained_from: 4, ..start(10, 10) }, Pace::default(), 0);
        let plan = ask(&mut s, 0);
        let learned = s.answered(plan.ticket, &Answered { server_epoch: ServerEpoch([2; 8]), ..has(2) }, 0, 0);
        assert_eq!(learned, Learned { new_server_epoch: true, offers_again_from: Some(4), lost_here: Some(3..=3), office_is_ahead: None });
        assert_eq!(ask(&mut s, 0).push.map(|p| p.seqs), Some(4..=10));
    }

    #[test]
    fn an_office_that_answers_and_takes_nothing_is_not_asked_in_a_circle() {
        let mut s = session(1, 0);
        let plan = ask(&mut s, 0);
        s.answered(plan.ticket, &has(0), 0, 900);
        assert_eq!(s.next(0), Next::WaitUntil(900));
    }

    #[test]
    fn a_nudge_under_way_asks_again_and_a_late_answer_changes_nothing() {
        let mut s = session(0, 0);
        let plan = ask(&mut s, 0);
        s.nudged();
        s.answered(plan.ticket, &has(0), 0, 0);
        let again = ask(&mut s, 0);
        assert_eq!(s.answered(plan.ticket, &has(0), 0, 0), Learned::default());
        assert_eq!(s.next(0), Next::Asking);
        s.answered(again.ticket, &has(0), 0, 0);
        assert!(s.quiet());
    }

    #[test]
    fn an_office_that_knows_more_than_the_device_is_named() {
        let mut s = session(3, 3);
        let plan = ask(&mut s, 0);
        assert_eq!(s.answered(plan.ticket, &has(9), 0, 0).office_is_ahead, Some(9));
        s.new_chain_epoch(0);
        assert_eq!(s.waiting(), 0);
    }
}
