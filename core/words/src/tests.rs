//! The words of `LOOK.md` and DESIGN section 2, sentence by sentence.

use crate::Words;
use holdfast_model::chronology::{Doubt, Timing};
use holdfast_model::entry::*;
use holdfast_model::id::{ActorId, DeviceId, EntryId, MedicineId, WorkerId};
use holdfast_model::projection::*;
use holdfast_model::time::{DAY, HOUR, MINUTE, Millis};

fn now() -> Millis {
    Millis::parse_rfc3339("2026-11-03T10:41:07Z").expect("a literal")
}

fn today(hhmm: &str) -> Millis {
    Millis::parse_rfc3339(&format!("2026-11-03T{hhmm}:00Z")).expect("a literal")
}

fn worker(name: &str) -> WorkerId {
    WorkerId::new(name).expect("a literal")
}

fn names(id: &WorkerId) -> Option<String> {
    let known = [("W-01", "Asha Bello"), ("W-02", "Ben Carr"), ("W-03", "Dana Ellis"), ("W-20", "Hugh Irwin")];
    known.iter().find(|(number, _)| *number == id.as_str()).map(|(_, name)| (*name).to_owned())
}

fn entry() -> EntryId {
    EntryId::make(0, [0; 10])
}

fn phone(received: Option<Millis>, incoming: Option<Incoming>) -> Know {
    let device = DeviceId::new("D-01").expect("a literal");
    Know::WorkersPhone { worker: worker("W-01"), device, written: today("09:31"), received, incoming }
}

fn call() -> Know {
    Know::PhoneCall {
        speaker: Speaker::Family,
        who: "daughter".into(),
        report: Report::There,
        at: today("10:05"),
        logged_by: worker("W-20"),
        logged_at: today("10:07"),
    }
}

#[test]
fn the_first_axis_says_what_happened_at_the_door() {
    let w = Words::english();
    let said = |care: Care, know: &Know| w.care(now(), &care, know, &names);
    let none = Know::Nothing;
    assert_eq!(said(Care::Due { in_min: 9 }, &none), "due");
    let on_the_way = |who: &str| Care::OnTheWay { worker: Some(worker(who)), since: today("10:32"), past_start_min: None };
    assert_eq!(said(on_the_way("W-02"), &none), "Ben on the way");
    assert_eq!(said(on_the_way("W-77"), &none), "W-77 on the way");
    let there = || Care::ThereNow { worker: Some(worker("W-01")), since: today("09:30") };
    assert_eq!(said(there(), &phone(None, None)), "there now");
    assert_eq!(said(there(), &call()), "there at 09:30");
    assert_eq!(said(Care::Done { at: today("09:31") }, &none), "done");
    assert_eq!(said(Care::DoneAct { at: today("09:31") }, &none), "done: act");
    assert_eq!(said(Care::NotDone { why: NotDone::NoReply, at: today("09:31") }, &none), "no reply");
    let silent = Care::NoWord { past_start_min: 26 };
    assert_eq!((w.care_aside(&silent).as_str(), said(silent, &none).as_str()), ("26 min past start", "no word"));
    assert_eq!(said(Care::Missed { evidence: entry() }, &none), "missed");
}

#[test]
fn silence_never_reads_as_missed() {
    let w = Words::english();
    for min in [0, 1, 26, 600, 100_000] {
        let care = Care::NoWord { past_start_min: min };
        let all = format!("{} {}", w.care(now(), &care, &Know::Nothing, &names), w.care_aside(&care));
        assert!(!all.contains("missed"), "{all}");
    }
    assert!(!w.bucket(Bucket::NoWord).contains("missed"));
    assert_eq!(w.say("no-word-is-not-missed", &[]), "No word is not missed.");
}

