//! The stream of an open board: only what changed, rendered by the same templates as the page.
//!
//! Every page that is drawn leaves behind what it shows ([`Page`]). Its stream picks that up, sends what differs, and
//! remembers in which message each part was last sent. So a stream that broke goes on with what its page lacks, however
//! long the break was, and nothing is guessed: a page that is no longer remembered is told to load itself again.

use super::check::CheckPart;
use super::row::Row;
use super::view::{Drawn, HeadPart, KnowPart, RunPart, SectionView, SilentPart, TallyPart};
use askama::Template;
use serde::Serialize;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a page without a stream is remembered.
const REMEMBERED: Duration = Duration::from_secs(180);
/// Most pages remembered at once.
const PAGES: usize = 512;

/// What the stream sends: whole elements by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Patch {
    /// Office time, to the second.
    pub asof: String,
    /// How many visits stand in *check now*.
    pub act: usize,
    /// Elements that change: id and HTML.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub swap: Vec<(String, String)>,
    /// Sections that are new: HTML, and the id of the section they go before; empty: at the end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<(String, String)>,
    /// Sections that are gone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
}

impl Patch {
    /// True when nothing changes but the time.
    pub fn is_empty(&self) -> bool {
        self.swap.is_empty() && self.add.is_empty() && self.drop.is_empty()
    }
}

/// A section as a page shows it.
#[derive(Debug)]
struct ShownSection {
    id: String,
    head: u64,
    rows: Vec<(Arc<Row>, u64)>,
    /// The message in which the section as a whole, or its heading, was last sent.
    sent: u64,
}

/// What one open page shows.
#[derive(Debug)]
pub struct Page {
    /// Number of the last message.
    n: u64,
    /// The last message in which a section came or went.
    came_or_went: u64,
    /// Digest of a part that is not a section, and the message it was last sent in.
    parts: [(u64, u64); 5],
    sections: Vec<ShownSection>,
}

fn digest(thing: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    thing.hash(&mut hasher);
    hasher.finish()
}

fn head_digest(section: &SectionView) -> u64 {
    digest(&(&section.title, &section.notes))
}

impl Page {
    /// What a page shows that was drawn like this. `band` is the HTML of the outage band.
    pub fn of(drawn: &Drawn, band: &str) -> Page {
        Page {
            n: 0,
            came_or_went: 0,
            parts: part_digests(drawn, band).map(|d| (d, 0)),
            sections: drawn.sections.iter().map(|s| shown(s, 0)).collect(),
        }
    }

    /// Forgets what was sent after message `n`: the page never got it. False when whole sections came or went meanwhile:
    /// the page must then be loaded again.
    pub fn resume(&mut self, n: u64) -> bool {
        if self.came_or_went > n {
            return false;
        }
        for (digest, sent) in &mut self.parts {
            if *sent > n {
                *digest = 0;
            }
        }
        for section in &mut self.sections {
            if section.sent > n {
                // Which rows the page has is not known any more: the section goes out whole.
                section.rows.clear();
            }
            section.rows.retain(|(_, sent)| *sent <= n);
        }
        true
    }

    /// What changes when the page is to show `drawn`. Afterwards that is what it shows.
    pub fn patch(&mut self, drawn: &Drawn, band: &str) -> Patch {
        let n = self.n + 1;
        let mut patch = Patch { act: drawn.check.total, ..Patch::default() };
        for (i, digest) in part_digests(drawn, band).into_iter().enumerate() {
            if self.parts[i].0 != digest {
                self.parts[i] = (digest, n);
                patch.swap.push(part_html(i, drawn, band));
            }
        }
        let mut before: HashMap<String, ShownSection> = self.sections.drain(..).map(|s| (s.id.clone(), s)).collect();
        let mut now = Vec::with_capacity(drawn.sections.len());
        for (i, section) in drawn.sections.iter().enumerate() {
            match before.remove(&section.id) {
                None => {
                    let next = drawn.sections[i + 1..].iter().find(|s| before.contains_key(&s.id));
                    patch.add.push((html(&RunPart { section }), next.map_or_else(String::new, |s| s.id.clone())));
                    now.push(shown(section, n));
                }
                Some(old) => now.push(compare(old, section, n, &mut patch)),
            }
        }
        patch.drop = before.into_keys().collect();
        patch.drop.sort();
        self.sections = now;
        if !(patch.add.is_empty() && patch.drop.is_empty()) {
            self.came_or_went = n;
        }
        if !patch.is_empty() {
            self.n = n;
        }
        patch
    }

