//! The functions that hosts call. cbindgen makes the header out of this file,
//! safer-ffi the C# layer: what is said here is what users read.

use super::asked::rooted;
use super::boundary::{
    Given, WaOwnedText, WaText, WaTextOut, c_text, call, last_error, optional_text, refuse_in_callback,
    status_text, text,
};
use super::export::export;
use crate::client::{Answer, Client, table};
use crate::events::{Callback, Level};
use crate::message::content::{Kind, Template};
use crate::message::{Content, Error, Result, SendOptions, Status, Variables, json};
use crate::provider::action::Done;
use macro_rules_attribute::apply;
use safer_ffi::prelude::*;
use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Version of the ABI that this header describes. It grows by one with every
/// release that adds something. A host needs a library whose
/// `wa_abi_version()` is not lower than the `WA_ABI_VERSION` it was built with.
#[ffi_export]
pub const WA_ABI_VERSION: u32 = 1;

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

/// Starts a client.
///
/// `settings_json`: the settings, a JSON object; see the table in README.md
/// and `schema/settings.v1.schema.json`. `client_out`: receives the number of
/// the client, or 0 on failure; must not be null.
///
/// Blocks until the settings are checked and the database has answered once,
/// at most `timeout_ms` of the settings (default 60000). A database that
/// cannot be reached is no failure: the client starts, refuses messages with
/// `WA_STATUS_DATABASE_AWAY`, and says in an event when it is back. A wrong
/// driver, password, database name, right or schema is a failure.
///
/// Thread-safe. Several clients may live side by side.
///
/// Fails with `WA_STATUS_SETTINGS`, `WA_STATUS_JSON`, `WA_STATUS_UTF8`,
/// `WA_STATUS_ARGUMENT`, `WA_STATUS_NOT_SUPPORTED`, `WA_STATUS_DATABASE`,
/// `WA_STATUS_DATABASE_SCHEMA`, `WA_STATUS_TLS`, `WA_STATUS_WOULD_DEADLOCK`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_configure(settings_json: WaText<'_>, client_out: Option<&mut WaClient>) -> Status {
    let client_out = client_out.map(|client| {
        *client = 0;
        client
    });
    call("wa_configure", None, || {
        refuse_in_callback("wa_configure")?;
        let client_out =
            client_out.ok_or_else(|| Error::about(Status::Argument, "client_out", "client_out is null."))?;
        // Not when it is loaded: nothing happens then.
        super::pin::stay_loaded();
        let client = Client::configure(text("settings_json", &settings_json)?)?;
        *client_out = table::enter(client);
        Ok(Given::ok())
    })
}

/// Changes what may change while a client runs: secrets, `retry`, `pacing`,
/// `log`. Attempts under way end with what was set before.
///
/// `settings_json`: a JSON object with those keys only; what is not named
/// stays. Does not block. Thread-safe.
///
/// Fails with `WA_STATUS_SETTINGS`, `WA_STATUS_JSON`; then nothing is changed.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_update(client: WaClient, settings_json: WaText<'_>) -> Status {
    call("wa_update", None, || {
        table::find(client)?.update(text("settings_json", &settings_json)?)?;
        Ok(Given::ok())
    })
}

/// Sends text and waits for the end of the send.
///
/// `to`: the recipient's number, `+` and country code, or what
/// `default_country` completes. `text`: UTF-8; the provider's limit applies
/// (Twilio: 1600 characters). `options_json`: see `schema/options.v1.schema.json`;
/// null means the defaults. `outcome_json_out`: receives the outcome, the
/// caller's to free with `wa_string_free` whatever the status; null means not
/// wanted.
///
/// Blocks at most `timeout_ms` of the options (default 60000). At the deadline
/// a message that was not attempted is cancelled, unless `on_timeout` says
/// `continue`; one that was is `WA_STATUS_PENDING`: do not send it again.
///
/// OK means that the provider accepted it, not that it was delivered. Whatever
/// the status: JSON with an `id` is a message that is recorded, and its
/// `response` is the sentence for the user; JSON with an `error` alone is a
/// call that recorded nothing.
/// Thread-safe. Refused from inside a callback.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_send(
    client: WaClient,
    to: WaText<'_>,
    text: WaText<'_>,
    options_json: WaText<'_>,
    outcome_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_send", outcome_json_out, || {
        refuse_in_callback("wa_send")?;
        let content = Content::text(self::text("text", &text)?);
        send(client, &to, content, &options_json, true, Says::Text)
    })
}

