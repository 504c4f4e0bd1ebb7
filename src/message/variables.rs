//! Templates of the settings: text with variables, rendered here.

use super::{Error, Result, Status};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The values of a template's variables by their keys, `"1"` or `"name"`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Variables(pub BTreeMap<String, Variable>);

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variable {
    /// An amount, which the reader's telephone writes in its own way.
    Currency(Currency),
    /// A date or time.
    DateTime(DateTime),
    /// What cannot be a value. Its message is refused with a row in the
    /// history, so it is read at first; it is never sent or stored.
    #[serde(skip)]
    Unfit(Unfit),
    /// Text.
    #[serde(untagged)]
    Text(String),
}

/// Why something cannot be a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unfit {
    /// Nothing was given.
    Null,
    /// A list, or an object that is neither an amount nor a date.
    Shape,
}

/// An amount.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Currency {
    /// What is shown where the amount cannot be written.
    pub fallback_value: String,
    /// Three letters, such as `EUR`.
    pub code: String,
    /// The amount times 1000.
    #[serde(deserialize_with = "super::json::integer")]
    pub amount_1000: i64,
}

/// A date or time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DateTime {
    /// What is shown.
    pub fallback_value: String,
}

impl Variable {
    /// What a person reads of it.
    pub fn as_text(&self) -> &str {
        match self {
            Variable::Text(text) => text,
            Variable::Currency(amount) => &amount.fallback_value,
            Variable::DateTime(at) => &at.fallback_value,
            Variable::Unfit(_) => "",
        }
    }

    /// Why it cannot be sent, in words that follow the variable's name.
    fn fault(&self) -> Option<String> {
        let text = self.as_text();
        match self {
            Variable::Unfit(Unfit::Shape) => {
                Some("must be text, {\"currency\":{..}} or {\"date_time\":{..}}".to_owned())
            }
            Variable::Unfit(Unfit::Null) => Some("is null; give it a value".to_owned()),
            Variable::Text(text) if text.is_empty() => Some("is empty; give it a value".to_owned()),
            Variable::Currency(_) | Variable::DateTime(_) if text.trim().is_empty() => {
                Some("has an empty fallback_value; write what is to be shown".to_owned())
            }
            _ if text.len() > MAX_VALUE_CHARS && text.chars().count() > MAX_VALUE_CHARS => {
                Some(format!("is longer than {MAX_VALUE_CHARS} characters"))
            }
            _ => None,
        }
    }
}

impl From<String> for Variable {
    fn from(text: String) -> Variable {
        Variable::Text(text)
    }
}

/// The longest value and key that a variable may have.
const MAX_VALUE_CHARS: usize = 32_768;
const MAX_KEY_CHARS: usize = 64;
const MAX_VARIABLES: usize = 100;

impl Variables {
    /// Reads `variables_json`.
    pub fn read(argument: &str, text: &str) -> Result<Variables> {
        Self::from_value(argument, super::json::with_numbers_as_text(argument, text)?)
    }

    /// Reads `{"1":"Ann"}`, `{"name":"Ann"}` or `["Ann"]`. Numbers and
    /// booleans are taken as text. An error is one of the JSON's shape; what
    /// cannot be a value is told by `check`.
    pub fn from_value(argument: &str, value: Value) -> Result<Variables> {
        let pairs: Vec<(String, Value)> = match value {
            Value::Null => Vec::new(),
            Value::Object(map) => map.into_iter().collect(),
            Value::Array(items) => {
                items.into_iter().enumerate().map(|(at, item)| ((at + 1).to_string(), item)).collect()
            }
            _ => {
                return Err(Error::about(
                    Status::Json,
                    argument,
                    format!("{argument} must be an object such as {{\"1\":\"Ann\"}}, or a list."),
                ));
            }
        };
        let mut variables = BTreeMap::new();
        for (key, value) in pairs {
            let variable = match value {
                Value::String(text) => Variable::Text(text),
                Value::Number(number) => Variable::Text(number.to_string()),
                Value::Bool(value) => Variable::Text(value.to_string()),
                Value::Null => Variable::Unfit(Unfit::Null),
                Value::Array(_) => Variable::Unfit(Unfit::Shape),
                Value::Object(object) => special(&format!("{argument}.{key}"), object)?,
            };
            variables.insert(key, variable);
        }
        Ok(Variables(variables))
    }

