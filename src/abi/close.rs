//! A client ends.

use super::boundary::{Given, call, refuse_in_callback};
use super::export::export;
use super::types::WaClient;
use crate::client::table;
use crate::message::{Error, Status};
use macro_rules_attribute::apply;
use std::time::Duration;

/// Ends a client.
///
/// `timeout_ms`: how long to wait; 0 does not wait, UINT32_MAX waits without
/// limit. Calls that wait are woken at once with `WA_STATUS_CLOSED`; attempts
/// under way may end within the time; what is queued stays in the database for
/// the next client.
///
/// OK: everything has ended, threads are joined, the number is no client any
/// more. `WA_STATUS_CLOSE_PENDING`: the time is up; no new callback will start,
/// but one is still running, or a thread is still inside a driver, the reading
/// of a file or the look-up of a name; call again.
/// `user_data` of callbacks must live until OK. Thread-safe: several threads
/// may close, and wait together. Refused from inside a callback. A process may
/// end without closing: the next client recovers what it left.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_close(client: WaClient, timeout_ms: u32) -> Status {
    call("wa_close", None, || {
        refuse_in_callback("wa_close")?;
        let found = table::find(client)?;
        let timeout = match timeout_ms {
            u32::MAX => Duration::MAX,
            millis => Duration::from_millis(millis.into()),
        };
        if !found.close(timeout) {
            return Err(Error::new(
                Status::ClosePending,
                "The client has not ended yet: a call of the provider or the database, the reading of a file or a callback is under way.",
            )
            .hint("Call wa_close again; no new callback will start."));
        }
        table::leave(client);
        Ok(Given::ok())
    })
}
