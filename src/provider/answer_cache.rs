//! What a provider said lately, of its templates above all, so that a burst of
//! messages asks once.
//!
//! Two ages count. That a message fits is believed for some minutes. That it
//! does not fit, or that there is no such template, is told to a person who
//! may have just mended it at the provider: that is believed for seconds.

use super::Refusal;
use super::single_flight::SingleFlight;
use crate::message::{Error, Result};
use crate::threads;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long an answer is believed.
pub const FRESH: Duration = Duration::from_secs(300);
/// How long an answer is believed that speaks against a message.
pub const FRESH_FAILURE: Duration = Duration::from_secs(2);
/// The most keys that are kept.
const MOST_KEPT: usize = 1000;

type Found<T> = Result<Arc<T>, Refusal>;

/// What a provider said of things, by their names.
#[derive(Debug)]
pub struct AnswerCache<T> {
    answers: Mutex<HashMap<String, Answer<T>>>,
    /// Questions under way: a burst asks once.
    questions: SingleFlight<Answer<T>>,
}

#[derive(Debug)]
struct Answer<T> {
    asked_at: Instant,
    found: Found<T>,
}

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Answer<T> {
        Answer { asked_at: self.asked_at, found: self.found.clone() }
    }
}

impl<T> Default for AnswerCache<T> {
    fn default() -> AnswerCache<T> {
        AnswerCache { answers: Mutex::default(), questions: SingleFlight::default() }
    }
}

impl<T> Answer<T> {
    /// What was found, if it is not older than `within`, or was asked for since.
    fn get(&self, within: Duration, since: Instant) -> Option<Found<T>> {
        let within = if self.found.is_ok() { within } else { within.min(FRESH_FAILURE) };
        (self.asked_at.elapsed() < within || self.asked_at >= since).then(|| self.found.clone())
    }
}

impl<T> AnswerCache<T> {
    /// What was found, if that is not older than `within`.
    pub fn get(&self, key: &str, within: Duration) -> Option<Found<T>> {
        self.kept(key, within, Instant::now())
    }

    fn kept(&self, key: &str, within: Duration, since: Instant) -> Option<Found<T>> {
        self.answers().get(key)?.get(within, since)
    }

    /// The same; what is older is asked for, once for all who wait for it.
    pub async fn get_or_ask(
        &self,
        key: &str,
        within: Duration,
        ask: impl Future<Output = Result<T, Refusal>>,
    ) -> Found<T> {
        let since = Instant::now();
        if let Some(found) = self.kept(key, within, since) {
            return found;
        }
        let question = self.questions.turn(key).await;
        let of_another = question.result().and_then(|answer| answer.get(within, since));
        if let Some(found) = of_another.or_else(|| self.kept(key, within, since)) {
            return found;
        }
        let asked_at = Instant::now();
        let found = ask.await.map(Arc::new);
        let answer = Answer { asked_at, found: found.clone() };
        question.finish_and(answer.clone(), || self.keep(key, answer));
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
        self.keep(key, Answer { asked_at: Instant::now(), found: Ok(Arc::new(value)) });
    }

    /// Forgets a key. An answer that is on its way is not remembered.
    pub fn forget(&self, key: &str) {
        // In this order: what comes in between is taken out again.
        self.questions.forget(key);
        self.answers().remove(key);
    }

    /// Forgets all.
    pub fn forget_all(&self) {
        self.questions.forget_all();
        self.answers().clear();
    }

    fn keep(&self, key: &str, answer: Answer<T>) {
        let mut answers = self.answers();
        if answers.len() >= MOST_KEPT && !answers.contains_key(key) {
            answers.retain(|_, answer| answer.asked_at.elapsed() < FRESH);
            if answers.len() >= MOST_KEPT {
                answers.clear();
            }
        }
        answers.insert(key.to_owned(), answer);
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<String, Answer<T>>> {
        threads::lock(&self.answers)
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
        let cache = AnswerCache::default();
        for n in 0..MOST_KEPT + 10 {
            cache.put(&n.to_string(), n);
            assert!(cache.answers().len() <= MOST_KEPT);
        }
        assert_eq!(*cache.get(&(MOST_KEPT + 9).to_string(), FRESH).unwrap().unwrap(), MOST_KEPT + 9);
        assert!(cache.get(&(MOST_KEPT + 9).to_string(), Duration::ZERO).is_none(), "too old");
    }

    #[test]
    fn a_burst_asks_once() {
        let (cache, asked) = (AnswerCache::default(), AtomicUsize::new(0));
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
        let (cache, asked) = (AnswerCache::default(), AtomicUsize::new(1));
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
            cache.keep("a", Answer { asked_at: earlier, found: Ok(Arc::new(1)) });
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
        let cache = AnswerCache::default();
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
        let cache: AnswerCache<usize> = AnswerCache::default();
        let failed = |asked_at| {
            let found = Err(refusal(Error::new(Status::Temporary, "x")));
            cache.keep("a", Answer { asked_at, found });
        };
        failed(Instant::now());
        assert!(cache.get("a", FRESH).unwrap().is_err());
        failed(Instant::now() - FRESH_FAILURE);
        assert!(cache.get("a", FRESH).is_none());
    }
}
