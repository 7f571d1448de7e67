//! What import must never do: guess, half-import, repeat itself, or stay silent about a problem.

use super::*;
use holdfast_model::entry::{Assigned, Body, Flag, Priority};
use holdfast_model::id::{BranchId, DocumentId};
use holdfast_model::time::Millis;
use std::path::PathBuf;

fn branch() -> BranchId {
    BranchId::new("northquay").expect("letters")
}

fn sample(folder: &str) -> Vec<Upload> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../sample").join(folder);
    Upload::folder(&path).expect("the sample is part of the sources")
}

fn at(text: &str) -> Millis {
    Millis::parse_rfc3339(text).expect("a literal")
}

/// Plans an import into an office that holds `known`.
fn run(files: &[Upload], known: &Known) -> (Changes, Vec<Problem>) {
    plan(read(files), known, &branch())
}

/// What an office holds after `changes`, as [`Known::of`] would tell of the next import.
fn after(mut known: Known, changes: &Changes) -> Known {
    for worker in &changes.workers {
        known.workers.insert(worker.id.clone(), worker.clone());
    }
    for statement in &changes.statements {
        match (&statement.doc, &statement.body) {
            (DocumentId::Person(person), Body::Person(details)) => {
                known.people.insert(person.clone(), details.clone());
            }
            (DocumentId::Person(person), Body::PlanVersion(plan)) => {
                let versions = known.plans.entry(person.clone()).or_default();
                versions.entry(plan.version).or_default().push(plan.clone());
            }
            (DocumentId::Visit(visit), Body::Assigned(assigned)) => {
                known.visits.insert(visit.clone(), assigned.clone());
                known.starts.insert(visit.clone(), assigned.start);
                known.cancelled.remove(visit);
            }
            other => panic!("an import records no {other:?}"),
        }
    }
    known
}

fn before_the_day() -> Known {
    Known { now: at("2026-11-03T06:15:00Z"), ..Known::default() }
}

fn problems(found: &[Problem]) -> Vec<&Problem> {
    found.iter().filter(|p| !p.code.is_notice()).collect()
}

fn visit<'c>(changes: &'c Changes, id: &str) -> &'c Assigned {
    let found = changes.statements.iter().find_map(|s| match (&s.doc, &s.body) {
        (DocumentId::Visit(visit), Body::Assigned(a)) if visit.as_str() == id => Some(a),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("{id} is not among the changes"))
}

#[test]
fn the_sample_branch_is_the_day_of_the_rota_outage() {
    let (changes, found) = run(&sample("northquay"), &before_the_day());
    assert_eq!(found, vec![], "the sample has nothing to tell of");
    assert_eq!((changes.counts.workers, changes.counts.people, changes.counts.plans, changes.counts.visits), (17, 40, 43, 65));
    let visits: Vec<&Assigned> = changes
        .statements
        .iter()
        .filter_map(|s| match &s.body {
            Body::Assigned(a) => Some(a),
            _ => None,
        })
        .collect();
    let due: Vec<&&Assigned> =
        visits.iter().filter(|a| a.start >= at("2026-11-03T09:00:00Z") && a.start < at("2026-11-03T11:00:00Z")).collect();
    let runs: BTreeSet<_> = due.iter().filter_map(|a| a.run.clone()).collect();
    let workers: BTreeSet<_> = due.iter().flat_map(|a| a.workers.clone()).collect();
    let people: BTreeSet<_> = due.iter().map(|a| a.person.clone()).collect();
    assert_eq!((due.len(), runs.len(), workers.len(), people.len()), (38, 12, 12, 38));
    assert_eq!(due.iter().filter(|a| a.priority == Priority::TimeCritical).count(), 5);

    let edith = visit(&changes, "V-101-1045");
    assert_eq!((edith.name.as_str(), edith.start.hhmm(), edith.rota.as_str()), ("Edith Marlow", "10:45".into(), "R7"));
    let [dose] = edith.doses.as_slice() else { panic!("one dose falls to this visit: {:?}", edith.doses) };
    assert_eq!((dose.due.hhmm(), dose.window_min, dose.time_critical, dose.given_by_worker), ("11:00".into(), 30, true, true));
    let early = visit(&changes, "V-101-0745");
    assert_eq!(early.doses.iter().map(|d| d.due.hhmm()).collect::<Vec<_>>(), ["08:00"]);
    let frank = visit(&changes, "V-102-1000");
    assert_eq!((frank.workers.len(), frank.flags.clone()), (2, vec![Flag::DoubleUp, Flag::Hoist]));
    let grace = visit(&changes, "V-103-0915");
    assert_eq!(grace.flags, vec![Flag::LivesAlone, Flag::InsulinByNurse]);
    assert!(grace.doses.iter().all(|d| d.medicine.as_str() != "insulin"), "the nurse gives the insulin: no dose of the visit");
    assert!(frank.tasks.iter().all(|t| !t.title.contains('\r')) && frank.tasks.len() == 4);
}

