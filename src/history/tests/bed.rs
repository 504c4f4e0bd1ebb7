//! Stores for tests, and rows to put into them.

use crate::ground::Secret;
use crate::ground::connection_string::Candidate;
use crate::history::Migrate;
use crate::history::embedded;
use crate::history::names::Names;
use crate::history::odbc::Odbc;
use crate::history::record::*;
use crate::history::store::{Connection, Store};
use crate::message::clock::Millis;
use crate::message::{Priority, State};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// A store of one test's own, which is gone after it.
pub struct Bed {
    pub store: Arc<dyn Store>,
    pub server: Option<Server>,
    pub _folder: Option<tempfile::TempDir>,
}

/// The schema of a test in a server that the tests are given.
pub struct Server {
    pub connection_string: String,
    pub schema: String,
}

const TEN_MINUTES: i64 = 600_000;

pub const ACCOUNT: &str = "account-1";

impl Bed {
    pub fn sqlite() -> Bed {
        let folder = tempfile::tempdir().unwrap();
        let names = Names::new(None, "wa_");
        let store: Arc<dyn Store> = Arc::new(embedded::Sqlite::new(folder.path().join("wa.db"), names));
        Bed { store, server: None, _folder: Some(folder) }
    }

    /// None, with a word about it, where there is no PostgreSQL.
    pub fn postgres() -> Option<Bed> {
        let connection_string = postgres_connection_string()?;
        let schema = format!("test_{}", Uuid::new_v4().simple());
        let store = Arc::new(odbc(&connection_string, &schema));
        Some(Bed { store, server: Some(Server { connection_string, schema }), _folder: None })
    }

    /// None, with a word about it, where there is no SQL Server.
    pub fn sqlserver() -> Option<Bed> {
        let connection_string = sqlserver_connection_string()?;
        let schema = format!("test_{}", Uuid::new_v4().simple());
        let store = Arc::new(odbc(&connection_string, &schema));
        Some(Bed { store, server: Some(Server { connection_string, schema }), _folder: None })
    }

    /// One of each store that there is.
    pub fn every() -> Vec<Bed> {
        [Some(Bed::sqlite()), Bed::postgres(), Bed::sqlserver()].into_iter().flatten().collect()
    }

    /// PostgreSQL with a clock that is so many milliseconds ahead, or
    /// behind: its connections find other functions of the clock first.
    fn postgres_ahead(millis: i64) -> Option<Bed> {
        let connection_string = postgres_connection_string()?;
        let schema = format!("test_{}", Uuid::new_v4().simple());
        // The store finds the driver manager.
        odbc(&connection_string, &schema).connect().unwrap();
        let sql = Sql::connect(&connection_string);
        sql.sql(&format!("CREATE SCHEMA {schema}"));
        for clock in ["clock_timestamp", "statement_timestamp"] {
            sql.sql(&format!(
                "CREATE FUNCTION {schema}.{clock}() RETURNS timestamptz LANGUAGE sql STABLE AS \
                 'SELECT pg_catalog.{clock}() + {millis} * interval ''1 millisecond'''"
            ));
        }
        let path = format!("{connection_string}ConnSettings={{SET search_path TO {schema}, pg_catalog}};");
        let store = Arc::new(odbc(&path, &schema));
        Some(Bed { store, server: Some(Server { connection_string, schema }), _folder: None })
    }

    /// Every store there is, with a name for each: SQLite, and servers whose
    /// clock is right, ten minutes ahead, and ten minutes behind.
    pub fn of_every_clock() -> Vec<(&'static str, Bed)> {
        let servers =
            [("PostgreSQL", 0), ("PostgreSQL, ahead", TEN_MINUTES), ("PostgreSQL, behind", -TEN_MINUTES)];
        let servers = servers.into_iter().map_while(|(name, ahead)| {
            let bed = Bed::postgres_ahead(ahead)?;
            bed.clock_is_ahead(ahead);
            Some((name, bed))
        });
        std::iter::once(("SQLite", Bed::sqlite())).chain(servers).collect()
    }

    /// That the store asks the test's clock: else no test of it says anything.
    fn clock_is_ahead(&self, ahead: i64) {
        let mut connection = self.connect();
        let now = Millis::now().0;
        one(connection.as_mut(), write_record(sending(message(), Uuid::now_v7())));
        let Server { schema, .. } = self.server();
        let at = self.server().sql(&format!("DELETE FROM {schema}.wa_queue RETURNING intent_at"));
        let at: i64 = at[0][0].as_deref().unwrap().parse().unwrap();
        assert!((at - now - ahead).abs() < TEN_MINUTES / 2, "the server's clock is {} ahead", at - now);
    }

    /// A connection with the tables made.
    pub fn connect(&self) -> Box<dyn Connection> {
        let mut connection = self.store.connect().unwrap();
        connection.migrate(Migrate::Auto).unwrap();
        connection
    }

