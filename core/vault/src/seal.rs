//! How a record lies on disk: encrypted, bound to its place, its length hidden.
//!
//! A sealed value is
//!
//! ```text
//! 01 ‖ key id (8) ‖ salt (24) ‖ AES-256-GCM( record key, nonce 0, aad, length (4, big-endian) ‖ plaintext ‖ zeros ) ‖ tag (16)
//! record key = HKDF-Expand(data key, "holdfast/record/v1" ‖ salt, 32)
//! ```
//!
//! Each value has a key of its own, so the nonce can stay zero and nothing needs counting: a counter would repeat in a restored or
//! cloned phone. The key is found by its id, never by trying several, so AES-GCM's lack of key commitment gives an attacker nothing.

use crate::secret::{Secret32, joined};
use holdfast_model::port::Random;
use ring::aead::{self, AES_256_GCM, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Prk};
use std::fmt;
use zeroize::Zeroizing;

/// First byte of every value this code seals.
pub const VERSION: u8 = 1;
/// Bytes of a sealed value before the ciphertext.
const HEAD: usize = 1 + 8 + SALT;
const SALT: usize = 24;
const TAG: usize = 16;
const LENGTH: usize = 4;
/// Smallest size a padded plaintext is filled up to, its length included.
const SMALLEST: usize = 256;
/// From here on sizes are multiples of this, no longer powers of two.
const LARGE: usize = 64 * 1024;

/// Plaintext that is wiped when dropped.
pub type Opened = Zeroizing<Vec<u8>>;

/// Which key sealed a value. Random; says nothing about the key or whose it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 8]);

impl KeyId {
    /// Draws a fresh id.
    pub fn random(random: &dyn Random) -> KeyId {
        let mut id = [0; 8];
        random.fill(&mut id);
        KeyId(id)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({})", data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// A key that seals records, ready for use: the costly part of deriving record keys is done once, here.
pub struct DataKey {
    id: KeyId,
    prk: Prk,
}

impl DataKey {
    /// Makes ready a key. `key` must be uniformly random.
    pub fn new(id: KeyId, key: &Secret32) -> DataKey {
        DataKey { id, prk: Prk::new_less_safe(HKDF_SHA256, key.expose()) }
    }

    /// Its id.
    pub fn id(&self) -> KeyId {
        self.id
    }

    fn record_key(&self, salt: &[u8; SALT]) -> LessSafeKey {
        let info: [&[u8]; 2] = [b"holdfast/record/v1", salt];
        let okm = self.prk.expand(&info, &AES_256_GCM).expect("32 bytes are within HKDF's limit");
        LessSafeKey::new(UnboundKey::from(okm))
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey({:?}, ***)", self.id)
    }
}

/// Where a sealed value belongs. It opens in no other place: rows cannot be swapped, nor moved between tables, documents, installations.
#[derive(Debug, Clone, Copy)]
pub struct Aad<'a> {
    /// The provider.
    pub provider: &'a str,
    /// This installation: random bytes drawn when the store was made, kept for its life.
    pub install: &'a [u8],
    /// The table or the purpose.
    pub table: &'a str,
    /// The row's name within the table.
    pub row: &'a [u8],
    /// The document, as stored (a keyed hash of its id, or the id itself); empty where there is none.
    pub document: &'a [u8],
}

impl Aad<'_> {
    fn encode(&self, key: KeyId) -> Vec<u8> {
        let pieces = [self.provider.as_bytes(), self.install, self.table.as_bytes(), self.row, self.document, &key.0];
        let mut bytes = Vec::with_capacity(16 + 4 * pieces.len() + pieces.iter().map(|p| p.len()).sum::<usize>());
        bytes.extend_from_slice(b"holdfast/aad/v1\0");
        joined(&pieces, &mut bytes);
        bytes
    }
}

/// Whether a value's length is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// Filled with zeros to the next bucket: 256, 512, 1,024 … 65,536 bytes, then multiples of 65,536.
    Bucket,
    /// As long as it is: for a ledger's segments, whose lengths the network has shown already.
    None,
}

