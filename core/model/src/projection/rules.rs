//! What a provider may set. The defaults are what home care in England mostly agrees with its councils.

use serde::{Deserialize, Serialize};

/// Thresholds of the board and of the run, in minutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// A worker who arrives more than this after the planned start was late. Contracts differ; fifteen is common.
    pub late_after_min: u32,
    /// A visit of which nothing is known this long after its start reads *no word*.
    pub no_word_after_min: u32,
    /// *Check now* looks this far ahead for a hoist whose second worker is not heard from.
    pub look_ahead_min: u32,
    /// *Check now* takes a dose up this long before somebody must be there: the opening of a time-critical dose's window when
    /// the worker's phone is not heard from, the closing of any other's.
    pub dose_ahead_min: u32,
    /// A phone not heard from for longer is listed.
    pub phone_quiet_after_min: u32,
    /// Past this age of the last check with the office, a plan on a phone comes with an instruction.
    pub plan_old_after_min: u32,
    #[serde(skip)]
    pub(super) silence_is_missed: bool,
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            late_after_min: 15,
            no_word_after_min: 0,
            look_ahead_min: 15,
            dose_ahead_min: 30,
            phone_quiet_after_min: 60,
            plan_old_after_min: 12 * 60,
            silence_is_missed: false,
        }
    }
}
