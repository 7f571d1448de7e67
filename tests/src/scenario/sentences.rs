//! The sentences that a timeline may use, each with what it makes happen.

use super::cast::{Cast, Visit};
use super::phrase::{self, Gaps, NoMatch};
use super::{Act, Deed, PhoneEvent, ServerEvent, Weather};
use holdfast_model::entry::{
    Amended, Arrived, Body, Cancelled, CoverSent, DoseEnd, Evidence, Incident, IncidentType, Left, MedicineOutcome, Method, Note, NoteType,
    Observation, OnTheWay, OutageClosed, OutageOpened, PhoneCall, PlannedDose, PlannedTask, Report, Speaker, TaskEnd, TaskOutcome, Told,
    VisitEnd, VisitOutcome, Withdrawn,
};
use holdfast_model::id::{DocumentId, OutageId, WorkerId};
use holdfast_model::time::Millis;

/// A line's moment, and the end of its stretch when it names one.
#[derive(Debug, Clone, Copy)]
pub struct When {
    /// From.
    pub at: Millis,
    /// To; only sentences about a stretch take it.
    pub until: Option<Millis>,
}

type Build = fn(&Line) -> Result<Vec<Deed1>, String>;
/// A deed and how many milliseconds after the line's moment.
type Deed1 = (i64, Deed);

/// A sentence and what it makes happen.
struct Sentence {
    pattern: &'static str,
    /// True when it needs a stretch of time, `08:10-11:02`.
    stretch: bool,
    build: Build,
}

const fn moment(pattern: &'static str, build: Build) -> Sentence {
    Sentence { pattern, stretch: false, build }
}
const fn stretch(pattern: &'static str, build: Build) -> Sentence {
    Sentence { pattern, stretch: true, build }
}

