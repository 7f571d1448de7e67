//! What can be typed.

use clap::{Parser, Subcommand};
use holdfast_host::ClockSpec;
use holdfast_model::id::{BranchId, ProviderId, WorkerId};
use std::ffi::OsStr;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What the first branch of a new store is called where nobody names it.
pub const FIRST_BRANCH: &str = "branch";

/// The office's side of Holdfast: takes in what phones recorded, keeps it, shows it, hands it on.
#[derive(Parser)]
#[command(name = "holdfast-server", version)]
pub struct Args {
    /// The directory of the store; made when missing.
    #[arg(long, value_name = "DIR", global = true, default_value = "holdfast-data")]
    pub data: PathBuf,
    /// The master key's file. Usually DIR.key beside the data directory, or the service manager's credential `holdfast-master-key`.
    #[arg(long, value_name = "FILE", global = true)]
    pub master_key: Option<PathBuf>,
    /// The clock, for drills: system | fixed:TIME | from:TIME[xSPEED] | file:PATH, each with an error such as ,+47m.
    #[arg(long, value_name = "SPEC", global = true, default_value = "system")]
    pub clock: ClockSpec,
    /// Answers as JSON, one object a line.
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

/// What is asked of the office.
#[derive(Subcommand)]
pub enum Command {
    /// Serves phones and the console.
    Serve {
        /// Where to listen.
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8443")]
        listen: SocketAddr,
        /// The provider's name, for a new store.
        #[arg(long, default_value = "provider")]
        provider: ProviderId,
        /// The first branch's name, for a new store.
        #[arg(long, default_value = FIRST_BRANCH)]
        branch: BranchId,
        /// Certificate in PEM: TLS is on with it.
        #[arg(long, value_name = "FILE", requires = "tls_key")]
        tls_cert: Option<PathBuf>,
        /// Its private key in PEM.
        #[arg(long, value_name = "FILE", requires = "tls_cert")]
        tls_key: Option<PathBuf>,
        /// A proxy in front speaks TLS to browsers.
        #[arg(long)]
        behind_tls: bool,
    },
    /// Imports people, workers, care plans and a rota from a folder of CSV files: all or nothing.
    Import {
        /// The folder.
        folder: PathBuf,
        /// Only says what would be done, and every problem.
        #[arg(long)]
        dry_run: bool,
        /// The branch. Not needed while the store has one; for a new store, its first.
        #[arg(long)]
        branch: Option<BranchId>,
        /// The branch may be one that the store does not have yet.
        #[arg(long, requires = "branch")]
        new_branch: bool,
        /// The provider's name, for a new store.
        #[arg(long, default_value = "provider")]
        provider: ProviderId,
        /// Who imports: the entries are theirs.
        #[arg(long, default_value = "import")]
        author: WorkerId,
    },
    /// Makes a one-time code that enrols a phone. Works while the office serves.
    EnrolCode {
        /// For whom.
        #[arg(long)]
        worker: WorkerId,
        /// Minutes that the code works.
        #[arg(long, default_value_t = 60)]
        minutes: u32,
    },
    /// Makes a one-time link with which an administrator chooses a password: the first one, or one who lost theirs. Works while the
    /// office serves.
    AdminLink {
        /// Sign-in name of the account; not needed while nobody can sign in.
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
    },
    /// Copies the store to a file while the office works, and checks the copy.
    Backup {
        /// The file.
        file: PathBuf,
    },
    /// Takes a backup up as the store, in a new life of the ledger: phones offer again what it lacks.
    Restore {
        /// The file.
        file: PathBuf,
    },
    /// Reads the whole store again: seals, signatures, chains, counters. Works while the office serves.
    Verify,
}

/// True when the answer is to be JSON. What was typed makes no sense, so it is looked for word by word.
pub fn wants_json(typed: impl IntoIterator<Item = impl AsRef<OsStr>>) -> bool {
    typed.into_iter().take_while(|word| word.as_ref() != "--").any(|word| word.as_ref() == "--json")
}
