//! What `--clock` takes.
//!
//! | Form | The clock |
//! |---|---|
//! | `system` | the machine's own |
//! | `fixed:2026-11-03T09:30:00Z` | stands still |
//! | `from:2026-11-03T09:30:00Z` | runs on from there, beginning now |
//! | `from:2026-11-03T09:30:00Zx60` | the same, 60 times as fast |
//! | `file:PATH` | what the file says (RFC 3339, or milliseconds since 1970), read anew each time |
//!
//! Each may be followed by an error of the wall clock: `,+47m`, `,-1d3h`, `,+2h30m15s`. The boot-anchored clock has no such error: that is
//! how a phone with a wrong clock behaves.

use crate::system::{SystemClock, boot_named, boottime_ms};
use holdfast_model::id::BootId;
use holdfast_model::port::Clock;
use holdfast_model::time::{ClockReading, DAY, HOUR, MINUTE, Millis};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};

/// Fastest a drill may run.
const MAX_SPEED: f64 = 100_000.0;

/// Why a `--clock` is not understood or cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ClockError {
    /// None of the known forms.
    #[error(
        "--clock {0:?} is not one of: system, fixed:TIME, from:TIME, from:TIMExSPEED, file:PATH (each may end in an error such as ,+47m)"
    )]
    Form(String),
    /// The time is not RFC 3339.
    #[error("--clock: {0:?} is not a time such as 2026-11-03T09:30:00Z")]
    Time(String),
    /// The speed is not a number above 0 and up to 100,000.
    #[error("--clock: {0:?} is not a speed; write x2, x60 or x0.5, up to x100000")]
    Speed(String),
    /// The error is not a signed run of days, hours, minutes and seconds.
    #[error("--clock: {0:?} is not an error of a clock; write +47m, -1d3h or +2h30m15s")]
    Skew(String),
    /// The file is not there or not readable.
    #[error("--clock: the file {} cannot be read ({source}); whoever conducts the drill writes it before starting", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file holds something else than a time.
    #[error("--clock: the file {} holds no time; it should hold 2026-11-03T09:30:00Z or milliseconds since 1970", .0.display())]
    FileText(PathBuf),
}

impl ClockError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ClockError::Form(_) | ClockError::Time(_) | ClockError::Speed(_) | ClockError::Skew(_) => "clock_option",
            ClockError::File { .. } | ClockError::FileText(_) => "clock_file",
        }
    }
}

/// A parsed `--clock`.
#[derive(Debug, Clone, PartialEq)]
pub struct ClockSpec {
    source: Source,
    /// How far the wall clock is wrong, in milliseconds.
    skew_ms: i64,
}

#[derive(Debug, Clone, PartialEq)]
enum Source {
    System,
    Fixed(Millis),
    From { start: Millis, speed: f64 },
    File(PathBuf),
}

impl ClockSpec {
    /// The machine's own clocks.
    pub const SYSTEM: ClockSpec = ClockSpec { source: Source::System, skew_ms: 0 };

    /// True for everything but the machine's own clocks, unskewed: the console then says DRILL.
    pub fn is_drill(&self) -> bool {
        *self != ClockSpec::SYSTEM
    }

    /// Opens the clock; time of a `from:` begins to run now.
    pub fn open(&self) -> Result<HostClock, ClockError> {
        let running = match &self.source {
            Source::System => Running::System(SystemClock::new()),
            // One boot for every process with a fixed clock: a drill moves a phone on by starting the terminal at a later time.
            Source::Fixed(at) => Running::Fixed { at: *at, boot: boot_named("drill with a fixed clock") },
            Source::From { start, speed } => {
                let began = boottime_ms();
                // Every process begins at `start` again, so each is a boot of its own.
                let boot = boot_named(&format!("drill from {} process {} at {began}", start.0, std::process::id()));
                Running::From { start: *start, speed: *speed, began, boot }
            }
            Source::File(path) => {
                let now = read_file(path)?;
                let boot = boot_named(&format!("drill by {}", path.display()));
                Running::File { path: path.clone(), wall: AtomicI64::new(now.0), mono: AtomicI64::new(now.0), boot }
            }
        };
        Ok(HostClock { running, skew_ms: self.skew_ms, drill: self.is_drill() })
    }
}

impl FromStr for ClockSpec {
    type Err = ClockError;

    fn from_str(text: &str) -> Result<ClockSpec, ClockError> {
        let (body, skew_ms) = match text.rsplit_once(',') {
            // A path may hold a comma; an error begins with its sign.
            Some((body, skew)) if skew.starts_with(['+', '-']) => (body, parse_skew(skew)?),
            _ => (text, 0),
        };
        let source = match body.split_once(':') {
            None if body == "system" => Source::System,
            Some(("fixed", at)) => Source::Fixed(parse_time(at)?),
            Some(("from", rest)) => match rest.split_once('x') {
                None => Source::From { start: parse_time(rest)?, speed: 1.0 },
                Some((at, speed)) => Source::From { start: parse_time(at)?, speed: parse_speed(speed)? },
            },
            Some(("file", path)) if !path.is_empty() => Source::File(path.into()),
            _ => return Err(ClockError::Form(text.to_owned())),
        };
        Ok(ClockSpec { source, skew_ms })
    }
}

