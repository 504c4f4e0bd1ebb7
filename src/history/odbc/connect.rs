//! From a connection string to a session.

use super::classify::{self, Rules, Scrub};
use super::driver_manager;
use super::process_end;
use super::session::Session;
use crate::ground::Secret;
use crate::history::store::{StoreError, StoreErrorKind, StoreResult};
use odbc_api::{ConnectionOptions, Environment};
use once_cell::sync::OnceCell;
use std::time::Duration;

/// A connection string, of which nothing may get into an error.
pub struct ConnectionString(Secret);

impl ConnectionString {
    pub fn new(text: Secret) -> ConnectionString {
        ConnectionString(text)
    }

    /// The driver that it names; empty if it names a data source.
    pub fn driver(&self) -> String {
        pairs(self.0.expose())
            .into_iter()
            .find(|(key, _)| key.eq_ignore_ascii_case("driver"))
            .map(|(_, value)| value)
            .unwrap_or_default()
    }

    /// With attributes that it lacks. What it says itself is kept.
    fn with(&self, attributes: &[(&str, &str)]) -> String {
        let own = pairs(self.0.expose());
        let mut text = self.0.expose().trim_end().to_owned();
        for (key, value) in attributes {
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
    fn secrets(&self) -> Scrub {
        let text = self.0.expose();
        let parts = pairs(text).into_iter().filter_map(|(key, value)| {
            let key = key.to_ascii_lowercase();
            ["pwd", "password", "pqopt", "token", "secret"].iter().any(|s| key.contains(s)).then_some(value)
        });
        Scrub::new(parts.chain([text.to_owned(), text.trim_end_matches(';').to_owned()]))
    }
}

/// Key and value of each attribute; a value in braces may hold anything, with
/// `}}` for a brace.
fn pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while let Some((key, after)) = rest.split_once('=') {
        let mut value = String::new();
        let start = after.trim_start();
        if let Some(braced) = start.strip_prefix('{') {
            let mut end = braced.len();
            let mut chars = braced.char_indices().peekable();
            while let Some((at, c)) = chars.next() {
                if c != '}' {
                    value.push(c);
                } else if chars.peek().is_some_and(|(_, next)| *next == '}') {
                    value.push('}');
                    chars.next();
                } else {
                    end = at + 1;
                    break;
                }
            }
            rest = braced[end..].trim_start().trim_start_matches(';');
        } else {
            let (plain, next) = after.split_once(';').unwrap_or((after, ""));
            value.push_str(plain.trim());
            rest = next;
        }
        pairs.push((key.trim_matches([' ', ';']).to_owned(), value));
    }
    pairs
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

/// Opens a session.
pub fn open(
    string: &ConnectionString,
    attributes: &[(&str, &str)],
    login_timeout: Duration,
    statement_timeout: Duration,
    rules: Rules,
) -> StoreResult<Session> {
    // 0 would wait for ever, and so does a driver that was not told.
    let seconds = u32::try_from(login_timeout.as_secs()).unwrap_or(u32::MAX).max(1);
    let options = ConnectionOptions { login_timeout_sec: Some(seconds), packet_size: None };
    let scrub = string.secrets();
    let environment = environment()?;
    process_end::prepare();
    let _inside = process_end::enter()?;
    match environment.connect_with_connection_string(&string.with(attributes), options) {
        Ok(connection) => Ok(Session::new(connection, rules, scrub, statement_timeout)),
        Err(error) => Err(classify::store_error(&error, false, rules, &scrub)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn string(text: &str) -> ConnectionString {
        ConnectionString::new(Secret::new(text.to_owned()))
    }

    #[test]
    fn strings_are_taken_apart() {
        let read = pairs("Driver={PostgreSQL Unicode}; Server=a;Pwd={x;y}}=z} ;Database=wa");
        let read: Vec<(&str, &str)> = read.iter().map(|(key, value)| (&key[..], &value[..])).collect();
        assert_eq!(
            read,
            [("Driver", "PostgreSQL Unicode"), ("Server", "a"), ("Pwd", "x;y}=z"), ("Database", "wa")]
        );
        assert_eq!(pairs("nonsense"), []);
        assert_eq!(pairs("Pwd={never closed"), [("Pwd".to_owned(), "never closed".to_owned())]);
    }

    #[test]
    fn only_what_is_missing_is_added() {
        let added = [("Protocol", "7.4-0"), ("Fetch", "100")];
        assert_eq!(string("DSN=x").with(&added), "DSN=x;Protocol=7.4-0;Fetch=100;");
        assert_eq!(string("DSN=x;PROTOCOL=7.4-1;").with(&added), "DSN=x;PROTOCOL=7.4-1;Fetch=100;");
        assert_eq!(
            string("DSN=x;Pwd={Protocol=1};").with(&added[..1]),
            "DSN=x;Pwd={Protocol=1};Protocol=7.4-0;"
        );
    }
}
