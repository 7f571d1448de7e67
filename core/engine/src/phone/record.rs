//! Writing entries: stamp, author, seal, one transaction. Nothing here waits for a network.

use super::Phone;
use super::docs::{self, OpenDoc};
use super::validate::{self, Offered};
use crate::error::{EngineError, Problem};
use crate::intent::{Intent, Saved};
use crate::store::{ChainHead, OwnRow, Sealed};
use holdfast_model::chain;
use holdfast_model::document::{self, Hand};
use holdfast_model::entry::{Amended, Author, Body, Entry, Happened, Mono, PlanRef, Read, Recorded, Unplanned, VERSION, Withdrawn};
use holdfast_model::id::{Digest, DocumentId, EntryId, PersonId, VisitId};
use holdfast_model::limits;
use holdfast_model::projection::{PlanState, Standing};
use holdfast_model::time::{ClockReading, DAY, Millis};
use holdfast_model::wire;

/// What goes into an entry beside its place.
pub(super) struct Stamp {
    pub(super) author: Author,
    pub(super) happened: Option<Happened>,
    pub(super) plan: Option<PlanRef>,
    pub(super) reference: Option<String>,
    pub(super) body: Body,
    pub(super) clock: ClockReading,
}

impl Phone {
    /// Records something about a visit that is on this phone. When this returns, it is durable.
    pub fn record(&mut self, visit: &VisitId, intent: Intent) -> Result<Saved, EngineError> {
        self.guarded(|phone| phone.record_about(visit, intent))
    }

    fn record_about(&mut self, visit: &VisitId, intent: Intent) -> Result<Saved, EngineError> {
        let doc = DocumentId::Visit(visit.clone());
        self.open_doc(&doc)?;
        if self.doc(&doc)?.is_empty() {
            return Err(EngineError::UnknownVisit);
        }
        // Each of these has a verb of its own.
        if let Body::Unplanned(_) | Body::BreakGlass(_) = intent.body {
            return Err(EngineError::NotRecorded(vec![Problem::NotForPhones { kind: intent.body.kind() }]));
        }
        self.write(&doc, intent)
    }

    /// Puts an earlier entry of one's own right: the new statement, whole. Both stay.
    pub fn amend(
        &mut self,
        visit: &VisitId,
        entry: EntryId,
        with: Body,
        reason: &str,
        happened: Option<Happened>,
    ) -> Result<Saved, EngineError> {
        let body = Body::Amended(Amended { entry, reason: reason.to_owned(), with: Box::new(with) });
        self.record(visit, Intent { body, happened, reference: None })
    }

    /// Takes an earlier entry of one's own back. It stays in the record, marked.
    pub fn withdraw(&mut self, visit: &VisitId, entry: EntryId, reason: &str) -> Result<Saved, EngineError> {
        let body = Body::Withdrawn(Withdrawn { entry, reason: reason.to_owned() });
        self.record(visit, Intent::now(body))
    }

    /// Begins a visit to someone who is not on the run. Further entries are recorded under the visit it names.
    pub fn unplanned(&mut self, who: Unplanned, happened: Option<Happened>) -> Result<Saved, EngineError> {
        self.guarded(|phone| phone.begin_unplanned(who, happened))
    }

    fn begin_unplanned(&mut self, who: Unplanned, happened: Option<Happened>) -> Result<Saved, EngineError> {
        self.reading()?;
        if let Some(person) = &who.person {
            let doc = DocumentId::Person(person.clone());
            if docs::DocRow::load(self.store()?, &self.reading()?.keys, &doc)?.is_none() {
                return Err(EngineError::UnknownPerson);
            }
        }
        self.close_glass()?;
        let doc = DocumentId::Visit(self.new_visit());
        self.open_doc(&doc)?;
        self.write(&doc, Intent { body: Body::Unplanned(who), happened, reference: None })
    }

