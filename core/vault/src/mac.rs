//! Values that are handed out to be handed back unchanged: the sync cursor.

use crate::secret::Secret32;
use data_encoding::BASE64URL_NOPAD;
use ring::hmac;
use std::fmt;

/// Bytes of a tag.
const TAG: usize = 32;

/// A key for tags, for one purpose.
pub struct MacKey(hmac::Key);

impl MacKey {
    /// Makes ready a key.
    pub fn new(key: &Secret32) -> MacKey {
        MacKey(hmac::Key::new(hmac::HMAC_SHA256, key.expose()))
    }

    /// A full 32-byte tag: also a keyed digest of a value too short to be hashed safely without a key.
    pub fn tag(&self, bytes: &[u8]) -> [u8; 32] {
        hmac::sign(&self.0, bytes).as_ref().try_into().expect("HMAC-SHA256 gives 32 bytes")
    }

    /// `bytes` and its tag as one opaque text. `bound_to` is not in it, but must be the same to open it: the device of a cursor.
    pub fn protect(&self, bound_to: &[u8], bytes: &[u8]) -> String {
        let tag = self.tag(&bound(bound_to, bytes));
        BASE64URL_NOPAD.encode(&[bytes, &tag].concat())
    }

    /// The bytes of a protected text, or `None` if it was changed, made under another key, or bound to something else.
    pub fn check(&self, bound_to: &[u8], text: &str) -> Option<Vec<u8>> {
        let mut bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let tag = bytes.split_off(bytes.len().checked_sub(TAG)?);
        // Compares in a time that does not depend on where the two differ.
        hmac::verify(&self.0, &bound(bound_to, &bytes), &tag).ok()?;
        Some(bytes)
    }
}

fn bound(to: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut input = b"holdfast/mac/v1\0".to_vec();
    crate::secret::joined(&[to, bytes], &mut input);
    input
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_comes_back_for_its_own_device_only(bytes in prop::collection::vec(any::<u8>(), 0..80), at: prop::sample::Index) {
            let key = MacKey::new(&Secret32::new([1; 32]));
            let text = key.protect(b"D-01", &bytes);
            prop_assert_eq!(key.check(b"D-01", &text), Some(bytes));
            prop_assert_eq!(key.check(b"D-02", &text), None);
            prop_assert_eq!(MacKey::new(&Secret32::new([2; 32])).check(b"D-01", &text), None);
            let mut changed = text.clone().into_bytes();
            let i = at.index(changed.len());
            changed[i] = if changed[i] == b'A' { b'B' } else { b'A' };
            prop_assert_eq!(key.check(b"D-01", &String::from_utf8(changed).expect("ascii")), None);
        }
    }

    #[test]
    fn rubbish_is_refused() {
        let key = MacKey::new(&Secret32::new([1; 32]));
        for text in ["", "A", "AAAA", "not base64!", &"A".repeat(22)] {
            assert_eq!(key.check(b"", text), None, "{text}");
        }
    }
}
