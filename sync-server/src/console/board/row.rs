//! One visit as a row of the board.

use super::super::say::{Chip, KnowLine, Mark, Say};
use askama::Template;
use holdfast_model::entry::{Flag, Report};
use holdfast_model::id::{VisitId, WorkerId};
use holdfast_model::projection::{BoardRow, Care, DoseFact, Know, RowNow, Shown, Stage, Unfinished};
use holdfast_model::time::Millis;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A row, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Row {
    /// Its id on the page.
    pub id: String,
    /// The visit's page.
    pub href: String,
    /// "09:30–10:00".
    pub time: String,
    /// The day, when it is not today's.
    pub day_note: String,
    /// Whom.
    pub name: String,
    /// What makes it one that cannot wait.
    pub flags: Vec<Mark>,
    /// What happened at the door.
    pub state: Chip,
    /// "22 late".
    pub late: String,
    /// It stands in *check now*.
    pub check_now: bool,
    /// How we know.
    pub know: KnowLine,
    /// What matters most of what was said.
    pub lead: String,
    /// The rest of it.
    pub said: String,
    /// What nobody has done yet; empty for nothing.
    pub open_action: String,
}

/// A row by itself: what the stream sends.
#[derive(Template)]
#[template(path = "board/row.html")]
pub struct RowPart<'a> {
    /// The row.
    pub row: &'a Row,
}

/// Rows as they were last worded: most of a board does not change between two looks at it.
#[derive(Debug, Default)]
pub struct RowCache {
    /// What all rows depend on: the day (a time is said with or without it) and the workers' names.
    under: Option<(Option<chrono::NaiveDate>, BTreeMap<WorkerId, String>)>,
    rows: HashMap<(VisitId, bool), Worded>,
}

#[derive(Debug)]
struct Worded {
    facts: BoardRow,
    now: RowNow,
    check: bool,
    row: Arc<Row>,
}

impl RowCache {
    /// Forgets everything when the day or a worker's name has changed, and when visits long past have gathered.
    pub fn begin(&mut self, say: &Say<'_>) {
        let day = say.now.london_day();
        let same = self.under.as_ref().is_some_and(|(d, workers)| *d == day && workers == say.workers);
        if !same || self.rows.len() > 50_000 {
            self.rows.clear();
            self.under = Some((day, say.workers.clone()));
        }
    }

    /// The row of a visit; worded anew only when something of it has changed.
    pub fn row(&mut self, shown: &Shown<'_>, say: &Say<'_>) -> Arc<Row> {
        let key = (shown.row.visit.clone(), say.hidden);
        let check = shown.check.is_some();
        if let Some(w) = self.rows.get(&key)
            && w.check == check
            && w.now == shown.now
            && w.facts == *shown.row
        {
            return w.row.clone();
        }
        let row = Arc::new(Row::of(shown, say));
        self.rows.insert(key, Worded { facts: shown.row.clone(), now: shown.now.clone(), check, row: row.clone() });
        row
    }
}

/// The id of a visit's row on the page: letters, digits, `-` and `_` only, so that it is a fragment as it stands.
pub fn row_id(visit: &VisitId) -> String {
    page_id("v", visit.as_str())
}

/// An id on a page for something with a provider's number. Two numbers never share one.
pub fn page_id(kind: &str, number: &str) -> String {
    let mut id = format!("{kind}-");
    for c in number.chars() {
        if c.is_ascii_alphanumeric() || c == '-' {
            id.push(c);
        } else {
            id.push_str(&format!("_{:02x}", u32::from(c)));
        }
    }
    id
}

