//! The writer, on stores that fail when the test says so.

use super::Writer;
use crate::history::Migrate;
use crate::history::query::Row;
use crate::history::query::{EventPage, EventQuery, Query};
use crate::history::record::*;
use crate::history::store::{
    Connection, Memorandum, Store, StoreError, StoreErrorKind, StoreResult, Work, Worker,
};
use crate::history::tests::bed::*;
use crate::history::tests::proxy::{Cut, Proxy, through, value_of};
use crate::message::State;
use crate::message::clock::Millis;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A store whose faults the test chooses, before a real one.
struct Faulty {
    real: Arc<dyn Store>,
    faults: Arc<Faults>,
}

#[derive(Default)]
struct Faults {
    /// No connection opens, and those that are open fail.
    away: AtomicBool,
    /// Connections open, and no commit goes well: the disk is full.
    full: AtomicBool,
    /// The same, but for events, which are small.
    full_of_records: AtomicBool,
    /// How many connections were opened.
    connects: AtomicUsize,
    /// A recipient that can never be stored.
    misfit: Mutex<Option<String>>,
    /// Words that can never be stored.
    misfit_words: Mutex<Option<String>>,
    /// Commits that do what they should and say that they were lost.
    ambiguous: AtomicUsize,
    /// After such a commit the database is away.
    then_away: AtomicBool,
    /// How many writes each commit had.
    sizes: Mutex<Vec<usize>>,
    /// Held while a commit is to be kept waiting.
    gate: Mutex<()>,
    /// How many commits came to the gate.
    came: AtomicUsize,
}

impl Faults {
    fn check(&self) -> StoreResult<()> {
        if self.away.load(Ordering::SeqCst) {
            return Err(StoreError::new(StoreErrorKind::Away, "away by the test's wish"));
        }
        Ok(())
    }
}

impl Store for Faulty {
    fn connect(&self) -> StoreResult<Box<dyn Connection>> {
        self.faults.check()?;
        self.faults.connects.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(FaultyConnection { real: self.real.connect()?, faults: Arc::clone(&self.faults) }))
    }
    fn name(&self) -> &'static str {
        self.real.name()
    }
}

struct FaultyConnection {
    real: Box<dyn Connection>,
    faults: Arc<Faults>,
}

