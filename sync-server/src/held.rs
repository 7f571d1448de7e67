//! What is held for checking: bytes that are durable, and part of nobody's record until somebody has looked at them.
//!
//! `01 ‖ chain epoch (8) ‖ first sequence number (8) ‖ number within the push (4) ‖ sealed value`, sealed into a place of its own: device,
//! time, code, and the three numbers in front. Two holds of one push have two places, and none opens under another's device or code.

use crate::error::OfficeError;
use crate::keys::Keys;
use crate::ledger::HeldRaw;
use holdfast_model::id::{ChainEpoch, DeviceId};
use holdfast_model::port::Random;
use holdfast_model::time::Millis;
use holdfast_vault::Opened;

const VERSION: u8 = 1;
const FRONT: usize = 1 + 8 + 8 + 4;
/// Numbers of findings about a chain: beyond those of anything that a push holds.
pub const GAP: u32 = u32::MAX;
/// As [`GAP`], for two histories of one chain.
pub const FORK: u32 = u32::MAX - 1;

/// Where something is held.
#[derive(Debug, Clone, Copy)]
pub struct HeldPlace<'a> {
    /// Who brought it.
    pub device: &'a DeviceId,
    /// When.
    pub at: Millis,
    /// Why it is held.
    pub code: &'a str,
    /// The stretch of the chain it came with; zeros for none.
    pub epoch: ChainEpoch,
    /// The first sequence number of its push; 0 for none.
    pub first: u64,
    /// Which of its push.
    pub number: u32,
}

impl HeldPlace<'_> {
    fn front(&self) -> Vec<u8> {
        let mut front = vec![VERSION];
        front.extend(self.epoch.0);
        front.extend(self.first.to_be_bytes());
        front.extend(self.number.to_be_bytes());
        front
    }

    fn row(&self, front: &[u8]) -> Vec<u8> {
        let mut row = Vec::new();
        for piece in [self.device.as_str().as_bytes(), &self.at.0.to_be_bytes(), self.code.as_bytes(), front] {
            row.extend((piece.len() as u32).to_be_bytes());
            row.extend(piece);
        }
        row
    }

    /// Seals what is held.
    pub fn seal(&self, keys: &Keys, plain: &[u8], random: &dyn Random) -> Vec<u8> {
        let mut bytes = self.front();
        let row = self.row(&bytes);
        bytes.extend(keys.seal_raw("held", &row, plain, random));
        bytes
    }
}

/// Opens what is held.
pub fn open(keys: &Keys, held: &HeldRaw) -> Result<Opened, OfficeError> {
    let damaged = || OfficeError::Damaged("something held for checking".into());
    let (front, sealed) = held.sealed.split_first_chunk::<FRONT>().ok_or_else(damaged)?;
    match front[0] {
        VERSION => {}
        0 => return Err(damaged()),
        newer => return Err(OfficeError::Newer(i64::from(newer))),
    }
    // The numbers themselves are not read: they are part of the place as they stand.
    let place = HeldPlace { device: &held.device, at: held.at, code: &held.code, epoch: ChainEpoch([0; 8]), first: 0, number: 0 };
    keys.open_raw("held", &place.row(front), sealed)
}

impl crate::Office {
    /// The bytes of something held for checking, by its number: for whoever is to look at them. Empty where there is only a finding.
    pub fn held_bytes(&self, id: i64) -> Result<Option<Opened>, OfficeError> {
        let desk = self.desk();
        let found = desk.ledger.held()?.into_iter().find(|held| held.id == id);
        found.map(|held| open(desk.keys, &held)).transpose()
    }
}
