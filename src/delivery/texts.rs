//! What hosts are told, in words, about how a message fared.

use crate::message::{Error, ProviderName, State, Status};

/// The provider took the message.
pub fn accepted(provider: ProviderName) -> String {
    provider.accepted()
}

/// The message was given up before it was sent.
pub fn given_up(state: State) -> Box<Error> {
    match state {
        State::Expired => Error::new(Status::Expired, "The message expired before it was sent."),
        _ => Error::new(Status::Cancelled, "The message was cancelled before it was sent."),
    }
}

/// The client was closed while the record was on its way to the database.
pub fn closed_before_record() -> Box<Error> {
    Error::new(Status::Closed, "The client was closed before the message was recorded.").hint(
        "It is not sent, unless the history of the next client has it: look there before it is sent again.",
    )
}

/// Nobody knows yet whether the provider took the message.
pub fn unknown(provider: ProviderName, why: &str) -> Box<Error> {
    Error::new(Status::Pending, unknown_text(provider, why))
        .hint("Do not send it again: it is looked up later, and its event tells what was found.")
}

/// Nobody will ever know whether the provider took the message.
pub fn unknown_for_good(provider: ProviderName) -> Box<Error> {
    Error::new(Status::Unknown, unknown_text(provider, "it was looked for until the deadline"))
        .hint("Look at the provider's console before you send it again: the recipient may have it.")
}

fn unknown_text(provider: ProviderName, why: &str) -> String {
    let name = provider.title();
    format!("It is not known whether {name} took the message: {}.", clip(why))
}

/// As much of a provider's or driver's words as the history keeps.
pub fn clip(text: &str) -> String {
    text.chars().take(400).collect()
}
