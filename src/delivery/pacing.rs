//! How fast messages go out: a queue for each sender, and the requests that
//! may be under way at once.
//!
//! Who waits is in a queue, by priority, then by age. A slot goes, when its
//! time has come, to whoever is then at the head. Who gives up leaves the
//! queue, and its place is nobody's.

mod gate;
mod queue;
mod schedule;
mod slots;

pub use schedule::Lane;

use crate::message::Priority;
use crate::message::clock::Millis;
use crate::provider::PairLimit;
use crate::threads;
use gate::Limit;
use queue::{Rank, Waiter};
use schedule::{Paces, Schedule};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, oneshot};

/// Twilio's sandbox takes one message in three seconds.
pub const SANDBOX_SENDER: &str = "whatsapp:+14155238886";
/// The pace of the sandbox, in messages per second.
pub const SANDBOX_PACE: f64 = 1.0 / 3.0;

/// The pace of look-ups of messages of unknown end, per second.
const LOOK_UPS: f64 = 20.0;

/// Who joins a queue.
pub struct Entry {
    /// In which queue.
    pub lane: Lane,
    /// The recipient.
    pub person: Option<Arc<str>>,
    /// Who goes first.
    pub priority: Priority,
    /// When it was made: among equals the oldest goes first.
    pub age: Millis,
    /// After this a slot is of no use to it.
    pub useful_until: Option<Instant>,
}

/// It is too late: the turn would come when it is of no use any more.
#[derive(Debug, PartialEq, Eq)]
pub struct TooLate;

/// Tells whose turn it is.
pub struct Pacer(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Something happens earlier than the timer knows.
    earlier: Notify,
}

struct State {
    schedule: Schedule,
    /// Counts who entered.
    number: u64,
    /// The task runs that rings when slots begin. It starts with the first who
    /// waits, and ends with the runtime.
    timer_runs: bool,
    /// When it rings next.
    rings_at: Option<Instant>,
}

impl Pacer {
    /// A pace in messages per second, none being no limit, and one sender that
    /// is slower than the rest; the pace of each pair; and how many requests
    /// may be under way at once.
    pub fn new(
        rate: Option<f64>,
        slow: Option<(&str, f64)>,
        pair: Option<PairLimit>,
        most_requests: usize,
    ) -> Pacer {
        let paces = Paces {
            sender: interval(rate),
            slow: slow.map(|(sender, rate)| (sender.into(), interval(Some(rate)))),
            look_ups: interval(Some(LOOK_UPS)),
            pair: pair.map(|PairLimit { interval, burst }| Limit { interval, burst }),
        };
        let schedule = Schedule::new(paces, most_requests);
        Pacer(Arc::new(Shared {
            state: Mutex::new(State { schedule, number: 0, timer_runs: false, rings_at: None }),
            earlier: Notify::new(),
        }))
    }

    /// Changes the pace of all senders, from the next slot on.
    pub fn change(&self, rate: Option<f64>) {
        let mut state = self.0.lock();
        let now = Instant::now();
        state.schedule.change(interval(rate), now);
        self.0.run(state, now);
    }

    /// Slot and request at once, if nobody waits who could have them.
    pub fn take_now(&self, entry: &Entry) -> Option<Permit> {
        let taken = self.0.lock().schedule.take_now(&entry.lane, entry.person.as_ref(), Instant::now());
        taken.then(|| self.permit(&entry.lane))
    }

    /// Waits for the turn. Who drops this future leaves the queue.
    pub async fn turn(&self, entry: Entry) -> Result<Permit, TooLate> {
        let mut place = self.enter(entry);
        let come = (&mut place.comes).await;
        come.map(|()| self.permit(&place.lane)).map_err(|_never| TooLate)
    }

    fn permit(&self, lane: &Lane) -> Permit {
        Permit { shared: Arc::clone(&self.0), lane: lane.clone() }
    }

    fn enter(&self, entry: Entry) -> Place {
        let (turn, comes) = oneshot::channel();
        let Entry { lane, person, priority, age, useful_until } = entry;
        let now = Instant::now();
        let mut state = self.0.lock();
        state.number += 1;
        let rank = Rank::new(priority, age, state.number);
        state.schedule.enter(&lane, rank, Waiter { person, useful_until, turn }, now);
        if !state.timer_runs {
            state.timer_runs = true;
            tokio::spawn(keep_time(Arc::clone(&self.0)));
        }
        self.0.run(state, now);
        Place { shared: Arc::clone(&self.0), lane, rank, comes }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        threads::lock(&self.state)
    }

