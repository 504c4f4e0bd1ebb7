//! What a webhook tells, taken apart: one status, one message, one change.
//!
//! Providers put many things into one request. Each of them becomes a notice
//! of its own, so that one that cannot be read or stored takes nothing else
//! with it.

use crate::message::changes::{
    AccountChange, Call, ConsentChange, ContactChange, NumberChange, TemplateChange,
};
use crate::message::clock::Millis;
use crate::message::inbound::{InboundMessage, Person, ProviderError};
use crate::message::{ProviderName, State};
use serde_json::Value;
use uuid::Uuid;

/// One thing that a provider told us.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Who told it.
    pub provider: ProviderName,
    /// What it is about, as the provider says.
    pub account: NoticeAccount,
    /// When it happened, by the provider's clock. None where the provider does
    /// not tell (Twilio never does), or where it can be no time of a webhook.
    pub at: Option<Millis>,
    /// The same for one and the same thing that comes again, and for nothing
    /// else of the same account: at most 255 visible ASCII characters.
    pub key: String,
    /// What it says.
    pub what: What,
    /// The same as it came, fields that this version does not know included.
    /// Of Meta: `{"field": .., "value": ..}` with this item alone in its list;
    /// of Twilio: the fields of the form. There is no U+0000 in it.
    pub rest: Value,
}

/// The account that a webhook says it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoticeAccount {
    /// One of Meta's.
    Meta {
        /// The id of the entry: the WhatsApp Business account, or, of some
        /// changes of the account, the portfolio.
        business_account_id: Option<String>,
        /// The id of our number.
        phone_number_id: Option<String>,
        /// Our number, as Meta shows it.
        display_number: Option<String>,
    },
    /// One of Twilio's.
    Twilio {
        /// `AC..`
        account_sid: Option<String>,
        /// Our number, as `whatsapp:+..`.
        number: Option<String>,
    },
}

/// What a notice says.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Where a message of ours is.
    Report(Box<Report>),
    /// Somebody wrote to us; reactions, edits and deletions are kinds of it.
    Message(Box<InboundMessage>),
    /// The business itself wrote, with the app on its telephone: `person` is
    /// who it went to.
    Echo(Box<InboundMessage>),
    /// A template changed.
    Template(Box<TemplateChange>),
    /// One of our numbers changed.
    Number(Box<NumberChange>),
    /// The account changed.
    Account(Box<AccountChange>),
    /// Somebody said what they wish to get.
    Consent(Box<ConsentChange>),
    /// Somebody's number, user id or telephone changed.
    Contact(Box<ContactChange>),
    /// A call.
    Call(Box<Call>),
    /// Something else: told to the host as it came.
    Other {
        /// What the provider calls it, such as `flows`.
        field: String,
    },
    /// This one item could not be read. It is kept among the dead letters.
    Unreadable {
        /// Why, in a sentence.
        why: String,
    },
}

/// Where a message of ours is, as the provider says.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The provider's id of the message.
    pub provider_message_id: String,
    /// Which attempt it was, where our key travelled along.
    pub attempt: Option<AttemptKey>,
    /// Our state for the provider's word; none for a word that tells nothing
    /// of the delivery, or that this version does not know.
    pub state: Option<State>,
    /// The provider's word.
    pub provider_status: String,
    /// Whom it went to. In a group: who got it.
    pub person: Option<Person>,
    /// The group to which it went.
    pub group_id: Option<String>,
    /// Our side, written as the history writes senders.
    pub sender: Option<String>,
    /// Why it failed.
    pub error: Option<ProviderError>,
}

/// Our key of an attempt, which travels with it to the provider and comes back
/// with each report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptKey {
    /// The message.
    pub message_id: Uuid,
    /// 1 for the first attempt.
    pub attempt: i32,
}

impl AttemptKey {
    /// Reads `<message>.<attempt>`.
    pub fn read(text: &str) -> Option<AttemptKey> {
        let (message, attempt) = text.split_once('.')?;
        // Only as we write it: other forms of an id are not ours.
        let message_id = Uuid::parse_str(message).ok().filter(|id| id.to_string() == message)?;
        let digits = (1..=9).contains(&attempt.len()) && attempt.bytes().all(|byte| byte.is_ascii_digit());
        let attempt = attempt.parse().ok().filter(|number| digits && *number >= 1)?;
        Some(AttemptKey { message_id, attempt })
    }
}

/// The request is none of the provider's webhooks: nothing of it can be taken
/// apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnEnvelope {
    /// Why, in a sentence. It repeats nothing of the request.
    pub why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_key_is_read_as_we_write_it_and_not_otherwise() {
        let id = "0198c0de-0000-7000-8000-000000000001";
        let read = AttemptKey::read(&format!("{id}.12")).unwrap();
        assert_eq!((read.message_id.to_string().as_str(), read.attempt), (id, 12));
        for text in [
            "",
            id,
            &format!("{id}."),
            &format!("{id}.0"),
            &format!("{id}.-1"),
            &format!("{id}.+1"),
            &format!("{id}.1.1"),
            &format!("{id}.1 "),
            &format!("{id}.9999999999"),
            &format!("{}.1", id.to_uppercase()),
            &format!("{}.1", id.replace('-', "")),
            &format!("{{{id}}}.1"),
        ] {
            assert_eq!(AttemptKey::read(text), None, "{text}");
        }
    }
}
