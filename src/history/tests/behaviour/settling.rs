//! What the end of an attempt does to a message, and whose word counts.

use crate::history::record::*;
use crate::history::store::Connection;
use crate::history::tests::bed::*;
use crate::history::tests::bed_questions::{all_events, event_query};
use crate::message::State;
use crate::message::clock::Millis;
use uuid::Uuid;

pub fn a_settlement_merges_by_version_and_rank(bed: &Bed) {
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

/// Two workers end one version of a message: the heir does not know, and the
/// journal of the one that was away brings the answer later.
pub fn an_end_of_the_same_version_that_changes_the_state_is_told(bed: &Bed) {
    let mut connection = bed.connect();
    let record = sending(message(), Uuid::now_v7());
    let id = record.message.id;
    one(connection.as_mut(), write_record(record));
    let end = |state: State| Settlement {
        state,
        provider_message_id: None,
        event: Some(EventRow {
            message_id: Some(id),
            version: Some(accepted(id).version),
            state: Some(state),
            ..event("message", Some(id), state.name())
        }),
        ..accepted(id)
    };
    for state in [State::Unknown, State::Unknown, State::Failed, State::Failed] {
        assert_eq!(one(connection.as_mut(), write_settlement(end(state))), Written::Done);
    }
    assert_eq!(connection.find(id).unwrap().unwrap().message.state, State::Failed);
    let number = |state: State| format!("message_id = '{id}' AND state = {}", state as i16);
    assert_eq!(bed.count_where("events", &number(State::Unknown)), 1);
    assert_eq!(bed.count_where("events", &number(State::Failed)), 1, "the end is never told");
}

/// A report of delivery may come before the settlement of its own attempt.
pub fn a_report_of_delivery_is_not_taken_back(bed: &Bed) {
    let mut connection = bed.connect();
    let own = Uuid::now_v7();
    let holder = |id: Uuid| Settlement { owner: Some(own), ..accepted(id) };
    let stranger = |id: Uuid| Settlement { owner: Some(Uuid::now_v7()), ..accepted(id) };
    let failed = |id: Uuid| Settlement {
        state: State::Failed,
        error: Some("{}".into()),
        provider_message_id: None,
        ..holder(id)
    };
    let (sent, failure) = (State::Sent as i16, State::Failed as i16);
    let delivered = State::Delivered as i16;
    let reported = format!("state = {failure}, provider_message_id = 'SM1', error = 'refused'");
    type Told<'a> = &'a dyn Fn(Uuid) -> Settlement;
    let cases: [(String, Told<'_>, State); 7] = [
        (format!("state = {sent}"), &holder, State::Sent),
        (format!("state = {sent}"), &stranger, State::Sent),
        (format!("state = {delivered}"), &failed, State::Delivered),
        (reported.clone(), &holder, State::Failed),
        (reported, &stranger, State::Failed),
        // What the provider says after it still moves the message on.
        (format!("state = {sent}"), &failed, State::Failed),
        // A failure that we concluded ourselves, and it was taken.
        (format!("state = {failure}"), &stranger, State::Accepted),
    ];
    for (moved, told, expected) in cases {
        let record = sending(message(), own);
        let id = record.message.id;
        one(connection.as_mut(), write_record(record));
        bed.change("messages", &format!("{moved} WHERE {}", bed.id_is(id)));
        let settlement = told(id);
        assert_eq!(one(connection.as_mut(), write_settlement(settlement.clone())), Written::Done);
        let row = connection.find(id).unwrap().unwrap();
        assert_eq!(row.message.state, expected, "{moved}, then {:?}", settlement.state);
        // The attempt is known, and the message waits for nothing any more.
        assert_eq!(row.attempts.len(), 1);
        assert_eq!(one(connection.as_mut(), Write::Intent(intent(id, own, 2))), Written::NotThere);
        if moved.contains("refused") {
            assert_eq!(row.message.error.as_deref(), Some("refused"));
        }
    }
}

pub fn who_lost_a_message_settles_nothing(bed: &Bed) {
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

pub fn a_settlement_may_put_back_into_the_queue(bed: &Bed) {
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

pub fn a_late_settlement_leaves_the_queue_alone(bed: &Bed) {
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
pub fn a_late_acceptance_ends_the_waiting(bed: &Bed) {
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

/// The bodies of the events about a message.
fn told(connection: &mut dyn Connection, id: Uuid) -> Vec<String> {
    let id = id.to_string();
    all_events(connection, &event_query()).into_iter().filter(|body| body.contains(&id)).collect()
}

/// Its worker lost the connection, another one found the message in the
/// provider's list, and then the first one comes with its answer.
pub fn a_late_equal_outcome_tells_nothing(bed: &Bed) {
    let mut connection = bed.connect();
    let (first, heir) = (Uuid::now_v7(), Uuid::now_v7());
    let record = sending(message(), heir);
    let id = record.message.id;
    one(connection.as_mut(), write_record(record));
    let unknown = Settlement {
        owner: Some(heir),
        state: State::Unknown,
        provider_message_id: None,
        attempt: None,
        queue: Some(QueueRow {
            state: State::Unknown,
            worker: Some(heir),
            attempt: 1,
            not_before: Millis::now(),
        }),
        event: Some(event("message", Some(id), &format!("unknown {id}"))),
        ..accepted(id)
    };
    let found = Settlement { owner: Some(heir), version: 3, ..accepted(id) };
    for settlement in [unknown, found] {
        assert_eq!(one(connection.as_mut(), write_settlement(settlement)), Written::Done);
    }
    let before = told(connection.as_mut(), id);
    assert_eq!(before.len(), 2);
    let row = connection.find(id).unwrap().unwrap().message;
    // Also as one that was frozen for so long that it counts far ahead.
    for version in [2, 9] {
        let late = Settlement { owner: Some(first), version, ..accepted(id) };
        assert_eq!(one(connection.as_mut(), write_settlement(late)), Written::Done);
    }
    assert_eq!(told(connection.as_mut(), id), before);
    let after = connection.find(id).unwrap().unwrap().message;
    assert_eq!((after.state, after.version), (row.state, row.version));
}

pub fn a_change_that_is_written_again_tells_nothing_again(bed: &Bed) {
    let mut connection = bed.connect();
    let own = Uuid::now_v7();
    let record = sending(message(), own);
    let id = record.message.id;
    one(connection.as_mut(), write_record(record));
    let rests = QueueRow { state: State::Unknown, worker: Some(own), attempt: 1, not_before: Millis::now() };
    let unknown = Settlement {
        owner: Some(own),
        state: State::Unknown,
        provider_message_id: None,
        attempt: None,
        queue: Some(rests),
        event: Some(event("message", Some(id), &format!("unknown {id}"))),
        ..accepted(id)
    };
    let taken = Settlement { version: 3, ..accepted(id) };
    for settlement in [unknown, taken] {
        for _ in 0..3 {
            assert_eq!(one(connection.as_mut(), write_settlement(settlement.clone())), Written::Done);
        }
    }
    assert_eq!(told(connection.as_mut(), id).len(), 2);
}
