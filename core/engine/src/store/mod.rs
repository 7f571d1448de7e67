//! The store on the phone: one SQLite file, one writer. Rows hold sealed bytes; what is readable here are counters,
//! receipts, clock samples and the office's public keys: nothing that a person said.
//!
//! **The tap** touches two tables: `own`, which only grows, and one row of `docs`. Both names of a document's row and of a
//! day's row are keyed hashes, so the file tells nobody whom this phone visits. What belongs to a document is listed in its
//! own row, so that no index has to be kept beside it.

mod rows;
mod schema;
mod writer;

use rows::split;
pub use rows::{ChainHead, EpochRow, LetGo, OwnRow, Sealed};
pub use writer::{Settled, Writer};

use crate::error::EngineError;
use crate::port::{Disk, Held};
use holdfast_model::id::{BootId, ChainEpoch, Digest};
use holdfast_model::limits;
use holdfast_model::time::Millis;
use holdfast_model::wire::{ClockSample, Receipt, Truth};
use rusqlite::{Connection, OptionalExtension, params};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Bytes that must stay free: below this a tap is refused before anything is written, so that sync, PIN change and export still work.
pub const RESERVE_BYTES: u64 = 8 * 1024 * 1024;

/// The number of a phone's first vault: what a store of schema 1 held is this one's.
pub const OPENED_FIRST: i64 = 1;
/// The number under which entries stand that no vault of this phone can read: a newcomer wrote them, for the office alone.
pub const NOBODYS: i64 = 0;

/// Name of the note of how far own entries were let go.
const LET_GO: &str = "let_go";

/// How many clock samples are kept: two weeks of a busy phone.
const SAMPLES_KEPT: i64 = 4_096;

/// An open store, held by this process alone.
pub struct Store {
    conn: Connection,
    disk: Arc<dyn Disk>,
    _held: Box<dyn Held>,
    // A plain `statvfs` a tap is cheap, but not free: asked again once this many bytes were written.
    room: std::cell::Cell<u64>,
    /// Whose rows are read and written now, by the vault's number.
    vault: std::cell::Cell<i64>,
}

impl Store {
    /// Opens the store of a disk, making an empty one when there is none.
    ///
    /// A store from a newer version is refused and left untouched. A file that is no whole database is moved aside.
    pub fn open(disk: Arc<dyn Disk>, now: Millis) -> Result<Store, EngineError> {
        let held = disk.lock()?;
        let conn = match disk.open().map_err(EngineError::from).and_then(|conn| schema::prepare(&conn).map(|()| conn)) {
            Ok(conn) => conn,
            Err(EngineError::StoreDamaged { .. }) => return Err(set_aside(disk.as_ref(), now)),
            Err(e) => return Err(e),
        };
        conn.set_prepared_statement_cache_capacity(48);
        Ok(Store { conn, disk, _held: held, room: std::cell::Cell::new(0), vault: std::cell::Cell::new(NOBODYS) })
    }

