//! Vaults: what one worker may read on this phone, behind that worker's PIN. A phone has one a worker. The chain, the device's key and what
//! waits for the office are the phone's own, and none of them needs a vault.

use super::Phone;
use super::age::Age;
use crate::error::EngineError;
use crate::port::ServerAddress;
use crate::store::OPENED_FIRST;
use chrono::NaiveDate;
use holdfast_model::id::{BranchId, DeviceId, Digest, ProviderId, ServerEpoch, WorkerId};
use holdfast_model::time::{ClockReading, Millis};
use holdfast_model::wire::{EnrolReply, Role};
use holdfast_vault::Lease;
use serde::{Deserialize, Serialize};

/// The version of the enrolment's record that this code writes.
const VERSION: u32 = 2;

/// What the phone knows of its enrolment: nothing here is about a person supported, and a locked phone needs all of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Enrolment {
    v: u32,
    pub(super) provider: ProviderId,
    pub(super) branch: BranchId,
    pub(super) device: DeviceId,
    pub(super) office_key: String,
    pub(super) provider_key: String,
    pub(super) servers: Vec<ServerAddress>,
    #[serde(with = "hex16")]
    pub(super) install: [u8; 16],
    pub(super) server_epoch: ServerEpoch,
    /// Time that has passed here since it was first counted: what thirty days are.
    #[serde(default)]
    pub(super) age: Option<Age>,
    /// Office time of the last answer.
    pub(super) contact: Option<Millis>,
    #[serde(default)]
    pub(super) revoked: bool,
    /// The office said that it does not know this phone (any more).
    #[serde(default)]
    pub(super) forgotten: bool,
    /// One a worker, in the order they were provisioned; never empty.
    pub(super) vaults: Vec<Vault>,
    /// Number of the next vault. No number is used twice, so that what was sealed under a key that is gone is never taken for another's.
    next_vault: i64,
}

/// What is known of a vault while it is locked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Vault {
    /// Its number on this phone, which its rows carry.
    pub(super) number: i64,
    pub(super) worker: WorkerId,
    pub(super) role: Role,
    pub(super) lease: Lease,
    /// Office time when it last held all that it may hold.
    pub(super) checked: Option<Millis>,
    pub(super) cursor: Option<String>,
    /// The office asked for the list of plans.
    #[serde(default)]
    pub(super) want_plans: bool,
    /// Digest of the list of plans that the office was last told.
    #[serde(default)]
    pub(super) plans_told: Option<Digest>,
    /// The office said that it does not know this worker as a reader of this phone (any more): a new code lets them read again.
    #[serde(default)]
    pub(super) unknown: bool,
    /// The day whose run was opened without the office, for a reason that was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) glass: Option<NaiveDate>,
}

/// The record of version 1: a phone with one worker.
#[derive(Deserialize)]
struct One {
    provider: ProviderId,
    branch: BranchId,
    device: DeviceId,
    worker: WorkerId,
    role: Role,
    office_key: String,
    provider_key: String,
    servers: Vec<ServerAddress>,
    #[serde(with = "hex16")]
    install: [u8; 16],
    server_epoch: ServerEpoch,
    lease: Lease,
    contact: Option<Millis>,
    checked: Option<Millis>,
    #[serde(default)]
    revoked: bool,
    cursor: Option<String>,
    #[serde(default)]
    want_plans: bool,
    #[serde(default)]
    plans_told: Option<Digest>,
}

/// The version of a record, before anything else of it is read.
#[derive(Deserialize)]
struct Versioned {
    v: u32,
}

mod hex16 {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8; 16], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&data_encoding::HEXLOWER.encode(bytes))
    }
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<[u8; 16], D::Error> {
        let text = String::deserialize(d)?;
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(D::Error::custom)?;
        bytes.try_into().map_err(|_| D::Error::custom("16 bytes"))
    }
}

impl Enrolment {
    /// A phone that the office has just taken in, without a vault yet.
    pub(super) fn new(reply: &EnrolReply, servers: Vec<ServerAddress>, install: [u8; 16], clock: &ClockReading) -> Enrolment {
        Enrolment {
            v: VERSION,
            provider: reply.provider.clone(),
            branch: reply.branch.clone(),
            device: reply.device.clone(),
            office_key: reply.office_key.clone(),
            provider_key: reply.provider_key.clone(),
            servers,
            install,
            server_epoch: reply.server_epoch,
            age: Some(Age::from(clock)),
            contact: None,
            revoked: false,
            forgotten: false,
            vaults: Vec::new(),
            next_vault: OPENED_FIRST,
        }
    }

    /// Reads a stored record, of any version that was ever written.
    pub(super) fn read(bytes: &[u8]) -> Result<Enrolment, EngineError> {
        let broken = |_| EngineError::SealBroken;
        let enrolment = match serde_json::from_slice::<Versioned>(bytes).map_err(broken)?.v {
            1 => Enrolment::from(serde_json::from_slice::<One>(bytes).map_err(broken)?),
            VERSION => serde_json::from_slice(bytes).map_err(broken)?,
            found => return Err(EngineError::StoreNewer { found: found.into(), known: VERSION.into() }),
        };
        if enrolment.vaults.is_empty() { Err(EngineError::SealBroken) } else { Ok(enrolment) }
    }

