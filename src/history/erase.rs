//! Erasing what was said to one contact. That there were messages, to whom,
//! when, and what became of them stays: the audit needs it. The texts go,
//! wherever they are.
//!
//! Only of messages that are over: whoever still sends one needs its text.

use super::fields::Fields;
use super::kept::{NO_TEXT, Removed};
use super::pages;
use super::plain::{self, Plain};
use super::query::{EventCursor, Order, Query};
use super::record::MessageRow;
use super::select::{self, Value};
use super::store_error::StoreResult;
use crate::message::Error;
use std::collections::HashSet;
use uuid::Uuid;

/// How many rows a step looks at.
pub const ROWS: usize = 500;
/// What is said in place of words that may hold the text.
pub const WORDS: &str = "The text was erased.";

/// What a step did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// The messages whose text is gone, by this step or before.
    pub messages: Vec<Uuid>,
    /// How many of them it took the text from.
    pub fresh: usize,
    /// Messages that were left as they are, for they are not over.
    pub open: usize,
    /// The row after which the next step begins; none at the end.
    pub next: Option<i64>,
}

/// Erases the texts of the next messages that a question is about, in one
/// transaction.
pub fn step(connection: &mut dyn Plain, query: &Query) -> StoreResult<Erased> {
    plain::still_wanted(connection)?;
    let query = Query { limit: ROWS, order: Order::Oldest, attempts: false, reports: false, ..query.clone() };
    plain::in_transaction(connection, |connection| {
        let rows = pages::page(connection, &query)?;
        let next = rows.last().filter(|_| rows.len() == ROWS).map(|row| row.message.seq);
        let waiting = waiting(connection, rows.iter().map(|row| row.message.id))?;
        let mut erased = Erased { next, ..Erased::default() };
        let mut fresh = Vec::new();
        for row in &rows {
            let message = &row.message;
            if select::OPEN.contains(&message.state) || waiting.contains(&message.id) {
                erased.open += 1;
                continue;
            }
            erased.messages.push(message.id);
            if Removed::of(message) != Some(Removed::Erased) {
                fresh.push(message);
            }
        }
        erased.fresh = fresh.len();
        erase(connection, &fresh)?;
        Ok(erased)
    })
}

/// Those of the messages that have a place in the queue.
fn waiting(connection: &mut dyn Plain, ids: impl Iterator<Item = Uuid>) -> StoreResult<HashSet<Uuid>> {
    let sql = format!(
        "SELECT message_id FROM {} WHERE message_id IN ({})",
        connection.names().queue,
        connection.syntax().ids
    );
    let waiting = plain::rows(connection, &sql, &[plain::array(ids)], |row| row.next())?;
    Ok(waiting.into_iter().collect())
}

fn erase(connection: &mut dyn Plain, messages: &[&MessageRow]) -> StoreResult<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let syntax = connection.syntax();
    let names = connection.names();
    let hide = select::hide(names, syntax);
    let words = format!("UPDATE {} SET response = ?, error = ? WHERE id = {}", names.messages, syntax.id);
    let people = format!(
        "UPDATE {} SET profile_name = NULL WHERE id IN ({}) AND profile_name IS NOT NULL",
        names.messages, syntax.ids
    );
    let of_messages = format!("message_id IN ({})", syntax.ids);
    let details = format!("UPDATE {} SET detail = NULL WHERE {of_messages}", names.attempts);
    let all: Vec<Uuid> = messages.iter().map(|message| message.id).collect();
    let ids = plain::array(&all);
    let marks = [Value::Text(NO_TEXT.into()), Value::Text(Removed::Erased.content()), ids.clone()];
    plain::run(connection, &hide, &marks)?;
    plain::run(connection, &details, std::slice::from_ref(&ids))?;
    plain::run(connection, &people, std::slice::from_ref(&ids))?;
    pages::on_reports(connection, &all, |table, condition| {
        format!("UPDATE {table} SET body = NULL, error = NULL WHERE {condition}")
    })?;
    for message in messages {
        // The sentence about a success is always the same.
        let Some(error) = &message.error else { continue };
        let values = [WORDS.to_owned(), without_words(error), message.id.to_string()].map(Value::Text);
        plain::run(connection, &words, &values)?;
    }
    Ok(())
}

