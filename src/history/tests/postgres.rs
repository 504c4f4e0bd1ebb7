//! What only a server can do: refuse, end connections, hold transactions open.

use super::bed::*;
use super::proxy::{Proxy, replaced, through, value_of};
use super::rights::everything_works;
use crate::history::Migrate;
use crate::history::finding::Condition;
use crate::history::record::*;
use crate::history::store::{Memorandum, Store, StoreErrorKind, Worker};
use crate::message::clock::Millis;
use std::net::TcpListener;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Why a connection does not open; what is said holds no secret.
fn refused(connection_string: &str) -> (StoreErrorKind, String) {
    let error = odbc(connection_string, "none").connect().err().unwrap();
    assert!(!error.message.contains("wa_pw"), "{}", error.message);
    assert!(!error.message.contains("canary"), "{}", error.message);
    (error.kind, error.message)
}

#[test]
fn logins_that_fail_say_why() {
    let Some(good) = postgres_connection_string() else { return };
    let (kind, text) = refused(&replaced(&good, "Pwd", "{canary;5}"));
    assert_eq!(kind, StoreErrorKind::Configuration, "{text}");
    assert!(text.contains("password"), "{text}");
    let (kind, text) = refused(&replaced(&good, "Database", "nowhere"));
    assert_eq!(kind, StoreErrorKind::Configuration, "{text}");
    assert!(text.contains("nowhere"), "{text}");
    let (kind, text) = refused(&replaced(&good, "Uid", "nobody"));
    assert_eq!(kind, StoreErrorKind::Configuration, "{text}");
    let (kind, text) = refused(&replaced(&good, "Driver", "No Such Driver"));
    assert_eq!(kind, StoreErrorKind::Configuration, "{text}");
    assert!(text.contains("odbc-postgresql"), "{text}");
    let (kind, text) = refused(&replaced(&good, "Driver", "/nowhere/psqlodbcw.so"));
    assert_eq!(kind, StoreErrorKind::Configuration, "{text}");
    let (kind, text) = refused("DSN=canary_source;Pwd=canary");
    assert_eq!(kind, StoreErrorKind::Configuration, "{text}");
    let (kind, text) = refused(&format!("{good}sslmode=verify-full;"));
    assert_eq!(kind, StoreErrorKind::Configuration, "{text}");
}

/// A data source hides the driver, and with it the dialect that knows what its
/// errors mean. It is read in a process of its own, whose environment names the
/// file of the sources.
#[test]
fn a_data_source_is_understood_like_a_driver() {
    let Some(good) = postgres_connection_string() else { return };
    let login = |password: &str| format!("DSN=crm;Uid={};Pwd={password};", value_of(&good, "Uid"));
    if std::env::var_os("WA_TEST_SOURCES").is_some() {
        let (kind, text) = refused(&login("{canary}"));
        assert_eq!(kind, StoreErrorKind::Configuration, "{text}");
        assert!(text.contains("the user or the password is wrong"), "{text}");
        let described = odbc(&login(&value_of(&good, "Pwd")), "none").connect().unwrap().describe().unwrap();
        assert!(described.contains("PostgreSQL"), "{described}");
        println!("DONE");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let sources = folder.path().join("odbc.ini");
    let of = |key: &str, here: &str| format!("{here}={}\n", value_of(&good, key));
    let server = of("Server", "Servername") + &of("Port", "Port");
    let text = format!("[crm]\n{}{server}{}", of("Driver", "Driver"), of("Database", "Database"));
    std::fs::write(&sources, text).unwrap();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "history::tests::postgres::a_data_source_is_understood_like_a_driver",
            "--nocapture",
        ])
        .env("ODBCINI", &sources)
        .env("WA_TEST_SOURCES", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("DONE"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn servers_that_do_not_answer_are_away() {
    let Some(good) = postgres_connection_string() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // A port that accepts and says nothing.
    let mute = replaced(&good, "Port", &port.to_string());
    let store = {
        let names = crate::history::names::Names::new(None, "wa_");
        odbc_with(&mute, names, Duration::from_secs(2))
    };
    let begun = Instant::now();
    let error = store.connect().err().unwrap();
    assert_eq!(error.kind, StoreErrorKind::Away, "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    drop(listener);
    let (kind, text) = refused(&replaced(&good, "Port", &port.to_string()));
    assert_eq!(kind, StoreErrorKind::Away, "{text}");
    let (kind, text) = refused(&replaced(&good, "Server", "no-such-host.invalid"));
    assert_eq!(kind, StoreErrorKind::Away, "{text}");
}

#[test]
fn other_versions_and_missing_rights_are_said() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    bed.connect();
    let table = format!("\"{}\".wa_schema", server.schema);
    server
        .sql(&format!("UPDATE {table} SET version = 99 WHERE version = (SELECT max(version) FROM {table})"));
    for how in [Migrate::Auto, Migrate::Check] {
        let error = bed.store.connect().unwrap().migrate(how).unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Schema, "{error:?}");
        assert!(error.message.contains("99"), "{error:?}");
    }
    let error =
        odbc(&server.connection_string, "pg_catalog").connect().unwrap().migrate(Migrate::Auto).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Configuration, "{error:?}");
    // Tables that are gone in mid-run.
    let mut connection = bed.store.connect().unwrap();
    server.sql(&format!("DROP TABLE \"{}\".wa_refs", server.schema));
    let error = connection.commit(&[write_record(queued(message(), None))]).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Schema, "{error:?}");
    // The connection is of use after it.
    assert!(connection.find(Uuid::now_v7()).unwrap().is_none());
    let error = odbc(&format!("{}ReadOnly=1;", server.connection_string), "none");
    let error = error.connect().and_then(|mut connection| connection.migrate(Migrate::Auto)).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Configuration, "{error:?}");
}

