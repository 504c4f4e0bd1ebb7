//! What every store must do.

use super::bed::*;
use crate::history::Condition;
use crate::history::query::{EventCursor, EventQuery, Order, Query};
use crate::history::record::*;
use crate::history::store::{Connection, StoreErrorKind, Worker};
use crate::message::clock::Millis;
use crate::message::{Priority, State};
use crate::settings::Migrate;
use std::collections::HashSet;
use std::time::Duration;
use uuid::Uuid;

macro_rules! on_every_store {
    ($($name:ident,)*) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&super::Bed::sqlite()); })*
        }
        mod postgres {
            $(#[test] fn $name() {
                if let Some(bed) = super::Bed::postgres() { super::$name(&bed); }
            })*
        }
    };
}

on_every_store! {
    the_tables_are_made_once,
    the_tables_are_made_by_many_at_once,
    check_and_off_make_nothing,
    a_message_is_recorded_settled_and_found,
    a_replay_is_recognised,
    a_taken_id_is_refused,
    a_reference_gives_the_first_message,
    references_race,
    an_intent_needs_its_owner_and_time,
    an_intent_is_repeated_only_by_its_own,
    a_withdrawal_needs_a_queued_message,
    a_settlement_merges_by_version_and_rank,
    who_lost_a_message_settles_nothing,
    a_settlement_may_put_back_into_the_queue,
    a_late_settlement_leaves_the_queue_alone,
    a_late_acceptance_ends_the_waiting,
    a_batch_holds_every_kind,
    an_empty_batch_is_nothing,
    claims_are_never_double,
    a_claim_takes_what_is_due_and_free,
    a_take_over_waits_for_the_grace,
    events_come_in_order_and_by_kind,
    events_of_others_are_not_seen,
    consumers_are_remembered,
    every_row_comes_once_while_others_insert,
    filters_find_what_they_name,
    text_is_searched_as_it_is,
    every_text_comes_back,
    a_long_text_comes_back,
    owned_ids_are_told,
    the_server_describes_itself,
    a_check_tells_of_tables_and_commits,
}

fn worker(id: Uuid) -> Worker {
    Worker { id, account_key: ACCOUNT.into(), lease: Duration::from_secs(30), host: "test".into() }
}

fn everything() -> Query {
    Query {
        equal: Vec::new(),
        states: Vec::new(),
        direction: None,
        since: None,
        until: None,
        text: None,
        limit: 500,
        after: None,
        order: Order::Newest,
    }
}

fn ids(rows: &[crate::history::query::Row]) -> Vec<Uuid> {
    rows.iter().map(|row| row.message.id).collect()
}

fn the_tables_are_made_once(bed: &Bed) {
    let mut first = bed.connect();
    first.migrate(Migrate::Auto).unwrap();
    first.migrate(Migrate::Check).unwrap();
    bed.connect().migrate(Migrate::Auto).unwrap();
}

fn the_tables_are_made_by_many_at_once(bed: &Bed) {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut connection = bed.connect();
                assert_eq!(one(connection.as_mut(), write_record(queued(message(), None))), Written::Done);
            });
        }
    });
    assert_eq!(bed.connect().page(&everything()).unwrap().len(), 4);
}

fn check_and_off_make_nothing(bed: &Bed) {
    let mut connection = bed.store.connect().unwrap();
    connection.migrate(Migrate::Off).unwrap();
    let error = connection.migrate(Migrate::Check).unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Schema, "{error:?}");
    connection.migrate(Migrate::Auto).unwrap();
    connection.migrate(Migrate::Check).unwrap();
}

fn a_message_is_recorded_settled_and_found(bed: &Bed) {
    let mut connection = bed.connect();
    let mut new = message();
    new.not_before = Some(Millis(1));
    new.expires_at = Some(new.created_at.plus(60_000));
    new.reference = Some("r".into());
    new.campaign_id = Some("c".into());
    new.category = Some("utility".into());
    new.template = Some("welcome".into());
    new.priority = Priority::High;
    let id = new.id;
    assert!(connection.find(id).unwrap().is_none());
    assert_eq!(one(connection.as_mut(), write_record(sending(new.clone(), Uuid::now_v7()))), Written::Done);
    let found = connection.find(id).unwrap().unwrap();
    assert!(found.message.seq > 0);
    assert_eq!(found.message, MessageRow { seq: found.message.seq, ..new.clone() });
    assert_eq!(found.attempts, []);

    let end = accepted(id);
    assert_eq!(one(connection.as_mut(), write_settlement(end.clone())), Written::Done);
    let found = connection.find(id).unwrap().unwrap();
    let expected = MessageRow {
        seq: found.message.seq,
        state: State::Accepted,
        version: 2,
        updated_at: end.at,
        provider_message_id: end.provider_message_id.clone(),
        response: end.response.clone(),
        ..new
    };
    assert_eq!(found.message, expected);
    assert_eq!(found.attempts, [end.attempt.unwrap()]);
    assert_eq!(one(connection.as_mut(), write_settlement(accepted(Uuid::now_v7()))), Written::NotThere);
}

