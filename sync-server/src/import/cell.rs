//! From a cell to what it means: numbers of people, UK dates, clock times, words of a list.

use super::problem::{Code, Problem, quoted};
use super::table::{Row, Table};
use chrono::{NaiveDate, NaiveTime};
use holdfast_model::id::BadId;
use holdfast_model::time::{LocalTrouble, MINUTE, Millis, from_london};
use holdfast_words::Arg;

/// The cells of one row. Every method answers `None` after it has written down what is wrong.
pub(super) struct Cells<'t, 'a, 'p> {
    table: &'t Table<'a>,
    row: &'t Row,
    problems: &'p mut Vec<Problem>,
}

/// A word that a column knows, and what it means.
pub(super) type Lexicon<T> = &'static [(&'static str, T)];

impl<'t, 'a, 'p> Cells<'t, 'a, 'p> {
    pub fn of(table: &'t Table<'a>, row: &'t Row, problems: &'p mut Vec<Problem>) -> Self {
        Cells { table, row, problems }
    }

    /// Writes a problem down at a column of this row.
    pub fn problem(&mut self, column: usize, code: Code, args: &[(&str, Arg<'_>)]) {
        let name = self.table.schema.columns[column].name;
        self.problems.push(Problem::new(self.table.file, Some(self.row.number), Some(name), code, args));
    }

    fn wrong(&mut self, column: usize, code: Code, value: &str) {
        self.problem(column, code, &[("value", quoted(value).into())]);
    }

    /// The cell as it stands.
    pub fn raw(&self, column: usize) -> &'t str {
        self.table.cell(self.row, column)
    }

    /// A text. Line ends become line feeds, other control characters go.
    pub fn text(&mut self, column: usize) -> Option<String> {
        let cell = self.raw(column);
        let spec = &self.table.schema.columns[column];
        if cell.is_empty() {
            if spec.needed {
                self.problem(column, Code::CellEmpty, &[]);
                return None;
            }
            return Some(String::new());
        }
        if cell.len() > spec.longest {
            self.problem(column, Code::CellTooLong, &[("has", cell.len().into()), ("most", spec.longest.into())]);
            return None;
        }
        let lines = cell.replace("\r\n", "\n").replace('\r', "\n");
        Some(lines.chars().filter(|c| !c.is_control() || *c == '\n').collect())
    }

    /// An identifier; `Ok(None)` for an empty cell of a column that need not be filled.
    #[allow(clippy::option_option)]
    pub fn maybe_id<T: std::str::FromStr<Err = BadId>>(&mut self, column: usize) -> Option<Option<T>> {
        let cell = self.raw(column);
        if cell.is_empty() && !self.table.schema.columns[column].needed {
            return Some(None);
        }
        self.id(column).map(Some)
    }

    /// An identifier.
    pub fn id<T: std::str::FromStr<Err = BadId>>(&mut self, column: usize) -> Option<T> {
        self.id_of(column, self.raw(column))
    }

    /// A part of a cell as an identifier.
    pub fn id_of<T: std::str::FromStr<Err = BadId>>(&mut self, column: usize, text: &str) -> Option<T> {
        match text.parse() {
            Ok(id) => Some(id),
            Err(BadId::Empty) => {
                self.problem(column, Code::CellEmpty, &[]);
                None
            }
            Err(_) => {
                self.wrong(column, Code::IdBad, text);
                None
            }
        }
    }

    /// A whole number within bounds; `Some(None)` when the cell is empty and may be.
    #[allow(clippy::option_option)]
    pub fn number(&mut self, column: usize, bounds: std::ops::RangeInclusive<u32>) -> Option<Option<u32>> {
        let cell = self.raw(column);
        if cell.is_empty() {
            if self.table.schema.columns[column].needed {
                self.problem(column, Code::CellEmpty, &[]);
                return None;
            }
            return Some(None);
        }
        match digits(cell) {
            Some(n) if bounds.contains(&n) => Some(Some(n)),
            _ => {
                let args = [("value", quoted(cell).into()), ("least", (*bounds.start()).into()), ("most", (*bounds.end()).into())];
                self.problem(column, Code::NumberBad, &args);
                None
            }
        }
    }

    /// A decimal number as it is written, for amounts: "8", "2.5".
    pub fn decimal(&mut self, column: usize) -> Option<String> {
        let cell = self.raw(column);
        let good = cell.len() <= 12
            && cell.split('.').count() <= 2
            && cell.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
        if cell.is_empty() || good {
            return Some(cell.to_owned());
        }
        self.problem(column, Code::NumberBad, &[("value", quoted(cell).into()), ("least", 0.into()), ("most", 999_999.into())]);
        None
    }

    /// One word of a list; the first meaning when the cell is empty and may be.
    pub fn word<T: Copy>(&mut self, column: usize, lexicon: Lexicon<T>) -> Option<T> {
        let cell = self.raw(column);
        if cell.is_empty() && !self.table.schema.columns[column].needed {
            return lexicon.first().map(|(_, meaning)| *meaning);
        }
        if cell.is_empty() {
            self.problem(column, Code::CellEmpty, &[]);
            return None;
        }
        self.word_of(column, cell, lexicon)
    }

    /// A part of a cell as one word of a list.
    pub fn word_of<T: Copy>(&mut self, column: usize, text: &str, lexicon: Lexicon<T>) -> Option<T> {
        let plain = text.to_lowercase().replace(['_', '-', ':'], " ").split_whitespace().collect::<Vec<_>>().join(" ");
        let found = lexicon.iter().find(|(word, _)| *word == plain).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let words = lexicon.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
            self.problem(column, Code::WordUnknown, &[("value", quoted(text).into()), ("words", words.into())]);
        }
        found
    }

