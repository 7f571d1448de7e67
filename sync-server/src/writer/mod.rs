//! The one thread that writes. It takes what has gathered, decides where each push stands in its chain, writes everything in one
//! transaction, and only then lets anybody know.
//!
//! | | |
//! |---|---|
//! | here | the thread: what it is given, the transaction, who is told |
//! | `gather` | which jobs share a transaction |
//! | `place` | where a push stands in its chain |
//! | `plan` | which rows a push comes to |
//! | `apply` | taking what is durable into what is in hand |

mod apply;
mod gather;
mod place;
mod plan;

use crate::error::OfficeError;
use crate::faults::{Fault, Faults};
use crate::keys::Keys;
use crate::ledger::{Batch, Ledger, Table};
use crate::office::{Nudge, WorkerRecord};
use crate::phone::Phone;
use crate::ready::Ready;
use crate::slot::InHands;
use crate::state::State;
use gather::{Gathered, Gathering};
use holdfast_model::id::{BranchId, ChainEpoch, DeviceId};
use holdfast_model::port::{Clock, Random};
use holdfast_model::wire::ClockSample;
use plan::Plan;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::{broadcast, oneshot};

/// How long what may be lost (how phones are, what they were served) stays in memory only.
const FLUSH_EVERY: Duration = Duration::from_secs(5);

/// What one push came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is durable: the stretch, and where its chain stands now.
    Durable {
        /// Last sequence number of the line that is durable.
        have_to: u64,
    },
    /// Something before it is missing; nothing of it was stored.
    Gap {
        /// Last sequence number that is durable.
        have_to: u64,
    },
}

/// Work for the writer.
pub enum Job {
    /// Pushes that belong together, and what goes with them. Answered when durable.
    Store(Box<Store>),
    /// Write out what is in memory only; answered when done.
    Flush(oneshot::Sender<Result<(), OfficeError>>),
    /// No more work.
    Stop,
}

/// Pushes that belong together: of one request, or of one import.
pub struct Store {
    /// In order.
    pub pushes: Vec<Ready>,
    /// New or changed workers.
    pub workers: Vec<WorkerRecord>,
    /// Branches that are new.
    pub branches: Vec<BranchId>,
    /// Rows of any kind that go with them.
    pub with: Batch,
    /// Told when it is durable, or that it is not.
    pub done: oneshot::Sender<Result<Vec<Outcome>, OfficeError>>,
}

/// The writer's things.
pub struct Writer {
    /// What is in hand.
    pub state: Arc<RwLock<State>>,
    /// Keys.
    pub keys: Arc<Keys>,
    /// What is durable.
    pub ledger: Arc<dyn Ledger>,
    /// For seals.
    pub random: Arc<dyn Random>,
    /// For the day.
    pub clock: Arc<dyn Clock>,
    /// Tells whoever listens.
    pub nudges: broadcast::Sender<Nudge>,
    /// Clock samples that are not durable yet.
    pub samples: Arc<Mutex<Vec<(DeviceId, ClockSample)>>>,
    /// What else is on its way.
    pub in_hands: InHands,
    /// For tests of tests.
    pub faults: Faults,
}

/// A device's chain.
pub type ChainKey = (DeviceId, ChainEpoch);

/// A job whose pushes have been planned.
struct Planned {
    outcomes: Vec<Outcome>,
    done: oneshot::Sender<Result<Vec<Outcome>, OfficeError>>,
}

impl Writer {
    /// Works until told to stop, or until nobody can bring work any more.
    pub fn run(self, jobs: &Receiver<Job>) {
        let mut gathering = Gathering::new(jobs, self.in_hands.clone());
        let mut flushed = Instant::now();
        // Whether the log holds anything, and whether work came since the last flush.
        let (mut log, mut busy) = (true, false);
        loop {
            let Gathered { group, flush, end } = gathering.next(FLUSH_EVERY.saturating_sub(flushed.elapsed()));
            busy |= !group.is_empty();
            let told = !group.is_empty() && self.store(group);
            let due = flushed.elapsed() >= FLUSH_EVERY;
            if told || end || !flush.is_empty() || due {
                let written = self.flush();
                flushed = Instant::now();
                match &written {
                    Ok(wrote) => log |= busy || *wrote,
                    Err(e) => tracing::error!(code = e.code(), "how phones are could not be written; it will be tried again"),
                }
                for done in flush {
                    let _ = done.send(written.clone().map(|_| ()));
                }
            }
            if due && !std::mem::take(&mut busy) && std::mem::take(&mut log) {
                self.fold();
            }
            if end {
                return;
            }
        }
    }

