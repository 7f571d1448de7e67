//! Importing a folder, for real or to see what it would do.

use super::args::{Args, FIRST_BRANCH};
use super::trouble::Trouble;
use super::{JSON, config};
use holdfast_host::SystemRandom;
use holdfast_model::id::{BranchId, ProviderId, WorkerId};
use holdfast_sync_server::admin;
use holdfast_sync_server::import::{self, ImportError, Imported, Upload};
use holdfast_sync_server::{Office, OfficeConfig, OfficeError};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// A place for a store that a dry run needs and nobody keeps.
struct Rehearsal(PathBuf);

impl Rehearsal {
    fn make() -> Result<Rehearsal, Trouble> {
        let mut name = [0; 8];
        holdfast_model::port::Random::fill(&SystemRandom::new(), &mut name);
        let place = std::env::temp_dir().join(format!("holdfast-dry-run-{:016x}", u64::from_be_bytes(name)));
        std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700).create(&place)?;
        Ok(Rehearsal(place))
    }

    fn config(&self, args: &Args, goal: &Goal<'_>) -> Result<OfficeConfig, Trouble> {
        let random = SystemRandom::new();
        let key = holdfast_vault::MasterKey::from_secret(holdfast_vault::Secret32::random(&random));
        let mut config = OfficeConfig::new(&self.0, key, Arc::new(args.clock.open()?), Arc::new(random));
        config.provider = goal.provider.clone();
        config.branch = goal.first();
        Ok(config)
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        // What stays behind would be an empty store whose key is gone.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Where an import goes, and in whose name.
pub struct Goal<'a> {
    pub branch: Option<&'a BranchId>,
    pub may_be_new: bool,
    pub provider: &'a ProviderId,
    pub author: &'a WorkerId,
}

impl Goal<'_> {
    /// The first branch of a store that is made now.
    fn first(&self) -> BranchId {
        self.branch.cloned().unwrap_or_else(|| BranchId::new(FIRST_BRANCH).expect("a literal"))
    }

    /// The branch meant: a mistyped name makes no second one.
    fn of(&self, office: &Office) -> Result<BranchId, Trouble> {
        let known = office.branches();
        match (self.branch, known.as_slice()) {
            (Some(named), _) if self.may_be_new || known.contains(named) => Ok(named.clone()),
            (None, [only]) => Ok(only.clone()),
            (named, _) => {
                let names: Vec<String> = known.iter().map(ToString::to_string).collect();
                let asked = named.map_or_else(|| "which branch? this store has several".into(), |b| format!("no branch {b} is known here"));
                let unknown = OfficeError::UnknownBranch(named.map(ToString::to_string).unwrap_or_default());
                let says = format!(
                    "{asked} (known: {}). Nothing was changed. Name one with --branch, or add --new-branch to begin another",
                    names.join(", ")
                );
                Err(Trouble::new(unknown.code(), says))
            }
        }
    }
}

/// Imports a folder, or says what importing it would do.
pub fn import(args: &Args, folder: &Path, dry_run: bool, goal: &Goal<'_>) -> Result<ExitCode, Trouble> {
    let files = Upload::folder(folder).map_err(|e| {
        let code = OfficeError::from(std::io::Error::from(e.kind())).code();
        Trouble::new(code, format!("the folder {} can't be read ({}): nothing was made or changed", folder.display(), e.kind()))
    })?;
    if files.is_empty() {
        let says = format!(
            "there is no CSV file in {}: nothing was made or changed. Name the folder with workers.csv, people.csv, plans.csv and rota.csv",
            folder.display()
        );
        return Err(Trouble::new("import_nothing", says));
    }
    // A dry run makes nothing, so before there is a store it looks at one that goes when it ends.
    let rehearsal = (dry_run && admin::must_hold_a_store(&args.data).is_err()).then(Rehearsal::make).transpose()?;
    let config = match &rehearsal {
        Some(rehearsal) => rehearsal.config(args, goal)?,
        None => config(args, goal.provider, &goal.first())?.0,
    };
    let office = Office::open(config)?;
    let branch = &goal.of(&office).inspect_err(|_| office.close())?;
    let quiet = &mut |_| {};
    let result = if dry_run {
        import::dry_run(&office, branch, &files, quiet).map(|(_, imported)| imported)
    } else {
        import::import(&office, branch, goal.author, &files, quiet)
    };
    office.close();
    match result {
        Ok(imported) => {
            told(&imported, dry_run, args.json);
            Ok(ExitCode::SUCCESS)
        }
        Err(ImportError::Problems(problems)) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            if !args.json {
                for line in &lines {
                    println!("{line}");
                }
            }
            let says = "nothing was imported: put these right and import again";
            Err(Trouble { exit: 4, more: json!(lines), ..Trouble::new("import_problems", says) })
        }
        Err(ImportError::Office(e)) => Err(e.into()),
    }
}

/// Says what was imported, or would be.
fn told(imported: &Imported, dry_run: bool, as_json: bool) {
    let notices: Vec<String> = imported.notices.iter().map(ToString::to_string).collect();
    if as_json {
        let counts = serde_json::to_value(imported.counts).unwrap_or(Value::Null);
        println!("{}", json!({"v": JSON, "dry_run": dry_run, "entries": imported.entries.len(), "counts": counts, "notices": notices}));
        return;
    }
    for line in &notices {
        println!("{line}");
    }
    let c = imported.counts;
    let (people, visits) = (c.people, c.visits + c.visits_following);
    let what = if dry_run { "dry run, nothing was recorded; this would be" } else { "imported" };
    println!(
        "{what}: {} workers, {people} people, {} plan versions, {visits} visits new or changed; {} rows unchanged",
        c.workers, c.plans, c.unchanged
    );
}
