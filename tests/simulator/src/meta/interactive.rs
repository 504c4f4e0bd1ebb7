//! The rules of interactive messages.

use std::collections::HashSet;

use super::content::{Context, media};
use super::errors::{Checked, Refusal};
use super::media_types::Kind;
use super::shape::{Node, is_web_url};

const ANY_HEADER: &[&str] = &["text", "image", "video", "document"];

/// The text of the body.
pub fn check(context: &Context, node: &Node) -> Checked<String> {
    let kind = node.need_text("type", 1, 100)?;
    let action = || node.need("action");
    // headers, the most characters of the body (None: it may be missing)
    let (headers, body): (&[&str], Option<usize>) = match kind {
        "button" => (ANY_HEADER, Some(1024)),
        "list" => (&["text"], Some(4096)),
        "product" => (&[], None),
        "product_list" => (&["text"], Some(1024)),
        "catalog_message" | "location_request_message" | "carousel" => (&[], Some(1024)),
        "cta_url" | "flow" => (ANY_HEADER, Some(1024)),
        // regional or calling features: only their shape
        "address_message"
        | "call_permission_request"
        | "request_contact_info"
        | "voice_call"
        | "order_details"
        | "order_status" => (ANY_HEADER, None),
        other => return Err(node.invalid(&format!("unknown interactive type {other}"))),
    };
    frame(context, node, kind, headers, body)?;
    match kind {
        "button" => buttons(&action()?)?,
        "list" => list(&action()?)?,
        "product" => {
            let action = action()?;
            action.need_text("catalog_id", 1, 100)?;
            action.need_text("product_retailer_id", 1, 100)?;
        }
        "product_list" => {
            if node.child("header").is_none() {
                return Err(Refusal::because(131_008, "Required parameter interactive['header'] is missing"));
            }
            let action = action()?;
            action.need_text("catalog_id", 1, 100)?;
            products(&action)?;
        }
        "catalog_message" => {
            let action = named(&action()?, "catalog_message")?;
            if let Some(parameters) = action.child("parameters") {
                parameters.object()?;
                parameters.may_text("thumbnail_product_retailer_id", 100)?;
            }
        }
        "cta_url" => cta_url(&action()?)?,
        "flow" => flow(&named(&action()?, "flow")?.need("parameters")?)?,
        "location_request_message" => {
            if node.child("footer").is_some() {
                return Err(node.invalid("a location request has a body only"));
            }
            named(&action()?, "send_location")?;
        }
        "carousel" => cards(context, &action()?)?,
        _ => {
            action()?.object()?;
        }
    }
    Ok(node.value["body"]["text"].as_str().unwrap_or("").to_owned())
}

/// Header, body and footer.
fn frame(context: &Context, node: &Node, kind: &str, headers: &[&str], body: Option<usize>) -> Checked {
    if let Some(found) = node.child("header") {
        if headers.is_empty() {
            return Err(found.invalid(&format!("{kind} messages have no header")));
        }
        header(context, &found, headers)?;
    }
    match (node.child("body"), body) {
        (None, Some(_)) => {
            return Err(Refusal::because(131_008, "Required parameter interactive['body'] is missing"));
        }
        (None, None) => {}
        (Some(found), most) => {
            found.need_text("text", 1, most.unwrap_or(1024))?;
        }
    }
    if let Some(footer) = node.child("footer") {
        footer.need_text("text", 1, 60)?;
    }
    Ok(())
}

fn header(context: &Context, node: &Node, allowed: &[&str]) -> Checked {
    let kind = node.need_text("type", 1, 20)?;
    if !allowed.contains(&kind) {
        return Err(node.invalid(&format!("type {kind} is not one of {allowed:?}")));
    }
    match Kind::parse(kind) {
        Some(kind) => media(context, kind, &node.need(kind.name())?),
        None => node.need_text("text", 1, 60).map(|_| ()),
    }
}

fn named<'a>(action: &Node<'a>, name: &str) -> Checked<Node<'a>> {
    if action.need_text("name", 1, 100)? == name {
        Ok(action.clone())
    } else {
        Err(action.invalid(&format!("name must be {name}")))
    }
}

fn buttons(action: &Node) -> Checked {
    let (mut ids, mut titles) = (HashSet::new(), HashSet::new());
    for button in action.need("buttons")?.list_of(1, 3)? {
        if button.need_text("type", 1, 20)? != "reply" {
            return Err(button.invalid("type must be reply"));
        }
        let reply = button.need("reply")?;
        if !ids.insert(reply.need_text("id", 1, 256)?) {
            return Err(reply.invalid("id is there twice"));
        }
        if !titles.insert(reply.need_text("title", 1, 20)?) {
            return Err(reply.invalid("title is there twice"));
        }
    }
    Ok(())
}

