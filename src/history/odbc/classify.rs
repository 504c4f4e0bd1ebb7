//! What the errors of drivers mean.

use super::advice::advice;
use crate::ground::secret::can_be_searched;
use crate::history::store::{StoreError, StoreErrorKind};
use odbc_api::Error;
use odbc_api::handles::Record;
use secrecy::{ExposeSecret, SecretString};

/// What a dialect makes of an error: its SQLSTATE, its number, its words.
pub type Rules = fn(state: &str, number: i32, text: &str) -> StoreErrorKind;

/// How much of a driver's words is repeated: enough to name what is wrong.
const LONGEST: usize = 400;

/// Where a driver's words go on with values of a row.
const VALUES_FOLLOW: [&str; 4] = [";\n", "\nDETAIL", "Truncated value:", "The duplicate key value is"];

/// Texts that no error may repeat.
#[derive(Clone, Default)]
pub struct Scrub(Vec<SecretString>);

impl Scrub {
    /// Takes these texts out of every error, in each form in which a driver
    /// may repeat them, but for those that are too short to be looked for.
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Scrub {
        let secrets = secrets.into_iter().filter(|secret| can_be_searched(secret));
        let mut secrets: Vec<String> = secrets.flat_map(forms).collect();
        // A secret inside of a longer one must not leave the rest of it behind.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Scrub(secrets.into_iter().map(SecretString::from).collect())
    }

    /// The text without them.
    pub fn apply(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            if text.contains(secret.expose_secret()) {
                text = text.replace(secret.expose_secret(), "***");
            }
        }
        text
    }
}

/// The SQLSTATE of a transaction that may only read, and what it may mean.
const READ_ONLY: &str = "25006";
const ONLY_READS: &str = "; this server takes no writes now: it may be the standby of a failover, \
     and the connection string name it instead of the primary";

/// A secret as it is, as a value in braces has it, and as an address has it.
fn forms(secret: String) -> Vec<String> {
    let escaped = |hex: fn(u8) -> String| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        secret
            .bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { hex(byte) })
            .collect()
    };
    let mut forms = vec![
        secret.replace('}', "}}"),
        escaped(|byte| format!("%{byte:02X}")),
        escaped(|byte| format!("%{byte:02x}")),
        secret,
    ];
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// The store's error for a driver's error. `dead`: the connection is lost,
/// whatever the error says.
pub fn store_error(error: &Error, dead: bool, rules: Rules, scrub: &Scrub) -> StoreError {
    let kind = if dead { StoreErrorKind::Away } else { kind_of(error, rules) };
    let text = words(error, scrub);
    let advice = match error {
        Error::Diagnostics { record, .. } if kind == StoreErrorKind::Configuration => {
            let said = String::from_utf16_lossy(&record.message);
            advice(record.state.as_str(), record.native_error, &said)
        }
        _ => None,
    };
    match advice {
        Some(advice) => StoreError::new(kind, format!("{}: {text}", advice.what)).with_hint(advice.hint),
        None => StoreError::new(kind, text),
    }
}

/// Whether the driver manager has no driver to give the connection to.
pub fn is_missing_driver(error: &Error) -> bool {
    let Error::Diagnostics { record, .. } = error else { return false };
    matches!(record.state.as_str(), "IM002" | "IM003" | "IM004")
        || String::from_utf16_lossy(&record.message).contains("Can't open lib")
}

fn kind_of(error: &Error, rules: Rules) -> StoreErrorKind {
    match error {
        Error::Diagnostics { record, .. } => {
            let text = String::from_utf16_lossy(&record.message);
            rules(record.state.as_str(), record.native_error, &text)
        }
        // Drivers say nothing at all where a server hung up.
        Error::NoDiagnostics { .. } => StoreErrorKind::Away,
        _ => StoreErrorKind::Configuration,
    }
}

