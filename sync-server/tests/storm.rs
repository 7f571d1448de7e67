//! The restoration storm, small: everybody comes back at once, an observer holds every entry. Not timed; `./dev bench` is.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use holdfast_host::SystemRandom;
use holdfast_model::entry::{Body, DoseEnd, MedicineOutcome, Observation, TaskEnd, TaskOutcome};
use holdfast_model::id::{MedicineId, TaskId};
use holdfast_sync_server::admin::verify;
use holdfast_vault::{MasterKey, Secret32};
use std::collections::BTreeSet;

const PHONES: usize = 40;
const VISITS: usize = 12;

/// Fourteen entries, as a worker makes them at a visit.
fn day(phone: &mut TestPhone, n: usize) {
    for v in 0..VISITS {
        let doc = visit(&format!("V-{n}-{v}"));
        phone.arrive(doc.clone());
        for t in 0..6 {
            let task = TaskOutcome {
                task: TaskId::new(format!("T{t}")).unwrap(),
                title: "Wash and dress".into(),
                index: Some(t),
                outcome: TaskEnd::Done,
                reason: String::new(),
            };
            phone.record(doc.clone(), Body::Task(task));
        }
        for m in 0..3 {
            let medicine = MedicineOutcome {
                medicine: MedicineId::new(format!("M{m}")).unwrap(),
                name: "Paracetamol 500 mg".into(),
                due: Some(NINE),
                outcome: DoseEnd::Given,
                amount: Some("2".into()),
                unit: "tablet".into(),
                route: "oral".into(),
                reason: String::new(),
                witness: "none".into(),
                stock_left: Some(30),
                told: None,
            };
            phone.record(doc.clone(), Body::Medicine(medicine));
        }
        for about in ["mood", "fluids"] {
            let noticed =
                Observation { about: about.into(), value: Some("3".into()), unit: "of 5".into(), text: String::new(), concern: false };
            phone.record(doc.clone(), Body::Observation(noticed));
        }
        phone.note(doc.clone(), &format!("Visit {v}: {}", "a calm morning, breakfast eaten, a walk to the gate. ".repeat(8)));
        phone.leave(doc);
    }
}

#[test]
fn an_observer_holds_every_entry_of_the_storm_and_so_does_the_store() {
    let world = World::new();
    world.plan_many((0..PHONES).flat_map(|n| (0..VISITS).map(move |v| (format!("V-{n}-{v}"), format!("P-{}", n % 20)))));
    let mut hugh = world.phone("C-1");
    while hugh.sync(&world.office).unwrap().more {}
    let mut phones: Vec<TestPhone> = (0..PHONES).map(|_| world.phone("W-1")).collect();
    for (n, phone) in phones.iter_mut().enumerate() {
        day(phone, n);
    }
    let asks: Vec<_> = phones
        .iter_mut()
        .map(|phone| {
            let push = phone.push(1, phone.seq);
            phone.request(&[push], 0)
        })
        .collect();
    let office = &world.office;
    let answers: Vec<_> = std::thread::scope(|scope| {
        let working: Vec<_> = asks.iter().map(|ask| scope.spawn(|| office.answer(ask.clone()))).collect();
        working.into_iter().map(|w| w.join().unwrap()).collect()
    });
    let mut written = BTreeSet::new();
    for ((phone, ask), answer) in phones.iter_mut().zip(&asks).zip(answers) {
        let reply = phone.take(ask, answer).unwrap();
        assert_eq!((reply.have_to, reply.receipts.len()), ((VISITS * 14) as u64, 1));
        written.extend(phone.texts());
    }
    while hugh.sync(office).unwrap().more {}
    let held: BTreeSet<String> = hugh.pulled.values().flatten().filter(|t| written.contains(*t)).cloned().collect();
    assert_eq!(held.len(), PHONES * VISITS * 14);
    let master = MasterKey::from_secret(Secret32::new([7; 32]));
    let found = verify(&world.dir.path().join("data"), master, &SystemRandom::new()).unwrap();
    assert_eq!((found.entries as usize, found.wrong.len()), (PHONES * VISITS * 15, 0));
    let tally = office.board(&branch(), &Default::default(), |b| b.tally);
    assert_eq!((tally.visits as usize, tally.by_workers_phone as usize), (PHONES * VISITS, PHONES * VISITS));
}
