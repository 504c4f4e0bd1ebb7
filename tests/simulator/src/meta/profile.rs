//! The business profile of a number.

use serde_json::{Map, Value, json};

use super::errors::{Checked, Refusal};
use super::pages;
use super::shape::{Node, is_web_url};
use crate::chance::locked;
use crate::exchange::{Answer, Request};
use crate::sim::Sim;

const FIELDS: [&str; 8] = [
    "about",
    "address",
    "description",
    "email",
    "profile_picture_url",
    "websites",
    "vertical",
    "messaging_product",
];

const VERTICALS: [&str; 24] = [
    "OTHER",
    "AUTO",
    "BEAUTY",
    "APPAREL",
    "EDU",
    "ENTERTAIN",
    "EVENT_PLAN",
    "FINANCE",
    "GROCERY",
    "GOVT",
    "HOTEL",
    "HEALTH",
    "NONPROFIT",
    "PROF_SERVICES",
    "RETAIL",
    "TRAVEL",
    "RESTAURANT",
    "ALCOHOL",
    "ONLINE_GAMBLING",
    "PHYSICAL_GAMBLING",
    "OTC_DRUGS",
    "MATRIMONY_SERVICE",
    "UNDEFINED",
    "NOT_A_BIZ",
];

/// `GET /{number}/whatsapp_business_profile`; without `fields` next to nothing comes back.
pub fn fetch(sim: &Sim, request: &Request, id: &str) -> Checked<Answer> {
    let query = request.query();
    let numbers = locked(&sim.meta.numbers);
    let number = numbers.get(id).ok_or_else(|| Refusal::no_object("GET", id))?;
    let mut shown = Map::new();
    for field in query.filled("fields").map(pages::fields).unwrap_or_default() {
        if !FIELDS.contains(&field) {
            return Err(Refusal::parameter(format!(
                "Tried accessing nonexisting field ({field}) on node type (WhatsAppBusinessProfile)"
            )));
        }
        if let Some(value) = number.profile.get(field) {
            shown.insert(field.to_owned(), value.clone());
        }
    }
    shown.insert("messaging_product".to_owned(), "whatsapp".into());
    Ok(super::json(200, &json!({ "data": [shown] })))
}

/// `POST /{number}/whatsapp_business_profile`: what is not named stays, an empty text clears.
pub fn update(sim: &Sim, request: &Request, id: &str) -> Checked<Answer> {
    let body = super::body(request)?;
    let whole = Node::new("", &body);
    super::product(&whole)?;
    let mut changes = check(&whole)?;
    if let Some(handle) = whole.may_text("profile_picture_handle", 10_000)? {
        if !locked(&sim.meta.uploads).takes_picture(handle) {
            return Err(Refusal::because(
                100,
                "Param profile_picture_handle is not the handle of an uploaded picture",
            ));
        }
        let url = format!("https://pps.whatsapp.net/v/{}.jpg", super::ids::word(24));
        changes.insert("profile_picture_url".to_owned(), url.into());
    }
    let mut numbers = locked(&sim.meta.numbers);
    let number = numbers.get_mut(id).ok_or_else(|| Refusal::no_object("POST", id))?;
    for (key, value) in changes {
        if value == "" {
            number.profile.remove(&key);
        } else {
            number.profile.insert(key, value);
        }
    }
    Ok(super::success())
}

/// The texts that change.
fn check(whole: &Node) -> Checked<Map<String, Value>> {
    let mut changes = Map::new();
    for (key, most) in [("about", 139), ("address", 256), ("description", 512), ("email", 128)] {
        let Some(node) = whole.child(key) else { continue };
        let text = node.text()?;
        if text.chars().count() > most {
            return Err(node.wrong(&format!("must be at most {most} characters long.")));
        }
        if key == "about" && text.is_empty() {
            return Err(node.wrong("must be at least 1 character long."));
        }
        if key == "email" && !text.is_empty() && !is_email(text) {
            return Err(node.wrong("must be a valid email address."));
        }
        changes.insert(key.to_owned(), text.into());
    }
    if let Some(node) = whole.child("websites") {
        let list = node.list()?;
        if list.len() > 2 {
            return Err(node.wrong("must have at most 2 elements."));
        }
        for site in &list {
            let text = site.text()?;
            if text.chars().count() > 256 || !is_web_url(text) {
                return Err(site.wrong("must be a URL with http or https of at most 256 characters."));
            }
        }
        changes.insert("websites".to_owned(), node.value.clone());
    }
    if whole.child("vertical").is_some() {
        changes.insert("vertical".to_owned(), whole.one_of("vertical", &VERTICALS)?.into());
    }
    Ok(changes)
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !host.contains('@') && !text.contains(char::is_whitespace)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_of_a_profile() {
        let ok = |body: Value| check(&Node::new("", &body)).is_ok();
        for body in [
            json!({"about": "x".repeat(139), "address": "x".repeat(256), "description": "x".repeat(512)}),
            json!({"email": "ann@example.com", "websites": ["https://example.com", "http://example.org"]}),
            json!({"vertical": "RETAIL", "description": "", "colour": "red"}),
        ] {
            assert!(ok(body.clone()), "{body}");
        }
        for body in [
            json!({"about": "x".repeat(140)}),
            json!({"about": ""}),
            json!({"address": "x".repeat(257)}),
            json!({"description": "x".repeat(513)}),
            json!({"email": "ann"}),
            json!({"websites": "https://example.com"}),
            json!({"websites": ["example.com"]}),
            json!({"websites": ["https://a.b", "https://a.b", "https://a.b"]}),
            json!({"vertical": "SHOP"}),
            json!({"about": 5}),
        ] {
            assert!(!ok(body.clone()), "{body}");
        }
    }
}
