//! Many rows at once in PostgreSQL.

use super::clock::CLOCK;
use super::schema::type_of;
use crate::history::batches::{Batches, Field, names};
use crate::history::names::Names;

pub const BATCHES: Batches = Batches { insert, insert_new, update, locked, tells: Some(tells) };

/// The rows of the parameter.
fn input(fields: &[Field]) -> String {
    let fields: Vec<String> =
        fields.iter().map(|(name, kind)| format!("{name} {}", type_of(*kind))).collect();
    format!("jsonb_to_recordset(CAST(? AS jsonb)) AS r({})", fields.join(", "))
}

fn insert(table: &str, fields: &[Field], clocks: &[&str]) -> String {
    let clocks: Vec<String> = clocks.iter().map(|clock| format!(", {clock}")).collect();
    let now = format!(", {CLOCK}").repeat(clocks.len());
    let own = names(fields, "");
    format!("INSERT INTO {table} ({own}{}) SELECT {own}{now} FROM {}", clocks.concat(), input(fields))
}

/// The order keeps two that store the same keys from waiting for each other.
fn insert_new(table: &str, fields: &[Field], key: &[Field]) -> String {
    let own = names(fields, "");
    let keys = names(key, "");
    format!(
        "WITH fresh AS (INSERT INTO {table} ({own}) SELECT {own} FROM {} ORDER BY {keys} \
         ON CONFLICT DO NOTHING RETURNING {keys}) SELECT {keys} FROM fresh",
        input(fields)
    )
}

fn update(table: &str, key: &[Field], fields: &[Field]) -> String {
    let set: Vec<String> = fields.iter().map(|(name, _)| format!("{name} = r.{name}")).collect();
    let found: Vec<String> = key.iter().map(|(name, _)| format!("m.{name} = r.{name}")).collect();
    format!(
        "UPDATE {table} AS m SET {} FROM {} WHERE {}",
        set.join(", "),
        input(&[key, fields].concat()),
        found.join(" AND ")
    )
}

fn locked(columns: &str, table: &str, condition: &str, order: &str) -> String {
    format!("SELECT {columns} FROM {table} m WHERE {condition} ORDER BY m.{order} FOR UPDATE OF m")
}

/// Before the transaction has a number: see `written_by_all`.
fn tells(names: &Names) -> String {
    format!("LOCK TABLE {} IN ROW EXCLUSIVE MODE", names.messages)
}
