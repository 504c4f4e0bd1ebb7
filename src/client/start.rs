//! The start of a client.

use super::Client;
use super::actions::Actions;
use super::close::Closing;
use super::memory::ClientMemory;
use crate::delivery::{Delivery, Pacer, SANDBOX_PACE, SANDBOX_SENDER};
use crate::events::{Dispatcher, Event, KIND_DATABASE, Level, Log, Signal, Start, Stream};
use crate::history::{self, Connection, Health, Readers, StoreErrorKind, Worker, Write, Writer};
use crate::message::{Error, Result};
use crate::process::Alive;
use crate::provider::meta::Meta;
use crate::provider::twilio::Twilio;
use crate::provider::{Memory, Provider};
use crate::settings::{ProviderSettings, Settings};
use crate::threads;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Instant;
use uuid::Uuid;

impl Client {
    /// Reads the settings and starts a client. A database that cannot be
    /// reached is no error: messages are refused until it is there.
    pub fn configure(settings_json: &str) -> Result<Arc<Client>> {
        let alive = Alive::enter()?;
        threads::keep_panics_quiet();
        let settings = Settings::read(settings_json)?;
        let deadline = Instant::now() + settings.timeout;
        let client_memory = Arc::new(ClientMemory::default());
        let memory = Arc::clone(&client_memory) as Arc<dyn Memory>;
        let provider: Arc<dyn Provider> = match &settings.provider {
            ProviderSettings::Twilio(twilio) => Arc::new(Twilio::new(twilio, &settings, memory)?),
            ProviderSettings::Meta(meta) => Arc::new(Meta::new(meta, &settings, memory)?),
        };
        let signal = Arc::new(Signal::default());
        let log = Arc::new(Log::new(settings.log_level, Arc::clone(&signal)));
        let worker = Worker {
            id: Uuid::new_v4(),
            account_key: provider.account_key().to_owned(),
            lease: settings.history.lease,
            host: std::env::var("HOSTNAME").or_else(|_| std::env::var("COMPUTERNAME")).unwrap_or_default(),
        };
        let no_thread =
            |error: std::io::Error| Error::internal(format!("A thread could not be started: {error}"));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(
                std::thread::available_parallelism().map_or(1, |cores| cores.get() / 2).clamp(1, 4),
            )
            .thread_name("wa-runtime")
            .on_thread_start(threads::prepare)
            .enable_all()
            .build()
            .map_err(no_thread)?;

        let store = history::open(&settings.history);
        let told = Arc::new(OnceLock::<Weak<Writer>>::new());
        let health =
            health(Arc::clone(&log), Arc::clone(&told), Arc::clone(&signal), worker.account_key.clone());
        let start = Arc::new(Start::new(worker.account_key.clone()));
        let began = Arc::clone(&start);
        // Before the events of what happened meanwhile are written.
        let opened = Box::new(move |connection: &mut dyn Connection| began.look(connection).map(drop));
        let writer = Writer::start_with(Arc::clone(&store), settings.history.migrate, health, opened)
            .map_err(no_thread)?;
        let writer = Arc::new(writer);
        let _ = told.set(Arc::downgrade(&writer));
        let readers = Arc::new(Readers::start(Arc::clone(&store)).map_err(no_thread)?);
        client_memory.bind(Arc::clone(&readers), Arc::clone(&writer), worker.account_key.clone());
        let slow = settings.provider.is_real().then_some((SANDBOX_SENDER, SANDBOX_PACE));
        let delivery = Arc::new(Delivery::new(
            provider,
            Arc::clone(&writer),
            Arc::clone(&readers),
            worker.clone(),
            Pacer::new(settings.messages_per_second, slow),
            settings.http.max_in_flight,
            Arc::clone(&log),
            Arc::clone(&signal),
            settings.http.timeout,
            settings.retry.clone(),
        ));
        let stream = || Stream {
            account_key: worker.account_key.clone(),
            readers: Arc::clone(&readers),
            log: Arc::clone(&log),
            signal: Arc::clone(&signal),
            start: Arc::clone(&start),
        };
        let client = Arc::new(Client {
            handle: runtime.handle().clone(),
            runtime: Mutex::new(Some(runtime)),
            delivery,
            dispatcher: Dispatcher::new(stream()),
            stream: stream(),
            log,
            signal,
            closing: Closing::default(),
            actions: Actions::default(),
            settings,
            _alive: alive,
        });
        if let Err(error) = client.first_look(store.name(), deadline) {
            client.abandon();
            return Err(error);
        }
        client.warn(&client.settings.warnings);
        let (delivery, handle) = (Arc::clone(&client.delivery), client.handle.clone());
        client.handle.spawn(async move {
            let _ = delivery.look_for_work(&handle).await;
            delivery.look_after_the_queue(handle).await;
        });
        Ok(client)
    }

