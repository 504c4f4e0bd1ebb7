//! Every kind, word for word as Meta reads it.

use super::*;
use crate::provider::Prepared;
use serde_json::Value;
use uuid::Uuid;

const WAMID: &str = "wamid.HBgLMTU1NTEyMzAwMDEVAgASGBQzQUYzMjEzNDM2RTZGQ0MzMDJBRgA=";

fn members_of(message: &Value) -> Result<Value> {
    let content = Content::read("message_json", &message.to_string())?;
    members(&content, "en_US").map(Value::Object)
}

fn check(table: Vec<(Value, Value)>) {
    for (message, wanted) in table {
        let found = members_of(&message).unwrap_or_else(|error| panic!("{message}: {error}"));
        assert_eq!(found, wanted, "{message}");
    }
}

#[test]
fn texts_and_media() {
    check(vec![
        (
            json!({"type": "text", "text": "Hello 😀 مرحبا & \" \\ \n"}),
            json!({"type": "text", "text": {"body": "Hello 😀 مرحبا & \" \\ \n"}}),
        ),
        (
            json!({"type": "text", "text": "See https://example.com", "preview_url": true, "reply_to": WAMID}),
            json!({"type": "text", "text": {"body": "See https://example.com", "preview_url": true}, "context": {"message_id": WAMID}}),
        ),
        (
            json!({"type": "image", "link": "https://example.com/a.jpg", "caption": "The town hall"}),
            json!({"type": "image", "image": {"link": "https://example.com/a.jpg", "caption": "The town hall"}}),
        ),
        (
            json!({"type": "image", "id": "900000000000001", "reply_to": WAMID}),
            json!({"type": "image", "image": {"id": "900000000000001"}, "context": {"message_id": WAMID}}),
        ),
        (
            json!({"type": "video", "id": "900000000000002", "caption": "How"}),
            json!({"type": "video", "video": {"id": "900000000000002", "caption": "How"}}),
        ),
        (
            json!({"type": "audio", "link": "https://example.com/a.mp3"}),
            json!({"type": "audio", "audio": {"link": "https://example.com/a.mp3"}}),
        ),
        (
            json!({"type": "audio", "id": "900000000000003", "voice": true}),
            json!({"type": "audio", "audio": {"id": "900000000000003", "voice": true}}),
        ),
        (
            json!({"type": "document", "link": "https://example.com/i.pdf", "caption": "Bill", "filename": "bill 17.pdf"}),
            json!({"type": "document", "document": {"link": "https://example.com/i.pdf", "caption": "Bill", "filename": "bill 17.pdf"}}),
        ),
        (
            json!({"type": "sticker", "id": "900000000000005"}),
            json!({"type": "sticker", "sticker": {"id": "900000000000005"}}),
        ),
        (
            json!({"type": "location", "latitude": -33.8688, "longitude": 151.2093}),
            json!({"type": "location", "location": {"latitude": -33.8688, "longitude": 151.2093}}),
        ),
        (
            json!({"type": "location", "latitude": 39, "longitude": -104.99, "name": "Hall", "address": "1437 Bannock St"}),
            json!({"type": "location", "location": {"latitude": 39.0, "longitude": -104.99, "name": "Hall", "address": "1437 Bannock St"}}),
        ),
        (
            json!({"type": "contacts", "reply_to": WAMID, "contacts": [{
                "name": {"formatted_name": "Dr. Ann Smith", "first_name": "Ann", "last_name": "Smith", "prefix": "Dr."},
                "birthday": "1990-11-22", "phones": [{"phone": "+1 555", "type": "WORK", "wa_id": "1555"}],
                "emails": [{"email": "ann@example.com", "type": "WORK"}], "urls": [{"url": "https://example.com", "type": "WORK"}],
                "addresses": [{"street": "1 Main St", "city": "Denver", "country_code": "us", "type": "HOME"}],
                "org": {"company": "Example", "title": "Manager"}}]}),
            json!({"type": "contacts", "context": {"message_id": WAMID}, "contacts": [{
                "name": {"formatted_name": "Dr. Ann Smith", "first_name": "Ann", "last_name": "Smith", "prefix": "Dr."},
                "birthday": "1990-11-22", "phones": [{"phone": "+1 555", "type": "WORK", "wa_id": "1555"}],
                "emails": [{"email": "ann@example.com", "type": "WORK"}], "urls": [{"url": "https://example.com", "type": "WORK"}],
                "addresses": [{"street": "1 Main St", "city": "Denver", "country_code": "us", "type": "HOME"}],
                "org": {"company": "Example", "title": "Manager"}}]}),
        ),
        (
            json!({"type": "contacts", "contacts": [{"name": {"formatted_name": "A", "first_name": "A"}}]}),
            json!({"type": "contacts", "contacts": [{"name": {"formatted_name": "A", "first_name": "A"}}]}),
        ),
        (
            json!({"type": "reaction", "message_id": WAMID, "emoji": "👍"}),
            json!({"type": "reaction", "reaction": {"message_id": WAMID, "emoji": "👍"}}),
        ),
        (
            json!({"type": "reaction", "message_id": WAMID, "emoji": ""}),
            json!({"type": "reaction", "reaction": {"message_id": WAMID, "emoji": ""}}),
        ),
    ]);
}

