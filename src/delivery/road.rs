//! One message on its road, from its record to its end.

use super::decide::{Next, decide};
use super::live::{Phase, Ticket};
use super::submit::{Start, attempt_of, closed_before_record};
use super::turn::{Turn, end_of_time};
use super::{Delivery, Stop, change, settlement};
use crate::events::Level;
use crate::history::{Intent, MessageRow, QueueRow, Record, StoreErrorKind, Write, Written, outcome_of};
use crate::message::clock::{Millis, uptime};
use crate::message::{Content, Error, State, Status};
use crate::provider::http::{TOO_LATE, longest_connect};
use crate::provider::{Answer, Exchange, Prepared, Refusal};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

/// The longest time between an intent and its attempt. A process that was
/// frozen in between must not send: another may have taken the message over.
/// What happens on the way to the first byte, `Attempt::leaves_before` bounds.
const INTENT_LIFE: Duration = Duration::from_secs(2);
/// Beside that time, and the time that a connection may take.
const MARGIN: Duration = Duration::from_secs(1);
/// The pause before an intent is tried again that could not be written.
pub(super) const INTENT_PAUSE: Duration = Duration::from_secs(1);

/// What came of an intent.
enum Begun {
    /// It is committed and fresh: send.
    Yes,
    /// It may be committed or not: take it back and try again.
    NotNow,
    /// It is not committed, and the message could not be given up for want of
    /// a database: look again.
    NotYet,
    /// The message is no longer this worker's to send.
    Leave,
}

impl Delivery {
    /// The whole road of a message that was born here.
    pub(super) async fn travel_from_record(
        self: Arc<Self>,
        ticket: Arc<Ticket>,
        record: Record,
        message: MessageRow,
        content: Content,
        start: Option<Start>,
        far: bool,
    ) {
        let began = uptime();
        if self.record(&ticket, record).await {
            if far {
                // It waits in the database; whoever is free when it is due takes it.
                self.live.leave(ticket.id);
                ticket.tell(Phase::Resting(message.not_before.unwrap_or_default()), None);
                return;
            }
            ticket.tell(Phase::Waiting, None);
            let start = start.map(|start| (start, began));
            Arc::clone(&self).travel(Arc::clone(&ticket), message, content, start).await;
        }
    }

    /// Records a message. False if it was not; the ticket says why.
    pub(super) async fn record(&self, ticket: &Ticket, record: Record) -> bool {
        let refused = |error: Box<Error>| {
            ticket.tell(Phase::Refused(error), None);
            false
        };
        crate::points::reach("before_record");
        match self.write(Write::Record(Box::new(record))).await {
            Ok(Written::Done) => {
                crate::points::reach("recorded");
                true
            }
            Ok(Written::IdTaken) => refused(
                Error::about(Status::Argument, "options_json.id", "Another message has this id already.")
                    .hint(
                        "Every message needs an id of its own; use a reference to send something only once.",
                    ),
            ),
            Ok(Written::Referenced { message_id, same_payload: true }) => {
                self.hand_over_first(ticket, message_id).await;
                false
            }
            Ok(Written::Referenced { message_id, same_payload: false }) => refused(
                Error::about(
                    Status::ReferenceConflict,
                    "options_json.reference",
                    format!("The reference was used before, for another payload: message {message_id}."),
                )
                .hint("Nothing was sent. Another message needs another reference."),
            ),
            Ok(Written::NotThere) => refused(Error::internal("A new message was not recorded.")),
            Err(error) if error.kind == StoreErrorKind::Away && self.stopped(Stop::Drain) => {
                refused(closed_before_record())
            }
            Err(error) => refused(error.to_error()),
        }
    }

