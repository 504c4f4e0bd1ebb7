//! One message on its road, from its record to its end.

use super::decide::{Next, decide};
use super::live::{GiveUp, Phase, Ticket};
use super::submit::{Start, attempt_of, closed_before_record};
use super::{Delivery, Stop, change, given_up_error, settlement, withdrawal};
use crate::events::Level;
use crate::history::{
    AttemptRow, Intent, MessageRow, QueueRow, Record, StoreErrorKind, Write, Written, outcome_of,
};
use crate::message::clock::{Millis, uptime};
use crate::message::{Content, Error, State, Status};
use crate::provider::{self, Answer, Exchange, Prepared, Refusal};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// The longest time between an intent and its attempt. A process that was
/// frozen in between must not send: another may have taken the message over.
/// What happens on the way to the first byte, `Attempt::leaves_before` bounds.
const INTENT_LIFE: Duration = Duration::from_secs(2);
/// The pause before an intent is tried again that could not be written.
const INTENT_PAUSE: Duration = Duration::from_secs(1);

/// What a waiting message does next.
enum Turn {
    /// Its turn has come: it may attempt, with this preparation.
    Go(Prepared, OwnedSemaphorePermit),
    /// Look again: it waits, or could not be given up for want of a database.
    Again,
    /// It is over, or left to the next start.
    Leave,
}

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

    /// Waits for a message's turn: its time, its preparation, a free request,
    /// a slot of its sender.
    async fn turn(
        &self,
        ticket: &Ticket,
        message: &mut MessageRow,
        content: &Content,
        last: Option<&Refusal>,
        failed_looks: &mut u32,
    ) -> Turn {
        let ready = async {
            if let Some(at) = message.not_before {
                sleep_until(at).await;
            }
            let prepared = match self.provider.prepared(content) {
                Some(prepared) => prepared,
                None => self.provider.prepare(content, message.sender.as_deref()).await?,
            };
            // First the sender's slot, then the request: a slow sender must not
            // hold requests that others could make.
            let slot = self.pacer.take_next(message.sender.as_deref().unwrap_or_default());
            tokio::time::sleep_until(slot.into()).await;
            let permit = Arc::clone(&self.in_flight).acquire_owned().await;
            Ok::<_, Refusal>((prepared, permit))
        };
        let expired = async {
            match message.expires_at {
                Some(at) => sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.until_stopped(Stop::Drain) => {
                ticket.tell(Phase::Closed, None);
                Turn::Leave
            }
            () = ticket.give_up.notified() => {
                self.withdraw(ticket, message, State::Cancelled, last).await
            }
            () = expired => {
                self.withdraw(ticket, message, end_of_time(ticket), last).await
            }
            ready = ready => match ready {
                Ok((prepared, Ok(permit))) => Turn::Go(prepared, permit),
                Ok((_, Err(_closed))) => {
                    ticket.tell(Phase::Closed, None);
                    Turn::Leave
                }
                Err(refusal) => {
                    self.not_prepared(ticket, message, &refusal, failed_looks).await
                }
            }
        }
    }

    /// The template could not be looked up, the file not be uploaded, or it
    /// does not fit. There are as many tries as there may be retries, and they
    /// are no attempts.
    async fn not_prepared(
        &self,
        ticket: &Ticket,
        message: &mut MessageRow,
        refusal: &Refusal,
        failed_looks: &mut u32,
    ) -> Turn {
        let retry = self.retry();
        *failed_looks += 1;
        let again = Millis::now().plus(refusal.retry_after.unwrap_or(retry.wait).as_millis() as u64);
        let in_time = message.expires_at.is_none_or(|at| again < at);
        if refusal.retry && in_time && *failed_looks <= retry.max_retries {
            message.not_before = Some(again);
            return Turn::Again;
        }
        self.withdraw(ticket, message, State::Failed, Some(refusal)).await
    }

    /// Gives a waiting message up: only while its row is still queued.
    async fn withdraw(
        &self,
        ticket: &Ticket,
        message: &mut MessageRow,
        state: State,
        last: Option<&Refusal>,
    ) -> Turn {
        let error = match last {
            Some(refusal) if ticket.given_up() != Some(GiveUp::Cancelled) => refusal.error.clone(),
            _ => given_up_error(state),
        };
        // What failed before its time was over has failed: the reason is worth more.
        let asked = ticket.given_up() == Some(GiveUp::Cancelled);
        let state = if last.is_some() && !asked { State::Failed } else { state };
        let mut ended = message.clone();
        change(&mut ended, state, Some(error.message.clone()), Some(&error));
        let outcome = outcome_of(&ended);
        let event = self.event(outcome.clone(), &ended, ended.updated_at);
        // The host's own wish holds whoever has the message; the rest is only
        // for whoever has it to say.
        let owner = ticket.given_up().is_none().then_some(self.worker.id);
        match self.write(Write::Withdraw(Box::new(withdrawal(&ended, owner, Some(event))))).await {
            Ok(Written::Done) => {
                *message = ended;
                ticket.tell(Phase::Ended, Some(outcome));
                Turn::Leave
            }
            Ok(_) => {
                self.tell_what_the_row_says(ticket).await;
                Turn::Leave
            }
            Err(_) => {
                // The database is away, and nobody else ends the message while
                // this worker lives: the wish stays, and is tried again.
                if ticket.given_up().is_some() {
                    ticket.give_up.notify_one();
                }
                tokio::time::sleep(INTENT_PAUSE).await;
                Turn::Again
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
        let attempt = attempt_of(message, number, prepared, intended);
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

    /// Stores what came of an attempt, and tells who waits. False if the
    /// message is no longer ours.
    async fn settle(
        &self,
        ticket: &Ticket,
        message: &mut MessageRow,
        exchange: &Exchange,
        began_at: Millis,
        decision: &Next,
        text: Option<String>,
    ) -> bool {
        let mut attempt = attempt_row(message.attempts, exchange, began_at);
        let mut queue = None;
        let mut phase = Phase::Ended;
        match (&exchange.answer, decision) {
            (Answer::Accepted { provider_message_id, recipient_id, provider_status }, _) => {
                message.provider_message_id = Some(provider_message_id.clone());
                message.recipient_id = recipient_id.clone();
                message.provider_status = provider_status.clone();
                change(message, State::Accepted, Some(self.accepted_text()), None);
            }
            (answer, Next::Again(wait)) => {
                let (text, error) = why(answer, self.provider.name());
                change(message, State::Queued, Some(text), Some(&error));
                let again = message.updated_at.plus(wait.as_millis() as u64);
                message.not_before = Some(again);
                attempt.wait_ms = i64::try_from(wait.as_millis()).ok();
                queue = Some((State::Queued, again));
                phase = Phase::Resting(again);
            }
            (answer, Next::Unknown) => {
                let (text, error) = why(answer, self.provider.name());
                change(message, State::Unknown, Some(text), Some(&error));
                let look = self.next_look(began_at);
                queue = Some((State::Unknown, look));
                phase = Phase::Resting(look);
            }
            (answer, _) => {
                let (text, error) = why(answer, self.provider.name());
                change(message, State::Failed, Some(text), Some(&error));
            }
        }
        self.say(Level::Debug, message, || {
            let code = attempt.provider_code.as_deref().unwrap_or("-");
            let (to, state) = (crate::events::masked(&message.recipient), message.state.name());
            format!("Attempt {} to {to} ended as {state} (code {code}).", attempt.number)
        });
        // Stored whatever the end is: who looks for the message in the
        // provider's list must know what it says there.
        let body = text.clone();
        if let Some(text) = text {
            message.body = text;
        }
        let outcome = outcome_of(message);
        let event = (message.state != State::Queued)
            .then(|| self.event(outcome.clone(), message, message.updated_at));
        let mut settlement = settlement(
            self.worker.id,
            message,
            queue.map(|(state, not_before)| QueueRow {
                state,
                worker: self.stays_with(state),
                attempt: message.attempts,
                not_before,
            }),
        );
        settlement.body = body;
        settlement.attempt = Some(attempt);
        settlement.event = event;
        match self.write(Write::Settle(Box::new(settlement))).await {
            Ok(Written::Done) => {
                crate::points::reach("settled");
                ticket.tell(phase, Some(outcome));
                true
            }
            Ok(_) => {
                self.tell_what_the_row_says(ticket).await;
                false
            }
            Err(error) => {
                // The writer keeps ends until they are written; this is its closing.
                self.say(Level::Error, message, || format!("An outcome was not stored: {}", error.message));
                ticket.tell(Phase::Closed, Some(outcome));
                false
            }
        }
    }

    pub(super) fn accepted_text(&self) -> String {
        format!("Message accepted by {}.", provider::title(self.provider.name()))
    }
}

/// The row of an attempt, as its exchange tells it.
fn attempt_row(number: i32, exchange: &Exchange, began_at: Millis) -> AttemptRow {
    let (state, class, code, provider_message_id, detail) = match &exchange.answer {
        Answer::Accepted { provider_message_id, .. } => {
            (State::Accepted, None, None, Some(provider_message_id.clone()), None)
        }
        Answer::Refused(refusal) => (
            State::Failed,
            Some(refusal.class.name().to_owned()),
            refusal.error.provider_code.clone(),
            None,
            Some(clip(&refusal.error.message)),
        ),
        Answer::Unknown { why } => (State::Unknown, None, None, None, Some(clip(why))),
    };
    AttemptRow {
        number,
        began_at,
        took_ms: i64::try_from(exchange.took.as_millis()).unwrap_or(i64::MAX),
        state,
        http_status: exchange.http_status.map(i32::from),
        provider_code: code,
        trace_id: exchange.trace_id.as_deref().map(clip),
        class,
        provider_message_id,
        wait_ms: None,
        detail,
    }
}

/// The user's sentence and the error of an attempt that was not accepted.
fn why(answer: &Answer, provider: &str) -> (String, Box<Error>) {
    match answer {
        Answer::Refused(refusal) => (refusal.error.message.clone(), refusal.error.clone()),
        Answer::Unknown { why } => {
            let error = unknown_error(provider, why);
            (error.message.clone(), error)
        }
        Answer::Accepted { .. } => (String::new(), Error::internal("An accepted message has no error.")),
    }
}

/// What hosts are told where nobody knows.
pub(super) fn unknown_error(provider: &str, why: &str) -> Box<Error> {
    Error::new(Status::Pending, unknown_text(provider, why))
        .hint("Do not send it again: it is looked up later, and its event tells what was found.")
}

/// What hosts are told where nobody will ever know.
pub(super) fn unknown_for_good(provider: &str) -> Box<Error> {
    Error::new(Status::Unknown, unknown_text(provider, "it was looked for until the deadline"))
        .hint("Look at the provider's console before you send it again: the recipient may have it.")
}

fn unknown_text(provider: &str, why: &str) -> String {
    let name = provider::title(provider);
    format!("It is not known whether {name} took the message: {}.", clip(why))
}

fn clip(text: &str) -> String {
    text.chars().take(400).collect()
}

/// What a message becomes whose time is over: a call's deadline cancels it.
fn end_of_time(ticket: &Ticket) -> State {
    if ticket.bound { State::Cancelled } else { State::Expired }
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
