//! The terminal as a program sees it: real processes, real HTTP, exit codes and JSON as `docs/cli.md` says.

#[path = "../../../core/engine/tests/common/mod.rs"]
mod common;

use common::{Office, doc, enrol, noon, person, plan};
use holdfast_engine::port::{Ask, Network};
use holdfast_host::VirtualTime;
use holdfast_model::id::{DocumentId, WorkerId};
use holdfast_model::time::{DAY, MINUTE, Millis};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// The scripted office behind a real socket.
fn serve(office: Arc<Office>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let office = office.clone();
            std::thread::spawn(move || while answer(&stream, &office).is_some() {});
        }
    });
    url
}

fn answer(stream: &TcpStream, office: &Office) -> Option<()> {
    let mut from = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    from.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let (mut headers, mut length) = (Vec::new(), 0);
    loop {
        line.clear();
        from.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        if name == "content-length" {
            length = value.parse().ok()?;
        }
        headers.push((name, value));
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    let answer = office.exchange(Ask { path, headers, body }, Duration::from_secs(5)).ok()?;
    let mut to = stream;
    write!(to, "HTTP/1.1 {} x\r\ncontent-length: {}\r\n", answer.status, answer.body.len()).ok()?;
    for (name, value) in &answer.headers {
        write!(to, "{name}: {value}\r\n").ok()?;
    }
    write!(to, "\r\n").ok()?;
    to.write_all(&answer.body).ok()
}

struct Terminal {
    dir: tempfile::TempDir,
    office: Arc<Office>,
    time: VirtualTime,
    url: String,
}

impl Terminal {
    fn new() -> Terminal {
        let time = VirtualTime::starting(noon());
        let office = Office::new(&time);
        let url = serve(office.clone());
        let terminal = Terminal { dir: tempfile::tempdir().expect("a directory"), office, time, url };
        fs::write(terminal.path("pin"), "274951\n").expect("written");
        terminal.at(noon());
        terminal
    }
    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
    /// Moves the world and the file that the process takes its time from.
    fn at(&self, now: Millis) {
        self.time.advance_to(now);
        fs::write(self.path("clock.new"), now.rfc3339()).expect("written");
        fs::rename(self.path("clock.new"), self.path("clock")).expect("replaced");
    }
    fn command(&self, json: bool) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        command.arg("--home").arg(self.path("phone")).arg("--pin-file").arg(self.path("pin"));
        command.arg("--clock").arg(format!("file:{}", self.path("clock").display())).arg("--server").arg(&self.url);
        if json {
            command.arg("--json");
        }
        command
    }
    fn run(&self, words: &[&str]) -> Output {
        self.command(true).args(words).output().expect("ran")
    }
    /// A command that must succeed, and its result.
    fn ok(&self, words: &[&str]) -> Value {
        let output = self.run(words);
        let answer: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        assert_eq!((output.status.code(), &answer["ok"], &answer["v"]), (Some(0), &Value::Bool(true), &1.into()), "{answer}");
        answer["result"].clone()
    }
    /// A command that must fail: exit code and stable code.
    fn fails(&self, words: &[&str]) -> (i32, String) {
        let output = self.run(words);
        let answer: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        assert_eq!(answer["ok"], false, "{answer}");
        assert!(answer["error"]["says"].as_str().is_some_and(|says| says.len() > 8), "{answer}");
        (output.status.code().expect("ended by itself"), answer["error"]["code"].as_str().expect("a code").to_owned())
    }
    fn enrolled() -> Terminal {
        let terminal = Terminal::new();
        terminal.office.says(&DocumentId::Person(person()), plan(14, noon().plus(-DAY)));
        terminal.office.plans("V-1", noon());
        assert_eq!(terminal.ok(&["enrol", &enrol().code])["worker_name"], "Asha Patel");
        assert_eq!(terminal.ok(&["sync"])["pulled"], 2);
        terminal
    }
}

