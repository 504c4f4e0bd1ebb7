//! Retention, erasure, and texts that are not kept.

use super::searching::report;
use crate::history::erase;
use crate::history::kept::{Kept, NO_TEXT, Removed};
use crate::history::plain;
use crate::history::purge::{self, Purge, PurgePlace, Purged};
use crate::history::query::{EventCursor, Query};
use crate::history::record::*;
use crate::history::store::{Connection, Worker};
use crate::history::tests::bed::*;
use crate::history::tests::bed_questions::{event_query, everything, ids, settle_events, worker};
use crate::message::clock::Millis;
use crate::message::{Error, State, Status};
use std::collections::HashSet;
use uuid::Uuid;

const SECRET: &str = "the secret words";

/// Two days ago, for all that is in the tables by now.
fn grow_old(bed: &Bed) {
    let two_days = 172_800_000;
    bed.change(
        "messages",
        &format!("recorded_at = recorded_at - {two_days}, updated_at = updated_at - {two_days}"),
    );
    bed.change("events", "created_at = created_at - 172800000");
    bed.change("refs", "created_at = created_at - 172800000");
}

fn purge_all(connection: &mut dyn Connection, account: Option<&str>, references_after: i64) -> Purged {
    let now = connection.shared(purge::clock).unwrap();
    let day = 86_400_000;
    let purge = Purge {
        account: account.map(str::to_owned),
        before: now - day,
        references_before: now - references_after * day,
    };
    let mut sum = Purged::default();
    let mut next = Some(PurgePlace::default());
    while let Some(place) = next {
        let purge = purge.clone();
        let done = connection.shared(move |plain| purge::step(plain, &purge, &place)).unwrap();
        sum.messages += done.messages;
        sum.open += done.open;
        sum.events += done.events;
        sum.references += done.references;
        next = done.next;
    }
    sum
}

fn ended(connection: &mut dyn Connection, record: Record) -> Uuid {
    let id = record.message.id;
    one(connection, write_record(record));
    one(connection, write_settlement(accepted(id)));
    id
}

pub fn what_is_old_and_over_is_purged(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let over: Vec<Uuid> = (0..5).map(|_| ended(connection, sending(message(), Uuid::now_v7()))).collect();
    report(connection, &format!("SM{}", over[0].simple()), State::Read, 1);
    let waits = queued(message(), None);
    let runs = sending(message(), Uuid::now_v7());
    let mut unknown = sending(message(), Uuid::now_v7());
    unknown.message.state = State::Unknown;
    if let Some(place) = &mut unknown.queue {
        place.state = State::Unknown;
    }
    let mut others = sending(message(), Uuid::now_v7());
    others.message.account_key = "another".into();
    let open = [&waits, &runs, &unknown].map(|record| record.message.id);
    connection.commit(&[waits, runs, unknown].map(write_record)).unwrap();
    let other = ended(connection, others);
    let referenced = ended(connection, referenced(sending(message(), Uuid::now_v7()), "hash", "payload"));
    settle_events(connection);
    grow_old(bed);
    let young = ended(connection, sending(message(), Uuid::now_v7()));
    let done = purge_all(connection, Some(ACCOUNT), 400);
    assert_eq!((done.messages, done.open, done.references), (6, 3, 0), "{done:?}");
    assert!(done.events >= 6, "{done:?}");
    let left: HashSet<Uuid> = ids(&connection.page(&everything()).unwrap()).into_iter().collect();
    assert_eq!(left, open.into_iter().chain([other, young]).collect());
    let count = |connection: &mut dyn Connection, table: &'static str| {
        connection
            .shared(move |plain| {
                let sql = format!("SELECT count(*) FROM {}", plain.names().table(table));
                plain::rows(plain, &sql, &[], |row| crate::history::fields::Fields::number(row))
            })
            .unwrap()[0]
    };
    assert_eq!((count(connection, "attempts"), count(connection, "statuses")), (2, 0));
    // The reference outlives its message, and still knows the first one.
    let again = super::super::bed::referenced(sending(message(), Uuid::now_v7()), "hash", "payload");
    assert_eq!(
        one(connection, write_record(again)),
        Written::Referenced { message_id: referenced, same_payload: true }
    );
    let done = purge_all(connection, Some(ACCOUNT), 1);
    assert_eq!((done.messages, done.references), (0, 1), "{done:?}");
    // Whose a reference is nobody knows where several accounts share the tables.
    let another = Worker { account_key: "another".into(), ..worker(Uuid::now_v7()) };
    connection.renew(&another).unwrap();
    let again = super::super::bed::referenced(sending(message(), Uuid::now_v7()), "other hash", "payload");
    ended(connection, again);
    bed.change("refs", "created_at = created_at - 172800000");
    bed.change(
        "messages",
        &format!(
            "recorded_at = recorded_at - 172800000, updated_at = updated_at - 172800000 WHERE id <> '{young}'"
        ),
    );
    let done = purge_all(connection, Some(ACCOUNT), 1);
    assert_eq!((done.messages, done.references), (1, 0), "{done:?}");
    let done = purge_all(connection, None, 1);
    assert_eq!((done.messages, done.references), (1, 1), "of all accounts");
    assert_eq!(count(connection, "messages"), 4);
}

