//! Which jobs share a transaction. A flush to the disk costs the same for one push as for many, so under load the writer waits a moment for
//! what is about to come. A push that comes alone waits for nothing.

use super::{ChainKey, Job, Store};
use crate::error::OfficeError;
use crate::slot::InHands;
use std::collections::{HashSet, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Most jobs of one transaction: enough to share a flush among many, few enough that nobody waits long.
const GROUP: usize = 64;
/// Jobs that are enough for a transaction: nobody waits for more.
const ENOUGH: usize = 16;
/// Longest wait for others that are on their way, about what a flush takes on a slow disk.
const LINGER: Duration = Duration::from_millis(8);
/// How often to look whether they still are.
const LOOK: Duration = Duration::from_millis(1);

/// What is to be done next.
#[derive(Default)]
pub struct Gathered {
    /// What one transaction takes.
    pub group: Vec<Store>,
    /// Who waits for what is in memory only to be written.
    pub flush: Vec<oneshot::Sender<Result<(), OfficeError>>>,
    /// No more work comes.
    pub end: bool,
}

/// The way of work to the writer.
pub struct Gathering<'a> {
    jobs: &'a Receiver<Job>,
    in_hands: InHands,
    /// Taken, and not part of a transaction yet.
    waiting: VecDeque<Job>,
}

