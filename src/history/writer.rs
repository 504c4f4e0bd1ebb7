//! The one writer: gathers all that waits into one transaction.
//!
//! A sender is released by its own commit. What becomes of writes while the
//! database is away, `while_away` decides.

mod away;
mod batch;
mod commit;
mod gather;
mod job;
mod replay;
#[cfg(test)]
mod tests;
mod while_away;

use super::finding::Finding;
use super::guard::guarded;
use super::journal::{Journal, Renamed};
use super::query::Row;
use super::record::{Write, Written};
use super::rewound::{self, Guard, Policy};
use super::store::{Connection, Migrate, Store, StoreError, StoreErrorKind, StoreResult, Worker};
use job::{Call, Job, Reply, Waiting};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use uuid::Uuid;

/// Is told when the database goes away and comes back, and why.
pub type Health = Arc<dyn Fn(Result<(), &StoreError>) + Send + Sync>;

/// Is run on every new connection.
pub type Opened = Box<dyn Fn(&mut dyn Connection) -> StoreResult<()> + Send>;

/// What the writer calls, on its own thread.
pub struct Hooks {
    /// When the database goes away and comes back.
    pub health: Health,
    /// On every new connection, before anything is written on it.
    pub opened: Opened,
    /// When events were committed that hosts wait for.
    pub told: Box<dyn Fn() + Send>,
    /// Notices that the database went back in time.
    pub guard: Arc<Guard>,
}

/// The writer: hands jobs to its thread.
pub struct Writer {
    store: Arc<dyn Store>,
    jobs: Sender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Whether writes go into the journal.
    journals: watch::Receiver<bool>,
    guard: Arc<Guard>,
    renamed: Option<Arc<Renamed>>,
}

impl Writer {
    /// Starts the thread. It connects at once; the first connection makes or
    /// checks the tables.
    #[cfg(test)]
    pub fn start(store: Arc<dyn Store>, migrate: Migrate, health: Health) -> std::io::Result<Writer> {
        let hooks = Hooks {
            health,
            opened: Box::new(|_| Ok(())),
            told: Box::new(|| {}),
            guard: Arc::new(Guard::for_tests()),
        };
        Writer::start_with(store, migrate, hooks, None)
    }

    /// The same, with something to do on every new connection and after
    /// commits.
    pub fn start_with(
        store: Arc<dyn Store>,
        migrate: Migrate,
        hooks: Hooks,
        journal: Option<Journal>,
    ) -> std::io::Result<Writer> {
        let (jobs, inbox) = channel();
        let (journals, told) = watch::channel(false);
        let (kept, guard) = (Arc::clone(&store), Arc::clone(&hooks.guard));
        let renamed = journal.as_ref().map(Journal::renamed);
        let thread = std::thread::Builder::new().name("wa-history-writer".into()).spawn(move || {
            crate::threads::prepare();
            Thread {
                store,
                migrate,
                hooks,
                healthy: true,
                failures: 0,
                inbox,
                connection: None,
                waiting: VecDeque::new(),
                calls: VecDeque::new(),
                next_try: Instant::now(),
                backoff: FIRST_BACKOFF,
                stop_at: None,
                write_failed: false,
                journal,
                journals,
                probe: None,
                last_error: unanswered(),
            }
            .run();
        })?;
        Ok(Writer { store: kept, jobs, thread: Mutex::new(Some(thread)), journals: told, guard, renamed })
    }

    /// Hands over a write. The number of writes that wait is bounded by who
    /// calls: a message has one at a time, and messages are admitted.
    pub fn write(&self, write: Write, reply: Reply) {
        if let Err(error) = self.jobs.send(Job::Write(write, reply))
            && let Job::Write(_, reply) = error.0
        {
            reply(Err(StoreError::new(StoreErrorKind::Away, "the client is closed")));
        }
    }

