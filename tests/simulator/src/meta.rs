//! Meta: the WhatsApp Business Cloud API.

mod account;
mod content;
mod envelope;
pub mod errors;
mod ids;
pub mod inbound;
mod interactive;
mod limits;
pub mod media;
mod media_types;
mod messages;
pub mod numbers;
mod pages;
mod profile;
mod registration;
mod shape;
mod sign;
mod special;
pub mod statuses;
pub mod store;
mod template_rules;
mod template_seeds;
mod template_send;
pub mod templates;
mod tokens;
pub mod uploads;

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Value, json as object};

use self::errors::{Checked, Refusal, trace};
use self::shape::{Node, is_id};
use self::tokens::Right;
use crate::args::Options;
use crate::chance::locked;
use crate::exchange::{Answer, Request};
use crate::faults::Fault;
use crate::multipart;
use crate::provider::Details;
use crate::route::Outcome;
use crate::secrets;
use crate::sim::Sim;

pub struct Meta {
    special_numbers: bool,
    attempts: Mutex<HashMap<String, u32>>,
    pub messages: Mutex<Vec<store::Message>>,
    pub media: Mutex<media::Shelf>,
    pub numbers: Mutex<numbers::Numbers>,
    pub templates: Mutex<templates::Templates>,
    pub uploads: Mutex<uploads::Uploads>,
    pub limits: Mutex<limits::Limits>,
    pub subscription: Mutex<account::Subscription>,
    /// Where the app's webhooks go, if anywhere.
    pub webhook: Mutex<Option<String>>,
}

impl Meta {
    pub fn new(options: &Options) -> Self {
        Self {
            special_numbers: options.special_numbers,
            attempts: Mutex::default(),
            messages: Mutex::default(),
            media: Mutex::default(),
            numbers: Mutex::new(numbers::Numbers::seeded()),
            templates: Mutex::new(templates::Templates::seeded()),
            uploads: Mutex::default(),
            limits: Mutex::default(),
            subscription: Mutex::default(),
            webhook: Mutex::new(options.meta_webhook.clone()),
        }
    }

    /// Messages, media, uploads, numbers and profiles as at the start; templates and the webhook stay.
    pub fn reset(&self) {
        locked(&self.attempts).clear();
        locked(&self.messages).clear();
        locked(&self.media).clear();
        locked(&self.uploads).clear();
        locked(&self.limits).clear();
        *locked(&self.numbers) = numbers::Numbers::seeded();
        *locked(&self.subscription) = account::Subscription::default();
    }
}

/// `/v25.0/..`, or without a version what no path of Twilio's begins with.
pub fn is_path(path: &str) -> bool {
    let first = path.split('/').nth(1).unwrap_or("");
    is_version(first)
        || is_id(first)
        || first.starts_with("upload:")
        || matches!(first, "me" | "app" | "debug_token" | "whatsapp_business")
}

