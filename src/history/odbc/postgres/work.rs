//! Leases, claims and small questions in PostgreSQL: the statements.

use super::clock::{CLOCK, STATEMENT_CLOCK};
use crate::history::merge::number;
use crate::history::names::Names;
use crate::history::select;
use crate::history::tables::message_columns;
use crate::message::State;

/// In a transaction, before the renewal: a statement sees what was committed
/// before it began, and not what it waited for. A batch that a lost connection
/// still has under way would be missing in what the renewal looks through.
pub fn hold_worker(names: &Names) -> String {
    format!("SELECT 1 FROM {} WHERE worker = CAST(? AS uuid) FOR UPDATE", names.workers)
}

pub fn renew(names: &Names) -> String {
    // What this worker records later comes after all that is there now.
    format!(
        "INSERT INTO {workers} AS w (worker, account_key, epoch, host, started_at, alive_until, open_from) \
         VALUES (CAST(? AS uuid), ?, 1, ?, {CLOCK}, {CLOCK} + ?, (SELECT coalesce(max(seq), 0) FROM {messages})) \
         ON CONFLICT (worker) DO UPDATE SET alive_until = excluded.alive_until, \
         open_from = coalesce((SELECT m.seq FROM {messages} m \
         WHERE m.seq >= CASE WHEN w.open_from < 0 THEN -1 - w.open_from ELSE w.open_from END \
         AND m.worker = w.worker ORDER BY m.seq LIMIT 1), excluded.open_from)",
        workers = names.workers,
        messages = names.messages,
    )
}

/// How many rows are looked through at once for what a dead worker left.
const AT_ONCE: i64 = 200_000;

pub fn adopt(names: &Names) -> String {
    // The first run keeps the worker from recording any more in this way,
    // should it live all the same; what it has recorded by then is seen by the
    // next one, and moved. Each looks through so many rows at the most.
    let dead = "w.alive_until <= clock AND w.account_key = asked.account FOR UPDATE OF w SKIP LOCKED";
    format!(
        "WITH asked AS MATERIALIZED (SELECT CAST(? AS text) COLLATE \"C\" AS account, {STATEMENT_CLOCK} AS clock), \
         noticed AS MATERIALIZED (SELECT w.worker FROM {workers} w, asked WHERE w.open_from >= 0 AND {dead}), \
         dead AS MATERIALIZED (SELECT w.worker, -1 - w.open_from AS open_from FROM {workers} w, asked \
         WHERE w.open_from < 0 AND {dead}), \
         fenced AS (UPDATE {workers} w SET open_from = -1 - w.open_from FROM noticed n WHERE w.worker = n.worker \
         RETURNING 1), \
         message AS (UPDATE {messages} m SET worker = NULL FROM dead d WHERE m.seq >= d.open_from \
         AND m.seq < d.open_from + {AT_ONCE} AND m.worker = d.worker RETURNING m.*, d.worker AS left_by), \
         place AS (INSERT INTO {queue} (message_id, account_key, priority, not_before, expires_at, state, attempt, \
         worker, epoch, intent_at) SELECT id, account_key, priority, recorded_at, \
         recorded_at + (expires_at - created_at), {sending}, attempts, left_by, 1, recorded_at FROM message \
         ON CONFLICT (message_id) DO NOTHING), \
         done AS (UPDATE {workers} w SET open_from = CASE WHEN d.open_from + {AT_ONCE} <= \
         (SELECT max(seq) FROM {messages}) THEN -1 - (d.open_from + {AT_ONCE}) END \
         FROM dead d WHERE w.worker = d.worker RETURNING w.open_from) \
         SELECT (SELECT count(*) FROM fenced) + (SELECT count(open_from) FROM done)",
        workers = names.workers,
        messages = names.messages,
        queue = names.queue,
        sending = number(State::Sending),
    )
}

pub fn release(names: &Names) -> String {
    format!(
        "WITH ended AS (UPDATE {workers} SET alive_until = 0 WHERE worker = CAST(? AS uuid) RETURNING 1), \
         freed AS (UPDATE {queue} SET worker = NULL WHERE worker = CAST(? AS uuid) AND state = {queued} RETURNING 1) \
         SELECT (SELECT count(*) FROM ended) + (SELECT count(*) FROM freed)",
        workers = names.workers,
        queue = names.queue,
        queued = number(State::Queued),
    )
}

