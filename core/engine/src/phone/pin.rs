//! Locking, unlocking, changing the PIN, and what wrong ones cost. Each worker of a shared phone has a PIN and a count of their own.

use super::keys::Keys;
use super::vaults::Vault;
use super::{Phone, Reading};
use crate::error::EngineError;
use crate::store::{NOBODYS, OPENED_FIRST};
use holdfast_model::chronology::Clocks;
use holdfast_model::id::WorkerId;
use holdfast_vault::worker::Holder;
use holdfast_vault::{CustodyFault, LockFault, Lockout, Pin, Verdict, WorkerKey, WorkerLock};
use std::collections::{HashMap, HashSet};

/// Length of the companion file that holds the count of wrong PINs a second time: more than a count ever needs, less than a disk writes at once.
const LOCKOUT_BYTES: usize = 256;

/// Name of that file: putting the store back gains no tries.
fn lockout_file(vault: i64) -> String {
    match vault {
        OPENED_FIRST => "lockout".to_owned(),
        further => format!("lockout-{further}"),
    }
}

impl Phone {
    /// Opens the phone for its worker. Where several share it, [`Phone::unlock_as`] says who.
    pub fn unlock(&mut self, pin: &str) -> Result<(), EngineError> {
        if self.is_unlocked() {
            return Ok(());
        }
        let vault = self.enrolment()?.only().ok_or(EngineError::WorkerNeeded)?.clone();
        self.open_vault(&vault, pin)
    }

    /// Opens the phone for this worker, of those who share it. Whoever else was reading is locked once the PIN was right.
    pub fn unlock_as(&mut self, worker: &WorkerId, pin: &str) -> Result<(), EngineError> {
        let vault = self.enrolment()?.of(worker).ok_or(EngineError::WorkerNotHere)?.clone();
        if self.open_number() == Some(vault.number) {
            return Ok(());
        }
        self.open_vault(&vault, pin)
    }

    fn open_vault(&mut self, vault: &Vault, pin: &str) -> Result<(), EngineError> {
        self.guarded(|phone| {
            let key = phone.try_pin(vault, pin, |lock, holder, pin, phone| lock.open(holder, pin, phone.ports.custodian.as_ref()))?;
            phone.lock();
            phone.read_with(vault, &key)
        })
    }

    /// Forgets every key. What is under way to the office stays under way; recording needs the PIN again.
    pub fn lock(&mut self) {
        // What cannot be settled now is settled, or reported, by the next entry.
        let _ = self.settle();
        self.reading = None;
        if let Some(store) = &self.store {
            store.turn_to(NOBODYS);
        }
    }

    /// Puts a new PIN in place of the old one, in one transaction: of the worker who is reading, while locked of the phone's only one.
    pub fn change_pin(&mut self, old: &str, new: &str) -> Result<(), EngineError> {
        self.enrolment()?;
        let vault = self.shown_vault().ok_or(EngineError::WorkerNeeded)?.clone();
        let new = Pin::chosen(new).map_err(EngineError::PinUnsuitable)?;
        let cost = self.settings.pin_cost;
        let lock = self.try_pin(&vault, old, |lock, holder, old, phone| {
            lock.change_pin(holder, old, &new, cost, phone.ports.custodian.as_ref(), phone.ports.random.as_ref())
        })?;
        self.store()?.write(|tx| tx.set_vault_meta(vault.number, "lock", &lock.to_bytes()))
    }

