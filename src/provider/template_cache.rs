//! What a provider said of its templates lately, so that a burst of messages
//! asks once.
//!
//! Two ages count. That a message fits is believed for some minutes. That it
//! does not fit, or that there is no such template, is told to a person who
//! may have just mended it at the provider: that is believed for seconds.

use super::Refusal;
use crate::message::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long an answer is believed.
pub const FRESH: Duration = Duration::from_secs(300);
/// How long an answer is believed that speaks against a message.
pub const FRESH_FAILURE: Duration = Duration::from_secs(2);
/// The most keys that are kept.
const MOST_KEPT: usize = 1000;

type Found<T> = Result<Arc<T>, Refusal>;

/// What was found under names, by the names.
#[derive(Debug)]
pub struct Cache<T> {
    kept: Mutex<HashMap<String, Arc<Kept<T>>>>,
}

#[derive(Debug)]
struct Kept<T> {
    /// When it was asked for, and what came of it.
    answer: Mutex<Option<(Instant, Found<T>)>>,
    /// Held by who asks.
    asking: tokio::sync::Mutex<()>,
}

impl<T> Default for Cache<T> {
    fn default() -> Cache<T> {
        Cache { kept: Mutex::default() }
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Kept<T> {
        Kept { answer: Mutex::default(), asking: tokio::sync::Mutex::default() }
    }
}

impl<T> Kept<T> {
    /// The answer, if it is not older than `within`, or was asked for since.
    fn get(&self, within: Duration, since: Instant) -> Option<Found<T>> {
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, found) = answer.as_ref()?;
        let within = if found.is_ok() { within } else { within.min(FRESH_FAILURE) };
        (at.elapsed() < within || *at >= since).then(|| found.clone())
    }

    fn put(&self, at: Instant, found: Found<T>) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, found));
    }

    fn is_fresh(&self) -> bool {
        let answer = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        answer.as_ref().is_none_or(|(at, _)| at.elapsed() < FRESH)
    }
}