impl Connection for FaultyConnection {
    fn migrate(&mut self, how: Migrate) -> StoreResult<()> {
        self.real.migrate(how)
    }
    fn commit(&mut self, writes: &[Write]) -> StoreResult<Vec<Written>> {
        self.faults.came.fetch_add(1, Ordering::SeqCst);
        drop(self.faults.gate.lock().unwrap());
        self.faults.check()?;
        let small = writes.iter().all(|write| matches!(write, Write::Event(_)));
        if self.faults.full.load(Ordering::SeqCst)
            || self.faults.full_of_records.load(Ordering::SeqCst) && !small
        {
            return Err(StoreError::new(StoreErrorKind::Away, "database or disk is full"));
        }
        self.faults.sizes.lock().unwrap().push(writes.len());
        if let Some(misfit) = &*self.faults.misfit.lock().unwrap()
            && writes.iter().any(|w| matches!(w, Write::Record(r) if r.message.recipient == *misfit))
        {
            return Err(StoreError::new(StoreErrorKind::Data, "too long by the test's wish"));
        }
        if let Some(misfit) = &*self.faults.misfit_words.lock().unwrap()
            && writes.iter().any(|write| format!("{write:?}").contains(misfit))
        {
            return Err(StoreError::new(StoreErrorKind::Data, "no such letter by the test's wish"));
        }
        let written = self.real.commit(writes)?;
        let ambiguous = &self.faults.ambiguous;
        if ambiguous.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            self.faults.away.store(self.faults.then_away.load(Ordering::SeqCst), Ordering::SeqCst);
            return Err(StoreError::new(StoreErrorKind::InDoubt, "lost by the test's wish"));
        }
        Ok(written)
    }
    fn identity(&mut self) -> StoreResult<Uuid> {
        self.real.identity()
    }
    fn replay(
        &mut self,
        part: &crate::history::replay::Part,
    ) -> StoreResult<crate::history::replay::Replayed> {
        self.faults.check()?;
        self.real.replay(part)
    }
    fn marks(&mut self, worker: Uuid) -> StoreResult<crate::history::marks::Marks> {
        self.real.marks(worker)
    }
    fn mark(&mut self, worker: Uuid) -> StoreResult<crate::history::marks::Marks> {
        self.real.mark(worker)
    }
    fn decide(&mut self, decision: i64) -> StoreResult<()> {
        self.real.decide(decision)
    }
    fn renew(&mut self, worker: &Worker) -> StoreResult<()> {
        self.real.renew(worker)
    }
    fn release(&mut self, worker: Uuid) -> StoreResult<()> {
        self.real.release(worker)
    }
    fn claim(&mut self, worker: &Worker, most: usize) -> StoreResult<Vec<Claimed>> {
        self.real.claim(worker, most)
    }
    fn take_over(&mut self, worker: &Worker, grace: Duration, most: usize) -> StoreResult<Vec<Claimed>> {
        self.real.take_over(worker, grace, most)
    }
    fn find(&mut self, id: Uuid) -> StoreResult<Option<Row>> {
        self.real.find(id)
    }
    fn page(&mut self, query: &Query) -> StoreResult<Vec<Row>> {
        self.real.page(query)
    }
    fn plain(&mut self, work: Work) -> StoreResult<()> {
        self.real.plain(work)
    }
    fn others_open(&mut self, recipient: &str, except: Uuid) -> StoreResult<i64> {
        self.real.others_open(recipient, except)
    }
    fn owned(&mut self, ids: &[String]) -> StoreResult<HashSet<String>> {
        self.real.owned(ids)
    }
    fn age(&mut self, id: Uuid) -> StoreResult<Option<i64>> {
        self.real.age(id)
    }
    fn events(&mut self, query: &EventQuery) -> StoreResult<EventPage> {
        self.real.events(query)
    }
    fn acknowledged(&mut self, account_key: &str, consumer: &str) -> StoreResult<Option<String>> {
        self.real.acknowledged(account_key, consumer)
    }
    fn acknowledge(&mut self, account_key: &str, consumer: &str, cursor: &str) -> StoreResult<()> {
        self.real.acknowledge(account_key, consumer, cursor)
    }
    fn recall(&mut self, account_key: &str, key: &str, now: Millis) -> StoreResult<Option<String>> {
        self.real.recall(account_key, key, now)
    }
    fn remember(&mut self, account_key: &str, memory: &Memorandum) -> StoreResult<()> {
        self.real.remember(account_key, memory)
    }
    fn describe(&mut self) -> StoreResult<String> {
        self.real.describe()
    }
    fn check(&mut self) -> StoreResult<Vec<crate::history::Finding>> {
        self.real.check()
    }
}

/// Waits for something that the writer's thread does.
#[track_caller]
fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(30), "never: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

struct Rig {
    bed: Bed,
    faults: Arc<Faults>,
    writer: Writer,
    health: Arc<Mutex<Vec<bool>>>,
}

impl Rig {
    fn new(bed: Bed) -> Rig {
        let faults = Arc::new(Faults::default());
        let store = Arc::new(Faulty { real: Arc::clone(&bed.store), faults: Arc::clone(&faults) });
        let health = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&health);
        let health_of = Arc::new(move |now: Result<(), &StoreError>| told.lock().unwrap().push(now.is_ok()));
        let writer = Writer::start(store, Migrate::Auto, health_of).unwrap();
        let rig = Rig { bed, faults, writer, health };
        rig.answer(rig.write(Write::Event(Box::new(event("warning", None, "the tables are there")))))
            .unwrap();
        rig
    }

    fn write(&self, write: Write) -> Receiver<StoreResult<Written>> {
        let (sender, receiver) = channel();
        self.writer.write(write, Box::new(move |result| sender.send(result).unwrap()));
        receiver
    }

    /// The same, and the writer has taken it and waits before the gate.
    fn write_at_the_gate(&self, write: Write) -> Receiver<StoreResult<Written>> {
        let before = self.faults.came.load(Ordering::SeqCst);
        let receiver = self.write(write);
        until("it comes to the gate", || self.faults.came.load(Ordering::SeqCst) > before);
        receiver
    }

    fn answer(&self, receiver: Receiver<StoreResult<Written>>) -> StoreResult<Written> {
        receiver.recv_timeout(Duration::from_secs(30)).unwrap()
    }

    fn state(&self, id: Uuid) -> Option<State> {
        self.bed.connect().find(id).unwrap().map(|row| row.message.state)
    }
}

