//! The numbers that a business sends from.

use crate::ground::Secret;
use crate::message::phone::Phone;
use serde::{Deserialize, Serialize};

/// A number to add to the account.
#[derive(Debug, Clone)]
pub struct AddNumber {
    /// The number.
    pub number: Phone,
    /// The name that recipients see; WhatsApp has to approve it.
    pub verified_name: String,
}

/// How a verification code travels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CodeMethod {
    /// By text message.
    #[default]
    Sms,
    /// By a call.
    Voice,
}

/// A wish for a verification code.
#[derive(Debug, Clone)]
pub struct RequestCode {
    /// How it travels.
    pub method: CodeMethod,
    /// The language of the message or call, such as `en_US`.
    pub language: String,
}

/// Six digits that nobody else may know.
#[derive(Debug, Clone)]
pub struct Pin(pub Secret);

/// A registration.
#[derive(Debug, Clone)]
pub struct Register {
    /// The PIN of the two-step verification: it is set where there is none.
    pub pin: Pin,
    /// Two letters of the country in which data at rest is kept.
    pub data_localization_region: Option<String>,
}

/// A number of the account.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Number {
    /// The provider's id of it: what `sender` means.
    pub id: String,
    /// The number as people write it.
    pub display_phone_number: Option<String>,
    /// The name that recipients see.
    pub verified_name: Option<String>,
    /// `GREEN`, `YELLOW`, `RED`, `NA` or `UNKNOWN`.
    pub quality_rating: Option<String>,
    /// Whether the number was verified by a code.
    pub code_verification_status: Option<String>,
    /// Whether the name was approved.
    pub name_status: Option<String>,
    /// `CLOUD_API` once it is registered.
    pub platform_type: Option<String>,
    /// `CONNECTED`, `PENDING`, ..
    pub status: Option<String>,
    /// `STANDARD`, `HIGH`, ..
    pub throughput_level: Option<String>,
    /// How many people may be written to first within 24 hours, such as
    /// `TIER_2K`.
    pub messaging_limit: Option<String>,
    /// `LIVE`, or `SANDBOX` for a test number.
    pub account_mode: Option<String>,
}

/// Numbers, and where the next page begins.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NumberList {
    /// The numbers.
    pub numbers: Vec<Number>,
    /// The cursor of the next page, or null.
    pub next: Option<String>,
}
