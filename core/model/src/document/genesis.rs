//! The first change of every document: constant, compiled in, never sent.
//!
//! Two documents that each made their own map `entries` would hide half the entries after a merge, because the map's
//! identity is the operation that made it. So nobody makes one: everybody holds this change from the start.

use crate::id::Digest;
use automerge::legacy;
use std::num::NonZeroU64;
use std::sync::OnceLock;

/// Name of the one map of a document.
pub const ENTRIES: &str = "entries";

/// The actor of the genesis: the first 16 bytes of SHA-256("holdfast genesis v1"). No other change may bear it.
pub(super) const ACTOR: [u8; 16] = [0x0b, 0x78, 0x6f, 0xf6, 0xfa, 0x7b, 0x07, 0x6d, 0xbe, 0x58, 0x9e, 0x04, 0x09, 0x67, 0x5e, 0x22];

/// Operation counter of the map `entries`.
pub(super) const OP: u64 = 1;

/// The identity of the map `entries`.
pub(super) fn entries_map() -> legacy::ObjectId {
    legacy::ObjectId::Id(legacy::OpId::new(OP, &ACTOR.into()))
}

/// The change itself, as Automerge's encoder makes it.
pub(super) fn change() -> &'static automerge::Change {
    static GENESIS: OnceLock<automerge::Change> = OnceLock::new();
    GENESIS.get_or_init(|| {
        automerge::Change::from(automerge::ExpandedChange {
            operations: vec![legacy::Op {
                action: legacy::OpType::Make(automerge::ObjType::Map),
                obj: legacy::ObjectId::Root,
                key: legacy::Key::Map(ENTRIES.into()),
                pred: legacy::SortedVec::new(),
                insert: false,
            }],
            actor_id: ACTOR.into(),
            hash: None,
            seq: 1,
            start_op: NonZeroU64::MIN,
            time: 0,
            message: None,
            deps: Vec::new(),
            extra_bytes: Vec::new(),
            author: None,
        })
    })
}

/// Hash of the genesis: what the first entry of every document has seen.
pub fn genesis_hash() -> Digest {
    Digest(change().hash().0)
}

/// The genesis in Automerge's own format, for implementers who want to compare.
pub fn genesis_bytes() -> &'static [u8] {
    change().raw_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_actor_is_derived_as_its_words_say() {
        assert_eq!(Digest::of(b"holdfast genesis v1").0[..16], ACTOR);
    }

    const GOLDEN: &str = concat!(
        "856f4a83b67d12bf013200100b786ff6fa7b076dbe589e0409675e2201010000",
        "0005150934014202560270027f07656e7472696573017f007f007f00",
    );

    /// Golden for ever: a new hash would part every new document from every old one.
    #[test]
    fn the_genesis_never_changes() {
        assert_eq!(genesis_hash().to_string(), "b67d12bfa178459ee5fae7fca7f728ea164dccf79351cceaa00227bd6742fb8b");
        assert_eq!(data_encoding::HEXLOWER.encode(genesis_bytes()), GOLDEN);
    }
}
