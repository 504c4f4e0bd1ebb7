//! Messages with something to tap on, in Twilio's content types.

use super::limits::refused;
use crate::message::content::Interactive;
use crate::message::{Error, Result, Status};
use serde_json::{Value, json};

/// The content in Twilio's words; what Twilio has no word for is refused.
pub fn types_of(interactive: &Interactive) -> Result<Value> {
    let (header, body, footer) = interactive.frame();
    let what = |part: &str| format!("{part} of an interactive message");
    if header.is_some() {
        return Err(not_built("header", &what("The header")));
    }
    if footer.is_some() {
        return Err(not_built("footer", &what("The footer")));
    }
    no_variables("body", body)?;
    match interactive {
        Interactive::ReplyButtons(it) => {
            for (at, button) in it.buttons.iter().enumerate() {
                no_variables(&format!("buttons[{at}].title"), &button.title)?;
                no_variables(&format!("buttons[{at}].id"), &button.id)?;
            }
            let actions: Vec<Value> =
                it.buttons.iter().map(|button| json!({"title": button.title, "id": button.id})).collect();
            Ok(json!({"twilio/quick-reply": {"body": body, "actions": actions}}))
        }
        Interactive::List(it) => {
            if it.sections.len() > 1 || it.sections.iter().any(|section| section.title.is_some()) {
                return Err(refused("sections", "A list with titled sections"));
            }
            no_variables("button", &it.button)?;
            for (section, part) in it.sections.iter().enumerate() {
                for (at, row) in part.rows.iter().enumerate() {
                    let path = |key: &str| format!("sections[{section}].rows[{at}].{key}");
                    no_variables(&path("title"), &row.title)?;
                    no_variables(&path("id"), &row.id)?;
                    no_variables(&path("description"), row.description.as_deref().unwrap_or_default())?;
                }
            }
            let rows = it.sections.iter().flat_map(|section| &section.rows);
            let items: Vec<Value> = rows
                .map(|row| {
                    let mut item = json!({"item": row.title, "id": row.id});
                    if let Some(description) = &row.description {
                        item["description"] = json!(description);
                    }
                    item
                })
                .collect();
            Ok(json!({"twilio/list-picker": {"body": body, "button": it.button, "items": items}}))
        }
        Interactive::CtaUrl(it) => {
            no_variables("display_text", &it.display_text)?;
            no_variables("url", &it.url)?;
            let action = json!({"type": "URL", "title": it.display_text, "url": it.url});
            Ok(json!({"twilio/call-to-action": {"body": body, "actions": [action]}}))
        }
        other => {
            let what = format!("The interactive message {}", other.name());
            Err(match other {
                Interactive::LocationRequest(_) => refused("interactive", &what),
                _ => not_built("interactive", &what),
            })
        }
    }
}

/// Twilio would look for variables in every text of a content.
fn no_variables(path: &str, text: &str) -> Result<()> {
    if !text.contains("{{") {
        return Ok(());
    }
    let message =
        format!("{path}: twilio takes {{{{ for the beginning of a variable; write it in another way.");
    Err(Error::about(Status::NotSupported, path, message))
}

/// Twilio has a content type for it, which is not made here.
fn not_built(argument: &str, what: &str) -> Box<Error> {
    let message =
        format!("{argument}: {what} is not sent through Twilio by this connector; nothing was sent.");
    Error::about(Status::NotSupported, argument, message)
        .hint("Make a Content template of it at Twilio, and send that with wa_send_template by its SID; or send it through meta.")
}
