//! Leases and claims in PostgreSQL.

use super::super::super::names::Names;
use super::super::super::record::Claimed;
use super::super::super::select::Value;
use super::super::super::store::{Memorandum, StoreErrorKind, StoreResult, Worker};
use super::super::session::Session;
use super::{CLOCK, STATEMENT_CLOCK, read};
use crate::message::clock::Millis;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use uuid::Uuid;

/// Marks of claims whose connection was lost before their answer came. What
/// they took belongs to a living worker that knows nothing of it, so the
/// worker's next claim reads it again.
#[derive(Default)]
pub struct DoubtfulClaims(Mutex<Vec<(Uuid, i64)>>);

impl DoubtfulClaims {
    fn add(&self, worker: Uuid, mark: i64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((worker, mark));
    }

    fn take(&self, worker: Uuid) -> Vec<i64> {
        let mut marks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (own, others) = marks.drain(..).partition(|(of, _)| *of == worker);
        *marks = others;
        let own: Vec<(Uuid, i64)> = own;
        own.into_iter().map(|(_, mark)| mark).collect()
    }
}

pub fn renew(session: &mut Session, names: &Names, worker: &Worker) -> StoreResult<()> {
    let sql = format!(
        "INSERT INTO {} (worker, account_key, epoch, host, started_at, alive_until) \
         VALUES (CAST(? AS uuid), ?, 1, ?, {CLOCK}, {CLOCK} + ?) \
         ON CONFLICT (worker) DO UPDATE SET alive_until = excluded.alive_until",
        names.workers
    );
    let values = [
        id(worker.id),
        Value::Text(worker.account_key.clone()),
        Value::Text(worker.host.clone()),
        millis(worker.lease),
    ];
    session.rows(&sql, &values, |_| Ok(())).map(drop)
}

pub fn release(session: &mut Session, names: &Names, worker: Uuid) -> StoreResult<()> {
    let sql = format!(
        "WITH ended AS (UPDATE {workers} SET alive_until = 0 WHERE worker = CAST(? AS uuid) RETURNING 1), \
         freed AS (UPDATE {queue} SET worker = NULL WHERE worker = CAST(? AS uuid) AND state = 0 RETURNING 1) \
         SELECT (SELECT count(*) FROM ended) + (SELECT count(*) FROM freed)",
        workers = names.workers,
        queue = names.queue
    );
    session.rows(&sql, &[id(worker), id(worker)], |_| Ok(())).map(drop)
}

pub fn claim(
    session: &mut Session,
    names: &Names,
    doubtful: &DoubtfulClaims,
    worker: &Worker,
    most: usize,
) -> StoreResult<Vec<Claimed>> {
    let due = format!(
        "SELECT q.message_id FROM {queue} q WHERE q.state = 0 AND q.account_key = ? \
         AND q.not_before <= {STATEMENT_CLOCK} AND (q.worker IS NULL OR NOT EXISTS (SELECT 1 FROM {workers} w \
         WHERE w.worker = q.worker AND w.alive_until > {STATEMENT_CLOCK})) \
         ORDER BY q.priority, q.not_before LIMIT ? FOR UPDATE OF q SKIP LOCKED",
        queue = names.queue,
        workers = names.workers
    );
    take(session, names, doubtful, worker, &due, &[Value::Text(worker.account_key.clone()), count(most)])
}

pub fn take_over(
    session: &mut Session,
    names: &Names,
    doubtful: &DoubtfulClaims,
    worker: &Worker,
    grace: Duration,
    most: usize,
) -> StoreResult<Vec<Claimed>> {
    // An attempt is left alone until its worker can no longer be waiting for
    // the answer; one whose end is unknown can be looked after at once, but for
    // what was left to rest until its time.
    let left = format!(
        "SELECT q.message_id FROM {queue} q LEFT JOIN {workers} w ON w.worker = q.worker WHERE q.account_key = ? \
         AND ((q.state = 20 AND (w.alive_until IS NULL OR w.alive_until <= {STATEMENT_CLOCK}) \
         AND (q.worker IS NOT NULL OR q.not_before <= {STATEMENT_CLOCK})) \
         OR (q.state = 10 AND greatest(coalesce(w.alive_until, q.intent_at, 0), coalesce(q.intent_at, 0)) \
         <= {STATEMENT_CLOCK} - ?)) LIMIT ? FOR UPDATE OF q SKIP LOCKED",
        queue = names.queue,
        workers = names.workers
    );
    let values = [Value::Text(worker.account_key.clone()), millis(grace), count(most)];
    take(session, names, doubtful, worker, &left, &values)
}

