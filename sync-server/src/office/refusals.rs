//! What a phone is told when its request is refused: what happened, what is safe, what to do. Each with its stable code (`docs/errors.md`).

use super::Office;
use crate::error::OfficeError;
use crate::ingest::Refused;
use crate::slot::retry_ms;
use holdfast_model::port::Answer;
use holdfast_model::time::HOUR;
use holdfast_model::wire::{Refusal, WireError};

/// A refusal as it travels.
pub(crate) fn refusal(status: u16, code: &str, says: &str, retry_ms: Option<u32>) -> Answer {
    let body = serde_json::to_vec(&Refusal { code: code.into(), says: says.into(), retry_ms }).expect("a refusal has string keys only");
    Answer { status, headers: vec![("content-type".into(), "application/json".into())], body }
}

impl Office {
    /// What a failing office says: nothing was confirmed. With a slot, so that those who failed together do not come back together.
    pub(crate) fn unavailable(&self, e: &OfficeError) -> Answer {
        let says = "The office cannot store anything right now. What is on this phone stays there and is sent again by itself.";
        refusal(503, e.code(), says, Some(retry_ms(self.any_number())))
    }

    /// A push was not taken.
    pub(crate) fn refused(&self, e: &Refused) -> Answer {
        match e {
            Refused::Signature => {
                let says = "The records are not signed by this phone. Nothing was taken; they stay on this phone. Tell the office.";
                refusal(422, "bad_push_signature", says, None)
            }
            Refused::Push(e) => {
                let says =
                    "The records are not what their signed list says. Nothing was taken; they stay on this phone and are sent again.";
                refusal(422, e.code(), says, None)
            }
            Refused::Office(e) => self.unavailable(e),
        }
    }
}

/// The request is not signed by the phone it names.
pub(crate) fn bad_signature() -> Answer {
    let says = "The office could not tell that this came from this phone. Nothing was taken; it stays on this phone. Try again; \
                if it goes on, have the phone enrolled anew.";
    refusal(401, "bad_signature", says, None)
}

/// The request names another phone than its signature.
pub(crate) fn device_mismatch() -> Answer {
    let says = "The request names another phone than the one that signed it. Nothing was taken; it stays on this phone.";
    refusal(400, "device_mismatch", says, None)
}

/// The request brings what another phone recorded.
pub(crate) fn push_other_device() -> Answer {
    let says = "The request brings records of another phone. Nothing was taken; they stay where they are.";
    refusal(400, "push_other_device", says, None)
}

/// The request has been answered before.
pub(crate) fn replayed() -> Answer {
    let says = "This request was answered before. Nothing is lost; the phone goes on with its next request.";
    refusal(409, "replayed", says, None)
}

/// The request names no phone.
pub(crate) fn device_missing() -> Answer {
    let says = "The request does not say which phone it comes from. Nothing was taken.";
    refusal(400, "device_missing", says, None)
}

/// The office does not know the phone. What it brought is kept for checking.
pub(crate) fn device_unknown() -> Answer {
    let says = "The office does not know this phone. What is on it stays there, safe. Ask the office for a new code and enrol it again.";
    refusal(403, "device_unknown", says, None)
}

/// The same, where nothing more can be kept.
pub(crate) fn device_unknown_full() -> Answer {
    let says = "The office does not know this phone, and cannot keep more for checking right now. What is on it stays there, safe. Ask the \
                office for a new code and enrol it again.";
    refusal(429, "device_unknown_full", says, Some(HOUR as u32))
}

/// The cursor is another phone's, or was changed.
pub(crate) fn cursor_foreign() -> Answer {
    let says = "This is not the place where this phone left off. Nothing was taken; it stays on this phone, which begins anew.";
    refusal(400, "cursor_foreign", says, None)
}

/// There is nothing at this address.
pub(crate) fn no_such_path() -> Answer {
    refusal(404, "no_such_path", "There is nothing here. Check the address of the office.", None)
}

/// The request is larger than a request may be.
pub(crate) fn too_large() -> Answer {
    let says = "This was more than fits into one request. Nothing was taken; the phone sends it again in smaller parts by itself.";
    refusal(413, "body_too_large", says, None)
}

/// The request cannot be read.
pub(crate) fn malformed(e: &WireError) -> Answer {
    match e {
        WireError::TooLarge => too_large(),
        WireError::Newer(_) => {
            let says =
                "This phone's software is newer than the office's. Nothing was taken; it stays on this phone until the office is updated.";
            refusal(400, e.code(), says, None)
        }
        _ => {
            let says = "The office could not read the request. Nothing was taken; it stays on this phone and is sent again.";
            refusal(400, e.code(), says, None)
        }
    }
}
