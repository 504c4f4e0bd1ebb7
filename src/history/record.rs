//! The rows of the history, as the rest of the library knows them.

use super::event_kinds::kind_of_event;
use crate::message::clock::Millis;
use crate::message::{Priority, State};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use uuid::Uuid;

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[repr(i16)]
pub enum Direction {
    /// From us.
    Outbound = 0,
    /// To us.
    Inbound = 1,
}

impl Direction {
    /// The direction that a table's number stands for.
    pub fn from_number(number: i16) -> Direction {
        if number == Direction::Inbound as i16 { Direction::Inbound } else { Direction::Outbound }
    }
}

/// A message, whole: one row of the table `messages`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MessageRow {
    /// Id that clients make.
    pub id: Uuid,
    /// Place in the order of the table; 0 before it is stored.
    pub seq: i64,
    /// When the message was handed to us, by the clock of that machine.
    pub created_at: Millis,
    /// When the row last changed, by the clock of the machine that changed it.
    pub updated_at: Millis,
    /// The account it belongs to; names no one.
    pub account_key: String,
    /// `twilio` or `meta`.
    pub provider: String,
    /// From us or to us.
    pub direction: Direction,
    /// `text`, `media`, `template`, ..
    pub kind: String,
    /// Where it is.
    pub state: State,
    /// Counts the changes that the owner made: an older one never overwrites
    /// a newer one.
    pub version: i32,
    /// How many attempts were made.
    pub attempts: i32,
    /// Who goes first.
    pub priority: Priority,
    /// Where it leaves from.
    pub sender: Option<String>,
    /// Where it goes.
    pub recipient: String,
    /// The host's id of the contact.
    pub contact_id: Option<String>,
    /// The host's own key of the message.
    pub reference: Option<String>,
    /// The campaign it belongs to.
    pub campaign_id: Option<String>,
    /// The host's id for its log.
    pub correlation_id: Option<String>,
    /// The host's category.
    pub category: Option<String>,
    /// The template's name.
    pub template: Option<String>,
    /// What a person reads.
    pub body: String,
    /// What is sent, as JSON: enough to send it after a restart.
    pub content: String,
    /// The provider's id.
    pub provider_message_id: Option<String>,
    /// The sentence for the user.
    pub response: Option<String>,
    /// The error as JSON, if there is one.
    pub error: Option<String>,
    /// Before this time no attempt starts.
    pub not_before: Option<Millis>,
    /// After this time no attempt starts.
    pub expires_at: Option<Millis>,
    /// Of a message to us: when it was sent, as the provider says; where it
    /// does not, when it came.
    #[serde(default)]
    pub provider_at: Option<Millis>,
    /// Of a message to us: what its sender calls himself.
    #[serde(default)]
    pub profile_name: Option<String>,
    /// Whom the provider took the recipient for.
    pub recipient_id: Option<String>,
    /// What the provider said beside its yes.
    pub provider_status: Option<String>,
    /// What nobody else has: a write that is repeated knows its own row by it.
    pub nonce: Option<String>,
}

impl MessageRow {
    /// A nonce for a new message. It tells messages with the same id apart, of
    /// which there are hardly ever two: so it is short.
    pub fn new_nonce() -> String {
        format!("{:016x}", Uuid::new_v4().as_u64_pair().1)
    }

    /// The part of the state that has an index of its own: what somebody has
    /// to look after. Accepted messages are not in it, so that recording
    /// their end touches no index.
    pub fn attention(state: State) -> Option<i16> {
        matches!(
            state,
            State::Queued
                | State::Unknown
                | State::Failed
                | State::Undelivered
                | State::Cancelled
                | State::Expired
        )
        .then_some(state as i16)
    }
}

/// An attempt: one row of the table `attempts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptRow {
    /// 1 for the first.
    pub number: i32,
    /// When it began.
    pub began_at: Millis,
    /// How long it took, in milliseconds.
    pub took_ms: i64,
    /// How it ended: accepted, failed, or unknown.
    pub state: State,
    /// HTTP status of the answer.
    pub http_status: Option<i32>,
    /// The provider's code.
    pub provider_code: Option<String>,
    /// The provider's id of the request.
    pub trace_id: Option<String>,
    /// Class of the error.
    pub class: Option<String>,
    /// The provider's id of the message.
    pub provider_message_id: Option<String>,
    /// How long the message waits until the next attempt, in milliseconds.
    pub wait_ms: Option<i64>,
    /// A few words for who reads the table.
    pub detail: Option<String>,
}

/// What a provider reported of a message: one row of the table `statuses`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportRow {
    /// The provider's id of the message.
    pub provider_message_id: String,
    /// Where the message is, as the report says.
    pub state: State,
    /// When it happened, as the provider says.
    pub reported_at: Option<Millis>,
    /// When the report came.
    pub received_at: Millis,
    /// The provider's code.
    pub provider_code: Option<String>,
}
/// The name of an event's kind.
type EventKind = &'static str;

