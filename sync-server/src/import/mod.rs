//! Taking over what a provider's rostering and care-record system exports: workers, people, care plans, a rota.
//!
//! ```text
//! files ─ read ─▶ Parsed ─ plan(known) ─▶ Changes ─ apply ─▶ entries, in one transaction
//!           └────────────┴─▶ problems, all of them, with file, row, column and what to do
//! ```
//!
//! [`read`] and [`plan`] are pure. Nothing is half-imported: one problem anywhere, and nothing is recorded. Importing the
//! same files twice changes nothing. A row that is missing from a later export cancels nothing by itself.
//! The columns and every problem are in `docs/import.md`.

mod apply;
mod cell;
mod doses;
mod known;
mod plan;
mod problem;
mod rows;
mod table;
#[cfg(test)]
mod tests;

pub use apply::{ImportError, Imported, Progress, Step, apply, dry_run, import};
pub use known::Known;
pub use plan::{Changes, Counts, plan};
pub use problem::{Code, Problem};
pub use rows::{At, PersonRow, Piece, PlanRow, USUAL_WINDOW_MIN, VisitRow, WorkerRow};

use holdfast_model::entry::{Contact, Essential, PlanMedicine};
use holdfast_model::id::{PersonId, VisitId, WorkerId};
use std::collections::{BTreeMap, BTreeSet};

/// Largest file that is read, in bytes. A rota of 50,000 visits has some 15 MB.
pub const FILE_BYTES: usize = 64 * 1024 * 1024;

/// A file as it was handed in.
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its name; only the part after the last slash counts.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Upload({}, {} bytes)", self.name, self.bytes.len())
    }
}

impl Upload {
    /// A file by name and content.
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Upload {
        Upload { name: name.into(), bytes: bytes.into() }
    }

    /// Every `.csv` file of a folder.
    pub fn folder(path: &std::path::Path) -> std::io::Result<Vec<Upload>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path)? {
            let path = entry?.path();
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            if name.to_lowercase().ends_with(".csv") {
                files.push(Upload { name, bytes: std::fs::read(&path)? });
            }
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }

    /// The name without a path, however the browser gave it.
    fn base(&self) -> &str {
        self.name.rsplit(['/', '\\']).next().unwrap_or(&self.name)
    }
}

/// What the files say, row by row; whatever could not be read is missing here and stands in the problems.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parsed {
    /// workers.csv.
    pub workers: Table<WorkerRow>,
    /// people.csv.
    pub people: Table<PersonRow>,
    /// plans.csv.
    pub plans: Table<PlanRow>,
    /// essentials.csv.
    pub essentials: Table<Piece<Essential>>,
    /// medicines.csv.
    pub medicines: Table<Piece<PlanMedicine>>,
    /// contacts.csv.
    pub contacts: Table<Piece<Contact>>,
    /// rota.csv.
    pub rota: Table<VisitRow>,
    /// Numbers that the files name as workers, people, plan versions and visits, also in rows with another problem: one mistake is
    /// reported once, not again by every row that leans on it.
    pub(crate) named: Named,
}

/// A file's good rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Table<T> {
    /// The file's name as it came; empty when there was none.
    pub file: String,
    /// The rows.
    pub rows: Vec<At<T>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table { file: String::new(), rows: Vec::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Named {
    pub workers: BTreeSet<String>,
    pub people: BTreeSet<String>,
    pub plans: BTreeSet<(String, String)>,
    /// True when a whole file could not be read: whoever leans on it is not to blame.
    pub workers_unread: bool,
    pub people_unread: bool,
    pub plans_unread: bool,
}

/// What reading came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// The good rows.
    pub parsed: Parsed,
    /// Problems and notices, unsorted.
    pub found: Vec<Problem>,
}

