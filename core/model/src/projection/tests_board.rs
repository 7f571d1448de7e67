//! The board of an outage morning, and a worker's run.

use super::cast::*;
use super::*;
use crate::entry::*;
use crate::id::{DeviceId, RunId, WorkerId};
use crate::time::Millis;

fn harold() -> Assigned {
    Assigned { run: Some(RunId::new("run-1").expect("a name")), ..visit_plan("P-104", "Harold Pike", "09:00", "09:30", &["asha"]) }
}

fn view<'a>(rows: &'a [BoardRow], phones: &[PhoneFacts], filter: &Filter, now: Millis) -> BoardView<'a> {
    board(rows, phones, filter, &Rules::default(), now)
}

fn phone(name: &str, heard: Option<&str>) -> PhoneFacts {
    let device = DeviceId::new(format!("phone-{name}")).expect("a name");
    PhoneFacts { device, worker: Some(worker(name)), label: text(name), heard: heard.map(at), waiting: 0, plans_checked: heard.map(at) }
}

/// The morning of the sketch: Edith silent, Frank's second worker silent, Harold's dose refused.
fn morning() -> Vec<BoardRow> {
    let (edith, _) = planned("V-edith", edith());
    let (mut frank, mut office) = planned("V-frank", frank());
    frank.write(&mut office, at("10:33"), call(Report::OnTheWay, Speaker::Worker, "Ben", at("10:32"), Some("ben")));
    let (mut harold, _) = planned("V-harold", harold());
    let mut asha = with_pack(&mut harold, "asha");
    harold.write(&mut asha, at("09:02"), arrived());
    harold.write(&mut asha, at("09:20"), dose("paracetamol", None, DoseEnd::Refused));
    harold.write(&mut asha, at("09:31"), left());
    harold.sync(&mut asha, at("10:38"));
    let (mut grace, mut office) = planned("V-grace", grace());
    grace.write(&mut office, at("10:07"), call(Report::There, Speaker::Family, "daughter", at("10:05"), None));
    [edith, frank, harold, grace].iter().map(Room::row).collect()
}

#[test]
fn check_now_ranks_the_dose_then_the_hoist_then_the_refusal_and_says_whom_to_ring() {
    let rows = morning();
    let seen = view(&rows, &[], &Filter::default(), at("10:41"));
    let names: Vec<&str> = seen.check_now.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["Edith Marlow", "Frank Nolan", "Harold Pike"]);
    assert!(matches!(seen.check_now[0].why, CheckReason::DoseWindow { left_min: 49, no_word_min: Some(26), time_critical: true, .. }));
    assert_eq!(seen.check_now[0].ring[0], Ring::Person);
    let CheckReason::SecondWorker { missing, heard, hoist: true, .. } = &seen.check_now[1].why else { panic!("{:?}", seen.check_now[1]) };
    assert_eq!((&missing[..], &heard[..]), (&[worker("dana")][..], &[worker("ben")][..]));
    assert_eq!(
        seen.check_now[1].ring,
        [Ring::Worker { worker: worker("dana") }, Ring::Worker { worker: worker("ben") }],
        "never the person on the hoist"
    );
    assert!(matches!(&seen.check_now[2].why, CheckReason::DoseNotHad { outcome: DoseEnd::Refused, reason, .. } if reason == "feels sick"));
    assert_eq!(seen.check_now[2].ring[0], Ring::Gp);
}

#[test]
fn somebody_who_lives_alone_is_checked_on_after_the_dose_and_the_hoist() {
    let rows: Vec<BoardRow> =
        [("V-g", grace()), ("V-f", frank()), ("V-e", edith())].into_iter().map(|(id, p)| planned(id, p).0.row()).collect();
    let seen = view(&rows, &[], &Filter::default(), at("10:55"));
    let names: Vec<&str> = seen.check_now.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["Edith Marlow", "Frank Nolan", "Grace Otis"]);
    assert!(matches!(seen.check_now[2].why, CheckReason::LivesAlone { no_word_min: 85 }));
    assert!(view(&rows, &[], &Filter::default(), at("09:00")).check_now.is_empty(), "nothing is due yet");
}

/// S3 at 10:03: Ben's phone has been silent since 08:10, so Edith's dose cannot wait for her visit to be overdue.
#[test]
fn a_time_critical_dose_is_taken_up_before_its_window_when_the_phone_is_quiet() {
    let visit = Assigned { start: at("10:45"), end: at("11:15"), ..edith() };
    let rows = [planned("V-e", visit).0.row()];
    let first =
        |phones: &[PhoneFacts], now: &str| view(&rows, phones, &Filter::default(), at(now)).check_now.first().map(|c| c.why.clone());
    let silent = [phone("ben", Some("08:10"))];
    assert!(matches!(first(&silent, "10:03"), Some(CheckReason::DoseWindow { left_min: 87, no_word_min: None, .. })));
    assert_eq!(first(&silent, "09:59"), None, "not half an hour before the window opens");
    assert_eq!(first(&[phone("ben", Some("10:00"))], "10:03"), None, "his phone will say");
    assert_eq!(first(&[], "10:03"), None, "no phone is known to be silent");
    let spare = [phone("ben", Some("08:10")), phone("ben", Some("10:00"))];
    assert_eq!(first(&spare, "10:03"), None, "one of his phones is heard from");
}

