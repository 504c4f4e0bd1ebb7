//! The usual batch in PostgreSQL: one statement, in two forms.

use super::clock::{CLOCK, STATEMENT_CLOCK};
use super::schema::type_of;
use crate::history::merge::number;
use crate::history::names::Names;
use crate::history::odbc::answer::DONE;
use crate::history::odbc::dialect::UsualStatements;
use crate::history::odbc::rows::{self, Field};
use crate::history::odbc::usual::{END, INTENT, WAITS, columns};
use crate::history::record::{Direction, MessageRow};
use crate::message::State;

/// One of the arrays of the parameter as a table.
fn list(name: &str, fields: &[Field]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(name, kind)| format!("{name} {}", type_of(*kind))).collect();
    format!(
        "{name} AS MATERIALIZED (SELECT x.* FROM batch CROSS JOIN LATERAL \
         jsonb_to_recordset(batch.lists -> '{name}') AS x({}))",
        fields.join(", ")
    )
}

/// The rows of an array, each with where its message's place stands in the
/// queue: one look at the index a row. A join by the message may be planned, on
/// a queue that was empty then, as a walk of the whole queue.
fn with_places(name: &str, list: &str, queue: &str) -> String {
    format!(
        "{name} AS MATERIALIZED (SELECT l.*, k.ctid AS place FROM {list} l CROSS JOIN LATERAL \
         (SELECT q.ctid FROM {queue} q WHERE q.message_id = l.id LIMIT 1) k)"
    )
}

/// Whose batch it is.
const WORKER: &str = "(SELECT worker FROM batch)";
/// Whether that may have places in messages' own rows.
const LIVES: &str = "EXISTS (SELECT 1 FROM living)";

/// The statement for what goes at once, and the one that knows the queue too.
pub fn usual(names: &Names) -> UsualStatements {
    UsualStatements { at_once: statement(names, None), any: statement(names, Some(&queue(names))) }
}

/// What the statement has more where messages wait in the queue. The server
/// needs time for each part of a statement, also where it finds nothing to do.
struct Queue {
    tables: String,
    changes: &'static str,
    asked: &'static str,
}

fn queue(names: &Names) -> Queue {
    let (sending, queued) = (number(State::Sending), number(State::Queued));
    let tables = format!(
        // A plain look at the state of what waits would have the index of all
        // that is queued walked through.
        ", {intents}, {waiting}, {under_way}, \
         place AS (INSERT INTO {queue} (message_id, account_key, priority, not_before, expires_at, state, attempt, \
         worker, epoch) SELECT id, account_key, priority, {STATEMENT_CLOCK} + queue_wait, \
         {STATEMENT_CLOCK} + queue_left, {queued}, 0, {WORKER}, 1 FROM records WHERE queue_wait IS NOT NULL), \
         begun AS (UPDATE {queue} q SET state = {sending}, attempt = i.attempt, intent_at = {CLOCK} FROM waiting i \
         WHERE q.ctid = i.place AND q.worker = {WORKER} AND coalesce(q.state, {sending}) = {queued} \
         AND (q.expires_at IS NULL OR q.expires_at > {CLOCK}) RETURNING i.id, i.attempt, i.at), \
         intended AS (UPDATE {messages} m SET state = {sending}, attention = NULL, attempts = b.attempt, \
         updated_at = b.at FROM begun b WHERE m.id = b.id RETURNING 1), \
         gone AS (DELETE FROM {queue} q USING under_way i WHERE q.ctid = i.place AND q.worker = {WORKER} \
         AND q.state = {sending} RETURNING i.*), \
         settled_from_queue AS ({settle} FROM gone i WHERE m.id = i.id AND m.state = {sending} \
         AND m.version < i.version RETURNING 1)",
        intents = list("intents", INTENT),
        waiting = with_places("waiting", "intents", &names.queue),
        under_way = with_places("under_way", "ends", &names.queue),
        settle = settle(names),
        queue = names.queue,
        messages = names.messages,
    );
    Queue {
        tables,
        changes: " + (SELECT count(*) FROM intended) + (SELECT count(*) FROM settled_from_queue)",
        asked: " + (SELECT count(*) FROM intents)",
    }
}