/// Sends a template and waits for the end of the send.
///
/// `template_name`: a template of the settings, or with Twilio the `HX...` SID
/// or the name of a Content template. `variables_json`: the values, as
/// `{"1":"Ann"}`, `{"name":"Ann"}` or `["Ann"]`; null where the template has
/// none. All of its variables must be there, and no others. The rest is as
/// with `wa_send`.
///
/// A template of the settings is rendered here and travels as text: in
/// WhatsApp's eyes it is free text, which reaches the recipient only within 24
/// hours of their last message. A Content template that WhatsApp approved
/// reaches them always (Twilio, "Send templates with the Content API").
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_send_template(
    client: WaClient,
    to: WaText<'_>,
    template_name: WaText<'_>,
    variables_json: WaText<'_>,
    options_json: WaText<'_>,
    outcome_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_send_template", outcome_json_out, || {
        refuse_in_callback("wa_send_template")?;
        let template = text("template_name", &template_name)?.to_owned();
        if template.is_empty() {
            return Err(Error::about(Status::Argument, "template_name", "template_name is empty."));
        }
        let variables = match optional_text("variables_json", &variables_json)? {
            Some(text) => Variables::from_value("variables_json", json::value("variables_json", text)?)?,
            None => Variables::default(),
        };
        let content = Kind::Template(Template::new(template, variables)).into();
        send(client, &to, content, &options_json, true, Says::Template)
    })
}

/// Sends a message of any kind and waits for the end of the send.
///
/// `message_json`: an object whose `type` is `text`, `media`, `image`, `video`,
/// `audio`, `document`, `sticker`, `location`, `contacts`, `reaction`,
/// `interactive` or `template`, with the keys of that type, such as
/// `{"type":"image","link":"https://..","caption":".."}`; see
/// `schema/message.v1.schema.json`. Not every provider sends every type:
/// `WA_STATUS_NOT_SUPPORTED`. The rest is as with `wa_send`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_send_message(
    client: WaClient,
    to: WaText<'_>,
    message_json: WaText<'_>,
    options_json: WaText<'_>,
    outcome_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_send_message", outcome_json_out, || {
        refuse_in_callback("wa_send_message")?;
        let content = Content::read("message_json", text("message_json", &message_json)?)?;
        send(client, &to, content, &options_json, true, Says::Message)
    })
}

/// Records a message and returns; it is sent in the background, also after a
/// restart of the process.
///
/// The arguments are those of `wa_send_message`. `recorded_json_out`: receives
/// the outcome so far, the caller's to free. OK means that the message is
/// committed in the database; its end comes as an event, or by `wa_wait`.
///
/// Blocks for one commit of the database, at most `timeout_ms` of the options.
/// Thread-safe; allowed from inside a callback.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_submit(
    client: WaClient,
    to: WaText<'_>,
    message_json: WaText<'_>,
    options_json: WaText<'_>,
    recorded_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_submit", recorded_json_out, || {
        let content = Content::read("message_json", text("message_json", &message_json)?)?;
        send(client, &to, content, &options_json, false, Says::Message)
    })
}

/// Waits for the end of a message, also of one that another process sends.
///
/// `id`: the message's `id`. `timeout_ms`: how long to wait; 0 looks and does
/// not wait. `outcome_json_out`: receives the outcome, the caller's to free.
///
/// The statuses are those of `wa_send`; `WA_STATUS_PENDING` when the time is
/// up, `WA_STATUS_NOT_FOUND` for an id that is in no row. Thread-safe. Refused
/// from inside a callback.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_wait(
    client: WaClient,
    id: WaText<'_>,
    timeout_ms: u32,
    outcome_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_wait", outcome_json_out, || {
        refuse_in_callback("wa_wait")?;
        let client = table::find(client)?;
        let id = message_id(&id)?;
        Ok(given(client.wait(id, Duration::from_millis(timeout_ms.into()))?))
    })
}

