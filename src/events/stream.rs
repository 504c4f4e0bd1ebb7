//! Reading events: the durable ones from the history, and log records from
//! memory, as one stream with one cursor.

use super::kinds::Kinds;
use super::{Log, MEMORY_KINDS, Position, Signal, Start};
use crate::history::{Connection, EventCursor, EventPage, EventQuery, Readers, StoreResult};
use crate::message::{Error, Result, Status};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// The stream of a client's events.
pub struct Stream {
    /// The account whose events these are.
    pub account_key: String,
    /// Who reads the history.
    pub readers: Arc<Readers>,
    /// The log.
    pub log: Arc<Log>,
    /// Rings when there may be something new.
    pub signal: Arc<Signal>,
    /// Where the client began.
    pub start: Arc<Start>,
}

/// How often other processes' events are looked for.
const LOOK: Duration = Duration::from_millis(500);
/// How long one look may take.
pub const LONGEST_LOOK: Duration = Duration::from_secs(10);

impl Stream {
    /// The events after a place; waits until the deadline for the first one.
    /// Gives their bodies and the place to go on from. The history has time
    /// to answer until `end`.
    pub fn next(
        &self,
        from: Position,
        kinds: &Kinds,
        most: usize,
        deadline: Instant,
        end: Instant,
    ) -> Result<(Vec<String>, Position)> {
        let mut position = from;
        loop {
            let seen = self.signal.rings();
            let page = self.look(position.event, kinds, most, end)?;
            position.event = page.last.unwrap_or(position.event);
            let mut bodies = page.bodies;
            let (memory, last) = self.kept_in_memory(position.log, kinds, most - bodies.len().min(most));
            position.log = last;
            bodies.extend(memory);
            if !bodies.is_empty() || Instant::now() >= deadline || self.signal.is_closed() {
                return Ok((bodies, position));
            }
            self.signal.wait(seen, deadline.min(Instant::now() + LOOK));
        }
    }

    /// What lives in memory after a place, and the place after it.
    pub fn kept_in_memory(&self, after: u64, kinds: &Kinds, most: usize) -> (Vec<String>, u64) {
        if most == 0 || !(kinds.log || kinds.progress) {
            return (Vec::new(), after);
        }
        let (events, last) = self.log.events_after(after, kinds.log, kinds.progress, most);
        (events.iter().filter_map(|event| serde_json::to_string(event).ok()).collect(), last)
    }

    /// The place at which the client began.
    pub fn start(&self) -> Result<Position> {
        if let Some(place) = self.start.known() {
            return Ok(place);
        }
        let start = Arc::clone(&self.start);
        self.ask(Instant::now() + LONGEST_LOOK, move |connection| start.look(connection))
    }

    fn look(&self, after: EventCursor, kinds: &Kinds, most: usize, end: Instant) -> Result<EventPage> {
        if kinds.only_memory() {
            return Ok(EventPage::default());
        }
        let memory = |kind: &&String| MEMORY_KINDS.contains(&kind.as_str());
        let wanted: Vec<String> = kinds.include.iter().filter(|kind| !memory(kind)).cloned().collect();
        let query = EventQuery {
            account_key: self.account_key.clone(),
            after: Some(after),
            include: wanted,
            exclude: kinds.exclude.clone(),
            most,
        };
        self.ask(end.min(Instant::now() + LONGEST_LOOK), move |connection| connection.events(&query))
    }

    /// Asks the history, on a host's or the dispatcher's thread.
    pub fn ask<T: Send + 'static>(
        &self,
        until: Instant,
        work: impl FnMut(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = sync_channel(1);
        self.readers.ask(until, work, move |result| {
            let _ = reply.send(result);
        });
        match answer.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(result) => result.map_err(|error| error.to_error()),
            Err(_) => Err(Error::new(Status::Timeout, "The history did not answer in time.")),
        }
    }
}
