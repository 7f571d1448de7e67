//! The whole board as plain page data: what the model says, in the words and looks of one screen.

use super::super::form::Choice;
use super::super::say::{BUCKETS, KNOWN, Say, bucket_look, known_word};
use super::check::CheckView;
use super::filters::Filters;
use super::row::{Row, RowCache, page_id};
use crate::accounts::{Action, Actor, authorize, policy::Resource};
use askama::Template;
use holdfast_model::id::BranchId;
use holdfast_model::projection::{BoardView, PhoneFacts, QuietPhone, Section};
use std::sync::Arc;

/// Most rows of one section: beyond, browsers lay a table out too slowly to stay live (measured: 50).
pub const SECTION_ROWS: usize = 50;
/// Most phones in the list of those not heard from.
const SILENT: usize = 20;

/// What this person may do from the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct May {
    /// Log a phone call.
    pub log: bool,
    /// Send cover.
    pub cover: bool,
    /// Say what was done.
    pub deal: bool,
    /// Call a visit off.
    pub cancel: bool,
}

impl May {
    /// What the policy allows in this branch.
    pub fn of(actor: &Actor, branch: &BranchId) -> May {
        let here = Resource::Branch(branch.clone());
        let may = |action| authorize(actor, action, &here).is_ok();
        May { log: may(Action::LogPhoneCall), cover: may(Action::SendCover), deal: may(Action::DealWith), cancel: may(Action::CancelVisit) }
    }
}

/// One count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Count {
    /// How many.
    pub n: u32,
    /// What.
    pub words: String,
    /// Icon; empty for none.
    pub icon: &'static str,
    /// Style.
    pub class: &'static str,
    /// Share of the line, 1 to 6.
    pub width: u8,
    /// The board narrowed to it, or widened again.
    pub href: String,
    /// It is what the board is narrowed to.
    pub current: bool,
}

/// Both axes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TallyView {
    /// Care.
    pub care: Vec<Count>,
    /// How we know.
    pub know: Vec<Count>,
}

/// A section, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SectionView {
    /// Its id on the page.
    pub id: String,
    /// "Ben Carr · run 3".
    pub title: String,
    /// What is known of the phone.
    pub notes: Vec<SectionNote>,
    /// At most [`SECTION_ROWS`].
    pub rows: Vec<Arc<Row>>,
}

/// Something beside a section's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SectionNote {
    /// Icon; empty for none.
    pub icon: &'static str,
    /// In words.
    pub words: String,
    /// Somebody should look.
    pub warn: bool,
}

/// A phone not heard from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SilentPhone {
    /// Whose.
    pub name: String,
    /// Since when, and how long that is.
    pub since: String,
}

/// The board without the page around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Drawn {
    /// Counts.
    pub tally: TallyView,
    /// Runs.
    pub sections: Vec<SectionView>,
    /// What cannot wait.
    pub check: CheckView,
    /// Phones not heard from.
    pub silent: Vec<SilentPhone>,
}

/// The counts of care as HTML.
#[derive(Template)]
#[template(path = "board/tally.html")]
pub struct TallyPart<'a> {
    /// Counts.
    pub tally: &'a TallyView,
}
/// The counts of *how we know* as HTML.
#[derive(Template)]
#[template(path = "board/know.html")]
pub struct KnowPart<'a> {
    /// Counts.
    pub tally: &'a TallyView,
}
/// Phones not heard from as HTML.
#[derive(Template)]
#[template(path = "board/silent.html")]
pub struct SilentPart<'a> {
    /// Phones.
    pub silent: &'a [SilentPhone],
}
/// A section's heading as HTML.
#[derive(Template)]
#[template(path = "board/run_head.html")]
pub struct HeadPart<'a> {
    /// The section.
    pub section: &'a SectionView,
}
/// A section as HTML.
#[derive(Template)]
#[template(path = "board/run.html")]
pub struct RunPart<'a> {
    /// The section.
    pub section: &'a SectionView,
}