    /// Lets go who can go after a change.
    fn run(&self, mut state: MutexGuard<'_, State>, now: Instant) {
        state.schedule.run(now);
        if let Some(next) = state.schedule.next_event()
            && state.rings_at.is_none_or(|at| next < at)
        {
            self.earlier.notify_one();
        }
    }
}

/// Rings when slots begin.
async fn keep_time(shared: Arc<Shared>) {
    loop {
        let next = {
            let mut state = shared.lock();
            state.schedule.run(Instant::now());
            state.rings_at = state.schedule.next_event();
            state.rings_at
        };
        let rings = async {
            match next {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = shared.earlier.notified() => {}
            () = rings => {}
        }
    }
}

/// A place in the queue.
struct Place {
    shared: Arc<Shared>,
    lane: Lane,
    rank: Rank,
    comes: oneshot::Receiver<()>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut state = self.shared.lock();
        // Its turn may have come without its having heard of it.
        if !state.schedule.leave(&self.lane, self.rank, now) && self.comes.try_recv().is_ok() {
            state.schedule.give_back(&self.lane, now);
        }
        self.shared.run(state, now);
    }
}

/// The turn of one message: its slot is used, and one of the requests that may
/// be under way at once is its own until this is dropped.
pub struct Permit {
    shared: Arc<Shared>,
    lane: Lane,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut state = self.shared.lock();
        state.schedule.give_back(&self.lane, now);
        self.shared.run(state, now);
    }
}

fn interval(rate: Option<f64>) -> Duration {
    rate.map_or(Duration::ZERO, |rate| Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn entry(priority: Priority) -> Entry {
        Entry { lane: Lane::Sender("a".into()), person: None, priority, age: Millis(0), useful_until: None }
    }

    /// How many requests are free.
    fn free(pacer: &Pacer, most: usize) -> usize {
        let permits: Vec<Permit> =
            (0..most).map_while(|_| pacer.take_now(&entry(Priority::Normal))).collect();
        permits.len()
    }

    #[tokio::test]
    async fn who_is_dropped_leaves_the_queue() {
        // A slot lasts a year, so that only the queue decides.
        let pacer = Pacer::new(Some(1.0 / 31_536_000.0), None, None, 8);
        drop(pacer.take_now(&entry(Priority::Normal)));
        let mut waiting: Vec<_> = (0..100).map(|_| Box::pin(pacer.turn(entry(Priority::Normal)))).collect();
        for turn in &mut waiting {
            assert!(turn.as_mut().now_or_never().is_none());
        }
        let mut last = waiting.pop().unwrap();
        drop(waiting);
        pacer.change(None);
        assert!(last.as_mut().await.is_ok());
        assert_eq!(free(&pacer, 9), 8);
    }

    #[tokio::test]
    async fn a_turn_that_nobody_heard_of_is_given_back() {
        let pacer = Pacer::new(None, None, None, 1);
        let held = pacer.take_now(&entry(Priority::Normal));
        let mut turn = Box::pin(pacer.turn(entry(Priority::Normal)));
        assert!(turn.as_mut().now_or_never().is_none());
        drop(held);
        assert_eq!(free(&pacer, 2), 0, "it is the turn of who waits");
        drop(turn);
        assert_eq!(free(&pacer, 2), 1);
    }

    #[tokio::test]
    async fn who_comes_too_late_is_told() {
        let pacer = Pacer::new(None, None, None, 1);
        let held = pacer.take_now(&entry(Priority::Normal));
        let until = Instant::now() + Duration::from_millis(1);
        let turn = pacer.turn(Entry { useful_until: Some(until), ..entry(Priority::Normal) });
        let (told, ()) = tokio::join!(turn, async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            drop(held);
        });
        assert_eq!(told.err(), Some(TooLate));
        assert_eq!(free(&pacer, 2), 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn slots_come_to_ten_thousand_who_wait() {
        let pacer = Arc::new(Pacer::new(Some(20_000.0), None, None, 64));
        let waiting: Vec<_> = (0..10_000)
            .map(|_| {
                let pacer = Arc::clone(&pacer);
                tokio::spawn(async move {
                    let permit = pacer.turn(entry(Priority::Normal)).await;
                    tokio::task::yield_now().await;
                    permit.is_ok()
                })
            })
            .collect();
        for turn in waiting {
            assert!(turn.await.unwrap());
        }
        pacer.change(None);
        assert_eq!(free(&pacer, 65), 64);
    }
}
