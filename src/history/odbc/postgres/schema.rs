//! How PostgreSQL makes the tables, and what it must be for that.

use super::clock::CLOCK;
use crate::history::fields::Fields;
use crate::history::names::Names;
use crate::history::odbc::session::Session;
use crate::history::select::Value;
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use crate::history::tables::{Change, Column, EVENTS, Kind, Table};
use crate::history::view::{self, ViewSyntax};

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

/// Waits for whoever else makes or upgrades the tables.
pub fn lock_tables(session: &mut Session, names: &Names) -> StoreResult<()> {
    session.execute("SET LOCAL lock_timeout = '25s'")?;
    let key = lock_key(names);
    let sql = "SELECT CAST(pg_advisory_xact_lock(hashtextextended(CAST(? AS text), 0)) AS text)";
    session.rows(sql, &[Value::Text(key)], |_| Ok(())).map(drop)
}

/// What the lock of the tables is called.
pub fn lock_key(names: &Names) -> String {
    format!("wa-connector {} {}", names.schema().unwrap_or_default(), names.prefix())
}

/// Makes the schema if it is missing. `IF NOT EXISTS` alone would ask for the
/// right to make schemas even where there is nothing to make.
pub fn make_schema(session: &mut Session, names: &Names) -> StoreResult<()> {
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

/// Remembers that a step was made. All steps tell one database's identity.
pub fn step_made(names: &Names) -> String {
    format!("{} RETURNING version", version_row(names, "CAST(? AS integer)", "CAST(? AS uuid)"))
}

/// Writes the row of a step.
pub fn version_row(names: &Names, number: &str, identity: &str) -> String {
    format!(
        "INSERT INTO {0} (version, database_id, watermark, created_at) \
         VALUES ({number}, coalesce((SELECT database_id FROM {0} LIMIT 1), {identity}), 0, {CLOCK})",
        names.schema_version
    )
}

/// The statements of a change.
pub fn change(names: &Names, step: i64, change: &Change) -> Vec<String> {
    let columns: Vec<String> = change.columns(step).map(column).collect();
    match change {
        Change::Make(table) => {
            let made = make(names, table, columns);
            std::iter::once(made).chain(indexes(names, step, change, table)).collect()
        }
        Change::Extend(table) => {
            let added = columns.iter().map(|column| format!("ADD COLUMN {column}")).collect::<Vec<_>>();
            let extended = format!("ALTER TABLE {} {}", names.table(table.name), added.join(", "));
            std::iter::once(extended).chain(indexes(names, step, change, table)).collect()
        }
        Change::Show => vec![view::make(names, &VIEW)],
    }
}

/// How the view writes times and GUIDs.
const VIEW: ViewSyntax = ViewSyntax {
    time: |column| format!("to_timestamp({column} / 1000.0)"),
    guid: |column| {
        format!(
            "CASE WHEN {column} ~ '^[0-9a-fA-F]{{8}}(-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}$' \
             THEN CAST({column} AS uuid) END"
        )
    },
};

fn make(names: &Names, table: &Table, mut columns: Vec<String>) -> String {
    let name = names.table(table.name);
    let mut key = table.key.to_vec();
    if table.name == EVENTS.name {
        // The transaction's number comes first: rows of a transaction that is
        // still open must not be skipped by readers.
        columns.insert(0, "tx bigint NOT NULL DEFAULT txid_current()".to_owned());
        key.insert(0, "tx");
    }
    match key.as_slice() {
        [only] => columns
            .iter_mut()
            .filter(|column| column.split(' ').next() == Some(*only))
            .for_each(|column| column.push_str(" PRIMARY KEY")),
        several => columns.push(format!("PRIMARY KEY ({})", several.join(", "))),
    }
    format!("CREATE TABLE {name} ({}){}", columns.join(", "), storage(table))
}

fn indexes(names: &Names, step: i64, change: &Change, table: &Table) -> impl Iterator<Item = String> {
    let name = names.table(table.name);
    change.indexes(step).map(move |index| {
        format!(
            "CREATE {}INDEX {} ON {name} ({}){}",
            if index.unique { "UNIQUE " } else { "" },
            names.index(index.name),
            index.columns.join(", "),
            index.of.condition()
        )
    })
}

/// How full the pages of a table are filled.
fn storage(table: &Table) -> &'static str {
    match table.name {
        // Pages keep room for a second version of each row: it stays on its
        // page and touches no index (measured: 92 % of them with 50, 63 % with
        // 60, 12 % with 90; the table is no larger).
        "messages" | "workers" | "consumers" => " WITH (fillfactor = 50)",
        // Small and restless: cleaned often, with room on its pages.
        "queue" => {
            " WITH (fillfactor = 70, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0, \
             autovacuum_vacuum_cost_delay = 0)"
        }
        "refs" => " WITH (fillfactor = 90)",
        _ => "",
    }
}

/// Ids that clients or providers make compare by their bytes: `COLLATE "C"`.
/// What people wrote keeps the database's collation, for searches in any case
/// of letters.
fn column(column: &Column) -> String {
    let collation = if column.kind == Kind::Word { " COLLATE \"C\"" } else { "" };
    let rule = match column.kind {
        Kind::Sequence => " GENERATED ALWAYS AS IDENTITY",
        _ if column.optional => "",
        _ => " NOT NULL",
    };
    format!("{} {}{collation}{rule}", column.name, type_of(column.kind))
}

/// The type of a column, or of a field of a batch.
pub fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Id => "uuid",
        Kind::Word | Kind::Prose => "text",
        Kind::Small => "smallint",
        Kind::Number => "integer",
        Kind::Sequence | Kind::Long | Kind::Clock => "bigint",
    }
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
        let made = |version| {
            let steps = steps_after(version);
            let changes = steps.flat_map(|(number, changes)| changes.iter().map(move |step| (number, step)));
            let all: Vec<String> = changes.flat_map(|(number, step)| change(&names, number, step)).collect();
            all.join(";\n") + ";\n"
        };
        let released = include_str!("../../tests/released_postgres.sql");
        let later = made(1);
        assert!(released.ends_with(&later), "{later}");
        assert_eq!(made(0), include_str!("../../tests/new_postgres.sql"));
    }
}
