//! Leases, claims and small questions in SQL Server: the statements. Each
//! commits itself. One that writes two tables does so twice, in an order in
//! which the first alone is enough.
//!
//! Placeholders stand in the order of the values, so they are put into
//! variables first. Those for texts are wide: a variable cuts what is too long
//! for it, a column refuses it.

use super::clock::CLOCK;
use crate::history::merge::number;
use crate::history::names::Names;
use crate::history::select;
use crate::history::tables::message_columns;
use crate::message::State;

pub fn renew(names: &Names) -> String {
    let update = "alive_until = @now + @lease";
    format!(
        "SET NOCOUNT ON; DECLARE @worker uniqueidentifier = CAST(? AS uniqueidentifier), @account nvarchar(4000) = ?, \
         @host nvarchar(4000) = ?, @lease bigint = ?, @now bigint = {CLOCK}; {}",
        store(
            &names.workers,
            "worker = @worker",
            update,
            "worker, account_key, epoch, host, started_at, alive_until",
            "@worker, @account, 1, @host, @now, @now + @lease"
        )
    )
}

/// Changes a row, or inserts it where it is not there. Of two that come to the
/// same at once, one waits for the other.
fn store(table: &str, key: &str, update: &str, columns: &str, values: &str) -> String {
    format!(
        "UPDATE {table} SET {update} WHERE {key}; IF @@ROWCOUNT = 0 INSERT INTO {table} ({columns}) SELECT {values} \
         WHERE NOT EXISTS (SELECT 1 FROM {table} WITH (UPDLOCK, HOLDLOCK) WHERE {key})"
    )
}

pub fn release(names: &Names) -> String {
    // A worker whose lease has ended holds nothing back, so places that are
    // locked at this moment may be left as they are.
    format!(
        "SET NOCOUNT ON; DECLARE @worker uniqueidentifier = CAST(? AS uniqueidentifier), \
         @again uniqueidentifier = CAST(? AS uniqueidentifier); \
         UPDATE {workers} SET alive_until = 0 WHERE worker = @worker; \
         UPDATE q SET worker = NULL FROM {queue} q WITH (READPAST, ROWLOCK, READCOMMITTEDLOCK) \
         WHERE q.worker = @again AND q.state = {queued}",
        workers = names.workers,
        queue = names.queue,
        queued = number(State::Queued),
    )
}

/// Rows that others have locked are passed by: also on a server whose readers
/// see the state before (READCOMMITTEDLOCK).
const OF_NOBODY_ELSE: &str = "WITH (UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK)";

pub fn claim(names: &Names) -> String {
    let due = format!(
        "SELECT TOP (@most) d.message_id, d.epoch FROM {queue} d {OF_NOBODY_ELSE} WHERE d.state = {queued} \
         AND d.account_key = @account AND d.not_before <= @now AND (d.worker IS NULL OR NOT EXISTS (SELECT 1 \
         FROM {workers} w WHERE w.worker = d.worker AND w.alive_until > @now)) ORDER BY d.priority, d.not_before",
        queue = names.queue,
        workers = names.workers,
        queued = number(State::Queued),
    );
    let variables = "@account nvarchar(4000) = ?, @most bigint = ?";
    take(names, variables, &due, &[State::Queued])
}

pub fn take_over(names: &Names) -> String {
    // An attempt is left alone until its worker can no longer be waiting for
    // the answer; one whose end is unknown can be looked after at once, but for
    // what was left to rest until its time.
    let intent_at = "COALESCE(d.intent_at, 0)";
    let alive_until = format!("COALESCE(w.alive_until, {intent_at})");
    let left = format!(
        "SELECT TOP (@most) d.message_id, d.epoch FROM {queue} d {OF_NOBODY_ELSE} LEFT JOIN {workers} w ON w.worker = d.worker \
         WHERE d.account_key = @account AND ((d.state = {unknown} AND (w.alive_until IS NULL OR w.alive_until <= @now) \
         AND (d.worker IS NOT NULL OR d.not_before <= @now)) OR (d.state = {sending} \
         AND {alive_until} <= @now - @grace AND {intent_at} <= @now - @grace))",
        queue = names.queue,
        workers = names.workers,
        sending = number(State::Sending),
        unknown = number(State::Unknown),
    );
    let variables = "@account nvarchar(4000) = ?, @grace bigint = ?, @most bigint = ?";
    take(names, variables, &left, &[State::Sending, State::Unknown])
}

