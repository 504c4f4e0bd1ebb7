//! Databases behind ODBC.
//!
//! What all of them share is here: how the driver manager is loaded
//! (`driver_manager`), how a connection is opened (`connect`), used
//! (`session`, `connection`), filled (`json`, `rows`), read (`fields`,
//! `answer`), what is written in which order (`commit`, `usual`), what becomes of a
//! claim whose answer was lost (`claims`), how tables are made (`migrate`), and
//! what errors mean (`classify`). What differs is a `dialect`, in a room of its
//! own.

mod advice;
mod answer;
mod claims;
mod classify;
mod commit;
mod connect;
mod connection;
mod dialect;
mod driver_manager;
mod fields;
mod json;
mod migrate;
mod postgres;
mod process_end;
mod replay;
mod rewound;
mod rights;
mod rows;
mod session;
mod sqlserver;
mod usual;

use super::names::Names;
use super::store::{Connection, STATEMENT_TIMEOUT, Store, StoreError, StoreErrorKind, StoreResult};
use crate::ground::connection_string::Candidate;
use claims::LostClaims;
use connect::ConnectionStrings;
use dialect::Dialect;
use once_cell::sync::OnceCell;
use postgres::Postgres;
use session::Session;
use sqlserver::SqlServer;
use std::sync::Arc;
use std::time::Duration;

/// The dialects there are.
static DIALECTS: &[&dyn Dialect] = &[&Postgres, &SqlServer];

/// The dialect of a server, by the name that its driver gives for it.
fn dialect_of(server: &str) -> StoreResult<&'static dyn Dialect> {
    let server_name = server.to_ascii_lowercase();
    let known = |dialect: &&&dyn Dialect| dialect.known_by().iter().any(|name| server_name.contains(name));
    DIALECTS.iter().find(known).copied().ok_or_else(|| {
        StoreError::new(
            StoreErrorKind::Configuration,
            format!(
                "the server is {server}; the history can be kept in PostgreSQL, SQL Server or a SQLite file"
            ),
        )
    })
}

/// What settings and options call the dialects: `postgresql`, `sqlserver`.
pub fn dialect_names() -> impl Iterator<Item = String> {
    DIALECTS.iter().map(|dialect| called(*dialect))
}

/// The dialect that settings and options call so.
pub fn dialect_called(name: &str) -> Option<&'static dyn Dialect> {
    DIALECTS.iter().copied().find(|dialect| called(*dialect) == name)
}

/// The same, by a driver's name.
pub fn name_by_driver(driver: &str) -> Option<String> {
    dialect_of(driver).ok().map(called)
}

fn called(dialect: &dyn Dialect) -> String {
    dialect.name().to_ascii_lowercase().replace(' ', "")
}

/// A database behind ODBC.
pub struct Odbc {
    connection_strings: ConnectionStrings,
    names: Names,
    login_timeout: Duration,
    statement_timeout: Duration,
    /// What the server said it is, once it was asked.
    dialect: OnceCell<&'static dyn Dialect>,
    lost_claims: Arc<LostClaims>,
}

impl Odbc {
    /// The database that connection strings name: the first whose driver is
    /// installed.
    pub fn any_of(candidates: Vec<Candidate>, names: Names, login_timeout: Duration) -> Odbc {
        Odbc {
            connection_strings: ConnectionStrings::new(candidates),
            names,
            login_timeout,
            statement_timeout: STATEMENT_TIMEOUT,
            dialect: OnceCell::new(),
            lost_claims: Arc::default(),
        }
    }

    /// With another longest time for a statement.
    pub fn with_statement_timeout(self, statement_timeout: Duration) -> Odbc {
        Odbc { statement_timeout, ..self }
    }

    /// What the server is: what it said the last time, or what the driver's
    /// name lets one expect.
    fn expected(&self) -> Option<&'static dyn Dialect> {
        self.dialect
            .get()
            .copied()
            .or_else(|| self.connection_strings.drivers().find_map(|driver| dialect_of(&driver).ok()))
    }

    fn open(&self) -> StoreResult<(Session, &'static dyn Dialect)> {
        let expected = self.expected();
        let session = self.open_as(expected)?;
        let dialect = dialect_of(&session.server()?)?;
        let _ = self.dialect.set(dialect);
        if expected.is_some_and(|expected| expected.name() == dialect.name()) {
            return Ok((session, dialect));
        }
        // A data source hides the driver: only now is it known what the
        // connection string lacks.
        drop(session);
        Ok((self.open_as(Some(dialect))?, dialect))
    }

    fn open_as(&self, dialect: Option<&'static dyn Dialect>) -> StoreResult<Session> {
        let added = |driver: &str| dialect.map_or(&[][..], |dialect| dialect.attributes(driver));
        let rules = dialect.map_or(classify::by_state as classify::Rules, |dialect| dialect.rules());
        connect::open(&self.connection_strings, &added, self.login_timeout, self.statement_timeout, rules)
    }
}

impl Store for Odbc {
    fn connect(&self) -> StoreResult<Box<dyn Connection>> {
        let (session, dialect) = self.open()?;
        let lost_claims = Arc::clone(&self.lost_claims);
        Ok(Box::new(connection::Open::new(session, dialect, self.names.clone(), lost_claims)?))
    }

    fn name(&self) -> &'static str {
        self.expected().map_or("ODBC", |dialect| dialect.name())
    }
}