fn a_replay_is_recognised(bed: &Bed) {
    let mut connection = bed.connect();
    let worker_id = Uuid::now_v7();
    let mut record = referenced(queued(message(), Some(worker_id)), "replay", "p");
    record.event = Some(event("message", Some(record.message.id), "queued"));
    let id = record.message.id;
    for _ in 0..2 {
        assert_eq!(one(connection.as_mut(), write_record(record.clone())), Written::Done);
    }
    for _ in 0..2 {
        assert_eq!(one(connection.as_mut(), Write::Intent(intent(id, worker_id, 1))), Written::Done);
    }
    // A new message is known even when it has moved on.
    assert_eq!(one(connection.as_mut(), write_record(record.clone())), Written::Done);
    for _ in 0..2 {
        assert_eq!(one(connection.as_mut(), write_settlement(accepted(id))), Written::Done);
    }
    let row = connection.find(id).unwrap().unwrap();
    assert_eq!((row.message.state, row.message.version, row.attempts.len()), (State::Accepted, 2, 1));
    let other = queued(message(), Some(worker_id));
    let other_id = other.message.id;
    one(connection.as_mut(), write_record(other));
    for _ in 0..2 {
        assert_eq!(one(connection.as_mut(), write_withdrawal(withdrawal(other_id))), Written::Done);
    }
    assert_eq!(connection.find(other_id).unwrap().unwrap().message.version, 2);
    if let Some(server) = &bed.server {
        assert_eq!(server.count("messages"), 2);
        assert_eq!(server.count("refs"), 1);
        assert_eq!(server.count("queue"), 0);
    }
}

fn a_taken_id_is_refused(bed: &Bed) {
    let mut connection = bed.connect();
    let first = message();
    let mut second = first.clone();
    second.recipient = "whatsapp:+15005550009".into();
    let mut third = first.clone();
    third.created_at = third.created_at.plus(1);
    assert_eq!(one(connection.as_mut(), write_record(queued(first.clone(), None))), Written::Done);
    for other in [second, third] {
        let record = referenced(queued(other, None), "taken", "p");
        assert_eq!(one(connection.as_mut(), write_record(record)), Written::IdTaken);
    }
    // The reference of what was refused is still free.
    let record = referenced(queued(message(), None), "taken", "p");
    assert_eq!(one(connection.as_mut(), write_record(record)), Written::Done);
    assert_eq!(connection.find(first.id).unwrap().unwrap().message.recipient, first.recipient);
}

fn a_reference_gives_the_first_message(bed: &Bed) {
    let mut connection = bed.connect();
    let first = referenced(queued(message(), None), "same", "p");
    let first_id = first.message.id;
    assert_eq!(one(connection.as_mut(), write_record(first)), Written::Done);
    for (payload, same_payload) in [("p", true), ("q", false)] {
        let again = referenced(queued(message(), None), "same", payload);
        let again_id = again.message.id;
        let written = one(connection.as_mut(), write_record(again));
        assert_eq!(written, Written::Referenced { message_id: first_id, same_payload });
        assert!(connection.find(again_id).unwrap().is_none());
    }
    let mut scoped = referenced(queued(message(), None), "same", "q");
    scoped.reference.as_mut().unwrap().scope = "campaign".into();
    assert_eq!(one(connection.as_mut(), write_record(scoped)), Written::Done);
    // Among others, each gets its own answer.
    let batch = [
        write_record(queued(message(), None)),
        write_record(referenced(queued(message(), None), "same", "p")),
        write_record(referenced(queued(message(), None), "other", "p")),
    ];
    let written = connection.commit(&batch).unwrap();
    let again = Written::Referenced { message_id: first_id, same_payload: true };
    assert_eq!(written, [Written::Done, again, Written::Done]);
}

