//! The address of a simulator or a gateway, in place of a provider's own.

use super::fault::refused;
use crate::message::Result;
use url::Url;

/// Checks it.
pub fn base_url(path: &str, text: &str, allow_insecure: bool) -> Result<Url> {
    let url =
        Url::parse(text).map_err(|error| refused(path, format!("{path} is not an address: {error}.")))?;
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback || allow_insecure => {}
        "http" => {
            return Err(refused(
                path,
                format!("{path}: credentials go over http to this machine only; use https."),
            )
            .hint("For a simulator elsewhere set allow_insecure_base_url to true."));
        }
        _ => return Err(refused(path, format!("{path} must be an http or https address."))),
    }
    if url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(refused(path, format!("{path} must have no user, query or fragment.")));
    }
    Ok(url)
}
