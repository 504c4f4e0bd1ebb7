//! The tables and the rights as SQL, for who may not let the library make
//! them. It needs no database: it is made of the steps that the library itself
//! takes.

use super::names::Names;
use super::tables::VERSION;
use super::{embedded, odbc};
use crate::ground::connection_string::Candidate;

/// SQL for a DBA.
#[derive(Debug)]
pub struct Script {
    /// What it is for, as the options name it: `sqlite`, `postgresql`, `sqlserver`.
    pub database: String,
    /// The version to which it brings the tables.
    pub version: i64,
    /// The steps, as one script; empty where there is none to take.
    pub tables: String,
    /// The rights of a role that works with the tables; none for a file.
    pub rights_to_run: Option<String>,
    /// The rights of a role that makes and changes the tables; none for a file.
    pub rights_to_migrate: Option<String>,
}

/// For whom the rights are.
#[derive(Debug)]
pub struct Roles<'a> {
    /// Works with the tables.
    pub run: &'a str,
    /// Makes and changes them.
    pub migrate: &'a str,
}

/// The databases that a script can be for.
pub fn databases() -> Vec<String> {
    std::iter::once(SQLITE.to_owned()).chain(odbc::dialect_names()).collect()
}

/// The database behind ODBC that connection strings lead to, if their drivers
/// tell.
pub fn database_of(candidates: &[Candidate]) -> Option<String> {
    candidates.iter().find_map(|candidate| odbc::name_by_driver(&candidate.driver_name()))
}

/// The history in a file.
pub const SQLITE: &str = "sqlite";

/// The script that brings the tables of the version `from` to the present one.
/// None if there is no such database.
pub fn script(
    database: &str,
    schema: Option<&str>,
    table_prefix: &str,
    from: i64,
    roles: &Roles<'_>,
) -> Option<Script> {
    let names = Names::new(schema, table_prefix);
    let (title, tables, rights) = if database == SQLITE {
        ("SQLite", embedded::script(&names, from), None)
    } else {
        let dialect = odbc::dialect_called(database)?;
        let rights = (
            dialect.rights_to_run(&names, roles.run),
            dialect.rights_to_migrate(&names, roles.migrate, from),
        );
        (dialect.name(), dialect.script(&names, from), Some(rights))
    };
    let tables = match from < VERSION {
        true => format!(
            "-- The tables of wa_connector in version {VERSION}, for {title}; they have version {from} before.\n{tables}"
        ),
        false => String::new(),
    };
    let (rights_to_run, rights_to_migrate) = rights.unzip();
    Some(Script { database: database.to_owned(), version: VERSION, tables, rights_to_run, rights_to_migrate })
}
