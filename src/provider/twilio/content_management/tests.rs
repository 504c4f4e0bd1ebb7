use super::super::tests::{FROM, content, run, serve, template, twilio_at};
use super::*;
use crate::provider::Provider;
use crate::provider::action::{Action, Order};
use crate::provider::test_server::{Server, request};
use std::sync::{Arc, Mutex};

const FIRST: &str = "HX00000000000000000000000000000001";

fn line(text: &str) -> &str {
    text.split(" HTTP/1.1").next().unwrap_or_default()
}

fn body_of(text: &str) -> Value {
    text.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str(body).ok()).unwrap_or_default()
}

fn act(twilio: &Twilio, action: Action) -> Result<Done> {
    run(twilio.act(&Order { action, sender: None, progress: Arc::new(|_, _| {}) }))
}

fn get(name: &str, refresh: bool) -> Action {
    Action::GetTemplate { name: name.to_owned(), language: None, refresh }
}

fn the_template(done: Result<Done>) -> Template {
    match done.unwrap() {
        Done::Template(template) => *template,
        other => panic!("{other:?}"),
    }
}

fn the_list(done: Result<Done>) -> TemplateList {
    match done.unwrap() {
        Done::Templates(list) => list,
        other => panic!("{other:?}"),
    }
}

fn not_found() -> (u16, &'static str, String) {
    (404, "", r#"{"code":20404,"message":"not found","status":404}"#.to_owned())
}

fn definition(value: Value) -> TemplateDefinition {
    serde_json::from_value(value).unwrap()
}

fn query(keys: Value) -> Action {
    Action::ListTemplates(serde_json::from_value(keys).unwrap())
}

#[test]
fn a_list_is_filtered_here_and_keeps_its_cursor() {
    let server = serve(|text| {
        let one = |n: u8, name: &str, language: &str, status: &str| {
            let mut one = content(n, name, language);
            one["approval_requests"] =
                json!({"name": name, "category": "UTILITY", "status": status, "rejection_reason": ""});
            one
        };
        let json = match line(text) {
            "GET /base/v1/ContentAndApprovals?PageSize=2" => json!({
                "contents": [one(1, "order", "en", "approved"), {"sid": 7}],
                "meta": {"next_page_url": "https://evil.example/v1/X?PageSize=2&Page=1&PageToken=T1"},
            }),
            "GET /base/v1/ContentAndApprovals?PageSize=2&Page=1&PageToken=T1" => json!({
                "contents": [one(2, "bill", "pt_BR", "rejected"), content(3, "draft", "en"), content(4, "wa_content_0123456789abcdef0123456789abcdef", "en")],
                "meta": {"next_page_url": null},
            }),
            _ => return not_found(),
        };
        (200, "", json.to_string())
    });
    let twilio = twilio_at(server.port, FROM);
    let list = the_list(act(&twilio, query(json!({"limit": 2}))));
    assert_eq!(list.next.as_deref(), Some("PageSize=2&Page=1&PageToken=T1"));
    let shown = &list.templates[0];
    assert_eq!(
        (shown.id.as_str(), shown.status.as_str(), shown.category.as_deref()),
        (FIRST, "approved", Some("utility"))
    );
    assert_eq!(
        (shown.body.as_deref(), shown.variables.as_slice()),
        (Some("Order {{1}}"), ["1".to_owned()].as_slice())
    );
    let next = the_list(act(&twilio, query(json!({"limit": 2, "cursor": list.next}))));
    assert_eq!(next.templates.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["bill", "draft"]);
    assert_eq!((next.templates[1].status.as_str(), next.next), ("unknown", None));
    for (keys, names) in [
        (json!({"limit": 2, "name": "il"}), vec!["bill"]),
        (json!({"limit": 2, "language": "pt-br"}), vec!["bill"]),
        (json!({"limit": 2, "status": "REJECTED"}), vec!["bill"]),
        (json!({"limit": 2, "status": "approved", "category": "utility"}), vec!["order"]),
        (json!({"limit": 2, "name": "none"}), vec![]),
    ] {
        let list = the_list(act(&twilio, query(keys.clone())));
        assert_eq!(list.templates.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), names, "{keys}");
    }
    assert!(act(&twilio, query(json!({"limit": 0}))).is_err());
    let plain = serve(|text| match line(text) {
        "GET /base/v1/Content?PageSize=100" => {
            (200, "", json!({"contents": [content(1, "order", "en")]}).to_string())
        }
        _ => not_found(),
    });
    let list = the_list(act(&twilio_at(plain.port, FROM), query(json!({}))));
    assert_eq!(list.templates[0].status, "unknown", "the plain list knows no approvals");
}

