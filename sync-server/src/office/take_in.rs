//! Finding, among what is held, the push that it came with, and making it ready for its place in the record.

use super::review::{ReviewError, WITHHELD};
use super::{Office, locked};
use crate::error::OfficeError;
use crate::held::{HeldPlace, UNKNOWN, UNOPENED, of_shut_out, open, segment_of};
use crate::ingest::ShutOut;
use crate::ledger::{BranchNo, HeldRaw};
use crate::phone::Phone;
use crate::ready::{Ready, Reviewed};
use crate::state::{Doc, State, Stored, header_of};
use holdfast_model::document::Segment;
use holdfast_model::entry::{Read, Text};
use holdfast_model::id::{BranchId, ChainEpoch, DeviceId, Digest, DocumentId};
use holdfast_model::wire::{self, Push, PushHeader, Unopened, Unsealed};
use holdfast_vault::PublicKey;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError};

/// What taking something in comes to.
#[derive(Default)]
pub(super) struct ToTake {
    /// Pushes, checked again.
    pub ready: Vec<Ready>,
    /// Segments that are in the record already, and stand from now on.
    pub released: Vec<(BranchNo, u64)>,
    /// Entries that are new in the record by this.
    pub new: u64,
}

impl Office {
    /// What is to be stored so that this hold has its place.
    pub(super) fn to_take(&self, raw: &HeldRaw, past_gap: bool) -> Result<ToTake, ReviewError> {
        match raw.code.as_str() {
            code if of_shut_out(code) => self.of_shut_out(raw),
            UNKNOWN => self.of_unknown(raw, past_gap),
            code if WITHHELD.contains(&code) => Ok(ToTake { released: vec![self.withheld(raw)?], ..ToTake::default() }),
            _ => Err(ReviewError::NotTakeable),
        }
    }

    fn known_phone(&self, device: &DeviceId) -> Result<(PublicKey, BranchId), ReviewError> {
        let shared = self.state().phones.get(device).cloned().ok_or(ReviewError::PhoneUnknown)?;
        let phone: Phone = locked(&shared).clone();
        let key = phone.public_key().ok_or_else(|| OfficeError::Damaged("a phone's key".into()))?;
        Ok((key, phone.branch))
    }

    /// One segment of the push of a shut-out phone, or of a worker who was taken off it. The push is in its chain already; the segment has no place yet.
    fn of_shut_out(&self, raw: &HeldRaw) -> Result<ToTake, ReviewError> {
        let keys = &self.inner.keys;
        let plain = open(keys, raw)?;
        let wanted = segment_of(&plain).ok_or(ReviewError::NotTakeable)?;
        let digest = wanted.head.digest();
        let (id, header, digests) = self.push_with(raw, &digest)?;
        let whole = self.whole_push(raw, &header, &digests)?;
        let (key, branch) = self.known_phone(&raw.device)?;
        let mut ready = self.desk().ready(whole, &key, &branch, raw.at, &ShutOut::NOBODY)?;
        ready.reviewed = Some(Reviewed::OfPush(id));
        ready.segments.retain(|s| s.kept.head.digest() == digest);
        // What cannot be read even so is held for itself; that the document is withheld was just decided upon.
        ready.holds.retain(|h| h.seq.is_some() && h.doc.as_ref() == Some(&wanted.head.doc));
        let new = self.new_entries(&wanted)?;
        // All of it is in the record already, by another push: it does not get a second place.
        let ready = if new == 0 { Vec::new() } else { vec![ready] };
        Ok(ToTake { ready, new, ..ToTake::default() })
    }

    /// The push that something held came with: its number, its header, the digests of its texts.
    fn push_with(&self, raw: &HeldRaw, segment: &Digest) -> Result<(i64, PushHeader, Vec<Digest>), ReviewError> {
        let place = HeldPlace::of(raw)?;
        for line in self.lines_of(&raw.device, place.epoch) {
            for push in self.inner.ledger.pushes(&raw.device, place.epoch, line, place.first)? {
                if push.first == place.first && push.received == raw.at {
                    let header = header_of(&push)?;
                    if header.segments.contains(segment) {
                        let digests = push.digests.chunks_exact(32).map(|d| Digest(d.try_into().expect("chunks of 32"))).collect();
                        return Ok((push.id, header, digests));
                    }
                }
            }
        }
        Err(ReviewError::NotSigned)
    }

