//! Every scenario passes: what it expects is seen, and the office's store holds exactly what it implies.

use crate::{folder, path};
use holdfast_tests::play::{How, play};
use holdfast_tests::scenario::load;

#[test]
fn every_scenario_passes() {
    let mut files: Vec<_> = std::fs::read_dir(path("tests/scenarios")).expect("scenarios").map(|f| f.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let scenario = load(&file).unwrap_or_else(|troubles| panic!("{}\n{troubles}", file.display()));
        let folder = folder();
        let played = play(&scenario, &How::default(), folder.path()).unwrap_or_else(|e| panic!("{}: {e}", scenario.title));
        assert!(played.passed(), "{}\n{played}", scenario.title);
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
