//! One configured connector: owns the runtime, the store, the road and the
//! events; its start and its end.

mod actions;
mod check;
mod close;
mod memory;
mod start;
pub mod table;
#[cfg(test)]
mod tests;

use crate::delivery::{Delivery, GiveUp, Phase, Submission, Ticket, WaitFor, Waited};
use crate::events::{
    Callback, Dispatcher, Event, EventFilter, KIND_WARNING, Level, Log, NextOptions, Position, Signal, Stream,
};
use crate::history::{Connection, Page, Query, StoreResult, Write, Written, outcome_of, reported};
use crate::message::{Content, Error, Outcome, Recipient, Result, SendOptions, State, Status};
use crate::process::Alive;
use crate::settings::{DefaultCountry, Settings, Update};
use actions::Actions;
pub use actions::Call;
use close::Closing;
use serde::Serialize;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::runtime::{Handle, Runtime};
use uuid::Uuid;

/// A configured connector.
pub struct Client {
    settings: Settings,
    runtime: Mutex<Option<Runtime>>,
    handle: Handle,
    delivery: Arc<Delivery>,
    dispatcher: Dispatcher,
    stream: Stream,
    log: Arc<Log>,
    signal: Arc<Signal>,
    closing: Closing,
    actions: Actions,
    /// The last to go.
    _alive: Alive,
}

/// A call's status and the JSON that goes with it.
pub struct Answer {
    /// The status.
    pub status: Status,
    /// The outcome.
    pub outcome: Outcome,
}

/// `events_json` of `wa_next_event`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EventsPage {
    /// The events, oldest first.
    #[cfg_attr(test, schemars(with = "Vec<crate::events::Event>"))]
    pub events: Vec<Box<serde_json::value::RawValue>>,
    /// The cursor to go on from; giving it back acknowledges these events.
    pub cursor: String,
}

/// How long a message that is being given up may take to say so.
const GIVING_UP: Duration = Duration::from_secs(5);
/// How often a message of another process is looked at.
const LOOK: Duration = Duration::from_secs(1);