/// Reads files. Pure; never fails: what is wrong stands in [`Reading::found`].
pub fn read(files: &[Upload]) -> Reading {
    let mut reading = Reading::default();
    let mut seen: BTreeMap<&'static str, &str> = BTreeMap::new();
    let Reading { parsed, found } = &mut reading;
    for upload in files {
        let file = upload.base();
        let lower = file.to_lowercase();
        let schemas = [&rows::WORKERS, &rows::PEOPLE, &rows::PLANS, &rows::ESSENTIALS, &rows::MEDICINES, &rows::CONTACTS, &rows::ROTA];
        let Some(schema) = schemas.into_iter().find(|schema| schema.file == lower) else {
            found.push(Problem::new(file, None, None, Code::FileUnknown, &[]));
            continue;
        };
        if let Some(first) = seen.insert(schema.file, file) {
            found.push(Problem::new(file, None, None, Code::FileTwice, &[("other", first.into())]));
            continue;
        }
        let table = table::read(file, &upload.bytes, schema, found);
        let Some(table) = table else {
            match schema.file {
                "workers.csv" => parsed.named.workers_unread = true,
                "people.csv" => parsed.named.people_unread = true,
                "plans.csv" => parsed.named.plans_unread = true,
                _ => {}
            }
            continue;
        };
        let name = file.to_owned();
        let cell = |row, column| table.cell(row, column).to_owned();
        match schema.file {
            "workers.csv" => {
                parsed.named.workers = table.rows.iter().map(|row| cell(row, 0)).collect();
                let rows = unique(rows::worker(&table, found), file, "worker", found, |r| r.id.clone());
                parsed.workers = Table { file: name, rows };
            }
            "people.csv" => {
                parsed.named.people = table.rows.iter().map(|row| cell(row, 0)).collect();
                let rows = unique(rows::person(&table, found), file, "person", found, |r| r.id.clone());
                parsed.people = Table { file: name, rows };
            }
            "plans.csv" => {
                parsed.named.plans = table.rows.iter().map(|row| (cell(row, 0), cell(row, 1))).collect();
                let rows = unique(rows::plan(&table, found), file, "version", found, |r| Pair(r.person.clone(), r.version));
                parsed.plans = Table { file: name, rows };
            }
            "essentials.csv" => parsed.essentials = Table { file: name, rows: rows::essential(&table, found) },
            "medicines.csv" => {
                let rows = rows::medicine(&table, found);
                let rows = unique(rows, file, "medicine", found, |r| Triple(r.person.clone(), r.version, r.is.id.clone()));
                parsed.medicines = Table { file: name, rows };
            }
            "contacts.csv" => parsed.contacts = Table { file: name, rows: rows::contact(&table, found) },
            _ => {
                let rows = unique(rows::visit(&table, found), file, "visit", found, |r| r.visit.clone());
                parsed.rota = Table { file: name, rows };
            }
        }
    }
    reading
}

/// A key of two parts, as it is said in a problem.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pair(PersonId, u32);
impl std::fmt::Display for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} v{}", self.0, self.1)
    }
}

/// A key of three parts, as it is said in a problem.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Triple(PersonId, u32, holdfast_model::id::MedicineId);
impl std::fmt::Display for Triple {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} v{}, {}", self.0, self.1, self.2)
    }
}

/// Keeps the first row of each key, and reports the others.
fn unique<T, K: Ord + std::fmt::Display>(
    rows: Vec<At<T>>,
    file: &str,
    column: &str,
    found: &mut Vec<Problem>,
    key: impl Fn(&T) -> K,
) -> Vec<At<T>> {
    let mut first: BTreeMap<K, u32> = BTreeMap::new();
    let mut kept = Vec::with_capacity(rows.len());
    for row in rows {
        let key = key(&row.is);
        if let Some(other) = first.get(&key) {
            let args = [("value", key.to_string().into()), ("other", (*other).into())];
            found.push(Problem::new(file, Some(row.row), Some(column), Code::IdTwice, &args));
            continue;
        }
        first.insert(key, row.row);
        kept.push(row);
    }
    kept
}

impl Parsed {
    /// Everybody whose document the import touches or leans on.
    pub fn people_named(&self) -> BTreeSet<PersonId> {
        let people = self.people.rows.iter().map(|r| &r.is.id);
        let plans = self.plans.rows.iter().map(|r| &r.is.person);
        let visits = self.rota.rows.iter().map(|r| &r.is.person);
        people.chain(plans).chain(visits).cloned().collect()
    }

    /// The visits of the rota.
    pub fn visits_named(&self) -> BTreeSet<VisitId> {
        self.rota.rows.iter().map(|r| r.is.visit.clone()).collect()
    }

    /// Whether the files name this worker.
    pub(crate) fn names_worker(&self, worker: &WorkerId) -> bool {
        self.named.workers_unread || self.named.workers.contains(worker.as_str())
    }

    /// Whether the files name this person.
    pub(crate) fn names_person(&self, person: &PersonId) -> bool {
        self.named.people_unread || self.named.people.contains(person.as_str())
    }
}
