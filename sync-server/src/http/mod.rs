//! HTTP around the office: addresses, limits, streams, TLS. Nothing is decided here.

mod listen;
pub mod openapi;
mod shell;

pub use listen::{Stop, Tls, serve};
pub use shell::router;
