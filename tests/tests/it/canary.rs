//! No text of a person reaches an unsealed byte on disk, on either side.

use crate::{folder, s3};
use holdfast_engine::{Intent, Newcomer};
use holdfast_host::SystemRandom;
use holdfast_model::entry::{Body, Note, NoteType};
use holdfast_model::id::{DocumentId, EntryId, MedicineId, OutageId, PersonId, TaskId, VisitId, WorkerId};
use holdfast_model::port::Ask;
use holdfast_model::wire::{DEVICE_HEADER, Role};
use holdfast_sync_server::accounts::NewAccount;
use holdfast_sync_server::console::Console;
use holdfast_tests::canary::{About, Canaries, WORD, search, search_bytes};
use holdfast_tests::play::{How, entries, set_up};
use holdfast_tests::scenario::PhoneEvent;
use holdfast_tests::world::{Store, World};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Everything a phone records by itself; the rest is the office's.
fn on_the_phone(world: &mut World, worker: &WorkerId, visit: &VisitId, body: Body, last: Option<EntryId>) -> Option<EntryId> {
    let phone = world.phone(worker).phone();
    let saved = match body {
        Body::Amended(a) => phone.amend(visit, last?, *a.with, &a.reason, None),
        Body::Withdrawn(w) => phone.withdraw(visit, last?, &w.reason),
        Body::Unplanned(who) => phone.unplanned(who, None),
        body => phone.record(visit, Intent::now(body)),
    };
    Some(saved.unwrap_or_else(|e| panic!("{e}")).entry)
}

/// What the office writes; and what a phone writes past its lease only, which comes by way of the office here.
fn is_the_offices(body: &Body) -> bool {
    use Body::{Assigned, BreakGlass, Cancelled, CoverSent, DealtWith, OutageClosed, OutageOpened, Person, PhoneCall, PlanVersion};
    matches!(
        body,
        Assigned(_)
            | BreakGlass(_)
            | Cancelled(_)
            | CoverSent(_)
            | DealtWith(_)
            | OutageClosed(_)
            | OutageOpened(_)
            | Person(_)
            | PhoneCall(_)
            | PlanVersion(_)
    )
}

/// What only the console writes: who may sign in, and why somebody decided about what is held for checking.
fn console_canaries(world: &World) {
    let office = world.office();
    let word = |n: u32| format!("{WORD}{n:04}");
    let console = Console::open(office.clone(), Arc::new(SystemRandom::new()), false).expect("accounts");
    let worker = WorkerId::new("W-20").expect("an id");
    let new =
        NewAccount { sign_in: word(9_001), name: word(9_002), worker: worker.clone(), role: Role::Manager, branches: office.branches() };
    console.accounts().add(&new, 0).expect("added");
    let headers = vec![(DEVICE_HEADER.into(), "D-NOBODYS".into())];
    office.answer(Ask { path: "/v1/sync".into(), headers, body: word(9_003).into_bytes() });
    let held = office.held_for_checking(&world.branch()).expect("readable");
    let hold = held.iter().find(|h| h.code == "device_unknown").expect("held").id;
    office.set_aside(hold, &worker, &word(9_004)).expect("decided");
    let opened = office.held_bytes(hold).expect("readable").expect("there");
    assert!(
        search_bytes(&opened).is_some() && console.accounts().all().expect("readable")[0].name == word(9_002),
        "with its keys the office reads them"
    );
    let why = &office.held_decided(&world.branch()).expect("readable")[0].reviews[0].why;
    assert_eq!(*why, word(9_004));
}

#[test]
fn no_canary_is_found_in_any_file_and_all_are_found_with_the_keys() {
    let folder = folder();
    let mut scenario = s3();
    scenario.phones.truncate(2);
    let how = How { store: Store::Folders, ..How::default() };
    let mut world = set_up(&scenario, &how, folder.path()).expect("a world");
    assert!(world.run_until_quiet());
    let (worker, office) = (WorkerId::new("W-02").expect("an id"), WorkerId::new("W-20").expect("an id"));
    let (visit, person) = (VisitId::new("V-103-0915").expect("an id"), PersonId::new("P-103").expect("an id"));
    let outage = OutageId::new("O-20261103-1").expect("an id");
    // Half of it while the phone is dark, so that the outbox holds it for long.
    world.befall(&worker, PhoneEvent::Signal(false)).expect("dark");
    let mut canaries = Canaries::default();
    let about = About {
        person: person.clone(),
        worker: worker.clone(),
        task: TaskId::new("T1").expect("an id"),
        medicine: MedicineId::new("metformin").expect("an id"),
        outage: outage.clone(),
        entry: EntryId::make(1, [1; 10]),
        at: world.time.now(),
    };
    let mut last = None;
    for body in canaries.every_kind(&about) {
        if !is_the_offices(&body) {
            let note = matches!(body, Body::Note(_));
            let entry = on_the_phone(&mut world, &worker, &visit, body, last);
            last = if note { entry } else { last };
            continue;
        }
        let doc = match &body {
            Body::Person(_) | Body::PlanVersion(_) => DocumentId::Person(person.clone()),
            Body::OutageOpened(_) | Body::OutageClosed(_) => DocumentId::Outage(outage.clone()),
            _ => DocumentId::Visit(visit.clone()),
        };
        world.log(&office, doc, body).expect("logged");
    }
    let newcomer = Newcomer { worker: WorkerId::new("W-77").expect("an id"), name: canaries.word() };
    let note = Body::Note(Note { about: NoteType::General, text: canaries.word() });
    world.phone(&worker).phone().record_as_newcomer(&newcomer, &visit, Intent::now(note)).expect("written");
    console_canaries(&world);
    assert_eq!(search(folder.path()).expect("searched"), [], "while everything is open and waiting");
    world.befall(&worker, PhoneEvent::Signal(true)).expect("light");
    world.befall(&worker, PhoneEvent::Kill).expect("killed");
    world.restart_office().expect("restarted");
    assert!(world.run_until_quiet());
    assert_eq!(search(folder.path()).expect("searched"), [], "after delivery, a kill and a restart");

    let texts: Vec<String> = entries(&world).expect("entries").iter().filter_map(|e| e.known().map(|e| e.text())).collect();
    let found: BTreeSet<&str> = texts.iter().flat_map(|t| t.match_indices(WORD).map(|(i, _)| &t[i..i + WORD.len() + 4])).collect();
    assert_eq!(found.len(), canaries.written(), "with its keys the office reads them all");
    let screen = world.phone(&worker).phone().visit(&visit).expect("the visit");
    let shown = serde_json::to_string(&screen).expect("JSON");
    assert!(search_bytes(shown.as_bytes()).is_some(), "with its PIN the phone reads them");
}
