//! Nothing that was reported saved is ever lost, doubled, changed or made up: not by a kill, a restart, a wrong clock, a
//! bad network, nor by a server that was put back to yesterday.

use crate::{folder, s3};
use holdfast_model::id::EntryId;
use holdfast_sync_server::faults::Faults;
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

/// A day that chance wrote arrives whole, once, and lies on the disk as it stands in memory.
pub fn arrives_whole(seed: u64, faults: Faults) -> Result<(), String> {
    let scenario = another_day(s3(), seed, 400);
    let folder = folder();
    let mut played = play(&scenario, &How { seed, faults, ..How::default() }, folder.path()).map_err(|e| e.to_string())?;
    if !played.passed() {
        return Err(played.to_string());
    }
    let in_memory = sorted(&played.world);
    played.world.restart_office().map_err(|e| e.to_string())?;
    if in_memory != sorted(&played.world) {
        return Err("what stood in memory is not what lies on the disk".into());
    }
    let there: BTreeSet<_> = entries(&played.world).map_err(|e| e.to_string())?.iter().map(|e| e.id()).collect();
    for (worker, device) in &mut played.world.phones {
        if device.waiting() > 0 {
            return Err(format!("{worker} still waits"));
        }
        if !device.refusals.is_empty() {
            return Err(format!("{worker} did not believe an honest office: {:?}", device.refusals));
        }
        if let Some((lost, _)) = device.saved.iter().find(|(saved, _)| !there.contains(&saved.entry)) {
            return Err(format!("{worker}: {lost:?} was reported saved and is lost"));
        }
    }
    Ok(())
}

#[test]
fn days_that_nobody_wrote_arrive_whole() {
    for seed in seeds(6) {
        arrives_whole(seed, Faults::default()).unwrap_or_else(|wrong| panic!("replay with HOLDFAST_SEED={seed}: {wrong}"));
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
