//! Strict reading of the JSON that hosts give.
//!
//! serde_json keeps the last of repeated keys and accepts U+0000; a host that
//! sends either has a fault which it must be told of, not a surprise later.

mod digits;
mod words;

pub use digits::{keep_digits, written};

use super::{Error, Result, Status};
use crate::ground::Secret;
use serde::de::{self, DeserializeOwned, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The most JSON text that one argument may hold.
pub const MAX_JSON_BYTES: usize = 16 * 1024 * 1024;

/// Reads one JSON argument into `T`. Errors name the argument, or the path of
/// the key inside of it.
pub fn read<T: DeserializeOwned>(argument: &str, text: &str) -> Result<T> {
    from_value(argument, value(argument, text)?)
}

/// The same for an object of objects, such as the settings.
pub fn read_sections<T: DeserializeOwned>(argument: &str, text: &str) -> Result<T> {
    let value = value(argument, text)?;
    for (key, section) in value.as_object().into_iter().flatten() {
        must_be_an_object(&format!("{argument}.{key}"), section)?;
        for (name, inner) in section.as_object().filter(|_| key == "templates").into_iter().flatten() {
            must_be_an_object(&format!("{argument}.{key}.{name}"), inner)?;
        }
    }
    from_value(argument, value)
}

/// Refuses an array where an object is meant: serde would take its items for
/// the members, by their order.
fn must_be_an_object(argument: &str, value: &Value) -> Result<()> {
    if value.is_array() {
        let message = format!("{argument}: an object is expected, not a list.");
        return Err(Error::about(Status::Json, argument, message));
    }
    Ok(())
}

/// Reads a value that `value` made.
pub fn from_value<T: DeserializeOwned>(argument: &str, value: Value) -> Result<T> {
    must_be_an_object(argument, &value)?;
    serde_path_to_error::deserialize(value).map_err(|error| {
        let argument = under(argument, error.path());
        let what = words::plain(&error.into_inner().to_string());
        let message = format!("{argument}: {what}.");
        Error::about(Status::Json, argument, message)
    })
}

/// The argument and the path inside of it. A key that was cut off is `?`
/// there, which helps nobody.
fn under(argument: &str, path: &serde_path_to_error::Path) -> String {
    let path = path.to_string();
    match path.trim_end_matches('?').trim_end_matches('.') {
        "" => argument.to_owned(),
        path => format!("{argument}.{path}"),
    }
}

/// Reads JSON text of any shape, strictly.
pub fn value(argument: &str, text: &str) -> Result<Value> {
    if text.is_empty() {
        return Err(Error::about(
            Status::Json,
            argument,
            format!("{argument} is an empty string, which is not JSON."),
        )
        .hint("Give null where there is nothing to say."));
    }
    if text.len() > MAX_JSON_BYTES {
        return Err(Error::about(
            Status::Json,
            argument,
            format!("{argument} is longer than {MAX_JSON_BYTES} bytes."),
        ));
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let strict = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
    let value = match Strict::deserialize_from(strict) {
        Ok(value) => value,
        Err(error) => {
            let argument = under(argument, &track.path());
            let message = match error.is_data() {
                true => format!("{argument}: {error}."),
                false => format!("{argument}: this is not JSON: {error}."),
            };
            return Err(Error::about(Status::Json, argument, message));
        }
    };
    reader.end().map_err(|error| {
        Error::about(Status::Json, argument, format!("{argument}: this is not JSON: {error}."))
    })?;
    Ok(value)
}

/// The same with every number as the text in which it is written: `12.50` is
/// not 12.5 to who reads it, and no number has too many digits.
pub fn with_numbers_as_text(argument: &str, text: &str) -> Result<Value> {
    let _is_json = value(argument, text)?;
    let quoted = quote_numbers(text);
    serde_json::from_str(&quoted)
        .map_err(|error| Error::internal(format!("{argument} cannot be read with its numbers: {error}.")))
}

/// Puts quotes around the numbers of JSON that is known to be right.
fn quote_numbers(json: &str) -> String {
    let mut quoted = String::with_capacity(json.len() + 16);
    let mut rest = json;
    while let Some(at) = rest.find(|c: char| c == '"' || c == '-' || c.is_ascii_digit()) {
        let (before, from_here) = rest.split_at(at);
        quoted.push_str(before);
        let is_text = from_here.starts_with('"');
        let length = if is_text { length_of_text(from_here) } else { length_of_number(from_here) };
        let (token, after) = from_here.split_at(length);
        if is_text {
            quoted.push_str(token);
        } else {
            quoted.push('"');
            quoted.push_str(token);
            quoted.push('"');
        }
        rest = after;
    }
    quoted.push_str(rest);
    quoted
}

/// The bytes of a JSON text, with its quotes.
fn length_of_text(json: &str) -> usize {
    let mut escaped = false;
    for (at, c) in json.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    json.len()
}

/// The bytes of a JSON number.
fn length_of_number(json: &str) -> usize {
    json.find(|c: char| !(c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E')))
        .unwrap_or(json.len())
}

/// A JSON value without repeated keys and without U+0000.
struct Strict(Value);

impl Strict {
    fn deserialize_from<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Value, D::Error> {
        <Strict as de::Deserialize>::deserialize(from).map(|s| s.0)
    }
}

impl<'de> de::Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        from.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl StrictVisitor {
    fn text<E: de::Error>(text: String) -> std::result::Result<String, E> {
        if text.contains('\0') {
            return Err(E::custom("the character U+0000 cannot be sent or stored"));
        }
        Ok(text)
    }
}

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> std::result::Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> std::result::Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_u64<E>(self, value: u64) -> std::result::Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_f64<E>(self, value: f64) -> std::result::Result<Value, E> {
        Ok(Value::from(value))
    }
    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<Value, E> {
        Self::text(text.to_owned()).map(Value::String)
    }
    fn visit_string<E: de::Error>(self, text: String) -> std::result::Result<Value, E> {
        Self::text(text).map(Value::String)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Strict(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            let key = Self::text(key)?;
            if object.contains_key(&key) {
                // Refused where its value stands, so that the path leads to the key.
                map.next_value_seed(Repeated(&key))?;
            }
            let Strict(value) = map.next_value()?;
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

/// Refuses the value of a key that was there before.
struct Repeated<'k>(&'k str);

impl<'de> de::DeserializeSeed<'de> for Repeated<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, _: D) -> std::result::Result<(), D::Error> {
        Err(de::Error::custom(format_args!("the key `{}` is repeated", self.0)))
    }
}

/// An integer, also where it comes as a string of digits: system settings of
/// some hosts know text only. For `#[serde(deserialize_with)]`.
pub fn integer<'de, D, T>(from: D) -> std::result::Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    struct Integer;
    impl Visitor<'_> for Integer {
        type Value = i64;
        fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str("an integer")
        }
        fn visit_i64<E>(self, value: i64) -> std::result::Result<i64, E> {
            Ok(value)
        }
        fn visit_u64<E: de::Error>(self, value: u64) -> std::result::Result<i64, E> {
            i64::try_from(value).map_err(|_| E::custom("the number is too large"))
        }
        fn visit_str<E: de::Error>(self, text: &str) -> std::result::Result<i64, E> {
            let text = text.trim();
            let digits = text.strip_prefix('-').unwrap_or(text);
            if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(E::custom("not an integer"));
            }
            text.parse().map_err(|_| E::custom("the number is too large"))
        }
    }
    let number = from.deserialize_any(Integer)?;
    T::try_from(number).map_err(|_| de::Error::custom(format!("{number} is out of range")))
}