impl fmt::Display for ClockSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::System => f.write_str("system")?,
            Source::Fixed(at) => write!(f, "fixed:{}", written(*at))?,
            Source::From { start, speed } if *speed == 1.0 => write!(f, "from:{}", written(*start))?,
            Source::From { start, speed } => write!(f, "from:{}x{speed}", written(*start))?,
            Source::File(path) => write!(f, "file:{}", path.display())?,
        }
        if self.skew_ms != 0 {
            write!(f, ",{}{}s", if self.skew_ms < 0 { '-' } else { '+' }, self.skew_ms.unsigned_abs() / 1000)?;
        }
        Ok(())
    }
}

fn written(at: Millis) -> String {
    at.rfc3339()
}

fn parse_time(text: &str) -> Result<Millis, ClockError> {
    Millis::parse_rfc3339(text).ok_or_else(|| ClockError::Time(text.to_owned()))
}

fn parse_speed(text: &str) -> Result<f64, ClockError> {
    let speed: f64 = text.parse().map_err(|_| ClockError::Speed(text.to_owned()))?;
    if speed > 0.0 && speed <= MAX_SPEED { Ok(speed) } else { Err(ClockError::Speed(text.to_owned())) }
}

/// Reads `+1d3h`, `-47m`: a sign, then numbers with units, from the largest to the smallest, each at most once.
fn parse_skew(text: &str) -> Result<i64, ClockError> {
    let bad = || ClockError::Skew(text.to_owned());
    let (sign, mut rest) = match text.as_bytes().first() {
        Some(b'+') => (1, &text[1..]),
        Some(b'-') => (-1, &text[1..]),
        _ => return Err(bad()),
    };
    let mut total = 0i64;
    let mut last = i64::MAX;
    if rest.is_empty() {
        return Err(bad());
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest[..digits].parse().map_err(|_| bad())?;
        let unit = match rest.as_bytes().get(digits) {
            Some(b'd') => DAY,
            Some(b'h') => HOUR,
            Some(b'm') => MINUTE,
            Some(b's') => 1000,
            _ => return Err(bad()),
        };
        if unit >= last {
            return Err(bad());
        }
        last = unit;
        total = number.checked_mul(unit).and_then(|ms| total.checked_add(ms)).ok_or_else(bad)?;
        rest = &rest[digits + 1..];
    }
    Ok(sign * total)
}

fn read_file(path: &Path) -> Result<Millis, ClockError> {
    let text = std::fs::read_to_string(path).map_err(|source| ClockError::File { path: path.to_owned(), source })?;
    let text = text.trim();
    text.parse().ok().map(Millis).or_else(|| Millis::parse_rfc3339(text)).ok_or_else(|| ClockError::FileText(path.to_owned()))
}

/// The clock that a [`ClockSpec`] opens.
#[derive(Debug)]
pub struct HostClock {
    running: Running,
    skew_ms: i64,
    drill: bool,
}

#[derive(Debug)]
enum Running {
    System(SystemClock),
    Fixed { at: Millis, boot: BootId },
    From { start: Millis, speed: f64, began: i64, boot: BootId },
    File { path: PathBuf, wall: AtomicI64, mono: AtomicI64, boot: BootId },
}

impl HostClock {
    /// The machine's own clocks.
    pub fn system() -> HostClock {
        HostClock { running: Running::System(SystemClock::new()), skew_ms: 0, drill: false }
    }

    /// True when this is not the machine's own clock.
    pub fn is_drill(&self) -> bool {
        self.drill
    }
}

