//! Opening the store: what it is, what matters of it now, and the thread that writes.

use super::founding::{Founded, INSTALL, OWN_EPOCH, PROVIDER, SERVER_EPOCH, ledger_file, lock_store};
use super::{Inner, NUDGES, Office, OfficeConfig, record};
use crate::error::OfficeError;
use crate::faults::Fault;
use crate::keys::{Keys, own_device};
use crate::ledger::{Batch, Ledger, SqliteLedger, Table};
use crate::metrics::Metrics;
use crate::office::WorkerRecord;
use crate::phone::Phone;
use crate::slot::InHands;
use crate::state::{Branch, DAYS_IN_HAND, Doc, Line, State, day_of, header_of};
use crate::writer::Writer;
use holdfast_model::id::{BranchId, DeviceId};
use holdfast_model::time::DAY;
use holdfast_model::wire::{ClockSample, Truth};
use std::collections::HashMap;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, RwLock};
use tokio::sync::broadcast;

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
        let in_hands = InHands::default();
        let writer = Writer {
            state: state.clone(),
            keys: keys.clone(),
            ledger: ledger.clone(),
            random: config.random.clone(),
            clock: config.clock.clone(),
            nudges: nudges.clone(),
            samples: samples.clone(),
            in_hands: in_hands.clone(),
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
            in_hands,
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
}

/// Reads what matters now from the ledger.
fn load(ledger: &dyn Ledger, keys: &Keys, today: i64) -> Result<State, OfficeError> {
    let mut state = State { last_push: ledger.last_push()?, day: today, ..State::default() };
    let damaged = |what: &str| OfficeError::Damaged(format!("the row of a {what}"));
    for (no, name, seq) in ledger.branches()? {
        if usize::from(no) != state.branches.len() + 1 {
            return Err(damaged("branch"));
        }
        state.branches.push(Branch::new(no, BranchId::new(name).map_err(|_| damaged("branch"))?, seq));
    }
    for row in ledger.sealed(Table::Worker)? {
        let worker: WorkerRecord = serde_json::from_slice(&keys.open_row(Table::Worker, &row)?).map_err(|_| damaged("worker"))?;
        state.workers.insert(worker.id.clone(), worker);
    }
    let mut received: HashMap<DeviceId, (u64, bool)> = HashMap::new();
    for (device, epoch, row) in ledger.lines()? {
        let last = ledger.pushes(&device, epoch, row.line, row.last)?.pop().ok_or_else(|| damaged("chain"))?;
        let (entries, forked) = received.entry(device.clone()).or_default();
        *entries += row.last - row.first + 1;
        *forked |= row.line > 0;
        state.chains.entry((device, epoch)).or_default().push(Line { row, head: header_of(&last)?.head });
    }
    for row in ledger.sealed(Table::Device)? {
        let mut phone: Phone = serde_json::from_slice(&keys.open_row(Table::Device, &row)?).map_err(|_| damaged("phone"))?;
        // What the ledger says of its chains, not what was last written down of it.
        (phone.received, phone.forked) = received.get(&phone.device).copied().unwrap_or_default();
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