    /// Number of the last message that carried a change.
    pub fn number(&self) -> u64 {
        self.n
    }
}

fn shown(section: &SectionView, sent: u64) -> ShownSection {
    ShownSection {
        id: section.id.clone(),
        head: head_digest(section),
        rows: section.rows.iter().map(|r| (r.clone(), sent)).collect(),
        sent,
    }
}

/// The changes of one section: its rows one by one when the list of rows is the same, else the whole of it.
fn compare(mut old: ShownSection, section: &SectionView, n: u64, patch: &mut Patch) -> ShownSection {
    let same_list = old.rows.len() == section.rows.len() && old.rows.iter().zip(&section.rows).all(|((a, _), b)| a.id == b.id);
    if !same_list {
        patch.swap.push((section.id.clone(), html(&RunPart { section })));
        return shown(section, n);
    }
    let head = head_digest(section);
    if old.head != head {
        old.head = head;
        old.sent = n;
        patch.swap.push((format!("{}-h", section.id), html(&HeadPart { section })));
    }
    for ((row, sent), new) in old.rows.iter_mut().zip(&section.rows) {
        if !Arc::ptr_eq(row, new) {
            if row != new {
                patch.swap.push((new.id.clone(), new.html()));
                *sent = n;
            }
            *row = new.clone();
        }
    }
    old
}

fn part_digests(drawn: &Drawn, band: &str) -> [u64; 5] {
    [digest(&drawn.tally.care), digest(&drawn.tally.know), digest(&drawn.check), digest(&drawn.silent), digest(&band)]
}

fn part_html(i: usize, drawn: &Drawn, band: &str) -> (String, String) {
    match i {
        0 => ("tally".into(), html(&TallyPart { tally: &drawn.tally })),
        1 => ("know-line".into(), html(&KnowPart { tally: &drawn.tally })),
        2 => ("check-now".into(), html(&CheckPart { check: &drawn.check })),
        3 => ("silent-phones".into(), html(&SilentPart { silent: &drawn.silent })),
        _ => ("band".into(), band.to_owned()),
    }
}

fn html(part: &impl Template) -> String {
    part.render().unwrap_or_default()
}

/// A page that is open, or was a moment ago.
pub struct Remembered<K> {
    /// What identifies who opened it and what it was to show.
    pub key: K,
    /// What it shows, and which stream feeds it: a newer stream takes over.
    pub state: Mutex<(Page, u64)>,
    seen: Mutex<Instant>,
}

impl<K> Remembered<K> {
    /// Somebody still looks at it.
    pub fn touch(&self) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// The pages that are open, or were a moment ago.
pub struct Pages<K> {
    map: Mutex<HashMap<String, Arc<Remembered<K>>>>,
}

impl<K> Default for Pages<K> {
    fn default() -> Self {
        Pages { map: Mutex::default() }
    }
}

impl<K> Pages<K> {
    /// Remembers a page under a name that nobody can guess.
    pub fn keep(&self, name: String, key: K, page: Page) {
        let mut map = self.map.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = |r: &Remembered<K>| *r.seen.lock().unwrap_or_else(PoisonError::into_inner);
        map.retain(|_, r| seen(r).elapsed() < REMEMBERED);
        if map.len() >= PAGES {
            let oldest = map.iter().min_by_key(|(_, r)| seen(r)).map(|(k, _)| k.clone());
            oldest.and_then(|k| map.remove(&k));
        }
        let page = Remembered { key, state: Mutex::new((page, 0)), seen: Mutex::new(Instant::now()) };
        map.insert(name, Arc::new(page));
    }

