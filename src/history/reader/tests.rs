//! Questions of hosts and the library's own, on every database.

use super::Readers;
use crate::history::query::{Asker, Query};
use crate::history::store::{Connection, StoreError, StoreErrorKind, StoreResult};
use crate::history::tests::bed::*;
use std::sync::mpsc::{Receiver, channel, sync_channel};
use std::time::{Duration, Instant};
use uuid::Uuid;

const LONG: Duration = Duration::from_secs(30);

fn for_host<T: Send + 'static>(
    readers: &Readers,
    within: Duration,
    work: impl FnMut(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
) -> Receiver<StoreResult<T>> {
    let (sender, receiver) = channel();
    readers.ask_for_host(Instant::now() + within, work, move |result| {
        let _ = sender.send(result);
    });
    receiver
}

/// Searches that hold all the threads of hosts, and more of them in the queue
/// than it has room for: look-ups go on, and searches that came too late are
/// not begun.
#[test]
fn searches_do_not_hold_up_look_ups() {
    for bed in Bed::every() {
        bed.connect();
        let readers = Readers::start(bed.store.clone()).unwrap();
        let (held, holds) = channel();
        let (go_on, gate) = sync_channel::<()>(0);
        let gate = std::sync::Arc::new(std::sync::Mutex::new(gate));
        let holding: Vec<_> = (0..super::THREADS)
            .map(|_| {
                let (held, gate) = (held.clone(), gate.clone());
                for_host(&readers, LONG, move |_| {
                    held.send(()).unwrap();
                    let _ = gate.lock().unwrap().recv();
                    Ok(())
                })
            })
            .collect();
        (0..super::THREADS).for_each(|_| holds.recv_timeout(LONG).unwrap());
        let begun = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let abandoned: Vec<_> = (0..480)
            .map(|_| {
                let begun = begun.clone();
                for_host(&readers, Duration::from_millis(1), move |connection| {
                    begun.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    connection.page(&read(None).unwrap().0)
                })
            })
            .collect();
        let (sender, receiver) = channel();
        readers.ask(
            Instant::now() + LONG,
            |connection| connection.find(Uuid::now_v7()),
            move |result| {
                sender.send(result).unwrap();
            },
        );
        assert!(receiver.recv_timeout(LONG).unwrap().unwrap().is_none(), "a look-up goes its own way");
        let last = for_host(&readers, LONG, |_| Ok(()));
        // The look-up may take less than the millisecond after which the last of them is late.
        std::thread::sleep(Duration::from_millis(20));
        drop(go_on);
        for answer in abandoned {
            let error = answer.recv_timeout(LONG).unwrap().err().unwrap();
            assert!(matches!(error.kind, StoreErrorKind::Late | StoreErrorKind::Retry), "{error:?}");
        }
        assert!(last.recv_timeout(LONG).unwrap().is_ok(), "late questions make room");
        assert!(holding.into_iter().all(|one| one.recv_timeout(LONG).unwrap().is_ok()));
        assert_eq!(begun.load(std::sync::atomic::Ordering::SeqCst), 0);
        readers.stop();
    }
}

/// A search that has begun is ended when its caller has gone, and its
/// connection is of use after it.
#[test]
fn a_search_ends_with_its_deadline() {
    // SQL Server is asked to stop after whole seconds: this search is shorter.
    for bed in Bed::every().into_iter().filter(|bed| bed.store.name() != "SQL Server") {
        let mut connection = bed.connect();
        let writes: Vec<_> = (0..3_000)
            .map(|_| {
                let mut message = message();
                message.body = "Wort ".repeat(200);
                write_record(queued(message, None))
            })
            .collect();
        connection.commit(&writes).unwrap();
        let text = format!(
            r#"{{"text":"nothing like it","since":"2020-01-01T00:00:00Z","recipient":"{}"}}"#,
            message().recipient
        );
        let (query, _) = read(Some(&text)).unwrap();
        assert!(connection.page(&query).unwrap().is_empty());
        connection.until(Some(Instant::now() + Duration::from_millis(1)));
        let begun = Instant::now();
        let error = connection.page(&query).err().unwrap();
        assert_eq!(error.kind, StoreErrorKind::Late, "{error:?} after {:?}", begun.elapsed());
        connection.until(None);
        assert!(connection.page(&query).unwrap().is_empty());
    }
}

