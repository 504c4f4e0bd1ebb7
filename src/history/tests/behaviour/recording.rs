//! What a new message, an intent and a withdrawal do.

use crate::history::record::*;
use crate::history::tests::bed::*;
use crate::history::tests::bed_questions::everything;
use crate::message::clock::Millis;
use crate::message::{Priority, State};
use std::collections::HashSet;
use std::time::Duration;
use uuid::Uuid;

pub fn a_message_is_recorded_settled_and_found(bed: &Bed) {
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

pub fn a_replay_is_recognised(bed: &Bed) {
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

pub fn a_taken_id_is_refused(bed: &Bed) {
    let mut connection = bed.connect();
    let first = message();
    let mut second = first.clone();
    second.recipient = "whatsapp:+15005550009".into();
    let mut third = first.clone();
    third.created_at = third.created_at.plus(1);
    third.nonce = message().nonce;
    // Even at the same moment, with the same text to the same recipient.
    let alike = MessageRow { nonce: message().nonce, ..first.clone() };
    let without_nonce = MessageRow { nonce: None, ..first.clone() };
    let other_text = MessageRow { content: r#"{"type":"text","text":"Another."}"#.into(), ..first.clone() };
    assert_eq!(one(connection.as_mut(), write_record(queued(first.clone(), None))), Written::Done);
    for other in [second, third, alike, without_nonce, other_text] {
        let record = referenced(queued(other, None), "taken", "p");
        assert_eq!(one(connection.as_mut(), write_record(record)), Written::IdTaken);
    }
    // The reference of what was refused is still free.
    let record = referenced(queued(message(), None), "taken", "p");
    assert_eq!(one(connection.as_mut(), write_record(record)), Written::Done);
    assert_eq!(connection.find(first.id).unwrap().unwrap().message.recipient, first.recipient);
}

pub fn a_reference_gives_the_first_message(bed: &Bed) {
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

pub fn references_race(bed: &Bed) {
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

pub fn an_intent_needs_its_owner_and_time(bed: &Bed) {
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

pub fn an_intent_is_repeated_only_by_its_own(bed: &Bed) {
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

pub fn a_withdrawal_needs_a_queued_message(bed: &Bed) {
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

pub fn a_batch_holds_every_kind(bed: &Bed) {
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

pub fn an_empty_batch_is_nothing(bed: &Bed) {
    assert_eq!(bed.connect().commit(&[]).unwrap(), []);
}