/// An interactive message with these keys, and the object that Meta gets.
fn interactive_of(kind: &str, keys: Value, wanted: Value) -> (Value, Value) {
    let mut message = keys;
    message["type"] = json!("interactive");
    message["interactive"] = json!(kind);
    (message, json!({"type": "interactive", "interactive": wanted}))
}

#[test]
fn something_to_tap_on() {
    let url = |path: &str| format!("https://example.com/{path}");
    let buttons = json!([{"type": "reply", "reply": {"id": "y", "title": "Yes"}}, {"type": "reply", "reply": {"id": "n", "title": "No"}}]);
    let ours = json!([{"id": "y", "title": "Yes"}, {"id": "n", "title": "No"}]);
    let mut table = vec![
        interactive_of(
            "reply_buttons",
            json!({"body": "Well?", "footer": "Tap one", "buttons": ours}),
            json!({"type": "button", "body": {"text": "Well?"}, "footer": {"text": "Tap one"}, "action": {"buttons": buttons}}),
        ),
        interactive_of(
            "list",
            json!({"header": {"text": "Shipping"}, "body": "Which?", "button": "Options", "sections": [
                {"title": "Fast", "rows": [{"id": "e", "title": "Express", "description": "1 day"}, {"id": "n", "title": "Next"}]},
                {"title": "Slow", "rows": [{"id": "s", "title": "Standard"}]}]}),
            json!({"type": "list", "header": {"type": "text", "text": "Shipping"}, "body": {"text": "Which?"},
                "action": {"button": "Options", "sections": [
                    {"title": "Fast", "rows": [{"id": "e", "title": "Express", "description": "1 day"}, {"id": "n", "title": "Next"}]},
                    {"title": "Slow", "rows": [{"id": "s", "title": "Standard"}]}]}}),
        ),
        interactive_of(
            "list",
            json!({"body": "When?", "button": "Hours", "sections": [{"rows": [{"id": "am", "title": "Morning"}]}]}),
            json!({"type": "list", "body": {"text": "When?"}, "action": {"button": "Hours", "sections": [{"rows": [{"id": "am", "title": "Morning"}]}]}}),
        ),
        interactive_of(
            "cta_url",
            json!({"body": "Dates", "display_text": "See", "url": url("?a=1&b=2")}),
            json!({"type": "cta_url", "body": {"text": "Dates"}, "action": {"name": "cta_url", "parameters": {"display_text": "See", "url": url("?a=1&b=2")}}}),
        ),
        interactive_of(
            "location_request",
            json!({"body": "Where?"}),
            json!({"type": "location_request_message", "body": {"text": "Where?"}, "action": {"name": "send_location"}}),
        ),
        interactive_of(
            "product",
            json!({"catalog_id": "8", "product_retailer_id": "sku-1"}),
            json!({"type": "product", "action": {"catalog_id": "8", "product_retailer_id": "sku-1"}}),
        ),
        interactive_of(
            "product_list",
            json!({"header": {"text": "New"}, "body": "Look", "catalog_id": "8", "sections": [{"title": "Shoes", "products": ["a", "b"]}, {"title": "Hats", "products": ["c"]}]}),
            json!({"type": "product_list", "header": {"type": "text", "text": "New"}, "body": {"text": "Look"},
                "action": {"catalog_id": "8", "sections": [
                    {"title": "Shoes", "product_items": [{"product_retailer_id": "a"}, {"product_retailer_id": "b"}]},
                    {"title": "Hats", "product_items": [{"product_retailer_id": "c"}]}]}}),
        ),
        interactive_of(
            "catalog",
            json!({"body": "All"}),
            json!({"type": "catalog_message", "body": {"text": "All"}, "action": {"name": "catalog_message"}}),
        ),
        interactive_of(
            "catalog",
            json!({"body": "All", "thumbnail_product_retailer_id": "a"}),
            json!({"type": "catalog_message", "body": {"text": "All"}, "action": {"name": "catalog_message", "parameters": {"thumbnail_product_retailer_id": "a"}}}),
        ),
        interactive_of(
            "flow",
            json!({"body": "Book", "flow_id": "7", "flow_cta": "Book", "flow_token": "t", "screen": "FIRST", "data": {"day": "Monday", "n": [1, null]}}),
            json!({"type": "flow", "body": {"text": "Book"}, "action": {"name": "flow", "parameters": {
                "flow_message_version": "3", "flow_id": "7", "flow_cta": "Book", "flow_token": "t", "flow_action": "navigate",
                "flow_action_payload": {"screen": "FIRST", "data": {"day": "Monday", "n": [1, null]}}}}}),
        ),
        interactive_of(
            "flow",
            json!({"body": "Book", "flow_name": "booking", "flow_cta": "Book", "flow_action": "data_exchange", "draft": true}),
            json!({"type": "flow", "body": {"text": "Book"}, "action": {"name": "flow", "parameters": {
                "flow_message_version": "3", "flow_name": "booking", "flow_cta": "Book", "mode": "draft", "flow_action": "data_exchange"}}}),
        ),
        interactive_of(
            "carousel",
            json!({"body": "Two", "cards": [
                {"header": {"image": {"link": url("1.jpg")}}, "body": "Offer 1", "display_text": "Buy", "url": url("1")},
                {"header": {"video": {"id": "9"}}, "display_text": "Buy", "url": url("2")}]}),
            json!({"type": "carousel", "body": {"text": "Two"}, "action": {"cards": [
                {"card_index": 0, "type": "cta_url", "header": {"type": "image", "image": {"link": url("1.jpg")}}, "body": {"text": "Offer 1"},
                    "action": {"name": "cta_url", "parameters": {"display_text": "Buy", "url": url("1")}}},
                {"card_index": 1, "type": "cta_url", "header": {"type": "video", "video": {"id": "9"}},
                    "action": {"name": "cta_url", "parameters": {"display_text": "Buy", "url": url("2")}}}]}}),
        ),
    ];
    for (header, wire) in [
        (json!({"text": "Hi"}), json!({"type": "text", "text": "Hi"})),
        (json!({"image": {"link": url("a.png")}}), json!({"type": "image", "image": {"link": url("a.png")}})),
        (json!({"video": {"id": "9"}}), json!({"type": "video", "video": {"id": "9"}})),
        (
            json!({"document": {"link": url("t.pdf"), "filename": "terms.pdf"}}),
            json!({"type": "document", "document": {"link": url("t.pdf"), "filename": "terms.pdf"}}),
        ),
    ] {
        table.push(interactive_of(
            "reply_buttons",
            json!({"header": header, "body": "Well?", "buttons": ours}),
            json!({"type": "button", "header": wire, "body": {"text": "Well?"}, "action": {"buttons": buttons}}),
        ));
    }
    check(table);
}

