//! What the office's pages and the phone's lists say about phones, counts and what is still to finish.

use crate::{Names, Words};
use holdfast_model::projection::{OwedItem, QuietPhone};
use holdfast_model::time::{MINUTE, Millis};

impl Words {
    /// A phone that is not heard from: "no word since 08:10 (2 h 31 min)", "never heard from".
    pub fn quiet(&self, now: Millis, quiet: &QuietPhone) -> String {
        self.no_word_since(now, quiet.phone.heard)
    }

    /// The same from the moment alone.
    pub fn no_word_since(&self, now: Millis, heard: Option<Millis>) -> String {
        match heard {
            Some(at) => self.say(
                "heard-not-since",
                &[("time", self.time_of(now, at).into()), ("duration", self.duration(now.since(at).max(0)).into())],
            ),
            None => self.say("heard-never", &[]),
        }
    }

    /// A phone that is heard from: "phone heard 10:40, nothing waiting", "phone heard 10:40, 3 waiting".
    pub fn phone_heard(&self, now: Millis, heard: Millis, waiting: u32) -> String {
        let args = [("time", self.time_of(now, heard).into()), ("n", waiting.into())];
        self.say(if waiting == 0 { "heard-at" } else { "heard-at-waiting" }, &args)
    }

    /// How many phones have been silent: "3 of 12 phones not heard from for over 1 h".
    pub fn phones_quiet(&self, quiet: usize, of: usize, limit_min: u32) -> String {
        let args = [("n", quiet.into()), ("of", of.into()), ("duration", self.duration(i64::from(limit_min) * MINUTE).into())];
        self.say("phones-quiet", &args)
    }

    /// The strip at the top of a phone without contact: "Offline since 08:10. Carry on: 4 saved on this phone."
    pub fn offline(&self, now: Millis, since: Option<Millis>, waiting: u32) -> String {
        let carry_on = self.say(if waiting == 0 { "offline-nothing" } else { "offline-saved" }, &[("n", waiting.into())]);
        let since = match since {
            Some(at) => self.say("offline-since", &[("time", self.time_of(now, at).into())]),
            None => self.say("offline-never", &[]),
        };
        format!("{since} {carry_on}")
    }

    /// The one big button of a visit: "Leave: 1 left to answer".
    pub fn leave(&self, left_to_answer: u32) -> String {
        self.say(if left_to_answer == 0 { "leave" } else { "leave-left" }, &[("n", left_to_answer.into())])
    }

    /// One thing still to finish.
    pub fn owed(&self, now: Millis, item: &OwedItem) -> String {
        match item {
            OwedItem::OpenVisit { name, since, .. } => {
                self.say("owed-open-visit", &[("name", name.as_str().into()), ("time", self.time_of(now, *since).into())])
            }
            OwedItem::Dose { name, title, due, .. } => self.say(
                "owed-dose",
                &[("name", name.as_str().into()), ("title", title.as_str().into()), ("time", self.time_of(now, *due).into())],
            ),
            OwedItem::Task { name, title, .. } => {
                self.say("owed-task", &[("name", name.as_str().into()), ("title", title.as_str().into())])
            }
            OwedItem::NothingRecorded { name, start, .. } => {
                self.say("owed-nothing-recorded", &[("name", name.as_str().into()), ("time", self.time_of(now, *start).into())])
            }
        }
    }

    /// The line above the board: "live · as of 10:41:07".
    pub fn as_of(&self, now: Millis) -> String {
        self.say("as-of-live", &[("time", self.clock_seconds(now).into())])
    }

    /// The line of an outage: "Rota system down since 09:00. Working from rota R7, frozen 06:15."
    pub fn outage(&self, now: Millis, outage: &holdfast_model::entry::OutageOpened) -> String {
        let down = self.say("outage-down", &[("what", outage.what.as_str().into()), ("time", self.time_of(now, outage.since).into())]);
        let rota = match (outage.rota.as_str(), outage.rota_frozen) {
            ("", _) => return down,
            (rota, None) => self.say("outage-rota", &[("rota", rota.into())]),
            (rota, Some(at)) => self.say("outage-rota-frozen", &[("rota", rota.into()), ("time", self.time_of(now, at).into())]),
        };
        format!("{down} {rota}")
    }

    /// Who goes too: "with Ben and Tom". Empty when nobody does.
    pub fn with(&self, workers: &[holdfast_model::id::WorkerId], names: &Names<'_>) -> String {
        if workers.is_empty() {
            return String::new();
        }
        self.say("with-names", &[("names", self.first_names(workers, names).into())])
    }
}
