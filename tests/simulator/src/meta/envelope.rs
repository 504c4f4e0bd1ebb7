//! The envelope of a message: product, recipient, type, what it quotes, the user's own key.

use super::content::message_id;
use super::errors::{Checked, Refusal};
use super::shape::Node;

#[derive(Clone, Debug, PartialEq)]
pub enum Recipient {
    /// `+` and digits.
    Phone(String),
    /// A business-scoped user id, such as `US.13491208655302741918`.
    User(String),
    Group(String),
}

impl Recipient {
    pub fn text(&self) -> &str {
        match self {
            Self::Phone(text) | Self::User(text) | Self::Group(text) => text,
        }
    }

    /// The id WhatsApp knows a phone by; it can be another number than the one asked for.
    pub fn wa_id(&self) -> Option<String> {
        let Self::Phone(number) = self else { return None };
        let digits = number.trim_start_matches('+');
        Some(match digits {
            super::special::OTHER_WA_ID => "120295550113".to_owned(),
            // Brazil: the ninth digit may not be in the id
            _ if digits.len() == 13
                && digits.starts_with("55")
                && digits.as_bytes().get(4) == Some(&b'9') =>
            {
                format!("{}{}", &digits[..4], &digits[5..])
            }
            _ => digits.to_owned(),
        })
    }
}

#[derive(Debug)]
pub struct Envelope {
    pub to: Recipient,
    /// As it was given.
    pub input: String,
    pub kind: String,
    pub opaque: Option<String>,
}

pub fn read(whole: &Node) -> Checked<Envelope> {
    super::product(whole)?;
    let group = match whole.child("recipient_type") {
        None => false,
        Some(_) => whole.one_of("recipient_type", &["individual", "group"])? == "group",
    };
    // `to` wins where both are there
    let (key, node) = match (whole.child("to"), whole.child("recipient")) {
        (Some(to), _) => ("to", to),
        (None, Some(recipient)) => ("recipient", recipient),
        (None, None) => return Err(Refusal::parameter("The parameter to is required.")),
    };
    let input = match node.value.as_u64() {
        Some(number) => number.to_string(),
        None => node.text()?.to_owned(),
    };
    if input.is_empty() {
        return Err(Refusal::parameter(format!("The parameter {key} is required.")));
    }
    let to = if group {
        Recipient::Group(input.clone())
    } else if is_user_id(&input) {
        Recipient::User(input.clone())
    } else if key == "to"
        && let Some(number) = phone(&input)
    {
        Recipient::Phone(number)
    } else {
        return Err(node.invalid(&format!("{input} is not a recipient")));
    };
    if let Some(context) = whole.child("context") {
        message_id(&context.need("message_id")?)?;
    }
    if let Some(node) = whole.child("biz_opaque_callback_data")
        && node.text()?.chars().count() > 512
    {
        return Err(node.wrong("must be at most 512 characters long."));
    }
    let kind = match whole.child("type") {
        None => "text".to_owned(),
        Some(kind) => kind.text()?.to_ascii_lowercase(),
    };
    let opaque = whole.child("biz_opaque_callback_data").and_then(|n| n.value.as_str()).map(str::to_owned);
    Ok(Envelope { to, input, kind, opaque })
}

/// Two letters, a dot, then letters and digits (a parent's id has `ENT.` between).
fn is_user_id(text: &str) -> bool {
    let Some((country, rest)) = text.split_once('.') else { return false };
    let rest = rest.strip_prefix("ENT.").unwrap_or(rest);
    country.len() == 2
        && country.bytes().all(|b| b.is_ascii_uppercase())
        && (1..=128).contains(&rest.len())
        && rest.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// `+` and digits; blanks, dashes and brackets are tolerated.
pub fn phone(text: &str) -> Option<String> {
    let plain: String = text.trim().chars().filter(|c| !" -().\u{a0}".contains(*c)).collect();
    let digits = plain.strip_prefix('+').unwrap_or(&plain);
    ((7..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && digits.bytes().all(|b| b.is_ascii_digit()))
    .then(|| format!("+{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn of(body: &Value) -> Checked<Envelope> {
        read(&Node::new("", body))
    }

    #[test]
    fn recipients_of_every_form() {
        for (body, wanted) in [
            (json!({"to": "+1 (555) 123-0001"}), Recipient::Phone("+15551230001".to_owned())),
            (json!({"to": "15551230001"}), Recipient::Phone("+15551230001".to_owned())),
            (json!({"to": 15_551_230_001_u64}), Recipient::Phone("+15551230001".to_owned())),
            (
                json!({"recipient": "US.13491208655302741918"}),
                Recipient::User("US.13491208655302741918".to_owned()),
            ),
            (json!({"recipient": "US.ENT.1349"}), Recipient::User("US.ENT.1349".to_owned())),
            (
                json!({"to": "+15551230001", "recipient": "US.1349"}),
                Recipient::Phone("+15551230001".to_owned()),
            ),
            (
                json!({"to": "Y2FwaV9ncm91cA", "recipient_type": "group"}),
                Recipient::Group("Y2FwaV9ncm91cA".to_owned()),
            ),
        ] {
            let mut body = body;
            body["messaging_product"] = "whatsapp".into();
            assert_eq!(of(&body).unwrap().to, wanted, "{body}");
        }
    }

    #[test]
    fn what_an_envelope_must_not_be() {
        for (key, value, code) in [
            ("messaging_product", json!("sms"), 100),
            ("messaging_product", Value::Null, 100),
            ("to", Value::Null, 100),
            ("to", json!(""), 100),
            ("to", json!("Ann"), 131_009),
            ("to", json!("+0123456789"), 131_009),
            ("to", json!("12345"), 131_009),
            ("to", json!({"a": 1}), 100),
            ("recipient_type", json!("crowd"), 100),
            ("type", json!(5), 100),
            ("context", json!({}), 131_008),
            ("context", json!({"message_id": "x"}), 131_009),
            ("context", json!("wamid.x"), 100),
            ("biz_opaque_callback_data", json!("x".repeat(513)), 100),
            ("biz_opaque_callback_data", json!(5), 100),
        ] {
            let mut body = json!({"messaging_product": "whatsapp", "to": "+15551230001", "type": "text"});
            body[key] = value;
            assert_eq!(of(&body).unwrap_err().code, code, "{body}");
        }
        let body = json!({"messaging_product": "whatsapp", "recipient": "+15551230001"});
        assert_eq!(of(&body).unwrap_err().code, 131_009);
    }

    #[test]
    fn wa_ids_differ_from_numbers_at_times() {
        let of = |n: &str| Recipient::Phone(n.to_owned()).wa_id().unwrap();
        assert_eq!(of("+15551230001"), "15551230001");
        assert_eq!(of("+5511987654321"), "551187654321");
        assert_eq!(of("+12025550113"), "120295550113");
        assert_eq!(Recipient::User("US.1".to_owned()).wa_id(), None);
    }
}
