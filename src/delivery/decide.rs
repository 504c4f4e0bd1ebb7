//! From an answer to what happens next: a rule without side effects.

use crate::history::{AttemptRow, MessageRow};
use crate::message::clock::Millis;
use crate::message::{Class, Error};
use crate::provider::{Answer, Refusal};
use crate::settings::Retry;
use std::time::Duration;

/// What happens after an attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// The provider took it.
    Accepted,
    /// Another attempt after this wait.
    Again(Duration),
    /// It is over.
    Failed,
    /// It cannot be known; look later.
    Unknown,
}

/// How long a limit of the provider is waited out at first if it does not say.
/// The wait doubles, as far as the second.
const LIMIT_WAIT: Duration = Duration::from_secs(60);
const LONGEST_LIMIT_WAIT: Duration = Duration::from_secs(3600);

/// What a message has behind it.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// When its first attempt began.
    pub first_at: Option<Millis>,
    /// How many of its attempts met a limit of the provider.
    pub limited: i32,
    /// Why its last attempt failed.
    pub last_refusal: Option<Refusal>,
}

impl Past {
    /// As the rows of the attempts tell it, and the error of the last one.
    pub fn of(attempts: &[AttemptRow], error: Option<&str>) -> Past {
        let limited = attempts.iter().filter(|one| one.class.as_deref() == Some(Class::Limit.name()));
        let error = error.and_then(|error| serde_json::from_str::<Box<Error>>(error).ok());
        Past {
            first_at: attempts.first().map(|first| first.began_at),
            limited: i32::try_from(limited.count()).unwrap_or(i32::MAX),
            last_refusal: error.map(|error| Refusal {
                class: error.class.unwrap_or(Class::Temporary),
                retry: true,
                error,
                retry_after: None,
            }),
        }
    }

    /// One more attempt lies behind it.
    pub fn add(&mut self, answer: &Answer, began_at: Millis) {
        self.first_at.get_or_insert(began_at);
        self.last_refusal = match answer {
            Answer::Refused(refusal) => Some(refusal.clone()),
            _ => None,
        };
        self.limited += i32::from(self.last_refusal.as_ref().is_some_and(is_limit));
    }
}

/// Whether the provider refused because of a limit that passes with time.
fn is_limit(refusal: &Refusal) -> bool {
    refusal.class == Class::Limit
}

/// Decides after attempt `number`, which `past` has already. `chance` is
/// between 0 and 1 and spreads the waits, so that many messages do not come
/// back in the same moment. `left` is how much of the message's time is left,
/// where it has an end.
pub fn decide(
    answer: &Answer,
    number: i32,
    past: &Past,
    retry: &Retry,
    now: Millis,
    left: Option<Duration>,
    chance: f64,
) -> Next {
    match answer {
        Answer::Accepted { .. } => Next::Accepted,
        Answer::HeldBack => Next::Again(Duration::ZERO),
        Answer::Refused(refusal) => after_refusal(Some(refusal), number, past, retry, now, left, chance),
        Answer::Unknown { .. } if !retry.resend_unknown => Next::Unknown,
        // Where no further attempt may follow, the message has not failed: the
        // provider may have it. It stays unknown, and is looked up.
        Answer::Unknown { .. } => match after_refusal(None, number, past, retry, now, left, chance) {
            Next::Failed => Next::Unknown,
            next => next,
        },
    }
}

/// The same for an attempt that is known not to have been taken; without a
/// refusal it counts as temporary.
pub fn after_refusal(
    refusal: Option<&Refusal>,
    number: i32,
    past: &Past,
    retry: &Retry,
    now: Millis,
    left: Option<Duration>,
    chance: f64,
) -> Next {
    if refusal.is_some_and(|refusal| !refusal.retry) {
        return Next::Failed;
    }
    let (wait, left) = if refusal.is_some_and(is_limit) {
        // A limit says nothing against the message: it uses up no retries.
        let first = past.first_at.unwrap_or(now);
        let last = first.plus(retry.limit.as_millis() as u64).0.saturating_sub(now.0);
        let left = left.unwrap_or(Duration::from_millis(u64::try_from(last).unwrap_or_default()));
        let doubled = LIMIT_WAIT.saturating_mul(1 << past.limited.clamp(1, 7).saturating_sub(1));
        (retry.wait.max(doubled.min(LONGEST_LIMIT_WAIT)), Some(left))
    } else {
        if i64::from(number) - i64::from(past.limited) > i64::from(retry.max_retries) {
            return Next::Failed;
        }
        (retry.wait, left)
    };
    let wait = wait_for(refusal, wait, chance);
    if left.is_some_and(|left| wait >= left) {
        return Next::Failed;
    }
    Next::Again(wait)
}

/// The wait after a refusal: what the provider asks for, else `base`; and up
/// to a tenth more. A provider that asks for no time at all is not asked again
/// at once.
pub fn wait_for(refusal: Option<&Refusal>, base: Duration, chance: f64) -> Duration {
    let asked = refusal.and_then(|refusal| refusal.retry_after).filter(|wait| !wait.is_zero());
    let wait = asked.unwrap_or(base);
    wait + wait.mul_f64(0.1 * chance.clamp(0.0, 1.0))
}

