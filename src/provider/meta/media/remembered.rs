//! Files of messages: each is uploaded once for a number, and its id
//! remembered for nearly as long as Meta keeps the media.

use super::super::Meta;
use super::super::answer;
use super::source::{Medium, Wanted};
use super::upload::{LONGEST_NAME, upload};
use crate::message::clock::Millis;
use crate::message::content::MediaKind;
use crate::message::{Content, Error, Status};
use crate::provider::action::{Input, Progress};
use crate::provider::{Memory, Refusal};
use crate::threads::lock;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::sync::Semaphore;

/// A day less than the 30 that an id lives.
const REMEMBERED: u64 = 29 * 24 * 60 * 60 * 1000;
/// What a message may hold media under.
const KINDS: [&str; 5] = ["image", "video", "audio", "document", "sticker"];

/// What one upload leaves for those who waited for it.
type Turn = Arc<tokio::sync::Mutex<Option<String>>>;

/// So many messages have their files read and uploaded at once: each holds an
/// open file, and there can be more messages than a process may open.
const AT_ONCE: usize = 8;

/// Uploads under way by their keys: who wants the same file waits. An entry
/// lives as long as somebody holds it, so there are no more than `AT_ONCE`.
pub struct Turns {
    all: Mutex<HashMap<String, Turn>>,
    readers: Semaphore,
}

impl Default for Turns {
    fn default() -> Turns {
        Turns { all: Mutex::default(), readers: Semaphore::new(AT_ONCE) }
    }
}

/// A place in the queue of one key.
struct Place<'a> {
    turns: &'a Turns,
    key: &'a str,
    turn: Turn,
}

impl Turns {
    fn place<'a>(&'a self, key: &'a str) -> Place<'a> {
        let turn = Arc::clone(lock(&self.all).entry(key.to_owned()).or_default());
        Place { turns: self, key, turn }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut all = lock(&self.turns.all);
        // The map's own, and this one.
        if Arc::strong_count(&self.turn) <= 2 {
            all.remove(self.key);
        }
    }
}

impl Meta {
    /// The content with the ids of its files: each is uploaded, unless its id
    /// is remembered.
    pub(in super::super) async fn with_uploaded_files(
        &self,
        content: &Content,
        sender: Option<&str>,
    ) -> Result<Content, Refusal> {
        let mut ready = content.clone();
        if !ready.attachments().iter().any(|(_, _, attachment)| attachment.file.is_some()) {
            return Ok(ready);
        }
        let closed = |_| answer::refusal(Error::internal("Nobody reads files any more."));
        let _reader = self.turns.readers.acquire().await.map_err(closed)?;
        let mut ids = HashMap::new();
        for (path, kind, attachment) in ready.attachments_mut() {
            let Some(file) = attachment.file.as_deref() else { continue };
            let medium = wanted(&path, kind, file, attachment.mime_type.as_deref()).look().await.map_err(
                |mut error| {
                    // The path is a part of the message, not of the call.
                    if error.status == Status::Argument {
                        error.status = Status::Message;
                    }
                    answer::refusal(error)
                },
            )?;
            let number = self.uploader(sender)?;
            let key = key(number, &medium);
            let name = medium.name.clone();
            let id = match ids.get(&key) {
                Some(id) => String::clone(id),
                None => self.uploaded_once(number, &key, medium).await?,
            };
            ids.insert(key, id.clone());
            attachment.id = Some(id);
            attachment.file = None;
            attachment.mime_type = None;
            if kind == MediaKind::Document && attachment.filename.is_none() {
                attachment.filename = Some(name.chars().take(LONGEST_NAME).collect());
            }
        }
        Ok(ready)
    }

    /// Forgets the files behind the media ids of a request that Meta refused
    /// because of its media.
    pub(in super::super) async fn forget_media_of(&self, request: &Map<String, Value>) {
        let mut ids = Vec::new();
        media_ids(request, &mut ids);
        for id in ids {
            self.forget_media(id).await;
        }
    }

    /// Forgets the file that was uploaded under this id.
    pub(super) async fn forget_media(&self, id: &str) {
        let back = back(id);
        if let Some(key) = self.memory.recall(&back).await {
            self.memory.forget(&key).await;
            self.memory.forget(&back).await;
        }
    }

    fn uploader<'a>(&'a self, sender: Option<&'a str>) -> Result<&'a str, Refusal> {
        let default = || self.senders.first().map(String::as_str);
        sender.or_else(default).ok_or_else(|| answer::refusal(Error::internal("There is no sender.")))
    }

    /// The id of a file: the remembered one, or that of an upload. Whoever
    /// wants the same file meanwhile waits for it.
    async fn uploaded_once(&self, number: &str, key: &str, medium: Medium) -> Result<String, Refusal> {
        let place = self.turns.place(key);
        let mut made = place.turn.lock().await;
        if let Some(id) = made.clone() {
            return Ok(id);
        }
        let id = match self.memory.recall(key).await {
            Some(id) => id,
            None => {
                let silent: Progress = Arc::new(|_, _| {});
                let id = upload(&self.graph, number, medium, &silent).await?.id;
                remember(&*self.memory, key, &id).await;
                id
            }
        };
        *made = Some(id.clone());
        Ok(id)
    }
}

async fn remember(memory: &dyn Memory, key: &str, id: &str) {
    let until = Millis::now().plus(REMEMBERED);
    memory.remember(key, id, until).await;
    memory.remember(&back(id), key, until).await;
}

fn wanted(path: &str, kind: MediaKind, file: &str, mime_type: Option<&str>) -> Wanted {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    Wanted {
        input: Input::File(PathBuf::from(file)),
        mime_type: mime_type.map(str::to_owned),
        filename: None,
        kind: Some(kind),
        argument: below("file"),
        type_argument: below("mime_type"),
    }
}

/// An id works for the number that uploaded it only.
fn key(number: &str, medium: &Medium) -> String {
    format!("meta-file:{number}:{}:{}", medium.sha256_text(), medium.chosen.text)
}

/// The key that leads from an id back to its file.
fn back(id: &str) -> String {
    format!("meta-media:{id}")
}

/// The media ids of a request, wherever they stand.
fn media_ids<'a>(object: &'a Map<String, Value>, found: &mut Vec<&'a str>) {
    for (key, value) in object {
        match value {
            Value::Object(inner) => {
                if let Some(Value::String(id)) = inner.get("id")
                    && KINDS.contains(&key.as_str())
                {
                    found.push(id);
                }
                media_ids(inner, found);
            }
            Value::Array(list) => {
                for inner in list.iter().filter_map(Value::as_object) {
                    media_ids(inner, found);
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
