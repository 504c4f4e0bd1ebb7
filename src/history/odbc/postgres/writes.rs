//! Writing a batch in PostgreSQL: the statements.
//!
//! A statement writes every table concerned, as a chain of common table
//! expressions in which each takes its rows from the one before.

use super::clock::{CLOCK, STATEMENT_CLOCK};
use super::schema::type_of;
use crate::history::implied::THE_TEXT;
use crate::history::kept::IS_REMOVED;
use crate::history::merge::{self, Teller, number};
use crate::history::names::Names;
use crate::history::odbc::answer::{DONE, KNOWN, REFERENCED};
use crate::history::odbc::rows::{self, Field};
use crate::history::tables::{MESSAGES, list};
use crate::message::State;

/// Each of the statements writes one of these tables at least. So whoever may
/// still store events holds a lock on one of them: PostgreSQL locks all the
/// tables that a statement writes before it gives the transaction its number.
pub fn written_by_all(names: &Names) -> [&str; 2] {
    [&names.messages, &names.events]
}

/// The rows of the parameter as a table named `input`.
fn input(fields: &[Field]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(name, kind)| format!("{name} {}", type_of(*kind))).collect();
    let fields = fields.join(", ");
    format!("input AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(CAST(? AS jsonb)) AS x({fields}))")
}

/// Stores the events of the rows of `source`.
pub fn insert_events(names: &Names, source: &str) -> String {
    format!(
        "INSERT INTO {} (event_id, account_key, kind, message_id, created_at, body, version, state) \
         SELECT event_id, event_account, event_kind, event_message, event_at, event_body, event_version, event_state \
         FROM {source} \
         WHERE event_id IS NOT NULL",
        names.events
    )
}

/// The workers of new messages that go at once whose places may stand in the
/// messages' own rows, as a table named `living`. The lock keeps others from
/// looking for what the worker left until all that it records is to be seen.
pub fn living(names: &Names, source: &str) -> String {
    format!(
        "living AS MATERIALIZED (SELECT w.worker FROM {workers} w WHERE w.open_from >= 0 \
         AND w.worker IN (SELECT queue_worker FROM {source}) FOR SHARE)",
        workers = names.workers,
    )
}

pub fn record(names: &Names) -> String {
    let columns = rows::names(&rows::message_fields(), "");
    let clocks: Vec<_> = MESSAGES.columns.iter().filter(|column| column.is_clock()).collect();
    let now = vec![CLOCK; clocks.len()].join(", ");
    let clocks = list(clocks.into_iter(), "");
    format!(
        // One look at the index an id (LATERAL): a join may be planned, on
        // tables that were empty when they were analysed, as a walk of it all.
        "WITH {input}, \
         known AS MATERIALIZED (SELECT m.id, \
         m.nonce = i.nonce AND m.recipient = i.recipient AND (m.content = i.content OR m.content LIKE '{IS_REMOVED}') \
         AND (m.content <> '{THE_TEXT}' OR m.body = i.body) AS own, \
         EXISTS (SELECT 1 FROM {queue} q WHERE q.message_id = i.id AND q.worker = i.queue_worker \
         AND (i.queue_state <> {sending} OR (q.state = {sending} AND q.attempt = i.queue_attempt))) \
         OR (m.worker = i.queue_worker AND i.queue_state = {sending} AND m.attempts = i.queue_attempt) AS held \
         FROM input i CROSS JOIN LATERAL (SELECT * FROM {messages} k WHERE k.id = i.id LIMIT 1) m), \
         reference AS (INSERT INTO {refs} AS r (scope, ref_hash, message_id, payload_hash, created_at) \
         SELECT scope, ref_hash, id, payload_hash, {CLOCK} FROM input \
         WHERE scope IS NOT NULL AND id NOT IN (SELECT id FROM known) \
         ON CONFLICT (scope, ref_hash) DO UPDATE SET message_id = r.message_id \
         RETURNING scope, ref_hash, message_id, payload_hash, xmax = 0 AS fresh), \
         lost AS MATERIALIZED (SELECT scope, ref_hash, message_id, payload_hash FROM reference WHERE NOT fresh), \
         {living}, \
         fresh AS MATERIALIZED (SELECT *, \
         queue_state = {sending} AND queue_worker IN (SELECT worker FROM living) AS at_once FROM input \
         WHERE id NOT IN (SELECT id FROM known) \
         AND (scope IS NULL OR (scope, ref_hash) NOT IN (SELECT scope, ref_hash FROM lost))), \
         message AS (INSERT INTO {messages} ({clocks}, worker, {columns}) \
         SELECT {now}, CASE WHEN at_once THEN queue_worker END, {columns} FROM fresh \
         ON CONFLICT (id) DO NOTHING RETURNING worker), \
         place AS (INSERT INTO {queue} (message_id, account_key, priority, not_before, expires_at, state, attempt, \
         worker, epoch, intent_at) SELECT id, account_key, priority, {STATEMENT_CLOCK} + queue_wait, \
         {STATEMENT_CLOCK} + queue_left, queue_state, \
         queue_attempt, queue_worker, 1, CASE WHEN queue_state = {sending} THEN {CLOCK} END FROM fresh \
         WHERE queue_state IS NOT NULL AND NOT at_once ON CONFLICT (message_id) DO NOTHING RETURNING 1), \
         event AS ({events}) \
         SELECT {DONE} AS what, CAST(count(*) AS text) AS a, \
         CAST((SELECT count(*) FROM place) + count(worker) AS text) AS b, NULL AS c, NULL AS d FROM message \
         UNION ALL SELECT {KNOWN}, CAST(id AS text), CASE WHEN own THEN '1' END, CASE WHEN held THEN '1' END, NULL \
         FROM known \
         UNION ALL SELECT {REFERENCED}, scope, ref_hash, CAST(message_id AS text), payload_hash FROM lost",
        input = input(&rows::record_fields()),
        living = living(names, "input"),
        messages = names.messages,
        refs = names.refs,
        sending = number(State::Sending),
        queue = names.queue,
        events = insert_events(names, "fresh"),
    )
}

