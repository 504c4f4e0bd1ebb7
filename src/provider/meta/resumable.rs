//! Uploads that go on where they were cut: the picture of the business
//! profile, the samples of templates. A cut does not begin one anew: Meta says
//! where to go on.

use super::graph::{Body, Token};
use super::media::{WholeFile, of_memory};
use super::{Meta, answer};
use crate::message::{Error, Result, Status};
use crate::provider::Refusal;
use crate::provider::action::Progress;
use crate::provider::fault;
use crate::provider::http::{Reply, Sending};
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// How often a cut upload goes on.
const MOST_RESUMES: u32 = 5;
/// The wait before the first time; each next one is twice as long.
const FIRST_WAIT: Duration = if cfg!(test) { Duration::from_millis(5) } else { Duration::from_secs(1) };
/// The most characters of Meta's ids and handles.
const LONGEST_HANDLE: usize = 4096;

#[derive(Deserialize)]
struct Session {
    #[serde(default)]
    id: Value,
}

#[derive(Deserialize)]
struct Offset {
    #[serde(default)]
    file_offset: Value,
}

#[derive(Deserialize)]
struct Handle {
    #[serde(default)]
    h: Value,
}

impl Meta {
    /// Uploads a file. Gives the handle by which Meta knows it.
    pub(super) async fn upload_resumably(
        &self,
        file: &WholeFile,
        progress: &Progress,
    ) -> Result<String, Refusal> {
        let session = self.upload_session(file).await?;
        self.upload_whole(&session, file, progress).await
    }

    /// Begins an upload. Gives the id under which its bytes are sent.
    async fn upload_session(&self, file: &WholeFile) -> Result<String, Refusal> {
        let length = file.bytes.len().to_string();
        let query =
            [("file_name", file.name.as_str()), ("file_length", &length), ("file_type", file.mime_type)];
        let path = format!("{}/uploads", self.app);
        let session: Session = self.graph.ask(Method::POST, &path, &query, Body::Nothing).await?;
        match session.id {
            Value::String(id) if is_session(&id) => Ok(id),
            _ => Err(not_understood("there is no id of an upload in it")),
        }
    }

    /// Sends the bytes, from where Meta has them on after each cut.
    async fn upload_whole(
        &self,
        session: &str,
        file: &WholeFile,
        progress: &Progress,
    ) -> Result<String, Refusal> {
        let mut from = 0;
        let mut resumes = 0;
        let mut wait = FIRST_WAIT;
        loop {
            let refusal = match self.send_from(session, file, from, progress).await {
                Ok(handle) => return Ok(handle),
                Err(refusal) => refusal,
            };
            // Where it went on to cannot be told from here: Meta is asked.
            loop {
                if !refusal.retry || resumes == MOST_RESUMES {
                    return Err(refusal);
                }
                resumes += 1;
                tokio::time::sleep(refusal.retry_after.unwrap_or(wait).min(FIRST_WAIT * 30)).await;
                wait *= 2;
                match self.offset(session, file).await {
                    Ok(offset) => {
                        from = offset;
                        break;
                    }
                    Err(asked) if !asked.retry => return Err(asked),
                    Err(_) => {}
                }
            }
        }
    }

    async fn send_from(
        &self,
        session: &str,
        file: &WholeFile,
        from: usize,
        progress: &Progress,
    ) -> Result<String, Refusal> {
        let token = self.graph.token();
        let rest = file.bytes.slice(from.min(file.bytes.len())..);
        let length = file.bytes.len() as u64;
        let sending = Sending {
            method: Method::POST,
            url: self.graph.url(session, &[]).map_err(fault::refusal)?,
            authorization: oauth(&token).map_err(fault::refusal)?,
            headers: HeaderMap::from_iter([(
                HeaderName::from_static("file_offset"),
                HeaderValue::from(from as u64),
            )]),
            body: of_memory(rest, progress.clone(), from as u64, length),
        };
        let (reply, _) = self.graph.http.upload(sending).await.map_err(answer::of_fault)?;
        let handle: Handle = understood(&reply, &token)?;
        match handle.h {
            // Taken as it is: it may be several, a line each.
            Value::String(handle) if !handle.is_empty() && handle.len() <= LONGEST_HANDLE => Ok(handle),
            _ => Err(not_understood("there is no handle in it")),
        }
    }

    /// How far Meta has the upload.
    async fn offset(&self, session: &str, file: &WholeFile) -> Result<usize, Refusal> {
        let token = self.graph.token();
        let url = self.graph.url(session, &[]).map_err(fault::refusal)?;
        let authorization = oauth(&token).map_err(fault::refusal)?;
        let asked = self.graph.http.request(Method::GET, url, authorization, None).await;
        let offset: Offset = understood(&asked.map_err(answer::of_fault)?, &token)?;
        let offset = match offset.file_offset {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_u64(),
        };
        offset
            .and_then(|offset| usize::try_from(offset).ok())
            .filter(|offset| *offset <= file.bytes.len())
            .ok_or_else(|| not_understood("there is no offset in it that fits the file"))
    }
}

fn understood<T: serde::de::DeserializeOwned>(reply: &Reply, token: &Token) -> Result<T, Refusal> {
    answer::of_question(reply, &|text| token.is_harmless(text))
}

fn not_understood(why: &str) -> Refusal {
    let meaning = format!("Meta's answer to an upload cannot be used: {why}.");
    fault::temporary(Status::Temporary, &meaning, "Try again later; look at base_url and the proxy.")
}

/// Uploads have a login word of their own.
fn oauth(token: &Token) -> Result<HeaderValue> {
    let mut header = HeaderValue::from_str(&format!("OAuth {}", token.secret().expose()))
        .map_err(|_| Error::internal("The token cannot be written as a header."))?;
    header.set_sensitive(true);
    Ok(header)
}

/// An upload's id becomes a part of an address, with a query of its own: it
/// must not lead to another node.
fn is_session(id: &str) -> bool {
    id.strip_prefix("upload:").is_some_and(|rest| {
        !rest.is_empty()
            && rest.len() <= LONGEST_HANDLE
            && rest.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'#' | b'\\' | b'"'))
            && !rest.split(['/', '?']).any(|part| matches!(part, "." | ".."))
            && !rest.to_ascii_lowercase().contains("%2e")
    })
}
