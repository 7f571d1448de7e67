//! Instants, and what a clock on a wall in London says. Nothing here reads a clock.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Europe::London;
use serde::{Deserialize, Serialize};

/// An instant: milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Millis(pub i64);

/// One minute, in milliseconds.
pub const MINUTE: i64 = 60_000;
/// One hour, in milliseconds.
pub const HOUR: i64 = 60 * MINUTE;
/// One day of 24 hours, in milliseconds.
pub const DAY: i64 = 24 * HOUR;

/// Why a local date and time names no single instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LocalTrouble {
    /// The clocks jump over it (last Sunday of March).
    #[error("this time does not exist in London: the clocks go forward over it")]
    Skipped,
    /// The clocks pass it twice (last Sunday of October).
    #[error("this time exists twice in London: the clocks go back; add +01:00 or +00:00")]
    Twice,
}

impl Millis {
    /// This instant moved by some milliseconds; saturates at the ends of time.
    pub fn plus(self, ms: i64) -> Millis {
        Millis(self.0.saturating_add(ms))
    }
    /// Milliseconds from `earlier` to this instant; negative when it lies after.
    pub fn since(self, earlier: Millis) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
    /// The date and time in London, or `None` beyond the calendar's range (some 262,000 years).
    pub fn london(self) -> Option<DateTime<chrono_tz::Tz>> {
        DateTime::<Utc>::from_timestamp_millis(self.0).map(|t| t.with_timezone(&London))
    }
    /// The day in London on which this instant falls.
    pub fn london_day(self) -> Option<NaiveDate> {
        self.london().map(|t| t.date_naive())
    }
    /// "HH:MM" in London, "--:--" beyond the calendar.
    pub fn hhmm(self) -> String {
        self.london().map_or_else(|| "--:--".into(), |t| t.format("%H:%M").to_string())
    }
    /// "HH:MM:SS" in London, "--:--:--" beyond the calendar.
    pub fn hhmmss(self) -> String {
        self.london().map_or_else(|| "--:--:--".into(), |t| t.format("%H:%M:%S").to_string())
    }
    /// Minutes that London is ahead of UTC at this instant: 0 or 60.
    pub fn london_offset_min(self) -> i16 {
        use chrono::Offset;
        self.london().map_or(0, |t| (t.offset().fix().local_minus_utc() / 60) as i16)
    }
    /// RFC 3339 with London's offset, to the second: "2026-11-03T09:30:00+00:00".
    pub fn rfc3339(self) -> String {
        self.london().map_or_else(|| self.0.to_string(), |t| t.to_rfc3339_opts(chrono::SecondsFormat::Secs, false))
    }
    /// Reads RFC 3339 with an offset or `Z`.
    pub fn parse_rfc3339(text: &str) -> Option<Millis> {
        DateTime::parse_from_rfc3339(text).ok().map(|t| Millis(t.timestamp_millis()))
    }
}

/// The instant that a clock on a London wall names, if it names exactly one.
pub fn from_london(local: NaiveDateTime) -> Result<Millis, LocalTrouble> {
    match London.from_local_datetime(&local) {
        LocalResult::Single(t) => Ok(Millis(t.timestamp_millis())),
        LocalResult::Ambiguous(..) => Err(LocalTrouble::Twice),
        LocalResult::None => Err(LocalTrouble::Skipped),
    }
}

/// The first and the first-after instant of a day in London: 23, 24 or 25 hours apart.
pub fn london_day_bounds(day: NaiveDate) -> (Millis, Millis) {
    // Midnight is never skipped nor doubled in London: clocks change at 01:00 UTC.
    let midnight = |d: NaiveDate| from_london(d.and_time(chrono::NaiveTime::MIN)).unwrap_or(Millis(0));
    (midnight(day), midnight(day.succ_opt().unwrap_or(day)))
}

/// What a device's clocks say at one moment. The engine and the server take it through a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockReading {
    /// The wall clock, right or wrong.
    pub wall: Millis,
    /// Minutes that the device's local time is ahead of UTC.
    pub offset_min: i16,
    /// Which run of the monotonic clock `mono_ms` belongs to.
    pub boot: crate::id::BootId,
    /// Milliseconds of the clock that counts through deep sleep, since some point of this boot.
    pub mono_ms: i64,
}

/// The most that one restart counts of the wall clock's difference.
pub const MOST_PER_RESTART: i64 = DAY;

/// A moment of a device, to count from. Time is counted on the clock that nobody can set; across a restart, when that clock says nothing,
/// the wall clock's difference counts, but never less than nothing nor more than [`MOST_PER_RESTART`]: a wrong clock neither stops the count
/// nor lets it leap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    boot: crate::id::BootId,
    mono_ms: i64,
    wall: Millis,
}

impl Moment {
    /// The moment of a reading.
    pub fn of(now: &ClockReading) -> Moment {
        Moment { boot: now.boot, mono_ms: now.mono_ms, wall: now.wall }
    }

    /// Milliseconds passed by now; never negative.
    pub fn passed(&self, now: &ClockReading) -> i64 {
        if self.boot == now.boot {
            now.mono_ms.saturating_sub(self.mono_ms).max(0)
        } else {
            now.wall.since(self.wall).clamp(0, MOST_PER_RESTART)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a literal")
    }

    #[test]
    fn the_two_nights_when_the_clocks_change() {
        assert_eq!(from_london(local("2026-03-29 01:30")), Err(LocalTrouble::Skipped));
        assert_eq!(from_london(local("2026-10-25 01:30")), Err(LocalTrouble::Twice));
        let (a, b) = london_day_bounds(NaiveDate::from_ymd_opt(2026, 10, 25).expect("a date"));
        assert_eq!(b.since(a), 25 * HOUR);
        let (a, b) = london_day_bounds(NaiveDate::from_ymd_opt(2026, 3, 29).expect("a date"));
        assert_eq!(b.since(a), 23 * HOUR);
    }

    #[test]
    fn summer_and_winter_are_said_as_on_the_wall() {
        let winter = from_london(local("2026-11-03 09:30")).expect("winter");
        assert_eq!(winter.hhmm(), "09:30");
        assert_eq!(winter.london_offset_min(), 0);
        let summer = from_london(local("2026-07-03 09:30")).expect("summer");
        assert_eq!(summer.rfc3339(), "2026-07-03T09:30:00+01:00");
        assert_eq!(Millis::parse_rfc3339("2026-07-03T09:30:00+01:00"), Some(summer));
    }
}
