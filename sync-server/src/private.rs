//! Directories and files that nobody but the server's own user may read.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Makes a directory (0700) with all above it, or closes one that is there to everybody else.
pub fn dir(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    narrow(path, 0o700)
}

/// Makes an empty file (0600), or closes one that is there to everybody else. Called before a database is opened: SQLite gives the
/// same rights to what it lays beside it.
pub fn file(path: &Path) -> io::Result<File> {
    let file = File::options().create(true).truncate(false).write(true).mode(0o600).open(path)?;
    narrow(path, 0o600)?;
    Ok(file)
}

/// Takes rights away, and gives none: a stricter owner stays stricter.
fn narrow(path: &Path, most: u32) -> io::Result<()> {
    let now = fs::metadata(path)?.permissions().mode() & 0o777;
    if now & !most == 0 { Ok(()) } else { fs::set_permissions(path, Permissions::from_mode(now & most)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("is there").permissions().mode() & 0o777
    }

    #[test]
    fn what_is_open_to_others_is_closed_and_what_is_strict_stays() {
        let top = tempfile::tempdir().expect("a directory");
        let (data, store) = (top.path().join("a/data"), top.path().join("a/data/ledger.db"));
        dir(&data).expect("made");
        file(&store).expect("made");
        assert_eq!((mode(&data), mode(&store)), (0o700, 0o600));
        fs::set_permissions(&data, Permissions::from_mode(0o755)).expect("opened");
        fs::set_permissions(&store, Permissions::from_mode(0o644)).expect("opened");
        dir(&data).expect("closed");
        file(&store).expect("closed");
        assert_eq!((mode(&data), mode(&store)), (0o700, 0o600));
    }
}