/// Gives a message up. Works until an attempt has begun, and between two
/// attempts. Or breaks another call of this client off, such as an upload.
///
/// `id`: the message's `id`; a thread may cancel a send that another thread
/// waits for, if the options of that send chose the id. For a call that is no
/// message, the `id` of its options: that call ends with
/// `WA_STATUS_CANCELLED` and says what may have happened. `outcome_json_out`:
/// receives the outcome, or for a call that is no message
/// `{"success":true}`; the caller's to free.
///
/// OK means that it is cancelled and will not be sent;
/// `WA_STATUS_TOO_LATE` that it was, or may have been. Blocks for one commit,
/// at most 5 seconds. Thread-safe; allowed from inside a callback.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_cancel(client: WaClient, id: WaText<'_>, outcome_json_out: WaTextOut<'_>) -> Status {
    call("wa_cancel", outcome_json_out, || {
        let client = table::find(client)?;
        let id = message_id(&id)?;
        if let Some(cancelled) = client.cancel_call(id) {
            cancelled?;
            return Ok(Given::json(Status::Ok, &Done::SUCCESS));
        }
        Ok(given(client.cancel(id)?))
    })
}

/// Reads a page of the history.
///
/// `query_json`: filters, `limit`, `cursor`, `order`, `timeout_ms`; see
/// `schema/query.v1.schema.json`; null asks for the newest messages.
/// `page_json_out`: receives `{"messages":[..],"next":..}`, the caller's to
/// free; `next` goes into `cursor` for the next page and is null at the end.
/// Every message that was there at the first page comes exactly once.
///
/// Blocks at most `timeout_ms` of the query (default 60000). Thread-safe.
/// Refused from inside a callback.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_history(
    client: WaClient,
    query_json: WaText<'_>,
    page_json_out: WaTextOut<'_>,
) -> Status {
    call("wa_history", page_json_out, || {
        refuse_in_callback("wa_history")?;
        let client = table::find(client)?;
        let page = client.history(optional_text("query_json", &query_json)?)?;
        Ok(Given::json(Status::Ok, &page))
    })
}

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

/// JSON about this thread's last failing call, an object with `status`,
/// `message`, `hint`, `retryable`, `class`, `provider_code`, `http_status`,
/// `argument` as far as known; `{}` after a call that succeeded, and before the first. Never null.
/// Valid until the thread's next call of a function that returns a status; not
/// the caller's to free (in P/Invoke: declare it as a pointer, never as
/// `string`).
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_last_error() -> *const c_char {
    last_error()
}

/// The name of a status, such as `recipient`; `unrecognised` for a number that
/// is none. Static: never freed.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_status_text(status: i32) -> *const c_char {
    status_text(status).as_ptr()
}

/// The version of the library, such as `0.1.0`. Static: never freed.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// The version of the ABI that this library speaks; see `WA_ABI_VERSION`.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_abi_version() -> u32 {
    WA_ABI_VERSION
}

/// Frees a string that the library gave away; null is fine. Every other string
/// of the library is not the caller's to free.
#[apply(export)]
#[unsafe(no_mangle)]
pub extern "C" fn wa_string_free(text: WaOwnedText) {
    drop(text);
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

/// Which arguments of a call say what is sent.
#[derive(Clone, Copy)]
enum Says {
    Text,
    Template,
    Message,
}

impl Says {
    /// The argument of the call, or the path in it, that a fault is about.
    /// Checks of the content name its keys only.
    fn argument(self, path: &str) -> String {
        match self {
            Says::Text => rooted(path, &["to", "text", "options_json"], "text"),
            Says::Message => rooted(path, &["to", "options_json"], "message_json"),
            Says::Template => match path.split(['.', '[']).next().unwrap_or_default() {
                "to" | "options_json" | "variables_json" => path.to_owned(),
                "variables" => path.replacen("variables", "variables_json", 1),
                // What this call has no key for: a header, buttons, a language.
                _ => "template_name".to_owned(),
            },
        }
    }
}

fn send(
    client: WaClient,
    to: &WaText<'_>,
    content: Content,
    options: &WaText<'_>,
    waits: bool,
    says: Says,
) -> Result<Given> {
    let client = table::find(client)?;
    let to = text("to", to)?;
    let options = SendOptions::read("options_json", optional_text("options_json", options)?)?;
    let mut answer = client.send(to, content, options, waits)?;
    if let Some(argument) = answer.outcome.error.as_mut().and_then(|error| error.argument.as_mut()) {
        *argument = says.argument(argument);
    }
    Ok(given(answer))
}

fn given(answer: Answer) -> Given {
    Given::json(answer.status, &answer.outcome)
}

fn message_id(id: &WaText<'_>) -> Result<Uuid> {
    let text = text("id", id)?;
    text.parse().map_err(|_| Error::about(Status::Argument, "id", format!("id is not a UUID: {text:?}.")))
}
