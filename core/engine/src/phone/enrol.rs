//! Enrolment: a one-time code and a PIN turn an empty phone into a worker's, give a further worker a vault on it, or make a phone known again
//! that the office has forgotten. The office names the worker; the device's key says which phone it is.

use super::keys::Keys;
use super::vaults::Enrolment;
use super::{Chain, Phone};
use crate::error::EngineError;
use crate::port::{Answer, Ask, ServerAddress};
use crate::store::Store;
use holdfast_model::id::{BranchId, DeviceId, ProviderId, WorkerId};
use holdfast_model::port::Random;
use holdfast_model::time::ClockReading;
use holdfast_model::wire::{self, EnrolReply, EnrolRequest, Refusal, Role};
use holdfast_vault::code::OneTimeCode;
use holdfast_vault::worker::Holder;
use holdfast_vault::{Pin, PublicKey, WorkerLock};
use std::time::Duration;

/// How long an enrolment may take: somebody stands there and waits.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What it takes to enrol.
#[derive(Clone)]
pub struct Enrol {
    /// The one-time code, as typed.
    pub code: String,
    /// Where the office is, in order of preference. Empty on an enrolled phone: where it was.
    pub servers: Vec<ServerAddress>,
    /// What people call the phone: "D-03, blue case".
    pub label: String,
    /// The PIN its worker has chosen.
    pub pin: String,
}

/// What the office said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Enrolled {
    /// The provider.
    pub provider: ProviderId,
    /// The branch.
    pub branch: BranchId,
    /// The name the office gave the device.
    pub device: DeviceId,
    /// Who reads on it from now on.
    pub worker: WorkerId,
    /// Their name as it is said.
    pub worker_name: String,
    /// What they may do.
    pub role: Role,
}

impl From<&EnrolReply> for Enrolled {
    fn from(reply: &EnrolReply) -> Enrolled {
        Enrolled {
            provider: reply.provider.clone(),
            branch: reply.branch.clone(),
            device: reply.device.clone(),
            worker: reply.worker.clone(),
            worker_name: reply.worker_name.clone(),
            role: reply.role,
        }
    }
}

impl Phone {
    /// Enrols this phone. Until the office has agreed nothing is written; afterwards the phone is open for the worker the code names. Trying
    /// again after a cut is safe: the office knows the device's key, and answers the same.
    ///
    /// On a phone that is enrolled the code provisions a **further worker**: a vault of their own behind a PIN of their own. What others may
    /// read here, what waits, the chain and the device's name stay as they are.
    ///
    /// A worker whom too many wrong PINs have shut out gets a new lock ([`Phone::enrol_again`]). A phone that the office has forgotten
    /// (`device_unknown`: it went back to a backup that was older than the phone) becomes known again under its name: its worker's vault and
    /// PIN stay, and what waits goes.
    pub fn enrol(&mut self, how: Enrol) -> Result<Enrolled, EngineError> {
        let Some(enrolment) = &self.enrolment else { return self.enrol_first(how) };
        let only = enrolment.only().map(|v| v.number);
        match only {
            Some(number) if self.read_path_gone(number)? => self.enrol_again(how),
            _ => self.enrol_further(how),
        }
    }

    fn enrol_first(&mut self, how: Enrol) -> Result<Enrolled, EngineError> {
        let pin = Pin::chosen(&how.pin).map_err(EngineError::PinUnsuitable)?;
        if how.servers.is_empty() {
            return Err(EngineError::BadAddress);
        }
        let code = parsed(&how.code)?;
        let clock = self.ports.clock.read();
        let store = match self.store.take() {
            Some(store) => store,
            None => Store::open(self.ports.disk.clone(), clock.wall)?,
        };
        // Kept across tries, so that an office that has answered once, unheard, knows the phone again.
        let epoch = match store.epochs()?.last() {
            Some(begun) => begun.epoch,
            None => {
                let epoch = self.random_epoch();
                store.write(|tx| tx.begin_epoch(epoch, 1))?;
                epoch
            }
        };
        self.store = Some(store);
        self.chain = Chain { epoch, ..self.chain };

        self.ports.network.reach(&how.servers);
        let reply = self.ask_to_enrol(code, &how.label, None)?;
        let mut install = [0; 16];
        self.ports.random.fill(&mut install);
        let mut enrolment = Enrolment::new(&reply, how.servers, install, &clock);
        let (number, keys) = self.make_vault(&mut enrolment, &reply, &pin, clock, None)?;
        self.enrolment = Some(enrolment);
        self.adopt_epoch()?;
        self.start_session(clock)?;
        self.sample(clock, None)?;
        self.begin_reading(number, keys)?;
        Ok(Enrolled::from(&reply))
    }

