//! A day as a trainer writes it: who carries which phone, what happens when, and what the office must see.
//!
//! The format is plain text, described for its writers in `docs/scenario-format.md`. Reading it gives [`Act`]s, which
//! a [`World`](crate::world::World) or the demo plays, and [`Claim`]s, which either checks. What a scenario makes
//! people record also says exactly which entries must be in the office's store at the end ([`crate::oracle`]).

pub mod cast;
mod claims;
mod phrase;
mod read;
mod sentences;

pub use claims::{CLAIMS, CareWord, Claim, Source};
pub use read::{Trouble, Troubles, load, parse};
pub use sentences::{SENTENCES, revision};

use cast::Cast;
use holdfast_model::entry::Body;
use holdfast_model::id::{DocumentId, VisitId, WorkerId};
use holdfast_model::time::Millis;
use std::path::PathBuf;

/// A scenario, read and with every name found.
#[derive(Debug)]
pub struct Scenario {
    /// First line: "S3. The rota system is down for two hours".
    pub title: String,
    /// Folder with the provider's CSV files.
    pub provider: PathBuf,
    /// The provider's people, workers and visits, as those files say.
    pub cast: Cast,
    /// When the day's play begins: phones are enrolled and take their pack.
    pub begins: Millis,
    /// When it ends.
    pub ends: Millis,
    /// Visits that begin from the first and before the second moment are what tallies count; all, when absent.
    pub window: Option<(Millis, Millis)>,
    /// Whose phones take part, and how wrong their clocks are.
    pub phones: Vec<PhoneLine>,
    /// What happens, in order of time; acts of one moment in the order written.
    pub acts: Vec<Act>,
    /// What must be seen.
    pub claims: Vec<Check>,
}

/// A phone that takes part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneLine {
    /// Whose.
    pub worker: WorkerId,
    /// How far its wall clock is from the truth when the day begins, in milliseconds.
    pub skew_ms: i64,
}

/// Something that happens.
#[derive(Debug, Clone, PartialEq)]
pub struct Act {
    /// The line it comes from.
    pub line: usize,
    /// When, truly.
    pub at: Millis,
    /// What.
    pub deed: Deed,
}

/// What happens.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// A worker records something about a visit on their phone.
    Tap {
        /// Who.
        worker: WorkerId,
        /// At which visit.
        visit: VisitId,
        /// What exactly.
        body: Body,
    },
    /// A worker puts right or takes back the last thing of this kind that they recorded at this visit.
    Revise {
        /// Who.
        worker: WorkerId,
        /// At which visit.
        visit: VisitId,
        /// The kind of the entry meant: "note".
        kind: &'static str,
        /// What it should have said; nothing to take it back.
        with: Option<Body>,
        /// Why.
        reason: String,
    },
    /// Somebody in the office writes an entry.
    Log {
        /// Who.
        by: WorkerId,
        /// Into which document.
        doc: DocumentId,
        /// What exactly.
        body: Body,
    },
    /// Something befalls a phone.
    Phone(WorkerId, PhoneEvent),
    /// Something befalls the server.
    Server(ServerEvent),
    /// The network changes for everybody.
    Network(Weather),
}

/// What befalls a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneEvent {
    /// It has signal, or no longer.
    Signal(bool),
    /// It is switched off and on: a new boot of its clock.
    Restart,
    /// The app is killed in the middle of whatever it did, and opened again.
    Kill,
    /// Its wall clock is moved by so many milliseconds.
    ClockMoved(i64),
}

/// What befalls the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerEvent {
    /// It can be reached, or no longer.
    Reachable(bool),
    /// It is killed and started again on the same store.
    Restart,
}

/// How badly the network treats messages. All zero is a good network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Weather {
    /// Requests that never arrive, in a hundred.
    pub lost: u8,
    /// Replies that never arrive, in a hundred: the office did the work, the phone does not know.
    pub cut: u8,
    /// Requests that arrive twice, in a hundred.
    pub doubled: u8,
    /// Longest time a message takes, in milliseconds.
    pub delay_ms: i64,
}

/// A claim and when it must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// The line it comes from.
    pub line: usize,
    /// When: after everything that happens at that moment.
    pub at: Millis,
    /// The words of the line, for the report.
    pub said: String,
    /// What must hold.
    pub claim: Claim,
}
