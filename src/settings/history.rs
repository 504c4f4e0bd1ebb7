//! Where the history is kept.

use super::connection_string;
use super::fault::refused;
use super::input::HistoryInput;
use crate::ground::Secret;
use crate::message::Result;
use sha2::{Digest, Sha256};
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
    /// What takes records while the database is away.
    pub journal: Option<Journal>,
}

/// What takes records while the database is away.
#[derive(Debug, Clone)]
pub struct Journal {
    /// The folder of the files.
    pub folder: PathBuf,
    /// What becomes of new messages.
    pub while_away: WhileAwaySetting,
    /// How large this client's file may become.
    pub most_bytes: u64,
    /// Tells one database from another before it was ever reached.
    pub place: String,
}

/// What becomes of new messages while the database is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhileAwaySetting {
    /// They are recorded on this machine, and sent when the database is back.
    Queue,
    /// They are recorded on this machine, and sent.
    Send,
    /// They are refused.
    Refuse,
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
    let while_away = match input.while_away.as_deref() {
        None => None,
        Some("queue") => Some(WhileAwaySetting::Queue),
        Some("send") => Some(WhileAwaySetting::Send),
        Some("refuse") => Some(WhileAwaySetting::Refuse),
        Some(_) => {
            return Err(refused(
                "history.while_away",
                "history.while_away is one of queue, send and refuse.",
            ));
        }
    };
    if input.journal.is_none() && while_away.is_some_and(|w| w != WhileAwaySetting::Refuse) {
        warnings.push(
            "history.while_away needs a folder in history.journal; without it messages are refused while the database \
             is away."
                .into(),
        );
    }
    let journal = match input.journal {
        None => None,
        Some(folder) => {
            let folder = PathBuf::from(folder);
            if !folder.is_absolute() {
                return Err(refused(
                    "history.journal",
                    "history.journal must be an absolute path: the working directory belongs to the host.",
                ));
            }
            let megabytes = input.journal_megabytes.unwrap_or(1024);
            if !(1..=1_048_576).contains(&megabytes) {
                return Err(refused(
                    "history.journal_megabytes",
                    "history.journal_megabytes is between 1 and 1048576.",
                ));
            }
            Some(Journal {
                folder,
                while_away: while_away.unwrap_or(WhileAwaySetting::Queue),
                most_bytes: u64::from(megabytes) << 20,
                place: place_of(&place, input.schema.as_deref(), &table_prefix),
            })
        }
    };
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
        journal,
    })
}

/// A fingerprint of where the tables are. No user and no password is in it.
fn place_of(place: &Place, schema: Option<&str>, table_prefix: &str) -> String {
    let mut hash = Sha256::new();
    match place {
        Place::File(path) => hash.update(path.to_string_lossy().as_bytes()),
        Place::Odbc(text) => {
            for (key, value) in connection_string::server_of(text.expose()) {
                hash.update(format!("{key}={};", value.to_lowercase()));
            }
        }
    }
    hash.update(format!("\n{}\n{table_prefix}", schema.unwrap_or_default()));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
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
