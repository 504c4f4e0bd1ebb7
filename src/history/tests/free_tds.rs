//! SQL Server through FreeTDS, where the server goes wrong: against a stand-in,
//! since a real one shows these faults seldom. What is asked of the store is
//! what a caller may conclude: is it stored, may it be repeated, must a person
//! act?

use super::bed::*;
use super::tds::{Does, Login, StandIn, text};
use crate::history::names::Names;
use crate::history::odbc::Odbc;
use crate::history::record::*;
use crate::history::store::{Migrate, Store, StoreError, StoreErrorKind};
use crate::history::writer::Writer;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use uuid::Uuid;

const PASSWORD: &str = "wa_pw_of_the_stand_in";

fn store(server: &StandIn) -> Odbc {
    let names = Names::new(Some("dbo"), "wa_");
    odbc_with(&server.connection_string(PASSWORD), names, Duration::from_secs(2))
        .with_statement_timeout(Duration::from_secs(2))
}

/// What the statements have in them by which a test knows them.
const RECORD: &str = r#"INSERT INTO "dbo"."wa_messages""#;
const EVENT: &str = "@events int";
const BEGIN: &str = "BEGIN TRANSACTION";
const COMMIT: &str = "COMMIT TRANSACTION";
const ROLL_BACK: &str = "ROLLBACK TRANSACTION";

/// A server that does what it is asked, for batches of one.
fn server() -> StandIn {
    let server = StandIn::start();
    server.always(COMMIT, text("1"));
    server.always(RECORD, done("1", Some("1")));
    server.always(EVENT, done("1", None));
    // What a writer asks of a database before it trusts it.
    server.always("SELECT database_id", text("0198c0de-0000-7000-8000-000000000001"));
    server.always("SELECT watermark", text("0"));
    server
}

/// The answer of a batch: done, and two counts.
fn done(first: &str, second: Option<&str>) -> Does {
    let texts = [Some("0"), Some(first), second, None, None];
    Does::Rows(vec![texts.map(|text| text.map(str::to_owned)).to_vec()])
}

fn record() -> Write {
    write_record(sending(message(), Uuid::now_v7()))
}

/// The error of what must fail. FreeTDS must be there: tests/setup.sh installs
/// it.
fn error_of<T>(result: Result<T, StoreError>) -> StoreError {
    let error = result.err().expect("the server went wrong, and nobody saw it");
    assert!(!error.message.contains("not installed"), "{}: install tdsodbc", error.message);
    assert!(!error.message.contains(PASSWORD), "{}", error.message);
    error
}

/// What becomes of a record when the server does this with a statement, and of
/// the same record on the same connection after it, unless that is given up.
fn fault(statement: &str, does: Does) -> (StoreError, Option<Written>, StandIn) {
    let server = server();
    let mut connection = store(&server).connect().unwrap();
    assert_eq!(connection.commit(&[record()]).unwrap(), [Written::Done], "{:?}", server.all_asked());
    server.once(statement, does);
    let record = [record()];
    let error = error_of(connection.commit(&record));
    let again = (!error.kind.is_lost()).then(|| connection.commit(&record).unwrap().remove(0));
    (error, again, server)
}

#[test]
fn a_refused_login_asks_for_a_person() {
    let server = StandIn::start();
    server.login(Login::Refused);
    let error = error_of(store(&server).connect());
    assert_eq!(error.kind, StoreErrorKind::Configuration, "{error:?}");
    assert!(error.message.contains("Login failed"), "{error:?}");
}

#[test]
fn a_server_that_hangs_up_in_the_login_is_away() {
    for login in [Login::HangUpAtOnce, Login::HangUpAtPassword] {
        let server = StandIn::start();
        server.login(login);
        let error = error_of(store(&server).connect());
        assert_eq!(error.kind, StoreErrorKind::Away, "{login:?}: {error:?}");
    }
}

#[test]
fn a_mute_server_is_given_up_at_the_login_timeout() {
    let server = StandIn::start();
    server.login(Login::Mute);
    let begun = Instant::now();
    let error = error_of(store(&server).connect());
    assert_eq!(error.kind, StoreErrorKind::Away, "{error:?}");
    let took = begun.elapsed();
    assert!((Duration::from_secs(1)..Duration::from_secs(8)).contains(&took), "{took:?}");
}

