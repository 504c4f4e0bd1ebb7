//! The limits of a template that is to be made, as far as both providers have
//! its parts.

use super::action::{Button, TemplateDefinition, TemplateHeader};
use super::template_rules::{category, length, needed, refused, written_language};
use crate::message::Result;
use crate::message::catalogue::clipped;
use crate::message::variables::variables_of;

const LONGEST_BODY: usize = 1024;
const LONGEST_HEADER: usize = 60;
const LONGEST_FOOTER: usize = 60;
const LONGEST_BUTTON: usize = 25;
const LONGEST_URL: usize = 2000;
const LONGEST_PHONE_NUMBER: usize = 20;
const LONGEST_CODE: usize = 20;
const LONGEST_SAMPLE: usize = 1024;
const MOST_BUTTONS: usize = 10;

impl TemplateDefinition {
    /// Whether it describes nothing but, perhaps, name, language and category.
    pub fn has_no_parts(&self) -> bool {
        !self.has_neutral_parts() && self.components.is_none() && self.types.is_none()
    }

    fn has_neutral_parts(&self) -> bool {
        self.header.is_some() || self.body.is_some() || self.footer.is_some() || !self.buttons.is_empty()
    }

    /// Checks the parts that both providers have. `path` is the argument's.
    pub fn check(&self, path: &str) -> Result<()> {
        let key = |key: &str| format!("{path}.{key}");
        if let Some(wanted) = &self.category {
            category(&key("category"), wanted)?;
        }
        if let Some(language) = &self.language {
            written_language(&key("language"), language)?;
        }
        if self.components.is_some() || self.types.is_some() {
            let own = if self.components.is_some() { "components" } else { "types" };
            if self.has_neutral_parts() || (self.components.is_some() && self.types.is_some()) {
                let message = format!(
                    "{} describes all parts; leave header, body, examples, footer and buttons out.",
                    key(own)
                );
                return Err(refused(&key(own), message));
            }
            return Ok(());
        }
        let body = needed(&key("body"), self.body.as_deref())?;
        length(&key("body"), body, LONGEST_BODY)?;
        if let Some(header) = &self.header {
            header.check(&key("header"))?;
        }
        if let Some(footer) = &self.footer {
            length(&key("footer"), footer, LONGEST_FOOTER)?;
            if !variables_of(footer).is_empty() {
                return Err(refused(&key("footer"), format!("{} has no variables.", key("footer"))));
            }
        }
        for (name, sample) in &self.examples {
            length(&key(&format!("examples.{name}")), sample, LONGEST_SAMPLE)?;
        }
        if self.buttons.len() > MOST_BUTTONS {
            let (path, found) = (key("buttons"), self.buttons.len());
            return Err(refused(&path, format!("{path} has {found} entries; {MOST_BUTTONS} are the most.")));
        }
        self.buttons
            .iter()
            .enumerate()
            .try_for_each(|(at, button)| button.check(&format!("{path}.buttons[{at}]")))
    }

    /// Checks that there is a sample of each of these variables, and of no
    /// other.
    pub fn check_samples(&self, path: &str, wanted: &[&str]) -> Result<()> {
        for name in wanted {
            if !self.examples.contains_key(*name) {
                let path = format!("{path}.examples.{name}");
                let message = format!("{path} is missing: WhatsApp wants a sample of each variable.");
                return Err(refused(&path, message));
            }
        }
        match self.examples.keys().find(|name| !wanted.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let path = format!("{path}.examples.{}", clipped(name));
                Err(refused(&path, format!("{path}: the template has no such variable.")))
            }
        }
    }
}

impl TemplateHeader {
    fn check(&self, path: &str) -> Result<()> {
        let key = |key: &str| format!("{path}.{key}");
        match self.format.as_str() {
            "text" => {
                let text = needed(&key("text"), self.text.as_deref())?;
                length(&key("text"), text, LONGEST_HEADER)?;
                match variables_of(text).len() {
                    0 => Ok(()),
                    1 => needed(&key("example"), self.example.as_deref()).map(drop),
                    _ => Err(refused(&key("text"), format!("{} has one variable at most.", key("text")))),
                }
            }
            "image" | "video" | "document" => {
                self.has_no_text(path)?;
                needed(&key("example"), self.example.as_deref()).map(drop)
            }
            "location" => self.has_no_text(path),
            other => {
                let message =
                    format!("{}: there is no header of the format {:?}.", key("format"), clipped(other));
                Err(refused(&key("format"), message)
                    .hint("The formats are text, image, video, document and location."))
            }
        }
    }

    fn has_no_text(&self, path: &str) -> Result<()> {
        match self.text {
            None => Ok(()),
            Some(_) => {
                Err(refused(&format!("{path}.text"), format!("{path}.text goes with the format text only.")))
            }
        }
    }
}

