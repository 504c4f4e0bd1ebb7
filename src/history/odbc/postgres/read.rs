//! Questions to PostgreSQL.

use super::super::super::names::Names;
use super::super::super::query::{Query, Row};
use super::super::super::record::{AttemptRow, Claimed, Direction, MessageRow, QueueRow};
use super::super::super::select::{self, ATTEMPT_COLUMNS, MESSAGE_COLUMNS, Syntax, Value};
use super::super::super::store::StoreResult;
use super::super::fields::Fields;
use super::super::json::Json;
use super::super::session::Session;
use super::CLOCK;
use crate::message::clock::Millis;
use crate::message::{Priority, State};
use odbc_api::Error;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

const SYNTAX: Syntax = Syntax { like: "ILIKE", id: "CAST(? AS uuid)" };

pub fn find(session: &mut Session, names: &Names, id: Uuid) -> StoreResult<Option<Row>> {
    let messages = session.rows(&select::find(names, &SYNTAX), &[Value::Text(id.to_string())], message)?;
    Ok(with_attempts(session, names, messages)?.into_iter().next())
}

pub fn page(session: &mut Session, names: &Names, query: &Query) -> StoreResult<Vec<Row>> {
    let (sql, values) = select::page(names, &SYNTAX, query);
    let messages = session.rows(&sql, &values, message)?;
    with_attempts(session, names, messages)
}

fn with_attempts(session: &mut Session, names: &Names, messages: Vec<MessageRow>) -> StoreResult<Vec<Row>> {
    let mut attempts: HashMap<Uuid, Vec<AttemptRow>> = HashMap::new();
    if !messages.is_empty() {
        let sql = format!(
            "SELECT {ATTEMPT_COLUMNS} FROM {} WHERE message_id IN \
             (SELECT CAST(i.id AS uuid) FROM jsonb_array_elements_text(CAST(? AS jsonb)) i(id)) \
             ORDER BY message_id, attempt",
            names.attempts
        );
        let mut ids = Json::default();
        ids.begin();
        for message in &messages {
            ids.element(&message.id.to_string());
        }
        for (id, attempt) in session.rows_of_batch(&sql, ids.end(), attempt)? {
            attempts.entry(id).or_default().push(attempt);
        }
    }
    Ok(messages
        .into_iter()
        .map(|message| Row { attempts: attempts.remove(&message.id).unwrap_or_default(), message })
        .collect())
}

/// Messages and their places in the queue, for `claimed_row`.
pub fn claimed(names: &Names) -> String {
    claimed_from(names, &names.queue)
}

/// The same where the places are those of another source.
pub fn claimed_from(names: &Names, places: &str) -> String {
    let columns = MESSAGE_COLUMNS
        .split(", ")
        .map(|column| format!("m.{}", column.trim()))
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "SELECT {columns}, q.state, q.worker, q.attempt, q.not_before - {CLOCK}, {CLOCK} - q.intent_at FROM {places} q \
         JOIN {messages} m ON m.id = q.message_id",
        messages = names.messages
    )
}

pub fn claimed_row(row: &mut Fields<'_, '_>) -> Result<Claimed, Error> {
    Ok(Claimed {
        message: message(row)?,
        queue: QueueRow {
            state: state(row)?,
            worker: row.id_or_null()?,
            attempt: row.small()?,
            not_before: Millis(Millis::now().0.saturating_add(row.number()?)),
        },
        age: row.number_or_null()?.map(Claimed::age),
    })
}

pub fn owned(session: &mut Session, names: &Names, ids: &[String]) -> StoreResult<HashSet<String>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = format!(
        "SELECT DISTINCT a.provider_message_id FROM jsonb_array_elements_text(CAST(? AS jsonb)) i(id) \
         JOIN {} a ON a.provider_message_id = i.id COLLATE \"C\"",
        names.attempts
    );
    let mut list = Json::default();
    list.begin();
    for id in ids {
        list.element(id);
    }
    Ok(session.rows_of_batch(&sql, list.end(), |row| row.text())?.into_iter().collect())
}

pub fn others_open(session: &mut Session, names: &Names, recipient: &str, except: Uuid) -> StoreResult<i64> {
    let values = [Value::Text(recipient.to_owned()), Value::Text(except.to_string())];
    let rows = session.rows(&select::others_open(names, &SYNTAX), &values, |row| row.number())?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

pub fn acknowledged(
    session: &mut Session,
    names: &Names,
    account_key: &str,
    consumer: &str,
) -> StoreResult<Option<String>> {
    let sql = format!("SELECT position FROM {} WHERE account_key = ? AND consumer = ?", names.consumers);
    let values = [account_key, consumer].map(|text| Value::Text(text.to_owned()));
    Ok(session.rows(&sql, &values, |row| row.text())?.into_iter().next())
}

pub fn recall(
    session: &mut Session,
    names: &Names,
    account_key: &str,
    key: &str,
    now: Millis,
) -> StoreResult<Option<String>> {
    let sql = format!(
        "SELECT value FROM {} WHERE account_key = ? AND memory_key = ? AND expires_at > CAST(? AS bigint)",
        names.remembered
    );
    let values = [Value::Text(account_key.to_owned()), Value::Text(key.to_owned()), Value::Integer(now.0)];
    Ok(session.rows(&sql, &values, |row| row.text())?.into_iter().next())
}

fn state(row: &mut Fields<'_, '_>) -> Result<State, Error> {
    Ok(State::from_number(row.small()?).unwrap_or(State::Unknown))
}

fn message(row: &mut Fields<'_, '_>) -> Result<MessageRow, Error> {
    // In the order of MESSAGE_COLUMNS.
    Ok(MessageRow {
        id: row.id()?,
        seq: row.number()?,
        created_at: Millis(row.number()?),
        updated_at: Millis(row.number()?),
        account_key: row.text()?,
        provider: row.text()?,
        direction: if row.number()? == 1 { Direction::Inbound } else { Direction::Outbound },
        kind: row.text()?,
        state: state(row)?,
        version: row.small()?,
        attempts: row.small()?,
        priority: Priority::from_number(row.small()?),
        sender: row.text_or_null()?,
        recipient: row.text()?,
        contact_id: row.text_or_null()?,
        reference: row.text_or_null()?,
        campaign_id: row.text_or_null()?,
        correlation_id: row.text_or_null()?,
        category: row.text_or_null()?,
        template: row.text_or_null()?,
        body: row.text()?,
        content: row.text()?,
        provider_message_id: row.text_or_null()?,
        response: row.text_or_null()?,
        error: row.text_or_null()?,
        not_before: row.number_or_null()?.map(Millis),
        expires_at: row.number_or_null()?.map(Millis),
        recipient_id: row.text_or_null()?,
        provider_status: row.text_or_null()?,
    })
}

fn attempt(row: &mut Fields<'_, '_>) -> Result<(Uuid, AttemptRow), Error> {
    // In the order of ATTEMPT_COLUMNS.
    let id = row.id()?;
    let attempt = AttemptRow {
        number: row.small()?,
        began_at: Millis(row.number()?),
        took_ms: row.number()?,
        state: state(row)?,
        http_status: row.number_or_null()?.and_then(|number| i32::try_from(number).ok()),
        provider_code: row.text_or_null()?,
        trace_id: row.text_or_null()?,
        class: row.text_or_null()?,
        provider_message_id: row.text_or_null()?,
        wait_ms: row.number_or_null()?,
        detail: row.text_or_null()?,
    };
    Ok((id, attempt))
}
