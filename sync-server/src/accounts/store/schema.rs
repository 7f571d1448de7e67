//! The shape of the database of accounts, and how an older one becomes the newest. Forward only; a newer one is left untouched.

use super::{AccountsError, NewAccount, role_from};
use crate::accounts::seal::AccountKeys;
use crate::error::OfficeError;
use holdfast_model::id::{BranchId, WorkerId};
use holdfast_model::port::Random;
use rusqlite::{Connection, Transaction, params};
use std::path::Path;

/// The newest schema this code knows.
pub const SCHEMA: i64 = 2;

/// Who accounts are for lies sealed; tokens are digests. A session names the branch that its screen shows.
const V2: &str = "
CREATE TABLE account (id INTEGER PRIMARY KEY, row BLOB NOT NULL UNIQUE, sealed BLOB NOT NULL, password BLOB, closed_s INTEGER) STRICT;
CREATE TABLE session (token BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES account, made_s INTEGER NOT NULL, seen_s INTEGER NOT NULL,
  names_hidden INTEGER NOT NULL DEFAULT 0, branch TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE link (token BLOB PRIMARY KEY, account INTEGER REFERENCES account, made_s INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// Opens the database, or makes it; an older one is brought forward.
pub fn open(path: &Path, keys: &AccountKeys, random: &dyn Random) -> Result<Connection, AccountsError> {
    crate::private::file(path).map_err(|_| rusqlite::Error::InvalidPath(path.to_owned()))?;
    let mut db = Connection::open(path)?;
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    let version: i64 = db.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    if version > SCHEMA {
        return Err(AccountsError::Newer(version));
    }
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;")?;
    match version {
        0 => {
            let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
            // Somebody may have made it since it was looked at.
            if tx.query_row("PRAGMA user_version", [], |r| r.get::<_, i64>(0))? == 0 {
                tx.execute_batch(V2)?;
                tx.pragma_update(None, "user_version", SCHEMA)?;
            }
            tx.commit()?;
        }
        1 => {
            seal_what_lay_open(&mut db, keys, random)?;
            // Nothing of what lay open may stay behind in pages that are free now, or in the log.
            db.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")?;
        }
        _ => {}
    }
    db.execute_batch("PRAGMA foreign_keys = ON;")?;
    Ok(db)
}

/// Schema 1 held names, sign-in names, numbers, roles and branches in the open.
fn seal_what_lay_open(db: &mut Connection, keys: &AccountKeys, random: &dyn Random) -> Result<(), AccountsError> {
    db.execute_batch("PRAGMA foreign_keys = OFF;")?;
    let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    if tx.query_row("PRAGMA user_version", [], |r| r.get::<_, i64>(0))? != 1 {
        return Ok(());
    }
    for table in ["account", "session", "link"] {
        tx.execute_batch(&format!("ALTER TABLE {table} RENAME TO {table}_1"))?;
    }
    tx.execute_batch(V2)?;
    for (id, new, password, closed) in read_open(&tx)? {
        let row = keys.row(&new.sign_in);
        let password = password.map(|hash| keys.seal_password(&row, &hash, random));
        tx.execute(
            "INSERT INTO account (id, row, sealed, password, closed_s) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![id, row, keys.seal(&new, random), password, closed],
        )?;
    }
    tx.execute_batch(
        "INSERT INTO session (token, account, made_s, seen_s, names_hidden) SELECT token, account, made_s, seen_s, names_hidden FROM session_1;
         INSERT INTO link SELECT token, account, made_s FROM link_1;
         DROP TABLE link_1; DROP TABLE session_1; DROP TABLE account_1;",
    )?;
    tx.pragma_update(None, "user_version", SCHEMA)?;
    Ok(tx.commit()?)
}

type Open = (i64, NewAccount, Option<String>, Option<i64>);

fn read_open(tx: &Transaction<'_>) -> Result<Vec<Open>, AccountsError> {
    let damaged = || AccountsError::Sealed(OfficeError::Damaged("an account".into()));
    let mut rows = tx.prepare("SELECT id, sign_in, name, worker, role, branches, password, closed_s FROM account_1")?;
    let mut all = Vec::new();
    let mut rows = rows.query([])?;
    while let Some(r) = rows.next()? {
        let (worker, role, branches): (String, String, String) = (r.get(3)?, r.get(4)?, r.get(5)?);
        let new = NewAccount {
            sign_in: r.get(1)?,
            name: r.get(2)?,
            worker: WorkerId::new(worker).map_err(|_| damaged())?,
            role: role_from(&role).ok_or_else(damaged)?,
            branches: branches.split_whitespace().map(BranchId::new).collect::<Result<_, _>>().map_err(|_| damaged())?,
        };
        all.push((r.get(0)?, new, r.get(6)?, r.get(7)?));
    }
    Ok(all)
}
