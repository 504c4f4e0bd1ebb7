//! What webhooks told, on its way into the history: what waits together is
//! stored together, and reports without a message are looked at again.

use super::apply::{arrival, dead_letter};
use super::notice::Notice;
use crate::context::Context;
use crate::events::Event;
use crate::history::arrivals::{Applied, Arrival, Sweeper, Swept, Telling, What, store};
use crate::history::{MessageRow, StoreError, StoreResult, outcome_of};
use crate::message::clock::Millis;
use crate::message::{Error, Result, Status};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// So many requests may wait; who comes then waits for a place.
const MOST_WAITING: usize = 64;
/// What waits is stored together up to so many notices: more gain nothing, and
/// messages that are sent wait for the writer meanwhile.
const MOST_TOGETHER: usize = 500;
/// When reports without a message are looked at again, counted from when they
/// came: answers take seconds.
const LOOKS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(8)];
/// So many pages of them are looked at in a row: webhooks wait meanwhile.
const MOST_PAGES: usize = 4;
/// How often all are looked at, some at a time.
const SWEEP: Duration = Duration::from_secs(30);

/// Notices of one request, and who waits for them.
struct Job {
    arrivals: Vec<Arrival>,
    reply: oneshot::Sender<StoreResult<Vec<Applied>>>,
}

/// Takes what webhooks told. It ends when it is dropped.
pub struct Applier {
    account_key: String,
    /// With a message from a person: these go first, however many reports wait.
    people: mpsc::Sender<Job>,
    others: mpsc::Sender<Job>,
}

impl Applier {
    /// Begins to work in the background.
    pub fn start(context: &Arc<Context>, runtime: &Handle) -> Applier {
        let (people, of_people) = mpsc::channel(MOST_WAITING);
        let (others, of_others) = mpsc::channel(MOST_WAITING);
        let worker = Worker {
            context: Arc::clone(context),
            telling: telling(context),
            people: of_people,
            others: of_others,
            sweeper: Sweeper::default(),
            looks: [None; 3],
            sweep_at: None,
        };
        runtime.spawn(worker.run());
        Applier { account_key: context.worker.account_key.clone(), people, others }
    }

    /// What is to be stored of notices. Of a large request that is much work: it
    /// is for the thread of who calls, and never for one of the runtime.
    pub fn arrivals(&self, notices: Vec<Notice>, received_at: Millis) -> Vec<Arrival> {
        notices.into_iter().map(|notice| arrival(&self.account_key, notice, received_at)).collect()
    }

    /// Stores all that a request told. Once this is well, it is committed; what
    /// could not be stored is among the dead letters.
    pub async fn apply(&self, arrivals: Vec<Arrival>, deadline: std::time::Instant) -> Result<Vec<Applied>> {
        if arrivals.is_empty() {
            return Ok(Vec::new());
        }
        let is_message = |arrival: &Arrival| matches!(arrival.what, What::Message(_));
        let lane = if arrivals.iter().any(is_message) { &self.people } else { &self.others };
        let (reply, applied) = oneshot::channel();
        let work = async {
            lane.send(Job { arrivals, reply }).await.map_err(|_| closed())?;
            applied.await.map_err(|_| closed())?.map_err(|error| error.to_error())
        };
        tokio::time::timeout_at(deadline.into(), work).await.unwrap_or_else(|_| Err(late()))
    }
}

fn closed() -> Box<Error> {
    Error::new(Status::Closed, "The client is closed.")
}

fn late() -> Box<Error> {
    Error::new(Status::Timeout, "The history did not store the webhook in time; it may still do so.")
        .hint("Answer 503: the provider sends it again, and what is stored already is not applied twice.")
}

/// Whose webhooks they are, and how hosts are told.
fn telling(context: &Arc<Context>) -> Telling {
    let account_key = context.worker.account_key.clone();
    let moved = |row: &MessageRow| {
        Event::about_message(&row.account_key, row.id, row.version, outcome_of(row), row.updated_at)
    };
    let account = account_key.clone();
    Telling {
        account_key,
        kept: context.kept,
        moved: Arc::new(moved),
        dead: Arc::new(move |provider, why| dead_letter(&account, provider, why)),
    }
}

struct Worker {
    context: Arc<Context>,
    telling: Telling,
    people: mpsc::Receiver<Job>,
    others: mpsc::Receiver<Job>,
    sweeper: Sweeper,
    /// For each of `LOOKS`, when it is due, and since when the orphans came
    /// that it is for. Those that come before it is due are looked at with
    /// them, and again by the ones behind it.
    looks: [Option<(Instant, Millis)>; 3],
    /// When all orphans are looked at; none before the first webhook: where
    /// none ever comes, nobody asks the database for nothing.
    sweep_at: Option<Instant>,
}

