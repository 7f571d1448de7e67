//! A contact with nothing new: how many requests, how many bytes, whatever the number of documents.

use crate::client::Failure;
use crate::desk::{self, Direct};
use crate::{provider, workload};
use holdfast_engine::port::{Answer, Ask, Network, NetworkFault, Ports, ServerAddress};
use holdfast_engine::{Enrol, MemoryCustodian, MemoryDisk, Phone, Settings};
use holdfast_host::{ManualClock, SystemRandom};
use holdfast_model::time::{HOUR, Millis};
use holdfast_vault::worker::Cost;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Requests that went by, with the length of both bodies.
struct Counting {
    to: Direct,
    seen: Mutex<Vec<(usize, usize)>>,
}

impl Network for Counting {
    fn exchange(&self, ask: Ask, timeout: Duration) -> Result<Answer, NetworkFault> {
        let up = ask.body.len();
        let answer = self.to.exchange(ask, timeout)?;
        self.seen.lock().expect("no panic while held").push((up, answer.body.len()));
        Ok(answer)
    }
}

/// Fills a branch with 10,000 visits, brings a device up to date, and contacts the office once more.
pub fn table(scratch: &Path) -> Result<(), Failure> {
    let visits = workload::generate(1, 10_000);
    let clock = Arc::new(ManualClock::alone(Millis(visits[0].plan["start"].as_i64().ok_or("no start")? - 600_000)));
    let office = desk::office(scratch, clock.clone())?;
    office.record_many(&provider::coordinator(), &provider::branch(), &provider::workers(1), provider::plans(&visits))?;
    let random = Arc::new(SystemRandom::new());
    let network = Arc::new(Counting { to: Direct(office.clone()), seen: Mutex::default() });
    let custodian = Arc::new(MemoryCustodian::new(random.clone()));
    let ports = Ports { clock: clock.clone(), random, network: network.clone(), disk: Arc::new(MemoryDisk::new()), custodian };
    let mut device = Phone::open(ports, Settings { pin_cost: Cost::SIMULATION, ..Settings::default() })?;
    let code = office.enrol_code(&provider::coordinator(), HOUR)?.code;
    let servers = vec![ServerAddress::parse("http://127.0.0.1:1").ok_or("no address")?];
    device.enrol(Enrol { code, servers, label: "office".into(), pin: desk::PIN.into() })?;
    let pulled = device.sync()?.pulled;
    device.sync()?; // tells the office which plans it holds, if it was asked to
    clock.advance(60_000);
    network.seen.lock().expect("no panic while held").clear();
    let t = Instant::now();
    device.sync()?;
    let ms = t.elapsed().as_secs_f64() * 1e3;
    let seen = network.seen.lock().expect("no panic while held").clone();
    println!("\n### Contact with nothing new, {} documents ({pulled} entries pulled before)\n", visits.len());
    println!("| requests | bytes up | bytes down | both sides ms |\n|---|---|---|---|");
    let (up, down) = seen.iter().fold((0, 0), |(u, d), (a, b)| (u + a, d + b));
    println!("| {} | {up} | {down} | {ms:.2} |", seen.len());
    Ok(())
}
