//! The names of the providers.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One of the providers. Its name is what the settings, the rows of the history
/// and the JSON of outcomes hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderName {
    /// Twilio.
    Twilio,
    /// Meta's WhatsApp Business Cloud API.
    Meta,
}

impl ProviderName {
    /// All providers, for tables and tests.
    pub const ALL: [ProviderName; 2] = [ProviderName::Twilio, ProviderName::Meta];

    /// `twilio` or `meta`.
    pub fn as_str(self) -> &'static str {
        match self {
            ProviderName::Twilio => "twilio",
            ProviderName::Meta => "meta",
        }
    }

    /// The name as people write it.
    pub fn title(self) -> &'static str {
        match self {
            ProviderName::Twilio => "Twilio",
            ProviderName::Meta => "Meta",
        }
    }

    /// What hosts are told of a message that it took.
    pub fn accepted(self) -> String {
        format!("Message accepted by {}.", self.title())
    }

    /// The provider with this name.
    pub fn from_text(text: &str) -> Option<ProviderName> {
        Self::ALL.into_iter().find(|name| name.as_str() == text)
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for name in ProviderName::ALL {
            assert_eq!(ProviderName::from_text(name.as_str()), Some(name));
            assert_eq!(serde_json::to_string(&name).unwrap(), format!("\"{name}\""));
            assert_eq!(name.title().to_lowercase(), name.as_str());
        }
        assert_eq!(ProviderName::from_text("Twilio"), None, "names are written small");
        assert_eq!(ProviderName::from_text("pigeon"), None);
    }
}
