//! Reading a scenario file: its head, its phones, its timeline and what it expects.

use super::cast::Cast;
use super::sentences::{When, acts};
use super::{Check, PhoneLine, Scenario, claims};
use chrono::{NaiveDate, NaiveTime};
use holdfast_model::time::{MINUTE, Millis, from_london};
use std::fmt;
use std::path::{Path, PathBuf};

/// A minute is not an instant: what happens "at 09:02" happens this long into the minute, so that a phone whose idea of
/// the time is a little off still writes 09:02.
const INTO_THE_MINUTE_MS: i64 = 20_000;
/// And what is expected "at 09:02" is looked at this long into it, when phones with signal have told the office.
const LOOKED_AT_MS: i64 = 45_000;

/// What is wrong with a line, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The line, from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong and what to write.
    pub says: String,
}

/// Everything that is wrong with a scenario file, in order of lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Troubles(pub Vec<Trouble>);

impl fmt::Display for Troubles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|t| writeln!(f, "line {}: {}", t.line, t.says))
    }
}

/// Reads a scenario file; its provider's folder is found from the file's own.
pub fn load(path: &Path) -> Result<Scenario, Troubles> {
    let whole = |says: String| Troubles(vec![Trouble { line: 0, says }]);
    let text = std::fs::read_to_string(path).map_err(|e| whole(format!("{} can't be read: {e}", path.display())))?;
    parse(&text, path.parent().unwrap_or(Path::new(".")))
}

/// Reads a scenario's text; `beside` is the folder from which its provider's folder is found.
pub fn parse(text: &str, beside: &Path) -> Result<Scenario, Troubles> {
    let head = Head::read(text, beside)?;
    let cast = crate::provider::cast(&head.provider).map_err(|says| Troubles(vec![Trouble { line: head.provider_line, says }]))?;
    with_cast(text, head, cast)
}

/// Reads everything below the head, with the names that the provider's files hold.
fn with_cast(text: &str, head: Head, cast: Cast) -> Result<Scenario, Troubles> {
    let mut body = Body { cast: &cast, day: head.day, ends: head.ends, phones: Vec::new(), acts: Vec::new(), claims: Vec::new() };
    let mut troubles = Vec::new();
    let mut in_phones = false;
    for (number, line) in numbered(text).skip(1) {
        in_phones = (in_phones && line.starts_with([' ', '\t'])) || line.trim_end() == "Phones:";
        let read = match line.trim() {
            "Phones:" => Ok(()),
            phone if in_phones => body.phone(phone),
            other if is_head(other) => Ok(()),
            other => body.line(number, other),
        };
        troubles.extend(read.err().map(|says| Trouble { line: number, says }));
    }
    let Body { phones, mut acts, mut claims, .. } = body;
    acts.sort_by_key(|act| act.at);
    claims.sort_by_key(|check| check.at);
    for act in &acts {
        if let super::Deed::Tap { worker, .. } | super::Deed::Phone(worker, _) = &act.deed
            && !phones.iter().any(|p| p.worker == *worker)
        {
            let says = format!("{} has no phone in this scenario. Add the name under Phones:", cast.worker_name(worker));
            troubles.push(Trouble { line: act.line, says });
        }
        if act.at < head.begins.plus(crate::play::PACK_MS) {
            let says = "This is before the phones have taken their packs: let the scenario begin earlier (Begins:).".into();
            troubles.push(Trouble { line: act.line, says });
        }
        if act.at > head.ends.plus(LOOKED_AT_MS) {
            troubles.push(Trouble { line: act.line, says: format!("This is after the end. Write Ends: {} or later.", act.at.hhmm()) });
        }
    }
    if !troubles.is_empty() {
        troubles.sort_by_key(|t| t.line);
        troubles.dedup();
        return Err(Troubles(troubles));
    }
    Ok(Scenario {
        title: head.title,
        provider: head.provider,
        begins: head.begins,
        ends: head.ends,
        window: head.window,
        phones,
        acts,
        claims,
        cast,
    })
}

/// Lines that say something, with their numbers from 1.
fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate();
    lines.map(|(i, line)| (i + 1, line.trim_end())).filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
}