/// A number between 0 and 1 that differs from message to message.
pub fn chance(message: &MessageRow) -> f64 {
    f64::from(message.id.as_bytes()[15]) / 255.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Status;

    const HOUR: Duration = Duration::from_secs(3600);

    fn refused(class: Class, retry: bool, retry_after: Option<u64>) -> Answer {
        Answer::Refused(Refusal {
            class,
            retry,
            error: Error::new(Status::Temporary, "x"),
            retry_after: retry_after.map(Duration::from_secs),
        })
    }

    fn retry(resend_unknown: bool) -> Retry {
        Retry {
            max_retries: 2,
            wait: Duration::from_secs(5),
            resend_unknown,
            unknown_look: Duration::from_secs(300),
            unknown_deadline: Duration::from_secs(15_000),
            limit: Duration::from_secs(3600),
        }
    }

    /// What a message has behind it after a first attempt.
    fn behind(answer: &Answer, at: Millis) -> Past {
        let mut past = Past::default();
        past.add(answer, at);
        past
    }

    #[test]
    fn limits_use_up_no_retries() {
        let (limit, busy) = (refused(Class::Limit, true, None), refused(Class::Temporary, true, None));
        let (mut past, mut now, mut waits) = (Past::default(), Millis(0), Vec::new());
        for number in 1.. {
            past.add(&limit, now);
            match decide(&limit, number, &past, &Retry { limit: 24 * HOUR, ..retry(false) }, now, None, 0.0) {
                Next::Again(wait) => {
                    now = now.plus(wait.as_millis() as u64);
                    waits.push(wait.as_secs());
                }
                next => {
                    assert_eq!(next, Next::Failed);
                    break;
                }
            }
        }
        assert_eq!(waits[..8], [60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert!(now > Millis(0).plus(22 * 3_600_000) && now < Millis(0).plus(24 * 3_600_000), "{now:?}");
        // What counts comes after them as if they had not been.
        let number = i32::try_from(waits.len()).unwrap() + 1;
        for (more, next) in [(1, Next::Again(Duration::from_secs(5))), (3, Next::Failed)] {
            past.add(&busy, now);
            assert_eq!(decide(&busy, number + more, &past, &retry(false), now, None, 0.0), next, "{more}");
        }
        // Its own time ends the wait too.
        let left = Some(Duration::from_secs(30));
        assert_eq!(decide(&limit, number, &past, &retry(false), now, left, 0.0), Next::Failed);
    }

    #[test]
    fn no_time_to_wait_is_no_wait_to_believe() {
        for class in [Class::Temporary, Class::Limit] {
            let answer = refused(class, true, Some(0));
            let past = behind(&answer, Millis(0));
            let next = |chance| decide(&answer, 1, &past, &retry(false), Millis(0), None, chance);
            let least = if class == Class::Limit { 60_000 } else { 5_000 };
            assert_eq!(next(0.0), Next::Again(Duration::from_millis(least)), "{class:?}");
            assert_eq!(next(1.0), Next::Again(Duration::from_millis(least * 11 / 10)), "{class:?}");
        }
    }

    #[test]
    fn answers_lead_on() {
        let unknown = Answer::Unknown { why: "cut".into() };
        let accepted =
            Answer::Accepted { provider_message_id: "SM1".into(), recipient_id: None, provider_status: None };
        let seconds = |s| Next::Again(Duration::from_secs(s));
        for (answer, number, resend, expires_in, next) in [
            (accepted, 1, false, None, Next::Accepted),
            (refused(Class::Temporary, true, None), 1, false, None, seconds(5)),
            (refused(Class::Temporary, true, None), 2, false, None, seconds(5)),
            (refused(Class::Temporary, true, None), 3, false, None, Next::Failed),
            (refused(Class::Temporary, true, Some(9)), 1, false, None, seconds(9)),
            (refused(Class::Limit, true, None), 1, false, None, seconds(60)),
            (refused(Class::Limit, true, None), 1, false, Some(59_000), Next::Failed),
            (refused(Class::Credentials, false, None), 1, false, None, Next::Failed),
            (refused(Class::Recipient, false, Some(1)), 1, false, None, Next::Failed),
            (unknown.clone(), 1, false, None, Next::Unknown),
            (unknown.clone(), 1, true, None, seconds(5)),
            (unknown.clone(), 3, true, None, Next::Unknown),
            (unknown, 1, true, Some(4_000), Next::Unknown),
        ] {
            let now = Millis(1_000_000);
            let left = expires_in.map(Duration::from_millis);
            assert_eq!(
                decide(&answer, number, &behind(&answer, now), &retry(resend), now, left, 0.0),
                next,
                "{answer:?} {number}"
            );
        }
    }

    #[test]
    fn waits_are_spread() {
        let answer = refused(Class::Temporary, true, None);
        let past = behind(&answer, Millis(0));
        let next = decide(&answer, 1, &past, &retry(false), Millis(0), None, 1.0);
        assert_eq!(next, Next::Again(Duration::from_millis(5500)));
    }
}
