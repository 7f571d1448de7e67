//! Which jobs share a transaction. A flush to the disk costs the same for one push as for many, so under load the writer waits a moment for
//! what is about to come. A push that comes alone waits for nothing.

use crate::error::OfficeError;
use crate::slot::InHands;
use crate::writer::{ChainKey, Job, Store};
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
