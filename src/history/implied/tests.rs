use super::*;
use crate::events::Event;
use crate::history::outcome_of;
use crate::history::record::*;
use crate::history::store::Connection;
use crate::history::tests::bed::*;
use crate::history::tests::bed_questions::{all_events, event_query};
use crate::message::Error;
use crate::message::Status;
use crate::message::clock::Millis;

/// Both databases, as far as they are there.
fn beds() -> Vec<Bed> {
    std::iter::once(Bed::sqlite()).chain(Bed::postgres()).collect()
}

/// A message that the provider took, as it is after its settlement.
fn taken(message: MessageRow) -> MessageRow {
    MessageRow {
        state: State::Accepted,
        version: 2,
        updated_at: Millis(1_800_000_000_123),
        provider_message_id: Some(format!("SM{}", message.id.simple())),
        response: Some("Message accepted by Twilio.".into()),
        ..message
    }
}

fn event_of(message: &MessageRow) -> EventRow {
    let outcome = outcome_of(message);
    Event::about_message(&message.account_key, message.id, message.version, outcome, message.updated_at)
}

/// The event as it was always told, whatever is stored of it.
fn whole(message: &MessageRow) -> String {
    let event = event_of(message);
    let event = Event {
        id: event.id.to_string(),
        kind: event.kind.to_owned(),
        at: event.at,
        outcome: Some(outcome_of(message)),
        text: None,
        log: None,
        progress: None,
        webhook: None,
    };
    serde_json::to_string(&event).unwrap()
}

/// Records a message and settles it as `end` says, with its event.
fn write(connection: &mut dyn Connection, new: MessageRow, end: &MessageRow) {
    one(connection, write_record(Record { message: new, queue: None, reference: None, event: None }));
    let settlement = Settlement {
        version: end.version,
        state: end.state,
        attempts: end.attempts,
        response: end.response.clone(),
        error: end.error.clone(),
        provider_message_id: end.provider_message_id.clone(),
        recipient_id: end.recipient_id.clone(),
        provider_status: end.provider_status.clone(),
        at: end.updated_at,
        attempt: Some(attempt(end.attempts, end.provider_message_id.as_deref())),
        event: Some(event_of(end)),
        ..accepted(end.id)
    };
    assert_eq!(one(connection, write_settlement(settlement)), Written::Done);
}

/// How many events have no body in the table.
fn bare(bed: &Bed) -> usize {
    bed.count_where("events", "body = ''")
}

#[test]
fn an_event_is_read_as_it_was_told_to_the_letter() {
    for bed in beds() {
        let mut connection = bed.connect();
        let mut failed = taken(message());
        let error = Error::new(Status::Recipient, "No \"such\" number: \u{e4}\u{1f600}.");
        failed.state = State::Failed;
        failed.response = Some(error.message.clone());
        failed.error = serde_json::to_string(&error).ok();
        let mut unusual = taken(message());
        unusual.response = Some("Message accepted.".into());
        let (mut held, mut known, mut second) = (taken(message()), taken(message()), taken(message()));
        held.provider_status = Some("held_for_quality_assessment".into());
        known.recipient_id = Some("5511961234567".into());
        second.attempts = 2;
        let mut of_meta = message();
        (of_meta.provider, of_meta.contact_id, of_meta.sender) = ("meta".into(), None, None);
        of_meta.reference = Some("order \"1\" \u{e4}".into());
        let mut of_meta = taken(of_meta);
        of_meta.response = Some("Message accepted by Meta.".into());
        let ends = [taken(message()), of_meta, failed, unusual, held, known, second];
        for end in &ends {
            let new =
                MessageRow { state: State::Sending, version: 1, provider_message_id: None, ..end.clone() };
            let new =
                MessageRow { error: None, response: None, recipient_id: None, provider_status: None, ..new };
            write(connection.as_mut(), new, end);
        }
        let expected: Vec<String> = ends.iter().map(whole).collect();
        assert_eq!(all_events(connection.as_mut(), &event_query()), expected, "{}", bed.store.name());
        assert_eq!(bare(&bed), 2, "only what the row tells for ever goes without its body");
    }
}

/// Reports of delivery change the row: what was told before stays as it was.
#[test]
fn an_older_event_says_what_it_said_whatever_became_of_the_message() {
    for bed in beds() {
        let mut connection = bed.connect();
        let end = taken(message());
        let new = MessageRow { state: State::Sending, version: 1, ..message() };
        let new = MessageRow { id: end.id, created_at: end.created_at, ..new };
        write(connection.as_mut(), new, &end);
        let told = [whole(&end)];
        assert_eq!(all_events(connection.as_mut(), &event_query()), told);
        // Delivered, with the id by which WhatsApp knows the recipient; then sent again as a second attempt.
        for change in [
            "state = 60, recipient_id = '1', provider_status = 'x', version = 3, response = 'Delivered.', updated_at = 1",
            "state = 70, attempts = 2, provider_message_id = 'SM2', error = '{}', version = 9",
        ] {
            bed.change("messages", &format!("{change} WHERE {}", bed.id_is(end.id)));
            assert_eq!(all_events(connection.as_mut(), &event_query()), told, "{}", bed.store.name());
        }
    }
}

