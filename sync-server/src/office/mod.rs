//! The synchronous core of the office.
//!
//! | File | What it does |
//! |---|---|
//! | `sync` | a request: who asks, what they bring, what they are told |
//! | `scope` | what a phone may see, and the part of it that it does not have yet |
//! | `enrol` | one-time codes, new phones, phones shut out |
//! | `record` | what the office itself says, through its own device and chain |
//! | `query` | what the console asks |
//! | `review`, `take_in` | what is held for checking, and what people decide about it |
//! | `view` | the answers' shapes |

mod enrol;
mod query;
mod record;
mod review;
mod scope;
mod sync;
mod take_in;
mod view;

pub use review::{HeldItem, HeldPiece, Review, ReviewError, TakeIn, Verdict, WHY_BYTES};
pub use sync::{Begun, Pending};
pub(crate) use sync::{refusal, too_large};
pub use view::*;

use crate::error::OfficeError;
use crate::faults::{Fault, Faults};
use crate::ingest::Desk;
use crate::keys::{Keys, own_device};
use crate::ledger::{Batch, Ledger, SqliteLedger, Table};
use crate::metrics::Metrics;
use crate::phone::Phone;
use crate::slot::{Gauge, InHand, Load, Spread, slot_ms};
use crate::state::{DAYS_IN_HAND, Doc, Line, State, day_of, header_of};
use crate::writer::{Job, Store, Writer};
use holdfast_model::id::{BranchId, ChainEpoch, DeviceId, ProviderId, ServerEpoch};
use holdfast_model::port::{Answer, Clock, Random};
use holdfast_model::projection::Rules;
use holdfast_model::time::{DAY, HOUR, Millis};
use holdfast_model::wire::{ClockSample, Truth};
use holdfast_vault::MasterKey;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use tokio::sync::{broadcast, oneshot};

/// Nudges that a slow listener may lag behind before it has to look for itself.
const NUDGES: usize = 1_024;
/// Milliseconds that a phone may be read without contact, unless the provider sets something else.
pub const LEASE_MS: i64 = 72 * HOUR;

/// What an office is made of.
pub struct OfficeConfig {
    /// The directory of the store; made when missing.
    pub data: PathBuf,
    /// The master key, kept outside that directory.
    pub master_key: MasterKey,
    /// The office's clocks.
    pub clock: Arc<dyn Clock>,
    /// Where keys and ids come from.
    pub random: Arc<dyn Random>,
    /// True when the clock is not the machine's: every page then says DRILL.
    pub drill: bool,
    /// The provider, written down when the store is new.
    pub provider: ProviderId,
    /// The first branch, written down when the store is new.
    pub branch: BranchId,
    /// Milliseconds that a phone may be read without contact.
    pub lease_ms: i64,
    /// What the provider has set.
    pub rules: Rules,
    /// How a storm is spread.
    pub spread: Spread,
    /// For tests of tests only.
    #[doc(hidden)]
    pub faults: Faults,
}

impl OfficeConfig {
    /// An office with the usual settings, for a provider and a branch without a name yet.
    pub fn new(data: impl Into<PathBuf>, master_key: MasterKey, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> OfficeConfig {
        OfficeConfig {
            data: data.into(),
            master_key,
            clock,
            random,
            drill: false,
            provider: ProviderId::new("provider").expect("letters"),
            branch: BranchId::new("branch").expect("letters"),
            lease_ms: LEASE_MS,
            rules: Rules::default(),
            spread: Spread::default(),
            faults: Faults::default(),
        }
    }
}

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
    requests: Gauge,
    waiting_jobs: Gauge,
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

/// The file of the ledger within a data directory.
pub fn ledger_file(data: &Path) -> PathBuf {
    data.join("ledger.db")
}

/// Takes the directory for this process alone.
pub fn lock_store(data: &Path) -> Result<File, OfficeError> {
    let file = crate::private::file(&data.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OfficeError::InUse),
        Err(std::fs::TryLockError::Error(e)) => Err(e.into()),
    }
}

/// Facts about the store as a whole, in the order they are written.
const PROVIDER: &str = "provider";
const INSTALL: &str = "install";
pub(crate) const SERVER_EPOCH: &str = "server_epoch";
pub(crate) const OWN_EPOCH: &str = "own_epoch";

