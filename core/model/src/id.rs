//! Names of things. Identifiers that come from the provider's own system ("P-101") are kept as they are;
//! identifiers made here are random or time-ordered and carry no meaning.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadId {
    /// Nothing, or white space only.
    #[error("it is empty")]
    Empty,
    /// Longer than [`crate::limits::ID_BYTES`].
    #[error("it is longer than 64 characters")]
    TooLong,
    /// Something else than letters, digits and `- _ . / # +`.
    #[error("it contains {0:?}")]
    Character(char),
    /// A time-ordered id that is not one.
    #[error("it is not a UUID of version 7")]
    NotUuid7,
    /// A document id without a known kind before the colon.
    #[error("it does not start with visit:, person: or outage:")]
    NotDocument,
    /// Not the expected number of hexadecimal digits.
    #[error("it is not {0} hexadecimal digits")]
    NotHex(usize),
}

/// Checks the characters and the length that every provider-given identifier keeps.
fn check(text: &str) -> Result<(), BadId> {
    if text.is_empty() {
        return Err(BadId::Empty);
    }
    if text.len() > crate::limits::ID_BYTES {
        return Err(BadId::TooLong);
    }
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b'#' | b'+');
    match text.chars().find(|c| !u8::try_from(*c).is_ok_and(fits)) {
        Some(c) => Err(BadId::Character(c)),
        None => Ok(()),
    }
}

/// Reads a type from a text where it stands, without a copy of the text first: ids are most of what an entry is made of.
macro_rules! read_as_text {
    ($name:ident, $parse:expr) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Text;
                impl de::Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an identifier")
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        $parse(text).map_err(E::custom)
                    }
                }
                from.deserialize_str(Text)
            }
        }
    };
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        read_as_text!($name, $name::new);

        impl $name {
            /// Takes a text of 1 to 64 letters, digits and `- _ . / # +`.
            pub fn new(text: impl Into<String> + AsRef<str>) -> Result<Self, BadId> {
                check(text.as_ref())?;
                Ok(Self(text.into()))
            }
            /// The text as the provider writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                Self::new(text)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl std::str::FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                Self::new(text)
            }
        }
    };
}

named!(/// The provider (one company; one server).
    ProviderId);
named!(/// A branch of the provider.
    BranchId);
named!(/// The person supported, as the provider numbers them: "P-101".
    PersonId);
named!(/// A care worker, or an office worker who writes entries.
    WorkerId);
named!(/// A phone, or the office's own signing device.
    DeviceId);
named!(/// A visit, planned by the rota or made up on the spot.
    VisitId);
named!(/// One worker's visits for a shift.
    RunId);
named!(/// A medicine of a person's plan.
    MedicineId);
named!(/// A task of a person's plan.
    TaskId);
named!(/// An outage of the provider's own system.
    OutageId);

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let mut digits = [0; $bytes * 2];
                data_encoding::HEXLOWER.encode_mut(&self.0, &mut digits);
                to.serialize_str(std::str::from_utf8(&digits).expect("hexadecimal digits"))
            }
        }
        read_as_text!($name, $name::parse);

        impl $name {
            /// Reads lower- or upper-case hexadecimal digits.
            pub fn parse(text: &str) -> Result<Self, BadId> {
                let mut bytes = [0; $bytes];
                let whole = text.len() == $bytes * 2 && data_encoding::HEXLOWER_PERMISSIVE.decode_mut(text.as_bytes(), &mut bytes).is_ok();
                if whole { Ok(Self(bytes)) } else { Err(BadId::NotHex($bytes * 2)) }
            }
        }
        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String {
                data_encoding::HEXLOWER.encode(&id.0)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}

hex_id!(/// One unbroken stretch of a device's chain. New after a restore or a clone; both forks are kept.
    ChainEpoch, 8);
hex_id!(/// One stretch between two restarts of a device, within which its monotonic clock means something.
    BootId, 8);
hex_id!(/// One life of the server's ledger. New after a restore from backup; phones then re-offer what they hold.
    ServerEpoch, 8);
hex_id!(/// SHA-256 of something: an entry's text, a plan, a segment, a chain's head.
    Digest, 32);
hex_id!(/// One stream of changes of one document, from one load of it. Random, never kept for reuse.
    ActorId, 16);

impl Digest {
    /// The head of a chain that holds nothing yet.
    pub const ZERO: Digest = Digest([0; 32]);

    /// SHA-256 of the bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        use sha2::Digest as _;
        Digest(sha2::Sha256::digest(bytes).into())
    }

    /// SHA-256 of several pieces, one after the other.
    pub fn of_parts(parts: &[&[u8]]) -> Digest {
        use sha2::Digest as _;
        let mut sha = sha2::Sha256::new();
        for part in parts {
            sha.update(part);
        }
        Digest(sha.finalize().into())
    }
}

/// An entry's name: a UUID of version 7 (RFC 9562), made on the device that records it.
///
/// Its time part is the device's wall clock. It orders nothing: chronology does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub [u8; 16]);

read_as_text!(EntryId, EntryId::parse);
impl Serialize for EntryId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(std::str::from_utf8(&self.chars()).expect("hexadecimal digits and hyphens"))
    }
}

