//! Playing a scenario in a world: everything that it says happens, everything that it expects is checked, and in the end
//! the office's store is compared with what the scenario implies.

use crate::oracle::{self, Verdict};
use crate::provider;
use crate::scenario::{Act, Deed, Scenario, revision};
use crate::world::{Options, Shortfall, Store, Trouble, World};
use holdfast_model::entry::{Body, Read};
use holdfast_model::id::DocumentId;
use holdfast_model::projection::Rules;
use holdfast_sync_server::faults::Faults;
use holdfast_sync_server::slot::Spread;
use std::fmt;
use std::path::Path;

/// What a play came to.
pub struct Played {
    /// The world at the end.
    pub world: World,
    /// Claims that did not hold.
    pub shortfalls: Vec<Shortfall>,
    /// The office's store against what the scenario implies.
    pub verdict: Verdict,
    /// False when phones with signal still held something after two more hours.
    pub quiet: bool,
}

impl Played {
    /// True when everything is as the scenario says.
    pub fn passed(&self) -> bool {
        self.shortfalls.is_empty() && self.verdict.whole() && self.quiet
    }
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for shortfall in &self.shortfalls {
            writeln!(f, "{shortfall}")?;
        }
        let v = &self.verdict;
        writeln!(f, "{} entries implied, {} found", v.implied, v.found)?;
        for (what, list) in [("missing", &v.missing), ("doubled", &v.doubled), ("changed", &v.changed), ("invented", &v.invented)] {
            for d in list.iter().take(10) {
                writeln!(f, "  {what}: {} in {} (line {:?}, {:?})", d.kind, d.doc, d.line, d.entry)?;
            }
        }
        if !self.quiet {
            writeln!(f, "phones with signal still hold entries that the office has not confirmed")?;
        }
        Ok(())
    }
}

/// How to play.
#[derive(Debug, Clone)]
pub struct How {
    /// Repeats everything left to chance.
    pub seed: u64,
    /// Where phones keep their stores.
    pub store: Store,
    /// What the provider has set.
    pub rules: Rules,
    /// Deliberate faults of the office.
    pub faults: Faults,
}

impl Default for How {
    fn default() -> How {
        How { seed: 1, store: Store::Memory, rules: Rules::default(), faults: Faults::default() }
    }
}

/// How long the phones have for taking their packs before anything happens.
pub const PACK_MS: i64 = 60_000;

/// A world with the scenario's provider imported and its phones handed out.
pub fn set_up(scenario: &Scenario, how: &How, folder: &Path) -> Result<World, Trouble> {
    let mut world = World::new(Options {
        seed: how.seed,
        begins: scenario.begins,
        store: how.store,
        rules: how.rules.clone(),
        spread: Spread::default(),
        effort_ms: 0,
        faults: Faults::default(),
        folder: folder.to_owned(),
    })?;
    provider::import(world.office(), &world.branch(), &scenario.provider)?;
    for phone in &scenario.phones {
        world.enrol(&phone.worker, phone.skew_ms)?;
    }
    // The packs come while the phones are handed out.
    world.run_until(scenario.begins.plus(PACK_MS));
    if how.faults != Faults::default() {
        world.spoil(how.faults.clone())?;
    }
    Ok(world)
}

/// Plays a scenario from beginning to end, in an empty folder.
pub fn play(scenario: &Scenario, how: &How, folder: &Path) -> Result<Played, Trouble> {
    let mut world = set_up(scenario, how, folder)?;
    let mut shortfalls = Vec::new();
    let mut claims = scenario.claims.iter().peekable();
    let mut acts = scenario.acts.iter().peekable();
    loop {
        // What happens at a moment comes before what is expected of it.
        let next = [acts.peek().map(|a| a.at), claims.peek().map(|c| c.at)].into_iter().flatten().min();
        let Some(now) = next else { break };
        world.run_until(now);
        while let Some(act) = acts.next_if(|a| a.at <= now) {
            perform(&mut world, act).map_err(|e| Trouble(format!("line {}: {e}", act.line)))?;
        }
        while let Some(check) = claims.next_if(|c| c.at <= now) {
            shortfalls.extend(world.check(check, scenario.window).err());
        }
    }
    world.run_until(scenario.ends);
    let quiet = world.run_until_quiet();
    let found = entries(&world)?;
    let verdict = oracle::compare(&oracle::implied(scenario), &found, 0);
    Ok(Played { world, shortfalls, verdict, quiet })
}

/// Makes one act happen now.
pub fn perform(world: &mut World, act: &Act) -> Result<(), Trouble> {
    match &act.deed {
        Deed::Tap { worker, visit, body } => world.tap(worker, visit, body.clone()).map(|_| ()),
        Deed::Revise { worker, visit, kind, with, reason } => {
            let entry = world.phone(worker).last(visit, kind);
            let entry = entry.ok_or_else(|| Trouble(format!("{worker} has written no {kind} at {visit} that could be meant")))?;
            world.tap(worker, visit, revision(entry, with.clone(), reason.clone())).map(|_| ())
        }
        Deed::Log { by, doc, body } => world.log(by, doc.clone(), body.clone()).map(|_| ()),
        Deed::Phone(worker, event) => world.befall(worker, *event),
        Deed::Server(event) => world.befall_server(*event),
        Deed::Network(weather) => {
            world.set_weather(*weather);
            Ok(())
        }
    }
}

/// Every distinct entry of the office's ledger. A push that overlaps an earlier one is kept whole, as it was signed, so a
/// stretch of a chain may lie there in two groupings: the same entry at the same place of its chain is one.
pub fn entries(world: &World) -> Result<Vec<Read>, Trouble> {
    let office = world.office();
    let branch = world.branch();
    let visits = office.visit_ids(&branch).into_iter().map(DocumentId::Visit);
    let people = office.people(&branch).into_iter().map(DocumentId::Person);
    let outages = office.outages(&branch).map_err(|e| Trouble(e.to_string()))?.into_iter().map(|o| DocumentId::Outage(o.outage));
    let mut all: Vec<Read> = Vec::new();
    for doc in visits.chain(people).chain(outages) {
        let mut of_document: Vec<Read> = Vec::new();
        for entry in office.entries(&doc).map_err(|e| Trouble(e.to_string()))? {
            if !of_document.contains(&entry) {
                of_document.push(entry);
            }
        }
        all.extend(of_document);
    }
    Ok(all)
}

/// True for what carers and office recorded, false for what the import brought.
pub fn recorded_by_somebody(body: &Body) -> bool {
    !matches!(body, Body::Assigned(_) | Body::Person(_) | Body::PlanVersion(_))
}
