//! What a phone refuses at the tap: everything that the office would hold for checking, and what a person would regret.
//! All problems are found at once. The clock of the phone is never a reason: only *happened*, which a person says, is looked at.

use crate::error::Problem;
use holdfast_model::entry::{Body, DoseEnd, Evidence, Happened, Method, PlannedDose, PlannedTask, TaskEnd, Told, VisitEnd};
use holdfast_model::limits;
use holdfast_model::time::{MINUTE, Millis};

/// How far *happened* may lie after the phone's clock, in milliseconds: a clock on a kitchen wall runs a little ahead.
pub(super) const FUTURE_SLACK: i64 = 5 * MINUTE;

/// What the visit's screen offers, for checking a task or a medicine against it. Empty lists when nothing is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Offered {
    /// Tasks of the visit.
    pub(super) tasks: Vec<PlannedTask>,
    /// Doses of the visit.
    pub(super) doses: Vec<PlannedDose>,
    /// Medicines of the person's plan: id, name, route.
    pub(super) medicines: Vec<(holdfast_model::id::MedicineId, String, String)>,
}

/// Everything that is wrong with a statement about a visit.
pub(super) fn problems(body: &Body, happened: Option<Happened>, now: Millis, offered: &Offered) -> Vec<Problem> {
    let mut found = Found { problems: Vec::new() };
    if let Some(happened) = happened {
        let ahead = happened.at.since(now);
        if ahead > FUTURE_SLACK {
            found.add(Problem::FutureTime { ahead_min: ahead / MINUTE });
        }
    }
    found.body(body, now, offered);
    found.problems
}

struct Found {
    problems: Vec<Problem>,
}

