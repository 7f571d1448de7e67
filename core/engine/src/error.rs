//! What can go wrong, said to the person who holds the phone: what happened, what is safe, what to do.
//! Every error has a stable code; `docs/errors.md` lists them. None carries a person's text.

use crate::port::{DiskFault, NetworkFault};
use holdfast_model::id::{DocumentId, EntryId};
use holdfast_vault::pin::BadPin;
use holdfast_vault::{CustodyFault, LockFault};

/// Why the phone did not do it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// No enrolment yet.
    #[error("This phone is not enrolled. Ask the office for a code, then enrol.")]
    NotEnrolled,
    /// There is an enrolment already.
    #[error("This phone is enrolled already. Nothing was changed.")]
    AlreadyEnrolled,
    /// Several workers share the phone, and nobody said whose PIN this is.
    #[error("Several people share this phone. Say who you are: --worker and your staff number. Nothing was changed.")]
    WorkerNeeded,
    /// This worker has no vault on this phone.
    #[error("This worker can't read on this phone yet. Ask the office for a code, then enrol. What was recorded is safe.")]
    WorkerNotHere,
    /// Reading needs the PIN first.
    #[error("The phone is locked. What was recorded is safe; unlock with your PIN.")]
    Locked,
    /// The PIN was wrong.
    #[error("That PIN is not right. What was recorded is safe. {left} tries are left; the next one in {} s.", wait_ms.div_euclid(1000))]
    WrongPin {
        /// How many are left before the read path is destroyed.
        left: u32,
        /// Milliseconds until the next try is looked at.
        wait_ms: i64,
    },
    /// Too soon after a wrong PIN; this try was not looked at and does not count.
    #[error("Too soon after a wrong PIN: wait {} s. This try was not counted.", wait_ms.div_euclid(1000) + 1)]
    PinTooSoon {
        /// Milliseconds until the next try is looked at.
        wait_ms: i64,
    },
    /// Ten wrong PINs: this phone can't be read any more.
    #[error(
        "This phone can't be read any more after too many wrong PINs. Entries that wait are safe, sealed for the office. Ring the office: it enrols the phone again."
    )]
    LockedOut,
    /// The new PIN can't be taken.
    #[error("This PIN won't do: {0}. Nothing was changed.")]
    PinUnsuitable(BadPin),
    /// The code was never given out, or was typed wrongly.
    #[error("The office does not know this code. Check each character and try again; nothing was changed.")]
    CodeUnknown,
    /// The code's own check digit does not fit: a slip of the thumb.
    #[error("This code is mistyped. Check each character and try again; nothing was sent.")]
    CodeMistyped,
    /// The code was made for another worker, or this phone is another one to the office now.
    #[error("This code is not for this phone and its worker. Nothing on the phone was changed. Ask the office for a new code.")]
    CodeForAnother,
    /// Entries wait that nobody could read here after a new enrolment: they go first.
    #[error(
        "{waiting} entries still wait to go to the office; they are safe. Stay where there is signal and try again with the same code."
    )]
    UnsentFirst {
        /// How many.
        waiting: u32,
    },
    /// The code was used before.
    #[error("This code was used already. Ask the office for a new one.")]
    CodeUsed,
    /// The code is too old.
    #[error("This code has run out. Ask the office for a new one.")]
    CodeExpired,
    /// The office's address can't be used.
    #[error("The office's address must start with https:// (http:// works on this machine only).")]
    BadAddress,
    /// No way to the office.
    #[error("The office can't be reached. Carry on: everything recorded is saved on this phone and goes when there is signal.")]
    Unreachable,
    /// The office did not answer in time.
    #[error("The office did not answer in time. Carry on: everything recorded is saved on this phone and goes later.")]
    TimedOut,
    /// Somebody else answered.
    #[error(
        "The server that answered could not prove to be the office's. Nothing was sent. Everything is saved on this phone; tell the office."
    )]
    NotTrusted,
    /// The certificate is out of its dates by this phone's clock.
    #[error("This phone's clock seems wrong, so the office can't be checked. Set date and time; everything recorded is safe.")]
    ClockTrouble,
    /// The answer was not signed by the office, or not for this request.
    #[error("An answer did not carry the office's signature and was thrown away. Everything recorded is still saved on this phone.")]
    ReplyUnverified,
    /// The answer could not be read.
    #[error("An answer could not be read and was thrown away. Everything recorded is still saved on this phone.")]
    ReplyUnreadable,
    /// The office speaks a newer protocol.
    #[error("The office speaks a newer version than this phone. Update the app; everything recorded is saved on this phone.")]
    ProtocolNewer,
    /// The office refused, with its own code.
    #[error("The office refused: {says}")]
    Refused {
        /// The office's stable code.
        code: String,
        /// The office's words.
        says: String,
        /// Milliseconds after which to try again, when that helps.
        retry_ms: Option<u32>,
    },
    /// No room on the disk.
    #[error("The phone's storage is full: this was not saved. Free some room, or write it on paper. Everything saved before is safe.")]
    DiskFull,
    /// The store was written by a newer version.
    #[error("The store was written by a newer version ({found}; this one knows {known}). It was left untouched. Update the app.")]
    StoreNewer {
        /// Version of the store.
        found: i64,
        /// Newest version that this software knows.
        known: i64,
    },
    /// The store is damaged; it was moved aside.
    #[error("The store is damaged. It was moved aside as {aside}, nothing was deleted. Export it and give it to the office.")]
    StoreDamaged {
        /// Where the file lies now.
        aside: String,
    },
    /// Another process works on it.
    #[error("Another program has this store open. Close it and try again; nothing was changed.")]
    StoreInUse,
    /// Nothing by that name is on this phone.
    #[error("This visit is not on this phone. For a visit that is not on the run, record an unplanned one.")]
    UnknownVisit,
    /// No such person on this phone.
    #[error("This person is not on this phone. Ring the office.")]
    UnknownPerson,
    /// The statement can't be recorded as it stands: everything that is wrong with it, at once.
    #[error("Not saved yet: {}", problem_codes(.0))]
    NotRecorded(Vec<Problem>),
    /// The time without contact is over: reading is closed, recording is not.
    #[error(
        "This phone has had no contact with the office for too long, so other days can't be read. Today's run and recording still work."
    )]
    LeaseExpired,
    /// The lease is over, and today's run is asked for: it opens for a reason, which is written down.
    #[error(
        "This phone has had no contact with the office for too long. Today's run opens once you say why you need it; the office will see your reason. Recording works as always."
    )]
    GlassNeeded,
    /// The lease is not over.
    #[error("This phone can be read as it is: nothing was opened, and nothing written.")]
    GlassNotNeeded,
    /// The office has revoked this phone.
    #[error("The office has revoked this phone. What was recorded still goes to the office; nothing new comes. Ring the office.")]
    Revoked,
    /// A sealed row does not open: the store was tampered with, or belongs to another phone.
    #[error("A record on this phone does not open with its key. It is kept as it is. Export it and tell the office.")]
    SealBroken,
    /// The provider's public key of the enrolment is damaged.
    #[error("The office's key for sealing is damaged. What was recorded is safe. Ring the office: it enrols the phone again.")]
    ProviderKey,
    /// The phone's keys can't be used.
    #[error("The phone's key store can't be used: {0}.")]
    Keys(LockFault),
    /// The disk or the database failed otherwise.
    #[error("The phone's storage failed ({0}). Nothing that was reported saved is lost. Restart and try again.")]
    Storage(String),
    /// The engine's thread has ended.
    #[error("The app has stopped inside. What was reported saved is safe. Start it again.")]
    Stopped,
}