    /// The reference was used before, for the same: the caller gets the first
    /// message.
    async fn hand_over_first(&self, ticket: &Ticket, first: uuid::Uuid) {
        match self.readers.asked(move |connection| connection.find(first)).await {
            Ok(Some(row)) => ticket.tell(Phase::Ended, Some(outcome_of(&row.message))),
            Ok(None) => {
                // The reference outlives the message: say what is left of it.
                let error = Error::about(
                    Status::ReferenceConflict,
                    "options_json.reference",
                    format!(
                        "The reference was used before; its message {first} is no longer in the history."
                    ),
                );
                ticket.tell(Phase::Refused(error), None);
            }
            Err(error) => ticket.tell(Phase::Refused(error.to_error()), None),
        }
    }

    /// The road of a recorded message, attempt by attempt. A panic on it ends
    /// the message's stay here; its row tells the rest.
    pub(super) async fn travel(
        self: Arc<Self>,
        ticket: Arc<Ticket>,
        message: MessageRow,
        content: Content,
        start: Option<(Start, Duration)>,
    ) {
        let (attempts, version) = (message.attempts, message.version);
        let road = Arc::clone(&self).attempts(Arc::clone(&ticket), message, content, start);
        if AssertUnwindSafe(road).catch_unwind().await.is_err() {
            self.panicked(&ticket, attempts, version).await;
        }
    }

    async fn attempts(
        self: Arc<Self>,
        ticket: Arc<Ticket>,
        mut message: MessageRow,
        content: Content,
        start: Option<(Start, Duration)>,
    ) {
        let mut last_refusal: Option<Refusal> = None;
        let mut failed_looks = 0;
        let mut next = start;
        loop {
            let (prepared, permit, began) = match next.take() {
                Some((start, began)) => (start.prepared, start.permit, began),
                None => match self
                    .turn(&ticket, &mut message, &content, last_refusal.as_ref(), &mut failed_looks)
                    .await
                {
                    Turn::Leave => return,
                    Turn::Again => continue,
                    Turn::Go(prepared, permit) => {
                        let began = uptime();
                        match self.begin(&ticket, &mut message, last_refusal.as_ref()).await {
                            Begun::Yes => {}
                            Begun::NotYet => continue,
                            Begun::NotNow => {
                                drop(permit);
                                self.take_back(&ticket, &mut message, "it is not known to be stored").await;
                                continue;
                            }
                            Begun::Leave => return,
                        }
                        (prepared, permit, began)
                    }
                },
            };
            if uptime().saturating_sub(began) > INTENT_LIFE
                || self.stopped(Stop::Drain)
                || ticket.given_up().is_some()
            {
                drop(permit);
                self.take_back(&ticket, &mut message, "it was too old to be acted on").await;
                continue;
            }
            ticket.tell(Phase::Attempting, None);
            let number = message.attempts;
            crate::points::reach("intent_committed");
            let began_at = Millis::now();
            let exchange = self.exchange(&message, number, prepared.clone(), began).await;
            drop(permit);
            if matches!(exchange.answer, Answer::HeldBack) {
                self.take_back(&ticket, &mut message, TOO_LATE).await;
                continue;
            }
            crate::points::reach("answered");
            let decision = decide(
                &exchange.answer,
                number,
                &self.retry(),
                Millis::now(),
                message.expires_at,
                chance(&message),
            );
            last_refusal = match &exchange.answer {
                Answer::Refused(refusal) => Some(refusal.clone()),
                _ => None,
            };
            let text = prepared.text.filter(|text| *text != message.body);
            if !self.settle(&ticket, &mut message, &exchange, began_at, &decision, text).await {
                return;
            }
            match decision {
                Next::Again(_) => {}
                // It rests in the database until its time is over.
                Next::Unknown if !self.provider.can_look() => {
                    self.live.leave(ticket.id);
                    return;
                }
                Next::Unknown => {
                    if !self.resolve(&ticket, &mut message, began_at).await {
                        return;
                    }
                    last_refusal = None;
                }
                Next::Accepted | Next::Failed => return,
            }
        }
    }

