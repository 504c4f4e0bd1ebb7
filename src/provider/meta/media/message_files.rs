//! Files of messages: each is uploaded once for a number, and its id
//! remembered for nearly as long as Meta keeps the media.

use super::super::Meta;
use super::file_facts::FactsCache;
use super::second_attempts::SecondAttempts;
use super::source::{LONGEST_NAME, Medium, Wanted};
use super::upload::upload;
use super::{Doubt, address_of};
use crate::message::clock::Millis;
use crate::message::content::MediaKind;
use crate::message::{Content, Error, Status};
use crate::provider::action::{Input, Progress};
use crate::provider::answer_cache::AnswerCache;
use crate::provider::fault;
use crate::provider::single_flight::SingleFlight;
use crate::provider::{Memory, Refusal};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::{AcquireError, Semaphore};
use uuid::Uuid;

/// A day less than the 30 that an id lives.
const REMEMBERED: u64 = 29 * 24 * 60 * 60 * 1000;
/// What a message may hold media under.
const KINDS: [&str; 5] = ["image", "video", "audio", "document", "sticker"];

/// So many files are read and uploaded at once: each is an open file, and
/// there can be more messages than a process may open.
const AT_ONCE: usize = 8;
/// So many files are looked at by their names: a share that hangs must not
/// take every thread.
const GLANCES: usize = 32;

/// How long an answer about media is believed, and waited for: a refused
/// message waits with its end.
const BELIEVED: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(5);

/// Files of messages on their way to ids.
pub struct MessageFiles {
    /// Files that are looked at, by their paths.
    looks: SingleFlight<()>,
    /// Uploads under way, by the keys of their files; they leave the ids.
    uploads: SingleFlight<String>,
    facts: Arc<FactsCache>,
    second_attempts: SecondAttempts,
    /// What Meta said lately of ids: whether their media is gone.
    gone: AnswerCache<bool>,
    readers: Semaphore,
    glances: Semaphore,
}

impl Default for MessageFiles {
    fn default() -> MessageFiles {
        MessageFiles {
            looks: SingleFlight::default(),
            uploads: SingleFlight::default(),
            facts: Arc::default(),
            second_attempts: SecondAttempts::default(),
            gone: AnswerCache::default(),
            readers: Semaphore::new(AT_ONCE),
            glances: Semaphore::new(GLANCES),
        }
    }
}

impl MessageFiles {
    /// Looks at a file. Who wants the same one meanwhile waits, and holds
    /// nothing that others need.
    async fn look(&self, wanted: Wanted, path: &Path) -> Result<Medium, Refusal> {
        let key = path.display().to_string();
        let _turn = self.looks.turn(&key).await;
        let facts = {
            let _glance = self.glances.acquire().await.map_err(closed)?;
            let (cache, path) = (Arc::clone(&self.facts), path.to_owned());
            tokio::task::spawn_blocking(move || cache.get(&path)).await.unwrap_or_default()
        };
        let looked = match facts {
            Some(facts) => wanted.with_facts(facts),
            None => {
                let _reader = self.readers.acquire().await.map_err(closed)?;
                let now = SystemTime::now();
                let looked = wanted.look().await;
                if let Ok(medium) = &looked {
                    self.facts.put(path, &medium.facts, now);
                }
                looked
            }
        };
        looked.map_err(|error| of_message(fault::refusal(error)))
    }
}

#[cfg(test)]
impl MessageFiles {
    /// Nobody works or waits.
    fn is_idle(&self) -> bool {
        self.looks.is_empty() && self.uploads.is_empty()
    }
}

fn closed(_: AcquireError) -> Refusal {
    fault::refusal(Error::internal("Nobody reads files any more."))
}

