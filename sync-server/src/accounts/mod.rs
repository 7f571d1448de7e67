//! Who may sign in to the console, and what they may do there.
//!
//! | Module | What it answers |
//! |---|---|
//! | [`policy`] | may this person do this, there? One function, deny by default |
//! | [`password`] | will this password do? |
//! | [`seal`] | how an account lies in the database |
//! | [`throttle`] | has somebody tried too often? |
//! | [`store`] | accounts, sessions and one-time links, in their own small database |
//!
//! An account belongs to one worker: what somebody writes in the console is an entry with that worker as its author.
//! Sessions count real time, never the drill's clock: a drill that runs sixty times as fast must not sign anybody out.

pub mod password;
pub mod policy;
pub mod seal;
pub mod store;
pub mod throttle;

pub use policy::{Action, Actor, Denied, Resource, authorize};
pub use seal::AccountKeys;
pub use store::{Account, AccountsError, LinkFor, NewAccount, Session, Store};