    /// The one way in which an entry comes to be.
    pub(super) fn write(&mut self, doc: &DocumentId, intent: Intent) -> Result<Saved, EngineError> {
        self.settle()?;
        let clock = self.ports.clock.read();
        self.notice_clock(clock)?;
        let Intent { mut body, happened, reference } = intent;
        let offered = self.offered(doc)?;
        fill_in(&mut body, &offered);
        let mut problems = validate::problems(&body, happened, self.latest_now(clock), &offered);
        problems.extend(self.about_others(doc, &body)?);
        if !problems.is_empty() {
            return Err(EngineError::NotRecorded(problems));
        }
        let plan = self.plan_shown(doc, &body)?;
        let author = Author::proven(self.reading()?.worker.clone());
        let (entry, text) = self.stamped(doc, Stamp { author, happened, plan, reference, body, clock })?;
        let saved = self.commit(doc, entry, &text, clock);
        if saved.is_err() {
            // Whatever the transaction left undone, the document in memory is ahead of the disk now: it is dropped, and the
            // next load has a hand of its own.
            self.forget(doc);
        }
        saved
    }

    /// Stamps an entry with its place in the chain and the clocks, and writes its text.
    pub(super) fn stamped(&self, doc: &DocumentId, stamp: Stamp) -> Result<(Entry, String), EngineError> {
        let Stamp { author, happened, plan, reference, body, clock } = stamp;
        let entry = Entry {
            v: VERSION,
            id: self.new_id(clock.wall),
            doc: doc.clone(),
            author,
            device: self.enrolment()?.device.clone(),
            epoch: self.chain.epoch,
            seq: self.chain.at.seq + 1,
            happened,
            recorded: Recorded { at: clock.wall, offset_min: clock.offset_min },
            mono: Mono { boot: clock.boot, ms: clock.mono_ms },
            plan,
            reference,
            body,
        };
        let text = entry.text();
        if text.len() > limits::ENTRY_BYTES {
            return Err(EngineError::NotRecorded(vec![Problem::EntryTooLong { bytes: text.len(), most: limits::ENTRY_BYTES }]));
        }
        Ok((entry, text))
    }

    /// The name of a visit that is made up here. Random and no more: two phones that both make up a visit to one person make two, which the
    /// office sees side by side.
    pub(super) fn new_visit(&self) -> VisitId {
        let mut random = [0; 10];
        self.ports.random.fill(&mut random);
        let name = format!("U-{}", data_encoding::BASE32_NOPAD.encode(&random).to_ascii_lowercase());
        VisitId::new(name).expect("letters and digits")
    }

    /// Lets the memory follow an entry that has just become durable.
    pub(super) fn appended(&mut self, row: &OwnRow, entry: Entry) -> Saved {
        self.chain.at = ChainHead { last_n: row.n, seq: row.seq, head: row.head };
        if let Some(session) = &mut self.session {
            session.recorded(entry.seq, is_urgent(&entry.body));
        }
        Saved { entry: entry.id, doc: entry.doc, epoch: entry.epoch, seq: entry.seq, recorded: entry.recorded.at }
    }

