//! Calls that must not be made, looked for in every source file of the house.
//!
//! Automerge's decoders panic, abort or over-allocate on hostile bytes, so no byte from outside may reach one: Automerge is
//! named in one module, `core/model/src/document`, and its decoders nowhere but in that module's test of an export. Clippy holds
//! the same list (`clippy.toml`) by type; this test holds it by name, also where nobody runs Clippy.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Calls by which Automerge reads bytes.
const DECODERS: &[&str] = &[
    "Automerge::load",
    "AutoCommit::load",
    ".load_incremental",
    "load_unverified_heads",
    "load_with_options",
    "Change::from_bytes",
    "Change::try_from",
    "Bundle::try_from",
    "sync::Message",
    "sync::State",
    "receive_sync_message",
    "SyncDoc",
];
/// The client that panics on a phone without the platform's certificate store.
const CLIENTS: &[&str] = &["reqwest::Client::new", "Client::new()", "reqwest::get", "blocking::get"];
/// Clocks, which the model takes as arguments.
const CLOCKS: &[&str] = &["SystemTime::now", "Instant::now", "Utc::now", "Local::now", ".elapsed()"];

/// The module that may name Automerge, and the one test in it that opens what it exported.
const GATE: &str = "core/model/src/document/";
const EXPORT_TEST: (&str, &str) = ("core/model/src/document/materialise.rs", "automerge::Automerge::load(&doc.save())");

/// What is wrong with a file, by its place in the repository and its text.
fn offences(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let mut say = |what: &str| found.push(format!("{path}:{}: {what}", number + 1));
        let names = ["automerge::", "use automerge", "crate automerge"].iter().any(|form| code.contains(form));
        if names && !path.starts_with(GATE) {
            say("names automerge outside the gate");
        }
        let allowed = path == EXPORT_TEST.0 && code.contains(EXPORT_TEST.1);
        for call in DECODERS.iter().filter(|call| code.contains(**call) && !allowed) {
            say(call);
        }
        for call in CLIENTS.iter().filter(|call| code.contains(**call)) {
            say(call);
        }
        if path.starts_with("core/model/src/") {
            for call in CLOCKS.iter().filter(|call| code.contains(**call)) {
                say(call);
            }
        }
        if path.ends_with("Cargo.toml")
            && !matches!(path, "Cargo.toml" | "core/model/Cargo.toml")
            && code.trim_start().starts_with("automerge")
        {
            say("depends on automerge outside the model");
        }
    }
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().find(|p| p.join("Cargo.lock").exists()).unwrap().to_owned()
}

/// Every Rust source and manifest of the house, by its place in it.
fn files(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "target" || name == "node_modules" {
            continue;
        }
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files(&entry.path(), into);
        } else if kind.is_file() && (name.ends_with(".rs") || name == "Cargo.toml") {
            into.push(entry.path());
        }
    }
}

#[test]
fn no_byte_from_outside_reaches_automerge_and_no_clock_the_model() {
    let root = root();
    let mut all = Vec::new();
    files(&root, &mut all);
    assert!(all.iter().any(|p| p.ends_with("core/model/src/document/rebuild.rs")), "the house is not where it was looked for");
    let found: Vec<String> = all
        .iter()
        .filter(|path| !path.ends_with(Path::new("core/model/tests/bans.rs")))
        .flat_map(|path| {
            let place = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            offences(&place, &fs::read_to_string(path).unwrap())
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_planted_call_is_found() {
    for call in DECODERS.iter().chain(CLIENTS) {
        assert!(!offences("sync-server/src/office/mod.rs", &format!("    let x = {call}(bytes);")).is_empty(), "{call}");
    }
    for call in DECODERS {
        assert!(!offences("core/model/src/document/rebuild.rs", &format!("automerge::{call}(bytes)")).is_empty(), "{call}");
    }
    for call in CLOCKS {
        assert!(!offences("core/model/src/time.rs", &format!("let t = {call};")).is_empty(), "{call}");
        assert!(offences("core/host/src/clock.rs", &format!("let t = {call};")).is_empty(), "{call} has its place there");
    }
    assert!(!offences("sync-server/src/lib.rs", "use automerge::Automerge;").is_empty());
    assert!(!offences("sync-server/Cargo.toml", "automerge.workspace = true").is_empty());
    assert!(!offences(EXPORT_TEST.0, "automerge::Automerge::load(bytes)").is_empty(), "only the export itself may be opened");
    assert!(offences(GATE, "automerge::Change::from(expanded) // never Automerge::load").is_empty());
}

/// Both lists of Clippy name every decoder there is, so that neither can be forgotten when the library grows one.
#[test]
fn clippy_holds_the_same_list() {
    for file in ["clippy.toml", "core/model/clippy.toml"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        for path in [
            "automerge::Automerge::load",
            "automerge::AutoCommit::load",
            "automerge::Automerge::load_incremental",
            "automerge::Change::from_bytes",
            "automerge::sync::Message::decode",
            "automerge::sync::SyncDoc::receive_sync_message",
            "reqwest::Client::new",
        ] {
            assert!(text.contains(&format!("path = \"{path}\"")), "{file} lacks {path}");
        }
    }
}
