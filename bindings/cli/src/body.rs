//! From what was typed to what is said: statements in the entry format.

use crate::args::{self, About, Basis, Record, Statement, ToldTo, When};
use crate::outcome::Failure;
use holdfast_engine::Intent;
use holdfast_model::entry::{self, Body, Evidence, Happened, Told, Unplanned};
use holdfast_model::id::VisitId;
use holdfast_model::time::{LocalTrouble, Millis, from_london};
use serde::de::DeserializeOwned;

/// What to record, once read.
#[expect(clippy::large_enum_variant, reason = "one value a command, gone with it")]
pub enum Wanted {
    /// Something about a visit.
    About(VisitId, Intent),
    /// A visit that no rota knows.
    Unplanned(Unplanned, Option<Happened>),
}

/// Reads a `record` command; `now` settles what "09:30" means.
pub fn record(what: Record, now: Millis) -> Result<Wanted, Failure> {
    Ok(match what {
        Record::Unplanned { person, name, reason, when } => Wanted::Unplanned(Unplanned { person, name, reason }, happened(&when, now)?),
        Record::About(about) => {
            let (visit, body, when) = match about {
                About::OnTheWay { visit, says, when } => (visit, on_the_way(says), when),
                About::Arrived { visit, says, when } => (visit, arrived(says), when),
                About::Left { visit, says, when } => (visit, left(says), when),
                About::Outcome { visit, says, when } => (visit, outcome(says, now)?, when),
                About::Task { visit, says, when } => (visit, task(says)?, when),
                About::Medicine { visit, says, when } => (visit, medicine(says, now)?, when),
                About::Observation { visit, says, when } => (visit, observation(says), when),
                About::Note { visit, says, when } => (visit, note(says)?, when),
                About::Incident { visit, says, when } => (visit, incident(says, now)?, when),
                About::Body { visit, says, when } => (visit, json(&says.body)?, when),
            };
            Wanted::About(visit, Intent { body, happened: happened(&when, now)?, reference: when.reference })
        }
    })
}

/// Reads the statement of an amendment.
pub fn statement(what: Statement, now: Millis) -> Result<(Body, Option<Happened>), Failure> {
    let (body, when) = match what {
        Statement::OnTheWay { says, when } => (on_the_way(says), when),
        Statement::Arrived { says, when } => (arrived(says), when),
        Statement::Left { says, when } => (left(says), when),
        Statement::Outcome { says, when } => (outcome(says, now)?, when),
        Statement::Task { says, when } => (task(says)?, when),
        Statement::Medicine { says, when } => (medicine(says, now)?, when),
        Statement::Observation { says, when } => (observation(says), when),
        Statement::Note { says, when } => (note(says)?, when),
        Statement::Incident { says, when } => (incident(says, now)?, when),
        Statement::Body { says, when } => (json(&says.body)?, when),
    };
    Ok((body, happened(&when, now)?))
}

fn happened(when: &When, now: Millis) -> Result<Option<Happened>, Failure> {
    let Some(at) = &when.at else { return Ok(None) };
    let basis = match when.basis {
        Basis::Seen => entry::Basis::Seen,
        Basis::Recalled => entry::Basis::Recalled,
        Basis::Told => entry::Basis::Told,
    };
    Ok(Some(Happened { at: time(at, now)?, give_or_take_min: when.give_or_take, basis }))
}

/// "09:30" of today in London, or RFC 3339.
pub fn time(text: &str, now: Millis) -> Result<Millis, Failure> {
    if let Some(at) = Millis::parse_rfc3339(text) {
        return Ok(at);
    }
    let clock = chrono::NaiveTime::parse_from_str(text, "%H:%M").ok();
    let (Some(clock), Some(today)) = (clock, now.london_day()) else {
        return Err(Failure::usage("time", format!("{text:?} is no time: write HH:MM, or RFC 3339 such as 2026-11-03T09:30:00+00:00")));
    };
    from_london(today.and_time(clock)).map_err(|trouble| {
        let says = format!("{text}: {trouble}; nothing was recorded");
        match trouble {
            LocalTrouble::Skipped => Failure::usage("time_skipped", says),
            LocalTrouble::Twice => Failure::usage("time_twice", says),
        }
    })
}

