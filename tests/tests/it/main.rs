//! What must hold across crates (DESIGN section 11), the scenarios, and proofs that the tests can fail.
//! One binary: it links once.

mod arrows;
mod canary;
mod clones;
mod convergence;
mod durability;
mod guards;
mod manual;
mod mutations;
mod scenarios;
mod storm;

/// A phone made of the model and the vault alone, which also does what no engine does.
#[path = "../../../sync-server/tests/common/mod.rs"]
mod phone;

use holdfast_tests::scenario::{Scenario, load};
use std::path::{Path, PathBuf};

/// A path in the repository.
fn path(in_repository: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(in_repository)
}

/// The rota outage.
fn s3() -> Scenario {
    load(&path("tests/scenarios/s3-rota-outage.scenario")).unwrap_or_else(|troubles| panic!("{troubles}"))
}

/// An empty folder that goes when the test ends.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}
