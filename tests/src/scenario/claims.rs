//! The claims that a scenario may make about what the office, or a phone, must see.

use super::cast::Cast;
use super::phrase;
use super::sentences::{explain, one_of};
use holdfast_model::id::{VisitId, WorkerId};
use holdfast_model::time::Millis;

/// What happened at the door, in the words of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CareWord {
    /// Not begun, and not late enough to ask.
    Due,
    /// Somebody is on the way.
    OnTheWay,
    /// Somebody is there now.
    There,
    /// Done.
    Done,
    /// Done, and something needs action.
    NeedsAction,
    /// Nobody opened.
    NoReply,
    /// The person did not want it.
    Declined,
    /// The person is in hospital.
    InHospital,
    /// It ended early.
    CutShort,
    /// The worker was sent away.
    SentAway,
    /// The office called it off.
    Cancelled,
    /// Past its start and nothing heard. Not missed.
    NoWord,
    /// Missed, on evidence.
    Missed,
}

/// How we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The worker's phone.
    Phone,
    /// A phone call.
    PhoneCall,
    /// Nothing yet.
    Nothing,
}

/// Something that must hold at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The board shows this care for a visit.
    Care(VisitId, CareWord),
    /// The same, and the visit's rank under *check now*.
    CareAndRank(VisitId, CareWord, usize),
    /// The board shows this care for a visit, so many minutes late.
    Late(VisitId, CareWord, i64),
    /// How the office knows of a visit.
    KnownFrom(VisitId, Source),
    /// *Check now* begins with these visits, in this order.
    CheckNow(Vec<VisitId>),
    /// *Check now* names this worker to ring for a visit.
    Ring(VisitId, WorkerId),
    /// So many tasks and medicines of a visit are unanswered.
    Owes(VisitId, usize),
    /// The tally.
    Tally {
        /// Visits of which a worker's phone has told.
        known: usize,
        /// Visits in all.
        of: usize,
        /// Missed, on evidence.
        missed: usize,
        /// Begun later than the provider's limit.
        late: usize,
        /// The longest of those, in minutes.
        longest_min: i64,
    },
    /// So many entries wait on a worker's phone for the office.
    Waiting(WorkerId, usize),
    /// A worker's own phone shows this care for a visit.
    PhoneShows(WorkerId, VisitId, CareWord),
    /// The visit's record holds so many phone calls.
    PhoneCalls(VisitId, usize),
    /// So many entries are held for checking.
    Held(usize),
}

/// Every claim that a scenario may make, after `expect at HH:MM` or `expect at end`.
pub const CLAIMS: [&str; 12] = [
    "board shows {visit} {care}",
    "board shows {visit} {care}, check now {number}",
    "board shows {visit} {care}, {number} minutes late",
    "{visit} is known from {source}",
    "check now lists {list}",
    "check now says ring {ring} for {visit}",
    "{visit} still owes {number} answers",
    "{known} of {number} known, {missed} missed, {late} late longest {longest} min",
    "{number} entries wait on {worker}'s phone",
    "{worker}'s phone shows {visit} {care}",
    "the record of {visit} holds {number} phone calls",
    "{number} entries are held for checking",
];

const CARE_WORDS: &[(&str, CareWord)] = &[
    ("due", CareWord::Due),
    ("on the way", CareWord::OnTheWay),
    ("there now", CareWord::There),
    ("done", CareWord::Done),
    ("needing action", CareWord::NeedsAction),
    ("no reply", CareWord::NoReply),
    ("declined", CareWord::Declined),
    ("in hospital", CareWord::InHospital),
    ("cut short", CareWord::CutShort),
    ("sent away", CareWord::SentAway),
    ("cancelled", CareWord::Cancelled),
    ("no word", CareWord::NoWord),
    ("missed", CareWord::Missed),
];
const SOURCES: &[(&str, Source)] = &[
    ("the worker's phone", Source::Phone),
    ("the carer's phone", Source::Phone),
    ("a phone call", Source::PhoneCall),
    ("nothing yet", Source::Nothing),
];

/// Reads a claim; `at` is the moment it speaks of.
pub(super) fn claim(cast: &Cast, at: Millis, sentence: &str) -> Result<Claim, String> {
    let (found, gaps) = phrase::find_where(&CLAIMS, sentence, closed_list).map_err(|e| {
        let cares: Vec<&str> = CARE_WORDS.iter().map(|(word, _)| *word).collect();
        match explain(e) {
            says if says.contains("{care}") => format!("{says}. For {{care}} write one of: {}", cares.join(", ")),
            says => says,
        }
    })?;
    let gap = |name: &str| gaps.get(name).map_or("", String::as_str);
    let visit = || cast.visit(gap("visit"), None, at).map(|v| v.id.clone());
    let care = || one_of("care that the board shows", CARE_WORDS, gap("care"));
    let number = |name: &str| gap(name).parse::<usize>().map_err(|_| format!("“{}” is no number.", gap(name)));
    Ok(match found {
        0 => Claim::Care(visit()?, care()?),
        1 => Claim::CareAndRank(visit()?, care()?, number("number")?),
        2 => Claim::Late(visit()?, care()?, number("number")? as i64),
        3 => Claim::KnownFrom(visit()?, one_of("way of knowing", SOURCES, gap("source"))?),
        4 => {
            let names = gap("list").split(',').map(str::trim).filter(|name| !name.is_empty());
            Claim::CheckNow(names.map(|name| cast.visit(name, None, at).map(|v| v.id.clone())).collect::<Result<_, _>>()?)
        }
        5 => Claim::Ring(visit()?, cast.worker(gap("ring"))?),
        6 => Claim::Owes(visit()?, number("number")?),
        7 => Claim::Tally {
            known: number("known")?,
            of: number("number")?,
            missed: number("missed")?,
            late: number("late")?,
            longest_min: number("longest")? as i64,
        },
        8 => Claim::Waiting(cast.worker(gap("worker"))?, number("number")?),
        9 => {
            let worker = cast.worker(gap("worker"))?;
            let visit = cast.visit(gap("visit"), Some(&worker), at)?.id.clone();
            Claim::PhoneShows(worker, visit, care()?)
        }
        10 => Claim::PhoneCalls(visit()?, number("number")?),
        _ => Claim::Held(number("number")?),
    })
}

/// Where a name ends and the care begins ("Edith Marlow no word") is clear only from the list of cares.
fn closed_list(gap: &str, text: &str) -> bool {
    gap != "care" || CARE_WORDS.iter().any(|(word, _)| word.eq_ignore_ascii_case(text))
}
