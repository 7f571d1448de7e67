//! What entries say, in words: outcomes, reasons, who was told. Every match names every variant, so that a new meaning
//! cannot reach a screen without a word.

use crate::Words;
use holdfast_model::entry::{
    Basis, Body, DoseEnd, Flag, IncidentType, Method, NoteType, Priority, Report, Speaker, Support, TaskEnd, Told, VisitEnd,
};
use holdfast_model::time::Millis;
use holdfast_model::wire::Role;

impl Words {
    /// How a dose ended: "given", "refused", "not given".
    pub fn dose_end(&self, end: DoseEnd) -> String {
        self.say(
            match end {
                DoseEnd::Given => "dose-given",
                DoseEnd::Partly => "dose-partly",
                DoseEnd::Prompted => "dose-prompted",
                DoseEnd::Refused => "dose-refused",
                DoseEnd::Omitted => "dose-omitted",
                DoseEnd::NotObserved => "dose-not-observed",
                DoseEnd::AlreadyTaken => "dose-already-taken",
                DoseEnd::NotAvailable => "dose-not-available",
                DoseEnd::Absent => "dose-absent",
            },
            &[],
        )
    }

    /// How a task ended: "done", "declined", "couldn't".
    pub fn task_end(&self, end: TaskEnd) -> String {
        self.say(
            match end {
                TaskEnd::Done => "task-done",
                TaskEnd::Declined => "task-declined",
                TaskEnd::CouldNot => "task-could-not",
                TaskEnd::NotNeeded => "task-not-needed",
            },
            &[],
        )
    }

    /// How a visit ended: "done", "no reply", "in hospital".
    pub fn visit_end(&self, end: VisitEnd) -> String {
        self.say(
            match end {
                VisitEnd::Done => "visit-done",
                VisitEnd::NoReply => "visit-no-reply",
                VisitEnd::Declined => "visit-declined",
                VisitEnd::InHospital => "visit-in-hospital",
                VisitEnd::CutShort => "visit-cut-short",
                VisitEnd::SentAway => "visit-sent-away",
            },
            &[],
        )
    }

    /// How presence was shown: "tag", "by hand".
    pub fn method(&self, method: Method) -> String {
        self.say(
            match method {
                Method::Tag => "method-tag",
                Method::Position => "method-position",
                Method::HomePhone => "method-home-phone",
                Method::ByHand => "method-by-hand",
            },
            &[],
        )
    }

    /// Who was told: "told on-call manager, 09:12", "told nobody yet, no signal".
    pub fn told(&self, now: Millis, told: &Told) -> String {
        match told {
            Told::Somebody { name, at: None } => self.say("told-somebody", &[("name", name.as_str().into())]),
            Told::Somebody { name, at: Some(at) } => {
                self.say("told-somebody-at", &[("name", name.as_str().into()), ("time", self.time_of(now, *at).into())])
            }
            Told::NobodyNoSignal => self.say("told-nobody-no-signal", &[]),
            Told::NobodyNeeded => self.say("told-nobody-needed", &[]),
        }
    }

    /// What a note is about.
    pub fn note_type(&self, about: NoteType) -> String {
        self.say(
            match about {
                NoteType::PersonalCare => "note-personal-care",
                NoteType::Activity => "note-activity",
                NoteType::Health => "note-health",
                NoteType::Nutrition => "note-nutrition",
                NoteType::Behaviour => "note-behaviour",
                NoteType::Handover => "note-handover",
                NoteType::General => "note-general",
            },
            &[],
        )
    }

    /// What an incident was.
    pub fn incident_type(&self, what: IncidentType) -> String {
        self.say(
            match what {
                IncidentType::Fall => "incident-fall",
                IncidentType::Injury => "incident-injury",
                IncidentType::Medicine => "incident-medicine",
                IncidentType::Safeguarding => "incident-safeguarding",
                IncidentType::Behaviour => "incident-behaviour",
                IncidentType::Illness => "incident-illness",
                IncidentType::Environment => "incident-environment",
                IncidentType::Other => "incident-other",
            },
            &[],
        )
    }

