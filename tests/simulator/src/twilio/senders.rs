//! The account's own WhatsApp senders.

use serde_json::{Value, json};

use super::pages::{self, Listed};
use super::{errors, is_sid};
use crate::exchange::{Answer, Request};
use crate::sim::Sim;

/// The sandbox's number belongs to Twilio: it is in no account's list.
const SANDBOX: &str = "+14155238886";
/// Fewer than in other lists.
const DEFAULT_PAGE: usize = 20;

fn sid_of(place: usize) -> String {
    format!("XE{:032}", place + 1)
}

fn shown(place: usize, number: &str, base: &str) -> Value {
    let sid = sid_of(place);
    json!({
        "url": format!("{base}/v2/Channels/Senders/{sid}"),
        "sid": sid,
        "status": "ONLINE",
        "sender_id": format!("whatsapp:{number}"),
        "configuration": { "waba_id": "100000000000001", "verification_method": "sms", "verification_code": null,
            "voice_application_sid": null, "account_type": null },
        "webhook": { "callback_url": null, "callback_method": "POST", "fallback_url": null, "fallback_method": "POST",
            "status_callback_url": null, "status_callback_method": "POST" },
        "profile": { "name": "Simulated sender", "about": "Simulated", "vertical": "Other" },
        "properties": { "quality_rating": "HIGH", "messaging_limit": "10K Customers/24hr" },
        "offline_reasons": null,
        "compliance": null,
    })
}

fn own(sim: &Sim) -> impl Iterator<Item = &String> {
    sim.twilio.senders.iter().filter(|sender| *sender != SANDBOX)
}

/// `GET /v2/Channels/Senders`
pub fn list(sim: &Sim, request: &Request) -> Answer {
    let base = request.base();
    let senders = match request.query().filled("Channel") {
        Some("whatsapp") => {
            own(sim).enumerate().map(|(place, number)| (sid_of(place), shown(place, number, &base))).collect()
        }
        Some("rcs") => Vec::new(),
        _ => return errors::answer(400, 20001, Some("Channel is whatsapp or rcs")),
    };
    pages::list(request, Listed { key: "senders", usual_size: DEFAULT_PAGE, items: senders })
}

/// `GET /v2/Channels/Senders/{Sid}`
pub fn fetch(sim: &Sim, request: &Request, sid: &str) -> Answer {
    let found = own(sim).enumerate().find(|(place, _)| is_sid(sid, &["XE"]) && sid_of(*place) == sid);
    match found {
        Some((place, number)) => Answer::json(200, &shown(place, number, &request.base())),
        None => errors::not_found(request),
    }
}
