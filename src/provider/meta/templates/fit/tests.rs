use super::*;
use crate::message::Content;
use crate::message::content::Kind;
use serde_json::{Value, json};

fn stored(category: &str, components: Value) -> StoredTemplate {
    StoredTemplate::read(json!({
        "id": "5", "name": "t", "language": "en_US", "status": "APPROVED", "category": category,
        "components": components,
    }))
    .unwrap()
}

/// What fills it, as a message gives it.
fn filled(keys: Value) -> content::Template {
    let mut message = json!({"type": "template", "template": "t"});
    for (key, value) in keys.as_object().unwrap() {
        message[key] = value.clone();
    }
    let content = Content::read("message_json", &message.to_string()).unwrap();
    let Kind::Template(template) = content.kind else { panic!("no template") };
    template
}

/// Each row: what fills it, and the text, or the key that is at fault.
fn table(category: &str, components: Value, rows: &[(Value, Result<&str, &str>)]) {
    let stored = stored(category, components);
    for (given, wanted) in rows {
        match (fit(&stored, &filled(given.clone())), wanted) {
            (Ok(fit), Ok(text)) => {
                assert_eq!(fit.text.as_deref().unwrap_or_default(), *text, "{given}");
                assert_eq!(fit.language, "en_US");
            }
            (Err(error), Err(argument)) => {
                assert_eq!(error.argument.as_deref(), Some(*argument), "{given}: {error}");
                assert_eq!(error.status, Status::Template);
                assert!(error.message.contains(argument) || *argument == "code", "{error}");
            }
            (got, _) => panic!("{given}: {got:?}, not {wanted:?}"),
        }
    }
}

#[test]
fn the_values_of_a_text_are_its_variables() {
    table(
        "UTILITY",
        json!([{"type": "BODY", "text": "Order {{1}} of {{2}}."}]),
        &[
            (json!({"variables": ["A", "B"]}), Ok("Order A of B.")),
            (json!({"variables": {"2": "B", "1": "A"}}), Ok("Order A of B.")),
            (
                json!({"variables": [{"currency": {"fallback_value": "$10", "code": "USD", "amount_1000": 10000}},
                    {"date_time": {"fallback_value": "Monday"}}]}),
                Ok("Order $10 of Monday."),
            ),
            (json!({"variables": ["A"]}), Err("variables.2")),
            (json!({}), Err("variables.1")),
            (json!({"variables": ["A", "B", "C"]}), Err("variables.3")),
            (json!({"variables": {"1": "A", "2": "B", "name": "C"}}), Err("variables.name")),
            (json!({"variables": {"name": "A", "day": "B"}}), Err("variables.1")),
            (json!({"variables": ["A", "B"], "header": {"text": "x"}}), Err("header")),
            (json!({"variables": ["A", "B"], "code": "123456"}), Err("code")),
            (
                json!({"variables": ["A", "B"], "buttons": [{"index": 0, "type": "quick_reply", "payload": "x"}]}),
                Err("buttons[0].index"),
            ),
            (
                json!({"variables": ["A", "B"], "limited_time_offer": {"expires_at": "2999-01-01T00:00:00Z"}}),
                Err("limited_time_offer"),
            ),
            (json!({"variables": ["A", "B"], "cards": [{}, {}]}), Err("cards")),
            (
                json!({"variables": ["x".repeat(20_000), "B"]}),
                Ok(&format!("Order {} of B.", "x".repeat(20_000))),
            ),
            (json!({"variables": ["x".repeat(32_768), "B"]}), Err("variables")),
        ],
    );
    table(
        "UTILITY",
        json!([{"type": "body", "text": "Hello {{first_name}}, on {{day}}."}, {"type": "FOOTER", "text": "Bye"}]),
        &[
            (json!({"variables": {"first_name": "Ann", "day": "Monday"}}), Ok("Hello Ann, on Monday.\nBye")),
            (json!({"variables": ["Ann", "Monday"]}), Err("variables.first_name")),
            (json!({"variables": {"first_name": "Ann"}}), Err("variables.day")),
            (json!({"variables": {"first_name": "x".repeat(1020), "day": "y"}}), Err("variables")),
        ],
    );
    table("UTILITY", json!([{"type": "BODY", "text": "Open."}]), &[(json!({}), Ok("Open."))]);
}

