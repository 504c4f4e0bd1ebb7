//! `wa_history_take`: rows for hosts that keep messages in tables of their own.
//!
//! It is built on the durable events. Each of them says that a message has
//! changed; what is handed over is the message's whole row as it is now. So a
//! host that was away for long gets each message once for all that happened to
//! it, and a change that comes while it reads brings the row again.

use super::super::Client;
use crate::events::{CONSUMER_OF_ROWS, KIND_MESSAGE, Kinds, Next, Position};
use crate::history::{HistoryMessage, pages};
use crate::message::{Error, Result, Status, json};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::time::{Duration, Instant};
use uuid::Uuid;

const ARGUMENT: &str = "options_json";
/// The longest name of a consumer in the tables, in units of UTF-16.
const LONGEST_NAME: usize = 128;
/// How long the database may take to answer, beyond what the call waits for the
/// first message. What does not come in time comes with the next call: nothing
/// of it is acknowledged.
const PATIENCE: Duration = Duration::from_secs(5);

/// `options_json` of `wa_history_take`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TakeOptions {
    /// Name under which the library remembers what was acknowledged; must be
    /// there.
    pub consumer: Option<String>,
    /// The cursor of the page before: the rows up to it are acknowledged.
    pub after: Option<String>,
    /// How many rows at the most (default 100, at most 500).
    #[serde(deserialize_with = "json::integer_or_null")]
    pub max: Option<u16>,
}

/// `page_json` of `wa_history_take`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TakenPage {
    /// The messages that have changed, in the order of their latest change.
    pub messages: Vec<HistoryMessage>,
    /// The cursor to go on from; giving it back acknowledges these messages.
    pub cursor: String,
}

impl TakeOptions {
    fn read(text: Option<&str>) -> Result<Next> {
        let options: TakeOptions =
            text.map_or_else(|| Ok(TakeOptions::default()), |text| json::read(ARGUMENT, text))?;
        let refused = |key: &str, text: &str| {
            let path = format!("{ARGUMENT}.{key}");
            let message = format!("{path} {text}.");
            Error::about(Status::Argument, path, message)
        };
        let consumer = options.consumer.ok_or_else(|| refused("consumer", "is missing"))?;
        if consumer.is_empty() || consumer.chars().count() > 64 {
            return Err(refused("consumer", "has 1 to 64 characters"));
        }
        let consumer = format!("{CONSUMER_OF_ROWS}{consumer}");
        if consumer.encode_utf16().count() > LONGEST_NAME {
            return Err(refused("consumer", "has 123 units of UTF-16 at the most: an emoji is two"));
        }
        let most = options.max.unwrap_or(100);
        if most == 0 || most > 500 {
            return Err(refused("max", "is between 1 and 500"));
        }
        let after = options.after.map(|text| {
            Position::from_text(&text)
                .ok_or_else(|| refused("after", "is not a `cursor` that wa_history_take gave"))
        });
        let kinds = Kinds { include: vec![KIND_MESSAGE.to_owned()], ..Kinds::default() };
        Ok(Next { consumer: Some(consumer), after: after.transpose()?, kinds, most: most.into() })
    }
}

impl Client {
    /// The rows that have changed since a consumer's cursor.
    pub fn history_take(&self, options: Option<&str>, timeout: Duration) -> Result<TakenPage> {
        let next = TakeOptions::read(options)?;
        let deadline = Instant::now() + timeout;
        let end = deadline + PATIENCE;
        let (bodies, position) = self.taken_bodies(&next, deadline, end)?;
        let ids = ids_of(&bodies);
        let messages = if ids.is_empty() {
            Vec::new()
        } else {
            self.ask_for_host(end, move |connection| {
                let ids = ids.clone();
                connection.shared(move |plain| pages::by_ids(plain, &ids))
            })?
        };
        let messages = messages.into_iter().map(HistoryMessage::new).collect();
        Ok(TakenPage { messages, cursor: position.to_text() })
    }
}

/// The messages that events tell of, in the order of the last event of each.
fn ids_of(bodies: &[String]) -> Vec<Uuid> {
    #[derive(Deserialize)]
    struct Told {
        outcome: Option<About>,
    }
    #[derive(Deserialize)]
    struct About {
        id: Uuid,
    }
    let mut seen = HashSet::new();
    let id = |body: &String| serde_json::from_str::<Told>(body).ok()?.outcome.map(|about| about.id);
    let mut ids: Vec<Uuid> = bodies.iter().rev().filter_map(id).filter(|id| seen.insert(*id)).collect();
    ids.reverse();
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_message_comes_once_where_it_changed_last() {
        let [a, b] = [Uuid::now_v7(), Uuid::now_v7()];
        let event = |id: Uuid| {
            format!(r#"{{"id":"x","kind":"message","outcome":{{"id":"{id}","status":"accepted"}}}}"#)
        };
        let bodies = [event(a), event(b), event(a), r#"{"kind":"message","outcome":null}"#.to_owned()];
        assert_eq!(ids_of(&bodies), [b, a]);
    }

    /// The column takes 128 units of UTF-16, with the prefix.
    #[test]
    fn a_consumers_name_fits_with_its_prefix() {
        let read = |name: String| TakeOptions::read(Some(&format!(r#"{{"consumer":"{name}"}}"#)));
        assert!(read("x".repeat(64)).is_ok());
        assert!(read("\u{1F600}".repeat(61)).is_ok());
        let error = read("\u{1F600}".repeat(62)).unwrap_err();
        assert_eq!(error.argument.as_deref(), Some("options_json.consumer"));
    }

    #[test]
    fn faults_name_the_key() {
        for (text, path) in [
            ("{}", "options_json.consumer"),
            (r#"{"consumer":""}"#, "options_json.consumer"),
            (r#"{"consumer":"a","max":0}"#, "options_json.max"),
            (r#"{"consumer":"a","max":501}"#, "options_json.max"),
            (r#"{"consumer":"a","after":"x"}"#, "options_json.after"),
            (r#"{"consumer":"a","kinds":[]}"#, "options_json.kinds"),
        ] {
            let error = TakeOptions::read(Some(text)).unwrap_err();
            assert_eq!(error.argument.as_deref(), Some(path), "{text}");
        }
    }
}
