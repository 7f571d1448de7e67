//! The arrows of the house: which crate may use which.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Each crate with the crates of ours that it may use in what it ships. `holdfast-tests` and the bench may use all.
const ARROWS: &[(&str, &[&str])] = &[
    ("holdfast-model", &[]),
    ("holdfast-vault", &["holdfast-model"]),
    ("holdfast-host", &["holdfast-model"]),
    ("holdfast-words", &["holdfast-model"]),
    ("holdfast-engine", &["holdfast-model", "holdfast-vault"]),
    ("holdfast-cli", &["holdfast-model", "holdfast-vault", "holdfast-host", "holdfast-words", "holdfast-engine"]),
    ("holdfast-sync-server", &["holdfast-model", "holdfast-vault", "holdfast-host", "holdfast-words"]),
];

/// What the model must never reach, by whatever way: it has no clock, no randomness, no files and no threads of its own.
const NOT_IN_THE_MODEL: &[&str] = &["tokio", "rusqlite", "reqwest", "rustls", "ring", "axum"];

fn metadata() -> Value {
    let cargo = |args: &[&str]| {
        let output = Command::new(env!("CARGO")).args(args).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).output();
        let output = output.expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let version = String::from_utf8(cargo(&["-vV"])).expect("text");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a platform");
    // For this platform alone: of a build on a fresh machine nothing else was ever fetched.
    let metadata = cargo(&["metadata", "--format-version=1", "--offline", "--locked", "--filter-platform", host]);
    serde_json::from_slice(&metadata).expect("JSON")
}

/// Names of the crates that each crate depends on, tests' own dependencies left out.
fn dependencies(metadata: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let packages = metadata["packages"].as_array().expect("packages");
    let name = |id: &Value| packages.iter().find(|p| p["id"] == *id).and_then(|p| p["name"].as_str()).expect("a name").to_owned();
    let shipped = |dep: &&Value| dep["dep_kinds"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k["kind"] != "dev"));
    let nodes = metadata["resolve"]["nodes"].as_array().expect("nodes");
    nodes
        .iter()
        .map(|node| {
            let deps = node["deps"].as_array().expect("deps");
            (name(&node["id"]), deps.iter().filter(shipped).map(|dep| name(&dep["pkg"])).collect())
        })
        .collect()
}

#[test]
fn every_arrow_points_the_right_way() {
    let all = dependencies(&metadata());
    for (krate, allowed) in ARROWS {
        let ours: Vec<&String> = all[*krate].iter().filter(|d| d.starts_with("holdfast-")).collect();
        for dep in ours {
            assert!(allowed.contains(&dep.as_str()), "{krate} must not use {dep}: see the arrows in ARCHITECTURE.md");
        }
    }
    let known: BTreeSet<&str> = ARROWS.iter().map(|(k, _)| *k).chain(["holdfast-tests", "holdfast-bench"]).collect();
    for krate in all.keys().filter(|k| k.starts_with("holdfast-")) {
        assert!(known.contains(krate.as_str()), "{krate} is new: draw its arrows here and in ARCHITECTURE.md");
    }
}

#[test]
fn the_model_reaches_no_clock_no_file_and_no_network() {
    let all = dependencies(&metadata());
    let mut reached = BTreeSet::new();
    let mut next = vec!["holdfast-model".to_owned()];
    while let Some(krate) = next.pop() {
        if reached.insert(krate.clone()) {
            next.extend(all.get(&krate).into_iter().flatten().cloned());
        }
    }
    for forbidden in NOT_IN_THE_MODEL {
        assert!(!reached.contains(*forbidden), "holdfast-model reaches {forbidden}");
    }
}
