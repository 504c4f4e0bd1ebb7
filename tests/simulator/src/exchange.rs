//! A request as it came and what becomes of its connection.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{multipart, secrets};

pub struct Request {
    /// Microseconds since the start, when its head had been read.
    pub arrived: u64,
    pub method: String,
    pub path: String,
    pub query: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub https: bool,
    /// How many requests were in flight when it came, itself included.
    pub in_flight: u64,
}

impl Request {
    pub fn header(&self, name: &hyper::header::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    pub fn content_type_is(&self, wanted: &str) -> bool {
        self.header(&CONTENT_TYPE)
            .and_then(|v| v.split(';').next())
            .is_some_and(|v| v.trim().eq_ignore_ascii_case(wanted))
    }

    /// The form's parameters; none if the content type says that it is not a form.
    pub fn form(&self) -> Form {
        if self.content_type_is("application/x-www-form-urlencoded") {
            Form::parse(&self.body)
        } else {
            Form::default()
        }
    }

    pub fn query(&self) -> Form {
        Form::parse(self.query.as_bytes())
    }

    /// User and password of HTTP Basic.
    pub fn basic(&self) -> Option<(String, String)> {
        let (scheme, code) = self.header(&AUTHORIZATION)?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = base64::engine::general_purpose::STANDARD.decode(code.trim()).ok()?;
        let text = String::from_utf8(text).ok()?;
        text.split_once(':').map(|(u, p)| (u.to_owned(), p.to_owned()))
    }

    /// As it was sent, but with other credentials.
    pub fn as_sent(&self) -> Map<String, Value> {
        let headers: Map<String, Value> = self
            .headers
            .iter()
            .map(|(name, value)| {
                let text = match (name, value.to_str()) {
                    (&AUTHORIZATION, Ok(v)) if v.starts_with("Basic ") => "Basic c2ltdWxhdG9yOng=",
                    (&AUTHORIZATION, Ok(v)) if v.starts_with("Bearer ") => "Bearer simulator",
                    (&AUTHORIZATION, Ok(v)) if v.starts_with("OAuth ") => "OAuth simulator",
                    (&AUTHORIZATION, _) => "***",
                    (_, text) => text.unwrap_or(""),
                };
                (name.as_str().to_owned(), text.into())
            })
            .collect();
        let mut body =
            if self.is_text() { String::from_utf8_lossy(&self.body).into_owned() } else { String::new() };
        let form = self.form();
        if form.0.iter().any(|(_, v)| mask_userinfo(v) != *v) {
            body = Form(form.0.into_iter().map(|(n, v)| (n, mask_userinfo(&v))).collect()).encode();
        }
        if let Some(json) = self.json() {
            let mut masked = json.clone();
            secrets::json(&mut masked);
            if masked != json {
                body = masked.to_string();
            }
        }
        let path = if self.query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, secrets::query(&self.query))
        };
        let mut record = Map::from_iter([
            ("method".to_owned(), self.method.clone().into()),
            ("path".to_owned(), path.into()),
            ("headers".to_owned(), headers.into()),
        ]);
        if self.content_type_is("multipart/form-data") {
            // files are told by size and hash
            record.insert("body".to_owned(), Value::Null);
            record.insert("multipart".to_owned(), multipart::to_json(&multipart::parts(self)));
        } else if self.is_text() {
            record.insert("body".to_owned(), body.into());
        } else {
            record.insert("body".to_owned(), Value::Null);
            record.insert("body_bytes".to_owned(), self.body.len().into());
            record.insert("body_sha256".to_owned(), multipart::sha256(&self.body).into());
        }
        record
    }

    /// The body, if its content type says JSON and it is.
    pub fn json(&self) -> Option<Value> {
        self.content_type_is("application/json").then(|| serde_json::from_slice(&self.body).ok()).flatten()
    }

    fn is_text(&self) -> bool {
        self.body.is_empty()
            || self.content_type_is("application/json")
            || self.content_type_is("application/x-www-form-urlencoded")
    }

    /// `http://127.0.0.1:8080`, as the client knows us.
    pub fn base(&self) -> String {
        format!(
            "{}://{}",
            if self.https { "https" } else { "http" },
            self.header(&HOST).unwrap_or("127.0.0.1")
        )
    }
}

/// Names and values in their order; a name may repeat.
#[derive(Default, Clone)]
pub struct Form(pub Vec<(String, String)>);

impl Form {
    pub fn parse(bytes: &[u8]) -> Self {
        Self(form_urlencoded::parse(bytes).into_owned().collect())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The value, unless it is missing or empty.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|v| !v.is_empty())
    }

    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, v)| v.clone()).collect()
    }

    /// For the log: a repeated name becomes a list, credentials inside URLs are masked.
    pub fn to_json(&self) -> Value {
        let mut map = Map::new();
        for (name, value) in &self.0 {
            let value = Value::String(mask_userinfo(value));
            match map.get_mut(name) {
                None => {
                    map.insert(name.clone(), value);
                }
                Some(Value::Array(list)) => list.push(value),
                Some(one) => *one = Value::Array(vec![one.take(), value]),
            }
        }
        Value::Object(map)
    }

    pub fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }
}

/// `http://user:password@host/` becomes `http://***@host/`.
pub fn mask_userinfo(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after.find(['/', '?', '#', ' ']).unwrap_or(after.len());
        match after[..end].rfind('@') {
            Some(sign) => {
                out.push_str("***");
                rest = &after[sign..];
            }
            None => rest = after,
        }
    }
    out.push_str(rest);
    out
}

#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub content_type: Cow<'static, str>,
    pub body: Bytes,
    /// Only so much of the body is sent, then the connection is cut.
    pub cut_after: Option<(u64, How)>,
}

impl Answer {
    pub fn of(status: u16, content_type: impl Into<Cow<'static, str>>, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            content_type: content_type.into(),
            body: body.into(),
            cut_after: None,
        }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::of(status, "application/json", body.to_string())
    }

    pub fn empty(status: u16) -> Self {
        Self::of(status, "", Bytes::new())
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// How a connection is cut.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Reset at once.
    Rst,
    /// An orderly end.
    Fin,
    /// An orderly end, then a reset for whatever still comes.
    #[default]
    FinRst,
}

pub enum Ending {
    Answer(Answer),
    Cut(How),
    /// No answer; the connection is closed after that time, or never.
    Hang(Option<Duration>),
}

pub struct Reaction {
    pub delay: Duration,
    pub ending: Ending,
    /// After the answer the idle connection is closed this much later, unannounced.
    pub close_idle: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_credentials_of_a_url_reach_the_log() {
        for (text, masked) in [
            ("http://u:p@127.0.0.1:9/x?y=a@b", "http://***@127.0.0.1:9/x?y=a@b"),
            ("https://h/p@q", "https://h/p@q"),
            ("see http://a@b and https://c:d@e", "see http://***@b and https://***@e"),
            ("plain a@b", "plain a@b"),
        ] {
            assert_eq!(mask_userinfo(text), masked);
        }
    }

    #[test]
    fn a_form_keeps_repeated_names() {
        let form = Form::parse(b"MediaUrl=http%3A%2F%2Fa&MediaUrl=b&Body=x+y&To=whatsapp%3A%2B1");
        assert_eq!(form.all("MediaUrl").len(), 2);
        assert_eq!(form.get("Body"), Some("x y"));
        assert_eq!(form.to_json()["MediaUrl"][1], "b");
        assert_eq!(form.get("To"), Some("whatsapp:+1"));
    }
}