/// Something to tell the host: one row of the table `events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    /// Stable over repetitions.
    pub id: Uuid,
    /// The account whose hosts are told.
    pub account_key: String,
    /// `message`, `warning`, ..
    #[serde(deserialize_with = "kind_of_event")]
    pub kind: EventKind,
    /// The message it is about.
    pub message_id: Option<Uuid>,
    /// Of an event about a message: the version of the row that it tells of.
    pub version: Option<i32>,
    /// And the state.
    pub state: Option<State>,
    /// When it happened.
    pub at: Millis,
    /// The event as hosts get it; none where the message's row tells it for
    /// ever (see `implied`).
    pub body: Option<String>,
}

/// The place of a message in the queue: one row of the table `queue`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueueRow {
    /// `Queued`, `Sending` or `Unknown`.
    pub state: State,
    /// The worker that looks after it; none while it is far from due.
    pub worker: Option<Uuid>,
    /// The attempt that the state is about.
    pub attempt: i32,
    /// Before this time nothing is done with it. By this machine's clock here;
    /// a server keeps it by its own, by which it judges.
    pub not_before: Millis,
}

/// The host's own key of a message, as the table `refs` holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Empty, or the campaign.
    pub scope: String,
    /// SHA-256 of the reference, in hexadecimal.
    pub hash: String,
    /// SHA-256 of what is sent to whom, in hexadecimal.
    pub payload_hash: String,
    /// Whether the host wants no more than that it is unique on this machine,
    /// while the database is away.
    pub on_this_machine: bool,
}

/// A new message.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// The message.
    pub message: MessageRow,
    /// Its place in the queue; none if it has ended already.
    pub queue: Option<QueueRow>,
    /// The host's own key.
    pub reference: Option<Reference>,
    /// What the host is told.
    pub event: Option<EventRow>,
}

impl Record {
    /// What writing it did where a row has its id already. `own`: that row has
    /// this record's nonce and payload. `held`: the place in the queue is as
    /// this record makes it, or its worker has gone on from there.
    pub fn repeated(&self, own: bool, held: bool) -> Written {
        let has_worker = self.queue.as_ref().is_some_and(|queue| queue.worker.is_some());
        match (own, has_worker && !held) {
            (false, _) => Written::IdTaken,
            // It is recorded, and somebody else has it by now.
            (true, true) => Written::NotThere,
            (true, false) => Written::Done,
        }
    }
}

/// The beginning of an attempt. It counts only if the row is still this
/// worker's, still queued, and not expired by the database's clock.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Intent {
    /// The message.
    pub id: Uuid,
    /// The number of the attempt that begins.
    pub attempt: i32,
    /// Who makes it.
    pub worker: Uuid,
    /// When, by this machine's clock.
    pub at: Millis,
}

/// What becomes of a message after an attempt, or after more was learnt.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settlement {
    /// The message.
    pub id: Uuid,
    /// The worker that writes it. It counts only while the message's place in
    /// the queue is this worker's; of one that lost its place, only proof that
    /// the provider took the message counts. None where nobody is asked.
    pub owner: Option<Uuid>,
    /// The version of the row that this makes.
    pub version: i32,
    /// Where it is now.
    pub state: State,
    /// How many attempts were made.
    pub attempts: i32,
    /// The provider's id.
    pub provider_message_id: Option<String>,
    /// Whom the provider took the recipient for.
    pub recipient_id: Option<String>,
    /// What the provider said beside its yes.
    pub provider_status: Option<String>,
    /// What a person reads, where it became known only now.
    pub body: Option<String>,
    /// The sentence for the user.
    pub response: Option<String>,
    /// The error as JSON.
    pub error: Option<String>,
    /// When.
    pub at: Millis,
    /// The attempt it is about.
    pub attempt: Option<AttemptRow>,
    /// Its place in the queue from now on; none takes it out.
    pub queue: Option<QueueRow>,
    /// What the host is told.
    pub event: Option<EventRow>,
    /// The text goes, for the message has ended.
    pub hides: bool,
    /// As far as the worker knows, the message's place is still in its own row,
    /// where it went at once. Only how fast it is written depends on it.
    #[serde(default)]
    pub at_once: bool,
}

impl Settlement {
    /// What brings a message to where its row is. Nobody is asked whether he
    /// holds it.
    pub fn of(message: &MessageRow, queue: Option<QueueRow>) -> Settlement {
        Settlement {
            id: message.id,
            owner: None,
            version: message.version,
            state: message.state,
            attempts: message.attempts,
            provider_message_id: message.provider_message_id.clone(),
            recipient_id: message.recipient_id.clone(),
            provider_status: message.provider_status.clone(),
            body: None,
            response: message.response.clone(),
            error: message.error.clone(),
            at: message.updated_at,
            attempt: None,
            queue,
            event: None,
            hides: false,
            at_once: false,
        }
    }

