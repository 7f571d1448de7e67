//! A custodian made of files, for Linux: terminals, an office PC, drills and tests.
//!
//! The directory holds, each 0600 in a directory of 0700:
//!
//! | File | Contents |
//! |---|---|
//! | `device.key` | `01` ‖ the device's signing key, PKCS#8 |
//! | `names.key` | `01` ‖ 32 random bytes: the key of the holders' file names |
//! | `holder-….key` | `01` ‖ key id (8) ‖ 32 random bytes; named by a keyed hash of the holder |
//!
//! Nothing encrypts these files: they *are* the secret, and who copies them can try PINs elsewhere. The file system's rights are all that
//! guards them, and [`Custody::hardware`] says so. Put the directory where backups do not reach.

use super::{Custody, CustodyFault, KeyCustodian};
use crate::index::BlindIndex;
use crate::keyfile;
use crate::seal::{self, Aad, DataKey, KeyId, Padding, SealError};
use crate::secret::{Secret, Secret32};
use crate::sign::{PublicKey, SigningKey};
use holdfast_model::port::Random;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

const VERSION: u8 = 1;

/// Keys in files. Several processes may use one directory, one after the other.
pub struct FileCustodian {
    dir: PathBuf,
    signing: SigningKey,
    names: BlindIndex,
    random: Arc<dyn Random>,
    /// Two threads must not both make a holder's key.
    making: Mutex<()>,
}

impl FileCustodian {
    /// Opens the directory, making it and the device's key if there are none. Refuses a directory or a file that others can read.
    pub fn open(dir: impl Into<PathBuf>, random: Arc<dyn Random>) -> Result<FileCustodian, CustodyFault> {
        let dir = dir.into();
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir).map_err(io_fault)?;
        private(&fs::metadata(&dir).map_err(io_fault)?, "directory", 0o700)?;
        keyfile::sweep(&dir).map_err(io_fault)?;

        let names = read_or_make(&dir.join("names.key"), || Secret::new(Secret32::random(random.as_ref()).expose().to_vec()))?;
        let names = Secret32::from_slice(names.expose()).ok_or(CustodyFault::Damaged)?;
        let pkcs8 = read_or_make(&dir.join("device.key"), || SigningKey::generate().1)?;
        let signing = SigningKey::from_pkcs8(&pkcs8).ok_or(CustodyFault::Damaged)?;
        Ok(FileCustodian { dir, signing, names: BlindIndex::new(&names), random, making: Mutex::new(()) })
    }

    fn path(&self, holder: &str) -> PathBuf {
        let name = self.names.row("holder", holder.as_bytes());
        self.dir.join(format!("holder-{}.key", data_encoding::HEXLOWER.encode(name.as_bytes())))
    }

    fn key(&self, stored: &Secret) -> Result<DataKey, CustodyFault> {
        let (id, key) = stored.expose().split_first_chunk::<8>().ok_or(CustodyFault::Damaged)?;
        Ok(DataKey::new(KeyId(*id), &Secret32::from_slice(key).ok_or(CustodyFault::Damaged)?))
    }
}

impl KeyCustodian for FileCustodian {
    fn wrap(&self, holder: &str, secret: &Secret) -> Result<Vec<u8>, CustodyFault> {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = read_or_make(&self.path(holder), || {
            let mut bytes = KeyId::random(self.random.as_ref()).0.to_vec();
            bytes.extend_from_slice(Secret32::random(self.random.as_ref()).expose());
            Secret::new(bytes)
        })?;
        Ok(seal::seal(&self.key(&stored)?, &place(holder), Padding::None, secret.expose(), self.random.as_ref()))
    }

    fn unwrap(&self, holder: &str, wrapped: &[u8]) -> Result<Secret, CustodyFault> {
        let stored = read(&self.path(holder))?.ok_or(CustodyFault::Gone)?;
        match seal::open(&self.key(&stored)?, &place(holder), wrapped) {
            Ok(mut opened) => Ok(Secret::new(std::mem::take(&mut *opened))),
            // The holder's key was destroyed and made anew since.
            Err(SealError::OtherKey) => Err(CustodyFault::Gone),
            Err(SealError::Newer(v)) => Err(CustodyFault::Newer(v)),
            Err(SealError::Damaged) => Err(CustodyFault::Damaged),
        }
    }