/// Consumers know by the newest event how far the numbers have come.
pub fn a_purge_takes_no_event_from_the_future(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    for _ in 0..3 {
        ended(connection, sending(message(), Uuid::now_v7()));
    }
    settle_events(connection);
    let before = connection.events(&event_query()).unwrap().last;
    grow_old(bed);
    purge_all(connection, None, 400);
    let id = ended(connection, sending(message(), Uuid::now_v7()));
    settle_events(connection);
    let page =
        connection.events(&crate::history::query::EventQuery { after: before, ..event_query() }).unwrap();
    assert_eq!(page.bodies.iter().filter(|body| body.contains(&id.to_string())).count(), 1);
}

/// It was to be sent much later than it was recorded: what tells its event is
/// its row.
pub fn what_ended_just_now_is_not_purged(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let row = message();
    let id = row.id;
    one(connection, write_record(sending(row.clone(), Uuid::now_v7())));
    grow_old(bed);
    let mut after = row.clone();
    after.state = State::Accepted;
    let end = accepted(id);
    after.provider_message_id = end.provider_message_id.clone();
    after.response = end.response.clone();
    let outcome = crate::history::outcome_of(&after);
    let event = crate::events::Event::about_message(&row.account_key, id, 2, outcome, end.at);
    one(connection, write_settlement(Settlement { event: Some(event), ..end }));
    settle_events(connection);
    assert_eq!(bed.count_where("events", "body = ''"), 1, "the row tells it");
    assert_eq!(purge_all(connection, Some(ACCOUNT), 400).messages, 0);
    let told = connection.events(&event_query()).unwrap().bodies;
    assert!(told.iter().any(|body| body.contains(&id.to_string())), "{told:?}");
}

/// Also where it is the last row of a full step.
pub fn the_newest_of_a_thousand_events_stays(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    // The last one comes of `settle_events`.
    let events: Vec<Write> =
        (1..purge::ROWS).map(|_| Write::Event(Box::new(event("message", None, "{}")))).collect();
    for some in events.chunks(500) {
        connection.commit(some).unwrap();
    }
    settle_events(connection);
    grow_old(bed);
    assert_eq!(purge_all(connection, None, 400).events, purge::ROWS - 1);
    assert_eq!(purge_all(connection, None, 400).events, 0);
}

pub fn thousands_are_purged_in_steps(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let mut records: Vec<Record> = (0..2300).map(|_| sending(message(), Uuid::now_v7())).collect();
    for record in &mut records {
        record.message.state = State::Accepted;
        record.queue = None;
        record.event = Some(event("message", Some(record.message.id), "{}"));
    }
    for some in records.chunks(500) {
        connection.commit(&some.iter().cloned().map(write_record).collect::<Vec<_>>()).unwrap();
    }
    grow_old(bed);
    let done = purge_all(connection, Some(ACCOUNT), 400);
    assert_eq!((done.messages, done.events), (2300, 2299), "the newest event stays");
    assert!(connection.page(&everything()).unwrap().is_empty());
}

