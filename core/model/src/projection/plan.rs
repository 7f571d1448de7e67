//! Care plan versions: which holds, which is to come, and where two stand side by side.

use super::record::{Record, Statement};
use crate::entry::{Body, PlanVersion};
use crate::id::{Digest, EntryId, WorkerId};
use crate::time::Millis;
use serde::{Deserialize, Serialize};

/// Which version holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum PlanState {
    /// No version is known here.
    Nothing,
    /// Versions are known, and none is in effect yet.
    NotYet {
        /// When the first will be.
        from: Millis,
    },
    /// One holds.
    Current {
        /// Its number.
        version: u32,
        /// Its digest.
        digest: Digest,
    },
    /// Several stand side by side: none of their authors had seen the other. A further version settles it.
    Contested {
        /// Their numbers and digests.
        versions: Vec<(u32, Digest)>,
    },
}

/// One version.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanVersionView {
    /// The entry.
    pub entry: EntryId,
    /// Digest of the whole version.
    pub digest: Digest,
    /// Who wrote it.
    pub by: WorkerId,
    /// When.
    pub at: Millis,
    /// When the office received it.
    pub received: Option<Millis>,
    /// Whether it holds.
    pub state: VersionState,
    /// The version, whole.
    pub plan: PlanVersion,
}

/// Whether a version holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionState {
    /// It holds.
    Current,
    /// It stands beside another.
    Contested,
    /// It is not in effect yet.
    Future,
    /// A later one has replaced it.
    Replaced,
    /// Taken back.
    Withdrawn,
}

/// Every version, newest first, and which one holds at `now`.
///
/// A version replaces another when it is in effect, has a higher number, and either names it as the one it replaces or was
/// written by somebody who had seen it. Two in effect of which neither replaces the other are contested: two on one
/// base, or two texts under one number.
pub(super) fn versions(record: &Record<'_>, statements: &[Statement<'_>], now: Millis) -> (Vec<PlanVersionView>, PlanState) {
    let standing: Vec<(Statement<'_>, &PlanVersion, Digest)> = distinct(statements);
    let replaces = |x: &(Statement<'_>, &PlanVersion, Digest), y: &(Statement<'_>, &PlanVersion, Digest)| {
        let named = x.1.replaces == Some(y.1.version);
        x.1.effective <= now && x.1.version > y.1.version && (named || record.saw(x.0.by, y.0.by))
    };
    let holds: Vec<bool> = standing.iter().map(|y| y.1.effective <= now && !standing.iter().any(|x| replaces(x, y))).collect();
    let contested = holds.iter().filter(|h| **h).count() > 1;
    let state_of = |i: usize| match () {
        () if holds[i] && contested => VersionState::Contested,
        () if holds[i] => VersionState::Current,
        () if standing.iter().any(|x| replaces(x, &standing[i])) => VersionState::Replaced,
        () => VersionState::Future,
    };
    let view = |by: usize, plan: &PlanVersion, digest: Digest, state: VersionState| PlanVersionView {
        entry: record.id(by),
        digest,
        by: record.author(by).clone(),
        at: record.written(by),
        received: record.held(by).received,
        state,
        plan: plan.clone(),
    };
    let mut views: Vec<PlanVersionView> =
        standing.iter().enumerate().map(|(i, (s, plan, digest))| view(s.by, plan, *digest, state_of(i))).collect();
    for at in (0..record.len()).filter(|at| record.withdrawn(*at)) {
        if let Some(Body::PlanVersion(plan)) = record.entry(at).map(|e| &e.body) {
            views.push(view(at, plan, plan.digest(), VersionState::Withdrawn));
        }
    }
    views.sort_by_key(|v| std::cmp::Reverse((v.plan.version, v.plan.effective, v.at, v.digest)));
    let holding: Vec<(u32, Digest)> = (0..standing.len()).filter(|i| holds[*i]).map(|i| (standing[i].1.version, standing[i].2)).collect();
    let state = match (&holding[..], views.iter().filter(|v| v.state == VersionState::Future).map(|v| v.plan.effective).min()) {
        ([(version, digest)], _) => PlanState::Current { version: *version, digest: *digest },
        ([], Some(from)) => PlanState::NotYet { from },
        ([], None) => PlanState::Nothing,
        (_, _) => PlanState::Contested { versions: holding },
    };
    (views, state)
}

/// The versions that stand; one said twice in the same words is one.
fn distinct<'s>(statements: &[Statement<'s>]) -> Vec<(Statement<'s>, &'s PlanVersion, Digest)> {
    let mut all: Vec<(Statement<'s>, &'s PlanVersion, Digest)> = Vec::new();
    for s in statements {
        let Body::PlanVersion(plan) = s.body else { continue };
        let digest = plan.digest();
        if !all.iter().any(|(_, _, known)| *known == digest) {
            all.push((*s, plan, digest));
        }
    }
    all
}
