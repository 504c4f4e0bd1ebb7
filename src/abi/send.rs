//! Sending, waiting for the end of a send, and giving it up.

use super::asked::rooted;
use super::boundary::{Given, call, optional_text, refuse_in_callback, text};
use super::export::export;
use super::types::{WaClient, WaText, WaTextOut};
use crate::client::{Answer, table};
use crate::message::content::{Kind, Template};
use crate::message::{Content, Error, Result, SendOptions, Status, Variables};
use crate::provider::action::Done;
use macro_rules_attribute::apply;
use std::time::Duration;
use uuid::Uuid;

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
            Some(text) => Variables::read("variables_json", text)?,
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
