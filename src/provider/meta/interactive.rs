//! Messages with something to tap on, as Meta writes them.

use super::message_parts::{attachment, products};
use crate::message::content::{Card, Flow, FlowAction, Header, Interactive, List};
use crate::message::{Error, Result, Status};
use serde_json::{Map, Value, json};

/// The version of the messages that open a flow.
const FLOW_MESSAGE: &str = "3";

/// The object `interactive`.
pub(super) fn interactive(it: &Interactive) -> Result<Value> {
    let (kind, action) = match it {
        Interactive::ReplyButtons(it) => {
            let button =
                |id: &str, title: &str| json!({"type": "reply", "reply": {"id": id, "title": title}});
            let buttons: Vec<Value> = it.buttons.iter().map(|it| button(&it.id, &it.title)).collect();
            ("button", json!({"buttons": buttons}))
        }
        Interactive::List(it) => ("list", list(it)),
        Interactive::CtaUrl(it) => ("cta_url", cta_url(&it.display_text, &it.url)),
        Interactive::LocationRequest(_) => ("location_request_message", json!({"name": "send_location"})),
        Interactive::Product(it) => {
            ("product", json!({"catalog_id": it.catalog_id, "product_retailer_id": it.product_retailer_id}))
        }
        Interactive::ProductList(it) => {
            ("product_list", json!({"catalog_id": it.catalog_id, "sections": products(&it.sections)}))
        }
        Interactive::Catalog(it) => (
            "catalog_message",
            match &it.thumbnail_product_retailer_id {
                Some(id) => {
                    json!({"name": "catalog_message", "parameters": {"thumbnail_product_retailer_id": id}})
                }
                None => json!({"name": "catalog_message"}),
            },
        ),
        Interactive::Flow(it) => ("flow", json!({"name": "flow", "parameters": flow(it)})),
        Interactive::Carousel(it) => {
            let cards: Result<Vec<Value>> = it.cards.iter().enumerate().map(card).collect();
            ("carousel", json!({"cards": cards?}))
        }
    };
    let (above, text, below) = it.frame();
    let mut value = Map::from_iter([("type".to_owned(), Value::from(kind)), ("action".to_owned(), action)]);
    if let Some(above) = above {
        value.insert("header".to_owned(), header(above)?);
    }
    // A product needs no text.
    if !text.is_empty() {
        value.insert("body".to_owned(), json!({"text": text}));
    }
    if let Some(below) = below {
        value.insert("footer".to_owned(), json!({"text": below}));
    }
    Ok(Value::Object(value))
}

fn header(header: &Header) -> Result<Value> {
    if let Some(text) = &header.text {
        return Ok(json!({"type": "text", "text": text}));
    }
    let (kind, media) = match (&header.image, &header.video, &header.document) {
        (Some(image), _, _) => ("image", attachment(image)?),
        (_, Some(video), _) => ("video", attachment(video)?),
        (_, _, Some(document)) => ("document", attachment(document)?),
        (None, None, None) => {
            return Err(Error::about(Status::Message, "header", "header is empty; leave it out."));
        }
    };
    Ok(json!({"type": kind, kind: media}))
}

fn list(list: &List) -> Value {
    let sections: Vec<Value> = list
        .sections
        .iter()
        .map(|section| {
            let rows: Vec<Value> = section
                .rows
                .iter()
                .map(|row| match &row.description {
                    Some(more) => json!({"id": row.id, "title": row.title, "description": more}),
                    None => json!({"id": row.id, "title": row.title}),
                })
                .collect();
            match &section.title {
                Some(title) => json!({"title": title, "rows": rows}),
                None => json!({"rows": rows}),
            }
        })
        .collect();
    json!({"button": list.button, "sections": sections})
}

fn cta_url(text: &str, url: &str) -> Value {
    json!({"name": "cta_url", "parameters": {"display_text": text, "url": url}})
}

fn flow(flow: &Flow) -> Value {
    let mut parameters = Map::new();
    let mut put = |key: &str, value: Value| parameters.insert(key.to_owned(), value);
    put("flow_message_version", Value::from(FLOW_MESSAGE));
    for (key, text) in
        [("flow_id", &flow.flow_id), ("flow_name", &flow.flow_name), ("flow_token", &flow.flow_token)]
    {
        if let Some(text) = text {
            put(key, json!(text));
        }
    }
    put("flow_cta", json!(flow.flow_cta));
    if flow.draft {
        put("mode", Value::from("draft"));
    }
    put(
        "flow_action",
        Value::from(match flow.flow_action {
            FlowAction::Navigate => "navigate",
            FlowAction::DataExchange => "data_exchange",
        }),
    );
    let mut payload = Map::new();
    if let Some(screen) = &flow.screen {
        payload.insert("screen".to_owned(), json!(screen));
    }
    if let Some(data) = &flow.data {
        payload.insert("data".to_owned(), Value::Object(data.clone()));
    }
    if !payload.is_empty() {
        put("flow_action_payload", Value::Object(payload));
    }
    Value::Object(parameters)
}

fn card((at, card): (usize, &Card)) -> Result<Value> {
    let mut value = Map::from_iter([
        ("card_index".to_owned(), json!(at)),
        ("type".to_owned(), Value::from("cta_url")),
        ("header".to_owned(), header(&card.header)?),
        ("action".to_owned(), cta_url(&card.display_text, &card.url)),
    ]);
    if let Some(body) = &card.body {
        value.insert("body".to_owned(), json!({"text": body}));
    }
    Ok(Value::Object(value))
}
