//! Writing in PostgreSQL: one statement for each kind of write in a batch,
//! with all of its rows as one JSON parameter.
//!
//! A statement writes every table concerned, as a chain of common table
//! expressions in which each takes its rows from the one before. It answers
//! with few rows: how many were done, and those that were not as expected.

use super::super::super::names::Names;
use super::super::super::record::{
    AttemptRow, EventRow, Intent, MessageRow, QueueRow, Record, Settlement, Withdrawal, Write, Written,
};
use super::super::super::store::{StoreError, StoreErrorKind, StoreResult};
use super::super::json::Json;
use super::super::session::Session;
use super::{CLOCK, STATEMENT_CLOCK};
use crate::message::clock::Millis;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The statements of one connection, and room for their parameter.
pub struct Statements {
    record: String,
    intent: String,
    settle: String,
    withdraw: String,
    event: String,
    json: Json,
}

impl Statements {
    pub fn new(names: &Names) -> Statements {
        Statements {
            record: record_statement(names),
            intent: intent_statement(names),
            settle: settle_statement(names),
            withdraw: withdraw_statement(names),
            event: event_statement(names),
            json: Json::default(),
        }
    }
}

/// Each of the statements writes one of these tables at least. So whoever may
/// still store events holds a lock on one of them: PostgreSQL locks all the
/// tables that a statement writes before it gives the transaction its number.
pub fn written_by_all(names: &Names) -> [&str; 2] {
    [&names.messages, &names.events]
}

/// Writes all of them in one transaction.
pub fn commit(
    session: &mut Session,
    statements: &mut Statements,
    writes: &[Write],
) -> StoreResult<Vec<Written>> {
    if writes.is_empty() {
        return Ok(Vec::new());
    }
    session.begin()?;
    let written = write_all(session, statements, writes).map_err(|error| session.roll_back(error))?;
    session.commit()?;
    Ok(written)
}

fn write_all(
    session: &mut Session,
    statements: &mut Statements,
    writes: &[Write],
) -> StoreResult<Vec<Written>> {
    let mut batch = Batch::default();
    for (place, write) in writes.iter().enumerate() {
        match write {
            Write::Record(record) => batch.records.push((place, record.as_ref())),
            Write::Intent(intent) => batch.intents.push((place, intent)),
            Write::Settle(settlement) => batch.settlements.push((place, settlement.as_ref())),
            Write::Withdraw(withdrawal) => batch.withdrawals.push((place, withdrawal.as_ref())),
            Write::Event(event) => batch.events.push((place, event.as_ref())),
        }
    }
    batch.sort();
    let mut answers = Answers(vec![None; writes.len()]);
    // Always in this order, so that two batches wait for each other's rows
    // rather than end in a deadlock.
    if !batch.records.is_empty() {
        records(session, statements, &batch.records, &mut answers)?;
    }
    if !batch.intents.is_empty() {
        intents(session, statements, &batch.intents, &mut answers)?;
    }
    if !batch.settlements.is_empty() {
        settlements(session, statements, &batch.settlements, &mut answers)?;
    }
    if !batch.withdrawals.is_empty() {
        withdrawals(session, statements, &batch.withdrawals, &mut answers)?;
    }
    if !batch.events.is_empty() {
        events(session, statements, &batch.events, &mut answers)?;
    }
    answers.all()
}

