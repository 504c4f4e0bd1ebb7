//! Questions to the history and their answers.

mod cursor;
#[cfg(test)]
mod tests;

use super::record::{AttemptRow, Direction, MessageRow, ReportRow};
use crate::message::clock::Millis;
use crate::message::phone::DefaultCountry;
use crate::message::phone::{self, Phone};
use crate::message::{Error, Recipient, Result, State, Status};
use crate::message::{contact_id, json};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::time::Duration;
use uuid::Uuid;

/// `query_json` of `wa_history`. All keys are optional.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct QueryInput {
    /// Messages to or from this contact.
    contact_id: Option<String>,
    /// Messages to this number.
    recipient: Option<String>,
    /// Messages from this sender.
    sender: Option<String>,
    /// Messages in one of these states.
    status: Option<Vec<State>>,
    /// `outbound` or `inbound`.
    direction: Option<DirectionWord>,
    /// `text`, `media`, `template`, ..
    kind: Option<String>,
    /// Messages of this campaign.
    campaign_id: Option<String>,
    /// The message with this reference.
    reference: Option<String>,
    /// `twilio` or `meta`.
    provider: Option<String>,
    /// Messages handed over at this time or later.
    since: Option<Millis>,
    /// Messages handed over before this time.
    until: Option<Millis>,
    /// Messages with this text in them, in any case of letters; needs a
    /// narrowing key beside it.
    text: Option<String>,
    /// How many messages a page holds at the most (default 50, at most 500).
    #[serde(deserialize_with = "json::integer_or_null")]
    limit: Option<u16>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// `newest` (default) or `oldest` first.
    order: Order,
    /// Whether each message brings what the provider reported of it.
    reports: bool,
    /// How long the call may take, in milliseconds (default 60000).
    #[serde(deserialize_with = "json::integer_or_null")]
    timeout_ms: Option<u32>,
}

/// Which end a page begins at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Newest first.
    #[default]
    Newest,
    /// Oldest first.
    Oldest,
}

/// From us or to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DirectionWord {
    /// From us.
    Outbound,
    /// To us.
    Inbound,
}

/// A checked question for a page of messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Rows of this account only; none means of all that share the tables.
    pub account: Option<String>,
    /// Exact matches: column and value; several values of a column mean any of
    /// them. The columns are ours, never the host's.
    pub equal: Vec<(&'static str, String)>,
    /// Messages in one of these states; empty means any.
    pub states: Vec<State>,
    /// From us or to us.
    pub direction: Option<Direction>,
    /// Handed over at this time or later.
    pub since: Option<Millis>,
    /// Handed over before this time.
    pub until: Option<Millis>,
    /// Text in the message, in any case of letters.
    pub text: Option<String>,
    /// How many rows to read.
    pub limit: usize,
    /// The row after which the page begins.
    pub after: Option<i64>,
    /// Which end it begins at.
    pub order: Order,
    /// Whether the attempts are read too.
    pub attempts: bool,
    /// Whether what the provider reported is read too.
    pub reports: bool,
}

/// How a question is asked.
pub struct Asker<'a> {
    /// Completes numbers.
    pub country: DefaultCountry,
    /// The account whose rows it sees; none means all.
    pub account: Option<&'a str>,
}

const ARGUMENT: &str = "query_json";
const DEFAULT_LIMIT: u16 = 50;
const MOST: u16 = 500;

impl Query {
    /// The newest messages of all.
    pub fn newest(limit: usize) -> Query {
        Query {
            account: None,
            equal: Vec::new(),
            states: Vec::new(),
            direction: None,
            since: None,
            until: None,
            text: None,
            limit,
            after: None,
            order: Order::Newest,
            attempts: true,
            reports: false,
        }
    }

    /// Reads `query_json`; null asks for the newest messages. Gives the
    /// question and how long the call may take. `whom` gives the address that
    /// WhatsApp reported an id for, in that time.
    pub fn read(
        text: Option<&str>,
        asker: &Asker<'_>,
        whom: impl FnOnce(&str, Duration) -> Result<Option<String>>,
    ) -> Result<(Query, Duration)> {
        let input = QueryInput::read(text)?;
        let timeout = Duration::from_millis(input.timeout_ms.unwrap_or(60_000).into());
        let cursor = input.cursor.clone();
        let mut query = input.query(asker, |id| whom(id, timeout))?;
        if let Some(cursor) = cursor {
            query.after = Some(cursor::read(&cursor, &query)?);
        }
        Ok((query, timeout))
    }

