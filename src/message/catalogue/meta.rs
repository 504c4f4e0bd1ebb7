//! Meta's codes, in ascending order; ranges of codes that mean one thing; and
//! subcodes, where they tell more than their code.
//!
//! Meta reports many failures by webhook although the request was accepted:
//! 131026, 131042, 131047, 131048, 131049, 130472, and 131053 of links.

use super::Class::{Account, Credentials, Limit, Permanent, Recipient, Sender, Template, Temporary, Window};
use super::Entry;
use super::RetryRule::{Later, Never, Once, Soon};
use super::entry::entry;

const TOKEN: &str = "Make a new token of a system user in Meta's Business settings, with the permissions whatsapp_business_messaging and whatsapp_business_management, and give it as meta.access_token or by wa_update.";
const PERMISSION: &str = "The token lacks the permission whatsapp_business_messaging (messages, media) or whatsapp_business_management (templates, numbers, profile), or its system user has not been assigned this WhatsApp account. Give both in Meta's Business settings and make a new token.";
const ACCOUNT: &str = "Open WhatsApp Manager and Meta's Business Support Home: they show why the account is restricted and how to appeal.";
const PAYMENT: &str = "Look at the payment settings of the WhatsApp Business account in WhatsApp Manager: a method of payment is missing, has expired, or was declined.";
const NUMBER: &str =
    "Check the recipient's number: a plus, the country code, and the number as WhatsApp knows it.";
const SENDER: &str = "Check meta.phone_number_id and meta.senders in the settings: ids of numbers, as wa_number_list shows them, not the numbers themselves.";
const REGISTER: &str = "Register the number with wa_number_register and its PIN; wa_check shows how it is.";
const PIN: &str = "Try again later, not at once: every further try makes the wait longer. Set another PIN with wa_number_set_pin or in WhatsApp Manager where it is forgotten.";
const CODE: &str =
    "Request a new code with wa_number_request_code, after some minutes; and give the newest one.";
const MEDIA: &str = "Check the media: a public link without a login and with the right Content-Type, or an upload of a type that WhatsApp takes; image 5 MB, audio and video 16 MB, document 100 MB, sticker 500 KB at most.";
const TEMPLATE: &str = "Look at the template in WhatsApp Manager or with wa_template_get: it must exist, be approved, and have the language that is asked for.";
const VARIABLES: &str = "Give exactly the template's variables, header and buttons as wa_template_get shows them; every value is text that is not empty, without line breaks, tabs, or more than four blanks in a row.";
const FLOW: &str =
    "Look at the flow in WhatsApp Manager: it must be published, healthy, and of this account.";
const FAULT: &str = "The fault is on Meta's side; try again later, and look at metastatus.com/whatsapp-business-api if it stays.";
const REQUEST: &str = "Compare the message with its kind's keys in the documentation. If they are right, please report it with the log around it.";
const WAIT: &str =
    "Wait, then send more slowly: lower pacing.messages_per_second. Other programs may use the same limit.";
const MANAGE: &str = "Wait an hour, and ask less often for templates, numbers and the profile.";
const GROUP: &str = "This is about groups, which this library does not send to.";
const CALL: &str = "This is about calls, which this library does not make.";
const USERNAME: &str = "This is about names of users, which this library does not set.";
const ONBOARDING: &str =
    "Look at the account's set-up in WhatsApp Manager; ask Meta's support if it shows nothing.";

