//! A phone of the world: the real engine, on a disk and with keys that survive it.

use super::{Desk, PIN, Trouble, at};
use holdfast_engine::port::{Answer, Ask, Disk, NetworkFault, Ports, ServerAddress};
use holdfast_engine::{EngineError, Enrol, LinuxDisk, MemoryDisk, Phone, Saved, Settings};
use holdfast_host::{ManualClock, SeededRandom};
use holdfast_model::id::{EntryId, VisitId, WorkerId};
use holdfast_model::time::Millis;
use holdfast_vault::{Cost, FileCustodian};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A phone looks at least this often whether there is something to ask.
const IDLE_MS: i64 = 60_000;
/// And not more often than this, whatever it believes.
const MOMENT_MS: i64 = 10;

/// Where phones keep their stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// In memory: quick, and can be copied and rolled back.
    Memory,
    /// In folders, as a phone in the field does.
    Folders,
}

/// A phone and what surrounds it.
pub struct Device {
    phone: Option<Phone>,
    ports: Ports,
    /// Its clocks.
    pub clock: ManualClock,
    /// Its disk, when that is in memory.
    pub memory: Option<Arc<MemoryDisk>>,
    /// Where its keys are, and its store if that is in a folder.
    pub folder: PathBuf,
    /// Whether it has signal.
    pub signal: bool,
    /// The request that is under way.
    pub(super) flight: Option<u64>,
    /// When it looks next whether to ask the office.
    pub(super) look_at: Millis,
    /// Everything that it reported saved, with its kind.
    pub saved: Vec<(Saved, &'static str)>,
    /// What it said when it could not take an answer, in order.
    pub refusals: Vec<EngineError>,
    skew_ms: i64,
    faulty: bool,
}

impl Device {
    /// A phone out of its box.
    pub(super) fn new(clock: ManualClock, random: Arc<SeededRandom>, store: Store, folder: &Path, desk: Desk) -> Result<Device, Trouble> {
        let memory = (store == Store::Memory).then(|| Arc::new(MemoryDisk::new()));
        let disk: Arc<dyn Disk> = match &memory {
            Some(disk) => disk.clone(),
            None => Arc::new(LinuxDisk::new(folder.join("store")).map_err(at(folder.display()))?),
        };
        let custodian = FileCustodian::open(folder.join("keys"), random.clone()).map_err(at(folder.display()))?;
        let ports = Ports { clock: Arc::new(clock.clone()), random, network: Arc::new(desk), disk, custodian: Arc::new(custodian) };
        Device::on(ports, clock, memory, folder, "a new phone")
    }

    /// A phone elsewhere with the same memory and the same keys.
    pub(super) fn copy(&self, clock: ManualClock, random: Arc<SeededRandom>, folder: &Path) -> Result<Device, Trouble> {
        let memory = self.memory.as_ref().ok_or_else(|| Trouble("only a phone in memory can be copied".into()))?;
        let image = memory.image().map_err(at("the copy"))?;
        let disk = Arc::new(MemoryDisk::from_image(&image).map_err(at("the copy"))?);
        copy_folder(&self.folder.join("keys"), &folder.join("keys")).map_err(at(folder.display()))?;
        let custodian = FileCustodian::open(folder.join("keys"), random.clone()).map_err(at(folder.display()))?;
        let network = self.ports.network.clone();
        let ports = Ports { clock: Arc::new(clock.clone()), random, network, disk: disk.clone(), custodian: Arc::new(custodian) };
        Device::on(ports, clock, Some(disk), folder, "the copy")
    }

    /// A phone that opens what lies on its disk, in signal.
    fn on(ports: Ports, clock: ManualClock, memory: Option<Arc<MemoryDisk>>, folder: &Path, called: &str) -> Result<Device, Trouble> {
        let look_at = clock.time().now();
        let mut device = Device {
            phone: None,
            ports,
            clock,
            memory,
            folder: folder.to_owned(),
            signal: true,
            flight: None,
            look_at,
            saved: Vec::new(),
            refusals: Vec::new(),
            skew_ms: 0,
            faulty: false,
        };
        device.reopen().map_err(at(called))?;
        Ok(device)
    }

