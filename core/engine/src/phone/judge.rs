//! What is believed of an answer: nothing before the office's signature, no receipt that is not over this phone's own chain, no segment
//! before the gate.

use super::Phone;
use crate::error::EngineError;
use crate::port::NetworkFault;
use holdfast_model::document::{ChangeRecord, Segment, rebuild};
use holdfast_model::entry::Read;
use holdfast_model::id::{Digest, DocumentId};
use holdfast_model::session::Failure;
use holdfast_model::time::Millis;
use holdfast_model::wire::{Push, PushHeader, Receipt, SyncReply};
use holdfast_vault::PublicKey;
use std::collections::{BTreeMap, BTreeSet};

impl Phone {
    /// Refusals that the phone mends by itself before it asks again: a cursor that is not this phone's, as after a restore on either
    /// side, makes it pull from the start; a request number that was used up before this store was put back makes it count on from afar.
    pub(super) fn mended(&mut self, error: &EngineError) -> Result<bool, EngineError> {
        let EngineError::Refused { code, .. } = error else { return Ok(false) };
        match code.as_str() {
            "cursor_foreign" if self.enrolment()?.vaults.iter().any(|v| v.cursor.is_some()) => {
                if let Some(enrolment) = &mut self.enrolment {
                    enrolment.vaults.iter_mut().for_each(|v| v.cursor = None);
                }
                self.keep_enrolment()?;
                Ok(true)
            }
            "replayed" => {
                let number = self.last_number()?.saturating_add(1_000_000);
                self.store()?.write(|tx| tx.set_meta("number", &number.to_be_bytes()))?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Notes that the office does not know this phone: a new code then makes it known again.
    pub(super) fn forgotten(&mut self, error: &EngineError) -> Result<(), EngineError> {
        let unknown = matches!(error, EngineError::Refused { code, .. } if code.starts_with("device_unknown"));
        match &mut self.enrolment {
            Some(enrolment) if unknown && !enrolment.forgotten => {
                enrolment.forgotten = true;
                self.keep_enrolment()
            }
            _ => Ok(()),
        }
    }

    /// Every receipt must be the office's, for this device, over this phone's own chain.
    pub(super) fn check_receipts(&self, reply: &SyncReply, office: &PublicKey) -> Result<Vec<Receipt>, EngineError> {
        let store = self.store()?;
        let epochs = store.epochs()?;
        let mut good = Vec::new();
        for receipt in &reply.receipts {
            let device = &self.enrolment()?.device;
            let signed = office.verify_text(&receipt.signed_bytes(), &receipt.sig).is_ok();
            if !signed || receipt.device != *device || receipt.server_epoch != reply.server_epoch {
                return Err(EngineError::ReplyUnverified);
            }
            let Some(epoch) = epochs.iter().find(|e| e.epoch == receipt.epoch) else { return Err(EngineError::ReplyUnverified) };
            // A receipt over another head is about another chain under this phone's name: it covers nothing that is here.
            if receipt.last >= receipt.first && store.head_at(epoch.first_n + receipt.last as i64 - 1)? == receipt.head {
                good.push(receipt.clone());
            }
        }
        Ok(good)
    }
}

/// A segment that passed the gate.
pub(super) struct Passed {
    pub(super) segment: Segment,
    /// Its changes as they were built again.
    pub(super) changes: Vec<(ChangeRecord, Digest)>,
    /// When it reached the office.
    pub(super) at: Millis,
}

/// Segments of one answer, judged by the gate.
#[derive(Default)]
pub(super) struct Incoming {
    pub(super) good: BTreeMap<DocumentId, Vec<Passed>>,
    pub(super) bad: BTreeMap<DocumentId, Vec<Segment>>,
}

impl Incoming {
    /// Judges every segment of an answer.
    pub(super) fn of(reply: &SyncReply, pushes: &[Push]) -> Incoming {
        let mut incoming = Incoming::default();
        for (n, push) in pushes.iter().enumerate() {
            // An office that does not say when it came by them: by now, at the latest.
            let at = reply.arrived.get(n).copied().unwrap_or(reply.t2);
            for segment in &push.segments {
                incoming.judge(&push.header, segment, at);
            }
        }
        incoming
    }

    /// Bytes from the network never reach a decoder of documents: each change is built again from plain facts, and must give the
    /// author's own hashes. What does not is kept raw, and withheld.
    fn judge(&mut self, header: &PushHeader, segment: &Segment, at: Millis) {
        let doc = segment.head.doc.clone();
        let listed = header.segments.contains(&segment.head.digest());
        let readable = |changes: &[(ChangeRecord, Digest)]| {
            changes.iter().all(|(record, _)| Read::parse(&record.text).is_ok_and(|read| *read.doc() == doc))
        };
        match rebuild(segment) {
            Ok(changes) if listed && readable(&changes) => {
                self.good.entry(doc).or_default().push(Passed { segment: segment.clone(), changes, at });
            }
            _ => self.bad.entry(doc).or_default().push(segment.clone()),
        }
    }

    /// The documents that it is about.
    pub(super) fn docs(&self) -> BTreeSet<DocumentId> {
        self.good.keys().chain(self.bad.keys()).cloned().collect()
    }
}

/// What the network's fault means for when to ask next.
pub(super) fn failure_of(fault: NetworkFault) -> Failure {
    match fault {
        NetworkFault::TimedOut => Failure::Cut,
        NetworkFault::TooLarge | NetworkFault::NotTrusted | NetworkFault::ClockSuspect => Failure::BadAnswer,
        NetworkFault::Unreachable | NetworkFault::Address => Failure::Unreachable,
    }
}