    fn lines_of(&self, device: &DeviceId, epoch: ChainEpoch) -> Vec<u32> {
        let state = self.state();
        state.chains.get(&(device.clone(), epoch)).map_or_else(Vec::new, |lines| lines.iter().map(|l| l.row.line).collect())
    }

    /// A push as it came, put together again from everything that is held of it. Of what is not held, because it came sealed and did not open or
    /// because somebody else wrote it and it is in the record, the digest that the phone signed stands for the text.
    fn whole_push(&self, raw: &HeldRaw, header: &PushHeader, digests: &[Digest]) -> Result<Unsealed, ReviewError> {
        let keys = &self.inner.keys;
        let place = HeldPlace::of(raw)?;
        let (mut segments, mut sealed) = (Vec::new(), Vec::new());
        // In the order in which they came.
        for listed in self.inner.ledger.held()?.into_iter().rev().filter(|h| h.device == raw.device && h.at == raw.at) {
            let Some(other) = self.inner.ledger.held_whole(listed.id)? else { continue };
            let there = HeldPlace::of(&other)?;
            if (there.device, there.at, there.epoch, there.first) != (place.device, place.at, place.epoch, place.first) {
                continue;
            }
            match other.code.as_str() {
                code if of_shut_out(code) => segments.push(segment_of(&open(keys, &other)?).ok_or(ReviewError::NotTakeable)?),
                UNOPENED => sealed.push(open(keys, &other)?.to_vec()),
                _ => {}
            }
        }
        segments.retain(|s| header.segments.contains(&s.head.digest()));
        let places = segments.iter().map(|s| header.segments.iter().position(|d| *d == s.head.digest()).unwrap_or(0) as u32).collect();
        let here: HashSet<Digest> = segments.iter().flat_map(|s| &s.texts).map(Text::digest).collect();
        let left = digests.iter().enumerate().filter(|(_, d)| !here.contains(d));
        let mut sealed = sealed.into_iter();
        let unopened =
            |(i, text): (usize, &Digest)| Unopened { seq: header.first + i as u64, text: *text, sealed: sealed.next().unwrap_or_default() };
        let unopened = left.map(unopened).collect();
        Ok(Unsealed { push: Push { header: header.clone(), segments }, places, packed: Vec::new(), reads: Vec::new(), unopened })
    }

    /// The pushes of a request, sealed ones opened. Their signatures are looked at when they are taken in.
    pub(super) fn pushes_of(&self, device: &DeviceId, body: &[u8]) -> Result<Vec<Unsealed>, ReviewError> {
        let wire::Request { pushes, sealed, .. } = wire::decode_request(body).map_err(|_| ReviewError::NotTakeable)?;
        let opened = sealed.into_iter().map(|push| {
            let (from, epoch) = (push.header.device.clone(), push.header.epoch);
            push.unseal(|seq, bytes| self.inner.keys.open_outbox(&from, epoch, seq, bytes).map(|opened| opened.to_vec()))
        });
        let all: Vec<Unsealed> = pushes.into_iter().map(Unsealed::from).chain(opened).collect();
        if all.iter().any(|u| u.push.header.device != *device) { Err(ReviewError::NotSigned) } else { Ok(all) }
    }

