//! From a call to a recorded message.

use super::{Delivery, Phase, Stop, Ticket};
use crate::history::{Direction, MessageRow, QueueRow, Record, Reference, outcome_of};
use crate::message::catalogue::{self, ResponseText};
use crate::message::clock::{Millis, uptime};
use crate::message::{Class, Content, Error, OnTimeout, Recipient, Result, SendOptions, State, Status};
use crate::provider::{Attempt, Prepared};
use crate::settings::DefaultCountry;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

/// Messages that are due later than this wait in the database, not in memory.
const NEAR: u64 = 60_000;
/// The longest text of a refused message that the history keeps.
const KEPT_CHARS: usize = 4096;

/// A message as a call hands it over.
pub struct Submission<'a> {
    /// The argument `to`.
    pub to: &'a str,
    /// What it says.
    pub content: Content,
    /// How.
    pub options: SendOptions,
    /// A call waits for its end: the message must not outlive the call unless
    /// the options say so.
    pub waits: bool,
    /// Completes numbers.
    pub country: DefaultCountry,
}

/// What goes with a message that starts at once.
pub(super) struct Start {
    pub prepared: Prepared,
    pub permit: OwnedSemaphorePermit,
}

impl Delivery {
    /// Checks a message, hands it to the writer, and sets it on the road. The
    /// ticket tells when it is recorded. Nothing here waits.
    pub fn submit(self: &Arc<Self>, handle: &Handle, submission: Submission<'_>) -> Result<Arc<Ticket>> {
        let Submission { to, content, options, waits, country } = submission;
        if let Some(provider) = options.provider.as_deref()
            && provider != self.provider.name().as_str()
        {
            return Err(Error::about(
                Status::Argument,
                "options_json.provider",
                format!("This client sends through {}, not {provider}.", self.provider.name()),
            ));
        }
        let now = Millis::now();
        let mut expires_at = options.expires_at;
        let bound = waits && options.on_timeout == OnTimeout::Cancel;
        if bound {
            let deadline = now.plus(options.timeout().as_millis() as u64);
            expires_at = Some(expires_at.map_or(deadline, |at| at.min(deadline)));
            if options.not_before.is_some_and(|at| at >= deadline) {
                return Err(Error::about(
                    Status::Argument,
                    "options_json.not_before",
                    "not_before lies beyond the deadline of the call, which would cancel the message.",
                )
                .hint("Use wa_submit, or on_timeout continue."));
            }
        }
        let mut message = MessageRow {
            id: options.id.unwrap_or_else(Uuid::now_v7),
            seq: 0,
            created_at: now,
            updated_at: now,
            account_key: self.provider.account_key().to_owned(),
            provider: self.provider.name().as_str().to_owned(),
            direction: Direction::Outbound,
            kind: content.kind().to_owned(),
            state: State::Queued,
            version: 1,
            attempts: 0,
            priority: options.priority,
            sender: None,
            recipient: to.chars().take(64).collect(),
            contact_id: options.contact_id.clone(),
            reference: options.reference.clone(),
            campaign_id: None,
            correlation_id: options.correlation_id.clone(),
            category: options.category.clone(),
            template: content.template_name().map(|name| name.chars().take(128).collect()),
            body: String::new(),
            content: String::new(),
            provider_message_id: None,
            response: None,
            error: None,
            not_before: options.not_before,
            expires_at,
            recipient_id: None,
            provider_status: None,
        };
        let checked = self.check(to, &content, &options, country, &mut message);
        let prepared = checked.as_ref().ok().and_then(|()| self.provider.prepared(&content));
        message.body = match prepared.as_ref().and_then(|prepared| prepared.text.clone()) {
            Some(text) => text,
            None => content.as_text(),
        };
        let reference = options.reference.as_deref().map(|reference| Reference {
            scope: String::new(),
            hash: hex(&Sha256::digest(reference)),
            payload_hash: payload_hash(&message.recipient, &content),
        });
        if let Err(error) = checked {
            message.body = message.body.chars().take(KEPT_CHARS).collect();
            return self.record_refused(handle, message, error, reference);
        }
        message.content = serde_json::to_string(&content).unwrap_or_default();
        let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else {
            return Err(Error::new(
                Status::QueueFull,
                "Too many messages are under way; nothing was recorded.",
            )
            .hint("Try again when some have ended."));
        };
        let far = options.not_before.is_some_and(|at| at > now.plus(NEAR));
        let due = options.not_before.is_none_or(|at| at <= now) && expires_at.is_none_or(|at| at > now);
        let start = if due { self.start_now(&message, prepared) } else { None };
        let queue = QueueRow {
            state: if start.is_some() { State::Sending } else { State::Queued },
            worker: (!far).then_some(self.worker.id),
            attempt: i32::from(start.is_some()),
            not_before: options.not_before.unwrap_or(now),
        };
        if start.is_some() {
            message.state = State::Sending;
            message.attempts = 1;
        }
        let ticket = self.ticket(&message, bound)?;
        let record = Record { message: message.clone(), queue: Some(queue), reference, event: None };
        let (delivery, own) = (Arc::clone(self), Arc::clone(&ticket));
        let stay = Stay::new(self, &ticket);
        handle.spawn(async move {
            let _stay = stay;
            delivery.travel_from_record(own, record, message, content, start, far).await;
            drop(room);
        });
        Ok(ticket)
    }

