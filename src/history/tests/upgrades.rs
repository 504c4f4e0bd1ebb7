//! Tables of every earlier version become those of this one, with every row.

use super::bed::*;
use super::bed_questions::{all_events, event_query, worker};
use crate::history::Migrate;
use crate::history::record::*;
use crate::history::store::StoreErrorKind;
use crate::history::tables::VERSION;
use crate::message::State;
use crate::message::clock::Millis;
use std::collections::HashSet;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Both databases, as far as they are there.
fn beds() -> Vec<Bed> {
    std::iter::once(Bed::sqlite()).chain(Bed::postgres()).collect()
}

impl Bed {
    /// Statements as a person would type them, on one connection.
    pub fn typed(&self, statements: &[String]) {
        match (&self.server, &self._folder) {
            (Some(server), _) => {
                let sql = Sql::connect(&server.connection_string);
                for statement in statements {
                    sql.sql(&self.for_this(statement));
                }
            }
            (None, Some(folder)) => {
                let file = rusqlite::Connection::open(folder.path().join("wa.db")).unwrap();
                for statement in statements {
                    file.execute_batch(statement).unwrap();
                }
            }
            (None, None) => panic!("there is no database"),
        }
    }

    /// With the schema of this bed.
    fn for_this(&self, statement: &str) -> String {
        let bare = statement.replace("\"whatsapp\".", "");
        let schema = &self.server().schema;
        bare.replace(" \"wa_", &format!(" \"{schema}\".\"wa_"))
            .replace(&format!("INDEX \"{schema}\"."), "INDEX ")
    }

    /// The statements that were released, by the version that they made.
    fn released(&self) -> Vec<(i64, String)> {
        let released = match self.server {
            Some(_) => include_str!("released_postgres.sql"),
            None => include_str!("released_sqlite.sql"),
        };
        let of_inbound = [
            "wa_notices",
            "wa_dead_letters",
            "wa_aliases",
            "statuses_orphans",
            "messages_from",
            "wa_statuses\" ADD COLUMN",
            "ADD COLUMN provider_at",
            "ADD COLUMN profile_name",
        ];
        let version = |statement: &str| match statement {
            _ if of_inbound.iter().any(|new| statement.contains(new)) => 5,
            _ if statement.starts_with("ALTER") && statement.contains("ADD COLUMN nonce") => 3,
            _ if statement.starts_with("ALTER") && statement.contains("wa_messages\" ADD COLUMN worker") => 4,
            _ if statement.starts_with("ALTER") && statement.contains("wa_messages") => 2,
            _ if statement.contains("wa_remembered") => 2,
            _ if statement.contains("wa_replayed") => 4,
            _ if statement.starts_with("ALTER") || statement.starts_with("CREATE VIEW") => 4,
            _ => 1,
        };
        let statements = released.split(";\n").filter(|statement| !statement.trim().is_empty());
        statements.map(|statement| (version(statement), statement.to_owned())).collect()
    }

    /// Makes the tables as a version made them.
    pub fn make(&self, version: i64) {
        let mut statements: Vec<String> =
            self.server.iter().map(|s| format!("CREATE SCHEMA {}", s.schema)).collect();
        let of = |(since, statement): (i64, String)| (since <= version).then_some(statement);
        statements.extend(self.released().into_iter().filter_map(of));
        for step in 1..=version {
            statements.push(format!(
                "INSERT INTO \"wa_schema\" (version, database_id, watermark, created_at) \
                 VALUES ({step}, '00000000-0000-4000-8000-000000000000', 0, 0)"
            ));
        }
        self.typed(&statements);
    }
}

const DEAD: Uuid = Uuid::from_u128(0xdead);

