//! The provider of the workload, as an office plans it: workers, visits, one code a phone.

use crate::workload::Visit;
use holdfast_model::entry::{Assigned, Body, Flag, PlannedDose, PlannedTask, Priority};
use holdfast_model::id::{BranchId, DocumentId, MedicineId, PersonId, ProviderId, RunId, TaskId, VisitId, WorkerId};
use holdfast_model::time::Millis;
use holdfast_model::wire::Role;
use holdfast_sync_server::office::{Statement, WorkerRecord};
use serde_json::Value;

/// The provider of every bench.
pub fn provider() -> ProviderId {
    ProviderId::new("bench").expect("letters")
}

/// Its one branch.
pub fn branch() -> BranchId {
    BranchId::new("storm").expect("letters")
}

/// The worker of a device, as the workload numbers them.
pub fn worker(device: usize) -> WorkerId {
    WorkerId::new(format!("W{device:05}")).expect("letters and digits")
}

/// The one who watches.
pub fn coordinator() -> WorkerId {
    WorkerId::new("C-1").expect("letters and digits")
}

/// A visit's name.
pub fn visit_id(visit: &Visit) -> VisitId {
    VisitId::new(visit.id.clone()).expect("26 letters and digits")
}

/// Everybody.
pub fn workers(devices: usize) -> Vec<WorkerRecord> {
    let record = |id: WorkerId, role| WorkerRecord { name: id.to_string(), id, role, branch: branch(), phone: String::new() };
    let mut all: Vec<_> = (0..devices).map(|d| record(worker(d), Role::Worker)).collect();
    all.push(record(coordinator(), Role::Coordinator));
    all
}

/// What the office plans: a statement a visit, with the workload's planned fields.
pub fn plans(visits: &[Visit]) -> Vec<Statement> {
    visits.iter().map(|v| Statement { doc: DocumentId::Visit(visit_id(v)), body: Body::Assigned(assigned(v)) }).collect()
}

fn assigned(visit: &Visit) -> Assigned {
    let int = |k: &str| visit.plan[k].as_i64().expect("a number of the workload");
    let person = visit.plan["personId"].as_str().expect("a text of the workload");
    let start = int("start");
    let titles = visit.plan["tasks"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let tasks = titles
        .enumerate()
        .map(|(i, title)| PlannedTask { id: TaskId::new(format!("T{i}")).expect("letters and digits"), title: title.to_owned() });
    let doses = visit.entries.iter().filter(|e| e["kind"] == "med").map(|e| {
        let name = e["med"].as_str().expect("a text of the workload");
        PlannedDose {
            medicine: MedicineId::new(name.replace(' ', "-")).expect("letters, digits, hyphens"),
            name: name.to_owned(),
            dose: format!("{} {}", e["dose"], e["unit"].as_str().unwrap_or_default()),
            due: Millis(e["due"].as_i64().expect("a number of the workload")),
            window_min: 30,
            time_critical: visit.plan["timeCritical"] == true,
            given_by_worker: true,
        }
    });
    Assigned {
        person: PersonId::new(person).expect("letters and digits"),
        name: format!("Person {person}"),
        run: RunId::new(format!("R-{:05}", visit.device)).ok(),
        workers: std::iter::once(visit.device).chain(visit.second).map(worker).collect(),
        start: Millis(start),
        end: Millis(int("end")),
        priority: if visit.plan["timeCritical"] == true { Priority::TimeCritical } else { Priority::Usual },
        flags: visit.second.map(|_| Flag::DoubleUp).into_iter().collect(),
        tasks: tasks.collect(),
        doses: doses.collect(),
        rota: "R1".into(),
    }
}
