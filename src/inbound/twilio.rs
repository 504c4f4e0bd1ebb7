//! Twilio's webhooks, taken apart. Each request tells one thing, as a form.

mod form;
mod message;
mod status;
mod stream;

use super::notice::{NotAnEnvelope, Notice, NoticeAccount, What};
use super::{foreign, key};
use crate::message::ProviderName;
use crate::message::clock::Millis;
use form::Form;

/// Whose webhooks these are.
const NAME: ProviderName = ProviderName::Twilio;
/// What every address of WhatsApp begins with.
const CHANNEL: &str = "whatsapp:";
/// The parameter of a status callback that has our key.
const OURS: &str = "wa";

/// What a request tells. `query` is that of its URL, without the question
/// mark: it has our key, and, of a GET, the fields of the form. `now` is when
/// the request came.
pub fn notices(query: &str, body: &[u8], now: Millis) -> Result<Vec<Notice>, NotAnEnvelope> {
    if body.trim_ascii_start().starts_with(b"[") || body.trim_ascii_start().starts_with(b"{") {
        return stream::notices(&foreign::text(body), now);
    }
    let fields = if body.trim_ascii().is_empty() { Form::read(query.as_bytes()) } else { Form::read(body) };
    let sid = fields.word(&["MessageSid", "SmsSid", "SmsMessageSid"]);
    let status = fields.word(&["MessageStatus", "SmsStatus"]);
    let notice = |what: What, key: String, number: Option<String>| Notice {
        provider: NAME,
        account: NoticeAccount::Twilio { account_sid: fields.word(&["AccountSid"]), number },
        // Twilio tells no time.
        at: None,
        key,
        what,
        rest: fields.as_json(),
    };
    Ok(vec![match (sid, status.as_deref()) {
        (Some(sid), Some(status)) if !["received", "receiving"].contains(&status) => {
            let attempt = Form::read(query.as_bytes()).word(&[OURS]);
            let report = status::read(&fields, sid, status, attempt.as_deref());
            let key = key::of("status", &[&report.provider_message_id, status]);
            let number = report.sender.clone();
            notice(What::Report(Box::new(report)), key, number)
        }
        (Some(sid), _) if fields.has("From") => {
            let key = key::of("message", &[&sid]);
            let number = fields.word(&["To"]);
            match message::read(&fields, sid) {
                Ok(message) => notice(message, key, number),
                Err(why) => notice(What::Unreadable { why }, fields.hash("unreadable"), number),
            }
        }
        _ if fields.has("AccountSid") => {
            // Such as what the debugger tells.
            let field = fields.word(&["EventType", "Level"]).unwrap_or_else(|| "form".to_owned());
            notice(What::Other { field }, fields.hash("webhook"), fields.word(&["To"]))
        }
        _ => {
            let why = "The request has none of the fields that Twilio's webhooks have.".to_owned();
            return Err(NotAnEnvelope { why });
        }
    }])
}
