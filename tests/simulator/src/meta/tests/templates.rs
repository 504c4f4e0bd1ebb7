//! Template messages.

use serde_json::{Value, json};

use super::{long, table};

fn template(name: &str, components: Value) -> Value {
    json!({"name": name, "language": {"code": "en_US"}, "components": components})
}

fn body(texts: &[&str]) -> Value {
    json!({"type": "body", "parameters": texts.iter().map(|t| json!({"type": "text", "text": t})).collect::<Vec<_>>()})
}

fn button_text(kind: &str, index: usize, parameter: Value) -> Value {
    json!({"type": "button", "sub_type": kind, "index": index.to_string(), "parameters": [parameter]})
}

#[test]
fn templates_and_their_texts() {
    let named = |name: &str| json!({"type": "text", "text": "x", "parameter_name": name});
    table(
        "template",
        &[
            (template("welcome", json!([body(&["Ann"])])), 0),
            (
                json!({"name": "welcome", "language": {"code": "de", "policy": "deterministic"}, "components": [body(&["Ann"])]}),
                0,
            ),
            (json!({"name": "opening_hours", "language": {"code": "en_US"}}), 0),
            (template("nothing", json!([])), 132_001),
            (json!({"name": "welcome", "language": {"code": "fr"}}), 132_001),
            (json!({"name": "welcome", "language": "de"}), 100),
            (json!({"name": "welcome"}), 131_008),
            (template("rejected_one", json!([body(&["Ann"])])), 132_001),
            (template("pending_one", json!([body(&["Ann"])])), 132_001),
            (template("paused_one", json!([body(&["Ann"])])), 132_015),
            (template("welcome", json!([])), 132_000),
            (template("welcome", json!([body(&["Ann", "Bea"])])), 132_000),
            (template("opening_hours", json!([body(&["Ann"])])), 132_000),
            (template("welcome", json!([body(&["a\nb"])])), 132_018),
            (template("welcome", json!([body(&["a     b"])])), 132_018),
            (template("welcome", json!([body(&["a    b"])])), 0),
            (template("welcome", json!([body(&[""])])), 131_009),
            (
                template(
                    "welcome",
                    json!([{"type": "body", "parameters": [{"type": "image", "image": {}}]}]),
                ),
                132_012,
            ),
            (template("welcome", json!([{"type": "body", "parameters": [named("first_name")]}])), 132_012),
            (template("welcome", json!([body(&["Ann"]), body(&["Ann"])])), 131_009),
            (template("welcome", json!([{"type": "foot"}])), 100),
            (
                template(
                    "welcome",
                    json!([body(&["Ann"]), {"type": "header", "parameters": [{"type": "text", "text": "x"}]}]),
                ),
                132_000,
            ),
            (
                template(
                    "appointment",
                    json!([{"type": "body", "parameters": [named("day"), named("first_name")]}]),
                ),
                0,
            ),
            (
                template(
                    "appointment",
                    json!([{"type": "body", "parameters": [named("day"), named("day")]}]),
                ),
                132_012,
            ),
            (
                template(
                    "appointment",
                    json!([{"type": "body", "parameters": [named("day"), named("month")]}]),
                ),
                132_012,
            ),
            (template("appointment", json!([body(&["Ann", "Monday"])])), 100),
            (
                template(
                    "price",
                    json!([{"type": "body", "parameters": [
                {"type": "currency", "currency": {"fallback_value": "$10", "code": "USD", "amount_1000": 10000}},
                {"type": "date_time", "date_time": {"fallback_value": "Monday"}}]}]),
                ),
                0,
            ),
            (
                template(
                    "price",
                    json!([{"type": "body", "parameters": [
                {"type": "currency", "currency": {"fallback_value": "$10", "code": "usd", "amount_1000": 10000}},
                {"type": "date_time", "date_time": {"fallback_value": "Monday"}}]}]),
                ),
                131_009,
            ),
            (template("welcome", json!([body(&[&long(32_000)])])), 0),
            (template("order_update", json!([body(&[&long(32_000), &long(1000)])])), 132_005),
        ],
    );
}

