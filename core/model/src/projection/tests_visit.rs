//! Visits as they go at the door: what the two axes say.

use super::cast::*;
use super::*;
use crate::entry::*;

fn rules() -> Rules {
    Rules::default()
}

fn care(room: &Room, now: &str) -> Care {
    room.row().at(at(now), &rules()).care
}

#[test]
fn an_ordinary_visit_goes_from_due_to_done_and_complete() {
    let (mut room, _) = planned("V-1", edith());
    assert_eq!(care(&room, "10:00"), Care::Due { in_min: 15 });
    let mut ben = with_pack(&mut room, "ben");
    room.write(&mut ben, at("10:05"), on_the_way());
    assert!(matches!(care(&room, "10:06"), Care::OnTheWay { past_start_min: None, .. }));
    room.write(&mut ben, at("10:20"), arrived());
    assert!(matches!(care(&room, "10:21"), Care::ThereNow { .. }));
    room.write(&mut ben, at("10:35"), dose("co-careldopa", Some(at("11:00")), DoseEnd::Given));
    room.write(&mut ben, at("10:40"), task("lunch", TaskEnd::Done));
    room.write(&mut ben, at("10:45"), left());
    assert_eq!(care(&room, "10:46"), Care::Done { at: at("10:45") });
    let row = room.row();
    assert!(row.complete, "{:?}", row.unfinished);
    assert_eq!((row.tasks, row.tasks_done, row.doses[0].state), (1, 1, DoseState::Had));
    assert_eq!(row.late.as_ref().map(|l| l.minutes), Some(5));
    assert_eq!(row.at(at("12:00"), &rules()).late_min, None, "five minutes are within the limit");
}

#[test]
fn silence_is_no_word_and_never_missed() {
    let (room, _) = planned("V-1", edith());
    assert_eq!(care(&room, "10:41"), Care::NoWord { past_start_min: 26 });
    let two_days_on = at("10:15").plus(2 * crate::time::DAY);
    assert!(matches!(room.row().at(two_days_on, &rules()).care, Care::NoWord { .. }));
    assert_eq!(room.row().know, Know::Nothing);
    let mut faulty = rules();
    faulty.silence_is_missed();
    assert!(matches!(room.row().at(two_days_on, &faulty).care, Care::Missed { .. }), "the fault shows, so the test can fail");
}

#[test]
fn nobody_came_is_missed_only_once_the_visit_should_have_ended() {
    let (mut room, mut office) = planned("V-1", edith());
    room.write(&mut office, at("10:30"), call(Report::NobodyCame, Speaker::Family, "daughter", at("10:29"), None));
    assert!(matches!(care(&room, "10:31"), Care::NoWord { .. }), "the visit is not over yet");
    assert!(matches!(room.row().know, Know::PhoneCall { .. }));
    let evidence = room.write(&mut office, at("10:51"), call(Report::NobodyCame, Speaker::Family, "daughter", at("10:50"), None));
    assert_eq!(care(&room, "10:52"), Care::Missed { evidence });
    let mut ben = with_pack(&mut room, "ben");
    room.write(&mut ben, at("10:58"), arrived());
    assert!(matches!(care(&room, "11:00"), Care::ThereNow { .. }), "late, not missed");
    assert!(room.row().attention.is_empty(), "both were right: {:?}", room.row().attention);
}

#[test]
fn a_worker_who_was_there_before_the_phone_call_contradicts_it_and_stands() {
    let (mut room, mut office) = planned("V-1", grace());
    let mut ben = with_pack(&mut room, "ben");
    room.write(&mut ben, at("09:31"), arrived());
    room.write(&mut ben, at("09:58"), left());
    room.write(&mut office, at("10:05"), call(Report::NobodyCame, Speaker::Person, "Grace", at("10:04"), None));
    let row = room.row();
    assert!(matches!(row.stage, Stage::Finished { .. }));
    assert!(matches!(&row.attention[0].what, Attention::Contradiction { about: Subject::Presence, entries } if entries.len() == 2));
    assert!(matches!(care(&room, "10:06"), Care::DoneAct { .. }));
}

