//! `POST /_control/meta/inbound`: a user's message, or any other webhook, signed as Meta signs it.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{ids, statuses};
use crate::chance::locked;
use crate::exchange::Answer;
use crate::sim::Sim;
use crate::webhook::Failed;

/// The body of the call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inbound {
    /// Where it goes; as with statuses where there is none.
    url: Option<String>,
    #[serde(default)]
    from: String,
    #[serde(default)]
    body: String,
    #[serde(default)]
    profile_name: Option<String>,
    /// More members of the message, or others in place of the usual ones.
    #[serde(default)]
    message: Map<String, Value>,
    /// Another webhook than a message: its field and its value.
    field: Option<String>,
    value: Option<Value>,
}

pub async fn inbound(sim: &Sim, wanted: Inbound) -> Answer {
    let Some(url) = wanted.url.or_else(|| locked(&sim.meta.webhook).clone()) else {
        return crate::control::refused("there is no url, and the setting meta_webhook is null");
    };
    let wa_id = wanted.from.trim_start_matches('+').to_owned();
    let id = ids::message(&wa_id);
    let value = wanted.value.unwrap_or_else(|| {
        let moment = sim.clock.wall(sim.clock.now()).unix_timestamp();
        let mut message = json!({
            "from": wa_id, "id": id, "timestamp": moment.to_string(), "type": "text", "text": { "body": wanted.body },
        });
        if let Some(members) = message.as_object_mut() {
            members.extend(wanted.message);
        }
        let display = locked(&sim.meta.numbers).get(ids::NUMBER).map(|n| n.digits().to_owned());
        json!({
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": display, "phone_number_id": ids::NUMBER },
            "contacts": [{ "profile": { "name": wanted.profile_name.as_deref().unwrap_or("Ann") }, "wa_id": wa_id }],
            "messages": [message],
        })
    });
    let field = wanted.field.as_deref().unwrap_or("messages");
    let body = json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": ids::WABA, "changes": [{ "field": field, "value": value }] }],
    });
    match statuses::deliver(sim, &url, &body).await {
        Ok(status) => Answer::json(200, &json!({ "message_id": id, "http_status": status })),
        Err(Failed::NotLoopback) => crate::control::refused("webhooks go to plain http on loopback only"),
        Err(why) => Answer::json(502, &json!({ "message_id": id, "error": format!("{why:?}") })),
    }
}
