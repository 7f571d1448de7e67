//! Facts into words, for one screen: whose names may be shown, what time it is, how a state looks.
//!
//! Sentences come from `holdfast-words`; here stands which of them a fact gets, with its icon and colour. State is always
//! all three: icon, word, colour.

use holdfast_model::entry::{Body, Flag};
use holdfast_model::id::{PersonId, WorkerId};
use holdfast_model::projection::{Attention, Bucket, Care, CheckReason, Know, KnownBy, RowNow};
use holdfast_model::time::Millis;
use holdfast_words::{CheckText, Words};
use std::collections::BTreeMap;

/// A state as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Chip {
    /// Style.
    pub class: &'static str,
    /// Icon of the sprite; empty for none.
    pub icon: &'static str,
    /// The state in words.
    pub words: String,
}

impl Chip {
    /// A chip.
    pub fn new(class: &'static str, icon: &'static str, words: impl Into<String>) -> Chip {
        Chip { class, icon, words: words.into() }
    }
}

/// Something small about a visit: "lives alone".
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Icon of the sprite; empty for none.
    pub icon: &'static str,
    /// In words.
    pub words: String,
    /// True when it is there to be known, not to be acted on.
    pub plain: bool,
}

/// How we know, in two lines.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct KnowLine {
    /// Icon of the sprite; empty for none.
    pub icon: &'static str,
    /// "Asha’s phone".
    pub head: String,
    /// "written 09:31, office has it 10:38".
    pub sub: String,
}

/// The words of one screen at one moment.
#[derive(Clone, Copy)]
pub struct Say<'a> {
    /// The sentences.
    pub words: &'static Words,
    /// As of.
    pub now: Millis,
    /// Names of workers.
    pub workers: &'a BTreeMap<WorkerId, String>,
    /// Somebody else can see this screen: no person's name, no person's words.
    pub hidden: bool,
}

