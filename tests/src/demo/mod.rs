//! The demo: the real server and a real phone for each worker, every one a process of its own, playing a scenario.
//!
//! Nothing is drawn for show. The server keeps its own store, each phone its own; they speak HTTP, each phone over a
//! relay whose signal comes and goes; Hugh fills in the console's forms; one file is everybody's clock.

mod clock;
mod http;
mod office;
mod process;
mod reader;
mod relay;

pub use reader::{Summary, read_store};

use crate::oracle::{self, Verdict};
use crate::scenario::{Act, Deed, PhoneEvent, PhoneLine, Scenario, ServerEvent, revision};
use crate::world::{PIN, Trouble, at};
use clock::DrillClock;
use holdfast_model::entry::{Body, Read};
use holdfast_model::id::{EntryId, VisitId, WorkerId};
use holdfast_model::time::{MINUTE, Millis};
use holdfast_model::wire::Role;
use office::Office;
use process::{Running, program, run};
use relay::Relay;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// How far a recorded time may be from the scenario's: the clock stands still while acts of one moment are performed one
/// after the other, and moves in beats.
const SLACK_MS: i64 = 2 * MINUTE;
/// How often a phone with signal says hello.
const HELLO_MS: i64 = MINUTE;

static STOPPING: AtomicBool = AtomicBool::new(false);

/// Lets the play end at its next beat.
pub fn stop() {
    STOPPING.store(true, Ordering::SeqCst);
}

/// True once somebody asked for the end.
pub fn stopping() -> bool {
    STOPPING.load(Ordering::SeqCst)
}

/// How to play.
#[derive(Debug, Clone)]
pub struct How {
    /// How much faster than life; nothing for as fast as it goes.
    pub speed: Option<f64>,
    /// Where the server listens.
    pub listen: String,
    /// Where everything is written.
    pub folder: PathBuf,
}

/// What a play came to.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Version of this output.
    pub v: u32,
    /// The scenario's name.
    pub scenario: String,
    /// True when the store, read by a fresh process after the kill, holds exactly what the scenario implies, and all
    /// seals, signatures and chains in it hold.
    pub passed: bool,
    /// Phones that took part.
    pub phones: usize,
    /// Entries on phones that the office had not confirmed when it was killed.
    pub waiting: u64,
    /// The store against the scenario.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What the fresh process found in the store.
    pub store: Summary,
    /// Files of either side, logs included, in which a person's name or somebody's words can be read. None, if all is well.
    pub readable: Vec<String>,
}

/// A phone of the demo.
struct Phone {
    line: PhoneLine,
    shell: Running,
    relay: Relay,
    arguments: Vec<String>,
    log: PathBuf,
    hello_at: Millis,
    written: Vec<(VisitId, &'static str, EntryId)>,
}

impl Phone {
    fn enrol(line: &PhoneLine, code: &str, label: &str, office: &Office, clock: &DrillClock, folder: &Path) -> Result<Phone, Trouble> {
        let relay = Relay::to(office.address).map_err(at("a relay"))?;
        let home = folder.join("phones").join(line.worker.as_str());
        std::fs::create_dir_all(&home).map_err(at(home.display()))?;
        let (pin, log) = (home.with_extension("pin"), home.with_extension("log"));
        std::fs::write(&pin, PIN).map_err(at(pin.display()))?;
        let word = |path: &Path| path.display().to_string();
        let arguments: Vec<String> =
            ["--home".into(), word(&home), "--json".into(), "--pin-file".into(), word(&pin), "--clock".into(), clock.option(line.skew_ms)]
                .into();
        let with = |more: &[&str]| -> Vec<String> { arguments.iter().cloned().chain(more.iter().map(|m| (*m).to_owned())).collect() };
        let holdfast = program("holdfast")?;
        run(&holdfast, &with(&["--server", &relay.url(), "enrol", code, "--label", label]), &log)?;
        let shell = Running::start(&holdfast, &with(&["shell"]), &log)?;
        let mut phone = Phone { line: line.clone(), shell, relay, arguments, log, hello_at: clock.now(), written: Vec::new() };
        phone.sync()?;
        Ok(phone)
    }

    /// Tells the shell a command, and hands back its result.
    fn tell(&mut self, command: &str) -> Result<Value, Trouble> {
        let answer = self.shell.ask(command)?;
        if answer["ok"] == Value::Bool(true) {
            return Ok(answer["result"].clone());
        }
        let code = answer["error"]["code"].as_str().unwrap_or("no code").to_owned();
        Err(Trouble(format!("{}'s phone: {code} at {}", self.line.worker, command.split(' ').take(2).collect::<Vec<_>>().join(" "))))
    }

