//! What the entries of a visit or a person add up to. The phone and the office run exactly this code.
//!
//! | Function | Answers | Feeds |
//! |---|---|---|
//! | [`row`] | the facts of one visit, whatever the time | a sealed row of the phone's or the office's store |
//! | [`visit`] | the facts, every entry with its times, plan against what happened | the visit's page |
//! | [`BoardRow::at`] | care and how we know, as of now | every list |
//! | [`board`] | tallies, sections, *check now* | the office's board |
//! | [`run`] | today's list, what is next, what is still to finish | the phone's first screen |
//! | [`person`] | details, plan versions, medicines, last visits | the person's page |
//!
//! Two axes, never one: [`Care`] says what happened at the person's door, [`Know`] how we know. No silence ever reads as
//! missed: [`Care::Missed`] needs an entry that says so. Facts that depend on the time of day are never stored.
//!
//! Everything is a function of the *set* of entries: the order in which they came makes no difference.

mod answers;
mod attention;
mod board;
mod care;
#[cfg(test)]
pub(crate) mod cast;
mod check_now;
mod dose;
mod held;
mod medicine;
mod owed;
mod person;
mod plan;
mod presence;
#[cfg(test)]
mod properties;
mod record;
mod row;
mod rules;
mod run;
mod statement;
#[cfg(test)]
mod tests_board;
#[cfg(test)]
mod tests_person;
#[cfg(test)]
mod tests_visit;
mod visit;

pub use answers::{TaskFact, TaskState};
pub use attention::{Attention, AttentionItem, Dealt, Subject};
pub use board::{BoardView, Filter, KnownBy, LateSummary, PhoneFacts, QuietPhone, Section, Shown, Tally, board};
pub use care::{Care, Incoming, Know, Late, NotDone, Stage, Unfinished};
pub use check_now::{CheckNow, CheckReason, Ring, check_now};
pub use dose::{DoseAnswer, DoseFact, DoseState};
pub use held::{Held, Standing};
pub use medicine::{LastDose, MedicineView, Unseen, WhenNeededView};
pub use owed::{Owed, OwedItem};
pub use person::{LastVisit, PersonCard, PersonView, Stated, person};
pub use plan::{PlanState, PlanVersionView, VersionState};
pub use presence::{CallView, WorkerPart};
pub use row::{BoardRow, Bucket, RowNow};
pub use rules::Rules;
pub use run::{RunRow, RunView, RunVisit, run};
pub use statement::{Amendment, EntryView, Said, Times, Withdrawal};
pub use visit::{Planned, VisitView, row, visit};

/// Faults for the tests that prove the tests: never switched on in a running phone or office.
#[doc(hidden)]
pub mod faults {
    impl super::Rules {
        /// Reads silence as a missed visit, as some software does.
        pub fn silence_is_missed(&mut self) {
            self.silence_is_missed = true;
        }
    }
}