const HEADS: [&str; 5] = ["Provider:", "Day:", "Begins:", "Ends:", "Window:"];

fn is_head(line: &str) -> bool {
    HEADS.iter().any(|head| line.starts_with(head))
}

/// The first lines: what is played, where and when.
struct Head {
    title: String,
    provider: PathBuf,
    provider_line: usize,
    day: NaiveDate,
    begins: Millis,
    ends: Millis,
    window: Option<(Millis, Millis)>,
}

impl Head {
    fn read(text: &str, beside: &Path) -> Result<Head, Troubles> {
        let missing = |what: &str, example: &str| Troubles(vec![Trouble { line: 1, says: format!("{what} is missing. Write: {example}") }]);
        let value = |key: &str| numbered(text).find_map(|(n, l)| l.trim().strip_prefix(key).map(|v| (n, v.trim())));
        let (_, title) = numbered(text).next().ok_or_else(|| missing("The title", "the scenario's name on the first line"))?;
        let (provider_line, folder) =
            value("Provider:").ok_or_else(|| missing("The provider's folder", "Provider: ../../sample/northquay"))?;
        let (day_line, day) = value("Day:").ok_or_else(|| missing("The day", "Day: 2026-11-03"))?;
        let at = |line: usize, says: String| Troubles(vec![Trouble { line, says }]);
        let day =
            NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(|_| at(day_line, format!("“{day}” is no day. Write: Day: 2026-11-03")))?;
        let time = |key: &str, example: &str| {
            let (line, text) = value(key).ok_or_else(|| missing("A time", &format!("{key} {example}")))?;
            on_day(day, text).map_err(|says| at(line, says))
        };
        let window = match value("Window:") {
            None => None,
            Some((line, text)) => {
                let (from, to) = text.split_once(['-', '–']).ok_or_else(|| at(line, "Write: Window: 09:00-11:00".into()))?;
                let time = |text| on_day(day, text).map_err(|says| at(line, says));
                Some((time(from)?, time(to)?))
            }
        };
        let (begins, ends) = (time("Begins:", "06:40")?, time("Ends:", "11:30")?);
        Ok(Head { title: title.trim().to_owned(), provider: beside.join(folder), provider_line, day, begins, ends, window })
    }
}

/// What has been read so far of the lines below the head.
struct Body<'a> {
    cast: &'a Cast,
    day: NaiveDate,
    ends: Millis,
    phones: Vec<PhoneLine>,
    acts: Vec<super::Act>,
    claims: Vec<Check>,
}

impl Body<'_> {
    /// `Ben Carr`, `Ben Carr, 47 minutes fast`, `Dana Ellis, 3 minutes slow`.
    fn phone(&mut self, line: &str) -> Result<(), String> {
        let (name, clock) = line.split_once(',').unwrap_or((line, ""));
        let worker = self.cast.worker(name.trim())?;
        let skew_ms = match clock.split_whitespace().collect::<Vec<_>>()[..] {
            [] => 0,
            [n, "minutes" | "minute", way @ ("fast" | "slow")] => {
                let n: i64 = n.parse().map_err(|_| format!("“{n}” is no number of minutes."))?;
                if way == "fast" { n * MINUTE } else { -n * MINUTE }
            }
            _ => return Err(format!("Write only the name, or: {}, 47 minutes fast", name.trim())),
        };
        if self.phones.iter().any(|p| p.worker == worker) {
            return Err(format!("{} has a phone already.", name.trim()));
        }
        self.phones.push(PhoneLine { worker, skew_ms });
        Ok(())
    }

    /// `09:02 …`, `08:10-11:02 …` or `expect at 10:41 …`.
    fn line(&mut self, number: usize, line: &str) -> Result<(), String> {
        if let Some(rest) = line.strip_prefix("expect at ") {
            let (when, sentence) = rest.split_once(' ').ok_or("Write: expect at 10:41 board shows …")?;
            let at = if when == "end" { self.ends } else { on_day(self.day, when)? }.plus(LOOKED_AT_MS);
            let claim = claims::claim(self.cast, at, sentence)?;
            self.claims.push(Check { line: number, at, said: line.to_owned(), claim });
            return Ok(());
        }
        let (time, sentence) = line.split_once(' ').unwrap_or((line, ""));
        if !time.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(format!("A line begins with a time (09:02 or 08:10-11:02) or with: expect at. It begins with “{time}”."));
        }
        let (from, to) = match time.split_once(['-', '–']) {
            Some((from, to)) => (from, Some(on_day(self.day, to)?)),
            None => (time, None),
        };
        let when = When { at: on_day(self.day, from)?, until: to };
        if to.is_some_and(|to| to <= when.at) {
            return Err(format!("{time} ends before it begins."));
        }
        let into = if from.len() > "09:02".len() { 0 } else { INTO_THE_MINUTE_MS };
        let acts = acts(self.cast, number, when, sentence.trim())?;
        self.acts.extend(acts.into_iter().map(|act| super::Act { at: act.at.plus(into), ..act }));
        Ok(())
    }
}

