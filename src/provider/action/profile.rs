//! What recipients see of a business.

use serde::{Deserialize, Serialize};

/// The business profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Profile {
    /// The line below the name.
    pub about: Option<String>,
    /// Address.
    pub address: Option<String>,
    /// What the business does.
    pub description: Option<String>,
    /// Mail address.
    pub email: Option<String>,
    /// Web addresses.
    pub websites: Vec<String>,
    /// Industry, such as `RETAIL`.
    pub vertical: Option<String>,
    /// Where its picture can be fetched from.
    pub profile_picture_url: Option<String>,
}

/// What is to change: what is missing stays as it is. Empty text clears a
/// field where the provider lets it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ProfileUpdate {
    /// The line below the name, 1 to 139 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Address, at most 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What the business does, at most 512 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Mail address, at most 128 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Web addresses: at most 2, each at most 256 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub websites: Option<Vec<String>>,
    /// Industry: one of Meta's words, such as `RETAIL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vertical: Option<String>,
}
