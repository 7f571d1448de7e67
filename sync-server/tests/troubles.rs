//! Trouble in the office, each with its code: nothing that was confirmed is lost, and phones keep what was not.
#![allow(clippy::unwrap_used)]

mod common;

use axum::body::Body as HttpBody;
use axum::http::Request;
use common::*;
use holdfast_host::{ManualClock, SystemRandom, VirtualTime};
use holdfast_model::entry::{Body, Note, NoteType};
use holdfast_model::id::Digest;
use holdfast_model::port::{Ask, Clock};
use holdfast_model::time::ClockReading;
use holdfast_model::wire::Refusal;
use holdfast_sync_server::accounts::{AccountKeys, Actor, NewAccount, Store};
use holdfast_sync_server::admin::{back_up, master_key, verify};
use holdfast_sync_server::http::{Stop, router};
use holdfast_sync_server::{Office, OfficeError};
use holdfast_vault::{MasterKey, Secret32};
use serde_json::Value;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tower::ServiceExt;

fn note(text: &str) -> Body {
    Body::Note(Note { about: NoteType::General, text: text.into() })
}

fn refused(office: &Office, ask: Ask) -> (u16, String) {
    let answer = office.answer(ask);
    let refusal: Refusal = serde_json::from_slice(&answer.body).unwrap();
    assert!(refusal.says.ends_with('.') && refusal.says.len() > 30, "words for a person: {}", refusal.says);
    (answer.status, refusal.code)
}

#[test]
fn a_store_that_takes_nothing_confirms_nothing() {
    let (world, mut asha) = one_note();
    let db = rusqlite::Connection::open(world.dir.path().join("data/ledger.db")).unwrap();
    db.execute_batch("ALTER TABLE segment RENAME TO away").unwrap();
    let ask = asha.request(&[asha.push(1, 1)], 0);
    assert_eq!(refused(&world.office, ask), (503, "store_unavailable".into()));
    assert_eq!(world.office.record(&worker("C-1"), visit("V-1"), note("x")).unwrap_err().code(), "store_unavailable");
    db.execute_batch("ALTER TABLE away RENAME TO segment").unwrap();
    drop(db);
    assert_eq!(asha.sync(&world.office).unwrap().have_to, 1, "it was kept on the phone, and arrives");
    assert_eq!(held(&world.office, &visit("V-1")).len(), 2);
}

#[test]
fn an_office_that_is_going_down_takes_nothing_and_loses_nothing() {
    let (world, mut asha) = one_note();
    world.office.close();
    let ask = asha.request(&[asha.push(1, 1)], 0);
    assert_eq!(refused(&world.office, ask), (503, "office_stopping".into()));
    assert_eq!(world.office.record(&worker("C-1"), visit("V-1"), note("x")), Err(OfficeError::Stopping));
    let world = world.reopened();
    assert_eq!(asha.sync(&world.office).unwrap().have_to, 1);
    assert_eq!(held(&world.office, &visit("V-1")).len(), 2);
}

#[test]
fn a_file_that_is_not_there_changes_nothing() {
    let (world, _) = one_note();
    let data = world.dir.path().join("data");
    let nowhere = world.dir.path().join("not/there/backup.db");
    assert_eq!(back_up(&data, &nowhere).unwrap_err().code(), "file_unavailable");
    assert!(!nowhere.exists());
    let master = MasterKey::from_secret(Secret32::new([7; 32]));
    assert_eq!(verify(&world.dir.path().join("empty"), master, &SystemRandom::new()).unwrap_err().code(), "store_missing");
}

#[test]
fn accounts_that_cannot_be_read_take_nothing_with_them() {
    let (world, mut asha) = one_note();
    let path = world.dir.path().join("data/accounts.db");
    let keys = AccountKeys::of(&world.dir.path().join("data"), MasterKey::from_secret(Secret32::new([7; 32])), &SystemRandom::new());
    let store = Store::open(&path, keys.unwrap(), Arc::new(SystemRandom::new())).unwrap();
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch("ALTER TABLE account RENAME TO away").unwrap();
    assert_eq!(store.all().unwrap_err().code(), "accounts_unavailable");
    assert_eq!(asha.sync(&world.office).unwrap().have_to, 1, "care entries are not touched by it");
    db.execute_batch("ALTER TABLE away RENAME TO account").unwrap();
    assert_eq!(store.all().unwrap(), []);
}

