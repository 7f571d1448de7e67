//! Taking everything off a phone by hand: for the office, when nothing else works. What waits comes first and works while locked.

use super::Phone;
use super::docs;
use crate::error::EngineError;
use crate::port::Disk;
use crate::store::{Sealed, Store};
use holdfast_model::document::{ChangeRecord, Materialised, rebuild};
use holdfast_model::id::{ChainEpoch, Digest, DocumentId};
use holdfast_vault::Opened;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// The files of an export. Names are relative; contents may be a person's record: whoever writes them keeps them private.
#[derive(Debug, Clone, Default)]
pub struct Export {
    /// Name and contents.
    pub files: Vec<(String, Vec<u8>)>,
    /// Entries that wait for the office, sealed so that only the office can open them.
    pub waiting: u32,
    /// Entries in readable form; 0 when the phone was locked.
    pub entries: u32,
    /// Rows of a damaged store that could not be read.
    pub lost: u32,
}

/// One line of `waiting.jsonl`.
#[derive(Serialize)]
struct Waiting<'a> {
    v: u32,
    provider: &'a str,
    device: &'a str,
    epoch: ChainEpoch,
    seq: u64,
    head: Digest,
    /// Sealed to the provider's key, base64.
    sealed: String,
}

impl Phone {
    /// Everything this phone can give: what waits, sealed for the office; and, while unlocked, every entry as it was written and every
    /// document as a file that any Automerge tool opens.
    pub fn export(&mut self) -> Result<Export, EngineError> {
        self.guarded(|phone| phone.export_all())
    }

    fn export_all(&self) -> Result<Export, EngineError> {
        let enrolment = self.enrolment()?;
        let mut export = Export::default();
        export.waiting(self.store()?, enrolment.provider.as_str(), enrolment.device.as_str())?;
        if self.is_unlocked() {
            self.readable(&mut export)?;
        }
        Ok(export)
    }

    fn readable(&self, export: &mut Export) -> Result<(), EngineError> {
        let (store, reading) = (self.store()?, self.reading()?);
        let mut docs: BTreeMap<DocumentId, Vec<(ChangeRecord, Digest)>> = BTreeMap::new();
        // What colleagues wrote on this phone is theirs to read; of it the office has, or gets, its own copy.
        let mut room = Opened::default();
        store.each_own(i64::MIN, i64::MAX, |own| {
            if own.vault == reading.vault {
                let (doc, record, hash) = docs::decode_own(&reading.keys, own.n, own.sealed, &mut room)?;
                docs.entry(doc).or_default().push((record, hash));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        for n in store.keys(Sealed::Pulled)? {
            let Some(sealed) = store.sealed(Sealed::Pulled, n)? else { continue };
            let (_, segment) = docs::decode_pulled(&reading.keys.open("pulled", n, &sealed)?).ok_or(EngineError::SealBroken)?;
            let changes = rebuild(&segment).map_err(|_| EngineError::SealBroken)?;
            docs.entry(segment.head.doc).or_default().extend(changes);
        }
        let mut lines = Vec::new();
        for changes in docs.values_mut() {
            let mut seen = std::collections::HashSet::new();
            changes.retain(|(_, hash)| seen.insert(*hash));
            for (record, _) in changes.iter() {
                lines.extend_from_slice(record.text.as_bytes());
                lines.push(b'\n');
                export.entries += 1;
            }
        }
        export.files.push(("entries.jsonl".into(), lines));
        for (doc, changes) in docs {
            let records = changes.iter().map(|(record, _)| record);
            if let Ok(whole) = Materialised::from_records(records) {
                let name = doc.to_string().replace([':', '/'], "_");
                export.files.push((format!("documents/{name}.automerge"), whole.save()));
            }
        }
        Ok(())
    }
}

impl Export {
    /// What can still be read of a store that was set aside as damaged: rows that only the office can open, as far as SQLite gets.
    pub fn of_damaged(disk: &dyn Disk, aside: &str) -> Result<Export, EngineError> {
        let conn = disk.open_aside(aside)?;
        let (mut lines, mut export) = (Vec::new(), Export::default());
        let last: i64 = conn.query_row("SELECT max(n) FROM own", [], |row| row.get(0)).unwrap_or(100_000);
        // How far receipts reach. Where that cannot be read any more, everything goes: the office skips what it has.
        let acked: BTreeMap<[u8; 8], i64> = conn
            .prepare("SELECT epoch, acked FROM epochs")
            .and_then(|mut all| all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
            .unwrap_or_default();
        // Row by row: a damaged page costs the rows on it, not those behind it.
        for n in 1..=last {
            let row = conn.query_row("SELECT epoch, seq, head, outbox FROM own WHERE n = ?1 AND outbox IS NOT NULL", [n], |row| {
                Ok((row.get::<_, [u8; 8]>(0)?, row.get::<_, i64>(1)?, row.get::<_, [u8; 32]>(2)?, row.get::<_, Vec<u8>>(3)?))
            });
            match row {
                Ok((epoch, seq, ..)) if acked.get(&epoch).is_some_and(|to| seq <= *to) => {}
                Ok((epoch, seq, head, sealed)) => {
                    line(&mut lines, "", "", ChainEpoch(epoch), seq as u64, Digest(head), &sealed);
                    export.waiting += 1;
                }
                Err(rusqlite::Error::QueryReturnedNoRows) => {}
                Err(_) => export.lost += 1,
            }
        }
        export.files.push(("waiting.jsonl".into(), lines));
        Ok(export)
    }

    fn waiting(&mut self, store: &Store, provider: &str, device: &str) -> Result<(), EngineError> {
        let mut lines = Vec::new();
        for (from, to) in store.uncovered()? {
            store.each_own(from, to, |own| {
                if let Some(sealed) = store.outbox(own.n)? {
                    line(&mut lines, provider, device, own.epoch, own.seq, own.head, &sealed);
                    self.waiting += 1;
                }
                Ok(ControlFlow::Continue(()))
            })?;
        }
        self.files.push(("waiting.jsonl".into(), lines));
        Ok(())
    }
}

fn line(lines: &mut Vec<u8>, provider: &str, device: &str, epoch: ChainEpoch, seq: u64, head: Digest, sealed: &[u8]) {
    let waiting = Waiting { v: 1, provider, device, epoch, seq, head, sealed: data_encoding::BASE64.encode(sealed) };
    lines.extend(serde_json::to_vec(&waiting).expect("a line has string keys only"));
    lines.push(b'\n');
}