#[test]
fn on_the_way_but_late_for_a_time_critical_dose_is_rung_on_their_own_phone() {
    let (mut room, mut office) = planned("V-e", edith());
    room.write(&mut office, at("10:10"), call(Report::OnTheWay, Speaker::Worker, "Ben", at("10:10"), Some("ben")));
    let rows = [room.row()];
    let check = |now: &str| view(&rows, &[], &Filter::default(), at(now)).check_now;
    assert!(check("10:15").is_empty());
    let late = check("10:20");
    assert!(matches!(late[0].why, CheckReason::DoseWindow { left_min: 70, no_word_min: None, .. }));
    assert_eq!(late[0].ring[0], Ring::Worker { worker: worker("ben") });
}

#[test]
fn an_ordinary_dose_is_taken_up_when_its_window_is_about_to_close() {
    let dose = PlannedDose { time_critical: false, window_min: 60, ..co_careldopa() };
    let visit = Assigned { doses: vec![dose], priority: Priority::Usual, ..edith() };
    let rows = [planned("V-e", visit).0.row()];
    let check = |now: &str| view(&rows, &[], &Filter::default(), at(now)).check_now.len();
    assert_eq!((check("10:41"), check("11:29"), check("11:30"), check("12:30")), (0, 0, 1, 1));
}

#[test]
fn a_phone_call_that_says_there_leaves_the_dose_open_once_the_visit_should_be_over() {
    let (mut room, mut office) = planned("V-g", Assigned { doses: vec![co_careldopa()], ..grace() });
    room.write(&mut office, at("09:40"), call(Report::There, Speaker::Family, "daughter", at("09:39"), None));
    let rows = [room.row()];
    let check = |now: &str| view(&rows, &[], &Filter::default(), at(now)).check_now.first().map(|c| c.why.clone());
    assert_eq!(check("09:59"), None);
    assert!(matches!(check("10:00"), Some(CheckReason::DoseUnknown { time_critical: true, .. })));
}

#[test]
fn every_visit_counts_once_on_each_axis() {
    let rows = morning();
    let t = view(&rows, &[], &Filter::default(), at("10:41")).tally;
    assert_eq!((t.visits, t.act, t.on_the_way, t.there, t.no_word), (4, 1, 1, 1, 1));
    assert_eq!((t.by_workers_phone, t.by_phone_call, t.by_nothing), (1, 2, 1));
    assert_eq!(t.done + t.act + t.there + t.on_the_way + t.late + t.not_done + t.missed + t.no_word + t.due, t.visits);
    let later = view(&rows, &[], &Filter::default(), at("10:55")).tally;
    assert_eq!((later.on_the_way, later.late), (0, 1), "on the way, past the start");
}

#[test]
fn silence_is_never_counted_as_missed() {
    let rows: Vec<BoardRow> = (0..5).map(|i| planned(&format!("V-{i}"), edith()).0.row()).collect();
    let seen = view(&rows, &[], &Filter::default(), at("18:00"));
    assert_eq!((seen.tally.missed, seen.late.missed, seen.tally.no_word), (0, 0, 5));
    let mut rules = Rules::default();
    rules.silence_is_missed();
    assert_eq!(board(&rows, &[], &Filter::default(), &rules, at("18:00")).tally.missed, 5, "the fault shows");
}

#[test]
fn the_summary_says_how_many_are_known_missed_and_late() {
    let mut rows = Vec::new();
    for (i, late) in [0, 16, 18, 22, 3].into_iter().enumerate() {
        let (mut room, _) = planned(&format!("V-{i}"), grace());
        let mut ben = with_pack(&mut room, "ben");
        room.write(&mut ben, at("09:30").plus(late * 60_000), arrived());
        room.write(&mut ben, at("10:10"), left());
        rows.push(room.row());
    }
    let seen = view(&rows, &[], &Filter::default(), at("11:05"));
    assert_eq!(seen.late, LateSummary { of: 5, known: 5, missed: 0, late: 3, longest_min: 22 });
}

