//! The office's side of Holdfast: takes in what phones recorded, keeps it durably, shows it, hands it on.
//!
//! | Module | What it does |
//! |---|---|
//! | [`office`] | the synchronous core: answers requests, records what the office itself says, answers the console's questions |
//! | [`accounts`] | who may sign in to the console, and what they may do there |
//!
//! The core reads no clock and opens no socket by itself: time and randomness are ports, and HTTP is a shell around
//! [`Office::answer`]. The world harness drives the very same core on virtual time.
#![forbid(unsafe_code)]

pub mod accounts;
pub mod error;
#[doc(hidden)]
pub mod faults;
pub mod office;

pub use error::OfficeError;
pub use office::{Nudge, Office, OfficeConfig};
