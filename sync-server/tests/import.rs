//! An import into a real office: whole or not at all, twice is once, and what the office did by hand stays.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use holdfast_model::entry::{Assigned, Body, Cancelled};
use holdfast_model::id::{DocumentId, PersonId, VisitId};
use holdfast_model::projection::{Filter, PlanState};
use holdfast_model::time::{HOUR, Millis};
use holdfast_sync_server::import::{Code, ImportError, Imported, Step, Upload, dry_run, import};
use std::path::Path;

fn sample(folder: &str) -> Vec<Upload> {
    Upload::folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample").join(folder)).unwrap()
}

fn bring(world: &World, files: &[Upload]) -> Result<Imported, ImportError> {
    import(&world.office, &branch(), &worker("C-1"), files, &mut |_| {})
}

fn assigned(world: &World, id: &str) -> Assigned {
    let all = world.office.entries(&visit(id)).unwrap();
    let last = all.iter().rev().filter_map(|e| e.known()).find_map(|e| match &e.body {
        Body::Assigned(a) => Some(a.clone()),
        _ => None,
    });
    last.unwrap()
}

#[test]
fn a_whole_export_becomes_the_board_and_the_second_time_nothing() {
    let world = World::new();
    let mut steps = Vec::new();
    let done = import(&world.office, &branch(), &worker("C-1"), &sample("northquay"), &mut |p| steps.push(p.step)).unwrap();
    assert_eq!(steps, [Step::Reading, Step::Comparing, Step::Recording, Step::Recorded]);
    assert_eq!((done.entries.len(), done.counts.workers), (40 + 43 + 65, 17));
    // The five workers of this office are not in the export: told, and still there.
    assert_eq!(done.notices.iter().map(|n| n.code).collect::<Vec<_>>(), [Code::NotInExport]);
    assert_eq!(world.office.workers().len(), 22);

    let window = Filter { from: Some(NINE), to: Some(NINE.plus(2 * HOUR)), ..Filter::default() };
    let (visits, sections) = world.office.board(&branch(), &window, |board| (board.tally.visits, board.sections.len()));
    assert_eq!((visits, sections), (38, 12));
    let edith = world.office.person(&PersonId::new("P-101").unwrap()).unwrap().unwrap();
    assert!(matches!(edith.plan, PlanState::Current { version: 15, .. }), "{:?}", edith.plan);
    assert_eq!(edith.contacts[0].name, "Ruth Marlow");
    assert_eq!(assigned(&world, "V-101-1045").doses.len(), 1);

    let seq = world.office.seq(&branch());
    let again = bring(&world, &sample("northquay")).unwrap();
    assert_eq!((again.entries.len(), again.counts.unchanged), (0, 165));
    assert_eq!(world.office.seq(&branch()), seq, "not one entry more");
    let world = world.reopened();
    assert_eq!(bring(&world, &sample("northquay")).unwrap().entries, []);
}

#[test]
fn one_problem_anywhere_and_nothing_is_recorded() {
    let world = World::new();
    let seq = world.office.seq(&branch());
    let mut files = sample("northquay");
    let rota = files.iter_mut().find(|f| f.name == "rota.csv").unwrap();
    let text = String::from_utf8(rota.bytes.clone()).unwrap();
    assert!(text.contains("V-138-1035,R7-12,P-138,W-12,03/11/2026"));
    rota.bytes = text.replace("V-138-1035,R7-12,P-138,W-12,03/11/2026", "V-138-1035,R7-12,P-138,W-12,31/02/2026").into_bytes();
    for _ in 0..2 {
        let Err(ImportError::Problems(problems)) = bring(&world, &files) else { panic!("31/02 is no day") };
        let wrong: Vec<_> = problems.iter().filter(|p| !p.code.is_notice()).collect();
        assert_eq!((wrong.len(), wrong[0].code, wrong[0].file.as_str()), (1, Code::DateImpossible, "rota.csv"));
        assert_eq!((wrong[0].row, wrong[0].column.as_deref()), (Some(65), Some("date")));
    }
    assert_eq!(world.office.seq(&branch()), seq);
    assert_eq!((world.office.workers().len(), world.office.people(&branch()).len()), (5, 0));
    assert!(matches!(bring(&world, &sample("broken")), Err(ImportError::Problems(p)) if p.len() > 20));
    assert_eq!(world.office.seq(&branch()), seq);
}

#[test]
fn a_dry_run_records_nothing() {
    let world = World::new();
    let seq = world.office.seq(&branch());
    let (changes, would) = dry_run(&world.office, &branch(), &sample("northquay"), &mut |_| {}).unwrap();
    assert_eq!((would.counts.visits, would.entries.len(), changes.statements.len()), (65, 0, 148));
    assert_eq!((world.office.seq(&branch()), world.office.workers().len()), (seq, 5));
}