/// Makes this worker the owner of what `which` selects and locks.
fn take(
    session: &mut Session,
    names: &Names,
    doubtful: &DoubtfulClaims,
    worker: &Worker,
    which: &str,
    values: &[Value],
) -> StoreResult<Vec<Claimed>> {
    let mut claimed = Vec::new();
    for mark in doubtful.take(worker.id) {
        let again = format!("{} WHERE q.worker = CAST(? AS uuid) AND q.epoch = ?", read::claimed(names));
        match session.rows(&again, &[id(worker.id), Value::Integer(mark)], read::claimed_row) {
            Ok(found) => claimed.extend(found),
            Err(error) => {
                doubtful.add(worker.id, mark);
                return Err(error);
            }
        }
    }
    if !claimed.is_empty() {
        return Ok(claimed);
    }
    // Random, so that it is this claim's alone.
    let mark = (Uuid::new_v4().as_u128() & (i64::MAX as u128)) as i64;
    let sql = format!(
        "WITH due AS MATERIALIZED ({which}), \
         q AS (UPDATE {queue} o SET worker = CAST(? AS uuid), epoch = ? FROM due WHERE o.message_id = due.message_id \
         RETURNING o.message_id, o.state, o.worker, o.attempt, o.not_before, o.intent_at) {select} \
         ORDER BY m.priority, q.not_before",
        queue = names.queue,
        select = read::claimed_from(names, "q"),
    );
    let mut all = values.to_vec();
    all.extend([id(worker.id), Value::Integer(mark)]);
    let taken = session.rows(&sql, &all, read::claimed_row);
    if matches!(&taken, Err(error) if error.kind == StoreErrorKind::Away) {
        doubtful.add(worker.id, mark);
    }
    taken
}

pub fn acknowledge(
    session: &mut Session,
    names: &Names,
    account_key: &str,
    consumer: &str,
    cursor: &str,
) -> StoreResult<()> {
    let sql = format!(
        "INSERT INTO {} (account_key, consumer, position, updated_at) VALUES (?, ?, ?, {CLOCK}) \
         ON CONFLICT (account_key, consumer) DO UPDATE SET position = excluded.position, updated_at = excluded.updated_at",
        names.consumers
    );
    let values = [account_key, consumer, cursor].map(|text| Value::Text(text.to_owned()));
    session.rows(&sql, &values, |_| Ok(())).map(drop)
}

/// Expired rows go with every new one, so that the table stays small.
pub fn remember(
    session: &mut Session,
    names: &Names,
    account_key: &str,
    memory: &Memorandum,
) -> StoreResult<()> {
    let table = &names.remembered;
    let sql = format!(
        "WITH gone AS (DELETE FROM {table} WHERE account_key = ? AND expires_at <= CAST(? AS bigint) \
         AND memory_key <> ?) INSERT INTO {table} (account_key, memory_key, value, expires_at) \
         VALUES (?, ?, ?, CAST(? AS bigint)) ON CONFLICT (account_key, memory_key) \
         DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at"
    );
    let text = |text: &str| Value::Text(text.to_owned());
    let values = [
        text(account_key),
        Value::Integer(Millis::now().0),
        text(&memory.key),
        text(account_key),
        text(&memory.key),
        text(&memory.value),
        Value::Integer(memory.expires_at.0),
    ];
    session.rows(&sql, &values, |_| Ok(())).map(drop)
}

fn id(id: Uuid) -> Value {
    Value::Text(id.to_string())
}

fn count(most: usize) -> Value {
    Value::Integer(i64::try_from(most).unwrap_or(i64::MAX))
}

fn millis(time: Duration) -> Value {
    // Bounded, so that adding it to the clock cannot overflow.
    Value::Integer(i64::try_from(time.as_millis()).unwrap_or(i64::MAX).min(i64::MAX / 4))
}
