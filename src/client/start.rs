//! The start of a client.

use super::Client;
use super::calls::Calls;
use super::closing::Closing;
use super::health::HealthNews;
use super::memory::ClientMemory;
use crate::context::Context;
use crate::delivery::{Delivery, Pacer, SANDBOX_PACE, SANDBOX_SENDER, told_of};
use crate::events::{Dispatcher, Log, Signal, Start, Stream};
use crate::ground::Level;
use crate::history::rewound::{Guard, LastSeen};
use crate::history::{
    self, Condition, Connection, Hooks, Journal, JournalSettings, Kept, LeftBehind, Migrate, Patience,
    Readers, Store, StoreError, StoreErrorKind, WhileAway, Worker, Writer,
};
use crate::inbound::accounts::OurAccount;
use crate::inbound::applier::Applier;
use crate::inbound::refusals::Refusals;
use crate::message::{Error, Result, Status};
use crate::process::Alive;
use crate::provider::meta::Meta;
use crate::provider::twilio::Twilio;
use crate::provider::{Memory, Provider};
use crate::settings::{
    ContentSetting, History, Journal as JournalSetting, MigrateSetting, Place, ProviderSettings, Settings,
    WhileAwaySetting,
};
use crate::threads;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
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
            ProviderSettings::Twilio(twilio) => Arc::new(Twilio::new(
                twilio,
                &settings.http,
                settings.default_country,
                &settings.templates,
                memory,
            )?),
            ProviderSettings::Meta(meta) => {
                Arc::new(Meta::new(meta, &settings.http, &settings.templates, memory)?)
            }
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

        let news = Arc::new(HealthNews::new(Arc::clone(&log)));
        let store = store(&settings.history, left_behind(Arc::clone(&news)));
        let start = Arc::new(Start::new(worker.account_key.clone()));
        let journal = settings.history.journal.as_ref();
        let memory = journal.map(|journal| LastSeen::new(journal.folder.clone(), &journal.place));
        let guard = Arc::new(Guard::new(worker.id, memory, told_of, kept(&settings.history)));
        let journal = journal
            .map(|journal| open_journal(journal, &worker, kept(&settings.history), &news))
            .transpose()?;
        let writer = Writer::start_with(
            Arc::clone(&store),
            migrate(&settings.history),
            hooks(Arc::clone(&news), Arc::clone(&signal), Arc::clone(&start), guard),
            journal,
        )
        .map_err(no_thread)?;
        let readers = Arc::new(Readers::start(Arc::clone(&store)).map_err(no_thread)?);
        let context =
            Arc::new(Context { writer, readers, worker, log, signal, kept: kept(&settings.history) });
        news.known(&context);
        client_memory.bind(Arc::clone(&context));
        let slow = settings.provider.is_real().then_some((SANDBOX_SENDER, SANDBOX_PACE));
        let (pace, pair) = (settings.messages_per_second, provider.pair_limit());
        let delivery = Arc::new(Delivery::new(
            Arc::clone(&context),
            provider,
            Pacer::new(pace, slow, pair, settings.http.max_in_flight),
            settings.http.timeout,
            settings.retry.clone(),
        ));
        let stream = || Stream {
            account_key: context.worker.account_key.clone(),
            readers: Arc::clone(&context.readers),
            log: Arc::clone(&context.log),
            signal: Arc::clone(&context.signal),
            start: Arc::clone(&start),
        };
        let applier = Arc::new(Applier::start(&context, runtime.handle()));
        let client = Arc::new(Client {
            handle: runtime.handle().clone(),
            runtime: Mutex::new(Some(runtime)),
            dispatcher: Dispatcher::new(stream()),
            stream: stream(),
            context,
            delivery,
            closing: Closing::default(),
            calls: Calls::default(),
            webhook_keys: Mutex::new(Arc::new(settings.webhook_keys.clone())),
            refusals: Refusals::default(),
            account: OurAccount::of(&settings.provider),
            applier,
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
        let worker = self.context.worker.clone();
        let (reply, answer) = sync_channel(1);
        let guard = self.context.writer.guard();
        self.context.writer.call(
            move |connection| {
                let findings = connection.check()?;
                // Without it every message would be refused, each with one right by its name.
                if let Some(missing) = findings.iter().find(|finding| finding.stops_recording()) {
                    return Err(StoreError::of(missing));
                }
                history::renew(connection, &worker, &guard)?;
                Ok((connection.describe()?, findings))
            },
            move |result| {
                let _ = reply.send(result);
            },
        );
        match answer.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Ok((description, findings))) => {
                let log = &self.context.log;
                log.write(Level::Info, "history", format!("The history is in {description}."));
                for doubtful in findings.iter().filter(|finding| finding.condition == Condition::Doubtful) {
                    let hint = doubtful.hint.unwrap_or_default();
                    log.write(Level::Warn, "history", format!("{} {hint}", doubtful.text));
                }
                Ok(())
            }
            Ok(Err(error))
                if matches!(
                    error.kind,
                    StoreErrorKind::Away | StoreErrorKind::Retry | StoreErrorKind::Rewound
                ) =>
            {
                Ok(())
            }
            Ok(Err(error)) => Err(error.to_error()),
            Err(_) => {
                self.context.log.write(Level::Warn, "history", format!("{name} has not answered yet."));
                Ok(())
            }
        }
    }
}

