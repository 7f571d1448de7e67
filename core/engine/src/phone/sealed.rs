//! What a phone hands over: its own entries as they are, or, when it cannot read them, the copies that were sealed for the office alone as
//! they were recorded. So a phone delivers while it is locked, past its lease, shut out, or after too many wrong PINs.

use super::Phone;
use super::docs;
use crate::error::EngineError;
use crate::store::OwnRow;
use holdfast_model::document::{ChangeRecord, segments};
use holdfast_model::id::{ChainEpoch, Digest, DocumentId};
use holdfast_model::limits;
use holdfast_model::time::Millis;
use holdfast_model::wire::{Push, PushHeader, SealedEntry, SealedPush, push_header};
use holdfast_vault::{Opened, Verdict};
use std::ops::ControlFlow;

/// Most entries of an earlier epoch in one request.
const PIECE: u64 = 256;
/// Most bytes of sealed copies of an earlier epoch in one request: with a whole batch of the current one they stay below a body's bound.
const PIECE_BYTES: usize = 512 * 1024;

/// One stretch of the chain.
pub(super) enum Stretch {
    /// As it is.
    Open(Push),
    /// Sealed for the office.
    Sealed(SealedPush),
}

/// Everything that one request hands over.
#[derive(Default)]
pub(super) struct Outgoing {
    pub(super) open: Vec<Push>,
    pub(super) sealed: Vec<SealedPush>,
}

impl Outgoing {
    pub(super) fn add(&mut self, stretch: Option<Stretch>) {
        match stretch {
            Some(Stretch::Open(push)) => self.open.push(push),
            Some(Stretch::Sealed(push)) => self.sealed.push(push),
            None => {}
        }
    }
}

impl Phone {
    /// What an earlier epoch still has to hand over, a piece at a time.
    pub(super) fn older_stretch(&self) -> Result<Option<Stretch>, EngineError> {
        let epochs = self.store()?.epochs()?;
        for (old, next) in epochs.iter().zip(epochs.iter().skip(1)) {
            let made = (next.first_n - old.first_n).max(0) as u64;
            if old.acked < made {
                let last = made.min(old.acked + PIECE);
                if let Some(stretch) = self.stretch(old.epoch, old.acked + 1, last, PIECE_BYTES)? {
                    return Ok(Some(stretch));
                }
            }
        }
        Ok(None)
    }

    /// Reads a stretch of the chain, as much as fits, and signs its header. What opens goes as it is; where the first entry does not, its
    /// sealed copy goes, and those of the entries behind it.
    pub(super) fn stretch(&self, epoch: ChainEpoch, first: u64, last: u64, max_bytes: usize) -> Result<Option<Stretch>, EngineError> {
        let store = self.store()?;
        let Some(of) = store.epochs()?.into_iter().find(|e| e.epoch == epoch) else { return Ok(None) };
        let n_of = |seq: u64| of.first_n + seq as i64 - 1;
        let prev = if first == 1 { Digest::ZERO } else { store.head_at(n_of(first) - 1)? };
        let (mut records, mut head, mut bytes, mut room) = (Vec::new(), prev, 0, Opened::default());
        store.each_own(n_of(first), n_of(last), |row| {
            let Some(record) = self.opened(&row, &mut room).filter(|_| row.epoch == epoch) else { return Ok(ControlFlow::Break(())) };
            bytes += record.1.text.len();
            if records.len() == limits::PUSH_ENTRIES || bytes > max_bytes && !records.is_empty() {
                return Ok(ControlFlow::Break(()));
            }
            records.push(record);
            head = row.head;
            Ok(ControlFlow::Continue(()))
        })?;
        if records.is_empty() {
            let mut rows = store.own(n_of(first), n_of(last), limits::PUSH_ENTRIES)?;
            rows.retain(|row| row.epoch == epoch);
            return Ok(self.sealed_stretch(epoch, first, prev, &rows, max_bytes)?.map(Stretch::Sealed));
        }
        let texts: Vec<Digest> = records.iter().map(|(_, record, _)| record.text.digest()).collect();
        let segments = segments(&records);
        let header = push_header(&self.enrolment()?.device, epoch, first, prev, &texts, &segments);
        let header = self.signed(header, head)?;
        Ok(Some(Stretch::Open(Push { header, segments })))
    }

