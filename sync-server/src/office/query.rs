//! What the console asks. Nothing here changes the record.

use super::{GlassRow, Office, OutageRow, PhoneRow, PlanOnPhone, PlanRow, PlanStanding, WorkerRecord, locked, scope};
use crate::error::OfficeError;
use crate::ledger::BranchNo;
use crate::phone::{Phone, Shelf};
use crate::state::{DAYS_IN_HAND, Doc, State, incoming};
use holdfast_model::entry::{Body, PlanRef, Read};
use holdfast_model::id::{BranchId, DeviceId, DocumentId, PersonId, VisitId, WorkerId};
use holdfast_model::projection::{self, BoardRow, BoardView, Filter, PersonView, PhoneFacts, PlanState, VersionState, VisitView};
use holdfast_model::time::{DAY, Millis};
use std::collections::HashSet;
use std::sync::{Arc, PoisonError};

impl Office {
    /// Every branch that is known here.
    pub fn branches(&self) -> Vec<BranchId> {
        self.state().branches.iter().map(|b| b.name.clone()).collect()
    }
    /// A branch's counter: moves whenever something of it is durable. 0 for a branch nobody knows.
    pub fn seq(&self, branch: &BranchId) -> u64 {
        self.state().branch_named(branch).map_or(0, |b| b.seq)
    }
    /// Everybody who works for the provider, by number.
    pub fn workers(&self) -> Vec<WorkerRecord> {
        self.state().workers.values().cloned().collect()
    }
    /// Somebody who works for the provider.
    pub fn worker(&self, worker: &WorkerId) -> Option<WorkerRecord> {
        self.state().workers.get(worker).cloned()
    }
    /// Everybody supported by a branch, by number.
    pub fn people(&self, branch: &BranchId) -> Vec<PersonId> {
        self.ids(branch, |id| match id {
            DocumentId::Person(person) => Some(person.clone()),
            _ => None,
        })
    }
    /// Visits of a branch that the office has in hand, by number.
    pub fn visit_ids(&self, branch: &BranchId) -> Vec<VisitId> {
        self.ids(branch, |id| match id {
            DocumentId::Visit(visit) => Some(visit.clone()),
            _ => None,
        })
    }

    fn ids<T: Ord>(&self, branch: &BranchId, pick: impl Fn(&DocumentId) -> Option<T>) -> Vec<T> {
        let state = self.state();
        let Some(no) = state.branch_named(branch).map(|b| b.no) else { return Vec::new() };
        let mut all: Vec<T> = state.docs.values().filter(|d| d.branch == no).filter_map(|d| pick(&d.id)).collect();
        all.sort();
        all
    }

    /// The branch a document belongs to; `None`: no such document here.
    pub fn branch_of(&self, doc: &DocumentId) -> Option<BranchId> {
        let known = {
            let state = self.state();
            state.docs.get(doc).and_then(|d| state.branch(d.branch)).map(|b| b.name.clone())
        };
        known.or_else(|| {
            let row = self.inner.ledger.document(&self.inner.keys.document(doc)).ok().flatten()?;
            self.state().branch(row.branch).map(|b| b.name.clone())
        })
    }

    /// The entries of a document as they stand in the ledger, in the order of their arrival, each once; empty: no such document.
    ///
    /// A retry that regroups overlaps what is stored, and is kept whole: what came twice is told apart here, by text. One id with two texts
    /// is two entries.
    pub fn entries(&self, doc: &DocumentId) -> Result<Vec<Read>, OfficeError> {
        let once = |doc: &Doc| {
            let mut seen = HashSet::new();
            doc.held().into_iter().filter(|held| seen.insert(held.text_digest)).map(|held| held.read).collect()
        };
        self.with_doc(doc, |doc, _| once(doc)).map(Option::unwrap_or_default)
    }

