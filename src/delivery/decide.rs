//! From an answer to what happens next: a rule without side effects.

use crate::message::Class;
use crate::message::clock::Millis;
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

/// How long a limit of the provider is waited out if it does not say.
const LIMIT_WAIT: Duration = Duration::from_secs(60);

/// Decides after attempt `number`. `chance` is between 0 and 1 and spreads
/// the waits, so that many messages do not come back in the same moment.
pub fn decide(
    answer: &Answer,
    number: i32,
    retry: &Retry,
    now: Millis,
    expires_at: Option<Millis>,
    chance: f64,
) -> Next {
    match answer {
        Answer::Accepted { .. } => Next::Accepted,
        Answer::HeldBack => Next::Again(Duration::ZERO),
        Answer::Refused(refusal) => after_refusal(Some(refusal), number, retry, now, expires_at, chance),
        Answer::Unknown { .. } if !retry.resend_unknown => Next::Unknown,
        // Where no further attempt may follow, the message has not failed: the
        // provider may have it. It stays unknown, and is looked up.
        Answer::Unknown { .. } => match after_refusal(None, number, retry, now, expires_at, chance) {
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
    retry: &Retry,
    now: Millis,
    expires_at: Option<Millis>,
    chance: f64,
) -> Next {
    let again = refusal.is_none_or(|refusal| refusal.retry);
    if !again || i64::from(number) > i64::from(retry.max_retries) {
        return Next::Failed;
    }
    let wait = match refusal {
        Some(Refusal { retry_after: Some(wait), .. }) => *wait,
        Some(Refusal { class: Class::Limit, .. }) => retry.wait.max(LIMIT_WAIT),
        _ => retry.wait,
    };
    let wait = wait + wait.mul_f64(0.1 * chance.clamp(0.0, 1.0));
    if expires_at.is_some_and(|at| now.plus(wait.as_millis() as u64) >= at) {
        return Next::Failed;
    }
    Next::Again(wait)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Error, Status};

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
            let expires_at = expires_in.map(|ms| now.plus(ms));
            assert_eq!(
                decide(&answer, number, &retry(resend), now, expires_at, 0.0),
                next,
                "{answer:?} {number}"
            );
        }
    }

    #[test]
    fn waits_are_spread() {
        let answer = refused(Class::Temporary, true, None);
        let next = decide(&answer, 1, &retry(false), Millis(0), None, 1.0);
        assert_eq!(next, Next::Again(Duration::from_millis(5500)));
    }
}