    /// The same, to be awaited.
    pub async fn written(&self, write: Write) -> StoreResult<Written> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.write(
            write,
            Box::new(move |result| {
                let _ = sender.send(result);
            }),
        );
        receiver.await.unwrap_or_else(|_| Err(StoreError::new(StoreErrorKind::Away, "the client is closed")))
    }

    /// Runs `work` on the writer's connection, between two transactions.
    pub fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
        reply: impl FnOnce(StoreResult<T>) + Send + 'static,
    ) {
        let call: Call = Box::new(move |connection| {
            let result = connection.and_then(work);
            let failed = result.as_ref().err().map(|error| error.kind);
            reply(result);
            failed.map_or(Ok(()), Err)
        });
        let _ = self.jobs.send(Job::Call(call));
    }

    /// The same, to be awaited.
    pub async fn called<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.call(work, move |result| {
            let _ = sender.send(result);
        });
        receiver.await.unwrap_or_else(|_| Err(StoreError::new(StoreErrorKind::Away, "the client is closed")))
    }

    /// Resolves when writes go to the database, and nothing of this client that
    /// was recorded in its journal is still to come there.
    pub async fn until_nothing_is_journalled(&self) {
        let mut journals = self.journals.clone();
        // This fails only when the thread has ended: then nothing is written at all.
        let _ = journals.wait_for(|journals| !journals).await;
    }

    /// A message that is in the journal and not in the database yet; `reply` is
    /// called on the writer's thread.
    pub fn find_journalled(&self, id: Uuid, reply: impl FnOnce(Option<Row>) + Send + 'static) {
        let _ = self.jobs.send(Job::Journal(Box::new(move |journal| {
            reply(journal.and_then(|journal| journal.find(id)));
        })));
    }

    /// The same, to be awaited.
    pub async fn journalled(&self, id: Uuid) -> Option<Row> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.find_journalled(id, move |row| {
            let _ = sender.send(row);
        });
        receiver.await.ok().flatten()
    }

    /// The id under which a message of this client is recorded. Another one than
    /// it was given where another message had that when the database was back.
    pub fn recorded_as(&self, id: Uuid) -> Uuid {
        self.renamed.as_ref().map_or(id, |renamed| renamed.recorded_as(id))
    }

    /// What a check tells of the journal; none where there is none.
    pub async fn look_at_journal(&self) -> Option<Finding> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let look = move |journal: Option<&mut Journal>| {
            let _ = sender.send(journal.map(|journal| journal.look()));
        };
        let _ = self.jobs.send(Job::Journal(Box::new(look)));
        receiver.await.ok().flatten()
    }

    /// Says that a worker lives, and looks whether the database is what it was.
    pub async fn renew(&self, worker: Worker) -> StoreResult<()> {
        let guard = Arc::clone(&self.guard);
        self.called(move |connection| renew(connection, &worker, &guard)).await
    }

    /// The guard against a database that went back in time.
    pub fn guard(&self) -> Arc<Guard> {
        Arc::clone(&self.guard)
    }

    /// Has it decided what becomes of what a database holds that went back in time.
    pub fn recover(&self, policy: Policy, reply: rewound::Reply) {
        self.guard.order(policy, reply);
        // The thread wakes, and looks at the database again.
        let _ = self.jobs.send(Job::Journal(Box::new(|_| {})));
    }

    /// Has the journals looked for that ended processes left.
    pub fn adopt_journals(&self) {
        let _ = self.jobs.send(Job::Journal(Box::new(|journal| {
            if let Some(journal) = journal {
                journal.adopt();
            }
        })));
    }

    /// Ends the thread once all that waits is written, or at the deadline.
    /// From then on no connection is waited for, also not by readers.
    pub fn stop(&self, deadline: Instant) {
        self.store.end_by(deadline);
        let _ = self.jobs.send(Job::Stop(deadline));
    }

    /// Whether the thread has ended; joins it if so.
    pub fn ended(&self) -> bool {
        crate::threads::ended(&self.thread)
    }
}

/// Why writes do not go to the database, where nothing more is known.
fn unanswered() -> StoreError {
    StoreError::new(StoreErrorKind::Away, "the database does not answer")
}

/// Says that a worker lives, and looks whether the database is what it was.
pub fn renew(connection: &mut dyn Connection, worker: &Worker, guard: &Guard) -> StoreResult<()> {
    connection.renew(worker)?;
    guard.mark(connection)
}

/// So many writes in a row may fail with their connections before the database
/// counts as away.
const MOST_FAILURES: u32 = 3;
/// The pause after the first failed try to connect, and the longest one.
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// The writer's thread.
struct Thread {
    store: Arc<dyn Store>,
    migrate: Migrate,
    hooks: Hooks,
    healthy: bool,
    /// How many writes in a row have failed. That connections can be had says
    /// little: one to a database whose disk is full can be had at any time.
    failures: u32,
    inbox: Receiver<Job>,
    connection: Option<Box<dyn Connection>>,
    waiting: VecDeque<Waiting>,
    calls: VecDeque<Call>,
    next_try: Instant,
    backoff: Duration,
    stop_at: Option<Instant>,
    /// The last write failed, and none has gone well since.
    write_failed: bool,
    /// What takes records while the database is away.
    journal: Option<Journal>,
    /// Tells whether writes go there.
    journals: watch::Sender<bool>,
    /// Looks whether the database is back, where that must not keep the
    /// journal waiting.
    probe: Option<JoinHandle<StoreResult<()>>>,
    last_error: StoreError,
}