    /// Enrols with a code. The worker has chosen [`PIN`].
    pub(super) fn enrol(&mut self, worker: &WorkerId, code: &str) -> Result<(), Trouble> {
        let servers = ServerAddress::parse("https://office.invalid").into_iter().collect();
        let how = Enrol { code: code.to_owned(), servers, label: format!("phone of {worker}"), pin: PIN.to_owned() };
        self.phone().enrol(how).map_err(at(format!("enrolling {worker}")))?;
        Ok(())
    }

    /// The phone itself.
    pub fn phone(&mut self) -> &mut Phone {
        self.phone.as_mut().expect("a phone is closed only inside reopen")
    }

    /// Switches the test-only fault on: actors that come back after every start.
    pub fn reuse_actors(&mut self) {
        self.faulty = true;
        self.phone().faults().reuse_actor();
    }

    /// Ends the app where it stands, opens it again and unlocks it.
    pub fn reopen(&mut self) -> Result<(), EngineError> {
        self.phone = None;
        self.flight = None;
        let settings = Settings { pin_cost: Cost::SIMULATION, ..Settings::default() };
        let mut phone = Phone::open(self.ports.clone(), settings)?;
        if self.faulty {
            phone.faults().reuse_actor();
        }
        if phone.is_enrolled() {
            phone.unlock(PIN)?;
        }
        self.phone = Some(phone);
        Ok(())
    }

    /// Ends the app, does something to its disk, and opens it again.
    pub fn while_closed(&mut self, change: impl FnOnce(&Device)) -> Result<(), EngineError> {
        self.phone = None;
        self.flight = None;
        change(self);
        self.reopen()
    }

    pub(super) fn set_signal(&mut self, signal: bool) {
        self.signal = signal;
        if signal {
            self.phone().reachable();
        }
    }

    /// Sets how wrong the wall clock is.
    pub(super) fn set_skew(&mut self, ms: i64) {
        self.skew_ms = ms;
        self.clock.set_wall_error(ms);
    }

    pub(super) fn move_clock(&mut self, ms: i64) {
        self.set_skew(self.skew_ms + ms);
    }

    /// The request that the phone wants to make now.
    pub(super) fn ask(&mut self, flight: u64) -> Option<Ask> {
        let ask = self.phone().sync_ask();
        self.keep(ask).flatten().inspect(|_| self.flight = Some(flight))
    }

    /// Milliseconds until the phone wants to ask, as far as it knows now.
    pub(super) fn asks_in(&mut self) -> i64 {
        self.phone().sync_in_ms().unwrap_or(IDLE_MS).clamp(MOMENT_MS, IDLE_MS)
    }

    pub(super) fn answered(&mut self, answer: Result<Answer, NetworkFault>) {
        self.flight = None;
        let outcome = self.phone().sync_answer(answer);
        self.keep(outcome);
    }

    /// Keeps what the phone says when it can't, for tests of what it must refuse. No contact is nothing to keep.
    fn keep<T>(&mut self, outcome: Result<T, EngineError>) -> Option<T> {
        match outcome {
            Ok(value) => Some(value),
            Err(EngineError::Unreachable | EngineError::TimedOut) => None,
            Err(refusal) => {
                self.refusals.push(refusal);
                None
            }
        }
    }

    /// The last entry of a kind that was recorded at a visit.
    pub fn last(&self, visit: &VisitId, kind: &str) -> Option<EntryId> {
        self.saved.iter().rev().find(|(saved, k)| *k == kind && saved.visit() == Some(visit)).map(|(saved, _)| saved.entry)
    }

    /// Entries on board that no receipt covers.
    pub fn waiting(&mut self) -> usize {
        self.phone().status().map_or(0, |s| s.counts.waiting as usize)
    }
}

/// Copies files with their modes: keys that others can read are refused.
fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    std::fs::set_permissions(to, std::fs::metadata(from)?.permissions())?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let there = to.join(entry.file_name());
        if entry.file_type()?.is_dir() { copy_folder(&entry.path(), &there)? } else { std::fs::copy(entry.path(), there).map(|_| ())? }
    }
    Ok(())
}