/// A store's founding facts.
pub(crate) struct Founded {
    pub provider: ProviderId,
    pub install: Vec<u8>,
    pub server_epoch: ServerEpoch,
    pub own_epoch: ChainEpoch,
}

impl Founded {
    pub fn read(ledger: &dyn Ledger) -> Result<Option<Founded>, OfficeError> {
        let damaged = |what: &str| OfficeError::Damaged(format!("its {what}"));
        let Some(provider) = ledger.meta(PROVIDER)? else { return Ok(None) };
        let provider = String::from_utf8(provider).ok().and_then(|p| ProviderId::new(p).ok()).ok_or_else(|| damaged("provider"))?;
        let bytes = |name: &'static str| ledger.meta(name)?.ok_or_else(|| damaged(name));
        let eight = |name: &'static str| <[u8; 8]>::try_from(bytes(name)?).map_err(|_| damaged(name));
        Ok(Some(Founded {
            provider,
            install: bytes(INSTALL)?,
            server_epoch: ServerEpoch(eight(SERVER_EPOCH)?),
            own_epoch: ChainEpoch(eight(OWN_EPOCH)?),
        }))
    }

    fn draw(provider: &ProviderId, random: &dyn Random) -> Founded {
        let (mut install, mut server, mut own) = (vec![0; 16], [0; 8], [0; 8]);
        random.fill(&mut install);
        random.fill(&mut server);
        random.fill(&mut own);
        Founded { provider: provider.clone(), install, server_epoch: ServerEpoch(server), own_epoch: ChainEpoch(own) }
    }
}

