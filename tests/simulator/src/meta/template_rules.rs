//! What Meta asks of a new template.

use std::collections::HashSet;

use serde_json::Value;

use super::errors::{Checked, Refusal};
use super::shape::{Node, is_web_url};
use super::templates::Template;

/// Names (or numbers) of the variables `{{..}}`, each once, in their order.
pub fn variables(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        let Some((name, more)) = after.split_once("}}") else { break };
        let name = name.trim().to_owned();
        if !name.is_empty() && !found.contains(&name) {
            found.push(name);
        }
        rest = more;
    }
    found
}

pub fn text_of<'a>(component: &'a Value, key: &str) -> &'a str {
    component.get(key).and_then(Value::as_str).unwrap_or("")
}

pub fn is(component: &Value, kind: &str) -> bool {
    text_of(component, "type").eq_ignore_ascii_case(kind)
}

pub fn has_names(components: &[Value]) -> bool {
    components
        .iter()
        .filter(|c| is(c, "BODY") || is(c, "HEADER"))
        .flat_map(|c| variables(text_of(c, "text")))
        .any(|v| v.parse::<u32>().is_err())
}

fn refused(details: String) -> Refusal {
    Refusal::parameter("Invalid parameter").subcode(2_388_043).details(details)
}

pub fn check(body: &Value) -> Checked<Template> {
    let whole = Node::new("", body);
    let required = |key: &str| {
        whole.child(key).ok_or_else(|| Refusal::parameter(format!("The parameter {key} is required.")))
    };
    let name = required("name")?.text()?;
    if name.is_empty()
        || name.chars().count() > 512
        || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    {
        return Err(refused("name: only lower case letters, digits and underscores, 512 at most".to_owned()));
    }
    let language = required("language")?.text()?;
    if !is_language(language) {
        return Err(refused(format!("language: {language} is not a language code")));
    }
    required("category")?;
    let category = whole.one_of("category", &["AUTHENTICATION", "MARKETING", "UTILITY"])?;
    let components = required("components")?;
    let list = components.list()?;
    let mut kinds = HashSet::new();
    for component in &list {
        let kind = component.need_text("type", 1, 50)?.to_ascii_uppercase();
        check_component(component, &kind, category)?;
        if !kinds.insert(kind.clone()) {
            return Err(refused(format!("component {kind} is there twice")));
        }
    }
    if !kinds.contains("BODY") {
        return Err(refused("components: a BODY is required".to_owned()));
    }
    let components = list.iter().map(|c| c.value.clone()).collect();
    Ok(Template::new(name, language, category, components, "PENDING"))
}

fn is_language(text: &str) -> bool {
    let mut parts = text.split('_');
    let first = parts.next().unwrap_or("");
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|p| (2..=4).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphabetic()))
}

fn check_component(component: &Node, kind: &str, category: &str) -> Checked {
    match kind {
        "HEADER" => header(component),
        "BODY" if category == "AUTHENTICATION" => {
            component.may_bool("add_security_recommendation")?;
            Ok(())
        }
        "BODY" => {
            let text = component.need_text("text", 1, 1024)?;
            numbering(component, text)?;
            let trimmed = text.trim();
            if trimmed.starts_with("{{") || trimmed.ends_with("}}") {
                return Err(Refusal::parameter("Invalid parameter")
                    .subcode(2_388_299)
                    .details("Variables can't be at the start or end of the template.".to_owned()));
            }
            samples(component, text, &["body_text", "body_text_named_params"])
        }
        "FOOTER" => match component.child("text") {
            None if category == "AUTHENTICATION" => Ok(()),
            _ => {
                let text = component.need_text("text", 1, 60)?;
                if variables(text).is_empty() {
                    Ok(())
                } else {
                    Err(refused("a FOOTER has no variables".to_owned()))
                }
            }
        },
        "BUTTONS" => buttons(component),
        "CAROUSEL" => {
            for card in component.need("cards")?.list_of(2, 10)? {
                for inner in card.need("components")?.list_of(1, 3)? {
                    let kind = inner.need_text("type", 1, 50)?.to_ascii_uppercase();
                    if !["HEADER", "BODY", "BUTTONS"].contains(&kind.as_str()) {
                        return Err(refused(format!("a card has no {kind}")));
                    }
                    check_component(&inner, &kind, category)?;
                }
            }
            Ok(())
        }
        "LIMITED_TIME_OFFER" => {
            let offer = component.need("limited_time_offer")?;
            offer.need_text("text", 1, 16)?;
            offer.may_bool("has_expiration").map(|_| ())
        }
        "CALL_PERMISSION_REQUEST" | "TAP_TARGET_CONFIGURATION" => Ok(()),
        other => Err(refused(format!("{} is not a component", other))),
    }
}

