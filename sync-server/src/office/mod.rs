//! The synchronous core of the office.
//!
//! | File | What it does |
//! |---|---|
//! | `config`, `founding`, `open` | what an office is made of; what a store was founded with; opening it |
//! | `sync` | a request: who asks, what they bring, what they are told |
//! | `refusals` | what a phone is told when its request is refused |
//! | `scope`, `cursor`, `page` | what a phone may see; where it is; the part that it does not have yet |
//! | `enrol` | one-time codes, new phones |
//! | `record` | what the office itself says, through its own device and chain |
//! | `query` | what the console asks |
//! | `review`, `take_in` | what is held for checking, and what people decide about it |
//! | `shut_out` | shutting a phone out, taking one worker off a phone that others go on using |
//! | `view` | the answers' shapes |

mod config;
mod cursor;
mod enrol;
mod founding;
mod open;
mod page;
mod query;
mod record;
mod refusals;
mod review;
mod scope;
mod shut_out;
mod sync;
mod take_in;
mod view;

pub use config::{LEASE_MS, OfficeConfig};
pub(crate) use founding::{Founded, OWN_EPOCH, SERVER_EPOCH, ledger_file, lock_store};
pub(crate) use refusals::{no_such_path, refusal, too_large};
pub use review::{HeldItem, HeldPiece, Review, ReviewError, TakeIn, Verdict, WHY_BYTES};
pub use shut_out::ShutOutError;
pub use sync::{Begun, Pending};
pub use view::*;

use crate::error::OfficeError;
use crate::faults::Faults;
use crate::ingest::Desk;
use crate::keys::Keys;
use crate::ledger::{Batch, Ledger};
use crate::metrics::Metrics;
use crate::slot::{InHand, InHands, Load, Spread, slot_ms};
use crate::state::State;
use crate::writer::{Job, Store};
use holdfast_model::id::{BranchId, DeviceId, ProviderId, ServerEpoch};
use holdfast_model::port::{Answer, Ask, Clock, Random};
use holdfast_model::projection::Rules;
use holdfast_model::time::Millis;
use holdfast_model::wire::ClockSample;
use std::fs::File;
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use tokio::sync::{broadcast, oneshot};

/// Nudges that a slow listener may lag behind before it has to look for itself.
const NUDGES: usize = 1_024;

/// Something is new: whoever listens may pull.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Nudge {
    /// Where.
    pub branch: BranchId,
    /// Its counter now.
    pub seq: u64,
}

