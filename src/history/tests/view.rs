//! What reports read.

use super::bed::*;
use crate::history::record::*;
use crate::history::view::COLUMNS;
use crate::message::State;
use crate::message::clock::Millis;
use uuid::Uuid;

/// What the view says of the one message there is.
fn seen(bed: &Bed, columns: &str) -> Vec<Option<String>> {
    match (&bed.server, &bed._folder) {
        (Some(server), _) => {
            server.sql(&format!("SELECT {columns} FROM \"{}\".\"wa_history\"", server.schema)).remove(0)
        }
        (None, Some(folder)) => {
            let file = rusqlite::Connection::open(folder.path().join("wa.db")).unwrap();
            let mut statement = file.prepare(&format!("SELECT {columns} FROM wa_history")).unwrap();
            let count = statement.column_count();
            statement
                .query_row([], |row| {
                    let text = |value: rusqlite::types::Value| match value {
                        rusqlite::types::Value::Null => None,
                        rusqlite::types::Value::Integer(number) => Some(number.to_string()),
                        rusqlite::types::Value::Text(text) => Some(text),
                        other => panic!("{other:?}"),
                    };
                    (0..count).map(|at| row.get(at).map(text)).collect()
                })
                .unwrap()
        }
        (None, None) => panic!("a bed without a store"),
    }
}

#[test]
fn the_view_says_it_in_words() {
    for bed in std::iter::once(Bed::sqlite()).chain(Bed::postgres()) {
        let name = bed.store.name();
        let mut connection = bed.connect();
        let contact = Uuid::new_v4().to_string();
        let mut message = message();
        message.created_at = Millis(1_795_000_000_042);
        message.contact_id = Some(contact.clone());
        let id = message.id;
        let own = Uuid::now_v7();
        assert_eq!(one(connection.as_mut(), write_record(sending(message.clone(), own))), Written::Done);
        let see = |columns: &str| seen(&bed, columns);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(see(&COLUMNS.join(", ")).len(), COLUMNS.len());
        assert_eq!(
            see("CAST(id AS text), status, response, direction"),
            [some(&id.to_string()), some("sending"), None, some("outbound")]
        );
        assert_eq!(
            see("sender, receiver, message, attempts, provider"),
            [
                message.sender.clone(),
                some(&message.recipient),
                some(&message.body),
                some("1"),
                some("twilio")
            ]
        );
        assert_eq!(see("CAST(contact AS text), contact_id"), [some(&contact), some(&contact)]);
        let time = match bed.server {
            Some(_) => {
                "to_char(created_on AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), \
                        pg_typeof(contact)::text, pg_typeof(created_on)::text"
            }
            None => "created_on, 'uuid', 'timestamp with time zone'",
        };
        assert_eq!(
            see(time),
            [some("2026-11-18T11:06:40.042Z"), some("uuid"), some("timestamp with time zone")],
            "{name}"
        );

        // The usual answer need not be in the row.
        let mut end = accepted(id);
        end.owner = None;
        assert_eq!(one(connection.as_mut(), write_settlement(end)), Written::Done);
        for (provider, response) in
            [("twilio", "Message accepted by Twilio."), ("meta", "Message accepted by Meta.")]
        {
            for state in [State::Accepted, State::Sent, State::Delivered, State::Read] {
                bed.change(
                    "messages",
                    &format!("provider = '{provider}', state = {}, response = NULL", state as i16),
                );
                assert_eq!(see("status, response"), [some(state.name()), some(response)], "{name}");
            }
        }
        bed.change("messages", "response = 'Failed.', state = 50");
        assert_eq!(see("status, response"), [some("failed"), some("Failed.")], "{name}");
        bed.change("messages", "response = NULL");
        assert_eq!(see("response"), [None], "{name}");

        // A contact that is no GUID, and none.
        for other in
            ["contact-1", "00000000-0000-0000-0000-00000000000g", "0123456789abcdef0123456789abcdef0123"]
        {
            bed.change("messages", &format!("contact_id = '{other}'"));
            assert_eq!(see("CAST(contact AS text), contact_id"), [None, some(other)], "{name}");
        }
        bed.change("messages", "contact_id = NULL");
        assert_eq!(see("CAST(contact AS text), contact_id"), [None, None], "{name}");

        // A message from a person.
        bed.change(
            "messages",
            "direction = 1, state = 90, sender = '+12025550113', recipient = '+14155238886'",
        );
        assert_eq!(
            see("direction, status, sender, receiver, response"),
            [some("inbound"), some("received"), some("+12025550113"), some("+14155238886"), None],
            "{name}"
        );
    }
}
