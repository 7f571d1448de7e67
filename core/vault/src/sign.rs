//! Signatures of phones and the office: ECDSA over P-256 with SHA-256, the curve that phones' hardware can hold.
//!
//! A signature is 64 bytes (r ‖ s). A public key is the uncompressed point, 65 bytes. As texts both are base64url without padding.

use crate::secret::Secret;
use data_encoding::BASE64URL_NOPAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey};
use std::fmt;

/// The signature does not hold for these bytes and this key, or is none at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not hold")]
pub struct BadSignature;

impl BadSignature {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        "bad_signature"
    }
}

/// Checks a 64-byte signature by a key given as its 65-byte uncompressed point.
pub fn verify_p256(public: &[u8], bytes: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public).verify(bytes, signature).map_err(|_| BadSignature)
}

/// A public key of a phone or the office.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub [u8; 65]);

impl PublicKey {
    /// Reads base64url without padding.
    pub fn parse(text: &str) -> Option<PublicKey> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let point: [u8; 65] = bytes.try_into().ok()?;
        (point[0] == 4).then_some(PublicKey(point))
    }

    /// Checks a 64-byte signature.
    pub fn verify(&self, bytes: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        verify_p256(&self.0, bytes, signature)
    }

    /// Checks a signature as it travels: base64url without padding.
    pub fn verify_text(&self, bytes: &[u8], signature: &str) -> Result<(), BadSignature> {
        let mut raw = [0u8; 64];
        // 64 bytes are 86 characters; anything else is refused before it is decoded.
        if signature.len() != 86 || BASE64URL_NOPAD.decode_mut(signature.as_bytes(), &mut raw).is_err() {
            return Err(BadSignature);
        }
        self.verify(bytes, &raw)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

/// A signature as it travels.
pub fn signature_text(signature: &[u8; 64]) -> String {
    BASE64URL_NOPAD.encode(signature)
}

/// A private signing key held in memory: the office's, its own device's, or a phone's where no hardware holds it.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl SigningKey {
    /// Makes a key. Its PKCS#8 form is what the caller keeps, sealed.
    ///
    /// Always from the system's randomness, as every signature is: a key from a simulation's seed would be nobody's secret.
    pub fn generate() -> (SigningKey, Secret) {
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
            .expect("the operating system gives random bytes");
        let pkcs8 = Secret::new(document.as_ref().to_vec());
        let key = SigningKey::from_pkcs8(&pkcs8).expect("a key just made is well formed");
        (key, pkcs8)
    }

    /// Reads a key from its PKCS#8 form; `None` if it is not one.
    pub fn from_pkcs8(pkcs8: &Secret) -> Option<SigningKey> {
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.expose(), &random).ok()?;
        Some(SigningKey { pair, random })
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.pair.public_key().as_ref().try_into().expect("an uncompressed point of P-256 has 65 bytes"))
    }

    /// Signs.
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        let signature = self.pair.sign(&self.random, bytes).expect("the operating system gives random bytes");
        signature.as_ref().try_into().expect("a fixed signature of P-256 has 64 bytes")
    }

    /// Signs, as text.
    pub fn sign_text(&self, bytes: &[u8]) -> String {
        signature_text(&self.sign(bytes))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?}, ***)", self.public_key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_signed_bytes_hold() {
        let (key, pkcs8) = SigningKey::generate();
        let public = key.public_key();
        let text = key.sign_text(b"38 visits");
        assert_eq!(public.verify_text(b"38 visits", &text), Ok(()));
        assert_eq!(public.verify_text(b"37 visits", &text), Err(BadSignature));
        let (other, _) = SigningKey::generate();
        assert_eq!(other.public_key().verify_text(b"38 visits", &text), Err(BadSignature));
        let mut raw = key.sign(b"38 visits");
        for i in 0..64 {
            raw[i] ^= 1;
            assert_eq!(public.verify(b"38 visits", &raw), Err(BadSignature), "byte {i}");
            raw[i] ^= 1;
        }
        let again = SigningKey::from_pkcs8(&pkcs8).expect("reads back");
        assert_eq!(again.public_key(), public);
        assert_eq!(PublicKey::parse(&public.to_string()), Some(public));
    }

    #[test]
    fn rubbish_is_refused_without_a_panic() {
        let public = SigningKey::generate().0.public_key();
        for text in ["", "AAAA", &"A".repeat(86), &"A".repeat(87), &"ü".repeat(43), &"=".repeat(86)] {
            assert_eq!(public.verify_text(b"x", text), Err(BadSignature), "{text}");
        }
        assert_eq!(verify_p256(&[4; 65], b"x", &[1; 64]), Err(BadSignature), "a point off the curve");
        assert_eq!(verify_p256(&[], b"x", &[]), Err(BadSignature));
        assert_eq!(PublicKey::parse("BA"), None);
        assert_eq!(PublicKey::parse(&BASE64URL_NOPAD.encode(&[2; 65])), None, "not an uncompressed point");
        assert!(SigningKey::from_pkcs8(&Secret::new(vec![1, 2, 3])).is_none());
    }
}