impl Button {
    fn check(&self, path: &str) -> Result<()> {
        let key = |key: &str| format!("{path}.{key}");
        let title = || length(&key("text"), needed(&key("text"), self.text.as_deref())?, LONGEST_BUTTON);
        match self.kind.as_str() {
            "quick_reply" => title(),
            "url" => {
                title()?;
                let url = needed(&key("url"), self.url.as_deref())?;
                length(&key("url"), url, LONGEST_URL)?;
                if !url.starts_with("https://") && !url.starts_with("http://") {
                    return Err(refused(
                        &key("url"),
                        format!("{} must be an http or https address.", key("url")),
                    ));
                }
                match variables_of(url).as_slice() {
                    [] => Ok(()),
                    [_] => needed(&key("example"), self.example.as_deref()).map(drop),
                    _ => Err(refused(&key("url"), format!("{} has one variable at most.", key("url")))),
                }
            }
            "phone_number" => {
                title()?;
                let number = needed(&key("phone_number"), self.phone_number.as_deref())?;
                length(&key("phone_number"), number, LONGEST_PHONE_NUMBER)
            }
            "copy_code" => {
                let code = needed(&key("example"), self.example.as_deref())?;
                length(&key("example"), code, LONGEST_CODE)
            }
            other => {
                let message =
                    format!("{}: a button of the type {:?} cannot be made so.", key("type"), clipped(other));
                Err(refused(&key("type"), message).hint(
                    "The types are quick_reply, url, phone_number and copy_code; describe others in components (Meta) or types (Twilio).",
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn faults_of_a_definition_name_the_key() {
        let whole = json!({
            "name": "order_1", "language": "en-us", "category": "Utility",
            "header": {"format": "text", "text": "For {{1}}", "example": "Ann"},
            "body": "Order {{1}} is on its way.", "examples": {"1": "A-17"}, "footer": "Bye",
            "buttons": [
                {"type": "quick_reply", "text": "Stop"},
                {"type": "url", "text": "Track", "url": "https://example.com/{{1}}", "example": "42"},
                {"type": "phone_number", "text": "Call", "phone_number": "+15551230000"},
                {"type": "copy_code", "example": "SAVE10"},
            ],
        });
        let with = |key: &str, value: Value| {
            let mut changed = whole.clone();
            match key.split_once('/') {
                Some(("buttons", key)) => changed["buttons"][1][key] = value,
                Some((outer, key)) => changed[outer][key] = value,
                None => changed[key] = value,
            }
            let definition: TemplateDefinition = serde_json::from_value(changed).unwrap();
            definition.check("t").err().map(|error| error.argument.unwrap())
        };
        let long = |n: usize| json!("x".repeat(n));
        for (key, value, path) in [
            ("body", long(1024), None),
            ("body", long(1025), Some("t.body")),
            ("body", Value::Null, Some("t.body")),
            ("body", json!(" "), Some("t.body")),
            ("category", json!("news"), Some("t.category")),
            ("language", json!("English!"), Some("t.language")),
            ("footer", long(60), None),
            ("footer", long(61), Some("t.footer")),
            ("footer", json!("Bye {{1}}"), Some("t.footer")),
            ("header/text", long(60), None),
            ("header/text", long(61), Some("t.header.text")),
            ("header/text", json!("{{1}} {{2}}"), Some("t.header.text")),
            ("header/example", Value::Null, Some("t.header.example")),
            ("header/format", json!("image"), Some("t.header.text")),
            ("header/format", json!("sound"), Some("t.header.format")),
            ("header", json!({"format": "image"}), Some("t.header.example")),
            ("header", json!({"format": "location"}), None),
            ("buttons/text", long(25), None),
            ("buttons/text", long(26), Some("t.buttons[1].text")),
            ("buttons/text", Value::Null, Some("t.buttons[1].text")),
            ("buttons/url", json!("ftp://example.com"), Some("t.buttons[1].url")),
            ("buttons/url", json!("https://e.com/{{1}}{{2}}"), Some("t.buttons[1].url")),
            ("buttons/example", Value::Null, Some("t.buttons[1].example")),
            ("buttons/type", json!("flow"), Some("t.buttons[1].type")),
            ("buttons", json!(vec![json!({"type": "quick_reply", "text": "x"}); 11]), Some("t.buttons")),
            ("components", json!([]), Some("t.components")),
            ("types", json!({}), Some("t.types")),
            ("examples", json!({"1": ""}), Some("t.examples.1")),
        ] {
            assert_eq!(with(key, value.clone()).as_deref(), path, "{key}: {value}");
        }
        let definition: TemplateDefinition = serde_json::from_value(whole).unwrap();
        let samples = |wanted: &[&str]| {
            definition.check_samples("t", wanted).err().map(|error| error.argument.unwrap())
        };
        assert_eq!(samples(&["1"]), None);
        assert_eq!(samples(&["1", "2"]).as_deref(), Some("t.examples.2"));
        assert_eq!(samples(&[]).as_deref(), Some("t.examples.1"));
    }
}
