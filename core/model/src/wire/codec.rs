//! Lines to values and back, with every bound checked before memory is taken.

use super::{Push, SyncReply, SyncRequest};

/// Why bytes are no request or reply. Says where, never what stood there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Larger than a body may be, as it travels or inflated.
    #[error("larger than a message may be")]
    TooLarge,
    /// Not a zstd frame, or a broken one.
    #[error("not a whole zstd frame")]
    Compression,
    /// A line is not what its place demands.
    #[error("line {line} is not {wanted}")]
    Line {
        /// Number of the line, from 1.
        line: usize,
        /// What should have stood there.
        wanted: &'static str,
    },
    /// A later version of the protocol.
    #[error("protocol version {0} is newer than this software")]
    Newer(u32),
}

/// Writes a request.
pub fn encode_request(_head: &SyncRequest, _pushes: &[Push]) -> Vec<u8> {
    unimplemented!("written with the first commit of the codec")
}
/// Reads a request, within the bounds of [`crate::limits`].
pub fn decode_request(_body: &[u8]) -> Result<(SyncRequest, Vec<Push>), WireError> {
    unimplemented!("written with the first commit of the codec")
}
/// Writes a reply.
pub fn encode_reply(_head: &SyncReply, _pushes: &[Push]) -> Vec<u8> {
    unimplemented!("written with the first commit of the codec")
}
/// Reads a reply, within the bounds of [`crate::limits`].
pub fn decode_reply(_body: &[u8]) -> Result<(SyncReply, Vec<Push>), WireError> {
    unimplemented!("written with the first commit of the codec")
}
