//! A visit in words: the two axes, doubt, what needs action, *check now*.

use crate::Words;
use holdfast_model::chronology::{Doubt, Timing};
use holdfast_model::entry::Report;
use holdfast_model::id::WorkerId;
use holdfast_model::projection::{
    Attention, Bucket, Care, CheckNow, CheckReason, Incoming, Know, KnownBy, Late, LateSummary, NotDone, Ring, Standing, Subject, Times,
    Unfinished,
};
use holdfast_model::time::{DAY, MINUTE, Millis};

/// Looks a worker's name up; `None` for one that is not known here, who is then called by number.
pub type Names<'n> = dyn Fn(&WorkerId) -> Option<String> + 'n;

/// Something said in two lines: what a cell of the board shows, the second smaller.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lines {
    /// "Asha’s phone".
    pub first: String,
    /// "written 09:31, office has it 10:38". May be empty.
    pub second: String,
}

impl Lines {
    fn one(first: String) -> Lines {
        Lines { first, second: String::new() }
    }
}

/// One item of *check now* in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckText {
    /// "dose by 11:30".
    pub tag: String,
    /// "No word, 26 min past start." May be empty.
    pub why: String,
    /// What weighs most: "49 min left for the dose."
    pub strong: String,
    /// What to do besides ringing: "Tell Ben: don’t hoist alone." May be empty.
    pub then: String,
}

impl Words {
    /// A worker's whole name, or their number.
    pub fn worker(&self, worker: &WorkerId, names: &Names<'_>) -> String {
        names(worker).filter(|name| !name.trim().is_empty()).unwrap_or_else(|| worker.to_string())
    }

    /// A worker's first name, or their number: on the board people have names.
    pub fn first_name(&self, worker: &WorkerId, names: &Names<'_>) -> String {
        first_word(&self.worker(worker, names)).to_owned()
    }

