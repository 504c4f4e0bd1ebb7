//! The providers' words for what became of a message, as our states: one table
//! for lists, for answers and for reports by webhook.

use crate::message::{ProviderName, State};

/// Our state for a provider's word; `None` for a word that tells nothing about
/// the message's way to the recipient, or that is not known.
pub fn state_of(provider: ProviderName, word: &str) -> Option<State> {
    match provider {
        ProviderName::Twilio => of_twilio(word),
        ProviderName::Meta => of_meta(word),
    }
}

fn of_twilio(word: &str) -> Option<State> {
    Some(match word {
        "queued" | "accepted" | "scheduled" | "sending" => State::Accepted,
        "sent" | "partially_delivered" => State::Sent,
        "delivered" => State::Delivered,
        "read" => State::Read,
        "failed" => State::Failed,
        "undelivered" => State::Undelivered,
        "canceled" => State::Cancelled,
        "receiving" | "received" => State::Received,
        _ => return None,
    })
}

/// Meta's `message_status` of an answer and `status` of a report. `deleted` and
/// `warning`, which old documentation has, say nothing of the delivery.
fn of_meta(word: &str) -> Option<State> {
    Some(match word {
        "accepted" | "held_for_quality_assessment" => State::Accepted,
        "sent" => State::Sent,
        "delivered" => State::Delivered,
        // A voice note that was played was opened.
        "read" | "played" => State::Read,
        "failed" => State::Failed,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_twilio_has_one_of_ours() {
        for word in [
            "queued",
            "sending",
            "sent",
            "failed",
            "delivered",
            "undelivered",
            "receiving",
            "received",
            "accepted",
            "scheduled",
            "read",
            "partially_delivered",
            "canceled",
        ] {
            assert!(state_of(ProviderName::Twilio, word).is_some(), "{word}");
        }
    }

    #[test]
    fn every_status_of_meta_has_one_of_ours() {
        for (word, state) in [
            ("accepted", Some(State::Accepted)),
            ("held_for_quality_assessment", Some(State::Accepted)),
            ("sent", Some(State::Sent)),
            ("delivered", Some(State::Delivered)),
            ("read", Some(State::Read)),
            ("played", Some(State::Read)),
            ("failed", Some(State::Failed)),
            ("deleted", None),
            ("warning", None),
            ("paused", None),
            ("undelivered", None),
        ] {
            assert_eq!(state_of(ProviderName::Meta, word), state, "{word}");
        }
    }
}