impl EntryId {
    /// Makes an id from the wall clock's milliseconds since 1970 and ten random bytes.
    /// A clock set before 1970 gives the time part 0.
    pub fn make(wall_ms: i64, random: [u8; 10]) -> EntryId {
        let ms = wall_ms.clamp(0, (1 << 48) - 1) as u64;
        let mut b = [0u8; 16];
        b[..6].copy_from_slice(&ms.to_be_bytes()[2..]);
        b[6..].copy_from_slice(&random);
        b[6] = 0x70 | (b[6] & 0x0f);
        b[8] = 0x80 | (b[8] & 0x3f);
        EntryId(b)
    }

    /// An id as its sixteen bytes; `None` unless they are those of a UUID of version 7.
    pub fn from_bytes(bytes: [u8; 16]) -> Option<EntryId> {
        (bytes[6] >> 4 == 7 && bytes[8] >> 6 == 2).then_some(EntryId(bytes))
    }

    /// The 36 characters.
    pub fn chars(&self) -> [u8; 36] {
        let mut hex = [0; 32];
        data_encoding::HEXLOWER.encode_mut(&self.0, &mut hex);
        let mut chars = [b'-'; 36];
        for (to, from) in [(0, 0..8), (9, 8..12), (14, 12..16), (19, 16..20), (24, 20..32)] {
            chars[to..to + from.len()].copy_from_slice(&hex[from]);
        }
        chars
    }

    /// Reads the 36 characters of a UUID of version 7.
    pub fn parse(text: &str) -> Result<EntryId, BadId> {
        let b = text.as_bytes();
        let dashes = b.len() == 36 && [8, 13, 18, 23].iter().all(|i| b[*i] == b'-');
        if !dashes {
            return Err(BadId::NotUuid7);
        }
        let mut hex = [0u8; 32];
        let mut n = 0;
        for (i, c) in b.iter().enumerate() {
            if ![8, 13, 18, 23].contains(&i) {
                hex[n] = *c;
                n += 1;
            }
        }
        let mut id = [0u8; 16];
        let whole = data_encoding::HEXLOWER.decode_mut(&hex, &mut id);
        whole.ok().and_then(|_| EntryId::from_bytes(id)).ok_or(BadId::NotUuid7)
    }
}

impl TryFrom<String> for EntryId {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        EntryId::parse(&text)
    }
}
impl From<EntryId> for String {
    fn from(id: EntryId) -> String {
        id.to_string()
    }
}
impl fmt::Display for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.chars()).expect("hexadecimal digits and hyphens"))
    }
}
impl fmt::Debug for EntryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EntryId({self})")
    }
}

/// The subject whose entries share one document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentId {
    /// Everything said about one visit.
    Visit(VisitId),
    /// Plans, contacts, medicines and phone calls of one person.
    Person(PersonId),
    /// What the office did during one outage.
    Outage(OutageId),
}

read_as_text!(DocumentId, DocumentId::parse);
impl Serialize for DocumentId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl DocumentId {
    /// Reads `visit:…`, `person:…` or `outage:…`.
    pub fn parse(text: &str) -> Result<DocumentId, BadId> {
        match text.split_once(':') {
            Some(("visit", id)) => Ok(DocumentId::Visit(VisitId::new(id)?)),
            Some(("person", id)) => Ok(DocumentId::Person(PersonId::new(id)?)),
            Some(("outage", id)) => Ok(DocumentId::Outage(OutageId::new(id)?)),
            _ => Err(BadId::NotDocument),
        }
    }
}
impl TryFrom<String> for DocumentId {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        DocumentId::parse(&text)
    }
}
impl From<DocumentId> for String {
    fn from(id: DocumentId) -> String {
        id.to_string()
    }
}
impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DocumentId::Visit(id) => write!(f, "visit:{id}"),
            DocumentId::Person(id) => write!(f, "person:{id}"),
            DocumentId::Outage(id) => write!(f, "outage:{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_ids_read_back_and_carry_version_7() {
        let id = EntryId::make(1_793_700_000_000, [0xff; 10]);
        assert_eq!(EntryId::parse(&id.to_string()), Ok(id));
        assert_eq!(&id.to_string()[14..15], "7");
        assert_eq!(EntryId::parse("0190c8f2-0000-4000-8000-000000000000"), Err(BadId::NotUuid7));
        assert_eq!(EntryId::parse("short"), Err(BadId::NotUuid7));
        assert_eq!(EntryId::make(-5, [0; 10]).0[..6], [0; 6]);
    }

    #[test]
    fn provider_ids_keep_their_text_and_refuse_markup() {
        assert_eq!(PersonId::new("P-101").map(String::from), Ok("P-101".into()));
        assert_eq!(PersonId::new("P 101"), Err(BadId::Character(' ')));
        assert_eq!(PersonId::new(""), Err(BadId::Empty));
        assert_eq!(PersonId::new("x".repeat(65)), Err(BadId::TooLong));
        assert_eq!(DocumentId::parse("visit:V-1").map(|d| d.to_string()), Ok("visit:V-1".into()));
        assert_eq!(DocumentId::parse("plan:V-1"), Err(BadId::NotDocument));
    }
}