/// The same for an integer that may be null.
pub fn integer_or_null<'de, D, T>(from: D) -> std::result::Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
{
    struct OrNull<T>(std::marker::PhantomData<T>);
    impl<'de, T: TryFrom<i64>> Visitor<'de> for OrNull<T> {
        type Value = Option<T>;
        fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
            f.write_str("an integer or null")
        }
        fn visit_none<E>(self) -> std::result::Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_unit<E>(self) -> std::result::Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_some<D: Deserializer<'de>>(self, from: D) -> std::result::Result<Self::Value, D::Error> {
            integer(from).map(Some)
        }
    }
    from.deserialize_option(OrNull(std::marker::PhantomData))
}

/// A text that may be missing and that no error repeats: a code, which people
/// also give as a number. For `#[serde(deserialize_with)]`.
pub fn secret_text<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Option<String>, D::Error> {
    let secret = <Option<Secret> as de::Deserialize>::deserialize(from)?;
    Ok(secret.map(|secret| secret.expose().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_json_is_named() {
        for (text, part) in [
            ("", "empty"),
            ("{", "EOF"),
            ("{}x", "trailing"),
            (r#"{"a":1,"a":2}"#, "repeated"),
            (r#"{"a":{"b":1,"b":1}}"#, "`b` is repeated"),
            (r#"{"a":"x\u0000y"}"#, "U+0000"),
            (r#"{"a":"\ud800"}"#, "hex escape"),
            (r#"{"a":"\udc00"}"#, "surrogate"),
        ] {
            let error = value("settings_json", text).unwrap_err();
            assert_eq!(error.status, Status::Json);
            assert!(error.message.contains(part), "{text}: {}", error.message);
            let argument = error.argument.as_deref().unwrap();
            assert!(argument.starts_with("settings_json") && !argument.contains('?'), "{text}: {argument}");
        }
        let deep = "[".repeat(100_000);
        assert!(value("x", &deep).is_err(), "depth is limited");
    }

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for (text, wanted) in [
            ("12.50", serde_json::json!("12.50")),
            (r#"[-1.0E+2,true,null,"3"]"#, serde_json::json!(["-1.0E+2", true, null, "3"])),
            (r#"{"a\\":1,"\"2":{"é-1":"x\\"}}"#, serde_json::json!({"a\\": "1", "\"2": {"é-1": "x\\"}})),
        ] {
            assert_eq!(with_numbers_as_text("x", text).unwrap(), wanted, "{text}");
        }
        for text in ["01", "1.", "-", "{", r#"{"a":1,"a":1}"#] {
            assert_eq!(with_numbers_as_text("x", text).unwrap_err().status, Status::Json, "{text}");
        }
    }

    #[test]
    fn an_array_is_no_object() {
        #[derive(serde::Deserialize, Debug)]
        struct Inner {
            #[allow(dead_code)]
            n: u8,
        }
        #[derive(serde::Deserialize, Debug)]
        struct Outer {
            #[allow(dead_code)]
            inner: Inner,
        }
        for (text, path) in [("[[1]]", "s"), (r#"[{"n":1}]"#, "s"), (r#"{"inner":[1]}"#, "s.inner")] {
            let error = read_sections::<Outer>("s", text).unwrap_err();
            assert_eq!((error.status, error.argument.as_deref()), (Status::Json, Some(path)), "{text}");
        }
        assert_eq!(read_sections::<Outer>("s", r#"{"inner":{"n":1}}"#).unwrap().inner.n, 1);
        let error = read_sections::<Outer>("s", r#"{"inner":"canary, expected"}"#).unwrap_err();
        assert!(
            error.message.contains("an object is expected, not text") && !error.message.contains("canary"),
            "{error}"
        );
    }

    #[test]
    fn paths_lead_to_the_key() {
        #[derive(serde::Deserialize, Debug)]
        #[serde(deny_unknown_fields)]
        struct Inner {
            #[serde(deserialize_with = "integer")]
            #[allow(dead_code)]
            n: u8,
        }
        #[derive(serde::Deserialize, Debug)]
        #[serde(deny_unknown_fields)]
        struct Outer {
            #[allow(dead_code)]
            inner: Inner,
        }
        for (text, path) in [
            (r#"{"inner":{"n":"300"}}"#, "s.inner.n"),
            (r#"{"inner":{"n":1,"m":2}}"#, "s.inner.m"),
            (r#"{"inner":{"n":"1 2"}}"#, "s.inner.n"),
        ] {
            let error = read::<Outer>("s", text).unwrap_err();
            assert_eq!(error.argument.as_deref(), Some(path), "{text}: {error}");
        }
        assert_eq!(read::<Outer>("s", r#"{"inner":{"n":"7"}}"#).unwrap().inner.n, 7);
    }
}