#[test]
fn tables_go_where_the_search_path_says() {
    let Some(good) = postgres_connection_string() else { return };
    let sql = Sql::connect(&good);
    let prefix = format!("t{}_", &Uuid::new_v4().simple().to_string()[..12]);
    let names = crate::history::names::Names::new(None, &prefix);
    let store = odbc_with(&good, names, Duration::from_secs(5));
    let mut connection = store.connect().unwrap();
    for _ in 0..2 {
        connection.migrate(Migrate::Auto).unwrap();
    }
    connection.migrate(Migrate::Check).unwrap();
    assert_eq!(one(connection.as_mut(), write_record(queued(message(), None))), Written::Done);
    drop(connection);
    sql.sql(&format!("DROP VIEW public.\"{prefix}history\""));
    for table in [
        "schema",
        "workers",
        "messages",
        "attempts",
        "queue",
        "events",
        "consumers",
        "refs",
        "statuses",
        "remembered",
        "replayed",
        "notices",
        "dead_letters",
        "aliases",
    ] {
        sql.sql(&format!("DROP TABLE public.\"{prefix}{table}\""));
    }
}

#[test]
fn a_terminated_connection_is_away_and_its_batch_is_replayed() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let own = Uuid::now_v7();
    let mut connection = bed.connect();
    let sql = Sql::connect(&server.connection_string);
    let batch: Vec<Write> = (0..20).map(|_| write_record(sending(message(), own))).collect();
    // Its rows are locked, so that the batch is in mid-statement when it ends.
    let blocked = referenced(sending(message(), own), "blocked", "p");
    let mut with_blocked = batch.clone();
    with_blocked.push(write_record(blocked));
    sql.sql("BEGIN");
    sql.sql(&format!(
        "INSERT INTO \"{}\".wa_refs VALUES ('', 'blocked', gen_random_uuid(), 'p', 0)",
        server.schema
    ));
    let error = std::thread::scope(|scope| {
        let store = &bed.store;
        let writes = &with_blocked;
        let thread = scope.spawn(move || store.connect().unwrap().commit(writes).unwrap_err());
        let waits = format!(
            "SELECT a.pid FROM pg_stat_activity a WHERE a.wait_event_type = 'Lock' \
             AND a.application_name = 'wa-connector' AND EXISTS (SELECT 1 FROM pg_locks l JOIN pg_class c \
             ON c.oid = l.relation WHERE l.pid = a.pid AND c.relnamespace = CAST('\"{}\"' AS regnamespace))",
            server.schema
        );
        let other = Sql::connect(&server.connection_string);
        let pid = loop {
            if let Some(row) = other.sql(&waits).first() {
                break row[0].clone().unwrap();
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        other.sql(&format!("SELECT CAST(pg_terminate_backend({pid}) AS text)"));
        thread.join().unwrap()
    });
    sql.sql("ROLLBACK");
    assert_eq!(error.kind, StoreErrorKind::Away, "{error:?}");
    assert_eq!(server.count("messages"), 0);
    let written = connection.commit(&with_blocked).unwrap();
    assert!(written.iter().all(|written| *written == Written::Done));
    assert_eq!(server.count("messages"), 21);

    // An idle connection that the server ended. Its last statement names it.
    assert!(connection.find(Uuid::now_v7()).unwrap().is_none());
    server.sql(&format!(
        "SELECT CAST(pg_terminate_backend(pid) AS text) FROM pg_stat_activity WHERE application_name = 'wa-connector' \
         AND pid <> pg_backend_pid() AND query LIKE '%{}%'",
        server.schema
    ));
    std::thread::sleep(Duration::from_millis(50));
    let error = connection.commit(&batch).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Away, "{error:?}");
    let error = connection.find(Uuid::now_v7()).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Away, "{error:?}");
}

#[test]
fn a_lock_that_stays_is_given_up() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let mut connection = bed.connect();
    let sql = Sql::connect(&server.connection_string);
    sql.sql("BEGIN");
    sql.sql(&format!(
        "INSERT INTO \"{}\".wa_refs VALUES ('', 'blocked', gen_random_uuid(), 'p', 0)",
        server.schema
    ));
    let write = write_record(referenced(queued(message(), None), "blocked", "p"));
    let error = connection.commit(std::slice::from_ref(&write)).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Retry, "{error:?}");
    sql.sql("COMMIT");
    let written = one(connection.as_mut(), write);
    assert!(matches!(written, Written::Referenced { same_payload: true, .. }), "{written:?}");
}

