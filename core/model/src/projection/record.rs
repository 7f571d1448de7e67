//! The entries of one document as statements that stand.
//!
//! Nothing is ever edited, so what stands is found here, by causality: an amendment stands unless one that had seen it
//! replaced it; two that had not seen each other stand side by side.

use super::{Amendment, Dealt, EntryView, Held, Said, Times, Withdrawal};
use crate::chronology::{Clocks, Placed, Timeline};
use crate::entry::{Amended, Body, Entry, Read, Withdrawn};
use crate::id::{EntryId, WorkerId};
use crate::time::{MINUTE, Millis};

/// The entries of one document, in the one order, with what became of each.
pub(super) struct Record<'a> {
    held: &'a [Held],
    timeline: Timeline,
    state: Vec<State>,
    /// Positions of the entries that deal with another.
    dealing: Vec<usize>,
}

/// What became of an entry.
#[derive(Debug, Clone, Default)]
struct State {
    /// The entry that takes it back.
    withdrawn: Option<usize>,
    /// For an amendment: the entry that it amends in the end.
    root: Option<usize>,
    /// For an amendment: one that had seen it took its place.
    replaced: bool,
    /// The amendments of it that stand.
    heads: Vec<usize>,
    same_id_twice: bool,
}

/// One statement that stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statement<'a> {
    /// Position of the entry that was first made.
    pub root: usize,
    /// Position of the entry that speaks: the same, or an amendment of it.
    pub by: usize,
    /// What it says.
    pub body: &'a Body,
    /// When it happened: as said, else as written.
    pub at: Millis,
}

impl<'a> Record<'a> {
    pub fn of(held: &'a [Held], clocks: &Clocks) -> Record<'a> {
        let items: Vec<_> = held.iter().map(Held::item).collect();
        let timeline = Timeline::of(&items, clocks);
        let state = vec![State::default(); timeline.placed().len()];
        let mut record = Record { held, timeline, state, dealing: Vec::new() };
        record.resolve();
        record
    }

    pub fn len(&self) -> usize {
        self.state.len()
    }

    pub fn placed(&self, at: usize) -> &Placed {
        &self.timeline.placed()[at]
    }

    pub fn held(&self, at: usize) -> &'a Held {
        &self.held[self.placed(at).item]
    }

