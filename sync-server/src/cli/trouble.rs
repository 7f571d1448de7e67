//! Why something was not done: in words, as a code, as JSON, as an exit code.

use super::JSON;
use holdfast_sync_server::OfficeError;
use serde_json::{Value, json};
use std::process::ExitCode;

/// What went wrong, for a person and as a code.
pub struct Trouble {
    /// Stable, listed in `docs/errors.md`.
    pub code: &'static str,
    /// In words.
    pub says: String,
    /// How the process ends.
    pub exit: u8,
    /// Further facts for a program.
    pub more: Value,
}

impl Trouble {
    /// Something that could not be done.
    pub fn new(code: &'static str, says: impl ToString) -> Trouble {
        Trouble { code, says: says.to_string(), exit: 1, more: Value::Null }
    }

    /// Says it, to standard output as JSON or to standard error in words.
    pub fn told(self, as_json: bool) -> ExitCode {
        if as_json {
            println!("{}", json!({"v": JSON, "error": self.code, "says": self.says, "more": self.more}));
        } else {
            eprintln!("holdfast-server: {} [{}]", self.says, self.code);
        }
        ExitCode::from(self.exit)
    }
}

macro_rules! trouble_from {
    ($($error:ty),+) => {$(
        impl From<$error> for Trouble {
            fn from(e: $error) -> Trouble {
                Trouble::new(e.code(), e)
            }
        }
    )+};
}
trouble_from!(OfficeError, holdfast_vault::MasterKeyError, holdfast_host::ClockError, holdfast_sync_server::accounts::AccountsError);

impl From<std::io::Error> for Trouble {
    fn from(e: std::io::Error) -> Trouble {
        OfficeError::from(e).into()
    }
}