    fn check(
        &self,
        to: &str,
        content: &Content,
        options: &SendOptions,
        country: DefaultCountry,
        message: &mut MessageRow,
    ) -> Result<()> {
        message.sender = self.provider.sender("options_json.sender", options.sender.as_deref())?;
        message.recipient = self.provider.recipient("to", &Recipient::read("to", to, country)?)?;
        self.provider.check(content)
    }

    /// The permit and the slot of a message that can go at once: its record
    /// and its first intent are then one commit.
    fn start_now(&self, message: &MessageRow, prepared: Option<Prepared>) -> Option<Start> {
        let prepared = prepared?;
        let permit = Arc::clone(&self.in_flight).try_acquire_owned().ok()?;
        self.pacer
            .take_now(message.sender.as_deref().unwrap_or_default())
            .then_some(Start { prepared, permit })
    }

    fn ticket(&self, message: &MessageRow, bound: bool) -> Result<Arc<Ticket>> {
        self.live.enter(message.id, outcome_of(message), bound).ok_or_else(|| {
            Error::about(Status::Argument, "options_json.id", "A message with this id is under way already.")
                .hint("Every message needs an id of its own; use a reference to send something only once.")
        })
    }

    /// A message that cannot be sent is recorded too: who looks for it must
    /// find it, with the reason.
    fn record_refused(
        self: &Arc<Self>,
        handle: &Handle,
        mut message: MessageRow,
        error: Box<Error>,
        reference: Option<Reference>,
    ) -> Result<Arc<Ticket>> {
        // The history's texts begin as its readers know them.
        let class = if error.status == Status::Recipient { Class::Recipient } else { Class::Permanent };
        let known = ResponseText::of(class).text().trim_end_matches('.');
        let response = match error.message.starts_with(known) {
            true => error.message.clone(),
            false => catalogue::response(class, &error.message),
        };
        super::change(&mut message, State::Failed, Some(response), Some(&error));
        let ticket = self.ticket(&message, false)?;
        let outcome = outcome_of(&message);
        let event = Some(self.event(outcome.clone(), &message, message.updated_at));
        // A refused message does not use its reference up: the corrected one may carry it.
        drop(reference);
        let record = Record { message, queue: None, reference: None, event };
        let (delivery, own) = (Arc::clone(self), Arc::clone(&ticket));
        let stay = Stay::new(self, &ticket);
        handle.spawn(async move {
            let _stay = stay;
            if delivery.record(&own, record).await {
                own.tell(Phase::Ended, Some(outcome));
            }
        });
        Ok(ticket)
    }
}

/// A message's stay at this client: it ends when its task ends, also when a
/// runtime that is shut down drops the task, or never runs it.
struct Stay {
    delivery: Arc<Delivery>,
    ticket: Arc<Ticket>,
}

impl Stay {
    fn new(delivery: &Arc<Delivery>, ticket: &Arc<Ticket>) -> Stay {
        Stay { delivery: Arc::clone(delivery), ticket: Arc::clone(ticket) }
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        if self.delivery.live.find(self.ticket.id).is_some_and(|ticket| Arc::ptr_eq(&ticket, &self.ticket)) {
            self.delivery.live.leave(self.ticket.id);
        }
        if self.delivery.stopped(Stop::Drain) {
            match self.ticket.look().1 {
                Phase::New => self.ticket.tell(Phase::Refused(closed_before_record()), None),
                _ => self.ticket.tell(Phase::Closed, None),
            }
        }
    }
}

/// What a caller is told whose message met the end of the client.
pub(super) fn closed_before_record() -> Box<Error> {
    Error::new(Status::Closed, "The client was closed before the message was recorded.").hint(
        "It is not sent, unless the history of the next client has it: look there before it is sent again.",
    )
}

/// The attempt that a message's row and its preparation make. It leaves before
/// `ours`, when another worker may have it, and before its time is over.
pub(super) fn attempt_of(message: &MessageRow, number: i32, prepared: Prepared, ours: Duration) -> Attempt {
    let in_time = message.expires_at.map(|at| {
        let left = at.0.saturating_sub(Millis::now().0);
        uptime() + Duration::from_millis(u64::try_from(left).unwrap_or_default())
    });
    Attempt {
        leaves_before: in_time.map_or(ours, |in_time| in_time.min(ours)),
        message_id: message.id,
        number,
        sender: message.sender.clone(),
        recipient: message.recipient.clone(),
        prepared,
    }
}

/// What makes two messages the same for a reference.
fn payload_hash(recipient: &str, content: &Content) -> String {
    let mut hash = Sha256::new();
    hash.update(recipient);
    hash.update([0]);
    hash.update(serde_json::to_vec(content).unwrap_or_default());
    hex(&hash.finalize())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