    /// The parts of a cell, between semicolons, vertical bars or line ends.
    pub fn parts(&self, column: usize) -> impl Iterator<Item = &'t str> {
        self.raw(column).split([';', '|', '\n', '\r']).map(str::trim).filter(|part| !part.is_empty())
    }

    /// A date: dd/mm/yyyy as in the UK, also with `-` or `.`, with a year of two digits, or yyyy-mm-dd.
    pub fn date(&mut self, column: usize) -> Option<NaiveDate> {
        let cell = self.raw(column);
        if cell.is_empty() {
            self.problem(column, Code::CellEmpty, &[]);
            return None;
        }
        self.date_of(column, cell)
    }

    fn date_of(&mut self, column: usize, text: &str) -> Option<NaiveDate> {
        let numbers: Option<Vec<u32>> = text.split(['/', '-', '.']).map(|part| (part.len() <= 4).then(|| digits(part)).flatten()).collect();
        let year_first = text.split(['/', '-', '.']).next().is_some_and(|part| part.len() == 4);
        let (year, month, day) = match numbers.as_deref() {
            Some([y, m, d]) if year_first => (*y, *m, *d),
            Some([d, m, y]) if *y < 100 => (2000 + y, *m, *d),
            Some([d, m, y]) if *y >= 1900 => (*y, *m, *d),
            _ => {
                self.wrong(column, Code::DateUnreadable, text);
                return None;
            }
        };
        let date = i32::try_from(year).ok().and_then(|year| NaiveDate::from_ymd_opt(year, month, day));
        if date.is_none() {
            self.wrong(column, Code::DateImpossible, text);
        }
        date
    }

    /// A clock time on a date: HH:MM, with seconds or an offset (`Z`, `+01:00`) if need be.
    pub fn time_on(&mut self, column: usize, date: NaiveDate) -> Option<Millis> {
        let cell = self.raw(column);
        if cell.is_empty() {
            self.problem(column, Code::CellEmpty, &[]);
            return None;
        }
        self.instant(column, date, cell)
    }

    /// A date and a clock time in one cell: "31/10/2026 17:00". Without a time: midnight.
    pub fn date_and_time(&mut self, column: usize) -> Option<Millis> {
        let cell = self.raw(column);
        if cell.is_empty() {
            self.problem(column, Code::CellEmpty, &[]);
            return None;
        }
        let (date, time) = cell.split_once([' ', 'T']).unwrap_or((cell, "00:00"));
        let date = self.date_of(column, date)?;
        self.instant(column, date, time)
    }

    fn instant(&mut self, column: usize, date: NaiveDate, text: &str) -> Option<Millis> {
        let (clock, offset) = split_offset(text.trim());
        let (Some(time), Ok(offset)) = (parse_time(clock), offset) else {
            self.wrong(column, Code::TimeImpossible, text);
            return None;
        };
        if let Some(offset_min) = offset {
            let utc = date.and_time(time).and_utc().timestamp_millis();
            return Some(Millis(utc - i64::from(offset_min) * MINUTE));
        }
        match from_london(date.and_time(time)) {
            Ok(at) => Some(at),
            Err(trouble) => {
                let code = match trouble {
                    LocalTrouble::Skipped => Code::TimeSkipped,
                    LocalTrouble::Twice => Code::TimeTwice,
                };
                let day = date.format("%d/%m/%Y").to_string();
                let clock = time.format("%H:%M").to_string();
                self.problem(column, code, &[("day", day.into()), ("time", clock.into())]);
                None
            }
        }
    }

    /// Clock times of a list: "08:00;12:00".
    pub fn times(&mut self, column: usize) -> Option<Vec<NaiveTime>> {
        let mut times = Vec::new();
        let mut good = true;
        for part in self.raw(column).split([';', ',', '|', ' ', '\n', '\r']).filter(|part| !part.is_empty()) {
            match parse_time(part) {
                Some(time) => times.push(time),
                None => {
                    self.wrong(column, Code::TimeImpossible, part);
                    good = false;
                }
            }
        }
        times.sort_unstable();
        times.dedup();
        good.then_some(times)
    }
}

