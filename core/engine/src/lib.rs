//! A phone's engine: everything that is recorded is durable and sealed on the phone before the tap is answered, and reaches the office
//! whenever there is a way. The interface never waits for the network.
//!
//! - [`Phone`] is the whole phone as one synchronous value over [`port::Ports`]: clock, randomness, network, disk, keys. A simulator can own
//!   each of them, and play weeks of many phones in a second.
//! - [`Engine`] puts a phone behind a thread of its own: commands go in, whole screens come out to whoever observes them.
//! - [`screen`] holds what a screen shows, as facts; sentences are made elsewhere.
//!
//! What always holds: *saved* is said after COMMIT only; *received* with a verified receipt only; nothing that was said to be saved is
//! ever deleted; no text of a person leaves the seal; no clock is a reason to refuse an entry.
#![forbid(unsafe_code)]

mod actor;
mod custodian;
mod disk;
mod error;
mod http;
mod intent;
pub mod phone;
pub mod port;
pub mod screen;
mod store;

pub use actor::{Engine, Subscription};
pub use custodian::MemoryCustodian;
pub use disk::{LinuxDisk, MemoryDisk, MemoryImage};
pub use error::{EngineError, Problem};
pub use http::HttpNetwork;
pub use intent::{Intent, Saved};
pub use phone::{Enrol, Enrolled, Export, GlassBroken, Newcomer, Phone, Settings, SyncOutcome};
pub use store::RESERVE_BYTES;
