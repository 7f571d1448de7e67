//! A phone: everything the engine can do, as one synchronous value over ports. [`crate::Engine`] puts it behind a thread.

mod age;
mod docs;
mod enrol;
mod enrol_again;
mod epoch;
mod export;
mod filing;
mod glass;
mod heard;
mod judge;
mod keys;
mod let_go;
mod link;
mod newcomer;
mod pin;
mod read_up;
mod record;
mod screens;
mod sealed;
mod sync;
mod take_in;
mod validate;
mod vaults;

pub use enrol::{Enrol, Enrolled};
pub use export::Export;
pub use glass::GlassBroken;
pub use let_go::KEPT_MS;
pub use link::SyncOutcome;
pub use newcomer::Newcomer;

use crate::error::EngineError;
use crate::port::Ports;
use crate::store::{ChainHead, Sealed, Store};
use docs::{DocRow, OpenDoc, Standings};
use holdfast_model::chronology::Clocks;
use holdfast_model::id::{ChainEpoch, DeviceId, DocumentId, VisitId, WorkerId};
use holdfast_model::projection::Rules;
use holdfast_model::session::Session;
use holdfast_model::time::{ClockReading, Millis};
use holdfast_model::wire::ClockSample;
use holdfast_vault::{Cost, PublicKey};
use keys::Keys;
use std::collections::{HashMap, HashSet};
use vaults::Enrolment;

/// How many documents stay open in memory: the visit at hand, its person, a few around.
const OPEN_DOCUMENTS: usize = 24;
/// Name of the companion file beside the keys that tells a clone or a restore from a restart.
const EPOCH_FILE: &str = "chain-epoch";

/// How a phone behaves where the choice is its owner's. The default is what a phone in the field does.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What one try at a PIN costs.
    pub pin_cost: Cost,
    /// Thresholds of screens.
    pub rules: Rules,
    /// Tempo of contact.
    pub pace: holdfast_model::session::Pace,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { pin_cost: Cost::PHONE, rules: Rules::default(), pace: holdfast_model::session::Pace::default() }
    }
}

/// A phone. See the crate's text for what it promises.
pub struct Phone {
    ports: Ports,
    settings: Settings,
    store: Option<Store>,
    enrolment: Option<Enrolment>,
    chain: Chain,
    reading: Option<Reading>,
    session: Option<Session>,
    flight: Option<sync::Flight>,
    /// The last clock sample taken: a jump of the wall clock against the boot-anchored one makes another.
    sampled: Option<ClockSample>,
    /// The clocks at the opening, which the store has not been told yet.
    unsettled: Option<ClockSample>,
    /// True until this open has left its mark.
    unmarked: bool,
    faults: faults::Faults,
}

/// Where this phone's chain stands.
#[derive(Debug, Clone, Copy)]
struct Chain {
    epoch: ChainEpoch,
    at: ChainHead,
}

/// What is in memory while the phone is unlocked.
struct Reading {
    /// Whose vault it is, by its number.
    vault: i64,
    keys: Keys,
    worker: WorkerId,
    name: String,
    /// What the office gave this worker to be known by as a reader of this phone.
    reader: Option<String>,
    clocks: Clocks,
    /// Phones whose clocks were read from the store.
    heard: HashSet<DeviceId>,
    rules: Rules,
    open: HashMap<DocumentId, OpenDoc>,
    uses: u64,
    /// True when receipts came that rows of documents do not show yet.
    behind: bool,
}

impl Phone {
    /// Opens what is on the disk. A disk without a store gives a phone that can only be enrolled.
    pub fn open(ports: Ports, settings: Settings) -> Result<Phone, EngineError> {
        let mut phone = Phone {
            ports,
            settings,
            store: None,
            enrolment: None,
            chain: Chain { epoch: ChainEpoch([0; 8]), at: ChainHead { last_n: 0, seq: 0, head: holdfast_model::id::Digest::ZERO } },
            reading: None,
            session: None,
            flight: None,
            sampled: None,
            unsettled: None,
            unmarked: false,
            faults: faults::Faults::default(),
        };
        phone.resume()?;
        Ok(phone)
    }