    fn destroy(&self, holder: &str) -> Result<(), CustodyFault> {
        let path = self.path(holder);
        let length = match fs::metadata(&path) {
            Ok(meta) => meta.len() as usize,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(io_fault(e)),
        };
        // Overwritten in place first. Flash may keep the old block all the same: that is one of the things hardware does better.
        let mut file = fs::OpenOptions::new().write(true).open(&path).map_err(io_fault)?;
        file.write_all(&vec![0; length]).and_then(|()| file.sync_all()).map_err(io_fault)?;
        fs::remove_file(&path).and_then(|()| keyfile::sync(&self.dir)).map_err(io_fault)
    }

    fn sign(&self, bytes: &[u8]) -> Result<[u8; 64], CustodyFault> {
        Ok(self.signing.sign(bytes))
    }

    fn public_key(&self) -> Result<PublicKey, CustodyFault> {
        Ok(self.signing.public_key())
    }

    fn describe(&self) -> Custody {
        Custody { kind: "file", hardware: false }
    }
}

impl std::fmt::Debug for FileCustodian {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileCustodian({}, ***)", self.dir.display())
    }
}

fn place(holder: &str) -> Aad<'_> {
    Aad { provider: "", install: b"", table: "custodian", row: holder.as_bytes(), document: b"" }
}

/// Refuses what anybody but the owner can touch.
fn private(meta: &fs::Metadata, what: &'static str, want: u32) -> Result<(), CustodyFault> {
    let mode = meta.mode() & 0o777;
    if mode & 0o077 != 0 { Err(CustodyFault::Exposed { what, mode, want }) } else { Ok(()) }
}

fn read(path: &Path) -> Result<Option<Secret>, CustodyFault> {
    let bytes = match fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(io_fault(e)),
    };
    private(&fs::metadata(path).map_err(io_fault)?, "file", 0o600)?;
    match bytes.split_first() {
        Some((&VERSION, body)) => Ok(Some(Secret::new(body.to_vec()))),
        // Zeros: destroying was cut off between overwriting and removing.
        Some((0, rest)) if rest.iter().all(|b| *b == 0) => Ok(None),
        Some((0, _)) | None => Err(CustodyFault::Damaged),
        Some((newer, _)) => Err(CustodyFault::Newer(*newer)),
    }
}

fn read_or_make(path: &Path, make: impl FnOnce() -> Secret) -> Result<Secret, CustodyFault> {
    if let Some(found) = read(path)? {
        return Ok(found);
    }
    let made = make();
    let mut bytes = Zeroizing::new(Vec::with_capacity(1 + made.expose().len()));
    bytes.push(VERSION);
    bytes.extend_from_slice(made.expose());
    match keyfile::create(path, &bytes) {
        Ok(()) => Ok(made),
        // Another process was first: its key is the key. Or zeros that are still there: out of the way, and once more.
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => match read(path)? {
            Some(found) => Ok(found),
            None => {
                fs::remove_file(path).and_then(|()| keyfile::create(path, &bytes)).map_err(io_fault)?;
                Ok(made)
            }
        },
        Err(e) => Err(io_fault(e)),
    }
}