impl Client {
    /// Sends and waits for the end, or only records.
    pub fn send(&self, to: &str, content: Content, options: SendOptions, waits: bool) -> Result<Answer> {
        self.refuse_if_closing()?;
        let deadline = Instant::now() + options.timeout();
        if options.id.is_some_and(|id| self.actions.has(id)) {
            return Err(actions::in_use());
        }
        let country = self.settings.default_country;
        let known = Recipient::reported(to, country, |id| self.whom(id, deadline))?;
        let to = known.as_deref().unwrap_or(to);
        let ticket =
            self.delivery.submit(&self.handle, Submission { to, content, options, waits, country })?;
        let what = if waits { WaitFor::Progress } else { WaitFor::Record };
        match ticket.wait(what, deadline) {
            // The first message of this reference is still under way: wait for that one.
            Waited::Ended(outcome) if waits && !outcome.r#final => {
                let first = outcome.id.parse().unwrap_or(ticket.id);
                self.wait_for_recorded(first, outcome, deadline)
            }
            Waited::Ended(outcome) if outcome.r#final => Ok(ended(outcome)),
            Waited::Ended(outcome) => Ok(Answer { status: Status::Ok, outcome }),
            Waited::Deadline(outcome, Phase::New) => {
                if ticket.bound {
                    // The database is slow: whatever it does, nothing is to be sent any more.
                    ticket.ask_to_give_up(GiveUp::Deadline);
                }
                Ok(not_recorded_yet(outcome))
            }
            Waited::Deadline(_, Phase::Waiting) if ticket.bound => {
                // Its time is over, and it says so in a moment.
                let waited = ticket.wait(WaitFor::End, deadline + GIVING_UP);
                self.unfinished(waited)
            }
            // Another worker decides about it now. It is recorded; its row tells the rest.
            Waited::Closed(outcome) if !waits && !self.closing.begun() => {
                Ok(Answer { status: Status::Ok, outcome })
            }
            Waited::Closed(outcome) if !self.closing.begun() => {
                self.wait_for_recorded(ticket.id, outcome, deadline)
            }
            other => self.unfinished(other),
        }
    }

    /// Waits for the end of a message that is known to be recorded: an error of
    /// the history is none of the message, and the host must not send it again.
    fn wait_for_recorded(&self, id: Uuid, last: Outcome, deadline: Instant) -> Result<Answer> {
        let waited = self.wait(id, deadline.saturating_duration_since(Instant::now()));
        Ok(waited.unwrap_or_else(|error| match error.status {
            Status::Closed => closed(last),
            _ => pending(last),
        }))
    }

    fn unfinished(&self, waited: Waited) -> Result<Answer> {
        match waited {
            Waited::Ended(outcome) => Ok(ended(outcome)),
            Waited::Deadline(outcome, _) => Ok(pending(outcome)),
            Waited::Refused(error) => Err(error),
            Waited::Closed(outcome) => Ok(closed(outcome)),
        }
    }

    /// Waits for the end of a message.
    pub fn wait(&self, id: Uuid, timeout: Duration) -> Result<Answer> {
        self.refuse_if_closing()?;
        let deadline = Instant::now() + timeout;
        loop {
            if let Some(ticket) = self.delivery.live.find(id) {
                match ticket.wait(WaitFor::End, deadline) {
                    // It went to the database, or to another worker: look there.
                    Waited::Closed(_) if !self.closing.begun() => {}
                    other => return self.unfinished(other),
                }
            }
            let row = self.ask(deadline.max(Instant::now() + LOOK), move |connection| connection.find(id))?;
            let Some(row) = row else { return Err(not_found(id)) };
            let outcome = outcome_of(&row.message);
            if outcome.r#final {
                return Ok(ended(outcome));
            }
            if Instant::now() >= deadline {
                return Ok(pending(outcome));
            }
            if self.closing.begun() {
                return Ok(closed(outcome));
            }
            self.closing.sleep(LOOK.min(deadline.saturating_duration_since(Instant::now())));
        }
    }

    /// Gives a message up, unless an attempt has begun.
    pub fn cancel(&self, id: Uuid) -> Result<Answer> {
        self.refuse_if_closing()?;
        if let Some(ticket) = self.delivery.live.find(id) {
            return self.cancel_here(&ticket);
        }
        let deadline = Instant::now() + GIVING_UP;
        let row = self.ask(deadline, move |connection| connection.find(id))?;
        let Some(row) = row else { return Err(not_found(id)) };
        if row.message.state == State::Queued {
            let (withdrawal, outcome) = self.delivery.cancellation(row.message);
            let (reply, answer) = sync_channel(1);
            self.delivery.writer.write(
                Write::Withdraw(Box::new(withdrawal)),
                Box::new(move |result| {
                    let _ = reply.send(result);
                }),
            );
            match answer.recv_timeout(GIVING_UP) {
                Ok(Ok(Written::Done)) => {
                    self.signal.ring();
                    return Ok(Answer { status: Status::Ok, outcome });
                }
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(error.to_error()),
                Err(_) => return Err(timeout()),
            }
            let row = self.ask(Instant::now() + GIVING_UP, move |connection| connection.find(id))?;
            let Some(row) = row else { return Err(not_found(id)) };
            return Ok(too_late(outcome_of(&row.message)));
        }
        let outcome = outcome_of(&row.message);
        Ok(match row.message.state {
            State::Cancelled => Answer { status: Status::Ok, outcome },
            _ => too_late(outcome),
        })
    }

    fn cancel_here(&self, ticket: &Ticket) -> Result<Answer> {
        let (outcome, phase) = ticket.look();
        if outcome.status == State::Cancelled {
            return Ok(Answer { status: Status::Ok, outcome });
        }
        let cancellable = match phase {
            Phase::New | Phase::Waiting => true,
            Phase::Resting(_) => outcome.status == State::Queued,
            _ => false,
        };
        if cancellable {
            ticket.ask_to_give_up(GiveUp::Cancelled);
            if let Waited::Ended(outcome) = ticket.wait(WaitFor::End, Instant::now() + GIVING_UP)
                && outcome.status == State::Cancelled
            {
                return Ok(Answer { status: Status::Ok, outcome });
            }
        }
        Ok(too_late(ticket.look().0))
    }

    /// The country that completes numbers.
    pub fn default_country(&self) -> DefaultCountry {
        self.settings.default_country
    }

    /// Whom WhatsApp reported an id for. Asked only for what could be an id
    /// and reads as something else, or as nothing.
    fn whom(&self, id: &str, deadline: Instant) -> Result<Option<String>> {
        if !self.delivery.provider.reports_ids() {
            return Ok(None);
        }
        let (account_key, id) = (self.delivery.worker.account_key.clone(), id.to_owned());
        self.ask(deadline, move |connection| reported::whom(connection, &account_key, &id))
    }

    /// A page of the history.
    pub fn history(&self, query: Option<&str>) -> Result<Page> {
        self.refuse_if_closing()?;
        let began = Instant::now();
        let whom = |id: &str, timeout| self.whom(id, began + timeout);
        let (query, timeout) = Query::read(query, self.settings.default_country, whom)?;
        let asked = query.clone();
        let rows = self.ask(began + timeout, move |connection| connection.page(&asked))?;
        Ok(Page::new(rows, &query))
    }

    /// The next events.
    pub fn next_event(&self, options: Option<&str>, timeout: Duration) -> Result<EventsPage> {
        let next = NextOptions::read("options_json", options)?;
        self.refuse_if_closing()?;
        let deadline = Instant::now() + timeout;
        let from = match (next.after, &next.consumer) {
            (Some(position), Some(consumer)) => {
                self.acknowledge(consumer, position);
                position
            }
            (Some(position), None) => position,
            (None, Some(consumer)) => self.acknowledged(consumer)?,
            // What lives in memory needs no database.
            (None, None) if next.kinds.only_memory() => Position::default(),
            (None, None) => self.unless_closed(self.stream.start())?,
        };
        let (bodies, position) =
            self.unless_closed(self.stream.next(from, &next.kinds, next.most, deadline))?;
        if bodies.is_empty() && !timeout.is_zero() {
            // Woken by the closing, not by an event.
            self.refuse_if_closing()?;
        }
        let events = bodies
            .into_iter()
            .filter_map(|body| serde_json::value::RawValue::from_string(body).ok())
            .collect();
        Ok(EventsPage { events, cursor: position.to_text() })
    }

    fn acknowledge(&self, consumer: &str, position: Position) {
        let (account_key, consumer) = (self.delivery.worker.account_key.clone(), consumer.to_owned());
        let cursor = position.to_text();
        // Not waited for: an acknowledgement that is lost makes events come
        // again, as they may.
        self.delivery.writer.call(
            move |connection| connection.acknowledge(&account_key, &consumer, &cursor),
            |_: StoreResult<()>| {},
        );
    }

    fn acknowledged(&self, consumer: &str) -> Result<Position> {
        let (account_key, consumer) = (self.delivery.worker.account_key.clone(), consumer.to_owned());
        let cursor = self.ask(Instant::now() + LOOK * 10, move |connection| {
            connection.acknowledged(&account_key, &consumer)
        })?;
        let mut position = cursor.and_then(|text| Position::from_text(&text)).unwrap_or_default();
        // Log records live in memory only: those of an earlier process are gone.
        position.log = 0;
        Ok(position)
    }

    /// Sets or unsets the callback for events.
    pub fn on_event(&self, filter: Option<&str>, callback: Option<Callback>) -> Result<()> {
        let kinds = EventFilter::read("filter_json", filter)?;
        if callback.is_some() {
            self.refuse_if_closing()?;
        }
        let callback = callback.map(|callback| (callback, kinds));
        self.unless_running(self.dispatcher.on_event(callback, Instant::now() + GIVING_UP))
    }

    /// Sets or unsets the callback for log records.
    pub fn on_log(&self, callback: Option<(Callback, Level)>) -> Result<()> {
        if callback.is_some() {
            self.refuse_if_closing()?;
        }
        self.unless_running(self.dispatcher.on_log(callback, Instant::now() + GIVING_UP))
    }

    fn unless_running(&self, stopped: bool) -> Result<()> {
        if stopped {
            return Ok(());
        }
        Err(Error::new(
            Status::Timeout,
            "The callback before is still running; no new call of it will start.",
        )
        .hint("Keep its user data until wa_close returns OK."))
    }

    /// Changes secrets, pace, retry and log.
    pub fn update(&self, text: &str) -> Result<()> {
        self.refuse_if_closing()?;
        let update = Update::read(text, &self.settings)?;
        // What can fail comes first: then nothing is changed.
        let retry = update.retry_after(&self.delivery.retry(), &self.settings.provider)?;
        self.delivery.provider.update(&update)?;
        self.delivery.set_retry(retry);
        if let Some(rate) = update.messages_per_second {
            self.delivery.pacer.change(rate);
        }
        if let Some(level) = update.log_level {
            self.log.set_level(level);
        }
        self.log.write(Level::Info, "client", "The settings were updated.");
        self.warn(&update.warnings);
        Ok(())
    }

    /// Tells what is accepted but not advised.
    fn warn(&self, warnings: &[String]) {
        for warning in warnings {
            self.log.write(Level::Warn, "settings", warning.clone());
            let event = Event::told(&self.delivery.worker.account_key, KIND_WARNING, warning);
            let signal = Arc::clone(&self.signal);
            self.delivery.writer.write(Write::Event(Box::new(event)), Box::new(move |_| signal.ring()));
        }
    }

    /// Asks the history on the caller's behalf, until a deadline.
    fn ask<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnMut(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = sync_channel(1);
        self.delivery.readers.ask(work, move |result| {
            let _ = reply.send(result);
        });
        match answer.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(result) => self.unless_closed(result.map_err(|error| error.to_error())),
            Err(RecvTimeoutError::Timeout) => Err(timeout()),
            Err(RecvTimeoutError::Disconnected) => self.unless_closed(Err(timeout())),
        }
    }

    /// What the history does not answer because the client is being closed is
    /// told as that.
    fn unless_closed<T>(&self, result: Result<T>) -> Result<T> {
        match result {
            Err(error) if error.status == Status::DatabaseAway || error.status == Status::Timeout => {
                self.refuse_if_closing()?;
                Err(error)
            }
            other => other,
        }
    }

    fn refuse_if_closing(&self) -> Result<()> {
        if self.closing.begun() {
            return Err(closed_error());
        }
        Ok(())
    }
}

