//! Events while transactions are open: those that may write events hold later
//! ones back, so that none is skipped; all others hold back nothing.

use super::bed::*;
use crate::history::query::EventQuery;
use crate::history::record::Write;
use crate::history::store::Connection;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A consumer of events that reads on where it was.
struct Consumer {
    connection: Box<dyn Connection>,
    query: EventQuery,
    seen: Vec<String>,
}

impl Consumer {
    fn new(bed: &Bed, most: usize) -> Consumer {
        let query =
            EventQuery { account_key: ACCOUNT.into(), after: None, include: vec![], exclude: vec![], most };
        Consumer { connection: bed.connect(), query, seen: Vec::new() }
    }

    fn read(&mut self) {
        let page = self.connection.events(&self.query).unwrap();
        self.seen.extend(page.bodies);
        self.query.after = page.last.or(self.query.after);
    }

    /// Other tests' transactions may hold events back for a moment.
    fn read_until(&mut self, count: usize) {
        let begun = Instant::now();
        while self.seen.len() < count {
            assert!(begun.elapsed() < Duration::from_secs(60), "{} of {count}", self.seen.len());
            self.read();
        }
    }
}

fn store(connection: &mut dyn Connection, body: &str) {
    one(connection, Write::Event(Box::new(event("message", None, body))));
}

/// A transaction of somebody else, open and with a number.
fn foreign(server: &Server) -> Sql {
    let sql = Sql::connect(&server.connection_string);
    sql.sql("BEGIN");
    // It has looked at our tables, and has written one of its own.
    sql.sql(&format!("SELECT count(*) FROM \"{0}\".wa_events, \"{0}\".wa_messages", server.schema));
    sql.sql("CREATE TEMPORARY TABLE foreign_rows (number integer) ON COMMIT DROP");
    sql.sql("INSERT INTO foreign_rows VALUES (1)");
    sql
}

fn insert_event(sql: &Sql, server: &Server, body: &str) {
    sql.sql(&format!(
        "INSERT INTO \"{}\".wa_events (event_id, account_key, kind, created_at, body) \
         VALUES (gen_random_uuid(), '{ACCOUNT}', 'message', 0, '{body}')",
        server.schema
    ));
}

#[test]
fn no_event_is_skipped_while_its_writer_is_open() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let mut connection = bed.connect();
    let mut consumer = Consumer::new(&bed, 100);
    store(connection.as_mut(), "first");
    consumer.read_until(1);
    let slow = Sql::connect(&server.connection_string);
    slow.sql("BEGIN");
    insert_event(&slow, server, "slow");
    for number in 0..5 {
        store(connection.as_mut(), &format!("quick {number}"));
        consumer.read();
    }
    assert_eq!(consumer.seen, ["first"], "nothing may overtake");
    slow.sql("COMMIT");
    consumer.read_until(7);
    assert_eq!(consumer.seen, ["first", "slow", "quick 0", "quick 1", "quick 2", "quick 3", "quick 4"]);
}

#[test]
fn foreign_transactions_hold_back_nothing() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let mut connection = bed.connect();
    let mut consumer = Consumer::new(&bed, 100);
    let numbered = Sql::connect(&server.connection_string);
    numbered.sql("BEGIN");
    numbered.sql("SELECT txid_current()");
    let writing = foreign(server);
    for number in 0..5 {
        store(connection.as_mut(), &format!("event {number}"));
        consumer.read_until(number + 1);
    }
    assert_eq!(consumer.seen, ["event 0", "event 1", "event 2", "event 3", "event 4"]);
    let oldest = "SELECT txid_current_if_assigned() >= txid_snapshot_xmin(txid_current_snapshot())";
    for open in [&numbered, &writing] {
        assert_eq!(open.sql(oldest), [vec![Some("1".to_owned())]], "it is still open");
    }
}

