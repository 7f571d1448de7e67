//! Every scenario passes: what it expects is seen, and the office's store holds exactly what it implies.

use crate::{folder, path};
use holdfast_model::projection::Rules;
use holdfast_tests::play::{How, play};
use holdfast_tests::scenario::load;
use std::path::Path;

/// A scenario passes under these rules.
pub fn passes(file: &Path, rules: Rules) -> Result<(), String> {
    let scenario = load(file).map_err(|troubles| format!("{}\n{troubles}", file.display()))?;
    let folder = folder();
    let played = play(&scenario, &How { rules, ..How::default() }, folder.path()).map_err(|e| format!("{}: {e}", scenario.title))?;
    if played.passed() { Ok(()) } else { Err(format!("{}\n{played}", scenario.title)) }
}

#[test]
fn every_scenario_passes() {
    let mut files: Vec<_> = std::fs::read_dir(path("tests/scenarios")).expect("scenarios").map(|f| f.expect("a file").path()).collect();
    files.sort();
    assert!(files.len() >= 2);
    for file in files {
        passes(&file, Rules::default()).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
}

#[test]
fn the_rota_outage_is_the_one_that_was_asked_for() {
    let scenario = crate::s3();
    let (from, to) = scenario.window.expect("a window");
    let due = scenario.cast.visits.iter().filter(|v| (from..to).contains(&v.start)).count();
    let dark = scenario
        .acts
        .iter()
        .filter(|a| matches!(a.deed, holdfast_tests::scenario::Deed::Phone(_, holdfast_tests::scenario::PhoneEvent::Signal(false))));
    assert_eq!((due, scenario.phones.len(), dark.count()), (38, 12, 4));
}
