//! What went wrong, as a value: a status, a sentence for the user, a hint.

use super::{Class, Status};
use crate::ground::process::Forked;
use serde::{Deserialize, Serialize};

/// An error as it crosses the boundary: in `wa_last_error`, and as the
/// `error` member of every JSON that a failing call gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Error {
    /// The status' name, such as `recipient`.
    #[serde(serialize_with = "status_name", deserialize_with = "status_from_name")]
    #[cfg_attr(test, schemars(with = "String"))]
    pub status: Status,
    /// What happened, in a sentence for the user.
    pub message: String,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Whether the same call can succeed later without a change.
    pub retryable: bool,
    /// Class of a provider's error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
    /// The provider's own code, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_code: Option<String>,
    /// HTTP status of the provider's answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// The argument, or the path of the key, that is at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
}

fn status_name<S: serde::Serializer>(status: &Status, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(status.name())
}

fn status_from_name<'de, D: serde::Deserializer<'de>>(from: D) -> std::result::Result<Status, D::Error> {
    let name = String::deserialize(from)?;
    Ok(Status::ALL.iter().copied().find(|s| s.name() == name).unwrap_or(Status::Internal))
}

impl From<Forked> for Box<Error> {
    fn from(_: Forked) -> Box<Error> {
        Error::new(
            Status::Forked,
            "The process was forked while a client lived or a call was under way; the child has none of the library's threads.",
        )
        .hint("Fork before wa_configure, or after wa_close of every client, or start another program.")
    }
}

/// A result with the project's error.
pub type Result<T, E = Box<Error>> = std::result::Result<T, E>;

impl Error {
    /// An error with a status and a sentence. Boxed: errors are rare and wide.
    pub fn new(status: Status, message: impl Into<String>) -> Box<Error> {
        Box::new(Error {
            status,
            message: message.into(),
            hint: None,
            retryable: matches!(
                status,
                Status::QueueFull
                    | Status::Timeout
                    | Status::DatabaseAway
                    | Status::Network
                    | Status::Temporary
                    | Status::Limit
            ),
            class: None,
            provider_code: None,
            http_status: None,
            argument: None,
        })
    }

    /// An error about an argument or a key, named by its path.
    pub fn about(status: Status, argument: impl Into<String>, message: impl Into<String>) -> Box<Error> {
        let mut error = Self::new(status, message);
        error.argument = Some(argument.into());
        error
    }

    /// A fault of the library itself.
    pub fn internal(message: impl Into<String>) -> Box<Error> {
        Self::new(Status::Internal, message)
            .hint("This is a fault of wa_connector. Please report it with the log around it.")
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self: Box<Self>, hint: impl Into<String>) -> Box<Self> {
        self.hint = Some(hint.into());
        self
    }

    /// Puts a prefix before the path of the argument.
    #[must_use]
    pub fn under(mut self: Box<Self>, parent: &str) -> Box<Self> {
        self.argument = Some(match self.argument.take() {
            Some(path) => format!("{parent}.{path}"),
            None => parent.to_owned(),
        });
        self
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.status.name(), self.message)
    }
}

impl std::error::Error for Error {}