#[test]
fn importing_twice_changes_nothing() {
    let (changes, _) = run(&sample("northquay"), &before_the_day());
    let known = after(before_the_day(), &changes);
    let (again, found) = run(&sample("northquay"), &known);
    assert!(again.is_empty(), "{:?}", again.statements);
    assert_eq!(found, vec![]);
    assert_eq!(again.counts.unchanged, 17 + 40 + 43 + 65);
}

fn without(files: &[Upload], file: &str, line_starts: &str) -> Vec<Upload> {
    files
        .iter()
        .map(|f| {
            if f.name != file {
                return f.clone();
            }
            let text = String::from_utf8(f.bytes.clone()).expect("UTF-8");
            let kept: String = text.split_inclusive('\n').filter(|line| !line.starts_with(line_starts)).collect();
            assert_ne!(kept, text, "{line_starts} is not in {file}");
            Upload::new(f.name.clone(), kept)
        })
        .collect()
}

fn replaced(files: &[Upload], file: &str, from: &str, to: &str) -> Vec<Upload> {
    files
        .iter()
        .map(|f| {
            if f.name != file {
                return f.clone();
            }
            let text = String::from_utf8(f.bytes.clone()).expect("UTF-8");
            assert!(text.contains(from), "{from:?} is not in {file}");
            Upload::new(f.name.clone(), text.replacen(from, to, 1))
        })
        .collect()
}

#[test]
fn a_row_that_a_later_export_leaves_out_cancels_nothing() {
    let files = sample("northquay");
    let (changes, _) = run(&files, &before_the_day());
    let known = after(before_the_day(), &changes);
    let fewer = without(&without(&files, "workers.csv", "W-12"), "people.csv", "P-140");
    let fewer = replaced(&fewer, "rota.csv", "V-112-0940", "V-NEW");
    let (again, found) = run(&fewer, &known);
    assert_eq!(problems(&found), Vec::<&Problem>::new());
    let missing: Vec<_> = found.iter().filter(|p| p.code == Code::NotInExport).map(|p| p.what.clone()).collect();
    assert_eq!(missing.len(), 3, "{missing:?}");
    assert!(missing[0].contains(": W-12.") && missing[1].contains(": P-140.") && missing[2].contains(": V-112-0940."), "{missing:?}");
    assert_eq!(again.statements.len(), 1);
    assert_eq!(visit(&again, "V-NEW").name, "Joan Parry");
}

#[test]
fn a_new_plan_moves_the_doses_of_visits_still_to_come() {
    let files = sample("northquay");
    let (changes, _) = run(&files, &before_the_day());
    let mut known = after(before_the_day(), &changes);
    known.now = at("2026-11-03T09:00:00Z");
    let plans = "person,version,replaces,effective,allergies,changed\nP-101,16,15,03/11/2026 08:30,Penicillin,half an hour earlier\n";
    let medicines = "person,version,medicine,name,dose,times,window,time critical,support\n\
        P-101,16,co-careldopa,Co-careldopa 25 mg/100 mg,1 tablet,07:30;10:30;13:30,30,yes,you give it\n";
    let update = [Upload::new("plans.csv", plans), Upload::new("medicines.csv", medicines)];
    let (again, found) = run(&update, &known);
    assert_eq!(problems(&found), Vec::<&Problem>::new());
    assert_eq!((again.counts.plans, again.counts.visits, again.counts.visits_following), (1, 0, 2));
    assert_eq!(visit(&again, "V-101-1045").doses[0].due.hhmm(), "10:30");
    assert_eq!(visit(&again, "V-101-1345").doses[0].due.hhmm(), "13:30");
    let (twice, _) = run(&update, &after(known, &again));
    assert!(twice.is_empty());
}

