//! How times are said: as a colleague would, in London's local time.

use crate::Words;
use chrono::Datelike;
use holdfast_model::time::{HOUR, LocalTrouble, MINUTE, Millis, from_london};

impl Words {
    /// A time as seen from `now`: "10:38", "yesterday 20:00", "tomorrow 08:00", "Thursday 09:05" within six days either
    /// way, "8 October 09:05" within the year, else "8 October 2025 09:05". On the night when the clocks go back, a time
    /// that the wall shows twice says which: "01:30 (summer time)".
    pub fn time_of(&self, now: Millis, at: Millis) -> String {
        let clock = self.clock(at);
        let (Some(today), Some(day)) = (now.london_day(), at.london_day()) else { return clock };
        let days = day.signed_duration_since(today).num_days();
        let time = ("time", clock.clone().into());
        match days {
            0 => clock,
            -1 => self.say("time-yesterday", &[time]),
            1 => self.say("time-tomorrow", &[time]),
            -6..=6 => self.say("time-on-day", &[("day", self.weekday(day).into()), time]),
            _ => self.say("time-on-day", &[("day", self.date_near(today, day).into()), time]),
        }
    }

    /// A time as the clock on the wall has it, without the day: "10:38".
    pub fn clock(&self, at: Millis) -> String {
        self.said_once(at, at.hhmm())
    }

    /// The same to the second, for what a live page is "as of": "10:41:07".
    pub fn clock_seconds(&self, at: Millis) -> String {
        self.said_once(at, at.hhmmss())
    }

    fn said_once(&self, at: Millis, time: String) -> String {
        let twice = at.london().is_some_and(|t| from_london(t.naive_local()) == Err(LocalTrouble::Twice));
        match (twice, at.london_offset_min()) {
            (false, _) => time,
            (true, 60) => self.say("time-summer", &[("time", time.into())]),
            (true, _) => self.say("time-winter", &[("time", time.into())]),
        }
    }

    /// A stretch of one day: "10:45–11:15".
    pub fn span(&self, from: Millis, to: Millis) -> String {
        format!("{}–{}", self.clock(from), self.clock(to))
    }

    /// A day in full: "Tuesday 3 November 2026".
    pub fn day(&self, at: Millis) -> String {
        at.london_day().map_or_else(
            || self.say("time-unknown", &[]),
            |day| format!("{} {} {} {}", self.weekday(day), day.day(), self.month(day), day.year()),
        )
    }

    /// A day in short, as it stands on a phone: "Tue 3 Nov".
    pub fn short_day(&self, at: Millis) -> String {
        at.london_day().map_or_else(
            || self.say("time-unknown", &[]),
            |day| format!("{} {} {}", first_three(&self.weekday(day)), day.day(), first_three(&self.month(day))),
        )
    }

    /// A length of time: "under a minute", "26 min", "2 h 31 min", "1 h 05 min", "3 days 4 h". A negative one is said as
    /// its size.
    pub fn duration(&self, ms: i64) -> String {
        let minutes = ms.unsigned_abs() / MINUTE as u64;
        let (hours, rest) = (minutes / 60, minutes % 60);
        match (hours, rest) {
            (0, 0) => self.say("duration-under-a-minute", &[]),
            (0, m) => self.say("duration-minutes", &[("m", m.into())]),
            (h, 0) if h < 48 => self.say("duration-hours", &[("h", h.into())]),
            (h, m) if h < 48 => self.say("duration-hours-minutes", &[("h", h.into()), ("m", format!("{m:02}").into())]),
            (h, _) if h % 24 == 0 => self.say("duration-days", &[("d", (h / 24).into())]),
            (h, _) => self.say("duration-days-hours", &[("d", (h / 24).into()), ("h", (h % 24).into())]),
        }
    }

    /// How long ago: "just now", "26 min ago", "16 h ago". What lies ahead by a minute or more is said as such: "in 26 min".
    pub fn age(&self, now: Millis, at: Millis) -> String {
        match now.since(at) {
            ms if ms <= -MINUTE => self.say("age-ahead", &[("duration", self.duration(ms).into())]),
            ms if ms < MINUTE => self.say("age-now", &[]),
            ms => self.say("age-ago", &[("duration", self.coarse(ms).into())]),
        }
    }