#[test]
fn the_second_axis_says_how_we_know() {
    let w = Words::english();
    let said = |know: &Know| {
        let lines = w.know(now(), know, &names);
        (lines.first, lines.second)
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(said(&Know::Nothing), pair("nothing yet", ""));
    assert_eq!(said(&phone(Some(today("10:38")), None)), pair("Asha’s phone", "written 09:31, office has it 10:38"));
    assert_eq!(said(&phone(None, None)), pair("Asha’s phone", "written 09:31, on this phone"));
    assert_eq!(said(&phone(None, Some(Incoming { have: 3, of: 9 }))), pair("Asha’s phone", "records coming in, 3 of 9"));
    assert_eq!(said(&phone(Some(today("10:38")), Some(Incoming { have: 9, of: 9 }))).1, "written 09:31, office has it 10:38");
    assert_eq!(said(&call()), pair("daughter, 10:05", "logged by Hugh 10:07"));
    assert_eq!(said(&Know::Office { by: worker("W-20"), at: today("09:12") }), pair("the office", "Hugh 09:12"));
}

#[test]
fn saved_never_reads_as_received() {
    let w = Words::english();
    let said = |standing, at| w.entry_state(now(), standing, at);
    assert_eq!(said(Standing::OnThisPhone, None), "on this phone");
    assert_eq!(said(Standing::OnThisPhone, Some(now())), "on this phone");
    assert_eq!(said(Standing::Sent, None), "sent, no answer yet");
    assert_eq!(said(Standing::Received, Some(today("10:38"))), "the office has it 10:38");
    assert_eq!(said(Standing::HeldForChecking, Some(today("10:38"))), "at the office, held for checking");
}

#[test]
fn doubt_is_said_in_words() {
    let w = Words::english();
    let timing = |doubt| Timing { earliest: Some(today("09:00")), latest: Some(today("09:10")), best: today("09:05"), doubt };
    let said = |doubt| w.doubt(now(), &timing(doubt));
    assert_eq!(said(Doubt::Exact), "");
    assert_eq!(said(Doubt::WallFastBy { ms: 47 * MINUTE }), "phone 47 min fast");
    assert_eq!(said(Doubt::WallSlowBy { ms: 3 * HOUR }), "phone 3 h slow");
    assert_eq!(said(Doubt::WallSlowBy { ms: 1_793_696_700_000 }), "phone’s clock said 1 January 1970 01:00");
    assert_eq!(said(Doubt::WallSlowBy { ms: i64::MIN }), w.doubt(now(), &timing(Doubt::WallFastBy { ms: i64::MAX })));
    assert_eq!(said(Doubt::GiveOrTake { ms: 5 * MINUTE }), "give or take 5 min");
    let changed = Doubt::WallChangedMeanwhile { fast_before_ms: 47 * MINUTE, fast_now_ms: 0 };
    assert_eq!(said(changed), "phone’s clock was set meanwhile: 47 min fast before, right after");
    assert_eq!(said(Doubt::NoSample { wall_fits: false }), "some time between 09:00 and 09:10");
    let open = Timing { earliest: None, latest: None, best: today("09:05"), doubt: Doubt::NoSample { wall_fits: false } };
    assert_eq!(w.doubt(now(), &open), "time not known");
}

#[test]
fn the_four_times_of_an_entry() {
    let thursday = Millis::parse_rfc3339("2026-11-05T09:05:00Z").expect("a literal");
    let times = Times {
        happened: Some(Happened { at: today("14:10"), give_or_take_min: 0, basis: Basis::Seen }),
        recorded: Recorded { at: today("15:19"), offset_min: 0 },
        written: Timing {
            earliest: Some(today("14:32")),
            latest: Some(today("14:32")),
            best: today("14:32"),
            doubt: Doubt::WallFastBy { ms: 47 * MINUTE },
        },
        received: Some(thursday),
        same_time_as_above: false,
        said_after_written: false,
    };
    let said = Words::english().times(now(), &times);
    assert_eq!(said, "said 14:10 · written 14:32 · reached the office Thursday 09:05 · phone 47 min fast");
}

#[test]
fn check_now_gives_the_reason_and_whom_to_ring() {
    let w = Words::english();
    let reason = |r: CheckReason| w.check_reason(now(), &r, &names);
    let dose = |left_min, no_word_min| CheckReason::DoseWindow {
        medicine: MedicineId::new("co-careldopa").expect("a literal"),
        name: "Co-careldopa 25 mg/100 mg".into(),
        due: today("11:00"),
        closes: today("11:30"),
        left_min,
        time_critical: true,
        no_word_min,
    };
    let said = reason(dose(49, Some(26)));
    assert_eq!((said.tag.as_str(), said.why.as_str()), ("dose by 11:30", "No word, 26 min past start."));
    assert_eq!(said.strong, "49 min left for Co-careldopa 25 mg/100 mg.");
    assert_eq!(reason(dose(-5, None)).strong, "Co-careldopa 25 mg/100 mg is 5 min past its window.");
    let two = |missing: &[&str], heard: &[&str]| CheckReason::SecondWorker {
        missing: missing.iter().map(|n| worker(n)).collect(),
        heard: heard.iter().map(|n| worker(n)).collect(),
        hoist: true,
        at: today("10:50"),
    };
    let said = reason(two(&["W-03"], &["W-02"]));
    assert_eq!((said.tag.as_str(), said.strong.as_str()), ("hoist at 10:50", "Dana not heard from."));
    assert_eq!(said.then, "Tell Ben: don’t hoist alone.");
    assert_eq!(reason(two(&["W-02", "W-03"], &[])).strong, "Ben and Dana not heard from.");
    let item = CheckNow {
        visit: holdfast_model::id::VisitId::new("V-1").expect("a literal"),
        person: None,
        name: "Edith Marlow".into(),
        run: None,
        start: None,
        why: two(&["W-03"], &["W-02"]),
        also: Vec::new(),
        ring: vec![Ring::Worker { worker: worker("W-03") }, Ring::Person, Ring::Gp, Ring::OnCall],
    };
    let rings: Vec<String> = item.ring.iter().map(|r| w.ring(r, &item, &names)).collect();
    assert_eq!(rings, ["Ring Dana", "Ring Edith", "Ring GP", "Ring on-call"]);
}

#[test]
fn the_summary_of_an_outage() {
    let summary = |late, longest_min| LateSummary { of: 38, known: 38, missed: 0, late, longest_min };
    let w = Words::english();
    assert_eq!(w.late_summary(&summary(3, 22)), "38 of 38 known, 0 missed, 3 late (longest 22 min)");
    assert_eq!(w.late_summary(&summary(0, 0)), "38 of 38 known, 0 missed, 0 late");
    assert_eq!(w.late(&Late { minutes: 22, arrived: true, reason: String::new() }), "22 late");
    assert_eq!(w.late(&Late { minutes: -3, arrived: true, reason: String::new() }), "");
}

#[test]
fn a_plan_says_its_age_and_becomes_an_instruction() {
    let w = Words::english();
    assert_eq!(w.plan_checked(now(), Some(today("10:40")), false), "plan last checked with the office 10:40");
    assert_eq!(w.plan_checked(now(), Some(today("06:40")), false), "plan last checked with the office 06:40, 4 h ago");
    let old = w.plan_checked(now(), Some(now().plus(-DAY)), true);
    assert!(old.ends_with("Check the pharmacy label. If it differs, don’t give: ring on-call now."), "{old}");
    assert!(old.starts_with("plan last checked with the office yesterday 10:41, 24 h ago."), "{old}");
    assert_eq!(w.dose_due(today("11:00"), 30), "due 11:00, between 10:30 and 11:30");
}

#[test]
fn a_phone_without_signal_is_told_to_carry_on() {
    let w = Words::english();
    assert_eq!(w.offline(now(), Some(today("08:10")), 4), "Offline since 08:10. Carry on: 4 saved on this phone.");
    assert_eq!(w.no_word_since(now(), Some(today("08:10"))), "no word since 08:10 (2 h 31 min)");
    assert_eq!(w.leave(1), "Leave: 1 left to answer");
    assert_eq!(w.as_of(now()), "live · as of 10:41:07");
}

#[test]
fn errors_say_what_happened_what_is_safe_and_what_to_do() {
    let w = Words::english();
    let pin = w.error("wrong_pin", &[("left", 9.into()), ("minutes", 1.into())]);
    assert_eq!(pin.then, "Try again in 1 min. 9 tries are left; after them this phone can’t be read any more.");
    let pin = w.error("wrong_pin", &[("left", 1.into()), ("minutes", 1.into())]);
    assert!(pin.then.contains("One try is left; after it this phone"), "{}", pin.then);
    let odd = w.error("from_the_future", &[]);
    assert!(odd.what.contains("from_the_future") && !odd.safe.is_empty() && !odd.then.is_empty());
    assert_eq!(w.say("no-such-key", &[]), "no-such-key");
    assert_eq!(ActorId([0; 16]).to_string().len(), 32);
}

/// Every statement there is, filled in: each reads as one line with all its places filled.
#[test]
fn every_kind_of_entry_reads_as_one_line() {
    let w = Words::english();
    let told = Some(Told::Somebody { name: "on-call".into(), at: Some(today("09:12")) });
    let medicine = MedicineOutcome {
        medicine: MedicineId::new("paracetamol").expect("a literal"),
        name: "Paracetamol 500 mg".into(),
        due: Some(today("09:20")),
        outcome: DoseEnd::Refused,
        amount: Some("2".into()),
        unit: "tablets".into(),
        route: "oral".into(),
        reason: "feels sick".into(),
        witness: String::new(),
        stock_left: None,
        told: told.clone(),
    };
    let said = w.statement(now(), &Body::Medicine(medicine.clone()), &names);
    assert_eq!(said, "Paracetamol 500 mg, 2 tablets refused, due 09:20, told on-call, 09:12: “feels sick”");
    let outcome =
        VisitOutcome { outcome: VisitEnd::NoReply, tried: "rang twice".into(), told: Some(Told::NobodyNoSignal), reason: String::new() };
    assert_eq!(w.statement(now(), &Body::VisitOutcome(outcome), &names), "no reply, tried: rang twice, told nobody yet, no signal");
    let call = PhoneCall {
        who: "Ruth".into(),
        speaker: Speaker::Family,
        at: today("10:05"),
        report: Report::There,
        report_at: Some(today("09:30")),
        worker: Some(worker("W-02")),
        words: "The care worker came at half nine".into(),
    };
    assert_eq!(
        w.statement(now(), &Body::PhoneCall(call), &names),
        "Ruth (family or friend), 10:05: Ben: there 09:30. “The care worker came at half nine”"
    );
    let amended = Amended { entry: entry(), reason: "wrong box".into(), with: Box::new(Body::Medicine(medicine)) };
    let arrived = Arrived { method: Method::ByHand, evidence: Evidence::default(), reason: "tag broken".into() };
    assert_eq!(w.statement(now(), &Body::Arrived(arrived), &names), "arrived, by hand: “tag broken”");
    for body in [
        Body::Amended(amended),
        Body::Withdrawn(Withdrawn { entry: entry(), reason: "wrong visit".into() }),
        Body::OnTheWay(OnTheWay { late_min: Some(10), reason: "road closed".into() }),
        Body::Note(Note { about: NoteType::Handover, text: "Window left open".into() }),
        Body::CoverSent(CoverSent { worker: worker("W-03"), instead: true, reason: "car".into() }),
        Body::Cancelled(Cancelled { asked_by: "family".into(), reason: "away".into() }),
    ] {
        let line = w.statement(now(), &body, &names);
        assert!(!line.contains("{$") && !line.contains('\n') && line.contains('“') | line.contains("Window"), "{line}");
    }
}
