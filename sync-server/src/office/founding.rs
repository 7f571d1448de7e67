//! A store's founding facts, and the directory it lies in.

use crate::error::OfficeError;
use crate::ledger::Ledger;
use holdfast_model::id::{ChainEpoch, ProviderId, ServerEpoch};
use holdfast_model::port::Random;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The file of the ledger within a data directory.
pub fn ledger_file(data: &Path) -> PathBuf {
    data.join("ledger.db")
}

/// How long to wait for a directory that somebody else holds: a server that is just stopping lets go within it.
const STOPPING: Duration = Duration::from_secs(1);

/// Takes the directory for this process alone.
pub fn lock_store(data: &Path) -> Result<File, OfficeError> {
    let file = crate::private::file(&data.join("lock"))?;
    let until = Instant::now() + STOPPING;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(std::fs::TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(Duration::from_millis(20)),
            Err(std::fs::TryLockError::WouldBlock) => return Err(OfficeError::InUse),
            Err(std::fs::TryLockError::Error(e)) => return Err(e.into()),
        }
    }
}

/// Facts about the store as a whole, in the order they are written.
pub(super) const PROVIDER: &str = "provider";
pub(super) const INSTALL: &str = "install";
pub(crate) const SERVER_EPOCH: &str = "server_epoch";
pub(crate) const OWN_EPOCH: &str = "own_epoch";

/// A store's founding facts.
pub(crate) struct Founded {
    pub provider: ProviderId,
    pub install: Vec<u8>,
    pub server_epoch: ServerEpoch,
    pub own_epoch: ChainEpoch,
}

impl Founded {
    /// Those of a store; `None` while it has none.
    pub fn read(ledger: &dyn Ledger) -> Result<Option<Founded>, OfficeError> {
        let damaged = |what: &str| OfficeError::Damaged(format!("its {what}"));
        let Some(provider) = ledger.meta(PROVIDER)? else { return Ok(None) };
        let provider = String::from_utf8(provider).ok().and_then(|p| ProviderId::new(p).ok()).ok_or_else(|| damaged("provider"))?;
        let bytes = |name: &'static str| ledger.meta(name)?.ok_or_else(|| damaged(name));
        let eight = |name: &'static str| <[u8; 8]>::try_from(bytes(name)?).map_err(|_| damaged(name));
        Ok(Some(Founded {
            provider,
            install: bytes(INSTALL)?,
            server_epoch: ServerEpoch(eight(SERVER_EPOCH)?),
            own_epoch: ChainEpoch(eight(OWN_EPOCH)?),
        }))
    }

    /// Facts for a new store.
    pub(super) fn draw(provider: &ProviderId, random: &dyn Random) -> Founded {
        let (mut install, mut server, mut own) = (vec![0; 16], [0; 8], [0; 8]);
        random.fill(&mut install);
        random.fill(&mut server);
        random.fill(&mut own);
        Founded { provider: provider.clone(), install, server_epoch: ServerEpoch(server), own_epoch: ChainEpoch(own) }
    }
}
