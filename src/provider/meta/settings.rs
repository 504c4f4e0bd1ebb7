//! Meta's account and numbers.

use crate::ground::Secret;
use crate::message::content::Limits;
use url::Url;

/// How Meta is reached and what it sends from.
#[derive(Debug, Clone)]
pub struct MetaSettings {
    /// The system user's token.
    pub access_token: Secret,
    /// Ids of the sending numbers; the first is the default.
    pub senders: Vec<String>,
    /// Id of the WhatsApp Business account.
    pub business_account_id: String,
    /// Id of the app, where it is known.
    pub app_id: Option<String>,
    /// Such as `v25.0`.
    pub api_version: String,
    /// Another address of the API.
    pub base_url: Option<Url>,
    /// Lengths and counts where sources disagree.
    pub limits: Limits,
    /// The most characters of the profile's description.
    pub description: usize,
}
