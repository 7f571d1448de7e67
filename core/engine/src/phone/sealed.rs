//! What a phone hands over: its own entries as they are, or, when it cannot read them, the copies that were sealed for the office alone as
//! they were recorded. So a phone delivers while it is locked, past its lease, shut out, or after too many wrong PINs.

use super::docs;
use super::link::SyncOutcome;
use super::sync::Flight;
use super::{Enrolment, Phone};
use crate::error::EngineError;
use crate::store::OwnRow;
use holdfast_model::chronology;
use holdfast_model::document::{ChangeRecord, segments};
use holdfast_model::id::{ChainEpoch, Digest, DocumentId};
use holdfast_model::limits;
use holdfast_model::time::{ClockReading, Millis};
use holdfast_model::wire::{Push, PushHeader, Receipt, SealedEntry, SealedPush, SyncReply, push_header};
use holdfast_vault::{Lease, Verdict};

/// Most entries of an earlier epoch in one request.
const PIECE: u64 = 256;
/// Most bytes of sealed copies of an earlier epoch in one request: with a whole batch of the current one they stay below a body's bound.
const PIECE_BYTES: usize = 512 * 1024;

/// One stretch of the chain.
pub(super) enum Stretch {
    /// As it is.
    Open(Push),
    /// Sealed for the office.
    Sealed(SealedPush),
}

/// Everything that one request hands over.
#[derive(Default)]
pub(super) struct Outgoing {
    pub(super) open: Vec<Push>,
    pub(super) sealed: Vec<SealedPush>,
}

impl Outgoing {
    pub(super) fn add(&mut self, stretch: Option<Stretch>) {
        match stretch {
            Some(Stretch::Open(push)) => self.open.push(push),
            Some(Stretch::Sealed(push)) => self.sealed.push(push),
            None => {}
        }
    }
}

impl Phone {
    /// What an earlier epoch still has to hand over, a piece at a time.
    pub(super) fn older_stretch(&self) -> Result<Option<Stretch>, EngineError> {
        let epochs = self.store()?.epochs()?;
        for (old, next) in epochs.iter().zip(epochs.iter().skip(1)) {
            let made = (next.first_n - old.first_n).max(0) as u64;
            if old.acked < made {
                let last = made.min(old.acked + PIECE);
                if let Some(stretch) = self.stretch(old.epoch, old.acked + 1, last, PIECE_BYTES)? {
                    return Ok(Some(stretch));
                }
            }
        }
        Ok(None)
    }

    /// Reads a stretch of the chain, as much as fits, and signs its header. What opens goes as it is; where the first entry does not, its
    /// sealed copy goes, and those of the entries behind it.
    pub(super) fn stretch(&self, epoch: ChainEpoch, first: u64, last: u64, max_bytes: usize) -> Result<Option<Stretch>, EngineError> {
        let store = self.store()?;
        let Some(of) = store.epochs()?.into_iter().find(|e| e.epoch == epoch) else { return Ok(None) };
        let n_of = |seq: u64| of.first_n + seq as i64 - 1;
        let mut rows = store.own(n_of(first), n_of(last), limits::PUSH_ENTRIES)?;
        rows.retain(|row| row.epoch == epoch);
        let prev = if first == 1 { Digest::ZERO } else { store.head_at(n_of(first) - 1)? };
        let (mut records, mut bytes) = (Vec::new(), 0);
        for row in &rows {
            let Some(record) = self.opened(row) else { break };
            bytes += record.1.text.len();
            if bytes > max_bytes && !records.is_empty() {
                break;
            }
            records.push(record);
        }
        let Some(last_open) = records.len().checked_sub(1) else {
            return Ok(self.sealed_stretch(epoch, first, prev, &rows, max_bytes)?.map(Stretch::Sealed));
        };
        let texts: Vec<Digest> = records.iter().map(|(_, record, _)| Digest::of(record.text.as_bytes())).collect();
        let segments = segments(&records);
        let header = push_header(&self.enrolment()?.device, epoch, first, prev, &texts, &segments);
        let header = self.signed(header, rows[last_open].head)?;
        Ok(Some(Stretch::Open(Push { header, segments })))
    }

    /// An own entry, when the keys at hand open it.
    fn opened(&self, row: &OwnRow) -> Option<(DocumentId, ChangeRecord, Digest)> {
        docs::decode_own(&self.reading.as_ref()?.keys, row).ok()
    }

    /// The copies that were sealed for the office. An entry whose copy was let go when the office had it waits until its worker unlocks, as long
    /// as they can; else its bytes go as they lie here, so that one lost entry never stops those behind it.
    fn sealed_stretch(
        &self,
        epoch: ChainEpoch,
        first: u64,
        prev: Digest,
        rows: &[OwnRow],
        max_bytes: usize,
    ) -> Result<Option<SealedPush>, EngineError> {
        let sleeping = self.sleeping_vaults()?;
        let (mut entries, mut segments, mut bytes) = (Vec::new(), Vec::new(), 0);
        for row in rows {
            let sealed = match &row.outbox {
                Some(sealed) => sealed,
                None if sleeping.contains(&row.vault) => break,
                None => &row.sealed,
            };
            let [text, segment] = row.proof;
            bytes += sealed.len();
            if bytes > max_bytes && !entries.is_empty() || sealed.len() > limits::SEALED_BYTES {
                break;
            }
            segments.push(segment);
            entries.push(SealedEntry { text, sealed: sealed.clone() });
        }
        let Some(last) = entries.len().checked_sub(1) else { return Ok(None) };
        let texts: Vec<Digest> = entries.iter().map(|e| e.text).collect();
        let mut header = push_header(&self.enrolment()?.device, epoch, first, prev, &texts, &[]);
        header.segments = segments;
        Ok(Some(SealedPush { header: self.signed(header, rows[last].head)?, entries }))
    }

