//! Which kinds of events somebody wants.

use super::{KIND_LOG, KIND_PROGRESS, KINDS, MEMORY_KINDS};
use crate::message::{Error, Result, Status, json};
use serde::Deserialize;

/// `filter_json` of `wa_on_event`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct EventFilter {
    /// Kinds that are wanted (default: all but `log` and `progress`).
    pub include: Option<Vec<String>>,
    /// Kinds that are not wanted.
    pub exclude: Option<Vec<String>>,
}

impl EventFilter {
    /// Reads `filter_json`; null means all but `log` and `progress`.
    pub fn read(argument: &str, text: Option<&str>) -> Result<Kinds> {
        let filter: EventFilter = match text {
            Some(text) => json::read(argument, text)?,
            None => EventFilter::default(),
        };
        Kinds::read(argument, filter.include, filter.exclude)
    }
}

/// Which kinds of events are wanted.
#[derive(Debug, Clone, Default)]
pub struct Kinds {
    /// Those, where any is named.
    pub include: Vec<String>,
    /// Not those.
    pub exclude: Vec<String>,
    /// Whether log records are wanted.
    pub log: bool,
    /// Whether steps of progress are wanted.
    pub progress: bool,
}

impl Kinds {
    /// Checks the names of kinds.
    pub fn read(argument: &str, include: Option<Vec<String>>, exclude: Option<Vec<String>>) -> Result<Kinds> {
        let mut kinds = Kinds {
            include: include.unwrap_or_default(),
            exclude: exclude.unwrap_or_default(),
            ..Kinds::default()
        };
        for (key, list) in [("include", &kinds.include), ("exclude", &kinds.exclude)] {
            for (at, kind) in list.iter().enumerate() {
                if !KINDS.contains(&kind.as_str()) {
                    let path = format!("{argument}.{key}[{at}]");
                    let message = format!("{path}: there are no events of kind {kind:?}.");
                    return Err(Error::about(Status::Argument, path, message)
                        .hint(format!("The kinds are {}.", KINDS.join(", "))));
                }
            }
        }
        let named =
            |kind: &str| kinds.include.iter().any(|k| k == kind) && !kinds.exclude.iter().any(|k| k == kind);
        (kinds.log, kinds.progress) = (named(KIND_LOG), named(KIND_PROGRESS));
        Ok(kinds)
    }
}

impl Kinds {
    /// Whether only what lives in memory is wanted.
    pub fn only_memory(&self) -> bool {
        !self.include.is_empty() && self.include.iter().all(|kind| MEMORY_KINDS.contains(&kind.as_str()))
    }
}