/// A file's path is a part of the message, not of the call.
fn of_message(mut refusal: Refusal) -> Refusal {
    if refusal.error.status == Status::Argument {
        refusal.error.status = Status::Message;
    }
    refusal
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
        let mut ids = HashMap::new();
        for (path, kind, attachment) in ready.attachments_mut() {
            let Some(file) = attachment.file.as_deref() else { continue };
            let file = PathBuf::from(file);
            let wanted = wanted(&path, kind, &file, attachment.mime_type.as_deref());
            let medium = self.files.look(wanted, &file).await?;
            if attachment.voice && medium.chosen.media_type.mime != "audio/ogg" {
                return Err(fault::refusal(no_voice(&below(&path, "voice"), &medium)));
            }
            let number = self.uploader(sender)?;
            let key = key(number, &medium);
            let name = medium.name.clone();
            let id = match ids.get(&key) {
                Some(id) => String::clone(id),
                None => self.uploaded_once(number, &key, &file, medium).await?,
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

    /// Meta refused a request, perhaps because of its media: forgets the files
    /// behind those of its ids that are gone. Tells whether the message may
    /// try again: once, and only if one of them came from memory, and so may
    /// have been lost at Meta.
    pub(in super::super) async fn forget_media_of(
        &self,
        doubt: Doubt,
        request: &Map<String, Value>,
        sender: Option<&str>,
        message: Uuid,
    ) -> bool {
        let mut ids = Vec::new();
        media_ids(request, &mut ids);
        let mut is_reused = false;
        for id in ids {
            let is_kept = self.memory.recall(&back(id)).await.is_some();
            if doubt == Doubt::Perhaps && is_kept && !self.is_gone(id, sender).await {
                continue;
            }
            self.forget_media(id).await;
            // Another message may have forgotten it a moment ago.
            is_reused |= self.files.second_attempts.is_reused(id);
        }
        is_reused && self.files.second_attempts.begin(message)
    }

    /// Whether Meta says that it does not have media. A burst of refused
    /// messages asks once; where nobody can tell, it is there: to upload it
    /// anew for nothing is dear.
    async fn is_gone(&self, id: &str, sender: Option<&str>) -> bool {
        let Ok(number) = self.uploader(sender) else { return false };
        let ask = async {
            let asked = tokio::time::timeout(PATIENCE, address_of(&self.graph, id, number)).await;
            match asked {
                Ok(Ok(_)) => Ok(false),
                Ok(Err(error)) if error.status == Status::NotFound => Ok(true),
                Ok(Err(error)) => Err(fault::refusal(error)),
                Err(_) => Err(fault::refusal(Error::new(Status::Network, "Meta does not answer."))),
            }
        };
        self.files.gone.get_or_ask(id, BELIEVED, ask).await.is_ok_and(|gone| *gone)
    }

    /// Forgets the file that was uploaded under this id.
    pub(super) async fn forget_media(&self, id: &str) {
        let back = back(id);
        if let Some(key) = self.memory.recall(&back).await {
            // It may have been uploaded again since.
            if self.memory.recall(&key).await.as_deref() == Some(id) {
                self.memory.forget(&key).await;
            }
            self.memory.forget(&back).await;
        }
    }

    fn uploader<'a>(&'a self, sender: Option<&'a str>) -> Result<&'a str, Refusal> {
        let default = || self.senders.first().map(String::as_str);
        sender.or_else(default).ok_or_else(|| fault::refusal(Error::internal("There is no sender.")))
    }

    /// The id of a file: the remembered one, or that of an upload. Whoever
    /// wants the same file meanwhile waits for it.
    async fn uploaded_once(
        &self,
        number: &str,
        key: &str,
        file: &Path,
        medium: Medium,
    ) -> Result<String, Refusal> {
        let turn = self.files.uploads.turn(key).await;
        if let Some(id) = turn.result() {
            return Ok(id.clone());
        }
        let id = match self.memory.recall(key).await {
            Some(id) => {
                self.files.second_attempts.reuses(&id);
                id
            }
            None => {
                let _reader = self.files.readers.acquire().await.map_err(closed)?;
                let silent: Progress = Arc::new(|_, _| {});
                let uploaded = upload(&self.graph, number, medium, &silent).await;
                let id = uploaded.map_err(|refusal| {
                    self.files.facts.forget(file);
                    of_message(refusal)
                })?;
                remember(&*self.memory, key, &id.id).await;
                id.id
            }
        };
        turn.finish(id.clone());
        Ok(id)
    }
}

async fn remember(memory: &dyn Memory, key: &str, id: &str) {
    let until = Millis::now().plus(REMEMBERED);
    memory.remember(key, id, until).await;
    memory.remember(&back(id), key, until).await;
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn wanted(path: &str, kind: MediaKind, file: &Path, mime_type: Option<&str>) -> Wanted {
    Wanted {
        input: Input::File(file.to_owned()),
        mime_type: mime_type.map(str::to_owned),
        filename: None,
        kind: Some(kind),
        argument: below(path, "file"),
        type_argument: below(path, "mime_type"),
    }
}

fn no_voice(argument: &str, medium: &Medium) -> Box<Error> {
    let message =
        format!("{argument}: a voice note is Ogg with Opus; the file is {}.", medium.chosen.media_type.mime);
    Error::about(Status::Message, argument, message)
        .hint("Leave voice out, so that it is sent as audio; or give an .ogg file.")
}

/// An id works for the number that uploaded it only.
fn key(number: &str, medium: &Medium) -> String {
    format!("meta-file:{number}:{}:{}", medium.facts.sha256_text(), medium.chosen.text)
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
