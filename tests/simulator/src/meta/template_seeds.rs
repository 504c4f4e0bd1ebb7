//! The templates that are there from the start. The table in the README is this one.

use serde_json::{Value, json};

use super::templates::Template;

fn body(text: &str) -> Value {
    json!({ "type": "BODY", "text": text })
}

fn buttons(list: Value) -> Value {
    json!({ "type": "BUTTONS", "buttons": list })
}

fn card(text: &str) -> Value {
    json!({ "components": [
        { "type": "HEADER", "format": "IMAGE", "example": { "header_handle": ["4:sample"] } },
        body(text),
        buttons(json!([
            { "type": "URL", "text": "Look", "url": "https://example.com/{{1}}", "example": ["https://example.com/a"] },
            { "type": "QUICK_REPLY", "text": "More" },
        ])),
    ] })
}

/// Name, language, category, status, components.
type Seed = (&'static str, &'static str, &'static str, &'static str, Vec<Value>);

pub fn all() -> Vec<Template> {
    let seeds: Vec<Seed> = vec![
        ("welcome", "en_US", "UTILITY", "APPROVED", vec![body("Hello {{1}}, welcome aboard!")]),
        ("welcome", "de", "UTILITY", "APPROVED", vec![body("Hallo {{1}}, willkommen an Bord!")]),
        (
            "order_update",
            "en_US",
            "UTILITY",
            "APPROVED",
            vec![body("Hello {{1}}, your order {{2}} is on its way.")],
        ),
        (
            "appointment",
            "en_US",
            "UTILITY",
            "APPROVED",
            vec![body("Hello {{first_name}}, we expect you on {{day}}.")],
        ),
        ("opening_hours", "en_US", "UTILITY", "APPROVED", vec![body("We are open from nine to five.")]),
        (
            "promo_picture",
            "en_US",
            "MARKETING",
            "APPROVED",
            vec![
                json!({ "type": "HEADER", "format": "IMAGE", "example": { "header_handle": ["4:sample"] } }),
                body("Dear {{1}}, look at this!"),
                json!({ "type": "FOOTER", "text": "Write STOP to hear no more" }),
                buttons(json!([
                    { "type": "URL", "text": "Open", "url": "https://example.com/{{1}}", "example": ["https://example.com/a"] },
                    { "type": "QUICK_REPLY", "text": "Not for me" },
                ])),
            ],
        ),
        (
            "verify",
            "en_US",
            "AUTHENTICATION",
            "APPROVED",
            vec![
                json!({ "type": "BODY", "text": "*{{1}}* is your verification code.", "add_security_recommendation": true }),
                json!({ "type": "FOOTER", "code_expiration_minutes": 10 }),
                buttons(json!([{ "type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code" }])),
            ],
        ),
        (
            "offer",
            "en_US",
            "MARKETING",
            "APPROVED",
            vec![
                json!({ "type": "LIMITED_TIME_OFFER", "limited_time_offer": { "text": "Ends soon", "has_expiration": true } }),
                body("Dear {{1}}, a discount for you."),
                buttons(json!([
                    { "type": "COPY_CODE", "example": "SAVE10" },
                    { "type": "URL", "text": "Shop", "url": "https://example.com/shop" },
                ])),
            ],
        ),
        (
            "gallery",
            "en_US",
            "MARKETING",
            "APPROVED",
            vec![
                body("Our pictures of the week for {{1}}."),
                json!({ "type": "CAROUSEL", "cards": [card("First: {{1}}."), card("Second: {{1}}.")] }),
            ],
        ),
        (
            "place",
            "en_US",
            "UTILITY",
            "APPROVED",
            vec![json!({ "type": "HEADER", "format": "LOCATION" }), body("We meet here, {{1}}.")],
        ),
        ("price", "en_US", "UTILITY", "APPROVED", vec![body("The price is {{1}} until {{2}}, no longer.")]),
        ("paused_one", "en_US", "MARKETING", "PAUSED", vec![body("Dear {{1}}, all must go!")]),
        ("rejected_one", "en_US", "MARKETING", "REJECTED", vec![body("Dear {{1}}, you have won!")]),
        ("pending_one", "en_US", "UTILITY", "PENDING", vec![body("Dear {{1}}, this is a draft.")]),
    ];
    seeds
        .into_iter()
        .enumerate()
        .map(|(n, (name, language, category, status, components))| Template {
            id: format!("{}", 500_000_000_000_001_u64 + n as u64),
            ..Template::new(name, language, category, components, status)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_is_in_the_readme_and_one_has_names() {
        let readme = include_str!("../../README.md");
        let seeds = all();
        for seed in &seeds {
            assert!(readme.contains(&format!("`{}`", seed.name)), "{} is not in the README", seed.name);
        }
        assert_eq!(
            seeds.iter().filter(|t| t.named).map(|t| t.name.as_str()).collect::<Vec<_>>(),
            ["appointment"]
        );
    }
}
