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
    "Automerge::rescue",
    "AutoCommit::load",
    ".load_incremental",
    "load_unverified_heads",
    "load_with_options",
    "Change::from_bytes",
    "Change::try_from",
    "Bundle::try_from",
    "Cursor::try_from",
    "ObjId::try_from",
    "BloomFilter::try_from",
    "sync::Message",
    "sync::State",
    "receive_sync_message",
    "SyncDoc",
];
/// Inside the gate, a decoder must not hide behind a conversion, another name, or a door to other modules.
const DISGUISES: &[&str] =
    &["try_from(", "try_into()", "TryFrom", "TryInto", "pub use automerge", "use automerge as", "extern crate automerge"];
/// Everything of Automerge that the gate may name. Nothing here reads bytes.
const ALLOWED: &[&str] = &[
    "Automerge",
    "Automerge::new",
    "AutomergeError",
    "Change",
    "Change::from",
    "ChangeHash",
    "ExpandedChange",
    "ObjType::Map",
    "ROOT",
    "ReadDoc",
    "ScalarValue::from",
    "ScalarValue::Str",
    "Value::Scalar",
    "legacy",
];
/// Functions of Automerge that take bytes, each judged: by the name that the ban has for it, or as no decoder.
const JUDGED: &[(&str, &str)] = &[
    ("automerge.rs load", "Automerge::load"),
    ("automerge.rs load_unverified_heads", "load_unverified_heads"),
    ("automerge.rs load_with", "Automerge::load"),
    ("automerge.rs load_with_options", "load_with_options"),
    ("automerge.rs rescue", "Automerge::rescue"),
    ("automerge.rs load_incremental", ".load_incremental"),
    ("automerge.rs load_incremental_log_patches", ".load_incremental"),
    ("autocommit.rs load", "AutoCommit::load"),
    ("autocommit.rs load_unverified_heads", "load_unverified_heads"),
    ("autocommit.rs load_with", "AutoCommit::load"),
    ("autocommit.rs load_with_options", "load_with_options"),
    ("autocommit.rs load_incremental", ".load_incremental"),
    ("change.rs from_bytes", "Change::from_bytes"),
    ("change.rs TryFrom", "Change::try_from"),
    ("storage/bundle.rs TryFrom", "Bundle::try_from"),
    ("cursor.rs TryFrom", "Cursor::try_from"),
    ("exid.rs TryFrom", "ObjId::try_from"),
    ("sync/bloom.rs TryFrom", "BloomFilter::try_from"),
    ("sync.rs decode", "sync::Message"),
    ("sync/state.rs decode", "sync::State"),
    ("types.rs TryFrom", "32 bytes of a hash, compared by length"),
    ("value.rs bytes", "a value is made of them, none is read"),
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
        if path.starts_with(GATE) && !(path == EXPORT_TEST.0 && code.contains(EXPORT_TEST.1)) {
            for disguise in DISGUISES.iter().filter(|disguise| code.contains(**disguise)) {
                say(disguise);
            }
            for named in code.split("automerge::").skip(1) {
                let name: String = named.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':')).collect();
                let name = name.trim_end_matches(':');
                if !ALLOWED.contains(&name) {
                    say(&format!("automerge::{name} is not on the list of what the gate may name"));
                }
            }
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
    for hidden in [
        "let c: automerge::Change = bytes.try_into().unwrap();",
        "use automerge::Automerge as Doc;\nlet d = Doc::try_from(bytes);",
        "pub use automerge::Automerge;",
        "use automerge as am;",
        "automerge::AutoCommit::new()",
    ] {
        assert!(!offences("core/model/src/document/rebuild.rs", hidden).is_empty(), "{hidden}");
    }
    assert!(offences(GATE, "automerge::Change::from(expanded) // never Automerge::load").is_empty());
}