#[test]
fn what_waits_goes_into_one_transaction() {
    let rig = Rig::new(Bed::sqlite());
    rig.faults.sizes.lock().unwrap().clear();
    let gate = rig.faults.gate.lock().unwrap();
    let first = rig.write_at_the_gate(write_record(queued(message(), None)));
    let rest: Vec<_> = (0..64).map(|_| rig.write(write_record(queued(message(), None)))).collect();
    drop(gate);
    assert_eq!(rig.answer(first).unwrap(), Written::Done);
    for receiver in rest {
        assert_eq!(rig.answer(receiver).unwrap(), Written::Done);
    }
    assert_eq!(*rig.faults.sizes.lock().unwrap(), [1, 64]);
}

#[test]
fn one_message_keeps_its_order() {
    let rig = Rig::new(Bed::sqlite());
    let own = Uuid::now_v7();
    rig.faults.sizes.lock().unwrap().clear();
    let gate = rig.faults.gate.lock().unwrap();
    let first = rig.write_at_the_gate(Write::Event(Box::new(event("warning", None, "first"))));
    let record = queued(message(), Some(own));
    let id = record.message.id;
    let writes = [
        write_record(record),
        Write::Intent(intent(id, own, 1)),
        write_settlement(accepted(id)),
        write_record(queued(message(), None)),
    ];
    let receivers: Vec<_> = writes.into_iter().map(|write| rig.write(write)).collect();
    drop(gate);
    rig.answer(first).unwrap();
    for receiver in receivers {
        assert_eq!(rig.answer(receiver).unwrap(), Written::Done);
    }
    assert_eq!(rig.state(id), Some(State::Accepted));
    assert_eq!(*rig.faults.sizes.lock().unwrap(), [1, 2, 1, 1]);
}

#[test]
fn while_away_records_are_refused_and_ends_are_kept() {
    let rig = Rig::new(Bed::sqlite());
    let own = Uuid::now_v7();
    let record = sending(message(), own);
    let id = record.message.id;
    assert_eq!(rig.answer(rig.write(write_record(record))).unwrap(), Written::Done);
    rig.faults.away.store(true, Ordering::SeqCst);
    let end = rig.write(write_settlement(accepted(id)));
    let refused = queued(message(), Some(own));
    let refused_id = refused.message.id;
    let error = rig.answer(rig.write(write_record(refused))).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Away);
    assert!(rig.answer(rig.write(Write::Intent(intent(id, own, 2)))).is_err());
    assert!(end.recv_timeout(Duration::from_millis(300)).is_err(), "the end waits for the database");
    rig.faults.away.store(false, Ordering::SeqCst);
    assert_eq!(rig.answer(end).unwrap(), Written::Done);
    assert_eq!(rig.state(id), Some(State::Accepted));
    assert_eq!(rig.state(refused_id), None);
    assert_eq!(*rig.health.lock().unwrap(), [false, true]);
}

#[test]
fn a_full_disk_is_away_and_is_not_tried_again_and_again() {
    for bed in Bed::every() {
        let rig = Rig::new(bed);
        let own = Uuid::now_v7();
        let record = sending(message(), own);
        let id = record.message.id;
        rig.answer(rig.write(write_record(record))).unwrap();
        rig.faults.full.store(true, Ordering::SeqCst);
        let before = rig.faults.connects.load(Ordering::SeqCst);
        let end = rig.write(write_settlement(accepted(id)));
        let error = rig.answer(rig.write(write_record(queued(message(), Some(own))))).unwrap_err();
        assert!(error.kind == StoreErrorKind::Away && error.message.contains("full"), "{error:?}");
        assert!(end.recv_timeout(Duration::from_secs(1)).is_err(), "the end waits");
        let tried = rig.faults.connects.load(Ordering::SeqCst) - before;
        // At once at first, then after pauses that grow.
        assert!((1..=12).contains(&tried), "{tried} connections in a second");
        assert_eq!(*rig.health.lock().unwrap(), [false], "said once");
        rig.faults.full.store(false, Ordering::SeqCst);
        assert_eq!(rig.answer(end).unwrap(), Written::Done);
        assert_eq!(*rig.health.lock().unwrap(), [false, true]);
    }
}

