//! One-time codes, new phones, phones shut out.

use super::refusals::refusal;
use super::{EnrolCode, Office, locked, wait};
use crate::admin::code_row;
use crate::error::OfficeError;
use crate::held::HeldPlace;
use crate::ledger::{Batch, HeldRaw, Table};
use crate::phone::Phone;
use crate::state::header_of;
use crate::writer::phone_row;
use data_encoding::BASE32_NOPAD;
use holdfast_model::id::{BranchId, ChainEpoch, DeviceId, WorkerId};
use holdfast_model::port::Answer;
use holdfast_model::time::{HOUR, MINUTE, Millis};
use holdfast_model::wire::{self, EnrolReply, EnrolRequest, Role};
use holdfast_vault::PublicKey;
use holdfast_vault::code::OneTimeCode;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// Wrong codes within [`THROTTLE_MS`] after which nobody may try for a while: 55 bits are then out of reach for ever.
const WRONG_CODES: usize = 20;
const THROTTLE_MS: i64 = 10 * MINUTE;
/// Requests of unknown phones that are kept for checking within an hour: of one, and in all. Anybody can claim any name, so both are small, and what
/// is kept is never given up for what comes later.
const UNKNOWN_EACH: usize = 4;
const UNKNOWN_ALL: usize = 64;
/// Bytes of these within an hour.
const UNKNOWN_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of these as long as the office runs: an hour's bound, hour after hour, would still fill a disk.
const UNKNOWN_BYTES_EVER: usize = 256 * 1024 * 1024;
/// Random bytes in the name of a phone.
const NAME_BYTES: usize = 5;
/// Longest name of a phone.
const LABEL_BYTES: usize = 120;

/// Slows down whoever tries codes, and bounds what strangers can leave here.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    wrong: VecDeque<Millis>,
    /// When, whose, how many bytes.
    unknown: VecDeque<(Millis, DeviceId, usize)>,
    unknown_bytes_ever: usize,
    /// Numbers what is kept.
    unknown_number: u32,
}

impl Throttle {
    /// Makes room in the books for one more request of an unknown phone; `None` when there is none.
    fn takes_unknown(&mut self, device: &DeviceId, bytes: usize, now: Millis) -> Option<u32> {
        while self.unknown.front().is_some_and(|(at, ..)| now.since(*at) > HOUR) {
            self.unknown.pop_front();
        }
        let each = self.unknown.iter().filter(|(_, d, _)| d == device).count();
        let before: usize = self.unknown.iter().map(|(_, _, bytes)| bytes).sum();
        let fits = self.unknown.len() < UNKNOWN_ALL
            && each < UNKNOWN_EACH
            && before + bytes <= UNKNOWN_BYTES
            && self.unknown_bytes_ever + bytes <= UNKNOWN_BYTES_EVER;
        if !fits {
            return None;
        }
        self.unknown.push_back((now, device.clone(), bytes));
        self.unknown_bytes_ever += bytes;
        self.unknown_number = self.unknown_number.wrapping_add(1);
        Some(self.unknown_number)
    }
}

impl Office {
    /// Makes a one-time code that enrols a phone for this worker.
    pub fn enrol_code(&self, worker: &WorkerId, valid_ms: i64) -> Result<EnrolCode, OfficeError> {
        if !self.state().workers.contains_key(worker) {
            return Err(OfficeError::UnknownWorker(worker.to_string()));
        }
        let inner = &self.inner;
        let code = OneTimeCode::generate(&*inner.random);
        let expires = self.now().plus(valid_ms);
        let with = Batch { codes: vec![code_row(&inner.keys, &code, worker, expires, &*inner.random)], ..Batch::default() };
        wait(self.store(Vec::new(), Vec::new(), Vec::new(), with)?)?;
        Ok(EnrolCode { code: code.to_string(), worker: worker.clone(), expires })
    }

