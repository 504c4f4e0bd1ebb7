//! Messages that go at once: their places stand in their own rows. Whoever
//! takes over a dead worker finds them there.

use super::bed::*;
use super::bed_questions::{all_events, event_query, worker};
use crate::history::record::*;
use crate::history::store::{Connection, StoreErrorKind, Worker};
use crate::message::State;
use crate::message::clock::Millis;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// Both databases, as far as they are there.
fn beds() -> Vec<Bed> {
    std::iter::once(Bed::sqlite()).chain(Bed::postgres()).collect()
}

/// A connection on which a new worker has said that it lives.
fn living(bed: &Bed) -> (Box<dyn Connection>, Worker) {
    let (mut connection, worker) = (bed.connect(), worker(Uuid::now_v7()));
    connection.renew(&worker).unwrap();
    (connection, worker)
}

/// Its lease is over, and its attempts are so many milliseconds old.
fn dies(bed: &Bed, worker: &Worker, age: i64) {
    bed.change("workers", &format!("alive_until = alive_until - 60000 WHERE worker = '{}'", worker.id));
    bed.change("messages", &format!("recorded_at = recorded_at - {age} WHERE worker = '{}'", worker.id));
}

fn in_own_rows(bed: &Bed) -> usize {
    bed.count_where("messages", "worker IS NOT NULL")
}

fn in_the_queue(bed: &Bed) -> usize {
    bed.count_where("queue", "1 = 1")
}

fn records(owner: &Worker, count: usize) -> (Vec<Uuid>, Vec<Write>) {
    let records: Vec<Record> = (0..count).map(|_| sending(message(), owner.id)).collect();
    (
        records.iter().map(|record| record.message.id).collect(),
        records.into_iter().map(write_record).collect(),
    )
}

fn taken(id: Uuid, owner: &Worker) -> Settlement {
    Settlement { owner: Some(owner.id), at_once: true, ..accepted(id) }
}

