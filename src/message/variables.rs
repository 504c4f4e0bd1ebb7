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
    /// Text.
    #[serde(untagged)]
    Text(String),
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
    /// Reads `{"1":"Ann"}`, `{"name":"Ann"}` or `["Ann"]`. Numbers and
    /// booleans are taken as text; null, empty text, objects and lists are
    /// refused, as the providers refuse them; but for `{"currency":{..}}` and
    /// `{"date_time":{..}}`.
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
        if pairs.len() > MAX_VARIABLES {
            return Err(Error::about(
                Status::Template,
                argument,
                format!("{argument} has more than {MAX_VARIABLES} variables."),
            ));
        }
        let mut variables = BTreeMap::new();
        for (key, value) in pairs {
            let path = format!("{argument}.{key}");
            let refused = |why: String| Error::about(Status::Template, path.clone(), why);
            if key.is_empty() || key.chars().count() > MAX_KEY_CHARS {
                return Err(refused(format!(
                    "{path}: a variable's name has 1 to {MAX_KEY_CHARS} characters."
                )));
            }
            let value = match value {
                Value::Object(object) => {
                    let variable = special(&path, object)?;
                    variables.insert(key, variable);
                    continue;
                }
                other => other,
            };
            let text = match value {
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                Value::Bool(value) => value.to_string(),
                Value::Null => {
                    return Err(refused(format!("{path} is null; a variable needs a value.")));
                }
                _ => return Err(refused(format!("{path} must be text, not a list or an object."))),
            };
            if text.is_empty() {
                return Err(refused(format!("{path} is empty; a variable needs a value.")));
            }
            if text.chars().count() > MAX_VALUE_CHARS {
                return Err(refused(format!("{path} is longer than {MAX_VALUE_CHARS} characters.")));
            }
            variables.insert(key, Variable::Text(text));
        }
        Ok(Variables(variables))
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
    let variable = match (members.next(), members.next()) {
        (Some((key, value)), None) if key == "currency" => {
            Variable::Currency(super::json::from_value(&format!("{path}.currency"), value)?)
        }
        (Some((key, value)), None) if key == "date_time" => {
            Variable::DateTime(super::json::from_value(&format!("{path}.date_time"), value)?)
        }
        _ => {
            let message =
                format!("{path} must be text, {{\"currency\":{{..}}}} or {{\"date_time\":{{..}}}}.");
            return Err(Error::about(Status::Template, path, message));
        }
    };
    if variable.as_text().trim().is_empty() || variable.as_text().chars().count() > MAX_VALUE_CHARS {
        let message = format!("{path}: fallback_value is empty or too long.");
        return Err(Error::about(Status::Template, path, message));
    }
    Ok(variable)
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
            json!("x"),
            json!({"": "x"}),
        ] {
            assert!(Variables::from_value("v", value.clone()).is_err(), "{value}");
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
