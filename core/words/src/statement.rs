//! One entry in one line: what it says, for a visit's page, a phone's list and the terminal.

use crate::{Names, Words};
use holdfast_model::entry::{
    Arrived, Assigned, Body, Cancelled, CoverSent, DealtWith, Incident, Left, MedicineOutcome, Observation, PhoneCall, PlanVersion,
    TaskEnd, TaskOutcome, VisitOutcome,
};
use holdfast_model::time::Millis;

impl Words {
    /// What an entry says, in one line and in its author's words where there are any.
    pub fn statement(&self, now: Millis, body: &Body, names: &Names<'_>) -> String {
        match body {
            Body::Assigned(a) => self.assigned(now, a, names),
            Body::Cancelled(Cancelled { asked_by, reason }) => {
                self.with_reason(self.say("line-cancelled", &[("who", asked_by.as_str().into())]), reason)
            }
            Body::CoverSent(CoverSent { worker, instead, reason }) => {
                let key = if *instead { "line-cover-instead" } else { "line-cover-too" };
                self.with_reason(self.say(key, &[("name", self.first_name(worker, names).into())]), reason)
            }
            Body::OnTheWay(o) => {
                let said = match o.late_min {
                    Some(n) if n > 0 => self.say("line-on-the-way-late", &[("n", n.into())]),
                    _ => self.say("line-on-the-way", &[]),
                };
                self.with_reason(said, &o.reason)
            }
            Body::Arrived(Arrived { method, reason, .. }) => {
                self.with_reason(self.say("line-arrived", &[("method", self.method(*method).into())]), reason)
            }
            Body::Left(Left { method, reason, .. }) => {
                self.with_reason(self.say("line-left", &[("method", self.method(*method).into())]), reason)
            }
            Body::VisitOutcome(outcome) => self.visit_outcome(now, outcome),
            Body::Task(task) => self.task_outcome(task),
            Body::Medicine(medicine) => self.medicine_outcome(now, medicine),
            Body::Observation(observation) => self.observation(observation),
            Body::Note(note) => self.say("line-note", &[("about", self.note_type(note.about).into()), ("text", note.text.as_str().into())]),
            Body::Incident(incident) => self.incident(now, incident),
            Body::Unplanned(u) => {
                let name = if u.name.is_empty() { u.person.as_ref().map(ToString::to_string).unwrap_or_default() } else { u.name.clone() };
                self.with_reason(self.say("line-unplanned", &[("name", name.into())]), &u.reason)
            }
            Body::Amended(a) => {
                let with = self.statement(now, &a.with, names);
                self.with_reason(self.say("line-amended", &[("with", with.into())]), &a.reason)
            }
            Body::Withdrawn(w) => self.with_reason(self.say("line-withdrawn", &[]), &w.reason),
            Body::BreakGlass(b) => {
                let said = match b.contact {
                    Some(at) => self.say("line-break-glass-since", &[("time", self.time_of(now, at).into())]),
                    None => self.say("line-break-glass", &[]),
                };
                self.with_reason(said, &b.reason)
            }
            Body::DealtWith(DealtWith { how, .. }) => self.say("line-dealt-with", &[("how", how.as_str().into())]),
            Body::PhoneCall(call) => self.phone_call(now, call, names),
            Body::Person(p) => self.say("line-person", &[("name", p.name.as_str().into())]),
            Body::PlanVersion(plan) => self.plan_version(now, plan),
            Body::OutageOpened(outage) => self.outage(now, outage),
            Body::OutageClosed(o) => {
                self.with_reason(self.say("line-outage-closed", &[("time", self.time_of(now, o.at).into())]), &o.cause)
            }
        }
    }

    fn with_reason(&self, said: String, reason: &str) -> String {
        if reason.is_empty() { said } else { self.say("line-reason", &[("said", said.into()), ("reason", reason.into())]) }
    }

