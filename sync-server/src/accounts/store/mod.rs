//! Accounts, sessions and one-time links, in their own small database beside the ledger.
//!
//! Who an account is for lies sealed (`seal`), and only digests of session and link tokens are stored: who copies the file learns no name
//! and can sign in as nobody.
//!
//! | File | What it does |
//! |---|---|
//! | `schema` | the tables, and how an older database becomes the newest |
//! | `links` | one-time links: the first administrator, choosing a password |
//! | `sessions` | who is signed in, and what their screen shows |

mod links;
mod schema;
mod sessions;

pub use sessions::{IDLE_S, LIFE_S, Session};

use super::Actor;
use super::seal::AccountKeys;
use crate::error::OfficeError;
use holdfast_model::id::{BranchId, Digest, WorkerId};
use holdfast_model::port::Random;
use holdfast_model::wire::Role;
use holdfast_vault::password;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

/// How long a one-time link works, in seconds.
pub const LINK_S: u64 = 24 * 3600;

/// What can go wrong. `code` is stable; none of these texts holds anything about a person.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The database does not answer.
    #[error("the accounts cannot be read or written: {0}")]
    Store(#[from] rusqlite::Error),
    /// Written by a newer version: left untouched.
    #[error("the accounts were written by a newer version (schema {0}); nothing was changed: start that version")]
    Newer(i64),
    /// The link was used, is too old, or was mistyped.
    #[error("this link was used, is older than a day, or was mistyped")]
    Link,
    /// The sign-in name belongs to somebody.
    #[error("this sign-in name is taken")]
    Taken,
    /// The last administrator cannot be shut out.
    #[error("this is the last administrator")]
    LastAdministrator,
    /// An account does not open with the office's keys.
    #[error(transparent)]
    Sealed(OfficeError),
}

impl AccountsError {
    /// Stable code, listed in `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        match self {
            AccountsError::Store(_) => "accounts_unavailable",
            AccountsError::Newer(_) => "accounts_newer",
            AccountsError::Link => "link_spent",
            AccountsError::Taken => "sign_in_name_taken",
            AccountsError::LastAdministrator => "last_administrator",
            AccountsError::Sealed(e) => e.code(),
        }
    }
}

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Row.
    pub id: i64,
    /// What they type to sign in, in lower case.
    pub sign_in: String,
    /// Their name as it is said.
    pub name: String,
    /// Their number at the provider: author of what they write.
    pub worker: WorkerId,
    /// What they are, and where.
    pub actor: Actor,
    /// False once shut out.
    pub open: bool,
    /// False until they chose a password.
    pub has_password: bool,
}

/// What a new account is made of.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// What they will type to sign in.
    pub sign_in: String,
    /// Their name as it is said.
    pub name: String,
    /// Their number at the provider.
    pub worker: WorkerId,
    /// What they are.
    pub role: Role,
    /// Where.
    pub branches: Vec<BranchId>,
}

/// What a one-time link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkFor {
    /// Making the first administrator.
    First,
    /// Choosing a password for this account.
    Account(i64),
}

/// The database of accounts.
pub struct Store {
    db: Mutex<Connection>,
    keys: AccountKeys,
    random: Arc<dyn Random>,
}

impl Store {
    /// Opens or makes the database. An older one is brought forward: what lay open in it is sealed.
    pub fn open(path: &Path, keys: AccountKeys, random: Arc<dyn Random>) -> Result<Store, AccountsError> {
        let db = schema::open(path, &keys, &*random)?;
        Ok(Store { db: Mutex::new(db), keys, random })
    }

    fn db(&self) -> MutexGuard<'_, Connection> {
        // A panic between two statements leaves no half transaction: rusqlite rolls back on drop.
        self.db.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn token(&self) -> (String, Digest) {
        let mut bytes = [0u8; 32];
        self.random.fill(&mut bytes);
        let text = data_encoding::BASE64URL_NOPAD.encode(&bytes);
        let digest = Digest::of(text.as_bytes());
        (text, digest)
    }

    /// Writes a consistent copy of this database beside a backup.
    pub fn backup_to(&self, path: &Path) -> Result<(), AccountsError> {
        Ok(self.db().backup("main", path, None)?)
    }

