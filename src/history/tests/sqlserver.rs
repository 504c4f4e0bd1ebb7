//! What only SQL Server does. Run where `WA_TEST_MSSQL` gives a connection
//! string.

use super::bed::*;
use super::bed_questions::event_query;
use crate::history::Migrate;
use crate::history::query::EventQuery;
use crate::history::record::*;
use crate::history::store::{Store, StoreErrorKind};
use crate::history::tests::bed_questions::settle_events;
use uuid::Uuid;

fn insert_event(bed: &Bed, body: &str) -> String {
    format!(
        "INSERT INTO \"{}\".wa_events (event_id, account_key, kind, message_id, created_at, body) \
         VALUES (NEWID(), '{ACCOUNT}', 'message', NULL, 0, '{body}')",
        bed.server().schema
    )
}

/// A transaction that is open may still store an event that comes before those
/// that are there: readers wait for it, and miss nothing.
#[test]
fn an_open_transaction_holds_later_events_back() {
    let Some(bed) = Bed::sqlserver() else { return };
    let mut connection = bed.connect();
    let other = Sql::connect(&bed.server().connection_string);
    other.sql("BEGIN TRANSACTION");
    other.sql(&insert_event(&bed, "earlier"));
    connection.commit(&[Write::Event(Box::new(event("message", None, "later")))]).unwrap();
    let query = EventQuery { most: 100, ..event_query() };
    assert!(connection.events(&query).unwrap().bodies.is_empty(), "the later one was told first");
    other.sql("COMMIT TRANSACTION");
    settle_events(connection.as_mut());
    assert_eq!(connection.events(&query).unwrap().bodies, ["earlier", "later"]);
}

/// Rows that were copied into another database have other numbers there.
#[test]
fn a_cursor_of_another_database_goes_on_by_the_events_place() {
    let Some(bed) = Bed::sqlserver() else { return };
    let mut connection = bed.connect();
    let events = ["one", "two", "three"].map(|body| Write::Event(Box::new(event("message", None, body))));
    connection.commit(&events).unwrap();
    settle_events(connection.as_mut());
    let query = EventQuery { most: 1, ..event_query() };
    let mut first = connection.events(&query).unwrap().last.unwrap();
    first.transaction = i64::MAX / 2;
    let query = EventQuery { after: Some(first), most: 100, ..event_query() };
    assert_eq!(connection.events(&query).unwrap().bodies, ["two", "three"]);
}

#[test]
fn a_reference_that_stays_locked_is_given_up() {
    let Some(bed) = Bed::sqlserver() else { return };
    let mut connection = bed.connect();
    let other = Sql::connect(&bed.server().connection_string);
    other.sql("BEGIN TRANSACTION");
    other.sql(&format!(
        "INSERT INTO \"{}\".wa_refs (scope, ref_hash, message_id, payload_hash, created_at) \
         VALUES ('', 'blocked', NEWID(), 'p', 0)",
        bed.server().schema
    ));
    let write = write_record(referenced(queued(message(), None), "blocked", "p"));
    let error = connection.commit(std::slice::from_ref(&write)).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Retry, "{error:?}");
    other.sql("COMMIT TRANSACTION");
    let written = one(connection.as_mut(), write);
    assert!(matches!(written, Written::Referenced { same_payload: true, .. }), "{written:?}");
}

#[test]
fn what_does_not_fit_is_no_fault_of_the_connection() {
    let Some(bed) = Bed::sqlserver() else { return };
    let mut connection = bed.connect();
    let mut long = queued(message(), None);
    long.message.recipient = "x".repeat(5000);
    let long_id = long.message.id;
    let error = connection.commit(&[write_record(queued(message(), None)), write_record(long)]).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Data, "{error:?}");
    assert!(!error.message.contains("xxx"), "{error:?}");
    assert!(connection.find(long_id).unwrap().is_none());
    assert_eq!(bed.server().count("messages"), 0, "no half of a batch is stored");
    assert_eq!(one(connection.as_mut(), write_record(queued(message(), None))), Written::Done);
}

#[test]
fn logins_and_tables_that_fail_say_why() {
    let Some(bed) = Bed::sqlserver() else { return };
    let good = &bed.server().connection_string;
    for (key, value) in [("PWD", "canary-5"), ("Database", "nowhere_at_all")] {
        let error = odbc(&super::proxy::replaced(good, key, value), "none").connect().err().unwrap();
        assert_eq!(error.kind, StoreErrorKind::Configuration, "{error:?}");
        assert!(!error.message.contains("canary"), "{error:?}");
    }
    bed.connect();
    let table = format!("\"{}\".wa_schema", bed.server().schema);
    bed.server()
        .sql(&format!("UPDATE {table} SET version = 99 WHERE version = (SELECT MAX(version) FROM {table})"));
    let error = bed.store.connect().unwrap().migrate(Migrate::Auto).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Schema, "{error:?}");
    // Tables that are gone in mid-run.
    let mut connection = bed.store.connect().unwrap();
    bed.server().sql(&format!("DROP TABLE \"{}\".wa_refs", bed.server().schema));
    let record = referenced(queued(message(), None), "gone", "p");
    let error = connection.commit(&[write_record(record)]).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Schema, "{error:?}");
    assert!(connection.find(Uuid::now_v7()).unwrap().is_none(), "the connection is of use after it");
}
