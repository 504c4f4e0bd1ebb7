//! What providers tell: reports, messages from people, and the rest.

use crate::history::arrivals::*;
use crate::history::erase;
use crate::history::kept::{Kept, NO_TEXT};
use crate::history::purge::{self, Purge, PurgePlace};
use crate::history::query::{EventCursor, Query};
use crate::history::record::*;
use crate::history::store::Connection;
use crate::history::tests::bed::*;
use crate::history::tests::bed_questions::{all_events, event_query, everything, settle_events, worker};
use crate::message::clock::Millis;
use crate::message::{Error, State, Status};
use std::collections::HashSet;
use std::sync::{Arc, Barrier};
use uuid::Uuid;

fn telling() -> Telling {
    Telling {
        account_key: ACCOUNT.into(),
        kept: Kept::Masked,
        moved: Arc::new(|row| {
            let body = format!("{} {}", row.state.name(), row.id);
            EventRow { state: Some(row.state), ..event("message", Some(row.id), &body) }
        }),
        dead: Arc::new(|provider, why| event("dead_letter", None, &format!("{provider}: {why}"))),
    }
}

fn arrival(what: What) -> Arrival {
    let key = Uuid::now_v7().to_string();
    Arrival { key, provider: "twilio", received_at: Millis::now(), what, raw: r#"{"came":"so"}"#.into() }
}

fn report(attempt: Option<(Uuid, i32)>, provider_message_id: &str, state: State) -> Arrival {
    let error = matches!(state, State::Failed | State::Undelivered)
        .then(|| serde_json::to_string(&Error::new(Status::Recipient, "No such number.")).unwrap());
    arrival(What::Report(NewReport {
        attempt,
        provider_message_id: provider_message_id.into(),
        state,
        provider_status: Some(state.name().into()),
        reported_at: Some(Millis(1_795_000_000_000 + state as i64)),
        provider_code: error.as_ref().map(|_| "63024".into()),
        recipient_id: None,
        error,
    }))
}

/// The id that `accepted` gives.
fn sid(id: Uuid) -> String {
    format!("SM{}", id.simple())
}

fn apply(connection: &mut dyn Connection, arrivals: &[Arrival]) -> Vec<Applied> {
    store(connection, &telling(), arrivals).unwrap()
}

/// A message that the provider took.
fn sent(connection: &mut dyn Connection) -> Uuid {
    let record = sending(message(), Uuid::now_v7());
    let id = record.message.id;
    one(connection, write_record(record));
    let end = Settlement { event: None, ..accepted(id) };
    assert_eq!(one(connection, write_settlement(end)), Written::Done);
    id
}

fn state(connection: &mut dyn Connection, id: Uuid) -> State {
    connection.find(id).unwrap().unwrap().message.state
}

fn events(connection: &mut dyn Connection) -> Vec<String> {
    all_events(connection, &event_query())
}

pub fn a_report_moves_its_message(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let (one, other, failed) = (sent(connection), sent(connection), sent(connection));
    let all = [
        report(None, &sid(one), State::Sent),
        report(None, &sid(other), State::Sent),
        report(Some((one, 1)), &sid(one), State::Delivered),
        report(None, &sid(failed), State::Undelivered),
    ];
    assert_eq!(apply(connection, &all), [Applied::Done; 4]);
    assert_eq!(state(connection, one), State::Delivered);
    assert_eq!(state(connection, other), State::Sent);
    let row = connection.find(failed).unwrap().unwrap();
    assert_eq!(row.message.state, State::Undelivered);
    assert_eq!(row.message.response.as_deref(), Some("No such number."));
    assert!(row.message.error.unwrap().contains("No such number."));
    assert_eq!((row.message.version, row.attempts.len()), (2, 1));
    // One event a message and batch: where it is by now.
    let told: HashSet<String> = events(connection).into_iter().collect();
    let expected = [(one, "delivered"), (other, "sent"), (failed, "undelivered")];
    assert_eq!(told, expected.map(|(id, state)| format!("{state} {id}")).into());
    // What is said of a failure goes where the message arrived all the same.
    apply(connection, &[report(None, &sid(failed), State::Delivered)]);
    let row = connection.find(failed).unwrap().unwrap().message;
    assert_eq!((row.state, row.error), (State::Delivered, None));
    assert_eq!(row.response.as_deref(), Some("Message accepted by Twilio."));
    let query = Query { reports: true, ..everything() };
    let row = connection.page(&query).unwrap().into_iter().find(|row| row.message.id == one).unwrap();
    let reports: Vec<State> = row.reports.unwrap().iter().map(|report| report.state).collect();
    assert_eq!(reports, [State::Sent, State::Delivered]);
    assert_eq!(bed.count_where("statuses", "message_id IS NOT NULL AND orphan IS NULL AND attempt = 1"), 5);
}

pub fn reports_in_any_order_end_alike(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let states = [State::Accepted, State::Sent, State::Failed, State::Delivered, State::Read];
    // Every order of three of them, each in a batch of its own.
    for a in states {
        for b in states {
            for c in states {
                let id = sent(connection);
                let last = [a, b, c].into_iter().max_by_key(|state| *state as i16).unwrap();
                for state in [a, b, c] {
                    apply(connection, &[report(None, &sid(id), state)]);
                }
                assert_eq!(state(connection, id), last, "{a:?} {b:?} {c:?}");
            }
        }
    }
}

fn from(person: &str, provider_message_id: &str) -> Arrival {
    let mut row = message();
    row.direction = Direction::Inbound;
    row.state = State::Received;
    row.attempts = 0;
    row.sender = Some(person.into());
    row.recipient = "+14155238886".into();
    row.contact_id = None;
    row.provider_at = Some(Millis(1_795_000_000_000));
    row.profile_name = Some("Ana".into());
    row.body = "the words of a person".into();
    row.provider_message_id = Some(provider_message_id.into());
    let body =
        format!(r#"{{"id":"e","kind":"received","webhook":{{"provider":"meta","raw":"{}"}}}}"#, row.body);
    let told = event("received", Some(row.id), &body);
    let digits = person.trim_start_matches('+').to_owned();
    Arrival {
        key: format!("message:{provider_message_id}"),
        ..arrival(What::Message(Box::new(NewMessage {
            message: row,
            aliases: vec![digits],
            event: Some(Box::new(told)),
        })))
    }
}

pub fn what_came_already_is_not_applied_again(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let id = sent(connection);
    let news = || event("webhook", None, "news");
    let all = [
        report(None, &sid(id), State::Delivered),
        from("+12025550113", "wamid.1"),
        arrival(What::News(Some(Box::new(news())))),
        arrival(What::Dead { why: "unreadable".into(), event: None }),
    ];
    let expected = [Applied::Done, Applied::Done, Applied::Done, Applied::Dead];
    assert_eq!(apply(connection, &all), expected);
    for _ in 0..2 {
        assert_eq!(apply(connection, &all), [Applied::Repeated; 4], "{}", bed.store.name());
    }
    // Twice in one batch.
    let twice = [from("+12025550113", "wamid.2"), from("+12025550113", "wamid.2")];
    assert_eq!(apply(connection, &twice), [Applied::Done, Applied::Repeated]);
    assert_eq!(events(connection).len(), 5);
    assert_eq!(bed.count_where("messages", "direction = 1"), 2);
    assert_eq!(bed.count_where("dead_letters", "reason = 'unreadable'"), 1);
}

/// Two processes get the same webhook at the same moment.
pub fn two_who_get_the_same_apply_it_once(bed: &Bed) {
    let mut first = bed.connect();
    let sent: Vec<Uuid> = (0..5).map(|_| sent(first.as_mut())).collect();
    for round in 0..10 {
        let states = [State::Sent, State::Delivered];
        let mut all: Vec<Arrival> = sent
            .iter()
            .flat_map(|id| states.map(|state| report(None, &format!("{}{round}", sid(*id)), state)))
            .collect();
        all.extend((0..5).map(|n| from("+12025550113", &format!("wamid.{round}.{n}"))));
        all.extend(states.iter().filter(|_| round == 0).flat_map(|state| {
            sent.iter().map(|id| report(Some((*id, 1)), &sid(*id), *state)).collect::<Vec<_>>()
        }));
        let start = Arc::new(Barrier::new(2));
        let done: Vec<Vec<Applied>> = std::thread::scope(|scope| {
            let both: Vec<_> = (0..2)
                .map(|way| {
                    let (start, mut all) = (Arc::clone(&start), all.clone());
                    if way == 1 {
                        all.reverse();
                    }
                    scope.spawn(move || {
                        let mut connection = bed.connect();
                        start.wait();
                        let mut done = apply(connection.as_mut(), &all);
                        if way == 1 {
                            done.reverse();
                        }
                        done
                    })
                })
                .collect();
            both.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for (place, (one, other)) in done[0].iter().zip(&done[1]).enumerate() {
            let repeated = [one, other].into_iter().filter(|done| **done == Applied::Repeated).count();
            assert_eq!(repeated, 1, "{place}: {one:?} {other:?}");
        }
    }
    assert_eq!(bed.count_where("messages", "direction = 1"), 50);
    assert_eq!(bed.count_where("statuses", "1 = 1"), 110);
    let told = events(first.as_mut());
    assert_eq!(told.iter().filter(|body| body.contains("received")).count(), 50);
    assert_eq!(told.iter().filter(|body| body.starts_with("delivered")).count(), 5, "{told:?}");
}

pub fn a_report_before_the_answer_is_found_by_our_key(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let own = worker(Uuid::now_v7());
    connection.renew(&own).unwrap();
    let record = sending(message(), own.id);
    let id = record.message.id;
    one(connection, write_record(record));
    assert_eq!(apply(connection, &[report(Some((id, 1)), &sid(id), State::Delivered)]), [Applied::Done]);
    let row = connection.find(id).unwrap().unwrap();
    assert_eq!((row.message.state, row.message.provider_message_id), (State::Delivered, Some(sid(id))));
    // The answer, when it comes, is a late one: it takes nothing back.
    let end = Settlement { owner: Some(own.id), ..accepted(id) };
    assert_eq!(one(connection, write_settlement(end)), Written::Done);
    let row = connection.find(id).unwrap().unwrap();
    assert_eq!((row.message.state, row.attempts.len()), (State::Delivered, 1));
    assert_eq!(row.attempts[0].provider_message_id, Some(sid(id)));
    assert_eq!((row.attempts[0].http_status, row.attempts[0].took_ms), (Some(201), 87));
    assert_eq!(bed.count_where("queue", "1 = 1"), 0);
    assert_eq!(events(connection), [format!("delivered {id}")]);
    // An answer that was lost puts nothing back into the queue.
    let record = sending(message(), own.id);
    let id = record.message.id;
    one(connection, write_record(record));
    apply(connection, &[report(Some((id, 1)), &sid(id), State::Accepted)]);
    let place =
        QueueRow { state: State::Unknown, worker: Some(own.id), attempt: 1, not_before: Millis::now() };
    let unknown = Settlement {
        owner: Some(own.id),
        state: State::Unknown,
        provider_message_id: None,
        attempt: Some(AttemptRow { state: State::Unknown, ..attempt(1, None) }),
        queue: Some(place),
        ..accepted(id)
    };
    assert_eq!(one(connection, write_settlement(unknown)), Written::NotThere);
    assert_eq!(state(connection, id), State::Accepted);
    assert_eq!(bed.count_where("queue", "1 = 1"), 0);
}

/// A message whose answer was lost.
fn unknown(connection: &mut dyn Connection, owner: Uuid) -> Uuid {
    let record = sending(message(), owner);
    let id = record.message.id;
    one(connection, write_record(record));
    let place =
        QueueRow { state: State::Unknown, worker: Some(owner), attempt: 1, not_before: Millis::now() };
    let end = Settlement {
        owner: Some(owner),
        state: State::Unknown,
        provider_message_id: None,
        attempt: Some(AttemptRow { state: State::Unknown, ..attempt(1, None) }),
        queue: Some(place),
        event: None,
        ..accepted(id)
    };
    assert_eq!(one(connection, write_settlement(end)), Written::Done);
    id
}

pub fn a_report_ends_what_was_unknown(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let own = worker(Uuid::now_v7());
    connection.renew(&own).unwrap();
    let (taken, refused) = (unknown(connection, own.id), unknown(connection, own.id));
    assert_eq!(bed.count_where("queue", "1 = 1"), 2);
    let all = [
        report(Some((taken, 1)), "SMtaken", State::Sent),
        report(Some((refused, 1)), "SMrefused", State::Failed),
    ];
    assert_eq!(apply(connection, &all), [Applied::Done; 2]);
    assert_eq!(bed.count_where("queue", "1 = 1"), 0, "nobody looks for its end any more");
    for (id, sid, now) in [(taken, "SMtaken", State::Sent), (refused, "SMrefused", State::Failed)] {
        let row = connection.find(id).unwrap().unwrap();
        assert_eq!((row.message.state, row.message.provider_message_id.as_deref()), (now, Some(sid)));
        assert_eq!(row.attempts.len(), 1);
        let attempt = &row.attempts[0];
        assert_eq!((attempt.state, attempt.provider_message_id.as_deref()), (State::Accepted, Some(sid)));
    }
    // A report without our key finds it by the id from now on.
    assert_eq!(apply(connection, &[report(None, "SMtaken", State::Read)]), [Applied::Done]);
    assert_eq!(state(connection, taken), State::Read);
    let late = Settlement { owner: Some(own.id), state: State::Failed, version: 3, ..accepted(taken) };
    assert_eq!(one(connection, write_settlement(late)), Written::NotThere);
    assert_eq!(state(connection, taken), State::Read);
}

pub fn a_report_ends_the_waiting_for_another_attempt(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let own = worker(Uuid::now_v7());
    connection.renew(&own).unwrap();
    let record = sending(message(), own.id);
    let id = record.message.id;
    one(connection, write_record(record));
    let again = Settlement {
        owner: Some(own.id),
        state: State::Queued,
        provider_message_id: None,
        attempt: Some(attempt(1, None)),
        queue: Some(QueueRow {
            state: State::Queued,
            worker: Some(own.id),
            attempt: 1,
            not_before: Millis::now(),
        }),
        event: None,
        ..accepted(id)
    };
    assert_eq!(one(connection, write_settlement(again)), Written::Done);
    assert_eq!(apply(connection, &[report(Some((id, 1)), &sid(id), State::Sent)]), [Applied::Done]);
    assert_eq!(one(connection, Write::Intent(intent(id, own.id, 2))), Written::NotThere, "sent twice");
    assert_eq!(state(connection, id), State::Sent);
}

/// The first attempt is told to be taken while the second is under way: there is
/// no third, however the second ends.
pub fn a_report_while_another_attempt_is_under_way_ends_the_trying(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let own = worker(Uuid::now_v7());
    connection.renew(&own).unwrap();
    let place = |state, attempt| QueueRow { state, worker: Some(own.id), attempt, not_before: Millis::now() };
    let end = |id, number, version, state: State, queue| Settlement {
        owner: Some(own.id),
        version,
        attempts: number,
        state,
        provider_message_id: None,
        attempt: Some(attempt(number, None)),
        queue,
        event: None,
        ..accepted(id)
    };
    for state_of_second in [State::Queued, State::Failed, State::Accepted] {
        let record = sending(message(), own.id);
        let id = record.message.id;
        one(connection, write_record(record));
        let again = end(id, 1, 2, State::Queued, Some(place(State::Queued, 1)));
        assert_eq!(one(connection, write_settlement(again)), Written::Done);
        assert_eq!(one(connection, Write::Intent(intent(id, own.id, 2))), Written::Done);
        assert_eq!(apply(connection, &[report(Some((id, 1)), &sid(id), State::Delivered)]), [Applied::Done]);
        let queue = (state_of_second == State::Queued).then(|| place(State::Queued, 2));
        let second = end(id, 2, 3, state_of_second, queue);
        one(connection, write_settlement(second));
        assert_eq!(one(connection, Write::Intent(intent(id, own.id, 3))), Written::NotThere, "sent again");
        assert_eq!(state(connection, id), State::Delivered, "{state_of_second:?}");
        assert_eq!(bed.count_where("queue", &format!("message_id = '{id}'")), 0);
    }
}

pub fn a_report_of_an_older_attempt_counts_only_as_proof_of_arrival(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let record = sending(message(), Uuid::now_v7());
    let id = record.message.id;
    one(connection, write_record(record));
    for (number, sid, version) in [(1, "SMfirst", 2), (2, "SMsecond", 3)] {
        let end = Settlement {
            version,
            attempts: number,
            provider_message_id: Some(sid.into()),
            attempt: Some(attempt(number, Some(sid))),
            event: None,
            ..accepted(id)
        };
        assert_eq!(one(connection, write_settlement(end)), Written::Done);
    }
    assert_eq!(apply(connection, &[report(None, "SMfirst", State::Failed)]), [Applied::Done]);
    assert_eq!(state(connection, id), State::Accepted, "the second attempt was taken");
    apply(connection, &[report(None, "SMfirst", State::Delivered)]);
    assert_eq!(state(connection, id), State::Delivered, "it arrived");
    apply(connection, &[report(None, "SMsecond", State::Failed)]);
    assert_eq!(state(connection, id), State::Delivered);
}

pub fn an_orphan_is_joined_when_its_message_is_there(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let record = sending(message(), Uuid::now_v7());
    let id = record.message.id;
    one(connection, write_record(record));
    let all = [report(None, &sid(id), State::Sent), report(None, &sid(id), State::Delivered)];
    assert_eq!(apply(connection, &all), [Applied::Orphan; 2]);
    let mut sweeper = Sweeper::default();
    assert_eq!(sweeper.sweep(connection, &telling()).unwrap(), Swept { looked: 2, joined: 0, more: false });
    assert_eq!(state(connection, id), State::Sending);
    one(connection, write_settlement(Settlement { event: None, ..accepted(id) }));
    assert_eq!(apply(connection, &all), [Applied::Repeated; 2]);
    let since = Millis(Millis::now().0 - 60_000);
    let swept = Sweeper::since(since).sweep(connection, &telling()).unwrap();
    assert_eq!(swept, Swept { looked: 2, joined: 2, more: false });
    assert_eq!(state(connection, id), State::Delivered);
    assert_eq!(bed.count_where("statuses", "orphan IS NOT NULL OR message_id IS NULL"), 0);
    assert_eq!(sweeper.sweep(connection, &telling()).unwrap(), Swept::default());
    assert_eq!(events(connection), [format!("delivered {id}")]);
}

/// A report and the end of its attempt at the same moment: whichever is first,
/// the looks that follow join them.
pub fn no_order_leaves_a_report_without_its_message(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    for _ in 0..20 {
        let record = sending(message(), Uuid::now_v7());
        let id = record.message.id;
        one(connection, write_record(record));
        let start = Arc::new(Barrier::new(2));
        std::thread::scope(|scope| {
            let ready = Arc::clone(&start);
            scope.spawn(move || {
                let mut other = bed.connect();
                ready.wait();
                one(other.as_mut(), write_settlement(Settlement { event: None, ..accepted(id) }));
            });
            start.wait();
            apply(connection, &[report(None, &sid(id), State::Delivered)]);
        });
        let since = Millis(Millis::now().0 - 60_000);
        Sweeper::since(since).sweep(connection, &telling()).unwrap();
        assert_eq!(state(connection, id), State::Delivered, "{}", bed.store.name());
    }
    assert_eq!(bed.count_where("statuses", "orphan IS NOT NULL"), 0);
}

pub fn reports_of_others_messages_stay_orphans(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let mut record = sending(message(), Uuid::now_v7());
    record.message.account_key = "another".into();
    let id = record.message.id;
    one(connection, write_record(record));
    one(connection, write_settlement(accepted(id)));
    let all = [
        report(Some((id, 1)), &sid(id), State::Read),
        report(None, &sid(id), State::Delivered),
        report(Some((Uuid::now_v7(), 1)), "SMof-nobody", State::Read),
    ];
    assert_eq!(apply(connection, &all), [Applied::Orphan; 3]);
    assert_eq!(state(connection, id), State::Accepted);
    assert_eq!(
        Sweeper::default().sweep(connection, &telling()).unwrap(),
        Swept { looked: 3, joined: 0, more: false }
    );
    assert_eq!(bed.count_where("statuses", "orphan = 1"), 3);
}

pub fn what_cannot_be_stored_takes_nothing_with_it(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let ids: Vec<Uuid> = (0..4).map(|_| sent(connection)).collect();
    let mut all: Vec<Arrival> = ids.iter().map(|id| report(None, &sid(*id), State::Delivered)).collect();
    // No key of a table is as long, but for SQLite.
    let long: String = (0..4000).map(|_| Uuid::new_v4().simple().to_string()).collect();
    all.insert(2, report(None, &long, State::Delivered));
    all.push(from("+12025550113", "wamid.with\0nothing"));
    let done = apply(connection, &all);
    let poison = if bed.server.is_some() { Applied::Dead } else { Applied::Orphan };
    let expected = [Applied::Done, Applied::Done, poison, Applied::Done, Applied::Done, Applied::Done];
    assert_eq!(done, expected, "{}", bed.store.name());
    ids.iter().for_each(|id| assert_eq!(state(connection, *id), State::Delivered));
    assert_eq!(bed.count_where("dead_letters", "1 = 1"), usize::from(bed.server.is_some()));
    assert_eq!(apply(connection, &all)[2], Applied::Repeated, "it is put aside once");
}

pub fn a_message_from_a_person_is_a_row_of_their_contact(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    // Written to with the ninth digit, who answers without it.
    let mut record = sending(message(), Uuid::now_v7());
    record.message.recipient = "+5511961234567".into();
    record.message.contact_id = Some("ana".into());
    let id = record.message.id;
    one(connection, write_record(record));
    one(connection, write_settlement(Settlement { event: None, ..accepted(id) }));
    let mut answer = from("+551161234567", "wamid.1");
    if let What::Message(new) = &mut answer.what {
        new.aliases.push("BR.1234".into());
    }
    // Later with nothing but the user id.
    let mut later = from("BR.1234", "wamid.2");
    if let What::Message(new) = &mut later.what {
        new.aliases = vec!["BR.1234".into()];
    }
    let stranger = from("US.987", "wamid.3");
    assert_eq!(apply(connection, &[answer]), [Applied::Done]);
    assert_eq!(apply(connection, &[later, stranger]), [Applied::Done; 2]);
    let query = Query { direction: Some(Direction::Inbound), ..everything() };
    let rows = connection.page(&query).unwrap();
    let said: HashSet<_> = rows
        .iter()
        .map(|row| {
            let message = &row.message;
            let contact = message.contact_id.as_deref();
            (message.provider_message_id.clone().unwrap(), message.sender.clone().unwrap(), contact)
        })
        .collect();
    let expected = [
        ("wamid.1", "+5511961234567", Some("ana")),
        ("wamid.2", "+5511961234567", Some("ana")),
        ("wamid.3", "US.987", None),
    ];
    assert_eq!(said, expected.map(|(id, from, contact)| (id.into(), from.into(), contact)).into());
    let row = &rows[0].message;
    assert_eq!((row.state, row.direction, row.attempts), (State::Received, Direction::Inbound, 0));
    assert_eq!(
        (row.profile_name.as_deref(), row.provider_at),
        (Some("Ana"), Some(Millis(1_795_000_000_000)))
    );
    assert_eq!(row.body, "the words of a person");
    let equal = vec![("sender", "+5511961234567".to_owned())];
    assert_eq!(connection.page(&Query { equal, ..query }).unwrap().len(), 2);
    // What the business wrote on its own telephone goes to the same person.
    let mut echo = from("+551161234567", "wamid.4");
    if let What::Message(new) = &mut echo.what {
        let row = &mut new.message;
        (row.direction, row.state) = (Direction::Outbound, State::Sent);
        (row.recipient, row.sender) = ("+551161234567".into(), Some("+14155238886".into()));
        row.provider_at = None;
    }
    assert_eq!(apply(connection, &[echo]), [Applied::Done]);
    let equal = vec![("recipient", "+5511961234567".to_owned())];
    let row = connection.page(&Query { equal, ..everything() }).unwrap().remove(0).message;
    assert_eq!((row.contact_id.as_deref(), row.sender.as_deref()), (Some("ana"), Some("+14155238886")));
    // A report cannot be about it.
    assert_eq!(apply(connection, &[report(None, "wamid.1", State::Read)]), [Applied::Orphan]);
}

pub fn names_follow_a_person(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let mut record = sending(message(), Uuid::now_v7());
    record.message.recipient = "+12025550113".into();
    record.message.contact_id = Some("bob".into());
    one(connection, write_record(record));
    let now = Millis::now();
    let names = |now_called: &str, at: Millis| {
        arrival(What::Names {
            before: vec!["12025550113".into()],
            address: "+12025550113".into(),
            now: vec![now_called.to_owned()],
            at: Some(at),
            event: None,
        })
    };
    apply(connection, &[from("+12025550113", "wamid.0"), names("12025550199", now)]);
    apply(connection, &[from("+12025550199", "wamid.1")]);
    let query = Query { direction: Some(Direction::Inbound), ..everything() };
    let newest = |connection: &mut dyn Connection| connection.page(&query).unwrap().remove(0).message;
    assert_eq!(newest(connection).contact_id.as_deref(), Some("bob"));
    assert_eq!(bed.count_where("aliases", "address = '+12025550113'"), 2);
    // An older notice changes nothing, a newer one does.
    let other = |at: Millis| {
        arrival(What::Names {
            before: vec![],
            address: "+33123456789".into(),
            now: vec!["12025550199".into()],
            at: Some(at),
            event: None,
        })
    };
    apply(connection, &[other(Millis(now.0 - 1000))]);
    assert_eq!(bed.count_where("aliases", "address = '+33123456789'"), 0);
    apply(connection, &[other(Millis(now.0 + 1000))]);
    assert_eq!(bed.count_where("aliases", "address = '+33123456789'"), 1);
}

pub fn a_report_of_the_end_takes_a_code_out(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let own = worker(Uuid::now_v7());
    connection.renew(&own).unwrap();
    let id = unknown(connection, own.id);
    bed.change("messages", &format!("category = 'authentication' WHERE {}", bed.id_is(id)));
    assert_ne!(connection.find(id).unwrap().unwrap().message.body, NO_TEXT);
    apply(connection, &[report(Some((id, 1)), &sid(id), State::Sent)]);
    assert_eq!(connection.find(id).unwrap().unwrap().message.body, NO_TEXT);
}

pub fn what_arrived_is_purged_and_erased(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let id = sent(connection);
    let all = [
        report(None, &sid(id), State::Failed),
        report(None, "SMof-nobody", State::Read),
        from("+12025550113", "wamid.1"),
        arrival(What::Dead { why: "unreadable".into(), event: None }),
    ];
    apply(connection, &all);
    settle_events(connection);
    let query = Query { direction: Some(Direction::Inbound), ..everything() };
    let erased = connection.shared(move |plain| erase::step(plain, &query)).unwrap();
    assert_eq!((erased.messages.len(), erased.fresh), (1, 1));
    let gone: HashSet<Uuid> = erased.messages.into_iter().collect();
    let mut place = Some(EventCursor::default());
    while let Some(after) = place {
        let gone = gone.clone();
        place = connection.shared(move |plain| erase::events(plain, &gone, after)).unwrap();
    }
    let row =
        connection.page(&Query { direction: Some(Direction::Inbound), ..everything() }).unwrap().remove(0);
    assert_eq!((row.message.body.as_str(), row.message.profile_name), (NO_TEXT, None));
    assert!(!events(connection).join("").contains("words of a person"));
    assert_eq!(apply(connection, &all), [Applied::Repeated; 4]);

    let now = connection.shared(purge::clock).unwrap();
    let purged = |connection: &mut dyn Connection, before: i64, references_before: i64| {
        let purge = Purge { account: Some(ACCOUNT.into()), before, references_before };
        let mut next = Some(PurgePlace::default());
        while let Some(place) = next {
            let purge = purge.clone();
            next = connection.shared(move |plain| purge::step(plain, &purge, &place)).unwrap().next;
        }
    };
    let counts =
        || ["messages", "statuses", "dead_letters", "notices"].map(|table| bed.count_where(table, "1 = 1"));
    purged(connection, now - 60_000, now - 60_000);
    assert_eq!(counts(), [2, 2, 1, 2], "nothing is old");
    purged(connection, now + 60_000, now - 60_000);
    assert_eq!(counts(), [0, 0, 0, 2], "what came already is still known");
    assert_eq!(apply(connection, &all[2..]), [Applied::Repeated; 2]);
    purged(connection, now + 60_000, now + 60_000);
    assert_eq!(counts(), [0, 0, 0, 0]);
}
