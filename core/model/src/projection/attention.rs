//! What needs action, and whether somebody dealt with it.

use super::dose::{Answered, outcome};
use super::presence::Presence;
use super::record::{Record, Statement};
use super::{NotDone, Stage, Standing, TaskFact, TaskState};
use crate::entry::{Assigned, Body, DoseEnd, IncidentType, Told, VisitEnd};
use crate::id::{EntryId, MedicineId, TaskId, WorkerId};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// One thing that needs action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionItem {
    /// What it is.
    pub what: Attention,
    /// The entry to name when dealing with it. For something unanswered: the entry that ended the visit.
    pub entry: Option<EntryId>,
    /// Since when it is known.
    pub since: Millis,
    /// Who dealt with it, having seen all that is said about it.
    pub dealt_with: Option<Dealt>,
}

impl AttentionItem {
    /// True until somebody deals with it.
    pub fn open(&self) -> bool {
        self.dealt_with.is_none()
    }
}

/// What needs action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Attention {
    /// A dose that the person did not have, or not all of, or nobody saw it taken.
    DoseNotHad {
        /// Which.
        medicine: MedicineId,
        /// Name and strength.
        name: String,
        /// When it was due.
        due: Option<Millis>,
        /// How it ended.
        outcome: DoseEnd,
        /// Why, in the worker's words.
        reason: String,
        /// True when being late can hurt.
        time_critical: bool,
    },
    /// The visit is over, and a dose has no answer. A phone call never gives one.
    DoseUnanswered {
        /// Which.
        medicine: MedicineId,
        /// Name and strength.
        name: String,
        /// When it was due.
        due: Millis,
        /// True when being late can hurt.
        time_critical: bool,
    },
    /// One dose was recorded as had more than once: a possible double dose.
    DoseTwice {
        /// Which.
        medicine: MedicineId,
        /// Name and strength.
        name: String,
        /// When it was due.
        due: Option<Millis>,
        /// The entries.
        entries: Vec<EntryId>,
    },
    /// The visit is over, and a task has no answer.
    TaskUnanswered {
        /// Which.
        task: TaskId,
        /// Its words.
        title: String,
    },
    /// An incident.
    Incident {
        /// What it was.
        what: IncidentType,
        /// True when the person is safe now.
        safe_now: bool,
    },
    /// Something noticed that somebody should look at today.
    Concern {
        /// "skin", "mood".
        about: String,
    },
    /// The visit did not take place, and nobody has been told.
    NobodyTold {
        /// How it ended.
        outcome: VisitEnd,
    },
    /// Somebody said that nobody came.
    NobodyCame {
        /// Name or relation: "daughter".
        who: String,
    },
    /// Entries that say different things, none of whose authors had seen the other.
    Contradiction {
        /// About what.
        about: Subject,
        /// The entries.
        entries: Vec<EntryId>,
    },
    /// Two entries carry one name.
    SameIdTwice,
    /// This version cannot read it yet.
    Unreadable,
    /// The office holds it for checking.
    HeldForChecking,
    /// Written by name and staff number only: nobody proved to be that worker.
    AuthorUnconfirmed {
        /// As given.
        worker: WorkerId,
    },
}

/// What entries can contradict each other about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Subject {
    /// Two amendments of one entry.
    Amendment {
        /// The entry they amend.
        of: EntryId,
    },
    /// Two assignments.
    Assignment,
    /// How a dose ended.
    Dose {
        /// Which.
        medicine: MedicineId,
        /// When it was due.
        due: Option<Millis>,
    },
    /// How a task ended.
    Task {
        /// Which.
        task: TaskId,
    },
    /// How the visit ended.
    Outcome,
    /// Whether somebody came: a worker's phone says so, a phone call made later says nobody did; or the visit was
    /// called off and took place.
    Presence,
    /// Two plan versions on one base, or two texts under one number.
    Plan,
    /// Two statements of who a person is.
    Details,
}

/// Who dealt with something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dealt {
    /// The entry that says so.
    pub entry: EntryId,
    /// Who.
    pub by: WorkerId,
    /// When.
    pub at: Millis,
    /// What was done.
    pub how: String,
}

