//! The synchronous core of the office.

mod view;

pub use view::*;

use crate::error::OfficeError;
use crate::faults::Faults;
use holdfast_model::entry::{Body, Read};
use holdfast_model::id::{BranchId, DeviceId, DocumentId, EntryId, PersonId, ProviderId, VisitId, WorkerId};
use holdfast_model::port::{Answer, Ask, Clock, Random};
use holdfast_model::projection::{BoardRow, BoardView, Filter, PersonView, Rules, VisitView};
use holdfast_model::time::Millis;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::broadcast;

/// What an office is made of.
pub struct OfficeConfig {
    /// The directory of the store; made when missing.
    pub data: PathBuf,
    /// The master key, kept outside that directory.
    pub master_key: [u8; 32],
    /// The office's clocks.
    pub clock: Arc<dyn Clock>,
    /// Where keys and ids come from.
    pub random: Arc<dyn Random>,
    /// True when the clock is not the machine's: every page then says DRILL.
    pub drill: bool,
    /// The provider, written down when the store is new.
    pub provider: ProviderId,
    /// The first branch, written down when the store is new.
    pub branch: BranchId,
    /// Milliseconds that a phone may be read without contact.
    pub lease_ms: i64,
    /// For tests of tests only.
    #[doc(hidden)]
    pub faults: Faults,
}

/// Something is new: whoever listens may pull.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nudge {
    /// Where.
    pub branch: BranchId,
    /// Its counter now.
    pub seq: u64,
}

/// The office. Cheap to clone; every clone is the same office.
#[derive(Clone)]
pub struct Office {
    _inner: Arc<()>,
}

#[allow(unused_variables, clippy::unimplemented)]
impl Office {
    /// Opens the store, or makes it.
    pub fn open(config: OfficeConfig) -> Result<Office, OfficeError> {
        unimplemented!("arrives with the ledger")
    }
    /// Answers `POST /v1/enrol` and `POST /v1/sync`. Blocks until what the request brought is durable.
    pub fn answer(&self, ask: Ask) -> Answer {
        unimplemented!("arrives with the ledger")
    }
    /// Records what somebody in the office says, through the office's own device and chain. Returns when it is durable.
    pub fn record(&self, author: &WorkerId, doc: DocumentId, body: Body) -> Result<EntryId, OfficeError> {
        unimplemented!("arrives with the ledger")
    }
    /// Records all or nothing, in one transaction: what an import does. New or changed workers go with it.
    pub fn record_many(
        &self,
        author: &WorkerId,
        branch: &BranchId,
        workers: &[WorkerRecord],
        statements: Vec<Statement>,
    ) -> Result<Recorded, OfficeError> {
        unimplemented!("arrives with the ledger")
    }
    /// The office's clock.
    pub fn now(&self) -> Millis {
        unimplemented!("arrives with the ledger")
    }
    /// True when the office does not run on the machine's clock.
    pub fn drill(&self) -> bool {
        unimplemented!("arrives with the ledger")
    }
    /// The provider.
    pub fn provider(&self) -> ProviderId {
        unimplemented!("arrives with the ledger")
    }
    /// The directory of the store.
    pub fn data_dir(&self) -> PathBuf {
        unimplemented!("arrives with the ledger")
    }
    /// Every branch that is known here.
    pub fn branches(&self) -> Vec<BranchId> {
        unimplemented!("arrives with the ledger")
    }
    /// A branch's counter: moves whenever something of it is new.
    pub fn seq(&self, branch: &BranchId) -> u64 {
        unimplemented!("arrives with the ledger")
    }
    /// Tells whoever listens when something is new.
    pub fn subscribe(&self) -> broadcast::Receiver<Nudge> {
        unimplemented!("arrives with the ledger")
    }
    /// Everybody who works for the provider, by number.
    pub fn workers(&self) -> Vec<WorkerRecord> {
        unimplemented!("arrives with the ledger")
    }
    /// Everybody supported by a branch.
    pub fn people(&self, branch: &BranchId) -> Vec<PersonId> {
        unimplemented!("arrives with the ledger")
    }
    /// The branch a document belongs to; `None`: no such document here.
    pub fn branch_of(&self, doc: &DocumentId) -> Option<BranchId> {
        unimplemented!("arrives with the ledger")
    }
    /// The entries of a document as they stand in the ledger, in the order of their arrival; empty: no such document.
    pub fn entries(&self, doc: &DocumentId) -> Result<Vec<Read>, OfficeError> {
        unimplemented!("arrives with the ledger")
    }
    /// The phones of a branch.
    pub fn phones(&self, branch: &BranchId) -> Vec<PhoneRow> {
        unimplemented!("arrives with the ledger")
    }
    /// Which phone last confirmed which version of whose plan.
    pub fn plan_versions(&self, branch: &BranchId) -> Result<Vec<PlanRow>, OfficeError> {
        unimplemented!("arrives with the ledger")
    }
    /// What is held for checking.
    pub fn held_for_checking(&self, branch: &BranchId) -> Result<Vec<HeldRow>, OfficeError> {
        unimplemented!("arrives with the ledger")
    }
    /// The outages of a branch, latest first.
    pub fn outages(&self, branch: &BranchId) -> Result<Vec<OutageRow>, OfficeError> {
        unimplemented!("arrives with the ledger")
    }
    /// Makes a one-time code that enrols a phone for this worker.
    pub fn enrol_code(&self, worker: &WorkerId, valid_ms: i64) -> Result<EnrolCode, OfficeError> {
        unimplemented!("arrives with the ledger")
    }
    /// Shuts a phone out: it is served nothing new; what it still brings is held for checking.
    pub fn revoke(&self, device: &DeviceId) -> Result<(), OfficeError> {
        unimplemented!("arrives with the ledger")
    }
    /// Visits of a branch that the office has in hand, with the start the rota gives them.
    pub fn visit_ids(&self, branch: &BranchId) -> Vec<VisitId> {
        unimplemented!("arrives with the ledger")
    }
    /// The board of a branch as of now, handed to `show` (it borrows the office's rows).
    pub fn board<R>(&self, branch: &BranchId, filter: &Filter, show: impl FnOnce(&BoardView<'_>) -> R) -> R {
        unimplemented!("arrives with the projector")
    }
    /// The rows of a branch whose facts changed after `seq`, with the branch's counter now.
    pub fn rows_since(&self, branch: &BranchId, seq: u64) -> (u64, Vec<Arc<BoardRow>>) {
        unimplemented!("arrives with the projector")
    }
    /// A visit's page as of now; `None`: no such visit here.
    pub fn visit(&self, visit: &VisitId) -> Result<Option<VisitView>, OfficeError> {
        unimplemented!("arrives with the projector")
    }
    /// A person's page as of now; `None`: no such person here.
    pub fn person(&self, person: &PersonId) -> Result<Option<PersonView>, OfficeError> {
        unimplemented!("arrives with the projector")
    }
    /// What the provider has set.
    pub fn rules(&self) -> Rules {
        unimplemented!("arrives with the projector")
    }
    /// Writes out what is still in memory only (heartbeats, clock samples), and stops the writer.
    pub fn close(&self) {
        unimplemented!("arrives with the ledger")
    }
}
