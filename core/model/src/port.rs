//! What the outside world must hand in. Only the shape stands here: the model itself never calls these.

use crate::time::ClockReading;

/// A device's or the office's clocks.
pub trait Clock: Send + Sync {
    /// Reads the wall clock and the boot-anchored clock at one moment.
    fn read(&self) -> ClockReading;
}

/// Random bytes fit for keys, ids and actors.
pub trait Random: Send + Sync {
    /// Fills the whole slice. A machine that cannot is no place for a care record: implementations panic.
    fn fill(&self, bytes: &mut [u8]);
}

/// A request as it leaves for the office, whatever carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// "/v1/sync".
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer as it comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}
