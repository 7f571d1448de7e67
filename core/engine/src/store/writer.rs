//! What the store can be told, within one transaction. No verb changes an entry; one ends those that the office has had for long.

use super::rows::joined;
use super::{LET_GO, OwnRow, SAMPLES_KEPT, Sealed, of_vault};
use crate::error::EngineError;
use holdfast_model::id::ChainEpoch;
use holdfast_model::wire::{ClockSample, Receipt};
use rusqlite::{Connection, params};
use std::collections::BTreeMap;

/// What an answer of the office settles, whoever can read on this phone.
pub struct Settled<'a> {
    /// How far the office is now with stretches of the chain, where that changed.
    pub acked: &'a BTreeMap<ChainEpoch, u64>,
    /// Its verified receipts.
    pub receipts: &'a [Receipt],
    /// What the exchange says about this phone's clocks.
    pub sample: Option<&'a ClockSample>,
    /// Number of the last clock sample that the request brought; 0 for none.
    pub samples_to: i64,
    /// How long this phone has been counting, in milliseconds: from when on receipts are old.
    pub age: i64,
}

/// What can be done within one transaction.
pub struct Writer<'a> {
    pub(super) conn: &'a Connection,
    pub(super) vault: i64,
}

impl Writer<'_> {
    /// Sets a small value.
    pub fn set_meta(&self, key: &str, value: &[u8]) -> Result<(), EngineError> {
        let mut statement =
            self.conn.prepare_cached("INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value")?;
        statement.execute(params![key, value])?;
        Ok(())
    }

    /// Forgets a small value.
    pub fn drop_meta(&self, key: &str) -> Result<(), EngineError> {
        self.conn.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([key])?;
        Ok(())
    }

    /// Sets a small value of a vault.
    pub fn set_vault_meta(&self, vault: i64, key: &str, value: &[u8]) -> Result<(), EngineError> {
        self.set_meta(&of_vault(vault, key), value)
    }

    /// Sets a small value of the vault that is open.
    pub fn set_own_meta(&self, key: &str, value: &[u8]) -> Result<(), EngineError> {
        self.set_vault_meta(self.vault, key, value)
    }

    /// Forgets a small value of a vault.
    pub fn drop_vault_meta(&self, vault: i64, key: &str) -> Result<(), EngineError> {
        self.drop_meta(&of_vault(vault, key))
    }

    /// Appends an own entry, with its copy that is sealed to the provider's key. No verb changes one; [`Writer::let_go`] alone ends one, long
    /// after the office had it.
    pub fn append(&self, row: &OwnRow, outbox: &[u8]) -> Result<(), EngineError> {
        let mut statement = self.conn.prepare_cached(
            "INSERT INTO own (n, epoch, seq, head, sealed, outbox, proof, vault) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        let proof = joined(&row.proof);
        statement.execute(params![row.n, row.epoch.0, row.seq as i64, row.head.0, row.sealed, outbox, proof, row.vault])?;
        Ok(())
    }

    /// Forgets a vault whose key is gone: everything that was readable under it. Own entries, receipts and clock samples stay.
    pub fn forget_vault(&self, vault: i64) -> Result<(), EngineError> {
        for table in ["docs", "days", "pulled", "withheld", "clocks"] {
            self.conn.execute(&format!("DELETE FROM {table} WHERE vault = ?1"), [vault])?;
        }
        self.conn.execute("DELETE FROM meta WHERE key LIKE ?1", [of_vault(vault, "%")])?;
        Ok(())
    }

    /// Sets a sealed row of a document, a day or a phone's clocks, or adds a pulled or withheld segment.
    pub fn put(&self, table: Sealed, key: i64, sealed: &[u8]) -> Result<(), EngineError> {
        let mut statement = self.conn.prepare_cached(match table {
            Sealed::Docs => "INSERT INTO docs (key, sealed, vault) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET sealed = excluded.sealed",
            Sealed::Days => "INSERT INTO days (key, sealed, vault) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET sealed = excluded.sealed",
            Sealed::Pulled => "INSERT INTO pulled (n, sealed, vault) VALUES (?1, ?2, ?3)",
            Sealed::Withheld => "INSERT INTO withheld (n, sealed, vault) VALUES (?1, ?2, ?3)",
            Sealed::Clocks => {
                "INSERT INTO clocks (key, sealed, vault) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET sealed = excluded.sealed"
            }
        })?;
        statement.execute(params![key, sealed, self.vault])?;
        Ok(())
    }

    /// Forgets a document that left this phone's scope, or a day. Own entries stay: they are not in these tables.
    pub fn purge(&self, table: Sealed, key: i64) -> Result<(), EngineError> {
        let mut statement = self.conn.prepare_cached(match table {
            Sealed::Docs => "DELETE FROM docs WHERE key = ?1",
            Sealed::Days => "DELETE FROM days WHERE key = ?1",
            Sealed::Pulled => "DELETE FROM pulled WHERE n = ?1",
            Sealed::Withheld => "DELETE FROM withheld WHERE n = ?1",
            Sealed::Clocks => "DELETE FROM clocks WHERE key = ?1",
        })?;
        statement.execute([key])?;
        Ok(())
    }

    /// Begins a stretch of the chain.
    pub fn begin_epoch(&self, epoch: ChainEpoch, first_n: i64) -> Result<(), EngineError> {
        self.conn.prepare_cached("INSERT INTO epochs (epoch, first_n, acked) VALUES (?1, ?2, 0)")?.execute(params![epoch.0, first_n])?;
        Ok(())
    }

    /// Keeps what an answer settles: how far the office is, its receipts, the clocks.
    pub fn settle(&self, settled: &Settled<'_>) -> Result<(), EngineError> {
        for (epoch, to) in settled.acked {
            self.set_acked(*epoch, *to)?;
        }
        for receipt in settled.receipts {
            self.keep_receipt(receipt, settled.age)?;
        }
        self.samples_sent(settled.samples_to)?;
        settled.sample.map_or(Ok(()), |sample| self.keep_sample(sample))
    }

    /// Notes how far the office is with a stretch. Going back is what a restored office asks for.
    pub fn set_acked(&self, epoch: ChainEpoch, acked: u64) -> Result<(), EngineError> {
        self.conn.prepare_cached("UPDATE epochs SET acked = ?2 WHERE epoch = ?1")?.execute(params![epoch.0, acked as i64])?;
        Ok(())
    }

    /// Keeps a verified receipt in place of those that it overlaps: an office that was restored signs anew. `age` is what this phone has counted
    /// by now. Nothing of the entries themselves is touched.
    pub fn keep_receipt(&self, receipt: &Receipt, age: i64) -> Result<(), EngineError> {
        let json = serde_json::to_string(receipt).expect("a receipt has string keys only");
        let (epoch, first, last) = (receipt.epoch.0, receipt.first as i64, receipt.last as i64);
        let mut statement = self.conn.prepare_cached("DELETE FROM receipts WHERE epoch = ?1 AND first BETWEEN ?2 AND ?3")?;
        statement.execute(params![epoch, first, last])?;
        let mut statement =
            self.conn.prepare_cached("INSERT INTO receipts (epoch, first, last, held, json, age) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        statement.execute(params![epoch, first, last, receipt.held.len() as i64, json, age])?;
        Ok(())
    }

    /// Lets go of every own entry up to row `to`, which the office has had for long, with the receipts that cover nothing else. The last
    /// entry always stays: the chain goes on from it. Refused, with all else of the transaction, when the office lacks one of them.
    pub fn let_go(&self, to: i64) -> Result<(), EngineError> {
        let mut statement = self.conn.prepare_cached("SELECT head FROM own WHERE n = ?1")?;
        let head: [u8; 32] = statement.query_row([to], |row| row.get(0))?;
        let mut statement = self.conn.prepare_cached(
            "SELECT count(*) FROM own WHERE n <= ?1 AND (n = (SELECT max(n) FROM own) OR NOT EXISTS
               (SELECT 1 FROM epochs AS e WHERE e.epoch = own.epoch AND own.seq <= e.acked))",
        )?;
        if statement.query_row([to], |row| row.get::<_, i64>(0))? > 0 {
            return Err(EngineError::Storage("an entry that has to stay was to be let go".into()));
        }
        self.conn.prepare_cached("DELETE FROM own WHERE n <= ?1")?.execute([to])?;
        let mut statement = self.conn.prepare_cached(
            "DELETE FROM receipts WHERE held = 0 AND EXISTS
               (SELECT 1 FROM epochs AS e WHERE e.epoch = receipts.epoch AND e.first_n + receipts.last - 1 <= ?1)",
        )?;
        statement.execute([to])?;
        self.set_meta(LET_GO, &[&to.to_be_bytes()[..], &head].concat())
    }

    /// Keeps a clock sample for chronology, and lets go of those that some thousand newer ones have made pointless.
    pub fn keep_sample(&self, sample: &ClockSample) -> Result<(), EngineError> {
        let mut statement =
            self.conn.prepare_cached("INSERT INTO samples (boot, mono, wall, truth, err, sent) VALUES (?1, ?2, ?3, ?4, ?5, 0)")?;
        let (truth, err) = (sample.truth.map(|t| t.at.0), sample.truth.map(|t| t.err_ms));
        statement.execute(params![sample.boot.0, sample.mono_ms, sample.wall.0, truth, err])?;
        let old = self.conn.last_insert_rowid() - SAMPLES_KEPT;
        self.conn.prepare_cached("DELETE FROM samples WHERE n <= ?1 AND sent = 1")?.execute([old])?;
        Ok(())
    }

    /// The office has taken every sample up to this number.
    fn samples_sent(&self, to: i64) -> Result<(), EngineError> {
        self.conn.prepare_cached("UPDATE samples SET sent = 1 WHERE sent = 0 AND n <= ?1")?.execute([to])?;
        Ok(())
    }
}
