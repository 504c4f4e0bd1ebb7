//! Databases behind ODBC.

use super::names::Names;
use super::store::{Connection, Store, StoreError, StoreErrorKind, StoreResult};
use crate::settings::Secret;
use std::time::Duration;

/// A database behind ODBC.
pub struct Odbc {
    _connection_string: Secret,
    _names: Names,
    _login_timeout: Duration,
}

impl Odbc {
    /// The database that a connection string names.
    pub fn new(connection_string: Secret, names: Names, login_timeout: Duration) -> Odbc {
        Odbc { _connection_string: connection_string, _names: names, _login_timeout: login_timeout }
    }
}

impl Store for Odbc {
    fn connect(&self) -> StoreResult<Box<dyn Connection>> {
        Err(StoreError::new(StoreErrorKind::Configuration, "not built yet"))
    }
    fn name(&self) -> &'static str {
        "ODBC"
    }
}
