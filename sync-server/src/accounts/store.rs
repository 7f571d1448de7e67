//! Accounts, sessions and one-time links, in their own small database beside the ledger.
//!
//! Only digests of session and link tokens are stored: who copies the file can sign in as nobody.

use super::{Actor, password};
use holdfast_model::id::{BranchId, Digest, WorkerId};
use holdfast_model::port::Random;
use holdfast_model::wire::Role;
use rusqlite::{Connection, OptionalExtension, params};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

/// The newest schema this code knows.
const SCHEMA: i64 = 1;
/// How long a session may lie unused, in seconds: a shift.
pub const IDLE_S: u64 = 12 * 3600;
/// How long a session may last, in seconds.
pub const LIFE_S: u64 = 14 * 3600;
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

/// A session, as read from a cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub account: Account,
    /// Names are hidden on this screen.
    pub names_hidden: bool,
    /// Digest of the token: what identifies the session here.
    pub token: Digest,
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
    random: Arc<dyn Random>,
}

impl Store {
    /// Opens or makes the database.
    pub fn open(path: &Path, random: Arc<dyn Random>) -> Result<Store, AccountsError> {
        crate::private::file(path).map_err(|_| rusqlite::Error::InvalidPath(path.to_owned()))?;
        let db = Connection::open(path)?;
        db.busy_timeout(std::time::Duration::from_secs(5))?;
        let version: i64 = db.query_row("PRAGMA user_version", [], |r| r.get(0))?;
        if version > SCHEMA {
            return Err(AccountsError::Newer(version));
        }
        db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
        if version == 0 {
            db.execute_batch(
                "BEGIN IMMEDIATE;
                CREATE TABLE IF NOT EXISTS account (id INTEGER PRIMARY KEY, sign_in TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
                  worker TEXT NOT NULL, role TEXT NOT NULL, branches TEXT NOT NULL, password TEXT, closed_s INTEGER) STRICT;
                CREATE TABLE IF NOT EXISTS session (token BLOB PRIMARY KEY, account INTEGER NOT NULL REFERENCES account,
                  made_s INTEGER NOT NULL, seen_s INTEGER NOT NULL, names_hidden INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
                CREATE TABLE IF NOT EXISTS link (token BLOB PRIMARY KEY, account INTEGER REFERENCES account,
                  made_s INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                PRAGMA user_version = 1;
                COMMIT;",
            )?;
        }
        Ok(Store { db: Mutex::new(db), random })
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

    /// A one-time link for the first administrator, when nobody can sign in yet. Each call makes a new one; older
    /// ones stop working.
    pub fn first_link(&self, now_s: u64) -> Result<Option<String>, AccountsError> {
        let (text, digest) = self.token();
        let mut db = self.db();
        let tx = db.transaction()?;
        let anybody: bool =
            tx.query_row("SELECT EXISTS (SELECT 1 FROM account WHERE password IS NOT NULL AND closed_s IS NULL)", [], |r| r.get(0))?;
        if anybody {
            return Ok(None);
        }
        tx.execute("DELETE FROM link WHERE account IS NULL", [])?;
        tx.execute("INSERT INTO link (token, account, made_s) VALUES (?1, NULL, ?2)", params![digest.0, now_s as i64])?;
        tx.commit()?;
        Ok(Some(text))
    }

    /// What a link is for, without spending it: opening a page must not.
    pub fn look_at_link(&self, token: &str, now_s: u64) -> Result<LinkFor, AccountsError> {
        look_at_link(&self.db(), token, now_s)
    }

    /// Spends a first-administrator link: makes the account with its password, all or nothing.
    pub fn spend_first(&self, token: &str, new: &NewAccount, password: &str, now_s: u64) -> Result<i64, AccountsError> {
        let hash = password::hash(password, &*self.random);
        let mut db = self.db();
        let tx = db.transaction()?;
        if look_at_link(&tx, token, now_s)? != LinkFor::First {
            return Err(AccountsError::Link);
        }
        let id = insert(&tx, new)?;
        tx.execute("UPDATE account SET password = ?1 WHERE id = ?2", params![hash, id])?;
        tx.execute("DELETE FROM link WHERE account IS NULL", [])?;
        tx.commit()?;
        Ok(id)
    }

    /// Spends a password link: sets the password and ends the account's other sessions.
    pub fn spend_password(&self, token: &str, password: &str, now_s: u64) -> Result<i64, AccountsError> {
        let hash = password::hash(password, &*self.random);
        let mut db = self.db();
        let tx = db.transaction()?;
        let LinkFor::Account(id) = look_at_link(&tx, token, now_s)? else { return Err(AccountsError::Link) };
        tx.execute("UPDATE account SET password = ?1 WHERE id = ?2", params![hash, id])?;
        tx.execute("DELETE FROM link WHERE account = ?1", [id])?;
        tx.execute("DELETE FROM session WHERE account = ?1", [id])?;
        tx.commit()?;
        Ok(id)
    }

    /// Makes an account and the one-time link with which its owner chooses a password.
    pub fn add(&self, new: &NewAccount, now_s: u64) -> Result<(i64, String), AccountsError> {
        let (text, digest) = self.token();
        let mut db = self.db();
        let tx = db.transaction()?;
        let id = insert(&tx, new)?;
        tx.execute("INSERT INTO link (token, account, made_s) VALUES (?1, ?2, ?3)", params![digest.0, id, now_s as i64])?;
        tx.commit()?;
        Ok((id, text))
    }

    /// Makes a new password link for an account; older ones stop working.
    pub fn relink(&self, id: i64, now_s: u64) -> Result<String, AccountsError> {
        let (text, digest) = self.token();
        let mut db = self.db();
        let tx = db.transaction()?;
        tx.execute("DELETE FROM link WHERE account = ?1", [id])?;
        tx.execute("INSERT INTO link (token, account, made_s) VALUES (?1, ?2, ?3)", params![digest.0, id, now_s as i64])?;
        tx.commit()?;
        Ok(text)
    }

    /// Shuts an account out at once: its sessions end. What it wrote stays.
    pub fn close(&self, id: i64, now_s: u64) -> Result<(), AccountsError> {
        let mut db = self.db();
        let tx = db.transaction()?;
        let others: i64 = tx.query_row(
            "SELECT count(*) FROM account WHERE role = 'administrator' AND password IS NOT NULL AND closed_s IS NULL AND id != ?1",
            [id],
            |r| r.get(0),
        )?;
        if others == 0 {
            return Err(AccountsError::LastAdministrator);
        }
        tx.execute("UPDATE account SET closed_s = ?1 WHERE id = ?2 AND closed_s IS NULL", params![now_s as i64, id])?;
        tx.execute("DELETE FROM session WHERE account = ?1", [id])?;
        tx.execute("DELETE FROM link WHERE account = ?1", [id])?;
        tx.commit()?;
        Ok(())
    }

    /// All accounts, by name.
    pub fn all(&self) -> Result<Vec<Account>, AccountsError> {
        let db = self.db();
        let mut rows = db.prepare_cached(&format!("SELECT {COLUMNS} FROM account a ORDER BY a.closed_s IS NOT NULL, a.name"))?;
        let list = rows.query_map([], account)?.collect::<Result<Vec<_>, _>>()?;
        Ok(list)
    }

    /// The account and password hash for a sign-in name, when it may sign in.
    fn by_name(&self, sign_in: &str) -> Result<Option<(i64, String)>, AccountsError> {
        Ok(self
            .db()
            .query_row(
                "SELECT id, password FROM account WHERE sign_in = ?1 AND password IS NOT NULL AND closed_s IS NULL",
                [sign_in.trim().to_lowercase()],
                |r| Ok((r.get(0)?, r.get(1)?)),
            )
            .optional()?)
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

    /// Starts a session and returns its token, for the cookie.
    pub fn start(&self, account: i64, now_s: u64) -> Result<String, AccountsError> {
        let (text, digest) = self.token();
        let db = self.db();
        let now = now_s as i64;
        db.execute("DELETE FROM session WHERE seen_s < ?1 OR made_s < ?2", params![now - IDLE_S as i64, now - LIFE_S as i64])?;
        db.execute("INSERT INTO session (token, account, made_s, seen_s) VALUES (?1, ?2, ?3, ?3)", params![digest.0, account, now])?;
        Ok(text)
    }

    /// The session of a token, if it still holds.
    pub fn session(&self, token: &str, now_s: u64) -> Result<Option<Session>, AccountsError> {
        let digest = Digest::of(token.as_bytes());
        let db = self.db();
        let now = now_s as i64;
        let found = db
            .prepare_cached(&format!(
                "SELECT {COLUMNS}, s.seen_s, s.names_hidden FROM session s JOIN account a ON a.id = s.account
                 WHERE s.token = ?1 AND a.closed_s IS NULL AND s.seen_s >= ?2 AND s.made_s >= ?3"
            ))?
            .query_row(params![digest.0, now - IDLE_S as i64, now - LIFE_S as i64], |r| {
                Ok((account(r)?, r.get::<_, i64>(8)?, r.get::<_, bool>(9)?))
            })
            .optional()?;
        let Some((account, seen, names_hidden)) = found else { return Ok(None) };
        // Once a minute is enough to know that a session is in use; a write per request would be waste.
        if now - seen >= 60 {
            db.execute("UPDATE session SET seen_s = ?1 WHERE token = ?2", params![now, digest.0])?;
        }
        Ok(Some(Session { account, names_hidden, token: digest }))
    }

    /// Hides or shows names on the screens of one session.
    pub fn hide_names(&self, session: &Digest, hidden: bool) -> Result<(), AccountsError> {
        self.db().execute("UPDATE session SET names_hidden = ?1 WHERE token = ?2", params![hidden, session.0])?;
        Ok(())
    }

    /// Ends a session.
    pub fn end(&self, session: &Digest) -> Result<(), AccountsError> {
        self.db().execute("DELETE FROM session WHERE token = ?1", [session.0])?;
        Ok(())
    }
}

const COLUMNS: &str = "a.id, a.sign_in, a.name, a.worker, a.role, a.branches, a.password IS NOT NULL, a.closed_s IS NULL";

fn look_at_link(db: &Connection, token: &str, now_s: u64) -> Result<LinkFor, AccountsError> {
    let digest = Digest::of(token.as_bytes());
    let oldest = now_s.saturating_sub(LINK_S) as i64;
    let found: Option<Option<i64>> =
        db.query_row("SELECT account FROM link WHERE token = ?1 AND made_s >= ?2", params![digest.0, oldest], |r| r.get(0)).optional()?;
    match found {
        Some(None) => Ok(LinkFor::First),
        Some(Some(id)) => Ok(LinkFor::Account(id)),
        None => Err(AccountsError::Link),
    }
}

fn insert(db: &Connection, new: &NewAccount) -> Result<i64, AccountsError> {
    let branches: Vec<_> = new.branches.iter().map(BranchId::as_str).collect();
    let done = db.execute(
        "INSERT INTO account (sign_in, name, worker, role, branches) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![new.sign_in.trim().to_lowercase(), new.name.trim(), new.worker.as_str(), role_text(new.role), branches.join(" ")],
    );
    match done {
        Ok(_) => Ok(db.last_insert_rowid()),
        Err(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => Err(AccountsError::Taken),
        Err(e) => Err(e.into()),
    }
}

fn account(row: &rusqlite::Row<'_>) -> rusqlite::Result<Account> {
    let bad = |i: usize, e: &dyn std::fmt::Display| {
        rusqlite::Error::FromSqlConversionFailure(i, rusqlite::types::Type::Text, e.to_string().into())
    };
    let worker: String = row.get(3)?;
    let role: String = row.get(4)?;
    let branches: String = row.get(5)?;
    Ok(Account {
        id: row.get(0)?,
        sign_in: row.get(1)?,
        name: row.get(2)?,
        worker: WorkerId::new(worker).map_err(|e| bad(3, &e))?,
        actor: Actor {
            role: role_from(&role).ok_or_else(|| bad(4, &"not a role"))?,
            branches: branches.split_whitespace().map(BranchId::new).collect::<Result<_, _>>().map_err(|e| bad(5, &e))?,
        },
        has_password: row.get(6)?,
        open: row.get(7)?,
    })
}

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
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    struct Counting(AtomicU8);
    impl Random for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
        }
    }

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("accounts.db"), Arc::new(Counting(AtomicU8::new(1)))).expect("a new store");
        (dir, store)
    }