/// "09:02", "9:02" or "09:02:30" on a day in London.
fn on_day(day: NaiveDate, text: &str) -> Result<Millis, String> {
    let time = ["%H:%M", "%H:%M:%S"].iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok());
    let time = time.ok_or_else(|| format!("“{text}” is no time. Write it as 09:02."))?;
    from_london(day.and_time(time)).map_err(|e| e.to_string())
}

/// The same on the day of another moment.
pub(super) fn clock_time(near: Millis, text: &str) -> Result<Millis, String> {
    on_day(near.london_day().ok_or("beyond the calendar")?, text)
}

#[cfg(test)]
mod tests {
    use super::super::cast::{Person, Visit, Worker};
    use super::super::{CareWord, Claim, Deed, PhoneEvent};
    use super::*;
    use holdfast_model::entry::{Body as Said, PlannedTask, Report, Speaker};
    use holdfast_model::id::{PersonId, TaskId, VisitId, WorkerId};

    const HEAD: &str =
        "A test\nProvider: nowhere\nDay: 2026-11-03\nBegins: 06:40\nEnds: 11:30\nPhones:\n  Asha Bello\n  Ben Carr, 47 minutes fast\n";

    fn cast() -> Cast {
        let day = NaiveDate::from_ymd_opt(2026, 11, 3).expect("a day");
        let at = |text| on_day(day, text).expect("a time");
        let worker = |id: &str, name: &str| Worker { id: WorkerId::new(id).expect("an id"), name: name.into() };
        let person = |id: &str, name: &str| Person { id: PersonId::new(id).expect("an id"), name: name.into() };
        let visit = |id: &str, person: &str, worker: &str, start, end| Visit {
            id: VisitId::new(id).expect("an id"),
            person: PersonId::new(person).expect("an id"),
            workers: vec![WorkerId::new(worker).expect("an id")],
            start: at(start),
            end: at(end),
            tasks: vec![PlannedTask { id: TaskId::new("t1").expect("an id"), title: "Wash and dress".into() }],
            doses: Vec::new(),
            routes: Vec::new(),
        };
        Cast {
            workers: vec![worker("W-01", "Asha Bello"), worker("W-02", "Ben Carr"), worker("W-20", "Hugh Irwin")],
            people: vec![person("P-103", "Grace Otis"), person("P-104", "Harold Pike")],
            visits: vec![
                visit("V-1", "P-104", "W-01", "07:30", "07:50"),
                visit("V-2", "P-104", "W-01", "09:00", "09:30"),
                visit("V-3", "P-103", "W-02", "09:15", "09:45"),
            ],
            planned: Vec::new(),
        }
    }

    fn read(lines: &str) -> Result<Scenario, Troubles> {
        let text = format!("{HEAD}{lines}");
        with_cast(&text, Head::read(&text, Path::new("."))?, cast())
    }

    fn trouble(line: &str) -> String {
        let Troubles(all) = read(line).expect_err("trouble");
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(all[0].line, 9);
        all[0].says.clone()
    }