/// The news that the database is away finds room there, and must not make it
/// count as mended.
#[test]
fn a_disk_with_room_for_news_alone_is_not_tried_again_and_again() {
    for bed in Bed::every() {
        let rig = Rig::new(bed);
        rig.faults.full_of_records.store(true, Ordering::SeqCst);
        let before = rig.faults.connects.load(Ordering::SeqCst);
        let began = Instant::now();
        let mut rounds = 0;
        while began.elapsed() < Duration::from_secs(2) {
            rig.answer(rig.write(write_record(queued(message(), None)))).unwrap_err();
            let news = rig.write(Write::Event(Box::new(event("database", None, "it is away"))));
            rig.answer(news).unwrap();
            rounds += 1;
        }
        let tried = rig.faults.connects.load(Ordering::SeqCst) - before;
        assert!((1..=12).contains(&tried), "{tried} connections in two seconds, {rounds} rounds");
        rig.faults.full_of_records.store(false, Ordering::SeqCst);
        let began = Instant::now();
        while rig.answer(rig.write(write_record(queued(message(), None)))).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "it is never back");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(rig.health.lock().unwrap().last(), Some(&true));
    }
}

/// Records it in a commit of which nobody can know, before the database is
/// away; nobody is told anything before it is back.
fn recorded_in_doubt(rig: &Rig, record: Record) -> StoreResult<Written> {
    rig.faults.ambiguous.store(1, Ordering::SeqCst);
    rig.faults.then_away.store(true, Ordering::SeqCst);
    let answer = rig.write(write_record(record));
    until("the commit was lost", || rig.faults.away.load(Ordering::SeqCst));
    assert!(answer.recv_timeout(Duration::from_millis(200)).is_err(), "told what nobody knows");
    rig.faults.away.store(false, Ordering::SeqCst);
    rig.answer(answer)
}

#[test]
fn a_record_in_doubt_is_known_when_the_database_is_back() {
    for bed in Bed::every() {
        let rig = Rig::new(bed);
        let own = Uuid::now_v7();
        for (record, state) in
            [(sending(message(), own), State::Sending), (queued(message(), Some(own)), State::Queued)]
        {
            let id = record.message.id;
            assert_eq!(recorded_in_doubt(&rig, record).unwrap(), Written::Done);
            assert_eq!(rig.state(id), Some(state));
            let written = rig.answer(rig.write(Write::Intent(intent(id, own, 1)))).unwrap();
            assert_eq!(written, Written::Done);
        }
    }
}

/// While nobody knew, another worker took it over: it is not this one's to send.
#[test]
fn a_record_in_doubt_may_be_somebody_elses_by_then() {
    for bed in Bed::every() {
        let rig = Rig::new(bed);
        let (own, heir) = (Uuid::now_v7(), Uuid::now_v7());
        rig.faults.ambiguous.store(1, Ordering::SeqCst);
        rig.faults.then_away.store(true, Ordering::SeqCst);
        let answer = rig.write(write_record(sending(message(), own)));
        until("the commit was lost", || rig.faults.away.load(Ordering::SeqCst));
        assert!(answer.recv_timeout(Duration::from_millis(200)).is_err());
        rig.bed.change("queue", &format!("worker = '{heir}'"));
        rig.faults.away.store(false, Ordering::SeqCst);
        assert_eq!(rig.answer(answer).unwrap(), Written::NotThere);
    }
}

#[test]
fn a_record_in_doubt_does_not_touch_the_message_that_has_its_id() {
    for bed in Bed::every() {
        let rig = Rig::new(bed);
        let record = sending(message(), Uuid::now_v7());
        let id = record.message.id;
        rig.answer(rig.write(write_record(record.clone()))).unwrap();
        rig.answer(rig.write(write_settlement(accepted(id)))).unwrap();
        let mut again = record;
        again.message.nonce = message().nonce;
        assert_eq!(recorded_in_doubt(&rig, again).unwrap(), Written::IdTaken);
        assert_eq!(rig.state(id), Some(State::Accepted));
    }
}

