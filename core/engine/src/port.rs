//! What the machine under a phone must offer. Clock and randomness are the model's ports, the key custodian is the
//! vault's; network and disk stand here. Every one of them can be owned by a simulator.

pub use holdfast_model::port::{Answer, Ask, Clock, Random};
pub use holdfast_vault::KeyCustodian;

use std::sync::Arc;
use std::time::Duration;

/// Everything a [`crate::Phone`] needs of the world.
#[derive(Clone)]
pub struct Ports {
    /// Wall clock and boot-anchored clock.
    pub clock: Arc<dyn Clock>,
    /// Random bytes.
    pub random: Arc<dyn Random>,
    /// The way to the office.
    pub network: Arc<dyn Network>,
    /// Where the store lives.
    pub disk: Arc<dyn Disk>,
    /// Where the keys live.
    pub custodian: Arc<dyn KeyCustodian>,
}

/// An office's address as a phone keeps it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ServerAddress {
    /// "https://holdfast.example.org", without a path. Plain `http://` is taken for loopback only.
    pub url: String,
    /// SHA-256 of the server's public key (its certificate's SubjectPublicKeyInfo), base64url without padding. With it
    /// certificate dates and issuers do not matter: a phone that believes it is 1970 still delivers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<String>,
}

impl ServerAddress {
    /// Reads `https://host[:port][#PIN]`.
    pub fn parse(text: &str) -> Option<ServerAddress> {
        let (url, pin) = match text.split_once('#') {
            Some((url, pin)) => (url, Some(pin.to_owned())),
            None => (text, None),
        };
        let url = url.trim().trim_end_matches('/');
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
        let plain_host = !rest.is_empty() && !rest.contains(['/', '?', '@', ' ']);
        plain_host.then(|| ServerAddress { url: url.to_owned(), pin })
    }

    /// True for a host that never leaves this machine: the only one plain `http://` is taken for.
    pub fn is_loopback(&self) -> bool {
        let host = self.url.split_once("://").map_or("", |(_, rest)| rest);
        let name = match host.strip_prefix('[') {
            Some(v6) => v6.split(']').next().unwrap_or(""),
            None => host.split(':').next().unwrap_or(""),
        };
        name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

/// The way to the office: one request, one answer, blocking.
pub trait Network: Send + Sync {
    /// Sends `ask` and waits for the answer, no longer than `timeout`.
    fn exchange(&self, ask: Ask, timeout: Duration) -> Result<Answer, NetworkFault>;

    /// Tells the network whom to reach, in order of preference. A simulated network has only one office and ignores it.
    fn reach(&self, _servers: &[ServerAddress]) {}
}

/// Why there was no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NetworkFault {
    /// No way there: no signal, no such host, connection refused or cut.
    #[error("the office could not be reached")]
    Unreachable,
    /// Nothing came back in time.
    #[error("the office did not answer in time")]
    TimedOut,
    /// Somebody answered who could not prove to be the office's server.
    #[error("the server that answered could not prove to be the office's")]
    NotTrusted,
    /// The certificate is out of its dates by this phone's clock: most likely the phone's clock is wrong.
    #[error("the server's certificate does not hold at the time this phone's clock shows")]
    ClockSuspect,
    /// The address is none that may be used: not https, nor http on this very machine.
    #[error("the office's address is not https")]
    Address,
    /// The answer was larger than an answer may be.
    #[error("the answer was larger than an answer may be")]
    TooLarge,
}

/// Where the store and its small companions live.
pub trait Disk: Send + Sync {
    /// Takes the place for this process alone; given back when the value is dropped.
    fn lock(&self) -> Result<Box<dyn Held>, DiskFault>;
    /// True once a store has been made.
    fn holds_store(&self) -> bool;
    /// Opens the store's database, making it when there is none. Pragmas and schema are the store's business.
    fn open(&self) -> Result<rusqlite::Connection, DiskFault>;
    /// Reads a small companion file.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, DiskFault>;
    /// Replaces a small companion file: the old bytes or the new ones survive a cut, never a mixture.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), DiskFault>;
    /// Overwrites a small companion file of always the same length in place, which costs one flush where [`Disk::write`] costs two: for what
    /// is written before every unlock. A cut may spoil it, so its reader must take nonsense for the worst. `durable`: on the medium when
    /// this returns; else it outlives this process, not a power cut.
    fn note(&self, name: &str, bytes: &[u8], _durable: bool) -> Result<(), DiskFault> {
        self.write(name, bytes)
    }
    /// Bytes that can still be written here.
    fn free_bytes(&self) -> Result<u64, DiskFault>;
    /// An identity of this place that a copy of its contents elsewhere does not have: how a clone is noticed.
    fn place(&self) -> Result<[u8; 16], DiskFault>;
    /// Moves a damaged store aside, never deletes it, and says under which name it lies now.
    fn set_aside(&self, stamp: &str) -> Result<String, DiskFault>;
    /// Opens a store that was set aside, for reading what can be read of it. Nothing is written.
    fn open_aside(&self, aside: &str) -> Result<rusqlite::Connection, DiskFault>;
}

/// An exclusive hold on a [`Disk`]; dropping it lets go.
pub trait Held: Send {}

/// Why the disk did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiskFault {
    /// Another process works on this store.
    #[error("another process has this store open")]
    InUse,
    /// No room.
    #[error("the disk is full")]
    Full,
    /// Anything else; the text names the operation and the system's reason, never contents.
    #[error("{0}")]
    Io(String),
}

impl From<std::io::Error> for DiskFault {
    fn from(e: std::io::Error) -> DiskFault {
        match e.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => DiskFault::Full,
            kind => DiskFault::Io(kind.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_hosts_without_paths() {
        let plain = ServerAddress::parse("http://127.0.0.1:8080/").expect("loopback");
        assert_eq!((plain.url.as_str(), plain.pin.as_deref(), plain.is_loopback()), ("http://127.0.0.1:8080", None, true));
        let pinned = ServerAddress::parse("https://office.example#abc").expect("pinned");
        assert_eq!((pinned.pin.as_deref(), pinned.is_loopback()), (Some("abc"), false));
        assert!(ServerAddress::parse("http://[::1]:80").expect("v6").is_loopback());
        assert!(!ServerAddress::parse("http://127.0.0.1.evil.example").expect("a name").is_loopback());
        for bad in ["office.example", "ftp://x", "https://", "https://a/b", "https://u@a"] {
            assert_eq!(ServerAddress::parse(bad), None, "{bad}");
        }
    }
}
