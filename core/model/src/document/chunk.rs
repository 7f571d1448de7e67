//! The hash of a change of the profile, without the detour through general columns.
//!
//! One operation of one shape always encodes to one layout of bytes, so its hash can be taken from that layout at a third of the
//! encoder's cost; a storm rebuilds tens of thousands. Automerge's encoder stays the authority: it is what authors use and what
//! documents are made with, the gate asks it whenever this layout does not give the signed digest, and a property
//! holds the two equal over everything the profile allows.

use super::genesis;
use crate::id::{ActorId, Digest, EntryId};
use sha2::Digest as _;

/// Automerge's type of a chunk that holds one change.
const CHANGE: u8 = 1;

/// What of a change is hashed, written by hand. Reused from change to change.
#[derive(Default)]
pub(super) struct Chunk {
    contents: Vec<u8>,
}

impl Chunk {
    /// The hash of the change that puts `text` at `key`.
    pub fn hash(&mut self, actor: ActorId, actor_seq: u64, start_op: u64, deps: &[Digest], key: EntryId, text: &str) -> Digest {
        let out = &mut self.contents;
        out.clear();
        leb128(out, deps.len() as u64);
        deps.iter().for_each(|dep| out.extend_from_slice(&dep.0));
        out.push(16);
        out.extend_from_slice(&actor.0);
        leb128(out, actor_seq);
        leb128(out, start_op);
        // Time 0, no message, one more actor: whose operation made the map.
        out.extend_from_slice(&[0, 0, 1, 16]);
        out.extend_from_slice(&genesis::ACTOR);
        columns(out, text);
        // A run of one is the byte 0x7f and its value. Object: actor 1 (the genesis), counter 1.
        out.extend_from_slice(&[0x7f, 1, 0x7f, genesis::OP as u8]);
        // Key: a text of 36 bytes.
        out.extend_from_slice(&[0x7f, 36]);
        out.extend_from_slice(&key.chars());
        // No insertion; action 1 is "put".
        out.extend_from_slice(&[1, 0x7f, 1, 0x7f]);
        leb128(out, value_meta(text));
        out.extend_from_slice(text.as_bytes());
        // No predecessors.
        out.extend_from_slice(&[0x7f, 0]);

        let mut front = Vec::with_capacity(11);
        front.push(CHANGE);
        leb128(&mut front, out.len() as u64);
        let mut sha = sha2::Sha256::new();
        sha.update(&front);
        sha.update(&*out);
        Digest(sha.finalize().into())
    }
}

/// The table of columns: specification and length of each. An empty text has no column of values.
fn columns(out: &mut Vec<u8>, text: &str) {
    const TABLE: [(u8, u8); 5] = [(0x01, 2), (0x02, 2), (0x15, 38), (0x34, 1), (0x42, 2)];
    out.push(if text.is_empty() { 7 } else { 8 });
    TABLE.iter().for_each(|(column, bytes)| out.extend_from_slice(&[*column, *bytes]));
    out.extend_from_slice(&[0x56, 1 + leb128_bytes(value_meta(text))]);
    if !text.is_empty() {
        out.push(0x57);
        leb128(out, text.len() as u64);
    }
    out.extend_from_slice(&[0x70, 2]);
}

/// Type 6 (a text) and length of a value.
fn value_meta(text: &str) -> u64 {
    (text.len() as u64) << 4 | 6
}

fn leb128(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn leb128_bytes(n: u64) -> u8 {
    (64 - (n | 1).leading_zeros()).div_ceil(7) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{ChangeRecord, rebuild};
    use crate::limits;
    use proptest::prelude::*;

    fn same(record: &ChangeRecord, key: EntryId) -> bool {
        let by_automerge = rebuild::hash(&rebuild::change(record, key));
        let ChangeRecord { actor, actor_seq, start_op, deps, text } = record;
        by_automerge == Chunk::default().hash(*actor, *actor_seq, *start_op, deps, key, text)
    }

    proptest! {
        /// Over the whole profile, and beyond it in length of text.
        #[test]
        fn the_layout_is_automerges(
            actor in any::<[u8; 16]>(),
            actor_seq in prop_oneof![1..200u64, 1..limits::MAX_OP],
            start_op in prop_oneof![2..200u64, 2..limits::MAX_OP],
            deps in prop::collection::vec(any::<[u8; 32]>(), 1..=limits::DEPS),
            (ms, random) in (any::<i64>(), any::<[u8; 10]>()),
            text in prop_oneof!["\\PC{0,300}", (0..70_000usize).prop_map(|n| "é".repeat(n / 2))],
        ) {
            let mut deps: Vec<Digest> = deps.into_iter().map(Digest).collect();
            deps.sort_unstable();
            let record = ChangeRecord { actor: ActorId(actor), actor_seq, start_op, deps, text: text.into() };
            prop_assert!(same(&record, EntryId::make(ms, random)));
        }
    }

    #[test]
    fn the_layout_is_automerges_at_every_length_where_a_number_grows() {
        for length in [0, 1, 7, 8, 127, 128, 1_023, 1_024, 16_383, 16_384, limits::ENTRY_BYTES - 1, limits::ENTRY_BYTES] {
            for number in [2, 127, 128, 16_383, 16_384, limits::MAX_OP - 1] {
                let text = "x".repeat(length).into();
                let record =
                    ChangeRecord { actor: ActorId([9; 16]), actor_seq: number, start_op: number, deps: vec![Digest([1; 32])], text };
                assert!(same(&record, EntryId::make(1, [7; 10])), "{length} bytes, number {number}");
            }
        }
    }
}
