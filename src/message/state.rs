//! The states of a message.

use serde::{Deserialize, Serialize};

/// State of a message. The number is what the tables hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[repr(i16)]
pub enum State {
    /// Recorded; waits for its time or its next attempt.
    Queued = 0,
    /// An attempt has begun: bytes may be on the wire.
    Sending = 10,
    /// It cannot be known whether the provider took it.
    Unknown = 20,
    /// The provider took it.
    Accepted = 30,
    /// The provider handed it to WhatsApp.
    Sent = 40,
    /// It ended without delivery.
    Failed = 50,
    /// The provider handed it over, and it was refused there.
    Undelivered = 51,
    /// It reached the recipient's telephone.
    Delivered = 60,
    /// The recipient opened it.
    Read = 70,
    /// Cancelled before any attempt that counted.
    Cancelled = 80,
    /// Its time passed before it was sent.
    Expired = 81,
    /// Inbound: we received it.
    Received = 90,
}

impl State {
    /// All states, for tables and tests.
    pub const ALL: &'static [State] = &[
        State::Queued,
        State::Sending,
        State::Unknown,
        State::Accepted,
        State::Sent,
        State::Failed,
        State::Undelivered,
        State::Delivered,
        State::Read,
        State::Cancelled,
        State::Expired,
        State::Received,
    ];

    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Sending => "sending",
            State::Unknown => "unknown",
            State::Accepted => "accepted",
            State::Sent => "sent",
            State::Failed => "failed",
            State::Undelivered => "undelivered",
            State::Delivered => "delivered",
            State::Read => "read",
            State::Cancelled => "cancelled",
            State::Expired => "expired",
            State::Received => "received",
        }
    }

    /// The state that a table's number stands for.
    pub fn from_number(number: i16) -> Option<State> {
        Self::ALL.iter().copied().find(|s| *s as i16 == number)
    }

    /// The send is over as far as this library is concerned: nothing more is
    /// attempted, though reports may still come.
    pub fn ends_the_send(self) -> bool {
        !matches!(self, State::Queued | State::Sending | State::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_come_back() {
        for state in State::ALL {
            assert_eq!(State::from_number(*state as i16), Some(*state));
            let json = serde_json::to_string(state).unwrap();
            assert_eq!(json, format!("\"{}\"", state.name()));
        }
    }
}