#[test]
fn what_the_office_called_off_stays_off_until_the_rota_says_something_new() {
    let files = sample("northquay");
    let (changes, _) = run(&files, &before_the_day());
    let mut known = after(before_the_day(), &changes);
    known.cancelled.extend(known.visits.keys().filter(|v| v.as_str() == "V-101-1045").cloned());
    let (again, _) = run(&files, &known);
    assert!(again.is_empty(), "{:?}", again.statements);
    let (moved, _) = run(&replaced(&files, "rota.csv", "10:45,11:15", "10:50,11:20"), &known);
    assert_eq!(visit(&moved, "V-101-1045").start.hhmm(), "10:50");
}

const PEOPLE: &str = "person,name\nP-1,Ann Example\n";
const PLANS: &str = "person,version,replaces,effective\nP-1,1,,01/01/2026\n";
const WORKERS: &str = "worker,name,role\nW-1,Wil Example,care worker\n";
const ROTA: &str = "rota,visit,run,person,workers,date,start,end,end date,priority,flags,tasks\n";

/// The codes of a small export with one table exchanged, and where each stands.
fn codes(file: &str, text: &str) -> Vec<(Code, Option<u32>, Option<String>)> {
    let mut files = vec![Upload::new("people.csv", PEOPLE), Upload::new("plans.csv", PLANS), Upload::new("workers.csv", WORKERS)];
    files.retain(|f| f.name != file);
    files.push(Upload::new(file, text));
    let (changes, found) = run(&files, &Known::default());
    assert_eq!(changes, run(&files, &Known::default()).0, "the same files give the same changes");
    found.into_iter().map(|p| (p.code, p.row, p.column)).collect()
}

fn rota(rows: &str) -> Vec<Code> {
    codes("rota.csv", &format!("{ROTA}{rows}\n")).into_iter().map(|(code, ..)| code).collect()
}

