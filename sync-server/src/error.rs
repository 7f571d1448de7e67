//! What can go wrong in the office, for a person to read, with a code that never changes.

/// Why the office could not do something. No text of a person is ever part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfficeError {
    /// The store on disk does not answer.
    #[error("the office's store cannot be read or written ({0}); nothing that was confirmed is lost; check the disk and start again")]
    Store(String),
    /// The disk is full: nothing was confirmed that is not durable.
    #[error("the office's disk is full; phones keep what they have until there is room; make room and start again")]
    DiskFull,
    /// Written by a newer version.
    #[error("the store was written by a newer version (schema {0}); nothing was changed; start that version, or restore a backup")]
    Newer(i64),
    /// Another process serves this directory.
    #[error("another process has this store open; nothing was changed; stop it first, or do this in the console")]
    InUse,
    /// The master key opens nothing here.
    #[error("the master key does not belong to this store; nothing was changed; use the key file that was made with it")]
    WrongKey,
    /// Something stored is not what was written.
    #[error("the store is damaged ({0}); nothing was deleted; restore the last backup: phones send again what it lacks")]
    Damaged(String),
    /// No such worker is known here.
    #[error("no worker {0} is known here; import workers first")]
    UnknownWorker(String),
    /// No such phone is known here.
    #[error("no phone {0} is known here")]
    UnknownDevice(String),
    /// No such branch is known here.
    #[error("no branch {0} is known here")]
    UnknownBranch(String),
    /// A statement larger than an entry may be.
    #[error("this is longer than an entry may be; shorten it: nothing was recorded")]
    TooLong,
    /// There is no store where one was looked for.
    #[error("there is no store in {0}; nothing was made or changed; check --data")]
    NoStore(String),
    /// A file outside the store.
    #[error("the file cannot be read or written ({0})")]
    File(String),
    /// A certificate or its key will not do.
    #[error("{0}; nobody was served and nothing was changed; give the files of --tls-cert and --tls-key in PEM, readable by the server")]
    Tls(&'static str),
    /// The process is going down.
    #[error("the office is shutting down; nothing was recorded; try again when it is back")]
    Stopping,
}

impl OfficeError {
    /// Stable code, listed in `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        match self {
            OfficeError::Store(_) => "store_unavailable",
            OfficeError::DiskFull => "disk_full",
            OfficeError::Newer(_) => "store_newer",
            OfficeError::InUse => "store_in_use",
            OfficeError::WrongKey => "master_key_wrong",
            OfficeError::Damaged(_) => "store_damaged",
            OfficeError::UnknownWorker(_) => "worker_unknown",
            OfficeError::UnknownDevice(_) => "device_unknown",
            OfficeError::UnknownBranch(_) => "branch_unknown",
            OfficeError::TooLong => "entry_too_long",
            OfficeError::NoStore(_) => "store_missing",
            OfficeError::File(_) => "file_unavailable",
            OfficeError::Tls(_) => "tls_unusable",
            OfficeError::Stopping => "office_stopping",
        }
    }
}

impl From<rusqlite::Error> for OfficeError {
    fn from(e: rusqlite::Error) -> Self {
        match e.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => OfficeError::DiskFull,
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                OfficeError::Damaged("SQLite finds the file malformed".into())
            }
            // SQLite's own words name tables and columns, never values: statements here carry values as parameters.
            _ => OfficeError::Store(e.to_string()),
        }
    }
}

impl From<std::io::Error> for OfficeError {
    fn from(e: std::io::Error) -> Self {
        match e.kind() {
            std::io::ErrorKind::StorageFull => OfficeError::DiskFull,
            kind => OfficeError::File(kind.to_string()),
        }
    }
}
