//! A phone behind a thread of its own. Commands go through a channel and are answered through one that is used once, so a caller that
//! goes away cancels nothing: a write that began is finished. Exchanges with the office run on a second thread, so no tap ever waits
//! for the network. Observers get whole screens, the first through the same callback as all others.

use crate::error::EngineError;
use crate::intent::{Intent, Saved};
use crate::phone::{Enrol, Enrolled, Export, GlassBroken, Newcomer, Phone, Settings, SyncOutcome};
use crate::port::{Answer, Ask, Network, NetworkFault, Ports};
use crate::screen::{OwedScreen, PersonScreen, RunScreen, StatusScreen, VisitScreen};
use chrono::NaiveDate;
use holdfast_model::entry::{Body, Happened, Unplanned};
use holdfast_model::id::{EntryId, PersonId, VisitId, WorkerId};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;

/// How long one exchange may take.
const TIMEOUT: Duration = Duration::from_millis(holdfast_model::chronology::GIVEN_UP_AFTER_MS as u64);
/// The longest nap of the thread: time on screens moves on, and clocks are looked at.
const NAP: Duration = Duration::from_secs(30);

type Work = Box<dyn FnOnce(&mut Actor) + Send>;
type Callback<T> = Box<dyn FnMut(Result<T, EngineError>) + Send>;

enum Message {
    /// Something to do with the phone.
    Work(Work),
    /// An exchange has ended.
    Answered(Result<Answer, NetworkFault>),
    /// Somebody no longer looks.
    Unsubscribe(u64),
    /// The last handle is gone.
    Stop,
}

/// A handle on a phone's thread. Cheap to clone; the thread ends with the last one.
#[derive(Clone)]
pub struct Engine {
    handle: Arc<Handle>,
}

struct Handle {
    to: mpsc::Sender<Message>,
    numbers: AtomicU64,
}

impl Drop for Handle {
    fn drop(&mut self) {
        // An error means that the thread has ended already.
        let _ = self.to.send(Message::Stop);
    }
}

/// While this value lives, its callback receives screens.
pub struct Subscription {
    number: u64,
    handle: Weak<Handle>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.upgrade() {
            let _ = handle.to.send(Message::Unsubscribe(self.number));
        }
    }
}

/// What an observer looks at.
enum Observed {
    Run(Option<NaiveDate>, Callback<RunScreen>),
    Visit(VisitId, Callback<VisitScreen>),
    Person(PersonId, Callback<PersonScreen>),
    Owed(Callback<OwedScreen>),
    Status(Callback<StatusScreen>),
}

/// What lives on the thread.
struct Actor {
    phone: Phone,
    observers: BTreeMap<u64, Observed>,
    asks: mpsc::Sender<Ask>,
    /// Contact by itself: off until the shell switches it on.
    contact: bool,
    dirty: bool,
}

impl Engine {
    /// Starts the thread and opens the phone on it.
    pub fn start(ports: Ports, settings: Settings) -> Result<Engine, EngineError> {
        let (to, from) = mpsc::channel::<Message>();
        let (asks, asked) = mpsc::channel::<Ask>();
        let (opened, ready) = mpsc::channel();
        carry(ports.network.clone(), asked, to.clone())?;
        thread::Builder::new()
            .name("holdfast-engine".into())
            .spawn(move || match Phone::open(ports, settings) {
                Ok(phone) => {
                    let _ = opened.send(Ok(()));
                    Actor { phone, observers: BTreeMap::new(), asks, contact: false, dirty: false }.live(&from);
                }
                Err(e) => {
                    let _ = opened.send(Err(e));
                }
            })
            .map_err(|e| EngineError::Storage(e.kind().to_string()))?;
        ready.recv().map_err(|_| EngineError::Stopped)??;
        Ok(Engine { handle: Arc::new(Handle { to, numbers: AtomicU64::new(1) }) })
    }

