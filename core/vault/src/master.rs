//! The server's keys.
//!
//! One master key, outside the data directory, wraps a data key per subject (a person, or what belongs to a branch only). Whoever copies the
//! data directory or a backup has nothing; destroying one wrapped key makes that subject's record unreadable for good, while the ledger's digests stay
//! verifiable. The server itself can read everything: this is not end-to-end encryption.
//!
//! The file is one line of text: `holdfast-master-key-1 ` and 32 random bytes in base64url without padding.

use crate::keyfile;
use crate::mac::MacKey;
use crate::seal::{self, Aad, DataKey, KeyId, Opened, Padding, SealError};
use crate::secret::{Secret, Secret32, derive};
use data_encoding::BASE64URL_NOPAD;
use holdfast_model::port::Random;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const WORD: &str = "holdfast-master-key-1";

/// Where the master key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MasterKeySource {
    /// A file that only its owner can read; the owner is root or whoever runs the server.
    File(PathBuf),
    /// A credential that the service manager handed over (systemd's `LoadCredential=` or `LoadCredentialEncrypted=`): its
    /// directory is guarded by the service manager, so the file's own rights say nothing.
    Credential(PathBuf),
}

impl MasterKeySource {
    fn path(&self) -> &Path {
        match self {
            MasterKeySource::File(path) | MasterKeySource::Credential(path) => path,
        }
    }
}

/// Why the master key is not taken. `code` is stable; none of these texts holds a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MasterKeyError {
    /// No such file.
    #[error("there is no master key at {}; restore it from where you keep it: without it the records cannot be read", .0.display())]
    Missing(PathBuf),
    /// Making one where there is one.
    #[error("there is a master key at {} already; it was not touched", .0.display())]
    Exists(PathBuf),
    /// Within the data directory.
    #[error("the master key {} is inside the data directory, where every copy and backup of the records would carry it; move it elsewhere", .0.display())]
    InsideData(PathBuf),
    /// Others may read or change it.
    #[error("the master key {} can be read or changed by others (mode {mode:o}); run: chmod 600 {}", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It belongs to somebody else.
    #[error("the master key {} belongs to user {owner}; it must belong to root or to the user that runs the server", path.display())]
    Owner {
        /// The file.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// Not a file, or not a master key.
    #[error("{} is no master key of this version; it was left untouched", .0.display())]
    NotAKey(PathBuf),
    /// The system failed.
    #[error("the master key {} cannot be reached: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl MasterKeyError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            MasterKeyError::Missing(_) => "master_key_missing",
            MasterKeyError::Exists(_) => "master_key_exists",
            MasterKeyError::InsideData(_) => "master_key_inside_data",
            MasterKeyError::Exposed { .. } => "master_key_exposed",
            MasterKeyError::Owner { .. } => "master_key_owner",
            MasterKeyError::NotAKey(_) => "master_key_damaged",
            MasterKeyError::Io { .. } => "master_key_unreachable",
        }
    }
}

/// The server's master key. In memory only; wiped when dropped.
#[derive(Debug)]
pub struct MasterKey {
    key: Secret32,
    wrapping: DataKey,
}

impl MasterKey {
    /// A key from its bytes: for tests and simulations, which have no place for a file.
    pub fn from_secret(key: Secret32) -> MasterKey {
        let wrapping = derive(key.expose(), &[b"holdfast/master/wrap/v1"]);
        let id = derive(key.expose(), &[b"holdfast/master/id/v1"]);
        let wrapping = DataKey::new(KeyId(*id.expose().first_chunk().expect("32 bytes hold 8")), &wrapping);
        MasterKey { key, wrapping }
    }

