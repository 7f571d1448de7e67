//! A real Automerge document out of change records: for export, for proof, and for any tool that can open one.
//!
//! The result is a function of the *set* of records: order and repetition do not matter. A record waits, outside the
//! document, until everything its author had seen is there; a record that no honest encoder could have made next (an actor
//! that wrote one sequence twice, a counter below what it had seen) is left out with all that build on it, and named.

use super::{ChangeRecord, genesis, rebuild};
use crate::entry::key_of;
use crate::id::{ActorId, Digest, EntryId};
use crate::limits;
use automerge::ReadDoc;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// A document that Automerge holds, and what stayed outside it.
#[derive(Debug)]
pub struct Materialised {
    doc: automerge::Automerge,
    left_out: LeftOut,
}

/// Records that are not in the document, by the hash of their change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// What its author had seen is not here yet, or was left out itself.
    pub waiting: BTreeSet<Digest>,
    /// Its actor wrote this sequence twice: the mark of a reused actor id after a clone or a restore. A finding.
    pub reused: BTreeSet<Digest>,
    /// Its counters cannot follow from what its author had seen.
    pub impossible: BTreeSet<Digest>,
}

impl LeftOut {
    /// True when everything is in the document.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.reused.is_empty() && self.impossible.is_empty()
    }
}

/// Why Automerge would not take changes that passed every check here.
#[derive(Debug, thiserror::Error)]
#[error("the document library refused changes that passed the gate")]
pub struct Refused(#[source] automerge::AutomergeError);

/// A record that is a candidate for the document.
struct Candidate<'a> {
    record: &'a ChangeRecord,
    change: automerge::Change,
}

impl Materialised {
    /// Builds the document from records that passed the gate, in any order, repeated or not.
    pub fn from_records<'a>(records: impl IntoIterator<Item = &'a ChangeRecord>) -> Result<Materialised, Refused> {
        let mut left_out = LeftOut::default();
        let mut all: BTreeMap<Digest, Candidate<'a>> = BTreeMap::new();
        for record in records {
            let Some(key) = key_of(&record.text) else {
                // The gate lets no such text through; without a name there is no key to put it at.
                left_out.impossible.insert(record.text.digest());
                continue;
            };
            let change = rebuild::change(record, key);
            all.entry(rebuild::hash(&change)).or_insert(Candidate { record, change });
        }
        let order = admissible(&all, &mut left_out);
        let mut doc = automerge::Automerge::new();
        let changes: Vec<automerge::Change> =
            std::iter::once(genesis::change().clone()).chain(order.iter().map(|h| all[h].change.clone())).collect();
        doc.apply_changes(changes).map_err(Refused)?;
        Ok(Materialised { doc, left_out })
    }

    /// The entries that the document shows: by id, every distinct text in the order of its bytes. More than one text
    /// under one id is a finding; none of them is dropped.
    pub fn entries(&self) -> BTreeMap<EntryId, Vec<Arc<str>>> {
        let Ok(Some((_, map))) = self.doc.get(automerge::ROOT, genesis::ENTRIES) else {
            return BTreeMap::new();
        };
        let mut entries = BTreeMap::new();
        for key in self.doc.keys(&map) {
            let Ok(id) = EntryId::parse(&key) else { continue };
            let texts: BTreeSet<Arc<str>> = self
                .doc
                .get_all(&map, key.as_str())
                .unwrap_or_default()
                .iter()
                .filter_map(|(value, _)| value.as_str().map(Arc::from))
                .collect();
            entries.insert(id, texts.into_iter().collect());
        }
        entries
    }

    /// Hashes of the changes that no other change has seen, sorted.
    pub fn heads(&self) -> Vec<Digest> {
        let mut heads: Vec<Digest> = self.doc.get_heads().iter().map(|h| Digest(h.0)).collect();
        heads.sort_unstable();
        heads
    }

    /// What is not in the document, and why.
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
    }

    /// The document in Automerge's own format, for export. Never read back by Holdfast.
    pub fn save(&self) -> Vec<u8> {
        self.doc.save()
    }
}