fn list(action: &Node) -> Checked {
    action.need_text("button", 1, 20)?;
    let sections = action.need("sections")?.list_of(1, 10)?;
    let mut ids = HashSet::new();
    let mut rows = 0;
    for section in &sections {
        section_title(section, sections.len())?;
        for row in section.need("rows")?.list_of(1, 10)? {
            rows += 1;
            if !ids.insert(row.need_text("id", 1, 200)?) {
                return Err(row.invalid("id is there twice"));
            }
            row.need_text("title", 1, 24)?;
            row.may_text("description", 72)?;
        }
    }
    if rows > 10 {
        return Err(action.invalid(&format!("total row count {rows} exceeds max allowed count: 10")));
    }
    Ok(())
}

/// Needed where there is more than one section.
fn section_title(section: &Node, sections: usize) -> Checked {
    if sections > 1 {
        section.need_text("title", 1, 24)?;
    } else {
        section.may_text("title", 24)?;
    }
    Ok(())
}

/// Sections of products: 10 of them, 30 products in all. Also inside a template's button.
pub fn products(action: &Node) -> Checked {
    let sections = action.need("sections")?.list_of(1, 10)?;
    let mut count = 0;
    for section in &sections {
        section_title(section, sections.len())?;
        for item in section.need("product_items")?.list_of(1, 30)? {
            item.need_text("product_retailer_id", 1, 100)?;
            count += 1;
        }
    }
    if count > 30 {
        return Err(action.invalid(&format!("{count} products exceed the allowed 30")));
    }
    Ok(())
}

fn cta_url(action: &Node) -> Checked {
    let parameters = named(action, "cta_url")?.need("parameters")?;
    parameters.need_text("display_text", 1, 20)?;
    let url = parameters.need_text("url", 1, 2000)?;
    if is_web_url(url) { Ok(()) } else { Err(parameters.invalid("url is not a valid URL")) }
}

fn flow(parameters: &Node) -> Checked {
    parameters.need_text("flow_message_version", 1, 10)?;
    match (parameters.child("flow_id"), parameters.child("flow_name")) {
        (Some(one), None) | (None, Some(one)) => {
            one.text()?;
        }
        (None, None) => {
            return Err(Refusal::because(131_008, "Required parameter flow_id or flow_name is missing"));
        }
        (Some(_), Some(_)) => return Err(parameters.invalid("flow_id and flow_name go not together")),
    }
    if parameters.need_text("flow_cta", 1, 30)?.chars().any(is_emoji) {
        return Err(parameters.invalid("flow_cta has no emoji"));
    }
    parameters.may_text("flow_token", 4096)?;
    if parameters.child("mode").is_some() {
        parameters.one_of("mode", &["published", "draft"])?;
    }
    let action = match parameters.child("flow_action") {
        None => "navigate",
        Some(_) => parameters.one_of("flow_action", &["navigate", "data_exchange"])?,
    };
    if let Some(payload) = parameters.child("flow_action_payload") {
        if action == "navigate" {
            payload.need_text("screen", 1, 1000)?;
        }
        if let Some(data) = payload.child("data")
            && data.object()?.is_empty()
        {
            return Err(data.invalid("must not be empty"));
        }
    }
    Ok(())
}

fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x2600..=0x27bf | 0x1f000..=0x1faff)
}

fn cards(context: &Context, action: &Node) -> Checked {
    let cards = action.need("cards")?.list_of(2, 10)?;
    let mut kinds = HashSet::new();
    for (n, card) in cards.iter().enumerate() {
        let index = card.need("card_index")?;
        if index.value.as_u64() != Some(n as u64) {
            return Err(index.invalid("cards are numbered from 0 in their order"));
        }
        if card.child("type").and_then(|t| t.value.as_str()) != Some("cta_url") {
            return Err(card.invalid("type must be cta_url"));
        }
        let found = card.need("header")?;
        header(context, &found, &["image", "video"])?;
        kinds.insert(found.value["type"].as_str().unwrap_or(""));
        if let Some(body) = card.child("body") {
            body.need_text("text", 1, 160)?;
        }
        let action = card.need("action")?;
        match action.child("buttons") {
            None => cta_url(&action)?,
            Some(buttons) => {
                for button in buttons.list_of(1, 3)? {
                    let reply = button.need("quick_reply")?;
                    reply.need_text("id", 1, 256)?;
                    reply.need_text("title", 1, 20)?;
                }
            }
        }
    }
    if kinds.len() > 1 {
        return Err(action.invalid("all cards have the same kind of header"));
    }
    Ok(())
}
