//! Screens in words, for people at a terminal. What is said about care, times, plans and doubt comes from the one bundle that phone,
//! console and terminal share; only the terminal's own few lines stand here.

use crate::export::Written;
use holdfast_engine::screen::{Contact, Counts, OwedScreen, PersonScreen, RunScreen, StatusScreen, VisitScreen};
use holdfast_engine::{Enrolled, Problem, Saved, SyncOutcome};
use holdfast_model::id::WorkerId;
use holdfast_model::projection::{Care, DoseState, EntryView, RunVisit, Said, TaskState, VersionState};
use holdfast_model::time::Millis;
use holdfast_words::Words;
use std::fmt::Write;

/// A phone knows nobody's name but its worker's: others go by number.
fn by_number(_: &WorkerId) -> Option<String> {
    None
}

fn words() -> &'static Words {
    Words::english()
}

pub fn enrolled(enrolled: &Enrolled, shared: bool) -> String {
    match shared {
        false => format!("{} is {}'s phone now. Next: holdfast sync", enrolled.device, enrolled.worker_name),
        true => format!("{} reads on {} too now. Next: holdfast --worker {} sync", enrolled.worker_name, enrolled.device, enrolled.worker),
    }
}

pub fn saved(saved: &Saved, now: Millis) -> String {
    let visit = saved.visit().map(|v| format!(", visit {v}")).unwrap_or_default();
    format!("Saved on this phone {}{visit}\n{}", words().time_of(now, saved.recorded), saved.entry)
}

pub fn synced(outcome: &SyncOutcome, _: Millis) -> String {
    let mut text = format!("The office has {} more from this phone; {} new here.", outcome.received, outcome.pulled);
    if outcome.waiting > 0 {
        let _ = write!(text, " {} still to go.", outcome.waiting);
    }
    if outcome.held_for_checking > 0 {
        let _ = write!(text, " {} held for checking.", outcome.held_for_checking);
    }
    if outcome.withheld > 0 {
        let _ = write!(text, " {} pieces did not pass the checks and are not shown; tell the office.", outcome.withheld);
    }
    if outcome.revoked {
        text.push_str(" The office has revoked this phone: nothing new comes. Ring the office.");
    }
    text
}

pub fn exported(written: &Written, _: Millis) -> String {
    let mut text = format!(
        "{} files in {}: {} entries that wait, sealed for the office; {} entries in plain text.",
        written.files, written.out, written.waiting, written.entries
    );
    if written.entries > 0 {
        text.push_str(" The plain ones are people's records: keep them as you would keep paper.");
    }
    match (written.lost, written.waiting + written.entries) {
        (0, _) => {}
        (_, 0) => text.push_str(" Nothing could be read of it. It was left as it is: give it to the office, whole."),
        (lost, _) => {
            let _ = write!(text, " {lost} rows could not be read.");
        }
    }
    text
}

fn strip(contact: &Contact, counts: &Counts, now: Millis) -> String {
    let mut text = match contact.failures {
        0 => match contact.last {
            Some(at) => format!("last contact {}", words().time_of(now, at)),
            None => "no contact yet".into(),
        },
        _ => words().offline(now, contact.last, counts.waiting as usize as u32),
    };
    if counts.waiting > 0 && contact.failures == 0 {
        let _ = write!(text, " · {} on this phone", counts.waiting);
    }
    if counts.held_for_checking > 0 {
        let _ = write!(text, " · {} held for checking", counts.held_for_checking);
    }
    if contact.lease_over {
        text.push_str(" · too long without the office: only today can be read");
    }
    if contact.not_a_reader {
        text.push_str(" · the office does not know you on this phone: ask for a code");
    }
    if contact.revoked {
        text.push_str(" · revoked");
    }
    text
}

pub fn run(screen: &RunScreen, now: Millis) -> String {
    let run = &screen.run;
    let day = run.day.map(|d| d.format("%A %-d %B").to_string()).unwrap_or_default();
    let mut text =
        format!("{}, {day} · as of {}\n{}\n", screen.worker_name, words().clock(now), strip(&screen.contact, &screen.counts, now));
    if run.visits.is_empty() {
        text.push_str("\nNo visits on this phone for this day.\n");
    }
    for visit in &run.visits {
        let mark = if run.next.as_ref() == Some(&visit.facts.visit) { '>' } else { ' ' };
        let _ = writeln!(text, "\n{mark} {}", run_visit(visit, now));
    }
    let _ = writeln!(text, "\n{} of {} finished · {} still to finish", run.finished, run.visits.len(), run.owed.items.len());
    text
}

