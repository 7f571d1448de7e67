//! What the office, or a phone, shows: the claims of a scenario, checked.

use super::World;
use crate::scenario::{CareWord, Check, Claim, Source};
use holdfast_model::entry::Body;
use holdfast_model::id::{DocumentId, VisitId, WorkerId};
use holdfast_model::projection::{BoardRow, Care, Filter, Know, LateSummary, NotDone, Ring, RowNow, Unfinished};
use holdfast_model::time::Millis;
use std::fmt;

/// A claim that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shortfall {
    /// The scenario's line.
    pub line: usize,
    /// The claim, as written.
    pub said: String,
    /// What was seen instead.
    pub seen: String,
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}\n    seen: {}", self.line, self.said, self.seen)
    }
}

/// The office's board at a moment, as far as claims speak of it.
struct Seen {
    rows: Vec<(BoardRow, RowNow)>,
    /// Each visit under *check now*, the first first, with the workers to ring.
    check_now: Vec<(VisitId, Vec<WorkerId>)>,
    late: LateSummary,
}

impl Seen {
    fn row(&self, visit: &VisitId) -> Option<&(BoardRow, RowNow)> {
        self.rows.iter().find(|(row, _)| row.visit == *visit)
    }
    fn rank(&self, visit: &VisitId) -> Option<usize> {
        self.check_now.iter().position(|(v, _)| v == visit).map(|i| i + 1)
    }
    fn care(&self, visit: &VisitId) -> Option<CareWord> {
        self.row(visit).map(|(_, now)| word(&now.care))
    }
}

/// The board's word for a care.
fn word(care: &Care) -> CareWord {
    match care {
        Care::Due { .. } => CareWord::Due,
        Care::OnTheWay { .. } => CareWord::OnTheWay,
        Care::ThereNow { .. } => CareWord::There,
        Care::Done { .. } => CareWord::Done,
        Care::DoneAct { .. } => CareWord::NeedsAction,
        Care::NotDone { why, .. } => match why {
            NotDone::NoReply => CareWord::NoReply,
            NotDone::Declined => CareWord::Declined,
            NotDone::InHospital => CareWord::InHospital,
            NotDone::Cancelled => CareWord::Cancelled,
            NotDone::CutShort => CareWord::CutShort,
            NotDone::SentAway => CareWord::SentAway,
        },
        Care::NoWord { .. } => CareWord::NoWord,
        Care::Missed { .. } => CareWord::Missed,
    }
}

fn source(know: &Know) -> Option<Source> {
    match know {
        Know::Nothing => Some(Source::Nothing),
        Know::PhoneCall { .. } => Some(Source::PhoneCall),
        Know::WorkersPhone { .. } => Some(Source::Phone),
        Know::Office { .. } => None,
    }
}

/// Tasks and medicines without an answer.
fn unanswered(row: &BoardRow) -> usize {
    let open = |u: &Unfinished| match u {
        Unfinished::Tasks { n } | Unfinished::Doses { n } => *n as usize,
        _ => 0,
    };
    row.unfinished.iter().map(open).sum()
}

impl World {
    fn see(&self, window: Option<(Millis, Millis)>) -> Seen {
        let filter = |window: Option<(Millis, Millis)>| Filter { from: window.map(|w| w.0), to: window.map(|w| w.1), ..Filter::default() };
        let (rows, check_now) = self.office().board(&self.branch(), &filter(None), |board| {
            let rows = board.sections.iter().flat_map(|s| &s.rows).map(|shown| (shown.row.clone(), shown.now.clone())).collect();
            let ring = |r: &Ring| match r {
                Ring::Worker { worker } => Some(worker.clone()),
                _ => None,
            };
            let check = board.check_now.iter().map(|c| (c.visit.clone(), c.ring.iter().filter_map(ring).collect())).collect();
            (rows, check)
        });
        let late = self.office().board(&self.branch(), &filter(window), |board| board.late);
        Seen { rows, check_now, late }
    }

    /// Checks a claim as of now; tallies count the visits of the window.
    pub fn check(&mut self, check: &Check, window: Option<(Millis, Millis)>) -> Result<(), Shortfall> {
        let seen = self.see(window);
        let (holds, instead) = self.holds(&check.claim, &seen);
        if holds { Ok(()) } else { Err(Shortfall { line: check.line, said: check.said.clone(), seen: instead }) }
    }

    /// Whether a claim holds, and what is seen.
    fn holds(&mut self, claim: &Claim, seen: &Seen) -> (bool, String) {
        let care = |visit: &VisitId| format!("{:?}", seen.row(visit).map(|(_, now)| &now.care));
        let order = || format!("{:?}", seen.check_now.iter().map(|(v, _)| v.as_str()).collect::<Vec<_>>());
        match claim {
            Claim::Care(visit, wanted) => (seen.care(visit) == Some(*wanted), care(visit)),
            Claim::CareAndRank(visit, wanted, rank) => {
                let holds = seen.care(visit) == Some(*wanted) && seen.rank(visit) == Some(*rank);
                (holds, format!("{}, check now {}", care(visit), order()))
            }
            Claim::Late(visit, wanted, minutes) => {
                let late = seen.row(visit).and_then(|(_, now)| now.late_min);
                (seen.care(visit) == Some(*wanted) && late == Some(*minutes), format!("{}, late {late:?}", care(visit)))
            }
            Claim::KnownFrom(visit, wanted) => {
                let know = seen.row(visit).map(|(row, _)| &row.know);
                (know.and_then(source) == Some(*wanted), format!("{know:?}"))
            }
            Claim::CheckNow(wanted) => (seen.check_now.iter().map(|(v, _)| v).take(wanted.len()).eq(wanted.iter()), order()),
            Claim::Ring(visit, worker) => {
                let ring = seen.check_now.iter().find(|(v, _)| v == visit).map(|(_, ring)| ring);
                (ring.is_some_and(|ring| ring.first() == Some(worker)), format!("{ring:?}"))
            }
            Claim::Owes(visit, n) => {
                let owes = seen.row(visit).map(|(row, _)| unanswered(row));
                (owes == Some(*n), format!("{owes:?} without an answer"))
            }
            Claim::Tally { known, of, missed, late, longest_min } => {
                let l = seen.late;
                let holds = (l.known as usize, l.of as usize, l.missed as usize, l.late as usize, l.longest_min)
                    == (*known, *of, *missed, *late, *longest_min);
                (holds, format!("{} of {} known, {} missed, {} late longest {} min", l.known, l.of, l.missed, l.late, l.longest_min))
            }
            Claim::Waiting(worker, n) => {
                let waiting = self.phone(worker).waiting();
                (waiting == *n, format!("{waiting} wait"))
            }
            Claim::PhoneShows(worker, visit, wanted) => {
                let shown = self.phone(worker).phone().visit(visit).map(|screen| screen.visit.now.care);
                (shown.as_ref().is_ok_and(|c| word(c) == *wanted), format!("{shown:?}"))
            }
            Claim::PhoneCalls(visit, n) => {
                let entries = self.office().entries(&DocumentId::Visit(visit.clone()));
                let is_call = |r: &&holdfast_model::entry::Read| r.known().is_some_and(|e| matches!(e.body, Body::PhoneCall(_)));
                let calls = entries.as_ref().map(|all| all.iter().filter(is_call).count());
                (calls.as_ref().is_ok_and(|c| c == n), format!("{calls:?}"))
            }
            Claim::Held(n) => {
                let held = self.office().held_for_checking(&self.branch()).map(|rows| rows.len());
                (held.as_ref().is_ok_and(|h| h == n), format!("{held:?}"))
            }
        }
    }
}
