//! The questions that all dialects ask with the same words, but for what
//! their `Syntax` says.

use super::batches::Batches;
use super::fields::Fields;
use super::kept::IS_ERASED;
use super::merge::numbers;
use super::names::Names;
use super::query::{EventCursor, EventQuery, Order, Query};
use super::record::{Direction, MessageRow};
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

/// Makes the condition that a row stands behind a place in the order of some
/// columns, with the values in it.
pub type Beyond = fn(columns: &[&str], place: &[Value]) -> (String, Vec<Value>);

/// How a dialect writes what differs.
pub struct Syntax {
    /// A condition that sorts out rows whose `body` surely has not the text of
    /// a pattern, in which letters of ASCII are small and `!` escapes; none
    /// where each row is better looked at.
    pub may_hold: Option<&'static str>,
    /// Ids out of a placeholder that is a JSON array: a SELECT.
    pub ids: &'static str,
    /// Words out of a placeholder that is a JSON array: a SELECT.
    pub words: &'static str,
    /// The database's clock, in milliseconds since 1970.
    pub clock: &'static str,
    /// The columns by which events are ordered.
    pub event_key: &'static [&'static str],
    /// How rows are compared with a place in the order of several columns.
    pub beyond: Beyond,
    /// A placeholder for an id.
    pub id: &'static str,
    /// A placeholder for a number, where the type is not plain from its place.
    pub number: &'static str,
    /// Makes a whole SELECT give its first rows only.
    pub first: fn(select: &str, rows: usize) -> String,
    /// Where `=` does not mind blanks at the end: a condition beside it that
    /// does, with as many placeholders.
    pub exactly: Option<fn(column: &str, values: usize) -> String>,
    /// How many rows are written at once.
    pub batches: Batches,
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
                "SELECT count(*) FROM {messages} m LEFT JOIN {queue} q ON q.message_id = m.id \
                 WHERE m.recipient = ? AND m.id <> {id} AND (m.worker IS NOT NULL OR q.state IN ({}))",
                numbers(&[State::Sending, State::Unknown]),
            ),
            acknowledged: format!("SELECT position FROM {consumers} WHERE account_key = ? AND consumer = ?"),
            recall: format!(
                "SELECT value FROM {remembered} WHERE account_key = ? AND memory_key = ? AND expires_at > {number}"
            ),
        }
    }
}

/// What follows WHERE, and the values in it.
#[derive(Debug, Default)]
pub struct Conditions {
    conditions: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    pub fn add(&mut self, condition: impl Into<String>, values: impl IntoIterator<Item = Value>) {
        self.conditions.push(condition.into());
        self.values.extend(values);
    }

    /// The clause, with a blank behind it, and its values.
    pub fn clause(self) -> (String, Vec<Value>) {
        match self.conditions.is_empty() {
            true => (String::new(), self.values),
            false => (format!("WHERE {} ", self.conditions.join(" AND ")), self.values),
        }
    }
}

/// The messages that a question is about, but for its text and its place.
pub fn conditions(query: &Query, syntax: &Syntax) -> Conditions {
    let Conditions { mut conditions, mut values } = Conditions::default();
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
        if direction == Direction::Inbound && query.equal.iter().any(|(column, _)| *column == "sender") {
            // For the index of who wrote.
            conditions.push("provider_at IS NOT NULL".into());
        }
    }
    for (condition, at) in [("created_at >= ?", query.since), ("created_at < ?", query.until)] {
        if let Some(at) = at {
            conditions.push(condition.into());
            values.push(Value::Integer(at.0));
        }
    }
    // Behind what an index finds: of one account there are many.
    if let Some(account) = &query.account {
        conditions.push("account_key = ?".into());
        values.push(Value::Text(account.clone()));
    }
    Conditions { conditions, values }
}