    fn record(&mut self, visit: &VisitId, body: &Body) -> Result<(), Trouble> {
        let json = serde_json::to_string(body).map_err(at("a statement"))?;
        let quoted = json.replace('\\', "\\\\").replace('"', "\\\"");
        let saved = self.tell(&format!("record body {visit} \"{quoted}\""))?;
        let entry = saved["entry"].as_str().and_then(|id| EntryId::parse(id).ok());
        let entry = entry.ok_or_else(|| Trouble(format!("{}'s phone saved nothing: {saved}", self.line.worker)))?;
        self.written.push((visit.clone(), body.kind(), entry));
        Ok(())
    }

    /// Puts right or takes back the last entry of a kind.
    fn revise(&mut self, visit: &VisitId, kind: &str, with: Option<&Body>, reason: &str) -> Result<(), Trouble> {
        let last = self.written.iter().rev().find(|(v, k, _)| v == visit && *k == kind).map(|(_, _, id)| *id);
        let entry = last.ok_or_else(|| Trouble(format!("{} has written no {kind} at {visit}", self.line.worker)))?;
        self.record(visit, &revision(entry, with.cloned(), reason.to_owned()))
    }

    /// Exchanges with the office, when there is a way. No contact is no trouble: what waits, waits.
    fn sync(&mut self) -> Result<(), Trouble> {
        if self.relay.has_signal() {
            self.shell.ask("sync")?;
        }
        Ok(())
    }

    fn waiting(&mut self) -> Result<u64, Trouble> {
        Ok(self.tell("status")?["counts"]["waiting"].as_u64().unwrap_or(0))
    }

    /// Ends the app without a warning, and opens it again.
    fn kill(&mut self) -> Result<(), Trouble> {
        self.shell.kill()?;
        let arguments: Vec<String> = self.arguments.iter().cloned().chain(["shell".into()]).collect();
        self.shell = Running::start(&program("holdfast")?, &arguments, &self.log)?;
        Ok(())
    }
}

/// The demo while it plays.
pub struct Demo<'a> {
    scenario: &'a Scenario,
    how: How,
    clock: DrillClock,
    office: Office,
    phones: BTreeMap<WorkerId, Phone>,
}