    /// Answers `POST /v1/enrol`.
    pub(crate) fn enrol(&self, body: &[u8], signature: Option<&str>) -> Answer {
        let Ok(request) = serde_json::from_slice::<EnrolRequest>(body) else {
            return refusal(400, "body_malformed", "The office could not read the request. Nothing was changed. Try again.", None);
        };
        if request.v > wire::VERSION {
            let says = "This phone's software is newer than the office's. Nothing was changed. The office has to be updated first.";
            return refusal(400, "protocol_newer", says, None);
        }
        let Some(key) = PublicKey::parse(&request.device_key).filter(|_| request.label.len() <= LABEL_BYTES) else {
            return refusal(400, "body_malformed", "The office could not read the request. Nothing was changed. Try again.", None);
        };
        let signed = signature.is_some_and(|text| key.verify_text(&wire::request_signed_bytes(body), text).is_ok());
        // One at a time: a code is looked up, and used, by one phone only.
        let mut throttle = locked(&self.inner.enrolling);
        let now = self.now();
        while throttle.wrong.front().is_some_and(|at| now.since(*at) > THROTTLE_MS) {
            throttle.wrong.pop_front();
        }
        if throttle.wrong.len() >= WRONG_CODES {
            let wait = throttle.wrong.front().map_or(THROTTLE_MS, |at| THROTTLE_MS - now.since(*at));
            let says = "Too many wrong codes were tried. Nothing was changed. Wait ten minutes, then try again.";
            return refusal(429, "enrol_throttled", says, u32::try_from(wait).ok());
        }
        let code = match OneTimeCode::parse(&request.code) {
            Ok(code) => code,
            Err(e) => return refusal(400, e.code(), &format!("{}. Nothing was changed.", capital(&e.to_string())), None),
        };
        match self.use_code(&code, &request, signed, now) {
            Ok(Ok(reply)) => Answer {
                status: 200,
                headers: vec![("content-type".into(), "application/json".into())],
                body: serde_json::to_vec(&reply).expect("a reply has string keys only"),
            },
            Ok(Err(code)) if let Some(answer) = not_this_phone(code) => answer,
            Ok(Err(code)) => {
                throttle.wrong.push_back(now);
                let says = match code {
                    "code_used" => "This code was used by another phone. Nothing was changed. Ask the office for a new one.",
                    "code_expired" => "This code is too old. Nothing was changed. Ask the office for a new one.",
                    _ => "The office gave out no such code. Nothing was changed. Look at it again, or ask the office for a new one.",
                };
                refusal(403, code, says, None)
            }
            Err(e) => self.unavailable(&e),
        }
    }

