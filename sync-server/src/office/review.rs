//! Looking at what is held for checking, and deciding about it.
//!
//! Three things can be taken in: what a shut-out phone, or a worker who was taken off one, brought, what a phone brought before it was known (again), and a document that is withheld
//! from phones. Everything else can be set aside, with a reason. Nothing that is held is ever deleted, and no decision is: each is a row of its
//! own, with who, when and why, written in the transaction that carries it out. Setting aside can be taken back; what was taken in is part of
//! the record, where it is put right like anything else.
//!
//! What is taken in goes the way of every push: its device's signature, its chain and its segments' digests are checked again, and an entry that
//! is in the record already (by device, chain epoch, sequence and text) does not get a second place.

use super::query::name_of;
use super::{HeldRow, Office, locked, wait};
use crate::error::OfficeError;
use crate::held::{UNKNOWN, UNOPENED, of_shut_out, open, segment_of};
use crate::ingest::Refused;
use crate::keys::Keys;
use crate::ledger::{Batch, HeldRaw, ReviewRow, SealedRow, Table};
use crate::ready::Ready;
use crate::writer::{Outcome, phone_row};
use holdfast_model::document::Segment;
use holdfast_model::entry::Read;
use holdfast_model::id::{BranchId, DeviceId, WorkerId};
use holdfast_model::port::Random;
use holdfast_model::time::Millis;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Longest reason, in bytes.
pub const WHY_BYTES: usize = 500;
/// Codes of segments that are in the record, and withheld from phones.
pub(super) const WITHHELD: [&str; 4] = ["segment_profile", "segment_texts", "segment_unlisted", "segment_changes"];

/// What was decided about something held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It has its place in the record now.
    TakenIn,
    /// It is kept, and nobody waits for it any more.
    SetAside,
    /// It was set aside, and is to be looked at again.
    PutBack,
}

impl Verdict {
    /// As it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::TakenIn => "taken_in",
            Verdict::SetAside => "set_aside",
            Verdict::PutBack => "put_back",
        }
    }

    fn read(word: &str) -> Option<Verdict> {
        [Verdict::TakenIn, Verdict::SetAside, Verdict::PutBack].into_iter().find(|v| v.word() == word)
    }
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// When.
    pub at: Millis,
    /// What.
    pub verdict: Verdict,
    /// Who.
    pub by: WorkerId,
    /// Why.
    pub why: String,
}

/// Whether something held can be taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakeIn {
    /// Yes.
    Can,
    /// Not while its phone is unknown.
    OncePhoneIsKnown,
    /// No: there is nothing in it that has a place in the record.
    Never,
}

/// A piece of what is held, decoded as far as it can be.
#[derive(Debug, Clone, PartialEq)]
pub enum HeldPiece {
    /// An entry, as it claims to be.
    Entry(Box<Read>),
    /// A text that is no entry.
    Text(String),
    /// This many bytes that are no text, or are sealed.
    Bytes(usize),
}

/// Something held, opened to be looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldItem {
    /// What the list says of it.
    pub row: HeldRow,
    /// What is in it. Of a phone that nobody knows: nothing, since nobody can tell whose it is.
    pub pieces: Vec<HeldPiece>,
    /// How many bytes it is.
    pub bytes: usize,
    /// Whether it can be taken in.
    pub take_in: TakeIn,
}

/// Why a decision was not carried out. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// No such hold.
    #[error("nothing with this number is held here")]
    Unknown,
    /// Somebody decided already.
    #[error("somebody has decided about this already")]
    Decided,
    /// There is nothing in it that has a place in the record.
    #[error("this cannot be taken in")]
    NotTakeable,
    /// Its phone is not known.
    #[error("the phone that brought this is not known here")]
    PhoneUnknown,
    /// What comes before it in its chain is not here.
    #[error("records of this phone from before these are missing")]
    Gap,
    /// A decision without a reason, or with one that is too long.
    #[error("a decision needs a reason of at most {WHY_BYTES} bytes")]
    Reason,
    /// It is not what its device signed.
    #[error("this is not what its phone signed")]
    NotSigned,
    /// The office cannot do anything now.
    #[error(transparent)]
    Office(#[from] OfficeError),
}

