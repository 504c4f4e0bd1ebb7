//! The rows of a batch as JSON objects: what each kind of write brings, and
//! the names and kinds of the fields for the statements that read them.

use super::json::Json;
use crate::history::implied::stored_response;
use crate::history::record::{
    AttemptRow, EventRow, Intent, MessageRow, QueueRow, Record, Settlement, Withdrawal,
};
use crate::history::tables::{Kind, MESSAGES, message_cells};
use crate::message::clock::Millis;

/// A field of an object: its name, and what it holds.
pub type Field = (&'static str, Kind);

/// An event, where there is one.
pub const EVENT: &[Field] = &[
    ("event_id", Kind::Id),
    ("event_account", Kind::Word),
    ("event_kind", Kind::Word),
    ("event_message", Kind::Id),
    ("event_at", Kind::Long),
    ("event_body", Kind::Prose),
    ("event_version", Kind::Number),
    ("event_state", Kind::Small),
];

/// A place in the queue, where there is one.
pub const PLACE: &[Field] = &[
    ("queue_state", Kind::Small),
    ("queue_attempt", Kind::Number),
    ("queue_worker", Kind::Id),
    ("queue_wait", Kind::Long),
];

/// How long a new message may still be sent, where there is an end to that. Out
/// of a journal it comes later than it was made.
const DEADLINE: &[Field] = &[("queue_left", Kind::Long)];

/// An attempt, where there is one.
pub const ATTEMPT: &[Field] = &[
    ("attempt", Kind::Number),
    ("began_at", Kind::Long),
    ("took_ms", Kind::Long),
    ("attempt_state", Kind::Small),
    ("http_status", Kind::Number),
    ("provider_code", Kind::Word),
    ("trace_id", Kind::Word),
    ("class", Kind::Word),
    ("attempt_provider_id", Kind::Word),
    ("wait_ms", Kind::Long),
    ("detail", Kind::Prose),
];

const REFERENCE: &[Field] = &[("scope", Kind::Word), ("ref_hash", Kind::Word), ("payload_hash", Kind::Word)];

/// The columns of a message that a record brings.
pub fn message_fields() -> Vec<Field> {
    MESSAGES
        .columns
        .iter()
        .filter(|column| column.is_brought())
        .map(|column| (column.name, column.kind))
        .collect()
}

/// What a record brings.
pub fn record_fields() -> Vec<Field> {
    [&message_fields(), REFERENCE, PLACE, DEADLINE, EVENT].concat()
}

/// What an intent brings.
pub const INTENT: &[Field] =
    &[("id", Kind::Id), ("attempt", Kind::Number), ("worker", Kind::Id), ("at", Kind::Long)];

/// What a settlement brings.
pub fn settlement_fields() -> Vec<Field> {
    let own: &[Field] = &[
        ("id", Kind::Id),
        ("owner", Kind::Id),
        ("version", Kind::Number),
        ("state", Kind::Small),
        ("attention", Kind::Small),
        ("attempts", Kind::Number),
        ("provider_message_id", Kind::Word),
        ("recipient_id", Kind::Word),
        ("provider_status", Kind::Word),
        ("body", Kind::Prose),
        ("response", Kind::Prose),
        ("error", Kind::Prose),
        ("at", Kind::Long),
    ];
    [own, PLACE, ATTEMPT, EVENT].concat()
}

/// What a withdrawal brings.
pub fn withdrawal_fields() -> Vec<Field> {
    let own: &[Field] = &[
        ("id", Kind::Id),
        ("owner", Kind::Id),
        ("state", Kind::Small),
        ("attention", Kind::Small),
        ("response", Kind::Prose),
        ("error", Kind::Prose),
        ("at", Kind::Long),
    ];
    [own, EVENT].concat()
}

/// The names of fields, each with a prefix, for a statement.
pub fn names<'a>(fields: impl IntoIterator<Item = &'a Field>, prefix: &str) -> String {
    fields.into_iter().map(|(name, _)| format!("{prefix}{name}")).collect::<Vec<_>>().join(", ")
}