const TABLE: &[Sentence] = &[
    // At the door.
    stretch("{worker} visits {visit}", |l| l.whole_visit("")),
    stretch("{worker} visits {visit} late: {words}", |l| l.whole_visit(l.words())),
    stretch("{worker} helps at {visit}", |l| {
        Ok(vec![(0, l.tap_at(l.arrived(Method::Tag, "")?)?), (l.span(), l.tap_at(l.left(Method::Tag, "")?)?)])
    }),
    moment("{worker} sets off to {visit}", |l| l.tap(Body::OnTheWay(OnTheWay::default()))),
    moment("{worker} sets off to {visit}, {number} minutes late: {words}", |l| {
        l.tap(Body::OnTheWay(OnTheWay { late_min: Some(l.number("number")?), reason: l.words() }))
    }),
    moment("{worker} arrives at {visit}", |l| l.tap(l.arrived(Method::Tag, "")?)),
    moment("{worker} arrives at {visit} by {method}", |l| l.tap(l.arrived(l.method()?, "")?)),
    moment("{worker} arrives at {visit} by hand: {words}", |l| l.tap(l.arrived(Method::ByHand, l.words())?)),
    moment("{worker} leaves {visit}", |l| l.tap(l.left(Method::Tag, "")?)),
    moment("{worker} leaves {visit} by hand: {words}", |l| l.tap(l.left(Method::ByHand, l.words())?)),
    moment("{worker} does everything at {visit}", |l| l.everything(0)),
    moment("{worker} records the task {task} at {visit} as {end}", |l| l.task("")),
    moment("{worker} records the task {task} at {visit} as {end}: {words}", |l| l.task(l.words())),
    moment("{worker} records {medicine} at {visit} as {end}", |l| l.medicine("")),
    moment("{worker} records {medicine} at {visit} as {end}: {words}", |l| l.medicine(l.words())),
    moment("{worker} records the visit to {visit} as {end}: {words}", |l| {
        let outcome = one_of("how a visit ends", VISIT_ENDS, l.gap("end"))?;
        let (tried, reason) = if outcome == VisitEnd::NoReply { (l.words(), String::new()) } else { (String::new(), l.words()) };
        let told = Some(Told::Somebody { name: "the office".into(), at: None });
        l.tap(Body::VisitOutcome(VisitOutcome { outcome, tried, told, reason }))
    }),
    moment("{worker} notes at {visit}: {words}", |l| l.tap(Body::Note(Note { about: NoteType::General, text: l.words() }))),
    moment("{worker} notices {about} at {visit}: {words}", |l| {
        l.tap(Body::Observation(Observation {
            about: l.gap("about").into(),
            value: None,
            unit: String::new(),
            text: l.words(),
            concern: false,
        }))
    }),
    moment("{worker} reports a {incident} at {visit}: {words}", |l| {
        let what = one_of("kind of incident", INCIDENTS, l.gap("incident"))?;
        let immediate_safety = "Made safe, stayed there".to_owned();
        l.tap(Body::Incident(Incident { immediate_safety, safe_now: true, what, text: l.words(), told: Vec::new() }))
    }),
    moment("{worker} corrects the note at {visit} to {words}", |l| {
        l.revise("note", Some(Body::Note(Note { about: NoteType::General, text: l.words() })), "Put right")
    }),
    moment("{worker} takes back the note at {visit}: {words}", |l| l.revise("note", None, l.words())),
    // In the office.
    moment("{office} opens an outage of {words} on rota {rota} frozen at {time}", |l| open_outage(l, l.when.at)),
    moment("{office} opens an outage of {words} since {since} on rota {rota} frozen at {time}", |l| {
        let since = l.time("since")?;
        open_outage(l, since)
    }),
    moment("{office} closes the outage: {words}", |l| close_outage(l, l.when.at)),
    moment("{office} closes the outage, over since {time}: {words}", |l| {
        let at = l.time("time")?;
        close_outage(l, at)
    }),
    moment("{office} logs a phone call from {speaker}: {report}", |l| l.phone_call(None, String::new())),
    moment("{office} logs a phone call from {speaker}: {report}, {words}", |l| l.phone_call(None, l.words())),
    moment("{office} logs a phone call from {speaker}: {report} at {time}", |l| l.phone_call(Some(l.time("time")?), String::new())),
    moment("{office} logs a phone call from {speaker}: {report} at {time}, {words}", |l| l.phone_call(Some(l.time("time")?), l.words())),
    moment("{office} sends {cover} to {visit}: {words}", |l| l.cover(false)),
    moment("{office} sends {cover} instead to {visit}: {words}", |l| l.cover(true)),
    moment("{office} cancels {visit} for the {asked_by}: {words}", |l| {
        l.log_visit(Body::Cancelled(Cancelled { asked_by: l.gap("asked_by").into(), reason: l.words() }))
    }),
    // What befalls phones, server and network.
    stretch("{worker}'s phone has no signal", |l| {
        let who = l.worker()?;
        Ok(l.for_a_while(Deed::Phone(who.clone(), PhoneEvent::Signal(false)), Deed::Phone(who, PhoneEvent::Signal(true))))
    }),
    moment("{worker}'s phone restarts", |l| l.phone(PhoneEvent::Restart)),
    moment("{worker}'s phone is killed", |l| l.phone(PhoneEvent::Kill)),
    moment("{worker}'s clock goes {number} minutes forward", |l| l.phone(PhoneEvent::ClockMoved(l.minutes()?))),
    moment("{worker}'s clock goes {number} minutes back", |l| l.phone(PhoneEvent::ClockMoved(-l.minutes()?))),
    stretch("the server is down", |l| {
        Ok(l.for_a_while(Deed::Server(ServerEvent::Reachable(false)), Deed::Server(ServerEvent::Reachable(true))))
    }),
    moment("the server restarts", |_| Ok(vec![(0, Deed::Server(ServerEvent::Restart))])),
    stretch("the network loses {number} messages in 100", |l| l.weather(|n| Weather { lost: n, ..Weather::default() })),
    stretch("the network cuts {number} replies in 100", |l| l.weather(|n| Weather { cut: n, ..Weather::default() })),
    stretch("the network doubles {number} messages in 100", |l| l.weather(|n| Weather { doubled: n, ..Weather::default() })),
    stretch("the network takes up to {number} seconds", |l| l.weather(|n| Weather { delay_ms: i64::from(n) * 1000, ..Weather::default() })),
];

/// Every sentence that a timeline may use, as `docs/scenario-format.md` lists them.
pub const SENTENCES: [&str; TABLE.len()] = {
    let mut patterns = [""; TABLE.len()];
    let mut i = 0;
    while i < patterns.len() {
        patterns[i] = TABLE[i].pattern;
        i += 1;
    }
    patterns
};

const METHODS: &[(&str, Method)] = &[("tag", Method::Tag), ("position", Method::Position), ("home phone", Method::HomePhone)];
const VISIT_ENDS: &[(&str, VisitEnd)] = &[
    ("done", VisitEnd::Done),
    ("no reply", VisitEnd::NoReply),
    ("declined", VisitEnd::Declined),
    ("in hospital", VisitEnd::InHospital),
    ("cut short", VisitEnd::CutShort),
    ("sent away", VisitEnd::SentAway),
];
const TASK_ENDS: &[(&str, TaskEnd)] =
    &[("done", TaskEnd::Done), ("declined", TaskEnd::Declined), ("couldn't", TaskEnd::CouldNot), ("not needed", TaskEnd::NotNeeded)];
