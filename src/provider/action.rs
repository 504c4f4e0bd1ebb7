//! What an account can do besides sending: media, templates, numbers, the
//! business profile, and a check of itself. One value for each call, so that
//! every call takes the same road: read, run with a deadline, answered.

mod check;
mod media;
mod number;
pub mod options;
mod profile;
mod template_management;

pub use check::{CheckItem, CheckReport, Verdict, meaning, without_response};
pub use media::{Download, Input, MediaFile, MediaInfo, Upload};
pub use number::{AddNumber, CodeMethod, Number, NumberList, Pin, Register, RequestCode};
pub use profile::{Profile, ProfileUpdate};
pub use template_management::{
    Button, DeleteTemplate, SubmitTemplate, Template, TemplateDefinition, TemplateHeader, TemplateList,
    TemplateQuery,
};

use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;

/// What is asked of an account.
#[derive(Debug, Clone)]
pub enum Action {
    /// Marks an inbound message, and those before it, as read.
    MarkRead {
        /// The provider's id of the message.
        message_id: String,
        /// Shows that an answer is being written.
        typing: bool,
    },
    /// Puts media into the provider's store.
    UploadMedia(Upload),
    /// Fetches media into a folder.
    DownloadMedia(Download),
    /// Tells where media can be fetched from.
    MediaUrl(String),
    /// Deletes media.
    DeleteMedia(String),
    /// Lists templates.
    ListTemplates(TemplateQuery),
    /// One template, by its name or id.
    GetTemplate {
        /// Name or id.
        name: String,
        /// Language, where the name has several.
        language: Option<String>,
        /// Asks the provider, whatever is remembered.
        refresh: bool,
    },
    /// Creates a template.
    CreateTemplate(TemplateDefinition),
    /// Changes a template.
    EditTemplate {
        /// The provider's id of it.
        id: String,
        /// What it is to be.
        definition: TemplateDefinition,
    },
    /// Deletes a template.
    DeleteTemplate(DeleteTemplate),
    /// Asks WhatsApp to approve a template.
    SubmitTemplate(SubmitTemplate),
    /// Lists the account's numbers.
    ListNumbers {
        /// The most of a page.
        limit: Option<u32>,
        /// Where the page begins.
        cursor: Option<String>,
    },
    /// One number.
    GetNumber,
    /// Adds a number to the account.
    AddNumber(AddNumber),
    /// Has a verification code sent to the number.
    RequestCode(RequestCode),
    /// Gives the verification code.
    VerifyCode(Pin),
    /// Registers the number for sending.
    Register(Register),
    /// Takes the registration back.
    Deregister,
    /// Sets the PIN of the two-step verification.
    SetPin(Pin),
    /// The business profile.
    GetProfile,
    /// Changes the business profile.
    UpdateProfile(ProfileUpdate),
    /// Changes the picture of the business profile.
    SetPicture(PathBuf),
    /// Looks whether the account is fit to send.
    Check,
}

impl Action {
    /// The function that asks it.
    pub fn function(&self) -> &'static str {
        match self {
            Action::MarkRead { .. } => "wa_mark_read",
            Action::UploadMedia(Upload { input: Input::File(_), .. }) => "wa_media_upload",
            Action::UploadMedia(_) => "wa_media_upload_bytes",
            Action::DownloadMedia(_) => "wa_media_download",
            Action::MediaUrl(_) => "wa_media_url",
            Action::DeleteMedia(_) => "wa_media_delete",
            Action::ListTemplates(_) => "wa_template_list",
            Action::GetTemplate { .. } => "wa_template_get",
            Action::CreateTemplate(_) => "wa_template_create",
            Action::EditTemplate { .. } => "wa_template_edit",
            Action::DeleteTemplate(_) => "wa_template_delete",
            Action::SubmitTemplate(_) => "wa_template_submit",
            Action::ListNumbers { .. } => "wa_number_list",
            Action::GetNumber => "wa_number_get",
            Action::AddNumber(_) => "wa_number_add",
            Action::RequestCode(_) => "wa_number_request_code",
            Action::VerifyCode(_) => "wa_number_verify_code",
            Action::Register(_) => "wa_number_register",
            Action::Deregister => "wa_number_deregister",
            Action::SetPin(_) => "wa_number_set_pin",
            Action::GetProfile => "wa_profile_get",
            Action::UpdateProfile(_) => "wa_profile_update",
            Action::SetPicture(_) => "wa_profile_set_picture",
            Action::Check => "wa_check",
        }
    }
}

/// An action with what goes beside it.
#[derive(Clone)]
pub struct Order {
    /// What is asked.
    pub action: Action,
    /// The sender that it is about: an id or a number as the provider names
    /// it; the settings' default where it is missing.
    pub sender: Option<String>,
    /// Told how far long work has come.
    pub progress: Progress,
}

/// Told how far long work has come: the bytes done, and all of them if that
/// is known.
pub type Progress = Arc<dyn Fn(u64, Option<u64>) + Send + Sync>;

/// What came of it.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Done {
    /// The provider did it; there is nothing more to say.
    Success {
        /// Always true.
        success: bool,
    },
    /// Media.
    Media(MediaInfo),
    /// Media that is now a file.
    File(MediaFile),
    /// Templates.
    Templates(TemplateList),
    /// A template.
    Template(Box<Template>),
    /// Numbers.
    Numbers(NumberList),
    /// A number.
    Number(Box<Number>),
    /// The business profile.
    Profile(Box<Profile>),
    /// What a check found.
    Check(CheckReport),
}

impl Done {
    /// The provider did it.
    pub const SUCCESS: Done = Done::Success { success: true };
}
