//! Searches for text, counts, and whose messages are seen.

use crate::history::count::{Counts, count};
use crate::history::query::{Order, Query};
use crate::history::record::*;
use crate::history::store::Connection;
use crate::history::tests::bed::*;
use crate::history::tests::bed_questions::{everything, ids};
use crate::message::State;
use crate::message::clock::Millis;
use uuid::Uuid;

fn contact() -> Vec<(&'static str, String)> {
    vec![("contact_id", "contact-1".to_owned())]
}

fn record_bodies(connection: &mut dyn Connection, bodies: impl Iterator<Item = String>) -> Vec<Uuid> {
    let records: Vec<Record> = bodies
        .map(|body| {
            let mut record = queued(message(), None);
            record.message.body = body;
            record
        })
        .collect();
    let ids = records.iter().map(|record| record.message.id).collect();
    for some in records.chunks(500) {
        connection.commit(&some.iter().cloned().map(write_record).collect::<Vec<_>>()).unwrap();
    }
    ids
}

/// The same on every database, whatever it knows of letters.
pub fn letters_are_found_in_every_case(bed: &Bed) {
    let mut connection = bed.connect();
    let bodies =
        ["GRÜSSE an ÄNNE", "ПРИВЕТ, Иван", "Η ΟΔΌΣ", "ISTANBUL ıçin İz", "\u{212A}ELVIN", "a_b%c\\d'e\"f"];
    let there = record_bodies(connection.as_mut(), bodies.iter().map(|body| (*body).to_owned()));
    for (needle, found) in [
        ("grüsse", Some(0)),
        ("Änne", Some(0)),
        ("привет", Some(1)),
        ("οδός", Some(2)),
        ("istanbul", Some(3)),
        ("IÇIN", None),
        ("iz", None),
        ("İZ", Some(3)),
        ("kelvin", Some(4)),
        ("A_B%C\\D'E\"F", Some(5)),
        ("a_b_c", None),
        ("%", Some(5)),
        ("\\", Some(5)),
        ("gruesse", None),
    ] {
        let query = Query { text: Some(needle.to_owned()), equal: contact(), ..everything() };
        let expected: Vec<Uuid> = found.into_iter().map(|at: usize| there[at]).collect();
        assert_eq!(ids(&connection.page(&query).unwrap()), expected, "{needle}");
    }
    let long = Query { text: Some("x".repeat(1_000_000)), equal: contact(), ..everything() };
    assert!(connection.page(&long).unwrap().is_empty());
}

pub fn pages_of_a_search_are_full(bed: &Bed) {
    let mut connection = bed.connect();
    // More than are looked at with one statement.
    let body = |at: usize| if at.is_multiple_of(7) { format!("needle {at}") } else { format!("hay {at}") };
    let there = record_bodies(connection.as_mut(), (0..1300).map(body));
    let expected: Vec<Uuid> = there.iter().step_by(7).copied().collect();
    for order in [Order::Oldest, Order::Newest] {
        let text = Some("NEEDLE".to_owned());
        let mut query = Query { text, equal: contact(), order, limit: 40, ..everything() };
        let mut found = Vec::new();
        loop {
            let rows = connection.page(&query).unwrap();
            found.extend(ids(&rows));
            if rows.len() < query.limit {
                break;
            }
            query.after = rows.last().map(|row| row.message.seq);
        }
        if order == Order::Newest {
            found.reverse();
        }
        assert_eq!(found, expected);
    }
}

pub fn an_account_sees_its_own(bed: &Bed) {
    let mut connection = bed.connect();
    let own = queued(message(), None);
    let mut other = queued(message(), None);
    other.message.account_key = "another".into();
    let [own_id, other_id] = [&own, &other].map(|record| record.message.id);
    connection.commit(&[own, other].map(write_record)).unwrap();
    for (account, seen) in
        [(Some(ACCOUNT), vec![own_id]), (Some("another"), vec![other_id]), (None, vec![other_id, own_id])]
    {
        let query = Query { account: account.map(str::to_owned), equal: contact(), ..everything() };
        assert_eq!(ids(&connection.page(&query).unwrap()), seen, "{account:?}");
        let text = Query { text: Some("appointment".into()), ..query.clone() };
        assert_eq!(ids(&connection.page(&text).unwrap()), seen, "{account:?}");
        let counted = connection.shared(move |plain| count(plain, &query)).unwrap();
        assert_eq!(Counts::new(&counted).total, seen.len() as u64);
    }
}

pub fn messages_are_counted_by_state_and_day(bed: &Bed) {
    let mut connection = bed.connect();
    let day = Millis::from_text("2026-02-03T00:00:00Z").unwrap();
    for (state, at) in [
        (State::Accepted, day.plus(0)),
        (State::Accepted, day.plus(86_399_999)),
        (State::Failed, day.plus(5)),
        (State::Accepted, day.plus(86_400_000)),
    ] {
        let mut record = sending(message(), Uuid::now_v7());
        record.message.state = state;
        record.message.created_at = at;
        record.queue = None;
        one(connection.as_mut(), write_record(record));
    }
    for text in [None, Some("appointment".to_owned())] {
        let query = Query { text, equal: contact(), ..everything() };
        let counts = Counts::new(&connection.shared(move |plain| count(plain, &query)).unwrap());
        assert_eq!(
            serde_json::to_value(&counts).unwrap(),
            serde_json::json!({
                "total": 4,
                "by_state": {"accepted": 3, "failed": 1},
                "by_day": [
                    {"day": "2026-02-03", "total": 3, "by_state": {"accepted": 2, "failed": 1}},
                    {"day": "2026-02-04", "total": 1, "by_state": {"accepted": 1}},
                ],
            })
        );
    }
    let query = Query { states: vec![State::Failed], ..everything() };
    assert_eq!(connection.shared(move |plain| count(plain, &query)).unwrap().len(), 1);
}

pub fn reports_come_with_their_message(bed: &Bed) {
    let mut connection = bed.connect();
    let record = sending(message(), Uuid::now_v7());
    let id = record.message.id;
    one(connection.as_mut(), write_record(record));
    one(connection.as_mut(), write_settlement(accepted(id)));
    let provider_id = format!("SM{}", id.simple());
    report(connection.as_mut(), &provider_id, State::Read, 30);
    report(connection.as_mut(), &provider_id, State::Delivered, 20);
    report(connection.as_mut(), "SMof-another", State::Read, 10);
    let query = Query { reports: true, ..everything() };
    let rows = connection.page(&query).unwrap();
    let reports: Vec<State> = rows[0].reports.iter().flatten().map(|report| report.state).collect();
    assert_eq!(reports, [State::Delivered, State::Read]);
    assert_eq!(connection.page(&everything()).unwrap()[0].reports, None);
}

/// Stores what a provider reported.
pub fn report(connection: &mut dyn Connection, provider_message_id: &str, state: State, at: i64) {
    let provider_message_id = provider_message_id.to_owned();
    let work = move |plain: &mut dyn crate::history::plain::Plain| {
        let sql = format!(
            "INSERT INTO {} (account_key, provider_message_id, state, received_at, body) \
             VALUES ('{ACCOUNT}', '{provider_message_id}', {}, {at}, 'what was said')",
            plain.names().table("statuses"),
            state as i16
        );
        crate::history::plain::run(plain, &sql, &[])
    };
    connection.shared(work).unwrap();
}