    /// A code on a phone that is enrolled: mostly a further worker's.
    fn enrol_further(&mut self, how: Enrol) -> Result<Enrolled, EngineError> {
        let pin = Pin::chosen(&how.pin).map_err(EngineError::PinUnsuitable)?;
        let code = parsed(&how.code)?;
        if !how.servers.is_empty() {
            self.set_servers(how.servers)?;
        }
        let reply = self.ask_to_enrol(code, &how.label, None)?;
        self.same_phone(&reply)?;
        let clock = self.ports.clock.read();
        let mut enrolment = self.enrolment()?.clone();
        let was_forgotten = std::mem::take(&mut enrolment.forgotten);
        enrolment.provider_key.clone_from(&reply.provider_key);
        enrolment.branch = reply.branch.clone();
        enrolment.revoked = false;
        match enrolment.of(&reply.worker).map(|v| v.number) {
            // Whoever can open a vault needs no new one; should the PIN be forgotten, that is another step.
            Some(number) if !self.read_path_gone(number)? => {
                if !was_forgotten && !enrolment.vault(number).is_some_and(|v| v.unknown) {
                    return Err(EngineError::AlreadyEnrolled);
                }
                self.known_again(enrolment, number, &reply, clock)?;
            }
            shut_out => {
                if shut_out.is_some() {
                    self.ports.custodian.destroy(reply.worker.as_str())?;
                }
                self.lock();
                let (number, keys) = self.make_vault(&mut enrolment, &reply, &pin, clock, shut_out)?;
                self.enrolment = Some(enrolment);
                if shut_out.is_some() {
                    self.store()?.scrub()?;
                    self.begin_epoch()?;
                }
                self.start_session(clock)?;
                self.begin_reading(number, keys)?;
            }
        }
        Ok(Enrolled::from(&reply))
    }

    /// The office has taken this phone in under its old name. A vault stays as it is; what it holds is offered and asked for from the start.
    fn known_again(&mut self, mut enrolment: Enrolment, number: i64, reply: &EnrolReply, clock: ClockReading) -> Result<(), EngineError> {
        for vault in &mut enrolment.vaults {
            (vault.cursor, vault.want_plans) = (None, true);
        }
        if let Some(vault) = enrolment.vault_mut(number) {
            vault.lease = holdfast_vault::Lease::grant(reply.lease_ms, &clock);
            vault.role = reply.role;
            vault.unknown = false;
        }
        let proof = match (&mut self.reading, &reply.reader) {
            (Some(reading), Some(reader)) if reading.vault == number => {
                reading.reader = Some(reader.clone());
                Some(reading.keys.seal("reader", 0, reader.as_bytes()))
            }
            // A proof that the vault has already stays good: it is the same for as long as the office keeps its keys.
            _ => None,
        };
        // Under the name of the new life the first answer says what the office has of this phone's chain: nothing, or less.
        let bytes = enrolment.bytes();
        self.store()?.write(|tx| {
            if let Some(proof) = &proof {
                tx.set_vault_meta(number, "reader", proof)?;
            }
            tx.set_meta("enrolment", &bytes)
        })?;
        self.enrolment = Some(enrolment);
        self.start_session(clock)
    }

    /// Makes a worker's vault, in one transaction: its lock, the worker's name, the proof by which the office knows this reader, and the
    /// enrolment's record. `instead` is a vault whose key is gone: it is forgotten in the same transaction.
    pub(super) fn make_vault(
        &self,
        enrolment: &mut Enrolment,
        reply: &EnrolReply,
        pin: &Pin,
        clock: ClockReading,
        instead: Option<i64>,
    ) -> Result<(i64, Keys), EngineError> {
        let holder = Holder { provider: &reply.provider, worker: &reply.worker };
        let (lock, key) =
            WorkerLock::create(holder, pin, self.settings.pin_cost, self.ports.custodian.as_ref(), self.ports.random.as_ref())?;
        if let Some(old) = instead {
            enrolment.vaults.retain(|v| v.number != old);
        }
        let number = enrolment.add(reply, &clock);
        let keys = Keys::new(&key, enrolment, self.ports.random.clone())?;
        let name = keys.seal("name", 0, reply.worker_name.as_bytes());
        let reader = reply.reader.as_ref().map(|reader| keys.seal("reader", 0, reader.as_bytes()));
        let bytes = enrolment.bytes();
        self.store()?.write(|tx| {
            if let Some(old) = instead {
                tx.forget_vault(old)?;
            }
            tx.set_vault_meta(number, "lock", &lock.to_bytes())?;
            tx.set_vault_meta(number, "name", &name)?;
            if let Some(reader) = &reader {
                tx.set_vault_meta(number, "reader", reader)?;
            }
            tx.set_meta("enrolment", &bytes)
        })?;
        Ok((number, keys))
    }

