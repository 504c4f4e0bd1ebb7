//! The steps as a script for SQLite's shell.

use super::schema;
use crate::history::names::Names;
use crate::history::tables::steps_after;

/// An identity that SQLite makes, as text, for it has no type for one.
const IDENTITY: &str = "lower(printf('%s-%s-4%s-%s%s-%s', hex(randomblob(4)), hex(randomblob(2)), \
     substr(hex(randomblob(2)), 2), substr('89AB', 1 + (random() & 3), 1), substr(hex(randomblob(2)), 2), \
     hex(randomblob(6))))";
const CLOCK: &str = "CAST(strftime('%s', 'now') AS INTEGER) * 1000";

/// One transaction. The shell goes on after what fails, so a step is noted
/// only where the one before it was the last.
pub fn script(names: &Names, from: i64) -> String {
    let mut statements = vec!["BEGIN IMMEDIATE".to_owned()];
    let table = &names.schema_version;
    for (number, changes) in steps_after(from) {
        statements.extend(changes.iter().flat_map(|change| schema::statements(names, number, change)));
        statements.push(format!(
            "INSERT INTO {table} (version, database_id, watermark, created_at) \
             SELECT {number}, coalesce((SELECT min(database_id) FROM {table}), {IDENTITY}), 0, {CLOCK} \
             WHERE coalesce((SELECT max(version) FROM {table}), 0) = {}",
            number - 1
        ));
    }
    statements.push("COMMIT".to_owned());
    statements.iter().map(|statement| format!("{statement};\n")).collect()
}
