//! Filing what came under its documents: segments that passed the gate and those that did not, lists of days, people and plans, and what
//! left the phone's scope.

use super::Reading;
use super::docs::{self, DocRow, OpenDoc, Standings};
use super::judge::{Incoming, Passed};
use crate::error::EngineError;
use crate::store::{Sealed, Store, Writer};
use chrono::NaiveDate;
use holdfast_model::document::Segment;
use holdfast_model::entry::PlanRef;
use holdfast_model::id::{DeviceId, DocumentId, VisitId};
use holdfast_model::projection::{PlanState, Standing};
use holdfast_model::time::Millis;
use std::collections::{BTreeMap, BTreeSet};

/// One answer being filed, within its transaction.
pub(super) struct Filing<'a, 't> {
    store: &'a Store,
    pub(super) reading: &'a mut Reading,
    tx: &'a Writer<'t>,
    device: &'a DeviceId,
    now: Millis,
    standings: Standings,
    /// Visits to list under a day, or to take off it.
    days: BTreeMap<NaiveDate, Vec<(VisitId, bool)>>,
    next_pulled: i64,
    next_withheld: i64,
    plans_changed: bool,
    /// Entries that are new here.
    pub(super) pulled: u32,
    /// Segments that did not pass the gate.
    pub(super) withheld: u32,
}

impl<'a, 't> Filing<'a, 't> {
    pub(super) fn new(
        store: &'a Store,
        reading: &'a mut Reading,
        tx: &'a Writer<'t>,
        device: &'a DeviceId,
        now: Millis,
    ) -> Result<Filing<'a, 't>, EngineError> {
        Ok(Filing {
            standings: Standings::load(store)?,
            days: BTreeMap::new(),
            next_pulled: store.last_pulled()? + 1,
            next_withheld: store.last_withheld()? + 1,
            plans_changed: false,
            pulled: 0,
            withheld: 0,
            store,
            reading,
            tx,
            device,
            now,
        })
    }

    /// Files what came for a document, and writes down what it adds up to now.
    pub(super) fn file(&mut self, doc: &DocumentId, incoming: &mut Incoming) -> Result<(), EngineError> {
        let known = self.reading.row(self.store, doc)?.and_then(|row| row.day);
        self.reading.open_doc(self.store, doc)?;
        let mut open = self.reading.open.remove(doc).expect("opened just now");
        for passed in incoming.good.remove(doc).unwrap_or_default() {
            self.pull(&mut open, passed)?;
        }
        for segment in incoming.bad.remove(doc).unwrap_or_default() {
            self.withhold(&mut open, &segment)?;
        }
        open.find_tail();
        open.set_standings(self.store, &mut self.standings, self.device)?;
        self.reading.place(self.store, &open.held)?;
        open.sum_up(&self.reading.clocks, self.now, &self.reading.rules);
        self.plans_changed |= matches!(doc, DocumentId::Person(_));
        if let DocumentId::Visit(visit) = doc {
            self.list_visit(visit, &open, known);
            self.link_person(visit, &open)?;
        }
        self.tx.put(Sealed::Docs, open.key, &open.row.seal(&self.reading.keys, open.key))?;
        self.reading.open.insert(doc.clone(), open);
        Ok(())
    }

    fn pull(&mut self, open: &mut OpenDoc, passed: Passed) -> Result<(), EngineError> {
        let Passed { segment, changes, at } = passed;
        let new = open.take_pulled(changes, at)?;
        if new > 0 {
            let n = self.next_pulled;
            self.tx.put(Sealed::Pulled, n, &self.reading.keys.seal("pulled", n, &docs::encode_pulled(&segment, at)))?;
            open.row.pulled.push(n);
            self.next_pulled += 1;
            self.pulled += new as u32;
        }
        Ok(())
    }

    fn withhold(&mut self, open: &mut OpenDoc, segment: &Segment) -> Result<(), EngineError> {
        let n = self.next_withheld;
        self.tx.put(Sealed::Withheld, n, &self.reading.keys.seal("withheld", n, &docs::encode_pulled(segment, self.now)))?;
        open.row.withheld.push(n);
        self.next_withheld += 1;
        self.withheld += 1;
        Ok(())
    }

