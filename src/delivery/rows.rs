//! The rows that tell of a change: first `change` in memory, then the write
//! that stores the same.

use super::texts::given_up;
use crate::events::Event;
use crate::history::{EventRow, Kept, MessageRow, QueueRow, Settlement, Withdrawal, outcome_of};
use crate::message::clock::Millis;
use crate::message::{Error, Outcome, State};
use uuid::Uuid;

/// Changes a message's row in memory. The version counts the changes: the
/// store takes the higher one.
pub fn change(
    message: &mut MessageRow,
    state: State,
    response: Option<String>,
    error: Option<&Error>,
    at: Millis,
) {
    message.version += 1;
    message.state = state;
    message.updated_at = at;
    message.response = response;
    message.error = error.and_then(|error| serde_json::to_string(error).ok());
}

/// The settlement that stores what `change` did.
pub fn settlement(owner: Uuid, message: &MessageRow, queue: Option<QueueRow>) -> Settlement {
    Settlement { owner: Some(owner), ..Settlement::of(message, queue) }
}

/// The withdrawal that stores what `change` did.
pub fn withdrawal(message: &MessageRow, owner: Option<Uuid>, event: Option<EventRow>) -> Withdrawal {
    Withdrawal {
        id: message.id,
        owner,
        state: message.state,
        response: message.response.clone(),
        error: message.error.clone(),
        at: message.updated_at,
        event,
        hides: false,
    }
}

/// The event that tells where a message is.
pub fn event(message: &MessageRow) -> EventRow {
    let outcome = outcome_of(message);
    Event::about_message(&message.account_key, message.id, message.version, outcome, message.updated_at)
}

/// What cancels a message that no task here looks after, and what it is then.
pub fn cancellation(mut message: MessageRow, kept: Kept) -> (Withdrawal, Outcome) {
    let error = given_up(State::Cancelled);
    change(&mut message, State::Cancelled, Some(error.message.clone()), Some(&error), Millis::now());
    let event = event(&message);
    let withdrawal =
        Withdrawal { hides: kept.hides_now(&message), ..withdrawal(&message, None, Some(event)) };
    (withdrawal, outcome_of(&message))
}