/// The link is cut after COMMIT was sent, and then the server is away.
#[test]
fn a_commit_that_was_cut_is_neither_believed_nor_refused() {
    for cut in [Cut::Before, Cut::BeforeAnswer] {
        let Some(bed) = Bed::postgres() else { return };
        let server = bed.server();
        let proxy = Proxy::start(value_of(&server.connection_string, "Port").parse().unwrap());
        let store = odbc(&through(&server.connection_string, proxy.port), &server.schema);
        let rig = Rig::new(Bed { store: Arc::new(store), server: None, _folder: None });
        let own = Uuid::now_v7();
        proxy.cut_commit_and_refuse(cut);
        let record = sending(message(), own);
        let id = record.message.id;
        let answer = rig.write(write_record(record));
        until("the commit is cut", || proxy.cuts() == 1);
        assert!(answer.recv_timeout(Duration::from_millis(500)).is_err(), "{cut:?}: told what nobody knows");
        assert_eq!(proxy.cuts(), 1, "{cut:?}");
        // What comes now was surely not recorded.
        let error = rig.answer(rig.write(write_record(queued(message(), None)))).unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Away, "{error:?}");
        proxy.refuse(false);
        assert_eq!(rig.answer(answer).unwrap(), Written::Done, "{cut:?}");
        assert_eq!(rig.state(id), Some(State::Sending), "{cut:?}");
        rig.writer.stop(Instant::now() + Duration::from_secs(5));
    }
}

#[test]
fn an_ambiguous_commit_is_replayed() {
    for bed in Bed::every() {
        let rig = Rig::new(bed);
        rig.faults.ambiguous.store(3, Ordering::SeqCst);
        let record = referenced(sending(message(), Uuid::now_v7()), "r", "p");
        let id = record.message.id;
        assert_eq!(rig.answer(rig.write(write_record(record))).unwrap(), Written::Done);
        rig.faults.ambiguous.store(2, Ordering::SeqCst);
        assert_eq!(rig.answer(rig.write(write_settlement(accepted(id)))).unwrap(), Written::Done);
        let row = rig.bed.connect().find(id).unwrap().unwrap();
        assert_eq!((row.message.state, row.attempts.len()), (State::Accepted, 1));
    }
}

/// Sixty-four at once, of which one does not fit.
fn a_misfit_fails_alone(rig: &Rig, recipient: String) {
    let gate = rig.faults.gate.lock().unwrap();
    let first = rig.write(write_record(queued(message(), None)));
    std::thread::sleep(Duration::from_millis(50));
    let mut receivers = Vec::new();
    for number in 0..64 {
        let mut record = queued(message(), None);
        if number == 40 {
            record.message.recipient = recipient.clone();
        }
        receivers.push((record.message.id, rig.write(write_record(record))));
    }
    drop(gate);
    rig.answer(first).unwrap();
    for (number, (id, receiver)) in receivers.into_iter().enumerate() {
        let answer = rig.answer(receiver);
        if number == 40 {
            assert_eq!(answer.unwrap_err().kind, StoreErrorKind::Data);
            assert_eq!(rig.state(id), None);
        } else {
            assert_eq!(answer.unwrap(), Written::Done);
            assert_eq!(rig.state(id), Some(State::Queued));
        }
    }
}

#[test]
fn a_misfit_fails_alone_by_wish() {
    let rig = Rig::new(Bed::sqlite());
    *rig.faults.misfit.lock().unwrap() = Some("misfit".into());
    a_misfit_fails_alone(&rig, "misfit".into());
}

#[test]
fn a_misfit_fails_alone_in_sqlserver() {
    let Some(bed) = Bed::sqlserver() else { return };
    a_misfit_fails_alone(&Rig::new(bed), "x".repeat(400));
}

#[test]
fn a_misfit_fails_alone_in_postgres() {
    let Some(bed) = Bed::postgres() else { return };
    let rig = Rig::new(bed);
    // Too long for the index, however well it is compressed.
    let long: String = (0..400).map(|_| Uuid::new_v4().to_string()).collect();
    a_misfit_fails_alone(&rig, long);
}

