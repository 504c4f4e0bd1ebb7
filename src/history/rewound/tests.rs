//! A dump of an earlier moment is restored in PostgreSQL.

use super::*;
use crate::history::store::Worker;
use crate::history::tests::bed::*;
use crate::history::tests::proxy::value_of;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

fn told(message: &MessageRow) -> crate::history::record::EventRow {
    event("message", Some(message.id), "{}")
}

fn program(name: &str, connection_string: &str) -> Command {
    let value = |key| value_of(connection_string, key).to_owned();
    let mut command = Command::new(name);
    command.args([
        "-h",
        &value("Server"),
        "-p",
        &value("Port"),
        "-U",
        &value("Uid"),
        "-d",
        &value("Database"),
    ]);
    command.env("PGPASSWORD", value("Pwd"));
    command
}

fn dump(server: &Server) -> Vec<u8> {
    let dumped = program("pg_dump", &server.connection_string).args(["-n", &server.schema]).output().unwrap();
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    dumped.stdout
}

fn restore(server: &Server, dump: &[u8]) {
    server.sql(&format!("DROP SCHEMA {} CASCADE", server.schema));
    let mut psql = program("psql", &server.connection_string)
        .args(["-q", "-X", "-v", "ON_ERROR_STOP=1"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    psql.stdin.take().unwrap().write_all(dump).unwrap();
    assert!(psql.wait().unwrap().success());
}

#[test]
fn a_restored_dump_is_noticed_and_what_it_holds_ends_as_unknown() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server.as_ref().unwrap();
    let worker = Worker {
        id: Uuid::new_v4(),
        account_key: ACCOUNT.into(),
        lease: Duration::from_secs(30),
        host: String::new(),
    };
    let guard = Guard::new(worker.id, None, told, Kept::Masked);
    let mut connection = bed.connect();
    guard.look(connection.as_mut()).unwrap();
    let renew = |connection: &mut dyn Connection| {
        connection.renew(&worker)?;
        guard.mark(connection)
    };
    renew(connection.as_mut()).unwrap();
    let waits = queued(message(), Some(worker.id));
    let under_way = sending(message(), worker.id);
    let ids = [waits.message.id, under_way.message.id];
    one(connection.as_mut(), write_record(waits));
    one(connection.as_mut(), write_record(under_way));
    let backup = dump(server);
    for id in ids {
        one(connection.as_mut(), write_settlement(Settlement { owner: Some(worker.id), ..accepted(id) }));
    }
    renew(connection.as_mut()).unwrap();
    drop(connection);
    restore(server, &backup);

    let mut connection = bed.connect();
    let refused = guard.look(connection.as_mut()).unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Rewound);
    assert_eq!(refused.to_error().status, Status::DatabaseRewound);
    // One that did not look at once notices by its next renewal.
    let late = Guard::new(worker.id, None, told, Kept::Masked);
    late.known.lock().unwrap().seen = guard.known.lock().unwrap().seen.clone();
    connection.renew(&worker).unwrap();
    assert_eq!(late.mark(connection.as_mut()).unwrap_err().kind, StoreErrorKind::Rewound);

    let (reply, answer) = std::sync::mpsc::sync_channel(1);
    guard.order(Policy::Unknown, Box::new(move |done| reply.send(done).unwrap()));
    guard.look(connection.as_mut()).unwrap();
    assert_eq!(answer.recv().unwrap().unwrap(), Recovered { rewound: true, unknown: 2 });
    for id in ids {
        let row = connection.find(id).unwrap().unwrap().message;
        assert_eq!(row.state, State::Unknown);
        assert!(crate::history::outcome_of(&row).r#final);
    }
    let left = server.sql(&format!("SELECT count(*) FROM {}.wa_queue", server.schema));
    assert_eq!(left[0][0].as_deref(), Some("0"));
    renew(connection.as_mut()).unwrap();
    // Another one that had seen the later days learns of the decision.
    late.look(connection.as_mut()).unwrap();
}

/// Its worker may be alive and have nothing to do with it any more.
#[test]
fn what_is_to_be_sent_after_a_recovery_is_anybodys() {
    for bed in std::iter::once(Bed::sqlite()).chain(Bed::postgres()) {
        let mut connection = bed.connect();
        let worker = |host: &str| Worker {
            id: Uuid::new_v4(),
            account_key: ACCOUNT.into(),
            lease: Duration::from_secs(30),
            host: host.into(),
        };
        let (holder, other) = (worker("a"), worker("b"));
        connection.renew(&holder).unwrap();
        connection.renew(&other).unwrap();
        one(connection.as_mut(), write_record(queued(message(), Some(holder.id))));
        one(connection.as_mut(), write_record(sending(message(), holder.id)));
        let guard = Guard::new(other.id, None, told, Kept::Masked);
        let recovered = guard.recover(connection.as_mut(), Policy::Send, 0).unwrap();
        assert_eq!(recovered, Recovered { rewound: true, unknown: 0 });
        assert_eq!(connection.claim(&other, 10).unwrap().len(), 2);
    }
}

/// Its worker lives, and knows nothing of it any more: it has ended there.
#[test]
fn an_unknown_end_is_looked_after_again_after_a_recovery() {
    for bed in std::iter::once(Bed::sqlite()).chain(Bed::postgres()) {
        let mut connection = bed.connect();
        let worker = |host: &str| Worker {
            id: Uuid::new_v4(),
            account_key: ACCOUNT.into(),
            lease: Duration::from_secs(30),
            host: host.into(),
        };
        let (holder, other) = (worker("a"), worker("b"));
        connection.renew(&holder).unwrap();
        connection.renew(&other).unwrap();
        let record = queued(message(), Some(holder.id));
        let id = record.message.id;
        let place = QueueRow { state: State::Unknown, attempt: 1, ..record.queue.clone().unwrap() };
        one(connection.as_mut(), write_record(record));
        let looked_after = Settlement {
            owner: Some(holder.id),
            state: State::Unknown,
            provider_message_id: None,
            attempt: None,
            queue: Some(place),
            ..accepted(id)
        };
        one(connection.as_mut(), write_settlement(looked_after));
        assert!(connection.take_over(&other, Duration::ZERO, 10).unwrap().is_empty());
        let guard = Guard::new(other.id, None, told, Kept::Masked);
        guard.recover(connection.as_mut(), Policy::Unknown, 0).unwrap();
        let taken = connection.take_over(&other, Duration::ZERO, 10).unwrap();
        assert_eq!(
            taken.iter().map(|taken| taken.message.id).collect::<Vec<_>>(),
            [id],
            "{}",
            bed.store.name()
        );
        assert_eq!(taken[0].message.state, State::Unknown);
    }
}

/// A copy for trying things out, and a second database, beside the one that
/// counts: each client of them keeps what it has seen in one folder.
#[test]
fn databases_that_share_a_folder_are_told_apart() {
    let memory = tempfile::tempdir().unwrap();
    let (bed, second) = (Bed::sqlite(), Bed::sqlite());
    let copies = tempfile::tempdir().unwrap();
    let copied = |name: &str| {
        let copy = copies.path().join(name);
        let sql = rusqlite::Connection::open(bed._folder.as_ref().unwrap().path().join("wa.db")).unwrap();
        sql.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
        copy
    };
    let opened = |copy: std::path::PathBuf| {
        let names = crate::history::names::Names::new(None, "wa_");
        crate::history::store::Store::connect(&crate::history::embedded::Sqlite::new(copy, names)).unwrap()
    };
    let worker = || Worker {
        id: Uuid::new_v4(),
        account_key: ACCOUNT.into(),
        lease: Duration::from_secs(30),
        host: String::new(),
    };
    // A process begins, and looks.
    let begins = |connection: &mut dyn Connection, place: &str| {
        let worker = worker();
        let guard = remembering(worker.id, memory.path(), place);
        (guard.look(connection).map_err(|error| error.kind), guard, worker)
    };
    let renews = |connection: &mut dyn Connection, guard: &Guard, worker: &Worker| {
        connection.renew(worker).unwrap();
        guard.mark(connection).unwrap();
    };
    let mut production = bed.connect();
    let (looked, guard, worker) = begins(production.as_mut(), "production");
    looked.unwrap();
    renews(production.as_mut(), &guard, &worker);
    let (for_trials, backup, moved) = (copied("trials"), copied("backup"), copied("moved"));
    renews(production.as_mut(), &guard, &worker);

    // What the copy holds as queued may have been sent by the other since.
    let mut copy = opened(for_trials);
    let (looked, guard, worker) = begins(copy.as_mut(), "trials");
    assert_eq!(looked, Err(StoreErrorKind::Rewound));
    guard.order(Policy::Unknown, Box::new(|_| {}));
    guard.look(copy.as_mut()).unwrap();
    renews(copy.as_mut(), &guard, &worker);
    begins(copy.as_mut(), "trials").0.unwrap();
    begins(production.as_mut(), "production").0.expect("the copy says nothing of it");
    let mut other = second.connect();
    let (looked, guard, worker) = begins(other.as_mut(), "second");
    looked.unwrap();
    renews(other.as_mut(), &guard, &worker);

    // For neither of them the database that counts is suspected.
    begins(production.as_mut(), "production").0.unwrap();
    // That one went back is noticed all the same: where it was, and elsewhere.
    for (copy, place) in [(backup, "production"), (moved, "another server")] {
        assert_eq!(begins(opened(copy).as_mut(), place).0, Err(StoreErrorKind::Rewound), "{place}");
    }
    begins(other.as_mut(), "second").0.unwrap();
}

/// An earlier version kept one file for all.
#[test]
fn what_an_earlier_version_remembered_counts() {
    let memory = tempfile::tempdir().unwrap();
    let (bed, other) = (Bed::sqlite(), Bed::sqlite());
    let mut connection = bed.connect();
    let seen = serde_json::json!({
        "database": connection.identity().unwrap(), "worker": Uuid::new_v4(), "renewals": 7, "decision": 0,
    });
    std::fs::write(memory.path().join("database.seen"), seen.to_string()).unwrap();
    let guard = || remembering(Uuid::new_v4(), memory.path(), "production");
    assert_eq!(guard().look(connection.as_mut()).unwrap_err().kind, StoreErrorKind::Rewound);
    guard().look(other.connect().as_mut()).unwrap();
}

fn remembering(worker: Uuid, folder: &std::path::Path, place: &str) -> Guard {
    Guard::new(worker, Some(LastSeen::new(folder.to_owned(), place)), told, Kept::Masked)
}