const DOSE_ENDS: &[(&str, DoseEnd)] = &[
    ("given", DoseEnd::Given),
    ("partly given", DoseEnd::Partly),
    ("prompted", DoseEnd::Prompted),
    ("refused", DoseEnd::Refused),
    ("omitted", DoseEnd::Omitted),
    ("not observed", DoseEnd::NotObserved),
    ("already taken", DoseEnd::AlreadyTaken),
    ("not available", DoseEnd::NotAvailable),
    ("absent", DoseEnd::Absent),
];
const INCIDENTS: &[(&str, IncidentType)] = &[
    ("fall", IncidentType::Fall),
    ("injury", IncidentType::Injury),
    ("medicine incident", IncidentType::Medicine),
    ("safeguarding concern", IncidentType::Safeguarding),
    ("behaviour incident", IncidentType::Behaviour),
    ("sudden illness", IncidentType::Illness),
];
const REPORTS: &[(&str, Report)] = &[
    ("on the way", Report::OnTheWay),
    ("there", Report::There),
    ("finished", Report::Finished),
    ("nobody came", Report::NobodyCame),
    ("no answer", Report::NoAnswer),
    ("not asked", Report::NotAsked),
];

/// Finds a word in a list, or says which words there are.
pub(super) fn one_of<T: Copy>(what: &str, list: &[(&str, T)], word: &str) -> Result<T, String> {
    list.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<&str> = list.iter().map(|(name, _)| *name).collect();
        format!("“{word}” is no {what}. Write one of: {}.", known.join(", "))
    })
}

/// Reads one line of a timeline.
pub(super) fn acts(cast: &Cast, number: usize, when: When, sentence: &str) -> Result<Vec<Act>, String> {
    let (found, gaps) = phrase::find(&SENTENCES, sentence).map_err(explain)?;
    let known = &TABLE[found];
    match (known.stretch, when.until) {
        (true, None) => return Err(format!("This needs a beginning and an end: 08:10-11:02 {sentence}")),
        (false, Some(_)) => return Err(format!("This happens at one moment: {} {sentence}", when.at.hhmm())),
        _ => {}
    }
    let line = Line { cast, gaps, when };
    let deeds = (known.build)(&line)?;
    Ok(deeds.into_iter().map(|(after, deed)| Act { line: number, at: when.at.plus(after), deed }).collect())
}

pub(super) fn explain(trouble: NoMatch) -> String {
    match trouble {
        NoMatch::OpenQuote => "A quotation is opened and not closed. Write \"…\" around what was said.".into(),
        NoMatch::Unknown(nearest) => format!("No such sentence. The nearest is: {nearest}"),
    }
}

/// A sentence with what stood in its gaps.
struct Line<'a> {
    cast: &'a Cast,
    gaps: Gaps,
    when: When,
}

