//! What a ledger does while nobody waits.
#![allow(clippy::unwrap_used)]

use holdfast_sync_server::ledger::{Batch, Ledger, SqliteLedger};

fn batch(name: &'static str) -> Batch {
    Batch { meta: vec![(name, vec![7; 100_000])], ..Batch::default() }
}

#[test]
fn a_folded_log_is_in_the_file_and_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let (path, wal) = (folder.path().join("ledger.db"), folder.path().join("ledger.db-wal"));
    let ledger = SqliteLedger::open(&path).unwrap();
    ledger.write(&batch("first")).unwrap();
    let grown = wal.metadata().unwrap().len();
    ledger.fold().unwrap();

    // The file alone, without its log.
    let copy = folder.path().join("copy.db");
    std::fs::copy(&path, &copy).unwrap();
    let alone = SqliteLedger::open(&copy).unwrap();
    assert_eq!(alone.meta("first").unwrap(), Some(vec![7; 100_000]));

    ledger.write(&batch("second")).unwrap();
    assert_eq!(wal.metadata().unwrap().len(), grown, "from the start again");
    assert_eq!(ledger.meta("first").unwrap(), ledger.meta("second").unwrap());
    ledger.integrity().unwrap();
}
