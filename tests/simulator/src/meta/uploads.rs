//! Resumable uploads: a session, its bytes in one or more pieces, the handle at the end.

use std::collections::HashMap;

use bytes::Bytes;
use serde_json::json;

use super::errors::{Checked, Refusal};
use super::{ids, tokens};
use crate::chance::locked;
use crate::exchange::{Answer, Request};
use crate::sim::Sim;

const LARGEST: u64 = 100 << 20;
const TYPES: [&str; 5] = ["application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4"];

struct Session {
    /// In the query of its address.
    sig: String,
    file_type: String,
    length: u64,
    received: u64,
}

#[derive(Default)]
pub struct Uploads {
    sessions: HashMap<String, Session>,
    /// Handles given out, and the type of each file.
    handles: HashMap<String, String>,
}

impl Uploads {
    /// Is it the handle of a picture?
    pub fn takes_picture(&self, handle: &str) -> bool {
        self.handles.get(handle).is_some_and(|t| t.starts_with("image/"))
    }

    fn find(&mut self, id: &str, sig: Option<&str>) -> Option<&mut Session> {
        self.sessions.get_mut(id).filter(|s| sig == Some(s.sig.as_str()))
    }

    /// Takes what fits; true once the file is whole.
    fn receive(session: &mut Session, bytes: &Bytes) -> bool {
        session.received = session.length.min(session.received + bytes.len() as u64);
        session.received == session.length
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// `POST /{app}/uploads`
pub fn start(sim: &Sim, request: &Request) -> Checked<Answer> {
    let body = super::body_or_form(request)?;
    let query = request.query();
    let text = |key: &str| {
        let inside = body
            .get(key)
            .and_then(|v| v.as_str().map(str::to_owned).or_else(|| v.as_u64().map(|n| n.to_string())));
        query.filled(key).map(str::to_owned).or(inside)
    };
    let required =
        |key: &str| text(key).ok_or_else(|| Refusal::parameter(format!("The parameter {key} is required")));
    let length: u64 = required("file_length")?
        .parse()
        .map_err(|_| Refusal::parameter("Param file_length must be an integer"))?;
    let file_type = required("file_type")?;
    if length == 0 || length > LARGEST {
        return Err(Refusal::parameter(format!("Param file_length must be 1 to {LARGEST}")));
    }
    if !TYPES.contains(&file_type.as_str()) {
        return Err(Refusal::parameter(format!("Param file_type must be one of {TYPES:?}")));
    }
    let (id, sig) = (format!("upload:MT{}", ids::word(40)), ids::word(22));
    let shown = json!({ "id": format!("{id}?sig={sig}") });
    locked(&sim.meta.uploads).sessions.insert(id, Session { sig, file_type, length, received: 0 });
    Ok(super::json(200, &shown))
}

fn offset(request: &Request) -> Option<u64> {
    request.headers.get("file_offset")?.to_str().ok()?.trim().parse().ok()
}

/// `POST /{upload}`: the bytes from `file_offset` on.
pub fn append(sim: &Sim, request: &Request, id: &str) -> Checked<Answer> {
    let query = request.query();
    let mut uploads = locked(&sim.meta.uploads);
    let Some(session) = uploads.find(id, query.get("sig")) else {
        return Err(Refusal::no_object("POST", id));
    };
    let Some(from) = offset(request) else {
        return Err(Refusal::parameter("The header file_offset is required"));
    };
    if from != session.received {
        return Err(Refusal::parameter(format!("file_offset {from} is not the offset {}", session.received)));
    }
    if from + request.body.len() as u64 > session.length {
        return Err(Refusal::parameter("There are more bytes than file_length says"));
    }
    if !Uploads::receive(session, &request.body) {
        return Err(Refusal::parameter(format!(
            "Partial request (did not match length of file): {} of {} bytes",
            session.received, session.length
        )));
    }
    let handle = format!("4:{}:{}", ids::word(30), ids::word(40));
    let file_type = session.file_type.clone();
    uploads.handles.insert(handle.clone(), file_type);
    Ok(super::json(200, &json!({ "h": handle })))
}

/// `GET /{upload}`: how far it is.
pub fn status(sim: &Sim, request: &Request, id: &str) -> Checked<Answer> {
    let query = request.query();
    let mut uploads = locked(&sim.meta.uploads);
    let Some(session) = uploads.find(id, query.get("sig")) else {
        return Err(Refusal::no_object("GET", id));
    };
    Ok(super::json(
        200,
        &json!({ "id": format!("{id}?sig={}", session.sig), "file_offset": session.received }),
    ))
}

/// A request that a fault cut off: what came of the file stays.
pub fn broken_off(sim: &Sim, part: &Request) {
    let path = super::parts(&part.path);
    let [id] = path.as_slice() else { return };
    if part.method != "POST" || !id.starts_with("upload:") || tokens::check(part).is_err() {
        return;
    }
    let query = part.query();
    if let Some(session) = locked(&sim.meta.uploads).find(id, query.get("sig"))
        && offset(part) == Some(session.received)
    {
        Uploads::receive(session, &part.body);
    }
}
