//! How SQL Server makes the tables, and what it must be for that.

use super::clock::{self, CLOCK};
use super::types::definition;
use crate::history::fields::Fields;
use crate::history::names::Names;
use crate::history::odbc::session::Session;
use crate::history::select::Value;
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use crate::history::tables::{ATTEMPTS, Change, Column, EVENTS, Kind, MESSAGES, Table};
use crate::history::view::{self, ViewSyntax};
use std::time::Duration;

/// The compatibility level of SQL Server 2016, from which on `OPENJSON` is
/// known: every batch is a JSON text.
const LEVEL: i64 = 130;

pub const SERVER: &str = "SELECT CAST(compatibility_level AS bigint), \
     CAST(DATABASEPROPERTYEX(DB_NAME(), N'Updateability') AS nvarchar(60)) \
     FROM sys.databases WHERE database_id = DB_ID()";
/// Older levels have no such function. Others that speak T-SQL give whatever
/// level they please.
pub const PROBE: &str = "SELECT CAST(COUNT(*) AS bigint) FROM OPENJSON(N'[1]') WITH (one int '$')";

/// What no table can make good: a database that takes no writes, or is kept in
/// the language of an old server.
pub fn check_server(session: &mut Session) -> StoreResult<()> {
    let found = session.rows(SERVER, &[], |row| Ok((row.number()?, row.text()?)))?;
    let Some((level, updateability)) = found.into_iter().next() else { return Ok(()) };
    let refused = |fault: String| Err(StoreError::new(StoreErrorKind::Configuration, fault));
    if updateability == "READ_ONLY" {
        return refused("the database is read-only: a secondary replica, or set so".to_owned());
    }
    if level >= LEVEL {
        return Ok(());
    }
    match session.rows(PROBE, &[], |row| row.number()) {
        Ok(_) => Ok(()),
        Err(error) if error.kind.is_lost() => Err(error),
        Err(_) => refused(format!(
            "the database's compatibility level is {level}; SQL Server 2016 and level {LEVEL} are the least. \
             On such a server an owner raises it with ALTER DATABASE CURRENT SET COMPATIBILITY_LEVEL = {LEVEL}"
        )),
    }
}

/// What locks the tables while they are made or upgraded.
pub const LOCK_TABLES: &str = "SET NOCOUNT ON; DECLARE @name nvarchar(255) = ?, @found int; \
     EXEC @found = sp_getapplock @Resource = @name, @LockMode = N'Exclusive', @LockOwner = N'Transaction', \
     @LockTimeout = 25000; SELECT CAST(@found AS bigint)";

/// What the lock of the tables is called.
pub fn lock_key(names: &Names) -> String {
    format!("wa-connector {} {}", names.schema().unwrap_or_default(), names.prefix())
}

/// Waits for whoever else makes or upgrades the tables.
pub fn lock_tables(session: &mut Session, names: &Names) -> StoreResult<()> {
    let found = session.rows(LOCK_TABLES, &[Value::Text(lock_key(names))], |row| row.number())?;
    match found.first() {
        Some(0..) => Ok(()),
        _ => Err(StoreError::new(
            StoreErrorKind::Retry,
            "another process makes or upgrades the tables, and did not end within 25 seconds",
        )),
    }
}

pub const SCHEMA_THERE: &str = "SELECT CAST(1 AS bigint) FROM sys.schemas WHERE name = ?";

/// Makes the schema if it is missing.
pub fn make_schema(session: &mut Session, names: &Names) -> StoreResult<()> {
    let Some(schema) = names.schema() else { return Ok(()) };
    let there = session.rows(SCHEMA_THERE, &[Value::Text(schema.to_owned())], |_| Ok(()))?;
    if there.is_empty() {
        session.execute(&format!("CREATE SCHEMA \"{schema}\""))?;
    }
    Ok(())
}

/// Whether there are tables. Value: the name of the first one.
pub fn is_there(names: &Names) -> String {
    let schema = match names.schema() {
        Some(schema) => format!("= N'{schema}'"),
        // Where the statements find a name without a schema.
        None => "IN (SCHEMA_NAME(), N'dbo')".to_owned(),
    };
    format!(
        "SELECT CAST(1 AS bigint) FROM sys.tables t \
         JOIN sys.schemas s ON s.schema_id = t.schema_id WHERE t.name = ? AND s.name {schema}"
    )
}

pub fn newest_version(names: &Names) -> String {
    format!("SELECT CAST(MAX(version) AS bigint) FROM {}", names.schema_version)
}

/// The tables' version; none where there are none. A process that makes them
/// keeps others waiting, here as with the lock.
pub fn version(session: &mut Session, names: &Names) -> StoreResult<Option<i64>> {
    session.execute(&lock_timeout(MIGRATION))?;
    let found = found_version(session, names);
    let as_before = session.execute(&lock_timeout(longest_lock(session.statement_timeout())));
    found.and_then(|found| as_before.map(|()| found))
}

/// How long a migration is waited for.
const MIGRATION: Duration = Duration::from_secs(25);

/// How long a lock of a row is waited for.
pub fn longest_lock(statement_timeout: Duration) -> Duration {
    statement_timeout.min(Duration::from_secs(5))
}

/// From here on locks are waited for so long.
pub fn lock_timeout(longest: Duration) -> String {
    format!("SET LOCK_TIMEOUT {}", longest.as_millis())
}

