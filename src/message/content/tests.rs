//! Reading of `message_json`.

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
        (r#"{"type":"template","template":"t","variables":{"1":null}}"#, "message_json.variables.1"),
        ("[]", "message_json"),
    ] {
        let error = Content::read("message_json", text).unwrap_err();
        assert_eq!(error.argument.as_deref(), Some(path), "{text}: {error}");
    }
}