fn erase_all(connection: &mut dyn Connection, contact: &str) -> (usize, usize) {
    let mut query = Query { equal: vec![("contact_id", contact.to_owned())], ..Query::newest(erase::ROWS) };
    let (mut fresh, mut open, mut erased) = (0, 0, HashSet::new());
    loop {
        let asked = query.clone();
        let done = connection.shared(move |plain| erase::step(plain, &asked)).unwrap();
        fresh += done.fresh;
        open += done.open;
        erased.extend(done.messages);
        query.after = done.next;
        if query.after.is_none() {
            break;
        }
    }
    let mut place = Some(EventCursor::default());
    while let Some(after) = place {
        let erased = erased.clone();
        place = connection.shared(move |plain| erase::events(plain, &erased, after)).unwrap();
    }
    (fresh, open)
}

fn telling(contact: &str) -> Record {
    let mut record = sending(message(), Uuid::now_v7());
    record.message.contact_id = Some(contact.to_owned());
    record.message.body = SECRET.into();
    record.message.content = format!(r#"{{"type":"text","text":"{SECRET}"}}"#);
    record
}

pub fn what_was_said_to_a_contact_is_erased(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let failed = telling("gone");
    let id = failed.message.id;
    one(connection, write_record(failed));
    let mut error = *Error::new(Status::Template, format!("Refused: {SECRET}")).hint(SECRET);
    error.provider_code = Some("132012".into());
    let outcome = serde_json::json!({"id": "e", "kind": "message", "outcome":
        {"id": id.to_string(), "status": "failed", "response": SECRET, "error": error}});
    let end = Settlement {
        state: State::Failed,
        provider_message_id: Some(format!("SM{}", id.simple())),
        response: Some(SECRET.into()),
        error: serde_json::to_string(&error).ok(),
        attempt: Some(AttemptRow {
            detail: Some(SECRET.into()),
            ..attempt(1, Some(&format!("SM{}", id.simple())))
        }),
        event: Some(event("message", Some(id), &outcome.to_string())),
        ..accepted(id)
    };
    one(connection, write_settlement(end));
    report(connection, &format!("SM{}", id.simple()), State::Failed, 1);
    let other = ended(connection, telling("stays"));
    let mut waits = telling("gone");
    waits.message.state = State::Queued;
    waits.message.attempts = 0;
    waits.queue = queued(message(), None).queue;
    let waits_id = waits.message.id;
    one(connection, write_record(waits));
    settle_events(connection);
    assert_eq!(erase_all(connection, "gone"), (1, 1));
    assert_eq!(erase_all(connection, "gone"), (0, 1), "once");
    let row = connection.find(id).unwrap().unwrap();
    assert_eq!((row.message.body.as_str(), Removed::of(&row.message)), (NO_TEXT, Some(Removed::Erased)));
    let left: Error = serde_json::from_str(row.message.error.as_deref().unwrap()).unwrap();
    assert_eq!((left.status, left.provider_code.as_deref()), (Status::Template, Some("132012")));
    assert_eq!((row.message.state, row.attempts.len()), (State::Failed, 1));
    for text in [format!("{row:?}"), connection.events(&event_query()).unwrap().bodies.join("")] {
        assert!(!text.contains(SECRET), "{text}");
    }
    let reports = connection
        .shared(|plain| {
            let sql = format!("SELECT body FROM {}", plain.names().table("statuses"));
            plain::rows(plain, &sql, &[], |row| crate::history::fields::Fields::text_or_null(row))
        })
        .unwrap();
    assert_eq!(reports, [None]);
    for id in [other, waits_id] {
        assert_eq!(connection.find(id).unwrap().unwrap().message.body, SECRET);
    }
}

/// An end that is found out late brings the words of its template again.
pub fn what_is_erased_does_not_come_back(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let mut ends = Vec::new();
    let another = Some(Uuid::now_v7());
    for (owner, hides) in [(None, false), (None, true), (another, false), (another, true)] {
        let record = telling("gone");
        let id = record.message.id;
        one(connection, write_record(record));
        let unknown = Settlement {
            state: State::Unknown,
            provider_message_id: None,
            attempt: None,
            event: None,
            ..accepted(id)
        };
        one(connection, write_settlement(unknown));
        ends.push((id, owner, hides));
    }
    assert_eq!(erase_all(connection, "gone"), (4, 0));
    for (id, owner, hides) in ends {
        let body = Some(SECRET.to_owned());
        let late = Settlement { owner, version: 3, body, hides, ..accepted(id) };
        one(connection, write_settlement(late));
        let row = connection.find(id).unwrap().unwrap().message;
        assert_eq!((row.state, row.body.as_str()), (State::Accepted, NO_TEXT), "{owner:?}");
        assert_eq!(Removed::of(&row), Some(Removed::Erased), "it is not only masked");
    }
}

/// A store may tell again what is written again.
#[test]
fn an_event_without_words_is_left_as_it_is() {
    let told = |error: serde_json::Value, response: &str| {
        serde_json::json!({"id": "e", "outcome": {"response": response, "error": error}}).to_string()
    };
    for body in [told(serde_json::Value::Null, "Accepted."), "no JSON".to_owned(), "{}".to_owned()] {
        assert_eq!(erase::event_without_words(&body), None, "{body}");
    }
    let error = *Error::new(Status::Template, SECRET).hint(SECRET);
    let bare = erase::event_without_words(&told(serde_json::to_value(error).unwrap(), SECRET)).unwrap();
    assert!(!bare.contains(SECRET), "{bare}");
    assert_eq!(erase::event_without_words(&bare), None, "once");
}

pub fn codes_are_masked_at_their_end_and_not_before(bed: &Bed) {
    let mut connection = bed.connect();
    let connection = connection.as_mut();
    let body = |connection: &mut dyn Connection, id: Uuid| connection.find(id).unwrap().unwrap().message;
    let worker = Uuid::now_v7();
    let records: Vec<Record> = (0..3)
        .map(|_| {
            let mut record = telling("c");
            record.message.category = Some("AUTHENTICATION".into());
            record
        })
        .collect();
    let [goes, rests, cancelled] = [0, 1, 2].map(|at: usize| records[at].message.id);
    for (mut record, waits) in records.into_iter().zip([false, false, true]) {
        let mut place = queued(message(), Some(worker)).queue;
        if !waits {
            place = sending(message(), worker).queue;
        } else {
            record.message.state = State::Queued;
        }
        record.queue = place;
        one(connection, write_record(record));
    }
    let again =
        QueueRow { state: State::Queued, worker: Some(worker), attempt: 1, not_before: Millis::now() };
    let hides = true;
    // Whatever the writer says: a message that will be sent again needs its text.
    let back = Settlement { state: State::Queued, queue: Some(again), event: None, hides, ..accepted(rests) };
    let back = Settlement { provider_message_id: None, attempt: None, ..back };
    one(connection, write_settlement(back));
    assert_eq!(body(connection, rests).body, SECRET);
    one(connection, write_settlement(Settlement { body: Some(SECRET.into()), hides, ..accepted(goes) }));
    one(connection, write_withdrawal(Withdrawal { hides, ..withdrawal(cancelled) }));
    for id in [goes, cancelled] {
        let row = body(connection, id);
        assert_eq!((row.body.as_str(), Removed::of(&row)), (NO_TEXT, Some(Removed::Masked)));
        assert!(!row.content.contains(SECRET));
    }
}

#[test]
fn the_setting_decides_whose_text_goes() {
    let mut code = message();
    code.category = Some(" Authentication ".into());
    let mut template = message();
    template.kind = "template".into();
    template.content = r#"{"type":"template","template":"login","code":"123456"}"#.into();
    assert!(Kept::Masked.hides(&template));
    template.content = r#"{"type":"template","template":"login"}"#.into();
    assert!(!Kept::Masked.hides(&template));
    let plain = message();
    for (kept, hides) in
        [(Kept::Full, [false, false]), (Kept::Masked, [true, false]), (Kept::None, [true, true])]
    {
        assert_eq!([kept.hides(&code), kept.hides(&plain)], hides);
    }
    let states =
        [(State::Queued, false), (State::Sending, false), (State::Unknown, false), (State::Failed, true)];
    for (state, now) in states {
        code.state = state;
        assert_eq!(Kept::Masked.hides_now(&code), now, "{state:?}");
    }
}
