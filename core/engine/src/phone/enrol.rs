//! Enrolment: a one-time code and a PIN turn an empty phone into a worker's.

use super::keys::Keys;
use super::{Enrolment, Phone, enrolment_bytes};
use crate::error::EngineError;
use crate::port::{Answer, Ask, ServerAddress};
use crate::store::Store;
use holdfast_model::id::{BranchId, DeviceId, ProviderId, WorkerId};
use holdfast_model::port::Random;
use holdfast_model::wire::{self, EnrolReply, EnrolRequest, Refusal, Role};
use holdfast_vault::code::OneTimeCode;
use holdfast_vault::worker::Holder;
use holdfast_vault::{Lease, Pin, PublicKey, WorkerLock};
use std::time::Duration;

/// How long an enrolment may take: somebody stands there and waits.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// What it takes to enrol.
#[derive(Clone)]
pub struct Enrol {
    /// The one-time code, as typed.
    pub code: String,
    /// Where the office is, in order of preference.
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
    /// Whose phone it is now.
    pub worker: WorkerId,
    /// Their name as it is said.
    pub worker_name: String,
    /// What they may do.
    pub role: Role,
}

impl Phone {
    /// Enrols this phone. Until the office has agreed nothing is written; afterwards the phone is unlocked. Trying again after a cut is
    /// safe: the office knows the device's key, and answers the same.
    ///
    /// A phone that too many wrong PINs have closed for good is enrolled again ([`Phone::enrol_again`]).
    pub fn enrol(&mut self, how: Enrol) -> Result<Enrolled, EngineError> {
        if self.is_enrolled() {
            return if self.read_path_gone()? { self.enrol_again(how) } else { Err(EngineError::AlreadyEnrolled) };
        }
        let pin = Pin::chosen(&how.pin).map_err(EngineError::PinUnsuitable)?;
        if how.servers.is_empty() {
            return Err(EngineError::BadAddress);
        }
        let code = OneTimeCode::parse(&how.code).map_err(|_| EngineError::CodeMistyped)?.to_string();
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

        self.ports.network.reach(&how.servers);
        let request = EnrolRequest {
            v: wire::VERSION,
            code,
            device_key: self.ports.custodian.public_key()?.to_string(),
            label: how.label.trim().to_owned(),
            epoch,
        };
        let body = serde_json::to_vec(&request).expect("a request has string keys only");
        let ask = Ask { path: "/v1/enrol".into(), headers: vec![("content-type".into(), "application/json".into())], body };
        let answer = self.ports.network.exchange(ask, TIMEOUT)?;
        let reply = read_reply(&answer)?;
        if PublicKey::parse(&reply.office_key).is_none() {
            return Err(EngineError::ReplyUnreadable);
        }

        let mut install = [0; 16];
        self.ports.random.fill(&mut install);
        let holder = Holder { provider: &reply.provider, worker: &reply.worker };
        let (lock, key) =
            WorkerLock::create(holder, &pin, self.settings.pin_cost, self.ports.custodian.as_ref(), self.ports.random.as_ref())?;
        let enrolment = Enrolment {
            v: 1,
            provider: reply.provider.clone(),
            branch: reply.branch.clone(),
            device: reply.device.clone(),
            worker: reply.worker.clone(),
            role: reply.role,
            office_key: reply.office_key.clone(),
            provider_key: reply.provider_key.clone(),
            servers: how.servers,
            install,
            server_epoch: reply.server_epoch,
            lease: Lease::grant(reply.lease_ms, &clock),
            contact: None,
            checked: None,
            revoked: false,
            cursor: None,
            want_plans: true,
            plans_told: None,
        };
        let keys = Keys::new(&key, &enrolment, self.ports.random.clone())?;
        let name = keys.seal("name", 0, reply.worker_name.as_bytes());
        let bytes = enrolment_bytes(&enrolment);
        self.store()?.write(|tx| {
            tx.set_meta("lock", &lock.to_bytes())?;
            tx.set_meta("name", &name)?;
            tx.set_meta("enrolment", &bytes)
        })?;
        self.enrolment = Some(enrolment);
        self.adopt_epoch()?;
        self.start_session(clock)?;
        self.sample(clock, None)?;
        self.begin_reading(keys, reply.worker.clone(), reply.worker_name.clone())?;
        Ok(Enrolled {
            provider: reply.provider,
            branch: reply.branch,
            device: reply.device,
            worker: reply.worker,
            worker_name: reply.worker_name,
            role: reply.role,
        })
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

/// The office's answer, or its refusal in this phone's words.
pub(super) fn read_reply(answer: &Answer) -> Result<EnrolReply, EngineError> {
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