fn found_version(session: &mut Session, names: &Names) -> StoreResult<Option<i64>> {
    let table = Value::Text(format!("{}schema", names.prefix()));
    if session.rows(&is_there(names), &[table], |_| Ok(()))?.is_empty() {
        return Ok(None);
    }
    let found = session.rows(&newest_version(names), &[], |row| row.number_or_null())?;
    Ok(found.into_iter().next().flatten())
}

/// Remembers that a step was made. All steps tell one database's identity.
pub fn step_made(names: &Names) -> String {
    format!(
        "SET NOCOUNT ON; DECLARE @version int = ?, @database uniqueidentifier = CAST(? AS uniqueidentifier); {}",
        version_row(names, "@version", "@database")
    )
}

/// Writes the row of a step.
pub fn version_row(names: &Names, number: &str, identity: &str) -> String {
    format!(
        "INSERT INTO {0} (version, database_id, watermark, created_at) \
         SELECT {number}, COALESCE((SELECT TOP (1) database_id FROM {0}), {identity}), 0, {CLOCK}",
        names.schema_version
    )
}

/// The statements of a change.
pub fn change(names: &Names, step: i64, change: &Change) -> Vec<String> {
    let columns = |table: &Table| -> Vec<String> {
        let times = change.columns(step).filter(|column| is_time(table, column));
        change.columns(step).map(definition).chain(times.map(for_people)).collect()
    };
    match change {
        Change::Make(table) => {
            let mut made = make(names, table, columns(table));
            made.extend(indexes(names, step, change, table));
            made
        }
        Change::Extend(table) => {
            let add = |column| format!("ALTER TABLE {} ADD {column}", names.table(table.name));
            columns(table).into_iter().map(add).chain(indexes(names, step, change, table)).collect()
        }
        Change::Show => vec![view::make(names, &VIEW)],
    }
}

/// How the view writes times and GUIDs. A GUID is looked at by its shape:
/// TRY_CAST cuts what follows one.
const VIEW: ViewSyntax = ViewSyntax {
    time: clock::for_people,
    guid: |column| format!("CASE WHEN LEN({column}) = 36 THEN TRY_CAST({column} AS uniqueidentifier) END"),
};

/// Whether a column is a time in a table that people read.
fn is_time(table: &Table, column: &Column) -> bool {
    let is_read = [MESSAGES.name, ATTEMPTS.name, EVENTS.name].contains(&table.name);
    let is_number = matches!(column.kind, Kind::Long | Kind::Clock);
    is_read && is_number && (column.name.ends_with("_at") || column.name == "not_before")
}

/// A time as a date, computed when it is read.
fn for_people(column: &Column) -> String {
    format!("{}_utc AS {}", column.name, clock::for_people(column.name))
}

/// Ids are random to SQL Server, which compares their last bytes first: a large
/// table that is kept in their order would be written all over. So it is kept
/// in the order of its rows' coming, and the key is an index beside it.
fn is_kept_as_rows_come(table: &Table) -> bool {
    ["attempts", "statuses", "notices"].contains(&table.name)
}

fn make(names: &Names, table: &Table, mut columns: Vec<String>) -> Vec<String> {
    let name = names.table(table.name);
    let mut kind = "CLUSTERED";
    let mut fill = if table.name == "refs" { " WITH (FILLFACTOR = 80)" } else { "" };
    if table.name == EVENTS.name {
        // The server's own count of changes. It says which of them are of
        // transactions that are still open.
        columns.insert(0, "tx rowversion NOT NULL".to_owned());
        kind = "NONCLUSTERED";
    }
    if is_kept_as_rows_come(table) {
        columns.insert(0, "seq bigint IDENTITY(1, 1) NOT NULL".to_owned());
        (kind, fill) = ("NONCLUSTERED", " WITH (FILLFACTOR = 80)");
    }
    let key_name = names.index(&format!("{}_key", table.name));
    columns.push(format!("CONSTRAINT {key_name} PRIMARY KEY {kind} ({}){fill}", table.key.join(", ")));
    let mut made = vec![format!("CREATE TABLE {name} ({})", columns.join(", "))];
    if kind == "NONCLUSTERED" {
        let order = names.index(&format!("{}_order", table.name));
        let by = if table.name == EVENTS.name { "tx, seq" } else { "seq" };
        made.push(format!("CREATE UNIQUE CLUSTERED INDEX {order} ON {name} ({by})"));
    }
    if table.name == "queue" {
        // A lock of the whole table would stop all other workers.
        made.push(format!("ALTER TABLE {name} SET (LOCK_ESCALATION = DISABLE)"));
    }
    made
}

fn indexes(names: &Names, step: i64, change: &Change, table: &Table) -> impl Iterator<Item = String> {
    let name = names.table(table.name);
    change.indexes(step).map(move |index| {
        format!(
            "CREATE {}INDEX {} ON {name} ({}){}{}",
            if index.unique { "UNIQUE " } else { "" },
            names.index(index.name),
            index.columns.join(", "),
            index.of.condition(),
            if index.unique { " WITH (FILLFACTOR = 80)" } else { "" }
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::tables::steps_after;

    /// Steps that were released stay what they were, to the letter: there are
    /// databases that they made.
    #[test]
    fn the_steps_are_those_that_made_the_tables_there_are() {
        let names = Names::new(Some("whatsapp"), "wa_");
        let mut made = Vec::new();
        for (number, changes) in steps_after(0) {
            changes.iter().for_each(|step| made.extend(change(&names, number, step)));
        }
        let released = include_str!("../../tests/new_sqlserver.sql");
        assert_eq!(made.join(";\n"), released.trim_end().trim_end_matches(';'));
    }
}