#[test]
fn a_session_is_set_up() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let role = value_of(&server.connection_string, "Uid");
    let connection = bed.connect();
    let found = server.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'wa-connector' AND usename = current_user",
    );
    assert_ne!(found[0][0].as_deref(), Some("0"), "{role}");
    drop(connection);
    let text = bed.connect().describe().unwrap();
    assert!(text.contains("synchronous_commit=on") && text.contains("fsync=on"), "{text}");
}

#[test]
fn the_road_changes_no_index() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let mut connection = bed.connect();
    let own = Uuid::now_v7();
    for _ in 0..8 {
        let records: Vec<Record> = (0..32).map(|_| sending(message(), own)).collect();
        let ends: Vec<Write> = records.iter().map(|r| write_settlement(accepted(r.message.id))).collect();
        connection.commit(&records.into_iter().map(write_record).collect::<Vec<_>>()).unwrap();
        connection.commit(&ends).unwrap();
    }
    drop(connection);
    let sql = format!(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE schemaname = '{}' AND relname = 'wa_messages'",
        server.schema
    );
    // The server gathers its figures with a delay.
    let begun = Instant::now();
    loop {
        let row: Vec<u64> = server.sql(&sql)[0].iter().flatten().map(|text| text.parse().unwrap()).collect();
        if row[0] == 256 {
            // Some pages are too full for the second version of all their rows.
            assert!(row[1] * 100 >= row[0] * 85, "{row:?}");
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{row:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_claim_whose_answer_was_lost_is_read_again() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let own = Worker {
        id: Uuid::now_v7(),
        account_key: ACCOUNT.into(),
        lease: Duration::from_secs(30),
        host: "test".into(),
    };
    let mut connection = bed.connect();
    connection.renew(&own).unwrap();
    let writes: Vec<Write> = (0..3).map(|_| write_record(queued(message(), None))).collect();
    connection.commit(&writes).unwrap();
    let proxy = Proxy::start(value_of(&server.connection_string, "Port").parse().unwrap());
    let store = odbc(&through(&server.connection_string, proxy.port), &server.schema);
    let mut cut = store.connect().unwrap();
    proxy.cut_answer_to(&own.id.to_string());
    let error = cut.claim(&own, 10).unwrap_err();
    assert_eq!((error.kind, proxy.cuts()), (StoreErrorKind::Away, 1), "{error:?}");
    // They are this worker's, who lives: nobody else would ever take them.
    let other = Worker { id: Uuid::now_v7(), ..own.clone() };
    assert!(connection.claim(&other, 10).unwrap().is_empty());
    let again = store.connect().unwrap().claim(&own, 10).unwrap();
    assert_eq!(again.len(), 3);
    assert!(again.iter().all(|claimed| claimed.queue.worker == Some(own.id)));
    assert!(store.connect().unwrap().claim(&own, 10).unwrap().is_empty());
}

/// What `wa_check` says of the user's rights.
fn rights(bed: &Bed) -> Option<(Condition, String)> {
    let findings = bed.store.connect().unwrap().check().unwrap();
    let of_rights = findings.into_iter().find(|finding| finding.item == "rights")?;
    Some((of_rights.condition, of_rights.text))
}

#[test]
fn rights_that_are_missing_are_named() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    assert_eq!(rights(&bed), None, "there are no tables yet");
    let mut connection = bed.connect();
    assert_eq!(rights(&bed), None);
    // An owner may take his own rights away.
    let table = format!("\"{}\".wa_remembered", server.schema);
    server.sql(&format!("REVOKE DELETE, INSERT ON {table} FROM CURRENT_USER"));
    let (condition, text) = rights(&bed).unwrap();
    assert_eq!(condition, Condition::Doubtful, "{text}");
    assert!(text.contains("INSERT, DELETE on") && text.contains("wa_remembered. "), "{text}");
    let memory = Memorandum { key: "k".into(), value: "v".into(), expires_at: Millis::now() };
    assert_eq!(connection.remember(ACCOUNT, &memory).unwrap_err().kind, StoreErrorKind::Configuration);
    server.sql(&format!("REVOKE UPDATE ON \"{}\".wa_messages FROM CURRENT_USER", server.schema));
    let (condition, text) = rights(&bed).unwrap();
    assert_eq!(condition, Condition::Broken, "{text}");
    assert!(text.contains("UPDATE on") && text.contains("wa_messages; "), "{text}");
}

#[test]
fn the_documented_rights_are_enough() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    drop(bed.connect());
    let page = include_str!("../../../docs/database-postgresql.md");
    let script = page.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let script =
        script.replace("whatsapp", &format!("\"{}\"", server.schema)).replace("wa_app", "CURRENT_USER");
    server.sql(&format!("REVOKE ALL ON ALL TABLES IN SCHEMA \"{}\" FROM CURRENT_USER", server.schema));
    assert!(bed.store.connect().unwrap().migrate(Migrate::Check).is_err());
    for statement in
        script.lines().filter(|line| !line.starts_with("--")).collect::<String>().split_terminator(';')
    {
        server.sql(statement);
    }
    everything_works(bed.store.as_ref());
}