#[test]
fn a_refused_dose_never_looks_done_until_somebody_deals_with_it() {
    let (mut room, mut office) = planned("V-1", edith());
    let mut ben = with_pack(&mut room, "ben");
    room.write(&mut ben, at("10:20"), arrived());
    let refused = room.write(&mut ben, at("10:35"), dose("co-careldopa", Some(at("11:00")), DoseEnd::Refused));
    room.write(&mut ben, at("10:40"), task("lunch", TaskEnd::Declined));
    room.write(&mut ben, at("10:45"), left());
    assert!(matches!(care(&room, "10:46"), Care::DoneAct { .. }));
    let row = room.row();
    assert!(row.complete, "the record is complete; the care is not: {:?}", row.unfinished);
    assert!(
        matches!(&row.attention[..], [AttentionItem { what: Attention::DoseNotHad { time_critical: true, .. }, entry: Some(e), .. }] if *e == refused)
    );
    room.sync(&mut office, at("10:50"));
    room.write(&mut office, at("10:55"), deals_with(refused));
    assert!(matches!(care(&room, "10:56"), Care::Done { .. }));
    assert_eq!(room.row().doses[0].state, DoseState::NotHad, "dealt with, and still not had");
    assert_eq!(room.row().attention[0].dealt_with.as_ref().map(|d| d.by.clone()), Some(worker("hugh")));
}

#[test]
fn what_was_dealt_with_opens_again_when_it_is_amended() {
    let (mut room, mut office) = planned("V-1", grace());
    let mut ben = with_pack(&mut room, "ben");
    let incident = |safe_now| {
        Body::Incident(Incident {
            immediate_safety: text("sat with her"),
            safe_now,
            what: IncidentType::Fall,
            text: text("fell"),
            told: vec![],
        })
    };
    room.write(&mut ben, at("09:30"), arrived());
    let fall = room.write(&mut ben, at("09:40"), incident(true));
    room.write(&mut ben, at("10:00"), left());
    room.sync(&mut office, at("10:01"));
    room.write(&mut office, at("10:02"), deals_with(fall));
    assert!(matches!(care(&room, "10:03"), Care::Done { .. }));
    // Ben never saw that the office dealt with it, and says that it was worse.
    room.write(&mut ben, at("10:05"), amends(fall, incident(false)));
    assert!(matches!(care(&room, "10:06"), Care::DoneAct { .. }));
    assert!(matches!(room.row().attention[0].what, Attention::Incident { safe_now: false, .. }));
    room.sync(&mut office, at("10:07"));
    room.write(&mut office, at("10:08"), deals_with(fall));
    assert!(matches!(care(&room, "10:09"), Care::Done { .. }));
}

#[test]
fn a_phone_call_never_closes_a_medicine_nor_looks_like_a_workers_record() {
    let (mut room, mut office) = planned("V-1", edith());
    room.write(&mut office, at("10:50"), call(Report::Finished, Speaker::Worker, "Ben", at("10:48"), Some("ben")));
    let row = room.row();
    assert!(matches!(row.know, Know::PhoneCall { speaker: Speaker::Worker, .. }));
    assert!(matches!(row.at(at("10:51"), &rules()).care, Care::DoneAct { .. }));
    assert!(
        matches!(&row.attention[..], [AttentionItem { what: Attention::DoseUnanswered { .. }, .. }]),
        "the tasks will come with the phone"
    );
    assert_eq!(row.doses[0].state, DoseState::Unanswered);
    assert!(!row.complete);
    let (mut room, mut office) = planned("V-2", grace());
    room.write(&mut office, at("10:07"), call(Report::There, Speaker::Family, "daughter", at("10:05"), None));
    assert!(matches!(care(&room, "10:08"), Care::ThereNow { worker: None, .. }));
    room.write(&mut office, at("10:10"), call(Report::NoAnswer, Speaker::Worker, "Ben", at("10:10"), Some("ben")));
    assert!(matches!(room.row().know, Know::PhoneCall { report: Report::There, .. }), "a phone call that nobody answered says nothing");
}

#[test]
fn a_workers_phone_that_comes_back_takes_over_from_the_phone_call() {
    let (mut room, mut office) = planned("V-1", grace());
    let mut ben = with_pack(&mut room, "ben");
    room.write(&mut office, at("10:07"), call(Report::There, Speaker::Family, "daughter", at("10:05"), None));
    room.write(&mut ben, at("09:52"), arrived());
    room.write(&mut ben, at("10:15"), left());
    room.sync(&mut ben, at("11:02"));
    let row = room.row();
    assert!(matches!(&row.know, Know::WorkersPhone { received: Some(r), incoming: None, .. } if *r == at("11:02")));
    assert_eq!(row.late.as_ref().map(|l| (l.minutes, l.arrived)), Some((22, true)));
    assert_eq!(row.at(at("11:05"), &rules()).late_min, Some(22));
    assert!(row.complete, "the nurse's insulin is not the worker's to answer: {:?}", row.unfinished);
}

