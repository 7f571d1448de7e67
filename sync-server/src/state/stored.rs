//! Pushes and segments as they were stored, and reading them from the ledger.

use crate::error::OfficeError;
use crate::keys::Keys;
use crate::ledger::{Ledger, PushRow, SegmentRow};
use holdfast_model::document::{Segment, rebuild};
use holdfast_model::entry::{Read, Text};
use holdfast_model::id::Digest;
use holdfast_model::projection::{Held, Standing};
use holdfast_model::time::Millis;
use holdfast_model::wire::{Packed, PushHeader, SegmentHead};
use std::sync::Arc;

/// A push as it was stored.
#[derive(Debug)]
pub struct StoredPush {
    /// Its number.
    pub id: i64,
    /// Its signed header.
    pub header: PushHeader,
    /// When it arrived.
    pub received: Millis,
}

/// A segment as it was stored.
#[derive(Debug)]
pub struct Stored {
    /// What its branch's counter said.
    pub seq: u64,
    /// The push it came in.
    pub push: Arc<StoredPush>,
    /// Head and entries.
    pub kept: Kept,
    /// Hashes of its changes, in order; empty when they do not rebuild.
    pub changes: Vec<Digest>,
    /// Why it is not handed on.
    pub withheld: Option<String>,
    /// Somebody looked at it and took it in.
    pub reviewed: bool,
}

/// A segment in hand: its head, and its entries as small as they come. Most are never read here: they go out as they came in, and a row of
/// the board is made when somebody looks.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Its head.
    pub head: SegmentHead,
    entries: Entries,
    /// Bytes of its texts.
    pub text_bytes: usize,
    /// True for records that nobody proved to be the author of.
    pub unconfirmed: bool,
    /// True when one of them may say that a phone was opened past its lease: the others need not be read to find those that do.
    pub glass: bool,
}

#[derive(Debug, Clone)]
enum Entries {
    Packed(Packed),
    Texts(Vec<Text>),
}

