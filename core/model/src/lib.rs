//! Holdfast's model: the words of home care, what is said about a visit, and how statements made on many
//! phones become one record.
//!
//! Everything here is pure. There is no clock, no randomness, no file and no thread: time and random bytes
//! are arguments. The phone and the office run exactly this code, so they cannot disagree about what happened.
//!
//! | Module | What it answers |
//! |---|---|
//! | [`id`] | what things are called |
//! | [`time`] | instants, and what a clock on a wall in London says |
//! | [`entry`] | one immutable statement by a named worker |
//! | [`document`] | the entries of one subject as an Automerge document, and the gate in front of it |
//! | [`chain`] | the sequence of everything one device ever recorded |
//! | [`wire`] | what travels between phone and office |
//! | [`session`] | when a device asks the office, and for what |
//! | [`port`] | what the outside world must hand in |
//! | [`chronology`] | when things happened, and how surely we know |
//! | [`projection`] | what the entries of a visit or a person add up to |
#![forbid(unsafe_code)]

pub mod chain;
pub mod chronology;
pub mod document;
pub mod entry;
pub mod id;
pub mod limits;
pub mod port;
pub mod projection;
pub mod session;
pub mod time;
pub mod wire;
