//! A disk in memory, for simulators: the same SQLite, and verbs for what happens to real disks: cut, copied, rolled back, full.

use crate::port::{Disk, DiskFault, Held};
use rusqlite::{Connection, MAIN_DB, OpenFlags};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Numbers the in-memory databases of this process: a name each, so that disks never share one by accident.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A disk in memory. It keeps its contents while it is alive, however often phones open and drop the store.
pub struct MemoryDisk {
    inner: Mutex<Inner>,
    locked: Arc<AtomicBool>,
}

struct Inner {
    place: u64,
    name: String,
    /// Keeps the named database alive between openings.
    anchor: Connection,
    made: bool,
    files: BTreeMap<String, Vec<u8>>,
    full: bool,
    set_aside: Vec<(String, Vec<u8>)>,
}

/// Everything on a [`MemoryDisk`] at one moment.
#[derive(Clone)]
pub struct MemoryImage {
    database: Option<Vec<u8>>,
    files: BTreeMap<String, Vec<u8>>,
}

fn fault(e: rusqlite::Error) -> DiskFault {
    DiskFault::Io(format!("{:?}", e.sqlite_error_code()))
}

/// A fresh, empty, named database of this process.
fn fresh() -> Result<(u64, String, Connection), DiskFault> {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("file:/holdfast-{number}?vfs=memdb");
    let anchor = connect(&name)?;
    Ok((number, name, anchor))
}

fn connect(name: &str) -> Result<Connection, DiskFault> {
    let flags = OpenFlags::default() | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(name, flags).map_err(fault)
}

impl MemoryDisk {
    /// An empty disk.
    pub fn new() -> MemoryDisk {
        let (place, name, anchor) = fresh().expect("memory holds a database");
        let inner = Inner { place, name, anchor, made: false, files: BTreeMap::new(), full: false, set_aside: Vec::new() };
        MemoryDisk { inner: Mutex::new(inner), locked: Arc::new(AtomicBool::new(false)) }
    }

    /// A disk elsewhere with the same contents: what a cloned phone or a copied directory is.
    pub fn from_image(image: &MemoryImage) -> Result<MemoryDisk, DiskFault> {
        let disk = MemoryDisk::new();
        disk.roll_back(image)?;
        Ok(disk)
    }

    /// Everything on it now.
    pub fn image(&self) -> Result<MemoryImage, DiskFault> {
        let inner = self.inner();
        let database = match inner.made {
            true => Some(inner.anchor.serialize(MAIN_DB).map_err(fault)?.to_vec()),
            false => None,
        };
        Ok(MemoryImage { database, files: inner.files.clone() })
    }

    /// Puts the store back to an earlier moment, as restoring a backup does; the place stays the same. With the small files:
    /// `image.files` too. Phones that have the store open must be dropped first.
    pub fn roll_back(&self, image: &MemoryImage) -> Result<(), DiskFault> {
        self.roll_back_store(image)?;
        self.inner().files = image.files.clone();
        Ok(())
    }

    /// Puts only the database back, as an app-data backup does: the custodian's side keeps what it knows.
    pub fn roll_back_store(&self, image: &MemoryImage) -> Result<(), DiskFault> {
        let (_, name, mut anchor) = fresh()?;
        if let Some(bytes) = &image.database {
            let source = deserialised(bytes)?;
            let copy = rusqlite::backup::Backup::new(&source, &mut anchor).map_err(fault)?;
            copy.run_to_completion(1_000, std::time::Duration::ZERO, None).map_err(fault)?;
        }
        let mut inner = self.inner();
        inner.name = name;
        inner.anchor = anchor;
        inner.made = image.database.is_some();
        Ok(())
    }

    /// Fills the disk up, or makes room again.
    pub fn set_full(&self, full: bool) {
        self.inner().full = full;
    }

