//! Making the screens. A run's list reads one row of its day and one of each of its visits and persons: today, never history.

use super::Phone;
use super::docs;
use crate::error::EngineError;
use crate::screen::{Contact, Counts, OwedScreen, PersonScreen, Reader, RunScreen, StatusScreen, VisitScreen};
use crate::store::Store;
use chrono::NaiveDate;
use holdfast_model::chronology::{Doubt, Timing};
use holdfast_model::id::{DocumentId, PersonId, VisitId};
use holdfast_model::projection::{self, BoardRow, Owed, PersonCard, RunRow, Standing};
use holdfast_model::time::{ClockReading, Millis};
use holdfast_vault::Access;

/// How long an entry reads *sent* without an answer; afterwards it reads *on this phone* again.
const SENT_MS: i64 = 30_000;

impl Phone {
    /// The run of today, or of another day.
    pub fn run(&mut self, day: Option<NaiveDate>) -> Result<RunScreen, EngineError> {
        self.guarded(|phone| phone.run_screen(day))
    }

    fn run_screen(&mut self, day: Option<NaiveDate>) -> Result<RunScreen, EngineError> {
        self.caught_up()?;
        let clock = self.ports.clock.read();
        let now = self.true_now(clock);
        let today = now.london_day();
        let day = day.or(today);
        self.permit(if day == today { Access::TodaysRun } else { Access::Else }, clock)?;
        let rows = match day {
            Some(day) => self.rows_of(day)?,
            None => Vec::new(),
        };
        let cards = self.cards(&rows, now)?;
        let reading = self.reading()?;
        let mut run = projection::run(&reading.worker, &rows, &cards, now, &reading.rules);
        run.day = day;
        Ok(RunScreen { worker_name: reading.name.clone(), run, counts: self.counts(clock)?, contact: self.contact(clock) })
    }

    /// One visit.
    pub fn visit(&mut self, visit: &VisitId) -> Result<VisitScreen, EngineError> {
        self.guarded(|phone| phone.visit_screen(visit))
    }

    fn visit_screen(&mut self, visit: &VisitId) -> Result<VisitScreen, EngineError> {
        self.caught_up()?;
        let clock = self.ports.clock.read();
        let now = self.true_now(clock);
        let doc = DocumentId::Visit(visit.clone());
        self.open_doc(&doc)?;
        if self.doc(&doc)?.is_empty() {
            self.forget(&doc);
            return Err(EngineError::UnknownVisit);
        }
        let todays = self.doc(&doc)?.row.day == now.london_day();
        self.permit(if todays { Access::TodaysRun } else { Access::Else }, clock)?;
        let sent = self.sent_now(clock);
        let device = self.enrolment()?.device.clone();
        let epoch = self.chain.epoch;
        let reading = self.reading()?;
        let open = self.doc(&doc)?;
        let mut view = projection::visit(visit, &open.held, &reading.clocks, None, now, &reading.rules);
        if let Some(sent) = sent {
            for entry in &mut view.entries {
                if entry.device == device && entry.epoch == epoch && sent.contains(&entry.seq) && entry.standing == Standing::OnThisPhone {
                    entry.standing = Standing::Sent;
                }
            }
        }
        let person = match &view.facts.person {
            Some(person) => self.card(person, now)?,
            None => None,
        };
        Ok(VisitScreen { visit: view, person, counts: self.counts(clock)?, contact: self.contact(clock) })
    }

    /// One person.
    pub fn person(&mut self, person: &PersonId) -> Result<PersonScreen, EngineError> {
        self.guarded(|phone| phone.person_screen(person))
    }

