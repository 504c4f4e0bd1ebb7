//! Events that Twilio sends as JSON: a list of them, or a single one. They are
//! told to the host as they came.

use super::NAME;
use crate::inbound::field::{at, first_word, word};
use crate::inbound::notice::{NotAnEnvelope, Notice, NoticeAccount, What};
use crate::inbound::{foreign, key};
use crate::message::clock::Millis;
use serde_json::Value;

/// The most events of one request.
const MOST: usize = 10_000;

/// What the request tells.
pub fn notices(json: &str, now: Millis) -> Result<Vec<Notice>, NotAnEnvelope> {
    let not = |why: &str| NotAnEnvelope { why: why.to_owned() };
    let events: Vec<&str> = match foreign::items(json) {
        Some(events) => events.into_iter().map(|event| event.get()).collect(),
        None if foreign::members(json).is_some() => vec![json],
        None => return Err(not("The body of the request is not JSON.")),
    };
    if events.len() > MOST {
        return Err(not("The request tells more than any of Twilio's does."));
    }
    Ok(events.into_iter().map(|event| notice(event, now)).collect())
}

fn notice(json: &str, now: Millis) -> Notice {
    let (rest, what) = match foreign::value(json) {
        Ok(event) if event.is_object() => {
            let field = first_word(&event, &["type", "event_type", "EventType"])
                .unwrap_or_else(|| "event".to_owned());
            (event, What::Other { field })
        }
        Ok(event) => (event, What::Unreadable { why: "The event is not a JSON object.".to_owned() }),
        Err((text, why)) => (text, What::Unreadable { why }),
    };
    let kind = if matches!(what, What::Other { .. }) { "webhook" } else { "unreadable" };
    let key = match word(&rest, "id") {
        Some(id) => key::of(kind, &["event", &id]),
        None => key::hashed(kind, &[&rest.to_string()]),
    };
    let account_sid = first_word(at(&rest, &["data"]), &["accountSid", "account_sid", "AccountSid"])
        .or_else(|| word(&rest, "account_sid"));
    Notice {
        provider: NAME,
        account: NoticeAccount::Twilio { account_sid, number: None },
        at: time_of(&rest).filter(|at| *at <= now.plus(24 * 3600 * 1000) && at.0 > 0),
        key,
        what,
        rest,
    }
}

fn time_of(event: &Value) -> Option<Millis> {
    Millis::from_text(&word(event, "time")?)
}