#[test]
fn the_header_is_of_the_templates_kind() {
    let with = |header: Value| json!([header, {"type": "BODY", "text": "See."}]);
    let text = |text: &str| with(json!({"type": "HEADER", "format": "TEXT", "text": text}));
    table(
        "UTILITY",
        text("For {{1}}"),
        &[
            (json!({"header": {"text": "Ann"}}), Ok("For Ann\nSee.")),
            (json!({}), Err("header.text")),
            (json!({"header": {"image": {"id": "1"}}}), Err("header.text")),
            (json!({"header": {"text": "Ann", "name": "x"}}), Err("header.name")),
            (json!({"header": {"text": "x".repeat(57)}}), Err("header.text")),
        ],
    );
    table(
        "UTILITY",
        text("For {{who}}"),
        &[
            (json!({"header": {"text": "Ann", "name": "who"}}), Ok("For Ann\nSee.")),
            (json!({"header": {"text": "Ann", "name": "whom"}}), Err("header.name")),
            (json!({"header": {"text": "Ann"}}), Err("header.name")),
        ],
    );
    table(
        "UTILITY",
        text("News"),
        &[(json!({}), Ok("News\nSee.")), (json!({"header": {"text": "x"}}), Err("header"))],
    );
    let all = [
        ("image", json!({"image": {"id": "1"}})),
        ("video", json!({"video": {"link": "https://example.com/a.mp4"}})),
        ("document", json!({"document": {"id": "1", "filename": "a.pdf"}})),
        ("location", json!({"location": {"latitude": 1.0, "longitude": 2.0}})),
        ("product", json!({"product": {"catalog_id": "1", "product_retailer_id": "2"}})),
    ];
    for (format, _) in &all {
        let header = with(json!({"type": "HEADER", "format": format.to_ascii_uppercase()}));
        for (given, value) in &all {
            let path = format!("header.{format}");
            let wanted = if given == format { Ok("See.") } else { Err(path.as_str()) };
            table("UTILITY", header.clone(), &[(json!({"header": value}), wanted), (json!({}), Err(&path))]);
        }
    }
    table("MARKETING", with(json!({"type": "HEADER", "format": "GIF"})), &[(json!({}), Err("header"))]);
}

