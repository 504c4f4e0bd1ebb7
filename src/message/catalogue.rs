//! The error catalogue: what a provider's code means, what is done about it,
//! and what the user is told. One table, for synchronous answers and for
//! reports by webhook alike.

mod entry;
mod meta;
mod twilio;

pub use twilio::TWILIO;

use super::{Class, Error, ProviderName};
use serde::Serialize;

/// One code of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The provider's code; 0 where only the HTTP status is known.
    pub code: u32,
    /// What it means for the road.
    pub class: Class,
    /// Whether another attempt may follow a synchronous answer.
    pub retry: RetryRule,
    /// What happened, in a plain sentence.
    pub meaning: &'static str,
    /// What to do about it.
    pub hint: &'static str,
}

/// Whether another attempt may follow. It holds for synchronous answers: what
/// a webhook reports as failed is never sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryRule {
    /// Nothing follows: it would fail again, or might be sent twice.
    Never,
    /// After the settings' wait.
    Soon,
    /// After the settings' wait, and not after the second attempt.
    Once,
    /// After a long wait.
    Later,
}

impl RetryRule {
    /// Whether another attempt may follow this one, which is 1 for the first.
    pub fn allows_another_after(self, attempt: i32) -> bool {
        match self {
            RetryRule::Never => false,
            RetryRule::Soon | RetryRule::Later => true,
            RetryRule::Once => attempt <= 1,
        }
    }
}

/// The four texts that the history has always shown. A troubleshooting table
/// finds an error by the beginning of its text, so the wording never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseText {
    /// The credentials are at fault.
    BadCredentials,
    /// The recipient is at fault.
    BadRecipient,
    /// Trying again does not help.
    NonRetryable,
    /// It may work later; all attempts were used.
    SendFailedRetriesExhausted,
}

impl ResponseText {
    /// The text of a class.
    pub fn of(class: Class) -> ResponseText {
        match class {
            Class::Credentials => ResponseText::BadCredentials,
            Class::Recipient => ResponseText::BadRecipient,
            Class::Temporary | Class::Limit => ResponseText::SendFailedRetriesExhausted,
            Class::Account | Class::Sender | Class::Window | Class::Template | Class::Permanent => {
                ResponseText::NonRetryable
            }
        }
    }

    /// The text for a message of this provider.
    pub fn text_of(self, provider: ProviderName) -> &'static str {
        match self {
            ResponseText::BadCredentials if provider == ProviderName::Meta => {
                "Please enter valid WhatsApp Business credentials."
            }
            other => other.text(),
        }
    }

    /// The connector's own wording.
    pub fn text(self) -> &'static str {
        match self {
            ResponseText::BadCredentials => "Please enter valid Twilio credentials.",
            ResponseText::BadRecipient => "Please enter a valid WhatsApp enabled number.",
            ResponseText::NonRetryable => "Non-retryable error: Please contact your administrator.",
            ResponseText::SendFailedRetriesExhausted => "Failed to send message. Please try again later.",
        }
    }
}

/// What is known of a provider's error.
#[derive(Debug, Clone, Copy, Default)]
pub struct Report<'a> {
    /// The provider's code.
    pub code: Option<u32>,
    /// What the provider gives beside the code to tell it apart.
    pub subcode: Option<u32>,
    /// HTTP status, where there was an answer.
    pub http_status: Option<u16>,
    /// What the provider said, shown only for a code that is not in the
    /// table, or that says nothing without it. Whoever gives it has made sure
    /// that it holds no secret.
    pub said: Option<&'a str>,
    /// The number of the attempt; 0 for a report by webhook.
    pub attempt: i32,
    /// The provider says that it will pass. Believed of a code that is not in
    /// the table.
    pub transient: bool,
}

/// What the catalogue makes of an error.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What it means for the road.
    pub class: Class,
    /// Whether another attempt may follow.
    pub retry: bool,
    /// The error for the host.
    pub error: Box<Error>,
}

/// One row of the documentation's table.
#[cfg(test)]
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Whose code it is.
    pub provider: ProviderName,
    /// The provider's code, with its subcode, or a range of codes.
    pub code: String,
    /// Its class.
    pub class: Class,
    /// Whether it is tried again.
    pub retry: RetryRule,
    /// Name of the status.
    pub status: &'static str,
    /// What the response begins with.
    pub response: &'static str,
    /// What happened.
    pub meaning: &'static str,
    /// What to do about it.
    pub hint: &'static str,
}

/// What the tables say of a provider's code.
pub fn lookup(provider: ProviderName, code: u32, subcode: Option<u32>) -> Option<&'static Entry> {
    match provider {
        ProviderName::Twilio => {
            let at = TWILIO.binary_search_by_key(&code, |entry| entry.code).ok()?;
            TWILIO.get(at)
        }
        ProviderName::Meta => meta::lookup(code, subcode),
    }
}

