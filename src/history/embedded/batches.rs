//! Many rows at once in SQLite.

use crate::history::batches::{Batches, Field, names};

/// The clock of this machine, in milliseconds since 1970.
pub const CLOCK: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

pub const BATCHES: Batches = Batches { insert, insert_new, update, locked, tells: None };

fn insert(table: &str, fields: &[Field], clocks: &[&str]) -> String {
    let clocks: Vec<String> = clocks.iter().map(|clock| format!(", {clock}")).collect();
    let now = format!(", {}", CLOCK).repeat(clocks.len());
    format!(
        "INSERT INTO {table} ({}{}) SELECT {}{now} FROM json_each(?)",
        names(fields, ""),
        clocks.concat(),
        read(fields)
    )
}

/// Nobody else writes meanwhile: the file is locked.
fn insert_new(table: &str, fields: &[Field], key: &[Field]) -> String {
    let names_of_fields = names(fields, "");
    // With a condition, ON CONFLICT cannot be taken for a join's ON.
    format!(
        "INSERT INTO {table} ({names_of_fields}) SELECT {} FROM json_each(?) WHERE true \
         ON CONFLICT DO NOTHING RETURNING {}",
        read(fields),
        names(key, "")
    )
}

fn update(table: &str, key: &[Field], fields: &[Field]) -> String {
    let set: Vec<String> = fields.iter().map(|(name, _)| format!("{name} = r.{name}")).collect();
    let found: Vec<String> = key.iter().map(|(name, _)| format!("m.{name} = r.{name}")).collect();
    let named: Vec<String> =
        key.iter().chain(fields).map(|field| format!("{} AS {}", one(field), field.0)).collect();
    format!(
        "UPDATE {table} AS m SET {} FROM (SELECT {} FROM json_each(?)) AS r WHERE {}",
        set.join(", "),
        named.join(", "),
        found.join(" AND ")
    )
}

fn locked(columns: &str, table: &str, condition: &str, order: &str) -> String {
    format!("SELECT {columns} FROM {table} m WHERE {condition} ORDER BY m.{order}")
}

fn read(fields: &[Field]) -> String {
    fields.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn one((name, _): &Field) -> String {
    format!("json_extract(value, '$.{name}')")
}
