//! What the newer columns and tables hold.

use super::bed::*;
use crate::history::record::*;
use crate::history::store::Memorandum;
use crate::message::State;
use crate::message::clock::Millis;

fn record(connection: &mut dyn crate::history::Connection) -> MessageRow {
    let message = message();
    let record = Record { message: message.clone(), queue: None, reference: None, event: None };
    assert_eq!(connection.commit(&[Write::Record(Box::new(record))]).unwrap(), [Written::Done]);
    message
}

#[test]
fn what_the_provider_said_of_the_recipient_is_kept() {
    for bed in Bed::every() {
        let mut connection = bed.connect();
        let id = record(connection.as_mut()).id;
        let mut settlement = Settlement {
            recipient_id: Some("5511961234567".into()),
            provider_status: Some("held_for_quality_assessment".into()),
            ..accepted(id)
        };
        settlement.owner = None;
        let written = connection.commit(&[Write::Settle(Box::new(settlement.clone()))]).unwrap();
        assert_eq!(written, [Written::Done]);
        // A later report that says nothing of it leaves it alone.
        settlement = Settlement { recipient_id: None, provider_status: None, version: 9, ..settlement };
        connection.commit(&[Write::Settle(Box::new(settlement))]).unwrap();
        let message = connection.find(id).unwrap().unwrap().message;
        assert_eq!(message.state, State::Accepted, "{}", bed.store.name());
        assert_eq!(message.recipient_id.as_deref(), Some("5511961234567"));
        assert_eq!(message.provider_status.as_deref(), Some("held_for_quality_assessment"));
    }
}

#[test]
fn what_is_remembered_expires() {
    for bed in Bed::every() {
        let mut connection = bed.connect();
        let now = Millis::now();
        let mut remember = |account: &str, value: &str, expires_at: Millis| {
            let memory = Memorandum { key: "file 'ä'".into(), value: value.into(), expires_at };
            connection.remember(account, &memory).unwrap();
        };
        remember("one", "1", now.plus(60_000));
        remember("one", "2", now.plus(60_000));
        remember("two", "3", now.plus(60_000));
        remember("two", "", Millis(0));
        let mut recall = |account: &str, now: Millis| connection.recall(account, "file 'ä'", now).unwrap();
        assert_eq!(recall("one", now).as_deref(), Some("2"));
        assert_eq!(recall("one", now.plus(60_000)), None);
        assert_eq!(recall("two", now), None);
        assert_eq!(recall("three", now), None);
    }
}