#[test]
fn sections_are_runs_and_those_with_something_to_check_come_first() {
    let rows = morning();
    let phones = [phone("ben", Some("08:10")), phone("asha", Some("10:40")), phone("tom", None)];
    let seen = view(&rows, &phones, &Filter::default(), at("10:41"));
    let runs: Vec<String> = seen.sections.iter().filter_map(|s| s.run.as_ref().map(ToString::to_string)).collect();
    assert_eq!(runs, ["run-3", "run-1"]);
    let first = &seen.sections[0];
    assert_eq!((first.worker.clone(), first.quiet, first.rang), (Some(worker("ben")), true, Some(at("10:32"))));
    assert_eq!(first.rows.iter().map(|r| r.row.name.as_str()).collect::<Vec<_>>(), ["Grace Otis", "Edith Marlow", "Frank Nolan"]);
    assert_eq!(first.rows[1].check, Some(1));
    let quiet: Vec<(Option<WorkerId>, Option<i64>)> = seen.quiet.iter().map(|q| (q.phone.worker.clone(), q.minutes)).collect();
    assert_eq!(quiet, [(Some(worker("tom")), None), (Some(worker("ben")), Some(151))]);
}

#[test]
fn filters_narrow_what_is_shown() {
    let rows = morning();
    let window = Filter { from: Some(at("10:00")), to: Some(at("10:30")), ..Filter::default() };
    assert_eq!(view(&rows, &[], &window, at("10:41")).tally.visits, 1);
    let nothing = Filter { known_by: vec![KnownBy::Nothing], ..Filter::default() };
    let seen = view(&rows, &[], &nothing, at("10:41"));
    assert_eq!((seen.tally.visits, seen.sections.iter().map(|s| s.rows.len()).sum::<usize>()), (4, 1));
    let asha = Filter { worker: Some(worker("asha")), ..Filter::default() };
    assert_eq!(view(&rows, &[], &asha, at("10:41")).tally.visits, 1);
}

#[test]
fn the_board_does_not_depend_on_the_order_of_its_rows() {
    let rows = morning();
    let whole = serde_json::to_string(&view(&rows, &[], &Filter::default(), at("10:41"))).expect("writes");
    let mut back = rows.clone();
    back.reverse();
    assert_eq!(serde_json::to_string(&view(&back, &[], &Filter::default(), at("10:41"))).expect("writes"), whole);
}

#[test]
fn a_row_says_when_time_alone_will_change_it() {
    let (room, _) = planned("V-1", edith());
    let (row, rules) = (room.row(), Rules::default());
    let mut now = at("09:00");
    let mut moments = Vec::new();
    while let Some(next) = row.changes_at(now, &rules) {
        assert!(next > now);
        moments.push(next.hhmm());
        now = next;
    }
    assert_eq!(moments, ["10:00", "10:15", "10:16", "10:30", "11:00", "11:30"]);
    for minute in 0..180 {
        let (a, b) = (at("09:00").plus(minute * 60_000), at("09:00").plus(minute * 60_000 + 59_999));
        if row.changes_at(a, &rules).is_none_or(|next| next > b) {
            assert_eq!(row.at(a, &rules).bucket, row.at(b, &rules).bucket);
        }
    }
}

#[test]
fn the_run_says_what_is_next_and_what_is_still_to_finish() {
    let (mut first, _) = planned("V-1", grace());
    let mut ben = with_pack(&mut first, "ben");
    first.write(&mut ben, at("09:30"), arrived());
    first.write(&mut ben, at("10:00"), left());
    let (mut second, _) = planned("V-2", edith());
    let mut ben = with_pack(&mut second, "ben");
    second.write(&mut ben, at("10:20"), arrived());
    let (third, _) = planned("V-3", frank());
    let (not_his, _) = planned("V-4", harold());
    let rows: Vec<RunRow> =
        [&first, &second, &third, &not_his].iter().map(|r| RunRow::of(&r.visit_id(), &r.held, &r.clocks, None)).collect();
    let day = run(&worker("ben"), &rows, &[], at("11:30"), &Rules::default());
    let ids: Vec<String> = day.visits.iter().map(|v| v.facts.visit.to_string()).collect();
    assert_eq!(ids, ["V-1", "V-2", "V-3"]);
    assert_eq!((day.next.map(|v| v.to_string()), day.finished), (Some(text("V-2")), 1));
    assert_eq!(day.visits[1].left_to_answer, 2);
    assert_eq!(day.visits[1].dose, Some((at("11:00"), at("11:30"))));
    assert_eq!(day.visits[2].with, [worker("dana")]);
    assert!(matches!(
        &day.owed.items[..],
        [OwedItem::OpenVisit { .. }, OwedItem::Dose { .. }, OwedItem::Task { .. }, OwedItem::NothingRecorded { .. }]
    ));
    assert_eq!(day.owed.on_this_phone, 3, "three entries of his that no receipt covers");
}
