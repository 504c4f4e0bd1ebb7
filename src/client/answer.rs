//! What a call about a message answers, and the errors of such calls.

use crate::delivery::{Phase, Waited};
use crate::message::{Error, Outcome, Result, State, Status};
use uuid::Uuid;

/// A call's status and the JSON that goes with it.
pub struct Answer {
    /// The status.
    pub status: Status,
    /// The outcome.
    pub outcome: Outcome,
}

/// What a wait for a message answers.
pub fn of_wait(waited: Waited) -> Result<Answer> {
    match waited {
        Waited::Ended(outcome) => Ok(ended(outcome)),
        Waited::Deadline(outcome, Phase::New) => Ok(not_recorded_yet(outcome)),
        Waited::Deadline(outcome, _) => Ok(pending(outcome)),
        Waited::Refused(error) => Err(error),
        Waited::Closed(outcome) => Ok(closed(outcome)),
    }
}

/// It is as the call wanted it.
pub fn done(outcome: Outcome) -> Answer {
    Answer { status: Status::Ok, outcome }
}

/// The answer about a message whose send is over.
pub fn ended(outcome: Outcome) -> Answer {
    let status = match outcome.status {
        State::Accepted | State::Sent | State::Delivered | State::Read | State::Received => Status::Ok,
        State::Cancelled => Status::Cancelled,
        State::Expired => Status::Expired,
        State::Failed | State::Undelivered => {
            outcome.error.as_ref().map_or(Status::Rejected, |error| error.status)
        }
        State::Unknown if outcome.r#final => Status::Unknown,
        State::Queued | State::Sending | State::Unknown => return pending(outcome),
    };
    Answer { status, outcome }
}

/// The deadline passed while the record was on its way to the database, or
/// while nobody can know whether it is there.
pub fn not_recorded_yet(outcome: Outcome) -> Answer {
    let error = Error::new(
        Status::Pending,
        "The database has not confirmed yet that the message is recorded.",
    )
    .hint(
        "Do not send it again: ask wa_wait for its id; WA_STATUS_NOT_FOUND means that it was not recorded.",
    );
    with_error(Status::Pending, outcome, *error)
}

/// The message is recorded, and its end is not known.
pub fn pending(outcome: Outcome) -> Answer {
    let error = match outcome.error.clone() {
        Some(error) => Box::new(Error { status: Status::Pending, ..error }),
        None => Error::new(Status::Pending, "The message is recorded; its end is not known yet."),
    }
    .hint("Do not send it again: wait for it with wa_wait, or for its event.");
    with_error(Status::Pending, outcome, *error)
}

/// The client was closed before the message ended.
pub fn closed(outcome: Outcome) -> Answer {
    let error = Error::new(Status::Closed, "The client was closed before the message ended.")
        .hint("It is recorded: do not send it again. The next client of this account goes on with it.");
    with_error(Status::Closed, outcome, *error)
}

/// The message can no longer be cancelled.
pub fn too_late(outcome: Outcome) -> Answer {
    let error = Error::new(
        Status::TooLate,
        format!("The message can no longer be cancelled: it is {}.", outcome.status.name()),
    );
    with_error(Status::TooLate, outcome, *error)
}

fn with_error(status: Status, mut outcome: Outcome, error: Error) -> Answer {
    outcome.error = Some(error);
    Answer { status, outcome }
}

/// Every call to a client that is being closed.
pub fn closed_error() -> Box<Error> {
    Error::new(Status::Closed, "The client is being closed.").hint("Configure a new one.")
}

/// The history did not answer in time.
pub fn timeout() -> Box<Error> {
    Error::new(Status::Timeout, "The history did not answer before the deadline.")
}

/// There is no such message.
pub fn not_found(id: Uuid) -> Box<Error> {
    Error::about(Status::NotFound, "id", format!("There is no message {id} in the history."))
}

/// Another call or message has this id.
pub fn id_in_use() -> Box<Error> {
    Error::about(
        Status::Argument,
        "options_json.id",
        "A call or a message with this id is under way already.",
    )
    .hint("Give every call an id of its own.")
}
