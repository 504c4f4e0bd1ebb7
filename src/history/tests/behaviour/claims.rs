//! Who takes what from the queue.

use crate::history::record::*;
use crate::history::store::Worker;
use crate::history::tests::bed::*;
use crate::history::tests::bed_questions::worker;
use crate::message::clock::Millis;
use crate::message::{Priority, State};
use std::collections::HashSet;
use std::time::Duration;
use uuid::Uuid;

pub fn claims_are_never_double(bed: &Bed) {
    const MESSAGES: usize = 400;
    let mut connection = bed.connect();
    for _ in 0..4 {
        let batch: Vec<Write> = (0..MESSAGES / 4).map(|_| write_record(queued(message(), None))).collect();
        connection.commit(&batch).unwrap();
    }
    let claimed: Vec<Uuid> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = bed.connect();
                    let worker = worker(Uuid::now_v7());
                    connection.renew(&worker).unwrap();
                    let mut mine = Vec::new();
                    let mut empty = 0;
                    while empty < 3 {
                        let some = connection.claim(&worker, 7).unwrap();
                        empty = if some.is_empty() { empty + 1 } else { 0 };
                        assert!(some.len() <= 7);
                        for claimed in some {
                            assert_eq!(claimed.queue.worker, Some(worker.id));
                            mine.push(claimed.message.id);
                        }
                    }
                    mine
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(claimed.len(), MESSAGES);
    assert_eq!(claimed.iter().collect::<HashSet<_>>().len(), MESSAGES);
}

pub fn a_claim_takes_what_is_due_and_free(bed: &Bed) {
    let mut connection = bed.connect();
    let (living, dead, ended) = (worker(Uuid::now_v7()), Uuid::now_v7(), worker(Uuid::now_v7()));
    connection.renew(&living).unwrap();
    connection.renew(&ended).unwrap();
    let free = queued(message(), None);
    let of_living = queued(message(), Some(living.id));
    let of_dead = queued(message(), Some(dead));
    let of_ended = queued(message(), Some(ended.id));
    let mut later = queued(message(), None);
    later.queue.as_mut().unwrap().not_before = Millis::now().plus(60_000);
    let mut foreign = queued(message(), None);
    foreign.message.account_key = "account-2".into();
    let mut urgent = queued(message(), None);
    urgent.message.priority = Priority::High;
    let begun = sending(message(), dead);
    let order = [urgent.message.id, free.message.id, of_dead.message.id, of_ended.message.id];
    let batch: Vec<Write> =
        [free, of_living, of_dead, of_ended, later, foreign, urgent, begun].map(write_record).into();
    connection.commit(&batch).unwrap();
    connection.release(ended.id).unwrap();
    let claimer = worker(Uuid::now_v7());
    connection.renew(&claimer).unwrap();
    let claimed = connection.claim(&claimer, 10).unwrap();
    assert_eq!(claimed[0].message.id, order[0]);
    let found: HashSet<Uuid> = claimed.iter().map(|claimed| claimed.message.id).collect();
    assert_eq!(found, order.into_iter().collect());
    assert!(claimed.iter().all(|claimed| claimed.queue.state == State::Queued && claimed.age.is_none()));
    assert!(connection.claim(&claimer, 10).unwrap().is_empty());
    assert_eq!(one(connection.as_mut(), Write::Intent(intent(order[2], dead, 1))), Written::NotThere);
    assert_eq!(one(connection.as_mut(), Write::Intent(intent(order[2], claimer.id, 1))), Written::Done);
}

pub fn a_take_over_waits_for_the_grace(bed: &Bed) {
    let mut connection = bed.connect();
    let (living, dead) = (worker(Uuid::now_v7()), worker(Uuid::now_v7()));
    connection.renew(&living).unwrap();
    connection.renew(&dead).unwrap();
    let of_living = sending(message(), living.id);
    let of_dead = sending(message(), dead.id);
    let id = of_dead.message.id;
    let waiting = queued(message(), Some(dead.id));
    let mut unknown = sending(message(), dead.id);
    unknown.message.state = State::Unknown;
    unknown.queue.as_mut().unwrap().state = State::Unknown;
    let unknown_id = unknown.message.id;
    connection.commit(&[of_living, of_dead, waiting, unknown].map(write_record)).unwrap();
    let heir = worker(Uuid::now_v7());
    connection.renew(&heir).unwrap();
    assert!(connection.take_over(&heir, Duration::ZERO, 10).unwrap().is_empty(), "both live");
    let short = Worker { lease: Duration::ZERO, ..dead };
    connection.renew(&short).unwrap();
    std::thread::sleep(Duration::from_millis(5));
    let early = connection.take_over(&heir, Duration::from_secs(60), 10).unwrap();
    let early: Vec<Uuid> = early.iter().map(|claimed| claimed.message.id).collect();
    assert_eq!(early, [unknown_id], "what is unknown needs no grace");
    let late = connection.take_over(&heir, Duration::from_millis(1), 10).unwrap();
    assert_eq!(late.iter().map(|claimed| claimed.message.id).collect::<Vec<_>>(), [id]);
    assert_eq!(late[0].queue.worker, Some(heir.id));
    assert_eq!((late[0].queue.state, late[0].queue.attempt), (State::Sending, 1));
    assert!(late[0].age.is_some());
    assert!(connection.take_over(&heir, Duration::ZERO, 10).unwrap().is_empty(), "the heir lives");
}