/// Meta's codes, in ascending order, each once: a table, one line for each.
#[rustfmt::skip]
pub static META: &[Entry] = &[
    entry(0, Credentials, Never, "Meta could not tell who logs in: the token may have expired, or was taken back.", TOKEN),
    entry(1, Temporary, Once, "Meta failed for a reason that it does not know; often the request is at fault.", REQUEST),
    entry(2, Temporary, Soon, "Meta is down or overloaded for now.", FAULT),
    entry(3, Credentials, Never, "The app may not use this function of Meta's.", PERMISSION),
    entry(4, Limit, Later, "The app makes more calls than Meta allows.", WAIT),
    entry(10, Credentials, Never, "The permission for this was not given, or was taken back.", PERMISSION),
    entry(17, Limit, Later, "The token's user makes more calls than Meta allows.", WAIT),
    entry(33, Sender, Never, "The business's number was deleted, or is not known.", SENDER),
    entry(100, Permanent, Never, "The request has a parameter that Meta does not take.", REQUEST),
    entry(102, Credentials, Never, "The token's session is over.", TOKEN),
    entry(104, Credentials, Never, "Meta got no token.", TOKEN),
    entry(190, Credentials, Never, "The access token has expired, or is not valid.", TOKEN),
    entry(341, Limit, Later, "The app reached a limit of Meta's.", WAIT),
    entry(368, Account, Never, "Meta has blocked the account for now, because it broke a policy.", ACCOUNT),
    entry(506, Permanent, Never, "Meta takes this for a repetition of a request before it.", "Look whether the message arrived before sending it again."),
    entry(613, Limit, Later, "More calls were made than Meta allows.", WAIT),
    entry(803, Sender, Never, "What the request names does not exist at Meta.", SENDER),
    entry(80007, Limit, Later, "The WhatsApp Business account reached its limit of calls.", WAIT),
    entry(80008, Limit, Later, "The WhatsApp Business account reached its limit of calls about templates.", MANAGE),
    entry(130429, Temporary, Soon, "The number sends faster than WhatsApp takes messages.", WAIT),
    entry(130472, Recipient, Never, "Meta does not deliver marketing to this recipient, who is part of an experiment.", "Reach this person in another way; do not send it again. Meta does not charge for it."),
    entry(130497, Recipient, Never, "The business may not write to people in the recipient's country.", "Look at Meta's policy for the business's industry and country."),
    entry(131000, Temporary, Soon, "Meta failed without giving a reason.", "Usually one of two: the recipient has not written within 24 hours and was sent free text, so send an approved template first; or the sender is a test number and the recipient is not one of its five numbers, so add it in the app's API Setup. Else the fault is Meta's: try again later."),
    entry(131001, Permanent, Never, "Meta refused the message (a code of old versions).", REQUEST),
    entry(131002, Permanent, Never, "Meta refused the message (a code of old versions).", REQUEST),
    entry(131005, Credentials, Never, "Access is denied: the permission was not given, or was taken back.", PERMISSION),
    entry(131006, Permanent, Never, "Meta did not find what the message names (a code of old versions).", REQUEST),
    entry(131008, Permanent, Never, "The request lacks a parameter.", REQUEST),
    entry(131009, Permanent, Never, "A value in the request is not valid.", "Check the value that Meta names. An id of media lives 30 days, and belongs to the number that it was uploaded for."),
    entry(131016, Temporary, Soon, "WhatsApp is not available for now.", FAULT),
    entry(131020, Permanent, Never, "The group is not valid.", GROUP),
    entry(131021, Recipient, Never, "Sender and recipient are the same number.", NUMBER),
    entry(131026, Recipient, Never, "The message cannot be delivered: the recipient is not on WhatsApp, has not accepted its newest terms, uses an old app, or has blocked the business.", "Check the number. Meta does not tell which of these it is; ask the recipient in another way to update WhatsApp and to write to the business. This usually comes some time after the message was accepted."),
    entry(131030, Recipient, Never, "The sender is a test number, and the recipient is not one of the at most five numbers that it may write to.", "Add the recipient in the app's dashboard under WhatsApp, API Setup, and confirm the code that they get; or send from a real number."),
    entry(131031, Account, Never, "The WhatsApp Business account is locked, or the data given did not match it, such as the PIN.", ACCOUNT),
    entry(131037, Account, Never, "The number's display name has not been approved.", "Have the display name approved in WhatsApp Manager."),
    entry(131041, Permanent, Never, "Meta refused the message to a group.", GROUP),
    entry(131042, Account, Never, "Meta could not charge for the message: there is a problem with the payment.", PAYMENT),
    entry(131043, Permanent, Never, "The message expired before it was delivered (a code of old versions).", "Send it again if it is still wanted."),
    entry(131044, Account, Never, "There is a problem with the payment.", PAYMENT),
    entry(131045, Sender, Never, "The number is not registered rightly: its certificate is missing or wrong.", REGISTER),
    entry(131047, Window, Never, "More than 24 hours have passed since the recipient last wrote; free text is not delivered then.", "Send a template first: wa_send_template with an approved template. A template of the settings travels as free text and does not count. This usually comes some time after the message was accepted."),
    entry(131048, Limit, Never, "WhatsApp holds the number's messages for unwanted: people blocked or reported it.", "Look at the number's quality in WhatsApp Manager; send less, and only to people who want it. The limit lasts hours to days."),
    entry(131049, Limit, Never, "Meta chose not to deliver this marketing message, because the recipient gets many.", "Wait at least 24 hours before sending marketing to this person again; sending it sooner fails again. This usually comes some time after the message was accepted."),
    entry(131050, Recipient, Never, "The recipient has stopped marketing messages of this business.", "Send this person no more marketing. Utility templates and answers are still delivered."),
    entry(131051, Permanent, Never, "Meta does not know this kind of message.", REQUEST),
    entry(131052, Temporary, Once, "Meta could not fetch the media.", MEDIA),
    entry(131053, Permanent, Never, "Meta could not take the media, often because of its type.", MEDIA),
    entry(131055, Permanent, Never, "This method is not allowed.", REQUEST),
    entry(131056, Limit, Later, "Too many messages went from this number to this recipient in a short time.", "Send one person at most one message in six seconds on average; other programs may write to this person too. The library waits longer with every attempt."),
    entry(131057, Temporary, Soon, "The account is in maintenance, perhaps because its throughput is being raised.", "It takes about a minute; the library tries again."),
    entry(131059, Permanent, Never, "Meta refused the message to a group.", GROUP),
    entry(131062, Permanent, Never, "This message cannot be sent to a business-scoped user id.", "Give the recipient's number."),
    entry(131063, Template, Never, "Marketing templates are disabled for this account on the Cloud API.", "Look at the account's settings for marketing messages in WhatsApp Manager."),
    entry(131064, Account, Never, "The account's limit was lowered, because templates had the wrong category.", "Look at the templates' categories in WhatsApp Manager, and at what Meta wrote to the account."),
    entry(132000, Template, Never, "The number of variables is not the template's.", VARIABLES),
    entry(132001, Template, Never, "The template does not exist in this language, or is not approved.", TEMPLATE),
    entry(132005, Template, Never, "The template's text is too long with these variables.", "Shorten the values: 1024 characters are the most for the text, 60 for the header."),
    entry(132007, Template, Never, "The template breaks a rule of WhatsApp about its form or its content.", VARIABLES),
    entry(132008, Template, Never, "The value of a variable is not valid.", VARIABLES),
    entry(132012, Template, Never, "A variable, the header or a button is not of the kind that the template has.", VARIABLES),
    entry(132015, Template, Never, "WhatsApp paused the template because of its quality.", "Use another template, or improve this one in WhatsApp Manager; a first pause lasts three hours."),
    entry(132016, Template, Never, "WhatsApp disabled the template for good, because of its quality.", "Make a new template with another content."),
    entry(132018, Template, Never, "There is a problem with the template's variables.", VARIABLES),
    entry(132068, Template, Never, "The flow is blocked.", FLOW),
    entry(132069, Limit, Later, "The flow is throttled: it was sent ten times within the last hour.", FLOW),
    entry(133000, Sender, Never, "An earlier deregistration of the number did not end.", "Call wa_number_deregister again, then wa_number_register."),
    entry(133001, Sender, Never, "The number could not be registered (a code of old versions).", REGISTER),
    entry(133002, Sender, Never, "The number could not be registered (a code of old versions).", REGISTER),
    entry(133003, Sender, Never, "The number could not be registered (a code of old versions).", REGISTER),
    entry(133004, Temporary, Soon, "Meta's server for registrations is not available for now.", FAULT),
    entry(133005, Sender, Never, "The PIN of the two-step verification is wrong.", "Give the right PIN. It can be changed with wa_number_set_pin or in WhatsApp Manager; do not guess it: a few wrong ones lock the number for hours."),
    entry(133006, Sender, Never, "The number must be verified before it can be registered.", "Call wa_number_request_code, then wa_number_verify_code, then wa_number_register."),
    entry(133007, Sender, Never, "The number could not be registered (a code of old versions).", REGISTER),
    entry(133008, Sender, Never, "The PIN was guessed wrongly too many times; the number is locked for a while.", PIN),
    entry(133009, Sender, Never, "The PIN was entered again too fast.", "Wait some minutes before giving the PIN again."),
    entry(133010, Sender, Never, "The number is not registered for the Cloud API.", REGISTER),
    entry(133015, Limit, Later, "The number was deleted a moment ago, and Meta has not finished with it.", "Wait five minutes, then register the number again."),
    entry(133016, Limit, Never, "The number was registered and deregistered too many times.", "Wait: the limit counts the calls of the last 72 hours."),
    entry(134011, Account, Never, "WhatsApp's terms for payments have not been accepted.", PAYMENT),
    entry(134100, Template, Never, "Only marketing templates can be sent in this way.", TEMPLATE),
    entry(134101, Temporary, Soon, "The template is still being made ready, which takes up to ten minutes.", "Wait ten minutes after a template was made or changed."),
    entry(134102, Template, Never, "The template cannot be used.", TEMPLATE),
    entry(135000, Permanent, Never, "Meta refused the message without a reason; often a parameter is at fault.", REQUEST),
    entry(136025, Sender, Never, "The verification code could not be requested, or is wrong.", CODE),
    entry(137000, Permanent, Never, "The recipient's identity has changed: the key that was given is not theirs.", "Check with the recipient who they are, then send it again."),
    entry(139100, Permanent, Never, "Some of the users could not be blocked or unblocked.", "This is about blocking users, which this library does not do."),
    entry(139101, Permanent, Never, "The list of blocked users is full.", "This is about blocking users, which this library does not do."),
    entry(139102, Permanent, Never, "The list of blocked users was changed by somebody else.", "This is about blocking users, which this library does not do."),
    entry(139103, Permanent, Never, "The users could not be blocked or unblocked.", "This is about blocking users, which this library does not do."),
    entry(1752041, Permanent, Never, "The set-up of this account was asked for twice.", ONBOARDING),
    entry(2494100, Temporary, Soon, "The number is in maintenance, perhaps because it is being moved.", "Try again in some minutes."),
];

