//! Words that must never be found where they have no business: one in every field of every kind of entry.

use holdfast_model::entry::{
    Amended, Arrived, Assigned, Basis, Body, BreakGlass, Cancelled, Contact, CoverSent, DealtWith, DoseEnd, Essential, Evidence, Flag,
    Happened, Incident, IncidentType, KINDS, Left, MedicineOutcome, Method, Note, NoteType, Observation, OnTheWay, OutageClosed,
    OutageOpened, PersonDetails, PhoneCall, PlanMedicine, PlanVersion, PlannedDose, PlannedTask, Priority, Report, Speaker, Support,
    TaskEnd, TaskOutcome, Told, Unplanned, VisitEnd, VisitOutcome, WhenNeeded, Withdrawn,
};
use holdfast_model::id::{EntryId, MedicineId, OutageId, PersonId, RunId, TaskId, WorkerId};
use holdfast_model::time::{HOUR, MINUTE, Millis};
use std::path::{Path, PathBuf};

/// Words that nobody would write, numbered, so that a find says which field leaked.
#[derive(Debug, Default)]
pub struct Canaries {
    count: usize,
}

/// What every canary word begins with.
pub const WORD: &str = "kanarienvogel";

impl Canaries {
    /// The next word.
    pub fn word(&mut self) -> String {
        self.count += 1;
        format!("{WORD}{:04}", self.count)
    }

    /// How many have been written so far.
    pub fn written(&self) -> usize {
        self.count
    }

    /// One statement of every kind, with a word in every field that holds a person's text.
    pub fn every_kind(&mut self, about: &About) -> Vec<Body> {
        let bodies = self.kinds(about);
        let kinds: Vec<&str> = bodies.iter().map(Body::kind).collect();
        for kind in KINDS {
            assert!(kinds.contains(kind), "the canary has no {kind}: add it to canary.rs");
        }
        bodies
    }

    fn kinds(&mut self, about: &About) -> Vec<Body> {
        let About { person, worker, task, medicine, outage, entry, at } = about.clone();
        vec![
            Body::Assigned(self.assigned(about)),
            Body::Cancelled(Cancelled { asked_by: self.word(), reason: self.word() }),
            Body::CoverSent(CoverSent { worker: worker.clone(), instead: false, reason: self.word() }),
            Body::OnTheWay(OnTheWay { late_min: Some(12), reason: self.word() }),
            Body::Arrived(Arrived { method: Method::ByHand, evidence: self.evidence(), reason: self.word() }),
            Body::VisitOutcome(VisitOutcome {
                outcome: VisitEnd::CutShort,
                tried: self.word(),
                told: Some(self.told(at)),
                reason: self.word(),
            }),
            Body::Task(TaskOutcome { task, title: self.word(), index: Some(0), outcome: TaskEnd::Declined, reason: self.word() }),
            Body::Medicine(self.dose(medicine.clone(), at)),
            Body::Observation(Observation {
                about: self.word(),
                value: Some("37.5".into()),
                unit: self.word(),
                text: self.word(),
                concern: true,
            }),
            Body::Note(Note { about: NoteType::Health, text: self.word() }),
            Body::Incident(Incident {
                immediate_safety: self.word(),
                safe_now: true,
                what: IncidentType::Fall,
                text: self.word(),
                told: vec![self.told(at)],
            }),
            Body::Unplanned(Unplanned { person: Some(person.clone()), name: self.word(), reason: self.word() }),
            Body::Amended(Amended {
                entry,
                reason: self.word(),
                with: Box::new(Body::Note(Note { about: NoteType::General, text: self.word() })),
            }),
            Body::Withdrawn(Withdrawn { entry, reason: self.word() }),
            Body::BreakGlass(BreakGlass { reason: self.word(), contact: Some(at) }),
            Body::DealtWith(DealtWith { entry, how: self.word() }),
            Body::PhoneCall(PhoneCall {
                who: self.word(),
                speaker: Speaker::Family,
                at,
                report: Report::There,
                report_at: Some(at),
                worker: Some(worker),
                words: self.word(),
            }),
            Body::Person(PersonDetails {
                name: self.word(),
                known_as: self.word(),
                address: self.word(),
                phone: self.word(),
                access: self.word(),
                flags: vec![Flag::LivesAlone],
            }),
            Body::PlanVersion(self.plan(person, medicine, at)),
            Body::OutageOpened(OutageOpened {
                outage,
                what: self.word(),
                since: at,
                rota: self.word(),
                rota_frozen: Some(at),
                drill: true,
            }),
            Body::OutageClosed(OutageClosed { at, cause: self.word() }),
            Body::Left(Left { method: Method::ByHand, evidence: self.evidence(), reason: self.word(), mileage_tenths: Some(31) }),
        ]
    }

    fn evidence(&mut self) -> Evidence {
        Evidence { tag: Some(self.word()), lat_e6: Some(54_597_300), lon_e6: Some(-1_100_100) }
    }

    fn told(&mut self, at: Millis) -> Told {
        Told::Somebody { name: self.word(), at: Some(at) }
    }

