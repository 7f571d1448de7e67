//! Shutting a phone out, and taking one worker off a phone that others go on using.
//!
//! A phone that is shut out is served nothing new, and what it still brings is held for checking. So it is with one worker's vault, as if they
//! had never been let read there; a new code lets them read again. Who decided, when and why stays with the phone.

use super::query::name_of;
use super::review::WHY_BYTES;
use super::{Office, TakenOffRow, locked, wait};
use crate::error::OfficeError;
use crate::ledger::{Batch, Table};
use crate::phone::{Decision, Phone};
use crate::state::State;
use crate::writer::phone_row;
use holdfast_model::id::{DeviceId, WorkerId};

/// Why nobody was shut out. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ShutOutError {
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

impl ShutOutError {
    /// Stable code, listed in `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        match self {
            ShutOutError::NotOnPhone => "worker_not_on_phone",
            ShutOutError::OnlyOne => "worker_alone_on_phone",
            ShutOutError::Reason => "held_reason",
            ShutOutError::Office(e) => e.code(),
        }
    }
}

impl Office {
    /// Shuts a phone out. `by` decides it, for a reason of at most [`WHY_BYTES`] bytes. It holds from the phone's next request on; of one that is
    /// shut out already the first decision stands.
    pub fn revoke(&self, device: &DeviceId, by: &WorkerId, why: &str) -> Result<(), ShutOutError> {
        self.change_phone(device, why, |phone, why| {
            if phone.revoked.is_none() {
                phone.revoked = Some(self.now());
                phone.revoked_for = Some(Decision { by: by.clone(), why: why.to_owned() });
            }
            Ok(())
        })
    }

    /// Takes a worker off a phone. `by` decides it, for a reason of at most [`WHY_BYTES`] bytes. It holds from the phone's next request on.
    pub fn take_off(&self, device: &DeviceId, worker: &WorkerId, by: &WorkerId, why: &str) -> Result<(), ShutOutError> {
        self.change_phone(device, why, |phone, why| {
            if !phone.reads(worker) {
                return Err(ShutOutError::NotOnPhone);
            }
            if phone.readers().count() == 1 {
                return Err(ShutOutError::OnlyOne);
            }
            phone.take_off(worker.clone(), by.clone(), why.to_owned(), self.now());
            Ok(())
        })
    }

    /// Makes a decision about a phone durable, if there is a reason for it.
    fn change_phone(
        &self,
        device: &DeviceId,
        why: &str,
        change: impl FnOnce(&mut Phone, &str) -> Result<(), ShutOutError>,
    ) -> Result<(), ShutOutError> {
        let why = why.trim();
        if why.is_empty() || why.len() > WHY_BYTES {
            return Err(ShutOutError::Reason);
        }
        let phone = self.state().phones.get(device).cloned().ok_or_else(|| OfficeError::UnknownDevice(device.to_string()))?;
        let row = {
            let mut phone = locked(&phone);
            change(&mut phone, why)?;
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
