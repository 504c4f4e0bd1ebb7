//! The usual batch in PostgreSQL: one statement.

use super::clock::CLOCK;
use super::schema::type_of;
use super::writes::{insert_events, living};
use crate::history::merge::number;
use crate::history::names::Names;
use crate::history::odbc::answer::DONE;
use crate::history::odbc::rows::{self, Field};
use crate::history::odbc::usual::{WORKER, end_fields};
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

pub fn usual(names: &Names) -> String {
    let columns = rows::message_fields();
    let names_of_columns = rows::names(&columns, "");
    format!(
        // No conflict is looked for: an id that is there ends the statement.
        // So does the division at its end, where a count is not as it should be.
        "WITH batch AS MATERIALIZED (SELECT CAST(? AS jsonb) AS lists), {records}, {ends}, {living}, \
         message AS (INSERT INTO {messages} (recorded_at, worker, {names_of_columns}) \
         SELECT {CLOCK}, queue_worker, {names_of_columns} FROM records \
         WHERE queue_worker IN (SELECT worker FROM living) RETURNING 1), \
         settled AS (UPDATE {messages} m SET worker = NULL, updated_at = i.at, version = i.version, \
         attempts = i.attempts, state = {accepted}, attention = NULL, provider_message_id = i.provider_message_id, \
         recipient_id = i.recipient_id, provider_status = i.provider_status, response = NULL, error = NULL \
         FROM ends i WHERE m.id = i.id AND m.worker = i.owner AND m.state = {sending} AND m.version < i.version \
         RETURNING 1), \
         attempt AS (INSERT INTO {attempts} (message_id, attempt, account_key, began_at, took_ms, state, \
         http_status, provider_code, trace_id, class, provider_message_id, wait_ms, detail) \
         SELECT id, attempt, event_account, began_at, took_ms, attempt_state, http_status, provider_code, trace_id, \
         class, attempt_provider_id, wait_ms, detail FROM ends), \
         event AS ({events}), \
         done AS (SELECT (SELECT count(*) FROM message) AS records, (SELECT count(*) FROM settled) AS ends) \
         SELECT {DONE} / CASE WHEN done.records = (SELECT count(*) FROM records) \
         AND done.ends = (SELECT count(*) FROM ends) THEN 1 ELSE 0 END AS what, CAST(done.records AS text) AS a, \
         CAST(done.ends AS text) AS b, NULL AS c, NULL AS d FROM done",
        records = list("records", &[&columns[..], &[WORKER]].concat()),
        ends = list("ends", &end_fields()),
        living = living(names, "records"),
        messages = names.messages,
        attempts = names.attempts,
        accepted = number(State::Accepted),
        sending = number(State::Sending),
        events = insert_events(names, "ends"),
    )
}
