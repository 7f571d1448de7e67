//! One command a line. The phone stays unlocked between them; an answer that is an error ends nothing.

use crate::args::{Command, Line};
use crate::outcome::Failure;
use crate::session::{self, Session};
use crate::typed;
use clap::Parser;
use std::io::{BufRead, IsTerminal, Write};

/// Reads commands from standard input until it ends or somebody types `quit`.
pub fn run(session: &mut Session) -> Result<(), Failure> {
    // Of a phone that several share nobody knows yet whose PIN it will be: it begins locked.
    if session.names_a_worker() {
        session.unlock()?;
    }
    let input = std::io::stdin();
    let prompt = input.is_terminal() && !session.json;
    let mut line = String::new();
    loop {
        if prompt {
            print!("holdfast> ");
            let _ = std::io::stdout().flush();
        }
        line.clear();
        match input.lock().read_line(&mut line) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(e) => return Err(Failure::usage("input", format!("standard input failed: {}", e.kind()))),
        }
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        match read(text) {
            Ok(Command::Quit) => return Ok(()),
            Ok(command) => {
                let name = session::name(&command);
                if let Err(failure) = session.answer(command) {
                    session::show_failure(&failure, name, session.json);
                }
            }
            Err(failure) => session::show_failure(&failure, "", session.json),
        }
    }
}

fn read(text: &str) -> Result<Command, Failure> {
    let words = words(text).ok_or_else(|| Failure::usage("quotes", "a quotation mark is opened and never closed".into()))?;
    Line::try_parse_from(words).map(|line| line.command).map_err(|e| typed::not_understood(&e))
}

/// Splits a line into words as a shell does: white space, 'single' and "double" quotes, a backslash outside single quotes.
/// `None` when a quotation mark stays open.
pub fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None | Some('"'), '\\') => word.get_or_insert_default().push(chars.next()?),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn a_line_splits_as_in_a_shell() {
        let split = |line: &str| words(line).map(|w| w.join("|"));
        assert_eq!(split("run  --day 2026-11-03 "), Some("run|--day|2026-11-03".into()));
        assert_eq!(split(r#"note V-1 'said "no"' "it's" a\ b ''"#), Some(r#"note|V-1|said "no"|it's|a b|"#.into()));
        assert_eq!(split("note 'open"), None);
        assert_eq!(split("ends in \\"), None);
    }
}
