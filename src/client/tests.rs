//! Calls of a whole client that the history fails, comes late to, or that are
//! given other settings meanwhile.

mod database;
mod recipients;
mod webhook;

use super::Client;
use crate::delivery::Phase;
use crate::events::Callback;
use crate::history::tests::proxy::{Proxy, through, value_of};
use crate::message::{Content, SendOptions, Status};
use crate::provider::test_server::{Server, request};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use uuid::Uuid;

const LONG: Duration = Duration::from_secs(60);
const TO: &str = "+4915123456789";

fn client(history: Value, port: u16, more: Value) -> Arc<Client> {
    let mut settings = json!({
        "twilio": {
            "account_sid": "AC00000000000000000000000000000001",
            "auth_token": "0123456789abcdef0123456789abcdef",
            "from": "+14155551234",
            "base_url": format!("http://127.0.0.1:{port}"),
        },
        "history": history,
    });
    let more = more.as_object().unwrap().clone();
    settings.as_object_mut().unwrap().extend(more);
    Client::configure(&settings.to_string()).unwrap()
}

fn file(folder: &Path) -> Value {
    json!({"file": folder.join("wa.db")})
}

/// A provider that takes a request and never answers.
fn silent() -> Server {
    Server::start(|mut stream, _, requests| {
        while let Some(text) = request(&mut stream) {
            requests.lock().unwrap().push(text);
        }
    })
}

fn options(text: &str) -> SendOptions {
    SendOptions::read("options_json", Some(text)).unwrap()
}

