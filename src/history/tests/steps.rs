//! Tables of an earlier version become those of this one, and what the newer
//! columns and tables hold.

use super::bed::*;
use crate::history::Migrate;
use crate::history::record::*;
use crate::history::store::Memorandum;
use crate::history::tables::{Change, steps_after};
use crate::message::State;
use crate::message::clock::Millis;

/// Takes back what the steps after a version did.
pub fn undo_after(version: i64) -> Vec<String> {
    let mut undo = vec![
        "DROP VIEW \"wa_history\"".to_owned(),
        format!("DELETE FROM \"wa_schema\" WHERE version > {version}"),
    ];
    for (number, changes) in steps_after(version) {
        for change in changes {
            match change {
                Change::Make(table) => undo.push(format!("DROP TABLE \"wa_{}\"", table.name)),
                Change::Extend(table) => {
                    undo.extend(change.columns(number).map(|column| {
                        format!("ALTER TABLE \"wa_{}\" DROP COLUMN {}", table.name, column.name)
                    }))
                }
                Change::Show => {}
            }
        }
    }
    undo
}

impl Bed {
    /// Statements as a person would type them.
    pub fn typed(&self, statements: &[String]) {
        for statement in statements {
            match (&self.server, &self._folder) {
                (Some(server), _) => {
                    let table = format!("\"{}\".\"wa_", server.schema);
                    server.sql(&statement.replace("\"wa_", &table));
                }
                (None, Some(folder)) => {
                    let file = rusqlite::Connection::open(folder.path().join("wa.db")).unwrap();
                    file.execute_batch(statement).unwrap();
                }
                (None, None) => panic!("there is no database"),
            }
        }
    }
}

fn record(connection: &mut dyn crate::history::Connection) -> MessageRow {
    let message = message();
    let record = Record { message: message.clone(), queue: None, reference: None, event: None };
    assert_eq!(connection.commit(&[Write::Record(Box::new(record))]).unwrap(), [Written::Done]);
    message
}

#[test]
fn tables_of_the_first_version_are_upgraded() {
    for bed in Bed::every() {
        let mut connection = bed.connect();
        let earlier = record(connection.as_mut());
        drop(connection);
        bed.typed(&undo_after(1));
        let mut connection = bed.store.connect().unwrap();
        assert!(connection.migrate(Migrate::Check).is_err(), "{}", bed.store.name());
        connection.migrate(Migrate::Auto).unwrap();
        connection.migrate(Migrate::Check).unwrap();
        let row = connection.find(earlier.id).unwrap().unwrap();
        assert_eq!((row.message.recipient_id, row.message.body), (None, earlier.body));
        record(connection.as_mut());
    }
}

#[test]
fn what_the_provider_said_of_the_recipient_is_kept() {
    for bed in Bed::every() {
        let mut connection = bed.connect();
        let id = record(connection.as_mut()).id;
        let mut settlement = Settlement {
            recipient_id: Some("5511961234567".into()),
            provider_status: Some("held_for_quality_assessment".into()),
            ..accepted(id)
        };
        settlement.owner = None;
        let written = connection.commit(&[Write::Settle(Box::new(settlement.clone()))]).unwrap();
        assert_eq!(written, [Written::Done]);
        // A later report that says nothing of it leaves it alone.
        settlement = Settlement { recipient_id: None, provider_status: None, version: 9, ..settlement };
        connection.commit(&[Write::Settle(Box::new(settlement))]).unwrap();
        let message = connection.find(id).unwrap().unwrap().message;
        assert_eq!(message.state, State::Accepted, "{}", bed.store.name());
        assert_eq!(message.recipient_id.as_deref(), Some("5511961234567"));
        assert_eq!(message.provider_status.as_deref(), Some("held_for_quality_assessment"));
    }
}

#[test]
fn what_is_remembered_expires() {
    for bed in Bed::every() {
        let mut connection = bed.connect();
        let now = Millis::now();
        let mut remember = |account: &str, value: &str, expires_at: Millis| {
            let memory = Memorandum { key: "file 'ä'".into(), value: value.into(), expires_at };
            connection.remember(account, &memory).unwrap();
        };
        remember("one", "1", now.plus(60_000));
        remember("one", "2", now.plus(60_000));
        remember("two", "3", now.plus(60_000));
        remember("two", "", Millis(0));
        let mut recall = |account: &str, now: Millis| connection.recall(account, "file 'ä'", now).unwrap();
        assert_eq!(recall("one", now).as_deref(), Some("2"));
        assert_eq!(recall("one", now.plus(60_000)), None);
        assert_eq!(recall("two", now), None);
        assert_eq!(recall("three", now), None);
    }
}
