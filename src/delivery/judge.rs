//! What the provider's list proves about an attempt whose end is unknown: a
//! rule without side effects.

use super::words::{self, Words};
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
/// say there. What is not surely another message leaves the end undecided.
pub fn judge(free: &[Candidate], message: &MessageRow, listed: &str, others_open: i64) -> Found {
    // The list may hide the words, or not have them yet.
    let words = |candidate: &Candidate| match candidate.body.is_empty() {
        true => Words::Same,
        false => words::compare(&candidate.body, listed),
    };
    let could_be: Vec<(&Candidate, bool)> = free
        .iter()
        .map(|candidate| (candidate, words(candidate)))
        .filter(|(_, words)| *words != Words::Other)
        .map(|(candidate, words)| (candidate, words == Words::Same && !candidate.doubtful))
        .collect();
    match could_be.as_slice() {
        // For anything but a text, the provider puts the words of its list
        // together itself: that they differ from ours proves nothing.
        [] if message.kind != TEXT && !free.is_empty() => Found::Undecided,
        [] => Found::Nothing,
        // While another attempt to the same recipient is open, the message in
        // the list could be that one's.
        [(one, true)] if others_open == 0 => Found::Taken((*one).clone()),
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
            doubtful: false,
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
            provider_at: None,
            profile_name: None,
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

    #[test]
    fn what_is_not_surely_another_message_is_never_nothing() {
        let ours = "Caf\u{e9}: \"yes\"\nor no";
        let doubtful = |body: &str| Candidate { doubtful: true, ..candidate("SM1", body) };
        for (free, found) in [
            (
                candidate("SM1", "Caf\u{e9}: \"yes\"\r\nor no"),
                Found::Taken(candidate("SM1", "Caf\u{e9}: \"yes\"\r\nor no")),
            ),
            (candidate("SM1", "Cafe\u{301}: \"yes\"\nor no"), Found::Undecided),
            (candidate("SM1", "Caf\u{e9}: \u{201c}yes\u{201d}\nor no"), Found::Undecided),
            (candidate("SM1", "***"), Found::Undecided),
            (candidate("SM1", "quite something else"), Found::Nothing),
            (doubtful(ours), Found::Undecided),
            (doubtful(""), Found::Undecided),
            (doubtful("quite something else"), Found::Nothing),
            (Candidate { provider_message_id: String::new(), ..doubtful("") }, Found::Undecided),
        ] {
            assert_eq!(judge(std::slice::from_ref(&free), &message(ours), ours, 0), found, "{free:?}");
        }
        let two = [candidate("SM1", ours), doubtful("")];
        assert_eq!(judge(&two, &message(ours), ours, 0), Found::Undecided);
    }
}
