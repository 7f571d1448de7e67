//! What an administrator does from a terminal: keys, backup, restore, verify.

mod backup;
mod code;
mod master;
mod verify;

pub use backup::{Backup, back_up, restore};
pub(crate) use code::code_row;
pub use code::enrol_code;
pub use master::{Where, master_key};
pub use verify::{Verified, verify, verify_with};

use crate::error::OfficeError;
use std::path::Path;

/// Refuses a directory without a store, before anything is made for it: a mistyped name makes no second key.
pub fn must_hold_a_store(data: &Path) -> Result<(), OfficeError> {
    if crate::office::ledger_file(data).exists() { Ok(()) } else { Err(OfficeError::NoStore(data.display().to_string())) }
}
