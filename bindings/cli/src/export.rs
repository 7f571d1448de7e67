//! Writing an export: a fresh directory that only its owner reads.

use crate::outcome::Failure;
use holdfast_engine::port::Disk;
use holdfast_engine::{EngineError, Export};
use serde::Serialize;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// What was written.
#[derive(Serialize)]
pub struct Written {
    pub out: String,
    pub files: usize,
    pub waiting: u32,
    pub entries: u32,
    pub lost: u32,
}

/// Saves what can be read of a damaged store.
pub fn of_damaged(disk: &dyn Disk, aside: &str, out: &Path) -> Result<Written, Failure> {
    write(&Export::of_damaged(disk, aside)?, out)
}

/// Writes an export.
pub fn write(export: &Export, out: &Path) -> Result<Written, Failure> {
    if out.exists() {
        return Err(Failure::usage("export_exists", format!("{} is there already; nothing was written", out.display())));
    }
    let failed = |e: std::io::Error| match holdfast_engine::port::DiskFault::from(e) {
        full @ holdfast_engine::port::DiskFault::Full => Failure::from(EngineError::from(full)),
        why => Failure::usage("export_unwritable", format!("{} can't be written ({why}); nothing on the phone was changed", out.display())),
    };
    for (name, bytes) in &export.files {
        let path = out.join(name);
        if let Some(dir) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        }
        let mut file = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&path).map_err(failed)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
    }
    Ok(Written {
        out: out.display().to_string(),
        files: export.files.len(),
        waiting: export.waiting,
        entries: export.entries,
        lost: export.lost,
    })
}
