//! The devices of the storm: real phones (the engine itself), each with a store and keys of its own in memory, as the
//! other peers' replicas are. What is recorded is sealed, chained and signed as on a phone in the field; only the PIN's
//! key derivation is cheap, since it happens before the storm.

use crate::client::{Failure, http};
use crate::lines::{commands, emit, now_ms};
use crate::workload::{self, Visit};
use crate::{map, provider};
use holdfast_engine::port::{Answer, Ask, Network, NetworkFault, Ports, ServerAddress};
use holdfast_engine::{Enrol, Intent, MemoryCustodian, MemoryDisk, Phone, Settings};
use holdfast_host::{ManualClock, SystemRandom};
use holdfast_model::port::Clock;
use holdfast_model::time::{DAY, Millis};
use holdfast_vault::worker::Cost;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The way to the office while setting up; in the storm the asks travel over each phone's own connection.
struct Way {
    base: String,
    client: reqwest::Client,
    runtime: tokio::runtime::Handle,
}

impl Network for Way {
    fn exchange(&self, ask: Ask, _: Duration) -> Result<Answer, NetworkFault> {
        self.runtime.block_on(send(&self.client, &self.base, ask)).map_err(|_| NetworkFault::Unreachable)
    }
}

async fn send(client: &reqwest::Client, base: &str, ask: Ask) -> Result<Answer, reqwest::Error> {
    let mut request = client.post(format!("{base}{}", ask.path)).body(ask.body);
    for (name, value) in ask.headers {
        request = request.header(name, value);
    }
    let reply = request.send().await?;
    let status = reply.status().as_u16();
    let text = |v: &reqwest::header::HeaderValue| v.to_str().unwrap_or_default().to_owned();
    let headers = reply.headers().iter().map(|(n, v)| (n.as_str().to_owned(), text(v))).collect();
    Ok(Answer { status, headers, body: reply.bytes().await?.to_vec() })
}

/// The devices role.
pub async fn devices(port: u16, size: &str, data: &Path) -> Result<(), Failure> {
    let (d, v) = workload::size(size).ok_or("no such size")?;
    let codes: Vec<String> = serde_json::from_slice(&std::fs::read(data.join("codes.json"))?)?;
    let base = format!("http://127.0.0.1:{port}");
    let runtime = tokio::runtime::Handle::current();
    let (setup_base, setup_data) = (base.clone(), data.to_owned());
    let mut phones = tokio::task::spawn_blocking(move || set_up(&setup_base, &setup_data, runtime, d, v, &codes)).await??;
    // A phone has its client before it has a network; the connection is opened in the storm.
    let mut clients = phones.iter().map(|_| http()).collect::<Result<Vec<_>, _>>()?;
    // Kept to the end: what a phone's memory takes to clear away is no part of coming back.
    let mut back = Vec::with_capacity(phones.len());
    emit(&json!({"ev": "ready"}));
    let mut lines = commands();
    while let Some(line) = lines.recv().await {
        match line.as_str() {
            "go" => {
                let phones = phones.drain(..).zip(clients.drain(..));
                let pushes: Vec<_> = phones.map(|(phone, client)| tokio::spawn(push(base.clone(), client, phone))).collect();
                for p in pushes {
                    back.push(p.await??);
                }
                emit(&json!({"ev": "pushed", "t": now_ms()}));
            }
            "quit" => break,
            _ => {}
        }
    }
    Ok(())
}

/// Comes back: everything that waits goes out, over one connection.
async fn push(base: String, client: reqwest::Client, mut phone: Phone) -> Result<Phone, Failure> {
    phone.reachable();
    loop {
        let Some(ask) = phone.sync_ask()? else { return Err("a phone had nothing to ask while entries wait".into()) };
        let outcome = phone.sync_answer(Ok(send(&client, &base, ask).await?))?;
        if outcome.waiting == 0 {
            return Ok(phone);
        }
    }
}

fn set_up(base: &str, data: &Path, runtime: tokio::runtime::Handle, d: usize, v: usize, codes: &[String]) -> Result<Vec<Phone>, Failure> {
    let visits = workload::generate(d, v);
    let morning = Millis(visits[0].plan["start"].as_i64().ok_or("no start")? - 600_000);
    let way: Arc<dyn Network> = Arc::new(Way { base: base.to_owned(), client: http()?, runtime });
    let mut phones = Vec::with_capacity(d);
    for (device, code) in codes.iter().enumerate().take(d) {
        let clock = Arc::new(ManualClock::alone(morning));
        let mut phone = enrol(base, code, device, clock.clone(), way.clone())?;
        phone.sync()?;
        let mut of_device: Vec<(&Visit, &Map<String, Value>)> = Vec::new();
        for visit in &visits {
            let mine = if visit.device == device { Some(&visit.entries) } else { None };
            let helping = if visit.second == Some(device) { Some(&visit.extra) } else { None };
            of_device.extend(mine.into_iter().chain(helping).flatten().map(|e| (visit, e)));
        }
        of_device.sort_by_key(|(_, e)| e["at"].as_i64());
        for (visit, e) in of_device {
            clock.advance(e["at"].as_i64().ok_or("no time")? - clock.read().wall.0);
            let reference = e["id"].as_str().map(str::to_owned);
            phone.record(&provider::visit_id(visit), Intent { body: map::body(e), happened: None, reference })?;
        }
        phones.push(phone);
    }
    // Evening: the storm begins after the last visit, and before midnight.
    std::fs::write(data.join("clock.new"), morning.plus(DAY / 2).0.to_string())?;
    std::fs::rename(data.join("clock.new"), data.join("clock"))?;
    Ok(phones)
}

fn enrol(base: &str, code: &str, device: usize, clock: Arc<ManualClock>, network: Arc<dyn Network>) -> Result<Phone, Failure> {
    let random = Arc::new(SystemRandom::new());
    let custodian = Arc::new(MemoryCustodian::new(random.clone()));
    let ports = Ports { clock, random, network, disk: Arc::new(MemoryDisk::new()), custodian };
    let mut phone = Phone::open(ports, Settings { pin_cost: Cost::SIMULATION, ..Settings::default() })?;
    let server = ServerAddress::parse(base).ok_or("no address")?;
    phone.enrol(Enrol { code: code.to_owned(), servers: vec![server], label: format!("D-{device}"), pin: "739215".into() })?;
    Ok(phone)
}