    /// Checks what holds for the values of every template, also of one of the
    /// settings. `path` is where they stand in the message.
    pub fn check(&self, path: &str) -> Result<()> {
        if self.0.len() > MAX_VARIABLES {
            let message = format!("{path} has {} entries; {MAX_VARIABLES} are the most.", self.0.len());
            return Err(Error::about(Status::Template, path, message));
        }
        for (key, value) in &self.0 {
            let path = format!("{path}.{}", super::catalogue::clipped(key));
            let fault = match key.chars().count() {
                1..=MAX_KEY_CHARS => match value.fault() {
                    Some(fault) => format!("{path} {fault}."),
                    None => continue,
                },
                _ => format!("{path}: a variable's name has 1 to {MAX_KEY_CHARS} characters."),
            };
            return Err(Error::about(Status::Template, path, fault));
        }
        Ok(())
    }

    /// The values as text, for a provider that knows nothing else.
    pub fn texts(&self) -> BTreeMap<&str, &str> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_text())).collect()
    }

    /// Checks that the keys are exactly those that the template has.
    pub fn check_keys<'a>(
        &self,
        argument: &str,
        template: &str,
        wanted: impl Iterator<Item = &'a str>,
    ) -> Result<()> {
        let wanted: BTreeSet<&str> = wanted.collect();
        if let Some(missing) = wanted.iter().find(|key| !self.0.contains_key(**key)) {
            // It may come from the provider, and be of any length there.
            let missing = super::catalogue::clipped(missing);
            return Err(Error::about(
                Status::Template,
                format!("{argument}.{missing}"),
                format!("The template {template:?} needs the variable {missing:?}, which is missing."),
            ));
        }
        if let Some(extra) = self.0.keys().find(|key| !wanted.contains(key.as_str())) {
            return Err(Error::about(
                Status::Template,
                format!("{argument}.{extra}"),
                format!("The template {template:?} has no variable {extra:?}."),
            ));
        }
        Ok(())
    }
}

/// A value that is more than text.
fn special(path: &str, object: serde_json::Map<String, Value>) -> Result<Variable> {
    let mut members = object.into_iter();
    Ok(match (members.next(), members.next()) {
        (Some((key, value)), None) if key == "currency" => {
            Variable::Currency(super::json::from_value(&format!("{path}.currency"), value)?)
        }
        (Some((key, value)), None) if key == "date_time" => {
            Variable::DateTime(super::json::from_value(&format!("{path}.date_time"), value)?)
        }
        _ => Variable::Unfit(Unfit::Shape),
    })
}

/// The names of the variables in a template's text, in order, each once.
/// A brace that opens no variable is plain text.
pub fn variables_of(text: &str) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    places(text).into_iter().map(|(_, name)| name).filter(|name| seen.insert(*name)).collect()
}

/// Puts the values into the text. A `{{..}}` inside a value stays as it is.
pub fn render(text: &str, variables: &Variables) -> String {
    let mut rendered = String::with_capacity(text.len() + 64);
    let mut rest = 0;
    for (range, name) in places(text) {
        rendered.push_str(&text[rest..range.start]);
        match variables.0.get(name) {
            Some(value) => rendered.push_str(value.as_text()),
            None => rendered.push_str(&text[range.clone()]),
        }
        rest = range.end;
    }
    rendered.push_str(&text[rest..]);
    rendered
}

