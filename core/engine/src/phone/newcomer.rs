//! Writing without a vault: a newcomer picks up a locked phone and has something to say now. They give a name and a staff number; what they write is
//! sealed for the office alone, and says that nobody proved to be its author. They read nothing here, and nobody here reads what they wrote until
//! the office has handed it on.

use super::Phone;
use super::record::Stamp;
use super::validate::{self, Offered};
use crate::error::{EngineError, Problem};
use crate::intent::{Intent, Saved};
use crate::store::{NOBODYS, OwnRow};
use holdfast_model::document::{self, Hand, Tail};
use holdfast_model::entry::{Author, Body, Happened, Unplanned};
use holdfast_model::id::{DocumentId, VisitId, WorkerId};
use holdfast_model::{chain, wire};
use holdfast_vault::{OutboxPlace, OutboxSealer};

/// Longest name that somebody may give, in bytes: with the number it fits the bounds of a packed author.
pub const NAME_BYTES: usize = 120;

/// Somebody without a vault on this phone, as they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Newcomer {
    /// Their staff number.
    pub worker: WorkerId,
    /// Their name.
    pub name: String,
}

impl Phone {
    /// Records something about a visit for somebody without a vault here. The phone may be locked, and stays as it is. Whether there is such a
    /// visit the phone cannot tell: the office can. When this returns, it is durable.
    pub fn record_as_newcomer(&mut self, who: &Newcomer, visit: &VisitId, intent: Intent) -> Result<Saved, EngineError> {
        let doc = DocumentId::Visit(visit.clone());
        if let Body::Unplanned(_) = intent.body {
            return Err(EngineError::NotRecorded(vec![Problem::NotForPhones { kind: intent.body.kind() }]));
        }
        self.guarded(|phone| phone.write_for_the_office(who, &doc, intent))
    }

    /// Begins a visit for somebody without a vault here. Further entries are recorded under the visit it names.
    pub fn unplanned_as_newcomer(&mut self, who: &Newcomer, what: Unplanned, happened: Option<Happened>) -> Result<Saved, EngineError> {
        self.enrolment()?;
        let doc = DocumentId::Visit(self.new_visit());
        let intent = Intent { body: Body::Unplanned(what), happened, reference: None };
        self.guarded(|phone| phone.write_for_the_office(who, &doc, intent))
    }

    fn write_for_the_office(&mut self, who: &Newcomer, doc: &DocumentId, intent: Intent) -> Result<Saved, EngineError> {
        self.enrolment()?;
        self.settle()?;
        let clock = self.ports.clock.read();
        self.notice_clock(clock)?;
        let Intent { body, happened, reference } = intent;
        let mut problems = validate::problems(&body, happened, self.latest_now(clock), &Offered::default());
        let name = who.name.trim();
        if name.is_empty() {
            problems.push(Problem::TextMissing { field: "name" });
        }
        if name.len() > NAME_BYTES {
            problems.push(Problem::TextTooLong { field: "name", bytes: name.len(), most: NAME_BYTES });
        }
        // Whose an entry is that they would put right nobody can tell here.
        if let Body::Amended(_) | Body::Withdrawn(_) | Body::BreakGlass(_) = body {
            problems.push(Problem::NotForPhones { kind: body.kind() });
        }
        if !problems.is_empty() {
            return Err(EngineError::NotRecorded(problems));
        }
        let author = Author::unconfirmed(who.worker.clone(), name.to_owned());
        let (entry, text) = self.stamped(doc, Stamp { author, happened, plan: None, reference, body, clock })?;

        // What the visit holds cannot be read, so this stands beside it: written by somebody who had seen nothing of it. A hand of its own each
        // time, since nothing of one is kept.
        let mut random = [0; 16];
        self.ports.random.fill(&mut random);
        let (record, hash) = document::author(&mut Tail::genesis(), &mut Hand::new(random), entry.id, &text);
        let bytes = document::encode_change(doc, &record, hash);
        let enrolment = self.enrolment()?;
        let (provider, device) = (&enrolment.provider, &enrolment.device);
        let sealer = OutboxSealer::new(&enrolment.provider_key, provider, device, self.ports.random.as_ref())
            .map_err(|_| EngineError::ProviderKey)?;
        let place = OutboxPlace { provider, device, epoch: entry.epoch, seq: entry.seq };
        let outbox = sealer.seal(&place, &bytes, self.ports.random.as_ref());
        let row = OwnRow {
            n: self.chain.at.last_n + 1,
            epoch: entry.epoch,
            seq: entry.seq,
            head: chain::next(self.chain.at.head, record.text.digest()),
            sealed: Vec::new(),
            proof: wire::proof(&(doc.clone(), record, hash)),
            vault: NOBODYS,
        };
        let store = self.store()?;
        store.make_room(outbox.len())?;
        store.write(|tx| tx.append(&row, &outbox))?;
        Ok(self.appended(&row, entry))
    }
}