    /// A document in hand, or read from the ledger for this once.
    pub(super) fn with_doc<R>(&self, id: &DocumentId, show: impl FnOnce(&Doc, &State) -> R) -> Result<Option<R>, OfficeError> {
        {
            let state = self.state();
            if let Some(doc) = state.docs.get(id) {
                return Ok(Some(show(doc, &state)));
            }
        }
        let inner = &self.inner;
        let Some(row) = inner.ledger.document(&inner.keys.document(id))? else { return Ok(None) };
        let doc = Doc::load(&row, &inner.keys, &*inner.ledger, &mut Default::default())?;
        {
            // What its entries say about clocks belongs to what is known of them.
            let mut state = inner.state.write().unwrap_or_else(PoisonError::into_inner);
            for held in doc.held() {
                state.clocks.entry(&held.read, held.received);
            }
        }
        Ok(Some(show(&doc, &self.state())))
    }

    /// Makes rows anew where something changed.
    fn refresh(&self, no: BranchNo) {
        if self.state().branch(no).is_some_and(|b| !b.dirty.is_empty()) {
            self.inner.state.write().unwrap_or_else(PoisonError::into_inner).refresh(no);
        }
    }

    fn branch_no(&self, branch: &BranchId) -> Option<BranchNo> {
        self.state().branch_named(branch).map(|b| b.no)
    }

