//! Nothing that was reported saved is ever lost, doubled, changed or made up: not by a kill, a restart, a wrong clock, a
//! bad network, nor by a server that was put back to yesterday.

use crate::{folder, s3};
use holdfast_model::id::EntryId;
use holdfast_tests::chance::another_day;
use holdfast_tests::play::{How, entries, play};
use holdfast_tests::world::{Store, World};
use std::collections::BTreeSet;

/// How many days of chance a test plays; `HOLDFAST_SEED` plays that one day instead.
pub fn seeds(usual: u64) -> Vec<u64> {
    match std::env::var("HOLDFAST_SEED") {
        Ok(seed) => vec![seed.parse().expect("HOLDFAST_SEED is a number")],
        Err(_) => (1..=usual).collect(),
    }
}

#[test]
fn days_that_nobody_wrote_arrive_whole() {
    for seed in seeds(6) {
        let scenario = another_day(s3(), seed, 400);
        let folder = folder();
        let played = play(&scenario, &How { seed, ..How::default() }, folder.path());
        let mut played = played.unwrap_or_else(|e| panic!("replay with HOLDFAST_SEED={seed}: {e}"));
        assert!(played.passed(), "replay with HOLDFAST_SEED={seed}\n{played}");
        // What stands in memory is what lies on the disk.
        let in_memory = sorted(&played.world);
        played.world.restart_office().expect("restarted");
        assert_eq!(in_memory, sorted(&played.world), "replay with HOLDFAST_SEED={seed}");
        let there: BTreeSet<_> = entries(&played.world).expect("entries").iter().map(|e| e.id()).collect();
        for (worker, device) in &mut played.world.phones {
            assert_eq!(device.waiting(), 0, "{worker}, HOLDFAST_SEED={seed}");
            assert_eq!(device.refusals, [], "{worker}, HOLDFAST_SEED={seed}: an honest office was not believed");
            for (saved, _) in &device.saved {
                assert!(there.contains(&saved.entry), "{worker}: {saved:?} was reported saved and is lost, HOLDFAST_SEED={seed}");
            }
        }
    }
}

/// The ids of all entries, each as often as it is there.
fn sorted(world: &World) -> Vec<EntryId> {
    let mut ids: Vec<EntryId> = entries(world).expect("entries").iter().map(|e| e.id()).collect();
    ids.sort();
    ids
}

#[test]
fn a_day_on_real_disks_arrives_whole() {
    let scenario = another_day(s3(), 77, 150);
    let folder = folder();
    let played = play(&scenario, &How { seed: 77, store: Store::Folders, ..How::default() }, folder.path()).expect("a play");
    assert!(played.passed(), "{played}");
}
