//! `wa_next_event`, `wa_on_event` and `wa_on_log`.

use super::page::EventsPage;
use super::{Client, GIVING_UP, LOOK};
use crate::events::{Callback, EventFilter, LONGEST_LOOK, Next, NextOptions, Position};
use crate::ground::Level;
use crate::history::StoreResult;
use crate::message::{Error, Result, Status};
use serde_json::value::RawValue;
use std::time::{Duration, Instant};

impl Client {
    /// The next events.
    pub fn next_event(&self, options: Option<&str>, timeout: Duration) -> Result<EventsPage> {
        let next = NextOptions::read("options_json", options)?;
        let deadline = Instant::now() + timeout;
        let (bodies, position) = self.taken_bodies(&next, deadline, deadline + LONGEST_LOOK)?;
        let events = bodies.into_iter().filter_map(|body| RawValue::from_string(body).ok()).collect();
        Ok(EventsPage { events, cursor: position.to_text() })
    }

    /// The next events, for the first of which the call waits until the
    /// deadline; the history has time to answer until `end`. What the consumer
    /// has acknowledged is remembered.
    pub(super) fn taken_bodies(
        &self,
        next: &Next,
        deadline: Instant,
        end: Instant,
    ) -> Result<(Vec<String>, Position)> {
        self.refuse_if_closing()?;
        let waits = deadline > Instant::now();
        if let (Some(position), Some(consumer)) = (next.after, &next.consumer)
            && !position.unplaced
        {
            self.acknowledge(consumer, position);
        }
        let (bodies, position) = self.next_bodies(next, deadline, end)?;
        if bodies.is_empty() && waits {
            // Woken by the closing, not by an event.
            self.refuse_if_closing()?;
        }
        Ok((bodies, position))
    }

    /// The next events. While the database is away the call waits for it until
    /// its deadline, and gives what lives in memory.
    fn next_bodies(&self, next: &Next, deadline: Instant, end: Instant) -> Result<(Vec<String>, Position)> {
        // As far as it is known without the database.
        let mut place = next.after.unwrap_or(Position { unplaced: true, ..Position::default() });
        loop {
            let seen = self.context.signal.rings();
            let found = self.place(next, place, end).and_then(|from| {
                place = from;
                self.unless_closed(self.stream.next(from, &next.kinds, next.most, deadline, end))
            });
            // Until the writer has reached the database the tables may be missing.
            let begun = self.stream.start.known().is_some();
            let error = match found {
                Err(error) if matches!(error.status, Status::DatabaseAway | Status::Timeout) => error,
                Err(error) if error.status == Status::DatabaseSchema && !begun => error,
                found => return found,
            };
            let (bodies, log) = self.stream.kept_in_memory(place.log, &next.kinds, next.most);
            if !bodies.is_empty() {
                return Ok((bodies, Position { log, ..place }));
            }
            if Instant::now() >= deadline || self.closing.begun() {
                return self.unless_closed(Err(error));
            }
            self.context.signal.wait(seen, deadline.min(Instant::now() + LOOK));
        }
    }

    /// Where to read on from; asks the database where that is not known.
    fn place(&self, next: &Next, place: Position, end: Instant) -> Result<Position> {
        if !place.unplaced {
            return Ok(place);
        }
        let known = match &next.consumer {
            Some(consumer) => self.acknowledged(consumer, end)?,
            // Log and progress live in memory: no database is needed.
            None if next.kinds.only_memory() => Position::default(),
            None => self.unless_closed(self.stream.start())?,
        };
        // Log records live in memory only: those of an earlier process are gone.
        Ok(Position { log: place.log, ..known })
    }

    fn acknowledge(&self, consumer: &str, position: Position) {
        let (account_key, consumer) = (self.context.worker.account_key.clone(), consumer.to_owned());
        let cursor = position.to_text();
        // Not waited for: an acknowledgement that is lost makes events come
        // again, as they may.
        self.context.writer.call(
            move |connection| connection.acknowledge(&account_key, &consumer, &cursor),
            |_: StoreResult<()>| {},
        );
    }

    fn acknowledged(&self, consumer: &str, end: Instant) -> Result<Position> {
        let (account_key, consumer) = (self.context.worker.account_key.clone(), consumer.to_owned());
        let cursor = self.ask(end.min(Instant::now() + LOOK * 10), move |connection| {
            connection.acknowledged(&account_key, &consumer)
        })?;
        Ok(cursor.and_then(|text| Position::from_text(&text)).unwrap_or_default())
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
}
