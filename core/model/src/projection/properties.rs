//! What holds for whatever three phones and the office say about a visit, in whatever order it arrives.

use super::cast::*;
use super::*;
use crate::entry::*;
use crate::id::{Digest, EntryId};
use crate::time::{MINUTE, Millis};
use proptest::prelude::*;

/// What somebody does next.
#[derive(Debug, Clone)]
enum Act {
    Say(Saying),
    Amend(usize, DoseEnd),
    Withdraw(usize),
    DealWith(usize),
    Pull,
    Clone,
}

#[derive(Debug, Clone)]
enum Saying {
    OnTheWay,
    Arrived,
    Left,
    Dose(DoseEnd),
    Task(TaskEnd),
    Ended(VisitEnd),
    Fell(bool),
    Called(Report),
    Cancelled,
    PlannedAgain,
    Cover(bool),
}

fn saying() -> impl Strategy<Value = Saying> {
    let dose = prop_oneof![Just(DoseEnd::Given), Just(DoseEnd::Refused), Just(DoseEnd::Partly), Just(DoseEnd::AlreadyTaken)];
    let end = prop_oneof![Just(VisitEnd::Done), Just(VisitEnd::NoReply), Just(VisitEnd::CutShort)];
    let report = prop_oneof![
        Just(Report::OnTheWay),
        Just(Report::There),
        Just(Report::Finished),
        Just(Report::NobodyCame),
        Just(Report::NoAnswer),
        Just(Report::NotAsked)
    ];
    prop_oneof![
        1 => Just(Saying::OnTheWay),
        3 => Just(Saying::Arrived),
        3 => Just(Saying::Left),
        3 => dose.prop_map(Saying::Dose),
        2 => prop_oneof![Just(TaskEnd::Done), Just(TaskEnd::Declined)].prop_map(Saying::Task),
        1 => end.prop_map(Saying::Ended),
        1 => any::<bool>().prop_map(Saying::Fell),
        1 => report.prop_map(Saying::Called),
        1 => Just(Saying::Cancelled),
        1 => Just(Saying::PlannedAgain),
        1 => any::<bool>().prop_map(Saying::Cover),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => saying().prop_map(Act::Say),
        1 => (any::<usize>(), prop_oneof![Just(DoseEnd::Given), Just(DoseEnd::Omitted)]).prop_map(|(n, end)| Act::Amend(n, end)),
        1 => any::<usize>().prop_map(Act::Withdraw),
        1 => any::<usize>().prop_map(Act::DealWith),
        3 => Just(Act::Pull),
        1 => Just(Act::Clone),
    ]
}

fn body(saying: &Saying, now: Millis) -> Body {
    match saying {
        Saying::OnTheWay => on_the_way(),
        Saying::Arrived => arrived(),
        Saying::Left => left(),
        Saying::Dose(end) => dose("co-careldopa", Some(at("11:00")), *end),
        Saying::Task(end) => task("lunch", *end),
        Saying::Ended(end) => ended(*end, None),
        Saying::Fell(safe_now) => {
            let (immediate_safety, what, words) = (text("sat with her"), IncidentType::Fall, text("fell"));
            Body::Incident(Incident { immediate_safety, safe_now: *safe_now, what, text: words, told: vec![] })
        }
        Saying::Called(report) => call(*report, Speaker::Family, "daughter", now, None),
        Saying::Cancelled => Body::Cancelled(Cancelled { asked_by: text("family"), reason: String::new() }),
        Saying::PlannedAgain => Body::Assigned(edith()),
        Saying::Cover(instead) => Body::CoverSent(CoverSent { worker: worker("asha"), instead: *instead, reason: String::new() }),
    }
}

