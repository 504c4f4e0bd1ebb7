//! What must reach neither the log nor the record: tokens in query strings, PINs and codes in JSON.

use serde_json::Value;

const IN_QUERIES: [&str; 5] = ["access_token", "input_token", "appsecret_proof", "pin", "code"];

/// A query string with its credentials replaced; without any it stays as it was sent.
pub fn query(text: &str) -> String {
    let masked: Vec<String> = text
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if IN_QUERIES.contains(&name) => format!("{name}=***"),
            _ => pair.to_owned(),
        })
        .collect();
    masked.join("&")
}

/// Six zeros stand in for a PIN or a code: the shape stays, for a validator of the record.
pub fn json(value: &mut Value) {
    let Some(map) = value.as_object_mut() else { return };
    for (name, inner) in map.iter_mut() {
        match name.as_str() {
            "pin" | "code" if inner.is_string() || inner.is_number() => *inner = "000000".into(),
            "password" | "verify_token" | "access_token" if inner.is_string() => *inner = "***".into(),
            "backup" | "webhook_configuration" => json(inner),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json as j;

    #[test]
    fn tokens_and_pins_are_replaced_and_nothing_else() {
        assert_eq!(query("input_token=EAA1&fields=id&x"), "input_token=***&fields=id&x");
        assert_eq!(query("a=%2F&b"), "a=%2F&b");
        let mut body = j!({"pin": "654321", "backup": {"password": "p", "data": "d"},
            "template": {"language": {"code": "en"}}});
        json(&mut body);
        assert_eq!(
            body,
            j!({"pin": "000000", "backup": {"password": "***", "data": "d"},
            "template": {"language": {"code": "en"}}})
        );
    }
}
