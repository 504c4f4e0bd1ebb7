//! The events themselves.

use crate::history::EventRow;
use crate::history::told::is_told_by_the_row;
use crate::message::clock::Millis;
use crate::message::{Outcome, State};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A message came to an end, or its end is unknown.
pub const KIND_MESSAGE: &str = "message";
/// The database went away or came back.
pub const KIND_DATABASE: &str = "database";
/// Something is accepted but not advised.
pub const KIND_WARNING: &str = "warning";
/// A log record.
pub const KIND_LOG: &str = "log";
/// How far long work has come.
pub const KIND_PROGRESS: &str = "progress";
/// Somebody wrote to us.
pub const KIND_RECEIVED: &str = "received";
/// The business itself wrote, with the app on its telephone.
pub const KIND_ECHO: &str = "echo";
/// A template changed at the provider.
pub const KIND_TEMPLATE: &str = "template";
/// One of our numbers changed at the provider.
pub const KIND_NUMBER: &str = "number";
/// The account changed at the provider.
pub const KIND_ACCOUNT: &str = "account";
/// Somebody said what they wish to get.
pub const KIND_CONSENT: &str = "consent";
/// Somebody has another number, user id or telephone.
pub const KIND_CONTACT: &str = "contact";
/// A call.
pub const KIND_CALL: &str = "call";
/// Anything else that a webhook told.
pub const KIND_WEBHOOK: &str = "webhook";
/// A part of a webhook could not be read or stored.
pub const KIND_DEAD_LETTER: &str = "dead_letter";
/// A webhook was refused: it was not signed by the provider.
pub const KIND_REFUSED: &str = "refused";
/// All kinds.
pub const KINDS: &[&str] = &[
    KIND_MESSAGE,
    KIND_DATABASE,
    KIND_WARNING,
    KIND_LOG,
    KIND_PROGRESS,
    KIND_RECEIVED,
    KIND_ECHO,
    KIND_TEMPLATE,
    KIND_NUMBER,
    KIND_ACCOUNT,
    KIND_CONSENT,
    KIND_CONTACT,
    KIND_CALL,
    KIND_WEBHOOK,
    KIND_DEAD_LETTER,
    KIND_REFUSED,
];
/// The kinds that live in memory only, and come only to who names them.
pub const MEMORY_KINDS: &[&str] = &[KIND_LOG, KIND_PROGRESS];

/// An event as hosts get it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Event {
    /// Stable: an event that comes twice has the same id.
    pub id: String,
    /// `message`, `database`, `warning`, `log`, `progress`, or of webhooks
    /// `received`, `echo`, `template`, `number`, `account`, `consent`,
    /// `contact`, `call`, `webhook`, `dead_letter` or `refused`.
    pub kind: String,
    /// When it happened.
    pub at: Millis,
    /// Of kind `message`: where the message is.
    pub outcome: Option<Outcome>,
    /// Of kind `database`, `warning`, `dead_letter` and `refused`: what
    /// happened, in a sentence.
    pub text: Option<String>,
    /// Of kind `log`: the record.
    pub log: Option<super::LogRecord>,
    /// Of kind `progress`: how far a call has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<super::ProgressRecord>,
    /// Of the kinds that come by webhook: what the provider told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<Box<super::WebhookRecord>>,
}

impl Event {
    /// The row of the event that tells of a message's change: the one to this
    /// version and to the state of the outcome.
    pub fn about_message(
        account_key: &str,
        id: Uuid,
        version: i32,
        outcome: Outcome,
        at: Millis,
    ) -> EventRow {
        let (event, state) = (id_of_change(id, version, outcome.status), outcome.status);
        EventRow {
            id: event,
            account_key: account_key.to_owned(),
            kind: KIND_MESSAGE,
            message_id: Some(id),
            version: Some(version),
            state: Some(state),
            at,
            body: (!is_told_by_the_row(&outcome)).then(|| body(event, KIND_MESSAGE, Some(outcome), None, at)),
        }
    }