/// The bans that Clippy can hold: calls with a path of their own. Naming them here makes sure that they are there: an entry of
/// Clippy's list that names nothing bans nothing, and says so nowhere.
#[allow(clippy::disallowed_methods, deprecated)]
fn banned_paths() -> Vec<&'static str> {
    use automerge::sync::SyncDoc;
    use automerge::{AutoCommit, Automerge, Change};
    let _ = (Automerge::load, Automerge::load_unverified_heads, Automerge::load_with, Automerge::load_with_options, Automerge::rescue);
    let _ = (Automerge::load_incremental, Automerge::load_incremental_log_patches);
    let _ = (AutoCommit::load, AutoCommit::load_unverified_heads, AutoCommit::load_with, AutoCommit::load_with_options);
    let _ = (AutoCommit::load_incremental, Change::from_bytes, automerge::sync::Message::decode, automerge::sync::State::decode);
    let _ = (<Automerge as SyncDoc>::receive_sync_message, <Automerge as SyncDoc>::receive_sync_message_log_patches);
    vec![
        "automerge::Automerge::load",
        "automerge::Automerge::load_unverified_heads",
        "automerge::Automerge::load_with",
        "automerge::Automerge::load_with_options",
        "automerge::Automerge::rescue",
        "automerge::Automerge::load_incremental",
        "automerge::Automerge::load_incremental_log_patches",
        "automerge::AutoCommit::load",
        "automerge::AutoCommit::load_unverified_heads",
        "automerge::AutoCommit::load_with",
        "automerge::AutoCommit::load_with_options",
        "automerge::AutoCommit::load_incremental",
        "automerge::Change::from_bytes",
        "automerge::sync::Message::decode",
        "automerge::sync::State::decode",
        "automerge::sync::SyncDoc::receive_sync_message",
        "automerge::sync::SyncDoc::receive_sync_message_log_patches",
    ]
}

#[test]
fn clippy_holds_the_same_list() {
    for file in ["clippy.toml", "core/model/clippy.toml"] {
        let text = fs::read_to_string(root().join(file)).unwrap();
        for path in banned_paths().into_iter().chain(["reqwest::Client::new", "reqwest::blocking::Client::new", "reqwest::get"]) {
            assert!(text.contains(&format!("path = \"{path}\"")), "{file} lacks {path}");
        }
    }
}

/// Where the sources of Automerge lie that this very build uses.
fn automerge_sources() -> PathBuf {
    let cargo = |args: &[&str]| {
        let output = std::process::Command::new(env!("CARGO")).args(args).current_dir(root()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let version = String::from_utf8(cargo(&["-vV"])).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    // For this platform alone: of a build on a fresh machine nothing else was ever fetched.
    let metadata = cargo(&["metadata", "--format-version=1", "--offline", "--locked", "--filter-platform", host]);
    let metadata: serde_json::Value = serde_json::from_slice(&metadata).unwrap();
    let ours = metadata["packages"].as_array().unwrap().iter().find(|p| p["name"] == "automerge").unwrap();
    Path::new(ours["manifest_path"].as_str().unwrap()).parent().unwrap().join("src")
}

/// Reads the library itself: every public function that takes bytes has been judged, so that a new version brings no door that
/// nobody looked at.
#[test]
fn every_function_of_automerge_that_takes_bytes_has_been_judged() {
    let sources = automerge_sources();
    let mut all = Vec::new();
    files(&sources, &mut all);
    let mut seen: Vec<String> = Vec::new();
    for path in all {
        let place = path.strip_prefix(&sources).unwrap().to_string_lossy().replace('\\', "/");
        // Parts that the crate does not show, and its own tests.
        let hidden = ["columnar", "op_set2/", "storage/change", "storage/chunk", "storage/parse", "storage/load", "storage/save"];
        if place.contains("test") || (hidden.iter().any(|h| place.starts_with(h)) && place != "storage/bundle.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices("pub fn ") {
            let rest = &text[at + 7..];
            let head = &rest[..rest.find('{').unwrap_or(rest.len())];
            let arguments = head.split("->").next().unwrap_or_default();
            if ["[u8]", "Vec<u8>", "impl Read", "Bytes"].iter().any(|bytes| arguments.contains(bytes)) {
                seen.push(format!("{place} {}", head.split(['(', '<']).next().unwrap_or_default()));
            }
        }
        if text.lines().any(|line| line.contains("TryFrom<") && line.contains("impl") && line.contains("[u8]>")) {
            seen.push(format!("{place} TryFrom"));
        }
    }
    let unjudged: Vec<&String> = seen.iter().filter(|name| !JUDGED.iter().any(|(judged, _)| judged == name)).collect();
    assert!(unjudged.is_empty(), "functions of Automerge that take bytes, and nobody has judged: {unjudged:?}");
    for (judged, by) in JUDGED {
        assert!(seen.iter().any(|name| name == judged), "{judged} is not there any more");
        assert!(DECODERS.contains(by) || by.contains(' '), "{judged}: the ban has no {by}");
    }
}
