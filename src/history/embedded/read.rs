//! Questions to SQLite.

use super::super::names::Names;
use super::super::query::{EventCursor, EventPage, EventQuery, Query, Row};
use super::super::record::{AttemptRow, Claimed, Direction, MessageRow, QueueRow};
use super::super::select::{self, Syntax, Value};
use super::super::store::StoreResult;
use super::store_error;
use crate::message::clock::Millis;
use crate::message::{Priority, State};
use rusqlite::types::ToSqlOutput;
use rusqlite::{Connection, OptionalExtension, ToSql, params_from_iter};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

// SQLite's LIKE compares letters of ASCII in any case.
const SYNTAX: Syntax = Syntax { like: "LIKE", id: "?" };

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Value::Text(text) => text.to_sql(),
            Value::Integer(number) => number.to_sql(),
        }
    }
}

pub fn find(connection: &Connection, names: &Names, id: Uuid) -> StoreResult<Option<Row>> {
    let message = connection
        .prepare_cached(&select::find(names, &SYNTAX))
        .and_then(|mut s| s.query_row([id.to_string()], message).optional())
        .map_err(store_error)?;
    let rows = with_attempts(connection, names, message.into_iter().collect())?;
    Ok(rows.into_iter().next())
}

pub fn page(connection: &Connection, names: &Names, query: &Query) -> StoreResult<Vec<Row>> {
    let (sql, values) = select::page(names, &SYNTAX, query);
    let messages: Vec<MessageRow> = connection
        .prepare_cached(&sql)
        .and_then(|mut s| s.query_map(params_from_iter(values), message)?.collect())
        .map_err(store_error)?;
    with_attempts(connection, names, messages)
}

fn with_attempts(connection: &Connection, names: &Names, messages: Vec<MessageRow>) -> StoreResult<Vec<Row>> {
    let mut attempts: HashMap<Uuid, Vec<AttemptRow>> = HashMap::new();
    for some in messages.chunks(100) {
        let found: Vec<(Uuid, AttemptRow)> = connection
            .prepare_cached(&select::attempts(names, &SYNTAX, some.len()))
            .and_then(|mut s| {
                s.query_map(params_from_iter(some.iter().map(|m| m.id.to_string())), attempt)?.collect()
            })
            .map_err(store_error)?;
        for (id, attempt) in found {
            attempts.entry(id).or_default().push(attempt);
        }
    }
    Ok(messages
        .into_iter()
        .map(|message| Row { attempts: attempts.remove(&message.id).unwrap_or_default(), message })
        .collect())
}

/// A message and its place in the queue.
pub fn claimed(connection: &Connection, names: &Names, id: &str) -> StoreResult<Option<Claimed>> {
    let place = format!(
        "SELECT state, worker, attempt, not_before, intent_at FROM {} WHERE message_id = ?1",
        names.queue
    );
    let queue = connection
        .prepare_cached(&place)
        .and_then(|mut s| {
            s.query_row([id], |row| {
                let queue = QueueRow {
                    state: state(row.get(0)?),
                    worker: row.get::<_, Option<String>>(1)?.and_then(|id| id.parse().ok()),
                    attempt: row.get(2)?,
                    not_before: Millis(row.get(3)?),
                };
                let began = row.get::<_, Option<i64>>(4)?;
                Ok((queue, began.map(|began| Claimed::age(Millis::now().0.saturating_sub(began)))))
            })
            .optional()
        })
        .map_err(store_error)?;
    let message = connection
        .prepare_cached(&select::find(names, &SYNTAX))
        .and_then(|mut s| s.query_row([id], message).optional())
        .map_err(store_error)?;
    Ok(match (message, queue) {
        (Some(message), Some((queue, age))) => Some(Claimed { message, queue, age }),
        _ => None,
    })
}

pub fn owned(connection: &Connection, names: &Names, ids: &[String]) -> StoreResult<HashSet<String>> {
    let sql =
        format!("SELECT provider_message_id FROM {} WHERE provider_message_id = ?1 LIMIT 1", names.attempts);
    let mut owned = HashSet::new();
    for id in ids {
        let found = connection.prepare_cached(&sql).and_then(|mut s| s.exists([id])).map_err(store_error)?;
        if found {
            owned.insert(id.clone());
        }
    }
    Ok(owned)
}

pub fn others_open(
    connection: &Connection,
    names: &Names,
    recipient: &str,
    except: Uuid,
) -> StoreResult<i64> {
    connection
        .prepare_cached(&select::others_open(names, &SYNTAX))
        .and_then(|mut s| s.query_row([recipient, &except.to_string()], |row| row.get(0)))
        .map_err(store_error)
}

