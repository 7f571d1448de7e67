//! Writing a change without loading the document: where it stands is all an author needs.

use super::{ChangeRecord, Hand, Tail, genesis, rebuild};
use crate::id::{ActorId, Digest, EntryId};
use crate::limits;

impl Tail {
    /// A document that holds nothing but the genesis.
    pub fn genesis() -> Tail {
        Tail { heads: vec![genesis::genesis_hash()], max_op: genesis::OP }
    }

    /// Takes in one more change: its hash, what it had seen, and its operation counter.
    ///
    /// Changes may come in any order that keeps each after those it had seen. A change that is taken in twice, or one
    /// that another has already superseded, must not be taken in again: it would become a head anew.
    pub fn after(&mut self, change: Digest, deps: &[Digest], op: u64) {
        self.heads.retain(|head| !deps.contains(head));
        if let Err(place) = self.heads.binary_search(&change) {
            self.heads.insert(place, change);
        }
        self.max_op = self.max_op.max(op);
    }
}

impl Hand {
    /// A hand that has written nothing. The sixteen bytes must be fresh and random.
    ///
    /// One value may serve all documents that a process opens, as long as it is never stored and never used after a
    /// COMMIT failed: an actor id that writes the same sequence twice wedges the document for good.
    pub fn new(random: [u8; 16]) -> Hand {
        Hand { actor: ActorId(random), seq: 0, last: None }
    }
}

/// Writes one entry's text at its key: the change as plain facts, and its hash. `tail` and `hand` move on.
///
/// `key` is the id that stands in the text. Where more than [`limits::DEPS`] changes have not seen each other, the new
/// one names that many of them, the hand's own last one always, and the others stay open.
pub fn author(tail: &mut Tail, hand: &mut Hand, key: EntryId, text: &str) -> (ChangeRecord, Digest) {
    let mut deps = tail.heads.clone();
    if deps.len() > limits::DEPS {
        deps.sort_by_key(|head| Some(*head) != hand.last);
        deps.truncate(limits::DEPS);
        deps.sort_unstable();
    }
    let record = ChangeRecord { actor: hand.actor, actor_seq: hand.seq + 1, start_op: tail.max_op + 1, deps, text: text.into() };
    let hash = rebuild::hash(&rebuild::change(&record, key));
    hand.seq = record.actor_seq;
    hand.last = Some(hash);
    tail.after(hash, &record.deps, record.start_op);
    (record, hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u8) -> EntryId {
        EntryId::make(1, [n; 10])
    }

    #[test]
    fn one_hand_writes_a_line() {
        let (mut tail, mut hand) = (Tail::genesis(), Hand::new([7; 16]));
        let (a, a_hash) = author(&mut tail, &mut hand, id(1), "a");
        let (b, b_hash) = author(&mut tail, &mut hand, id(2), "b");
        assert_eq!((a.actor_seq, a.start_op, a.deps), (1, 2, vec![genesis::genesis_hash()]));
        assert_eq!((b.actor_seq, b.start_op, b.deps), (2, 3, vec![a_hash]));
        assert_eq!(tail, Tail { heads: vec![b_hash], max_op: 3 });
    }

    #[test]
    fn more_heads_than_a_change_may_name_stay_open_and_the_own_line_goes_on() {
        let (mut tail, mut hand) = (Tail::genesis(), Hand::new([7; 16]));
        author(&mut tail, &mut hand, id(1), "a");
        for n in 0..=limits::DEPS {
            tail.after(Digest::of(&[n as u8]), &[genesis::genesis_hash()], 2);
        }
        let own = hand.last.expect("it wrote");
        let (b, _) = author(&mut tail, &mut hand, id(2), "b");
        assert_eq!(b.deps.len(), limits::DEPS);
        assert!(b.deps.contains(&own) && b.deps.is_sorted());
        assert_eq!(tail.heads.len(), 3, "two stay open beside the new one");
    }

    #[test]
    fn a_tail_is_the_same_whatever_the_order_of_two_that_had_not_seen_each_other() {
        let (mut one, mut two) = (Tail::genesis(), Tail::genesis());
        let (a, a_hash) = author(&mut one, &mut Hand::new([1; 16]), id(1), "a");
        let (b, b_hash) = author(&mut two, &mut Hand::new([2; 16]), id(2), "b");
        one.after(b_hash, &b.deps, b.start_op);
        two.after(a_hash, &a.deps, a.start_op);
        assert_eq!(one, two);
        assert_eq!(one.heads.len(), 2);
        let (c, _) = author(&mut one, &mut Hand::new([3; 16]), id(3), "c");
        assert_eq!(c.deps, two.heads, "who writes next has seen both");
    }
}
