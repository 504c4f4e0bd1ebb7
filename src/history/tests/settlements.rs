//! Which settlement decides about a row: a table of cases, the rule in Rust.
//! That both stores follow it is shown by the behaviours.

use crate::history::Settlement;
use crate::message::State;
use crate::message::clock::Millis;

fn settlement(state: State, version: i32) -> Settlement {
    Settlement {
        id: uuid::Uuid::now_v7(),
        version,
        state,
        attempts: 1,
        provider_message_id: None,
        body: None,
        response: None,
        error: None,
        at: Millis::now(),
        attempt: None,
        queue: None,
        event: None,
    }
}

#[test]
fn what_was_taken_never_waits_again() {
    for (row, version, says, at, decides) in [
        (State::Sending, 1, State::Accepted, 2, true),
        (State::Sending, 2, State::Queued, 1, false),
        (State::Unknown, 2, State::Accepted, 2, true),
        // A frozen process tells late that it was accepted.
        (State::Unknown, 9, State::Accepted, 2, true),
        (State::Queued, 9, State::Accepted, 2, true),
        // .. but another one sends it again already.
        (State::Sending, 9, State::Accepted, 2, false),
        // The heir did not hear of it.
        (State::Accepted, 2, State::Queued, 3, false),
        (State::Accepted, 2, State::Unknown, 3, false),
        (State::Accepted, 2, State::Cancelled, 3, false),
        (State::Delivered, 2, State::Accepted, 3, false),
        (State::Accepted, 2, State::Accepted, 2, true),
        (State::Failed, 2, State::Failed, 2, true),
    ] {
        assert_eq!(
            settlement(says, at).decides_over(row, version),
            decides,
            "{row:?} {version} <- {says:?} {at}"
        );
    }
}