fn run_visit(visit: &RunVisit, now: Millis) -> String {
    let facts = &visit.facts;
    let time = match (facts.start, facts.end) {
        (Some(start), Some(end)) => words().span(start, end),
        _ => "not on the rota".into(),
    };
    let mut text = format!("{time}  {}  [{}]", facts.name, facts.visit);
    let care = words().care(now, &visit.now.care, &facts.know, &by_number);
    let aside = words().care_aside(&visit.now.care);
    let _ = write!(text, "\n    {care}{}{aside}", if aside.is_empty() { "" } else { ", " });
    if let Some(late) = &facts.late
        && visit.now.late_min.is_some()
    {
        let _ = write!(text, " · {}", words().late(late));
    }
    if !visit.with.is_empty() {
        let _ = write!(text, " · {}", words().with(&visit.with, &by_number));
    }
    if let Some((due, closes)) = visit.dose {
        let _ = write!(text, " · {}", words().dose_by(due, closes));
    }
    for flag in &facts.flags {
        let _ = write!(text, " · {}", words().flag(*flag));
    }
    if visit.left_to_answer > 0 && !matches!(visit.now.care, Care::NotDone { .. }) {
        let _ = write!(text, " · {} left to answer", visit.left_to_answer);
    }
    if let Some(person) = &visit.person {
        let _ =
            write!(text, "\n    {} · {} · {}", person.person, words().plan_state(now, &person.plan), words().allergies(&person.allergies));
    }
    text
}

pub fn visit(screen: &VisitScreen, now: Millis) -> String {
    let view = &screen.visit;
    let facts = &view.facts;
    let mut text = format!("{} · visit {}", facts.name, facts.visit);
    if let (Some(start), Some(end)) = (facts.start, facts.end) {
        let _ = write!(text, " · {}, {}", words().day(start), words().span(start, end));
    }
    let _ = writeln!(text, "\n{}", strip(&screen.contact, &screen.counts, now));
    if let Some(person) = &screen.person {
        let checked = words().plan_checked(now, screen.contact.checked, false);
        let _ = writeln!(text, "{} · {} · {}", words().plan_state(now, &person.plan), checked, words().allergies(&person.allergies));
    }
    let know = words().know(now, &facts.know, &by_number);
    let _ = writeln!(text, "\n{} · {} {}", words().care(now, &view.now.care, &facts.know, &by_number), know.first, know.second);
    for item in facts.attention.iter().filter(|item| item.open()) {
        let _ = writeln!(text, "! {}", words().attention(&item.what));
    }
    for task in &view.tasks {
        let state = match &task.state {
            TaskState::Unanswered => "to answer".to_owned(),
            TaskState::Ended { outcome, reason, .. } => with_reason(words().task_end(*outcome), reason),
            TaskState::Disputed { .. } => "answers differ".to_owned(),
        };
        let _ = writeln!(text, "  {}  {}: {state}", task.task, task.title);
    }
    for dose in &facts.doses {
        let due = dose.due.map(|due| words().dose_due(due, dose.window_min)).unwrap_or_default();
        let state = match (dose.state, dose.answers.last()) {
            (DoseState::Unanswered, _) | (_, None) => "to answer".to_owned(),
            (DoseState::Disputed, _) => "answers differ".to_owned(),
            (_, Some(answer)) => with_reason(words().dose_end(answer.outcome), &answer.reason),
        };
        let _ = writeln!(text, "  {}  {}, {due}: {state}", dose.medicine, words().medicine_heading(&dose.name, &dose.dose));
    }
    text.push('\n');
    for entry in &view.entries {
        let _ = writeln!(text, "{}", line(entry, now));
    }
    text
}

fn with_reason(what: String, reason: &str) -> String {
    if reason.is_empty() { what } else { format!("{what}: {reason}") }
}

fn line(entry: &EntryView, now: Millis) -> String {
    let said = match &entry.said {
        Said::Known { body } => words().statement(now, body, &by_number),
        Said::Unreadable { .. } => "can't be read here yet".to_owned(),
    };
    let mut text = format!("{}  {said}  ({})", words().clock(entry.times.best()), words().author(&entry.author, &by_number));
    let _ = write!(text, "\n       {}\n       {}", words().times(now, &entry.times), entry.id);
    if entry.withdrawn.is_some() {
        text.push_str(" · withdrawn");
    }
    for amendment in &entry.amendments {
        let _ = write!(text, "\n       put right: {}", words().statement(now, &amendment.with, &by_number));
    }
    text
}

pub fn person(screen: &PersonScreen, now: Millis) -> String {
    let view = &screen.person;
    let mut text = String::new();
    for details in &view.details {
        let d = &details.what;
        let _ = writeln!(text, "{} ({}) · {} · {}", d.name, view.person, d.address, d.phone);
        if !d.access.is_empty() {
            let _ = writeln!(text, "Getting in: {}", d.access);
        }
    }
    let _ = writeln!(text, "{} · {}", words().plan_state(now, &view.plan), words().plan_checked(now, view.checked, view.old));
    for version in view.versions.iter().filter(|v| matches!(v.state, VersionState::Current | VersionState::Contested)) {
        let plan = &version.plan;
        let _ = writeln!(text, "\nFrom {} · {}", words().time_of(now, plan.effective), words().allergies(&plan.allergies));
        for essential in &plan.essentials {
            let _ = writeln!(text, "  {}: {}", essential.title, essential.text);
        }
        if !plan.changed.is_empty() {
            let _ = writeln!(text, "  What changed: {}", plan.changed);
        }
    }
    if !view.medicines.is_empty() {
        text.push('\n');
    }
    for medicine in &view.medicines {
        let m = &medicine.medicine;
        let _ = writeln!(text, "{}  {}", m.id, words().medicine_heading(&m.name, &m.dose));
        let mut facts = vec![words().medicine_times(m), words().support(m.support)];
        facts.extend(m.when_needed.as_ref().map(|limits| words().when_needed(limits)));
        facts.push(words().last_dose(now, medicine.last_had.as_ref(), &by_number));
        let _ = writeln!(text, "    {}", facts.join(" · "));
    }
    if !view.contacts.is_empty() {
        text.push('\n');
    }
    for contact in &view.contacts {
        let _ = writeln!(text, "{}, {}: {}", contact.name, contact.role, contact.phone);
    }
    if !view.last_visits.is_empty() {
        text.push_str("\nLast visits\n");
    }
    for last in &view.last_visits {
        let start = last.start.map(|at| words().time_of(now, at)).unwrap_or_default();
        let _ = writeln!(text, "  {start}  {}  [{}]", words().care(now, &last.care, &last.know, &by_number), last.visit);
    }
    text
}

