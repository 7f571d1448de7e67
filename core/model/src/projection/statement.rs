//! Entries as statements that stand: amended, withdrawn, contradicted, dealt with.

use crate::chronology::Timing;
use crate::entry::{Author, Body, Happened, PlanRef, Recorded};
use crate::id::{ChainEpoch, DeviceId, Digest, EntryId, WorkerId};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// One entry as a page shows it: four times, who, on what, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EntryView {
    /// Its name.
    pub id: EntryId,
    /// SHA-256 of its text: two entries may carry one name.
    pub text_digest: Digest,
    /// Who says it.
    pub author: Author,
    /// The device it was recorded on.
    pub device: DeviceId,
    /// Stretch of the device's chain.
    pub epoch: ChainEpoch,
    /// Place in it.
    pub seq: u64,
    /// How far it has come.
    pub standing: super::Standing,
    /// When.
    pub times: Times,
    /// The plan version that was on the screen.
    pub plan: Option<PlanRef>,
    /// Its number in the system it was taken over from.
    pub reference: Option<String>,
    /// What it says.
    pub said: Said,
    /// The amendments that stand, side by side: more than one means that their authors had not seen each other's.
    pub amendments: Vec<Amendment>,
    /// For an amendment: that a later one has replaced it.
    pub replaced: bool,
    /// Taken back: by whom, when, why. It stays, marked.
    pub withdrawn: Option<Withdrawal>,
    /// Entries that say something else about the same thing, and none of whose authors had seen the other.
    pub contradicts: Vec<EntryId>,
    /// True when another entry carries the same name with another text.
    pub same_id_twice: bool,
    /// Who dealt with it.
    pub dealt_with: Option<super::Dealt>,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "nearly every entry is known; a box each would cost more than it saves")]
pub enum Said {
    /// In full.
    Known {
        /// The statement.
        body: Body,
    },
    /// Of a newer version: kept verbatim, relayed, can't be read here yet.
    Unreadable {
        /// The version it is of.
        v: u32,
    },
}

/// The four times of an entry, kept apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Times {
    /// When it happened, as the author says; absent: as it was recorded.
    pub happened: Option<Happened>,
    /// What the device's wall clock said, right or wrong.
    pub recorded: Recorded,
    /// When it was recorded in true time, with the doubt about it.
    pub written: Timing,
    /// When the office received it.
    pub received: Option<Millis>,
    /// True when nobody can say whether it or the entry above was recorded first.
    pub same_time_as_above: bool,
    /// True when the author says it happened later than it can have been written.
    pub said_after_written: bool,
}

impl Times {
    /// The moment to show: as the author says, else when it was written.
    pub fn best(&self) -> Millis {
        self.happened.map_or(self.written.best, |h| h.at)
    }
}

/// An amendment that stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Amendment {
    /// The entry that amends.
    pub entry: EntryId,
    /// Who.
    pub by: WorkerId,
    /// When.
    pub at: Millis,
    /// Why.
    pub reason: String,
    /// What it should have said.
    pub with: Body,
}

/// An entry that takes another back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The entry that withdraws.
    pub entry: EntryId,
    /// Who.
    pub by: WorkerId,
    /// When.
    pub at: Millis,
    /// Why.
    pub reason: String,
}
