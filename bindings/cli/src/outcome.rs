//! How a command ended: for a person, for a program (JSON, version 1), and as an exit code (`docs/cli.md`).

use holdfast_engine::{EngineError, Problem};
use holdfast_model::time::Millis;
use holdfast_words::{Arg, Words};
use serde::Serialize;
use serde_json::{Value, json};

/// The version of the JSON that this program writes.
pub const VERSION: u32 = 1;

/// Why a command did not do it.
#[derive(Debug)]
pub struct Failure {
    /// Stable code.
    pub code: String,
    /// In words.
    pub says: String,
    /// Everything wrong with a statement.
    pub problems: Vec<Problem>,
    /// Further facts for a program.
    pub facts: Value,
    /// Exit code.
    pub exit: u8,
}

impl Failure {
    /// Something typed that makes no sense.
    pub fn usage(code: &str, says: String) -> Failure {
        Failure { code: code.to_owned(), says, problems: Vec::new(), facts: Value::Null, exit: 2 }
    }

    /// As one JSON object.
    pub fn json(&self, command: &str) -> Value {
        let mut error = json!({ "code": self.code, "says": self.says });
        if !self.problems.is_empty() {
            error["problems"] = serde_json::to_value(&self.problems).unwrap_or_default();
        }
        if !self.facts.is_null() {
            error["facts"] = self.facts.clone();
        }
        json!({ "v": VERSION, "ok": false, "command": command, "error": error })
    }
}

/// As one JSON object.
pub fn success<T: Serialize>(command: &str, now: Millis, result: &T) -> Value {
    json!({ "v": VERSION, "ok": true, "command": command, "now": now, "result": result })
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Failure {
        use EngineError as E;
        let (exit, facts) = match &error {
            E::NotRecorded(_) | E::UnknownVisit | E::UnknownPerson => (3, Value::Null),
            E::WrongPin { left, wait_ms } => (4, json!({ "left": left, "wait_ms": wait_ms })),
            E::PinTooSoon { wait_ms } => (4, json!({ "wait_ms": wait_ms })),
            E::WorkerNeeded
            | E::WorkerNotHere
            | E::Locked
            | E::LockedOut
            | E::PinUnsuitable(_)
            | E::LeaseExpired
            | E::GlassNeeded
            | E::GlassNotNeeded => (4, Value::Null),
            E::Unreachable | E::TimedOut => (5, Value::Null),
            E::UnsentFirst { waiting } => (5, json!({ "waiting": waiting })),
            E::Refused { retry_ms, .. } => (6, json!({ "retry_ms": retry_ms })),
            E::NotTrusted
            | E::ClockTrouble
            | E::ReplyUnverified
            | E::ReplyUnreadable
            | E::ProtocolNewer
            | E::Revoked
            | E::CodeForAnother
            | E::CodeUnknown
            | E::CodeMistyped
            | E::CodeUsed
            | E::CodeExpired
            | E::BadAddress => (6, Value::Null),
            E::StoreDamaged { aside } => (7, json!({ "aside": aside })),
            E::StoreNewer { found, known } => (7, json!({ "found": found, "known": known })),
            E::StoreInUse | E::DiskFull | E::SealBroken | E::Storage(_) | E::Keys(_) | E::ProviderKey => (7, Value::Null),
            E::NotEnrolled | E::AlreadyEnrolled => (8, Value::Null),
            E::Stopped => (1, Value::Null),
        };
        let code = error.code().to_owned();
        let words = Words::english();
        // The bundle's words where it has them; the engine's own are the same in plain English.
        let says = match words.has(&format!("error-{code}")) {
            true => words.error(&code, &args(&error)).paragraph(),
            false => error.to_string(),
        };
        let problems = match error {
            E::NotRecorded(problems) => problems,
            _ => Vec::new(),
        };
        Failure { code, says, problems, facts, exit }
    }
}

/// The numbers and names that an error's sentence may use.
fn args(error: &EngineError) -> Vec<(&'static str, Arg<'static>)> {
    use EngineError as E;
    // Rounded up: a phone that asks for patience never asks for too little. None at all is 0.
    let minutes = |ms: &i64| Arg::from((ms + 59_999).div_euclid(60_000));
    match error {
        E::WrongPin { left, wait_ms } => vec![("left", Arg::from(i64::from(*left))), ("minutes", minutes(wait_ms))],
        E::PinTooSoon { wait_ms } => vec![("minutes", minutes(wait_ms))],
        E::StoreDamaged { aside } => vec![("aside", Arg::from(aside.clone()))],
        E::StoreNewer { found, known } => vec![("found", Arg::from(*found)), ("known", Arg::from(*known))],
        _ => Vec::new(),
    }
}
