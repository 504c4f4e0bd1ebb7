//! Tells the log and the events when the history's database goes away and
//! comes back.

use crate::context::Context;
use crate::events::{KIND_DATABASE, Log};
use crate::ground::{Level, threads};
use crate::history::store::StoreError;
use std::sync::{Arc, Mutex, Weak};

/// The writer reports here. Its first try may fail before `configure` has made
/// the context, of which the writer is a part: what is told until then waits.
pub struct HealthNews {
    log: Arc<Log>,
    teller: Mutex<Teller>,
}

enum Teller {
    /// What is to be told once there is a context.
    Early(Vec<String>),
    Known(Weak<Context>),
}

impl HealthNews {
    /// Nothing is told as an event before `known`.
    pub fn new(log: Arc<Log>) -> HealthNews {
        HealthNews { log, teller: Mutex::new(Teller::Early(Vec::new())) }
    }

    /// The context is there: what waited is told, in its order.
    pub fn known(&self, context: &Arc<Context>) {
        let mut teller = threads::lock(&self.teller);
        if let Teller::Early(texts) = &mut *teller {
            for text in texts.drain(..) {
                context.tell(KIND_DATABASE, &text);
            }
        }
        *teller = Teller::Known(Arc::downgrade(context));
    }

    /// The database is back, or away and why.
    pub fn tell(&self, now: Result<(), &StoreError>) {
        let text = match now {
            Ok(()) => "The history's database is back.".to_owned(),
            Err(error) => format!("The history's database is away: {}", error.message),
        };
        let level = if now.is_ok() { Level::Info } else { Level::Error };
        self.say(level, &text);
    }

    /// Anything else about the database.
    pub fn say(&self, level: Level, text: &str) {
        self.log.write(level, "history", text.to_owned());
        let context = match &mut *threads::lock(&self.teller) {
            Teller::Early(texts) => {
                texts.push(text.to_owned());
                None
            }
            Teller::Known(context) => context.upgrade(),
        };
        if let Some(context) = context {
            context.tell(KIND_DATABASE, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Signal;
    use crate::history::{self, EventQuery, Migrate, Readers, StoreErrorKind, Worker, Writer};
    use std::time::{Duration, Instant};

    /// The writer's first try may have failed before `configure` goes on.
    #[test]
    fn the_first_failure_is_an_event_also_where_it_comes_before_the_context() {
        let folder = tempfile::tempdir().unwrap();
        let store = history::in_file(folder.path().join("wa.db"), "wa_", Duration::from_secs(30));
        let signal = Arc::new(Signal::default());
        let log = Arc::new(Log::new(Level::Info, Arc::clone(&signal)));
        let news = HealthNews::new(Arc::clone(&log));
        let failed = |why: &str| StoreError::new(StoreErrorKind::Away, why);
        news.tell(Err(&failed("refused")));
        let context = Arc::new(Context {
            writer: Writer::start(Arc::clone(&store), Migrate::Auto, Arc::new(|_| {})).unwrap(),
            readers: Arc::new(Readers::start(store).unwrap()),
            worker: Worker {
                id: uuid::Uuid::new_v4(),
                account_key: "account".into(),
                lease: Duration::from_secs(30),
                host: "test".into(),
            },
            log,
            signal,
            kept: history::Kept::Full,
        });
        news.known(&context);
        news.tell(Ok(()));

        let (reply, answer) = std::sync::mpsc::sync_channel(1);
        let query = EventQuery {
            account_key: "account".into(),
            after: None,
            include: Vec::new(),
            exclude: Vec::new(),
            most: 10,
        };
        let tell = move |page| reply.send(page).unwrap();
        context.writer.call(move |connection| connection.events(&query), tell);
        let bodies = answer.recv_timeout(Duration::from_secs(30)).unwrap().unwrap().bodies;
        assert_eq!(bodies.len(), 2, "{bodies:?}");
        assert!(bodies[0].contains("is away: refused") && bodies[1].contains("is back"), "{bodies:?}");
        context.writer.stop(Instant::now());
        context.readers.stop();
    }
}
