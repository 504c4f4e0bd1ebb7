//! A webhook's request, as the host hands it over.

use crate::message::{Error, Result, Status, json};
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use std::net::{IpAddr, SocketAddr};

/// The argument that holds it.
pub const ARGUMENT: &str = "request_json";
/// The longest `request_json`: servers take headers of some 64 KB.
const LONGEST: usize = 1024 * 1024;
/// The longest address of a request.
const LONGEST_URL: usize = 16 * 1024;
/// The most headers of a request.
const MOST_HEADERS: usize = 200;
/// How long a request may take unless it says otherwise: Twilio waits 15
/// seconds, and does not try again.
const DEFAULT_TIMEOUT_MS: u32 = 10_000;

/// `request_json` of `wa_webhook`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct WebhookRequest {
    /// `GET` or `POST`, as the request has it.
    pub method: String,
    /// The address that was requested, with its query and as it was written:
    /// the whole, or from its path on.
    pub url: String,
    /// The request's headers: an object of names with a text or a list of
    /// texts, or a list of pairs of name and text.
    #[serde(default)]
    pub headers: Headers,
    /// Address of who is connected, such as a proxy; with a port or without.
    #[serde(default, deserialize_with = "address_or_null")]
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub remote_address: Option<IpAddr>,
    /// How long the call may take, in milliseconds (default 10000).
    #[serde(default, deserialize_with = "json::integer_or_null")]
    pub timeout_ms: Option<u32>,
}

impl WebhookRequest {
    /// Reads and checks `request_json`.
    pub fn read(text: &str) -> Result<WebhookRequest> {
        if text.len() > LONGEST {
            // Before any of it is read: who asked may have written much of it.
            let message = format!("{ARGUMENT} is longer than {LONGEST} bytes.");
            return Err(Error::about(Status::Argument, ARGUMENT, message));
        }
        let request: WebhookRequest = json::read(ARGUMENT, text)?;
        let fits = |byte: u8| byte.is_ascii_graphic();
        let refused = |key: &str, what: String| {
            let path = format!("{ARGUMENT}.{key}");
            let message = format!("{path} {what}");
            Err(Error::about(Status::Argument, path, message))
        };
        if request.method.is_empty() || !request.method.bytes().all(fits) {
            return refused("method", "is no method of HTTP, such as POST.".to_owned());
        }
        if request.url.len() > LONGEST_URL {
            return refused("url", format!("is longer than {LONGEST_URL} bytes."));
        }
        let lower = request.url.get(..8).unwrap_or(&request.url).to_ascii_lowercase();
        if !["/", "http://", "https://"].iter().any(|start| lower.starts_with(start)) {
            return refused("url", "begins with http://, https:// or /.".to_owned());
        }
        if request.headers.0.len() > MOST_HEADERS {
            return refused("headers", format!("holds more than {MOST_HEADERS} headers."));
        }
        Ok(request)
    }

    /// Tests only: the same request with this signature of Twilio's, from nobody
    /// who is known.
    #[cfg(feature = "fuzzing")]
    pub fn signed_for_fuzz(&self, signature: &str) -> WebhookRequest {
        let kind = self.headers.only("Content-Type").ok().flatten().map(str::to_owned);
        let mut headers = vec![("X-Twilio-Signature".to_owned(), signature.to_owned())];
        headers.extend(kind.map(|kind| ("Content-Type".to_owned(), kind)));
        WebhookRequest {
            method: self.method.clone(),
            url: self.url.clone(),
            headers: Headers(headers),
            remote_address: None,
            timeout_ms: None,
        }
    }

    /// How long the call may take.
    pub fn timeout_ms(&self) -> u32 {
        self.timeout_ms.unwrap_or(DEFAULT_TIMEOUT_MS)
    }

    /// Whether it has this method.
    pub fn is(&self, method: &str) -> bool {
        self.method.eq_ignore_ascii_case(method)
    }

    /// What stands between `?` and `#`, as it was written.
    pub fn query(&self) -> &str {
        let whole = self.url.split('#').next().unwrap_or_default();
        whole.split_once('?').map_or("", |(_, query)| query)
    }

    /// Names and values of the query, decoded.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(self.query().as_bytes()).into_owned().collect()
    }
}

/// Headers in their order, also those that are repeated.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Headers(Vec<(String, String)>);

/// A header that must stand once stands there more than once.
#[derive(Debug, PartialEq)]
pub struct Repeated;

impl Headers {
    /// The value of a header that may stand there once.
    pub fn only<'a>(&'a self, name: &'a str) -> std::result::Result<Option<&'a str>, Repeated> {
        let mut values = self.all(name);
        let first = values.next();
        match values.next() {
            Some(_) => Err(Repeated),
            None => Ok(first),
        }
    }

    /// The first value of a header, which may be a list with commas.
    pub fn first<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()?.split(',').next().map(str::trim).filter(|value| !value.is_empty())
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Headers, D::Error> {
        from.deserialize_any(HeadersVisitor)
    }
}

struct HeadersVisitor;