/// Draws the board, all but *check now*: that needs telephone numbers, which must not be looked up while the office's
/// rows are held.
pub fn draw(board: &BoardView<'_>, filters: &Filters, rows: &mut RowCache, say: &Say<'_>) -> Drawn {
    let needle = filters.text.to_lowercase();
    rows.begin(say);
    let sections = board.sections.iter().flat_map(|s| sections(s, &needle, rows, say)).filter(|s| !s.rows.is_empty()).collect();
    Drawn {
        tally: tally(board, filters, say),
        sections,
        check: CheckView { items: Vec::new(), total: board.check_now.len() },
        silent: board.quiet.iter().take(SILENT).map(|q| silent(q, say)).collect(),
    }
}

fn tally(board: &BoardView<'_>, filters: &Filters, say: &Say<'_>) -> TallyView {
    use holdfast_model::projection::{Bucket, KnownBy};
    let t = &board.tally;
    let care = BUCKETS.into_iter().filter_map(|bucket| {
        let n = match bucket {
            Bucket::Done => t.done,
            Bucket::Act => t.act,
            Bucket::There => t.there,
            Bucket::OnTheWay => t.on_the_way,
            Bucket::Late => t.late,
            Bucket::NotDone => t.not_done,
            Bucket::Missed => t.missed,
            Bucket::NoWord => t.no_word,
            Bucket::Due => t.due,
        };
        let (word, class, icon) = bucket_look(bucket);
        let current = filters.care == word;
        // What is rare stands there only when it is there: an empty "missed" box would be wallpaper.
        if n == 0 && !current && matches!(bucket, Bucket::NotDone | Bucket::Missed) {
            return None;
        }
        let href = format!("/console/board{}", filters.with("care", if current { "" } else { word }));
        Some(Count { n, words: say.words.bucket(bucket), icon, class, width: width(n, t.visits), href, current })
    });
    let know = KNOWN.into_iter().filter_map(|known| {
        let n = match known {
            KnownBy::WorkersPhone => t.by_workers_phone,
            KnownBy::PhoneCall => t.by_phone_call,
            KnownBy::Office => t.by_office,
            KnownBy::Nothing => t.by_nothing,
        };
        let word = known_word(known);
        let current = filters.know == word;
        if n == 0 && !current && known == KnownBy::Office {
            return None;
        }
        let href = format!("/console/board{}", filters.with("know", if current { "" } else { word }));
        Some(Count { n, words: say.words.known_by(known), icon: "", class: "", width: 1, href, current })
    });
    TallyView { care: care.collect(), know: know.collect() }
}

/// How wide a count stands, 1 to 6: by share, but the smallest stays readable.
fn width(n: u32, of: u32) -> u8 {
    if of == 0 {
        return 1;
    }
    let share = f64::from(n) / f64::from(of);
    1 + (share * 9.0).min(5.0).round() as u8
}

fn sections(section: &Section<'_>, needle: &str, cache: &mut RowCache, say: &Say<'_>) -> Vec<SectionView> {
    let worker = section.worker.as_ref().map(|w| say.worker(w)).unwrap_or_default();
    let title = match (&section.run, worker.is_empty()) {
        (Some(run), false) => say.words.say("run-title", &[("worker", worker.as_str().into()), ("run", run_short(run.as_str()).into())]),
        (Some(run), true) => say.words.say("run-title-run", &[("run", run_short(run.as_str()).into())]),
        (None, false) => worker.clone(),
        (None, true) => say.plain("run-title-none"),
    };
    let number = match (&section.run, &section.worker) {
        (Some(run), _) => format!("r.{run}"),
        (None, Some(worker)) => format!("w.{worker}"),
        (None, None) => "none".into(),
    };
    let notes = notes(section, say);
    let matches = |row: &Row, facts: &holdfast_model::projection::BoardRow| {
        needle.is_empty()
            || [row.name.as_str(), worker.as_str(), facts.visit.as_str(), facts.person.as_ref().map_or("", |p| p.as_str())]
                .iter()
                .any(|text| text.to_lowercase().contains(needle))
            || facts.workers.iter().any(|p| say.worker(&p.worker).to_lowercase().contains(needle))
    };
    let rows: Vec<Arc<Row>> = section
        .rows
        .iter()
        .map(|shown| (cache.row(shown, say), shown.row))
        .filter(|(row, facts)| matches(row, facts))
        .map(|(row, _)| row)
        .collect();
    let mut rows = rows.into_iter().peekable();
    let mut out = Vec::new();
    while rows.peek().is_some() {
        let part = out.len();
        let first = part == 0;
        out.push(SectionView {
            id: page_id("s", &if first { number.clone() } else { format!("{number}/{part}") }),
            title: if first { title.clone() } else { say.words.say("run-continued", &[("title", title.as_str().into())]) },
            notes: if first { notes.clone() } else { Vec::new() },
            rows: rows.by_ref().take(SECTION_ROWS).collect(),
        });
    }
    out
}

