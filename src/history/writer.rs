//! The one writer: gathers all that waits into one transaction.
//!
//! A sender is released by its own commit. While the database is away, new
//! messages are refused and the ends of attempts are kept until it is back:
//! an end is never lost for lack of a database.

use super::record::{Settlement, Write, Written};
use super::store::{Connection, Migrate, Store, StoreError, StoreErrorKind, StoreResult};
use crate::message::State;
use crate::message::clock::Millis;
use std::collections::{HashSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The most writes of one transaction: larger ones gain nothing and make all
/// wait for the slowest.
const MOST_WRITES: usize = 500;
/// The most bytes of one transaction: a long text must not stall the others.
const MOST_BYTES: usize = 1 << 20;

/// Is told what a write did.
pub type Reply = Box<dyn FnOnce(StoreResult<Written>) + Send>;
/// Work on the writer's connection between two transactions.
type Call = Box<dyn FnOnce(StoreResult<&mut dyn Connection>) -> Result<(), StoreErrorKind> + Send>;

enum Job {
    Write(Write, Reply),
    Call(Call),
    Stop(Instant),
}

/// Is told when the database goes away and comes back, and why.
pub type Health = Arc<dyn Fn(Result<(), &StoreError>) + Send + Sync>;

/// Is run on every new connection, before anything is written on it.
pub type Opened = Box<dyn Fn(&mut dyn Connection) -> StoreResult<()> + Send>;

/// The writer: hands jobs to its thread.
pub struct Writer {
    jobs: Sender<Job>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread. It connects at once; the first connection makes or
    /// checks the tables.
    #[cfg(test)]
    pub fn start(store: Arc<dyn Store>, migrate: Migrate, health: Health) -> std::io::Result<Writer> {
        Writer::start_with(store, migrate, health, Box::new(|_| Ok(())))
    }

    /// The same, with something to do on every new connection.
    pub fn start_with(
        store: Arc<dyn Store>,
        migrate: Migrate,
        health: Health,
        opened: Opened,
    ) -> std::io::Result<Writer> {
        let (jobs, inbox) = channel();
        let thread = std::thread::Builder::new().name("wa-history-writer".into()).spawn(move || {
            crate::threads::prepare();
            Thread {
                store,
                migrate,
                health,
                opened,
                healthy: true,
                inbox,
                connection: None,
                waiting: VecDeque::new(),
                calls: VecDeque::new(),
                next_try: Instant::now(),
                backoff: FIRST_BACKOFF,
                stop_at: None,
                last_error: StoreError::new(StoreErrorKind::Away, "the database does not answer"),
            }
            .run();
        })?;
        Ok(Writer { jobs, thread: Mutex::new(Some(thread)) })
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

    /// Ends the thread once all that waits is written, or at the deadline.
    pub fn stop(&self, deadline: Instant) {
        let _ = self.jobs.send(Job::Stop(deadline));
    }

    /// Whether the thread has ended; joins it if so.
    pub fn ended(&self) -> bool {
        crate::threads::ended(&self.thread)
    }
}

const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

struct Waiting {
    write: Write,
    reply: Reply,
    /// It was in a transaction whose end is not known.
    ambiguous: bool,
}

struct Thread {
    store: Arc<dyn Store>,
    migrate: Migrate,
    health: Health,
    opened: Opened,
    healthy: bool,
    inbox: Receiver<Job>,
    connection: Option<Box<dyn Connection>>,
    waiting: VecDeque<Waiting>,
    calls: VecDeque<Call>,
    next_try: Instant,
    backoff: Duration,
    stop_at: Option<Instant>,
    last_error: StoreError,
}

impl Thread {
    fn run(mut self) {
        while self.gather() {
            if self.connection.is_none() && !self.connect() {
                continue;
            }
            self.commit_waiting();
            self.run_calls();
        }
    }

    /// Waits for something to do and takes all of it. False ends the thread.
    fn gather(&mut self) -> bool {
        let idle = self.waiting.is_empty() && self.calls.is_empty();
        if let Some(stop_at) = self.stop_at
            && (idle || Instant::now() >= stop_at)
        {
            return false;
        }
        let pause = self.next_try.saturating_duration_since(Instant::now());
        let first = if idle && self.connection.is_some() {
            self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else if !pause.is_zero() {
            let limit =
                self.stop_at.map_or(pause, |at| pause.min(at.saturating_duration_since(Instant::now())));
            self.inbox.recv_timeout(limit)
        } else {
            Err(RecvTimeoutError::Timeout)
        };
        match first {
            Ok(job) => self.take(job),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return false,
        }
        while self.waiting.len() < MOST_WRITES {
            match self.inbox.try_recv() {
                Ok(job) => self.take(job),
                Err(_) => break,
            }
        }
        true
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Write(write, reply) => self.waiting.push_back(Waiting { write, reply, ambiguous: false }),
            Job::Call(call) => self.calls.push_back(call),
            Job::Stop(at) => self.stop_at = Some(at),
        }
    }

    fn connect(&mut self) -> bool {
        let now = Instant::now();
        let opened = if now < self.next_try {
            // Too early for another try: what the last one said still holds.
            Err(self.last_error.clone())
        } else {
            let opened = guarded(|| {
                let mut connection = self.store.connect()?;
                connection.migrate(self.migrate)?;
                (self.opened)(connection.as_mut())?;
                Ok(connection)
            });
            // The pause begins when the try has ended: a try may take long.
            self.next_try = Instant::now() + self.backoff;
            self.backoff = (self.backoff * 2).min(LONGEST_BACKOFF);
            opened
        };
        match opened {
            Ok(connection) => {
                self.connection = Some(connection);
                self.backoff = FIRST_BACKOFF;
                self.next_try = Instant::now();
                self.tell_health(Ok(()));
                true
            }
            Err(error) => {
                self.last_error = error.clone();
                self.tell_health(Err(&error));
                self.refuse_new(&error);
                for call in self.calls.drain(..) {
                    let _ = call(Err(error.clone()));
                }
                false
            }
        }
    }

    fn tell_health(&mut self, now: Result<(), &StoreError>) {
        if now.is_ok() != self.healthy {
            self.healthy = now.is_ok();
            (self.health)(now);
        }
    }

    /// New messages and intents are refused while there is no database; the
    /// ends of attempts stay.
    fn refuse_new(&mut self, error: &StoreError) {
        let mut kept = VecDeque::new();
        for waiting in self.waiting.drain(..) {
            match &waiting.write {
                Write::Record(record) => {
                    if waiting.ambiguous {
                        // It may have been recorded with its intent. It is not
                        // sent, and its row must say so once the database is back.
                        kept.push_back(Waiting {
                            write: Write::Settle(Box::new(never_sent(record))),
                            reply: Box::new(|_| {}),
                            ambiguous: false,
                        });
                    }
                    (waiting.reply)(Err(error.clone()));
                }
                Write::Intent(_) => (waiting.reply)(Err(error.clone())),
                Write::Withdraw(_) if !waiting.ambiguous => (waiting.reply)(Err(error.clone())),
                Write::Settle(_) | Write::Withdraw(_) | Write::Event(_) => kept.push_back(waiting),
            }
        }
        self.waiting = kept;
    }

    fn commit_waiting(&mut self) {
        while !self.waiting.is_empty() && self.connection.is_some() {
            let batch = self.next_batch();
            self.commit(batch);
        }
    }

    /// As much as goes into one transaction: one write a message and one a
    /// reference, so that no statement meets the same row twice.
    fn next_batch(&mut self) -> Vec<Waiting> {
        let mut batch: Vec<Waiting> = Vec::with_capacity(self.waiting.len().min(MOST_WRITES));
        let mut later = VecDeque::new();
        let mut messages = HashSet::new();
        let mut references = HashSet::new();
        let mut bytes = 0;
        while let Some(waiting) = self.waiting.pop_front() {
            let (id, reference, size) = match &waiting.write {
                Write::Record(record) => {
                    let reference = record.reference.as_ref().map(|r| (r.scope.clone(), r.hash.clone()));
                    (
                        Some(record.message.id),
                        reference,
                        record.message.body.len() + record.message.content.len(),
                    )
                }
                Write::Intent(intent) => (Some(intent.id), None, 0),
                Write::Settle(settlement) => (Some(settlement.id), None, 0),
                Write::Withdraw(withdrawal) => (Some(withdrawal.id), None, 0),
                Write::Event(event) => (None, None, event.body.len()),
            };
            let full = batch.len() >= MOST_WRITES || (!batch.is_empty() && bytes + size > MOST_BYTES);
            let met = id.is_some_and(|id| messages.contains(&id))
                || reference.as_ref().is_some_and(|reference| references.contains(reference));
            // A message that waits behind its own earlier write keeps its order.
            messages.extend(id);
            if full || met {
                later.push_back(waiting);
                continue;
            }
            references.extend(reference);
            bytes += size;
            batch.push(waiting);
        }
        self.waiting = later;
        batch
    }

    fn commit(&mut self, batch: Vec<Waiting>) {
        let Some(connection) = self.connection.as_mut() else {
            self.waiting.extend(batch);
            return;
        };
        let (writes, rest): (Vec<Write>, Vec<(Reply, bool)>) =
            batch.into_iter().map(|w| (w.write, (w.reply, w.ambiguous))).unzip();
        crate::points::reach("before_commit");
        let mut result = guarded(|| connection.commit(&writes));
        let mut tries = 1;
        while let Err(error) = &result
            && error.kind == StoreErrorKind::Retry
            && tries < 10
        {
            std::thread::sleep(Duration::from_millis(5 << tries.min(6)));
            tries += 1;
            result = guarded(|| connection.commit(&writes));
        }
        match result {
            Ok(written) => {
                crate::points::reach("committed");
                for ((reply, _), written) in rest.into_iter().zip(written) {
                    reply(Ok(written));
                }
            }
            Err(error) if error.kind == StoreErrorKind::Data && writes.len() > 1 => {
                // One row does not fit: halve until it stands alone.
                let mut halves: Vec<Waiting> = writes
                    .into_iter()
                    .zip(rest)
                    .map(|(write, (reply, ambiguous))| Waiting { write, reply, ambiguous })
                    .collect();
                let second = halves.split_off(halves.len() / 2);
                self.commit(halves);
                self.commit(second);
            }
            Err(error) if error.kind == StoreErrorKind::Data => {
                for (reply, _) in rest {
                    reply(Err(error.clone()));
                }
            }
            Err(error) => {
                self.connection = None;
                self.next_try = Instant::now();
                // Its end is not known: it is repeated on the next connection,
                // where what was written before is recognised.
                for (write, (reply, _)) in writes.into_iter().zip(rest).rev() {
                    self.waiting.push_front(Waiting { write, reply, ambiguous: true });
                }
                if error.kind != StoreErrorKind::Away {
                    self.next_try = Instant::now() + self.backoff;
                    self.backoff = (self.backoff * 2).min(LONGEST_BACKOFF);
                    self.tell_health(Err(&error));
                    self.refuse_new(&error);
                }
            }
        }
    }

    fn run_calls(&mut self) {
        while let Some(connection) = self.connection.as_mut()
            && let Some(call) = self.calls.pop_front()
        {
            let result = catch_unwind(AssertUnwindSafe(|| call(Ok(connection.as_mut()))));
            if matches!(result, Err(_) | Ok(Err(StoreErrorKind::Away))) {
                self.connection = None;
                self.next_try = Instant::now();
            }
        }
    }
}

/// Drivers panic in places; a panic must not take the writer with it.
pub(super) fn guarded<T>(work: impl FnOnce() -> StoreResult<T>) -> StoreResult<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(StoreError::new(StoreErrorKind::Away, "the database driver panicked")))
}

fn never_sent(record: &super::Record) -> Settlement {
    let message = &record.message;
    Settlement {
        id: message.id,
        owner: record.queue.as_ref().and_then(|queue| queue.worker),
        // Not one more: only the row as this record made it is meant. Where the
        // id was another message's all along, that one has moved on.
        version: message.version,
        state: State::Cancelled,
        attempts: 0,
        provider_message_id: None,
        recipient_id: None,
        provider_status: None,
        body: None,
        response: Some("Not sent: the database was away when the message was recorded.".into()),
        error: None,
        at: Millis::now(),
        attempt: None,
        queue: None,
        event: None,
    }
}
