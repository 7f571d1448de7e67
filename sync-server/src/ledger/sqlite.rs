//! The ledger in one SQLite file: write-ahead log, every commit on the disk before it returns.

use super::migrate::{migrate, version};
use super::{
    Batch, BranchNo, CodeRow, DocumentKey, DocumentRow, HeldRaw, Ledger, LineRow, PushRow, ReviewRow, SCHEMA, SealedRow, SegmentRow, Table,
};
use crate::error::OfficeError;
use holdfast_model::id::{BootId, ChainEpoch, DeviceId};
use holdfast_model::time::Millis;
use holdfast_model::wire::{ClockSample, Truth};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, Transaction, params};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bits of a segment's row id that hold the branch's counter.
const SEQ_BITS: u32 = 47;
/// The write-ahead log is folded back into the file when it has grown by this many pages.
const CHECKPOINT_PAGES: i64 = 8_192;

/// One file, one connection that writes, one that reads.
pub struct SqliteLedger {
    // Dropped first: the last connection to close folds the log into the file, and one that only reads cannot.
    reader: Mutex<Connection>,
    writer: Mutex<Connection>,
    path: PathBuf,
}

impl SqliteLedger {
    /// Opens the file, or makes it.
    pub fn open(path: &Path) -> Result<SqliteLedger, OfficeError> {
        crate::private::file(path)?;
        let mut writer = Connection::open(path)?;
        writer.busy_timeout(Duration::from_secs(10))?;
        // Looked at before the journal's mode is touched: a newer store stays as it is, to the byte.
        let found = version(&writer)?;
        if found > SCHEMA {
            return Err(OfficeError::Newer(found));
        }
        if found == 0 {
            // One visit's segment fits into one page, so writing it touches no second one.
            writer.pragma_update(None, "page_size", 8_192)?;
        }
        writer.pragma_update(None, "journal_mode", "WAL")?;
        writer.pragma_update(None, "synchronous", "FULL")?;
        writer.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        writer.pragma_update(None, "cache_size", -2_048)?;
        writer.set_prepared_statement_cache_capacity(32);
        migrate(&mut writer)?;
        let reader = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        reader.busy_timeout(Duration::from_secs(10))?;
        reader.pragma_update(None, "cache_size", -2_048)?;
        reader.set_prepared_statement_cache_capacity(32);
        Ok(SqliteLedger { writer: Mutex::new(writer), reader: Mutex::new(reader), path: path.to_owned() })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Codes that were used, and by which phone.
    pub fn used_codes(&self) -> Result<Vec<(Vec<u8>, DeviceId)>, OfficeError> {
        self.all("SELECT row, used_by FROM code WHERE used_by IS NOT NULL", [], |r| Ok((r.get(0)?, device(r.get(1)?)?)))
    }

    fn reader(&self) -> MutexGuard<'_, Connection> {
        // A reader that panicked left nothing half-done: statements reset when they are dropped.
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all<T>(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, OfficeError>,
    ) -> Result<Vec<T>, OfficeError> {
        let db = self.reader();
        let mut statement = db.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }
}

fn segment_id(branch: BranchNo, seq: u64) -> i64 {
    // The top bit stays clear: a branch number has 15 bits in practice, and the counter never reaches 2^47.
    (i64::from(branch) << SEQ_BITS) | (seq & ((1 << SEQ_BITS) - 1)) as i64
}

fn damaged(what: &str) -> OfficeError {
    OfficeError::Damaged(what.to_owned())
}

fn device(text: String) -> Result<DeviceId, OfficeError> {
    DeviceId::new(text).map_err(|_| damaged("a device's name"))
}

fn fixed<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N], OfficeError> {
    bytes.try_into().map_err(|_| damaged("the length of a name"))
}

fn push_row(row: &Row<'_>) -> Result<PushRow, OfficeError> {
    Ok(PushRow {
        id: row.get(0)?,
        device: device(row.get(1)?)?,
        epoch: ChainEpoch(fixed(row.get(2)?)?),
        line: row.get(3)?,
        first: row.get::<_, i64>(4)? as u64,
        last: row.get::<_, i64>(5)? as u64,
        received: Millis(row.get(6)?),
        header: row.get(7)?,
        digests: row.get(8)?,
        segments: Vec::new(),
    })
}

