//! Where the history is kept.

use super::connection_string;
use super::fault::{ARGUMENT, refused};
use super::input::{HistoryInput, Input};
use crate::ground::connection_string::Candidate;
use crate::message::{Result, json};
use std::path::{Path, PathBuf};
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
    /// A database reached through ODBC: the first string whose driver is
    /// installed.
    Odbc(Vec<Candidate>),
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

/// What the tables are called, and where they are: all that their making needs.
#[derive(Debug, Clone)]
pub struct Tables {
    /// The database; none for a file.
    pub database: Option<Vec<Candidate>>,
    /// Schema of the database that holds the tables.
    pub schema: Option<String>,
    /// What the tables' names begin with.
    pub table_prefix: String,
}

impl Tables {
    /// Reads them out of settings that need not be complete.
    pub fn read(settings_json: Option<&str>) -> Result<Tables> {
        let input: Input = match settings_json {
            Some(text) => json::read_sections(ARGUMENT, text)?,
            None => Input::default(),
        };
        tables(&input.history)
    }
}

fn tables(input: &HistoryInput) -> Result<Tables> {
    if input.connection_string.is_some() && input.file.is_some() {
        return Err(refused(
            "history.file",
            "history.file and history.connection_string are both given; give one of them.",
        ));
    }
    let database = input.connection_string.as_ref().map(connection_string::read).transpose()?;
    let table_prefix = input.table_prefix.clone().unwrap_or_else(|| "wa_".into());
    check_identifier("history.table_prefix", &table_prefix, 32)?;
    if let Some(schema) = &input.schema {
        check_identifier("history.schema", schema, 63)?;
    }
    Ok(Tables { database, schema: input.schema.clone(), table_prefix })
}

/// Checks `history`. The account is the one whose file is the default.
pub(super) fn read(input: HistoryInput, account_key: &str, warnings: &mut Vec<String>) -> Result<History> {
    let Tables { database, schema, table_prefix } = tables(&input)?;
    if database.is_none() && schema.is_some() {
        return Err(refused(
            "history.schema",
            "history.schema belongs to a database; a SQLite file has none.",
        ));
    }
    let place = match (database, input.file) {
        (Some(candidates), _) => Place::Odbc(candidates),
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
        (None, None) => Place::File(default_file(&state_folder()?, account_key, warnings)),
    };
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
        schema,
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

/// The account's own file: two hosts on one machine do not share what people
/// wrote because neither of them named a file. Before version 4 of the tables
/// they did; a file of that time goes on being used.
fn default_file(folder: &Path, account_key: &str, warnings: &mut Vec<String>) -> PathBuf {
    let own = folder.join(format!("history-{account_key}.db"));
    let of_all = folder.join("history.db");
    if own.exists() || !of_all.exists() {
        return own;
    }
    warnings.push(format!(
        "The history is kept in {}, which an earlier version made for all accounts of this machine: other hosts that name no \
         history.file may keep theirs there, too. To keep them apart, close all of them and rename it to {}, or name it in history.file.",
        of_all.display(),
        own.display()
    ));
    of_all
}

/// The folder in the state directory of the user, or of the machine: never the
/// working directory, which belongs to the host.
fn state_folder() -> Result<PathBuf> {
    let folder = if cfg!(windows) {
        std::env::var_os("ProgramData").map(PathBuf::from)
    } else {
        std::env::var_os("XDG_STATE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state")))
    };
    folder.filter(|path| path.is_absolute()).map(|folder| folder.join("wa-connector")).ok_or_else(|| {
        refused("history.file", "There is no state directory on this machine; give history.file.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_has_a_file_and_an_earlier_one_stays_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let mut warnings = Vec::new();
        let mut file = |account: &str| {
            let path = default_file(folder.path(), account, &mut warnings);
            (path.file_name().unwrap().to_str().unwrap().to_owned(), std::mem::take(&mut warnings))
        };
        assert_eq!(file("1"), ("history-1.db".to_owned(), vec![]));
        assert_eq!(file("2"), ("history-2.db".to_owned(), vec![]));
        std::fs::write(folder.path().join("history.db"), "").unwrap();
        let (name, warned) = file("1");
        assert_eq!(name, "history.db");
        assert!(warned[0].contains("history.db, which") && warned[0].contains("history-1.db"), "{warned:?}");
        // Whoever has a file of his own keeps it, whatever an older version of the library makes.
        std::fs::write(folder.path().join("history-2.db"), "").unwrap();
        assert_eq!(file("2"), ("history-2.db".to_owned(), vec![]));
        assert_eq!(file("1").0, "history.db");
    }
}
