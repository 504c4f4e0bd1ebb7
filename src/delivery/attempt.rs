//! An attempt: what it needs before it starts, what goes to the provider, and
//! the row that tells of it afterwards.

use super::expiry::Expiry;
use super::pacing::Permit;
use super::texts::clip;
use crate::history::{AttemptRow, MessageRow};
use crate::message::State;
use crate::message::clock::Millis;
use crate::provider::http::{TOO_LATE, longest_connect};
use crate::provider::{Answer, Attempt, Exchange, Prepared};
use std::time::Duration;

/// If more than this has passed since the intent, the intent is taken back
/// instead of acted on: a process that was frozen in between must not send, for
/// another may have taken the message over. An attempt that has begun by then
/// must have written its first byte by `Attempt::leaves_before`.
pub const INTENT_LIFE: Duration = Duration::from_secs(2);
/// Spare time in `leaves_before`, after `INTENT_LIFE` and the longest connect.
const MARGIN: Duration = Duration::from_secs(1);

/// A message whose turn has come: all that its attempt needs.
pub struct Ready {
    /// What is sent.
    pub prepared: Prepared,
    /// One of the requests that may be under way at once.
    pub permit: Permit,
}

/// Until when, as `uptime` counts, the attempt is surely still this worker's
/// to make. It must stay below `http_timeout` and `recovery::GRACE`, which
/// another worker waits before it takes the message over: else both could send.
pub fn ours_until(intended: Duration, http_timeout: Duration) -> Duration {
    intended + INTENT_LIFE + longest_connect(http_timeout) + MARGIN
}

/// The attempt that a message's row and its preparation make. It leaves before
/// `ours`, when another worker may have it, and before its time is over.
pub fn attempt_of(
    message: &MessageRow,
    number: i32,
    prepared: Prepared,
    ours: Duration,
    expiry: Expiry,
) -> Attempt {
    Attempt {
        leaves_before: expiry.at().map_or(ours, |over| over.min(ours)),
        message_id: message.id,
        number,
        sender: message.sender.clone(),
        recipient: message.recipient.clone(),
        prepared,
    }
}

/// The row of an attempt, as its exchange tells it.
pub fn attempt_row(number: i32, exchange: &Exchange, began_at: Millis) -> AttemptRow {
    let (state, class, code, provider_message_id, detail) = match &exchange.answer {
        Answer::Accepted { provider_message_id, .. } => {
            (State::Accepted, None, None, Some(provider_message_id.clone()), None)
        }
        Answer::Refused(refusal) => (
            State::Failed,
            Some(refusal.class.name().to_owned()),
            refusal.error.provider_code.clone(),
            None,
            Some(clip(&refusal.error.message)),
        ),
        Answer::HeldBack => (State::Failed, None, None, None, Some(TOO_LATE.to_owned())),
        Answer::Unknown { why } => (State::Unknown, None, None, None, Some(clip(why))),
    };
    AttemptRow {
        number,
        began_at,
        took_ms: i64::try_from(exchange.took.as_millis()).unwrap_or(i64::MAX),
        state,
        http_status: exchange.http_status.map(i32::from),
        provider_code: code,
        trace_id: exchange.trace_id.as_deref().map(clip),
        class,
        provider_message_id,
        wait_ms: None,
        detail,
    }
}

/// The row of an attempt of which only its state and a few words are known.
/// Of a row that is there already, the store keeps the rest.
pub fn attempt_without_answer(number: i32, began_at: Millis, state: State, detail: &str) -> AttemptRow {
    AttemptRow {
        number,
        began_at,
        took_ms: 0,
        state,
        http_status: None,
        provider_code: None,
        trace_id: None,
        class: None,
        provider_message_id: None,
        wait_ms: None,
        detail: Some(detail.to_owned()),
    }
}
