//! One exchange with the office: building the request, and taking the answer in. When to ask is the model's session; what carries it
//! is a port. Nothing of an answer is believed before its signature, and nothing of a segment before the gate.

use super::docs::{self, DocRow, OpenDoc, Standings};
use super::enrol::{any_number, refusal};
use super::link::SyncOutcome;
use super::sealed::Outgoing;
use super::{Phone, Reading, read_up};
use crate::error::EngineError;
use crate::port::{Answer, Ask, NetworkFault};
use crate::store::{Sealed, Store};
use holdfast_model::chronology;
use holdfast_model::document::{Segment, rebuild};
use holdfast_model::entry::PlanRef;
use holdfast_model::id::{ChainEpoch, Digest, DocumentId, VisitId};
use holdfast_model::limits;
use holdfast_model::projection::PlanState;
use holdfast_model::session::{Answered, Failure, Next};
use holdfast_model::time::{ClockReading, Millis};
use holdfast_model::wire::{self, Heartbeat, Push, Receipt, SyncReply, SyncRequest};
use holdfast_vault::PublicKey;
use std::collections::{BTreeMap, BTreeSet};

/// A request under way.
pub(super) struct Flight {
    pub(super) ticket: u64,
    body: Vec<u8>,
    pub(super) sent: ClockReading,
    /// Digest of the plans on board as it left; absent when they could not be read.
    pub(super) plans: Option<Digest>,
    /// Whether it asked for anything: one that only hands over leaves cursor and scope where they are.
    pub(super) pulls: bool,
    /// Whose cursor it carried.
    pub(super) vault: i64,
    /// Whether that vault was open as it left.
    pub(super) unlocked: bool,
}

impl Flight {
    /// The clocks as it left.
    pub(super) fn sent_at(&self) -> ClockReading {
        self.sent
    }
}

impl Phone {
    /// The next request, if it is time for one. Its answer, or the news that there was none, goes to [`Phone::sync_answer`].
    ///
    /// A phone that is locked, expired, shut out or past reading asks too: it hands over what is sealed for the office, and pulls nothing.
    pub fn sync_ask(&mut self) -> Result<Option<Ask>, EngineError> {
        self.guarded(Phone::next_ask)
    }

    fn next_ask(&mut self) -> Result<Option<Ask>, EngineError> {
        self.enrolment()?;
        self.settle()?;
        let clock = self.ports.clock.read();
        self.notice_clock(clock)?;
        loop {
            let Some(session) = &mut self.session else { return Ok(None) };
            let plan = match session.next(clock.mono_ms) {
                Next::Ask(plan) => plan,
                Next::WaitUntil(_) | Next::Asking => return Ok(None),
            };
            let want_bytes = if self.is_unlocked() { plan.want_bytes } else { 0 };
            let ask = self.build(plan.push.as_ref().map(|p| (p.seqs.clone(), p.max_bytes)), want_bytes, clock);
            match ask {
                Ok((ask, plans)) if ask.body.len() <= limits::BODY_BYTES => {
                    let (pulls, unlocked) = (want_bytes > 0, self.is_unlocked());
                    let vault = self.asking_vault()?.number;
                    self.flight = Some(Flight { ticket: plan.ticket, body: ask.body.clone(), sent: clock, plans, pulls, vault, unlocked });
                    return Ok(Some(ask));
                }
                Ok(_) => self.fail(plan.ticket, Failure::TooLarge),
                Err(e) => {
                    self.fail(plan.ticket, Failure::BadAnswer);
                    return Err(e);
                }
            }
        }
    }

    /// Takes the answer in. An error leaves everything as it was: what waits, waits.
    pub fn sync_answer(&mut self, answer: Result<Answer, NetworkFault>) -> Result<SyncOutcome, EngineError> {
        let Some(flight) = self.flight.take() else { return Ok(SyncOutcome::default()) };
        self.guarded(|phone| {
            phone.take_answer(&flight, answer).map_err(|(failure, error)| {
                phone.fail(flight.ticket, failure);
                error
            })
        })
    }

    fn fail(&mut self, ticket: u64, failure: Failure) {
        let (now, random) = (self.ports.clock.read().mono_ms, any_number(self.ports.random.as_ref()));
        if let Some(session) = &mut self.session {
            session.failed(ticket, failure, now, random);
        }
    }

