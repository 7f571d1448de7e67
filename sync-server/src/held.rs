//! What is held for checking: bytes that are durable, and part of nobody's record until somebody has looked at them.
//!
//! `01 ‖ chain epoch (8) ‖ first sequence number (8) ‖ number within the push (4) ‖ sealed value`, sealed into a place of its own: device,
//! time, code, and the three numbers in front. Two holds of one push have two places, and none opens under another's device or code.

use crate::error::OfficeError;
use crate::keys::Keys;
use crate::ledger::HeldRaw;
use holdfast_model::document::Segment;
use holdfast_model::entry::Text;
use holdfast_model::id::{ChainEpoch, DeviceId};
use holdfast_model::port::Random;
use holdfast_model::time::Millis;
use holdfast_model::wire::SegmentHead;
use holdfast_vault::Opened;

const VERSION: u8 = 1;
const FRONT: usize = 1 + 8 + 8 + 4;

/// What is found about a chain as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// A stretch of it is gone from its device, and never was here.
    Gap,
    /// Two histories carry one epoch of it: a clone, or a restored copy. Both are kept.
    Fork,
}

impl Finding {
    /// The stable code, as the office's list carries it.
    pub fn code(self) -> &'static str {
        match self {
            Finding::Gap => "chain_gap",
            Finding::Fork => "chain_fork",
        }
    }
    /// Its number within the push: beyond those of anything that a push holds.
    pub fn number(self) -> u32 {
        match self {
            Finding::Gap => u32::MAX,
            Finding::Fork => u32::MAX - 1,
        }
    }
}

/// Why all of a shut-out phone's push is held.
pub const REVOKED: &str = "device_revoked";
/// Why what a worker wrote is held who was taken off the phone that brings it.
pub const TAKEN_OFF: &str = "worker_taken_off";

/// True for a code under which whole segments are held, which have no place in the record yet.
pub fn of_shut_out(code: &str) -> bool {
    code == REVOKED || code == TAKEN_OFF
}

/// Why a request of a phone that nobody knows is held.
pub const UNKNOWN: &str = "device_unknown";
/// Why an entry is held that came sealed and did not open.
pub const UNOPENED: &str = "entry_unopened";

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

    /// The place of a row, as the numbers in front of what is sealed tell it. They are believed only once the seal has opened.
    pub fn of(held: &HeldRaw) -> Result<HeldPlace<'_>, OfficeError> {
        let (front, _) = front_of(held)?;
        let epoch = front[1..9].try_into().expect("eight of the front's bytes");
        let first = u64::from_be_bytes(front[9..17].try_into().expect("eight of the front's bytes"));
        let number = u32::from_be_bytes(front[17..21].try_into().expect("four of the front's bytes"));
        Ok(HeldPlace { device: &held.device, at: held.at, code: &held.code, epoch: ChainEpoch(epoch), first, number })
    }
}

fn front_of(held: &HeldRaw) -> Result<(&[u8; FRONT], &[u8]), OfficeError> {
    let damaged = || OfficeError::Damaged("something held for checking".into());
    let (front, sealed) = held.sealed.split_first_chunk::<FRONT>().ok_or_else(damaged)?;
    match front[0] {
        VERSION => Ok((front, sealed)),
        0 => Err(damaged()),
        newer => Err(OfficeError::Newer(i64::from(newer))),
    }
}

/// Opens what is held.
pub fn open(keys: &Keys, held: &HeldRaw) -> Result<Opened, OfficeError> {
    let (front, sealed) = front_of(held)?;
    keys.open_raw("held", &HeldPlace::of(held)?.row(front), sealed)
}

/// A segment out of its plain form, when these bytes are one. Nothing of it is trusted: it has not been compared with any digest.
pub fn segment_of(plain: &[u8]) -> Option<Segment> {
    let (head, texts) = std::str::from_utf8(plain).ok()?.split_once('\n')?;
    let head: SegmentHead = serde_json::from_str(head).ok()?;
    Some(Segment { head, texts: texts.split_terminator('\n').map(Text::from).collect() })
}

impl crate::Office {
    /// The bytes of something held for checking, by its number: for whoever is to look at them. Empty where there is only a finding.
    pub fn held_bytes(&self, id: i64) -> Result<Option<Opened>, OfficeError> {
        let desk = self.desk();
        desk.ledger.held_whole(id)?.map(|held| open(desk.keys, &held)).transpose()
    }
}