/// Why a sealed value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Its first byte is a version this code does not know.
    #[error("this value was written by a newer version (format {0}); it was left untouched: start that version")]
    Newer(u8),
    /// It was sealed under another key.
    #[error("this value was sealed under another key")]
    OtherKey,
    /// Its bytes were changed, cut or moved here from another place, or the key is not the one that sealed it.
    #[error("this value was changed or moved since it was written, and cannot be read; it was left untouched")]
    Damaged,
}

impl SealError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            SealError::Newer(_) => "sealed_newer",
            SealError::OtherKey => "sealed_other_key",
            SealError::Damaged => "sealed_damaged",
        }
    }
}

/// Size of the padded content for a plaintext of `n` bytes.
fn padded(n: usize) -> usize {
    let n = n + LENGTH;
    if n <= LARGE { n.max(SMALLEST).next_power_of_two() } else { n.div_ceil(LARGE) * LARGE }
}

/// Seals a plaintext into its place. Panics beyond 4 GiB, which no caller holds.
pub fn seal(key: &DataKey, aad: &Aad<'_>, padding: Padding, plaintext: &[u8], random: &dyn Random) -> Vec<u8> {
    let length = u32::try_from(plaintext.len()).expect("no record is 4 GiB long");
    let content = match padding {
        Padding::Bucket => padded(plaintext.len()),
        Padding::None => plaintext.len() + LENGTH,
    };
    let mut salt = [0; SALT];
    random.fill(&mut salt);
    let mut out = Vec::with_capacity(HEAD + content + TAG);
    out.push(VERSION);
    out.extend_from_slice(&key.id.0);
    out.extend_from_slice(&salt);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(plaintext);
    out.resize(HEAD + content, 0);
    let tag = key
        .record_key(&salt)
        .seal_in_place_separate_tag(no_nonce(), aead::Aad::from(aad.encode(key.id)), &mut out[HEAD..])
        .expect("4 GiB are within AES-GCM's limit");
    out.extend_from_slice(tag.as_ref());
    out
}

/// Opens a sealed value in its place.
pub fn open(key: &DataKey, aad: &Aad<'_>, sealed: &[u8]) -> Result<Opened, SealError> {
    let mut room = Opened::default();
    open_in(key, aad, sealed, &mut room)?;
    let length = room.len();
    room.copy_within(LENGTH..length, 0);
    room.truncate(length - LENGTH);
    Ok(room)
}

/// Opens a sealed value in its place, in memory that is used for one after the other; what it held before is gone.
pub fn open_in<'r>(key: &DataKey, aad: &Aad<'_>, sealed: &[u8], room: &'r mut Opened) -> Result<&'r [u8], SealError> {
    let (id, salt, cipher) = split(sealed)?;
    if id != key.id {
        return Err(SealError::OtherKey);
    }
    room.clear();
    if room.capacity() < cipher.len() {
        // Wiped as it goes; growing would leave a copy behind.
        *room = Zeroizing::new(Vec::with_capacity(cipher.len()));
    }
    room.extend_from_slice(cipher);
    let opened = key.record_key(salt).open_in_place(no_nonce(), aead::Aad::from(aad.encode(key.id)), room);
    let whole = opened.map_err(|_| SealError::Damaged)?.len();
    let length = room.first_chunk::<LENGTH>().map(|b| u32::from_be_bytes(*b) as usize).ok_or(SealError::Damaged)?;
    if length > whole - LENGTH {
        return Err(SealError::Damaged);
    }
    room.truncate(LENGTH + length);
    Ok(&room[LENGTH..])
}

/// The id of the key that sealed a value, to find that key by.
pub fn key_of(sealed: &[u8]) -> Result<KeyId, SealError> {
    split(sealed).map(|(id, ..)| id)
}

fn split(sealed: &[u8]) -> Result<(KeyId, &[u8; SALT], &[u8]), SealError> {
    match sealed.first() {
        Some(&VERSION) => {}
        // Version 0 never existed: zeros are a hole in a file, not a newer format.
        Some(0) | None => return Err(SealError::Damaged),
        Some(newer) => return Err(SealError::Newer(*newer)),
    }
    let (id, rest) = sealed[1..].split_first_chunk::<8>().ok_or(SealError::Damaged)?;
    let (salt, cipher) = rest.split_first_chunk::<SALT>().ok_or(SealError::Damaged)?;
    if cipher.len() < LENGTH + TAG {
        return Err(SealError::Damaged);
    }
    Ok((KeyId(*id), salt, cipher))
}