#[test]
fn only_writers_of_our_tables_hold_back() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let mut connection = bed.connect();
    let mut consumer = Consumer::new(&bed, 2);
    let _foreign = foreign(server);
    one(connection.as_mut(), write_record(queued(message(), None)));
    store(connection.as_mut(), "before");
    // As the beginning of an attempt: the event comes later in the transaction.
    let slow = Sql::connect(&server.connection_string);
    slow.sql("BEGIN");
    slow.sql(&format!("UPDATE \"{}\".wa_messages SET state = 10", server.schema));
    store(connection.as_mut(), "after");
    consumer.read_until(1);
    for _ in 0..5 {
        consumer.read();
    }
    assert_eq!(consumer.seen, ["before"], "nothing may overtake");
    insert_event(&slow, server, "slow 1");
    insert_event(&slow, server, "slow 2");
    consumer.read();
    assert_eq!(consumer.seen, ["before"]);
    slow.sql("COMMIT");
    consumer.read_until(4);
    assert_eq!(consumer.seen, ["before", "slow 1", "slow 2", "after"]);
    // What is taken back holds nothing back either.
    slow.sql("BEGIN");
    insert_event(&slow, server, "never");
    store(connection.as_mut(), "last");
    slow.sql("ROLLBACK");
    consumer.read_until(5);
    assert_eq!(consumer.seen[4..], ["last"]);
}

/// After pg_dump into a fresh cluster the rows have numbers of transactions
/// that this cluster has not begun yet.
#[test]
fn events_of_another_cluster_are_read_and_hold_back_nothing() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let mut connection = bed.connect();
    let mut consumer = Consumer::new(&bed, 2);
    let _foreign = foreign(server);
    for number in 0..5 {
        store(connection.as_mut(), &format!("event {number}"));
    }
    consumer.read_until(2);
    let ahead = "UPDATE \"{}\".wa_events SET tx = tx + 5000000000".replace("{}", &server.schema);
    server.sql(&ahead);
    if let Some(at) = &mut consumer.query.after {
        at.transaction += 5_000_000_000;
    }
    consumer.read_until(5);
    // Where this version makes the tables it numbers the events anew, once.
    // What the cluster stores comes after them.
    drop(bed.connect());
    store(bed.connect().as_mut(), "new 0");
    store(connection.as_mut(), "new 1");
    consumer.read_until(7);
    let all = ["event 0", "event 1", "event 2", "event 3", "event 4", "new 0", "new 1"];
    assert_eq!(consumer.seen, all);
    for _ in 0..3 {
        consumer.read();
    }
    assert_eq!(consumer.seen.len(), 7);
    let mut another = Consumer::new(&bed, 3);
    another.read_until(7);
    assert_eq!(another.seen, all);
}

/// How far a consumer has come is numbered anew with the events.
#[test]
fn consumers_go_on_where_they_were_in_another_cluster() {
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let mut connection = bed.connect();
    let mut consumer = Consumer::new(&bed, 3);
    for number in 0..5 {
        store(connection.as_mut(), &format!("event {number}"));
    }
    consumer.read_until(3);
    let mut at = consumer.query.after.unwrap();
    at.transaction += 5_000_000_000;
    connection.acknowledge(ACCOUNT, "saved", &at.to_text()).unwrap();
    server.sql(&format!("UPDATE \"{}\".wa_events SET tx = tx + 5000000000", server.schema));
    drop(bed.connect());
    let saved = connection.acknowledged(ACCOUNT, "saved").unwrap().unwrap();
    consumer.query.after = crate::history::EventCursor::from_text(&saved);
    consumer.read_until(5);
    assert_eq!(consumer.seen[3..], ["event 3", "event 4"]);
}

#[test]
fn every_event_is_read_once_while_many_write() {
    const WRITERS: usize = 3;
    const ROUNDS: usize = 25;
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let mut consumer = Consumer::new(&bed, 7);
    let _foreign = foreign(server);
    let writing = AtomicUsize::new(WRITERS + 1);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (bed, writing) = (&bed, &writing);
            scope.spawn(move || {
                let mut connection = bed.connect();
                for round in 0..ROUNDS {
                    all_kinds_of_events(connection.as_mut(), &format!("{writer} {round}"));
                }
                writing.fetch_sub(1, Ordering::Relaxed);
            });
        }
        let writing = &writing;
        scope.spawn(move || {
            let sql = Sql::connect(&server.connection_string);
            for round in 0..ROUNDS {
                sql.sql("BEGIN");
                insert_event(&sql, server, &format!("slow {round} a"));
                std::thread::sleep(Duration::from_millis(3));
                insert_event(&sql, server, &format!("slow {round} b"));
                sql.sql("COMMIT");
            }
            writing.fetch_sub(1, Ordering::Relaxed);
        });
        while writing.load(Ordering::Relaxed) > 0 {
            consumer.read();
        }
    });
    let stored = format!("SELECT body FROM \"{}\".wa_events ORDER BY tx, seq", server.schema);
    let stored: Vec<String> = server.sql(&stored).into_iter().flatten().flatten().collect();
    assert_eq!(stored.len(), WRITERS * ROUNDS * 5 + ROUNDS * 2);
    consumer.read_until(stored.len());
    consumer.read();
    assert_eq!(consumer.seen, stored);
}

