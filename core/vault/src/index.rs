//! Row names that say nothing: equal values can be found, but a copied store shows neither the value nor a guess at it.

use crate::secret::{Secret32, joined};
use ring::hmac;
use std::fmt;

/// A row's name: the first 16 bytes of a keyed hash.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub [u8; 16]);

impl RowId {
    /// The bytes, as they are stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowId({})", data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// The key of row names.
pub struct BlindIndex(hmac::Key);

impl BlindIndex {
    /// Makes ready a key.
    pub fn new(key: &Secret32) -> BlindIndex {
        BlindIndex(hmac::Key::new(hmac::HMAC_SHA256, key.expose()))
    }

    /// The name of the row that holds `value` in `table`. The same value has unlike names in two tables.
    pub fn row(&self, table: &str, value: &[u8]) -> RowId {
        let mut bytes = Vec::with_capacity(32 + table.len() + value.len());
        bytes.extend_from_slice(b"holdfast/row/v1\0");
        joined(&[table.as_bytes(), value], &mut bytes);
        let tag = hmac::sign(&self.0, &bytes);
        let mut id = [0; 16];
        id.copy_from_slice(&tag.as_ref()[..16]);
        RowId(id)
    }
}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlindIndex(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_depend_on_key_table_and_value() {
        let index = BlindIndex::new(&Secret32::new([1; 32]));
        let name = index.row("visit", b"V-1");
        assert_eq!(name, index.row("visit", b"V-1"));
        assert_ne!(name, index.row("visit", b"V-2"));
        assert_ne!(name, index.row("person", b"V-1"));
        assert_ne!(name, index.row("visitV", b"-1"));
        assert_ne!(name, BlindIndex::new(&Secret32::new([2; 32])).row("visit", b"V-1"));
        assert!(!format!("{index:?}").contains('1'));
    }
}