    fn person_screen(&mut self, person: &PersonId) -> Result<PersonScreen, EngineError> {
        self.caught_up()?;
        let clock = self.ports.clock.read();
        let now = self.true_now(clock);
        let doc = DocumentId::Person(person.clone());
        self.open_doc(&doc)?;
        if self.doc(&doc)?.is_empty() {
            self.forget(&doc);
            return Err(EngineError::UnknownPerson);
        }
        let visits = self.doc(&doc)?.row.visits.clone();
        let planned = visits.iter().any(|(start, _)| start.london_day() == now.london_day());
        let todays = planned || self.on_todays_run(person, now)?;
        self.permit(if todays { Access::TodaysRun } else { Access::Else }, clock)?;
        let mut rows = Vec::new();
        for (_, visit) in &visits {
            let row = self.reading()?.row(self.store()?, &DocumentId::Visit(visit.clone()))?;
            rows.extend(row.and_then(|row| row.visit).map(|row| row.facts));
        }
        let rows: Vec<&BoardRow> = rows.iter().collect();
        let contact = self.contact(clock);
        let reading = self.reading()?;
        let open = self.doc(&doc)?;
        let view = projection::person(person, &open.held, &reading.clocks, &rows, contact.checked, now, &reading.rules);
        Ok(PersonScreen { now, person: view, contact })
    }

    /// True when today's run comes to somebody, visits that nobody planned included.
    fn on_todays_run(&self, person: &PersonId, now: Millis) -> Result<bool, EngineError> {
        let Some(today) = now.london_day() else { return Ok(false) };
        Ok(self.rows_of(today)?.iter().any(|row| row.facts.person.as_ref() == Some(person)))
    }

    /// What is still to finish, of today and of yesterday.
    pub fn owed(&mut self) -> Result<OwedScreen, EngineError> {
        self.guarded(|phone| phone.owed_screen())
    }

    fn owed_screen(&mut self) -> Result<OwedScreen, EngineError> {
        self.caught_up()?;
        let clock = self.ports.clock.read();
        let now = self.true_now(clock);
        self.permit(Access::TodaysRun, clock)?;
        let mut rows = Vec::new();
        if let Some(today) = now.london_day() {
            for day in today.pred_opt().into_iter().chain([today]) {
                rows.extend(self.rows_of(day)?);
            }
        }
        let cards = self.cards(&rows, now)?;
        let counts = self.counts(clock)?;
        let reading = self.reading()?;
        let run = projection::run(&reading.worker, &rows, &cards, now, &reading.rules);
        // The list speaks of two days, the counts of the whole phone.
        let owed = Owed { on_this_phone: counts.waiting, held_for_checking: counts.held_for_checking, ..run.owed };
        Ok(OwedScreen { now, owed, counts, contact: self.contact(clock) })
    }

    /// How the phone is. Works while locked, and before enrolment.
    pub fn status(&mut self) -> Result<StatusScreen, EngineError> {
        self.guarded(|phone| phone.status_screen())
    }

    fn status_screen(&mut self) -> Result<StatusScreen, EngineError> {
        let clock = self.ports.clock.read();
        if self.is_enrolled() {
            self.notice_clock(clock)?;
        }
        let enrolment = self.enrolment.as_ref();
        let now = match (&self.reading, enrolment) {
            (Some(reading), Some(enrolment)) => reading.clocks.now(&enrolment.device, clock),
            _ => Timing { earliest: None, latest: None, best: clock.wall, doubt: Doubt::NoSample { wall_fits: false } },
        };
        let epochs = match &self.store {
            Some(store) => store.epochs()?.len() as u32,
            None => 0,
        };
        Ok(StatusScreen {
            enrolled: self.is_enrolled(),
            unlocked: self.is_unlocked(),
            provider: enrolment.map(|e| e.provider.clone()),
            branch: enrolment.map(|e| e.branch.clone()),
            device: enrolment.map(|e| e.device.clone()),
            worker: self.worker().cloned(),
            worker_name: self.reading.as_ref().map(|r| r.name.clone()),
            role: self.shown_vault().map(|v| v.role),
            now,
            wall: clock.wall,
            counts: if self.is_enrolled() { self.counts(clock)? } else { Counts::default() },
            recorded: self.chain.at.seq,
            epochs,
            epoch: enrolment.map(|_| self.chain.epoch),
            server_epoch: enrolment.map(|e| e.server_epoch),
            contact: self.contact(clock),
            lease_left_ms: self.shown_vault().map_or(0, |v| v.lease.left_ms(&clock)),
            workers: self.readers(clock)?,
            next_contact_ms: self.sync_in_ms(),
            custody: self.ports.custodian.describe(),
            plans: if self.is_unlocked() { self.plans_held()? } else { Vec::new() },
            app: env!("CARGO_PKG_VERSION"),
        })
    }

