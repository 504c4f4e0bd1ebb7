//! Two users of PostgreSQL: one that makes the tables, and one that only works
//! with them.

use super::bed::*;
use super::proxy::replaced;
use super::scripts::psql;
use crate::history::finding::Condition;
use crate::history::query::EventQuery;
use crate::history::record::*;
use crate::history::script::{Roles, script};
use crate::history::store::{Memorandum, Store, StoreErrorKind, Worker};
use crate::history::tables::VERSION;
use crate::history::tests::bed_questions::everything;
use crate::history::{Migrate, Script};
use crate::message::clock::Millis;
use std::time::Duration;
use uuid::Uuid;

/// A user of one test's own.
struct User<'a> {
    of: &'a Server,
    name: String,
    connection_string: String,
}

impl<'a> User<'a> {
    /// None, with a word about it, where the tests' user may make no others.
    fn make(of: &'a Server) -> Option<User<'a>> {
        // The store finds the driver manager for what the test asks.
        drop(odbc(&of.connection_string, &of.schema).connect().unwrap());
        let may =
            of.sql("SELECT 1 FROM pg_roles WHERE rolname = current_user AND (rolcreaterole OR rolsuper)");
        if may.is_empty() {
            eprintln!(
                "SKIPPED: users of PostgreSQL: the user of WA_TEST_PG may make none (ALTER ROLE .. CREATEROLE)"
            );
            return None;
        }
        let name = format!("wa_user_{}", &Uuid::new_v4().simple().to_string()[..12]);
        of.sql(&format!("CREATE ROLE {name} LOGIN PASSWORD 'a canary'"));
        // Whoever is to give tables to a user, or rights on his tables, must be one of his.
        of.sql(&format!("GRANT {name} TO CURRENT_USER"));
        let login = replaced(&replaced(&of.connection_string, "Uid", &name), "Pwd", "{a canary}");
        Some(User { of, name, connection_string: login })
    }

    fn store(&self) -> impl Store + use<> {
        odbc(&self.connection_string, &self.of.schema)
    }
}

impl Drop for User<'_> {
    fn drop(&mut self) {
        let _ = psql(
            &self.of.connection_string,
            &format!("DROP OWNED BY {0} CASCADE; DROP ROLE {0};", self.name),
        );
    }
}

fn scripts(server: &Server, run: &User<'_>, migrate: &User<'_>, from: i64) -> Script {
    let roles = Roles { run: &run.name, migrate: &migrate.name };
    script("postgresql", Some(&server.schema), "wa_", from, &roles).unwrap()
}

/// What `wa_check` says of the user's rights.
fn rights(store: &dyn Store) -> Option<(Condition, String)> {
    let findings = store.connect().unwrap().check().unwrap();
    let of_rights = findings.into_iter().find(|finding| finding.item == "rights")?;
    Some((of_rights.condition, of_rights.text))
}

/// All that a client asks of its connection.
pub fn everything_works(store: &dyn Store) {
    assert_eq!(rights(store), None);
    let mut connection = store.connect().unwrap();
    connection.migrate(Migrate::Check).unwrap();
    connection.migrate(Migrate::Auto).unwrap();
    let own = Worker {
        id: Uuid::now_v7(),
        account_key: ACCOUNT.into(),
        lease: Duration::from_secs(30),
        host: "test".into(),
    };
    connection.renew(&own).unwrap();
    let (first, second) = (message(), message());
    let hash = Uuid::new_v4().to_string();
    let record = |message: MessageRow| referenced(queued(message, None), &hash, "p");
    assert_eq!(one(connection.as_mut(), write_record(record(first.clone()))), Written::Done);
    let again = one(connection.as_mut(), write_record(record(second)));
    assert!(matches!(again, Written::Referenced { .. }), "{again:?}");
    assert_eq!(connection.claim(&own, 10).unwrap().len(), 1);
    assert!(connection.take_over(&own, Duration::ZERO, 10).unwrap().is_empty());
    assert_eq!(one(connection.as_mut(), Write::Intent(intent(first.id, own.id, 1))), Written::Done);
    assert!(connection.age(first.id).unwrap().is_some());
    assert_eq!(connection.others_open(&first.recipient, first.id).unwrap(), 0);
    let settlement = accepted(first.id);
    let taken = settlement.provider_message_id.clone().unwrap();
    assert_eq!(one(connection.as_mut(), write_settlement(settlement)), Written::Done);
    assert_eq!(connection.owned(&[taken]).unwrap().len(), 1);
    let third = message();
    assert_eq!(one(connection.as_mut(), write_record(queued(third.clone(), None))), Written::Done);
    assert_eq!(one(connection.as_mut(), write_withdrawal(withdrawal(third.id))), Written::Done);
    let told = Write::Event(Box::new(event("warning", None, "x")));
    assert_eq!(one(connection.as_mut(), told), Written::Done);
    assert!(connection.find(first.id).unwrap().is_some());
    assert!(connection.page(&everything()).unwrap().len() >= 2);
    let query =
        EventQuery { account_key: ACCOUNT.into(), after: None, include: vec![], exclude: vec![], most: 100 };
    let _ = connection.events(&query).unwrap();
    for cursor in ["1", "2"] {
        connection.acknowledge(ACCOUNT, "consumer", cursor).unwrap();
    }
    assert_eq!(connection.acknowledged(ACCOUNT, "consumer").unwrap().as_deref(), Some("2"));
    let memory = Memorandum { key: "k".into(), value: "v".into(), expires_at: Millis::now().plus(60_000) };
    for _ in 0..2 {
        connection.remember(ACCOUNT, &memory).unwrap();
    }
    assert_eq!(connection.recall(ACCOUNT, "k", Millis::now()).unwrap().as_deref(), Some("v"));
    connection.describe().unwrap();
    connection.release(own.id).unwrap();
}