    /// Runs `work` in one transaction: all of it is durable afterwards, or none.
    pub fn write<T>(&self, work: impl FnOnce(&Writer<'_>) -> Result<T, EngineError>) -> Result<T, EngineError> {
        let tx = self.conn.unchecked_transaction()?;
        let done = work(&Writer { conn: &tx, vault: self.vault.get() })?;
        tx.commit()?;
        Ok(done)
    }

    /// From now on rows of documents, days and segments are this vault's. [`NOBODYS`] while the phone is locked.
    pub fn turn_to(&self, vault: i64) {
        self.vault.set(vault);
    }

    /// Refuses when fewer than [`RESERVE_BYTES`] are free, before `bytes` more are written.
    pub fn make_room(&self, bytes: usize) -> Result<(), EngineError> {
        let bytes = bytes as u64;
        if self.room.get() < bytes {
            let free = self.disk.free_bytes()?;
            // Half of what lies above the reserve may be written before the disk is asked again.
            self.room.set(free.saturating_sub(RESERVE_BYTES).min(1 << 40) / 2);
        }
        match self.room.get().checked_sub(bytes) {
            Some(left) => {
                self.room.set(left.min(4 * 1024 * 1024));
                Ok(())
            }
            None => Err(EngineError::DiskFull),
        }
    }

    /// One number out of the store.
    fn one<T: rusqlite::types::FromSql>(&self, sql: &str) -> Result<T, EngineError> {
        Ok(self.conn.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    }

    /// A small value by its name.
    pub fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, EngineError> {
        let mut statement = self.conn.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }

    /// A small value of a vault by its name.
    pub fn vault_meta(&self, vault: i64, key: &str) -> Result<Option<Vec<u8>>, EngineError> {
        self.meta(&of_vault(vault, key))
    }

    /// A small value of the vault that is open.
    pub fn own_meta(&self, key: &str) -> Result<Option<Vec<u8>>, EngineError> {
        self.vault_meta(self.vault.get(), key)
    }

    /// A document's or a day's sealed row.
    pub fn sealed(&self, table: Sealed, key: i64) -> Result<Option<Vec<u8>>, EngineError> {
        let mut statement = self.conn.prepare_cached(match table {
            Sealed::Docs => "SELECT sealed FROM docs WHERE key = ?1",
            Sealed::Days => "SELECT sealed FROM days WHERE key = ?1",
            Sealed::Pulled => "SELECT sealed FROM pulled WHERE n = ?1",
            Sealed::Withheld => "SELECT sealed FROM withheld WHERE n = ?1",
            Sealed::Clocks => "SELECT sealed FROM clocks WHERE key = ?1",
        })?;
        Ok(statement.query_row([key], |row| row.get(0)).optional()?)
    }

    /// Every key of a table that is the open vault's, in order. Used by export, never on the way of a tap.
    pub fn keys(&self, table: Sealed) -> Result<Vec<i64>, EngineError> {
        let mut statement = self.conn.prepare_cached(match table {
            Sealed::Docs => "SELECT key FROM docs WHERE vault = ?1 ORDER BY key",
            Sealed::Days => "SELECT key FROM days WHERE vault = ?1 ORDER BY key",
            Sealed::Pulled => "SELECT n FROM pulled WHERE vault = ?1 ORDER BY n",
            Sealed::Withheld => "SELECT n FROM withheld WHERE vault = ?1 ORDER BY n",
            Sealed::Clocks => "SELECT key FROM clocks WHERE vault = ?1 ORDER BY key",
        })?;
        let rows = statement.query_map([self.vault.get()], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many segments are withheld because they did not pass the gate.
    pub fn withheld(&self) -> Result<u32, EngineError> {
        self.one("SELECT count(*) FROM withheld")
    }

    /// Highest number in use for pulled segments.
    pub fn last_pulled(&self) -> Result<i64, EngineError> {
        self.one("SELECT coalesce(max(n), 0) FROM pulled")
    }

    /// Highest number in use for withheld segments.
    pub fn last_withheld(&self) -> Result<i64, EngineError> {
        self.one("SELECT coalesce(max(n), 0) FROM withheld")
    }

    /// The stretches of this phone's chain, oldest first.
    pub fn epochs(&self) -> Result<Vec<EpochRow>, EngineError> {
        let mut statement = self.conn.prepare_cached("SELECT epoch, first_n, acked FROM epochs ORDER BY first_n, rowid")?;
        let rows = statement.query_map([], |row| {
            Ok(EpochRow { epoch: ChainEpoch(row.get(0)?), first_n: row.get(1)?, acked: row.get::<_, i64>(2)? as u64 })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Where the chain stands, for the given current epoch.
    pub fn chain_head(&self, epoch: ChainEpoch) -> Result<ChainHead, EngineError> {
        let mut statement = self.conn.prepare_cached("SELECT n, epoch, seq, head FROM own ORDER BY n DESC LIMIT 1")?;
        let last = statement
            .query_row([], |row| Ok((row.get::<_, i64>(0)?, ChainEpoch(row.get(1)?), row.get::<_, i64>(2)? as u64, Digest(row.get(3)?))))
            .optional()?;
        Ok(match last {
            Some((last_n, of, seq, head)) if of == epoch => ChainHead { last_n, seq, head },
            Some((last_n, ..)) => ChainHead { last_n, seq: 0, head: Digest::ZERO },
            None => ChainHead { last_n: 0, seq: 0, head: Digest::ZERO },
        })
    }

    /// Own entries by row number, both ends included, at most `most`.
    pub fn own(&self, from_n: i64, to_n: i64, most: usize) -> Result<Vec<OwnRow>, EngineError> {
        let mut rows = Vec::new();
        self.each_own(from_n, to_n, |row| {
            rows.push(row.kept());
            Ok(if rows.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        Ok(rows)
    }

    /// Shows own entries by row number, both ends included, one after the other, until `look` breaks off. None is copied.
    pub fn each_own(
        &self,
        from_n: i64,
        to_n: i64,
        mut look: impl FnMut(OwnRow<&[u8]>) -> Result<ControlFlow<()>, EngineError>,
    ) -> Result<(), EngineError> {
        let mut statement =
            self.conn.prepare_cached("SELECT n, epoch, seq, head, sealed, proof, vault FROM own WHERE n BETWEEN ?1 AND ?2 ORDER BY n")?;
        let mut rows = statement.query([from_n, to_n])?;
        while let Some(row) = rows.next()? {
            let own = OwnRow {
                n: row.get(0)?,
                epoch: ChainEpoch(row.get(1)?),
                seq: row.get::<_, i64>(2)? as u64,
                head: Digest(row.get(3)?),
                sealed: row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?,
                proof: split(row.get(5)?),
                vault: row.get(6)?,
            };
            if look(own)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The copy of own entry `n` that was sealed to the provider's key. It stays as long as the entry, so that a phone that cannot be read can
    /// offer it again; `None` where an earlier version let it go with the receipt.
    pub fn outbox(&self, n: i64) -> Result<Option<Vec<u8>>, EngineError> {
        let mut statement = self.conn.prepare_cached("SELECT outbox FROM own WHERE n = ?1")?;
        Ok(statement.query_row([n], |row| row.get(0)).optional()?.flatten())
    }

    /// Head of the chain after row `n`; [`Digest::ZERO`] when there is none.
    pub fn head_at(&self, n: i64) -> Result<Digest, EngineError> {
        let mut statement = self.conn.prepare_cached("SELECT head FROM own WHERE n = ?1")?;
        let here = statement.query_row([n], |row| row.get(0).map(Digest)).optional()?;
        Ok(match here {
            Some(head) => head,
            None => Some(self.let_go()?).filter(|gone| gone.n == n).map_or(Digest::ZERO, |gone| gone.head),
        })
    }

    /// How far own entries were let go.
    pub fn let_go(&self) -> Result<LetGo, EngineError> {
        let bytes: Option<[u8; 40]> = self.meta(LET_GO)?.and_then(|bytes| bytes.try_into().ok());
        Ok(bytes.map_or(LetGo { n: 0, head: Digest::ZERO }, |bytes| {
            let (n, head) = bytes.split_at(8);
            let n = i64::from_be_bytes(n.try_into().expect("8 of 40 bytes"));
            LetGo { n, head: Digest(head.try_into().expect("32 of 40 bytes")) }
        }))
    }

    /// Row numbers that no verified receipt covers, as stretches with both ends included.
    pub fn uncovered(&self) -> Result<Vec<(i64, i64)>, EngineError> {
        let last = self.one::<i64>("SELECT coalesce(max(n), 0) FROM own")?;
        let epochs = self.epochs()?;
        let end = |i: usize| epochs.get(i + 1).map_or(last, |next| next.first_n - 1);
        let stretches = epochs.iter().enumerate().map(|(i, epoch)| (epoch.first_n + epoch.acked as i64, end(i)));
        Ok(stretches.filter(|(from, to)| from <= to).collect())
    }

    /// How many own entries no verified receipt covers.
    pub fn waiting(&self) -> Result<u32, EngineError> {
        Ok(self.uncovered()?.into_iter().map(|(from, to)| (to - from + 1) as u32).sum())
    }

    /// How many of these are sealed for the office still: these a phone can hand over that reads nothing.
    pub fn sealed_waiting(&self) -> Result<u32, EngineError> {
        let mut statement = self.conn.prepare_cached("SELECT count(*) FROM own WHERE outbox IS NOT NULL AND n BETWEEN ?1 AND ?2")?;
        let mut all = 0;
        for (from, to) in self.uncovered()? {
            all += statement.query_row([from, to], |row| row.get::<_, u32>(0))?;
        }
        Ok(all)
    }

    /// How old this phone was, by its own count, when it got the receipt that covers one of its entries; the latest counts.
    pub fn received_at_age(&self, epoch: ChainEpoch, seq: u64) -> Result<Option<i64>, EngineError> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT age FROM receipts WHERE epoch = ?1 AND first <= ?2 AND last >= ?2 ORDER BY first DESC LIMIT 1")?;
        Ok(statement.query_row(params![epoch.0, seq as i64], |row| row.get(0)).optional()?)
    }

    /// The receipt that covers one of the phone's entries.
    pub fn receipt(&self, epoch: ChainEpoch, seq: u64) -> Result<Option<Receipt>, EngineError> {
        let mut statement = self
            .conn
            .prepare_cached("SELECT json FROM receipts WHERE epoch = ?1 AND first <= ?2 AND last >= ?2 ORDER BY first DESC LIMIT 1")?;
        let json = statement.query_row(params![epoch.0, seq as i64], |row| row.get::<_, String>(0)).optional()?;
        Ok(json.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// How many of the phone's entries the office holds for checking.
    pub fn held_for_checking(&self) -> Result<u32, EngineError> {
        self.one("SELECT coalesce(sum(held), 0) FROM receipts WHERE held > 0")
    }

    /// This phone's latest clock samples, first to last.
    pub fn samples(&self) -> Result<Vec<ClockSample>, EngineError> {
        let mut statement = self.conn.prepare_cached("SELECT boot, mono, wall, truth, err, n FROM samples ORDER BY n DESC LIMIT 512")?;
        let rows = statement.query_map([], sample)?;
        let mut samples = rows.map(|row| Ok(row?.0)).collect::<Result<Vec<_>, EngineError>>()?;
        samples.reverse();
        Ok(samples)
    }

    /// The oldest clock samples that the office has not taken, as many as one request brings; with the number of the last of them, 0 for none.
    pub fn unsent_samples(&self) -> Result<(Vec<ClockSample>, i64), EngineError> {
        let mut statement = self.conn.prepare_cached("SELECT boot, mono, wall, truth, err, n FROM samples WHERE sent = 0 ORDER BY n")?;
        // Not as `LIMIT ?`: with another number behind it, SQLite plans the statement anew.
        let rows = statement.query_map([], sample)?.take(limits::REQUEST_SAMPLES);
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let last = rows.last().map_or(0, |(_, n)| *n);
        Ok((rows.into_iter().map(|(sample, _)| sample).collect(), last))
    }

    /// Moves the store aside after damage was found while it was open. The store is closed by this.
    pub fn give_up(self, now: Millis) -> EngineError {
        let Store { conn, disk, _held: held, .. } = self;
        drop(conn);
        let error = set_aside(disk.as_ref(), now);
        drop(held);
        error
    }

    /// After a purge: what was deleted leaves the write-ahead log too, not only the tables.
    pub fn scrub(&self) -> Result<(), EngineError> {
        Ok(self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }

    /// Pages in the write-ahead log are folded back: called when there is time, never by a tap.
    pub fn tidy(&self) -> Result<(), EngineError> {
        Ok(self.conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
    }
}

/// A clock sample and its number.
fn sample(row: &rusqlite::Row<'_>) -> rusqlite::Result<(ClockSample, i64)> {
    let err_ms = row.get::<_, Option<u32>>(4)?.unwrap_or(0);
    let truth = row.get::<_, Option<i64>>(3)?.map(|at| Truth { at: Millis(at), err_ms });
    Ok((ClockSample { boot: BootId(row.get(0)?), mono_ms: row.get(1)?, wall: Millis(row.get(2)?), truth }, row.get(5)?))
}

/// The name under which a vault keeps a small value.
fn of_vault(vault: i64, key: &str) -> String {
    format!("{key}/{vault}")
}

fn set_aside(disk: &dyn Disk, now: Millis) -> EngineError {
    let stamp = now.london().map_or_else(|| now.0.to_string(), |t| t.format("%Y%m%d-%H%M%S").to_string());
    match disk.set_aside(&stamp) {
        Ok(aside) => EngineError::StoreDamaged { aside },
        Err(e) => e.into(),
    }
}
