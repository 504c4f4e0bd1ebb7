//! Reading events: the durable ones from the history, and log records from
//! memory, as one stream with one cursor.

use super::{KIND_LOG, KIND_PROGRESS, KINDS, Log, MEMORY_KINDS, Signal, Start};
use crate::history::{EventCursor, EventPage, EventQuery, Readers, StoreResult};
use crate::message::{Error, Result, Status, json};
use serde::Deserialize;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// `options_json` of `wa_next_event`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct NextOptions {
    /// Name under which the library remembers what was acknowledged.
    pub consumer: Option<String>,
    /// The cursor of the page before: what is up to it is acknowledged.
    pub after: Option<String>,
    /// Kinds that are wanted (default: all but `log` and `progress`).
    pub include: Option<Vec<String>>,
    /// Kinds that are not wanted.
    pub exclude: Option<Vec<String>>,
    /// How many events at the most (default 100, at most 1000).
    #[serde(deserialize_with = "json::integer_or_null")]
    pub max: Option<u16>,
}

/// `filter_json` of `wa_on_event`.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct EventFilter {
    /// Kinds that are wanted (default: all but `log` and `progress`).
    pub include: Option<Vec<String>>,
    /// Kinds that are not wanted.
    pub exclude: Option<Vec<String>>,
}

/// Which kinds of events are wanted.
#[derive(Debug, Clone, Default)]
pub struct Kinds {
    include: Vec<String>,
    exclude: Vec<String>,
    log: bool,
    progress: bool,
}

impl Kinds {
    fn read(argument: &str, include: Option<Vec<String>>, exclude: Option<Vec<String>>) -> Result<Kinds> {
        let mut kinds = Kinds {
            include: include.unwrap_or_default(),
            exclude: exclude.unwrap_or_default(),
            ..Kinds::default()
        };
        for (key, list) in [("include", &kinds.include), ("exclude", &kinds.exclude)] {
            for (at, kind) in list.iter().enumerate() {
                if !KINDS.contains(&kind.as_str()) {
                    let path = format!("{argument}.{key}[{at}]");
                    let message = format!("{path}: there are no events of kind {kind:?}.");
                    return Err(Error::about(Status::Argument, path, message)
                        .hint(format!("The kinds are {}.", KINDS.join(", "))));
                }
            }
        }
        let named =
            |kind: &str| kinds.include.iter().any(|k| k == kind) && !kinds.exclude.iter().any(|k| k == kind);
        (kinds.log, kinds.progress) = (named(KIND_LOG), named(KIND_PROGRESS));
        Ok(kinds)
    }
}

impl Kinds {
    /// Whether only what lives in memory is wanted.
    pub fn only_memory(&self) -> bool {
        !self.include.is_empty() && self.include.iter().all(|kind| MEMORY_KINDS.contains(&kind.as_str()))
    }
}

impl EventFilter {
    /// Reads `filter_json`; null means all but `log` and `progress`.
    pub fn read(argument: &str, text: Option<&str>) -> Result<Kinds> {
        let filter: EventFilter = match text {
            Some(text) => json::read(argument, text)?,
            None => EventFilter::default(),
        };
        Kinds::read(argument, filter.include, filter.exclude)
    }
}

impl NextOptions {
    /// Reads `options_json`; null means the defaults.
    pub fn read(argument: &str, text: Option<&str>) -> Result<Next> {
        let options: NextOptions = match text {
            Some(text) => json::read(argument, text)?,
            None => NextOptions::default(),
        };
        let most = options.max.unwrap_or(100);
        if most == 0 || most > 1000 {
            let path = format!("{argument}.max");
            return Err(Error::about(
                Status::Argument,
                path.clone(),
                format!("{path} is between 1 and 1000."),
            ));
        }
        if let Some(consumer) = &options.consumer
            && (consumer.is_empty() || consumer.chars().count() > 64)
        {
            let path = format!("{argument}.consumer");
            let message = format!("{path} has 1 to 64 characters.");
            return Err(Error::about(Status::Argument, path, message));
        }
        let after = match &options.after {
            Some(text) => Some(Position::from_text(text).ok_or_else(|| {
                let path = format!("{argument}.after");
                let message = format!("{path} is not a `cursor` that wa_next_event gave.");
                Error::about(Status::Argument, path, message)
            })?),
            None => None,
        };
        Ok(Next {
            consumer: options.consumer,
            after,
            kinds: Kinds::read(argument, options.include, options.exclude)?,
            most: most.into(),
        })
    }
}

/// A checked question for the next events.
#[derive(Debug)]
pub struct Next {
    /// Name under which the library remembers what was acknowledged.
    pub consumer: Option<String>,
    /// What is up to here is acknowledged.
    pub after: Option<Position>,
    /// Which kinds.
    pub kinds: Kinds,
    /// How many.
    pub most: usize,
}

/// A place in the stream: of the durable events, and of those in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// The durable event.
    pub event: EventCursor,
    /// The log record or step of progress.
    pub log: u64,
}

impl Position {
    /// As hosts keep it.
    pub fn to_text(self) -> String {
        format!("{}-{}", self.event.to_text(), self.log)
    }

    /// Reads what `to_text` wrote.
    pub fn from_text(text: &str) -> Option<Position> {
        let (event, log) = text.split_once('-')?;
        Some(Position { event: EventCursor::from_text(event)?, log: log.parse().ok()? })
    }
}

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
const LONGEST_LOOK: Duration = Duration::from_secs(10);

impl Stream {
    /// The events after a place; waits until the deadline for the first one.
    /// Gives their bodies and the place to go on from.
    pub fn next(
        &self,
        from: Position,
        kinds: &Kinds,
        most: usize,
        deadline: Instant,
    ) -> Result<(Vec<String>, Position)> {
        let mut position = from;
        loop {
            let seen = self.signal.rings();
            let page = self.look(position.event, kinds, most)?;
            position.event = page.last.unwrap_or(position.event);
            let mut bodies = page.bodies;
            if (kinds.log || kinds.progress) && bodies.len() < most {
                let room = most - bodies.len();
                let (events, last) = self.log.events_after(position.log, kinds.log, kinds.progress, room);
                position.log = last;
                bodies.extend(events.iter().filter_map(|event| serde_json::to_string(event).ok()));
            }
            if !bodies.is_empty() || Instant::now() >= deadline || self.signal.is_closed() {
                return Ok((bodies, position));
            }
            self.signal.wait(seen, deadline.min(Instant::now() + LOOK));
        }
    }

    /// The place at which the client began.
    pub fn start(&self) -> Result<Position> {
        if let Some(place) = self.start.known() {
            return Ok(place);
        }
        let start = Arc::clone(&self.start);
        self.ask(move |connection| start.look(connection))
    }

    fn look(&self, after: EventCursor, kinds: &Kinds, most: usize) -> Result<EventPage> {
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
        self.ask(move |connection| connection.events(&query))
    }

    /// Asks the history, on a host's or the dispatcher's thread.
    pub fn ask<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut dyn crate::history::Connection) -> StoreResult<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = sync_channel(1);
        self.readers.ask(work, move |result| {
            let _ = reply.send(result);
        });
        match answer.recv_timeout(LONGEST_LOOK) {
            Ok(result) => result.map_err(|error| error.to_error()),
            Err(_) => Err(Error::new(Status::Timeout, "The history did not answer in time.")),
        }
    }
}