impl Office {
    /// Opens the store, or makes it.
    pub fn open(config: OfficeConfig) -> Result<Office, OfficeError> {
        crate::private::dir(&config.data)?;
        let lock = lock_store(&config.data)?;
        let ledger: Arc<dyn Ledger> = Arc::new(SqliteLedger::open(&ledger_file(&config.data))?);
        let found = Founded::read(&*ledger)?;
        let new = found.is_none();
        let founded = found.unwrap_or_else(|| Founded::draw(&config.provider, &*config.random));
        let (keys, key_rows) = Keys::open(&*ledger, founded.provider.as_str(), &founded.install, config.master_key, &*config.random)?;
        let mut first = Batch { sealed: key_rows.into_iter().map(|row| (Table::Key, row)).collect(), ..Batch::default() };
        if new {
            first.meta = vec![
                (PROVIDER, founded.provider.as_str().as_bytes().to_vec()),
                (INSTALL, founded.install.clone()),
                (SERVER_EPOCH, founded.server_epoch.0.to_vec()),
                (OWN_EPOCH, founded.own_epoch.0.to_vec()),
            ];
            first.branches = vec![(1, config.branch.to_string(), 0)];
        }
        if !first.is_empty() {
            ledger.write(&first)?;
            keys.durable(first.sealed.iter().map(|(_, row)| row.row.as_slice()));
        }
        let keys = Arc::new(keys);
        let now = config.clock.read();
        let mut state = load(&*ledger, &keys, day_of(now.wall))?;
        let mut run = [0; 8];
        config.random.fill(&mut run);
        state.clock_log.begin(u64::from_be_bytes(run), now.wall.plus(-(DAYS_IN_HAND + 1) * DAY));
        // The office's clock is what true time means here.
        let sample = ClockSample { boot: now.boot, mono_ms: now.mono_ms, wall: now.wall, truth: Some(Truth { at: now.wall, err_ms: 0 }) };
        state.clocks.sample(&own_device(), sample);
        if config.faults.on(Fault::OrderByWallClock) {
            state.clocks.order_by_wall_clock();
        }
        state.clock_log.keep(&own_device(), sample, true);
        let own = record::Own::new(founded.own_epoch, &state);
        let state = Arc::new(RwLock::new(state));
        let samples = Arc::new(Mutex::new(vec![(own_device(), sample)]));
        let (nudges, _) = broadcast::channel(NUDGES);
        let (jobs, work) = channel();
        let writer = Writer {
            state: state.clone(),
            keys: keys.clone(),
            ledger: ledger.clone(),
            random: config.random.clone(),
            clock: config.clock.clone(),
            nudges: nudges.clone(),
            samples: samples.clone(),
            faults: config.faults.clone(),
        };
        let thread = std::thread::Builder::new().name("ledger".into()).spawn(move || writer.run(&work))?;
        let inner = Inner {
            data: config.data,
            provider: founded.provider,
            server_epoch: founded.server_epoch,
            lease_ms: config.lease_ms,
            rules: config.rules,
            spread: config.spread,
            requests: Gauge::default(),
            waiting_jobs: Gauge::default(),
            drill: config.drill,
            faults: config.faults,
            clock: config.clock,
            random: config.random,
            keys,
            ledger,
            state,
            samples,
            nudges,
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(thread)),
            own: Mutex::new(own),
            enrolling: Mutex::default(),
            reviewing: Mutex::default(),
            metrics: Metrics::default(),
            _lock: lock,
        };
        Ok(Office { inner: Arc::new(inner) })
    }

    /// Answers `POST /v1/enrol` and `POST /v1/sync`. Blocks until what the request brought is durable.
    pub fn answer(&self, ask: holdfast_model::port::Ask) -> Answer {
        let _here = self.arrives();
        self.complete(self.begin(ask))
    }

    /// A request has arrived: it counts as load until what this gives is dropped.
    pub fn arrives(&self) -> InHand {
        self.inner.requests.one()
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
        Load { requests: self.inner.requests.read(), jobs: self.inner.waiting_jobs.read() }
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
        pushes: Vec<crate::ingest::Ready>,
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

/// Reads what matters now from the ledger.
fn load(ledger: &dyn Ledger, keys: &Keys, today: i64) -> Result<State, OfficeError> {
    let mut state = State { last_push: ledger.last_push()?, day: today, ..State::default() };
    let damaged = |what: &str| OfficeError::Damaged(format!("the row of a {what}"));
    for (no, name, seq) in ledger.branches()? {
        if usize::from(no) != state.branches.len() + 1 {
            return Err(damaged("branch"));
        }
        state.branches.push(crate::state::Branch::new(no, BranchId::new(name).map_err(|_| damaged("branch"))?, seq));
    }
    for row in ledger.sealed(Table::Worker)? {
        let worker: WorkerRecord = serde_json::from_slice(&keys.open_row(Table::Worker, &row)?).map_err(|_| damaged("worker"))?;
        state.workers.insert(worker.id.clone(), worker);
    }
    let mut received: HashMap<DeviceId, u64> = HashMap::new();
    for (device, epoch, row) in ledger.lines()? {
        let last = ledger.pushes(&device, epoch, row.line, row.last)?.pop().ok_or_else(|| damaged("chain"))?;
        *received.entry(device.clone()).or_default() += row.last - row.first + 1;
        state.chains.entry((device, epoch)).or_default().push(Line { row, head: header_of(&last)?.head });
    }
    for row in ledger.sealed(Table::Device)? {
        let mut phone: Phone = serde_json::from_slice(&keys.open_row(Table::Device, &row)?).map_err(|_| damaged("phone"))?;
        phone.received = received.get(&phone.device).copied().unwrap_or(0);
        state.phones.insert(phone.device.clone(), Arc::new(Mutex::new(phone)));
    }
    for (device, sample) in ledger.samples()? {
        state.clocks.sample(&device, sample);
        // Which of them its phone took itself is not known here any more: it is told them all.
        state.clock_log.keep(&device, sample, false);
    }
    for row in ledger.documents_from(today - DAYS_IN_HAND)? {
        match Doc::load(&row, keys, ledger, &mut state.clocks) {
            Ok(doc) => state.insert(doc),
            // One damaged document must not keep an office from the others on a bad day. Verify finds it; phones still hold it.
            Err(e @ OfficeError::Damaged(_)) => {
                tracing::error!(code = e.code(), "a document could not be read; it is left out of the board: run verify");
                state.damaged += 1;
            }
            Err(e) => return Err(e),
        }
    }
    Ok(state)
}
