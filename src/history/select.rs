//! The questions that both dialects ask with the same words.

use super::names::Names;
use super::query::{EventQuery, Order, Query};
use crate::message::State;

/// Columns of a message, in the order in which rows are read.
pub const MESSAGE_COLUMNS: &str = "id, seq, created_at, updated_at, account_key, provider, direction, kind, state, \
     version, attempts, priority, sender, recipient, contact_id, reference, campaign_id, correlation_id, category, \
     template, body, content, provider_message_id, response, error, not_before, expires_at, \
     recipient_id, provider_status";

/// Columns of an attempt, in the order in which rows are read.
pub const ATTEMPT_COLUMNS: &str = "message_id, attempt, began_at, took_ms, state, http_status, provider_code, trace_id, \
     class, provider_message_id, wait_ms, detail";

/// A value for a placeholder.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A number.
    Integer(i64),
}

/// How a dialect writes what differs.
pub struct Syntax {
    /// The operator that compares text in any case of letters.
    pub like: &'static str,
    /// A placeholder for an id.
    pub id: &'static str,
}

/// A page of messages.
pub fn page(names: &Names, syntax: &Syntax, query: &Query) -> (String, Vec<Value>) {
    let mut conditions: Vec<String> = Vec::new();
    let mut values = Vec::new();
    for same in query.equal.chunk_by(|one, other| one.0 == other.0) {
        let (column, places) = (same[0].0, vec!["?"; same.len()].join(", "));
        // One value alone gives rows in the order of the index.
        let condition = if same.len() == 1 { "= ?".to_owned() } else { format!("IN ({places})") };
        conditions.push(format!("{column} {condition}"));
        values.extend(same.iter().map(|(_, value)| Value::Text(value.clone())));
    }
    if !query.states.is_empty() {
        // These states have an index of their own, under another name.
        let attention = query.states.iter().all(|s| super::MessageRow::attention(*s).is_some());
        let column = if attention { "attention" } else { "state" };
        conditions.push(format!("{column} IN ({})", numbers(&query.states)));
    }
    if let Some(direction) = query.direction {
        conditions.push(format!("direction = {}", direction as i16));
    }
    for (condition, at) in [("created_at >= ?", query.since), ("created_at < ?", query.until)] {
        if let Some(at) = at {
            conditions.push(condition.into());
            values.push(Value::Integer(at.0));
        }
    }
    if let Some(text) = &query.text {
        conditions.push(format!("body {} ? ESCAPE '!'", syntax.like));
        values.push(Value::Text(format!("%{}%", escape_like(text))));
    }
    let (order, beyond) = match query.order {
        Order::Newest => ("DESC", "<"),
        Order::Oldest => ("ASC", ">"),
    };
    if let Some(after) = query.after {
        conditions.push(format!("seq {beyond} ?"));
        values.push(Value::Integer(after));
    }
    let filter =
        if conditions.is_empty() { String::new() } else { format!("WHERE {} ", conditions.join(" AND ")) };
    let sql = format!(
        "SELECT {MESSAGE_COLUMNS} FROM {} {filter}ORDER BY seq {order} LIMIT {}",
        names.messages, query.limit
    );
    (sql, values)
}

/// A message by its id.
pub fn find(names: &Names, syntax: &Syntax) -> String {
    format!("SELECT {MESSAGE_COLUMNS} FROM {} WHERE id = {}", names.messages, syntax.id)
}

/// The attempts of some messages.
pub fn attempts(names: &Names, syntax: &Syntax, messages: usize) -> String {
    let ids = vec![syntax.id; messages].join(", ");
    format!(
        "SELECT {ATTEMPT_COLUMNS} FROM {} WHERE message_id IN ({ids}) ORDER BY message_id, attempt",
        names.attempts
    )
}

/// How many other messages to a recipient have an attempt that is open.
pub fn others_open(names: &Names, syntax: &Syntax) -> String {
    format!(
        "SELECT count(*) FROM {messages} m JOIN {queue} q ON q.message_id = m.id \
         WHERE m.recipient = ? AND m.id <> {id} AND q.state IN (10, 20)",
        messages = names.messages,
        queue = names.queue,
        id = syntax.id
    )
}

/// A condition on the kinds of events, with its values.
pub fn event_kinds(query: &EventQuery) -> (String, Vec<Value>) {
    let mut condition = String::new();
    let mut values = Vec::new();
    for (operator, kinds) in [("IN", &query.include), ("NOT IN", &query.exclude)] {
        if !kinds.is_empty() {
            condition.push_str(&format!(" AND kind {operator} ({})", vec!["?"; kinds.len()].join(", ")));
            values.extend(kinds.iter().cloned().map(Value::Text));
        }
    }
    (condition, values)
}

fn numbers(states: &[State]) -> String {
    states.iter().map(|s| (*s as i16).to_string()).collect::<Vec<_>>().join(", ")
}

fn escape_like(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!' | '[') {
            escaped.push('!');
        }
        escaped.push(c);
    }
    escaped
}
