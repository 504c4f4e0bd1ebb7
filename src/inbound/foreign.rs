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

/// The text of a body. Three things are mended that the reader of JSON or a
/// database would refuse the whole for: bytes that are no UTF-8, halves of
/// surrogate pairs (a text that was cut within an emoji), and U+0000. Each
/// becomes U+FFFD.
pub fn text(body: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body));
    match mended(&text) {
        Some(mended) => Cow::Owned(mended),
        None => text,
    }
}

/// The text with its broken escapes replaced; none where there are none.
fn mended(text: &str) -> Option<String> {
    let mut mended = String::new();
    let mut copied = 0;
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let from_here = &rest[at..];
        let place = text.len() - from_here.len();
        let Some(unit) = unit(from_here) else {
            // Another escape: the character behind the backslash belongs to it.
            let length = 1 + from_here[1..].chars().next().map_or(0, char::len_utf8);
            rest = &from_here[length..];
            continue;
        };
        let follower = from_here.get(ESCAPE..).and_then(self::unit);
        let (length, is_right) = match unit {
            0 => (ESCAPE, false),
            0xD800..=0xDBFF if follower.is_some_and(|unit| (0xDC00..=0xDFFF).contains(&unit)) => {
                (2 * ESCAPE, true)
            }
            0xD800..=0xDFFF => (ESCAPE, false),
            _ => (ESCAPE, true),
        };
        if !is_right {
            mended.push_str(&text[copied..place]);
            mended.push('\u{FFFD}');
            copied = place + length;
        }
        rest = &from_here[length..];
    }
    (copied > 0).then(|| mended + &text[copied..])
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
            // No escapes: the reader of JSON refuses them where they stand.
            (r#""\u00""#, r#""\u00""#),
            (r#""\"#, r#""\"#),
            (r"\é", r"\é"),
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
            prop::sample::select(vec![r"\u0000", r"\ud800", r"\udc00", r"\u", r"\\", "x", r"\n", "u0000", "é"]), 0..12))
        {
            let body = format!("\"{}\"", parts.concat());
            let mended = text(body.as_bytes());
            if let Ok(read) = serde_json::from_str::<String>(&mended) {
                prop_assert!(!read.contains('\0'));
            } else {
                prop_assert!(parts.contains(&r"\u"), "{}", mended);
            }
        }
    }
}