impl<T> Cache<T> {
    /// What was found, if that is not older than `within`.
    pub fn get(&self, key: &str, within: Duration) -> Option<Found<T>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()?;
        kept.get(within, Instant::now())
    }

    /// The same; what is older is asked for, once for all who wait for it.
    pub async fn get_or_ask(
        &self,
        key: &str,
        within: Duration,
        ask: impl Future<Output = Result<T, Refusal>>,
    ) -> Found<T> {
        let since = Instant::now();
        let kept = self.entry(key);
        if let Some(found) = kept.get(within, since) {
            return found;
        }
        let _asking = kept.asking.lock().await;
        if let Some(found) = kept.get(within, since) {
            return found;
        }
        let began = Instant::now();
        let found = ask.await.map(Arc::new);
        // Whoever forgot the key meanwhile has taken this entry out.
        kept.put(began, found.clone());
        found
    }

    /// What `judge` makes of what was found. Where it finds a fault, what is
    /// not of this moment is asked for anew before the fault is told.
    pub async fn judged<R, F: Future<Output = Result<T, Refusal>>>(
        &self,
        key: &str,
        ask: impl Fn() -> F,
        judge: impl Fn(&T) -> Result<R>,
        refusal: fn(Box<Error>) -> Refusal,
    ) -> Result<R, Refusal> {
        let found = self.get_or_ask(key, FRESH, ask()).await?;
        if let Ok(fits) = judge(&found) {
            return Ok(fits);
        }
        let found = self.get_or_ask(key, FRESH_FAILURE, ask()).await?;
        judge(&found).map_err(refusal)
    }

    /// The same without asking: `None` where it must be asked.
    pub fn judged_now<R>(&self, key: &str, judge: impl Fn(&T) -> Result<R>) -> Option<Result<R>> {
        let judged = judge(&*self.get(key, FRESH)?.ok()?);
        (judged.is_ok() || self.get(key, FRESH_FAILURE).is_some()).then_some(judged)
    }

    /// Remembers what came along with something else.
    pub fn put(&self, key: &str, value: T) {
        self.entry(key).put(Instant::now(), Ok(Arc::new(value)));
    }

    /// Forgets a key. An answer that is on its way is not remembered.
    pub fn forget(&self, key: &str) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Forgets all.
    pub fn forget_all(&self) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn entry(&self, key: &str) -> Arc<Kept<T>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = kept.get(key) {
            return entry.clone();
        }
        if kept.len() >= MOST_KEPT {
            kept.retain(|_, entry| entry.is_fresh());
        }
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.entry(key.to_owned()).or_default().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Class, Status};
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn refusal(error: Box<Error>) -> Refusal {
        Refusal { class: Class::Template, retry: false, error, retry_after: None }
    }

    fn run<R>(future: impl Future<Output = R>) -> R {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    #[test]
    fn it_is_bounded() {
        let cache = Cache::default();
        for n in 0..MOST_KEPT + 10 {
            cache.put(&n.to_string(), n);
            assert!(cache.kept.lock().unwrap().len() <= MOST_KEPT);
        }
        assert_eq!(*cache.get(&(MOST_KEPT + 9).to_string(), FRESH).unwrap().unwrap(), MOST_KEPT + 9);
        assert!(cache.get(&(MOST_KEPT + 9).to_string(), Duration::ZERO).is_none(), "too old");
    }

    #[test]
    fn a_burst_asks_once() {
        let (cache, asked) = (Cache::default(), AtomicUsize::new(0));
        let ask = || async {
            asked.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            Ok(7)
        };
        run(async {
            // What is asked for anew may not have been asked for before the call.
            for (within, most) in [(FRESH, 1), (Duration::ZERO, 2)] {
                asked.store(0, Ordering::SeqCst);
                let all = (0..20).map(|_| cache.get_or_ask("a", within, ask()));
                for found in futures_util::future::join_all(all).await {
                    assert_eq!(*found.unwrap(), 7);
                }
                assert!((1..=most).contains(&asked.load(Ordering::SeqCst)));
            }
        });
    }

    #[test]
    fn a_fault_is_told_of_an_answer_of_this_moment_only() {
        let (cache, asked) = (Cache::default(), AtomicUsize::new(1));
        let ask = || async { Ok(asked.fetch_add(1, Ordering::SeqCst)) };
        let judge = |wanted: usize| {
            move |found: &usize| {
                if *found >= wanted { Ok(*found) } else { Err(Error::new(Status::Template, "x")) }
            }
        };
        run(async {
            assert_eq!(cache.judged("a", ask, judge(1), refusal).await.unwrap(), 1);
            assert_eq!(cache.judged("a", ask, judge(1), refusal).await.unwrap(), 1, "believed");
            assert!(cache.judged("a", ask, judge(2), refusal).await.is_err(), "asked for just now");
            let earlier = Instant::now() - FRESH_FAILURE;
            cache.entry("a").put(earlier, Ok(Arc::new(1)));
            assert!(cache.judged_now("a", judge(2)).is_none(), "a fault of some seconds ago");
            assert!(cache.judged_now("a", judge(1)).unwrap().is_ok());
            assert_eq!(cache.judged("a", ask, judge(2), refusal).await.unwrap(), 2, "asked anew");
            assert!(cache.judged_now("a", judge(3)).unwrap().is_err());
            cache.forget("a");
            assert!(cache.judged_now("a", judge(1)).is_none());
        });
    }

    #[test]
    fn an_answer_that_was_on_its_way_when_it_was_forgotten_is_not_kept() {
        let cache = Cache::default();
        run(async {
            let ask = async {
                cache.forget("a");
                Ok(1)
            };
            assert_eq!(*cache.get_or_ask("a", FRESH, ask).await.unwrap(), 1);
        });
        assert!(cache.get("a", FRESH).is_none());
    }

    #[test]
    fn a_failure_is_not_believed_for_long() {
        let cache: Cache<usize> = Cache::default();
        let failed = || Err(refusal(Error::new(Status::Temporary, "x")));
        cache.entry("a").put(Instant::now(), failed());
        assert!(cache.get("a", FRESH).unwrap().is_err());
        cache.entry("a").put(Instant::now() - FRESH_FAILURE, failed());
        assert!(cache.get("a", FRESH).is_none());
    }
}