    /// The same for a call that is about all of the messages, not a page.
    /// `timeout` is said by the call's options; none where the question says it.
    pub fn read_whole(
        text: Option<&str>,
        asker: &Asker<'_>,
        timeout: Option<Duration>,
        whom: impl FnOnce(&str, Duration) -> Result<Option<String>>,
    ) -> Result<(Query, Duration)> {
        let input = QueryInput::read(text)?;
        let has_own_time = timeout.is_some() && input.timeout_ms.is_some();
        for (key, there) in [
            ("limit", input.limit.is_some()),
            ("cursor", input.cursor.is_some()),
            ("timeout_ms", has_own_time),
        ] {
            if there {
                let path = format!("{ARGUMENT}.{key}");
                let message = format!("{path} has no meaning here: the call is about all of the messages.");
                return Err(Error::about(Status::Argument, path, message).hint("Leave it out."));
            }
        }
        let asked = Duration::from_millis(input.timeout_ms.unwrap_or(60_000).into());
        let timeout = timeout.unwrap_or(asked);
        Ok((input.query(asker, |id| whom(id, timeout))?, timeout))
    }

    /// `next` of a page that ends with this row.
    pub fn cursor_after(&self, seq: i64) -> String {
        cursor::write(seq, self)
    }
}

impl QueryInput {
    fn read(text: Option<&str>) -> Result<QueryInput> {
        text.map_or_else(|| Ok(QueryInput::default()), |text| json::read(ARGUMENT, text))
    }

    fn query(self, asker: &Asker<'_>, whom: impl FnOnce(&str) -> Result<Option<String>>) -> Result<Query> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if limit == 0 || limit > MOST {
            return Err(Error::about(
                Status::Argument,
                format!("{ARGUMENT}.limit"),
                format!("{ARGUMENT}.limit is between 1 and {MOST}."),
            ));
        }
        let narrow = self.contact_id.is_some()
            || self.recipient.is_some()
            || self.campaign_id.is_some()
            || self.reference.is_some()
            || self.since.is_some();
        if self.text.is_some() && !narrow {
            return Err(Error::about(
                Status::QueryTooWide,
                format!("{ARGUMENT}.text"),
                "A search for text alone would read the whole table.",
            )
            .hint("Give contact_id, recipient, campaign_id, reference or since beside it."));
        }
        let one = [
            ("kind", self.kind),
            ("campaign_id", self.campaign_id),
            ("reference", self.reference),
            ("provider", self.provider),
        ];
        let mut equal: Vec<_> =
            one.into_iter().filter_map(|(column, value)| Some((column, value?))).collect();
        if let Some(id) = self.contact_id {
            equal.extend(contact_id::kept_forms(id).into_iter().map(|value| ("contact_id", value)));
        }
        if let Some(text) = self.recipient {
            let forms = recipients(ARGUMENT, &text, asker.country, whom)?;
            equal.extend(forms.into_iter().map(|value| ("recipient", value)));
        }
        if let Some(text) = self.sender {
            equal.extend(senders(&text, asker.country)?.into_iter().map(|value| ("sender", value)));
        }
        Ok(Query {
            account: asker.account.map(str::to_owned),
            equal,
            states: self.status.unwrap_or_default(),
            direction: self.direction.map(|word| match word {
                DirectionWord::Outbound => Direction::Outbound,
                DirectionWord::Inbound => Direction::Inbound,
            }),
            since: self.since,
            until: self.until,
            text: self.text.filter(|text| !text.is_empty()),
            limit: limit.into(),
            after: None,
            order: self.order,
            attempts: true,
            reports: self.reports,
        })
    }
}

