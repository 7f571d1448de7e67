//! Bounds that both sides keep. A phone refuses at the tap what the office would hold for checking.

/// Longest free text of an entry, in bytes of UTF-8.
pub const NOTE_BYTES: usize = 16 * 1024;
/// Longest canonical text of a whole entry, in bytes.
pub const ENTRY_BYTES: usize = 64 * 1024;
/// Longest copy of an entry that is sealed for the office alone, in bytes: an entry and its causality, padded, with what the seal adds.
pub const SEALED_BYTES: usize = 132 * 1024;
/// Longest identifier, in bytes.
pub const ID_BYTES: usize = 64;
/// Most direct predecessors a change may name.
pub const DEPS: usize = 64;
/// Most changes of one segment.
pub const SEGMENT_CHANGES: usize = 512;
/// Most bytes of entries' text in one segment.
pub const SEGMENT_BYTES: usize = 4 * 1024 * 1024;
/// Most entries of one push.
pub const PUSH_ENTRIES: usize = 2_048;
/// Largest request body as it travels, in bytes.
pub const BODY_BYTES: usize = 2 * 1024 * 1024;
/// Largest request body once inflated, in bytes: a bound on what compression may hide.
pub const INFLATED_BYTES: usize = 16 * 1024 * 1024;
/// Longest line of a body that is no entry: heads of requests, replies, pushes and segments, in bytes.
pub const HEAD_BYTES: usize = 1024 * 1024;
/// Most clock samples of one request: a phone brings no more, and what it brings the office takes.
pub const REQUEST_SAMPLES: usize = 64;
/// Most clock samples that one reply tells.
pub const REPLY_CLOCKS: usize = 1_024;
/// Highest operation counter of a document: far above any honest one, far below Automerge's own limit.
pub const MAX_OP: u64 = 1 << 31;
/// Most entries of one document.
pub const DOCUMENT_ENTRIES: usize = 5_000;
