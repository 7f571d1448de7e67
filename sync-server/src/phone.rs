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
    /// Whom it was enrolled for: the first to read on it.
    pub worker: WorkerId,
    /// Further workers who read on it, in the order they were provisioned.
    #[serde(default)]
    pub also: Vec<Reader>,
    /// Workers who were taken off it, in the order of the decisions. None is ever removed: who decided, when and why is read here.
    #[serde(default)]
    pub taken_off: Vec<TakenOff>,
    /// Where.
    pub branch: BranchId,
    /// Its public key, as it travels.
    pub key: String,
    /// Since when it is known.
    pub enrolled: Millis,
    /// When it was shut out.
    #[serde(default)]
    pub revoked: Option<Millis>,
    /// Who decided that, and why; absent where an earlier version did not ask.
    #[serde(default)]
    pub revoked_for: Option<Decision>,
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
    /// Entries of it that are durable here.
    #[serde(default)]
    pub received: u64,
    /// Entries of it that are held for checking.
    #[serde(default)]
    pub held: u32,
    /// True when two histories carry one of its chain epochs.
    #[serde(default)]
    pub forked: bool,
    /// What the first worker's vault was served, and holds.
    #[serde(flatten)]
    pub shelf: Shelf,
    /// True when the store has an older state of it.
    #[serde(skip)]
    pub dirty: bool,
}

/// Whose decision something was, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Who decided it.
    pub by: WorkerId,
    /// Why.
    pub why: String,
}

/// A further worker who reads on a phone, in a vault of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reader {
    /// Who.
    pub worker: WorkerId,
    /// Since when.
    pub since: Millis,
    /// What that vault was served, and holds.
    #[serde(flatten)]
    pub shelf: Shelf,
}

/// A worker who was taken off a phone that others go on using: their vault is served nothing new, and what of theirs still comes is held for
/// checking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOff {
    /// Who.
    pub worker: WorkerId,
    /// Since when.
    pub at: Millis,
    /// Who decided it.
    pub by: WorkerId,
    /// Why.
    pub why: String,
    /// When a new code let them read on it again.
    #[serde(default)]
    pub back: Option<Millis>,
}

/// What one worker's vault on a phone was served, and what it said it holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct Shelf {
    /// Plan versions in it, as the phone last listed them.
    #[serde(default)]
    pub plans_held: Vec<PlanRef>,
    /// The digest it gave with that list.
    #[serde(default)]
    pub plans_digest: Option<Digest>,
    /// When it last said that this is what it holds.
    #[serde(default)]
    pub plans_at: Option<Millis>,
    /// What it was served, the latest last.
    #[serde(default)]
    pub scopes: Vec<Served>,
}

