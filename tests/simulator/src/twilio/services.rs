//! The messaging service.

use serde_json::{Map, Value, json};

use super::errors;
use crate::exchange::{Answer, Request};
use crate::sim::Sim;

/// Names of links, and the last part of their paths.
const LINKS: [(&str, &str); 8] = [
    ("phone_numbers", "PhoneNumbers"),
    ("short_codes", "ShortCodes"),
    ("alpha_senders", "AlphaSenders"),
    ("messages", "Messages"),
    ("us_app_to_person", "Compliance/Usa2p"),
    ("us_app_to_person_usecases", "Compliance/Usa2p/Usecases"),
    ("channel_senders", "ChannelSenders"),
    ("destination_alpha_senders", "DestinationAlphaSenders"),
];

/// `GET /v1/Services/{Sid}`
pub fn fetch(sim: &Sim, request: &Request, sid: &str) -> Answer {
    if sid != sim.twilio.service_sid {
        return errors::not_found(request);
    }
    let url = format!("{}/v1/Services/{sid}", request.base());
    let links: Map<String, Value> =
        LINKS.iter().map(|(name, path)| ((*name).to_owned(), json!(format!("{url}/{path}")))).collect();
    Answer::json(
        200,
        &json!({
            "sid": sid,
            "account_sid": sim.twilio.account.sid,
            "friendly_name": "Simulated service",
            "date_created": sim.clock.seconds(0),
            "date_updated": sim.clock.seconds(0),
            "inbound_request_url": null,
            "inbound_method": "POST",
            "fallback_url": null,
            "fallback_method": "POST",
            "status_callback": null,
            "sticky_sender": true,
            "mms_converter": true,
            "smart_encoding": true,
            "scan_message_content": "inherit",
            "fallback_to_long_code": true,
            "area_code_geomatch": true,
            "synchronous_validation": false,
            "validity_period": 36000,
            "usecase": "notifications",
            "us_app_to_person_registered": false,
            "use_inbound_webhook_on_number": false,
            "links": links,
            "url": url,
        }),
    )
}
