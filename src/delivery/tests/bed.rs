//! Roads over one SQLite file, and what a test wants to see of it.

use super::fake::Fake;
use crate::context::Context;
use crate::delivery::{Delivery, Pacer, Stop, Submission, Ticket, WaitFor, Waited};
use crate::events::{Log, Signal};
use crate::ground::Level;
use crate::history::query::Row;
use crate::history::store::{StoreError, Work};
use crate::history::{self, Claimed, EventPage, EventQuery, Kept, Query, Write, Written};
use crate::history::{
    Connection, Memorandum, Migrate, Readers, Store, StoreErrorKind, StoreResult, Worker, Writer,
};
use crate::history::{Hooks, Journal, JournalSettings, WhileAway};
use crate::message::clock::Millis;
use crate::message::{Content, Recipient, Result, SendOptions, State};
use crate::settings::Retry;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use uuid::Uuid;

pub const ACCOUNT: &str = "account-1";
/// Longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// How many requests may be under way at once.
pub const MOST_REQUESTS: usize = 64;
const HTTP_TIMEOUT: Duration = Duration::from_secs(1);

/// A SQLite file and a provider that several roads may share.
pub struct Bed {
    pub fake: Arc<Fake>,
    folder: tempfile::TempDir,
}

/// One road, as a process of its own would have it.
pub struct Road {
    pub delivery: Arc<Delivery>,
    pub switch: Arc<Switch>,
    pub runtime: Option<Runtime>,
}

pub fn retry() -> Retry {
    Retry {
        max_retries: 3,
        wait: Duration::from_millis(20),
        resend_unknown: false,
        unknown_look: Duration::from_millis(50),
        unknown_deadline: Duration::from_millis(2000),
        limit: Duration::from_secs(3600),
    }
}

/// Of a worker that takes over what is old by `time_passes`.
pub fn patient() -> Retry {
    Retry { unknown_deadline: Duration::from_secs(300), ..retry() }
}

