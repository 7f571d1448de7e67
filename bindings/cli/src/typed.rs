//! What was typed and makes no sense.

use crate::outcome::Failure;
use clap::error::ErrorKind;
use std::ffi::OsStr;

/// Why these words are no command.
pub fn not_understood(e: &clap::Error) -> Failure {
    Failure::usage("command", e.render().to_string().trim_end().to_owned())
}

/// True for a request to be told how to use the program, which is no failure.
pub fn asks_for_help(e: &clap::Error) -> bool {
    matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion)
}

/// True when the answer is to be JSON. The words make no sense as a whole, so it is looked for word by word.
pub fn wants_json(words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> bool {
    words.into_iter().take_while(|word| word.as_ref() != "--").any(|word| word.as_ref() == "--json")
}

#[cfg(test)]
mod tests {
    use super::wants_json;

    #[test]
    fn json_is_wanted_where_it_stands_as_an_option() {
        assert!(wants_json(["holdfast", "--json", "runn"]));
        assert!(wants_json(["holdfast", "--home", "d", "run", "--json"]), "in the wrong place, and meant");
        assert!(!wants_json(["holdfast", "record", "note", "V-1", "--", "--json"]), "a note about JSON");
        assert!(!wants_json(["holdfast", "--jsonn"]));
    }
}
