//! The typing indicator, with which an inbound message becomes read.

use serde_json::json;

use super::{errors, is_sid};
use crate::chance::locked;
use crate::exchange::{Answer, Request};
use crate::sim::Sim;

/// `POST /v2/Indicators/Typing.json`
pub fn typing(sim: &Sim, request: &Request) -> Answer {
    let form = request.form();
    if let Err(why) = wanted(form.get("channel"), form.get("messageId")) {
        return errors::answer(400, 20001, Some(why));
    }
    let ours = form.get("messageId").is_some_and(|sid| locked(&sim.twilio.store).get(sid).is_some());
    if ours {
        return errors::answer(400, 20001, Some("messageId: a message that came in"));
    }
    Answer::json(200, &json!({ "success": true }))
}

fn wanted(channel: Option<&str>, sid: Option<&str>) -> Result<(), &'static str> {
    if channel != Some("whatsapp") {
        return Err("channel: whatsapp");
    }
    match sid {
        Some(sid) if is_sid(sid, &["SM", "MM"]) => Ok(()),
        _ => Err("messageId: SM or MM and 32 hexadecimal digits"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_channel_and_the_message_are_needed() {
        let sid = "MM0123456789abcdef0123456789abcdef";
        for (channel, sid, right) in [
            (Some("whatsapp"), Some(sid), true),
            (Some("WHATSAPP"), Some(sid), false),
            (None, Some(sid), false),
            (Some("whatsapp"), Some("wamid.x"), false),
            (Some("whatsapp"), None, false),
        ] {
            assert_eq!(wanted(channel, sid).is_ok(), right, "{channel:?} {sid:?}");
        }
    }
}
