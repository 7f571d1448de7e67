//! What becomes of an answer: one transaction that keeps receipts, documents, clocks and the state of the contact; then the memory follows.

use super::enrol::any_number;
use super::filing::Filing;
use super::judge::Incoming;
use super::link::SyncOutcome;
use super::sync::Flight;
use super::vaults::Enrolment;
use super::{Phone, read_up};
use crate::error::EngineError;
use crate::store::{Settled, Store, Writer};
use holdfast_model::chronology;
use holdfast_model::id::ChainEpoch;
use holdfast_model::session::Answered;
use holdfast_model::time::ClockReading;
use holdfast_model::wire::{Push, Receipt, SyncReply};
use holdfast_vault::Lease;
use std::collections::BTreeMap;

impl Phone {
    /// Everything the answer says, in one transaction; then the memory follows.
    pub(super) fn take_in(
        &mut self,
        flight: &Flight,
        reply: &SyncReply,
        pushes: &[Push],
        receipts: &[Receipt],
        back: ClockReading,
    ) -> Result<SyncOutcome, EngineError> {
        let mut outcome = SyncOutcome { requests: 1, more: reply.more, revoked: reply.revoked, ..SyncOutcome::default() };
        let device = self.enrolment()?.device.clone();
        let sample = chronology::exchange(flight.sent, reply.t1, reply.t2, back);
        if let (Some(sample), Some(reading)) = (&sample, &mut self.reading) {
            reading.clocks.sample(&device, *sample);
        }
        let now = self.true_now(back);
        let acked = self.acked_after(reply, receipts, &mut outcome)?;
        let mut incoming = Incoming::of(reply, pushes);
        let mut enrolment = self.contacted(flight, reply, back)?;
        if let Some(vault) = enrolment.vault_mut(flight.vault) {
            vault.cursor = Some(reply.cursor.clone());
            vault.plans_told = flight.told.plans.or(vault.plans_told);
        }
        let settled =
            Settled { acked: &acked, receipts, sample: sample.as_ref(), samples_to: flight.told.samples_to, age: enrolment.age_at(back) };
        let was_dropping = self.dropping()?;
        let mut dropping = was_dropping.clone();
        dropping.extend(reply.dropped.iter().filter(|doc| !was_dropping.contains(doc)).cloned());
        let mut purged = false;

        let Phone { store, reading, .. } = self;
        let store = store.as_ref().ok_or(EngineError::NotEnrolled)?;
        let reading = reading.as_mut().ok_or(EngineError::Locked)?;
        let done = store.write(|tx| {
            // Rows say how far each own entry has come, and where each stands in time; bringing them up to date waits until somebody looks.
            reading.behind |= settle(store, tx, &enrolment, &settled)?;
            reading.behind |= reading.keep_clocks(store, tx, &device, &reply.clocks)?;
            // From here on the store shows what this transaction has written.
            let docs = incoming.docs();
            let mut filing = Filing::new(store, reading, tx, &device, now)?;
            for doc in &docs {
                filing.file(doc, &mut incoming)?;
            }
            let left = filing.finish(&dropping)?;
            (outcome.pulled, outcome.withheld) = (filing.pulled, filing.withheld);
            purged = left.len() < dropping.len();
            if left != was_dropping {
                // Names of people and visits: sealed like everything else about them.
                let bytes = serde_json::to_vec(&left).expect("a list of names");
                tx.set_own_meta("dropping", &filing.reading.keys.seal("dropping", 0, &bytes))?;
            }
            filing.list_plans(&docs, &reply.dropped)
        });
        if let Err(e) = done {
            // The memory is ahead of the disk: every open document is dropped.
            reading.open.clear();
            return Err(e);
        }
        if reading.open.len() > super::OPEN_DOCUMENTS {
            reading.open.clear();
        }
        if purged {
            self.store()?.scrub()?;
        }
        self.enrolment = Some(enrolment);
        self.sampled = sample.or(self.sampled);
        self.conclude(flight, reply, back, &mut outcome)?;
        Ok(outcome)
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
        let store = self.store()?;
        let settled =
            Settled { acked: &acked, receipts, sample: sample.as_ref(), samples_to: flight.told.samples_to, age: enrolment.age_at(back) };
        store.write(|tx| settle(store, tx, &enrolment, &settled))?;
        self.enrolment = Some(enrolment);
        self.sampled = sample.or(self.sampled);
        if let Some(reading) = &mut self.reading {
            // Somebody else's vault was opened while the answer was under way.
            reading.behind = true;
        }
        self.conclude(flight, reply, back, &mut outcome)?;
        if flight.pulls
            && let Some(session) = &mut self.session
        {
            // Locked while the answer was under way: what it brought is asked for again.
            session.nudged();
        }
        Ok(outcome)
    }