    /// Counts a try durably, then makes it.
    fn try_pin<T>(
        &mut self,
        vault: &Vault,
        pin: &str,
        attempt: impl FnOnce(&WorkerLock, Holder<'_>, &Pin, &Phone) -> Result<T, LockFault>,
    ) -> Result<T, EngineError> {
        let clock = self.ports.clock.read();
        let number = vault.number;
        let mut lockout = self.lockout(number)?;
        // A PIN that can be none is not a try, nor is one at a lock that no PIN opens: nothing was learnt by it.
        let pin = Pin::typed(pin).map_err(EngineError::PinUnsuitable)?;
        let bytes = self.store()?.vault_meta(number, "lock")?.ok_or(EngineError::Keys(LockFault::Damaged))?;
        let lock = WorkerLock::from_bytes(&bytes).map_err(EngineError::Keys)?;
        let before = lockout;
        match lockout.attempt(&clock) {
            Verdict::Open { .. } => self.note_lockout(number, lockout, true)?,
            Verdict::Wait { ms, .. } => return Err(EngineError::PinTooSoon { wait_ms: ms }),
            Verdict::Destroyed => return Err(self.destroy(vault)?),
        }
        let provider = self.enrolment()?.provider.clone();
        let holder = Holder { provider: &provider, worker: &vault.worker };
        match attempt(&lock, holder, &pin, self) {
            Ok(done) => {
                lockout.succeeded();
                // Should a power cut swallow this, one try reads as wrong until the next right one.
                self.note_lockout(number, lockout, false)?;
                if self.store()?.vault_meta(number, "lockout")?.is_some() {
                    self.store()?.write(|tx| tx.drop_vault_meta(number, "lockout"))?;
                }
                Ok(done)
            }
            Err(LockFault::WrongPin) => {
                self.keep_lockout(number, lockout)?;
                match lockout.verdict(&clock) {
                    Verdict::Open { left } => Err(EngineError::WrongPin { left: left.into(), wait_ms: 0 }),
                    Verdict::Wait { ms, left } => Err(EngineError::WrongPin { left: left.into(), wait_ms: ms }),
                    Verdict::Destroyed => Err(self.destroy(vault)?),
                }
            }
            Err(LockFault::Custody(CustodyFault::Gone)) => Err(EngineError::LockedOut),
            Err(fault) => {
                // The device did not release its key, so the PIN was never tried.
                self.keep_lockout(number, before)?;
                Err(EngineError::Keys(fault))
            }
        }
    }

    /// Destroys one worker's read path: their key in the custodian. The outbox is sealed to the office and stays; so do other workers' vaults.
    fn destroy(&mut self, vault: &Vault) -> Result<EngineError, EngineError> {
        if self.open_number() == Some(vault.number) {
            self.lock();
        }
        self.ports.custodian.destroy(vault.worker.as_str())?;
        Ok(EngineError::LockedOut)
    }

    /// A vault's count of wrong PINs: the stricter of its two records.
    pub(super) fn lockout(&self, vault: i64) -> Result<Lockout, EngineError> {
        let stored = Lockout::read(self.store()?.vault_meta(vault, "lockout")?.as_deref());
        Ok(stored.stricter(Lockout::read(self.ports.disk.read(&lockout_file(vault))?.as_deref())))
    }

    /// Notes a count beside the store: before a try, durable.
    fn note_lockout(&self, vault: i64, lockout: Lockout, durable: bool) -> Result<(), EngineError> {
        let mut bytes = lockout.to_bytes();
        // Of one length, so that overwriting it in place moves nothing else.
        bytes.resize(bytes.len().max(LOCKOUT_BYTES), b' ');
        Ok(self.ports.disk.note(&lockout_file(vault), &bytes, durable)?)
    }

    /// Keeps a count in both places.
    fn keep_lockout(&self, vault: i64, lockout: Lockout) -> Result<(), EngineError> {
        self.note_lockout(vault, lockout, true)?;
        self.store()?.write(|tx| tx.set_vault_meta(vault, "lockout", &lockout.to_bytes()))
    }

    fn read_with(&mut self, vault: &Vault, key: &WorkerKey) -> Result<(), EngineError> {
        let keys = Keys::new(key, self.enrolment()?, self.ports.random.clone())?;
        self.begin_reading(vault.number, keys)
    }

    /// From now on this vault is read.
    pub(super) fn begin_reading(&mut self, vault: i64, keys: Keys) -> Result<(), EngineError> {
        let enrolment = self.enrolment()?;
        let (device, worker) = (enrolment.device.clone(), enrolment.vault(vault).ok_or(EngineError::SealBroken)?.worker.clone());
        let store = self.store()?;
        let word = |name: &str| -> Result<Option<String>, EngineError> {
            let Some(sealed) = store.vault_meta(vault, name)? else { return Ok(None) };
            let opened = keys.open(name, 0, &sealed)?;
            String::from_utf8(opened.to_vec()).map(Some).map_err(|_| EngineError::SealBroken)
        };
        let name = word("name")?.ok_or(EngineError::SealBroken)?;
        let reader = word("reader")?;
        let mut clocks = Clocks::default();
        for sample in store.samples()? {
            clocks.sample(&device, sample);
        }
        let rules = self.settings.rules.clone();
        store.turn_to(vault);
        self.reading = Some(Reading {
            vault,
            keys,
            worker,
            name,
            reader,
            clocks,
            heard: HashSet::new(),
            rules,
            open: HashMap::new(),
            uses: 0,
            behind: false,
        });
        self.read_up()?;
        // While locked nothing was pulled, and some may have waited for this.
        self.nudged();
        self.reachable();
        Ok(())
    }
}