/// A template with these keys, and the components that Meta gets.
fn template_of(keys: Value, components: Value) -> (Value, Value) {
    let mut message = keys;
    message["type"] = json!("template");
    message["template"] = json!("order");
    let mut template = json!({"name": "order", "language": {"code": "en_US"}});
    if !components.is_null() {
        template["components"] = components;
    }
    (message, json!({"type": "template", "template": template}))
}

#[test]
fn templates_and_what_fills_them() {
    let header = |parameter: Value| json!([{"type": "header", "parameters": [parameter]}]);
    let button = |index: &str, kind: &str, parameter: Value| json!({"type": "button", "sub_type": kind, "index": index, "parameters": [parameter]});
    let buttons = |ours: Value, wire: Value| template_of(json!({"buttons": [ours]}), json!([wire]));
    let ten: Vec<String> = (1..=11).map(|number| format!("v{number}")).collect();
    let in_order: Vec<Value> = ten.iter().map(|text| json!({"type": "text", "text": text})).collect();
    check(vec![
        template_of(json!({}), Value::Null),
        template_of(json!({"language": "en-us"}), Value::Null),
        template_of(
            json!({"variables": {"1": "Ann", "2": 17}}),
            json!([{"type": "body", "parameters": [{"type": "text", "text": "Ann"}, {"type": "text", "text": "17"}]}]),
        ),
        // By their numbers, not by the letters of them.
        template_of(json!({"variables": ten}), json!([{"type": "body", "parameters": in_order}])),
        template_of(
            json!({"variables": {"first_name": "Ann", "day": "Monday"}}),
            json!([{"type": "body", "parameters": [
                {"type": "text", "text": "Monday", "parameter_name": "day"}, {"type": "text", "text": "Ann", "parameter_name": "first_name"}]}]),
        ),
        template_of(
            json!({"variables": [{"currency": {"fallback_value": "$10", "code": "USD", "amount_1000": 10000}}, {"date_time": {"fallback_value": "22 May"}}]}),
            json!([{"type": "body", "parameters": [
                {"type": "currency", "currency": {"fallback_value": "$10", "code": "USD", "amount_1000": 10000}},
                {"type": "date_time", "date_time": {"fallback_value": "22 May"}}]}]),
        ),
        template_of(
            json!({"variables": {"sum": {"currency": {"fallback_value": "$10", "code": "USD", "amount_1000": 10000}}}}),
            json!([{"type": "body", "parameters": [{"type": "currency", "parameter_name": "sum",
                "currency": {"fallback_value": "$10", "code": "USD", "amount_1000": 10000}}]}]),
        ),
        template_of(json!({"header": {"text": "Summer"}}), header(json!({"type": "text", "text": "Summer"}))),
        template_of(
            json!({"header": {"text": "Summer", "name": "season"}}),
            header(json!({"type": "text", "text": "Summer", "parameter_name": "season"})),
        ),
        template_of(
            json!({"header": {"image": {"id": "9"}}}),
            header(json!({"type": "image", "image": {"id": "9"}})),
        ),
        template_of(
            json!({"header": {"video": {"link": "https://example.com/v.mp4"}}}),
            header(json!({"type": "video", "video": {"link": "https://example.com/v.mp4"}})),
        ),
        template_of(
            json!({"header": {"document": {"id": "9", "filename": "bill.pdf"}}}),
            header(json!({"type": "document", "document": {"id": "9", "filename": "bill.pdf"}})),
        ),
        template_of(
            json!({"header": {"location": {"latitude": 1.5, "longitude": 2.5, "name": "Hall"}}}),
            header(
                json!({"type": "location", "location": {"latitude": 1.5, "longitude": 2.5, "name": "Hall"}}),
            ),
        ),
        template_of(
            json!({"header": {"product": {"catalog_id": "8", "product_retailer_id": "a"}}}),
            header(json!({"type": "product", "product": {"catalog_id": "8", "product_retailer_id": "a"}})),
        ),
        buttons(
            json!({"index": 1, "type": "quick_reply", "payload": "stop"}),
            button("1", "quick_reply", json!({"type": "payload", "payload": "stop"})),
        ),
        buttons(
            json!({"index": 0, "type": "url", "text": "track/42"}),
            button("0", "url", json!({"type": "text", "text": "track/42"})),
        ),
        buttons(
            json!({"index": 0, "type": "copy_code", "code": "WINTER25"}),
            button("0", "copy_code", json!({"type": "coupon_code", "coupon_code": "WINTER25"})),
        ),
        buttons(
            json!({"index": 0, "type": "flow", "flow_token": "t", "flow_action_data": {"day": "Monday"}}),
            button(
                "0",
                "flow",
                json!({"type": "action", "action": {"flow_token": "t", "flow_action_data": {"day": "Monday"}}}),
            ),
        ),
        buttons(
            json!({"index": 0, "type": "catalog", "thumbnail_product_retailer_id": "a"}),
            button(
                "0",
                "catalog",
                json!({"type": "action", "action": {"thumbnail_product_retailer_id": "a"}}),
            ),
        ),
        buttons(
            json!({"index": 0, "type": "multi_product", "thumbnail_product_retailer_id": "a", "sections": [{"title": "Shoes", "products": ["a"]}]}),
            button(
                "0",
                "mpm",
                json!({"type": "action", "action": {"thumbnail_product_retailer_id": "a",
                "sections": [{"title": "Shoes", "product_items": [{"product_retailer_id": "a"}]}]}}),
            ),
        ),
        template_of(
            json!({"code": "123456"}),
            json!([{"type": "body", "parameters": [{"type": "text", "text": "123456"}]}, button("0", "url", json!({"type": "text", "text": "123456"}))]),
        ),
        template_of(
            json!({"variables": ["Ann"], "limited_time_offer": {"expires_at": "2030-01-01T01:00:00+01:00"}, "buttons": [{"index": 0, "type": "copy_code", "code": "W"}]}),
            json!([{"type": "body", "parameters": [{"type": "text", "text": "Ann"}]},
                {"type": "limited_time_offer", "parameters": [{"type": "limited_time_offer",
                    "limited_time_offer": {"expiration_time_ms": 1_893_456_000_000_i64}}]},
                button("0", "copy_code", json!({"type": "coupon_code", "coupon_code": "W"}))]),
        ),
        template_of(
            json!({"variables": ["Ann"], "cards": [
                {"header": {"image": {"id": "1"}}, "variables": ["one"], "buttons": [{"index": 0, "type": "url", "text": "1"}]},
                {"header": {"image": {"id": "2"}}}]}),
            json!([{"type": "body", "parameters": [{"type": "text", "text": "Ann"}]}, {"type": "carousel", "cards": [
                {"card_index": 0, "components": [
                    {"type": "header", "parameters": [{"type": "image", "image": {"id": "1"}}]},
                    {"type": "body", "parameters": [{"type": "text", "text": "one"}]},
                    button("0", "url", json!({"type": "text", "text": "1"}))]},
                {"card_index": 1, "components": [{"type": "header", "parameters": [{"type": "image", "image": {"id": "2"}}]}]}]}]),
        ),
    ]);
}

