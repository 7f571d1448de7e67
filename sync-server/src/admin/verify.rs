//! Reads the whole ledger again and believes nothing: seals, digests, chains, signatures, counters.

use crate::error::OfficeError;
use crate::held::UNKNOWN;
use crate::keys::{Keys, own_device};
use crate::ledger::{HeldRaw, Ledger, PushRow, SqliteLedger, Table};
use crate::office::{Founded, Tally, Verdict, ledger_file};
use crate::phone::Phone;
use crate::state::{header_of, open_segment};
use holdfast_model::chain;
use holdfast_model::document::{check_texts, rebuild};
use holdfast_model::id::{DeviceId, Digest, DocumentId};
use holdfast_model::port::Random;
use holdfast_model::wire::PushHeader;
use holdfast_vault::{MasterKey, PublicKey};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// Segments read at a time.
const READ_AT_ONCE: usize = 512;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct Verified {
    /// Version of this output.
    pub v: u32,
    /// Distinct entries.
    pub entries: u64,
    /// Sum, modulo 2^64, of the first eight bytes of the SHA-256 of each distinct entry's text, as 16 hexadecimal digits.
    pub checksum: String,
    /// Pushes.
    pub pushes: u64,
    /// Segments.
    pub segments: u64,
    /// Segments that are withheld from phones, and known to be.
    pub withheld: u64,
    /// Entries held for checking.
    pub held: u64,
    /// Requests held for checking that came from phones nobody knew: how many entries are in them, nobody has looked.
    pub unknown: u64,
    /// Chains.
    pub chains: u64,
    /// Stretches of a chain that are missing.
    pub gaps: u64,
    /// Second histories of one chain epoch.
    pub forks: u64,
    /// What is wrong: a stable code and how often. Empty: all is as it was written.
    pub wrong: Vec<(&'static str, u64)>,
}

impl Verified {
    /// The counts that are compared after a kill.
    pub fn tally(&self) -> Tally {
        Tally { entries: self.entries, checksum: u64::from_str_radix(&self.checksum, 16).unwrap_or(0), held: self.held }
    }
}

/// Verifies the store in a data directory. It may be in use.
pub fn verify(data: &Path, master: MasterKey, random: &dyn Random) -> Result<Verified, OfficeError> {
    verify_with(data, master, random, &mut |_, _| {})
}

/// The same, showing every distinct entry: its document and its text.
pub fn verify_with(
    data: &Path,
    master: MasterKey,
    random: &dyn Random,
    show: &mut dyn FnMut(&DocumentId, &str),
) -> Result<Verified, OfficeError> {
    let file = ledger_file(data);
    super::must_hold_a_store(data)?;
    let ledger = SqliteLedger::open(&file)?;
    ledger.integrity()?;
    let founded = Founded::read(&ledger)?.ok_or_else(|| OfficeError::Damaged("it was never founded".into()))?;
    let (keys, _) = Keys::open(&ledger, founded.provider.as_str(), &founded.install, master, random)?;
    let mut reading = Reading { ledger: &ledger, keys: &keys, found: Verified { v: 1, ..Verified::default() }, wrong: HashMap::new() };
    let headers = reading.chains()?;
    let sum = reading.segments(&headers, show)?;
    reading.found.checksum = format!("{sum:016x}");
    // The latest decision about a hold stands.
    let decided: HashMap<i64, bool> = ledger.reviews()?.into_iter().map(|r| (r.held, r.verdict != Verdict::PutBack.word())).collect();
    let open = |h: &&HeldRaw| !decided.get(&h.id).copied().unwrap_or_default();
    for held in ledger.held()?.iter().filter(open) {
        reading.found.held += u64::from(held.entries);
        reading.found.unknown += u64::from(held.code == UNKNOWN);
    }
    reading.found.wrong = reading.wrong.into_iter().collect();
    reading.found.wrong.sort_unstable();
    Ok(reading.found)
}

struct Reading<'a> {
    ledger: &'a dyn Ledger,
    keys: &'a Keys,
    found: Verified,
    wrong: HashMap<&'static str, u64>,
}

