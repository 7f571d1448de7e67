//! PINs: from a file, or typed without being shown.

use crate::outcome::Failure;
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::fs;
use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

/// The PIN.
pub fn pin(file: Option<&Path>) -> Result<String, Failure> {
    match file {
        Some(file) => first_line(file),
        None => typed("PIN: "),
    }
}

/// A new PIN: typed twice when there is no file.
pub fn new_pin(file: Option<&Path>) -> Result<String, Failure> {
    let Some(file) = file else {
        let pin = typed("New PIN: ")?;
        return match typed("Again: ")? == pin {
            true => Ok(pin),
            false => Err(Failure::usage("pin_twice", "these were two different PINs; nothing was changed".into())),
        };
    };
    first_line(file)
}

fn first_line(file: &Path) -> Result<String, Failure> {
    let text = fs::read_to_string(file)
        .map_err(|e| Failure::usage("pin_file", format!("the PIN file {} can't be read: {}", file.display(), e.kind())))?;
    Ok(text.lines().next().unwrap_or("").trim().to_owned())
}

fn typed(prompt: &str) -> Result<String, Failure> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        return Err(Failure::usage("pin_needed", "a PIN is needed: give --pin-file, or run this in a terminal".into()));
    }
    let shown = tcgetattr(&input).ok();
    if let Some(shown) = &shown {
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        let _ = tcsetattr(&input, OptionalActions::Flush, &hidden);
    }
    // Only now: what somebody types on seeing the prompt would be thrown away, or shown.
    eprint!("{prompt}");
    let _ = std::io::stderr().flush();
    let mut line = String::new();
    let read = input.lock().read_line(&mut line);
    if let Some(shown) = &shown {
        let _ = tcsetattr(&input, OptionalActions::Flush, shown);
    }
    eprintln!();
    read.map_err(|e| Failure::usage("input", format!("the terminal failed: {}", e.kind())))?;
    Ok(line.trim().to_owned())
}
