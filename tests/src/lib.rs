//! The world harness: phones and an office in one process, on virtual time, over a network that misbehaves as told.
//!
//! | Module | What it does |
//! |---|---|
//! | [`scenario`] | reads a day as a trainer writes it (`docs/scenario-format.md`) |
//! | [`world`] | phones, office, time, chance and network |
//! | [`play`] | plays a scenario in a world and checks what it expects |
//! | [`oracle`] | says which entries a scenario implies, and whether a store holds exactly those |
//! | [`canary`] | words that must never be found where they have no business |
//! | [`chance`] | days that nobody wrote |
//! | [`demo`] | plays a scenario with the real programs, each a process of its own |
//! | [`provider`] | reads and imports a provider's files |
#![forbid(unsafe_code)]

pub mod canary;
pub mod chance;
pub mod demo;
pub mod oracle;
pub mod play;
pub mod provider;
pub mod scenario;
pub mod world;
