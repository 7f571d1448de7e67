//! The edge: asks the office what it holds, and has it record an import in one transaction.

use super::{Changes, Counts, Known, Problem, Upload, plan, read};
use crate::error::OfficeError;
use crate::office::Office;
use holdfast_model::id::{BranchId, EntryId, WorkerId};
use serde::Serialize;

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Reading the files.
    Reading,
    /// Comparing them with what the office holds.
    Comparing,
    /// Recording, in one transaction.
    Recording,
    /// Durable.
    Recorded,
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// The step that begins.
    pub step: Step,
    /// Rows read, or entries to record; 0 while unknown.
    pub rows: usize,
}

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Imported {
    /// How many of what.
    pub counts: Counts,
    /// What is worth knowing and stopped nothing.
    pub notices: Vec<Problem>,
    /// The new entries; empty for a dry run.
    pub entries: Vec<EntryId>,
}

/// Why nothing was imported.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ImportError {
    /// The files have problems: all of them, notices included, sorted by file and row.
    #[error("nothing was imported: the files have {} problems", .0.iter().filter(|p| !p.code.is_notice()).count())]
    Problems(Vec<Problem>),
    /// The office could not.
    #[error(transparent)]
    Office(#[from] OfficeError),
}

impl ImportError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ImportError::Problems(_) => "import_problems",
            ImportError::Office(e) => e.code(),
        }
    }
}

/// Reads the files against what the office holds and records nothing.
pub fn dry_run(
    office: &Office,
    branch: &BranchId,
    files: &[Upload],
    progress: &mut dyn FnMut(Progress),
) -> Result<(Changes, Imported), ImportError> {
    progress(Progress { step: Step::Reading, rows: 0 });
    let reading = read(files);
    let rows = reading.parsed.rows();
    progress(Progress { step: Step::Comparing, rows });
    let known = Known::of(office, branch, &reading.parsed)?;
    let (changes, found) = plan(reading, &known, branch);
    if found.iter().any(|p| !p.code.is_notice()) {
        return Err(ImportError::Problems(found));
    }
    let imported = Imported { counts: changes.counts, notices: found, entries: Vec::new() };
    Ok((changes, imported))
}

/// Has the office record changes: all of them in one transaction, or none.
pub fn apply(office: &Office, branch: &BranchId, author: &WorkerId, changes: Changes) -> Result<Vec<EntryId>, OfficeError> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    Ok(office.record_many(author, branch, &changes.workers, changes.statements)?.entries)
}

/// Imports files: all or nothing. `author` is who imports; the entries are theirs.
pub fn import(
    office: &Office,
    branch: &BranchId,
    author: &WorkerId,
    files: &[Upload],
    progress: &mut dyn FnMut(Progress),
) -> Result<Imported, ImportError> {
    let (changes, mut imported) = dry_run(office, branch, files, progress)?;
    progress(Progress { step: Step::Recording, rows: changes.statements.len() });
    imported.entries = apply(office, branch, author, changes)?;
    progress(Progress { step: Step::Recorded, rows: imported.entries.len() });
    Ok(imported)
}

impl super::Parsed {
    /// Rows that could be read.
    pub fn rows(&self) -> usize {
        self.workers.rows.len()
            + self.people.rows.len()
            + self.plans.rows.len()
            + self.essentials.rows.len()
            + self.medicines.rows.len()
            + self.contacts.rows.len()
            + self.rota.rows.len()
    }
}