/// "3" of "NQ-3" or "run-3": what people call the run, when it ends in a number.
fn run_short(run: &str) -> &str {
    run.rsplit(['-', '/', '_']).next().filter(|t| !t.is_empty() && t.chars().all(|c| c.is_ascii_digit())).unwrap_or(run)
}

fn notes(section: &Section<'_>, say: &Say<'_>) -> Vec<SectionNote> {
    let w = say.words;
    let plain = |words: String| SectionNote { icon: "", words, warn: false };
    let mut notes = Vec::new();
    match (&section.phone, section.quiet) {
        (None, _) if section.worker.is_some() => notes.push(plain(say.plain("phone-none"))),
        (None, _) => {}
        (Some(phone), true) | (Some(phone @ PhoneFacts { heard: None, .. }), _) => {
            let since = w.no_word_since(say.now, phone.heard);
            notes.push(SectionNote { icon: "unknown", words: w.say("run-phone", &[("what", since.into())]), warn: true });
        }
        (Some(phone @ PhoneFacts { heard: Some(at), .. }), false) => {
            notes.push(plain(w.phone_heard(say.now, *at, phone.waiting)));
            if let Some(checked) = phone.plans_checked {
                notes.push(plain(w.say("phone-plans-checked", &[("time", say.time(checked).into())])));
            }
        }
    }
    if let (Some(at), Some(worker)) = (section.rang, &section.worker) {
        notes.push(plain(w.say("phone-rang", &[("worker", say.first(worker).into()), ("time", say.time(at).into())])));
    }
    notes
}

fn silent(quiet: &QuietPhone, say: &Say<'_>) -> SilentPhone {
    let phone = &quiet.phone;
    let name = phone.worker.as_ref().map_or_else(|| phone.label.clone(), |w| say.worker(w));
    let since = match phone.heard {
        Some(at) => {
            say.words.say("silent-since", &[("time", say.time(at).into()), ("duration", say.words.duration(say.now.since(at)).into())])
        }
        None => say.words.quiet(say.now, quiet),
    };
    SilentPhone { name, since }
}

/// The choices of the filter bar.
pub struct Picks {
    /// Places on the axis of care.
    pub care: Vec<Choice>,
    /// Places on the axis *how we know*.
    pub know: Vec<Choice>,
    /// Windows of time.
    pub when: Vec<Choice>,
}

impl Picks {
    /// The choices, the current window among them even when it is one of nobody's list.
    pub fn of(filters: &Filters, say: &Say<'_>) -> Picks {
        let mut when = vec![Choice::new("day", say.plain("when-day")), Choice::new("now", say.plain("when-now"))];
        if !when.iter().any(|c| c.value == filters.when) {
            when.push(Choice::new(&filters.when, filters.when.replace('-', " to ")));
        }
        Picks {
            care: BUCKETS.into_iter().map(|b| Choice::new(bucket_look(b).0, say.words.bucket(b))).collect(),
            know: KNOWN.into_iter().map(|k| Choice::new(known_word(k), say.words.known_by(k))).collect(),
            when,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_called_by_their_number_when_they_have_one() {
        assert_eq!(run_short("NQ-3"), "3");
        assert_eq!(run_short("R-North"), "R-North");
        assert_eq!(run_short("7"), "7");
    }

    #[test]
    fn a_count_of_nothing_stays_readable_and_the_largest_does_not_push_the_others_out() {
        assert_eq!(width(0, 38), 1);
        assert_eq!(width(38, 38), 6);
        assert!(width(15, 38) > width(3, 38));
        assert_eq!(width(0, 0), 1);
    }
}
