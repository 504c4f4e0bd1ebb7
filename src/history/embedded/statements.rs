//! The statements of SQLite, made once for each connection.

use crate::history::implied::THE_TEXT;
use crate::history::kept::IS_REMOVED;
use crate::history::merge::{self, Teller, number};
use crate::history::names::Names;
use crate::history::select::{self, Questions, Syntax};
use crate::history::tables::{Column, MESSAGES, list, message_columns};
use crate::message::State;

/// How SQLite writes what differs. Looking at each row is as quick here as its
/// LIKE, which ends at U+0000.
pub const SYNTAX: Syntax = Syntax {
    may_hold: None,
    ids: "SELECT value FROM json_each(?)",
    words: "SELECT value FROM json_each(?)",
    clock: super::batches::CLOCK,
    event_key: &["seq"],
    beyond: select::row_is_beyond,
    id: "?",
    number: "?",
    first,
    exactly: None,
    batches: super::batches::BATCHES,
};

fn first(select: &str, rows: usize) -> String {
    format!("{select} LIMIT {rows}")
}

/// The text of each statement.
pub struct Statements {
    /// Of a message with this id: whether it has this nonce and payload, and
    /// whether its place is this worker's, in this attempt where one began.
    pub known: String,
    /// Takes a reference, unless it is taken.
    pub take_reference: String,
    /// Who took a reference first.
    pub first_reference: String,
    /// A new message; the database's clock is the first value, the worker of a
    /// place in its own row the second.
    pub message: String,
    /// The place of a new message.
    pub enqueue: String,
    /// The beginning of an attempt, in the queue and in the message.
    pub intend: String,
    pub begin_attempt: String,
    /// Whether the places of a worker may stand in the messages' own rows.
    pub is_registered: String,
    /// Whether a message's place is a worker's, in the queue or in its own row.
    pub holds: String,
    /// How often a message has changed, and, where its place stands in its own
    /// row, when its attempt began.
    pub version: String,
    /// What became of a message, told by the worker that holds it.
    pub settle: String,
    /// The account of a message.
    pub account: String,
    /// Whether the end of an attempt is known.
    pub attempt_is_known: String,
    /// That the provider took it, told by a worker that lost it.
    pub settle_late: String,
    /// How many attempts there were at least, told by a worker that lost it.
    pub count: String,
    pub attempt: String,
    pub dequeue: String,
    /// Takes the place of a message that stands in its own row.
    pub let_go: String,
    pub requeue: String,
    /// Takes the place of a message that is given up.
    pub withdraw: String,
    pub withdrawn: String,
    pub state: String,
    pub event: String,

    pub renew: String,
    pub free: String,
    pub end: String,
    /// Dead workers that may have left places in the messages' own rows, and
    /// from which message on.
    pub dead: String,
    /// Moves the places that one of them left into the queue, as they are.
    pub adopt: String,
    pub adopted: String,
    pub closed: String,
    /// Places that are due and free.
    pub due: String,
    /// Places of dead workers whose attempt had begun or whose end is unknown.
    pub left: String,
    pub own: String,
    pub claimed: String,
    pub acknowledge: String,
    pub remember: String,
    pub forget: String,

    pub owned: String,
    /// How long ago an attempt began; the database's clock is the second value.
    pub age: String,
    pub questions: Questions,
    /// Takes the text out of messages that have ended.
    pub hide: String,
}