    /// The record to be stored.
    pub(super) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("an enrolment has string keys only")
    }

    /// Makes room for a worker's vault. The number it gives stands in the record from then on.
    pub(super) fn add(&mut self, reply: &EnrolReply, clock: &ClockReading) -> i64 {
        let number = self.next_vault;
        self.next_vault += 1;
        self.vaults.push(Vault {
            number,
            worker: reply.worker.clone(),
            role: reply.role,
            lease: Lease::grant(reply.lease_ms, clock),
            checked: None,
            cursor: None,
            want_plans: true,
            plans_told: None,
            unknown: false,
            glass: None,
        });
        number
    }

    /// The vault of this number.
    pub(super) fn vault(&self, number: i64) -> Option<&Vault> {
        self.vaults.iter().find(|v| v.number == number)
    }
    /// The vault of this number, to be changed.
    pub(super) fn vault_mut(&mut self, number: i64) -> Option<&mut Vault> {
        self.vaults.iter_mut().find(|v| v.number == number)
    }
    /// A worker's vault.
    pub(super) fn of(&self, worker: &WorkerId) -> Option<&Vault> {
        self.vaults.iter().find(|v| v.worker == *worker)
    }
    /// The vault of a phone that has one worker.
    pub(super) fn only(&self) -> Option<&Vault> {
        match self.vaults.as_slice() {
            [vault] => Some(vault),
            _ => None,
        }
    }
}

impl From<One> for Enrolment {
    fn from(one: One) -> Enrolment {
        let vault = Vault {
            number: OPENED_FIRST,
            worker: one.worker,
            role: one.role,
            lease: one.lease,
            checked: one.checked,
            cursor: one.cursor,
            want_plans: one.want_plans,
            plans_told: one.plans_told,
            unknown: false,
            glass: None,
        };
        Enrolment {
            v: VERSION,
            provider: one.provider,
            branch: one.branch,
            device: one.device,
            office_key: one.office_key,
            provider_key: one.provider_key,
            servers: one.servers,
            install: one.install,
            server_epoch: one.server_epoch,
            age: None,
            contact: one.contact,
            revoked: one.revoked,
            forgotten: false,
            vaults: vec![vault],
            next_vault: OPENED_FIRST + 1,
        }
    }
}

impl Phone {
    /// The worker whose vault is open; while locked the phone's worker, if it has one only.
    pub fn worker(&self) -> Option<&WorkerId> {
        self.shown_vault().map(|v| &v.worker)
    }

    /// Everybody with a vault on this phone, in the order they were provisioned.
    pub fn workers(&self) -> Vec<&WorkerId> {
        self.enrolment.iter().flat_map(|e| &e.vaults).map(|v| &v.worker).collect()
    }

    /// Number of the open vault.
    pub(super) fn open_number(&self) -> Option<i64> {
        self.reading.as_ref().map(|r| r.vault)
    }

    /// The open vault; while locked the only one.
    pub(super) fn shown_vault(&self) -> Option<&Vault> {
        let enrolment = self.enrolment.as_ref()?;
        match self.open_number() {
            Some(number) => enrolment.vault(number),
            None => enrolment.only(),
        }
    }

    /// Whose cursor a request carries: the open vault's; while locked the first one's, since the office wants some place to go on from.
    pub(super) fn asking_vault(&self) -> Result<&Vault, EngineError> {
        let enrolment = self.enrolment()?;
        self.open_number().and_then(|n| enrolment.vault(n)).or(enrolment.vaults.first()).ok_or(EngineError::SealBroken)
    }

    /// Vaults that somebody's PIN can still open, the open one left out.
    pub(super) fn sleeping_vaults(&self) -> Result<Vec<i64>, EngineError> {
        let open = self.open_number();
        let mut numbers = Vec::new();
        for vault in self.enrolment()?.vaults.iter().filter(|v| Some(v.number) != open) {
            if !self.read_path_gone(vault.number)? {
                numbers.push(vault.number);
            }
        }
        Ok(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As version 1 wrote it.
    const OLD: &str = r#"{"v":1,"provider":"northquay","branch":"north","device":"D-01","worker":"W-01","role":"worker","office_key":"k",
        "provider_key":"p","servers":[],"install":"000102030405060708090a0b0c0d0e0f","server_epoch":"0101010101010101",
        "lease":{"granted_ms":259200000,"used_ms":5,"at":{"boot":"0202020202020202","mono_ms":1,"wall":2}},"contact":7,"checked":6,
        "cursor":"c","want_plans":true}"#;

    #[test]
    fn the_record_of_one_worker_reads_on() {
        let read = Enrolment::read(OLD.as_bytes()).expect("reads");
        let vault = read.only().expect("one worker");
        assert_eq!((vault.number, vault.worker.as_str(), vault.cursor.as_deref()), (OPENED_FIRST, "W-01", Some("c")));
        assert_eq!((vault.checked, read.contact, vault.want_plans), (Some(Millis(6)), Some(Millis(7)), true));
        let again = Enrolment::read(&read.bytes()).expect("reads what it wrote");
        assert_eq!((again.v, again.bytes()), (VERSION, read.bytes()));
    }

    #[test]
    fn a_newer_record_is_refused_and_an_empty_one_is_none() {
        let newer = OLD.replacen("\"v\":1", "\"v\":3", 1);
        assert_eq!(Enrolment::read(newer.as_bytes()).err(), Some(EngineError::StoreNewer { found: 3, known: 2 }));
        let mut read = Enrolment::read(OLD.as_bytes()).expect("reads");
        read.vaults.clear();
        assert_eq!(Enrolment::read(&read.bytes()).err(), Some(EngineError::SealBroken));
    }
}
