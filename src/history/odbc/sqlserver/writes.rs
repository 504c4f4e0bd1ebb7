//! Writing a batch in SQL Server: the statements.
//!
//! Each is a text of several statements that is sent as one. What one of them
//! finds or changes is kept in table variables for those that follow. The last
//! one answers. They run inside of a transaction that ends as a whole at the
//! first error (`XACT_ABORT`).

use super::batch::{BY_KEYS, input};
use super::clock::CLOCK;
use super::types::{BY_BYTES, collated};
use crate::history::implied::THE_TEXT;
use crate::history::kept::IS_REMOVED;
use crate::history::merge::{self, Teller, number};
use crate::history::names::Names;
use crate::history::odbc::answer::{DONE, KNOWN, REFERENCED};
use crate::history::odbc::rows;
use crate::history::tables::{Kind, MESSAGES, list};
use crate::message::State;

/// Nothing but the answer may give a result: drivers see only the first one.
const BEGIN: &str = "SET NOCOUNT ON;";

/// An answer that has only an id.
fn done(id: &str, from: &str) -> String {
    format!(
        "SELECT {DONE} AS what, CAST({id} AS nvarchar(36)) AS a, CAST(NULL AS nvarchar(36)) AS b, \
         CAST(NULL AS nvarchar(36)) AS c, CAST(NULL AS nvarchar(36)) AS d FROM {from}"
    )
}

/// Stores the events of the rows of `source`, whose fields are those of `i`.
fn insert_events(names: &Names, source: &str, condition: &str) -> String {
    format!(
        "INSERT INTO {} (event_id, account_key, kind, message_id, created_at, body, version, state) \
         SELECT i.event_id, i.event_account, i.event_kind, i.event_message, i.event_at, i.event_body, i.event_version, \
         i.event_state FROM {source} \
         WHERE i.event_id IS NOT NULL{condition} ORDER BY i.place {BY_KEYS};",
        names.events
    )
}

pub fn record(names: &Names) -> String {
    let columns = rows::names(&rows::message_fields(), "");
    let clocks: Vec<_> = MESSAGES.columns.iter().filter(|column| column.is_clock()).collect();
    let now = vec!["@now"; clocks.len()].join(", ");
    let clocks = list(clocks.into_iter(), "");
    format!(
        // A row that another connection is storing is waited for, also where
        // readers otherwise see the state before (READCOMMITTEDLOCK). Of a
        // reference the place is locked where it would stand.
        "{BEGIN} {input} DECLARE @now bigint = {CLOCK}, @messages int, @places int; \
         DECLARE @known TABLE (id uniqueidentifier PRIMARY KEY, own bit NOT NULL, held bit NOT NULL); \
         INSERT INTO @known (id, own, held) SELECT m.id, \
         CASE WHEN m.nonce = i.nonce AND m.recipient = i.recipient \
         AND (m.content {BY_BYTES} = i.content {BY_BYTES} OR m.content LIKE N'{IS_REMOVED}') \
         AND (m.content <> N'{THE_TEXT}' OR m.body {BY_BYTES} = i.body {BY_BYTES}) THEN 1 ELSE 0 END, \
         CASE WHEN EXISTS (SELECT 1 FROM {queue} q WHERE q.message_id = i.id AND q.worker = i.queue_worker \
         AND (i.queue_state <> {sending} OR (q.state = {sending} AND q.attempt = i.queue_attempt))) \
         THEN 1 ELSE 0 END \
         FROM @input i JOIN {messages} m WITH (READCOMMITTEDLOCK, FORCESEEK) ON m.id = i.id {BY_KEYS}; \
         UPDATE i SET fresh = 0 FROM @input i WHERE EXISTS (SELECT 1 FROM @known k WHERE k.id = i.id); \
         DECLARE @lost TABLE (scope {scope} NOT NULL, ref_hash {hash} NOT NULL, message_id uniqueidentifier NOT NULL, \
         payload_hash {payload} NOT NULL, PRIMARY KEY (scope, ref_hash)); \
         IF EXISTS (SELECT 1 FROM @input WHERE fresh = 1 AND scope IS NOT NULL) BEGIN \
         INSERT INTO @lost (scope, ref_hash, message_id, payload_hash) \
         SELECT r.scope, r.ref_hash, r.message_id, r.payload_hash FROM @input i \
         JOIN {refs} r WITH (UPDLOCK, HOLDLOCK, FORCESEEK) ON r.scope = i.scope AND r.ref_hash = i.ref_hash \
         WHERE i.fresh = 1 {BY_KEYS}; \
         UPDATE i SET fresh = 0 FROM @input i WHERE EXISTS (SELECT 1 FROM @lost l \
         WHERE l.scope = i.scope AND l.ref_hash = i.ref_hash); \
         INSERT INTO {refs} (scope, ref_hash, message_id, payload_hash, created_at) \
         SELECT scope, ref_hash, id, payload_hash, @now FROM @input WHERE fresh = 1 AND scope IS NOT NULL \
         ORDER BY place; END; \
         INSERT INTO {messages} ({clocks}, {columns}) SELECT {now}, {columns} FROM @input WHERE fresh = 1 \
         ORDER BY place; SET @messages = @@ROWCOUNT; \
         INSERT INTO {queue} (message_id, account_key, priority, not_before, expires_at, state, attempt, worker, \
         epoch, intent_at) SELECT id, account_key, priority, @now + queue_wait, @now + queue_left, \
         queue_state, queue_attempt, queue_worker, 1, CASE WHEN queue_state = {sending} THEN @now END FROM @input \
         WHERE fresh = 1 AND queue_state IS NOT NULL ORDER BY place; SET @places = @@ROWCOUNT; {events} \
         SELECT {DONE} AS what, CAST(@messages AS nvarchar(256)) AS a, CAST(@places AS nvarchar(256)) AS b, \
         CAST(NULL AS nvarchar(256)) AS c, CAST(NULL AS nvarchar(256)) AS d \
         UNION ALL SELECT {KNOWN}, CAST(id AS nvarchar(36)), CASE WHEN own = 1 THEN N'1' END, \
         CASE WHEN held = 1 THEN N'1' END, NULL FROM @known \
         UNION ALL SELECT {REFERENCED}, scope, ref_hash, CAST(message_id AS nvarchar(36)), payload_hash FROM @lost",
        input = input(&rows::record_fields(), ", fresh bit NOT NULL DEFAULT 1"),
        messages = names.messages,
        refs = names.refs,
        queue = names.queue,
        sending = number(State::Sending),
        scope = collated("scope", Kind::Word),
        hash = collated("ref_hash", Kind::Word),
        payload = collated("payload_hash", Kind::Word),
        events = insert_events(names, "@input i", " AND i.fresh = 1"),
    )
}