impl<'a> Demo<'a> {
    /// Starts the server on a new store and enrols the phones.
    pub fn start(scenario: &'a Scenario, how: How) -> Result<Demo<'a>, Trouble> {
        let clock = DrillClock::set(&how.folder.join("clock"), scenario.begins, how.speed)?;
        let (office, codes) = Office::open(scenario, &how.folder, &clock, &how.listen)?;
        let mut demo = Demo { scenario, how, clock, office, phones: BTreeMap::new() };
        for (i, (line, code)) in scenario.phones.iter().zip(&codes).enumerate() {
            let label = format!("D-{:02}, {}", i + 1, scenario.cast.worker_name(&line.worker));
            let phone = Phone::enrol(line, code, &label, &demo.office, &demo.clock, &demo.how.folder)?;
            demo.phones.insert(line.worker.clone(), phone);
        }
        Ok(demo)
    }

    /// The address of the console, and a link with which the registered manager signs in: it works once.
    pub fn way_in(&mut self) -> Result<(String, String), Trouble> {
        let jo = self.scenario.cast.worker("Jo Khan").or_else(|_| self.scenario.cast.worker("W-21")).map_err(Trouble)?;
        let link = self.office.account(&self.scenario.cast.worker_name(&jo), &jo, Role::Manager)?;
        Ok((format!("http://{}/console/board", self.office.address), format!("http://{}{link}", self.office.address)))
    }

    /// Plays it all. `tell` hears each minute that begins.
    pub fn play(&mut self, tell: &mut dyn FnMut(Millis)) -> Result<(), Trouble> {
        self.clock.begin();
        let scenario = self.scenario;
        let end = scenario.acts.iter().map(|a| a.at).chain([scenario.ends]).max().unwrap_or(scenario.ends);
        for act in scenario.acts.iter().map(Some).chain([None]) {
            while !self.clock.beat(act.map_or(end, |a| a.at))? {
                tell(self.clock.now());
                self.hello()?;
                if stopping() {
                    return Ok(());
                }
            }
            tell(self.clock.now());
            if let Some(act) = act {
                self.perform(act).map_err(|e| Trouble(format!("line {}: {e}", act.line)))?;
            }
        }
        Ok(())
    }

    /// Phones with signal say hello now and then, as they do in life.
    fn hello(&mut self) -> Result<(), Trouble> {
        let now = self.clock.now();
        for phone in self.phones.values_mut().filter(|p| p.hello_at <= now) {
            phone.sync()?;
            phone.hello_at = now.plus(HELLO_MS);
        }
        Ok(())
    }

    fn phone(&mut self, worker: &WorkerId) -> Result<&mut Phone, Trouble> {
        self.phones.get_mut(worker).ok_or_else(|| Trouble(format!("{worker} has no phone")))
    }

    fn perform(&mut self, act: &Act) -> Result<(), Trouble> {
        match &act.deed {
            Deed::Tap { worker, visit, body } => {
                let phone = self.phone(worker)?;
                phone.record(visit, body)?;
                phone.sync()
            }
            Deed::Revise { worker, visit, kind, with, reason } => {
                let phone = self.phone(worker)?;
                phone.revise(visit, kind, with.as_ref(), reason)?;
                phone.sync()
            }
            Deed::Log { by, doc, body } => self.office.log(self.scenario, by, doc, body),
            Deed::Phone(worker, PhoneEvent::Signal(signal)) => {
                let phone = self.phone(worker)?;
                phone.relay.set_signal(*signal);
                phone.sync()
            }
            Deed::Phone(worker, PhoneEvent::Kill | PhoneEvent::Restart) => self.phone(worker)?.kill(),
            Deed::Server(ServerEvent::Reachable(_) | ServerEvent::Restart)
            | Deed::Network(_)
            | Deed::Phone(_, PhoneEvent::ClockMoved(_)) => Err(Trouble("the demo does not play this; the tests do (./dev test)".into())),
        }
    }

    /// Lets every phone with signal hand over what it holds; kills the server; has a fresh process read the store; and
    /// compares what is there with what the scenario implies.
    pub fn judge(mut self) -> Result<Report, Trouble> {
        let mut waiting = 0;
        for phone in self.phones.values_mut() {
            phone.sync()?;
            waiting += phone.waiting()?;
        }
        self.office.kill()?;
        let (entries, store) = reader::in_a_fresh_process(self.scenario, &self.office.data, &self.clock.option(0), &self.how.folder)?;
        let found: Vec<Read> =
            entries.iter().map(|text| Read::parse(text)).collect::<Result<_, _>>().map_err(at("an entry of the store"))?;
        let verdict = oracle::compare(&oracle::implied(self.scenario), &found, SLACK_MS);
        let readable = self.readable()?;
        let passed = verdict.whole() && store.wrong.is_empty() && waiting == 0 && readable.is_empty();
        Ok(Report { v: 1, scenario: self.scenario.title.clone(), passed, phones: self.phones.len(), waiting, verdict, store, readable })
    }

    /// Files in which a person's name, or what somebody said, can be read.
    fn readable(&self) -> Result<Vec<String>, Trouble> {
        let names = self.scenario.cast.people.iter().map(|p| p.name.clone());
        let said = self.scenario.acts.iter().filter_map(|act| match &act.deed {
            Deed::Tap { body: Body::Note(note), .. } => Some(note.text.clone()),
            Deed::Log { body: Body::PhoneCall(call), .. } => Some(call.words.clone()).filter(|words| !words.is_empty()),
            _ => None,
        });
        let words: Vec<String> = names.chain(said).collect();
        let mut found = Vec::new();
        look_into(&self.how.folder, &words, &mut found).map_err(at("looking for readable words"))?;
        Ok(found)
    }

    /// Waits until somebody stops the demo or the server ends.
    pub fn stay(&mut self) {
        while self.office.runs() && !stopping() {
            std::thread::sleep(std::time::Duration::from_millis(300));
        }
    }
}

/// Looks for words in every file below a folder.
fn look_into(folder: &Path, words: &[String], found: &mut Vec<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            look_into(&path, words, found)?;
        } else if path.is_file() {
            let text = String::from_utf8_lossy(&std::fs::read(&path)?).into_owned();
            found.extend(words.iter().filter(|word| text.contains(*word)).map(|word| format!("{}: “{word}”", path.display())));
        }
    }
    Ok(())
}
