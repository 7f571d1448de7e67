//! What receipts said while the phone was locked reaches the rows of documents at the next unlock: until then nobody could read those.

use super::{Phone, Reading, docs};
use crate::error::EngineError;
use crate::store::{EpochRow, Sealed, Store, Writer};
use holdfast_model::id::ChainEpoch;
use std::collections::{BTreeMap, BTreeSet};

/// Name of the note that rows of documents are behind: the first row number concerned.
const UNREAD: &str = "unread";

/// Notes, within the transaction that keeps the receipts, from which own entry on documents' rows are behind.
pub(super) fn note(store: &Store, tx: &Writer<'_>, epochs: &[EpochRow], acked: &BTreeMap<ChainEpoch, u64>) -> Result<(), EngineError> {
    let first = epochs.iter().filter_map(|e| acked.get(&e.epoch).map(|to| e.first_n + e.acked.min(*to) as i64)).chain(noted(store)?).min();
    first.map_or(Ok(()), |n| tx.set_meta(UNREAD, &n.to_be_bytes()))
}

fn noted(store: &Store) -> Result<Option<i64>, EngineError> {
    Ok(store.meta(UNREAD)?.and_then(|bytes| bytes.try_into().ok()).map(i64::from_be_bytes))
}

impl Phone {
    /// Brings the rows of documents up to the receipts that came while the phone was locked.
    pub(super) fn read_up(&mut self) -> Result<(), EngineError> {
        let Some(first) = noted(self.store()?)? else { return Ok(()) };
        let now = self.true_now(self.ports.clock.read());
        let Phone { store, reading, .. } = self;
        let store = store.as_ref().ok_or(EngineError::NotEnrolled)?;
        let reading = reading.as_mut().ok_or(EngineError::Locked)?;
        let mut behind = BTreeSet::new();
        for row in store.own(first, i64::MAX, usize::MAX >> 1)? {
            // What this worker's key does not open was written under one that is gone: no screen shows it.
            behind.extend(docs::decode_own(&reading.keys, &row).map(|(doc, ..)| doc));
        }
        store.write(|tx| {
            for doc in &behind {
                // Opening reads how far each entry has come.
                let key = reading.open_doc(store, doc)?.key;
                let Reading { keys, clocks, rules, open, .. } = &mut *reading;
                let open = open.get_mut(doc).expect("opened just now");
                open.sum_up(clocks, now, rules);
                tx.put(Sealed::Docs, key, &open.row.seal(keys, key))?;
            }
            tx.drop_meta(UNREAD)
        })
    }
}
