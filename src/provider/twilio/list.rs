//! Looking for a message whose end is unknown in Twilio's list.

use super::answer::{NAME, is_message_sid};
use super::likeness::{Likeness, likeness};
use crate::message::State;
use crate::provider::fault::time_of;
use crate::provider::states::state_of;
use crate::provider::window::{Place, Window};
use crate::provider::{Candidate, LostAttempt};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// The messages of a page.
const PAGE_SIZE: &str = "100";
/// The most pages that are read: more is no answer.
pub const MOST_PAGES: usize = 20;

/// The first page of what went to an address. `sender` narrows it where the
/// sender is fixed.
pub fn first_page(messages: &Url, to: &str, sender: Option<&str>) -> Url {
    let mut url = messages.clone();
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("To", to);
        if let Some(sender) = sender {
            query.append_pair("From", sender);
        }
        query.append_pair("PageSize", PAGE_SIZE);
    }
    url
}

/// The next page at our own address: of what Twilio gives as the next one,
/// only the query is taken. Credentials go nowhere else.
pub fn next_page(own: &Url, next: &str) -> Option<Url> {
    let query = next.split_once('?')?.1.split('#').next()?;
    if query.is_empty() || query.len() > 4000 {
        return None;
    }
    let mut url = own.clone();
    url.set_query(Some(query));
    Some(url)
}

/// A page of Twilio's list.
#[derive(Deserialize)]
pub struct Page {
    messages: Vec<Value>,
    /// Where the next page is.
    #[serde(default)]
    pub next_page_uri: Option<String>,
}

/// What a page says: the candidates, and whether older pages can hold more.
pub struct Read {
    /// The messages that may be of this attempt.
    pub candidates: Vec<Candidate>,
    /// All messages of the page are too old.
    pub too_old: bool,
}

impl Page {
    /// Picks the candidates: whatever is not surely another message. An entry
    /// that cannot be read, or is written otherwise than we write it, may be
    /// the one that is looked for.
    pub fn read(self, lost: &LostAttempt, window: &Window) -> Read {
        let mut candidates = Vec::new();
        let (mut dated, mut old) = (0_usize, 0_usize);
        for message in self.messages {
            let member = |key: &str| message.get(key).unwrap_or(&Value::Null);
            let text = |key: &str| member(key).as_str().unwrap_or_default().trim();
            let created = time_of(text("date_created"));
            dated += usize::from(created.is_some());
            let place = window.place(created);
            if place == Place::TooOld {
                old += 1;
                continue;
            }
            let to = likeness(text("to"), &lost.recipient);
            // A messaging service may not have put its sender in yet.
            let from = match (text("from"), &lost.sender) {
                (from, Some(sender)) if !from.is_empty() => likeness(from, sender),
                _ => Likeness::Same,
            };
            let other = to == Likeness::Other || from == Likeness::Other;
            if other || text("direction").starts_with("inbound") {
                continue;
            }
            let sid = text("sid");
            let state = state_of(NAME, text("status"));
            candidates.push(Candidate {
                provider_message_id: sid.to_owned(),
                created,
                doubtful: place == Place::Doubtful
                    || to != Likeness::Same
                    || from != Likeness::Same
                    || !is_message_sid(sid)
                    || !(member("body").is_string() || member("body").is_null()),
                body: text("body").to_owned(),
                state: state.unwrap_or(State::Accepted),
                code: number_of(member("error_code")),
            });
        }
        Read { candidates, too_old: dated > 0 && old == dated }
    }
}

