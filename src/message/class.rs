//! Classes of a provider's errors: what they mean for the road.

use super::Status;
use serde::{Deserialize, Serialize};

/// Class of an error of either provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Wrong or expired credentials.
    Credentials,
    /// The account is suspended, unpaid, or lacks a right.
    Account,
    /// The sender, or its configuration, is at fault.
    Sender,
    /// The recipient is at fault.
    Recipient,
    /// Outside the 24-hour window.
    Window,
    /// The template or its variables.
    Template,
    /// A limit: wait long.
    Limit,
    /// Fails for now: retry soon.
    Temporary,
    /// Fails always.
    Permanent,
}

impl Class {
    /// The word for it in JSON and in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Class::Credentials => "credentials",
            Class::Account => "account",
            Class::Sender => "sender",
            Class::Recipient => "recipient",
            Class::Window => "window",
            Class::Template => "template",
            Class::Limit => "limit",
            Class::Temporary => "temporary",
            Class::Permanent => "permanent",
        }
    }

    /// Whether a later attempt of the same message can succeed.
    pub fn retried(self) -> bool {
        matches!(self, Class::Temporary | Class::Limit)
    }

    /// The status of a send that ended with this class.
    pub fn status(self) -> Status {
        match self {
            Class::Credentials => Status::Credentials,
            Class::Account => Status::Account,
            Class::Sender => Status::Sender,
            Class::Recipient => Status::Recipient,
            Class::Window => Status::Window,
            Class::Template => Status::Template,
            Class::Limit => Status::Limit,
            Class::Temporary => Status::Temporary,
            Class::Permanent => Status::Rejected,
        }
    }
}