fn io_fault(e: io::Error) -> CustodyFault {
    CustodyFault::Io(e.kind().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_host::SystemRandom;
    use std::os::unix::fs::PermissionsExt;

    fn custodian(dir: &Path) -> FileCustodian {
        FileCustodian::open(dir.join("keys"), Arc::new(SystemRandom::new())).expect("opens")
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.as_bytes().to_vec())
    }

    #[test]
    fn the_device_keeps_its_key_over_restarts_and_says_what_it_is() {
        let dir = tempfile::tempdir().expect("a directory");
        let first = custodian(dir.path());
        let second = custodian(dir.path());
        assert_eq!(first.public_key(), second.public_key());
        let signature = second.sign(b"38 visits").expect("signs");
        assert_eq!(first.public_key().expect("a key").verify(b"38 visits", &signature), Ok(()));
        assert!(!first.describe().hardware);
    }

    #[test]
    fn what_is_wrapped_opens_for_its_holder_until_destroyed() {
        let dir = tempfile::tempdir().expect("a directory");
        let keys = custodian(dir.path());
        let wrapped = keys.wrap("W-1", &secret("key of one")).expect("wraps");
        keys.wrap("W-2", &secret("key of two")).expect("wraps");
        assert_eq!(custodian(dir.path()).unwrap("W-1", &wrapped).expect("opens").expose(), b"key of one");
        assert_eq!(keys.unwrap("W-2", &wrapped).expect_err("another's").code(), "device_key_gone");
        assert_eq!(keys.unwrap("W-3", &wrapped).expect_err("nobody's").code(), "device_key_gone");
        let mut changed = wrapped.clone();
        *changed.last_mut().expect("bytes") ^= 1;
        assert_eq!(keys.unwrap("W-1", &changed).expect_err("changed").code(), "device_key_damaged");

        keys.destroy("W-1").expect("destroys");
        keys.destroy("W-1").expect("destroying twice is no fault");
        assert_eq!(keys.unwrap("W-1", &wrapped).expect_err("destroyed").code(), "device_key_gone");
        keys.wrap("W-1", &secret("anew")).expect("a new start");
        assert_eq!(keys.unwrap("W-1", &wrapped).expect_err("still destroyed").code(), "device_key_gone");
    }

    #[test]
    fn destroying_cut_off_half_way_is_destruction() {
        let dir = tempfile::tempdir().expect("a directory");
        let keys = custodian(dir.path());
        let wrapped = keys.wrap("W-1", &secret("x")).expect("wraps");
        let path = keys.path("W-1");
        let length = fs::metadata(&path).expect("there").len() as usize;
        fs::write(&path, vec![0; length]).expect("writes");
        assert_eq!(keys.unwrap("W-1", &wrapped).expect_err("zeros").code(), "device_key_gone");
        let anew = keys.wrap("W-1", &secret("y")).expect("a new start over the zeros");
        assert_eq!(keys.unwrap("W-1", &anew).expect("opens").expose(), b"y");
        assert_eq!(keys.unwrap("W-1", &wrapped).expect_err("still").code(), "device_key_gone");
    }

    #[test]
    fn files_are_the_owners_alone_and_name_nobody() {
        let dir = tempfile::tempdir().expect("a directory");
        custodian(dir.path()).wrap("W-AMINA", &secret("x")).expect("wraps");
        let keys = dir.path().join("keys");
        assert_eq!(fs::metadata(&keys).expect("there").mode() & 0o777, 0o700);
        let mut seen = 0;
        for entry in fs::read_dir(&keys).expect("lists").flatten() {
            seen += 1;
            assert_eq!(entry.metadata().expect("there").mode() & 0o777, 0o600);
            assert!(!entry.file_name().to_string_lossy().contains("AMINA"));
        }
        assert_eq!(seen, 3);
    }

    #[test]
    fn keys_open_to_others_are_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        custodian(dir.path());
        let keys = dir.path().join("keys");
        let random: Arc<dyn Random> = Arc::new(SystemRandom::new());
        fs::set_permissions(keys.join("device.key"), fs::Permissions::from_mode(0o640)).expect("sets");
        assert_eq!(FileCustodian::open(&keys, random.clone()).expect_err("a file").code(), "device_key_exposed");
        fs::set_permissions(keys.join("device.key"), fs::Permissions::from_mode(0o600)).expect("sets");
        fs::set_permissions(&keys, fs::Permissions::from_mode(0o750)).expect("sets");
        let fault = FileCustodian::open(&keys, random).expect_err("a directory");
        assert_eq!(fault.to_string(), "the keys' directory can be read by others (mode 750); set it to 700 and start again");
    }

    #[test]
    fn damage_and_newer_files_are_told_apart_and_left_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let public = custodian(dir.path()).public_key();
        let path = dir.path().join("keys/device.key");
        let good = fs::read(&path).expect("reads");
        for (bytes, code) in [(vec![2, 3, 4], "device_key_newer"), (vec![], "device_key_damaged"), (vec![1, 9, 9], "device_key_damaged")] {
            fs::write(&path, &bytes).expect("writes");
            let fault = FileCustodian::open(dir.path().join("keys"), Arc::new(SystemRandom::new())).expect_err("bad file");
            assert_eq!(fault.code(), code);
            assert_eq!(fs::read(&path).expect("reads"), bytes, "left untouched");
        }
        fs::write(&path, good).expect("writes");
        assert_eq!(custodian(dir.path()).public_key(), public);
    }
}
