//! Many rows at once in SQL Server.

use super::batch::{BY_KEYS, input};
use super::clock::CLOCK;
use super::types::collated;
use crate::history::batches::{Batches, Field, names};

pub const BATCHES: Batches = Batches { insert, insert_new, update, locked, tells: None };

fn insert(table: &str, fields: &[Field], clocks: &[&str]) -> String {
    let clocks: Vec<String> = clocks.iter().map(|clock| format!(", {clock}")).collect();
    let now = format!(", {CLOCK}").repeat(clocks.len());
    let own = names(fields, "");
    format!(
        "SET NOCOUNT ON; {} INSERT INTO {table} ({own}{}) SELECT {own}{now} FROM @input ORDER BY place;",
        input(fields, ""),
        clocks.concat()
    )
}

/// The place where a key would stand is locked, so whoever stores it at this
/// moment is waited for.
fn insert_new(table: &str, fields: &[Field], key: &[Field]) -> String {
    let own = names(fields, "");
    let alike: Vec<String> = key.iter().map(|(name, _)| format!("k.{name} = i.{name}")).collect();
    let kept: Vec<String> =
        key.iter().map(|(name, kind)| format!("{name} {} NOT NULL", collated(name, *kind))).collect();
    format!(
        "SET NOCOUNT ON; {input} DECLARE @fresh TABLE ({kept}); \
         INSERT INTO {table} ({own}) OUTPUT {inserted} INTO @fresh ({keys}) SELECT {from_input} FROM @input i \
         WHERE NOT EXISTS (SELECT 1 FROM {table} k WITH (UPDLOCK, HOLDLOCK, FORCESEEK) WHERE {alike}) \
         ORDER BY {by} {BY_KEYS}; SELECT {keys} FROM @fresh",
        input = input(fields, ""),
        kept = kept.join(", "),
        inserted = names(key, "inserted."),
        keys = names(key, ""),
        from_input = names(fields, "i."),
        alike = alike.join(" AND "),
        by = names(key, "i."),
    )
}

fn update(table: &str, key: &[Field], fields: &[Field]) -> String {
    let set: Vec<String> = fields.iter().map(|(name, _)| format!("{name} = i.{name}")).collect();
    let found: Vec<String> = key.iter().map(|(name, _)| format!("m.{name} = i.{name}")).collect();
    format!(
        "SET NOCOUNT ON; {} UPDATE m SET {} FROM @input i JOIN {table} m WITH (FORCESEEK) ON {} {BY_KEYS};",
        input(&[key, fields].concat(), ""),
        set.join(", "),
        found.join(" AND ")
    )
}

fn locked(columns: &str, table: &str, condition: &str, order: &str) -> String {
    format!("SELECT {columns} FROM {table} m WITH (UPDLOCK, ROWLOCK) WHERE {condition} ORDER BY m.{order}")
}