/// Hashes of the records that may enter the document, each after what it had seen; the others go to `left_out`.
fn admissible(all: &BTreeMap<Digest, Candidate<'_>>, left_out: &mut LeftOut) -> Vec<Digest> {
    let mut by_place: HashMap<(ActorId, u64), Vec<Digest>> = HashMap::new();
    for (hash, one) in all {
        by_place.entry((one.record.actor, one.record.actor_seq)).or_default().push(*hash);
    }
    for both in by_place.values().filter(|hashes| hashes.len() > 1) {
        left_out.reused.extend(both);
    }
    // Kahn's algorithm over what each record still lacks; the ordered map makes the outcome independent of arrival.
    let genesis = genesis::genesis_hash();
    let mut lacking: HashMap<Digest, usize> = HashMap::new();
    let mut followers: HashMap<Digest, Vec<Digest>> = HashMap::new();
    let mut ready: Vec<Digest> = Vec::new();
    for (hash, one) in all.iter().filter(|(hash, _)| !left_out.reused.contains(hash)) {
        // An actor's own previous change must be there too, whether named or not.
        let before = (one.record.actor_seq > 1)
            .then(|| by_place.get(&(one.record.actor, one.record.actor_seq - 1)).and_then(|h| h.first().copied()).unwrap_or(Digest::ZERO));
        let needs: HashSet<Digest> = one.record.deps.iter().copied().chain(before).filter(|dep| *dep != genesis).collect();
        if needs.is_empty() {
            ready.push(*hash);
        }
        lacking.insert(*hash, needs.len());
        for need in needs {
            followers.entry(need).or_default().push(*hash);
        }
    }
    let mut order = Vec::with_capacity(all.len());
    while let Some(hash) = ready.pop() {
        lacking.remove(&hash);
        if !possible(&all[&hash], all, by_place.get(&(all[&hash].record.actor, all[&hash].record.actor_seq.wrapping_sub(1)))) {
            left_out.impossible.insert(hash);
            continue;
        }
        order.push(hash);
        for next in followers.get(&hash).into_iter().flatten() {
            if let Some(n) = lacking.get_mut(next) {
                *n -= 1;
                if *n == 0 {
                    ready.push(*next);
                }
            }
        }
    }
    left_out.waiting.extend(lacking.keys());
    order
}

/// True when the record keeps the profile's bounds and its counters follow from what its author had seen: on others Automerge
/// panics, or takes them in and then writes files that it cannot read back.
fn possible(one: &Candidate<'_>, all: &BTreeMap<Digest, Candidate<'_>>, before: Option<&Vec<Digest>>) -> bool {
    let record = one.record;
    let seen_op = record.deps.iter().map(|d| all.get(d).map_or(genesis::OP, |c| c.record.start_op)).max();
    let bounded = record.start_op < limits::MAX_OP && record.actor_seq < limits::MAX_OP && record.deps.is_sorted_by(|a, b| a < b);
    if !bounded || record.actor.0 == genesis::ACTOR || seen_op.is_none_or(|op| record.start_op <= op) {
        return false;
    }
    match (record.actor_seq, before.and_then(|b| b.first())) {
        (0, _) | (2.., None) => false,
        (1, _) => true,
        (_, Some(before)) => has_seen(record, *before, all),
    }
}

