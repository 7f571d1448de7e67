//! Proof that the tests can fail: seven faults that software of this kind has had, each switched on through a port that only tests
//! reach, and the test that each turns red. The table is the code: every row is a test of its own.
//!
//! A row runs the very check that its named test makes, with the fault on, and wants it to fail for the reason given. A last test
//! holds the names: a named test must be there, and must make that check.

use crate::durability::arrives_whole;
use crate::guards::{no_actor_comes_back, nothing_comes_in_unsigned, the_order_is_the_true_one};
use crate::path;
use crate::phone::nothing_is_handed_on_that_does_not_rebuild;
use crate::scenarios::passes;
use holdfast_model::projection::Rules;
use holdfast_sync_server::faults::{Fault, Faults};

/// What a check says with its fault on.
fn red(fault: &str, test: &str, result: Result<(), String>, because: &str) {
    let said = result.expect_err(&format!("{test} would not have noticed {fault}"));
    assert!(said.contains(because), "{test} fails with {fault}, but not because of “{because}”:\n{said}");
}

/// Rules that read silence as a missed visit.
fn silence_is_missed() -> Rules {
    let mut rules = Rules::default();
    rules.silence_is_missed();
    rules
}

macro_rules! proofs {
    ($($name:ident: $fault:literal turns $test:ident red in $check:ident($($arg:expr),*) because $because:literal;)+) => {
        $(
            #[test]
            fn $name() {
                red($fault, stringify!($test), $check($($arg),*), $because);
            }
        )+
        /// Fault, named test, check.
        const TABLE: &[(&str, &str, &str)] = &[$(($fault, stringify!($test), stringify!($check))),+];
    };
}

proofs! {
    acknowledgement_before_commit_is_noticed:
        "acknowledgement before commit" turns days_that_nobody_wrote_arrive_whole red
        in arrives_whole(5, Faults::of(&[Fault::AckBeforeCommit])) because "missing: ";
    one_dropped_entry_is_noticed:
        "one dropped entry" turns days_that_nobody_wrote_arrive_whole red
        in arrives_whole(5, Faults::of(&[Fault::DropOneEntry])) because "missing: ";
    an_unchecked_signature_is_noticed:
        "an unchecked signature" turns nothing_with_a_broken_signature_comes_in red
        in nothing_comes_in_unsigned(Faults::of(&[Fault::SkipSignature])) because "came in with a broken signature";
    an_open_gate_is_noticed:
        "an open gate" turns the_gate_withholds_the_document_and_never_the_entry red
        in nothing_is_handed_on_that_does_not_rebuild(&[Fault::OpenGate]) because "was handed on";
    silence_read_as_missed_is_noticed:
        "silence read as missed" turns every_scenario_passes red
        in passes(&path("tests/scenarios/s3-rota-outage.scenario"), silence_is_missed()) because "no word";
    order_by_wall_clock_is_noticed:
        "order by wall clock" turns a_phone_47_minutes_fast_stands_where_it_belongs red
        in the_order_is_the_true_one(Faults::of(&[Fault::OrderByWallClock])) because "stands first";
    a_stored_and_reused_actor_id_is_noticed:
        "a stored and reused actor id" turns every_load_writes_with_an_actor_of_its_own red
        in no_actor_comes_back(true) because "were used before";
}

#[test]
fn every_named_test_is_there_and_makes_the_check_of_its_row() {
    assert_eq!(TABLE.len(), 7);
    let mut sources = String::new();
    for folder in ["tests/tests/it", "sync-server/tests"] {
        for file in std::fs::read_dir(path(folder)).expect("tests") {
            let file = file.expect("a file").path();
            if file.extension().is_some_and(|e| e == "rs") {
                sources.push_str(&std::fs::read_to_string(file).expect("a source"));
            }
        }
    }
    for (fault, test, check) in TABLE {
        let body = sources.split(&format!("#[test]\nfn {test}() {{")).nth(1).unwrap_or_else(|| panic!("{fault}: there is no test {test}"));
        let body = body.split("\n}\n").next().unwrap_or("");
        assert!(body.contains(&format!("{check}(")), "{fault}: {test} does not make the check {check}");
    }
}
