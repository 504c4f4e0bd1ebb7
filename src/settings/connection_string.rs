//! `history.connection_string`: one of ODBC is taken as it is; those that .NET
//! applications have (ADO.NET) are translated, for the driver that is there.

mod npgsql;
mod parts;
mod sql_client;

use super::fault::refused;
use crate::ground::Secret;
use crate::ground::connection_string::{Attribute, Candidate, attributes_as_written, may_name_a_driver};
use crate::message::{Error, Result};
use parts::Parts;

const PATH: &str = "history.connection_string";
const EXAMPLE: &str = "Driver=PostgreSQL Unicode;Server=db.example;Port=5432;Database=crm;Uid=wa;Pwd=..";

/// The connection strings of ODBC that lead to what the host names, the
/// preferred one first.
pub fn read(text: &Secret) -> Result<Vec<Candidate>> {
    let written = text.expose().trim();
    if written.is_empty() {
        return Err(fault("is empty"));
    }
    if parts::is_for_odbc(written) {
        check_odbc(written)?;
        return Ok(vec![Candidate { driver: None, text: Secret::new(written.to_owned()) }]);
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
    let attributes = attributes_as_written(written);
    let is_driver = |attribute: &&Attribute| attribute.key.trim().eq_ignore_ascii_case("driver");
    if attributes.iter().filter(is_driver).any(|driver| !may_name_a_driver(&driver.value)) {
        return Err(fault("has something in the driver's name that belongs to no name").hint(format!(
            "Put a ; between the attributes, and no comma and no line break, such as {EXAMPLE}."
        )));
    }
    if written.contains(char::is_control) {
        return Err(fault("has a line break, or another letter that is none, in it")
            .hint(format!("Write it in one line, such as {EXAMPLE}.")));
    }
    if let Some(key) = attributes.iter().filter(|attribute| !attribute.is_braced).find_map(behind_a_comma) {
        return Err(fault(&format!("has a comma before {key}=, which hides it in the value before")).hint(format!(
            "Put a ; between the attributes, such as {EXAMPLE}; a value with such letters in it stands in braces: Pwd={{..}}."
        )));
    }
    let mut keys: Vec<String> =
        attributes.iter().map(|attribute| attribute.key.trim().to_lowercase()).collect();
    keys.sort();
    if let Some(twice) = keys.windows(2).find(|pair| pair[0] == pair[1]) {
        let known = KEYS.iter().find(|known| **known == twice[0]);
        let name = known.map_or_else(|| "an attribute".to_owned(), |known| format!("the attribute {known}"));
        return Err(fault(&format!("has {name} twice, of which drivers take now the one, now the other"))
            .hint("Leave one of them. A value with a ; in it stands in braces: Pwd={..}."));
    }
    Ok(())
}

/// Attributes that a connection string of ODBC has, in small letters. Only
/// these are ever named in an error: others may be a piece of a password.
const KEYS: [&str; 20] = [
    "driver",
    "dsn",
    "filedsn",
    "server",
    "servername",
    "address",
    "addr",
    "port",
    "database",
    "uid",
    "user",
    "username",
    "user id",
    "pwd",
    "password",
    "sslmode",
    "encrypt",
    "encryption",
    "trustservercertificate",
    "trusted_connection",
];

/// The attribute that stands in a value, because the one before it ends with a
/// comma and not with a `;`.
fn behind_a_comma(attribute: &Attribute) -> Option<&'static str> {
    attribute.value.split(',').skip(1).find_map(|behind| {
        let key = behind.split_once('=')?.0.trim().to_lowercase();
        KEYS.into_iter().find(|known| *known == key)
    })
}

/// What is wrong with the connection string; nothing of its values.
fn fault(why: &str) -> Box<Error> {
    refused(PATH, format!("{PATH} {why}."))
}

#[cfg(test)]
mod tests;