    /// Everything of a request that came while nobody knew its phone.
    fn of_unknown(&self, raw: &HeldRaw, past_gap: bool) -> Result<ToTake, ReviewError> {
        let (key, branch) = self.known_phone(&raw.device)?;
        let body = open(&self.inner.keys, raw)?;
        let mut all = Vec::new();
        let mut new = 0;
        let mut stands: HashMap<ChainEpoch, u64> = HashMap::new();
        for unsealed in self.pushes_of(&raw.device, &body)? {
            for segment in &unsealed.push.segments {
                new += self.new_entries(segment)?;
            }
            let mut ready = self.desk().ready(unsealed, &key, &branch, raw.at, &ShutOut::NOBODY)?;
            ready.reviewed = Some(Reviewed::Whole);
            let (epoch, first, last) = (ready.header.epoch, ready.header.first, ready.header.last());
            let to = *stands.entry(epoch).or_insert_with(|| self.furthest(&raw.device, epoch));
            if first > to + 1 {
                if !past_gap {
                    return Err(ReviewError::Gap);
                }
                ready.told = Some(to);
            }
            stands.insert(epoch, last.max(to));
            all.push(ready);
        }
        Ok(ToTake { ready: all, new, ..ToTake::default() })
    }

    /// The last sequence number of a chain that is durable here; 0 for none.
    pub(super) fn furthest(&self, device: &DeviceId, epoch: ChainEpoch) -> u64 {
        let state = self.state();
        let lines = state.chains.get(&(device.clone(), epoch));
        lines.and_then(|lines| lines.iter().map(|l| l.row.last).max()).unwrap_or(0)
    }

    /// How many entries of a segment are not in the record.
    fn new_entries(&self, segment: &Segment) -> Result<u64, OfficeError> {
        let here: HashSet<Digest> = self.with_doc(&segment.head.doc, |doc, _| texts_of(doc))?.unwrap_or_default();
        Ok(segment.texts.iter().filter(|t| Read::parse(t).is_ok() && !here.contains(&t.digest())).count() as u64)
    }

    /// The segment in the record that this hold withholds from phones.
    fn withheld(&self, raw: &HeldRaw) -> Result<(BranchNo, u64), ReviewError> {
        let ledger = &self.inner.ledger;
        let place = HeldPlace::of(raw)?;
        for (push, segment) in ledger.segments_of(&raw.document.ok_or(ReviewError::NotTakeable)?)? {
            if segment.withheld.as_deref() != Some(raw.code.as_str()) || segment.reviewed {
                continue;
            }
            let Some(push) = ledger.push(push)? else { continue };
            if (&push.device, push.received, push.epoch, push.first) == (place.device, place.at, place.epoch, place.first) {
                return Ok((segment.branch, segment.seq));
            }
        }
        Err(ReviewError::NotTakeable)
    }

    /// What is in hand follows what was decided: these segments stand, and what comes after them is handed on again.
    pub(super) fn release(&self, released: &[(BranchNo, u64)]) {
        if released.is_empty() {
            return;
        }
        let mut state = self.inner.state.write().unwrap_or_else(PoisonError::into_inner);
        for (branch, seq) in released {
            state.reviewed(*branch, *seq);
        }
    }
}

impl State {
    /// A segment in hand stands as reviewed from now on.
    fn reviewed(&mut self, no: BranchNo, seq: u64) {
        let holds = |doc: &&mut Doc| doc.branch == no && doc.segments.iter().any(|s| s.seq == seq);
        let Some(doc) = self.docs.values_mut().find(holds) else { return };
        for stored in doc.segments.iter_mut().filter(|s| s.seq == seq) {
            *stored = Arc::new(Stored {
                seq,
                push: stored.push.clone(),
                kept: stored.kept.clone(),
                changes: stored.changes.clone(),
                withheld: stored.withheld.clone(),
                reviewed: true,
            });
        }
        doc.withheld_from = doc.segments.iter().filter(|s| s.withheld.is_some() && !s.reviewed).map(|s| s.seq).min();
        let id = doc.id.clone();
        for phone in self.phones.values() {
            // Phones were not handed what came after it: as far as they go, the document is new to their scope.
            locked(phone).forget(&id);
        }
        if let Some(branch) = self.branch_mut(no)
            && matches!(id, DocumentId::Visit(_))
        {
            branch.dirty.insert(id);
        }
    }
}

fn texts_of(doc: &Doc) -> HashSet<Digest> {
    doc.segments.iter().flat_map(|s| s.texts()).map(|t| t.digest()).collect()
}