fn header(component: &Node) -> Checked {
    let format = component.need_text("format", 1, 20)?.to_ascii_uppercase();
    match format.as_str() {
        "TEXT" => {
            let text = component.need_text("text", 1, 60)?;
            numbering(component, text)?;
            if variables(text).len() > 1 {
                return Err(refused("a HEADER has one variable at most".to_owned()));
            }
            samples(component, text, &["header_text", "header_text_named_params"])
        }
        "IMAGE" | "VIDEO" | "DOCUMENT" | "GIF" => {
            let handles = component.value["example"]["header_handle"].as_array();
            if handles.is_none_or(|h| h.is_empty() || !h.iter().all(Value::is_string)) {
                return Err(refused(format!(
                    "example.header_handle is required for a HEADER of format {format}"
                )));
            }
            Ok(())
        }
        "LOCATION" | "PRODUCT" => Ok(()),
        _ => {
            Err(component
                .wrong("format must be one of TEXT, IMAGE, VIDEO, DOCUMENT, GIF, LOCATION, PRODUCT."))
        }
    }
}

/// {{1}}, {{2}}.. without a gap, or names; not both.
fn numbering(component: &Node, text: &str) -> Checked {
    let found = variables(text);
    let mut numbers: Vec<u32> = found.iter().filter_map(|v| v.parse().ok()).collect();
    if numbers.is_empty() {
        let fine = |v: &String| v.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        return if found.iter().all(fine) {
            Ok(())
        } else {
            Err(refused(format!(
                "{}: variables are lower case letters, digits and underscores",
                component.path
            )))
        };
    }
    numbers.sort_unstable();
    if numbers.len() != found.len()
        || !numbers.iter().copied().eq(1..=u32::try_from(numbers.len()).unwrap_or(0))
    {
        return Err(refused(format!(
            "{}: variables are numbered {{{{1}}}}, {{{{2}}}}.. without a gap",
            component.path
        )));
    }
    Ok(())
}

/// Whatever has variables needs examples of them.
fn samples(component: &Node, text: &str, keys: &[&str]) -> Checked {
    let wanted = variables(text).len();
    let example = &component.value["example"];
    let given = keys.iter().filter_map(|k| example.get(k)).map(count).max().unwrap_or(0);
    if given < wanted {
        return Err(refused(format!(
            "{}: the component is missing expected field(s) (example): {wanted} variables, {given} examples",
            component.path
        )));
    }
    Ok(())
}

/// `["a"]`, `[["a","b"]]` or `[{"param_name":..}]`
fn count(example: &Value) -> usize {
    match example.as_array() {
        Some(list) => match list.first() {
            Some(Value::Array(inner)) => inner.len(),
            _ => list.len(),
        },
        None => 0,
    }
}

