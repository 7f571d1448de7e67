//! All cryptography of Holdfast, and nothing else: no database, no network, no clock.
//!
//! Randomness and time are arguments; what a caller must store comes back as bytes. The formats are described for other implementers
//! in `docs/storage-format.md`, and vectors in `core/vault/vectors/` hold them still: what a version once wrote opens for ever.
//!
//! | Module | What it answers |
//! |---|---|
//! | [`secret`] | bytes that are wiped, never printed and never copied by accident |
//! | [`seal`] | how a record lies on disk: encrypted, bound to its place, its length hidden |
//! | [`index`] | row names that say nothing |
//! | [`pin`] | which PINs will do |
//! | [`password`] | how passwords of the office are kept and tried |
//! | [`worker`] | a worker's key behind the PIN and the phone's hardware |
//! | [`custodian`] | the port to the phone's hardware, and a stand-in made of files |
//! | [`lockout`] | what wrong PINs cost |
//! | [`lease`] | how long a phone may be read without the office |
//! | [`outbox`] | sealing to the provider alone, so that a locked phone still delivers |
//! | [`sign`] | signatures of phones and the office |
//! | [`master`] | the server's keys: one for each subject, so that a record can be destroyed |
//! | [`mac`] | values handed out to be handed back |
//! | [`code`] | one-time codes a person can type |
#![forbid(unsafe_code)]

pub mod code;
pub mod custodian;
pub mod index;
mod keyfile;
pub mod lease;
pub mod lockout;
pub mod mac;
pub mod master;
pub mod outbox;
pub mod password;
pub mod pin;
pub mod seal;
pub mod secret;
pub mod sign;
pub mod worker;

pub use custodian::{Custody, CustodyFault, FileCustodian, KeyCustodian};
pub use index::{BlindIndex, RowId};
pub use lease::{Access, Lease, Permit};
pub use lockout::{Lockout, Verdict};
pub use mac::MacKey;
pub use master::{MasterKey, MasterKeyError, MasterKeySource};
pub use outbox::{OutboxOpener, OutboxPlace, OutboxSealer, ProviderKeys};
pub use pin::{BadPin, Pin};
pub use seal::{Aad, DataKey, KeyId, Opened, Padding, SealError, open, open_in, seal};
pub use secret::{Secret, Secret32};
pub use sign::{BadSignature, PublicKey, SigningKey, verify_p256};
pub use worker::{Cost, Holder, LockFault, WorkerKey, WorkerLock};
