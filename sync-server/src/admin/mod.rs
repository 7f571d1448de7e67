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