pub fn intent(names: &Names) -> String {
    // The same attempt of the same worker may be written again: the first
    // commit's end was not known. What has expired since is held back later.
    format!(
        "{BEGIN} {input} DECLARE @now bigint = {CLOCK}; \
         DECLARE @begun TABLE (id uniqueidentifier PRIMARY KEY); DECLARE @done TABLE (id uniqueidentifier NOT NULL); \
         UPDATE q SET state = {sending}, attempt = i.attempt, intent_at = @now OUTPUT inserted.message_id INTO @begun (id) \
         FROM @input i, {queue} q WITH (FORCESEEK) WHERE q.message_id = i.id AND q.worker = i.worker \
         AND ((q.state = {queued} AND (q.expires_at IS NULL OR q.expires_at > @now)) \
         OR (q.state = {sending} AND q.attempt = i.attempt)) {BY_KEYS}; \
         UPDATE m SET state = {sending}, attention = NULL, attempts = i.attempt, updated_at = i.at \
         OUTPUT inserted.id INTO @done (id) FROM @input i, @begun b, {messages} m WITH (FORCESEEK) \
         WHERE b.id = i.id AND m.id = i.id {BY_KEYS}; {answer}",
        input = input(rows::INTENT, ""),
        queue = names.queue,
        queued = number(State::Queued),
        sending = number(State::Sending),
        messages = names.messages,
        answer = done("id", "@done"),
    )
}