/// Where `{{name}}` stands, with its name.
fn places(text: &str) -> Vec<(std::ops::Range<usize>, &str)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(open) = text[from..].find("{{").map(|at| from + at) {
        // No brace is in a name, so the next one closes it, or there is none
        // here: what was looked at is not looked at again.
        let Some(close) = text[open + 2..].find(['{', '}']).map(|at| open + 2 + at) else { break };
        let name = text[open + 2..close].trim();
        let is_name = text[close..].starts_with("}}")
            && !name.is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || c == '_')
            && name.chars().count() <= MAX_KEY_CHARS;
        if is_name {
            found.push((open..close + 2, name));
            from = close + 2;
        } else {
            from = open + 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn variables(value: Value) -> Variables {
        Variables::from_value("variables_json", value).unwrap()
    }

    #[test]
    fn texts_are_rendered() {
        for (text, values, rendered) in [
            ("Hello {{1}}", json!({"1": "Ann"}), "Hello Ann"),
            ("Hello {{ name }}, {{name}}!", json!({"name": "Ann"}), "Hello Ann, Ann!"),
            ("{{1}}{{2}}", json!(["a", 2]), "a2"),
            ("{{1}}", json!(["{{1}}"]), "{{1}}"),
            ("{ {1}} {{}} {{a b}}", json!({}), "{ {1}} {{}} {{a b}}"),
            ("{{{1}}}", json!(["x"]), "{x}"),
            ("{{1}a}} {{1}", json!(["x"]), "{{1}a}} {{1}"),
            ("{{a {{1}}", json!(["x"]), "{{a x"),
            ("مرحبا {{اسم}} 😀", json!({"اسم": "ليلى"}), "مرحبا ليلى 😀"),
        ] {
            assert_eq!(render(text, &variables(values)), rendered, "{text}");
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        for number in
            ["12.50", "18446744073709551616", "-0", "1e3", "1E+2", "0.10", "9007199254740993", "-7.0e-1"]
        {
            let message = format!(
                r#"{{"type":"template","template":"t","variables":{{"a\"1":{number}, "2":"1.50 \\"}},
                    "header":{{"location":{{"latitude":1.5,"longitude":2}}}},
                    "cards":[{{"variables":[{number}]}},{{"variables":[ {number} ,true]}}]}}"#
            );
            let content = super::super::Content::read("message_json", &message).unwrap();
            let super::super::content::Kind::Template(template) = content.kind else { panic!("no template") };
            let texts = template.variables.texts();
            assert_eq!((texts["a\"1"], texts["2"]), (number, "1.50 \\"));
            assert_eq!(template.cards[0].variables.texts()["1"], number);
            assert_eq!(template.cards[1].variables.texts()["1"], number);
            assert_eq!(template.cards[1].variables.texts()["2"], "true");
        }
    }

    #[test]
    fn missing_and_extra_variables_are_named() {
        let text = "Dear {{1}}, {{2}}";
        let check = |v: Value| variables(v).check_keys("variables_json", "t", variables_of(text).into_iter());
        assert!(check(json!(["a", "b"])).is_ok());
        let missing = check(json!(["a"])).unwrap_err();
        assert_eq!(missing.argument.as_deref(), Some("variables_json.2"));
        let extra = check(json!(["a", "b", "c"])).unwrap_err();
        assert_eq!(extra.argument.as_deref(), Some("variables_json.3"));
    }

    #[test]
    fn values_that_providers_refuse_are_refused_here() {
        for value in [
            json!({"1": null}),
            json!({"1": ""}),
            json!({"1": {}}),
            json!({"1": []}),
            json!({"1": {"date_time": {"fallback_value": " "}}}),
            json!({"1": "x".repeat(MAX_VALUE_CHARS + 1)}),
            json!({"": "x"}),
            json!({"x".repeat(65): "x"}),
            json!(vec!["x"; 101]),
        ] {
            let error = variables(value.clone()).check("v").unwrap_err();
            assert_eq!(error.status, Status::Template, "{value}");
            assert!(error.argument.is_some_and(|argument| argument.starts_with('v')), "{value}");
        }
        for value in [json!("x"), json!({"1": {"currency": {"code": 1}}})] {
            let error = Variables::from_value("v", value.clone()).unwrap_err();
            assert_eq!(error.status, Status::Json, "{value}");
        }
    }

    /// Twilio's templates are read so; an answer holds a megabyte. A search
    /// from each brace on, or through all names, would take minutes.
    #[test]
    fn a_long_text_is_read_once() {
        let braces = "{{".repeat(500_000);
        assert!(variables_of(&format!("{braces} }}}}")).is_empty());
        assert_eq!(variables_of(&format!("{braces}1}}}}")), ["1"]);
        let many: String = (0..100_000).map(|number| format!("{{{{{number}}}}}")).collect();
        assert_eq!(variables_of(&many).len(), 100_000);
    }

    proptest::proptest! {
        #[test]
        fn any_text_renders(text in "[{}a-c1 é]{0,40}", value in "[{}x]{1,8}") {
            let names = variables_of(&text);
            let values = Variables(names.iter().map(|n| (n.to_string(), value.clone().into())).collect());
            let _ = render(&text, &values);
        }
    }
}