#[test]
fn one_template_is_shown_with_its_approval() {
    let status = Arc::new(Mutex::new("approved"));
    let now = status.clone();
    let server = serve(move |text| {
        let json = match line(text) {
            "GET /base/v1/Content?PageSize=100" => {
                json!({"contents": [content(1, "order", "en"), content(2, "twice", "en"), content(3, "twice", "de")]})
            }
            "GET /base/v1/Content/HX00000000000000000000000000000001" => content(1, "order", "en"),
            "GET /base/v1/Content/HX00000000000000000000000000000001/ApprovalRequests" => {
                json!({"sid": FIRST, "whatsapp": {"status": *now.lock().unwrap(), "category": "UTILITY", "rejection_reason": "why"}})
            }
            _ => return not_found(),
        };
        (200, "", json.to_string())
    });
    let twilio = twilio_at(server.port, FROM);
    for name in ["order", FIRST] {
        let shown = the_template(act(&twilio, get(name, false)));
        assert_eq!((shown.id.as_str(), shown.status.as_str()), (FIRST, "approved"));
        assert_eq!(shown.rejection_reason.as_deref(), Some("why"));
        assert_eq!(shown.definition["twilio/text"]["body"], "Order {{1}}");
    }
    for (name, argument) in
        [("twice", "name"), ("none", "name"), ("HX00000000000000000000000000000009", "name"), ("", "name")]
    {
        assert_eq!(act(&twilio, get(name, false)).unwrap_err().argument.as_deref(), Some(argument), "{name}");
    }
    // What speaks against a message is asked for anew.
    let message = template("order", json!(["7"]));
    assert!(run(twilio.prepare(&message, None)).is_ok() && twilio.prepared(&message).is_some());
    *status.lock().unwrap() = "paused";
    assert!(run(twilio.prepare(&message, None)).is_ok(), "an approval is believed for some minutes");
    act(&twilio, get("order", true)).unwrap();
    assert!(twilio.prepared(&message).is_none());
    let refusal = run(twilio.prepare(&message, None)).unwrap_err();
    assert_eq!((refusal.class, refusal.retry), (crate::message::Class::Template, false));
    assert!(refusal.error.message.contains("paused"), "{refusal:?}");
    *status.lock().unwrap() = "approved";
    act(&twilio, get("order", true)).unwrap();
    assert!(twilio.prepared(&message).is_some());
}

#[test]
fn a_message_asks_for_the_approval_once() {
    for (status, body, is_sent) in [
        (200, json!({"whatsapp": {"status": "approved"}}), true),
        (200, json!({"whatsapp": {"status": "Rejected"}}), false),
        (200, json!({"whatsapp": {"status": "paused"}}), false),
        (200, json!({"whatsapp": {"status": "disabled"}}), false),
        // Within the 24 hours none needs an approval.
        (200, json!({"whatsapp": {"status": "unsubmitted"}}), true),
        (200, json!({"whatsapp": {"status": "received"}}), true),
        (200, json!({"whatsapp": {"status": "pending"}}), true),
        (200, json!({"whatsapp": {"status": "a new word"}}), true),
        (200, json!({}), true),
        (404, json!({"code": 20404}), true),
        // Nobody can tell.
        (404, json!({}), true),
        (503, json!({}), true),
        (403, json!({"code": 20403}), true),
    ] {
        let said = body.to_string();
        let server = serve(move |text| match line(text) {
            "GET /base/v1/Content/HX00000000000000000000000000000001" => {
                (200, "", content(1, "order", "en").to_string())
            }
            "GET /base/v1/Content/HX00000000000000000000000000000001/ApprovalRequests" => {
                (status, "", said.clone())
            }
            other => panic!("{other}"),
        });
        let twilio = twilio_at(server.port, FROM);
        let message = template(FIRST, json!(["7"]));
        assert!(twilio.prepared(&message).is_none());
        let first = run(twilio.prepare(&message, None));
        assert_eq!(first.is_ok(), is_sent, "{status} {body}: {first:?}");
        if is_sent {
            assert_eq!(twilio.prepared(&message), first.ok(), "{status} {body}");
            assert!(run(twilio.prepare(&message, None)).is_ok());
            assert_eq!(server.requests().len(), 2, "the template and its approval, once each");
        } else {
            let refusal = first.unwrap_err();
            assert_eq!((refusal.class, refusal.retry), (crate::message::Class::Template, false));
            assert!(twilio.prepared(&message).is_none());
        }
    }
}

