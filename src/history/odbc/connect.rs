//! From a connection string to a session.

use super::classify::{self, Rules, Scrub};
use super::driver_manager;
use super::process_end;
use super::session::Session;
use crate::ground::Secret;
use crate::ground::connection_string::{Candidate, attributes, may_name_a_driver};
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use odbc_api::{ConnectionOptions, Environment};
use once_cell::sync::OnceCell;
use std::time::Duration;

/// Connection strings that lead to one database, the preferred one first, of
/// which nothing may get into an error.
pub struct ConnectionStrings(Vec<Candidate>);

impl ConnectionStrings {
    pub fn new(candidates: Vec<Candidate>) -> ConnectionStrings {
        ConnectionStrings(candidates)
    }

    /// The drivers that they name.
    pub fn drivers(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(Candidate::driver_name)
    }

    /// The first one whose driver is installed. It is looked for each time:
    /// drivers are installed, too, while a host waits for its database.
    fn usable(&self, environment: &Environment) -> StoreResult<&Candidate> {
        if let Some(given) = self.0.iter().find(|candidate| candidate.driver.is_none()) {
            return Ok(given);
        }
        let installed = installed(environment);
        let is_there = |driver: &str| installed.iter().any(|name| name.eq_ignore_ascii_case(driver));
        self.0.iter().find(|candidate| candidate.driver.is_some_and(is_there)).ok_or_else(|| {
            let wanted: Vec<&str> = self.0.iter().filter_map(|candidate| candidate.driver).collect();
            StoreError::new(
                StoreErrorKind::Configuration,
                format!(
                    "no ODBC driver for the database of history.connection_string is installed; install one of {}. {}",
                    wanted.join(", "),
                    listed(&installed)
                ),
            )
            .with_hint(INSTALL)
        })
    }
}

/// With attributes that a connection string lacks. What it says itself is kept.
fn with(text: &str, added: &[(&str, &str)]) -> String {
    let own = attributes(text);
    let mut text = text.trim_end().to_owned();
    for (key, value) in added {
        if own.iter().any(|(name, _)| name.eq_ignore_ascii_case(key)) {
            continue;
        }
        if !text.is_empty() && !text.ends_with(';') {
            text.push(';');
        }
        text.push_str(&format!("{key}={value};"));
    }
    text
}

/// What no error may repeat: the whole, and what its secret parts say.
fn secrets(text: &Secret) -> Scrub {
    let text = text.expose();
    let parts = attributes(text).into_iter().filter_map(|(key, value)| {
        let key = key.to_ascii_lowercase();
        ["pwd", "password", "pqopt", "token", "secret"].iter().any(|s| key.contains(s)).then_some(value)
    });
    Scrub::new(parts.chain([text.to_owned(), text.trim_end_matches(';').to_owned()]))
}

/// The one environment of the process. The driver manager may be missing when
/// it is first asked for and be there later, so a failure is not kept.
fn environment() -> StoreResult<&'static Environment> {
    driver_manager::load()?;
    static ENVIRONMENT: OnceCell<Environment> = OnceCell::new();
    ENVIRONMENT.get_or_try_init(Environment::new).map_err(|error| {
        let error = classify::store_error(&error, false, classify::by_state, &Scrub::default());
        StoreError::new(StoreErrorKind::Configuration, error.message)
    })
}

/// The names of the drivers that the driver manager knows.
fn installed(environment: &Environment) -> Vec<String> {
    let drivers = environment.drivers().unwrap_or_default();
    drivers.into_iter().map(|driver| driver.description).collect()
}

fn listed(installed: &[String]) -> String {
    match installed {
        [] => "No driver is installed.".to_owned(),
        names => format!("Installed are: {}.", names.join(", ")),
    }
}

/// Attributes that a driver needs, by its name in small letters.
pub type Added<'a> = &'a dyn Fn(&str) -> &'static [(&'static str, &'static str)];