/// What the server says means the same in whichever statement it says it.
#[test]
fn errors_of_a_statement_are_told_apart() {
    for (number, class, kind) in [
        (1205, 13, StoreErrorKind::Retry),
        (1222, 16, StoreErrorKind::Retry),
        (3960, 16, StoreErrorKind::Retry),
        (2627, 14, StoreErrorKind::Retry),
        (2628, 16, StoreErrorKind::Data),
        (8152, 16, StoreErrorKind::Data),
        (208, 16, StoreErrorKind::Schema),
        (229, 14, StoreErrorKind::Configuration),
        (9002, 17, StoreErrorKind::Away),
        (1105, 17, StoreErrorKind::Away),
        (40613, 17, StoreErrorKind::Away),
        (6005, 20, StoreErrorKind::Away),
        (596, 21, StoreErrorKind::Away),
    ] {
        let (error, again, server) = fault(RECORD, Does::Error(number, class, "the words of the server"));
        assert_eq!(error.kind, kind, "{number}: {error:?}");
        assert!(error.message.contains("the words of the server"), "{number}: {error:?}");
        // What went wrong is not committed; the one before it is, and the one after it.
        assert_eq!(server.asked(COMMIT), if again.is_some() { 2 } else { 1 }, "{number}");
    }
}

#[test]
fn the_victim_of_a_deadlock_goes_on_with_its_connection() {
    let (error, again, server) = fault(RECORD, Does::Error(1205, 13, "deadlocked and chosen as the victim"));
    assert_eq!(error.kind, StoreErrorKind::Retry, "{error:?}");
    assert_eq!(again, Some(Written::Done));
    // Begun three times, taken back once, and committed twice.
    assert_eq!([BEGIN, ROLL_BACK, COMMIT].map(|text| server.asked(text)), [3, 1, 2]);
}

#[test]
fn the_victim_of_a_deadlock_is_repeated_until_it_is_stored() {
    let server = server();
    (0..3).for_each(|_| server.once(RECORD, Does::Error(1205, 13, "deadlocked and chosen as the victim")));
    let writer = Writer::start(Arc::new(store(&server)), Migrate::Off, Arc::new(|_| {})).unwrap();
    let (sender, receiver) = channel();
    writer.write(record(), Box::new(move |result| sender.send(result).unwrap()));
    let written = receiver.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(written.unwrap(), Written::Done);
    assert_eq!(server.asked(COMMIT), 1);
    writer.stop(Instant::now() + Duration::from_secs(5));
}

#[test]
fn a_connection_that_is_cut_in_a_statement_is_away() {
    for statement in [BEGIN, RECORD] {
        let (error, _, server) = fault(statement, Does::HangUp);
        assert_eq!(error.kind, StoreErrorKind::Away, "{statement}: {error:?}");
        assert_eq!(server.asked(COMMIT), 1, "{statement}");
    }
}

#[test]
fn a_server_that_goes_mute_in_a_statement_is_given_up() {
    let begun = Instant::now();
    let (error, _, server) = fault(RECORD, Does::Mute);
    assert_eq!(error.kind, StoreErrorKind::Away, "{error:?}");
    assert_eq!(server.asked(COMMIT), 1);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// The record may be stored or not: it is neither told as stored nor as lost.
#[test]
fn a_commit_without_an_answer_is_in_doubt() {
    for does in [
        Does::HangUp,
        Does::Mute,
        Does::Error(6005, 20, "SHUTDOWN is in progress"),
        Does::Error(3902, 16, "no corresponding BEGIN TRANSACTION"),
        // Done, without the row that proves it.
        Does::Rows(Vec::new()),
    ] {
        let (error, _, _) = fault(COMMIT, does.clone());
        assert_eq!(error.kind, StoreErrorKind::InDoubt, "{does:?}: {error:?}");
    }
}

/// FreeTDS reports failed rows as stored, and so may others: what is counted
/// is what the server says that it did, and where that is not all, nothing is
/// committed.
#[test]
fn a_count_that_lies_is_found_out() {
    for lie in [done("0", Some("0")), done("1", Some("0")), done("2", Some("2")), Does::Rows(Vec::new())] {
        let (error, again, server) = fault(RECORD, lie.clone());
        assert_eq!((error.kind, again), (StoreErrorKind::Retry, Some(Written::Done)), "{lie:?}: {error:?}");
        assert_eq!((server.asked(ROLL_BACK), server.asked(COMMIT)), (1, 2), "{lie:?}");
    }
    for lie in [done("0", None), Does::Rows(Vec::new())] {
        let server = server();
        let mut connection = store(&server).connect().unwrap();
        server.once(EVENT, lie.clone());
        let event = Write::Event(Box::new(event("warning", None, "of nothing")));
        let error = error_of(connection.commit(&[event]));
        assert_eq!(error.kind, StoreErrorKind::Away, "{lie:?}: {error:?}");
        assert_eq!(server.asked(COMMIT), 0, "{lie:?}");
    }
}
