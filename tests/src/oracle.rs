//! Which entries a scenario implies, and whether a store holds exactly those: none missing, none twice, none changed,
//! and nothing that nobody recorded.
//!
//! What is implied comes from the scenario's text and the provider's files alone. What is found comes from the store,
//! read by a process that took no part in the play.

use crate::scenario::{Deed, Scenario, revision};
use holdfast_model::entry::{Body, Entry, Read};
use holdfast_model::id::{ChainEpoch, DeviceId, DocumentId, EntryId, WorkerId};
use holdfast_model::time::Millis;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// An entry that must be there.
#[derive(Debug, Clone)]
pub struct Implied {
    /// The scenario's line; 0 for what the import brings.
    pub line: usize,
    /// Who says it; nobody in particular for what the import brings.
    pub author: Option<WorkerId>,
    /// Where.
    pub doc: DocumentId,
    /// When it was recorded, truly, and how wrong the recording clock was; absent for what the import brings.
    pub recorded: Option<(Millis, i64)>,
    /// What.
    pub says: Says,
}

/// What an implied entry says.
#[derive(Debug, Clone)]
pub enum Says {
    /// Exactly this.
    This(Body),
    /// It amends or withdraws the implied entry of this place in the list; the id is known only afterwards.
    Revises {
        /// Place of the implied entry that it names.
        which: usize,
        /// The new statement; nothing for a withdrawal.
        with: Option<Body>,
        /// Why.
        reason: String,
    },
}

/// What the scenario's file and the provider's files imply.
pub fn implied(scenario: &Scenario) -> Vec<Implied> {
    let imported = scenario.cast.planned.iter().map(|(doc, body)| Implied {
        line: 0,
        author: None,
        doc: doc.clone(),
        recorded: None,
        says: Says::This(body.clone()),
    });
    let mut all: Vec<Implied> = imported.collect();
    let mut skew: BTreeMap<&WorkerId, i64> = scenario.phones.iter().map(|p| (&p.worker, p.skew_ms)).collect();
    for act in &scenario.acts {
        let (author, doc, says, error) = match &act.deed {
            Deed::Tap { worker, visit, body } => {
                (worker, DocumentId::Visit(visit.clone()), Says::This(body.clone()), skew.get(worker).copied().unwrap_or(0))
            }
            Deed::Revise { worker, visit, kind, with, reason } => {
                let doc = DocumentId::Visit(visit.clone());
                let names = |i: &Implied| {
                    i.author.as_ref() == Some(worker) && i.doc == doc && matches!(&i.says, Says::This(b) if b.kind() == *kind)
                };
                let which = all.iter().rposition(names).unwrap_or(usize::MAX);
                let says = Says::Revises { which, with: with.clone(), reason: reason.clone() };
                (worker, doc, says, skew.get(worker).copied().unwrap_or(0))
            }
            Deed::Log { by, doc, body } => (by, doc.clone(), Says::This(body.clone()), 0),
            Deed::Phone(worker, crate::scenario::PhoneEvent::ClockMoved(ms)) => {
                *skew.entry(worker).or_default() += ms;
                continue;
            }
            Deed::Phone(..) | Deed::Server(_) | Deed::Network(_) => continue,
        };
        all.push(Implied { line: act.line, author: Some(author.clone()), doc, recorded: Some((act.at, error)), says });
    }
    all
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The scenario's line, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The document.
    pub doc: String,
    /// The kind of entry.
    pub kind: String,
    /// The entry's id, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<EntryId>,
}

/// How a store compares with what a scenario implies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Entries implied.
    pub implied: usize,
    /// Entries found.
    pub found: usize,
    /// Implied, and not there.
    pub missing: Vec<Difference>,
    /// There more than once.
    pub doubled: Vec<Difference>,
    /// There, and saying something else than was recorded.
    pub changed: Vec<Difference>,
    /// There, and recorded by nobody.
    pub invented: Vec<Difference>,
}

impl Verdict {
    /// True when the store holds exactly what is implied.
    pub fn whole(&self) -> bool {
        self.missing.is_empty() && self.doubled.is_empty() && self.changed.is_empty() && self.invented.is_empty()
    }
}

/// Compares. A recorded time may be off by `slack_ms`: nothing in a world on virtual time, some seconds in a play of real
/// processes.
pub fn compare(implied: &[Implied], found: &[Read], slack_ms: i64) -> Verdict {
    let mut verdict = Verdict { implied: implied.len(), found: found.len(), ..Verdict::default() };
    let found = without_doubles(found, &mut verdict);
    let mut left: Vec<Option<&Entry>> = found.into_iter().map(Some).collect();
    let mut ids: BTreeMap<usize, EntryId> = BTreeMap::new();
    let mut unmet = Vec::new();
    // Exact matches first, so that a changed entry never takes another's place.
    for (place, wanted) in implied.iter().enumerate() {
        let Some(body) = body_of(wanted, &ids) else {
            unmet.push(place);
            continue;
        };
        let fits = |e: &Entry| same_author(wanted, e) && e.doc == wanted.doc && e.body == body && on_time(wanted, e, slack_ms);
        match left.iter_mut().find(|slot| slot.is_some_and(fits)) {
            Some(slot) => {
                ids.extend(slot.take().map(|e| (place, e.id)));
            }
            None => unmet.push(place),
        }
    }
    for place in unmet {
        let wanted = &implied[place];
        let alike = |e: &Entry| same_author(wanted, e) && e.doc == wanted.doc && e.body.kind() == kind_of(wanted);
        match left.iter_mut().find(|slot| slot.is_some_and(alike)) {
            Some(slot) => {
                let entry = slot.take().map(|e| e.id);
                verdict.changed.push(Difference { entry, ..difference(wanted) });
            }
            None => verdict.missing.push(difference(wanted)),
        }
    }
    for extra in left.into_iter().flatten() {
        let twin = |i: &Implied| same_author(i, extra) && i.doc == extra.doc && matches!(&i.says, Says::This(body) if *body == extra.body);
        let difference = Difference { line: None, doc: extra.doc.to_string(), kind: extra.body.kind().into(), entry: Some(extra.id) };
        if implied.iter().any(twin) { verdict.doubled.push(difference) } else { verdict.invented.push(difference) }
    }
    verdict
}

