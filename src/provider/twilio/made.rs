//! Contents that are made for a message: what Twilio sends only as a Content
//! resource, with something to tap on. Each distinct one is made once and
//! remembered. Within the 24-hour window it needs no approval.

use super::Twilio;
use super::answer::{self, NAME};
use super::content::is_content_sid;
use crate::message::clock::Millis;
use crate::message::content::Interactive;
use crate::message::{Error, Result, Status};
use crate::provider::fault;
use crate::provider::{Prepared, Refusal, Request, not_supported};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

/// How long a content is believed to be there.
const REMEMBERED: u64 = 365 * 24 * 3600 * 1000;
/// The most contents that are known without asking the database.
const MOST_KNOWN: usize = 1000;
/// Twilio's code for a ContentSid that it does not know.
const NO_SUCH_CONTENT: u32 = 21655;

/// What the keys of the memory begin with.
const KEY: &str = "wa:content:";

/// The contents made so far.
#[derive(Default)]
pub struct Made {
    /// SIDs by the keys of the memory.
    known: Mutex<HashMap<String, String>>,
    /// SIDs that Twilio does not know any more: other messages may be on their
    /// way with one.
    gone: Mutex<HashSet<String>>,
    /// Held by who makes one, so that a burst of messages makes one. Picked by
    /// the key: an answer that does not come holds up few others.
    making: [tokio::sync::Mutex<()>; 16],
}

impl Made {
    fn get(&self, key: &str) -> Option<String> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Whose turn it is among the keys that begin with the same digit.
    fn turn(&self, key: &str) -> &tokio::sync::Mutex<()> {
        let [first, ..] = &self.making;
        let digit = key.strip_prefix(KEY).and_then(|digits| digits.chars().next());
        let at = digit.and_then(|digit| digit.to_digit(16)).unwrap_or_default();
        usize::try_from(at).ok().and_then(|at| self.making.get(at)).unwrap_or(first)
    }

    fn keep(&self, key: &str, sid: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(key.to_owned(), sid.to_owned());
    }

    /// Takes the key of a content that is gone.
    fn take(&self, sid: &str) -> Option<String> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = known.iter().find(|(_, known)| *known == sid).map(|(key, _)| key.clone())?;
        known.remove(&key);
        let mut gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        if gone.len() >= MOST_KNOWN {
            gone.clear();
        }
        gone.insert(sid.to_owned());
        Some(key)
    }

    /// Whether a content was made here, and is gone.
    fn is_gone(&self, sid: &str) -> bool {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner).contains(sid)
    }
}

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

fn refused(argument: &str, what: &str) -> Box<Error> {
    let mut error = not_supported(NAME, what);
    error.message = format!("{argument}: {}", error.message);
    error.argument = Some(argument.to_owned());
    error.hint("Send it through meta.")
}

/// Twilio has a content type for it, which is not made here.
fn not_built(argument: &str, what: &str) -> Box<Error> {
    let message =
        format!("{argument}: {what} is not sent through Twilio by this connector; nothing was sent.");
    Error::about(Status::NotSupported, argument, message)
        .hint("Make a Content template of it at Twilio, and send that with wa_send_template by its SID; or send it through meta.")
}

impl Twilio {
    /// The request of a content that is known already.
    pub(super) fn made_before(&self, interactive: &Interactive) -> Option<Prepared> {
        let types = types_of(interactive).ok()?;
        self.made.get(&key_of(&types)).map(|sid| prepared(sid, interactive))
    }

    /// The request of a content; it is made where it is not remembered.
    pub(super) async fn make(&self, interactive: &Interactive) -> Result<Prepared, Refusal> {
        let types = types_of(interactive).map_err(crate::provider::fault::refusal)?;
        let key = key_of(&types);
        let _making = self.made.turn(&key).lock().await;
        let sid = match self.made.get(&key) {
            Some(sid) => sid,
            None => match self.memory.recall(&key).await.filter(|sid| is_content_sid(sid)) {
                Some(sid) => sid,
                None => {
                    let sid = self.create(&key, types).await?;
                    self.memory.remember(&key, &sid, Millis::now().plus(REMEMBERED)).await;
                    sid
                }
            },
        };
        self.made.keep(&key, &sid);
        Ok(prepared(sid, interactive))
    }

    /// Makes a content. Where the answer is lost a second one is made: it
    /// reaches nobody.
    async fn create(&self, key: &str, types: Value) -> Result<String, Refusal> {
        #[derive(Deserialize)]
        struct Created {
            sid: String,
        }
        let login = self.login();
        let body = json!({"friendly_name": name_of(key), "language": "en", "types": types});
        let request = self.http.request(
            Method::POST,
            self.contents.clone(),
            login.header.clone(),
            Some(body.to_string()),
        );
        let reply = request.await.map_err(answer::of_fault)?;
        let created: Created = answer::of_question(&reply, &|text| login.is_harmless(text))?;
        if is_content_sid(&created.sid) {
            return Ok(created.sid);
        }
        Err(fault::temporary(
            Status::Temporary,
            "Twilio's answer holds no SID of the content that was to be made.",
            "Try again later; look at base_url and the proxy if it stays.",
        ))
    }

    /// Forgets a content that Twilio does not know any more. Tells whether it
    /// was made here: then the message may try again, and it is made anew.
    pub(super) async fn forget_made(&self, request: &Request, code: Option<&str>) -> bool {
        if code != Some(&NO_SUCH_CONTENT.to_string()) {
            return false;
        }
        let Ok(fields) = request.form() else { return false };
        let sid = fields.iter().find(|(name, _)| *name == "ContentSid").map(|(_, sid)| sid);
        let Some(sid) = sid else { return false };
        if let Some(key) = self.made.take(sid) {
            self.memory.forget(&key).await;
        }
        self.made.is_gone(sid)
    }
}

/// The name at Twilio, under which nobody looks for it.
fn name_of(key: &str) -> String {
    key.replace(':', "_")
}

/// Whether a content with this name was made for a message.
pub fn is_made(name: &str) -> bool {
    let digits = name.strip_prefix("wa_content_").unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn key_of(types: &Value) -> String {
    let digest = Sha256::digest(types.to_string());
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{KEY}{digits}")
}

/// Tests only: the key of a message's content.
#[cfg(test)]
pub fn key_of_interactive(interactive: &Interactive) -> String {
    types_of(interactive).map(|types| key_of(&types)).unwrap_or_default()
}

fn prepared(sid: String, interactive: &Interactive) -> Prepared {
    Prepared { request: Request::Form(vec![("ContentSid", sid)]), text: Some(interactive.as_text()) }
}