/// A number as part of an address.
pub fn in_path(number: &str) -> String {
    number
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b"-_.".contains(&b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

/// The page of a visit.
pub fn visit_href(visit: &VisitId) -> String {
    format!("/console/visits/{}", in_path(visit.as_str()))
}

impl Row {
    /// The row of a visit, as of the screen's moment.
    pub fn of(shown: &Shown<'_>, say: &Say<'_>) -> Row {
        let (facts, now) = (shown.row, &shown.now);
        let name = say.person(&facts.name, facts.person.as_ref());
        let (lead, open_action) = lead(facts, now.open, say);
        Row {
            id: row_id(&facts.visit),
            href: visit_href(&facts.visit),
            time: span(facts, say),
            day_note: day_note(facts, say),
            name,
            flags: marks(facts, say),
            state: say.care(now, &facts.know),
            late: late(facts, now, say),
            check_now: shown.check.is_some(),
            know: say.know(&facts.know, &now.care),
            lead,
            said: said(facts, &now.care, shown.check.is_some(), say),
            open_action,
        }
    }

    /// The row as HTML.
    pub fn html(&self) -> String {
        RowPart { row: self }.render().unwrap_or_default()
    }
}

/// Planned times; for a visit that no rota knows when somebody came, or that.
pub fn span(facts: &BoardRow, say: &Say<'_>) -> String {
    match (facts.start, facts.end) {
        (Some(a), Some(b)) => say.words.span(a, b),
        (Some(a), None) => a.hhmm(),
        _ => facts.workers.iter().filter_map(|w| w.arrived).min().map_or_else(|| say.plain("visit-not-planned"), Millis::hhmm),
    }
}

/// "22 late", when that is later than the provider's limit.
pub fn late(facts: &BoardRow, now: &RowNow, say: &Say<'_>) -> String {
    match (now.late_min, &facts.late) {
        (None, _) => String::new(),
        (Some(_), Some(late)) if late.minutes > 0 => say.words.late(late),
        (Some(n), _) => say.words.say("late-arrived", &[("n", n.into())]),
    }
}

/// The day, when it is not the screen's.
fn day_note(facts: &BoardRow, say: &Say<'_>) -> String {
    match facts.start {
        Some(start) if start.london_day() != say.now.london_day() => say.words.short_day(start),
        _ => String::new(),
    }
}

/// Flags, with the double-up and its hoist in one, and the next dose that must be on time.
pub fn marks(facts: &BoardRow, say: &Say<'_>) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let two: Vec<_> = [Flag::DoubleUp, Flag::Hoist].into_iter().filter(|f| facts.flags.contains(f)).map(|f| say.words.flag(f)).collect();
    if !two.is_empty() {
        marks.push(Mark { icon: "two", words: two.join(", "), plain: false });
    }
    let dose = facts.doses.iter().filter(|d| d.planned && d.unanswered()).min_by_key(|d| (!d.time_critical, d.due));
    if let Some((dose, due)) = dose.and_then(|d| d.due.map(|at| (d, at))) {
        let words = say.words.dose_by(due, dose.closes().unwrap_or(due));
        marks.push(Mark { icon: "pill", words, plain: !dose.time_critical });
    }
    marks.extend(facts.flags.iter().filter(|f| !matches!(f, Flag::DoubleUp | Flag::Hoist)).map(|f| say.flag(*f)));
    marks
}

/// The first thing that nobody has dealt with, and that nobody has; else the last thing that somebody did.
fn lead(facts: &BoardRow, open: u32, say: &Say<'_>) -> (String, String) {
    let first = facts.attention.iter().find(|a| a.open());
    match first {
        Some(item) => {
            let more = open.saturating_sub(1);
            let mut text = say.attention(&item.what);
            if more > 0 {
                text.push(' ');
                text.push_str(&say.words.say("said-more", &[("n", more.into())]));
            }
            (text, say.plain("nobody-dealt-with-it"))
        }
        None => (String::new(), String::new()),
    }
}

/// What was said, in one line: the phone call's words while nothing better is known, then tasks, times, plan.
fn said(facts: &BoardRow, care: &Care, checked: bool, say: &Say<'_>) -> String {
    let w = say.words;
    let mut parts: Vec<String> = Vec::new();
    if let (Know::PhoneCall { .. }, Some(call)) = (&facts.know, &facts.call) {
        parts.extend(Some(say.quoted(&call.words)).filter(|t| !t.is_empty()));
        if matches!(call.report, Report::There | Report::Finished) && facts.tasks > 0 {
            parts.push(w.say("said-tasks-unknown", &[]));
        }
    }
    // Where somebody is about to act on silence; everywhere, it would be wallpaper.
    if checked && matches!(care, Care::NoWord { .. }) {
        parts.push(w.say("no-word-is-not-missed", &[]));
    }
    if matches!(facts.know, Know::WorkersPhone { .. }) {
        parts.extend(presence(facts, say));
        if facts.tasks > 0 && facts.tasks_answered > 0 {
            parts.push(w.say("said-tasks", &[("done", facts.tasks_done.into()), ("of", facts.tasks.into())]));
        }
        parts.extend(facts.late.as_ref().map(|l| say.free(&l.reason)).filter(|t| !t.is_empty()));
        parts.extend(facts.plan.as_ref().map(|p| w.say("plan-current", &[("version", p.version.into())])));
        if matches!(facts.stage, Stage::Finished { .. }) {
            let waits = facts.unfinished.iter().filter(|u| matches!(u, Unfinished::NotLeft { .. } | Unfinished::Unreadable { .. }));
            parts.extend(waits.map(|u| say.unfinished(u)));
        }
    }
    if !matches!(facts.stage, Stage::Finished { .. } | Stage::NotDone { .. }) {
        parts.extend(second(facts, say));
    }
    let last = facts.attention.iter().filter_map(|a| a.dealt_with.as_ref()).max_by_key(|d| d.at);
    if let Some(dealt) = last {
        let how = say.free(&dealt.how);
        let args = [("worker", say.first(&dealt.by).into()), ("time", say.time(dealt.at).into()), ("how", how.into())];
        parts.push(w.say("said-dealt", &args));
    }
    parts.join(" · ")
}

/// "09:02–09:31, tag" or "Arrived 10:33, tag".
fn presence(facts: &BoardRow, say: &Say<'_>) -> Option<String> {
    let first = facts.workers.iter().filter(|p| p.arrived.is_some()).min_by_key(|p| p.arrived)?;
    let arrived = first.arrived?;
    let left = facts.workers.iter().filter_map(|p| p.left).max();
    let method = first.arrived_by.map(|m| say.words.method(m));
    Some(match (left, method) {
        (Some(left), Some(method)) => format!("{}, {method}", say.words.span(arrived, left)),
        (Some(left), None) => say.words.span(arrived, left),
        (None, Some(method)) => say.words.say("said-arrived-at", &[("time", say.time(arrived).into()), ("method", method.into())]),
        (None, None) => say.words.say("said-arrived-bare", &[("time", say.time(arrived).into())]),
    })
}

/// For a visit of two: the one of whom nothing is known.
fn second(facts: &BoardRow, say: &Say<'_>) -> Option<String> {
    let assigned: Vec<_> = facts.workers.iter().filter(|p| p.assigned).collect();
    if assigned.len() < 2 {
        return None;
    }
    let silent = assigned.iter().find(|p| p.last_word.is_none() && p.phoned.is_none())?;
    Some(say.words.say("said-second-never", &[("worker", say.first(&silent.worker).into())]))
}

/// A dose with its name, amount and window, in words.
pub fn dose_words(dose: &DoseFact, say: &Say<'_>) -> String {
    let heading = say.words.medicine_heading(&dose.name, &dose.dose);
    match dose.due {
        Some(due) => format!("{heading}, {}", say.words.dose_due(due, dose.window_min)),
        None => format!("{heading}, {}", say.plain("medicine-when-needed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_fragments_and_never_shared() {
        assert_eq!(page_id("v", "V-1"), "v-V-1");
        assert_eq!(page_id("v", "V/1"), "v-V_2f1");
        assert_ne!(page_id("v", "a.b"), page_id("v", "a/b"));
        assert_ne!(page_id("v", "a_2eb"), page_id("v", "a.b"));
        assert_eq!(in_path("V/1#2"), "V%2F1%232");
    }
}
