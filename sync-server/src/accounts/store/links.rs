//! One-time links: making the first administrator, choosing a password. A day long each, and spent by use.

use super::{AccountsError, LINK_S, LinkFor, NewAccount, Store};
use holdfast_model::id::Digest;
use holdfast_vault::password;
use rusqlite::{Connection, OptionalExtension, params};

impl Store {
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
        let id = self.insert(&tx, new)?;
        self.set_password(&tx, id, &hash)?;
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
        self.set_password(&tx, id, &hash)?;
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
        let id = self.insert(&tx, new)?;
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
}

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
