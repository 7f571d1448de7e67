//! A request: who asks, what they bring, what they are told.

use super::cursor::Cursor;
use super::page::Wanted;
use super::{Office, Stored, locked, refusals};
use crate::error::OfficeError;
use crate::faults::Fault;
use crate::ingest::ShutOut;
use crate::phone::Phone;
use crate::ready::Ready;
use crate::slot::InHand;
use crate::writer::Outcome;
use holdfast_model::chronology::weak_truth;
use holdfast_model::id::{BranchId, ChainEpoch, DeviceId, Digest, WorkerId};
use holdfast_model::limits;
use holdfast_model::port::{Answer, Ask};
use holdfast_model::time::Millis;
use holdfast_model::wire::{self, ClockSample, DEVICE_HEADER, MEDIA_TYPE, Receipt, SIGNATURE_HEADER, SyncReply, SyncRequest, Unsealed};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// A sample is kept when the last one of the same boot is older than this, or much less sure.
const SAMPLE_EVERY_MS: i64 = 10 * 60_000;

/// What a phone signs to listen to nudges, in place of a body. A nudge carries a count only, so a repeated request tells nothing.
const LIVE: &str = "GET /v1/live";

/// The address of an exchange.
const SYNC: &str = "/v1/sync";

/// What the first half of answering comes to.
pub enum Begun {
    /// The answer is ready.
    Done(Answer),
    /// It waits for what the request brought to be durable.
    Pending(Box<Pending>),
}

impl Begun {
    /// Blocks until what the request brought is durable, or is known not to be. It is answered by [`Office::complete`].
    pub fn wait(&mut self) {
        if let Begun::Pending(pending) = self
            && let Some(stored) = pending.stored.take()
        {
            pending.outcome = Some(super::wait(stored));
        }
    }
}

/// A request that waits for the writer.
pub struct Pending {
    /// Answered by the writer; absent when the request brought nothing.
    pub stored: Option<oneshot::Receiver<Stored>>,
    /// What came of it, once somebody has waited for that.
    pub outcome: Option<Stored>,
    /// Counts as load of the writer while it is held.
    _job: Option<InHand>,
    phone: Arc<Mutex<Phone>>,
    /// Who reads on it now; absent while it is locked.
    reader: Option<WorkerId>,
    request: SyncRequest,
    request_body: Vec<u8>,
    brought: Vec<Brought>,
    cursor: Option<Cursor>,
    want_plans: bool,
    t1: Millis,
}

/// What a receipt needs of a push.
struct Brought {
    epoch: ChainEpoch,
    device: DeviceId,
    first: u64,
    last: u64,
    head: Digest,
    held: Vec<(u64, String)>,
}

impl Brought {
    fn of(ready: &Ready) -> Brought {
        let header = &ready.header;
        let mut held: Vec<(u64, String)> = ready.holds.iter().filter_map(|h| h.seq.map(|s| (s, h.code.to_owned()))).collect();
        let shut_out: BTreeSet<u64> = ready.shut_out.iter().map(|(seq, _)| *seq).collect();
        held.retain(|(seq, _)| !shut_out.contains(seq));
        held.extend(ready.shut_out.iter().map(|(seq, code)| (*seq, (*code).to_owned())));
        held.sort();
        Brought { epoch: header.epoch, device: header.device.clone(), first: header.first, last: header.last(), head: header.head, held }
    }
}

fn header<'a>(ask: &'a Ask, name: &str) -> Option<&'a str> {
    ask.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
}

/// The phone that a request is from, if it is signed with that phone's key: nothing is proven by the name.
pub(crate) struct Caller(Arc<Mutex<Phone>>);

fn address(ask: &Ask) -> &str {
    ask.path.split('?').next().unwrap_or_default()
}

/// The name that a request gives as its phone's.
fn named(ask: &Ask) -> Option<DeviceId> {
    DeviceId::new(header(ask, DEVICE_HEADER)?).ok()
}

impl Office {
    /// The first half of answering: everything that can be done without waiting for the disk.
    pub fn begin(&self, ask: Ask) -> Begun {
        let caller = self.caller(&ask);
        self.begin_for(ask, caller)
    }

