//! The office of the demo: the real server, and Hugh at its console.

use super::clock::DrillClock;
use super::http::{Page, Visitor};
use super::process::{Running, program, run};
use crate::scenario::Scenario;
use crate::world::{BRANCH, Trouble, at};
use holdfast_model::entry::{Body, PhoneCall, Report, Speaker};
use holdfast_model::id::{DocumentId, WorkerId};
use holdfast_model::time::Millis;
use holdfast_model::wire::Role;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The password of every account of a demo: it lives for one play, on this machine only.
const PASSWORD: &str = "gannets over the harbour wall";

/// The office.
pub struct Office {
    server: Running,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its store.
    pub data: PathBuf,
    administrator: Visitor,
    /// Office workers who have signed in.
    staff: BTreeMap<WorkerId, Visitor>,
}

impl Office {
    /// Imports the scenario's provider into a new store, makes a code for each phone, and starts the server.
    pub fn open(scenario: &Scenario, folder: &Path, clock: &DrillClock, listen: &str) -> Result<(Office, Vec<String>), Trouble> {
        let (server, log, data) = (program("holdfast-server")?, folder.join("server.log"), folder.join("office"));
        let args = |more: &[&str]| -> Vec<String> {
            let data = data.display().to_string();
            let common = ["--data".into(), data, "--clock".into(), clock.option(0), "--json".into()];
            common.into_iter().chain(more.iter().map(|m| (*m).to_owned())).collect()
        };
        let provider = scenario.provider.display().to_string();
        run(&server, &args(&["import", &provider, "--branch", BRANCH, "--provider", "northquay-care"]), &log)?;
        let mut codes = Vec::new();
        for phone in &scenario.phones {
            let (_, made) = run(&server, &args(&["enrol-code", "--worker", phone.worker.as_str()]), &log)?;
            codes.push(made["code"].as_str().unwrap_or_default().to_owned());
        }
        let mut server = Running::start(&server, &args(&["serve", "--listen", listen]), &log)?;
        let said = server.listen()?;
        let address = said["listening"].as_str().and_then(|url| url.strip_prefix("http://")?.parse().ok());
        let address = address.ok_or_else(|| Trouble(format!("the server did not say where it listens: {said}")))?;
        let link = said["first_link"].as_str().and_then(|url| Some(url[url.find("/console/")?..].to_owned()));
        let link = link.ok_or_else(|| Trouble("the server gave no first link".into()))?;
        let mut office = Office { server, address, data, administrator: Visitor::at(address), staff: BTreeMap::new() };
        let form = [("name", "Noor Price"), ("worker", "W-23"), ("sign_in", "noor.price"), ("password", PASSWORD), ("again", PASSWORD)];
        accepted(office.administrator.post(&link, &form).map_err(at("the first link"))?, "the first account")?;
        Ok((office, codes))
    }

    /// Makes an account and gives its one-time link, as a path.
    pub fn account(&mut self, name: &str, worker: &WorkerId, role: Role) -> Result<String, Trouble> {
        let sign_in = name.to_lowercase().replace(' ', ".");
        let role = if role == Role::Manager { "manager" } else { "coordinator" };
        let form = [("name", name), ("worker", worker.as_str()), ("sign_in", &sign_in), ("role", role), ("branch_of", BRANCH)];
        let page = self.administrator.post("/console/accounts", &form).map_err(at("an account"))?;
        let link = page.body.split("/console/first/").nth(1).and_then(|rest| rest.split(['<', '"', '\n']).next());
        link.map(|token| format!("/console/first/{token}")).ok_or_else(|| Trouble(format!("no account for {name}: {}", said(&page))))
    }

    /// Somebody of the office, signed in.
    fn signed_in(&mut self, scenario: &Scenario, by: &WorkerId) -> Result<&mut Visitor, Trouble> {
        if !self.staff.contains_key(by) {
            let link = self.account(&scenario.cast.worker_name(by), by, Role::Coordinator)?;
            let mut visitor = Visitor::at(self.address);
            let page = visitor.post(&link, &[("password", PASSWORD), ("again", PASSWORD)]).map_err(at("signing in"))?;
            accepted(page, "signing in")?;
            self.staff.insert(by.clone(), visitor);
        }
        self.staff.get_mut(by).ok_or_else(|| Trouble("nobody signed in".into()))
    }

