//! What holds for the templates of every provider: languages, statuses, and
//! the limits of a template that is to be made.

use super::action::{Button, TemplateDefinition, TemplateHeader};
use crate::message::catalogue::clipped;
use crate::message::template::variables_of;
use crate::message::{Error, Result, Status};
use std::collections::BTreeSet;

const LONGEST_NAME: usize = 512;
const LONGEST_BODY: usize = 1024;
const LONGEST_HEADER: usize = 60;
const LONGEST_FOOTER: usize = 60;
const LONGEST_BUTTON: usize = 25;
const LONGEST_URL: usize = 2000;
const LONGEST_PHONE_NUMBER: usize = 20;
const LONGEST_CODE: usize = 20;
const LONGEST_SAMPLE: usize = 1024;
const LONGEST_CURSOR: usize = 4000;
const MOST_BUTTONS: usize = 10;
/// The categories, as our JSON writes them.
const CATEGORIES: [&str; 3] = ["utility", "marketing", "authentication"];

/// `pt_BR` and `pt-br` are one language.
pub fn same_language(one: &str, other: &str) -> bool {
    let plain = |text: &str| text.replace('-', "_").to_ascii_lowercase();
    plain(one) == plain(other)
}

/// Whether this may be a language, such as `zh_Hant_TW`. Errors show it, so
/// whatever else an answer holds in its place is left out.
pub fn is_language(text: &str) -> bool {
    (2..=15).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// A language as the providers write it: `pt-br` is `pt_BR`.
pub fn written_language(path: &str, language: &str) -> Result<String> {
    if !is_language(language) {
        let message = format!("{path}: {:?} is not a language such as en_US.", clipped(language));
        return Err(Error::about(Status::Template, path, message));
    }
    let mut parts = language.split(['-', '_']);
    let mut written = parts.next().unwrap_or_default().to_ascii_lowercase();
    for part in parts {
        written.push('_');
        if part.len() == 2 {
            written.push_str(&part.to_ascii_uppercase());
        } else {
            written.push_str(part);
        }
    }
    Ok(written)
}

/// A category as our JSON writes it.
pub fn category(path: &str, category: &str) -> Result<&'static str> {
    CATEGORIES.into_iter().find(|known| known.eq_ignore_ascii_case(category)).ok_or_else(|| {
        let message = format!("{path}: there is no category {:?}.", clipped(category));
        Error::about(Status::Template, path, message)
            .hint(format!("The categories are {}.", CATEGORIES.join(", ")))
    })
}

/// The most templates of a page.
pub fn limit(wanted: Option<u32>, default: u32, most: u32) -> Result<u32> {
    match wanted.unwrap_or(default) {
        limit if (1..=most).contains(&limit) => Ok(limit),
        limit => Err(Error::about(
            Status::Argument,
            "query_json.limit",
            format!("query_json.limit is {limit}; 1 to {most} are allowed."),
        )),
    }
}

/// Where a page begins, as a page before gave it.
pub fn cursor(cursor: Option<&str>) -> Result<Option<&str>> {
    match cursor {
        Some(text)
            if text.is_empty()
                || text.len() > LONGEST_CURSOR
                || !text.bytes().all(|byte| byte.is_ascii_graphic()) =>
        {
            Err(Error::about(
                Status::Argument,
                "query_json.cursor",
                "query_json.cursor is none that a list gave as next.",
            ))
        }
        cursor => Ok(cursor),
    }
}

/// A name under which WhatsApp takes a template.
pub fn name(path: &str, name: &str) -> Result<()> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(fits) {
        return Err(Error::about(
            Status::Template,
            path,
            format!(
                "{path}: {:?} cannot be a template's name: small letters a to z, digits and underscores, {LONGEST_NAME} at most.",
                clipped(name)
            ),
        ));
    }
    Ok(())
}

fn refused(path: &str, message: String) -> Box<Error> {
    Error::about(Status::Template, path, message)
}