    /// Changes a table behind the store's back: `what` follows UPDATE .. SET.
    pub fn change(&self, table: &str, what: &str) {
        match (&self.server, &self._folder) {
            (Some(server), _) => {
                server.sql(&format!("UPDATE \"{}\".wa_{table} SET {what}", server.schema));
            }
            (None, Some(folder)) => {
                let sql = rusqlite::Connection::open(folder.path().join("wa.db")).unwrap();
                sql.busy_timeout(Duration::from_secs(20)).unwrap();
                sql.execute(&format!("UPDATE wa_{table} SET {what}"), []).unwrap();
            }
            (None, None) => panic!("a bed without a store"),
        }
    }

    /// How many rows of a table meet a condition.
    pub fn count_where(&self, table: &str, condition: &str) -> usize {
        match (&self.server, &self._folder) {
            (Some(server), _) => {
                let sql = format!("SELECT count(*) FROM \"{}\".wa_{table} WHERE {condition}", server.schema);
                server.sql(&sql)[0][0].as_deref().unwrap().parse().unwrap()
            }
            (None, Some(folder)) => {
                let sql = rusqlite::Connection::open(folder.path().join("wa.db")).unwrap();
                sql.busy_timeout(Duration::from_secs(20)).unwrap();
                let question = format!("SELECT count(*) FROM wa_{table} WHERE {condition}");
                sql.query_row(&question, [], |row| row.get(0)).unwrap()
            }
            (None, None) => panic!("a bed without a store"),
        }
    }

    /// The condition that a row's column `id` is this one.
    pub fn id_is(&self, id: Uuid) -> String {
        format!("id = '{id}'")
    }

    /// The server, where the test is about one.
    pub fn server(&self) -> &Server {
        self.server.as_ref().unwrap()
    }
}

pub fn postgres_connection_string() -> Option<String> {
    let set = std::env::var("WA_TEST_PG").ok().filter(|text| !text.is_empty());
    if set.is_none() {
        eprintln!("SKIPPED: PostgreSQL: WA_TEST_PG is not set (run through make test)");
    }
    set
}

/// Said once: many tests ask.
pub fn sqlserver_connection_string() -> Option<String> {
    static SAID: std::sync::Once = std::sync::Once::new();
    let set = std::env::var("WA_TEST_MSSQL").ok().filter(|text| !text.is_empty());
    if set.is_none() {
        SAID.call_once(|| eprintln!("SKIPPED: SQL Server: WA_TEST_MSSQL gives no connection string"));
    }
    set
}

pub fn odbc(connection_string: &str, schema: &str) -> Odbc {
    odbc_with(connection_string, Names::new(Some(schema), "wa_"), Duration::from_secs(5))
}

pub fn odbc_with(connection_string: &str, names: Names, login_timeout: Duration) -> Odbc {
    let text = Secret::new(connection_string.to_owned());
    Odbc::any_of(vec![Candidate { driver: None, text }], names, login_timeout)
}

impl Server {
    /// Runs a statement on a connection of its own; gives the rows as text.
    pub fn sql(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        Sql::connect(&self.connection_string).sql(sql)
    }

