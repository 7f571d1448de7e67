//! A new lock in place of an old one: the PIN is forgotten, or too many wrong ones have destroyed the worker's key. It takes the office (a new
//! code) and a connection.
//!
//! The order keeps everything safe whatever is cut off: first what waits is handed over, sealed as it is; then the office is asked; then one
//! transaction puts the new lock in place of the old one and forgets what nobody can read any more. Until that transaction everything can be
//! tried again, with the same code. Own entries are never deleted, and what other workers may read on this phone is not touched.

use super::enrol::parsed;
use super::{Enrol, Enrolled, Phone};
use crate::error::EngineError;
use holdfast_model::id::WorkerId;
use holdfast_vault::Pin;

impl Phone {
    /// Gives the phone's worker a new lock. It must be locked: whoever knows the PIN changes it instead.
    ///
    /// What was readable here under the old lock is forgotten, and comes back from the office with the next contact. On a phone with several
    /// workers [`Phone::enrol_again_as`] says whose lock it is.
    pub fn enrol_again(&mut self, how: Enrol) -> Result<Enrolled, EngineError> {
        let worker = self.enrolment()?.only().map(|v| v.worker.clone()).ok_or(EngineError::WorkerNeeded)?;
        self.enrol_again_as(&worker, how)
    }

    /// Gives this worker a new lock, of those who share the phone.
    pub fn enrol_again_as(&mut self, worker: &WorkerId, how: Enrol) -> Result<Enrolled, EngineError> {
        let old = self.enrolment()?.of(worker).map(|v| v.number).ok_or(EngineError::WorkerNotHere)?;
        if self.open_number() == Some(old) {
            return Err(EngineError::AlreadyEnrolled);
        }
        let pin = Pin::chosen(&how.pin).map_err(EngineError::PinUnsuitable)?;
        let code = parsed(&how.code)?;
        if !how.servers.is_empty() {
            self.set_servers(how.servers)?;
        }
        // First everything that the office can open and has not got: afterwards nobody here can read it again.
        self.lock();
        self.sync()?;
        let waiting = self.store()?.sealed_waiting()?;
        if waiting > 0 {
            return Err(EngineError::UnsentFirst { waiting });
        }

        let reply = self.ask_to_enrol(code, &how.label, Some(worker))?;
        self.same_phone(&reply)?;
        if reply.worker != *worker {
            return Err(EngineError::CodeForAnother);
        }
        let clock = self.ports.clock.read();
        let mut enrolment = self.enrolment()?.clone();
        enrolment.branch = reply.branch.clone();
        enrolment.provider_key.clone_from(&reply.provider_key);
        enrolment.server_epoch = reply.server_epoch;
        enrolment.revoked = false;

        // The old lock opens nowhere any more, whoever kept a copy of it and knows its PIN.
        self.ports.custodian.destroy(worker.as_str())?;
        let (number, keys) = self.make_vault(&mut enrolment, &reply, &pin, clock, Some(old))?;
        self.store()?.scrub()?;
        self.enrolment = Some(enrolment);
        // Own entries come back from the office as everybody's do: those of an earlier stretch are handed out to their own phone too.
        self.begin_epoch()?;
        self.start_session(clock)?;
        self.begin_reading(number, keys)?;
        Ok(Enrolled::from(&reply))
    }
}