#[test]
fn a_definition_becomes_types() {
    let server = serve(|text| {
        let mut made = body_of(text);
        made["sid"] = json!(FIRST);
        (201, "", made.to_string())
    });
    let twilio = twilio_at(server.port, FROM);
    let base = json!({"name": "order 1", "language": "en", "category": "utility", "body": "Order {{1}}.", "examples": {"1": "A-17"}});
    let with = |more: Value| {
        let mut whole = base.clone();
        whole.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Action::CreateTemplate(definition(whole))
    };
    let body = "Order {{1}}.";
    let link = "https://example.com/a.jpg";
    let reply = json!({"type": "quick_reply", "text": "Stop"});
    for (more, types) in [
        (json!({}), json!({"twilio/text": {"body": body}})),
        (
            json!({"header": {"format": "image", "example": link}}),
            json!({"twilio/media": {"body": body, "media": [link]}}),
        ),
        (
            json!({"buttons": [reply]}),
            json!({"twilio/quick-reply": {"body": body, "actions": [{"title": "Stop", "id": "Stop"}]}}),
        ),
        (
            json!({"buttons": [
                {"type": "url", "text": "Go", "url": "https://e.com/{{1}}", "example": "x"},
                {"type": "phone_number", "text": "Call", "phone_number": "+15551230000"},
                {"type": "copy_code", "example": "SAVE10"},
            ]}),
            json!({"twilio/call-to-action": {"body": body, "actions": [
                {"type": "URL", "title": "Go", "url": "https://e.com/{{1}}"},
                {"type": "PHONE_NUMBER", "title": "Call", "phone": "+15551230000"},
                {"type": "COPY_CODE", "title": "Copy code", "code": "SAVE10"},
            ]}}),
        ),
        (
            json!({"header": {"format": "image", "example": link}, "footer": "Bye", "buttons": [reply]}),
            json!({"whatsapp/card": {"body": body, "footer": "Bye", "media": [link],
                "actions": [{"type": "QUICK_REPLY", "title": "Stop", "id": "Stop"}]}}),
        ),
        (
            json!({"header": {"format": "text", "text": "For you"}}),
            json!({"whatsapp/card": {"body": body, "header_text": "For you"}}),
        ),
    ] {
        let made = the_template(act(&twilio, with(more.clone())));
        assert_eq!(
            (made.id.as_str(), made.status.as_str(), made.name.as_str()),
            (FIRST, "unsubmitted", "order 1")
        );
        let requests = server.requests();
        let sent = requests.last().unwrap();
        assert_eq!(line(sent), "POST /base/v1/Content");
        assert_eq!(
            body_of(sent),
            json!({"friendly_name": "order 1", "language": "en", "variables": {"1": "A-17"}, "types": types}),
            "{more}"
        );
    }
    let own = json!({"name": "n", "language": "en", "types": {"twilio/flows": {"body": "x"}}});
    act(&twilio, Action::CreateTemplate(definition(own))).unwrap();
    let second =
        json!({"buttons": [{"type": "url", "text": "Go", "url": "https://e.com/{{2}}", "example": "x"}]});
    act(&twilio, with(second)).unwrap();
    assert_eq!(body_of(server.requests().last().unwrap())["variables"], json!({"1": "A-17", "2": "x"}));
    let count = server.requests().len();
    for (more, argument) in [
        (json!({"name": null}), "template_json.name"),
        (json!({"language": null}), "template_json.language"),
        (json!({"body": null}), "template_json.body"),
        (json!({"examples": {}}), "template_json.examples.1"),
        (json!({"examples": {"1": "x", "2": "y"}}), "template_json.examples.2"),
        (json!({"header": {"format": "location"}}), "template_json.header.format"),
        (json!({"components": []}), "template_json.components"),
        (json!({"body": null, "examples": {}, "types": {}}), "template_json.types"),
        (json!({"body": null, "examples": {}, "types": {"twilio/text": 7}}), "template_json.types"),
    ] {
        let error = act(&twilio, with(more.clone())).unwrap_err();
        assert_eq!(error.argument.as_deref(), Some(argument), "{more}: {error}");
    }
    assert_eq!(server.requests().len(), count, "nothing was asked with a fault");
}

