//! The tables in PostgreSQL, by numbered steps.

use super::super::super::names::Names;
use super::super::super::select::Value;
use super::super::super::store::{StoreError, StoreErrorKind, StoreResult};
use super::super::session::Session;
use super::CLOCK;
use crate::settings::Migrate;
use uuid::Uuid;

/// The version that this library reads and writes: the number of the last step.
pub const VERSION: i64 = 2;

/// Makes, upgrades or checks the tables. Whoever makes or upgrades them holds
/// a lock, so that several processes may start at once.
pub fn migrate(session: &mut Session, names: &Names, how: Migrate) -> StoreResult<()> {
    check_server(session)?;
    let found = version(session, names)?;
    match (how, found) {
        (Migrate::Off, _) | (_, Some(VERSION)) => Ok(()),
        (_, Some(newer)) if newer > VERSION => Err(too_new(newer)),
        (Migrate::Check, found) => Err(StoreError::new(
            StoreErrorKind::Schema,
            format!("they have version {}; {VERSION} is needed", found.unwrap_or(0)),
        )),
        (Migrate::Auto, _) => {
            session.begin()?;
            upgrade(session, names).map_err(|error| session.roll_back(error))?;
            crate::points::reach("migrating");
            session.commit()
        }
    }
}

/// What no table can make good: a server that takes no writes, or cannot hold
/// what people write.
pub fn check_server(session: &mut Session) -> StoreResult<()> {
    let sql = "SELECT current_setting('server_encoding'), current_setting('transaction_read_only')";
    let found = session.rows(sql, &[], |row| Ok((row.text()?, row.text()?)))?;
    let Some((encoding, read_only)) = found.into_iter().next() else { return Ok(()) };
    let fault = if encoding != "UTF8" {
        format!("the database's encoding is {encoding}; it must be UTF8 to hold every message")
    } else if read_only == "on" {
        "the database is read-only: a standby, or set so".to_owned()
    } else {
        return Ok(());
    };
    Err(StoreError::new(StoreErrorKind::Configuration, fault))
}

fn too_new(version: i64) -> StoreError {
    StoreError::new(
        StoreErrorKind::Schema,
        format!("they have version {version}; this library knows up to {VERSION}"),
    )
}

fn upgrade(session: &mut Session, names: &Names) -> StoreResult<()> {
    session.execute("SET LOCAL lock_timeout = '25s'")?;
    let key = format!("wa-connector {} {}", names.schema().unwrap_or_default(), names.prefix());
    session.rows(
        "SELECT CAST(pg_advisory_xact_lock(hashtextextended(CAST(? AS text), 0)) AS text)",
        &[Value::Text(key)],
        |_| Ok(()),
    )?;
    // Another process may have been here while we waited for the lock.
    let found = version(session, names)?.unwrap_or(0);
    if found > VERSION {
        return Err(too_new(found));
    }
    for (number, step) in (1..).zip([step_1 as fn(&Names) -> Vec<String>, step_2]) {
        if number <= found {
            continue;
        }
        if number == 1 {
            make_schema(session, names)?;
        }
        for statement in step(names) {
            session.execute(&statement)?;
        }
        let sql = format!(
            "INSERT INTO {0} (version, database_id, watermark, created_at) \
             VALUES (CAST(? AS integer), coalesce((SELECT database_id FROM {0} LIMIT 1), CAST(? AS uuid)), 0, {CLOCK}) \
             RETURNING version",
            names.schema_version
        );
        session.rows(&sql, &[Value::Integer(number), Value::Text(Uuid::new_v4().to_string())], |_| Ok(()))?;
    }
    Ok(())
}

/// Makes the schema if it is missing. `IF NOT EXISTS` alone would ask for the
/// right to make schemas even where there is nothing to make.
fn make_schema(session: &mut Session, names: &Names) -> StoreResult<()> {
    let Some(schema) = names.schema() else { return Ok(()) };
    let sql = "SELECT 1 FROM pg_namespace WHERE nspname = CAST(? AS name)";
    let there = session.rows(sql, &[Value::Text(schema.to_owned())], |_| Ok(()))?;
    if there.is_empty() {
        session.execute(&format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\""))?;
    }
    Ok(())
}

/// The tables' version; none where there are none.
pub fn version(session: &mut Session, names: &Names) -> StoreResult<Option<i64>> {
    // Not to_regclass: it may still say no to who asked before he waited for
    // the lock.
    let sql = format!(
        "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = CAST(? AS name) \
         AND n.nspname {}",
        if names.schema().is_some() { "= CAST(? AS name)" } else { "= ANY(current_schemas(false))" }
    );
    let table = Some(format!("{}schema", names.prefix()));
    let values: Vec<Value> =
        table.into_iter().chain(names.schema().map(str::to_owned)).map(Value::Text).collect();
    let there = session.rows(&sql, &values, |_| Ok(()))?;
    if there.is_empty() {
        return Ok(None);
    }
    let sql = format!("SELECT max(version) FROM {}", names.schema_version);
    let found = session.rows(&sql, &[], |row| row.number_or_null())?;
    Ok(found.into_iter().next().flatten())
}

/// Whom the provider took a recipient for, and what it said beside its yes;
/// and what it gave ids to.
fn step_2(names: &Names) -> Vec<String> {
    let Names { messages, remembered, .. } = names;
    let text = "text COLLATE \"C\"";
    vec![
        format!("ALTER TABLE {messages} ADD COLUMN recipient_id {text}, ADD COLUMN provider_status {text}"),
        format!(
            "CREATE TABLE {remembered} (account_key {text} NOT NULL, memory_key {text} NOT NULL, \
             value text NOT NULL, expires_at bigint NOT NULL, PRIMARY KEY (account_key, memory_key))"
        ),
    ]
}