pub fn events(connection: &Connection, names: &Names, query: &EventQuery) -> StoreResult<EventPage> {
    // What is not wanted is skipped by the cursor too, so that a consumer of
    // few kinds does not read the rest again and again.
    let newest: Option<i64> = connection
        .prepare_cached(&format!("SELECT max(seq) FROM {}", names.events))
        .and_then(|mut s| s.query_row([], |row| row.get(0)))
        .map_err(store_error)?;
    let after = query.after.unwrap_or_default();
    let Some(newest) = newest.filter(|newest| *newest > after.seq) else { return Ok(EventPage::default()) };
    let (kinds, kind_values) = select::event_kinds(query);
    let sql = format!(
        "SELECT seq, body FROM {} WHERE seq > ? AND seq <= ? AND account_key = ?{kinds} ORDER BY seq LIMIT ?",
        names.events
    );
    let mut values =
        vec![Value::Integer(after.seq), Value::Integer(newest), Value::Text(query.account_key.clone())];
    values.extend(kind_values);
    values.push(Value::Integer(query.most as i64));
    let found: Vec<(i64, String)> = connection
        .prepare_cached(&sql)
        .and_then(|mut s| {
            s.query_map(params_from_iter(values), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })
        .map_err(store_error)?;
    let last = if found.len() == query.most { found.last().map_or(newest, |(seq, _)| *seq) } else { newest };
    Ok(EventPage {
        bodies: found.into_iter().map(|(_, body)| body).collect(),
        last: Some(EventCursor { transaction: 0, seq: last }),
    })
}

pub fn acknowledged(
    connection: &Connection,
    names: &Names,
    account_key: &str,
    consumer: &str,
) -> StoreResult<Option<String>> {
    let sql = format!("SELECT position FROM {} WHERE account_key = ?1 AND consumer = ?2", names.consumers);
    connection
        .prepare_cached(&sql)
        .and_then(|mut s| s.query_row([account_key, consumer], |row| row.get(0)).optional())
        .map_err(store_error)
}

pub fn recall(
    connection: &Connection,
    names: &Names,
    account_key: &str,
    key: &str,
    now: Millis,
) -> StoreResult<Option<String>> {
    let sql = format!(
        "SELECT value FROM {} WHERE account_key = ?1 AND memory_key = ?2 AND expires_at > ?3",
        names.remembered
    );
    connection
        .prepare_cached(&sql)
        .and_then(|mut s| s.query_row((account_key, key, now.0), |row| row.get(0)).optional())
        .map_err(store_error)
}

fn state(number: i16) -> State {
    State::from_number(number).unwrap_or(State::Unknown)
}

fn message(row: &rusqlite::Row<'_>) -> rusqlite::Result<MessageRow> {
    Ok(MessageRow {
        id: row.get::<_, String>(0)?.parse().unwrap_or_default(),
        seq: row.get(1)?,
        created_at: Millis(row.get(2)?),
        updated_at: Millis(row.get(3)?),
        account_key: row.get(4)?,
        provider: row.get(5)?,
        direction: if row.get::<_, i16>(6)? == 1 { Direction::Inbound } else { Direction::Outbound },
        kind: row.get(7)?,
        state: state(row.get(8)?),
        version: row.get(9)?,
        attempts: row.get(10)?,
        priority: Priority::from_number(row.get(11)?),
        sender: row.get(12)?,
        recipient: row.get(13)?,
        contact_id: row.get(14)?,
        reference: row.get(15)?,
        campaign_id: row.get(16)?,
        correlation_id: row.get(17)?,
        category: row.get(18)?,
        template: row.get(19)?,
        body: row.get(20)?,
        content: row.get(21)?,
        provider_message_id: row.get(22)?,
        response: row.get(23)?,
        error: row.get(24)?,
        not_before: row.get::<_, Option<i64>>(25)?.map(Millis),
        expires_at: row.get::<_, Option<i64>>(26)?.map(Millis),
        recipient_id: row.get(27)?,
        provider_status: row.get(28)?,
    })
}

fn attempt(row: &rusqlite::Row<'_>) -> rusqlite::Result<(Uuid, AttemptRow)> {
    let attempt = AttemptRow {
        number: row.get(1)?,
        began_at: Millis(row.get(2)?),
        took_ms: row.get(3)?,
        state: state(row.get(4)?),
        http_status: row.get(5)?,
        provider_code: row.get(6)?,
        trace_id: row.get(7)?,
        class: row.get(8)?,
        provider_message_id: row.get(9)?,
        wait_ms: row.get(10)?,
        detail: row.get(11)?,
    };
    Ok((row.get::<_, String>(0)?.parse().unwrap_or_default(), attempt))
}