    /// Stores what belongs into one transaction. True when a phone's own row should not wait: something of it is held for checking.
    fn store(&self, group: Vec<Store>) -> bool {
        let mut plan = Plan { last_push: self.state.read().unwrap_or_else(PoisonError::into_inner).last_push, ..Plan::default() };
        let mut planned: Vec<Planned> = Vec::with_capacity(group.len());
        let mut failed = None;
        for store in group {
            if failed.is_none() {
                match self.plan(&mut plan, store.pushes, store.workers, &store.branches, store.with) {
                    Ok(outcomes) => planned.push(Planned { outcomes, done: store.done }),
                    Err(e) => {
                        failed = Some(e);
                        planned.push(Planned { outcomes: Vec::new(), done: store.done });
                    }
                }
            } else {
                planned.push(Planned { outcomes: Vec::new(), done: store.done });
            }
        }
        if let Some(e) = failed {
            tell_all(planned, &e);
            return false;
        }
        self.count(&mut plan);
        if self.faults.on(Fault::AckBeforeCommit) {
            for p in planned {
                let _ = p.done.send(Ok(p.outcomes));
            }
            return false;
        }
        // A sample says when what it came with happened: it is durable with it.
        let samples = std::mem::take(&mut *self.samples.lock().unwrap_or_else(PoisonError::into_inner));
        plan.batch.samples.extend(samples.iter().cloned());
        if !plan.batch.is_empty()
            && let Err(e) = self.ledger.write(&plan.batch)
        {
            tracing::error!(code = e.code(), "a transaction failed; nothing of it was confirmed");
            self.not_written(samples, &[]);
            tell_all(planned, &e);
            return false;
        }
        let told = plan.counted.iter().any(|(_, _, held, fork)| *held > 0 || *fork);
        let nudges = self.apply(plan);
        for p in planned {
            // Whoever asked may be gone; what they brought is durable all the same.
            let _ = p.done.send(Ok(p.outcomes));
        }
        for nudge in nudges {
            let _ = self.nudges.send(nudge);
        }
        told
    }

    /// Nobody has brought anything for a while: what the log holds goes into the file now, not in the middle of the next storm.
    fn fold(&self) {
        if let Err(e) = self.ledger.fold() {
            tracing::warn!(code = e.code(), "the log could not be folded into the file; it will be, once it has grown");
        }
    }

    /// Writes phones and clock samples that are in memory only. True when there were any.
    fn flush(&self) -> Result<bool, OfficeError> {
        let mut batch = Batch::default();
        let phones = self.with_phones(&mut batch);
        let samples = std::mem::take(&mut *self.samples.lock().unwrap_or_else(PoisonError::into_inner));
        batch.samples.extend(samples.iter().cloned());
        if batch.is_empty() {
            return Ok(false);
        }
        self.ledger.write(&batch).map(|()| true).inspect_err(|_| self.not_written(samples, &phones))
    }

    /// Adds the rows of phones whose state moved, and says which these are.
    fn with_phones(&self, batch: &mut Batch) -> Vec<Arc<Mutex<Phone>>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let mut moved = Vec::new();
        for shared in state.phones.values() {
            let mut phone = shared.lock().unwrap_or_else(PoisonError::into_inner);
            if std::mem::take(&mut phone.dirty) {
                batch.sealed.push((Table::Device, phone_row(&phone, &self.keys, &*self.random)));
                moved.push(shared.clone());
            }
        }
        moved
    }

    /// What a transaction did not make durable is brought again with the next.
    fn not_written(&self, samples: Vec<(DeviceId, ClockSample)>, phones: &[Arc<Mutex<Phone>>]) {
        self.samples.lock().unwrap_or_else(PoisonError::into_inner).extend(samples);
        for phone in phones {
            phone.lock().unwrap_or_else(PoisonError::into_inner).dirty = true;
        }
    }
}

/// A phone's row.
pub fn phone_row(phone: &Phone, keys: &Keys, random: &dyn Random) -> crate::ledger::SealedRow {
    let json = serde_json::to_vec(phone).expect("a phone has string keys only");
    keys.seal_row(Table::Device, phone.device.as_str(), &json, random)
}

fn tell_all(planned: Vec<Planned>, e: &OfficeError) {
    for p in planned {
        let _ = p.done.send(Err(e.clone()));
    }
}