    /// Runs something with the phone, and waits for it. Once sent it is done, whether or not the caller still waits.
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Actor) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let (reply, answer) = oneshot::channel();
        let work = Message::Work(Box::new(move |actor| {
            let _ = reply.send(work(actor));
        }));
        self.handle.to.send(work).map_err(|_| EngineError::Stopped)?;
        answer.await.map_err(|_| EngineError::Stopped)?
    }

    /// Enrols the phone ([`Phone::enrol`]).
    pub async fn enrol(&self, how: Enrol) -> Result<Enrolled, EngineError> {
        self.call(|a| a.changing(|p| p.enrol(how))).await
    }
    /// Gives it a new lock when the PIN is forgotten ([`Phone::enrol_again`]).
    pub async fn enrol_again(&self, how: Enrol) -> Result<Enrolled, EngineError> {
        self.call(|a| a.changing(|p| p.enrol_again(how))).await
    }
    /// Opens it with the PIN.
    pub async fn unlock(&self, pin: String) -> Result<(), EngineError> {
        self.call(move |a| a.changing(|p| p.unlock(&pin))).await
    }
    /// Opens it for one of those who share it ([`Phone::unlock_as`]).
    pub async fn unlock_as(&self, worker: WorkerId, pin: String) -> Result<(), EngineError> {
        self.call(move |a| a.changing(|p| p.unlock_as(&worker, &pin))).await
    }
    /// Gives one of those who share it a new lock ([`Phone::enrol_again_as`]).
    pub async fn enrol_again_as(&self, worker: WorkerId, how: Enrol) -> Result<Enrolled, EngineError> {
        self.call(move |a| a.changing(|p| p.enrol_again_as(&worker, how))).await
    }
    /// Forgets every key.
    pub async fn lock(&self) -> Result<(), EngineError> {
        self.call(|a| {
            a.changing(|p| {
                p.lock();
                Ok(())
            })
        })
        .await
    }
    /// Changes the PIN.
    pub async fn change_pin(&self, old: String, new: String) -> Result<(), EngineError> {
        self.call(move |a| a.phone.change_pin(&old, &new)).await
    }
    /// Records something about a visit; answered after COMMIT.
    pub async fn record(&self, visit: VisitId, intent: Intent) -> Result<Saved, EngineError> {
        self.call(move |a| a.changing(|p| p.record(&visit, intent))).await
    }
    /// Puts an entry right.
    pub async fn amend(
        &self,
        visit: VisitId,
        entry: EntryId,
        with: Body,
        reason: String,
        happened: Option<Happened>,
    ) -> Result<Saved, EngineError> {
        self.call(move |a| a.changing(|p| p.amend(&visit, entry, with, &reason, happened))).await
    }
    /// Takes an entry back.
    pub async fn withdraw(&self, visit: VisitId, entry: EntryId, reason: String) -> Result<Saved, EngineError> {
        self.call(move |a| a.changing(|p| p.withdraw(&visit, entry, &reason))).await
    }
    /// Records something for somebody without a vault ([`Phone::record_as_newcomer`]).
    pub async fn record_as_newcomer(&self, who: Newcomer, visit: VisitId, intent: Intent) -> Result<Saved, EngineError> {
        self.call(move |a| a.changing(|p| p.record_as_newcomer(&who, &visit, intent))).await
    }
    /// Begins a visit for somebody without a vault ([`Phone::unplanned_as_newcomer`]).
    pub async fn unplanned_as_newcomer(&self, who: Newcomer, what: Unplanned, happened: Option<Happened>) -> Result<Saved, EngineError> {
        self.call(move |a| a.changing(|p| p.unplanned_as_newcomer(&who, what, happened))).await
    }
    /// Opens today's run past the lease, for a reason that is written down ([`Phone::break_glass`]).
    pub async fn break_glass(&self, reason: String) -> Result<GlassBroken, EngineError> {
        self.call(move |a| a.changing(|p| p.break_glass(&reason))).await
    }
    /// Begins a visit to someone who is not on the run.
    pub async fn unplanned(&self, who: Unplanned, happened: Option<Happened>) -> Result<Saved, EngineError> {
        self.call(move |a| a.changing(|p| p.unplanned(who, happened))).await
    }
    /// Exchanges with the office until there is nothing to say at once. Unlike contact by itself this waits for the network, and taps
    /// made meanwhile wait with it: for terminals.
    pub async fn sync(&self) -> Result<SyncOutcome, EngineError> {
        self.call(|a| a.changing(Phone::sync)).await
    }
    /// Everything the phone can give.
    pub async fn export(&self) -> Result<Export, EngineError> {
        self.call(|a| a.phone.export()).await
    }
    /// A worker's day, once.
    pub async fn run(&self, day: Option<NaiveDate>) -> Result<RunScreen, EngineError> {
        self.call(move |a| a.phone.run(day)).await
    }
    /// A visit, once.
    pub async fn visit(&self, visit: VisitId) -> Result<VisitScreen, EngineError> {
        self.call(move |a| a.phone.visit(&visit)).await
    }
    /// A person, once.
    pub async fn person(&self, person: PersonId) -> Result<PersonScreen, EngineError> {
        self.call(move |a| a.phone.person(&person)).await
    }
    /// Still to finish, once.
    pub async fn owed(&self) -> Result<OwedScreen, EngineError> {
        self.call(|a| a.phone.owed()).await
    }
    /// How the phone is, once.
    pub async fn status(&self) -> Result<StatusScreen, EngineError> {
        self.call(|a| a.phone.status()).await
    }

    /// Lets the phone keep in contact by itself from now on, or not.
    pub async fn keep_contact(&self, on: bool) -> Result<(), EngineError> {
        self.call(move |a| {
            a.contact = on;
            Ok(())
        })
        .await
    }
    /// The network came back.
    pub async fn reachable(&self) -> Result<(), EngineError> {
        self.call(|a| {
            a.phone.reachable();
            Ok(())
        })
        .await
    }
    /// The office has something new.
    pub async fn nudged(&self) -> Result<(), EngineError> {
        self.call(|a| {
            a.phone.nudged();
            Ok(())
        })
        .await
    }
    /// Closes the database and forgets every key: before the system suspends the app.
    pub async fn pause(&self) -> Result<(), EngineError> {
        self.call(|a| {
            a.phone.pause();
            Ok(())
        })
        .await
    }
    /// Opens the database again.
    pub async fn resume(&self) -> Result<(), EngineError> {
        self.call(|a| a.changing(Phone::resume)).await
    }

    /// Shows a worker's day, now and whenever it changes.
    pub fn watch_run(
        &self,
        day: Option<NaiveDate>,
        show: impl FnMut(Result<RunScreen, EngineError>) + Send + 'static,
    ) -> Result<Subscription, EngineError> {
        self.watch(Observed::Run(day, Box::new(show)))
    }
    /// Shows a visit, now and whenever it changes.
    pub fn watch_visit(
        &self,
        visit: VisitId,
        show: impl FnMut(Result<VisitScreen, EngineError>) + Send + 'static,
    ) -> Result<Subscription, EngineError> {
        self.watch(Observed::Visit(visit, Box::new(show)))
    }
    /// Shows a person, now and whenever it changes.
    pub fn watch_person(
        &self,
        person: PersonId,
        show: impl FnMut(Result<PersonScreen, EngineError>) + Send + 'static,
    ) -> Result<Subscription, EngineError> {
        self.watch(Observed::Person(person, Box::new(show)))
    }
    /// Shows what is still to finish, now and whenever it changes.
    pub fn watch_owed(&self, show: impl FnMut(Result<OwedScreen, EngineError>) + Send + 'static) -> Result<Subscription, EngineError> {
        self.watch(Observed::Owed(Box::new(show)))
    }
    /// Shows how the phone is, now and whenever it changes.
    pub fn watch_status(&self, show: impl FnMut(Result<StatusScreen, EngineError>) + Send + 'static) -> Result<Subscription, EngineError> {
        self.watch(Observed::Status(Box::new(show)))
    }

    fn watch(&self, mut observed: Observed) -> Result<Subscription, EngineError> {
        let number = self.handle.numbers.fetch_add(1, Ordering::Relaxed);
        let work = Message::Work(Box::new(move |actor| {
            observed.show(&mut actor.phone);
            actor.observers.insert(number, observed);
        }));
        self.handle.to.send(work).map_err(|_| EngineError::Stopped)?;
        Ok(Subscription { number, handle: Arc::downgrade(&self.handle) })
    }
}