impl Statements {
    pub fn new(names: &Names) -> Statements {
        let Names { workers, messages, attempts, queue, events, consumers, refs, remembered, .. } = names;
        let (queued, sending, unknown, accepted) =
            (number(State::Queued), number(State::Sending), number(State::Unknown), number(State::Accepted));
        Statements {
            known: format!(
                "SELECT coalesce(nonce = ?2 AND recipient = ?3 AND (content LIKE '{IS_REMOVED}' \
                 OR content = ?4 AND (content <> '{THE_TEXT}' OR body = ?8)), 0), \
                 EXISTS (SELECT 1 FROM {queue} WHERE message_id = ?1 AND worker = ?5 \
                 AND (?6 <> {sending} OR (state = {sending} AND attempt = ?7))) \
                 OR coalesce(worker = ?5 AND ?6 = {sending} AND attempts = ?7, 0) FROM {messages} WHERE id = ?1"
            ),
            take_reference: format!(
                "INSERT INTO {refs} (scope, ref_hash, message_id, payload_hash, created_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (scope, ref_hash) DO NOTHING"
            ),
            first_reference: format!(
                "SELECT message_id, payload_hash FROM {refs} WHERE scope = ?1 AND ref_hash = ?2"
            ),
            message: insert_message(messages),
            enqueue: format!(
                "INSERT INTO {queue} (message_id, account_key, priority, not_before, expires_at, state, attempt, \
                 worker, epoch, intent_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9)"
            ),
            // The same attempt of the same worker may be written again: the
            // first commit's end was not known. What has expired since is held
            // back later.
            intend: format!(
                "UPDATE {queue} SET state = {sending}, attempt = ?2, intent_at = ?4 \
                 WHERE message_id = ?1 AND worker = ?3 \
                 AND ((state = {queued} AND (expires_at IS NULL OR expires_at > ?4)) \
                 OR (state = {sending} AND attempt = ?2))"
            ),
            begin_attempt: format!(
                "UPDATE {messages} SET state = {sending}, attention = NULL, attempts = ?2, updated_at = ?3 \
                 WHERE id = ?1"
            ),
            is_registered: format!("SELECT 1 FROM {workers} WHERE worker = ?1 AND open_from IS NOT NULL"),
            holds: format!(
                "SELECT 1 FROM {queue} WHERE message_id = ?1 AND worker = ?2 \
                 UNION ALL SELECT 1 FROM {messages} WHERE id = ?1 AND worker = ?2"
            ),
            version: format!(
                "SELECT version, state, CASE WHEN worker IS NOT NULL THEN recorded_at END FROM {messages} WHERE id = ?1"
            ),
            settle: settle(messages),
            account: format!("SELECT account_key FROM {messages} WHERE id = ?1"),
            attempt_is_known: format!(
                "SELECT 1 FROM {attempts} WHERE message_id = ?1 AND attempt = ?2 AND state <> {unknown}"
            ),
            settle_late: format!(
                "UPDATE {messages} SET state = {accepted}, attention = NULL, response = ?2, error = ?3, \
                 provider_message_id = ?4, \
                 body = CASE WHEN content <> '{THE_TEXT}' AND content NOT LIKE '{IS_REMOVED}' THEN coalesce(?5, body) ELSE body END, attempts = max(attempts, ?6), updated_at = ?7, \
                 version = max(version, ?8) + 1, recipient_id = coalesce(?9, recipient_id), \
                 provider_status = coalesce(?10, provider_status) WHERE id = ?1 AND {}",
                merge::wins(
                    Teller::Provider,
                    &[State::Accepted],
                    &merge::Columns { reported: &accepted.to_string(), ..COLUMNS }
                )
            ),
            count: format!("UPDATE {messages} SET attempts = ?2 WHERE id = ?1 AND attempts < ?2"),
            attempt: format!(
                "INSERT INTO {attempts} (message_id, attempt, account_key, began_at, took_ms, state, http_status, \
                 provider_code, trace_id, class, provider_message_id, wait_ms, detail) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
                 ON CONFLICT (message_id, attempt) DO UPDATE SET state = excluded.state, \
                 began_at = CASE WHEN took_ms = 0 THEN excluded.began_at ELSE began_at END, \
                 took_ms = CASE WHEN took_ms = 0 THEN excluded.took_ms ELSE took_ms END, \
                 http_status = coalesce(excluded.http_status, http_status), \
                 provider_code = coalesce(excluded.provider_code, provider_code), \
                 trace_id = coalesce(excluded.trace_id, trace_id), class = excluded.class, \
                 provider_message_id = coalesce(excluded.provider_message_id, provider_message_id), \
                 wait_ms = excluded.wait_ms, detail = excluded.detail"
            ),
            dequeue: format!("DELETE FROM {queue} WHERE message_id = ?1"),
            let_go: format!("UPDATE {messages} SET worker = NULL WHERE id = ?1 AND worker IS NOT NULL"),
            requeue: format!(
                "INSERT INTO {queue} (message_id, account_key, priority, not_before, expires_at, state, attempt, \
                 worker, epoch, intent_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9) \
                 ON CONFLICT (message_id) DO UPDATE SET \
                 not_before = excluded.not_before, state = excluded.state, attempt = excluded.attempt, \
                 worker = excluded.worker"
            ),
            withdraw: format!(
                "DELETE FROM {queue} WHERE message_id = ?1 AND state = {queued} AND (?2 IS NULL OR worker = ?2)"
            ),
            withdrawn: format!(
                "UPDATE {messages} SET state = ?2, attention = ?3, response = ?4, error = ?5, updated_at = ?6, \
                 version = version + 1 WHERE id = ?1"
            ),
            state: format!("SELECT state FROM {messages} WHERE id = ?1"),
            event: format!(
                "INSERT INTO {events} (event_id, account_key, kind, message_id, created_at, body, version, state) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
            ),

            renew: format!(
                "INSERT INTO {workers} AS w (worker, account_key, epoch, host, started_at, alive_until, open_from) \
                 VALUES (?1, ?2, 1, ?3, ?4, ?5, (SELECT coalesce(max(seq), 0) FROM {messages})) \
                 ON CONFLICT (worker) DO UPDATE SET alive_until = excluded.alive_until, \
                 open_from = coalesce((SELECT m.seq FROM {messages} m WHERE m.seq >= w.open_from \
                 AND m.worker = w.worker ORDER BY m.seq LIMIT 1), excluded.open_from)"
            ),
            dead: format!(
                "SELECT worker, open_from FROM {workers} WHERE account_key = ?1 AND open_from IS NOT NULL \
                 AND alive_until <= ?2"
            ),
            adopt: format!(
                "INSERT INTO {queue} (message_id, account_key, priority, not_before, expires_at, state, attempt, \
                 worker, epoch, intent_at) SELECT id, account_key, priority, recorded_at, expires_at, {sending}, \
                 attempts, worker, 1, recorded_at FROM {messages} WHERE seq >= ?2 AND worker = ?1"
            ),
            adopted: format!("UPDATE {messages} SET worker = NULL WHERE seq >= ?2 AND worker = ?1"),
            closed: format!("UPDATE {workers} SET open_from = NULL WHERE worker = ?1"),
            free: format!("UPDATE {queue} SET worker = NULL WHERE worker = ?1 AND state = {queued}"),
            end: format!("UPDATE {workers} SET alive_until = 0 WHERE worker = ?1"),
            due: format!(
                "SELECT message_id FROM {queue} WHERE state = {queued} AND account_key = ?1 AND not_before <= ?2 \
                 AND (worker IS NULL OR worker NOT IN (SELECT worker FROM {workers} WHERE alive_until > ?2)) \
                 ORDER BY priority, not_before LIMIT ?3"
            ),
            // An attempt is left alone until its worker can no longer be
            // waiting for the answer; one whose end is unknown can be looked
            // after at once, but for what was left to rest until its time.
            left: format!(
                "SELECT q.message_id FROM {queue} q LEFT JOIN {workers} w ON w.worker = q.worker \
                 WHERE q.account_key = ?1 \
                 AND ((q.state = {unknown} AND (w.alive_until IS NULL OR w.alive_until <= ?2) \
                 AND (q.worker IS NOT NULL OR q.not_before <= ?2)) \
                 OR (q.state = {sending} AND coalesce(w.alive_until, q.intent_at, 0) <= ?3 \
                 AND coalesce(q.intent_at, 0) <= ?3)) LIMIT ?4"
            ),
            own: format!("UPDATE {queue} SET worker = ?2 WHERE message_id = ?1"),
            claimed: format!(
                "SELECT {}, q.state, q.worker, q.attempt, q.not_before - ?2, ?2 - q.intent_at, q.expires_at - ?2 \
                 FROM {queue} q \
                 JOIN {messages} m ON m.id = q.message_id WHERE q.message_id = ?1",
                message_columns("m.")
            ),
            acknowledge: format!(
                "INSERT INTO {consumers} (account_key, consumer, position, updated_at) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (account_key, consumer) DO UPDATE SET position = excluded.position, \
                 updated_at = excluded.updated_at"
            ),
            remember: format!(
                "INSERT INTO {remembered} (account_key, memory_key, value, expires_at) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (account_key, memory_key) DO UPDATE SET value = excluded.value, \
                 expires_at = excluded.expires_at"
            ),
            forget: format!("DELETE FROM {remembered} WHERE account_key = ?1 AND expires_at <= ?2"),

            owned: format!(
                "SELECT provider_message_id FROM {attempts} WHERE provider_message_id = ?1 LIMIT 1"
            ),
            age: format!(
                "SELECT ?2 - CASE WHEN m.worker IS NULL THEN q.intent_at ELSE m.recorded_at END FROM {messages} m \
                 LEFT JOIN {queue} q ON q.message_id = m.id WHERE m.id = ?1"
            ),
            questions: Questions::new(names, &SYNTAX),
            hide: select::hide(names, &SYNTAX),
        }
    }
}

