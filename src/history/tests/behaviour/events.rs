//! Events, and how far their consumers have come.

use crate::history::query::{EventCursor, EventQuery};
use crate::history::record::*;
use crate::history::tests::bed::*;
use crate::history::tests::bed_questions::{all_events, event_query};

pub fn events_come_in_order_and_by_kind(bed: &Bed) {
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

pub fn events_of_others_are_not_seen(bed: &Bed) {
    let mut connection = bed.connect();
    let mut foreign = event("message", None, "foreign");
    foreign.account_key = "account-2".into();
    let writes = [Write::Event(Box::new(foreign)), Write::Event(Box::new(event("message", None, "own")))];
    connection.commit(&writes).unwrap();
    assert_eq!(all_events(connection.as_mut(), &event_query()), ["own"]);
}

pub fn consumers_are_remembered(bed: &Bed) {
    let mut connection = bed.connect();
    assert_eq!(connection.acknowledged(ACCOUNT, "crm").unwrap(), None);
    connection.acknowledge(ACCOUNT, "crm", "1.2").unwrap();
    connection.acknowledge(ACCOUNT, "crm", "1.3").unwrap();
    connection.acknowledge(ACCOUNT, "Crm", "9.9").unwrap();
    assert_eq!(connection.acknowledged(ACCOUNT, "crm").unwrap().as_deref(), Some("1.3"));
    assert_eq!(connection.acknowledged(ACCOUNT, "Crm").unwrap().as_deref(), Some("9.9"));
    assert_eq!(connection.acknowledged("account-2", "crm").unwrap(), None);
}