fn refused(id: Uuid, owner: &Worker, queue: Option<QueueRow>) -> Settlement {
    Settlement {
        state: if queue.is_some() { State::Queued } else { State::Failed },
        provider_message_id: None,
        response: Some("Refused.".into()),
        attempt: Some(attempt(1, None)),
        queue,
        ..taken(id, owner)
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_usual_batch_touches_no_queue() {
    for bed in beds() {
        let (mut connection, own) = living(&bed);
        let (ids, writes) = records(&own, 5);
        let ends: Vec<Write> = ids.iter().map(|id| write_settlement(taken(*id, &own))).collect();
        for (writes, open) in [(&writes, 5), (&ends, 0)] {
            // Written again, as after an answer that was lost, it is the same.
            for _ in 0..2 {
                assert_eq!(
                    connection.commit(writes).unwrap(),
                    vec![Written::Done; 5],
                    "{}",
                    bed.store.name()
                );
                assert_eq!((in_own_rows(&bed), in_the_queue(&bed)), (open, 0), "{}", bed.store.name());
            }
        }
        for id in &ids {
            let row = connection.find(*id).unwrap().unwrap();
            assert_eq!((row.message.state, row.message.version), (State::Accepted, 2));
            assert_eq!(row.message.provider_message_id, Some(format!("SM{}", id.simple())));
            assert_eq!(row.attempts.len(), 1);
        }
        assert_eq!(all_events(connection.as_mut(), &event_query()).len(), 5, "each is told once");
        // New ones and ends together, among others of every kind.
        let (next, mut mixed) = records(&own, 3);
        mixed.push(write_settlement(taken(ids[0], &own)));
        mixed.push(write_record(referenced(sending(message(), own.id), "r", "p")));
        mixed.push(write_record(queued(message(), Some(own.id))));
        mixed.push(Write::Event(Box::new(event("warning", None, "careful"))));
        assert_eq!(connection.commit(&mixed).unwrap(), vec![Written::Done; 7]);
        assert_eq!((in_own_rows(&bed), in_the_queue(&bed)), (4, 1), "{}", bed.store.name());
        // One that is not as expected takes nothing away from the others.
        let mut stolen = sending(message(), own.id);
        stolen.message.id = next[0];
        let ends = [
            write_settlement(taken(next[0], &own)),
            write_settlement(taken(Uuid::now_v7(), &own)),
            write_settlement(taken(next[1], &own)),
        ];
        let done = Written::Done;
        assert_eq!(connection.commit(&ends).unwrap(), [done.clone(), Written::NotThere, done.clone()]);
        let (_, mut new) = records(&own, 2);
        new.push(write_record(stolen));
        assert_eq!(connection.commit(&new).unwrap(), [done.clone(), done, Written::IdTaken]);
    }
}

/// Whatever a batch has of messages that wait and of those that go at once, it
/// is one statement, and that does not have to be taken back.
#[test]
fn what_waits_is_written_by_the_usual_batch_too() {
    for bed in beds() {
        let name = bed.store.name();
        let (mut connection, own) = living(&bed);
        let waits = || write_record(queued(message(), Some(own.id)));
        let (at_once, mut writes) = records(&own, 2);
        writes.extend([waits(), waits(), waits()]);
        let waiting: Vec<Uuid> = writes[2..].iter().filter_map(Write::message).collect();
        let mut done = |writes: &[Write]| {
            assert_eq!(connection.commit(writes).unwrap(), vec![Written::Done; writes.len()], "{name}");
        };
        let begins = |id: Uuid| Write::Intent(intent(id, own.id, 1));
        let ends =
            |id: Uuid| write_settlement(Settlement { at_once: at_once.contains(&id), ..taken(id, &own) });
        done(&writes);
        assert_eq!((in_own_rows(&bed), in_the_queue(&bed)), (2, 3), "{name}");
        done(&[begins(waiting[0]), waits(), begins(waiting[1]), ends(at_once[0])]);
        assert_eq!((in_own_rows(&bed), in_the_queue(&bed)), (1, 4), "{name}");
        let (_, mut mixed) = records(&own, 2);
        mixed.extend([ends(waiting[0]), ends(at_once[1]), begins(waiting[2]), ends(waiting[1])]);
        done(&mixed);
        assert_eq!((in_own_rows(&bed), in_the_queue(&bed)), (2, 2), "{name}");
        // A statement that was taken back would have used up numbers.
        assert_eq!(bed.count_where("messages", "seq > 8"), 0, "{name}");
        // Written again, as after an answer that was lost, it is the same.
        done(&mixed[2..]);
        for id in at_once.iter().chain(&waiting[..2]) {
            let row = connection.find(*id).unwrap().unwrap();
            let message = row.message;
            assert_eq!((message.state, message.version, message.attempts), (State::Accepted, 2, 1), "{name}");
            assert_eq!(message.provider_message_id, Some(format!("SM{}", id.simple())), "{name}");
            assert_eq!(row.attempts.len(), 1, "{name}");
        }
        let begun = connection.find(waiting[2]).unwrap().unwrap().message;
        assert_eq!((begun.state, begun.attempts), (State::Sending, 1), "{name}");
        assert!(connection.age(waiting[2]).unwrap().is_some_and(|age| age < 60_000), "{name}");
        assert_eq!(all_events(connection.as_mut(), &event_query()).len(), 4, "{name}: each is told once");
    }
}

/// What has expired, was cancelled or is another's takes nothing away from the
/// others of its batch.
#[test]
fn an_intent_that_comes_too_late_leaves_the_others_alone() {
    for bed in beds() {
        let name = bed.store.name();
        let (mut connection, own) = living(&bed);
        let (mut other, heir) = living(&bed);
        let mut expires = queued(message(), Some(own.id));
        expires.message.expires_at = Some(Millis::now().plus(3_600_000));
        let late = expires.message.id;
        let mut writes = vec![write_record(expires)];
        writes.extend((0..4).map(|_| write_record(queued(message(), Some(own.id)))));
        let ids: Vec<Uuid> = writes.iter().filter_map(Write::message).collect();
        assert_eq!(connection.commit(&writes).unwrap(), vec![Written::Done; 5], "{name}");
        bed.change("queue", &format!("expires_at = 1 WHERE message_{}", bed.id_is(late)));
        assert_eq!(one(other.as_mut(), write_withdrawal(withdrawal(ids[1]))), Written::Done, "{name}");
        bed.change("queue", &format!("worker = '{}' WHERE message_{}", heir.id, bed.id_is(ids[2])));
        let begins: Vec<Write> = ids.iter().map(|id| Write::Intent(intent(*id, own.id, 1))).collect();
        let (no, yes) = (Written::NotThere, Written::Done);
        let expected = [no.clone(), no.clone(), no, yes.clone(), yes];
        assert_eq!(connection.commit(&begins).unwrap(), expected, "{name}");
        let mut state = |id: Uuid| connection.find(id).unwrap().unwrap().message.state;
        let states: Vec<State> = ids.iter().map(|id| state(*id)).collect();
        let (queued, sending) = (State::Queued, State::Sending);
        assert_eq!(states, [queued, State::Cancelled, queued, sending, sending], "{name}");
    }
}

#[test]
fn a_dead_workers_message_is_found_in_its_row() {
    for bed in beds() {
        let name = bed.store.name();
        let (mut connection, dead) = living(&bed);
        let (earlier, writes) = records(&dead, 2);
        connection.commit(&writes).unwrap();
        connection.commit(&[write_settlement(taken(earlier[0], &dead))]).unwrap();
        connection.renew(&dead).unwrap();
        let (mut other, heir) = living(&bed);
        let (of_heir, writes) = records(&heir, 1);
        other.commit(&writes).unwrap();
        let (later, writes) = records(&dead, 1);
        connection.commit(&writes).unwrap();
        assert!(other.take_over(&heir, Duration::ZERO, 10).unwrap().is_empty(), "{name}: it lives");
        assert_eq!(in_own_rows(&bed), 3, "{name}");
        dies(&bed, &dead, 30_000);
        // Its lease is over; its answer may still come.
        let grace = Duration::from_secs(3600);
        assert!(other.take_over(&heir, grace, 10).unwrap().is_empty(), "{name}");
        assert_eq!((in_own_rows(&bed), in_the_queue(&bed)), (1, 2), "{name}: moved, and still its own");
        let found = other.take_over(&heir, SECOND, 10).unwrap();
        let ids: HashSet<Uuid> = found.iter().map(|claimed| claimed.message.id).collect();
        assert_eq!(ids, [earlier[1], later[0]].into(), "{name}");
        for claimed in &found {
            let place = &claimed.queue;
            assert_eq!(
                (place.state, place.attempt, place.worker),
                (State::Sending, 1, Some(heir.id)),
                "{name}"
            );
            let age = claimed.age.unwrap();
            assert!(age >= Duration::from_secs(30) && age < Duration::from_secs(60), "{name}: {age:?}");
        }
        assert!(other.take_over(&heir, SECOND, 10).unwrap().is_empty(), "{name}: once");
        assert_eq!(in_own_rows(&bed), 1, "{name}: the heir's own");
        // What it would write when it wakes: only that the provider took it counts.
        let rests =
            Some(QueueRow { state: State::Queued, worker: Some(dead.id), attempt: 1, not_before: Millis(0) });
        for end in [refused(later[0], &dead, rests), refused(later[0], &dead, None)] {
            assert_eq!(one(connection.as_mut(), write_settlement(end)), Written::NotThere, "{name}");
        }
        assert_eq!(connection.find(later[0]).unwrap().unwrap().message.state, State::Sending, "{name}");
        let end = taken(later[0], &dead);
        assert_eq!(one(connection.as_mut(), write_settlement(end)), Written::Done, "{name}");
        assert_eq!(connection.find(later[0]).unwrap().unwrap().message.state, State::Accepted, "{name}");
        // The record that it would write again is the heir's by now.
        let again = taken(earlier[1], &heir);
        assert_eq!(one(other.as_mut(), write_settlement(again)), Written::Done, "{name}");
        assert_eq!(in_the_queue(&bed), 0, "{name}");
        let end = write_settlement(taken(of_heir[0], &heir));
        assert_eq!(one(other.as_mut(), end), Written::Done, "{name}");
    }
}

/// Frozen for longer than its lease, and awake before its attempts are old
/// enough to be taken: they are its own, and so is what it records next.
#[test]
fn a_frozen_worker_that_wakes_in_time_loses_nothing() {
    for bed in beds() {
        let name = bed.store.name();
        let (mut connection, frozen) = living(&bed);
        let (ids, writes) = records(&frozen, 3);
        connection.commit(&writes).unwrap();
        dies(&bed, &frozen, 0);
        let (mut other, heir) = living(&bed);
        assert!(other.take_over(&heir, Duration::from_secs(3600), 10).unwrap().is_empty(), "{name}");
        assert_eq!((in_own_rows(&bed), in_the_queue(&bed)), (0, 3), "{name}");
        // Repeated, its record still goes on, and so does its attempt.
        assert_eq!(connection.commit(&writes).unwrap(), vec![Written::Done; 3], "{name}");
        // What it records before it has said that it lives has its place in the queue.
        let (late, writes) = records(&frozen, 2);
        assert_eq!(connection.commit(&writes).unwrap(), vec![Written::Done; 2], "{name}");
        assert_eq!((in_own_rows(&bed), in_the_queue(&bed)), (0, 5), "{name}");
        connection.renew(&frozen).unwrap();
        let (new, writes) = records(&frozen, 2);
        connection.commit(&writes).unwrap();
        assert_eq!((in_own_rows(&bed), in_the_queue(&bed)), (2, 5), "{name}");
        assert!(other.take_over(&heir, Duration::ZERO, 10).unwrap().is_empty(), "{name}: it lives");
        for id in ids.iter().chain(&late).chain(&new) {
            let end = write_settlement(taken(*id, &frozen));
            assert_eq!(one(connection.as_mut(), end), Written::Done, "{name}");
        }
        assert_eq!((in_own_rows(&bed), in_the_queue(&bed)), (0, 0), "{name}");
        assert_eq!(all_events(connection.as_mut(), &event_query()).len(), 7, "{name}");
    }
}

/// A worker renews its lease between the two runs that would move its places.
#[test]
fn a_worker_that_wakes_while_it_is_looked_after_keeps_its_places() {
    let Some(bed) = Bed::postgres() else { return };
    let (mut connection, frozen) = living(&bed);
    let (ids, writes) = records(&frozen, 1);
    connection.commit(&writes).unwrap();
    // As the first run leaves it.
    bed.change("workers", "open_from = -1 - open_from");
    let (_, writes) = records(&frozen, 1);
    connection.commit(&writes).unwrap();
    assert_eq!((in_own_rows(&bed), in_the_queue(&bed)), (1, 1));
    connection.renew(&frozen).unwrap();
    dies(&bed, &frozen, 5_000);
    let (mut other, heir) = living(&bed);
    let found = other.take_over(&heir, SECOND, 10).unwrap();
    assert!(found.iter().any(|claimed| claimed.message.id == ids[0]), "{found:?}");
    assert_eq!(in_own_rows(&bed), 0);
}

#[test]
fn an_attempt_that_is_made_again_or_unknown_gets_a_place_in_the_queue() {
    for bed in beds() {
        let name = bed.store.name();
        let (mut connection, own) = living(&bed);
        let (ids, writes) = records(&own, 3);
        connection.commit(&writes).unwrap();
        dies(&bed, &own, 20_000);
        connection.renew(&own).unwrap();
        let old = |age: Option<i64>| age.is_some_and(|age| (20_000..40_000).contains(&age));
        assert!(old(connection.age(ids[0]).unwrap()), "{name}");
        let place = |state, worker| QueueRow { state, worker, attempt: 1, not_before: Millis::now() };
        let again = refused(ids[0], &own, Some(place(State::Queued, Some(own.id))));
        let unknown =
            Settlement { state: State::Unknown, ..refused(ids[1], &own, Some(place(State::Unknown, None))) };
        let failed = refused(ids[2], &own, None);
        let writes = [again, unknown, failed].map(write_settlement);
        assert_eq!(connection.commit(&writes).unwrap(), vec![Written::Done; 3], "{name}");
        assert_eq!((in_own_rows(&bed), in_the_queue(&bed)), (0, 2), "{name}");
        assert!(old(connection.age(ids[1]).unwrap()), "{name}: the age of the attempt goes with it");
        assert_eq!(
            one(connection.as_mut(), Write::Intent(intent(ids[0], own.id, 2))),
            Written::Done,
            "{name}"
        );
        let claimed = connection.take_over(&own, Duration::ZERO, 10).unwrap();
        assert_eq!(claimed.iter().map(|one| one.message.id).collect::<Vec<_>>(), [ids[1]], "{name}");
        assert!(claimed[0].age.unwrap() >= Duration::from_secs(20), "{name}");
    }
}

#[test]
fn what_is_open_in_its_own_row_counts_as_open() {
    for bed in beds() {
        let (mut connection, own) = living(&bed);
        let (ids, writes) = records(&own, 2);
        connection.commit(&writes).unwrap();
        let recipient = message().recipient;
        let mut open = |id| connection.others_open(&recipient, id).unwrap();
        assert_eq!((open(ids[0]), open(Uuid::now_v7())), (1, 2), "{}", bed.store.name());
        let withdrawn = one(connection.as_mut(), write_withdrawal(withdrawal(ids[0])));
        assert_eq!(withdrawn, Written::NotThere, "its attempt has begun");
    }
}

/// The lease says from which message on the worker's places may stand in
/// their own rows: never above one of them.
#[test]
fn a_lease_follows_the_oldest_open_message() {
    for bed in beds() {
        let name = bed.store.name();
        let (mut connection, own) = living(&bed);
        let (ids, writes) = records(&own, 3);
        connection.commit(&writes).unwrap();
        let mut seq = |id: Uuid| connection.find(id).unwrap().unwrap().message.seq;
        let seqs: Vec<i64> = ids.iter().map(|id| seq(*id)).collect();
        let lowest = |at: usize| {
            format!("open_from = {}", seqs.get(at).copied().unwrap_or(*seqs.iter().max().unwrap()))
        };
        let mut order: Vec<usize> = (0..3).collect();
        order.sort_by_key(|at| seqs[*at]);
        for (done, at) in order.iter().enumerate() {
            connection.renew(&own).unwrap();
            assert_eq!(bed.count_where("workers", &lowest(*at)), 1, "{name}, {done} done");
            one(connection.as_mut(), write_settlement(taken(ids[*at], &own)));
        }
        connection.renew(&own).unwrap();
        assert_eq!(bed.count_where("workers", &lowest(9)), 1, "{name}");
    }
}

/// A worker whose lease is over again and again goes on recording while others
/// look for what it left: nothing is lost, and nothing is taken twice.
#[test]
fn nothing_is_lost_while_a_worker_counts_as_dead() {
    for bed in beds() {
        let name = bed.store.name();
        let (mut connection, frozen) = living(&bed);
        let (stop, short) = (AtomicBool::new(false), Worker { lease: Duration::ZERO, ..frozen.clone() });
        let (recorded, mut taken_over) = std::thread::scope(|scope| {
            let heir = scope.spawn(|| {
                let (mut other, heir) = living(&bed);
                let mut found = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    found.extend(other.take_over(&heir, Duration::ZERO, 100).unwrap());
                }
                found.into_iter().map(|claimed| claimed.message.id).collect::<Vec<Uuid>>()
            });
            let mut recorded = Vec::new();
            for round in 0..60 {
                let (ids, writes) = records(&frozen, 4);
                assert_eq!(connection.commit(&writes).unwrap(), vec![Written::Done; 4], "{name}");
                recorded.extend(ids);
                if round % 3 == 0 {
                    connection.renew(&short).unwrap();
                }
            }
            stop.store(true, Ordering::Relaxed);
            (recorded, heir.join().unwrap())
        });
        std::thread::sleep(Duration::from_millis(5));
        let (mut other, heir) = living(&bed);
        for _ in 0..20 {
            taken_over.extend(
                other.take_over(&heir, Duration::ZERO, 100).unwrap().iter().map(|one| one.message.id),
            );
        }
        assert_eq!(in_own_rows(&bed), 0, "{name}");
        let once: HashSet<Uuid> = taken_over.iter().copied().collect();
        assert_eq!((once.len(), taken_over.len()), (recorded.len(), recorded.len()), "{name}");
    }
}

/// Another worker moves the place into the queue while its holder settles: the
/// statement of the end waits for the row, and finds the place nowhere.
#[test]
fn an_end_that_meets_a_move_of_its_place_is_written_again() {
    let Some(bed) = Bed::postgres() else { return };
    let (mut connection, owner) = living(&bed);
    for take in [true, false] {
        let (ids, writes) = records(&owner, 1);
        connection.commit(&writes).unwrap();
        let (id, schema) = (ids[0], &bed.server().schema);
        let mover = Sql::connect(&bed.server().connection_string);
        mover.sql("BEGIN");
        mover.sql(&format!("UPDATE \"{schema}\".wa_messages SET worker = NULL WHERE id = '{id}'"));
        mover.sql(&format!(
            "INSERT INTO \"{schema}\".wa_queue (message_id, account_key, priority, not_before, state, attempt, worker, \
             epoch, intent_at) VALUES ('{id}', '{ACCOUNT}', 1, 0, {}, 1, '{}', 1, 1)",
            State::Sending as i16,
            owner.id
        ));
        let moved = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(500));
            mover.sql("COMMIT");
        });
        let end = if take { taken(id, &owner) } else { refused(id, &owner, None) };
        let error = connection.commit(&[write_settlement(end.clone())]).unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Retry, "{error:?}");
        moved.join().unwrap();
        assert_eq!(one(connection.as_mut(), write_settlement(end)), Written::Done);
        let state = if take { State::Accepted } else { State::Failed };
        assert_eq!(connection.find(id).unwrap().unwrap().message.state, state);
        assert_eq!((in_the_queue(&bed), in_own_rows(&bed)), (0, 0));
    }
}