    /// How many rows a table holds.
    pub fn count(&self, table: &str) -> usize {
        self.sql(&format!("SELECT count(*) FROM \"{}\".\"wa_{table}\"", self.schema))[0][0]
            .as_deref()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Removes the schema and all that is in it.
    fn drop_schema(&self) {
        let schema = &self.schema;
        if is_postgres(&self.connection_string) {
            self.sql(&format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE"));
            return;
        }
        // On SQL Server nothing must be in it.
        let tables = format!(
            "SELECT table_type, table_name FROM information_schema.tables WHERE table_schema = '{schema}' \
             ORDER BY table_type DESC"
        );
        for row in self.sql(&tables) {
            let kind = if row[0].as_deref() == Some("VIEW") { "VIEW" } else { "TABLE" };
            self.sql(&format!("DROP {kind} \"{schema}\".\"{}\"", row[1].as_deref().unwrap_or_default()));
        }
        self.sql(&format!("DROP SCHEMA IF EXISTS \"{schema}\""));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A failed test comes by here, too: a second panic would end the process, and nobody would learn which test it was.
        let _ = std::panic::catch_unwind(|| self.drop_schema());
    }
}

/// Whether a connection string of the tests is the one of their PostgreSQL.
fn is_postgres(connection_string: &str) -> bool {
    sqlserver_connection_string().is_none_or(|of_sqlserver| of_sqlserver != connection_string)
}

/// A plain connection, for what a DBA would type.
pub struct Sql(odbc_api::Connection<'static>);

impl Sql {
    pub fn connect(connection_string: &str) -> Sql {
        let environment = odbc_api::environment().unwrap();
        let options = odbc_api::ConnectionOptions { login_timeout_sec: Some(5), packet_size: None };
        Sql(environment.connect_with_connection_string(connection_string, options).unwrap())
    }

    pub fn sql(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        use odbc_api::{Cursor, ResultSetMetadata};
        let Some(mut cursor) = self.0.execute(sql, (), None).unwrap() else { return Vec::new() };
        let columns = u16::try_from(cursor.num_result_cols().unwrap()).unwrap();
        let mut rows = Vec::new();
        let mut buffer = Vec::new();
        while let Some(mut row) = cursor.next_row().unwrap() {
            let mut texts = Vec::new();
            for column in 1..=columns {
                let there = row.get_wide_text(column, &mut buffer).unwrap();
                texts.push(there.then(|| String::from_utf16(&buffer).unwrap()));
            }
            rows.push(texts);
        }
        rows
    }
}

pub fn message() -> MessageRow {
    let now = Millis::now();
    MessageRow {
        id: Uuid::now_v7(),
        seq: 0,
        created_at: now,
        updated_at: now,
        account_key: ACCOUNT.into(),
        provider: "twilio".into(),
        direction: Direction::Outbound,
        kind: "text".into(),
        state: State::Sending,
        version: 1,
        attempts: 1,
        priority: Priority::Normal,
        sender: Some("whatsapp:+14155238886".into()),
        recipient: "whatsapp:+15005550006".into(),
        contact_id: Some("contact-1".into()),
        reference: None,
        campaign_id: None,
        correlation_id: Some("4711".into()),
        category: None,
        template: None,
        body: "Hello, your appointment is on Friday at ten o'clock. Please answer YES or NO.".into(),
        content: r#"{"type":"text","text":"Hello, your appointment is on Friday at ten o'clock."}"#.into(),
        provider_message_id: None,
        recipient_id: None,
        provider_status: None,
        nonce: Some(MessageRow::new_nonce()),
        response: None,
        error: None,
        not_before: None,
        expires_at: None,
        provider_at: None,
        profile_name: None,
    }
}

/// A message that goes at once: recorded with its first attempt begun.
pub fn sending(message: MessageRow, worker: Uuid) -> Record {
    let place =
        QueueRow { state: State::Sending, worker: Some(worker), attempt: 1, not_before: message.created_at };
    Record { message, queue: Some(place), reference: None, event: None }
}

/// A message that waits for its turn.
pub fn queued(mut message: MessageRow, worker: Option<Uuid>) -> Record {
    message.state = State::Queued;
    message.attempts = 0;
    let place = QueueRow { state: State::Queued, worker, attempt: 0, not_before: message.created_at };
    Record { message, queue: Some(place), reference: None, event: None }
}

pub fn referenced(mut record: Record, hash: &str, payload_hash: &str) -> Record {
    record.message.reference = Some(format!("reference of {hash}"));
    record.reference = Some(Reference {
        scope: String::new(),
        hash: hash.to_owned(),
        payload_hash: payload_hash.to_owned(),
        on_this_machine: false,
    });
    record
}

pub fn event(kind: &'static str, message_id: Option<Uuid>, body: &str) -> EventRow {
    EventRow {
        id: Uuid::now_v7(),
        account_key: ACCOUNT.into(),
        kind,
        message_id,
        version: None,
        state: None,
        at: Millis::now(),
        body: Some(body.to_owned()),
    }
}

pub fn attempt(number: i32, provider_message_id: Option<&str>) -> AttemptRow {
    AttemptRow {
        number,
        began_at: Millis::now(),
        took_ms: 87,
        state: if provider_message_id.is_some() { State::Accepted } else { State::Failed },
        http_status: Some(201),
        provider_code: None,
        trace_id: Some("RQ0123456789".into()),
        class: None,
        provider_message_id: provider_message_id.map(str::to_owned),
        wait_ms: None,
        detail: None,
    }
}

/// The end of a send that the provider took.
pub fn accepted(id: Uuid) -> Settlement {
    let provider_message_id = format!("SM{}", id.simple());
    let at = Millis::now();
    let told = event("message", Some(id), &format!(r#"{{"id":"{id}","status":"accepted"}}"#));
    Settlement {
        id,
        owner: None,
        version: 2,
        state: State::Accepted,
        attempts: 1,
        response: Some("Message accepted by Twilio.".into()),
        body: None,
        error: None,
        at,
        attempt: Some(attempt(1, Some(&provider_message_id))),
        queue: None,
        event: Some(EventRow { version: Some(2), state: Some(State::Accepted), at, ..told }),
        provider_message_id: Some(provider_message_id),
        recipient_id: None,
        provider_status: None,
        hides: false,
        at_once: false,
    }
}

pub fn intent(id: Uuid, worker: Uuid, attempt: i32) -> Intent {
    Intent { id, attempt, worker, at: Millis::now() }
}

pub fn withdrawal(id: Uuid) -> Withdrawal {
    Withdrawal {
        id,
        owner: None,
        state: State::Cancelled,
        response: Some("Cancelled.".into()),
        error: None,
        at: Millis::now(),
        event: Some(event("message", Some(id), "cancelled")),
        hides: false,
    }
}

pub fn write_record(record: Record) -> Write {
    Write::Record(Box::new(record))
}

pub fn write_settlement(settlement: Settlement) -> Write {
    Write::Settle(Box::new(settlement))
}

pub fn write_withdrawal(withdrawal: Withdrawal) -> Write {
    Write::Withdraw(Box::new(withdrawal))
}

/// One write alone.
pub fn one(connection: &mut dyn Connection, write: Write) -> Written {
    let mut written = connection.commit(&[write]).unwrap();
    assert_eq!(written.len(), 1);
    written.remove(0)
}