pub fn record(json: &mut Json, record: &Record, now: Millis) {
    json.object();
    message_cells(&record.message, |column, cell| json.cell(column.name, cell));
    if let Some(reference) = &record.reference {
        json.text("scope", &reference.scope);
        json.text("ref_hash", &reference.hash);
        json.text("payload_hash", &reference.payload_hash);
    }
    if let Some(queue) = &record.queue {
        place(json, queue, now);
        json.number_if("queue_left", record.message.expires_at.map(|at| at.0.saturating_sub(now.0)));
    }
    if let Some(told) = &record.event {
        event(json, told);
    }
    json.end_object();
}

pub fn intent(json: &mut Json, intent: &Intent) {
    json.object();
    json.id("id", intent.id);
    json.number("attempt", intent.attempt);
    json.id("worker", intent.worker);
    json.number("at", intent.at.0);
    json.end_object();
}

pub fn settlement(json: &mut Json, settlement: &Settlement, now: Millis) {
    json.object();
    json.id("id", settlement.id);
    json.id_if("owner", settlement.owner);
    json.number("version", settlement.version);
    json.number("state", settlement.state as i16);
    json.number_if("attention", MessageRow::attention(settlement.state));
    json.number("attempts", settlement.attempts);
    json.text_if("provider_message_id", settlement.provider_message_id.as_deref());
    json.text_if("recipient_id", settlement.recipient_id.as_deref());
    json.text_if("provider_status", settlement.provider_status.as_deref());
    json.text_if("body", settlement.body.as_deref());
    json.text_if("response", stored_response(settlement.state, settlement.response.as_deref()));
    json.text_if("error", settlement.error.as_deref());
    json.number("at", settlement.at.0);
    if let Some(queue) = &settlement.queue {
        place(json, queue, now);
    }
    if let Some(made) = &settlement.attempt {
        attempt(json, made);
    }
    if let Some(told) = &settlement.event {
        event(json, told);
    }
    json.end_object();
}

pub fn withdrawal(json: &mut Json, withdrawal: &Withdrawal) {
    json.object();
    json.id("id", withdrawal.id);
    json.id_if("owner", withdrawal.owner);
    json.number("state", withdrawal.state as i16);
    json.number_if("attention", MessageRow::attention(withdrawal.state));
    json.text_if("response", withdrawal.response.as_deref());
    json.text_if("error", withdrawal.error.as_deref());
    json.number("at", withdrawal.at.0);
    if let Some(told) = &withdrawal.event {
        event(json, told);
    }
    json.end_object();
}

/// An event about no message.
pub fn event_alone(json: &mut Json, told: &EventRow) {
    json.object();
    event(json, told);
    json.end_object();
}

pub fn event(json: &mut Json, event: &EventRow) {
    json.id("event_id", event.id);
    json.text("event_account", &event.account_key);
    json.text("event_kind", event.kind);
    json.id_if("event_message", event.message_id);
    json.number("event_at", event.at.0);
    json.text("event_body", event.body.as_deref().unwrap_or_default());
    json.number_if("event_version", event.version);
    json.number_if("event_state", event.state.map(|state| state as i16));
}

/// A place says how long it waits from `now` on: this machine's clock and the
/// server's need not agree.
fn place(json: &mut Json, queue: &QueueRow, now: Millis) {
    json.number("queue_state", queue.state as i16);
    json.number("queue_attempt", queue.attempt);
    json.id_if("queue_worker", queue.worker);
    json.number("queue_wait", queue.not_before.0.saturating_sub(now.0));
}

pub fn attempt(json: &mut Json, attempt: &AttemptRow) {
    json.number("attempt", attempt.number);
    json.number("began_at", attempt.began_at.0);
    json.number("took_ms", attempt.took_ms);
    json.number("attempt_state", attempt.state as i16);
    json.number_if("http_status", attempt.http_status);
    json.text_if("provider_code", attempt.provider_code.as_deref());
    json.text_if("trace_id", attempt.trace_id.as_deref());
    json.text_if("class", attempt.class.as_deref());
    json.text_if("attempt_provider_id", attempt.provider_message_id.as_deref());
    json.number_if("wait_ms", attempt.wait_ms);
    json.text_if("detail", attempt.detail.as_deref());
}