/// Ids that clients or providers make compare by their bytes: `COLLATE "C"`.
/// What people wrote keeps the database's collation, for searches in any case
/// of letters.
fn step_1(names: &Names) -> Vec<String> {
    let Names {
        schema_version, workers, messages, attempts, queue, events, consumers, refs, statuses, ..
    } = names;
    let index = |name: &str| names.index(name);
    let text = "text COLLATE \"C\"";
    vec![
        format!(
            "CREATE TABLE {schema_version} (version integer NOT NULL PRIMARY KEY, database_id uuid NOT NULL, \
             watermark bigint NOT NULL, created_at bigint NOT NULL)"
        ),
        format!(
            "CREATE TABLE {workers} (worker uuid NOT NULL PRIMARY KEY, account_key {text} NOT NULL, \
             epoch bigint NOT NULL, host text NOT NULL, started_at bigint NOT NULL, alive_until bigint NOT NULL) \
             WITH (fillfactor = 50)"
        ),
        // No index holds a column that the end of an attempt changes on the
        // usual road, and pages keep room for a second version of each row:
        // it stays on its page and touches no index (measured: 92 % of them
        // with 50, 63 % with 60, 12 % with 90; the table is no larger).
        format!(
            "CREATE TABLE {messages} (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid NOT NULL, \
             recorded_at bigint NOT NULL, created_at bigint NOT NULL, updated_at bigint NOT NULL, \
             account_key {text} NOT NULL, provider {text} NOT NULL, direction smallint NOT NULL, kind {text} NOT NULL, \
             state smallint NOT NULL, attention smallint, version integer NOT NULL, attempts integer NOT NULL, \
             priority smallint NOT NULL, sender {text}, recipient {text} NOT NULL, contact_id {text}, \
             reference {text}, campaign_id {text}, correlation_id {text}, category {text}, template {text}, \
             body text NOT NULL, content text NOT NULL, provider_message_id {text}, response text, error text, \
             not_before bigint, expires_at bigint) WITH (fillfactor = 50)"
        ),
        format!("CREATE UNIQUE INDEX {} ON {messages} (id)", index("messages_id")),
        format!(
            "CREATE INDEX {} ON {messages} (contact_id, seq) WHERE contact_id IS NOT NULL",
            index("messages_contact")
        ),
        format!("CREATE INDEX {} ON {messages} (recipient, seq)", index("messages_recipient")),
        format!(
            "CREATE INDEX {} ON {messages} (campaign_id, seq) WHERE campaign_id IS NOT NULL",
            index("messages_campaign")
        ),
        format!(
            "CREATE INDEX {} ON {messages} (reference, seq) WHERE reference IS NOT NULL",
            index("messages_reference")
        ),
        format!(
            "CREATE INDEX {} ON {messages} (attention, seq) WHERE attention IS NOT NULL",
            index("messages_attention")
        ),
        format!(
            "CREATE TABLE {attempts} (message_id uuid NOT NULL, attempt integer NOT NULL, account_key {text} NOT NULL, \
             began_at bigint NOT NULL, took_ms bigint NOT NULL, state smallint NOT NULL, http_status integer, \
             provider_code {text}, trace_id {text}, class {text}, provider_message_id {text}, wait_ms bigint, \
             detail text, PRIMARY KEY (message_id, attempt))"
        ),
        format!(
            "CREATE INDEX {} ON {attempts} (provider_message_id) WHERE provider_message_id IS NOT NULL",
            index("attempts_provider")
        ),
        // Small and restless: cleaned often, with room on its pages.
        format!(
            "CREATE TABLE {queue} (message_id uuid NOT NULL PRIMARY KEY, account_key {text} NOT NULL, \
             priority smallint NOT NULL, not_before bigint NOT NULL, expires_at bigint, state smallint NOT NULL, \
             attempt integer NOT NULL, worker uuid, epoch bigint NOT NULL, intent_at bigint) \
             WITH (fillfactor = 70, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0, \
             autovacuum_vacuum_cost_delay = 0)"
        ),
        format!(
            "CREATE INDEX {} ON {queue} (account_key, priority, not_before) WHERE state = 0",
            index("queue_due")
        ),
        // The transaction's number comes first: rows of a transaction that is
        // still open must not be skipped by readers.
        format!(
            "CREATE TABLE {events} (tx bigint NOT NULL DEFAULT txid_current(), \
             seq bigint GENERATED ALWAYS AS IDENTITY, event_id uuid NOT NULL, account_key {text} NOT NULL, \
             kind {text} NOT NULL, message_id uuid, created_at bigint NOT NULL, body text NOT NULL, \
             PRIMARY KEY (tx, seq))"
        ),
        format!(
            "CREATE TABLE {consumers} (account_key {text} NOT NULL, consumer {text} NOT NULL, \
             position {text} NOT NULL, updated_at bigint NOT NULL, PRIMARY KEY (account_key, consumer)) \
             WITH (fillfactor = 50)"
        ),
        format!(
            "CREATE TABLE {refs} (scope {text} NOT NULL, ref_hash {text} NOT NULL, message_id uuid NOT NULL, \
             payload_hash {text} NOT NULL, created_at bigint NOT NULL, PRIMARY KEY (scope, ref_hash)) \
             WITH (fillfactor = 90)"
        ),
        format!(
            "CREATE TABLE {statuses} (account_key {text} NOT NULL, provider_message_id {text} NOT NULL, \
             state smallint NOT NULL, message_id uuid, attempt integer, reported_at bigint, \
             received_at bigint NOT NULL, provider_code {text}, body text, \
             PRIMARY KEY (account_key, provider_message_id, state))"
        ),
    ]
}
