//! From single changes to segments: what a push is made of.

use super::{ChangeRecord, Segment};
use crate::entry::Text;
use crate::id::{Digest, DocumentId};
use crate::limits;
use crate::wire::SegmentHead;
use std::collections::HashMap;

/// A segment that may still grow.
struct Open {
    doc: DocumentId,
    first: ChangeRecord,
    texts: Vec<Text>,
    bytes: usize,
    hashes: Vec<Digest>,
}

impl Open {
    fn goes_on_with(&self, next: &ChangeRecord) -> bool {
        let n = self.texts.len() as u64;
        self.texts.len() < limits::SEGMENT_CHANGES
            && self.bytes + next.text.len() <= limits::SEGMENT_BYTES
            && next.actor == self.first.actor
            && next.actor_seq == self.first.actor_seq + n
            && next.start_op == self.first.start_op + n
            && matches!(next.deps.as_slice(), [only] if Some(only) == self.hashes.last())
    }

    fn push(&mut self, record: &ChangeRecord, hash: Digest) {
        self.bytes += record.text.len();
        self.texts.push(record.text.clone());
        self.hashes.push(hash);
    }

    fn close(self) -> Segment {
        let head = SegmentHead {
            doc: self.doc,
            actor: self.first.actor,
            actor_seq: self.first.actor_seq,
            start_op: self.first.start_op,
            deps: self.first.deps,
            n: self.texts.len() as u32,
            texts: digest_of(self.texts.iter().map(Text::digest)),
            changes: digest_of(self.hashes.iter().copied()),
        };
        Segment { head, texts: self.texts }
    }
}

/// SHA-256 over digests, one after the other.
pub(super) fn digest_of(digests: impl IntoIterator<Item = Digest>) -> Digest {
    use sha2::Digest as _;
    let mut sha = sha2::Sha256::new();
    for digest in digests {
        sha.update(digest.0);
    }
    Digest(sha.finalize().into())
}

/// Groups changes, given in the order of the device's chain with their hashes, into segments: for each document
/// runs by one actor in which each change has seen exactly the one before it. Segments come in the order of their first
/// change; within one, entries keep the order of the chain.
pub fn segments(records: &[(DocumentId, ChangeRecord, Digest)]) -> Vec<Segment> {
    let mut all: Vec<Open> = Vec::new();
    let mut latest: HashMap<&DocumentId, usize> = HashMap::new();
    for (doc, record, hash) in records {
        if let Some(open) = latest.get(doc).and_then(|i| all.get_mut(*i))
            && open.goes_on_with(record)
        {
            open.push(record, *hash);
            continue;
        }
        latest.insert(doc, all.len());
        let mut open = Open { doc: doc.clone(), first: record.clone(), texts: Vec::new(), bytes: 0, hashes: Vec::new() };
        open.push(record, *hash);
        all.push(open);
    }
    all.into_iter().map(Open::close).collect()
}

impl Segment {
    /// What [`SegmentHead::texts`] has to be, going by the texts that are here.
    pub fn texts_digest(&self) -> Digest {
        digest_of(self.texts.iter().map(Text::digest))
    }

    /// Bytes of its entries' texts.
    pub fn text_bytes(&self) -> usize {
        self.texts.iter().map(|t| t.len()).sum()
    }
}
