//! Locking, unlocking, changing the PIN, and what wrong ones cost.

use super::keys::Keys;
use super::{Phone, Reading};
use crate::error::EngineError;
use holdfast_model::chronology::Clocks;
use holdfast_model::id::WorkerId;
use holdfast_vault::worker::Holder;
use holdfast_vault::{CustodyFault, LockFault, Lockout, Pin, Verdict, WorkerKey, WorkerLock};
use std::collections::HashMap;

/// Companion file that holds the count of wrong PINs a second time: putting the store back gains no tries.
pub(super) const LOCKOUT_FILE: &str = "lockout";
/// Length of that file: more than a count ever needs, less than a disk writes at once.
const LOCKOUT_BYTES: usize = 256;

impl Phone {
    /// Opens the phone for its worker.
    pub fn unlock(&mut self, pin: &str) -> Result<(), EngineError> {
        if self.is_unlocked() {
            return Ok(());
        }
        self.enrolment()?;
        self.guarded(|phone| {
            let key = phone.try_pin(pin, |lock, holder, pin, phone| lock.open(holder, pin, phone.ports.custodian.as_ref()))?;
            phone.read_with(&key)
        })
    }

    /// Forgets every key. What is under way to the office stays under way; recording needs the PIN again.
    pub fn lock(&mut self) {
        // What cannot be settled now is settled, or reported, by the next entry.
        let _ = self.settle();
        self.reading = None;
    }

    /// Puts a new PIN in place of the old one, in one transaction.
    pub fn change_pin(&mut self, old: &str, new: &str) -> Result<(), EngineError> {
        let new = Pin::chosen(new).map_err(EngineError::PinUnsuitable)?;
        let cost = self.settings.pin_cost;
        let lock = self.try_pin(old, |lock, holder, old, phone| {
            lock.change_pin(holder, old, &new, cost, phone.ports.custodian.as_ref(), phone.ports.random.as_ref())
        })?;
        self.store()?.write(|tx| tx.set_meta("lock", &lock.to_bytes()))
    }

    /// Counts a try durably, then makes it.
    fn try_pin<T>(
        &mut self,
        pin: &str,
        attempt: impl FnOnce(&WorkerLock, Holder<'_>, &Pin, &Phone) -> Result<T, LockFault>,
    ) -> Result<T, EngineError> {
        let clock = self.ports.clock.read();
        let mut lockout = self.lockout()?;
        // A PIN that can be none is not a try, nor is one at a lock that no PIN opens: nothing was learnt by it.
        let pin = Pin::typed(pin).map_err(EngineError::PinUnsuitable)?;
        let bytes = self.store()?.meta("lock")?.ok_or(EngineError::Keys(LockFault::Damaged))?;
        let lock = WorkerLock::from_bytes(&bytes).map_err(EngineError::Keys)?;
        let before = lockout;
        match lockout.attempt(&clock) {
            Verdict::Open { .. } => self.note_lockout(lockout, true)?,
            Verdict::Wait { ms, .. } => return Err(EngineError::PinTooSoon { wait_ms: ms }),
            Verdict::Destroyed => return Err(self.destroy()?),
        }
        let enrolment = self.enrolment()?;
        let holder = Holder { provider: &enrolment.provider, worker: &enrolment.worker };
        match attempt(&lock, holder, &pin, self) {
            Ok(done) => {
                lockout.succeeded();
                // Should a power cut swallow this, one try reads as wrong until the next right one.
                self.note_lockout(lockout, false)?;
                if self.store()?.meta("lockout")?.is_some() {
                    self.store()?.write(|tx| tx.drop_meta("lockout"))?;
                }
                Ok(done)
            }
            Err(LockFault::WrongPin) => {
                self.keep_lockout(lockout)?;
                match lockout.verdict(&clock) {
                    Verdict::Open { left } => Err(EngineError::WrongPin { left: left.into(), wait_ms: 0 }),
                    Verdict::Wait { ms, left } => Err(EngineError::WrongPin { left: left.into(), wait_ms: ms }),
                    Verdict::Destroyed => Err(self.destroy()?),
                }
            }
            Err(LockFault::Custody(CustodyFault::Gone)) => Err(EngineError::LockedOut),
            Err(fault) => {
                // The device did not release its key, so the PIN was never tried.
                self.keep_lockout(before)?;
                Err(EngineError::Keys(fault))
            }
        }
    }

    /// Destroys the read path: the worker's key in the custodian. The outbox is sealed to the office and stays.
    fn destroy(&mut self) -> Result<EngineError, EngineError> {
        self.lock();
        self.ports.custodian.destroy(self.enrolment()?.worker.as_str())?;
        Ok(EngineError::LockedOut)
    }

    /// The count of wrong PINs: the stricter of its two records.
    pub(super) fn lockout(&self) -> Result<Lockout, EngineError> {
        let stored = Lockout::read(self.store()?.meta("lockout")?.as_deref());
        Ok(stored.stricter(Lockout::read(self.ports.disk.read(LOCKOUT_FILE)?.as_deref())))
    }

    /// Notes a count beside the store: before a try, durable.
    fn note_lockout(&self, lockout: Lockout, durable: bool) -> Result<(), EngineError> {
        let mut bytes = lockout.to_bytes();
        // Of one length, so that overwriting it in place moves nothing else.
        bytes.resize(bytes.len().max(LOCKOUT_BYTES), b' ');
        Ok(self.ports.disk.note(LOCKOUT_FILE, &bytes, durable)?)
    }

    /// Keeps a count in both places.
    fn keep_lockout(&self, lockout: Lockout) -> Result<(), EngineError> {
        self.note_lockout(lockout, true)?;
        self.store()?.write(|tx| tx.set_meta("lockout", &lockout.to_bytes()))
    }

    fn read_with(&mut self, key: &WorkerKey) -> Result<(), EngineError> {
        let enrolment = self.enrolment()?;
        let keys = Keys::new(key, enrolment, self.ports.random.clone())?;
        let worker = enrolment.worker.clone();
        let sealed = self.store()?.meta("name")?.ok_or(EngineError::SealBroken)?;
        let name = String::from_utf8(keys.open("name", 0, &sealed)?.to_vec()).map_err(|_| EngineError::SealBroken)?;
        self.begin_reading(keys, worker, name)
    }

    pub(super) fn begin_reading(&mut self, keys: Keys, worker: WorkerId, name: String) -> Result<(), EngineError> {
        let device = self.enrolment()?.device.clone();
        let mut clocks = Clocks::default();
        for sample in self.store()?.samples(false)? {
            clocks.sample(&device, sample);
        }
        let rules = self.settings.rules.clone();
        self.reading = Some(Reading { keys, worker, name, clocks, rules, open: HashMap::new(), uses: 0, behind: false });
        self.read_up()?;
        // While locked nothing was pulled, and some may have waited for this.
        self.nudged();
        self.reachable();
        Ok(())
    }
}