#[test]
fn templates_are_changed_deleted_and_submitted() {
    let server = serve(|text| {
        let json = match line(text) {
            "GET /base/v1/Content?PageSize=100" => {
                json!({"contents": [content(1, "order", "en"), content(2, "Order 2", "en")]})
            }
            "GET /base/v1/Content/HX00000000000000000000000000000001" => content(1, "order", "en"),
            "PUT /base/v1/Content/HX00000000000000000000000000000001" => content(1, "order", "en"),
            "DELETE /base/v1/Content/HX00000000000000000000000000000001" => return (204, "", String::new()),
            "POST /base/v1/Content/HX00000000000000000000000000000001/ApprovalRequests/whatsapp" => {
                let asked = body_of(text);
                return (
                    201,
                    "",
                    json!({"name": asked["name"], "category": asked["category"], "status": "received"})
                        .to_string(),
                );
            }
            _ => return not_found(),
        };
        (200, "", json.to_string())
    });
    let twilio = twilio_at(server.port, FROM);
    let last = || server.requests().last().cloned().unwrap();
    let edit = |id: &str, keys: Value| Action::EditTemplate { id: id.into(), definition: definition(keys) };
    let delete = |name: &str, id: Option<&str>| {
        Action::DeleteTemplate(DeleteTemplate { name: name.into(), id: id.map(str::to_owned) })
    };
    let submit = |id: &str, name: Option<&str>, category: Option<&str>| {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Action::SubmitTemplate(SubmitTemplate { id: id.into(), name: owned(name), category: owned(category) })
    };
    act(&twilio, edit(FIRST, json!({"body": "New."}))).unwrap();
    assert_eq!(line(&last()), format!("PUT /base/v1/Content/{FIRST}"));
    assert_eq!(body_of(&last()), json!({"types": {"twilio/text": {"body": "New."}}}));
    for action in [delete(FIRST, None), delete("order", None), delete("any", Some(FIRST))] {
        assert!(matches!(act(&twilio, action), Ok(Done::Success { success: true })));
        assert_eq!(line(&last()), format!("DELETE /base/v1/Content/{FIRST}"));
    }
    for action in [submit(FIRST, None, Some("utility")), submit("order", Some("order"), Some("UTILITY"))] {
        let shown = the_template(act(&twilio, action));
        assert_eq!(
            (shown.id.as_str(), shown.status.as_str(), shown.category.as_deref()),
            (FIRST, "received", Some("utility"))
        );
        assert_eq!(body_of(&last()), json!({"name": "order", "category": "UTILITY"}));
    }
    let changes = |text: &String| !line(text).starts_with("GET");
    let count = server.requests().iter().filter(|text| changes(text)).count();
    for (action, argument) in [
        (edit("order", json!({"body": "x"})), "id"),
        (edit(FIRST, json!({})), "template_json.body"),
        (delete("none", None), "name"),
        (delete("order", Some("order")), "options_json.template_id"),
        (submit(FIRST, None, None), "options_json.category"),
        (submit(FIRST, None, Some("news")), "options_json.category"),
        (submit(FIRST, Some("Order"), Some("utility")), "options_json.name"),
        (submit("Order 2", None, Some("utility")), "options_json.name"),
        (submit("HX1", None, Some("utility")), "id"),
    ] {
        assert_eq!(act(&twilio, action).unwrap_err().argument.as_deref(), Some(argument));
    }
    assert_eq!(server.requests().iter().filter(|text| changes(text)).count(), count);
    // Twilio does not know it: the argument that named it is told.
    let unknown = "HX00000000000000000000000000000009";
    for (action, argument) in [
        (delete(unknown, None), "name"),
        (delete("any", Some(unknown)), "options_json.template_id"),
        (edit(unknown, json!({"body": "x"})), "id"),
        (submit(unknown, None, Some("utility")), "id"),
    ] {
        let missing = act(&twilio, action).unwrap_err();
        assert_eq!((missing.status, missing.argument.as_deref()), (Status::Template, Some(argument)));
    }
    assert_eq!(act(&twilio, Action::GetNumber).unwrap_err().status, Status::NotSupported);
}

