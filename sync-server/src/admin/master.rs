//! Where the master key is, and the making of one for a new store.

use crate::office::ledger_file;
use holdfast_model::port::Random;
use holdfast_vault::{MasterKey, MasterKeyError, MasterKeySource};
use std::path::{Path, PathBuf};

/// Name of the credential that a service manager hands over.
const CREDENTIAL: &str = "holdfast-master-key";

/// Where a master key was found or made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Where {
    /// The file.
    pub path: PathBuf,
    /// True when it was made just now.
    pub made: bool,
}

/// Finds the master key of a store: the file that was named, the service manager's credential, or `DIR.key` beside the data
/// directory. For a store that is not there yet, and only then, a key is made.
pub fn master_key(data: &Path, named: Option<&Path>, random: &dyn Random) -> Result<(MasterKey, Where), MasterKeyError> {
    let credential = std::env::var_os("CREDENTIALS_DIRECTORY").map(|dir| PathBuf::from(dir).join(CREDENTIAL)).filter(|p| p.exists());
    let source = match (named, credential) {
        (Some(path), _) => MasterKeySource::File(path.to_owned()),
        (None, Some(path)) => MasterKeySource::Credential(path),
        (None, None) => MasterKeySource::File(beside(data)),
    };
    let path = match &source {
        MasterKeySource::File(path) | MasterKeySource::Credential(path) => path.clone(),
    };
    match MasterKey::open(&source, data) {
        Err(MasterKeyError::Missing(_)) if !ledger_file(data).exists() => {
            let key = MasterKey::create(&path, data, random)?;
            Ok((key, Where { path, made: true }))
        }
        other => Ok((other?, Where { path, made: false })),
    }
}

/// `DIR.key`.
fn beside(data: &Path) -> PathBuf {
    let mut name = data.file_name().map_or_else(|| "holdfast".into(), std::ffi::OsStr::to_os_string);
    name.push(".key");
    data.with_file_name(name)
}