#[test]
fn a_server_that_comes_back_gets_what_waited() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let proxy = Proxy::start(value_of(&server.connection_string, "Port").parse().unwrap());
    let store = odbc(&through(&server.connection_string, proxy.port), &server.schema);
    let schema_owner = bed.server.as_ref().unwrap().schema.clone();
    let behind = Bed { store: Arc::new(store), server: None, _folder: None };
    let rig = Rig::new(behind);
    let own = Uuid::now_v7();
    let record = sending(message(), own);
    let id = record.message.id;
    assert_eq!(rig.answer(rig.write(write_record(record))).unwrap(), Written::Done);
    proxy.refuse(true);
    let end = rig.write(write_settlement(accepted(id)));
    let error = rig.answer(rig.write(write_record(queued(message(), None)))).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Away, "{error:?}");
    assert!(end.recv_timeout(Duration::from_millis(200)).is_err());
    proxy.refuse(false);
    assert_eq!(rig.answer(end).unwrap(), Written::Done);
    assert_eq!(bed.connect().find(id).unwrap().unwrap().message.state, State::Accepted, "{schema_owner}");
    rig.writer.stop(Instant::now() + Duration::from_secs(5));
}

#[test]
fn an_end_is_stored_whatever_words_came_with_it() {
    for bed in Bed::every() {
        let name = bed.store.name();
        let rig = Rig::new(bed);
        let owner = Uuid::now_v7();
        let record = sending(message(), owner);
        let id = record.message.id;
        assert_eq!(rig.answer(rig.write(write_record(record))).unwrap(), Written::Done, "{name}");
        *rig.faults.misfit_words.lock().unwrap() = Some("\u{4e00}".into());
        let mut end = accepted(id);
        end.owner = Some(owner);
        (end.response, end.provider_status) = (Some("\u{4e00} yes".into()), Some("held\0".into()));
        // Beside another one, as in a batch.
        let other = rig.write(Write::Event(Box::new(event("warning", None, "other"))));
        assert_eq!(rig.answer(rig.write(write_settlement(end))).unwrap(), Written::Done, "{name}");
        assert_eq!(rig.answer(other).unwrap(), Written::Done, "{name}");
        let row = rig.bed.connect().find(id).unwrap().unwrap().message;
        assert_eq!((row.state, row.response.as_deref()), (State::Accepted, Some("? yes")), "{name}");
        assert_eq!(row.provider_status.as_deref(), Some("held?"), "{name}");
    }
}

/// Refused in plain letters too.
#[test]
fn an_end_is_stored_without_its_words_at_last() {
    let beds =
        std::iter::once(("SQLite", Bed::sqlite())).chain(Bed::postgres().map(|bed| ("PostgreSQL", bed)));
    for (name, bed) in beds {
        for state in [State::Accepted, State::Failed, State::Unknown] {
            let rig = Rig::new(Bed { server: None, _folder: None, store: Arc::clone(&bed.store) });
            let owner = Uuid::now_v7();
            let record = sending(message(), owner);
            let id = record.message.id;
            assert_eq!(rig.answer(rig.write(write_record(record))).unwrap(), Written::Done, "{name}");
            *rig.faults.misfit_words.lock().unwrap() = Some("an odd sentence".into());
            let words = "There is an odd sentence.";
            let mut end = accepted(id);
            (end.owner, end.state) = (Some(owner), state);
            end.response = Some(words.into());
            let error = crate::message::Error::new(crate::message::Status::Unknown, words);
            end.error = (state != State::Accepted).then(|| serde_json::to_string(&error).unwrap());
            end.attempt.as_mut().unwrap().detail = Some(words.into());
            let body =
                format!(r#"{{"id":"{id}","outcome":{{"status":"{}","response":"{words}"}}}}"#, state.name());
            end.event = Some(event("message", Some(id), &body));
            let sid = end.provider_message_id.clone();
            assert_eq!(rig.answer(rig.write(write_settlement(end))).unwrap(), Written::Done, "{name}");
            let row = rig.bed.connect().find(id).unwrap().unwrap();
            assert_eq!((row.message.state, row.attempts.len()), (state, 1), "{name}");
            assert_eq!(row.message.provider_message_id, sid, "{name}");
            let outcome = crate::history::outcome_of(&row.message);
            assert!(outcome.r#final, "{name}: {outcome:?}");
            let mut connection = rig.bed.connect();
            let told = crate::history::tests::bed_questions::all_events(
                connection.as_mut(),
                &crate::history::tests::bed_questions::event_query(),
            );
            let told: Vec<_> = told.iter().filter(|body| body.contains(&id.to_string())).collect();
            assert!(told.len() == 1 && told[0].contains(state.name()), "{name}: {told:?}");
        }
    }
}
