//! Members of foreign JSON, whatever type they were written as.

use crate::message::clock::Millis;
use serde_json::Value;

/// The most characters of an id, a word, a name.
const LONGEST_WORD: usize = 512;

/// A text that is not empty. Numbers are taken as texts: ids come as both.
pub fn text(of: &Value, key: &str) -> Option<String> {
    text_of(of.get(key)?)
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        // A fraction is none of the texts that are asked for here, and an id
        // with too many digits has lost some.
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(number.to_string()),
        _ => None,
    }
}

/// A text of one line that is not long: an id, a word, a name.
pub fn word(of: &Value, key: &str) -> Option<String> {
    as_word(&text(of, key)?)
}

/// The text, where it is a word.
pub fn as_word(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty()
        && text.chars().nth(LONGEST_WORD).is_none()
        && !text.chars().any(|c| c.is_control() || c == '\u{FFFD}');
    fits.then(|| text.to_owned())
}

/// The first of these keys that holds a word.
pub fn first_word(of: &Value, keys: &[&str]) -> Option<String> {
    keys.iter().find_map(|key| word(of, key))
}

/// The member behind these keys.
pub fn at<'a>(of: &'a Value, keys: &[&str]) -> &'a Value {
    keys.iter().fold(of, |value, key| value.get(key).unwrap_or(&Value::Null))
}

/// The items of a list; nothing where it is none.
pub fn list<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A number, also where it is written as text.
pub fn number(of: &Value, key: &str) -> Option<f64> {
    let number = match of.get(key)? {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

/// A whole number, also where it is written as text.
pub fn integer(of: &Value, key: &str) -> Option<i64> {
    match of.get(key)? {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The first moment of 2014: before there were webhooks of WhatsApp.
const TOO_EARLY: Millis = Millis(1_388_534_400_000);
/// How far a provider's clock may be before ours.
const AHEAD: u64 = 24 * 3600 * 1000;

/// When something happened. A time that cannot be, such as one of 1970 or
/// 2100, is none: it would move windows and consents for ever.
pub fn happened(of: &Value, key: &str, now: Millis) -> Option<Millis> {
    time(of, key).filter(|at| (TOO_EARLY..=now.plus(AHEAD)).contains(at))
}

/// A time in seconds since 1970, or in milliseconds where it would else lie
/// thousands of years ahead.
pub fn time(of: &Value, key: &str) -> Option<Millis> {
    const FIRST_OF_MILLIS: i64 = 100_000_000_000;
    let number = integer(of, key).filter(|number| *number > 0)?;
    let millis = if number < FIRST_OF_MILLIS { number.checked_mul(1000)? } else { number };
    // Four digits of a year can be written, and no more.
    (millis < 253_402_300_800_000).then_some(Millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_are_texts_or_numbers() {
        for (value, read) in [
            (json!("wamid.1"), Some("wamid.1")),
            (json!(106_540_352_242_922_u64), Some("106540352242922")),
            (json!(" x "), Some("x")),
            (json!(""), None),
            (json!("a\nb"), None),
            (json!("x".repeat(513)), None),
            (json!(1.5), None),
            (json!(1e30), None),
            (json!(true), None),
            (json!([1]), None),
            (json!(null), None),
        ] {
            assert_eq!(word(&json!({"id": value}), "id").as_deref(), read, "{value}");
        }
        assert_eq!(word(&json!([]), "id"), None);
        assert_eq!(first_word(&json!({"b": "2"}), &["a", "b"]).as_deref(), Some("2"));
        assert_eq!(at(&json!({"a": {"b": 1}}), &["a", "b"]), &json!(1));
        assert_eq!(at(&json!({"a": 1}), &["a", "b"]), &Value::Null);
    }

    #[test]
    fn a_time_that_cannot_be_is_none() {
        let now = Millis::from_text("2026-11-30T12:00:00Z").unwrap();
        for (value, read) in [
            (json!("1796040000"), Some(now)),
            (json!(1_796_040_000), Some(now)),
            (json!("1796040000000"), Some(now)),
            // A clock that is ahead, but not by much.
            (json!(1_796_040_000 + 86_400), Some(now.plus(86_400_000))),
            (json!(1_796_040_000 + 86_401), None),
            (json!("0"), None),
            (json!(1), None),
            (json!("4102444800"), None),
            (json!("-5"), None),
            (json!(i64::MAX), None),
            (json!("99999999999999999999"), None),
            (json!(1_796_040_000.5), None),
            (json!("yesterday"), None),
            (json!({}), None),
        ] {
            assert_eq!(happened(&json!({"t": value}), "t", now), read, "{value}");
        }
        // An end may lie far ahead, and must be one that can be written.
        assert!(time(&json!({"t": 4_102_444_800_u64}), "t").is_some());
        assert_eq!(time(&json!({"t": i64::MAX}), "t"), None);
    }
}
