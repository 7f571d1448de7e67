//! The tables of an export, row by row: what each column holds and what it becomes.

use super::cell::{Cells, Lexicon};
use super::problem::Problem;
use super::table::{Column, Schema, Table};
use holdfast_model::entry::{Contact, Essential, Flag, PersonDetails, PlanMedicine, PlannedTask, Priority, Support, WhenNeeded};
use holdfast_model::id::{MedicineId, PersonId, RunId, TaskId, VisitId, WorkerId};
use holdfast_model::time::Millis;
use holdfast_model::wire::Role;

/// Something with the row it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct At<T> {
    /// Row as a spreadsheet numbers it.
    pub row: u32,
    /// What stands there.
    pub is: T,
}

/// A row of workers.csv.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerRow {
    /// Their number.
    pub id: WorkerId,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Their telephone.
    pub telephone: String,
}

/// A row of people.csv.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Their number.
    pub id: PersonId,
    /// Who they are.
    pub details: PersonDetails,
}

/// A row of plans.csv.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanRow {
    /// Whose.
    pub person: PersonId,
    /// Its number.
    pub version: u32,
    /// The version it replaces.
    pub replaces: Option<u32>,
    /// From when.
    pub effective: Millis,
    /// Allergies.
    pub allergies: Vec<String>,
    /// What changed.
    pub changed: String,
}

/// A row of essentials.csv, medicines.csv or contacts.csv: a piece of a plan version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<T> {
    /// Whose plan.
    pub person: PersonId,
    /// Which version.
    pub version: u32,
    /// Place among its kind; the row's order when not given.
    pub order: u32,
    /// The piece.
    pub is: T,
}

/// A row of rota.csv.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRow {
    /// The rota: "R7".
    pub rota: String,
    /// Its number.
    pub visit: VisitId,
    /// The run.
    pub run: Option<RunId>,
    /// Whom.
    pub person: PersonId,
    /// Who goes.
    pub workers: Vec<WorkerId>,
    /// From.
    pub start: Millis,
    /// To.
    pub end: Millis,
    /// How much time matters.
    pub priority: Priority,
    /// What makes it one that cannot wait, besides what the person's own row says.
    pub flags: Vec<Flag>,
    /// What is to be done.
    pub tasks: Vec<PlannedTask>,
}

const ID: usize = holdfast_model::limits::ID_BYTES;
const NAME: usize = 200;
const LINE: usize = 500;
const TEXT: usize = 4_000;

const fn need(name: &'static str, longest: usize) -> Column {
    Column { name, also: &[], needed: true, longest }
}
const fn may(name: &'static str, longest: usize) -> Column {
    Column { name, also: &[], needed: false, longest }
}
const fn also(column: Column, also: &'static [&'static str]) -> Column {
    Column { also, ..column }
}