/// What of a visit needs action, in the order in which it became known.
pub(super) fn of_visit(
    record: &Record<'_>,
    statements: &[Statement<'_>],
    doses: &[Answered<'_>],
    tasks: &[TaskFact],
    presence: &Presence,
    plans: &[(Statement<'_>, &Assigned)],
) -> Vec<AttentionItem> {
    let mut list = List { record, items: Vec::new() };
    list.doses(doses);
    list.statements(statements);
    list.unanswered(doses, tasks, presence);
    list.disputed_tasks(tasks);
    list.entries();
    if plans.len() > 1 {
        list.contradiction(Subject::Assignment, &plans.iter().map(|(s, _)| s.by).collect::<Vec<_>>());
    }
    for (about, entries) in &presence.contradictions {
        list.contradiction(about.clone(), entries);
    }
    if let Some((at, who)) = presence.nobody_came.and_then(|at| Some((at, caller(record, at)?))) {
        list.push(Attention::NobodyCame { who }, &[at], record.written(at));
    }
    list.sorted()
}

/// What of a document that is no visit needs action. `rivals` are entries that stand side by side.
pub(super) fn of_entries(record: &Record<'_>, rivals: &[(Subject, Vec<usize>)]) -> Vec<AttentionItem> {
    let mut list = List { record, items: Vec::new() };
    list.entries();
    for (about, entries) in rivals.iter().filter(|(_, entries)| entries.len() > 1) {
        list.contradiction(about.clone(), entries);
    }
    list.sorted()
}

/// Positions of entries that contradict each other, for the entries' own views.
pub(super) fn contradictions(record: &Record<'_>, items: &[AttentionItem]) -> Vec<Vec<usize>> {
    let positions = |ids: &[EntryId]| (0..record.len()).filter(|at| ids.contains(&record.id(*at))).collect();
    items
        .iter()
        .filter_map(|i| match &i.what {
            Attention::Contradiction { entries, .. } | Attention::DoseTwice { entries, .. } => Some(positions(entries)),
            _ => None,
        })
        .collect()
}

fn caller(record: &Record<'_>, at: usize) -> Option<String> {
    match &record.entry(at)?.body {
        Body::PhoneCall(c) => Some(c.who.clone()),
        Body::Amended(a) => match a.with.as_ref() {
            Body::PhoneCall(c) => Some(c.who.clone()),
            _ => None,
        },
        _ => None,
    }
}

struct List<'r, 'a> {
    record: &'r Record<'a>,
    items: Vec<AttentionItem>,
}

impl List<'_, '_> {
    /// Adds a matter that these entries make up; the first is the one to name.
    fn push(&mut self, what: Attention, entries: &[usize], since: Millis) {
        let entry = entries.first().map(|at| self.record.id(*at));
        let dealt_with = if entries.is_empty() { None } else { self.record.dealt_with(entries) };
        self.items.push(AttentionItem { what, entry, since, dealt_with });
    }

    fn contradiction(&mut self, about: Subject, entries: &[usize]) {
        let since = entries.iter().map(|at| self.record.written(*at)).max().unwrap_or_default();
        let ids = entries.iter().map(|at| self.record.id(*at)).collect();
        self.push(Attention::Contradiction { about, entries: ids }, entries, since);
    }

    fn doses(&mut self, doses: &[Answered<'_>]) {
        for dose in doses {
            let fact = &dose.fact;
            let all: Vec<usize> = dose.given.iter().map(|s| s.by).collect();
            if dose.twice() {
                let had: Vec<usize> = dose.given.iter().filter(|s| outcome(s).is_some_and(|m| m.outcome.had_it())).map(|s| s.by).collect();
                let entries = had.iter().map(|at| self.record.id(*at)).collect();
                let (medicine, name) = (fact.medicine.clone(), fact.name.clone());
                let since = dose.given.iter().map(|s| s.at).max().unwrap_or_default();
                self.push(Attention::DoseTwice { medicine, name, due: fact.due, entries }, &had, since);
            } else if fact.state == super::DoseState::Disputed {
                self.contradiction(Subject::Dose { medicine: fact.medicine.clone(), due: fact.due }, &all);
            }
            if fact.state == super::DoseState::Had {
                continue;
            }
            for (s, m) in dose.heads.iter().filter_map(|s| Some((s, outcome(s)?))).filter(|(_, m)| m.outcome.needs_action()) {
                let what = Attention::DoseNotHad {
                    medicine: fact.medicine.clone(),
                    name: fact.name.clone(),
                    due: fact.due,
                    outcome: m.outcome,
                    reason: m.reason.clone(),
                    time_critical: fact.time_critical,
                };
                self.statement(what, s);
            }
        }
    }

    /// A matter of one statement. An amended one must be dealt with as it now stands; either entry may be named.
    fn statement(&mut self, what: Attention, s: &Statement<'_>) {
        let both = [s.by, s.root];
        self.push(what, if s.by == s.root { &both[..1] } else { &both }, s.at);
    }

    fn statements(&mut self, statements: &[Statement<'_>]) {
        for s in statements {
            match s.body {
                Body::Incident(i) => self.statement(Attention::Incident { what: i.what, safe_now: i.safe_now }, s),
                Body::Observation(o) if o.concern => self.statement(Attention::Concern { about: o.about.clone() }, s),
                Body::VisitOutcome(o) => {
                    let told = matches!(o.told, Some(Told::Somebody { .. } | Told::NobodyNeeded));
                    if !told && NotDone::of(o.outcome).is_some() {
                        self.statement(Attention::NobodyTold { outcome: o.outcome }, s);
                    }
                }
                _ => {}
            }
        }
    }

    /// What the visit's end left unanswered. After a phone call only doses count: the tasks will come with the phone.
    fn unanswered(&mut self, doses: &[Answered<'_>], tasks: &[TaskFact], presence: &Presence) {
        let (owes_doses, owes_tasks) = match presence.stage {
            Stage::Finished { .. } => (true, !presence.ended_by_call),
            Stage::NotDone { why: NotDone::CutShort, .. } => (true, true),
            Stage::NotDone { why: NotDone::NoReply | NotDone::Declined | NotDone::SentAway, .. } => (true, false),
            _ => (false, false),
        };
        let Some(end) = presence.ended_by.filter(|_| owes_doses) else { return };
        let since = self.record.written(end);
        for fact in doses.iter().map(|d| &d.fact).filter(|f| f.unanswered()) {
            let what = Attention::DoseUnanswered {
                medicine: fact.medicine.clone(),
                name: fact.name.clone(),
                due: fact.due.unwrap_or_default(),
                time_critical: fact.time_critical,
            };
            self.push(what, &[end], since);
        }
        for fact in tasks.iter().filter(|t| owes_tasks && t.planned && t.state == TaskState::Unanswered) {
            self.push(Attention::TaskUnanswered { task: fact.task.clone(), title: fact.title.clone() }, &[end], since);
        }
    }

    fn disputed_tasks(&mut self, tasks: &[TaskFact]) {
        for fact in tasks {
            if let TaskState::Disputed { entries } = &fact.state {
                let at: Vec<usize> = (0..self.record.len()).filter(|at| entries.contains(&self.record.id(*at))).collect();
                self.contradiction(Subject::Task { task: fact.task.clone() }, &at);
            }
        }
    }

    /// What is the matter with entries as such.
    fn entries(&mut self) {
        for at in 0..self.record.len() {
            let held = self.record.held(at);
            let since = self.record.written(at);
            if held.read.known().is_none() {
                self.push(Attention::Unreadable, &[at], since);
            }
            if held.standing == Standing::HeldForChecking {
                self.push(Attention::HeldForChecking, &[at], since);
            }
            if held.read.author().unconfirmed {
                self.push(Attention::AuthorUnconfirmed { worker: held.read.author().worker.clone() }, &[at], since);
            }
            if self.record.same_id_twice(at) {
                self.push(Attention::SameIdTwice, &[at], since);
            }
            let rivals = self.record.rival_amendments(at).to_vec();
            if !rivals.is_empty() {
                self.contradiction(Subject::Amendment { of: self.record.id(at) }, &rivals);
            }
        }
    }

    fn sorted(mut self) -> Vec<AttentionItem> {
        self.items.sort_by_key(|i| i.since);
        self.items
    }
}
