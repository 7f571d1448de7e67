//! What a worker asks the phone to write down.

use holdfast_model::entry::{Body, Happened};
use holdfast_model::id::{ChainEpoch, DocumentId, EntryId, VisitId};
use holdfast_model::time::Millis;

/// One tap's worth: what is said, and when it happened if that was not now.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// The statement. A task's or a medicine's words may be left empty: the phone fills in what its screen showed.
    pub body: Body,
    /// When it happened, if not as it is recorded.
    pub happened: Option<Happened>,
    /// Number of this statement in a system it is taken over from.
    pub reference: Option<String>,
}

impl Intent {
    /// It happened as it is recorded.
    pub fn now(body: Body) -> Intent {
        Intent { body, happened: None, reference: None }
    }
    /// It happened at another time, seen on a clock then.
    pub fn at(body: Body, at: Millis) -> Intent {
        let happened = Happened { at, give_or_take_min: 0, basis: holdfast_model::entry::Basis::Seen };
        Intent { body, happened: Some(happened), reference: None }
    }
}

/// What is known once an entry is durable on this phone: given back only after COMMIT.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Saved {
    /// The entry's name.
    pub entry: EntryId,
    /// Its document.
    pub doc: DocumentId,
    /// Its stretch of the chain.
    pub epoch: ChainEpoch,
    /// Its place in the chain.
    pub seq: u64,
    /// What the phone's wall clock said.
    pub recorded: Millis,
}

impl Saved {
    /// The visit, when the entry belongs to one.
    pub fn visit(&self) -> Option<&VisitId> {
        match &self.doc {
            DocumentId::Visit(id) => Some(id),
            DocumentId::Person(_) | DocumentId::Outage(_) => None,
        }
    }
}
