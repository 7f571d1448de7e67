//! Phones and an office in one process, on virtual time, over a network that behaves as told.
//!
//! Nothing here is a stand-in: the phones are [`holdfast_engine::Phone`]s with real stores and real keys, the office is the
//! [`Office`] that the server runs. Only time, chance and the network belong to the world, and all three repeat from a
//! seed.

mod device;
mod network;
mod watch;

pub use device::{Device, Store};
pub use watch::Shortfall;

use crate::scenario::{PhoneEvent, ServerEvent, Weather};
use holdfast_engine::port::{Answer, Ask, NetworkFault};
use holdfast_engine::{Intent, Saved};
use holdfast_host::{ManualClock, SeededRandom, VirtualTime};
use holdfast_model::entry::Body;
use holdfast_model::id::{BranchId, DocumentId, EntryId, ProviderId, VisitId, WorkerId};
use holdfast_model::port::Random;
use holdfast_model::projection::Rules;
use holdfast_model::time::{HOUR, MINUTE, Millis};
use holdfast_sync_server::faults::Faults;
use holdfast_sync_server::office::Statement;
use holdfast_sync_server::slot::Spread;
use holdfast_sync_server::{Office, OfficeConfig};
use holdfast_vault::{MasterKey, Secret32};
use network::{Letter, Network};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How long a phone waits for an answer that never comes.
const TIMEOUT_MS: i64 = holdfast_model::chronology::GIVEN_UP_AFTER_MS;
/// The PIN of every phone here.
pub const PIN: &str = "738214";
/// The one branch of the world.
pub const BRANCH: &str = "Northquay";

/// What kind of world.
#[derive(Debug, Clone)]
pub struct Options {
    /// Repeats everything that is left to chance.
    pub seed: u64,
    /// When it begins.
    pub begins: Millis,
    /// Where phones keep their stores.
    pub store: Store,
    /// What the provider has set.
    pub rules: Rules,
    /// How the office spreads a storm.
    pub spread: Spread,
    /// Milliseconds of the office's time that one request takes; the others wait their turn.
    pub effort_ms: i64,
    /// Deliberate faults of the office, to prove the tests. See [`World::spoil`].
    pub faults: Faults,
    /// A directory for everything that is written; it must exist and be empty.
    pub folder: PathBuf,
}

/// The world.
pub struct World {
    /// True time.
    pub time: VirtualTime,
    options: Options,
    random: SeededRandom,
    office: Option<Office>,
    desk: Desk,
    office_clock: ManualClock,
    reachable: bool,
    busy_until: Millis,
    /// The phones, by worker.
    pub phones: BTreeMap<WorkerId, Device>,
    network: Network,
    flights: u64,
    tamper: Option<fn(&mut Ask)>,
    overheard: Option<Vec<Ask>>,
}

/// Why a world could not be made or moved on: the text says where.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Trouble(pub String);

/// Says where an error happened.
pub(crate) fn at<E: std::fmt::Display>(place: impl std::fmt::Display) -> impl FnOnce(E) -> Trouble {
    move |e| Trouble(format!("{place}: {e}"))
}

impl World {
    /// A world with an empty office and no phones.
    pub fn new(options: Options) -> Result<World, Trouble> {
        let time = VirtualTime::starting(options.begins);
        let random = SeededRandom::new(options.seed);
        let network = Network::new(random.fork("network"));
        let office_clock = ManualClock::new(&time, "office");
        let mut world = World {
            time,
            random,
            office: None,
            desk: Desk::default(),
            office_clock,
            reachable: true,
            busy_until: Millis(i64::MIN),
            phones: BTreeMap::new(),
            network,
            flights: 0,
            tamper: None,
            overheard: None,
            options,
        };
        world.start_office()?;
        Ok(world)
    }

    /// The office.
    pub fn office(&self) -> &Office {
        self.office.as_ref().expect("the office is stopped only inside restart_office")
    }

    /// The branch.
    pub fn branch(&self) -> BranchId {
        BranchId::new(BRANCH).expect("a literal")
    }

    /// The office's directory.
    pub fn office_folder(&self) -> PathBuf {
        self.options.folder.join("office")
    }

    /// The office's master key: seeded, as everything here.
    fn master_key(&self) -> MasterKey {
        let mut key = [0; 32];
        self.random.fork("master key").fill(&mut key);
        MasterKey::from_secret(Secret32::new(key))
    }

    fn start_office(&mut self) -> Result<(), Trouble> {
        let random = self.random.fork(&format!("office from {}", self.time.now().0));
        let config = OfficeConfig {
            drill: true,
            provider: ProviderId::new("northquay-care").expect("a literal"),
            branch: self.branch(),
            rules: self.options.rules.clone(),
            spread: self.options.spread,
            faults: self.options.faults.clone(),
            ..OfficeConfig::new(self.office_folder(), self.master_key(), Arc::new(self.office_clock.clone()), Arc::new(random))
        };
        let office = Office::open(config).map_err(at("the office"))?;
        self.desk.staff(Some(office.clone()));
        self.office = Some(office);
        Ok(())
    }

