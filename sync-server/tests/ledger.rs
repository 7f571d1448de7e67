//! SQLite as the ledger.
#![allow(clippy::unwrap_used)]

use holdfast_sync_server::OfficeError;
use holdfast_sync_server::ledger::{Ledger, SCHEMA, SqliteLedger, conformance};

#[test]
fn sqlite_is_a_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    conformance::check(&|| Ok(Box::new(SqliteLedger::open(&path)?) as Box<dyn Ledger>)).unwrap();
}

#[test]
fn a_newer_store_is_refused_and_left_as_it_is_to_the_byte() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    drop(SqliteLedger::open(&path).unwrap());
    let db = rusqlite::Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", SCHEMA + 1).unwrap();
    drop(db);
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(SqliteLedger::open(&path), Err(OfficeError::Newer(v)) if v == SCHEMA + 1));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_file_that_is_no_store_is_damage_and_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger.db");
    std::fs::write(&path, vec![0x5a; 8192]).unwrap();
    assert!(matches!(SqliteLedger::open(&path), Err(OfficeError::Damaged(_))));
    assert_eq!(std::fs::read(&path).unwrap(), vec![0x5a; 8192]);
}