impl ReviewError {
    /// Stable code, listed in `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        match self {
            ReviewError::Unknown => "held_unknown",
            ReviewError::Decided => "held_decided",
            ReviewError::NotTakeable => "held_not_takeable",
            ReviewError::PhoneUnknown => "held_phone_unknown",
            ReviewError::Gap => "held_gap",
            ReviewError::Reason => "held_reason",
            ReviewError::NotSigned => "held_not_signed",
            ReviewError::Office(e) => e.code(),
        }
    }
}

impl From<Refused> for ReviewError {
    fn from(e: Refused) -> Self {
        match e {
            Refused::Signature | Refused::Push(_) => ReviewError::NotSigned,
            Refused::Office(e) => ReviewError::Office(e),
        }
    }
}

/// Who and why, as they are sealed.
#[derive(Serialize, Deserialize)]
struct Sealed {
    v: u32,
    by: WorkerId,
    why: String,
}

/// The place that who and why are sealed into.
fn place(held: i64, at: Millis, verdict: &str) -> Vec<u8> {
    [&held.to_be_bytes(), &at.0.to_be_bytes(), verdict.as_bytes()].concat()
}

fn seal(keys: &Keys, random: &dyn Random, held: i64, review: &Review) -> ReviewRow {
    let json = serde_json::to_vec(&Sealed { v: 1, by: review.by.clone(), why: review.why.clone() }).expect("string keys only");
    let verdict = review.verdict.word();
    let sealed = keys.seal_raw("review", &place(held, review.at, verdict), &json, random);
    ReviewRow { id: 0, held, at: review.at, verdict: verdict.into(), sealed }
}

fn open_review(keys: &Keys, row: &ReviewRow) -> Result<Review, OfficeError> {
    let damaged = || OfficeError::Damaged("a decision about something held".into());
    let verdict = Verdict::read(&row.verdict).ok_or_else(damaged)?;
    let opened = keys.open_raw("review", &place(row.held, row.at, &row.verdict), &row.sealed)?;
    let sealed: Sealed = serde_json::from_slice(&opened).map_err(|_| damaged())?;
    Ok(Review { at: row.at, verdict, by: sealed.by, why: sealed.why })
}

/// True when whoever looks at the list has something to decide.
fn is_open(reviews: &[Review]) -> bool {
    reviews.last().is_none_or(|r| r.verdict == Verdict::PutBack)
}

impl Office {
    /// What is held for checking and nobody has decided about: of a branch, and of phones that nobody knows. Latest first.
    pub fn held_for_checking(&self, branch: &BranchId) -> Result<Vec<HeldRow>, OfficeError> {
        Ok(self.held_rows(branch)?.into_iter().filter(|row| is_open(&row.reviews)).collect())
    }