#[test]
fn buttons_are_those_of_the_template() {
    let buttons =
        |list: Value| json!([{"type": "BODY", "text": "Tap."}, {"type": "BUTTONS", "buttons": list}]);
    let of = |list: Value| json!({"buttons": list});
    let url = json!({"index": 0, "type": "url", "text": "42"});
    let reply = json!({"index": 1, "type": "quick_reply", "payload": "no"});
    table(
        "MARKETING",
        buttons(json!([
            {"type": "URL", "text": "Open", "url": "https://example.com/{{1}}"},
            {"type": "QUICK_REPLY", "text": "No"},
            {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15551230000"},
            {"type": "URL", "text": "Home", "url": "https://example.com"},
        ])),
        &[
            (of(json!([url, reply])), Ok("Tap.")),
            (of(json!([url])), Ok("Tap.")),
            (of(json!([reply])), Err("buttons")),
            (json!({}), Err("buttons")),
            (of(json!([{"index": 0, "type": "quick_reply", "payload": "x"}])), Err("buttons[0].type")),
            (of(json!([url, {"index": 1, "type": "url", "text": "x"}])), Err("buttons[1].type")),
            (of(json!([url, {"index": 2, "type": "quick_reply", "payload": "x"}])), Err("buttons[1].type")),
            (of(json!([url, {"index": 3, "type": "url", "text": "x"}])), Err("buttons[1].text")),
            (of(json!([url, {"index": 4, "type": "url", "text": "x"}])), Err("buttons[1].index")),
        ],
    );
    for (kind, given, needed) in [
        ("COPY_CODE", json!({"index": 0, "type": "copy_code", "code": "SAVE10"}), true),
        ("FLOW", json!({"index": 0, "type": "flow", "flow_token": "t"}), false),
        ("CATALOG", json!({"index": 0, "type": "catalog"}), false),
        (
            "MPM",
            json!({"index": 0, "type": "multi_product", "thumbnail_product_retailer_id": "1",
                "sections": [{"title": "New", "products": ["1"]}]}),
            true,
        ),
    ] {
        let components = buttons(json!([{"type": kind, "text": "x"}]));
        let without = if needed { Err("buttons") } else { Ok("Tap.") };
        table("MARKETING", components, &[(of(json!([given])), Ok("Tap.")), (json!({}), without)]);
    }
}

#[test]
fn an_authentication_template_takes_its_code_alone() {
    for buttons in [
        json!([{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code"}]),
        json!([{"type": "URL", "text": "Copy code", "url": "https://www.whatsapp.com/otp/code/?code=otp{{1}}"}]),
    ] {
        table(
            "AUTHENTICATION",
            json!([
                {"type": "BODY", "text": "*{{1}}* is your code.", "add_security_recommendation": true},
                {"type": "FOOTER", "code_expiration_minutes": 10},
                {"type": "BUTTONS", "buttons": buttons},
            ]),
            &[
                (json!({"code": "123456"}), Ok("******** is your code.")),
                (json!({"variables": ["123456"]}), Err("code")),
                (json!({}), Err("code")),
            ],
        );
    }
    table(
        "AUTHENTICATION",
        json!([{"type": "BODY", "add_security_recommendation": true}]),
        &[(json!({"code": "123456"}), Ok(""))],
    );
}

#[test]
fn an_offer_ends_in_the_future() {
    let offer = |has: Value| json!([{"type": "BODY", "text": "Buy."}, {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Soon", "has_expiration": has}}]);
    let ends = |at: &str| json!({"limited_time_offer": {"expires_at": at}});
    table(
        "MARKETING",
        offer(json!(true)),
        &[
            (ends("2999-01-01T00:00:00Z"), Ok("Buy.")),
            (ends("2020-01-01T00:00:00Z"), Err("limited_time_offer.expires_at")),
            (json!({}), Err("limited_time_offer.expires_at")),
        ],
    );
    table("MARKETING", offer(json!(false)), &[(json!({}), Ok("Buy."))]);
}

#[test]
fn every_card_is_filled() {
    let card = |text: &str| {
        json!({"components": [
            {"type": "HEADER", "format": "IMAGE"},
            {"type": "BODY", "text": text},
            {"type": "BUTTONS", "buttons": [
                {"type": "URL", "text": "Look", "url": "https://example.com/{{1}}"},
                {"type": "QUICK_REPLY", "text": "More"},
            ]},
        ]})
    };
    let components = json!([
        {"type": "BODY", "text": "For {{1}}."},
        {"type": "CAROUSEL", "cards": [card("First: {{1}}."), card("Second.")]},
    ]);
    let image = json!({"image": {"id": "1"}});
    let url = json!([{"index": 0, "type": "url", "text": "a"}]);
    let first = json!({"header": image, "variables": ["x"], "buttons": url});
    let second = json!({"header": image, "buttons": url});
    let of = |cards: Value| json!({"variables": ["Ann"], "cards": cards});
    let without = |card: &Value, key: &str| {
        let mut changed = card.clone();
        changed.as_object_mut().unwrap().remove(key);
        changed
    };
    table(
        "MARKETING",
        components,
        &[
            (of(json!([first, second])), Ok("For Ann.")),
            (of(json!([first])), Err("cards")),
            (of(json!([first, second, second])), Err("cards")),
            (json!({"variables": ["Ann"]}), Err("cards")),
            (of(json!([without(&first, "header"), second])), Err("cards[0].header.image")),
            (of(json!([without(&first, "variables"), second])), Err("cards[0].variables.1")),
            (of(json!([first, first])), Err("cards[1].variables.1")),
            (of(json!([first, without(&second, "buttons")])), Err("cards[1].buttons")),
            (
                of(json!([first, {"header": {"video": {"id": "1"}}, "buttons": url}])),
                Err("cards[1].header.image"),
            ),
        ],
    );
}

#[test]
fn a_status_is_told() {
    for (status, said) in [
        (json!("PAUSED"), "paused"),
        (json!("REJECTED"), "rejected"),
        (json!("PENDING"), "pending"),
        (json!("DISABLED"), "disabled"),
        (json!("IN_APPEAL"), "in appeal"),
        (json!("PENDING_DELETION"), "pending deletion"),
        (json!("LIMIT_EXCEEDED"), "limit exceeded"),
        (json!("SOMETHING_NEW"), "something new"),
        (json!(7), "unknown"),
    ] {
        let stored =
            StoredTemplate::read(json!({"id": "5", "name": "t", "language": "en_US", "status": status,
            "components": [{"type": "BODY", "text": "x"}]}))
            .unwrap();
        let error = fit(&stored, &filled(json!({}))).unwrap_err();
        assert_eq!((error.status, error.argument.as_deref()), (Status::Template, Some("template")));
        assert!(error.message.ends_with(&format!("its status is {said}.")), "{error}");
        assert!(error.hint.is_some());
    }
}
