//! The port to the phone's hardware, and a stand-in made of files.
//!
//! A custodian holds two things that never leave it where hardware allows: the device's signing key, and one wrapping key per worker. What a
//! worker's PIN protects is wrapped under that worker's key, so that guesses at a PIN must run on the phone itself, and destroying the key
//! makes the worker's vault unreadable for good.

mod file;

pub use file::FileCustodian;

use crate::secret::Secret;
use crate::sign::PublicKey;

/// What holds a device's keys.
pub trait KeyCustodian: Send + Sync {
    /// Encrypts a secret of `holder` (a worker's id, or another fixed name) under the custodian's key for that holder, making the key if
    /// there is none.
    fn wrap(&self, holder: &str, secret: &Secret) -> Result<Vec<u8>, CustodyFault>;

    /// Decrypts what [`KeyCustodian::wrap`] gave for the same holder. On a phone this may ask for the owner's finger or face first.
    fn unwrap(&self, holder: &str, wrapped: &[u8]) -> Result<Secret, CustodyFault>;

    /// Destroys the holder's key: nothing wrapped for it opens ever again. A holder without a key is no fault.
    fn destroy(&self, holder: &str) -> Result<(), CustodyFault>;

    /// Signs with the device's key (ECDSA P-256 with SHA-256, r ‖ s).
    fn sign(&self, bytes: &[u8]) -> Result<[u8; 64], CustodyFault>;

    /// The device's public key.
    fn public_key(&self) -> Result<PublicKey, CustodyFault>;

    /// What this custodian is, to be shown to whoever answers for the device.
    fn describe(&self) -> Custody;
}

/// What a custodian is and how far it protects: facts for a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Custody {
    /// Stable name: "file", later "android_keystore", "secure_enclave".
    pub kind: &'static str,
    /// True when keys are made in hardware and cannot leave it. False means: whoever copies the device's files has the keys too, and only
    /// the length of the PIN and the cost of trying it stand between them and the record.
    pub hardware: bool,
}

/// Why a custodian did not do it. `code` is stable; none of these texts holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CustodyFault {
    /// There is no key for this holder: never made, destroyed, or invalidated by the system.
    #[error("the key is gone from this device; unsent entries are safe, and the office can set this phone up again")]
    Gone,
    /// What was to be unwrapped was not wrapped here, or was changed.
    #[error("a key on this device was changed or comes from another device; nothing was overwritten")]
    Damaged,
    /// Written by a newer version.
    #[error("a key on this device was written by a newer version (format {0}); it was left untouched: start that version")]
    Newer(u8),
    /// The keys' directory or a file in it is open to others.
    #[error("the keys' {what} can be read by others (mode {mode:o}); set it to {want:o} and start again")]
    Exposed {
        /// "directory" or "file".
        what: &'static str,
        /// The mode found.
        mode: u32,
        /// The mode needed.
        want: u32,
    },
    /// The person did not confirm, or the device is locked.
    #[error("the device did not release the key; unlock the device and try again")]
    Refused,
    /// The machine failed; the text is the system's reason, never contents.
    #[error("the device's keys cannot be reached: {0}")]
    Io(String),
}

impl CustodyFault {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            CustodyFault::Gone => "device_key_gone",
            CustodyFault::Damaged => "device_key_damaged",
            CustodyFault::Newer(_) => "device_key_newer",
            CustodyFault::Exposed { .. } => "device_key_exposed",
            CustodyFault::Refused => "device_key_refused",
            CustodyFault::Io(_) => "device_key_unreachable",
        }
    }
}