    fn use_code(
        &self,
        code: &OneTimeCode,
        request: &EnrolRequest,
        signed: bool,
        now: Millis,
    ) -> Result<Result<EnrolReply, &'static str>, OfficeError> {
        let inner = &self.inner;
        let row = code.digest(&inner.keys.codes).0.to_vec();
        let Some(known) = inner.ledger.code(&row)? else { return Ok(Err("code_unknown")) };
        let worker = inner.keys.open_raw("code", &row, &known.sealed)?;
        let worker = String::from_utf8(worker.to_vec()).ok().and_then(|w| WorkerId::new(w).ok());
        let worker = worker.ok_or_else(|| OfficeError::Damaged("whom a code is for".into()))?;
        if request.worker.as_ref().is_some_and(|meant| *meant != worker) {
            return Ok(Err("code_for_another"));
        }
        if let Some(device) = &known.used_by {
            // The answer got lost on the way, and the same phone asks again.
            let phone = self.state().phones.get(device).cloned();
            let phone = phone.map(|p| locked(&p).clone());
            let phone = phone.filter(|p| p.key == request.device_key && p.revoked.is_none() && p.reads(&worker));
            return Ok(phone.map(|p| self.enrolled(&p, &worker)).ok_or("code_used"));
        }
        if known.expires < now {
            return Ok(Err("code_expired"));
        }
        let branch = match self.state().workers.get(&worker) {
            Some(w) => w.branch.clone(),
            None => return Err(OfficeError::UnknownWorker(worker.to_string())),
        };
        let same = self.state().phones.values().find(|shared| locked(shared).key == request.device_key).cloned();
        if let Some(shared) = same {
            // Only the phone itself is given another worker, or a worker another lock.
            return if signed { self.take_in_reader(&shared, worker, &branch, request, row, now) } else { Ok(Err("enrol_unsigned")) };
        }
        let device = self.name_for(request, signed)?;
        let phone = Phone::new(device.clone(), request.label.clone(), worker.clone(), branch, request.device_key.clone(), now);
        let with = Batch {
            sealed: vec![(Table::Device, phone_row(&phone, &inner.keys, &*inner.random))],
            used: vec![(row, device.clone())],
            ..Batch::default()
        };
        wait(self.store(Vec::new(), Vec::new(), Vec::new(), with)?)?;
        let reply = self.enrolled(&phone, &worker);
        let mut state = inner.state.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.phones.insert(device, Arc::new(Mutex::new(phone)));
        Ok(Ok(reply))
    }

    /// The name under which a phone with this key brought records while nobody here knew it (it was enrolled after the backup that was
    /// restored): it gets it back, so that what it wrote under that name, and what is held of it, is its own. The records prove it: their
    /// header names the phone and is signed with its key.
    fn name_it_had(&self, key: &str) -> Result<Option<DeviceId>, OfficeError> {
        let Some(key) = PublicKey::parse(key) else { return Ok(None) };
        for held in self.inner.ledger.held()?.iter().filter(|h| h.code == crate::held::UNKNOWN) {
            if !given_here(&held.device) || self.state().phones.contains_key(&held.device) {
                continue;
            }
            let Some(whole) = self.inner.ledger.held_whole(held.id)? else { continue };
            let body = crate::held::open(&self.inner.keys, &whole)?;
            let Ok(wire::Request { pushes, sealed, .. }) = wire::decode_request(&body) else { continue };
            let mut headers = pushes.iter().map(|p| &p.push.header).chain(sealed.iter().map(|p| &p.header));
            if headers.any(|h| h.device == held.device && key.verify_text(&h.signed_bytes(), &h.sig).is_ok()) {
                return Ok(Some(held.device.clone()));
            }
        }
        Ok(None)
    }

    /// The name of a phone that is not known here. One that an office gave it before it keeps, so that what it still holds, signed under
    /// that name, can come in: after a restore from a backup that is older than the phone. It must hold the key to whatever is here under
    /// that name. A phone that does not say its name is known by what it brought while nobody knew it.
    fn name_for(&self, request: &EnrolRequest, signed: bool) -> Result<DeviceId, OfficeError> {
        if let Some(name) = request.device.as_ref().filter(|_| signed)
            && self.may_keep(name, &request.device_key)?
        {
            return Ok(name.clone());
        }
        if let Some(name) = self.name_it_had(&request.device_key)? {
            return Ok(name);
        }
        let mut bytes = [0; NAME_BYTES];
        self.inner.random.fill(&mut bytes);
        Ok(DeviceId::new(format!("D-{}", BASE32_NOPAD.encode(&bytes))).expect("letters and digits"))
    }

    fn may_keep(&self, name: &DeviceId, key: &str) -> Result<bool, OfficeError> {
        if !given_here(name) || self.state().phones.contains_key(name) {
            return Ok(false);
        }
        let Some(key) = PublicKey::parse(key) else { return Ok(false) };
        let lines: Vec<_> = {
            let state = self.state();
            let of_name = state.chains.iter().filter(|((device, _), _)| device == name);
            of_name.flat_map(|((_, epoch), lines)| lines.iter().map(|line| (*epoch, line.row))).collect()
        };
        for (epoch, row) in lines {
            let signed_by_it = match self.inner.ledger.pushes(name, epoch, row.line, row.last)?.pop() {
                Some(push) => header_of(&push).is_ok_and(|header| key.verify_text(&header.signed_bytes(), &header.sig).is_ok()),
                None => false,
            };
            if !signed_by_it {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A code on a phone that is known: it stays the phone it was, under its name and with its chains. A further worker gets a place of their
    /// own on it; one who has it already (a forgotten PIN) is served everything anew, since the new vault has no cursor.
    fn take_in_reader(
        &self,
        shared: &Arc<Mutex<Phone>>,
        worker: WorkerId,
        branch: &BranchId,
        request: &EnrolRequest,
        code: Vec<u8>,
        now: Millis,
    ) -> Result<Result<EnrolReply, &'static str>, OfficeError> {
        let (row, phone) = {
            let mut phone = locked(shared);
            if phone.revoked.is_some() {
                return Ok(Err("device_revoked"));
            }
            if phone.branch != *branch {
                return Ok(Err("worker_other_branch"));
            }
            if phone.reads(&worker) {
                if !request.label.is_empty() {
                    phone.label.clone_from(&request.label);
                }
            } else {
                phone.add_reader(worker.clone(), now);
            }
            (phone_row(&phone, &self.inner.keys, &*self.inner.random), phone.clone())
        };
        let with = Batch { sealed: vec![(Table::Device, row)], used: vec![(code, phone.device.clone())], ..Batch::default() };
        wait(self.store(Vec::new(), Vec::new(), Vec::new(), with)?)?;
        Ok(Ok(self.enrolled(&phone, &worker)))
    }

    fn enrolled(&self, phone: &Phone, worker: &WorkerId) -> EnrolReply {
        let state = self.state();
        let record = state.workers.get(worker);
        EnrolReply {
            v: wire::VERSION,
            provider: self.inner.provider.clone(),
            branch: phone.branch.clone(),
            device: phone.device.clone(),
            worker: worker.clone(),
            worker_name: record.map_or_else(|| worker.to_string(), |w| w.name.clone()),
            role: record.map_or(Role::Worker, |w| w.role),
            server_epoch: self.inner.server_epoch,
            office_key: self.inner.keys.office.public_key().to_string(),
            provider_key: self.inner.keys.provider_key.clone(),
            lease_ms: self.inner.lease_ms,
            reader: Some(self.inner.keys.readers.protect(phone.device.as_str().as_bytes(), worker.as_str().as_bytes())),
        }
    }

    /// Keeps what a phone brought that nobody knows (enrolled after the backup that was restored, say): a few requests of each,
    /// since anybody can claim any name. False when there is no room for it now.
    pub(crate) fn keep_unknown(&self, device: DeviceId, body: &[u8]) -> bool {
        if body.is_empty() {
            return true;
        }
        let at = self.now();
        let Some(number) = locked(&self.inner.enrolling).takes_unknown(&device, body.len(), at) else { return false };
        let place = HeldPlace { device: &device, at, code: "device_unknown", epoch: ChainEpoch([0; 8]), first: 0, number };
        let sealed = place.seal(&self.inner.keys, body, &*self.inner.random);
        let held = HeldRaw { id: 0, at, device, branch: None, code: "device_unknown".into(), entries: 0, document: None, sealed };
        let stored = self.store(Vec::new(), Vec::new(), Vec::new(), Batch { held: vec![held], ..Batch::default() });
        if let Err(e) = stored.and_then(wait) {
            tracing::warn!(code = e.code(), "what an unknown phone brought could not be kept; it still holds it");
        }
        true
    }
}

/// True for a name as this office gives them to phones: none of its own is among these.
fn given_here(name: &DeviceId) -> bool {
    name.as_str().strip_prefix("D-").and_then(|n| BASE32_NOPAD.decode(n.as_bytes()).ok()).is_some_and(|n| n.len() == NAME_BYTES)
}

/// Refusals that are about the phone, not about guessing at codes.
fn not_this_phone(code: &str) -> Option<Answer> {
    Some(match code {
        "device_revoked" => {
            let says = "The office has shut this phone out. Nothing was changed. What it brings still reaches the office; ring the office.";
            refusal(403, "device_revoked", says, None)
        }
        "code_for_another" => {
            let says = "This code was made for another worker. Nothing was changed, and the code still works for them. Ask the office for one of your own.";
            refusal(403, "code_for_another", says, None)
        }
        "worker_other_branch" => {
            let says = "This phone belongs to another branch than this worker. Nothing was changed. Use a phone of your own branch, or ring the office.";
            refusal(403, "worker_other_branch", says, None)
        }
        "enrol_unsigned" => {
            let says = "The office could not tell that this came from this phone. Nothing was changed. Update the app, then try again.";
            refusal(401, "enrol_unsigned", says, None)
        }
        _ => return None,
    })
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}
