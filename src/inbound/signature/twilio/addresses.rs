//! The addresses that Twilio may have signed for a request.
//!
//! Twilio signs what it was told to call. What arrives may read otherwise:
//! proxies change scheme, host and path, Twilio itself is not consistent about
//! ports, and some servers write a quote in the query in another way.

use super::Doubt;
use crate::inbound::request::WebhookRequest;
use crate::provider::webhook_keys::TwilioKeys;

/// The parts of an address, as they were written.
#[derive(Debug, Clone, PartialEq)]
struct Address<'a> {
    scheme: &'a str,
    /// User, host and port.
    authority: &'a str,
    path: &'a str,
    query: Option<&'a str>,
}

/// Every address that may have been signed, each once. Those with the query as
/// it was requested come first: one of them nearly always fits, and each that
/// is tried reads the body once more.
pub fn of(keys: &TwilioKeys, request: &WebhookRequest) -> Result<Vec<String>, Doubt> {
    let (path, query) = target(&request.url);
    let told = [
        keys.public_url.as_ref().map(|url| url.expose()),
        keys.status_callback.as_ref().map(|url| url.as_str()),
    ];
    let told = told.into_iter().flatten().filter_map(whole);
    // The path that Twilio was told, and the one that was requested: a proxy
    // may have cut some of it, and there may be several behind one host.
    let mut ways: Vec<Address> =
        told.flat_map(|of| [of.path, path].map(|path| Address { path, query, ..of.clone() })).collect();
    let forwarded = forwarded(keys, request);
    // Where the settings say which address is ours, nobody else does.
    if keys.public_url.is_none() {
        match forwarded.as_deref().and_then(whole) {
            Some(address) => ways.push(Address { path, query, ..address }),
            None => ways.extend(whole(&request.url)),
        }
    }
    if ways.is_empty() {
        // Only a path was handed over.
        return Err(Doubt::NoSecret("webhook.public_url"));
    }
    let query = query.unwrap_or_default();
    let mut found = Vec::new();
    for query in [query, &query.replace('\'', "%27"), &query.replace("%27", "'")] {
        ways.iter().for_each(|address| add(&mut found, address, query));
    }
    Ok(found)
}

/// Scheme, host and port as a proxy tells them which is named in the settings.
fn forwarded(keys: &TwilioKeys, request: &WebhookRequest) -> Option<String> {
    let remote = request.remote_address?;
    if !keys.proxies.iter().any(|network| network.contains(&remote)) {
        return None;
    }
    let given = whole(&request.url);
    let scheme =
        request.headers.first("X-Forwarded-Proto").or(given.as_ref().map(|address| address.scheme))?;
    let host = request
        .headers
        .first("X-Forwarded-Host")
        .or(given.as_ref().map(|address| address.authority))
        .or_else(|| request.headers.first("Host"))?;
    match request.headers.first("X-Forwarded-Port") {
        Some(port) if without_port(host) == host => Some(format!("{scheme}://{host}:{port}/")),
        _ => Some(format!("{scheme}://{host}/")),
    }
}

/// The parts of an address that has a scheme; without its fragment. What begins
/// with a path is none, also where an address stands in its query.
fn whole(url: &str) -> Option<Address<'_>> {
    if url.starts_with('/') {
        return None;
    }
    let (scheme, rest) = url.split_once("://")?;
    let rest = rest.split('#').next().unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    let (path, query) = split_query(target);
    Some(Address { scheme, authority, path, query })
}

/// Path and query of an address, or of what begins with the path.
fn target(url: &str) -> (&str, Option<&str>) {
    match whole(url) {
        Some(address) => (address.path, address.query),
        None => split_query(url.split('#').next().unwrap_or_default()),
    }
}

fn split_query(target: &str) -> (&str, Option<&str>) {
    match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    }
}

/// Adds all ways in which an address with this query may have been written.
fn add(found: &mut Vec<String>, address: &Address, query: &str) {
    let bare = without_port(address.authority);
    let standard = if address.scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
    let with_port = format!("{bare}:{standard}");
    let mark = if address.query.is_some() { "?" } else { "" };
    // A request has a path, whatever was written.
    let path = if address.path.is_empty() { "/" } else { address.path };
    for path in [address.path, path] {
        for authority in [address.authority, bare, &with_port] {
            let one = format!("{}://{authority}{path}{mark}{query}", address.scheme);
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
}

/// User and host. The colons of an IPv6 address and of a user are no port's.
fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((rest, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_as_it_was_requested_is_tried_first() {
        let request = WebhookRequest::read(r#"{"method":"POST","url":"https://h/x?a='&b=%27"}"#).unwrap();
        let found = of(&TwilioKeys::default(), &request).unwrap();
        let query = |at: usize| found[at].split_once('?').map(|(_, query)| query);
        assert_eq!(found.len(), 6, "{found:?}");
        assert_eq!([query(0), query(1)], [Some("a='&b=%27"); 2]);
        assert_eq!([query(2), query(4)], [Some("a=%27&b=%27"), Some("a='&b='")]);
    }

    #[test]
    fn an_address_is_taken_apart_as_it_is_written() {
        let all = whole("HTTPS://u:p@Example.com:8443/a%2Fb?x='&y#z?").unwrap();
        assert_eq!((all.scheme, all.authority), ("HTTPS", "u:p@Example.com:8443"));
        assert_eq!((all.path, all.query), ("/a%2Fb", Some("x='&y")));
        let bare = whole("http://h?x").unwrap();
        assert_eq!((bare.authority, bare.path, bare.query), ("h", "", Some("x")));
        assert_eq!(whole("/a?b=http://c/d#e"), None);
        assert_eq!(target("/a?b=http://c/d#e"), ("/a", Some("b=http://c/d")));
        for (authority, wanted) in [
            ("h:80", "h"),
            ("h", "h"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("u:1@h", "u:1@h"),
            ("u:1@h:2", "u:1@h"),
            ("h:", "h:"),
        ] {
            assert_eq!(without_port(authority), wanted);
        }
    }
}
