//! Looking for a message whose end is unknown in Twilio's list.

use super::answer::{NAME, is_message_sid};
use crate::message::State;
use crate::message::clock::Millis;
use crate::provider::fault::time_of;
use crate::provider::states::state_of;
use crate::provider::{Candidate, LostAttempt};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

/// How long before an attempt its message may have been made, by clocks that
/// differ.
const BEFORE_MILLIS: i64 = 120_000;
/// The messages of a page.
const PAGE_SIZE: &str = "100";
/// The most pages that are read: more is no answer.
pub const MOST_PAGES: usize = 20;

/// The first page. `sender` narrows it where the sender is fixed.
pub fn first_page(messages: &Url, lost: &LostAttempt, sender: Option<&str>) -> Url {
    let mut url = messages.clone();
    {
        let mut query = url.query_pairs_mut();
        query.append_pair("To", &lost.recipient);
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

/// A message as Twilio lists it: `body` may be missing for templates, `from`
/// while a messaging service has not picked it.
#[derive(Deserialize)]
struct Listed {
    sid: String,
    #[serde(default)]
    to: Option<String>,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    direction: Option<String>,
    #[serde(default)]
    date_created: Option<String>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    error_code: Option<u32>,
}

/// What a page says: the candidates, and whether older pages can hold more.
pub struct Read {
    /// The messages that may be of this attempt.
    pub candidates: Vec<Candidate>,
    /// All messages of the page are too old.
    pub too_old: bool,
}

impl Page {
    /// Picks the candidates. `offset` puts Twilio's clock onto ours.
    pub fn read(self, lost: &LostAttempt, offset: i64) -> Read {
        let state = |word: &str| state_of(NAME, word);
        let earliest = lost.began.0.saturating_sub(BEFORE_MILLIS);
        let mut candidates = Vec::new();
        let (mut dated, mut old) = (0_usize, 0_usize);
        for message in self.messages {
            let Ok(message) = serde_json::from_value::<Listed>(message) else { continue };
            let created = message
                .date_created
                .as_deref()
                .and_then(time_of)
                .map(|at| Millis(at.0.saturating_add(offset)));
            dated += usize::from(created.is_some());
            if created.is_some_and(|at| at.0 < earliest) {
                old += 1;
                continue;
            }
            let inbound = message.direction.as_deref().is_some_and(|d| d.starts_with("inbound"));
            let other_recipient = message.to.as_deref().is_some_and(|to| to != lost.recipient);
            let other_sender = match (&message.from, &lost.sender) {
                (Some(from), Some(sender)) if !from.is_empty() => from != sender,
                _ => false,
            };
            if inbound || other_recipient || other_sender || !is_message_sid(&message.sid) {
                continue;
            }
            candidates.push(Candidate {
                provider_message_id: message.sid,
                created,
                body: message.body.unwrap_or_default(),
                state: message.status.as_deref().and_then(state).unwrap_or(State::Accepted),
                code: message.error_code,
            });
        }
        Read { candidates, too_old: dated > 0 && old == dated }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const BEGAN: i64 = 1_800_000_000_000;

    fn lost() -> LostAttempt {
        LostAttempt {
            sender: Some("whatsapp:+14155238886".to_owned()),
            recipient: "whatsapp:+15005550006".to_owned(),
            began: Millis(BEGAN),
        }
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
        let first = first_page(&own, &lost(), Some("whatsapp:+14155238886"));
        assert_eq!(
            first.query(),
            Some("To=whatsapp%3A%2B15005550006&From=whatsapp%3A%2B14155238886&PageSize=100")
        );
        assert_eq!(
            first_page(&own, &lost(), None).query(),
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
        for (message, is_candidate) in [
            (
                json!({"sid": sid(1), "to": to, "from": from, "body": "x", "date_created": at(0), "date_sent": null}),
                true,
            ),
            (json!({"sid": sid(1), "to": to, "from": null, "body": null, "date_created": at(60)}), true),
            (json!({"sid": sid(1), "to": to, "date_created": at(-119)}), true),
            (json!({"sid": sid(1), "to": to, "date_created": at(-121)}), false),
            (json!({"sid": sid(1), "to": to}), true),
            (json!({"sid": sid(1), "to": to, "date_created": "yesterday"}), true),
            (json!({"sid": sid(1), "to": "whatsapp:+15005550007", "date_created": at(0)}), false),
            (json!({"sid": sid(1), "to": to, "from": "whatsapp:+15005550009", "date_created": at(0)}), false),
            (json!({"sid": sid(1), "to": to, "direction": "inbound", "date_created": at(0)}), false),
            (json!({"sid": "SMx", "to": to, "date_created": at(0)}), false),
            (json!({"to": to}), false),
            (json!(7), false),
        ] {
            let read = page(json!([message])).read(&lost(), 0);
            assert_eq!(read.candidates.len(), usize::from(is_candidate), "{message}");
        }
        // Twilio's clock is 10 minutes behind ours.
        let read = page(json!([{"sid": sid(1), "date_created": at(-600)}])).read(&lost(), 600_000);
        assert_eq!(read.candidates.first().and_then(|c| c.created), Some(Millis(BEGAN)));
        for (messages, too_old) in [
            (json!([]), false),
            (json!([{"sid": sid(1), "date_created": at(-500)}]), true),
            (
                json!([{"sid": sid(1), "date_created": at(-500)}, {"sid": sid(2), "date_created": at(0)}]),
                false,
            ),
            (json!([{"sid": sid(1)}]), false),
        ] {
            assert_eq!(page(messages.clone()).read(&lost(), 0).too_old, too_old, "{messages}");
        }
    }
}
