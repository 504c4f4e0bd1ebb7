//! Whether an account is fit to send.

use crate::message::catalogue::ResponseText;
use crate::message::{Error, ProviderName};
use serde::Serialize;

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckReport {
    /// Nothing stands in the way of sending.
    pub ok: bool,
    /// What was looked at, in the order of the road.
    pub items: Vec<CheckItem>,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckItem {
    /// What: `credentials`, `token`, `permissions`, `app`, `account`,
    /// `sender`, `test_number`, `quality`, `name`, `limits`,
    /// `messaging_service`, `provider`, `database`, `schema`, `durability`,
    /// `journal`, and at last `sending`.
    pub item: &'static str,
    /// How it is.
    pub verdict: Verdict,
    /// How it is, in plain words.
    pub text: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and may trouble somebody.
    Warning,
    /// Nothing can be sent.
    Error,
    /// It could not be found out.
    NotChecked,
}

impl CheckReport {
    /// A report of what was looked at.
    pub fn of(items: Vec<CheckItem>) -> CheckReport {
        CheckReport { ok: items.iter().all(|item| item.verdict != Verdict::Error), items }
    }

    /// The same with the last word: may a message be sent?
    #[must_use]
    pub fn concluded(mut self) -> CheckReport {
        let has = |verdict: Verdict| self.items.iter().any(|item| item.verdict == verdict);
        let last = |verdict, text: &str| CheckItem::new("sending", verdict, text);
        let word = if !self.ok {
            last(Verdict::Error, "Messages cannot be sent as things are.")
                .hint("Mend what is told as an error, and check again.")
        } else if has(Verdict::NotChecked) {
            last(Verdict::Ok, "Messages can be sent, as far as could be looked at.")
        } else if has(Verdict::Warning) {
            last(Verdict::Ok, "Messages can be sent; look at the warnings.")
        } else {
            last(Verdict::Ok, "Messages can be sent.")
        };
        self.items.push(word);
        self
    }
}

impl CheckItem {
    /// What an error says of an item.
    pub fn failed(item: &'static str, error: &Error) -> CheckItem {
        CheckItem { item, verdict: Verdict::Error, text: meaning(error).to_owned(), hint: error.hint.clone() }
    }

    /// An item without a hint.
    pub fn new(item: &'static str, verdict: Verdict, text: impl Into<String>) -> CheckItem {
        CheckItem { item, verdict, text: text.into(), hint: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> CheckItem {
        self.hint = Some(hint.into());
        self
    }
}

/// What an error says, without the words with which the history's responses
/// begin: nothing was sent here.
pub fn meaning(error: &Error) -> &str {
    let of_class = error.class.map(ResponseText::of);
    let begin = of_class.into_iter().flat_map(|text| ProviderName::ALL.map(|name| text.text_of(name)));
    begin
        .filter_map(|begin| error.message.strip_prefix(begin))
        .map(str::trim_start)
        .find(|rest| !rest.is_empty())
        .unwrap_or(&error.message)
}

/// The same error, saying only that.
pub fn without_response(mut error: Box<Error>) -> Box<Error> {
    error.message = meaning(&error).to_owned();
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Class, Status};

    #[test]
    fn an_item_says_what_happened_only() {
        for (class, message, text) in [
            (Some(Class::Credentials), "Please enter valid Twilio credentials. No.", "No."),
            (Some(Class::Credentials), "Please enter valid WhatsApp Business credentials. No.", "No."),
            (Some(Class::Permanent), "Non-retryable error: Please contact your administrator. No.", "No."),
            (Some(Class::Temporary), "Failed to send message. Please try again later. No.", "No."),
            (Some(Class::Permanent), "No.", "No."),
            (None, "No.", "No."),
        ] {
            let mut error = Error::new(Status::Rejected, message);
            error.class = class;
            assert_eq!(CheckItem::failed("account", &error).text, text);
        }
    }

    #[test]
    fn the_last_word_follows_the_worst_item() {
        for (verdicts, ok, words) in [
            (&[Verdict::Ok][..], true, "Messages can be sent."),
            (&[Verdict::Ok, Verdict::Warning], true, "look at the warnings"),
            (&[Verdict::Warning, Verdict::NotChecked], true, "as far as"),
            (&[Verdict::Error, Verdict::NotChecked], false, "cannot be sent"),
        ] {
            let items = verdicts.iter().map(|verdict| CheckItem::new("token", *verdict, "x")).collect();
            let report = CheckReport::of(items).concluded();
            let last = report.items.last().unwrap();
            assert_eq!((report.ok, last.item), (ok, "sending"));
            assert_eq!(last.verdict == Verdict::Ok, ok);
            assert!(last.text.contains(words), "{last:?}");
        }
    }
}