/// One of the words that the entry format has for something.
fn word<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, Failure> {
    let plain = text.replace('-', "_");
    serde_json::from_value(serde_json::Value::String(plain)).map_err(|e| {
        // "unknown variant …, expected one of `a`, `b`": the format's own list of the words it has.
        let known = e.to_string().split_once("expected ").map(|(_, list)| list.trim_start_matches("one of ").replace('`', ""));
        Failure::usage("unknown_word", format!("{text:?} is no {what}; write one of: {}", known.unwrap_or_default()))
    })
}

fn json(text: &str) -> Result<Body, Failure> {
    serde_json::from_str(text)
        .map_err(|e| Failure::usage("bad_statement", format!("not a statement (line {}, column {})", e.line(), e.column())))
}

fn on_the_way(says: args::OnTheWay) -> Body {
    Body::OnTheWay(entry::OnTheWay { late_min: says.late, reason: says.reason })
}

fn method(method: args::Method) -> entry::Method {
    match method {
        args::Method::Tag => entry::Method::Tag,
        args::Method::Position => entry::Method::Position,
        args::Method::HomePhone => entry::Method::HomePhone,
        args::Method::ByHand => entry::Method::ByHand,
    }
}

fn arrived(door: args::Door) -> Body {
    let evidence = Evidence { tag: door.tag, lat_e6: door.lat_e6, lon_e6: door.lon_e6 };
    Body::Arrived(entry::Arrived { method: method(door.method), evidence, reason: door.reason })
}

fn left(says: args::Leaving) -> Body {
    let args::Leaving { door, mileage_tenths } = says;
    let evidence = Evidence { tag: door.tag, lat_e6: door.lat_e6, lon_e6: door.lon_e6 };
    Body::Left(entry::Left { method: method(door.method), evidence, reason: door.reason, mileage_tenths })
}

fn told(told: ToldTo, now: Millis) -> Result<Option<Told>, Failure> {
    Ok(match told {
        ToldTo { told: Some(name), told_at, .. } => {
            Some(Told::Somebody { name, at: told_at.as_deref().map(|at| time(at, now)).transpose()? })
        }
        ToldTo { nobody_no_signal: true, .. } => Some(Told::NobodyNoSignal),
        ToldTo { nobody_needed: true, .. } => Some(Told::NobodyNeeded),
        ToldTo { .. } => None,
    })
}

fn outcome(says: args::Outcome, now: Millis) -> Result<Body, Failure> {
    let outcome = word("outcome of a visit", &says.outcome)?;
    Ok(Body::VisitOutcome(entry::VisitOutcome { outcome, tried: says.tried, told: told(says.told, now)?, reason: says.reason }))
}

fn task(says: args::Task) -> Result<Body, Failure> {
    let outcome = word("outcome of a task", &says.outcome)?;
    Ok(Body::Task(entry::TaskOutcome { task: says.task, title: says.title, index: None, outcome, reason: says.reason }))
}

fn medicine(says: args::Medicine, now: Millis) -> Result<Body, Failure> {
    Ok(Body::Medicine(entry::MedicineOutcome {
        medicine: says.medicine,
        name: says.name,
        due: says.due.as_deref().map(|due| time(due, now)).transpose()?,
        outcome: word("outcome of a dose", &says.outcome)?,
        amount: says.amount,
        unit: says.unit,
        route: says.route,
        reason: says.reason,
        witness: says.witness,
        stock_left: says.stock_left,
        told: told(says.told, now)?,
    }))
}

