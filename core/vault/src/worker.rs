//! A worker's key, behind the PIN and the phone's hardware.
//!
//! ```text
//! hardware secret  32 random bytes, wrapped by the custodian's key for this worker
//! key of the lock  = HKDF-SHA256( salt "holdfast/worker-lock/v1", ikm hardware secret ‖ Argon2id(PIN, salt, cost), info provider ‖ worker )
//! worker key       32 random bytes, sealed under the key of the lock
//! ```
//!
//! The worker key never changes; changing the PIN seals it anew. [`WorkerLock`] is the value to be stored: it says nothing without the
//! custodian, and nothing without the PIN.

use crate::custodian::{CustodyFault, KeyCustodian};
use crate::index::BlindIndex;
use crate::pin::Pin;
use crate::seal::{self, Aad, DataKey, KeyId, Padding, SealError};
use crate::secret::{Secret, Secret32, derive, joined};
use argon2::{Algorithm, Argon2, Params, Version};
use holdfast_model::id::{Digest, ProviderId, WorkerId};
use holdfast_model::port::Random;
use ring::hkdf::{HKDF_SHA256, Salt};
use serde::{Deserialize, Serialize};

const VERSION: u8 = 1;
/// Bytes of the digest that tells a damaged lock from a wrong PIN.
const CHECK: usize = 8;

/// What one try at a PIN costs: Argon2id's parameters. Stored with each lock, so that they can be raised later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// What phones use: 64 MiB, three passes, one lane, some 0.12 s of one core (RFC 9106's second choice, in one lane).
    pub const PHONE: Cost = Cost { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
    /// The least that a real lock is made with (OWASP's floor).
    pub const FLOOR: Cost = Cost { memory_kib: 19 * 1024, passes: 2, lanes: 1 };

    /// Next to nothing, for simulations of many phones. A lock made with it protects nobody.
    #[doc(hidden)]
    pub const SIMULATION: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

    /// The most a stored lock may ask for: 1 GiB, 64 passes. A damaged one must not take the phone down.
    fn sane(self) -> bool {
        self.memory_kib <= 1 << 20 && self.passes <= 64 && self.lanes <= 8
    }
}

/// Why a worker's key is not released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockFault {
    /// Not this PIN. Counts as a try.
    #[error("this is not the PIN; nothing is lost")]
    WrongPin,
    /// The stored lock was changed or cut: no PIN would open it. Does not count as a try.
    #[error("this phone's key store was damaged and no PIN opens it; unsent entries are safe, and the office can set this phone up again")]
    Damaged,
    /// Written by a newer version.
    #[error("this phone's key store was written by a newer version (format {0}); it was left untouched: start that version")]
    Newer(u8),
    /// The custodian did not help. [`CustodyFault::Gone`] after ten wrong PINs.
    #[error(transparent)]
    Custody(#[from] CustodyFault),
}

impl LockFault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            LockFault::WrongPin => "wrong_pin",
            LockFault::Damaged => "lock_damaged",
            LockFault::Newer(_) => "lock_newer",
            LockFault::Custody(fault) => fault.code(),
        }
    }
}

/// What opens everything of one worker on one phone. In memory only; wiped when dropped.
#[derive(Debug)]
pub struct WorkerKey(Secret32);

impl WorkerKey {
    /// The key that seals this worker's records.
    pub fn data_key(&self) -> DataKey {
        let key = derive(self.0.expose(), &[b"holdfast/worker/data/v1"]);
        let id = derive(self.0.expose(), &[b"holdfast/worker/data-id/v1"]);
        DataKey::new(KeyId(*id.expose().first_chunk().expect("32 bytes hold 8")), &key)
    }

    /// The key of this worker's row names.
    pub fn index(&self) -> BlindIndex {
        BlindIndex::new(&self.subkey("index"))
    }

    /// A further key, for one purpose ("index" is taken).
    pub fn subkey(&self, purpose: &str) -> Secret32 {
        derive(self.0.expose(), &[b"holdfast/worker/sub/v1\0", purpose.as_bytes()])
    }
}

/// A worker's key under PIN and hardware, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerLock {
    cost: Cost,
    salt: [u8; 16],
    /// The hardware secret, wrapped by the custodian.
    hardware: Vec<u8>,
    /// The worker key, sealed under the key of the lock.
    sealed: Vec<u8>,
}

