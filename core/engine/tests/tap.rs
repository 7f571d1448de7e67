//! Recording: durable before it is answered, whatever happens next; complete in what it says; all problems at once.

mod common;

use common::*;
use holdfast_engine::port::{Disk, DiskFault, Held, NetworkFault};
use holdfast_engine::{EngineError, Intent, MemoryDisk, Phone, Problem};
use holdfast_model::entry::*;
use holdfast_model::id::*;
use holdfast_model::projection::{Care, DoseState, OwedItem, Said, Standing};
use holdfast_model::time::{HOUR, MINUTE, Millis};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

fn bodies(phone: &mut Phone, name: &str) -> Vec<Body> {
    let screen = phone.visit(&visit(name)).expect("a visit");
    let said = screen.visit.entries.into_iter().map(|e| e.said);
    said.filter_map(|s| if let Said::Known { body } = s { Some(body) } else { None }).collect()
}

fn problems(error: EngineError) -> Vec<&'static str> {
    match error {
        EngineError::NotRecorded(problems) => problems.iter().map(Problem::code).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_day_is_recorded_without_any_network_and_survives_the_end_of_the_process() {
    let world = World::new();
    let mut phone = world.ready();
    world.office.mood(|m| m.fault = Some(NetworkFault::Unreachable));
    let v = visit("V-1");
    let task = TaskOutcome {
        task: TaskId::new("T-1").expect("a literal"),
        title: String::new(),
        index: None,
        outcome: TaskEnd::Done,
        reason: String::new(),
    };
    let said = [Body::OnTheWay(OnTheWay::default()), arrived(), Body::Task(task), dose(DoseEnd::Given, ""), note("slept well"), left()];
    for body in said {
        world.time.advance(4 * MINUTE);
        let saved = phone.record(&v, Intent::now(body)).expect("saved");
        assert_eq!(saved.recorded, world.time.now());
    }
    let mut phone = world.reopen(phone);
    let screen = phone.visit(&v).expect("a visit");
    assert_eq!(screen.visit.entries.len(), 7, "the office's assignment and six");
    assert!(matches!(screen.visit.now.care, Care::Done { .. }), "{:?}", screen.visit.now.care);
    assert_eq!(screen.visit.facts.on_this_phone, 6);
    assert_eq!((screen.counts.waiting, screen.counts.sent), (6, 0));
    for entry in &screen.visit.entries[1..] {
        assert_eq!((entry.standing, entry.times.received), (Standing::OnThisPhone, None));
        assert_eq!(entry.plan.as_ref().map(|p| p.version), Some(14), "every entry names the plan on the screen");
    }
    let run = phone.run(None).expect("today");
    assert_eq!((run.run.visits.len(), run.run.finished, run.worker_name.as_str()), (1, 1, "Asha Patel"));
    assert!(phone.owed().expect("owed").owed.items.is_empty());
}

#[test]
fn the_words_of_the_screen_go_into_the_entry() {
    let world = World::new();
    let mut phone = world.ready();
    phone.record(&visit("V-1"), Intent::now(dose(DoseEnd::Refused, "felt sick"))).expect("saved");
    let Some(Body::Medicine(said)) = bodies(&mut phone, "V-1").pop() else { panic!("a dose") };
    assert_eq!((said.name.as_str(), said.due), ("Co-careldopa 25 mg/100 mg", Some(noon().plus(15 * MINUTE))));
    let facts = phone.visit(&visit("V-1")).expect("a visit").visit.facts;
    assert_eq!(facts.doses[0].state, DoseState::NotHad);
}

#[test]
fn problems_are_said_all_at_once_and_nothing_is_written() {
    let world = World::new();
    let mut phone = world.ready();
    let v = visit("V-1");
    let long = "x".repeat(holdfast_model::limits::NOTE_BYTES + 1);
    let too_much = Intent::at(note(&long), world.time.now().plus(2 * HOUR));
    assert_eq!(problems(phone.record(&v, too_much).expect_err("refused")), ["future_time", "text_too_long"]);
    assert_eq!(problems(phone.record(&v, Intent::now(dose(DoseEnd::Omitted, ""))).expect_err("refused")), ["reason_needed"]);
    assert_eq!(phone.record(&visit("V-9"), Intent::now(note("x"))).map(|_| ()), Err(EngineError::UnknownVisit));
    let nobody = Unplanned { person: PersonId::new("P-999").ok(), name: String::new(), reason: "asked".into() };
    assert_eq!(phone.unplanned(nobody, None).map(|_| ()), Err(EngineError::UnknownPerson));
    assert_eq!(phone.person(&PersonId::new("P-999").expect("a literal")).map(|_| ()), Err(EngineError::UnknownPerson));
    assert_eq!(phone.visit(&visit("V-9")).map(|_| ()), Err(EngineError::UnknownVisit));
    let planned = Intent::now(assigned(noon()));
    assert_eq!(problems(phone.record(&v, planned).expect_err("refused")), ["not_for_phones"]);
    assert_eq!(phone.status().expect("status").recorded, 0);
}

#[test]
fn a_wrong_clock_refuses_nothing() {
    for wall in ["1970-01-01T00:00:00Z", "2026-11-03T12:47:00Z", "2031-05-01T00:00:00Z"] {
        let world = World::new();
        let mut phone = world.ready();
        world.clock.set_wall(Millis::parse_rfc3339(wall).expect("a literal"));
        phone.record(&visit("V-1"), Intent::at(note("had lunch"), noon())).expect("whatever the wall clock says");
        world.clock.reboot();
        let mut phone = world.reopen(phone);
        phone.record(&visit("V-1"), Intent::at(note("and a pudding"), noon())).expect("after a restart without any contact, too");
    }
}

#[test]
fn amending_and_withdrawing_add_and_never_change() {
    let world = World::new();
    let mut phone = world.ready();
    let v = visit("V-1");
    let first = phone.record(&v, Intent::now(dose(DoseEnd::Given, ""))).expect("saved");
    let second = phone.amend(&v, first.entry, dose(DoseEnd::Refused, "spat it out"), "I looked again", None).expect("saved");
    let screen = phone.visit(&v).expect("a visit").visit;
    assert_eq!(screen.facts.doses[0].state, DoseState::NotHad);
    let shown = screen.entries.iter().find(|e| e.id == first.entry).expect("still there");
    assert_eq!(shown.amendments.len(), 1);
    assert_eq!(problems(phone.amend(&v, first.entry, note("x"), "why", None).expect_err("refused")), ["other_kind"]);
    assert_eq!(problems(phone.amend(&v, second.entry, dose(DoseEnd::Given, ""), "why", None).expect_err("refused")), ["not_amendable"]);
    let offices = screen.entries.iter().find(|e| matches!(&e.said, Said::Known { body: Body::Assigned(_) })).expect("there").id;
    assert_eq!(problems(phone.withdraw(&v, offices, "mine").expect_err("refused")), ["not_yours"]);
    let nothing = EntryId::make(1, [3; 10]);
    assert_eq!(problems(phone.withdraw(&v, nothing, "").expect_err("refused")), ["text_missing", "unknown_entry"]);
    phone.withdraw(&v, first.entry, "wrong person").expect("saved");
    let screen = phone.visit(&v).expect("a visit").visit;
    assert!(screen.entries.iter().find(|e| e.id == first.entry).expect("still there").withdrawn.is_some());
    assert_eq!(screen.entries.len(), 4);
}

#[test]
fn a_visit_that_no_rota_knows_is_on_todays_list_at_once() {
    let world = World::new();
    let mut phone = world.ready();
    let who = Unplanned { person: Some(person()), name: String::new(), reason: "Farah asked by phone".into() };
    let saved = phone.unplanned(who, None).expect("saved");
    let v = saved.visit().expect("a visit").clone();
    let fresh = phone.run(None).expect("today").run;
    assert!(fresh.visits.iter().any(|row| row.facts.visit == v), "from the tap on");
    phone.record(&v, Intent::now(arrived())).expect("saved");
    let noted = Unplanned { person: None, name: "Mr Ames".into(), reason: "stood at the gate".into() };
    let noted = phone.unplanned(noted, None).expect("saved").visit().expect("a visit").clone();
    phone.record(&noted, Intent::now(Body::OnTheWay(OnTheWay::default()))).expect("saved");
    phone.sync().expect("arrived");
    let mut phone = world.reopen(phone);
    let run = phone.run(None).expect("today").run;
    assert!(run.visits.iter().any(|row| row.facts.visit == noted), "nor does the office's receipt take it off");
    let made = run.visits.iter().find(|row| row.facts.visit == v).expect("listed");
    assert!(!made.facts.planned);
    assert_eq!(run.next, Some(v.clone()));
    assert!(phone.owed().expect("owed").owed.items.iter().any(|i| matches!(i, OwedItem::OpenVisit { visit, .. } if *visit == v)));
}

#[test]
fn a_plan_version_that_comes_into_effect_is_the_one_named_from_then_on() {
    let world = World::new();
    let mut phone = world.ready();
    world.office.says(&DocumentId::Person(person()), plan(15, noon().plus(HOUR)));
    phone.sync().expect("pulled");
    let named = |phone: &mut Phone| {
        phone.record(&visit("V-1"), Intent::now(note("x"))).expect("saved");
        let entries = phone.visit(&visit("V-1")).expect("a visit").visit.entries;
        entries.last().and_then(|e| e.plan.as_ref()).map(|p| p.version)
    };
    assert_eq!(named(&mut phone), Some(14));
    world.time.advance(HOUR + MINUTE);
    assert_eq!(named(&mut phone), Some(15), "with no contact in between");
    let person = phone.person(&person()).expect("a person").person;
    assert_eq!(person.versions.len(), 2);
}

/// A disk on which SQLite itself runs out of pages.
struct Tight {
    disk: Arc<MemoryDisk>,
    pages: AtomicI64,
}

impl Disk for Tight {
    fn lock(&self) -> Result<Box<dyn Held>, DiskFault> {
        self.disk.lock()
    }
    fn holds_store(&self) -> bool {
        self.disk.holds_store()
    }
    fn open(&self) -> Result<rusqlite::Connection, DiskFault> {
        let conn = self.disk.open()?;
        let pages = self.pages.load(Ordering::SeqCst);
        if pages > 0 {
            let now: i64 = conn.query_row("PRAGMA page_count", [], |r| r.get(0)).expect("pages");
            conn.query_row(&format!("PRAGMA max_page_count = {}", now + pages), [], |_| Ok(())).expect("set");
        }
        Ok(conn)
    }
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, DiskFault> {
        self.disk.read(name)
    }
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), DiskFault> {
        self.disk.write(name, bytes)
    }
    fn free_bytes(&self) -> Result<u64, DiskFault> {
        Ok(u64::MAX)
    }
    fn place(&self) -> Result<[u8; 16], DiskFault> {
        self.disk.place()
    }
    fn set_aside(&self, stamp: &str) -> Result<String, DiskFault> {
        self.disk.set_aside(stamp)
    }
    fn open_aside(&self, aside: &str) -> Result<rusqlite::Connection, DiskFault> {
        self.disk.open_aside(aside)
    }
}

