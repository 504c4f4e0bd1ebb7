//! How long a driver has been silent, and whether its caller still waits.
//!
//! A driver may wait for a server without an end: nothing that a client can
//! set reaches a server that was stopped while its kernel goes on answering.
//! So the driver is called on a thread of its own (`bounded`), and whoever
//! waits for that thread gives it up when it has been silent for too long.
//!
//! A thread that was given up may come back much later. By then what it had in
//! hand was repeated, or refused, on another connection. So it must not go on:
//! before each call of the driver it asks here whether it may.

use super::store::{StoreError, StoreErrorKind, StoreResult};
use crate::threads::lock;
use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What a driver's thread and its caller know of each other.
pub struct Watch(Mutex<State>);

struct State {
    /// When the thread was last seen to go on.
    seen: Instant,
    /// Nobody waits for it any more.
    given_up: bool,
    /// Its answer is on the way: it is waited for, whatever the time.
    answered: bool,
    /// The thread has ended.
    ended: bool,
}

/// Where the client is being closed and its time is over, an answer that takes
/// no longer than this is waited for nevertheless.
const A_MOMENT: Duration = Duration::from_millis(200);

thread_local! {
    static OWN: RefCell<Option<Arc<Watch>>> = const { RefCell::new(None) };
}

impl Watch {
    /// Of a thread that begins now.
    pub fn new() -> Arc<Watch> {
        Arc::new(Watch(Mutex::new(State {
            seen: Instant::now(),
            given_up: false,
            answered: false,
            ended: false,
        })))
    }

    /// From here on the calling thread is watched by this.
    pub fn of_this_thread(self: &Arc<Self>) {
        OWN.with(|own| *own.borrow_mut() = Some(Arc::clone(self)));
    }

    /// The thread is given something to do.
    pub fn begin(&self) {
        let mut state = lock(&self.0);
        state.seen = Instant::now();
        state.answered = false;
    }

    /// How long it may go on being silent. None: that was too long, and from
    /// here on it is given up.
    pub fn patience(&self, longest: Duration, end_by: Option<Instant>) -> Option<Duration> {
        let mut state = lock(&self.0);
        if state.answered || state.ended {
            return Some(longest);
        }
        let silent = state.seen.elapsed();
        let closing = end_by.is_some_and(|at| Instant::now() >= at) && silent >= A_MOMENT;
        if silent >= longest || closing {
            state.given_up = true;
            return None;
        }
        Some(longest - silent)
    }

    /// The thread ends. Whether it had been given up before.
    pub fn end(&self) -> bool {
        let mut state = lock(&self.0);
        state.ended = true;
        state.given_up
    }
}

/// Before the calling thread calls the driver: refuses if it was given up.
pub fn step() -> StoreResult<()> {
    with_own(|state| {
        if state.given_up {
            return Err(StoreError::new(StoreErrorKind::Away, "the connection was given up"));
        }
        state.seen = Instant::now();
        Ok(())
    })
    .unwrap_or(Ok(()))
}

/// The calling thread has its answer. Whether it will arrive: false if nobody
/// waits for it any more.
pub fn answer_arrives() -> bool {
    with_own(|state| {
        state.answered |= !state.given_up;
        state.answered
    })
    .unwrap_or(true)
}

/// None on a thread that nobody watches.
fn with_own<T>(work: impl FnOnce(&mut State) -> T) -> Option<T> {
    OWN.with(|own| own.borrow().as_ref().map(|watch| work(&mut lock(&watch.0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn who_was_given_up_does_not_go_on() {
        let watch = Watch::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                watch.of_this_thread();
                assert!(step().is_ok());
                assert!(watch.patience(LONG, None).is_some());
                assert!(watch.patience(Duration::ZERO, None).is_none());
                assert!(step().is_err());
                assert!(!answer_arrives());
                assert!(watch.end());
            });
        });
        assert!(step().is_ok() && answer_arrives(), "nobody watches this thread");
    }

    #[test]
    fn an_answer_that_is_there_is_waited_for() {
        let watch = Watch::new();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                watch.of_this_thread();
                assert!(answer_arrives());
                assert!(watch.patience(Duration::ZERO, Some(Instant::now())).is_some());
                watch.begin();
                assert!(watch.patience(Duration::ZERO, None).is_none());
            });
        });
    }

    #[test]
    fn a_closing_cuts_the_wait_but_not_a_short_one() {
        let watch = Watch::new();
        let now = Some(Instant::now());
        assert!(watch.patience(LONG, now).is_some());
        std::thread::sleep(A_MOMENT);
        assert!(watch.patience(LONG, None).is_some());
        assert!(watch.patience(LONG, now).is_none());
    }
}
