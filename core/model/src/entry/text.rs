//! An entry's text and its digest, taken once.

use crate::id::Digest;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The text of an entry, byte for byte as its author wrote it, with the SHA-256 of these bytes: chains, segments and projections all ask for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    text: Arc<str>,
    digest: Digest,
}

impl Text {
    /// SHA-256 of its bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl<T: Into<Arc<str>>> From<T> for Text {
    fn from(text: T) -> Text {
        let text = text.into();
        Text { digest: Digest::of(text.as_bytes()), text }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// A text can hold what somebody said of a person: only its digest is shown.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({:?}, {} bytes)", self.digest, self.text.len())
    }
}