#[test]
fn a_full_disk_loses_nothing_that_was_saved_and_says_so_for_what_was_not() {
    let world = World::new();
    drop(world.ready());
    let tight = Arc::new(Tight { disk: world.disk.clone(), pages: AtomicI64::new(12) });
    let open = || {
        let mut phone = Phone::open(world.ports_on(tight.clone()), settings()).expect("opens");
        phone.unlock(PIN).expect("the PIN");
        phone
    };
    let mut phone = open();
    let mut saved = Vec::new();
    let refused = loop {
        match phone.record(&visit("V-1"), Intent::now(note("word after word"))) {
            Ok(entry) => saved.push(entry.entry),
            Err(e) => break e,
        }
        assert!(saved.len() < 200, "the disk never filled");
    };
    assert_eq!(refused, EngineError::DiskFull);
    assert!(!saved.is_empty());
    drop(phone);
    tight.pages.store(0, Ordering::SeqCst);
    let mut phone = open();
    let after = phone.record(&visit("V-1"), Intent::now(note("room again"))).expect("saved");
    assert_eq!(after.seq, saved.len() as u64 + 1, "no gap in the chain");
    let shown: Vec<EntryId> = phone.visit(&visit("V-1")).expect("a visit").visit.entries.iter().map(|e| e.id).collect();
    assert!(saved.iter().all(|id| shown.contains(id)));
    phone.sync().expect("all of it arrives");
    assert_eq!(world.office.texts().len(), saved.len() + 1);
}