    /// Writes the request down and signs it. Its number is durable before it leaves: no restart sends one twice.
    fn build(
        &mut self,
        push: Option<(std::ops::RangeInclusive<u64>, usize)>,
        want_bytes: u32,
        clock: ClockReading,
    ) -> Result<(Ask, Option<Digest>), EngineError> {
        let mut outgoing = Outgoing::default();
        outgoing.add(self.older_stretch()?);
        if let Some((seqs, max_bytes)) = push {
            outgoing.add(self.stretch(self.chain.epoch, *seqs.start(), *seqs.end(), max_bytes)?);
        }
        let plans = if self.is_unlocked() { Some(self.plans_held()?) } else { None };
        let digest = plans.as_deref().map(plans_digest);
        let store = self.store()?;
        let enrolment = self.enrolment()?;
        let vault = self.asking_vault()?;
        let number = self.last_number()? + 1;
        let waiting = store.waiting()?;
        let head = SyncRequest {
            v: wire::VERSION,
            device: enrolment.device.clone(),
            epoch: self.chain.epoch,
            number,
            clock,
            samples: store.samples(true)?,
            cursor: vault.cursor.clone(),
            want_bytes,
            reader: self.reading.as_ref().and_then(|r| r.reader.clone()),
            heartbeat: Heartbeat {
                app: concat!("holdfast ", env!("CARGO_PKG_VERSION")).into(),
                waiting,
                oldest_waiting: if waiting > 0 { self.oldest_waiting()? } else { None },
                battery: None,
                // While locked nothing on board changes: the office was told. Of several workers' plans nobody speaks then.
                plans: digest.or(enrolment.only().and(vault.plans_told)),
                plans_held: plans.filter(|_| vault.want_plans || vault.plans_told != digest),
            },
        };
        store.write(|tx| tx.set_meta("number", &number.to_be_bytes()))?;
        let body = wire::encode_request(&head, &outgoing.open, &outgoing.sealed);
        let signature = self.ports.custodian.sign(&wire::request_signed_bytes(&body))?;
        let headers = vec![
            ("content-type".into(), wire::MEDIA_TYPE.into()),
            (wire::DEVICE_HEADER.into(), enrolment.device.to_string()),
            (wire::SIGNATURE_HEADER.into(), holdfast_vault::sign::signature_text(&signature)),
        ];
        Ok((Ask { path: "/v1/sync".into(), headers, body }, digest))
    }

    /// The plan versions on board, sorted.
    pub(super) fn plans_held(&self) -> Result<Vec<PlanRef>, EngineError> {
        let reading = self.reading()?;
        Ok(match self.store()?.own_meta("plans")? {
            Some(sealed) => serde_json::from_slice(&reading.keys.open("plans", 0, &sealed)?).map_err(|_| EngineError::SealBroken)?,
            None => Vec::new(),
        })
    }

    fn take_answer(&mut self, flight: &Flight, answer: Result<Answer, NetworkFault>) -> Result<SyncOutcome, (Failure, EngineError)> {
        let answer = answer.map_err(|fault| (failure_of(fault), fault.into()))?;
        let bad = |e: EngineError| (Failure::BadAnswer, e);
        if answer.status != 200 {
            let error = refusal(&answer);
            self.forgotten(&error).map_err(bad)?;
            if self.mended(&error).map_err(bad)? {
                self.fail(flight.ticket, Failure::Busy(Some(0)));
                return Ok(SyncOutcome {
                    requests: 1,
                    waiting: self.store().and_then(Store::waiting).map_err(bad)?,
                    ..SyncOutcome::default()
                });
            }
            let failure = match (answer.status, &error) {
                (503 | 429, EngineError::Refused { retry_ms, .. }) => Failure::Busy(*retry_ms),
                (503 | 429, _) => Failure::Busy(None),
                (413, _) => Failure::TooLarge,
                _ => Failure::Refused,
            };
            return Err((failure, error));
        }
        let office = self.office_key().map_err(bad)?;
        let signature = answer.header(wire::SIGNATURE_HEADER).unwrap_or("");
        if office.verify_text(&wire::reply_signed_bytes(&flight.body, &answer.body), signature).is_err() {
            return Err(bad(EngineError::ReplyUnverified));
        }
        let (reply, pushes) = wire::decode_reply(&answer.body).map_err(|e| {
            bad(match e {
                wire::WireError::Newer(_) => EngineError::ProtocolNewer,
                _ => EngineError::ReplyUnreadable,
            })
        })?;
        let receipts = self.check_receipts(&reply, &office).map_err(bad)?;
        let back = self.ports.clock.read();
        // What was pulled is for whoever asked, and nobody else's eyes.
        if self.open_number() == Some(flight.vault) {
            self.take_in(flight, &reply, &pushes, &receipts, back).map_err(bad)
        } else {
            self.take_in_locked(flight, &reply, &receipts, back).map_err(bad)
        }
    }