struct Shell {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Shell {
    fn open(terminal: &Terminal) -> Shell {
        let mut command = terminal.command(true);
        let mut child = command.arg("shell").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("started");
        let (to, from) = (child.stdin.take().expect("piped"), BufReader::new(child.stdout.take().expect("piped")));
        Shell { child, to, from }
    }
    fn say(&mut self, line: &str) -> Value {
        writeln!(self.to, "{line}").expect("sent");
        let mut answer = String::new();
        self.from.read_line(&mut answer).expect("answered");
        serde_json::from_str(&answer).expect("one JSON object a line")
    }
}

#[test]
fn a_day_in_a_shell_survives_a_kill_and_reaches_the_office() {
    let terminal = Terminal::enrolled();
    let mut shell = Shell::open(&terminal);
    let lines = [
        "record arrived V-1 --reason 'no tag at the door'",
        "record task V-1 T-1 done",
        "record medicine V-1 M-1 given --amount 1",
        "record note V-1 \"slept well, she said\" --type handover",
        "record left V-1 --reason 'no tag at the door'",
    ];
    for (i, line) in lines.iter().enumerate() {
        terminal.at(noon().plus((i as i64 + 1) * 4 * MINUTE));
        let answer = shell.say(line);
        assert_eq!((&answer["ok"], &answer["result"]["seq"]), (&Value::Bool(true), &(i + 1).into()), "{answer}");
    }
    assert_eq!(shell.say("record note V-1")["error"]["code"], "command");
    assert_eq!(shell.say("record note V-1 'open")["error"]["code"], "quotes");
    assert_eq!(shell.say("record medicine V-1 M-1 refused")["error"]["problems"][0]["code"], "reason_needed");
    assert_eq!(terminal.fails(&["run"]), (7, "store_in_use".into()), "one process at a time");
    shell.child.kill().expect("killed");
    shell.child.wait().expect("ended");

    let visit = terminal.ok(&["visit", "V-1"]);
    assert_eq!(visit["visit"]["entries"].as_array().map(Vec::len), Some(6), "every entry that was answered is there");
    assert_eq!(visit["visit"]["now"]["care"]["is"], "done");
    assert_eq!(terminal.ok(&["status"])["counts"]["waiting"], 5);
    assert_eq!(terminal.ok(&["sync"])["received"], 5);
    assert_eq!(terminal.office.texts().len(), 5);
    assert_eq!(terminal.ok(&["owed"])["owed"]["items"].as_array().map(Vec::len), Some(0));
}

#[test]
fn exit_codes_say_what_kind_of_trouble_it_was() {
    let terminal = Terminal::new();
    assert_eq!(terminal.fails(&["run"]), (8, "not_enrolled".into()));
    assert_eq!(terminal.fails(&["enrol", "7KQ2"]), (6, "code_mistyped".into()));
    let terminal = Terminal::enrolled();
    assert_eq!(terminal.fails(&["enrol", &enrol().code]), (8, "already_enrolled".into()));
    assert_eq!(terminal.fails(&["visit", "V-9"]), (3, "unknown_visit".into()));
    assert_eq!(terminal.fails(&["record", "note", "V-1", "x", "--at", "2026-11-03T15:00:00Z"]), (3, "future_time".into()));
    assert_eq!(terminal.fails(&["record", "note", "V-1", "x", "--at", "half nine"]), (2, "time".into()));
    assert_eq!(terminal.run(&["dance"]).status.code(), Some(2));
    fs::write(terminal.path("pin"), "830617\n").expect("written");
    assert_eq!(terminal.fails(&["run"]), (4, "wrong_pin".into()));
    fs::write(terminal.path("pin"), "274951\n").expect("written");
    terminal.ok(&["record", "note", "V-1", "x"]);
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port that is closed again");
    let gone = Terminal { url: format!("http://{nobody}"), ..terminal };
    assert_eq!(gone.fails(&["sync"]), (5, "unreachable".into()));
    let abroad = Terminal { url: "http://192.0.2.1".into(), ..gone };
    assert_eq!(abroad.fails(&["sync"]), (6, "bad_address".into()));
    assert_eq!(abroad.ok(&["status"])["counts"]["waiting"], 1);
}

#[test]
fn two_workers_share_a_phone_and_each_says_who_they_are() {
    let terminal = Terminal::enrolled();
    let ben = WorkerId::new("W-02").expect("an id");
    terminal.office.mood(|m| m.enrols = Some((ben, "Ben Carr".into())));
    terminal.ok(&["record", "note", "V-1", "from asha"]);
    let pin = |digits: &str| fs::write(terminal.path("pin"), digits).expect("written");
    pin("830617");
    let enrolled = terminal.ok(&["enrol", &enrol().code]);
    assert_eq!((&enrolled["worker"], &enrolled["device"]), (&"W-02".into(), &"D-01".into()));
    assert_eq!(terminal.fails(&["run"]), (4, "worker_needed".into()));
    assert_eq!(terminal.fails(&["--worker", "W-09", "run"]), (4, "worker_not_here".into()));
    assert_eq!(terminal.ok(&["--worker", "W-02", "run"])["worker_name"], "Ben Carr");
    assert_eq!(terminal.ok(&["--worker", "W-02", "sync"])["received"], 1, "what she left goes while he reads");
    assert_eq!(terminal.fails(&["--worker", "W-01", "run"]), (4, "wrong_pin".into()));
    pin("274951");
    assert_eq!(terminal.ok(&["--worker", "W-01", "run"])["worker_name"], "Asha Patel");
    let status = terminal.ok(&["status"]);
    let names: Vec<Value> = status["workers"].as_array().expect("a list").iter().map(|w| w["worker"].clone()).collect();
    assert_eq!((names, &status["worker"]), (vec!["W-01".into(), "W-02".into()], &Value::Null));

    fs::write(terminal.path("bens"), "830617\n").expect("written");
    let bens = terminal.path("bens").display().to_string();
    let mut shell = Shell::open(&terminal);
    assert_eq!(shell.say("run")["error"]["code"], "worker_needed");
    assert_eq!(shell.say(&format!("unlock --worker W-02 --pin-file {bens}"))["ok"], true);
    assert_eq!(shell.say("run")["result"]["worker_name"], "Ben Carr");
    assert_eq!(shell.say("lock")["ok"], true);
    assert_eq!(shell.say("run")["result"]["worker_name"], "Ben Carr", "it stays his until another is named");
    drop(shell.to);
    assert!(shell.child.wait().expect("ended").success());
}

#[test]
fn a_forgotten_pin_has_a_word_of_its_own() {
    let terminal = Terminal::enrolled();
    terminal.ok(&["record", "note", "V-1", "waits"]);
    fs::write(terminal.path("new"), "518263\n").expect("written");
    let new = terminal.path("new").display().to_string();
    terminal.ok(&["pin", "--forgotten", &enrol().code, "--new-pin-file", &new]);
    assert_eq!(terminal.office.texts().len(), 1, "what waited went first");
    assert_eq!(terminal.fails(&["run"]), (4, "wrong_pin".into()), "the old one ended");
    fs::write(terminal.path("pin"), "518263\n").expect("written");
    terminal.ok(&["sync"]);
    assert_eq!(terminal.ok(&["run"])["worker_name"], "Asha Patel");
}

#[test]
fn people_read_words_and_an_export_is_private() {
    let terminal = Terminal::enrolled();
    let said = |words: &[&str]| String::from_utf8(terminal.command(false).args(words).output().expect("ran").stdout).expect("text");
    let run = said(&["run"]);
    assert!(run.contains("Asha Patel") && run.contains("Edith Marlow") && run.contains("12:00"), "{run}");
    assert!(said(&["person", "P-101"]).contains("with the hoist, as of version 14"));
    assert!(said(&["record", "note", "V-1", "slept well"]).starts_with("Saved on this phone"));
    assert!(said(&["visit", "V-1"]).contains("slept well"));
    let out = terminal.path("out");
    let written = terminal.ok(&["export", "--out", &out.display().to_string()]);
    assert_eq!((&written["waiting"], &written["entries"]), (&1.into(), &3.into()));
    use std::os::unix::fs::PermissionsExt;
    for name in ["waiting.jsonl", "entries.jsonl"] {
        assert_eq!(fs::metadata(out.join(name)).expect("there").permissions().mode() & 0o077, 0);
    }
    assert_eq!(terminal.fails(&["export", "--out", &out.display().to_string()]), (2, "export_exists".into()));
    assert_eq!(doc("V-1").to_string(), "visit:V-1");
}

#[test]
fn what_was_typed_is_refused_by_its_name_and_changes_nothing() {
    let terminal = Terminal::enrolled();
    assert_eq!(terminal.fails(&["record", "body", "V-1", "{\"kind\":"]), (2, "bad_statement".into()));
    assert_eq!(terminal.fails(&["export", "--out", "/dev/null/out"]), (2, "export_unwritable".into()));
    let nowhere = terminal.path("new").display().to_string();
    let homeless = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_holdfast")).args(["--json", "--home", &nowhere]).args(args).output().expect("ran");
        serde_json::from_slice::<Value>(&output.stdout).expect("one JSON object")["error"]["code"].clone()
    };
    assert_eq!(homeless(&["enrol", &enrol().code]), "server_needed");
    let bare = |args: &[&str], stdin: Stdio| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast"));
        command.args(["--json", "--home"]).arg(terminal.path("phone")).args(args).stdin(stdin);
        let output = command.output().expect("ran");
        let answer: Value = serde_json::from_slice(&output.stdout).expect("one JSON object");
        (output.status.code(), answer["error"]["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(bare(&["--pin-file", "/nowhere/pin", "run"], Stdio::null()), (Some(2), "pin_file".into()));
    assert_eq!(bare(&["run"], Stdio::null()), (Some(2), "pin_needed".into()));
    let no_text = fs::File::open(terminal.dir.path()).expect("a directory opens, and has no lines");
    let pin = terminal.path("pin").display().to_string();
    assert_eq!(bare(&["--pin-file", &pin, "shell"], no_text.into()), (Some(2), "input".into()));
    let mut shell = Shell::open(&terminal);
    assert_eq!(shell.say("shell")["error"]["code"], "not_here");
    assert_eq!(shell.say("status")["result"]["counts"]["waiting"], 0, "nothing was recorded");
}

#[test]
fn a_mistyped_command_line_is_answered_as_json_too() {
    let program = |words: &[&str]| Command::new(env!("CARGO_BIN_EXE_holdfast")).args(words).output().expect("ran");
    let wrong: [&[&str]; 6] = [
        &["--json", "--home", "d", "runn"],
        &["--json", "run"],
        &["--home", "d", "run", "--json"],
        &["--json", "--home", "d", "run", "--day", "31/02"],
        &["--json", "--home", "d", "--worker", "two words", "run"],
        &["--json"],
    ];
    for words in wrong {
        let output = program(words);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("one JSON object for {words:?}"));
        let shape = (&answer["v"], &answer["ok"], &answer["command"], &answer["error"]["code"]);
        assert_eq!(shape, (&1.into(), &false.into(), &"".into(), &"command".into()), "{answer}");
        assert!(answer["error"]["says"].as_str().is_some_and(|says| says.len() > 20), "{answer}");
        assert_eq!((output.status.code(), output.stderr.len()), (Some(2), 0), "{words:?}");
    }
    let in_words = program(&["--home", "d", "runn"]);
    assert_eq!((in_words.status.code(), in_words.stdout.len()), (Some(2), 0));
    assert!(String::from_utf8_lossy(&in_words.stderr).contains("runn"));
    let help = program(&["--json", "--help"]);
    assert_eq!(help.status.code(), Some(0), "help is no failure");
    assert!(String::from_utf8_lossy(&help.stdout).contains("Usage: holdfast"));
}

#[test]
fn a_new_pin_is_typed_twice() {
    let terminal = Terminal::enrolled();
    let program = env!("CARGO_BIN_EXE_holdfast");
    let line = format!("{program} --json --home {} --pin-file {} pin", terminal.path("phone").display(), terminal.path("pin").display());
    // A terminal of its own: `script` is part of every Debian.
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let mut keys = child.stdin.take().expect("piped");
    let mut screen = child.stdout.take().expect("piped");
    let mut said = String::new();
    for (prompt, typed) in [("New PIN: ", "830617\n"), ("Again: ", "830618\n")] {
        while !said.ends_with(prompt) {
            let mut byte = [0];
            assert_eq!(screen.read(&mut byte).expect("read"), 1, "it ended: {said}");
            said.push(char::from(byte[0]));
        }
        keys.write_all(typed.as_bytes()).expect("typed");
    }
    screen.read_to_string(&mut said).expect("read");
    assert_eq!(child.wait().expect("ended").code(), Some(2), "{said}");
    assert!(said.contains("pin_twice"), "{said}");
    assert!(!said.contains("830617") && !said.contains("830618"), "what was typed is not shown: {said}");
    terminal.ok(&["run"]);
}