fn references_race(bed: &Bed) {
    bed.connect();
    let done: Vec<(Uuid, Written)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = bed.connect();
                    (0..25)
                        .map(|number| {
                            let record = referenced(queued(message(), None), &format!("race {number}"), "p");
                            let id = record.message.id;
                            (id, one(connection.as_mut(), write_record(record)))
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let winners: HashSet<Uuid> =
        done.iter().filter(|(_, written)| *written == Written::Done).map(|(id, _)| *id).collect();
    assert_eq!(winners.len(), 25);
    for (_, written) in &done {
        if let Written::Referenced { message_id, same_payload } = written {
            assert!(winners.contains(message_id) && *same_payload);
        }
    }
    assert_eq!(bed.connect().page(&everything()).unwrap().len(), 25);
}

fn an_intent_needs_its_owner_and_time(bed: &Bed) {
    let mut connection = bed.connect();
    let (own, other) = (Uuid::now_v7(), Uuid::now_v7());
    let fresh = queued(message(), Some(own));
    let fresh_id = fresh.message.id;
    let mut expired = queued(message(), Some(own));
    expired.message.expires_at = Some(Millis::now().plus(0));
    let expired_id = expired.message.id;
    let free = queued(message(), None);
    let free_id = free.message.id;
    for record in [fresh, expired, free] {
        assert_eq!(one(connection.as_mut(), write_record(record)), Written::Done);
    }
    std::thread::sleep(Duration::from_millis(5));
    let writes = [
        Write::Intent(intent(expired_id, own, 1)),
        Write::Intent(intent(free_id, own, 1)),
        Write::Intent(intent(Uuid::now_v7(), own, 1)),
        Write::Intent(intent(fresh_id, own, 1)),
    ];
    let written = connection.commit(&writes).unwrap();
    assert_eq!(written, [Written::NotThere, Written::NotThere, Written::NotThere, Written::Done]);
    assert_eq!(one(connection.as_mut(), Write::Intent(intent(fresh_id, other, 1))), Written::NotThere);
    assert_eq!(connection.find(expired_id).unwrap().unwrap().message.state, State::Queued);
    let begun = connection.find(fresh_id).unwrap().unwrap().message;
    assert_eq!((begun.state, begun.attempts), (State::Sending, 1));
}

fn an_intent_is_repeated_only_by_its_own(bed: &Bed) {
    let mut connection = bed.connect();
    let own = Uuid::now_v7();
    let record = queued(message(), Some(own));
    let id = record.message.id;
    one(connection.as_mut(), write_record(record));
    assert_eq!(one(connection.as_mut(), Write::Intent(intent(id, own, 1))), Written::Done);
    assert_eq!(one(connection.as_mut(), Write::Intent(intent(id, own, 1))), Written::Done);
    assert_eq!(one(connection.as_mut(), Write::Intent(intent(id, own, 2))), Written::NotThere);
    one(connection.as_mut(), write_settlement(accepted(id)));
    assert_eq!(one(connection.as_mut(), Write::Intent(intent(id, own, 1))), Written::NotThere);
    // Its time may be over when it is repeated: then it is held back, not lost.
    let mut short = queued(message(), Some(own));
    short.message.expires_at = Some(Millis::now().plus(300));
    let id = short.message.id;
    one(connection.as_mut(), write_record(short));
    if one(connection.as_mut(), Write::Intent(intent(id, own, 1))) == Written::Done {
        std::thread::sleep(Duration::from_millis(310));
        assert_eq!(one(connection.as_mut(), Write::Intent(intent(id, own, 1))), Written::Done);
    }
}

fn a_withdrawal_needs_a_queued_message(bed: &Bed) {
    let mut connection = bed.connect();
    let own = Uuid::now_v7();
    let waiting = queued(message(), Some(own));
    let begun = sending(message(), own);
    let (waiting_id, begun_id) = (waiting.message.id, begun.message.id);
    for record in [waiting, begun] {
        one(connection.as_mut(), write_record(record));
    }
    let others = Withdrawal { owner: Some(Uuid::now_v7()), ..withdrawal(waiting_id) };
    assert_eq!(one(connection.as_mut(), write_withdrawal(others)), Written::NotThere);
    assert_eq!(connection.find(waiting_id).unwrap().unwrap().message.state, State::Queued);
    let owned = Withdrawal { owner: Some(own), ..withdrawal(waiting_id) };
    let writes = [withdrawal(begun_id), owned, withdrawal(Uuid::now_v7())].map(write_withdrawal);
    let written = connection.commit(&writes).unwrap();
    assert_eq!(written, [Written::NotThere, Written::Done, Written::NotThere]);
    let row = connection.find(waiting_id).unwrap().unwrap().message;
    assert_eq!((row.state, row.response.as_deref()), (State::Cancelled, Some("Cancelled.")));
    assert_eq!(connection.find(begun_id).unwrap().unwrap().message.state, State::Sending);
    assert_eq!(one(connection.as_mut(), Write::Intent(intent(waiting_id, own, 1))), Written::NotThere);
    // Another state than the one it has is not "done before".
    let mut expired = withdrawal(waiting_id);
    expired.state = State::Expired;
    assert_eq!(one(connection.as_mut(), write_withdrawal(expired)), Written::NotThere);
}

fn a_settlement_merges_by_version_and_rank(bed: &Bed) {
    let mut connection = bed.connect();
    let record = sending(message(), Uuid::now_v7());
    let id = record.message.id;
    one(connection.as_mut(), write_record(record));
    let mut newer = accepted(id);
    newer.version = 5;
    newer.attempts = 3;
    one(connection.as_mut(), write_settlement(newer.clone()));
    let mut older = accepted(id);
    older.version = 4;
    older.state = State::Failed;
    older.response = Some("older".into());
    older.provider_message_id = None;
    older.body = Some("what was said".into());
    older.attempt = Some(AttemptRow { detail: Some("late".into()), ..attempt(2, None) });
    assert_eq!(one(connection.as_mut(), write_settlement(older)), Written::Done);
    let row = connection.find(id).unwrap().unwrap();
    assert_eq!((row.message.state, row.message.version, row.message.attempts), (State::Accepted, 5, 3));
    assert_eq!(row.message.response, newer.response);
    assert_eq!(row.message.provider_message_id, newer.provider_message_id);
    assert_eq!(row.message.body, "what was said");
    assert_eq!(row.attempts.iter().map(|attempt| attempt.number).collect::<Vec<_>>(), [1, 2]);
    // An attempt that is told again keeps what was known of it.
    let mut again = accepted(id);
    again.version = 6;
    let told = AttemptRow { http_status: None, trace_id: None, wait_ms: Some(7), ..attempt(1, None) };
    again.attempt = Some(told);
    one(connection.as_mut(), write_settlement(again.clone()));
    let row = connection.find(id).unwrap().unwrap();
    assert_eq!(row.attempts[0].http_status, Some(201));
    assert_eq!(row.attempts[0].trace_id.as_deref(), Some("RQ0123456789"));
    assert_eq!(row.attempts[0].provider_message_id, newer.provider_message_id);
    assert_eq!((row.attempts[0].state, row.attempts[0].wait_ms), (State::Failed, Some(7)));
    // Evidence of delivery stays.
    again.version = 7;
    again.state = State::Delivered;
    one(connection.as_mut(), write_settlement(again.clone()));
    again.version = 8;
    again.state = State::Failed;
    one(connection.as_mut(), write_settlement(again));
    let row = connection.find(id).unwrap().unwrap();
    assert_eq!((row.message.state, row.message.version), (State::Delivered, 8));
}

fn a_settlement_may_put_back_into_the_queue(bed: &Bed) {
    let mut connection = bed.connect();
    let own = Uuid::now_v7();
    let record = sending(message(), own);
    let id = record.message.id;
    one(connection.as_mut(), write_record(record));
    let mut again = accepted(id);
    again.state = State::Queued;
    again.attempt = Some(attempt(1, None));
    again.queue =
        Some(QueueRow { state: State::Queued, worker: Some(own), attempt: 1, not_before: Millis::now() });
    assert_eq!(one(connection.as_mut(), write_settlement(again.clone())), Written::Done);
    assert_eq!(connection.find(id).unwrap().unwrap().message.state, State::Queued);
    assert_eq!(one(connection.as_mut(), Write::Intent(intent(id, own, 2))), Written::Done);
    one(connection.as_mut(), write_settlement(Settlement { version: 3, ..accepted(id) }));
    // A message that was not in the queue gets a place, too.
    again.version = 4;
    one(connection.as_mut(), write_settlement(again));
    assert_eq!(one(connection.as_mut(), Write::Intent(intent(id, own, 3))), Written::Done);
}

fn a_late_settlement_leaves_the_queue_alone(bed: &Bed) {
    let mut connection = bed.connect();
    let (first, heir) = (Uuid::now_v7(), Uuid::now_v7());
    let record = sending(message(), first);
    let id = record.message.id;
    one(connection.as_mut(), write_record(record));
    let mut again = accepted(id);
    again.version = 3;
    again.state = State::Queued;
    again.queue =
        Some(QueueRow { state: State::Queued, worker: Some(heir), attempt: 1, not_before: Millis::now() });
    one(connection.as_mut(), write_settlement(again));
    for queue in [None, Some(sending(message(), first).queue.unwrap())] {
        let late = Settlement { queue, ..accepted(id) };
        assert_eq!(one(connection.as_mut(), write_settlement(late)), Written::Done);
        assert_eq!(connection.find(id).unwrap().unwrap().message.state, State::Queued);
    }
    assert_eq!(one(connection.as_mut(), Write::Intent(intent(id, heir, 2))), Written::Done);
}

/// A process that was frozen tells late that its attempt was accepted: the
/// heir must not send again.
fn a_late_acceptance_ends_the_waiting(bed: &Bed) {
    let mut connection = bed.connect();
    let (first, heir) = (Uuid::now_v7(), Uuid::now_v7());
    let record = sending(message(), first);
    let id = record.message.id;
    one(connection.as_mut(), write_record(record));
    let mut again = accepted(id);
    again.version = 9;
    again.state = State::Queued;
    again.queue =
        Some(QueueRow { state: State::Queued, worker: Some(heir), attempt: 1, not_before: Millis::now() });
    one(connection.as_mut(), write_settlement(again));
    assert_eq!(
        one(connection.as_mut(), write_settlement(Settlement { owner: Some(first), ..accepted(id) })),
        Written::Done
    );
    assert_eq!(connection.find(id).unwrap().unwrap().message.state, State::Accepted);
    assert_eq!(one(connection.as_mut(), Write::Intent(intent(id, heir, 2))), Written::NotThere);
}

fn who_lost_a_message_settles_nothing(bed: &Bed) {
    let mut connection = bed.connect();
    let (first, second) = (Uuid::now_v7(), Uuid::now_v7());
    let record = sending(message(), second);
    let id = record.message.id;
    one(connection.as_mut(), write_record(record));
    let place = |worker| QueueRow {
        state: State::Queued,
        worker: Some(worker),
        attempt: 1,
        not_before: Millis::now(),
    };
    // It learnt that the attempt was refused, and would send again.
    let late = Settlement {
        owner: Some(first),
        version: 9,
        state: State::Queued,
        provider_message_id: None,
        attempt: Some(attempt(1, None)),
        queue: Some(place(first)),
        ..accepted(id)
    };
    assert_eq!(one(connection.as_mut(), write_settlement(late.clone())), Written::NotThere);
    // Or that it is over.
    let over = Settlement { queue: None, state: State::Failed, ..late.clone() };
    assert_eq!(one(connection.as_mut(), write_settlement(over)), Written::NotThere);
    let row = connection.find(id).unwrap().unwrap();
    assert_eq!((row.message.state, row.message.version), (State::Sending, 1));
    assert_eq!(row.message.response, None);
    assert_eq!(row.attempts.len(), 1, "its attempt is stored all the same");
    assert_eq!(one(connection.as_mut(), Write::Intent(intent(id, first, 2))), Written::NotThere);
    assert!(all_events(connection.as_mut(), &event_query()).is_empty());
    // The one that holds it goes on.
    let own = Settlement { owner: Some(second), version: 2, queue: Some(place(second)), ..late };
    assert_eq!(one(connection.as_mut(), write_settlement(own)), Written::Done);
    assert_eq!(connection.find(id).unwrap().unwrap().message.state, State::Queued);
    // Proof that the provider took it ends it, whoever brings it.
    let taken = Settlement { owner: Some(first), version: 2, ..accepted(id) };
    assert_eq!(one(connection.as_mut(), write_settlement(taken.clone())), Written::Done);
    let row = connection.find(id).unwrap().unwrap();
    assert_eq!(row.message.state, State::Accepted);
    assert_eq!(row.message.provider_message_id, taken.provider_message_id);
    assert_eq!((row.attempts.len(), row.attempts[0].state), (1, State::Accepted));
    assert_eq!(one(connection.as_mut(), Write::Intent(intent(id, second, 2))), Written::NotThere);
    let again = Settlement { owner: Some(second), version: 7, queue: Some(place(second)), ..taken.clone() };
    let again = Settlement { state: State::Queued, ..again };
    assert_eq!(one(connection.as_mut(), write_settlement(again)), Written::NotThere);
    assert_eq!(connection.find(id).unwrap().unwrap().message.state, State::Accepted);
    // Repeated, as after a lost answer, it changes nothing.
    assert_eq!(one(connection.as_mut(), write_settlement(taken)), Written::Done);
    assert_eq!(connection.find(id).unwrap().unwrap().message.state, State::Accepted);
}

fn a_batch_holds_every_kind(bed: &Bed) {
    let mut connection = bed.connect();
    let own = Uuid::now_v7();
    let [a, b, c] = [(); 3].map(|()| queued(message(), Some(own)));
    let [a_id, b_id, c_id] = [&a, &b, &c].map(|record| record.message.id);
    let first: Vec<Write> = [a, b, c].map(write_record).into();
    assert_eq!(connection.commit(&first).unwrap(), [Written::Done, Written::Done, Written::Done]);
    let new = sending(message(), own);
    let new_id = new.message.id;
    let writes = [
        write_withdrawal(withdrawal(c_id)),
        Write::Event(Box::new(event("warning", None, "careful"))),
        write_settlement(accepted(b_id)),
        write_record(new),
        Write::Intent(intent(a_id, own, 1)),
        write_settlement(accepted(Uuid::now_v7())),
    ];
    let written = connection.commit(&writes).unwrap();
    let done = Written::Done;
    assert_eq!(written, [done.clone(), done.clone(), done.clone(), done.clone(), done, Written::NotThere]);
    let mut state = |id| connection.find(id).unwrap().unwrap().message.state;
    assert_eq!(
        [state(a_id), state(b_id), state(c_id), state(new_id)],
        [State::Sending, State::Accepted, State::Cancelled, State::Sending]
    );
}

fn an_empty_batch_is_nothing(bed: &Bed) {
    assert_eq!(bed.connect().commit(&[]).unwrap(), []);
}

fn claims_are_never_double(bed: &Bed) {
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

fn a_claim_takes_what_is_due_and_free(bed: &Bed) {
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

fn a_take_over_waits_for_the_grace(bed: &Bed) {
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

/// Waits until nothing can come before the newest event: transactions of
/// other tests may be open on the same server.
fn settle_events(connection: &mut dyn Connection) {
    let mark = Uuid::now_v7().to_string();
    connection.commit(&[Write::Event(Box::new(event("mark", None, &mark)))]).unwrap();
    let query = EventQuery { include: vec!["mark".into()], exclude: vec![], most: 1000, ..event_query() };
    let begun = std::time::Instant::now();
    while connection.events(&query).unwrap().bodies.last() != Some(&mark) {
        assert!(begun.elapsed() < Duration::from_secs(20), "the event never comes");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn all_events(connection: &mut dyn Connection, query: &EventQuery) -> Vec<String> {
    settle_events(connection);
    let mut query = query.clone();
    let mut bodies = Vec::new();
    loop {
        let page = connection.events(&query).unwrap();
        bodies.extend(page.bodies);
        let Some(last) = page.last else { return bodies };
        query.after = Some(last);
    }
}

fn event_query() -> EventQuery {
    EventQuery {
        account_key: ACCOUNT.into(),
        after: None,
        include: vec![],
        exclude: vec!["mark".into()],
        most: 3,
    }
}

fn events_come_in_order_and_by_kind(bed: &Bed) {
    let mut connection = bed.connect();
    let query = event_query();
    let empty = connection.events(&query).unwrap();
    assert!(empty.bodies.is_empty() && empty.last.is_none());
    let mut expected = Vec::new();
    for batch in 0..4 {
        let writes: Vec<Write> = (0..2)
            .map(|number| {
                let kind = if number == 0 { "message" } else { "warning" };
                let body = format!("{kind} {batch}");
                expected.push(body.clone());
                Write::Event(Box::new(event(kind, None, &body)))
            })
            .collect();
        connection.commit(&writes).unwrap();
    }
    assert_eq!(all_events(connection.as_mut(), &query), expected);
    let messages: Vec<String> = expected.iter().filter(|body| body.starts_with('m')).cloned().collect();
    let include = EventQuery { include: vec!["message".into(), "none".into()], ..query.clone() };
    assert_eq!(all_events(connection.as_mut(), &include), messages);
    let exclude = EventQuery { exclude: vec!["warning".into(), "mark".into()], most: 1, ..query.clone() };
    assert_eq!(all_events(connection.as_mut(), &exclude), messages);
    // What was not wanted is behind the cursor.
    let none = EventQuery { include: vec!["none".into()], ..query.clone() };
    let page = connection.events(&none).unwrap();
    assert!(page.bodies.is_empty());
    let end = page.last.unwrap();
    let page = connection.events(&EventQuery { after: Some(end), ..query }).unwrap();
    assert!(page.bodies.is_empty() && page.last.is_none());
    assert_eq!(EventCursor::from_text(&end.to_text()), Some(end));
}

fn events_of_others_are_not_seen(bed: &Bed) {
    let mut connection = bed.connect();
    let mut foreign = event("message", None, "foreign");
    foreign.account_key = "account-2".into();
    let writes = [Write::Event(Box::new(foreign)), Write::Event(Box::new(event("message", None, "own")))];
    connection.commit(&writes).unwrap();
    assert_eq!(all_events(connection.as_mut(), &event_query()), ["own"]);
}

fn consumers_are_remembered(bed: &Bed) {
    let mut connection = bed.connect();
    assert_eq!(connection.acknowledged(ACCOUNT, "crm").unwrap(), None);
    connection.acknowledge(ACCOUNT, "crm", "1.2").unwrap();
    connection.acknowledge(ACCOUNT, "crm", "1.3").unwrap();
    connection.acknowledge(ACCOUNT, "Crm", "9.9").unwrap();
    assert_eq!(connection.acknowledged(ACCOUNT, "crm").unwrap().as_deref(), Some("1.3"));
    assert_eq!(connection.acknowledged(ACCOUNT, "Crm").unwrap().as_deref(), Some("9.9"));
    assert_eq!(connection.acknowledged("account-2", "crm").unwrap(), None);
}

fn every_row_comes_once_while_others_insert(bed: &Bed) {
    let mut connection = bed.connect();
    let mut there = Vec::new();
    for _ in 0..3 {
        let records: Vec<Record> = (0..40).map(|_| queued(message(), None)).collect();
        there.extend(records.iter().map(|record| record.message.id));
        connection.commit(&records.into_iter().map(write_record).collect::<Vec<_>>()).unwrap();
    }
    for order in [Order::Newest, Order::Oldest] {
        let stop = std::sync::atomic::AtomicBool::new(false);
        let seen = std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut other = bed.connect();
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    other.commit(&[write_record(queued(message(), None))]).unwrap();
                }
            });
            let mut query = Query { limit: 7, order, ..everything() };
            let mut seen = Vec::new();
            loop {
                let rows = connection.page(&query).unwrap();
                seen.extend(ids(&rows));
                query.after = rows.last().map(|row| row.message.seq);
                let enough = order == Order::Oldest && there.iter().all(|id| seen.contains(id));
                if rows.len() < query.limit || enough {
                    break;
                }
            }
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
            seen
        });
        assert_eq!(seen.iter().collect::<HashSet<_>>().len(), seen.len(), "no row comes twice");
        assert!(there.iter().all(|id| seen.contains(id)), "every row that was there comes");
    }
}

fn filters_find_what_they_name(bed: &Bed) {
    let mut connection = bed.connect();
    let now = Millis::now();
    let plain = queued(message(), None);
    let mut other = queued(message(), None);
    let row = &mut other.message;
    row.contact_id = Some("Contact-1".into());
    row.recipient = "whatsapp:+4915112345678".into();
    row.sender = Some("whatsapp:+4930123456".into());
    row.kind = "template".into();
    row.campaign_id = Some("c1".into());
    row.reference = Some("r1".into());
    row.provider = "meta".into();
    row.created_at = now.plus(1_000_000);
    let mut inbound = sending(message(), Uuid::now_v7());
    inbound.message.direction = Direction::Inbound;
    inbound.message.state = State::Received;
    inbound.message.recipient = "whatsapp:+14155238886".into();
    inbound.message.contact_id = None;
    inbound.queue = None;
    let [plain_id, other_id, inbound_id] = [&plain, &other, &inbound].map(|record| record.message.id);
    connection.commit(&[plain, other, inbound].map(write_record)).unwrap();
    let mut found = |query: Query| ids(&connection.page(&query).unwrap());
    assert_eq!(found(everything()), [inbound_id, other_id, plain_id]);
    assert_eq!(found(Query { order: Order::Oldest, limit: 2, ..everything() }), [plain_id, other_id]);
    for (column, value) in [
        ("contact_id", "Contact-1"),
        ("recipient", "whatsapp:+4915112345678"),
        ("sender", "whatsapp:+4930123456"),
        ("kind", "template"),
        ("campaign_id", "c1"),
        ("reference", "r1"),
        ("provider", "meta"),
    ] {
        let query = |value: &str| Query { equal: vec![(column, value.to_owned())], ..everything() };
        assert_eq!(found(query(value)), [other_id], "{column}");
        assert_eq!(found(query(&value.to_uppercase())).len(), 0, "{column} minds the case");
    }
    let equal = vec![("kind", "text".to_owned()), ("contact_id", "contact-1".to_owned())];
    assert_eq!(found(Query { equal, ..everything() }), [plain_id]);
    let forms = ["whatsapp:+4915112345678", "+4915112345678", "whatsapp:+14155238886"];
    let mut equal: Vec<_> = forms.iter().map(|form| ("recipient", (*form).to_owned())).collect();
    assert_eq!(found(Query { equal: equal.clone(), ..everything() }), [inbound_id, other_id]);
    equal.push(("kind", "template".into()));
    assert_eq!(found(Query { equal, ..everything() }), [other_id]);
    let query = |states: &[State]| Query { states: states.to_vec(), ..everything() };
    assert_eq!(found(query(&[State::Queued])), [other_id, plain_id]);
    assert_eq!(found(query(&[State::Received])), [inbound_id]);
    assert_eq!(found(query(&[State::Queued, State::Received])).len(), 3);
    assert_eq!(found(query(&[State::Failed, State::Expired])).len(), 0);
    assert_eq!(found(Query { direction: Some(Direction::Inbound), ..everything() }), [inbound_id]);
    assert_eq!(found(Query { direction: Some(Direction::Outbound), ..everything() }), [other_id, plain_id]);
    let later = Some(now.plus(1_000_000));
    assert_eq!(found(Query { since: later, ..everything() }), [other_id]);
    assert_eq!(found(Query { until: later, ..everything() }), [inbound_id, plain_id]);
}

const WORDS: &[&str] = &[
    "100% sure",
    "100 x sure",
    "snake_case",
    "snakeXcase",
    "wow!",
    "wow",
    "[a]",
    "back\\slash",
    "it's \"quoted\" ? {fn now()} ?1 $1 :x",
    "Grüße 😀👩‍👩‍👧‍👦 مرحبا",
    "line\r\nbreak\ttab",
];

fn text_is_searched_as_it_is(bed: &Bed) {
    let mut connection = bed.connect();
    let records: Vec<Record> = WORDS
        .iter()
        .map(|words| {
            let mut record = queued(message(), None);
            record.message.body = format!("before {words} after");
            record
        })
        .collect();
    connection.commit(&records.iter().cloned().map(write_record).collect::<Vec<_>>()).unwrap();
    let contact = || vec![("contact_id", "contact-1".to_owned())];
    for (record, words) in records.iter().zip(WORDS) {
        let query = Query { text: Some((*words).to_owned()), equal: contact(), ..everything() };
        let found = ids(&connection.page(&query).unwrap());
        let expected: Vec<Uuid> =
            records.iter().rev().filter(|r| r.message.body.contains(words)).map(|r| r.message.id).collect();
        assert_eq!(found, expected, "{words}");
        assert!(found.contains(&record.message.id));
    }
    let query = Query { text: Some("SNAKE_case".into()), equal: contact(), ..everything() };
    assert_eq!(connection.page(&query).unwrap().len(), 1, "in any case of letters");
    let query = Query { text: Some("\u{1F600}".into()), since: Some(Millis(0)), ..everything() };
    assert_eq!(connection.page(&query).unwrap().len(), 1);
}

fn every_text_comes_back(bed: &Bed) {
    let mut connection = bed.connect();
    let mut texts: Vec<String> = WORDS.iter().map(|words| (*words).to_owned()).collect();
    texts.extend([
        String::new(),
        " ".into(),
        "trailing blanks   ".into(),
        "\u{FEFF}bom".into(),
        "\u{202E}bidi\u{202C}".into(),
        (1..0x20_u8).map(char::from).collect(),
        (0x7F_u32..0x250).filter_map(char::from_u32).collect(),
        "e\u{301}\u{1F1E9}\u{1F1EA}\u{10000}\u{FFFD}\u{FFFF}".into(),
        "null".into(),
        "\\u0000 \\n".into(),
        "😀".repeat(3000),
    ]);
    for text in texts {
        let mut record = sending(message(), Uuid::now_v7());
        let row = &mut record.message;
        row.body = text.clone();
        row.content = text.clone();
        row.contact_id = Some(text.chars().take(100).collect());
        row.correlation_id = Some(text.clone());
        row.template = Some(text.clone());
        let id = row.id;
        let mut expected = row.clone();
        assert_eq!(one(connection.as_mut(), write_record(record)), Written::Done);
        let mut end = accepted(id);
        end.response = Some(text.clone());
        end.error = Some(text.clone());
        end.attempt.as_mut().unwrap().detail = Some(text.clone());
        end.event.as_mut().unwrap().body = text.clone();
        one(connection.as_mut(), write_settlement(end.clone()));
        let found = connection.find(id).unwrap().unwrap();
        expected.seq = found.message.seq;
        expected.updated_at = end.at;
        expected.state = State::Accepted;
        expected.version = 2;
        expected.provider_message_id = end.provider_message_id.clone();
        expected.response = Some(text.clone());
        expected.error = Some(text.clone());
        assert_eq!(found.message, expected);
        assert_eq!(found.attempts, [end.attempt.unwrap()]);
        let query = Query { equal: vec![("contact_id", expected.contact_id.unwrap())], ..everything() };
        assert_eq!(ids(&connection.page(&query).unwrap()), [id]);
        settle_events(connection.as_mut());
        let query = EventQuery { most: 1000, ..event_query() };
        assert_eq!(connection.events(&query).unwrap().bodies.last(), Some(&text));
    }
}

fn a_long_text_comes_back(bed: &Bed) {
    let mut connection = bed.connect();
    let mut record = sending(message(), Uuid::now_v7());
    record.message.body = "aé😀م".repeat(250_000);
    let expected = record.message.body.clone();
    let id = record.message.id;
    let neighbour = queued(message(), None);
    let neighbour_id = neighbour.message.id;
    let written = connection.commit(&[write_record(record), write_record(neighbour)]).unwrap();
    assert_eq!(written, [Written::Done, Written::Done]);
    assert!(connection.find(id).unwrap().unwrap().message.body == expected);
    let mut end = accepted(id);
    end.body = Some(format!("{expected}!"));
    one(connection.as_mut(), write_settlement(end));
    let page = connection.page(&everything()).unwrap();
    assert_eq!(ids(&page), [neighbour_id, id]);
    assert!(page[1].message.body == format!("{expected}!"));
}

fn owned_ids_are_told(bed: &Bed) {
    let mut connection = bed.connect();
    let record = sending(message(), Uuid::now_v7());
    let end = accepted(record.message.id);
    one(connection.as_mut(), write_record(record));
    one(connection.as_mut(), write_settlement(end.clone()));
    let own = end.provider_message_id.unwrap();
    let asked = [own.clone(), "SM0".into(), own.to_lowercase(), "a\"b\\".into(), own.clone()];
    assert_eq!(connection.owned(&asked).unwrap(), HashSet::from([own]));
    assert_eq!(connection.owned(&[]).unwrap(), HashSet::new());
}

fn the_server_describes_itself(bed: &Bed) {
    let text = bed.connect().describe().unwrap();
    assert!(text.starts_with(bed.store.name()), "{text}");
    // What is acknowledged must be on the disk.
    let durable = if bed.server.is_some() { "synchronous_commit=on" } else { "synchronous=2" };
    assert!(text.contains(durable), "{text}");
}

fn a_check_tells_of_tables_and_commits(bed: &Bed) {
    let conditions = |connection: &mut dyn Connection| -> Vec<(&'static str, Condition)> {
        connection.check().unwrap().into_iter().map(|finding| (finding.item, finding.condition)).collect()
    };
    let mut without = bed.store.connect().unwrap();
    let found = conditions(without.as_mut());
    assert_eq!(found[..2], [("database", Condition::Good), ("schema", Condition::Broken)]);
    let mut connection = bed.connect();
    let found = conditions(connection.as_mut());
    assert_eq!(found[..2], [("database", Condition::Good), ("schema", Condition::Good)]);
    assert_eq!(found[2], ("durability", Condition::Good), "{:?}", connection.check());
}
