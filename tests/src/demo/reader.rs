//! A fresh process that took no part in the play reads the store: every seal, signature and chain, and every entry.

use super::process::run;
use crate::scenario::Scenario;
use crate::world::{BRANCH, Trouble, at};
use holdfast_host::{ClockSpec, SystemRandom};
use holdfast_model::id::BranchId;
use holdfast_model::projection::{Filter, LateSummary};
use holdfast_model::time::Millis;
use holdfast_sync_server::admin::{Verified, master_key, verify_with};
use holdfast_sync_server::{Office, OfficeConfig};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// What is in a store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Summary {
    /// Entries.
    pub entries: u64,
    /// Their checksum.
    pub checksum: String,
    /// Entries held for checking.
    pub held: u64,
    /// Stretches of a chain that are missing.
    pub gaps: u64,
    /// What does not verify: a code and how often.
    pub wrong: Vec<(String, u64)>,
    /// The day in one line: "38 of 38 known, 0 missed, 3 late (longest 22 min)".
    pub day: String,
}

/// Reads a store: prints each entry's text as one line, then the summary. This is what the fresh process does.
pub fn read_store(data: &Path, clock: &str, window: Option<(Millis, Millis)>) -> Result<(), Trouble> {
    let random = SystemRandom::new();
    let (master, _) = master_key(data, None, &random).map_err(at("the master key"))?;
    let found: Verified = verify_with(data, master, &random, &mut |_, text| println!("{text}")).map_err(at("the store"))?;
    let (master, _) = master_key(data, None, &random).map_err(at("the master key"))?;
    let clock = clock.parse::<ClockSpec>().and_then(|spec| spec.open()).map_err(at("the clock"))?;
    let office = Office::open(OfficeConfig::new(data, master, Arc::new(clock), Arc::new(random))).map_err(at("the office"))?;
    let branch = BranchId::new(BRANCH).map_err(at("the branch"))?;
    let filter = Filter { from: window.map(|w| w.0), to: window.map(|w| w.1), ..Filter::default() };
    let late = office.board(&branch, &filter, |board| board.late);
    office.close();
    let wrong = found.wrong.iter().map(|(code, n)| ((*code).to_owned(), *n)).collect();
    let summary = Summary { entries: found.entries, checksum: found.checksum, held: found.held, gaps: found.gaps, wrong, day: said(late) };
    println!("{}", serde_json::to_string(&summary).map_err(at("the summary"))?);
    Ok(())
}

fn said(l: LateSummary) -> String {
    format!("{} of {} known, {} missed, {} late (longest {} min)", l.known, l.of, l.missed, l.late, l.longest_min)
}

/// Has a fresh process read a store.
pub(super) fn in_a_fresh_process(scenario: &Scenario, data: &Path, clock: &str, folder: &Path) -> Result<(Vec<String>, Summary), Trouble> {
    let this = std::env::current_exe().map_err(at("this program"))?;
    let mut args = vec!["--read-store".to_owned(), data.display().to_string(), "--clock".into(), clock.to_owned()];
    if let Some((from, to)) = scenario.window {
        args.extend(["--window".into(), format!("{}-{}", from.0, to.0)]);
    }
    let (lines, last) = run(&this, &args, &folder.join("reader.log"))?;
    let summary = serde_json::from_value(last).map_err(at("the reader"))?;
    Ok((lines, summary))
}