/// A number, also one that is written as a text.
fn number_of(value: &Value) -> Option<u32> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64().and_then(|number| u32::try_from(number).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::age::Age;
    use crate::message::clock::{Millis, uptime};
    use serde_json::json;

    const BEGAN: i64 = 1_800_000_000_000;

    fn lost() -> LostAttempt {
        LostAttempt {
            sender: Some("whatsapp:+14155238886".to_owned()),
            recipient: "whatsapp:+15005550006".to_owned(),
            age: Age::of_own(uptime()),
        }
    }

    /// The list's clock shows when the attempt began.
    fn window() -> Window {
        Window::of(&lost().age, Some(Millis(BEGAN)))
    }

    fn at(seconds: i64) -> String {
        time::OffsetDateTime::from_unix_timestamp(BEGAN / 1000 + seconds)
            .unwrap()
            .format(&time::format_description::well_known::Rfc2822)
            .unwrap()
    }

    #[test]
    fn pages_stay_at_our_own_address() {
        let own = Url::parse("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json").unwrap();
        let first = first_page(&own, &lost().recipient, Some("whatsapp:+14155238886"));
        assert_eq!(
            first.query(),
            Some("To=whatsapp%3A%2B15005550006&From=whatsapp%3A%2B14155238886&PageSize=100")
        );
        assert_eq!(
            first_page(&own, &lost().recipient, None).query(),
            Some("To=whatsapp%3A%2B15005550006&PageSize=100")
        );
        for (next, url) in [
            (
                "/2010-04-01/Accounts/AC1/Messages.json?Page=1&PageToken=PASM1",
                Some("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json?Page=1&PageToken=PASM1"),
            ),
            (
                "https://evil.example/steal?Page=1#x",
                Some("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json?Page=1"),
            ),
            ("//evil.example", None),
            ("?", None),
            ("", None),
        ] {
            assert_eq!(next_page(&own, next).as_ref().map(Url::as_str), url, "{next}");
        }
    }

    #[test]
    fn candidates_are_outbound_to_this_number_and_not_too_old() {
        let sid = |n: u8| format!("SM{n:032x}");
        let page = |messages: Value| serde_json::from_value::<Page>(json!({"messages": messages})).unwrap();
        let to = "whatsapp:+15005550006";
        let from = "whatsapp:+14155238886";
        let (no, doubt, yes) = (None, Some(true), Some(false));
        for (message, candidate) in [
            (
                json!({"sid": sid(1), "to": to, "from": from, "body": "x", "date_created": at(0), "date_sent": null}),
                yes,
            ),
            (json!({"sid": sid(1), "to": to, "from": null, "body": null, "date_created": at(60)}), yes),
            (
                json!({"sid": sid(1), "to": to, "from": from, "error_code": "63016", "date_created": at(0)}),
                yes,
            ),
            (json!({"sid": sid(1), "to": to, "status": 7, "error_code": {}, "date_created": at(0)}), yes),
            (json!({"sid": sid(1), "to": to, "date_created": at(-119)}), yes),
            (json!({"sid": sid(1), "to": to, "date_created": at(-121)}), no),
            (json!({"sid": sid(1), "to": to}), doubt),
            (json!({"sid": sid(1), "to": to, "date_created": "yesterday"}), doubt),
            (json!({"sid": sid(1), "date_created": at(0)}), doubt),
            (json!({"sid": sid(1), "to": to, "body": ["x"], "date_created": at(0)}), doubt),
            (json!({"sid": sid(1), "to": "+15005550006", "date_created": at(0)}), doubt),
            (json!({"sid": sid(1), "to": "whatsapp: +1 500 555 0006", "date_created": at(0)}), doubt),
            (json!({"sid": sid(1), "to": to, "from": "14155238886", "date_created": at(0)}), doubt),
            (json!({"sid": sid(1), "to": "whatsapp:+15005550007", "date_created": at(0)}), no),
            (json!({"sid": sid(1), "to": to, "from": "whatsapp:+15005550009", "date_created": at(0)}), no),
            (json!({"sid": sid(1), "to": to, "direction": "inbound", "date_created": at(0)}), no),
            (json!({"sid": "SMx", "to": to, "date_created": at(0)}), doubt),
            (json!({"to": to}), doubt),
            (json!(7), doubt),
        ] {
            let read = page(json!([message])).read(&lost(), &window());
            assert_eq!(read.candidates.first().map(|candidate| candidate.doubtful), candidate, "{message}");
        }
        let read = page(json!([{"sid": sid(1), "to": to, "error_code": "63016", "date_created": at(0)}]));
        let read = read.read(&lost(), &window());
        assert_eq!(
            read.candidates.first().map(|c| (c.created, c.code)),
            Some((Some(Millis(BEGAN)), Some(63016)))
        );
        for (messages, too_old) in [
            (json!([]), false),
            (json!([{"sid": sid(1), "date_created": at(-500)}]), true),
            (
                json!([{"sid": sid(1), "date_created": at(-500)}, {"sid": sid(2), "date_created": at(0)}]),
                false,
            ),
            (json!([{"sid": sid(1)}]), false),
        ] {
            assert_eq!(page(messages.clone()).read(&lost(), &window()).too_old, too_old, "{messages}");
        }
    }
}
