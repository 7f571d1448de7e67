//! Who was on the way, there, gone: from workers' phones and from phone calls.

use crate::entry::{Method, Report, Speaker};
use crate::id::{DeviceId, EntryId, WorkerId};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// One worker's part in a visit, from their own entries only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerPart {
    /// Who.
    pub worker: WorkerId,
    /// True when the visit is theirs, by the rota or as cover.
    pub assigned: bool,
    /// The phone they last wrote on.
    pub device: Option<DeviceId>,
    /// On the way since.
    pub on_the_way: Option<Millis>,
    /// Arrived at.
    pub arrived: Option<Millis>,
    /// How presence was shown.
    pub arrived_by: Option<Method>,
    /// Left at.
    pub left: Option<Millis>,
    /// How leaving was shown.
    pub left_by: Option<Method>,
    /// Their last entry about this visit, in true time.
    pub last_word: Option<Millis>,
    /// What a phone call last said of them, when it named them or they spoke themselves.
    pub phoned: Option<Report>,
}

/// A phone call about the visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallView {
    /// The entry.
    pub entry: EntryId,
    /// Who spoke.
    pub who: String,
    /// Whose words these are.
    pub speaker: Speaker,
    /// When the call was.
    pub at: Millis,
    /// What it says.
    pub report: Report,
    /// When that was, as said.
    pub report_at: Option<Millis>,
    /// Of whom.
    pub worker: Option<WorkerId>,
    /// The words themselves.
    pub words: String,
    /// Who logged it.
    pub logged_by: WorkerId,
    /// When it was logged.
    pub logged_at: Millis,
}
