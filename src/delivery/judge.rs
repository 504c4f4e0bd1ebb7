//! What the provider's list proves about an attempt whose end is unknown: a
//! rule without side effects.

use crate::history::MessageRow;
use crate::provider::Candidate;

/// The kind of a message whose own words are what the list says.
const TEXT: &str = "text";

/// What a look at the provider's list tells.
#[derive(Debug, PartialEq)]
pub enum Found {
    /// It was taken: this is it.
    Taken(Candidate),
    /// The list has nothing that it could be.
    Nothing,
    /// Somebody else found it out: the row says what.
    ToldElsewhere,
    /// The list does not decide.
    Undecided,
}

/// Judges what the list has that no attempt owns. `listed` is what it would
/// say there.
pub fn judge(free: &[Candidate], message: &MessageRow, listed: &str, others_open: i64) -> Found {
    let could_be: Vec<&Candidate> =
        free.iter().filter(|c| c.body.is_empty() || c.body.trim() == listed.trim()).collect();
    match could_be.as_slice() {
        // For anything but a text, the provider puts the words of its list
        // together itself: that they differ from ours proves nothing.
        [] if message.kind != TEXT && !free.is_empty() => Found::Undecided,
        [] => Found::Nothing,
        // While another attempt to the same recipient is open, the message in
        // the list could be that one's.
        [one] if others_open == 0 => Found::Taken((*one).clone()),
        _ => Found::Undecided,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Direction;
    use crate::message::clock::Millis;
    use crate::message::{Priority, State};

    fn candidate(id: &str, body: &str) -> Candidate {
        Candidate {
            provider_message_id: id.into(),
            created: None,
            body: body.into(),
            state: State::Accepted,
            code: None,
        }
    }

    fn message(body: &str) -> MessageRow {
        MessageRow {
            id: uuid::Uuid::now_v7(),
            seq: 0,
            created_at: Millis::now(),
            updated_at: Millis::now(),
            account_key: "a".into(),
            provider: "twilio".into(),
            direction: Direction::Outbound,
            kind: "text".into(),
            state: State::Unknown,
            version: 3,
            attempts: 1,
            priority: Priority::Normal,
            sender: None,
            recipient: "whatsapp:+1".into(),
            contact_id: None,
            reference: None,
            campaign_id: None,
            correlation_id: None,
            category: None,
            template: None,
            body: body.into(),
            content: String::new(),
            provider_message_id: None,
            recipient_id: None,
            provider_status: None,
            nonce: None,
            response: None,
            error: None,
            not_before: None,
            expires_at: None,
        }
    }

    #[test]
    fn only_one_possible_message_is_proof() {
        let taken = |id: &str, body: &str| Found::Taken(candidate(id, body));
        for kind in ["template", "media", "location", "interactive"] {
            let mut other = message("Hello\nhttps://host.example/picture.jpg");
            other.kind = kind.into();
            for (free, others, found) in [
                (vec![], 0, Found::Nothing),
                (vec![candidate("SM1", "Hello")], 0, taken("SM1", "Hello")),
                (vec![candidate("SM1", "another text")], 0, Found::Undecided),
            ] {
                assert_eq!(judge(&free, &other, "Hello", others), found, "{kind} {free:?} {others}");
            }
        }
        for (free, others, found) in [
            (vec![], 0, Found::Nothing),
            (vec![candidate("SM1", "Hello")], 0, Found::Taken(candidate("SM1", "Hello"))),
            (vec![candidate("SM1", "")], 0, Found::Taken(candidate("SM1", ""))),
            (vec![candidate("SM1", "another text")], 0, Found::Nothing),
            (vec![candidate("SM1", "Hello")], 1, Found::Undecided),
            (vec![candidate("SM1", "Hello"), candidate("SM2", "Hello")], 0, Found::Undecided),
            (
                vec![candidate("SM1", "Hello"), candidate("SM2", "x")],
                0,
                Found::Taken(candidate("SM1", "Hello")),
            ),
        ] {
            assert_eq!(judge(&free, &message("Hello"), "Hello", others), found, "{free:?} {others}");
        }
    }
}