impl Found {
    fn add(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// A text that may be empty, but not endless.
    fn text(&mut self, field: &'static str, text: &str) {
        if text.len() > limits::NOTE_BYTES {
            self.add(Problem::TextTooLong { field, bytes: text.len(), most: limits::NOTE_BYTES });
        }
    }

    /// A text that must say something.
    fn words(&mut self, field: &'static str, text: &str) {
        self.text(field, text);
        if text.trim().is_empty() {
            self.add(Problem::TextMissing { field });
        }
    }

    fn reason(&mut self, needed_for: Option<&'static str>, reason: &str) {
        self.text("reason", reason);
        if let Some(outcome) = needed_for.filter(|_| reason.trim().is_empty()) {
            self.add(Problem::ReasonNeeded { outcome });
        }
    }

    fn decimal(&mut self, field: &'static str, value: &str) {
        let digits = value.strip_prefix('-').unwrap_or(value);
        let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |s: &str| !s.is_empty() && s.len() <= 12 && s.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(part) {
            self.add(Problem::NotANumber { field });
        }
    }

    fn told(&mut self, told: &Told, now: Millis) {
        if let Told::Somebody { name, at } = told {
            self.words("told", name);
            if let Some(ahead) = at.map(|at| at.since(now)).filter(|ahead| *ahead > FUTURE_SLACK) {
                self.add(Problem::FutureTime { ahead_min: ahead / MINUTE });
            }
        }
    }

    fn door(&mut self, method: Method, evidence: &Evidence, reason: &str) {
        self.reason((method == Method::ByHand).then_some("by_hand"), reason);
        if method == Method::Tag && evidence.tag.as_deref().unwrap_or("").trim().is_empty() {
            self.add(Problem::TextMissing { field: "tag" });
        }
        self.text("tag", evidence.tag.as_deref().unwrap_or(""));
        let off_earth = |value: Option<i32>, most: i32| value.is_some_and(|v| v.abs() > most);
        if off_earth(evidence.lat_e6, 90_000_000) || off_earth(evidence.lon_e6, 180_000_000) {
            self.add(Problem::BadPosition);
        }
    }

    fn body(&mut self, body: &Body, now: Millis, offered: &Offered) {
        match body {
            Body::OnTheWay(b) => self.text("reason", &b.reason),
            Body::Arrived(b) => self.door(b.method, &b.evidence, &b.reason),
            Body::Left(b) => self.door(b.method, &b.evidence, &b.reason),
            Body::VisitOutcome(b) => {
                let needs = match b.outcome {
                    VisitEnd::Done => None,
                    VisitEnd::NoReply => Some("no_reply").filter(|_| b.tried.trim().is_empty()),
                    VisitEnd::Declined => None,
                    VisitEnd::InHospital => None,
                    VisitEnd::CutShort => Some("cut_short"),
                    VisitEnd::SentAway => Some("sent_away"),
                };
                self.text("tried", &b.tried);
                self.reason(needs, &b.reason);
                match &b.told {
                    Some(told) => self.told(told, now),
                    // Who was told is part of every end but a plain one; "nobody, no signal" is an answer.
                    None if b.outcome != VisitEnd::Done => self.add(Problem::TextMissing { field: "told" }),
                    None => {}
                }
            }
            Body::Task(b) => {
                let needs = match b.outcome {
                    TaskEnd::Done | TaskEnd::NotNeeded | TaskEnd::Declined => None,
                    TaskEnd::CouldNot => Some("could_not"),
                };
                self.reason(needs, &b.reason);
                self.text("title", &b.title);
                if !offered.tasks.is_empty() && !offered.tasks.iter().any(|t| t.id == b.task) && b.title.trim().is_empty() {
                    self.add(Problem::UnknownTask);
                }
            }
            Body::Medicine(b) => {
                self.reason(needs_reason(b.outcome), &b.reason);
                for (field, text) in [("name", &b.name), ("unit", &b.unit), ("route", &b.route), ("witness", &b.witness)] {
                    self.text(field, text);
                }
                if let Some(amount) = &b.amount {
                    self.decimal("amount", amount);
                }
                if b.outcome == DoseEnd::Partly && b.amount.is_none() {
                    self.add(Problem::TextMissing { field: "amount" });
                }
                if let Some(told) = &b.told {
                    self.told(told, now);
                }
                let known = offered.doses.iter().any(|d| d.medicine == b.medicine) || offered.medicines.iter().any(|m| m.0 == b.medicine);
                // A medicine that this phone does not know can be recorded, if its name and strength are written out.
                if !known && b.name.trim().is_empty() {
                    self.add(Problem::UnknownMedicine);
                }
            }
            Body::Observation(b) => {
                self.words("about", &b.about);
                self.text("text", &b.text);
                self.text("unit", &b.unit);
                match &b.value {
                    Some(value) => self.decimal("value", value),
                    None if b.text.trim().is_empty() => self.add(Problem::TextMissing { field: "text" }),
                    None => {}
                }
            }
            Body::Note(b) => self.words("text", &b.text),
            Body::Incident(b) => {
                self.words("immediate_safety", &b.immediate_safety);
                self.words("text", &b.text);
                for told in &b.told {
                    self.told(told, now);
                }
            }
            Body::Unplanned(b) => {
                self.words("reason", &b.reason);
                self.text("name", &b.name);
                if b.person.is_none() && b.name.trim().is_empty() {
                    self.add(Problem::TextMissing { field: "name" });
                }
            }
            Body::Amended(b) => {
                self.words("reason", &b.reason);
                match b.with.as_ref() {
                    Body::Amended(_) | Body::Withdrawn(_) => self.add(Problem::NotAmendable),
                    with => self.body(with, now, offered),
                }
            }
            Body::Withdrawn(b) => self.words("reason", &b.reason),
            Body::BreakGlass(b) => self.words("reason", &b.reason),
            office @ (Body::Assigned(_)
            | Body::Cancelled(_)
            | Body::CoverSent(_)
            | Body::DealtWith(_)
            | Body::PhoneCall(_)
            | Body::Person(_)
            | Body::PlanVersion(_)
            | Body::OutageOpened(_)
            | Body::OutageClosed(_)) => self.add(Problem::NotForPhones { kind: office.kind() }),
            #[allow(unreachable_patterns)] // kinds that the model learns later are not this phone's to make
            other => self.add(Problem::NotForPhones { kind: other.kind() }),
        }
    }
}

/// Ends of a dose that must say why (NICE SC1 1.14: the reason for not giving is recorded).
fn needs_reason(end: DoseEnd) -> Option<&'static str> {
    match end {
        DoseEnd::Given | DoseEnd::Prompted => None,
        DoseEnd::Partly => Some("partly"),
        DoseEnd::Refused => Some("refused"),
        DoseEnd::Omitted => Some("omitted"),
        DoseEnd::NotObserved => Some("not_observed"),
        DoseEnd::AlreadyTaken => None,
        DoseEnd::NotAvailable => Some("not_available"),
        DoseEnd::Absent => Some("absent"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::entry::*;
    use holdfast_model::id::{MedicineId, TaskId};

    const NOW: Millis = Millis(1_793_700_000_000);

    fn codes(body: Body, offered: &Offered) -> Vec<&'static str> {
        problems(&body, None, NOW, offered).iter().map(Problem::code).collect()
    }

    fn dose(outcome: DoseEnd, reason: &str) -> MedicineOutcome {
        MedicineOutcome {
            medicine: MedicineId::new("M-1").expect("a literal"),
            name: "Paracetamol 500 mg".into(),
            due: None,
            outcome,
            amount: None,
            unit: String::new(),
            route: String::new(),
            reason: reason.into(),
            witness: String::new(),
            stock_left: None,
            told: None,
        }
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let body = Body::Incident(Incident {
            immediate_safety: " ".into(),
            safe_now: true,
            what: IncidentType::Fall,
            text: "x".repeat(limits::NOTE_BYTES + 1),
            told: vec![Told::Somebody { name: String::new(), at: Some(NOW.plus(10 * MINUTE)) }],
        });
        assert_eq!(codes(body, &Offered::default()), ["text_missing", "text_too_long", "text_missing", "future_time"]);
    }

    #[test]
    fn a_dose_that_was_not_had_says_why_and_an_unknown_one_is_written_out() {
        let plain = Offered::default();
        assert!(codes(Body::Medicine(dose(DoseEnd::Given, "")), &plain).is_empty());
        assert_eq!(codes(Body::Medicine(dose(DoseEnd::Refused, "")), &plain), ["reason_needed"]);
        assert!(codes(Body::Medicine(dose(DoseEnd::Refused, "felt sick")), &plain).is_empty());
        assert_eq!(codes(Body::Medicine(dose(DoseEnd::Partly, "spat half out")), &plain), ["text_missing"]);
        let nameless = MedicineOutcome { name: String::new(), amount: Some("1,5".into()), ..dose(DoseEnd::Given, "") };
        assert_eq!(codes(Body::Medicine(nameless), &plain), ["not_a_number", "unknown_medicine"]);
    }

    #[test]
    fn a_time_is_refused_only_when_it_is_said_and_lies_ahead() {
        let note = Body::Note(Note { about: NoteType::General, text: "slept well".into() });
        let at = |ms| Some(Happened { at: NOW.plus(ms), give_or_take_min: 0, basis: Basis::Seen });
        assert!(problems(&note, at(-40 * 24 * 60 * MINUTE), NOW, &Offered::default()).is_empty(), "long ago is no error");
        assert!(problems(&note, at(FUTURE_SLACK), NOW, &Offered::default()).is_empty());
        assert_eq!(problems(&note, at(47 * MINUTE), NOW, &Offered::default()), [Problem::FutureTime { ahead_min: 47 }]);
    }

    #[test]
    fn a_task_is_one_of_the_visit_or_says_what_it_was() {
        let tasks = vec![PlannedTask { id: TaskId::new("T-1").expect("a literal"), title: "Breakfast".into() }];
        let offered = Offered { tasks, ..Offered::default() };
        let task = |id: &str, title: &str| {
            Body::Task(TaskOutcome {
                task: TaskId::new(id).expect("a literal"),
                title: title.into(),
                index: None,
                outcome: TaskEnd::Done,
                reason: String::new(),
            })
        };
        assert!(codes(task("T-1", ""), &offered).is_empty());
        assert_eq!(codes(task("T-9", ""), &offered), ["unknown_task"]);
        assert!(codes(task("T-9", "Fed the cat"), &offered).is_empty());
    }

    #[test]
    fn what_the_office_says_is_not_for_phones() {
        let body = Body::Cancelled(Cancelled { asked_by: "family".into(), reason: "away".into() });
        assert_eq!(codes(body, &Offered::default()), ["not_for_phones"]);
    }
}