impl Observed {
    fn show(&mut self, phone: &mut Phone) {
        match self {
            Observed::Run(day, show) => show(phone.run(*day)),
            Observed::Visit(visit, show) => show(phone.visit(visit)),
            Observed::Person(person, show) => show(phone.person(person)),
            Observed::Owed(show) => show(phone.owed()),
            Observed::Status(show) => show(phone.status()),
        }
    }
}

impl Actor {
    /// Does something after which screens may show something else.
    fn changing<T>(&mut self, work: impl FnOnce(&mut Phone) -> Result<T, EngineError>) -> Result<T, EngineError> {
        self.dirty = true;
        work(&mut self.phone)
    }

    fn live(mut self, from: &mpsc::Receiver<Message>) {
        loop {
            let nap = match (self.contact && self.phone.is_enrolled(), self.phone.sync_in_ms()) {
                (true, Some(ms)) => NAP.min(Duration::from_millis(ms as u64)),
                _ => NAP,
            };
            match from.recv_timeout(nap) {
                Ok(Message::Work(work)) => work(&mut self),
                Ok(Message::Answered(answer)) => {
                    // What went wrong is on the status screen: failures in a row, time of the last contact.
                    let _ = self.phone.sync_answer(answer);
                    self.dirty = true;
                }
                Ok(Message::Unsubscribe(number)) => {
                    self.observers.remove(&number);
                }
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    // A store that cannot be tidied now says so at the next entry.
                    let _ = self.phone.idle();
                    self.dirty = true;
                }
            }
            if self.contact && self.phone.is_enrolled() {
                // The thread that carries it is gone only with this one.
                if let Ok(Some(ask)) = self.phone.sync_ask() {
                    let _ = self.asks.send(ask);
                    self.dirty = true;
                }
            }
            if std::mem::take(&mut self.dirty) {
                for observed in self.observers.values_mut() {
                    observed.show(&mut self.phone);
                }
            }
        }
    }
}

/// The thread that waits for the network in the phone's stead.
fn carry(network: Arc<dyn Network>, asked: mpsc::Receiver<Ask>, to: mpsc::Sender<Message>) -> Result<(), EngineError> {
    thread::Builder::new()
        .name("holdfast-network".into())
        .spawn(move || {
            while let Ok(ask) = asked.recv() {
                if to.send(Message::Answered(network.exchange(ask, TIMEOUT))).is_err() {
                    return;
                }
            }
        })
        .map(|_| ())
        .map_err(|e| EngineError::Storage(e.kind().to_string()))
}