    /// Every byte on it, the stores set aside included: for tests that look for words that must not be there.
    pub fn all_bytes(&self) -> Result<Vec<Vec<u8>>, DiskFault> {
        let image = self.image()?;
        let aside = self.inner().set_aside.iter().map(|(_, bytes)| bytes.clone()).collect::<Vec<_>>();
        Ok(image.database.into_iter().chain(image.files.into_values()).chain(aside).collect())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryDisk {
    fn default() -> Self {
        MemoryDisk::new()
    }
}

/// A private database with these contents.
fn deserialised(bytes: &[u8]) -> Result<Connection, DiskFault> {
    let mut source = Connection::open_in_memory().map_err(fault)?;
    source.deserialize_read_exact(MAIN_DB, bytes, bytes.len(), true).map_err(fault)?;
    Ok(source)
}

struct MemoryHeld(Arc<AtomicBool>);
impl Held for MemoryHeld {}
impl Drop for MemoryHeld {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Disk for MemoryDisk {
    fn lock(&self) -> Result<Box<dyn Held>, DiskFault> {
        match self.locked.swap(true, Ordering::AcqRel) {
            false => Ok(Box::new(MemoryHeld(self.locked.clone()))),
            true => Err(DiskFault::InUse),
        }
    }

    fn holds_store(&self) -> bool {
        self.inner().made
    }

    fn open(&self) -> Result<Connection, DiskFault> {
        let mut inner = self.inner();
        inner.made = true;
        connect(&inner.name)
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, DiskFault> {
        Ok(self.inner().files.get(name).cloned())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), DiskFault> {
        let mut inner = self.inner();
        if inner.full {
            return Err(DiskFault::Full);
        }
        inner.files.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn free_bytes(&self) -> Result<u64, DiskFault> {
        Ok(if self.inner().full { 0 } else { u64::MAX })
    }

    fn place(&self) -> Result<[u8; 16], DiskFault> {
        Ok(u128::from(self.inner().place).to_be_bytes())
    }

    fn set_aside(&self, stamp: &str) -> Result<String, DiskFault> {
        let mut inner = self.inner();
        let bytes = inner.anchor.serialize(MAIN_DB).map_err(fault)?.to_vec();
        let aside = format!("damaged-{stamp}-{}", inner.set_aside.len());
        inner.set_aside.push((aside.clone(), bytes));
        let (_, name, anchor) = fresh()?;
        inner.name = name;
        inner.anchor = anchor;
        inner.made = false;
        Ok(aside)
    }

    fn open_aside(&self, aside: &str) -> Result<Connection, DiskFault> {
        let inner = self.inner();
        let bytes = inner.set_aside.iter().find(|(name, _)| name == aside).map(|(_, bytes)| bytes.as_slice());
        deserialised(bytes.ok_or_else(|| DiskFault::Io("nothing was set aside under this name".into()))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(disk: &MemoryDisk) -> i64 {
        disk.open().and_then(|c| c.query_row("SELECT count(*) FROM t", [], |r| r.get(0)).map_err(fault)).expect("a count")
    }

    #[test]
    fn contents_outlive_connections_and_can_be_copied_and_rolled_back() {
        let disk = MemoryDisk::new();
        assert!(!disk.holds_store());
        disk.open().expect("open").execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1)").expect("written");
        let before = disk.image().expect("image");
        disk.open().expect("open").execute_batch("INSERT INTO t VALUES (2)").expect("written");
        assert_eq!(count(&disk), 2);
        let clone = MemoryDisk::from_image(&disk.image().expect("image")).expect("clone");
        assert_ne!(clone.place(), disk.place());
        disk.roll_back(&before).expect("rolled back");
        assert_eq!((count(&disk), count(&clone)), (1, 2));
    }

    #[test]
    fn one_holder_at_a_time() {
        let disk = MemoryDisk::new();
        let held = disk.lock().expect("free");
        assert_eq!(disk.lock().err(), Some(DiskFault::InUse));
        drop(held);
        assert!(disk.lock().is_ok());
    }
}
