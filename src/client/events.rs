//! `wa_next_event`, `wa_on_event` and `wa_on_log`.

use super::page::EventsPage;
use super::{Client, GIVING_UP, LOOK};
use crate::events::{Callback, EventFilter, NextOptions, Position};
use crate::ground::Level;
use crate::history::StoreResult;
use crate::message::{Error, Result, Status};
use serde_json::value::RawValue;
use std::time::{Duration, Instant};

impl Client {
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
            // Log and progress live in memory: no database is needed.
            (None, None) if next.kinds.only_memory() => Position::default(),
            (None, None) => self.unless_closed(self.stream.start())?,
        };
        let (bodies, position) =
            self.unless_closed(self.stream.next(from, &next.kinds, next.most, deadline))?;
        if bodies.is_empty() && !timeout.is_zero() {
            // Woken by the closing, not by an event.
            self.refuse_if_closing()?;
        }
        let events = bodies.into_iter().filter_map(|body| RawValue::from_string(body).ok()).collect();
        Ok(EventsPage { events, cursor: position.to_text() })
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

    fn acknowledged(&self, consumer: &str) -> Result<Position> {
        let (account_key, consumer) = (self.context.worker.account_key.clone(), consumer.to_owned());
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
}
