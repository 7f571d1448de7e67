//! What can be typed. The same commands stand on the command line and, one per line, in `shell`.

mod about;
mod says;

pub use about::{About, Basis, Record, Statement, When};
pub use says::{Door, Incident, Leaving, Medicine, Method, Note, Observation, OnTheWay, Outcome, Task, ToldTo};

use clap::{Args, Parser, Subcommand};
use holdfast_model::id::{EntryId, PersonId, VisitId, WorkerId};
use std::path::PathBuf;

/// A care worker's phone in a terminal: care visits recorded through any outage.
#[derive(Debug, Parser)]
#[command(name = "holdfast", version, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// What goes before the command.
#[derive(Debug, Args)]
pub struct Common {
    /// Directory of this phone: store and keys. Made when there is none.
    #[arg(long, value_name = "DIR")]
    pub home: PathBuf,
    /// Answer in JSON (version 1): one object for a command, one a line in the shell.
    #[arg(long)]
    pub json: bool,
    /// File whose first line is the PIN. Without it the terminal asks.
    #[arg(long, value_name = "FILE")]
    pub pin_file: Option<PathBuf>,
    /// Whose PIN it is, where several workers share the phone.
    #[arg(long, value_name = "ID")]
    pub worker: Option<WorkerId>,
    /// system | fixed:TIME | from:TIME[xSPEED] | file:PATH, each with an error such as ,+47m if wanted.
    #[arg(long, value_name = "SPEC", default_value = "system")]
    pub clock: String,
    /// The office, for enrolling or after it has moved: https://HOST[:PORT][#PIN]. May be given more than once.
    #[arg(long, value_name = "URL")]
    pub server: Vec<String>,
}

/// One line of the shell.
#[derive(Debug, Parser)]
#[command(name = "", no_binary_name = true, disable_version_flag = true, max_term_width = 110)]
pub struct Line {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make this phone a worker's, with a one-time code from the office. On an enrolled phone: let a further worker read on it.
    Enrol {
        /// The code, such as 7KQ2-M9XD-4TBC.
        code: String,
        /// What people call the phone.
        #[arg(long, default_value = "terminal")]
        label: String,
        /// The PIN is forgotten: hand over what waits, then give the same worker a new lock (see also `pin --forgotten`).
        #[arg(long)]
        again: bool,
    },
    /// Today's visits, or another day's.
    Run {
        /// YYYY-MM-DD.
        #[arg(long)]
        day: Option<chrono::NaiveDate>,
    },
    /// One visit: plan against what happened.
    Visit { visit: VisitId },
    /// One person: plan essentials, medicines, contacts, last visits.
    Person { person: PersonId },
    /// Write something down. It is durable on this phone when this returns.
    Record {
        #[command(subcommand)]
        what: Record,
    },
    /// Write something down without a PIN, for somebody who has none on this phone: sealed for the office, marked "author unconfirmed".
    Newcomer {
        /// Your staff number.
        #[arg(long, value_name = "ID")]
        number: WorkerId,
        /// Your name.
        #[arg(long)]
        name: String,
        #[command(subcommand)]
        what: Record,
    },
    /// Put an earlier entry of yours right. Both stay.
    Amend {
        visit: VisitId,
        #[arg(value_parser = EntryId::parse)]
        entry: EntryId,
        /// Why.
        #[arg(long)]
        why: String,
        #[command(subcommand)]
        what: Statement,
    },
    /// Take an earlier entry of yours back. It stays, marked.
    Withdraw {
        visit: VisitId,
        #[arg(value_parser = EntryId::parse)]
        entry: EntryId,
        /// Why.
        #[arg(long)]
        why: String,
    },
    /// After too long without the office: open today's run for a reason, which the office will see.
    BreakGlass {
        /// Why you need it.
        #[arg(long)]
        reason: String,
    },
    /// Still to finish.
    Owed,
    /// How this phone is. Works while locked.
    Status,
    /// Exchange with the office until there is nothing more to say.
    Sync {
        /// Without the PIN: hand over what waits, sealed for the office, and read nothing.
        #[arg(long)]
        locked: bool,
    },
    /// Take everything off this phone: what waits, sealed for the office; and what can be read here, in plain files.
    Export {
        /// Directory to write to; must not exist yet.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Name of a damaged store that was moved aside, to save what can be read of it.
        #[arg(long, value_name = "NAME")]
        aside: Option<String>,
    },
    /// Choose another PIN. Forgotten it? It takes a code from the office and a connection: `pin --forgotten CODE`.
    Pin {
        /// The old PIN is forgotten: a one-time code from the office gives this worker a new lock. What waits is handed over first; what could be
        /// read here comes back with the next contact.
        #[arg(long, value_name = "CODE")]
        forgotten: Option<String>,
        /// File whose first line is the new PIN. Without it the terminal asks.
        #[arg(long, value_name = "FILE")]
        new_pin_file: Option<PathBuf>,
    },
    /// Keep the phone unlocked and read one command a line.
    Shell,
    /// In the shell: forget the keys until the next `unlock`.
    Lock,
    /// In the shell: open the phone again.
    Unlock {
        /// For whom, where several workers share it: until another `unlock`.
        #[arg(long, value_name = "ID")]
        worker: Option<WorkerId>,
        /// File whose first line is that worker's PIN: until another `unlock`.
        #[arg(long, value_name = "FILE")]
        pin_file: Option<PathBuf>,
    },
    /// In the shell: end.
    #[command(alias = "exit")]
    Quit,
}
