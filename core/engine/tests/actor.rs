//! The thread around a phone: whole screens to observers, the first one like all others; taps that never wait for the network.

mod common;

use common::*;
use holdfast_engine::port::{Answer, Ask, Network, NetworkFault};
use holdfast_engine::{Engine, EngineError, Intent};
use holdfast_model::projection::Standing;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime").block_on(work)
}

/// A network that holds every exchange until the test lets it go.
struct Slow {
    office: Arc<Office>,
    gate: Mutex<mpsc::Receiver<()>>,
}

impl Network for Slow {
    fn exchange(&self, ask: Ask, timeout: Duration) -> Result<Answer, NetworkFault> {
        self.gate.lock().expect("one at a time").recv().map_err(|_| NetworkFault::Unreachable)?;
        self.office.exchange(ask, timeout)
    }
}

#[test]
fn observers_get_whole_screens_and_taps_do_not_wait_for_the_network() {
    let world = World::new();
    drop(world.ready());
    let (open, gate) = mpsc::channel();
    let mut ports = world.ports();
    ports.network = Arc::new(Slow { office: world.office.clone(), gate: Mutex::new(gate) });
    let engine = Engine::start(ports, settings()).expect("starts");
    let (to, screens) = mpsc::channel();
    let watching = engine
        .watch_visit(visit("V-1"), move |screen| {
            let _ = to.send(screen);
        })
        .expect("watching");
    assert_eq!(screens.recv_timeout(SOON).expect("at once").map(|_| ()), Err(EngineError::Locked), "the first state, by the same way");
    wait(engine.unlock(PIN.into())).expect("the PIN");
    assert_eq!(screens.recv_timeout(SOON).expect("a screen").expect("readable").visit.entries.len(), 1);

    wait(engine.keep_contact(true)).expect("on");
    wait(engine.record(visit("V-1"), Intent::now(arrived()))).expect("saved while the network stands still");
    wait(engine.record(visit("V-1"), Intent::now(note("and again")))).expect("saved while the network stands still");
    let latest = |standing: Standing| {
        let until = std::time::Instant::now() + SOON;
        loop {
            let left = until.saturating_duration_since(std::time::Instant::now());
            let screen = screens.recv_timeout(left).expect("a screen in time").expect("readable");
            if screen.visit.entries.len() == 3 && screen.visit.entries[1..].iter().all(|e| e.standing == standing) {
                return;
            }
        }
    };
    for _ in 0..8 {
        open.send(()).expect("there");
    }
    latest(Standing::Received);

    drop(watching);
    wait(engine.record(visit("V-1"), Intent::now(left()))).expect("saved");
    while screens.try_recv().is_ok() {}
    wait(engine.record(visit("V-1"), Intent::now(note("unseen")))).expect("saved");
    assert!(screens.try_recv().is_err(), "nobody looks any more");
}

#[test]
fn a_caller_that_goes_away_cancels_nothing_and_pausing_lets_the_disk_go() {
    let world = World::new();
    drop(world.ready());
    let engine = Engine::start(world.ports(), settings()).expect("starts");
    assert_eq!(Engine::start(world.ports(), settings()).map(|_| ()), Err(EngineError::StoreInUse));
    wait(engine.unlock(PIN.into())).expect("the PIN");
    wait(async {
        let write = engine.record(visit("V-1"), Intent::now(arrived()));
        // Polled once, so that the command is on its way, and then dropped.
        let _ = tokio::time::timeout(Duration::ZERO, write).await;
    });
    assert_eq!(wait(engine.visit(visit("V-1"))).expect("a visit").visit.entries.len(), 2);
    wait(engine.pause()).expect("paused");
    let other = Engine::start(world.ports(), settings()).expect("the disk is free");
    drop(other);
    std::thread::sleep(Duration::from_millis(200));
    wait(engine.resume()).expect("open again");
    assert_eq!(wait(engine.run(None)).map(|_| ()), Err(EngineError::Locked));
}
