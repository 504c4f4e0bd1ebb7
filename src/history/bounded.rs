//! A store whose connections answer in a bounded time, whatever its driver
//! does.
//!
//! Each connection lives on a thread of its own. Its caller waits for every
//! answer; when the driver was silent for too long the caller gives connection
//! and thread up, and gets a connection that is lost. What was in hand is then
//! repeated on the next one, as after every lost connection. The thread stays
//! behind inside the driver, for no thread can be ended from outside. It is
//! counted, and too many of them are a reason to try nothing new.

use super::finding::Finding;
use super::guard::{guarded, guarded_commit};
use super::query::{EventPage, EventQuery, Query, Row};
use super::record::{Claimed, Write, Written};
use super::store::{
    Connection, Memorandum, Migrate, Store, StoreError, StoreErrorKind, StoreResult, Work, Worker,
};
use super::watch::Watch;
use crate::message::clock::Millis;
use crate::threads::{self, lock};
use std::collections::HashSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// While so many threads are left behind, no new connection is tried. More
/// than the connections that one client has, so that all of them may be lost
/// at once and new ones are tried nevertheless.
pub const MOST_LEFT_BEHIND: usize = 8;
/// How often a wait looks whether the client is being closed.
const LOOK: Duration = Duration::from_millis(100);

/// Is told when a thread is left behind, and when one comes back.
pub type LeftBehind = Box<dyn Fn(&str) + Send + Sync>;

/// A store behind threads that can be given up.
pub struct Bounded {
    real: Arc<dyn Store>,
    /// The longest silence of the driver.
    longest: Duration,
    shared: Arc<Shared>,
}

struct Shared {
    left_behind: Mutex<usize>,
    /// The client is being closed: nobody waits longer than this.
    end_by: Mutex<Option<Instant>>,
    tell: LeftBehind,
}

impl Shared {
    fn leave_behind(&self, name: &str, silent: Duration) -> StoreError {
        let count = {
            let mut count = lock(&self.left_behind);
            *count += 1;
            *count
        };
        let text = format!(
            "{name} did not answer within {} seconds; its connection was given up",
            silent.as_secs_f32().round()
        );
        (self.tell)(&format!("{text}, and a thread is left behind in the driver ({count} by now)."));
        StoreError::new(StoreErrorKind::Away, text)
    }

    fn came_back(&self) {
        *lock(&self.left_behind) -= 1;
    }
}

impl Bounded {
    /// Gives up a connection of `real` whose driver is silent for so long.
    pub fn new(real: Arc<dyn Store>, longest: Duration, tell: LeftBehind) -> Bounded {
        let shared = Arc::new(Shared { left_behind: Mutex::default(), end_by: Mutex::default(), tell });
        Bounded { real, longest, shared }
    }
}

#[cfg(test)]
impl Bounded {
    /// How many threads are left behind.
    pub fn left_behind(&self) -> usize {
        *lock(&self.shared.left_behind)
    }
}

impl Store for Bounded {
    fn connect(&self) -> StoreResult<Box<dyn Connection>> {
        let left = *lock(&self.shared.left_behind);
        if left >= MOST_LEFT_BEHIND {
            let text = format!(
                "{left} connections were given up whose driver has not come back; no other is tried until one does"
            );
            return Err(StoreError::new(StoreErrorKind::Away, text));
        }
        let (jobs, inbox) = channel::<Job>();
        let (opened, answer) = sync_channel(1);
        let (alive, gone) = sync_channel::<()>(0);
        let (watch, shared, real) = (Watch::new(), Arc::clone(&self.shared), Arc::clone(&self.real));
        let watched = Arc::clone(&watch);
        let thread = std::thread::Builder::new()
            .name("wa-history-db".into())
            .spawn(move || {
                let _alive = alive;
                threads::prepare();
                watched.of_this_thread();
                serve(real.as_ref(), &inbox, |result| {
                    let _ = opened.send(result);
                });
                if watched.end() {
                    shared.came_back();
                }
            })
            .map_err(|error| {
                StoreError::new(StoreErrorKind::Away, format!("a thread could not be started: {error}"))
            })?;
        let mut connection = Remote {
            jobs: Some(jobs),
            gone,
            watch,
            thread: Some(thread),
            deadline: None,
            name: self.real.name(),
            longest: self.longest,
            shared: Arc::clone(&self.shared),
        };
        connection.wait(&answer)??;
        Ok(Box::new(connection))
    }

    fn name(&self) -> &'static str {
        self.real.name()
    }

    fn end_by(&self, at: Instant) {
        *lock(&self.shared.end_by) = Some(at);
        self.real.end_by(at);
    }
}

type Job = Box<dyn FnOnce(&mut dyn Connection) + Send>;

/// The thread of a connection: opens it, does what it is given, closes it.
fn serve(real: &dyn Store, inbox: &Receiver<Job>, opened: impl FnOnce(StoreResult<()>)) {
    match guarded(|| real.connect()) {
        Ok(mut connection) => {
            opened(Ok(()));
            while let Ok(job) = inbox.recv() {
                job(connection.as_mut());
            }
        }
        Err(error) => opened(Err(error)),
    }
}

/// A connection on another thread.
struct Remote {
    jobs: Option<Sender<Job>>,
    /// Is closed by the end of the thread.
    gone: Receiver<()>,
    watch: Arc<Watch>,
    /// None once it was given up.
    thread: Option<JoinHandle<()>>,
    deadline: Option<Instant>,
    name: &'static str,
    longest: Duration,
    shared: Arc<Shared>,
}

