//! The types of the C ABI that the functions share.

use safer_ffi::prelude::*;
use std::ffi::{c_char, c_void};

/// Number of a client. 0 is never one. A number is never used again, so that
/// one that was closed is refused and not confused.
pub type WaClient = u64;

/// Is called with an event; see `wa_on_event`.
///
/// `user_data` is what was registered. `event_json` is UTF-8, ends with NUL,
/// and is valid during the call only. Runs on the client's dispatcher thread,
/// one call at a time. Must not throw or unwind. Calls that can wait are
/// refused from inside it with `WA_STATUS_WOULD_DEADLOCK`.
pub type WaEventFn = Option<unsafe extern "C" fn(user_data: *mut c_void, event_json: *const c_char)>;

/// Is called with a log record; see `wa_on_log`.
///
/// `level` is 1 error, 2 warn, 3 info, 4 debug, 5 trace. The rest is as with
/// `wa_event_fn`.
pub type WaLogFn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, level: i32, record_json: *const c_char)>;

/// A NUL-terminated UTF-8 string that the caller keeps, or null.
pub type WaText<'a> = Option<char_p::Ref<'a>>;

/// A string that the library gave away; freed with `wa_string_free`.
pub type WaOwnedText = Option<char_p::Box>;

/// Where a function puts a string that it gives away, or null.
pub type WaTextOut<'a> = Option<&'a mut WaOwnedText>;