pub fn settle(names: &Names) -> String {
    // An older version, or one that knows less than a report of delivery,
    // leaves the state alone, and the words that go with it; the attempt is
    // stored all the same. Of a worker that no longer holds the message, only
    // proof that the provider took it counts; it releases and resends nothing.
    //
    // The event is stored only where the row really changed. The row is locked
    // before it is judged: whoever has the message now may be telling the same
    // at this moment.
    let columns =
        merge::Columns { held: "m.state", provider_message_id: "m.provider_message_id", reported: "i.state" };
    let late = format!("(i.late = 1 AND {})", merge::wins(Teller::Provider, &[State::Accepted], &columns));
    let newer = "(i.held = 1 AND m.version <= i.version)";
    let takes_back = merge::takes_back("i.state", "i.attempt");
    let holder = merge::wins(Teller::Holder, State::ALL, &columns);
    let wins = format!("(({newer} AND {holder}) OR {late})");
    let counts = format!("(i.held = 1 OR {late})");
    let kept = |column: &str| {
        format!("{column} = CASE WHEN {counts} THEN COALESCE(i.{column}, m.{column}) ELSE m.{column} END")
    };
    let body = format!(
        "body = CASE WHEN m.content <> N'{THE_TEXT}' AND m.content NOT LIKE N'{IS_REMOVED}' AND {counts} THEN COALESCE(i.body, m.body) ELSE m.body END"
    );
    let greatest =
        |column: &str| format!("CASE WHEN i.{column} > m.{column} THEN i.{column} ELSE m.{column} END");
    format!(
        "{BEGIN} {input} DECLARE @now bigint = {CLOCK}; \
         DECLARE @own TABLE (message_id uniqueidentifier PRIMARY KEY, worker uniqueidentifier NULL); \
         INSERT INTO @own (message_id, worker) SELECT q.message_id, q.worker FROM @input i \
         JOIN {queue} q WITH (UPDLOCK, ROWLOCK, FORCESEEK) ON q.message_id = i.id {BY_KEYS}; \
         UPDATE i SET held = 1 FROM @input i WHERE i.owner IS NULL \
         OR EXISTS (SELECT 1 FROM @own o WHERE o.message_id = i.id AND o.worker = i.owner); \
         UPDATE @input SET late = 1 WHERE held = 0 AND state = {accepted}; \
         DECLARE @before TABLE (id uniqueidentifier PRIMARY KEY, version int NOT NULL, state smallint NOT NULL); \
         INSERT INTO @before (id, version, state) SELECT m.id, m.version, m.state FROM @input i \
         JOIN {messages} m WITH (UPDLOCK, ROWLOCK, FORCESEEK) ON m.id = i.id {BY_KEYS}; \
         DECLARE @message TABLE (id uniqueidentifier PRIMARY KEY, account_key {account} NOT NULL, \
         priority smallint NOT NULL, expires_at bigint NULL, state smallint NOT NULL, version int NOT NULL); \
         UPDATE m SET state = CASE WHEN {wins} THEN i.state ELSE m.state END, \
         attention = CASE WHEN {wins} THEN i.attention ELSE m.attention END, \
         response = CASE WHEN {wins} THEN i.response WHEN {newer} THEN COALESCE(m.response, i.response) \
         ELSE m.response END, \
         error = CASE WHEN {wins} THEN i.error ELSE m.error END, \
         attempts = CASE WHEN {newer} AND {takes_back} THEN i.attempts ELSE {attempts_most} END, \
         {provider_message_id}, {recipient_id}, {provider_status}, {body}, \
         updated_at = CASE WHEN {counts} THEN i.at ELSE m.updated_at END, \
         version = CASE WHEN i.held = 1 THEN {version_most} WHEN {late} THEN {version_most} + 1 ELSE m.version END \
         OUTPUT inserted.id, inserted.account_key, inserted.priority, inserted.expires_at, inserted.state, \
         inserted.version INTO @message (id, account_key, priority, expires_at, state, version) \
         FROM @input i, {messages} m WITH (FORCESEEK) WHERE m.id = i.id {BY_KEYS}; \
         UPDATE i SET told = CASE WHEN (m.version > b.version OR (i.held = 1 AND m.state <> b.state)) AND m.state = i.state \
         AND (i.late = 1 OR m.version = i.version) THEN 1 ELSE 0 END, \
         placed = CASE WHEN i.held = 1 AND m.version = i.version THEN 1 ELSE 0 END, \
         tried = CASE WHEN i.attempt IS NOT NULL AND (i.held = 1 OR i.late = 1 OR NOT EXISTS (SELECT 1 FROM {attempts} k \
         WHERE k.message_id = i.id AND k.attempt = i.attempt AND k.state <> {unknown})) THEN 1 ELSE 0 END \
         FROM @input i JOIN @message m ON m.id = i.id JOIN @before b ON b.id = i.id {BY_KEYS}; \
         UPDATE t SET state = i.attempt_state, \
         began_at = CASE WHEN t.took_ms = 0 THEN i.began_at ELSE t.began_at END, \
         took_ms = CASE WHEN t.took_ms = 0 THEN i.took_ms ELSE t.took_ms END, http_status = COALESCE(i.http_status, t.http_status), \
         provider_code = COALESCE(i.provider_code, t.provider_code), trace_id = COALESCE(i.trace_id, t.trace_id), \
         class = i.class, provider_message_id = COALESCE(i.attempt_provider_id, t.provider_message_id), \
         wait_ms = i.wait_ms, detail = i.detail \
         FROM @input i JOIN {attempts} t WITH (FORCESEEK) ON t.message_id = i.id AND t.attempt = i.attempt \
         WHERE i.tried = 1 {BY_KEYS}; \
         INSERT INTO {attempts} (message_id, attempt, account_key, began_at, took_ms, state, http_status, \
         provider_code, trace_id, class, provider_message_id, wait_ms, detail) \
         SELECT i.id, i.attempt, m.account_key, i.began_at, i.took_ms, i.attempt_state, i.http_status, \
         i.provider_code, i.trace_id, i.class, i.attempt_provider_id, i.wait_ms, i.detail \
         FROM @input i JOIN @message m ON m.id = i.id WHERE i.tried = 1 AND NOT EXISTS (SELECT 1 FROM {attempts} k \
         WHERE k.message_id = i.id AND k.attempt = i.attempt) ORDER BY i.place {BY_KEYS}; \
         DELETE q FROM @input i JOIN {queue} q WITH (FORCESEEK) ON q.message_id = i.id \
         WHERE (i.placed = 1 AND i.queue_state IS NULL) \
         OR (i.late = 1 AND EXISTS (SELECT 1 FROM @message m WHERE m.id = i.id)) {BY_KEYS}; \
         UPDATE q SET not_before = @now + i.queue_wait, state = i.queue_state, attempt = i.queue_attempt, \
         worker = i.queue_worker FROM @input i JOIN {queue} q WITH (FORCESEEK) ON q.message_id = i.id \
         WHERE i.placed = 1 AND i.queue_state IS NOT NULL {BY_KEYS}; \
         INSERT INTO {queue} (message_id, account_key, priority, not_before, expires_at, state, attempt, worker, epoch) \
         SELECT i.id, m.account_key, m.priority, @now + i.queue_wait, m.expires_at, i.queue_state, i.queue_attempt, \
         i.queue_worker, 1 FROM @input i JOIN @message m ON m.id = i.id WHERE i.placed = 1 \
         AND i.queue_state IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {queue} k WHERE k.message_id = i.id) \
         ORDER BY i.place {BY_KEYS}; {events} {answer} i WHERE (i.held = 1 OR i.late = 1) \
         AND EXISTS (SELECT 1 FROM @message m WHERE m.id = i.id)",
        input = input(
            &rows::settlement_fields(),
            ", held bit NOT NULL DEFAULT 0, late bit NOT NULL DEFAULT 0, told bit NOT NULL DEFAULT 0, \
             placed bit NOT NULL DEFAULT 0, tried bit NOT NULL DEFAULT 0",
        ),
        accepted = number(State::Accepted),
        account = collated("account_key", Kind::Word),
        attempts_most = greatest("attempts"),
        version_most = greatest("version"),
        provider_message_id = kept("provider_message_id"),
        recipient_id = kept("recipient_id"),
        provider_status = kept("provider_status"),
        messages = names.messages,
        attempts = names.attempts,
        queue = names.queue,
        unknown = number(State::Unknown),
        events = insert_events(names, "@input i", " AND i.told = 1"),
        answer = done("i.id", "@input"),
    )
}

