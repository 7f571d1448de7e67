//! Bytes that are wiped, never printed and never copied by accident.

use holdfast_model::port::Random;
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Secret bytes of any length. Wiped when dropped; `Debug` prints `***`; neither cloned nor serialised.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// Takes over the bytes.
    pub fn new(bytes: Vec<u8>) -> Secret {
        Secret(bytes)
    }

    /// The bytes. Named so that every use is found by searching for it.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn expose_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// A secret of exactly 32 bytes: a key.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Secret32([u8; 32]);

impl Secret32 {
    /// Takes over the bytes.
    pub fn new(bytes: [u8; 32]) -> Secret32 {
        Secret32(bytes)
    }

    /// Draws a fresh key.
    pub fn random(random: &dyn Random) -> Secret32 {
        let mut key = Secret32([0; 32]);
        random.fill(&mut key.0);
        key
    }

    /// Copies a slice of exactly 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Secret32> {
        bytes.try_into().ok().map(Secret32)
    }

    /// The bytes. Named so that every use is found by searching for it.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Secret32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret32(***)")
    }
}

/// One key from another, for one purpose: HKDF-Expand (RFC 5869) under a uniformly random 32-byte key.
pub(crate) fn derive(key: &[u8; 32], info: &[&[u8]]) -> Secret32 {
    use ring::hkdf::{HKDF_SHA256, Prk};
    let mut out = Secret32([0; 32]);
    let prk = Prk::new_less_safe(HKDF_SHA256, key);
    let okm = prk.expand(info, HKDF_SHA256).expect("32 bytes are within HKDF's limit");
    okm.fill(&mut out.0).expect("the length was asked for");
    out
}

/// Pieces joined so that no two lists of pieces give the same bytes: each after its length, four bytes, big-endian.
pub(crate) fn joined(pieces: &[&[u8]], into: &mut Vec<u8>) {
    for piece in pieces {
        let length = u32::try_from(piece.len()).expect("no piece is 4 GiB long");
        into.extend_from_slice(&length.to_be_bytes());
        into.extend_from_slice(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn printing_a_secret_prints_stars() {
        let text = format!("{:?} {:?} {:#?}", Secret::new(vec![7; 4]), Secret32::new([7; 32]), Some(Secret::new(vec![7])));
        assert!(!text.contains('7') && text.contains("***"), "{text}");
    }

    #[test]
    fn purposes_give_unlike_keys() {
        let a = derive(&[1; 32], &[b"a"]);
        assert_eq!(a.expose(), derive(&[1; 32], &[b"a"]).expose());
        assert_ne!(a.expose(), derive(&[1; 32], &[b"b"]).expose());
        assert_ne!(a.expose(), derive(&[2; 32], &[b"a"]).expose());
    }

    proptest! {
        #[test]
        fn joined_pieces_are_unambiguous(a in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..5),
                                         b in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..5)) {
            let bytes = |pieces: &[Vec<u8>]| {
                let mut out = Vec::new();
                joined(&pieces.iter().map(Vec::as_slice).collect::<Vec<_>>(), &mut out);
                out
            };
            prop_assert_eq!(a == b, bytes(&a) == bytes(&b));
        }
    }
}