pub fn intent(names: &Names) -> String {
    // The same attempt of the same worker may be written again: the first
    // commit's end was not known. What has expired since is held back later.
    format!(
        "WITH {input}, \
         place AS (UPDATE {queue} q SET state = {sending}, attempt = i.attempt, intent_at = {CLOCK} FROM input i \
         WHERE q.message_id = i.id AND q.worker = i.worker \
         AND ((q.state = {queued} AND (q.expires_at IS NULL OR q.expires_at > {CLOCK})) \
         OR (q.state = {sending} AND q.attempt = i.attempt)) RETURNING i.id, i.attempt, i.at), \
         message AS (UPDATE {messages} m SET state = {sending}, attention = NULL, attempts = p.attempt, updated_at = p.at \
         FROM place p WHERE m.id = p.id RETURNING m.id) \
         SELECT {DONE} AS what, CAST(id AS text) AS a, NULL AS b, NULL AS c, NULL AS d FROM message",
        input = input(rows::INTENT),
        queue = names.queue,
        queued = number(State::Queued),
        sending = number(State::Sending),
        messages = names.messages,
    )
}

pub fn settle(names: &Names) -> String {
    // An older version, or one that knows less than a report of delivery,
    // leaves the state alone, and the words that go with it; the attempt is
    // stored all the same. Of a worker that no longer holds the message, only
    // proof that the provider took it counts; it releases and resends nothing.
    //
    // The event is stored only where the row really changed: two workers may
    // have told of one version each, and the later one of a journal. Of a late
    // outcome that is judged under a lock of the row: whoever has the message now may
    // be telling the same at this moment.
    //
    // A place that another worker moves from the message's row into the queue
    // at this moment is in neither for this statement: it is asked once more.
    let accepted = number(State::Accepted);
    let columns =
        merge::Columns { held: "m.state", provider_message_id: "m.provider_message_id", reported: "i.state" };
    let late = format!("i.late AND {}", merge::wins(Teller::Provider, &[State::Accepted], &columns));
    let newer = "i.held AND m.version <= i.version";
    let takes_back = merge::takes_back("i.state", "i.attempt");
    let holder = merge::wins(Teller::Holder, State::ALL, &columns);
    let wins = format!("(({newer} AND {holder}) OR ({late}))");
    let own = rows::names([rows::PLACE, rows::ATTEMPT, rows::EVENT].into_iter().flatten(), "i.");
    format!(
        "WITH {input}, \
         own AS MATERIALIZED (SELECT q.message_id FROM input i JOIN {queue} q ON q.message_id = i.id \
         AND q.worker = i.owner ORDER BY q.message_id FOR UPDATE OF q), \
         in_row AS MATERIALIZED (SELECT m.id FROM input i CROSS JOIN LATERAL (SELECT k.id FROM {messages} k \
         WHERE k.id = i.id AND k.worker = i.owner LIMIT 1 FOR UPDATE) m), \
         known AS MATERIALIZED (SELECT i.*, \
         i.owner IS NULL OR o.message_id IS NOT NULL OR r.id IS NOT NULL AS held, \
         i.owner IS NOT NULL AND o.message_id IS NULL AND r.id IS NULL AND i.state = {accepted} AS late \
         FROM input i LEFT JOIN own o ON o.message_id = i.id LEFT JOIN in_row r ON r.id = i.id), \
         overtaken AS MATERIALIZED (SELECT m.id, m.version FROM known i CROSS JOIN LATERAL \
         (SELECT * FROM {messages} k WHERE k.id = i.id LIMIT 1 FOR UPDATE) m WHERE i.late), \
         judged AS MATERIALIZED (SELECT i.*, coalesce(o.version, m.version) AS before, m.state AS was, \
         m.worker IS NOT NULL AS at_once, \
         NOT i.held AND i.owner IS NOT NULL AND m.worker = i.owner AS moved FROM known i \
         CROSS JOIN LATERAL (SELECT * FROM {messages} k WHERE k.id = i.id LIMIT 1) m \
         LEFT JOIN overtaken o ON o.id = i.id), \
         message AS (UPDATE {messages} m SET \
         state = CASE WHEN {wins} THEN i.state ELSE m.state END, \
         attention = CASE WHEN {wins} THEN i.attention ELSE m.attention END, \
         response = CASE WHEN {wins} THEN i.response WHEN {newer} THEN coalesce(m.response, i.response) \
         ELSE m.response END, \
         error = CASE WHEN {wins} THEN i.error ELSE m.error END, \
         attempts = CASE WHEN {newer} AND {takes_back} THEN i.attempts ELSE greatest(m.attempts, i.attempts) END, \
         provider_message_id = CASE WHEN i.held OR ({late}) \
         THEN coalesce(i.provider_message_id, m.provider_message_id) ELSE m.provider_message_id END, \
         recipient_id = CASE WHEN i.held OR ({late}) \
         THEN coalesce(i.recipient_id, m.recipient_id) ELSE m.recipient_id END, \
         provider_status = CASE WHEN i.held OR ({late}) \
         THEN coalesce(i.provider_status, m.provider_status) ELSE m.provider_status END, \
         body = CASE WHEN m.content <> '{THE_TEXT}' AND m.content NOT LIKE '{IS_REMOVED}' AND (i.held OR ({late})) THEN coalesce(i.body, m.body) ELSE m.body END, \
         updated_at = CASE WHEN i.held OR ({late}) THEN i.at ELSE m.updated_at END, \
         worker = CASE WHEN (i.held AND m.version <= i.version) OR i.late THEN NULL ELSE m.worker END, \
         version = CASE WHEN i.held THEN greatest(m.version, i.version) \
         WHEN {late} THEN greatest(m.version, i.version) + 1 ELSE m.version END \
         FROM judged i WHERE m.id = i.id \
         RETURNING m.id, m.account_key, m.priority, m.recorded_at, m.created_at, m.expires_at, i.at_once, i.held, i.late, m.version = i.version AS current, \
         (m.version > i.before OR (i.held AND m.state <> i.was)) AND m.state = i.state AND (i.late OR m.version = i.version) AS tells, {own}), \
         attempt AS (INSERT INTO {attempts} AS t (message_id, attempt, account_key, began_at, took_ms, state, \
         http_status, provider_code, trace_id, class, provider_message_id, wait_ms, detail) \
         SELECT id, attempt, account_key, began_at, took_ms, attempt_state, http_status, provider_code, trace_id, \
         class, attempt_provider_id, wait_ms, detail FROM message n WHERE attempt IS NOT NULL \
         AND (held OR late OR NOT EXISTS (SELECT 1 FROM {attempts} k WHERE k.message_id = n.id \
         AND k.attempt = n.attempt AND k.state <> {unknown})) \
         ON CONFLICT (message_id, attempt) DO UPDATE SET state = excluded.state, \
         began_at = CASE WHEN t.took_ms = 0 THEN excluded.began_at ELSE t.began_at END, \
         took_ms = CASE WHEN t.took_ms = 0 THEN excluded.took_ms ELSE t.took_ms END, \
         http_status = coalesce(excluded.http_status, t.http_status), \
         provider_code = coalesce(excluded.provider_code, t.provider_code), \
         trace_id = coalesce(excluded.trace_id, t.trace_id), class = excluded.class, \
         provider_message_id = coalesce(excluded.provider_message_id, t.provider_message_id), \
         wait_ms = excluded.wait_ms, detail = excluded.detail), \
         gone AS (DELETE FROM {queue} q USING message m WHERE q.message_id = m.id AND ((m.held AND m.current \
         AND m.queue_state IS NULL) OR m.late)), \
         place AS (INSERT INTO {queue} (message_id, account_key, priority, not_before, expires_at, state, attempt, \
         worker, epoch, intent_at) SELECT id, account_key, priority, {STATEMENT_CLOCK} + queue_wait, \
         CASE WHEN at_once THEN recorded_at + (expires_at - created_at) ELSE expires_at END, queue_state, \
         queue_attempt, queue_worker, 1, CASE WHEN at_once THEN recorded_at END FROM message WHERE held AND current AND queue_state IS NOT NULL \
         ON CONFLICT (message_id) DO UPDATE SET not_before = excluded.not_before, state = excluded.state, \
         attempt = excluded.attempt, worker = excluded.worker), \
         event AS ({events}) \
         SELECT {DONE} AS what, CAST(id AS text) AS a, NULL AS b, NULL AS c, NULL AS d FROM message \
         WHERE held OR late \
         UNION ALL SELECT {KNOWN}, CAST(id AS text), NULL, NULL, NULL FROM judged WHERE moved",
        input = input(&rows::settlement_fields()),
        messages = names.messages,
        attempts = names.attempts,
        queue = names.queue,
        unknown = number(State::Unknown),
        events = insert_events(names, "message").replace("WHERE event_id", "WHERE tells AND event_id"),
    )
}

