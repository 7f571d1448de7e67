//! A worker's keys, ready for use while the phone is unlocked. All cryptography is the vault's.

use super::Enrolment;
use crate::error::EngineError;
use holdfast_model::id::{ChainEpoch, DeviceId, ProviderId};
use holdfast_model::port::Random;
use holdfast_vault::{Aad, BlindIndex, DataKey, Opened, OutboxPlace, OutboxSealer, Padding, WorkerKey, open, open_in, seal};
use std::sync::Arc;

/// What seals and opens this phone's rows for one worker.
pub(super) struct Keys {
    provider: ProviderId,
    device: DeviceId,
    install: [u8; 16],
    data: DataKey,
    index: BlindIndex,
    outbox: OutboxSealer,
    random: Arc<dyn Random>,
}

impl Keys {
    /// Derives everything from the worker's key, and agrees once with the provider's key: that is what makes sealing for the way cheap.
    pub(super) fn new(worker: &WorkerKey, enrolment: &Enrolment, random: Arc<dyn Random>) -> Result<Keys, EngineError> {
        let (provider, device) = (enrolment.provider.clone(), enrolment.device.clone());
        let outbox =
            OutboxSealer::new(&enrolment.provider_key, &provider, &device, random.as_ref()).map_err(|_| EngineError::ProviderKey)?;
        Ok(Keys { provider, device, install: enrolment.install, data: worker.data_key(), index: worker.index(), outbox, random })
    }

    /// The number of a row whose name says nothing: 63 bits of a keyed hash. Two of a phone's some thousand rows meet once in 10^12 phones,
    /// and then the second one's seal does not open instead of showing the first.
    pub(super) fn row(&self, table: &str, value: &str) -> i64 {
        let name = self.index.row(table, value.as_bytes());
        let bytes = name.0.first_chunk::<8>().expect("16 bytes hold 8");
        i64::from_be_bytes(*bytes) & i64::MAX
    }

    /// Seals a row's bytes into its place.
    pub(super) fn seal(&self, table: &str, row: i64, plain: &[u8]) -> Vec<u8> {
        let row = row.to_be_bytes();
        seal(&self.data, &self.place(table, &row), Padding::Bucket, plain, self.random.as_ref())
    }

    /// Opens a row.
    pub(super) fn open(&self, table: &str, row: i64, sealed: &[u8]) -> Result<Opened, EngineError> {
        let row = row.to_be_bytes();
        open(&self.data, &self.place(table, &row), sealed).map_err(|_| EngineError::SealBroken)
    }

    /// Opens a row in memory that is used for one after the other.
    pub(super) fn open_in<'r>(&self, table: &str, row: i64, sealed: &[u8], room: &'r mut Opened) -> Result<&'r [u8], EngineError> {
        let row = row.to_be_bytes();
        open_in(&self.data, &self.place(table, &row), sealed, room).map_err(|_| EngineError::SealBroken)
    }

    /// Seals an own change for the provider alone.
    pub(super) fn seal_outbox(&self, epoch: ChainEpoch, seq: u64, plain: &[u8]) -> Vec<u8> {
        let place = OutboxPlace { provider: &self.provider, device: &self.device, epoch, seq };
        self.outbox.seal(&place, plain, self.random.as_ref())
    }

    fn place<'a>(&'a self, table: &'a str, row: &'a [u8]) -> Aad<'a> {
        Aad { provider: self.provider.as_str(), install: &self.install, table, row, document: b"" }
    }
}