    /// Shuts an account out at once: its sessions end. What it wrote stays.
    pub fn close(&self, id: i64, now_s: u64) -> Result<(), AccountsError> {
        let mut db = self.db();
        let tx = db.transaction()?;
        let others = self.read(&tx)?.into_iter().filter(|a| a.id != id && a.open && a.has_password);
        if !others.into_iter().any(|a| a.actor.role == Role::Administrator) {
            return Err(AccountsError::LastAdministrator);
        }
        tx.execute("UPDATE account SET closed_s = ?1 WHERE id = ?2 AND closed_s IS NULL", params![now_s as i64, id])?;
        tx.execute("DELETE FROM session WHERE account = ?1", [id])?;
        tx.execute("DELETE FROM link WHERE account = ?1", [id])?;
        tx.commit()?;
        Ok(())
    }

    /// All accounts: those that may sign in first, each by name.
    pub fn all(&self) -> Result<Vec<Account>, AccountsError> {
        let mut all = self.read(&self.db())?;
        all.sort_by(|a, b| b.open.cmp(&a.open).then_with(|| a.name.cmp(&b.name)));
        Ok(all)
    }

    fn read(&self, db: &Connection) -> Result<Vec<Account>, AccountsError> {
        let mut query = db.prepare_cached(&format!("SELECT {COLUMNS} FROM account a"))?;
        let mut rows = query.query([])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(self.account(row)?);
        }
        Ok(all)
    }

    /// The account of a row that begins with [`COLUMNS`].
    fn account(&self, r: &Row<'_>) -> Result<Account, AccountsError> {
        let (row, sealed): (Vec<u8>, Vec<u8>) = (r.get(1)?, r.get(2)?);
        self.keys.open(r.get(0)?, &row, &sealed, r.get(3)?, r.get(4)?)
    }

    fn insert(&self, db: &Connection, new: &NewAccount) -> Result<i64, AccountsError> {
        let values = params![self.keys.row(&new.sign_in), self.keys.seal(new, &*self.random)];
        match db.execute("INSERT INTO account (row, sealed) VALUES (?1, ?2)", values) {
            Ok(_) => Ok(db.last_insert_rowid()),
            Err(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => Err(AccountsError::Taken),
            Err(e) => Err(e.into()),
        }
    }

    fn set_password(&self, db: &Connection, id: i64, hash: &str) -> Result<(), AccountsError> {
        let row: Vec<u8> = db.query_row("SELECT row FROM account WHERE id = ?1", [id], |r| r.get(0))?;
        let sealed = self.keys.seal_password(&row, hash, &*self.random);
        db.execute("UPDATE account SET password = ?1 WHERE id = ?2", params![sealed, id])?;
        Ok(())
    }

    /// The account and password hash for a sign-in name, when it may sign in.
    fn by_name(&self, sign_in: &str) -> Result<Option<(i64, String)>, AccountsError> {
        let row = self.keys.row(sign_in);
        let sql = "SELECT id, password FROM account WHERE row = ?1 AND password IS NOT NULL AND closed_s IS NULL";
        let found: Option<(i64, Vec<u8>)> = self.db().query_row(sql, [row], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
        found.map(|(id, sealed)| Ok((id, self.keys.open_password(&row, &sealed)?))).transpose()
    }

    /// Checks a password; takes as long for a name that does not exist. Slow on purpose: call it off the async threads.
    pub fn check(&self, sign_in: &str, password: &str) -> Result<Option<i64>, AccountsError> {
        match self.by_name(sign_in)? {
            Some((id, hash)) => Ok(password::verify(password, &hash).then_some(id)),
            None => {
                password::waste(password);
                Ok(None)
            }
        }
    }
}

/// What [`Store::account`] reads.
const COLUMNS: &str = "a.id, a.row, a.sealed, a.password IS NOT NULL, a.closed_s IS NULL";

/// A role as it is stored and as it stands in forms.
pub fn role_text(role: Role) -> &'static str {
    match role {
        Role::Worker => "worker",
        Role::Lead => "lead",
        Role::Coordinator => "coordinator",
        Role::Manager => "manager",
        Role::Administrator => "administrator",
    }
}

/// The role that a stored or sent word names.
pub fn role_from(text: &str) -> Option<Role> {
    [Role::Worker, Role::Lead, Role::Coordinator, Role::Manager, Role::Administrator].into_iter().find(|r| role_text(*r) == text)
}

#[cfg(test)]
mod tests;
