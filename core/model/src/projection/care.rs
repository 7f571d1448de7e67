//! The two axes: what happened at the person's door, and how we know.

use crate::entry::{Report, Speaker, VisitEnd};
use crate::id::{DeviceId, EntryId, WorkerId};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// What happened at the person's door, as of a moment ([`super::BoardRow::at`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Care {
    /// Its time has not come, and nothing is known yet.
    Due {
        /// Minutes until the planned start.
        in_min: i64,
    },
    /// Somebody is on the way.
    OnTheWay {
        /// Who, when known.
        worker: Option<WorkerId>,
        /// Since when.
        since: Millis,
        /// Minutes past the planned start, when it is past.
        past_start_min: Option<i64>,
    },
    /// Somebody is there.
    ThereNow {
        /// Who, when known.
        worker: Option<WorkerId>,
        /// Since when.
        since: Millis,
    },
    /// It took place, and nothing needs action. By phone call only: tasks are not known.
    Done {
        /// When the last worker left.
        at: Millis,
    },
    /// It took place, and something needs action: see the attention list.
    DoneAct {
        /// When the last worker left.
        at: Millis,
    },
    /// It did not take place, or not whole.
    NotDone {
        /// Why.
        why: NotDone,
        /// When that was found.
        at: Millis,
    },
    /// Its time has come, and nothing is known. This is not *missed*.
    NoWord {
        /// Minutes past the planned start.
        past_start_min: i64,
    },
    /// Somebody said that nobody came, after the visit should have ended; and nothing later says otherwise.
    Missed {
        /// The entry that says so.
        evidence: EntryId,
    },
}

/// Why a visit did not take place, or not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotDone {
    /// Nobody opened.
    NoReply,
    /// The person did not want it.
    Declined,
    /// The person is in hospital.
    InHospital,
    /// The office called it off.
    Cancelled,
    /// It ended early.
    CutShort,
    /// The worker was sent away.
    SentAway,
}

impl NotDone {
    /// `None` for a visit that took place.
    pub(super) fn of(end: VisitEnd) -> Option<NotDone> {
        match end {
            VisitEnd::Done => None,
            VisitEnd::NoReply => Some(NotDone::NoReply),
            VisitEnd::Declined => Some(NotDone::Declined),
            VisitEnd::InHospital => Some(NotDone::InHospital),
            VisitEnd::CutShort => Some(NotDone::CutShort),
            VisitEnd::SentAway => Some(NotDone::SentAway),
        }
    }
}

/// How far a visit has come by the evidence alone, whatever the time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Stage {
    /// Nothing is known.
    Nothing,
    /// Somebody is on the way.
    OnTheWay {
        /// Who, when known.
        worker: Option<WorkerId>,
        /// Since when.
        since: Millis,
    },
    /// Somebody is there.
    There {
        /// Who, when known.
        worker: Option<WorkerId>,
        /// Since when.
        since: Millis,
    },
    /// The last worker who had come has left.
    Finished {
        /// When.
        at: Millis,
    },
    /// It did not take place, or not whole.
    NotDone {
        /// Why.
        why: NotDone,
        /// When that was found.
        at: Millis,
    },
    /// Somebody said, after the visit should have ended, that nobody came.
    NobodyCame {
        /// When they said it was so.
        at: Millis,
        /// The entry.
        evidence: EntryId,
    },
}

/// How we know. The strongest source: a worker's phone, then the office's own act, then a phone call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Know {
    /// Nothing yet.
    Nothing,
    /// A phone call, logged by the office. It never looks like a worker's record, and never closes a medicine.
    PhoneCall {
        /// Whose words.
        speaker: Speaker,
        /// Name or relation: "daughter".
        who: String,
        /// What it said.
        report: Report,
        /// When the call was.
        at: Millis,
        /// Who logged it.
        logged_by: WorkerId,
        /// When it was logged.
        logged_at: Millis,
    },
    /// The office's own act: it called the visit off.
    Office {
        /// Who.
        by: WorkerId,
        /// When.
        at: Millis,
    },
    /// The phone of a worker who was there.
    WorkersPhone {
        /// The worker whose entry is the latest.
        worker: WorkerId,
        /// The phone it was written on.
        device: DeviceId,
        /// When the latest entry was written, in true time.
        written: Millis,
        /// When the office received it; absent while it is only on this phone.
        received: Option<Millis>,
        /// What of the phone's records is still on its way, when that is known and not all.
        incoming: Option<Incoming>,
    },
}

/// "Records coming in, 3 of 9".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incoming {
    /// Entries that are here.
    pub have: u64,
    /// Entries that the phone says it made.
    pub of: u64,
}

impl Incoming {
    /// True when nothing is missing.
    pub fn whole(&self) -> bool {
        self.have >= self.of
    }
}

/// How late the first worker was, or said they would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    /// Minutes after the planned start; negative for early.
    pub minutes: i64,
    /// True when the worker has arrived; false for what was said on the way.
    pub arrived: bool,
    /// Why, in the worker's words.
    pub reason: String,
}

/// Why a visit is not complete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Unfinished {
    /// This worker has not left, as far as their own phone says.
    NotLeft {
        /// Who.
        worker: WorkerId,
    },
    /// Nobody is known to have come.
    NobodyYet,
    /// Tasks without an answer.
    Tasks {
        /// How many.
        n: u32,
    },
    /// Doses without an answer.
    Doses {
        /// How many.
        n: u32,
    },
    /// Some of the phone's records are still on the way.
    ComingIn,
    /// Entries that this version cannot read.
    Unreadable {
        /// How many.
        n: u32,
    },
    /// Entries held for checking.
    HeldForChecking {
        /// How many.
        n: u32,
    },
}