/// Who is asked for, in every way in which the table may have them: the
/// recipient of a send, read as there. `argument` holds the key `recipient`.
pub fn recipients(
    argument: &str,
    text: &str,
    country: DefaultCountry,
    whom: impl FnOnce(&str) -> Result<Option<String>>,
) -> Result<Vec<String>> {
    let known = Recipient::reported(text, country, whom)?;
    let text = known.as_deref().unwrap_or(text);
    let recipient =
        Recipient::read("to", text, country).map_err(|error| unread(argument, "recipient", &error))?;
    Ok(match recipient {
        Recipient::Phone(phone) => addresses(&phone),
        Recipient::User(id) => vec![id],
    })
}

/// The same for a sender, who is a number, or Meta's id of one.
fn senders(text: &str, country: DefaultCountry) -> Result<Vec<String>> {
    let bare = text.trim();
    let is_id = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
    let mut senders = if is_id { vec![bare.to_owned()] } else { Vec::new() };
    match Phone::read("sender", text, country) {
        Ok(phone) => senders.extend(addresses(&phone)),
        Err(error) if senders.is_empty() => return Err(unread(ARGUMENT, "sender", &error)),
        Err(_) => {}
    }
    Ok(senders)
}

/// All forms of a person's number, as each provider writes them.
fn addresses(phone: &Phone) -> Vec<String> {
    let forms = phone::forms(&phone.e164()[1..]);
    forms.iter().flat_map(|form| [format!("whatsapp:+{form}"), format!("+{form}")]).collect()
}

/// Why a key is refused whose value cannot be read. Sends have a sentence of
/// their own; this is none.
fn unread(argument: &str, key: &str, error: &Error) -> Box<Error> {
    let path = format!("{argument}.{key}");
    let refused = Error::about(Status::Argument, &path, format!("{path} is not a number that can be read."));
    match &error.hint {
        Some(hint) => refused.hint(hint),
        None => refused,
    }
}

/// A message and its attempts, as read from the store.
#[derive(Debug, Clone)]
pub struct Row {
    /// The message.
    pub message: MessageRow,
    /// Its attempts, first to last.
    pub attempts: Vec<AttemptRow>,
    /// What the provider reported of it, in the order in which it came; none
    /// where that was not asked for.
    pub reports: Option<Vec<ReportRow>>,
}

impl Row {
    /// Messages with their attempts, which were read by the messages' ids.
    pub fn all(messages: Vec<MessageRow>, mut attempts: HashMap<Uuid, Vec<AttemptRow>>) -> Vec<Row> {
        messages
            .into_iter()
            .map(|message| {
                let attempts = attempts.remove(&message.id).unwrap_or_default();
                Row { message, attempts, reports: None }
            })
            .collect()
    }
}

/// A question for events.
#[derive(Debug, Clone)]
pub struct EventQuery {
    /// The account whose events are wanted.
    pub account_key: String,
    /// Where the page begins; none begins with the oldest event.
    pub after: Option<EventCursor>,
    /// Kinds that are wanted; empty means all.
    pub include: Vec<String>,
    /// Kinds that are not wanted.
    pub exclude: Vec<String>,
    /// How many.
    pub most: usize,
}

/// A page of events.
#[derive(Debug, Clone, Default)]
pub struct EventPage {
    /// The events' bodies, oldest first.
    pub bodies: Vec<String>,
    /// The place of the last one that was looked at, wanted or not.
    pub last: Option<EventCursor>,
}

/// A place in the stream of events: the transaction that wrote the event and
/// its number. Numbers alone would skip events: a lower one may be committed
/// later than a higher one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct EventCursor {
    /// The transaction; 0 where the store has a single writer.
    pub transaction: i64,
    /// The event.
    pub seq: i64,
}

impl EventCursor {
    /// As hosts keep it.
    pub fn to_text(self) -> String {
        format!("{}.{}", self.transaction, self.seq)
    }

    /// Reads what `to_text` wrote.
    pub fn from_text(text: &str) -> Option<EventCursor> {
        let (transaction, seq) = text.split_once('.')?;
        let number = |digits: &str| digits.parse::<i64>().ok().filter(|n| *n >= 0);
        Some(EventCursor { transaction: number(transaction)?, seq: number(seq)? })
    }
}
