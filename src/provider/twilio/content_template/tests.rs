use super::*;
use crate::message::{Class, catalogue};
use serde_json::json;

const SID: &str = "HX00000000000000000000000000000001";

#[test]
fn a_name_is_searched_as_it_is() {
    for (name, pattern) in [
        ("order_update", "order_update"),
        ("Order 2-b", "Order 2-b"),
        ("a.b (c)*", r"a\.b \(c\)\*"),
        (r"a\b|c", r"a\\b\|c"),
        ("Grüße", "Grüße"),
    ] {
        assert_eq!(literal(name), pattern);
    }
}

fn stored(value: Value) -> ContentTemplate {
    ContentTemplate::read(value).unwrap()
}

#[test]
fn templates_of_twilio_need_exactly_their_variables() {
    let named = json!({
        "sid": SID, "friendly_name": "order", "language": "en",
        "variables": {"1": "Ann"},
        "types": {"twilio/media": {"body": "Hi {{1}}", "media": ["https://example.com/{{pic}}"]}},
    });
    let bare = json!({"sid": SID, "friendly_name": "bare", "language": "en", "variables": null, "types": {"twilio/text": {"body": "Hi"}}});
    let card = json!({"sid": SID, "types": {"whatsapp/card": {"header_text": "H", "title": "T {{1}}", "actions": []}}});
    for (written, variables, fields, text) in [
        (
            &named,
            json!({"1": "Bob", "pic": "\"q\""}),
            Ok(vec![("ContentSid", SID), ("ContentVariables", r#"{"1":"Bob","pic":"\"q\""}"#)]),
            Some("Hi Bob"),
        ),
        (&named, json!({"1": "Bob"}), Err("variables.pic"), None),
        (&named, json!({"1": "Bob", "pic": "x", "3": "y"}), Err("variables.3"), None),
        (&named, json!({"1": "Bob", "pic": "a\tb"}), Err("variables.pic"), None),
        (&bare, json!({}), Ok(vec![("ContentSid", SID)]), Some("Hi")),
        (&bare, json!({"1": "x"}), Err("variables.1"), None),
        (
            &card,
            json!({"1": "x"}),
            Ok(vec![("ContentSid", SID), ("ContentVariables", r#"{"1":"x"}"#)]),
            Some("T x"),
        ),
        (&json!({"sid": SID}), json!({}), Ok(vec![("ContentSid", SID)]), None),
    ] {
        let variables = Variables::from_value("variables", variables).unwrap();
        match (stored(written.clone()).fields(&variables, "t"), fields) {
            (Ok(prepared), Ok(fields)) => {
                let got: Vec<(&str, &str)> = prepared
                    .request
                    .form()
                    .unwrap()
                    .iter()
                    .map(|(name, value)| (*name, value.as_str()))
                    .collect();
                assert_eq!(got, fields);
                assert_eq!(prepared.text.as_deref(), text);
            }
            (Err(error), Err(argument)) => assert_eq!(error.argument.as_deref(), Some(argument)),
            (got, want) => panic!("{got:?} {want:?}"),
        }
    }
    for none in [json!(7), json!({}), json!({"sid": "HX1"}), json!({"sid": SID, "variables": []})] {
        assert_eq!(ContentTemplate::read(none.clone()), None, "{none}");
    }
}

/// WhatsApp takes 1024 characters of an approved template, values and all.
#[test]
fn a_rendered_template_that_is_too_long_is_refused() {
    let of = |kind: &str| stored(json!({"sid": SID, "types": {kind: {"body": "Hi {{1}}"}}}));
    for (kind, length, fits) in [
        ("twilio/quick-reply", 1021, true),
        ("twilio/quick-reply", 1022, false),
        ("twilio/media", 1022, false),
        // Inside of the 24 hours a text goes unapproved: whether it is, is asked.
        ("twilio/text", 1022, true),
        ("twilio/text", 1598, false),
    ] {
        let variables = Variables::from_value("variables", json!(["é".repeat(length)])).unwrap();
        let got = of(kind).fields(&variables, "t");
        assert_eq!(got.is_ok(), fits, "{kind} {length}");
        if let Err(error) = got {
            assert_eq!((error.status, error.argument.as_deref()), (Status::Template, Some("variables")));
        }
    }
}

#[test]
fn a_name_and_a_language_pick_one_template() {
    let one = |n: u8, name: &str, language: &str| {
        stored(json!({"sid": format!("HX{n:032x}"), "friendly_name": name, "language": language}))
    };
    let listed = || {
        vec![one(1, "a", "en"), one(2, "a", "pt_BR"), one(3, "b", "en"), one(4, "c", "en"), one(5, "c", "en")]
    };
    for (name, language, picked) in [
        ("b", None, Ok(3)),
        ("b", Some("EN"), Ok(3)),
        ("b", Some("de"), Err("language")),
        ("a", Some("pt-br"), Ok(2)),
        ("a", None, Err("template")),
        ("c", Some("en"), Err("template")),
        ("A", None, Err("template")),
        ("", None, Err("template")),
    ] {
        let listed = listed();
        let got = pick(&listed, name, language);
        match picked {
            Ok(n) => assert_eq!(got.unwrap().sid, format!("HX{n:032x}"), "{name} {language:?}"),
            Err(argument) => {
                let error = got.unwrap_err();
                assert_eq!(
                    (error.status, error.argument.as_deref()),
                    (Status::Template, Some(argument)),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn errors_repeat_little_of_an_answer() {
    let long = "x".repeat(5000);
    let written = |language: &str| json!({"sid": SID, "friendly_name": "a", "language": language, "variables": {&long: ""}});
    for language in [&*long, "two\nlines", "canary of a token"] {
        let one = stored(written(language));
        let two = [one.clone(), one.clone()];
        let several = pick(&two, "a", None).unwrap_err();
        let other = check_language(&one, Some("en")).unwrap_err();
        let missing = one.fields(&Variables::default(), "a").unwrap_err();
        for error in [several, other, missing] {
            assert!(error.message.len() < 500 && !error.message.contains("canary"), "{error}");
        }
    }
    let endless = json!({"sid": SID, "types": {"twilio/text": {"body": "Hi {{1}}".repeat(10_000)}}});
    let one = Variables::from_value("variables", json!(["x".repeat(1600)])).unwrap();
    assert_eq!(stored(endless).fields(&one, "a").unwrap().text, None, "16 MB are no row of the history");
    assert!(check_language(&stored(written("zh_Hant_TW")), Some("zh-hant-tw")).is_ok());
}

#[test]
fn responses_begin_with_the_connectors_text() {
    let text = catalogue::response(Class::Template, "x.");
    assert_eq!(text, "Non-retryable error: Please contact your administrator. x.");
}
