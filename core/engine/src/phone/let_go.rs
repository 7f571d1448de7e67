//! Letting go of what the office has had for thirty days. Until then a phone keeps every entry of its own, sealed twice, to offer it again to
//! an office that was restored from a backup; what no receipt covers, and what a screen can still show, is never let go.
//!
//! What a screen can show only its vault can tell: whoever reads notes how far none of their documents lists anything old any more, and leaves
//! the note for a phone that is locked, or open for somebody else, by the time all vaults agree. What goes is one prefix of the phone's rows, so
//! that one row number and one head say all that is gone.

use super::vaults::Enrolment;
use super::{Phone, Reading, docs};
use crate::error::EngineError;
use crate::store::{NOBODYS, OwnRow, Store};
use holdfast_model::time::{ClockReading, DAY};
use holdfast_vault::Opened;
use std::collections::BTreeMap;

/// How long a received entry is kept, in milliseconds.
pub const KEPT_MS: i64 = 30 * DAY;
/// How often a phone looks for what can go: the thirty days themselves need no more precision than that.
const LOOK_EVERY_MS: i64 = DAY;
/// Entries looked at in one go.
const PIECE: usize = 256;
/// Name of the note of when this phone last looked, by its own count.
const LOOKED: &str = "looked";
/// Name of a vault's note of how far its documents list nothing old any more.
const UNSEEN: &str = "unseen";

/// How far a vault's documents list nothing old any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Unseen {
    /// Up to this row.
    to: i64,
    /// When the vault last looked, by the phone's count.
    looked: i64,
}

impl Unseen {
    fn of(store: &Store, vault: i64) -> Result<Unseen, EngineError> {
        let bytes: Option<[u8; 16]> = store.vault_meta(vault, UNSEEN)?.and_then(|bytes| bytes.try_into().ok());
        Ok(bytes.map_or(Unseen::default(), |bytes| {
            let (to, looked) = bytes.split_at(8);
            let number = |half: &[u8]| i64::from_be_bytes(half.try_into().expect("8 of 16 bytes"));
            Unseen { to: number(to), looked: number(looked) }
        }))
    }

    fn bytes(self) -> Vec<u8> {
        [self.to.to_be_bytes(), self.looked.to_be_bytes()].concat()
    }
}

/// What came of looking through old entries.
struct Looked {
    /// The last row of those that all pass.
    to: i64,
    /// False when there may be more to look at than fitted into one go.
    whole: bool,
}

impl Phone {
    /// Lets go of what the office has had for long, from the oldest entry on, up to the first that has to stay. Called with every contact, open
    /// or locked; once a day, by the clock nobody can set, it does something.
    pub(super) fn let_go(&mut self, clock: ClockReading) -> Result<(), EngineError> {
        let age = self.enrolment()?.age_at(clock);
        let noted = self.note_unseen(age)?;
        let store = self.store()?;
        let looked = store.meta(LOOKED)?.and_then(|bytes| bytes.try_into().ok()).map_or(0, i64::from_be_bytes);
        if !noted && age.saturating_sub(looked) < LOOK_EVERY_MS {
            return Ok(());
        }
        // Rows of a vault that is no more, like those that none could ever read, are on no screen.
        let mut unseen = BTreeMap::new();
        for vault in &self.enrolment()?.vaults {
            unseen.insert(vault.number, Unseen::of(store, vault.number)?.to);
        }
        let before = store.let_go()?.n;
        let passed = self.old_rows(before, age, |row| Ok(row.vault == NOBODYS || unseen.get(&row.vault).is_none_or(|to| row.n <= *to)))?;
        store.write(|tx| {
            if passed.to > before {
                tx.let_go(passed.to)?;
            }
            if passed.whole { tx.set_meta(LOOKED, &age.to_be_bytes()) } else { Ok(()) }
        })?;
        if passed.to > before {
            store.scrub()?;
            let retained = self.retained_from()?;
            if let Some(session) = &mut self.session {
                session.retained_from(retained);
            }
        }
        Ok(())
    }

    /// Once a day, while a vault is open: notes how far none of its documents lists an old entry. True when it looked.
    fn note_unseen(&self, age: i64) -> Result<bool, EngineError> {
        let (store, Some(reading)) = (self.store()?, &self.reading) else { return Ok(false) };
        let unseen = Unseen::of(store, reading.vault)?;
        if age.saturating_sub(unseen.looked) < LOOK_EVERY_MS {
            return Ok(false);
        }
        let from = unseen.to.max(store.let_go()?.n);
        let passed = self.old_rows(from, age, |row| Ok(row.vault != reading.vault || !reading.lists(store, row)?))?;
        let unseen = Unseen { to: passed.to, looked: if passed.whole { age } else { unseen.looked } };
        store.write(|tx| tx.set_own_meta(UNSEEN, &unseen.bytes()))?;
        Ok(true)
    }

    /// Goes through the rows behind `after`, as long as the office has had each for thirty days and `passes` lets it. The phone's last entry is
    /// not among them: the chain goes on from it.
    fn old_rows(&self, after: i64, age: i64, passes: impl Fn(&OwnRow) -> Result<bool, EngineError>) -> Result<Looked, EngineError> {
        let (store, epochs) = (self.store()?, self.store()?.epochs()?);
        let rows = store.own(after + 1, self.chain.at.last_n - 1, PIECE)?;
        let mut to = after;
        for row in &rows {
            let received = epochs.iter().any(|e| e.epoch == row.epoch && row.seq <= e.acked);
            let long_ago = received && store.received_at_age(row.epoch, row.seq)?.is_some_and(|then| age.saturating_sub(then) >= KEPT_MS);
            if row.n != to + 1 || !long_ago || !passes(row)? {
                return Ok(Looked { to, whole: true });
            }
            to = row.n;
        }
        Ok(Looked { to, whole: rows.len() < PIECE })
    }

    /// Lowest sequence number of the current epoch that is still here.
    pub(super) fn retained_from(&self) -> Result<u64, EngineError> {
        let store = self.store()?;
        let let_go = store.let_go()?;
        Ok(store.epochs()?.iter().find(|e| e.epoch == self.chain.epoch).map_or(1, |e| let_go.of(e) + 1))
    }
}

impl Reading {
    /// True when one of this vault's documents lists an entry of its own: a screen can show it.
    fn lists(&self, store: &Store, row: &OwnRow) -> Result<bool, EngineError> {
        // What this vault's key does not open was written under one that is gone: no screen shows it.
        let Ok((doc, ..)) = docs::decode_own(&self.keys, row.n, &row.sealed, &mut Opened::default()) else { return Ok(false) };
        Ok(self.row(store, &doc)?.is_some_and(|doc| doc.lists(row.n)))
    }
}

impl Enrolment {
    /// Counts the time that has passed here, up to now. To be stored at every start and with every contact.
    pub(super) fn count(&mut self, now: &ClockReading) {
        self.age = Some(self.age.map_or_else(|| super::age::Age::from(now), |age| age.counted(now)));
    }

    /// Milliseconds that have passed here by now, as far as they are counted.
    pub(super) fn age_at(&self, now: ClockReading) -> i64 {
        self.age.map_or(0, |age| age.at(&now))
    }
}