    /// Seals and commits one entry, then lets the memory follow.
    fn commit(&mut self, doc: &DocumentId, entry: Entry, text: &str, clock: ClockReading) -> Result<Saved, EngineError> {
        let now = self.true_now(clock);
        let mut hand_random = [0; 16];
        self.ports.random.fill(&mut hand_random);
        let reuse = self.faults.reuse_actor;
        let Phone { store, reading, chain, .. } = self;
        let store = store.as_ref().ok_or(EngineError::NotEnrolled)?;
        let reading = reading.as_mut().ok_or(EngineError::Locked)?;
        let open = reading.open.get_mut(doc).ok_or(EngineError::UnknownVisit)?;
        if reuse {
            hand_random = Digest::of(doc.to_string().as_bytes()).0[..16].try_into().expect("16 of 32 bytes");
        }
        let hand = open.hand.get_or_insert_with(|| Hand::new(hand_random));
        let (record, hash) = document::author(&mut open.tail, hand, entry.id, text);

        let n = chain.at.last_n + 1;
        let head = chain::next(chain.at.head, record.text.digest());
        let bytes = document::encode_change(doc, &record, hash);
        let outbox = reading.keys.seal_outbox(entry.epoch, entry.seq, &bytes);
        let row = OwnRow {
            n,
            epoch: entry.epoch,
            seq: entry.seq,
            head,
            sealed: reading.keys.seal("own", n, &bytes),
            proof: wire::proof(&(doc.clone(), record.clone(), hash)),
            vault: reading.vault,
        };
        open.hold(&record, hash, Standing::OnThisPhone, None)?;
        open.row.add_own(n);
        let read = Read::Known(Box::new(entry));
        reading.clocks.entry(&read, None);
        let before = open.row.day;
        open.sum_up(&reading.clocks, now, &reading.rules);
        let sealed = open.row.seal(&reading.keys, open.key);
        let day = (open.row.day != before).then_some(open.row.day).flatten();

        store.make_room(row.sealed.len() + outbox.len() + sealed.len())?;
        let key = open.key;
        let listed = match (day, doc) {
            (Some(day), DocumentId::Visit(visit)) => reading.day_with(store, day, visit)?,
            _ => None,
        };
        store.write(|tx| {
            tx.append(&row, &outbox)?;
            tx.put(Sealed::Docs, key, &sealed)?;
            if let Some((key, sealed)) = &listed {
                tx.put(Sealed::Days, *key, sealed)?;
            }
            Ok(())
        })?;

        let Read::Known(entry) = read else { unreachable!("made known above") };
        Ok(self.appended(&row, *entry))
    }

    fn new_id(&self, wall: Millis) -> EntryId {
        let mut random = [0; 10];
        self.ports.random.fill(&mut random);
        EntryId::make(wall.0, random)
    }

    /// What the visit's screen offers: its tasks and doses, and the medicines of the person's plan.
    fn offered(&mut self, doc: &DocumentId) -> Result<Offered, EngineError> {
        let mut offered = Offered::default();
        let Some(person) = self.person_of(doc)? else { return Ok(offered) };
        for held in &self.doc(doc)?.held {
            if let Some(Body::Assigned(a)) = held.read.known().map(|e| &e.body) {
                offered.tasks.extend(a.tasks.iter().cloned());
                offered.doses.extend(a.doses.iter().cloned());
            }
        }
        let plan = DocumentId::Person(person);
        self.open_doc(&plan)?;
        for held in &self.doc(&plan)?.held {
            if let Some(Body::PlanVersion(p)) = held.read.known().map(|e| &e.body) {
                offered.medicines.extend(p.medicines.iter().map(|m| (m.id.clone(), m.name.clone(), m.route.clone())));
            }
        }
        Ok(offered)
    }

    /// What is wrong with a statement about another entry, or about a full document.
    fn about_others(&self, doc: &DocumentId, body: &Body) -> Result<Vec<Problem>, EngineError> {
        let open = self.doc(doc)?;
        let mut problems = Vec::new();
        if open.held.len() >= limits::DOCUMENT_ENTRIES {
            problems.push(Problem::DocumentFull { doc: doc.clone() });
        }
        let (named, with) = match body {
            Body::Amended(a) => (a.entry, Some(a.with.as_ref())),
            Body::Withdrawn(w) => (w.entry, None),
            _ => return Ok(problems),
        };
        let Some(first) = open.held.iter().find(|h| h.read.id() == named) else {
            problems.push(Problem::UnknownEntry { entry: named });
            return Ok(problems);
        };
        if first.read.author().worker != self.reading()?.worker {
            problems.push(Problem::NotYours);
        }
        match (first.read.known().map(|e| &e.body), with) {
            (Some(Body::Amended(_) | Body::Withdrawn(_)) | None, _) => problems.push(Problem::NotAmendable),
            (Some(was), Some(with)) if was.kind() != with.kind() => problems.push(Problem::OtherKind),
            _ => {}
        }
        Ok(problems)
    }

    /// The plan version that the visit's screen shows, to be named in the entry.
    fn plan_shown(&mut self, doc: &DocumentId, body: &Body) -> Result<Option<PlanRef>, EngineError> {
        let person = match body {
            Body::Unplanned(u) => u.person.clone(),
            _ => self.person_of(doc)?,
        };
        let Some(person) = person else { return Ok(None) };
        self.plan_of(&person)
    }

