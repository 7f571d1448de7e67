//! Reading today's run once the lease is over: for a reason, which is written down where it was read and reaches the office. It needs no contact, so
//! nobody stands at a door without the plan; other days stay closed until the office has been heard. Recording never asks.

use super::Phone;
use crate::error::{EngineError, Problem};
use crate::intent::{Intent, Saved};
use crate::store::Sealed;
use chrono::NaiveDate;
use holdfast_model::entry::{Body, BreakGlass};
use holdfast_model::id::DocumentId;
use holdfast_model::limits;
use holdfast_model::time::ClockReading;
use holdfast_vault::{Access, Permit};
use serde::Serialize;

/// What opening today's run without the office came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GlassBroken {
    /// The day whose run can be read until it ends.
    pub day: NaiveDate,
    /// The entries that say so: one in each of the day's visits, one with each of their people. None when they were written before.
    pub entries: Vec<Saved>,
}

impl Phone {
    /// Opens today's run for whoever reads, past their lease, and writes the reason into each of its visits and with each of its people. Good
    /// until the day ends, across locks and restarts. When this returns, the entries are durable; until then nothing is opened.
    pub fn break_glass(&mut self, reason: &str) -> Result<GlassBroken, EngineError> {
        self.guarded(|phone| phone.open_today(reason))
    }

    fn open_today(&mut self, reason: &str) -> Result<GlassBroken, EngineError> {
        let vault = self.reading()?.vault;
        let clock = self.ports.clock.read();
        let Some(day) = self.true_now(clock).london_day() else { return Err(EngineError::LeaseExpired) };
        if self.asking_vault()?.lease.permits(Access::TodaysRun, &clock) == Permit::Yes {
            return Err(EngineError::GlassNotNeeded);
        }
        if self.asking_vault()?.glass == Some(day) {
            return Ok(GlassBroken { day, entries: Vec::new() });
        }
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(EngineError::NotRecorded(vec![Problem::ReasonNeeded { outcome: "break_glass" }]));
        }
        if reason.len() > limits::NOTE_BYTES {
            let problem = Problem::TextTooLong { field: "reason", bytes: reason.len(), most: limits::NOTE_BYTES };
            return Err(EngineError::NotRecorded(vec![problem]));
        }
        let mut docs = Vec::new();
        for row in self.rows_of(day)? {
            docs.push(DocumentId::Visit(row.facts.visit.clone()));
            let person = row.facts.person.map(DocumentId::Person).filter(|doc| !docs.contains(doc));
            if let Some(doc) = person {
                let key = super::docs::key_of(&self.reading()?.keys, &doc);
                // Of somebody whose record is not on this phone nothing is read.
                if self.store()?.sealed(Sealed::Docs, key)?.is_some() {
                    docs.push(doc);
                }
            }
        }
        let body = Body::BreakGlass(BreakGlass { reason: reason.to_owned(), contact: self.last_contact() });
        let mut entries = Vec::with_capacity(docs.len());
        for doc in &docs {
            self.open_doc(doc)?;
            entries.push(self.write(doc, Intent::now(body.clone()))?);
        }
        if let Some(vault) = self.enrolment.as_mut().and_then(|e| e.vault_mut(vault)) {
            vault.glass = Some(day);
        }
        self.keep_enrolment()?;
        Ok(GlassBroken { day, entries })
    }

    /// What comes onto today's run after it was opened was not opened with it: reading asks for a reason again, and that is written there too.
    pub(super) fn close_glass(&mut self) -> Result<(), EngineError> {
        let vault = self.reading()?.vault;
        let opened = self.enrolment.as_mut().and_then(|e| e.vault_mut(vault)).and_then(|v| v.glass.take());
        if opened.is_some() { self.keep_enrolment() } else { Ok(()) }
    }

    /// Whether something may be read now.
    pub(super) fn permit(&self, access: Access, clock: ClockReading) -> Result<(), EngineError> {
        self.reading()?;
        let vault = self.asking_vault()?;
        match vault.lease.permits(access, &clock) {
            Permit::Yes => Ok(()),
            Permit::WithReason if vault.glass.is_some() && vault.glass == self.true_now(clock).london_day() => Ok(()),
            Permit::WithReason => Err(EngineError::GlassNeeded),
            Permit::No => Err(EngineError::LeaseExpired),
        }
    }
}
