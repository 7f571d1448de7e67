//! Files that hold a key: whole or not there, whenever the power goes, and never one over another, whoever else is writing.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Makes a file (0600) with these bytes, durable when this returns. `AlreadyExists` when there is one.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = parent(path);
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let unfinished = dir.join(format!("{name}.{}.new", std::process::id()));
    let written = write(&unfinished, bytes)
        // A link, not a rename: of two who make the same key at once, one wins and the other is told.
        .and_then(|()| fs::hard_link(&unfinished, path));
    let removed = fs::remove_file(&unfinished);
    written.and(removed)?;
    sync(dir)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes names made or removed in the directory survive a power cut.
pub(crate) fn sync(dir: &Path) -> io::Result<()> {
    fs::File::open(dir)?.sync_all()
}

/// The directory of a file; the current one for a bare name.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes what a cut left unfinished, by processes that are no more.
pub(crate) fn sweep(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)?.flatten() {
        let name = entry.file_name();
        let maker = name.to_str().and_then(|n| n.strip_suffix(".new")?.rsplit_once('.')?.1.parse::<u32>().ok());
        if maker.is_some_and(|pid| !Path::new("/proc").join(pid.to_string()).exists()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_who_make_one_file_exactly_one_wins_and_nothing_is_left_over() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("key");
        let wins: usize = (0u8..8).map(|n| usize::from(create(&path, &[n; 40]).is_ok())).sum();
        assert_eq!(wins, 1);
        assert_eq!(fs::read(&path).expect("whole"), [0; 40]);
        assert_eq!(fs::read_dir(dir.path()).expect("lists").count(), 1);
        assert_eq!(create(&path, b"x").expect_err("there is one").kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn only_what_nobody_is_writing_is_swept() {
        let dir = tempfile::tempdir().expect("a directory");
        let mine = dir.path().join(format!("a.key.{}.new", std::process::id()));
        // Process numbers end below 2^22.
        let dead = dir.path().join("a.key.99999999.new");
        for path in [&mine, &dead, &dir.path().join("other.new")] {
            fs::write(path, b"half").expect("writes");
        }
        sweep(dir.path()).expect("sweeps");
        assert!(mine.exists() && !dead.exists());
        assert!(dir.path().join("other.new").exists());
    }
}