    /// The same in letters and lengths that every database can store: the end
    /// of a message must not be lost for the words that came with it.
    pub fn plain(&self) -> Settlement {
        let mut plain = self.clone();
        plain.body = None;
        for text in [
            &mut plain.response,
            &mut plain.recipient_id,
            &mut plain.provider_status,
            &mut plain.provider_message_id,
        ] {
            *text = text.take().map(|text| plain_text(&text));
        }
        plain.error = plain.error.map(|json| plain_json(&json));
        if let Some(attempt) = &mut plain.attempt {
            for text in [
                &mut attempt.provider_code,
                &mut attempt.trace_id,
                &mut attempt.provider_message_id,
                &mut attempt.detail,
            ] {
                *text = text.take().map(|text| plain_text(&text));
            }
        }
        if let Some(event) = &mut plain.event {
            event.body = event.body.take().map(|body| plain_json(&body));
        }
        plain
    }
}

/// The most characters of a plain text: more than any id of a provider has.
const LONGEST_PLAIN: usize = 600;

fn plain_text(text: &str) -> String {
    let letter = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    text.chars().take(LONGEST_PLAIN).map(letter).collect()
}

/// JSON says the same with every letter beyond ASCII escaped.
fn plain_json(json: &str) -> String {
    let mut plain = String::with_capacity(json.len());
    let mut units = [0; 2];
    for c in json.chars() {
        match c {
            ' ' => plain.push(c),
            c if c.is_ascii_graphic() => plain.push(c),
            c if c.is_ascii_control() => plain.push(' '),
            c => c.encode_utf16(&mut units).iter().for_each(|unit| plain.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    plain
}

/// A message that is given up before it was sent: only from `queued`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The message.
    pub id: Uuid,
    /// Only while this worker has it: what a host wants holds whoever has it.
    pub owner: Option<Uuid>,
    /// `Cancelled`, `Expired`, or `Failed` where earlier attempts failed.
    pub state: State,
    /// The sentence for the user.
    pub response: Option<String>,
    /// The error as JSON.
    pub error: Option<String>,
    /// When.
    pub at: Millis,
    /// What the host is told.
    pub event: Option<EventRow>,
    /// The text goes, for the message has ended.
    pub hides: bool,
}

/// One write, to be made in a transaction with others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Write {
    /// A new message.
    Record(Box<Record>),
    /// The beginning of an attempt.
    Intent(Intent),
    /// The end of an attempt.
    Settle(Box<Settlement>),
    /// A message that is given up.
    Withdraw(Box<Withdrawal>),
    /// An event about no message.
    Event(Box<EventRow>),
}

/// The messages of a batch whose text goes with it.
pub fn hidden_by<'a>(writes: impl Iterator<Item = &'a Write>) -> Vec<Uuid> {
    let hidden = writes.filter_map(|write| match write {
        Write::Settle(settlement) => settlement.hides.then_some(settlement.id),
        Write::Withdraw(withdrawal) => withdrawal.hides.then_some(withdrawal.id),
        Write::Record(_) | Write::Intent(_) | Write::Event(_) => None,
    });
    hidden.collect()
}

/// What a write did.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// It is committed.
    Done,
    /// It is committed in this machine's journal: the database is away.
    Journalled,
    /// A new message is committed in this machine's journal, and is sent only
    /// when it has come into the database.
    JournalledForLater,
    /// It is committed in this machine's journal. It says no of a message whose
    /// row is in the database: until it has come there, another worker may take
    /// the message over and send it, so this is no end yet.
    JournalledUnconfirmed,
    /// The row was not in the state that the write is for; nothing changed.
    NotThere,
    /// The id belongs to another message; nothing was recorded.
    IdTaken,
    /// The reference was used before, for this message; nothing was recorded.
    Referenced {
        /// The first message with this reference.
        message_id: Uuid,
        /// Whether it says the same to the same recipient.
        same_payload: bool,
    },
}

impl Write {
    /// The message that it is about; an event is about none.
    pub fn message(&self) -> Option<Uuid> {
        match self {
            Write::Record(record) => Some(record.message.id),
            Write::Intent(intent) => Some(intent.id),
            Write::Settle(settlement) => Some(settlement.id),
            Write::Withdraw(withdrawal) => Some(withdrawal.id),
            Write::Event(_) => None,
        }
    }
}

impl Written {
    /// Whether it is committed, wherever that may be.
    pub fn is_done(&self) -> bool {
        matches!(self, Written::Done | Written::Journalled | Written::JournalledForLater)
    }
}

/// A message that a worker took from the queue.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The message.
    pub message: MessageRow,
    /// Its place in the queue.
    pub queue: QueueRow,
    /// How long ago the attempt began that the place is about, by the store's
    /// clock: another machine's, so its times mean nothing here.
    pub age: Option<Duration>,
    /// How long from now on the message may still be attempted, by the same
    /// clock; none where its time has no end.
    pub expires_in: Option<Duration>,
}

impl Claimed {
    /// An age out of a difference of times: a clock that was set back makes
    /// nothing younger than new.
    pub fn age(millis: i64) -> Duration {
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }
}