    /// The row of the event that tells what a webhook told. `key` is the same
    /// whenever the provider tells it again, and so is the event's id;
    /// `message` is the row of a message that came in.
    pub fn about_webhook(
        account_key: &str,
        kind: &'static str,
        key: &str,
        message: Option<Uuid>,
        text: Option<String>,
        webhook: super::WebhookRecord,
        at: Millis,
    ) -> EventRow {
        let parts = [account_key, webhook.provider, key].join("\0");
        let id = id_of(&[b"wa-connector webhook", parts.as_bytes()]);
        let event = Event { webhook: Some(Box::new(webhook)), ..bare(id, kind, None, text, at) };
        EventRow {
            id,
            account_key: account_key.to_owned(),
            kind,
            message_id: message,
            version: None,
            state: None,
            at,
            body: Some(written(&event)),
        }
    }

    /// The row of an event that is told in a sentence.
    pub fn told(account_key: &str, kind: &'static str, text: &str) -> EventRow {
        let (id, at) = (Uuid::now_v7(), Millis::now());
        EventRow {
            id,
            account_key: account_key.to_owned(),
            kind,
            message_id: None,
            version: None,
            state: None,
            at,
            body: Some(body(id, kind, None, Some(text.to_owned()), at)),
        }
    }
}

/// An event as hosts get it.
fn body(id: Uuid, kind: &str, outcome: Option<Outcome>, text: Option<String>, at: Millis) -> String {
    written(&bare(id, kind, outcome, text, at))
}

fn bare(id: Uuid, kind: &str, outcome: Option<Outcome>, text: Option<String>, at: Millis) -> Event {
    Event {
        id: id.to_string(),
        kind: kind.to_owned(),
        at,
        outcome,
        text,
        log: None,
        progress: None,
        webhook: None,
    }
}

fn written(event: &Event) -> String {
    // Serialising plain data into text cannot fail.
    serde_json::to_string(event).unwrap_or_default()
}

/// The id of the event that tells of a change. The same change has the same
/// id, whoever tells of it and however often, so that consumers know an event
/// that they have had. The state is in it because two workers may count the
/// version alike: one that lost the message, and the one that has it now.
fn id_of_change(message: Uuid, version: i32, state: State) -> Uuid {
    id_of(&[b"wa-connector event", message.as_bytes(), &version.to_be_bytes(), &(state as i16).to_be_bytes()])
}

/// An id that follows from these parts.
fn id_of(parts: &[&[u8]]) -> Uuid {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.finalize()).for_each(|(byte, hashed)| *byte = hashed);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A journal keeps events as JSON, and gives them to the database later.
    #[test]
    fn an_event_that_was_kept_as_json_is_of_the_same_kind() {
        for kind in KINDS.iter().filter(|kind| !MEMORY_KINDS.contains(kind)) {
            let row = Event::told("account", kind, "x");
            let kept = serde_json::to_string(&row).unwrap();
            let back: EventRow = serde_json::from_str(&kept).unwrap();
            assert_eq!(back, row, "{kind}");
        }
    }

    #[test]
    fn the_id_of_an_event_follows_from_the_change() {
        let message = Uuid::now_v7();
        let id = id_of_change(message, 2, State::Accepted);
        assert_eq!(id, id_of_change(message, 2, State::Accepted));
        for other in [
            id_of_change(message, 3, State::Accepted),
            id_of_change(message, 2, State::Unknown),
            id_of_change(Uuid::now_v7(), 2, State::Accepted),
        ] {
            assert_ne!(id, other);
        }
        assert_eq!(id.get_version_num(), 8);
        // For ever: hosts keep the ids that they have had.
        let fixed = id_of_change(Uuid::from_u128(1), 2, State::Accepted);
        assert_eq!(fixed.to_string(), "adb09a84-2c71-8ed3-ad9e-3eeac4a5080c");
    }
}