    /// Makes a key and its file (0600, in a directory made with 0700). Refuses to overwrite, and to write inside `data_dir`.
    pub fn create(path: &Path, data_dir: &Path, random: &dyn Random) -> Result<MasterKey, MasterKeyError> {
        let io = |e: io::Error| io_error(path, &e);
        let parent = keyfile::parent(path);
        fs::DirBuilder::new().recursive(true).mode(0o700).create(parent).map_err(io)?;
        if inside(&parent.canonicalize().map_err(io)?, data_dir) {
            return Err(MasterKeyError::InsideData(path.to_owned()));
        }
        let key = Secret32::random(random);
        let line = Zeroizing::new(format!("{WORD} {}\n", *Zeroizing::new(BASE64URL_NOPAD.encode(key.expose()))));
        keyfile::create(path, line.as_bytes()).map_err(io)?;
        Ok(MasterKey::from_secret(key))
    }

    /// Reads the key. Refuses one that lies inside the data directory, or that others can read or change.
    pub fn open(source: &MasterKeySource, data_dir: &Path) -> Result<MasterKey, MasterKeyError> {
        let path = source.path();
        let io = |e: io::Error| io_error(path, &e);
        // Links are followed first: what counts is where the key lies.
        if inside(&path.canonicalize().map_err(io)?, data_dir) {
            return Err(MasterKeyError::InsideData(path.to_owned()));
        }
        let meta = fs::metadata(path).map_err(io)?;
        if !meta.is_file() || meta.len() > 4_096 {
            return Err(MasterKeyError::NotAKey(path.to_owned()));
        }
        if let MasterKeySource::File(_) = source {
            let mode = meta.mode() & 0o777;
            if mode & 0o077 != 0 {
                return Err(MasterKeyError::Exposed { path: path.to_owned(), mode });
            }
            let owner = meta.uid();
            if owner != 0 && owner != rustix::process::geteuid().as_raw() {
                return Err(MasterKeyError::Owner { path: path.to_owned(), owner });
            }
        }
        let text = Zeroizing::new(fs::read(path).map_err(io)?);
        parse(&text).map(MasterKey::from_secret).ok_or_else(|| MasterKeyError::NotAKey(path.to_owned()))
    }

    /// Draws a subject's data key. Returns it with its wrapped form, which the server stores under `subject`.
    pub fn new_subject_key(&self, subject: &str, random: &dyn Random) -> (DataKey, Vec<u8>) {
        let (id, key) = (KeyId::random(random), Secret32::random(random));
        let bytes = Zeroizing::new([id.0.as_slice(), key.expose()].concat());
        let wrapped = seal::seal(&self.wrapping, &place("subject_key", subject), Padding::None, &bytes, random);
        (DataKey::new(id, &key), wrapped)
    }

    /// A subject's data key from its wrapped form.
    pub fn open_subject_key(&self, subject: &str, wrapped: &[u8]) -> Result<DataKey, SealError> {
        let bytes = seal::open(&self.wrapping, &place("subject_key", subject), wrapped)?;
        let (id, key) = bytes.split_first_chunk::<8>().ok_or(SealError::Damaged)?;
        Ok(DataKey::new(KeyId(*id), &Secret32::from_slice(key).ok_or(SealError::Damaged)?))
    }

    /// Seals one of the server's own secrets: its signing key, the provider's seed.
    pub fn seal_secret(&self, name: &str, secret: &[u8], random: &dyn Random) -> Vec<u8> {
        seal::seal(&self.wrapping, &place("secret", name), Padding::None, secret, random)
    }

    /// Opens one of the server's own secrets.
    pub fn open_secret(&self, name: &str, sealed: &[u8]) -> Result<Secret, SealError> {
        let mut opened: Opened = seal::open(&self.wrapping, &place("secret", name), sealed)?;
        Ok(Secret::new(std::mem::take(&mut *opened)))
    }

    /// A key for tags, for one purpose: "cursor", "code". The same after a restart, and after a restore from backup.
    pub fn mac_key(&self, purpose: &str) -> MacKey {
        MacKey::new(&derive(self.key.expose(), &[b"holdfast/master/mac/v1\0", purpose.as_bytes()]))
    }

    /// A key for row names.
    pub fn index(&self) -> crate::index::BlindIndex {
        crate::index::BlindIndex::new(&derive(self.key.expose(), &[b"holdfast/master/index/v1"]))
    }
}