impl Line<'_> {
    fn gap(&self, name: &str) -> &str {
        self.gaps.get(name).map_or("", String::as_str)
    }
    fn words(&self) -> String {
        self.gap("words").to_owned()
    }
    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, String> {
        self.gap(name).parse().map_err(|_| format!("“{}” is no number that fits here.", self.gap(name)))
    }
    fn minutes(&self) -> Result<i64, String> {
        Ok(self.number::<i64>("number")? * holdfast_model::time::MINUTE)
    }
    fn time(&self, name: &str) -> Result<Millis, String> {
        super::read::clock_time(self.when.at, self.gap(name))
    }
    fn worker(&self) -> Result<WorkerId, String> {
        self.cast.worker(self.gap("worker"))
    }
    fn by(&self) -> Result<WorkerId, String> {
        self.cast.worker(self.gap("office"))
    }
    /// The visit meant: of the worker who is named, else of anybody.
    fn visit(&self) -> Result<&Visit, String> {
        let whose = if self.gaps.contains_key("worker") { Some(self.worker()?) } else { None };
        self.cast.visit(self.gap("visit"), whose.as_ref(), self.when.at)
    }
    fn method(&self) -> Result<Method, String> {
        one_of("way to show that one is there", METHODS, self.gap("method"))
    }
    fn outage(&self) -> Result<OutageId, String> {
        // The first of the day, numbered as the console numbers it: a scenario has one.
        let day = self.when.at.london_day().ok_or("beyond the calendar")?;
        OutageId::new(day.format("O-%Y%m%d-1").to_string()).map_err(|e| e.to_string())
    }

    fn tap(&self, body: Body) -> Result<Vec<Deed1>, String> {
        Ok(vec![(0, self.tap_at(body)?)])
    }
    fn tap_at(&self, body: Body) -> Result<Deed, String> {
        Ok(Deed::Tap { worker: self.worker()?, visit: self.visit()?.id.clone(), body })
    }
    fn revise(&self, kind: &'static str, with: Option<Body>, reason: impl Into<String>) -> Result<Vec<Deed1>, String> {
        Ok(vec![(0, Deed::Revise { worker: self.worker()?, visit: self.visit()?.id.clone(), kind, with, reason: reason.into() })])
    }
    fn log(&self, doc: DocumentId, body: Body) -> Result<Vec<Deed1>, String> {
        Ok(vec![(0, Deed::Log { by: self.by()?, doc, body })])
    }
    fn log_visit(&self, body: Body) -> Result<Vec<Deed1>, String> {
        self.log(DocumentId::Visit(self.visit()?.id.clone()), body)
    }
    fn phone(&self, event: PhoneEvent) -> Result<Vec<Deed1>, String> {
        Ok(vec![(0, Deed::Phone(self.worker()?, event))])
    }
    fn span(&self) -> i64 {
        self.when.until.unwrap_or(self.when.at).since(self.when.at)
    }
    fn for_a_while(&self, begins: Deed, ends: Deed) -> Vec<Deed1> {
        vec![(0, begins), (self.span(), ends)]
    }
    fn weather(&self, make: fn(u8) -> Weather) -> Result<Vec<Deed1>, String> {
        Ok(self.for_a_while(Deed::Network(make(self.number("number")?)), Deed::Network(Weather::default())))
    }

    /// What backs presence up: the number of the tag at the person's door, where a tag was read.
    fn evidence(&self, method: Method) -> Result<Evidence, String> {
        let tag = if method == Method::Tag { Some(format!("tag-{}", self.visit()?.person)) } else { None };
        Ok(Evidence { tag, ..Evidence::default() })
    }
    fn arrived(&self, method: Method, reason: impl Into<String>) -> Result<Body, String> {
        Ok(Body::Arrived(Arrived { method, evidence: self.evidence(method)?, reason: reason.into() }))
    }
    fn left(&self, method: Method, reason: impl Into<String>) -> Result<Body, String> {
        Ok(Body::Left(Left { method, evidence: self.evidence(method)?, reason: reason.into(), mileage_tenths: None }))
    }
    /// Arrives by tag, answers everything a minute before the end, leaves by tag.
    fn whole_visit(&self, reason: impl Into<String>) -> Result<Vec<Deed1>, String> {
        let span = self.span();
        if span < 2 * holdfast_model::time::MINUTE {
            return Err("A visit written as one line lasts two minutes at least.".into());
        }
        let mut deeds = vec![(0, self.tap_at(self.arrived(Method::Tag, reason)?)?)];
        deeds.extend(self.everything(span - holdfast_model::time::MINUTE)?);
        deeds.push((span, self.tap_at(self.left(Method::Tag, "")?)?));
        Ok(deeds)
    }
    /// Every task done, every medicine given or prompted, one a second.
    fn everything(&self, from: i64) -> Result<Vec<Deed1>, String> {
        let visit = self.visit()?;
        let tasks = visit.tasks.iter().enumerate().map(|(i, task)| task_body(i, task, TaskEnd::Done, String::new()));
        let doses = visit.doses.iter().map(|dose| {
            let end = if dose.given_by_worker { DoseEnd::Given } else { DoseEnd::Prompted };
            dose_body(dose, visit.route(dose), end, String::new())
        });
        tasks.chain(doses).enumerate().map(|(i, body)| Ok((from + i as i64 * 1000, self.tap_at(body)?))).collect()
    }
    fn task(&self, reason: impl Into<String>) -> Result<Vec<Deed1>, String> {
        let (visit, named) = (self.visit()?, self.gap("task"));
        let known = || visit.tasks.iter().map(|t| t.title.as_str()).collect::<Vec<_>>().join(", ");
        let found = visit.tasks.iter().enumerate().find(|(_, t)| t.title.eq_ignore_ascii_case(named));
        let (i, task) = found.ok_or_else(|| format!("This visit has no task “{named}”. It has: {}.", known()))?;
        self.tap(task_body(i, task, one_of("how a task ends", TASK_ENDS, self.gap("end"))?, reason.into()))
    }
    fn medicine(&self, reason: impl Into<String>) -> Result<Vec<Deed1>, String> {
        let (visit, named) = (self.visit()?, self.gap("medicine"));
        let known = || visit.doses.iter().map(|d| d.name.as_str()).collect::<Vec<_>>().join(", ");
        let found = visit.doses.iter().find(|d| d.name.to_lowercase().starts_with(&named.to_lowercase()));
        let dose = found.ok_or_else(|| format!("No {named} is due at this visit. Due are: {}.", known()))?;
        self.tap(dose_body(dose, visit.route(dose), one_of("how a dose ends", DOSE_ENDS, self.gap("end"))?, reason.into()))
    }
    fn cover(&self, instead: bool) -> Result<Vec<Deed1>, String> {
        self.log_visit(Body::CoverSent(CoverSent { worker: self.cast.worker(self.gap("cover"))?, instead, reason: self.words() }))
    }
    /// From a worker about the visit they should be at, from a person about theirs, or from "Grace Otis's daughter".
    fn phone_call(&self, report_at: Option<Millis>, words: String) -> Result<Vec<Deed1>, String> {
        let report = one_of("report", REPORTS, self.gap("report"))?;
        let speaker = self.gap("speaker");
        let (visit, who, speaker, worker) = if let Ok(worker) = self.cast.worker(speaker) {
            let visit = self.cast.visit_of_worker(&worker, self.when.at)?;
            (visit, self.cast.worker_name(&worker), Speaker::Worker, Some(worker))
        } else if let Some((person, relation)) = speaker.split_once("'s ") {
            let kind = if OUTSIDERS.contains(&relation) { Speaker::Other } else { Speaker::Family };
            (self.cast.visit(person, None, self.when.at)?, relation.to_owned(), kind, None)
        } else {
            (self.cast.visit(speaker, None, self.when.at)?, speaker.to_owned(), Speaker::Person, None)
        };
        let call = PhoneCall { who, speaker, at: self.when.at, report, report_at, worker, words };
        self.log(DocumentId::Visit(visit.id.clone()), Body::PhoneCall(call))
    }
}