fn settle(names: &Names) -> String {
    format!(
        "UPDATE {messages} m SET worker = NULL, updated_at = i.at, version = i.version, \
         attempts = i.attempts, state = {accepted}, attention = NULL, provider_message_id = i.provider_message_id, \
         recipient_id = i.recipient_id, provider_status = i.provider_status, response = NULL, error = NULL",
        messages = names.messages,
        accepted = number(State::Accepted),
    )
}

fn statement(names: &Names, queue: Option<&Queue>) -> String {
    let (accepted, sending) = (number(State::Accepted), number(State::Sending));
    let mut fields = columns();
    let names_of_columns = rows::names(&fields, "");
    // Attempts, state and attention of a new message, and what it has to be.
    let (state, worker, stored, at_once) = match queue {
        None => (format!("1, {sending}, NULL"), WORKER.to_owned(), LIVES.to_owned(), "true"),
        Some(_) => {
            fields.extend(WAITS);
            let queued = number(State::Queued);
            let attention = MessageRow::attention(State::Queued);
            let attention = attention.map_or("NULL".to_owned(), |number| number.to_string());
            let waits =
                |yes: &str, no: &str| format!("CASE WHEN queue_wait IS NULL THEN {no} ELSE {yes} END");
            (
                [
                    waits("0", "1"),
                    waits(&queued.to_string(), &sending.to_string()),
                    waits(&attention, "NULL"),
                ]
                .join(", "),
                waits("NULL", WORKER),
                format!("queue_wait IS NOT NULL OR {LIVES}"),
                "queue_wait IS NULL",
            )
        }
    };
    format!(
        // No conflict is looked for: an id that is there ends the statement.
        // So does the division at its end, where a count is not as it should be.
        "WITH batch AS MATERIALIZED (SELECT b.lists, CAST(b.lists ->> 'worker' AS uuid) AS worker \
         FROM (SELECT CAST(? AS jsonb) AS lists) b), {records}, {ends}, \
         living AS MATERIALIZED (SELECT w.worker FROM {workers} w WHERE w.worker = {WORKER} AND w.open_from >= 0 \
         AND EXISTS (SELECT 1 FROM records WHERE {at_once}) FOR SHARE), \
         message AS (INSERT INTO {messages} (recorded_at, worker, direction, updated_at, attempts, state, attention, \
         {names_of_columns}) SELECT {CLOCK}, {worker}, {outbound}, created_at, {state}, {names_of_columns} \
         FROM records WHERE {stored} RETURNING 1), \
         settled AS ({settle} FROM ends i WHERE m.id = i.id AND m.worker = {WORKER} AND m.state = {sending} \
         AND m.version < i.version RETURNING 1){tables}, \
         attempt AS (INSERT INTO {attempts} (message_id, attempt, account_key, began_at, took_ms, state, \
         http_status, trace_id, provider_message_id) SELECT id, attempts, account, began_at, took_ms, {accepted}, \
         http_status, trace_id, provider_message_id FROM ends), \
         event AS (INSERT INTO {events} (event_id, account_key, kind, message_id, created_at, body, version, state) \
         SELECT event_id, account, 'message', id, at, coalesce(event_body, ''), version, {accepted} FROM ends), \
         done AS (SELECT (SELECT count(*) FROM message) AS records, (SELECT count(*) FROM settled){changes} AS changes) \
         SELECT {DONE} / CASE WHEN done.records = (SELECT count(*) FROM records) \
         AND done.changes = (SELECT count(*) FROM ends){asked} THEN 1 ELSE 0 END AS what, \
         CAST(done.records AS text) AS a, CAST(done.changes AS text) AS b, NULL AS c, NULL AS d FROM done",
        records = list("records", &fields),
        ends = list("ends", END),
        outbound = Direction::Outbound as i16,
        settle = settle(names),
        tables = queue.map_or("", |queue| &queue.tables),
        changes = queue.map_or("", |queue| queue.changes),
        asked = queue.map_or("", |queue| queue.asked),
        workers = names.workers,
        messages = names.messages,
        attempts = names.attempts,
        events = names.events,
    )
}