fn closed_error() -> Box<Error> {
    Error::new(Status::Closed, "The client is being closed.").hint("Configure a new one.")
}

fn timeout() -> Box<Error> {
    Error::new(Status::Timeout, "The history did not answer before the deadline.")
}

fn not_found(id: Uuid) -> Box<Error> {
    Error::about(Status::NotFound, "id", format!("There is no message {id} in the history."))
}

/// The answer about a message whose send is over.
fn ended(outcome: Outcome) -> Answer {
    let status = match outcome.status {
        State::Accepted | State::Sent | State::Delivered | State::Read | State::Received => Status::Ok,
        State::Cancelled => Status::Cancelled,
        State::Expired => Status::Expired,
        State::Failed | State::Undelivered => {
            outcome.error.as_ref().map_or(Status::Rejected, |error| error.status)
        }
        State::Unknown if outcome.r#final => Status::Unknown,
        State::Queued | State::Sending | State::Unknown => return pending(outcome),
    };
    Answer { status, outcome }
}

fn not_recorded_yet(outcome: Outcome) -> Answer {
    let error = Error::new(
        Status::Pending,
        "The database has not confirmed yet that the message is recorded.",
    )
    .hint(
        "Do not send it again: ask wa_wait for its id; WA_STATUS_NOT_FOUND means that it was not recorded.",
    );
    with_error(Status::Pending, outcome, *error)
}

fn with_error(status: Status, mut outcome: Outcome, error: Error) -> Answer {
    outcome.error = Some(error);
    Answer { status, outcome }
}

fn pending(outcome: Outcome) -> Answer {
    let error = match outcome.error.clone() {
        Some(error) => Box::new(Error { status: Status::Pending, ..error }),
        None => Error::new(Status::Pending, "The message is recorded; its end is not known yet."),
    }
    .hint("Do not send it again: wait for it with wa_wait, or for its event.");
    with_error(Status::Pending, outcome, *error)
}

fn closed(outcome: Outcome) -> Answer {
    let error = Error::new(Status::Closed, "The client was closed before the message ended.")
        .hint("It is recorded: do not send it again. The next client of this account goes on with it.");
    with_error(Status::Closed, outcome, *error)
}

fn too_late(outcome: Outcome) -> Answer {
    let error = Error::new(
        Status::TooLate,
        format!("The message can no longer be cancelled: it is {}.", outcome.status.name()),
    );
    with_error(Status::TooLate, outcome, *error)
}