/// Whose lock it is. A lock opens for no other worker of no other provider.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    /// The provider.
    pub provider: &'a ProviderId,
    /// The worker.
    pub worker: &'a WorkerId,
}

impl WorkerLock {
    /// Makes a worker's key and locks it. The lock is to be stored before the key is used.
    pub fn create(
        holder: Holder<'_>,
        pin: &Pin,
        cost: Cost,
        custodian: &dyn KeyCustodian,
        random: &dyn Random,
    ) -> Result<(WorkerLock, WorkerKey), CustodyFault> {
        let key = WorkerKey(Secret32::random(random));
        let lock = WorkerLock::around(&key, holder, pin, cost, custodian, random)?;
        Ok((lock, key))
    }

    /// Opens the lock. Takes as long as [`Cost`] says, whatever the PIN.
    pub fn open(&self, holder: Holder<'_>, pin: &Pin, custodian: &dyn KeyCustodian) -> Result<WorkerKey, LockFault> {
        let hardware = custodian.unwrap(holder.worker.as_str(), &self.hardware)?;
        let key = lock_key(holder, pin, &self.salt, self.cost, &hardware).ok_or(LockFault::Damaged)?;
        match seal::open(&key, &place(holder), &self.sealed) {
            Ok(opened) => Secret32::from_slice(&opened).map(WorkerKey).ok_or(LockFault::Damaged),
            Err(SealError::Newer(v)) => Err(LockFault::Newer(v)),
            // The lock's own digest has ruled out damage, so it is the PIN.
            Err(SealError::Damaged | SealError::OtherKey) => Err(LockFault::WrongPin),
        }
    }

    /// The same key under a new PIN, with a fresh salt and a fresh hardware secret. To be stored in one transaction in place of this one:
    /// until then the old PIN opens, and afterwards only the new one.
    pub fn change_pin(
        &self,
        holder: Holder<'_>,
        old: &Pin,
        new: &Pin,
        cost: Cost,
        custodian: &dyn KeyCustodian,
        random: &dyn Random,
    ) -> Result<WorkerLock, LockFault> {
        let key = self.open(holder, old, custodian)?;
        Ok(WorkerLock::around(&key, holder, new, cost, custodian, random)?)
    }

    fn around(
        key: &WorkerKey,
        holder: Holder<'_>,
        pin: &Pin,
        cost: Cost,
        custodian: &dyn KeyCustodian,
        random: &dyn Random,
    ) -> Result<WorkerLock, CustodyFault> {
        let secret = Secret::new(Secret32::random(random).expose().to_vec());
        let mut salt = [0; 16];
        random.fill(&mut salt);
        let hardware = custodian.wrap(holder.worker.as_str(), &secret)?;
        let lock_key = lock_key(holder, pin, &salt, cost, &secret).expect("the cost of a new lock is one Argon2 takes");
        let sealed = seal::seal(&lock_key, &place(holder), Padding::None, key.0.expose(), random);
        Ok(WorkerLock { cost, salt, hardware, sealed })
    }