/// Leaves out what has a place in a chain, or an id, that was there before; what can't be read is invented.
fn without_doubles<'a>(found: &'a [Read], verdict: &mut Verdict) -> Vec<&'a Entry> {
    let mut places: BTreeSet<(&DeviceId, ChainEpoch, u64)> = BTreeSet::new();
    let mut ids: BTreeSet<EntryId> = BTreeSet::new();
    let mut whole = Vec::new();
    for read in found {
        let new_place = places.insert(read.place());
        let new_id = ids.insert(read.id());
        let kind = read.known().map_or("unreadable", |e| e.body.kind());
        let difference = Difference { line: None, doc: read.doc().to_string(), kind: kind.into(), entry: Some(read.id()) };
        match read.known() {
            Some(entry) if new_place && new_id => whole.push(entry),
            Some(_) => verdict.doubled.push(difference),
            None => verdict.invented.push(difference),
        }
    }
    whole
}

/// The whole body, once the ids that it names are known.
fn body_of(wanted: &Implied, ids: &BTreeMap<usize, EntryId>) -> Option<Body> {
    match &wanted.says {
        Says::This(body) => Some(body.clone()),
        Says::Revises { which, with, reason } => ids.get(which).map(|id| revision(*id, with.clone(), reason.clone())),
    }
}

fn kind_of(wanted: &Implied) -> &'static str {
    match &wanted.says {
        Says::This(body) => body.kind(),
        Says::Revises { with: Some(_), .. } => "amended",
        Says::Revises { with: None, .. } => "withdrawn",
    }
}

fn same_author(wanted: &Implied, entry: &Entry) -> bool {
    wanted.author.as_ref().is_none_or(|author| *author == entry.author.worker && !entry.author.unconfirmed)
}

fn on_time(wanted: &Implied, entry: &Entry, slack_ms: i64) -> bool {
    wanted.recorded.is_none_or(|(at, skew)| (entry.recorded.at.since(at.plus(skew))).abs() <= slack_ms)
}

fn difference(wanted: &Implied) -> Difference {
    Difference { line: (wanted.line > 0).then_some(wanted.line), doc: wanted.doc.to_string(), kind: kind_of(wanted).into(), entry: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::entry::{Author, Mono, Note, NoteType, Recorded, VERSION};
    use holdfast_model::id::{BootId, VisitId};

    fn note(text: &str) -> Body {
        Body::Note(Note { about: NoteType::General, text: text.into() })
    }

    fn wanted(line: usize, at: i64, text: &str) -> Implied {
        Implied {
            line,
            author: WorkerId::new("W-01").ok(),
            doc: DocumentId::Visit(VisitId::new("V-1").expect("an id")),
            recorded: Some((Millis(at), 0)),
            says: Says::This(note(text)),
        }
    }

    fn there(seq: u64, at: i64, text: &str) -> Read {
        Read::Known(Box::new(Entry {
            v: VERSION,
            id: EntryId::make(at, [seq as u8; 10]),
            doc: DocumentId::Visit(VisitId::new("V-1").expect("an id")),
            author: Author::proven(WorkerId::new("W-01").expect("an id")),
            device: DeviceId::new("D-01").expect("an id"),
            epoch: ChainEpoch([1; 8]),
            seq,
            happened: None,
            recorded: Recorded { at: Millis(at), offset_min: 0 },
            mono: Mono { boot: BootId([2; 8]), ms: at },
            plan: None,
            reference: None,
            body: note(text),
        }))
    }

    #[test]
    fn exactly_what_is_implied_is_whole() {
        let verdict = compare(&[wanted(1, 10, "a"), wanted(2, 20, "b")], &[there(2, 20, "b"), there(1, 10, "a")], 0);
        assert!(verdict.whole(), "{verdict:?}");
    }

    #[test]
    fn a_missing_a_doubled_a_changed_and_an_invented_entry_are_told_apart() {
        let implied = [wanted(1, 10, "a"), wanted(2, 20, "b")];
        let verdict = compare(&implied, &[there(1, 10, "a")], 0);
        assert_eq!((verdict.missing.len(), verdict.missing[0].line), (1, Some(2)));
        let verdict = compare(&implied, &[there(1, 10, "a"), there(2, 20, "b"), there(2, 20, "b")], 0);
        assert_eq!(verdict.doubled.len(), 1, "the same place twice: {verdict:?}");
        let verdict = compare(&implied, &[there(1, 10, "a"), there(2, 20, "b"), there(3, 20, "b")], 0);
        assert_eq!(verdict.doubled.len(), 1, "the same words at another place: {verdict:?}");
        let verdict = compare(&implied, &[there(1, 10, "a"), there(2, 20, "B")], 0);
        assert_eq!((verdict.changed.len(), verdict.missing.len(), verdict.invented.len()), (1, 0, 0));
        let verdict = compare(&implied, &[there(1, 10, "a"), there(2, 20, "b"), there(3, 30, "c")], 0);
        assert_eq!(verdict.invented.len(), 1);
        let verdict = compare(&implied, &[there(1, 10, "a"), there(2, 25, "b")], 2);
        assert_eq!(verdict.changed.len(), 1, "another time is another entry");
    }
}
