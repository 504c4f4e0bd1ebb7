//! Reading of `message_json`.

mod limits;

use super::*;

#[test]
fn kinds_are_read() {
    for (text, kind) in [
        (r#"{"type":"text","text":"Hello"}"#, "text"),
        (r#"{"type":"media","media":["https://example.com/a.png"]}"#, "media"),
        (r#"{"type":"template","template":"welcome","variables":{"1":"Ann"}}"#, "template"),
        (r#"{"type":"template","template":"welcome"}"#, "template"),
    ] {
        assert_eq!(Content::read("message_json", text).unwrap().kind(), kind);
    }
}

#[test]
fn faults_name_the_key() {
    for (text, path) in [
        (r#"{"text":"Hello"}"#, "message_json.type"),
        (r#"{"type":"fax"}"#, "message_json.type"),
        (r#"{"type":1}"#, "message_json.type"),
        (r#"{"type":"text","text":"x","bold":true}"#, "message_json.bold"),
        (r#"{"type":"text","text":7}"#, "message_json.text"),
        (r#"{"type":"media","media":[7]}"#, "message_json.media[0]"),
        (r#"{"type":"template","template":"t","variables":7}"#, "message_json.variables"),
        (
            r#"{"type":"template","template":"t","variables":{"1":{"date_time":{}}}}"#,
            "message_json.variables.1.date_time",
        ),
        ("[]", "message_json"),
    ] {
        let error = Content::read("message_json", text).unwrap_err();
        assert_eq!(error.argument.as_deref(), Some(path), "{text}: {error}");
    }
}

/// The history keeps a refusal; so it is no fault of the reading.
#[test]
fn a_value_that_cannot_be_sent_is_read_and_refused_by_the_check() {
    let text = r#"{"type":"template","template":"t","variables":{"1":null}}"#;
    let content = Content::read("message_json", text).unwrap();
    let error = Limits::default().check(&content).unwrap_err();
    assert_eq!((error.status, error.argument.as_deref()), (Status::Template, Some("variables.1")));
}

#[test]
fn no_fault_of_a_code_repeats_it() {
    for code in [
        "592836",
        "-592836",
        "59.2836",
        "true",
        "[\"592836\"]",
        "{\"592836\":1}",
        "\"592836\",\"code\":\"592836\"",
    ] {
        let text = format!(r#"{{"type":"template","template":"t","code":{code}}}"#);
        let error = Content::read("message_json", &text).unwrap_err();
        assert_eq!(error.argument.as_deref(), Some("message_json.code"), "{text}: {error}");
        assert!(!format!("{error:?}").contains("2836"), "{text}: {error:?}");
    }
    let read = |code: &str| {
        let text = format!(r#"{{"type":"template","template":"t"{code}}}"#);
        match Content::read("message_json", &text).unwrap().kind {
            Kind::Template(template) => template.code,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(read(r#","code":"592836""#).as_deref(), Some("592836"));
    assert_eq!((read(r#","code":null"#), read("")), (None, None));
}