/// Those who ring about a person and are not family.
const OUTSIDERS: &[&str] = &["neighbour", "warden", "district nurse", "social worker"];

fn open_outage(l: &Line, since: Millis) -> Result<Vec<Deed1>, String> {
    let outage = l.outage()?;
    let rota_frozen = Some(l.time("time")?);
    let opened = OutageOpened { outage: outage.clone(), what: l.words(), since, rota: l.gap("rota").into(), rota_frozen, drill: true };
    l.log(DocumentId::Outage(outage), Body::OutageOpened(opened))
}

fn close_outage(l: &Line, at: Millis) -> Result<Vec<Deed1>, String> {
    l.log(DocumentId::Outage(l.outage()?), Body::OutageClosed(OutageClosed { at, cause: l.words() }))
}

fn task_body(index: usize, task: &PlannedTask, outcome: TaskEnd, reason: String) -> Body {
    Body::Task(TaskOutcome { task: task.id.clone(), title: task.title.clone(), index: Some(index as u32), outcome, reason })
}

fn dose_body(dose: &PlannedDose, route: &str, outcome: DoseEnd, reason: String) -> Body {
    // "1 tablet": the amount first, then the unit.
    let (amount, unit) = match dose.dose.split_once(' ') {
        Some((n, unit)) if n.chars().all(|c| c.is_ascii_digit() || c == '.') => (Some(n.to_owned()), unit.to_owned()),
        _ => (None, String::new()),
    };
    Body::Medicine(MedicineOutcome {
        medicine: dose.medicine.clone(),
        name: dose.name.clone(),
        due: Some(dose.due),
        outcome,
        amount: if outcome == DoseEnd::Partly { Some("0.5".into()) } else { amount.filter(|_| outcome == DoseEnd::Given) },
        unit: if matches!(outcome, DoseEnd::Given | DoseEnd::Partly) { unit } else { String::new() },
        route: route.to_owned(),
        reason,
        witness: String::new(),
        stock_left: None,
        told: None,
    })
}

/// What a revision records, once the entry that it names is known.
pub fn revision(entry: holdfast_model::id::EntryId, with: Option<Body>, reason: String) -> Body {
    match with {
        Some(body) => Body::Amended(Amended { entry, reason, with: Box::new(body) }),
        None => Body::Withdrawn(Withdrawn { entry, reason }),
    }
}
