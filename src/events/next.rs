//! What hosts ask for with `wa_next_event`.

use super::Position;
use super::kinds::Kinds;
use crate::message::{Error, Result, Status, json};
use serde::Deserialize;

/// Begins the names of those for whom `wa_history_take` reads the events, so
/// that a consumer of the same name here is another one.
pub const CONSUMER_OF_ROWS: &str = "take:";

/// `options_json` of `wa_next_event`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NextOptions {
    /// Name under which the library remembers what was acknowledged; it does
    /// not begin with `take:`.
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
        if options.consumer.as_ref().is_some_and(|consumer| consumer.starts_with(CONSUMER_OF_ROWS)) {
            let path = format!("{argument}.consumer");
            let message =
                format!("{path} begins with {CONSUMER_OF_ROWS}, which is kept for wa_history_take.");
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The cursor would be that of the consumer `crm` of wa_history_take.
    #[test]
    fn consumers_of_rows_are_others() {
        let read =
            |name: &str| NextOptions::read("options_json", Some(&format!(r#"{{"consumer":"{name}"}}"#)));
        assert_eq!(read("take").unwrap().consumer.as_deref(), Some("take"));
        for name in ["take:crm", "take:"] {
            let error = read(name).unwrap_err();
            assert_eq!(error.argument.as_deref(), Some("options_json.consumer"));
            assert!(error.message.contains("take:"), "{error}");
        }
    }
}