#[test]
fn what_twilio_says_to_a_change_is_told() {
    let create = || Action::CreateTemplate(definition(json!({"name": "a", "language": "en", "body": "x"})));
    for (status, body, part) in [
        (400, r#"{"code":92003,"message":"types are broken"}"#, "types are broken"),
        (400, r#"{"code":20422,"message":"canary+/%"}"#, ""),
        // Nothing that is made is unknown: the address is wrong.
        (404, r#"{"code":20404,"message":"not found"}"#, "the resource in the address"),
        (201, "{}", "It is not known"),
        (201, "<html>", "It is not known"),
    ] {
        let server = serve(move |_| (status, "", body.to_owned()));
        let error = act(&twilio_at(server.port, FROM), create()).unwrap_err();
        assert!(error.message.contains(part) && !error.message.contains("canary"), "{error}");
        assert_eq!(server.requests().len(), 1, "never repeated by itself");
    }
    let server = Server::start(|mut stream, _, _| {
        request(&mut stream);
    });
    let error = act(&twilio_at(server.port, FROM), create()).unwrap_err();
    assert!(error.message.contains("It is not known whether Twilio changed the template"), "{error}");
    assert!(!error.retryable, "a loop must not make it twice");
}

#[test]
fn a_change_whose_answer_is_lost_is_open_and_not_to_be_repeated() {
    let sid = "HX00000000000000000000000000000001";
    let stored =
        json!({"sid": sid, "friendly_name": "a", "language": "en", "types": {"twilio/text": {"body": "x"}}});
    let own = r#"{"code":20503,"message":"busy"}"#;
    for (status, body, open) in [
        (200, "<html>", true),
        (408, "", true),
        (502, own, true),
        (504, "", true),
        (500, "", true),
        (500, r#"{"code":20500,"message":"in the middle"}"#, true),
        (503, r#"{"code":503}"#, true),
        (503, own, false),
        (429, "", true),
        (403, "<html>blocked</html>", true),
        (404, r#"{"code":404}"#, true),
        (400, r#"{"code":92003}"#, false),
    ] {
        for change in [
            Action::CreateTemplate(definition(json!({"name": "a", "language": "en", "body": "x"}))),
            Action::EditTemplate { id: sid.into(), definition: definition(json!({"body": "x"})) },
            Action::DeleteTemplate(DeleteTemplate { name: sid.into(), id: None }),
            Action::SubmitTemplate(SubmitTemplate {
                id: sid.into(),
                name: None,
                category: Some("utility".into()),
            }),
        ] {
            let stored = stored.to_string();
            let server = serve(move |text| match line(text) {
                asked if asked.starts_with("GET ") => (200, "", stored.clone()),
                _ => (status, "", body.to_owned()),
            });
            let error = act(&twilio_at(server.port, FROM), change).unwrap_err();
            assert_eq!(error.message.contains("It is not known"), open, "{status} {body}: {error}");
            assert!(!open || (!error.retryable && error.status == Status::Network), "{status}: {error:?}");
            let changes = server.requests().iter().filter(|text| !line(text).starts_with("GET ")).count();
            assert_eq!(changes, 1, "never repeated by itself");
        }
    }
}

/// JSON of any shape, with the keys that are read among others.
fn any_json() -> impl proptest::strategy::Strategy<Value = Value> {
    use proptest::prelude::*;
    const KEYS: [&str; 12] = [
        "sid",
        "contents",
        "meta",
        "next_page_url",
        "types",
        "twilio/text",
        "body",
        "actions",
        "media",
        "approval_requests",
        "whatsapp",
        "status",
    ];
    let word = prop_oneof![Just(FIRST), Just("https://x/?a=b"), Just("{{1}}"), Just("")];
    let leaf = prop_oneof![Just(Value::Null), any::<f64>().prop_map(Value::from), word.prop_map(Value::from)];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((proptest::sample::select(KEYS.to_vec()), inner), 0..8).prop_map(
                |members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Value>()
            ),
        ]
    })
}

proptest::proptest! {
    #[test]
    fn any_answer_is_read(value in any_json()) {
        let whole = json!({"contents": [value, {"sid": FIRST, "types": value, "approval_requests": value}], "meta": value});
        let (templates, next) = read_page(whole.to_string().as_bytes()).unwrap();
        proptest::prop_assert!(!templates.is_empty());
        proptest::prop_assert!(next.is_none_or(|next| next.len() <= 4000));
        let _ = read_page(value.to_string().as_bytes());
    }
}