    /// The phone that an exchange comes from, by the name it gives; `None` where there is no such phone, and for every other address.
    ///
    /// Where there is one, [`Office::begin_for`] waits for nobody. What comes from an unknown phone is written down before it is refused.
    pub(crate) fn caller(&self, ask: &Ask) -> Option<Caller> {
        if address(ask) != SYNC {
            return None;
        }
        self.state().phones.get(&named(ask)?).cloned().map(Caller)
    }

    /// [`Office::begin`], where it was looked already who asks.
    pub(crate) fn begin_for(&self, ask: Ask, caller: Option<Caller>) -> Begun {
        let begun = match address(&ask) {
            SYNC => self.begin_sync(ask, caller).unwrap_or_else(Begun::Done),
            "/v1/enrol" => Begun::Done(self.enrol(&ask.body, header(&ask, SIGNATURE_HEADER))),
            _ => Begun::Done(refusals::no_such_path()),
        };
        if let Begun::Done(answer) = &begun
            && answer.status != 200
        {
            self.metrics().refused();
        }
        begun
    }

    fn begin_sync(&self, ask: Ask, caller: Option<Caller>) -> Result<Begun, Answer> {
        let t1 = self.now();
        self.metrics().asked(ask.body.len());
        if ask.body.len() > limits::BODY_BYTES {
            return Err(refusals::too_large());
        }
        let Caller(phone) = caller.ok_or_else(|| self.nobody(&ask))?;
        let (device, key, branch, shut_out) = {
            let phone = locked(&phone);
            let shut_out = if phone.revoked.is_some() { ShutOut::Phone } else { ShutOut::Workers(phone.off()) };
            (phone.device.clone(), phone.public_key(), phone.branch.clone(), shut_out)
        };
        let key = key.ok_or_else(|| self.unavailable(&OfficeError::Damaged("a phone's key".into())))?;
        let signed = header(&ask, SIGNATURE_HEADER)
            .is_some_and(|signature| key.verify_text(&wire::request_signed_bytes(&ask.body), signature).is_ok());
        if !signed && !self.inner.faults.on(Fault::SkipSignature) {
            return Err(refusals::bad_signature());
        }
        let wire::Request { head: request, pushes, sealed } = wire::decode_request(&ask.body).map_err(|e| refusals::malformed(&e))?;
        if request.device != device {
            return Err(refusals::device_mismatch());
        }
        let cursor = self.cursor(&device, request.cursor.as_deref())?;
        if pushes.iter().map(|p| &p.push.header).chain(sealed.iter().map(|p| &p.header)).any(|h| h.device != device) {
            return Err(refusals::push_other_device());
        }
        let mut ready = Vec::with_capacity(pushes.len() + sealed.len());
        // What a locked phone hands over: from here on a push like any other.
        let opened = sealed.into_iter().map(|push| {
            let epoch = push.header.epoch;
            let open = |seq, bytes: &[u8]| self.inner.keys.open_outbox(&device, epoch, seq, bytes).map(|opened| opened.to_vec());
            (None, push.unseal(open))
        });
        let open = pushes.into_iter().map(|arrived| (Some(arrived.parcel.clone()), Unsealed::from(arrived)));
        for (parcel, push) in open.chain(opened) {
            let made = self.desk().ready(push, &key, &branch, t1, &shut_out).map_err(|e| self.refused(&e))?;
            let told = cursor.as_ref().and_then(|cursor| self.told(&device, cursor, request.epoch, made.header.epoch));
            ready.push(Ready { told, parcel, ..made });
        }
        // Only now is the number spent: what was refused above may be sent again as it is.
        let (want_plans, reader) = {
            let mut phone = locked(&phone);
            let reader = self.reader(&phone, &request);
            if !phone.number(request.epoch, request.number) {
                return Err(refusals::replayed());
            }
            (phone.heard(&request, reader.as_ref(), t1), reader)
        };
        self.clocks(&device, &request, t1);
        let brought: Vec<Brought> = ready.iter().map(Brought::of).collect();
        self.metrics().brought(brought.iter().map(|b| b.last - b.first + 1).sum());
        // Counted before the writer sees it: it must not take what it has for something that is still on its way.
        let _job = (!ready.is_empty()).then(|| self.inner.in_hands.jobs.one());
        let stored = if ready.is_empty() {
            None
        } else {
            Some(self.store(ready, Vec::new(), Vec::new(), Default::default()).map_err(|e| self.unavailable(&e))?)
        };
        Ok(Begun::Pending(Box::new(Pending {
            stored,
            outcome: None,
            _job,
            phone,
            reader,
            request,
            request_body: ask.body,
            brought,
            cursor,
            want_plans,
            t1,
        })))
    }