    /// Fills in the console's form for what somebody in the office says.
    pub fn log(&mut self, scenario: &Scenario, by: &WorkerId, doc: &DocumentId, body: &Body) -> Result<(), Trouble> {
        let (path, form) = form(doc, body)?;
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let page = self.signed_in(scenario, by)?.post(&path, &form).map_err(at(&path))?;
        accepted(page, &path)
    }

    /// Ends the server as a power cut does.
    pub fn kill(&mut self) -> Result<(), Trouble> {
        self.server.kill()
    }

    /// True while the server runs.
    pub fn runs(&mut self) -> bool {
        self.server.runs()
    }
}

/// What is filled in: names of fields and their values.
type Fields = Vec<(&'static str, String)>;

/// Where a statement of the office is written in the console, and what is filled in.
fn form(doc: &DocumentId, body: &Body) -> Result<(String, Fields), Trouble> {
    let time = |at: Option<Millis>| at.map_or_else(String::new, Millis::hhmm);
    let (path, fields) = match (doc, body) {
        (DocumentId::Visit(visit), Body::PhoneCall(call)) => (format!("/console/visits/{visit}/call"), call_form(call)),
        (DocumentId::Visit(visit), Body::CoverSent(cover)) => {
            let instead = if cover.instead { "yes" } else { "no" };
            let fields = [("cover_worker", cover.worker.to_string()), ("instead", instead.into()), ("cover_reason", cover.reason.clone())];
            (format!("/console/visits/{visit}/cover"), fields.into())
        }
        (DocumentId::Visit(visit), Body::Cancelled(off)) => {
            (format!("/console/visits/{visit}/cancel"), vec![("asked_by", off.asked_by.clone()), ("cancel_reason", off.reason.clone())])
        }
        (_, Body::OutageOpened(opened)) => {
            let since = ("since", time(Some(opened.since)));
            let frozen = ("frozen", time(opened.rota_frozen));
            ("/console/outages/open".into(), vec![("what", opened.what.clone()), since, ("rota", opened.rota.clone()), frozen])
        }
        (DocumentId::Outage(outage), Body::OutageClosed(closed)) => {
            (format!("/console/outages/{outage}/close"), vec![("ended", time(Some(closed.at))), ("cause", closed.cause.clone())])
        }
        _ => return Err(Trouble(format!("the console has no form for {} of {doc}", body.kind()))),
    };
    Ok((path, fields))
}

fn call_form(call: &PhoneCall) -> Fields {
    let speaker = match call.speaker {
        Speaker::Worker => "worker",
        Speaker::Person => "person",
        Speaker::Family => "family",
        Speaker::Other => "other",
    };
    let report = match call.report {
        Report::OnTheWay => "on_the_way",
        Report::There => "there",
        Report::Finished => "finished",
        Report::NobodyCame => "nobody_came",
        Report::NoAnswer => "no_answer",
        Report::NotAsked => "not_asked",
    };
    vec![
        ("speaker", speaker.into()),
        ("who", call.who.clone()),
        ("report", report.into()),
        ("report_at", call.report_at.map_or_else(String::new, Millis::hhmm)),
        ("at", call.at.hhmm()),
        ("worker", call.worker.as_ref().map_or_else(String::new, ToString::to_string)),
        ("words", call.words.clone()),
    ]
}

/// A form that was taken is answered with the way to another page.
fn accepted(page: Page, what: &str) -> Result<(), Trouble> {
    if page.status == 303 && page.header("location").is_some() { Ok(()) } else { Err(Trouble(format!("{what}: {}", said(&page)))) }
}

/// The heart of a page that refused: its status, and the problems that it lists.
fn said(page: &Page) -> String {
    let text: String =
        page.body.split('<').filter_map(|piece| piece.split_once('>').map(|(_, text)| text.trim())).collect::<Vec<_>>().join(" ");
    let words: Vec<&str> = text.split_whitespace().take(60).collect();
    format!("HTTP {}: {}", page.status, words.join(" "))
}