impl<'a> Gathering<'a> {
    /// Begins with nothing in hand.
    pub fn new(jobs: &'a Receiver<Job>, in_hands: InHands) -> Gathering<'a> {
        Gathering { jobs, in_hands, waiting: VecDeque::new() }
    }

    /// Waits for work, at most as long as given, and takes what has gathered.
    pub fn next(&mut self, wait: Duration) -> Gathered {
        let mut next = Gathered::default();
        if self.waiting.is_empty() {
            match self.jobs.recv_timeout(wait) {
                Ok(job) => self.waiting.push_back(job),
                Err(RecvTimeoutError::Timeout) => return next,
                Err(RecvTimeoutError::Disconnected) => next.end = true,
            }
        }
        self.fill();
        let mut chains = HashSet::new();
        while let Some(job) = self.waiting.pop_front() {
            match job {
                Job::Store(store) if stands_alone(&store, &next.group, &mut chains) => {
                    self.waiting.push_front(Job::Store(store));
                    break;
                }
                Job::Store(store) => next.group.push(*store),
                Job::Flush(done) => next.flush.push(done),
                Job::Stop => {
                    next.end = true;
                    break;
                }
            }
        }
        next
    }

    /// Takes what is here, and waits a moment for what is on its way.
    fn fill(&mut self) {
        let until = Instant::now() + LINGER;
        while self.waiting.len() < GROUP {
            if let Ok(job) = self.jobs.try_recv() {
                self.waiting.push_back(job);
                continue;
            }
            let load = self.in_hands.load();
            let left = until.saturating_duration_since(Instant::now());
            let more = load.requests > load.jobs && self.waiting.iter().all(|job| matches!(job, Job::Store(_)));
            if !more || self.waiting.len() >= ENOUGH || left.is_zero() {
                return;
            }
            match self.jobs.recv_timeout(left.min(LOOK)) {
                Ok(job) => self.waiting.push_back(job),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

/// True for a job that cannot join these: a chain is looked up in what is durable, so one transaction holds one job of each chain; so are
/// branches. A job that can join leaves its chains in `chains`.
fn stands_alone(store: &Store, group: &[Store], chains: &mut HashSet<ChainKey>) -> bool {
    let keys: Vec<ChainKey> = store.pushes.iter().map(|p| (p.header.device.clone(), p.header.epoch)).collect();
    let alone = !store.branches.is_empty() && !group.is_empty() || keys.iter().any(|k| chains.contains(k));
    if !alone {
        chains.extend(keys);
    }
    alone
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ready::Ready;
    use holdfast_model::id::{BranchId, ChainEpoch, DeviceId, Digest};
    use holdfast_model::time::Millis;
    use holdfast_model::wire::PushHeader;
    use std::sync::mpsc::{Sender, channel};

    fn push(device: &str, first: u64) -> Ready {
        let header = PushHeader {
            device: DeviceId::new(device).expect("a literal"),
            epoch: ChainEpoch([1; 8]),
            first,
            count: 1,
            prev: Digest::ZERO,
            head: Digest::ZERO,
            segments: Vec::new(),
            sig: String::new(),
        };
        Ready {
            header,
            header_bytes: Vec::new(),
            parcel: None,
            received: Millis(0),
            digests: Vec::new(),
            segments: Vec::new(),
            holds: Vec::new(),
            keys: Vec::new(),
            told: None,
            own: false,
            shut_out: Vec::new(),
            reviewed: None,
        }
    }

    fn send(jobs: &Sender<Job>, pushes: Vec<Ready>, branches: Vec<BranchId>) {
        let (done, _) = oneshot::channel();
        let store = Store { pushes, workers: Vec::new(), branches, with: Default::default(), done };
        jobs.send(Job::Store(Box::new(store))).expect("somebody gathers");
    }

    /// First sequence numbers of each group, until there is nothing more.
    fn groups(gathering: &mut Gathering<'_>) -> Vec<Vec<u64>> {
        let mut all = Vec::new();
        loop {
            let next = gathering.next(Duration::ZERO);
            if next.group.is_empty() {
                return all;
            }
            all.push(next.group.iter().map(|store| store.pushes.first().map_or(0, |p| p.header.first)).collect());
        }
    }

    #[test]
    fn a_chain_and_new_branches_stand_once_in_a_transaction_and_order_is_kept() {
        let (jobs, work) = channel();
        let mut gathering = Gathering::new(&work, InHands::default());
        send(&jobs, vec![push("D-1", 1)], Vec::new());
        send(&jobs, vec![push("D-2", 2)], Vec::new());
        send(&jobs, vec![push("D-1", 3)], Vec::new());
        send(&jobs, vec![push("D-3", 4)], Vec::new());
        send(&jobs, Vec::new(), vec![BranchId::new("NQ").expect("a literal")]);
        send(&jobs, vec![push("D-2", 6)], Vec::new());
        assert_eq!(groups(&mut gathering), [vec![1, 2], vec![3, 4], vec![0, 6]]);
    }

    #[test]
    fn a_transaction_is_no_larger_than_a_group() {
        let (jobs, work) = channel();
        let mut gathering = Gathering::new(&work, InHands::default());
        for n in 0..GROUP as u64 + 6 {
            send(&jobs, vec![push(&format!("D-{n}"), n)], Vec::new());
        }
        let sizes: Vec<usize> = groups(&mut gathering).iter().map(Vec::len).collect();
        assert_eq!(sizes, [GROUP, 6]);
    }

    #[test]
    fn who_asks_for_a_flush_is_answered_after_what_came_before_and_the_end_comes_last() {
        let (jobs, work) = channel();
        let mut gathering = Gathering::new(&work, InHands::default());
        send(&jobs, vec![push("D-1", 1)], Vec::new());
        let (done, _answer) = oneshot::channel();
        jobs.send(Job::Flush(done)).expect("somebody gathers");
        jobs.send(Job::Stop).expect("somebody gathers");
        let next = gathering.next(Duration::ZERO);
        assert_eq!((next.group.len(), next.flush.len(), next.end), (1, 1, true));
        drop(jobs);
        assert!(gathering.next(Duration::ZERO).end, "nobody can bring work any more");
    }

    #[test]
    fn a_request_that_brings_nothing_holds_nobody_up() {
        let (jobs, work) = channel();
        let in_hands = InHands::default();
        let mut gathering = Gathering::new(&work, in_hands.clone());
        // Two requests are here. One waits for the writer; the other never brings anything.
        let _requests = (in_hands.requests.one(), in_hands.requests.one());
        let _job = in_hands.jobs.one();
        send(&jobs, vec![push("D-1", 1)], Vec::new());
        assert_eq!(gathering.next(Duration::ZERO).group.len(), 1);
    }
}
