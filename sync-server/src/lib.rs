//! The office's side of Holdfast: takes in what phones recorded, keeps it durably, shows it, hands it on.
//!
//! | Module | What it does |
//! |---|---|
//! | [`office`] | the synchronous core: answers requests, records what the office itself says, answers the console's questions |
//! | [`ledger`] | what is durable: append-only, sealed, one transaction for all that belongs together |
//! | [`http`] | addresses, limits, streams, TLS |
//! | [`admin`] | master key, backup, restore, verify |
//! | [`accounts`] | who may sign in to the console, and what they may do there |
//! | [`console`] | what the office sees in a browser |
//! | [`import`] | what a provider exports from its own systems, checked whole and recorded whole |
//! | [`slot`] | storm control: who asks again when |
//! | [`metrics`] | counts, without any person in them |
//!
//! A push goes `office::sync` → `ingest` (on its own thread: signature, chain, gate, seals; gives a
//! `Ready`) → `writer` (one thread: place in the chain,
//! counters, one transaction for many) → `state` (what is in hand) → receipts and nudges.
//!
//! The core reads no clock and opens no socket by itself: time and randomness are ports, and HTTP is a shell around
//! [`Office::answer`]. The world harness drives the very same core on virtual time.
#![forbid(unsafe_code)]

pub mod accounts;
pub mod admin;
mod clock_log;
pub mod console;
pub mod error;
#[doc(hidden)]
pub mod faults;
mod held;
pub mod http;
pub mod import;
mod ingest;
mod keys;
pub mod ledger;
pub mod metrics;
pub mod office;
mod parcels;
mod phone;
mod private;
mod ready;
pub mod slot;
mod state;
mod writer;

pub use error::OfficeError;
pub use office::{Nudge, Office, OfficeConfig};