fn segment_row(row: &Row<'_>) -> Result<(i64, SegmentRow), OfficeError> {
    let id: i64 = row.get(0)?;
    let segment = SegmentRow {
        branch: (id >> SEQ_BITS) as BranchNo,
        seq: (id & ((1 << SEQ_BITS) - 1)) as u64,
        place: row.get(2)?,
        document: fixed(row.get(3)?)?,
        entries: row.get(4)?,
        withheld: row.get(5)?,
        reviewed: row.get(6)?,
        sealed: row.get(7)?,
    };
    Ok((row.get(1)?, segment))
}

fn held_row(row: &Row<'_>) -> Result<HeldRaw, OfficeError> {
    let document: Option<Vec<u8>> = row.get(6)?;
    Ok(HeldRaw {
        id: row.get(0)?,
        at: Millis(row.get(1)?),
        device: device(row.get(2)?)?,
        branch: row.get(3)?,
        code: row.get(4)?,
        entries: row.get(5)?,
        document: document.map(fixed).transpose()?,
        sealed: row.get(7)?,
    })
}

fn document_row(row: &Row<'_>) -> Result<DocumentRow, OfficeError> {
    Ok(DocumentRow { key: fixed(row.get(0)?)?, branch: row.get(1)?, day: row.get(2)?, sealed: row.get(3)? })
}

fn write_pushes(tx: &Transaction<'_>, pushes: &[PushRow]) -> rusqlite::Result<()> {
    let mut push = tx.prepare_cached(
        "INSERT INTO push (id, device, epoch, line, first, last, received, header, digests) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9)",
    )?;
    for p in pushes {
        push.execute(params![
            p.id,
            p.device.as_str(),
            p.epoch.0,
            p.line,
            p.first as i64,
            p.last as i64,
            p.received.0,
            p.header,
            p.digests
        ])?;
        write_segments(tx, p.segments.iter().map(|s| (p.id, s)))?;
    }
    Ok(())
}

fn write_segments<'a>(tx: &Transaction<'_>, segments: impl Iterator<Item = (i64, &'a SegmentRow)>) -> rusqlite::Result<()> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO segment (id, push, place, document, entries, withheld, reviewed, sealed) VALUES (?1,?2,?3,?4,?5,?6,?7,?8)",
    )?;
    for (push, s) in segments {
        insert.execute(params![segment_id(s.branch, s.seq), push, s.place, s.document, s.entries, s.withheld, s.reviewed, s.sealed])?;
    }
    Ok(())
}

fn write_reviews(tx: &Transaction<'_>, batch: &Batch) -> rusqlite::Result<()> {
    write_segments(tx, batch.taken.iter().map(|(push, s)| (*push, s)))?;
    for (branch, seq) in &batch.released {
        tx.prepare_cached("UPDATE segment SET reviewed = 1 WHERE id = ?1")?.execute([segment_id(*branch, *seq)])?;
    }
    for r in &batch.reviews {
        tx.prepare_cached("INSERT INTO review (held, at, verdict, sealed) VALUES (?1,?2,?3,?4)")?
            .execute(params![r.held, r.at.0, r.verdict, r.sealed])?;
    }
    Ok(())
}

fn write_rest(tx: &Transaction<'_>, batch: &Batch) -> rusqlite::Result<()> {
    for (name, value) in &batch.meta {
        tx.prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1,?2)")?.execute(params![name, value])?;
    }
    for (id, name, seq) in &batch.branches {
        tx.prepare_cached("INSERT INTO branch (id, name, seq) VALUES (?1,?2,?3) ON CONFLICT (id) DO UPDATE SET seq = excluded.seq")?
            .execute(params![id, name, *seq as i64])?;
    }
    for d in &batch.documents {
        tx.prepare_cached("INSERT OR REPLACE INTO document (key, branch, day, sealed) VALUES (?1,?2,?3,?4)")?
            .execute(params![d.key, d.branch, d.day, d.sealed])?;
    }
    for (table, row) in &batch.sealed {
        let sql = match table {
            Table::Key => "INSERT OR REPLACE INTO key (row, sealed) VALUES (?1,?2)",
            Table::Device => "INSERT OR REPLACE INTO device (row, sealed) VALUES (?1,?2)",
            Table::Worker => "INSERT OR REPLACE INTO worker (row, sealed) VALUES (?1,?2)",
        };
        tx.prepare_cached(sql)?.execute(params![row.row, row.sealed])?;
    }
    for c in &batch.codes {
        tx.prepare_cached("INSERT INTO code (row, expires, used_by, sealed) VALUES (?1,?2,?3,?4)")?.execute(params![
            c.row,
            c.expires.0,
            c.used_by.as_ref().map(DeviceId::as_str),
            c.sealed
        ])?;
    }
    for (row, by) in &batch.used {
        tx.prepare_cached("UPDATE code SET used_by = ?2 WHERE row = ?1")?.execute(params![row, by.as_str()])?;
    }
    for h in &batch.held {
        tx.prepare_cached("INSERT INTO held (at, device, branch, code, entries, document, sealed) VALUES (?1,?2,?3,?4,?5,?6,?7)")?
            .execute(params![h.at.0, h.device.as_str(), h.branch, h.code, h.entries, h.document, h.sealed])?;
    }
    for (device, s) in &batch.samples {
        tx.prepare_cached("INSERT OR REPLACE INTO sample (device, boot, mono, wall, truth, err) VALUES (?1,?2,?3,?4,?5,?6)")?
            .execute(params![device.as_str(), s.boot.0, s.mono_ms, s.wall.0, s.truth.map(|t| t.at.0), s.truth.map(|t| t.err_ms)])?;
    }
    Ok(())
}