    /// The cost of a try.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// The bytes to be stored: `01`, three costs, salt, both secrets after their lengths, and a digest over all that.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        for n in [self.cost.memory_kib, self.cost.passes, self.cost.lanes] {
            out.extend_from_slice(&n.to_be_bytes());
        }
        out.extend_from_slice(&self.salt);
        joined(&[&self.hardware, &self.sealed], &mut out);
        let check = Digest::of_parts(&[b"holdfast/worker-lock/check/v1", &out]);
        out.extend_from_slice(&check.0[..CHECK]);
        out
    }

    /// Reads stored bytes; tells damage from a wrong PIN before any PIN is typed.
    pub fn from_bytes(bytes: &[u8]) -> Result<WorkerLock, LockFault> {
        match bytes.first() {
            Some(&VERSION) => {}
            Some(0) | None => return Err(LockFault::Damaged),
            Some(newer) => return Err(LockFault::Newer(*newer)),
        }
        let (body, check) = bytes.split_last_chunk::<CHECK>().ok_or(LockFault::Damaged)?;
        if Digest::of_parts(&[b"holdfast/worker-lock/check/v1", body]).0[..CHECK] != *check {
            return Err(LockFault::Damaged);
        }
        let lock = WorkerLock::read(&body[1..]).ok_or(LockFault::Damaged)?;
        if lock.cost.sane() { Ok(lock) } else { Err(LockFault::Damaged) }
    }

    fn read(mut rest: &[u8]) -> Option<WorkerLock> {
        let number = |rest: &mut &[u8]| {
            let (head, tail) = rest.split_first_chunk::<4>()?;
            *rest = tail;
            Some(u32::from_be_bytes(*head))
        };
        let cost = Cost { memory_kib: number(&mut rest)?, passes: number(&mut rest)?, lanes: number(&mut rest)? };
        let (salt, mut rest) = rest.split_first_chunk::<16>()?;
        let piece = |rest: &mut &[u8]| {
            let length = number(rest)? as usize;
            let (head, tail) = rest.split_at_checked(length)?;
            *rest = tail;
            Some(head.to_vec())
        };
        let (hardware, sealed) = (piece(&mut rest)?, piece(&mut rest)?);
        rest.is_empty().then_some(WorkerLock { cost, salt: *salt, hardware, sealed })
    }
}

fn place<'a>(holder: Holder<'a>) -> Aad<'a> {
    Aad { provider: holder.provider.as_str(), install: b"", table: "worker_lock", row: holder.worker.as_str().as_bytes(), document: b"" }
}