#[test]
fn a_rota_row_says_exactly_what_is_wrong_with_it() {
    assert_eq!(rota("R1,V-1,RUN-1,P-1,W-1,03/11/2026,09:00,09:30,,,,Wash"), []);
    assert_eq!(rota("R1,V-1,,P-1,W-1,2026-11-03,9:00,09:30:00,,usual,hoist,"), []);
    assert_eq!(rota("R1,V-1,,P-1,W-1,3/11/26,22:00,06:00,04/11/2026,,,"), []);
    for (row, code) in [
        ("R1,V-1,,P-1,W-9,03/11/2026,09:00,09:30", Code::WorkerUnknown),
        ("R1,V-1,,P-1,W-1;W-1,03/11/2026,09:00,09:30", Code::WorkerTwice),
        ("R1,V-1,,P-9,W-1,03/11/2026,09:00,09:30", Code::PersonUnknown),
        ("R1,V-1,,P-1,W-1,03/11/2025,09:00,09:30", Code::PlanStartsLater),
        ("R1,V-1,,P-1,W-1,31/02/2026,09:00,09:30", Code::DateImpossible),
        ("R1,V-1,,P-1,W-1,11/13/2026,09:00,09:30", Code::DateImpossible),
        ("R1,V-1,,P-1,W-1,Tuesday,09:00,09:30", Code::DateUnreadable),
        ("R1,V-1,,P-1,W-1,46329,09:00,09:30", Code::DateUnreadable),
        ("R1,V-1,,P-1,W-1,03/11/2026,25:00,26:00", Code::TimeImpossible),
        ("R1,V-1,,P-1,W-1,03/11/2026,nine,09:30", Code::TimeImpossible),
        ("R1,V-1,,P-1,W-1,03/11/2026,09:30,09:00", Code::EndBeforeStart),
        ("R1,V-1,,P-1,W-1,03/11/2026,09:30,09:30", Code::EndBeforeStart),
        ("R1,V-1,,P-1,W-1,03/11/2026,09:30,09:00,03/12/2026", Code::VisitTooLong),
        ("R1,V-1,,P-1,W-1,29/03/2026,01:30,02:30", Code::TimeSkipped),
        ("R1,V-1,,P-1,W-1,25/10/2026,01:30,02:30", Code::TimeTwice),
        ("R1,V-1,,P-1,W-1,03/11/2026,,09:30", Code::CellEmpty),
        ("R1,,,P-1,W-1,03/11/2026,09:00,09:30", Code::CellEmpty),
        ("R1,V 1,,P-1,W-1,03/11/2026,09:00,09:30", Code::IdBad),
        ("R1,V-1,,P-1,W-1,03/11/2026,09:00,09:30,,urgent", Code::WordUnknown),
        ("R1,V-1,,P-1,W-1,03/11/2026,09:00,09:30,,,stairs", Code::WordUnknown),
        ("R1,V-1,,P-1,,03/11/2026,09:00,09:30", Code::VisitWithoutWorker),
        ("R1,V-1,,P-1,W-1,03/11/2026,09:00,09:30,,,double-up", Code::SecondWorkerMissing),
    ] {
        assert!(rota(row).contains(&code), "{row}: {:?}, not {code:?}", rota(row));
    }
    let twice = "R1,V-1,,P-1,W-1,03/11/2026,09:00,09:30\nR1,V-1,,P-1,W-1,03/11/2026,10:00,10:30";
    assert_eq!(rota(twice), [Code::IdTwice]);
    let several = codes("rota.csv", &format!("{ROTA}R1,V-1,,P-1,W-8,31/02/2026,25:00,09:30\n"));
    assert_eq!(several, [(Code::DateImpossible, Some(2), Some("date".into()))], "what cannot be worked out is not guessed at");
}

#[test]
fn the_two_nights_when_the_clocks_change() {
    let start = |row: &str| {
        let files = [("people.csv", PEOPLE), ("plans.csv", PLANS), ("workers.csv", WORKERS), ("rota.csv", row)];
        let files: Vec<Upload> =
            files.iter().map(|(n, t)| Upload::new(*n, if *n == "rota.csv" { format!("{ROTA}{t}") } else { t.to_string() })).collect();
        let (changes, found) = run(&files, &Known::default());
        assert_eq!(found, vec![]);
        visit(&changes, "V-1").start
    };
    assert_eq!(start("R1,V-1,,P-1,W-1,25/10/2026,01:30+01:00,03:00\n"), at("2026-10-25T00:30:00Z"));
    assert_eq!(start("R1,V-1,,P-1,W-1,25/10/2026,01:30+00:00,03:00\n"), at("2026-10-25T01:30:00Z"));
    assert_eq!(start("R1,V-1,,P-1,W-1,25/10/2026,01:30Z,03:00\n"), at("2026-10-25T01:30:00Z"));
    assert_eq!(start("R1,V-1,,P-1,W-1,29/03/2026,00:59,02:30\n"), at("2026-03-29T00:59:00Z"));
    assert_eq!(start("R1,V-1,,P-1,W-1,03/07/2026,09:00,09:30\n"), at("2026-07-03T08:00:00Z"));
}

