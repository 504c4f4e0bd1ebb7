//! Questions to SQLite.

use super::session::{RowFields, store_error};
use super::statements::{SYNTAX, Statements};
use crate::history::names::Names;
use crate::history::query::{EventCursor, EventPage, EventQuery, Row};
use crate::history::record::{AttemptRow, MessageRow};
use crate::history::select::{self, Value};
use crate::history::store::StoreResult;
use crate::history::tables::{read_attempt, read_message};
use crate::message::clock::Millis;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

pub fn find(connection: &Connection, names: &Names, sql: &Statements, id: Uuid) -> StoreResult<Option<Row>> {
    let message = connection
        .prepare_cached(&sql.questions.find)
        .and_then(|mut s| s.query_row([id.to_string()], message).optional())
        .map_err(store_error)?;
    let rows = with_attempts(connection, names, message.into_iter().collect())?;
    Ok(rows.into_iter().next())
}

fn with_attempts(connection: &Connection, names: &Names, messages: Vec<MessageRow>) -> StoreResult<Vec<Row>> {
    let mut attempts: HashMap<Uuid, Vec<AttemptRow>> = HashMap::new();
    for some in messages.chunks(100) {
        let ids = vec![SYNTAX.id; some.len()].join(", ");
        let found: Vec<(Uuid, AttemptRow)> = connection
            .prepare_cached(&select::attempts(names, &ids))
            .and_then(|mut s| {
                s.query_map(params_from_iter(some.iter().map(|m| m.id.to_string())), |row| {
                    read_attempt(&mut RowFields::new(row))
                })?
                .collect()
            })
            .map_err(store_error)?;
        for (id, attempt) in found {
            attempts.entry(id).or_default().push(attempt);
        }
    }
    Ok(Row::all(messages, attempts))
}

fn message(row: &rusqlite::Row<'_>) -> rusqlite::Result<MessageRow> {
    read_message(&mut RowFields::new(row))
}

pub fn owned(connection: &Connection, sql: &Statements, ids: &[String]) -> StoreResult<HashSet<String>> {
    let mut owned = HashSet::new();
    for id in ids {
        let found =
            connection.prepare_cached(&sql.owned).and_then(|mut s| s.exists([id])).map_err(store_error)?;
        if found {
            owned.insert(id.clone());
        }
    }
    Ok(owned)
}

pub fn others_open(
    connection: &Connection,
    sql: &Statements,
    recipient: &str,
    except: Uuid,
) -> StoreResult<i64> {
    connection
        .prepare_cached(&sql.questions.others_open)
        .and_then(|mut s| s.query_row([recipient, &except.to_string()], |row| row.get(0)))
        .map_err(store_error)
}

pub fn age(connection: &Connection, sql: &Statements, id: Uuid) -> StoreResult<Option<i64>> {
    connection
        .prepare_cached(&sql.age)
        .and_then(|mut s| s.query_row((id.to_string(), Millis::now().0), |row| row.get(0)).optional())
        .map(Option::flatten)
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
    sql: &Statements,
    account_key: &str,
    consumer: &str,
) -> StoreResult<Option<String>> {
    connection
        .prepare_cached(&sql.questions.acknowledged)
        .and_then(|mut s| s.query_row([account_key, consumer], |row| row.get(0)).optional())
        .map_err(store_error)
}

pub fn recall(
    connection: &Connection,
    sql: &Statements,
    account_key: &str,
    key: &str,
    now: Millis,
) -> StoreResult<Option<String>> {
    connection
        .prepare_cached(&sql.questions.recall)
        .and_then(|mut s| s.query_row((account_key, key, now.0), |row| row.get(0)).optional())
        .map_err(store_error)
}