/// The key of the lock. `None` when Argon2 does not take the cost.
fn lock_key(holder: Holder<'_>, pin: &Pin, salt: &[u8; 16], cost: Cost, hardware: &Secret) -> Option<DataKey> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).ok()?;
    let mut ikm = Secret::new([hardware.expose(), &[0; 32]].concat());
    let at = hardware.expose().len();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(pin.expose(), salt, &mut ikm.expose_mut()[at..]).ok()?;

    let mut info = Vec::new();
    joined(&[holder.provider.as_str().as_bytes(), holder.worker.as_str().as_bytes()], &mut info);
    let prk = Salt::new(HKDF_SHA256, b"holdfast/worker-lock/v1").extract(ikm.expose());
    let mut key = [0; 32];
    prk.expand(&[&info], HKDF_SHA256).and_then(|okm| okm.fill(&mut key)).expect("32 bytes are within HKDF's limit");
    // The id is the same for all: a wrong PIN must look like a wrong PIN.
    Some(DataKey::new(KeyId(*b"pin lock"), &Secret32::new(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custodian::FileCustodian;
    use holdfast_host::SystemRandom;
    use std::sync::Arc;

    struct Phone {
        _dir: tempfile::TempDir,
        custodian: FileCustodian,
        provider: ProviderId,
        worker: WorkerId,
        random: SystemRandom,
    }

    impl Phone {
        fn new() -> Phone {
            let dir = tempfile::tempdir().expect("a directory");
            let custodian = FileCustodian::open(dir.path().join("keys"), Arc::new(SystemRandom::new())).expect("opens");
            let (provider, worker) = (ProviderId::new("northquay").expect("an id"), WorkerId::new("W-01").expect("an id"));
            Phone { _dir: dir, custodian, provider, worker, random: SystemRandom::new() }
        }
        fn holder(&self) -> Holder<'_> {
            Holder { provider: &self.provider, worker: &self.worker }
        }
        fn create(&self, text: &str) -> (WorkerLock, WorkerKey) {
            WorkerLock::create(self.holder(), &pin(text), Cost::SIMULATION, &self.custodian, &self.random).expect("creates")
        }
        fn open(&self, lock: &WorkerLock, text: &str) -> Result<WorkerKey, LockFault> {
            lock.open(self.holder(), &pin(text), &self.custodian)
        }
    }

    fn pin(text: &str) -> Pin {
        Pin::typed(text).expect("a PIN")
    }

    fn same(a: &WorkerKey, b: &WorkerKey) -> bool {
        a.0.expose() == b.0.expose()
    }

    #[test]
    fn the_right_pin_opens_and_a_wrong_one_says_so() {
        let phone = Phone::new();
        let (lock, key) = phone.create("482913");
        assert!(same(&key, &phone.open(&lock, "482913").expect("opens")));
        assert_eq!(phone.open(&lock, "482914").expect_err("wrong"), LockFault::WrongPin);
        assert_eq!(phone.open(&lock, "0482913").expect_err("another length"), LockFault::WrongPin);
    }

    #[test]
    fn a_new_pin_keeps_the_key_and_ends_the_old_pin() {
        let phone = Phone::new();
        let (lock, key) = phone.create("482913");
        let change =
            |old: &str| lock.change_pin(phone.holder(), &pin(old), &pin("739518"), Cost::SIMULATION, &phone.custodian, &phone.random);
        assert_eq!(change("111111").expect_err("the old PIN is asked for"), LockFault::WrongPin);
        let changed = change("482913").expect("changes");
        assert!(same(&key, &phone.open(&changed, "739518").expect("opens")));
        assert_eq!(phone.open(&changed, "482913").expect_err("ended"), LockFault::WrongPin);
        assert!(phone.open(&lock, "482913").is_ok(), "until the new lock is stored the old one holds");
    }

    #[test]
    fn no_pin_opens_on_another_phone_for_another_worker_or_after_destruction() {
        let (phone, other) = (Phone::new(), Phone::new());
        let (lock, _) = phone.create("482913");
        other.create("482913");
        assert_eq!(other.open(&lock, "482913").expect_err("another phone").code(), "device_key_gone");
        let worker = WorkerId::new("W-02").expect("an id");
        let holder = Holder { provider: &phone.provider, worker: &worker };
        assert_eq!(lock.open(holder, &pin("482913"), &phone.custodian).expect_err("another worker").code(), "device_key_gone");
        phone.custodian.destroy("W-01").expect("destroys");
        assert_eq!(phone.open(&lock, "482913").expect_err("destroyed").code(), "device_key_gone");
    }

    #[test]
    fn stored_bytes_read_back_and_damage_is_no_wrong_pin() {
        let phone = Phone::new();
        let (lock, key) = phone.create("482913");
        let bytes = lock.to_bytes();
        let read = WorkerLock::from_bytes(&bytes).expect("reads");
        assert_eq!(read, lock);
        assert!(same(&key, &phone.open(&read, "482913").expect("opens")));
        for i in 1..bytes.len() {
            let mut bad = bytes.clone();
            bad[i] ^= 4;
            assert_eq!(WorkerLock::from_bytes(&bad), Err(LockFault::Damaged), "byte {i}");
            assert_eq!(WorkerLock::from_bytes(&bytes[..i]), Err(LockFault::Damaged), "cut to {i}");
        }
        assert_eq!(WorkerLock::from_bytes(&[2, 0]), Err(LockFault::Newer(2)));
        assert_eq!(WorkerLock::from_bytes(&[]), Err(LockFault::Damaged));
    }

    #[test]
    fn an_absurd_cost_is_refused_before_it_is_paid() {
        let phone = Phone::new();
        let (mut lock, _) = phone.create("482913");
        lock.cost.memory_kib = u32::MAX;
        assert_eq!(WorkerLock::from_bytes(&lock.to_bytes()), Err(LockFault::Damaged));
    }

    #[test]
    fn phones_pay_at_least_the_floor() {
        const { assert!(Cost::PHONE.memory_kib >= Cost::FLOOR.memory_kib && Cost::PHONE.passes >= Cost::FLOOR.passes) };
        let phone = Phone::new();
        let (lock, key) =
            WorkerLock::create(phone.holder(), &pin("482913"), Cost::PHONE, &phone.custodian, &phone.random).expect("creates");
        assert_eq!(lock.cost(), Cost::PHONE);
        assert!(same(&key, &phone.open(&lock, "482913").expect("opens")));
    }

    #[test]
    fn subkeys_differ_and_repeat() {
        let (_, key) = Phone::new().create("482913");
        assert_eq!(key.data_key().id(), key.data_key().id());
        assert_eq!(key.index().row("visit", b"V-1"), key.index().row("visit", b"V-1"));
        assert_ne!(key.subkey("a").expose(), key.subkey("b").expose());
        assert!(!format!("{key:?}").contains('['));
    }
}
