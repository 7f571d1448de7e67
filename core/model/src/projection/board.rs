//! The office's board: tallies on both axes, sections, *check now*.

use super::check_now::weigh;
use super::{BoardRow, Bucket, CheckNow, Know, RowNow, Rules};
use crate::entry::Speaker;
use crate::id::{DeviceId, PersonId, RunId, VisitId, WorkerId};
use crate::time::{MINUTE, Millis};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

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

impl Filter {
    /// True for a row that the window, the run, the worker and the person let through.
    fn lets_through(&self, row: &BoardRow) -> bool {
        let at = row.begins();
        let in_window = self.from.is_none_or(|f| at.is_none_or(|a| f <= a)) && self.to.is_none_or(|t| at.is_none_or(|a| a < t));
        in_window
            && (self.run.is_none() || self.run == row.run)
            && (self.person.is_none() || self.person == row.person)
            && self.worker.as_ref().is_none_or(|w| row.workers.iter().any(|p| p.worker == *w))
    }

    /// True for a row that the sections show.
    fn shows(&self, row: &BoardRow, now: &RowNow) -> bool {
        let bucket = self.buckets.is_empty() || self.buckets.contains(&now.bucket);
        bucket && (self.known_by.is_empty() || self.known_by.contains(&KnownBy::of(&row.know)))
    }
}

impl KnownBy {
    /// Where the tally counts a source.
    pub fn of(know: &Know) -> KnownBy {
        match know {
            Know::WorkersPhone { .. } => KnownBy::WorkersPhone,
            Know::Office { .. } => KnownBy::Office,
            Know::PhoneCall { .. } => KnownBy::PhoneCall,
            Know::Nothing => KnownBy::Nothing,
        }
    }
}

impl Tally {
    fn count(&mut self, row: &BoardRow, now: &RowNow) {
        self.visits += 1;
        *match now.bucket {
            Bucket::Done => &mut self.done,
            Bucket::Act => &mut self.act,
            Bucket::There => &mut self.there,
            Bucket::OnTheWay => &mut self.on_the_way,
            Bucket::Late => &mut self.late,
            Bucket::NotDone => &mut self.not_done,
            Bucket::Missed => &mut self.missed,
            Bucket::NoWord => &mut self.no_word,
            Bucket::Due => &mut self.due,
        } += 1;
        *match KnownBy::of(&row.know) {
            KnownBy::WorkersPhone => &mut self.by_workers_phone,
            KnownBy::Office => &mut self.by_office,
            KnownBy::PhoneCall => &mut self.by_phone_call,
            KnownBy::Nothing => &mut self.by_nothing,
        } += 1;
        self.complete += u32::from(row.complete);
    }
}

impl LateSummary {
    fn count(&mut self, row: &BoardRow, now: &RowNow, rules: &Rules) {
        if !row.planned {
            return;
        }
        self.of += 1;
        self.known += u32::from(row.known());
        self.missed += u32::from(now.bucket == Bucket::Missed);
        let late = row.late.as_ref().filter(|l| l.arrived && l.minutes > i64::from(rules.late_after_min));
        if let Some(late) = late.filter(|_| row.known()) {
            self.late += 1;
            self.longest_min = self.longest_min.max(late.minutes);
        }
    }
}

impl PhoneFacts {
    /// True when the phone has not been heard from for longer than the provider's limit.
    fn quiet(&self, now: Millis, rules: &Rules) -> bool {
        let limit = i64::from(rules.phone_quiet_after_min) * MINUTE;
        self.heard.is_none_or(|at| now.since(at) > limit)
    }
}

