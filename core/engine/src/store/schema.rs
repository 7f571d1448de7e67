//! Shape and version of the store. Steps only go forward; `docs/storage-format.md` describes every table.

use crate::error::EngineError;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

/// One step for each version, in order. A step that was ever released is never edited.
const STEPS: &[&str] = &[
    // 1: as released first.
    "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE epochs (epoch BLOB NOT NULL UNIQUE, first_n INTEGER NOT NULL, acked INTEGER NOT NULL) STRICT;
    CREATE TABLE own (
        n INTEGER PRIMARY KEY, epoch BLOB NOT NULL, seq INTEGER NOT NULL, head BLOB NOT NULL, proof BLOB NOT NULL, sealed BLOB NOT NULL,
        outbox BLOB
    ) STRICT;
    CREATE TABLE docs (key INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
    CREATE TABLE days (key INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
    CREATE TABLE pulled (n INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
    CREATE TABLE withheld (n INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
    CREATE TABLE receipts (
        epoch BLOB NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, held INTEGER NOT NULL, json TEXT NOT NULL,
        PRIMARY KEY (epoch, first)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE samples (
        n INTEGER PRIMARY KEY, boot BLOB NOT NULL, mono INTEGER NOT NULL, wall INTEGER NOT NULL, truth INTEGER, err INTEGER,
        sent INTEGER NOT NULL
    ) STRICT;
    -- Both tables grow with the years; what is asked of them all the time is a handful of rows.
    CREATE INDEX receipts_held ON receipts (held) WHERE held > 0;
    CREATE INDEX samples_unsent ON samples (n) WHERE sent = 0;
    ",
    // 2: a phone may have several workers. What was there is the first one's.
    "
    ALTER TABLE own ADD COLUMN vault INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE docs ADD COLUMN vault INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE days ADD COLUMN vault INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE pulled ADD COLUMN vault INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE withheld ADD COLUMN vault INTEGER NOT NULL DEFAULT 1;
    UPDATE meta SET key = key || '/1' WHERE key IN ('lock', 'lockout', 'name', 'plans', 'dropping', 'unread');
    ",
    // 3: what the office tells of other phones' clocks.
    "
    CREATE TABLE clocks (key INTEGER PRIMARY KEY, sealed BLOB NOT NULL, vault INTEGER NOT NULL) STRICT;
    ",
    // 4: how old the phone was, by its own count, when it got a receipt. Receipts from before are thirty days old thirty days from now.
    "
    ALTER TABLE receipts ADD COLUMN age INTEGER NOT NULL DEFAULT 0;
    ",
];

/// The version that this software writes.
pub const VERSION: i64 = STEPS.len() as i64;

/// Checks the version before anything is written, sets the connection up, brings an older store forward.
pub fn prepare(conn: &Connection) -> Result<(), EngineError> {
    let found = version(conn)?;
    if found > VERSION {
        // Closing the last connection would fold the write-ahead log into the file: even that is left to the newer software.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        return Err(EngineError::StoreNewer { found, known: VERSION });
    }
    // A store in memory has no write-ahead log and answers with the journal it has.
    conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    conn.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON;
         PRAGMA cache_size = -2000; PRAGMA busy_timeout = 0;",
    )?;
    for (i, step) in STEPS.iter().enumerate().skip(found as usize) {
        conn.execute_batch(&format!("BEGIN IMMEDIATE; {step} PRAGMA user_version = {}; COMMIT;", i + 1))?;
    }
    Ok(())
}

fn version(conn: &Connection) -> Result<i64, EngineError> {
    let found = conn.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))?;
    if found > 0 {
        // Touches the schema: a file whose first page survived and whose rest did not is found out here.
        conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    }
    Ok(found)
}