impl Ledger for SqliteLedger {
    fn write(&self, batch: &Batch) -> Result<(), OfficeError> {
        let mut db = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // Dropped without a commit, the transaction takes everything back.
        let tx = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        write_pushes(&tx, &batch.pushes)?;
        write_reviews(&tx, batch)?;
        write_rest(&tx, batch)?;
        Ok(tx.commit()?)
    }

    fn fold(&self) -> Result<(), OfficeError> {
        let db = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // Passive: it waits for no reader, and leaves what one still needs.
        Ok(db.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?)
    }

    fn meta(&self, name: &str) -> Result<Option<Vec<u8>>, OfficeError> {
        let db = self.reader();
        Ok(db.prepare_cached("SELECT value FROM meta WHERE name = ?1")?.query_row([name], |r| r.get(0)).optional()?)
    }

    fn branches(&self) -> Result<Vec<(BranchNo, String, u64)>, OfficeError> {
        self.all("SELECT id, name, seq FROM branch ORDER BY id", [], |r| Ok((r.get(0)?, r.get(1)?, r.get::<_, i64>(2)? as u64)))
    }

    fn sealed(&self, table: Table) -> Result<Vec<SealedRow>, OfficeError> {
        let sql = match table {
            Table::Key => "SELECT row, sealed FROM key",
            Table::Device => "SELECT row, sealed FROM device",
            Table::Worker => "SELECT row, sealed FROM worker",
        };
        self.all(sql, [], |r| Ok(SealedRow { row: r.get(0)?, sealed: r.get(1)? }))
    }

    fn code(&self, row: &[u8]) -> Result<Option<CodeRow>, OfficeError> {
        let all = self.all("SELECT row, expires, used_by, sealed FROM code WHERE row = ?1", [row], |r| {
            let used_by: Option<String> = r.get(2)?;
            Ok(CodeRow { row: r.get(0)?, expires: Millis(r.get(1)?), used_by: used_by.map(device).transpose()?, sealed: r.get(3)? })
        })?;
        Ok(all.into_iter().next())
    }

    fn document(&self, key: &DocumentKey) -> Result<Option<DocumentRow>, OfficeError> {
        let all = self.all("SELECT key, branch, day, sealed FROM document WHERE key = ?1", [key], document_row)?;
        Ok(all.into_iter().next())
    }

    fn documents_from(&self, day: i64) -> Result<Vec<DocumentRow>, OfficeError> {
        self.all("SELECT key, branch, day, sealed FROM document WHERE day >= ?1", [day], document_row)
    }

    fn lines(&self) -> Result<Vec<(DeviceId, ChainEpoch, LineRow)>, OfficeError> {
        self.all("SELECT device, epoch, line, min(first), max(last) FROM push GROUP BY device, epoch, line", [], |r| {
            let line = LineRow { line: r.get(2)?, first: r.get::<_, i64>(3)? as u64, last: r.get::<_, i64>(4)? as u64 };
            Ok((device(r.get(0)?)?, ChainEpoch(fixed(r.get(1)?)?), line))
        })
    }

    fn pushes(&self, device: &DeviceId, epoch: ChainEpoch, line: u32, from: u64) -> Result<Vec<PushRow>, OfficeError> {
        self.all(
            "SELECT id, device, epoch, line, first, last, received, header, digests FROM push
             WHERE device = ?1 AND epoch = ?2 AND line = ?3 AND last >= ?4 ORDER BY last, id",
            params![device.as_str(), epoch.0, line, from as i64],
            push_row,
        )
    }

