//! The world harness: phones and an office in one process, on virtual time, over a network that misbehaves as told.
//!
//! | Module | What it does |
//! |---|---|
//! | [`scenario`] | reads a day as a trainer writes it (`docs/scenario-format.md`) |
//! | [`oracle`] | says which entries that day implies, and whether a store holds exactly those |
#![forbid(unsafe_code)]

pub mod oracle;
pub mod scenario;
