//! A phone, as the office knows it.

use holdfast_model::entry::PlanRef;
use holdfast_model::id::{BranchId, ChainEpoch, DeviceId, Digest, DocumentId, WorkerId};
use holdfast_model::time::Millis;
use holdfast_model::wire::{Heartbeat, SyncRequest};
use holdfast_vault::PublicKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many earlier scopes are remembered: a reply may get lost, and the phone asks from the one before.
const SCOPES: usize = 3;
/// How many chain epochs' request numbers are remembered.
const EPOCHS: usize = 8;

/// What the office keeps of a phone, sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phone {
    /// The name the office gave it.
    pub device: DeviceId,
    /// What people call it.
    pub label: String,
    /// Whom it was enrolled for.
    pub worker: WorkerId,
    /// Where.
    pub branch: BranchId,
    /// Its public key, as it travels.
    pub key: String,
    /// Since when it is known.
    pub enrolled: Millis,
    /// When it was shut out.
    #[serde(default)]
    pub revoked: Option<Millis>,
    /// Last request number of each chain epoch.
    #[serde(default)]
    pub numbers: Vec<(ChainEpoch, u64)>,
    /// When it last reached the office.
    #[serde(default)]
    pub heard: Option<Millis>,
    /// What it still held then, after what it brought.
    #[serde(default)]
    pub waiting: u32,
    /// How it was then.
    #[serde(default)]
    pub heartbeat: Heartbeat,
    /// Its wall clock against the office's, in milliseconds.
    #[serde(default)]
    pub clock_error_ms: Option<i64>,
    /// Plan versions on board, as it last listed them.
    #[serde(default)]
    pub plans_held: Vec<PlanRef>,
    /// The digest it gave with that list.
    #[serde(default)]
    pub plans_digest: Option<Digest>,
    /// When it last said that this is what it holds.
    #[serde(default)]
    pub plans_at: Option<Millis>,
    /// Entries of it that are durable here.
    #[serde(default)]
    pub received: u64,
    /// Entries of it that are held for checking.
    #[serde(default)]
    pub held: u32,
    /// True when two histories carry one of its chain epochs.
    #[serde(default)]
    pub forked: bool,
    /// What it was served, the latest last.
    #[serde(default)]
    pub scopes: Vec<Served>,
    /// True when the store has an older state of it.
    #[serde(skip)]
    pub dirty: bool,
}

/// Documents that a phone was served, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Served {
    /// Counts scopes of this phone.
    pub generation: u64,
    /// The documents.
    pub docs: BTreeSet<DocumentId>,
}

impl Phone {
    /// A phone that has just been enrolled.
    pub fn new(device: DeviceId, label: String, worker: WorkerId, branch: BranchId, key: String, now: Millis) -> Phone {
        Phone {
            device,
            label,
            worker,
            branch,
            key,
            enrolled: now,
            revoked: None,
            numbers: Vec::new(),
            heard: Some(now),
            waiting: 0,
            heartbeat: Heartbeat::default(),
            clock_error_ms: None,
            plans_held: Vec::new(),
            plans_digest: None,
            plans_at: None,
            received: 0,
            held: 0,
            forked: false,
            scopes: Vec::new(),
            dirty: true,
        }
    }

    /// Its public key; `None` when the stored one is not a key.
    pub fn public_key(&self) -> Option<PublicKey> {
        PublicKey::parse(&self.key)
    }

    /// Takes a request's number, unless it was there before.
    pub fn number(&mut self, epoch: ChainEpoch, number: u64) -> bool {
        match self.numbers.iter_mut().find(|(e, _)| *e == epoch) {
            Some((_, last)) if number <= *last => return false,
            Some((_, last)) => *last = number,
            None => {
                if self.numbers.len() == EPOCHS {
                    self.numbers.remove(0);
                }
                self.numbers.push((epoch, number));
            }
        }
        self.dirty = true;
        true
    }

    /// Takes in how it is. True when the office wants the list of its plans.
    pub fn heard(&mut self, request: &SyncRequest, now: Millis) -> bool {
        self.heard = Some(now);
        self.clock_error_ms = Some(request.clock.wall.since(now));
        self.heartbeat = Heartbeat { plans_held: None, ..request.heartbeat.clone() };
        if let Some(held) = &request.heartbeat.plans_held {
            self.plans_held = held.clone();
            self.plans_digest = request.heartbeat.plans;
            self.plans_at = Some(now);
        } else if request.heartbeat.plans.is_some() && request.heartbeat.plans == self.plans_digest {
            self.plans_at = Some(now);
        }
        self.dirty = true;
        request.heartbeat.plans.is_some() && request.heartbeat.plans != self.plans_digest
    }

    /// What it was served as of a generation. One that is not known any more gives the latest, and nothing as served.
    pub fn served(&self, generation: u64) -> Option<&Served> {
        self.scopes.iter().rev().find(|s| s.generation == generation)
    }

    /// The latest scope.
    pub fn latest(&self) -> Option<&Served> {
        self.scopes.last()
    }

    /// Forgets that it was served this document: it is served whole again.
    pub fn forget(&mut self, doc: &DocumentId) {
        for scope in &mut self.scopes {
            self.dirty |= scope.docs.remove(doc);
        }
    }

    /// Remembers what it is being served now; gives the generation.
    pub fn serve(&mut self, docs: BTreeSet<DocumentId>) -> u64 {
        if let Some(same) = self.scopes.last().filter(|s| s.docs == docs) {
            return same.generation;
        }
        let generation = self.scopes.last().map_or(1, |s| s.generation + 1);
        if self.scopes.len() == SCOPES {
            self.scopes.remove(0);
        }
        self.scopes.push(Served { generation, docs });
        self.dirty = true;
        generation
    }
}