impl Clock for HostClock {
    fn read(&self) -> ClockReading {
        // Where several processes share a drill's time, its boot-anchored clock is that time itself: it means the same in all of them.
        let (true_wall, boot, mono_ms) = match &self.running {
            Running::System(clock) => {
                let now = clock.read();
                (now.wall, now.boot, now.mono_ms)
            }
            Running::Fixed { at, boot } => (*at, *boot, at.0),
            Running::From { start, speed, began, boot } => {
                let passed = (boottime_ms() - began) as f64 * speed;
                (start.plus(passed as i64), *boot, passed as i64)
            }
            Running::File { path, wall, mono, boot } => {
                // Reading costs a few microseconds; comparing the file's times would miss a change within one tick of the file system.
                // A file that is gone for a moment leaves the clock where it was.
                if let Ok(now) = read_file(path) {
                    wall.store(now.0, Ordering::SeqCst);
                    // A conductor may put the wall back, as a person may; the boot-anchored clock only ever goes on.
                    mono.fetch_max(now.0, Ordering::SeqCst);
                }
                (Millis(wall.load(Ordering::SeqCst)), *boot, mono.load(Ordering::SeqCst))
            }
        };
        let wall = true_wall.plus(self.skew_ms);
        ClockReading { wall, offset_min: wall.london_offset_min(), boot, mono_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> ClockSpec {
        text.parse().expect(text)
    }

    fn code(text: &str) -> String {
        text.parse::<ClockSpec>().expect_err(text).to_string()
    }

    #[test]
    fn every_form_is_read_and_written_back() {
        for text in ["system", "fixed:2026-11-03T09:30:00+00:00", "from:2026-07-03T09:30:00+01:00", "from:2026-11-03T09:30:00+00:00x60"] {
            assert_eq!(spec(text).to_string(), text);
        }
        assert_eq!(spec("file:/tmp/a,b").to_string(), "file:/tmp/a,b");
        assert_eq!(spec("file:/tmp/a,b,+1m").to_string(), "file:/tmp/a,b,+60s");
        assert_eq!(spec("system,-1d3h").to_string(), "system,-97200s");
        assert_eq!(spec(&spec("system,-1d3h").to_string()), spec("system,-1d3h"));
    }

    #[test]
    fn a_clock_that_makes_no_sense_is_refused_by_its_code() {
        for text in ["", "noon", "fixed:noon", "from:2026-11-03T09:30:00Zx0", "from:2026-11-03T09:30:00Zxfast", "system,+a while"] {
            assert_eq!(text.parse::<ClockSpec>().expect_err(text).code(), "clock_option", "{text}");
        }
    }

    #[test]
    fn only_the_plain_system_clock_is_no_drill() {
        assert!(!spec("system").is_drill());
        assert!(spec("system,+1m").is_drill());
        assert!(spec("fixed:2026-11-03T09:30:00Z").is_drill());
        assert!(spec("fixed:2026-11-03T09:30:00Z").open().expect("opens").is_drill());
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(code("tomorrow").contains("is not one of"));
        assert!(code("file:").contains("is not one of"));
        assert!(code("fixed:09:30").contains("\"09:30\""));
        assert!(code("from:2026-11-03T09:30:00Zx0").contains("\"0\""));
        assert!(code("from:2026-11-03T09:30:00Zx-3").contains("\"-3\""));
        assert!(code("from:2026-11-03T09:30:00ZxNaN").contains("\"NaN\""));
        for bad in [
            "system,+",
            "system,+5",
            "system,+m",
            "system,+5m3h",
            "system,+5m5m",
            "system,+99999999999999999999d",
            "system,+9000000000000000000d",
        ] {
            assert!(code(bad).contains("is not an error of a clock"), "{bad}");
        }
    }

    #[test]
    fn the_error_is_of_the_wall_only() {
        let right = spec("fixed:2026-11-03T09:30:00Z").open().expect("opens").read();
        let fast = spec("fixed:2026-11-03T09:30:00Z,+47m").open().expect("opens").read();
        assert_eq!(fast.wall.since(right.wall), 47 * MINUTE);
        assert_eq!(fast.mono_ms, right.mono_ms);
        assert_eq!(fast.boot, right.boot);
    }

    #[test]
    fn from_runs_on_and_never_backwards() {
        let clock = spec("from:2026-11-03T09:30:00Zx1000").open().expect("opens");
        let a = clock.read();
        std::thread::sleep(std::time::Duration::from_millis(5));
        let b = clock.read();
        assert!(a.wall >= Millis::parse_rfc3339("2026-11-03T09:30:00Z").expect("a time"));
        assert!(b.mono_ms - a.mono_ms >= 1000, "at least one of the five milliseconds passed, a thousandfold");
        assert_eq!(b.mono_ms - a.mono_ms, b.wall.since(a.wall));
    }

    #[test]
    fn a_file_is_read_anew_and_the_boot_clock_only_goes_on() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("now");
        let text = format!("file:{}", path.display());
        assert_eq!(spec(&text).open().expect_err("no file").code(), "clock_file");
        std::fs::write(&path, "soon").expect("writes");
        assert!(spec(&text).open().expect_err("no time").to_string().contains("holds no time"));

        std::fs::write(&path, "2026-11-03T09:30:00Z\n").expect("writes");
        let clock = spec(&text).open().expect("opens");
        let first = clock.read();
        std::fs::write(&path, (first.wall.0 + HOUR).to_string()).expect("writes");
        let second = clock.read();
        assert_eq!(second.wall.since(first.wall), HOUR);
        assert_eq!(second.mono_ms - first.mono_ms, HOUR);
        std::fs::write(&path, "0").expect("writes");
        assert_eq!(clock.read().wall, Millis(0));
        assert_eq!(clock.read().mono_ms, second.mono_ms);
        std::fs::remove_file(&path).expect("removes");
        assert_eq!(clock.read().wall, Millis(0), "a missing file leaves the clock where it was");
        assert_eq!(clock.read().boot, first.boot);
    }
}
