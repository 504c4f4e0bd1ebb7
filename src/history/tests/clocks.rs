//! The store's clock is another machine's, and may be wrong by minutes.

use super::bed::*;
use crate::history::record::*;
use crate::history::store::{Connection, Worker};
use crate::message::State;
use crate::message::clock::Millis;
use std::time::Duration;
use uuid::Uuid;

const MINUTE: i64 = 60_000;

/// Nobody has heard of it for long.
fn dead() -> Uuid {
    Uuid::now_v7()
}

fn living(connection: &mut dyn Connection) -> Worker {
    let worker = Worker {
        id: Uuid::now_v7(),
        account_key: ACCOUNT.into(),
        lease: Duration::from_secs(30),
        host: "test".into(),
    };
    connection.renew(&worker).unwrap();
    worker
}

#[track_caller]
fn is_about(found: i64, expected: i64, what: &str) {
    assert!((found - expected).abs() < MINUTE, "{what}: {found}, not {expected}");
}

#[test]
fn an_attempts_age_is_by_one_clock() {
    for (name, bed) in Bed::of_every_clock() {
        let mut connection = bed.connect();
        let heir = living(connection.as_mut());
        // What is done to the beginning, and how old the attempt then is.
        for (change, age) in
            [("intent_at", 0), ("intent_at - 1200000", 20 * MINUTE), ("intent_at + 1200000", 0)]
        {
            let mut record = sending(message(), dead());
            record.message.updated_at = Millis(1);
            let id = record.message.id;
            one(connection.as_mut(), write_record(record));
            // Unknown, so that no grace is waited for.
            bed.change("queue", &format!("state = 20, intent_at = {change}"));
            let taken = connection.take_over(&heir, Duration::ZERO, 10).unwrap();
            assert_eq!(taken.iter().map(|taken| taken.message.id).collect::<Vec<_>>(), [id], "{name}");
            is_about(taken[0].age.unwrap().as_millis() as i64, age, &format!("{name}, {change}"));
            bed.change("queue", "state = 0, not_before = 9000000000000");
        }
    }
}

#[test]
fn a_message_is_due_when_this_machine_says_so() {
    for (name, bed) in Bed::of_every_clock() {
        let mut connection = bed.connect();
        let claimer = living(connection.as_mut());
        let now = Millis::now();
        let at = |minutes: i64| {
            let mut record = queued(message(), None);
            record.queue.as_mut().unwrap().not_before = Millis(now.0 + minutes * MINUTE);
            record
        };
        let (past, due, soon) = (at(-5), at(0), at(5));
        let order = [past.message.id, due.message.id];
        connection.commit(&[due, soon, past].map(write_record)).unwrap();
        let claimed = connection.claim(&claimer, 10).unwrap();
        assert_eq!(claimed.iter().map(|claimed| claimed.message.id).collect::<Vec<_>>(), order, "{name}");
        is_about(claimed[0].queue.not_before.0, now.0 - 5 * MINUTE, name);
        is_about(claimed[1].queue.not_before.0, now.0, name);
    }
}

/// A retry, and an unknown end that waits for its deadline.
#[test]
fn what_rests_is_taken_when_this_machine_says_so() {
    for (name, bed) in Bed::of_every_clock() {
        let mut connection = bed.connect();
        let heir = living(connection.as_mut());
        for (state, minutes, is_taken) in [
            (State::Queued, 5, false),
            (State::Queued, 0, true),
            (State::Unknown, 5, false),
            (State::Unknown, 0, true),
        ] {
            let owner = dead();
            let record = sending(message(), owner);
            let id = record.message.id;
            one(connection.as_mut(), write_record(record));
            let not_before = Millis(Millis::now().0 + minutes * MINUTE);
            let mut rest = accepted(id);
            (rest.owner, rest.state, rest.attempt, rest.event) = (Some(owner), state, None, None);
            // As old as it may be: only the place says until when it rests.
            rest.at = Millis(1);
            rest.queue = Some(QueueRow { state, worker: None, attempt: 1, not_before });
            assert_eq!(one(connection.as_mut(), write_settlement(rest)), Written::Done);
            let mut taken = connection.claim(&heir, 10).unwrap();
            taken.extend(connection.take_over(&heir, Duration::ZERO, 10).unwrap());
            let what = format!("{name}, {state:?} in {minutes} min");
            let ids: Vec<Uuid> = taken.iter().map(|taken| taken.message.id).collect();
            assert_eq!(ids, if is_taken { vec![id] } else { vec![] }, "{what}");
            if let [one] = taken.as_slice() {
                is_about(one.queue.not_before.0, not_before.0, &what);
                is_about(one.age.unwrap().as_millis() as i64, 0, &what);
            }
        }
    }
}
