//! The questions that all dialects ask with the same words, but for what
//! their `Syntax` says.

use super::merge::numbers;
use super::names::Names;
use super::query::{EventQuery, Order, Query};
use super::record::MessageRow;
use super::tables::{attempt_columns, message_columns};
use crate::message::State;

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
    /// A placeholder for a number, where the type is not plain from its place.
    pub number: &'static str,
    /// Makes a whole SELECT give its first rows only.
    pub first: fn(select: &str, rows: usize) -> String,
    /// Where `=` does not mind blanks at the end: a condition beside it that
    /// does, with as many placeholders.
    pub exactly: Option<fn(column: &str, values: usize) -> String>,
}

/// The questions that are the same text each time; made once for each
/// connection.
pub struct Questions {
    /// A message by its id. Value: the id.
    pub find: String,
    /// How many other messages to a recipient have an attempt that is open.
    /// Values: the recipient, the id of the message itself.
    pub others_open: String,
    /// How far a consumer of events has come. Values: account, consumer.
    pub acknowledged: String,
    /// What was remembered and has not expired. Values: account, key, now.
    pub recall: String,
}

impl Questions {
    pub fn new(names: &Names, syntax: &Syntax) -> Questions {
        let Names { messages, queue, consumers, remembered, .. } = names;
        let Syntax { id, number, .. } = syntax;
        Questions {
            find: format!("SELECT {} FROM {messages} WHERE id = {id}", message_columns("")),
            others_open: format!(
                "SELECT count(*) FROM {messages} m JOIN {queue} q ON q.message_id = m.id \
                 WHERE m.recipient = ? AND m.id <> {id} AND q.state IN ({})",
                numbers(&[State::Sending, State::Unknown]),
            ),
            acknowledged: format!("SELECT position FROM {consumers} WHERE account_key = ? AND consumer = ?"),
            recall: format!(
                "SELECT value FROM {remembered} WHERE account_key = ? AND memory_key = ? AND expires_at > {number}"
            ),
        }
    }
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
        let mut given: Vec<Value> = same.iter().map(|(_, value)| Value::Text(value.clone())).collect();
        if let Some(exactly) = syntax.exactly {
            conditions.push(exactly(column, same.len()));
            given.extend(given.clone());
        }
        values.extend(given);
    }
    if !query.states.is_empty() {
        // These states have an index of their own, under another name.
        let attention = query.states.iter().all(|s| MessageRow::attention(*s).is_some());
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
    let select =
        format!("SELECT {} FROM {} {filter}ORDER BY seq {order}", message_columns(""), names.messages);
    ((syntax.first)(&select, query.limit), values)
}

/// The attempts of the messages whose ids `ids` gives: placeholders, or a
/// SELECT.
pub fn attempts(names: &Names, ids: &str) -> String {
    format!(
        "SELECT {} FROM {} WHERE message_id IN ({ids}) ORDER BY message_id, attempt",
        attempt_columns(),
        names.attempts
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