fn words() -> Content {
    Content::text("Hello")
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + LONG / 2;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The texts of the events of these kinds since the client was configured.
fn told(client: &Client, kind: &str, least: usize) -> Vec<String> {
    let deadline = Instant::now() + LONG;
    loop {
        let asked = format!(r#"{{"include":["{kind}"]}}"#);
        // While the database is away, reading fails.
        let page = client.next_event(Some(&asked), Duration::from_millis(100));
        let bodies = page.map(|page| page.events).unwrap_or_default();
        let text =
            |body: &str| serde_json::from_str::<Value>(body).unwrap()["text"].as_str().map(str::to_owned);
        let texts: Vec<String> = bodies.iter().filter_map(|body| text(body.get())).collect();
        if texts.len() >= least || Instant::now() > deadline {
            return texts;
        }
    }
}

/// Another worker took the rows over, and the history answers nothing: the
/// message may go out, so no caller may be told to send it again.
#[test]
fn a_recorded_message_is_pending_when_the_history_fails() {
    let (folder, provider) = (tempfile::tempdir().unwrap(), silent());
    let client = client(file(folder.path()), provider.port, json!({}));
    let id = Uuid::now_v7();
    let send = |text: String| {
        let client = Arc::clone(&client);
        std::thread::spawn(move || client.send(TO, words(), options(&text), true).unwrap())
    };
    let first = send(format!(r#"{{"id":"{id}","reference":"order-1"}}"#));
    until("an attempt begins", || !provider.requests().is_empty());
    let ticket = client.delivery.live.find(id).unwrap();
    let held = Arc::strong_count(&ticket);
    let second = send(r#"{"reference":"order-1"}"#.to_owned());
    until("the second call waits", || Arc::strong_count(&ticket) > held);
    rusqlite::Connection::open(folder.path().join("wa.db"))
        .unwrap()
        .execute_batch("ALTER TABLE wa_messages RENAME TO wa_lost;")
        .unwrap();
    ticket.tell(Phase::Closed, None);
    for answer in [first, second].map(|call| call.join().unwrap()) {
        assert_eq!(answer.status, Status::Pending);
        assert_eq!(answer.outcome.id, id.to_string());
        let error = answer.outcome.error.unwrap();
        assert!(error.hint.unwrap().contains("Do not send it again"));
    }
    client.close(Duration::from_millis(100));
}

#[test]
fn an_update_tells_its_warnings_as_events() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(file(folder.path()), 1, json!({}));
    client.update(r#"{"retry":{"resend_unknown":true}}"#).unwrap();
    let texts = told(&client, "warning", 1);
    assert!(texts.len() == 1 && texts[0].contains("resend_unknown"), "{texts:?}");
    assert!(client.close(LONG));
}

/// The stream begins before the first words of the client, and a callback may
/// be set before the database answers.
#[test]
fn a_client_that_begins_without_its_database_misses_no_event() {
    let Some(direct) = std::env::var("WA_TEST_PG").ok().filter(|text| !text.is_empty()) else {
        eprintln!("SKIPPED: PostgreSQL: WA_TEST_PG is not set (run through make test)");
        return;
    };
    let proxy = Proxy::start(value_of(&direct, "Port").parse().unwrap());
    let schema = format!("test_{}", Uuid::new_v4().simple());
    let history =
        |text: &str| json!({"connection_string": text, "schema": schema, "login_timeout_seconds": 5});
    // Events that were there before are not of this client.
    let earlier = client(history(&direct), 1, json!({"retry": {"max_retries": 6}}));
    assert_eq!(told(&earlier, "warning", 1).len(), 1);
    assert!(earlier.close(LONG));

    proxy.refuse(true);
    let client = client(history(&through(&direct, proxy.port)), 1, json!({}));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    let callback: Callback = Arc::new(move |_, event| hears.lock().unwrap().push(event.to_owned()));
    client.on_event(None, Some(callback)).unwrap();
    let error = client.next_event(None, Duration::ZERO).unwrap_err();
    assert_eq!(error.status, Status::DatabaseAway);
    proxy.refuse(false);
    // Nobody asks until it has been written that the database is back.
    until("the callback hears of it", || heard.lock().unwrap().len() >= 2);
    let texts = told(&client, "database", 2);
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].contains("is away") && texts[1].contains("is back"), "{texts:?}");
    let heard = heard.lock().unwrap().clone();
    assert!(heard.len() == 2 && heard[1].contains("is back"), "{heard:?}");
    assert!(client.close(LONG));
    let environment = odbc_api::environment().unwrap();
    let connection =
        environment.connect_with_connection_string(&direct, odbc_api::ConnectionOptions::default()).unwrap();
    connection.execute(&format!("DROP SCHEMA \"{schema}\" CASCADE"), (), None).unwrap();
}

/// The polling loop of the docs must not spin, and the log is told meanwhile.
#[test]
fn reading_events_waits_for_a_database_that_is_away() {
    let Some(direct) = std::env::var("WA_TEST_PG").ok().filter(|text| !text.is_empty()) else {
        eprintln!("SKIPPED: PostgreSQL: WA_TEST_PG is not set (run through make test)");
        return;
    };
    let proxy = Proxy::start(value_of(&direct, "Port").parse().unwrap());
    proxy.refuse(true);
    let schema = format!("test_{}", Uuid::new_v4().simple());
    let history = json!({"connection_string": through(&direct, proxy.port), "schema": schema});
    let client = client(history, 1, json!({}));
    for asked in [None, Some(r#"{"consumer":"c"}"#), Some(r#"{"after":"0.0-0"}"#)] {
        let begun = Instant::now();
        let error = client.next_event(asked, Duration::from_millis(300)).unwrap_err();
        assert_eq!(error.status, Status::DatabaseAway);
        assert!(begun.elapsed() >= Duration::from_millis(300), "{asked:?}: {:?}", begun.elapsed());
    }
    let page = client.next_event(Some(r#"{"include":["log","database"]}"#), LONG).unwrap();
    assert!(page.events.iter().any(|event| event.get().contains("is away")), "the log is told");
    let after = format!(r#"{{"include":["database"],"after":"{}"}}"#, page.cursor);
    proxy.refuse(false);
    // From when the client began: the place was not known when the cursor was given.
    let page = client.next_event(Some(&after), LONG).unwrap();
    assert!(page.events[0].get().contains("database is"), "{:?}", page.events);
    assert!(client.close(LONG));
    let environment = odbc_api::environment().unwrap();
    let connection =
        environment.connect_with_connection_string(&direct, odbc_api::ConnectionOptions::default()).unwrap();
    connection.execute(&format!("DROP SCHEMA \"{schema}\" CASCADE"), (), None).unwrap();
}

/// The first message may have been sent: nobody is told that it was not.
#[test]
fn a_repeated_reference_that_cannot_be_looked_up_is_pending() {
    let (folder, provider) = (tempfile::tempdir().unwrap(), silent());
    let client = client(file(folder.path()), provider.port, json!({}));
    let first = client.send(TO, words(), options(r#"{"reference":"order-1"}"#), false).unwrap();
    rusqlite::Connection::open(folder.path().join("wa.db"))
        .unwrap()
        .execute_batch("ALTER TABLE wa_attempts RENAME TO wa_lost;")
        .unwrap();
    let again = options(r#"{"reference":"order-1","timeout_ms":300}"#);
    let answer = client.send(TO, words(), again, true).unwrap();
    assert_eq!((answer.status, answer.outcome.id), (Status::Pending, first.outcome.id));
    assert!(answer.outcome.error.unwrap().hint.unwrap().contains("Do not send it again"));
    client.close(Duration::from_millis(100));
}

/// A stopped server whose kernel goes on answering: no call waits longer than
/// the settings say, and the closing has an end.
#[test]
fn a_client_whose_server_goes_silent_ends_in_time() {
    let Some(direct) = std::env::var("WA_TEST_PG").ok().filter(|text| !text.is_empty()) else {
        eprintln!("SKIPPED: PostgreSQL: WA_TEST_PG is not set (run through make test)");
        return;
    };
    let proxy = Proxy::start(value_of(&direct, "Port").parse().unwrap());
    let schema = format!("test_{}", Uuid::new_v4().simple());
    let history = |statement: u32| {
        json!({
            "connection_string": through(&direct, proxy.port),
            "schema": schema,
            "login_timeout_seconds": 2,
            "statement_timeout_seconds": statement,
        })
    };
    let first = client(history(2), 1, json!({}));
    proxy.hold();
    // Recorded on the next connection.
    let sent = first.send(TO, words(), options("{}"), false).unwrap();
    assert_eq!(sent.status, Status::Ok, "{:?}", sent.outcome.error);
    let texts = told(&first, "database", 1);
    assert!(texts[0].contains("left behind"), "{texts:?}");
    assert!(first.close(LONG));

    let second = client(history(600), 1, json!({}));
    proxy.hold();
    let begun = Instant::now();
    let calls = Arc::clone(&second);
    let call = std::thread::spawn(move || calls.send(TO, words(), options(r#"{"timeout_ms":500}"#), false));
    let _ = call.join().unwrap();
    // On a slow machine the last threads may end a little after the deadline: then it is asked again.
    assert!(
        second.close(Duration::from_secs(10)) || second.close(Duration::from_secs(20)),
        "{:?}",
        begun.elapsed()
    );
    proxy.let_go();
    let environment = odbc_api::environment().unwrap();
    let connection =
        environment.connect_with_connection_string(&direct, odbc_api::ConnectionOptions::default()).unwrap();
    connection.execute(&format!("DROP SCHEMA \"{schema}\" CASCADE"), (), None).unwrap();
}

/// That the database is away is itself to be stored there: no closing waits
/// for that.
#[test]
fn a_closing_does_not_wait_for_a_database_that_nothing_important_waits_for() {
    let Some(direct) = std::env::var("WA_TEST_PG").ok().filter(|text| !text.is_empty()) else {
        eprintln!("SKIPPED: PostgreSQL: WA_TEST_PG is not set (run through make test)");
        return;
    };
    let proxy = Proxy::start(value_of(&direct, "Port").parse().unwrap());
    let schema = format!("test_{}", Uuid::new_v4().simple());
    let history = json!({"connection_string": through(&direct, proxy.port), "schema": schema});
    let client = client(history, 1, json!({}));
    until("the tables are there", || client.stream.start.known().is_some());
    proxy.refuse(true);
    let error = client.send(TO, words(), options("{}"), false).map(|answer| answer.status).unwrap_err();
    assert_eq!(error.status, Status::DatabaseAway);
    let begun = Instant::now();
    assert!(client.close(LONG));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let environment = odbc_api::environment().unwrap();
    let connection =
        environment.connect_with_connection_string(&direct, odbc_api::ConnectionOptions::default()).unwrap();
    connection.execute(&format!("DROP SCHEMA \"{schema}\" CASCADE"), (), None).unwrap();
}

/// A file on a share that is gone may hold a thread for hours.
#[test]
fn a_thread_of_the_runtime_that_hangs_keeps_the_closing_pending() {
    let folder = tempfile::tempdir().unwrap();
    let client = client(file(folder.path()), 1, json!({}));
    let (go_on, gate) = sync_channel::<()>(1);
    let (begun, begins) = sync_channel(1);
    client.handle.spawn_blocking(move || {
        begun.send(()).unwrap();
        let _ = gate.recv();
    });
    begins.recv().unwrap();
    // Longer than all that ends by itself is given.
    assert!(!client.close(Duration::from_millis(3500)));
    assert!(!client.close(Duration::ZERO));
    go_on.send(()).unwrap();
    assert!(client.close(LONG));
}