    /// Refusals that the phone mends by itself before it asks again: a cursor that is not this phone's, as after a restore on either
    /// side, makes it pull from the start; a request number that was used up before this store was put back makes it count on from afar.
    fn mended(&mut self, error: &EngineError) -> Result<bool, EngineError> {
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
    fn forgotten(&mut self, error: &EngineError) -> Result<(), EngineError> {
        let unknown = matches!(error, EngineError::Refused { code, .. } if code.starts_with("device_unknown"));
        match &mut self.enrolment {
            Some(enrolment) if unknown && !enrolment.forgotten => {
                enrolment.forgotten = true;
                self.keep_enrolment()
            }
            _ => Ok(()),
        }
    }

    /// Number of the last request.
    fn last_number(&self) -> Result<u64, EngineError> {
        Ok(self.store()?.meta("number")?.and_then(|b| b.try_into().ok().map(u64::from_be_bytes)).unwrap_or(0))
    }

    /// Every receipt must be the office's, for this device, over this phone's own chain.
    fn check_receipts(&self, reply: &SyncReply, office: &PublicKey) -> Result<Vec<Receipt>, EngineError> {
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

    /// Everything the answer says, in one transaction; then the memory follows.
    fn take_in(
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
        let mut incoming = Incoming::default();
        for push in pushes {
            for segment in &push.segments {
                incoming.judge(&push.header, segment);
            }
        }

        let mut enrolment = self.contacted(flight, reply, back)?;
        let vaults: Vec<i64> = enrolment.vaults.iter().map(|v| v.number).collect();
        if let Some(vault) = enrolment.vault_mut(flight.vault) {
            vault.cursor = Some(reply.cursor.clone());
            vault.plans_told = flight.plans.or(vault.plans_told);
        }
        let was_dropping = self.dropping()?;
        let mut dropping = was_dropping.clone();
        dropping.extend(reply.dropped.iter().filter(|doc| !was_dropping.contains(doc)).cloned());
        let mut purged = false;

        let Phone { store, reading, .. } = self;
        let store = store.as_ref().ok_or(EngineError::NotEnrolled)?;
        let reading = reading.as_mut().ok_or(EngineError::Locked)?;
        let done = store.write(|tx| {
            // Rows say how far each own entry has come; bringing them up to date waits until somebody looks.
            reading.behind |= read_up::note(store, tx, &vaults, &store.epochs()?, &acked)?;
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
            // From here on the store shows what this transaction has written.
            let mut standings = Standings::load(store)?;
            let docs = incoming.docs();
            let mut plans_changed = false;
            let mut days: BTreeMap<chrono::NaiveDate, Vec<(VisitId, bool)>> = BTreeMap::new();
            let mut next_pulled = store.last_pulled()? + 1;
            let mut next_withheld = store.last_withheld()? + 1;
            for doc in &docs {
                let known = reading.row(store, doc)?.and_then(|row| row.day);
                reading.open_doc(store, doc)?;
                let mut open = reading.open.remove(doc).expect("opened just now");
                for (segment, changes) in incoming.good.remove(doc).unwrap_or_default() {
                    let new = open.take_pulled(changes, reply.t2)?;
                    if new > 0 {
                        tx.put(
                            Sealed::Pulled,
                            next_pulled,
                            &reading.keys.seal("pulled", next_pulled, &docs::encode_pulled(&segment, reply.t2)),
                        )?;
                        open.row.pulled.push(next_pulled);
                        next_pulled += 1;
                        outcome.pulled += new as u32;
                    }
                }
                for segment in incoming.bad.remove(doc).unwrap_or_default() {
                    let bytes = docs::encode_pulled(&segment, reply.t2);
                    tx.put(Sealed::Withheld, next_withheld, &reading.keys.seal("withheld", next_withheld, &bytes))?;
                    open.row.withheld.push(next_withheld);
                    next_withheld += 1;
                    outcome.withheld += 1;
                }
                open.find_tail();
                open.set_standings(store, &mut standings, &device)?;
                for held in &open.held {
                    reading.clocks.entry(&held.read, held.received);
                }
                open.sum_up(&reading.clocks, now, &reading.rules);
                plans_changed |= matches!(doc, DocumentId::Person(_));
                if let DocumentId::Visit(visit) = doc {
                    list_visit(&mut days, reading, visit, &open, known);
                    link_person(store, reading, tx, visit, &open, now)?;
                }
                tx.put(Sealed::Docs, open.key, &open.row.seal(&reading.keys, open.key))?;
                reading.open.insert(doc.clone(), open);
            }
            for (day, changes) in days {
                let (key, mut visits) = reading.day(store, day)?;
                for (visit, there) in changes {
                    visits.retain(|v| *v != visit);
                    if there {
                        visits.push(visit);
                    }
                }
                tx.put(Sealed::Days, key, &reading.seal_day(key, &visits))?;
            }
            let left = purge(store, reading, tx, &dropping, &mut standings, &device)?;
            purged = left.len() < dropping.len();
            if left != was_dropping {
                // Names of people and visits: sealed like everything else about them.
                let bytes = serde_json::to_vec(&left).expect("a list of names");
                tx.set_own_meta("dropping", &reading.keys.seal("dropping", 0, &bytes))?;
            }
            if plans_changed || !reply.dropped.is_empty() {
                let plans = plans_now(store, reading, &docs, &reply.dropped)?;
                let sealed = reading.keys.seal("plans", 0, &serde_json::to_vec(&plans).expect("a list"));
                tx.set_own_meta("plans", &sealed)?;
            }
            tx.set_meta("enrolment", &enrolment.bytes())?;
            Ok(())
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
        outcome.waiting = self.store()?.waiting()?;
        self.tell_session(flight, reply, back, &mut outcome)?;
        if !reply.more {
            self.store()?.tidy()?;
        }
        Ok(outcome)
    }

    /// How far the office is with each stretch, by receipts; back to its own mark where it has lost some.
    pub(super) fn acked_after(
        &self,
        reply: &SyncReply,
        receipts: &[Receipt],
        outcome: &mut SyncOutcome,
    ) -> Result<BTreeMap<ChainEpoch, u64>, EngineError> {
        let new_life = reply.server_epoch != self.enrolment()?.server_epoch;
        let mut acked = BTreeMap::new();
        for row in self.store()?.epochs()? {
            let mut to = row.acked;
            if row.epoch == self.chain.epoch && reply.have_to < to {
                to = reply.have_to;
            } else if new_life && row.epoch != self.chain.epoch {
                // What a restored office has of an earlier epoch it does not say: everything of it is offered again.
                to = 0;
            }
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

    /// Lets the session know, and goes on in a new epoch when the office holds more than this phone ever made.
    pub(super) fn tell_session(
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

/// A segment that passed the gate, with its changes as they were built again.
type Passed = (Segment, Vec<(holdfast_model::document::ChangeRecord, Digest)>);

/// Segments of one answer, judged by the gate.
#[derive(Default)]
struct Incoming {
    good: BTreeMap<DocumentId, Vec<Passed>>,
    bad: BTreeMap<DocumentId, Vec<Segment>>,
}

impl Incoming {
    /// Bytes from the network never reach a decoder of documents: each change is built again from plain facts, and must give the
    /// author's own hashes. What does not is kept raw, and withheld.
    fn judge(&mut self, header: &wire::PushHeader, segment: &Segment) {
        let doc = segment.head.doc.clone();
        let listed = header.segments.contains(&segment.head.digest());
        let readable = |changes: &[(holdfast_model::document::ChangeRecord, Digest)]| {
            changes.iter().all(|(record, _)| holdfast_model::entry::Read::parse(&record.text).is_ok_and(|read| *read.doc() == doc))
        };
        match rebuild(segment) {
            Ok(changes) if listed && readable(&changes) => self.good.entry(doc).or_default().push((segment.clone(), changes)),
            _ => self.bad.entry(doc).or_default().push(segment.clone()),
        }
    }

    fn docs(&self) -> BTreeSet<DocumentId> {
        self.good.keys().chain(self.bad.keys()).cloned().collect()
    }
}

/// Notes on which days a visit is to be listed, and from which it is to go.
fn list_visit(
    days: &mut BTreeMap<chrono::NaiveDate, Vec<(VisitId, bool)>>,
    reading: &Reading,
    visit: &VisitId,
    open: &OpenDoc,
    before: Option<chrono::NaiveDate>,
) {
    // A visit is on its worker's list when the rota says so, and when they have written about it: what one has begun does not vanish.
    let named = open.row.visit.as_ref().is_some_and(|row| row.facts.workers.iter().any(|w| w.worker == reading.worker));
    let mine = named || open.held.iter().any(|h| h.read.author().worker == reading.worker);
    let day = open.row.day.filter(|_| mine);
    if before != day
        && let Some(before) = before
    {
        days.entry(before).or_default().push((visit.clone(), false));
    }
    if let Some(day) = day {
        days.entry(day).or_default().push((visit.clone(), true));
    }
}

/// Notes a visit among its person's last ones.
fn link_person(
    store: &Store,
    reading: &mut Reading,
    tx: &crate::store::Writer<'_>,
    visit: &VisitId,
    open: &OpenDoc,
    now: Millis,
) -> Result<(), EngineError> {
    let Some(facts) = open.row.visit.as_ref().map(|row| &row.facts) else { return Ok(()) };
    let Some(person) = facts.person.clone() else { return Ok(()) };
    let start = facts.start.unwrap_or(now);
    let doc = DocumentId::Person(person);
    let of = reading.open_doc(store, &doc)?;
    if of.row.visits.iter().any(|(at, v)| v == visit && *at == start) {
        return Ok(());
    }
    of.row.add_visit(start, visit);
    let (key, row) = (of.key, of.row.clone());
    tx.put(Sealed::Docs, key, &row.seal(&reading.keys, key))
}

/// Forgets documents that left the phone's scope, once their own entries have reached the office. Says which have to wait.
fn purge(
    store: &Store,
    reading: &mut Reading,
    tx: &crate::store::Writer<'_>,
    dropping: &[DocumentId],
    standings: &mut Standings,
    device: &holdfast_model::id::DeviceId,
) -> Result<Vec<DocumentId>, EngineError> {
    use holdfast_model::projection::Standing;
    let mut waiting = Vec::new();
    for doc in dropping {
        let open = reading.open_doc(store, doc)?;
        open.set_standings(store, standings, device)?;
        if open.held.iter().any(|h| h.read.place().0 == device && h.standing == Standing::OnThisPhone) {
            waiting.push(doc.clone());
            continue;
        }
        let row = open.row.clone();
        let key = open.key;
        for n in &row.pulled {
            tx.purge(Sealed::Pulled, *n)?;
        }
        for n in &row.withheld {
            tx.purge(Sealed::Withheld, *n)?;
        }
        tx.purge(Sealed::Docs, key)?;
        if let (Some(day), DocumentId::Visit(visit)) = (row.day, doc) {
            let (key, mut visits) = reading.day(store, day)?;
            visits.retain(|v| v != visit);
            tx.put(Sealed::Days, key, &reading.seal_day(key, &visits))?;
        }
        reading.open.remove(doc);
    }
    Ok(waiting)
}

/// The list of plan versions on board after some documents changed.
fn plans_now(
    store: &Store,
    reading: &Reading,
    changed: &BTreeSet<DocumentId>,
    dropped: &[DocumentId],
) -> Result<Vec<PlanRef>, EngineError> {
    let mut plans: Vec<PlanRef> = match store.own_meta("plans")? {
        Some(sealed) => serde_json::from_slice(&reading.keys.open("plans", 0, &sealed)?).map_err(|_| EngineError::SealBroken)?,
        None => Vec::new(),
    };
    plans.retain(|plan| {
        let doc = DocumentId::Person(plan.person.clone());
        !changed.contains(&doc) && !dropped.contains(&doc)
    });
    for doc in changed {
        let DocumentId::Person(person) = doc else { continue };
        let Some(DocRow { person: Some(card), .. }) = reading.row(store, doc)? else { continue };
        let held = match card.plan {
            PlanState::Current { version, digest } => vec![(version, digest)],
            PlanState::Contested { versions } => versions,
            PlanState::Nothing | PlanState::NotYet { .. } => Vec::new(),
        };
        plans.extend(held.into_iter().map(|(version, digest)| PlanRef { person: person.clone(), version, digest }));
    }
    plans.sort_by(|a, b| (&a.person, a.version, a.digest).cmp(&(&b.person, b.version, b.digest)));
    Ok(plans)
}

/// The digest over a list of plan versions by which the office sees that it changed.
fn plans_digest(plans: &[PlanRef]) -> Digest {
    Digest::of(&serde_json::to_vec(plans).expect("a list of plans has string keys only"))
}

fn failure_of(fault: NetworkFault) -> Failure {
    match fault {
        NetworkFault::TimedOut => Failure::Cut,
        NetworkFault::TooLarge | NetworkFault::NotTrusted | NetworkFault::ClockSuspect => Failure::BadAnswer,
        NetworkFault::Unreachable | NetworkFault::Address => Failure::Unreachable,
    }
}
