//! One exchange with the office: building the request, opening the answer. When to ask is the model's session; what carries it is a port.
//! What is believed of an answer is `judge`'s, what becomes of it `take_in`'s.

use super::Phone;
use super::enrol::{any_number, refusal};
use super::judge::failure_of;
use super::link::SyncOutcome;
use super::sealed::Outgoing;
use crate::error::EngineError;
use crate::port::{Answer, Ask, NetworkFault};
use crate::store::Store;
use holdfast_model::entry::PlanRef;
use holdfast_model::id::Digest;
use holdfast_model::limits;
use holdfast_model::session::{Failure, Next};
use holdfast_model::time::ClockReading;
use holdfast_model::wire::{self, Heartbeat, SyncRequest};

/// A request under way.
pub(super) struct Flight {
    pub(super) ticket: u64,
    body: Vec<u8>,
    pub(super) sent: ClockReading,
    pub(super) told: Told,
    /// Whether it asked for anything: one that only hands over leaves cursor and scope where they are.
    pub(super) pulls: bool,
    /// Whose cursor it carried.
    pub(super) vault: i64,
    /// Whether that vault was open as it left.
    pub(super) unlocked: bool,
}

/// What a request told beside its entries.
pub(super) struct Told {
    /// Digest of the plans on board as it left; absent when they could not be read.
    pub(super) plans: Option<Digest>,
    /// Number of the last clock sample that it brought; 0 for none.
    pub(super) samples_to: i64,
}

impl Flight {
    /// The clocks as it left.
    pub(super) fn sent_at(&self) -> ClockReading {
        self.sent
    }
}

impl Phone {
    /// The next request, if it is time for one. Its answer, or the news that there was none, goes to [`Phone::sync_answer`].
    ///
    /// A phone that is locked, expired, shut out or past reading asks too: it hands over what is sealed for the office, and pulls nothing.
    pub fn sync_ask(&mut self) -> Result<Option<Ask>, EngineError> {
        self.guarded(Phone::next_ask)
    }

    fn next_ask(&mut self) -> Result<Option<Ask>, EngineError> {
        self.enrolment()?;
        self.settle()?;
        let clock = self.ports.clock.read();
        self.notice_clock(clock)?;
        loop {
            let Some(session) = &mut self.session else { return Ok(None) };
            let plan = match session.next(clock.mono_ms) {
                Next::Ask(plan) => plan,
                Next::WaitUntil(_) | Next::Asking => return Ok(None),
            };
            let want_bytes = if self.is_unlocked() { plan.want_bytes } else { 0 };
            let ask = self.build(plan.push.as_ref().map(|p| (p.seqs.clone(), p.max_bytes)), want_bytes, clock);
            match ask {
                Ok((ask, told)) if ask.body.len() <= limits::BODY_BYTES => {
                    let (pulls, unlocked) = (want_bytes > 0, self.is_unlocked());
                    let vault = self.asking_vault()?.number;
                    self.flight = Some(Flight { ticket: plan.ticket, body: ask.body.clone(), sent: clock, told, pulls, vault, unlocked });
                    return Ok(Some(ask));
                }
                Ok(_) => self.fail(plan.ticket, Failure::TooLarge),
                Err(e) => {
                    self.fail(plan.ticket, Failure::BadAnswer);
                    return Err(e);
                }
            }
        }
    }

    /// Takes the answer in. An error leaves everything as it was: what waits, waits.
    pub fn sync_answer(&mut self, answer: Result<Answer, NetworkFault>) -> Result<SyncOutcome, EngineError> {
        let Some(flight) = self.flight.take() else { return Ok(SyncOutcome::default()) };
        self.guarded(|phone| {
            phone.take_answer(&flight, answer).map_err(|(failure, error)| {
                phone.fail(flight.ticket, failure);
                error
            })
        })
    }

    fn fail(&mut self, ticket: u64, failure: Failure) {
        let (now, random) = (self.ports.clock.read().mono_ms, any_number(self.ports.random.as_ref()));
        if let Some(session) = &mut self.session {
            session.failed(ticket, failure, now, random);
        }
    }