fn length(path: &str, text: &str, longest: usize) -> Result<()> {
    if text.trim().is_empty() {
        return Err(refused(path, format!("{path} is empty.")));
    }
    let found = text.chars().count();
    if found > longest {
        return Err(refused(path, format!("{path} has {found} characters; {longest} are the most.")));
    }
    Ok(())
}

/// A part that must be there.
pub fn needed<'a>(path: &str, text: Option<&'a str>) -> Result<&'a str> {
    text.filter(|text| !text.trim().is_empty()).ok_or_else(|| refused(path, format!("{path} is missing.")))
}

/// The variables of a text: numbers from 1 on, or names.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Numbering {
    /// There are none.
    None,
    /// `{{1}}`, `{{2}}`
    Numbers,
    /// `{{first_name}}`
    Names,
}

/// How the variables of a text are called. They are numbers without a hole, or
/// names, never both.
pub fn numbering(path: &str, names: &[&str]) -> Result<Numbering> {
    let is_number = |name: &&str| name.bytes().all(|byte| byte.is_ascii_digit());
    let numbers = names.iter().filter(|name| is_number(name)).count();
    if names.is_empty() {
        return Ok(Numbering::None);
    }
    if numbers == names.len() {
        let given: BTreeSet<&str> = names.iter().copied().collect();
        return match (1..=names.len()).find(|number| !given.contains(number.to_string().as_str())) {
            None => Ok(Numbering::Numbers),
            Some(hole) => Err(refused(
                path,
                format!(
                    "{path}: the variables are numbered from {{{{1}}}} on, but {{{{{hole}}}}} is missing."
                ),
            )),
        };
    }
    if numbers > 0 {
        return Err(refused(path, format!("{path}: the variables are numbers or names, not both.")));
    }
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    match names.iter().find(|name| !name.bytes().all(fits)) {
        None => Ok(Numbering::Names),
        Some(name) => Err(refused(
            path,
            format!("{path}: {{{{{name}}}}} cannot be a variable: small letters, digits and underscores."),
        )),
    }
}

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
        if let Some(category) = &self.category {
            self::category(&key("category"), category)?;
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
    fn languages_are_compared_and_written() {
        assert!(same_language("pt_BR", "pt-br") && !same_language("pt_BR", "pt"));
        for (given, written) in [
            ("en", "en"),
            ("pt-br", "pt_BR"),
            ("EN_us", "en_US"),
            ("fil", "fil"),
            ("zh_Hant_TW", "zh_Hant_TW"),
        ] {
            assert_eq!(written_language("l", given).unwrap(), written);
        }
        for wrong in ["", "e", "English (United States)", "en_US;", "é_é"] {
            assert_eq!(written_language("l", wrong).unwrap_err().argument.as_deref(), Some("l"), "{wrong}");
        }
        assert_eq!(category("c", "UTILITY").unwrap(), "utility");
        assert!(category("c", "news").is_err());
    }

    #[test]
    fn variables_are_numbers_without_a_hole_or_names() {
        for (names, numbering) in [
            (&[][..], Some(Numbering::None)),
            (&["1", "2"], Some(Numbering::Numbers)),
            (&["2", "1"], Some(Numbering::Numbers)),
            (&["first_name", "day2"], Some(Numbering::Names)),
            (&["1", "3"], None),
            (&["0", "1"], None),
            (&["01"], None),
            (&["1", "name"], None),
            (&["Name"], None),
        ] {
            assert_eq!(super::numbering("x", names).ok(), numbering, "{names:?}");
        }
    }

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
        for (name, fits) in [("a_1", true), ("", false), ("A", false), ("a b", false), ("é", false)] {
            assert_eq!(super::name("n", name).is_ok(), fits, "{name}");
        }
        assert!(super::name("n", &"a".repeat(512)).is_ok() && super::name("n", &"a".repeat(513)).is_err());
    }
}
