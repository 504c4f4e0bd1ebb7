use super::*;
use crate::client::{Call, Client};
use crate::message::{Result, Status};
use crate::provider::action::options::Common;
use crate::provider::test_server::{Server, answer, request};
use std::path::Path;
use std::time::Instant;

const DEADLINE: Duration = Duration::from_secs(20);

/// A provider's address where every question is answered with `{}`.
fn server() -> Server {
    Server::start(|mut stream, _, requests| {
        while let Some(text) = request(&mut stream) {
            requests.lock().unwrap().push(text);
            answer(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        }
    })
}

fn client(provider: &str, port: u16, history: &str) -> Arc<Client> {
    let keys = match provider {
        "meta" => r#""access_token":"EAAcanary","phone_number_id":"20","business_account_id":"10""#,
        _ => {
            r#""account_sid":"AC00000000000000000000000000000001","auth_token":"canary","from":"+14155551234""#
        }
    };
    let settings = format!(
        r#"{{"provider":"{provider}","{provider}":{{{keys},"base_url":"http://127.0.0.1:{port}/"}},
            "history":{history},"http":{{"timeout_seconds":5}}}}"#
    );
    Client::configure(&settings).unwrap()
}

fn file(folder: &Path) -> String {
    serde_json::json!({"file": folder.join("wa.db")}).to_string()
}

fn verdict(report: &CheckReport, item: &str) -> Option<Verdict> {
    report.items.iter().find(|found| found.item == item).map(|found| found.verdict)
}

/// What `wa_check` asks.
fn check(client: &Client, timeout: Duration) -> Result<CheckReport> {
    let common = Common { id: None, timeout };
    let call = Call { action: Action::Check, sender: None, common };
    match client.act(call)? {
        Done::Check(report) => Ok(report),
        other => panic!("{other:?}"),
    }
}

#[test]
fn both_sides_are_looked_at() {
    let server = server();
    for provider in ["twilio", "meta"] {
        let folder = tempfile::tempdir().unwrap();
        let client = client(provider, server.port, &file(folder.path()));
        let report = check(&client, DEADLINE).unwrap();
        for item in ["database", "schema", "durability"] {
            assert_eq!(verdict(&report, item), Some(Verdict::Ok), "{report:?}");
        }
        let first = if provider == "meta" { "token" } else { "credentials" };
        assert_eq!(report.items[0].item, first, "{report:?}");
        assert_eq!(report.items.last().unwrap().item, "sending");
        assert!(client.close(DEADLINE));
        assert_eq!(check(&client, DEADLINE).unwrap_err().status, Status::Closed);
    }
}

#[test]
fn a_provider_that_is_silent_does_not_hide_the_database() {
    let silent = Server::start(|mut stream, _, _| {
        let _ = request(&mut stream);
        std::thread::sleep(Duration::from_secs(30));
    });
    let folder = tempfile::tempdir().unwrap();
    let client = client("meta", silent.port, &file(folder.path()));
    let begun = Instant::now();
    let report = check(&client, Duration::from_secs(1)).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5), "the deadline holds");
    assert!(!report.ok);
    assert_eq!(verdict(&report, "provider"), Some(Verdict::Error), "{report:?}");
    assert_eq!(verdict(&report, "durability"), Some(Verdict::Ok), "{report:?}");
    assert_eq!(verdict(&report, "sending"), Some(Verdict::Error), "{report:?}");
    assert!(client.close(DEADLINE));
}

#[test]
fn tables_that_are_missing_are_an_error() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let client = client("twilio", server.port, &file(folder.path()));
    rusqlite::Connection::open(folder.path().join("wa.db"))
        .unwrap()
        .execute_batch("PRAGMA writable_schema=ON; DROP TABLE wa_schema;")
        .unwrap();
    let report = check(&client, DEADLINE).unwrap();
    assert_eq!((verdict(&report, "schema"), report.ok), (Some(Verdict::Error), false), "{report:?}");
    client.close(DEADLINE);
}

#[test]
fn a_database_server_is_looked_at() {
    let Some(connection_string) = std::env::var("WA_TEST_PG").ok().filter(|text| !text.is_empty()) else {
        eprintln!("SKIPPED: PostgreSQL: WA_TEST_PG is not set (run through make test)");
        return;
    };
    let server = server();
    let schema = format!("test_{}", uuid::Uuid::new_v4().simple());
    let history = serde_json::json!({"connection_string": connection_string, "schema": schema}).to_string();
    let client = client("meta", server.port, &history);
    let report = check(&client, DEADLINE).unwrap();
    let text = |item: &str| report.items.iter().find(|found| found.item == item).unwrap().text.clone();
    assert!(text("database").contains("PostgreSQL"), "{report:?}");
    assert!(text("durability").contains("synchronous_commit=on, fsync=on"), "{report:?}");
    assert_eq!(verdict(&report, "schema"), Some(Verdict::Ok));
    client.close(DEADLINE);
    let environment = odbc_api::environment().unwrap();
    let connection = environment
        .connect_with_connection_string(&connection_string, odbc_api::ConnectionOptions::default())
        .unwrap();
    connection.execute(&format!("DROP SCHEMA \"{schema}\" CASCADE"), (), None).unwrap();
}

#[test]
fn a_database_that_is_away_is_an_error() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let Some(_) = std::env::var("WA_TEST_PG").ok().filter(|text| !text.is_empty()) else {
        eprintln!("SKIPPED: PostgreSQL: WA_TEST_PG is not set (run through make test)");
        return;
    };
    let driver = std::env::var("WA_TEST_PG").unwrap();
    let driver = driver.split(';').find(|part| part.to_ascii_lowercase().starts_with("driver=")).unwrap();
    let away = format!("{driver};Server=127.0.0.1;Port={port};Database=x;Uid=x;Pwd=canary");
    let history = serde_json::json!({"connection_string": away}).to_string();
    let client = client("meta", server().port, &history);
    let report = check(&client, DEADLINE).unwrap();
    assert_eq!((verdict(&report, "database"), report.ok), (Some(Verdict::Error), false), "{report:?}");
    assert!(!format!("{report:?}").contains("canary"), "{report:?}");
    client.close(DEADLINE);
}

#[test]
fn the_journal_is_looked_at_where_there_is_one() {
    let server = server();
    let folder = tempfile::tempdir().unwrap();
    let client_with = |history: serde_json::Value| client("twilio", server.port, &history.to_string());
    let file = folder.path().join("wa.db");
    let journal = folder.path().join("journal");
    let without = client_with(serde_json::json!({"file": file}));
    assert_eq!(verdict(&check(&without, DEADLINE).unwrap(), "journal"), None);
    assert!(without.close(DEADLINE));
    let with = client_with(serde_json::json!({"file": file, "journal": journal, "while_away": "queue"}));
    let report = check(&with, DEADLINE).unwrap();
    assert_eq!(verdict(&report, "journal"), Some(Verdict::Ok), "{report:?}");
    assert!(report.items.iter().any(|item| item.text.contains("nothing waits in it")), "{report:?}");
    assert_eq!(report.items.last().unwrap().item, "sending");
    std::fs::remove_dir_all(&journal).unwrap();
    assert_eq!(verdict(&check(&with, DEADLINE).unwrap(), "journal"), Some(Verdict::Warning));
    assert!(with.close(DEADLINE));
}
