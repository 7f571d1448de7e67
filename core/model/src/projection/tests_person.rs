//! A person's page: plan versions, medicines, what is not known here.

use super::cast::*;
use super::*;
use crate::entry::*;
use crate::id::{MedicineId, PersonId};
use crate::time::Millis;
use chrono::NaiveTime;

fn plan(version: u32, replaces: Option<u32>, effective: Millis) -> PlanVersion {
    PlanVersion {
        person: PersonId::new("P-104").expect("a name"),
        version,
        replaces,
        effective,
        allergies: vec![text("Penicillin")],
        essentials: vec![Essential { title: text("Transfers"), text: format!("as of version {version}") }],
        medicines: vec![paracetamol()],
        contacts: vec![Contact { name: text("Ann Pike"), role: text("daughter"), phone: text("01632 960111") }],
        changed: String::new(),
    }
}

fn paracetamol() -> PlanMedicine {
    PlanMedicine {
        id: MedicineId::new("paracetamol").expect("a name"),
        name: text("Paracetamol 500 mg"),
        dose: text("2 tablets"),
        route: text("oral"),
        times: Vec::<NaiveTime>::new(),
        window_min: 0,
        time_critical: false,
        support: Support::WorkerGives,
        when_needed: Some(WhenNeeded { reason: text("knee pain"), gap_min: 240, most_in_24h: text("8") }),
    }
}

fn page(room: &Room, visits: &[&BoardRow], checked: Option<Millis>, now: Millis) -> PersonView {
    person(&PersonId::new("P-104").expect("a name"), &room.held, &room.clocks, visits, checked, now, &Rules::default())
}

fn states(view: &PersonView) -> Vec<(u32, VersionState)> {
    view.versions.iter().map(|v| (v.plan.version, v.state)).collect()
}

#[test]
fn the_newest_version_in_effect_holds_and_a_future_one_waits() {
    let (mut room, mut office) = (Room::person("P-104"), Phone::of("olu"));
    room.write(&mut office, at("06:00"), Body::PlanVersion(plan(14, None, at("06:00"))));
    room.write(&mut office, at("07:00"), Body::PlanVersion(plan(15, Some(14), at("17:00"))));
    let now = page(&room, &[], None, at("12:00"));
    assert!(matches!(now.plan, PlanState::Current { version: 14, .. }));
    assert_eq!(states(&now), [(15, VersionState::Future), (14, VersionState::Current)]);
    assert_eq!(PersonCard::of(&now).until, Some(at("17:00")));
    let evening = page(&room, &[], None, at("17:00"));
    assert!(matches!(evening.plan, PlanState::Current { version: 15, .. }));
    assert_eq!(states(&evening), [(15, VersionState::Current), (14, VersionState::Replaced)]);
    assert!(matches!(page(&room, &[], None, at("05:00")).plan, PlanState::NotYet { from } if from == at("06:00")));
}

#[test]
fn two_versions_on_one_base_stand_side_by_side_until_a_further_one_settles_it() {
    let mut room = Room::person("P-104");
    let (mut olu, mut jo) = (Phone::of("olu"), Phone::of("jo"));
    room.write(&mut olu, at("06:00"), Body::PlanVersion(plan(14, None, at("06:00"))));
    room.sync(&mut olu, at("06:01"));
    room.sync(&mut jo, at("06:01"));
    room.write(&mut olu, at("08:00"), Body::PlanVersion(plan(15, Some(14), at("08:00"))));
    room.write(&mut jo, at("08:05"), Body::PlanVersion(plan(16, Some(14), at("08:05"))));
    let now = page(&room, &[], None, at("09:00"));
    assert!(matches!(&now.plan, PlanState::Contested { versions } if versions.len() == 2));
    assert!(now.attention.iter().any(|i| matches!(i.what, Attention::Contradiction { about: Subject::Plan, .. })));
    assert_eq!(now.medicines.iter().map(|m| m.version).collect::<Vec<_>>(), [16, 15], "nobody authored a mixture");
    assert_eq!(now.contacts.len(), 1);
    room.sync(&mut olu, at("09:05"));
    room.write(&mut olu, at("09:10"), Body::PlanVersion(plan(17, Some(16), at("09:10"))));
    let settled = page(&room, &[], None, at("09:11"));
    assert!(matches!(settled.plan, PlanState::Current { version: 17, .. }));
    assert!(settled.attention.is_empty());
}

#[test]
fn one_number_with_two_texts_is_contested_and_one_text_twice_is_one() {
    let mut room = Room::person("P-104");
    let mut olu = Phone::of("olu");
    room.write(&mut olu, at("06:00"), Body::PlanVersion(plan(14, None, at("06:00"))));
    room.write(&mut olu, at("06:05"), Body::PlanVersion(plan(14, None, at("06:00"))));
    assert!(matches!(page(&room, &[], None, at("07:00")).plan, PlanState::Current { version: 14, .. }));
    let other = PlanVersion { allergies: vec![], ..plan(14, None, at("06:00")) };
    let wrong = room.write(&mut olu, at("06:10"), Body::PlanVersion(other));
    assert!(matches!(page(&room, &[], None, at("07:00")).plan, PlanState::Contested { .. }));
    room.write(&mut olu, at("06:20"), withdraws(wrong));
    let now = page(&room, &[], None, at("07:00"));
    assert!(matches!(now.plan, PlanState::Current { version: 14, .. }));
    assert!(now.versions.iter().any(|v| v.state == VersionState::Withdrawn), "taken back, and still there");
}