fn is_version(text: &str) -> bool {
    let Some((major, minor)) = text.strip_prefix('v').and_then(|t| t.split_once('.')) else { return false };
    [major, minor].iter().all(|p| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
}

/// The path without slashes and version.
pub fn parts(path: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    if parts.first().is_some_and(|p| is_version(p)) {
        parts.remove(0);
    }
    parts
}

pub fn largest_body(path: &str) -> usize {
    match parts(path).as_slice() {
        // a little over what is allowed, so that the rule can say so
        [_, "media"] => 110 << 20,
        [upload] if upload.starts_with("upload:") => 110 << 20,
        _ => 4 << 20,
    }
}

pub fn json(status: u16, body: &Value) -> Answer {
    Answer::of(status, "application/json; charset=UTF-8", sign::escaped(body))
}

pub fn success() -> Answer {
    json(200, &object!({ "success": true }))
}

/// The JSON object of the body.
pub fn body(request: &Request) -> Checked<Value> {
    match serde_json::from_slice(&request.body) {
        Ok(value @ Value::Object(_)) => Ok(value),
        _ => Err(Refusal::because(100, "The request body is not a JSON object")),
    }
}

/// Calls that some clients make with a form, or with the query alone.
pub fn body_or_form(request: &Request) -> Checked<Value> {
    if request.body.is_empty() {
        return Ok(object!({}));
    }
    let form = request.form();
    if form.0.is_empty() {
        return body(request);
    }
    Ok(Value::Object(form.0.into_iter().map(|(n, v)| (n, v.into())).collect()))
}

pub fn product(whole: &Node) -> Checked {
    match whole.child("messaging_product").and_then(|n| n.value.as_str()) {
        Some("whatsapp") => Ok(()),
        Some(_) => Err(Refusal::parameter("Param messaging_product must be one of {WHATSAPP}.")),
        None => Err(Refusal::parameter("The parameter messaging_product is required.")),
    }
}

pub fn details(sim: &Sim, request: &Request) -> Details {
    let mut details = Details { credentials: tokens::kind(request), ..Details::default() };
    if request.method != "POST" {
        return details;
    }
    if request.content_type_is("multipart/form-data") {
        details.files = Some(multipart::to_json(&multipart::parts(request)));
        return details;
    }
    let Ok(mut body) = serde_json::from_slice::<Value>(&request.body) else { return details };
    if let [number, "messages"] = parts(&request.path).as_slice() {
        details.creates = body.is_object() && !messages::is_mark_read(&body);
        details.from = locked(&sim.meta.numbers).get(number).map(|n| n.number.clone());
        details.to = ["to", "recipient"]
            .iter()
            .find_map(|k| body.get(k)?.as_str())
            .map(|to| envelope::phone(to).unwrap_or_else(|| to.to_owned()));
        details.text = body["text"]["body"].as_str().map(str::to_owned);
        details.key = body["biz_opaque_callback_data"].as_str().map(str::to_owned);
    }
    secrets::json(&mut body);
    details.json = Some(body);
    details
}

/// What a special recipient does to this attempt.
pub fn special(sim: &Sim, request: &Request, details: &Details) -> Option<Fault> {
    let to = details.to.as_deref()?;
    if !sim.meta.special_numbers
        || !details.creates
        || tokens::check(request).is_err()
        || !special::is_special(to)
    {
        return None;
    }
    let mut attempts = locked(&sim.meta.attempts);
    let n = attempts.entry(to.to_owned()).or_default();
    *n += 1;
    let template = details.json.as_ref().is_some_and(|j| j["type"] == "template");
    special::fault(to, *n, template)
}

/// A scripted error in Meta's form.
pub fn fault_answer(status: u16, code: Option<u32>, message: Option<&str>) -> Answer {
    let mut refusal = Refusal::of(code.unwrap_or_else(|| errors::usual_code(status))).http(status);
    refusal.message = message.map(str::to_owned);
    with_headers(refusal.answer())
}

/// The provider's answer, where no fault stands before it.
pub fn answer(sim: &Sim, request: &Request, fault: Option<&Fault>) -> Outcome {
    let outcome = if sim.max_concurrent > 0 && request.in_flight > sim.max_concurrent {
        Refusal::of(4).answer().into()
    } else {
        dispatch(sim, request, fault).unwrap_or_else(|refusal| refused(&refusal).into())
    };
    Outcome { answer: with_headers(outcome.answer), ..outcome }
}

fn refused(refusal: &Refusal) -> Answer {
    let answer = refusal.answer();
    match refusal.code {
        190 | 104 => answer.with(
            "www-authenticate",
            "OAuth \"Facebook Platform\" \"invalid_token\" \"Invalid OAuth access token.\"",
        ),
        _ => answer,
    }
}

/// The headers that come with every answer of Meta's own.
fn with_headers(answer: Answer) -> Answer {
    answer
        .with("facebook-api-version", "v25.0")
        .with("x-fb-request-id", trace())
        .with("x-fb-trace-id", trace())
        .with("x-fb-rev", "1030000000")
        .with("cache-control", "private, no-cache, no-store, must-revalidate")
}

fn dispatch(sim: &Sim, request: &Request, fault: Option<&Fault>) -> Checked<Outcome> {
    let path = parts(&request.path);
    let method = request.method.as_str();
    if path.as_slice() == ["debug_token"] && method == "GET" {
        return tokens::debug(sim, request).map(Into::into);
    }
    let token = tokens::check(request)?;
    if let [number, "messages"] = path.as_slice()
        && method == "POST"
    {
        token.may(Right::Send)?;
        known_number(sim, request, number)?;
        return messages::post(sim, request, number, fault);
    }
    let answer = match (method, path.as_slice()) {
        ("GET", ["me"]) => account::user(),
        ("GET", ["app" | ids::APP]) => account::app(),
        ("POST", ["app" | ids::APP, "uploads"]) => uploads::start(sim, request)?,
        ("POST", [id]) if id.starts_with("upload:") => uploads::append(sim, request, id)?,
        ("GET", [id]) if id.starts_with("upload:") => uploads::status(sim, request, id)?,
        ("GET", ["whatsapp_business", "attachments"]) => {
            token.may(Right::Send)?;
            media::download(sim, request)?
        }
        (_, [ids::WABA, ..]) => {
            token.may(Right::Manage)?;
            business(sim, request, &path)?
        }
        (_, [id, ..]) if locked(&sim.meta.numbers).get(id).is_some() => number(sim, request, *token, &path)?,
        (_, [id]) if locked(&sim.meta.templates).has_id(id) => {
            token.may(Right::Manage)?;
            match method {
                "GET" => templates::fetch(sim, request, id)?,
                "POST" => templates::edit(sim, request, id)?,
                _ => return Err(Refusal::no_object(method, id)),
            }
        }
        ("GET", [id]) if is_id(id) => {
            token.may(Right::Send)?;
            media::address(sim, request, id)?
        }
        ("DELETE", [id]) if is_id(id) => {
            token.may(Right::Send)?;
            media::delete(sim, request, id)?
        }
        (_, [id, ..]) if is_id(id) => return Err(Refusal::no_object(method, id)),
        _ => return Err(Refusal::of(2500).message(format!("Unknown path components: {}", request.path))),
    };
    Ok(answer.into())
}

fn known_number(sim: &Sim, request: &Request, id: &str) -> Checked {
    match locked(&sim.meta.numbers).get(id) {
        Some(_) => Ok(()),
        None => Err(Refusal::no_object(&request.method, id)),
    }
}

/// Below the business account.
fn business(sim: &Sim, request: &Request, path: &[&str]) -> Checked<Answer> {
    match (request.method.as_str(), path) {
        ("GET", [_]) => account::business(sim, request),
        ("GET", [_, "phone_numbers"]) => numbers::list(sim, request),
        ("POST", [_, "phone_numbers"]) => numbers::add(sim, request),
        ("GET", [_, "message_templates"]) => templates::list(sim, request),
        ("POST", [_, "message_templates"]) => templates::create(sim, request),
        ("DELETE", [_, "message_templates"]) => templates::delete(sim, request),
        ("GET" | "POST" | "DELETE", [_, "subscribed_apps"]) => account::subscriptions(sim, request),
        (method, _) => Err(Refusal::no_object(method, ids::WABA)),
    }
}

/// Below a phone number.
fn number(sim: &Sim, request: &Request, token: tokens::Token, path: &[&str]) -> Checked<Answer> {
    let right = if matches!(path, [_, "media"]) { Right::Send } else { Right::Manage };
    token.may(right)?;
    match (request.method.as_str(), path) {
        ("GET", [id]) => numbers::info(sim, request, id),
        ("POST", [id]) => numbers::set(sim, request, id),
        ("POST", [id, "media"]) => media::upload(sim, request, id),
        ("POST", [id, "request_code"]) => registration::request_code(sim, request, id),
        ("POST", [id, "verify_code"]) => registration::verify_code(sim, request, id),
        ("POST", [id, "register"]) => registration::register(sim, request, id),
        ("POST", [id, "deregister"]) => registration::deregister(sim, id),
        ("GET", [id, "whatsapp_business_profile"]) => profile::fetch(sim, request, id),
        ("POST", [id, "whatsapp_business_profile"]) => profile::update(sim, request, id),
        (method, [id, ..]) => Err(Refusal::no_object(method, id)),
        (method, []) => Err(Refusal::no_object(method, "")),
    }
}

#[cfg(test)]
mod tests;
