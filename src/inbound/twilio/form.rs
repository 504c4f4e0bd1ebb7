//! The fields of a form.

use crate::inbound::{field, key};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The fields of a form; a name may come more than once.
pub struct Form(BTreeMap<String, Vec<String>>);

impl Form {
    /// Reads a form. Whatever bytes they are, they are one; what is no UTF-8,
    /// and U+0000, becomes U+FFFD.
    pub fn read(body: &[u8]) -> Form {
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(body) {
            fields.entry(name.replace('\0', "\u{FFFD}")).or_default().push(value.replace('\0', "\u{FFFD}"));
        }
        Form(fields)
    }

    /// Whether there is such a field, and something in it.
    pub fn has(&self, name: &str) -> bool {
        self.text(name).is_some()
    }

    /// What stands in the field; none where that is nothing. Of several with
    /// this name the first.
    pub fn text(&self, name: &str) -> Option<String> {
        self.0.get(name)?.first().filter(|text| !text.is_empty()).cloned()
    }

    /// The first of these fields that holds a word.
    pub fn word(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| field::as_word(&self.text(name)?))
    }

    /// A number that a field holds.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.word(&[name])?.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// Whether a field says `true`.
    pub fn is_true(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// The JSON that a field holds.
    pub fn json(&self, name: &str) -> Value {
        self.text(name)
            .and_then(|text| serde_json::from_str(&crate::inbound::foreign::text(text.as_bytes())).ok())
            .unwrap_or(Value::Null)
    }

    /// All fields: a name that came more than once has a list.
    pub fn as_json(&self) -> Value {
        let one = |values: &Vec<String>| match values.as_slice() {
            [value] => Value::from(value.as_str()),
            values => Value::from(values.to_vec()),
        };
        Value::Object(self.0.iter().map(|(name, values)| (name.clone(), one(values))).collect::<Map<_, _>>())
    }

    /// A key for a form that has no id.
    pub fn hash(&self, kind: &str) -> String {
        key::hashed(kind, &[&self.as_json().to_string()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_repeat_and_bytes_may_be_anything() {
        let form = Form::read(b"A=1&B=x+y%C3%A9&A=2&C=&D&E=%00%FF&F= z &T=true&N=1e3&J=%7B%22a%22%3A1%7D");
        assert_eq!(
            form.as_json(),
            json!({"A": ["1", "2"], "B": "x yé", "C": "", "D": "", "E": "\u{FFFD}\u{FFFD}", "F": " z ", "T": "true",
                "N": "1e3", "J": "{\"a\":1}"})
        );
        assert_eq!((form.text("A").as_deref(), form.word(&["C", "F"]).as_deref()), (Some("1"), Some("z")));
        assert_eq!((form.text("C"), form.word(&["E"]), form.text("X")), (None, None, None));
        assert!(form.is_true("T") && !form.is_true("A") && form.has("A") && !form.has("C"));
        assert_eq!((form.number("N"), form.number("B")), (Some(1000.0), None));
        assert_eq!((form.json("J"), form.json("B")), (json!({"a": 1}), Value::Null));
    }
}
