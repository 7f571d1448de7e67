//! What can be typed. The same commands stand on the command line and, one per line, in `shell`.

use clap::{Args, Parser, Subcommand, ValueEnum};
use holdfast_model::id::{EntryId, MedicineId, PersonId, TaskId, VisitId, WorkerId};
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

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "one value a command, gone with it")]
pub enum Record {
    /// A visit to someone who is not on the run. The answer names the visit under which to go on.
    Unplanned {
        /// Whom, if they are on this phone.
        #[arg(long)]
        person: Option<PersonId>,
        /// Their name, if not.
        #[arg(long, default_value = "")]
        name: String,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        when: When,
    },
    #[command(flatten)]
    About(About),
}

/// A statement about a visit.
#[derive(Debug, Subcommand)]
pub enum About {
    /// On the way.
    OnTheWay {
        visit: VisitId,
        #[command(flatten)]
        says: OnTheWay,
        #[command(flatten)]
        when: When,
    },
    /// Arrived.
    Arrived {
        visit: VisitId,
        #[command(flatten)]
        says: Door,
        #[command(flatten)]
        when: When,
    },
    /// Left.
    Left {
        visit: VisitId,
        #[command(flatten)]
        says: Leaving,
        #[command(flatten)]
        when: When,
    },
    /// How the visit ended, when it did not simply take place.
    Outcome {
        visit: VisitId,
        #[command(flatten)]
        says: Outcome,
        #[command(flatten)]
        when: When,
    },
    /// How a task ended.
    Task {
        visit: VisitId,
        #[command(flatten)]
        says: Task,
        #[command(flatten)]
        when: When,
    },
    /// How a dose ended.
    Medicine {
        visit: VisitId,
        #[command(flatten)]
        says: Medicine,
        #[command(flatten)]
        when: When,
    },
    /// What I noticed.
    Observation {
        visit: VisitId,
        #[command(flatten)]
        says: Observation,
        #[command(flatten)]
        when: When,
    },
    /// A note.
    Note {
        visit: VisitId,
        #[command(flatten)]
        says: Note,
        #[command(flatten)]
        when: When,
    },
    /// An incident. What was done to keep the person safe comes first.
    Incident {
        visit: VisitId,
        #[command(flatten)]
        says: Incident,
        #[command(flatten)]
        when: When,
    },
    /// A whole statement in the entry format's own JSON: {"kind":"note","type":"general","text":"…"}.
    Body {
        visit: VisitId,
        #[command(flatten)]
        says: Json,
        #[command(flatten)]
        when: When,
    },
}

/// A statement that amends another.
#[derive(Debug, Subcommand)]
pub enum Statement {
    OnTheWay {
        #[command(flatten)]
        says: OnTheWay,
        #[command(flatten)]
        when: When,
    },
    Arrived {
        #[command(flatten)]
        says: Door,
        #[command(flatten)]
        when: When,
    },
    Left {
        #[command(flatten)]
        says: Leaving,
        #[command(flatten)]
        when: When,
    },
    Outcome {
        #[command(flatten)]
        says: Outcome,
        #[command(flatten)]
        when: When,
    },
    Task {
        #[command(flatten)]
        says: Task,
        #[command(flatten)]
        when: When,
    },
    Medicine {
        #[command(flatten)]
        says: Medicine,
        #[command(flatten)]
        when: When,
    },
    Observation {
        #[command(flatten)]
        says: Observation,
        #[command(flatten)]
        when: When,
    },
    Note {
        #[command(flatten)]
        says: Note,
        #[command(flatten)]
        when: When,
    },
    Incident {
        #[command(flatten)]
        says: Incident,
        #[command(flatten)]
        when: When,
    },
    /// A whole statement in the entry format's own JSON.
    Body {
        #[command(flatten)]
        says: Json,
        #[command(flatten)]
        when: When,
    },
}

/// When it happened, if not now.
#[derive(Debug, Args, Default)]
#[group(skip)]
pub struct When {
    /// HH:MM of today in London, or RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Half the width of the stretch that is meant, in minutes.
    #[arg(long, value_name = "MINUTES", default_value_t = 0, requires = "at")]
    pub give_or_take: u32,
    /// How it is known.
    #[arg(long, value_enum, default_value_t = Basis::Seen, requires = "at")]
    pub basis: Basis,
    /// Number of this statement in a system it is taken over from.
    #[arg(long, value_name = "NUMBER")]
    pub reference: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum, Default)]