#[test]
fn a_question_that_is_refused_for_now_is_asked_once_more() {
    let bed = Bed::sqlite();
    bed.connect();
    let readers = Readers::start(bed.store.clone()).unwrap();
    for (refusals, answered) in [(1, true), (2, false)] {
        let mut asked = 0;
        let answer = for_host(&readers, LONG, move |_| {
            asked += 1;
            let refused = StoreError::new(StoreErrorKind::Retry, "chosen as the victim of a deadlock");
            if asked <= refusals { Err(refused) } else { Ok(asked) }
        });
        assert_eq!(answer.recv_timeout(LONG).unwrap().is_ok(), answered, "{refusals}");
    }
    readers.stop();
}

/// A connection that lay idle may be dead, and no driver says so before it is
/// used: a question that finds it so is asked again, on a new one.
#[test]
fn a_connection_that_died_while_it_was_idle_is_replaced() {
    let Some(bed) = Bed::postgres() else { return };
    drop(bed.connect());
    let readers = Readers::start(bed.store.clone()).unwrap();
    for round in 0..3 {
        let asked: Vec<_> =
            (0..4).map(|_| for_host(&readers, LONG, |connection| connection.find(Uuid::now_v7()))).collect();
        for answer in asked {
            let answer = answer.recv_timeout(LONG).unwrap();
            assert!(answer.is_ok(), "{round}: {answer:?}");
        }
        // The last statement of each names its schema.
        let ended = bed.server().sql(&format!(
            "SELECT CAST(pg_terminate_backend(pid) AS text) FROM pg_stat_activity WHERE application_name = 'wa-connector' \
             AND pid <> pg_backend_pid() AND query LIKE '%{}%'",
            bed.server().schema
        ));
        assert!(!ended.is_empty());
        std::thread::sleep(Duration::from_millis(50));
    }
    readers.stop();
}

/// How long look-ups take behind 480 abandoned searches of 300,000 rows.
#[test]
#[ignore = "a measurement, run by hand"]
fn look_ups_behind_abandoned_searches() {
    for bed in Bed::every() {
        let mut connection = bed.connect();
        for _ in 0..150 {
            let writes: Vec<_> = (0..2_000)
                .map(|_| {
                    let mut message = message();
                    message.body = "Wort ".repeat(20);
                    write_record(queued(message, None))
                })
                .collect();
            connection.commit(&writes).unwrap();
        }
        let readers = Readers::start(bed.store.clone()).unwrap();
        let text = r#"{"text":"nothing like it","since":"2020-01-01T00:00:00Z"}"#;
        let (query, _) = read(Some(text)).unwrap();
        let begun = Instant::now();
        let found = connection.page(&query).unwrap().len();
        println!("{}: one search took {:?} and found {found}", bed.store.name(), begun.elapsed());
        for _ in 0..480 {
            let query = query.clone();
            drop(for_host(&readers, Duration::from_millis(50), move |connection| connection.page(&query)));
        }
        for _ in 0..5 {
            let begun = Instant::now();
            let (sender, receiver) = channel();
            readers.ask(
                begun + LONG,
                |connection| connection.find(Uuid::now_v7()),
                move |result| {
                    sender.send(result.is_ok()).unwrap();
                },
            );
            assert!(receiver.recv_timeout(LONG).unwrap());
            println!("{}: a look-up took {:?}", bed.store.name(), begun.elapsed());
        }
        let begun = Instant::now();
        assert!(for_host(&readers, LONG, |_| Ok(())).recv_timeout(LONG).unwrap().is_ok());
        println!("{}: the queue of hosts was empty after {:?}", bed.store.name(), begun.elapsed());
        readers.stop();
    }
}

/// A question of a client that knows no reported ids.
fn read(text: Option<&str>) -> crate::message::Result<(Query, Duration)> {
    Query::read(text, &Asker { country: None, account: None }, |_, _| Ok(None))
}