/// An error with its status, class and codes, and without its words.
fn without_words(error: &str) -> String {
    match serde_json::from_str::<Error>(error) {
        Ok(error) => {
            let bare = Error { message: WORDS.to_owned(), hint: None, ..error };
            serde_json::to_string(&bare).unwrap_or_default()
        }
        Err(_) => "{}".to_owned(),
    }
}

/// Takes the words out of the next events that tell of these messages, in one
/// transaction. Gives the place to go on from; none at the end.
pub fn events(
    connection: &mut dyn Plain,
    messages: &HashSet<Uuid>,
    after: EventCursor,
) -> StoreResult<Option<EventCursor>> {
    plain::still_wanted(connection)?;
    let syntax = connection.syntax();
    let table = connection.names().events.clone();
    let keys = syntax.event_key.join(", ");
    let (beyond, values) = (syntax.beyond)(syntax.event_key, &select::event_place(syntax, after));
    // Events that the messages' rows tell have no words of their own.
    let sql = format!(
        "SELECT {keys}, message_id FROM {table} WHERE {beyond} AND body <> '' \
         AND message_id IS NOT NULL ORDER BY {keys}"
    );
    let same = syntax.event_key.iter().map(|key| format!("{key} = ?")).collect::<Vec<_>>().join(" AND ");
    let read = format!("SELECT body FROM {table} WHERE {same}");
    let write = format!("UPDATE {table} SET body = ? WHERE {same}");
    plain::in_transaction(connection, |connection| {
        let looked = plain::rows(connection, &(syntax.first)(&sql, EVENTS), &values, |row| {
            Ok((select::read_event_place(syntax, row)?, row.next::<Uuid>()?))
        })?;
        for (at, _) in looked.iter().filter(|(_, message)| messages.contains(message)) {
            let place = select::event_place(syntax, *at);
            let Some(body) = plain::rows(connection, &read, &place, |row| row.text())?.pop() else {
                continue;
            };
            let Some(bare) = event_without_words(&body) else { continue };
            let values: Vec<Value> = std::iter::once(Value::Text(bare)).chain(place).collect();
            plain::run(connection, &write, &values)?;
        }
        Ok(looked.last().filter(|_| looked.len() == EVENTS).map(|(at, _)| *at))
    })
}

/// How many events are looked at in one step: small rows.
const EVENTS: usize = 5000;

/// What stays of an event that tells of a message from a person.
const STAYS: [&str; 6] = ["provider", "provider_at", "account_id", "phone_number_id", "number", "message_id"];

/// The event as it is, but for the sentence and the words of the error, or for
/// what a person wrote. None where it has none: SQL Server tells an event again
/// that is written again.
pub(super) fn event_without_words(body: &str) -> Option<String> {
    let mut event = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(body).ok()?;
    if let Some(webhook) = event.get_mut("webhook").and_then(|webhook| webhook.as_object_mut()) {
        let before = webhook.len();
        webhook.retain(|key, _| STAYS.contains(&key.as_str()));
        return (webhook.len() < before).then(|| serde_json::to_string(&event).ok()).flatten();
    }
    let outcome = event.get_mut("outcome")?.as_object_mut()?;
    let error = outcome.get("error").filter(|error| !error.is_null())?;
    let bare: serde_json::Value = serde_json::from_str(&without_words(&error.to_string())).ok()?;
    if *error == bare && outcome.get("response").is_some_and(|response| response == WORDS) {
        return None;
    }
    outcome.insert("error".into(), bare);
    outcome.insert("response".into(), WORDS.into());
    serde_json::to_string(&event).ok()
}