#[test]
fn plans_are_whole_numbered_and_never_changed() {
    let plan = |rows: &str| codes("plans.csv", &format!("person,version,replaces,effective\n{rows}\n"));
    let first = |rows: &str| plan(rows).first().map(|(code, ..)| *code);
    assert_eq!(plan("P-1,1,,01/01/2026\nP-1,2,1,01/02/2026 08:00"), []);
    assert_eq!(first("P-1,2,2,01/01/2026"), Some(Code::ReplacesBad));
    assert_eq!(first("P-1,1,,01/01/2026\nP-1,2,,01/02/2026"), Some(Code::ReplacesMissing));
    assert_eq!(first("P-1,1,,01/01/2026\nP-1,1,,01/02/2026"), Some(Code::IdTwice));
    assert_eq!(first("P-9,1,,01/01/2026"), Some(Code::PersonUnknown));
    assert_eq!(first("P-1,one,,01/01/2026"), Some(Code::NumberBad));
    assert_eq!(first("P-1,1,,29/03/2026 01:30"), Some(Code::TimeSkipped));
    assert_eq!(
        codes("essentials.csv", "person,version,title,text\nP-1,1,A,b\nP-1,2,A,b\n"),
        [(Code::PlanRowUnknown, Some(3), Some("version".into()))]
    );
    let medicine =
        |row: &str| codes("medicines.csv", &format!("person,version,medicine,name,dose,times,window,time critical,support\n{row}\n"));
    assert_eq!(medicine("P-1,1,m,Med 5 mg,1 tablet,08:00;20:00,,,remind"), []);
    assert_eq!(medicine("P-1,1,m,Med 5 mg,1 tablet,08:00,,yes,remind")[0].0, Code::WindowMissing);
    assert_eq!(medicine("P-1,1,m,Med 5 mg,1 tablet,08:61,,,remind")[0].0, Code::TimeImpossible);
    assert_eq!(medicine("P-1,1,m,Med 5 mg,1 tablet,,,,perhaps")[0].0, Code::WordUnknown);
    assert_eq!(medicine("P-1,1,m,Med 5 mg,1 tablet,,9999,,remind")[0].0, Code::NumberBad);

    let files = sample("northquay");
    let (changes, _) = run(&files, &before_the_day());
    let known = after(before_the_day(), &changes);
    let (again, found) = run(&replaced(&files, "essentials.csv", "do them first", "do them last"), &known);
    assert_eq!(problems(&found).iter().map(|p| (p.code, p.file.as_str())).collect::<Vec<_>>(), [(Code::PlanVersionChanged, "plans.csv")]);
    assert_eq!(again.counts.plans, 0);
}

#[test]
fn a_visit_to_a_person_without_a_plan_is_reported_once_and_not_for_a_bad_plan_row() {
    let people = format!("{PEOPLE}P-2,Bea Example\n");
    let row = "R1,V-1,,P-2,W-1,03/11/2026,09:00,09:30\n";
    let with = |plans: &str| {
        let files = [("people.csv", people.as_str()), ("plans.csv", plans), ("workers.csv", WORKERS)];
        let mut files: Vec<Upload> = files.iter().map(|(n, t)| Upload::new(*n, *t)).collect();
        files.push(Upload::new("rota.csv", format!("{ROTA}{row}")));
        run(&files, &Known::default()).1.iter().map(|p| p.code).collect::<Vec<_>>()
    };
    assert_eq!(with(PLANS), [Code::PlanMissing]);
    assert_eq!(with(&format!("{PLANS}P-2,1,,31/02/2026\n")), [Code::DateImpossible]);
    assert_eq!(with("person,effective\n"), [Code::ColumnMissing]);
}

#[test]
fn numbers_of_another_branch_are_not_taken_over() {
    let files = sample("northquay");
    let (changes, _) = run(&files, &before_the_day());
    let mut known = before_the_day();
    known.elsewhere.insert(DocumentId::parse("person:P-104").expect("an id"));
    known.elsewhere.insert(DocumentId::parse("visit:V-105-0945").expect("an id"));
    let mut other = changes.workers[0].clone();
    other.branch = BranchId::new("southquay").expect("letters");
    known.workers.insert(other.id.clone(), other);
    let (_, found) = run(&files, &known);
    let files: BTreeSet<_> = found.iter().filter(|p| p.code == Code::BranchOther).map(|p| p.file.as_str()).collect();
    assert_eq!(files.into_iter().collect::<Vec<_>>(), ["people.csv", "plans.csv", "rota.csv", "workers.csv"]);
}