    /// The first words with the database: wrong settings are told at once, a
    /// database that is away is waited for in the background.
    fn first_look(&self, name: &str, deadline: Instant) -> Result<()> {
        let worker = self.delivery.worker.clone();
        let (reply, answer) = sync_channel(1);
        self.delivery.writer.call(
            move |connection| {
                connection.renew(&worker)?;
                connection.describe()
            },
            move |result| {
                let _ = reply.send(result);
            },
        );
        match answer.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Ok(description)) => {
                self.log.write(Level::Info, "history", format!("The history is in {description}."));
                Ok(())
            }
            Ok(Err(error)) if matches!(error.kind, StoreErrorKind::Away | StoreErrorKind::Retry) => Ok(()),
            Ok(Err(error)) => Err(error.to_error()),
            Err(_) => {
                self.log.write(Level::Warn, "history", format!("{name} has not answered yet."));
                Ok(())
            }
        }
    }
}

/// Tells the log and the events when the database goes away and comes back.
fn health(
    log: Arc<Log>,
    writer: Arc<OnceLock<Weak<Writer>>>,
    signal: Arc<Signal>,
    account_key: String,
) -> Health {
    Arc::new(move |now| {
        let text = match now {
            Ok(()) => "The history's database is back.".to_owned(),
            Err(error) => format!("The history's database is away: {}", error.message),
        };
        let level = if now.is_ok() { Level::Info } else { Level::Error };
        log.write(level, "history", text.clone());
        // The first try may fail before `configure`, which started the writer, has put it there.
        if let Some(writer) = writer.wait().upgrade() {
            let signal = Arc::clone(&signal);
            let event = Event::told(&account_key, KIND_DATABASE, &text);
            writer.write(Write::Event(Box::new(event)), Box::new(move |_| signal.ring()));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::EventQuery;
    use crate::history::store::StoreError;
    use crate::settings::{History, Migrate, Place};
    use std::time::Duration;

    /// The writer's first try may have failed before `configure` goes on.
    #[test]
    fn the_first_failure_is_an_event_also_where_it_comes_before_the_writer_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let store = history::open(&History {
            place: Place::File(folder.path().join("wa.db")),
            schema: None,
            table_prefix: "wa_".into(),
            migrate: Migrate::Auto,
            login_timeout: Duration::from_secs(5),
            lease: Duration::from_secs(30),
        });
        let signal = Arc::new(Signal::default());
        let log = Arc::new(Log::new(Level::Info, Arc::clone(&signal)));
        let known = Arc::new(OnceLock::new());
        let health = health(log, Arc::clone(&known), signal, "account".into());
        let failed =
            std::thread::spawn(move || health(Err(&StoreError::new(StoreErrorKind::Away, "refused"))));
        std::thread::sleep(Duration::from_millis(50));
        let writer = Arc::new(Writer::start(store, Migrate::Auto, Arc::new(|_| {})).unwrap());
        known.set(Arc::downgrade(&writer)).unwrap();
        failed.join().unwrap();

        let (reply, answer) = sync_channel(1);
        let query = EventQuery {
            account_key: "account".into(),
            after: None,
            include: Vec::new(),
            exclude: Vec::new(),
            most: 10,
        };
        writer.call(move |connection| connection.events(&query), move |page| reply.send(page).unwrap());
        let bodies = answer.recv_timeout(Duration::from_secs(30)).unwrap().unwrap().bodies;
        assert_eq!(bodies.len(), 1);
        assert!(bodies[0].contains("is away: refused"), "{}", bodies[0]);
        writer.stop(Instant::now());
    }
}