pub enum Basis {
    #[default]
    Seen,
    Recalled,
    Told,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct OnTheWay {
    /// Minutes late.
    #[arg(long)]
    pub late: Option<u32>,
    #[arg(long, default_value = "")]
    pub reason: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Method {
    Tag,
    Position,
    HomePhone,
    ByHand,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Door {
    /// How presence is shown.
    #[arg(long, value_enum, default_value_t = Method::ByHand)]
    pub method: Method,
    /// Number of the tag that was read.
    #[arg(long)]
    pub tag: Option<String>,
    /// Latitude in millionths of a degree.
    #[arg(long, allow_negative_numbers = true, requires = "lon_e6")]
    pub lat_e6: Option<i32>,
    /// Longitude in millionths of a degree.
    #[arg(long, allow_negative_numbers = true, requires = "lat_e6")]
    pub lon_e6: Option<i32>,
    /// Why by hand, or why late.
    #[arg(long, default_value = "")]
    pub reason: String,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Leaving {
    #[command(flatten)]
    pub door: Door,
    /// Miles driven, in tenths.
    #[arg(long)]
    pub mileage_tenths: Option<u32>,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct ToldTo {
    /// Who was told.
    #[arg(long, value_name = "WHO", group = "telling")]
    pub told: Option<String>,
    /// When they were told: HH:MM or RFC 3339.
    #[arg(long, value_name = "TIME", requires = "told")]
    pub told_at: Option<String>,
    /// Nobody was told: there was no signal.
    #[arg(long, group = "telling")]
    pub nobody_no_signal: bool,
    /// Nobody needed to be told.
    #[arg(long, group = "telling")]
    pub nobody_needed: bool,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Outcome {
    /// done, no_reply, declined, in_hospital, cut_short, sent_away.
    pub outcome: String,
    /// What was tried.
    #[arg(long, default_value = "")]
    pub tried: String,
    #[command(flatten)]
    pub told: ToldTo,
    #[arg(long, default_value = "")]
    pub reason: String,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Task {
    pub task: TaskId,
    /// done, declined, could_not, not_needed.
    pub outcome: String,
    /// Its words, for one that the visit does not have.
    #[arg(long, default_value = "")]
    pub title: String,
    #[arg(long, default_value = "")]
    pub reason: String,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Medicine {
    pub medicine: MedicineId,
    /// given, partly, prompted, refused, omitted, not_observed, already_taken, not_available, absent.
    pub outcome: String,
    /// Name and strength, for one that this phone does not know.
    #[arg(long, default_value = "")]
    pub name: String,
    /// When it was due: HH:MM or RFC 3339. Needed only where one visit has two doses of one medicine.
    #[arg(long, value_name = "TIME")]
    pub due: Option<String>,
    /// How much, as a decimal.
    #[arg(long)]
    pub amount: Option<String>,
    #[arg(long, default_value = "")]
    pub unit: String,
    #[arg(long, default_value = "")]
    pub route: String,
    /// Why not, or why as needed.
    #[arg(long, default_value = "")]
    pub reason: String,
    #[arg(long, default_value = "")]
    pub witness: String,
    /// How many are left.
    #[arg(long)]
    pub stock_left: Option<u32>,
    #[command(flatten)]
    pub told: ToldTo,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Observation {
    /// mood, skin, temperature, fluids …
    pub about: String,
    #[arg(long)]
    pub value: Option<String>,
    #[arg(long, default_value = "")]
    pub unit: String,
    #[arg(long, default_value = "")]
    pub text: String,
    /// Somebody should look at it today.
    #[arg(long)]
    pub concern: bool,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Note {
    pub text: String,
    /// personal_care, activity, health, nutrition, behaviour, handover, general.
    #[arg(long = "type", default_value = "general")]
    pub about: String,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Incident {
    /// fall, injury, medicine, safeguarding, behaviour, illness, environment, other.
    #[arg(long = "type")]
    pub what: String,
    /// What was done at once to keep the person safe.
    #[arg(long)]
    pub immediate_safety: String,
    /// The person is safe now.
    #[arg(long)]
    pub safe_now: bool,
    /// What happened.
    #[arg(long)]
    pub text: String,
    #[command(flatten)]
    pub told: ToldTo,
}

#[derive(Debug, Args)]
#[group(skip)]
pub struct Json {
    /// One JSON object with its "kind".
    pub body: String,
}
