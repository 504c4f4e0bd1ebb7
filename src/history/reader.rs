//! The threads that answer questions, each with a connection of its own.
//!
//! What hosts read and what the library itself must look up do not wait for
//! each other: a search through the whole history takes its time, and a
//! message that is to be cancelled cannot. A question that nobody waits for
//! any more is not begun, and where it has begun it is ended.

use super::guard::guarded;
use super::store::{Connection, Store, StoreError, StoreErrorKind, StoreResult};
use crate::threads::{self, lock};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

/// How many questions of each sort are answered at once.
const THREADS: usize = 2;
/// How many questions of each sort may wait.
const MOST_WAITING: usize = 256;

/// A question. Asked once more when its connection is lost, or when the server
/// refused it for now.
trait Ask: Send {
    fn on(&mut self, connection: &mut dyn Connection, last_try: bool) -> Result<(), StoreErrorKind>;
    fn fail(&mut self, error: StoreError);
}

struct Question<W, R> {
    work: W,
    reply: Option<R>,
}

impl<T, W, R> Ask for Question<W, R>
where
    W: FnMut(&mut dyn Connection) -> StoreResult<T> + Send,
    R: FnOnce(StoreResult<T>) + Send,
{
    fn on(&mut self, connection: &mut dyn Connection, last_try: bool) -> Result<(), StoreErrorKind> {
        let result = guarded(|| (self.work)(connection));
        let kind = result.as_ref().err().map(|error| error.kind);
        if (last_try || !kind.is_some_and(deserves_another_try))
            && let Some(reply) = self.reply.take()
        {
            reply(result);
        }
        kind.map_or(Ok(()), Err)
    }

    fn fail(&mut self, error: StoreError) {
        if let Some(reply) = self.reply.take() {
            reply(Err(error));
        }
    }
}

/// A connection may have died while it was idle; and some servers end a reader
/// that blocks a writer while the writer blocks it.
fn deserves_another_try(kind: StoreErrorKind) -> bool {
    matches!(kind, StoreErrorKind::Away | StoreErrorKind::Retry)
}

/// A question in the queue.
struct Asked {
    question: Box<dyn Ask>,
    /// Nobody waits for the answer any longer than this.
    deadline: Option<Instant>,
}

impl Asked {
    fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= Instant::now())
    }
}

/// The readers' threads.
pub struct Readers {
    /// The library's own look-ups, which are quick.
    own: Pool,
    /// What hosts read.
    hosts: Pool,
}

impl Readers {
    /// Starts the threads; they connect when the first question comes.
    pub fn start(store: Arc<dyn Store>) -> std::io::Result<Readers> {
        Ok(Readers {
            own: Pool::start(Arc::clone(&store), "wa-history-read")?,
            hosts: Pool::start(store, "wa-history-host")?,
        })
    }

    /// Looks something up, until a deadline; `reply` is called on a reader's
    /// thread. `work` may be called twice, when a connection was lost under it.
    pub fn ask<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnMut(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
        reply: impl FnOnce(StoreResult<T>) + Send + 'static,
    ) {
        self.own.ask(Some(deadline), Box::new(Question { work, reply: Some(reply) }));
    }

    /// Looks something up that is needed whenever it comes; to be awaited.
    pub async fn asked<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let reply = move |result| {
            let _ = sender.send(result);
        };
        self.own.ask(None, Box::new(Question { work, reply: Some(reply) }));
        receiver.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Reads what a host wants to see, which may take long.
    pub fn ask_for_host<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnMut(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
        reply: impl FnOnce(StoreResult<T>) + Send + 'static,
    ) {
        self.hosts.ask(Some(deadline), Box::new(Question { work, reply: Some(reply) }));
    }