impl Worker {
    async fn run(mut self) {
        loop {
            let look_at = self.next_look();
            // Not among what is waited for: it would never come while webhooks come without a pause.
            if look_at.is_some_and(|at| at <= Instant::now()) {
                self.look().await;
            }
            let look_at = self.next_look();
            let look = async {
                match look_at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            let first = tokio::select! {
                biased;
                job = self.people.recv() => job,
                job = self.others.recv() => job,
                () = look => continue,
            };
            // None: nobody is left who could hand anything over.
            let Some(first) = first else { return };
            let jobs = self.together(first);
            self.apply(jobs).await;
        }
    }

    /// When orphans are to be looked at next.
    fn next_look(&self) -> Option<Instant> {
        self.looks.iter().flatten().map(|(at, _)| *at).chain(self.sweep_at).min()
    }

    /// What waits beside it: messages from people first, and one of the others
    /// at least, so that neither waits for ever.
    fn together(&mut self, first: Job) -> Vec<Job> {
        let mut count = first.arrivals.len();
        let mut jobs = vec![first];
        while count < MOST_TOGETHER
            && let Ok(job) = self.people.try_recv()
        {
            count += job.arrivals.len();
            jobs.push(job);
        }
        while let Ok(job) = self.others.try_recv() {
            count += job.arrivals.len();
            jobs.push(job);
            if count >= MOST_TOGETHER {
                break;
            }
        }
        jobs
    }

    async fn apply(&mut self, jobs: Vec<Job>) {
        let (arrivals, replies): (Vec<Vec<Arrival>>, Vec<_>) =
            jobs.into_iter().map(|job| (job.arrivals, job.reply)).unzip();
        // What an earlier process left is looked at soon.
        self.sweep_at.get_or_insert(Instant::now() + LOOKS[0]);
        let counts: Vec<usize> = arrivals.iter().map(Vec::len).collect();
        let arrivals: Vec<Arrival> = arrivals.into_iter().flatten().collect();
        let telling = self.telling.clone();
        let stored = self
            .context
            .writer
            .called(move |connection| {
                let applied = store(connection, &telling, &arrivals)?;
                let orphans = arrivals.iter().zip(&applied).filter(|(_, done)| **done == Applied::Orphan);
                let oldest = orphans.map(|(arrival, _)| arrival.received_at).min();
                if let Some(since) = oldest {
                    // Its side looks once more after its commit. What goes wrong here, the sweeper does again.
                    let _ = Sweeper::since(since).sweep(connection, &telling);
                }
                Ok((applied, oldest))
            })
            .await;
        match stored {
            Ok((mut applied, oldest)) => {
                self.context.signal.ring();
                if let Some(since) = oldest {
                    let now = Instant::now();
                    for (look, after) in self.looks.iter_mut().zip(LOOKS) {
                        look.get_or_insert((now + after, since));
                    }
                }
                for (count, reply) in counts.into_iter().zip(replies) {
                    let rest = applied.split_off(count.min(applied.len()));
                    let _ = reply.send(Ok(std::mem::replace(&mut applied, rest)));
                }
            }
            Err(error) => replies.into_iter().for_each(|reply| {
                let _ = reply.send(Err(error.clone()));
            }),
        }
    }

    /// Looks at reports that have no message yet.
    async fn look(&mut self) {
        let now = Instant::now();
        let due = self.looks.iter_mut().filter_map(|look| look.take_if(|(at, _)| *at <= now));
        let due = due.map(|(_, since)| since).min();
        if let Some(since) = due {
            let mut young = Sweeper::since(since);
            // What is behind them has its turn when all are looked at.
            let mut pages = 0..MOST_PAGES;
            while pages.next().is_some() && self.sweep(&mut young).await.is_ok_and(|swept| swept.more) {}
        }
        if self.sweep_at.is_some_and(|at| at <= now) {
            self.sweep_at = Some(now + SWEEP);
            let mut all = std::mem::take(&mut self.sweeper);
            // A database that is away is asked again next time.
            let _ = self.sweep(&mut all).await;
            self.sweeper = all;
        }
    }

    async fn sweep(&self, sweeper: &mut Sweeper) -> Result<Swept, StoreError> {
        let (telling, mut own) = (self.telling.clone(), sweeper.clone());
        let swept = self
            .context
            .writer
            .called(move |connection| own.sweep(connection, &telling).map(|swept| (swept, own)))
            .await;
        let (swept, own) = swept?;
        *sweeper = own;
        if swept.joined > 0 {
            self.context.signal.ring();
        }
        Ok(swept)
    }
}

#[cfg(test)]
mod tests;