    fn stop_office(&mut self) {
        self.desk.staff(None);
        // Requests that it has in hand go with it; the phones hear nothing.
        self.network.drop_in_hand();
        self.busy_until = Millis(i64::MIN);
        self.office = None;
        self.office_clock.reboot();
    }

    /// Ends the office where it stands, without a word of warning, and starts it again on the same store.
    pub fn restart_office(&mut self) -> Result<(), Trouble> {
        // Dropped, not closed: what was only in memory is gone, as after a kill.
        self.stop_office();
        self.start_office()
    }

    /// Starts the office again with deliberate faults, to prove the tests.
    pub fn spoil(&mut self, faults: Faults) -> Result<(), Trouble> {
        self.options.faults = faults;
        self.restart_office()
    }

    /// Does something to the store while the office is down, as an administrator who restores a backup.
    pub fn while_office_is_down(&mut self, change: impl FnOnce(&Path) -> Result<(), Trouble>) -> Result<(), Trouble> {
        self.office().close();
        self.stop_office();
        change(&self.office_folder())?;
        self.start_office()
    }

    /// Hands a worker a phone: a one-time code, a PIN, and the pack.
    pub fn enrol(&mut self, worker: &WorkerId, skew_ms: i64) -> Result<(), Trouble> {
        let code = self.office().enrol_code(worker, HOUR).map_err(at(format!("a code for {worker}")))?;
        let clock = ManualClock::new(&self.time, worker.as_str());
        let folder = self.options.folder.join("phones").join(worker.as_str());
        let random = Arc::new(self.random.fork(&format!("phone of {worker}")));
        let mut device = Device::new(clock, random, self.options.store, &folder, self.desk.clone())?;
        device.set_skew(skew_ms);
        device.enrol(worker, &code.code)?;
        self.phones.insert(worker.clone(), device);
        Ok(())
    }

    /// A copy of a phone, as somebody who copies its memory and keys to another has it. It goes by `name` in this world.
    pub fn copy_phone(&mut self, of: &WorkerId, name: &WorkerId) -> Result<(), Trouble> {
        let folder = self.options.folder.join("phones").join(name.as_str());
        let random = Arc::new(self.random.fork(&format!("phone of {name}")));
        let clock = ManualClock::new(&self.time, name.as_str());
        let copy = self.phone(of).copy(clock, random, &folder)?;
        self.phones.insert(name.clone(), copy);
        Ok(())
    }

    /// What happens to every request under way, as an attacker between phone and office could do it.
    pub fn tamper(&mut self, with: Option<fn(&mut Ask)>) {
        self.tamper = with;
    }

    /// From now on the world keeps every request that reaches the office, as it came: see [`World::overheard`].
    pub fn overhear(&mut self) {
        self.overheard = Some(Vec::new());
    }

    /// The requests that reached the office since [`World::overhear`].
    pub fn overheard(&self) -> &[Ask] {
        self.overheard.as_deref().unwrap_or_default()
    }

    /// A worker's phone.
    pub fn phone(&mut self, worker: &WorkerId) -> &mut Device {
        self.phones.get_mut(worker).expect("a phone that was enrolled")
    }

    /// A worker records something; returns once it is durable on the phone.
    pub fn tap(&mut self, worker: &WorkerId, visit: &VisitId, body: Body) -> Result<Saved, Trouble> {
        let now = self.time.now();
        let (device, kind) = (self.phone(worker), body.kind());
        let saved = device.phone().record(visit, Intent::now(body)).map_err(at(format!("{worker} at {visit}, {}", now.hhmm())))?;
        device.look_at = now;
        device.saved.push((saved.clone(), kind));
        Ok(saved)
    }

    /// Somebody in the office writes an entry; returns once it is durable there.
    pub fn log(&mut self, by: &WorkerId, doc: DocumentId, body: Body) -> Result<EntryId, Trouble> {
        let said = vec![Statement { doc, body }];
        let recorded = self.office().record_many(by, &self.branch(), &[], said);
        let recorded = recorded.map_err(at(format!("{by} in the office, {}", self.time.now().hhmm())))?;
        recorded.entries.first().copied().ok_or_else(|| Trouble("the office recorded nothing".into()))
    }

    /// Something befalls a phone.
    pub fn befall(&mut self, worker: &WorkerId, event: PhoneEvent) -> Result<(), Trouble> {
        let now = self.time.now();
        let device = self.phone(worker);
        device.look_at = now;
        match event {
            PhoneEvent::Signal(signal) => device.set_signal(signal),
            PhoneEvent::Restart => {
                device.clock.reboot();
                device.reopen().map_err(at(format!("{worker} restarts")))?;
            }
            PhoneEvent::Kill => device.reopen().map_err(at(format!("{worker} opens the app again")))?,
            PhoneEvent::ClockMoved(ms) => device.move_clock(ms),
        }
        Ok(())
    }

    /// Something befalls the server.
    pub fn befall_server(&mut self, event: ServerEvent) -> Result<(), Trouble> {
        match event {
            ServerEvent::Reachable(reachable) => self.reachable = reachable,
            ServerEvent::Restart => self.restart_office()?,
        }
        Ok(())
    }