    /// Opens the store again after [`Phone::pause`].
    pub fn resume(&mut self) -> Result<(), EngineError> {
        if self.store.is_some() || !self.ports.disk.holds_store() {
            return Ok(());
        }
        let now = self.ports.clock.read();
        let store = Store::open(self.ports.disk.clone(), now.wall)?;
        let enrolment = match store.meta("enrolment")? {
            Some(bytes) => Some(Enrolment::read(&bytes)?),
            None => None,
        };
        if let Some(enrolment) = &enrolment {
            self.ports.network.reach(&enrolment.servers);
        }
        self.store = Some(store);
        self.enrolment = enrolment;
        if self.enrolment.is_some() {
            self.find_chain()?;
            self.start_session(now)?;
            if let Some(enrolment) = &mut self.enrolment {
                enrolment.vaults.iter_mut().for_each(|vault| vault.lease.tick(&now));
                enrolment.count(&now);
            }
            let start = ClockSample { boot: now.boot, mono_ms: now.mono_ms, wall: now.wall, truth: None };
            (self.unsettled, self.sampled) = (Some(start), Some(start));
        }
        Ok(())
    }

    /// Closes the database and forgets every key: what a shell does before the system suspends it.
    pub fn pause(&mut self) {
        self.lock();
        self.session = None;
        self.flight = None;
        self.store = None;
    }

    /// True once the phone has been enrolled.
    pub fn is_enrolled(&self) -> bool {
        self.enrolment.is_some()
    }

    /// True while a worker's PIN has opened the phone.
    pub fn is_unlocked(&self) -> bool {
        self.reading.is_some()
    }

    /// The device's name, once enrolled.
    pub fn device(&self) -> Option<&DeviceId> {
        self.enrolment.as_ref().map(|e| &e.device)
    }

    /// The stretch of the chain that entries are recorded in now.
    pub fn chain_epoch(&self) -> ChainEpoch {
        self.chain.epoch
    }

    /// True time now, as far as this phone can tell.
    pub fn now(&self) -> Millis {
        self.true_now(self.ports.clock.read())
    }

    /// Faults for the tests that prove the tests.
    #[doc(hidden)]
    pub fn faults(&mut self) -> &mut faults::Faults {
        &mut self.faults
    }

    /// Runs something that reads or writes the store. Should it turn out to be damaged, the file is moved aside: from then on nothing reads
    /// it by accident, and nothing of it is lost to whoever looks after it.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Phone) -> Result<T, EngineError>) -> Result<T, EngineError> {
        match work(self) {
            Err(EngineError::StoreDamaged { aside }) if aside.is_empty() => {
                let store = self.store.take();
                self.pause();
                self.enrolment = None;
                Err(match store {
                    Some(store) => store.give_up(self.ports.clock.read().wall),
                    None => EngineError::StoreDamaged { aside },
                })
            }
            done => done,
        }
    }

    fn store(&self) -> Result<&Store, EngineError> {
        self.store.as_ref().ok_or(EngineError::NotEnrolled)
    }

    fn enrolment(&self) -> Result<&Enrolment, EngineError> {
        self.enrolment.as_ref().ok_or(EngineError::NotEnrolled)
    }

    fn reading(&self) -> Result<&Reading, EngineError> {
        self.enrolment()?;
        self.reading.as_ref().ok_or(EngineError::Locked)
    }

    fn office_key(&self) -> Result<PublicKey, EngineError> {
        PublicKey::parse(&self.enrolment()?.office_key).ok_or(EngineError::ReplyUnverified)
    }

    fn last_contact(&self) -> Option<Millis> {
        self.enrolment.as_ref().and_then(|e| e.contact)
    }

    /// True time by the samples exchanged with the office, else the wall clock.
    fn true_now(&self, clock: ClockReading) -> Millis {
        match (&self.reading, &self.enrolment) {
            (Some(reading), Some(enrolment)) => reading.clocks.now(&enrolment.device, clock).best,
            _ => clock.wall,
        }
    }

    /// Opens a document into memory, making room by closing the one that was not used for longest.
    fn open_doc(&mut self, doc: &DocumentId) -> Result<(), EngineError> {
        self.enrolment()?;
        let Phone { store, reading, .. } = self;
        let store = store.as_ref().ok_or(EngineError::NotEnrolled)?;
        let reading = reading.as_mut().ok_or(EngineError::Locked)?;
        reading.open_doc(store, doc).map(|_| ())
    }

    /// Closes a document without keeping anything of it.
    fn forget(&mut self, doc: &DocumentId) {
        if let Some(reading) = &mut self.reading {
            reading.open.remove(doc);
        }
    }

    /// Keeps a clock sample: at start, after the wall clock was changed, with every exchange.
    fn sample(&mut self, clock: ClockReading, truth: Option<ClockSample>) -> Result<(), EngineError> {
        let sample = truth.unwrap_or(ClockSample { boot: clock.boot, mono_ms: clock.mono_ms, wall: clock.wall, truth: None });
        self.store()?.write(|tx| tx.keep_sample(&sample))?;
        self.sampled = Some(sample);
        let device = self.enrolment()?.device.clone();
        if let Some(reading) = &mut self.reading {
            reading.clocks.sample(&device, sample);
        }
        Ok(())
    }

    /// Takes a sample when the wall clock has jumped against the boot-anchored one since the last.
    fn notice_clock(&mut self, clock: ClockReading) -> Result<(), EngineError> {
        /// Drift of a second a day is no jump; a hand on the settings is.
        const JUMP_MS: i64 = 2_000;
        let jumped = self
            .sampled
            .is_none_or(|last| last.boot != clock.boot || (clock.wall.since(last.wall) - (clock.mono_ms - last.mono_ms)).abs() > JUMP_MS);
        if jumped { self.sample(clock, None) } else { Ok(()) }
    }

    /// Writes the enrolment's moving parts.
    fn keep_enrolment(&self) -> Result<(), EngineError> {
        let bytes = self.enrolment()?.bytes();
        self.store()?.write(|tx| tx.set_meta("enrolment", &bytes))
    }
}

