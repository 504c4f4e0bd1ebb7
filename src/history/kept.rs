//! Which texts the history keeps, and what stands where one is gone.

use super::outcome::outcome_of;
use super::record::MessageRow;
use serde::{Deserialize, Serialize};

/// Which texts are kept once a message has ended. Until then each is kept: it
/// is needed to send the message after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kept {
    /// All of them.
    Full,
    /// All but those of the category `authentication`: one-time codes.
    #[default]
    Masked,
    /// None.
    None,
}

/// The category of one-time codes, as WhatsApp names it.
const AUTHENTICATION: &str = "authentication";

impl Kept {
    /// Whether the text of a message goes once it has ended.
    pub fn hides(self, message: &MessageRow) -> bool {
        match self {
            Kept::Full => false,
            Kept::Masked => is_code(message),
            Kept::None => true,
        }
    }

    /// Whether the text of this message goes now.
    pub fn hides_now(self, message: &MessageRow) -> bool {
        self.hides(message) && outcome_of(message).r#final
    }

    /// Takes the text out of a message that is recorded at its end.
    pub fn hide(self, message: &mut MessageRow) {
        if self.hides_now(message) {
            message.body = NO_TEXT.to_owned();
            message.content = Removed::Masked.content();
        }
    }
}

/// Whether it is a one-time code: the host says so, or it is a template that
/// takes one.
fn is_code(message: &MessageRow) -> bool {
    #[derive(Deserialize)]
    struct Template {
        code: Option<serde::de::IgnoredAny>,
    }
    let named =
        message.category.as_deref().is_some_and(|word| word.trim().eq_ignore_ascii_case(AUTHENTICATION));
    let has_code = || {
        message.kind == "template"
            && serde_json::from_str::<Template>(&message.content)
                .is_ok_and(|template| template.code.is_some())
    };
    named || has_code()
}

/// What stands where a text was.
pub const NO_TEXT: &str = "***";

/// What `content` is like where a text is gone, for LIKE in SQL. A brace in a
/// statement is for ODBC the beginning of something else: `_` stands for it.
pub const IS_REMOVED: &str = r#"_"removed":%"#;
/// The same of a text that was erased.
pub const IS_ERASED: &str = r#"_"removed":"erased"%"#;

/// Why a text is gone. The column `content` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Removed {
    /// The settings do not keep it.
    Masked,
    /// It was erased.
    Erased,
}

/// What the column `content` begins with where the text is gone.
const MARK: &str = r#"{"removed""#;

#[derive(Serialize, Deserialize)]
struct Mark {
    removed: Removed,
}

impl Removed {
    /// What the column `content` holds then.
    pub fn content(self) -> String {
        // Serialising plain data into text cannot fail.
        serde_json::to_string(&Mark { removed: self }).unwrap_or_default()
    }

    /// Why a message has no text; none where it has one.
    pub fn of(message: &MessageRow) -> Option<Removed> {
        let marked = message.content.starts_with(MARK);
        marked.then(|| serde_json::from_str::<Mark>(&message.content).ok()).flatten().map(|mark| mark.removed)
    }
}