/// The writes by their kind, each with its place in what was asked for.
#[derive(Default)]
struct Batch<'a> {
    records: Vec<(usize, &'a Record)>,
    intents: Vec<(usize, &'a Intent)>,
    settlements: Vec<(usize, &'a Settlement)>,
    withdrawals: Vec<(usize, &'a Withdrawal)>,
    events: Vec<(usize, &'a EventRow)>,
}

impl Batch<'_> {
    /// Rows are locked in the order of their keys. References are the keys
    /// that others wait for.
    fn sort(&mut self) {
        self.records.sort_by(|(_, a), (_, b)| {
            let key = |record: &Record| record.reference.as_ref().map(|r| (r.scope.clone(), r.hash.clone()));
            match (&a.reference, &b.reference) {
                (None, None) => a.message.id.cmp(&b.message.id),
                _ => key(a).cmp(&key(b)),
            }
        });
        self.intents.sort_by_key(|(_, intent)| intent.id);
        self.settlements.sort_by_key(|(_, settlement)| settlement.id);
        self.withdrawals.sort_by_key(|(_, withdrawal)| withdrawal.id);
    }
}

/// One answer for each write; a write without one must not be released.
struct Answers(Vec<Option<Written>>);

impl Answers {
    fn set(&mut self, place: usize, written: Written) {
        if let Some(answer) = self.0.get_mut(place) {
            *answer = Some(written);
        }
    }

    fn all(self) -> StoreResult<Vec<Written>> {
        let answers: Option<Vec<Written>> = self.0.into_iter().collect();
        answers.ok_or_else(|| unexpected("a write has no answer"))
    }
}

/// The statement said something that it cannot say: nothing is committed.
fn unexpected(what: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Away, format!("the database gave an unexpected answer: {what}"))
}

/// One row of an answer: what it is about, and up to four texts.
struct Answer {
    what: i64,
    texts: [String; 4],
}

fn ask(session: &mut Session, sql: &str, json: &mut Json) -> StoreResult<Vec<Answer>> {
    session.rows_of_batch(sql, json.end(), |row| {
        Ok(Answer { what: row.number()?, texts: [row.text()?, row.text()?, row.text()?, row.text()?] })
    })
}

const DONE: i64 = 0;
const KNOWN: i64 = 1;
const REFERENCED: i64 = 2;

fn count(answer: &Answer) -> StoreResult<usize> {
    answer.texts[0].parse().map_err(|_| unexpected("a count that is no number"))
}

fn id(answer: &Answer) -> StoreResult<Uuid> {
    answer.texts[0].parse().map_err(|_| unexpected("an id that is none"))
}

// ---- the rows as JSON ----

const EVENT_FIELDS: &str = "event_id uuid, event_account text, event_kind text, event_message uuid, event_at bigint, event_body text";

fn event_json(json: &mut Json, event: &EventRow) {
    json.id("event_id", event.id);
    json.text("event_account", &event.account_key);
    json.text("event_kind", event.kind);
    json.id_if("event_message", event.message_id);
    json.number("event_at", event.at.0);
    json.text("event_body", &event.body);
}

const QUEUE_FIELDS: &str =
    "queue_state smallint, queue_attempt integer, queue_worker uuid, queue_wait bigint";

/// A place says how long it waits from `now` on: this machine's clock and the
/// server's need not agree.
fn queue_json(json: &mut Json, queue: &QueueRow, now: Millis) {
    json.number("queue_state", queue.state as i16);
    json.number("queue_attempt", queue.attempt);
    json.id_if("queue_worker", queue.worker);
    json.number("queue_wait", queue.not_before.0.saturating_sub(now.0));
}

const ATTEMPT_FIELDS: &str = "attempt integer, began_at bigint, took_ms bigint, attempt_state smallint, \
     http_status integer, provider_code text, trace_id text, class text, attempt_provider_id text, wait_ms bigint, \
     detail text";

fn attempt_json(json: &mut Json, attempt: &AttemptRow) {
    json.number("attempt", attempt.number);
    json.number("began_at", attempt.began_at.0);
    json.number("took_ms", attempt.took_ms);
    json.number("attempt_state", attempt.state as i16);
    json.number_if("http_status", attempt.http_status);
    json.text_if("provider_code", attempt.provider_code.as_deref());
    json.text_if("trace_id", attempt.trace_id.as_deref());
    json.text_if("class", attempt.class.as_deref());
    json.text_if("attempt_provider_id", attempt.provider_message_id.as_deref());
    json.number_if("wait_ms", attempt.wait_ms);
    json.text_if("detail", attempt.detail.as_deref());
}

/// The columns of a message that a record brings, with their types.
const MESSAGE_FIELDS: &[(&str, &str)] = &[
    ("id", "uuid"),
    ("created_at", "bigint"),
    ("updated_at", "bigint"),
    ("account_key", "text"),
    ("provider", "text"),
    ("direction", "smallint"),
    ("kind", "text"),
    ("state", "smallint"),
    ("attention", "smallint"),
    ("version", "integer"),
    ("attempts", "integer"),
    ("priority", "smallint"),
    ("sender", "text"),
    ("recipient", "text"),
    ("contact_id", "text"),
    ("reference", "text"),
    ("campaign_id", "text"),
    ("correlation_id", "text"),
    ("category", "text"),
    ("template", "text"),
    ("body", "text"),
    ("content", "text"),
    ("provider_message_id", "text"),
    ("response", "text"),
    ("error", "text"),
    ("not_before", "bigint"),
    ("expires_at", "bigint"),
];

fn message_json(json: &mut Json, message: &MessageRow) {
    json.id("id", message.id);
    json.number("created_at", message.created_at.0);
    json.number("updated_at", message.updated_at.0);
    json.text("account_key", &message.account_key);
    json.text("provider", &message.provider);
    json.number("direction", message.direction as i16);
    json.text("kind", &message.kind);
    json.number("state", message.state as i16);
    json.number_if("attention", MessageRow::attention(message.state));
    json.number("version", message.version);
    json.number("attempts", message.attempts);
    json.number("priority", message.priority as i16);
    json.text_if("sender", message.sender.as_deref());
    json.text("recipient", &message.recipient);
    json.text_if("contact_id", message.contact_id.as_deref());
    json.text_if("reference", message.reference.as_deref());
    json.text_if("campaign_id", message.campaign_id.as_deref());
    json.text_if("correlation_id", message.correlation_id.as_deref());
    json.text_if("category", message.category.as_deref());
    json.text_if("template", message.template.as_deref());
    json.text("body", &message.body);
    json.text("content", &message.content);
    json.text_if("provider_message_id", message.provider_message_id.as_deref());
    json.text_if("response", message.response.as_deref());
    json.text_if("error", message.error.as_deref());
    json.number_if("not_before", message.not_before.map(|at| at.0));
    json.number_if("expires_at", message.expires_at.map(|at| at.0));
}

/// The rows of the parameter as a table named `input`.
fn input(fields: &str) -> String {
    format!("input AS MATERIALIZED (SELECT * FROM jsonb_to_recordset(CAST(? AS jsonb)) AS x({fields}))")
}

/// Stores the events of the rows of `source`.
fn insert_events(names: &Names, source: &str) -> String {
    format!(
        "INSERT INTO {} (event_id, account_key, kind, message_id, created_at, body) \
         SELECT event_id, event_account, event_kind, event_message, event_at, event_body FROM {source} \
         WHERE event_id IS NOT NULL",
        names.events
    )
}

// ---- new messages ----

fn record_statement(names: &Names) -> String {
    let fields =
        MESSAGE_FIELDS.iter().map(|(name, kind)| format!("{name} {kind}")).collect::<Vec<_>>().join(", ");
    let columns = MESSAGE_FIELDS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    format!(
        // One look at the index an id (LATERAL): a join may be planned, on
        // tables that were empty when they were analysed, as a walk of it all.
        "WITH {input}, \
         known AS MATERIALIZED (SELECT m.id, m.created_at, m.recipient FROM input i CROSS JOIN LATERAL \
         (SELECT * FROM {messages} k WHERE k.id = i.id LIMIT 1) m), \
         reference AS (INSERT INTO {refs} AS r (scope, ref_hash, message_id, payload_hash, created_at) \
         SELECT scope, ref_hash, id, payload_hash, {CLOCK} FROM input \
         WHERE scope IS NOT NULL AND id NOT IN (SELECT id FROM known) \
         ON CONFLICT (scope, ref_hash) DO UPDATE SET message_id = r.message_id \
         RETURNING scope, ref_hash, message_id, payload_hash, xmax = 0 AS fresh), \
         lost AS MATERIALIZED (SELECT scope, ref_hash, message_id, payload_hash FROM reference WHERE NOT fresh), \
         fresh AS MATERIALIZED (SELECT * FROM input WHERE id NOT IN (SELECT id FROM known) \
         AND (scope IS NULL OR (scope, ref_hash) NOT IN (SELECT scope, ref_hash FROM lost))), \
         message AS (INSERT INTO {messages} (recorded_at, {columns}) SELECT {CLOCK}, {columns} FROM fresh \
         ON CONFLICT (id) DO NOTHING RETURNING 1), \
         place AS (INSERT INTO {queue} (message_id, account_key, priority, not_before, expires_at, state, attempt, \
         worker, epoch, intent_at) SELECT id, account_key, priority, {STATEMENT_CLOCK} + queue_wait, \
         {CLOCK} + (expires_at - created_at), queue_state, \
         queue_attempt, queue_worker, 1, CASE WHEN queue_state = 10 THEN {CLOCK} END FROM fresh \
         WHERE queue_state IS NOT NULL ON CONFLICT (message_id) DO NOTHING), \
         event AS ({events}) \
         SELECT {DONE} AS what, CAST(count(*) AS text) AS a, NULL AS b, NULL AS c, NULL AS d FROM message \
         UNION ALL SELECT {KNOWN}, CAST(id AS text), CAST(created_at AS text), recipient, NULL FROM known \
         UNION ALL SELECT {REFERENCED}, scope, ref_hash, CAST(message_id AS text), payload_hash FROM lost",
        input = input(&format!(
            "{fields}, scope text, ref_hash text, payload_hash text, {QUEUE_FIELDS}, {EVENT_FIELDS}"
        )),
        messages = names.messages,
        refs = names.refs,
        queue = names.queue,
        events = insert_events(names, "fresh"),
    )
}

fn records(
    session: &mut Session,
    statements: &mut Statements,
    records: &[(usize, &Record)],
    answers: &mut Answers,
) -> StoreResult<()> {
    let json = &mut statements.json;
    json.begin();
    let now = Millis::now();
    for (_, record) in records {
        json.object();
        message_json(json, &record.message);
        if let Some(reference) = &record.reference {
            json.text("scope", &reference.scope);
            json.text("ref_hash", &reference.hash);
            json.text("payload_hash", &reference.payload_hash);
        }
        if let Some(queue) = &record.queue {
            queue_json(json, queue, now);
        }
        if let Some(event) = &record.event {
            event_json(json, event);
        }
        json.end_object();
    }
    let mut done = 0;
    let mut known = HashMap::new();
    let mut lost = HashMap::new();
    for answer in ask(session, &statements.record, json)? {
        match answer.what {
            DONE => done = count(&answer)?,
            KNOWN => {
                let id = id(&answer)?;
                let [_, created_at, recipient, _] = answer.texts;
                known.insert(id, (created_at.parse::<i64>().ok(), recipient));
            }
            REFERENCED => {
                let [scope, hash, first, payload_hash] = answer.texts;
                let first: Uuid = first.parse().map_err(|_| unexpected("an id that is none"))?;
                lost.insert((scope, hash), (first, payload_hash));
            }
            _ => return Err(unexpected("a row of no kind")),
        }
    }
    if done + known.len() + lost.len() != records.len() {
        // Another connection recorded one of the ids at this moment; the next
        // try finds it.
        return Err(StoreError::new(StoreErrorKind::Retry, "an id was being recorded by another connection"));
    }
    for (place, record) in records {
        let message = &record.message;
        let first = record.reference.as_ref().and_then(|reference| {
            // Only a few are looked for: those that lost are rare.
            let key = (!lost.is_empty()).then(|| (reference.scope.clone(), reference.hash.clone()))?;
            lost.get(&key).map(|first| (first, reference))
        });
        let written = if let Some((created_at, recipient)) = known.get(&message.id) {
            // A repeated write finds its own row; another message's id is refused.
            let own = *created_at == Some(message.created_at.0) && *recipient == message.recipient;
            if own { Written::Done } else { Written::IdTaken }
        } else if let Some(((first, payload_hash), reference)) = first {
            Written::Referenced { message_id: *first, same_payload: *payload_hash == reference.payload_hash }
        } else {
            Written::Done
        };
        answers.set(*place, written);
    }
    Ok(())
}

// ---- beginnings of attempts ----

fn intent_statement(names: &Names) -> String {
    // The same attempt of the same worker may be written again: the first
    // commit's end was not known. What has expired since is held back later.
    format!(
        "WITH {input}, \
         place AS (UPDATE {queue} q SET state = 10, attempt = i.attempt, intent_at = {CLOCK} FROM input i \
         WHERE q.message_id = i.id AND q.worker = i.worker \
         AND ((q.state = 0 AND (q.expires_at IS NULL OR q.expires_at > {CLOCK})) \
         OR (q.state = 10 AND q.attempt = i.attempt)) RETURNING i.id, i.attempt, i.at), \
         message AS (UPDATE {messages} m SET state = 10, attention = NULL, attempts = p.attempt, updated_at = p.at \
         FROM place p WHERE m.id = p.id RETURNING m.id) \
         SELECT {DONE} AS what, CAST(id AS text) AS a, NULL AS b, NULL AS c, NULL AS d FROM message",
        input = input("id uuid, attempt integer, worker uuid, at bigint"),
        queue = names.queue,
        messages = names.messages,
    )
}

fn intents(
    session: &mut Session,
    statements: &mut Statements,
    intents: &[(usize, &Intent)],
    answers: &mut Answers,
) -> StoreResult<()> {
    let json = &mut statements.json;
    json.begin();
    for (_, intent) in intents {
        json.object();
        json.id("id", intent.id);
        json.number("attempt", intent.attempt);
        json.id("worker", intent.worker);
        json.number("at", intent.at.0);
        json.end_object();
    }
    let done = ids(ask(session, &statements.intent, json)?)?;
    for (place, intent) in intents {
        answers.set(*place, if done.contains(&intent.id) { Written::Done } else { Written::NotThere });
    }
    Ok(())
}

fn ids(answers: Vec<Answer>) -> StoreResult<HashSet<Uuid>> {
    answers.iter().map(id).collect()
}

// ---- ends of attempts ----

fn settle_statement(names: &Names) -> String {
    // An older version, or one that knows less than a report of delivery,
    // leaves the state alone; the attempt is stored all the same.
    // Of a worker that no longer holds the message, only proof that the
    // provider took it counts; it releases and resends nothing.
    let late =
        "i.late AND (m.state IN (0, 10, 20, 80, 81) OR (m.state = 50 AND m.provider_message_id IS NULL))";
    let newer = format!("((i.held AND m.version <= i.version) OR ({late}))");
    let wins = format!("((i.held AND m.version <= i.version AND m.state NOT IN (60, 70)) OR ({late}))");
    let own = [QUEUE_FIELDS, ATTEMPT_FIELDS, EVENT_FIELDS]
        .iter()
        .flat_map(|fields| fields.split(", "))
        .map(|field| format!("i.{}", field.trim().split(' ').next().unwrap_or_default()))
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "WITH {input}, \
         own AS MATERIALIZED (SELECT q.message_id FROM input i JOIN {queue} q ON q.message_id = i.id \
         AND q.worker = i.owner ORDER BY q.message_id FOR UPDATE OF q), \
         judged AS MATERIALIZED (SELECT i.*, i.owner IS NULL OR o.message_id IS NOT NULL AS held, \
         i.owner IS NOT NULL AND o.message_id IS NULL AND i.state = 30 AS late \
         FROM input i LEFT JOIN own o ON o.message_id = i.id), \
         message AS (UPDATE {messages} m SET \
         state = CASE WHEN {wins} THEN i.state ELSE m.state END, \
         attention = CASE WHEN {wins} THEN i.attention ELSE m.attention END, \
         response = CASE WHEN {newer} THEN i.response ELSE m.response END, \
         error = CASE WHEN {newer} THEN i.error ELSE m.error END, \
         attempts = CASE WHEN i.held AND m.version <= i.version THEN i.attempts \
         WHEN i.held OR ({late}) THEN greatest(m.attempts, i.attempts) ELSE m.attempts END, \
         provider_message_id = CASE WHEN i.held OR ({late}) \
         THEN coalesce(i.provider_message_id, m.provider_message_id) ELSE m.provider_message_id END, \
         recipient_id = CASE WHEN i.held OR ({late}) \
         THEN coalesce(i.recipient_id, m.recipient_id) ELSE m.recipient_id END, \
         provider_status = CASE WHEN i.held OR ({late}) \
         THEN coalesce(i.provider_status, m.provider_status) ELSE m.provider_status END, \
         body = CASE WHEN i.held OR ({late}) THEN coalesce(i.body, m.body) ELSE m.body END, \
         updated_at = CASE WHEN i.held OR ({late}) THEN i.at ELSE m.updated_at END, \
         version = CASE WHEN i.held THEN greatest(m.version, i.version) \
         WHEN {late} THEN greatest(m.version, i.version) + 1 ELSE m.version END \
         FROM judged i WHERE m.id = i.id \
         RETURNING m.id, m.account_key, m.priority, m.expires_at, i.held, i.late, m.version = i.version AS current, \
         i.held OR (i.late AND m.state = 30 AND m.version > i.version) AS tells, {own}), \
         attempt AS (INSERT INTO {attempts} AS t (message_id, attempt, account_key, began_at, took_ms, state, \
         http_status, provider_code, trace_id, class, provider_message_id, wait_ms, detail) \
         SELECT id, attempt, account_key, began_at, took_ms, attempt_state, http_status, provider_code, trace_id, \
         class, attempt_provider_id, wait_ms, detail FROM message n WHERE attempt IS NOT NULL \
         AND (held OR late OR NOT EXISTS (SELECT 1 FROM {attempts} k WHERE k.message_id = n.id \
         AND k.attempt = n.attempt AND k.state <> 20)) \
         ON CONFLICT (message_id, attempt) DO UPDATE SET state = excluded.state, \
         http_status = coalesce(excluded.http_status, t.http_status), \
         provider_code = coalesce(excluded.provider_code, t.provider_code), \
         trace_id = coalesce(excluded.trace_id, t.trace_id), class = excluded.class, \
         provider_message_id = coalesce(excluded.provider_message_id, t.provider_message_id), \
         wait_ms = excluded.wait_ms, detail = excluded.detail), \
         gone AS (DELETE FROM {queue} q USING message m WHERE q.message_id = m.id AND ((m.held AND m.current \
         AND m.queue_state IS NULL) OR m.late)), \
         place AS (INSERT INTO {queue} (message_id, account_key, priority, not_before, expires_at, state, attempt, \
         worker, epoch) SELECT id, account_key, priority, {STATEMENT_CLOCK} + queue_wait, expires_at, queue_state, \
         queue_attempt, queue_worker, 1 FROM message WHERE held AND current AND queue_state IS NOT NULL \
         ON CONFLICT (message_id) DO UPDATE SET not_before = excluded.not_before, state = excluded.state, \
         attempt = excluded.attempt, worker = excluded.worker), \
         event AS ({events}) \
         SELECT {DONE} AS what, CAST(id AS text) AS a, NULL AS b, NULL AS c, NULL AS d FROM message \
         WHERE held OR late",
        input = input(&format!(
            "id uuid, owner uuid, version integer, state smallint, attention smallint, attempts integer, \
             provider_message_id text, recipient_id text, provider_status text, body text, response text, \
             error text, at bigint, \
             {QUEUE_FIELDS}, {ATTEMPT_FIELDS}, {EVENT_FIELDS}"
        )),
        messages = names.messages,
        attempts = names.attempts,
        queue = names.queue,
        events = insert_events(names, "message").replace("WHERE event_id", "WHERE tells AND event_id"),
    )
}

fn settlements(
    session: &mut Session,
    statements: &mut Statements,
    settlements: &[(usize, &Settlement)],
    answers: &mut Answers,
) -> StoreResult<()> {
    let json = &mut statements.json;
    json.begin();
    let now = Millis::now();
    for (_, settlement) in settlements {
        json.object();
        json.id("id", settlement.id);
        json.id_if("owner", settlement.owner);
        json.number("version", settlement.version);
        json.number("state", settlement.state as i16);
        json.number_if("attention", MessageRow::attention(settlement.state));
        json.number("attempts", settlement.attempts);
        json.text_if("provider_message_id", settlement.provider_message_id.as_deref());
        json.text_if("recipient_id", settlement.recipient_id.as_deref());
        json.text_if("provider_status", settlement.provider_status.as_deref());
        json.text_if("body", settlement.body.as_deref());
        json.text_if("response", settlement.response.as_deref());
        json.text_if("error", settlement.error.as_deref());
        json.number("at", settlement.at.0);
        if let Some(queue) = &settlement.queue {
            queue_json(json, queue, now);
        }
        if let Some(attempt) = &settlement.attempt {
            attempt_json(json, attempt);
        }
        if let Some(event) = &settlement.event {
            event_json(json, event);
        }
        json.end_object();
    }
    let done = ids(ask(session, &statements.settle, json)?)?;
    for (place, settlement) in settlements {
        answers.set(*place, if done.contains(&settlement.id) { Written::Done } else { Written::NotThere });
    }
    Ok(())
}

// ---- messages that are given up ----

fn withdraw_statement(names: &Names) -> String {
    // What is in that state already was withdrawn by a write whose end was
    // not known.
    let own = EVENT_FIELDS
        .split(", ")
        .map(|field| format!("i.{}", field.split(' ').next().unwrap_or_default()))
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "WITH {input}, \
         before AS MATERIALIZED (SELECT m.id FROM input i CROSS JOIN LATERAL \
         (SELECT * FROM {messages} k WHERE k.id = i.id LIMIT 1) m WHERE m.state = i.state), \
         place AS (DELETE FROM {queue} q USING input i WHERE q.message_id = i.id AND q.state = 0 \
         AND (i.owner IS NULL OR q.worker = i.owner) RETURNING i.id, i.state, i.attention, i.response, i.error, i.at, {own}), \
         message AS (UPDATE {messages} m SET state = p.state, attention = p.attention, response = p.response, \
         error = p.error, updated_at = p.at, version = m.version + 1 FROM place p WHERE m.id = p.id RETURNING m.id), \
         event AS ({events}) \
         SELECT {DONE} AS what, CAST(id AS text) AS a, NULL AS b, NULL AS c, NULL AS d FROM message \
         UNION ALL SELECT {DONE}, CAST(id AS text), NULL, NULL, NULL FROM before",
        input = input(&format!(
            "id uuid, owner uuid, state smallint, attention smallint, response text, error text, at bigint, \
             {EVENT_FIELDS}"
        )),
        queue = names.queue,
        messages = names.messages,
        events = insert_events(names, "place"),
    )
}