impl<'de> Visitor<'de> for HeadersVisitor {
    type Value = Headers;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("an object of headers, or a list of pairs")
    }
    fn visit_unit<E>(self) -> std::result::Result<Headers, E> {
        Ok(Headers::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Headers, A::Error> {
        let mut headers = Vec::new();
        while let Some((name, Values(values))) = map.next_entry::<String, Values>()? {
            headers.extend(values.into_iter().map(|value| (name.clone(), value)));
        }
        Ok(Headers(headers))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Headers, A::Error> {
        let mut headers = Vec::new();
        while let Some(pair) = seq.next_element::<(String, String)>()? {
            headers.push(pair);
        }
        Ok(Headers(headers))
    }
}

/// The values of one name.
struct Values(Vec<String>);

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Values, D::Error> {
        from.deserialize_any(ValuesVisitor)
    }
}

struct ValuesVisitor;

impl<'de> Visitor<'de> for ValuesVisitor {
    type Value = Values;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("text, or a list of texts")
    }
    fn visit_str<E>(self, value: &str) -> std::result::Result<Values, E> {
        Ok(Values(vec![value.to_owned()]))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Values, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element()? {
            values.push(value);
        }
        Ok(Values(values))
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Headers {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Headers".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let text = serde_json::json!({"type": "string"});
        schemars::json_schema!({"anyOf": [
            {"type": "object", "additionalProperties": {"anyOf": [text, {"type": "array", "items": text}]}},
            {"type": "array", "items": {"type": "array", "items": text, "minItems": 2, "maxItems": 2}},
            {"type": "null"},
        ]})
    }
}

/// An address with or without a port, or null.
fn address_or_null<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Option<IpAddr>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
    address(&text).map(Some).ok_or_else(|| de::Error::custom("not an IP address"))
}

fn address(text: &str) -> Option<IpAddr> {
    // The zone of a link-local address says which network it is, not who.
    let plain = match text.split_once('%') {
        Some((address, zone)) => {
            let rest = zone.find(']').map_or("", |at| &zone[at..]);
            format!("{address}{rest}")
        }
        None => text.to_owned(),
    };
    let bare = plain.trim_start_matches('[').trim_end_matches(']');
    let found = bare.parse().ok().or_else(|| plain.parse::<SocketAddr>().ok().map(|socket| socket.ip()))?;
    // A server that listens on both writes an IPv4 address as one of IPv6.
    Some(IpAddr::to_canonical(&found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_as_an_object_or_as_pairs() {
        for text in [
            r#"{"method":"POST","url":"/x","headers":{"X-A":"1","x-b":["2","3"]}}"#,
            r#"{"method":"POST","url":"/x","headers":[["X-A","1"],["x-b","2"],["X-B"," 3 "]]}"#,
        ] {
            let request = WebhookRequest::read(text).unwrap();
            assert_eq!(request.headers.only("x-a"), Ok(Some("1")));
            assert_eq!(request.headers.only("X-B"), Err(Repeated));
            assert_eq!(request.headers.first("X-b"), Some("2"));
            assert_eq!(request.headers.only("x-c"), Ok(None));
        }
        let same = r#"{"method":"POST","url":"/x","headers":{"X-A":"1","x-a":"1"}}"#;
        assert_eq!(WebhookRequest::read(same).unwrap().headers.only("x-a"), Err(Repeated));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let long = format!(r#"{{"method":"GET","url":"/{}"}}"#, "x".repeat(LONGEST_URL));
        let many: Vec<String> = (0..=MOST_HEADERS).map(|n| format!(r#"["a{n}",""]"#)).collect();
        let many = format!(r#"{{"method":"GET","url":"/","headers":[{}]}}"#, many.join(","));
        let longest = "[".repeat(LONGEST + 1);
        for (text, status, path) in [
            (longest.as_str(), Status::Argument, ""),
            ("{}", Status::Json, ""),
            (r#"{"method":"GET"}"#, Status::Json, ""),
            (r#"{"method":"GET","url":"/","body":"x"}"#, Status::Json, ".body"),
            (r#"{"method":"GET","url":"/","headers":{"a":1}}"#, Status::Json, ".headers.a"),
            (r#"{"method":"GET","url":"/","headers":[["a"]]}"#, Status::Json, ".headers[0]"),
            (r#"{"method":"GET","url":"/","remote_address":"proxy"}"#, Status::Json, ".remote_address"),
            (r#"{"method":"GET","url":"/","timeout_ms":-1}"#, Status::Json, ".timeout_ms"),
            (r#"{"method":"","url":"/"}"#, Status::Argument, ".method"),
            (r#"{"method":"GET /x","url":"/"}"#, Status::Argument, ".method"),
            (r#"{"method":"GET","url":"example.com/x"}"#, Status::Argument, ".url"),
            (r#"{"method":"GET","url":"ftp://example.com/x"}"#, Status::Argument, ".url"),
            (&long, Status::Argument, ".url"),
            (&many, Status::Argument, ".headers"),
        ] {
            let error = WebhookRequest::read(text).unwrap_err();
            let wanted = format!("{ARGUMENT}{path}");
            assert_eq!((error.status, error.argument.as_deref()), (status, Some(&*wanted)), "{error}");
        }
    }

    #[test]
    fn addresses_are_read_in_every_form() {
        for (text, wanted) in [
            ("10.0.0.5", "10.0.0.5"),
            ("10.0.0.5:8080", "10.0.0.5"),
            ("::ffff:10.0.0.5", "10.0.0.5"),
            ("[::1]:443", "::1"),
            ("[::1]", "::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%12]:80", "fe80::1"),
        ] {
            assert_eq!(address(text), wanted.parse().ok(), "{text}");
        }
        for text in ["", "x", "10.0.0", "10.0.0.5:x", "%"] {
            assert_eq!(address(text), None, "{text}");
        }
    }

    #[test]
    fn the_query_is_what_stands_before_the_fragment() {
        let of = |url: &str| {
            WebhookRequest::read(&format!(r#"{{"method":"GET","url":"{url}"}}"#)).unwrap().query().to_owned()
        };
        assert_eq!(of("/x?a=1&b=%20#c?d"), "a=1&b=%20");
        assert_eq!((of("/x#?a"), of("HTTPS://h/x")), (String::new(), String::new()));
    }
}