    /// Writes the lists of days, and forgets documents that left the scope. Gives those that have to wait for that.
    pub(super) fn finish(&mut self, dropping: &[DocumentId]) -> Result<Vec<DocumentId>, EngineError> {
        for (day, changes) in std::mem::take(&mut self.days) {
            let (key, mut visits) = self.reading.day(self.store, day)?;
            for (visit, there) in changes {
                visits.retain(|v| *v != visit);
                if there {
                    visits.push(visit);
                }
            }
            self.tx.put(Sealed::Days, key, &self.reading.seal_day(key, &visits))?;
        }
        self.purge(dropping)
    }

    /// Writes the list of plan versions on board anew, when it may have changed.
    pub(super) fn list_plans(&mut self, changed: &BTreeSet<DocumentId>, dropped: &[DocumentId]) -> Result<(), EngineError> {
        if self.plans_changed || !dropped.is_empty() {
            let plans = plans_now(self.store, self.reading, changed, dropped)?;
            let sealed = self.reading.keys.seal("plans", 0, &serde_json::to_vec(&plans).expect("a list"));
            self.tx.set_own_meta("plans", &sealed)?;
        }
        Ok(())
    }

    /// Notes on which days a visit is to be listed, and from which it is to go.
    fn list_visit(&mut self, visit: &VisitId, open: &OpenDoc, before: Option<NaiveDate>) {
        let worker = &self.reading.worker;
        // A visit is on its worker's list when the rota says so, and when they have written about it: what one has begun does not vanish.
        let named = open.row.visit.as_ref().is_some_and(|row| row.facts.workers.iter().any(|w| w.worker == *worker));
        let mine = named || open.held.iter().any(|h| h.read.author().worker == *worker);
        let day = open.row.day.filter(|_| mine);
        if before != day
            && let Some(before) = before
        {
            self.days.entry(before).or_default().push((visit.clone(), false));
        }
        if let Some(day) = day {
            self.days.entry(day).or_default().push((visit.clone(), true));
        }
    }

    /// Notes a visit among its person's last ones.
    fn link_person(&mut self, visit: &VisitId, open: &OpenDoc) -> Result<(), EngineError> {
        let Some(facts) = open.row.visit.as_ref().map(|row| &row.facts) else { return Ok(()) };
        let Some(person) = facts.person.clone() else { return Ok(()) };
        let start = facts.start.unwrap_or(self.now);
        let of = self.reading.open_doc(self.store, &DocumentId::Person(person))?;
        if of.row.visits.iter().any(|(at, v)| v == visit && *at == start) {
            return Ok(());
        }
        of.row.add_visit(start, visit);
        let (key, row) = (of.key, of.row.clone());
        self.tx.put(Sealed::Docs, key, &row.seal(&self.reading.keys, key))
    }

    /// Forgets documents that left the phone's scope, once their own entries have reached the office. Says which have to wait.
    fn purge(&mut self, dropping: &[DocumentId]) -> Result<Vec<DocumentId>, EngineError> {
        let mut waiting = Vec::new();
        for doc in dropping {
            let open = self.reading.open_doc(self.store, doc)?;
            open.set_standings(self.store, &mut self.standings, self.device)?;
            if open.held.iter().any(|h| h.read.place().0 == self.device && h.standing == Standing::OnThisPhone) {
                waiting.push(doc.clone());
                continue;
            }
            let (row, key) = (open.row.clone(), open.key);
            for n in &row.pulled {
                self.tx.purge(Sealed::Pulled, *n)?;
            }
            for n in &row.withheld {
                self.tx.purge(Sealed::Withheld, *n)?;
            }
            self.tx.purge(Sealed::Docs, key)?;
            if let (Some(day), DocumentId::Visit(visit)) = (row.day, doc) {
                let (key, mut visits) = self.reading.day(self.store, day)?;
                visits.retain(|v| v != visit);
                self.tx.put(Sealed::Days, key, &self.reading.seal_day(key, &visits))?;
            }
            self.reading.open.remove(doc);
        }
        Ok(waiting)
    }
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