    /// A length rounded down to what matters when asking how old something is: minutes within three hours, then hours.
    fn coarse(&self, ms: i64) -> String {
        let unit = if ms < 3 * HOUR { MINUTE } else { HOUR };
        self.duration(ms - ms % unit)
    }

    fn weekday(&self, day: chrono::NaiveDate) -> String {
        const KEYS: [&str; 7] = ["day-monday", "day-tuesday", "day-wednesday", "day-thursday", "day-friday", "day-saturday", "day-sunday"];
        self.say(KEYS[day.weekday().num_days_from_monday() as usize], &[])
    }

    fn month(&self, day: chrono::NaiveDate) -> String {
        const KEYS: [&str; 12] = [
            "month-january",
            "month-february",
            "month-march",
            "month-april",
            "month-may",
            "month-june",
            "month-july",
            "month-august",
            "month-september",
            "month-october",
            "month-november",
            "month-december",
        ];
        self.say(KEYS[day.month0() as usize], &[])
    }

    fn date_near(&self, today: chrono::NaiveDate, day: chrono::NaiveDate) -> String {
        if day.year() == today.year() {
            format!("{} {}", day.day(), self.month(day))
        } else {
            format!("{} {} {}", day.day(), self.month(day), day.year())
        }
    }
}

fn first_three(word: &str) -> String {
    word.chars().take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Millis {
        Millis::parse_rfc3339(text).expect("a literal")
    }

    #[test]
    fn times_are_said_as_from_today() {
        let w = Words::english();
        let now = at("2026-11-03T10:41:07Z");
        for (then, said) in [
            ("2026-11-03T10:38:00Z", "10:38"),
            ("2026-11-02T20:00:00Z", "yesterday 20:00"),
            ("2026-11-04T08:00:00Z", "tomorrow 08:00"),
            ("2026-11-05T09:05:00Z", "Thursday 09:05"),
            ("2026-10-29T09:05:00Z", "Thursday 09:05"),
            ("2026-10-08T08:05:00Z", "8 October 09:05"),
            ("2025-11-03T09:05:00Z", "3 November 2025 09:05"),
            ("1970-01-01T00:00:00Z", "1 January 1970 01:00"),
        ] {
            assert_eq!(w.time_of(now, at(then)), said, "{then}");
        }
        assert_eq!(w.clock_seconds(now), "10:41:07");
        assert_eq!(w.day(now), "Tuesday 3 November 2026");
        assert_eq!(w.short_day(now), "Tue 3 Nov");
        assert_eq!(w.time_of(now, Millis(i64::MAX)), "--:--");
    }

    #[test]
    fn the_hour_that_comes_twice_says_which_it_is() {
        let w = Words::english();
        let (first, second) = (at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"));
        assert_eq!(w.time_of(first, first), "01:30 (summer time)");
        assert_eq!(w.time_of(first, second), "01:30 (winter time)");
        assert_eq!(w.time_of(first, at("2026-10-25T02:00:00Z")), "02:00");
    }

    #[test]
    fn lengths_are_said_in_the_units_that_matter() {
        let w = Words::english();
        for (min, said) in [
            (0, "under a minute"),
            (26, "26 min"),
            (60, "1 h"),
            (65, "1 h 05 min"),
            (151, "2 h 31 min"),
            (28 * 60 + 40, "28 h 40 min"),
            (48 * 60, "2 days"),
            (76 * 60 + 3, "3 days 4 h"),
        ] {
            assert_eq!(w.duration(min * MINUTE), said);
        }
        let now = at("2026-11-03T12:02:00Z");
        assert_eq!(w.age(now, at("2026-11-02T20:00:00Z")), "16 h ago");
        assert_eq!(w.age(now, now), "just now");
        assert_eq!(w.age(now, now.plus(26 * MINUTE)), "in 26 min");
        assert_eq!(w.duration(i64::MIN), w.duration(i64::MAX));
    }
}
