//! One works, the others wait: whoever wants what is under way already waits
//! for it and takes its result, instead of doing the same again.

use crate::threads;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::OwnedMutexGuard;

/// What the worker leaves for those who wait.
type Slot<T> = Arc<tokio::sync::Mutex<Option<T>>>;

/// Work under way, by its keys. An entry lives no longer than somebody works or
/// waits under its key, so there are no more of them than callers.
#[derive(Debug)]
pub struct SingleFlight<T>(Mutex<HashMap<String, Flight<T>>>);

#[derive(Debug)]
struct Flight<T> {
    slot: Slot<T>,
    /// How many callers work or wait.
    callers: usize,
}

/// A caller that is counted in the entry of its key.
struct Caller<'a, T> {
    flights: &'a SingleFlight<T>,
    key: &'a str,
    slot: Slot<T>,
}

/// The right to work under a key. It passes to the next one when it is dropped,
/// with or without a result.
pub struct Turn<'a, T> {
    guard: OwnedMutexGuard<Option<T>>,
    caller: Caller<'a, T>,
}

impl<T> Default for SingleFlight<T> {
    fn default() -> SingleFlight<T> {
        SingleFlight(Mutex::default())
    }
}

impl<T> SingleFlight<T> {
    /// Waits until nobody else works under this key.
    pub async fn turn<'a>(&'a self, key: &'a str) -> Turn<'a, T> {
        // Counted before it waits, so that the entry stays; given up with it.
        let caller = self.caller(key);
        let guard = Arc::clone(&caller.slot).lock_owned().await;
        Turn { guard, caller }
    }

    /// Whoever comes from now on takes nothing from the work that is under way
    /// under this key.
    pub fn forget(&self, key: &str) {
        self.all().remove(key);
    }

    /// The same for all keys.
    pub fn forget_all(&self) {
        self.all().clear();
    }

    fn caller<'a>(&'a self, key: &'a str) -> Caller<'a, T> {
        let mut all = self.all();
        let flight =
            all.entry(key.to_owned()).or_insert_with(|| Flight { slot: Slot::default(), callers: 0 });
        flight.callers += 1;
        Caller { flights: self, key, slot: Arc::clone(&flight.slot) }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Flight<T>>> {
        threads::lock(&self.0)
    }

    /// Tests only: whether nobody works or waits.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.all().is_empty()
    }
}

impl<T> Turn<'_, T> {
    /// What the one before left, if this caller waited for it.
    pub fn result(&self) -> Option<&T> {
        self.guard.as_ref()
    }

    /// Leaves the result for those who wait. Whoever comes from now on does not
    /// take it: it may be wrong by then.
    pub fn finish(mut self, result: T) {
        *self.guard = Some(result);
        self.caller.close();
    }

    /// Leaves the result for those who wait and for those who still come while
    /// anybody waits: they look at its age themselves. `keep` is called unless
    /// the key was forgotten meanwhile, and before it can be.
    pub fn finish_and(mut self, result: T, keep: impl FnOnce()) {
        *self.guard = Some(result);
        self.caller.unless_forgotten(keep);
    }
}

impl<T> Caller<'_, T> {
    /// Ends the entry for whoever comes later.
    fn close(&self) {
        let mut all = self.flights.all();
        if self.is_in(&all) {
            all.remove(self.key);
        }
    }

    fn unless_forgotten(&self, keep: impl FnOnce()) {
        let all = self.flights.all();
        if self.is_in(&all) {
            keep();
        }
    }

    /// Whether the entry under the key is still the one that this caller is
    /// counted in.
    fn is_in(&self, all: &HashMap<String, Flight<T>>) -> bool {
        all.get(self.key).is_some_and(|flight| Arc::ptr_eq(&flight.slot, &self.slot))
    }
}

impl<T> Drop for Caller<'_, T> {
    fn drop(&mut self) {
        let mut all = self.flights.all();
        // After an end under the same key there may be an entry of others.
        if let Some(flight) = all.get_mut(self.key)
            && Arc::ptr_eq(&flight.slot, &self.slot)
        {
            flight.callers -= 1;
            if flight.callers == 0 {
                all.remove(self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn run<R>(future: impl Future<Output = R>) -> R {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn an_entry_goes_with_the_last_who_holds_it() {
        let flights = SingleFlight::<()>::default();
        let callers: Vec<Caller<'_, ()>> = (0..8).map(|_| flights.caller("key")).collect();
        // All at once: none may take another for one who stays.
        std::thread::scope(|scope| {
            for caller in callers {
                scope.spawn(move || drop(caller));
            }
        });
        assert!(flights.is_empty());
    }

    #[test]
    fn one_works_and_those_who_wait_take_its_result() {
        let (flights, worked) = (SingleFlight::default(), AtomicUsize::new(0));
        let work = || async {
            let turn = flights.turn("key").await;
            if let Some(result) = turn.result() {
                return *result;
            }
            tokio::task::yield_now().await;
            let result = worked.fetch_add(1, Ordering::SeqCst);
            turn.finish(result);
            result
        };
        run(async {
            let all = futures_util::future::join_all((0..20).map(|_| work())).await;
            assert_eq!(all, [0; 20]);
            assert_eq!(work().await, 1, "whoever comes later works itself");
        });
        assert!(flights.is_empty());
    }

    #[test]
    fn a_failure_is_not_shared() {
        let (flights, worked) = (SingleFlight::<()>::default(), AtomicUsize::new(0));
        let fail = || async {
            let turn = flights.turn("key").await;
            assert!(turn.result().is_none());
            worked.fetch_add(1, Ordering::SeqCst);
        };
        run(async { futures_util::future::join_all((0..3).map(|_| fail())).await });
        assert_eq!(worked.load(Ordering::SeqCst), 3);
        assert!(flights.is_empty());
    }

    #[test]
    fn whoever_gives_up_waiting_leaves_nothing() {
        let flights = SingleFlight::<()>::default();
        run(async {
            let turn = flights.turn("key").await;
            let waiting = std::pin::pin!(flights.turn("key"));
            assert!(futures_util::FutureExt::now_or_never(waiting).is_none(), "somebody works");
            let other = flights.turn("other").await;
            drop((turn, other));
        });
        assert!(flights.is_empty());
    }

    #[test]
    fn a_result_is_for_those_who_waited_and_is_not_kept_once_forgotten() {
        let flights = SingleFlight::default();
        run(async {
            let first = flights.turn("key").await;
            let second = flights.caller("key");
            flights.forget("key");
            let late = flights.turn("key").await;
            first.finish_and(7, || panic!("it was forgotten"));
            assert_eq!(*second.slot.lock().await, Some(7));
            assert!(late.result().is_none());
            // The entry of others is not touched.
            drop(second);
            assert!(!flights.is_empty());
            let mut kept = false;
            late.finish_and(8, || kept = true);
            assert!(kept && flights.is_empty());
        });
    }
}
