//! Days that nobody wrote: what workers do, what befalls their phones, the server and the network, drawn from a seed.

use crate::play::PACK_MS;
use crate::scenario::{Act, Deed, PhoneEvent, PhoneLine, Scenario, ServerEvent, Weather};
use holdfast_host::SeededRandom;
use holdfast_model::entry::{
    Arrived, Body, DoseEnd, Evidence, Left, MedicineOutcome, Method, Note, NoteType, Observation, TaskEnd, TaskOutcome,
};
use holdfast_model::id::{DocumentId, WorkerId};
use holdfast_model::port::Random;
use holdfast_model::time::{MINUTE, Millis};

/// Numbers from a seed.
pub struct Dice(SeededRandom);

impl Dice {
    /// The dice of a seed.
    pub fn new(seed: u64) -> Dice {
        Dice(SeededRandom::new(seed))
    }
    /// A number from 0 up to, not including, `below`; 0 when that is 0.
    pub fn below(&mut self, below: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        (u64::from_be_bytes(bytes) % below.max(1) as u64) as usize
    }
    /// One of several.
    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
    /// True so many times in a hundred.
    pub fn chance(&mut self, in_a_hundred: usize) -> bool {
        self.below(100) < in_a_hundred
    }
}

/// Makes of a scenario another day of the same provider: the same phones, `acts` things that happen in its hours, and
/// clocks that are wrong by up to days.
pub fn another_day(mut scenario: Scenario, seed: u64, acts: usize) -> Scenario {
    let mut dice = Dice::new(seed);
    scenario.title = format!("Chance {seed}");
    scenario.claims.clear();
    for phone in &mut scenario.phones {
        if dice.chance(30) {
            phone.skew_ms = (dice.below(4 * 24 * 60) as i64 - 2 * 24 * 60) * MINUTE;
        }
    }
    let begins = scenario.begins.plus(2 * PACK_MS);
    let span = scenario.ends.since(begins);
    let mut times: Vec<Millis> = (0..acts).map(|_| begins.plus(dice.below(span as usize) as i64)).collect();
    times.sort();
    let mut dark: Vec<WorkerId> = Vec::new();
    let mut written: Vec<(WorkerId, DocumentId)> = Vec::new();
    scenario.acts = Vec::with_capacity(acts);
    for (i, at) in times.into_iter().enumerate() {
        if let Some(deed) = deed(&scenario, &mut dice, &mut dark, &mut written, at) {
            scenario.acts.push(Act { line: i + 1, at, deed });
        }
    }
    // In the end everything can be reached again.
    let back = dark.into_iter().map(|worker| Deed::Phone(worker, PhoneEvent::Signal(true)));
    let good = [Deed::Network(Weather::default()), Deed::Server(ServerEvent::Reachable(true))];
    scenario.acts.extend(back.chain(good).map(|deed| Act { line: acts + 1, at: scenario.ends, deed }));
    scenario
}

fn deed(
    scenario: &Scenario,
    dice: &mut Dice,
    dark: &mut Vec<WorkerId>,
    written: &mut Vec<(WorkerId, DocumentId)>,
    at: Millis,
) -> Option<Deed> {
    let PhoneLine { worker, .. } = dice.pick(&scenario.phones).clone();
    Some(match dice.below(100) {
        0..70 => tap(scenario, dice, written, worker)?,
        70..78 => {
            let signal = dark.contains(&worker);
            if signal {
                dark.retain(|w| *w != worker)
            } else {
                dark.push(worker.clone())
            }
            Deed::Phone(worker, PhoneEvent::Signal(signal))
        }
        78..84 => Deed::Phone(worker, PhoneEvent::Kill),
        84..88 => Deed::Phone(worker, PhoneEvent::Restart),
        88..91 => Deed::Phone(worker, PhoneEvent::ClockMoved((dice.below(240) as i64 - 120) * MINUTE)),
        91..93 => Deed::Server(ServerEvent::Restart),
        93..95 => Deed::Server(ServerEvent::Reachable(dice.chance(70))),
        95..98 => Deed::Network(Weather {
            lost: dice.below(40) as u8,
            cut: dice.below(40) as u8,
            doubled: dice.below(40) as u8,
            delay_ms: dice.below(30_000) as i64,
        }),
        _ => {
            let visit = dice.pick(&scenario.cast.visits);
            let office = scenario.cast.workers.last()?.id.clone();
            let words = format!("office note {}", at.0);
            Deed::Log {
                by: office,
                doc: DocumentId::Visit(visit.id.clone()),
                body: Body::Note(Note { about: NoteType::General, text: words }),
            }
        }
    })
}

fn tap(scenario: &Scenario, dice: &mut Dice, written: &mut Vec<(WorkerId, DocumentId)>, worker: WorkerId) -> Option<Deed> {
    let theirs: Vec<_> = scenario.cast.visits.iter().filter(|v| v.workers.contains(&worker)).collect();
    let visit = *dice.pick(&theirs);
    let doc = DocumentId::Visit(visit.id.clone());
    let note = |dice: &mut Dice| Body::Note(Note { about: NoteType::General, text: format!("note {}", dice.below(usize::MAX >> 12)) });
    let tag = || Evidence { tag: Some(format!("tag-{}", visit.person)), ..Evidence::default() };
    let noted = written.contains(&(worker.clone(), doc.clone()));
    let body = match dice.below(10) {
        0 => Body::Arrived(Arrived { method: Method::Tag, evidence: tag(), reason: String::new() }),
        1 => Body::Left(Left { method: Method::Tag, evidence: tag(), reason: String::new(), mileage_tenths: None }),
        2 if !visit.tasks.is_empty() => {
            let index = dice.below(visit.tasks.len());
            let task = &visit.tasks[index];
            let reason = format!("reason {}", dice.below(1_000_000));
            let (task, title) = (task.id.clone(), task.title.clone());
            Body::Task(TaskOutcome { task, title, index: Some(index as u32), outcome: TaskEnd::Declined, reason })
        }
        3 if !visit.doses.is_empty() => {
            let dose = dice.pick(&visit.doses);
            Body::Medicine(MedicineOutcome {
                medicine: dose.medicine.clone(),
                name: dose.name.clone(),
                due: Some(dose.due),
                outcome: DoseEnd::Refused,
                amount: None,
                unit: String::new(),
                route: visit.route(dose).to_owned(),
                reason: format!("reason {}", dice.below(1_000_000)),
                witness: String::new(),
                stock_left: None,
                told: None,
            })
        }
        4 => Body::Observation(Observation {
            about: "mood".into(),
            value: None,
            unit: String::new(),
            text: format!("seen {}", dice.below(1_000_000)),
            concern: dice.chance(20),
        }),
        5 if noted => {
            let with = dice.chance(60).then(|| note(dice));
            let reason = format!("because {}", dice.below(1_000_000));
            return Some(Deed::Revise { worker, visit: visit.id.clone(), kind: "note", with, reason });
        }
        _ => {
            written.push((worker.clone(), doc));
            note(dice)
        }
    };
    Some(Deed::Tap { worker, visit: visit.id.clone(), body })
}
