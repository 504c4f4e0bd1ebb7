//! Questions that tests ask of a store.

use crate::history::query::{EventQuery, Query};
use crate::history::record::Write;
use crate::history::store::{Connection, Worker};
use crate::history::tests::bed::*;
use std::time::Duration;
use uuid::Uuid;

pub fn worker(id: Uuid) -> Worker {
    Worker { id, account_key: ACCOUNT.into(), lease: Duration::from_secs(30), host: "test".into() }
}

pub fn everything() -> Query {
    Query::newest(500)
}

pub fn ids(rows: &[crate::history::query::Row]) -> Vec<Uuid> {
    rows.iter().map(|row| row.message.id).collect()
}

/// Waits until nothing can come before the newest event: transactions of
/// other tests may be open on the same server.
pub fn settle_events(connection: &mut dyn Connection) {
    let mark = Uuid::now_v7().to_string();
    connection.commit(&[Write::Event(Box::new(event("mark", None, &mark)))]).unwrap();
    let query = EventQuery { include: vec!["mark".into()], exclude: vec![], most: 1000, ..event_query() };
    let begun = std::time::Instant::now();
    while connection.events(&query).unwrap().bodies.last() != Some(&mark) {
        assert!(begun.elapsed() < Duration::from_secs(20), "the event never comes");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub fn all_events(connection: &mut dyn Connection, query: &EventQuery) -> Vec<String> {
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

pub fn event_query() -> EventQuery {
    EventQuery {
        account_key: ACCOUNT.into(),
        after: None,
        include: vec![],
        exclude: vec!["mark".into()],
        most: 3,
    }
}