pub fn claim(names: &Names) -> String {
    let due = format!(
        "SELECT q.message_id FROM {queue} q WHERE q.state = {queued} AND q.account_key = ? \
         AND q.not_before <= {STATEMENT_CLOCK} AND (q.worker IS NULL OR NOT EXISTS (SELECT 1 FROM {workers} w \
         WHERE w.worker = q.worker AND w.alive_until > {STATEMENT_CLOCK})) \
         ORDER BY q.priority, q.not_before LIMIT ? FOR UPDATE OF q SKIP LOCKED",
        queue = names.queue,
        workers = names.workers,
        queued = number(State::Queued),
    );
    take(names, &due)
}

pub fn take_over(names: &Names) -> String {
    // An attempt is left alone until its worker can no longer be waiting for
    // the answer; one whose end is unknown can be looked after at once, but for
    // what was left to rest until its time.
    let left = format!(
        "SELECT q.message_id FROM {queue} q LEFT JOIN {workers} w ON w.worker = q.worker WHERE q.account_key = ? \
         AND ((q.state = {unknown} AND (w.alive_until IS NULL OR w.alive_until <= {STATEMENT_CLOCK}) \
         AND (q.worker IS NOT NULL OR q.not_before <= {STATEMENT_CLOCK})) \
         OR (q.state = {sending} AND greatest(coalesce(w.alive_until, q.intent_at, 0), coalesce(q.intent_at, 0)) \
         <= {STATEMENT_CLOCK} - ?)) LIMIT ? FOR UPDATE OF q SKIP LOCKED",
        queue = names.queue,
        workers = names.workers,
        sending = number(State::Sending),
        unknown = number(State::Unknown),
    );
    take(names, &left)
}

/// Makes a worker the owner of what `which` selects and locks.
fn take(names: &Names, which: &str) -> String {
    format!(
        "WITH due AS MATERIALIZED ({which}), \
         q AS (UPDATE {queue} o SET worker = CAST(? AS uuid), epoch = ? FROM due WHERE o.message_id = due.message_id \
         RETURNING o.message_id, o.state, o.worker, o.attempt, o.not_before, o.intent_at, o.expires_at) {select} \
         ORDER BY m.priority, q.not_before",
        queue = names.queue,
        select = claimed_from(names, "q"),
    )
}

pub fn claimed(names: &Names) -> String {
    format!("{} WHERE q.worker = CAST(? AS uuid) AND q.epoch = ?", claimed_from(names, &names.queue))
}

/// Messages and their places, as `read_claimed` reads them.
fn claimed_from(names: &Names, places: &str) -> String {
    format!(
        "SELECT {}, q.state, q.worker, q.attempt, q.not_before - {CLOCK}, {CLOCK} - q.intent_at, \
         q.expires_at - {CLOCK} FROM {places} q \
         JOIN {messages} m ON m.id = q.message_id",
        message_columns("m."),
        messages = names.messages
    )
}

pub fn acknowledge(names: &Names) -> String {
    format!(
        "INSERT INTO {} (account_key, consumer, position, updated_at) VALUES (?, ?, ?, {CLOCK}) \
         ON CONFLICT (account_key, consumer) DO UPDATE SET position = excluded.position, updated_at = excluded.updated_at",
        names.consumers
    )
}

pub fn remember(names: &Names) -> String {
    let table = &names.remembered;
    format!(
        "WITH gone AS (DELETE FROM {table} WHERE account_key = ? AND expires_at <= CAST(? AS bigint) \
         AND memory_key <> ?) INSERT INTO {table} (account_key, memory_key, value, expires_at) \
         VALUES (?, ?, ?, CAST(? AS bigint)) ON CONFLICT (account_key, memory_key) \
         DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at"
    )
}

pub fn attempts(names: &Names) -> String {
    select::attempts(
        names,
        "SELECT CAST(i.id AS uuid) FROM jsonb_array_elements_text(CAST(? AS jsonb)) i(id)",
    )
}

pub fn owned(names: &Names) -> String {
    format!(
        "SELECT DISTINCT a.provider_message_id FROM jsonb_array_elements_text(CAST(? AS jsonb)) i(id) \
         JOIN {} a ON a.provider_message_id = i.id COLLATE \"C\"",
        names.attempts
    )
}

pub fn age(names: &Names) -> String {
    format!(
        "SELECT {CLOCK} - CASE WHEN m.worker IS NULL THEN q.intent_at ELSE m.recorded_at END FROM {messages} m \
         LEFT JOIN {queue} q ON q.message_id = m.id WHERE m.id = CAST(? AS uuid)",
        messages = names.messages,
        queue = names.queue,
    )
}
