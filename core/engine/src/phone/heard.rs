//! What the office tells of other phones' clocks, so that this phone places a colleague's entries where the office does. One sealed row a
//! phone, read when an entry of that phone is first looked at: opening the store costs nothing for it. Each worker who shares this phone is
//! told for themselves, as their cursor says, and their vault keeps it.

use super::Reading;
use super::docs::{DocRow, OpenDoc};
use super::keys::Keys;
use crate::error::EngineError;
use crate::store::{Sealed, Store, Writer};
use holdfast_model::id::{DeviceId, DocumentId};
use holdfast_model::limits;
use holdfast_model::projection::Held;
use holdfast_model::time::{DAY, Millis};
use holdfast_model::wire::ClockSample;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The version of a row that this code writes.
const VERSION: u32 = 1;
/// How long samples of one phone are kept, against its latest: twice as long as its entries stay in anybody's scope.
const KEPT_MS: i64 = 4 * DAY;
/// Name of the note of phones whose clocks are better known than rows of documents show; sealed.
pub(super) const BETTER_KNOWN: &str = "better_known";
/// How many days around today have rows that are made anew when a clock is better known.
const DAYS_AROUND: i64 = 2;

/// Samples of one phone, before they are sealed.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Row {
    v: u32,
    samples: Vec<ClockSample>,
}

impl Row {
    fn load(store: &Store, keys: &Keys, key: i64) -> Result<Row, EngineError> {
        match store.sealed(Sealed::Clocks, key)? {
            Some(sealed) => serde_json::from_slice(&keys.open("clocks", key, &sealed)?).map_err(|_| EngineError::SealBroken),
            None => Ok(Row { v: VERSION, samples: Vec::new() }),
        }
    }

    /// Adds samples, and lets go of those that newer ones have made pointless.
    fn add(&mut self, new: impl IntoIterator<Item = ClockSample>) {
        for sample in new {
            if !self.samples.contains(&sample) {
                self.samples.push(sample);
            }
        }
        let at = |sample: &ClockSample| sample.truth.map_or(Millis(i64::MIN), |t| t.at);
        self.samples.sort_by_key(at);
        let since = self.samples.last().map_or(Millis(i64::MIN), |last| at(last).plus(-KEPT_MS));
        self.samples.retain(|sample| at(sample) >= since);
        let surplus = self.samples.len().saturating_sub(limits::REPLY_CLOCKS);
        self.samples.drain(..surplus);
    }
}

impl Reading {
    /// Keeps what an answer tells of phones' clocks, and notes of which others, for [`Reading::written_by`]. True when it tells of any: of its own
    /// clock (`own`) this phone's exchange says more, and what it wrote is summed up anew with its receipts.
    pub(super) fn keep_clocks(
        &mut self,
        store: &Store,
        tx: &Writer<'_>,
        own: &DeviceId,
        told: &[(DeviceId, ClockSample)],
    ) -> Result<bool, EngineError> {
        let mut by_device: BTreeMap<&DeviceId, Vec<ClockSample>> = BTreeMap::new();
        for (device, sample) in told.iter().take(limits::REPLY_CLOCKS) {
            by_device.entry(device).or_default().push(*sample);
        }
        for (device, samples) in &by_device {
            let key = self.keys.row("clocks", device.as_str());
            let mut row = Row::load(store, &self.keys, key)?;
            row.add(samples.iter().copied());
            let bytes = serde_json::to_vec(&row).expect("a row has string keys only");
            tx.put(Sealed::Clocks, key, &self.keys.seal("clocks", key, &bytes))?;
            samples.iter().for_each(|sample| self.clocks.sample(device, *sample));
        }
        let others: Vec<DeviceId> = by_device.into_keys().filter(|device| *device != own).cloned().collect();
        if others.is_empty() {
            return Ok(false);
        }
        let mut behind = self.better_known(store)?;
        behind.extend(others);
        let bytes = serde_json::to_vec(&behind).expect("a list of names");
        tx.set_own_meta(BETTER_KNOWN, &self.keys.seal(BETTER_KNOWN, 0, &bytes))?;
        Ok(true)
    }

    /// Phones whose clocks are better known than the rows of documents show.
    pub(super) fn better_known(&self, store: &Store) -> Result<BTreeSet<DeviceId>, EngineError> {
        match store.own_meta(BETTER_KNOWN)? {
            Some(sealed) => serde_json::from_slice(&self.keys.open(BETTER_KNOWN, 0, &sealed)?).map_err(|_| EngineError::SealBroken),
            None => Ok(BTreeSet::new()),
        }
    }

    /// Visits around today in which such phones wrote: their rows stand elsewhere in time now. Those of other days are made anew when they
    /// are opened.
    pub(super) fn written_by(&self, store: &Store, devices: &BTreeSet<DeviceId>, now: Millis) -> Result<BTreeSet<DocumentId>, EngineError> {
        let mut docs = BTreeSet::new();
        if devices.is_empty() {
            return Ok(docs);
        }
        docs.extend(self.open.values().filter(|open| open.is_by(devices)).map(|open| open.row.doc.clone()));
        for away in -DAYS_AROUND..=DAYS_AROUND {
            let Some(day) = now.plus(away * DAY).london_day() else { continue };
            for visit in self.day(store, day)?.1 {
                let doc = DocumentId::Visit(visit);
                // Rows of earlier versions do not say who wrote.
                let by = |row: &DocRow| row.devices.is_empty() || row.devices.iter().any(|device| devices.contains(device));
                if self.row(store, &doc)?.is_some_and(|row| by(&row)) {
                    docs.insert(doc);
                }
            }
        }
        Ok(docs)
    }

    /// Tells the clocks of these entries, and of whatever this phone was told of the phones that they were written on.
    pub(super) fn place(&mut self, store: &Store, entries: &[Held]) -> Result<(), EngineError> {
        for held in entries {
            let device = held.read.place().0;
            if !self.heard.contains(device) {
                let key = self.keys.row("clocks", device.as_str());
                for sample in Row::load(store, &self.keys, key)?.samples {
                    self.clocks.sample(device, sample);
                }
                self.heard.insert(device.clone());
            }
            self.clocks.entry(&held.read, held.received);
        }
        Ok(())
    }
}

impl OpenDoc {
    /// True when one of these phones wrote in it.
    fn is_by(&self, devices: &BTreeSet<DeviceId>) -> bool {
        self.held.iter().any(|held| devices.contains(held.read.place().0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::id::BootId;
    use holdfast_model::wire::Truth;

    fn sample(at: i64) -> ClockSample {
        let truth = Some(Truth { at: Millis(at), err_ms: 1 });
        ClockSample { boot: BootId([1; 8]), mono_ms: at, wall: Millis(at), truth }
    }

    #[test]
    fn a_row_keeps_each_sample_once_and_the_last_days_only() {
        let mut row = Row::default();
        row.add([sample(5 * DAY), sample(0), sample(2 * DAY), sample(2 * DAY)]);
        assert_eq!(row.samples, [sample(2 * DAY), sample(5 * DAY)]);
        row.add((0..5_000).map(|n| sample(5 * DAY + n)));
        assert_eq!((row.samples.len(), row.samples.last()), (limits::REPLY_CLOCKS, Some(&sample(5 * DAY + 4_999))));
    }
}
