//! One phone, opened from its directory, and the commands it answers.

use crate::args::{Command, Common};
use crate::body::{self, Wanted};
use crate::outcome::{self, Failure};
use crate::{export, say, secret};
use holdfast_engine::port::{Ports, ServerAddress};
use holdfast_engine::{Enrol, HttpNetwork, LinuxDisk, Newcomer, Phone, Settings};
use holdfast_host::{ClockSpec, SystemRandom};
use holdfast_model::id::WorkerId;
use holdfast_model::port::{Clock, Random};
use holdfast_vault::FileCustodian;
use serde::Serialize;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

/// A phone and how its answers are written.
pub struct Session {
    pub(crate) phone: Phone,
    pub(crate) json: bool,
    clock: Arc<dyn Clock>,
    disk: Arc<LinuxDisk>,
    pin_file: Option<PathBuf>,
    worker: Option<WorkerId>,
    servers: Vec<ServerAddress>,
}

/// The command's name, as it stands in an answer.
pub fn name(command: &Command) -> &'static str {
    match command {
        Command::Enrol { .. } => "enrol",
        Command::Run { .. } => "run",
        Command::Visit { .. } => "visit",
        Command::Person { .. } => "person",
        Command::Record { .. } => "record",
        Command::Newcomer { .. } => "newcomer",
        Command::Amend { .. } => "amend",
        Command::Withdraw { .. } => "withdraw",
        Command::BreakGlass { .. } => "break-glass",
        Command::Owed => "owed",
        Command::Status => "status",
        Command::Sync { .. } => "sync",
        Command::Export { .. } => "export",
        Command::Pin { .. } => "pin",
        Command::Shell => "shell",
        Command::Lock => "lock",
        Command::Unlock { .. } => "unlock",
        Command::Quit => "quit",
    }
}

/// Writes what went wrong: JSON to standard output, words to standard error.
pub fn show_failure(failure: &Failure, command: &str, json: bool) {
    if json {
        print_line(&failure.json(command).to_string());
        return;
    }
    eprintln!("{} [{}]", failure.says, failure.code);
    for problem in &failure.problems {
        eprintln!("  {}", say::problem(problem));
    }
    if let Some(aside) = failure.facts["aside"].as_str() {
        eprintln!("  it lies at {aside} now; what can be read of it: holdfast export --aside {aside} --out DIR");
    }
}

