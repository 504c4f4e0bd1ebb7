//! The script for a DBA leaves what the library itself would make.

use super::bed::*;
use super::proxy::value_of;
use super::steps::undo_after;
use crate::history::script::{Roles, script};
use crate::history::store::Connection;
use crate::history::tables::VERSION;
use crate::history::{Migrate, Written};
use std::process::{Command, Stdio};

const ROLES: Roles<'static> = Roles { run: "wa_app", migrate: "wa_owner" };

/// Runs a script as a DBA does. What psql says where it fails.
pub fn psql(connection_string: &str, sql: &str) -> Result<(), String> {
    use std::io::Write;
    let of = |key: &str| value_of(connection_string, key).trim_matches(['{', '}']).to_owned();
    let mut psql = Command::new("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", &of("Server"), "-p", &of("Port"), "-U", &of("Uid")])
        .args(["-d", &of("Database")])
        .env("PGPASSWORD", of("Pwd"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    psql.stdin.take().unwrap().write_all(sql.as_bytes()).unwrap();
    let output = psql.wait_with_output().unwrap();
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8(output.stderr).unwrap()),
    }
}

fn works(connection: &mut dyn Connection) {
    connection.migrate(Migrate::Check).unwrap();
    assert_eq!(one(connection, write_record(queued(message(), None))), Written::Done);
}

#[test]
fn a_dba_makes_and_upgrades_the_tables_of_postgres() {
    let (Some(by_hand), Some(by_itself)) = (Bed::postgres(), Bed::postgres()) else { return };
    let server = by_hand.server();
    let steps = |from: i64| script("postgresql", Some(&server.schema), "wa_", from, &ROLES).unwrap().tables;
    psql(&server.connection_string, &steps(0)).unwrap();
    works(by_hand.store.connect().unwrap().as_mut());
    // The same tables as those that the library makes, to the last column.
    drop(by_itself.connect());
    let shape = |bed: &Bed| {
        bed.server().sql(&format!(
            "SELECT c.relname, c.relkind, c.reloptions, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, \
             replace(coalesce(pg_get_expr(d.adbin, d.adrelid), ''), '{0}', ''), a.attidentity, a.attcollation, \
             replace(coalesce(pg_get_indexdef(i.indexrelid), ''), '{0}', '') \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
             LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum LEFT JOIN pg_index i ON i.indexrelid = c.oid \
             WHERE n.nspname = '{0}' ORDER BY c.relname, a.attnum",
            bed.server().schema
        ))
    };
    let (hand, itself) = (shape(&by_hand), shape(&by_itself));
    assert!(hand.len() > 100, "{}", hand.len());
    assert_eq!(hand, itself);
    let versions = server.sql(&format!(
        "SELECT count(*), count(DISTINCT database_id), max(version) FROM \"{}\".wa_schema",
        server.schema
    ));
    let version = Some(VERSION.to_string());
    assert_eq!(versions[0], [version.clone(), Some("1".to_owned()), version]);

    // Once more, or from another version: nothing is changed.
    let error = psql(&server.connection_string, &steps(0)).unwrap_err();
    assert!(error.contains("the tables are there already"), "{error}");
    let error = psql(&server.connection_string, &steps(VERSION - 1)).unwrap_err();
    assert!(error.contains("do not have version"), "{error}");
    works(by_hand.store.connect().unwrap().as_mut());

    by_hand.typed(&undo_after(VERSION - 1));
    assert!(by_hand.store.connect().unwrap().migrate(Migrate::Check).is_err());
    psql(&server.connection_string, &steps(VERSION - 1)).unwrap();
    works(by_hand.store.connect().unwrap().as_mut());
    assert_eq!(server.count("messages"), 3, "rows stay");
    assert_eq!(steps(VERSION), "");
}

#[test]
fn a_script_makes_and_upgrades_the_tables_of_a_file() {
    let bed = Bed::sqlite();
    let path = bed._folder.as_ref().unwrap().path().join("wa.db");
    let run = |from: i64| {
        let script = script("sqlite", None, "wa_", from, &ROLES).unwrap();
        assert_eq!((&script.rights_to_run, &script.rights_to_migrate), (&None, &None));
        let file = rusqlite::Connection::open(&path).unwrap();
        file.execute_batch(&script.tables)
    };
    run(0).unwrap();
    works(bed.store.connect().unwrap().as_mut());
    assert!(run(0).is_err());
    assert!(run(VERSION - 1).is_err());
    bed.typed(&undo_after(VERSION - 1));
    run(VERSION - 1).unwrap();
    works(bed.store.connect().unwrap().as_mut());
    let file = rusqlite::Connection::open(&path).unwrap();
    let (rows, identity): (i64, String) = file
        .query_row("SELECT count(*), min(database_id) FROM wa_schema", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(rows, VERSION);
    assert_eq!(uuid::Uuid::parse_str(&identity).unwrap().get_version_num(), 4, "{identity}");
}

#[test]
fn a_script_for_no_database_is_none() {
    assert!(script("oracle", None, "wa_", 0, &ROLES).is_none());
}
