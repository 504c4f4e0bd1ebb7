//! Media: upload, address, download, deletion; who owns an id, and until when it lives.

use std::collections::HashMap;

use bytes::Bytes;
use ring::hmac;
use serde::Deserialize;
use serde_json::{Value, json};

use super::errors::{Checked, Refusal};
use super::{ids, media_types};
use crate::chance::locked;
use crate::exchange::{Answer, Request};
use crate::multipart;
use crate::sim::Sim;

const DAYS_30: u64 = 30 * 86_400 * 1_000_000;
/// The oldest go when there is more than this in memory.
const MOST_BYTES: usize = 512 << 20;
/// Where a download is served: the path the real host has.
pub const DOWNLOADS: &str = "/whatsapp_business/attachments/";

#[derive(Clone)]
pub struct Medium {
    pub id: String,
    pub number_id: String,
    pub mime: String,
    pub sha256: String,
    pub bytes: Bytes,
    /// Microseconds since the start.
    pub expires: u64,
}

#[derive(Default)]
pub struct Shelf {
    all: HashMap<String, Medium>,
    order: Vec<String>,
}

impl Shelf {
    pub fn add(&mut self, medium: Medium) {
        self.order.push(medium.id.clone());
        self.all.insert(medium.id.clone(), medium);
        while self.all.values().map(|m| m.bytes.len()).sum::<usize>() > MOST_BYTES && self.order.len() > 1 {
            let oldest = self.order.remove(0);
            self.all.remove(&oldest);
        }
    }

    pub fn get(&self, id: &str, now: u64) -> Option<&Medium> {
        self.all.get(id).filter(|m| m.expires > now)
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// `POST /{number}/media`
pub fn upload(sim: &Sim, request: &Request, number_id: &str) -> Checked<Answer> {
    let parts = multipart::parts(request);
    let part = |name: &str| parts.iter().find(|p| p.name == name);
    if part("messaging_product").map(multipart::Part::text).as_deref() != Some("whatsapp") {
        return Err(Refusal::parameter("The parameter messaging_product is required."));
    }
    let Some(file) = part("file") else {
        return Err(Refusal::parameter("The parameter file is required."));
    };
    // `type` is said to be required, but examples leave it out
    let declared = part("type").map(multipart::Part::text).filter(|t| !t.is_empty());
    let Some(mime) = declared.clone().or_else(|| file.content_type.clone()) else {
        return Err(Refusal::parameter("The parameter type is required."));
    };
    for mime in [Some(&mime), file.content_type.as_ref()].into_iter().flatten() {
        let Some((kind, most)) = media_types::look_up(mime) else {
            return Err(Refusal::because(
                131_053,
                format!(
                    "Param file must be a file with one of the following types: {}. Received file of type '{mime}'.",
                    media_types::all()
                ),
            ));
        };
        if file.bytes.len() > most {
            return Err(Refusal::because(
                131_053,
                format!(
                    "File size {} is larger than {most} bytes, the most for {}",
                    file.bytes.len(),
                    kind.name()
                ),
            ));
        }
    }
    if file.bytes.is_empty() {
        return Err(Refusal::because(131_053, "The file is empty"));
    }
    let id = ids::fresh();
    locked(&sim.meta.media).add(Medium {
        id: id.clone(),
        number_id: number_id.to_owned(),
        mime,
        sha256: multipart::sha256(&file.bytes),
        bytes: file.bytes.clone(),
        expires: sim.clock.now() + DAYS_30,
    });
    Ok(super::json(200, &json!({ "id": id })))
}

/// The medium of that id, if `phone_number_id` of the query does not forbid it.
fn find(sim: &Sim, request: &Request, id: &str) -> Checked<Medium> {
    let owner = request.query().filled("phone_number_id").map(str::to_owned);
    locked(&sim.meta.media)
        .get(id, sim.clock.now())
        .filter(|m| owner.is_none_or(|o| o == m.number_id))
        .cloned()
        .ok_or_else(|| Refusal::no_object(&request.method, id))
}

/// `GET /{media}`: where it can be downloaded, for five minutes.
pub fn address(sim: &Sim, request: &Request, id: &str) -> Checked<Answer> {
    let medium = find(sim, request, id)?;
    let until = sim.clock.now() + 1000 * sim.kindness().media_url_ms;
    let url = format!("{}{DOWNLOADS}?mid={id}&ext={until}&hash={}", request.base(), seal(id, until));
    Ok(super::json(
        200,
        &json!({
            "messaging_product": "whatsapp", "url": url, "mime_type": medium.mime, "sha256": medium.sha256,
            "file_size": medium.bytes.len().to_string(), "id": id,
        }),
    ))
}

fn seal(id: &str, until: u64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"addresses of media");
    let tag = hmac::sign(&key, format!("{id} {until}").as_bytes());
    multipart::hex(tag.as_ref()).chars().take(32).collect()
}

/// The address given out: the bytes, while it is good.
pub fn download(sim: &Sim, request: &Request) -> Checked<Answer> {
    let query = request.query();
    let gone = || Refusal::no_object("GET", query.get("mid").unwrap_or("")).http(404);
    let id = query.filled("mid").ok_or_else(gone)?;
    let until: u64 = query.filled("ext").and_then(|e| e.parse().ok()).ok_or_else(gone)?;
    if query.get("hash") != Some(seal(id, until).as_str()) || until < sim.clock.now() {
        return Err(gone());
    }
    let shelf = locked(&sim.meta.media);
    let medium = shelf.get(id, sim.clock.now()).ok_or_else(gone)?;
    Ok(Answer::of(200, medium.mime.clone(), medium.bytes.clone()))
}

/// `DELETE /{media}`
pub fn delete(sim: &Sim, request: &Request, id: &str) -> Checked<Answer> {
    let medium = find(sim, request, id)?;
    let mut shelf = locked(&sim.meta.media);
    shelf.all.remove(&medium.id);
    shelf.order.retain(|o| *o != medium.id);
    Ok(super::success())
}

/// The body of `POST /_control/meta/media`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ageing {
    id: String,
    /// From now on it is as if its 30 days were over.
    expired: bool,
}

pub fn control(sim: &Sim, wanted: &Ageing) -> Answer {
    let now = sim.clock.now();
    match locked(&sim.meta.media).all.get_mut(&wanted.id) {
        Some(medium) => {
            medium.expires = if wanted.expired { now } else { now + DAYS_30 };
            Answer::json(200, &json!({ "ok": true }))
        }
        None => crate::control::refused("there is no medium of that id"),
    }
}

/// For `GET /_control/meta/media`.
pub fn shown(sim: &Sim) -> Value {
    let now = sim.clock.now();
    let shelf = locked(&sim.meta.media);
    let list: Vec<Value> = shelf
        .order
        .iter()
        .filter_map(|id| shelf.all.get(id))
        .map(|m| {
            json!({ "id": m.id, "phone_number_id": m.number_id, "mime_type": m.mime, "sha256": m.sha256,
                "file_size": m.bytes.len(), "expired": m.expires <= now })
        })
        .collect();
    json!({ "count": list.len(), "media": list })
}
