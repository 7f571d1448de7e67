//! Taking one worker off a phone that others go on using.
//!
//! Their vault is served nothing new, as if they had never been let read there; what of theirs still comes from this phone is held for checking,
//! like all that a shut-out phone brings. A new code lets them read again. Who decided, when and why stays with the phone.

use super::query::name_of;
use super::review::WHY_BYTES;
use super::{Office, TakenOffRow, locked, wait};
use crate::error::OfficeError;
use crate::ledger::{Batch, Table};
use crate::phone::Phone;
use crate::state::State;
use crate::writer::phone_row;
use holdfast_model::id::{DeviceId, WorkerId};

/// Why nobody was taken off a phone. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TakeOffError {
    /// They do not read on it.
    #[error("this worker does not read on this phone")]
    NotOnPhone,
    /// Nobody else reads on it.
    #[error("nobody else reads on this phone")]
    OnlyOne,
    /// A decision without a reason, or with one that is too long.
    #[error("a decision needs a reason of at most {WHY_BYTES} bytes")]
    Reason,
    /// The office cannot do anything now.
    #[error(transparent)]
    Office(#[from] OfficeError),
}

impl TakeOffError {
    /// Stable code, listed in `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        match self {
            TakeOffError::NotOnPhone => "worker_not_on_phone",
            TakeOffError::OnlyOne => "worker_alone_on_phone",
            TakeOffError::Reason => "held_reason",
            TakeOffError::Office(e) => e.code(),
        }
    }
}

impl Office {
    /// Takes a worker off a phone. `by` decides it, for a reason of at most [`WHY_BYTES`] bytes. It holds from the phone's next request on.
    pub fn take_off(&self, device: &DeviceId, worker: &WorkerId, by: &WorkerId, why: &str) -> Result<(), TakeOffError> {
        let why = why.trim();
        if why.is_empty() || why.len() > WHY_BYTES {
            return Err(TakeOffError::Reason);
        }
        let phone = self.state().phones.get(device).cloned().ok_or_else(|| OfficeError::UnknownDevice(device.to_string()))?;
        let row = {
            let mut phone = locked(&phone);
            if !phone.reads(worker) {
                return Err(TakeOffError::NotOnPhone);
            }
            if phone.readers().count() == 1 {
                return Err(TakeOffError::OnlyOne);
            }
            phone.take_off(worker.clone(), by.clone(), why.to_owned(), self.now());
            phone_row(&phone, &self.inner.keys, &*self.inner.random)
        };
        let with = Batch { sealed: vec![(Table::Device, row)], ..Batch::default() };
        wait(self.store(Vec::new(), Vec::new(), Vec::new(), with)?)?;
        Ok(())
    }
}

/// Who was taken off a phone, as its row shows it.
pub(super) fn rows(state: &State, phone: &Phone) -> Vec<TakenOffRow> {
    let row = |off: &crate::phone::TakenOff| TakenOffRow {
        worker: off.worker.clone(),
        worker_name: name_of(state, &off.worker),
        at: off.at,
        by: off.by.clone(),
        why: off.why.clone(),
        back: off.back,
    };
    phone.taken_off.iter().map(row).collect()
}
