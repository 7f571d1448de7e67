//! The world harness: phones and an office in one process, on virtual time, over a network that misbehaves as told.
//!
//! | Module | What it does |
//! |---|---|
//! | [`scenario`] | reads a day as a trainer writes it (`docs/scenario-format.md`) |
#![forbid(unsafe_code)]

pub mod scenario;