#[test]
fn below_the_reserve_a_tap_is_refused_before_anything_is_written() {
    let world = World::new();
    let phone = world.ready();
    let mut phone = world.reopen(phone);
    world.disk.set_full(true);
    assert_eq!(phone.record(&visit("V-1"), Intent::now(note("first"))).map(|_| ()), Err(EngineError::DiskFull));
    world.disk.set_full(false);
    phone.record(&visit("V-1"), Intent::now(note("second"))).expect("saved");
    assert_eq!(bodies(&mut phone, "V-1").len(), 2);
}

/// The actors that two loads of one document write with.
fn actors(faulty: bool) -> Vec<ActorId> {
    let world = World::new();
    let mut phone = world.ready();
    for _ in 0..2 {
        if faulty {
            phone.faults().reuse_actor();
        }
        phone.record(&visit("V-1"), Intent::now(note("x"))).expect("saved");
        phone.sync().expect("arrived");
        phone = world.reopen(phone);
    }
    let state = world.office.state();
    state.actors.clone()
}

#[test]
fn every_load_of_a_document_writes_with_a_fresh_actor() {
    let fresh = actors(false);
    assert_eq!(fresh.len(), 2);
    assert_ne!(fresh[0], fresh[1]);
    let reused = actors(true);
    assert_eq!(reused[0], reused[1], "the fault that the mutation tests switch on does what it says");
}