impl Thread {
    fn run(mut self) {
        while self.gather() {
            if self.connection.is_none() && !self.connect() {
                continue;
            }
            if self.replay() {
                self.commit_waiting();
            }
            self.run_calls();
        }
        // The last look ends with the store's deadline.
        if let Some(probe) = self.probe.take() {
            let _ = probe.join();
        }
    }

    fn connect(&mut self) -> bool {
        let now = Instant::now();
        let opened = if now < self.next_try {
            // Too early for another try: what the last one said still holds.
            Err(self.last_error.clone())
        } else if let Some(error) = self.not_there() {
            Err(error)
        } else {
            let journal = self.journal.as_mut();
            let opened = guarded(|| {
                let mut connection = self.store.connect()?;
                connection.migrate(self.migrate)?;
                self.hooks.guard.look(connection.as_mut())?;
                (self.hooks.opened)(connection.as_mut())?;
                if let Some(journal) = journal {
                    journal.meets(connection.identity()?)?;
                    journal.adopt();
                    if journal.has_work() {
                        // So that nobody takes for an orphan what comes now.
                        connection.renew(journal.worker())?;
                    }
                }
                Ok(connection)
            });
            // Counted from now, not from the beginning of this try: it may
            // have taken long.
            self.pause_before_the_next_try();
            opened
        };
        match opened {
            Ok(connection) => {
                self.connection = Some(connection);
                if self.last_error.kind == StoreErrorKind::Rewound {
                    // It was decided. While the journal is replayed, records go there again.
                    self.last_error = unanswered();
                }
                // Where a write made it away, only a write can tell that it is back.
                if !self.write_failed {
                    self.works();
                }
                true
            }
            Err(error) => {
                self.away(&error);
                for call in self.calls.drain(..) {
                    let _ = call(Err(error.clone()));
                }
                false
            }
        }
    }

    /// The database does what it should.
    fn works(&mut self) {
        self.write_failed = false;
        self.backoff = FIRST_BACKOFF;
        self.next_try = Instant::now();
        self.tell_health(Ok(()));
    }

    /// There is no database to write to.
    fn away(&mut self, error: &StoreError) {
        let rewound = |error: &StoreError| error.kind == StoreErrorKind::Rewound;
        if rewound(error) && !self.healthy && !rewound(&self.last_error) {
            // It was away, and is worse than that now.
            (self.hooks.health)(Err(error));
        }
        self.last_error = error.clone();
        self.tell_health(Err(error));
        self.hold_or_refuse(error);
    }

    /// Something was written.
    fn wrote(&mut self) {
        self.failures = 0;
        if self.write_failed {
            self.works();
        }
    }

    /// Nothing but events was written. They are small, and the news that the
    /// database is away is one of them: a disk that is full for records may
    /// take it. So hosts are told that the database is back, and yet the pauses
    /// go on growing where the next record fails.
    fn wrote_events(&mut self) {
        if self.write_failed {
            self.tell_health(Ok(()));
        } else {
            self.failures = 0;
        }
    }

    /// A write failed, and its connection is given up. It may have died while
    /// it was idle: the next one is tried at once. Where writes fail on new
    /// connections too, the database is away, as it is where none can be had.
    fn write_failed(&mut self, error: &StoreError) {
        self.connection = None;
        self.failures = self.failures.saturating_add(1);
        if !self.write_failed && error.kind.is_lost() && self.failures <= MOST_FAILURES {
            self.next_try = Instant::now();
            return;
        }
        self.write_failed = true;
        self.pause_before_the_next_try();
        self.away(error);
    }

    /// Each pause is twice as long as the one before, up to a limit.
    fn pause_before_the_next_try(&mut self) {
        self.next_try = Instant::now() + self.backoff;
        self.backoff = (self.backoff * 2).min(LONGEST_BACKOFF);
    }

    fn tell_health(&mut self, now: Result<(), &StoreError>) {
        if now.is_ok() != self.healthy {
            self.healthy = now.is_ok();
            (self.hooks.health)(now);
        }
    }

    fn run_calls(&mut self) {
        while let Some(connection) = self.connection.as_mut()
            && let Some(call) = self.calls.pop_front()
        {
            let result = catch_unwind(AssertUnwindSafe(|| call(Ok(connection.as_mut()))));
            if matches!(
                result,
                Err(_) | Ok(Err(StoreErrorKind::Away | StoreErrorKind::InDoubt | StoreErrorKind::Rewound))
            ) {
                let lost = StoreError::new(StoreErrorKind::Away, "the connection was lost");
                self.write_failed(&lost);
            } else if !self.write_failed {
                self.failures = 0;
            }
        }
    }
}