    fn noor() -> NewAccount {
        NewAccount {
            sign_in: "Noor.Price ".into(),
            name: "Noor Price".into(),
            worker: WorkerId::new("W-90").expect("a literal"),
            role: Role::Administrator,
            branches: vec![BranchId::new("NQ").expect("a literal")],
        }
    }

    #[test]
    fn the_first_link_makes_one_administrator_and_then_nothing() {
        let (_dir, store) = store();
        let old = store.first_link(1_000).expect("asked").expect("nobody yet");
        let link = store.first_link(1_001).expect("asked").expect("still nobody");
        assert!(matches!(store.look_at_link(&old, 1_002), Err(AccountsError::Link)), "an older link still works");
        assert_eq!(store.look_at_link(&link, 1_002).expect("good"), LinkFor::First);
        assert_eq!(store.look_at_link(&link, 1_002).expect("looking spends nothing"), LinkFor::First);
        let id = store.spend_first(&link, &noor(), "a boat in a storm", 1_003).expect("spent");
        assert!(matches!(store.spend_first(&link, &noor(), "another boat here", 1_004), Err(AccountsError::Link)));
        assert_eq!(store.first_link(1_005).expect("asked"), None);
        assert_eq!(store.check("noor.price", "a boat in a storm").expect("checked"), Some(id));
        assert_eq!(store.check("NOOR.PRICE", "a boat in a storm").expect("checked"), Some(id));
        assert_eq!(store.check("noor.price", "a boat in a storn").expect("checked"), None);
        assert_eq!(store.check("nobody", "a boat in a storm").expect("checked"), None);
    }

