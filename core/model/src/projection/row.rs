//! The facts of one visit, and what they mean at a given moment.

use super::{AttentionItem, CallView, Care, DoseFact, Know, Late, Rules, Stage, Unfinished, WorkerPart};
use crate::entry::{Flag, PlanRef, Priority};
use crate::id::{PersonId, RunId, VisitId};
use crate::time::{MINUTE, Millis};
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
        let open = self.attention.iter().filter(|i| i.open()).count() as u32;
        let past_start = self.start.map(|s| now.since(s).div_euclid(MINUTE));
        let late_min = self.late.as_ref().map(|l| l.minutes);
        let care = match &self.stage {
            Stage::Nothing => match past_start {
                Some(min) if rules.silence_is_missed && self.end.is_some_and(|e| e < now) => missed_by_silence(min),
                Some(min) if min >= 0 && min >= i64::from(rules.no_word_after_min) => Care::NoWord { past_start_min: min },
                Some(min) => Care::Due { in_min: -min },
                // No rota knows when: it is known at all only because somebody wrote about it.
                None => Care::Due { in_min: 0 },
            },
            Stage::OnTheWay { worker, since } => {
                Care::OnTheWay { worker: worker.clone(), since: *since, past_start_min: past_start.filter(|m| *m > 0) }
            }
            Stage::There { worker, since } => Care::ThereNow { worker: worker.clone(), since: *since },
            Stage::Finished { at } if open > 0 => Care::DoneAct { at: *at },
            Stage::Finished { at } => Care::Done { at: *at },
            Stage::NotDone { why, at } => Care::NotDone { why: *why, at: *at },
            Stage::NobodyCame { evidence, .. } => Care::Missed { evidence: *evidence },
        };
        let limit = i64::from(rules.late_after_min);
        let late_min = match &care {
            Care::OnTheWay { past_start_min, .. } => late_min.max(*past_start_min).filter(|m| *m > 0),
            _ => late_min.filter(|m| *m > limit),
        };
        let bucket = match &care {
            Care::Due { .. } => Bucket::Due,
            Care::OnTheWay { .. } if late_min.is_some() => Bucket::Late,
            Care::OnTheWay { .. } => Bucket::OnTheWay,
            Care::ThereNow { .. } => Bucket::There,
            Care::Done { .. } => Bucket::Done,
            Care::DoneAct { .. } => Bucket::Act,
            Care::NotDone { .. } => Bucket::NotDone,
            Care::NoWord { .. } => Bucket::NoWord,
            Care::Missed { .. } => Bucket::Missed,
        };
        RowNow { care, bucket, late_min, open }
    }

    /// When the tally counts the row elsewhere, or *check now* takes it up, without any new entry; absent when time alone
    /// changes nothing more. The office's board projects again then, at the latest.
    pub fn changes_at(&self, now: Millis, rules: &Rules) -> Option<Millis> {
        let waiting = matches!(self.stage, Stage::Nothing | Stage::OnTheWay { .. });
        let start = self.start.filter(|_| waiting)?;
        let minute = |n: u32| i64::from(n) * MINUTE;
        let moments = [start, start.plus(MINUTE), start.plus(minute(rules.no_word_after_min)), start.plus(-minute(rules.look_ahead_min))];
        let windows = self.doses.iter().filter(|d| d.unanswered()).flat_map(|d| {
            let early = |at: Option<Millis>| at.map(|at| at.plus(-minute(rules.dose_ahead_min)));
            [early(d.opens()), d.opens(), d.due, early(d.closes()), d.closes()]
        });
        let windows = windows.flatten();
        moments.into_iter().chain(windows).filter(|at| *at > now).min()
    }

    /// The row without what only one replica knows: receipts, and how much of it is still on the way. A phone and the office
    /// that hold the same entries and the same clock samples have the same row in this sense, whatever the order in which
    /// either came by them.
    pub fn as_anywhere(&self) -> BoardRow {
        let mut row = self.clone();
        row.on_this_phone = 0;
        row.received = None;
        if let Know::WorkersPhone { received, incoming, .. } = &mut row.know {
            (*received, *incoming) = (None, None);
        }
        row.unfinished.retain(|u| *u != Unfinished::ComingIn);
        row.complete = row.unfinished.is_empty() && row.known();
        row
    }

    /// When it starts by plan, else when somebody first wrote about being there.
    pub fn begins(&self) -> Option<Millis> {
        let first = |p: &WorkerPart| p.arrived.or(p.on_the_way).or(p.last_word);
        self.start.or_else(|| self.workers.iter().filter_map(first).min())
    }

    /// True when a worker's phone, or the office's own act, says how the visit ended.
    pub fn known(&self) -> bool {
        matches!(self.know, Know::WorkersPhone { .. } | Know::Office { .. })
    }
}

/// What the fault of the tests says of a silent visit: evidence that nobody gave.
fn missed_by_silence(_past_start_min: i64) -> Care {
    Care::Missed { evidence: crate::id::EntryId([0; 16]) }
}