fn observation(says: args::Observation) -> Body {
    Body::Observation(entry::Observation { about: says.about, value: says.value, unit: says.unit, text: says.text, concern: says.concern })
}

fn note(says: args::Note) -> Result<Body, Failure> {
    Ok(Body::Note(entry::Note { about: word("type of a note", &says.about)?, text: says.text }))
}

fn incident(says: args::Incident, now: Millis) -> Result<Body, Failure> {
    Ok(Body::Incident(entry::Incident {
        immediate_safety: says.immediate_safety,
        safe_now: says.safe_now,
        what: word("type of an incident", &says.what)?,
        text: says.text,
        told: told(says.told, now)?.into_iter().collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Command, Line};
    use clap::Parser;

    const NOON: Millis = Millis(1_793_707_200_000); // 2026-11-03T12:00:00Z

    fn read(line: &str) -> Result<Wanted, Failure> {
        let words = crate::shell::words(line).expect("words");
        match Line::try_parse_from(words).map_err(|e| e.to_string()).expect("a command").command {
            Command::Record { what } => record(what, NOON),
            other => panic!("{other:?}"),
        }
    }

    fn body(line: &str) -> Body {
        match read(line) {
            Ok(Wanted::About(_, intent)) => intent.body,
            Ok(Wanted::Unplanned(..)) => panic!("unplanned"),
            Err(e) => panic!("{e:?}"),
        }
    }

    #[test]
    fn every_kind_a_phone_makes_can_be_typed() {
        let kinds: Vec<&str> = [
            "record on-the-way V-1 --late 10 --reason traffic",
            "record arrived V-1 --method tag --tag T9",
            "record left V-1 --reason 'no tag' --mileage-tenths 31",
            "record outcome V-1 no-reply --tried 'rang twice' --nobody-no-signal",
            "record task V-1 T-1 could_not --reason 'no milk'",
            "record medicine V-1 M-1 refused --reason 'felt sick' --told daughter --told-at 09:31",
            "record observation V-1 temperature --value 37.9 --unit °C --concern",
            "record note V-1 'slept well' --type handover",
            "record incident V-1 --type fall --immediate-safety 'stayed with her' --safe-now --text 'slipped'",
            r#"record body V-1 '{"kind":"note","type":"general","text":"x"}'"#,
        ]
        .iter()
        .map(|line| body(line).kind())
        .collect();
        assert_eq!(
            kinds,
            ["on_the_way", "arrived", "left", "visit_outcome", "task", "medicine", "observation", "note", "incident", "note"]
        );
        assert!(matches!(read("record unplanned --name 'Mr Ames' --reason 'Farah asked'"), Ok(Wanted::Unplanned(..))));
    }

    #[test]
    fn a_time_is_of_today_in_london_or_written_in_full() {
        assert_eq!(time("09:30", NOON).ok(), Millis::parse_rfc3339("2026-11-03T09:30:00Z"));
        assert_eq!(time("2026-11-02T22:00:00+01:00", NOON).ok(), Millis::parse_rfc3339("2026-11-02T21:00:00Z"));
        let october = Millis::parse_rfc3339("2026-10-25T12:00:00Z").expect("a literal");
        assert_eq!(time("01:30", october).err().map(|f| f.code), Some("time_twice".to_owned()));
        let march = Millis::parse_rfc3339("2026-03-29T12:00:00Z").expect("a literal");
        assert_eq!(time("01:30", march).err().map(|f| f.code), Some("time_skipped".to_owned()));
        assert_eq!(time("half nine", NOON).err().map(|f| f.code), Some("time".to_owned()));
    }

    #[test]
    fn a_word_that_the_format_does_not_have_is_named() {
        let refused = read("record task V-1 T-1 ticked").err().expect("no such word");
        assert_eq!(refused.code, "unknown_word");
        assert!(refused.says.contains("ticked") && refused.says.contains("declined"), "it says which there are: {}", refused.says);
    }
}