/// True when `before` is among everything that the record's author had seen.
fn has_seen(record: &ChangeRecord, before: Digest, all: &BTreeMap<Digest, Candidate<'_>>) -> bool {
    let floor = all[&before].record.start_op;
    let mut visited: HashSet<Digest> = HashSet::new();
    let mut next: Vec<Digest> = record.deps.clone();
    while let Some(hash) = next.pop() {
        if hash == before {
            return true;
        }
        // Counters only grow along what was seen, so nothing below the floor can lead back to it.
        if let Some(one) = all.get(&hash)
            && one.record.start_op > floor
            && visited.insert(hash)
        {
            next.extend(&one.record.deps);
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Hand, Tail, author, genesis_hash};

    fn entry(n: u8, word: &str) -> (EntryId, String) {
        let id = EntryId::make(1, [n; 10]);
        (id, format!(r#"{{"id":"{id}","word":"{word}"}}"#))
    }

    fn write(tail: &mut Tail, hand: &mut Hand, n: u8, word: &str) -> (ChangeRecord, Digest) {
        let (id, text) = entry(n, word);
        author(tail, hand, id, &text)
    }

    #[test]
    fn one_id_put_twice_keeps_both_texts() {
        let (mut a, mut b) = (Tail::genesis(), Tail::genesis());
        let (one, _) = write(&mut a, &mut Hand::new([1; 16]), 1, "one");
        let (two, _) = write(&mut b, &mut Hand::new([2; 16]), 1, "two");
        let mut after = a.clone();
        let (three, _) = write(&mut after, &mut Hand::new([3; 16]), 1, "three");
        let doc = Materialised::from_records([&one, &two, &three]).expect("honest");
        let words: Vec<_> = doc.entries().remove(&entry(1, "").0).expect("it is there");
        assert_eq!(words.len(), 3);
        assert!(doc.left_out().is_empty());
    }

    #[test]
    fn a_record_waits_for_what_its_author_had_seen() {
        let (mut tail, mut hand) = (Tail::genesis(), Hand::new([1; 16]));
        let (a, _) = write(&mut tail, &mut hand, 1, "a");
        let (b, b_hash) = write(&mut tail, &mut hand, 2, "b");
        let doc = Materialised::from_records([&b]).expect("honest");
        assert_eq!((doc.entries().len(), doc.left_out().waiting.contains(&b_hash)), (0, true));
        let doc = Materialised::from_records([&b, &a, &b]).expect("honest");
        assert_eq!((doc.entries().len(), doc.left_out().is_empty(), doc.heads()), (2, true, vec![b_hash]));
    }

    #[test]
    fn an_actor_that_wrote_one_sequence_twice_is_named_and_hurts_nobody_else() {
        let stored = Hand::new([9; 16]);
        let (mut here, mut clone, mut other) = (Tail::genesis(), Tail::genesis(), Tail::genesis());
        let (a, a_hash) = write(&mut here, &mut stored.clone(), 1, "here");
        let (b, b_hash) = write(&mut clone, &mut stored.clone(), 2, "clone");
        let (c, c_hash) = write(&mut other, &mut Hand::new([3; 16]), 3, "other");
        let doc = Materialised::from_records([&a, &b, &c]).expect("honest");
        assert_eq!(doc.left_out().reused, BTreeSet::from([a_hash, b_hash]));
        assert_eq!(doc.heads(), vec![c_hash]);
    }

    #[test]
    fn counters_that_cannot_follow_are_left_out() {
        let (mut tail, mut hand) = (Tail::genesis(), Hand::new([1; 16]));
        let (a, _) = write(&mut tail, &mut hand, 1, "a");
        let (b, _) = write(&mut tail, &mut hand, 2, "b");
        for bad in [
            ChangeRecord { start_op: 2, ..b.clone() },
            ChangeRecord { start_op: 1 << 32, ..b.clone() },
            ChangeRecord { deps: [b.deps.clone(), b.deps.clone()].concat(), ..b.clone() },
            ChangeRecord { actor_seq: 0, ..b.clone() },
            ChangeRecord { deps: vec![genesis_hash()], ..b.clone() },
            ChangeRecord { deps: vec![], ..b.clone() },
            ChangeRecord { actor: ActorId(genesis::ACTOR), actor_seq: 1, ..b.clone() },
        ] {
            let doc = Materialised::from_records([&a, &bad]).expect("the bad one stays outside");
            assert_eq!(doc.left_out().impossible.len(), 1, "{bad:?}");
            assert_eq!(doc.entries().len(), 1);
        }
    }

    /// The only place where Automerge reads bytes, and they are our own, of this very test: any tool can open an export.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the bytes are this very test's own export")]
    fn an_export_opens_in_automerge() {
        let (mut a, mut b) = (Tail::genesis(), Tail::genesis());
        let (mut ha, mut hb) = (Hand::new([1; 16]), Hand::new([2; 16]));
        let mut records: Vec<ChangeRecord> = (1..=20).map(|n| write(&mut a, &mut ha, n, "a").0).collect();
        records.extend((11..=30).map(|n| write(&mut b, &mut hb, n, "b").0));
        let doc = Materialised::from_records(&records).expect("honest");
        let opened = automerge::Automerge::load(&doc.save()).expect("a document");
        assert_eq!(opened.get_heads(), doc.doc.get_heads());
        let (_, map) = opened.get(automerge::ROOT, genesis::ENTRIES).expect("no error").expect("the map");
        assert_eq!(opened.keys(&map).count(), 30);
    }
}
