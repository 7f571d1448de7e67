//! Errors, said to the person they happen to: what happened, what is safe, what to do.

use crate::{Arg, Words};

/// What is said about an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorText {
    /// What happened.
    pub what: String,
    /// What is safe. Empty when nothing was ever at stake.
    pub safe: String,
    /// What to do now.
    pub then: String,
}

impl ErrorText {
    /// The three as one paragraph.
    pub fn paragraph(&self) -> String {
        [&self.what, &self.safe, &self.then].into_iter().filter(|s| !s.is_empty()).cloned().collect::<Vec<_>>().join(" ")
    }
}

impl Words {
    /// The texts of a stable error code (`docs/errors.md`). An unknown code, from a newer version say, still gets a true
    /// sentence with the code in it.
    pub fn error(&self, code: &str, args: &[(&str, Arg<'_>)]) -> ErrorText {
        let key = format!("error-{code}");
        let Some(what) = self.try_say(&key, args) else {
            let code = [("code", Arg::from(code.to_owned()))];
            return ErrorText {
                what: self.say("error-unknown", &code),
                safe: self.attribute("error-unknown", "safe", &code).unwrap_or_default(),
                then: self.attribute("error-unknown", "do", &code).unwrap_or_default(),
            };
        };
        ErrorText {
            what,
            safe: self.attribute(&key, "safe", args).unwrap_or_default(),
            then: self.attribute(&key, "do", args).unwrap_or_default(),
        }
    }
}