    /// Commits the intent of the next attempt.
    async fn begin(&self, ticket: &Ticket, message: &mut MessageRow, last: Option<&Refusal>) -> Begun {
        let number = message.attempts + 1;
        let intent = Intent { id: message.id, attempt: number, worker: self.worker.id, at: Millis::now() };
        match self.write(Write::Intent(intent)).await {
            Ok(Written::Done) => {
                message.attempts = number;
                message.state = State::Sending;
                Begun::Yes
            }
            Ok(_) => {
                // Expired by the database's clock, cancelled elsewhere, or taken over.
                if message.expires_at.is_some()
                    && matches!(self.withdraw(ticket, message, end_of_time(ticket), last).await, Turn::Again)
                {
                    return Begun::NotYet;
                }
                self.tell_what_the_row_says(ticket).await;
                Begun::Leave
            }
            Err(_) if self.stopped(Stop::Drain) => {
                ticket.tell(Phase::Closed, None);
                Begun::Leave
            }
            Err(_) => {
                // Stored or not: it is taken back once the database answers.
                message.attempts = number;
                Begun::NotNow
            }
        }
    }

    /// Takes an intent back that must not be acted on.
    async fn take_back(&self, ticket: &Ticket, message: &mut MessageRow, why: &str) {
        message.attempts -= 1;
        let response = message.response.clone();
        change(message, State::Queued, response, None);
        let again = Millis::now().plus(INTENT_PAUSE.as_millis() as u64);
        message.not_before = Some(again);
        let queue = QueueRow {
            state: State::Queued,
            worker: Some(self.worker.id),
            attempt: message.attempts,
            not_before: again,
        };
        let _ = self.write(Write::Settle(Box::new(settlement(self.worker.id, message, Some(queue))))).await;
        ticket.tell(Phase::Waiting, None);
        self.say(Level::Warn, message, || format!("An intent was taken back: {why}."));
    }

    /// Somebody else decided about this message: the row says what.
    pub(super) async fn tell_what_the_row_says(&self, ticket: &Ticket) {
        let id = ticket.id;
        match self.readers.asked(move |connection| connection.find(id)).await {
            Ok(Some(row)) => {
                let phase = if row.message.state.ends_the_send() { Phase::Ended } else { Phase::Closed };
                ticket.tell(phase, Some(outcome_of(&row.message)));
            }
            _ => ticket.tell(Phase::Closed, None),
        }
    }

    /// One attempt, whose intent was made at `intended`. It ends when the
    /// answer is there, the time is up, or the client gives up what is under
    /// way; a panic is an end that is not known.
    async fn exchange(
        &self,
        message: &MessageRow,
        number: i32,
        prepared: Prepared,
        intended: Duration,
    ) -> Exchange {
        // Less than whoever takes it over waits for: `http_timeout` and more.
        let ours = intended + INTENT_LIFE + longest_connect(self.http_timeout) + MARGIN;
        let attempt = attempt_of(message, number, prepared, ours);
        let began = std::time::Instant::now();
        let unknown = |why: &str| Exchange {
            answer: Answer::Unknown { why: why.into() },
            http_status: None,
            trace_id: None,
            took: began.elapsed(),
        };
        tokio::select! {
            biased;
            sent = AssertUnwindSafe(self.provider.send(&attempt)).catch_unwind() => {
                sent.unwrap_or_else(|_| unknown("the attempt panicked"))
            }
            () = self.until_stopped(Stop::Now) => unknown("the client was closed before the answer came"),
        }
    }
}

/// A number between 0 and 1 that differs from message to message.
fn chance(message: &MessageRow) -> f64 {
    f64::from(message.id.as_bytes()[15]) / 255.0
}

/// Sleeps until a point in time by the machine's clock.
pub(super) async fn sleep_until(at: Millis) {
    let left = at.0.saturating_sub(Millis::now().0);
    if let Ok(left) = u64::try_from(left)
        && left > 0
    {
        tokio::time::sleep(Duration::from_millis(left)).await;
    }
}