impl Kept {
    /// Keeps a segment: its entries as they travelled, if they did, or its texts. `glass` as in [`Kept::glass`].
    pub fn of(segment: Segment, packed: Option<Packed>, glass: bool) -> Kept {
        let text_bytes = segment.text_bytes();
        // By how their texts begin: keys are sorted, so a proven author's has the number alone.
        let unconfirmed = !segment.texts.iter().all(|text| text.starts_with(r#"{"author":{"worker":"#));
        let Segment { head, texts } = segment;
        Kept { head, entries: packed.map_or(Entries::Texts(texts), Entries::Packed), text_bytes, unconfirmed, glass }
    }
}

impl Stored {
    /// Head and texts.
    pub fn segment(&self) -> Segment {
        Segment { head: self.kept.head.clone(), texts: self.texts() }
    }

    /// Texts of its entries.
    pub fn texts(&self) -> Vec<Text> {
        let (header, head) = (&self.push.header, &self.kept.head);
        match &self.kept.entries {
            Entries::Texts(texts) => texts.clone(),
            Entries::Packed(packed) => Packed::unpack(packed.as_bytes(), &header.device, header.epoch, &head.doc, head.n)
                .expect("they were unpacked once before they were kept"),
        }
    }

    /// Its entries, as projections take them. A text that is no entry is left out: it is held for checking.
    pub fn held(&self) -> impl Iterator<Item = Held> + '_ {
        let head = &self.kept.head;
        let standing = match (self.reviewed, &self.withheld) {
            (true, _) => Standing::Reviewed,
            (false, Some(_)) => Standing::HeldForChecking,
            (false, None) => Standing::Received,
        };
        self.texts().into_iter().enumerate().filter_map(move |(i, text)| {
            let read = Read::parse(&text).ok()?;
            let text_digest = text.digest();
            // A change that does not rebuild has no hash that anybody agrees on; its text's digest keeps it apart from others.
            let change = |i: usize| self.changes.get(i).copied().unwrap_or(text_digest);
            let deps = if i == 0 { head.deps.clone() } else { self.changes.get(i - 1).map_or_else(Vec::new, |d| vec![*d]) };
            Some(Held { read, text_digest, change: change(i), deps, received: Some(self.push.received), standing })
        })
    }
}

/// A push's header from the ledger.
pub fn load_push(id: i64, ledger: &dyn Ledger) -> Result<Arc<StoredPush>, OfficeError> {
    let row = ledger.push(id)?.ok_or_else(|| OfficeError::Damaged("a push is missing".into()))?;
    Ok(Arc::new(StoredPush { id, header: header_of(&row)?, received: row.received }))
}

/// The header of a push's row.
pub fn header_of(row: &PushRow) -> Result<PushHeader, OfficeError> {
    serde_json::from_slice(&row.header).map_err(|_| OfficeError::Damaged("the header of a push".into()))
}

/// A segment from the ledger, its changes rebuilt.
pub fn load_segment(row: SegmentRow, push: Arc<StoredPush>, keys: &Keys) -> Result<Stored, OfficeError> {
    let (segment, packed) = open_kept(&row, &push.header, keys)?;
    let changes = match &row.withheld {
        Some(_) => Vec::new(),
        None => rebuild(&segment)
            .map(|all| all.into_iter().map(|(_, hash)| hash).collect())
            .map_err(|_| OfficeError::Damaged("a segment does not rebuild".into()))?,
    };
    let glass = segment.texts.iter().any(|text| text.contains(BREAK_GLASS));
    Ok(Stored { seq: row.seq, push, kept: Kept::of(segment, packed, glass), changes, withheld: row.withheld, reviewed: row.reviewed })
}

/// How an entry says that a phone was opened past its lease.
const BREAK_GLASS: &str = "\"kind\":\"break_glass\"";

/// Stands where the first text would: entries follow as they travelled. No text begins so, for a text is printable.
const PACKED: u8 = 1;

/// Opens a segment's row: a head, and entries as they travelled or as many texts, one a line.
pub fn open_segment(row: &SegmentRow, header: &PushHeader, keys: &Keys) -> Result<Segment, OfficeError> {
    Ok(open_kept(row, header, keys)?.0)
}

/// The same, with the entries as they travelled, if they are kept so.
fn open_kept(row: &SegmentRow, header: &PushHeader, keys: &Keys) -> Result<(Segment, Option<Packed>), OfficeError> {
    let damaged = |what: &str| OfficeError::Damaged(format!("a segment: {what}"));
    let digest = header.segments.get(row.place as usize).ok_or_else(|| damaged("its push does not list it"))?;
    let plain = keys.open_segment(&digest.0, &row.document, &row.sealed)?;
    let end = plain.iter().position(|b| *b == b'\n').ok_or_else(|| damaged("its head"))?;
    let head: SegmentHead = serde_json::from_slice(&plain[..end]).map_err(|_| damaged("its head"))?;
    let (texts, packed) = match &plain[end + 1..] {
        [PACKED, packed @ ..] => {
            let texts = Packed::unpack(packed, &header.device, header.epoch, &head.doc, head.n).map_err(|_| damaged("its entries"))?;
            (texts, Some(Packed::kept(packed)))
        }
        lines => {
            let lines = std::str::from_utf8(lines).map_err(|_| damaged("its text"))?;
            (lines.split_terminator('\n').map(Text::from).collect(), None)
        }
    };
    Ok((Segment { head, texts }, packed))
}

/// The plain form of a segment: what [`open_segment`] reads.
pub fn segment_bytes(segment: &Segment, packed: Option<&Packed>) -> Vec<u8> {
    let entries = packed.map_or_else(|| segment.text_bytes() + segment.texts.len(), |p| p.as_bytes().len() + 1);
    let mut plain = Vec::with_capacity(512 + entries);
    serde_json::to_writer(&mut plain, &segment.head).expect("a segment head has string keys only, and memory does not fail");
    plain.push(b'\n');
    if let Some(packed) = packed {
        plain.push(PACKED);
        plain.extend_from_slice(packed.as_bytes());
        return plain;
    }
    for text in &segment.texts {
        plain.extend_from_slice(text.as_bytes());
        plain.push(b'\n');
    }
    plain
}