/// The office. Cheap to clone; every clone is the same office.
#[derive(Clone)]
pub struct Office {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    data: PathBuf,
    provider: ProviderId,
    server_epoch: ServerEpoch,
    lease_ms: i64,
    rules: Rules,
    drill: bool,
    spread: Spread,
    in_hands: InHands,
    faults: Faults,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    keys: Arc<Keys>,
    ledger: Arc<dyn Ledger>,
    state: Arc<RwLock<State>>,
    samples: Arc<Mutex<Vec<(DeviceId, ClockSample)>>>,
    nudges: broadcast::Sender<Nudge>,
    jobs: Mutex<Option<Sender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    own: Mutex<record::Own>,
    enrolling: Mutex<enrol::Throttle>,
    /// Decisions about what is held: one at a time.
    reviewing: Mutex<()>,
    metrics: Metrics,
    /// Held as long as the office is open: one process, one store.
    _lock: File,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Inner {
    fn stop(&self) {
        if let Some(jobs) = locked(&self.jobs).take() {
            // The writer is gone only when it has finished already.
            let _ = jobs.send(Job::Stop);
        }
        if let Some(writer) = locked(&self.writer).take() {
            let _ = writer.join();
        }
    }

    fn send(&self, job: Job) -> Result<(), OfficeError> {
        locked(&self.jobs).as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or(OfficeError::Stopping)
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whoever panicked with it changed single fields only; each is whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Office {
    /// Answers `POST /v1/enrol` and `POST /v1/sync`. Blocks until what the request brought is durable.
    pub fn answer(&self, ask: Ask) -> Answer {
        let _here = self.arrives();
        self.complete(self.begin(ask))
    }

    /// A request has arrived: it counts as load until what this gives is dropped.
    pub fn arrives(&self) -> InHand {
        self.inner.in_hands.requests.one()
    }

    /// Blocks until what a request brought is durable, and answers it.
    pub fn complete(&self, mut begun: Begun) -> Answer {
        begun.wait();
        match begun {
            Begun::Done(answer) => answer,
            Begun::Pending(mut pending) => {
                let outcome = pending.outcome.take();
                self.finish(*pending, outcome)
            }
        }
    }

    /// What the office has in hand.
    pub fn load(&self) -> Load {
        self.inner.in_hands.load()
    }

    /// The slot of a request that is being answered now: see [`crate::slot`].
    fn slot(&self) -> u32 {
        slot_ms(self.load(), self.any_number(), &self.inner.spread)
    }

    /// Any number, for spreading.
    fn any_number(&self) -> u64 {
        let mut bytes = [0; 8];
        self.inner.random.fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }

    /// The office's clock.
    pub fn now(&self) -> Millis {
        self.inner.clock.read().wall
    }
    /// True when the office does not run on the machine's clock.
    pub fn drill(&self) -> bool {
        self.inner.drill
    }
    /// The provider.
    pub fn provider(&self) -> ProviderId {
        self.inner.provider.clone()
    }
    /// The directory of the store.
    pub fn data_dir(&self) -> PathBuf {
        self.inner.data.clone()
    }
    /// Which life of the ledger this is.
    pub fn server_epoch(&self) -> ServerEpoch {
        self.inner.server_epoch
    }
    /// What the provider has set.
    pub fn rules(&self) -> Rules {
        self.inner.rules.clone()
    }
    /// The randomness that the office draws keys and ids from.
    pub fn random(&self) -> Arc<dyn Random> {
        self.inner.random.clone()
    }
    /// What seals accounts.
    pub fn account_keys(&self) -> crate::accounts::AccountKeys {
        crate::accounts::AccountKeys::new(self.inner.keys.clone())
    }
    /// Tells whoever listens when something is new.
    pub fn subscribe(&self) -> broadcast::Receiver<Nudge> {
        self.inner.nudges.subscribe()
    }
    /// Counts of what the office does. No person in any of them.
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }
    /// Writes out what is still in memory only: heartbeats, clock samples, scopes.
    pub fn flush(&self) -> Result<(), OfficeError> {
        let (done, flushed) = oneshot::channel();
        self.inner.send(Job::Flush(done))?;
        wait(flushed)
    }
    /// Writes out what is still in memory only, and stops the writer. Nothing more can be recorded.
    pub fn close(&self) {
        self.inner.stop();
    }

    pub(crate) fn state(&self) -> RwLockReadGuard<'_, State> {
        self.inner.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn desk(&self) -> Desk<'_> {
        Desk {
            state: &self.inner.state,
            keys: &self.inner.keys,
            ledger: &*self.inner.ledger,
            random: &*self.inner.random,
            faults: &self.inner.faults,
        }
    }

    /// Hands work to the writer. The answer comes when it is durable.
    fn store(
        &self,
        pushes: Vec<crate::ready::Ready>,
        workers: Vec<WorkerRecord>,
        branches: Vec<BranchId>,
        with: Batch,
    ) -> Result<oneshot::Receiver<Stored>, OfficeError> {
        let (done, stored) = oneshot::channel();
        self.inner.send(Job::Store(Box::new(Store { pushes, workers, branches, with, done })))?;
        Ok(stored)
    }
}

/// What the writer answers.
pub(crate) type Stored = Result<Vec<crate::writer::Outcome>, OfficeError>;

/// Waits for the writer, on a thread that may block.
fn wait<T>(answer: oneshot::Receiver<Result<T, OfficeError>>) -> Result<T, OfficeError> {
    answer.blocking_recv().unwrap_or(Err(OfficeError::Stopping))
}