#[test]
fn variables_have_names_or_numbers_without_a_hole() {
    for (keys, path) in [
        (json!({"variables": {"1": "a", "3": "b"}}), "variables.2"),
        (json!({"variables": {"2": "a"}}), "variables.1"),
        (json!({"variables": {"0": "a"}}), "variables.1"),
        (json!({"variables": {"01": "a"}}), "variables.1"),
        (json!({"variables": {"1": "a", "name": "b"}}), "variables.name"),
        (json!({"cards": [{}, {"variables": {"2": "a"}}]}), "cards[1].variables.1"),
    ] {
        let (message, _) = template_of(keys, Value::Null);
        let error = members_of(&message).unwrap_err();
        assert_eq!(
            (error.status, error.argument.as_deref()),
            (crate::message::Status::Template, Some(path)),
            "{error}"
        );
        let Kind::Template(it) = Content::read("m", &message.to_string()).unwrap().kind else { panic!() };
        assert_eq!(
            super::super::template_components::check_keys(&it),
            Err(error),
            "the same before it is recorded"
        );
    }
}

fn attempt(recipient: &str, message: &Value) -> Attempt {
    let content = Content::read("message_json", &message.to_string()).unwrap();
    Attempt {
        message_id: Uuid::from_u128(7),
        number: 2,
        sender: Some("200000000000001".to_owned()),
        recipient: recipient.to_owned(),
        prepared: Prepared { request: Request::Json(members(&content, "en_US").unwrap()), text: None },
        leaves_before: std::time::Duration::MAX,
    }
}