/// The nonce of a key that is used once.
fn no_nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_host::SeededRandom;
    use proptest::prelude::*;

    fn key(n: u8) -> DataKey {
        DataKey::new(KeyId([9; 8]), &Secret32::new([n; 32]))
    }

    fn place<'a>() -> Aad<'a> {
        Aad { provider: "northquay", install: b"installed", table: "entry", row: b"row", document: b"doc" }
    }

    #[test]
    fn sizes_come_in_buckets() {
        for (n, size) in [(0, 256), (252, 256), (253, 512), (1020, 1024), (65_532, 65_536), (65_533, 131_072), (131_069, 196_608)] {
            assert_eq!(padded(n), size, "{n}");
        }
    }

    #[test]
    fn bits_flipped_anywhere_never_open() {
        let sealed = seal(&key(1), &place(), Padding::None, b"one tablet", &SeededRandom::new(1));
        for at in 0..sealed.len() * 8 {
            let mut bad = sealed.clone();
            bad[at / 8] ^= 1 << (at % 8);
            assert!(open(&key(1), &place(), &bad).is_err(), "bit {at}");
        }
        for n in 0..sealed.len() {
            assert!(open(&key(1), &place(), &sealed[..n]).is_err(), "cut to {n}");
        }
    }

    #[test]
    fn no_other_key_opens_and_the_reason_is_told() {
        let sealed = seal(&key(1), &place(), Padding::Bucket, b"one tablet", &SeededRandom::new(1));
        assert_eq!(open(&key(2), &place(), &sealed), Err(SealError::Damaged), "same id, other key");
        let other = DataKey::new(KeyId([8; 8]), &Secret32::new([1; 32]));
        assert_eq!(open(&other, &place(), &sealed), Err(SealError::OtherKey));
        assert_eq!(key_of(&sealed), Ok(KeyId([9; 8])));
        let mut newer = sealed.clone();
        newer[0] = 2;
        assert_eq!(open(&key(1), &place(), &newer), Err(SealError::Newer(2)));
        assert_eq!(open(&key(1), &place(), &[0; 300]), Err(SealError::Damaged));
    }

    #[test]
    fn a_value_opens_in_its_own_place_only() {
        let p = place();
        let sealed = seal(&key(1), &p, Padding::Bucket, b"one tablet", &SeededRandom::new(1));
        let elsewhere = [
            Aad { provider: "southquay", ..p },
            Aad { install: b"restored", ..p },
            Aad { table: "outbox", ..p },
            Aad { row: b"row2", ..p },
            Aad { document: b"", ..p },
            Aad { row: b"rowdoc", document: b"", ..p },
            Aad { row: b"", document: b"rowdoc", ..p },
        ];
        for aad in elsewhere {
            assert_eq!(open(&key(1), &aad, &sealed), Err(SealError::Damaged), "{aad:?}");
        }
        assert_eq!(open(&key(1), &p, &sealed).expect("its place").as_slice(), b"one tablet");
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens(text in prop::collection::vec(any::<u8>(), 0..3000), seed: u64, bucket: bool) {
            let padding = if bucket { Padding::Bucket } else { Padding::None };
            let sealed = seal(&key(1), &place(), padding, &text, &SeededRandom::new(seed));
            let opened = open(&key(1), &place(), &sealed).expect("what was sealed opens");
            prop_assert_eq!(opened.as_slice(), text.as_slice());
            // In a room that held something else.
            let mut room = Opened::new(vec![7; text.len() / 2]);
            prop_assert_eq!(open_in(&key(1), &place(), &sealed, &mut room), Ok(text.as_slice()));
        }

        #[test]
        fn lengths_within_a_bucket_look_alike(a in 0usize..=252, b in 0usize..=252, seed: u64) {
            let random = SeededRandom::new(seed);
            let sealed = |n: usize| seal(&key(1), &place(), Padding::Bucket, &vec![0x61; n], &random);
            let (a, b) = (sealed(a), sealed(b));
            prop_assert_eq!(a.len(), b.len());
            prop_assert_ne!(a, b, "the salt is fresh each time");
        }

        #[test]
        fn rubbish_never_opens(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(open(&key(1), &place(), &bytes).is_err());
        }
    }
}
