//! The threads that answer questions, each with a connection of its own.

use super::guard::guarded;
use super::store::{Connection, Store, StoreError, StoreErrorKind, StoreResult};
use crate::threads::lock;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// How many questions are answered at once.
const THREADS: usize = 2;
/// How many questions may wait.
const MOST_WAITING: usize = 256;

/// A question. Asked again on a new connection when the first one is lost.
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
        if (last_try || kind.is_none_or(|kind| kind != StoreErrorKind::Away))
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

/// The readers' threads.
pub struct Readers {
    questions: Mutex<Option<SyncSender<Box<dyn Ask>>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Readers {
    /// Starts the threads; they connect when the first question comes.
    pub fn start(store: Arc<dyn Store>) -> std::io::Result<Readers> {
        let (questions, inbox) = sync_channel::<Box<dyn Ask>>(MOST_WAITING);
        let inbox = Arc::new(Mutex::new(inbox));
        let mut threads = Vec::new();
        for number in 1..=THREADS {
            let (store, inbox) = (Arc::clone(&store), Arc::clone(&inbox));
            let name = format!("wa-history-read{number}");
            threads.push(std::thread::Builder::new().name(name).spawn(move || {
                crate::threads::prepare();
                answer(store.as_ref(), &inbox);
            })?);
        }
        Ok(Readers { questions: Mutex::new(Some(questions)), threads: Mutex::new(threads) })
    }

    /// Asks; `reply` is called on a reader's thread. `work` may be called
    /// twice, when a connection was lost under it.
    pub fn ask<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
        reply: impl FnOnce(StoreResult<T>) + Send + 'static,
    ) {
        let mut question: Box<dyn Ask> = Box::new(Question { work, reply: Some(reply) });
        let questions = lock(&self.questions).clone();
        let (error, mut question) = match questions {
            None => (StoreError::new(StoreErrorKind::Away, "the client is closed"), question),
            Some(questions) => match questions.try_send(question) {
                Ok(()) => return,
                Err(TrySendError::Full(back)) => {
                    question = back;
                    (StoreError::new(StoreErrorKind::Retry, "too many questions are waiting"), question)
                }
                Err(TrySendError::Disconnected(back)) => {
                    question = back;
                    (StoreError::new(StoreErrorKind::Away, "the client is closed"), question)
                }
            },
        };
        question.fail(error);
    }

    /// The same, to be awaited.
    pub async fn asked<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
    ) -> StoreResult<T> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        self.ask(work, move |result| {
            let _ = sender.send(result);
        });
        receiver.await.unwrap_or_else(|_| Err(StoreError::new(StoreErrorKind::Away, "the client is closed")))
    }

    /// Ends the threads after the questions that wait.
    pub fn stop(&self) {
        lock(&self.questions).take();
    }

    /// Whether the threads have ended; joins those that have.
    pub fn ended(&self) -> bool {
        let mut threads = lock(&self.threads);
        let (done, running): (Vec<_>, Vec<_>) = threads.drain(..).partition(JoinHandle::is_finished);
        for thread in done {
            let _ = thread.join();
        }
        *threads = running;
        threads.is_empty()
    }
}

fn answer(store: &dyn Store, inbox: &Mutex<Receiver<Box<dyn Ask>>>) {
    let mut connection: Option<Box<dyn Connection>> = None;
    loop {
        // Meant so: one thread waits in the channel with the lock held, the
        // others wait for the lock. So each question wakes one thread.
        let next = lock(inbox).recv();
        let Ok(mut question) = next else { return };
        // A connection may have died while it was idle. So a question that
        // loses its connection gets one more try, on a new one.
        for last_try in [false, true] {
            if connection.is_none() {
                match guarded(|| store.connect()) {
                    Ok(opened) => connection = Some(opened),
                    Err(error) => {
                        question.fail(error);
                        break;
                    }
                }
            }
            let Some(open) = connection.as_mut() else { break };
            match question.on(open.as_mut(), last_try) {
                Err(StoreErrorKind::Away) => connection = None,
                _ => break,
            }
        }
    }
}