    fn assigned(&mut self, about: &About) -> Assigned {
        Assigned {
            person: about.person.clone(),
            name: self.word(),
            run: RunId::new("run-canary").ok(),
            workers: vec![about.worker.clone()],
            start: about.at,
            end: about.at.plus(HOUR),
            priority: Priority::TimeCritical,
            flags: vec![Flag::Hoist],
            tasks: vec![PlannedTask { id: about.task.clone(), title: self.word() }],
            doses: vec![PlannedDose {
                medicine: about.medicine.clone(),
                name: self.word(),
                dose: self.word(),
                due: about.at.plus(30 * MINUTE),
                window_min: 30,
                time_critical: true,
                given_by_worker: true,
            }],
            rota: self.word(),
        }
    }

    fn dose(&mut self, medicine: MedicineId, at: Millis) -> MedicineOutcome {
        MedicineOutcome {
            medicine,
            name: self.word(),
            due: Some(at.plus(30 * MINUTE)),
            outcome: DoseEnd::Refused,
            amount: Some("0.5".into()),
            unit: self.word(),
            route: self.word(),
            reason: self.word(),
            witness: self.word(),
            stock_left: Some(13),
            told: Some(self.told(at)),
        }
    }

    fn plan(&mut self, person: PersonId, medicine: MedicineId, at: Millis) -> PlanVersion {
        PlanVersion {
            person,
            version: 99,
            replaces: None,
            effective: at,
            allergies: vec![self.word()],
            essentials: vec![Essential { title: self.word(), text: self.word() }],
            medicines: vec![PlanMedicine {
                id: medicine,
                name: self.word(),
                dose: self.word(),
                route: self.word(),
                times: Vec::new(),
                window_min: 60,
                time_critical: false,
                support: Support::WorkerGives,
                when_needed: Some(WhenNeeded { reason: self.word(), gap_min: 240, most_in_24h: "8".into() }),
            }],
            contacts: vec![Contact { name: self.word(), role: self.word(), phone: self.word() }],
            changed: self.word(),
        }
    }
}

/// What the canaries' statements are about.
#[derive(Debug, Clone)]
pub struct About {
    /// Whom.
    pub person: PersonId,
    /// Who goes.
    pub worker: WorkerId,
    /// A task of the visit.
    pub task: TaskId,
    /// A medicine of the plan.
    pub medicine: MedicineId,
    /// The outage.
    pub outage: OutageId,
    /// An earlier entry of the same document.
    pub entry: EntryId,
    /// When.
    pub at: Millis,
}

/// When it happened, as said from memory.
pub fn recalled(at: Millis) -> Happened {
    Happened { at, give_or_take_min: 5, basis: Basis::Recalled }
}

/// Looks for canary words in every file below a folder, and in the files' names. Plain, as UTF-16, as base64 and as
/// hexadecimal digits: how a careless log or table might hold them.
pub fn search(folder: &Path) -> std::io::Result<Vec<(PathBuf, String)>> {
    let mut finds = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        finds.extend(search_bytes(path.to_string_lossy().as_bytes()).map(|how| (path.clone(), format!("in its name, {how}"))));
        if path.is_dir() {
            finds.extend(search(&path)?);
        } else if path.is_file() {
            finds.extend(search_bytes(&std::fs::read(&path)?).map(|how| (path, how.to_owned())));
        }
    }
    Ok(finds)
}

/// How the bytes hold a canary word, if they do.
pub fn search_bytes(bytes: &[u8]) -> Option<&'static str> {
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|w| w.eq_ignore_ascii_case(needle));
    let wide: Vec<u8> = WORD.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hex = data_encoding::HEXLOWER.encode(WORD.as_bytes());
    if holds(WORD.as_bytes()) {
        return Some("plain");
    }
    if holds(&wide) {
        return Some("as UTF-16");
    }
    if holds(hex.as_bytes()) {
        return Some("as hexadecimal");
    }
    // Three ways to fall on base64's groups of three bytes; the first and last group depend on the neighbours.
    let encoded = (0..3).any(|shift| {
        let padded = [&b"__"[..shift], WORD.as_bytes()].concat();
        let text = data_encoding::BASE64_NOPAD.encode(&padded);
        let core = &text.as_bytes()[if shift == 0 { 0 } else { 4 }..text.len() - 4];
        bytes.windows(core.len()).any(|w| w == core)
    });
    encoded.then_some("as base64")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_search_finds_a_word_however_it_is_written() {
        let text = format!("log: {WORD}0001 seen");
        assert_eq!(search_bytes(text.as_bytes()), Some("plain"));
        assert_eq!(search_bytes(text.to_uppercase().as_bytes()), Some("plain"));
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(search_bytes(&wide), Some("as UTF-16"));
        assert_eq!(search_bytes(data_encoding::HEXLOWER.encode(text.as_bytes()).as_bytes()), Some("as hexadecimal"));
        for before in ["", "a", "ab"] {
            let encoded = data_encoding::BASE64.encode(format!("{before}{WORD}0001 and more").as_bytes());
            assert_eq!(search_bytes(encoded.as_bytes()), Some("as base64"), "{before}");
        }
        assert_eq!(search_bytes(b"nothing of the kind"), None);
    }
}