/// Whose message was purged is told no more, and what follows it is.
#[test]
fn an_event_without_its_message_is_passed_over() {
    for bed in beds() {
        let mut connection = bed.connect();
        let gone = event_of(&taken(message()));
        assert_eq!(gone.body, None);
        let after = event("warning", None, "after");
        connection.commit(&[Write::Event(Box::new(gone)), Write::Event(Box::new(after))]).unwrap();
        assert_eq!(all_events(connection.as_mut(), &event_query()), ["after"], "{}", bed.store.name());
    }
}

#[test]
fn a_plain_text_is_stored_once() {
    for bed in beds() {
        let mut connection = bed.connect();
        let with = |body: &str, content: &Content| MessageRow {
            body: body.to_owned(),
            content: serde_json::to_string(content).unwrap(),
            ..message()
        };
        let mut quoting = Content::text("quotes \" and \\ and \n");
        quoting.reply_to = Some("SM1".into());
        let plain = with(
            "Gr\u{fc}\u{df}e \u{1f600} \"q\" \\ \n\t",
            &Content::text("Gr\u{fc}\u{df}e \u{1f600} \"q\" \\ \n\t"),
        );
        let answer = with("quotes \" and \\ and \n", &quoting);
        let other = with("what a person reads", &Content::text("what is sent"));
        let mut template = with("x", &Content::text("x"));
        template.kind = "template".into();
        let rows = [plain, answer, other, template];
        let records = rows.iter().cloned().map(|message| write_record(queued(message, None)));
        connection.commit(&records.collect::<Vec<_>>()).unwrap();
        for row in &rows {
            let read = connection.find(row.id).unwrap().unwrap().message;
            assert_eq!((&read.content, &read.body), (&row.content, &row.body), "{}", bed.store.name());
        }
        assert_eq!(bed.count_where("messages", "content = '='"), 1, "only the plain text");
        // The words of a text are what is sent: nobody replaces them later.
        let end = Settlement { body: Some("another".into()), ..accepted(rows[0].id) };
        one(connection.as_mut(), write_settlement(end));
        let read = connection.find(rows[0].id).unwrap().unwrap().message;
        assert_eq!((&read.content, &read.body), (&rows[0].content, &rows[0].body));
        // A text whose last letter no database keeps is stored as it is sent.
        let zero = with("a\0b", &Content::text("a\0b"));
        one(connection.as_mut(), write_record(queued(zero.clone(), None)));
        assert_eq!(connection.find(zero.id).unwrap().unwrap().message.content, zero.content);
    }
}

/// The same id with another text is another message, also where the text
/// alone is stored.
#[test]
fn a_plain_text_is_part_of_what_a_repeated_record_is_known_by() {
    for bed in beds() {
        let mut connection = bed.connect();
        let content = |text: &str| serde_json::to_string(&Content::text(text)).unwrap();
        let first = MessageRow { body: "one".into(), content: content("one"), ..message() };
        let other = MessageRow { body: "two".into(), content: content("two"), ..first.clone() };
        for (row, expected) in [(&first, Written::Done), (&first, Written::Done), (&other, Written::IdTaken)]
        {
            assert_eq!(one(connection.as_mut(), write_record(queued(row.clone(), None))), expected);
        }
    }
}

#[test]
fn the_usual_response_is_put_back() {
    for bed in beds() {
        let mut connection = bed.connect();
        let end = taken(message());
        let new = MessageRow { id: end.id, ..message() };
        write(connection.as_mut(), new, &end);
        assert_eq!(bed.count_where("messages", "response IS NULL"), 1);
        for state in [State::Accepted, State::Sent, State::Delivered, State::Read] {
            bed.change("messages", &format!("state = {}", state as i16));
            let read = connection.find(end.id).unwrap().unwrap().message;
            assert_eq!(read.response, end.response, "{}", bed.store.name());
        }
        bed.change("messages", &format!("state = {}", State::Failed as i16));
        assert_eq!(connection.find(end.id).unwrap().unwrap().message.response, None);
    }
}

/// Rows are stored without it: another sentence would change what they say.
#[test]
fn the_usual_response_stays_for_ever() {
    let of = |name| usual_response(State::Delivered, name);
    assert_eq!(of(ProviderName::Twilio).as_deref(), Some("Message accepted by Twilio."));
    assert_eq!(of(ProviderName::Meta).as_deref(), Some("Message accepted by Meta."));
    assert_eq!(usual_response(State::Failed, ProviderName::Meta), None);
}
