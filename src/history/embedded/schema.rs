//! The tables in SQLite, by numbered steps.

use super::super::names::Names;
use super::super::store::{StoreError, StoreErrorKind, StoreResult};
use super::store_error;
use crate::message::clock::Millis;
use crate::settings::Migrate;
use rusqlite::{Connection, OptionalExtension};

/// The version that this library reads and writes: the number of the last step.
pub const VERSION: i64 = 2;

/// Makes, upgrades or checks the tables, under the file's write lock.
pub fn migrate(connection: &mut Connection, names: &Names, how: Migrate) -> StoreResult<()> {
    let found = version(connection, names)?;
    match (how, found) {
        (Migrate::Off, _) | (_, Some(VERSION)) => Ok(()),
        (_, Some(newer)) if newer > VERSION => Err(StoreError::new(
            StoreErrorKind::Schema,
            format!("they have version {newer}; this library knows up to {VERSION}"),
        )),
        (Migrate::Check, found) => Err(StoreError::new(
            StoreErrorKind::Schema,
            format!("they have version {}; {VERSION} is needed", found.unwrap_or(0)),
        )),
        (Migrate::Auto, _) => {
            let transaction = super::begin(connection)?;
            // Another process may have been here while we waited for the lock.
            let found = version(&transaction, names)?.unwrap_or(0);
            for (number, step) in (1..).zip([step_1 as fn(&Names) -> String, step_2]) {
                if number <= found {
                    continue;
                }
                transaction.execute_batch(&step(names)).map_err(store_error)?;
                // All steps tell one database's identity.
                let sql = format!(
                    "INSERT INTO {0} (version, database_id, watermark, created_at) \
                     VALUES (?1, coalesce((SELECT min(database_id) FROM {0}), ?2), 0, ?3)",
                    names.schema_version
                );
                let identity = uuid::Uuid::new_v4().to_string();
                transaction.execute(&sql, (number, identity, Millis::now().0)).map_err(store_error)?;
            }
            crate::points::reach("migrating");
            transaction.commit().map_err(store_error)
        }
    }
}

/// The tables' version; none where there are none.
pub fn version(connection: &Connection, names: &Names) -> StoreResult<Option<i64>> {
    let table = names.schema_version.trim_matches('"');
    let there: Option<i64> = connection
        .query_row("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1", [table], |row| {
            row.get(0)
        })
        .optional()
        .map_err(store_error)?;
    if there.is_none() {
        return Ok(None);
    }
    connection
        .query_row(&format!("SELECT max(version) FROM {}", names.schema_version), [], |row| row.get(0))
        .map_err(store_error)
}

/// Whom the provider took a recipient for, and what it said beside its yes;
/// and what it gave ids to.
fn step_2(names: &Names) -> String {
    let Names { messages, remembered, .. } = names;
    format!(
        "
ALTER TABLE {messages} ADD COLUMN recipient_id TEXT;
ALTER TABLE {messages} ADD COLUMN provider_status TEXT;
CREATE TABLE {remembered} (
  account_key TEXT NOT NULL, memory_key TEXT NOT NULL, value TEXT NOT NULL, expires_at INTEGER NOT NULL,
  PRIMARY KEY (account_key, memory_key)) WITHOUT ROWID;
"
    )
}

