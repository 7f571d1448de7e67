//! Care plan versions: which holds, which is to come, and where two stand side by side.

use crate::entry::PlanVersion;
use crate::id::{Digest, EntryId, WorkerId};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// Which version holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum PlanState {
    /// No version is known here.
    Nothing,
    /// Versions are known, and none is in effect yet.
    NotYet {
        /// When the first will be.
        from: Millis,
    },
    /// One holds.
    Current {
        /// Its number.
        version: u32,
        /// Its digest.
        digest: Digest,
    },
    /// Several stand side by side: none of their authors had seen the other. A further version settles it.
    Contested {
        /// Their numbers and digests.
        versions: Vec<(u32, Digest)>,
    },
}

/// One version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanVersionView {
    /// The entry.
    pub entry: EntryId,
    /// Digest of the whole version.
    pub digest: Digest,
    /// Who wrote it.
    pub by: WorkerId,
    /// When.
    pub at: Millis,
    /// When the office received it.
    pub received: Option<Millis>,
    /// Whether it holds.
    pub state: VersionState,
    /// The version, whole.
    pub plan: PlanVersion,
}

/// Whether a version holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionState {
    /// It holds.
    Current,
    /// It stands beside another.
    Contested,
    /// It is not in effect yet.
    Future,
    /// A later one has replaced it.
    Replaced,
    /// Taken back.
    Withdrawn,
}
