//! Statements as they are typed: about which visit, when.

use super::says::{Door, Incident, Json, Leaving, Medicine, Note, Observation, OnTheWay, Outcome, Task};
use clap::{Args, Subcommand, ValueEnum};
use holdfast_model::id::{PersonId, VisitId};

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