fn step_1(names: &Names) -> String {
    let Names {
        schema_version, workers, messages, attempts, queue, events, consumers, refs, statuses, ..
    } = names;
    let index = |name: &str| names.index(name);
    format!(
        "
CREATE TABLE {schema_version} (
  version INTEGER NOT NULL, database_id TEXT NOT NULL, watermark INTEGER NOT NULL, created_at INTEGER NOT NULL);
CREATE TABLE {workers} (
  worker TEXT NOT NULL PRIMARY KEY, account_key TEXT NOT NULL, epoch INTEGER NOT NULL, host TEXT NOT NULL,
  started_at INTEGER NOT NULL, alive_until INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE {messages} (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL,
  recorded_at INTEGER NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  account_key TEXT NOT NULL, provider TEXT NOT NULL, direction INTEGER NOT NULL, kind TEXT NOT NULL,
  state INTEGER NOT NULL, attention INTEGER, version INTEGER NOT NULL, attempts INTEGER NOT NULL,
  priority INTEGER NOT NULL, sender TEXT, recipient TEXT NOT NULL, contact_id TEXT, reference TEXT,
  campaign_id TEXT, correlation_id TEXT, category TEXT, template TEXT, body TEXT NOT NULL, content TEXT NOT NULL,
  provider_message_id TEXT, response TEXT, error TEXT, not_before INTEGER, expires_at INTEGER);
CREATE UNIQUE INDEX {messages_id} ON {messages} (id);
CREATE INDEX {messages_contact} ON {messages} (contact_id, seq) WHERE contact_id IS NOT NULL;
CREATE INDEX {messages_recipient} ON {messages} (recipient, seq);
CREATE INDEX {messages_campaign} ON {messages} (campaign_id, state, seq) WHERE campaign_id IS NOT NULL;
CREATE INDEX {messages_reference} ON {messages} (reference, seq) WHERE reference IS NOT NULL;
CREATE INDEX {messages_attention} ON {messages} (attention, seq) WHERE attention IS NOT NULL;
CREATE TABLE {attempts} (
  message_id TEXT NOT NULL, attempt INTEGER NOT NULL, account_key TEXT NOT NULL,
  began_at INTEGER NOT NULL, took_ms INTEGER NOT NULL,
  state INTEGER NOT NULL, http_status INTEGER, provider_code TEXT, trace_id TEXT, class TEXT,
  provider_message_id TEXT, wait_ms INTEGER, detail TEXT, PRIMARY KEY (message_id, attempt)) WITHOUT ROWID;
CREATE INDEX {attempts_provider} ON {attempts} (provider_message_id) WHERE provider_message_id IS NOT NULL;
CREATE TABLE {queue} (
  message_id TEXT NOT NULL PRIMARY KEY, account_key TEXT NOT NULL, priority INTEGER NOT NULL,
  not_before INTEGER NOT NULL, expires_at INTEGER, state INTEGER NOT NULL, attempt INTEGER NOT NULL,
  worker TEXT, epoch INTEGER NOT NULL, intent_at INTEGER) WITHOUT ROWID;
CREATE INDEX {queue_due} ON {queue} (account_key, priority, not_before) WHERE state = 0;
CREATE TABLE {events} (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, event_id TEXT NOT NULL, account_key TEXT NOT NULL, kind TEXT NOT NULL,
  message_id TEXT, created_at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE {consumers} (
  account_key TEXT NOT NULL, consumer TEXT NOT NULL, position TEXT NOT NULL, updated_at INTEGER NOT NULL,
  PRIMARY KEY (account_key, consumer)) WITHOUT ROWID;
CREATE TABLE {refs} (
  scope TEXT NOT NULL, ref_hash TEXT NOT NULL, message_id TEXT NOT NULL, payload_hash TEXT NOT NULL,
  created_at INTEGER NOT NULL, PRIMARY KEY (scope, ref_hash)) WITHOUT ROWID;
CREATE TABLE {statuses} (
  account_key TEXT NOT NULL, provider_message_id TEXT NOT NULL, state INTEGER NOT NULL, message_id TEXT,
  attempt INTEGER, reported_at INTEGER, received_at INTEGER NOT NULL, provider_code TEXT, body TEXT,
  PRIMARY KEY (account_key, provider_message_id, state)) WITHOUT ROWID;
",
        messages_id = index("messages_id"),
        messages_contact = index("messages_contact"),
        messages_recipient = index("messages_recipient"),
        messages_campaign = index("messages_campaign"),
        messages_reference = index("messages_reference"),
        messages_attention = index("messages_attention"),
        attempts_provider = index("attempts_provider"),
        queue_due = index("queue_due"),
    )
}
