//! Servers that go silent in the middle of something, while their connections
//! stay: a stopped process whose kernel goes on answering.

use super::bed::*;
use super::proxy::{Cut, Proxy, through, value_of};
use crate::history::bounded::Bounded;
use crate::history::record::*;
use crate::history::store::{Connection, Migrate, Store, StoreErrorKind, Worker};
use crate::history::writer::Writer;
use crate::message::State;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use uuid::Uuid;

struct Rig {
    bed: Bed,
    proxy: Proxy,
    store: Arc<Bounded>,
    told: Arc<Mutex<Vec<String>>>,
}

impl Rig {
    fn new() -> Option<Rig> {
        let bed = Bed::postgres()?;
        bed.connect();
        let server = bed.server();
        let proxy = Proxy::start(value_of(&server.connection_string, "Port").parse().unwrap());
        let real = odbc(&through(&server.connection_string, proxy.port), &server.schema);
        let real = Arc::new(real.with_statement_timeout(Duration::from_secs(2)));
        let told = Arc::new(Mutex::new(Vec::new()));
        let tells = Arc::clone(&told);
        let tell = Box::new(move |text: &str| tells.lock().unwrap().push(text.to_owned()));
        let store = Arc::new(Bounded::new(real, Duration::from_secs(3), tell));
        Some(Rig { bed, proxy, store, told })
    }

    fn told(&self) -> usize {
        self.told.lock().unwrap().len()
    }

    fn until_all_are_back(&self) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.store.left_behind() > 0 {
            assert!(Instant::now() < deadline, "the threads do not come back");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn a_silent_server_is_given_up_and_its_batch_is_replayed() {
    let Some(rig) = Rig::new() else { return };
    let writer = Writer::start(Arc::clone(&rig.store) as _, Migrate::Check, Arc::new(|_| {})).unwrap();
    let write = |write: Write| {
        let (sender, receiver) = channel();
        writer.write(write, Box::new(move |result| sender.send(result).unwrap()));
        receiver.recv_timeout(Duration::from_secs(30)).unwrap().unwrap()
    };
    let record = referenced(sending(message(), Uuid::now_v7()), "r", "p");
    let id = record.message.id;
    // Silent in the middle: the COMMIT arrives when its client has given up.
    write(Write::Event(Box::new(event("warning", None, "connected"))));
    rig.proxy.cut_commit(Cut::Hold);
    assert_eq!(write(write_record(record)), Written::Done);
    assert_eq!(rig.told(), 1);
    rig.proxy.hold();
    assert_eq!(write(write_settlement(accepted(id))), Written::Done);
    assert_eq!(rig.told(), 2);
    rig.proxy.let_go();
    rig.until_all_are_back();
    let row = rig.bed.connect().find(id).unwrap().unwrap();
    assert_eq!((row.message.state, row.attempts.len()), (State::Accepted, 1));
    writer.stop(Instant::now() + Duration::from_secs(5));
    while !writer.ended() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Nobody else would ever take what a lost claim took.
#[test]
fn a_claim_that_was_given_up_is_read_again() {
    let Some(rig) = Rig::new() else { return };
    let worker = Worker {
        id: Uuid::new_v4(),
        account_key: ACCOUNT.into(),
        lease: Duration::from_secs(60),
        host: "here".into(),
    };
    let mut direct = rig.bed.connect();
    let record = queued(message(), None);
    let id = record.message.id;
    one(direct.as_mut(), write_record(record));
    let mut connection = rig.store.connect().unwrap();
    connection.renew(&worker).unwrap();
    // Once, so that the statement is prepared: what is held then is the claim.
    let mut other = worker.clone();
    other.account_key = "nobody".into();
    connection.claim(&other, 1).unwrap();
    rig.proxy.hold_answers();
    assert_eq!(connection.claim(&worker, 1).err().unwrap().kind, StoreErrorKind::Away);
    assert!(connection.renew(&worker).is_err(), "it is given up for good");
    let claimed = rig.store.connect().unwrap().claim(&worker, 1).unwrap();
    assert_eq!(claimed.iter().map(|one| one.message.id).collect::<Vec<_>>(), [id]);
    rig.proxy.let_go();
    rig.until_all_are_back();
    assert!(rig.store.connect().unwrap().claim(&worker, 1).unwrap().is_empty());
}

#[test]
fn while_too_many_threads_are_left_behind_nothing_new_is_tried() {
    let Some(rig) = Rig::new() else { return };
    let mut connections: Vec<Box<dyn Connection>> =
        (0..crate::history::bounded::MOST_LEFT_BEHIND).map(|_| rig.store.connect().unwrap()).collect();
    rig.proxy.hold();
    rig.store.end_by(Instant::now());
    for connection in &mut connections {
        assert_eq!(connection.find(Uuid::now_v7()).err().unwrap().kind, StoreErrorKind::Away);
    }
    let begun = Instant::now();
    let error = rig.store.connect().err().unwrap();
    assert!(error.kind == StoreErrorKind::Away && error.message.contains("given up"), "{error:?}");
    assert!(begun.elapsed() < Duration::from_secs(1), "it is not even tried");
    rig.proxy.let_go();
    rig.until_all_are_back();
    assert!(rig.store.connect().is_ok());
}