    /// Everybody with a vault on this phone.
    fn readers(&self, clock: ClockReading) -> Result<Vec<Reader>, EngineError> {
        let mut readers = Vec::new();
        for vault in self.enrolment.iter().flat_map(|e| &e.vaults) {
            readers.push(Reader {
                worker: vault.worker.clone(),
                role: vault.role,
                unlocked: self.open_number() == Some(vault.number),
                locked_out: self.read_path_gone(vault.number)?,
                checked: vault.checked,
                lease_left_ms: vault.lease.left_ms(&clock),
            });
        }
        Ok(readers)
    }

    pub(super) fn rows_of(&self, day: NaiveDate) -> Result<Vec<RunRow>, EngineError> {
        let (store, reading) = (self.store()?, self.reading()?);
        let (_, visits) = reading.day(store, day)?;
        let mut rows = Vec::with_capacity(visits.len());
        for visit in visits {
            rows.extend(reading.row(store, &DocumentId::Visit(visit))?.and_then(|row| row.visit));
        }
        Ok(rows)
    }

    fn cards(&mut self, rows: &[RunRow], now: Millis) -> Result<Vec<PersonCard>, EngineError> {
        let mut cards: Vec<PersonCard> = Vec::with_capacity(rows.len());
        for person in rows.iter().filter_map(|row| row.facts.person.as_ref()) {
            if !cards.iter().any(|card| card.person == *person) {
                cards.extend(self.card(person, now)?);
            }
        }
        Ok(cards)
    }

    /// A person's card: the kept one, made anew when a plan version has come into effect since.
    fn card(&mut self, person: &PersonId, now: Millis) -> Result<Option<PersonCard>, EngineError> {
        let doc = DocumentId::Person(person.clone());
        let kept = self.reading()?.row(self.store()?, &doc)?.and_then(|row| row.person);
        match kept {
            Some(card) if card.until.is_none_or(|until| now < until) => Ok(Some(card)),
            None => Ok(None),
            Some(_) => {
                self.open_doc(&doc)?;
                let reading = self.reading()?;
                Ok(Some(docs::card(person, &self.doc(&doc)?.held, &reading.clocks, now, &reading.rules)))
            }
        }
    }

    /// Sequence numbers that read *sent* now.
    fn sent_now(&self, clock: ClockReading) -> Option<std::ops::RangeInclusive<u64>> {
        let flight = self.flight.as_ref()?;
        let age = clock.mono_ms.saturating_sub(flight.sent_at().mono_ms);
        (clock.boot == flight.sent_at().boot && age < SENT_MS).then(|| self.session.as_ref()?.on_the_way()).flatten()
    }

    fn counts(&self, clock: ClockReading) -> Result<Counts, EngineError> {
        let store: &Store = self.store()?;
        let sent = self.sent_now(clock).map_or(0, |range| (range.end() + 1).saturating_sub(*range.start()) as u32);
        Ok(Counts { waiting: store.waiting()?, sent, held_for_checking: store.held_for_checking()?, withheld: store.withheld()? })
    }

    fn contact(&self, clock: ClockReading) -> Contact {
        let enrolment = self.enrolment.as_ref();
        Contact {
            last: enrolment.and_then(|e| e.contact),
            checked: self.shown_vault().and_then(|v| v.checked),
            failures: self.session.as_ref().map_or(0, |s| s.failures()),
            lease_over: self.shown_vault().is_some_and(|v| v.lease.left_ms(&clock) == 0),
            revoked: enrolment.is_some_and(|e| e.revoked),
            forgotten: enrolment.is_some_and(|e| e.forgotten),
            not_a_reader: self.shown_vault().is_some_and(|v| v.unknown),
        }
    }
}