fn place<'a>(table: &'a str, row: &'a str) -> Aad<'a> {
    Aad { provider: "", install: b"", table, row: row.as_bytes(), document: b"" }
}

/// True when a path without links lies in the directory. A directory that is not there yet holds nothing.
fn inside(path: &Path, dir: &Path) -> bool {
    dir.canonicalize().is_ok_and(|dir| path.starts_with(dir))
}

fn io_error(path: &Path, e: &io::Error) -> MasterKeyError {
    match e.kind() {
        io::ErrorKind::NotFound => MasterKeyError::Missing(path.to_owned()),
        io::ErrorKind::AlreadyExists => MasterKeyError::Exists(path.to_owned()),
        kind => MasterKeyError::Io { path: path.to_owned(), reason: kind.to_string() },
    }
}

fn parse(text: &[u8]) -> Option<Secret32> {
    let line = std::str::from_utf8(text).ok()?.trim_end();
    let (word, key) = line.split_once(' ')?;
    let bytes = Zeroizing::new(BASE64URL_NOPAD.decode(key.as_bytes()).ok()?);
    if word == WORD { Secret32::from_slice(&bytes) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_host::SystemRandom;
    use std::os::unix::fs::PermissionsExt;

    struct Place {
        dir: tempfile::TempDir,
    }

    impl Place {
        fn new() -> Place {
            let dir = tempfile::tempdir().expect("a directory");
            fs::create_dir(dir.path().join("data")).expect("makes");
            Place { dir }
        }
        fn data(&self) -> PathBuf {
            self.dir.path().join("data")
        }
        fn key(&self) -> PathBuf {
            self.dir.path().join("etc/holdfast/master.key")
        }
        fn open(&self) -> Result<MasterKey, MasterKeyError> {
            MasterKey::open(&MasterKeySource::File(self.key()), &self.data())
        }
    }

    #[test]
    fn a_key_made_once_reads_back_and_is_never_overwritten() {
        let place = Place::new();
        let random = SystemRandom::new();
        assert_eq!(place.open().expect_err("none yet").code(), "master_key_missing");
        let made = MasterKey::create(&place.key(), &place.data(), &random).expect("makes");
        assert_eq!(fs::metadata(place.key()).expect("there").mode() & 0o777, 0o600);
        let (_, wrapped) = made.new_subject_key("person:P-101", &random);
        assert!(place.open().expect("opens").open_subject_key("person:P-101", &wrapped).is_ok());
        let again = MasterKey::create(&place.key(), &place.data(), &random).expect_err("there is one");
        assert_eq!(again.code(), "master_key_exists");
        assert!(place.open().expect("untouched").open_subject_key("person:P-101", &wrapped).is_ok());
    }

    #[test]
    fn a_key_beside_the_records_is_refused_links_or_not() {
        let place = Place::new();
        let random = SystemRandom::new();
        let within = place.data().join("keys/master.key");
        assert_eq!(MasterKey::create(&within, &place.data(), &random).expect_err("inside").code(), "master_key_inside_data");
        assert!(!within.exists());
        MasterKey::create(&place.key(), &place.data(), &random).expect("makes");
        fs::copy(place.key(), &within).expect("copies");
        let source = MasterKeySource::File(within.clone());
        assert_eq!(MasterKey::open(&source, &place.data()).expect_err("inside").code(), "master_key_inside_data");
        fs::remove_file(place.key()).expect("removes");
        std::os::unix::fs::symlink(&within, place.key()).expect("links");
        assert_eq!(place.open().expect_err("a link to inside").code(), "master_key_inside_data");
    }

    #[test]
    fn a_key_open_to_others_or_damaged_is_refused() {
        let place = Place::new();
        MasterKey::create(&place.key(), &place.data(), &SystemRandom::new()).expect("makes");
        for mode in [0o640, 0o604, 0o620] {
            fs::set_permissions(place.key(), fs::Permissions::from_mode(mode)).expect("sets");
            assert_eq!(place.open().expect_err("open to others").code(), "master_key_exposed");
        }
        let credential = MasterKeySource::Credential(place.key());
        assert!(MasterKey::open(&credential, &place.data()).is_ok(), "the service manager guards a credential");
        fs::set_permissions(place.key(), fs::Permissions::from_mode(0o600)).expect("sets");
        for text in ["", "holdfast-master-key-1 AAAA", "holdfast-master-key-2 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "\u{0}"] {
            fs::write(place.key(), text).expect("writes");
            assert_eq!(place.open().expect_err(text).code(), "master_key_damaged");
            assert_eq!(fs::read_to_string(place.key()).expect("reads"), text, "left untouched");
        }
        assert_eq!(
            MasterKey::open(&MasterKeySource::File(place.data()), Path::new("/nowhere")).expect_err("a directory").code(),
            "master_key_damaged"
        );
    }

    #[test]
    fn a_key_that_cannot_be_read_is_not_taken_for_a_missing_one() {
        let place = Place::new();
        MasterKey::create(&place.key(), &place.data(), &SystemRandom::new()).expect("makes");
        let within_a_file = MasterKeySource::File(place.key().join("master.key"));
        assert_eq!(MasterKey::open(&within_a_file, &place.data()).expect_err("no directory").code(), "master_key_unreachable");
        place.open().expect("the key itself is untouched");
    }

    #[test]
    fn a_key_of_another_account_is_refused() {
        let place = Place::new();
        MasterKey::create(&place.key(), &place.data(), &SystemRandom::new()).expect("makes");
        // Only root can give a file away: CI runs as root, and shows it.
        if std::os::unix::fs::chown(place.key(), Some(65_534), None).is_err() {
            return;
        }
        assert_eq!(place.open().expect_err("another's").code(), "master_key_owner");
        std::os::unix::fs::chown(place.key(), Some(0), None).expect("given back");
        place.open().expect("root's again");
    }

    #[test]
    fn a_subjects_key_opens_under_its_own_name_and_master_only() {
        let random = SystemRandom::new();
        let master = MasterKey::from_secret(Secret32::random(&random));
        let (key, wrapped) = master.new_subject_key("person:P-101", &random);
        let aad = Aad { provider: "northquay", install: b"i", table: "segment", row: b"1", document: b"visit:V-1" };
        let sealed = seal::seal(&key, &aad, Padding::None, b"segment", &random);
        let again = master.open_subject_key("person:P-101", &wrapped).expect("opens");
        assert_eq!(seal::open(&again, &aad, &sealed).expect("opens").as_slice(), b"segment");
        assert_eq!(master.open_subject_key("person:P-102", &wrapped).expect_err("another name"), SealError::Damaged);
        let other = MasterKey::from_secret(Secret32::random(&random));
        assert_eq!(other.open_subject_key("person:P-101", &wrapped).expect_err("another master"), SealError::OtherKey);
        let (other_key, _) = master.new_subject_key("person:P-101", &random);
        assert_eq!(seal::open(&other_key, &aad, &sealed), Err(SealError::OtherKey), "once destroyed, a new key opens nothing old");
    }

    #[test]
    fn secrets_and_tags_have_one_purpose_each() {
        let random = SystemRandom::new();
        let master = MasterKey::from_secret(Secret32::random(&random));
        let sealed = master.seal_secret("office_key", b"pkcs8", &random);
        assert_eq!(master.open_secret("office_key", &sealed).expect("opens").expose(), b"pkcs8");
        assert!(master.open_secret("provider_seed", &sealed).is_err());
        assert!(master.open_subject_key("office_key", &sealed).is_err());
        assert_eq!(master.mac_key("cursor").tag(b"x"), master.mac_key("cursor").tag(b"x"));
        assert_ne!(master.mac_key("cursor").tag(b"x"), master.mac_key("code").tag(b"x"));
        assert!(!format!("{master:?}").contains("Secret32(["));
    }
}