/// A row of each table for a message in a state, as the first version had them.
pub fn rows(id: Uuid, state: State) -> Vec<String> {
    let number = state as i16;
    let attention = MessageRow::attention(state).map_or("NULL".to_owned(), |state| state.to_string());
    let attempts = i32::from(state != State::Queued);
    let mut rows = vec![
        format!(
            "INSERT INTO \"wa_messages\" (id, recorded_at, created_at, updated_at, account_key, provider, direction, \
             kind, state, attention, version, attempts, priority, sender, recipient, contact_id, body, content, \
             provider_message_id, response, error) VALUES ('{id}', 1, 2, 3, '{ACCOUNT}', 'twilio', 0, 'text', {number}, \
             {attention}, 2, {attempts}, 1, 'whatsapp:+14155238886', 'whatsapp:+15005550006', 'contact', 'Hello', \
             '{{\"type\":\"text\",\"text\":\"Hello\"}}', 'SM{id}', 'What was said of {number}.', NULL)"
        ),
        format!(
            "INSERT INTO \"wa_events\" (event_id, account_key, kind, message_id, created_at, body) \
             VALUES ('{id}', '{ACCOUNT}', 'message', '{id}', 3, 'told of {number}')"
        ),
    ];
    if state != State::Queued {
        rows.push(format!(
            "INSERT INTO \"wa_attempts\" (message_id, attempt, account_key, began_at, took_ms, state, \
             provider_message_id) VALUES ('{id}', 1, '{ACCOUNT}', 2, 1, 30, 'SM{id}')"
        ));
    }
    if matches!(state, State::Queued | State::Sending | State::Unknown) {
        let intent = if state == State::Queued { "NULL" } else { "1000" };
        rows.push(format!(
            "INSERT INTO \"wa_queue\" (message_id, account_key, priority, not_before, expires_at, state, attempt, \
             worker, epoch, intent_at) VALUES ('{id}', '{ACCOUNT}', 1, 0, NULL, {number}, {attempts}, '{DEAD}', 1, {intent})"
        ));
    }
    rows
}

fn upgraded(bed: &Bed, version: i64, stopped: bool) {
    let what = format!("{} from version {version}", bed.store.name());
    bed.make(version);
    let messages: Vec<(Uuid, State)> = State::ALL.iter().map(|state| (Uuid::now_v7(), *state)).collect();
    for (id, state) in &messages {
        bed.typed(&rows(*id, *state));
    }
    if stopped {
        // As a process that ended before its COMMIT.
        let step =
            bed.released().into_iter().filter(|(since, _)| *since == VERSION).map(|(_, statement)| statement);
        bed.typed(&std::iter::once("BEGIN".to_owned()).chain(step).collect::<Vec<_>>());
    }
    let mut connection = bed.store.connect().unwrap();
    assert!(connection.migrate(Migrate::Check).is_err(), "{what}");
    for _ in 0..2 {
        connection.migrate(Migrate::Auto).unwrap();
        connection.migrate(Migrate::Check).unwrap();
    }
    let expected: Vec<String> = State::ALL.iter().map(|state| format!("told of {}", *state as i16)).collect();
    assert_eq!(all_events(connection.as_mut(), &event_query()), expected, "{what}");
    for (id, state) in &messages {
        let row = connection.find(*id).unwrap().unwrap();
        let message = &row.message;
        assert_eq!((message.state, message.version), (*state, 2), "{what}");
        assert_eq!(
            (message.body.as_str(), message.content.as_str()),
            ("Hello", r#"{"type":"text","text":"Hello"}"#)
        );
        assert_eq!(message.response, Some(format!("What was said of {}.", *state as i16)), "{what}");
        assert_eq!(message.provider_message_id, Some(format!("SM{id}")), "{what}");
        assert_eq!((message.created_at, message.updated_at), (Millis(2), Millis(3)), "{what}");
        assert_eq!(row.attempts.len(), usize::from(*state != State::Queued), "{what}");
    }
    // What was to be done is done, as before.
    let heir = worker(Uuid::now_v7());
    connection.renew(&heir).unwrap();
    let mut found: HashSet<(Uuid, State)> = HashSet::new();
    let claimed = connection.claim(&heir, 10).unwrap();
    let left = connection.take_over(&heir, Duration::from_secs(1), 10).unwrap();
    found.extend(claimed.iter().chain(&left).map(|one| (one.message.id, one.queue.state)));
    let open = [State::Queued, State::Sending, State::Unknown];
    let expected: HashSet<(Uuid, State)> =
        messages.iter().filter(|(_, state)| open.contains(state)).copied().collect();
    assert_eq!(found, expected, "{what}");
    for (id, _) in expected {
        let end = Settlement { owner: Some(heir.id), version: 3, ..accepted(id) };
        assert_eq!(one(connection.as_mut(), write_settlement(end)), Written::Done, "{what}");
    }
    let new = sending(message(), heir.id);
    let id = new.message.id;
    assert_eq!(one(connection.as_mut(), write_record(new)), Written::Done);
    let end = Settlement { owner: Some(heir.id), ..accepted(id) };
    assert_eq!(one(connection.as_mut(), write_settlement(end)), Written::Done);
    assert_eq!(bed.count_where("queue", "1 = 1"), 0, "{what}");
    assert_eq!(bed.count_where("messages", "1 = 1"), State::ALL.len() + 1, "{what}");
    assert_eq!(bed.count_where("schema", "1 = 1"), VERSION as usize, "{what}");
}

#[test]
fn tables_of_every_version_are_upgraded() {
    for version in 1..VERSION {
        beds().iter().for_each(|bed| upgraded(bed, version, false));
    }
}

#[test]
fn an_upgrade_that_was_stopped_is_made_again() {
    for version in 1..VERSION {
        beds().iter().for_each(|bed| upgraded(bed, version, true));
    }
}

/// Clients of an earlier version do not know how this one writes.
#[test]
fn an_upgrade_waits_for_clients_of_an_earlier_version() {
    for bed in beds() {
        bed.make(VERSION - 1);
        let alive_until = Millis::now().0 + 60_000;
        bed.typed(&[format!(
            "INSERT INTO \"wa_workers\" (worker, account_key, epoch, host, started_at, alive_until) \
             VALUES ('{DEAD}', '{ACCOUNT}', 1, 'an older one', 0, {alive_until})"
        )]);
        let mut connection = bed.store.connect().unwrap();
        let error = connection.migrate(Migrate::Auto).unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Away, "{}: {error:?}", bed.store.name());
        bed.typed(&["UPDATE \"wa_workers\" SET alive_until = 0".to_owned()]);
        connection.migrate(Migrate::Auto).unwrap();
    }
}