/// A batch of a worker is held up on its way, its connection is given up for
/// lost, and the worker renews its lease on another one. Then the batch is
/// committed all the same.
#[test]
fn what_a_lost_connection_has_under_way_is_found_after_a_renewal() {
    let Some(bed) = Bed::postgres() else { return };
    let (mut connection, dead) = living(&bed);
    let (mut other, heir) = living(&bed);
    let waits = queued(message(), Some(dead.id));
    let waiting = waits.message.id;
    one(connection.as_mut(), write_record(waits));
    let (ids, mut batch) = records(&dead, 1);
    batch.push(write_settlement(refused(waiting, &dead, None)));
    let server = bed.server();
    let blocker = Sql::connect(&server.connection_string);
    blocker.sql("BEGIN");
    blocker.sql(&format!("SELECT 1 FROM \"{}\".wa_queue FOR UPDATE", server.schema));
    let held_up = |count: usize| {
        let waiting = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%{}%'",
            server.schema
        );
        let begun = std::time::Instant::now();
        while server.sql(&waiting)[0][0].as_deref() != Some(&count.to_string()) {
            assert!(begun.elapsed() < Duration::from_secs(20), "{count} never wait");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    std::thread::scope(|scope| {
        let lost = scope.spawn(|| bed.connect().commit(&batch).unwrap());
        held_up(1);
        // What others record meanwhile stands behind it.
        other.commit(&records(&heir, 1).1).unwrap();
        let renewal = scope.spawn(|| bed.connect().renew(&dead).unwrap());
        held_up(2);
        blocker.sql("COMMIT");
        assert_eq!(lost.join().unwrap(), [Written::Done, Written::Done]);
        renewal.join().unwrap();
    });
    assert_eq!(in_own_rows(&bed), 2);
    dies(&bed, &dead, 30_000);
    let found = other.take_over(&heir, SECOND, 10).unwrap();
    assert_eq!(found.iter().map(|claimed| claimed.message.id).collect::<Vec<_>>(), ids);
}
