//! HTTP around the office: addresses, limits, streams, TLS. Nothing is decided here.

mod certificate;
mod listen;
pub mod openapi;
mod shell;

pub use certificate::Certificate;
pub use listen::{Stop, Tls, serve};
pub use shell::router;