    /// Writes the request down and signs it. Its number is durable before it leaves: no restart sends one twice.
    fn build(
        &mut self,
        push: Option<(std::ops::RangeInclusive<u64>, usize)>,
        want_bytes: u32,
        clock: ClockReading,
    ) -> Result<(Ask, Told), EngineError> {
        let mut outgoing = Outgoing::default();
        outgoing.add(self.older_stretch()?);
        if let Some((seqs, max_bytes)) = push {
            outgoing.add(self.stretch(self.chain.epoch, *seqs.start(), *seqs.end(), max_bytes)?);
        }
        let plans = if self.is_unlocked() { Some(self.plans_held()?) } else { None };
        let digest = plans.as_deref().map(plans_digest);
        let store = self.store()?;
        let enrolment = self.enrolment()?;
        let vault = self.asking_vault()?;
        let number = self.last_number()? + 1;
        let waiting = store.waiting()?;
        let (samples, samples_to) = store.unsent_samples()?;
        let head = SyncRequest {
            v: wire::VERSION,
            device: enrolment.device.clone(),
            epoch: self.chain.epoch,
            number,
            clock,
            samples,
            cursor: vault.cursor.clone(),
            want_bytes,
            reader: self.reading.as_ref().and_then(|r| r.reader.clone()),
            heartbeat: Heartbeat {
                app: concat!("holdfast ", env!("CARGO_PKG_VERSION")).into(),
                waiting,
                oldest_waiting: if waiting > 0 { self.oldest_waiting()? } else { None },
                battery: None,
                // While locked nothing on board changes: the office was told. Of several workers' plans nobody speaks then.
                plans: digest.or(enrolment.only().and(vault.plans_told)),
                plans_held: plans.filter(|_| vault.want_plans || vault.plans_told != digest),
            },
        };
        store.write(|tx| tx.set_meta("number", &number.to_be_bytes()))?;
        let body = wire::encode_request(&head, &outgoing.open, &outgoing.sealed);
        let signature = self.ports.custodian.sign(&wire::request_signed_bytes(&body))?;
        let headers = vec![
            ("content-type".into(), wire::MEDIA_TYPE.into()),
            (wire::DEVICE_HEADER.into(), enrolment.device.to_string()),
            (wire::SIGNATURE_HEADER.into(), holdfast_vault::sign::signature_text(&signature)),
        ];
        Ok((Ask { path: "/v1/sync".into(), headers, body }, Told { plans: digest, samples_to }))
    }

    /// The plan versions on board, sorted.
    pub(super) fn plans_held(&self) -> Result<Vec<PlanRef>, EngineError> {
        let reading = self.reading()?;
        Ok(match self.store()?.own_meta("plans")? {
            Some(sealed) => serde_json::from_slice(&reading.keys.open("plans", 0, &sealed)?).map_err(|_| EngineError::SealBroken)?,
            None => Vec::new(),
        })
    }

    fn take_answer(&mut self, flight: &Flight, answer: Result<Answer, NetworkFault>) -> Result<SyncOutcome, (Failure, EngineError)> {
        let answer = answer.map_err(|fault| (failure_of(fault), fault.into()))?;
        let bad = |e: EngineError| (Failure::BadAnswer, e);
        if answer.status != 200 {
            let error = refusal(&answer);
            self.forgotten(&error).map_err(bad)?;
            if self.mended(&error).map_err(bad)? {
                self.fail(flight.ticket, Failure::Busy(Some(0)));
                return Ok(SyncOutcome {
                    requests: 1,
                    waiting: self.store().and_then(Store::waiting).map_err(bad)?,
                    ..SyncOutcome::default()
                });
            }
            let failure = match (answer.status, &error) {
                (503 | 429, EngineError::Refused { retry_ms, .. }) => Failure::Busy(*retry_ms),
                (503 | 429, _) => Failure::Busy(None),
                (413, _) => Failure::TooLarge,
                _ => Failure::Refused,
            };
            return Err((failure, error));
        }
        let office = self.office_key().map_err(bad)?;
        let signature = answer.header(wire::SIGNATURE_HEADER).unwrap_or("");
        if office.verify_text(&wire::reply_signed_bytes(&flight.body, &answer.body), signature).is_err() {
            return Err(bad(EngineError::ReplyUnverified));
        }
        let (reply, pushes) = wire::decode_reply(&answer.body).map_err(|e| {
            bad(match e {
                wire::WireError::Newer(_) => EngineError::ProtocolNewer,
                _ => EngineError::ReplyUnreadable,
            })
        })?;
        let receipts = self.check_receipts(&reply, &office).map_err(bad)?;
        let back = self.ports.clock.read();
        // What was pulled is for whoever asked, and nobody else's eyes.
        if self.open_number() == Some(flight.vault) {
            self.take_in(flight, &reply, &pushes, &receipts, back).map_err(bad)
        } else {
            self.take_in_locked(flight, &reply, &receipts, back).map_err(bad)
        }
    }

    /// Number of the last request.
    pub(super) fn last_number(&self) -> Result<u64, EngineError> {
        Ok(self.store()?.meta("number")?.and_then(|b| b.try_into().ok().map(u64::from_be_bytes)).unwrap_or(0))
    }
}

/// The digest over a list of plan versions by which the office sees that it changed.
fn plans_digest(plans: &[PlanRef]) -> Digest {
    Digest::of(&serde_json::to_vec(plans).expect("a list of plans has string keys only"))
}