    /// What an answer says about the contact itself.
    fn contacted(&self, flight: &Flight, reply: &SyncReply, back: ClockReading) -> Result<Enrolment, EngineError> {
        let mut enrolment = self.enrolment()?.clone();
        enrolment.server_epoch = reply.server_epoch;
        enrolment.contact = Some(reply.t2);
        enrolment.count(&back);
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

    /// How far the office is with each stretch, by receipts; back to its own mark where it has lost some.
    fn acked_after(
        &self,
        reply: &SyncReply,
        receipts: &[Receipt],
        outcome: &mut SyncOutcome,
    ) -> Result<BTreeMap<ChainEpoch, u64>, EngineError> {
        let new_life = reply.server_epoch != self.enrolment()?.server_epoch;
        let mut acked = BTreeMap::new();
        let let_go = self.store()?.let_go()?;
        for row in self.store()?.epochs()? {
            let mut to = row.acked;
            if row.epoch == self.chain.epoch && reply.have_to < to {
                to = reply.have_to;
            } else if new_life && row.epoch != self.chain.epoch {
                // What a restored office has of an earlier epoch it does not say: everything of it is offered again.
                to = 0;
            }
            // What was let go cannot be offered any more.
            to = to.max(let_go.of(&row).min(row.acked));
            outcome.offers_again |= to < row.acked;
            let mut of_epoch: Vec<&Receipt> = receipts.iter().filter(|r| r.epoch == row.epoch).collect();
            of_epoch.sort_by_key(|r| r.first);
            for receipt in of_epoch {
                if receipt.first <= to + 1 && receipt.last > to {
                    outcome.received += (receipt.last - to) as u32;
                    outcome.held_for_checking += receipt.held.iter().filter(|(seq, _)| *seq > to).count() as u32;
                    to = receipt.last;
                }
            }
            if to != row.acked {
                acked.insert(row.epoch, to);
            }
        }
        Ok(acked)
    }

    /// What follows once an answer is kept: the session goes on, and when there is nothing more to ask at once, the store is put in order.
    fn conclude(&mut self, flight: &Flight, reply: &SyncReply, back: ClockReading, outcome: &mut SyncOutcome) -> Result<(), EngineError> {
        outcome.waiting = self.store()?.waiting()?;
        self.tell_session(flight, reply, back, outcome)?;
        if !reply.more {
            self.let_go(back)?;
            self.store()?.tidy()?;
        }
        Ok(())
    }

    /// Lets the session know, and goes on in a new epoch when the office holds more than this phone ever made.
    fn tell_session(
        &mut self,
        flight: &Flight,
        reply: &SyncReply,
        back: ClockReading,
        outcome: &mut SyncOutcome,
    ) -> Result<(), EngineError> {
        let acked = self.store()?.epochs()?.iter().find(|e| e.epoch == self.chain.epoch).map_or(0, |e| e.acked);
        // Only what a receipt covers counts as there; the office's own mark matters when it is ahead of this phone's whole chain.
        let have_to = if reply.have_to > self.chain.at.seq { reply.have_to } else { reply.have_to.min(acked) };
        let facts = Answered { server_epoch: reply.server_epoch, have_to, more: reply.more, slot_ms: reply.slot_ms };
        let random = any_number(self.ports.random.as_ref());
        let Some(session) = &mut self.session else { return Ok(()) };
        let learned = session.answered(flight.ticket, &facts, back.mono_ms, random);
        if learned.office_is_ahead.is_some() {
            self.begin_epoch()?;
            self.start_session(back)?;
            outcome.new_chain_epoch = true;
        }
        Ok(())
    }
}

/// Keeps what every answer says, whoever reads here: how far the office is with this phone's chain, its receipts, the clocks, the state of the
/// contact. True when rows of documents come to be behind that.
fn settle(store: &Store, tx: &Writer<'_>, enrolment: &Enrolment, settled: &Settled<'_>) -> Result<bool, EngineError> {
    let vaults: Vec<i64> = enrolment.vaults.iter().map(|v| v.number).collect();
    let behind = read_up::note(store, tx, &vaults, &store.epochs()?, settled.acked)?;
    tx.settle(settled)?;
    tx.set_meta("enrolment", &enrolment.bytes())?;
    Ok(behind)
}
