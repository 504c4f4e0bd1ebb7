//! Where the history is kept.

use super::connection_string;
use super::fault::refused;
use super::input::HistoryInput;
use crate::ground::Secret;
use crate::message::Result;
use std::path::PathBuf;
use std::time::Duration;

/// Where the history is kept.
#[derive(Debug, Clone)]
pub struct History {
    /// The store.
    pub place: Place,
    /// Schema of the database that holds the tables.
    pub schema: Option<String>,
    /// What the tables' names begin with.
    pub table_prefix: String,
    /// Whether the tables are made here.
    pub migrate: MigrateSetting,
    /// Longest wait for a login.
    pub login_timeout: Duration,
    /// Longest wait for a statement.
    pub statement_timeout: Duration,
    /// How long a silent worker keeps its messages.
    pub lease: Duration,
    /// Which texts are kept once a message has ended.
    pub content: ContentSetting,
    /// Whether the rows of all accounts are seen that share the tables.
    pub all_accounts: bool,
}

/// Which texts are kept once a message has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentSetting {
    /// All.
    Full,
    /// All but one-time codes.
    Masked,
    /// None.
    None,
}

/// The store of the history.
#[derive(Debug, Clone)]
pub enum Place {
    /// The embedded SQLite.
    File(PathBuf),
    /// A database reached through ODBC.
    Odbc(Secret),
}

/// Whether the tables are made here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrateSetting {
    /// Makes and upgrades them.
    Auto,
    /// Looks whether they fit.
    Check,
    /// Takes them as they are.
    Off,
}

/// Checks `history`.
pub(super) fn read(input: HistoryInput, warnings: &mut Vec<String>) -> Result<History> {
    if input.connection_string.is_some() && input.file.is_some() {
        return Err(refused(
            "history.file",
            "history.file and history.connection_string are both given; give one of them.",
        ));
    }
    let place = match (input.connection_string, input.file) {
        (Some(text), _) if text.expose().trim().is_empty() => {
            return Err(refused("history.connection_string", "history.connection_string is empty."));
        }
        (Some(text), _) => {
            connection_string::check(text.expose())?;
            Place::Odbc(text)
        }
        (None, Some(file)) if file.trim().is_empty() => {
            return Err(refused("history.file", "history.file is empty."));
        }
        (None, Some(file)) => {
            let path = PathBuf::from(file);
            if !path.is_absolute() {
                return Err(refused(
                    "history.file",
                    "history.file must be an absolute path: the working directory belongs to the host.",
                ));
            }
            Place::File(path)
        }
        (None, None) => Place::File(default_file()?),
    };
    if let (Place::File(_), Some(_)) = (&place, &input.schema) {
        return Err(refused(
            "history.schema",
            "history.schema belongs to a database; a SQLite file has none.",
        ));
    }
    let table_prefix = input.table_prefix.unwrap_or_else(|| "wa_".into());
    check_identifier("history.table_prefix", &table_prefix, 32)?;
    if let Some(schema) = &input.schema {
        check_identifier("history.schema", schema, 63)?;
    }
    let migrate = match input.migrate.as_deref() {
        None | Some("auto") => MigrateSetting::Auto,
        Some("check") => MigrateSetting::Check,
        Some("off") => MigrateSetting::Off,
        Some(_) => return Err(refused("history.migrate", "history.migrate is one of auto, check and off.")),
    };
    let content = match input.content.as_deref() {
        Some("full") => ContentSetting::Full,
        None | Some("masked") => ContentSetting::Masked,
        Some("none") => ContentSetting::None,
        Some(_) => {
            return Err(refused("history.content", "history.content is one of full, masked and none."));
        }
    };
    let all_accounts = match input.accounts.as_deref() {
        None | Some("own") => false,
        Some("all") => true,
        Some(_) => return Err(refused("history.accounts", "history.accounts is own or all.")),
    };
    if input.while_away.as_deref().is_some_and(|w| !["queue", "send", "refuse"].contains(&w)) {
        return Err(refused("history.while_away", "history.while_away is one of queue, send and refuse."));
    }
    if input.journal.is_some() || input.while_away.as_deref().is_some_and(|w| w != "refuse") {
        warnings.push("history.journal and history.while_away have no effect in this version: while the database is away, messages are refused.".into());
    }
    let lease = input.lease_seconds.unwrap_or(15);
    if !(3..=3600).contains(&lease) {
        return Err(refused("history.lease_seconds", "history.lease_seconds is between 3 and 3600."));
    }
    let login = input.login_timeout_seconds.unwrap_or(10);
    if !(1..=300).contains(&login) {
        return Err(refused(
            "history.login_timeout_seconds",
            "history.login_timeout_seconds is between 1 and 300.",
        ));
    }
    let statement = input.statement_timeout_seconds.unwrap_or(30);
    if !(2..=3600).contains(&statement) {
        return Err(refused(
            "history.statement_timeout_seconds",
            "history.statement_timeout_seconds is between 2 and 3600.",
        ));
    }
    Ok(History {
        place,
        schema: input.schema,
        table_prefix,
        migrate,
        login_timeout: Duration::from_secs(login.into()),
        statement_timeout: Duration::from_secs(statement.into()),
        lease: Duration::from_secs(lease.into()),
        content,
        all_accounts,
    })
}

/// Letters, digits and underscores: identifiers are quoted, and yet nothing
/// else is wanted in them.
fn check_identifier(path: &str, text: &str, longest: usize) -> Result<()> {
    let fits = !text.is_empty()
        && text.len() <= longest
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !text.as_bytes()[0].is_ascii_digit();
    if fits {
        return Ok(());
    }
    Err(refused(
        path,
        format!(
            "{path} is made of letters, digits and underscores, at most {longest}, and begins with no digit."
        ),
    ))
}

/// The state directory of the user, or of the machine: never the working
/// directory, which belongs to the host.
fn default_file() -> Result<PathBuf> {
    let folder = if cfg!(windows) {
        std::env::var_os("ProgramData").map(PathBuf::from)
    } else {
        std::env::var_os("XDG_STATE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state")))
    };
    folder
        .filter(|path| path.is_absolute())
        .map(|folder| folder.join("wa-connector").join("history.db"))
        .ok_or_else(|| {
            refused("history.file", "There is no state directory on this machine; give history.file.")
        })
}