fn withdrawals(
    session: &mut Session,
    statements: &mut Statements,
    withdrawals: &[(usize, &Withdrawal)],
    answers: &mut Answers,
) -> StoreResult<()> {
    let json = &mut statements.json;
    json.begin();
    for (_, withdrawal) in withdrawals {
        json.object();
        json.id("id", withdrawal.id);
        if let Some(owner) = withdrawal.owner {
            json.id("owner", owner);
        }
        json.number("state", withdrawal.state as i16);
        json.number_if("attention", MessageRow::attention(withdrawal.state));
        json.text_if("response", withdrawal.response.as_deref());
        json.text_if("error", withdrawal.error.as_deref());
        json.number("at", withdrawal.at.0);
        if let Some(event) = &withdrawal.event {
            event_json(json, event);
        }
        json.end_object();
    }
    let done = ids(ask(session, &statements.withdraw, json)?)?;
    for (place, withdrawal) in withdrawals {
        answers.set(*place, if done.contains(&withdrawal.id) { Written::Done } else { Written::NotThere });
    }
    Ok(())
}

// ---- events about no message ----

fn event_statement(names: &Names) -> String {
    format!(
        "WITH {input}, event AS ({events} RETURNING 1) \
         SELECT {DONE} AS what, CAST(count(*) AS text) AS a, NULL AS b, NULL AS c, NULL AS d FROM event",
        input = input(EVENT_FIELDS),
        events = insert_events(names, "input"),
    )
}

fn events(
    session: &mut Session,
    statements: &mut Statements,
    events: &[(usize, &EventRow)],
    answers: &mut Answers,
) -> StoreResult<()> {
    let json = &mut statements.json;
    json.begin();
    for (_, event) in events {
        json.object();
        event_json(json, event);
        json.end_object();
    }
    let answer = ask(session, &statements.event, json)?;
    if answer.first().map(count).transpose()? != Some(events.len()) {
        return Err(unexpected("not every event was stored"));
    }
    for (place, _) in events {
        answers.set(*place, Written::Done);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_statement_is_without_the_lock_that_readers_of_events_look_for() {
        let names = Names::new(Some("whatsapp"), "wa_");
        let Statements { record, intent, settle, withdraw, event, json: _ } = Statements::new(&names);
        for statement in [record, intent, settle, withdraw, event] {
            let writes = |table: &str| {
                statement.contains(&format!("INSERT INTO {table} "))
                    || statement.contains(&format!("UPDATE {table} "))
            };
            assert!(written_by_all(&names).into_iter().any(writes), "{statement}");
        }
    }
}