impl Bed {
    pub fn new() -> Bed {
        // The first number of a process has the plans of all countries read, in the middle of a test's time.
        assert!(Recipient::read("to", "+12024560001", None).is_ok());
        Bed { fake: Arc::new(Fake::new()), folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("wa.db")
    }

    pub fn store(&self) -> Arc<dyn Store> {
        history::in_file(self.path(), "wa_", history::store::STATEMENT_TIMEOUT)
    }

    /// A road that takes over what others left.
    pub fn heir(&self) -> Road {
        self.road_with(patient(), None)
    }

    pub fn road(&self) -> Road {
        self.road_with(retry(), None)
    }

    pub fn road_with(&self, retry: Retry, pace: Option<f64>) -> Road {
        self.road_over(self.store(), retry, pace)
    }

    /// A road over a store that is not this bed's own.
    pub fn road_over(&self, store: Arc<dyn Store>, retry: Retry, pace: Option<f64>) -> Road {
        self.build(store, retry, pace, Duration::from_secs(60), Fault::None, None)
    }

    /// The same with a lease of this length.
    pub fn road_leased(
        &self,
        store: Arc<dyn Store>,
        retry: Retry,
        pace: Option<f64>,
        lease: Duration,
    ) -> Road {
        self.build(store, retry, pace, lease, Fault::None, None)
    }

    /// A road with a journal, whose database is away where the test wants that.
    pub fn road_with_journal(&self, journal: &Journals, while_away: WhileAway, fault: Fault) -> Road {
        let lease = Duration::from_secs(60);
        self.build(self.store(), retry(), None, lease, fault, Some((journal, while_away)))
    }

    fn build(
        &self,
        store: Arc<dyn Store>,
        retry: Retry,
        pace: Option<f64>,
        lease: Duration,
        fault: Fault,
        journal: Option<(&Journals, WhileAway)>,
    ) -> Road {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let switch = Arc::new(Switch::default());
        switch.set(fault);
        let store: Arc<dyn Store> = Arc::new(Switched { inner: store, switch: Arc::clone(&switch) });
        let signal = Arc::new(Signal::default());
        let worker = Worker { id: Uuid::new_v4(), account_key: ACCOUNT.into(), lease, host: String::new() };
        let memory = journal.as_ref().map(|(journals, _)| {
            history::rewound::LastSeen::new(journals.folder.path().to_owned(), journals.place)
        });
        let guard = history::rewound::Guard::new(worker.id, memory, crate::delivery::told_of, Kept::Masked);
        let journal = journal.map(|(journals, while_away)| journals.open(while_away, &worker).unwrap());
        let hooks = Hooks {
            health: Arc::new(|_| {}),
            opened: Box::new(|_| Ok(())),
            told: Box::new(|| {}),
            guard: Arc::new(guard),
        };
        let context = Context {
            writer: Writer::start_with(Arc::clone(&store), Migrate::Auto, hooks, journal).unwrap(),
            readers: Arc::new(Readers::start(store).unwrap()),
            worker,
            log: Arc::new(Log::new(Level::Trace, Arc::clone(&signal))),
            signal,
            kept: Kept::Masked,
        };
        let provider = Arc::clone(&self.fake) as Arc<dyn crate::provider::Provider>;
        let pair = provider.pair_limit();
        let delivery = Arc::new(Delivery::new(
            Arc::new(context),
            provider,
            Pacer::new(pace, None, pair, MOST_REQUESTS),
            HTTP_TIMEOUT,
            retry,
        ));
        if fault == Fault::None {
            runtime.block_on(delivery.renew()).unwrap();
        }
        Road { delivery, switch, runtime: Some(runtime) }
    }

    /// A connection of the test's own to the same file.
    pub fn connection(&self) -> Box<dyn Connection> {
        self.store().connect().unwrap()
    }

    pub fn sql(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        connection.busy_timeout(PATIENCE).unwrap();
        connection
    }

    pub fn row(&self, id: Uuid) -> Option<Row> {
        self.connection().find(id).unwrap()
    }

    pub fn state(&self, id: Uuid) -> State {
        self.row(id).unwrap().message.state
    }

    /// How many messages have a place, in the queue or in their own rows.
    pub fn queued(&self) -> i64 {
        let places = "SELECT (SELECT count(*) FROM wa_queue) \
                      + (SELECT count(*) FROM wa_messages WHERE worker IS NOT NULL)";
        self.sql().query_row(places, [], |row| row.get(0)).unwrap()
    }

    /// Whose the only place is.
    pub fn holder(&self) -> String {
        let holder =
            "SELECT worker FROM wa_queue UNION ALL SELECT worker FROM wa_messages WHERE worker IS NOT NULL";
        self.sql().query_row(holder, [], |row| row.get(0)).unwrap()
    }

    /// The same where there may be no tables yet.
    pub fn queued_or_none(&self) -> Option<i64> {
        self.sql().query_row("SELECT count(*) FROM wa_queue", [], |row| row.get(0)).ok()
    }

    /// The states that the events of a message tell, oldest first.
    pub fn told(&self, id: Uuid) -> Vec<String> {
        let all = EventQuery {
            account_key: ACCOUNT.into(),
            after: None,
            include: Vec::new(),
            exclude: Vec::new(),
            most: 10_000,
        };
        let bodies = self.connection().events(&all).unwrap().bodies;
        let events = bodies.iter().map(|body| serde_json::from_str::<serde_json::Value>(body).unwrap());
        events
            .filter(|event| event["outcome"]["id"] == id.to_string())
            .map(|event| event["outcome"]["status"].as_str().unwrap().to_owned())
            .collect()
    }

    /// As if so much time had passed since the workers were last heard of
    /// and since their attempts began.
    pub fn time_passes(&self, dead: &Road) {
        let worker = dead.delivery.context.worker.id.to_string();
        let sql = self.sql();
        let ended = Millis::now().0 - 10_000;
        sql.execute("UPDATE wa_workers SET alive_until = ?2 WHERE worker = ?1", (&worker, ended)).unwrap();
        sql.execute("UPDATE wa_queue SET intent_at = intent_at - 10000 WHERE worker = ?1", [&worker])
            .unwrap();
        sql.execute("UPDATE wa_messages SET recorded_at = recorded_at - 10000 WHERE worker = ?1", [&worker])
            .unwrap();
    }

    /// As if the deadline of every message that has one had passed a second ago.
    pub fn time_of_calls_passes(&self) {
        let over = Millis::now().0 - 1_000;
        let sql = "UPDATE wa_messages SET expires_at = ?1 WHERE expires_at IS NOT NULL";
        assert_eq!(self.sql().execute(sql, [over]).unwrap(), 1);
    }

    /// Waits until a message is where it should be.
    #[track_caller]
    pub fn wait_for(&self, id: Uuid, state: State) {
        wait(&format!("{id} is {}", state.name()), || {
            self.row(id).is_some_and(|row| row.message.state == state)
        });
    }
}

/// A folder of journals, and what was told of them.
pub struct Journals {
    pub folder: tempfile::TempDir,
    pub told: Arc<Mutex<Vec<String>>>,
    pub most_bytes: u64,
    pub place: &'static str,
}

impl Journals {
    pub fn new() -> Journals {
        Journals {
            folder: tempfile::tempdir().unwrap(),
            told: Arc::default(),
            most_bytes: 64 << 20,
            place: "here",
        }
    }