fn print_line(line: &str) {
    let mut out = std::io::stdout().lock();
    // A reader that has gone away is no reason to fail: what was recorded is recorded.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

impl Session {
    /// Opens the phone of a directory.
    pub fn open(common: Common) -> Result<Session, Failure> {
        let spec: ClockSpec = common.clock.parse().map_err(|e: holdfast_host::ClockError| Failure::usage(e.code(), e.to_string()))?;
        let clock: Arc<dyn Clock> = Arc::new(spec.open().map_err(|e| Failure::usage(e.code(), e.to_string()))?);
        let servers = common
            .server
            .iter()
            .map(|text| ServerAddress::parse(text).ok_or(holdfast_engine::EngineError::BadAddress))
            .collect::<Result<Vec<_>, _>>()?;
        let random: Arc<dyn Random> = Arc::new(SystemRandom::new());
        let disk = Arc::new(LinuxDisk::new(&common.home).map_err(holdfast_engine::EngineError::from)?);
        let custodian = FileCustodian::open(common.home.join("keys"), random.clone()).map_err(holdfast_engine::EngineError::from)?;
        let network = HttpNetwork::new().map_err(holdfast_engine::EngineError::from)?;
        let ports = Ports { clock: clock.clone(), random, network: Arc::new(network), disk: disk.clone(), custodian: Arc::new(custodian) };
        let mut phone = Phone::open(ports, Settings::default())?;
        if phone.is_enrolled() && !servers.is_empty() {
            phone.set_servers(servers.clone())?;
        }
        Ok(Session { phone, json: common.json, clock, disk, pin_file: common.pin_file, worker: common.worker, servers })
    }

    /// Does a command and writes its answer.
    pub fn answer(&mut self, command: Command) -> Result<(), Failure> {
        let name = name(&command);
        match command {
            Command::Enrol { code, label, again } => {
                if self.servers.is_empty() && !again {
                    let says = "where is the office? give its address: --server https://HOST[:PORT]; nothing was changed";
                    return Err(Failure::usage("server_needed", says.into()));
                }
                let pin = secret::new_pin(self.pin_file.as_deref())?;
                let how = Enrol { code, servers: self.servers.clone(), label, pin };
                let enrolled = if again { self.new_lock(how)? } else { self.phone.enrol(how)? };
                let shared = self.phone.workers().len() > 1;
                self.give(name, &enrolled, |enrolled, _| say::enrolled(enrolled, shared))
            }
            Command::Run { day } => {
                self.unlock()?;
                let screen = self.phone.run(day)?;
                self.give(name, &screen, say::run)
            }
            Command::Visit { visit } => {
                self.unlock()?;
                let screen = self.phone.visit(&visit)?;
                self.give(name, &screen, say::visit)
            }
            Command::Person { person } => {
                self.unlock()?;
                let screen = self.phone.person(&person)?;
                self.give(name, &screen, say::person)
            }
            Command::Record { what } => {
                let wanted = body::record(what, self.phone.now())?;
                self.unlock()?;
                let saved = match wanted {
                    Wanted::About(visit, intent) => self.phone.record(&visit, intent)?,
                    Wanted::Unplanned(who, happened) => self.phone.unplanned(who, happened)?,
                };
                self.give(name, &saved, say::saved)
            }
            Command::Newcomer { number, name: given, what } => {
                let who = Newcomer { worker: number, name: given };
                let saved = match body::record(what, self.phone.now())? {
                    Wanted::About(visit, intent) => self.phone.record_as_newcomer(&who, &visit, intent)?,
                    Wanted::Unplanned(what, happened) => self.phone.unplanned_as_newcomer(&who, what, happened)?,
                };
                self.give(name, &saved, |saved, now| {
                    format!("{}\nSealed for the office: nobody reads it here before. Author unconfirmed.", say::saved(saved, now))
                })
            }
            Command::Amend { visit, entry, why, what } => {
                let (with, happened) = body::statement(what, self.phone.now())?;
                self.unlock()?;
                let saved = self.phone.amend(&visit, entry, with, &why, happened)?;
                self.give(name, &saved, say::saved)
            }
            Command::Withdraw { visit, entry, why } => {
                self.unlock()?;
                let saved = self.phone.withdraw(&visit, entry, &why)?;
                self.give(name, &saved, say::saved)
            }
            Command::BreakGlass { reason } => {
                self.unlock()?;
                let broken = self.phone.break_glass(&reason)?;
                self.give(name, &broken, |_, _| {
                    "Today's run is open until midnight. Your reason is written down, and the office will see it.".to_owned()
                })
            }
            Command::Owed => {
                self.unlock()?;
                let screen = self.phone.owed()?;
                self.give(name, &screen, say::owed)
            }
            Command::Status => {
                let screen = self.phone.status()?;
                self.give(name, &screen, say::status)
            }
            Command::Sync { locked } => {
                if !locked {
                    self.unlock()?;
                }
                let outcome = self.phone.sync()?;
                self.give(name, &outcome, say::synced)
            }
            Command::Export { out, aside } => {
                let written = match aside {
                    Some(aside) => export::of_damaged(self.disk.as_ref(), &aside, &out)?,
                    None => {
                        // Without a PIN what waits can still be taken out, sealed for the office.
                        if self.pin_file.is_some() {
                            self.unlock()?;
                        }
                        export::write(&self.phone.export()?, &out)?
                    }
                };
                self.give(name, &written, say::exported)
            }
            Command::Pin { forgotten: Some(code), new_pin_file } => {
                let pin = secret::new_pin(new_pin_file.as_deref().or(self.pin_file.as_deref()))?;
                let how = Enrol { code, servers: self.servers.clone(), label: String::new(), pin };
                let enrolled = self.new_lock(how)?;
                self.give(name, &enrolled, |_, _| "The new PIN holds. What could be read here comes back with: holdfast sync".to_owned())
            }
            Command::Pin { forgotten: None, new_pin_file } => {
                let old = secret::pin(self.pin_file.as_deref())?;
                let new = secret::new_pin(new_pin_file.as_deref())?;
                if let Some(worker) = &self.worker {
                    self.phone.unlock_as(worker, &old)?;
                }
                self.phone.change_pin(&old, &new)?;
                self.give(name, &serde_json::json!({}), |_, _| "The new PIN holds.".to_owned())
            }
            Command::Lock => {
                self.phone.lock();
                self.give(name, &serde_json::json!({}), |_, _| "Locked.".to_owned())
            }
            Command::Unlock { worker, pin_file } => {
                self.worker = worker.or(self.worker.take());
                self.pin_file = pin_file.or(self.pin_file.take());
                self.unlock()?;
                self.give(name, &serde_json::json!({}), |_, _| "Open.".to_owned())
            }
            Command::Shell | Command::Quit => Err(Failure::usage("not_here", "this is for the shell only".into())),
        }
    }

    /// Ends in order: what opening left in memory is written down.
    pub fn close(mut self) {
        self.phone.pause();
    }

    /// A new lock for the worker that was named, or for the phone's only one.
    fn new_lock(&mut self, how: Enrol) -> Result<holdfast_engine::Enrolled, Failure> {
        Ok(match &self.worker {
            Some(worker) => self.phone.enrol_again_as(worker, how)?,
            None => self.phone.enrol_again(how)?,
        })
    }

    /// True when it is clear whose PIN opens the phone.
    pub fn names_a_worker(&self) -> bool {
        self.worker.is_some() || self.phone.workers().len() < 2
    }

    /// Opens the phone with the PIN, if it is not open for the worker who is meant.
    pub fn unlock(&mut self) -> Result<(), Failure> {
        let meant = self.worker.as_ref().is_none_or(|worker| self.phone.worker() == Some(worker));
        if self.phone.is_enrolled() && !(self.phone.is_unlocked() && meant) {
            let pin = secret::pin(self.pin_file.as_deref())?;
            match &self.worker {
                Some(worker) => self.phone.unlock_as(worker, &pin)?,
                None => self.phone.unlock(&pin)?,
            }
        }
        Ok(())
    }

    fn give<T: Serialize>(
        &self,
        command: &str,
        result: &T,
        words: impl Fn(&T, holdfast_model::time::Millis) -> String,
    ) -> Result<(), Failure> {
        let now = if self.phone.is_unlocked() { self.phone.now() } else { self.clock.read().wall };
        if self.json {
            print_line(&outcome::success(command, now, result).to_string());
        } else {
            print_line(words(result, now).trim_end());
        }
        Ok(())
    }
}
