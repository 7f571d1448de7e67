//! A real phone that two workers share, and a real office.
#![allow(dead_code, clippy::unwrap_used)]

use crate::common;
use crate::common::wire::Wire;
use crate::common::{World, visit, worker};
use holdfast_engine::port::{Ports, ServerAddress};
use holdfast_engine::{EngineError, Enrol, Intent, MemoryCustodian, MemoryDisk, Phone, Settings};
use holdfast_host::{ManualClock, SystemRandom};
use holdfast_model::entry::{Body, Note, NoteType};
use holdfast_model::id::{DocumentId, VisitId, WorkerId};
use holdfast_model::time::HOUR;
use holdfast_sync_server::Office;
use holdfast_sync_server::admin::{back_up, restore};
use holdfast_vault::Cost;
use std::sync::Arc;

pub const ASHAS_PIN: &str = "274951";
pub const BENS_PIN: &str = "830264";
pub const WRONG: &str = "999163";
/// A backup from before the phone was enrolled.
pub const EARLY: &str = "early.db";

pub struct Case {
    pub world: World,
    pub wire: Arc<Wire>,
    pub disk: Arc<MemoryDisk>,
    pub custodian: Arc<MemoryCustodian>,
    pub phone: Phone,
}

pub fn asha() -> WorkerId {
    worker("W-1")
}
pub fn ben() -> WorkerId {
    worker("W-2")
}
pub fn name(n: &str) -> VisitId {
    VisitId::new(n).unwrap()
}
pub fn note(text: &str) -> Intent {
    Intent::now(Body::Note(Note { about: NoteType::General, text: text.into() }))
}

/// Notes that an office has of a visit, with their authors, in the order of the phone's chain.
pub fn notes(office: &Office, doc: &DocumentId) -> Vec<(String, String)> {
    let mut all = office.entries(doc).unwrap();
    all.sort_by_key(|read| read.place().2);
    let note = |read: &holdfast_model::entry::Read| match read.known().map(|e| &e.body) {
        Some(Body::Note(note)) => Some((read.author().worker.to_string(), note.text.clone())),
        _ => None,
    };
    all.iter().filter_map(note).collect()
}

impl Case {
    /// Asha's phone with V-1 on it; Ben has a visit of his own, V-2 to another person, and no phone.
    pub fn new() -> Case {
        let world = World::new();
        world.person("P-1", "Edith Marlow");
        world.person("P-2", "Walter Finch");
        world.plan("V-1", "P-1", &["W-1"]);
        world.plan("V-2", "P-2", &["W-2"]);
        let wire = Wire::to(&world.office);
        let disk = Arc::new(MemoryDisk::new());
        let custodian = Arc::new(MemoryCustodian::new(Arc::new(SystemRandom::new())));
        let phone = open(&world, &wire, &disk, &custodian);
        let mut case = Case { world, wire, disk, custodian, phone };
        let how = case.code("W-1", ASHAS_PIN);
        back_up(&case.world.dir.path().join("data"), &case.world.dir.path().join(EARLY)).unwrap();
        case.phone.enrol(how).unwrap();
        case.phone.sync().unwrap();
        case
    }
    /// The office goes on from its last backup on another machine, the old one is gone.
    pub fn office_goes_back(&mut self) {
        let elsewhere = World::new().office;
        *self.wire.office.lock().unwrap() = elsewhere.clone();
        self.world.office.close();
        self.world.office = elsewhere;
        let data = self.world.dir.path().join("another machine");
        restore(&data, &self.world.dir.path().join(EARLY), &SystemRandom::new()).unwrap();
        self.world.office = Office::open(common::config(&data, &self.world.clock, &[])).unwrap();
        *self.wire.office.lock().unwrap() = self.world.office.clone();
    }
    /// The same, with Ben provisioned too. He is reading.
    pub fn shared() -> Case {
        let mut case = Case::new();
        let how = case.code("W-2", BENS_PIN);
        case.phone.enrol(how).unwrap();
        case.phone.sync().unwrap();
        case
    }
    pub fn code(&self, of: &str, pin: &str) -> Enrol {
        Enrol {
            code: self.wire.office.lock().unwrap().enrol_code(&worker(of), HOUR).unwrap().code,
            servers: vec![ServerAddress::parse("http://127.0.0.1:1").unwrap()],
            label: "D-03, blue case".into(),
            pin: pin.into(),
        }
    }
    pub fn turn_to(&mut self, who: &WorkerId) {
        let pin = if *who == asha() { ASHAS_PIN } else { BENS_PIN };
        self.phone.unlock_as(who, pin).unwrap();
    }
    /// The same store in a fresh office.
    pub fn restart_office(&mut self) {
        let elsewhere = World::new().office;
        *self.wire.office.lock().unwrap() = elsewhere.clone();
        self.world.office.close();
        self.world.office = elsewhere;
        let data = self.world.dir.path().join("data");
        self.world.office = Office::open(common::config(&data, &self.world.clock, &[])).unwrap();
        *self.wire.office.lock().unwrap() = self.world.office.clone();
    }
    pub fn restart(&mut self) {
        self.phone.pause();
        self.phone = open(&self.world, &self.wire, &self.disk, &self.custodian);
    }
    pub fn reads(&mut self, visit: &str) -> bool {
        match self.phone.visit(&name(visit)) {
            Ok(_) => true,
            Err(EngineError::UnknownVisit) => false,
            Err(e) => panic!("{e}"),
        }
    }
    pub fn notes(&self, doc: &str) -> Vec<(String, String)> {
        notes(&self.wire.office.lock().unwrap(), &visit(doc))
    }
    pub fn held(&self) -> usize {
        self.wire.office.lock().unwrap().held_for_checking(&common::branch()).unwrap().len()
    }
}

pub fn open(world: &World, wire: &Arc<Wire>, disk: &Arc<MemoryDisk>, custodian: &Arc<MemoryCustodian>) -> Phone {
    let ports = Ports {
        clock: Arc::new(ManualClock::new(&world.time, "phone")),
        random: Arc::new(SystemRandom::new()),
        network: wire.clone(),
        disk: disk.clone(),
        custodian: custodian.clone(),
    };
    Phone::open(ports, Settings { pin_cost: Cost::SIMULATION, ..Settings::default() }).unwrap()
}