#[test]
fn what_the_coordinator_did_by_hand_stays() {
    let world = World::new();
    bring(&world, &sample("northquay")).unwrap();
    let off = Cancelled { asked_by: "family".into(), reason: "away until Thursday".into() };
    world.office.record(&worker("C-1"), visit("V-106-1030"), Body::Cancelled(off)).unwrap();
    let by_hand =
        Assigned { start: Millis::parse_rfc3339("2026-11-03T12:30:00Z").unwrap(), rota: String::new(), ..assigned(&world, "V-112-1200") };
    world.office.record(&worker("C-1"), visit("V-112-1200"), Body::Assigned(by_hand.clone())).unwrap();
    assert_eq!(bring(&world, &sample("northquay")).unwrap().entries, []);
    assert_eq!(assigned(&world, "V-112-1200"), by_hand);
}

#[test]
fn another_branch_keeps_its_people_and_workers() {
    let world = World::new();
    bring(&world, &sample("northquay")).unwrap();
    let south = holdfast_model::id::BranchId::new("SQ").unwrap();
    let Err(ImportError::Problems(problems)) = import(&world.office, &south, &worker("C-1"), &sample("northquay"), &mut |_| {}) else {
        panic!("these are Northquay's")
    };
    assert!(problems.iter().all(|p| p.code == Code::BranchOther), "{:?}", problems.iter().find(|p| p.code != Code::BranchOther));
    assert_eq!(world.office.branch_of(&DocumentId::Visit(VisitId::new("V-101-1045").unwrap())), Some(branch()));
}

/// Every way to leave files of an export out: the files that are left. What belongs to plans.csv stays with it.
fn parts(files: &[Upload]) -> Vec<Vec<Upload>> {
    let groups: [&[&str]; 4] =
        [&["workers.csv"], &["people.csv"], &["plans.csv", "essentials.csv", "medicines.csv", "contacts.csv"], &["rota.csv"]];
    let of = |mask: usize| {
        let names: Vec<&str> =
            groups.iter().enumerate().filter(|(i, _)| mask & (1 << i) != 0).flat_map(|(_, g)| g.iter().copied()).collect();
        files.iter().filter(|f| names.contains(&f.name.as_str())).cloned().collect()
    };
    (1..1 << groups.len()).map(of).collect()
}

#[test]
fn any_part_of_an_export_that_is_here_changes_nothing_at_any_time_of_its_day() {
    let world = World::new();
    let files = sample("northquay");
    bring(&world, &files).unwrap();
    let seq = world.office.seq(&branch());
    for _ in 0..6 {
        for part in parts(&files) {
            let names: Vec<&str> = part.iter().map(|f| f.name.as_str()).collect();
            let (changes, _) = dry_run(&world.office, &branch(), &part, &mut |_| {}).unwrap();
            assert!(changes.is_empty(), "{names:?} at {}: {:?}", world.office.now().hhmm(), changes.statements.first());
            assert_eq!(bring(&world, &part).unwrap().entries, []);
        }
        world.time.advance(2 * HOUR + 17 * 60_000);
    }
    assert_eq!(world.office.seq(&branch()), seq, "not one entry more");
}

/// A file without some of its rows.
fn without(file: &Upload, left_out: &dyn Fn(usize) -> bool) -> Upload {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file.bytes.as_slice());
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for (i, record) in reader.byte_records().enumerate() {
        if i == 0 || !left_out(i) {
            writer.write_byte_record(&record.unwrap()).unwrap();
        }
    }
    Upload { bytes: writer.into_inner().unwrap(), ..file.clone() }
}

#[test]
fn rows_that_a_later_export_leaves_out_cancel_and_change_nothing() {
    let world = World::new();
    let files = sample("northquay");
    bring(&world, &files).unwrap();
    let seq = world.office.seq(&branch());
    let random = seeded(11);
    for round in 0..24u64 {
        let mut mask = [0u8; 32];
        holdfast_model::port::Random::fill(&random, &mut mask);
        let left_out = |i: usize| mask[(i / 8) % mask.len()] & (1 << (i % 8)) != 0;
        let fewer: Vec<Upload> = files
            .iter()
            .map(|f| if matches!(f.name.as_str(), "rota.csv" | "people.csv" | "workers.csv") { without(f, &left_out) } else { f.clone() })
            .collect();
        let (changes, would) = dry_run(&world.office, &branch(), &fewer, &mut |_| {}).unwrap();
        assert!(changes.is_empty(), "round {round}: {:?}", changes.statements.first());
        assert!(would.notices.iter().all(|n| n.code == Code::NotInExport), "only told of");
        assert_eq!(bring(&world, &fewer).unwrap().entries, []);
        world.time.advance(HOUR / 2);
    }
    assert_eq!(world.office.seq(&branch()), seq);
    let view = world.office.visit(&VisitId::new("V-101-1045").unwrap()).unwrap().unwrap();
    assert!(view.cancelled.is_none());
}
