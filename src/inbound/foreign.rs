//! JSON that somebody else wrote: read in two stages, so that what is odd in
//! one place spoils no other.
//!
//! The first stage splits a list or an object into the texts of its parts and
//! looks into none of them. The second reads each part by itself.

use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The members of an object, not yet read. Of a repeated key the last counts.
pub type Members<'a> = BTreeMap<String, &'a RawValue>;

/// The text of a body. What the reader of JSON or a database would refuse the
/// whole for is mended: bytes that are no UTF-8, halves of surrogate pairs (a
/// text that was cut within an emoji), U+0000 and the backslash of an escape
/// that is none become U+FFFD each; control characters that stand in a string
/// as they are become escapes.
pub fn text(body: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body));
    match mended(&text) {
        Some(mended) => Cow::Owned(mended),
        None => text,
    }
}

/// The text with what is broken replaced; none where nothing is.
fn mended(text: &str) -> Option<String> {
    let mut mended = String::new();
    let (mut at, mut copied, mut in_string) = (0, 0, false);
    // Only at characters of ASCII anything is looked at, so bytes do.
    while let Some(byte) = text.as_bytes().get(at) {
        let (length, is_right) = match byte {
            b'"' => {
                in_string = !in_string;
                (1, true)
            }
            b'\\' if in_string => escape(&text[at..]),
            0 => (1, false),
            byte => (1, !in_string || *byte >= 0x20),
        };
        if !is_right {
            mended.push_str(&text[copied..at]);
            match byte {
                0 | b'\\' => mended.push('\u{FFFD}'),
                control => mended.push_str(&format!("\\u{control:04x}")),
            }
            copied = at + length;
        }
        at += length;
    }
    (copied > 0).then(|| mended + &text[copied..])
}

/// The length of the escape at the beginning of the text, or of what of it is
/// to be replaced; and whether it is right.
fn escape(text: &str) -> (usize, bool) {
    let Some(unit) = unit(text) else {
        return match text.as_bytes().get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => (2, true),
            // Only the backslash: what stands behind it may be read.
            Some(_) => (1, false),
            None => (1, true),
        };
    };
    let follower = text.get(ESCAPE..).and_then(self::unit);
    match unit {
        0 => (ESCAPE, false),
        0xD800..=0xDBFF if follower.is_some_and(|unit| (0xDC00..=0xDFFF).contains(&unit)) => {
            (2 * ESCAPE, true)
        }
        0xD800..=0xDFFF => (ESCAPE, false),
        _ => (ESCAPE, true),
    }
}

/// The length of `\u0000`.
const ESCAPE: usize = 6;

/// The UTF-16 code unit of an escape at the beginning of the text.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
}

/// The members of an object; none where it is something else.
pub fn members(json: &str) -> Option<Members<'_>> {
    serde_json::from_str(json).ok()
}

/// The items of a list; none where it is something else.
pub fn items(json: &str) -> Option<Vec<&RawValue>> {
    serde_json::from_str(json).ok()
}

/// A part, read whole. What cannot be read comes back as its text, with the
/// reason; so does what nests deep: hosts get it inside of an event, and many
/// readers of JSON refuse the whole beyond 64.
pub fn value(json: &str) -> Result<Value, (Value, String)> {
    let read: Result<Value, _> = serde_json::from_str(json);
    match read {
        Ok(value) if depth(&value) > DEEPEST => {
            Err((Value::from(json), format!("It nests more than {DEEPEST} deep.")))
        }
        Ok(value) => Ok(value),
        Err(error) => Err((Value::from(json), format!("It cannot be read as JSON: {error}."))),
    }
}

/// How deep a part may nest.
const DEEPEST: usize = 40;

/// How deep a value nests. The reader of JSON goes no deeper than 128.
fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// A part as it came, for what keeps it and reads nothing of it.
pub fn kept(json: &str) -> Value {
    value(json).unwrap_or_else(|(text, _)| text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn broken_escapes_are_mended_and_nothing_else() {
        for (body, read) in [
            (r#""plain""#, r#""plain""#),
            (r#""\u0041\n\\u0000\\\\ud800""#, r#""\u0041\n\\u0000\\\\ud800""#),
            (r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            (r#""\ud83d""#, "\"\u{FFFD}\""),
            (r#""a\uD83Db\uDE00c""#, "\"a\u{FFFD}b\u{FFFD}c\""),
            (r#""\ud83d\ud83d\ude00""#, "\"\u{FFFD}\\ud83d\\ude00\""),
            (r#""\u0000x\u0000""#, "\"\u{FFFD}x\u{FFFD}\""),
            (r#""\\\u0000""#, "\"\\\\\u{FFFD}\""),
            // No escapes.
            (r#""\u00""#, "\"\u{FFFD}u00\""),
            (r#""a\x41\'b\éc\\x""#, "\"a\u{FFFD}x41\u{FFFD}'b\u{FFFD}éc\\\\x\""),
            // Outside of strings the reader of JSON refuses them where they stand.
            (r#""\"#, r#""\"#),
            (r"\é", r"\é"),
            // Control characters as they are.
            (
                "{\r\n\t\"a\nb\tc\u{1}\\\"\u{1f}\": 1}\n",
                "{\r\n\t\"a\\u000ab\\u0009c\\u0001\\\"\\u001f\": 1}\n",
            ),
            ("\"a\0b\"\0", "\"a\u{FFFD}b\"\u{FFFD}"),
        ] {
            assert_eq!(text(body.as_bytes()), read, "{body}");
        }
        assert_eq!(text(b"\xEF\xBB\xBF{}"), "{}");
        assert_eq!(text(b"\"a\xFFb\""), "\"a\u{FFFD}b\"");
    }

    #[test]
    fn the_first_stage_looks_into_no_part() {
        let deep = format!("[{}1{}]", "[".repeat(5000), "]".repeat(5000));
        for part in [deep.as_str(), "1e999", "{\"a\":{\"a\":1},\"a\":2}", "123456789012345678901234567890"] {
            let list = format!("[1,{part},2]");
            let read = items(&list).unwrap();
            assert_eq!((read.len(), read[1].get()), (3, part));
            let object = format!("{{\"a\":1,\"b\":{part},\"a\":3}}");
            let read = members(&object).unwrap();
            assert_eq!((read.len(), read["b"].get(), read["a"].get()), (2, part, "3"));
        }
        assert!(value(&deep).is_err_and(|(text, _)| text == deep));
        assert!(members("[]").is_none() && items("{}").is_none() && members("").is_none());
    }

    #[test]
    fn what_nests_deep_is_a_text() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(value(&nested(DEEPEST)).is_ok_and(|value| depth(&value) == DEEPEST));
        for deep in [nested(DEEPEST + 1), nested(127), nested(100_000)] {
            assert!(value(&deep).is_err_and(|(text, why)| text == deep && !why.is_empty()));
            assert_eq!(kept(&deep), Value::from(deep));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_text(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = text(&body);
        }

        /// What comes out as JSON can be read, and has no U+0000 in it.
        #[test]
        fn any_escapes_can_be_read(parts in prop::collection::vec(
            prop::sample::select(vec![r"\u0000", r"\ud800", r"\udc00", r"\u", r"\\", "x", r"\n", "u0000", "é", r"\x",
                "\n", "\0", "\u{1}"]), 0..12))
        {
            let body = format!("\"{}\"", parts.concat());
            let mended = text(body.as_bytes());
            let read = serde_json::from_str::<String>(&mended);
            prop_assert!(read.is_ok_and(|read| !read.contains('\0')), "{}", mended);
        }
    }
}
