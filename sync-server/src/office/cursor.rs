//! Where a phone is: what it was handed last, and up to where it has everything. The office keeps none of this; the phone hands it back.

use super::{Office, refusals};
use crate::clock_log::Told;
use holdfast_model::id::{ChainEpoch, DeviceId, ServerEpoch};
use holdfast_model::port::Answer;

/// Where a phone is. It travels opaque, protected, bound to the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// Which life of the ledger it counts in.
    pub server: ServerEpoch,
    /// The phone's chain epoch when it was given.
    pub chain: ChainEpoch,
    /// Last sequence number of that epoch that it was told is durable.
    pub have_to: u64,
    /// Up to which count of the branch it has everything in its scope.
    pub seq: u64,
    /// Which scope that was.
    pub generation: u64,
    /// What it was told of other phones' clocks.
    pub told: Told,
}

const CURSOR_BYTES: usize = 1 + 8 + 8 + 8 + 8 + 8 + 8 + 8;
/// A cursor of version 1 says nothing of clocks.
const CURSOR_BYTES_V1: usize = CURSOR_BYTES - 16;

impl Cursor {
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![2];
        bytes.extend(self.server.0);
        bytes.extend(self.chain.0);
        bytes.extend(self.have_to.to_be_bytes());
        bytes.extend(self.seq.to_be_bytes());
        bytes.extend(self.generation.to_be_bytes());
        bytes.extend(self.told.run.to_be_bytes());
        bytes.extend(self.told.count.to_be_bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Cursor> {
        let told = match (bytes.first(), bytes.len()) {
            (Some(1), CURSOR_BYTES_V1) => false,
            (Some(2), CURSOR_BYTES) => true,
            _ => return None,
        };
        let part = |i: usize| -> [u8; 8] { bytes[1 + 8 * i..9 + 8 * i].try_into().expect("eight bytes, within the length just looked at") };
        let number = |i: usize| u64::from_be_bytes(part(i));
        Some(Cursor {
            server: ServerEpoch(part(0)),
            chain: ChainEpoch(part(1)),
            have_to: number(2),
            seq: number(3),
            generation: number(4),
            told: if told { Told { run: number(5), count: number(6) } } else { Told::default() },
        })
    }
}

impl Office {
    /// Reads a cursor. Another phone's, or one that was changed, is refused; one from before a restore begins anew.
    pub(crate) fn cursor(&self, device: &DeviceId, text: Option<&str>) -> Result<Option<Cursor>, Answer> {
        let Some(text) = text else { return Ok(None) };
        let bytes = self.inner.keys.cursors.check(device.as_str().as_bytes(), text);
        let Some(cursor) = bytes.and_then(|b| Cursor::read(&b)) else {
            return Err(refusals::cursor_foreign());
        };
        Ok((cursor.server == self.inner.server_epoch).then_some(cursor))
    }
}