#[test]
fn the_broken_sample_shows_every_problem_a_file_can_have() {
    let (_, found) = run(&sample("broken"), &before_the_day());
    let shown: BTreeSet<Code> = found.iter().map(|p| p.code).collect();
    // These need a second file of one name, a file of many megabytes, a second import or another branch.
    let not_here = [Code::FileTwice, Code::FileTooLarge, Code::NotInExport, Code::PlanVersionChanged, Code::BranchOther, Code::TooMuch];
    // These take a whole file out, and stand in folders of their own.
    let folders = ["broken/not-text", "broken/not-utf8", "broken/no-column", "broken/empty", "broken/open-quote"];
    let apart: BTreeSet<Code> = folders.iter().flat_map(|f| run(&sample(f), &before_the_day()).1).map(|p| p.code).collect();
    let missing: Vec<&Code> = Code::ALL.iter().filter(|c| !shown.contains(c) && !apart.contains(c) && !not_here.contains(c)).collect();
    assert_eq!(missing, Vec::<&Code>::new());
    assert!(found.windows(2).all(|w| w[0].code.is_notice() <= w[1].code.is_notice()), "problems stand before notices");
    for problem in &found {
        assert!(!problem.to_string().contains("{$"), "{problem}");
        assert!(problem.what != problem.code.as_str() && !problem.what.contains("{$") && !problem.do_this.contains("{$"), "{problem}");
        assert!(!problem.what.is_empty() && !problem.do_this.is_empty(), "{problem}");
    }
}

#[test]
fn a_file_that_import_does_not_know_is_told_and_left_out() {
    let files = [Upload::new("workers.csv", WORKERS), Upload::new("notes.csv", "a,b\n")];
    let found: Vec<_> = run(&files, &Known::default()).1.into_iter().map(|p| (p.code, p.file)).collect();
    assert_eq!(found, [(Code::FileUnknown, "notes.csv".to_owned())]);
}

#[test]
fn what_is_larger_than_an_entry_is_refused() {
    let mut essentials = String::from("person,version,title,text\n");
    for n in 0..20 {
        essentials.push_str(&format!("P-1,1,Title {n},{}\n", "x".repeat(3_900)));
    }
    assert_eq!(codes("essentials.csv", &essentials)[0].0, Code::TooMuch);
    let long = format!("person,version,title,text\nP-1,1,T,{}\n", "x".repeat(4_001));
    assert_eq!(codes("essentials.csv", &long), [(Code::CellTooLong, Some(2), Some("text".into()))]);
    let big = Upload::new("rota.csv", vec![b'x'; FILE_BYTES + 1]);
    assert_eq!(run(&[big], &Known::default()).1[0].code, Code::FileTooLarge);
    let two = [Upload::new("people.csv", PEOPLE), Upload::new("a/PEOPLE.CSV", PEOPLE)];
    assert_eq!(run(&two, &Known::default()).1[0].code, Code::FileTwice);
}

#[test]
fn no_text_of_a_person_stands_in_a_problem() {
    let secret = "she hid the letters from her brother in the blue tin under the stairs";
    let rows = format!("R1,V-1,,{secret},{secret},{secret},{secret},{secret},,{secret},{secret},Wash");
    let (_, found) = run(&[Upload::new("rota.csv", format!("{ROTA}{rows}\n"))], &Known::default());
    assert!(found.len() >= 4);
    assert!(found.iter().all(|p| !p.to_string().contains("blue tin")), "{found:?}");
}