/// The board as of `now`. Rows are only looked at, never projected again: five thousand take a few milliseconds.
pub fn board<'a>(
    rows: impl IntoIterator<Item = &'a BoardRow>,
    phones: &[PhoneFacts],
    filter: &Filter,
    rules: &Rules,
    now: Millis,
) -> BoardView<'a> {
    let (mut tally, mut late) = (Tally::default(), LateSummary::default());
    let quiet_workers = quiet_workers(phones, rules, now);
    let mut checks: Vec<CheckNow> = Vec::new();
    let mut shown: Vec<Shown<'a>> = Vec::new();
    for row in rows.into_iter().filter(|r| filter.lets_through(r)) {
        let row_now = row.at(now, rules);
        tally.count(row, &row_now);
        late.count(row, &row_now, rules);
        checks.extend(weigh(row, is_quiet(row, &quiet_workers), now, rules));
        if filter.shows(row, &row_now) {
            shown.push(Shown { row, now: row_now, check: None });
        }
    }
    checks.sort_by_cached_key(CheckNow::rank);
    let ranks: HashMap<&VisitId, u32> = checks.iter().zip(1..).map(|(c, rank)| (&c.visit, rank)).collect();
    for s in &mut shown {
        s.check = ranks.get(&s.row.visit).copied();
    }
    let sections = sections(shown, phones, rules, now);
    let mut quiet: Vec<QuietPhone> = phones
        .iter()
        .filter(|p| p.quiet(now, rules))
        .map(|p| QuietPhone { phone: p.clone(), minutes: p.heard.map(|at| now.since(at) / MINUTE) })
        .collect();
    quiet.sort_by(|a, b| (a.phone.heard, &a.phone.device).cmp(&(b.phone.heard, &b.phone.device)));
    BoardView { now, tally, late, sections, check_now: checks, quiet }
}

/// Workers with phones of which none is heard from.
fn quiet_workers<'p>(phones: &'p [PhoneFacts], rules: &Rules, now: Millis) -> HashSet<&'p WorkerId> {
    let heard: HashSet<&WorkerId> = phones.iter().filter(|p| !p.quiet(now, rules)).filter_map(|p| p.worker.as_ref()).collect();
    phones.iter().filter_map(|p| p.worker.as_ref()).filter(|w| !heard.contains(w)).collect()
}

/// True when no phone of those whose visit it is is heard from.
fn is_quiet(row: &BoardRow, quiet: &HashSet<&WorkerId>) -> bool {
    let mut assigned = row.workers.iter().filter(|p| p.assigned).peekable();
    assigned.peek().is_some() && assigned.all(|p| quiet.contains(&p.worker))
}

/// Rows by run; without one, by their first worker. What has something to check comes first, then what starts first.
fn sections<'a>(mut shown: Vec<Shown<'a>>, phones: &[PhoneFacts], rules: &Rules, now: Millis) -> Vec<Section<'a>> {
    shown.sort_by(|a, b| (a.row.begins(), &a.row.visit).cmp(&(b.row.begins(), &b.row.visit)));
    let mut by_key: HashMap<(Option<&'a RunId>, Option<&'a WorkerId>), Vec<Shown<'a>>> = HashMap::new();
    for s in shown {
        let first = s.row.workers.first().map(|p| &p.worker).filter(|_| s.row.run.is_none());
        by_key.entry((s.row.run.as_ref(), first)).or_default().push(s);
    }
    let mut sections: Vec<Section<'a>> = by_key
        .into_iter()
        .map(|((run, _), rows)| {
            let worker = whose(&rows);
            let phone = phones.iter().filter(|p| p.worker.is_some() && p.worker == worker).max_by_key(|p| p.heard).cloned();
            let quiet = phone.as_ref().is_some_and(|p| p.quiet(now, rules));
            let rang = rows.iter().filter_map(|s| s.row.call.as_ref()).filter(|c| c.speaker == Speaker::Worker && c.worker == worker);
            Section { run: run.cloned(), rang: rang.map(|c| c.at).max(), worker, phone, quiet, rows }
        })
        .collect();
    sections.sort_by_cached_key(|s| {
        let check = s.rows.iter().filter_map(|r| r.check).min().unwrap_or(u32::MAX);
        (check, s.rows.first().and_then(|r| r.row.begins()), s.run.clone(), s.worker.clone())
    });
    sections
}

/// The worker to whom most of the visits are assigned; of equals the first by number.
fn whose(rows: &[Shown<'_>]) -> Option<WorkerId> {
    let mut counts: BTreeMap<&WorkerId, u32> = BTreeMap::new();
    for part in rows.iter().flat_map(|s| &s.row.workers).filter(|p| p.assigned || p.last_word.is_some()) {
        *counts.entry(&part.worker).or_default() += 1;
    }
    counts.iter().max_by_key(|(worker, n)| (**n, Reverse(**worker))).map(|(worker, _)| (*worker).clone())
}