#[test]
fn a_plan_not_checked_for_long_is_old_and_the_office_itself_never_is() {
    let (mut room, mut office) = (Room::person("P-104"), Phone::of("olu"));
    room.write(&mut office, at("06:00"), Body::PlanVersion(plan(14, None, at("06:00"))));
    assert!(!page(&room, &[], Some(at("06:40")), at("14:00")).old);
    assert!(page(&room, &[], Some(at("06:40")), at("18:41")).old);
    assert!(!page(&room, &[], None, at("18:41")).old);
}

/// Harold had two tablets at 09:30 from Asha; Ben's visit at 12:00 is silent.
#[test]
fn a_medicine_when_needed_counts_what_is_known_and_says_what_is_not() {
    let (mut room, mut office) = (Room::person("P-104"), Phone::of("olu"));
    room.write(&mut office, at("06:00"), Body::PlanVersion(plan(14, None, at("06:00"))));
    let (mut morning, _) = planned("V-1", visit_plan("P-104", "Harold Pike", "09:00", "09:45", &["asha"]));
    let mut asha = with_pack(&mut morning, "asha");
    morning.write(&mut asha, at("09:02"), arrived());
    let tablets = |amount: Option<&str>, end| match dose("paracetamol", None, end) {
        Body::Medicine(m) => Body::Medicine(MedicineOutcome { amount: amount.map(text), ..m }),
        other => other,
    };
    morning.write(&mut asha, at("09:30"), tablets(Some("2"), DoseEnd::Given));
    morning.write(&mut asha, at("09:45"), left());
    let (noon, _) = planned("V-2", visit_plan("P-104", "Harold Pike", "12:00", "12:30", &["ben"]));
    let rows = [morning.row(), noon.row()];
    let now = page(&room, &rows.each_ref(), Some(at("06:40")), at("12:10"));
    let medicine = &now.medicines[0];
    assert_eq!(medicine.last_had.as_ref().map(|l| (l.at, l.by.clone())), Some((at("09:30"), worker("asha"))));
    let limits = medicine.when_needed.as_ref().expect("taken when needed");
    assert_eq!((limits.had_in_24h.as_str(), limits.left_in_24h.as_deref()), ("2", Some("6")));
    assert_eq!(limits.not_before, Some(at("13:30")));
    assert_eq!(limits.cannot_see.iter().map(|u| u.visit.to_string()).collect::<Vec<_>>(), ["V-2"]);
    assert_eq!(now.last_visits.iter().map(|v| v.visit.to_string()).collect::<Vec<_>>(), ["V-2", "V-1"]);

    morning.write(&mut asha, at("09:50"), tablets(Some("0.5"), DoseEnd::Partly));
    let rows = [morning.row()];
    let limits = page(&room, &rows.each_ref(), None, at("12:10")).medicines[0].when_needed.clone().expect("taken when needed");
    assert_eq!((limits.had_in_24h.as_str(), limits.left_in_24h.as_deref()), ("2.5", Some("5.5")), "a part counts too");

    morning.write(&mut asha, at("09:55"), tablets(None, DoseEnd::NotObserved));
    let rows = [morning.row()];
    let limits = page(&room, &rows.each_ref(), None, at("12:10")).medicines[0].when_needed.clone().expect("taken when needed");
    assert_eq!((limits.amounts_unknown, limits.left_in_24h), (1, None), "no sum is better than a wrong one");
    let next_day = page(&room, &rows.each_ref(), None, at("12:10").plus(crate::time::DAY));
    assert_eq!(next_day.medicines[0].when_needed.as_ref().map(|l| l.had_in_24h.clone()), Some(text("0")));
}

#[test]
fn details_that_two_people_changed_at_once_are_shown_side_by_side() {
    let mut room = Room::person("P-104");
    let (mut olu, mut jo) = (Phone::of("olu"), Phone::of("jo"));
    let details = |address: &str| {
        Body::Person(PersonDetails {
            name: text("Harold Pike"),
            known_as: String::new(),
            address: text(address),
            phone: String::new(),
            access: String::new(),
            flags: vec![Flag::LivesAlone],
        })
    };
    room.write(&mut olu, at("06:00"), details("1 Kelp Row"));
    room.sync(&mut olu, at("06:01"));
    room.sync(&mut jo, at("06:01"));
    assert_eq!(PersonCard::of(&page(&room, &[], None, at("07:00"))).address, "1 Kelp Row");
    room.write(&mut olu, at("08:00"), details("2 Kelp Row"));
    room.write(&mut jo, at("08:01"), details("3 Kelp Row"));
    let now = page(&room, &[], None, at("09:00"));
    assert_eq!(now.details.len(), 2);
    assert!(now.attention.iter().any(|i| matches!(i.what, Attention::Contradiction { about: Subject::Details, .. })));
}
