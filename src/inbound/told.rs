//! What hosts are told of a notice.

use super::notice::{Notice, NoticeAccount, What};
use crate::events::{
    Event, KIND_ACCOUNT, KIND_CALL, KIND_CONSENT, KIND_CONTACT, KIND_DEAD_LETTER, KIND_ECHO, KIND_NUMBER,
    KIND_RECEIVED, KIND_TEMPLATE, KIND_WEBHOOK, WebhookRecord,
};
use crate::history::EventRow;
use crate::message::clock::Millis;
use uuid::Uuid;

/// The row of the event that tells of a notice. A report has none of its own:
/// what it makes of its message is told by an event of kind `message`, or by
/// nothing. Only one with a word that this version does not know is told as it
/// came.
///
/// `message_id` is the row of a message that came in, `received_at` when the
/// webhook came.
pub fn event(
    account_key: &str,
    notice: &Notice,
    message_id: Option<Uuid>,
    received_at: Millis,
) -> Option<EventRow> {
    let kind = kind_of(&notice.what)?;
    let text = match &notice.what {
        What::Unreadable { why } => Some(why.clone()),
        _ => None,
    };
    let record = record(notice, message_id);
    Some(Event::about_webhook(account_key, kind, &notice.key, message_id, text, record, received_at))
}

fn kind_of(what: &What) -> Option<&'static str> {
    Some(match what {
        What::Report(report) if report.state.is_some() => return None,
        What::Report(_) => KIND_WEBHOOK,
        What::Message(_) => KIND_RECEIVED,
        What::Echo(_) => KIND_ECHO,
        What::Template(_) => KIND_TEMPLATE,
        What::Number(_) => KIND_NUMBER,
        What::Account(_) => KIND_ACCOUNT,
        What::Consent(_) => KIND_CONSENT,
        What::Contact(_) => KIND_CONTACT,
        What::Call(_) => KIND_CALL,
        What::Other { .. } => KIND_WEBHOOK,
        What::Unreadable { .. } => KIND_DEAD_LETTER,
    })
}

fn record(notice: &Notice, message_id: Option<Uuid>) -> WebhookRecord {
    let (account_id, phone_number_id, number) = match &notice.account {
        NoticeAccount::Meta { business_account_id, phone_number_id, display_number } => {
            (business_account_id, phone_number_id.as_ref(), display_number)
        }
        NoticeAccount::Twilio { account_sid, number } => (account_sid, None, number),
    };
    let mut record = WebhookRecord {
        provider: notice.provider.as_str(),
        provider_at: notice.at,
        account_id: account_id.clone(),
        phone_number_id: phone_number_id.cloned(),
        number: number.clone(),
        message_id: message_id.map(|id| id.to_string()),
        raw: notice.rest.clone(),
        ..WebhookRecord::default()
    };
    match notice.what.clone() {
        What::Message(message) | What::Echo(message) => record.message = Some(*message),
        What::Template(change) => record.template_change = Some(*change),
        What::Number(change) => record.number_change = Some(*change),
        What::Account(change) => record.account_change = Some(*change),
        What::Consent(change) => record.consent_change = Some(*change),
        What::Contact(change) => record.contact_change = Some(*change),
        What::Call(call) => record.call = Some(*call),
        What::Other { field } => record.field = Some(field),
        What::Report(_) => record.field = Some("statuses".to_owned()),
        What::Unreadable { .. } => {}
    }
    record
}