    /// The page of this name, if it is still remembered.
    pub fn find(&self, name: &str) -> Option<Arc<Remembered<K>>> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::CheckView;
    use super::super::view::TallyView;
    use super::*;
    use crate::console::say::{Chip, KnowLine};

    fn row(id: &str, words: &str) -> Arc<Row> {
        Arc::new(Row {
            id: id.into(),
            href: String::new(),
            time: "09:00–09:30".into(),
            day_note: String::new(),
            name: "Edith Marlow".into(),
            flags: Vec::new(),
            state: Chip::new("unknown", "unknown", words),
            late: String::new(),
            check_now: false,
            know: KnowLine::default(),
            lead: String::new(),
            said: String::new(),
            open_action: String::new(),
        })
    }

    fn drawn(sections: &[(&str, Vec<Arc<Row>>)]) -> Drawn {
        let sections = sections
            .iter()
            .map(|(id, rows)| SectionView { id: (*id).into(), title: (*id).into(), notes: Vec::new(), rows: rows.clone() })
            .collect();
        Drawn {
            tally: TallyView { care: Vec::new(), know: Vec::new() },
            sections,
            check: CheckView { items: Vec::new(), total: 0 },
            silent: Vec::new(),
        }
    }

    #[test]
    fn only_the_row_that_changed_is_sent() {
        let a = row("v-1", "no word");
        let b = row("v-2", "no word");
        let mut page = Page::of(&drawn(&[("s-1", vec![a.clone(), b.clone()])]), "");
        assert!(page.patch(&drawn(&[("s-1", vec![a.clone(), b.clone()])]), "").is_empty());
        let patch = page.patch(&drawn(&[("s-1", vec![a.clone(), row("v-2", "done")])]), "");
        assert_eq!(patch.swap.len(), 1);
        assert_eq!(patch.swap[0].0, "v-2");
        assert!(patch.swap[0].1.contains("done") && patch.swap[0].1.starts_with("<tr id=\"v-2\""));
        let same_words = row("v-1", "no word");
        assert!(page.patch(&drawn(&[("s-1", vec![same_words, row("v-2", "done")])]), "").is_empty());
    }

    #[test]
    fn a_row_more_or_less_sends_its_section_and_sections_come_and_go() {
        let (a, b, c) = (row("v-1", "due"), row("v-2", "due"), row("v-3", "due"));
        let mut page = Page::of(&drawn(&[("s-1", vec![a.clone()]), ("s-3", vec![c.clone()])]), "");
        let patch = page.patch(&drawn(&[("s-1", vec![a.clone(), b.clone()]), ("s-3", vec![c.clone()])]), "");
        assert_eq!(patch.swap.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["s-1"]);
        let patch = page.patch(&drawn(&[("s-2", vec![b.clone()]), ("s-3", vec![c.clone()])]), "");
        assert_eq!(patch.add.len(), 1);
        assert_eq!(patch.add[0].1, "s-3");
        assert_eq!(patch.drop, ["s-1"]);
        assert_eq!(page.patch(&drawn(&[("s-2", vec![b]), ("s-3", vec![c])]), ""), Patch::default());
    }

    #[test]
    fn after_a_break_exactly_what_the_page_lacks_is_sent_again() {
        let mut page = Page::of(&drawn(&[("s-1", vec![row("v-1", "due"), row("v-2", "due")])]), "");
        page.patch(&drawn(&[("s-1", vec![row("v-1", "done"), row("v-2", "due")])]), "");
        let got = page.number();
        page.patch(&drawn(&[("s-1", vec![row("v-1", "done"), row("v-2", "there now")])]), "");
        assert!(page.resume(got));
        let patch = page.patch(&drawn(&[("s-1", vec![row("v-1", "done"), row("v-2", "there now")])]), "");
        assert_eq!(patch.swap.len(), 1);
        assert!(patch.swap[0].1.contains("v-2") && patch.swap[0].1.contains("there now"));
        assert!(page.resume(page.number()));
        assert!(page.patch(&drawn(&[("s-1", vec![row("v-1", "done"), row("v-2", "there now")])]), "").is_empty());
        page.patch(&drawn(&[]), "");
        assert!(!page.resume(got), "a section went: the page is told to load again");
    }
}