pub fn withdraw(names: &Names) -> String {
    // What is in that state already was withdrawn by a write whose end was
    // not known.
    let own = rows::names(rows::EVENT, "i.");
    format!(
        "WITH {input}, \
         before AS MATERIALIZED (SELECT m.id FROM input i CROSS JOIN LATERAL \
         (SELECT * FROM {messages} k WHERE k.id = i.id LIMIT 1) m WHERE m.state = i.state), \
         place AS (DELETE FROM {queue} q USING input i WHERE q.message_id = i.id AND q.state = {queued} \
         AND (i.owner IS NULL OR q.worker = i.owner) RETURNING i.id, i.state, i.attention, i.response, i.error, i.at, {own}), \
         message AS (UPDATE {messages} m SET state = p.state, attention = p.attention, response = p.response, \
         error = p.error, updated_at = p.at, version = m.version + 1 FROM place p WHERE m.id = p.id RETURNING m.id), \
         event AS ({events}) \
         SELECT {DONE} AS what, CAST(id AS text) AS a, NULL AS b, NULL AS c, NULL AS d FROM message \
         UNION ALL SELECT {DONE}, CAST(id AS text), NULL, NULL, NULL FROM before",
        input = input(&rows::withdrawal_fields()),
        queue = names.queue,
        queued = number(State::Queued),
        messages = names.messages,
        events = insert_events(names, "place"),
    )
}

pub fn event(names: &Names) -> String {
    format!(
        "WITH {input}, event AS ({events} RETURNING 1) \
         SELECT {DONE} AS what, CAST(count(*) AS text) AS a, NULL AS b, NULL AS c, NULL AS d FROM event",
        input = input(rows::EVENT),
        events = insert_events(names, "input"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_statement_is_without_the_lock_that_readers_of_events_look_for() {
        let names = Names::new(Some("whatsapp"), "wa_");
        let usual = super::super::usual::usual(&names);
        let careful = [record, intent, settle, withdraw, event].map(|statement| statement(&names));
        for statement in careful.into_iter().chain([usual.at_once, usual.any]) {
            let writes = |table: &str| {
                statement.contains(&format!("INSERT INTO {table} "))
                    || statement.contains(&format!("UPDATE {table} "))
            };
            assert!(written_by_all(&names).into_iter().any(writes), "{statement}");
        }
    }
}
