//! The real programs, each a process of its own: the server, and a terminal phone for each worker.

use crate::world::{Trouble, at};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Where the programs are: beside this one.
pub fn program(name: &str) -> Result<PathBuf, Trouble> {
    let here = std::env::current_exe().map_err(at("this program's place"))?;
    let path = here.with_file_name(name);
    if path.is_file() { Ok(path) } else { Err(Trouble(format!("{} is not there: cargo build --workspace --bins", path.display()))) }
}

/// Runs a program to its end: the lines that it says, and the last of them, which is JSON. What it writes to standard
/// error goes to the log.
pub fn run<A: AsRef<OsStr>>(program: &Path, args: &[A], log: &Path) -> Result<(Vec<String>, Value), Trouble> {
    let output = command(program, args, log)?.stdin(Stdio::null()).output().map_err(at(program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let last = lines.pop().unwrap_or_default();
    if output.status.success() {
        let answer = serde_json::from_str(&last).map_err(at(program.display()))?;
        return Ok((lines, answer));
    }
    Err(Trouble(format!("{} ended with {}: {last}. More in {}", program.display(), output.status, log.display())))
}

fn command<A: AsRef<OsStr>>(program: &Path, args: &[A], log: &Path) -> Result<Command, Trouble> {
    let log = File::options().create(true).append(true).open(log).map_err(at(log.display()))?;
    let mut command = Command::new(program);
    command.args(args).stderr(log);
    Ok(command)
}

/// A program that stays, and answers a line of JSON to each line it is told.
pub struct Running {
    name: String,
    child: Child,
    tell: ChildStdin,
    hear: BufReader<ChildStdout>,
}

impl Running {
    /// Starts it.
    pub fn start<A: AsRef<OsStr>>(program: &Path, args: &[A], log: &Path) -> Result<Running, Trouble> {
        let mut command = command(program, args, log)?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(at(program.display()))?;
        let (Some(tell), Some(hear)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Trouble(format!("{} has no standard input or output", program.display())));
        };
        Ok(Running { name: program.display().to_string(), child, tell, hear: BufReader::new(hear) })
    }

    /// The next line that it says.
    pub fn listen(&mut self) -> Result<Value, Trouble> {
        let mut line = String::new();
        self.hear.read_line(&mut line).map_err(at(&self.name))?;
        if line.is_empty() {
            return Err(Trouble(format!("{} ended without a word: {:?}", self.name, self.child.wait())));
        }
        serde_json::from_str(&line).map_err(at(&self.name))
    }

    /// Tells it a line and hears its answer.
    pub fn ask(&mut self, line: &str) -> Result<Value, Trouble> {
        writeln!(self.tell, "{line}").and_then(|()| self.tell.flush()).map_err(at(&self.name))?;
        self.listen()
    }

    /// Ends it at once, as a power cut does (SIGKILL).
    pub fn kill(&mut self) -> Result<(), Trouble> {
        self.child.kill().map_err(at(&self.name))?;
        self.child.wait().map_err(at(&self.name))?;
        Ok(())
    }

    /// True while it runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
