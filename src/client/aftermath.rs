//! What is to be said of a call to the provider that was broken off.

use super::calls::End;
use crate::message::{Error, Status};
use crate::provider::action::Action;

/// What the caller is told, by what the call was to do.
pub struct Aftermath {
    /// What may have happened.
    text: &'static str,
    /// What to do about it.
    hint: &'static str,
    /// The same call again does no harm.
    repeatable: bool,
}

impl Aftermath {
    pub fn of(action: &Action) -> Aftermath {
        let (text, hint, repeatable) = match action {
            Action::MediaUrl(_)
            | Action::ListTemplates(_)
            | Action::GetTemplate { .. }
            | Action::ListNumbers { .. }
            | Action::GetNumber
            | Action::GetProfile
            | Action::Check => ("Nothing was changed.", "Call it again, with a longer timeout_ms.", true),
            Action::DownloadMedia(_) => (
                "No file was left behind, unless it was just being given its name: then it is there, whole.",
                "Call it again, with a longer timeout_ms.",
                true,
            ),
            Action::UploadMedia(_) => (
                "The media may be at the provider; it deletes what nobody uses.",
                "Call it again, with a longer timeout_ms.",
                true,
            ),
            Action::MarkRead { .. } => {
                ("The message may be marked as read.", "Calling it again does no harm.", true)
            }
            Action::DeleteMedia(_) => ("The media may be deleted.", "Calling it again does no harm.", true),
            Action::UpdateProfile(_) | Action::SetPicture(_) => (
                "It is not known whether the profile was changed.",
                "wa_profile_get shows it; calling it again does no harm.",
                true,
            ),
            Action::CreateTemplate(_) => (
                "It is not known whether the template was made.",
                "Make it again only if wa_template_list does not show it.",
                false,
            ),
            Action::EditTemplate { .. } => (
                "It is not known whether the template was changed.",
                "wa_template_get with refresh shows it.",
                false,
            ),
            Action::DeleteTemplate(_) => {
                ("It is not known whether the template was deleted.", "wa_template_list shows it.", false)
            }
            Action::SubmitTemplate(_) => (
                "It is not known whether the template was submitted.",
                "wa_template_get with refresh shows it.",
                false,
            ),
            Action::AddNumber(_) => {
                ("It is not known whether the number was added.", "wa_number_list shows it.", false)
            }
            Action::RequestCode(_) => (
                "A code may be on its way.",
                "Wait for it before you ask for another: WhatsApp limits how many it sends.",
                false,
            ),
            Action::VerifyCode(_) => {
                ("It is not known whether the number was verified.", "wa_number_get shows it.", false)
            }
            Action::Register(_) | Action::Deregister => {
                ("It is not known whether the registration changed.", "wa_number_get shows it.", false)
            }
            Action::SetPin(_) => ("It is not known which PIN holds.", "Set it again.", false),
        };
        Aftermath { text, hint, repeatable }
    }

    /// Of work on the history.
    pub fn of_history(text: &'static str, hint: &'static str) -> Aftermath {
        Aftermath { text, hint, repeatable: true }
    }

    pub fn error(&self, function: &str, why: &End) -> Box<Error> {
        let (status, what) = match why {
            End::Cancelled => (Status::Cancelled, "was cancelled"),
            End::Closed => (Status::Closed, "was broken off: the client is being closed"),
            End::Done | End::Deadline => (Status::Timeout, "did not end before its deadline"),
        };
        let mut error = Error::new(status, format!("{function} {what}. {}", self.text)).hint(self.hint);
        error.retryable &= self.repeatable;
        error
    }
}