/// Plays what Asha, Ben (47 minutes fast), Dana and Hugh do to Edith's visit.
fn play(acts: &[(usize, i64, Act)]) -> Room {
    let (mut room, office) = planned("V-1", edith());
    let mut phones = [with_pack(&mut room, "asha"), with_pack(&mut room, "ben"), with_pack(&mut room, "dana"), office];
    phones[1].fast = 47 * MINUTE;
    let mut now = at("10:00");
    let mut ids: Vec<EntryId> = room.held.iter().map(|h| h.read.id()).collect();
    for (who, minutes, act) in acts {
        now = now.plus(minutes * MINUTE);
        let some = |n: &usize| ids[n % ids.len()];
        let body = match act {
            Act::Say(saying) => body(saying, now),
            Act::Amend(n, end) => amends(some(n), dose("co-careldopa", Some(at("11:00")), *end)),
            Act::Withdraw(n) => withdraws(some(n)),
            Act::DealWith(n) => deals_with(some(n)),
            Act::Pull => {
                room.sync(&mut phones[*who], now);
                continue;
            }
            Act::Clone => {
                // A phone restored from a copy: both forks write on, in one chain epoch, until somebody notices.
                let twin = phones[*who].clone();
                room.write(&mut phones[*who].clone(), now, note("written by the other fork"));
                phones[*who] = twin;
                continue;
            }
        };
        ids.push(room.write(&mut phones[*who], now, body));
    }
    room
}

fn acts() -> impl Strategy<Value = Vec<(usize, i64, Act)>> {
    proptest::collection::vec((0usize..4, 0i64..12, act()), 0..24)
}

fn shuffled(room: &Room, seed: u64) -> Room {
    let mut other = room.clone();
    other.held.sort_by_key(|h| Digest::of_parts(&[&seed.to_be_bytes(), &h.change.0]));
    other
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_order_of_arrival_gives_the_same_page(acts in acts(), seed in any::<u64>()) {
        let room = play(&acts);
        prop_assert_eq!(shuffled(&room, seed).view(at("12:00")), room.view(at("12:00")));
    }

    #[test]
    fn the_phone_and_the_office_agree(acts in acts(), seed in any::<u64>()) {
        let room = play(&acts);
        let mut office = shuffled(&room, seed);
        for held in &mut office.held {
            // Received long after: it bounds nothing that a sample does not bound better.
            (held.received, held.standing) = (Some(at("23:00")), Standing::Received);
        }
        prop_assert_eq!(office.row().as_anywhere(), room.row().as_anywhere());
    }

    #[test]
    fn missed_needs_somebody_who_said_so(acts in acts()) {
        let room = play(&acts);
        let row = room.row();
        for hours in 0..48 {
            if let Care::Missed { evidence } = row.at(at("09:00").plus(hours * 60 * MINUTE), &Rules::default()).care {
                let said = room.held.iter().filter_map(|h| h.read.known()).find(|e| e.id == evidence).map(|e| e.body.clone());
                prop_assert!(matches!(said, Some(Body::PhoneCall(PhoneCall { report: Report::NobodyCame, .. }))), "{said:?}");
            }
        }
    }

    #[test]
    fn done_and_complete_are_only_said_when_nothing_is_open(acts in acts()) {
        let room = play(&acts);
        let row = room.row();
        if let Care::Done { .. } = row.at(at("12:00"), &Rules::default()).care {
            prop_assert!(row.attention.iter().all(|i| !i.open()));
            let refused = row.doses.iter().any(|d| d.state == DoseState::NotHad || d.state == DoseState::Disputed);
            prop_assert!(!refused || row.attention.iter().any(|i| i.dealt_with.is_some()), "a refused dose never looks done");
        }
        if row.complete {
            prop_assert!(row.known(), "a phone call completes nothing");
            let over = matches!(row.stage, Stage::Finished { .. } | Stage::NotDone { .. });
            prop_assert!(over && row.unfinished.is_empty());
        }
        let by_phone_call_only = room.held.iter().filter_map(|h| h.read.known()).all(|e| {
            !matches!(e.body, Body::Medicine(_) | Body::Amended(_))
        });
        if by_phone_call_only {
            prop_assert!(row.doses.iter().all(|d| d.state == DoseState::Unanswered), "a phone call closes no medicine");
        }
    }

    #[test]
    fn every_entry_is_shown_and_every_row_reads_back(acts in acts()) {
        let room = play(&acts);
        let view = room.view(at("12:00"));
        let texts: std::collections::BTreeSet<Digest> = room.held.iter().map(|h| h.text_digest).collect();
        prop_assert_eq!(view.entries.iter().map(|e| e.text_digest).collect::<std::collections::BTreeSet<_>>(), texts);
        let text = serde_json::to_string(&view.facts).expect("writes");
        prop_assert_eq!(serde_json::from_str::<BoardRow>(&text).expect("reads"), view.facts);
    }
}