    fn assigned(&self, now: Millis, a: &Assigned, names: &Names<'_>) -> String {
        let start = self.time_of(now, a.start);
        let args = [
            ("name", a.name.as_str().into()),
            ("start", start.into()),
            ("end", self.clock(a.end).into()),
            ("workers", self.first_names(&a.workers, names).into()),
        ];
        self.say(if a.workers.is_empty() { "line-assigned-nobody" } else { "line-assigned" }, &args)
    }

    fn visit_outcome(&self, now: Millis, o: &VisitOutcome) -> String {
        let mut parts = vec![self.visit_end(o.outcome)];
        if !o.tried.is_empty() {
            parts.push(self.say("line-tried", &[("tried", o.tried.as_str().into())]));
        }
        if let Some(told) = &o.told {
            parts.push(self.told(now, told));
        }
        self.with_reason(parts.join(", "), &o.reason)
    }

    fn task_outcome(&self, t: &TaskOutcome) -> String {
        let title = if t.title.is_empty() { t.task.to_string() } else { t.title.clone() };
        let said = self.say("line-task", &[("title", title.into()), ("end", self.task_end(t.outcome).into())]);
        self.with_reason(said, if t.outcome == TaskEnd::Done { "" } else { &t.reason })
    }

    fn medicine_outcome(&self, now: Millis, m: &MedicineOutcome) -> String {
        let name = if m.name.is_empty() { m.medicine.to_string() } else { m.name.clone() };
        let amount = match (&m.amount, m.unit.as_str()) {
            (Some(n), "") => n.clone(),
            (Some(n), unit) => format!("{n} {unit}"),
            (None, _) => String::new(),
        };
        let heading = self.medicine_heading(&name, &amount);
        let mut said = self.say("line-medicine", &[("name", heading.into()), ("end", self.dose_end(m.outcome).into())]);
        if let Some(due) = m.due {
            said = self.say("line-medicine-due", &[("said", said.into()), ("due", self.clock(due).into())]);
        }
        if let Some(told) = &m.told {
            said = format!("{said}, {}", self.told(now, told));
        }
        self.with_reason(said, &m.reason)
    }

    fn observation(&self, o: &Observation) -> String {
        let value = match (&o.value, o.unit.as_str()) {
            (Some(v), "") => v.clone(),
            (Some(v), unit) => format!("{v} {unit}"),
            (None, _) => String::new(),
        };
        let what = [value.as_str(), o.text.as_str()].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(", ");
        let args = [("about", o.about.as_str().into()), ("what", what.into())];
        self.say(if o.concern { "line-observation-concern" } else { "line-observation" }, &args)
    }

    fn incident(&self, now: Millis, i: &Incident) -> String {
        let told: Vec<String> = i.told.iter().map(|t| self.told(now, t)).collect();
        let args =
            [("safety", i.immediate_safety.as_str().into()), ("what", self.incident_type(i.what).into()), ("text", i.text.as_str().into())];
        let said = self.say(if i.safe_now { "line-incident-safe" } else { "line-incident-not-safe" }, &args);
        [vec![said], told].concat().join(", ")
    }

    fn phone_call(&self, now: Millis, c: &PhoneCall, names: &Names<'_>) -> String {
        let report = match c.report_at {
            Some(at) => self.say("line-report-at", &[("report", self.report(c.report).into()), ("time", self.time_of(now, at).into())]),
            None => self.report(c.report),
        };
        let report = match &c.worker {
            Some(worker) => self.say("line-report-of", &[("name", self.first_name(worker, names).into()), ("report", report.into())]),
            None => report,
        };
        let args = [
            ("who", c.who.as_str().into()),
            ("speaker", self.speaker(c.speaker).into()),
            ("time", self.time_of(now, c.at).into()),
            ("report", report.into()),
            ("words", c.words.as_str().into()),
        ];
        self.say(if c.words.is_empty() { "line-phone-call" } else { "line-phone-call-words" }, &args)
    }

    fn plan_version(&self, now: Millis, p: &PlanVersion) -> String {
        let effective = self.time_of(now, p.effective);
        let said = self.say("line-plan-version", &[("version", p.version.into()), ("time", effective.into())]);
        self.with_reason(said, &p.changed)
    }
}