/// Five events, by each of the ways that store any.
fn all_kinds_of_events(connection: &mut dyn Connection, name: &str) {
    let own = Uuid::now_v7();
    let mut recorded = queued(message(), Some(own));
    let id = recorded.message.id;
    recorded.event = Some(event("message", Some(id), &format!("{name} recorded")));
    let given_up = queued(message(), None);
    let mut withdrawn = withdrawal(given_up.message.id);
    withdrawn.event = Some(event("message", Some(withdrawn.id), &format!("{name} withdrawn")));
    let plain = |what: &str| Write::Event(Box::new(event("warning", None, &format!("{name} {what}"))));
    let batches = [
        vec![write_record(recorded), write_record(given_up), plain("plain 1")],
        // An attempt begins; only then come the statements that store events.
        vec![Write::Intent(intent(id, own, 1)), write_withdrawal(withdrawn), plain("plain 2")],
        vec![write_settlement(accepted(id))],
    ];
    for batch in batches {
        connection.commit(&batch).unwrap();
    }
}

/// What arrived is stored by a transaction that has a number long before it
/// stores its events: readers wait for these.
#[test]
fn events_of_what_arrived_are_not_overtaken() {
    use crate::history::arrivals::{Arrival, NewReport, Telling, What, store as store_arrivals};
    use crate::history::kept::Kept;
    use crate::message::State;
    use crate::message::clock::Millis;
    use std::sync::mpsc::sync_channel;
    use std::sync::{Arc, Mutex};

    let Some(bed) = Bed::postgres() else { return };
    let mut consumer = Consumer::new(&bed, 10);
    let mut connection = bed.connect();
    let record = sending(message(), Uuid::now_v7());
    let id = record.message.id;
    one(connection.as_mut(), write_record(record));
    one(connection.as_mut(), write_settlement(crate::history::Settlement { event: None, ..accepted(id) }));
    let ((is_open, open), (go_on, gone_on)) = (sync_channel(1), sync_channel::<()>(1));
    let gone_on = Mutex::new(gone_on);
    let telling = Telling {
        account_key: ACCOUNT.into(),
        kept: Kept::Masked,
        // Rows are locked and changed by now; the event is not stored yet.
        moved: Arc::new(move |row| {
            is_open.send(()).unwrap();
            gone_on.lock().unwrap().recv().unwrap();
            event("message", Some(row.id), "moved")
        }),
        dead: Arc::new(|_, _| event("message", None, "dead")),
    };
    let report = Arrival {
        key: String::new(),
        provider: "twilio",
        received_at: Millis::now(),
        what: What::Report(NewReport {
            attempt: None,
            provider_message_id: format!("SM{}", id.simple()),
            state: State::Delivered,
            provider_status: None,
            reported_at: None,
            provider_code: None,
            recipient_id: None,
            error: None,
        }),
        raw: "{}".into(),
    };
    std::thread::scope(|scope| {
        scope.spawn(|| store_arrivals(bed.connect().as_mut(), &telling, &[report]).unwrap());
        open.recv().unwrap();
        store(connection.as_mut(), "later");
        for _ in 0..10 {
            consumer.read();
        }
        assert!(consumer.seen.is_empty(), "{:?}", consumer.seen);
        go_on.send(()).unwrap();
        // It is this closure's own: where this fails, the other thread does not wait for ever.
        drop(go_on);
    });
    consumer.read_until(2);
    assert_eq!(consumer.seen, ["moved", "later"]);
}
