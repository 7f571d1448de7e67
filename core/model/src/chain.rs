//! The sequence of everything one device ever recorded, across workers, locks and restarts.
//!
//! The chain runs over the SHA-256 of each entry's text, not over Automerge's hashes, so that no encoder can ever
//! invalidate a signature.

use crate::id::Digest;

/// The head of a chain after one more entry whose text has this digest.
pub fn next(head: Digest, text: Digest) -> Digest {
    Digest::of_parts(&[b"holdfast chain v1\n", &head.0, &text.0])
}

/// The head after several entries, in order of their sequence.
pub fn extend(head: Digest, texts: impl IntoIterator<Item = Digest>) -> Digest {
    texts.into_iter().fold(head, next)
}
