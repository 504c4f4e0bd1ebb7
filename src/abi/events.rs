//! Events and log records: by asking for them, or by callbacks.

use super::boundary::{Given, c_text, call, optional_text, refuse_in_callback};
use super::export::export;
use super::types::{WaClient, WaEventFn, WaLogFn, WaText, WaTextOut};
use crate::client::table;
use crate::events::Callback;
use crate::ground::Level;
use crate::message::{Error, Status};
use macro_rules_attribute::apply;
use std::ffi::c_void;
use std::sync::Arc;
use std::time::Duration;

/// Reads the next events: ends of messages, and what the host should know. Of
/// kind `log` and `progress` only where `include` names them: these live in
/// memory only, the last 1,000 and 256.
///
/// `options_json`: `{"consumer","after","include","exclude","max"}`; null means
/// the events since this client was configured. `timeout_ms`: how long to wait
/// for the first event; 0 does not wait. `events_json_out`: receives
/// `{"events":[..],"cursor":".."}`, the caller's to free; no event in time is
/// OK with an empty list.
///
/// Giving `cursor` back as `after` acknowledges the events up to it. With a
/// `consumer` the library remembers what was acknowledged, over restarts. An
/// event comes at least once; its `id` stays the same.
///
/// Thread-safe. Inside a callback only with `timeout_ms` 0.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_next_event(
    client: WaClient,
    options_json: WaText<'_>,
    timeout_ms: u32,
    events_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_next_event", events_json_out, || {
        if timeout_ms > 0 {
            refuse_in_callback("wa_next_event")?;
        }
        let client = table::find(client)?;
        let options = optional_text("options_json", &options_json)?;
        let page = client.next_event(options, Duration::from_millis(timeout_ms.into()))?;
        Ok(Given::json(Status::Ok, &page))
    })
}

/// Sets or unsets the function that is called with every event. Polling with
/// `wa_next_event` is always enough, and better for hosts with a garbage
/// collector.
///
/// `filter_json`: `{"include":[..],"exclude":[..]}`; null means all events but
/// `log` and `progress`. `callback`: null unsets. `user_data`: given to the callback; must
/// live until the callback was unset, or `wa_close` returned OK.
///
/// Unsetting waits for a call that is running, at most 5 seconds, and is then
/// `WA_STATUS_TIMEOUT`: keep `user_data` until `wa_close` returns OK. Do not
/// hold a lock that the callback takes. Thread-safe.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_on_event(
    client: WaClient,
    filter_json: WaText<'_>,
    callback: WaEventFn,
    user_data: *mut c_void,
) -> Status {
    let user_data = UserData(user_data);
    call("wa_on_event", None, || {
        refuse_in_callback("wa_on_event")?;
        let client = table::find(client)?;
        let callback = callback.map(|function| -> Callback {
            Arc::new(move |_level, event| {
                let event = c_text(event);
                // The host promises a function that may be called with its
                // user data until it is unset; the text lives during the call.
                unsafe { function(user_data.get(), event.as_ptr()) }
            })
        });
        client.on_event(optional_text("filter_json", &filter_json)?, callback)?;
        Ok(Given::ok())
    })
}

/// Sets or unsets the function that is called with every log record of this
/// client, up to a level. The last 1,000 records that were made before are
/// handed over first.
///
/// `level`: 1 error, 2 warn, 3 info, 4 debug, 5 trace; records above the
/// settings' `log.level` are not made. `callback`, `user_data` and unsetting
/// are as with `wa_on_event`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_on_log(
    client: WaClient,
    level: i32,
    callback: WaLogFn,
    user_data: *mut c_void,
) -> Status {
    let user_data = UserData(user_data);
    call("wa_on_log", None, || {
        refuse_in_callback("wa_on_log")?;
        let client = table::find(client)?;
        let level =
            Level::from_number(level).or(callback.is_none().then_some(Level::Info)).ok_or_else(|| {
                Error::about(Status::Argument, "level", format!("level is {level}; it is between 1 and 5."))
            })?;
        let callback = callback.map(|function| -> (Callback, Level) {
            let callback = move |level: Level, record: &str| {
                let record = c_text(record);
                // As in wa_on_event.
                unsafe { function(user_data.get(), level as i32, record.as_ptr()) }
            };
            (Arc::new(callback), level)
        });
        client.on_log(callback)?;
        Ok(Given::ok())
    })
}

/// The host's pointer, which it gets back and we never look into.
#[derive(Clone, Copy)]
struct UserData(*mut c_void);

impl UserData {
    fn get(self) -> *mut c_void {
        self.0
    }
}

// The pointer is only ever handed back to the host, which said that its
// callback may be called on the dispatcher's thread.
unsafe impl Send for UserData {}
unsafe impl Sync for UserData {}