/// A number in plain digits: Rust's own reading lets a sign through.
fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// "08:00", "8:00", "08:00:00", "8.00".
fn parse_time(text: &str) -> Option<NaiveTime> {
    let parts: Vec<&str> = text.split([':', '.']).collect();
    let number = |part: &str| (1..=2).contains(&part.len()).then(|| digits(part)).flatten();
    match parts.as_slice() {
        [h, m] if m.len() == 2 => NaiveTime::from_hms_opt(number(h)?, number(m)?, 0),
        [h, m, s] if m.len() == 2 && s.len() == 2 => NaiveTime::from_hms_opt(number(h)?, number(m)?, number(s)?),
        _ => None,
    }
}

/// Takes an offset off the end of a time: minutes ahead of UTC.
#[allow(clippy::type_complexity)]
fn split_offset(text: &str) -> (&str, Result<Option<i32>, ()>) {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return (clock.trim_end(), Ok(Some(0)));
    }
    let Some(at) = text.rfind(['+', '-']) else { return (text, Ok(None)) };
    let (clock, offset) = text.split_at(at);
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let minutes = parse_time(&offset[1..])
        .or_else(|| {
            (offset.len() == 5).then(|| offset.get(1..3).zip(offset.get(3..5))).flatten().and_then(|(h, m)| parse_time(&format!("{h}:{m}")))
        })
        .map(|t| sign * i32::try_from(t.signed_duration_since(NaiveTime::MIN).num_minutes()).unwrap_or(0));
    (clock.trim_end(), minutes.map(Some).ok_or(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_offsets() {
        let t = |h, m| NaiveTime::from_hms_opt(h, m, 0);
        assert_eq!(parse_time("9:05"), t(9, 5));
        assert_eq!(parse_time("09:05:00"), t(9, 5));
        for bad in ["", "9", "24:00", "09:60", "09:5", "9:05pm", "+9:05", "::", "09:05:00:00"] {
            assert_eq!(parse_time(bad), None, "{bad:?}");
        }
        assert_eq!(split_offset("01:30+01:00"), ("01:30", Ok(Some(60))));
        assert_eq!(split_offset("01:30 +0100"), ("01:30", Ok(Some(60))));
        assert_eq!(split_offset("01:30Z"), ("01:30", Ok(Some(0))));
        assert_eq!(split_offset("01:30-00:00"), ("01:30", Ok(Some(0))));
        assert_eq!(split_offset("01:30"), ("01:30", Ok(None)));
        assert_eq!(split_offset("01:30+x").1, Err(()));
    }
}
