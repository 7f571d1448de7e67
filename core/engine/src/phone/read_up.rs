//! What receipts say, and what the office tells of other phones' clocks, reaches the rows of documents when somebody looks: taking an answer in stays short, however much it confirms, and a
//! locked phone could not read those rows anyway.

use super::docs::{self, Standings};
use super::{Phone, heard};
use crate::error::EngineError;
use crate::store::{EpochRow, Sealed, Store, Writer};
use holdfast_model::id::ChainEpoch;
use holdfast_vault::Opened;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Name of the note that rows of documents are behind: the first row number concerned.
const UNREAD: &str = "unread";

/// Notes, within the transaction that keeps the receipts, from which own entry on the rows of these vaults' documents are behind. `epochs`
/// as they were before. True when any came to be.
pub(super) fn note(
    store: &Store,
    tx: &Writer<'_>,
    vaults: &[i64],
    epochs: &[EpochRow],
    acked: &BTreeMap<ChainEpoch, u64>,
) -> Result<bool, EngineError> {
    let moved = epochs.iter().filter_map(|e| acked.get(&e.epoch).map(|to| e.first_n + e.acked.min(*to) as i64)).min();
    let Some(first) = moved else { return Ok(false) };
    for vault in vaults {
        let first = noted(store, *vault)?.map_or(first, |n| n.min(first));
        tx.set_vault_meta(*vault, UNREAD, &first.to_be_bytes())?;
    }
    Ok(true)
}

fn noted(store: &Store, vault: i64) -> Result<Option<i64>, EngineError> {
    Ok(store.vault_meta(vault, UNREAD)?.and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes))
}

impl Phone {
    /// Brings the rows of documents up to the receipts that came since somebody looked.
    pub(super) fn caught_up(&mut self) -> Result<(), EngineError> {
        if self.reading.as_ref().is_some_and(|reading| reading.behind) { self.read_up() } else { Ok(()) }
    }

    /// As [`Phone::caught_up`], also for what came before this unlock.
    pub(super) fn read_up(&mut self) -> Result<(), EngineError> {
        let vault = self.reading()?.vault;
        let first = noted(self.store()?, vault)?;
        let better_known = self.reading()?.better_known(self.store()?)?;
        if first.is_none() && better_known.is_empty() {
            if let Some(reading) = &mut self.reading {
                reading.behind = false;
            }
            return Ok(());
        }
        let device = self.enrolment()?.device.clone();
        let now = self.true_now(self.ports.clock.read());
        let Phone { store, reading, .. } = self;
        let store = store.as_ref().ok_or(EngineError::NotEnrolled)?;
        let reading = reading.as_mut().ok_or(EngineError::Locked)?;
        let mut behind = reading.written_by(store, &better_known, now)?;
        if let Some(first) = first {
            let mut room = Opened::default();
            store.each_own(first, i64::MAX, |row| {
                // What this worker's key does not open was written under one that is gone: no screen shows it.
                behind.extend(docs::decode_own(&reading.keys, row.n, row.sealed, &mut room).map(|(doc, ..)| doc));
                Ok(ControlFlow::Continue(()))
            })?;
        }
        let mut standings = Standings::load(store)?;
        let done = store.write(|tx| {
            for doc in &behind {
                reading.open_doc(store, doc)?;
                let mut open = reading.open.remove(doc).expect("opened just now");
                open.set_standings(store, &mut standings, &device)?;
                reading.place(store, &open.held)?;
                open.sum_up(&reading.clocks, now, &reading.rules);
                tx.put(Sealed::Docs, open.key, &open.row.seal(&reading.keys, open.key))?;
                reading.open.insert(doc.clone(), open);
            }
            tx.drop_vault_meta(vault, heard::BETTER_KNOWN)?;
            tx.drop_vault_meta(vault, UNREAD)
        });
        match &done {
            Ok(()) => reading.behind = false,
            // The memory is ahead of the disk.
            Err(_) => reading.open.clear(),
        }
        done
    }
}
