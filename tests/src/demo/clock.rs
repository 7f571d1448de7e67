//! The one clock of the demo: a file that every process reads (`--clock file:…`), moved on by the conductor.

use crate::world::{Trouble, at};
use holdfast_model::time::Millis;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How often the file is replaced while time passes.
const BEAT: Duration = Duration::from_millis(100);

/// The clock.
pub struct DrillClock {
    file: PathBuf,
    now: Millis,
    /// How much faster than life; nothing for as fast as it goes.
    speed: Option<f64>,
    /// Where life stood when the clock last stood where it stood then.
    since: (Instant, Millis),
}

impl DrillClock {
    /// Sets the clock and writes its file.
    pub fn set(file: &Path, now: Millis, speed: Option<f64>) -> Result<DrillClock, Trouble> {
        let clock = DrillClock { file: file.to_owned(), now, speed, since: (Instant::now(), now) };
        clock.write()?;
        Ok(clock)
    }

    /// What it says.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// What `--clock` takes for a device whose wall clock is wrong by so many milliseconds.
    pub fn option(&self, skew_ms: i64) -> String {
        let skew = match skew_ms / 1000 {
            0 => String::new(),
            s if s > 0 => format!(",+{s}s"),
            s => format!(",-{}s", -s),
        };
        format!("file:{}{skew}", self.file.display())
    }

    /// Begins to run now: what came before took no time.
    pub fn begin(&mut self) {
        self.since = (Instant::now(), self.now);
    }

    /// One beat towards a moment; true once that is reached.
    pub fn beat(&mut self, towards: Millis) -> Result<bool, Trouble> {
        if self.now >= towards {
            return Ok(true);
        }
        match self.speed {
            None => self.now = towards,
            Some(speed) => {
                std::thread::sleep(BEAT);
                let passed = (self.since.0.elapsed().as_millis() as f64 * speed) as i64;
                self.now = self.since.1.plus(passed).min(towards);
            }
        }
        self.write()?;
        Ok(self.now >= towards)
    }

    fn write(&self) -> Result<(), Trouble> {
        let fresh = self.file.with_extension("new");
        std::fs::write(&fresh, self.now.0.to_string()).and_then(|()| std::fs::rename(&fresh, &self.file)).map_err(at(self.file.display()))
    }
}
