//! How SQLite makes the tables.

use super::session::{begin, store_error};
use crate::history::migrate::{is_upgrade_due, nobody_is_left};
use crate::history::names::Names;
use crate::history::store::{Migrate, StoreResult};
use crate::history::tables::{Change, Column, Index, Kind, Table, steps_after};
use crate::history::view::{self, ViewSyntax};
use crate::message::clock::Millis;
use rusqlite::{Connection, OptionalExtension};

/// Makes, upgrades or checks the tables, under the file's write lock.
pub fn migrate(connection: &mut Connection, names: &Names, how: Migrate) -> StoreResult<()> {
    let found = version(connection, names)?;
    if !is_upgrade_due(how, found)? {
        return Ok(());
    }
    let transaction = begin(connection)?;
    // Another process may have been here while we waited for the lock.
    let found = version(&transaction, names)?.unwrap_or(0);
    if !is_upgrade_due(how, Some(found))? {
        return Ok(());
    }
    if found > 0 {
        let sql = format!("SELECT count(*) FROM {} WHERE alive_until > ?1", names.workers);
        let living = transaction.query_row(&sql, [Millis::now().0], |row| row.get(0)).map_err(store_error)?;
        nobody_is_left(living)?;
    }
    for (number, changes) in steps_after(found) {
        for statement in changes.iter().flat_map(|change| statements(names, number, change)) {
            transaction.execute_batch(&statement).map_err(store_error)?;
        }
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

/// The statements of a change.
pub fn statements(names: &Names, step: i64, change: &Change) -> Vec<String> {
    let columns: Vec<String> = change.columns(step).map(column).collect();
    match change {
        Change::Make(table) => {
            let made = make(names, table, columns);
            std::iter::once(made).chain(indexes(names, step, change, table)).collect()
        }
        Change::Extend(table) => columns
            .iter()
            .map(|column| format!("ALTER TABLE {} ADD COLUMN {column}", names.table(table.name)))
            .chain(indexes(names, step, change, table))
            .collect(),
        Change::Show => vec![view::make(names, &VIEW)],
    }
}

/// How the view writes times and GUIDs, which SQLite keeps as text.
const VIEW: ViewSyntax = ViewSyntax {
    time: |column| format!("strftime('%Y-%m-%dT%H:%M:%fZ', {column} / 1000.0, 'unixepoch')"),
    guid: |column| {
        let digits = |count: usize| "[0-9a-fA-F]".repeat(count);
        let pattern = [8, 4, 4, 4, 12].map(digits).join("-");
        format!("CASE WHEN {column} GLOB '{pattern}' THEN lower({column}) END")
    },
};

fn make(names: &Names, table: &Table, mut columns: Vec<String>) -> String {
    let name = names.table(table.name);
    // A table that the database counts has its key in the column that counts.
    let is_counted = table.columns.iter().any(|column| column.kind == Kind::Sequence);
    // So the first version made it: without a key.
    let is_keyed = table.name != "schema";
    let mut end = "";
    if is_keyed && !is_counted {
        end = " WITHOUT ROWID";
        match table.key {
            [only] => columns
                .iter_mut()
                .filter(|column| column.split(' ').next() == Some(*only))
                .for_each(|column| column.push_str(" PRIMARY KEY")),
            several => columns.push(format!("PRIMARY KEY ({})", several.join(", "))),
        }
    }
    format!("CREATE TABLE {name} ({}){end}", columns.join(", "))
}

fn indexes(names: &Names, step: i64, change: &Change, table: &Table) -> impl Iterator<Item = String> {
    let name = names.table(table.name);
    change.indexes(step).map(move |index| {
        format!(
            "CREATE {}INDEX {} ON {name} ({}){}",
            if index.unique { "UNIQUE " } else { "" },
            names.index(index.name),
            columns_of(index).join(", "),
            index.of.condition()
        )
    })
}

/// So the first version made them: the state is in the index of campaigns.
fn columns_of(index: &Index) -> Vec<&'static str> {
    match index.name {
        "messages_campaign" => vec!["campaign_id", "state", "seq"],
        _ => index.columns.to_vec(),
    }
}

fn column(column: &Column) -> String {
    let kind = match column.kind {
        Kind::Sequence => return format!("{} INTEGER PRIMARY KEY AUTOINCREMENT", column.name),
        Kind::Id | Kind::Word | Kind::Prose => "TEXT",
        Kind::Small | Kind::Number | Kind::Long | Kind::Clock => "INTEGER",
    };
    format!("{} {kind}{}", column.name, if column.optional { "" } else { " NOT NULL" })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps that were released stay what they were, to the letter: there are
    /// files that they made.
    #[test]
    fn the_steps_are_those_that_made_the_tables_there_are() {
        let names = Names::new(None, "wa_");
        let made = |version| {
            let steps = steps_after(version);
            let changes = steps.flat_map(|(number, changes)| changes.iter().map(move |step| (number, step)));
            let all: Vec<String> =
                changes.flat_map(|(number, step)| statements(&names, number, step)).collect();
            all.join(";\n") + ";\n"
        };
        let released = include_str!("../tests/released_sqlite.sql");
        let later = made(1);
        assert!(released.ends_with(&later), "{later}");
        assert_eq!(made(0), include_str!("../tests/new_sqlite.sql"));
    }
}