impl Reading {
    fn open_doc(&mut self, store: &Store, doc: &DocumentId) -> Result<&mut OpenDoc, EngineError> {
        self.uses += 1;
        if !self.open.contains_key(doc) {
            let open = OpenDoc::load(store, &self.keys, &mut Standings::load(store)?, doc)?;
            self.place(store, &open.held)?;
            if self.open.len() >= OPEN_DOCUMENTS
                && let Some(oldest) = self.open.iter().min_by_key(|(_, o)| o.used).map(|(doc, _)| doc.clone())
            {
                self.open.remove(&oldest);
            }
            self.open.insert(doc.clone(), open);
        }
        let open = self.open.get_mut(doc).expect("put in just now");
        open.used = self.uses;
        Ok(open)
    }

    /// Today's list with one more visit on it, sealed; `None` when it is on it already.
    fn day_with(&self, store: &Store, day: chrono::NaiveDate, visit: &VisitId) -> Result<Option<(i64, Vec<u8>)>, EngineError> {
        let (key, mut visits) = self.day(store, day)?;
        if visits.contains(visit) {
            return Ok(None);
        }
        visits.push(visit.clone());
        Ok(Some((key, self.seal_day(key, &visits))))
    }

    /// A day's visits.
    fn day(&self, store: &Store, day: chrono::NaiveDate) -> Result<(i64, Vec<VisitId>), EngineError> {
        let key = docs::day_key(&self.keys, &self.worker, day);
        let visits = match store.sealed(Sealed::Days, key)? {
            Some(sealed) => serde_json::from_slice(&self.keys.open("days", key, &sealed)?).map_err(|_| EngineError::SealBroken)?,
            None => Vec::new(),
        };
        Ok((key, visits))
    }

    fn seal_day(&self, key: i64, visits: &[VisitId]) -> Vec<u8> {
        self.keys.seal("days", key, &serde_json::to_vec(visits).expect("a list of names"))
    }

    /// A document's row without opening the document.
    fn row(&self, store: &Store, doc: &DocumentId) -> Result<Option<DocRow>, EngineError> {
        match self.open.get(doc) {
            Some(open) => Ok(Some(open.row.clone())),
            None => DocRow::load(store, &self.keys, doc),
        }
    }
}

/// Faults for the tests that prove the tests: never switched on in a running phone.
#[doc(hidden)]
pub mod faults {
    /// Which faults are on.
    #[derive(Debug, Clone, Copy, Default)]
    pub struct Faults {
        pub(super) reuse_actor: bool,
    }

    impl Faults {
        /// Derives the actor of a document from its name, and so uses it again after every load.
        pub fn reuse_actor(&mut self) {
            self.reuse_actor = true;
        }
    }
}
