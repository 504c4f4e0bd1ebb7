//! Meta's webhooks, taken apart.
//!
//! The first stage knows the envelope alone: entries, changes, and the lists
//! in them. The second (`item`) reads each item by itself; one that it cannot
//! read becomes a notice that says so.

mod account;
mod call;
mod change;
mod consent;
mod contact;
mod history;
mod item;
mod message;
mod people;
mod status;
mod template;

use super::field;
use super::foreign::{self, Members};
use super::notice::{NotAnEnvelope, Notice};
use crate::message::ProviderName;
use crate::message::clock::Millis;

/// Whose webhooks these are.
const NAME: ProviderName = ProviderName::Meta;
/// What a webhook about WhatsApp says that it is about.
const OBJECT: &str = "whatsapp_business_account";
/// The most things that one request may tell. Meta puts about 1,000 into one;
/// so many would be 3 MB of nothing but the shortest of them.
const MOST: usize = 50_000;

/// What a request tells. `now` is when it came.
pub fn notices(body: &[u8], now: Millis) -> Result<Vec<Notice>, NotAnEnvelope> {
    let not = |why: &str| NotAnEnvelope { why: why.to_owned() };
    let text = foreign::text(body);
    let Some(envelope) = foreign::members(&text) else {
        return Err(not("The body of the request is not a JSON object."));
    };
    let entries = envelope.get("entry").and_then(|entries| foreign::items(entries.get()));
    let Some(entries) = entries else {
        return Err(not("The body of the request has no list `entry`, which all of Meta's webhooks have."));
    };
    let object = member(&envelope, "object").unwrap_or_default();
    let mut found = Vec::new();
    for entry in entries {
        let from = Entry::read(&object, entry.get(), now);
        match foreign::members(entry.get()).and_then(|entry| foreign::items(entry.get("changes")?.get())) {
            Some(changes) => {
                for one in changes {
                    change::notices(&from, one.get(), &mut found);
                    if found.len() > MOST {
                        return Err(not("The request tells more than any of Meta's does."));
                    }
                }
            }
            None => found.push(item::unreadable(
                &from,
                "entry",
                foreign::kept(entry.get()),
                "The entry has no list of changes.".to_owned(),
            )),
        }
        if found.len() > MOST {
            return Err(not("The request tells more than any of Meta's does."));
        }
    }
    Ok(found)
}

/// What all changes of an entry share.
struct Entry {
    /// Empty for WhatsApp; else the other product, with a full stop.
    product: String,
    /// The id of the business account, or of the portfolio.
    id: Option<String>,
    /// When the webhook was made; only changes of the account have it.
    at: Option<Millis>,
    /// The same as it was written.
    time: String,
    /// When the request came.
    now: Millis,
}

impl Entry {
    fn read(object: &str, json: &str, now: Millis) -> Entry {
        let members = foreign::members(json).unwrap_or_default();
        let of = serde_json::json!({"id": kept(&members, "id"), "time": kept(&members, "time")});
        Entry {
            product: if object == OBJECT { String::new() } else { format!("{object}.") },
            id: field::word(&of, "id"),
            at: field::happened(&of, "time", now),
            time: field::text(&of, "time").unwrap_or_default(),
            now,
        }
    }
}

/// A member as a value; null where there is none.
fn kept(members: &Members, key: &str) -> serde_json::Value {
    members.get(key).map_or(serde_json::Value::Null, |raw| foreign::kept(raw.get()))
}

/// A member that is a word.
fn member(members: &Members, key: &str) -> Option<String> {
    let text: String = serde_json::from_str(members.get(key)?.get()).ok()?;
    field::as_word(&text)
}