#[test]
fn an_address_that_is_none_and_a_body_that_was_cut_are_told_apart() {
    let (world, mut asha) = one_note();
    let nowhere = Ask { path: "/v2/sync".into(), ..asha.request(&[], 0) };
    assert_eq!(refused(&world.office, nowhere), (404, "no_such_path".into()));
    let whole = asha.request(&[asha.push(1, 1)], 0).body;
    // The first stream begins behind the lengths: its first bytes say what it is.
    for at in 12..16 {
        let mut spoilt = whole.clone();
        spoilt[at] ^= 0xff;
        assert_eq!(refused(&world.office, asha.ask(&spoilt)), (400, "body_broken".into()), "byte {at}");
    }
    assert_eq!(held(&world.office, &visit("V-1")).len(), 1, "nothing of it was taken");
    assert_eq!(asha.sync(&world.office).unwrap().have_to, 1, "and the whole one is");
}

#[test]
fn texts_that_are_not_the_signed_ones_are_withheld_and_kept() {
    let (world, mut asha) = one_note();
    let mut segment = asha.push(1, 1).segments.remove(0);
    segment.head.texts = Digest::of(b"another");
    let ask = asha.request(&[asha.push_of(1, &[segment])], 0);
    assert_eq!(world.office.answer(ask).status, 200);
    assert!(world.office.held_for_checking(&branch()).unwrap().iter().any(|h| h.code == "segment_texts" && h.entries == 1));
    assert_eq!(held(&world.office, &visit("V-1")).len(), 2, "the entry stands: its text is the chain's");
    let mut ben = world.phone("C-1");
    ben.sync(&world.office).unwrap();
    assert!(!ben.pulled[&visit("V-1")].iter().any(|text| text.contains("breakfast")), "and is not handed on");
}

/// A clock whose reading ends the thread that asks, while `broken`.
struct Breaking {
    clock: ManualClock,
    broken: AtomicBool,
}

impl Clock for Breaking {
    fn read(&self) -> ClockReading {
        assert!(!self.broken.load(Ordering::SeqCst), "the machine's clock is gone");
        self.clock.read()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_broke_off_is_said_to_have_and_is_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let time = VirtualTime::starting(NINE);
    let manual = ManualClock::new(&time, "office");
    let clock = Arc::new(Breaking { clock: manual.clone(), broken: AtomicBool::new(false) });
    let mut config = config(&dir.path().join("data"), &manual, &[]);
    config.clock = clock.clone();
    let (office, mut asha) = tokio::task::spawn_blocking(move || {
        let office = Office::open(config).unwrap();
        let asha = holdfast_sync_server::office::WorkerRecord {
            id: worker("W-1"),
            name: "Asha Bello".into(),
            role: holdfast_model::wire::Role::Worker,
            branch: branch(),
            phone: String::new(),
        };
        office.record_many(&worker("C-1"), &branch(), &[asha], Vec::new()).unwrap();
        let code = office.enrol_code(&worker("W-1"), holdfast_model::time::HOUR).unwrap();
        let phone = TestPhone::enrol(&office, &time, &code.code).unwrap();
        (office, phone)
    })
    .await
    .unwrap();
    asha.note(visit("V-1"), "still here");
    let ask = asha.request(&[asha.push(1, 1)], 0);
    let send = || {
        let mut request = Request::post("/v1/sync");
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        router(office.clone(), Stop::default()).oneshot(request.body(HttpBody::from(ask.body.clone())).unwrap())
    };
    clock.broken.store(true, Ordering::SeqCst);
    let answer = send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 500);
    let refusal: Refusal = serde_json::from_slice(&axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap()).unwrap();
    assert_eq!((refusal.code.as_str(), refusal.retry_ms), ("office_fault", Some(60_000)));
    clock.broken.store(false, Ordering::SeqCst);
    assert_eq!(send().await.unwrap().status().as_u16(), 200, "the same request, whole");
    let ids = tokio::task::spawn_blocking(move || held(&office, &visit("V-1"))).await.unwrap();
    assert_eq!(ids.len(), 1);
}

/// What the program says in JSON, and its exit code.
fn program(data: &std::path::Path, args: &[&str]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_holdfast-server"));
    let output = command.env_remove("CREDENTIALS_DIRECTORY").arg("--data").arg(data).arg("--json").args(args).output().unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn a_link_for_an_account_that_is_none_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    assert_eq!(program(&data, &["import", &sample()]).0, 0);
    let (master, _) = master_key(&data, None, &SystemRandom::new()).unwrap();
    let keys = AccountKeys::of(&data, master, &SystemRandom::new()).unwrap();
    let store = Store::open(&data.join("accounts.db"), keys, Arc::new(SystemRandom::new())).unwrap();
    let now_s = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let link = store.first_link(now_s).unwrap().unwrap();
    let actor = Actor { role: holdfast_model::wire::Role::Administrator, branches: vec![branch()] };
    let noor = NewAccount {
        sign_in: "noor.price".into(),
        name: "Noor Price".into(),
        worker: worker("C-9"),
        role: actor.role,
        branches: actor.branches,
    };
    store.spend_first(&link, &noor, "a boat in a storm", now_s).unwrap();
    for args in [&["admin-link"][..], &["admin-link", "--account", "nobody"]] {
        let (exit, said) = program(&data, args);
        assert_eq!((exit, said["error"].as_str()), (1, Some("account_unknown")), "{said}");
    }
    assert_eq!(program(&data, &["admin-link", "--account", "Noor.Price"]).0, 0);
}

