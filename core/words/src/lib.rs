//! What Holdfast says: every sentence of the phone, the console and the terminal, kept once.
//!
//! The model, the engine and the server hand over facts: enums, times, counts, message ids with arguments. This crate
//! turns them into the words of home care in England. Texts are Fluent messages in `texts/`; English is complete, and
//! Welsh and Easy Read get a file each when somebody who speaks them has written it ([`Locale`]).
//!
//! ```
//! use holdfast_words::Words;
//! let words = Words::english();
//! assert_eq!(words.say("still-to-finish", &[("n", 2.into())]), "2 still to finish");
//! ```
#![forbid(unsafe_code)]

mod author;
mod bundle;
mod entry;
mod error;
mod office;
mod person;
mod statement;
#[cfg(test)]
mod tests;
mod time;
mod visit;

pub use bundle::{Arg, Locale, Words};
pub use error::ErrorText;
pub use visit::{CheckText, Lines, Names};
