//! `multipart/form-data`: the parts of a body.

use bytes::Bytes;
use hyper::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::exchange::Request;

#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub name: String,
    pub filename: Option<String>,
    pub content_type: Option<String>,
    pub bytes: Bytes,
}

impl Part {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// All parts; none if the body is not what its content type says.
pub fn parts(request: &Request) -> Vec<Part> {
    let boundary = request.header(&CONTENT_TYPE).and_then(boundary);
    boundary.and_then(|b| split(&request.body, &b)).unwrap_or_default()
}

/// For the log: small texts as they are, files by size and hash.
pub fn to_json(parts: &[Part]) -> Value {
    let list = parts.iter().map(|p| {
        if p.filename.is_none() && p.bytes.len() <= 200 {
            json!({ "name": p.name, "text": p.text() })
        } else {
            json!({
                "name": p.name, "filename": p.filename, "content_type": p.content_type,
                "bytes": p.bytes.len(), "sha256": sha256(&p.bytes),
            })
        }
    });
    list.collect()
}

/// In lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref())
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn boundary(content_type: &str) -> Option<String> {
    let mut pieces = content_type.split(';');
    let kind = pieces.next()?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    pieces.find_map(|p| parameter(p, "boundary"))
}

/// `name=value` or `name="value"`.
fn parameter(piece: &str, name: &str) -> Option<String> {
    let (n, value) = piece.trim().split_once('=')?;
    if !n.trim().eq_ignore_ascii_case(name) {
        return None;
    }
    let value = value.trim();
    let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
    (!value.is_empty()).then(|| value.replace("\\\"", "\""))
}

fn split(body: &Bytes, boundary: &str) -> Option<Vec<Part>> {
    let open = format!("--{boundary}");
    let between = format!("\r\n--{boundary}");
    let mut at = find(body, open.as_bytes(), 0)? + open.len();
    let mut parts = Vec::new();
    loop {
        match body.get(at..at + 2)? {
            b"--" => return Some(parts),
            b"\r\n" => {}
            _ => return None,
        }
        let head = at + 2;
        let blank = find(body, b"\r\n\r\n", at)?;
        let content = blank + 4;
        let end = find(body, between.as_bytes(), blank + 2)?;
        let lines = String::from_utf8_lossy(body.get(head..blank.max(head))?).into_owned();
        parts.push(part(&lines, body.slice(content.min(end)..end))?);
        at = end + between.len();
    }
}

fn part(lines: &str, bytes: Bytes) -> Option<Part> {
    let mut part = Part { name: String::new(), filename: None, content_type: None, bytes };
    for line in lines.split("\r\n") {
        let Some((name, value)) = line.split_once(':') else { continue };
        if name.eq_ignore_ascii_case("content-type") {
            part.content_type = Some(value.trim().to_owned());
        } else if name.eq_ignore_ascii_case("content-disposition") {
            for piece in pieces(value) {
                if let Some(name) = parameter(&piece, "name") {
                    part.name = name;
                } else if let Some(filename) = parameter(&piece, "filename") {
                    part.filename = Some(filename);
                }
            }
        }
    }
    (!part.name.is_empty()).then_some(part)
}

/// Cut at semicolons that are not inside quotes.
fn pieces(value: &str) -> Vec<String> {
    let mut list = vec![String::new()];
    let mut quoted = false;
    for c in value.chars() {
        quoted ^= c == '"';
        match (c, list.last_mut()) {
            (';', _) if !quoted => list.push(String::new()),
            (c, Some(last)) => last.push(c),
            (_, None) => {}
        }
    }
    list
}

fn find(all: &[u8], part: &[u8], from: usize) -> Option<usize> {
    let first = *part.first()?;
    let mut at = from;
    while let Some(rest) = all.get(at..) {
        at += rest.iter().position(|b| *b == first)?;
        if all.get(at..at + part.len())? == part {
            return Some(at);
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--b1\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
        --b1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a;b.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\
        \r\n--b\r\n\r\n--b1--\r\n";

    #[test]
    fn parts_are_read_with_their_names_and_types() {
        let parts = split(&Bytes::from_static(BODY.as_bytes()), "b1").unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].name.as_str(), parts[0].text().as_str()), ("messaging_product", "whatsapp"));
        assert_eq!(parts[1].filename.as_deref(), Some("a;b.jpg"));
        assert_eq!(parts[1].content_type.as_deref(), Some("image/jpeg"));
        assert_eq!(&parts[1].bytes[..], b"\r\n--b\r\n");
        assert_eq!(to_json(&parts)[1]["bytes"], 7);
    }

    #[test]
    fn a_broken_body_gives_nothing() {
        for cut in [10, 70, BODY.len() - 6] {
            assert!(split(&Bytes::copy_from_slice(&BODY.as_bytes()[..cut]), "b1").is_none(), "{cut}");
        }
        assert_eq!(boundary("multipart/form-data; boundary=\"x y\"").as_deref(), Some("x y"));
        assert!(boundary("text/plain; boundary=x").is_none());
    }

    #[test]
    fn a_hash_in_hexadecimal() {
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
