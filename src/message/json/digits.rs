//! Numbers in data that is passed on as the host wrote it: `12.50` and
//! 18446744073709551616 are not what a program's own numbers make of them.
//!
//! Such a number is kept as a text that begins with U+0000, which no text of a
//! host can hold, and becomes a number again in the request.

use super::{length_of_number, length_of_text, value};
use crate::message::{Error, Result};
use serde_json::Value;
use std::borrow::Cow;

/// Begins a text that is a number, as JSON writes it.
const MARK: &str = r"\u0000";

/// Takes from `text` what `read`, made from the same text, has under this key,
/// wherever it has it: with the digits of its numbers.
pub fn keep_digits(argument: &str, text: &str, read: &mut Value, key: &str) -> Result<()> {
    let _is_json = value(argument, text)?;
    let mut marked: Value = serde_json::from_str(&with_marks(text))
        .map_err(|error| Error::internal(format!("{argument} cannot be read with its digits: {error}.")))?;
    take(read, &mut marked, key);
    Ok(())
}

fn take(read: &mut Value, marked: &mut Value, key: &str) {
    match (read, marked) {
        (Value::Object(read), Value::Object(marked)) => {
            for (name, member) in read {
                match marked.get_mut(name) {
                    Some(marked) if name == key => *member = marked.take(),
                    Some(marked) => take(member, marked, key),
                    None => {}
                }
            }
        }
        (Value::Array(read), Value::Array(marked)) => {
            read.iter_mut().zip(marked).for_each(|(read, marked)| take(read, marked, key));
        }
        _ => {}
    }
}

/// Marks the numbers of JSON that is known to be right, where a program's own
/// number would not be written alike.
fn with_marks(json: &str) -> String {
    let mut marked = String::with_capacity(json.len() + 16);
    let mut rest = json;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        let (before, from_here) = rest.split_at(at);
        marked.push_str(before);
        let is_text = from_here.starts_with('"');
        let length = if is_text { length_of_text(from_here) } else { length_of_number(from_here) };
        let (token, after) = from_here.split_at(length);
        let same = is_text
            || serde_json::from_str::<Value>(token)
                .map(|read| read.to_string())
                .is_ok_and(|same| same == token);
        match same {
            true => marked.push_str(token),
            false => marked.push_str(&format!("\"{MARK}{token}\"")),
        }
        rest = after;
    }
    marked.push_str(rest);
    marked
}

/// The JSON of a request with its marked texts as the numbers that they are.
pub fn written(json: String) -> String {
    let begin = format!("\"{MARK}");
    if !json.contains(&begin) {
        return json;
    }
    let mut parts = json.split(begin.as_str());
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let part = match part.split_once('"') {
            Some((digits, after)) => Cow::Owned(format!("{digits}{after}")),
            None => Cow::Borrowed(part),
        };
        written.push_str(&part);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_out_as_they_came_in() {
        let text = r#"{"n":12.50,"data":{"a":12.50,"b":[18446744073709551616,7,-0.0,1E+2,"12.50","\"\\u0000"],"é":{"c":0.1}}}"#;
        let mut read = value("x", text).unwrap();
        keep_digits("x", text, &mut read, "data").unwrap();
        // As it is kept in the history, and read from there.
        let kept: Value = serde_json::from_str(&read.to_string()).unwrap();
        let expected = text.replacen("12.50", "12.5", 1);
        let sorted = |text: &str| {
            let mut all: Vec<char> = text.chars().collect();
            all.sort_unstable();
            all
        };
        let sent = written(kept.to_string());
        assert_eq!(sorted(&sent), sorted(&expected), "{sent}");
        assert!(sent.contains(r#""b":[18446744073709551616,7,-0.0,1E+2,"12.50","\"\\u0000"]"#), "{sent}");
        assert!(sent.contains(r#""a":12.50"#) && sent.contains(r#""n":12.5}"#), "{sent}");
    }
}
