//! Questions to the history and their answers.

#[cfg(test)]
mod tests;

use super::outcome::outcome_of;
use super::record::{AttemptRow, Direction, MessageRow};
use crate::message::clock::Millis;
use crate::message::phone::DefaultCountry;
use crate::message::phone::{self, Phone};
use crate::message::{Error, Outcome, Recipient, Result, State, Status};
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
    /// Messages with this text in them; needs a narrowing key beside it.
    text: Option<String>,
    /// How many messages a page holds at the most (default 50, at most 500).
    #[serde(deserialize_with = "json::integer_or_null")]
    limit: Option<u16>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// `newest` (default) or `oldest` first.
    order: Order,
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
}

const ARGUMENT: &str = "query_json";
const DEFAULT_LIMIT: u16 = 50;
const MOST: u16 = 500;

impl Query {
    /// The newest messages of all.
    pub fn newest(limit: usize) -> Query {
        Query {
            equal: Vec::new(),
            states: Vec::new(),
            direction: None,
            since: None,
            until: None,
            text: None,
            limit,
            after: None,
            order: Order::Newest,
        }
    }

    /// Reads `query_json`; null asks for the newest messages. Gives the
    /// question and how long the call may take. `whom` gives the address that
    /// WhatsApp reported an id for, in that time.
    pub fn read(
        text: Option<&str>,
        country: DefaultCountry,
        whom: impl FnOnce(&str, Duration) -> Result<Option<String>>,
    ) -> Result<(Query, Duration)> {
        let input: QueryInput = match text {
            Some(text) => json::read(ARGUMENT, text)?,
            None => QueryInput::default(),
        };
        let limit = input.limit.unwrap_or(DEFAULT_LIMIT);
        if limit == 0 || limit > MOST {
            return Err(Error::about(
                Status::Argument,
                format!("{ARGUMENT}.limit"),
                format!("{ARGUMENT}.limit is between 1 and {MOST}."),
            ));
        }
        let narrow = input.contact_id.is_some()
            || input.recipient.is_some()
            || input.campaign_id.is_some()
            || input.reference.is_some()
            || input.since.is_some();
        if input.text.is_some() && !narrow {
            return Err(Error::about(
                Status::QueryTooWide,
                format!("{ARGUMENT}.text"),
                "A search for text alone would read the whole table.",
            )
            .hint("Give contact_id, recipient, campaign_id, reference or since beside it."));
        }
        let after = match &input.cursor {
            Some(cursor) => Some(cursor.parse().map_err(|_| {
                Error::about(
                    Status::Argument,
                    format!("{ARGUMENT}.cursor"),
                    format!("{ARGUMENT}.cursor is not a `next` that wa_history gave."),
                )
            })?),
            None => None,
        };
        let timeout = Duration::from_millis(input.timeout_ms.unwrap_or(60_000).into());
        let one = [
            ("kind", input.kind),
            ("campaign_id", input.campaign_id),
            ("reference", input.reference),
            ("provider", input.provider),
        ];
        let mut equal: Vec<_> =
            one.into_iter().filter_map(|(column, value)| Some((column, value?))).collect();
        if let Some(id) = input.contact_id {
            equal.extend(contact_id::kept_forms(id).into_iter().map(|value| ("contact_id", value)));
        }
        if let Some(text) = input.recipient {
            let whom = |id: &str| whom(id, timeout);
            equal.extend(recipients(&text, country, whom)?.into_iter().map(|value| ("recipient", value)));
        }
        if let Some(text) = input.sender {
            equal.extend(senders(&text, country)?.into_iter().map(|value| ("sender", value)));
        }
        let query = Query {
            equal,
            states: input.status.unwrap_or_default(),
            direction: input.direction.map(|word| match word {
                DirectionWord::Outbound => Direction::Outbound,
                DirectionWord::Inbound => Direction::Inbound,
            }),
            since: input.since,
            until: input.until,
            text: input.text.filter(|text| !text.is_empty()),
            limit: limit.into(),
            after,
            order: input.order,
        };
        Ok((query, timeout))
    }
}