pub(super) static WORKERS: Schema = Schema {
    file: "workers.csv",
    columns: &[
        also(need("worker", ID), &["staff number", "worker id", "employee"]),
        need("name", NAME),
        also(need("role", NAME), &["job title"]),
        also(may("telephone", NAME), &["mobile", "telephone number"]),
        also(may("phone", NAME), &["device", "phone label"]),
    ],
};
pub(super) static PEOPLE: Schema = Schema {
    file: "people.csv",
    columns: &[
        also(need("person", ID), &["client", "person id", "client id"]),
        need("name", NAME),
        also(may("known as", NAME), &["preferred name"]),
        may("address", LINE),
        also(may("telephone", NAME), &["telephone number"]),
        also(may("access", LINE), &["how to get in"]),
        may("flags", LINE),
    ],
};
pub(super) static PLANS: Schema = Schema {
    file: "plans.csv",
    columns: &[
        also(need("person", ID), &["client", "person id", "client id"]),
        need("version", 10),
        may("replaces", 10),
        also(need("effective", 40), &["effective from"]),
        may("allergies", LINE),
        also(may("changed", TEXT), &["what changed"]),
    ],
};
pub(super) static ESSENTIALS: Schema = Schema {
    file: "essentials.csv",
    columns: &[
        also(need("person", ID), &["client", "person id", "client id"]),
        need("version", 10),
        may("order", 10),
        need("title", NAME),
        need("text", TEXT),
    ],
};
pub(super) static MEDICINES: Schema = Schema {
    file: "medicines.csv",
    columns: &[
        also(need("person", ID), &["client", "person id", "client id"]),
        need("version", 10),
        also(need("medicine", ID), &["medicine id"]),
        also(need("name", NAME), &["name and strength"]),
        need("dose", NAME),
        may("route", NAME),
        may("times", LINE),
        also(may("window", 10), &["window min", "window minutes"]),
        may("time critical", 10),
        also(need("support", NAME), &["level of support"]),
        also(may("when needed for", LINE), &["prn reason", "prn for"]),
        also(may("gap", 10), &["gap min", "gap minutes"]),
        also(may("most in 24 h", 20), &["max in 24 h", "most in 24h", "max in 24h"]),
    ],
};
pub(super) static CONTACTS: Schema = Schema {
    file: "contacts.csv",
    columns: &[
        also(need("person", ID), &["client", "person id", "client id"]),
        need("version", 10),
        may("order", 10),
        need("name", NAME),
        also(need("role", NAME), &["relation", "relationship"]),
        also(need("telephone", NAME), &["telephone number"]),
    ],
};
pub(super) static ROTA: Schema = Schema {
    file: "rota.csv",
    columns: &[
        need("rota", 40),
        also(need("visit", ID), &["visit id"]),
        may("run", ID),
        also(need("person", ID), &["client", "person id", "client id"]),
        also(may("workers", LINE), &["worker", "staff"]),
        need("date", 40),
        need("start", 40),
        need("end", 40),
        may("end date", 40),
        may("priority", NAME),
        may("flags", LINE),
        may("tasks", TEXT),
    ],
};

const ROLES: Lexicon<Role> = &[
    ("care worker", Role::Worker),
    ("carer", Role::Worker),
    ("worker", Role::Worker),
    ("shift lead", Role::Lead),
    ("team leader", Role::Lead),
    ("senior care worker", Role::Lead),
    ("coordinator", Role::Coordinator),
    ("care plan lead", Role::Coordinator),
    ("manager", Role::Manager),
    ("registered manager", Role::Manager),
    ("deputy manager", Role::Manager),
    ("administrator", Role::Administrator),
];
const PRIORITIES: Lexicon<Priority> = &[
    ("usual", Priority::Usual),
    ("routine", Priority::Routine),
    ("can wait", Priority::Routine),
    ("time critical", Priority::TimeCritical),
    ("must be on time", Priority::TimeCritical),
];
const FLAGS: Lexicon<Flag> = &[
    ("double up", Flag::DoubleUp),
    ("hoist", Flag::Hoist),
    ("lives alone", Flag::LivesAlone),
    ("insulin by nurse", Flag::InsulinByNurse),
    ("insulin district nurse", Flag::InsulinByNurse),
];
const SUPPORTS: Lexicon<Support> = &[
    ("you give it", Support::WorkerGives),
    ("worker gives", Support::WorkerGives),
    ("administer", Support::WorkerGives),
    ("remind", Support::WorkerPrompts),
    ("prompt", Support::WorkerPrompts),
    ("assist", Support::WorkerPrompts),
    ("sees to it alone", Support::OwnHands),
    ("self", Support::OwnHands),
    ("district nurse gives it", Support::SomebodyElse),
    ("family gives it", Support::SomebodyElse),
    ("somebody else gives it", Support::SomebodyElse),
];
const YES: Lexicon<bool> = &[("no", false), ("yes", true), ("n", false), ("y", true), ("false", false), ("true", true)];

/// Minutes either side of the due time, when an export names none and the medicine can wait that long.
pub const USUAL_WINDOW_MIN: u32 = 60;

