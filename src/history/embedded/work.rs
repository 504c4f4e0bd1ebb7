//! Leases and claims in SQLite.

use super::session::{RowFields, begin, store_error};
use super::statements::Statements;
use crate::history::record::Claimed;
use crate::history::store::{Memorandum, StoreResult, Worker};
use crate::history::tables::read_claimed;
use crate::message::clock::Millis;
use rusqlite::{Connection, OptionalExtension, params};
use std::time::Duration;
use uuid::Uuid;

pub fn renew(connection: &mut Connection, sql: &Statements, worker: &Worker) -> StoreResult<()> {
    let now = Millis::now();
    let until = now.plus(worker.lease.as_millis() as u64);
    connection
        .prepare_cached(&sql.renew)
        .and_then(|mut s| {
            s.execute(params![worker.id.to_string(), worker.account_key, worker.host, now.0, until.0])
        })
        .map(|_| ())
        .map_err(store_error)
}

pub fn release(connection: &mut Connection, sql: &Statements, worker: Uuid) -> StoreResult<()> {
    let transaction = begin(connection)?;
    let id = worker.to_string();
    transaction.execute(&sql.free, [&id]).map_err(store_error)?;
    transaction.execute(&sql.end, [&id]).map_err(store_error)?;
    transaction.commit().map_err(store_error)
}

pub fn claim(
    connection: &mut Connection,
    sql: &Statements,
    worker: &Worker,
    most: usize,
) -> StoreResult<Vec<Claimed>> {
    let now = Millis::now().0;
    take(connection, sql, worker, &sql.due, params![worker.account_key, now, most as i64])
}

pub fn take_over(
    connection: &mut Connection,
    sql: &Statements,
    worker: &Worker,
    grace: Duration,
    most: usize,
) -> StoreResult<Vec<Claimed>> {
    let now = Millis::now().0;
    adopt(connection, sql, worker, now)?;
    let dead_since = now - i64::try_from(grace.as_millis()).unwrap_or(i64::MAX / 2);
    take(connection, sql, worker, &sql.left, params![worker.account_key, now, dead_since, most as i64])
}

/// Moves the places that dead workers left in the messages' own rows into the
/// queue, as they are.
fn adopt(connection: &mut Connection, sql: &Statements, worker: &Worker, now: i64) -> StoreResult<()> {
    let values = params![worker.account_key, now];
    // A look without a lock first: most of the time there is nothing.
    if !connection.prepare_cached(&sql.dead).and_then(|mut s| s.exists(values)).map_err(store_error)? {
        return Ok(());
    }
    let transaction = begin(connection)?;
    let dead: Vec<(String, i64)> = transaction
        .prepare_cached(&sql.dead)
        .and_then(|mut s| s.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .map_err(store_error)?;
    for (worker, open_from) in dead {
        let moved = |statement: &str| {
            transaction.prepare_cached(statement).and_then(|mut s| s.execute(params![worker, open_from]))
        };
        moved(&sql.adopt).and_then(|_| moved(&sql.adopted)).map_err(store_error)?;
        transaction.execute(&sql.closed, [worker]).map_err(store_error)?;
    }
    transaction.commit().map_err(store_error)
}

/// Makes this worker the owner of what `which` selects.
fn take(
    connection: &mut Connection,
    sql: &Statements,
    worker: &Worker,
    which: &str,
    values: &[&dyn rusqlite::ToSql],
) -> StoreResult<Vec<Claimed>> {
    // A look without a lock first: most of the time there is nothing.
    let any = connection.prepare_cached(which).and_then(|mut s| s.exists(values)).map_err(store_error)?;
    if !any {
        return Ok(Vec::new());
    }
    let transaction = begin(connection)?;
    let ids: Vec<String> = transaction
        .prepare_cached(which)
        .and_then(|mut s| s.query_map(values, |row| row.get(0))?.collect())
        .map_err(store_error)?;
    let mut claimed = Vec::with_capacity(ids.len());
    for id in ids {
        transaction
            .prepare_cached(&sql.own)
            .and_then(|mut s| s.execute([&id, &worker.id.to_string()]))
            .map_err(store_error)?;
        let now = Millis::now();
        let found = transaction
            .prepare_cached(&sql.claimed)
            .and_then(|mut s| {
                s.query_row(params![id, now.0], |row| read_claimed(&mut RowFields::new(row), now)).optional()
            })
            .map_err(store_error)?;
        claimed.extend(found);
    }
    crate::points::reach("claiming");
    transaction.commit().map_err(store_error)?;
    Ok(claimed)
}

pub fn acknowledge(
    connection: &mut Connection,
    sql: &Statements,
    account_key: &str,
    consumer: &str,
    cursor: &str,
) -> StoreResult<()> {
    connection
        .prepare_cached(&sql.acknowledge)
        .and_then(|mut s| s.execute(params![account_key, consumer, cursor, Millis::now().0]))
        .map(|_| ())
        .map_err(store_error)
}

/// Expired rows go with every new one, so that the table stays small.
pub fn remember(
    connection: &mut Connection,
    sql: &Statements,
    account_key: &str,
    memory: &Memorandum,
) -> StoreResult<()> {
    let transaction = begin(connection)?;
    let values = params![account_key, memory.key, memory.value, memory.expires_at.0];
    transaction.prepare_cached(&sql.remember).and_then(|mut s| s.execute(values)).map_err(store_error)?;
    let values = params![account_key, Millis::now().0];
    transaction.prepare_cached(&sql.forget).and_then(|mut s| s.execute(values)).map_err(store_error)?;
    transaction.commit().map_err(store_error)
}