    /// Signs a header that leads to where the chain was when the entries were recorded, and no other.
    fn signed(&self, mut header: PushHeader, head: Digest) -> Result<PushHeader, EngineError> {
        if header.head != head {
            return Err(EngineError::SealBroken);
        }
        let signature = self.ports.custodian.sign(&header.signed_bytes())?;
        header.sig = holdfast_vault::sign::signature_text(&signature);
        Ok(header)
    }

    /// Wall-clock time of the oldest entry that waits; `None` too when it cannot be read.
    pub(super) fn oldest_waiting(&self) -> Result<Option<Millis>, EngineError> {
        let store = self.store()?;
        for epoch in store.epochs()? {
            let rows = store.own(epoch.first_n + epoch.acked as i64, i64::MAX, 1)?;
            if let Some(row) = rows.first().filter(|row| row.epoch == epoch.epoch) {
                let read = self.opened(row).and_then(|(_, record, _)| holdfast_model::entry::Read::parse(&record.text).ok());
                return Ok(read.map(|read| read.clocks().0.at));
            }
        }
        Ok(None)
    }

    /// True once too many wrong PINs have destroyed a vault's key: no PIN opens it again.
    pub(super) fn read_path_gone(&self, vault: i64) -> Result<bool, EngineError> {
        Ok(self.lockout(vault)?.verdict(&self.ports.clock.read()) == Verdict::Destroyed)
    }

    /// Documents that left the phone's scope and wait for their own entries to reach the office.
    pub(super) fn dropping(&self) -> Result<Vec<DocumentId>, EngineError> {
        match self.store()?.own_meta("dropping")? {
            Some(sealed) => {
                let bytes = self.reading()?.keys.open("dropping", 0, &sealed)?;
                serde_json::from_slice(&bytes).map_err(|_| EngineError::SealBroken)
            }
            None => Ok(Vec::new()),
        }
    }

    /// What an answer says about the contact itself.
    pub(super) fn contacted(&self, flight: &Flight, reply: &SyncReply, back: ClockReading) -> Result<Enrolment, EngineError> {
        let mut enrolment = self.enrolment()?.clone();
        enrolment.server_epoch = reply.server_epoch;
        enrolment.contact = Some(reply.t2);
        enrolment.revoked = reply.revoked;
        enrolment.forgotten = false;
        // The answer is about whoever was reading as it was asked for; where one worker has the phone to themselves, about them in any case.
        let theirs = flight.unlocked || enrolment.only().is_some();
        let complete = flight.pulls && self.open_number() == Some(flight.vault) && !reply.more && !reply.revoked && !reply.not_a_reader;
        if let Some(vault) = enrolment.vault_mut(flight.vault).filter(|_| theirs) {
            vault.want_plans = reply.want_plans;
            // Only who asks to read is told; what hands over alone says nothing about it.
            vault.unknown = if flight.pulls { reply.not_a_reader } else { vault.unknown };
            if complete {
                vault.checked = Some(reply.t2);
            }
            if reply.lease_ms > 0 && !reply.not_a_reader {
                vault.lease = Lease::grant(reply.lease_ms, &back);
            }
        }
        Ok(enrolment)
    }

    /// What a phone takes from an answer that it could not file, because it is locked or open for somebody else by now: receipts, the time,
    /// the state of the contact. Nothing about anybody.
    pub(super) fn take_in_locked(
        &mut self,
        flight: &Flight,
        reply: &SyncReply,
        receipts: &[Receipt],
        back: ClockReading,
    ) -> Result<SyncOutcome, EngineError> {
        let mut outcome = SyncOutcome { requests: 1, more: reply.more, revoked: reply.revoked, ..SyncOutcome::default() };
        let sample = chronology::exchange(flight.sent, reply.t1, reply.t2, back);
        let acked = self.acked_after(reply, receipts, &mut outcome)?;
        let mut enrolment = self.contacted(flight, reply, back)?;
        if !flight.pulls {
            // It hands nothing over by itself, and says how far the office is with this phone's chain.
            if let Some(vault) = enrolment.vault_mut(flight.vault) {
                vault.cursor = Some(reply.cursor.clone());
            }
        }
        let behind: Vec<i64> = enrolment.vaults.iter().map(|v| v.number).collect();
        let before = self.store()?.epochs()?;
        self.store()?.write(|tx| {
            super::read_up::note(self.store()?, tx, &behind, &before, &acked)?;
            for (epoch, to) in &acked {
                tx.set_acked(*epoch, *to)?;
            }
            for receipt in receipts {
                tx.keep_receipt(receipt)?;
            }
            tx.samples_sent()?;
            if let Some(sample) = &sample {
                tx.keep_sample(sample)?;
            }
            tx.set_meta("enrolment", &enrolment.bytes())
        })?;
        self.enrolment = Some(enrolment);
        self.sampled = sample.or(self.sampled);
        if let Some(reading) = &mut self.reading {
            // Somebody else's vault was opened while the answer was under way.
            reading.behind = true;
        }
        outcome.waiting = self.store()?.waiting()?;
        self.tell_session(flight, reply, back, &mut outcome)?;
        if flight.pulls
            && let Some(session) = &mut self.session
        {
            // Locked while the answer was under way: what it brought is asked for again.
            session.nudged();
        }
        Ok(outcome)
    }
}