impl EngineError {
    /// The stable code.
    pub fn code(&self) -> &str {
        match self {
            EngineError::NotEnrolled => "not_enrolled",
            EngineError::AlreadyEnrolled => "already_enrolled",
            EngineError::WorkerNeeded => "worker_needed",
            EngineError::WorkerNotHere => "worker_not_here",
            EngineError::Locked => "locked",
            EngineError::WrongPin { .. } => "wrong_pin",
            EngineError::PinTooSoon { .. } => "pin_too_soon",
            EngineError::LockedOut => "locked_out",
            EngineError::PinUnsuitable(bad) => bad.code(),
            EngineError::CodeUnknown => "code_unknown",
            EngineError::CodeMistyped => "code_mistyped",
            EngineError::CodeForAnother => "code_for_another",
            EngineError::UnsentFirst { .. } => "unsent_first",
            EngineError::CodeUsed => "code_used",
            EngineError::CodeExpired => "code_expired",
            EngineError::BadAddress => "bad_address",
            EngineError::Unreachable => "unreachable",
            EngineError::TimedOut => "timed_out",
            EngineError::NotTrusted => "not_trusted",
            EngineError::ClockTrouble => "clock_trouble",
            EngineError::ReplyUnverified => "reply_unverified",
            EngineError::ReplyUnreadable => "reply_unreadable",
            EngineError::ProtocolNewer => "protocol_newer",
            EngineError::Refused { code, .. } => code,
            EngineError::DiskFull => "disk_full",
            EngineError::StoreNewer { .. } => "store_newer",
            EngineError::StoreDamaged { .. } => "store_damaged",
            EngineError::StoreInUse => "store_in_use",
            EngineError::UnknownVisit => "unknown_visit",
            EngineError::UnknownPerson => "unknown_person",
            // One problem is the code; several are listed.
            EngineError::NotRecorded(problems) => match problems.as_slice() {
                [only] => only.code(),
                _ => "not_recorded",
            },
            EngineError::LeaseExpired => "lease_expired",
            EngineError::GlassNeeded => "break_glass_needed",
            EngineError::GlassNotNeeded => "break_glass_not_needed",
            EngineError::Revoked => "revoked",
            EngineError::SealBroken => "seal_broken",
            EngineError::ProviderKey => "provider_key_damaged",
            EngineError::Keys(fault) => fault.code(),
            EngineError::Storage(_) => "storage",
            EngineError::Stopped => "stopped",
        }
    }