/// Who is asked for, in every way in which the table may have them: the
/// recipient of a send, read as there.
fn recipients(
    text: &str,
    country: DefaultCountry,
    whom: impl FnOnce(&str) -> Result<Option<String>>,
) -> Result<Vec<String>> {
    let known = Recipient::reported(text, country, whom)?;
    let text = known.as_deref().unwrap_or(text);
    let recipient = Recipient::read("to", text, country).map_err(|error| unread("recipient", &error))?;
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
        Err(error) if senders.is_empty() => return Err(unread("sender", &error)),
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
fn unread(key: &str, error: &Error) -> Box<Error> {
    let path = format!("{ARGUMENT}.{key}");
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
}

impl Row {
    /// Messages with their attempts, which were read by the messages' ids.
    pub fn all(messages: Vec<MessageRow>, mut attempts: HashMap<Uuid, Vec<AttemptRow>>) -> Vec<Row> {
        messages
            .into_iter()
            .map(|message| Row { attempts: attempts.remove(&message.id).unwrap_or_default(), message })
            .collect()
    }
}

/// `page_json` of `wa_history`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Page {
    /// The messages.
    pub messages: Vec<HistoryMessage>,
    /// Cursor of the next page; null at the end.
    pub next: Option<String>,
}

/// A message of the history: its outcome, and what was said.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HistoryMessage {
    /// Where it is and how it got there.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// From us or to us.
    pub direction: DirectionWord,
    /// `text`, `media`, `template`, ..
    pub kind: String,
    /// What was said.
    pub text: String,
    /// The template's name.
    pub template: Option<String>,
    /// The campaign it belongs to.
    pub campaign_id: Option<String>,
    /// The host's category.
    pub category: Option<String>,
    /// The host's id for its log.
    pub correlation_id: Option<String>,
    /// When it was handed over.
    pub created_at: Millis,
    /// When the row last changed.
    pub updated_at: Millis,
    /// Before this time no attempt starts.
    pub not_before: Option<Millis>,
    /// After this time no attempt starts.
    pub expires_at: Option<Millis>,
    /// Every attempt, first to last.
    pub attempt_list: Vec<HistoryAttempt>,
}

/// An attempt of a message of the history.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HistoryAttempt {
    /// 1 for the first.
    pub number: i32,
    /// When it began.
    pub began_at: Millis,
    /// How long it took.
    pub took_ms: i64,
    /// How it ended: `accepted`, `failed` or `unknown`.
    pub status: State,
    /// HTTP status of the answer.
    pub http_status: Option<i32>,
    /// The provider's code.
    pub provider_code: Option<String>,
    /// The provider's id of the request.
    pub trace_id: Option<String>,
    /// Class of the error.
    pub class: Option<String>,
    /// The wait until the next attempt.
    pub wait_ms: Option<i64>,
    /// A few words more.
    pub detail: Option<String>,
}

impl Page {
    /// The page that hosts get for the rows of a query.
    pub fn new(rows: Vec<Row>, query: &Query) -> Page {
        let next =
            (rows.len() == query.limit).then(|| rows.last().map(|row| row.message.seq.to_string())).flatten();
        Page { messages: rows.into_iter().map(HistoryMessage::new).collect(), next }
    }
}

impl HistoryMessage {
    fn new(row: Row) -> HistoryMessage {
        let outcome = outcome_of(&row.message);
        let message = row.message;
        HistoryMessage {
            outcome,
            direction: match message.direction {
                Direction::Outbound => DirectionWord::Outbound,
                Direction::Inbound => DirectionWord::Inbound,
            },
            kind: message.kind,
            text: message.body,
            template: message.template,
            campaign_id: message.campaign_id,
            category: message.category,
            correlation_id: message.correlation_id,
            created_at: message.created_at,
            updated_at: message.updated_at,
            not_before: message.not_before,
            expires_at: message.expires_at,
            attempt_list: row
                .attempts
                .into_iter()
                .map(|attempt| HistoryAttempt {
                    number: attempt.number,
                    began_at: attempt.began_at,
                    took_ms: attempt.took_ms,
                    status: attempt.state,
                    http_status: attempt.http_status,
                    provider_code: attempt.provider_code,
                    trace_id: attempt.trace_id,
                    class: attempt.class,
                    wait_ms: attempt.wait_ms,
                    detail: attempt.detail,
                })
                .collect(),
        }
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
