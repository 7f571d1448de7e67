//! The real program: over sockets, killed, stopped, asked for what it says it answers.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/program.rs"]
mod program;

use common::*;
use holdfast_host::SystemRandom;
use holdfast_sync_server::admin::{master_key, verify};
use holdfast_sync_server::http::openapi;
use program::*;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn an_empty_directory_and_one_command() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let server = Server::start(&data);
    assert!(server.link.as_ref().is_some_and(|l| l.contains("/console/first/")), "a one-time administrator link");
    assert!(dir.path().join("data.key").exists(), "the master key lies beside the data directory");
    assert_eq!(server.get("/health"), (200, "ok\n".into()));
    let (status, metrics) = server.get("/metrics");
    assert!(status == 200 && metrics.contains("holdfast_branches 1"));
    // Its first link got lost: another one takes its place.
    let made: Value = serde_json::from_slice(&once(&data, &["admin-link"]).stdout).unwrap();
    let lost = server.link.as_ref().unwrap().split_once("/console").unwrap().1.to_owned();
    assert_eq!(server.get(made["path"].as_str().unwrap()).0, 200);
    assert_ne!(server.get(&format!("/console{lost}")).0, 200, "the older one works no more");
    let second = once(&data, &["serve", "--listen", "127.0.0.1:0"]);
    let said: Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!((second.status.code(), said["error"].as_str()), (Some(1), Some("store_in_use")));
}

#[test]
fn the_addresses_are_those_that_the_document_lists() {
    let (_dir, data) = founded();
    let server = Server::start(&data);
    let document: Value = serde_json::from_str(&server.get("/openapi.json").1).unwrap();
    assert_eq!(document, openapi::document());
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            let answer = server.ask(&method.to_uppercase(), path, &[], b"rubbish");
            let listed = described["responses"].as_object().unwrap();
            assert!(listed.contains_key(&answer.status.to_string()), "{method} {path} answers {}, which is not listed", answer.status);
        }
        for method in ["GET", "POST", "DELETE"] {
            let listed = methods.get(method.to_lowercase()).is_some();
            let status = server.ask(method, path, &[], b"").status;
            assert_eq!(status == 405, !listed, "{method} {path}: {status}");
        }
    }
    for reference in ["Refusal", "EnrolRequest", "EnrolReply"] {
        assert!(document["components"]["schemas"][reference].is_object());
    }
}

#[test]
fn what_has_a_receipt_survives_sigkill() {
    let (_dir, data) = founded();
    let server = Server::start(&data);
    let mut asha = phone(&server, &data, "W-1");
    for n in 0..40 {
        asha.note(visit(&format!("V-{}", n % 5)), &format!("note {n}"));
        if n % 4 == 3 {
            assert_eq!(sync(&server, &mut asha).have_to, n + 1);
        }
    }
    server.signal("KILL");
    drop(server);
    let verified = once(&data, &["verify"]);
    let found: Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert_eq!((verified.status.code(), found["entries"].as_u64(), found["wrong"].as_array().map(Vec::len)), (Some(0), Some(40), Some(0)));
    let (master, _) = master_key(&data, None, &SystemRandom::new()).unwrap();
    assert_eq!(verify(&data, master, &SystemRandom::new()).unwrap().checksum, found["checksum"].as_str().unwrap());
    let server = Server::start(&data);
    asha.note(visit("V-1"), "after the kill");
    assert_eq!(sync(&server, &mut asha).have_to, 41);
}

#[test]
fn a_nudge_reaches_a_phone_that_listens_and_nobody_else() {
    let (_dir, data) = founded();
    let server = Server::start(&data);
    let mut asha = phone(&server, &data, "W-1");
    let hugh = phone(&server, &data, "C-1");
    assert_eq!(server.get("/v1/live").0, 401);
    let signature = hugh.key.sign_text(&holdfast_model::wire::request_signed_bytes(b"GET /v1/live"));
    let mut stream = TcpStream::connect(server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "GET /v1/live HTTP/1.1\r\nhost: office\r\nholdfast-device: {}\r\nholdfast-signature: {signature}\r\n\r\n", hugh.device)
        .unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    let mut nudge = || {
        let line = lines.find(|l| l.starts_with("data:")).expect("a nudge");
        serde_json::from_str::<Value>(line.strip_prefix("data:").unwrap()).unwrap()
    };
    assert_eq!(nudge()["branch"], "NQ");
    asha.note(visit("V-1"), "one");
    sync(&server, &mut asha);
    assert_eq!(nudge()["seq"].as_u64(), Some(1));
    // A stream does not keep the office from stopping in order.
    server.signal("TERM");
    let began = Instant::now();
    let mut server = server;
    while server.child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < Duration::from_secs(30), "it stops");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_is_too_large_is_refused_and_the_office_goes_on() {
    let (_dir, data) = founded();
    let server = Server::start(&data);
    let answer = server.ask("POST", "/v1/sync", &[], &vec![0; holdfast_model::limits::BODY_BYTES + 1]);
    assert_eq!(answer.status, 413);
    assert_eq!(server.get("/health").0, 200);
}

#[test]
fn backup_restore_and_their_troubles_from_the_terminal() {
    let (dir, data) = founded();
    let file = dir.path().join("backup.db");
    let path = file.to_str().unwrap();
    let server = Server::start(&data);
    let mut asha = phone(&server, &data, "W-1");
    asha.note(visit("V-1"), "one");
    sync(&server, &mut asha);
    assert!(once(&data, &["backup", path]).status.success(), "while it serves");
    let busy: Value = serde_json::from_slice(&once(&data, &["restore", path]).stdout).unwrap();
    assert_eq!(busy["error"], "store_in_use");
    server.signal("TERM");
    drop(server);
    assert!(once(&data, &["restore", path]).status.success());
    let found: Value = serde_json::from_slice(&once(&data, &["verify"]).stdout).unwrap();
    assert_eq!(found["entries"], 1);
    std::fs::write(&file, b"rubbish").unwrap();
    let bad: Value = serde_json::from_slice(&once(&data, &["restore", path]).stdout).unwrap();
    assert_eq!(bad["error"], "store_damaged");
    let found: Value = serde_json::from_slice(&once(&data, &["verify"]).stdout).unwrap();
    assert_eq!(found["entries"], 1, "and the store is as it was");
    std::fs::remove_file(dir.path().join("data.key")).unwrap();
    let lost: Value = serde_json::from_slice(&once(&data, &["verify"]).stdout).unwrap();
    assert_eq!(lost["error"], "master_key_missing", "never a new key for an old store");
}