/// Where the dialect is not known: a refusal that is one in every database is
/// no absence, whatever its SQLSTATE says.
pub fn by_state(state: &str, number: i32, text: &str) -> StoreErrorKind {
    if advice(state, number, text).is_some() {
        return StoreErrorKind::Configuration;
    }
    match state {
        "HYT00" | "HYT01" => StoreErrorKind::Away,
        _ if state.starts_with("08") => StoreErrorKind::Away,
        _ => StoreErrorKind::Configuration,
    }
}

/// The driver's words: one line, without secrets. What we say ourselves is not
/// searched: a secret can be a word that stands in it.
fn words(error: &Error, scrub: &Scrub) -> String {
    let text = match error {
        Error::Diagnostics { record, .. } => of_record(record, scrub),
        // This one is not the driver's.
        Error::NoDiagnostics { function } => format!("the driver gave no reason ({function})"),
        Error::UnsupportedOdbcApiVersion(record) => {
            format!("the ODBC driver manager is too old: {}", of_record(record, scrub))
        }
        Error::FailedAllocatingEnvironment => {
            "the ODBC driver manager cannot be used; install unixODBC (Debian: unixodbc)".to_owned()
        }
        other => scrub.apply(&other.to_string()),
    };
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = line.chars().take(LONGEST).collect();
    if cut.len() < line.len() { format!("{cut} ..") } else { line }
}

fn of_record(record: &Record, scrub: &Scrub) -> String {
    // Scrubbed before it is cut: half a secret is one, too.
    let text = scrub.apply(&String::from_utf16_lossy(&record.message));
    let state = record.state.as_str();
    // What follows the first sentence may repeat values of a row.
    let first =
        VALUES_FOLLOW.iter().fold(text.as_str(), |first, end| first.split(end).next().unwrap_or_default());
    let more = if state == READ_ONLY { ONLY_READS } else { "" };
    format!("{} [{state}]{more}", first.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said_by_the_driver(state: &[u8; 5], message: &str) -> Error {
        let record = Record {
            state: odbc_api::handles::State(*state),
            native_error: 0,
            message: message.encode_utf16().collect(),
        };
        Error::Diagnostics { record, function: "SQLDriverConnect" }
    }

    /// A password is often a word; ours must stay readable.
    #[test]
    fn only_the_drivers_words_are_searched() {
        let scrub =
            Scrub::new(["driver".to_owned(), "wrong".to_owned(), "canary".to_owned(), "64".to_owned()]);
        let error = store_error(
            &said_by_the_driver(b"28P01", "64: the driver is wrong, canary"),
            false,
            |_, _, _| StoreErrorKind::Configuration,
            &scrub,
        );
        assert_eq!(error.message, "the user or the password is wrong: 64: the *** is ***, *** [28P01]");
        assert!(error.hint.is_some_and(|hint| hint.contains("password")), "{error:?}");
        let scrub = Scrub::new(["driver".to_owned(), "canary".to_owned()]);
        let refused = words(&said_by_the_driver(b"28P01", "canary is wrong;\nDETAIL: canary"), &scrub);
        assert_eq!(refused, "*** is wrong [28P01]");
        let cut = "String would be truncated in table 't', column 'reference'. Truncated value: 'private'.";
        let cut = words(&said_by_the_driver(b"42000", cut), &scrub);
        assert_eq!(cut, "String would be truncated in table 't', column 'reference'. [42000]");
        let standby = words(&said_by_the_driver(b"25006", "read-only transaction"), &scrub);
        assert!(
            standby.starts_with("read-only transaction [25006]; this server takes no writes"),
            "{standby}"
        );
        let closed = words(&Error::NoDiagnostics { function: "the driver" }, &scrub);
        assert_eq!(closed, "the driver gave no reason (the driver)");
    }

    #[test]
    fn secrets_are_taken_out() {
        let scrub = Scrub::new(["canary".to_owned(), "canary and more".to_owned(), String::new()]);
        assert_eq!(scrub.apply("user x, canary and more, canary"), "user x, ***, ***");
        let scrub = Scrub::new(["ca n;a}ry".to_owned()]);
        assert_eq!(scrub.apply("ca n;a}ry ca n;a}}ry ca%20n%3Ba%7Dry ca%20n%3ba%7dry"), "*** *** *** ***");
    }
}
