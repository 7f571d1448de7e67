//! What to show, as it stands in the address: a filtered board can be bookmarked, sent to a colleague and reloaded.

use super::super::say::{BUCKETS, KNOWN, bucket_look, known_word};
use chrono::NaiveTime;
use holdfast_model::id::{BranchId, RunId};
use holdfast_model::projection::{Bucket, Filter, KnownBy};
use holdfast_model::time::{DAY, HOUR, Millis, from_london, london_day_bounds};
use serde::Deserialize;

/// The address's part after the question mark. Unknown words there are ignored: an old bookmark still opens a board.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Filters {
    /// Person, worker or number to find.
    #[serde(default)]
    pub text: String,
    /// A run.
    #[serde(default)]
    pub run: String,
    /// A place on the axis of care.
    #[serde(default)]
    pub care: String,
    /// A place on the axis *how we know*.
    #[serde(default)]
    pub know: String,
    /// "day" (today), "now" (two hours around now), or "09:00-11:00".
    #[serde(default)]
    pub when: String,
    /// A branch.
    #[serde(default)]
    pub branch: String,
    /// True when anything narrows the board.
    #[serde(skip)]
    pub any: bool,
}

impl Filters {
    /// Trims, bounds and drops what no board knows.
    pub fn tidy(mut self) -> Filters {
        self.text = self.text.trim().chars().take(64).collect();
        if RunId::new(self.run.as_str()).is_err() {
            self.run.clear();
        }
        if self.bucket().is_none() {
            self.care.clear();
        }
        if self.known_by().is_none() {
            self.know.clear();
        }
        if self.hours().is_none() && self.when != "now" {
            self.when = "day".into();
        }
        if BranchId::new(self.branch.as_str()).is_err() {
            self.branch.clear();
        }
        self.any = !(self.text.is_empty() && self.run.is_empty() && self.care.is_empty() && self.know.is_empty()) || self.when != "day";
        self
    }

    /// The place on the axis of care.
    pub fn bucket(&self) -> Option<Bucket> {
        BUCKETS.into_iter().find(|b| bucket_look(*b).0 == self.care)
    }

    /// The place on the axis *how we know*.
    pub fn known_by(&self) -> Option<KnownBy> {
        KNOWN.into_iter().find(|k| known_word(*k) == self.know)
    }

    /// Hours of the clock, when the window names them.
    fn hours(&self) -> Option<(NaiveTime, NaiveTime)> {
        let (from, to) = self.when.split_once('-')?;
        let read = |t: &str| NaiveTime::parse_from_str(t.trim(), "%H:%M").ok();
        Some((read(from)?, read(to)?)).filter(|(a, b)| a < b)
    }

    /// The window as instants: [from, to).
    pub fn window(&self, now: Millis) -> (Millis, Millis) {
        let Some(day) = now.london_day() else { return (now.plus(-DAY), now.plus(DAY)) };
        if let Some((from, to)) = self.hours()
            && let (Ok(from), Ok(to)) = (from_london(day.and_time(from)), from_london(day.and_time(to)))
        {
            return (from, to);
        }
        if self.when == "now" {
            return (now.plus(-2 * HOUR), now.plus(2 * HOUR));
        }
        london_day_bounds(day)
    }

    /// What the model is to show.
    pub fn filter(&self, now: Millis) -> Filter {
        let (from, to) = self.window(now);
        Filter {
            from: Some(from),
            to: Some(to),
            run: RunId::new(self.run.as_str()).ok(),
            buckets: self.bucket().into_iter().collect(),
            known_by: self.known_by().into_iter().collect(),
            ..Filter::default()
        }
    }

    /// The address of the board with these filters, one of them changed.
    pub fn with(&self, name: &str, value: &str) -> String {
        let pairs = [
            ("text", self.text.as_str()),
            ("run", &self.run),
            ("care", &self.care),
            ("know", &self.know),
            ("when", if self.when == "day" { "" } else { &self.when }),
            ("branch", &self.branch),
        ];
        let mut query = String::new();
        for (key, kept) in pairs {
            let value = if key == name { value } else { kept };
            if !value.is_empty() {
                query.push(if query.is_empty() { '?' } else { '&' });
                query.push_str(key);
                query.push('=');
                query.push_str(&super::row::in_path(value));
            }
        }
        query
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Millis {
        Millis::parse_rfc3339(text).expect("a literal")
    }

    #[test]
    fn what_no_board_knows_is_dropped() {
        let odd = Filters { care: "bogus".into(), know: "x".into(), run: "a b".into(), when: "25:00-26:00".into(), ..Filters::default() };
        let tidy = odd.tidy();
        assert_eq!(tidy, Filters { when: "day".into(), ..Filters::default() });
        assert!(!tidy.any);
        assert!(Filters { care: "no_word".into(), ..Filters::default() }.tidy().any);
    }

    #[test]
    fn windows_are_london_days_and_hours() {
        let day = Filters::default().tidy();
        let (from, to) = day.window(at("2026-10-25T12:00:00Z"));
        assert_eq!(to.since(from), 25 * HOUR);
        let two = Filters { when: "09:00-11:00".into(), ..Filters::default() }.tidy();
        assert_eq!(two.window(at("2026-07-03T12:00:00Z")), (at("2026-07-03T08:00:00Z"), at("2026-07-03T10:00:00Z")));
    }

    #[test]
    fn an_address_keeps_what_it_does_not_change() {
        let f = Filters { text: "o’neil & co".into(), care: "act".into(), ..Filters::default() }.tidy();
        assert_eq!(f.with("care", "done"), "?text=o%E2%80%99neil%20%26%20co&care=done");
        assert_eq!(f.with("care", ""), "?text=o%E2%80%99neil%20%26%20co");
    }
}
