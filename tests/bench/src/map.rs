//! The workload's entries in Holdfast's kinds, and back. Nothing is lost: the way back gives the very JSON that the
//! workload's checksum is over, and a test holds that for every entry of a size.

use holdfast_model::entry::{
    Arrived, Body, DoseEnd, Entry, Evidence, Left, MedicineOutcome, Method, Note, NoteType, Observation, TaskEnd, TaskOutcome,
};
use holdfast_model::id::{MedicineId, TaskId};
use holdfast_model::time::Millis;
use serde_json::{Map, Value, json};

/// The statement of a workload entry. Panics on a workload that is not the published one.
pub fn body(e: &Map<String, Value>) -> Body {
    let text = |k: &str| e[k].as_str().expect("a text of the workload").to_owned();
    let int = |k: &str| e[k].as_i64().expect("a number of the workload");
    // A tag that was read has a number; the workload names none, so the visit's stands for it.
    let tag = (e.get("method").and_then(Value::as_str) == Some("nfc")).then(|| text("visit"));
    let evidence = || Evidence { tag: tag.clone(), lat_e6: Some(int("lat") as i32), lon_e6: Some(int("lon") as i32) };
    match text("kind").as_str() {
        "checkin" => Body::Arrived(Arrived { method: method(&text("method")), evidence: evidence(), reason: String::new() }),
        "checkout" => Body::Left(Left {
            method: Method::Position,
            evidence: evidence(),
            reason: String::new(),
            mileage_tenths: Some(int("mileage") as u32),
        }),
        "task" => Body::Task(TaskOutcome {
            task: TaskId::new(format!("T{}", int("index"))).expect("letters and digits"),
            title: text("task"),
            index: Some(int("index") as u32),
            outcome: task_end(&text("outcome")),
            reason: reason(text("outcome") != "done"),
        }),
        "med" => Body::Medicine(MedicineOutcome {
            medicine: MedicineId::new(text("med").replace(' ', "-")).expect("letters, digits, hyphens"),
            name: text("med"),
            due: Some(Millis(int("due"))),
            outcome: dose_end(&text("outcome")),
            amount: Some(int("dose").to_string()),
            unit: text("unit"),
            route: text("route"),
            reason: reason(text("outcome") != "taken"),
            witness: text("witness"),
            stock_left: Some(int("stock") as u32),
            told: None,
        }),
        "obs" => Body::Observation(Observation {
            about: text("type"),
            value: Some(int("value").to_string()),
            unit: text("unit"),
            text: String::new(),
            concern: false,
        }),
        "note" => Body::Note(Note { about: NoteType::General, text: text("text") }),
        other => panic!("the workload has no kind {other}"),
    }
}

/// The workload entry that an entry came from, if it came from one.
pub fn original(entry: &Entry) -> Option<Map<String, Value>> {
    let visit = entry.doc.to_string().strip_prefix("visit:")?.to_owned();
    let mut all = json!({
        "id": entry.reference.as_ref()?, "visit": visit, "at": entry.recorded.at.0, "by": entry.author.worker.as_str(),
    });
    let rest = match &entry.body {
        Body::Arrived(a) => {
            json!({"kind": "checkin", "lat": a.evidence.lat_e6?, "lon": a.evidence.lon_e6?, "method": method_word(a.method)})
        }
        Body::Left(l) => {
            json!({"kind": "checkout", "lat": l.evidence.lat_e6?, "lon": l.evidence.lon_e6?, "mileage": l.mileage_tenths?})
        }
        Body::Task(t) => json!({"kind": "task", "task": t.title, "index": t.index?, "outcome": task_word(t.outcome)}),
        Body::Medicine(m) => json!({
            "kind": "med", "med": m.name, "dose": m.amount.as_ref()?.parse::<i64>().ok()?, "unit": m.unit, "route": m.route,
            "due": m.due?.0, "outcome": dose_word(m.outcome), "witness": m.witness, "stock": m.stock_left?,
        }),
        Body::Observation(o) => {
            json!({"kind": "obs", "type": o.about, "value": o.value.as_ref()?.parse::<i64>().ok()?, "unit": o.unit})
        }
        Body::Note(n) => json!({"kind": "note", "text": n.text}),
        _ => return None,
    };
    all.as_object_mut()?.extend(rest.as_object()?.clone());
    all.as_object().cloned()
}

/// The workload gives no reasons; Holdfast takes no "declined" without one.
fn reason(wanted: bool) -> String {
    if wanted { "Did not want it".into() } else { String::new() }
}

fn method(word: &str) -> Method {
    match word {
        "nfc" => Method::Tag,
        "gps" => Method::Position,
        _ => Method::HomePhone,
    }
}
fn method_word(method: Method) -> &'static str {
    match method {
        Method::Tag => "nfc",
        Method::Position => "gps",
        _ => "phone",
    }
}
fn task_end(word: &str) -> TaskEnd {
    match word {
        "done" => TaskEnd::Done,
        "declined" => TaskEnd::Declined,
        _ => TaskEnd::NotNeeded,
    }
}
fn task_word(end: TaskEnd) -> &'static str {
    match end {
        TaskEnd::Done => "done",
        TaskEnd::Declined => "declined",
        _ => "not needed",
    }
}
fn dose_end(word: &str) -> DoseEnd {
    match word {
        "taken" => DoseEnd::Given,
        "refused" => DoseEnd::Refused,
        _ => DoseEnd::Absent,
    }
}
fn dose_word(end: DoseEnd) -> &'static str {
    match end {
        DoseEnd::Given => "taken",
        DoseEnd::Refused => "refused",
        _ => "absent",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload;
    use holdfast_model::entry::{Author, Entry, Mono, Read, Recorded, VERSION};
    use holdfast_model::id::{BootId, ChainEpoch, DeviceId, DocumentId, EntryId, VisitId, WorkerId};

    #[test]
    fn every_entry_of_the_workload_comes_back_as_it_was() {
        for e in workload::generate(5, 4).iter().flat_map(|v| v.entries.iter().chain(&v.extra)) {
            let text = |k: &str| e[k].as_str().expect("a text").to_owned();
            let at = Millis(e["at"].as_i64().expect("a time"));
            let entry = Entry {
                v: VERSION,
                id: EntryId::make(at.0, [1; 10]),
                doc: DocumentId::Visit(VisitId::new(text("visit")).expect("letters")),
                author: Author::proven(WorkerId::new(text("by")).expect("letters")),
                device: DeviceId::new("D-1").expect("letters"),
                epoch: ChainEpoch([1; 8]),
                seq: 1,
                happened: None,
                recorded: Recorded { at, offset_min: 0 },
                mono: Mono { boot: BootId([1; 8]), ms: 1 },
                plan: None,
                reference: Some(text("id")),
                body: body(e),
            };
            let Ok(Read::Known(read)) = Read::parse(&entry.text()) else { panic!("it reads back") };
            assert_eq!(original(&read).as_ref(), Some(e));
        }
    }
}
