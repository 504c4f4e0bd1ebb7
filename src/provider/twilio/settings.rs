//! Twilio's account and senders.

use crate::ground::Secret;
use crate::message::{Error, Result};
use url::Url;

/// How Twilio is reached and what it sends from.
#[derive(Debug, Clone)]
pub struct TwilioSettings {
    /// `AC..`
    pub account_sid: String,
    /// Who logs in, and with what.
    pub login: TwilioLogin,
    /// Senders as E.164; the first is the default. Empty only where a
    /// messaging service picks one.
    pub senders: Vec<String>,
    /// `MG..`
    pub messaging_service_sid: Option<String>,
    /// Where Twilio reports what became of a message.
    pub status_callback: Option<Url>,
    /// `ie1`
    pub region: Option<String>,
    /// `dublin`
    pub edge: Option<String>,
    /// Another address of all of Twilio's APIs.
    pub base_url: Option<Url>,
}

impl TwilioSettings {
    /// The address of one of Twilio's APIs, such as `messaging`.
    pub fn address(&self, product: &str) -> Result<Url> {
        if let Some(url) = &self.base_url {
            return Ok(url.clone());
        }
        // An edge is one of a region; `us1` is Twilio's own default.
        let region = self.region.as_deref().or(self.edge.as_ref().map(|_| "us1"));
        let parts: Vec<&str> = [Some(product), self.edge.as_deref(), region].into_iter().flatten().collect();
        let address = format!("https://{}.twilio.com", parts.join("."));
        Url::parse(&address).map_err(|error| Error::internal(format!("{address}: {error}.")))
    }
}

/// User and password of a request.
#[derive(Debug, Clone)]
pub struct TwilioLogin {
    /// The account's or the API key's SID.
    pub user: String,
    /// Its token or secret.
    pub password: Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Twilio's own libraries build them.
    #[test]
    fn region_and_edge_are_part_of_the_host() {
        let of = |region: Option<&str>, edge: Option<&str>| TwilioSettings {
            account_sid: String::new(),
            login: TwilioLogin { user: String::new(), password: Secret::new(String::new()) },
            senders: Vec::new(),
            messaging_service_sid: None,
            status_callback: None,
            region: region.map(str::to_owned),
            edge: edge.map(str::to_owned),
            base_url: None,
        };
        for (region, edge, host) in [
            (None, None, "twilio.com"),
            (Some("ie1"), None, "ie1.twilio.com"),
            (Some("ie1"), Some("dublin"), "dublin.ie1.twilio.com"),
            (None, Some("sydney"), "sydney.us1.twilio.com"),
        ] {
            for product in ["api", "content", "messaging"] {
                let address = of(region, edge).address(product).unwrap();
                assert_eq!(address.as_str(), format!("https://{product}.{host}/"));
            }
        }
    }
}