/// The sample, with an ending of its folder.
fn sample() -> String {
    format!("{}/../sample/northquay", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn an_import_of_nothing_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let (exit, said) = program(&data, &["import", dir.path().to_str().unwrap()]);
    assert_eq!((exit, said["error"].as_str()), (1, Some("import_nothing")), "{said}");
    let (exit, said) = program(&data, &["import", "/nowhere"]);
    assert_eq!((exit, said["error"].as_str()), (1, Some("file_unavailable")), "{said}");
    assert!(said["says"].as_str().unwrap().contains("/nowhere"));
    let (exit, said) = program(&data, &["import", &sample(), "--dry-run"]);
    assert_eq!((exit, said["dry_run"].as_bool()), (0, Some(true)), "{said}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "a dry run makes nothing either");
}

#[test]
fn an_import_goes_where_the_store_is_and_nowhere_by_mistake() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let sample = sample();
    assert_eq!(program(&data, &["import", &sample, "--branch", "northquay"]).0, 0, "a new store");
    let (exit, said) = program(&data, &["import", &sample, "--branch", "northkay"]);
    assert_eq!((exit, said["error"].as_str()), (1, Some("branch_unknown")), "{said}");
    assert!(said["says"].as_str().unwrap().contains("northquay"), "it says which there are: {said}");
    let (exit, said) = program(&data, &["import", &sample]);
    assert_eq!((exit, said["entries"].as_u64()), (0, Some(0)), "the one branch there is, and nothing in it is new: {said}");
    let (exit, said) = program(&data, &["import", &sample, "--branch", "southquay", "--new-branch", "--dry-run"]);
    assert_eq!((exit, said["error"].as_str()), (4, Some("import_problems")), "these people belong to the first branch: {said}");
}

#[test]
fn a_mistyped_command_of_the_office_is_answered_as_json_too() {
    let dir = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| Command::new(env!("CARGO_BIN_EXE_holdfast-server")).current_dir(dir.path()).args(words).output().unwrap();
    let wrong: [&[&str]; 5] = [
        &["--json", "serv"],
        &["verify", "--json", "--every-thing"],
        &["--json", "enrol-code"],
        &["--json", "--clock", "half past nine", "verify"],
        &["--json"],
    ];
    for words in wrong {
        let output = run(words);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("one JSON object for {words:?}"));
        assert_eq!((&answer["v"], &answer["error"]), (&1.into(), &"command".into()), "{answer}");
        assert!(answer["says"].as_str().is_some_and(|says| says.len() > 20), "{answer}");
        assert_eq!((output.status.code(), output.stderr.len()), (Some(2), 0), "{words:?}");
    }
    let in_words = run(&["serv"]);
    assert_eq!((in_words.status.code(), in_words.stdout.len()), (Some(2), 0));
    assert!(String::from_utf8_lossy(&in_words.stderr).contains("serv"));
    assert_eq!(run(&["--json", "--version"]).status.code(), Some(0));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "and nothing was made");
}

#[test]
fn a_mistyped_directory_makes_neither_store_nor_key() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("dtaa");
    let backup = dir.path().join("backup.db").display().to_string();
    for args in [&["verify"][..], &["enrol-code", "--worker", "W-1"], &["admin-link"], &["backup", &backup]] {
        let (exit, said) = program(&data, args);
        assert_eq!((exit, said["error"].as_str()), (1, Some("store_missing")), "{args:?}: {said}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn what_cannot_be_served_is_said_before_a_store_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let no_pem = dir.path().join("no.pem");
    std::fs::write(&no_pem, "rubbish").unwrap();
    let pem = no_pem.display().to_string();
    let serve = |more: &[&str]| {
        let (exit, said) = program(&data, &[&["serve"], more].concat());
        assert_eq!(exit, 1);
        said["error"].as_str().unwrap().to_owned()
    };
    assert_eq!(serve(&["--listen", &address]), "address_unavailable");
    assert_eq!(serve(&["--listen", "0.0.0.0:0"]), "tls_needed");
    assert_eq!(serve(&["--listen", "0.0.0.0:0", "--tls-cert", &pem, "--tls-key", &pem]), "tls_unusable");
    assert!(!data.exists() && !dir.path().join("data.key").exists(), "nothing was made");
}