    /// An own entry, when the keys at hand open it.
    fn opened(&self, row: &OwnRow<&[u8]>, room: &mut Opened) -> Option<(DocumentId, ChangeRecord, Digest)> {
        docs::decode_own(&self.reading.as_ref()?.keys, row.n, row.sealed, room).ok()
    }

    /// The copies that were sealed for the office. One whose copy is gone (earlier versions let it go with the receipt) waits until its worker
    /// unlocks, as long as they can; else its bytes go as they lie here, so that one lost entry never stops those behind it.
    fn sealed_stretch(
        &self,
        epoch: ChainEpoch,
        first: u64,
        prev: Digest,
        rows: &[OwnRow],
        max_bytes: usize,
    ) -> Result<Option<SealedPush>, EngineError> {
        let (store, sleeping) = (self.store()?, self.sleeping_vaults()?);
        let (mut entries, mut segments, mut bytes) = (Vec::new(), Vec::new(), 0);
        for row in rows {
            let sealed = match store.outbox(row.n)? {
                Some(sealed) => sealed,
                None if sleeping.contains(&row.vault) => break,
                None => row.sealed.clone(),
            };
            let [text, segment] = row.proof;
            bytes += sealed.len();
            if bytes > max_bytes && !entries.is_empty() || sealed.len() > limits::SEALED_BYTES {
                break;
            }
            segments.push(segment);
            entries.push(SealedEntry { text, sealed });
        }
        let Some(last) = entries.len().checked_sub(1) else { return Ok(None) };
        let texts: Vec<Digest> = entries.iter().map(|e| e.text).collect();
        let mut header = push_header(&self.enrolment()?.device, epoch, first, prev, &texts, &[]);
        header.segments = segments;
        Ok(Some(SealedPush { header: self.signed(header, rows[last].head)?, entries }))
    }

    /// Signs a header that leads to where the chain was when the entries were recorded, and no other.
    fn signed(&self, mut header: PushHeader, head: Digest) -> Result<PushHeader, EngineError> {
        if header.head != head {
            return Err(EngineError::SealBroken);
        }
        let signature = self.ports.custodian.sign(&header.signed_bytes())?;
        header.sig = holdfast_vault::sign::signature_text(&signature);
        Ok(header)
    }

    /// Wall-clock time of the oldest entry that waits; `None` too when it cannot be read.
    pub(super) fn oldest_waiting(&self) -> Result<Option<Millis>, EngineError> {
        let store = self.store()?;
        for epoch in store.epochs()? {
            let mut oldest = None;
            store.each_own(epoch.first_n + epoch.acked as i64, i64::MAX, |row| {
                if row.epoch == epoch.epoch {
                    let text = self.opened(&row, &mut Opened::default()).map(|(_, record, _)| record.text);
                    oldest = Some(text.and_then(|text| holdfast_model::entry::Read::parse(&text).ok()).map(|read| read.clocks().0.at));
                }
                Ok(ControlFlow::Break(()))
            })?;
            if let Some(at) = oldest {
                return Ok(at);
            }
        }
        Ok(None)
    }

    /// True once too many wrong PINs have destroyed a vault's key: no PIN opens it again.
    pub(super) fn read_path_gone(&self, vault: i64) -> Result<bool, EngineError> {
        Ok(self.lockout(vault)?.verdict(&self.ports.clock.read()) == Verdict::Destroyed)
    }

    /// Documents that left the phone's scope and wait for their own entries to reach the office.
    pub(super) fn dropping(&self) -> Result<Vec<DocumentId>, EngineError> {
        match self.store()?.own_meta("dropping")? {
            Some(sealed) => {
                let bytes = self.reading()?.keys.open("dropping", 0, &sealed)?;
                serde_json::from_slice(&bytes).map_err(|_| EngineError::SealBroken)
            }
            None => Ok(Vec::new()),
        }
    }
}
