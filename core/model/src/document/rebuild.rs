//! The gate. Plain facts in, Automerge's own encoder, one digest to compare: nothing that came over a network is ever
//! decoded by Automerge, whose decoders panic, abort or over-allocate on hostile input.

use super::chunk::Chunk;
use super::segment::digest_of;
use super::{ChangeRecord, GateError, Segment, genesis};
use crate::entry::key_of;
use crate::id::{Digest, EntryId};
use crate::limits;
use automerge::legacy;
use std::num::NonZeroU64;
use std::slice;

/// One change as Automerge's encoder makes it: put `record.text` at `key` of the map `entries`, no predecessors.
pub(super) fn change(record: &ChangeRecord, key: EntryId) -> automerge::Change {
    automerge::Change::from(automerge::ExpandedChange {
        operations: vec![legacy::Op {
            action: legacy::OpType::Put(automerge::ScalarValue::from(&*record.text)),
            obj: genesis::entries_map(),
            key: legacy::Key::Map(key.to_string().into()),
            pred: legacy::SortedVec::new(),
            insert: false,
        }],
        actor_id: record.actor.0.into(),
        hash: None,
        seq: record.actor_seq,
        start_op: NonZeroU64::new(record.start_op).unwrap_or(NonZeroU64::MIN),
        time: 0,
        message: None,
        deps: record.deps.iter().map(|d| automerge::ChangeHash(d.0)).collect(),
        extra_bytes: Vec::new(),
        author: None,
    })
}

/// A change's hash in the model's own type.
pub(super) fn hash(change: &automerge::Change) -> Digest {
    Digest(change.hash().0)
}

/// Checks what a segment's head says against the profile's bounds, before anything is built from it.
pub(super) fn check_profile(segment: &Segment) -> Result<(), GateError> {
    let head = &segment.head;
    let n = u64::from(head.n);
    let last_op = head.start_op.saturating_add(n);
    let wrong = if n == 0 || segment.texts.len() as u64 != n {
        Some("number of entries")
    } else if segment.texts.len() > limits::SEGMENT_CHANGES {
        Some("entries of a segment")
    } else if segment.texts.iter().any(|t| t.len() > limits::ENTRY_BYTES) {
        Some("length of an entry")
    } else if segment.text_bytes() > limits::SEGMENT_BYTES {
        Some("length of a segment")
    } else if head.deps.is_empty() || head.deps.len() > limits::DEPS {
        Some("number of predecessors")
    } else if !head.deps.is_sorted_by(|a, b| a < b) {
        Some("order of predecessors")
    } else if head.actor.0 == genesis::ACTOR {
        Some("actor of the genesis")
    } else if head.actor_seq == 0 || head.actor_seq.saturating_add(n) > limits::MAX_OP {
        Some("sequence of the actor")
    } else if head.start_op <= genesis::OP || last_op > limits::MAX_OP {
        Some("operation counter")
    } else {
        None
    };
    wrong.map_or(Ok(()), |what| Err(GateError::Profile(what)))
}

/// Compares the texts with those that the head was signed over. Independent of Automerge: holds whatever its encoder does.
pub fn check_texts(segment: &Segment) -> Result<(), GateError> {
    let same = segment.texts.len() as u64 == u64::from(segment.head.n) && segment.texts_digest() == segment.head.texts;
    if same { Ok(()) } else { Err(GateError::Texts) }
}

/// The gate: bounds, texts, and every change built again and compared with the author's.
///
/// Gives each change as plain facts with its hash, in order.
pub fn rebuild(segment: &Segment) -> Result<Vec<(ChangeRecord, Digest)>, GateError> {
    check_profile(segment)?;
    check_texts(segment)?;
    let keys: Option<Vec<EntryId>> = segment.texts.iter().map(|t| key_of(t)).collect();
    let hashes = rebuild_changes(segment, &keys.ok_or(GateError::Profile("name of an entry"))?)?;
    let seen = |i: usize| i.checked_sub(1).map_or(segment.head.deps.as_slice(), |before| slice::from_ref(&hashes[before]));
    Ok(hashes.iter().enumerate().map(|(i, hash)| (record(segment, i, seen(i)), *hash)).collect())
}

/// The second half of [`rebuild`], for a caller that has checked the texts ([`check_texts`]) and read the entries' ids from them already.
///
/// `keys` are the ids of the entries, in order. Bounds are checked here again: they cost nothing. Gives the hash of each change, in order.
pub fn rebuild_changes(segment: &Segment, keys: &[EntryId]) -> Result<Vec<Digest>, GateError> {
    check_profile(segment)?;
    if keys.len() != segment.texts.len() {
        return Err(GateError::Profile("number of entries"));
    }
    let head = &segment.head;
    let mut chunk = Chunk::default();
    // What the layout gives is the author's own hash as soon as the digests agree; when they do not, Automerge decides.
    changes_with(segment, keys, |i, deps, key| {
        chunk.hash(head.actor, head.actor_seq + i as u64, head.start_op + i as u64, deps, key, &segment.texts[i])
    })
    .or_else(|_| changes_with(segment, keys, |i, deps, key| hash(&change(&record(segment, i, deps), key))))
}

/// One change of a segment as plain facts.
fn record(segment: &Segment, i: usize, deps: &[Digest]) -> ChangeRecord {
    let head = &segment.head;
    ChangeRecord {
        actor: head.actor,
        actor_seq: head.actor_seq + i as u64,
        start_op: head.start_op + i as u64,
        deps: deps.to_vec(),
        text: segment.texts[i].clone(),
    }
}

/// Every change of a segment hashed as `hash` does it, given its place, what its author had seen and its key; if these are the author's.
fn changes_with(
    segment: &Segment,
    keys: &[EntryId],
    mut hash: impl FnMut(usize, &[Digest], EntryId) -> Digest,
) -> Result<Vec<Digest>, GateError> {
    let mut all: Vec<Digest> = Vec::with_capacity(keys.len());
    for (i, key) in keys.iter().enumerate() {
        all.push(hash(i, all.last().map_or(&segment.head.deps, slice::from_ref), *key));
    }
    if digest_of(all.iter().copied()) == segment.head.changes { Ok(all) } else { Err(GateError::Changes) }
}