pub(super) fn worker(table: &Table<'_>, problems: &mut Vec<Problem>) -> Vec<At<WorkerRow>> {
    each(table, problems, |c| {
        // The phone's label is the provider's own note: a phone says its label itself when it is enrolled.
        let (id, name, role, telephone, _label) = (c.id(0), c.text(1), c.word(2, ROLES), c.text(3), c.text(4));
        Some(WorkerRow { id: id?, name: name?, role: role?, telephone: telephone? })
    })
}

pub(super) fn person(table: &Table<'_>, problems: &mut Vec<Problem>) -> Vec<At<PersonRow>> {
    each(table, problems, |c| {
        let (id, name, known_as, address, phone, access) = (c.id(0), c.text(1), c.text(2), c.text(3), c.text(4), c.text(5));
        let flags = flags(c, 6);
        let details = PersonDetails { name: name?, known_as: known_as?, address: address?, phone: phone?, access: access?, flags: flags? };
        Some(PersonRow { id: id?, details })
    })
}

pub(super) fn plan(table: &Table<'_>, problems: &mut Vec<Problem>) -> Vec<At<PlanRow>> {
    each(table, problems, |c| {
        let (person, version, replaces) = (c.id(0), version(c), c.number(2, 1..=1_000_000));
        let (effective, allergies, changed) = (c.date_and_time(3), c.text(4), c.text(5));
        let allergies = allergies.map(|_| c.parts(4).filter(|a| !none_known(a)).map(str::to_owned).collect());
        let (version, replaces) = (version?, replaces?);
        if replaces.is_some_and(|r| r >= version) {
            let args = [("version", version.into()), ("replaces", replaces.unwrap_or_default().into())];
            c.problem(2, super::Code::ReplacesBad, &args);
            return None;
        }
        Some(PlanRow { person: person?, version, replaces, effective: effective?, allergies: allergies?, changed: changed? })
    })
}

pub(super) fn essential(table: &Table<'_>, problems: &mut Vec<Problem>) -> Vec<At<Piece<Essential>>> {
    each(table, problems, |c| {
        let (person, version, order, title, text) = (c.id(0), version(c), c.number(2, 0..=100_000), c.text(3), c.text(4));
        Some(Piece { person: person?, version: version?, order: order?.unwrap_or(u32::MAX), is: Essential { title: title?, text: text? } })
    })
}

pub(super) fn contact(table: &Table<'_>, problems: &mut Vec<Problem>) -> Vec<At<Piece<Contact>>> {
    each(table, problems, |c| {
        let (person, version, order) = (c.id(0), version(c), c.number(2, 0..=100_000));
        let (name, role, phone) = (c.text(3), c.text(4), c.text(5));
        let is = Contact { name: name?, role: role?, phone: phone? };
        Some(Piece { person: person?, version: version?, order: order?.unwrap_or(u32::MAX), is })
    })
}

pub(super) fn medicine(table: &Table<'_>, problems: &mut Vec<Problem>) -> Vec<At<Piece<PlanMedicine>>> {
    each(table, problems, |c| {
        let (person, version, id) = (c.id(0), version(c), c.id::<MedicineId>(2));
        let (name, dose, route, times) = (c.text(3), c.text(4), c.text(5), c.times(6));
        let (window, critical, support) = (c.number(7, 0..=720), c.word(8, YES), c.word(9, SUPPORTS));
        let (reason, gap, most) = (c.text(10), c.number(11, 0..=100_000), c.decimal(12));
        let (times, critical, reason) = (times?, critical?, reason?);
        let window_min = match window? {
            Some(minutes) => minutes,
            None if times.is_empty() => 0,
            None if critical => {
                c.problem(7, super::Code::WindowMissing, &[]);
                return None;
            }
            None => USUAL_WINDOW_MIN,
        };
        let (gap, most) = (gap?, most?);
        let when_needed = (!reason.is_empty() || gap.is_some() || !most.is_empty()).then(|| WhenNeeded {
            reason,
            gap_min: gap.unwrap_or_default(),
            most_in_24h: most,
        });
        let is = PlanMedicine {
            id: id?,
            name: name?,
            dose: dose?,
            route: route?,
            times,
            window_min,
            time_critical: critical,
            support: support?,
            when_needed,
        };
        Some(Piece { person: person?, version: version?, order: u32::MAX, is })
    })
}