/// A new database has the tables whole, and is of this version.
#[test]
fn new_tables_are_of_this_version() {
    for bed in beds() {
        bed.connect().migrate(Migrate::Check).unwrap();
        assert_eq!(bed.count_where("schema", &format!("version = {VERSION}")), 1, "{}", bed.store.name());
    }
}

/// Run by hand: `cargo test --release --lib a_million -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, run by hand"]
fn a_million_rows_are_upgraded() {
    const ROWS: usize = 1_000_000;
    for bed in beds() {
        bed.make(VERSION - 1);
        let state = State::Accepted as i16;
        let (counted, id) = match bed.server {
            Some(_) => (format!("generate_series(1, {ROWS}) n"), "gen_random_uuid()"),
            None => (
                format!(
                    "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {ROWS}) SELECT n FROM c) n"
                ),
                "lower(hex(randomblob(16)))",
            ),
        };
        bed.typed(&[
            format!(
                "INSERT INTO \"wa_messages\" (id, recorded_at, created_at, updated_at, account_key, provider, \
                 direction, kind, state, version, attempts, priority, sender, recipient, contact_id, body, content, \
                 provider_message_id, response, nonce) SELECT {id}, 1, 2, 3, '{ACCOUNT}', 'twilio', 0, 'text', {state}, \
                 2, 1, 1, 'whatsapp:+14155238886', 'whatsapp:+15005550006', 'contact', 'Hello, this is a text of a usual length, \
                 as people write them.', '{{\"type\":\"text\",\"text\":\"Hello, this is a text of a usual length, as people \
                 write them.\"}}', 'SM0123456789012345678901234567890123', 'Message accepted by Twilio.', \
                 '0123456789012345678901234567890123456789' FROM {counted}"
            ),
            "INSERT INTO \"wa_events\" (event_id, account_key, kind, message_id, created_at, body) \
                 SELECT id, account_key, 'message', id, 3, 'told, in a body that is about as long as a short one is' \
                 FROM \"wa_messages\""
            .to_owned(),
        ]);
        let mut connection = bed.store.connect().unwrap();
        let begun = Instant::now();
        connection.migrate(Migrate::Auto).unwrap();
        println!("{}: {ROWS} messages and events upgraded in {:?}", bed.store.name(), begun.elapsed());
        assert_eq!(bed.count_where("messages", "1 = 1"), ROWS);
        let written = one(connection.as_mut(), write_record(queued(message(), None)));
        assert_eq!(written, Written::Done);
    }
}