    /// Asks the office, and believes an answer that makes sense. The request is signed: only the device itself can be given a worker, or
    /// claim the name it had.
    pub(super) fn ask_to_enrol(&self, code: String, label: &str, worker: Option<&WorkerId>) -> Result<EnrolReply, EngineError> {
        let request = EnrolRequest {
            v: wire::VERSION,
            code,
            device_key: self.ports.custodian.public_key()?.to_string(),
            label: label.trim().to_owned(),
            epoch: self.chain.epoch,
            device: self.enrolment.as_ref().map(|e| e.device.clone()),
            worker: worker.cloned(),
        };
        let body = serde_json::to_vec(&request).expect("a request has string keys only");
        let signature = self.ports.custodian.sign(&wire::request_signed_bytes(&body))?;
        let headers = vec![
            ("content-type".into(), "application/json".into()),
            (wire::SIGNATURE_HEADER.into(), holdfast_vault::sign::signature_text(&signature)),
        ];
        let answer = self.ports.network.exchange(Ask { path: "/v1/enrol".into(), headers, body }, TIMEOUT)?;
        let reply = read_reply(&answer)?;
        match PublicKey::parse(&reply.office_key) {
            Some(_) => Ok(reply),
            None => Err(EngineError::ReplyUnreadable),
        }
    }

    /// The same provider, the same office, and this phone's own name: anything else is another phone's enrolment.
    pub(super) fn same_phone(&self, reply: &EnrolReply) -> Result<(), EngineError> {
        let enrolment = self.enrolment()?;
        let same = reply.provider == enrolment.provider && reply.device == enrolment.device && reply.office_key == enrolment.office_key;
        if same { Ok(()) } else { Err(EngineError::CodeForAnother) }
    }

    /// The office's servers, when they have moved.
    pub fn set_servers(&mut self, servers: Vec<ServerAddress>) -> Result<(), EngineError> {
        let enrolment = self.enrolment.as_mut().ok_or(EngineError::NotEnrolled)?;
        if servers.is_empty() {
            return Err(EngineError::BadAddress);
        }
        enrolment.servers = servers;
        self.ports.network.reach(&self.enrolment()?.servers);
        self.keep_enrolment()
    }
}

/// A code as it travels.
pub(super) fn parsed(code: &str) -> Result<String, EngineError> {
    Ok(OneTimeCode::parse(code).map_err(|_| EngineError::CodeMistyped)?.to_string())
}

/// The office's answer, or its refusal in this phone's words.
fn read_reply(answer: &Answer) -> Result<EnrolReply, EngineError> {
    if answer.status == 200 {
        let reply: EnrolReply = serde_json::from_slice(&answer.body).map_err(|_| EngineError::ReplyUnreadable)?;
        return if reply.v == wire::VERSION { Ok(reply) } else { Err(EngineError::ProtocolNewer) };
    }
    Err(refusal(answer))
}

/// What a refusal means here. Codes that this version does not know keep the office's words.
pub(super) fn refusal(answer: &Answer) -> EngineError {
    match serde_json::from_slice::<Refusal>(&answer.body) {
        Ok(refusal) => match refusal.code.as_str() {
            "code_unknown" => EngineError::CodeUnknown,
            "code_mistyped" => EngineError::CodeMistyped,
            "code_used" => EngineError::CodeUsed,
            "code_expired" => EngineError::CodeExpired,
            "code_for_another" => EngineError::CodeForAnother,
            "device_revoked" | "revoked" => EngineError::Revoked,
            "protocol_newer" => EngineError::ProtocolNewer,
            _ => EngineError::Refused { code: refusal.code, says: refusal.says, retry_ms: refusal.retry_ms },
        },
        Err(_) => match answer.status {
            503 | 429 => EngineError::Refused { code: "busy".into(), says: "busy for a moment; try again".into(), retry_ms: Some(5_000) },
            _ => EngineError::ReplyUnreadable,
        },
    }
}

/// Any number, for spreading retries.
pub(super) fn any_number(random: &dyn Random) -> u64 {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    u64::from_be_bytes(bytes)
}