    /// True when the same call may succeed later without anybody doing something: no signal, a busy office.
    pub fn passes(&self) -> bool {
        matches!(self, EngineError::Unreachable | EngineError::TimedOut) || matches!(self, EngineError::Refused { retry_ms: Some(_), .. })
    }
}

/// One thing that is wrong with a statement. All of them are reported at once.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Problem {
    /// A text is longer than a note may be.
    TextTooLong {
        /// Which member.
        field: &'static str,
        /// Its length in bytes.
        bytes: usize,
        /// The most it may have.
        most: usize,
    },
    /// The entry as a whole is too long.
    EntryTooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The most it may have.
        most: usize,
    },
    /// A text that must be there is empty.
    TextMissing {
        /// Which member.
        field: &'static str,
    },
    /// This outcome needs a reason.
    ReasonNeeded {
        /// The outcome that needs it.
        outcome: &'static str,
    },
    /// It is said to have happened later than now, by this phone's clock.
    FutureTime {
        /// Minutes ahead of the phone's clock.
        ahead_min: i64,
    },
    /// The visit has no such task.
    UnknownTask,
    /// Neither the visit nor the plan has such a medicine.
    UnknownMedicine,
    /// An amount or a value is no decimal number.
    NotANumber {
        /// Which member.
        field: &'static str,
    },
    /// The entry to amend or withdraw is not in this visit.
    UnknownEntry {
        /// The entry's name.
        entry: EntryId,
    },
    /// An amendment or a withdrawal can't be amended or withdrawn: make a further one of the first entry.
    NotAmendable,
    /// Only its author can amend or withdraw an entry.
    NotYours,
    /// An amendment must say the same kind of thing as what it puts right.
    OtherKind,
    /// A phone does not make this kind of statement.
    NotForPhones {
        /// The kind.
        kind: &'static str,
    },
    /// The document holds as many entries as one may.
    DocumentFull {
        /// Which.
        doc: DocumentId,
    },
    /// A position outside the earth.
    BadPosition,
}

impl Problem {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Problem::TextTooLong { .. } => "text_too_long",
            Problem::EntryTooLong { .. } => "entry_too_long",
            Problem::TextMissing { .. } => "text_missing",
            Problem::ReasonNeeded { .. } => "reason_needed",
            Problem::FutureTime { .. } => "future_time",
            Problem::UnknownTask => "unknown_task",
            Problem::UnknownMedicine => "unknown_medicine",
            Problem::NotANumber { .. } => "not_a_number",
            Problem::UnknownEntry { .. } => "unknown_entry",
            Problem::NotAmendable => "not_amendable",
            Problem::NotYours => "not_yours",
            Problem::OtherKind => "other_kind",
            Problem::NotForPhones { .. } => "not_for_phones",
            Problem::DocumentFull { .. } => "document_full",
            Problem::BadPosition => "bad_position",
        }
    }
}

fn problem_codes(problems: &[Problem]) -> String {
    problems.iter().map(Problem::code).collect::<Vec<_>>().join(", ")
}

impl From<NetworkFault> for EngineError {
    fn from(fault: NetworkFault) -> EngineError {
        match fault {
            NetworkFault::Unreachable => EngineError::Unreachable,
            NetworkFault::TimedOut => EngineError::TimedOut,
            NetworkFault::NotTrusted => EngineError::NotTrusted,
            NetworkFault::ClockSuspect => EngineError::ClockTrouble,
            NetworkFault::Address => EngineError::BadAddress,
            NetworkFault::TooLarge => EngineError::ReplyUnreadable,
        }
    }
}

impl From<CustodyFault> for EngineError {
    fn from(fault: CustodyFault) -> EngineError {
        EngineError::Keys(LockFault::Custody(fault))
    }
}

impl From<DiskFault> for EngineError {
    fn from(fault: DiskFault) -> EngineError {
        match fault {
            DiskFault::InUse => EngineError::StoreInUse,
            DiskFault::Full => EngineError::DiskFull,
            DiskFault::Io(what) => EngineError::Storage(what),
        }
    }
}

impl From<rusqlite::Error> for EngineError {
    fn from(e: rusqlite::Error) -> EngineError {
        use rusqlite::ErrorCode;
        match e.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => EngineError::DiskFull,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => EngineError::StoreInUse,
            // The caller moves the file aside and says where to.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => EngineError::StoreDamaged { aside: String::new() },
            Some(code) => EngineError::Storage(format!("{code:?}")),
            // What is left are our own mistakes with types and names; their text holds no row's contents.
            None => EngineError::Storage("query".into()),
        }
    }
}