    /// The board of a branch as of now, handed to `show` (it borrows the office's rows).
    pub fn board<R>(&self, branch: &BranchId, filter: &Filter, show: impl FnOnce(&BoardView<'_>) -> R) -> R {
        let no = self.branch_no(branch);
        if let Some(no) = no {
            self.refresh(no);
        }
        let (rows, phones) = {
            let state = self.state();
            let rows: Vec<Arc<BoardRow>> = state.docs.values().filter(|d| Some(d.branch) == no).filter_map(|d| d.row.clone()).collect();
            (rows, phone_facts(&state, branch))
        };
        show(&projection::board(rows.iter().map(|r| &**r), &phones, filter, &self.inner.rules, self.now()))
    }

    /// The rows of a branch whose facts changed after `version`, with the branch's count of changes now.
    pub fn rows_since(&self, branch: &BranchId, version: u64) -> (u64, Vec<Arc<BoardRow>>) {
        let Some(no) = self.branch_no(branch) else { return (0, Vec::new()) };
        self.refresh(no);
        let state = self.state();
        let Some(branch) = state.branch(no) else { return (0, Vec::new()) };
        let rows = branch.changed.range(version.saturating_add(1)..).filter_map(|(_, id)| state.docs.get(id)?.row.clone());
        (branch.version, rows.collect())
    }

    /// A visit's page as of now; `None`: no such visit here.
    pub fn visit(&self, visit: &VisitId) -> Result<Option<VisitView>, OfficeError> {
        let now = self.now();
        self.with_doc(&DocumentId::Visit(visit.clone()), |doc, state| {
            let mut view = projection::visit(visit, &doc.held(), &state.clocks, incoming(doc, &state.on_the_way()), now, &self.inner.rules);
            state.name(&mut view.facts);
            view
        })
    }

    /// A person's page as of now; `None`: no such person here.
    pub fn person(&self, person: &PersonId) -> Result<Option<PersonView>, OfficeError> {
        let doc = DocumentId::Person(person.clone());
        // Let go of before rows are made anew: the lock does not let one thread in twice.
        let no = self.state().docs.get(&doc).map(|d| d.branch);
        if let Some(no) = no {
            self.refresh(no);
        }
        let now = self.now();
        self.with_doc(&doc, |doc, state| {
            let visits: Vec<&BoardRow> =
                state.docs.values().filter(|d| d.plan.person.as_ref() == Some(person)).filter_map(|d| d.row.as_deref()).collect();
            projection::person(person, &doc.held(), &state.clocks, &visits, None, now, &self.inner.rules)
        })
    }

    /// The phones of a branch, by label.
    pub fn phones(&self, branch: &BranchId) -> Vec<PhoneRow> {
        let state = self.state();
        let mut rows: Vec<PhoneRow> = state
            .phones
            .values()
            .map(|phone| locked(phone))
            .filter(|phone| phone.branch == *branch)
            .map(|phone| {
                let mut readers = phone.readers();
                // A phone has a reader always: nobody takes the last one off.
                let first = readers.next().unwrap_or(&phone.worker);
                let worker = state.workers.get(first);
                PhoneRow {
                    device: phone.device.clone(),
                    label: phone.label.clone(),
                    worker: first.clone(),
                    worker_name: name_of(&state, first),
                    shared_with: readers.map(|w| (w.clone(), name_of(&state, w))).collect(),
                    taken_off: super::shut_out::rows(&state, &phone),
                    glass: glass(&state, &phone.device, self.now()),
                    worker_phone: worker.map(|w| w.phone.clone()).unwrap_or_default(),
                    branch: phone.branch.clone(),
                    enrolled: phone.enrolled,
                    revoked: phone.revoked,
                    revoked_for: phone.revoked_for.clone().map(|d| (d.by, d.why)),
                    last_heard: phone.heard,
                    waiting: phone.waiting,
                    oldest_waiting: phone.heartbeat.oldest_waiting.filter(|_| phone.waiting > 0),
                    battery: phone.heartbeat.battery,
                    app: phone.heartbeat.app.clone(),
                    clock_error_ms: phone.clock_error_ms,
                    plans_checked: phone.plans_checked(),
                    plans_held: phone.plans_held(),
                    received: phone.received,
                    held: phone.held,
                    forked: phone.forked,
                }
            })
            .collect();
        rows.sort_by(|a, b| a.label.cmp(&b.label).then_with(|| a.device.cmp(&b.device)));
        rows
    }

    /// Which phone last confirmed which version of whose plan, by person.
    pub fn plan_versions(&self, branch: &BranchId) -> Result<Vec<PlanRow>, OfficeError> {
        let now = self.now();
        let state = self.state();
        let Some(no) = state.branch_named(branch).map(|b| b.no) else { return Ok(Vec::new()) };
        let here = |phone: &Phone| phone.branch == *branch && phone.revoked.is_none();
        let phones: Vec<Phone> = state.phones.values().map(|phone| locked(phone).clone()).filter(here).collect();
        // Of a shared phone each worker's vault by itself: a plan in one of them is on nobody else's screen.
        let vaults: Vec<(&Phone, &WorkerId, &Shelf, scope::Sees)> = phones
            .iter()
            .flat_map(|phone| phone.readers().filter_map(move |w| phone.shelf(w).map(|shelf| (phone, w, shelf))))
            .map(|(phone, worker, shelf)| (phone, worker, shelf, scope::sees(&state, worker, no, now)))
            .collect();
        let mut rows = Vec::new();
        for doc in state.docs.values().filter(|d| d.branch == no) {
            let DocumentId::Person(person) = &doc.id else { continue };
            let view = projection::person(person, &doc.held(), &state.clocks, &[], None, now, &self.inner.rules);
            let newest = view.versions.iter().find(|v| matches!(v.state, VersionState::Current | VersionState::Contested));
            let current = newest.map(|v| PlanRef { person: person.clone(), version: v.plan.version, digest: v.digest });
            let mut on_phones: Vec<PlanOnPhone> = Vec::new();
            for (phone, worker, shelf, sees) in &vaults {
                let held = shelf.plans_held.iter().find(|p| p.person == *person).cloned();
                if held.is_none() && !sees.person(person) {
                    continue;
                }
                let standing = match (&held, &current) {
                    (None, _) => PlanStanding::NotHeld,
                    (Some(held), Some(now)) if held.digest == now.digest => PlanStanding::Same,
                    (Some(held), _) if view.versions.iter().any(|v| v.digest == held.digest && v.state == VersionState::Replaced) => {
                        PlanStanding::Older
                    }
                    _ => PlanStanding::Other,
                };
                on_phones.push(PlanOnPhone {
                    device: phone.device.clone(),
                    label: phone.label.clone(),
                    worker_name: name_of(&state, worker),
                    held,
                    confirmed: shelf.plans_at,
                    standing,
                });
            }
            on_phones.sort_by(|a, b| a.label.cmp(&b.label).then_with(|| a.device.cmp(&b.device)));
            rows.push(PlanRow {
                person: person.clone(),
                name: view.details.first().map_or_else(|| person.to_string(), |d| d.what.name.clone()),
                current,
                effective: newest.map(|v| v.plan.effective),
                contested: matches!(view.plan, PlanState::Contested { .. }),
                phones: on_phones,
            });
        }
        rows.sort_by(|a, b| a.person.cmp(&b.person));
        Ok(rows)
    }

    /// The outages of a branch, latest first.
    pub fn outages(&self, branch: &BranchId) -> Result<Vec<OutageRow>, OfficeError> {
        let state = self.state();
        let Some(no) = state.branch_named(branch).map(|b| b.no) else { return Ok(Vec::new()) };
        let mut rows = Vec::new();
        for doc in state.docs.values().filter(|d| d.branch == no) {
            let DocumentId::Outage(outage) = &doc.id else { continue };
            let mut row: Option<OutageRow> = None;
            for entry in doc.held().iter().filter_map(|h| h.read.known()) {
                match (&entry.body, &mut row) {
                    (Body::OutageOpened(opened), None) => {
                        row = Some(OutageRow {
                            outage: outage.clone(),
                            branch: branch.clone(),
                            opened_by: entry.author.worker.clone(),
                            opened: opened.clone(),
                            closed: None,
                        });
                    }
                    (Body::OutageClosed(closed), Some(row)) => row.closed = Some((entry.author.worker.clone(), closed.clone())),
                    _ => {}
                }
            }
            rows.extend(row);
        }
        rows.sort_by(|a, b| b.opened.since.cmp(&a.opened.since).then_with(|| a.outage.cmp(&b.outage)));
        Ok(rows)
    }

    /// Lines for the metrics: how much is in hand. No person in any of them.
    pub fn gauges(&self) -> Vec<(&'static str, &'static str, u64)> {
        let state = self.state();
        let waiting: u64 = state.phones.values().map(|p| u64::from(locked(p).waiting)).sum();
        vec![
            ("holdfast_branches", "Branches.", state.branches.len() as u64),
            ("holdfast_documents_in_hand", "Documents held in memory.", state.docs.len() as u64),
            ("holdfast_documents_damaged", "Documents that could not be read from the store; run verify.", state.damaged),
            ("holdfast_phones", "Phones that were ever enrolled.", state.phones.len() as u64),
            ("holdfast_entries_waiting", "Entries that phones said they still hold.", waiting),
            ("holdfast_segments", "Segments that are durable.", state.branches.iter().map(|b| b.seq).sum()),
        ]
    }
}

pub(super) fn name_of(state: &State, worker: &WorkerId) -> String {
    state.workers.get(worker).map_or_else(|| worker.to_string(), |w| w.name.clone())
}

/// When a phone was last opened past its lease within the days in hand. The entry stands in every visit and with every person that became
/// readable; any of them tells it.
fn glass(state: &State, device: &DeviceId, now: Millis) -> Option<GlassRow> {
    let since = now.plus(-DAYS_IN_HAND * DAY);
    let docs = state.by_device.get(device)?.iter().filter_map(|id| state.docs.get(id));
    let segments =
        docs.flat_map(|doc| &doc.segments).filter(|s| s.kept.glass && s.push.header.device == *device && s.push.received >= since);
    segments
        .flat_map(|s| s.texts())
        .filter_map(|text| match Read::parse(&text).ok()? {
            Read::Known(entry) => match entry.body {
                Body::BreakGlass(said) => Some(GlassRow { author: entry.author, at: entry.recorded.at, reason: said.reason }),
                _ => None,
            },
            Read::Unreadable(_) => None,
        })
        .max_by_key(|row| row.at)
}

fn phone_facts(state: &State, branch: &BranchId) -> Vec<PhoneFacts> {
    let mut facts: Vec<PhoneFacts> = state
        .phones
        .values()
        .map(|phone| locked(phone))
        .filter(|phone| phone.branch == *branch && phone.revoked.is_none())
        .flat_map(|phone| {
            let of = |worker: &WorkerId| PhoneFacts {
                device: phone.device.clone(),
                worker: Some(worker.clone()),
                label: phone.label.clone(),
                heard: phone.heard,
                waiting: phone.waiting,
                plans_checked: phone.shelf(worker).and_then(|s| s.plans_at),
            };
            phone.readers().map(of).collect::<Vec<_>>()
        })
        .collect();
    facts.sort_by(|a, b| (&a.label, &a.device, &a.worker).cmp(&(&b.label, &b.device, &b.worker)));
    facts
}
