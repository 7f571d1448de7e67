//! One entry as a card: what it says, its four times, who and on what, and what became of it.

use super::board::row::page_id;
use super::say::{Chip, Say};
use holdfast_model::entry::Body;
use holdfast_model::id::{DeviceId, EntryId};
use holdfast_model::projection::{EntryView, Said, Standing};
use std::collections::BTreeMap;

/// An amendment beside what it amends.
#[derive(Debug, Clone)]
pub struct Version {
    /// "At first", "put right by Asha Bello, 10:40".
    pub head: String,
    /// What it says.
    pub what: String,
    /// Why.
    pub words: String,
    /// Who and when.
    pub from: String,
}

/// An entry, ready to be shown.
#[derive(Debug, Clone)]
pub struct Card {
    /// Its id on the page.
    pub id: String,
    /// Written in the office.
    pub office: bool,
    /// Taken back.
    pub gone: bool,
    /// Icon; empty for none.
    pub icon: &'static str,
    /// What it says.
    pub what: String,
    /// More of it, in its author's words.
    pub words: String,
    /// What became of it.
    pub tags: Vec<Chip>,
    /// Its amendments, side by side.
    pub versions: Vec<Version>,
    /// Its four times.
    pub times: String,
    /// What a reader must know before relying on them.
    pub doubt: Vec<String>,
    /// Who, on which phone, on which plan.
    pub from: String,
}

/// The id of an entry's card.
pub fn card_id(id: &EntryId) -> String {
    page_id("e", &id.to_string())
}

impl Card {
    /// The card of an entry. `phones` are the names of the phones.
    pub fn of(entry: &EntryView, phones: &BTreeMap<DeviceId, String>, say: &Say<'_>) -> Card {
        let body = match &entry.said {
            Said::Known { body } => Some(body),
            Said::Unreadable { .. } => None,
        };
        let office = body.is_some_and(from_office);
        Card {
            id: card_id(&entry.id),
            office,
            gone: entry.withdrawn.is_some(),
            icon: body.map_or("unknown", icon),
            what: what(entry, say),
            words: withdrawn(entry, say),
            tags: tags(entry, say),
            versions: versions(entry, body, say),
            times: say.words.times(say.now, &entry.times),
            doubt: doubt(entry, say),
            from: from(entry, office, phones, say),
        }
    }
}

fn what(entry: &EntryView, say: &Say<'_>) -> String {
    match &entry.said {
        Said::Known { body } => capital(&say.statement(body)),
        Said::Unreadable { v } => capital(&say.words.say("cannot-be-read-here-yet", &[("version", (*v).into())])),
    }
}

/// A sentence's first letter.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

fn withdrawn(entry: &EntryView, say: &Say<'_>) -> String {
    entry.withdrawn.as_ref().map_or_else(String::new, |w| {
        let args = [("worker", say.worker(&w.by).into()), ("time", say.time(w.at).into()), ("reason", say.quoted(&w.reason).into())];
        say.words.say("entry-taken-back", &args)
    })
}

/// What the office itself plans, does and hears.
fn from_office(body: &Body) -> bool {
    matches!(
        body,
        Body::Assigned(_)
            | Body::Cancelled(_)
            | Body::CoverSent(_)
            | Body::DealtWith(_)
            | Body::PhoneCall(_)
            | Body::Person(_)
            | Body::PlanVersion(_)
            | Body::OutageOpened(_)
            | Body::OutageClosed(_)
    )
}

fn icon(body: &Body) -> &'static str {
    match body {
        Body::Assigned(_) | Body::Person(_) | Body::PlanVersion(_) | Body::Note(_) => "doc",
        Body::Cancelled(_) | Body::VisitOutcome(_) => "not",
        Body::CoverSent(_) | Body::Unplanned(_) => "two",
        Body::OnTheWay(_) => "way",
        Body::Arrived(_) | Body::Left(_) => "there",
        Body::Task(_) | Body::DealtWith(_) => "done",
        Body::Medicine(_) => "pill",
        Body::Observation(_) => "held",
        Body::Incident(_) | Body::OutageOpened(_) | Body::OutageClosed(_) => "act",
        Body::Amended(_) | Body::Withdrawn(_) => "doc",
        Body::BreakGlass(_) => "held",
        Body::PhoneCall(_) => "tel",
    }
}

fn tags(entry: &EntryView, say: &Say<'_>) -> Vec<Chip> {
    let mut tags = Vec::new();
    let mut tag = |class, key: &str| tags.push(Chip::new(class, "", say.plain(key)));
    if entry.withdrawn.is_some() {
        tag("late", "tag-taken-back");
    }
    match entry.amendments.len() {
        0 => {}
        1 => tag("there", "tag-put-right"),
        _ => tag("act", "tag-put-right-twice"),
    }
    if entry.replaced {
        tag("late", "tag-replaced");
    }
    if !entry.contradicts.is_empty() {
        tag("act", "tag-contradicts");
    }
    if entry.same_id_twice {
        tag("act", "tag-same-id");
    }
    if entry.standing == Standing::HeldForChecking {
        tag("late", "tag-held");
    }
    if entry.standing == Standing::Reviewed {
        tag("", "tag-reviewed");
    }
    if entry.author.unconfirmed {
        tag("late", "tag-unconfirmed");
    }
    if entry.dealt_with.is_some() {
        tag("done", "tag-dealt");
    }
    tags
}

/// The first statement and its amendments, side by side: nothing is overwritten.
fn versions(entry: &EntryView, body: Option<&Body>, say: &Say<'_>) -> Vec<Version> {
    if entry.amendments.is_empty() {
        return Vec::new();
    }
    let first = Version {
        head: say.plain("entry-at-first"),
        what: body.map_or_else(String::new, |b| say.statement(b)),
        words: String::new(),
        from: say.author(&entry.author),
    };
    let later = entry.amendments.iter().map(|a| Version {
        head: say.words.say("entry-put-right", &[("time", say.time(a.at).into())]),
        what: say.statement(&a.with),
        words: say.quoted(&a.reason),
        from: say.worker(&a.by),
    });
    std::iter::once(first).chain(later).collect()
}

/// What is known of the entry's fate besides its times: who dealt with it, and how.
fn doubt(entry: &EntryView, say: &Say<'_>) -> Vec<String> {
    let dealt = entry.dealt_with.as_ref().map(|d| {
        let how = say.free(&d.how);
        say.words.say("said-dealt", &[("worker", say.worker(&d.by).into()), ("time", say.time(d.at).into()), ("how", how.into())])
    });
    dealt.into_iter().collect()
}

fn from(entry: &EntryView, office: bool, phones: &BTreeMap<DeviceId, String>, say: &Say<'_>) -> String {
    let w = say.words;
    let mut parts = vec![say.author(&entry.author)];
    parts.push(match phones.get(&entry.device) {
        _ if office => say.plain("entry-in-office"),
        Some(label) => w.say("entry-on-phone", &[("phone", label.as_str().into())]),
        None => w.say("entry-on-phone", &[("phone", entry.device.as_str().into())]),
    });
    parts.extend(entry.plan.as_ref().map(|p| w.say("plan-current", &[("version", p.version.into())])));
    parts.push(w.say("entry-number", &[("n", entry.seq.into())]));
    parts.extend(entry.reference.as_ref().map(|r| w.say("entry-reference", &[("ref", r.as_str().into())])));
    parts.join(" · ")
}
