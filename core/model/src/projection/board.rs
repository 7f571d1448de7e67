//! The office's board: tallies on both axes, sections, *check now*.

use super::{BoardRow, Bucket, CheckNow, RowNow, Rules};
use crate::id::{DeviceId, PersonId, RunId, WorkerId};
use crate::time::Millis;
use serde::Serialize;

/// What to show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Visits that start at or after this.
    pub from: Option<Millis>,
    /// Visits that start before this.
    pub to: Option<Millis>,
    /// Visits of this run.
    pub run: Option<RunId>,
    /// Visits of this worker.
    pub worker: Option<WorkerId>,
    /// Visits to this person.
    pub person: Option<PersonId>,
    /// Visits that the tally counts here; empty for all. It narrows the sections, never the tallies.
    pub buckets: Vec<Bucket>,
    /// Visits known like this; empty for all. It narrows the sections, never the tallies.
    pub known_by: Vec<KnownBy>,
}

/// The axis *how we know*, for tallies and filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownBy {
    /// A worker's phone.
    WorkersPhone,
    /// The office's own act.
    Office,
    /// A phone call.
    PhoneCall,
    /// Nothing yet.
    Nothing,
}

/// The board as of a moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BoardView<'a> {
    /// As of.
    pub now: Millis,
    /// Counts on both axes, over all that the window, run, worker and person let through.
    pub tally: Tally,
    /// "38 of 38 known, 0 missed, 3 late (longest 22 min)".
    pub late: LateSummary,
    /// Runs, those with something to check first, then by first start.
    pub sections: Vec<Section<'a>>,
    /// What cannot wait, weightiest first.
    pub check_now: Vec<CheckNow>,
    /// Phones not heard from for longer than the provider's limit, longest first.
    pub quiet: Vec<QuietPhone>,
}

/// Visits on both axes. Every visit counts once on each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// All.
    pub visits: u32,
    /// Done, nothing open.
    pub done: u32,
    /// Done, but needs action.
    pub act: u32,
    /// There now.
    pub there: u32,
    /// On the way, in time.
    pub on_the_way: u32,
    /// On the way, and known to be late.
    pub late: u32,
    /// Not done, with a reason.
    pub not_done: u32,
    /// Somebody says that nobody came.
    pub missed: u32,
    /// No word.
    pub no_word: u32,
    /// Due.
    pub due: u32,
    /// Known from a worker's phone.
    pub by_workers_phone: u32,
    /// Known by the office's own act.
    pub by_office: u32,
    /// Known from a phone call only.
    pub by_phone_call: u32,
    /// Nothing known yet.
    pub by_nothing: u32,
    /// Complete: everybody left, everything answered, nothing missing, nothing unread.
    pub complete: u32,
}

/// "38 of 38 known, 0 missed, 3 late (longest 22 min)".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LateSummary {
    /// Visits planned.
    pub of: u32,
    /// Of which known from a worker's phone, or called off by the office.
    pub known: u32,
    /// Missed, by evidence.
    pub missed: u32,
    /// Late: a worker arrived later than the provider's limit.
    pub late: u32,
    /// The longest of them, in minutes.
    pub longest_min: i64,
}

/// A run's or a worker's visits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section<'a> {
    /// The run; absent for visits without one.
    pub run: Option<RunId>,
    /// Whose it is: the worker most of its visits are assigned to.
    pub worker: Option<WorkerId>,
    /// The worker's phone, when known.
    pub phone: Option<PhoneFacts>,
    /// True when the phone has not been heard from for longer than the provider's limit.
    pub quiet: bool,
    /// The last phone call that the worker made: when.
    pub rang: Option<Millis>,
    /// Its visits by start.
    pub rows: Vec<Shown<'a>>,
}

/// A row as shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shown<'a> {
    /// The facts.
    pub row: &'a BoardRow,
    /// What they mean now.
    pub now: RowNow,
    /// Its place in *check now*, from 1.
    pub check: Option<u32>,
}

/// What the office knows of a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PhoneFacts {
    /// Which.
    pub device: DeviceId,
    /// Whose today.
    pub worker: Option<WorkerId>,
    /// "D-03, blue case".
    pub label: String,
    /// When it last reached the office.
    pub heard: Option<Millis>,
    /// Entries that it said were waiting.
    pub waiting: u32,
    /// When its plans were last checked with the office.
    pub plans_checked: Option<Millis>,
}

/// A phone not heard from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuietPhone {
    /// The phone.
    pub phone: PhoneFacts,
    /// Minutes since it was last heard from; absent when never.
    pub minutes: Option<i64>,
}

/// The board as of `now`.
pub fn board<'a>(
    rows: impl IntoIterator<Item = &'a BoardRow>,
    phones: &[PhoneFacts],
    filter: &Filter,
    rules: &Rules,
    now: Millis,
) -> BoardView<'a> {
    let _ = (rows.into_iter().count(), phones, filter, rules, now);
    unimplemented!()
}