/// What an HTTP status says where there is no code, or one that is not in the
/// table.
pub fn by_http_status(status: u16) -> Entry {
    let (class, retry, meaning, hint) = match status {
        401 => (
            Class::Credentials,
            RetryRule::Never,
            "The provider does not accept the credentials.",
            "Check the account and its token in the settings.",
        ),
        403 => (
            Class::Account,
            RetryRule::Never,
            "The provider forbids this to the account.",
            "Check the account's rights and its state at the provider.",
        ),
        404 => (
            Class::Sender,
            RetryRule::Never,
            "The provider does not know the account or the address.",
            "Check the account's id in the settings, and base_url if there is one.",
        ),
        408 => (
            Class::Temporary,
            RetryRule::Soon,
            "The provider did not get the request in time.",
            "Check the network between this machine and the provider.",
        ),
        429 => (
            Class::Temporary,
            RetryRule::Soon,
            "The provider got too many requests.",
            "Lower http.max_in_flight or pacing.messages_per_second.",
        ),
        300..=399 => (
            Class::Permanent,
            RetryRule::Never,
            "The provider's address redirects elsewhere, and credentials are not sent there.",
            "Check base_url and the proxy in the settings.",
        ),
        500.. => (
            Class::Temporary,
            RetryRule::Soon,
            "The provider failed.",
            "The fault is on the provider's side; try again later.",
        ),
        _ => (
            Class::Permanent,
            RetryRule::Never,
            "The provider refused the message.",
            "Look at the provider's code and at the log around it.",
        ),
    };
    Entry { code: 0, class, retry, meaning, hint }
}

/// What a report by webhook of an unknown code says: for good.
const UNKNOWN_REPORT: Entry = Entry {
    code: 0,
    class: Class::Permanent,
    retry: RetryRule::Never,
    meaning: "The provider reports a failure that this version does not know.",
    hint: "Look the provider's code up in its documentation.",
};

/// What a code that is not in the table says, where the provider adds that it
/// will pass.
const TRANSIENT: Entry = Entry {
    code: 0,
    class: Class::Temporary,
    retry: RetryRule::Soon,
    meaning: "The provider failed for now.",
    hint: "The fault is on the provider's side; try again later.",
};

/// What is done about an error, and what the host is told.
pub fn judge(provider: ProviderName, report: Report) -> Verdict {
    let known = report.code.and_then(|code| lookup(provider, code, report.subcode)).copied();
    let entry = known
        .or_else(|| report.transient.then_some(TRANSIENT))
        .or_else(|| report.http_status.map(by_http_status))
        .unwrap_or(UNKNOWN_REPORT);
    // A fault that is tried again once, and comes again, is one for good.
    let class = if entry.retry == RetryRule::Once && !entry.retry.allows_another_after(report.attempt) {
        Class::Permanent
    } else {
        entry.class
    };
    let mut message = with_meaning(ResponseText::of(class).text_of(provider), entry.meaning);
    let says_more = provider == ProviderName::Meta && report.code.is_some_and(meta::says_more);
    if (known.is_none() || says_more)
        && let Some(said) = report.said.map(clipped).filter(|said| !said.is_empty())
    {
        message.push_str(" It says: \"");
        message.push_str(&said);
        message.push('"');
    }
    let mut error = Error::new(class.status(), message).hint(entry.hint);
    error.retryable = class.retried();
    error.class = Some(class);
    error.provider_code = report.code.map(|code| code.to_string());
    error.http_status = report.http_status;
    let retry = report.attempt > 0 && entry.retry.allows_another_after(report.attempt);
    Verdict { class, retry, error }
}

/// The text for the history: the connector's own, then what happened.
pub fn response(class: Class, meaning: &str) -> String {
    with_meaning(ResponseText::of(class).text(), meaning)
}

fn with_meaning(text: &str, meaning: &str) -> String {
    let mut response = String::with_capacity(text.len() + 1 + meaning.len());
    response.push_str(text);
    if !meaning.is_empty() {
        response.push(' ');
        response.push_str(meaning);
    }
    response
}

/// The most that is shown of what a provider says, in characters.
const MOST_SAID: usize = 300;

/// Text from outside, on one line and not long.
pub fn clipped(text: &str) -> String {
    let visible = |c: char| if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c };
    let mut short: String = text.trim().chars().take(MOST_SAID).map(visible).collect();
    if text.trim().chars().nth(MOST_SAID).is_some() {
        short.push('…');
    }
    short
}

/// The whole tables, for the documentation.
#[cfg(test)]
pub fn rows() -> impl Iterator<Item = Row> {
    let row = |provider: ProviderName, code: String, entry: &Entry| Row {
        provider,
        code,
        class: entry.class,
        retry: entry.retry,
        status: entry.class.status().name(),
        response: ResponseText::of(entry.class).text_of(provider),
        meaning: entry.meaning,
        hint: entry.hint,
    };
    let twilio = TWILIO.iter().map(move |entry| row(ProviderName::Twilio, entry.code.to_string(), entry));
    let mut meta: Vec<((u32, u32), Row)> = Vec::new();
    for entry in meta::META {
        meta.push(((entry.code, 0), row(ProviderName::Meta, entry.code.to_string(), entry)));
    }
    for (entry, last) in meta::META_RANGES {
        meta.push(((entry.code, 0), row(ProviderName::Meta, format!("{} to {last}", entry.code), entry)));
    }
    for (entry, subcode) in meta::META_SUBCODES {
        let code = format!("{}, subcode {subcode}", entry.code);
        meta.push(((entry.code, *subcode), row(ProviderName::Meta, code, entry)));
    }
    meta.sort_by_key(|(place, _)| *place);
    twilio.chain(meta.into_iter().map(|(_, row)| row))
}

#[cfg(test)]
mod tests;