    /// Several workers: "Dana", "Dana and Tom", "Dana, Tom and Kasia".
    pub fn first_names(&self, workers: &[WorkerId], names: &Names<'_>) -> String {
        let all: Vec<String> = workers.iter().map(|w| self.first_name(w, names)).collect();
        match all.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [front @ .., last] => self.say("list-and", &[("front", front.join(", ").into()), ("last", last.as_str().into())]),
        }
    }

    /// "Asha’s phone".
    pub fn phone_of(&self, worker: &WorkerId, names: &Names<'_>) -> String {
        self.say("phone-of", &[("name", self.first_name(worker, names).into())])
    }

    /// The first axis, what happened at the person's door: "there now", "Ben on the way", "done: act", "no word".
    pub fn care(&self, now: Millis, care: &Care, know: &Know, names: &Names<'_>) -> String {
        match care {
            Care::Due { .. } => self.say("care-due", &[]),
            Care::OnTheWay { worker: Some(worker), .. } => {
                self.say("care-on-the-way-name", &[("name", self.first_name(worker, names).into())])
            }
            Care::OnTheWay { worker: None, .. } => self.say("care-on-the-way", &[]),
            // A phone call says that somebody was there then, not that they are now.
            Care::ThereNow { since, .. } => match know {
                Know::PhoneCall { .. } => self.say("care-there-at", &[("time", self.time_of(now, *since).into())]),
                _ => self.say("care-there-now", &[]),
            },
            Care::Done { .. } => self.say("care-done", &[]),
            Care::DoneAct { .. } => self.say("care-done-act", &[]),
            Care::NotDone { why, .. } => self.not_done(*why),
            Care::NoWord { .. } => self.say("care-no-word", &[]),
            Care::Missed { .. } => self.say("care-missed", &[]),
        }
    }

    /// What stands small beside the first axis: minutes past the start of a visit of which nothing is known, minutes to go.
    pub fn care_aside(&self, care: &Care) -> String {
        match care {
            Care::NoWord { past_start_min } => self.past_start(*past_start_min),
            Care::OnTheWay { past_start_min: Some(min), .. } if *min > 0 => self.past_start(*min),
            Care::Due { in_min } if *in_min > 0 => self.say("care-due-in", &[("duration", self.duration(*in_min * MINUTE).into())]),
            _ => String::new(),
        }
    }

    fn past_start(&self, min: i64) -> String {
        self.say("care-past-start", &[("duration", self.duration(min * MINUTE).into())])
    }

    /// Why a visit did not take place, or not whole.
    pub fn not_done(&self, why: NotDone) -> String {
        self.say(
            match why {
                NotDone::NoReply => "visit-no-reply",
                NotDone::Declined => "visit-declined",
                NotDone::InHospital => "visit-in-hospital",
                NotDone::Cancelled => "visit-cancelled",
                NotDone::CutShort => "visit-cut-short",
                NotDone::SentAway => "visit-sent-away",
            },
            &[],
        )
    }

    /// "22 late", or "expects to be 10 late" before the worker is there. Empty when not late.
    pub fn late(&self, late: &Late) -> String {
        match (late.minutes, late.arrived) {
            (..=0, _) => String::new(),
            (n, true) => self.say("late-arrived", &[("n", n.into())]),
            (n, false) => self.say("late-expected", &[("n", n.into())]),
        }
    }

    /// The second axis, how we know.
    pub fn know(&self, now: Millis, know: &Know, names: &Names<'_>) -> Lines {
        match know {
            Know::Nothing => Lines::one(self.say("know-nothing", &[])),
            Know::PhoneCall { who, at, logged_by, logged_at, .. } => Lines {
                first: self.say("know-phone-call", &[("who", who.as_str().into()), ("time", self.time_of(now, *at).into())]),
                second: self.logged(now, *logged_at, logged_by, names),
            },
            Know::Office { by, at } => Lines {
                first: self.say("know-office", &[]),
                second: self
                    .say("know-office-who", &[("name", self.first_name(by, names).into()), ("time", self.time_of(now, *at).into())]),
            },
            Know::WorkersPhone { worker, written, received, incoming, .. } => Lines {
                first: self.phone_of(worker, names),
                second: match incoming {
                    Some(incoming) if !incoming.whole() => self.incoming(*incoming),
                    _ => self.written_received(now, *written, *received),
                },
            },
        }
    }

    /// "logged by Hugh 10:07".
    pub fn logged(&self, now: Millis, at: Millis, by: &WorkerId, names: &Names<'_>) -> String {
        self.say("know-logged-by", &[("name", self.first_name(by, names).into()), ("time", self.time_of(now, at).into())])
    }

    fn written_received(&self, now: Millis, written: Millis, received: Option<Millis>) -> String {
        let written = ("written", self.time_of(now, written).into());
        match received {
            Some(at) => self.say("know-written-received", &[written, ("received", self.time_of(now, at).into())]),
            None => self.say("know-written-here", &[written]),
        }
    }

    /// "records coming in, 3 of 9".
    pub fn incoming(&self, incoming: Incoming) -> String {
        self.say("know-coming-in", &[("have", incoming.have.into()), ("of", incoming.of.into())])
    }

    /// The axis *how we know* as a heading of a tally or a filter.
    pub fn known_by(&self, known_by: KnownBy) -> String {
        self.say(
            match known_by {
                KnownBy::WorkersPhone => "known-by-workers-phone",
                KnownBy::Office => "known-by-office",
                KnownBy::PhoneCall => "known-by-phone-call",
                KnownBy::Nothing => "known-by-nothing",
            },
            &[],
        )
    }

    /// Where a tally counts a visit: "done", "act", "on way".
    pub fn bucket(&self, bucket: Bucket) -> String {
        self.say(
            match bucket {
                Bucket::Done => "bucket-done",
                Bucket::Act => "bucket-act",
                Bucket::There => "bucket-there",
                Bucket::OnTheWay => "bucket-on-the-way",
                Bucket::Late => "bucket-late",
                Bucket::NotDone => "bucket-not-done",
                Bucket::Missed => "bucket-missed",
                Bucket::NoWord => "bucket-no-word",
                Bucket::Due => "bucket-due",
            },
            &[],
        )
    }

    /// "38 of 38 known, 0 missed, 3 late (longest 22 min)".
    pub fn late_summary(&self, s: &LateSummary) -> String {
        let args = [
            ("known", s.known.into()),
            ("of", s.of.into()),
            ("missed", s.missed.into()),
            ("late", s.late.into()),
            ("longest", self.duration(s.longest_min * MINUTE).into()),
        ];
        self.say(if s.late == 0 { "summary-known" } else { "summary-known-late" }, &args)
    }

    /// How far an entry has come: "on this phone", "the office has it 10:38", "at the office, held for checking".
    pub fn entry_state(&self, now: Millis, standing: Standing, received: Option<Millis>) -> String {
        match (standing, received) {
            (Standing::OnThisPhone, _) => self.say("entry-on-this-phone", &[]),
            (Standing::Sent, _) => self.say("entry-sent", &[]),
            (Standing::Received, Some(at)) => self.say("entry-received-at", &[("time", self.time_of(now, at).into())]),
            (Standing::Received, None) => self.say("entry-received", &[]),
            (Standing::Reviewed, Some(at)) => self.say("entry-reviewed-at", &[("time", self.time_of(now, at).into())]),
            (Standing::Reviewed, None) => self.say("entry-reviewed", &[]),
            (Standing::HeldForChecking, _) => self.say("entry-held-for-checking", &[]),
        }
    }

    /// What a reader must know before relying on a time; empty when there is nothing to know.
    pub fn doubt(&self, now: Millis, timing: &Timing) -> String {
        match timing.doubt {
            Doubt::Exact => String::new(),
            Doubt::WallFastBy { ms } => self.wall_off_by(now, timing.best, ms),
            Doubt::WallSlowBy { ms } => self.wall_off_by(now, timing.best, ms.saturating_neg()),
            Doubt::WallChangedMeanwhile { fast_before_ms, fast_now_ms } => self.say(
                "doubt-clock-changed",
                &[("before", self.fast_or_slow(fast_before_ms).into()), ("after", self.fast_or_slow(fast_now_ms).into())],
            ),
            Doubt::GiveOrTake { ms } => self.say("doubt-give-or-take", &[("duration", self.duration(ms).into())]),
            Doubt::NoSample { wall_fits: true } => self.say("doubt-own-clock", &[]),
            Doubt::NoSample { wall_fits: false } => match (timing.earliest, timing.latest) {
                (Some(a), Some(b)) => {
                    self.say("doubt-between", &[("from", self.time_of(now, a).into()), ("to", self.time_of(now, b).into())])
                }
                (Some(a), None) => self.say("doubt-after", &[("from", self.time_of(now, a).into())]),
                (None, Some(b)) => self.say("doubt-before", &[("to", self.time_of(now, b).into())]),
                (None, None) => self.say("doubt-unknown", &[]),
            },
        }
    }

    /// "phone 47 min fast"; a clock off by days is quoted instead.
    fn wall_off_by(&self, now: Millis, best: Millis, fast_ms: i64) -> String {
        if fast_ms.unsigned_abs() < 2 * DAY as u64 {
            return self.say("doubt-phone-off", &[("off", self.fast_or_slow(fast_ms).into())]);
        }
        self.say("doubt-phone-said", &[("time", self.time_of(now, best.plus(fast_ms)).into())])
    }

    fn fast_or_slow(&self, fast_ms: i64) -> String {
        let duration = ("duration", self.duration(fast_ms).into());
        match fast_ms {
            ms if ms.unsigned_abs() < MINUTE as u64 => self.say("clock-right", &[]),
            ms if ms > 0 => self.say("clock-fast", &[duration]),
            _ => self.say("clock-slow", &[duration]),
        }
    }

    /// A phone's clock against the office's: "right", "47 min fast", "3 min slow".
    pub fn clock_error(&self, fast_ms: i64) -> String {
        self.fast_or_slow(fast_ms)
    }

    /// The four times of an entry: "said 14:10 · written 14:32 · reached the office Thursday 09:05 · phone 47 min fast".
    pub fn times(&self, now: Millis, times: &Times) -> String {
        let mut parts = Vec::new();
        if let Some(happened) = times.happened {
            let time = ("time", self.time_of(now, happened.at).into());
            parts.push(match happened.give_or_take_min {
                0 => self.say("times-said", &[time]),
                n => {
                    let duration = self.duration(i64::from(n) * MINUTE).into();
                    self.say("times-said-about", &[time, ("duration", duration)])
                }
            });
        }
        parts.push(self.say("times-written", &[("time", self.time_of(now, times.written.best).into())]));
        parts.push(match times.received {
            Some(at) => self.say("times-received", &[("time", self.time_of(now, at).into())]),
            None => self.say("entry-on-this-phone", &[]),
        });
        parts.push(self.doubt(now, &times.written));
        if times.same_time_as_above {
            parts.push(self.say("times-same-as-above", &[]));
        }
        if times.said_after_written {
            parts.push(self.say("times-said-after-written", &[]));
        }
        parts.retain(|part| !part.is_empty());
        parts.join(" · ")
    }

    /// Why a visit is not complete.
    pub fn unfinished(&self, why: &Unfinished, names: &Names<'_>) -> String {
        match why {
            Unfinished::NotLeft { worker } => self.say("unfinished-not-left", &[("name", self.first_name(worker, names).into())]),
            Unfinished::NobodyYet => self.say("unfinished-nobody-yet", &[]),
            Unfinished::Tasks { n } => self.say("unfinished-tasks", &[("n", (*n).into())]),
            Unfinished::Doses { n } => self.say("unfinished-doses", &[("n", (*n).into())]),
            Unfinished::ComingIn => self.say("unfinished-coming-in", &[]),
            Unfinished::Unreadable { n } => self.say("unfinished-unreadable", &[("n", (*n).into())]),
            Unfinished::HeldForChecking { n } => self.say("unfinished-held", &[("n", (*n).into())]),
        }
    }

    /// What needs action: "Paracetamol 500 mg refused".
    pub fn attention(&self, what: &Attention) -> String {
        match what {
            Attention::DoseNotHad { name, outcome, reason, .. } => {
                let args = [("name", name.as_str().into()), ("end", self.dose_end(*outcome).into()), ("reason", reason.as_str().into())];
                self.say(if reason.is_empty() { "attention-dose-not-had" } else { "attention-dose-not-had-reason" }, &args)
            }
            Attention::DoseUnanswered { name, due, .. } => {
                self.say("attention-dose-unanswered", &[("name", name.as_str().into()), ("due", self.clock(*due).into())])
            }
            Attention::DoseTwice { name, .. } => self.say("attention-dose-twice", &[("name", name.as_str().into())]),
            Attention::TaskUnanswered { title, .. } => self.say("attention-task-unanswered", &[("title", title.as_str().into())]),
            Attention::Incident { what, safe_now } => self.say(
                if *safe_now { "attention-incident-safe" } else { "attention-incident-not-safe" },
                &[("what", self.incident_type(*what).into())],
            ),
            Attention::Concern { about } => self.say("attention-concern", &[("about", about.as_str().into())]),
            Attention::NobodyTold { outcome } => self.say("attention-nobody-told", &[("outcome", self.visit_end(*outcome).into())]),
            Attention::NobodyCame { who } => self.say("attention-nobody-came", &[("who", who.as_str().into())]),
            Attention::Contradiction { about, .. } => self.say("attention-contradiction", &[("about", self.subject(about).into())]),
            Attention::SameIdTwice => self.say("attention-same-id-twice", &[]),
            Attention::Unreadable => self.say("attention-unreadable", &[]),
            Attention::HeldForChecking => self.say("attention-held", &[]),
            Attention::AuthorUnconfirmed { worker } => self.say("attention-author-unconfirmed", &[("worker", worker.to_string().into())]),
        }
    }

    /// What entries contradict each other about.
    pub fn subject(&self, about: &Subject) -> String {
        self.say(
            match about {
                Subject::Amendment { .. } => "subject-amendment",
                Subject::Assignment => "subject-assignment",
                Subject::Dose { .. } => "subject-dose",
                Subject::Task { .. } => "subject-task",
                Subject::Outcome => "subject-outcome",
                Subject::Presence => "subject-presence",
                Subject::Plan => "subject-plan",
                Subject::Details => "subject-details",
            },
            &[],
        )
    }

    /// One reason of *check now*.
    pub fn check_reason(&self, now: Millis, reason: &CheckReason, names: &Names<'_>) -> CheckText {
        let text = |key: &str, args: &[(&str, crate::Arg<'_>)]| self.say(key, args);
        let none = String::new;
        match reason {
            CheckReason::NotSafe { what, at, .. } => CheckText {
                tag: text("check-not-safe-tag", &[]),
                why: text("check-not-safe-why", &[("what", self.incident_type(*what).into()), ("time", self.time_of(now, *at).into())]),
                strong: text("check-not-safe", &[]),
                then: none(),
            },
            CheckReason::DoseWindow { name, closes, left_min, no_word_min, .. } => CheckText {
                tag: text("check-dose-tag", &[("time", self.clock(*closes).into())]),
                why: match no_word_min {
                    Some(min) if *min > 0 => self.no_word(*min),
                    Some(_) => text("check-nobody-there", &[]),
                    None => text("check-not-there-yet", &[]),
                },
                strong: if *left_min > 0 {
                    text("check-dose-left", &[("duration", self.duration(*left_min * MINUTE).into()), ("name", name.as_str().into())])
                } else {
                    let over = self.duration(left_min.saturating_mul(MINUTE));
                    text("check-dose-over", &[("duration", over.into()), ("name", name.as_str().into())])
                },
                then: none(),
            },
            CheckReason::SecondWorker { missing, heard, hoist, at } => CheckText {
                tag: text(if *hoist { "check-hoist-tag" } else { "check-two-tag" }, &[("time", self.clock(*at).into())]),
                why: none(),
                strong: match missing.as_slice() {
                    [] => text("check-second-missing", &[]),
                    some => text("check-second-not-heard", &[("names", self.first_names(some, names).into())]),
                },
                then: match (heard.as_slice(), hoist) {
                    ([], _) | (_, false) => none(),
                    (some, true) => text("check-tell-no-hoist", &[("names", self.first_names(some, names).into())]),
                },
            },
            CheckReason::LivesAlone { no_word_min } => CheckText {
                tag: self.flag(holdfast_model::entry::Flag::LivesAlone),
                why: self.no_word(*no_word_min),
                strong: text("check-lives-alone", &[]),
                then: none(),
            },
            CheckReason::NobodyCame { who, at, .. } => CheckText {
                tag: self.report(Report::NobodyCame),
                why: none(),
                strong: text("check-nobody-came-said", &[("who", who.as_str().into()), ("time", self.time_of(now, *at).into())]),
                then: none(),
            },
            CheckReason::DoseNotHad { name, outcome, reason, at, .. } => {
                let end = self.dose_end(*outcome);
                let args = [
                    ("name", name.as_str().into()),
                    ("end", end.clone().into()),
                    ("time", self.time_of(now, *at).into()),
                    ("reason", reason.as_str().into()),
                ];
                CheckText {
                    tag: text("check-dose-end-tag", &[("end", end.into())]),
                    why: text(if reason.is_empty() { "check-dose-end" } else { "check-dose-end-reason" }, &args),
                    strong: text("check-not-dealt-with", &[]),
                    then: none(),
                }
            }
            CheckReason::DoseUnknown { name, due, .. } => CheckText {
                tag: text("check-dose-unknown-tag", &[]),
                why: text("check-dose-unknown-why", &[("name", name.as_str().into()), ("due", self.clock(*due).into())]),
                strong: text("check-dose-unknown-strong", &[]),
                then: none(),
            },
            CheckReason::DoseTwice { name, .. } => CheckText {
                tag: text("check-dose-twice-tag", &[]),
                why: text("check-dose-twice-why", &[("name", name.as_str().into())]),
                strong: text("check-dose-twice-strong", &[]),
                then: none(),
            },
            CheckReason::Incident { what, at, .. } => CheckText {
                tag: text("check-incident-tag", &[]),
                why: text("check-incident-why", &[("what", self.incident_type(*what).into()), ("time", self.time_of(now, *at).into())]),
                strong: text("check-not-dealt-with", &[]),
                then: none(),
            },
            CheckReason::TimeCritical { no_word_min } => CheckText {
                tag: self.priority(holdfast_model::entry::Priority::TimeCritical),
                why: self.no_word(*no_word_min),
                strong: text("check-must-be-on-time", &[]),
                then: none(),
            },
            CheckReason::NobodyTold { at, .. } => CheckText {
                tag: text("check-nobody-told-tag", &[]),
                why: text("check-nobody-told-why", &[("time", self.time_of(now, *at).into())]),
                strong: text("check-nobody-told-strong", &[]),
                then: none(),
            },
        }
    }

    /// "No word, 26 min past start."
    fn no_word(&self, min: i64) -> String {
        match min {
            ..=0 => self.say("check-no-word-yet", &[]),
            min => self.say("check-no-word", &[("duration", self.duration(min * MINUTE).into())]),
        }
    }

    /// What a button says that rings somebody: "Ring Dana".
    pub fn ring(&self, ring: &Ring, item: &CheckNow, names: &Names<'_>) -> String {
        match ring {
            Ring::Worker { worker } => self.say("ring-name", &[("name", self.first_name(worker, names).into())]),
            Ring::Person => self.say("ring-name", &[("name", first_word(&item.name).into())]),
            Ring::Gp => self.say("ring-gp", &[]),
            Ring::OnCall => self.say("ring-on-call", &[]),
        }
    }
}

fn first_word(name: &str) -> &str {
    name.split_whitespace().next().unwrap_or(name)
}
