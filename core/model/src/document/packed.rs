//! One change as a phone keeps it and seals it for the office: compact, versioned, read for ever.
//!
//! Layout 1, integers big-endian: version (1), document id (length u8, bytes), actor (16), sequence within the actor (u64), operation
//! counter (u64), number of predecessors (u8), each predecessor's hash (32), hash of the change (32), the entry's text (the rest).

use super::ChangeRecord;
use crate::id::{ActorId, Digest, DocumentId};

/// The layout written here.
const LAYOUT: u8 = 1;

/// Writes a change.
pub fn encode_change(doc: &DocumentId, record: &ChangeRecord, hash: Digest) -> Vec<u8> {
    let doc = doc.to_string();
    let mut bytes = Vec::with_capacity(2 + doc.len() + 33 + 32 * (record.deps.len() + 1) + record.text.len());
    bytes.push(LAYOUT);
    // Document ids are at most 72 bytes and predecessors at most 64: both fit one byte.
    bytes.push(doc.len() as u8);
    bytes.extend_from_slice(doc.as_bytes());
    bytes.extend_from_slice(&record.actor.0);
    bytes.extend_from_slice(&record.actor_seq.to_be_bytes());
    bytes.extend_from_slice(&record.start_op.to_be_bytes());
    bytes.push(record.deps.len() as u8);
    for dep in &record.deps {
        bytes.extend_from_slice(&dep.0);
    }
    bytes.extend_from_slice(&hash.0);
    bytes.extend_from_slice(record.text.as_bytes());
    bytes
}

/// Reads a change; `None` for bytes that are none, or of a layout this version does not know.
pub fn decode_change(bytes: &[u8]) -> Option<(DocumentId, ChangeRecord, Digest)> {
    let mut rest = bytes;
    let [LAYOUT] = take::<1>(&mut rest)? else { return None };
    let [len] = take::<1>(&mut rest)?;
    let (doc, after) = rest.split_at_checked(usize::from(len))?;
    rest = after;
    let doc = DocumentId::parse(std::str::from_utf8(doc).ok()?).ok()?;
    let actor = ActorId(take(&mut rest)?);
    let actor_seq = u64::from_be_bytes(take(&mut rest)?);
    let start_op = u64::from_be_bytes(take(&mut rest)?);
    let [n] = take::<1>(&mut rest)?;
    let deps = (0..n).map(|_| take(&mut rest).map(Digest)).collect::<Option<Vec<_>>>()?;
    let hash = Digest(take(&mut rest)?);
    let text = std::str::from_utf8(rest).ok()?.into();
    Some((doc, ChangeRecord { actor, actor_seq, start_op, deps, text }, hash))
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_change_reads_back_and_a_cut_one_never_panics(
            actor in any::<[u8; 16]>(), actor_seq: u64, start_op: u64, deps in prop::collection::vec(any::<[u8; 32]>(), 0..64),
            hash in any::<[u8; 32]>(), text in ".{0,200}", cut in 0usize..400,
        ) {
            let doc = DocumentId::parse("visit:V-1").expect("a literal");
            let record =
                ChangeRecord { actor: ActorId(actor), actor_seq, start_op, deps: deps.into_iter().map(Digest).collect(), text: text.into() };
            let bytes = encode_change(&doc, &record, Digest(hash));
            prop_assert_eq!(decode_change(&bytes), Some((doc, record, Digest(hash))));
            let _ = decode_change(&bytes[..cut.min(bytes.len())]);
        }
    }

    #[test]
    fn another_layout_is_not_guessed_at() {
        assert_eq!(decode_change(&[2, 0]), None);
        assert_eq!(decode_change(&[]), None);
    }
}