    /// Up to where a phone knows that one of its chains is durable here, when it goes on behind that on purpose. Of its current chain its cursor
    /// says so. Of an earlier one no reply speaks: a phone that was answered in this life of the ledger offers it from the oldest entry that it
    /// still holds, so what lies between is gone from it.
    fn told(&self, device: &DeviceId, cursor: &Cursor, current: ChainEpoch, of: ChainEpoch) -> Option<u64> {
        if of == current {
            return (cursor.chain == current).then_some(cursor.have_to);
        }
        Some(self.furthest(device, of))
    }

    /// Who reads on a phone, by the proof in the request. Without one it is the phone's worker, where there is one only.
    fn reader(&self, phone: &Phone, request: &SyncRequest) -> Option<WorkerId> {
        let Some(proof) = &request.reader else { return (!phone.shared()).then(|| phone.worker.clone()) };
        let named = self.inner.keys.readers.check(phone.device.as_str().as_bytes(), proof)?;
        let worker = WorkerId::new(String::from_utf8(named).ok()?).ok()?;
        phone.reads(&worker).then_some(worker)
    }

    /// What a request gets that comes from no phone the office knows. It is kept for checking, and served nothing.
    fn nobody(&self, ask: &Ask) -> Answer {
        let Some(device) = named(ask) else {
            return refusals::device_missing();
        };
        if !self.keep_unknown(device, &ask.body) {
            return refusals::device_unknown_full();
        }
        refusals::device_unknown()
    }

    /// The branch whose nudges a phone may hear: it signed the address, and is not shut out.
    pub(crate) fn listens(&self, device: &str, signature: &str) -> Option<BranchId> {
        let phone = self.state().phones.get(&DeviceId::new(device).ok()?).cloned()?;
        let phone = locked(&phone);
        let signed = phone.public_key()?.verify_text(&wire::request_signed_bytes(LIVE.as_bytes()), signature).is_ok();
        (signed && phone.revoked.is_none()).then(|| phone.branch.clone())
    }

    /// Takes in what a request says about the device's clocks.
    fn clocks(&self, device: &DeviceId, request: &SyncRequest, t1: Millis) {
        let mut fresh: Vec<(ClockSample, bool)> = request.samples.iter().take(limits::REQUEST_SAMPLES).map(|s| (*s, true)).collect();
        // Alone, an arrival bounds the clock from one side only; it is worth keeping where nothing better is known.
        if !fresh.iter().any(|(s, _)| s.truth.is_some() && s.boot == request.clock.boot) {
            fresh.push((weak_truth(request.clock, t1), false));
        }
        self.sampled(device, &fresh);
    }

    /// Takes in samples of a device's clocks, those that say something new; with each, whether the device took it itself.
    pub(crate) fn sampled(&self, device: &DeviceId, fresh: &[(ClockSample, bool)]) {
        let mut state = self.inner.state.write().unwrap_or_else(PoisonError::into_inner);
        let mut moved = false;
        for (sample, own) in fresh {
            if state.samples.worth(device, sample, SAMPLE_EVERY_MS) {
                state.clocks.sample(device, *sample);
                state.clock_log.keep(device, *sample, *own);
                locked(&self.inner.samples).push((device.clone(), *sample));
                moved = true;
            }
        }
        if moved {
            state.clocks_moved(device);
        }
    }

    /// True for an answer that waits for nobody and is soon written: a worker's, whose scope is a few visits, all in hand. Whoever follows a
    /// branch may be owed pages out of the store.
    pub(crate) fn finishes_at_once(&self, pending: &Pending) -> bool {
        !self.follows_branch(pending.reader.as_ref())
    }