const COLUMNS: merge::Columns<'static> =
    merge::Columns { held: "state", provider_message_id: "provider_message_id", reported: ":state" };

fn insert_message(messages: &str) -> String {
    let brought = || MESSAGES.columns.iter().filter(|column| column.is_brought());
    let clocks: Vec<&Column> = MESSAGES.columns.iter().filter(|column| column.is_clock()).collect();
    let values = (0..brought().count()).map(|at| format!(", ?{}", at + 3)).collect::<String>();
    format!(
        "INSERT INTO {messages} ({clocks}, worker, {brought}) VALUES ({now}, ?2{values})",
        now = vec!["?1"; clocks.len()].join(", "),
        clocks = list(clocks.iter().copied(), ""),
        brought = list(brought(), ""),
    )
}

/// An older version, or one that knows less than a report of delivery, leaves
/// the state alone, and the words that go with it; the attempt is stored all
/// the same.
fn settle(messages: &str) -> String {
    let newer = "version <= :version";
    let wins = format!("{newer} AND {}", merge::wins(Teller::Holder, State::ALL, &COLUMNS));
    format!(
        "UPDATE {messages} SET \
         state = CASE WHEN {wins} THEN :state ELSE state END, \
         attention = CASE WHEN {wins} THEN :attention ELSE attention END, \
         response = CASE WHEN {wins} THEN :response WHEN {newer} THEN coalesce(response, :response) \
         ELSE response END, \
         error = CASE WHEN {wins} THEN :error ELSE error END, \
         attempts = CASE WHEN {newer} AND {takes_back} THEN :attempts ELSE max(attempts, :attempts) END, \
         provider_message_id = coalesce(:provider_message_id, provider_message_id), \
         recipient_id = coalesce(:recipient_id, recipient_id), \
         provider_status = coalesce(:provider_status, provider_status), \
         body = CASE WHEN content <> '{THE_TEXT}' AND content NOT LIKE '{IS_REMOVED}' THEN coalesce(:body, body) ELSE body END, \
         worker = CASE WHEN {newer} THEN NULL ELSE worker END, updated_at = :at, version = max(version, :version) WHERE id = :id \
         RETURNING account_key, priority, expires_at, version, state",
        takes_back = merge::takes_back(":state", ":attempt"),
    )
}
