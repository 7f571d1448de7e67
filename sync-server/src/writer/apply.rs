//! What has become durable is taken into what is in hand, and only then is anybody told.

use super::Writer;
use super::plan::Plan;
use crate::error::OfficeError;
use crate::ledger::Table;
use crate::office::Nudge;
use crate::state::{Branch, Doc, day_of};
use holdfast_model::id::DocumentId;
use std::collections::HashSet;
use std::sync::PoisonError;

impl Writer {
    /// Takes what has become durable into what is in hand.
    pub(super) fn apply(&self, plan: Plan) -> Vec<Nudge> {
        self.keys.durable(plan.batch.sealed.iter().filter(|(t, _)| *t == Table::Key).map(|(_, r)| r.row.as_slice()));
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.sweep(day_of(self.clock.read().wall));
        state.last_push = plan.last_push;
        for (push, parcel) in plan.parcels {
            state.parcels.keep(push, parcel);
        }
        for (no, name) in plan.new_branches {
            state.branches.push(Branch::new(no, name, 0));
        }
        for worker in plan.workers {
            state.workers.insert(worker.id.clone(), worker);
        }
        state.chains.extend(plan.chains);
        for (device, new, held, fork) in plan.counted {
            if let Some(phone) = state.phones.get(&device) {
                let mut phone = phone.lock().unwrap_or_else(PoisonError::into_inner);
                phone.received += new;
                phone.held += held;
                phone.forked |= fork;
                phone.dirty = true;
            }
        }
        let mut loaded: HashSet<DocumentId> = HashSet::new();
        for doc in plan.new_docs.values() {
            if !doc.stored {
                state.insert(Doc::new(doc));
                continue;
            }
            // A visit of days gone by: everything of it is in the ledger, what was just written included.
            let whole = self.ledger.document(&doc.key).and_then(|row| {
                let row = row.ok_or_else(|| OfficeError::Damaged("a document is missing".into()))?;
                Doc::load(&row, &self.keys, &*self.ledger, &mut state.clocks)
            });
            match whole {
                Ok(whole) => {
                    loaded.insert(doc.id.clone());
                    state.insert(whole);
                }
                Err(e) => tracing::error!(code = e.code(), "a document could not be read back; it is left out of the board"),
            }
        }
        for (id, stored, gist) in plan.stored {
            let Some(no) = state.docs.get(&id).map(|d| d.branch) else { continue };
            if let Some(branch) = state.branch_mut(no) {
                branch.ring.push_back(stored.clone());
            }
            if !loaded.contains(&id) {
                state.take(&id, stored, &gist);
            }
        }
        for (id, day) in plan.days {
            if let Some(doc) = state.docs.get_mut(&id) {
                doc.day = day;
            }
        }
        let mut nudges = Vec::new();
        for (no, seq) in plan.seqs {
            if let Some(branch) = state.branch_mut(no) {
                branch.seq = seq;
                nudges.push(Nudge { branch: branch.name.clone(), seq });
            }
        }
        nudges
    }
}