pub(super) fn visit(table: &Table<'_>, problems: &mut Vec<Problem>) -> Vec<At<VisitRow>> {
    /// No visit of home care is longer: a sleeping night and a day.
    const LONGEST_H: i64 = 36;
    each(table, problems, |c| {
        let (rota, visit, run, person) = (c.text(0), c.id::<VisitId>(1), c.maybe_id::<RunId>(2), c.id(3));
        let mut workers = Some(Vec::new());
        for part in c.raw(4).split([';', ',', '|', '+', '\n', '\r']).map(str::trim).filter(|p| !p.is_empty()) {
            match (c.id_of::<WorkerId>(4, part), &mut workers) {
                (Some(id), Some(list)) if list.contains(&id) => {
                    c.problem(4, super::Code::WorkerTwice, &[("value", part.to_owned().into())]);
                    workers = None;
                }
                (Some(id), Some(list)) => list.push(id),
                _ => workers = None,
            }
        }
        let date = c.date(5);
        let end_date = if c.raw(8).is_empty() { date } else { c.date(8) };
        let start = date.and_then(|date| c.time_on(6, date));
        let end = end_date.and_then(|date| c.time_on(7, date));
        let (priority, flags, tasks) = (c.word(9, PRIORITIES), flags(c, 10), tasks(c, 11));
        let (start, end) = (start?, end?);
        if end <= start {
            c.problem(7, super::Code::EndBeforeStart, &[("start", start.hhmm().into()), ("end", end.hhmm().into())]);
            return None;
        }
        if end.since(start) > LONGEST_H * holdfast_model::time::HOUR {
            c.problem(7, super::Code::VisitTooLong, &[("hours", LONGEST_H.into())]);
            return None;
        }
        Some(VisitRow {
            rota: rota?,
            visit: visit?,
            run: run?,
            person: person?,
            workers: workers?,
            start,
            end,
            priority: priority?,
            flags: flags?,
            tasks: tasks?,
        })
    })
}

/// Reads every row that is whole; what is wrong with the others is written down.
fn each<T>(table: &Table<'_>, problems: &mut Vec<Problem>, mut read: impl FnMut(&mut Cells<'_, '_, '_>) -> Option<T>) -> Vec<At<T>> {
    table.rows.iter().filter_map(|row| read(&mut Cells::of(table, row, problems)).map(|is| At { row: row.number, is })).collect()
}

fn version(c: &mut Cells<'_, '_, '_>) -> Option<u32> {
    c.number(1, 1..=1_000_000).flatten()
}

fn flags(c: &mut Cells<'_, '_, '_>, column: usize) -> Option<Vec<Flag>> {
    c.text(column)?;
    let parts: Vec<&str> = c.raw(column).split([';', ',', '|', '\n', '\r']).map(str::trim).filter(|p| !p.is_empty()).collect();
    let mut flags = Vec::new();
    let mut good = true;
    for part in parts {
        match c.word_of(column, part, FLAGS) {
            Some(flag) => flags.push(flag),
            None => good = false,
        }
    }
    flags.sort_unstable();
    flags.dedup();
    good.then_some(flags)
}

/// Tasks, one a line or between semicolons. A task's number is its place in the list: T1, T2…
fn tasks(c: &mut Cells<'_, '_, '_>, column: usize) -> Option<Vec<PlannedTask>> {
    c.text(column)?;
    let task = |(i, title): (usize, &str)| {
        let id = TaskId::new(format!("T{}", i + 1)).ok()?;
        Some(PlannedTask { id, title: title.to_owned() })
    };
    c.parts(column).enumerate().map(task).collect()
}

/// "None known" is no allergy.
fn none_known(text: &str) -> bool {
    matches!(text.to_lowercase().as_str(), "none" | "none known" | "nil" | "nil known" | "nkda" | "no known allergies" | "-")
}
