//! One total order of a document's entries.

use super::clocks::Clocks;
use super::timing::{Doubt, RIGHT_WITHIN_MS, Timing};
use crate::entry::Read;
use crate::id::Digest;
use crate::time::Millis;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What the order needs to know of an entry.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// The entry.
    pub read: &'a Read,
    /// SHA-256 of its text.
    pub text: Digest,
    /// Hash of the change that carries it.
    pub change: Digest,
    /// Hashes of the changes that its author had seen.
    pub deps: &'a [Digest],
    /// When it reached the office, if it did.
    pub received: Option<Millis>,
}

/// An entry's place in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Which of the items.
    pub item: usize,
    /// When it was recorded.
    pub timing: Timing,
    /// True when nobody can say whether it or the entry just above was recorded first.
    pub same_time_as_above: bool,
}

/// Entries in one total order, and who had seen what. The same for any order of the same set.
#[derive(Debug, Clone)]
pub struct Timeline {
    placed: Vec<Placed>,
    /// Node of each item; an entry that two changes carry with the same text is one node.
    node_of: Vec<usize>,
    seen: Seen,
}

impl Timeline {
    /// Orders the entries of one document.
    pub fn of(items: &[Item<'_>], clocks: &Clocks) -> Timeline {
        let (kept, node_of) = distinct(items);
        let graph = Graph::of(items, &kept, &node_of);
        let mut timings: Vec<Timing> = kept.iter().map(|i| clocks.timing(items[*i].read, items[*i].received)).collect();
        settle_steps(items, &kept, &mut timings);
        graph.narrow(&mut timings);
        let key = |n: usize| {
            let item = &items[kept[n]];
            let (device, epoch, seq) = item.read.place();
            let at = if clocks.by_wall_clock { item.read.clocks().0.at } else { timings[n].best };
            (at, device, seq, epoch, item.read.id(), item.text, item.change)
        };
        let mut by_key: Vec<usize> = (0..kept.len()).collect();
        by_key.sort_unstable_by(|a, b| key(*a).cmp(&key(*b)));
        let order = if clocks.by_wall_clock { by_key } else { graph.order(&by_key) };
        let mut placed: Vec<Placed> = Vec::with_capacity(order.len());
        for (i, n) in order.iter().enumerate() {
            let same_time_as_above = i > 0 && {
                let above = order[i - 1];
                timings[*n].overlaps(&timings[above]) && !graph.ordered(above, *n)
            };
            placed.push(Placed { item: kept[*n], timing: timings[*n], same_time_as_above });
        }
        Timeline { placed, node_of, seen: graph.seen }
    }

    /// The entries, first to last. One that several changes carry with the same text stands here once.
    pub fn placed(&self) -> &[Placed] {
        &self.placed
    }

    /// True when the author of one item had seen the other: causality, not time.
    pub fn saw(&self, later: usize, earlier: usize) -> bool {
        self.seen.get(self.node_of[later], self.node_of[earlier])
    }
}

/// The items that stand for all, and for each item its node. Of the same text in several changes the one that reached
/// the office first stands.
fn distinct(items: &[Item<'_>]) -> (Vec<usize>, Vec<usize>) {
    let name = |i: &usize| (items[*i].read.id(), items[*i].text);
    let mut sorted: Vec<usize> = (0..items.len()).collect();
    sorted.sort_unstable_by_key(|i| (name(i), items[*i].received.unwrap_or(Millis(i64::MAX)), items[*i].change));
    let mut kept: Vec<usize> = Vec::with_capacity(items.len());
    let mut node_of = vec![0; items.len()];
    for i in sorted {
        if kept.last().is_none_or(|k| name(k) != name(&i)) {
            kept.push(i);
        }
        node_of[i] = kept.len() - 1;
    }
    (kept, node_of)
}

/// Finds where somebody set a phone's clock between two of its entries. With a sample the step is a fact; without one
/// the wall clock was worth nothing any more, and the boot-anchored clock goes on from the entry before.
fn settle_steps(items: &[Item<'_>], kept: &[usize], timings: &mut [Timing]) {
    let clocks = |n: usize| items[kept[n]].read.clocks();
    let mut nodes: Vec<usize> = (0..kept.len()).collect();
    nodes.sort_unstable_by_key(|n| {
        let (device, epoch, seq) = items[kept[*n]].read.place();
        (device, clocks(*n).1.boot, clocks(*n).1.ms, epoch, seq, items[kept[*n]].text)
    });
    for pair in nodes.windows(2) {
        let ((wall_a, mono_a), (wall_b, mono_b)) = (clocks(pair[0]), clocks(pair[1]));
        let one_session = mono_a.boot == mono_b.boot && items[kept[pair[0]]].read.place().0 == items[kept[pair[1]]].read.place().0;
        let counted = mono_b.ms.saturating_sub(mono_a.ms);
        let step = wall_b.at.since(wall_a.at).saturating_sub(counted);
        if !one_session || step.saturating_abs() < RIGHT_WITHIN_MS {
            continue;
        }
        let before = timings[pair[0]];
        let now = &mut timings[pair[1]];
        if matches!(now.doubt, Doubt::NoSample { .. }) {
            now.best = now.clamp(before.best.plus(counted));
            now.doubt = Doubt::NoSample { wall_fits: false };
        } else {
            let (fast_before_ms, fast_now_ms) = (wall_a.at.since(before.best), wall_b.at.since(now.best));
            now.doubt = Doubt::WallChangedMeanwhile { fast_before_ms, fast_now_ms };
        }
    }
}

/// Which node had seen which: a matrix of bits.
#[derive(Debug, Clone)]
struct Seen {
    words: usize,
    bits: Vec<u64>,
}

impl Seen {
    fn get(&self, later: usize, earlier: usize) -> bool {
        self.bits[later * self.words + earlier / 64] >> (earlier % 64) & 1 == 1
    }

    /// `later` has seen `earlier`, and whatever that had seen.
    fn add(&mut self, later: usize, earlier: usize) {
        for w in 0..self.words {
            self.bits[later * self.words + w] |= self.bits[earlier * self.words + w];
        }
        self.bits[later * self.words + earlier / 64] |= 1 << (earlier % 64);
    }
}

/// For each node a list of nodes, in one piece of memory: a storm projects thousands of visits.
struct Lists {
    start: Vec<usize>,
    nodes: Vec<usize>,
}

impl Lists {
    /// The lists of `n` nodes from pairs (whose list, which node), in any order.
    fn of(n: usize, pairs: &[(usize, usize)]) -> Lists {
        let mut start = vec![0; n + 1];
        pairs.iter().for_each(|(of, _)| start[of + 1] += 1);
        for i in 0..n {
            start[i + 1] += start[i];
        }
        let (mut free, mut nodes) = (start.clone(), vec![0; pairs.len()]);
        for (of, node) in pairs {
            nodes[free[*of]] = *node;
            free[*of] += 1;
        }
        Lists { start, nodes }
    }

    fn get(&self, of: usize) -> &[usize] {
        &self.nodes[self.start[of]..self.start[of + 1]]
    }
}

/// Causality between the nodes: what each had seen, and the order in which each device recorded.
struct Graph {
    /// Direct predecessors by causality.
    deps: Lists,
    /// The entry just before on the same device, where causality does not say the contrary.
    chain: Vec<Option<usize>>,
    /// (before, after) by causality.
    pairs: Vec<(usize, usize)>,
    /// Nodes so that each stands after all it had seen.
    topological: Vec<usize>,
    seen: Seen,
}

impl Graph {
    fn of(items: &[Item<'_>], kept: &[usize], node_of: &[usize]) -> Graph {
        let n = kept.len();
        let mut by_change: Vec<(Digest, usize)> = items.iter().zip(node_of).map(|(item, node)| (item.change, *node)).collect();
        by_change.sort_unstable();
        let find = |change: &Digest| by_change.binary_search_by_key(change, |(c, _)| *c).ok().map(|at| by_change[at].1);
        let mut pairs = Vec::with_capacity(n);
        for (node, i) in kept.iter().enumerate() {
            pairs.extend(items[*i].deps.iter().filter_map(find).filter(|p| *p != node).map(|p| (p, node)));
        }
        let deps = Lists::of(n, &pairs.iter().map(|(before, after)| (*after, *before)).collect::<Vec<_>>());
        let topological = topological(&deps, &Lists::of(n, &pairs), n);
        let mut seen = Seen { words: n.div_ceil(64), bits: vec![0; n * n.div_ceil(64)] };
        for node in &topological {
            for p in deps.get(*node) {
                seen.add(*node, *p);
            }
        }
        let mut by_device: Vec<usize> = (0..n).collect();
        by_device.sort_unstable_by_key(|n| (items[kept[*n]].read.place(), items[kept[*n]].text));
        let mut chain = vec![None; n];
        for pair in by_device.windows(2) {
            let (a, b) = (items[kept[pair[0]]].read.place(), items[kept[pair[1]]].read.place());
            if (a.0, a.1) == (b.0, b.1) && a.2 < b.2 && !seen.get(pair[0], pair[1]) {
                chain[pair[1]] = Some(pair[0]);
            }
        }
        Graph { deps, chain, pairs, topological, seen }
    }

    /// True when causality or one device's sequence puts `a` before `b`.
    fn ordered(&self, a: usize, b: usize) -> bool {
        self.seen.get(b, a) || self.chain[b] == Some(a)
    }

    /// What was seen was there before; what saw it came after.
    fn narrow(&self, timings: &mut [Timing]) {
        for node in &self.topological {
            let earliest = self.deps.get(*node).iter().filter_map(|p| timings[*p].earliest).max();
            timings[*node] = timings[*node].bounded(earliest, None);
        }
        for node in self.topological.iter().rev() {
            for p in self.deps.get(*node) {
                timings[*p] = timings[*p].bounded(None, timings[*node].latest);
            }
        }
    }

    /// Topological by causality and chain; among those free to come next, the first by key.
    fn order(&self, by_key: &[usize]) -> Vec<usize> {
        let n = by_key.len();
        let mut rank = vec![0; n];
        by_key.iter().enumerate().for_each(|(r, node)| rank[*node] = r);
        let mut pairs = self.pairs.clone();
        pairs.extend(self.chain.iter().enumerate().filter_map(|(after, before)| Some(((*before)?, after))));
        let next = Lists::of(n, &pairs);
        let mut blocked = vec![0usize; n];
        pairs.iter().for_each(|(_, after)| blocked[*after] += 1);
        let mut ready: BinaryHeap<Reverse<usize>> = (0..n).filter(|node| blocked[*node] == 0).map(|node| Reverse(rank[node])).collect();
        let mut done = vec![false; n];
        let mut order = Vec::with_capacity(n);
        while order.len() < n {
            // Sequences that contradict causality (no honest device makes them) leave nothing free: causality goes first.
            let node = ready.pop().map(|Reverse(r)| by_key[r]).unwrap_or_else(|| {
                let free = |node: &&usize| !done[**node] && self.deps.get(**node).iter().all(|p| done[*p]);
                let any = |node: &&usize| !done[**node];
                *by_key.iter().find(free).or_else(|| by_key.iter().find(any)).expect("some node is not placed yet")
            });
            if std::mem::replace(&mut done[node], true) {
                continue;
            }
            order.push(node);
            for after in next.get(node) {
                blocked[*after] -= 1;
                if blocked[*after] == 0 {
                    ready.push(Reverse(rank[*after]));
                }
            }
        }
        order
    }
}

/// Nodes so that each stands after its predecessors. Hashes cannot form a circle; should they, the rest follows as it is.
fn topological(deps: &Lists, next: &Lists, n: usize) -> Vec<usize> {
    let mut blocked: Vec<usize> = (0..n).map(|node| deps.get(node).len()).collect();
    let mut order: Vec<usize> = (0..n).filter(|n| blocked[*n] == 0).collect();
    let mut at = 0;
    while at < order.len() {
        for after in next.get(order[at]) {
            blocked[*after] -= 1;
            if blocked[*after] == 0 {
                order.push(*after);
            }
        }
        at += 1;
    }
    order.extend((0..n).filter(|n| blocked[*n] > 0));
    order
}