#[test]
fn one_user_makes_the_tables_and_another_works_with_them() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let (Some(owner), Some(app)) = (User::make(server), User::make(server)) else { return };
    let Script { rights_to_run, rights_to_migrate, .. } = scripts(server, &app, &owner, 0);
    let dba = |sql: &str| psql(&server.connection_string, sql);

    // Who may not make tables is told which right it is.
    dba(&format!("CREATE SCHEMA \"{0}\"; GRANT USAGE ON SCHEMA \"{0}\" TO {1};", server.schema, owner.name))
        .unwrap();
    let error = owner.store().connect().unwrap().migrate(Migrate::Auto).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Configuration, "{error:?}");
    assert!(error.message.contains("permission denied for schema"), "{error:?}");
    assert!(error.hint.is_some_and(|hint| hint.contains("rights_to_migrate")), "{error:?}");

    dba(&rights_to_migrate.unwrap()).unwrap();
    owner.store().connect().unwrap().migrate(Migrate::Auto).unwrap();
    // Without the right to look at the schema.
    let error = app.store().connect().unwrap().migrate(Migrate::Check).unwrap_err();
    assert!(error.message.contains("permission denied for schema"), "{error:?}");
    let rights_to_run = rights_to_run.unwrap();
    dba(&rights_to_run).unwrap();
    everything_works(&app.store());

    // It makes, changes and drops nothing.
    for ddl in [
        "CREATE TABLE \"S\".mine (a integer);",
        "ALTER TABLE \"S\".wa_messages ADD COLUMN mine integer;",
        "DROP TABLE \"S\".wa_queue;",
        "CREATE INDEX mine ON \"S\".wa_messages (id);",
        "TRUNCATE \"S\".wa_messages;",
        "UPDATE \"S\".wa_schema SET watermark = 1;",
    ] {
        let error = psql(&app.connection_string, &ddl.replace("\"S\"", &format!("\"{}\"", server.schema)))
            .unwrap_err();
        assert!(error.contains("permission denied") || error.contains("must be owner"), "{ddl}: {error}");
    }

    // Each right that is missing is named, with its table.
    for line in
        rights_to_run.lines().filter(|line| !line.contains("ON SCHEMA") && !line.contains("wa_schema"))
    {
        let (rights_of, table) = line.split_once(" ON ").unwrap();
        let table = table.split(" TO ").next().unwrap();
        for right in rights_of.trim_start_matches("GRANT ").split(", ") {
            dba(&format!("REVOKE {right} ON {table} FROM {};", app.name)).unwrap();
            let (condition, text) = rights(&app.store()).unwrap();
            let plain = table.replace('"', "");
            assert!(text.contains(&format!("lacks rights: {right} on {plain}. ")), "{text}");
            let needed = match right {
                "DELETE" => plain.ends_with("wa_queue"),
                "UPDATE" => !plain.ends_with("wa_events"),
                _ => true,
            } && ![
                "wa_consumers",
                "wa_remembered",
                "wa_replayed",
                "wa_statuses",
                "wa_notices",
                "wa_dead_letters",
                "wa_aliases",
            ]
            .iter()
            .any(|name| plain.ends_with(name));
            assert_eq!(condition == Condition::Broken, needed, "{text}");
            dba(line).unwrap();
        }
    }
    dba(&format!("REVOKE SELECT ON \"{}\".wa_schema FROM {};", server.schema, app.name)).unwrap();
    let error = app.store().connect().unwrap().check().unwrap_err();
    assert!(error.message.contains("permission denied for table wa_schema"), "{error:?}");
}

/// Tables that another user made are handed over, so that they can be upgraded.
#[test]
fn tables_are_given_to_who_upgrades_them() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let (Some(owner), Some(app)) = (User::make(server), User::make(server)) else { return };
    bed.make(VERSION - 1);
    let scripts = scripts(server, &app, &owner, VERSION - 1);
    psql(&server.connection_string, &format!("GRANT ALL ON SCHEMA \"{}\" TO {};", server.schema, owner.name))
        .unwrap();
    assert!(owner.store().connect().unwrap().migrate(Migrate::Auto).is_err());
    psql(&server.connection_string, &scripts.rights_to_migrate.unwrap()).unwrap();
    owner.store().connect().unwrap().migrate(Migrate::Auto).unwrap();
    psql(&server.connection_string, &scripts.rights_to_run.unwrap()).unwrap();
    everything_works(&app.store());
}
