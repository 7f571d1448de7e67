//! A directory of a Linux machine.

use crate::port::{Disk, DiskFault, Held};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The store's file name within its directory.
const STORE: &str = "holdfast.db";
/// The file that one process at a time holds locked.
const LOCK: &str = "lock";

/// The directory of the store within the home.
const INNER: &str = "store";
/// The directory of the small companions: a backup of the store leaves it out.
const BESIDE: &str = "beside";

/// A directory that holds one phone: `store/` is what a backup may carry, `beside/` is what tells a restored store from the one that was
/// open last. All of it is readable by its owner alone.
#[derive(Debug)]
pub struct LinuxDisk {
    home: PathBuf,
}

impl LinuxDisk {
    /// Takes a directory, making it (mode 0700) when there is none.
    pub fn new(home: impl Into<PathBuf>) -> Result<LinuxDisk, DiskFault> {
        let home = home.into();
        for part in [home.join(INNER), home.join(BESIDE)] {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(part)?;
        }
        Ok(LinuxDisk { home })
    }

    /// The directory.
    pub fn home(&self) -> &Path {
        &self.home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.join(INNER).join(name)
    }

    fn beside(&self, name: &str) -> PathBuf {
        self.home.join(BESIDE).join(name)
    }
}

/// Makes a rename or a new name in a directory survive a power cut.
fn sync_directory(dir: &Path) -> Result<(), DiskFault> {
    Ok(File::open(dir)?.sync_all()?)
}

/// An advisory lock on the directory's lock file: the kernel gives it back when the process ends, however it ends.
struct FileHeld {
    _file: File,
}
impl Held for FileHeld {}

impl Disk for LinuxDisk {
    fn lock(&self) -> Result<Box<dyn Held>, DiskFault> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(self.beside(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(FileHeld { _file: file })),
            Err(TryLockError::WouldBlock) => Err(DiskFault::InUse),
            Err(TryLockError::Error(e)) => Err(e.into()),
        }
    }

    fn holds_store(&self) -> bool {
        self.path(STORE).exists()
    }

    fn open(&self) -> Result<rusqlite::Connection, DiskFault> {
        // The file is made here first, so that SQLite never makes it with wider rights; WAL and SHM copy the file's mode.
        let made = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(self.path(STORE))?;
        drop(made);
        rusqlite::Connection::open(self.path(STORE)).map_err(|e| match e.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => DiskFault::Full,
            code => DiskFault::Io(format!("open: {code:?}")),
        })
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, DiskFault> {
        match fs::read(self.beside(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), DiskFault> {
        let aside = self.beside(&format!("{name}.new"));
        let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&aside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&aside, self.beside(name))?;
        sync_directory(&self.home.join(BESIDE))
    }

    fn note(&self, name: &str, bytes: &[u8], durable: bool) -> Result<(), DiskFault> {
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(self.beside(name))?;
        file.write_all(bytes)?;
        if file.metadata()?.len() != bytes.len() as u64 {
            file.set_len(bytes.len() as u64)?;
        }
        if durable {
            file.sync_data()?;
        }
        Ok(())
    }

    fn free_bytes(&self) -> Result<u64, DiskFault> {
        let stat = rustix::fs::statvfs(&self.home).map_err(std::io::Error::from)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    fn place(&self) -> Result<[u8; 16], DiskFault> {
        // The directory's inode on its device: a move keeps it, any copy or restore elsewhere has another.
        let about = fs::metadata(self.home.join(BESIDE))?;
        let mut place = [0; 16];
        place[..8].copy_from_slice(&about.dev().to_be_bytes());
        place[8..].copy_from_slice(&about.ino().to_be_bytes());
        Ok(place)
    }

    fn set_aside(&self, stamp: &str) -> Result<String, DiskFault> {
        let aside = (0..)
            .map(|n| if n == 0 { format!("damaged-{stamp}") } else { format!("damaged-{stamp}-{n}") })
            .find(|name| !self.path(name).exists())
            .expect("some number is free");
        fs::DirBuilder::new().mode(0o700).create(self.path(&aside))?;
        for name in [STORE.to_owned(), format!("{STORE}-wal"), format!("{STORE}-shm")] {
            match fs::rename(self.path(&name), self.path(&aside).join(&name)) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
                _ => {}
            }
        }
        sync_directory(&self.home.join(INNER))?;
        Ok(aside)
    }

    fn open_aside(&self, aside: &str) -> Result<rusqlite::Connection, DiskFault> {
        let plain = !aside.is_empty() && !aside.contains(['/', '\0']) && aside.starts_with("damaged-");
        let path = self.path(aside).join(STORE);
        if !plain || !path.exists() {
            return Err(DiskFault::Io("nothing was set aside under this name".into()));
        }
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = rusqlite::Connection::open_with_flags(path, flags).map_err(|e| DiskFault::Io(format!("{:?}", e.sqlite_error_code())))?;
        // What the write-ahead log holds counts too, so the file is opened as it lay; nothing is folded into it.
        conn.execute_batch("PRAGMA query_only = ON").map_err(|e| DiskFault::Io(format!("{:?}", e.sqlite_error_code())))?;
        conn.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
            .map_err(|e| DiskFault::Io(format!("{:?}", e.sqlite_error_code())))?;
        Ok(conn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_one_holds_the_place_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let disk = LinuxDisk::new(dir.path().join("phone")).expect("made");
        let held = disk.lock().expect("free");
        assert_eq!(disk.lock().err(), Some(DiskFault::InUse));
        drop(held);
        disk.lock().expect("free again");
        disk.write("epoch", b"one").expect("written");
        disk.write("epoch", b"two").expect("replaced");
        assert_eq!(disk.read("epoch"), Ok(Some(b"two".to_vec())));
        assert_eq!(disk.read("nothing"), Ok(None));
        disk.note("count", b"longer", true).expect("noted");
        disk.note("count", b"short", false).expect("noted");
        assert_eq!(disk.read("count"), Ok(Some(b"short".to_vec())));
        drop(disk.open().expect("a database"));
        for path in [disk.beside("epoch"), disk.beside(LOCK), disk.path(STORE)] {
            let mode = fs::metadata(&path).expect("there").permissions().mode();
            assert_eq!(mode & 0o077, 0, "{}", path.display());
        }
        assert_eq!(fs::metadata(disk.home().join(INNER)).expect("there").permissions().mode() & 0o077, 0);
    }

    #[test]
    fn a_copy_lies_in_another_place_and_a_damaged_store_moves_aside_whole() {
        let dir = tempfile::tempdir().expect("a directory");
        let one = LinuxDisk::new(dir.path().join("one")).expect("made");
        let two = LinuxDisk::new(dir.path().join("two")).expect("made");
        assert_ne!(one.place(), two.place());
        fs::write(one.path(STORE), b"not a database").expect("written");
        let aside = one.set_aside("20261103").expect("moved");
        assert!(!one.holds_store());
        assert_eq!(fs::read(one.path(&aside).join(STORE)).expect("kept"), b"not a database");
        fs::write(one.path(STORE), b"again").expect("written");
        assert_ne!(one.set_aside("20261103").expect("moved"), aside);
    }
}