#[test]
fn the_envelope_names_recipient_and_attempt() {
    for (recipient, key) in [
        ("+15005550006", "to"),
        ("US.13491208655302741918", "recipient"),
        ("US.ENT.11815799212886844830", "recipient"),
    ] {
        let found = body(&attempt(recipient, &json!({"type": "text", "text": "Hello"}))).unwrap();
        assert_eq!(
            found,
            json!({"messaging_product": "whatsapp", "recipient_type": "individual", key: recipient, "type": "text",
                "text": {"body": "Hello"}, "biz_opaque_callback_data": "wa1:00000000-0000-0000-0000-000000000007.2"})
        );
    }
}

/// Also after they came back from the history.
#[test]
fn the_data_of_a_form_keeps_its_digits() {
    let data = r#"{"price":12.50,"id":18446744073709551616}"#;
    for text in [
        format!(
            r#"{{"type":"interactive","interactive":"flow","body":"x","flow_id":"1","flow_cta":"Go","screen":"A","data":{data}}}"#
        ),
        format!(
            r#"{{"type":"template","template":"t","buttons":[{{"index":0,"type":"flow","flow_action_data":{data}}}]}}"#
        ),
    ] {
        let content = Content::read("message_json", &text).unwrap();
        let kept: Content = serde_json::from_str(&serde_json::to_string(&content).unwrap()).unwrap();
        let sent = Value::Object(members(&kept, "en").unwrap()).to_string();
        let sent = crate::message::json::written(sent);
        assert!(sent.contains(r#""id":18446744073709551616"#) && sent.contains(r#""price":12.50"#), "{sent}");
    }
}

#[test]
fn the_code_of_an_authentication_template_is_known_for_a_secret() {
    for (message, code) in [
        (json!({"type": "template", "template": "t", "code": "123456"}), Some("123456")),
        (json!({"type": "template", "template": "t", "variables": ["123456"]}), None),
        (
            json!({"type": "template", "template": "t", "variables": ["a"], "buttons": [{"index": 0, "type": "url", "text": "b"}]}),
            None,
        ),
        (json!({"type": "text", "text": "123456"}), None),
    ] {
        let attempt = attempt("+15005550006", &message);
        assert_eq!(code_of(&attempt.prepared.request), code, "{message}");
    }
}

#[test]
fn what_was_not_uploaded_is_not_sent() {
    let error = members_of(&json!({"type": "image", "file": "/tmp/a.png"})).unwrap_err();
    assert_eq!(error.status, crate::message::Status::Internal);
}

proptest::proptest! {
    #[test]
    fn any_text_comes_back(text in proptest::prelude::any::<String>()) {
        let content = Content::text(text.as_str());
        let prepared = Prepared { request: Request::Json(members(&content, "").unwrap()), text: None };
        let attempt = Attempt { prepared, ..attempt("+15005550006", &json!({"type": "text", "text": "x"})) };
        let read: Value = serde_json::from_str(&body(&attempt).unwrap().to_string()).unwrap();
        proptest::prop_assert_eq!(read["text"]["body"].as_str(), Some(text.as_str()));
    }

    #[test]
    fn any_value_comes_back(value in "\\PC{1,40}", name in "[a-z_]{1,20}") {
        let mut it = crate::message::content::Template::new("t", Default::default());
        it.variables.0.insert(name.clone(), value.clone().into());
        let members = members(&Kind::Template(it).into(), "de").unwrap();
        let read: Value = serde_json::from_str(&Value::Object(members).to_string()).unwrap();
        let parameter = &read["template"]["components"][0]["parameters"][0];
        proptest::prop_assert_eq!(parameter, &json!({"type": "text", "text": value, "parameter_name": name}));
    }
}
