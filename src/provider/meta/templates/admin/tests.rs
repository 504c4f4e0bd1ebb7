use super::super::tests::{REFUSED, TOKEN, act, body_of, line, meta_at, serve, the_template};
use super::*;
use crate::provider::action::{Action, SubmitTemplate};
use crate::provider::test_server::{Server, request};
use serde_json::json;

fn definition(value: Value) -> TemplateDefinition {
    serde_json::from_value(value).unwrap()
}

#[test]
fn a_definition_becomes_components() {
    let server =
        serve(|_| (200, json!({"id": "99", "status": "PENDING", "category": "MARKETING"}).to_string()));
    let meta = meta_at(server.port);
    let base = json!({"name": "order_1", "language": "en-us", "category": "utility"});
    let with = |more: Value| {
        let mut whole = base.clone();
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        definition(whole)
    };
    for (more, components, named) in [
        (json!({"body": "Hello."}), json!([{"type": "BODY", "text": "Hello."}]), false),
        (
            json!({
                "header": {"format": "text", "text": "For {{1}}", "example": "Ann"},
                "body": "Order {{2}} of {{1}}.", "examples": {"1": "Ann", "2": "A-17"}, "footer": "Bye",
                "buttons": [
                    {"type": "quick_reply", "text": "Stop"},
                    {"type": "url", "text": "Go", "url": "https://e.com/{{1}}", "example": "42"},
                    {"type": "url", "text": "Home", "url": "https://e.com", "example": "ignored"},
                    {"type": "phone_number", "text": "Call", "phone_number": "+15551230000"},
                    {"type": "copy_code", "text": "ignored", "example": "SAVE10"},
                ],
            }),
            json!([
                {"type": "HEADER", "format": "TEXT", "text": "For {{1}}", "example": {"header_text": ["Ann"]}},
                {"type": "BODY", "text": "Order {{2}} of {{1}}.", "example": {"body_text": [["Ann", "A-17"]]}},
                {"type": "FOOTER", "text": "Bye"},
                {"type": "BUTTONS", "buttons": [
                    {"type": "QUICK_REPLY", "text": "Stop"},
                    {"type": "URL", "text": "Go", "url": "https://e.com/{{1}}", "example": ["42"]},
                    {"type": "URL", "text": "Home", "url": "https://e.com"},
                    {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15551230000"},
                    {"type": "COPY_CODE", "example": "SAVE10"},
                ]},
            ]),
            false,
        ),
        (
            json!({
                "header": {"format": "text", "text": "For {{who}}", "example": "Ann"},
                "body": "On {{day}}.", "examples": {"day": "Monday"},
            }),
            json!([
                {"type": "HEADER", "format": "TEXT", "text": "For {{who}}",
                    "example": {"header_text_named_params": [{"param_name": "who", "example": "Ann"}]}},
                {"type": "BODY", "text": "On {{day}}.",
                    "example": {"body_text_named_params": [{"param_name": "day", "example": "Monday"}]}},
            ]),
            true,
        ),
        (
            json!({"header": {"format": "image", "example": "4:abc"}, "body": "Look."}),
            json!([
                {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4:abc"]}},
                {"type": "BODY", "text": "Look."},
            ]),
            false,
        ),
        (
            json!({"header": {"format": "location"}, "body": "Here."}),
            json!([{"type": "HEADER", "format": "LOCATION"}, {"type": "BODY", "text": "Here."}]),
            false,
        ),
        (
            json!({"components": [{"type": "body", "text": "Hi {{name}}."}]}),
            json!([{"type": "body", "text": "Hi {{name}}."}]),
            true,
        ),
    ] {
        let made = the_template(act(&meta, Action::CreateTemplate(with(more.clone()))));
        assert_eq!(
            (made.id.as_str(), made.status.as_str(), made.name.as_str()),
            ("99", "pending", "order_1")
        );
        assert_eq!(made.category.as_deref(), Some("marketing"), "as Meta put it");
        let requests = server.requests();
        let sent = requests.last().unwrap();
        assert_eq!(line(sent), "POST /v25.0/100/message_templates");
        let mut wanted =
            json!({"name": "order_1", "language": "en_US", "category": "UTILITY", "components": components});
        if named {
            wanted["parameter_format"] = json!("NAMED");
        }
        assert_eq!(body_of(sent), wanted, "{more}");
    }
    let count = server.requests().len();
    for (more, argument, status) in [
        (json!({"name": null, "body": "x"}), "template_json.name", Status::Template),
        (json!({"name": "Order", "body": "x"}), "template_json.name", Status::Template),
        (json!({"language": null, "body": "x"}), "template_json.language", Status::Template),
        (json!({"category": null, "body": "x"}), "template_json.category", Status::Template),
        (json!({"category": "news", "body": "x"}), "template_json.category", Status::Template),
        (json!({"category": "authentication", "body": "x"}), "template_json.components", Status::Template),
        (json!({}), "template_json.body", Status::Template),
        (json!({"body": "Hi {{1}}."}), "template_json.examples.1", Status::Template),
        (json!({"body": "Hi.", "examples": {"1": "x"}}), "template_json.examples.1", Status::Template),
        (json!({"body": "Hi {{1}} {{3}}."}), "template_json.body", Status::Template),
        (json!({"body": "Hi {{1}} {{name}}."}), "template_json.body", Status::Template),
        (
            json!({"body": "Hi {{1}}.", "examples": {"1": "x"}, "header": {"format": "text", "text": "{{who}}", "example": "x"}}),
            "template_json.header.text",
            Status::Template,
        ),
        (json!({"types": {}}), "template_json.types", Status::NotSupported),
        (json!({"components": []}), "template_json.components", Status::Template),
        (json!({"components": [7]}), "template_json.components", Status::Template),
        (json!({"components": [{}], "body": "x"}), "template_json.components", Status::Template),
    ] {
        let error = act(&meta, Action::CreateTemplate(with(more.clone()))).unwrap_err();
        assert_eq!((error.argument.as_deref(), error.status), (Some(argument), status), "{more}: {error}");
    }
    assert_eq!(server.requests().len(), count, "nothing was asked with a fault");
}

#[test]
fn templates_are_changed_and_deleted() {
    let server = serve(|_| (200, json!({"success": true}).to_string()));
    let meta = meta_at(server.port);
    let edit = |id: &str, value: Value| Action::EditTemplate { id: id.into(), definition: definition(value) };
    let delete = |name: &str, id: Option<&str>| {
        Action::DeleteTemplate(DeleteTemplate { name: name.into(), id: id.map(str::to_owned) })
    };
    for (action, sent, body) in [
        (
            edit("12", json!({"body": "New."})),
            "POST /v25.0/12",
            json!({"components": [{"type": "BODY", "text": "New."}]}),
        ),
        (edit("12", json!({"category": "marketing"})), "POST /v25.0/12", json!({"category": "MARKETING"})),
        (delete("a&b", None), "DELETE /v25.0/100/message_templates?name=a%26b", Value::Null),
        (delete("a", Some("12")), "DELETE /v25.0/100/message_templates?name=a&hsm_id=12", Value::Null),
    ] {
        assert!(matches!(act(&meta, action), Ok(Done::Success { success: true })));
        let requests = server.requests();
        let last = requests.last().unwrap();
        assert_eq!((line(last), body_of(last)), (sent, body));
    }
    let count = server.requests().len();
    for (action, argument) in [
        (edit("x/../y", json!({"body": "x"})), "id"),
        (edit("12", json!({"body": "x", "name": "b"})), "template_json.name"),
        (edit("12", json!({"body": "x", "language": "de"})), "template_json.language"),
        (edit("12", json!({})), "template_json.body"),
        (delete(" ", None), "name"),
        (delete("a", Some("a")), "options_json.template_id"),
    ] {
        let error = act(&meta, action).unwrap_err();
        assert_eq!(error.argument.as_deref(), Some(argument), "{error}");
    }
    let submit = SubmitTemplate { id: "12".into(), name: None, category: None };
    assert_eq!(act(&meta, Action::SubmitTemplate(submit)).unwrap_err().status, Status::NotSupported);
    assert_eq!(server.requests().len(), count);
}

#[test]
fn what_meta_says_to_a_change_is_told() {
    let create = || {
        Action::CreateTemplate(definition(
            json!({"name": "a", "language": "en", "category": "utility", "body": "x"}),
        ))
    };
    let said = |more: Value| {
        let mut error = json!({"code": 100, "message": "Invalid parameter"});
        error.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"error": error}).to_string()
    };
    for (status, body, part, not) in [
        (
            400,
            said(json!({"error_user_msg": "Variables stand at the end."})),
            "Variables stand at the end.",
            "canary",
        ),
        (400, said(json!({"error_data": {"details": "no sample"}})), "no sample", "canary"),
        (400, said(json!({"error_data": "as text"})), "as text", "canary"),
        (400, said(json!({"error_user_msg": format!("token {TOKEN}")})), "", "canary"),
        (403, REFUSED.to_owned(), "", "canary"),
        (200, "{}".to_owned(), "It is not known", "canary"),
        (200, "<html>".to_owned(), "It is not known", "canary"),
        (200, r#"{"id":{}}"#.to_owned(), "It is not known", "canary"),
    ] {
        let server = serve(move |_| (status, body.clone()));
        let error = act(&meta_at(server.port), create()).unwrap_err();
        assert!(error.message.contains(part) && !format!("{error:?}").contains(not), "{error:?}");
        assert_eq!(server.requests().len(), 1, "never repeated by itself");
    }
    let server = Server::start(|mut stream, _, _| {
        request(&mut stream);
    });
    let error = act(&meta_at(server.port), create()).unwrap_err();
    assert_eq!(error.status, Status::Network);
    assert!(error.message.contains("It is not known whether the change was made"), "{error}");
    assert!(!error.retryable, "a loop must not make it twice");
    assert_eq!(server.connections(), 1);
    let delete = Action::DeleteTemplate(DeleteTemplate { name: "a".into(), id: None });
    let server = serve(|_| (200, json!({"success": "true"}).to_string()));
    assert!(act(&meta_at(server.port), delete).is_err(), "not a yes");
}

#[test]
fn a_change_whose_answer_is_lost_is_open_and_not_to_be_repeated() {
    let create = json!({"name": "a", "language": "en", "category": "utility", "body": "x"});
    let changes = || {
        [
            Action::CreateTemplate(definition(create.clone())),
            Action::EditTemplate { id: "12".into(), definition: definition(json!({"body": "x"})) },
            Action::DeleteTemplate(DeleteTemplate { name: "a".into(), id: None }),
        ]
    };
    let own = r#"{"error":{"message":"no","type":"OAuthException","code":2,"fbtrace_id":"A"}}"#;
    for (status, body, open) in [
        (200, "<html>", true),
        (408, "", true),
        (502, own, true),
        (504, "", true),
        (500, "", true),
        (503, r#"{"error":{"code":503}}"#, true),
        (500, own, false),
        (429, "", true),
        (403, "<html>blocked</html>", true),
        (404, r#"{"error":{"code":404}}"#, true),
        (400, r#"{"error":{"code":100}}"#, false),
    ] {
        for change in changes() {
            let server = serve(move |_| (status, body.to_owned()));
            let error = act(&meta_at(server.port), change).unwrap_err();
            let says_so = error.message.contains("It is not known whether the change was made");
            assert_eq!(says_so, open, "{status} {body}: {error}");
            if open {
                assert!(!error.retryable && error.status == Status::Network, "{status}: {error:?}");
                assert!(error.hint.is_some_and(|hint| hint.contains("wa_template_")));
            }
            assert_eq!(server.requests().len(), 1, "never repeated by itself");
        }
    }
}