pub fn withdraw(names: &Names) -> String {
    // What is in that state already was withdrawn by a write whose end was
    // not known.
    format!(
        "{BEGIN} {input} DECLARE @done TABLE (id uniqueidentifier NOT NULL); \
         DECLARE @gone TABLE (id uniqueidentifier PRIMARY KEY); \
         INSERT INTO @done (id) SELECT m.id FROM @input i JOIN {messages} m WITH (READCOMMITTEDLOCK, FORCESEEK) \
         ON m.id = i.id WHERE m.state = i.state {BY_KEYS}; \
         DELETE q OUTPUT deleted.message_id INTO @gone (id) FROM @input i JOIN {queue} q WITH (FORCESEEK) \
         ON q.message_id = i.id WHERE q.state = {queued} AND (i.owner IS NULL OR q.worker = i.owner) {BY_KEYS}; \
         UPDATE m SET state = i.state, attention = i.attention, response = i.response, error = i.error, \
         updated_at = i.at, version = m.version + 1 OUTPUT inserted.id INTO @done (id) \
         FROM @input i, @gone g, {messages} m WITH (FORCESEEK) WHERE g.id = i.id AND m.id = i.id {BY_KEYS}; \
         {events} {answer}",
        input = input(&rows::withdrawal_fields(), ""),
        queue = names.queue,
        queued = number(State::Queued),
        messages = names.messages,
        events = insert_events(names, "@input i JOIN @gone g ON g.id = i.id", ""),
        answer = done("id", "@done"),
    )
}

pub fn event(names: &Names) -> String {
    format!(
        "{BEGIN} {input} DECLARE @events int; {events} SET @events = @@ROWCOUNT; \
         SELECT {DONE} AS what, CAST(@events AS nvarchar(36)) AS a, CAST(NULL AS nvarchar(36)) AS b, \
         CAST(NULL AS nvarchar(36)) AS c, CAST(NULL AS nvarchar(36)) AS d",
        input = input(rows::EVENT, ""),
        events = insert_events(names, "@input i", ""),
    )
}