    /// From now on a request takes the office so much time, and it spreads a storm like this.
    pub fn strain(&mut self, effort_ms: i64, spread: Spread) -> Result<(), Trouble> {
        (self.options.effort_ms, self.options.spread) = (effort_ms, spread);
        self.restart_office()
    }

    /// How the network treats messages from now on.
    pub fn set_weather(&mut self, weather: Weather) {
        self.network.weather = weather;
    }

    /// Lets time pass, with everything that phones and network do in it.
    pub fn run_until(&mut self, until: Millis) {
        loop {
            let next_look = self.phones.values().filter(|d| d.flight.is_none()).map(|d| d.look_at).min();
            let next = [next_look, self.network.next_at()].into_iter().flatten().min();
            let Some(moment) = next.filter(|moment| *moment <= until) else { break };
            self.time.advance_to(moment);
            self.turn();
        }
        self.time.advance_to(until);
    }

    /// Runs until no phone with signal holds anything that the office has not confirmed, and nothing is under way; false
    /// when that does not come within two hours of the world's time.
    pub fn run_until_quiet(&mut self) -> bool {
        let patience = self.time.now().plus(2 * HOUR);
        while !self.quiet() {
            if self.time.now() >= patience {
                return false;
            }
            self.run_until(self.time.now().plus(MINUTE));
        }
        true
    }

    fn quiet(&mut self) -> bool {
        self.network.next_at().is_none() && self.phones.values_mut().all(|d| !d.signal || (d.flight.is_none() && d.waiting() == 0))
    }

    /// Everything that is due now.
    fn turn(&mut self) {
        let now = self.time.now();
        while let Some(letter) = self.network.arrived(now) {
            self.deliver(letter);
        }
        let due: Vec<WorkerId> =
            self.phones.iter().filter(|(_, d)| d.flight.is_none() && d.look_at <= now).map(|(w, _)| w.clone()).collect();
        for worker in due {
            self.look(&worker);
        }
    }

    /// A phone looks whether to ask the office.
    fn look(&mut self, worker: &WorkerId) {
        let now = self.time.now();
        self.flights += 1;
        let flight = self.flights;
        let device = self.phone(worker);
        let signal = device.signal;
        let ask = device.ask(flight);
        device.look_at = now.plus(device.asks_in());
        if let Some(ask) = ask {
            if signal {
                self.network.send(now, worker, flight, ask);
            } else {
                self.network.fail(now.plus(50), worker, flight, NetworkFault::Unreachable);
            }
        }
    }

    /// The office's answer leaves, or the news that it cannot be reached.
    fn reply(&mut self, worker: &WorkerId, flight: u64, reply: Option<i64>, answer: Result<Answer, NetworkFault>) {
        let (now, with_signal) = (self.time.now(), self.phone(worker).signal);
        match reply {
            Some(after) if with_signal => self.network.answer(now.plus(after), worker, flight, answer),
            // The second copy of a request that was doubled: nobody waits for its answer.
            Some(_) | None => {}
        }
    }

    fn deliver(&mut self, letter: Letter) {
        let now = self.time.now();
        match letter {
            Letter::ToOffice { worker, flight, mut ask, reply } => {
                if let Some(tamper) = self.tamper {
                    tamper(&mut ask);
                }
                if let Some(overheard) = &mut self.overheard {
                    overheard.push(ask.clone());
                }
                if !self.reachable {
                    return self.reply(&worker, flight, reply, Err(NetworkFault::Unreachable));
                }
                let here = self.office().arrives();
                let mut begun = self.office().begin(ask);
                // What was brought is durable when it arrives, whenever the answer leaves: the writer's thread knows no virtual time.
                begun.wait();
                self.busy_until = self.busy_until.max(now).plus(self.options.effort_ms);
                if self.busy_until > now {
                    self.network.hold(self.busy_until, Letter::InHand { worker, flight, begun, reply, here });
                } else {
                    let answer = self.office().complete(begun);
                    self.reply(&worker, flight, reply, Ok(answer));
                }
            }
            Letter::InHand { worker, flight, begun, reply, here } => {
                let answer = self.office().complete(begun);
                drop(here);
                self.reply(&worker, flight, reply, Ok(answer));
            }
            Letter::ToPhone { worker, flight, answer } => {
                self.network.over(flight);
                let device = self.phone(&worker);
                if device.flight == Some(flight) {
                    device.answered(answer);
                    device.look_at = now;
                }
            }
        }
    }
}

/// The office's front desk: one exchange at once, for what a phone does while somebody waits. That is enrolment.
#[derive(Clone, Default)]
pub(crate) struct Desk(Arc<Mutex<Option<Office>>>);

impl Desk {
    fn staff(&self, office: Option<Office>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = office;
    }
}

impl holdfast_engine::port::Network for Desk {
    fn exchange(&self, ask: Ask, _timeout: std::time::Duration) -> Result<Answer, NetworkFault> {
        let office = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        office.map(|office| office.answer(ask)).ok_or(NetworkFault::Unreachable)
    }
}
