//! What one tap costs: a durable, sealed, chained entry on a phone's disk, beside one raw SQLite insert of the same
//! bytes with the same guarantee. Both alternate in one run, so that a slow moment of the disk hits both.

use crate::client::Failure;
use crate::measure::percentile;
use crate::{desk, map, provider, workload};
use holdfast_engine::{Intent, LinuxDisk, Settings};
use holdfast_host::{ManualClock, SystemRandom};
use holdfast_model::port::Clock;
use holdfast_model::time::Millis;
use holdfast_vault::FileCustodian;
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Measures `rounds` visits' worth of taps and prints the table.
pub fn table(scratch: &Path) -> Result<(), Failure> {
    let visits = workload::generate(1, 60);
    let clock = Arc::new(ManualClock::alone(Millis(visits[0].plan["start"].as_i64().ok_or("no start")? - 600_000)));
    let office = desk::office(&scratch.join("office"), clock.clone())?;
    office.record_many(&provider::coordinator(), &provider::branch(), &provider::workers(1), provider::plans(&visits))?;
    let home = scratch.join("phone");
    let custodian = FileCustodian::open(scratch.join("keys"), Arc::new(SystemRandom::new()))?;
    let ports = desk::ports(&office, clock.clone(), Arc::new(LinuxDisk::new(&home)?), Arc::new(custodian));
    let mut phone = desk::enrolled(&office, ports, Settings::default(), 0)?;

    let raw = Connection::open(scratch.join("raw.db"))?;
    raw.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE entry(n INTEGER PRIMARY KEY, body BLOB NOT NULL);")?;
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for visit in &visits {
        let id = provider::visit_id(visit);
        for (i, e) in visit.entries.iter().enumerate() {
            clock.advance(e["at"].as_i64().ok_or("no time")? - clock.read().wall.0);
            if i == 0 {
                // Sixty visits reach further than the pack of one day.
                phone.sync()?;
            }
            let intent = Intent { body: map::body(e), happened: None, reference: None };
            let t = Instant::now();
            phone.record(&id, intent)?;
            // The first entry of a visit opens it; the figure is for a visit that is open.
            if i > 0 {
                ours.push(t.elapsed().as_secs_f64() * 1e3);
            }
            let body = vec![0x5a_u8; SAME_BYTES];
            let t = Instant::now();
            raw.prepare_cached("INSERT INTO entry(body) VALUES (?)")?.execute([&body])?;
            if i > 0 {
                floor.push(t.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    drop(phone);
    let stored = bytes_of_an_entry(&home)?;
    println!(
        "\n### Durable append of one entry, visit open ({} taps; {stored:.0} bytes an entry stored, {SAME_BYTES} in the raw row)\n",
        ours.len()
    );
    println!("| | p50 ms | p99 ms |\n|---|---|---|");
    let (o50, o99) = (percentile(&mut ours, 0.5), percentile(&mut ours, 0.99));
    let (f50, f99) = (percentile(&mut floor, 0.5), percentile(&mut floor, 0.99));
    println!("| raw SQLite insert, WAL, FULL | {f50:.3} | {f99:.3} |");
    println!("| phone: authored, sealed twice, chained, projected | {o50:.3} | {o99:.3} |");
    println!("| ratio | {:.2} | {:.2} |", o50 / f50, o99 / f99);
    Ok(())
}

/// Bytes of the raw row: what the phone stores of an entry, sealed for itself and for the way out.
const SAME_BYTES: usize = 1_740;

fn bytes_of_an_entry(home: &Path) -> Result<f64, Failure> {
    let store = std::fs::read_dir(home.join("store"))?
        .flatten()
        .map(|f| f.path())
        .find(|p| p.extension().is_some_and(|x| x == "db" || x == "sqlite"));
    let db = Connection::open(store.ok_or("no store")?)?;
    Ok(db.query_row("SELECT avg(length(sealed) + length(outbox)) FROM own WHERE outbox IS NOT NULL", [], |row| row.get(0))?)
}