impl Say<'_> {
    /// Looks a worker's name up. Workers' names stay when names are hidden: they are colleagues, not people supported.
    fn names(&self) -> impl Fn(&WorkerId) -> Option<String> {
        |id| self.workers.get(id).cloned()
    }

    /// A worker's name; the number when it is not known here.
    pub fn worker(&self, id: &WorkerId) -> String {
        self.words.worker(id, &self.names())
    }

    /// Who wrote an entry, with the words for one that nobody proved to have written.
    pub fn author(&self, author: &holdfast_model::entry::Author) -> String {
        self.words.author(author, &self.names())
    }

    /// Somebody named in what an entry adds up to; `unconfirmed` when nobody proved to have written that entry.
    pub fn by(&self, id: &WorkerId, unconfirmed: bool) -> String {
        match unconfirmed {
            false => self.worker(id),
            true => self.words.say("by-unconfirmed", &[("name", id.as_str().into())]),
        }
    }

    /// A worker's first name, where the whole one would crowd.
    pub fn first(&self, id: &WorkerId) -> String {
        self.words.first_name(id, &self.names())
    }

    /// A person's name, or their number when names are hidden.
    pub fn person(&self, name: &str, id: Option<&PersonId>) -> String {
        match (self.hidden, id) {
            (false, _) if !name.is_empty() => name.to_owned(),
            (_, Some(id)) => id.to_string(),
            (_, None) => self.words.say("screen-person-unknown", &[]),
        }
    }

    /// A person's first name, to ring them.
    pub fn person_first(&self, name: &str, id: Option<&PersonId>) -> String {
        let name = self.person(name, id);
        if self.hidden { name } else { name.split_whitespace().next().map(str::to_owned).unwrap_or(name) }
    }

    /// Words that somebody wrote or said: never on a screen that visitors can see.
    pub fn free(&self, text: &str) -> String {
        if self.hidden && !text.is_empty() { self.words.say("screen-words-hidden", &[]) } else { text.to_owned() }
    }

    /// The same in quotation marks; nothing for nothing.
    pub fn quoted(&self, text: &str) -> String {
        match (text.is_empty(), self.hidden) {
            (true, _) => String::new(),
            (_, true) => self.free(text),
            _ => format!("“{}”", text.trim_matches(['"', '“', '”'])),
        }
    }

    /// A time today, or with its day.
    pub fn time(&self, at: Millis) -> String {
        self.words.time_of(self.now, at)
    }

    /// A message without arguments.
    pub fn plain(&self, key: &str) -> String {
        self.words.say(key, &[])
    }

    /// What happened at the person's door.
    pub fn care(&self, now: &RowNow, know: &Know) -> Chip {
        let told = matches!(know, Know::PhoneCall { .. });
        let words = self.words.care(self.now, &now.care, know, &self.names());
        let (class, icon) = match &now.care {
            Care::Due { .. } => ("due", ""),
            Care::OnTheWay { .. } if now.bucket == Bucket::Late => ("late", "late"),
            Care::OnTheWay { .. } => ("there", "way"),
            Care::ThereNow { .. } => (if told { "there told" } else { "there" }, "there"),
            // As told over the phone: outlined, not filled. It must not look like a care worker's own record.
            Care::Done { .. } => (if told { "done told" } else { "done" }, "done"),
            Care::DoneAct { .. } => ("act", "act"),
            Care::NotDone { .. } => ("late", "not"),
            Care::NoWord { .. } => ("unknown", "unknown"),
            Care::Missed { .. } => ("act", "missed"),
        };
        let words = if told && matches!(now.care, Care::Done { .. }) { self.plain("care-done-told") } else { words };
        Chip { class, icon, words }
    }

    /// How we know.
    pub fn know(&self, know: &Know, care: &Care) -> KnowLine {
        let veiled;
        let know = match know {
            Know::PhoneCall { speaker, report, at, logged_by, logged_at, .. } if self.hidden => {
                let who = self.words.speaker(*speaker);
                veiled = Know::PhoneCall {
                    speaker: *speaker,
                    who,
                    report: *report,
                    at: *at,
                    logged_by: logged_by.clone(),
                    logged_at: *logged_at,
                };
                &veiled
            }
            other => other,
        };
        let lines = self.words.know(self.now, know, &self.names());
        let icon = if matches!(know, Know::PhoneCall { .. }) { "tel" } else { "" };
        // Minutes past the start matter; minutes to go would change every row of the day every minute.
        let past = matches!(know, Know::Nothing) && matches!(care, Care::NoWord { .. } | Care::OnTheWay { .. });
        let aside = if past { self.words.care_aside(care) } else { String::new() };
        KnowLine { icon, head: lines.first, sub: if lines.second.is_empty() { aside } else { lines.second } }
    }

    /// What needs action.
    pub fn attention(&self, what: &Attention) -> String {
        if !self.hidden {
            return self.words.attention(what);
        }
        let mut what = what.clone();
        let veil = self.plain("screen-words-hidden");
        match &mut what {
            Attention::DoseNotHad { reason, .. } => reason.clear(),
            Attention::TaskUnanswered { title, .. } => *title = veil,
            Attention::Concern { about } => *about = veil,
            Attention::NobodyCame { who } => *who = self.plain("screen-somebody"),
            _ => {}
        }
        self.words.attention(&what)
    }

    /// Why a visit cannot wait.
    pub fn reason(&self, why: &CheckReason) -> CheckText {
        if !self.hidden {
            return self.words.check_reason(self.now, why, &self.names());
        }
        let mut why = why.clone();
        match &mut why {
            CheckReason::NobodyCame { who, .. } => *who = self.plain("screen-somebody"),
            CheckReason::DoseNotHad { reason, .. } => reason.clear(),
            _ => {}
        }
        self.words.check_reason(self.now, &why, &self.names())
    }

    /// What an entry says; only of what kind it is when names are hidden.
    pub fn statement(&self, body: &Body) -> String {
        if self.hidden { self.words.entry_kind(body) } else { self.words.statement(self.now, body, &self.names()) }
    }

    /// Why a visit is not complete.
    pub fn unfinished(&self, why: &holdfast_model::projection::Unfinished) -> String {
        self.words.unfinished(why, &self.names())
    }

    /// What a button says that rings somebody about an item of *check now*.
    pub fn ring(&self, ring: &holdfast_model::projection::Ring, item: &holdfast_model::projection::CheckNow) -> String {
        if !self.hidden {
            return self.words.ring(ring, item, &self.names());
        }
        let veiled = holdfast_model::projection::CheckNow { name: self.person(&item.name, item.person.as_ref()), ..item.clone() };
        self.words.ring(ring, &veiled, &self.names())
    }

    /// What makes a visit one that cannot wait.
    pub fn flag(&self, flag: Flag) -> Mark {
        let (icon, plain) = match flag {
            Flag::DoubleUp | Flag::Hoist => ("two", false),
            Flag::LivesAlone => ("there", false),
            Flag::InsulinByNurse => ("", true),
        };
        Mark { icon, words: self.words.flag(flag), plain }
    }
}

/// A tally's place on the axis of care: its word in an address, its style, its icon.
pub fn bucket_look(bucket: Bucket) -> (&'static str, &'static str, &'static str) {
    match bucket {
        Bucket::Done => ("done", "done", "done"),
        Bucket::Act => ("act", "act", "act"),
        Bucket::There => ("there", "there", "there"),
        Bucket::OnTheWay => ("on_the_way", "there", "way"),
        Bucket::Late => ("late", "late", "late"),
        Bucket::NotDone => ("not_done", "late", "not"),
        Bucket::Missed => ("missed", "act", "missed"),
        Bucket::NoWord => ("no_word", "unknown", "unknown"),
        Bucket::Due => ("due", "due", ""),
    }
}

/// All places of the tally on the axis of care, in the order of the board.
pub const BUCKETS: [Bucket; 9] = [
    Bucket::Done,
    Bucket::Act,
    Bucket::There,
    Bucket::OnTheWay,
    Bucket::Late,
    Bucket::NotDone,
    Bucket::Missed,
    Bucket::NoWord,
    Bucket::Due,
];

/// A place of the tally on the axis *how we know*: its word in an address.
pub fn known_word(known: KnownBy) -> &'static str {
    match known {
        KnownBy::WorkersPhone => "phone",
        KnownBy::PhoneCall => "call",
        KnownBy::Office => "office",
        KnownBy::Nothing => "nothing",
    }
}

/// All places on the axis *how we know*, in the order of the board.
pub const KNOWN: [KnownBy; 4] = [KnownBy::WorkersPhone, KnownBy::PhoneCall, KnownBy::Office, KnownBy::Nothing];
