//! The laws of documents: every honest change rebuilds to its author's, no order or repetition matters, and the fold of entries is
//! the document.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Device, Numbers, visit};
use holdfast_model::document::{ChangeRecord, GateError, Hand, Materialised, Segment, Tail, author, rebuild, segments};
use holdfast_model::entry::{Text, key_of};
use holdfast_model::id::{ActorId, Digest, EntryId};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Some devices write about one visit, now and then taking in what others wrote, restarting, or putting one id twice.
fn story(seed: u64, devices: usize, steps: u64) -> Vec<(ChangeRecord, Digest)> {
    let mut n = Numbers(seed);
    let doc = visit(1);
    let mut phones: Vec<Device> = (0..devices).map(|i| Device::new(i as u64, &mut n)).collect();
    let mut all: Vec<(ChangeRecord, Digest)> = Vec::new();
    let mut taken = vec![0; devices];
    let mut own: Vec<BTreeSet<Digest>> = vec![BTreeSet::new(); devices];
    for _ in 0..steps {
        let i = n.below(devices as u64) as usize;
        match n.below(8) {
            0 => phones[i].restart(&mut n),
            1 | 2 => {
                for (record, hash) in &all[taken[i]..] {
                    if own[i].insert(*hash) {
                        phones[i].take_in(&doc, record, *hash);
                    }
                }
                taken[i] = all.len();
            }
            3 if !all.is_empty() => {
                // The same id again, with another text: both must stay.
                let id = key_of(&all[n.below(all.len() as u64) as usize].0.text).unwrap();
                let mut entry = phones[i].entry(&doc, &mut n);
                entry.id = id;
                let made = phones[i].write(&doc, id, &entry.text());
                own[i].insert(made.1);
                all.push(made);
            }
            _ => {
                let made = phones[i].record(&doc, &mut n);
                own[i].insert(made.1);
                all.push(made);
            }
        }
    }
    all
}

fn records(all: &[(ChangeRecord, Digest)]) -> Vec<ChangeRecord> {
    all.iter().map(|(r, _)| r.clone()).collect()
}

fn fold(all: &[ChangeRecord]) -> BTreeMap<EntryId, BTreeSet<String>> {
    let mut entries: BTreeMap<EntryId, BTreeSet<String>> = BTreeMap::new();
    for record in all {
        entries.entry(key_of(&record.text).unwrap()).or_default().insert(record.text.to_string());
    }
    entries
}

