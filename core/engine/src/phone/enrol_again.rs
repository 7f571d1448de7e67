//! A new lock on the same store: the PIN is forgotten, or too many wrong ones have destroyed the worker's key. It takes the office (a new
//! code) and a connection.
//!
//! The order keeps everything safe whatever is cut off: first what waits is handed over, sealed as it is; then the office is asked; then one
//! transaction puts the new lock in place of the old one and forgets what nobody can read any more, and only after that are wrong
//! PINs forgotten. Until that transaction everything can be tried again, with the same code. Own entries are never deleted.

use super::enrol::{TIMEOUT, read_reply};
use super::keys::Keys;
use super::pin::LOCKOUT_FILE;
use super::{Enrol, Enrolled, Phone, enrolment_bytes};
use crate::error::EngineError;
use crate::port::Ask;
use holdfast_model::wire::{self, EnrolRequest};
use holdfast_vault::code::OneTimeCode;
use holdfast_vault::worker::Holder;
use holdfast_vault::{Lease, Lockout, Pin, WorkerLock};

impl Phone {
    /// Gives an enrolled phone a new lock for the same worker. It must be locked: whoever knows the PIN changes it instead.
    ///
    /// What was readable here under the old lock is forgotten, and comes back from the office with the next contact.
    pub fn enrol_again(&mut self, how: Enrol) -> Result<Enrolled, EngineError> {
        self.enrolment()?;
        if self.is_unlocked() {
            return Err(EngineError::AlreadyEnrolled);
        }
        let pin = Pin::chosen(&how.pin).map_err(EngineError::PinUnsuitable)?;
        let code = OneTimeCode::parse(&how.code).map_err(|_| EngineError::CodeMistyped)?.to_string();
        self.set_servers(how.servers)?;
        // First everything that the office can open and has not got: afterwards nobody here can read it again.
        self.sync()?;
        let waiting = self.store()?.sealed_waiting()?;
        if waiting > 0 {
            return Err(EngineError::UnsentFirst { waiting });
        }

        let request = EnrolRequest {
            v: wire::VERSION,
            code,
            device_key: self.ports.custodian.public_key()?.to_string(),
            label: how.label.trim().to_owned(),
            epoch: self.chain.epoch,
        };
        let body = serde_json::to_vec(&request).expect("a request has string keys only");
        let ask = Ask { path: "/v1/enrol".into(), headers: vec![("content-type".into(), "application/json".into())], body };
        let answer = self.ports.network.exchange(ask, TIMEOUT)?;
        let reply = read_reply(&answer)?;
        let clock = self.ports.clock.read();
        let mut enrolment = self.enrolment()?.clone();
        let same = reply.provider == enrolment.provider && reply.device == enrolment.device && reply.worker == enrolment.worker;
        if !same || reply.office_key != enrolment.office_key {
            return Err(EngineError::CodeForAnother);
        }
        enrolment.branch = reply.branch.clone();
        enrolment.role = reply.role;
        enrolment.provider_key = reply.provider_key.clone();
        enrolment.server_epoch = reply.server_epoch;
        enrolment.lease = Lease::grant(reply.lease_ms, &clock);
        enrolment.checked = None;
        enrolment.revoked = false;
        enrolment.cursor = None;
        enrolment.want_plans = true;
        enrolment.plans_told = None;

        // The old lock opens nowhere any more, whoever kept a copy of it and knows its PIN.
        self.ports.custodian.destroy(enrolment.worker.as_str())?;
        let holder = Holder { provider: &reply.provider, worker: &reply.worker };
        let (lock, key) =
            WorkerLock::create(holder, &pin, self.settings.pin_cost, self.ports.custodian.as_ref(), self.ports.random.as_ref())?;
        let keys = Keys::new(&key, &enrolment, self.ports.random.clone())?;
        let name = keys.seal("name", 0, reply.worker_name.as_bytes());
        let (bytes, forgiven) = (enrolment_bytes(&enrolment), Lockout::default().to_bytes());
        self.store()?.write(|tx| {
            tx.forget_readable()?;
            tx.set_meta("lock", &lock.to_bytes())?;
            tx.set_meta("name", &name)?;
            tx.set_meta("lockout", &forgiven)?;
            tx.set_meta("enrolment", &bytes)
        })?;
        self.ports.disk.write(LOCKOUT_FILE, &forgiven)?;
        self.store()?.scrub()?;
        self.enrolment = Some(enrolment);
        // Own entries come back from the office as everybody's do: those of an earlier stretch are handed out to their own phone too.
        self.begin_epoch()?;
        self.start_session(clock)?;
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
}