/// The store that the settings name.
fn store(settings: &History, left_behind: LeftBehind) -> Arc<dyn Store> {
    let History { place, schema, table_prefix, login_timeout, statement_timeout, .. } = settings;
    match place {
        Place::File(path) => history::in_file(path.clone(), table_prefix, *statement_timeout),
        Place::Odbc(candidates) => {
            let patience = Patience { login: *login_timeout, statement: *statement_timeout };
            let schema = schema.as_deref();
            history::behind_odbc(candidates.clone(), schema, table_prefix, patience, left_behind)
        }
    }
}

/// Which texts the history keeps.
fn kept(settings: &History) -> Kept {
    match settings.content {
        ContentSetting::Full => Kept::Full,
        ContentSetting::Masked => Kept::Masked,
        ContentSetting::None => Kept::None,
    }
}

/// The journal that the settings name. What it tells goes to the log and the
/// events.
fn open_journal(
    settings: &JournalSetting,
    worker: &Worker,
    kept: Kept,
    news: &Arc<HealthNews>,
) -> Result<Journal> {
    let news = Arc::clone(news);
    let JournalSetting { folder, while_away, most_bytes, place } = settings.clone();
    Journal::open(JournalSettings {
        folder,
        while_away: match while_away {
            WhileAwaySetting::Queue => WhileAway::Queue,
            WhileAwaySetting::Send => WhileAway::Send,
            WhileAwaySetting::Refuse => WhileAway::Refuse,
        },
        most_bytes,
        place,
        worker: worker.clone(),
        event_of: told_of,
        kept,
        say: Box::new(move |text| news.say(Level::Warn, text)),
    })
    .map_err(|error| {
        Error::about(Status::Settings, "settings_json.history.journal", error.message)
            .hint("Name a folder on a disk of this machine that the process may write to.")
    })
}

/// Whether the store makes its tables.
fn migrate(settings: &History) -> Migrate {
    match settings.migrate {
        MigrateSetting::Auto => Migrate::Auto,
        MigrateSetting::Check => Migrate::Check,
        MigrateSetting::Off => Migrate::Off,
    }
}

/// A thread that is left behind in a driver is told in the log and as an event.
fn left_behind(news: Arc<HealthNews>) -> LeftBehind {
    Box::new(move |text| news.say(Level::Error, text))
}

/// What the writer calls: the log and the events tell when the database goes
/// away and comes back, and whoever waits for events wakes when there are any.
fn hooks(news: Arc<HealthNews>, signal: Arc<Signal>, start: Arc<Start>, guard: Arc<Guard>) -> Hooks {
    Hooks {
        health: Arc::new(move |now| news.tell(now)),
        // Hosts read events from here on. It is looked up before the writer
        // writes what happened meanwhile, so that they are told of that too.
        opened: Box::new(move |connection: &mut dyn Connection| start.look(connection).map(drop)),
        told: Box::new(move || signal.ring()),
        guard,
    }
}
