//! Messages of the history, as hosts get them.

use super::kept::Removed;
use super::outcome::outcome_of;
use super::query::{DirectionWord, Query, Row};
use super::record::{Direction, ReportRow};
use crate::message::clock::Millis;
use crate::message::{Outcome, State};
use serde::Serialize;

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
    /// Why the text is gone, where it is: `masked` or `erased`.
    pub text_removed: Option<Removed>,
    /// Every attempt, first to last.
    pub attempt_list: Vec<HistoryAttempt>,
    /// What the provider reported, in the order in which it came; null where
    /// the query did not ask for it.
    pub reports: Option<Vec<HistoryReport>>,
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

/// What the provider reported of a message.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HistoryReport {
    /// `sent`, `delivered`, `read`, `failed` or `undelivered`.
    pub status: State,
    /// When it happened, as the provider says.
    pub reported_at: Option<Millis>,
    /// When the report came.
    pub received_at: Millis,
    /// The provider's code.
    pub provider_code: Option<String>,
    /// The provider's id of the message.
    pub provider_message_id: String,
}

impl Page {
    /// The page that hosts get for the rows of a query.
    pub fn new(rows: Vec<Row>, query: &Query) -> Page {
        let last = rows.last().filter(|_| rows.len() == query.limit);
        let next = last.map(|row| query.cursor_after(row.message.seq));
        Page { messages: rows.into_iter().map(HistoryMessage::new).collect(), next }
    }
}

impl HistoryMessage {
    /// A row as hosts get it.
    pub fn new(row: Row) -> HistoryMessage {
        let outcome = outcome_of(&row.message);
        let message = row.message;
        let text_removed = Removed::of(&message);
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
            text_removed,
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
            reports: row.reports.map(|reports| reports.into_iter().map(HistoryReport::new).collect()),
        }
    }
}

impl HistoryReport {
    fn new(report: ReportRow) -> HistoryReport {
        HistoryReport {
            status: report.state,
            reported_at: report.reported_at,
            received_at: report.received_at,
            provider_code: report.provider_code,
            provider_message_id: report.provider_message_id,
        }
    }
}
