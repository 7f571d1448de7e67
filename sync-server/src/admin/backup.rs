//! Backups while the office works, and what follows from taking one up again.

use crate::console::ACCOUNTS_FILE;
use crate::error::OfficeError;
use crate::ledger::{self, Batch, Ledger, SqliteLedger, Table};
use crate::office::{Founded, OWN_EPOCH, SERVER_EPOCH, ledger_file, lock_store};
use holdfast_model::id::ServerEpoch;
use holdfast_model::port::Random;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A backup that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// The file.
    pub file: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Copies the ledger to a file while the office works, and checks the copy; who may sign in goes to `FILE.accounts` beside it.
/// Without the master key nobody can read the record.
pub fn back_up(data: &Path, to: &Path) -> Result<Backup, OfficeError> {
    let store = ledger_file(data);
    super::must_hold_a_store(data)?;
    ledger::backup(&store, to)?;
    let accounts = data.join(ACCOUNTS_FILE);
    if accounts.exists() {
        ledger::backup(&accounts, &accounts_of(to))?;
    }
    Ok(Backup { file: to.to_owned(), bytes: std::fs::metadata(to)?.len() })
}

/// Takes a backup up as the store. The ledger begins a new life, so that phones offer again what it lacks; the office's own device
/// begins a new chain, since what it wrote after the backup may be out on phones. What was there before is kept beside it.
pub fn restore(data: &Path, from: &Path, random: &dyn Random) -> Result<ServerEpoch, OfficeError> {
    crate::private::dir(data)?;
    let _lock = lock_store(data)?;
    let store = ledger_file(data);
    let fresh = data.join("ledger.restoring");
    if fresh.exists() {
        std::fs::remove_file(&fresh)?;
    }
    ledger::restore(from, &fresh)?;
    let epoch = new_life(&fresh, &store, random)?;
    if store.exists() {
        set_aside(data, &store)?;
    }
    std::fs::rename(&fresh, &store)?;
    // Who may sign in stays as it is; on a new machine it comes with the backup.
    if accounts_of(from).exists() && !data.join(ACCOUNTS_FILE).exists() {
        ledger::backup(&accounts_of(from), &data.join(ACCOUNTS_FILE))?;
    }
    std::fs::File::open(data)?.sync_all()?;
    Ok(epoch)
}

fn new_life(fresh: &Path, before: &Path, random: &dyn Random) -> Result<ServerEpoch, OfficeError> {
    let (mut server, mut own) = ([0; 8], [0; 8]);
    random.fill(&mut server);
    random.fill(&mut own);
    {
        let restored = SqliteLedger::open(fresh)?;
        let founded = Founded::read(&restored)?.ok_or_else(|| OfficeError::Damaged("the backup holds no store".into()))?;
        let mut batch = Batch { meta: vec![(SERVER_EPOCH, server.to_vec()), (OWN_EPOCH, own.to_vec())], ..Batch::default() };
        // A restore does not let anybody in again who was shut out since, nor a code be used twice.
        if let Some((phones, used)) = since(before, &founded) {
            batch.sealed = phones;
            batch.used = used;
        }
        restored.write(&batch)?;
    }
    // Closing the last connection folded the log into the file. Moved without its log, a file would lose what is in there.
    if std::fs::metadata(with_end(fresh, "-wal")).is_ok_and(|m| m.len() > 0) {
        return Err(OfficeError::File("the restored store is in use".into()));
    }
    Ok(ServerEpoch(server))
}

type Since = (Vec<(Table, crate::ledger::SealedRow)>, Vec<(Vec<u8>, holdfast_model::id::DeviceId)>);

/// Phones and used codes of the store that a backup takes the place of, where that still opens and is the same installation.
/// Their rows are sealed alike, so they are carried over as they are.
fn since(before: &Path, founded: &Founded) -> Option<Since> {
    if !before.exists() {
        return None;
    }
    let store = SqliteLedger::open(before).ok()?;
    let same = Founded::read(&store).ok()?.is_some_and(|f| f.install == founded.install);
    if !same {
        return None;
    }
    let phones = store.sealed(Table::Device).ok()?.into_iter().map(|row| (Table::Device, row)).collect();
    Some((phones, store.used_codes().ok()?))
}

fn set_aside(data: &Path, store: &Path) -> Result<(), OfficeError> {
    let aside = (1..).map(|n| data.join(format!("ledger.before-restore-{n}.db"))).find(|p| !p.exists());
    let aside = aside.ok_or_else(|| OfficeError::File("no name is left for the store that is set aside".into()))?;
    for end in ["", "-wal", "-shm"] {
        let (from, to) = (with_end(store, end), with_end(&aside, end));
        if from.exists() {
            std::fs::rename(from, to)?;
        }
    }
    Ok(())
}

/// The accounts' copy beside a backup.
fn accounts_of(backup: &Path) -> PathBuf {
    with_end(backup, ".accounts")
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(end);
    PathBuf::from(name)
}