#[test]
fn templates_with_pictures_buttons_and_cards() {
    let picture = json!({"type": "header", "parameters": [{"type": "image", "image": {"link": "https://e.com/a.jpg"}}]});
    let url = button_text("url", 0, json!({"type": "text", "text": "a/42"}));
    let reply = button_text("quick_reply", 1, json!({"type": "payload", "payload": "stop"}));
    let promo = |components: Value| template("promo_picture", components);
    let code = |text: &str, button: &str| {
        template(
            "verify",
            json!([body(&[text]), button_text("url", 0, json!({"type": "text", "text": button}))]),
        )
    };
    let offer = |ms: i64| {
        template(
            "offer",
            json!([body(&["Ann"]),
            {"type": "limited_time_offer", "parameters": [{"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": ms}}]},
            button_text("copy_code", 0, json!({"type": "coupon_code", "coupon_code": "SAVE10"}))]),
        )
    };
    let card = |n: usize| json!({"card_index": n, "components": [picture, body(&["x"]), url, reply]});
    let gallery = |cards: Vec<Value>| {
        template("gallery", json!([body(&["Ann"]), {"type": "carousel", "cards": cards}]))
    };
    let place = |parameter: Value| {
        template("place", json!([{"type": "header", "parameters": [parameter]}, body(&["Ann"])]))
    };
    table(
        "template",
        &[
            (promo(json!([picture, body(&["Ann"]), url, reply])), 0),
            (promo(json!([picture, body(&["Ann"]), url])), 0),
            (promo(json!([picture, body(&["Ann"])])), 131_008),
            (promo(json!([body(&["Ann"]), url])), 132_012),
            (
                promo(
                    json!([{"type": "header", "parameters": [{"type": "video", "video": {"link": "https://e.com/a.mp4"}}]}, body(&["Ann"]), url]),
                ),
                132_012,
            ),
            (
                promo(
                    json!([{"type": "header", "parameters": [{"type": "image", "image": {}}]}, body(&["Ann"]), url]),
                ),
                131_008,
            ),
            (promo(json!([picture, body(&["Ann"]), url, url])), 131_009),
            (
                promo(json!([
                    picture,
                    body(&["Ann"]),
                    url,
                    button_text("quick_reply", 2, json!({"type": "payload", "payload": "x"}))
                ])),
                132_018,
            ),
            (
                promo(json!([
                    picture,
                    body(&["Ann"]),
                    button_text("quick_reply", 0, json!({"type": "payload", "payload": "x"}))
                ])),
                132_012,
            ),
            (
                promo(json!([
                    picture,
                    body(&["Ann"]),
                    button_text("url", 0, json!({"type": "payload", "payload": "x"}))
                ])),
                132_012,
            ),
            (
                promo(json!([
                    picture,
                    body(&["Ann"]),
                    button_text("url", 12, json!({"type": "text", "text": "x"}))
                ])),
                100,
            ),
            (code("123456", "123456"), 0),
            (code(&long(16), "123456"), 131_009),
            (code("123456", &long(16)), 131_009),
            (template("verify", json!([body(&["123456"])])), 131_008),
            (offer(1_900_000_000_000), 0),
            (offer(1_700_000_000_000), 131_009),
            (
                template(
                    "offer",
                    json!([
                        body(&["Ann"]),
                        button_text("copy_code", 0, json!({"type": "coupon_code", "coupon_code": "S"}))
                    ]),
                ),
                131_008,
            ),
            (gallery(vec![card(0), card(1)]), 0),
            (gallery(vec![card(0)]), 132_000),
            (gallery(vec![card(1), card(0)]), 131_009),
            (template("gallery", json!([body(&["Ann"])])), 132_000),
            (
                place(
                    json!({"type": "location", "location": {"latitude": "1", "longitude": 2, "name": "n", "address": "a"}}),
                ),
                0,
            ),
            (place(json!({"type": "location", "location": {"latitude": 1}})), 131_008),
            (place(json!({"type": "text", "text": "x"})), 132_012),
        ],
    );
}