impl Remote {
    fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        self.answer(work).unwrap_or_else(Err)
    }

    /// What the connection answered; the outer error says that it did not.
    fn answer<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<StoreResult<T>> {
        let (reply, answer) = sync_channel(1);
        let deadline = self.deadline;
        self.watch.begin();
        let job: Job = Box::new(move |connection| {
            let result = guarded(|| {
                connection.until(deadline);
                work(connection)
            });
            let _ = reply.send(result);
        });
        let taken = self.jobs.as_ref().is_some_and(|jobs| jobs.send(job).is_ok());
        if !taken {
            return Err(lost());
        }
        self.wait(&answer)
    }

    /// Waits for an answer, for as long as the driver goes on.
    fn wait<T>(&mut self, answer: &Receiver<T>) -> StoreResult<T> {
        loop {
            let end_by = *lock(&self.shared.end_by);
            let Some(patience) = self.watch.patience(self.longest, end_by) else {
                self.jobs = None;
                self.thread = None;
                return Err(self.shared.leave_behind(self.name, self.longest));
            };
            match answer.recv_timeout(patience.min(LOOK)) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(lost()),
            }
        }
    }
}

fn lost() -> StoreError {
    StoreError::new(StoreErrorKind::Away, "the connection is closed")
}

impl Drop for Remote {
    /// Closing a connection calls the driver too, and may never end.
    fn drop(&mut self) {
        self.jobs = None;
        if self.thread.is_none() {
            return;
        }
        self.watch.begin();
        loop {
            let end_by = *lock(&self.shared.end_by);
            let Some(patience) = self.watch.patience(self.longest, end_by) else {
                self.thread = None;
                self.shared.leave_behind(self.name, self.longest);
                return;
            };
            if self.gone.recv_timeout(patience.min(LOOK)) == Err(RecvTimeoutError::Disconnected) {
                break;
            }
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Connection for Remote {
    fn until(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }
    fn migrate(&mut self, how: Migrate) -> StoreResult<()> {
        self.run(move |connection| connection.migrate(how))
    }
    fn commit(&mut self, writes: &[Write]) -> StoreResult<Vec<Written>> {
        self.commit_shared(&Arc::new(writes.to_vec()))
    }
    fn commit_shared(&mut self, writes: &Arc<Vec<Write>>) -> StoreResult<Vec<Written>> {
        // The thread may be in the driver with them long after the caller went
        // on.
        let writes = Arc::clone(writes);
        let answer = self.answer(move |connection| guarded_commit(|| connection.commit(&writes)));
        // Without an answer it may be committed, or be so in a moment.
        answer.unwrap_or_else(|error| Err(StoreError { kind: StoreErrorKind::InDoubt, ..error }))
    }
    fn renew(&mut self, worker: &Worker) -> StoreResult<()> {
        let worker = worker.clone();
        self.run(move |connection| connection.renew(&worker))
    }
    fn release(&mut self, worker: Uuid) -> StoreResult<()> {
        self.run(move |connection| connection.release(worker))
    }
    fn claim(&mut self, worker: &Worker, most: usize) -> StoreResult<Vec<Claimed>> {
        let worker = worker.clone();
        self.run(move |connection| connection.claim(&worker, most))
    }
    fn take_over(&mut self, worker: &Worker, grace: Duration, most: usize) -> StoreResult<Vec<Claimed>> {
        let worker = worker.clone();
        self.run(move |connection| connection.take_over(&worker, grace, most))
    }
    fn find(&mut self, id: Uuid) -> StoreResult<Option<Row>> {
        self.run(move |connection| connection.find(id))
    }
    fn page(&mut self, query: &Query) -> StoreResult<Vec<Row>> {
        let query = query.clone();
        self.run(move |connection| connection.page(&query))
    }
    fn plain(&mut self, work: Work) -> StoreResult<()> {
        self.run(move |connection| connection.plain(work))
    }
    fn owned(&mut self, provider_message_ids: &[String]) -> StoreResult<HashSet<String>> {
        let ids = provider_message_ids.to_vec();
        self.run(move |connection| connection.owned(&ids))
    }
    fn others_open(&mut self, recipient: &str, except: Uuid) -> StoreResult<i64> {
        let recipient = recipient.to_owned();
        self.run(move |connection| connection.others_open(&recipient, except))
    }
    fn age(&mut self, id: Uuid) -> StoreResult<Option<i64>> {
        self.run(move |connection| connection.age(id))
    }
    fn events(&mut self, query: &EventQuery) -> StoreResult<EventPage> {
        let query = query.clone();
        self.run(move |connection| connection.events(&query))
    }
    fn acknowledged(&mut self, account_key: &str, consumer: &str) -> StoreResult<Option<String>> {
        let (account_key, consumer) = (account_key.to_owned(), consumer.to_owned());
        self.run(move |connection| connection.acknowledged(&account_key, &consumer))
    }
    fn acknowledge(&mut self, account_key: &str, consumer: &str, cursor: &str) -> StoreResult<()> {
        let (account_key, consumer, cursor) =
            (account_key.to_owned(), consumer.to_owned(), cursor.to_owned());
        self.run(move |connection| connection.acknowledge(&account_key, &consumer, &cursor))
    }
    fn recall(&mut self, account_key: &str, key: &str, now: Millis) -> StoreResult<Option<String>> {
        let (account_key, key) = (account_key.to_owned(), key.to_owned());
        self.run(move |connection| connection.recall(&account_key, &key, now))
    }
    fn remember(&mut self, account_key: &str, memory: &Memorandum) -> StoreResult<()> {
        let (account_key, memory) = (account_key.to_owned(), memory.clone());
        self.run(move |connection| connection.remember(&account_key, &memory))
    }
    fn describe(&mut self) -> StoreResult<String> {
        self.run(|connection| connection.describe())
    }
    fn check(&mut self) -> StoreResult<Vec<Finding>> {
        self.run(|connection| connection.check())
    }
}
