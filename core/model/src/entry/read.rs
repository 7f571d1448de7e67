//! Reading an entry's text: what this version knows, what it does not know yet, and what is no entry at all.

use super::{Author, Entry, VERSION};
use crate::id::{ChainEpoch, DeviceId, DocumentId, EntryId};
use crate::limits;
use serde::Deserialize;
use serde_json::value::RawValue;

/// An entry's text, as far as this version can read it.
#[derive(Debug, Clone, PartialEq)]
pub enum Read {
    /// Known in full.
    Known(Box<Entry>),
    /// Well-formed, but of a newer version or an unknown kind: kept verbatim, relayed, shown as unreadable.
    Unreadable(Unreadable),
}

/// The part of a newer entry that every version can read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Unreadable {
    /// Its format version.
    pub v: u32,
    /// Its name.
    pub id: EntryId,
    /// Its document.
    pub doc: DocumentId,
    /// Its author.
    pub author: Author,
    /// Its device.
    pub device: DeviceId,
    /// Its stretch of the chain.
    pub epoch: ChainEpoch,
    /// Its place in the chain.
    pub seq: u64,
    /// What the wall clock said.
    pub recorded: super::Recorded,
    /// What the boot-anchored clock said.
    pub mono: super::Mono,
}

/// Why a text is no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Longer than [`limits::ENTRY_BYTES`].
    #[error("longer than an entry may be")]
    TooLong,
    /// Not one JSON object with the members that every entry has. The text says where, never what stood there.
    #[error("not the shape of an entry (line {line}, column {column})")]
    Shape {
        /// Line of the JSON text.
        line: usize,
        /// Column of the JSON text.
        column: usize,
    },
}

impl Read {
    /// Reads an entry's text. Never fails for a newer version whose head keeps today's shape.
    pub fn parse(text: &str) -> Result<Read, Malformed> {
        if text.len() > limits::ENTRY_BYTES {
            return Err(Malformed::TooLong);
        }
        if let Some(entry) = quick(text) {
            return Ok(Read::Known(Box::new(entry)));
        }
        let known = match serde_json::from_str::<Entry>(text) {
            Ok(entry) if entry.v == VERSION => return Ok(Read::Known(Box::new(entry))),
            Ok(_) => None,
            Err(e) => Some(e),
        };
        match serde_json::from_str::<Unreadable>(text) {
            Ok(head) if head.v > VERSION || kind_is_unknown(text) => Ok(Read::Unreadable(head)),
            Ok(_) => {
                let (line, column) = known.map_or((1, 1), |e| (e.line(), e.column()));
                Err(Malformed::Shape { line, column })
            }
            Err(e) => Err(Malformed::Shape { line: e.line(), column: e.column() }),
        }
    }

    /// The entry's name.
    pub fn id(&self) -> EntryId {
        match self {
            Read::Known(e) => e.id,
            Read::Unreadable(u) => u.id,
        }
    }
    /// The entry's document.
    pub fn doc(&self) -> &DocumentId {
        match self {
            Read::Known(e) => &e.doc,
            Read::Unreadable(u) => &u.doc,
        }
    }
    /// Where in which chain it stands.
    pub fn place(&self) -> (&DeviceId, ChainEpoch, u64) {
        match self {
            Read::Known(e) => (&e.device, e.epoch, e.seq),
            Read::Unreadable(u) => (&u.device, u.epoch, u.seq),
        }
    }
    /// The author.
    pub fn author(&self) -> &Author {
        match self {
            Read::Known(e) => &e.author,
            Read::Unreadable(u) => &u.author,
        }
    }
    /// The wall clock and the boot-anchored clock when it was recorded.
    pub fn clocks(&self) -> (super::Recorded, super::Mono) {
        match self {
            Read::Known(e) => (e.recorded, e.mono),
            Read::Unreadable(u) => (u.recorded, u.mono),
        }
    }
    /// The entry, when this version can read it.
    pub fn known(&self) -> Option<&Entry> {
        match self {
            Read::Known(e) => Some(e),
            Read::Unreadable(_) => None,
        }
    }
}

/// An entry of today's version, read in a third of the time that the derived reader takes: a storm reads tens of thousands. What this
/// does not read is the other's to judge.
fn quick(text: &str) -> Option<Entry> {
    /// As [`Entry`], its statement left as it stands.
    #[derive(Deserialize)]
    struct Head<'a> {
        v: u32,
        id: EntryId,
        doc: DocumentId,
        author: Author,
        device: DeviceId,
        epoch: ChainEpoch,
        seq: u64,
        #[serde(default)]
        happened: Option<super::Happened>,
        recorded: super::Recorded,
        mono: super::Mono,
        #[serde(default)]
        plan: Option<super::PlanRef>,
        #[serde(default, rename = "ref")]
        reference: Option<String>,
        #[serde(borrow)]
        body: &'a RawValue,
    }
    let Head { v, id, doc, author, device, epoch, seq, happened, recorded, mono, plan, reference, body } =
        serde_json::from_str(text).ok()?;
    let body = statement(body.get())?;
    (v == VERSION).then_some(Entry { v, id, doc, author, device, epoch, seq, happened, recorded, mono, plan, reference, body })
}

/// A statement of today's version, read in one go once its kind is known.
pub(crate) fn statement(json: &str) -> Option<super::Body> {
    #[derive(Deserialize)]
    struct Kind<'a> {
        kind: &'a str,
    }
    let Kind { kind } = serde_json::from_str(json).ok()?;
    super::Body::read(kind, json).ok()
}

/// The entry's name alone, read without the rest of the text; `None` when there is none.
pub fn key_of(text: &str) -> Option<EntryId> {
    #[derive(Deserialize)]
    struct Key {
        id: EntryId,
    }
    serde_json::from_str::<Key>(text).ok().map(|k| k.id)
}

/// True when the body's kind is a word that this version does not have.
fn kind_is_unknown(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Kind {
        kind: String,
    }
    #[derive(Deserialize)]
    struct Body {
        body: Kind,
    }
    serde_json::from_str::<Body>(text).is_ok_and(|b| !super::KINDS.contains(&b.body.kind.as_str()))
}
