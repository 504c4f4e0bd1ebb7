//! `history.connection_string`: one of ODBC is taken as it is; those that .NET
//! applications have (ADO.NET) are translated, for the driver that is there.

mod npgsql;
mod parts;
mod sql_client;

use super::fault::refused;
use crate::ground::Secret;
use crate::ground::connection_string::{Candidate, attributes};
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
    let keys: Vec<String> = attributes(written).into_iter().map(|(key, _)| key.to_lowercase()).collect();
    if keys.iter().any(|key| ["driver", "dsn", "filedsn"].contains(&key.trim())) {
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

/// What is wrong with the connection string; nothing of its values.
fn fault(why: &str) -> Box<Error> {
    refused(PATH, format!("{PATH} {why}."))
}

#[cfg(test)]
mod tests;