#[test]
fn a_dose_falls_to_one_visit_only() {
    let medicines = "person,version,medicine,name,dose,times,window,support\nP-1,1,m,Med 5 mg,1 tablet,09:00,60,you give it\n";
    let rows = "R1,V-1,,P-1,W-1,03/11/2026,08:00,08:30\nR1,V-2,,P-1,W-1,03/11/2026,08:45,09:15\nR1,V-3,,P-1,W-1,03/11/2026,09:45,10:15\n";
    let files = [("people.csv", PEOPLE), ("plans.csv", PLANS), ("workers.csv", WORKERS), ("medicines.csv", medicines)];
    let mut files: Vec<Upload> = files.iter().map(|(n, t)| Upload::new(*n, *t)).collect();
    files.push(Upload::new("rota.csv", format!("{ROTA}{rows}")));
    let (changes, found) = run(&files, &Known::default());
    assert_eq!(found, vec![]);
    let doses: Vec<usize> = ["V-1", "V-2", "V-3"].iter().map(|v| visit(&changes, v).doses.len()).collect();
    assert_eq!(doses, [0, 1, 0]);
    // A second export brings a visit that fits better: the dose moves, and is nowhere twice.
    let known = after(Known::default(), &changes);
    let more = "R1,V-2,,P-1,W-1,03/11/2026,10:45,11:15\n";
    files.pop();
    files.push(Upload::new("rota.csv", format!("{ROTA}{more}")));
    let (moved, _) = run(&files, &known);
    let all = after(known, &moved);
    let doses: Vec<(String, usize)> = all.visits.iter().map(|(v, a)| (v.to_string(), a.doses.len())).collect();
    assert_eq!(doses.iter().map(|(_, n)| n).sum::<usize>(), 1, "{doses:?}");
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    const FILES: [&str; 8] =
        ["workers.csv", "people.csv", "plans.csv", "essentials.csv", "medicines.csv", "contacts.csv", "rota.csv", "other.csv"];

    fn uploads(bytes: Vec<Vec<u8>>) -> Vec<Upload> {
        FILES.iter().zip(bytes).map(|(name, bytes)| Upload::new(*name, bytes)).collect()
    }

    /// The sample's own bytes, damaged: closer to what people hand in than noise is.
    fn damaged() -> impl Strategy<Value = Vec<Upload>> {
        proptest::collection::vec((0..7usize, any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..40).prop_map(|hits| {
            let mut files = sample("northquay");
            for (file, place, byte, how) in hits {
                let bytes = &mut files[file].bytes;
                let at = place.index(bytes.len());
                match how {
                    0 => bytes[at] = byte,
                    1 => bytes.insert(at, byte),
                    _ => {
                        bytes.remove(at);
                    }
                }
            }
            files
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..400), 8)) {
            run(&uploads(bytes), &before_the_day());
        }

        #[test]
        fn no_text_makes_it_panic(text in proptest::collection::vec("[ -~\n\",;é]{0,300}", 8)) {
            run(&uploads(text.into_iter().map(String::into_bytes).collect()), &before_the_day());
        }

        #[test]
        fn import_after_import_is_import(files in damaged()) {
            let (changes, found) = run(&files, &before_the_day());
            prop_assert!(found.iter().all(|p| !p.what.is_empty() && !p.do_this.is_empty()));
            if problems(&found).is_empty() {
                let known = after(before_the_day(), &changes);
                let (again, found) = run(&files, &known);
                prop_assert!(again.is_empty(), "{:?}", again.statements);
                prop_assert!(problems(&found).is_empty());
            }
        }

        #[test]
        fn the_order_of_the_files_makes_no_difference(order in Just(sample("northquay")).prop_shuffle()) {
            prop_assert_eq!(run(&order, &before_the_day()), run(&sample("northquay"), &before_the_day()));
        }
    }

    #[test]
    fn fifty_thousand_visits_are_read() {
        let mut text = String::from(ROTA);
        for n in 0..50_000 {
            text.push_str(&format!("R1,V-{n},,P-1,W-1,03/11/2026,09:00,09:30,,,,Wash\n"));
        }
        let files = [
            Upload::new("people.csv", PEOPLE),
            Upload::new("plans.csv", PLANS),
            Upload::new("workers.csv", WORKERS),
            Upload::new("rota.csv", text),
        ];
        let (changes, found) = run(&files, &Known::default());
        assert_eq!((changes.counts.visits, found.len()), (50_000, 0));
    }
}