    #[test]
    fn a_sentence_becomes_what_a_phone_or_the_office_does() {
        let scenario = read("09:02 Asha arrives at Harold Pike by tag\n10:05 Hugh logs a phone call from Grace Otis's daughter: there at 09:30, \"The carer came at half nine\"\n08:10-11:02 Ben's phone has no signal").expect("a scenario");
        assert_eq!(scenario.phones[1].skew_ms, 47 * MINUTE);
        let deeds: Vec<(String, &Deed)> = scenario.acts.iter().map(|a| (a.at.hhmm(), &a.deed)).collect();
        let ben = WorkerId::new("W-02").expect("an id");
        assert_eq!(deeds[0], ("08:10".into(), &Deed::Phone(ben.clone(), PhoneEvent::Signal(false))));
        assert!(matches!(deeds[1].1, Deed::Tap { visit, body: Said::Arrived(_), .. } if visit.as_str() == "V-2"));
        let Deed::Log { doc, body: Said::PhoneCall(call), .. } = deeds[2].1 else { panic!("a phone call: {:?}", deeds[2]) };
        assert_eq!((doc.to_string().as_str(), call.speaker, call.report), ("visit:V-3", Speaker::Family, Report::There));
        assert_eq!((call.report_at.map(Millis::hhmm), call.words.as_str()), (Some("09:30".into()), "The carer came at half nine"));
        assert_eq!(deeds[3], ("11:02".into(), &Deed::Phone(ben, PhoneEvent::Signal(true))));
    }

    #[test]
    fn a_whole_visit_is_one_line() {
        let scenario = read("09:02-09:31 Asha visits Harold Pike").expect("a scenario");
        let kinds: Vec<(String, &str)> = scenario
            .acts
            .iter()
            .map(|a| match &a.deed {
                Deed::Tap { body, .. } => (a.at.hhmm(), body.kind()),
                other => panic!("a tap: {other:?}"),
            })
            .collect();
        assert_eq!(kinds, [("09:02".into(), "arrived"), ("09:30".into(), "task"), ("09:31".into(), "left")]);
    }

    #[test]
    fn claims_are_read_with_the_board_s_words() {
        let scenario = read(
            "expect at 10:41 board shows Grace Otis no word, check now 1\nexpect at end 38 of 38 known, 0 missed, 3 late longest 22 min",
        )
        .expect("a scenario");
        assert_eq!(scenario.claims[0].claim, Claim::CareAndRank(VisitId::new("V-3").expect("an id"), CareWord::NoWord, 1));
        assert_eq!(scenario.claims[1].claim, Claim::Tally { known: 38, of: 38, missed: 0, late: 3, longest_min: 22 });
        assert_eq!(scenario.claims[1].at, scenario.ends.plus(LOOKED_AT_MS));
    }

    #[test]
    fn trouble_names_the_line_and_says_what_to_write() {
        assert_eq!(trouble("09:02 Ashha arrives at Harold Pike"), "“Ashha” is nobody who works here. Did you mean Asha Bello?");
        assert_eq!(trouble("09:02 Asha arives at Harold Pike"), "No such sentence. The nearest is: {worker} arrives at {visit}");
        assert_eq!(
            trouble("09:02 Asha's phone has no signal"),
            "This needs a beginning and an end: 08:10-11:02 Asha's phone has no signal"
        );
        assert_eq!(trouble("25:02 Asha leaves Harold Pike"), "“25:02” is no time. Write it as 09:02.");
        assert_eq!(
            trouble("09:02 Hugh arrives at Harold Pike"),
            "No such visit of Hugh Irwin to Harold Pike on the rota. Their visits begin at: 07:30, 09:00."
        );
        assert_eq!(
            trouble("09:02 Asha records the task Wash and press at Harold Pike as done"),
            "This visit has no task “Wash and press”. It has: Wash and dress."
        );
        assert_eq!(trouble("Asha leaves"), "A line begins with a time (09:02 or 08:10-11:02) or with: expect at. It begins with “Asha”.");
        assert!(trouble("expect at 10:41 board shows Grace Otis asleep").contains("needing action"));
        assert_eq!(trouble("12:00 Asha leaves Harold Pike"), "This is after the end. Write Ends: 12:00 or later.");
    }
}