impl Reading<'_> {
    fn wrong(&mut self, code: &'static str) {
        *self.wrong.entry(code).or_default() += 1;
    }

    fn public_keys(&self) -> Result<HashMap<DeviceId, PublicKey>, OfficeError> {
        let mut all = HashMap::from([(own_device(), self.keys.own_device.public_key())]);
        for row in self.ledger.sealed(Table::Device)? {
            let phone: Phone = serde_json::from_slice(&self.keys.open_row(Table::Device, &row)?)
                .map_err(|_| OfficeError::Damaged("the row of a phone".into()))?;
            if let Some(key) = phone.public_key() {
                all.insert(phone.device.clone(), key);
            }
        }
        Ok(all)
    }

    /// Every push: its signature, and that each line of a chain leads from one to the next.
    fn chains(&mut self) -> Result<HashMap<i64, PushHeader>, OfficeError> {
        let public_keys = self.public_keys()?;
        let mut headers = HashMap::new();
        for (device, epoch, line) in self.ledger.lines()? {
            self.found.chains += u64::from(line.line == 0);
            self.found.forks += u64::from(line.line > 0);
            let mut stands: Option<(u64, Digest)> = None;
            for push in self.ledger.pushes(&device, epoch, line.line, 0)? {
                self.found.pushes += 1;
                let header = header_of(&push)?;
                let signed = public_keys.get(&device).is_some_and(|k| k.verify_text(&header.signed_bytes(), &header.sig).is_ok());
                if !signed {
                    self.wrong("push_signature");
                }
                if !leads(&header, &push) {
                    self.wrong("push_chain");
                }
                match stands {
                    Some((last, _)) if header.first > last + 1 => self.found.gaps += 1,
                    // A stretch that was here in part begins before the end of the last one.
                    Some((last, head)) if header.first == last + 1 && header.prev != head => self.wrong("chain_broken"),
                    None if line.line == 0 && header.first > 1 => self.found.gaps += 1,
                    _ => {}
                }
                stands = Some((header.last(), header.head));
                headers.insert(push.id, header);
            }
        }
        Ok(headers)
    }

    /// Every segment: counters without gaps, seals, digests, texts, changes.
    fn segments(&mut self, headers: &HashMap<i64, PushHeader>, show: &mut dyn FnMut(&DocumentId, &str)) -> Result<u64, OfficeError> {
        let mut seen: HashSet<Digest> = HashSet::new();
        let mut sum = 0u64;
        for (no, _, counter) in self.ledger.branches()? {
            let mut at = 0;
            loop {
                let rows = self.ledger.segments_after(no, at, READ_AT_ONCE)?;
                if rows.is_empty() {
                    break;
                }
                for (push, row) in rows {
                    self.found.segments += 1;
                    if row.seq != at + 1 {
                        self.wrong("counter_gap");
                    }
                    at = row.seq;
                    let Some(header) = headers.get(&push) else {
                        self.wrong("push_missing");
                        continue;
                    };
                    let withheld = row.withheld.is_some();
                    self.found.withheld += u64::from(withheld);
                    let Ok(segment) = open_segment(&row, header, self.keys) else {
                        self.wrong("segment_sealed");
                        continue;
                    };
                    if !withheld && header.segments.get(row.place as usize) != Some(&segment.head.digest()) {
                        self.wrong("segment_unlisted");
                    }
                    if !withheld && check_texts(&segment).is_err() {
                        self.wrong("segment_texts");
                    }
                    if !withheld && rebuild(&segment).is_err() {
                        self.wrong("segment_changes");
                    }
                    for text in &segment.texts {
                        let digest = text.digest();
                        if seen.insert(digest) {
                            self.found.entries += 1;
                            let first = digest.0.first_chunk().expect("32 bytes hold eight");
                            sum = sum.wrapping_add(u64::from_be_bytes(*first));
                            show(&segment.head.doc, text);
                        }
                    }
                }
            }
            if at != counter {
                self.wrong("counter_end");
            }
        }
        Ok(sum)
    }
}

/// True when a push's digests lead from its header's head before to its head after.
fn leads(header: &PushHeader, push: &PushRow) -> bool {
    let digests = push.digests.chunks_exact(32).map(|d| Digest(d.try_into().expect("chunks of 32")));
    push.digests.len() == header.count as usize * 32
        && (push.first, push.last) == (header.first, header.last())
        && chain::extend(header.prev, digests) == header.head
}
