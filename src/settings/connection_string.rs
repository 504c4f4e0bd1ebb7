//! `history.connection_string`: one of ODBC is taken as it is; those that .NET
//! applications have (ADO.NET) are translated, for the driver that is there.

mod npgsql;
mod parts;
mod sql_client;

use super::fault::refused;
use crate::ground::Secret;
use crate::ground::connection_string::{Candidate, attributes, may_name_a_driver};
use crate::message::{Error, Result};
use parts::Parts;

const PATH: &str = "history.connection_string";
const EXAMPLE: &str = "Driver=PostgreSQL Unicode;Server=db.example;Port=5432;Database=crm;Uid=wa;Pwd=..";

/// The connection strings of ODBC that lead to what the host names, the
/// preferred one first.
pub fn read(text: &Secret) -> Result<Vec<Candidate>> {
    let written = text.expose();
    if written.trim().is_empty() {
        return Err(fault("is empty"));
    }
    if parts::is_for_odbc(written) {
        check_odbc(written)?;
        return Ok(vec![Candidate { driver: None, text: text.clone() }]);
    }
    if written.trim_start().starts_with("postgres") && written.contains("://") || written.contains("dbname=")
    {
        return Err(fault("is written for libpq, PostgreSQL's own library, not for ODBC").hint(format!(
            "Name the same server for ODBC, such as {EXAMPLE}; or for .NET, such as Host=..;Port=.."
        )));
    }
    let parts = Parts::read(written)?;
    match (parts.is_for(&npgsql::OWN_KEYS), parts.is_for(&sql_client::OWN_KEYS)) {
        (true, _) => npgsql::translate(&parts),
        (false, true) => sql_client::translate(&parts),
        (false, false) => Err(fault("does not tell which database it is for").hint(format!(
            "Begin it with the driver, such as {EXAMPLE}; or write it as .NET does, with Host or Port (PostgreSQL), or with \
             Data Source and Initial Catalog (SQL Server)."
        ))),
    }
}

/// Refuses a string whose parts do not end where the host believes: errors name
/// the driver, and must not name the password with it.
fn check_odbc(written: &str) -> Result<()> {
    if parts::has_open_brace(written) {
        return Err(fault("has a value whose brace does not end")
            .hint("Write Driver={..};, and inside of braces } twice: Pwd={a}}b};"));
    }
    let mut attributes = attributes(written).into_iter();
    if attributes.any(|(key, value)| key.trim().eq_ignore_ascii_case("driver") && !may_name_a_driver(&value))
    {
        return Err(fault("has something in the driver's name that belongs to no name").hint(format!(
            "Put a ; between the attributes, and no comma and no line break, such as {EXAMPLE}."
        )));
    }
    Ok(())
}

/// What is wrong with the connection string; nothing of its values.
fn fault(why: &str) -> Box<Error> {
    refused(PATH, format!("{PATH} {why}."))
}

#[cfg(test)]
mod tests;