    pub fn open(&self, while_away: WhileAway, worker: &Worker) -> StoreResult<Journal> {
        let told = Arc::clone(&self.told);
        Journal::open(JournalSettings {
            folder: self.folder.path().to_owned(),
            while_away,
            most_bytes: self.most_bytes,
            place: self.place.into(),
            worker: worker.clone(),
            event_of: crate::delivery::told_of,
            kept: Kept::Masked,
            say: Box::new(move |text| told.lock().unwrap().push(text.to_owned())),
        })
    }

    /// The names of the files that are there.
    pub fn files(&self) -> Vec<PathBuf> {
        let files = std::fs::read_dir(self.folder.path()).unwrap();
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|ending| ending == "journal"));
        files.sort();
        files
    }

    pub fn was_told(&self, words: &str) -> bool {
        self.told.lock().unwrap().iter().any(|text| text.contains(words))
    }
}

#[track_caller]
pub fn wait(what: &str, mut ready: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !ready() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn text(words: &str) -> Content {
    serde_json::from_str(&format!(r#"{{"type":"text","text":"{words}"}}"#)).unwrap()
}

pub fn timeout(milliseconds: u32) -> SendOptions {
    SendOptions { timeout_ms: Some(milliseconds), ..SendOptions::default() }
}

impl Road {
    fn handle(&self) -> tokio::runtime::Handle {
        self.runtime.as_ref().unwrap().handle().clone()
    }

    /// As `wa_submit` does.
    pub fn try_submit(&self, to: &str, words: &str, options: SendOptions) -> Result<Arc<Ticket>> {
        let submission = Submission { to, content: text(words), options, waits: false, country: None };
        self.delivery.submit(&self.handle(), submission)
    }

    pub fn submit(&self, to: &str, words: &str) -> Arc<Ticket> {
        self.try_submit(to, words, SendOptions::default()).unwrap()
    }

    /// As `wa_send` does.
    pub fn send(&self, to: &str, words: &str, options: SendOptions) -> Arc<Ticket> {
        let submission = Submission { to, content: text(words), options, waits: true, country: None };
        self.delivery.submit(&self.handle(), submission).unwrap()
    }

    /// One look for work, as the client does every second.
    pub fn look_for_work(&self) {
        let runtime = self.runtime.as_ref().unwrap();
        let _away = runtime.block_on(self.delivery.look_for_work(runtime.handle()));
    }

    /// How a message ends that may rest in the database meanwhile, where this
    /// road looks for work as the client does.
    #[track_caller]
    pub fn ended(&self, ticket: &Ticket) -> State {
        match ticket.wait(WaitFor::Progress, Instant::now() + PATIENCE) {
            Waited::Ended(outcome) => outcome.status,
            Waited::Closed(_) => {
                let mut state = State::Queued;
                wait("its end", || {
                    self.look_for_work();
                    let outcome = crate::history::outcome_of(&self.find(ticket.id).message);
                    state = outcome.status;
                    outcome.r#final
                });
                state
            }
            other => panic!("not ended: {other:?}"),
        }
    }

    /// Looks for work until a message is where it should be, and nothing is
    /// under way any more.
    #[track_caller]
    pub fn brings(&self, id: Uuid, state: State) {
        wait(&format!("{id} is {}", state.name()), || {
            self.look_for_work();
            self.find(id).message.state == state && self.delivery.live.count() == 0
        });
    }

    fn find(&self, id: Uuid) -> Row {
        let found = self.delivery.context.readers.asked(move |connection| connection.find(id));
        self.runtime.as_ref().unwrap().block_on(found).unwrap().unwrap()
    }

    pub fn stop(&self, stage: Stop) {
        self.delivery.stop.send_replace(stage);
    }

    /// Dies without a word: nothing of it runs any more.
    pub fn dies(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }
}

impl Drop for Road {
    fn drop(&mut self) {
        self.dies();
        self.switch.set(Fault::None);
        self.delivery.context.writer.stop(Instant::now() + Duration::from_secs(3));
        self.delivery.context.readers.stop();
    }
}

#[track_caller]
pub fn ended(ticket: &Ticket) -> State {
    match ticket.wait(WaitFor::Progress, Instant::now() + PATIENCE) {
        Waited::Ended(outcome) => outcome.status,
        other => panic!("not ended: {other:?}"),
    }
}

#[track_caller]
pub fn recorded(ticket: &Ticket) -> Uuid {
    match ticket.wait(WaitFor::Record, Instant::now() + PATIENCE) {
        Waited::Refused(error) => panic!("not recorded: {error}"),
        _ => ticket.id,
    }
}

/// What is wrong with the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// It cannot be reached.
    Away,
    /// It commits, and the answer is lost; then it is away.
    LosesAnswer,
    /// It does not commit, says so, and is away then.
    LosesCommit,
}

#[derive(Default)]
pub struct Switch {
    fault: AtomicUsize,
    struck: AtomicBool,
    after_claim: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Switch {
    pub fn set(&self, fault: Fault) {
        self.struck.store(false, Ordering::SeqCst);
        self.fault.store(fault as usize, Ordering::SeqCst);
    }

    fn now(&self) -> Fault {
        match self.fault.load(Ordering::SeqCst) {
            1 => Fault::Away,
            2 => Fault::LosesAnswer,
            3 => Fault::LosesCommit,
            _ => Fault::None,
        }
    }

    /// What is done once messages were claimed, before the road has them.
    pub fn after_the_next_claim(&self, action: impl FnOnce() + Send + 'static) {
        *self.after_claim.lock().unwrap() = Some(Box::new(action));
    }

    /// Whether the fault has struck.
    pub fn struck(&self) -> bool {
        self.struck.load(Ordering::SeqCst)
    }

    fn strike_commit(&self) -> StoreError {
        StoreError { kind: StoreErrorKind::InDoubt, ..self.strike() }
    }

    fn strike(&self) -> StoreError {
        self.struck.store(true, Ordering::SeqCst);
        self.fault.store(Fault::Away as usize, Ordering::SeqCst);
        StoreError::new(StoreErrorKind::Away, "the connection was lost")
    }
}

struct Switched {
    inner: Arc<dyn Store>,
    switch: Arc<Switch>,
}

impl Store for Switched {
    fn connect(&self) -> StoreResult<Box<dyn Connection>> {
        if self.switch.now() == Fault::Away {
            return Err(self.switch.strike());
        }
        Ok(Box::new(SwitchedConnection { inner: self.inner.connect()?, switch: Arc::clone(&self.switch) }))
    }
    fn name(&self) -> &'static str {
        self.inner.name()
    }
}

struct SwitchedConnection {
    inner: Box<dyn Connection>,
    switch: Arc<Switch>,
}

impl SwitchedConnection {
    fn open(&mut self) -> StoreResult<&mut dyn Connection> {
        if self.switch.now() == Fault::Away {
            return Err(self.switch.strike());
        }
        Ok(self.inner.as_mut())
    }
}

impl Connection for SwitchedConnection {
    fn migrate(&mut self, how: Migrate) -> StoreResult<()> {
        self.open()?.migrate(how)
    }
    fn commit(&mut self, writes: &[Write]) -> StoreResult<Vec<Written>> {
        match self.switch.now() {
            Fault::LosesAnswer => {
                self.inner.commit(writes)?;
                Err(self.switch.strike_commit())
            }
            Fault::LosesCommit => Err(self.switch.strike_commit()),
            _ => self.open()?.commit(writes),
        }
    }
    fn identity(&mut self) -> StoreResult<Uuid> {
        self.open()?.identity()
    }
    fn replay(&mut self, part: &history::replay::Part) -> StoreResult<history::replay::Replayed> {
        match self.switch.now() {
            Fault::LosesAnswer => {
                self.inner.replay(part)?;
                Err(self.switch.strike_commit())
            }
            Fault::LosesCommit => Err(self.switch.strike_commit()),
            _ => self.open()?.replay(part),
        }
    }
    fn marks(&mut self, worker: Uuid) -> StoreResult<crate::history::marks::Marks> {
        self.open()?.marks(worker)
    }
    fn mark(&mut self, worker: Uuid) -> StoreResult<crate::history::marks::Marks> {
        self.open()?.mark(worker)
    }
    fn decide(&mut self, decision: i64) -> StoreResult<()> {
        self.open()?.decide(decision)
    }
    fn renew(&mut self, worker: &Worker) -> StoreResult<()> {
        self.open()?.renew(worker)
    }
    fn release(&mut self, worker: Uuid) -> StoreResult<()> {
        self.open()?.release(worker)
    }
    fn claim(&mut self, worker: &Worker, most: usize) -> StoreResult<Vec<Claimed>> {
        let claimed = self.open()?.claim(worker, most)?;
        let action = if claimed.is_empty() { None } else { self.switch.after_claim.lock().unwrap().take() };
        if let Some(action) = action {
            action();
        }
        Ok(claimed)
    }
    fn take_over(&mut self, worker: &Worker, grace: Duration, most: usize) -> StoreResult<Vec<Claimed>> {
        self.open()?.take_over(worker, grace, most)
    }
    fn find(&mut self, id: Uuid) -> StoreResult<Option<Row>> {
        self.open()?.find(id)
    }
    fn page(&mut self, query: &Query) -> StoreResult<Vec<Row>> {
        self.open()?.page(query)
    }
    fn plain(&mut self, work: Work) -> StoreResult<()> {
        self.open()?.plain(work)
    }
    fn owned(&mut self, ids: &[String]) -> StoreResult<HashSet<String>> {
        self.open()?.owned(ids)
    }
    fn others_open(&mut self, recipient: &str, except: Uuid) -> StoreResult<i64> {
        self.open()?.others_open(recipient, except)
    }
    fn age(&mut self, id: Uuid) -> StoreResult<Option<i64>> {
        self.open()?.age(id)
    }
    fn events(&mut self, query: &EventQuery) -> StoreResult<EventPage> {
        self.open()?.events(query)
    }
    fn acknowledged(&mut self, account_key: &str, consumer: &str) -> StoreResult<Option<String>> {
        self.open()?.acknowledged(account_key, consumer)
    }
    fn acknowledge(&mut self, account_key: &str, consumer: &str, cursor: &str) -> StoreResult<()> {
        self.open()?.acknowledge(account_key, consumer, cursor)
    }
    fn recall(&mut self, account_key: &str, key: &str, now: Millis) -> StoreResult<Option<String>> {
        self.open()?.recall(account_key, key, now)
    }
    fn remember(&mut self, account_key: &str, memory: &Memorandum) -> StoreResult<()> {
        self.open()?.remember(account_key, memory)
    }
    fn describe(&mut self) -> StoreResult<String> {
        self.open()?.describe()
    }
    fn check(&mut self) -> StoreResult<Vec<crate::history::Finding>> {
        self.open()?.check()
    }
}