fn seen(doc: &Materialised) -> BTreeMap<EntryId, BTreeSet<String>> {
    doc.entries().into_iter().map(|(id, texts)| (id, texts.iter().map(|t| t.to_string()).collect())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_honest_change_rebuilds_to_its_authors(seed in any::<u64>(), devices in 1usize..4, steps in 1u64..50) {
        let story = story(seed, devices, steps);
        // As one device would relay them: grouped anew, each actor's run by itself.
        let doc = visit(1);
        let mut by_actor: BTreeMap<ActorId, Vec<_>> = BTreeMap::new();
        for (record, hash) in &story {
            by_actor.entry(record.actor).or_default().push((doc.clone(), record.clone(), *hash));
        }
        let rebuilt: BTreeSet<Digest> =
            by_actor.values().flat_map(|run| segments(run)).flat_map(|s| rebuild(&s).unwrap()).map(|(_, hash)| hash).collect();
        prop_assert_eq!(rebuilt, story.iter().map(|(_, h)| *h).collect::<BTreeSet<_>>());
    }

    #[test]
    fn order_and_repetition_do_not_matter_and_the_fold_is_the_document(seed in any::<u64>(), devices in 1usize..5, steps in 1u64..60) {
        let story = records(&story(seed, devices, steps));
        let mut n = Numbers(seed ^ 1);
        let mut shuffled: Vec<ChangeRecord> = story.clone();
        for _ in 0..n.below(10) {
            if let Some(again) = story.get(n.below(story.len().max(1) as u64) as usize) {
                shuffled.push(again.clone());
            }
        }
        n.shuffle(&mut shuffled);
        let one = Materialised::from_records(&story).unwrap();
        let other = Materialised::from_records(&shuffled).unwrap();
        prop_assert!(one.left_out().is_empty());
        prop_assert_eq!(one.heads(), other.heads());
        prop_assert_eq!(seen(&one), fold(&story));
        prop_assert_eq!(seen(&other), fold(&shuffled));
    }

    /// Commutative and associative over parts, idempotent: what is there is a function of the union.
    #[test]
    fn merging_parts_gives_the_same_whatever_the_grouping(seed in any::<u64>(), steps in 1u64..40) {
        let story = records(&story(seed, 3, steps));
        let mut n = Numbers(seed ^ 2);
        let mut parts: [Vec<ChangeRecord>; 3] = Default::default();
        for record in &story {
            let first = n.below(3) as usize;
            parts[first].push(record.clone());
            if n.below(3) == 0 {
                parts[(first + 1) % 3].push(record.clone());
            }
        }
        let join = |all: &[&[ChangeRecord]]| Materialised::from_records(all.iter().flat_map(|p| p.iter())).unwrap();
        let [a, b, c] = &parts;
        let abc = join(&[a, b, c]);
        for other in [join(&[c, b, a]), join(&[b, a, c]), join(&[a, b, c, a, b, c])] {
            prop_assert_eq!(abc.heads(), other.heads());
            prop_assert_eq!(abc.entries(), other.entries());
            prop_assert_eq!(abc.left_out(), other.left_out());
        }
        // Of a part alone, nothing is in the document whose past is not; the rest waits and is named.
        let part = join(&[a]);
        prop_assert_eq!(part.left_out().waiting.len() + seen(&part).values().map(BTreeSet::len).sum::<usize>(), distinct(a));
        prop_assert!(part.left_out().reused.is_empty() && part.left_out().impossible.is_empty());
    }

    /// A changed fact of a segment never passes the gate as the author's.
    #[test]
    fn a_changed_segment_does_not_rebuild(seed in any::<u64>(), which in 0usize..9, by in 1u64..1_000) {
        let story = story(seed, 1, 12);
        let doc = visit(1);
        let run: Vec<_> = story.into_iter().map(|(r, h)| (doc.clone(), r, h)).collect();
        prop_assume!(!run.is_empty());
        for honest in segments(&run) {
            prop_assert!(rebuild(&honest).is_ok());
            let mut changed: Segment = honest.clone();
            let t = (by as usize) % changed.texts.len();
            match which {
                0 => changed.head.actor.0[(by % 16) as usize] ^= 1 << (by % 8),
                1 => changed.head.actor_seq += by,
                2 => changed.head.start_op += by,
                3 => changed.head.deps[0].0[(by % 32) as usize] ^= 1 << (by % 8),
                4 => changed.head.changes.0[(by % 32) as usize] ^= 1 << (by % 8),
                5 => changed.head.texts.0[(by % 32) as usize] ^= 1 << (by % 8),
                6 => changed.texts[t] = Text::from(format!("{} ", &*changed.texts[t])),
                7 => changed.head.n = changed.head.n.wrapping_sub(by as u32),
                _ => changed.head.deps.push(Digest::ZERO),
            }
            prop_assert!(rebuild(&changed).is_err(), "{changed:?}");
        }
    }

    /// Whatever records say, building a document from them neither panics nor loses an honest entry.
    #[test]
    fn hostile_records_stay_outside_the_document(seed in any::<u64>(), which in 0usize..6, by in any::<u64>()) {
        let honest = records(&story(seed, 2, 20));
        prop_assume!(!honest.is_empty());
        let mut bad = honest[by as usize % honest.len()].clone();
        let text = format!(r#"{{"id":"{}"}}"#, EntryId::make(77, [7; 10]));
        bad.text = Text::from(text);
        bad.actor = ActorId([0xbd; 16]);
        match which {
            0 => (bad.actor_seq, bad.start_op) = (1 + by % 7, by % (1 << 33)),
            1 => bad.deps = vec![],
            2 => bad.deps = vec![Digest::of(b"nobody knows")],
            3 => bad.start_op = 1 + by % 3,
            4 => bad.actor_seq = by,
            _ => bad.deps.reverse(),
        }
        let all = [honest.clone(), vec![bad]].concat();
        let doc = Materialised::from_records(&all).unwrap();
        for (id, texts) in fold(&honest) {
            prop_assert_eq!(doc.entries()[&id].iter().map(|t| t.to_string()).collect::<BTreeSet<_>>(), texts);
        }
    }
}

fn distinct(records: &[ChangeRecord]) -> usize {
    records.iter().map(|r| (r.actor, r.actor_seq)).collect::<BTreeSet<_>>().len()
}

/// What happens when an actor id is stored and used again after a restore: the fault that this project's tests must catch.
#[test]
fn a_stored_and_reused_actor_is_found_from_records_alone() {
    let mut n = Numbers(6);
    let doc = visit(1);
    let mut phone = Device::new(1, &mut n);
    let backup = (phone.hands.clone(), phone.tails.clone(), phone.actor);
    let mut all = vec![phone.record(&doc, &mut n), phone.record(&doc, &mut n)];
    // The phone is restored from the backup, and its actor with it.
    (phone.hands, phone.tails, phone.actor) = backup;
    all.push(phone.record(&doc, &mut n));
    let found = Materialised::from_records(&records(&all)).unwrap();
    assert_eq!(found.left_out().reused, BTreeSet::from([all[0].1, all[2].1]));
    // With a fresh actor the same story is a document like any other.
    let mut phone = Device::new(1, &mut n);
    let tails = phone.tails.clone();
    let mut all = vec![phone.record(&doc, &mut n), phone.record(&doc, &mut n)];
    phone.tails = tails;
    phone.restart(&mut n);
    all.push(phone.record(&doc, &mut n));
    let fine = Materialised::from_records(&records(&all)).unwrap();
    assert!(fine.left_out().is_empty());
    assert_eq!(fine.entries().len(), 3);
}

#[test]
fn segments_are_runs_that_saw_each_other_and_end_where_they_did_not() {
    let mut n = Numbers(9);
    let (a, b) = (visit(1), visit(2));
    let mut phone = Device::new(1, &mut n);
    phone.record(&a, &mut n);
    phone.record(&b, &mut n);
    phone.record(&a, &mut n);
    let (other, other_hash) = author(&mut Tail::genesis(), &mut Hand::new([5; 16]), EntryId::make(1, [2; 10]), "{}");
    phone.take_in(&a, &other, other_hash);
    phone.record(&a, &mut n);
    phone.restart(&mut n);
    phone.record(&a, &mut n);
    let push = phone.push();
    let shape: Vec<(String, u32)> = push.segments.iter().map(|s| (s.head.doc.to_string(), s.head.n)).collect();
    let of = |doc: &str, n| (doc.to_owned(), n);
    assert_eq!(shape, [of("visit:V-1", 2), of("visit:V-2", 1), of("visit:V-1", 1), of("visit:V-1", 1)]);
}

/// A counter that jumps ends a segment: what follows could not be rebuilt from its head.
#[test]
fn a_jump_of_the_counter_begins_a_segment() {
    let (mut tail, mut hand) = (Tail::genesis(), Hand::new([4; 16]));
    let mut write = |tail: &mut Tail, n: u8| {
        let id = EntryId::make(1, [n; 10]);
        let (record, hash) = author(tail, &mut hand, id, &format!(r#"{{"id":"{id}"}}"#));
        (visit(1), record, hash)
    };
    let first = write(&mut tail, 1);
    tail.max_op += 5;
    let all = [first, write(&mut tail, 2)];
    let segments = segments(&all);
    assert_eq!(segments.len(), 2);
    assert!(segments.iter().all(|s| rebuild(s).is_ok()));
}

const GENESIS_ACTOR: ActorId = ActorId(0x0b78_6ff6_fa7b_076d_be58_9e04_0967_5e22_u128.to_be_bytes());

#[test]
fn the_profile_names_what_is_out_of_bounds() {
    let mut n = Numbers(3);
    let mut phone = Device::new(1, &mut n);
    phone.record(&visit(1), &mut n);
    let honest = phone.push().segments.remove(0);
    let with = |change: &dyn Fn(&mut Segment)| {
        let mut segment = honest.clone();
        change(&mut segment);
        rebuild(&segment).err()
    };
    assert_eq!(with(&|_| ()), None);
    assert_eq!(with(&|s| s.head.deps.clear()), Some(GateError::Profile("number of predecessors")));
    assert_eq!(with(&|s| s.head.deps = vec![Digest::ZERO; 2]), Some(GateError::Profile("order of predecessors")));
    assert_eq!(with(&|s| s.head.actor = GENESIS_ACTOR), Some(GateError::Profile("actor of the genesis")));
    assert_eq!(with(&|s| s.head.actor_seq = 0), Some(GateError::Profile("sequence of the actor")));
    assert_eq!(with(&|s| s.head.start_op = 1 << 31), Some(GateError::Profile("operation counter")));
    assert_eq!(with(&|s| s.head.start_op = u64::MAX), Some(GateError::Profile("operation counter")));
    assert_eq!(with(&|s| s.texts = vec!["x".repeat(70_000).into()]), Some(GateError::Profile("length of an entry")));
    assert_eq!(with(&|s| s.head.n = 2), Some(GateError::Profile("number of entries")));
}
