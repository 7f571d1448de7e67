//! How long a phone takes to show today's run when a year of visits lies on it. Each opening is a process of its own, so
//! that nothing is warm but the disk's cache.

use crate::client::Failure;
use crate::measure::{median, memory};
use crate::{desk, map, provider, workload};
use holdfast_engine::{Intent, LinuxDisk, Phone, Settings};
use holdfast_host::{ManualClock, SystemRandom};
use holdfast_model::port::Clock;
use holdfast_model::time::{DAY, Millis};
use holdfast_vault::worker::Cost;
use holdfast_vault::{FileCustodian, KeyCustodian};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const DAYS: usize = 365;
const VISITS_A_DAY: usize = 12;

/// Fills a phone with a year, then opens it in fresh processes.
pub fn table(scratch: &Path, openings: usize) -> Result<(), Failure> {
    let last = fill(scratch)?;
    let (mut times, mut unlocks, mut resident, mut listed) = (Vec::new(), Vec::new(), 0, 0);
    for _ in 0..openings {
        let out = std::process::Command::new(std::env::current_exe()?)
            .args(["role", "phone", "open", "--data", &scratch.to_string_lossy(), "--at", &last.0.to_string()])
            .output()?;
        let line: serde_json::Value = serde_json::from_slice(&out.stdout)?;
        times.push(line["ms"].as_f64().ok_or("no time")?);
        unlocks.push(line["unlock_ms"].as_f64().ok_or("no time")?);
        resident = line["rss"].as_u64().ok_or("no size")?;
        listed = line["listed"].as_u64().ok_or("no count")?;
    }
    println!("\n### Cold open, {} visits stored ({openings} processes)\n", DAYS * VISITS_A_DAY);
    println!("| today's list, after the PIN's key derivation ms | of that, until unlocked ms | resident MB | visits listed |");
    println!("|---|---|---|---|");
    println!("| {:.2} | {:.1} | {:.1} | {listed} |", median(&mut times), median(&mut unlocks), resident as f64 / 1e6);
    Ok(())
}

/// A year of visits by one worker; each day is planned, pulled and recorded. Gives a moment of the last day.
fn fill(scratch: &Path) -> Result<Millis, Failure> {
    let mut visits = workload::generate(1, VISITS_A_DAY);
    let start = visits[0].plan["start"].as_i64().ok_or("no start")?;
    let clock = Arc::new(ManualClock::alone(Millis(start - 600_000)));
    let office = desk::office(&scratch.join("office"), clock.clone())?;
    let custodian: Arc<dyn KeyCustodian> = Arc::new(FileCustodian::open(scratch.join("keys"), Arc::new(SystemRandom::new()))?);
    let disk = Arc::new(LinuxDisk::new(scratch.join("phone"))?);
    let mut phone: Option<Phone> = None;
    for day in 0..DAYS {
        for (i, visit) in visits.iter_mut().enumerate() {
            visit.id = format!("V-{day:03}-{i:02}");
            shift(visit, if day == 0 { 0 } else { DAY });
        }
        let workers = if day == 0 { provider::workers(1) } else { Vec::new() };
        office.record_many(&provider::coordinator(), &provider::branch(), &workers, provider::plans(&visits))?;
        clock.advance(start + day as i64 * DAY - 600_000 - clock.read().wall.0);
        if let Some(phone) = &mut phone {
            phone.sync()?;
        } else {
            let ports = desk::ports(&office, clock.clone(), disk.clone(), custodian.clone());
            phone = Some(desk::enrolled(&office, ports, settings(), 0)?);
        }
        let phone = phone.as_mut().ok_or("no phone")?;
        for visit in &visits {
            for e in &visit.entries {
                clock.advance((e["at"].as_i64().ok_or("no time")? - clock.read().wall.0).max(1));
                phone.record(&provider::visit_id(visit), Intent { body: map::body(e), happened: None, reference: None })?;
            }
        }
        phone.sync()?;
    }
    Ok(clock.read().wall)
}

/// The figure is for the time after the PIN's key derivation, so the derivation is made to cost next to nothing; all else
/// is as on a phone in the field.
fn settings() -> Settings {
    Settings { pin_cost: Cost::SIMULATION, ..Settings::default() }
}

fn shift(visit: &mut workload::Visit, by: i64) {
    let moved = |map: &mut serde_json::Map<String, serde_json::Value>, keys: &[&str]| {
        for key in keys {
            if let Some(at) = map.get(*key).and_then(serde_json::Value::as_i64) {
                map.insert((*key).to_owned(), (at + by).into());
            }
        }
    };
    moved(&mut visit.plan, &["start", "end"]);
    visit.entries.iter_mut().for_each(|e| moved(e, &["at", "due"]));
}

/// The role: one opening.
pub fn once(scratch: &Path, at: Millis) -> Result<(), Failure> {
    let clock = Arc::new(ManualClock::alone(at));
    // A morning after the phone was off: its clock counts anew.
    clock.reboot();
    let custodian = Arc::new(FileCustodian::open(scratch.join("keys"), Arc::new(SystemRandom::new()))?);
    let ports = holdfast_engine::port::Ports {
        clock,
        random: Arc::new(SystemRandom::new()),
        network: Arc::new(holdfast_engine::HttpNetwork::new()?),
        disk: Arc::new(LinuxDisk::new(scratch.join("phone"))?),
        custodian: custodian.clone(),
    };
    let t = Instant::now();
    let mut phone = Phone::open(ports, settings())?;
    phone.unlock(desk::PIN)?;
    let unlocked = t.elapsed().as_secs_f64() * 1e3;
    let run = phone.run(None)?;
    let ms = t.elapsed().as_secs_f64() * 1e3;
    let rss = memory(std::process::id(), "VmRSS");
    println!("{}", serde_json::json!({"ms": ms, "unlock_ms": unlocked, "rss": rss, "listed": run.run.visits.len()}));
    Ok(())
}
