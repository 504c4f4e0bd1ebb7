//! The types of SQL Server's columns.

use crate::history::tables::{Column, Kind};

/// How words compare, whatever the server's own collation: by their letters'
/// numbers. It is the same on a Turkish and on a case-sensitive server.
pub const BY_BYTES: &str = "COLLATE Latin1_General_BIN2";

/// The most letters of words that are in a key or an index, or that we make.
/// An index holds 1,700 bytes, a clustered key 900, and a letter has two or
/// four of them. Other words have no limit.
const LENGTHS: &[(&str, u16)] = &[
    ("account_key", 64),
    ("address", 256),
    ("alias", 256),
    ("campaign_id", 256),
    ("category", 256),
    ("class", 64),
    ("consumer", 128),
    ("contact_id", 256),
    ("kind", 64),
    ("event_account", 64),
    ("event_kind", 64),
    ("memory_key", 300),
    ("nonce", 64),
    ("notice_key", 64),
    ("payload_hash", 64),
    ("position", 64),
    ("provider", 32),
    ("provider_message_id", 600),
    ("attempt_provider_id", 600),
    ("recipient", 256),
    ("ref_hash", 64),
    ("reference", 512),
    ("scope", 256),
    ("sender", 256),
];

/// The type of a column, or of a field of a batch, by its name and its kind.
/// `collated` says how it compares.
pub fn type_of(name: &str, kind: Kind) -> String {
    match kind {
        Kind::Id => "uniqueidentifier".to_owned(),
        Kind::Word => match LENGTHS.iter().find(|(known, _)| *known == name) {
            Some((_, most)) => format!("nvarchar({most})"),
            None => "nvarchar(max)".to_owned(),
        },
        Kind::Prose => "nvarchar(max)".to_owned(),
        Kind::Small => "smallint".to_owned(),
        Kind::Number => "int".to_owned(),
        Kind::Sequence | Kind::Long | Kind::Clock => "bigint".to_owned(),
    }
}

/// The same with its collation. Ids that clients or providers make compare by
/// their bytes. What people wrote keeps the database's collation.
pub fn collated(name: &str, kind: Kind) -> String {
    let collation = if kind == Kind::Word { format!(" {BY_BYTES}") } else { String::new() };
    format!("{}{collation}", type_of(name, kind))
}

/// A column as a statement that makes a table writes it.
pub fn definition(column: &Column) -> String {
    let rule = match column.kind {
        Kind::Sequence => "IDENTITY(1, 1) NOT NULL",
        _ if column.optional => "NULL",
        _ => "NOT NULL",
    };
    format!("{} {} {rule}", column.name, collated(column.name, column.kind))
}