/// The part of the messages that lies beyond a row, in the question's order;
/// gives the words of the order.
pub fn beyond(conditions: &mut Conditions, order: Order, after: Option<i64>) -> &'static str {
    let (words, beyond) = match order {
        Order::Newest => ("DESC", "<"),
        Order::Oldest => ("ASC", ">"),
    };
    if let Some(after) = after {
        conditions.add(format!("seq {beyond} ?"), [Value::Integer(after)]);
    }
    words
}

/// `Syntax::beyond` where rows can be compared as a whole.
pub fn row_is_beyond(columns: &[&str], place: &[Value]) -> (String, Vec<Value>) {
    let marks = vec!["?"; place.len()].join(", ");
    (format!("({}) > ({marks})", columns.join(", ")), place.to_vec())
}

/// A page of messages, of a question without text.
pub fn page(names: &Names, syntax: &Syntax, query: &Query) -> (String, Vec<Value>) {
    let mut conditions = conditions(query, syntax);
    let order = beyond(&mut conditions, query.order, query.after);
    let (filter, values) = conditions.clause();
    let select =
        format!("SELECT {} FROM {} {filter}ORDER BY seq {order}", message_columns(""), names.messages);
    ((syntax.first)(&select, query.limit), values)
}

/// Messages by their ids. The value is a JSON array.
pub fn by_ids(names: &Names, syntax: &Syntax) -> String {
    format!("SELECT {} FROM {} WHERE id IN ({})", message_columns(""), names.messages, syntax.ids)
}

/// Takes the text out of messages that have ended. Values: what stands in its
/// place, what `content` holds then, a JSON array of ids.
///
/// Whoever still sends a message needs its text: it is queued or on its way,
/// or its end is unknown and somebody goes on looking. What was erased stays
/// so, whatever the settings keep.
pub fn hide(names: &Names, syntax: &Syntax) -> String {
    format!(
        "UPDATE {messages} SET body = ?, content = ? WHERE id IN ({ids}) AND state NOT IN ({open}) \
         AND content NOT LIKE '{IS_ERASED}' AND NOT EXISTS (SELECT 1 FROM {queue} q WHERE q.message_id = {messages}.id)",
        messages = names.messages,
        queue = names.queue,
        ids = syntax.ids,
        open = numbers(&OPEN),
    )
}

/// The states of messages that are not over. One whose end is unknown has a
/// place in the queue until it is given up.
pub const OPEN: [State; 2] = [State::Queued, State::Sending];

/// The attempts of the messages whose ids `ids` gives: placeholders, or a
/// SELECT.
pub fn attempts(names: &Names, ids: &str) -> String {
    format!(
        "SELECT {} FROM {} WHERE message_id IN ({ids}) ORDER BY message_id, attempt",
        attempt_columns(),
        names.attempts
    )
}

/// What a provider reported. Values: account, a JSON array of the provider's
/// ids.
pub fn reports(names: &Names, syntax: &Syntax) -> String {
    format!(
        "SELECT provider_message_id, state, reported_at, received_at, provider_code FROM {} \
         WHERE {}",
        names.table("statuses"),
        of_reports(syntax)
    )
}

/// The condition for reports. Values: account, a JSON array of the provider's
/// ids.
pub fn of_reports(syntax: &Syntax) -> String {
    format!("account_key = ? AND provider_message_id IN ({})", syntax.words)
}

/// The values of an event's place in the order of events.
pub fn event_place(syntax: &Syntax, at: EventCursor) -> Vec<Value> {
    let seq = Value::Integer(at.seq);
    if syntax.event_key.len() > 1 { vec![Value::Integer(at.transaction), seq] } else { vec![seq] }
}

/// Reads an event's place: the columns of `event_key`.
pub fn read_event_place<F: Fields + ?Sized>(syntax: &Syntax, row: &mut F) -> Result<EventCursor, F::Error> {
    let transaction = if syntax.event_key.len() > 1 { row.number()? } else { 0 };
    Ok(EventCursor { transaction, seq: row.number()? })
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
