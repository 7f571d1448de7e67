//! One immutable statement by a named worker: the only thing Holdfast ever stores.
//!
//! An entry's *text* is its canonical JSON: keys sorted, no spaces, no floating-point numbers. The device that
//! records it writes the text once; every digest, signature and seal is over those bytes, and every copy keeps
//! them verbatim. Nothing is edited or deleted: amending, withdrawing and dealing with something are further
//! entries that name the first.

mod body;
mod care;
mod office;
mod read;
mod text;

pub use body::{Body, KINDS};
pub use care::*;
pub use office::*;
pub(crate) use read::statement;
pub use read::{Malformed, Read, Unreadable, key_of};
pub use text::Text;

use crate::id::{BootId, ChainEpoch, DeviceId, Digest, DocumentId, EntryId, PersonId, WorkerId};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// The version of the entry format that this code writes.
pub const VERSION: u32 = 1;

/// One statement, with everything that says who made it, where, when and on which plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Format version: [`VERSION`] when written here.
    pub v: u32,
    /// This entry's name, everywhere and for ever.
    pub id: EntryId,
    /// The document (visit, person, outage) it belongs to.
    pub doc: DocumentId,
    /// Who says it.
    pub author: Author,
    /// The device it was recorded on.
    pub device: DeviceId,
    /// The stretch of the device's chain that `seq` counts in.
    pub epoch: ChainEpoch,
    /// Position in the device's chain, from 1, without gaps, across workers, locks and restarts.
    pub seq: u64,
    /// When it happened, as the author says; absent: as it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub happened: Option<Happened>,
    /// What the device's wall clock said when it was recorded, right or wrong.
    pub recorded: Recorded,
    /// What the device's boot-anchored clock said at the same moment.
    pub mono: Mono,
    /// The care-plan version that was on the screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanRef>,
    /// Number of this statement in the system it was taken over from, if it was.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The statement.
    pub body: Body,
}

/// Who says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The worker's number at the provider.
    pub worker: WorkerId,
    /// True when nobody proved to be that worker: a newcomer without a vault wrote, by name and staff number.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unconfirmed: bool,
    /// The name that went with the number where nobody proved to be that worker; empty where somebody did.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

impl Author {
    /// A worker who has proved to be that worker: by the PIN, or signed in.
    pub fn proven(worker: WorkerId) -> Author {
        Author { worker, unconfirmed: false, name: String::new() }
    }

    /// Somebody who gave a name and a staff number.
    pub fn unconfirmed(worker: WorkerId, name: String) -> Author {
        Author { worker, unconfirmed: true, name }
    }
}

/// When it happened, as the author says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    /// The instant, or the middle of the stretch.
    pub at: Millis,
    /// Half the width of the stretch that the author means, in minutes: 0 is "to the minute".
    #[serde(default, skip_serializing_if = "is_zero")]
    pub give_or_take_min: u32,
    /// How the author knows.
    pub basis: Basis,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// How the author knows when it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Looked at a clock then.
    Seen,
    /// Remembers it.
    Recalled,
    /// Was told by somebody.
    Told,
}

/// The device's wall clock when the entry was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// Milliseconds since 1970, as that clock had it.
    pub at: Millis,
    /// Minutes that the device's local time was ahead of UTC.
    pub offset_min: i16,
}

/// The device's boot-anchored clock when the entry was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mono {
    /// The run of the clock.
    pub boot: BootId,
    /// Milliseconds within it.
    pub ms: i64,
}

/// The care-plan version that was on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PlanRef {
    /// Whose plan.
    pub person: PersonId,
    /// Its number.
    pub version: u32,
    /// Digest of its text: two plans may carry one number.
    pub digest: Digest,
}

impl Entry {
    /// The canonical text. Infallible for what the types can hold.
    pub fn text(&self) -> String {
        // Through `Value`, whose maps are sorted: one way to write an entry, whatever the order of fields.
        serde_json::to_value(self).map(|v| v.to_string()).expect("an entry has string keys only")
    }

    /// The best-known moment by the author's own words: happened if said, else the wall clock.
    /// For display only; chronology places entries.
    pub fn claimed(&self) -> Millis {
        self.happened.map_or(self.recorded.at, |h| h.at)
    }
}
