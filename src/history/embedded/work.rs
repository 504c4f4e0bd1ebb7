//! Leases and claims in SQLite.

use super::super::names::Names;
use super::super::record::Claimed;
use super::super::store::{Memorandum, StoreResult, Worker};
use super::{read, store_error};
use crate::message::clock::Millis;
use rusqlite::{Connection, params};
use std::time::Duration;
use uuid::Uuid;

pub fn renew(connection: &mut Connection, names: &Names, worker: &Worker) -> StoreResult<()> {
    let now = Millis::now();
    let sql = format!(
        "INSERT INTO {} (worker, account_key, epoch, host, started_at, alive_until) VALUES (?1, ?2, 1, ?3, ?4, ?5) \
         ON CONFLICT (worker) DO UPDATE SET alive_until = excluded.alive_until",
        names.workers
    );
    let until = now.plus(worker.lease.as_millis() as u64);
    connection
        .prepare_cached(&sql)
        .and_then(|mut s| {
            s.execute(params![worker.id.to_string(), worker.account_key, worker.host, now.0, until.0])
        })
        .map(|_| ())
        .map_err(store_error)
}

pub fn release(connection: &mut Connection, names: &Names, worker: Uuid) -> StoreResult<()> {
    let transaction = super::begin(connection)?;
    let id = worker.to_string();
    let free = format!("UPDATE {} SET worker = NULL WHERE worker = ?1 AND state = 0", names.queue);
    let end = format!("UPDATE {} SET alive_until = 0 WHERE worker = ?1", names.workers);
    transaction.execute(&free, [&id]).map_err(store_error)?;
    transaction.execute(&end, [&id]).map_err(store_error)?;
    transaction.commit().map_err(store_error)
}

pub fn claim(
    connection: &mut Connection,
    names: &Names,
    worker: &Worker,
    most: usize,
) -> StoreResult<Vec<Claimed>> {
    let now = Millis::now().0;
    let sql = format!(
        "SELECT message_id FROM {queue} WHERE state = 0 AND account_key = ?1 AND not_before <= ?2 AND (worker IS NULL \
         OR worker NOT IN (SELECT worker FROM {workers} WHERE alive_until > ?2)) \
         ORDER BY priority, not_before LIMIT ?3",
        queue = names.queue,
        workers = names.workers
    );
    take(connection, names, worker, &sql, params![worker.account_key, now, most as i64])
}

pub fn take_over(
    connection: &mut Connection,
    names: &Names,
    worker: &Worker,
    grace: Duration,
    most: usize,
) -> StoreResult<Vec<Claimed>> {
    let now = Millis::now().0;
    let dead_since = now - i64::try_from(grace.as_millis()).unwrap_or(i64::MAX / 2);
    // An attempt is left alone until its worker can no longer be waiting for
    // the answer; one whose end is unknown can be looked after at once, but for
    // what was left to rest until its time.
    let sql = format!(
        "SELECT q.message_id FROM {queue} q LEFT JOIN {workers} w ON w.worker = q.worker WHERE q.account_key = ?1 \
         AND ((q.state = 20 AND (w.alive_until IS NULL OR w.alive_until <= ?2) \
         AND (q.worker IS NOT NULL OR q.not_before <= ?2)) \
         OR (q.state = 10 AND coalesce(w.alive_until, q.intent_at, 0) <= ?3 AND coalesce(q.intent_at, 0) <= ?3)) LIMIT ?4",
        queue = names.queue,
        workers = names.workers
    );
    take(connection, names, worker, &sql, params![worker.account_key, now, dead_since, most as i64])
}

/// Makes this worker the owner of what `which` selects.
fn take(
    connection: &mut Connection,
    names: &Names,
    worker: &Worker,
    which: &str,
    values: &[&dyn rusqlite::ToSql],
) -> StoreResult<Vec<Claimed>> {
    // A look without a lock first: most of the time there is nothing.
    let any = connection.prepare_cached(which).and_then(|mut s| s.exists(values)).map_err(store_error)?;
    if !any {
        return Ok(Vec::new());
    }
    let transaction = super::begin(connection)?;
    let ids: Vec<String> = transaction
        .prepare_cached(which)
        .and_then(|mut s| s.query_map(values, |row| row.get(0))?.collect())
        .map_err(store_error)?;
    let own = format!("UPDATE {} SET worker = ?2 WHERE message_id = ?1", names.queue);
    let mut claimed = Vec::with_capacity(ids.len());
    for id in ids {
        transaction
            .prepare_cached(&own)
            .and_then(|mut s| s.execute([&id, &worker.id.to_string()]))
            .map_err(store_error)?;
        claimed.extend(read::claimed(&transaction, names, &id)?);
    }
    crate::points::reach("claiming");
    transaction.commit().map_err(store_error)?;
    Ok(claimed)
}

pub fn acknowledge(
    connection: &mut Connection,
    names: &Names,
    account_key: &str,
    consumer: &str,
    cursor: &str,
) -> StoreResult<()> {
    let sql = format!(
        "INSERT INTO {} (account_key, consumer, position, updated_at) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (account_key, consumer) DO UPDATE SET position = excluded.position, updated_at = excluded.updated_at",
        names.consumers
    );
    connection
        .prepare_cached(&sql)
        .and_then(|mut s| s.execute(params![account_key, consumer, cursor, Millis::now().0]))
        .map(|_| ())
        .map_err(store_error)
}

/// Expired rows go with every new one, so that the table stays small.
pub fn remember(
    connection: &mut Connection,
    names: &Names,
    account_key: &str,
    memory: &Memorandum,
) -> StoreResult<()> {
    let transaction = super::begin(connection)?;
    let sql = format!(
        "INSERT INTO {} (account_key, memory_key, value, expires_at) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (account_key, memory_key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
        names.remembered
    );
    let values = params![account_key, memory.key, memory.value, memory.expires_at.0];
    transaction.prepare_cached(&sql).and_then(|mut s| s.execute(values)).map_err(store_error)?;
    let sql = format!("DELETE FROM {} WHERE account_key = ?1 AND expires_at <= ?2", names.remembered);
    let values = params![account_key, Millis::now().0];
    transaction.prepare_cached(&sql).and_then(|mut s| s.execute(values)).map_err(store_error)?;
    transaction.commit().map_err(store_error)
}
