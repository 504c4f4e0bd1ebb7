//! Whether an account is fit to send.

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
    /// What: `credentials`, `token`, `account`, `sender`, `templates`,
    /// `database`, `schema`, `durability`, ..
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

impl CheckItem {
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