    /// What makes a visit one that cannot wait: "double-up", "hoist", "lives alone", "insulin: district nurse".
    pub fn flag(&self, flag: Flag) -> String {
        self.say(
            match flag {
                Flag::DoubleUp => "flag-double-up",
                Flag::Hoist => "flag-hoist",
                Flag::LivesAlone => "flag-lives-alone",
                Flag::InsulinByNurse => "flag-insulin-by-nurse",
            },
            &[],
        )
    }

    /// How much time matters, in words that can be printed.
    pub fn priority(&self, priority: Priority) -> String {
        self.say(
            match priority {
                Priority::Routine => "priority-routine",
                Priority::Usual => "priority-usual",
                Priority::TimeCritical => "priority-time-critical",
            },
            &[],
        )
    }

    /// Who does what about a medicine: "you give it".
    pub fn support(&self, support: Support) -> String {
        self.say(
            match support {
                Support::WorkerGives => "support-worker-gives",
                Support::WorkerPrompts => "support-worker-prompts",
                Support::OwnHands => "support-own-hands",
                Support::SomebodyElse => "support-somebody-else",
            },
            &[],
        )
    }

    /// What a phone call said about the visit: "on the way", "there", "nobody came".
    pub fn report(&self, report: Report) -> String {
        self.say(
            match report {
                Report::OnTheWay => "report-on-the-way",
                Report::There => "report-there",
                Report::Finished => "report-finished",
                Report::NobodyCame => "report-nobody-came",
                Report::NoAnswer => "report-no-answer",
                Report::NotAsked => "report-not-asked",
            },
            &[],
        )
    }

    /// Whose words a phone call carries.
    pub fn speaker(&self, speaker: Speaker) -> String {
        self.say(
            match speaker {
                Speaker::Worker => "speaker-worker",
                Speaker::Person => "speaker-person",
                Speaker::Family => "speaker-family",
                Speaker::Other => "speaker-other",
            },
            &[],
        )
    }

    /// How the author knows when it happened.
    pub fn basis(&self, basis: Basis) -> String {
        self.say(
            match basis {
                Basis::Seen => "basis-seen",
                Basis::Recalled => "basis-recalled",
                Basis::Told => "basis-told",
            },
            &[],
        )
    }

    /// What somebody is in the provider's house: "care worker", "shift lead".
    pub fn role(&self, role: Role) -> String {
        self.say(
            match role {
                Role::Worker => "role-worker",
                Role::Lead => "role-lead",
                Role::Coordinator => "role-coordinator",
                Role::Manager => "role-manager",
                Role::Administrator => "role-administrator",
            },
            &[],
        )
    }

    /// What kind of entry it is, as a heading: "Arrived", "Medicine", "Phone call".
    pub fn entry_kind(&self, body: &Body) -> String {
        self.say(
            match body {
                Body::Assigned(_) => "kind-assigned",
                Body::Cancelled(_) => "kind-cancelled",
                Body::CoverSent(_) => "kind-cover-sent",
                Body::OnTheWay(_) => "kind-on-the-way",
                Body::Arrived(_) => "kind-arrived",
                Body::Left(_) => "kind-left",
                Body::VisitOutcome(_) => "kind-visit-outcome",
                Body::Task(_) => "kind-task",
                Body::Medicine(_) => "kind-medicine",
                Body::Observation(_) => "kind-observation",
                Body::Note(_) => "kind-note",
                Body::Incident(_) => "kind-incident",
                Body::Unplanned(_) => "kind-unplanned",
                Body::Amended(_) => "kind-amended",
                Body::Withdrawn(_) => "kind-withdrawn",
                Body::BreakGlass(_) => "kind-break-glass",
                Body::DealtWith(_) => "kind-dealt-with",
                Body::PhoneCall(_) => "kind-phone-call",
                Body::Person(_) => "kind-person",
                Body::PlanVersion(_) => "kind-plan-version",
                Body::OutageOpened(_) => "kind-outage-opened",
                Body::OutageClosed(_) => "kind-outage-closed",
            },
            &[],
        )
    }
}
