//! A person's plan and medicines in words.

use crate::Words;
use holdfast_model::entry::{PlanMedicine, WhenNeeded};
use holdfast_model::projection::{LastDose, PlanState, VersionState};
use holdfast_model::time::{HOUR, MINUTE, Millis};

impl Words {
    /// A plan's number: "v14".
    pub fn version(&self, version: u32) -> String {
        self.say("plan-version", &[("version", version.into())])
    }

    /// Which plan version holds: "plan v14", "no plan here", "plans v14 and v14 differ: ask the office".
    pub fn plan_state(&self, now: Millis, plan: &PlanState) -> String {
        match plan {
            PlanState::Nothing => self.say("plan-nothing", &[]),
            PlanState::NotYet { from } => self.say("plan-not-yet", &[("time", self.time_of(now, *from).into())]),
            PlanState::Current { version, .. } => self.say("plan-current", &[("version", (*version).into())]),
            PlanState::Contested { versions } => {
                let all: Vec<String> = versions.iter().map(|(v, _)| self.version(*v)).collect();
                self.say("plan-contested", &[("versions", all.join(", ").into())])
            }
        }
    }

    /// Whether a version holds.
    pub fn version_state(&self, state: VersionState) -> String {
        self.say(
            match state {
                VersionState::Current => "version-current",
                VersionState::Contested => "version-contested",
                VersionState::Future => "version-future",
                VersionState::Replaced => "version-replaced",
                VersionState::Withdrawn => "version-withdrawn",
            },
            &[],
        )
    }

    /// When the plan was last checked with the office: plain text while that is young, an instruction once it is `old`.
    /// A phone without contact cannot know that it is behind, so this never says so, nor the opposite.
    pub fn plan_checked(&self, now: Millis, checked: Option<Millis>, old: bool) -> String {
        let Some(at) = checked else { return self.say("plan-never-checked", &[]) };
        let args = [("time", self.time_of(now, at).into()), ("age", self.age(now, at).into())];
        self.say(
            match (old, now.since(at) >= HOUR) {
                (true, _) => "plan-checked-old",
                (false, true) => "plan-checked-age",
                (false, false) => "plan-checked",
            },
            &args,
        )
    }

    /// Allergies: "Allergic: penicillin", "No known allergies".
    pub fn allergies(&self, allergies: &[String]) -> String {
        match allergies {
            [] => self.say("allergies-none", &[]),
            some => self.say("allergies", &[("list", some.join(", ").into())]),
        }
    }

    /// The heading of a medicine: "Co-careldopa 25 mg/100 mg, 1 tablet".
    pub fn medicine_heading(&self, name: &str, dose: &str) -> String {
        if dose.is_empty() { name.to_owned() } else { format!("{name}, {dose}") }
    }

    /// When a dose is due: "due 11:00, between 10:30 and 11:30".
    pub fn dose_due(&self, due: Millis, window_min: u32) -> String {
        let window = i64::from(window_min) * MINUTE;
        let args =
            [("due", self.clock(due).into()), ("from", self.clock(due.plus(-window)).into()), ("to", self.clock(due.plus(window)).into())];
        self.say(if window_min == 0 { "dose-due" } else { "dose-due-window" }, &args)
    }

    /// The chip on a run's list: "dose 12:00, by 12:30".
    pub fn dose_by(&self, due: Millis, closes: Millis) -> String {
        self.say("dose-by", &[("due", self.clock(due).into()), ("by", self.clock(closes).into())])
    }

    /// "8 min late", "8 min early": how far outside its window a dose was had.
    pub fn outside_window(&self, outside_min: i64) -> String {
        let duration = ("duration", self.duration(outside_min * MINUTE).into());
        self.say(if outside_min < 0 { "dose-early" } else { "dose-late" }, &[duration])
    }

    /// The clock times of a medicine: "08:00, 11:00 and 14:00", or "when needed".
    pub fn medicine_times(&self, medicine: &PlanMedicine) -> String {
        if medicine.times.is_empty() {
            return self.say("medicine-when-needed", &[]);
        }
        medicine.times.iter().map(|t| t.format("%H:%M").to_string()).collect::<Vec<_>>().join(", ")
    }

    /// Limits of a medicine taken when needed: "for pain, at least 4 h apart, at most 8 in 24 h".
    pub fn when_needed(&self, limits: &WhenNeeded) -> String {
        let parts = [
            (!limits.reason.is_empty()).then(|| self.say("when-needed-for", &[("reason", limits.reason.as_str().into())])),
            (limits.gap_min > 0)
                .then(|| self.say("when-needed-gap", &[("duration", self.duration(i64::from(limits.gap_min) * MINUTE).into())])),
            (!limits.most_in_24h.is_empty()).then(|| self.say("when-needed-most", &[("most", limits.most_in_24h.as_str().into())])),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// The last dose known: "last known: 08:02, Harriet".
    pub fn last_dose(&self, now: Millis, last: Option<&LastDose>, names: &crate::Names<'_>) -> String {
        let Some(last) = last else { return self.say("last-dose-none", &[]) };
        let args = [
            ("time", self.time_of(now, last.at).into()),
            ("name", self.first_name(&last.by, names).into()),
            ("end", self.dose_end(last.outcome).into()),
        ];
        self.say(if last.outcome == holdfast_model::entry::DoseEnd::Given { "last-dose" } else { "last-dose-end" }, &args)
    }
}