/// Documents that a phone was served, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Served {
    /// Counts scopes of this phone, over all who read on it: no two workers' are ever taken for one another.
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
            also: Vec::new(),
            taken_off: Vec::new(),
            branch,
            key,
            enrolled: now,
            revoked: None,
            revoked_for: None,
            numbers: Vec::new(),
            heard: Some(now),
            waiting: 0,
            heartbeat: Heartbeat::default(),
            clock_error_ms: None,
            received: 0,
            held: 0,
            forked: false,
            shelf: Shelf::default(),
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

    /// Everybody who was let read on it, the first first, those taken off since included.
    fn ever(&self) -> impl Iterator<Item = &WorkerId> {
        std::iter::once(&self.worker).chain(self.also.iter().map(|r| &r.worker))
    }

    /// Everybody who reads on it, the first first.
    pub fn readers(&self) -> impl Iterator<Item = &WorkerId> {
        self.ever().filter(|w| !self.is_off(w))
    }

    /// True for somebody who was taken off it, and not let in again.
    pub fn is_off(&self, worker: &WorkerId) -> bool {
        self.taken_off.iter().any(|t| t.worker == *worker && t.back.is_none())
    }

    /// Everybody who was taken off it, and not let in again.
    pub fn off(&self) -> BTreeSet<WorkerId> {
        self.taken_off.iter().filter(|t| t.back.is_none()).map(|t| t.worker.clone()).collect()
    }

    /// Takes one of several readers off it.
    pub fn take_off(&mut self, worker: WorkerId, by: WorkerId, why: String, now: Millis) {
        if self.reads(&worker) {
            self.taken_off.push(TakenOff { worker, at: now, by, why, back: None });
            self.dirty = true;
        }
    }

    /// True for somebody who reads on it.
    pub fn reads(&self, worker: &WorkerId) -> bool {
        self.readers().any(|w| w == worker)
    }

    /// True when several workers have a vault on it, those taken off since included.
    pub fn shared(&self) -> bool {
        !self.also.is_empty()
    }

    /// Gives a further worker a place on it, or one who was taken off theirs again. Who has one keeps it.
    pub fn add_reader(&mut self, worker: WorkerId, now: Millis) {
        for off in self.taken_off.iter_mut().filter(|t| t.worker == worker && t.back.is_none()) {
            off.back = Some(now);
            self.dirty = true;
        }
        if !self.ever().any(|w| *w == worker) {
            self.also.push(Reader { worker, since: now, shelf: Shelf::default() });
            self.dirty = true;
        }
    }

    /// What a worker's vault holds; `None` for somebody who does not read here.
    pub fn shelf(&self, worker: &WorkerId) -> Option<&Shelf> {
        match *worker == self.worker {
            true => Some(&self.shelf),
            false => self.also.iter().find(|r| r.worker == *worker).map(|r| &r.shelf),
        }
    }

    fn shelf_mut(&mut self, worker: &WorkerId) -> Option<&mut Shelf> {
        match *worker == self.worker {
            true => Some(&mut self.shelf),
            false => self.also.iter_mut().find(|r| r.worker == *worker).map(|r| &mut r.shelf),
        }
    }

    fn shelves(&self) -> impl Iterator<Item = &Shelf> {
        std::iter::once(&self.shelf).chain(self.also.iter().map(|r| &r.shelf))
    }

    /// What those who read on it hold.
    fn read_now(&self) -> impl Iterator<Item = &Shelf> {
        self.readers().filter_map(|w| self.shelf(w))
    }

    /// When its plans were last checked: of several vaults' the one that waits longest; `None` while one never was.
    pub fn plans_checked(&self) -> Option<Millis> {
        self.read_now().map(|s| s.plans_at).min().flatten()
    }

    /// Plan versions in any of its vaults, by person.
    pub fn plans_held(&self) -> Vec<PlanRef> {
        let mut held: Vec<PlanRef> = self.read_now().flat_map(|s| s.plans_held.iter().cloned()).collect();
        held.sort_by(|a, b| (&a.person, a.version, a.digest).cmp(&(&b.person, b.version, b.digest)));
        held.dedup();
        held
    }

    /// Takes in how it is; what it says of plans is about the vault of whoever reads. True when the office wants the list of those.
    pub fn heard(&mut self, request: &SyncRequest, reader: Option<&WorkerId>, now: Millis) -> bool {
        self.heard = Some(now);
        self.clock_error_ms = Some(request.clock.wall.since(now));
        self.heartbeat = Heartbeat { plans_held: None, ..request.heartbeat.clone() };
        self.dirty = true;
        let Some(shelf) = reader.and_then(|w| self.shelf_mut(w)) else { return false };
        let said = &request.heartbeat;
        if let Some(held) = &said.plans_held {
            shelf.plans_held.clone_from(held);
            shelf.plans_digest = said.plans;
            shelf.plans_at = Some(now);
        } else if said.plans.is_some() && said.plans == shelf.plans_digest {
            shelf.plans_at = Some(now);
        }
        said.plans.is_some() && said.plans != shelf.plans_digest
    }

    /// What a worker's vault was served as of a generation; `None` for one that is not known any more.
    pub fn served(&self, worker: &WorkerId, generation: u64) -> Option<&Served> {
        self.shelf(worker)?.scopes.iter().rev().find(|s| s.generation == generation)
    }

    /// A worker's latest scope.
    pub fn latest(&self, worker: &WorkerId) -> Option<&Served> {
        self.shelf(worker)?.scopes.last()
    }

    /// Forgets that any of its readers was served this document: it is served whole again.
    pub fn forget(&mut self, doc: &DocumentId) {
        let shelves = std::iter::once(&mut self.shelf).chain(self.also.iter_mut().map(|r| &mut r.shelf));
        for scope in shelves.flat_map(|shelf| &mut shelf.scopes) {
            self.dirty |= scope.docs.remove(doc);
        }
    }

    /// Remembers what a worker is being served now; gives the generation.
    pub fn serve(&mut self, worker: &WorkerId, docs: BTreeSet<DocumentId>) -> u64 {
        let next = 1 + self.shelves().filter_map(|s| s.scopes.last()).map(|s| s.generation).max().unwrap_or(0);
        let Some(shelf) = self.shelf_mut(worker) else { return 0 };
        if let Some(same) = shelf.scopes.last().filter(|s| s.docs == docs) {
            return same.generation;
        }
        if shelf.scopes.len() == SCOPES {
            shelf.scopes.remove(0);
        }
        shelf.scopes.push(Served { generation: next, docs });
        self.dirty = true;
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_model::id::VisitId;

    fn worker(n: &str) -> WorkerId {
        WorkerId::new(n).expect("an id")
    }
    fn phone() -> Phone {
        let (device, branch) = (DeviceId::new("D-03").expect("an id"), BranchId::new("NQ").expect("an id"));
        Phone::new(device, "blue case".into(), worker("W-1"), branch, "key".into(), Millis(1))
    }
    fn docs(n: &str) -> BTreeSet<DocumentId> {
        [DocumentId::Visit(VisitId::new(n).expect("an id"))].into()
    }

    #[test]
    fn each_reader_has_a_scope_that_no_other_cursor_fits() {
        let mut phone = phone();
        phone.add_reader(worker("W-2"), Millis(2));
        phone.add_reader(worker("W-2"), Millis(3));
        assert_eq!(phone.readers().count(), 2);
        let (first, second) = (phone.serve(&worker("W-1"), docs("V-1")), phone.serve(&worker("W-2"), docs("V-2")));
        assert_ne!(first, second);
        assert_eq!(phone.served(&worker("W-1"), first).map(|s| &s.docs), Some(&docs("V-1")));
        assert_eq!(phone.served(&worker("W-2"), first), None);
        assert_eq!(phone.serve(&worker("W-9"), docs("V-1")), 0, "nobody's");
        assert_eq!(phone.latest(&worker("W-9")), None);
    }

    #[test]
    fn who_is_taken_off_reads_no_more_and_comes_back_with_a_code_and_both_stay_written() {
        let mut phone = phone();
        phone.add_reader(worker("W-2"), Millis(2));
        phone.take_off(worker("W-1"), worker("C-1"), "left us".into(), Millis(3));
        phone.take_off(worker("W-1"), worker("C-1"), "twice".into(), Millis(4));
        phone.take_off(worker("W-9"), worker("C-1"), "nobody here".into(), Millis(4));
        assert_eq!(phone.readers().collect::<Vec<_>>(), [&worker("W-2")]);
        assert!(phone.is_off(&worker("W-1")) && !phone.reads(&worker("W-1")) && phone.shared(), "a proof is asked for as before");
        phone.add_reader(worker("W-1"), Millis(5));
        assert_eq!((phone.readers().count(), phone.off().len(), phone.also.len()), (2, 0, 1));
        let [off] = &phone.taken_off[..] else { panic!("once: {:?}", phone.taken_off) };
        assert_eq!((off.at, off.why.as_str(), off.back), (Millis(3), "left us", Some(Millis(5))));
    }

    #[test]
    fn a_phone_of_before_reads_on() {
        let old = r#"{"device":"D-03","label":"x","worker":"W-1","branch":"NQ","key":"k","enrolled":1,"plans_at":7,
            "scopes":[{"generation":4,"docs":["visit:V-1"]}]}"#;
        let phone: Phone = serde_json::from_str(old).expect("reads");
        assert_eq!((phone.plans_checked(), phone.shared()), (Some(Millis(7)), false));
        assert_eq!(phone.served(&worker("W-1"), 4).map(|s| &s.docs), Some(&docs("V-1")));
        let again: Phone = serde_json::from_slice(&serde_json::to_vec(&phone).expect("writes")).expect("reads");
        assert_eq!(again, phone);
    }
}
