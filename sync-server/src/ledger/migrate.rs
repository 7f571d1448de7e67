//! The shape of the tables, and how an older store becomes a newer one. Forward only; a newer store is left untouched.

use crate::error::OfficeError;
use rusqlite::Connection;

/// The newest shape this code knows.
pub const SCHEMA: i64 = 2;

/// What each version adds to the one before it.
const STEPS: [&str; SCHEMA as usize] = [V1, V2];

const V1: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE branch (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL);
CREATE TABLE key (row BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE device (row BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE worker (row BLOB PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE code (row BLOB PRIMARY KEY, expires INTEGER NOT NULL, used_by TEXT, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE document (key BLOB PRIMARY KEY, branch INTEGER NOT NULL, day INTEGER NOT NULL, sealed BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX document_day ON document (day);
CREATE TABLE push (
  id INTEGER PRIMARY KEY, device TEXT NOT NULL, epoch BLOB NOT NULL, line INTEGER NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, received INTEGER NOT NULL, header BLOB NOT NULL, digests BLOB NOT NULL
);
CREATE INDEX push_chain ON push (device, epoch, line, last, first);
-- The row id is the branch's number (16 bits) over its counter (47 bits): appending is all that ever happens.
CREATE TABLE segment (
  id INTEGER PRIMARY KEY, push INTEGER NOT NULL, place INTEGER NOT NULL, document BLOB NOT NULL,
  entries INTEGER NOT NULL, withheld TEXT, sealed BLOB NOT NULL
);
CREATE INDEX segment_document ON segment (document);
CREATE TABLE held (
  id INTEGER PRIMARY KEY, at INTEGER NOT NULL, device TEXT NOT NULL, branch INTEGER, code TEXT NOT NULL,
  entries INTEGER NOT NULL, document BLOB, sealed BLOB NOT NULL
);
CREATE TABLE sample (
  device TEXT NOT NULL, boot BLOB NOT NULL, mono INTEGER NOT NULL, wall INTEGER NOT NULL, truth INTEGER, err INTEGER,
  PRIMARY KEY (device, boot, mono)
) WITHOUT ROWID;
";

/// What people decide about what is held for checking.
const V2: &str = "
ALTER TABLE segment ADD COLUMN reviewed INTEGER NOT NULL DEFAULT 0;
CREATE TABLE review (id INTEGER PRIMARY KEY, held INTEGER NOT NULL, at INTEGER NOT NULL, verdict TEXT NOT NULL, sealed BLOB NOT NULL);
";

/// Brings a store to [`SCHEMA`]; refuses a newer one before anything is written.
pub fn migrate(db: &mut Connection) -> Result<(), OfficeError> {
    let found = version(db)?;
    if found > SCHEMA {
        return Err(OfficeError::Newer(found));
    }
    let tx = db.transaction()?;
    for step in &STEPS[found as usize..] {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "user_version", SCHEMA)?;
    Ok(tx.commit()?)
}

/// The shape that a store has; 0 for an empty one.
pub fn version(db: &Connection) -> Result<i64, OfficeError> {
    let version: i64 = db.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    // A negative number is nobody's: damage, not age.
    if version < 0 { Err(OfficeError::Damaged("its version number is negative".into())) } else { Ok(version) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_of_the_first_schema_becomes_one_of_the_newest_and_keeps_its_rows() {
        let mut db = Connection::open_in_memory().expect("memory");
        db.execute_batch(V1).expect("the first schema");
        db.execute_batch("INSERT INTO segment VALUES (7, 1, 0, x'01', 3, 'segment_changes', x'02'); PRAGMA user_version = 1;")
            .expect("a row");
        migrate(&mut db).expect("forward");
        assert_eq!(version(&db), Ok(SCHEMA));
        let row: (i64, String, bool) =
            db.query_row("SELECT id, withheld, reviewed FROM segment", [], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).expect("the row");
        assert_eq!(row, (7, "segment_changes".into(), false), "nobody has looked at it");
        migrate(&mut db).expect("nothing to do");
    }
}
