//! The facts of one visit, and what they mean at a given moment.

use super::{AttentionItem, CallView, Care, DoseFact, Know, Late, Rules, Stage, Unfinished, WorkerPart};
use crate::entry::{Flag, PlanRef, Priority};
use crate::id::{PersonId, RunId, VisitId};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// The facts of one visit, whatever the time: what a store keeps (sealed) and every list is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardRow {
    /// Which visit.
    pub visit: VisitId,
    /// Whom; absent when the person of an unplanned visit is not known here.
    pub person: Option<PersonId>,
    /// The person's name as it is said.
    pub name: String,
    /// The run, if it belongs to one.
    pub run: Option<RunId>,
    /// False for a visit that no rota knows.
    pub planned: bool,
    /// Planned start.
    pub start: Option<Millis>,
    /// Planned end.
    pub end: Option<Millis>,
    /// How much time matters.
    pub priority: Priority,
    /// What makes it one that cannot wait.
    pub flags: Vec<Flag>,
    /// The rota it came from: "R7".
    pub rota: String,
    /// Everybody whose visit it is, or who wrote about being there.
    pub workers: Vec<WorkerPart>,
    /// Doses, planned and when needed.
    pub doses: Vec<DoseFact>,
    /// Tasks of the plan.
    pub tasks: u32,
    /// How many of them have an answer.
    pub tasks_answered: u32,
    /// How many of them were done.
    pub tasks_done: u32,
    /// How far it has come, by the evidence alone.
    pub stage: Stage,
    /// How we know.
    pub know: Know,
    /// The last phone call that said something about the visit.
    pub call: Option<CallView>,
    /// How late the first worker was, or said they would be.
    pub late: Option<Late>,
    /// What needs action, dealt with or not.
    pub attention: Vec<AttentionItem>,
    /// The plan version the latest entry was made on.
    pub plan: Option<PlanRef>,
    /// True when every assigned worker left, every outcome is answered, no sequence gap, nothing unread.
    pub complete: bool,
    /// Why it is not complete.
    pub unfinished: Vec<Unfinished>,
    /// How many entries it has.
    pub entries: u32,
    /// How many of them have not reached the office.
    pub on_this_phone: u32,
    /// When the last of them reached the office.
    pub received: Option<Millis>,
}

/// What a row means at a given moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowNow {
    /// What happened at the person's door.
    pub care: Care,
    /// Where the tally counts it.
    pub bucket: Bucket,
    /// Minutes late, when later than the provider's limit: arrived, announced, or on the way past the start.
    pub late_min: Option<i64>,
    /// How many things need action that nobody has dealt with.
    pub open: u32,
}

/// Where the tally counts a visit on the axis of care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    /// Done, nothing open.
    Done,
    /// Done, but needs action.
    Act,
    /// There now.
    There,
    /// On the way, in time.
    OnTheWay,
    /// On the way, and known to be late.
    Late,
    /// Not done, with a reason.
    NotDone,
    /// Somebody says that nobody came.
    Missed,
    /// No word.
    NoWord,
    /// Due.
    Due,
}

impl BoardRow {
    /// What the row means at `now`.
    pub fn at(&self, now: Millis, rules: &Rules) -> RowNow {
        let _ = (now, rules);
        unimplemented!()
    }

    /// When [`BoardRow::at`] next says something else without any new entry; absent when time alone changes nothing.
    pub fn changes_at(&self, now: Millis, rules: &Rules) -> Option<Millis> {
        let _ = (now, rules);
        unimplemented!()
    }
}