pub fn owed(screen: &OwedScreen, now: Millis) -> String {
    let mut text = match screen.owed.items.len() {
        0 => "Nothing left to finish.\n".to_owned(),
        n => format!("{n} still to finish\n"),
    };
    for item in &screen.owed.items {
        let _ = writeln!(text, "  {}", words().owed(now, item));
    }
    let _ = writeln!(text, "{}", strip(&screen.contact, &screen.counts, now));
    text
}

pub fn status(screen: &StatusScreen, _: Millis) -> String {
    let Some(device) = &screen.device else {
        return "Not enrolled. Ask the office for a code, then: holdfast enrol CODE --server URL".into();
    };
    let now = screen.now.best;
    let all = || screen.workers.iter().map(|w| w.worker.to_string()).collect::<Vec<_>>().join(", ");
    let who = screen.worker_name.clone().or_else(|| screen.worker.as_ref().map(ToString::to_string)).unwrap_or_else(all);
    let mut text = format!("{device} · {who} · {}\n", if screen.unlocked { "open" } else { "locked" });
    let _ = writeln!(text, "{}", strip(&screen.contact, &screen.counts, now));
    let doubt = words().doubt(now, &screen.now);
    let _ = writeln!(text, "now {}{}{doubt}", words().clock_seconds(now), if doubt.is_empty() { "" } else { " · " });
    let _ = writeln!(text, "{} recorded in chain epoch {}", screen.recorded, screen.epoch.map(|e| e.to_string()).unwrap_or_default());
    if screen.epochs > 1 {
        let _ = writeln!(text, "this phone was restored or copied: {} stretches of its chain", screen.epochs);
    }
    if screen.contact.forgotten {
        text.push_str("the office does not know this phone any more: ask for a code and enrol it again; what waits is safe and stays\n");
    }
    match screen.workers.as_slice() {
        [_] => {
            let _ = writeln!(text, "can be read without the office for {}", words().duration(screen.lease_left_ms));
        }
        several => several.iter().for_each(|w| {
            let state = match (w.unlocked, w.locked_out) {
                (_, true) => "locked out, needs a new code",
                (true, _) => "reading now",
                _ => "locked",
            };
            let _ = writeln!(text, "{}: {state} · can be read without the office for {}", w.worker, words().duration(w.lease_left_ms));
        }),
    }
    if !screen.custody.hardware {
        let _ = writeln!(text, "keys: kept in {}, not in hardware", screen.custody.kind);
    }
    if screen.counts.withheld > 0 {
        let _ = writeln!(text, "{} pieces from the office did not pass the checks and are not shown", screen.counts.withheld);
    }
    text
}

/// One thing that is wrong with a statement.
pub fn problem(problem: &Problem) -> String {
    match problem {
        Problem::TextTooLong { field, bytes, most } => format!("{field} is {bytes} bytes long; at most {most} fit"),
        Problem::EntryTooLong { bytes, most } => format!("the whole entry is {bytes} bytes long; at most {most} fit"),
        Problem::TextMissing { field } => format!("{field} is needed"),
        Problem::ReasonNeeded { outcome } => format!("{outcome} needs a reason"),
        Problem::FutureTime { ahead_min } => {
            format!("that is {} from now; write down what has happened", words().duration(ahead_min * 60_000))
        }
        Problem::UnknownTask => "the visit has no such task; say what it was with --title".into(),
        Problem::UnknownMedicine => "this phone knows no such medicine; write name and strength out with --name".into(),
        Problem::NotANumber { field } => format!("{field} is not a number such as 1 or 2.5"),
        Problem::UnknownEntry { entry } => format!("{entry} is not an entry of this visit"),
        Problem::NotAmendable => "this is a correction itself; correct the first entry again".into(),
        Problem::NotYours => "only its author can correct an entry".into(),
        Problem::OtherKind => "a correction must be of the same kind; withdraw the entry and make another".into(),
        Problem::NotForPhones { kind } => format!("{kind} is not recorded this way"),
        Problem::DocumentFull { .. } => "this visit holds as many entries as one may; ring the office".into(),
        Problem::BadPosition => "there is no such position".into(),
    }
}