    /// The second half: what was brought is durable, or is not.
    pub fn finish(&self, pending: Pending, stored: Option<Stored>) -> Answer {
        let outcomes = match stored {
            None => Vec::new(),
            Some(Ok(outcomes)) => outcomes,
            Some(Err(e)) => return self.unavailable(&e),
        };
        let device = pending.request.device.clone();
        let mut receipts = Vec::with_capacity(outcomes.len());
        let (mut have_to, current) = (None, pending.request.epoch);
        for (brought, outcome) in pending.brought.into_iter().zip(outcomes) {
            match outcome {
                Outcome::Durable { have_to: to } => {
                    have_to = if brought.epoch == current { Some(to) } else { have_to };
                    receipts.push(self.receipt(brought, pending.t1));
                }
                Outcome::Gap { have_to: to } => have_to = if brought.epoch == current { Some(to) } else { have_to },
            }
        }
        let covered: u64 = receipts.iter().map(|r: &Receipt| r.last - r.first + 1).sum();
        self.waits(&pending.phone, u64::from(pending.request.heartbeat.waiting).saturating_sub(covered));
        let have_to = have_to.unwrap_or_else(|| {
            let state = self.state();
            let lines = state.chains.get(&(device.clone(), pending.request.epoch));
            lines.and_then(|l| l.iter().find(|l| l.row.line == 0)).map_or(0, |l| l.row.last)
        });
        // Push before pull: what was brought is durable, and what is new for the phone waits for its slot. A request that brings nothing has
        // waited for its slot, and an office's own terminal waits for none.
        let slot_ms = if self.follows_branch(pending.reader.as_ref()) { 0 } else { self.slot() };
        let postponed = slot_ms > 0 && !receipts.is_empty() && pending.request.want_bytes > 0;
        let want_bytes = if postponed { 0 } else { pending.request.want_bytes };
        let wanted =
            Wanted { reader: pending.reader.as_ref(), epoch: pending.request.epoch, want_bytes, cursor: pending.cursor.as_ref(), have_to };
        let page = self.page(&pending.phone, &wanted, pending.t1);
        let reply = SyncReply {
            v: wire::VERSION,
            server_epoch: self.inner.server_epoch,
            t1: pending.t1,
            t2: self.now(),
            receipts,
            have_to,
            cursor: page.cursor,
            more: page.more || postponed && !page.revoked,
            slot_ms,
            want_plans: pending.want_plans,
            dropped: page.dropped,
            revoked: page.revoked,
            // Contact renews no lease of a phone that is shut out: what it holds already is to be read no longer than that.
            lease_ms: if page.revoked { 0 } else { self.inner.lease_ms },
            not_a_reader: pending.reader.is_none() && pending.request.want_bytes > 0,
            clocks: page.clocks,
            arrived: page.arrived,
        };
        let body = wire::encode_reply(&reply, &page.pushes, &page.parcels);
        let signature = self.inner.keys.office.sign_text(&wire::reply_signed_bytes(&pending.request_body, &body));
        self.metrics().answered(body.len());
        let headers = vec![("content-type".into(), MEDIA_TYPE.into()), (SIGNATURE_HEADER.into(), signature)];
        Answer { status: 200, headers, body }
    }

    /// Takes in how many entries a phone still holds that no receipt covers: its worker's visits say so.
    fn waits(&self, phone: &Mutex<Phone>, waiting: u64) {
        let waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        let moved = {
            let mut phone = locked(phone);
            let before = std::mem::replace(&mut phone.waiting, waiting);
            (before != waiting).then(|| phone.readers().cloned().collect::<Vec<_>>())
        };
        if let Some(workers) = moved {
            let mut state = self.inner.state.write().unwrap_or_else(PoisonError::into_inner);
            workers.iter().for_each(|worker| state.waiting_moved(worker));
        }
    }

    /// `at` is when the request that brought it arrived, as the office's own record says.
    fn receipt(&self, brought: Brought, at: Millis) -> Receipt {
        let mut receipt = Receipt {
            server_epoch: self.inner.server_epoch,
            device: brought.device,
            epoch: brought.epoch,
            first: brought.first,
            last: brought.last,
            head: brought.head,
            held: brought.held,
            at,
            sig: String::new(),
        };
        receipt.sig = self.inner.keys.office.sign_text(&receipt.signed_bytes());
        receipt
    }
}
