//! What hosts ask for with `wa_next_event`.

use super::Position;
use super::kinds::Kinds;
use crate::message::{Error, Result, Status, json};
use serde::Deserialize;

/// `options_json` of `wa_next_event`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NextOptions {
    /// Name under which the library remembers what was acknowledged.
    pub consumer: Option<String>,
    /// The cursor of the page before: what is up to it is acknowledged.
    pub after: Option<String>,
    /// Kinds that are wanted (default: all but `log` and `progress`).
    pub include: Option<Vec<String>>,
    /// Kinds that are not wanted.
    pub exclude: Option<Vec<String>>,
    /// How many events at the most (default 100, at most 1000).
    #[serde(deserialize_with = "json::integer_or_null")]
    pub max: Option<u16>,
}

impl NextOptions {
    /// Reads `options_json`; null means the defaults.
    pub fn read(argument: &str, text: Option<&str>) -> Result<Next> {
        let options: NextOptions = match text {
            Some(text) => json::read(argument, text)?,
            None => NextOptions::default(),
        };
        let most = options.max.unwrap_or(100);
        if most == 0 || most > 1000 {
            let path = format!("{argument}.max");
            return Err(Error::about(
                Status::Argument,
                path.clone(),
                format!("{path} is between 1 and 1000."),
            ));
        }
        if let Some(consumer) = &options.consumer
            && (consumer.is_empty() || consumer.chars().count() > 64)
        {
            let path = format!("{argument}.consumer");
            let message = format!("{path} has 1 to 64 characters.");
            return Err(Error::about(Status::Argument, path, message));
        }
        let after = match &options.after {
            Some(text) => Some(Position::from_text(text).ok_or_else(|| {
                let path = format!("{argument}.after");
                let message = format!("{path} is not a `cursor` that wa_next_event gave.");
                Error::about(Status::Argument, path, message)
            })?),
            None => None,
        };
        Ok(Next {
            consumer: options.consumer,
            after,
            kinds: Kinds::read(argument, options.include, options.exclude)?,
            most: most.into(),
        })
    }
}

/// A checked question for the next events.
#[derive(Debug)]
pub struct Next {
    /// Name under which the library remembers what was acknowledged.
    pub consumer: Option<String>,
    /// What is up to here is acknowledged.
    pub after: Option<Position>,
    /// Which kinds.
    pub kinds: Kinds,
    /// How many.
    pub most: usize,
}
