//! What questions find, and that it is what was written.

use crate::history::query::{EventQuery, Order, Query};
use crate::history::record::*;
use crate::history::tests::bed::*;
use crate::history::tests::bed_questions::{event_query, everything, ids, settle_events};
use crate::message::State;
use crate::message::clock::Millis;
use std::collections::HashSet;
use uuid::Uuid;

pub fn every_row_comes_once_while_others_insert(bed: &Bed) {
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

pub fn filters_find_what_they_name(bed: &Bed) {
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

pub fn text_is_searched_as_it_is(bed: &Bed) {
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

pub fn every_text_comes_back(bed: &Bed) {
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
        // An event with a state and no text is told by the row.
        let event = end.event.as_mut().unwrap();
        (event.body, event.state) = (Some(text.clone()), None);
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

pub fn a_long_text_comes_back(bed: &Bed) {
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

pub fn owned_ids_are_told(bed: &Bed) {
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
