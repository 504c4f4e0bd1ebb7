//! Processes that start at once make one set of tables.

use super::bed::*;
use super::bed_questions::worker;
use crate::history::embedded::Sqlite;
use crate::history::names::Names;
use crate::history::store::Store;
use crate::history::{Migrate, Written};
use crate::message::clock::Millis;
use std::process::{Command, Stdio};
use std::time::Duration;
use uuid::Uuid;

const TABLES: &str = "WA_TEST_TEN_TABLES";
const START: &str = "WA_TEST_TEN_START";
const PROCESSES: usize = 10;

/// What one of the processes does; alone it does nothing.
#[test]
fn one_of_ten_processes() {
    let (Ok(tables), Ok(start)) = (std::env::var(TABLES), std::env::var(START)) else { return };
    let store: Box<dyn Store> = match tables.split_once('\n') {
        Some((schema, connection_string)) => Box::new(odbc(connection_string, schema)),
        None => Box::new(Sqlite::new(tables.into(), Names::new(None, "wa_"))),
    };
    let wait = start.parse::<i64>().unwrap() - Millis::now().0;
    std::thread::sleep(Duration::from_millis(u64::try_from(wait).unwrap_or(0)));
    let mut connection = store.connect().unwrap();
    connection.migrate(Migrate::Auto).unwrap();
    // The first is at work before the last has looked.
    connection.renew(&worker(Uuid::now_v7())).unwrap();
    connection.migrate(Migrate::Check).unwrap();
    assert_eq!(one(connection.as_mut(), write_record(queued(message(), None))), Written::Done);
    println!("DONE");
}

fn ten_start_at_once(tables: &str) {
    let start = Millis::now().0 + 3000;
    let processes: Vec<_> = (0..PROCESSES)
        .map(|_| {
            Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "history::tests::processes::one_of_ten_processes", "--nocapture"])
                .env(TABLES, tables)
                .env(START, start.to_string())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for process in processes {
        let output = process.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("DONE"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn ten_processes_make_one_file() {
    let bed = Bed::sqlite();
    let path = bed._folder.as_ref().unwrap().path().join("wa.db");
    ten_start_at_once(path.to_str().unwrap());
    let file = rusqlite::Connection::open(&path).unwrap();
    let count = |sql: &str| file.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM wa_schema"), 1);
    assert_eq!(count("SELECT count(DISTINCT database_id) FROM wa_schema"), 1);
    assert_eq!(count("SELECT count(*) FROM wa_history"), 10);
}

#[test]
fn ten_processes_make_one_schema() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    // The store finds the driver manager for what the test asks.
    drop(bed.store.connect().unwrap());
    ten_start_at_once(&format!("{}\n{}", server.schema, server.connection_string));
    assert_eq!(server.count("schema"), 1);
    let identities = server.sql(&format!("SELECT DISTINCT database_id FROM \"{}\".wa_schema", server.schema));
    assert_eq!(identities.len(), 1);
    assert_eq!(server.count("history"), 10);
}