    /// What was held for checking and somebody has decided about, latest decision first.
    pub fn held_decided(&self, branch: &BranchId) -> Result<Vec<HeldRow>, OfficeError> {
        let mut rows: Vec<HeldRow> = self.held_rows(branch)?.into_iter().filter(|row| !is_open(&row.reviews)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.reviews.last().map(|r| r.at)));
        Ok(rows)
    }

    fn held_rows(&self, branch: &BranchId) -> Result<Vec<HeldRow>, OfficeError> {
        let raws = self.inner.ledger.held()?;
        let mut reviews = if raws.is_empty() { HashMap::new() } else { self.reviews()? };
        let mut rows = Vec::new();
        for raw in raws {
            let row = self.held_row(&raw, reviews.remove(&raw.id).unwrap_or_default())?;
            if row.branch.as_ref().is_none_or(|b| b == branch) {
                rows.push(row);
            }
        }
        Ok(rows)
    }

    fn reviews(&self) -> Result<HashMap<i64, Vec<Review>>, OfficeError> {
        let mut all: HashMap<i64, Vec<Review>> = HashMap::new();
        for row in self.inner.ledger.reviews()? {
            all.entry(row.held).or_default().push(open_review(&self.inner.keys, &row)?);
        }
        Ok(all)
    }

    fn held_row(&self, raw: &HeldRaw, reviews: Vec<Review>) -> Result<HeldRow, OfficeError> {
        let (branch, phone) = {
            let state = self.state();
            let named = raw.branch.and_then(|no| state.branch(no)).map(|b| b.name.clone());
            let phone = state.phones.get(&raw.device).map(|p| locked(p).clone());
            let worker = phone.as_ref().map(|p| name_of(&state, &p.worker));
            (named, phone.zip(worker))
        };
        let document = match raw.document {
            Some(key) => self.inner.ledger.document(&key)?.and_then(|d| self.inner.keys.open_document(&d.key, &d.sealed).ok()),
            None => None,
        };
        let (home, label, worker_name) = match phone {
            Some((phone, worker)) => (Some(phone.branch), Some(phone.label), Some(worker)),
            None => (None, None, None),
        };
        Ok(HeldRow {
            id: raw.id,
            at: raw.at,
            device: raw.device.clone(),
            label,
            worker_name,
            // What came while nobody knew the phone belongs to its branch from the moment somebody does.
            branch: branch.or(home),
            code: raw.code.clone(),
            document,
            entries: raw.entries,
            reviews,
        })
    }

    fn held_raw(&self, id: i64) -> Result<Option<(HeldRaw, Vec<Review>)>, OfficeError> {
        let Some(raw) = self.inner.ledger.held_whole(id)? else { return Ok(None) };
        Ok(Some((raw, self.reviews()?.remove(&id).unwrap_or_default())))
    }

    /// The branch that something held belongs to; nothing inside: nobody knows yet. `None`: no such hold.
    pub fn held_branch(&self, id: i64) -> Result<Option<Option<BranchId>>, OfficeError> {
        let Some((raw, _)) = self.held_raw(id)? else { return Ok(None) };
        Ok(Some(self.held_row(&raw, Vec::new())?.branch))
    }

    /// Something held, opened to be looked at, whatever was decided about it. `None`: no such hold.
    pub fn held_item(&self, id: i64) -> Result<Option<HeldItem>, OfficeError> {
        let Some((raw, reviews)) = self.held_raw(id)? else { return Ok(None) };
        let plain = open(&self.inner.keys, &raw)?;
        let row = self.held_row(&raw, reviews)?;
        let known = row.label.is_some();
        let pieces = match raw.code.as_str() {
            code if of_shut_out(code) => segment_of(&plain).map_or_else(|| text_or_bytes(&plain), |segment| read_all(&segment)),
            UNKNOWN if known => self.request_pieces(&raw.device, &plain),
            UNKNOWN | UNOPENED if !plain.is_empty() => vec![HeldPiece::Bytes(plain.len())],
            _ => text_or_bytes(&plain),
        };
        let take_in = match raw.code.as_str() {
            code if of_shut_out(code) => TakeIn::Can,
            UNKNOWN if known => TakeIn::Can,
            UNKNOWN => TakeIn::OncePhoneIsKnown,
            code if WITHHELD.contains(&code) => TakeIn::Can,
            _ => TakeIn::Never,
        };
        Ok(Some(HeldItem { row, pieces, bytes: plain.len(), take_in }))
    }

    /// The entries of a request whose phone is known by now, as far as they can be read.
    fn request_pieces(&self, device: &DeviceId, body: &[u8]) -> Vec<HeldPiece> {
        let Ok(pushes) = self.pushes_of(device, body) else { return vec![HeldPiece::Bytes(body.len())] };
        let mut pieces = Vec::new();
        for unsealed in pushes {
            pieces.extend(unsealed.push.segments.iter().flat_map(read_all));
            pieces.extend(unsealed.unopened.iter().map(|u| HeldPiece::Bytes(u.sealed.len())));
        }
        pieces
    }

    /// Gives what is held its place in the record. `past_gap`: also when records of the phone from before these are missing.
    ///
    /// Gives how many entries are new in the record by this.
    pub fn take_in(&self, id: i64, by: &WorkerId, why: &str, past_gap: bool) -> Result<u64, ReviewError> {
        // One at a time: two people may decide at once.
        let _turn = locked(&self.inner.reviewing);
        let (raw, review) = self.decide(id, by, why, Verdict::TakenIn)?;
        let take = self.to_take(&raw, past_gap)?;
        let released = take.released.clone();
        let with = Batch { released: take.released, ..Batch::default() };
        let outcomes = self.carry_out(take.ready, with, &raw, &review)?;
        if outcomes.iter().any(|o| matches!(o, Outcome::Gap { .. })) {
            // The phone's chain moved while this was decided. Nothing found its place, and nobody is to think that it did.
            let again = Review { verdict: Verdict::PutBack, ..review };
            self.carry_out(Vec::new(), Batch::default(), &raw, &again)?;
            return Err(ReviewError::Gap);
        }
        self.release(&released);
        Ok(take.new)
    }

    /// Says that nobody has to wait for this any more. It is kept.
    pub fn set_aside(&self, id: i64, by: &WorkerId, why: &str) -> Result<(), ReviewError> {
        let _turn = locked(&self.inner.reviewing);
        let (raw, review) = self.decide(id, by, why, Verdict::SetAside)?;
        self.carry_out(Vec::new(), Batch::default(), &raw, &review).map(|_| ())
    }

    /// Puts back what was set aside: it is to be looked at again.
    pub fn put_back(&self, id: i64, by: &WorkerId, why: &str) -> Result<(), ReviewError> {
        let _turn = locked(&self.inner.reviewing);
        let (raw, review) = self.decide(id, by, why, Verdict::PutBack)?;
        self.carry_out(Vec::new(), Batch::default(), &raw, &review).map(|_| ())
    }

    /// The hold and the decision, when it can be decided so now.
    fn decide(&self, id: i64, by: &WorkerId, why: &str, verdict: Verdict) -> Result<(HeldRaw, Review), ReviewError> {
        let why = why.trim();
        if why.is_empty() || why.len() > WHY_BYTES {
            return Err(ReviewError::Reason);
        }
        let (raw, reviews) = self.held_raw(id)?.ok_or(ReviewError::Unknown)?;
        let fits = match verdict {
            Verdict::PutBack => reviews.last().is_some_and(|r| r.verdict == Verdict::SetAside),
            Verdict::TakenIn | Verdict::SetAside => is_open(&reviews),
        };
        if !fits {
            return Err(ReviewError::Decided);
        }
        Ok((raw, Review { at: self.now(), verdict, by: by.clone(), why: why.to_owned() }))
    }

    /// Writes a decision and what it does, in one transaction.
    fn carry_out(&self, ready: Vec<Ready>, mut with: Batch, raw: &HeldRaw, review: &Review) -> Result<Vec<Outcome>, ReviewError> {
        let inner = &self.inner;
        with.reviews.push(seal(&inner.keys, &*inner.random, raw.id, review));
        with.sealed.extend(self.counted(raw, review.verdict));
        Ok(wait(self.store(ready, Vec::new(), Vec::new(), with)?)?)
    }

    /// The row of the phone, with its count of held entries as the decision leaves it.
    fn counted(&self, raw: &HeldRaw, verdict: Verdict) -> Option<(Table, SealedRow)> {
        if WITHHELD.contains(&raw.code.as_str()) || raw.entries == 0 {
            return None;
        }
        let phone = self.state().phones.get(&raw.device).cloned()?;
        let mut phone = locked(&phone);
        phone.held = match verdict {
            Verdict::PutBack => phone.held.saturating_add(raw.entries),
            Verdict::TakenIn | Verdict::SetAside => phone.held.saturating_sub(raw.entries),
        };
        Some((Table::Device, phone_row(&phone, &self.inner.keys, &*self.inner.random)))
    }
}

fn read_all(segment: &Segment) -> Vec<HeldPiece> {
    segment.texts.iter().map(|text| piece(text)).collect()
}

fn piece(text: &str) -> HeldPiece {
    Read::parse(text).map_or_else(|_| HeldPiece::Text(text.to_owned()), |read| HeldPiece::Entry(Box::new(read)))
}

fn text_or_bytes(plain: &[u8]) -> Vec<HeldPiece> {
    match std::str::from_utf8(plain) {
        _ if plain.is_empty() => Vec::new(),
        Ok(text) => vec![piece(text)],
        Err(_) => vec![HeldPiece::Bytes(plain.len())],
    }
}