/// Makes a worker the owner of what `which` selects and locks, and gives it.
/// One statement, so that a claim whose answer fails has taken nothing. State
/// and mark are looked at once more, for servers that know of no such locks:
/// every claim leaves a mark of its own.
fn take(names: &Names, variables: &str, which: &str, states: &[State]) -> String {
    let states: Vec<String> = states.iter().map(|state| number(*state).to_string()).collect();
    format!(
        "SET NOCOUNT ON; DECLARE {variables}, @worker uniqueidentifier = CAST(? AS uniqueidentifier), \
         @mark bigint = ?, @now bigint = {CLOCK}; \
         UPDATE q SET worker = @worker, epoch = @mark OUTPUT {columns}, inserted.state, inserted.worker, \
         inserted.attempt, inserted.not_before - @now, @now - inserted.intent_at, inserted.expires_at - @now \
         FROM ({which}) due, {queue} q WITH (ROWLOCK, FORCESEEK), {messages} m WITH (FORCESEEK) \
         WHERE q.message_id = due.message_id AND m.id = q.message_id AND q.epoch = due.epoch AND q.state IN ({states})",
        columns = message_columns("m."),
        queue = names.queue,
        messages = names.messages,
        states = states.join(", "),
    )
}

pub fn claimed(names: &Names) -> String {
    format!(
        "SET NOCOUNT ON; DECLARE @worker uniqueidentifier = CAST(? AS uniqueidentifier), @mark bigint = ?, \
         @now bigint = {CLOCK}; SELECT {}, q.state, q.worker, q.attempt, q.not_before - @now, @now - q.intent_at, q.expires_at - @now \
         FROM {} q JOIN {} m ON m.id = q.message_id WHERE q.worker = @worker AND q.epoch = @mark",
        message_columns("m."),
        names.queue,
        names.messages
    )
}

pub fn acknowledge(names: &Names) -> String {
    format!(
        "SET NOCOUNT ON; DECLARE @account nvarchar(4000) = ?, @consumer nvarchar(4000) = ?, \
         @position nvarchar(4000) = ?, @now bigint = {CLOCK}; {}",
        store(
            &names.consumers,
            "account_key = @account AND consumer = @consumer",
            "position = @position, updated_at = @now",
            "account_key, consumer, position, updated_at",
            "@account, @consumer, @position, @now"
        )
    )
}

pub fn remember(names: &Names) -> String {
    let table = &names.remembered;
    format!(
        "SET NOCOUNT ON; DECLARE @account nvarchar(4000) = ?, @now bigint = ?, @stays nvarchar(4000) = ?, \
         @whose nvarchar(4000) = ?, @key nvarchar(4000) = ?, @value nvarchar(max) = CAST(? AS nvarchar(max)), \
         @end bigint = ?; \
         DELETE FROM {table} WHERE account_key = @account AND expires_at <= @now AND memory_key <> @stays; {}",
        store(
            table,
            "account_key = @whose AND memory_key = @key",
            "value = @value, expires_at = @end",
            "account_key, memory_key, value, expires_at",
            "@whose, @key, @value, @end"
        )
    )
}

pub fn attempts(names: &Names) -> String {
    select::attempts(names, super::IDS)
}

pub fn owned(names: &Names) -> String {
    // That the column is not empty is said for the index, which has only those.
    format!(
        "SELECT DISTINCT a.provider_message_id FROM OPENJSON(CAST(? AS nvarchar(max))) j JOIN {} a \
         ON a.provider_message_id = CAST(j.value AS nvarchar(600)) COLLATE Latin1_General_BIN2 \
         WHERE a.provider_message_id IS NOT NULL",
        names.attempts
    )
}

pub fn age(names: &Names) -> String {
    format!("SELECT {CLOCK} - intent_at FROM {} WHERE message_id = CAST(? AS uniqueidentifier)", names.queue)
}