/// Ranges of codes that mean one thing, from their first to their last.
#[rustfmt::skip]
pub static META_RANGES: &[(Entry, u32)] = &[
    (entry(200, Credentials, Never, "A permission was not given, or was taken back.", PERMISSION), 299),
    (entry(131_201, Permanent, Never, "Meta refused a call about a group.", GROUP), 131_215),
    (entry(138_000, Permanent, Never, "Meta refused a call by voice.", CALL), 138_018),
    (entry(139_000, Permanent, Never, "The flow cannot be sent.", FLOW), 139_004),
    (entry(147_001, Permanent, Never, "Meta refused a call about the name of a user.", USERNAME), 147_005),
    (entry(2_388_000, Permanent, Never, "Meta does not take the template's definition, or the change of the number.", "Compare the definition with what Meta says: names, samples of the variables, lengths, and how often a template may be changed."), 2_388_999),
    (entry(2_593_000, Permanent, Never, "Meta refused the set-up or the move of the account.", ONBOARDING), 2_593_999),
];

/// What a subcode tells beyond its code; the entry's code is the code's.
#[rustfmt::skip]
pub static META_SUBCODES: &[(Entry, u32)] = &[
    (entry(100, Sender, Never, "What the request names does not exist at Meta, or this token may not see it.", "Check meta.phone_number_id, meta.senders and meta.business_account_id in the settings, and that the token's system user has been assigned this WhatsApp account. An id of media belongs to the number that it was uploaded for."), 33),
    (entry(190, Credentials, Never, "The access token is not valid any more: the app was removed from its user.", TOKEN), 458),
    (entry(190, Credentials, Never, "The access token does not work: its user must log in at Facebook first, to confirm who they are.", "Log in at facebook.com as the token's user and follow what is shown; better, use the token of a system user."), 459),
    (entry(190, Credentials, Never, "The access token is not valid any more: its user's password was changed.", TOKEN), 460),
    (entry(190, Credentials, Never, "The access token has expired.", "Temporary tokens live for hours only. Make a token of a system user that never expires, in Meta's Business settings, and give it as meta.access_token or by wa_update."), 463),
    (entry(190, Credentials, Never, "The access token does not work: its user's account is not confirmed.", TOKEN), 464),
    (entry(190, Credentials, Never, "The access token was invalidated.", TOKEN), 467),
];

/// Whether Meta's own words say which part of the request is at fault.
pub fn says_more(code: u32) -> bool {
    matches!(code, 1 | 100 | 131_008 | 131_009 | 132_000..=132_012 | 132_018 | 135_000 | 139_000..=139_004)
        || (2_388_000..=2_388_999).contains(&code)
        || (2_593_000..=2_593_999).contains(&code)
}

/// What is known of a code with its subcode.
pub fn lookup(code: u32, subcode: Option<u32>) -> Option<&'static Entry> {
    let in_range = |code: u32| {
        META_RANGES.iter().find(|(first, last)| (first.code..=*last).contains(&code)).map(|(entry, _)| entry)
    };
    if let Some(subcode) = subcode {
        let exact = META_SUBCODES.iter().find(|(entry, of)| entry.code == code && *of == subcode);
        // Templates' faults come as subcodes of 100.
        let broad = || in_range(subcode).filter(|entry| entry.code >= 2_000_000);
        if let Some(found) = exact.map(|(entry, _)| entry).or_else(broad) {
            return Some(found);
        }
    }
    let at = META.binary_search_by_key(&code, |entry| entry.code);
    at.ok().and_then(|at| META.get(at)).or_else(|| in_range(code))
}