fn buttons(component: &Node) -> Checked {
    let mut kinds: Vec<String> = Vec::new();
    for button in component.need("buttons")?.list_of(1, 10)? {
        let kind = button.need_text("type", 1, 30)?.to_ascii_uppercase();
        let text = || button.need_text("text", 1, 25);
        match kind.as_str() {
            "QUICK_REPLY" => {
                text()?;
            }
            "URL" => {
                text()?;
                let url = button.need_text("url", 1, 2000)?;
                if !is_web_url(&url.replace("{{1}}", "x")) {
                    return Err(refused(format!("{}: url is not a valid URL", button.path)));
                }
                if !variables(url).is_empty() && button.value["example"].is_null() {
                    return Err(refused(format!("{}: a URL with a variable needs an example", button.path)));
                }
            }
            "PHONE_NUMBER" => {
                text()?;
                button.need_text("phone_number", 3, 20)?;
            }
            "COPY_CODE" => {
                button.need("example")?;
            }
            "OTP" => {
                button.need_text("otp_type", 1, 20)?;
            }
            "FLOW" | "CATALOG" | "MPM" | "SPM" | "VOICE_CALL" | "ORDER_DETAILS" => {
                button.may_text("text", 25)?;
            }
            other => return Err(refused(format!("{other} is not a kind of button"))),
        }
        kinds.push(kind);
    }
    let most = |kind: &str, most: usize| {
        if kinds.iter().filter(|k| *k == kind).count() > most {
            Err(refused(format!("{most} buttons of type {kind} at most")))
        } else {
            Ok(())
        }
    };
    most("URL", 2)?;
    most("PHONE_NUMBER", 1)?;
    most("COPY_CODE", 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(components: Value) -> u32 {
        let body =
            json!({"name": "a_1", "language": "en_US", "category": "UTILITY", "components": components});
        check(&body).err().map_or(0, |r| r.subcode.unwrap_or(r.code))
    }

    fn with(key: &str, value: Value) -> u32 {
        let mut body = json!({"name": "a_1", "language": "en_US", "category": "UTILITY",
            "components": [{"type": "BODY", "text": "Hello."}]});
        body[key] = value;
        check(&body).err().map_or(0, |r| r.subcode.unwrap_or(r.code))
    }

    #[test]
    fn name_language_category() {
        assert_eq!(with("name", json!("ok_2")), 0);
        for (key, value, code) in [
            ("name", json!("Bad"), 2_388_043),
            ("name", json!("a".repeat(513)), 2_388_043),
            ("name", json!(5), 100),
            ("name", Value::Null, 100),
            ("language", json!("English"), 2_388_043),
            ("category", json!("NEWS"), 100),
            ("components", json!({}), 100),
            ("components", json!([]), 2_388_043),
        ] {
            assert_eq!(with(key, value.clone()), code, "{key}: {value}");
        }
    }

    #[test]
    fn components() {
        let body = json!({"type": "BODY", "text": "Hello {{1}}, bye.", "example": {"body_text": [["Ann"]]}});
        assert_eq!(of(json!([body])), 0);
        let named = json!({"type": "body", "text": "Hello {{first_name}}!",
            "example": {"body_text_named_params": [{"param_name": "first_name", "example": "Ann"}]}});
        assert_eq!(of(json!([named])), 0);
        for (part, code) in [
            (json!({"type": "HEADER", "format": "TEXT", "text": "Hi"}), 0),
            (json!({"type": "HEADER", "format": "TEXT", "text": "x".repeat(61)}), 131_009),
            (json!({"type": "HEADER", "format": "IMAGE"}), 2_388_043),
            (json!({"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4:x"]}}), 0),
            (json!({"type": "HEADER", "format": "SOUND"}), 100),
            (json!({"type": "FOOTER", "text": "Bye {{1}}"}), 2_388_043),
            (json!({"type": "BODY", "text": "again"}), 2_388_043),
            (json!({"type": "SIDEBAR"}), 2_388_043),
            (json!({"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Yes"}]}), 0),
            (json!({"type": "BUTTONS", "buttons": []}), 131_009),
            (
                json!({"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Go", "url": "https://e.com/{{1}}"}]}),
                2_388_043,
            ),
            (
                json!({"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "x".repeat(26)}]}),
                131_009,
            ),
        ] {
            assert_eq!(of(json!([body, part])), code, "{part}");
        }
        for (text, code) in [
            ("Hello {{1}}.", 2_388_043), // no example
            ("{{1}} hello", 2_388_299),
            ("Hello {{2}}.", 2_388_043),
            ("Hello {{1}} and {{name}}.", 2_388_043),
        ] {
            assert_eq!(of(json!([{"type": "BODY", "text": text}])), code, "{text}");
        }
    }
}
