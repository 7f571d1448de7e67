//! The console: what the office sees in a browser.
//!
//! Pages are rendered here and work as plain links and forms; one small script keeps an open board live. Everything a page
//! shows comes from [`Office`]'s projections, everything a form says becomes an entry through [`Office::record`].
//!
//! | Module | What it does |
//! |---|---|
//! | [`routes`] | every address, with the one action it needs |
//! | [`guard`] | who asks, and may they |
//! | [`board`] | the board and its stream |
//! | [`visit`], [`visit_forms`], [`person`] | one visit and what is done about it, one person |
//! | [`plans`], [`phones`], [`held`], [`outages`], [`accounts_page`], [`import_page`] | the other pages |
//! | [`say`] | facts into words, icons, colours |
//! | [`form`] | what was typed, and what is wrong with it |

pub mod accounts_page;
pub mod assets;
pub mod board;
pub mod entry;
pub mod form;
pub mod guard;
pub mod held;
pub mod help;
pub mod import_page;
pub mod origin;
pub mod outages;
pub mod page;
pub mod person;
pub mod phones;
pub mod plans;
pub mod routes;
pub mod say;
pub mod sign_in;
pub mod visit;
pub mod visit_forms;

pub use routes::router;

use crate::accounts::throttle::Throttle;
use crate::accounts::{AccountsError, Session, Store};
use crate::office::{Office, OutageRow};
use board::filters::Filters;
use board::live::Pages;
use board::row::RowCache;
use guard::Desk;
use holdfast_model::id::{BranchId, DeviceId, WorkerId};
use holdfast_model::port::Random;
use holdfast_model::projection::Filter;
use holdfast_words::Words;
use page::{Chrome, OutageBand, Part};
use say::Say;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// File of the accounts within the data directory.
pub const ACCOUNTS_FILE: &str = "accounts.db";

/// What an open board was drawn for: its stream may show nothing else.
#[derive(Debug, Clone)]
pub struct Drawing {
    /// Session that opened it.
    pub session: holdfast_model::id::Digest,
    /// Branch that the guard allowed.
    pub branch: BranchId,
    /// Filters of its address.
    pub filters: Filters,
    /// Names hidden.
    pub hidden: bool,
    /// What its reader may do.
    pub may: board::view::May,
}

struct Inner {
    office: Office,
    accounts: Store,
    throttle: Throttle,
    random: Arc<dyn Random>,
    tls: bool,
    pages: Pages<Drawing>,
    rows: Mutex<RowCache>,
    /// Password work is heavy on purpose: two at a time, the others wait.
    slow: Semaphore,
    imports: import_page::Imports,
}

/// The console. Cheap to clone; every clone is the same console.
#[derive(Clone)]
pub struct Console {
    inner: Arc<Inner>,
}

impl Console {
    /// Opens the accounts beside the office's store. `tls`: browsers reach it over TLS, here or at a proxy in front.
    pub fn open(office: Office, random: Arc<dyn Random>, tls: bool) -> Result<Console, AccountsError> {
        let accounts = Store::open(&office.data_dir().join(ACCOUNTS_FILE), office.account_keys(), random.clone())?;
        let inner = Inner {
            office,
            accounts,
            throttle: Throttle::default(),
            random,
            tls,
            pages: Pages::default(),
            rows: Mutex::default(),
            slow: Semaphore::new(2),
            imports: import_page::Imports::default(),
        };
        Ok(Console { inner: Arc::new(inner) })
    }

    /// The path of a one-time link that makes the first administrator; `None` once somebody can sign in.
    pub fn first_link(&self) -> Result<Option<String>, AccountsError> {
        Ok(self.accounts().first_link(self.real_now_s())?.map(|token| format!("/console/first/{token}")))
    }

    /// Copies the accounts into a backup's directory.
    pub fn backup_accounts(&self, dir: &Path) -> Result<(), AccountsError> {
        self.accounts().backup_to(&dir.join(ACCOUNTS_FILE))
    }

