//! The manual of the scenario format says what the code does.

use crate::{folder, path};
use holdfast_tests::play::{How, play};
use holdfast_tests::scenario::{CLAIMS, SENTENCES, parse};
use std::collections::BTreeSet;

fn manual() -> String {
    std::fs::read_to_string(path("docs/scenario-format.md")).expect("the manual")
}

#[test]
fn the_manual_lists_every_sentence_and_no_other() {
    let text = manual();
    let listed: BTreeSet<&str> = text.lines().filter_map(|l| l.strip_prefix("- `")?.split('`').next()).collect();
    let known: BTreeSet<&str> = SENTENCES.into_iter().chain(CLAIMS).collect();
    assert_eq!(listed, known);
}

#[test]
fn the_manual_s_example_passes() {
    let text = manual();
    let example = text.split("```").nth(1).expect("an example").trim_start_matches('\n');
    let scenario = parse(example, &path("tests/scenarios")).unwrap_or_else(|troubles| panic!("{troubles}"));
    let folder = folder();
    let played = play(&scenario, &How::default(), folder.path()).expect("a play");
    assert!(played.passed(), "{played}");
}