#[test]
fn a_double_up_is_complete_when_both_have_left() {
    let (mut room, _) = planned("V-1", frank());
    let (mut ben, mut dana) = (with_pack(&mut room, "ben"), with_pack(&mut room, "dana"));
    room.write(&mut ben, at("10:50"), arrived());
    room.write(&mut dana, at("10:52"), arrived());
    room.write(&mut ben, at("11:20"), left());
    assert!(matches!(care(&room, "11:21"), Care::ThereNow { worker: Some(w), .. } if w == worker("dana")));
    assert_eq!(room.row().unfinished, [Unfinished::NotLeft { worker: worker("dana") }]);
    room.write(&mut dana, at("11:22"), left());
    assert!(room.row().complete);
    assert_eq!(care(&room, "11:30"), Care::Done { at: at("11:22") });
}

#[test]
fn who_is_named_does_not_hang_on_a_second_between_two_phones() {
    let named = |ben_left: &str, dana_left: &str| {
        let (mut room, _) = planned("V-1", frank());
        let (mut ben, mut dana) = (with_pack(&mut room, "ben"), with_pack(&mut room, "dana"));
        room.write(&mut ben, at("10:50"), arrived());
        room.write(&mut dana, at("10:50"), arrived());
        room.write(&mut ben, at(ben_left), left());
        room.write(&mut dana, at(dana_left), left());
        let row = room.row();
        assert_eq!(row.stage, Stage::Finished { at: at("11:21") });
        match row.know {
            Know::WorkersPhone { worker, .. } => worker,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((named("11:20", "11:21"), named("11:21", "11:20")), (worker("ben"), worker("ben")));
}

#[test]
fn not_done_says_why_and_asks_who_was_told() {
    for (end, why) in [
        (VisitEnd::NoReply, NotDone::NoReply),
        (VisitEnd::Declined, NotDone::Declined),
        (VisitEnd::InHospital, NotDone::InHospital),
        (VisitEnd::CutShort, NotDone::CutShort),
        (VisitEnd::SentAway, NotDone::SentAway),
    ] {
        let (mut room, mut office) = planned("V-1", grace());
        let mut ben = with_pack(&mut room, "ben");
        let entry = room.write(&mut ben, at("09:35"), ended(end, Some(Told::NobodyNoSignal)));
        assert_eq!(care(&room, "09:36"), Care::NotDone { why, at: at("09:35") });
        assert!(matches!(&room.row().attention[..], [AttentionItem { what: Attention::NobodyTold { .. }, .. }]));
        room.sync(&mut office, at("09:40"));
        room.write(&mut office, at("09:41"), deals_with(entry));
        assert_eq!(room.row().at(at("09:42"), &rules()).open, 0);
    }
}

#[test]
fn cancelled_by_the_office_is_known_from_the_office_and_planning_again_brings_it_back() {
    let (mut room, mut office) = planned("V-1", grace());
    room.write(&mut office, at("08:00"), Body::Cancelled(Cancelled { asked_by: text("family"), reason: text("on holiday") }));
    let row = room.row();
    assert!(matches!(row.stage, Stage::NotDone { why: NotDone::Cancelled, .. }) && row.complete);
    assert_eq!(row.know, Know::Office { by: worker("hugh"), at: at("08:00") });
    let mut ben = with_pack(&mut room, "ben");
    room.write(&mut office, at("08:30"), Body::Assigned(grace()));
    assert!(matches!(care(&room, "09:00"), Care::Due { .. }));
    room.write(&mut ben, at("09:30"), arrived());
    assert!(matches!(care(&room, "09:31"), Care::ThereNow { .. }));
}

#[test]
fn a_visit_that_was_called_off_and_took_place_is_a_contradiction() {
    let (mut room, mut office) = planned("V-1", grace());
    let mut ben = with_pack(&mut room, "ben");
    room.write(&mut office, at("08:00"), Body::Cancelled(Cancelled { asked_by: text("family"), reason: String::new() }));
    room.write(&mut ben, at("09:30"), arrived());
    room.write(&mut ben, at("09:55"), left());
    let row = room.row();
    assert!(matches!(row.stage, Stage::Finished { .. }));
    assert!(matches!(&row.attention[..], [AttentionItem { what: Attention::Contradiction { about: Subject::Presence, .. }, .. }]));
}

#[test]
fn cover_goes_instead_or_as_well() {
    let cover = |instead| Body::CoverSent(CoverSent { worker: worker("asha"), instead, reason: text("Ben is held up") });
    let (mut room, mut office) = planned("V-1", grace());
    room.write(&mut office, at("09:40"), cover(true));
    let names = |room: &Room| room.row().workers.iter().filter(|p| p.assigned).map(|p| p.worker.to_string()).collect::<Vec<_>>();
    assert_eq!(names(&room), ["asha"]);
    let (mut room, mut office) = planned("V-1", grace());
    room.write(&mut office, at("09:40"), cover(false));
    assert_eq!(names(&room), ["ben", "asha"]);
}

#[test]
fn what_the_worker_left_unanswered_needs_action() {
    let (mut room, _) = planned("V-1", edith());
    let mut ben = with_pack(&mut room, "ben");
    room.write(&mut ben, at("10:20"), arrived());
    room.write(&mut ben, at("10:45"), left());
    let row = room.row();
    let kinds: Vec<bool> =
        row.attention.iter().map(|i| matches!(i.what, Attention::DoseUnanswered { .. } | Attention::TaskUnanswered { .. })).collect();
    assert_eq!(kinds, [true, true]);
    assert_eq!(row.unfinished, [Unfinished::Tasks { n: 1 }, Unfinished::Doses { n: 1 }]);
    assert!(matches!(care(&room, "10:46"), Care::DoneAct { .. }));
}

#[test]
fn one_dose_given_by_two_workers_is_a_possible_double_dose() {
    let (mut room, mut office) = planned("V-1", Assigned { doses: vec![co_careldopa()], ..frank() });
    let (mut ben, mut dana) = (with_pack(&mut room, "ben"), with_pack(&mut room, "dana"));
    let one = room.write(&mut ben, at("11:01"), dose("co-careldopa", Some(at("11:00")), DoseEnd::Given));
    let two = room.write(&mut dana, at("11:05"), dose("co-careldopa", Some(at("11:00")), DoseEnd::Given));
    let row = room.row();
    assert_eq!(row.doses[0].state, DoseState::Disputed);
    let item = row.attention.iter().find(|i| matches!(i.what, Attention::DoseTwice { .. })).expect("found");
    assert!(matches!(&item.what, Attention::DoseTwice { entries, .. } if entries[..] == [one, two]));
    room.sync(&mut office, at("11:30"));
    room.write(&mut office, at("11:35"), deals_with(two));
    assert!(room.row().attention.iter().all(|i| !i.open()), "dealt with by naming one, having seen both");
}

#[test]
fn refused_then_offered_again_and_taken_is_had() {
    let (mut room, _) = planned("V-1", edith());
    let mut ben = with_pack(&mut room, "ben");
    room.write(&mut ben, at("10:35"), dose("co-careldopa", Some(at("11:00")), DoseEnd::Refused));
    room.write(&mut ben, at("11:35"), dose("co-careldopa", Some(at("11:00")), DoseEnd::Given));
    let row = room.row();
    assert_eq!(row.doses[0].state, DoseState::Had);
    assert_eq!(row.doses[0].answers.iter().map(|a| a.outside_min).collect::<Vec<_>>(), [None, Some(5)], "five minutes past 11:30");
}

#[test]
fn refused_on_one_phone_and_given_on_another_stand_side_by_side() {
    let (mut room, _) = planned("V-1", edith());
    let (mut ben, mut dana) = (with_pack(&mut room, "ben"), with_pack(&mut room, "dana"));
    room.write(&mut ben, at("10:35"), dose("co-careldopa", Some(at("11:00")), DoseEnd::Refused));
    room.write(&mut dana, at("10:36"), dose("co-careldopa", Some(at("11:00")), DoseEnd::Given));
    let row = room.row();
    assert_eq!(row.doses[0].state, DoseState::Disputed);
    assert!(row.attention.iter().any(|i| matches!(&i.what, Attention::Contradiction { about: Subject::Dose { .. }, .. })));
    assert!(row.attention.iter().any(|i| matches!(&i.what, Attention::DoseNotHad { .. })), "and the refusal is not hidden");
    let contradicted = room.view(at("11:00")).entries.iter().filter(|e| !e.contradicts.is_empty()).count();
    assert_eq!(contradicted, 2);
}

#[test]
fn an_amendment_stands_beside_what_it_amends_and_keeps_its_time() {
    let (mut room, _) = planned("V-1", edith());
    let mut ben = with_pack(&mut room, "ben");
    let first = room.write(&mut ben, at("10:35"), dose("co-careldopa", Some(at("11:00")), DoseEnd::Given));
    room.write(&mut ben, at("10:50"), amends(first, dose("co-careldopa", Some(at("11:00")), DoseEnd::Refused)));
    let row = room.row();
    assert_eq!(row.doses[0].state, DoseState::NotHad);
    assert_eq!(row.doses[0].answers[0].at, at("10:35"));
    let view = room.view(at("11:00"));
    let entry = view.entries.iter().find(|e| e.id == first).expect("never gone");
    assert!(matches!(&entry.said, Said::Known { body: Body::Medicine(m) } if m.outcome == DoseEnd::Given));
    assert_eq!(entry.amendments.len(), 1);
}

#[test]
fn two_amendments_whose_authors_had_not_seen_each_other_contradict() {
    let (mut room, mut office) = planned("V-1", edith());
    let mut ben = with_pack(&mut room, "ben");
    let first = room.write(&mut ben, at("10:35"), dose("co-careldopa", Some(at("11:00")), DoseEnd::Given));
    room.sync(&mut office, at("10:40"));
    room.write(&mut ben, at("10:50"), amends(first, dose("co-careldopa", Some(at("11:00")), DoseEnd::Refused)));
    room.write(&mut office, at("10:51"), amends(first, dose("co-careldopa", Some(at("11:00")), DoseEnd::Partly)));
    let rival = room
        .row()
        .attention
        .into_iter()
        .find(|i| matches!(&i.what, Attention::Contradiction { about: Subject::Amendment { of }, .. } if *of == first));
    assert!(rival.is_some());
    assert_eq!(room.view(at("11:00")).entries.iter().find(|e| e.id == first).map(|e| e.amendments.len()), Some(2));
    // A further entry settles it.
    room.sync(&mut office, at("11:00"));
    room.write(&mut office, at("11:01"), amends(first, dose("co-careldopa", Some(at("11:00")), DoseEnd::Refused)));
    assert!(!room.row().attention.iter().any(|i| matches!(&i.what, Attention::Contradiction { .. })));
}

#[test]
fn a_withdrawn_entry_stays_and_counts_for_nothing_until_the_withdrawal_is_taken_back() {
    let (mut room, _) = planned("V-1", grace());
    let mut ben = with_pack(&mut room, "ben");
    let wrong_door = room.write(&mut ben, at("09:31"), arrived());
    let taken_back = room.write(&mut ben, at("09:33"), withdraws(wrong_door));
    assert!(matches!(care(&room, "09:40"), Care::NoWord { .. }));
    let view = room.view(at("09:40"));
    assert!(view.entries.iter().any(|e| e.id == wrong_door && e.withdrawn.as_ref().is_some_and(|w| w.entry == taken_back)));
    room.write(&mut ben, at("09:35"), withdraws(taken_back));
    assert!(matches!(care(&room, "09:40"), Care::ThereNow { .. }));
}

#[test]
fn a_visit_with_something_unreadable_held_or_missing_is_never_complete() {
    let (mut room, _) = planned("V-1", grace());
    let mut ben = with_pack(&mut room, "ben");
    room.write(&mut ben, at("09:31"), arrived());
    room.write(&mut ben, at("10:00"), left());
    assert!(room.row().complete);
    let incoming = Some(Incoming { have: 3, of: 9 });
    let partial = row(&room.visit_id(), &room.held, &room.clocks, incoming);
    assert_eq!(partial.unfinished, [Unfinished::ComingIn]);
    assert!(matches!(partial.know, Know::WorkersPhone { incoming: Some(Incoming { have: 3, of: 9 }), .. }));
    let mut held = room.clone();
    held.held.last_mut().expect("an entry").standing = Standing::HeldForChecking;
    assert!(matches!(held.row().unfinished[..], [Unfinished::HeldForChecking { n: 1 }]));
    assert!(matches!(care(&held, "10:01"), Care::DoneAct { .. }));
    room.write_unreadable(&mut ben, at("10:01"));
    assert!(matches!(room.row().unfinished[..], [Unfinished::Unreadable { n: 1 }]));
}

#[test]
fn one_name_with_two_texts_keeps_both_and_says_so() {
    let (mut room, _) = planned("V-1", grace());
    let mut ben = with_pack(&mut room, "ben");
    room.write(&mut ben, at("09:31"), arrived());
    let mut clone = ben.clone();
    room.write(&mut ben, at("09:40"), note("slept well"));
    room.write(&mut clone, at("09:40"), note("slept badly"));
    let view = room.view(at("10:00"));
    assert_eq!(view.entries.iter().filter(|e| e.same_id_twice).count(), 2);
    assert_eq!(view.facts.attention.iter().filter(|i| i.what == Attention::SameIdTwice).count(), 2);
}

#[test]
fn a_visit_that_no_rota_knows_is_shown_by_when_somebody_was_there() {
    let mut room = Room::visit("U-1");
    let mut asha = Phone::of("asha");
    room.sync(&mut asha, at("06:40"));
    let reason = text("Farah asked by phone");
    room.write(&mut asha, at("14:00"), Body::Unplanned(Unplanned { person: None, name: text("Mr Lamb"), reason }));
    room.write(&mut asha, at("14:05"), arrived());
    let row = room.row();
    assert!(!row.planned && row.name == "Mr Lamb" && row.begins() == Some(at("14:05")));
    assert!(matches!(row.at(at("14:06"), &rules()).care, Care::ThereNow { .. }));
}

#[test]
fn a_visit_made_up_on_the_spot_is_its_authors_from_the_tap_on() {
    let made_up = |room: &mut Room, asha: &mut Phone| {
        let reason = text("Farah asked by phone");
        room.write(asha, at("14:00"), Body::Unplanned(Unplanned { person: None, name: text("Mr Lamb"), reason }))
    };
    let run_of = |room: &Room, name: &str| {
        let row = RunRow::of(&room.visit_id(), &room.held, &room.clocks, None);
        run(&worker(name), &[row], &[], at("14:01"), &rules())
    };
    let (mut room, mut asha) = (Room::visit("U-1"), Phone::of("asha"));
    let entry = made_up(&mut room, &mut asha);
    let row = room.row();
    assert!(matches!(&row.workers[..], [part] if part.worker == worker("asha") && part.assigned), "{:?}", row.workers);
    assert_eq!((row.stage.clone(), row.begins()), (Stage::Nothing, Some(at("14:00"))), "hers, and no evidence that she is there");
    assert_eq!(row.unfinished, [Unfinished::NotLeft { worker: worker("asha") }]);
    assert_eq!(run_of(&room, "asha").next, Some(room.visit_id()));
    assert!(run_of(&room, "ben").visits.is_empty(), "and nobody else's");

    let mut taken_back = room.clone();
    taken_back.write(&mut asha.clone(), at("14:02"), withdraws(entry));
    assert!(run_of(&taken_back, "asha").visits.is_empty(), "made up by mistake");

    // The office plans it for another: the rota speaks from then on.
    let mut office = Phone::of("hugh");
    room.sync(&mut office, at("14:05"));
    room.write(&mut office, at("14:06"), Body::Assigned(visit_plan("P-140", "Mr Lamb", "15:00", "15:30", &["ben"])));
    assert_eq!(run_of(&room, "ben").visits.len(), 1);
    assert!(room.row().workers.iter().all(|p| p.assigned == (p.worker == worker("ben"))));
}

#[test]
fn the_order_of_arrival_makes_no_difference_to_anything() {
    let (mut room, mut office) = planned("V-1", edith());
    let (mut ben, mut dana) = (with_pack(&mut room, "ben"), with_pack(&mut room, "dana"));
    dana.fast = 47 * crate::time::MINUTE;
    room.write(&mut ben, at("10:20"), arrived());
    let first = room.write(&mut dana, at("10:35"), dose("co-careldopa", Some(at("11:00")), DoseEnd::Given));
    room.write(&mut ben, at("10:36"), dose("co-careldopa", Some(at("11:00")), DoseEnd::Refused));
    room.sync(&mut ben, at("10:40"));
    room.write(&mut ben, at("10:41"), amends(first, dose("co-careldopa", Some(at("11:00")), DoseEnd::Partly)));
    room.write(&mut dana, at("10:42"), amends(first, dose("co-careldopa", Some(at("11:00")), DoseEnd::Omitted)));
    let gone = room.write(&mut ben, at("10:43"), note("wrong visit"));
    room.write(&mut ben, at("10:44"), withdraws(gone));
    room.write(&mut ben, at("10:45"), left());
    room.write(&mut office, at("10:50"), call(Report::NobodyCame, Speaker::Person, "Edith", at("10:49"), None));
    let whole: VisitView = room.view(at("11:00"));
    for held in shuffles(&room.held) {
        let other = Room { held, ..room.clone() };
        assert_eq!(other.view(at("11:00")), whole);
    }
    let twice = Room { held: [room.held.clone(), room.held.clone()].concat(), ..room.clone() };
    assert_eq!(twice.view(at("11:00")), whole, "the same entry twice is one");
}

#[test]
fn the_phone_and_the_office_say_the_same_of_the_same_entries() {
    let (mut room, mut office) = planned("V-1", edith());
    let mut ben = with_pack(&mut room, "ben");
    room.write(&mut ben, at("10:20"), arrived());
    room.write(&mut ben, at("10:35"), dose("co-careldopa", Some(at("11:00")), DoseEnd::Refused));
    room.write(&mut office, at("10:50"), call(Report::There, Speaker::Family, "daughter", at("10:49"), None));
    room.write(&mut ben, at("10:52"), left());
    let phone = room.row();
    room.sync(&mut ben, at("11:02"));
    let mut backwards = room.held.clone();
    backwards.reverse();
    let office = row(&room.visit_id(), &backwards, &room.clocks, Some(Incoming { have: 5, of: 9 }));
    assert_ne!(phone, office, "only the office knows what it has received");
    assert_eq!(phone.as_anywhere(), office.as_anywhere());
}

#[test]
fn a_row_reads_back_from_a_store() {
    let (mut room, mut office) = planned("V-1", edith());
    let mut ben = with_pack(&mut room, "ben");
    room.write(&mut ben, at("10:20"), arrived());
    room.write(&mut ben, at("10:35"), dose("co-careldopa", Some(at("11:00")), DoseEnd::Refused));
    room.write(&mut office, at("10:50"), call(Report::There, Speaker::Family, "daughter", at("10:49"), None));
    let row = RunRow::of(&room.visit_id(), &room.held, &room.clocks, Some(Incoming { have: 1, of: 2 }));
    let text = serde_json::to_string(&row).expect("writes");
    assert_eq!(serde_json::from_str::<RunRow>(&text).expect("reads"), row);
}

#[test]
fn four_times_are_kept_apart() {
    let (mut room, _) = planned("V-1", grace());
    let mut ben = with_pack(&mut room, "ben");
    ben.fast = 47 * crate::time::MINUTE;
    let id = room.write_of(&mut ben, at("14:32"), Some(at("14:10")), note("she had slept"));
    room.sync(&mut ben, at("16:05"));
    let view = room.view(at("16:06"));
    let times = &view.entries.iter().find(|e| e.id == id).expect("there").times;
    assert_eq!(times.happened.map(|h| h.at), Some(at("14:10")));
    assert_eq!(times.recorded.at, at("15:19"), "what the phone's clock said, kept as it was");
    assert_eq!(times.written.best, at("14:32"));
    assert!(matches!(times.written.doubt, crate::chronology::Doubt::WallFastBy { ms } if ms == 47 * 60_000));
    assert_eq!(times.received, Some(at("16:05")));
    assert!(!times.said_after_written);
    let id = room.write_of(&mut ben, at("14:40"), Some(at("15:30")), note("typed the wrong hour"));
    let view = room.view(at("16:06"));
    assert!(view.entries.iter().any(|e| e.id == id && e.times.said_after_written));
    assert_eq!(view.entries.iter().find(|e| e.id == id).map(|e| e.times.best()), Some(at("15:30")));
}
