//! Where messages of ours are.

use super::form::Form;
use super::{CHANNEL, NAME};
use crate::inbound::notice::{AttemptKey, Report};
use crate::message::inbound::{Person, ProviderError};
use crate::provider::states::state_of;

/// A status callback. `key` is what came with its URL.
pub fn read(fields: &Form, sid: String, status: &str, key: Option<&str>) -> Report {
    let to = fields.word(&["To"]).or_else(|| {
        // Without the name of the channel before it.
        Some(format!("{CHANNEL}{}", fields.word(&["ChannelToAddress"])?))
    });
    Report {
        provider_message_id: sid,
        attempt: key.and_then(AttemptKey::read),
        state: state_of(NAME, status),
        provider_status: status.to_owned(),
        person: to.map(|address| person(fields, &address)),
        group_id: None,
        sender: fields.word(&["From"]),
        error: error_of(fields),
    }
}

/// Somebody with this address. Without a telephone number it holds the user
/// id.
pub fn person(fields: &Form, address: &str) -> Person {
    let id = address.strip_prefix(CHANNEL).unwrap_or(address);
    let digits = id.strip_prefix('+').filter(|digits| is_digits(digits));
    let bare = |name: &str| fields.word(&[name]).map(|id| id.strip_prefix(CHANNEL).unwrap_or(&id).to_owned());
    let is_user = digits.is_none() && id.contains('.');
    Person {
        address: address.to_owned(),
        wa_id: digits.map(str::to_owned),
        user_id: bare("ExternalUserId").or_else(|| is_user.then(|| id.to_owned())),
        parent_user_id: bare("ParentExternalUserId"),
        name: None,
        username: None,
    }
}

/// Whether a text is digits alone.
pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Why a message failed. A zero stands for no error.
pub fn error_of(fields: &Form) -> Option<ProviderError> {
    let code = fields.word(&["ErrorCode", "SmsErrorCode"]).filter(|code| code != "0");
    let text = ["ErrorMessage", "ChannelStatusMessage"].iter().find_map(|name| fields.text(name));
    code.is_some().then_some(ProviderError { code, text })
}
