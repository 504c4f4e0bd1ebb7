//! `options_json` of the calls that work on the history for long, and what
//! they report.

use crate::history::export::Format;
use crate::message::{Error, Result, Status, json};
use crate::provider::action::options::{CallOptions, Common};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;
use uuid::Uuid;

/// How long such a call may take, in milliseconds.
const TIMEOUT_MS: u32 = 600_000;
/// How long references are kept, in days.
const REFERENCE_DAYS: u32 = 400;
/// The longest time that is taken, in days.
const MOST_DAYS: u32 = 36_500;
const ARGUMENT: &str = "options_json";

/// `options_json` of `wa_history_export`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ExportOptions {
    /// Id of the operation, chosen by the caller: a UUID with which
    /// `wa_cancel` ends it.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub id: Option<Uuid>,
    /// How long the call may take, in milliseconds (default 600000).
    #[serde(deserialize_with = "json::integer_or_null")]
    pub timeout_ms: Option<u32>,
    /// Path of the file; must be there.
    pub file: Option<String>,
    /// `csv` (default) or `jsonl`.
    pub format: Format,
    /// Replaces a file that is there.
    pub overwrite: bool,
    /// Whether the file begins with a byte order mark (default: a CSV does).
    pub bom: Option<bool>,
    /// What stands between the cells of a CSV: `,` (default), `;` or a tab.
    pub separator: Option<String>,
}

/// `options_json` of `wa_history_purge`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct PurgeOptions {
    /// Id of the operation, chosen by the caller: a UUID with which
    /// `wa_cancel` ends it.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub id: Option<Uuid>,
    /// How long the call may take, in milliseconds (default 600000).
    #[serde(deserialize_with = "json::integer_or_null")]
    pub timeout_ms: Option<u32>,
    /// Messages and events go that were recorded more days ago; at least 1,
    /// must be there.
    #[serde(deserialize_with = "json::integer_or_null")]
    pub older_than_days: Option<u32>,
    /// References go that were first used more days ago (default 400), never
    /// before their message.
    #[serde(deserialize_with = "json::integer_or_null")]
    pub keep_references_days: Option<u32>,
}

/// `options_json` of `wa_history_erase`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct EraseOptions {
    /// Id of the operation, chosen by the caller: a UUID with which
    /// `wa_cancel` ends it.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub id: Option<Uuid>,
    /// How long the call may take, in milliseconds (default 600000).
    #[serde(deserialize_with = "json::integer_or_null")]
    pub timeout_ms: Option<u32>,
    /// The host's id of the contact.
    pub contact_id: Option<String>,
    /// The contact's number. Of both, each message goes that has one of them.
    pub recipient: Option<String>,
}

macro_rules! common {
    ($($name:ident),*) => {$(
        impl CallOptions for $name {
            fn common(&self) -> Common {
                let millis = self.timeout_ms.unwrap_or(TIMEOUT_MS);
                Common { id: self.id, timeout: Duration::from_millis(millis.into()) }
            }
        }
    )*};
}

common!(ExportOptions, PurgeOptions, EraseOptions);

fn refused(key: &str, text: &str) -> Box<Error> {
    let path = format!("{ARGUMENT}.{key}");
    let message = format!("{path} {text}.");
    Error::about(Status::Argument, path, message)
}

impl ExportOptions {
    /// The file, as an absolute path: a host may change its working directory
    /// meanwhile.
    pub fn file(&self) -> Result<PathBuf> {
        let file = self.file.as_deref().ok_or_else(|| refused("file", "is missing"))?;
        std::path::absolute(file).map_err(|error| refused("file", &format!("is not a path: {error}")))
    }

    /// What stands between cells.
    pub fn separator(&self) -> Result<char> {
        match self.separator.as_deref() {
            None | Some(",") => Ok(','),
            Some(";") => Ok(';'),
            Some("\t") => Ok('\t'),
            Some(_) => Err(refused("separator", "is a comma, a semicolon or a tab")),
        }
    }
}

impl PurgeOptions {
    /// How old what goes is, and how old references are, in milliseconds.
    pub fn ages(&self) -> Result<(i64, i64)> {
        let days = self.older_than_days.ok_or_else(|| refused("older_than_days", "is missing"))?;
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(refused("older_than_days", &format!("is between 1 and {MOST_DAYS}")));
        }
        let references = self.keep_references_days.unwrap_or(REFERENCE_DAYS.max(days));
        if !(days..=MOST_DAYS).contains(&references) {
            return Err(refused(
                "keep_references_days",
                &format!(
                    "is between older_than_days and {MOST_DAYS}: a reference is kept as long as its message"
                ),
            ));
        }
        let millis = |days: u32| i64::from(days) * 86_400_000;
        Ok((millis(days), millis(references)))
    }
}

/// `report_json` of `wa_history_export`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExportReport {
    /// The file, with its folder.
    pub file: String,
    /// Its format.
    pub format: Format,
    /// Messages in it.
    pub messages: u64,
    /// Its length.
    pub bytes: u64,
}

/// `report_json` of `wa_history_purge`.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PurgeReport {
    /// Messages that went, each with its attempts and reports.
    pub messages: u64,
    /// Messages as old that stayed, because they are not over.
    pub open: u64,
    /// Events that went.
    pub events: u64,
    /// References that went.
    pub references: u64,
}

/// `report_json` of `wa_history_erase`.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EraseReport {
    /// Messages whose text went.
    pub messages: u64,
    /// Messages that were left as they are, because they are not over: cancel
    /// them, or erase again later.
    pub open: u64,
}