    /// The office.
    pub fn office(&self) -> &Office {
        &self.inner.office
    }
    /// The accounts.
    pub fn accounts(&self) -> &Store {
        &self.inner.accounts
    }
    fn throttle(&self) -> &Throttle {
        &self.inner.throttle
    }
    fn tls(&self) -> bool {
        self.inner.tls
    }
    fn cookie_name(&self) -> &'static str {
        // The prefix makes a browser refuse the cookie without TLS, or for another path or domain.
        if self.inner.tls { "__Secure-holdfast-session" } else { "holdfast-session" }
    }

    /// Real time in seconds: sessions are about browsers, not about a drill's day.
    fn real_now_s(&self) -> u64 {
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs())
    }

    /// A name that nobody can guess.
    fn token(&self) -> String {
        let mut bytes = [0u8; 18];
        self.inner.random.fill(&mut bytes);
        data_encoding::BASE64URL_NOPAD.encode(&bytes)
    }

    /// Does heavy work beside the async threads, two at a time.
    async fn slow<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        // The semaphore is never closed.
        let _turn = self.inner.slow.acquire().await.ok();
        blocking(work).await
    }

    /// The branches that somebody may choose among: theirs, as far as they are known here.
    fn branches_of(&self, session: &Session) -> Vec<BranchId> {
        let known = self.office().branches();
        session.account.actor.branches.iter().filter(|b| known.contains(b)).cloned().collect()
    }

    /// The branch that somebody's screens show: the one they chose last, else the first of theirs.
    fn branch_shown(&self, session: &Session) -> Option<BranchId> {
        let theirs = self.branches_of(session);
        session.branch.clone().filter(|b| theirs.contains(b)).or_else(|| theirs.into_iter().next())
    }

    fn branch_of_phone(&self, device: &DeviceId) -> Option<BranchId> {
        let office = self.office();
        office.branches().into_iter().find(|b| office.phones(b).iter().any(|p| p.device == *device))
    }

    /// Names of everybody who works for the provider, and of those who sign in without being on the rota.
    fn worker_names(&self) -> BTreeMap<WorkerId, String> {
        let accounts = self.accounts().all().unwrap_or_default();
        let mut names: BTreeMap<_, _> = accounts.into_iter().map(|a| (a.worker, a.name)).collect();
        names.extend(self.office().workers().into_iter().map(|w| (w.id, w.name)));
        names
    }

    fn bare(&self, title: &str) -> Chrome {
        let mut chrome = Chrome::bare(title, self.as_of());
        chrome.drill = self.drill();
        chrome
    }

    fn as_of(&self) -> String {
        Words::english().clock_seconds(self.office().now())
    }

    fn drill(&self) -> Option<String> {
        self.office().drill().then(|| Words::english().say("drill-clock", &[("day", Words::english().day(self.office().now()).into())]))
    }

    /// What stands around a page of somebody who is signed in.
    fn chrome(&self, desk: &Desk, part: Part, title: &str) -> Chrome {
        let office = self.office();
        let words = Words::english();
        let outages: Vec<_> = office.outages(&desk.branch).unwrap_or_default().into_iter().filter(|o| o.closed.is_none()).collect();
        let held = office.held_for_checking(&desk.branch).map_or(0, |h| h.len());
        let account = &desk.session.account;
        let mut chrome = self.bare(title);
        chrome.who = Some(format!("{}, {}", account.name, words.role(account.actor.role)));
        chrome.branch_name = desk.branch.to_string();
        chrome.branches = self.branches_of(&desk.session).iter().map(BranchId::to_string).collect();
        chrome.branch_param = board::row::in_path(desk.branch.as_str());
        chrome.links = page::links(&desk.session, &desk.branch, part, held, outages.len());
        chrome.outage = self.outage_band(&desk.branch);
        chrome.names_hidden = desk.session.names_hidden;
        chrome.said = said(&desk.here);
        chrome.here = without_said(&desk.here);
        chrome
    }

    /// The band of the latest open outage: on every page.
    fn outage_band(&self, branch: &BranchId) -> Option<OutageBand> {
        let outage = self.office().outages(branch).ok()?.into_iter().find(|o| o.closed.is_none())?;
        Some(self.band_of(branch, &outage))
    }

    /// The same for the board, where the latest outage stays for the rest of the day on which it ended.
    fn board_band(&self, branch: &BranchId) -> Option<OutageBand> {
        let now = self.office().now();
        let today = |o: &OutageRow| o.closed.as_ref().is_none_or(|(_, c)| c.at.london_day() == now.london_day());
        let outages = self.office().outages(branch).ok()?;
        let open = outages.iter().find(|o| o.closed.is_none());
        Some(self.band_of(branch, open.or_else(|| outages.iter().find(|o| today(o)))?))
    }

    fn band_of(&self, branch: &BranchId, outage: &OutageRow) -> OutageBand {
        let office = self.office();
        let words = Words::english();
        let now = office.now();
        let opened = &outage.opened;
        let what = ("what", opened.what.as_str().into());
        let (head, rest) = match &outage.closed {
            Some((_, closed)) => {
                let (from, to) = (words.time_of(now, opened.since), words.time_of(now, closed.at));
                (words.say("outage-was-down", &[what, ("from", from.into()), ("to", to.into())]), String::new())
            }
            None => {
                let head = words.say("outage-down", &[what, ("time", words.time_of(now, opened.since).into())]);
                (head, self.goes_on(branch, opened))
            }
        };
        let href = format!("/console/outages#{}", board::row::page_id("o", outage.outage.as_str()));
        OutageBand { head, rest, summary: self.known_meanwhile(branch, outage), over: outage.closed.is_some(), href }
    }

    /// What goes on while an outage lasts.
    fn goes_on(&self, branch: &BranchId, opened: &holdfast_model::entry::OutageOpened) -> String {
        let office = self.office();
        let words = Words::english();
        let now = office.now();
        let mut rest = Vec::new();
        if !opened.rota.is_empty() {
            let rota = ("rota", opened.rota.as_str().into());
            rest.push(match opened.rota_frozen {
                Some(at) => words.say("outage-rota-frozen", &[rota, ("time", words.time_of(now, at).into())]),
                None => words.say("outage-rota", &[rota]),
            });
        }
        rest.push(words.say("outage-phones-record", &[]));
        let phones = office.phones(branch);
        let quiet_after = i64::from(office.rules().phone_quiet_after_min) * holdfast_model::time::MINUTE;
        let live: Vec<_> = phones.iter().filter(|p| p.revoked.is_none()).collect();
        let quiet = live.iter().filter(|p| p.last_heard.is_none_or(|at| now.since(at) > quiet_after)).count();
        if quiet > 0 {
            rest.push(format!("{}.", words.phones_quiet(quiet, live.len(), office.rules().phone_quiet_after_min)));
        }
        rest.join(" ")
    }

    /// What is known of the visits due while an outage lasted, up to now: the sentence a manager takes away.
    fn known_meanwhile(&self, branch: &BranchId, outage: &OutageRow) -> String {
        let office = self.office();
        let end = outage.closed.as_ref().map_or_else(|| office.now(), |(_, closed)| closed.at);
        let filter = Filter { from: Some(outage.opened.since), to: Some(end), ..Filter::default() };
        office.board(branch, &filter, |board| Words::english().late_summary(&board.late))
    }

    /// The words of a screen.
    fn say<'a>(&self, workers: &'a BTreeMap<WorkerId, String>, hidden: bool) -> Say<'a> {
        Say { words: Words::english(), now: self.office().now(), workers, hidden }
    }
}

