//! Telling a restart from a restore or a clone. A chain epoch is one unbroken stretch of a device's chain; two phones that both go on
//! from one point would say two things under one number. So a new epoch begins whenever the store is not the one that was last open
//! here: the store and a companion file beside the keys (which no app backup carries) hold the same random mark, renewed at every open,
//! and the file knows the place it lies in.

use super::{Chain, EPOCH_FILE, Phone};
use crate::error::EngineError;
use holdfast_model::id::ChainEpoch;
use serde::{Deserialize, Serialize};

/// What the companion file holds.
#[derive(Serialize, Deserialize)]
struct Companion {
    v: u32,
    /// Where it lies: a copy elsewhere finds another place around it.
    place: String,
    epoch: ChainEpoch,
    /// The mark of the last open.
    mark: String,
    /// The mark of the open that was under way when this was written: the store holds one of the two after a cut.
    next: String,
}

impl Phone {
    /// Finds out where the chain stands, and begins a new epoch when this store is a copy or an older self.
    pub(super) fn find_chain(&mut self) -> Result<(), EngineError> {
        let store = self.store()?;
        let stored = store.epochs()?.last().map(|e| e.epoch);
        let mark = store.meta("mark")?.and_then(|bytes| String::from_utf8(bytes).ok());
        let companion =
            self.ports.disk.read(EPOCH_FILE)?.and_then(|bytes| serde_json::from_slice::<Companion>(&bytes).ok()).filter(|c| c.v == 1);
        let place = data_encoding::HEXLOWER.encode(&self.ports.disk.place()?);
        let epoch = match (stored, mark, companion) {
            (Some(epoch), Some(mark), Some(c)) if c.place == place && c.epoch == epoch && (mark == c.mark || mark == c.next) => Some(epoch),
            _ => None,
        };
        match epoch {
            Some(epoch) => {
                self.chain = Chain { epoch, at: self.store()?.chain_head(epoch)? };
                // Marked with the first entry: until one is made, opening changes nothing that a copy could contradict.
                self.unmarked = true;
                Ok(())
            }
            None => self.begin_epoch(),
        }
    }

    /// Goes on in a fresh epoch. What was recorded before keeps its own, and still goes to the office.
    pub(super) fn begin_epoch(&mut self) -> Result<(), EngineError> {
        let epoch = self.random_epoch();
        let last_n = self.store()?.chain_head(epoch)?.last_n;
        self.store()?.write(|tx| tx.begin_epoch(epoch, last_n + 1))?;
        self.chain = Chain { epoch, at: self.store()?.chain_head(epoch)? };
        let place = data_encoding::HEXLOWER.encode(&self.ports.disk.place()?);
        self.mark_open(epoch, &place)?;
        if let Some(session) = &mut self.session {
            session.new_chain_epoch(0);
        }
        Ok(())
    }

    /// Marks the epoch that enrolment began as open here.
    pub(super) fn adopt_epoch(&mut self) -> Result<(), EngineError> {
        let epoch = self.store()?.epochs()?.last().map(|e| e.epoch).ok_or(EngineError::NotEnrolled)?;
        self.chain = Chain { epoch, at: self.store()?.chain_head(epoch)? };
        let place = data_encoding::HEXLOWER.encode(&self.ports.disk.place()?);
        self.mark_open(epoch, &place)
    }

    pub(super) fn random_epoch(&self) -> ChainEpoch {
        let mut epoch = [0; 8];
        self.ports.random.fill(&mut epoch);
        ChainEpoch(epoch)
    }

    /// Renews the mark on both sides: the file first names both marks, so a cut anywhere in between is no clone.
    fn mark_open(&mut self, epoch: ChainEpoch, place: &str) -> Result<(), EngineError> {
        let mut bytes = [0; 16];
        self.ports.random.fill(&mut bytes);
        let next = data_encoding::HEXLOWER.encode(&bytes);
        let mark = self.store()?.meta("mark")?.and_then(|b| String::from_utf8(b).ok()).unwrap_or_default();
        let write = |mark: &str, next: &str| {
            let companion = Companion { v: 1, place: place.to_owned(), epoch, mark: mark.to_owned(), next: next.to_owned() };
            let bytes = serde_json::to_vec(&companion).expect("a companion has string keys only");
            self.ports.disk.write(EPOCH_FILE, &bytes)
        };
        write(&mark, &next)?;
        self.store()?.write(|tx| tx.set_meta("mark", next.as_bytes()))?;
        write(&next, &next)?;
        self.unmarked = false;
        Ok(())
    }

    /// Makes durable what opening the phone left in memory, so that the first screen need not wait for it: the mark of this open, the clocks
    /// at its start, the lease used up so far. Called before the first entry and the first request, when there is time, and at the end.
    pub(super) fn settle(&mut self) -> Result<(), EngineError> {
        if self.store.is_none() || self.enrolment.is_none() {
            return Ok(());
        }
        if self.unmarked {
            let place = data_encoding::HEXLOWER.encode(&self.ports.disk.place()?);
            self.mark_open(self.chain.epoch, &place)?;
        }
        if let Some(start) = self.unsettled {
            let bytes = self.enrolment()?.bytes();
            self.store()?.write(|tx| {
                tx.keep_sample(&start)?;
                tx.set_meta("enrolment", &bytes)
            })?;
            self.unsettled = None;
        }
        Ok(())
    }

    /// When nothing else is to be done: settles, shows what receipts said, and folds the write-ahead log back.
    pub fn idle(&mut self) -> Result<(), EngineError> {
        self.guarded(|phone| {
            phone.settle()?;
            phone.caught_up()?;
            phone.store.as_ref().map_or(Ok(()), crate::store::Store::tidy)
        })
    }
}