    pub fn entry(&self, at: usize) -> Option<&'a Entry> {
        self.held(at).read.known()
    }

    pub fn id(&self, at: usize) -> EntryId {
        self.held(at).read.id()
    }

    pub fn author(&self, at: usize) -> &'a WorkerId {
        &self.held(at).read.author().worker
    }

    /// When an entry was written, in true time.
    pub fn written(&self, at: usize) -> Millis {
        self.placed(at).timing.best
    }

    /// True when the author of the later entry had seen the earlier one.
    pub fn saw(&self, later: usize, earlier: usize) -> bool {
        self.timeline.saw(self.placed(later).item, self.placed(earlier).item)
    }

    pub fn withdrawn(&self, at: usize) -> bool {
        self.state[at].withdrawn.is_some()
    }

    pub fn same_id_twice(&self, at: usize) -> bool {
        self.state[at].same_id_twice
    }

    /// The amendments that stand, when there are several.
    pub fn rival_amendments(&self, at: usize) -> &[usize] {
        if self.state[at].heads.len() > 1 && !self.withdrawn(at) { &self.state[at].heads } else { &[] }
    }

    /// When an entry happened: as its author says, else as it was written. An amendment that says nothing about time
    /// leaves the time of what it amends.
    fn happened(&self, by: usize, root: usize) -> Millis {
        let said = |at: usize| self.entry(at).and_then(|e| e.happened).map(|h| h.at);
        said(by).or_else(|| said(root)).unwrap_or_else(|| self.written(root))
    }

    fn resolve(&mut self) {
        let mut ids: Vec<(EntryId, usize)> = (0..self.len()).map(|at| (self.id(at), at)).collect();
        ids.sort_unstable();
        for pair in ids.windows(2).filter(|p| p[0].0 == p[1].0) {
            self.state[pair[0].1].same_id_twice = true;
            self.state[pair[1].1].same_id_twice = true;
        }
        let find = |id: &EntryId| {
            let from = ids.partition_point(|(known, _)| known < id);
            ids[from..].iter().take_while(move |(known, _)| known == id).map(|(_, at)| *at).collect::<Vec<_>>()
        };
        let (mut withdrawals, mut amendments) = (Vec::new(), Vec::new());
        for at in 0..self.len() {
            match self.entry(at).map(|e| &e.body) {
                Some(Body::Withdrawn(w)) => withdrawals.push((at, find(&w.entry))),
                Some(Body::Amended(a)) => amendments.push((at, find(&a.entry))),
                Some(Body::DealtWith(_)) => self.dealing.push(at),
                _ => {}
            }
        }
        self.resolve_withdrawals(&withdrawals);
        self.resolve_amendments(&amendments);
        let state = &self.state;
        self.dealing.retain(|at| state[*at].withdrawn.is_none());
    }

    /// A withdrawal counts unless it is itself taken back. Later ones are looked at first: what names an entry has seen it.
    fn resolve_withdrawals(&mut self, withdrawals: &[(usize, Vec<usize>)]) {
        for (at, targets) in withdrawals.iter().rev() {
            if self.state[*at].withdrawn.is_some() {
                continue;
            }
            for target in targets.iter().filter(|t| *t != at) {
                self.state[*target].withdrawn = Some(*at);
            }
        }
    }

    fn resolve_amendments(&mut self, amendments: &[(usize, Vec<usize>)]) {
        for (at, targets) in amendments {
            // An amendment may name an amendment: follow to what was first said. Names cannot go in a circle for ever.
            let mut root = targets.first().copied();
            for _ in 0..amendments.len() {
                match root.and_then(|r| amendments.iter().find(|(a, _)| *a == r)) {
                    Some((_, further)) if !further.is_empty() => root = further.first().copied(),
                    _ => break,
                }
            }
            self.state[*at].root = root.filter(|r| r != at);
        }
        for (at, _) in amendments {
            let Some(root) = self.state[*at].root else { continue };
            let rivals = amendments.iter().map(|(a, _)| *a).filter(|a| self.state[*a].root == Some(root) && !self.withdrawn(*a));
            let replaced = rivals.into_iter().any(|other| other != *at && self.saw(other, *at));
            self.state[*at].replaced = replaced;
            if !replaced && !self.withdrawn(*at) {
                self.state[root].heads.push(*at);
            }
        }
    }

    /// Every statement that stands, in the order in which they were first made. Withdrawals and what deals with something
    /// are not statements about the subject.
    pub fn statements(&self) -> Vec<Statement<'a>> {
        let mut all = Vec::with_capacity(self.len());
        for at in (0..self.len()).filter(|at| !self.withdrawn(*at)) {
            let Some(entry) = self.entry(at) else { continue };
            match &entry.body {
                Body::Withdrawn(_) | Body::DealtWith(_) => {}
                // What it amends is not here (yet): it stands for itself.
                Body::Amended(a) if self.state[at].root.is_none() => all.push(self.statement(at, at, &a.with)),
                Body::Amended(_) => {}
                body if self.state[at].heads.is_empty() => all.push(self.statement(at, at, body)),
                _ => all.extend(self.state[at].heads.iter().filter_map(|by| match self.entry(*by).map(|e| &e.body) {
                    Some(Body::Amended(a)) => Some(self.statement(at, *by, &a.with)),
                    _ => None,
                })),
            }
        }
        all
    }

    fn statement(&self, root: usize, by: usize, body: &'a Body) -> Statement<'a> {
        Statement { root, by, body, at: self.happened(by, root) }
    }

    /// Of several statements about one thing, those that no other's author had seen when first making theirs: what stands.
    /// To correct an old statement does not make it a new one.
    pub fn heads<'s>(&self, about: &[&'s Statement<'a>]) -> Vec<&'s Statement<'a>> {
        let seen = |s: &Statement<'_>| about.iter().any(|o| o.root != s.root && self.saw(o.root, s.root));
        about.iter().copied().filter(|s| !seen(s)).collect()
    }

    /// Who dealt with a matter that these entries make up: named one of them, having seen them all.
    pub fn dealt_with(&self, names: &[usize]) -> Option<Dealt> {
        self.dealing.iter().find_map(|at| {
            let Some(Body::DealtWith(d)) = self.entry(*at).map(|e| &e.body) else { return None };
            let names_it = names.iter().any(|n| self.id(*n) == d.entry);
            (names_it && names.iter().all(|n| self.saw(*at, *n))).then(|| Dealt {
                entry: self.id(*at),
                by: self.author(*at).clone(),
                at: self.happened(*at, *at),
                how: d.how.clone(),
            })
        })
    }

    /// Every entry as a page shows it. `contradictions` are sets of positions that say different things.
    pub fn views(&self, contradictions: &[Vec<usize>]) -> Vec<EntryView> {
        (0..self.len()).map(|at| self.view(at, contradictions)).collect()
    }

    fn view(&self, at: usize, contradictions: &[Vec<usize>]) -> EntryView {
        let (held, placed, state) = (self.held(at), self.placed(at), &self.state[at]);
        let (device, epoch, seq) = held.read.place();
        let known = held.read.known();
        let happened = known.and_then(|e| e.happened);
        let too_late = |h: Millis| placed.timing.latest.unwrap_or(placed.timing.best).plus(MINUTE) < h;
        EntryView {
            id: held.read.id(),
            text_digest: held.text_digest,
            author: held.read.author().clone(),
            device: device.clone(),
            epoch,
            seq,
            standing: held.standing,
            times: Times {
                happened,
                recorded: held.read.clocks().0,
                written: placed.timing,
                received: held.received,
                same_time_as_above: placed.same_time_as_above,
                said_after_written: happened.is_some_and(|h| too_late(h.at.plus(-i64::from(h.give_or_take_min) * MINUTE))),
            },
            plan: known.and_then(|e| e.plan.clone()),
            reference: known.and_then(|e| e.reference.clone()),
            said: match &held.read {
                Read::Known(e) => Said::Known { body: e.body.clone() },
                Read::Unreadable(u) => Said::Unreadable { v: u.v },
            },
            amendments: state.heads.iter().filter_map(|by| self.amendment(*by)).collect(),
            replaced: state.replaced,
            withdrawn: state.withdrawn.and_then(|by| self.withdrawal(by)),
            contradicts: contradictions
                .iter()
                .filter(|set| set.contains(&at))
                .flat_map(|set| set.iter().filter(|other| **other != at).map(|other| self.id(*other)))
                .collect(),
            same_id_twice: state.same_id_twice,
            dealt_with: self.dealt_with(&[at]),
        }
    }

    fn amendment(&self, by: usize) -> Option<Amendment> {
        match self.entry(by).map(|e| &e.body) {
            Some(Body::Amended(Amended { reason, with, .. })) => Some(Amendment {
                entry: self.id(by),
                by: self.author(by).clone(),
                at: self.written(by),
                reason: reason.clone(),
                with: (**with).clone(),
            }),
            _ => None,
        }
    }

    fn withdrawal(&self, by: usize) -> Option<Withdrawal> {
        match self.entry(by).map(|e| &e.body) {
            Some(Body::Withdrawn(Withdrawn { reason, .. })) => {
                Some(Withdrawal { entry: self.id(by), by: self.author(by).clone(), at: self.written(by), reason: reason.clone() })
            }
            _ => None,
        }
    }
}
