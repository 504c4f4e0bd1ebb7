//! Databases behind ODBC.
//!
//! What all of them share is here: how the driver manager is loaded
//! (`driver_manager`), how a connection is opened (`connect`), used
//! (`session`), read (`fields`), filled (`json`), and what its errors mean
//! (`classify`). What differs is one room per dialect.

mod classify;
mod connect;
mod driver_manager;
mod ending;
mod fields;
mod json;
mod postgres;
mod session;

use super::names::Names;
use super::store::{Connection, Store, StoreError, StoreErrorKind, StoreResult};
use crate::settings::Secret;
use connect::ConnectionString;
use once_cell::sync::OnceCell;
use session::Session;
use std::sync::Arc;
use std::time::Duration;

/// A database behind ODBC.
pub struct Odbc {
    connection_string: ConnectionString,
    names: Names,
    login_timeout: Duration,
    /// What the server said it is, once it was asked.
    dialect: OnceCell<Dialect>,
    /// Claims whose end is not known, for whichever connection comes next.
    doubtful_claims: Arc<postgres::DoubtfulClaims>,
}

/// A language that a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Postgres,
}

impl Dialect {
    /// By the name that the driver gives for the server.
    fn of(server: &str) -> StoreResult<Dialect> {
        if server.to_ascii_lowercase().contains("postgres") {
            return Ok(Dialect::Postgres);
        }
        Err(StoreError::new(
            StoreErrorKind::Configuration,
            format!("the server is {server}; the history can be kept in PostgreSQL or in a SQLite file"),
        ))
    }

    fn name(self) -> &'static str {
        match self {
            Dialect::Postgres => "PostgreSQL",
        }
    }

    /// What must be in the connection string, unless it is there already.
    fn attributes(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Dialect::Postgres => postgres::ATTRIBUTES,
        }
    }

    fn rules(self) -> classify::Rules {
        match self {
            Dialect::Postgres => postgres::kind_of,
        }
    }
}

impl Odbc {
    /// The database that a connection string names.
    pub fn new(connection_string: Secret, names: Names, login_timeout: Duration) -> Odbc {
        Odbc {
            connection_string: ConnectionString::new(connection_string),
            names,
            login_timeout,
            dialect: OnceCell::new(),
            doubtful_claims: Arc::default(),
        }
    }

    /// What the server is: what it said the last time, or what the driver's
    /// name lets one expect.
    fn expected(&self) -> Option<Dialect> {
        self.dialect.get().copied().or_else(|| Dialect::of(&self.connection_string.driver()).ok())
    }

    fn open(&self) -> StoreResult<(Session, Dialect)> {
        let expected = self.expected();
        let session = self.open_as(expected)?;
        let dialect = Dialect::of(&session.server()?)?;
        let _ = self.dialect.set(dialect);
        if expected == Some(dialect) {
            return Ok((session, dialect));
        }
        // A data source hides the driver: only now is it known what the
        // connection string lacks.
        drop(session);
        Ok((self.open_as(Some(dialect))?, dialect))
    }

    fn open_as(&self, dialect: Option<Dialect>) -> StoreResult<Session> {
        let attributes = dialect.map_or(&[][..], Dialect::attributes);
        let rules = dialect.map_or(classify::by_state as classify::Rules, Dialect::rules);
        connect::open(&self.connection_string, attributes, self.login_timeout, rules)
    }
}

impl Store for Odbc {
    fn connect(&self) -> StoreResult<Box<dyn Connection>> {
        let (session, dialect) = self.open()?;
        match dialect {
            Dialect::Postgres => {
                let open =
                    postgres::Open::new(session, self.names.clone(), Arc::clone(&self.doubtful_claims))?;
                Ok(Box::new(open))
            }
        }
    }

    fn name(&self) -> &'static str {
        self.expected().map_or("ODBC", Dialect::name)
    }
}