    /// The plan version of a person that holds now on this phone; of several that stand side by side, the highest number.
    pub(super) fn plan_of(&mut self, person: &PersonId) -> Result<Option<PlanRef>, EngineError> {
        let doc = DocumentId::Person(person.clone());
        self.open_doc(&doc)?;
        let now = self.true_now(self.ports.clock.read());
        let Phone { reading, .. } = self;
        let reading = reading.as_mut().ok_or(EngineError::Locked)?;
        let Some(open) = reading.open.get_mut(&doc) else { return Ok(None) };
        if open.row.person.as_ref().is_some_and(|card| card.until.is_some_and(|until| until <= now)) {
            open.sum_up(&reading.clocks, now, &reading.rules);
        }
        let shown = open.row.person.as_ref().and_then(|card| match &card.plan {
            PlanState::Current { version, digest } => Some((*version, *digest)),
            PlanState::Contested { versions } => versions.iter().copied().max(),
            PlanState::Nothing | PlanState::NotYet { .. } => None,
        });
        Ok(shown.map(|(version, digest)| PlanRef { person: person.clone(), version, digest }))
    }

    /// Whom a visit is for, as far as this phone knows.
    pub(super) fn person_of(&self, doc: &DocumentId) -> Result<Option<PersonId>, EngineError> {
        let open = self.doc(doc)?;
        Ok(match doc {
            DocumentId::Person(person) => Some(person.clone()),
            DocumentId::Visit(_) => open.row.visit.as_ref().and_then(|row| row.facts.person.clone()),
            DocumentId::Outage(_) => None,
        })
    }

    /// The latest moment that "now" can be: the wall clock, or true time as far as it is known, whichever is later. A wall clock
    /// that the last contact proves wrong by a day gives no bound at all: no clock is a reason to refuse.
    pub(super) fn latest_now(&self, clock: ClockReading) -> Millis {
        let now = clock.wall.max(self.true_now(clock));
        match self.last_contact() {
            Some(contact) if clock.wall < contact.plus(-DAY) && now < contact => Millis(i64::MAX >> 1),
            _ => now,
        }
    }

    pub(super) fn doc(&self, doc: &DocumentId) -> Result<&OpenDoc, EngineError> {
        self.reading()?.open.get(doc).ok_or(EngineError::UnknownVisit)
    }
}

/// Fills in the words that the screen showed, so that the entry can be read without the plan.
fn fill_in(body: &mut Body, offered: &Offered) {
    match body {
        Body::Task(task) => {
            if let Some((i, planned)) = offered.tasks.iter().enumerate().find(|(_, t)| t.id == task.task) {
                if task.title.is_empty() {
                    task.title.clone_from(&planned.title);
                }
                task.index.get_or_insert(i as u32);
            }
        }
        Body::Medicine(dose) => {
            let mut planned = offered.doses.iter().filter(|d| d.medicine == dose.medicine);
            let first = planned.next();
            if let Some(first) = first {
                if dose.name.is_empty() {
                    dose.name.clone_from(&first.name);
                }
                // Two doses of one medicine in one visit: the worker says which, the phone never guesses.
                if dose.due.is_none() && planned.next().is_none() {
                    dose.due = Some(first.due);
                }
            }
            if let Some((_, name, route)) = offered.medicines.iter().find(|m| m.0 == dose.medicine) {
                if dose.name.is_empty() {
                    dose.name.clone_from(name);
                }
                if dose.route.is_empty() {
                    dose.route.clone_from(route);
                }
            }
        }
        Body::Amended(amended) => fill_in(&mut amended.with, offered),
        _ => {}
    }
}

/// Entries that make the phone push everything now: incidents, and time-critical doses that were not had.
fn is_urgent(body: &Body) -> bool {
    match body {
        Body::Incident(_) => true,
        Body::Medicine(dose) => dose.outcome.needs_action(),
        Body::Amended(amended) => is_urgent(&amended.with),
        _ => false,
    }
}