/// Runs work that waits for the disk beside the async threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(panic) if panic.is_panic() => std::panic::resume_unwind(panic.into_panic()),
        // Only when the runtime goes down: nobody is left to answer.
        Err(_) => std::future::pending().await,
    }
}

/// What the address says was just done: one of these words, never free text.
const DONE: [&str; 14] = [
    "welcome",
    "call",
    "cover",
    "deal",
    "cancel",
    "revoked",
    "taken-off",
    "opened",
    "closed",
    "imported",
    "account",
    "held-take",
    "held-aside",
    "held-back",
];

/// What was just done, as the address says it.
fn said(here: &str) -> Option<String> {
    let query = here.split_once('?')?.1;
    let word = query.split('&').find_map(|pair| pair.strip_prefix("said="))?;
    let word = word.split('#').next().unwrap_or(word);
    DONE.contains(&word).then(|| Words::english().say(&format!("did-{word}"), &[]))
}

/// The address without what was just done: going back to it must not say it again.
fn without_said(here: &str) -> String {
    let Some((path, query)) = here.split_once('?') else { return here.to_owned() };
    let rest: Vec<_> = query.split('&').filter(|pair| !pair.starts_with("said=")).collect();
    if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_only_what_we_wrote() {
        assert!(said("/console/board?said=call").is_some_and(|t| t != "did-call"));
        assert_eq!(said("/console/board?said=<script>"), None);
        assert_eq!(said("/console/board?x=call"), None);
        for word in DONE {
            assert!(Words::english().has(&format!("did-{word}")), "{word}");
        }
        assert_eq!(without_said("/console/board?care=act&said=call"), "/console/board?care=act");
        assert_eq!(without_said("/console/board?said=call"), "/console/board");
    }
}
