//! Sessions: who is signed in at a browser, and what that screen shows.

use super::{Account, AccountsError, COLUMNS, Store};
use holdfast_model::id::{BranchId, Digest};
use rusqlite::params;

/// How long a session may lie unused, in seconds: a shift.
pub const IDLE_S: u64 = 12 * 3600;
/// How long a session may last, in seconds.
pub const LIFE_S: u64 = 14 * 3600;

/// A session, as read from a cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub account: Account,
    /// Names are hidden on this screen.
    pub names_hidden: bool,
    /// The branch that this screen shows; none was chosen yet.
    pub branch: Option<BranchId>,
    /// Digest of the token: what identifies the session here.
    pub token: Digest,
}

impl Store {
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
        let mut query = db.prepare_cached(&format!(
            "SELECT {COLUMNS}, s.seen_s, s.names_hidden, s.branch FROM session s JOIN account a ON a.id = s.account
             WHERE s.token = ?1 AND a.closed_s IS NULL AND s.seen_s >= ?2 AND s.made_s >= ?3"
        ))?;
        let mut rows = query.query(params![digest.0, now - IDLE_S as i64, now - LIFE_S as i64])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let account = self.account(row)?;
        let (seen, names_hidden): (i64, bool) = (row.get(5)?, row.get(6)?);
        let branch = row.get::<_, Option<String>>(7)?.and_then(|name| BranchId::new(name).ok());
        drop(rows);
        drop(query);
        // Once a minute is enough to know that a session is in use; a write per request would be waste.
        if now - seen >= 60 {
            db.execute("UPDATE session SET seen_s = ?1 WHERE token = ?2", params![now, digest.0])?;
        }
        Ok(Some(Session { account, names_hidden, branch, token: digest }))
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

    /// Which branch the screens of one session show from now on. Whether the account may see it is the guard's to say, each time.
    pub fn show_branch(&self, session: &Digest, branch: &BranchId) -> Result<(), AccountsError> {
        self.db().execute("UPDATE session SET branch = ?1 WHERE token = ?2", params![branch.as_str(), session.0])?;
        Ok(())
    }
}