    /// The same, to be awaited.
    pub async fn asked_for_host<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnMut(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.ask_for_host(deadline, work, move |result| {
            let _ = sender.send(result);
        });
        receiver.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Ends the threads after the look-ups that wait. What hosts wait for is
    /// refused: they are told that the client is closed.
    pub fn stop(&self) {
        self.own.stop();
        for mut asked in self.hosts.stop_at_once() {
            asked.question.fail(closed());
        }
    }

    /// Whether the threads have ended; joins those that have.
    pub fn ended(&self) -> bool {
        let (own, hosts) = (self.own.ended(), self.hosts.ended());
        own && hosts
    }
}

fn closed() -> StoreError {
    StoreError::new(StoreErrorKind::Away, "the client is closed")
}

/// Threads that share a queue.
struct Pool {
    queue: Arc<Queue>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Asked>,
    closed: bool,
}

impl Queue {
    /// The next question; waits for one. None ends the thread.
    fn next(&self) -> Option<Asked> {
        let mut state = lock(&self.state);
        loop {
            if let Some(asked) = state.waiting.pop_front() {
                return Some(asked);
            }
            if state.closed {
                return None;
            }
            state = threads::wait(&self.bell, state);
        }
    }

    /// Puts a question into the queue. Gives those that are not in it: the
    /// late ones, and the new one, where there is no room for it.
    fn put(&self, asked: Asked) -> Vec<(Asked, StoreError)> {
        let mut state = lock(&self.state);
        if state.closed {
            return vec![(asked, closed())];
        }
        let mut out = Vec::new();
        if state.waiting.len() >= MOST_WAITING {
            let (late, waiting): (VecDeque<Asked>, VecDeque<Asked>) =
                state.waiting.drain(..).partition(Asked::is_late);
            state.waiting = waiting;
            out.extend(late.into_iter().map(|asked| (asked, StoreError::late())));
        }
        if state.waiting.len() >= MOST_WAITING {
            let error = StoreError::new(StoreErrorKind::Retry, "too many questions are waiting");
            out.push((asked, error));
        } else {
            state.waiting.push_back(asked);
            self.bell.notify_one();
        }
        out
    }
}

impl Pool {
    fn start(store: Arc<dyn Store>, name: &str) -> std::io::Result<Pool> {
        let queue = Arc::new(Queue::default());
        let mut threads = Vec::new();
        for number in 1..=THREADS {
            let (store, queue) = (Arc::clone(&store), Arc::clone(&queue));
            threads.push(std::thread::Builder::new().name(format!("{name}{number}")).spawn(move || {
                crate::threads::prepare();
                answer(store.as_ref(), &queue);
            })?);
        }
        Ok(Pool { queue, threads: Mutex::new(threads) })
    }

    fn ask(&self, deadline: Option<Instant>, question: Box<dyn Ask>) {
        // Answered without the lock: an answer may ask the next question.
        for (mut asked, error) in self.queue.put(Asked { question, deadline }) {
            asked.question.fail(error);
        }
    }

    fn stop(&self) {
        lock(&self.queue.state).closed = true;
        self.queue.bell.notify_all();
    }

    fn stop_at_once(&self) -> VecDeque<Asked> {
        let waiting = {
            let mut state = lock(&self.queue.state);
            state.closed = true;
            std::mem::take(&mut state.waiting)
        };
        self.queue.bell.notify_all();
        waiting
    }

    fn ended(&self) -> bool {
        let mut threads = lock(&self.threads);
        let (done, running): (Vec<_>, Vec<_>) = threads.drain(..).partition(JoinHandle::is_finished);
        for thread in done {
            let _ = thread.join();
        }
        *threads = running;
        threads.is_empty()
    }
}

fn answer(store: &dyn Store, queue: &Queue) {
    let mut connection: Option<Box<dyn Connection>> = None;
    while let Some(mut asked) = queue.next() {
        for last_try in [false, true] {
            if asked.is_late() {
                asked.question.fail(StoreError::late());
                break;
            }
            if connection.is_none() {
                match guarded(|| store.connect()) {
                    Ok(opened) => connection = Some(opened),
                    Err(error) => {
                        asked.question.fail(error);
                        break;
                    }
                }
            }
            let Some(open) = connection.as_mut() else { break };
            open.until(asked.deadline);
            match asked.question.on(open.as_mut(), last_try) {
                Err(StoreErrorKind::Away) => connection = None,
                Err(StoreErrorKind::Retry) => {}
                _ => break,
            }
        }
    }
}

#[cfg(test)]
mod tests;