    #[test]
    fn a_link_lapses_after_a_day() {
        let (_dir, store) = store();
        let link = store.first_link(1_000).expect("asked").expect("nobody yet");
        assert!(store.look_at_link(&link, 1_000 + LINK_S).is_ok());
        assert!(matches!(store.look_at_link(&link, 1_001 + LINK_S), Err(AccountsError::Link)));
    }

    #[test]
    fn sessions_end_when_unused_when_old_when_signed_out_and_when_the_account_is_closed() {
        let (_dir, store) = store();
        let link = store.first_link(0).expect("asked").expect("nobody yet");
        let noor_id = store.spend_first(&link, &noor(), "a boat in a storm", 0).expect("spent");
        let token = store.start(noor_id, 10).expect("started");
        assert_eq!(store.session(&token, 20).expect("asked").map(|s| s.account.name), Some("Noor Price".into()));
        assert_eq!(store.session("something else", 20).expect("asked"), None);
        assert_eq!(store.session(&token, 11 + IDLE_S).expect("asked"), None, "unused for a shift");
        for t in (0..LIFE_S).step_by(3_600) {
            assert!(store.session(&token, 10 + t).expect("asked").is_some(), "in use at {t}");
        }
        assert_eq!(store.session(&token, 11 + LIFE_S).expect("asked"), None, "older than a session may be");

        let token = store.start(noor_id, 20).expect("started");
        let session = store.session(&token, 20).expect("asked").expect("holds");
        store.hide_names(&session.token, true).expect("hidden");
        assert!(store.session(&token, 20).expect("asked").expect("holds").names_hidden);
        store.end(&session.token).expect("ended");
        assert_eq!(store.session(&token, 20).expect("asked"), None);

        let hugh = NewAccount { sign_in: "hugh".into(), role: Role::Coordinator, ..noor() };
        let (hugh_id, link) = store.add(&hugh, 30).expect("added");
        assert!(matches!(store.add(&hugh, 30), Err(AccountsError::Taken)));
        assert_eq!(store.check("hugh", "").expect("checked"), None, "no password yet");
        assert_eq!(store.spend_password(&link, "another boat here", 31).expect("spent"), hugh_id);
        assert!(matches!(store.spend_password(&link, "another boat here", 31), Err(AccountsError::Link)));
        let token = store.start(hugh_id, 32).expect("started");
        assert!(matches!(store.close(noor_id, 33), Err(AccountsError::LastAdministrator)));
        store.close(hugh_id, 33).expect("closed");
        assert_eq!(store.session(&token, 34).expect("asked"), None);
        assert_eq!(store.check("hugh", "another boat here").expect("checked"), None);
    }

    #[test]
    fn no_token_and_no_password_stands_in_the_file() {
        let (dir, store) = store();
        let link = store.first_link(0).expect("asked").expect("nobody yet");
        let id = store.spend_first(&link, &noor(), "a boat in a storm", 0).expect("spent");
        let token = store.start(id, 10).expect("started");
        drop(store);
        for file in std::fs::read_dir(dir.path()).expect("readable") {
            let bytes = std::fs::read(file.expect("an entry").path()).expect("readable");
            for secret in [&link, &token, "a boat in a storm"] {
                assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()));
            }
        }
    }

    #[test]
    fn a_newer_store_is_left_alone() {
        let (dir, store) = store();
        drop(store);
        let path = dir.path().join("accounts.db");
        Connection::open(&path).and_then(|db| db.execute_batch("PRAGMA user_version = 9")).expect("written");
        let before = std::fs::read(&path).expect("readable");
        assert!(matches!(Store::open(&path, Arc::new(Counting(AtomicU8::new(1)))), Err(AccountsError::Newer(9))));
        assert_eq!(std::fs::read(&path).expect("readable"), before);
    }
}