/// Opens a session.
pub fn open(
    strings: &ConnectionStrings,
    added: Added<'_>,
    login_timeout: Duration,
    statement_timeout: Duration,
    rules: Rules,
) -> StoreResult<Session> {
    // 0 would wait for ever, and so does a driver that was not told.
    let seconds = u32::try_from(login_timeout.as_secs()).unwrap_or(u32::MAX).max(1);
    let options = ConnectionOptions { login_timeout_sec: Some(seconds), packet_size: None };
    let environment = environment()?;
    process_end::prepare();
    let _inside = process_end::enter()?;
    let candidate = strings.usable(environment)?;
    let scrub = secrets(&candidate.text);
    let added = added(&candidate.driver_name().to_ascii_lowercase());
    match environment.connect_with_connection_string(&with(candidate.text.expose(), added), options) {
        Ok(connection) => Ok(Session::new(connection, rules, scrub, statement_timeout)),
        Err(error) => Err(match missing_driver(&error, candidate, &installed(environment)) {
            Some(missing) => missing,
            None => classify::store_error(&error, false, rules, &scrub),
        }),
    }
}

/// Where the driver manager found no driver: whether it is the name that is
/// wrong, or the driver's file that is gone.
fn missing_driver(
    error: &odbc_api::Error,
    candidate: &Candidate,
    installed: &[String],
) -> Option<StoreError> {
    if !classify::is_missing_driver(error) {
        return None;
    }
    let name = candidate.driver_name();
    // The settings refuse such a name; no password depends on that alone.
    let (is_name, name) = (may_name_a_driver(&name), secrets(&candidate.text).apply(&name));
    let text = if !is_name {
        format!("the ODBC driver that history.connection_string names is not there. {}", listed(installed))
    } else if name.is_empty() {
        format!(
            "history.connection_string names a data source that is not there; `odbcinst -q -s` or, on Windows, the ODBC \
             administrator lists those that are, or name the driver (Driver=..) and the server. {}",
            listed(installed)
        )
    } else if installed.iter().any(|there| there.eq_ignore_ascii_case(&name)) {
        format!(
            "the ODBC driver {name:?} is listed, and its file is not there or cannot be loaded; install the driver anew, in the \
             bits of the host (32 or 64)"
        )
    } else if name.contains(['/', '\\']) {
        format!("the ODBC driver's file {name:?} is not there or cannot be loaded. {}", listed(installed))
    } else {
        format!(
            "there is no ODBC driver {name:?}; for PostgreSQL install psqlODBC (Debian: odbc-postgresql; Windows: psqlodbc_x64), for \
             SQL Server Microsoft's ODBC Driver 18, and name it as it is listed. {}",
            listed(installed)
        )
    };
    Some(StoreError::new(StoreErrorKind::Configuration, text).with_hint(INSTALL))
}

const INSTALL: &str =
    "Name an installed driver in history.connection_string, or install the one that it names.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_driver_is_named_and_no_password() {
        let record = odbc_api::handles::Record {
            state: odbc_api::handles::State(*b"IM002"),
            native_error: 0,
            message: Vec::new(),
        };
        let error = odbc_api::Error::Diagnostics { record, function: "SQLDriverConnect" };
        let said = |text: &str| {
            let candidate = Candidate { driver: None, text: Secret::new(text.to_owned()) };
            format!("{:?}", missing_driver(&error, &candidate, &[]).unwrap())
        };
        assert!(said("Driver=Postgres;Pwd=canary").contains("there is no ODBC driver \\\"Postgres\\\""));
        for text in [
            "Driver={PostgreSQL Unicode;Server=db;Uid=u;Pwd=canary",
            "Driver=PostgreSQL Unicode,Server=db,Pwd=canary",
            "Driver=PostgreSQL Unicode\nServer=db\nPwd=canary",
            "Driver=/lib/a.so\nPwd=canary",
            "Driver=x canary;Pwd=canary",
        ] {
            assert!(!said(text).contains("canary"), "{}", said(text));
        }
    }

    #[test]
    fn only_what_is_missing_is_added() {
        let added = [("Protocol", "7.4-0"), ("Fetch", "100")];
        assert_eq!(with("DSN=x", &added), "DSN=x;Protocol=7.4-0;Fetch=100;");
        assert_eq!(with("DSN=x;PROTOCOL=7.4-1;", &added), "DSN=x;PROTOCOL=7.4-1;Fetch=100;");
        assert_eq!(with("DSN=x;Pwd={Protocol=1};", &added[..1]), "DSN=x;Pwd={Protocol=1};Protocol=7.4-0;");
    }
}