    fn push(&self, id: i64) -> Result<Option<PushRow>, OfficeError> {
        let sql = "SELECT id, device, epoch, line, first, last, received, header, digests FROM push WHERE id = ?1";
        Ok(self.all(sql, [id], push_row)?.into_iter().next())
    }

    fn last_push(&self) -> Result<i64, OfficeError> {
        Ok(self.reader().query_row("SELECT coalesce(max(id), 0) FROM push", [], |r| r.get(0))?)
    }

    fn segments_of(&self, document: &DocumentKey) -> Result<Vec<(i64, SegmentRow)>, OfficeError> {
        let sql = "SELECT id, push, place, document, entries, withheld, reviewed, sealed FROM segment WHERE document = ?1 ORDER BY id";
        self.all(sql, [document], segment_row)
    }

    fn segments_after(&self, branch: BranchNo, seq: u64, limit: usize) -> Result<Vec<(i64, SegmentRow)>, OfficeError> {
        let sql = "SELECT id, push, place, document, entries, withheld, reviewed, sealed FROM segment WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT ?3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.all(sql, params![segment_id(branch, seq), segment_id(branch + 1, 0), limit], segment_row)
    }

    fn held(&self) -> Result<Vec<HeldRaw>, OfficeError> {
        self.all("SELECT id, at, device, branch, code, entries, document, x'' FROM held ORDER BY id DESC", [], held_row)
    }

    fn held_whole(&self, id: i64) -> Result<Option<HeldRaw>, OfficeError> {
        let sql = "SELECT id, at, device, branch, code, entries, document, sealed FROM held WHERE id = ?1";
        Ok(self.all(sql, [id], held_row)?.into_iter().next())
    }

    fn reviews(&self) -> Result<Vec<ReviewRow>, OfficeError> {
        self.all("SELECT id, held, at, verdict, sealed FROM review ORDER BY id", [], |r| {
            Ok(ReviewRow { id: r.get(0)?, held: r.get(1)?, at: Millis(r.get(2)?), verdict: r.get(3)?, sealed: r.get(4)? })
        })
    }

    fn samples(&self) -> Result<Vec<(DeviceId, ClockSample)>, OfficeError> {
        self.all("SELECT device, boot, mono, wall, truth, err FROM sample", [], |r| {
            let (at, err): (Option<i64>, Option<u32>) = (r.get(4)?, r.get(5)?);
            let truth = at.zip(err).map(|(at, err_ms)| Truth { at: Millis(at), err_ms });
            let sample = ClockSample { boot: BootId(fixed(r.get(1)?)?), mono_ms: r.get(2)?, wall: Millis(r.get(3)?), truth };
            Ok((device(r.get(0)?)?, sample))
        })
    }

    fn integrity(&self) -> Result<(), OfficeError> {
        integrity(&self.reader())
    }
}

fn integrity(db: &Connection) -> Result<(), OfficeError> {
    let verdict: String = db.query_row("PRAGMA integrity_check(1)", [], |r| r.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(damaged("SQLite's own check of the file fails")) }
}

/// Copies a store to a new file while it is in use, and checks the copy.
pub fn backup(store: &Path, to: &Path) -> Result<(), OfficeError> {
    let from = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    from.busy_timeout(Duration::from_secs(10))?;
    // Never over an older backup: the copy grows beside it, and takes its place whole.
    let part = to.with_extension("part");
    if part.exists() {
        std::fs::remove_file(&part)?;
    }
    copy(&from, &part)?;
    std::fs::File::open(&part)?.sync_all()?;
    Ok(std::fs::rename(&part, to)?)
}

/// Puts a checked copy of a backup where a store is to be. The caller has made sure that nobody uses the store.
pub fn restore(from: &Path, store: &Path) -> Result<(), OfficeError> {
    let backup = Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let found = version(&backup)?;
    if found > SCHEMA {
        return Err(OfficeError::Newer(found));
    }
    if found == 0 {
        return Err(OfficeError::Damaged("the file is no backup of a store".into()));
    }
    copy(&backup, store)
}

fn copy(from: &Connection, to: &Path) -> Result<(), OfficeError> {
    crate::private::file(to)?;
    let mut db = Connection::open(to)?;
    db.pragma_update(None, "synchronous", "FULL")?;
    rusqlite::backup::Backup::new(from, &mut db)?.run_to_completion(1_024, Duration::ZERO, None)?;
    // A plain file, without a log beside it: one thing to carry away.
    db.pragma_update(None, "journal_mode", "DELETE")?;
    integrity(&db)
}
