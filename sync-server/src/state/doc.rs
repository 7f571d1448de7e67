//! One document in hand: its segments, where it stands for an author, and its place in plans.

use super::{Stored, StoredPush, load_push, load_segment};
use crate::error::OfficeError;
use crate::keys::Keys;
use crate::ledger::{BranchNo, DAY_ALWAYS, DocumentKey, DocumentRow, Ledger};
use holdfast_model::chronology::Clocks;
use holdfast_model::document::Tail;
use holdfast_model::entry::Read;
use holdfast_model::id::{DeviceId, Digest, DocumentId, PersonId, WorkerId};
use holdfast_model::projection::{BoardRow, Held};
use holdfast_model::time::Millis;
use holdfast_vault::DataKey;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Where a visit stands in plans: what scopes are made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// Whom.
    pub person: Option<PersonId>,
    /// When.
    pub start: Option<Millis>,
    /// Whose it is, or who wrote about being there.
    pub workers: BTreeSet<WorkerId>,
}

/// A document in hand.
pub struct Doc {
    /// Which.
    pub id: DocumentId,
    /// Its name in the ledger.
    pub key: DocumentKey,
    /// Where.
    pub branch: BranchNo,
    /// Under which key it is sealed.
    pub subject: Arc<DataKey>,
    /// Day on which it matters.
    pub day: i64,
    /// Its segments, by counter.
    pub segments: Vec<Arc<Stored>>,
    /// Where it stands, for an author.
    pub tail: Tail,
    /// A visit's place in plans.
    pub plan: Plan,
    /// Phones that wrote in it.
    pub devices: Vec<DeviceId>,
    /// The counter from which nothing of it is handed on.
    pub withheld_from: Option<u64>,
    /// What the entries add up to, as of `version`.
    pub row: Option<Arc<BoardRow>>,
    /// When the row last changed, in the branch's count of changes.
    pub version: u64,
}

impl Doc {
    /// A document that holds nothing yet.
    pub fn new(row: &NewDoc) -> Doc {
        Doc {
            id: row.id.clone(),
            key: row.key,
            branch: row.branch,
            subject: row.subject.clone(),
            day: row.day,
            segments: Vec::new(),
            tail: Tail::genesis(),
            plan: Plan::default(),
            devices: Vec::new(),
            withheld_from: None,
            row: None,
            version: 0,
        }
    }

    /// Reads a whole document from the ledger.
    pub fn load(row: &DocumentRow, keys: &Keys, ledger: &dyn Ledger, clocks: &mut Clocks) -> Result<Doc, OfficeError> {
        let id = keys.open_document(&row.key, &row.sealed)?;
        let new = NewDoc { id, key: row.key, branch: row.branch, subject: keys.key_of(&row.sealed)?, day: row.day, stored: true };
        let mut doc = Doc::new(&new);
        let mut pushes: HashMap<i64, Arc<StoredPush>> = HashMap::new();
        for (push, segment) in ledger.segments_of(&row.key)? {
            let push = match pushes.get(&push) {
                Some(known) => known.clone(),
                None => {
                    let loaded = load_push(push, ledger)?;
                    pushes.insert(push, loaded.clone());
                    loaded
                }
            };
            let stored = Arc::new(load_segment(segment, push, keys)?);
            for read in stored.texts().iter().filter_map(|t| Read::parse(t).ok()) {
                clocks.entry(&read, Some(stored.push.received));
            }
            if !doc.devices.contains(&stored.push.header.device) {
                doc.devices.push(stored.push.header.device.clone());
            }
            doc.advance(&stored);
            doc.segments.push(stored);
        }
        doc.plan = doc.planned(clocks);
        Ok(doc)
    }

    /// Where it stands once this segment was added.
    pub(super) fn advance(&mut self, stored: &Stored) {
        if stored.withheld.is_some() && !stored.reviewed {
            self.withheld_from = Some(self.withheld_from.map_or(stored.seq, |s| s.min(stored.seq)));
        }
        let head = &stored.kept.head;
        let mut before: Option<Digest> = None;
        for (i, change) in stored.changes.iter().enumerate() {
            let deps = before.as_ref().map_or(head.deps.as_slice(), std::slice::from_ref);
            self.tail.after(*change, deps, head.start_op + i as u64);
            before = Some(*change);
        }
    }

    /// Its place in plans, by what its entries add up to.
    pub(super) fn planned(&self, clocks: &Clocks) -> Plan {
        match &self.id {
            DocumentId::Visit(visit) => {
                let row = holdfast_model::projection::row(visit, &self.held(), clocks, None);
                Plan { person: row.person, start: row.start, workers: row.workers.into_iter().map(|w| w.worker).collect() }
            }
            DocumentId::Person(person) => Plan { person: Some(person.clone()), ..Plan::default() },
            DocumentId::Outage(_) => Plan::default(),
        }
    }

    /// Its entries, as projections take them.
    pub fn held(&self) -> Vec<Held> {
        let mut all = Vec::new();
        for stored in &self.segments {
            all.extend(stored.held());
        }
        all
    }
}

/// A document that the ledger does not have yet, or as it has it.
#[derive(Clone)]
pub struct NewDoc {
    /// Which.
    pub id: DocumentId,
    /// Its name in the ledger.
    pub key: DocumentKey,
    /// Where.
    pub branch: BranchNo,
    /// Under which key it is sealed.
    pub subject: Arc<DataKey>,
    /// Day on which it matters.
    pub day: i64,
    /// True when the ledger holds segments of it already.
    pub stored: bool,
}

impl NewDoc {
    /// Days that always matter stay; others move to the later one.
    pub fn later(day: i64, other: i64) -> i64 {
        if day == DAY_ALWAYS { day } else { day.max(other) }
    }
}
