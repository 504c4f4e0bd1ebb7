//! Contents that are made for a message: what Twilio sends only as a Content
//! resource, with something to tap on. Each distinct one is made once and
//! remembered. Within the 24-hour window it needs no approval.

use super::Twilio;
use super::answer::{self, is_content_sid};
use super::interactive::types_of;
use crate::message::Status;
use crate::message::clock::Millis;
use crate::message::content::Interactive;
use crate::provider::fault;
use crate::provider::single_flight::SingleFlight;
use crate::provider::{Prepared, Refusal, Request};
use crate::threads;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use tokio::sync::Semaphore;

/// How long a content is believed to be there.
const REMEMBERED: u64 = 365 * 24 * 3600 * 1000;
/// The most contents that are known without asking the database.
const MOST_KNOWN: usize = 1000;
/// How many distinct contents are made at once. A burst of messages, each with
/// words of its own, must not open a connection for each of them.
const MOST_AT_ONCE: usize = 16;
/// Twilio's code for a ContentSid that it does not know.
const NO_SUCH_CONTENT: u32 = 21655;

/// What the keys of the memory begin with.
const KEY: &str = "wa:content:";

/// The contents made so far.
pub struct InteractiveContents {
    /// SIDs by the keys of the memory.
    sids: Mutex<HashMap<String, String>>,
    /// SIDs that Twilio does not know any more: other messages may be on their
    /// way with one.
    gone: Mutex<HashSet<String>>,
    /// Contents that are being made, so that a burst of messages makes one.
    making: SingleFlight<String>,
    /// The right to make one.
    at_once: Semaphore,
}

impl Default for InteractiveContents {
    fn default() -> InteractiveContents {
        InteractiveContents {
            sids: Mutex::default(),
            gone: Mutex::default(),
            making: SingleFlight::default(),
            at_once: Semaphore::new(MOST_AT_ONCE),
        }
    }
}

impl InteractiveContents {
    fn sid(&self, key: &str) -> Option<String> {
        threads::lock(&self.sids).get(key).cloned()
    }

    fn keep(&self, key: &str, sid: &str) {
        let mut sids = threads::lock(&self.sids);
        if sids.len() >= MOST_KNOWN {
            sids.clear();
        }
        sids.insert(key.to_owned(), sid.to_owned());
    }

    /// Takes the key of a content that is gone.
    fn take(&self, sid: &str) -> Option<String> {
        let mut sids = threads::lock(&self.sids);
        let key = sids.iter().find(|(_, known)| *known == sid).map(|(key, _)| key.clone())?;
        sids.remove(&key);
        let mut gone = threads::lock(&self.gone);
        if gone.len() >= MOST_KNOWN {
            gone.clear();
        }
        gone.insert(sid.to_owned());
        Some(key)
    }

    /// Whether a content was made here, and is gone.
    fn is_gone(&self, sid: &str) -> bool {
        threads::lock(&self.gone).contains(sid)
    }
}

impl Twilio {
    /// The request of a content that is known already.
    pub(super) fn known_interactive_content(&self, interactive: &Interactive) -> Option<Prepared> {
        let types = types_of(interactive).ok()?;
        self.interactive_contents.sid(&key_of(&types)).map(|sid| prepared(sid, interactive))
    }

    /// The request of a content; it is made where it is not remembered.
    pub(super) async fn interactive_content(&self, interactive: &Interactive) -> Result<Prepared, Refusal> {
        let types = types_of(interactive).map_err(fault::refusal)?;
        let key = key_of(&types);
        let turn = self.interactive_contents.making.turn(&key).await;
        let of_another = turn.result().filter(|sid| !self.interactive_contents.is_gone(sid));
        let known = self.interactive_contents.sid(&key).or_else(|| of_another.cloned());
        let mut permit = None;
        if known.is_none() {
            // Never closed, so there is always one to come.
            permit = self.interactive_contents.at_once.acquire().await.ok();
        }
        let sid = match known {
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
        drop(permit);
        self.interactive_contents.keep(&key, &sid);
        turn.finish(sid.clone());
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
    pub(super) async fn forget_interactive_content(&self, request: &Request, code: Option<&str>) -> bool {
        if code != Some(&NO_SUCH_CONTENT.to_string()) {
            return false;
        }
        let Ok(fields) = request.form() else { return false };
        let sid = fields.iter().find(|(name, _)| *name == "ContentSid").map(|(_, sid)| sid);
        let Some(sid) = sid else { return false };
        if let Some(key) = self.interactive_contents.take(sid) {
            self.memory.forget(&key).await;
        }
        self.interactive_contents.is_gone(sid)
    }
}

/// The name at Twilio, under which nobody looks for it.
fn name_of(key: &str) -> String {
    key.replace(':', "_")
}

/// Whether a content with this name was made for a message.
pub fn is_interactive_content(name: &str) -> bool {
    let digits = name.strip_prefix("wa_content_").unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn key_of(types: &Value) -> String {
    let digest = Sha256::digest(types.to_string());
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{KEY}{digits}")
}

fn prepared(sid: String, interactive: &Interactive) -> Prepared {
    Prepared { request: Request::Form(vec![("ContentSid", sid)]), text: Some(interactive.as_text()) }
}
