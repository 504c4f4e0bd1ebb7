//! Connections cut around COMMIT: what was acknowledged is there, once.
//!
//! Some 25 cuts of each kind; `WA_TORTURE=200` makes it 200.

use super::bed::*;
use super::bed_questions::worker;
use super::proxy::{Cut, Proxy, through, value_of};
use crate::history::Migrate;
use crate::history::Writer;
use crate::history::record::*;
use crate::history::store::{StoreResult, Worker};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use uuid::Uuid;

fn rounds() -> usize {
    std::env::var("WA_TORTURE").ok().and_then(|text| text.parse().ok()).unwrap_or(25)
}

/// Hands over writes at once and waits for all of their answers.
fn all(writer: &Writer, writes: Vec<Write>) -> Vec<StoreResult<Written>> {
    let (sender, receiver) = channel();
    let count = writes.len();
    for (place, write) in writes.into_iter().enumerate() {
        let sender = sender.clone();
        writer.write(write, Box::new(move |result| sender.send((place, result)).unwrap()));
    }
    let mut answers: Vec<_> =
        (0..count).map(|_| receiver.recv_timeout(Duration::from_secs(60)).unwrap()).collect();
    answers.sort_by_key(|(place, _)| *place);
    answers.into_iter().map(|(_, result)| result).collect()
}

fn cut_around_commit(cut: Cut) {
    const MESSAGES: usize = 8;
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let proxy = Proxy::start(value_of(&server.connection_string, "Port").parse().unwrap());
    let store = Arc::new(odbc(&through(&server.connection_string, proxy.port), &server.schema));
    let writer = Writer::start(store, Migrate::Auto, Arc::new(|_| {})).unwrap();
    let own = Uuid::now_v7();
    all(&writer, vec![Write::Event(Box::new(event("warning", None, "the tables are there")))]);

    let mut ids = Vec::new();
    for round in 0..rounds() {
        let records: Vec<Record> = (0..MESSAGES)
            .map(|number| {
                let at_once = number % 2 == 0;
                let mut record = if at_once { sending(message(), own) } else { queued(message(), Some(own)) };
                record.event = Some(event("message", Some(record.message.id), "recorded"));
                referenced(record, &format!("{round} {number}"), "p")
            })
            .collect();
        let some: Vec<Uuid> = records.iter().map(|record| record.message.id).collect();
        proxy.cut_commit(cut);
        let written = all(&writer, records.iter().cloned().map(write_record).collect());
        assert!(written.iter().all(|written| matches!(written, Ok(Written::Done))), "{written:?}");
        proxy.cut_commit(cut);
        let intents = some.iter().skip(1).step_by(2).map(|id| Write::Intent(intent(*id, own, 1))).collect();
        let written = all(&writer, intents);
        assert!(written.iter().all(|written| matches!(written, Ok(Written::Done))), "{written:?}");
        proxy.cut_commit(cut);
        let ends = some.iter().map(|id| write_settlement(accepted(*id))).collect();
        let written = all(&writer, ends);
        assert!(written.iter().all(|written| matches!(written, Ok(Written::Done))), "{written:?}");
        let waiting = queued(message(), Some(own));
        let waiting_id = waiting.message.id;
        all(&writer, vec![write_record(waiting)]);
        proxy.cut_commit(cut);
        let written = all(&writer, vec![write_withdrawal(withdrawal(waiting_id))]);
        assert!(matches!(written[..], [Ok(Written::Done)]), "{written:?}");
        ids.extend(some);
        ids.push(waiting_id);
    }
    assert!(proxy.cuts() >= 4 * rounds(), "{} cuts", proxy.cuts());
    writer.stop(Instant::now() + Duration::from_secs(10));

    assert_eq!(server.count("messages"), ids.len());
    assert_eq!(server.count("attempts"), rounds() * MESSAGES);
    assert_eq!(server.count("refs"), rounds() * MESSAGES);
    assert_eq!(server.count("queue"), 0);
    let states = server.sql(&format!(
        "SELECT state, version, count(*) FROM \"{}\".wa_messages GROUP BY 1, 2 ORDER BY 1",
        server.schema
    ));
    let texts: Vec<String> =
        states.into_iter().map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(texts, [format!("30 2 {}", rounds() * MESSAGES), format!("80 2 {}", rounds())]);
    // A new message's event comes once; the end's may be told again, under
    // the same id.
    let recorded = server.sql(&format!(
        "SELECT count(*), count(DISTINCT event_id) FROM \"{}\".wa_events WHERE body = 'recorded'",
        server.schema
    ));
    let expected = Some((rounds() * MESSAGES).to_string());
    assert_eq!(recorded, [vec![expected.clone(), expected]]);
    let mut connection = bed.connect();
    for id in ids {
        assert!(connection.find(id).unwrap().is_some());
    }
}

#[test]
fn cut_before_commit() {
    cut_around_commit(Cut::Before);
}

#[test]
fn cut_before_the_answer_of_commit() {
    cut_around_commit(Cut::BeforeAnswer);
}

/// Says on the writer's connection that the worker lives: from then on its
/// usual batches are one statement that commits itself.
fn renew(writer: &Writer, worker: &Worker) {
    let (sender, receiver) = channel();
    let worker = worker.clone();
    writer.call(move |connection| connection.renew(&worker), move |result| sender.send(result).unwrap());
    receiver.recv_timeout(Duration::from_secs(60)).unwrap().unwrap();
}

fn cut_around_the_usual_batch(cut: Cut) {
    const MESSAGES: usize = 6;
    let Some(bed) = Bed::postgres() else { return };
    let server = bed.server();
    let proxy = Proxy::start(value_of(&server.connection_string, "Port").parse().unwrap());
    let store = Arc::new(odbc(&through(&server.connection_string, proxy.port), &server.schema));
    let writer = Writer::start(store, Migrate::Auto, Arc::new(|_| {})).unwrap();
    let own = worker(Uuid::now_v7());
    for _ in 0..rounds() {
        renew(&writer, &own);
        let records: Vec<Record> = (0..MESSAGES).map(|_| sending(message(), own.id)).collect();
        let ids: Vec<Uuid> = records.iter().map(|record| record.message.id).collect();
        let end = |id: &Uuid| write_settlement(Settlement { owner: Some(own.id), ..accepted(*id) });
        let ends: Vec<Write> = ids.iter().map(end).collect();
        for writes in [records.into_iter().map(write_record).collect(), ends] {
            renew(&writer, &own);
            proxy.cut_at(cut, &ids[0].to_string());
            let written = all(&writer, writes);
            assert!(written.iter().all(|written| matches!(written, Ok(Written::Done))), "{written:?}");
        }
    }
    assert!(proxy.cuts() >= 2 * rounds(), "{} cuts", proxy.cuts());
    writer.stop(Instant::now() + Duration::from_secs(10));
    for table in ["messages", "attempts", "events"] {
        assert_eq!(server.count(table), rounds() * MESSAGES, "{table}");
    }
    assert_eq!(
        bed.count_where("messages", "state = 30 AND version = 2 AND worker IS NULL"),
        rounds() * MESSAGES
    );
    assert_eq!(server.count("queue"), 0);
}

#[test]
fn cut_before_the_usual_batch() {
    cut_around_the_usual_batch(Cut::Before);
}

#[test]
fn cut_before_the_answer_of_the_usual_batch() {
    cut_around_the_usual_batch(Cut::BeforeAnswer);
}
