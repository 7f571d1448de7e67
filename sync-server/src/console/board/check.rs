//! *Check now*: the visits that cannot wait, weightiest first, each with its reason and whom to ring.

use super::super::say::Say;
use super::row::{page_id, visit_href};
use super::view::May;
use askama::Template;
use holdfast_model::id::PersonId;
use holdfast_model::projection::{BoardView, CheckNow, CheckReason, Ring};

/// Most visits in *check now*: more than an office can ring at once is not a list any more.
const CHECKS: usize = 12;

/// A telephone number and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Number {
    /// "Edith", "Dana", "Dr Lowe".
    pub name: String,
    /// As it is written down.
    pub number: String,
}

/// Who has which number: asked only for what stands in *check now*.
pub trait Directory {
    /// Whom `ring` means for this person.
    fn find(&self, person: Option<&PersonId>, ring: &Ring) -> Option<Number>;
}

/// One line of *check now*.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CheckItem {
    /// Its id on the page.
    pub id: String,
    /// The visit's page.
    pub href: String,
    /// Whom.
    pub name: String,
    /// What cannot wait, in two or three words.
    pub what: String,
    /// Why.
    pub why: String,
    /// What weighs most.
    pub grave: String,
    /// What to do besides ringing.
    pub then: String,
    /// Whose number, as it is dialled.
    pub number: String,
    /// "Ring Dana".
    pub ring: String,
    /// A `tel:` address; empty when no number is known.
    pub ring_href: String,
    /// Ringing is the first thing to do.
    pub ring_first: bool,
    /// A phone call may be logged.
    pub may_log: bool,
    /// Cover may be sent, and would help.
    pub may_cover: bool,
    /// It can be dealt with.
    pub may_deal: bool,
}

/// *Check now*.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CheckView {
    /// The weightiest.
    pub items: Vec<CheckItem>,
    /// How many there are in all.
    pub total: usize,
}

/// *Check now* as HTML.
#[derive(Template)]
#[template(path = "board/check.html")]
pub struct CheckPart<'a> {
    /// What cannot wait.
    pub check: &'a CheckView,
}
/// The weightiest of *check now*, to be worded once the office's rows are let go.
pub fn weightiest(board: &BoardView<'_>) -> Vec<CheckNow> {
    board.check_now.iter().take(CHECKS).cloned().collect()
}

/// One line of *check now*.
pub fn check(c: &CheckNow, may: May, directory: &dyn Directory, say: &Say<'_>) -> CheckItem {
    let text = say.reason(&c.why);
    // The first whose number is known; without any, the first, so that the office at least knows whom to look for.
    let found = c.ring.iter().find_map(|r| directory.find(c.person.as_ref(), r).map(|n| (r, n)));
    let (ring, number) = match (found, c.ring.first()) {
        (Some((ring, number)), _) => (say.ring(ring, c), number),
        (None, Some(ring)) => (say.ring(ring, c), Number::default()),
        (None, None) => (String::new(), Number::default()),
    };
    let at_once = !matches!(
        c.why,
        CheckReason::DoseNotHad { .. } | CheckReason::DoseUnknown { .. } | CheckReason::Incident { .. } | CheckReason::NobodyTold { .. }
    );
    let cover_helps = matches!(
        c.why,
        CheckReason::DoseWindow { .. }
            | CheckReason::SecondWorker { .. }
            | CheckReason::LivesAlone { .. }
            | CheckReason::NobodyCame { .. }
            | CheckReason::TimeCritical { .. }
    );
    CheckItem {
        id: page_id("c", c.visit.as_str()),
        href: visit_href(&c.visit),
        name: say.person(&c.name, c.person.as_ref()),
        what: text.tag,
        why: text.why,
        grave: text.strong,
        then: text.then,
        number: match (number.name.is_empty(), number.number.is_empty()) {
            (_, true) => String::new(),
            (true, _) => number.number.clone(),
            (false, _) if say.hidden => number.number.clone(),
            _ => format!("{}: {}", number.name, number.number),
        },
        ring_href: tel(&number.number),
        ring,
        ring_first: at_once,
        may_log: may.log && (at_once || cover_helps),
        may_cover: may.cover && cover_helps,
        may_deal: may.deal && !at_once,
    }
}

/// A `tel:` address of a number as people write it; empty when there is nothing to dial.
pub fn tel(number: &str) -> String {
    // "+44 (0)1632" is how people write it; the 0 is not dialled then.
    let digits: String = number.replace("(0)", "").chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    if digits.chars().filter(char::is_ascii_digit).count() < 3 { String::new() } else { format!("tel:{digits}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_dialled_without_their_spaces_and_only_when_they_are_numbers() {
        assert_eq!(tel("01632 960 101"), "tel:01632960101");
        assert_eq!(tel("+44 (0)1632 960101"), "tel:+441632960101");
        assert_eq!(tel("ask next door"), "");
        assert_eq!(tel(""), "");
    }
}
